/* What a catalog adds: what is not there, how large it is, and what is proved already. */
#include <inttypes.h>
#include <string.h>

#include "base/sv.h"
#include "migrate/sqlcatalog.h"
#include "migrate/sqllint_int.h"

/* --- names that statements make --- */

static void there_make(struct sqllint_run *r, struct sv name)
{
    if (name.n)
        (void)sqllint_know(r, FACT_NAMED, name);
}

static struct sv there_member(struct sqllint_run *r, struct sv table, struct sv name)
{
    return arena_fmt(&r->l->arena, "%.*s.%.*s", SV_FMT(table), SV_FMT(name));
}

static struct sv there_renamed(struct sqllint_run *r, const json_t *body)
{
    struct sv schema = sqltree_sv(body, "relation.schemaname"), to = sqltree_sv(body, "newname");

    return schema.n && !sv_is(schema, "public") ? there_member(r, schema, to) : to;
}

static void there_makes(struct sqllint_run *r, const char *kind, const json_t *body)
{
    static const struct {
        const char *kind, *path;
    } made[] = {{"CreateStmt", "relation"},
                {"CreateForeignTableStmt", "base.relation"},
                {"ViewStmt", "view"},
                {"CreateTableAsStmt", "into.rel"},
                {"SelectStmt", "intoClause.rel"}};
    const json_t *cmds = sqltree_at(body, "cmds"), *one;
    size_t i;

    for (i = 0; i < ARRAY_LEN(made); i++)
        if (strcmp(kind, made[i].kind) == 0 && sqltree_at(body, made[i].path))
            there_make(r, sqllint_table(r, sqltree_at(body, made[i].path)));
    if (strcmp(kind, "RenameStmt") == 0)
        there_make(r, sqltree_is(body, "renameType", "OBJECT_COLUMN")
                          ? there_member(r, sqllint_table(r, sqltree_at(body, "relation")),
                                         sqltree_sv(body, "newname"))
                          : there_renamed(r, body));
    json_array_foreach(cmds, i, one) if (sqltree_is(one, "AlterTableCmd.subtype", "AT_AddColumn"))
        there_make(r, there_member(r, sqllint_table(r, sqltree_at(body, "relation")),
                                   sqltree_sv(one, "AlterTableCmd.def.ColumnDef.colname")));
}

/* --- names that they need --- */

static bool there_is_table(const struct sqllint_run *r, struct sv name)
{
    return !name.n || sqlcatalog_table(r->catalog, name) || sqlcatalog_is_added(r->catalog, name) ||
           sqllint_find(r, FACT_TABLE, name) || sqllint_find(r, FACT_NAMED, name) ||
           sv_starts(name, SV("pg_")) || sv_starts(name, SV("information_schema."));
}

static void there_need_table(struct sqllint_run *r, struct sv name)
{
    if (!there_is_table(r, name))
        (void)sqllint_add(r, SQLLINT_RUN017, 0, "there is no table %.*s", SV_FMT(name));
}

static void there_need_column(struct sqllint_run *r, struct sv table, struct sv column)
{
    static const char *const system[] = {"ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"};
    struct sv member = there_member(r, table, column);

    for (size_t i = 0; i < ARRAY_LEN(system); i++)
        if (sv_is(column, system[i]))
            return;
    if (!column.n || !sqlcatalog_table(r->catalog, table) ||
        sqlcatalog_is_added(r->catalog, table) || sqllint_find(r, FACT_TABLE, table) ||
        sqllint_find(r, FACT_NAMED, table) || sqlcatalog_column(r->catalog, table, column) ||
        sqlcatalog_is_added(r->catalog, member) || sqllint_find(r, FACT_NAMED, member))
        return;
    (void)sqllint_add(r, SQLLINT_RUN017, 0, "%.*s has no column %.*s", SV_FMT(table),
                      SV_FMT(column));
}

static void there_alter(struct sqllint_run *r, const json_t *body, struct sv table)
{
    static const char *const of_column[] = {"AT_DropColumn", "AT_SetNotNull", "AT_DropNotNull",
                                            "AT_ColumnDefault", "AT_AlterColumnType"};
    const json_t *cmds = sqltree_at(body, "cmds"), *one;
    size_t i;

    json_array_foreach(cmds, i, one)
    {
        const json_t *cmd = sqltree_at(one, "AlterTableCmd"),
                     *key = sqltree_at(cmd, "def.Constraint.pktable");

        for (size_t k = 0; k < ARRAY_LEN(of_column); k++)
            if (sqltree_is(cmd, "subtype", of_column[k]) && !sqltree_flag(cmd, "missing_ok"))
                there_need_column(r, table, sqltree_sv(cmd, "name"));
        if (key)
            there_need_table(r, sqllint_table(r, key));
    }
}

/* The names of a list of nodes. */
static void there_columns(struct sqllint_run *r, const json_t *list, const char *path,
                          struct sv table)
{
    const json_t *one;
    size_t i;

    json_array_foreach(list, i, one) there_need_column(r, table, sqltree_sv(one, path));
}

static void there_dropped(struct sqllint_run *r, const json_t *body)
{
    const json_t *list = sqltree_at(body, "objects"), *one;
    size_t i;

    json_array_foreach(list, i, one)
        there_need_table(r, sqllint_name(r, sqltree_at(one, "List.items")));
}

