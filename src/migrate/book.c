#include "migrate/book.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/ident.h"
#include "base/sv.h"

/* --- SQL for both databases --- */

/*
 * "{}" is the prefix of the tables, "{now}" the time, "{id}" and "{time}" the types of a key that counts up and of a
 * time, "{at:COLUMN}" a time as text, "{took}" the ms since the message came to PostgreSQL,
 * "{there:COLUMN}" whether a text is there.
 */
static void book_expand_one(const struct book *b, struct sv word, struct strbuf *out)
{
    bool pg = db_kind(b->db) == DB_POSTGRES;

    if (!word.n)
        strbuf_add_str(out, b->prefix);
    else if (sv_is(word, "now"))
        strbuf_add_str(out, pg ? "clock_timestamp()" : "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')");
    else if (sv_is(word, "took")) /* by the message: what is in it besides */
        strbuf_add_str(
            out, "(1000 * date_part('epoch', clock_timestamp() - statement_timestamp()))::bigint");
    else if (sv_is(word, "id"))
        strbuf_add_str(out,
                       pg ? "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY"
                          : "INTEGER PRIMARY KEY"); /* no row is ever deleted: none comes again */
    else if (sv_is(word, "time"))
        strbuf_add_str(out, pg ? "timestamptz" : "text");
    else if (sv_is(word, "json"))
        strbuf_add_str(out, pg ? "json" : "text");
    else if (sv_eat(&word, SV("there:"))) /* without reading it: it may be long */
        strbuf_addf(out,
                    pg ? "CASE WHEN %.*s IS NOT NULL THEN 'x' END"
                       : "CASE typeof(%.*s) WHEN 'text' THEN 'x' END",
                    SV_FMT(word));
    else if (sv_eat(&word, SV("at:")))
        strbuf_addf(out,
                    pg ? "to_char(%.*s AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"
                       : "%.*s",
                    SV_FMT(word));
}

static void book_expand(const struct book *b, const char *sql, struct strbuf *out)
{
    struct sv rest = sv_from(sql);

    while (rest.n) {
        size_t open = size_min(sv_find_byte(rest, '{', 0), rest.n);
        size_t close = size_min(sv_find_byte(rest, '}', open), rest.n);

        strbuf_add_sv(out, sv_sub(rest, 0, open));
        if (open < rest.n)
            book_expand_one(b, sv_sub(rest, open + 1, close), out);
        rest = sv_sub(rest, close + 1, rest.n);
    }
}

static enum err_code book_run(struct book *b, const char *sql, const struct db_value *v, size_t n,
                              struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf s = STRBUF(0);

    book_expand(b, sql, &s);
    if (db_run(b->db, strbuf_sv(&s), v, n, NULL, err) != ERR_OK)
        return err_wrap(err, "prusik's own tables");
    return ERR_OK;
}

/* --- the tables --- */

static const char *const book_tables[] = {
    "CREATE TABLE IF NOT EXISTS {}meta (key text PRIMARY KEY, value text)",
    "CREATE TABLE IF NOT EXISTS {}migration (version text PRIMARY KEY, ordinal numeric NOT NULL,"
    " name text, kind text NOT NULL, state text NOT NULL, format text, path text, title text,"
    " grade text, p1 text, s1 text, up_text text, down_text text, verify_text text, origin text,"
    " origin_ref text, origin_at {time}, applied_at {time}, applied_by text, duration_ms bigint,"
    " run_id text, last_event bigint)",
    "CREATE TABLE IF NOT EXISTS {}event (id {id}, at {time} NOT NULL, run_id text, db_user text,"
    " os_user text, host text, pid bigint, program text, kind text NOT NULL, version text,"
    " direction text, part text, stmt bigint, duration_ms bigint, sqlstate text, message text,"
    " detail {json})",
    "CREATE TABLE IF NOT EXISTS {}progress (version text, direction text, part text, stmt bigint,"
    " digest text, kind text, state text NOT NULL, attempts bigint NOT NULL, backend_pid bigint,"
    " backend_start text, started_at {time}, finished_at {time}, error text,"
    " PRIMARY KEY (version, direction, part, stmt))",
    "INSERT INTO {}meta (key, value) VALUES ('schema_version', '1') ON CONFLICT DO NOTHING",
};

