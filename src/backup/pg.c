#include "backup/pg.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backup/proc.h"
#include "base/mem.h"
#include "base/sv.h"
#include "db/libpq.h"

/* --- addresses --- */

static void pg_add_escaped(struct strbuf *b, struct sv text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (ascii_is_word(text.p[i]))
            strbuf_add_byte(b, text.p[i]);
        else
            strbuf_addf(b, "%%%02x", (unsigned char)text.p[i]);
    }
}

/* "postgresql+driver://..." as libpq reads it. */
static void pg_plain_url(struct sv url, struct strbuf *ret)
{
    size_t at = sv_find(url, SV("://"), 0);

    strbuf_add_str(ret, "postgresql");
    strbuf_add_sv(ret, sv_sub(url, at, url.n));
}

void pg_url(struct sv url, struct sv database, struct strbuf *ret)
{
    pg_plain_url(url, ret);
    if (!database.n)
        return;
    strbuf_add_str(ret, sv_find_byte(url, '?', 0) == SV_NPOS ? "?dbname=" : "&dbname=");
    pg_add_escaped(ret, database); /* of two the last counts */
}

static void pg_options_free(PQconninfoOption **o)
{
    if (*o)
        libpq.conninfoFree(*o);
}

static enum err_code pg_parse(struct sv url, struct sv database, PQconninfoOption **ret,
                              struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    char *words = NULL;

    if (libpq_open(err) != ERR_OK)
        return err->code;
    if (!db_is_url(url) || !sv_starts_nocase(url, SV("postgres")))
        return err_set(err, ERR_INVALID, "that is no address of PostgreSQL: postgresql://...");
    pg_url(url, database, &text);
    *ret = libpq.conninfoParse(strbuf_str(&text), &words);
    if (*ret)
        return ERR_OK;
    libpq.freemem(words); /* they repeat the address, and its password */
    return err_set(err, ERR_INVALID, "the address of the database is not one that libpq reads");
}

enum err_code pg_url_database(struct sv url, struct arena *a, struct sv *ret, struct err *err)
{
    CLEANUP(pg_options_free) PQconninfoOption *o = NULL;

    if (pg_parse(url, (struct sv){NULL, 0}, &o, err) != ERR_OK)
        return err->code;
    assert(o);
    for (const PQconninfoOption *p = o; p->keyword; p++)
        if (strcmp(p->keyword, "dbname") == 0 && p->val && *p->val) {
            *ret = arena_sv(a, sv_from(p->val));
            return ERR_OK;
        }
    return err_set(err, ERR_INVALID, "the address names no database");
}

/* Ours, with what the address says. */
struct pg_env {
    struct arena arena;
    VEC(const char *) v;
};

static void pg_env_release(struct pg_env *e)
{
    vec_release(&e->v);
    arena_release(&e->arena);
}

/* Later ones of a name win: a program takes the first, so what is said again is left out. */
static void pg_env_set(struct pg_env *e, const char *name, const char *value)
{
    struct sv prefix = arena_fmt(&e->arena, "%s=", name);
    const char *entry = arena_fmt(&e->arena, "%s=%s", name, value).p;

    for (size_t i = 0; i < e->v.n; i++)
        if (sv_starts(sv_from(e->v.v[i]), prefix)) {
            e->v.v[i] = entry;
            return;
        }
    *vec_add(&e->v) = entry;
}

static enum err_code pg_env_fill(struct pg_env *e, struct sv url, struct sv database,
                                 struct err *err)
{
    CLEANUP(pg_options_free) PQconninfoOption *o = NULL;

    if (pg_parse(url, database, &o, err) != ERR_OK)
        return err->code;
    assert(o);
    for (char **v = environ; *v; v++)
        *vec_add(&e->v) = *v;
    for (const PQconninfoOption *p = o; p->keyword; p++)
        if (p->envvar && p->val)
            pg_env_set(e, p->envvar, p->val);
    pg_env_set(e, "LC_ALL", "C"); /* its errors are read by whoever reads ours */
    *vec_add(&e->v) = NULL;
    return ERR_OK;
}

/* --- the census --- */

/* What belongs to the database: neither the system's, nor a session's, nor an extension's. */
#define PG_USERS_SCHEMA(ns) \
    ns " IN (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname <> 'information_schema' AND nspname !~ '^pg_')"
#define PG_NOT_OF_EXTENSION(catalog, oid)                                                          \
    " AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend e WHERE e.classid = 'pg_catalog." catalog \
    "'::pg_catalog.regclass AND e.objid = " oid " AND e.deptype = 'e')"
