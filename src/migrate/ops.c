#include "migrate/ops.h"

#include <stdarg.h>
#include <string.h>

#include "base/suggest.h"
#include "base/sv.h"
#include "migrate/ops_int.h"
#include "migrate/sqllex.h"

void ops_text_release(struct ops_text *t)
{
    strbuf_release(&t->sql);
    vec_release(&t->lines);
}

size_t ops_line(const struct ops_text *t, size_t sql_line)
{
    size_t line = 1;

    for (size_t i = 0; i < t->lines.n && t->lines.v[i].sql <= sql_line; i++)
        line = t->lines.v[i].yaml;
    return line;
}

/* --- faults --- */

void ops_bad(struct ops *o, const struct yaml_node *n, const char *fmt, ...)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    va_list ap;

    if (o->failed)
        return;
    o->failed = true;
    va_start(ap, fmt);
    strbuf_vaddf(&b, fmt, ap);
    va_end(ap);
    (void)yaml_file_bad(&o->f, n, "%s (FMT018)", strbuf_str(&b)); /* kept in f.err */
}

/* --- values --- */

static bool ops_is_null(const struct yaml_node *n)
{
    return n->kind == YAML_SCALAR && !n->quoted &&
           (n->text.n == 0 || sv_is(n->text, "null") || sv_is(n->text, "~"));
}

bool ops_has(const struct ops *o, const char *key)
{
    const struct yaml_node *n = yaml_get(o->node, key);

    return n && !ops_is_null(n);
}

struct sv ops_node_text(struct ops *o, const struct yaml_node *n, enum db_kind db)
{
    static const char *const keys[] = {"postgres", "sqlite", NULL};

    if (n && n->kind == YAML_MAP) {
        if (yaml_file_keys(&o->f, n, "a text for each database", keys) != ERR_OK)
            o->failed = true;
        n = yaml_get(n, db == DB_SQLITE ? "sqlite" : "postgres");
    }
    if (!n || ops_is_null(n))
        return (struct sv){NULL, 0};
    if (n->kind != YAML_SCALAR || memchr(n->text.p, '\0', n->text.n)) {
        ops_bad(o, n, "'%.*s' is a text", SV_FMT(n->key));
        return (struct sv){NULL, 0};
    }
    return n->text;
}

struct sv ops_text(struct ops *o, const char *key, enum db_kind db)
{
    return ops_node_text(o, yaml_get(o->node, key), db);
}

bool ops_yes(struct ops *o, const char *key, bool otherwise)
{
    const struct yaml_node *n = yaml_get(o->node, key);

    if (n && !yaml_bool(n, &otherwise))
        ops_bad(o, n, "'%s' is yes or no", key);
    return otherwise;
}

/* One expression: what ends it, hides the rest or opens a part cannot stand in it. */
static const char *ops_not_one(struct sv e, enum db_kind db)
{
    struct sqllex lex = {.text = e, .db = db};
    struct sqllex_token t;
    size_t depth = 0;

    while (sqllex_next(&lex, &t)) {
        if (t.open)
            return "is not closed";
        if (t.kind == SQLLEX_SEMICOLON)
            return "has a ';'";
        if (t.kind == SQLLEX_LINE_COMMENT)
            return "has a comment";
        if (t.kind == SQLLEX_PUNCT && t.text.p[0] == ')' && depth-- == 0)
            return "closes a parenthesis that it does not open";
        depth += t.kind == SQLLEX_PUNCT && t.text.p[0] == '(';
    }
    return depth ? "does not close a parenthesis" : NULL;
}

struct sv ops_node_expr(struct ops *o, const struct yaml_node *n, enum db_kind db)
{
    struct sv e = sv_trim(ops_node_text(o, n, db));
    const char *why = ops_not_one(e, db);

    if (why)
        ops_bad(o, n, "the expression \"%.*s\" %s", SV_FMT(sv_sub(e, 0, 60)), why);
    return e;
}

struct sv ops_expr(struct ops *o, const char *key, enum db_kind db)
{
    return ops_node_expr(o, yaml_get(o->node, key), db);
}

struct sv ops_quote(struct ops *o, struct sv name)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    struct sv rest = name, piece;

    for (size_t i = 0; i < name.n; i++)
        if ((unsigned char)name.p[i] < ' ')
            ops_bad(o, o->node, "a name cannot have control characters");
    while (rest.n && sv_split(&rest, '.', &piece)) {
        strbuf_add_str(&b, b.n ? "." : "");
        db_quote_name(&b, piece);
    }
    return arena_sv(&o->arena, strbuf_sv(&b));
}

