#include "migrate/adopt.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/suggest.h"
#include "base/sv.h"
#include "migrate/apply_int.h"
#include "migrate/checksum.h"

/* --- recognising --- */

static bool adopt_has_word(struct sv list, struct sv word)
{
    struct sv one;

    while (sv_next_word(&list, &one))
        if (sv_eq_nocase(one, word))
            return true;
    return false;
}

static size_t adopt_count_words(struct sv list)
{
    struct sv one;
    size_t n = 0;

    while (sv_next_word(&list, &one))
        n++;
    return n;
}

static bool adopt_columns_fit(const struct adopt_tool *t, struct sv columns)
{
    struct sv rest = sv_from(t->columns), one;

    while (sv_next_word(&rest, &one))
        if (!adopt_has_word(columns, one))
            return false;
    return !t->whole || adopt_count_words(columns) == adopt_count_words(sv_from(t->columns));
}

/* A row: schema, table, "column column ...". */
static bool adopt_has_table(const struct db_table *t, struct sv schema, struct sv name)
{
    for (size_t i = 0; i < t->n_rows; i++)
        if (sv_eq(t->v[3 * i].text, schema) && sv_eq_nocase(t->v[3 * i + 1].text, name))
            return true;
    return false;
}

static bool adopt_beside_fits(const struct adopt_tool *t, const struct db_table *all,
                              struct sv schema)
{
    struct sv name = sv_from(t->beside);
    bool absent = sv_eat(&name, SV("!"));

    return !t->beside || adopt_has_table(all, schema, name) != absent;
}

static void adopt_names(struct strbuf *out, struct sv other)
{
    if (other.n)
        db_quote_text(out, other);
    for (size_t i = 0; i < n_adopt_tools; i++) {
        struct sv beside = sv_from(adopt_tools[i].beside);

        (void)sv_eat(&beside, SV("!"));
        strbuf_addf(out, "%s'%s'", out->n ? ", " : "", adopt_tools[i].table);
        if (beside.n)
            strbuf_addf(out, ", '%.*s'", SV_FMT(beside));
    }
}

static enum err_code adopt_tables(struct db *db, struct sv other, struct arena *a,
                                  struct db_table *ret, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf names = STRBUF(0), sql = STRBUF(0);

    adopt_names(&names, other);
    strbuf_addf(
        &sql,
        db_kind(db) == DB_POSTGRES
            ? "SELECT n.nspname, c.relname, string_agg(a.attname, ' ' ORDER BY a.attnum)"
              " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid ="
              " c.relnamespace JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND"
              " a.attnum > 0 AND NOT a.attisdropped WHERE c.relkind IN ('r', 'p') AND"
              " (n.nspname = ANY (current_schemas(false)) OR n.nspname IN ('sqitch',"
              " 'graphile_migrate')) AND lower(c.relname) IN (%s) GROUP BY 1, 2 ORDER BY 1, 2"
            : "SELECT '', m.name, group_concat(p.name, ' ') FROM sqlite_schema m JOIN"
              " pragma_table_info(m.name) p WHERE m.type = 'table' AND lower(m.name) IN (%s)"
              " GROUP BY m.name ORDER BY m.name",
        strbuf_str(&names));
    return db_all(db, a, strbuf_sv(&sql), NULL, 0, ret, err);
}

/* For people: one whose table does not say whose it is is called by its files. */
const char *adopt_tool_name(const struct adopt_tool *t)
{
    return strchr(t->name, '?') ? t->format : t->name;
}

static bool adopt_is_named(const struct adopt_tool *t, struct sv from)
{
    struct sv rest = sv_from(t->name), one;

    while (sv_split(&rest, '?', &one))
        if (sv_eq(one, from))
            return true;
    return false;
}

static bool adopt_fits(const struct adopt_tool *t, const struct db_table *all, size_t row,
                       struct sv from, struct sv table)
{
    struct sv schema = all->v[3 * row].text, name = all->v[3 * row + 1].text;
    bool named = table.n && adopt_is_named(t, from) && sv_eq(name, table);

    if (!named && !sv_eq_nocase(name, sv_from(t->table)))
        return false;
    if (t->schema && schema.n && !sv_eq(schema, sv_from(t->schema)) && !named)
        return false;
    return adopt_columns_fit(t, all->v[3 * row + 2].text) &&
           (named || adopt_beside_fits(t, all, schema));
}

