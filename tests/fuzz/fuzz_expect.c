/* Any text as an expectation, of any kind of command.  The first byte tells what the command is. */
#include "fuzz.h"

#include <math.h>
#include <string.h>

#include "base/regex.h"
#include "base/sv.h"
#include "runbook/expect.h"

static void check_regex(struct sv pattern)
{
    CLEANUP(regex_freep) struct regex *re = NULL;
    struct err err = {0};

    MUST(regex_new(pattern, 0, &re, &err) == ERR_OK);
}

static bool needs_text(enum rb_expect_form form)
{
    return form == EXPECT_CONTAINS || form == EXPECT_NOT_CONTAINS || form == EXPECT_MATCHES ||
           form == EXPECT_NOT_MATCHES || form == EXPECT_COUNT || form == EXPECT_VERSION ||
           form == EXPECT_SET || form == EXPECT_JSON;
}

static void check_expect(const struct rb_expect *e, const struct expect_context *cx)
{
    MUST((unsigned)e->form < EXPECT__N && (unsigned)e->op < OP__N);
    MUST(isfinite(e->number) && isfinite(e->number2));
    MUST(!needs_text(e->form) || e->text.n > 0);
    MUST((e->form == EXPECT_ANY) == (e->n_any >= 2));
    /* what the command cannot show is a question */
    MUST(e->form != EXPECT_STATUS || (cx->http && e->number >= 100 && e->number < 600));
    MUST(e->form != EXPECT_JSON || cx->http);
    MUST((e->form != EXPECT_ACTIVE && e->form != EXPECT_INACTIVE) || cx->service);
    MUST(e->form != EXPECT_ROWS || cx->sql);
    MUST(e->form != EXPECT_FREE || (cx->disk && e->number >= 0));
    MUST(e->form != EXPECT_EXISTS || cx->makes_file);
    MUST(e->form != EXPECT_EXPIRES || e->number >= 0);
    if (e->form == EXPECT_MATCHES || e->form == EXPECT_NOT_MATCHES)
        check_regex(e->text);
    for (size_t i = 0; i < e->n_any; i++) {
        MUST(e->any[i].form != EXPECT_ASK && e->any[i].form != EXPECT_ANY);
        check_expect(&e->any[i], cx);
    }
}

static void check_labels(struct sv text)
{
    struct sv rest;

    if (expect_is_label(text, &rest))
        MUST(rest.n == 0 || fuzz_inside(text, rest));
    if (expect_in_parentheses(text, &rest))
        MUST(rest.n > 0 && fuzz_inside(text, rest));
    if (expect_is_proceed(text, &rest))
        MUST(rest.n > 0 && fuzz_inside(text, rest));
}

/* The same text as an output that is shown. */
static void check_output(struct expect_reader *r, struct sv text, const struct expect_context *cx,
                         struct arena *arena)
{
    expect_list list = {0};

    expect_read_output(r, text, 7, cx, arena, &list);
    for (size_t i = 0; i < list.n; i++) {
        MUST(list.v[i].line >= 7 && list.v[i].line <= 7 + text.n);
        if (list.v[i].form == EXPECT_ROW || list.v[i].form == EXPECT_CONTAINS ||
            list.v[i].form == EXPECT_MATCHES) /* others are of lines that say what the output is */
            MUST(list.v[i].text.n > 0);
        check_expect(&list.v[i], cx);
    }
    (void)expect_speaks_of(r, text, text);
    (void)expect_is_claim(r, text);
    (void)expect_hunt(r, text, text);
    vec_release(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct expect_reader *reader;
    CLEANUP(arena_release) struct arena arena = {0};
    struct expect_context cx = {0};
    expect_list list = {0}, again = {0};
    struct sv text;

    if (!reader)
        reader = expect_reader_new();
    if (size == 0 || memchr(data, '\0', size))
        return 0;
    cx = (struct expect_context){.http = data[0] & 1,
                                 .service = data[0] & 2,
                                 .sql = data[0] & 4,
                                 .disk = data[0] & 8,
                                 .makes_file = data[0] & 16,
                                 .follows = data[0] & 32,
                                 .asks_status = data[0] & 64,
                                 .searches = data[0] & 32,
                                 .shows_log = data[0] & 16,
                                 .counts = data[0] & 64,
                                 .names = data[0] & 128 ? SV("A|B") : SV("")};
    text = (struct sv){(const char *)data + 1, size - 1};
    expect_read(reader, text, 7, &cx, &arena, &list);
    MUST(list.n >= 1);
    for (size_t i = 0; i < list.n; i++) {
        MUST(list.v[i].line == 7 &&
             (list.v[i].source.n > 0 || sv_trim(text).n == 0 || list.n == 1));
        check_expect(&list.v[i], &cx);
    }
    expect_read(reader, text, 7, &cx, &arena, &again);
    MUST(again.n == list.n);
    for (size_t i = 0; i < list.n; i++)
        MUST(again.v[i].form == list.v[i].form && sv_eq(again.v[i].text, list.v[i].text));
    check_labels(text);
    check_output(reader, text, &cx, &arena);
    vec_release(&list);
    vec_release(&again);
    return 0;
}
