#include "lint/lint.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/sv.h"
#include "lint/lint_bands.h"
#include "lint/lint_conditions.h"
#include "lint/lint_sql.h"
#include "lint/lint_util.h"

const struct lint_rule *const lint_rules[] = {
#define LINT_RULE(name) &lint_##name,
#include "lint/lint_rules.inc"
#undef LINT_RULE
#define SQLLINT_RULE(id, severity, lock, title, why, mend) &lint_sql_##id,
#include "migrate/sqllint_rules.inc"
#undef SQLLINT_RULE
};
const size_t n_lint_rules = ARRAY_LEN(lint_rules);

const char *lint_severity_name(enum lint_severity s)
{
    static const char *const names[] = {
        [LINT_INFO] = "info", [LINT_WARNING] = "warning", [LINT_ERROR] = "error"};

    return names[s];
}

const struct lint_rule *lint_find_rule(struct sv id)
{
    for (size_t i = 0; i < n_lint_rules; i++)
        if (sv_eq_nocase(sv_from(lint_rules[i]->id), id))
            return lint_rules[i];
    return NULL;
}

/* `prusik: ignore RB120 RB128` in a line of the document. */
static bool lint_line_ignores(const struct lint *l, size_t line, const char *id)
{
    struct sv text = document_line(l->rb->doc, line);
    size_t at = sv_find(text, SV("prusik: ignore"), 0);

    return at != SV_NPOS && sv_has_word(sv_sub(text, at, text.n), sv_from(id));
}

bool lint_is_ignored(const struct lint *l, size_t line, const char *id)
{
    return lint_line_ignores(l, line, id) || (line > 1 && lint_line_ignores(l, line - 1, id));
}

static void lint_put(struct lint *l, const struct lint_rule *rule, enum lint_severity severity,
                     size_t line, struct sv snippet, struct sv message)
{
    struct sv raw = document_line(l->rb->doc, line);
    size_t column =
        snippet.n ? sv_find(raw, sv_sub(snippet, 0, sv_find_byte(snippet, '\n', 0)), 0) : SV_NPOS;
    struct lint_finding *f;

    if (lint_is_ignored(l, line, rule->id))
        return;
    f = vec_add(&l->findings);
    f->id = rule->id;
    f->severity = severity;
    f->line = f->end_line = line;
    if (column == SV_NPOS) /* the first byte that is not a blank */
        for (column = 0; column < raw.n && ascii_is_space(raw.p[column]);)
            column++;
    f->column = f->chars = column + 1;
    for (size_t i = 0; i < column; i++) /* what goes on in a sequence is no new one */
        f->chars -= ((unsigned char)raw.p[i] & 0xc0u) == 0x80u;
    f->message = arena_sv(&l->arena, message);
    f->hint = sv_from(rule->mend);
}

#define LINT_MESSAGE_BYTES 2000u /* a line of a terminal has 200 */

void lint_add(struct lint *l, const struct lint_rule *rule, size_t line, struct sv snippet,
              const char *fmt, ...)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(LINT_MESSAGE_BYTES);
    va_list ap;

    va_start(ap, fmt);
    strbuf_vaddf(&text, fmt, ap);
    va_end(ap);
    lint_put(l, rule, rule->severity, line, snippet, strbuf_sv(&text));
}

void lint_add_as(struct lint *l, const struct lint_rule *rule, enum lint_severity severity,
                 size_t line, struct sv snippet, const char *fmt, ...)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(LINT_MESSAGE_BYTES);
    va_list ap;

    va_start(ap, fmt);
    strbuf_vaddf(&text, fmt, ap);
    va_end(ap);
    lint_put(l, rule, severity, line, snippet, strbuf_sv(&text));
}

static int lint_compare(const void *a, const void *b)
{
    const struct lint_finding *x = a, *y = b;

    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    if (strcmp(x->id, y->id) != 0)
        return strcmp(x->id, y->id);
    if (x->column != y->column)
        return x->column < y->column ? -1 : 1;
    return sv_cmp(x->message, y->message);
}

void lint_sort(struct lint *l)
{
    if (l->findings.n)
        qsort(l->findings.v, l->findings.n, sizeof(*l->findings.v), lint_compare);
}

void lint_run(const struct runbook *rb, struct lint *ret)
{
    *ret = (struct lint){.rb = rb};
    ret->index = lint_index_new(ret);
    for (size_t i = 0; i < n_lint_rules; i++)
        if (lint_rules[i]->check)
            lint_rules[i]->check(ret, lint_rules[i]);
    lint_sql_document(ret);
    lint_sort(ret);
}

void lint_run_failing(const struct runbook *rb, struct lint *ret)
{
    *ret = (struct lint){.rb = rb};
    ret->index = lint_index_new(ret);
    for (size_t i = 0; i < n_lint_rules; i++)
        if (lint_rules[i]->check && lint_rules[i]->fails)
            lint_rules[i]->check(ret, lint_rules[i]);
    lint_sort(ret);
}

/* The number at the front of "12: ..."; 1, and nothing is cut off, when there is none. */
static size_t lint_eat_number(struct sv *text)
{
    size_t colon = sv_find_byte(*text, ':', 0);
    uint64_t n;

    if (colon == SV_NPOS || !sv_to_u64(sv_sub(*text, 0, colon), &n))
        return 1;
    *text = sv_sub(*text, colon + 1, text->n);
    return (size_t)n;
}

void lint_unread(const char *path, const struct err *limit, struct lint *ret)
{
    struct sv text = sv_from(limit->msg);
    struct lint_finding f = {.id = lint_rb022.id,
                             .severity = lint_rb022.severity,
                             .line = 1,
                             .column = 1,
                             .hint = sv_from(lint_rb022.mend)};

    assert(limit->code == ERR_LIMIT);
    if (sv_eat(&text, sv_from(path)) && sv_eat(&text, SV(":"))) {
        f.line = lint_eat_number(&text);
        f.column = lint_eat_number(&text);
    }
    f.end_line = f.line;
    f.chars = f.column;
    *ret = (struct lint){0};
    f.message = arena_sv(&ret->arena, sv_trim(text));
    *vec_add(&ret->findings) = f;
}

void lint_settle(struct lint *l)
{
    lint_index_free(STEAL(l->index));
    lint_families_free(STEAL(l->families));
    lint_checked_free(STEAL(l->checked));
    arena_release(&l->work);
    l->parsed = NULL;
    l->rb = NULL;
}

void lint_release(struct lint *l)
{
    lint_settle(l);
    vec_release(&l->findings);
    arena_release(&l->arena);
    *l = (struct lint){0};
}
