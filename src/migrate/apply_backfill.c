/*
 * One UPDATE in batches: each is a transaction of its own with the place that it came to, so that a run that was
 * killed goes on behind the last batch and no row is seen twice or left out.
 *
 * A batch is a range of the key with constants for its ends.  Its size follows the time that batches take; pauses
 * as long as a batch let others in.  Old values of `keep` columns go to saved_JOB, from where a down restores
 * those that nobody has changed since.  What still matches the WHERE at the end gets another pass.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/duration.h"
#include "base/sv.h"
#include "migrate/apply_int.h"
#include "migrate/sqllex.h"

#define BACKFILL_FIRST    500
#define BACKFILL_LEAST    50
#define BACKFILL_MOST     20000
#define BACKFILL_SHARE    100 /* a batch locks one row of so many: who writes one seldom meets it */
#define BACKFILL_FEW      500 /* ... but so many in any case */
#define BACKFILL_PASSES   3
#define BACKFILL_PAUSE_MS 5
#define BACKFILL_COLUMNS  8
#define BACKFILL_ASK_NS   1000000000 /* between two looks at what may hold it */

struct backfill {
    struct apply_job *j;
    const struct migration_part *p;
    struct sv job, name; /* of the row: "JOB", of a restore "JOB.restore" */
    struct sv table;     /* quoted */
    struct sv walked;    /* whose keys are walked: it, or the kept values */
    struct sv keys[BACKFILL_COLUMNS], kept[BACKFILL_COLUMNS]; /* quoted */
    size_t n_keys, n_kept;
    struct sv key_list, kept_list; /* as they are written in the row */
    struct sv head, where;         /* of the UPDATE; where: empty when there is none */
    struct sv saved;               /* the table of kept values, quoted */
    struct sv upper, last;         /* literals with commas; empty: the start */
    bool restore, fixed;
    struct brake brake;
    uint64_t asked_ns; /* when the brakes were */
    unsigned slow;     /* batches in a row that took four times as long */
    struct sv held;    /* by what; empty: it runs */
    double size, most; /* rows of a batch */
    uint64_t pause_ms, told_ns, start_ns;
    int64_t seen, changed, estimate, passes;
    int64_t seen_before; /* by runs that were killed */
    uint64_t took_ns;    /* by the last batch */
    uint64_t wrote_ns; /* by its statements: BEGIN and COMMIT take the same whatever its size is */
    uint64_t held_ns;  /* all in all */
    bool end;          /* the last batch reached `upper` */
};

static bool backfill_is_postgres(const struct backfill *b)
{
    return db_kind(b->j->a->db) == DB_POSTGRES;
}

static struct arena *backfill_arena(const struct backfill *b)
{
    return &b->j->a->arena;
}

static struct sv backfill_quote(struct backfill *b, struct sv name)
{
    CLEANUP(strbuf_release) struct strbuf s = STRBUF(0);

    db_quote_name(&s, name);
    return arena_sv(backfill_arena(b), strbuf_sv(&s));
}

/* --- texts --- */

/* "s.k1, s.k2"; between is what stands between two. */
static void backfill_columns(struct strbuf *s, const struct sv *v, size_t n, const char *prefix)
{
    for (size_t i = 0; i < n; i++)
        strbuf_addf(s, "%s%s%.*s", i ? ", " : "", prefix, SV_FMT(v[i]));
}

/* The key of a row as constants: what a batch ends at. */
static void backfill_literals(const struct backfill *b, struct strbuf *s)
{
    for (size_t i = 0; i < b->n_keys; i++)
        strbuf_addf(s, backfill_is_postgres(b) ? "%squote_literal(%.*s::text)" : "%squote(%.*s)",
                    i ? " || ', ' || " : "", SV_FMT(b->keys[i]));
}

static void backfill_range(const struct backfill *b, const char *prefix, struct sv last,
                           struct sv to, struct strbuf *s)
{
    strbuf_add_byte(s, '(');
    backfill_columns(s, b->keys, b->n_keys, prefix);
    strbuf_addf(s, ") <= (%.*s)", SV_FMT(to));
    if (!last.n)
        return;
    strbuf_add_str(s, " AND (");
    backfill_columns(s, b->keys, b->n_keys, prefix);
    strbuf_addf(s, ") > (%.*s)", SV_FMT(last));
}

static enum err_code backfill_one(struct backfill *b, struct strbuf *sql, struct db_value *ret,
                                  struct err *err)
{
    return db_one(b->j->a->db, backfill_arena(b), strbuf_sv(sql), NULL, 0, ret, err);
}

static enum err_code backfill_int(struct backfill *b, const char *sql, int64_t *ret,
                                  struct err *err)
{
    struct db_value v;

    if (db_one(b->j->a->db, backfill_arena(b), sv_from(sql), NULL, 0, &v, err) != ERR_OK)
        return err->code;
    if (v.is_null || !sv_to_i64(v.text, ret))
        *ret = 0;
    return ERR_OK;
}

/* --- what the part says --- */

/* Where the WHERE of the statement itself stands. */
static enum err_code backfill_split(struct backfill *b, struct err *err)
{
    struct sv sql = b->p->stmts[0].text;
    struct sqllex lex = {.text = sql, .db = db_kind(b->j->a->db)};
    struct sqllex_token t;
    bool distinct = false, after_distinct; /* IS DISTINCT FROM is an operator */
    size_t depth = 0;

