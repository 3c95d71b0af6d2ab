#include "base/file.h"
#include "source_look.h"
#include "watch/log_count.h"

static const struct sv wants[] = {SV("ERROR"), SV("^\\d+ WARN$"), SV("ERROR\0expected"),
                                  SV("\\Aonly$")};
enum { WANT_ERROR, WANT_WARN, WANT_EXCEPT, WANT_ONLY };

static void append(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

    T_EQ(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    T_EQ(close(fd), 0);
}

static struct look open_log(const char *settings)
{
    struct look l = {.s = open_source("log", "%s", settings)};
    struct err err;

    T_OK(source_want(l.s, wants, ARRAY_LEN(wants), &err), err);
    return l;
}

static double hits(struct look *l, size_t want)
{
    const struct sample *s = sample_find(&l->s->samples, wants[want]);

    T_CHECK(s && s->kind == SAMPLE_NUMBER && s->type == SAMPLE_COUNTER);
    return s->number;
}

static void check_hits(struct look *l, double errors, double warns, double except, double only)
{
    const double want[] = {errors, warns, except, only};

    T_OK(look(l), l->s->err);
    for (size_t i = 0; i < ARRAY_LEN(want); i++)
        if (hits(l, i) < want[i] || hits(l, i) > want[i])
            T_FAIL("'%s' was counted %g times, not %g", wants[i].p, hits(l, i), want[i]);
}

T(what_stood_there_before_the_first_look_is_not_counted)
{
    struct look l;

    begin();
    append("log", "ERROR old\nERROR half");
    l = open_log("{'path': 'log'}");
    check_hits(&l, 0, 0, 0, 0);
    check_number(&l, "records", 0);
    append("log", " of an old line\nERROR new\n");
    check_hits(&l, 1, 0, 1, 0);
    check_number(&l, "records", 1);
    source_free(l.s);
    l = open_log("{'path': 'log', 'from_start': true}");
    check_hits(&l, 3, 0, 3, 0);
    source_free(l.s);
    end();
}

T(lines_are_counted_once_each_and_when_they_are_whole)
{
    struct look l;

    begin();
    append("log", "");
    l = open_log("{'path': 'log'}");
    check_hits(&l, 0, 0, 0, 0);
    append("log",
           "ERROR ERROR twice in a line\n12 WARN\nx12 WARN\nERROR as expected\nonly\nnot only\n");
    check_hits(&l, 2, 1, 1, 1);
    append("log", "13 WA");
    check_hits(&l, 2, 1, 1, 1);
    append("log",
           "RN\r\nonly\r\nERROR\r\n"); /* an end of line of another system is none of the line */
    check_hits(&l, 3, 2, 2, 2);
    check_number(&l, "records", 9);
    append("log", "\n\n");
    check_hits(&l, 3, 2, 2, 2);
    source_free(l.s);
    end();
}

T(rotation_by_renaming_loses_nothing)
{
    struct look l;

    begin();
    append("log", "");
    l = open_log("{'path': 'log'}");
    check_hits(&l, 0, 0, 0, 0);
    append("log", "ERROR 1\nERROR 2");
    T_EQ(rename("log", "log.1"), 0);
    append("log.1", " late\nERROR 3, without an end"); /* its writer has it open still */
    append("log", "ERROR 4\n");
    check_hits(&l, 4, 0, 4, 0);
    append("log", "ERROR 5\n");
    check_hits(&l, 5, 0, 5, 0);
    source_free(l.s);
    end();
}

static void position_of(struct look *l, struct strbuf *position)
{
    strbuf_truncate(position, 0);
    strbuf_add_sv(position, text_of(l, "position"));
}

static void rotate(void)
{
    (void)rename("log.2", "log.3"); /* the first times they are not there */
    (void)rename("log.1", "log.2");
    T_EQ(rename("log", "log.1"), 0);
}

T(several_rotations_between_two_looks_lose_nothing)
{
    CLEANUP(strbuf_release) struct strbuf position = STRBUF(0);
    struct look l;

    begin();
    append("log.1", "ERROR of long ago\n");
    append("log", "");
    l = open_log("{'path': 'log'}");
    check_hits(&l, 0, 0, 0, 0);
    append("log", "ERROR 1\n");
    rotate();
    append("log", "ERROR 2\nERROR 3, without an end");
    rotate();
    append("log", "ERROR 4\n");
    rotate();
    append("log", "ERROR 5\n");
    check_hits(&l, 5, 0, 5, 0);
    append("log", "ERROR 6\n");
    check_hits(&l, 6, 0, 6, 0);
    position_of(&l, &position);
    source_free(l.s);
    append("log", "ERROR 7\n"); /* nobody looks */
    rotate();
    append("log", "ERROR 8\n");
    rotate();
    append("log", "ERROR 9\n");
    l = open_log("{'path': 'log'}");
    source_resume(l.s, strbuf_sv(&position));
    check_hits(&l, 3, 0, 3, 0);
    source_free(l.s);
    end();
}

T(a_file_that_is_rotated_away_for_good_takes_only_its_own_lines_along)
{
    struct look l;

    begin();
    append("log", "");
    append("log.1", "ERROR of long ago\n");
    l = open_log("{'path': 'log'}");
    check_hits(&l, 0, 0, 0, 0);
    append("log", "ERROR 1\n");
    T_EQ(unlink("log"), 0); /* it is open still */
    append("log", "ERROR 2\n");
    check_hits(&l, 2, 0, 2, 0);
    source_free(l.s);
    end();
}

T(between_the_old_and_the_new_file_the_log_is_unknown_and_nothing_is_lost)
{
    struct look l;

    begin();
    append("log", "");
    l = open_log("{'path': 'log'}");
    check_hits(&l, 0, 0, 0, 0);
    append("log", "ERROR 1\n");
    T_EQ(rename("log", "log.1"), 0);
    T_EQ(look(&l), ERR_IO);
    T_CHECK(sv_has(sv_from(l.s->err.msg), SV("log 'log': open: No such file")));
    append("log.1", "ERROR 2\n");
    append("log", "ERROR 3\n");
    check_hits(&l, 3, 0, 3, 0);
    source_free(l.s);
    end();
}

T(rotation_by_copying_and_emptying_is_seen)
{
    struct look l;

    begin();
    append("log", "first line\n");
    l = open_log("{'path': 'log'}");
    check_hits(&l, 0, 0, 0, 0);
    append("log", "ERROR 1\nhalf");
    check_hits(&l, 1, 0, 1, 0);
    T_EQ(truncate("log", 0), 0);
    append("log", "ERROR 2\n");
    check_hits(&l, 2, 0, 2, 0);
    T_EQ(truncate("log", 0), 0); /* and longer than before at once: it begins otherwise */
    append("log", "another first line\nERROR 3\nERROR 4\n");
    check_hits(&l, 4, 0, 4, 0);
    source_free(l.s);
    end();
}

T(a_log_that_is_not_there_yet_is_unknown_and_then_new_from_its_beginning)
{
    struct look l;

    begin();
    l = open_log("{'path': 'log'}");
    T_EQ(look(&l), ERR_IO);
    append("log", "ERROR 1\n");
    check_hits(&l, 1, 0, 1, 0);
    source_free(l.s);
    T_EQ(mkdir("folder", 0700), 0);
    l = open_log("{'path': 'folder'}");
    T_EQ(look(&l), ERR_INVALID);
    source_free(l.s);
    end();
}

T(a_log_that_may_not_be_read_is_unknown_and_then_old)
{
    struct look l;
    enum err_code rc;

    begin();
    append("log", "ERROR old\n");
    T_EQ(chmod("log", 0), 0);
    l = open_log("{'path': 'log'}");
    T_EQ(chmod(".", 0711), 0);
    if (!be_ordinary())
        T_SKIP("nobody else can be");
    rc = look(&l);
    be_again();
    T_EQ(rc, ERR_IO);
    T_EQ(chmod("log", 0600), 0);
    check_hits(&l, 0, 0, 0, 0);
    source_free(l.s);
    end();
}

T(a_record_of_several_lines_counts_once_and_when_it_is_whole)
{
    struct look l;

    begin();
    append("log", "");
    l = open_log("{'path': 'log', 'record': '^[0-9]{4}-'}");
    check_hits(&l, 0, 0, 0, 0);
    append("log", "2026-02-15 ERROR one\n  at ERROR\n  at two\n2026-02-15 fine\n");
    check_hits(&l, 1, 0, 1, 0); /* the second may go on */
    check_number(&l, "records", 1);
    append("log", "  but it is an ERROR after all, as expected\n");
    check_hits(&l, 1, 0, 1, 0);
    check_hits(&l, 2, 0, 1, 0); /* nothing came: it is whole */
    check_number(&l, "records", 2);
    append("log", "goes with no record before it: ERROR\n");
    check_hits(&l, 2, 0, 1, 0);
    check_hits(&l, 3, 0, 2, 0);
    source_free(l.s);
    end();
}

T(many_blocks_and_a_line_without_end_are_read_whole)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct err err;
    struct look l;

    begin();
    append("log", "");
    l = open_log("{'path': 'log'}");
    check_hits(&l, 0, 0, 0, 0);
    for (int i = 0; i < 300000; i++)
        strbuf_addf(&text, "%d %s\n", i, i % 3 == 0 ? "ERROR" : "WARN");
    strbuf_addf(&text, "ERROR ");
    strbuf_add_n(&text, 'x', 3u << 20);
    strbuf_addf(&text, "\nonly\n");
    T_OK(file_write_atomic("other", strbuf_sv(&text), 0600, &err), err);
    T_EQ(rename("other", "log"), 0);
    check_hits(&l, 100001, 200000, 100001, 1);
    source_free(l.s);
    end();
}

