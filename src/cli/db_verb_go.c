/* What changes a database, or what is kept about it. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/sv.h"
#include "base/text.h"
#include "cli/db_verb.h"
#include "cli/term.h"
#include "migrate/adopt.h"

/* --- forwards --- */

static bool db_go_is_due(const struct pending *p)
{
    return p->file && p->state != PENDING_APPLIED;
}

static enum err_code db_go_count(const struct cli *c, size_t *ret, struct err *err)
{
    uint64_t n;

    *ret = SIZE_MAX;
    if (!c->count)
        return ERR_OK;
    if (!sv_to_u64(sv_from(c->count), &n) || n == 0)
        return err_set(err, ERR_USAGE, "--count '%s' is no number above 0", c->count);
    *ret = (size_t)n;
    return ERR_OK;
}

enum err_code db_go_end(const struct db_verb *v, const pendings *p, size_t *ret, struct err *err)
{
    const struct pending *to;
    size_t count;

    if (db_go_count(v->c, &count, err) != ERR_OK)
        return err->code;
    if (v->c->to) {
        to = pending_find(p, sv_from(v->c->to), err);
        if (!to)
            return err->code;
        *ret = (size_t)(to - p->v) + 1;
        return ERR_OK;
    }
    for (*ret = 0; *ret < p->n && count > 0; ++*ret)
        count -= db_go_is_due(&p->v[*ret]);
    return ERR_OK;
}

/* Everything that is to be applied is looked at before the first of it is. */
static enum err_code db_go_check(struct db_verb *v, struct apply *a, const pendings *p, size_t end,
                                 struct err *err)
{
    bool first = true;

    if (pending_check(p, v->c->db.out_of_order, err) != ERR_OK)
        return err->code;
    for (size_t i = 0; i < end; i++) {
        if (!db_go_is_due(&p->v[i]))
            continue;
        if (apply_check(&p->v[i], db_kind(v->db), err) != ERR_OK ||
            (first && p->v[i].state != PENDING_PARTIAL && apply_checks(a, &p->v[i], err) != ERR_OK))
            return err->code;
        first = false;
    }
    return ERR_OK;
}

/* What a migration that failed has left behind, and what goes on. */
static enum err_code db_go_left(struct apply *a, const struct pending *p, const char *verb,
                                struct err *err)
{
    CLEANUP(book_rows_release) struct book_rows rows = {0};
    bool up = strcmp(verb, "upgrade") == 0, half = false;
    const struct err first = *err;
    struct err other;

    if (a->left == APPLY_LEFT_DONE)
        return err_hint(err, "%.*s is %s as a whole; prusik db %s goes on behind it",
                        SV_FMT(p->version), up ? "applied" : "undone", verb);
    if (a->left == APPLY_LEFT_NOTHING)
        return err_hint(
            err, "%.*s is %s: it was looked up; prusik db %s goes on with it", SV_FMT(p->version),
            up ? "not applied, and nothing of it is left" : "still applied as a whole", verb);
    if (a->left == APPLY_LEFT_UNKNOWN)
        return err_hint(err,
                        "whether %.*s was committed is not known yet: prusik db status says so when"
                        " the server answers; prusik db %s goes on, and does nothing twice",
                        SV_FMT(p->version), verb);
    if (!db_is_open(a->db) || book_load(&a->book, BOOK_TEXTS_NONE, &rows, &other) != ERR_OK)
        return err_hint(err, "%s%sprusik db status says what of %.*s is done", first.hint,
                        first.hint[0] ? "; " : "", SV_FMT(p->version));
    for (size_t i = 0; i < rows.migrations.n; i++)
        half = half || (sv_eq(rows.migrations.v[i].version, p->version) &&
                        sv_is(rows.migrations.v[i].state, "partial"));
    /* A part that is not ended, as a backfill with batches behind it, is no row of a migration yet. */
    for (size_t i = 0; i < rows.steps.n; i++)
        half = half || sv_eq(rows.steps.v[i].version, p->version);
    return err_hint(err, "%s%s%.*s is %s; prusik db %s goes on with it", first.hint,
                    first.hint[0] ? "; " : "", SV_FMT(p->version),
                    half ? up ? "half applied" : "half undone"
                    : up ? "not applied, and nothing of it is left"
                         : "still applied as a whole",
                    verb);
}