    b->head = sql;
    while (sqllex_next_word(&lex, &t)) {
        bool punct = t.kind == SQLLEX_PUNCT;

        depth += punct && t.text.p[0] == '(';
        depth -= depth && punct && t.text.p[0] == ')';
        if (depth)
            continue;
        after_distinct = distinct;
        distinct = sqllex_is(&t, "DISTINCT");
        if ((sqllex_is(&t, "FROM") && !after_distinct) || sqllex_is(&t, "RETURNING") ||
            sqllex_is(&t, "LIMIT"))
            return err_set(err, ERR_REFUSED, "%.*s:%zu: a backfill has no %.*s (FMT016)",
                           SV_FMT(b->j->m->path), b->p->line, SV_FMT(t.text));
        if (sqllex_is(&t, "WHERE") && !b->where.n) {
            b->head = sv_sub(sql, 0, t.at);
            b->where = sv_sub(sql, lex.at, sql.n);
        }
    }
    return ERR_OK;
}

static enum err_code backfill_list(struct backfill *b, struct sv list, struct sv *ret, size_t *n,
                                   struct err *err)
{
    struct sv one;

    for (*n = 0; list.n && sv_split(&list, ',', &one);) {
        if (*n == BACKFILL_COLUMNS)
            return err_set(err, ERR_REFUSED, "%.*s: at most %d columns", SV_FMT(b->job),
                           BACKFILL_COLUMNS);
        ret[(*n)++] = backfill_quote(b, sv_trim(one));
    }
    return ERR_OK;
}

/* The primary key, else a unique index without nulls; SQLite: else the row number. */
static enum err_code backfill_primary(struct backfill *b, struct sv table, struct err *err)
{
    struct db_value v = DB_TEXT(table), got;

    if (db_one(
            b->j->a->db, backfill_arena(b),
            backfill_is_postgres(b)
                ? SV("SELECT string_agg(a.attname, ',' ORDER BY k.n) FROM (SELECT indrelid, indkey FROM"
                     " pg_index i WHERE i.indrelid = to_regclass($1) AND i.indisunique AND i.indisvalid"
                     " AND i.indpred IS NULL AND i.indexprs IS NULL AND NOT EXISTS (SELECT FROM pg_attribute n"
                     " WHERE n.attrelid = i.indrelid AND n.attnum = ANY (i.indkey) AND NOT n.attnotnull)"
                     " ORDER BY i.indisprimary DESC, i.indnkeyatts, i.indexrelid LIMIT 1) x CROSS JOIN LATERAL"
                     " unnest(x.indkey) WITH ORDINALITY k(attnum, n)"
                     " JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.attnum")
                : SV("SELECT coalesce((SELECT group_concat(name, ',') FROM (SELECT name FROM"
                     " pragma_table_info($1) WHERE pk > 0 ORDER BY pk)), 'rowid')"),
            &v, 1, &got, err) != ERR_OK)
        return err->code;
    if (got.is_null)
        return err_set(err, ERR_REFUSED,
                       "%.*s: %.*s has no key that is unique and never null: give key=",
                       SV_FMT(b->job), SV_FMT(table));
    b->key_list = got.text;
    return ERR_OK;
}

static struct sv backfill_table_name(struct backfill *b, struct sv name)
{
    CLEANUP(strbuf_release) struct strbuf s = STRBUF(0);
    struct sv piece;

    while (name.n && sv_split(&name, '.', &piece)) {
        strbuf_add_str(&s, s.n ? "." : "");
        db_quote_name(&s, piece);
    }
    return arena_sv(backfill_arena(b), strbuf_sv(&s));
}

static void backfill_saved(struct backfill *b)
{
    CLEANUP(strbuf_release) struct strbuf s = STRBUF(0);

    if (backfill_is_postgres(b)) {
        strbuf_addf(&s, "\"%s\".", b->j->a->book.schema);
        db_quote_name(&s, arena_fmt(backfill_arena(b), "saved_%.*s", SV_FMT(b->job)));
    } else {
        db_quote_name(&s, arena_fmt(backfill_arena(b), "%s_saved_%.*s", b->j->a->book.schema,
                                    SV_FMT(b->job)));
    }
    b->saved = arena_sv(backfill_arena(b), strbuf_sv(&s));
}

static enum err_code backfill_read(struct backfill *b, struct err *err)
{
    struct sv table = migration_attr(b->p, "table"), batch = migration_attr(b->p, "batch");
    struct sv key = migration_attr(b->p, "key");
    uint64_t n;
    int64_t ms;

    b->table = b->walked = backfill_table_name(b, table);
    b->key_list = key;
    b->kept_list = migration_attr(b->p, "keep");
    b->size = BACKFILL_FIRST;
    if (batch.n && sv_to_u64(batch, &n) && n > 0) {
        b->fixed = true;
        b->size = (double)n;
    }
    if (duration_parse(migration_attr(b->p, "pause"), &ms))
        b->pause_ms = (uint64_t)ms;
    if (backfill_split(b, err) != ERR_OK)
        return err->code;
    if (sv_is(key, "@primary") &&
        backfill_primary(b, backfill_is_postgres(b) ? b->table : table, err) != ERR_OK)
        return err->code;
    if (backfill_list(b, b->key_list, b->keys, &b->n_keys, err) != ERR_OK)
        return err->code;
    return backfill_list(b, b->kept_list, b->kept, &b->n_kept, err);
}

