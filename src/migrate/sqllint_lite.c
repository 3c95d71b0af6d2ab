/*
 * Parts for SQLite: each statement is run on a scratch database (sqlscratch.h), then judged by what SQLite said and did.
 *
 * What SQLite cannot say, as whether a table that goes comes back later in the part, is seen from the words of the
 * statements, whose grammar is small; what UPDATE, DELETE and INSERT do to rows is judged by the rules of rows (sqllint_rows.c)
 * where the statement is also one of PostgreSQL's grammar.
 */
#include <sqlite3.h>
#include <string.h>

#include "base/sv.h"
#include "migrate/sqlkind.h"
#include "migrate/sqllex.h"
#include "migrate/sqllint_int.h"

enum lite_kind {
    LITE_OTHER,
    LITE_CREATE_TABLE,
    LITE_CREATE_OTHER,
    LITE_DROP_TABLE,
    LITE_DROP_OTHER,
    LITE_RENAME_TABLE,
    LITE_RENAME_COLUMN,
    LITE_ADD_COLUMN,
    LITE_DROP_COLUMN,
    LITE_ALTER_OTHER,
    LITE_PRAGMA,
    LITE_VACUUM,
    LITE_ROWS,
};

struct lite_stmt {
    enum lite_kind kind;
    struct sv table, name; /* name: of the column, the new name, the object */
    struct sv objects; /* indexes and triggers of a table that goes and comes back by a rename */
    struct sqlscratch_result res;
};

struct lite_part {
    struct sqllint_run *r;
    const struct migration_part *part;
    struct lite_stmt *stmts;
    bool applied;
};

/* --- the words of a statement --- */

struct lite_words {
    struct sqllex lex;
    struct sqllex_token t;
    bool more;
};

static void lite_next(struct lite_words *w)
{
    w->more = sqllex_next_word(&w->lex, &w->t);
}

static bool lite_is(const struct lite_words *w, const char *word)
{
    return w->more && sqllex_is(&w->t, word);
}

static bool lite_eat(struct lite_words *w, const char *word)
{
    bool is = lite_is(w, word);

    if (is)
        lite_next(w);
    return is;
}

static struct sv lite_plain(const struct sqllex_token *t, struct arena *a)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    struct sv ret;

    sqllex_plain(t, &b);
    ret = strbuf_sv(&b);
    for (size_t i = 0; i < b.n; i++) /* names are the same in any case */
        b.p[i] = ascii_lower(b.p[i]);
    return arena_sv(a, ret);
}

/* A name, without the schema before it. */
static struct sv lite_name(struct lite_words *w, struct arena *a)
{
    struct sv ret = {NULL, 0};

    if (!w->more)
        return ret;
    ret = lite_plain(&w->t, a);
    lite_next(w);
    if (!w->more || !sv_is(w->t.text, "."))
        return ret;
    lite_next(w);
    return lite_name(w, a);
}

static void lite_read_alter(struct lite_words *w, struct arena *a, struct lite_stmt *s)
{
    static const char *const others[] = {"CONSTRAINT", "CHECK", "UNIQUE", "FOREIGN", "PRIMARY"};

    s->kind = LITE_ALTER_OTHER;
    s->table = lite_name(w, a);
    if (lite_eat(w, "RENAME")) {
        s->kind = lite_eat(w, "TO") ? LITE_RENAME_TABLE : LITE_RENAME_COLUMN;
        if (s->kind == LITE_RENAME_COLUMN)
            (void)lite_eat(w, "COLUMN"); /* the word may be left out */
        s->name = lite_name(w, a);
        return;
    }
    if (!lite_is(w, "ADD") && !lite_is(w, "DROP"))
        return;
    s->kind = lite_is(w, "ADD") ? LITE_ADD_COLUMN : LITE_DROP_COLUMN;
    lite_next(w);
    if (!lite_eat(w, "COLUMN"))
        for (size_t i = 0; i < ARRAY_LEN(others); i++)
            if (lite_is(w, others[i]))
                s->kind = LITE_ALTER_OTHER;
    s->name = lite_name(w, a);
}

/* CREATE [TEMP] [UNIQUE] TABLE|INDEX|VIEW|TRIGGER [IF NOT EXISTS] name, DROP TABLE ... [IF EXISTS] name */
static void lite_read_object(struct lite_words *w, struct arena *a, bool create,
                             struct lite_stmt *s)
{
    bool table;

