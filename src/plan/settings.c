#include "plan/settings.h"

#include "base/file.h"
#include "base/sv.h"

/* How the text of a key is taken. */
enum settings_text { SETTINGS_EXPANDED, SETTINGS_PATH, SETTINGS_PLAIN };

static enum settings_text settings_text_of(struct sv key)
{
    static const struct {
        struct sv key;
        enum settings_text how;
    } rows[] = {{SV("path"), SETTINGS_PATH},      {SV("pid_file"), SETTINGS_PATH},
                {SV("ca_file"), SETTINGS_PATH},   {SV("cert_file"), SETTINGS_PATH},
                {SV("key_file"), SETTINGS_PATH},  {SV("unix_socket"), SETTINGS_PATH},
                {SV("directory"), SETTINGS_PATH}, {SV("workdir"), SETTINGS_PATH},
                {SV("data"), SETTINGS_PATH},      {SV("old"), SETTINGS_PATH},
                {SV("new"), SETTINGS_PATH},       {SV("known"), SETTINGS_PATH},
                {SV("query"), SETTINGS_PLAIN},    {SV("record"), SETTINGS_PLAIN},
                {SV("lines"), SETTINGS_PLAIN},    {SV("command"), SETTINGS_PLAIN},
                {SV("match"), SETTINGS_PLAIN}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (sv_eq(key, rows[i].key))
            return rows[i].how;
    return SETTINGS_EXPANDED;
}

/* Does the text name a variable that is a secret? */
static bool settings_has_secret(const struct binding *b, struct sv text)
{
    for (size_t at = 0; (at = sv_find_byte(text, '$', at)) != SV_NPOS; at++) {
        size_t from = at + 1 + (at + 1 < text.n && text.p[at + 1] == '{'), to = from;

        while (to < text.n && ascii_is_word(text.p[to]))
            to++;
        if (secrets_is_name(b->secrets, sv_sub(text, from, to)))
            return true;
    }
    return false;
}

/* The URL of a database: a name of `databases` stands for its own, and a file is one beside the binding. */
static enum err_code settings_database(struct binding *b, struct sv text, json_t **ret,
                                       struct err *err)
{
    const struct binding_database *known = binding_find_database(b, text);
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);
    struct sv url;

    if (known)
        text = known->url;
    if (settings_has_secret(b, text)) {
        *ret = json_object();
        json_put_sv(*ret, "secret", text);
        return ERR_OK;
    }
    if (binding_expand(b, text, &out, err) != ERR_OK)
        return err->code;
    url = strbuf_sv(&out);
    if (sv_eat(&url, SV("sqlite:")) && !sv_starts(url, SV("/"))) {
        CLEANUP(mem_freep) char *name = xstrdup_sv(url), *full = path_join(b->dir, name);

        strbuf_truncate(&out, 0);
        strbuf_addf(&out, "sqlite:%s", full);
    }
    *ret = json_sv(strbuf_sv(&out));
    return ERR_OK;
}

static enum err_code settings_text(struct binding *b, const struct yaml_node *n, json_t **ret,
                                   struct err *err)
{
    enum settings_text how = settings_text_of(n->key);
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);
    struct sv path;

    if (sv_eq(n->key, SV("database")))
        return settings_database(b, n->text, ret, err);
    if (how == SETTINGS_PLAIN) {
        *ret = json_sv(n->text);
    } else if (settings_has_secret(b, n->text)) {
        *ret = json_object();
        json_put_sv(*ret, "secret", n->text);
    } else if (how == SETTINGS_PATH) {
        if (binding_file(b, n->text, &path, err) != ERR_OK)
            return err->code;
        *ret = json_sv(path);
    } else {
        if (binding_expand(b, n->text, &out, err) != ERR_OK)
            return err->code;
        *ret = json_sv(strbuf_sv(&out));
    }
    return ERR_OK;
}

static enum err_code settings_value(struct binding *b, const struct yaml_node *n, json_t **ret,
                                    struct err *err);