enum err_code book_open(struct db *db, struct sv schema, struct book *ret, struct err *err)
{
    struct book b = {.db = db};
    struct ident_text run = ident_random(10), user = ident_user(), host = ident_host();

    for (size_t i = 0; i < schema.n; i++)
        if (!ascii_is_word(schema.p[i]))
            return err_set(err, ERR_INVALID, "schema '%.*s': letters, digits and _ only",
                           SV_FMT(schema));
    if (!schema.n || schema.n >= sizeof(b.schema))
        return err_set(err, ERR_INVALID, "schema '%.*s': 1 to %zu letters", SV_FMT(schema),
                       sizeof(b.schema) - 1);
    (void)snprintf(b.schema, sizeof(b.schema), "%.*s", SV_FMT(schema));
    (void)snprintf(b.prefix, sizeof(b.prefix), db_kind(db) == DB_POSTGRES ? "\"%s\"." : "%s_",
                   b.schema);
    (void)snprintf(b.run, sizeof(b.run), "m-%s", run.s);
    (void)snprintf(b.os_user, sizeof(b.os_user), "%s", user.s);
    (void)snprintf(b.host, sizeof(b.host), "%s", host.s);
    *ret = b;
    return ERR_OK;
}

void book_release(struct book *b)
{
    free(b->put);
    b->put = NULL;
}

static enum err_code book_exists(struct book *b, bool *ret, struct err *err)
{
    CLEANUP(arena_release) struct arena a = {0};
    CLEANUP(strbuf_release) struct strbuf name = STRBUF(0);
    bool pg = db_kind(b->db) == DB_POSTGRES;
    struct db_value v, found;

    strbuf_addf(&name, "%smeta", b->prefix);
    v = DB_TEXT(strbuf_sv(&name));
    if (db_one(b->db, &a,
               pg ? SV("SELECT to_regclass($1)::text")
                  : SV("SELECT name FROM sqlite_schema WHERE type = 'table' AND name = $1"),
               &v, 1, &found, err) != ERR_OK)
        return err_wrap(err, "prusik's own tables");
    *ret = !found.is_null;
    return ERR_OK;
}

static const char book_select_version[] = "SELECT value FROM {}meta WHERE key = 'schema_version';";

static enum err_code book_check_value(const struct book *b, struct sv value, struct err *err)
{
    int64_t version;

    if (!sv_to_i64(value, &version) || version > BOOK_VERSION)
        return err_set(err, ERR_REFUSED,
                       "the tables of prusik in %s have version '%.*s': this program knows %d",
                       db_name(b->db), SV_FMT(value), BOOK_VERSION);
    return ERR_OK;
}

static enum err_code book_check_version(struct book *b, struct err *err)
{
    CLEANUP(arena_release) struct arena a = {0};
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);
    struct db_value v;

    book_expand(b, book_select_version, &sql);
    if (db_one(b->db, &a, strbuf_sv(&sql), NULL, 0, &v, err) != ERR_OK)
        return err_wrap(err, "prusik's own tables");
    return book_check_value(b, v.text, err);
}

enum err_code book_create(struct book *b, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);
    bool exists = false;

    if (book_exists(b, &exists, err) != ERR_OK)
        return err->code;
    if (exists)
        return book_check_version(b, err);
    if (db_kind(b->db) == DB_POSTGRES)
        strbuf_addf(&sql, "CREATE SCHEMA IF NOT EXISTS \"%s\";", b->schema);
    for (size_t i = 0; i < ARRAY_LEN(book_tables); i++) {
        book_expand(b, book_tables[i], &sql);
        strbuf_add_byte(&sql, ';');
    }
    if (db_run(b->db, SV("BEGIN"), NULL, 0, NULL, err) != ERR_OK)
        return err->code;
    if (db_run(b->db, strbuf_sv(&sql), NULL, 0, NULL, err) != ERR_OK ||
        db_run(b->db, SV("COMMIT"), NULL, 0, NULL, err) != ERR_OK) {
        struct err ignored;

        if (strcmp(db_error(b->db)->sqlstate, "42501") == 0) /* insufficient_privilege */
            (void)err_hint(err, "GRANT CREATE ON DATABASE to the role, or name a schema of its own:"
                                " --schema NAME");

        book_besides(
            db_run(b->db, SV("ROLLBACK"), NULL, 0, NULL, &ignored)); /* the first error counts */
        return err_wrap(err, "make prusik's own tables");
    }
    return ERR_OK;
}