T(blocks_of_lines_and_single_lines_are_counted_alike)
{
    static const char *const patterns[] = {"a",     "^a",   "a$",      "^a$", "a\\s+b",
                                           "[^x]b", "b\\n", "^$",      "a.b", "(?i)A",
                                           "a|^b",  "x*",   "\\bab\\b"};
    static const char letters[] = "ab \n\nx";

    for (size_t i = 0; i < ARRAY_LEN(patterns); i++)
        for (int round = 0; round < 200; round++) {
            CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
            CLEANUP(regex_freep) struct regex *re = NULL;
            struct log_count c = {.record = NULL};
            struct sv name = sv_from(patterns[i]), rest, line;
            uint64_t n = 0;
            struct err err;

            for (size_t k = t_below(40); k > 0; k--)
                strbuf_add_byte(&text, letters[t_below(sizeof(letters) - 1)]);
            strbuf_add_byte(&text, '\n');
            T_OK(log_count_want(&c, &name, 1, &err), err);
            T_OK(regex_new(name, 0, &re, &err), err);
            log_count_lines(&c, strbuf_sv(&text));
            rest = strbuf_sv(&text);
            while (sv_next_line(&rest, &line))
                n += regex_has(re, line);
            if (c.patterns.v[0].n != n)
                T_FAIL("'%s' is counted %d times, not %d, in '%s'", patterns[i],
                       (int)c.patterns.v[0].n, (int)n, strbuf_str(&text));
            log_count_release(&c);
        }
}

