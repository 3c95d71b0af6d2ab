/*
 * The values of a binding, one function per kind; and maps of keys, each key a row of a table.
 */
#include "base/duration.h"
#include "base/suggest.h"
#include "base/sv.h"
#include "plan/binding_int.h"
#include "runbook/yaml.h"

enum err_code binding_bad(struct binding_reader *r, const struct yaml_node *n, const char *what)
{
    return err_set(r->err, ERR_INVALID, "%s:%zu: '%.*s' %s", r->path, n->line, SV_FMT(n->key),
                   what);
}

static enum err_code binding_unknown(struct binding_reader *r, const struct yaml_node *n,
                                     const struct binding_key *keys, size_t n_keys)
{
    struct suggest s = suggest_begin(n->key);

    for (size_t i = 0; i < n_keys; i++)
        suggest_offer(&s, sv_from(keys[i].name));
    (void)err_set(r->err, ERR_INVALID, "%s:%zu: unknown key '%.*s'", r->path, n->line,
                  SV_FMT(n->key));
    if (s.best.p)
        return err_hint(r->err, "did you mean '%.*s'?", SV_FMT(s.best));
    return err_hint(r->err, "docs/formats/binding.md lists the keys");
}

/* A section whose entries are all comments is empty. */
bool binding_is_map(const struct yaml_node *n)
{
    return n->kind == YAML_MAP || (n->kind == YAML_SCALAR && !n->quoted && !n->text.n);
}

enum err_code binding_map(struct binding_reader *r, const struct yaml_node *map,
                          const struct binding_key *keys, size_t n_keys, void *into)
{
    if (!binding_is_map(map))
        return binding_bad(r, map, "must be a map of keys");
    for (size_t i = 0; i < map->n_items; i++) {
        const struct yaml_node *n = &map->items[i];
        const struct binding_key *k = NULL;

        for (size_t j = 0; j < n_keys; j++)
            if (sv_eq(n->key, sv_from(keys[j].name)))
                k = &keys[j];
        if (!k)
            return binding_unknown(r, n, keys, n_keys);
        if (k->read(r, n, (char *)into + k->offset) != ERR_OK)
            return r->err->code;
    }
    return ERR_OK;
}

enum err_code binding_text(struct binding_reader *r, const struct yaml_node *n, void *field)
{
    if (n->kind != YAML_SCALAR || n->text.n == 0)
        return binding_bad(r, n, "must be a text");
    *(struct sv *)field = n->text;
    return ERR_OK;
}

enum err_code binding_duration(struct binding_reader *r, const struct yaml_node *n, void *field)
{
    if (n->kind != YAML_SCALAR || !duration_parse(n->text, field))
        return binding_bad(r, n, "must be a duration such as 30s or 5m");
    return ERR_OK;
}

enum err_code binding_moment(struct binding_reader *r, const struct yaml_node *n, void *field)
{
    struct sv t = n->text;

    if (n->kind != YAML_SCALAR || !sv_eat_nocase(&t, SV("T+")) || !duration_parse(t, field))
        return binding_bad(r, n, "must be a moment such as T+30m");
    return ERR_OK;
}

enum err_code binding_scale(struct binding_reader *r, const struct yaml_node *n, void *field)
{
    double v;

    if (n->kind != YAML_SCALAR || !sv_to_f64(n->text, &v) || v <= 0 || v > 1000)
        return binding_bad(r, n, "must be a number above 0, at most 1000");
    *(double *)field = v;
    return ERR_OK;
}

enum err_code binding_count(struct binding_reader *r, const struct yaml_node *n, void *field)
{
    int64_t v;

    if (n->kind != YAML_SCALAR || !sv_to_i64(n->text, &v) || v < 0 || v > 1000)
        return binding_bad(r, n, "must be a number from 0 to 1000");
    *(int64_t *)field = v;
    return ERR_OK;
}

enum err_code binding_policy(struct binding_reader *r, const struct yaml_node *n, void *field)
{
    if (n->kind != YAML_SCALAR || (!sv_eq(n->text, SV("stop")) && !sv_eq(n->text, SV("rollback"))))
        return binding_bad(r, n, "must be stop or rollback");
    *(struct sv *)field = n->text;
    return ERR_OK;
}

enum err_code binding_doubt(struct binding_reader *r, const struct yaml_node *n, void *field)
{
    if (n->kind != YAML_SCALAR ||
        (!sv_eq(n->text, SV("again")) && !sv_eq(n->text, SV("done")) && !sv_eq(n->text, SV("ask"))))
        return binding_bad(r, n, "must be again, done or ask");
    *(struct sv *)field = n->text;
    return ERR_OK;
}

enum err_code binding_list(struct binding_reader *r, const struct yaml_node *n, void *field)
{
    binding_texts *list = field;

    if (n->kind != YAML_LIST)
        return binding_bad(r, n, "must be a list");
    for (size_t i = 0; i < n->n_items; i++) {
        if (n->items[i].kind != YAML_SCALAR)
            return binding_bad(r, n, "must be a list of texts");
        *vec_add(list) = n->items[i].text;
    }
    return ERR_OK;
}

/* A list of words into *words and *n_words. */
static enum err_code binding_take_words(struct binding_reader *r, const struct yaml_node *n,
                                        struct sv **words, size_t *n_words)
{
    binding_texts list = {0};
    enum err_code rc = binding_list(r, n, &list);

    if (rc == ERR_OK && list.n == 0)
        rc = binding_bad(r, n, "must not be empty");
    if (rc == ERR_OK) {
        *words = arena_memdup(&r->b->arena, list.v, list.n * sizeof(*list.v));
        *n_words = list.n;
    }
    vec_release(&list);
    return rc;
}

enum err_code binding_words(struct binding_reader *r, const struct yaml_node *n, void *field)
{
    struct binding_service *s = container_of((struct sv **)field, struct binding_service, command);

    return binding_take_words(r, n, &s->command, &s->n_command);
}

enum err_code binding_ssh(struct binding_reader *r, const struct yaml_node *n, void *field)
{
    struct binding_host *h = container_of((struct sv **)field, struct binding_host, ssh);

    return binding_take_words(r, n, &h->ssh, &h->n_ssh);
}

enum err_code binding_pairs_of(struct binding_reader *r, const struct yaml_node *n, void *field)
{
    binding_pairs *list = field;

    if (!binding_is_map(n))
        return binding_bad(r, n, "must be a map of texts");
    for (size_t i = 0; i < n->n_items; i++) {
        const struct yaml_node *item = &n->items[i];

        if (item->kind != YAML_SCALAR)
            return binding_bad(r, item, "must be a text");
        *vec_add(list) = (struct binding_pair){item->key, item->text, item->line};
    }
    return ERR_OK;
}

/* The same where an empty text says nothing: a metric, a rule, the reason of a drop. */
enum err_code binding_full_pairs(struct binding_reader *r, const struct yaml_node *n, void *field)
{
    for (size_t i = 0; i < n->n_items; i++)
        if (n->items[i].kind == YAML_SCALAR && !n->items[i].text.n)
            return binding_bad(r, &n->items[i], "must be a text");
    return binding_pairs_of(r, n, field);
}

enum err_code binding_yes(struct binding_reader *r, const struct yaml_node *n, void *field)
{
    return yaml_bool(n, field) ? ERR_OK : binding_bad(r, n, "must be yes or no");
}
