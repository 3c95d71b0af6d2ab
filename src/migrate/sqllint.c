#include "migrate/sqllint.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/sv.h"
#include "base/text.h"
#include "migrate/marker.h"
#include "migrate/sqlkind.h"
#include "migrate/sqllex.h"
#include "migrate/sqllint_int.h"
#include "migrate/sqlnewer.h"

const struct sqllint_rule sqllint_rules[SQLLINT__N] = {
#define SQLLINT_RULE(id, severity, lock, title, why, mend) \
    {#id, SQLLINT_##severity, lock, title, why, mend},
#include "migrate/sqllint_rules.inc"
#undef SQLLINT_RULE
};

#define LINT_MASKS    200u /* faults of a file that only psql understands: the rest is not looked at */
#define LINT_FINDINGS 10000u /* of one file: nobody reads more */

/* Which database checks the part. */
static enum db_kind lint_part_db(const struct sqllint_run *r, const struct migration_part *p)
{
    return p->dbs == MIGRATION_DB(DB_SQLITE) ? DB_SQLITE : r->db;
}

/* --- findings --- */

/* The text of a file up to a byte of the statement, as line and column. */
static void lint_place(const struct sqllint_run *r, size_t at, struct sqllint_finding *f)
{
    f->line = r->stmt->line;
    f->column = r->stmt->column;
    for (size_t i = 0; i < at && i < r->stmt->text.n; i++) {
        bool end = r->stmt->text.p[i] == '\n';

        f->line += end;
        f->column = end ? 1 : f->column + 1;
    }
}

static bool lint_ignore_names(struct sv ids, const char *id)
{
    struct sv one;

    while (sv_split(&ids, ',', &one))
        if (sv_eq_nocase(sv_trim(one), sv_from(id)))
            return true;
    return false;
}

/* The comment between the statement before and this one that names the rule. */
static const struct sqllint_ignore *lint_ignored(const struct sqllint_run *r, const char *id)
{
    for (size_t i = 0; i < r->ignores.n; i++) {
        const struct sqllint_ignore *g = &r->ignores.v[i];

        if (g->line >= r->last_line && g->line <= r->stmt->line && lint_ignore_names(g->ids, id))
            return g;
    }
    return NULL;
}

static struct sqllint_finding *lint_put(struct sqllint_run *r, enum sqllint_id id,
                                        struct sv message)
{
    struct sqllint_finding *f = vec_add(&r->l->findings);

    f->rule = &sqllint_rules[id];
    f->severity = f->rule->severity;
    f->message = message;
    return f;
}

/* A way back drops what was made, which is what it is for; what stops others for long, fails, or was not read is said. */
static bool lint_is_meant(const struct sqllint_run *r, enum sqllint_id id)
{
    static const enum sqllint_id of_a_moment[] = {SQLLINT_PG026, SQLLINT_PG029, SQLLINT_PG032};

    if (r->part->kind != MIGRATION_DOWN || lint_part_db(r, r->part) != DB_POSTGRES ||
        id == SQLLINT_RUN012 || id == SQLLINT_RUN015)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(of_a_moment); i++)
        if (id == of_a_moment[i])
            return true;
    return id < SQLLINT_PG001 || id > SQLLINT_RUN017 || sqllint_rules[id].severity != SQLLINT_ERROR;
}

size_t sqllint_add(struct sqllint_run *r, enum sqllint_id id, size_t at, const char *fmt, ...)
{
    const struct sqllint_ignore *g = lint_ignored(r, sqllint_rules[id].id);
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(4096);
    struct sqllint_finding *f;
    va_list ap;

    if (r->said[id] || (g && g->reason) || lint_is_meant(r, id) ||
        r->l->findings.n >= LINT_FINDINGS)
        return SIZE_MAX;
    r->said[id] = true;
    va_start(ap, fmt);
    strbuf_vaddf(&b, fmt, ap);
    va_end(ap);
    f = lint_put(r, id, arena_sv(&r->l->arena, strbuf_sv(&b)));
    lint_place(r, at, f);
    f->end_line = size_max(f->line, r->end_line);
    if (g)
        f->severity = SQLLINT_NOTE;
    return r->l->findings.n - 1;
}

static struct sqllint_finding *lint_last(struct sqllint_run *r, enum sqllint_id id)
{
    struct sqllint_finding *f = r->l->findings.n ? vec_last(&r->l->findings) : NULL;

