/*
 * What DO executes, and CALL of a procedure or SELECT of a function that the file makes: its static SQL is judged as if it stood
 * there.
 *
 * The body is read by the library's parser of PL/pgSQL.  What that does not take (it knows no types of the database) is cut
 * at its semicolons, and what begins as a command of SQL is judged; that not all of it was read is said.
 */
#include <string.h>

#include "base/sv.h"
#include "migrate/sqllex.h"
#include "migrate/sqllint_int.h"
#include "migrate/sqlsplit.h"

#define BODY_DEPTH 4u /* of procedures that call procedures */

struct body {
    struct sqllint_run *r;
    struct sv text; /* of the body */
    size_t line;    /* of its first line in the file; 0: all of it is told at the statement */
    bool is_sql;    /* else PL/pgSQL */
    bool unread;    /* something in it was not judged */
    const char *why;
};

static struct sv body_string(const json_t *stmt, const char *list, const char *name, size_t *at)
{
    const json_t *args = sqltree_at(stmt, list), *one;
    size_t i;

    json_array_foreach(args, i, one)
    {
        struct sv plain = sqltree_sv(one, "DefElem.arg.String.sval");

        if (!sqltree_is(one, "DefElem.defname", name))
            continue;
        *at = sqltree_place(sqltree_at(one, "DefElem"));
        return plain.p ? plain : sqltree_sv(one, "DefElem.arg.List.items.0.String.sval");
    }
    return (struct sv){NULL, 0};
}

/* --- a statement of the body --- */

static void body_judge(struct body *b, struct sv query)
{
    CLEANUP(sqltree_release) struct sqltree tree = {.kind = ""};
    struct sqllint_run *r = b->r;
    struct err err;
    size_t at;

    if (sqltree_parse(query, &tree, &at, &err) != ERR_OK) {
        b->unread = true;
        b->why = "a statement of it is not in the grammar of PostgreSQL 15";
        return;
    }
    r->tree = &tree;
    sqllint_judge(r);
    sqllint_check_run(r, query);
}

/* As if it stood at its line; what is said of the whole is kept apart. */
static void body_statement(struct body *b, struct sv query, size_t lineno)
{
    struct sqllint_run *r = b->r;
    const struct migration_stmt *stmt = r->stmt;
    const struct sqltree *tree = r->tree;
    struct migration_stmt inner = {.text = arena_sv(&r->l->arena, query),
                                   .line = b->line ? b->line + lineno - 1 : stmt->line,
                                   .column = 1};
    size_t first = r->first_finding;
    bool said[SQLLINT__N];

    memcpy(said, r->said, sizeof(said));
    memset(r->said, 0, sizeof(r->said));
    r->stmt = &inner;
    r->number++;
    r->works = false;
    r->first_finding = r->l->findings.n;
    body_judge(b, inner.text);
    r->stmt = stmt;
    r->tree = tree;
    r->first_finding = first;
    memcpy(r->said, said, sizeof(said));
}

static void body_ends_transaction(struct body *b, size_t lineno)
{
    struct sqllint_run *r = b->r;

    if (r->in_tx && !r->body_tx)
        (void)sqllint_add(r, SQLLINT_RUN001, 0,
                          "line %zu of the body ends a transaction that it did not begin", lineno);
    r->tx++;
    r->tx_known = r->known.n;
}

/* A text that stands there as it is: EXECUTE 'ALTER TABLE ...'. */
static void body_constant(struct body *b, struct sv expr, size_t lineno)
{
    CLEANUP(sqltree_release) struct sqltree tree = {.kind = ""};
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(SQLTREE_BYTES);
    struct err err;
    size_t at;

    strbuf_addf(&sql, "SELECT %.*s", SV_FMT(expr));
    if (!sql.overflow && sqltree_parse(strbuf_sv(&sql), &tree, &at, &err) == ERR_OK &&
        sqltree_at(tree.body, "targetList.0.ResTarget.val.A_Const.sval"))
        body_statement(b, sqltree_sv(tree.body, "targetList.0.ResTarget.val.A_Const.sval.sval"),
                       lineno);
}