/* A restore knows what the job has written down. */
static enum err_code backfill_read_restore(struct backfill *b, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);
    struct db_value v = DB_TEXT(b->job);
    struct db_table t;

    b->restore = true;
    b->name = arena_fmt(backfill_arena(b), "%.*s.restore", SV_FMT(b->job));
    b->size = BACKFILL_FIRST;
    strbuf_addf(&sql, "SELECT tbl, key_cols, kept FROM %sbackfill WHERE job = $1",
                b->j->a->book.prefix);
    if (db_all(b->j->a->db, backfill_arena(b), strbuf_sv(&sql), &v, 1, &t, err) != ERR_OK)
        return err->code;
    if (!t.n_rows || !t.v[2].text.n)
        return err_set(err, ERR_REFUSED, "backfill %.*s has kept no values", SV_FMT(b->job));
    b->table = t.v[0].text;
    b->walked = b->saved;
    b->key_list = t.v[1].text;
    b->kept_list = t.v[2].text;
    if (backfill_list(b, b->key_list, b->keys, &b->n_keys, err) != ERR_OK)
        return err->code;
    return backfill_list(b, b->kept_list, b->kept, &b->n_kept, err);
}

/* --- what is kept of it --- */

static enum err_code backfill_make(struct backfill *b, struct err *err)
{
    static const char *const later[] = {"reason text", "rate bigint", "wish text"};
    enum err_code rc;
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);

    strbuf_addf(
        &sql,
        "CREATE TABLE IF NOT EXISTS %sbackfill (job text PRIMARY KEY, version text, direction text,"
        " part text, digest text, tbl text, key_cols text, kept text, upper_key text,"
        " last_key text, batch bigint, rows_seen bigint, rows_changed bigint,"
        " rows_estimate bigint, passes bigint, state text, left_over bigint,"
        " started_at text, updated_at text, finished_at text, reason text, rate bigint, wish text)",
        b->j->a->book.prefix);
    if (db_run(b->j->a->db, strbuf_sv(&sql), NULL, 0, NULL, err) != ERR_OK)
        return err->code;
    strbuf_truncate(&sql, 0);
    strbuf_addf(&sql, "SELECT reason, rate, wish FROM %sbackfill WHERE 1 = 0",
                b->j->a->book.prefix);
    rc = db_run(b->j->a->db, strbuf_sv(&sql), NULL, 0, NULL, err);
    if (rc != ERR_DB)
        return rc;
    strbuf_truncate(&sql, 0); /* made before backfills could be held */
    for (size_t i = 0; i < ARRAY_LEN(later); i++)
        strbuf_addf(&sql, "ALTER TABLE %sbackfill ADD COLUMN %s;", b->j->a->book.prefix, later[i]);
    return db_run(b->j->a->db, strbuf_sv(&sql), NULL, 0, NULL, err);
}

static const char *backfill_now(const struct backfill *b)
{
    return backfill_is_postgres(b)
               ? "to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"
               : "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')";
}

/* Old values of the rows of `keep`, and whether the new ones are known yet. */
static enum err_code backfill_make_saved(struct backfill *b, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);
    struct db_value v;

    strbuf_add_str(
        &sql, backfill_is_postgres(b)
                  ? "SELECT to_regclass("
                  : "SELECT (SELECT name FROM main.sqlite_schema WHERE '\"' || name || '\"' = ");
    db_quote_text(&sql, b->saved);
    strbuf_add_str(&sql, ")");
    if (backfill_one(b, &sql, &v, err) != ERR_OK)
        return err->code;
    if (!v.is_null)
        return ERR_OK; /* a run before has made it */
    strbuf_truncate(&sql, 0);
    strbuf_addf(&sql, "CREATE TABLE %.*s AS SELECT ", SV_FMT(b->saved));
    backfill_columns(&sql, b->keys, b->n_keys, "");
    for (size_t i = 0; i < b->n_kept; i++)
        strbuf_addf(&sql, ", %.*s AS old_%zu, %.*s AS new_%zu", SV_FMT(b->kept[i]), i + 1,
                    SV_FMT(b->kept[i]), i + 1);
    strbuf_addf(&sql, ", 0 AS settled FROM %.*s WHERE 1 = 0; CREATE UNIQUE INDEX ",
                SV_FMT(b->table));
    db_quote_name(&sql, arena_fmt(backfill_arena(b), "prusik_saved_%.*s_key", SV_FMT(b->job)));
    strbuf_addf(&sql, " ON %.*s (", SV_FMT(b->saved));
    backfill_columns(&sql, b->keys, b->n_keys, "");
    strbuf_add_str(&sql, ")");
    return db_run(b->j->a->db, strbuf_sv(&sql), NULL, 0, NULL, err);
}

/* The largest key that is there now: what comes later is not of this job, or it would never end. */
static enum err_code backfill_upper(struct backfill *b, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);
    struct db_value v;

    strbuf_add_str(&sql, "SELECT ");
    backfill_literals(b, &sql);
    strbuf_addf(&sql, " FROM %.*s ORDER BY ", SV_FMT(b->walked));
    for (size_t i = 0; i < b->n_keys; i++)
        strbuf_addf(&sql, "%s%.*s DESC", i ? ", " : "", SV_FMT(b->keys[i]));
    strbuf_add_str(&sql, " LIMIT 1");
    if (backfill_one(b, &sql, &v, err) != ERR_OK)
        return err->code;
    b->upper = v.is_null ? SV("") : v.text;
    b->last = SV("");
    return ERR_OK;
}

/* Rows a second, of this run. */
static double backfill_rate(const struct backfill *b)
{
    double seconds = (double)(clock_mono_ns() - b->start_ns - b->held_ns) / 1e9;

    return seconds > 0 ? (double)(b->seen - b->seen_before) / seconds : 0;
}