    return f && r->l->findings.n > r->first_finding && f->rule == &sqllint_rules[id] ? f : NULL;
}

struct lint_mark {
    struct sv mark, text;
};

/* A file without prusik's markers gets none: they would make two formats of it. */
static const struct lint_mark lint_plain_marks[] = {
    {SV("-- prusik:up tx=no"), SV("-- outside of a transaction")},
    {SV("-- prusik:up"), SV("-- in a transaction of its own")},
    {SV("-- prusik:backfill"), SV("-- in batches, each in a transaction of its own")},
    {{NULL, 0}, {NULL, 0}},
};
static const struct lint_mark lint_down_marks[] = {
    {SV("-- prusik:up"), SV("-- prusik:down")},
    {SV("-- prusik:backfill"), SV("-- prusik:down")},
    {{NULL, 0}, {NULL, 0}},
};

/* The attributes of a mark stay when it becomes another mark. */
static void lint_mark(struct sv text, const struct lint_mark *marks, struct strbuf *out)
{
    struct sv line;

    while (sv_next_line(&text, &line)) {
        const struct lint_mark *m = marks;

        while (m->mark.n && !sv_starts(line, m->mark))
            m++;
        strbuf_addf(out, "%s%.*s", out->n ? "\n" : "", SV_FMT(m->mark.n ? m->text : line));
        if (m->mark.n && marks == lint_down_marks)
            strbuf_add_sv(out, sv_sub(line, m->mark.n, line.n));
    }
}

void sqllint_rewrite(struct sqllint_run *r, enum sqllint_id id, const char *fmt, ...)
{
    struct sqllint_finding *f = lint_last(r, id);
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(16384), marked = STRBUF(0);
    bool down = r->part->kind == MIGRATION_DOWN;
    va_list ap;

    if (!f || (down && r->part->name.n)) /* downs of parts run in reverse */
        return;
    va_start(ap, fmt);
    strbuf_vaddf(&b, fmt, ap);
    va_end(ap);
    if (b.overflow) /* half a statement is none */
        return;
    if (!r->marked || down)
        lint_mark(strbuf_sv(&b), r->marked ? lint_down_marks : lint_plain_marks, &marked);
    f->rewrite = arena_sv(&r->l->arena, strbuf_sv(marked.n ? &marked : &b));
}

void sqllint_severity(struct sqllint_run *r, enum sqllint_id id, enum sqllint_severity s)
{
    struct sqllint_finding *f = lint_last(r, id);

    /* what an ignore without a reason made a note stays one */
    if (f && (f->severity != SQLLINT_NOTE || f->rule->severity == SQLLINT_NOTE))
        f->severity = s;
}

void sqllint_until(struct sqllint_run *r, size_t finding, enum sqllint_until until, struct sv name)
{
    if (finding != SIZE_MAX)
        *vec_add(&r->pending) = (struct sqllint_pending){until, finding, name, r->tx, false};
}

void sqllint_meet(struct sqllint_run *r, enum sqllint_until until, struct sv name)
{
    for (size_t i = 0; i < r->pending.n; i++) {
        struct sqllint_pending *p = &r->pending.v[i];

        if (p->until == until && sv_eq(p->name, name) && (until == UNTIL_SETVAL || p->tx == r->tx))
            p->met = true;
    }
}

void sqllint_grade(struct sqllint_run *r, enum sqllint_grade g)
{
    if (g > r->grade)
        r->grade = g;
}

static void lint_settle_pending(struct sqllint_run *r)
{
    size_t kept = 0;

    for (size_t i = 0; i < r->pending.n; i++)
        if (r->pending.v[i].met) {
            struct sqllint_finding *f = &r->l->findings.v[r->pending.v[i].finding];

            if (r->pending.v[i].until == UNTIL_VIEW)
                f->severity = SQLLINT_NOTE;
            else
                f->rule = NULL;
        }
    for (size_t i = 0; i < r->l->findings.n; i++)
        if (r->l->findings.v[i].rule)
            r->l->findings.v[kept++] = r->l->findings.v[i];
    r->l->findings.n = kept;
}

