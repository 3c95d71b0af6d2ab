/*
 * What runbook_read() finds to be expected, or judged, in a document, a fact a line, for tests/truth.
 *
 * usage: dump_expects FILE              line, end, form, value, command's line, command's end
 *        dump_expects --rules FILE      line, at, rule or "", source
 */
#include <stdio.h>
#include <string.h>

#include "base/duration.h"
#include "base/file.h"
#include "base/sv.h"
#include "runbook/command.h"
#include "runbook/runbook.h"

/* A pattern as a person would write it: without the backslashes before what is no letter or digit. */
static void put_pattern(struct sv s, struct strbuf *out)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != '\\' || i + 1 == s.n || ascii_is_alnum(s.p[i + 1]))
            strbuf_add_byte(out, s.p[i]);
}

static void put_number(const struct rb_expect *e, struct strbuf *out)
{
    if (e->op == OP_IN)
        strbuf_addf(out, "%.15g-%.15g", e->number, e->number2);
    else
        strbuf_addf(out, "%s %.15g", rb_op_text(e->op), e->number);
}

static void put_value(const struct rb_expect *e, struct strbuf *out)
{
    switch (e->form) {
    case EXPECT_EXIT: strbuf_addf(out, "%.15g", e->number); break;
    case EXPECT_MATCHES:
    case EXPECT_NOT_MATCHES: put_pattern(e->text, out); break;
    case EXPECT_NUMBER:
        put_number(e, out);
        strbuf_add_sv(out, e->unit);
        break;
    case EXPECT_ROWS:
    case EXPECT_FREE: put_number(e, out); break;
    case EXPECT_COUNT:
        put_number(e, out);
        strbuf_addf(out, " %.*s", SV_FMT(e->text));
        break;
    case EXPECT_STATUS:
        strbuf_addf(out, e->number2 > 0 ? "2xx" : "%.15g", e->number);
        break;
    case EXPECT_JSON:
        strbuf_addf(out, "%.*s ", SV_FMT(e->text));
        if (e->value.n)
            strbuf_addf(out, "= %.*s", SV_FMT(e->value));
        else
            put_number(e, out);
        strbuf_add_sv(out, e->unit);
        break;
    case EXPECT_EXPIRES: strbuf_addf(out, "> %.15gd", e->number / 86400000); break;
    case EXPECT_VERSION: strbuf_addf(out, "%s %.*s", rb_op_text(e->op), SV_FMT(e->text)); break;
    case EXPECT_ANY:
        for (size_t i = 0; i < e->n_any; i++) {
            strbuf_add_str(out, i ? " or " : "");
            put_value(&e->any[i], out);
        }
        break;
    case EXPECT_FAIL:
    case EXPECT_CONTAINS:
    case EXPECT_NOT_CONTAINS:
    case EXPECT_ROW:
    case EXPECT_EMPTY:
    case EXPECT_ACTIVE:
    case EXPECT_INACTIVE:
    case EXPECT_EXISTS:
    case EXPECT_SET:
    case EXPECT_INCREASES:
    case EXPECT_ASK:
    case EXPECT__N:
    default: strbuf_add_sv(out, e->text); break;
    }
}

static void print_row(size_t line, size_t end, const char *form, struct sv value, size_t at,
                      size_t at_end)
{
    printf("%zu\t%zu\t%s\t", line, end, form);
    for (size_t i = 0; i < value.n; i++)
        putchar(value.p[i] == '\t' || value.p[i] == '\n' ? ' ' : value.p[i]);
    printf("\t%zu\t%zu\n", at, at_end);
}

static void print_expect(const struct rb_step *s, const struct rb_expect *e)
{
    CLEANUP(strbuf_release) struct strbuf value = STRBUF(0);
    bool person = e->form == EXPECT_ASK;

    put_value(e, &value);
    print_row(e->line, e->line, person ? "person" : rb_expect_name(e->form), strbuf_sv(&value),
              e->query_line ? e->query_line : s->line, e->query_line ? e->query_line : s->end_line);
}

static void print_duration(const struct rb_step *s, int64_t ms)
{
    CLEANUP(strbuf_release) struct strbuf value = STRBUF(0);

    strbuf_addf(&value, "%.15gs", (double)ms / 1000);
    if (ms)
        print_row(s->line, s->line, "duration", strbuf_sv(&value), s->line, s->end_line);
}

static void print_expects(const struct runbook *rb)
{
    for (size_t i = 0; i < rb->n_steps; i++) {
        const struct rb_step *s = &rb->steps[i];

        if (s->kind == STEP_MANUAL || s->kind == STEP_APPROVAL)
            print_row(s->line, s->end_line, "person", s->text, s->line, s->end_line);
        print_duration(s, s->timeout_ms);
        print_duration(s, s->watch_ms);
        for (size_t k = 0; k < s->n_expects; k++)
            print_expect(s, &s->expects[k]);
    }
}

static void print_rules(const struct runbook *rb)
{
    for (size_t i = 0; i < rb->n_rules; i++) {
        const struct rb_rule *r = &rb->rules[i];

        printf("%zu\t%lld\t%.*s\t%.*s\n", r->line, (long long)r->offset_ms, SV_FMT(r->text),
               (int)size_min(r->source.n, sv_find_byte(r->source, '\n', 0)), r->source.p);
    }
}

int main(int argc, char **argv)
{
    bool rules = argc == 3 && strcmp(argv[1], "--rules") == 0;
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct document doc = {0};
    struct runbook rb = {0};
    struct err err = {0};

    if (argc != 2 && !rules)
        return 2;
    if (file_read(argv[argc - 1], 16u << 20, &text, &err) != ERR_OK ||
        document_init(argv[argc - 1], strbuf_sv(&text), &doc, &err) != ERR_OK ||
        runbook_read(&doc, &rb, &err) != ERR_OK) {
        fprintf(stderr, "error: %s\n", err.msg);
        return 1;
    }
    if (rules)
        print_rules(&rb);
    else
        print_expects(&rb);
    runbook_release(&rb);
    document_release(&doc);
    return 0;
}