enum err_code adopt_detect(struct db *db, struct sv from, struct sv table, struct arena *a,
                           adopt_list *ret, struct err *err)
{
    struct db_table all;

    if (adopt_tables(db, table, a, &all, err) != ERR_OK)
        return err_wrap(err, "look for the tables of other tools");
    for (size_t i = 0; i < n_adopt_tools; i++)
        for (size_t row = 0; row < all.n_rows; row++)
            if (adopt_fits(&adopt_tools[i], &all, row, from, table))
                *vec_add(ret) = (struct adopt_found){.tool = &adopt_tools[i],
                                                     .schema = all.v[3 * row].text,
                                                     .table = all.v[3 * row + 1].text};
    return ERR_OK;
}

static enum err_code adopt_several(const adopt_list *l, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf names = STRBUF(300);

    for (size_t i = 0; i < l->n; i++)
        strbuf_addf(&names, "%s%s (%.*s)", i ? ", " : "", l->v[i].tool->name,
                    SV_FMT(l->v[i].table));
    (void)err_set(err, ERR_INVALID, "several tools have a record here: %s", strbuf_str(&names));
    return err_hint(err, "which one is adopted? --from TOOL");
}

/* It has left nothing here, or there is no such tool. */
static enum err_code adopt_nothing_of(struct sv from, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf known = STRBUF(400);
    struct suggest near = suggest_begin(from);

    for (size_t i = 0; i < n_adopt_tools; i++) {
        struct sv rest = sv_from(adopt_tools[i].name), one;

        if (adopt_is_named(&adopt_tools[i], from))
            return err_set(err, ERR_NOT_FOUND, "there is no record of %.*s in this database",
                           SV_FMT(from));
        while (sv_split(&rest, '?', &one)) {
            suggest_offer(&near, one);
            if (!sv_has_word(strbuf_sv(&known), one))
                strbuf_addf(&known, "%s%.*s", known.n ? ", " : "", SV_FMT(one));
        }
    }
    (void)err_set(err, ERR_USAGE, "no tool that prusik knows is called '%.*s'", SV_FMT(from));
    return near.best.p ? err_hint(err, "did you mean %.*s? known are %s", SV_FMT(near.best),
                                  strbuf_str(&known))
                       : err_hint(err, "known are %s", strbuf_str(&known));
}

enum err_code adopt_choose(const adopt_list *l, struct sv from, const struct format *files,
                           struct adopt_found *ret, struct err *err)
{
    const struct adopt_found *one = NULL;
    size_t n = 0;

    for (size_t i = 0; i < l->n; i++)
        if (!from.n || adopt_is_named(l->v[i].tool, from)) {
            one = &l->v[i];
            n++;
        }
    if (n == 0 && from.n)
        return adopt_nothing_of(from, err);
    if (n == 0)
        return err_set(err, ERR_NOT_FOUND,
                       "no tool that prusik knows has a record in this database");
    if (n > 1)
        return adopt_several(l, err);
    if (!one->tool->format)
        return err_set(err, ERR_REFUSED, "the record of %s (%.*s) cannot be adopted",
                       one->tool->name, SV_FMT(one->table));
    if (sv_has(sv_from(one->tool->name), SV("?")) && !from.n &&
        files != format_find(sv_from(one->tool->format))) {
        (void)err_set(err, ERR_INVALID, "%.*s is dbmate's or that of an old Rails",
                      SV_FMT(one->table));
        return err_hint(err, "--from dbmate, or --dir with its files");
    }
    *ret = *one;
    return ERR_OK;
}

/* --- the record --- */

void adopt_release(struct adopt *a)
{
    vec_release(&a->rows);
    arena_release(&a->arena);
}

const char *adopt_state_text(enum adopt_state s)
{
    static const char *const texts[ADOPT_STATE__N] = {
        [ADOPT_MATCHED] = "matched",
        [ADOPT_UNVERIFIED] = "unverified",
        [ADOPT_CHANGED] = "changed",
        [ADOPT_NO_FILE] = "no file",
    };

    return texts[s];
}

static void adopt_quote_table(const struct adopt_found *f, const char *table, struct strbuf *out)
{
    if (f->schema.n) {
        db_quote_name(out, f->schema);
        strbuf_add_byte(out, '.');
    }
    db_quote_name(out, table ? sv_from(table) : f->table);
}

