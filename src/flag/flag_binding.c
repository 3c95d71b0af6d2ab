#include "flag/flag_binding.h"

#include <string.h>

#include "base/duration.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/sv.h"
#include "runbook/yaml_file.h"

struct reader {
    struct yaml_file y;
    struct arena *a;
    const char *folder;
};

static void make_relative(struct reader *r, struct sv *path)
{
    CLEANUP(mem_freep) char *name = xstrdup_sv(*path);
    CLEANUP(mem_freep) char *full = path_join(r->folder, name);

    *path = arena_sv(r->a, sv_from(full));
}

static enum err_code get_place(struct reader *r, const struct yaml_node *map, const char *key,
                               struct flag_place *ret)
{
    static const char *const known[] = {"path", "name", NULL};
    const struct yaml_node *n = yaml_get(map, key);

    if (!n)
        return ERR_OK;
    if (yaml_file_keys(&r->y, n, key, known) != ERR_OK ||
        yaml_file_text(&r->y, n, "path", true, &ret->path) != ERR_OK ||
        yaml_file_text(&r->y, n, "name", true, &ret->name) != ERR_OK)
        return r->y.err->code;
    make_relative(r, &ret->path);
    return ERR_OK;
}

static enum err_code get_variants(struct reader *r, const struct yaml_node *map,
                                  struct flag_elsewhere *f)
{
    const struct yaml_node *n = yaml_get(map, "variants");

    if (!n || n->kind != YAML_MAP || n->n_items == 0)
        return yaml_file_bad(&r->y, map, "'variants' is a map of names to texts");
    f->variants = ARENA_NEWN(r->a, struct flag_variant, n->n_items);
    for (size_t i = 0; i < n->n_items; i++) {
        if (n->items[i].kind != YAML_SCALAR)
            return yaml_file_bad(&r->y, &n->items[i], "a variant is a text");
        f->variants[f->n_variants++] = (struct flag_variant){arena_sv(r->a, n->items[i].key),
                                                             arena_sv(r->a, n->items[i].text)};
    }
    return ERR_OK;
}

static enum err_code get_http(struct reader *r, const struct yaml_node *map,
                              struct flag_elsewhere *f)
{
    static const char *const known[] = {"url", "method", "json", NULL};
    const struct yaml_node *n = yaml_get(map, "http");

    if (!n)
        return ERR_OK;
    f->http_method = SV("PUT");
    if (yaml_file_keys(&r->y, n, "http", known) != ERR_OK ||
        yaml_file_text(&r->y, n, "url", true, &f->http_url) != ERR_OK ||
        yaml_file_text(&r->y, n, "method", false, &f->http_method) != ERR_OK ||
        yaml_file_text(&r->y, n, "json", true, &f->http_json) != ERR_OK)
        return r->y.err->code;
    return ERR_OK;
}

static enum err_code get_apply(struct reader *r, const struct yaml_node *map,
                               struct flag_elsewhere *f)
{
    const struct yaml_node *n = yaml_get(map, "apply");

    if (!n)
        return ERR_OK;
    if (n->kind != YAML_LIST || n->n_items == 0)
        return yaml_file_bad(&r->y, n, "'apply' is a list: the program and its arguments");
    f->apply = ARENA_NEWN(r->a, const char *, n->n_items + 1);
    for (size_t i = 0; i < n->n_items; i++) {
        if (n->items[i].kind != YAML_SCALAR)
            return yaml_file_bad(&r->y, &n->items[i], "an argument is a text");
        f->apply[i] = arena_strdup(r->a, n->items[i].text);
    }
    return ERR_OK;
}

static enum err_code get_read_back(struct reader *r, const struct yaml_node *map,
                                   struct flag_elsewhere *f)
{
    static const char *const known[] = {"url", "json", "process", NULL};
    const struct yaml_node *n = yaml_get(map, "read_back");

    if (!n)
        return ERR_OK;
    if (yaml_file_keys(&r->y, n, "read_back", known) != ERR_OK ||
        yaml_file_text(&r->y, n, "url", false, &f->read_url) != ERR_OK ||
        yaml_file_text(&r->y, n, "json", false, &f->read_json) != ERR_OK ||
        yaml_file_text(&r->y, n, "process", false, &f->read_process) != ERR_OK)
        return r->y.err->code;
    if (!f->read_url.p == !f->read_process.p)
        return yaml_file_bad(&r->y, n, "'read_back' has either 'url' or 'process'");
    if (f->read_process.p && f->read_json.p)
        return yaml_file_bad(&r->y, n, "'json' belongs to a 'url'");
    if (f->read_process.p && !f->env_file.path.p && !f->dropin.path.p)
        return yaml_file_bad(&r->y, n,
                             "the variable of the process is that of 'env_file' or 'dropin'");
    if (f->read_process.p)
        make_relative(r, &f->read_process);
    return ERR_OK;
}

