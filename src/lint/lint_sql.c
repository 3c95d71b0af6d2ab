#include "lint/lint_sql.h"

#include <string.h>

#include "base/sv.h"
#include "lint/lint_util.h"
#include "migrate/sqlkind.h"
#include "runbook/placeholder.h"

#define LINT_SQL_NOTE    LINT_INFO
#define LINT_SQL_WARNING LINT_WARNING
#define LINT_SQL_ERROR   LINT_ERROR

#define SQLLINT_RULE(id_, severity_, lock_, title_, why_, mend_)               \
    const struct lint_rule lint_sql_##id_ = {.id = #id_,                       \
                                             .severity = LINT_SQL_##severity_, \
                                             .title = (title_),                \
                                             .why = (why_),                    \
                                             .mend = (mend_)};
#include "migrate/sqllint_rules.inc"
#undef SQLLINT_RULE

static const struct lint_rule *const lint_sql_rules[SQLLINT__N] = {
#define SQLLINT_RULE(id_, severity_, lock_, title_, why_, mend_) &lint_sql_##id_,
#include "migrate/sqllint_rules.inc"
#undef SQLLINT_RULE
};

static enum lint_severity lint_sql_severity(enum sqllint_severity s)
{
    static const enum lint_severity of[] = {
        [SQLLINT_NOTE] = LINT_INFO, [SQLLINT_WARNING] = LINT_WARNING, [SQLLINT_ERROR] = LINT_ERROR};

    return of[s];
}

static const struct lint_rule *lint_sql_rule(const struct sqllint_finding *f)
{
    return lint_sql_rules[f->rule - sqllint_rules];
}

/* What only this linter knows. */
static void lint_sql_extra(struct lint *l, const struct sqllint_finding *from,
                           struct lint_finding *to)
{
    to->lock = sv_from(from->rule->lock);
    to->grade = "ABCD"[from->grade];
    to->rewrite = arena_sv(&l->arena, from->rewrite);
}

/* --- a file --- */

/* The column in code points: what goes on in a sequence is no new one. */
static size_t lint_sql_chars(struct sv text, size_t line, size_t column)
{
    size_t at = 0, chars = column;

    for (size_t i = 1; i < line && at < text.n; i++)
        at = size_min(sv_find_byte(text, '\n', at), text.n - 1) + 1;
    for (size_t i = at; i + 1 < at + column && i < text.n; i++)
        chars -= ((unsigned char)text.p[i] & 0xc0u) == 0x80u;
    return chars;
}

void lint_sql_file(struct sv path, struct sv bytes, const struct sqllint_ask *ask, struct lint *ret)
{
    CLEANUP(sqllint_release) struct sqllint found = {0};

    *ret = (struct lint){0};
    sqllint_file(path, bytes, ask, &found);
    for (size_t i = 0; i < found.findings.n; i++) {
        const struct sqllint_finding *from = &found.findings.v[i];
        struct lint_finding *f = vec_add(&ret->findings);

        f->id = lint_sql_rule(from)->id;
        f->severity = lint_sql_severity(from->severity);
        f->line = from->line;
        f->end_line = from->end_line;
        f->column = from->column;
        f->chars = lint_sql_chars(bytes, f->line, f->column);
        f->message = arena_sv(&ret->arena, from->message);
        f->hint = sv_from(from->rule->mend);
        lint_sql_extra(ret, from, f);
    }
}

/* --- a runbook --- */

/* In a runbook a person looks on, and what is written stands beside the reason: only what stops the site or fails. */
static bool lint_sql_is_wanted(const struct sqllint_finding *f, enum rb_role role)
{
    struct sv id = sv_from(f->rule->id);
    static const char *const run[] = {"RUN001", "RUN003", "RUN004", "RUN008", "RUN009", "RUN010"};

    if (f->severity == SQLLINT_NOTE)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(run); i++)
        if (sv_is(id, run[i]))
            return true;
    return (sv_starts(id, SV("PG")) && role != ROLE_ROLLBACK) || sv_starts(id, SV("SQL"));
}

/* Commands of the program sqlite3 are lines that begin with a dot. */
static struct sv lint_sql_undot(struct sv text, struct arena *a)
{
    char *copy = arena_strdup(a, text);
    struct sv rest = {copy, text.n}, line;

    while (sv_next_line(&rest, &line))
        if (sv_starts(line, SV(".")))
            memset(copy + (line.p - copy), ' ', line.n);
    return (struct sv){copy, text.n};
}

static void lint_sql_take(struct lint *l, struct sv text, size_t line, enum rb_role role,
                          enum db_kind db)
{
    CLEANUP(sqllint_release) struct sqllint found = {0};

    sqllint_text(db == DB_SQLITE ? lint_sql_undot(text, &l->work) : text, line, db, &found);
    for (size_t i = 0; i < found.findings.n; i++) {
        const struct sqllint_finding *f = &found.findings.v[i];
        size_t before = l->findings.n;

        if (!lint_sql_is_wanted(f, role))
            continue;
        lint_add_as(l, lint_sql_rule(f), lint_sql_severity(f->severity), f->line,
                    (struct sv){NULL, 0}, "%.*s", SV_FMT(f->message));
        if (l->findings.n > before)
            lint_sql_extra(l, f, vec_last(&l->findings));
    }
}

static bool lint_sql_says(const struct lint *l, const char *const *words)
{
    for (; *words; words++)
        if (sv_has(l->index->lower, sv_from(*words)))
            return true;
    return false;
}

static const char *const lint_sql_others[] = {"mysql", "mariadb", "sqlcmd", "sqlplus", NULL};
static const char *const lint_sql_lite[] = {"sqlite", NULL};
static const char *const lint_sql_lite_runs[] = {"sqlite3", "sqlite:", NULL};
static const char *const lint_sql_postgres[] = {"postgres", "psql", "pg_", NULL};

static enum rb_role lint_sql_role(const struct lint *l, const struct rb_block *b)
{
    return b->part == RB_NONE ? ROLE_NONE : l->rb->parts[b->part].role;
}

void lint_sql_document(struct lint *l)
{
    bool lite = lint_sql_says(l, lint_sql_lite),
         blocks = !lite ||
                  (lint_sql_says(l, lint_sql_lite_runs) && !lint_sql_says(l, lint_sql_postgres));

    if (lint_sql_says(l, lint_sql_others))
        return;
    for (size_t i = 0; i < l->rb->n_blocks; i++) {
        const struct rb_block *b = &l->rb->blocks[i];

        if (b->kind == BLOCK_SQL && blocks)
            lint_sql_take(l, placeholder_mask(b->text, &b->placeholders, &l->work), b->line + 1,
                          lint_sql_role(l, b), lite ? DB_SQLITE : DB_POSTGRES);
    }
    LINT_EACH_SQL (l, s)
        if (s->cmd && !lite && sv_is(s->cmd->program, "psql"))
            lint_sql_take(l, s->text, s->line, s->role, DB_POSTGRES);
        else if (s->cmd && sv_is(s->cmd->program, "sqlite3") &&
                 sqlkind_of(s->text, DB_SQLITE) !=
                     SQLKIND_TRANSACTION) /* each alone: its BEGIN is not there */
            lint_sql_take(l, s->text, s->line, s->role, DB_SQLITE);
}