struct sv ops_name(struct ops *o, const char *key)
{
    return ops_quote(o, ops_text(o, key, DB_POSTGRES));
}

struct sv ops_plain(struct ops *o, const char *key)
{
    struct sv s = ops_text(o, key, DB_POSTGRES), rest = s, piece;

    while (rest.n && sv_split(&rest, '.', &piece))
        s = piece;
    return s;
}

struct sv ops_literal(struct ops *o, struct sv text)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    db_quote_text(&b, text);
    return arena_sv(&o->arena, strbuf_sv(&b));
}

struct sv ops_names(struct ops *o, const struct yaml_node *list)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    if (!list || list->kind != YAML_LIST || !list->n_items) {
        ops_bad(o, list ? list : o->node, "a list of names is needed");
        return SV("");
    }
    for (size_t i = 0; i < list->n_items; i++) {
        strbuf_add_str(&b, i ? ", " : "");
        db_quote_name(&b, ops_node_text(o, &list->items[i], DB_POSTGRES));
    }
    return arena_sv(&o->arena, strbuf_sv(&b));
}

/* --- types --- */

static const struct {
    const char *name, *sqlite;
} ops_types[] = {
    {"smallint", "INTEGER"}, {"integer", "INTEGER"}, {"int", "INTEGER"},     {"bigint", "INTEGER"},
    {"int2", "INTEGER"},     {"int4", "INTEGER"},    {"int8", "INTEGER"},    {"boolean", "INTEGER"},
    {"bool", "INTEGER"},     {"numeric", "NUMERIC"}, {"decimal", "NUMERIC"}, {"real", "REAL"},
    {"float4", "REAL"},      {"float8", "REAL"},     {"double", "REAL"},     {"bytea", "BLOB"},
};

struct sv ops_type(struct ops *o, const struct yaml_node *n, enum db_kind db, bool strict)
{
    struct sv t = ops_node_expr(o, n, db);
    size_t end = 0;

    if (db == DB_POSTGRES || !n || n->kind == YAML_MAP)
        return t;
    while (end < t.n && (ascii_is_alnum(t.p[end]) || t.p[end] == '_'))
        end++;
    for (size_t i = 0; i < ARRAY_LEN(ops_types); i++)
        if (sv_eq_nocase(sv_sub(t, 0, end), sv_from(ops_types[i].name)))
            return strict && sv_is(sv_from(ops_types[i].sqlite), "NUMERIC")
                       ? SV("TEXT")
                       : sv_from(ops_types[i].sqlite);
    return SV("TEXT");
}

/* --- parts --- */

const char *ops_attr(struct ops *o, const char *key, struct sv value)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    strbuf_addf(&b, " %s=\"", key);
    for (size_t i = 0; i < value.n; i++) {
        if ((unsigned char)value.p[i] < ' ') { /* a marker is one line */
            strbuf_add_byte(&b, ' ');
            continue;
        }
        if (value.p[i] == '"')
            strbuf_add_byte(&b, '\\');
        strbuf_add_byte(&b, value.p[i]);
    }
    strbuf_add_byte(&b, '"');
    return arena_strdup(&o->arena, strbuf_sv(&b));
}

static const char *ops_db(enum db_kind db)
{
    return db == DB_SQLITE ? "sqlite" : "postgres";
}

static void ops_statement(struct strbuf *b, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);

static void ops_statement(struct strbuf *b, const char *fmt, va_list ap)
{
    strbuf_vaddf(b, fmt, ap);
    strbuf_add_str(b, "\n;\n");
}

/* A backfill is known by the `job` that it has. */
void ops_up(struct ops *o, enum db_kind db, const char *attrs, const char *fmt, ...)
{
    bool job = attrs && strstr(attrs, " job=") != NULL;
    va_list ap;

    attrs = attrs ? attrs : "";
    if (o->undo)
        strbuf_addf(&o->up, "-- prusik:down db=%s%s\n", ops_db(db), attrs);
    else
        strbuf_addf(&o->up, "-- prusik:%s part=o%zu.%zu db=%s%s\n", job ? "backfill" : "up",
                    o->number, ++o->part, ops_db(db), attrs);
    va_start(ap, fmt);
    ops_statement(&o->up, fmt, ap);
    va_end(ap);
}

void ops_down(struct ops *o, enum db_kind db, const char *attrs, const char *fmt, ...)
{
    va_list ap;

    strbuf_addf(&o->down, "-- prusik:down db=%s%s\n", ops_db(db), attrs ? attrs : "");
    va_start(ap, fmt);
    if (fmt[0])
        ops_statement(&o->down, fmt, ap);
    va_end(ap);
}

