/*
 * What runbook_read() finds to be expected, or judged, in a document, a fact a line, for tests/truth.
 *
 * usage: dump_expects --expects FILE    line, end, form, value, command's line, command's end
 *        dump_expects --rules FILE      line, at, rule or "", source
 *        dump_expects --conditions FILE line, rule: also of checks, whose sources are all called "it"
 *        dump_expects --canonical FILE  FILE has a rule a line: each as rule_print() writes it, or "!" and why not
 */
#include <stdio.h>
#include <string.h>

#include "base/duration.h"
#include "base/file.h"
#include "base/sv.h"
#include "rule/rule.h"
#include "runbook/command.h"
#include "runbook/prose.h"
#include "runbook/runbook.h"
#include "runbook/shape.h"

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
    case EXPECT_STATUS: strbuf_addf(out, e->number2 > 0 ? "2xx" : "%.15g", e->number); break;
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
              s->line, s->end_line);
}

static void print_duration(const struct rb_step *s, int64_t ms)
{
    CLEANUP(strbuf_release) struct strbuf value = STRBUF(0);

    strbuf_addf(&value, "%.15gs", (double)ms / 1000);
    if (ms)
        print_row(s->line, s->line, "duration", strbuf_sv(&value), s->line, s->end_line);
}

/* What people do in the days after it is no step that a run waits for; the plan lists it. */
static void print_follow_ups(const struct runbook *rb)
{
    for (size_t i = 0; i < rb->n_parts; i++) {
        const struct rb_part *p = &rb->parts[i];

        if (p->role == ROLE_FOLLOW_UP && p->kind == PART_ITEM)
            print_row(p->line, p->end_line, "person", p->title, p->line, p->end_line);
    }
}