static int lint_cmp(const void *a, const void *b)
{
    const struct sqllint_finding *x = a, *y = b;

    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    if (x->rule != y->rule)
        return x->rule < y->rule ? -1 : 1;
    return x->column < y->column ? -1 : x->column > y->column;
}

/* --- a statement --- */

static void lint_unparsed(struct sqllint_run *r, struct sv text, size_t at, const struct err *err)
{
    const struct sqlnewer *newer = err->code == ERR_INVALID ? sqlnewer_find(text) : NULL;

    if (err->code == ERR_LIMIT)
        (void)sqllint_add(r, SQLLINT_RUN015, 0, "%s: not checked", err->msg);
    else if (newer && r->server && r->server < newer->server) {
        (void)sqllint_add(r, SQLLINT_RUN015, at, "%s needs server %d; this one is %d", newer->what,
                          newer->server, r->server);
        sqllint_severity(r, SQLLINT_RUN015, SQLLINT_ERROR);
    } else if (newer)
        (void)sqllint_add(r, SQLLINT_RUN015, at,
                          "not parsed by the PostgreSQL 15 grammar (%s): not checked; %s needs "
                          "server %d or newer",
                          err->msg, newer->what, newer->server);
    else
        (void)sqllint_add(r, SQLLINT_RUN015, at,
                          "not parsed by the PostgreSQL 15 grammar (%s): not checked", err->msg);
}

static const struct sqllint_check *const lint_tables[] = {sqllint_checks_alter, sqllint_checks_make,
                                                          sqllint_checks_drop, sqllint_checks_rows,
                                                          sqllint_checks_run};

static void lint_dispatch(struct sqllint_run *r)
{
    for (size_t i = 0; i < ARRAY_LEN(lint_tables); i++)
        for (const struct sqllint_check *c = lint_tables[i]; c->kind; c++)
            if (strcmp(c->kind, r->tree->kind) == 0) {
                c->check(r, r->tree->body);
                return;
            }
}

static bool lint_is_of_15(const char *kind, const json_t *body, void *arg)
{
    const char **what = arg;

    if (strcmp(kind, "MergeStmt") == 0)
        *what = "MERGE";
    else if (sqltree_flag(body, "nulls_not_distinct"))
        *what = "NULLS NOT DISTINCT";
    return *what != NULL;
}

/* What 15 brought is in the grammar; 14 refuses it. */
static void lint_older(struct sqllint_run *r)
{
    const char *what = NULL;

    if (!r->server || r->server >= 15 || !sqltree_find(r->tree->root, lint_is_of_15, &what))
        return;
    (void)sqllint_add(r, SQLLINT_RUN015, 0, "%s needs server 15; this one is %d", what, r->server);
    sqllint_severity(r, SQLLINT_RUN015, SQLLINT_ERROR);
}

void sqllint_judge(struct sqllint_run *r)
{
    lint_older(r);
    if (r->part->kind != MIGRATION_DOWN) /* what was dropped is not known */
        sqllint_there(r);
    lint_dispatch(r);
    sqllint_there_sizes(r);
}

static bool lint_is_applied(const struct migration_part *p)
{
    return p->kind == MIGRATION_UP || p->kind == MIGRATION_BACKFILL;
}

static bool lint_is_judged(const struct migration_part *p)
{
    return lint_is_applied(p) || p->kind == MIGRATION_DOWN;
}

void sqllint_begin_statement(struct sqllint_run *r, const struct migration_stmt *s)
{
    r->stmt = s;
    r->number++;
    r->end_line = s->line;
    for (size_t i = 0; i < s->text.n; i++)
        r->end_line += s->text.p[i] == '\n';
    memset(r->said, 0, sizeof(r->said));
    r->first_finding = r->l->findings.n;
    r->grade = SQLLINT_A;
    r->works = false;
    if (!r->plain && !r->part->tx) {
        r->tx++;
        r->tx_known = r->known.n;
    }
}

static bool lint_is_masked(const struct sqllint_run *r)
{
    for (size_t i = 0; i < r->masked.n; i++)
        if (r->masked.v[i] >= r->stmt->line && r->masked.v[i] <= r->end_line)
            return true;
    return false;
}

void sqllint_end_statement(struct sqllint_run *r, bool applied)
{
    for (size_t i = r->first_finding; i < r->l->findings.n; i++)
        r->l->findings.v[i].grade = r->grade;
    if (applied && r->grade > r->l->grade)
        r->l->grade = r->grade;
    r->l->n_statements++;
    r->last_line = r->end_line;
    r->tree = NULL;
}