#define PG_RELATIONS(kinds)                                                 \
    "SELECT count(*) FROM pg_catalog.pg_class c WHERE c.relkind IN (" kinds \
    ") AND c.relpersistence <> 't' AND " PG_USERS_SCHEMA("c.relnamespace")  \
        PG_NOT_OF_EXTENSION("pg_class", "c.oid")

static const struct {
    const char *name, *sql;
} pg_facts[] = {
    {"constraints",
     "SELECT count(*) FROM pg_catalog.pg_constraint c WHERE c.conparentid = 0 AND " PG_USERS_SCHEMA(
         "c.connamespace") PG_NOT_OF_EXTENSION("pg_constraint", "c.oid")},
    {"functions", "SELECT count(*) FROM pg_catalog.pg_proc p WHERE " PG_USERS_SCHEMA(
                      "p.pronamespace") PG_NOT_OF_EXTENSION("pg_proc", "p.oid")},
    /* pg_dump leaves out what a failed CREATE INDEX CONCURRENTLY left */
    {"indexes",
     "SELECT count(*) FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
     " WHERE i.indisvalid AND c.relpersistence <> 't' AND " PG_USERS_SCHEMA("c.relnamespace")
         PG_NOT_OF_EXTENSION("pg_class", "i.indrelid")},
    {"large_objects", "SELECT count(*) FROM pg_catalog.pg_largeobject_metadata"},
    {"sequences", PG_RELATIONS("'S'")},
    {"triggers",
     "SELECT count(*) FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid"
     " WHERE NOT t.tgisinternal AND NOT c.relispartition AND " PG_USERS_SCHEMA("c.relnamespace")},
    {"types",
     "SELECT count(*) FROM pg_catalog.pg_type t WHERE t.typtype IN ('e', 'd', 'r') AND " PG_USERS_SCHEMA(
         "t.typnamespace") PG_NOT_OF_EXTENSION("pg_type", "t.oid")},
    {"views", PG_RELATIONS("'v', 'm'")},
};

static const char pg_tables[] =
    "SELECT n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND " PG_USERS_SCHEMA("c.relnamespace")
        PG_NOT_OF_EXTENSION("pg_class", "c.oid") " ORDER BY 1, 2";

/* How values are written, so that the same value always gives the same text. */
static const char pg_settings[] =
    "SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL intervalstyle = 'postgres'; SET LOCAL timezone = 'UTC';"
    "SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'; SET LOCAL lc_monetary = 'C';"
    "SET LOCAL xmloption = 'content'; SET LOCAL row_security = off; SET LOCAL search_path = '';"
    "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = '10s';"
    "SET LOCAL idle_in_transaction_session_timeout = 0";

enum err_code pg_begin_snapshot(struct db *db, struct err *err)
{
    if (db_run(db, SV("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"), NULL, 0, NULL, err) !=
        ERR_OK)
        return err->code;
    return db_run(db, sv_from(pg_settings), NULL, 0, NULL, err);
}

struct pg_names {
    struct census *census;
    struct arena *arena;
    VEC(struct sv) quoted; /* as SQL writes the table, one for each of the census */
};

static enum err_code pg_add_table(void *arg, const struct db_row *row, struct err *err UNUSED)
{
    struct pg_names *names = arg;
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    strbuf_addf(&b, "%.*s.%.*s", SV_FMT(row->v[0].text), SV_FMT(row->v[1].text));
    census_add(names->census, strbuf_sv(&b));
    strbuf_truncate(&b, 0);
    db_quote_name(&b, row->v[0].text);
    strbuf_add_byte(&b, '.');
    db_quote_name(&b, row->v[1].text);
    *vec_add(&names->quoted) = arena_sv(names->arena, strbuf_sv(&b));
    return ERR_OK;
}

struct pg_counted {
    struct census *census;
    struct census_table *table;
};

static enum err_code pg_add_count(void *arg, const struct db_row *row, struct err *err)
{
    struct pg_counted *c = arg;

    if (!sv_to_i64(row->v[0].text, &c->table->rows))
        return err_set(err, ERR_INTERNAL, "a count is no number"); /* uncovered: count(*) is one */
    c->table->digest = arena_sv(&c->census->arena, row->v[1].text);
    c->table->counted = true;
    return ERR_OK;
}

static enum err_code pg_count(struct db *db, struct census *c, size_t i, struct sv quoted,
                              struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);
    struct pg_counted counted = {c, &c->tables.v[i]};

    /* A name that no column has, or the column would be meant. */
    strbuf_addf(&sql,
                "SELECT pg_catalog.count(*), coalesce(pg_catalog.sum(pg_catalog.hashtextextended("
                "prusik_row_::pg_catalog.text COLLATE \"C\", 0)::pg_catalog.numeric), 0)"
                " FROM ONLY %.*s prusik_row_",
                SV_FMT(quoted));
    return db_each(db, strbuf_sv(&sql), NULL, 0, pg_add_count, &counted, err);
}

