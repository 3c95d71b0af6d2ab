/*
 * node-pg-migrate: SQL from the marker "-- Up Migration" to the other one or the end; without it the whole file is up,
 * as the tool does it, the down included.
 */
#include "base/sv.h"
#include "migrate/format.h"
#include "migrate/pattern.h"

static bool node_pg_migrate_find(struct sv text, const char *pattern, struct regex_match *g)
{
    return pattern_find(pattern, REGEX_MULTI | REGEX_NOCASE, text, 0, g, 1);
}

#define NODE_UP   "^[ \\t]*--[ \\t-]*up[ \\t]+migration[^\\n]*"
#define NODE_DOWN "^[ \\t]*--[ \\t-]*down[ \\t]+migration[^\\n]*"

static bool node_pg_migrate_is(struct sv text)
{
    struct regex_match g[1];

    return node_pg_migrate_find(text, NODE_UP, g) || node_pg_migrate_find(text, NODE_DOWN, g);
}

static enum err_code node_pg_migrate_read(const struct format_file *f, struct migrations *ret,
                                          struct err *err)
{
    struct sv text = f->text.text;
    struct regex_match up[1], down[1];
    bool has_up = node_pg_migrate_find(text, NODE_UP, up);
    bool has_down = node_pg_migrate_find(text, NODE_DOWN, down);
    struct migration *m = format_add(&format_node_pg_migrate, f, ret);
    size_t from = has_up ? up[0].to : 0;
    size_t to = has_up && has_down && down[0].from > from ? down[0].from : text.n;

    if (!has_up && has_down)
        m->changed = SV("no up marker: the whole file is the up, its down included");
    (void)format_add_part(ret, MIGRATION_UP, true);
    if (format_add_text(f, from, to, ret, err) != ERR_OK)
        return err->code;
    if (!has_down)
        return ERR_OK;
    (void)format_add_part(ret, MIGRATION_DOWN, true);
    to = has_up && up[0].from > down[0].to ? up[0].from : text.n;
    return format_add_text(f, down[0].to, to, ret, err);
}

static const struct format_rule node_pg_migrate_rules[] = {
    {.pattern = "^([0-9]+)[_-](.*)\\.sql$", .version = 1, .name = 2},
    {.pattern = "^([0-9]+)[_-](.*)\\.[cm]?[jt]s$", .version = 1, .name = 2, .code = true},
    {.pattern = NULL},
};

const struct format format_node_pg_migrate = {
    .name = "node-pg-migrate",
    .files = "1700000000000_name.sql",
    .rules = node_pg_migrate_rules,
    .runs = true,
    .is = node_pg_migrate_is,
    .read = node_pg_migrate_read,
};
