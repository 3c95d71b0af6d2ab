#include "migrate/pending.h"

#include "base/suggest.h"
#include "base/sv.h"

struct sv pending_version(const struct migration *m, struct arena *a)
{
    if (m->repeatable)
        return arena_fmt(a, "R:%.*s", SV_FMT(m->name));
    return m->version.n ? m->version : m->name;
}

/* Files and rows are in the same order, mostly: *next is looked at first. */
static const struct book_migration *pending_row(const struct book_rows *rows, struct sv version,
                                                size_t *next)
{
    for (size_t n = 0; n < rows->migrations.n; n++) {
        size_t i = (*next + n) % rows->migrations.n;

        if (!sv_eq(rows->migrations.v[i].version, version))
            continue;
        *next = i + 1;
        return &rows->migrations.v[i];
    }
    return NULL;
}

static bool pending_has_steps(const struct book_rows *rows, struct sv version)
{
    for (size_t i = 0; i < rows->steps.n; i++)
        if (sv_eq(rows->steps.v[i].version, version))
            return true;
    return false;
}

static bool pending_is_applied(const struct book_migration *row)
{
    return row && (sv_is(row->state, "applied") || sv_is(row->state, "partial"));
}

/* An adopted row has the digest of the file at that time; without one nothing is known of the text. */
static enum pending_state pending_settle(struct pending *p, const struct book_rows *rows)
{
    const struct book_migration *row = p->row;

    if (pending_has_steps(rows, p->version) || (row && sv_is(row->state, "partial")))
        return PENDING_PARTIAL;
    if (!pending_is_applied(row))
        return PENDING_NEW;
    /* The same bytes, and other parts: a newer prusik writes others for an operation. */
    if (p->file->format->whole && row->p1.n && sv_eq(row->p1, p->file->p1))
        return PENDING_APPLIED;
    if (row->s1.n && !sv_eq(row->s1, p->file->s1) && !sv_eq(row->s1, p->file->s1_up) &&
        !p->file->code)
        return p->file->repeatable ? PENDING_AGAIN : PENDING_CHANGED;
    p->layout = row->p1.n && !sv_eq(row->p1, p->file->p1);
    return PENDING_APPLIED;
}

/* Adopted without a text: a program of another tool, which need not lie here. */
static bool pending_is_foreign(const struct book_migration *row)
{
    return sv_is(row->kind, "adopted") && !row->up_text.n;
}

static void pending_missing(const struct book_rows *rows, const pendings *known, size_t n_known,
                            pendings *ret)
{
    size_t next = 0;

    for (size_t i = 0; i < rows->migrations.n; i++) {
        const struct book_migration *row = &rows->migrations.v[i];
        bool found = !pending_is_applied(row);

        for (size_t n = 0; n < n_known && !found; n++) {
            size_t k = (next + n) % n_known;

            found = known->v[k].row == row;
            next = found ? k + 1 : next;
        }
        if (!found)
            *vec_add(ret) = (struct pending){.state = pending_is_foreign(row) ? PENDING_APPLIED
                                                                              : PENDING_MISSING,
                                             .row = row,
                                             .version = row->version};
    }
}

/* Those without a file go in front of the first file that is later; by the ordinal they were applied with. */
static void pending_merge(const pendings *files, const pendings *missing, pendings *ret)
{
    size_t m = 0;

    for (size_t i = 0; i < files->n; i++) {
        const struct pending *f = &files->v[i];

        while (
            m < missing->n && !f->file->format->planned &&
            (f->file->repeatable || migration_version_cmp(missing->v[m].version, f->version) < 0))
            *vec_add(ret) = missing->v[m++];
        *vec_add(ret) = *f;
    }
    while (m < missing->n)
        *vec_add(ret) = missing->v[m++];
}

static void pending_mark_order(pendings *p)
{
    bool later = false;

    for (size_t i = p->n; i > 0; i--) {
        struct pending *one = &p->v[i - 1];
        bool repeatable = one->file ? one->file->repeatable : sv_starts(one->version, SV("R:"));

        if (repeatable)
            continue;
        if (later && one->state == PENDING_NEW)
            one->state = PENDING_OUT_OF_ORDER;
        later = later || (pending_is_applied(one->row) && one->state != PENDING_PARTIAL);
    }
}