static void there_needs(struct sqllint_run *r, const char *kind, const json_t *body)
{
    static const char *const of_table[] = {"AlterTableStmt", "IndexStmt",  "UpdateStmt",
                                           "InsertStmt",     "DeleteStmt", "CreateTrigStmt",
                                           "RenameStmt"};
    struct sv table = sqllint_table(r, sqltree_at(body, "relation"));
    bool is = false;

    for (size_t i = 0; i < ARRAY_LEN(of_table); i++)
        is = is || strcmp(kind, of_table[i]) == 0;
    if (sqltree_flag(body, "missing_ok"))
        return;
    if (strcmp(kind, "DropStmt") == 0 && sqltree_is(body, "removeType", "OBJECT_TABLE"))
        there_dropped(r, body);
    if (!is ||
        (strcmp(kind, "AlterTableStmt") == 0 && !sqltree_is(body, "objtype", "OBJECT_TABLE")) ||
        (strcmp(kind, "RenameStmt") == 0 && !sqltree_is(body, "renameType", "OBJECT_TABLE") &&
         !sqltree_is(body, "renameType", "OBJECT_COLUMN")))
        return;
    there_need_table(r, table);
    there_alter(r, body, table);
    there_columns(r, sqltree_at(body, "indexParams"), "IndexElem.name", table);
    there_columns(r, sqltree_at(body, "targetList"), "ResTarget.name", table);
    there_columns(r, sqltree_at(body, "cols"), "ResTarget.name", table);
    if (strcmp(kind, "RenameStmt") == 0)
        there_need_column(r, table,
                          sqltree_is(body, "renameType", "OBJECT_COLUMN")
                              ? sqltree_sv(body, "subname")
                              : (struct sv){NULL, 0});
}

void sqllint_there(struct sqllint_run *r)
{
    if (!r->catalog)
        return;
    if (!r->unseen)
        there_needs(r, r->tree->kind, r->tree->body);
    there_makes(r, r->tree->kind, r->tree->body);
}

void sqllint_there_end(struct sqllint_run *r)
{
    for (size_t i = 0; r->catalog && i < r->known.n; i++)
        if (r->known.v[i].fact == FACT_NAMED || r->known.v[i].fact == FACT_TABLE)
            sqlcatalog_add(r->catalog, r->known.v[i].name);
}

/* --- how large --- */

/* Rules whose cost grows with the table: it is read, or written anew. */
static bool there_is_of_size(const struct sqllint_rule *rule)
{
    static const enum sqllint_id ids[] = {
        SQLLINT_PG001, SQLLINT_PG003, SQLLINT_PG004, SQLLINT_PG005, SQLLINT_PG006, SQLLINT_PG007,
        SQLLINT_PG008, SQLLINT_PG009, SQLLINT_PG010, SQLLINT_PG013, SQLLINT_PG014, SQLLINT_PG016,
        SQLLINT_PG017, SQLLINT_PG018, SQLLINT_PG019, SQLLINT_PG020, SQLLINT_PG021, SQLLINT_PG022,
        SQLLINT_PG023, SQLLINT_PG024, SQLLINT_PG025};

    for (size_t i = 0; i < ARRAY_LEN(ids); i++)
        if (rule == &sqllint_rules[ids[i]])
            return true;
    return false;
}

struct there_sizes {
    struct sqllint_run *r;
    const struct sqlcatalog_table *largest;
    bool unknown; /* one of them is not in the catalog */
};

static bool there_size(const char *kind, const json_t *body, void *arg)
{
    struct there_sizes *s = arg;
    const struct sqlcatalog_table *t;
    struct sv name;

    if (strcmp(kind, "RangeVar") != 0 && strcmp(kind, "relation") != 0)
        return false;
    name = sqllint_table(s->r, body);
    t = sqlcatalog_table(s->r->catalog, name);
    t = t ? t : sqlcatalog_index(s->r->catalog, name);
    s->unknown = s->unknown || (!t && sqllint_is_live(s->r, name));
    if (t && (!s->largest || t->bytes > s->largest->bytes))
        s->largest = t;
    return false;
}

static struct sv there_size_text(struct arena *a, const struct sqlcatalog_table *t)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    int64_t bytes = t->bytes;
    size_t u = 0;

    for (; bytes >= 10240 && u + 1 < ARRAY_LEN(units); u++)
        bytes /= 1024;
    if (t->rows < 0)
        return arena_fmt(a, "%.*s has %" PRId64 " %s", SV_FMT(t->name), bytes, units[u]);
    return arena_fmt(a, "%.*s has about %" PRId64 " rows, %" PRId64 " %s", SV_FMT(t->name), t->rows,
                     bytes, units[u]);
}

void sqllint_there_sizes(struct sqllint_run *r)
{
    struct there_sizes s = {.r = r};

    if (!r->catalog)
        return;
    /* RangeVars of members ("relation") have no kind of their own in the tree */
    (void)there_size("relation", sqltree_at(r->tree->body, "relation"),
                     &s); /* the answer is in s */
    (void)sqltree_find(r->tree->body, there_size, &s);
    for (size_t i = r->first_finding; s.largest && i < r->l->findings.n; i++) {
        struct sqllint_finding *f = &r->l->findings.v[i];

        if (!there_is_of_size(f->rule))
            continue;
        f->message = arena_fmt(&r->l->arena, "%.*s (%.*s)", SV_FMT(f->message),
                               SV_FMT(there_size_text(&r->l->arena, s.largest)));
        if (!s.unknown && sqlcatalog_is_small(r->catalog, s.largest))
            f->severity = SQLLINT_NOTE;
    }
}

/* --- what is proved --- */

bool sqllint_is_never_null(const struct sqllint_run *r, struct sv table, struct sv column)
{
    const struct sqlcatalog_column *c =
        r->catalog ? sqlcatalog_column(r->catalog, table, column) : NULL;
    CLEANUP(strbuf_release) struct strbuf proof = STRBUF(0);

    if (!c)
        return false;
    strbuf_addf(&proof, "%.*s.%.*s", SV_FMT(table), SV_FMT(c->proof));
    return c->not_null || (c->proof.n && !sqllint_find(r, FACT_GONE, strbuf_sv(&proof)));
}