static const struct {
    const char *kind, *query;
    enum { BODY_STATIC, BODY_DYNAMIC, BODY_END } what;
} body_kinds[] = {
    {"PLpgSQL_stmt_execsql", "sqlstmt.PLpgSQL_expr.query", BODY_STATIC},
    {"PLpgSQL_stmt_perform", "expr.PLpgSQL_expr.query", BODY_STATIC},
    {"PLpgSQL_stmt_call", "expr.PLpgSQL_expr.query", BODY_STATIC},
    {"PLpgSQL_stmt_fors", "query.PLpgSQL_expr.query", BODY_STATIC},
    {"PLpgSQL_stmt_dynexecute", "query.PLpgSQL_expr.query", BODY_DYNAMIC},
    {"PLpgSQL_stmt_dynfors", "query.PLpgSQL_expr.query", BODY_DYNAMIC},
    {"PLpgSQL_stmt_commit", "", BODY_END},
    {"PLpgSQL_stmt_rollback", "", BODY_END},
};

static bool body_node(const char *kind, const json_t *node, void *arg)
{
    struct body *b = arg;
    size_t line = (size_t)sqltree_int(node, "lineno", 1);

    for (size_t i = 0; i < ARRAY_LEN(body_kinds); i++) {
        struct sv query = sqltree_sv(node, body_kinds[i].query);

        if (strcmp(kind, body_kinds[i].kind) != 0)
            continue;
        if (body_kinds[i].what == BODY_END)
            body_ends_transaction(b, line);
        else if (body_kinds[i].what == BODY_STATIC)
            body_statement(b, query, line);
        else {
            b->unread = true;
            b->why = "it executes text that it puts together";
            body_constant(b, query, line);
        }
    }
    return false;
}

/* --- what the library does not take --- */

/* Words before a statement of SQL in the body. */
static bool body_is_before(const struct sqllex_token *t)
{
    static const char *const words[] = {"BEGIN", "THEN", "ELSE", "LOOP"};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (sqllex_is(t, words[i]))
            return true;
    return t->kind == SQLLEX_SEMICOLON;
}

static bool body_is_command(const struct sqllex_token *t)
{
    static const char *const words[] = {"ALTER",  "CREATE",   "DROP", "UPDATE", "DELETE",
                                        "INSERT", "TRUNCATE", "LOCK", "REINDEX"};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (sqllex_is(t, words[i]))
            return true;
    return false;
}

static size_t body_line_at(struct sv text, size_t at)
{
    size_t line = 1;

    assert(text.p);
    for (size_t i = 0; i < at; i++)
        line += text.p[i] == '\n';
    return line;
}

static void body_cut(struct body *b)
{
    struct sqllex lex = {.text = b->text, .db = DB_POSTGRES};
    struct sqllex_token t;
    bool before = false;

    while (sqllex_next_word(&lex, &t)) {
        size_t from = t.at;

        if (before && body_is_command(&t)) {
            while (t.kind != SQLLEX_SEMICOLON && sqllex_next_word(&lex, &t))
                ;
            if (t.kind == SQLLEX_SEMICOLON)
                body_statement(b, sv_sub(b->text, from, t.at), body_line_at(b->text, from));
        }
        before = body_is_before(&t);
    }
}

/* --- LANGUAGE sql --- */

static void body_sql(struct body *b)
{
    const struct sqltext t = {.path = SV("body"), .text = b->text};
    sqlsplit_stmts stmts = {0};
    struct err err;

    if (sqlsplit(&t, 0, t.text.n, DB_POSTGRES, &stmts, &err) != ERR_OK) {
        b->unread = true;
        b->why = arena_fmt(&b->r->l->arena, "its statements are not told apart (%s)", err.msg).p;
    }
    for (size_t i = 0; i < stmts.n; i++)
        body_statement(b, stmts.v[i].text, body_line_at(b->text, stmts.v[i].at));
    vec_release(&stmts);
}

/* --- the whole --- */

