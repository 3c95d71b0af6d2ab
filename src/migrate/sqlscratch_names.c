/* Names of a scratch database, and who refers to whom. */
#include "base/mem.h"
#include "base/text.h"
#include "migrate/sqlscratch_int.h"

/* --- names --- */

size_t scratch_name(struct sqlscratch *s, struct sv name)
{
    CLEANUP(strbuf_release) struct strbuf key = STRBUF(0);
    size_t at;

    for (size_t i = 0; i < name.n; i++)
        strbuf_add_byte(&key, ascii_lower(name.p[i]));
    if (!map_get(&s->index, strbuf_sv(&key), &at)) {
        at = s->names.n;
        vec_add(&s->names)->name = xstrdup_sv(name);
        (void)map_put(&s->index, strbuf_sv(&key), at); /* it is new */
    }
    return at;
}

struct scratch_name *scratch_named(struct sqlscratch *s, struct sv name)
{
    size_t at = scratch_name(s, name);

    return &s->names.v[at];
}

void scratch_touch(struct sqlscratch *s, const char *name)
{
    size_t at;

    if (sqlite3_strnicmp(name, "sqlite_", 7) == 0 && sqlite3_strnicmp(name, "sqlite_temp", 11) != 0)
        return;
    at = scratch_name(s, sv_from(name));
    if (!s->names.v[at].touched)
        *vec_add(&s->touched) = at;
    s->names.v[at].touched = true;
}

void scratch_untouch(struct sqlscratch *s)
{
    for (size_t i = 0; i < s->touched.n; i++) {
        struct scratch_name *n = &s->names.v[s->touched.v[i]];

        n->touched = n->emptied = false;
    }
    s->touched.n = 0;
}

/* --- who refers to whom --- */

static void scratch_add_child(struct sqlscratch *s, struct sv parent, size_t child)
{
    struct scratch_name *p = scratch_named(s, parent);

    for (size_t i = 0; i < p->children.n; i++)
        if (p->children.v[i] == child)
            return;
    *vec_add(&p->children) = child;
}

/* What refers to a name was seen at some time: tables when they were made, all of them behind an ALTER or a ROLLBACK.
 * Whether it still does is asked when it matters. */
void scratch_read_children(struct sqlscratch *s, const char *sql, const char *child)
{
    sqlite3_stmt *st = NULL;

    s->counts = 0;
    if (sqlite3_prepare_v2(s->lite, sql, -1, &st, NULL) == SQLITE_OK) {
        (void)sqlite3_bind_text(st, 1, child, -1, SQLITE_TRANSIENT); /* or none */
        while (sqlite3_step(st) == SQLITE_ROW)
            scratch_add_child(s, sv_from((const char *)sqlite3_column_text(st, 1)),
                              scratch_name(s, sv_from((const char *)sqlite3_column_text(st, 0))));
    }
    (void)sqlite3_finalize(st); /* repeats what the step said */
}

void scratch_read_edges(struct sqlscratch *s)
{
    if (s->edges)
        scratch_read_children(s,
                              "SELECT m.name, f.\"table\" FROM sqlite_schema m, "
                              "pragma_foreign_key_list(m.name) f WHERE m.type = 'table'",
                              NULL);
    s->edges = false;
}

/* The first in the order of names that refers to the table. */
struct sv scratch_child(struct sqlscratch *s, struct sv table, struct arena *a)
{
    static const char refers[] =
        "SELECT l.name FROM pragma_table_list(?2) l, pragma_foreign_key_list(?2) f WHERE l.schema "
        "= 'main' AND f.\"table\" = ?1 COLLATE NOCASE AND l.name <> ?1 COLLATE NOCASE";
    size_t parent = scratch_name(s, table);
    struct sv ret = {NULL, 0};

    scratch_read_edges(s);
    for (size_t i = 0; i < s->names.v[parent].children.n; i++) {
        struct sv child = sv_from(s->names.v[s->names.v[parent].children.v[i]].name);
        struct sv name = scratch_ask(s, a, refers, table, child);

        if (name.n && (!ret.n || sv_cmp(name, ret) < 0))
            ret = name;
    }
    return ret;
}