/* --- reading --- */

void book_rows_release(struct book_rows *r)
{
    vec_release(&r->migrations);
    vec_release(&r->steps);
    arena_release(&r->arena);
}

static int64_t book_int(const struct db_value *v)
{
    int64_t n;

    return sv_to_i64(v->text, &n) ? n : 0;
}

static void book_take(struct book_rows *r, const struct db_row *row, struct sv *const *to, size_t n)
{
    for (size_t i = 0; i < n; i++)
        *to[i] = arena_sv(&r->arena, row->v[i].text);
}

static void book_take_migration(struct book_rows *r, const struct db_row *row)
{
    struct book_migration *m = vec_add(&r->migrations);
    struct sv *const to[] = {&m->version,    &m->name,    &m->kind,      &m->state,
                             &m->p1,         &m->s1,      &m->origin,    &m->applied_at,
                             &m->applied_by, &m->up_text, &m->down_text, &m->verify_text};

    book_take(r, row, to, ARRAY_LEN(to));
    m->ordinal = book_int(&row->v[ARRAY_LEN(to)]);
    m->duration_ms = book_int(&row->v[ARRAY_LEN(to) + 1]);
}

static void book_take_digest(struct book_rows *r, const struct db_row *row)
{
    struct book_migration *m = vec_add(&r->migrations);
    struct sv *const to[] = {&m->version, &m->state, &m->origin, &m->p1, &m->s1};

    book_take(r, row, to, ARRAY_LEN(to));
}

static void book_take_step(struct book_rows *r, const struct db_row *row)
{
    struct book_step *s = vec_add(&r->steps);
    struct sv *const to[] = {&s->version, &s->direction,     &s->part, &s->digest,
                             &s->state,   &s->backend_start, &s->error};

    book_take(r, row, to, ARRAY_LEN(to));
    s->stmt = book_int(&row->v[ARRAY_LEN(to)]);
    s->backend_pid = book_int(&row->v[ARRAY_LEN(to) + 1]);
}

/* One message asks for all of it; whose row it is says the number of its columns. */
static const struct {
    size_t columns;
    void (*take)(struct book_rows *r, const struct db_row *row);
} book_takes[] = {{14, book_take_migration}, {9, book_take_step}, {5, book_take_digest}};

static const char book_select_texts[] =
    "SELECT version, name, kind, state, p1, s1, origin, {at:applied_at}, applied_by, up_text,"
    " down_text, verify_text, ordinal, duration_ms FROM {}migration ORDER BY ordinal, version;";
static const char book_select_rows[] =
    "SELECT version, name, kind, state, p1, s1, origin, {at:applied_at}, applied_by,"
    " {there:up_text}, NULL, NULL, ordinal, duration_ms FROM {}migration"
    " ORDER BY ordinal, version;";
static const char book_select_back[] =
    "SELECT version, name, kind, state, p1, s1, origin, {at:applied_at}, applied_by,"
    " {there:up_text}, down_text, verify_text, ordinal, duration_ms FROM {}migration"
    " ORDER BY ordinal, version;";
static const char book_select_steps[] =
    " SELECT version, direction, part, digest, state, backend_start, error, stmt,"
    " backend_pid FROM {}progress ORDER BY version, direction, part, stmt";
static const char book_select_digests[] =
    "SELECT version, CASE WHEN version IN (SELECT version FROM {}progress)"
    " THEN 'partial' ELSE state END, origin, p1, s1 FROM {}migration"
    " WHERE state IN ('applied', 'partial') ORDER BY ordinal, version";

struct book_taking {
    struct book *b;
    struct book_rows rows;
    bool known; /* the version of the tables */
};

/* Rows as they come: each is in the arena once. */
static enum err_code book_take_row(void *arg, const struct db_row *row, struct err *err)
{
    struct book_taking *t = arg;

    if (row->n == 1) {
        t->known = true;
        return book_check_value(t->b, row->v[0].text, err);
    }
    for (size_t i = 0; i < ARRAY_LEN(book_takes); i++)
        if (row->n == book_takes[i].columns)
            book_takes[i].take(&t->rows, row);
    return ERR_OK;
}