static void adopt_sql(const struct adopt_found *f, const char *sql, struct strbuf *out)
{
    struct sv rest = sv_from(sql);

    while (rest.n) {
        size_t at = size_min(sv_find_byte(rest, '{', 0), rest.n);

        strbuf_add_sv(out, sv_sub(rest, 0, at));
        rest = sv_sub(rest, at, rest.n);
        if (sv_eat(&rest, SV("{lock}")))
            adopt_quote_table(f, f->tool->beside, out);
        else if (sv_eat(&rest, SV("{}")))
            adopt_quote_table(f, NULL, out);
    }
}

/* What "cancel" says was applied is not, by a later row. */
static void adopt_cancel(struct adopt *ad, struct sv key)
{
    for (size_t i = ad->rows.n; i > 0; i--)
        if (sv_eq(ad->rows.v[i - 1].key, key)) {
            memmove(&ad->rows.v[i - 1], &ad->rows.v[i], (ad->rows.n - i) * sizeof(*ad->rows.v));
            ad->rows.n--;
        }
}

static enum err_code adopt_read_rows(struct db *db, struct adopt *ad, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);
    const struct adopt_tool *tool = ad->found.tool;
    struct db_table t;

    adopt_sql(&ad->found,
              db_kind(db) == DB_SQLITE && tool->rows_sqlite ? tool->rows_sqlite : tool->rows, &sql);
    if (db_all(db, &ad->arena, strbuf_sv(&sql), NULL, 0, &t, err) != ERR_OK)
        return err_wrap(err, "read the record of %s", tool->name);
    for (size_t i = 0; i < t.n_rows; i++) {
        const struct db_value *v = &t.v[5 * i];

        if (sv_is(v[4].text, "cancel") || !sv_is(v[4].text, "failed"))
            adopt_cancel(ad, v[0].text);
        if (!sv_is(v[4].text, "cancel"))
            *vec_add(&ad->rows) = (struct adopt_row){.key = v[0].text,
                                                     .name = v[1].text,
                                                     .at = v[2].text,
                                                     .checksum = v[3].text,
                                                     .failed = sv_is(v[4].text, "failed")};
    }
    return ERR_OK;
}

/* --- files --- */

/* "20260101_x" or "20260101_x.sql" of "db/20260101_x.sql". */
static bool adopt_is_file(const struct migration *m, struct sv name)
{
    struct sv base = sv_from(path_base(m->path.p));

    return sv_eq(base, name) || (sv_starts(base, name) && base.n > name.n && base.p[name.n] == '.');
}

static bool adopt_is_row(const struct adopt_tool *t, const struct adopt_row *r,
                         const struct migration *m)
{
    struct sv key = r->key, app;

    switch (t->by) {
    case ADOPT_NAME: return sv_eq(m->name, key);
    case ADOPT_FILE: return adopt_is_file(m, key);
    case ADOPT_APP:
        return sv_split(&key, '.', &app) && sv_eq(m->version, app) && sv_eq(m->name, key);
    case ADOPT_ID: return sv_eq(m->hash, r->name);
    case ADOPT_VERSION:
    default:
        if (m->repeatable)
            return sv_eat(&key, SV("R:")) && sv_eq(m->name, key);
        return migration_version_cmp(m->version, key) == 0;
    }
}

static enum adopt_state adopt_verify(const struct adopt_tool *t, const struct adopt_row *r)
{
    const struct migration *m = r->file;
    struct checksum_text sum;
    int64_t number;

    if (sv_is(sv_from(t->name), "flyway") && sv_to_i64(r->checksum, &number))
        return number == checksum_flyway(m->bytes) ? ADOPT_MATCHED : ADOPT_CHANGED;
    if (sv_is(sv_from(t->name), "prisma"))
        return checksum_is_prisma(m->bytes, r->checksum) ? ADOPT_MATCHED : ADOPT_CHANGED;
    if (sv_is(sv_from(t->name), "graphile-migrate"))
        return sv_eq(m->hash, r->checksum) ? ADOPT_MATCHED : ADOPT_CHANGED;
    if (sv_is(sv_from(t->name), "sqlx") || sv_is(sv_from(t->name), "sqitch")) {
        sum = t->by == ADOPT_ID ? checksum_sha1(m->bytes) : checksum_sha384(m->bytes);
        return sv_is(r->checksum, sum.s) ? ADOPT_MATCHED : ADOPT_CHANGED;
    }
    return ADOPT_UNVERIFIED;
}

static bool adopt_is_graph(const struct migration *m)
{
    return m->format == &format_alembic || m->format == &format_alembic_sql;
}

