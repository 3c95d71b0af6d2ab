#include "migrate/sqltree.h"

#include <pthread.h>
#include <string.h>

#include <pg_query.h>

#include "base/mem.h"
#include "base/sv.h"
#include "base/text.h"
#include "migrate/sqllex.h"
#include "migrate/sqlthin.h"

#define TREE_LEVELS 500u /* of parentheses and brackets */

/* --- how deep: the parser recurses over its tree without asking how much stack is left --- */

struct tree_depth {
    size_t level, sum;              /* sum: of counts */
    size_t counts[TREE_LEVELS + 1]; /* tokens of each open level since its last comma */
    size_t joins;                   /* words that chain selects and tables: not ended by commas */
};

static bool tree_is_join(const struct sqllex_token *t)
{
    static const char *const words[] = {"UNION", "INTERSECT", "EXCEPT", "JOIN"};

    for (size_t i = 0; t->kind == SQLLEX_WORD && i < ARRAY_LEN(words); i++)
        if (sqllex_is(t, words[i]))
            return true;
    return false;
}

/* False: it may be too deep. */
static bool tree_step(struct tree_depth *d, const struct sqllex_token *t)
{
    char c = t->kind == SQLLEX_PUNCT ? t->text.p[0] : 0;

    if (c == '(' || c == '[') {
        if (++d->level > TREE_LEVELS)
            return false;
        d->counts[d->level] = 0;
    } else if (c == ')' || c == ']') {
        d->sum -= d->counts[d->level];
        d->counts[d->level] = 0;
        d->level -= d->level > 0;
    } else if (c == ',') {
        d->sum -= d->counts[d->level];
        d->counts[d->level] = 0;
    } else {
        d->counts[d->level]++;
        d->sum++;
        d->joins += tree_is_join(t);
    }
    return d->sum + 4 * d->joins <= SQLTREE_TOKENS;
}

static enum err_code tree_check_size(struct sv stmt, struct err *err)
{
    struct sqllex lex = {.text = stmt, .db = DB_POSTGRES};
    struct tree_depth d = {0};
    struct sqllex_token t;

    if (stmt.n > SQLTREE_BYTES)
        return err_set(err, ERR_LIMIT, "a statement of more than %u KiB is not parsed",
                       SQLTREE_BYTES >> 10);
    if (memchr(stmt.p, 0, stmt.n))
        return err_set(err, ERR_LIMIT, "a NUL in the statement");
    while (sqllex_next_word(&lex, &t))
        if (!tree_step(&d, &t))
            return err_set(err, ERR_LIMIT, "nested too deep to be parsed");
    return ERR_OK;
}

/* --- parsing --- */

/* Positions of errors are characters from 1. */
static size_t tree_offset(struct sv stmt, int cursor)
{
    size_t at = 0;
    uint32_t cp;

    for (int i = 1; i < cursor && at < stmt.n; i++) {
        size_t n = text_utf8_next(sv_sub(stmt, at, stmt.n), &cp);

        at += n ? n : 1;
    }
    return at;
}

/* Some builds of the library point stderr elsewhere while they parse: one at a time. */
static pthread_mutex_t tree_lock = PTHREAD_MUTEX_INITIALIZER;

static PgQueryParseResult tree_call(const char *text)
{
    PgQueryParseResult r;

    (void)pthread_mutex_lock(&tree_lock); /* a lock of ours that is never destroyed */
    r = pg_query_parse(text);
    (void)pthread_mutex_unlock(&tree_lock);
    return r;
}

/* What the parser says, which may cut a character in two. */
static enum err_code tree_refused(struct err *err, const char *message)
{
    (void)err_set(err, ERR_INVALID, "%s", message);
    for (size_t at = text_bad_utf8(sv_from(err->msg)); at != SV_NPOS;
         at = text_bad_utf8(sv_from(err->msg)))
        err->msg[at] = '?';
    return err->code;
}

static enum err_code tree_read(struct sv text, struct sqltree *ret, struct err *err)
{
    struct sqltree t = {.kind = ""};
    struct err why;

    if (json_read(text, &t.root, &why) != ERR_OK)
        return err_set(err, ERR_LIMIT, "nested too deep to be parsed");
    t.body = sqltree_at(t.root, "stmts.0.stmt");
    if (t.body) {
        void *first = json_object_iter(t.body);

        if (first) {
            t.kind = json_object_iter_key(first);
            t.body = json_object_iter_value(first);
        }
    }
    *ret = t;
    return ERR_OK;
}

/* So short that it cannot nest deeper than json_read() takes. */
#define TREE_SHORT_BYTES 4096u

/* Is it one SELECT, by the head of its JSON? */
static bool tree_is_select(struct sv json)
{
    size_t at = sv_find(json, SV("\"stmts\":[{\"stmt\":{\""), 0);

    return json.n <= TREE_SHORT_BYTES && at != SV_NPOS &&
           sv_starts(sv_sub(json, at + 19, json.n), SV("SelectStmt\":"));
}

/* What may be left out of a tree. */
enum tree_without { TREE_WHOLE, TREE_BUT_SELECT, TREE_BUT_ROWS };

static PgQueryParseResult tree_call_on(struct sv stmt, bool but_rows)
{
    CLEANUP(mem_freep) char *text = xstrdup_sv(stmt);
    PgQueryParseResult r;
    bool thin = but_rows && sqlthin(text, stmt.n) > 0;

    r = tree_call(text);
    if (!thin || !r.error)
        return r;
    pg_query_free_parse_result(r); /* positions of errors are characters, and blanks are others */
    memcpy(text, stmt.p, stmt.n);
    return tree_call(text);
}