static enum err_code backfill_put(struct backfill *b, const char *state, int64_t left,
                                  struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);
    struct db_value v[11] = {DB_TEXT(b->name),
                             DB_TEXT(b->j->version),
                             DB_TEXT(sv_from(b->j->direction)),
                             DB_TEXT(apply_part_name(b->j, b->p)),
                             DB_TEXT(apply_digest(b->j->a, b->p, 0)),
                             DB_TEXT(b->table),
                             DB_TEXT(b->key_list),
                             DB_TEXT(b->kept_list),
                             DB_TEXT(b->upper),
                             DB_TEXT(b->last),
                             b->held.n ? DB_TEXT(b->held) : DB_NULL};

    strbuf_addf(
        &sql,
        "INSERT INTO %sbackfill (job, version, direction, part, digest, tbl, key_cols, kept,"
        " upper_key, last_key, batch, rows_seen, rows_changed, rows_estimate, passes, state,"
        " left_over, started_at, updated_at, finished_at, reason, rate) VALUES ($1, $2, $3, $4, $5,"
        " $6, $7, $8, $9, $10, %lld, %lld, %lld, %lld, %lld, '%s', %lld, %s, %s, NULL, $11, %.0f)"
        " ON CONFLICT (job) DO UPDATE SET version = excluded.version, direction ="
        " excluded.direction, part = excluded.part, digest = excluded.digest,"
        " tbl = excluded.tbl, key_cols = excluded.key_cols, kept = excluded.kept,"
        " upper_key = excluded.upper_key, last_key = excluded.last_key, batch = excluded.batch,"
        " rows_seen = excluded.rows_seen, rows_changed = excluded.rows_changed,"
        " rows_estimate = excluded.rows_estimate, passes = excluded.passes,"
        " state = excluded.state, left_over = excluded.left_over,"
        " updated_at = excluded.updated_at, reason = excluded.reason, rate = excluded.rate,"
        " finished_at = CASE WHEN excluded.state IN ('done', 'cancelled') THEN"
        " excluded.updated_at END, wish = CASE WHEN excluded.state NOT IN ('done', 'cancelled') THEN"
        " %sbackfill.wish END",
        b->j->a->book.prefix, (long long)b->size, (long long)b->seen, (long long)b->changed,
        (long long)b->estimate, (long long)b->passes, state, (long long)left, backfill_now(b),
        backfill_now(b), backfill_rate(b), b->j->a->book.prefix);
    return db_run(b->j->a->db, strbuf_sv(&sql), v, ARRAY_LEN(v), NULL, err);
}

static enum err_code backfill_estimate(struct backfill *b, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);

    if (backfill_is_postgres(b)) {
        strbuf_add_str(
            &sql, "SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = to_regclass(");
        db_quote_text(&sql, b->walked);
        strbuf_add_str(&sql, ")");
    } else {
        strbuf_addf(&sql, "SELECT count(*) FROM %.*s", SV_FMT(b->walked));
    }
    return backfill_int(b, strbuf_str(&sql), &b->estimate, err);
}

/* Rows without a key are in no batch; a WHERE would tell of them at the end. */
static enum err_code backfill_no_null_keys(struct backfill *b, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);
    int64_t nulls = 0;

    if (b->where.n || b->restore || sv_is(migration_attr(b->p, "key"), "@primary"))
        return ERR_OK;
    strbuf_addf(&sql, "SELECT count(*) FROM (SELECT 1 FROM %.*s WHERE ", SV_FMT(b->table));
    for (size_t i = 0; i < b->n_keys; i++)
        strbuf_addf(&sql, "%s%.*s IS NULL", i ? " OR " : "", SV_FMT(b->keys[i]));
    strbuf_add_str(&sql, " LIMIT 1) n");
    if (backfill_int(b, strbuf_str(&sql), &nulls, err) != ERR_OK)
        return err->code;
    if (!nulls)
        return ERR_OK;
    return err_set(err, ERR_REFUSED, "%.*s:%zu: backfill %.*s: key %.*s has nulls",
                   SV_FMT(b->j->m->path), b->p->line, SV_FMT(b->name), SV_FMT(b->key_list));
}

static enum err_code backfill_fresh(struct backfill *b, const struct db_table *row, struct err *err)
{
    enum err_code rc;
    struct book_step s = {.version = b->j->version,
                          .direction = sv_from(b->j->direction),
                          .part = apply_part_name(b->j, b->p),
                          .digest = apply_digest(b->j->a, b->p, 0),
                          .state = SV("intent")};

    if (row->n_rows && b->n_kept && !b->restore && !sv_eq(row->v[0].text, b->j->version))
        return err_set(err, ERR_REFUSED,
                       "backfill %.*s has kept values of %.*s: give another job name",
                       SV_FMT(b->job), SV_FMT(row->v[0].text));
    if (backfill_no_null_keys(b, err) != ERR_OK || backfill_estimate(b, err) != ERR_OK ||
        backfill_upper(b, err) != ERR_OK || apply_tx_begin(b->j->a, NULL, err) != ERR_OK)
        return err->code;
    rc = book_put_step(&b->j->a->book, &s, err);
    b->j->row.state = SV("partial"); /* also for those who look without the file */
    if (rc == ERR_OK)
        rc = strcmp(b->j->direction, "up") == 0
                 ? book_put(&b->j->a->book, &b->j->row, err)
                 : book_set_state(&b->j->a->book, b->j->version, "partial", err);
    if (rc == ERR_OK && b->n_kept && !b->restore)
        rc = backfill_make_saved(b, err);
    if (rc == ERR_OK)
        rc = backfill_put(b, "running", 0, err);
    return apply_tx_end(b->j->a, rc, err);
}