void pending_compare(struct migrations *files, const struct book_rows *rows, enum db_kind db,
                     pendings *ret)
{
    pendings known = {0}, missing = {0};
    size_t next = 0;

    for (size_t i = 0; i < files->v.n; i++) {
        struct pending *p = vec_add(&known);

        p->file = &files->v.v[i];
        p->version = pending_version(p->file, &files->arena);
        p->row = pending_row(rows, p->version, &next);
        p->not_for = !p->file->code && !p->file->applied && !migration_is_for(p->file, db);
        p->state = pending_settle(p, rows);
    }
    pending_missing(rows, &known, known.n, &missing);
    pending_merge(&known, &missing, ret);
    vec_release(&known);
    vec_release(&missing);
    pending_mark_order(ret);
}

const char *pending_state_text(enum pending_state s)
{
    static const char *const texts[PENDING__N] = {
        [PENDING_APPLIED] = "applied",           [PENDING_NEW] = "pending",
        [PENDING_OUT_OF_ORDER] = "out of order", [PENDING_AGAIN] = "changed, runs again",
        [PENDING_PARTIAL] = "partial",           [PENDING_CHANGED] = "changed",
        [PENDING_MISSING] = "missing",
    };

    return texts[s];
}

bool pending_is_clean(const pendings *p)
{
    for (size_t i = 0; i < p->n; i++)
        if (p->v[i].state != PENDING_APPLIED)
            return false;
    return true;
}

bool pending_is_half_missing(const struct pending *p)
{
    return p->state == PENDING_MISSING && sv_is(p->row->state, "partial");
}

bool pending_is_other_down(const struct pending *p)
{
    return p->state == PENDING_CHANGED && p->file->s1_up.n && sv_eq(p->row->p1, p->file->p1);
}

enum err_code pending_may_pass(const struct pending *p, struct err *err)
{
    if (!pending_is_half_missing(p))
        return ERR_OK;
    (void)err_set(err, ERR_REFUSED, "%.*s is half done, and its file is not there",
                  SV_FMT(p->version));
    return err_hint(err,
                    "put the file back, or say what became of it: prusik db repair %.*s"
                    " --finish or --forget, --why TEXT",
                    SV_FMT(p->version));
}

enum err_code pending_check(const pendings *p, bool allow_out_of_order, struct err *err)
{
    for (size_t i = 0; i < p->n; i++) {
        const struct pending *one = &p->v[i];

        if (pending_may_pass(one, err) != ERR_OK)
            return err->code;
        if (one->state == PENDING_CHANGED) {
            (void)err_set(
                err, ERR_REFUSED,
                "%s%.*s was changed after it was applied (%.*s was %.16s..., is %.16s...)",
                pending_is_other_down(one) ? "the way back of " : "", SV_FMT(one->version),
                SV_FMT(one->file->path), one->row->s1.p, one->file->s1.p);
            return err_hint(err,
                            "put the change into a new file, or say that the database has it: "
                            "prusik db repair %.*s --accept-file --why TEXT",
                            SV_FMT(one->version));
        }
        if (one->state == PENDING_OUT_OF_ORDER && !allow_out_of_order) {
            size_t last = i;

            for (size_t k = i; k < p->n; k++)
                last = pending_is_applied(p->v[k].row) ? k : last;
            (void)err_set(err, ERR_REFUSED, "%.*s (%.*s) is below %.*s, which is applied",
                          SV_FMT(one->version), SV_FMT(one->file->path),
                          SV_FMT(p->v[last].version));
            return err_hint(err,
                            "a branch was merged? --allow-out-of-order applies it now, or give it "
                            "a later version");
        }
    }
    return ERR_OK;
}

const struct pending *pending_find(const pendings *p, struct sv name, struct err *err)
{
    struct suggest near = suggest_begin(name);

    for (size_t i = 0; i < p->n; i++) {
        const struct pending *one = &p->v[i];
        struct sv called = one->file ? one->file->name : one->row->name;

        if (migration_version_cmp(one->version, name) == 0 || sv_eq(called, name))
            return one;
        suggest_offer(&near, one->version);
    }
    (void)err_set(err, ERR_NOT_FOUND, "there is no migration '%.*s'", SV_FMT(name));
    if (near.best.p)
        (void)err_hint(err, "did you mean %.*s?", SV_FMT(near.best));
    return NULL;
}
