/*
 * The groups of a binding: each member is known, no group is inside itself, and which hosts they come to.
 */
#include "base/limits.h"
#include "base/suggest.h"
#include "base/sv.h"
#include "plan/binding.h"
#include "plan/binding_int.h"

/* A way down through groups, from the outermost. */
struct binding_way {
    const struct binding_host *group;
    const struct binding_way *outer;
};

static bool binding_is_inside(const struct binding_way *way, const struct binding_host *group)
{
    for (; way; way = way->outer)
        if (way->group == group)
            return true;
    return false;
}

static enum err_code binding_no_host(const struct binding *b, const char *path,
                                     const struct binding_member *m, struct err *err)
{
    struct suggest near = suggest_begin(m->name);

    for (size_t i = 0; i < b->hosts.n; i++)
        suggest_offer(&near, b->hosts.v[i].name);
    (void)err_set(err, ERR_INVALID, "%s:%zu: there is no host '%.*s'", path, m->line,
                  SV_FMT(m->name));
    if (near.best.p)
        return err_hint(err, "did you mean '%.*s'?", SV_FMT(near.best));
    return err_hint(err, "hosts: {\"%.*s\": {}} says that ssh knows it", SV_FMT(m->name));
}

/* Through a group and the groups in it. */
struct binding_walk {
    const struct binding *b;
    const char *path;
    struct err *err;
    binding_names hosts, groups; /* found; gone through, so that each is so once */
};

static bool binding_add_name(binding_names *list, struct sv name)
{
    for (size_t i = 0; i < list->n; i++)
        if (sv_eq(list->v[i], name))
            return false;
    *vec_add(list) = name;
    return true;
}

static enum err_code binding_walk_group(struct binding_walk *w, const struct binding_way *way)
{
    const struct binding_group *g = &way->group->group;

    for (size_t i = 0; i < g->n_members; i++) {
        const struct binding_member *m = &g->members[i];
        const struct binding_host *h = binding_find_host(w->b, m->name);
        struct binding_way inner = {h, way};

        if (!h || sv_eq(m->name, SV("*")))
            return binding_no_host(w->b, w->path, m, w->err);
        if (!h->group.n_members)
            (void)binding_add_name(&w->hosts, m->name); /* a host of two groups is one host */
        else if (binding_is_inside(way, h))
            return err_set(w->err, ERR_INVALID, "%s:%zu: group '%.*s' is inside itself", w->path,
                           m->line, SV_FMT(m->name));
        else if (binding_add_name(&w->groups, m->name) && binding_walk_group(w, &inner) != ERR_OK)
            return w->err->code;
        if (w->hosts.n > LIMIT_FLEET_HOSTS)
            return err_set(w->err, ERR_LIMIT, "%s:%zu: a group has more than %u hosts", w->path,
                           m->line, LIMIT_FLEET_HOSTS);
    }
    return ERR_OK;
}

enum err_code binding_check_groups(const struct binding *b, const char *path, struct err *err)
{
    enum err_code rc = ERR_OK;

    for (size_t i = 0; rc == ERR_OK && i < b->hosts.n; i++) {
        const struct binding_way way = {&b->hosts.v[i], NULL};
        struct binding_walk w = {.b = b, .path = path, .err = err};

        rc = binding_walk_group(&w, &way);
        vec_release(&w.hosts);
        vec_release(&w.groups);
    }
    return rc;
}

void binding_group_hosts(const struct binding *b, const struct binding_host *group,
                         binding_names *ret)
{
    const struct binding_way way = {group, NULL};
    struct err err;
    struct binding_walk w = {.b = b, .path = "", .err = &err};
    enum err_code rc = binding_walk_group(&w, &way);

    assert(rc == ERR_OK); /* checked when the binding was read */
    vec_release(&w.groups);
    *ret = w.hosts;
}