T(a_search_beyond_its_limit_is_unknown_not_absent)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct sv want = SV("^(a+)+\\d$|(a+)+!");
    struct look l;
    struct err err;

    begin();
    append("log", "");
    l = (struct look){.s = open_source("log", "{'path': 'log'}")};
    T_OK(source_want(l.s, &want, 1, &err), err);
    T_OK(look(&l), l.s->err);
    strbuf_add_n(&text, 'a', 5000);
    strbuf_addf(&text, "b\n");
    append("log", strbuf_str(&text));
    T_OK(look(&l), l.s->err);
    T_EQ(sample_find(&l.s->samples, want)->kind, SAMPLE_ERROR);
    source_free(l.s);
    end();
}

/* What another process would go on from. */
T(another_process_goes_on_where_this_one_was)
{
    CLEANUP(strbuf_release) struct strbuf position = STRBUF(0);
    struct look l;

    begin();
    append("log", "ERROR old\n");
    l = open_log("{'path': 'log'}");
    check_hits(&l, 0, 0, 0, 0);
    append("log", "ERROR 1\nERROR ha");
    check_hits(&l, 1, 0, 1, 0);
    position_of(&l, &position);
    source_free(l.s);
    append("log", "lf\nERROR 3\n"); /* nobody looks */
    l = open_log("{'path': 'log'}");
    source_resume(l.s, strbuf_sv(&position));
    check_hits(&l, 2, 0, 2, 0);
    position_of(&l, &position);
    source_free(l.s);
    append("log", "ERROR 4\n");
    T_EQ(rename("log", "log.1"), 0);
    append("log", "ERROR 5\n");
    l = open_log("{'path': 'log'}");
    source_resume(l.s, strbuf_sv(&position));
    check_hits(&l, 2, 0, 2, 0); /* of both files */
    source_free(l.s);
    T_EQ(unlink("log.1"), 0);
    T_EQ(unlink("log"), 0);
    append("log", "ERROR 6\n");
    l = open_log("{'path': 'log'}");
    source_resume(l.s, strbuf_sv(&position));
    check_hits(&l, 1, 0, 1, 0); /* the old one is gone */
    source_free(l.s);
    end();
}