/* RUN010 looks for a value that was added to its type in each string of what follows. */
static bool lint_needs_strings(const struct sqllint_run *r)
{
    for (size_t i = 0; i < r->known.n; i++)
        if (r->known.v[i].fact == FACT_VALUE)
            return true;
    return false;
}

/*
 * In a document a SELECT is only judged by what statements before it did in their transaction: of most nothing is known,
 * and its tree is not looked at.
 */
static enum err_code lint_tree(const struct sqllint_run *r, struct sv text, struct sqltree *ret,
                               size_t *at, struct err *err)
{
    if (r->document && !r->known.n && !r->pending.n && !r->catalog)
        return sqltree_parse_but_select(text, ret, at, err);
    return lint_needs_strings(r) ? sqltree_parse(text, ret, at, err)
                                 : sqltree_parse_but_rows(text, ret, at, err);
}

static void lint_statement(struct sqllint_run *r, const struct migration_stmt *s)
{
    CLEANUP(sqltree_release) struct sqltree tree = {.kind = ""};
    struct err err;
    size_t at;

    sqllint_begin_statement(r, s);
    if (lint_is_masked(r)) {
        ; /* RUN014 speaks of it */
    } else if (lint_tree(r, s->text, &tree, &at, &err) != ERR_OK) {
        lint_unparsed(r, s->text, at, &err);
        r->unseen = true;
    } else if (tree.root) {
        r->tree = &tree;
        if (r->part->kind == MIGRATION_CHECK)
            sqllint_counted(r, &tree);
        if (lint_is_judged(r->part))
            sqllint_judge(r);
    }
    sqllint_check_run(r, s->text);
    sqllint_end_statement(r, lint_is_applied(r->part));
}

/* What is said of a part, at its marker. */
static void lint_at_part(struct sqllint_run *r, const struct migration_part *p, enum sqllint_id id,
                         const char *what)
{
    const struct migration_stmt at = {.line = p->line, .column = 1};

    r->part = p;
    sqllint_begin_statement(r, &at);
    (void)sqllint_add(r, id, 0, "%s", what);
}

/* Said once, so that "no warnings" is not taken for "checked". */
static void lint_other_database(struct sqllint_run *r, const struct migration_part *p)
{
    if (r->said_other)
        return;
    r->said_other = true;
    lint_at_part(r, p, SQLLINT_RUN015, "the part is for PostgreSQL only: not checked");
    sqllint_severity(r, SQLLINT_RUN015, SQLLINT_NOTE);
}

static void lint_lite(struct sqllint_run *r, const struct migration_part *p)
{
    enum db_kind db = r->db;

    r->db = DB_SQLITE;
    sqllint_lite_part(r, p);
    r->db = db;
}

static void lint_statements(struct sqllint_run *r, const struct migration_part *p)
{
    r->part = p;
    r->tx++;
    r->tx_known = r->known.n;
    r->in_tx = !r->plain && p->tx;
    r->said_two = r->said_transaction = false;
    for (size_t i = 0; i < p->n_stmts; i++)
        lint_statement(r, &p->stmts[i]);
}

static void lint_part(struct sqllint_run *r, const struct migration_part *p)
{
    r->part = p;
    if (lint_part_db(r, p) == DB_SQLITE) {
        if (!(p->dbs & MIGRATION_DB(DB_SQLITE)))
            lint_other_database(r, p);
        else if (p->kind != MIGRATION_DOWN)
            lint_lite(r, p);
    } else if (p->kind != MIGRATION_DOWN) {
        lint_statements(r, p);
    }
}

/* --- a file --- */

static void lint_read_ignores(struct sqllint_run *r, const struct sqltext *t)
{
    struct sqllex lex = {.text = t->text, .db = r->db};
    struct sqllex_token tok;

    if (!sv_has(t->text, SV("prusik:ignore")))
        return;
    while (sqllex_next(&lex, &tok)) {
        struct sv rest = sv_trim(sv_sub(tok.text, 2, tok.text.n)), reason;

        if (tok.kind != SQLLEX_LINE_COMMENT || !sv_eat(&rest, SV("prusik:ignore")) ||
            r->ignores.n >= LINT_FINDINGS)
            continue;
        reason = sv_sub(rest, sv_find(rest, SV("reason="), 0), rest.n);
        (void)sv_eat(&reason, SV("reason="));
        rest = sv_trim(rest);
        *vec_add(&r->ignores) = (struct sqllint_ignore){
            .line = sqltext_line(t, tok.at),
            .ids = sv_sub(rest, 0, size_min(sv_find_byte(rest, ' ', 0), rest.n)),
            .reason = reason.n > 0 && !sv_is(reason, "\"\"")};
    }
}