    while (lite_is(w, "TEMP") || lite_is(w, "TEMPORARY") || lite_is(w, "UNIQUE") ||
           lite_is(w, "VIRTUAL"))
        lite_next(w);
    table = lite_is(w, "TABLE");
    if (create)
        s->kind = table ? LITE_CREATE_TABLE : LITE_CREATE_OTHER;
    else
        s->kind = table ? LITE_DROP_TABLE : LITE_DROP_OTHER;
    /* an index may go: nothing reads it by its name */
    if (!create && lite_is(w, "INDEX"))
        s->kind = LITE_OTHER;
    lite_next(w);
    while (lite_is(w, "IF") || lite_is(w, "NOT") || lite_is(w, "EXISTS"))
        lite_next(w);
    s->name = lite_name(w, a);
    s->table = table ? s->name : (struct sv){NULL, 0};
}

static void lite_read_pragma(struct lite_words *w, struct arena *a, struct lite_stmt *s)
{
    s->kind = LITE_PRAGMA;
    s->name = lite_name(w, a);
    if (!w->more) /* it asks only */
        s->kind = LITE_OTHER;
}

static void lite_read(struct sv text, struct arena *a, struct lite_stmt *ret)
{
    static const char *const rows[] = {"UPDATE", "DELETE", "INSERT", "REPLACE", "SELECT", "WITH"};
    struct lite_words w = {.lex = {.text = text, .db = DB_SQLITE}};

    lite_next(&w);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (lite_is(&w, rows[i]))
            ret->kind = LITE_ROWS;
    if (lite_is(&w, "VACUUM"))
        ret->kind = LITE_VACUUM;
    else if (lite_eat(&w, "PRAGMA"))
        lite_read_pragma(&w, a, ret);
    else if (lite_eat(&w, "CREATE"))
        lite_read_object(&w, a, true, ret);
    else if (lite_eat(&w, "DROP"))
        lite_read_object(&w, a, false, ret);
    else if (lite_eat(&w, "ALTER") && lite_eat(&w, "TABLE"))
        lite_read_alter(&w, a, ret);
}

/* --- what comes later in the part --- */

static bool lite_makes(const struct lite_stmt *s, struct sv name, bool renamed_only)
{
    if (s->kind == LITE_RENAME_TABLE)
        return sv_eq(s->name, name);
    return !renamed_only && (s->kind == LITE_CREATE_TABLE || s->kind == LITE_CREATE_OTHER) &&
           sv_eq(s->name, name);
}

static bool lite_made_later(const struct lite_part *p, size_t i, struct sv name, bool renamed_only)
{
    for (size_t k = i + 1; k < p->part->n_stmts; k++)
        if (lite_makes(&p->stmts[k], name, renamed_only))
            return true;
    return false;
}

/* Were the rows of the table read by an INSERT before it goes? */
static bool lite_was_copied(const struct lite_part *p, size_t i, struct sv table)
{
    CLEANUP(strbuf_release) struct strbuf key = STRBUF(0);

    strbuf_addf(&key, ",%.*s,", SV_FMT(table));
    for (size_t k = 0; k < i; k++)
        if (p->stmts[k].kind == LITE_ROWS && sv_has(p->stmts[k].res.reads, strbuf_sv(&key)))
            return true;
    return false;
}

/* --- what failed --- */

static const struct {
    const char *message;
    enum lite_kind kind; /* LITE_OTHER: any */
    enum sqllint_id id;
} lite_messages[] = {
    {"Cannot add a NOT NULL column", LITE_ADD_COLUMN, SQLLINT_SQL001},
    {"Cannot add a UNIQUE column", LITE_ADD_COLUMN, SQLLINT_SQL002},
    {"Cannot add a PRIMARY KEY column", LITE_ADD_COLUMN, SQLLINT_SQL002},
    {"Cannot add a column with non-constant default", LITE_ADD_COLUMN, SQLLINT_SQL003},
    {"Cannot add a REFERENCES column", LITE_ADD_COLUMN, SQLLINT_SQL003},
    {"cannot add a STORED column", LITE_ADD_COLUMN, SQLLINT_SQL003},
    {"CHECK constraint failed", LITE_ADD_COLUMN, SQLLINT_SQL003},
    {"NOT NULL constraint failed", LITE_ADD_COLUMN, SQLLINT_SQL003},
    {"error in ", LITE_DROP_COLUMN, SQLLINT_SQL005},
    {"error in ", LITE_RENAME_COLUMN, SQLLINT_SQL005},
    {"error in ", LITE_RENAME_TABLE, SQLLINT_SQL005},
    {"cannot drop ", LITE_DROP_COLUMN, SQLLINT_SQL005},
    {"FOREIGN KEY constraint failed", LITE_DROP_TABLE, SQLLINT_SQL009},
    {"near ", LITE_ALTER_OTHER, SQLLINT_SQL004},
};