void ops_down_from(struct ops *o, enum db_kind db, const char *attrs, const char *fmt, ...)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);
    va_list ap;

    va_start(ap, fmt);
    strbuf_vaddf(&sql, fmt, ap);
    va_end(ap);
    strbuf_addf(&o->down, "-- prusik:down db=%s%s at=o%zu.%zu%s\n", ops_db(db), attrs ? attrs : "",
                o->number, o->part + 1, ops_attr(o, "from", strbuf_sv(&sql)));
}

void ops_check(struct ops *o, enum db_kind db, const char *name, const char *expect,
               const char *fmt, ...)
{
    va_list ap;

    if (o->undo)
        return;
    strbuf_addf(&o->up, "-- prusik:check db=%s expect=%s%s\n", ops_db(db), expect,
                ops_attr(o, "name", sv_from(name)));
    va_start(ap, fmt);
    ops_statement(&o->up, fmt, ap);
    va_end(ap);
}

void ops_none(struct ops *o, enum db_kind db, const char *reason)
{
    strbuf_addf(&o->down, "-- prusik:down none db=%s%s\n", ops_db(db),
                ops_attr(o, "reason", sv_from(reason)));
}

/* --- the file --- */

struct ops_file {
    struct ops o;
    struct ops_text *ret;
    size_t sql_line; /* that is written next */
    VEC(struct strbuf) downs;
};

static void ops_emit(struct ops_file *f, const struct strbuf *text, size_t yaml_line)
{
    *vec_add(&f->ret->lines) = (struct ops_line){.sql = f->sql_line, .yaml = yaml_line};
    for (size_t i = 0; i < text->n; i++)
        f->sql_line += text->p[i] == '\n';
    strbuf_add_sv(&f->ret->sql, strbuf_sv(text));
}

static const struct ops_row *ops_find(struct ops *o, const struct yaml_node *n)
{
    struct suggest s = suggest_begin(n->key);

    for (size_t i = 0; i < n_ops_rows; i++) {
        if (sv_is(n->key, ops_rows[i].name))
            return &ops_rows[i];
        suggest_offer(&s, sv_from(ops_rows[i].name));
    }
    if (s.best.p)
        ops_bad(o, n, "unknown operation \"%.*s\"; did you mean \"%.*s\"?", SV_FMT(n->key),
                SV_FMT(s.best));
    else
        ops_bad(o, n, "unknown operation \"%.*s\"", SV_FMT(n->key));
    return NULL;
}

static void ops_fields(struct ops *o, const struct ops_row *row)
{
    if (!o->failed && yaml_file_keys(&o->f, o->node, row->name, row->keys) != ERR_OK)
        o->failed = true;
    for (size_t i = 0; i < row->n_needed && !o->failed; i++)
        if (!ops_has(o, row->keys[i]))
            ops_bad(o, o->node, "%s: '%s' is missing", row->name, row->keys[i]);
}

static void ops_one(struct ops_file *f, const struct yaml_node *item)
{
    struct ops *o = &f->o;
    const struct ops_row *row;

    if (item->kind != YAML_MAP || item->n_items != 1) {
        ops_bad(o, item, "an operation is one name with its fields");
        return;
    }
    row = ops_find(o, &item->items[0]);
    o->node = &item->items[0];
    o->number++;
    o->part = 0;
    strbuf_truncate(&o->up, 0);
    strbuf_truncate(&o->down, 0);
    if (!row)
        return;
    ops_fields(o, row);
    if (!o->failed)
        row->write(o);
    if (o->failed)
        return;
    ops_emit(f, &o->up, item->line);
    if (!o->undo)
        *vec_add(&f->downs) = strbuf_steal(&o->down);
}

static void ops_list(struct ops_file *f, const struct yaml_node *list, bool undo)
{
    f->o.undo = undo;
    f->o.before = list;
    if (list->kind != YAML_LIST || !list->n_items)
        ops_bad(&f->o, list, "'%.*s' is a list of operations", SV_FMT(list->key));
    for (size_t i = 0; !f->o.failed && i < list->n_items; i++) {
        f->o.n_before = i;
        ops_one(f, &list->items[i]);
    }
}