/* Applied, and no file says so any more. */
static void db_go_missing(const struct db_verb *v, const pendings *p)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    const struct pending *first = NULL;
    size_t n = 0;

    for (size_t i = 0; i < p->n; i++)
        if (p->v[i].state == PENDING_MISSING) {
            first = first ? first : &p->v[i];
            n++;
        }
    if (!first || v->c->json || v->c->quiet)
        return;
    term_addf(&b, TERM_BAD, "missing");
    strbuf_addf(&b, "  %.*s is applied, and its file is not in ", SV_FMT(first->version));
    text_add_line(&b, sv_from(v->dir));
    if (n > 1)
        strbuf_addf(&b, n == 2 ? "; nor is that of %zu other" : "; nor are those of %zu others",
                    n - 1);
    strbuf_add_byte(&b, '\n');
    term_write(&b);
}

/* Sqitch keeps what it has deployed to a SQLite file in another one, sqitch.db beside it. */
static enum err_code db_go_registry(const struct db_verb *v, const struct apply *a, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf file = STRBUF(0);
    CLEANUP(mem_freep) char *dir = NULL;

    if (v->c->db.accept_state || a->rows.migrations.n || db_kind(v->db) != DB_SQLITE ||
        !v->tree.format || strcmp(v->tree.format->name, "sqitch") != 0)
        return ERR_OK;
    dir = path_dir(db_name(v->db));
    strbuf_addf(&file, "%s/sqitch.db", dir);
    if (access(strbuf_str(&file), F_OK) != 0)
        return ERR_OK;
    (void)err_set(
        err, ERR_REFUSED,
        "sqitch keeps what it has applied in '%s', which is not read here: nothing was done",
        strbuf_str(&file));
    return err_hint(
        err,
        "mark what it has applied, the oldest first: prusik db stamp CHANGE --why \"...\"; or, if "
        "it has applied none of these: --accept-state");
}

static enum err_code db_go_up(struct db_verb *v, struct apply *a, const pendings *p,
                              struct err *err)
{
    size_t end = 0, n = 0;

    if (db_verb_heads(v, p, err) != ERR_OK || db_go_registry(v, a, err) != ERR_OK ||
        adopt_guard(v->db, &a->rows, v->c->db.accept_state, err) != ERR_OK ||
        db_go_end(v, p, &end, err) != ERR_OK || db_go_check(v, a, p, end, err) != ERR_OK)
        return err->code;
    db_go_missing(v, p);
    for (size_t i = 0; i < end; i++) {
        if (!db_go_is_due(&p->v[i]))
            continue;
        if (apply_up(a, &p->v[i], err) != ERR_OK) {
            if (n && err->code == ERR_REFUSED) /* something was changed before */
                err->code = ERR_FAILED;
            return db_go_left(a, &p->v[i], "upgrade", err);
        }
        n++;
    }
    if (v->c->json || v->c->quiet)
        return ERR_OK;
    if (v->tree.files.v.n == 0) {
        CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

        strbuf_add_str(&b, "nothing to do: there is no migration in ");
        text_add_line(&b, sv_from(v->dir));
        strbuf_add_byte(&b, '\n');
        term_write(&b);
    } else {
        printf(n ? "%zu applied\n" : "nothing to do\n", n);
    }
    return ERR_OK;
}

/* --- backwards --- */

/* From the newest: down to --to, without it; else --count, one when that is not said. */
static enum err_code db_go_down_list(const struct db_verb *v, const pendings *p, pendings *ret,
                                     struct err *err)
{
    const struct pending *to = NULL;
    size_t count;