/* PostgreSQL would take it: its syntax, or one of its functions. */
static bool lite_is_postgres(struct sv text, struct sv message)
{
    CLEANUP(sqltree_release) struct sqltree tree = {.kind = ""};
    struct err err;
    size_t at;

    if (sv_eat(&message, SV("no such function: ")))
        return sqllint_is_function(message);
    return (sv_starts(message, SV("near ")) || sv_starts(message, SV("unrecognized token"))) &&
           sqltree_parse(text, &tree, &at, &err) == ERR_OK;
}

static enum sqllint_id lite_failed_id(const struct lite_stmt *s, struct sv text)
{
    for (size_t i = 0; i < ARRAY_LEN(lite_messages); i++)
        if (sv_starts(s->res.message, sv_from(lite_messages[i].message)) &&
            lite_messages[i].kind == s->kind)
            return lite_messages[i].id;
    return lite_is_postgres(text, s->res.message) ? SQLLINT_SQL011 : SQLLINT_SQL000;
}

/* What is missing was to be made by a statement that failed: one mistake is told once. */
static bool lite_follows(const struct lite_part *p, struct sv message)
{
    size_t colon = sv_find(message, SV(": "), 0), dot;
    struct sv name = sv_sub(message, colon == SV_NPOS ? message.n : colon + 2, message.n);

    dot = sv_find_byte(name, '.', 0);
    if (dot != SV_NPOS)
        name = sv_sub(name, dot + 1, name.n);
    if (name.n > 1 && name.p[0] == '"')
        name = sv_sub(name, 1, name.n - 1);
    if (!sv_starts(message, SV("no such ")) || !name.n)
        return false;
    for (size_t i = 0; i < p->r->failed.n; i++)
        if (sv_has(p->r->failed.v[i], name))
            return true;
    return false;
}

/* Why it is not known whether it fails; NULL: it is. */
static const char *lite_is_unsure(const struct lite_part *p, const struct lite_stmt *s)
{
    static const char *const of_program[] = {"no such module", "no such collation",
                                             "no such tokenizer"};
    static const char *const unknown[] = {"no such table", "no such column", "table ",
                                          "datatype mismatch"};

    if (s->res.skipped)
        return "it reaches outside of the database";
    if (s->res.cut)
        return "it takes longer than is waited for here";
    for (size_t i = 0; i < ARRAY_LEN(of_program); i++)
        if (sv_starts(s->res.message, sv_from(of_program[i])))
            return "a program may bring it";
    for (size_t i = 0; sqlscratch_assumes(p->r->scratch) && i < ARRAY_LEN(unknown); i++)
        if (sv_starts(s->res.message, sv_from(unknown[i])))
            return "the database is not known here; name it with --db";
    return NULL;
}

/* Rows decide, and there are none of a database. */
static bool lite_is_of_rows(const struct lite_part *p, const struct lite_stmt *s)
{
    return !sqlscratch_has_rows(p->r->scratch) && s->kind != LITE_ADD_COLUMN &&
           s->kind != LITE_DROP_TABLE && sv_has(s->res.message, SV("constraint failed"));
}

/* An index, view or trigger that is taken to be there. */
static bool lite_is_assumed(const struct lite_part *p, const struct lite_stmt *s)
{
    static const char *const there[] = {"no such index", "no such view", "no such trigger"};

    for (size_t i = 0; sqlscratch_assumes(p->r->scratch) && i < ARRAY_LEN(there); i++)
        if (sv_starts(s->res.message, sv_from(there[i])))
            return true;
    return false;
}

static void lite_failed(const struct lite_part *p, const struct lite_stmt *s)
{
    struct sqllint_run *r = p->r;
    const char *why = lite_is_unsure(p, s);

    if (lite_is_of_rows(p, s) || lite_is_assumed(p, s) || lite_follows(p, s->res.message))
        return;
    if (why) {
        (void)sqllint_add(r, SQLLINT_SQL000, s->res.at, "not checked: %.*s: %s",
                          SV_FMT(s->res.message), why);
        sqllint_severity(r, SQLLINT_SQL000, SQLLINT_NOTE);
        return;
    }
    *vec_add(&r->failed) = arena_sv(&r->l->arena, r->stmt->text);
    (void)sqllint_add(r, lite_failed_id(s, r->stmt->text), s->res.at, "%.*s",
                      SV_FMT(s->res.message));
}