static void ops_queries(struct ops_file *f, const struct yaml_node *doc, const char *kind)
{
    static const char *const keys[] = {"name", "sql", "expect", NULL};
    const struct yaml_node *list = yaml_get(doc, kind);
    struct ops *o = &f->o;

    for (size_t i = 0; list && !o->failed && i < list->n_items; i++) {
        CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
        static const enum db_kind dbs[] = {DB_POSTGRES, DB_SQLITE};

        o->node = &list->items[i];
        if (yaml_file_keys(&o->f, o->node, "a query", keys) != ERR_OK) {
            o->failed = true;
            return;
        }
        for (size_t d = 0; d < ARRAY_LEN(dbs); d++) {
            struct sv sql = ops_expr(o, "sql", dbs[d]), expect = ops_text(o, "expect", dbs[d]);

            if (sql.n)
                strbuf_addf(&b, "-- prusik:%s db=%s%s%s\n%.*s\n;\n", kind, ops_db(dbs[d]),
                            ops_attr(o, "name", ops_text(o, "name", dbs[d])),
                            ops_attr(o, "expect", expect.n ? expect : SV("true")), SV_FMT(sql));
        }
        if (!b.n)
            ops_bad(o, o->node, "'sql' is missing");
        ops_emit(f, &b, list->items[i].line);
    }
}

/* Backwards, unless the file says what undoes it. */
static void ops_downs(struct ops_file *f, const struct yaml_node *doc)
{
    const struct yaml_node *down = yaml_get(doc, "down");
    CLEANUP(strbuf_release) struct strbuf none = STRBUF(0);

    if (down && down->kind == YAML_LIST) {
        ops_list(f, down, true);
    } else if (down && sv_is(down->text, "none")) {
        strbuf_add_str(&none, "-- prusik:down none reason=\"the file says so\"\n");
        ops_emit(f, &none, down->line);
    } else if (down && !sv_is(down->text, "auto")) {
        ops_bad(&f->o, down, "'down' is auto, none or a list of operations");
    } else {
        for (size_t i = f->downs.n; i > 0; i--)
            ops_emit(f, &f->downs.v[i - 1], f->o.before->items[i - 1].line);
    }
}

static void ops_header(struct ops_file *f, const struct yaml_node *doc)
{
    static const char *const keys[] = {"title", "requires"};
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        struct sv v = ops_text(&f->o, keys[i], DB_POSTGRES);

        if (v.n)
            strbuf_addf(&b, "%s%s", b.n ? "" : "-- prusik:migration", ops_attr(&f->o, keys[i], v));
    }
    if (b.n)
        strbuf_add_byte(&b, '\n');
    ops_emit(f, &b, doc->line);
}

static void ops_document(struct ops_file *f, const struct yaml_node *doc)
{
    static const char *const keys[] = {"prusik", "title", "requires", "up",
                                       "down",   "check", "verify",   NULL};
    const struct yaml_node *version = yaml_get(doc, "prusik"), *up = yaml_get(doc, "up");
    struct ops *o = &f->o;

    o->node = doc;
    if (yaml_file_keys(&o->f, doc, "a file of operations", keys) != ERR_OK) {
        o->failed = true;
        return;
    }
    if (!version || !sv_is(version->text, "1"))
        ops_bad(o, version ? version : doc, "\"prusik: 1\" is missing");
    if (!up)
        ops_bad(o, doc, "'up' is missing");
    if (o->failed)
        return;
    ops_header(f, doc);
    ops_queries(f, doc, "check");
    if (!o->failed)
        ops_list(f, up, false);
    if (!o->failed)
        ops_queries(f, doc, "verify");
    if (!o->failed)
        ops_downs(f, doc);
}

enum err_code ops_write(struct sv path, struct sv yaml, struct ops_text *ret, struct err *err)
{
    struct ops_file f = {.sql_line = 1};
    struct yaml_node doc;
    enum err_code rc;

    memset(ret, 0, sizeof(*ret));
    f.ret = ret;
    f.o.f =
        (struct yaml_file){.path = arena_strdup(&f.o.arena, path), .arena = &f.o.arena, .err = err};
    rc = yaml_parse(yaml, f.o.f.path, &f.o.arena, &doc, err);
    if (rc == ERR_OK) {
        ops_document(&f, &doc);
        rc = f.o.failed ? err->code : ERR_OK;
    }
    strbuf_release(&f.o.up);
    strbuf_release(&f.o.down);
    for (size_t i = 0; i < f.downs.n; i++)
        strbuf_release(&f.downs.v[i]);
    vec_release(&f.downs);
    arena_release(&f.o.arena);
    if (rc != ERR_OK)
        ops_text_release(ret);
    return rc;
}