/* Where a run before has come to; a part that was edited since begins anew. */
static enum err_code backfill_begin(struct backfill *b, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);
    struct db_value v = DB_TEXT(b->name);
    struct db_table t;
    int64_t batch;

    strbuf_addf(
        &sql,
        "SELECT version, direction, part, digest, state, upper_key, last_key, batch, rows_seen,"
        " rows_changed, rows_estimate, passes FROM %sbackfill WHERE job = $1",
        b->j->a->book.prefix);
    if (db_all(b->j->a->db, backfill_arena(b), strbuf_sv(&sql), &v, 1, &t, err) != ERR_OK)
        return err->code;
    if (!t.n_rows || !sv_eq(t.v[0].text, b->j->version) || !sv_is(t.v[1].text, b->j->direction) ||
        !sv_eq(t.v[2].text, apply_part_name(b->j, b->p)) ||
        !sv_eq(t.v[3].text, apply_digest(b->j->a, b->p, 0)) || sv_is(t.v[4].text, "done") ||
        sv_is(t.v[4].text, "cancelled"))
        return backfill_fresh(b, &t, err);
    b->upper = t.v[5].text;
    b->last = t.v[6].text;
    if (!b->fixed && sv_to_i64(t.v[7].text, &batch) && batch > 0)
        b->size = (double)batch;
    return sv_to_i64(t.v[8].text, &b->seen) && sv_to_i64(t.v[9].text, &b->changed) &&
                   sv_to_i64(t.v[10].text, &b->estimate) && sv_to_i64(t.v[11].text, &b->passes)
               ? ERR_OK
               : err_set(err, ERR_CORRUPT, "the row of backfill %.*s cannot be read",
                         SV_FMT(b->name));
}

/* --- a batch --- */

/* The key of the last row of the batch; the largest when fewer are left. */
static enum err_code backfill_boundary(struct backfill *b, struct sv *hi, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);
    struct db_value v;

    strbuf_add_str(&sql, "SELECT ");
    backfill_literals(b, &sql);
    strbuf_addf(&sql, " FROM %.*s WHERE ", SV_FMT(b->walked));
    backfill_range(b, "", b->last, b->upper, &sql);
    strbuf_add_str(&sql, " ORDER BY ");
    backfill_columns(&sql, b->keys, b->n_keys, "");
    strbuf_addf(&sql, " LIMIT 1 OFFSET %lld", (long long)b->size - 1);
    if (backfill_one(b, &sql, &v, err) != ERR_OK)
        return err->code;
    *hi = v.is_null ? b->upper : v.text;
    return ERR_OK;
}

static void backfill_same_keys(const struct backfill *b, struct strbuf *sql)
{
    for (size_t i = 0; i < b->n_keys; i++)
        strbuf_addf(sql, " AND s.%.*s = t.%.*s", SV_FMT(b->keys[i]), SV_FMT(b->keys[i]));
}

static enum err_code backfill_save(struct backfill *b, struct sv hi, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);

    strbuf_addf(&sql, "INSERT INTO %.*s (", SV_FMT(b->saved));
    backfill_columns(&sql, b->keys, b->n_keys, "");
    for (size_t i = 0; i < b->n_kept; i++)
        strbuf_addf(&sql, ", old_%zu", i + 1);
    strbuf_add_str(&sql, ", settled) SELECT ");
    backfill_columns(&sql, b->keys, b->n_keys, "");
    strbuf_add_str(&sql, ", ");
    backfill_columns(&sql, b->kept, b->n_kept, "");
    strbuf_addf(&sql, ", 0 FROM %.*s WHERE ", SV_FMT(b->table));
    backfill_range(b, "", b->last, hi, &sql);
    strbuf_addf(&sql, " AND (%.*s)%s ON CONFLICT DO NOTHING",
                SV_FMT(b->where.n ? b->where : SV("1 = 1")),
                backfill_is_postgres(b) ? " FOR UPDATE" : "");
    return db_run(b->j->a->db, strbuf_sv(&sql), NULL, 0, NULL, err);
}

static enum err_code backfill_settle(struct backfill *b, struct sv hi, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);

    strbuf_addf(&sql, "UPDATE %.*s AS s SET settled = 1", SV_FMT(b->saved));
    for (size_t i = 0; i < b->n_kept; i++)
        strbuf_addf(&sql, ", new_%zu = t.%.*s", i + 1, SV_FMT(b->kept[i]));
    strbuf_addf(&sql, " FROM %.*s AS t WHERE s.settled = 0", SV_FMT(b->table));
    backfill_same_keys(b, &sql);
    strbuf_add_str(&sql, " AND ");
    backfill_range(b, "s.", b->last, hi, &sql);
    return db_run(b->j->a->db, strbuf_sv(&sql), NULL, 0, NULL, err);
}