/* RUN016: at the first part that is applied. */
static void lint_way_back(struct sqllint_run *r, const struct migration *m)
{
    const struct migration_part *up = NULL;

    if (r->plain || m->has_down || m->format != &format_prusik || m->repeatable)
        return;
    for (size_t i = 0; i < m->n_parts && !up; i++)
        if (lint_is_applied(&m->parts[i]) &&
            (m->parts[i].dbs & MIGRATION_DB(lint_part_db(r, &m->parts[i]))))
            up = &m->parts[i];
    r->last_line = 0;
    if (up)
        lint_at_part(r, up, SQLLINT_RUN016, "no `-- prusik:down` in the file");
}

static bool lint_is_lite_down(const struct sqllint_run *r, const struct migration_part *p)
{
    return p->kind == MIGRATION_DOWN && lint_part_db(r, p) == DB_SQLITE;
}

/* Does a rollback undo it, and is it the same in a transaction of ours? */
static bool lint_is_undone(const struct sqllint_run *r, const struct migration_part *p)
{
    for (size_t i = 0; i < p->n_stmts; i++)
        if (sqlkind_of(p->stmts[i].text, DB_SQLITE) != SQLKIND_PLAIN)
            return false;
    return p->tx && !r->plain;
}

/* What undoes one part comes in reverse. */
static void lint_lite_back(struct sqllint_run *r, const struct migration *m, bool reverse)
{
    for (size_t k = 0; k < m->n_parts; k++) {
        const struct migration_part *p = &m->parts[reverse ? m->n_parts - 1 - k : k];

        if (lint_is_lite_down(r, p) && (p->dbs & MIGRATION_DB(DB_SQLITE)))
            lint_lite(r, p);
    }
}

/* PostgreSQL: the way back is read behind all of the way forth. */
static void lint_downs(struct sqllint_run *r, const struct migration *m)
{
    for (size_t i = 0; i < m->n_parts; i++) {
        const struct migration_part *p = &m->parts[i];

        if (p->kind != MIGRATION_DOWN || lint_part_db(r, p) != DB_POSTGRES)
            continue;
        r->last_line = p->line; /* an ignore stands behind its marker */
        lint_statements(r, p);
    }
}

/* SQLite: the way back is tried on what is there afterwards, of which nothing stays: in a transaction; on a copy where there
 * are settings, which no transaction undoes, or temporary tables, which another session does not have. */
static void lint_lite_downs(struct sqllint_run *r, const struct migration *m)
{
    struct sqlscratch *before = r->scratch;
    bool named = false, any = false, undone = !sqlscratch_is_temporary(before);

    for (size_t i = 0; i < m->n_parts; i++)
        if (lint_is_lite_down(r, &m->parts[i]) && m->parts[i].n_stmts) {
            any = true;
            named = named || m->parts[i].name.n;
            undone = undone && lint_is_undone(r, &m->parts[i]);
        }
    if (!any)
        return;
    r->trial = undone;
    if (undone) {
        sqlscratch_try(before);
        lint_lite_back(r, m, named);
        sqlscratch_undo(before);
    } else {
        r->scratch = sqlscratch_copy(before);
        sqlscratch_begin(r->scratch);
        lint_lite_back(r, m, named);
        sqlscratch_free(r->scratch);
    }
    r->trial = false;
    r->scratch = before;
}

static bool lint_is_for_lite(const struct sqllint_run *r, const struct migration *m)
{
    for (size_t i = 0; i < m->n_parts; i++)
        if (lint_part_db(r, &m->parts[i]) == DB_SQLITE)
            return true;
    return false;
}

static void lint_forget(struct sqllint_run *r)
{
    vec_release(&r->known);
    map_release(&r->newest);
    r->tx_known = 0;
}

