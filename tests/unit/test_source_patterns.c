#include "base/file.h"
#include "source_look.h"
#include "watch/log_shape.h"

static void append(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

    T_EQ(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    T_EQ(close(fd), 0);
}

/* Patterns of a text member, with their counts: "a <n>=2; b=1". */
static void check_rows(struct look *l, const char *name, const char *want)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    CLEANUP(json_cleanup) json_t *rows = NULL;
    struct err err;

    T_OK(json_read(text_of(l, name), &rows, &err), err);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);

        strbuf_addf(&b, "%s%s=%lld", i ? "; " : "", json_get_str(row, "pattern", "?"),
                    (long long)json_get_int(row, "count", -1));
    }
    T_STR(strbuf_str(&b), want);
}

T(what_a_log_had_before_is_known_and_what_comes_is_told_once)
{
    struct look l = {.calls = 0};

    begin();
    append("log", "ERROR old 1\nINFO all is well\nERROR old 2\nERROR other\n");
    l.s = open_source("patterns", "{'path': 'log'}");
    T_OK(look(&l), l.s->err);
    check_members(&l);
    check_rows(&l, "rows_json", "");
    check_rows(&l, "known_json", "ERROR old <n>=0; ERROR other=0");
    check_number(&l, "known", 2);
    append("log", "ERROR old 3\nERROR new 7\nERROR new 8\n");
    T_OK(look(&l), l.s->err);
    T_CHECK(!has(&l, "known_json"));
    check_rows(&l, "rows_json", "ERROR old <n>=1; ERROR new <n>=2");
    check_number(&l, "patterns", 2);
    check_number(&l, "taken", 3);
    T_OK(look(&l), l.s->err);
    check_rows(&l, "rows_json", "");
    source_free(l.s);
    end();
}

T(another_process_goes_on_and_knows_nothing_twice)
{
    struct look l = {.calls = 0};
    char *position;

    begin();
    append("log", "ERROR old\n");
    l.s = open_source("patterns", "{'path': 'log'}");
    T_OK(look(&l), l.s->err);
    position = xstrdup_sv(text_of(&l, "position"));
    source_free(l.s);
    append("log", "ERROR while nobody looked\n");
    l.s = open_source("patterns", "{'path': 'log'}");
    source_resume(l.s, sv_from(position));
    T_OK(look(&l), l.s->err);
    T_CHECK(!has(&l, "known_json"));
    check_rows(&l, "rows_json", "ERROR while nobody looked=1");
    free(position);
    source_free(l.s);
    end();
}

T(a_file_says_what_is_nothing_new_and_lines_choose)
{
    struct look l = {.calls = 0};

    begin();
    append("log", "slow 1\nERROR x\n");
    append("known", "# of the last release\n\nslow 5 to /x\nslow <n> to /y\n");
    l.s = open_source("patterns",
                      "{'path': 'log', 'known': 'known', 'lines': '^slow', 'history': 0}");
    T_OK(look(&l), l.s->err);
    check_rows(&l, "known_json", "slow <n> to /x=0; slow <n> to /y=0");
    append("log", "slow 7 to /x\nERROR y\n");
    T_OK(look(&l), l.s->err);
    check_rows(&l, "rows_json", "slow <n> to /x=1");
    source_free(l.s);
    l.s = open_source("patterns", "{'path': 'log', 'known': 'gone'}");
    T_CHECK(look(&l) != ERR_OK);
    source_free(l.s);
    end();
}

T(history_begins_with_a_whole_line_and_records_are_whole)
{
    struct look l = {.calls = 0};

    begin();
    append("log", "ERROR cut here\nERROR stays\n");
    l.s = open_source("patterns", "{'path': 'log', 'history': 20}");
    T_OK(look(&l), l.s->err);
    check_rows(&l, "known_json", "ERROR stays=0");
    source_free(l.s);
    l.s = open_source("patterns", "{'path': 'log', 'history': 5}");
    T_OK(look(&l), l.s->err);
    check_rows(&l, "known_json", "");
    source_free(l.s);
    append("log2", "00 ERROR a\n  at x\nKeyError: 'y'\n01 ERROR b\n");
    l.s = open_source("patterns", "{'path': 'log2', 'record': '^\\\\d\\\\d'}");
    T_OK(look(&l), l.s->err);
    check_rows(&l, "known_json", "<n> ERROR a KeyError: '<str>'=0; <n> ERROR b=0");
    append("log2", "02 ERROR c\n  at z\n");
    T_OK(look(&l), l.s->err);
    check_rows(&l, "rows_json", "");
    T_OK(look(&l), l.s->err);
    check_rows(&l, "rows_json", "<n> ERROR c at z=1");
    source_free(l.s);
    end();
}