static void backfill_update_sql(const struct backfill *b, struct sv hi, struct strbuf *sql)
{
    if (!b->restore) {
        strbuf_addf(sql, "%.*s WHERE ", SV_FMT(b->head));
        backfill_range(b, "", b->last, hi, sql);
        if (b->where.n)
            strbuf_addf(sql, " AND (%.*s)", SV_FMT(b->where));
        return;
    }
    strbuf_addf(sql, "UPDATE %.*s AS t SET ", SV_FMT(b->table));
    for (size_t i = 0; i < b->n_kept; i++)
        strbuf_addf(sql, "%s%.*s = s.old_%zu", i ? ", " : "", SV_FMT(b->kept[i]), i + 1);
    strbuf_addf(sql, " FROM %.*s AS s WHERE ", SV_FMT(b->saved));
    backfill_range(b, "s.", b->last, hi, sql);
    backfill_same_keys(b, sql);
    for (size_t i = 0; i < b->n_kept; i++) /* what was changed since is not ours to put back */
        strbuf_addf(sql, " AND t.%.*s %s s.new_%zu", SV_FMT(b->kept[i]),
                    backfill_is_postgres(b) ? "IS NOT DISTINCT FROM" : "IS", i + 1);
}

static enum err_code backfill_write(struct backfill *b, struct sv *hi, int64_t *changed,
                                    struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);
    bool keep = b->n_kept && !b->restore;

    if (backfill_boundary(b, hi, err) != ERR_OK || (keep && backfill_save(b, *hi, err) != ERR_OK))
        return err->code;
    backfill_update_sql(b, *hi, &sql);
    if (db_run(b->j->a->db, strbuf_sv(&sql), NULL, 0, changed, err) != ERR_OK)
        return err->code;
    return keep ? backfill_settle(b, *hi, err) : ERR_OK;
}

static enum err_code backfill_try(struct apply_job *j, const struct migration_part *p,
                                  size_t stmt UNUSED, struct err *err)
{
    struct backfill *b = j->backfill, before = *b;
    uint64_t start = clock_mono_ns(), wrote;
    int64_t changed = 0;
    struct sv hi = {NULL, 0};
    enum err_code rc = apply_tx_begin(j->a, p, err);

    if (rc != ERR_OK)
        return rc;
    pulse_batch(b->brake.pulse, true);
    wrote = clock_mono_ns();
    rc = backfill_write(b, &hi, &changed, err);
    wrote = clock_mono_ns() - wrote;
    if (rc == ERR_OK) {
        b->last = hi;
        b->end = sv_eq(b->last, b->upper);
        b->seen += (int64_t)b->size;
        if (b->end && b->estimate > 0 && b->seen > b->estimate)
            b->seen = b->estimate; /* the last batch is seldom full */
        b->changed += changed;
        rc = backfill_put(b, "running", 0, err);
    } else {
        j->a->error = *db_error(j->a->db);
    }
    rc = apply_tx_end(j->a, rc, err);
    pulse_batch(b->brake.pulse, false);
    if (rc != ERR_OK) {
        *b = before;
        if (!b->fixed)
            b->size = b->size / 2 < 1 ? 1 : b->size / 2;
    }
    b->took_ns = clock_mono_ns() - start;
    b->wrote_ns = wrote;
    return rc;
}

/* A batch that fails is halved until it is one row, which is named. */
static enum err_code backfill_batch(struct backfill *b, struct err *err)
{
    for (;;) {
        double size = b->size;
        struct sv hi;
        struct err first;
        enum err_code rc = backfill_try(b->j, b->p, 0, err);

        if (rc == ERR_OK)
            return rc;
        if (apply_is_lock(b->j->a, rc))
            return apply_until(b->j, b->p, 0, backfill_try, err);
        if (rc != ERR_DB || !db_is_open(b->j->a->db) || b->j->a->error.message[0] == 0)
            return rc;
        first = *err;
        if (size > 1) {
            b->size = size / 2 < 1 ? 1 : size / 2;
            continue;
        }
        if (backfill_boundary(b, &hi, err) == ERR_OK)
            return err_set(err, ERR_DB, "%.*s:%zu: backfill %.*s, row %.*s: %s",
                           SV_FMT(b->j->m->path), b->p->line, SV_FMT(b->name), SV_FMT(hi),
                           first.msg);
        *err = first;
        return err->code;
    }
}

/* --- pace and progress --- */

static void backfill_resize(struct backfill *b)
{
    double f = (double)b->brake.target_ms * 1e6 / (double)(b->wrote_ns ? b->wrote_ns : 1);

    if (b->fixed)
        return;
    f = f < 0.5 ? 0.5 : f > 1.5 ? 1.5 : f;
    b->size *= f <= 1 ? f : 0.7 + 0.3 * f;
    b->size = b->size < BACKFILL_LEAST ? BACKFILL_LEAST : b->size > b->most ? b->most : b->size;
}

/* Who writes any row of the table meets the rows of a batch with this chance, whatever their number. */
static void backfill_bound(struct backfill *b)
{
    double share = (double)b->estimate / BACKFILL_SHARE;

    b->most = b->estimate <= 0        ? BACKFILL_FIRST
              : share < BACKFILL_FEW  ? BACKFILL_FEW
              : share > BACKFILL_MOST ? BACKFILL_MOST
                                      : share;
    if (!b->fixed && b->size > b->most)
        b->size = b->most;
}

static struct book_event backfill_event(const struct backfill *b, const char *kind,
                                        int64_t duration_ms)
{
    return (struct book_event){.kind = kind,
                               .version = b->j->version,
                               .direction = sv_from(b->j->direction),
                               .part = apply_part_name(b->j, b->p),
                               .stmt = -1,
                               .duration_ms = duration_ms};
}