/* golang-migrate keeps one number, and Alembic its heads: what stands below them is applied, too. */
static void adopt_add_below(struct adopt *ad, const struct migrations *files, size_t head)
{
    const struct migration *top = &files->v.v[head];

    for (size_t i = 0; i < files->v.n; i++) {
        const struct migration *m = &files->v.v[i];
        bool below = false, known = false;

        if (adopt_is_graph(top)) {
            for (size_t r = 0; r < top->n_requires; r++)
                below = below || sv_eq(top->requires[r], m -> version);
        } else {
            below = migration_version_cmp(m->version, top->version) < 0;
        }
        for (size_t k = 0; k < ad->rows.n; k++)
            known = known || sv_eq(ad->rows.v[k].key, m->version);
        if (!below || known)
            continue;
        *vec_add(&ad->rows) = (struct adopt_row){.key = m->version, .name = m->name};
        if (adopt_is_graph(top))
            adopt_add_below(ad, files, i);
    }
}

static void adopt_expand(struct adopt *ad, const struct migrations *files)
{
    bool alembic = sv_is(sv_from(ad->found.tool->name), "alembic");
    size_t n = ad->rows.n;

    if (!alembic && !sv_is(sv_from(ad->found.tool->name), "golang-migrate"))
        return;
    for (size_t r = 0; r < n; r++)
        for (size_t i = 0; i < files->v.n; i++)
            if (adopt_is_row(ad->found.tool, &ad->rows.v[r], &files->v.v[i]))
                adopt_add_below(ad, files, i);
}

static void adopt_match(struct adopt *ad, const struct migrations *files)
{
    size_t found = 0;

    for (size_t r = 0; r < ad->rows.n; r++) {
        struct adopt_row *row = &ad->rows.v[r];

        for (size_t i = 0; i < files->v.n && !row->file; i++)
            if (adopt_is_row(ad->found.tool, row, &files->v.v[i]))
                row->file = &files->v.v[i];
        row->state = row->file ? adopt_verify(ad->found.tool, row) : ADOPT_NO_FILE;
        found += row->file != NULL;
        ad->n_state[row->state]++;
        ad->n_failed += row->failed;
    }
    ad->n_only_files = files->v.n - size_min(found, files->v.n);
}

enum err_code adopt_read(struct db *db, const struct adopt_found *f, const struct migrations *files,
                         struct adopt *ret, struct err *err)
{
    struct adopt ad = {.found = *f};

    if (adopt_read_rows(db, &ad, err) != ERR_OK) {
        adopt_release(&ad);
        return err->code;
    }
    adopt_expand(&ad, files);
    adopt_match(&ad, files);
    *ret = ad;
    return ERR_OK;
}

/*
 * The row of prusik that the other tool's became, or the one that prusik has applied itself, as after it had undone what was
 * adopted; NULL: none.
 */
static const struct book_migration *
adopt_in_book(const struct book_rows *rows, const struct adopt_tool *t, const struct adopt_row *r)
{
    for (size_t i = 0; i < rows->migrations.n; i++) {
        const struct book_migration *m = &rows->migrations.v[i];

        if ((sv_is(m->origin, t->format) || !sv_is(m->state, "undone")) &&
            (migration_version_cmp(m->version, r->key) == 0 || sv_eq(m->name, r->key) ||
             (t->by == ADOPT_FILE && sv_ends(m->path, SV(".sql")) && sv_has(m->path, r->key))))
            return m;
    }
    return NULL;
}

/* The other tool's tables are not written to: what was undone here still stands there as applied. */
void adopt_mark(struct adopt *ad, const struct book_rows *rows)
{
    for (size_t i = 0; i < ad->rows.n; i++) {
        struct adopt_row *r = &ad->rows.v[i];
        const struct book_migration *m = adopt_in_book(rows, ad->found.tool, r);

        if (!m || !sv_is(m->state, "undone"))
            continue;
        r->undone = true;
        ad->n_undone++;
        ad->n_state[r->state]--;
    }
}

/* --- may it be? --- */