T(a_place_that_is_none_is_the_end)
{
    static const char *const places[] = {"",           "1 2",     "1 x 3 ",
                                         "1 2 3 4 zz", "1 2 3 4", "1 2 3 999 aa"};
    CLEANUP(strbuf_release) struct strbuf long_place = STRBUF(0);

    begin();
    append("log", "ERROR old\n");
    strbuf_addf(&long_place, "1 2 3 ");
    strbuf_add_n(&long_place, 'a', 1000);
    for (size_t i = 0; i <= ARRAY_LEN(places); i++) {
        struct look l = open_log("{'path': 'log'}");

        source_resume(l.s, i < ARRAY_LEN(places) ? sv_from(places[i]) : strbuf_sv(&long_place));
        check_hits(&l, 0, 0, 0, 0);
        source_free(l.s);
    }
    {
        struct look l = {.s = open_source("disk", "{'path': '/'}")};

        source_resume(l.s, SV("1 2 3 ")); /* it has no place */
        T_OK(look(&l), l.s->err);
        source_free(l.s);
    }
    end();
}

T(wrong_settings_and_patterns_are_refused)
{
    static const struct sv bad[] = {SV("("), SV("a\0(")};
    struct source *s;
    struct look l;
    struct err err;

    begin();
    T_EQ(try_open("log", "{\"path\": \"x\", \"record\": \"(\"}", &s, &err), ERR_INVALID);
    T_EQ(try_open("log", "{}", &s, &err), ERR_INVALID);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        l = (struct look){.s = open_source("log", "{'path': 'log'}")};
        T_EQ(source_want(l.s, &bad[i], 1, &err), ERR_INVALID);
        T_CHECK(sv_has(sv_from(err.msg), SV("source 'it'")));
        source_free(l.s);
    }
    l = (struct look){.s = open_source("disk", "{'path': '/'}")};
    T_EQ(source_want(l.s, wants, 1, &err), ERR_INVALID);
    source_free(l.s);
    end();
}

/* Records are counted eight bytes at once: as many as there are, whatever stands between. */
T(records_are_counted_however_they_lie)
{
    static char text[6000];
    uint64_t state = 88172645463325252u, want = 0;
    struct log_count c = {.record = NULL};

    for (size_t n = 1; n < sizeof(text); n += 1 + n / 7) {
        for (size_t i = 0; i < n; i++) {
            static const char bytes[] = "\n\n\n\n\x0b\x8a\x09\x00";

            state = state * 6364136223846793005u + 1442695040888963407u;
            text[i] = n % 2 ? '\n' : bytes[state >> 61]; /* every other time nothing else */
        }
        text[n - 1] = '\n';
        for (size_t i = 0; i < n; i++)
            want += text[i] == '\n';
        log_count_lines(&c, (struct sv){text, n});
        T_EQ(c.records, want);
    }
    log_count_release(&c);
}

/* How many of a pattern's records have the i-th time of their own in what was reported; -1: there is no such. */
static double own(struct look *l, size_t want, size_t nth, int64_t *at_us)
{
    for (size_t i = 0; i < l->s->samples.v.n; i++) {
        const struct sample *s = &l->s->samples.v.v[i];

        if (s->n_labels && sv_eq(s->name, wants[want]) && nth-- == 0) {
            *at_us = s->at_us;
            return s->number;
        }
    }
    return -1;
}

