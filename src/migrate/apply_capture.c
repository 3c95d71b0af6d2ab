/*
 * The definition of what is dropped or changed is asked of the catalog just before, and stands in the down that is
 * kept: "-- prusik:down at=PART from=QUERY" becomes a part with a statement for each row of the answer.
 */
#include "base/sv.h"
#include "migrate/apply_int.h"

void apply_capture_begin(struct apply_job *j, struct migration *downs)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    j->downs = downs;
    migration_write(downs, 1u << MIGRATION_DOWN, &b);
    j->row.down_text = arena_sv(&j->a->arena, strbuf_sv(&b));
}

static void capture_fill(struct apply_job *j, struct migration_part *d, const struct db_table *t)
{
    struct arena *a = &j->a->arena;
    size_t n = 0;

    d->stmts = ARENA_NEWN(a, struct migration_stmt, t->n_rows + 1);
    for (size_t i = 0; i < t->n_rows; i++)
        if (!t->v[i * t->n_cols].is_null)
            d->stmts[d->n_stmts++] = (struct migration_stmt){
                .text = t->v[i * t->n_cols].text, .line = d->line, .column = 1};
    for (size_t i = 0; d->n_stmts && i < d->n_attrs; i++)
        if (!sv_is(d->attrs[i].key, "from") && !sv_is(d->attrs[i].key, "at"))
            d->attrs[n++] = d->attrs[i];
    d->n_attrs = d->n_stmts ? n : d->n_attrs;
}

enum err_code apply_capture(struct apply_job *j, const struct migration_part *p, struct err *err)
{
    bool any = false;

    for (size_t i = 0; j->downs && i < j->downs->n_parts; i++) {
        struct migration_part *d = &j->downs->parts[i];
        struct sv query = migration_attr(d, "from");
        struct db_table t;

        if (!query.n || d->n_stmts || !sv_eq(migration_attr(d, "at"), p->name))
            continue;
        if (db_all(j->a->db, &j->a->arena, query, NULL, 0, &t, err) != ERR_OK)
            return err_wrap(err, "what was there before \"%.*s\"", SV_FMT(p->name));
        capture_fill(j, d, &t);
        any = true;
    }
    if (any)
        apply_capture_begin(j, j->downs);
    return ERR_OK;
}