static enum err_code adopt_check_locked(struct db *db, const struct adopt *ad, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);
    CLEANUP(arena_release) struct arena a = {0};
    struct db_value v;

    if (!ad->found.tool->locked)
        return ERR_OK;
    adopt_sql(&ad->found, ad->found.tool->locked, &sql);
    if (db_one(db, &a, strbuf_sv(&sql), NULL, 0, &v, err) != ERR_OK)
        return err_wrap(err, "the lock of %s", adopt_tool_name(ad->found.tool));
    return v.is_null
               ? ERR_OK
               : err_set(err, ERR_LOCKED, "%s is at it, or was killed: its lock is held by %.*s",
                         adopt_tool_name(ad->found.tool), SV_FMT(v.text));
}

enum err_code adopt_check(struct db *db, const struct adopt *ad, bool anyway, struct err *err)
{
    if (adopt_check_locked(db, ad, err) != ERR_OK)
        return err->code;
    for (size_t i = 0; i < ad->rows.n && !anyway; i++) {
        const struct adopt_row *r = &ad->rows.v[i];

        if (r->undone || (!r->failed && r->state != ADOPT_CHANGED))
            continue;
        (void)err_set(err, ERR_REFUSED,
                      r->failed ? "%s left %.*s half done"
                                : "%s applied %.*s with another content than its file has now",
                      adopt_tool_name(ad->found.tool), SV_FMT(r->key));
        return err_hint(err, "look at it; --accept-state adopts it as it is");
    }
    return ERR_OK;
}

/* --- writing --- */

/* What prusik knows as applied, or half applied, stays as it was written then. */
static bool adopt_is_kept(const struct apply *a, struct sv version)
{
    for (size_t i = 0; i < a->rows.migrations.n; i++)
        if (sv_eq(a->rows.migrations.v[i].version, version) &&
            !sv_is(a->rows.migrations.v[i].state, "undone"))
            return true;
    return false;
}

/* The number of the version, else where it stands in the record. */
static int64_t adopt_ordinal(struct sv version, size_t number)
{
    int64_t n;

    return sv_to_i64(version, &n) ? n : (int64_t)number + 1;
}

static enum err_code adopt_write_row(struct apply *a, const struct adopt *ad,
                                     const struct adopt_row *r, size_t number, struct err *err)
{
    CLEANUP(apply_texts_release) struct apply_texts texts = APPLY_TEXTS;
    struct book_migration row = {.version = r->key, .name = r->name};
    struct pending p = {.file = r->file};

    if (r->file) {
        p.version = pending_version(r->file, &a->arena);
        apply_fill_row(&p, &texts, &row);
    } else {
        row.version =
            sv_is(sv_from(ad->found.tool->format), "sqitch") || sv_starts(r->key, SV("R:"))
                ? r->key
                : migration_canonical(r->key);
        row.format = sv_from(ad->found.tool->format);
        row.ordinal = adopt_ordinal(row.version, number);
    }
    if (adopt_is_kept(a, row.version))
        return ERR_OK;
    row.kind = SV("adopted");
    row.state = SV("applied");
    row.origin = sv_from(ad->found.tool->format);
    row.origin_ref = r->checksum.n ? r->checksum : SV("unverified");
    row.origin_at = r->at;
    row.duration_ms = -1;
    return book_put(&a->book, &row, err);
}

static enum err_code adopt_event(struct apply *a, const struct adopt *ad, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf what = STRBUF(500);
    struct book_event e = {.kind = "adopt", .version = SV(""), .stmt = -1, .duration_ms = -1};

    strbuf_addf(&what, "%s (%.*s):", adopt_tool_name(ad->found.tool), SV_FMT(ad->found.table));
    for (size_t s = 0; s < ADOPT_STATE__N; s++)
        strbuf_addf(&what, " %zu %s%s", ad->n_state[s], adopt_state_text((enum adopt_state)s),
                    s + 1 < ADOPT_STATE__N ? "," : "");
    e.message = strbuf_sv(&what);
    return book_add_event(&a->book, &e, err);
}

/* The other tool does not find it any more; the way back is to rename it again. */
static enum err_code adopt_retire(struct apply *a, const struct adopt *ad, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0), name = STRBUF(0);
    struct clock_text day = clock_strftime(clock_now_us(), "%Y%m%d", true);
    bool schema = ad->found.tool->schema && db_kind(a->db) == DB_POSTGRES;

    if (ad->found.tool->schema && !schema)
        return err_set(err, ERR_REFUSED, "%s has many tables here: --retire is not for them",
                       adopt_tool_name(ad->found.tool));
    strbuf_addf(&name, "%.*s_adopted_%s", SV_FMT(schema ? ad->found.schema : ad->found.table),
                day.s);
    strbuf_add_str(&sql, schema ? "ALTER SCHEMA " : "ALTER TABLE ");
    if (schema)
        db_quote_name(&sql, ad->found.schema);
    else
        adopt_quote_table(&ad->found, NULL, &sql);
    strbuf_add_str(&sql, " RENAME TO ");
    db_quote_name(&sql, strbuf_sv(&name));
    return db_run(a->db, strbuf_sv(&sql), NULL, 0, NULL, err);
}