static void backfill_tell(struct backfill *b, const char *kind)
{
    double seconds = (double)(clock_mono_ns() - b->start_ns) / 1e9;
    double rate = backfill_rate(b);
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct book_event e = backfill_event(b, kind, (int64_t)(seconds * 1000));

    strbuf_addf(&text, "%.*s: %lld rows seen, %lld changed, %.0f rows/s", SV_FMT(b->name),
                (long long)b->seen, (long long)b->changed, rate);
    if (b->held.n)
        strbuf_addf(&text, "; waits: %.*s", SV_FMT(b->held));
    else if (b->estimate > b->seen && rate > 0)
        strbuf_addf(&text, ", %.0f %%, about %.0f s left",
                    100.0 * (double)b->seen / (double)b->estimate,
                    (double)(b->estimate - b->seen) / rate);
    e.message = strbuf_sv(&text);
    if (b->j->a->o.tell)
        b->j->a->o.tell(b->j->a->o.arg, &e);
    b->told_ns = clock_mono_ns();
}

/* Its row says it, outside of a batch. */
static enum err_code backfill_say(struct backfill *b, const char *state, struct err *err)
{
    enum err_code rc = apply_tx_begin(b->j->a, NULL, err);

    if (rc != ERR_OK)
        return rc;
    return apply_tx_end(b->j->a, backfill_put(b, state, 0, err), err);
}

static enum err_code backfill_held_event(struct backfill *b, const char *kind, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct book_event e = backfill_event(b, kind, -1);

    strbuf_addf(&text, "%.*s%s%.*s", SV_FMT(b->name), b->held.n ? ": " : "", SV_FMT(b->held));
    e.message = strbuf_sv(&text);
    return apply_event(b->j->a, &e, err);
}

/* Another reason than before, or none any more: the row says so, and an event. */
static enum err_code backfill_hold(struct backfill *b, const struct strbuf *why, struct err *err)
{
    bool was = b->held.n > 0;

    b->held = arena_sv(backfill_arena(b), strbuf_sv(why));
    if (b->brake.cancelled) {
        if (backfill_say(b, "cancelled", err) != ERR_OK ||
            backfill_held_event(b, "backfill-cancelled", err) != ERR_OK)
            return err->code;
        (void)err_set(err, ERR_FAILED, "%.*s:%zu: backfill %.*s was cancelled",
                      SV_FMT(b->j->m->path), b->p->line, SV_FMT(b->name));
        return err_hint(err, "what is done stays; the next prusik db upgrade begins it anew");
    }
    if (!b->held.n && !was)
        return ERR_OK;
    if (backfill_say(b,
                     b->brake.paused ? "paused"
                     : b->held.n     ? "throttled"
                                     : "running",
                     err) != ERR_OK)
        return err->code;
    if (b->held.n && was) /* told already, in other figures */
        return ERR_OK;
    return backfill_held_event(b, b->held.n ? "backfill-held" : "backfill-resumed", err);
}

/* As often as the work that was done, the rest is. */
static double backfill_rest(const struct backfill *b)
{
    return b->seen > b->seen_before && b->estimate > b->seen
               ? (double)(b->estimate - b->seen) / (double)(b->seen - b->seen_before)
               : 0;
}

/* Once a second: is there something to wait for?  Until there is not. */
static enum err_code backfill_brake(struct backfill *b, struct err *err)
{
    uint64_t start = clock_mono_ns();

    if (b->asked_ns && start - b->asked_ns < BACKFILL_ASK_NS && b->slow < 2)
        return ERR_OK;
    if (b->slow >= 2 && runlock_pause(b->j->a->db, BACKFILL_ASK_NS / 1000000, err) != ERR_OK)
        return err->code;
    b->slow = 0;
    for (;;) {
        CLEANUP(strbuf_release) struct strbuf why = STRBUF(400);

        if (brake_ask(&b->brake, backfill_rest(b), &why, err) != ERR_OK ||
            backfill_hold(b, &why, err) != ERR_OK)
            return err->code;
        b->asked_ns = clock_mono_ns();
        if (!b->held.n)
            break;
        backfill_tell(b, "backfill-progress");
        if (runlock_pause(b->j->a->db, BACKFILL_ASK_NS / 1000000, err) != ERR_OK)
            return err->code;
        b->held_ns += clock_mono_ns() - b->asked_ns;
    }
    return ERR_OK;
}

/* As much of the time as the brakes leave. */
static uint64_t backfill_pause(const struct backfill *b)
{
    uint64_t ms = b->took_ns / 1000000 * (100 - b->brake.duty) / b->brake.duty;

    return (ms < BACKFILL_PAUSE_MS ? BACKFILL_PAUSE_MS : ms) + b->pause_ms;
}

static enum err_code backfill_pass(struct backfill *b, struct err *err)
{
    for (b->end = !b->upper.n || sv_eq(b->last, b->upper); !b->end;) {
        if (backfill_brake(b, err) != ERR_OK || backfill_batch(b, err) != ERR_OK)
            return err->code;
        b->slow = b->took_ns > 4 * b->brake.most_ms * 1000000 ? b->slow + 1 : 0;
        backfill_resize(b);
        if (clock_mono_ns() - b->told_ns > 1000000000)
            backfill_tell(b, "backfill-progress");
        if (!b->end && runlock_pause(b->j->a->db, backfill_pause(b), err) != ERR_OK)
            return err->code;
    }
    return ERR_OK;
}