/* The version first: tables of a newer program are not read. */
static enum err_code book_read(struct book_taking *t, const char *select, const char *more,
                               struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf s = STRBUF(0);

    book_expand(t->b, book_select_version, &s);
    book_expand(t->b, select, &s);
    book_expand(t->b, more, &s);
    if (db_each(t->b->db, strbuf_sv(&s), NULL, 0, book_take_row, t, err) != ERR_OK)
        return err->code == ERR_REFUSED ? err->code : err_wrap(err, "prusik's own tables");
    return t->known ? ERR_OK : book_check_value(t->b, SV(""), err);
}

static enum err_code book_load_by(struct book *b, const char *select, const char *more,
                                  struct book_rows *ret, struct err *err)
{
    struct book_taking t = {.b = b};

    if (book_exists(b, &t.rows.exists, err) != ERR_OK ||
        (t.rows.exists && book_read(&t, select, more, err) != ERR_OK)) {
        book_rows_release(&t.rows);
        return err->code;
    }
    *ret = t.rows;
    return ERR_OK;
}

enum err_code book_load(struct book *b, enum book_texts texts, struct book_rows *ret,
                        struct err *err)
{
    static const char *const selects[] = {[BOOK_TEXTS_NONE] = book_select_rows,
                                          [BOOK_TEXTS_ALL] = book_select_texts,
                                          [BOOK_TEXTS_BACK] = book_select_back};

    return book_load_by(b, selects[texts], book_select_steps, ret, err);
}

enum err_code book_load_digests(struct book *b, struct book_rows *ret, struct err *err)
{
    return book_load_by(b, book_select_digests, "", ret, err);
}

/* --- writing --- */

struct book_number {
    char s[24];
};

static struct db_value book_num(struct book_number *n, int64_t value)
{
    if (value < 0)
        return DB_NULL;
    (void)snprintf(n->s, sizeof(n->s), "%lld", (long long)value);
    return DB_TEXT(sv_from(n->s));
}

/* The empty text is NULL. */
static struct db_value book_text(struct sv s)
{
    return s.n ? DB_TEXT(s) : DB_NULL;
}

enum err_code book_set_state(struct book *b, struct sv version, const char *state, struct err *err)
{
    const struct db_value v[] = {DB_TEXT(version), DB_TEXT(sv_from(state))};

    return book_run(b, "UPDATE {}migration SET state = $2 WHERE version = $1", v, 2, err);
}

enum err_code book_delete(struct book *b, struct sv version, struct err *err)
{
    const struct db_value v = DB_TEXT(version);

    return book_run(b, "DELETE FROM {}migration WHERE version = $1", &v, 1, err);
}

enum err_code book_put_step(struct book *b, const struct book_step *s, struct err *err)
{
    struct book_number stmt, pid;
    bool pg = db_kind(b->db) == DB_POSTGRES;
    const struct db_value v[] = {DB_TEXT(s->version),
                                 DB_TEXT(s->direction),
                                 DB_TEXT(s->part),
                                 book_num(&stmt, s->stmt),
                                 book_text(s->digest),
                                 DB_TEXT(s->state),
                                 book_num(&pid, s->backend_pid ? s->backend_pid : -1),
                                 book_text(s->backend_start),
                                 book_text(s->error)};

    return book_run(
        b,
        pg ? "INSERT INTO {}progress AS p (version, direction, part, stmt, digest, state, attempts,"
             " backend_pid, backend_start, started_at, error) VALUES ($1, $2, $3, $4::bigint, $5, $6, 1,"
             " $7::bigint, $8, {now}, $9) ON CONFLICT (version, direction, part, stmt) DO UPDATE SET"
             " digest = excluded.digest, state = excluded.state, attempts = p.attempts + 1,"
             " backend_pid = excluded.backend_pid, backend_start = excluded.backend_start,"
             " finished_at = {now}, error = excluded.error"
           : "INSERT INTO {}progress AS p (version, direction, part, stmt, digest, state, attempts,"
             " backend_pid, backend_start, started_at, error) VALUES ($1, $2, $3, $4, $5, $6, 1,"
             " $7, $8, {now}, $9) ON CONFLICT (version, direction, part, stmt) DO UPDATE SET"
             " digest = excluded.digest, state = excluded.state, attempts = attempts + 1,"
             " backend_pid = excluded.backend_pid, backend_start = excluded.backend_start,"
             " finished_at = {now}, error = excluded.error",
        v, ARRAY_LEN(v), err);
}