static void lint_migration(struct sqllint_run *r, const struct migration *m)
{
    bool lite = lint_is_for_lite(r, m), own = lite && !r->scratch;
    struct err err;

    if (own && sqlscratch_open(NULL, &r->scratch, &err) != ERR_OK)
        abort(); /* in memory: it is memory that is missing */
    if (lite)
        sqlscratch_begin(r->scratch);
    for (size_t i = 0; i < m->n_parts; i++)
        lint_part(r, &m->parts[i]);
    if (lite)
        lint_lite_downs(r, m);
    sqllint_there_end(
        r); /* what this one makes is there for those behind it, and its way back is not taken */
    lint_downs(r, m);
    lint_forget(r);
    lint_way_back(r, m);
    if (own) {
        sqlscratch_free(r->scratch);
        r->scratch = NULL;
    }
}

/* The number at the front of "12:..." is cut off. */
static bool lint_eat_number(struct sv *s, size_t *ret)
{
    size_t colon = sv_find_byte(*s, ':', 0);
    uint64_t n;

    if (colon == SV_NPOS || !sv_to_u64(sv_sub(*s, 0, colon), &n))
        return false;
    *ret = (size_t)n;
    *s = sv_sub(*s, colon + 1, s->n);
    return true;
}

/* A fault of the file: "PATH:LINE:COLUMN: MESSAGE", or "PATH: MESSAGE". */
static struct sv lint_fault_place(struct sv path, const char *text, size_t *line, size_t *column)
{
    struct sv s = sv_from(text);

    *line = *column = 1;
    if (!sv_eat(&s, path) || !sv_eat(&s, SV(":")))
        return sv_from(text);
    if (lint_eat_number(&s, line))
        (void)lint_eat_number(&s, column); /* 1 when there is none */
    return sv_trim(s);
}

static void lint_fault(struct sqllint_run *r, enum sqllint_id id, struct sv path,
                       const struct err *err)
{
    size_t line, column;
    struct sv text = lint_fault_place(path, err->msg, &line, &column);
    struct sqllint_finding *f = lint_put(r, id, arena_sv(&r->l->arena, text));

    f->severity = SQLLINT_ERROR;
    f->line = f->end_line = line;
    f->column = column;
}

static bool lint_at_line(struct sv text, size_t line, size_t *ret)
{
    size_t at = 0;

    for (size_t i = 1; i < line; i++) {
        at = sv_find_byte(text, '\n', at);
        if (at == SV_NPOS)
            return false;
        at++;
    }
    *ret = at;
    return true;
}

/* Blanks instead of what only psql understands, so that the rest is read: a command to its line end, the data of a
 * COPY to its end, a colon. */
static bool lint_mask(char *text, size_t n, size_t line, size_t column)
{
    struct sv s = {text, n};
    size_t from, to;
    bool command;

    if (!lint_at_line(s, line, &from))
        return false;
    from += column - 1;
    if (from >= n)
        return false;
    if (text[from] == ':') {
        text[from] = ' ';
        return true;
    }
    command = text[from] == '\\';
    to = sv_find(s, command ? SV("\n") : SV("\n\\."), from);
    to = to == SV_NPOS ? n : command ? to : to + 3;
    for (size_t i = from, semicolons = 0; i < to; i++)
        if (text[i] != '\n' && (text[i] != ';' || command || semicolons++ > 0))
            text[i] = ' ';
    return true;
}

/* The file in its tool's format; without any, one part of the whole text. */
static enum err_code lint_read_as(enum db_kind db, const struct format *f, const struct sqltext *t,
                                  struct migrations *ret, struct err *err)
{
    struct format_file file = {.text = *t, .bytes = t->text, .db = db};
    struct migration_part *p;
    bool needs = true;

    if (f)
        return format_read(f, t->path, t->text, db, ret, err);
    (void)format_add(&format_plain, &file, ret);
    p = format_add_part(ret, MIGRATION_UP, true);
    if (format_add_text(&file, 0, t->text.n, ret, err) != ERR_OK)
        return err->code;
    for (size_t i = 0; i < p->n_stmts; i++)
        needs = needs && sqlkind_needs_none(sqlkind_of(p->stmts[i].text, db));
    p->tx = !p->n_stmts || !needs;
    return ERR_OK;
}

/* The tool whose mark stands in the text; a name that its files do not have is replaced, as it says nothing of the
 * SQL. */