    if (v->c->to && !sv_is(sv_from(v->c->to), "0") &&
        !(to = pending_find(p, sv_from(v->c->to), err)))
        return err->code;
    if (db_go_count(v->c, &count, err) != ERR_OK)
        return err->code;
    if (!v->c->to && !v->c->count)
        count = 1;
    for (size_t i = p->n; i > 0 && ret->n < count && &p->v[i - 1] != to; i--)
        if (pending_may_pass(&p->v[i - 1], err) != ERR_OK)
            return err->code;
        else if (p->v[i - 1].state == PENDING_PARTIAL ||
                 (p->v[i - 1].row && sv_is(p->v[i - 1].row->state, "applied")))
            *vec_add(ret) = p->v[i - 1];
    return ERR_OK;
}

/* What would run, for people and for those who pipe it. */
static enum err_code db_go_show_down(const struct db_verb *v, const struct apply *a,
                                     const struct pending *p, struct strbuf *b, struct err *err)
{
    CLEANUP(migrations_release) struct migrations parts = {0};
    const struct migration *m;

    if (apply_down_parts(p, &a->rows, db_kind(v->db), &parts, err) != ERR_OK)
        return err->code;
    m = &parts.v.v[0];
    strbuf_addf(b, "%.*s\n", SV_FMT(p->version));
    for (size_t i = 0; i < m->n_parts; i++) {
        if (m->parts[i].restore)
            strbuf_addf(b, "  -- in batches: what job %.*s has kept is put back\n",
                        SV_FMT(migration_attr(&m->parts[i], "job")));
        for (size_t s = 0; s < m->parts[i].n_stmts; s++) {
            strbuf_add_str(b, "  ");
            text_add_line(b, m->parts[i].stmts[s].text);
            strbuf_add_str(b, ";\n");
        }
    }
    return ERR_OK;
}

static enum err_code db_go_down(struct db_verb *v, struct apply *a, const pendings *all,
                                struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    pendings list = {0};
    enum err_code rc = db_go_down_list(v, all, &list, err);

    for (size_t i = 0; rc == ERR_OK && i < list.n; i++)
        rc = db_go_show_down(v, a, &list.v[i], &b, err);
    if (rc == ERR_OK && list.n && !v->c->yes) {
        term_write(&b);
        rc = err_set(err, ERR_REFUSED, "this would be undone: %zu migration%s; nothing was changed",
                     list.n, list.n == 1 ? "" : "s");
        (void)err_hint(err, "with --yes it is done; rows written since go with it");
    }
    for (size_t i = 0; rc == ERR_OK && i < list.n; i++) {
        rc = apply_down(a, &list.v[i], err);
        if (rc != ERR_OK)
            (void)db_go_left(a, &list.v[i], "downgrade --yes", err);
    }
    if (rc == ERR_OK && !v->c->json && !v->c->quiet)
        printf(list.n ? "%zu undone\n" : "nothing to do\n", list.n);
    vec_release(&list);
    return rc;
}

/* --- by hand --- */

static enum err_code db_go_why(const struct db_verb *v, struct err *err)
{
    if (v->c->told.why && v->c->told.why[0])
        return ERR_OK;
    return err_set(err, ERR_USAGE, "prusik db %s needs --why: it is kept with the change",
                   v->command);
}

static enum err_code db_go_stamp(struct db_verb *v, struct apply *a, const pendings *p,
                                 struct err *err)
{
    const struct pending *one = pending_find(p, sv_from(v->args[0]), err);

    if (!one || db_go_why(v, err) != ERR_OK)
        return err->code;
    if (!one->file)
        return err_set(err, ERR_REFUSED, "%.*s has no file: nothing says what it would be",
                       SV_FMT(one->version));
    if (one->state == PENDING_APPLIED)
        return err_set(err, ERR_REFUSED, "%.*s is applied, since %.*s: there is nothing to stamp",
                       SV_FMT(one->version), SV_FMT(one->row->applied_at));
    return apply_stamp(a, one, "applied", "stamp", sv_from(v->c->told.why), err);
}