T(a_log_that_comes_later_has_nothing_before)
{
    struct look l = {.calls = 0};

    begin();
    l.s = open_source("patterns", "{'path': 'log'}");
    T_CHECK(look(&l) != ERR_OK);
    append("log", "ERROR first\n");
    T_OK(look(&l), l.s->err);
    check_rows(&l, "rows_json", "ERROR first=1");
    source_free(l.s);
    end();
}

static void append_many(const char *path, unsigned from, unsigned n)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    for (unsigned i = from; i < from + n; i++) {
        for (unsigned k = i + 1; k; k /= 26)
            strbuf_addf(&b, "%c", 'a' + (char)(k % 26));
        strbuf_add_str(&b, " error\n");
    }
    append(path, strbuf_str(&b));
}

T(more_patterns_than_are_kept_are_an_error_of_what_is_told)
{
    struct look l = {.calls = 0};

    begin();
    append("log", "");
    l.s = open_source("patterns", "{'path': 'log'}");
    T_OK(look(&l), l.s->err);
    append_many("log", 0, LOG_SHAPES_MAX + 1);
    T_OK(look(&l), l.s->err);
    T_CHECK(sv_starts(member(&l, "limit", SAMPLE_ERROR)->text, SV("more patterns")));
    check_number(&l, "patterns", LOG_SHAPES_MAX);
    source_free(l.s);
    l.s = open_source("patterns", "{'path': 'log'}");
    T_EQ(look(&l), ERR_LIMIT);
    source_free(l.s);
    end();
}

T(a_search_that_ran_into_its_limit_is_an_error_of_what_is_told)
{
    struct look l = {.calls = 0};

    begin();
    append("log", "");
    l.s = open_source("patterns", "{'path': 'log', 'lines': '(a+)+$'}");
    T_OK(look(&l), l.s->err);
    append("log", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\n");
    T_OK(look(&l), l.s->err);
    T_CHECK(sv_starts(member(&l, "limit", SAMPLE_ERROR)->text, SV("a search")));
    source_free(l.s);
    end();
}

T(settings_that_do_not_fit_are_refused)
{
    static const char *const bad[][2] = {
        {"{}", "'path' is missing"},
        {"{\"path\": \"log\", \"unit\": \"web.service\"}", "either 'path'"},
        {"{\"unit\": \"web.service\", \"record\": \"x\"}", "'record' is for a file"},
        {"{\"path\": \"log\", \"lines\": \"(\"}", "'lines'"},
        {"{\"path\": \"log\", \"record\": \"(\"}", "pattern"},
        {"{\"match\": \"no field\"}", "FIELD=VALUE"},
        {"{\"path\": \"log\", \"history\": 2000000000}", "'history' is more"},
        {"{\"path\": \"log\", \"recrod\": \"x\"}", "recrod"},
    };

    begin();
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct source *s;
        struct err err;

        T_EQ(try_open("patterns", bad[i][0], &s, &err), ERR_INVALID);
        if (!strstr(err.msg, bad[i][1]))
            T_FAIL("'%s' has not '%s'", err.msg, bad[i][1]);
    }
    end();
}

T_MAIN(T_CASE(what_a_log_had_before_is_known_and_what_comes_is_told_once),
       T_CASE(another_process_goes_on_and_knows_nothing_twice),
       T_CASE(a_file_says_what_is_nothing_new_and_lines_choose),
       T_CASE(history_begins_with_a_whole_line_and_records_are_whole),
       T_CASE(a_log_that_comes_later_has_nothing_before),
       T_CASE(more_patterns_than_are_kept_are_an_error_of_what_is_told),
       T_CASE(a_search_that_ran_into_its_limit_is_an_error_of_what_is_told),
       T_CASE(settings_that_do_not_fit_are_refused))