static enum err_code pg_add_settings(void *arg, const struct db_row *row, struct err *err UNUSED)
{
    for (size_t i = 0; i < row->n; i++)
        census_add_setting(arg, row->names[i], row->v[i].text);
    return ERR_OK;
}

static enum err_code pg_read_settings(struct db *db, struct census *c, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);

    strbuf_addf(
        &sql,
        "SELECT pg_catalog.pg_encoding_to_char(encoding) AS encoding, datcollate AS collate,"
        " datctype AS ctype, %s AS provider, %s AS locale"
        " FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()",
        db_version(db) >= 150000 ? "datlocprovider" : "'c'",
        db_version(db) >= 170000   ? "datlocale"
        : db_version(db) >= 150000 ? "daticulocale"
                                   : "NULL");
    return db_each(db, strbuf_sv(&sql), NULL, 0, pg_add_settings, c, err);
}

static enum err_code pg_read_facts(struct db *db, struct census *c, struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(pg_facts); i++) {
        CLEANUP(arena_release) struct arena a = {0};
        struct db_value v;

        if (db_one(db, &a, sv_from(pg_facts[i].sql), NULL, 0, &v, err) != ERR_OK)
            return err->code;
        census_add_fact(c, pg_facts[i].name, v.text);
    }
    return ERR_OK;
}

static void pg_names_release(struct pg_names *n)
{
    vec_release(&n->quoted);
}

enum err_code pg_census(struct db *db, const struct job *job, struct census *ret, struct err *err)
{
    CLEANUP(census_release) struct census c = {0};
    CLEANUP(pg_names_release) struct pg_names names = {.census = &c, .arena = &c.arena};

    if (pg_read_settings(db, &c, err) != ERR_OK || pg_read_facts(db, &c, err) != ERR_OK ||
        db_each(db, sv_from(pg_tables), NULL, 0, pg_add_table, &names, err) != ERR_OK)
        return err->code;
    for (size_t i = 0; i < c.tables.n; i++)
        if (job_tick(job, "count", (int64_t)i, (int64_t)c.tables.n, err) != ERR_OK ||
            pg_count(db, &c, i, names.quoted.v[i], err) != ERR_OK)
            return err->code;
    census_sort(&c);
    *ret = c;
    memset(&c, 0, sizeof(c));
    return ERR_OK;
}

/* --- programs --- */

/* "pg_dump (PostgreSQL) 15.4 (Debian ...)" */
static int pg_program_major(struct sv said)
{
    size_t at = sv_find(said, SV(") "), 0);
    struct sv number = sv_sub(said, at == SV_NPOS ? said.n : at + 2, said.n);
    int64_t major = 0;
    size_t n = 0;

    while (n < number.n && ascii_is_digit(number.p[n]))
        n++;
    return sv_to_i64(sv_sub(number, 0, n), &major) && major < 1000 ? (int)major : 0;
}

static enum err_code pg_program_is_new(const struct pg_dump *d, const struct pg_env *env,
                                       struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf said = STRBUF(1000);
    const char *const argv[] = {"pg_dump", "--version", NULL};
    const struct proc p = {.argv = argv, .env = env->v.v, .out = &said};
    int major;

    if (proc_run(&p, err) != ERR_OK)
        return err->code == ERR_NOT_FOUND
                   ? err_hint(err, "install postgresql-client-%d", d->server_version / 10000)
                   : err->code;
    major = pg_program_major(strbuf_sv(&said));
    if (major >= d->server_version / 10000)
        return ERR_OK;
    (void)err_set(err, ERR_REFUSED, "pg_dump is of version %d, the server of %d", major,
                  d->server_version / 10000);
    return err_hint(err, "install postgresql-client-%d, or put its folder first in PATH",
                    d->server_version / 10000);
}

enum err_code pg_dump(const struct pg_dump *d, struct err *err)
{
    CLEANUP(pg_env_release) struct pg_env env = {0};
    CLEANUP(strbuf_release) struct strbuf snapshot = STRBUF(0);
    struct proc p = {
        .on_out = d->on_bytes, .arg = d->arg, .job = d->job, .phase = "dump", .done = d->done};