static void body_read(struct body *b, struct sv stmt)
{
    struct sqllint_run *r = b->r;
    json_t *tree = NULL;
    struct err err = {0};
    bool alone = !r->in_tx;

    if (r->body_depth >= BODY_DEPTH) {
        b->unread = true;
        b->why = "procedures call each other";
        return;
    }
    r->body_depth++;
    if (alone) { /* it is a transaction of its own, which it may end */
        r->in_tx = r->body_tx = true;
        r->tx++;
        r->tx_known = r->known.n;
    }
    if (b->is_sql) {
        body_sql(b);
    } else if (sqltree_parse_body(stmt, b->text, &tree, &err) == ERR_OK) {
        (void)sqltree_find(tree, body_node, b); /* goes through all of it */
        json_decref(tree);
    } else {
        b->unread = true;
        b->why = arena_fmt(&r->l->arena, "it is not read as PL/pgSQL (%s)", err.msg).p;
        body_cut(b);
    }
    if (alone) {
        r->in_tx = r->body_tx = false;
        r->tx++;
        r->tx_known = r->known.n;
    }
    r->body_depth--;
}

static void body_say(struct sqllint_run *r, const char *why)
{
    r->unseen = true;
    (void)sqllint_add(r, SQLLINT_RUN012, 0, "not all that it executes is checked: %s", why);
}

void sqllint_do(struct sqllint_run *r, const json_t *stmt)
{
    size_t at = 0, none;
    struct sv language = body_string(stmt, "args", "language", &none);
    struct body b = {.r = r, .text = body_string(stmt, "args", "as", &at)};

    b.line = r->stmt->line;
    for (size_t i = 0; i < at && i < r->stmt->text.n; i++)
        b.line += r->stmt->text.p[i] == '\n';
    if (language.n && !sv_is(language, "plpgsql")) {
        body_say(r, "it is not in PL/pgSQL");
        return;
    }
    body_read(&b, r->stmt->text);
    if (b.unread)
        body_say(r, b.why);
}

void sqllint_remember_body(struct sqllint_run *r, const json_t *function)
{
    size_t at;
    struct sv body = body_string(function, "options", "as", &at);

    struct sv language = body_string(function, "options", "language", &at);

    if (!body.n || !(sv_is(language, "plpgsql") || sv_is(language, "sql")))
        return;
    sqllint_know(r, FACT_PROCEDURE, sqllint_name(r, sqltree_at(function, "funcname")))->more =
        arena_sv(&r->l->arena, r->stmt->text);
    r->n_bodies++;
}

/* False: it is not in the file. */
static bool body_call(struct sqllint_run *r, struct sv name)
{
    const struct sqllint_known *k = sqllint_find(r, FACT_PROCEDURE, name);
    CLEANUP(sqltree_release) struct sqltree tree = {.kind = ""};
    struct body b = {.r = r};
    struct sv text = k ? k->more : SV("");
    struct err err;
    size_t at;

    if (!k || sqltree_parse(text, &tree, &at, &err) != ERR_OK)
        return false;
    b.is_sql = sv_is(body_string(tree.body, "options", "language", &at), "sql");
    b.text = body_string(tree.body, "options", "as", &at);
    body_read(&b, text);
    if (b.unread)
        body_say(r, b.why);
    return true;
}

void sqllint_call(struct sqllint_run *r, const json_t *stmt)
{
    if (!body_call(r, sqllint_name(r, sqltree_at(stmt, "funccall.funcname"))))
        body_say(r, "the procedure is not in the file");
}

static bool body_function(const char *kind, const json_t *call, void *arg)
{
    struct sqllint_run *r = arg;

    if (strcmp(kind, "FuncCall") == 0)
        (void)body_call(r, sqllint_name(r, sqltree_at(call, "funcname"))); /* else PostgreSQL's */
    return false;
}

void sqllint_select(struct sqllint_run *r, const json_t *stmt)
{
    if (r->n_bodies)
        (void)sqltree_find(stmt, body_function, r); /* goes through all of it */
}