static enum err_code backfill_left(struct backfill *b, int64_t *left, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);

    *left = 0;
    if (!b->where.n)
        return ERR_OK;
    strbuf_addf(&sql, "SELECT count(*) FROM %.*s WHERE %.*s", SV_FMT(b->table), SV_FMT(b->where));
    return backfill_int(b, strbuf_str(&sql), left, err);
}

static enum err_code backfill_passes(struct backfill *b, int64_t *left, struct err *err)
{
    for (;;) {
        if (backfill_pass(b, err) != ERR_OK || backfill_left(b, left, err) != ERR_OK)
            return err->code;
        if (!*left)
            return ERR_OK;
        if (++b->passes >= BACKFILL_PASSES)
            return err_set(
                err, ERR_FAILED,
                "%.*s:%zu: backfill %.*s: %lld rows still match its WHERE after %d passes",
                SV_FMT(b->j->m->path), b->p->line, SV_FMT(b->name), (long long)*left,
                BACKFILL_PASSES);
        if (backfill_upper(b, err) != ERR_OK)
            return err->code;
    }
}

/* --- the whole --- */

static enum err_code backfill_finish(struct backfill *b, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);
    enum err_code rc = apply_tx_begin(b->j->a, NULL, err);

    if (rc != ERR_OK)
        return rc;
    rc = backfill_put(b, "done", 0, err);
    if (rc == ERR_OK && b->restore) { /* they are back: a later run of the job keeps its own */
        strbuf_addf(&sql, "DROP TABLE %.*s; DELETE FROM %sbackfill WHERE job = ", SV_FMT(b->saved),
                    b->j->a->book.prefix);
        db_quote_text(&sql, b->job);
        rc = db_run(b->j->a->db, strbuf_sv(&sql), NULL, 0, NULL, err);
    }
    if (rc == ERR_OK)
        rc = apply_part_done(b->j, b->p, err);
    return apply_tx_end(b->j->a, rc, err);
}

/* Who may not see how far replicas are is told so once. */
static void backfill_blind(struct backfill *b)
{
    struct book_event e = {.kind = "backfill-blind",
                           .version = b->j->version,
                           .direction = sv_from(b->j->direction),
                           .part = apply_part_name(b->j, b->p),
                           .stmt = -1,
                           .duration_ms = -1,
                           .message =
                               SV("there are replicas, and this role may not see how far behind"
                                  " they are: GRANT pg_monitor")};
    struct err ignored;

    if (b->brake.blind)
        book_besides(apply_event(b->j->a, &e, &ignored)); /* a remark */
}

/* Where it stopped is in its row; why, too, unless the connection is lost or the program is ended. */
static void backfill_failed(struct backfill *b, const struct err *err)
{
    struct err ignored;

    if (!db_is_open(b->j->a->db) || b->brake.cancelled || err->code == ERR_INTERRUPTED)
        return;
    b->held = arena_sv(backfill_arena(b), sv_from(err->msg));
    book_besides(backfill_say(b, "failed", &ignored)); /* the failure itself is the caller's */
}

/* The planner's figures are of before; of PostgreSQL a fifth of the table is dead, too.  Neither locks anybody out. */
static void backfill_tidy(struct backfill *b)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);
    struct db *db = b->j->a->db;
    struct err ignored;

    if (!backfill_is_postgres(b))
        return; /* figures of one table alone mislead its planner */
    strbuf_addf(&sql, "%s %.*s", b->changed > b->estimate / 5 ? "VACUUM (ANALYZE)" : "ANALYZE",
                SV_FMT(b->table));
    /* at the pace of the server's own, which others hardly feel */
    if (db_run(db, SV("SET lock_timeout = 500; SET vacuum_cost_delay = 2"), NULL, 0, NULL,
               &ignored) == ERR_OK)
        book_besides(db_run(db, strbuf_sv(&sql), NULL, 0, NULL, &ignored)); /* figures only */
}

/* A count of all rows by as many processes as there are processors would stop everybody else for its time. */
static enum err_code backfill_alone(struct backfill *b, struct err *err)
{
    return backfill_is_postgres(b)
               ? db_run(b->j->a->db, SV("SET max_parallel_workers_per_gather = 0"), NULL, 0, NULL,
                        err)
               : ERR_OK;
}

enum err_code apply_backfill(struct apply_job *j, const struct migration_part *p, struct err *err)
{
    struct backfill b = {.j = j,
                         .p = p,
                         .job = migration_attr(p, "job"),
                         .name = migration_attr(p, "job"),
                         .start_ns = clock_mono_ns(),
                         .told_ns = clock_mono_ns()};
    int64_t left = 0;
    enum err_code rc;

    backfill_saved(&b);
    if (backfill_alone(&b, err) != ERR_OK || backfill_make(&b, err) != ERR_OK ||
        (p->restore ? backfill_read_restore(&b, err) : backfill_read(&b, err)) != ERR_OK ||
        backfill_begin(&b, err) != ERR_OK)
        return err->code;
    j->backfill = &b;
    b.seen_before = b.seen;
    rc = brake_begin(j->a, p, b.name, b.table, &b.brake, err);
    if (rc == ERR_OK)
        backfill_blind(&b);
    backfill_bound(&b);
    if (rc == ERR_OK)
        rc = backfill_passes(&b, &left, err);
    if (rc == ERR_OK)
        rc = backfill_finish(&b, err);
    else
        backfill_failed(&b, err);
    if (rc == ERR_OK) {
        backfill_tidy(&b);
        backfill_tell(&b, "backfill-done");
    }
    brake_end(&b.brake);
    j->backfill = NULL;
    return rc;
}