T(records_that_say_when_they_were_written_count_then)
{
    static const int64_t poll_us = 1771120860LL * 1000000; /* 2026-02-15T02:01:00Z */
    struct look l;
    int64_t at_us;

    begin();
    append("log", "");
    l = open_log("{'path': 'log'}");
    T_OK(look_at(&l, poll_us), l.s->err);
    append(
        "log",
        "2026-02-15T02:00:01Z ERROR a\n2026-02-15T02:00:01Z ERROR expected\n2026-02-15T02:00:02.5Z ok\n"
        "2026-02-15T02:00:30Z ERROR b\n2026-02-15T03:00:00Z ERROR of tomorrow\nERROR without\n"
        "2026-02-15 02:00:31 ERROR of some zone\n");
    T_OK(look_at(&l, poll_us), l.s->err);
    T_NEAR(hits(&l, WANT_ERROR), 6, 0);
    T_NEAR(own(&l, WANT_ERROR, 0, &at_us), 2, 0);
    T_EQ(at_us, poll_us - 59 * 1000000LL);
    T_NEAR(own(&l, WANT_ERROR, 1, &at_us), 1, 0);
    T_EQ(at_us, poll_us - 30 * 1000000LL);
    T_NEAR(own(&l, WANT_ERROR, 2, &at_us), 1, 0);
    T_EQ(at_us, poll_us); /* it cannot be known before it is read */
    T_NEAR(own(&l, WANT_ERROR, 3, &at_us), -1, 0);
    T_NEAR(own(&l, WANT_EXCEPT, 0, &at_us), 1, 0);
    T_OK(look_at(&l, poll_us), l.s->err);
    T_NEAR(hits(&l, WANT_ERROR), 6, 0);
    T_NEAR(own(&l, WANT_ERROR, 0, &at_us), -1, 0); /* once */
    source_free(l.s);
    l = open_log("{'path': 'log', 'from_start': true, 'zone': 'UTC'}");
    T_OK(look_at(&l, poll_us), l.s->err);
    T_NEAR(own(&l, WANT_ERROR, 3, &at_us), 1, 0);
    T_EQ(at_us, poll_us - 29 * 1000000LL);
    source_free(l.s);
    end();
}

T(moments_beyond_their_most_join_the_last)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    struct look l;
    int64_t at_us;
    double sum = 0, n;

    begin();
    for (int i = 0; i < (int)LOG_HITS + 10; i++)
        strbuf_addf(&b, "2026-02-15T01:%02d:%02d.%03dZ ERROR\n", i / 60000, i / 1000 % 60,
                    i % 1000);
    append("log", strbuf_str(&b));
    l = open_log("{'path': 'log', 'from_start': true}");
    T_OK(look_at(&l, 1771120860LL * 1000000), l.s->err);
    for (size_t i = 0; (n = own(&l, WANT_ERROR, i, &at_us)) > 0; i++)
        sum += n;
    T_NEAR(sum, LOG_HITS + 10, 0);
    T_EQ(at_us % 1000000, 105000); /* the last of all: .105 of second 4 */
    source_free(l.s);
    end();
}

T_MAIN(T_CASE(what_stood_there_before_the_first_look_is_not_counted),
       T_CASE(lines_are_counted_once_each_and_when_they_are_whole),
       T_CASE(rotation_by_renaming_loses_nothing),
       T_CASE(several_rotations_between_two_looks_lose_nothing),
       T_CASE(a_file_that_is_rotated_away_for_good_takes_only_its_own_lines_along),
       T_CASE(between_the_old_and_the_new_file_the_log_is_unknown_and_nothing_is_lost),
       T_CASE(rotation_by_copying_and_emptying_is_seen),
       T_CASE(a_log_that_is_not_there_yet_is_unknown_and_then_new_from_its_beginning),
       T_CASE(a_log_that_may_not_be_read_is_unknown_and_then_old),
       T_CASE(a_record_of_several_lines_counts_once_and_when_it_is_whole),
       T_CASE(many_blocks_and_a_line_without_end_are_read_whole),
       T_CASE(blocks_of_lines_and_single_lines_are_counted_alike),
       T_CASE(a_search_beyond_its_limit_is_unknown_not_absent),
       T_CASE(another_process_goes_on_where_this_one_was), T_CASE(a_place_that_is_none_is_the_end),
       T_CASE(wrong_settings_and_patterns_are_refused),
       T_CASE(records_are_counted_however_they_lie),
       T_CASE(records_that_say_when_they_were_written_count_then),
       T_CASE(moments_beyond_their_most_join_the_last))