/* --- settings --- */

static void lite_pragma(struct sqllint_run *r, const struct lite_stmt *s)
{
    static const char *const files[] = {"journal_mode", "page_size", "auto_vacuum"};

    if (!s->res.in_tx)
        return;
    if (sv_is(s->name, "foreign_keys"))
        (void)sqllint_add(r, SQLLINT_SQL006, 0,
                          "foreign_keys stays as it was: a transaction is open");
    for (size_t i = 0; i < ARRAY_LEN(files); i++)
        if (sv_is(s->name, files[i]))
            (void)sqllint_add(r, SQLLINT_SQL010, 0, "%s cannot be changed in a transaction",
                              files[i]);
}

/* --- definitions --- */

static void lite_drop_table(const struct lite_part *p, size_t i)
{
    const struct lite_stmt *s = &p->stmts[i];
    struct sqllint_run *r = p->r;

    if (s->res.child.n && s->res.foreign_keys)
        (void)sqllint_add(r, SQLLINT_SQL009, 0, "%.*s refers to %.*s: its rows go too, or stop it",
                          SV_FMT(s->res.child), SV_FMT(s->table));
    if (!sqllint_is_live(r, s->table))
        return;
    if (!lite_made_later(p, i, s->table, false))
        (void)sqllint_add(r, SQLLINT_RUN102, 0, "programs that read %.*s fail", SV_FMT(s->table));
    if (lite_made_later(p, i, s->table, true) && lite_was_copied(p, i, s->table))
        return;
    sqllint_grade(r, SQLLINT_D);
    (void)sqllint_add(r, SQLLINT_DATA007, 0, "what is in %.*s is gone", SV_FMT(s->table));
}

/* Indexes and triggers that went with the table and are not there when the part is done. */
static void lite_lost(const struct lite_part *p, size_t i)
{
    const struct lite_stmt *s = &p->stmts[i];
    struct sv rest = s->objects, line;

    while (sv_next_line(&rest, &line)) {
        const char *type = sv_starts(line, SV("index ")) ? "index" : "trigger";
        struct sv name = sv_sub(line, strlen(type) + 1, line.n);

        if (!sqlscratch_has(p->r->scratch, type, name))
            (void)sqllint_add(p->r, SQLLINT_SQL008, 0,
                              "%s %.*s goes with the table, and is not made again", type,
                              SV_FMT(name));
    }
}

static void lite_rename_table(const struct lite_part *p, size_t i)
{
    const struct lite_stmt *s = &p->stmts[i];
    struct sqllint_run *r = p->r;
    bool made = lite_made_later(p, i, s->table, false);

    if (made && s->res.child.n && s->res.follows.n)
        (void)sqllint_add(r, SQLLINT_SQL007, 0,
                          "%.*s refers to %.*s from now on, not to the new %.*s",
                          SV_FMT(s->res.follows), SV_FMT(s->name), SV_FMT(s->table));
    if (!sqllint_is_live(r, s->table)) { /* what was copied into it is the table by now */
        if (sqllint_find(r, FACT_FILLED, s->table))
            (void)sqllint_know(r, FACT_LIVE, s->name);
        else
            (void)sqllint_know(r, FACT_TABLE, s->name);
        return;
    }
    if (!made)
        (void)sqllint_add(r, SQLLINT_RUN105, 0, "queries of %.*s fail", SV_FMT(s->table));
}

static struct sv lite_member(struct sqllint_run *r, const struct lite_stmt *s)
{
    return arena_fmt(&r->l->arena, "%.*s.%.*s", SV_FMT(s->table), SV_FMT(s->name));
}

static bool lite_is_old_column(struct sqllint_run *r, const struct lite_stmt *s)
{
    return sqllint_is_live(r, s->table) && !sqllint_find(r, FACT_COLUMN, lite_member(r, s));
}

static void lite_drop_column(struct sqllint_run *r, const struct lite_stmt *s)
{
    if (!lite_is_old_column(r, s))
        return;
    sqllint_grade(r, SQLLINT_D);
    (void)sqllint_add(r, SQLLINT_RUN101, 0, "programs that read %.*s of %.*s fail", SV_FMT(s->name),
                      SV_FMT(s->table));
    (void)sqllint_add(r, SQLLINT_DATA007, 0, "the values of %.*s of %.*s are gone", SV_FMT(s->name),
                      SV_FMT(s->table));
}