enum err_code book_clear_steps(struct book *b, struct sv version, struct err *err)
{
    const struct db_value v = DB_TEXT(version);

    return book_run(b, "DELETE FROM {}progress WHERE version = $1", &v, 1, err);
}

#define BOOK_MIGRATION_VALUES 19
#define BOOK_EVENT_VALUES     12

struct book_numbers {
    struct book_number ordinal, took, stmt, event_took;
};

static void book_migration_values(const struct book *b, const struct book_migration *m,
                                  struct book_numbers *n, struct db_value *v)
{
    const struct db_value values[] = {
        book_text(m->version),     book_num(&n->ordinal, m->ordinal),
        book_text(m->name),        book_text(m->kind),
        book_text(m->state),       book_text(m->format),
        book_text(m->path),        book_text(m->title),
        book_text(m->p1),          book_text(m->s1),
        book_text(m->up_text),     book_text(m->down_text),
        book_text(m->verify_text), book_text(m->origin),
        book_text(m->origin_ref),  book_text(m->origin_at),
        book_text(m->applied_by),  book_num(&n->took, m->duration_ms),
        DB_TEXT(sv_from(b->run)),
    };

    static_assert(ARRAY_LEN(values) == BOOK_MIGRATION_VALUES, "$1 to $19");
    memcpy(v, values, sizeof(values));
}

static void book_event_values(const struct book *b, const struct book_event *e,
                              struct book_numbers *n, struct db_value *v)
{
    const struct db_value values[] = {
        DB_TEXT(sv_from(b->run)),
        DB_TEXT(sv_from(b->os_user)),
        DB_TEXT(sv_from(b->host)),
        DB_TEXT(sv_from(e->kind)),
        book_text(e->version),
        book_text(e->direction),
        book_text(e->part),
        book_num(&n->stmt, e->stmt),
        book_num(&n->event_took, e->duration_ms),
        book_text(e->sqlstate),
        book_text(e->message),
        book_text(e->detail),
    };

    static_assert(ARRAY_LEN(values) == BOOK_EVENT_VALUES, "$1 to $12");
    memcpy(v, values, sizeof(values));
}

static const char book_put_postgres[] =
    "INSERT INTO {}migration AS m (version, ordinal, name, kind, state, format, path, title,"
    " p1, s1, up_text, down_text, verify_text, origin, origin_ref, origin_at, applied_at,"
    " applied_by, duration_ms, run_id) VALUES ($1, $2::numeric, $3, $4, $5, $6, $7, $8, $9,"
    " $10, $11, $12, $13, $14, $15, $16::timestamptz, {now}, coalesce($17, current_user),"
    " $18::bigint + {took}, $19) ON CONFLICT (version) DO UPDATE SET (ordinal, name, kind, state,"
    " format, path, title, p1, s1, up_text, down_text, verify_text, origin, origin_ref,"
    " origin_at, applied_at, applied_by, duration_ms, run_id) = (excluded.ordinal,"
    " excluded.name, excluded.kind, excluded.state, excluded.format, excluded.path,"
    " excluded.title, excluded.p1, excluded.s1, excluded.up_text, excluded.down_text,"
    " excluded.verify_text, excluded.origin, excluded.origin_ref, excluded.origin_at,"
    " excluded.applied_at, excluded.applied_by, excluded.duration_ms, excluded.run_id)";
static const char book_event_postgres[] =
    "INSERT INTO {}event (at, run_id, db_user, os_user, host, pid, program, kind, version,"
    " direction, part, stmt, duration_ms, sqlstate, message, detail) VALUES ({now}, $1,"
    " current_user, $2, $3, pg_backend_pid(), 'prusik', $4, $5, $6, $7, $8::bigint, $9::bigint,"
    " $10, $11, $12::json)";

/*
 * An INSERT of SQLite, whose first value is the time, with those of its other columns that have one: it compiles each anew
 * behind every change of a table, and what is not there costs nothing.
 */