static void print_expects(const struct runbook *rb)
{
    print_follow_ups(rb);
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

/* --- checks as rules --- */

static const char *source_of(const struct rb_step *s)
{
    return s->kind == STEP_SQL || (s->command && s->command->cx.sql) ? "sql.it.text" : "cmd.it.out";
}

static void put_text(struct sv s, struct strbuf *out)
{
    strbuf_add_byte(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"' || s.p[i] == '\\')
            strbuf_add_byte(out, '\\');
        strbuf_add_byte(out, s.p[i]);
    }
    strbuf_add_byte(out, '"');
}

static const char *op_of(const struct rb_expect *e)
{
    return e->op == OP_EQ ? "==" : rb_op_text(e->op);
}

/* "10GB" of ">10GB free", as the author wrote it. */
static struct sv size_of(struct sv source)
{
    size_t from = 0, to;

    while (from < source.n && !ascii_is_digit(source.p[from]))
        from++;
    for (to = from; to < source.n && (ascii_is_alnum(source.p[to]) || source.p[to] == '.');)
        to++;
    return sv_sub(source, from, to);
}

/* "known|*|60-70%": the share of the row "known". */
static bool put_row(struct sv row, struct strbuf *out)
{
    struct sv key, cell = {"", 0};

    (void)sv_split(&row, '|', &key);
    while (sv_split(&row, '|', &cell))
        continue;
    if (!cell.n || sv_eq(cell, SV("*")) || sv_eq(key, SV("*")))
        return false;
    strbuf_add_str(out, "sql.it.");
    for (size_t i = 0; i < key.n; i++)
        strbuf_add_byte(out, ascii_lower(key.p[i]));
    if (*cell.p == '<' || *cell.p == '>')
        strbuf_addf(out, " %c %.*s", *cell.p, SV_FMT(sv_sub(cell, 1, cell.n)));
    else
        strbuf_addf(out, " in [%.*s%%, %.*s]", SV_FMT(sv_sub(cell, 0, sv_find_byte(cell, '-', 0))),
                    SV_FMT(sv_sub(cell, sv_find_byte(cell, '-', 0) + 1, cell.n)));
    return true;
}

static void put_set(struct sv names, struct strbuf *out)
{
    struct sv name;
    const char *comma = "";

    strbuf_add_str(out, "all({");
    for (; sv_split(&names, '|', &name); comma = ", ") {
        strbuf_add_str(out, comma);
        put_text(name, out);
    }
    strbuf_add_str(out, "} : it in env.set)");
}

/* The counter that "curl ... | grep NAME" shows. */
static bool put_increase(const struct rb_step *s, struct strbuf *out)
{
    size_t at = sv_find(s->text, SV("grep "), 0);

    if (at == SV_NPOS)
        return false;
    strbuf_addf(out, "increase(%.*s[1m]) > 0", SV_FMT(sv_trim(sv_sub(s->text, at + 5, s->text.n))));
    return true;
}

static bool put_condition(const struct rb_step *s, const struct rb_expect *e, struct strbuf *out)
{
    switch (e->form) {
    case EXPECT_EXIT:
        if (e->vacuous && e->text.n) {
            strbuf_addf(out, "%s contains ", source_of(s));
            put_text(e->text, out);
        } else {
            strbuf_addf(out, "cmd.it.exit == %.15g", e->number);
        }
        return true;
    case EXPECT_FAIL: strbuf_add_str(out, "cmd.it.exit != 0"); return true;
    case EXPECT_CONTAINS:
        strbuf_addf(out, "%s contains ", source_of(s));
        put_text(e->text, out);
        return true;
    case EXPECT_NOT_CONTAINS:
        strbuf_addf(out, "not (%s contains ", source_of(s));
        put_text(e->text, out);
        strbuf_add_byte(out, ')');
        return true;
    case EXPECT_NUMBER:
        if (e->op == OP_IN)
            return false;
        strbuf_addf(out, "%s %s %.15g", s->command && s->command->cx.sql ? "sql.it.value" : "it",
                    op_of(e), e->number);
        return true;
    case EXPECT_COUNT:
        strbuf_addf(out, "cmd.it.%.*s %s %.15g", SV_FMT(e->text), op_of(e), e->number);
        return true;
    case EXPECT_ROWS: strbuf_addf(out, "sql.it.rows %s %.15g", op_of(e), e->number); return true;
    case EXPECT_ROW: return put_row(e->text, out);
    case EXPECT_STATUS: strbuf_addf(out, "http.it.status == %.15g", e->number); return true;
    case EXPECT_JSON:
        strbuf_addf(out, "http.it.json.%.*s %s ", SV_FMT(e->text), op_of(e));
        if (e->value.n)
            strbuf_add_sv(out, e->value);
        else
            strbuf_addf(out, "%.15g%.*s", e->number, SV_FMT(e->unit));
        return true;
    case EXPECT_ACTIVE: strbuf_add_str(out, "unit.it.active == true"); return true;
    case EXPECT_INACTIVE: strbuf_add_str(out, "unit.it.active == false"); return true;
    case EXPECT_FREE:
        strbuf_addf(out, "disk.it.free %s %.*s", op_of(e), SV_FMT(size_of(e->source)));
        return true;
    case EXPECT_EXISTS: strbuf_add_str(out, "file.it.exists == true"); return true;
    case EXPECT_EXPIRES:
        strbuf_addf(out, "tls.it.expires_in > %.15gd", e->number / 86400000);
        return true;
    case EXPECT_SET: put_set(e->text, out); return true;
    case EXPECT_INCREASES: return put_increase(s, out);
    case EXPECT_VERSION:
        strbuf_addf(out, "version(cmd.it.out) %s version(\"%.*s\")", op_of(e), SV_FMT(e->text));
        return true;
    case EXPECT_MATCHES:
    case EXPECT_NOT_MATCHES:
    case EXPECT_EMPTY:
    case EXPECT_ANY:
    case EXPECT_ASK:
    case EXPECT__N:
    default: return false;
    }
}

/* What a command is repeated, or waited, for. */
static bool put_gate(const struct rb_step *s, const char *condition)
{
    if (s->command && s->command->form == COMMAND_POLL)
        printf("proceed when %s every %.15gs\n", condition, (double)s->command->every_ms / 1000);
    else if (s->timeout_ms)
        printf("proceed when %s within %.15gs of step\n", condition, (double)s->timeout_ms / 1000);
    else
        return false;
    return true;
}

/* grep "PATTERN" FILE where things are watched: a line of the log that must not come. */
static void print_search(const struct runbook *rb, const struct rb_step *s,
                         const struct rb_expect *e)
{
    size_t from = sv_find_byte(s->text, '"', 0), to;

    if (e->form != EXPECT_EMPTY || e->number < 1 || s->part == RB_NONE || from == SV_NPOS ||
        rb->parts[s->part].role != ROLE_MONITOR)
        return;
    for (to = from + 1; to < s->text.n && (s->text.p[to] != '"' || s->text.p[to - 1] == '\\');)
        to++;
    printf("%zu\tinvestigate when matches(log.it, ", s->line);
    printf("\"%.*s\")[5m] > 0\n", SV_FMT(sv_sub(s->text, from + 1, to)));
}

/* The checks of one line together. */
static void print_step_conditions(const struct runbook *rb, const struct rb_step *s)
{
    for (size_t k = 0; k < s->n_expects;) {
        CLEANUP(strbuf_release) struct strbuf rule = STRBUF(0);
        size_t line = s->expects[k].line;
        bool hold = s->expects[k].vacuous;

        for (; k < s->n_expects && s->expects[k].line == line; k++) {
            CLEANUP(strbuf_release) struct strbuf one = STRBUF(0);

            print_search(rb, s, &s->expects[k]);
            if (put_condition(s, &s->expects[k], &one))
                strbuf_addf(&rule, "%s%s", rule.n ? " and " : "", strbuf_str(&one));
        }
        if (!rule.n)
            continue;
        printf("%zu\t", line);
        if (!put_gate(s, strbuf_str(&rule)))
            printf("expect %s%s\n", strbuf_str(&rule), hold ? " else hold" : "");
    }
}

/* "Error rate, response times": the rules that are judged at that moment, by their subjects. */
static void print_checkpoint(struct prose_reader *prose, const struct rb_checkpoint *c)
{
    static const struct {
        int64_t ms;
        char letter;
    } units[] = {{86400000, 'd'}, {3600000, 'h'}, {60000, 'm'}, {1000, 's'}};
    CLEANUP(arena_release) struct arena arena = {0};
    struct sv rest = c->source, item;
    size_t u = 0;
    char separator = ':';

    while (c->offset_ms % units[u].ms)
        u++;
    u = c->offset_ms == 86400000 ? 1 : u; /* a day is 24h, as people say it */
    printf("%zu\tcheckpoint T+%lld%c", c->line, (long long)(c->offset_ms / units[u].ms),
           units[u].letter);
    for (; sv_split(&rest, ',', &item); separator = ',') {
        struct sv name = prose_subject(prose, item);

        name = name.n ? name : shape_name(item, &arena);
        printf("%c %.*s", separator, SV_FMT(name));
    }
    putchar('\n');
}

static void print_conditions(const struct runbook *rb)
{
    CLEANUP(prose_reader_freep) struct prose_reader *prose = prose_reader_new();

    for (size_t i = 0; i < rb->n_steps; i++)
        print_step_conditions(rb, &rb->steps[i]);
    for (size_t i = 0; i < rb->n_checkpoints; i++)
        print_checkpoint(prose, &rb->checkpoints[i]);
    for (size_t i = 0; i < rb->n_rules; i++) {
        const struct rb_rule *r = &rb->rules[i];
        long long minutes = (long long)(r->offset_ms / 60000);

        if (r->text.n && r->offset_ms >= 0)
            printf("%zu\t%.*s at T+%lld%c\n", r->line, SV_FMT(r->text),
                   minutes % 60 ? minutes : minutes / 60, minutes % 60 ? 'm' : 'h');
        else if (r->text.n)
            printf("%zu\t%.*s\n", r->line, SV_FMT(r->text));
    }
}

static void print_canonical(struct sv text)
{
    CLEANUP(arena_release) struct arena arena = {0};
    struct sv line;

    while (sv_next_line(&text, &line)) {
        CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);
        struct rule_diag diag;
        struct err err = {0};
        struct rule *r;

        if (rule_parse(&arena, line, &r, &diag, &err) == ERR_OK)
            rule_print(r, &out);
        else
            strbuf_addf(&out, "! %s", err.msg);
        printf("%s\n", strbuf_str(&out));
    }
}

/* --- */

static const struct {
    const char *option;
    void (*print)(const struct runbook *rb);
} modes[] = {
    {"--expects", print_expects}, {"--rules", print_rules}, {"--conditions", print_conditions}};

int main(int argc, char **argv)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct document doc = {0};
    struct runbook rb = {0};
    struct err err = {0};

    if (argc != 3)
        return 2;
    if (file_read(argv[2], 16u << 20, &text, &err) != ERR_OK)
        goto failed;
    if (strcmp(argv[1], "--canonical") == 0) {
        print_canonical(strbuf_sv(&text));
        return 0;
    }
    if (document_init(argv[2], strbuf_sv(&text), &doc, &err) != ERR_OK ||
        runbook_read(&doc, &rb, &err) != ERR_OK)
        goto failed;
    for (size_t i = 0; i < ARRAY_LEN(modes); i++)
        if (strcmp(argv[1], modes[i].option) == 0)
            modes[i].print(&rb);
    runbook_release(&rb);
    document_release(&doc);
    return 0;
failed:
    fprintf(stderr, "error: %s\n", err.msg);
    return 1;
}