static void lite_drop_other(const struct lite_part *p, size_t i)
{
    const struct lite_stmt *s = &p->stmts[i];
    struct sqllint_run *r = p->r;

    if (sqllint_find(r, FACT_OBJECT, s->name) || lite_made_later(p, i, s->name, false))
        return;
    sqllint_grade(r, SQLLINT_B);
    (void)sqllint_add(r, SQLLINT_RUN114, 0, "what still uses %.*s fails", SV_FMT(s->name));
}

/* --- rows --- */

/* The statement as PostgreSQL writes it: names in double quotes and small letters, no OR IGNORE, INSERT for REPLACE. */
static void lite_translate(struct sv text, struct arena *a, struct strbuf *out)
{
    struct sqllex lex = {.text = text, .db = DB_SQLITE};
    struct sqllex_token t;
    bool verb = false, skip = false;

    while (sqllex_next(&lex, &t)) {
        bool first = out->n == 0;

        if (sqllex_is_blank(&t)) {
            strbuf_add_byte(out, ' ');
            continue;
        }
        if (skip || (verb && sqllex_is(&t, "OR"))) {
            skip = !skip; /* the word behind it, too */
            continue;
        }
        verb = sqllex_is(&t, "INSERT") || sqllex_is(&t, "UPDATE");
        if (t.kind == SQLLEX_NAME)
            db_quote_name(out, lite_plain(&t, a));
        else
            strbuf_add_sv(out, first && sqllex_is(&t, "REPLACE") ? SV("INSERT") : t.text);
    }
}

static void lite_rows(struct sqllint_run *r)
{
    CLEANUP(sqltree_release) struct sqltree tree = {.kind = ""};
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(SQLTREE_BYTES);
    struct err err;
    size_t at;

    lite_translate(r->stmt->text, &r->l->arena, &sql);
    if (sql.overflow || sqltree_parse_but_rows(strbuf_sv(&sql), &tree, &at, &err) != ERR_OK)
        return; /* SQLite has read it; what it does to rows is not judged */
    r->tree = &tree;
    for (const struct sqllint_check *c = sqllint_checks_rows; c->kind; c++)
        if (strcmp(c->kind, tree.kind) == 0)
            c->check(r, tree.body);
    r->tree = NULL;
}

/* --- a part --- */

static void lite_effect(const struct lite_part *p, size_t i)
{
    const struct lite_stmt *s = &p->stmts[i];
    struct sqllint_run *r = p->r;

    switch (s->kind) {
    case LITE_CREATE_TABLE: (void)sqllint_know(r, FACT_TABLE, s->name); break;
    case LITE_CREATE_OTHER: (void)sqllint_know(r, FACT_OBJECT, s->name); break;
    case LITE_DROP_TABLE: lite_drop_table(p, i); break;
    case LITE_DROP_OTHER: lite_drop_other(p, i); break;
    case LITE_RENAME_TABLE: lite_rename_table(p, i); break;
    case LITE_RENAME_COLUMN:
        if (lite_is_old_column(r, s))
            (void)sqllint_add(r, SQLLINT_RUN104, 0, "queries of %.*s of %.*s fail", SV_FMT(s->name),
                              SV_FMT(s->table));
        break;
    case LITE_ADD_COLUMN: (void)sqllint_know(r, FACT_COLUMN, lite_member(r, s)); break;
    case LITE_DROP_COLUMN: lite_drop_column(r, s); break;
    case LITE_ROWS:
        if (s->res.code == SQLITE_OK || lite_is_of_rows(p, s))
            lite_rows(r);
        break;
    case LITE_OTHER:
    case LITE_ALTER_OTHER:
    case LITE_PRAGMA:
    case LITE_VACUUM: break;
    }
}