static enum err_code get_within(struct reader *r, const struct yaml_node *map,
                                struct flag_elsewhere *f)
{
    const struct yaml_node *n = yaml_get(map, "within");
    int64_t ms = FLAG_WITHIN_MS;

    if (n && (n->kind != YAML_SCALAR || !duration_parse(n->text, &ms) || ms <= 0))
        return yaml_file_bad(&r->y, n, "'within' is no duration");
    f->within_ms = (uint64_t)ms;
    return ERR_OK;
}

static enum err_code read_flag(struct reader *r, const struct yaml_node *n,
                               struct flag_elsewhere *f)
{
    static const char *const known[] = {"variants", "env_file",  "dropin", "http",
                                        "apply",    "read_back", "within", NULL};

    f->key = arena_sv(r->a, n->key);
    if (yaml_file_keys(&r->y, n, "a flag", known) != ERR_OK || get_variants(r, n, f) != ERR_OK ||
        get_place(r, n, "env_file", &f->env_file) != ERR_OK ||
        get_place(r, n, "dropin", &f->dropin) != ERR_OK || get_http(r, n, f) != ERR_OK ||
        get_apply(r, n, f) != ERR_OK || get_read_back(r, n, f) != ERR_OK ||
        get_within(r, n, f) != ERR_OK)
        return r->y.err->code;
    if (!f->env_file.path.p && !f->dropin.path.p && !f->http_url.p)
        return yaml_file_bad(&r->y, n, "a flag is written to env_file, dropin or http");
    return ERR_OK;
}

static enum err_code read_consumers(struct reader *r, const struct yaml_node *list,
                                    struct flag_binding *b)
{
    static const char *const known[] = {"ofrep", NULL};

    if (list->kind != YAML_LIST)
        return yaml_file_bad(&r->y, list, "'consumers' is a list");
    b->consumers = ARENA_NEWN(r->a, struct sv, list->n_items + 1);
    for (size_t i = 0; i < list->n_items; i++)
        if (yaml_file_keys(&r->y, &list->items[i], "a consumer", known) != ERR_OK ||
            yaml_file_text(&r->y, &list->items[i], "ofrep", true,
                           &b->consumers[b->n_consumers++]) != ERR_OK)
            return r->y.err->code;
    return ERR_OK;
}

static enum err_code read_root(struct reader *r, const struct yaml_node *root,
                               struct flag_binding *b)
{
    static const char *const known[] = {"consumers", "flags", NULL};
    const struct yaml_node *consumers = yaml_get(root, "consumers"), *flags;

    if (yaml_file_keys(&r->y, root, "the file", known) != ERR_OK ||
        (consumers && read_consumers(r, consumers, b) != ERR_OK))
        return r->y.err->code;
    flags = yaml_get(root, "flags");
    if (!flags)
        return ERR_OK;
    if (flags->kind != YAML_MAP)
        return yaml_file_bad(&r->y, flags, "'flags' is a map");
    b->flags = ARENA_NEWN(r->a, struct flag_elsewhere, flags->n_items + 1);
    for (size_t i = 0; i < flags->n_items; i++)
        if (read_flag(r, &flags->items[i], &b->flags[b->n_flags++]) != ERR_OK)
            return r->y.err->code;
    return ERR_OK;
}

enum err_code flag_binding_parse(struct sv text, const char *path, const char *folder,
                                 struct flag_binding *ret, struct err *err)
{
    struct flag_binding b = {.n_flags = 0};
    struct reader r = {{path, &b.arena, err}, &b.arena, folder};
    struct arena tree = {0};
    struct yaml_node root;
    enum err_code rc = yaml_parse(text, path, &tree, &root, err);

    if (rc == ERR_OK)
        rc = read_root(&r, &root, &b);
    arena_release(&tree);
    if (rc == ERR_OK)
        *ret = b;
    else
        arena_release(&b.arena);
    return rc;
}

void flag_binding_release(struct flag_binding *b)
{
    arena_release(&b->arena);
    memset(b, 0, sizeof(*b));
}

const struct flag_elsewhere *flag_binding_find(const struct flag_binding *b, struct sv key)
{
    for (size_t i = 0; i < b->n_flags; i++)
        if (sv_eq(b->flags[i].key, key))
            return &b->flags[i];
    return NULL;
}
