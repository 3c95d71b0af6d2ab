/*
 * A statement outside of a transaction whose end nobody saw: did it take effect?  Asked of the catalog, after the
 * server process that ran it is gone.
 */
#include <stdio.h>

#include "base/sv.h"
#include "migrate/apply_int.h"
#include "migrate/sqllex.h"

static enum err_code probe_ask(struct apply *a, const char *sql, const struct db_value *v, size_t n,
                               bool *yes, struct err *err)
{
    CLEANUP(arena_release) struct arena arena = {0};
    struct db_value got;

    if (db_one(a->db, &arena, sv_from(sql), v, n, &got, err) != ERR_OK)
        return err->code;
    *yes = !got.is_null && (sv_is(got.text, "t") || sv_is(got.text, "1"));
    return ERR_OK;
}

/* --- the process that ran it --- */

static enum err_code probe_backend(struct apply_job *j, const struct book_step *intent,
                                   struct err *err)
{
    char pid[24];
    bool works = false;

    if (db_kind(j->a->db) == DB_SQLITE || !intent->backend_pid)
        return ERR_OK;
    (void)snprintf(pid, sizeof(pid), "%lld", (long long)intent->backend_pid);
    if (probe_ask(j->a,
                  "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1::int"
                  " AND backend_start::text = $2 AND pid <> pg_backend_pid())",
                  (const struct db_value[]){DB_TEXT(sv_from(pid)), DB_TEXT(intent->backend_start)},
                  2, &works, err) != ERR_OK)
        return err->code;
    if (!works)
        return ERR_OK;
    (void)err_set(err, ERR_LOCKED,
                  "%.*s: the server process %s of the run before still works on it",
                  SV_FMT(j->version), pid);
    return err_hint(err, "wait for it, or end it: SELECT pg_terminate_backend(%s)", pid);
}

/* --- indexes --- */

/* What an index of CREATE INDEX is called.  Its name stands without a schema: it is that of its table. */
static bool probe_index_name(struct apply *a, struct sv stmt, struct sv *ret)
{
    struct sqllex lex = {.text = stmt, .db = DB_POSTGRES};
    struct sqllex_token t;

    if (!sqlkind_object(stmt, SQLKIND_CREATE_INDEX, ret))
        return false;
    lex.at = (size_t)(ret->p - stmt.p) + ret->n;
    if (!sqllex_next_word(&lex, &t) || !sqllex_is(&t, "ON") || !sqllex_next_word(&lex, &t))
        return true;
    if (sqllex_is(&t, "ONLY") && !sqllex_next_word(&lex, &t))
        return true;
    if (lex.at < stmt.n && stmt.p[lex.at] == '.')
        *ret = arena_fmt(&a->arena, "%.*s.%.*s", SV_FMT(t.text), SV_FMT(*ret));
    return true;
}

enum err_code apply_probe_index(struct apply *a, struct sv stmt, bool *there, bool *valid,
                                struct err *err)
{
    struct sv name;
    struct db_value v;

    *there = *valid = false;
    if (!probe_index_name(a, stmt, &name))
        return ERR_OK;
    v = DB_TEXT(name);
    if (probe_ask(a, "SELECT to_regclass($1) IS NOT NULL", &v, 1, there, err) != ERR_OK)
        return err->code;
    return *there ? probe_ask(a,
                              "SELECT i.indisvalid AND i.indisready FROM pg_index i"
                              " WHERE i.indexrelid = to_regclass($1)",
                              &v, 1, valid, err)
                  : ERR_OK;
}

enum err_code apply_drop_invalid(struct apply *a, struct sv stmt, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);
    bool there, valid;
    struct sv name;

    if (apply_probe_index(a, stmt, &there, &valid, err) != ERR_OK)
        return err->code;
    if (!there || valid || !probe_index_name(a, stmt, &name))
        return ERR_OK;
    strbuf_addf(&sql, "DROP INDEX CONCURRENTLY %.*s", SV_FMT(name));
    return db_run(a->db, strbuf_sv(&sql), NULL, 0, NULL, err);
}

/* Ours is the name in the intent: valid is done, invalid is dropped. */
static enum err_code probe_create_index(struct apply_job *j, struct sv stmt,
                                        struct sv object UNUSED, bool *done, struct err *err)
{
    bool there;

    if (apply_probe_index(j->a, stmt, &there, done, err) != ERR_OK)
        return err->code;
    return *done ? ERR_OK : apply_drop_invalid(j->a, stmt, err);
}

static enum err_code probe_drop_index(struct apply_job *j, struct sv stmt UNUSED, struct sv object,
                                      bool *done, struct err *err)
{
    struct db_value v = DB_TEXT(object);

    return probe_ask(j->a, "SELECT to_regclass($1) IS NULL", &v, 1, done, err);
}