/* What is known of the statement before and after it ran. */
static void lite_judge(const struct lite_part *p, size_t i)
{
    const struct lite_stmt *s = &p->stmts[i];
    struct sqllint_run *r = p->r;
    struct sv text = p->part->stmts[i].text;
    bool transaction = sqlkind_of(text, DB_SQLITE) == SQLKIND_TRANSACTION;

    sqllint_begin_statement(r, &p->part->stmts[i]);
    if (transaction && !r->plain && !r->said_transaction) {
        r->said_transaction = true; /* COMMIT is the other half of the same mistake */
        (void)sqllint_add(r, SQLLINT_RUN007, 0,
                          "the part is a transaction already, or is to be none");
    }
    if (s->res.code != SQLITE_OK && (!transaction || r->plain))
        lite_failed(p, s);
    if (s->res.text_name.n)
        (void)sqllint_add(r, SQLLINT_SQL012, 0,
                          "\"%.*s\" is no column here: it is read as a string",
                          SV_FMT(s->res.text_name));
    if (s->kind == LITE_PRAGMA)
        lite_pragma(r, s);
    if (s->kind == LITE_VACUUM && s->res.in_tx)
        (void)sqllint_add(r, SQLLINT_SQL010, 0, "VACUUM is refused in a transaction");
    if (p->applied && (lite_is_assumed(p, s) || !sv_starts(s->res.message, SV("no such ")))) {
        lite_effect(p, i);
        if (s->kind == LITE_DROP_TABLE && lite_made_later(p, i, s->table, true) &&
            sqlscratch_has(r->scratch, "table", s->table)) /* the rename did not fail */
            lite_lost(p, i);
    }
    sqllint_end_statement(r, p->applied);
}

static void lite_run(struct lite_part *p, size_t i)
{
    struct lite_stmt *s = &p->stmts[i];
    bool drop = s->kind == LITE_DROP_TABLE, rename = s->kind == LITE_RENAME_TABLE;

    if (drop && p->applied && lite_made_later(p, i, s->table, true))
        s->objects = sqlscratch_objects(p->r->scratch, s->table, &p->r->l->arena);
    sqlscratch_run(p->r->scratch, p->part->stmts[i].text, drop || rename ? s->table : SV(""),
                   rename ? s->name : SV(""), &p->r->l->arena, &s->res);
}

/* Does a check or verify query have to fail? */
static bool lite_is_to_fail(const struct migration_part *p)
{
    return sv_starts(migration_attr(p, "expect"), SV("error"));
}

/* A part that prusik carries out by making the table anew: what its actions do is not asked of SQLite.  Those that SQLite
 * knows are done, so that what comes later finds its columns. */
static void lite_rebuild(struct sqllint_run *r, const struct migration_part *part, struct sv table)
{
    for (size_t i = 0; i < part->n_stmts; i++) {
        CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);
        struct sqlscratch_result res;

        strbuf_add_str(&sql, "ALTER TABLE ");
        db_quote_name(&sql, table);
        strbuf_addf(&sql, " %.*s", SV_FMT(part->stmts[i].text));
        sqlscratch_run(r->scratch, strbuf_sv(&sql), SV(""), SV(""), &r->l->arena, &res);
        *vec_add(&r->failed) =
            arena_sv(&r->l->arena, part->stmts[i].text); /* or done: no follower is told */
        r->l->n_statements++;
    }
}

void sqllint_lite_part(struct sqllint_run *r, const struct migration_part *part)
{
    struct lite_part p = {.r = r, .part = part};
    struct sqlscratch_result tx;
    bool up = part->kind == MIGRATION_UP || part->kind == MIGRATION_BACKFILL;
    bool in_tx = !r->plain && part->tx && (up || part->kind == MIGRATION_DOWN);

    if (lite_is_to_fail(part))
        return;
    if (migration_attr(part, "rebuild").n) {
        lite_rebuild(r, part, migration_attr(part, "rebuild"));
        return;
    }
    p.applied = up;
    p.stmts = ARENA_NEWN(&r->l->arena, struct lite_stmt, part->n_stmts + 1);
    r->part = part;
    r->tx++;
    r->tx_known = r->known.n;
    r->in_tx = in_tx;
    r->said_transaction = false;
    r->last_line = part->line;
    if (in_tx && !r->trial)
        sqlscratch_run(r->scratch, SV("BEGIN"), SV(""), SV(""), &r->l->arena, &tx);
    for (size_t i = 0; i < part->n_stmts; i++) {
        p.stmts[i] = (struct lite_stmt){.kind = LITE_OTHER};
        lite_read(part->stmts[i].text, &r->l->arena, &p.stmts[i]);
    }
    for (size_t i = 0; i < part->n_stmts; i++)
        lite_run(&p, i);
    for (size_t i = 0; i < part->n_stmts; i++)
        lite_judge(&p, i);
    if (in_tx && !r->trial)
        sqlscratch_run(r->scratch, SV("COMMIT"), SV(""), SV(""), &r->l->arena, &tx);
}