    strbuf_addf(&snapshot, "--snapshot=%.*s", SV_FMT(d->snapshot));
    if (pg_env_fill(&env, d->url, (struct sv){NULL, 0}, err) != ERR_OK ||
        pg_program_is_new(d, &env, err) != ERR_OK)
        return err->code;
    p.env = env.v.v;
    p.argv = (const char *const[]){"pg_dump",
                                   "--format=custom",
                                   "--compress=0",
                                   "--no-password",
                                   "--lock-wait-timeout=10s",
                                   strbuf_str(&snapshot),
                                   NULL};
    return proc_run(&p, err);
}

/* What is in a connection string in quotes. */
static void pg_add_dbname(struct strbuf *b, struct sv name)
{
    strbuf_add_str(b, "--dbname=dbname='");
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] == '\'' || name.p[i] == '\\')
            strbuf_add_byte(b, '\\');
        strbuf_add_byte(b, name.p[i]);
    }
    strbuf_add_byte(b, '\'');
}

/* Roles are in no dump of one database: what pg_restore says of it tells neither. */
static enum err_code pg_hint_role(struct err *err)
{
    struct sv msg = sv_from(err->msg);

    if (!sv_has(msg, SV("role \"")) || !sv_has(msg, SV("does not exist")))
        return err->code;
    return err_hint(err,
                    "make it there first (CREATE ROLE), as roles are in no dump of one database; "
                    "or --no-owner leaves owners and privileges out");
}

enum err_code pg_restore(const struct pg_restore *r, struct err *err)
{
    CLEANUP(pg_env_release) struct pg_env env = {0};
    CLEANUP(strbuf_release) struct strbuf name = STRBUF(0);
    const char *argv[10] = {"pg_restore", "--exit-on-error", "--single-transaction",
                            "--no-password"};
    struct proc p = {.argv = argv, .input = &r->fd, .job = r->job, .phase = "restore"};
    size_t n = 4;

    pg_add_dbname(&name, r->database);
    if (pg_env_fill(&env, r->url, r->database, err) != ERR_OK)
        return err->code;
    argv[n++] = strbuf_str(&name);
    if (!r->owners) {
        argv[n++] = "--no-owner";
        argv[n++] = "--no-privileges";
    }
    p.env = env.v.v;
    return proc_run(&p, err) == ERR_OK ? ERR_OK : pg_hint_role(err);
}

/* --- databases --- */

enum err_code pg_may_create(struct db *db, struct err *err)
{
    CLEANUP(arena_release) struct arena a = {0};
    struct db_value v;

    if (db_one(
            db, &a,
            SV("SELECT rolsuper OR rolcreatedb FROM pg_catalog.pg_roles WHERE rolname = current_user"),
            NULL, 0, &v, err) != ERR_OK)
        return err->code;
    if (sv_is(v.text, "t"))
        return ERR_OK;
    (void)err_set(err, ERR_REFUSED, "%s: the role may not create databases (CREATEDB)",
                  db_name(db));
    return err_hint(err, "ALTER ROLE ... CREATEDB, --scratch URL of a server where it may, or "
                         "--level decoded: nothing is restored then");
}

static void pg_add_setting(struct strbuf *sql, const char *keyword, const struct census *c,
                           const char *name)
{
    struct sv text = census_setting(c, name);

    if (!text.n)
        return;
    strbuf_addf(sql, " %s ", keyword);
    db_quote_text(sql, text);
}

enum err_code pg_create_database(struct db *db, struct sv name, const struct census *c,
                                 struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);
    struct sv provider = census_setting(c, "provider");

    strbuf_add_str(&sql, "CREATE DATABASE ");
    db_quote_name(&sql, name);
    strbuf_add_str(&sql, " TEMPLATE template0");
    pg_add_setting(&sql, "ENCODING", c, "encoding");
    pg_add_setting(&sql, "LC_COLLATE", c, "collate");
    pg_add_setting(&sql, "LC_CTYPE", c, "ctype");
    if (sv_is(provider, "i") || sv_is(provider, "b")) {
        bool icu = sv_is(provider, "i");

        strbuf_addf(&sql, " LOCALE_PROVIDER %s", icu ? "icu" : "builtin");
        pg_add_setting(&sql, icu ? "ICU_LOCALE" : "BUILTIN_LOCALE", c, "locale");
    }
    return db_run(db, strbuf_sv(&sql), NULL, 0, NULL, err);
}

enum err_code pg_drop_database(struct db *db, struct sv name, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);

    strbuf_add_str(&sql, "DROP DATABASE IF EXISTS ");
    db_quote_name(&sql, name);
    if (db_version(db) >= 130000)
        strbuf_add_str(&sql, " WITH (FORCE)");
    return db_run(db, strbuf_sv(&sql), NULL, 0, NULL, err);
}