/* --- others --- */

static enum err_code probe_detach(struct apply_job *j, struct sv stmt UNUSED, struct sv object,
                                  bool *done, struct err *err)
{
    struct db_value v = DB_TEXT(object);

    return probe_ask(j->a,
                     "SELECT NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = to_regclass($1))",
                     &v, 1, done, err);
}

/* The object as the catalog writes it. */
static enum err_code probe_named(struct apply_job *j, const char *sql, struct sv object, bool *done,
                                 struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf plain = STRBUF(0);
    struct sqllex lex = {.text = object, .db = DB_POSTGRES};
    struct sqllex_token t;
    struct db_value v;

    if (sqllex_next(&lex, &t))
        sqllex_plain(&t, &plain);
    v = DB_TEXT(strbuf_sv(&plain));
    return probe_ask(j->a, sql, &v, 1, done, err);
}

static enum err_code probe_create_database(struct apply_job *j, struct sv stmt UNUSED,
                                           struct sv object, bool *done, struct err *err)
{
    return probe_named(j, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", object,
                       done, err);
}

static enum err_code probe_drop_database(struct apply_job *j, struct sv stmt UNUSED,
                                         struct sv object, bool *done, struct err *err)
{
    return probe_named(j, "SELECT NOT EXISTS (SELECT FROM pg_database WHERE datname = $1)", object,
                       done, err);
}

static enum err_code probe_create_tablespace(struct apply_job *j, struct sv stmt UNUSED,
                                             struct sv object, bool *done, struct err *err)
{
    return probe_named(j, "SELECT EXISTS (SELECT FROM pg_tablespace WHERE spcname = $1)", object,
                       done, err);
}

static enum err_code probe_drop_tablespace(struct apply_job *j, struct sv stmt UNUSED,
                                           struct sv object, bool *done, struct err *err)
{
    return probe_named(j, "SELECT NOT EXISTS (SELECT FROM pg_tablespace WHERE spcname = $1)",
                       object, done, err);
}

/* A second time gives the same: it is run again. */
static enum err_code probe_again(struct apply_job *j UNUSED, struct sv stmt UNUSED,
                                 struct sv object UNUSED, bool *done, struct err *err UNUSED)
{
    *done = false;
    return ERR_OK;
}

typedef enum err_code probe_fn(struct apply_job *j, struct sv stmt, struct sv object, bool *done,
                               struct err *err);

static const struct probe_row {
    probe_fn *ask; /* NULL: nobody knows */
    bool named;    /* needs the name of its object */
} probe_rows[SQLKIND__N] = {
    [SQLKIND_CREATE_INDEX] = {probe_create_index, true},
    [SQLKIND_DROP_INDEX] = {probe_drop_index, true},
    [SQLKIND_REINDEX] = {probe_again, false},
    [SQLKIND_DETACH] = {probe_detach, true},
    [SQLKIND_REPEATABLE] = {probe_again, false},
    [SQLKIND_CREATE_DATABASE] = {probe_create_database, true},
    [SQLKIND_DROP_DATABASE] = {probe_drop_database, true},
    [SQLKIND_CREATE_TABLESPACE] = {probe_create_tablespace, true},
    [SQLKIND_DROP_TABLESPACE] = {probe_drop_tablespace, true},
};

enum err_code apply_probe(struct apply_job *j, const struct migration_part *p, size_t stmt,
                          const struct book_step *intent, bool *done, struct err *err)
{
    const struct migration_stmt *s = &p->stmts[stmt];
    enum sqlkind k = sqlkind_of(s->text, db_kind(j->a->db));
    struct sv object = {NULL, 0};

    if (probe_backend(j, intent, err) != ERR_OK)
        return err->code;
    if (s->probe.n) {
        CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);

        strbuf_add_sv(&sql, s->probe);
        return probe_ask(j->a, strbuf_str(&sql), NULL, 0, done, err);
    }
    if (probe_rows[k].ask && (!probe_rows[k].named || sqlkind_object(s->text, k, &object)))
        return probe_rows[k].ask(j, s->text, object, done, err);
    (void)err_set(err, ERR_REFUSED,
                  "%.*s: part \"%.*s\", statement %zu was begun, and whether it took effect is not "
                  "known",
                  SV_FMT(j->version), SV_FMT(apply_part_name(j, p)), stmt + 1);
    return err_hint(err,
                    "look, then say so: prusik db repair %.*s --finish or --forget; or put "
                    "\"-- prusik:probe SELECT ...\" before it",
                    SV_FMT(j->version));
}