static enum err_code tree_parse(struct sv stmt, enum tree_without without, struct sqltree *ret,
                                size_t *at, struct err *err)
{
    PgQueryParseResult r;
    enum err_code rc;

    *at = 0;
    if (tree_check_size(stmt, err) != ERR_OK)
        return err->code;
    r = tree_call_on(stmt, without == TREE_BUT_ROWS);
    if (r.error) {
        *at = tree_offset(stmt, r.error->cursorpos);
        rc = tree_refused(err, r.error->message);
    } else if (without == TREE_BUT_SELECT && tree_is_select(sv_from(r.parse_tree))) {
        *ret = (struct sqltree){.kind = "SelectStmt"};
        rc = ERR_OK;
    } else {
        rc = tree_read(sv_from(r.parse_tree), ret, err);
    }
    pg_query_free_parse_result(r);
    return rc;
}

enum err_code sqltree_parse(struct sv stmt, struct sqltree *ret, size_t *at, struct err *err)
{
    return tree_parse(stmt, TREE_WHOLE, ret, at, err);
}

enum err_code sqltree_parse_but_select(struct sv stmt, struct sqltree *ret, size_t *at,
                                       struct err *err)
{
    return tree_parse(stmt, TREE_BUT_SELECT, ret, at, err);
}

enum err_code sqltree_parse_but_rows(struct sv stmt, struct sqltree *ret, size_t *at,
                                     struct err *err)
{
    return tree_parse(stmt, TREE_BUT_ROWS, ret, at, err);
}

static PgQueryPlpgsqlParseResult tree_call_body(const char *text)
{
    PgQueryPlpgsqlParseResult r;

    (void)pthread_mutex_lock(&tree_lock); /* a lock of ours that is never destroyed */
    r = pg_query_parse_plpgsql(text);
    (void)pthread_mutex_unlock(&tree_lock);
    return r;
}

enum err_code sqltree_parse_body(struct sv stmt, struct sv body, json_t **ret, struct err *err)
{
    CLEANUP(mem_freep) char *text = NULL;
    PgQueryPlpgsqlParseResult r;
    enum err_code rc;

    if (tree_check_size(stmt, err) != ERR_OK || tree_check_size(body, err) != ERR_OK)
        return err->code;
    text = xstrdup_sv(stmt);
    r = tree_call_body(text);
    if (r.error)
        rc = tree_refused(err, r.error->message);
    else if (json_read(sv_from(r.plpgsql_funcs), ret, err) != ERR_OK)
        rc = err_set(err, ERR_LIMIT, "nested too deep to be parsed");
    else
        rc = ERR_OK;
    pg_query_free_plpgsql_parse_result(r);
    return rc;
}

void sqltree_release(struct sqltree *t)
{
    json_decref(t->root);
    *t = (struct sqltree){.kind = ""};
}

/* --- looking --- */

json_t *sqltree_at(const json_t *node, const char *path)
{
    struct sv rest = sv_from(path), name;
    json_t *at = NULL;

    while (node && sv_split(&rest, '.', &name)) {
        uint64_t i;

        at = json_is_array(node) && sv_to_u64(name, &i) ? json_array_get(node, i)
                                                        : json_object_getn(node, name.p, name.n);
        node = at;
    }
    return node ? at : NULL;
}

struct sv sqltree_sv(const json_t *node, const char *path)
{
    const json_t *s = sqltree_at(node, path);

    return json_is_string(s) ? (struct sv){json_string_value(s), json_string_length(s)}
                             : (struct sv){NULL, 0};
}

bool sqltree_is(const json_t *node, const char *path, const char *text)
{
    return sv_is(sqltree_sv(node, path), text);
}

bool sqltree_flag(const json_t *node, const char *path)
{
    return json_is_true(sqltree_at(node, path));
}

int64_t sqltree_int(const json_t *node, const char *path, int64_t otherwise)
{
    const json_t *n = sqltree_at(node, path);

    return json_is_integer(n) ? json_integer_value(n) : otherwise;
}

size_t sqltree_place(const json_t *node)
{
    int64_t at = sqltree_int(node, "location", 0);

    return at > 0 ? (size_t)at : 0;
}

/* Depth is that of the tree, which json_read() bounds. */
bool sqltree_find(const json_t *node, sqltree_fn *fn, void *arg)
{
    const char *key;
    json_t *value;
    size_t i;

    if (json_is_array(node)) {
        json_array_foreach(node, i, value) if (sqltree_find(value, fn, arg)) return true;
        return false;
    }
    if (!json_is_object(node))
        return false;
    json_object_foreach((json_t *)(uintptr_t)node, key, value)
    {
        if (ascii_is_upper(key[0]) && fn(key, value, arg))
            return true;
        if (sqltree_find(value, fn, arg))
            return true;
    }
    return false;
}

static bool tree_add_name(const char *kind, const json_t *body, void *arg)
{
    struct strbuf *out = arg;
    struct sv s = sqltree_sv(body, "sval");

    if (strcmp(kind, "String") != 0)
        return false;
    if (!out->n && (sv_is(s, "public") || sv_is(s, "pg_catalog")))
        return false;
    strbuf_addf(out, "%s%.*s", out->n ? "." : "", SV_FMT(s));
    return false;
}

void sqltree_name(const json_t *list, struct strbuf *out)
{
    (void)sqltree_find(list, tree_add_name, out); /* goes through all of it */
}