static enum err_code settings_list(struct binding *b, const struct yaml_node *n, json_t **ret,
                                   struct err *err)
{
    CLEANUP(json_cleanup) json_t *list = json_array();

    for (size_t i = 0; i < n->n_items; i++) {
        json_t *v = NULL;

        if (settings_value(b, &n->items[i], &v, err) != ERR_OK)
            return err->code;
        json_append(list, v);
    }
    *ret = STEAL(list);
    return ERR_OK;
}

static enum err_code settings_map(struct binding *b, const struct yaml_node *n,
                                  const char *const *taken, json_t **ret, struct err *err)
{
    CLEANUP(json_cleanup) json_t *map = json_object();

    for (size_t i = 0; i < n->n_items; i++) {
        CLEANUP(mem_freep) char *key = xstrdup_sv(n->items[i].key);
        bool skip = false;
        json_t *v = NULL;

        for (size_t k = 0; taken && taken[k]; k++)
            skip |= strcmp(key, taken[k]) == 0;
        if (skip)
            continue;
        if (settings_value(b, &n->items[i], &v, err) != ERR_OK)
            return err->code;
        json_put(map, key, v);
    }
    *ret = STEAL(map);
    return ERR_OK;
}

static enum err_code settings_value(struct binding *b, const struct yaml_node *n, json_t **ret,
                                    struct err *err)
{
    int64_t number;
    bool yes;

    if (n->kind == YAML_MAP)
        return settings_map(b, n, NULL, ret, err);
    if (n->kind == YAML_LIST)
        return settings_list(b, n, ret, err);
    if (yaml_bool(n, &yes))
        *ret = json_boolean(yes);
    else if (!n->quoted && sv_to_i64(n->text, &number))
        *ret = json_integer(number);
    else if (settings_text(b, n, ret, err) != ERR_OK)
        return err_wrap(err, "%s:%zu", b->path, n->line);
    return ERR_OK;
}

enum err_code settings_make(struct binding *b, const struct yaml_node *map,
                            const char *const *taken, json_t **ret, struct err *err)
{
    return settings_map(b, map, taken, ret, err);
}

/* --- secrets --- */

/* What stands for a text that names a secret, or its text as it is; NULL with err. */
static json_t *settings_secret(struct sv text, const struct binding *b, bool reveal,
                               struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);

    if (!reveal)
        return json_sv(text);
    if (!b) {
        (void)err_set(err, ERR_REFUSED, "'%.*s': nobody here knows the secret", SV_FMT(text));
        return NULL;
    }
    return binding_reveal(b, text, &out, err) == ERR_OK ? json_sv(strbuf_sv(&out)) : NULL;
}

static json_t *settings_walk(const json_t *settings, const struct binding *b, bool reveal,
                             struct err *err)
{
    json_t *map = json_object(), *from = (json_t *)(uintptr_t)settings; /* jansson's iterators */

    for (void *at = json_object_iter(from); at; at = json_object_iter_next(from, at)) {
        json_t *v = json_object_iter_value(at), *shown;
        struct sv secret = json_get_sv(v, "secret");

        if (json_is_object(v) && secret.n && json_object_size(v) == 1)
            shown = settings_secret(secret, b, reveal, err);
        else if (json_is_object(v))
            shown = settings_walk(v, b, reveal, err);
        else
            shown = json_incref(v);
        if (!shown) {
            (void)err_wrap(err, "'%s'", json_object_iter_key(at));
            json_decref(map);
            return NULL;
        }
        json_put(map, json_object_iter_key(at), shown);
    }
    return map;
}

enum err_code settings_reveal(const json_t *settings, const struct binding *b, json_t **ret,
                              struct err *err)
{
    json_t *shown = settings_walk(settings, b, true, err);

    if (!shown)
        return err->code;
    *ret = shown;
    return ERR_OK;
}

json_t *settings_hide(const json_t *settings)
{
    struct err err;

    return settings_walk(settings, NULL, false, &err);
}