/* So that the other tool does not begin meanwhile; given back with the transaction. */
static enum err_code adopt_lock(struct apply *a, const struct adopt *ad, struct err *err)
{
    CLEANUP(arena_release) struct arena arena = {0};
    struct db_value v, key;
    char text[24];

    if (!ad->found.tool->lock || db_kind(a->db) == DB_SQLITE)
        return ERR_OK;
    (void)snprintf(text, sizeof(text), "%lld", (long long)ad->found.tool->lock);
    key = DB_TEXT(sv_from(text));
    if (db_one(a->db, &arena, SV("SELECT pg_try_advisory_xact_lock($1::bigint)"), &key, 1, &v,
               err) != ERR_OK)
        return err->code;
    return sv_is(v.text, "t") ? ERR_OK
                              : err_set(err, ERR_LOCKED, "%s is at it: its lock is held",
                                        adopt_tool_name(ad->found.tool));
}

enum err_code adopt_write(struct apply *a, const struct adopt *ad, bool retire, struct err *err)
{
    enum err_code rc = apply_tx_begin(a, NULL, err);

    if (rc != ERR_OK)
        return rc;
    rc = adopt_lock(a, ad, err);
    for (size_t i = 0; rc == ERR_OK && i < ad->rows.n; i++)
        if (!ad->rows.v[i].undone)
            rc = adopt_write_row(a, ad, &ad->rows.v[i], i, err);
    if (rc == ERR_OK && retire)
        rc = adopt_retire(a, ad, err);
    if (rc == ERR_OK)
        rc = adopt_event(a, ad, err);
    return apply_tx_end(a, rc, err);
}

/* --- whoever goes on --- */

static bool adopt_has_origin(const struct book_rows *rows, const struct adopt_tool *t)
{
    for (size_t i = 0; i < rows->migrations.n; i++)
        if (t->format && sv_is(rows->migrations.v[i].origin, t->format))
            return true;
    return false;
}

static enum err_code adopt_guard_one(struct db *db, const struct book_rows *rows,
                                     const struct adopt_found *f, struct err *err)
{
    CLEANUP(adopt_release) struct adopt ad = {0};
    const struct migrations none = {0};
    bool adopted = adopt_has_origin(rows, f->tool);

    if (!f->tool->format || (!adopted && rows->migrations.n))
        return ERR_OK; /* prusik and the other tool stand side by side */
    if (adopt_read(db, f, &none, &ad, err) != ERR_OK)
        return err->code;
    if (!adopted && ad.rows.n) {
        (void)err_set(err, ERR_REFUSED, "%s has applied %zu migration%s here (%.*s)",
                      adopt_tool_name(f->tool), ad.rows.n, ad.rows.n == 1 ? "" : "s",
                      SV_FMT(f->table));
        return err_hint(
            err, "take them over: prusik db adopt; or, if these files have nothing to do with "
                 "them: --accept-state");
    }
    for (size_t i = 0; adopted && i < ad.rows.n; i++)
        if (!adopt_in_book(rows, f->tool, &ad.rows.v[i])) {
            (void)err_set(err, ERR_REFUSED,
                          "someone still uses %s: %.*s is in %.*s since it was adopted",
                          adopt_tool_name(f->tool), SV_FMT(ad.rows.v[i].key), SV_FMT(f->table));
            return err_hint(err,
                            "prusik db adopt takes it over, too; --retire ends the other's use");
        }
    return ERR_OK;
}

enum err_code adopt_guard(struct db *db, const struct book_rows *rows, bool anyway, struct err *err)
{
    CLEANUP(arena_release) struct arena a = {0};
    adopt_list found = {0};
    enum err_code rc = ERR_OK;

    if (!anyway)
        rc = adopt_detect(db, SV(""), SV(""), &a, &found, err);
    for (size_t i = 0; rc == ERR_OK && i < found.n; i++)
        rc = adopt_guard_one(db, rows, &found.v[i], err);
    vec_release(&found);
    return rc;
}