static const struct format *lint_format(struct sv text, struct arena *a, struct sv *path)
{
    struct format_name name;
    struct err err;

    for (size_t i = 0; i < n_formats; i++) {
        const struct format *f = format_table[i];

        if (!f->is || !f->read || !f->is(text))
            continue;
        if (format_name(f, *path, a, &name, &err) == ERR_OK)
            return f;
        if (format_name(f, SV("1_x.sql"), a, &name, &err) == ERR_OK) {
            *path = SV("1_x.sql");
            return f;
        }
    }
    return NULL;
}

static void lint_read(struct sqllint_run *r, const struct format *f, const struct sqltext *t,
                      struct migrations *ret)
{
    char *text = arena_strdup(&r->l->arena, t->text);
    struct err err = {0};

    for (size_t i = 0; i < LINT_MASKS; i++) {
        const struct sqltext masked = {.path = t->path, .text = {text, t->text.n}};
        size_t line, column;

        if (lint_read_as(r->db, f, &masked, ret, &err) == ERR_OK)
            return;
        migrations_release(ret);
        *ret = (struct migrations){0};
        if (!strstr(err.msg, "(FMT014)")) {
            lint_fault(r, SQLLINT_RUN015, t->path, &err);
            return;
        }
        lint_fault(r, SQLLINT_RUN014, t->path, &err);
        (void)lint_fault_place(t->path, err.msg, &line, &column);
        if (!lint_mask(text, t->text.n, line, column))
            break;
        *vec_add(&r->masked) = line;
    }
    (void)err_set(&err, ERR_LIMIT,
                  "too much that only psql understands: no statement of the file is checked");
    lint_fault(r, SQLLINT_RUN015, t->path, &err);
}

static void lint_end(struct sqllint_run *r)
{
    lint_settle_pending(r);
    if (r->l->findings.n)
        qsort(r->l->findings.v, r->l->findings.n, sizeof(*r->l->findings.v), lint_cmp);
    vec_release(&r->known);
    map_release(&r->newest);
    vec_release(&r->pending);
    vec_release(&r->ignores);
    vec_release(&r->masked);
    vec_release(&r->failed);
}

static void lint_all(struct sqllint_run *r, struct sqltext *t, enum sqllint_for who)
{
    CLEANUP(migrations_release) struct migrations read = {0};
    const struct format *f = r->document ? NULL : lint_format(t->text, &r->l->arena, &t->path);

    r->marked = f == &format_prusik;
    r->unlimited = f == &format_alembic_sql && who == SQLLINT_FOR_FILE; /* Alembic runs it */
    r->plain = who == SQLLINT_FOR_PLAIN || (who == SQLLINT_FOR_FILE && !f);
    lint_read_ignores(r, t);
    lint_read(r, f, t, &read);
    for (size_t i = 0; i < read.v.n; i++)
        lint_migration(r, &read.v.v[i]);
}

void sqllint_file(struct sv path, struct sv bytes, const struct sqllint_ask *ask,
                  struct sqllint *ret)
{
    struct sqllint_run r = {.l = ret,
                            .db = ask->db,
                            .server = ask->server,
                            .catalog = ask->catalog,
                            .scratch = ask->scratch};
    struct sqltext t;
    struct err err = {0};

    *ret = (struct sqllint){0};
    if (sqltext_read(path, bytes, &ret->arena, &t, &err) != ERR_OK)
        lint_fault(&r, SQLLINT_RUN015, path, &err);
    else
        lint_all(&r, &t, ask->who);
    lint_end(&r);
}

void sqllint_text(struct sv text, size_t first_line, enum db_kind db, struct sqllint *ret)
{
    struct sqllint_run r = {.l = ret, .db = db, .document = true};
    struct sqltext t = {.path = SV("block"), .text = text};

    *ret = (struct sqllint){0};
    lint_all(&r, &t, SQLLINT_FOR_PLAIN);
    lint_end(&r);
    for (size_t i = 0; i < ret->findings.n; i++) {
        ret->findings.v[i].line += first_line - 1;
        ret->findings.v[i].end_line += first_line - 1;
    }
}

void sqllint_release(struct sqllint *l)
{
    vec_release(&l->findings);
    arena_release(&l->arena);
    *l = (struct sqllint){0};
}