struct book_lite {
    const char *insert, *first;
    const char *columns[BOOK_MIGRATION_VALUES + 1]; /* as the values; ended by NULL */
};

static enum err_code book_insert_lite(struct book *b, const struct book_lite *to,
                                      const struct db_value *v, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0), values = STRBUF(0);
    struct clock_text now = clock_format(clock_now_us());
    struct db_value given[BOOK_MIGRATION_VALUES + 1];
    size_t n = 0;

    book_expand(b, to->insert, &sql);
    strbuf_add_str(&values, to->first);
    given[n++] = DB_TEXT(sv_from(now.s));
    for (size_t i = 0; to->columns[i]; i++) {
        if (v[i].is_null)
            continue;
        assert(n < ARRAY_LEN(given));
        given[n++] = v[i];
        strbuf_add_str(&sql, ", ");
        strbuf_add_str(&sql, to->columns[i]);
        strbuf_addf(&values, ", $%zu", n);
    }
    strbuf_add_str(&sql, ") VALUES (");
    strbuf_add_sv(&sql, strbuf_sv(&values));
    strbuf_add_byte(&sql, ')');
    if (db_run(b->db, strbuf_sv(&sql), given, n, NULL, err) != ERR_OK)
        return err_wrap(err, "prusik's own tables");
    return ERR_OK;
}

enum err_code book_put(struct book *b, const struct book_migration *m, struct err *err)
{
    static const struct book_lite lite = {"INSERT OR REPLACE INTO {}migration (applied_at",
                                          "$1",
                                          {"version",     "ordinal",     "name",       "kind",
                                           "state",       "format",      "path",       "title",
                                           "p1",          "s1",          "up_text",    "down_text",
                                           "verify_text", "origin",      "origin_ref", "origin_at",
                                           "applied_by",  "duration_ms", "run_id",     NULL}};
    struct book_numbers n;
    struct db_value v[BOOK_MIGRATION_VALUES];

    book_migration_values(b, m, &n, v);
    if (db_kind(b->db) == DB_POSTGRES)
        return book_run(b, book_put_postgres, v, ARRAY_LEN(v), err);
    return book_insert_lite(b, &lite, v, err);
}

enum err_code book_add_event(struct book *b, const struct book_event *e, struct err *err)
{
    static const struct book_lite lite = {"INSERT INTO {}event (at, program",
                                          "$1, 'prusik'",
                                          {"run_id", "os_user", "host", "kind", "version",
                                           "direction", "part", "stmt", "duration_ms", "sqlstate",
                                           "message", "detail", NULL}};
    struct book_numbers n;
    struct db_value v[BOOK_EVENT_VALUES];

    book_event_values(b, e, &n, v);
    if (db_kind(b->db) == DB_POSTGRES)
        return book_run(b, book_event_postgres, v, ARRAY_LEN(v), err);
    return book_insert_lite(b, &lite, v, err);
}

/* The event's run, version and direction are those of the row. */
static const char book_put_with_event[] =
    ") INSERT INTO {}event (at, run_id, db_user, os_user, host, pid, program, kind, version,"
    " direction, stmt, duration_ms) VALUES ({now}, $19, current_user, $20, $21, pg_backend_pid(),"
    " 'prusik', $22, $1, $23, $24::bigint, $25::bigint + {took})";

static bool book_is_together(const struct book *b, const struct book_event *e)
{
    return db_kind(b->db) == DB_POSTGRES && !e->part.n && !e->sqlstate.n && !e->message.n &&
           !e->detail.n;
}

/* The statement of both rows, which is made once, and its values. */
#define BOOK_TOGETHER_VALUES (BOOK_MIGRATION_VALUES + 6)
static struct sv book_together(struct book *b, const struct book_migration *m,
                               const struct book_event *e, struct book_numbers *n,
                               struct db_value *v)
{
    book_migration_values(b, m, n, v);
    v[19] = DB_TEXT(sv_from(b->os_user));
    v[20] = DB_TEXT(sv_from(b->host));
    v[21] = DB_TEXT(sv_from(e->kind));
    v[22] = book_text(e->direction);
    v[23] = book_num(&n->stmt, e->stmt);
    v[24] = book_num(&n->event_took, e->duration_ms);
    if (!b->put) {
        CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);

