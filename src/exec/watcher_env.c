/*
 * The environment of the commands: env.set in rules, the names of the variables that are set and not empty.  Of values
 * only whether they are empty is looked at.
 */
#include <unistd.h>

#include "base/sv.h"
#include "exec/watcher_int.h"

struct env_source {
    struct source source; /* first */
    const struct watcher_config *cfg;
};

static enum err_code env_source_open(struct source *s UNUSED, json_t *settings UNUSED,
                                     struct err *err UNUSED)
{
    return ERR_OK; /* whose it is, is set behind it */
}

static void env_source_close(struct source *s UNUSED)
{
}

static void env_put(json_t *names, struct sv name, bool set)
{
    CLEANUP(mem_freep) char *key = xstrdup_sv(name);

    json_put_bool(names, key, set);
}

static enum err_code env_give(struct source *s, struct sample_list *l, struct err *err UNUSED)
{
    const struct watcher_config *c = container_of(s, struct env_source, source)->cfg;
    const struct plan *p = c->plan;
    CLEANUP(json_cleanup) json_t *names = json_object(), *rows = json_array();
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    const char *key;
    json_t *is;

    for (char **e = environ; *e; e++) {
        struct sv rest = sv_from(*e), name;

        if (sv_split(&rest, '=', &name))
            env_put(names, name, rest.n > 0);
    }
    for (size_t i = 0; i < p->n_env; i++) /* the binding wins, as it does for commands */
        env_put(names, p->env[i].name, p->env[i].value.n > 0);
    for (size_t i = 0; i < p->n_secrets; i++) {
        struct sv value = {NULL, 0};

        if (c->binding && binding_env(c->binding, p->secrets[i], &value))
            env_put(names, p->secrets[i], value.n > 0);
    }
    json_object_foreach(names, key, is) if (json_is_true(is)) json_append(rows, json_str(key));
    json_write(rows, &text);
    sample_add_text(l, "rows_json", strbuf_sv(&text));
    return ERR_OK;
}

static const struct source_ops source_env_set = {
    .kind = "env",
    .help = "names of the environment of commands",
    .size = sizeof(struct env_source),
    .open = env_source_open,
    .close = env_source_close,
    .give = env_give,
};

enum err_code env_open(struct watcher *w, struct err *err)
{
    CLEANUP(json_cleanup) json_t *none = json_object();
    struct source_env env = {.loop = w->cfg.loop, .http = w->cfg.http};
    struct source *s;

    if (!feed_is_asked(w, "env", SV("set")))
        return ERR_OK;
    if (source_open_row(&source_env_set, SV("env.set"), none, &env, &s, err) != ERR_OK)
        return err->code; /* uncovered: it has no settings that could be wrong */
    container_of(s, struct env_source, source)->cfg = &w->cfg;
    (void)feed_add(w, s, SV("env.set"), take_bound);
    return ERR_OK;
}