/* It counts as applied: by a run, a stamp that was wrong, or the record of another tool. */
static bool db_go_counts(const struct pending *p)
{
    return p->row && sv_is(p->row->state, "applied");
}

static enum err_code db_go_repair(struct db_verb *v, struct apply *a, const pendings *p,
                                  struct err *err)
{
    const struct pending *one = pending_find(p, sv_from(v->args[0]), err);
    bool half;

    if (!one || db_go_why(v, err) != ERR_OK)
        return err->code;
    if (v->c->db.accept_file + v->c->db.finish + v->c->db.forget != 1)
        return err_set(err, ERR_USAGE,
                       "prusik db repair takes one of --accept-file, --finish and --forget");
    half = one->state == PENDING_PARTIAL || pending_is_half_missing(one);
    if (half == v->c->db.accept_file && !(v->c->db.forget && db_go_counts(one)))
        return err_set(err, ERR_REFUSED, "%.*s is %s: %s", SV_FMT(one->version),
                       pending_state_text(one->state),
                       half ? "--finish or --forget is for it"
                            : "only --accept-file, or --forget, is for what is not half done");
    if (v->c->db.accept_file && one->state != PENDING_CHANGED && !one->layout)
        return err_set(err, ERR_REFUSED, "%.*s is %s: there is nothing to accept",
                       SV_FMT(one->version), pending_state_text(one->state));
    return apply_stamp(a, one, v->c->db.forget ? "undone" : "applied", "repair",
                       sv_from(v->c->told.why), err);
}

/* --- all of them, under the lock --- */

typedef enum err_code db_go_fn(struct db_verb *v, struct apply *a, const pendings *p,
                               struct err *err);

static enum err_code db_go(struct db_verb *v, db_go_fn *fn, struct err *err)
{
    struct apply_options o;
    pendings p = {0};
    struct apply a;
    enum err_code rc;

    if (db_verb_options(v, &o, err) != ERR_OK)
        return err->code;
    o.texts = fn == db_go_up     ? APPLY_TEXTS_NONE
              : fn == db_go_down ? APPLY_TEXTS_BACK
                                 : APPLY_TEXTS_ALL;
    if (apply_begin(v->db, &o, &a, err) != ERR_OK)
        return err->code;
    pending_compare(&v->tree.files, &a.rows, db_kind(v->db), &p);
    rc = fn(v, &a, &p, err);
    vec_release(&p);
    apply_end(&a);
    return rc;
}

/*
 * Is each file applied with just its bytes, is nothing else applied, half applied or taken over from another tool?  Then
 * there is nothing that the lock or the files' parts would be needed for.
 */
static bool db_go_is_at_head(const struct db_verb *v)
{
    if (v->c->to || v->c->count || !v->tree.files.v.n ||
        v->tree.files.v.n != v->applied.migrations.n)
        return false;
    for (size_t i = 0; i < v->tree.files.v.n; i++)
        if (!v->tree.files.v.v[i].applied || v->applied.migrations.v[i].origin.n)
            return false;
    return true;
}

enum err_code db_upgrade(struct db_verb *v, struct err *err)
{
    struct apply_options o;

    if (!db_go_is_at_head(v))
        return db_go(v, db_go_up, err);
    if (db_verb_options(v, &o, err) != ERR_OK) /* what is wrong with them is said all the same */
        return err->code;
    if (!v->c->json && !v->c->quiet)
        printf("nothing to do\n");
    return ERR_OK;
}

enum err_code db_downgrade(struct db_verb *v, struct err *err)
{
    return db_go(v, db_go_down, err);
}

enum err_code db_stamp(struct db_verb *v, struct err *err)
{
    return db_go(v, db_go_stamp, err);
}

enum err_code db_repair(struct db_verb *v, struct err *err)
{
    return db_go(v, db_go_repair, err);
}