        strbuf_add_str(&sql, "WITH put AS (");
        book_expand(b, book_put_postgres, &sql);
        book_expand(b, book_put_with_event, &sql);
        b->put = strbuf_steal_str(&sql);
    }
    return sv_from(b->put);
}

enum err_code book_put_text(struct book *b, const struct book_migration *m,
                            const struct book_event *e, struct strbuf *text, struct err *err)
{
    struct book_numbers n;
    struct db_value v[BOOK_TOGETHER_VALUES];
    struct sv sql;

    assert(book_is_together(b, e));
    sql = book_together(b, m, e, &n, v);
    if (db_often_text(b->db, sql, v, ARRAY_LEN(v), text, err) != ERR_OK)
        return err_wrap(err, "prusik's own tables");
    return ERR_OK;
}

static enum err_code book_put_before(struct book *b, const struct book_migration *m,
                                     const struct book_event *e, struct sv behind, size_t *done,
                                     struct err *err)
{
    enum err_code rc = ERR_OK;

    *done = 0;
    if (book_put(b, m, err) != ERR_OK || book_add_event(b, e, err) != ERR_OK)
        return err->code;
    if (behind.n)
        rc = db_run(b->db, behind, NULL, 0, NULL, err);
    *done = 1 + (behind.n ? db_done(b->db) : 0);
    return rc;
}

enum err_code book_put_with(struct book *b, const struct book_migration *m,
                            const struct book_event *e, struct sv behind, size_t *done,
                            struct err *err)
{
    struct book_numbers n;
    struct db_value v[BOOK_TOGETHER_VALUES];
    enum err_code rc;
    struct sv sql;

    if (!book_is_together(b, e))
        return book_put_before(b, m, e, behind, done, err);
    sql = book_together(b, m, e, &n, v);
    rc = behind.n ? db_run_often_with(b->db, sql, v, ARRAY_LEN(v), behind, err)
                  : db_run_often(b->db, sql, v, ARRAY_LEN(v), err);
    *done = db_done(b->db);
    return rc == ERR_OK || *done ? rc : err_wrap(err, "prusik's own tables");
}

enum err_code book_has_event(struct book *b, struct sv version, const char *kind, bool *ret,
                             struct err *err)
{
    CLEANUP(arena_release) struct arena a = {0};
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);
    const struct db_value v[] = {DB_TEXT(sv_from(b->run)), DB_TEXT(version),
                                 DB_TEXT(sv_from(kind))};
    struct db_value n;

    book_expand(b, "SELECT count(*) FROM {}event WHERE run_id = $1 AND version = $2 AND kind = $3",
                &sql);
    if (db_one(b->db, &a, strbuf_sv(&sql), v, ARRAY_LEN(v), &n, err) != ERR_OK)
        return err_wrap(err, "prusik's own tables");
    *ret = !sv_is(n.text, "0");
    return ERR_OK;
}

const char *const book_event_columns[] = {"id",          "at",       "run",       "user", "host",
                                          "kind",        "version",  "direction", "part", "stmt",
                                          "duration_ms", "sqlstate", "message",   NULL};

enum err_code book_events(struct book *b, struct sv version, int64_t limit, struct arena *a,
                          struct db_table *ret, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);
    struct book_number n;
    const struct db_value v[] = {book_text(version), book_num(&n, limit)};
    bool exists = false;

    *ret = (struct db_table){0};
    if (book_exists(b, &exists, err) != ERR_OK)
        return err->code;
    if (!exists)
        return ERR_OK;
    book_expand(
        b,
        "SELECT id, {at:at}, run_id, coalesce(db_user, os_user), host, kind, version, direction,"
        " part, stmt, duration_ms, sqlstate, message FROM {}event",
        &sql);
    strbuf_add_str(&sql,
                   db_kind(b->db) == DB_POSTGRES
                       ? " WHERE $1::text IS NULL OR version = $1 ORDER BY id DESC LIMIT $2::bigint"
                       : " WHERE $1 IS NULL OR version = $1 ORDER BY id DESC LIMIT $2");
    if (db_all(b->db, a, strbuf_sv(&sql), v, 2, ret, err) != ERR_OK)
        return err_wrap(err, "prusik's own tables");
    return ERR_OK;
}
