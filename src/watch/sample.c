#include "watch/sample.h"

#include "base/sv.h"

void sample_list_release(struct sample_list *l)
{
    vec_release(&l->v);
    arena_release(&l->arena);
    *l = (struct sample_list){.at_us = 0};
}

static struct sample *sample_add(struct sample_list *l, struct sv name, enum sample_kind kind,
                                 const char *unit)
{
    struct sample *s = vec_add(&l->v);

    s->name = arena_sv(&l->arena, name);
    s->kind = kind;
    s->type = SAMPLE_GAUGE;
    s->unit = sv_from(unit);
    s->at_us = l->at_us;
    return s;
}

void sample_add_number(struct sample_list *l, const char *name, double v, const char *unit)
{
    sample_add(l, sv_from(name), SAMPLE_NUMBER, unit)->number = v;
}

void sample_add_counter(struct sample_list *l, const char *name, double v, const char *unit)
{
    struct sample *s = sample_add(l, sv_from(name), SAMPLE_NUMBER, unit);

    s->type = SAMPLE_COUNTER;
    s->number = v;
}

void sample_add_bool(struct sample_list *l, const char *name, bool v)
{
    sample_add(l, sv_from(name), SAMPLE_BOOL, NULL)->truth = v;
}

void sample_add_text(struct sample_list *l, const char *name, struct sv v)
{
    sample_add(l, sv_from(name), SAMPLE_TEXT, NULL)->text = arena_sv(&l->arena, v);
}

void sample_add_null(struct sample_list *l, const char *name, const char *unit)
{
    (void)sample_add(l, sv_from(name), SAMPLE_NULL, unit);
}

void sample_add_absent(struct sample_list *l, const char *name)
{
    (void)sample_add(l, sv_from(name), SAMPLE_ABSENT, NULL);
}

void sample_add_error(struct sample_list *l, const char *name, struct sv why)
{
    sample_add(l, sv_from(name), SAMPLE_ERROR, NULL)->text = arena_sv(&l->arena, why);
}

/* A document that is being taken apart; `path` is the name of the value at hand. */
struct sample_walk {
    struct sample_list *list;
    struct strbuf path;
    size_t depth, values;
};

static enum err_code sample_walk(struct sample_walk *w, json_t *j, struct err *err);

/* The value called path.name. */
static enum err_code sample_walk_member(struct sample_walk *w, struct sv name, json_t *j,
                                        struct err *err)
{
    size_t kept = w->path.n;
    enum err_code rc;

    strbuf_add_byte(&w->path, '.');
    strbuf_add_sv(&w->path, name);
    rc = sample_walk(w, j, err);
    strbuf_truncate(&w->path, kept);
    return rc;
}

static enum err_code sample_walk_object(struct sample_walk *w, json_t *j, struct err *err)
{
    void *at = json_object_iter(j);

    for (; at; at = json_object_iter_next(j, at))
        if (sample_walk_member(w, sv_from(json_object_iter_key(at)), json_object_iter_value(at),
                               err) != ERR_OK)
            return err->code;
    return ERR_OK;
}

static enum err_code sample_walk_array(struct sample_walk *w, json_t *j, struct err *err)
{
    for (size_t i = 0; i < json_array_size(j); i++) {
        CLEANUP(strbuf_release) struct strbuf index = STRBUF(0);

        strbuf_addf(&index, "%zu", i);
        if (sample_walk_member(w, strbuf_sv(&index), json_array_get(j, i), err) != ERR_OK)
            return err->code;
    }
    return ERR_OK;
}

static void sample_walk_value(struct sample_walk *w, json_t *j)
{
    struct sv name = strbuf_sv(&w->path);

    if (json_is_number(j))
        sample_add(w->list, name, SAMPLE_NUMBER, NULL)->number = json_number_value(j);
    else if (json_is_boolean(j))
        sample_add(w->list, name, SAMPLE_BOOL, NULL)->truth = json_is_true(j);
    else if (json_is_null(j))
        (void)sample_add(w->list, name, SAMPLE_NULL, NULL);
    else
        sample_add(w->list, name, SAMPLE_TEXT, NULL)->text =
            arena_sv(&w->list->arena, (struct sv){json_string_value(j), json_string_length(j)});
}

static enum err_code sample_walk(struct sample_walk *w, json_t *j, struct err *err)
{
    enum err_code rc;

    if (w->depth == SAMPLE_JSON_DEPTH)
        return err_set(err, ERR_LIMIT, "JSON nested more than %u deep", SAMPLE_JSON_DEPTH);
    if (!json_is_object(j) && !json_is_array(j)) {
        if (w->values++ == SAMPLE_JSON_VALUES)
            return err_set(err, ERR_LIMIT, "JSON with more than %u values", SAMPLE_JSON_VALUES);
        sample_walk_value(w, j);
        return ERR_OK;
    }
    w->depth++;
    rc = json_is_object(j) ? sample_walk_object(w, j, err) : sample_walk_array(w, j, err);
    w->depth--;
    return rc;
}

void sample_add_json(struct sample_list *l, const char *prefix, struct sv text)
{
    CLEANUP(json_cleanup) json_t *tree = NULL;
    struct sample_walk w = {.list = l, .path = STRBUF(0)};
    struct sv body = sv_trim(text);
    size_t kept = l->v.n;
    struct err err;

    if (body.n == 0 || (body.p[0] != '{' && body.p[0] != '['))
        return;
    strbuf_add_str(&w.path, prefix);
    if (json_read(text, &tree, &err) != ERR_OK || sample_walk(&w, tree, &err) != ERR_OK) {
        l->v.n = kept;
        sample_add_error(l, prefix, sv_from(err.msg));
    }
    strbuf_release(&w.path);
}

const struct sample *sample_find(const struct sample_list *l, struct sv name)
{
    for (size_t i = 0; i < l->v.n; i++)
        if (sv_eq(l->v.v[i].name, name))
            return &l->v.v[i];
    return NULL;
}
