/*
 * Flags of the plan: flag.NAME in rules, as their consumers see them (flag/flag_now.h).
 */
#include "base/file.h"
#include "base/sv.h"
#include "exec/watcher_int.h"
#include "flag/flag_now.h"
#include "plan/settings.h"

struct flag_source {
    struct source source; /* first */
    struct flag_reader reader;
    struct flag_binding binding;
    json_t *settings; /* with the token */
    char *definitions;
};

static enum err_code flag_open(struct source *s UNUSED, json_t *settings UNUSED,
                               struct err *err UNUSED)
{
    return ERR_OK; /* whose it is, is set behind it */
}

static void flag_close(struct source *s)
{
    struct flag_source *f = container_of(s, struct flag_source, source);

    flag_binding_release(&f->binding);
    json_decref(f->settings);
    free(f->definitions);
}

static void flag_add_value(const json_t *v, struct sample_list *l)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    if (!v || json_is_null(v)) {
        sample_add_null(l, "value", NULL);
    } else if (json_is_boolean(v)) {
        sample_add_bool(l, "value", json_is_true(v));
    } else if (json_is_number(v)) {
        sample_add_number(l, "value", json_number_value(v), NULL);
    } else if (json_is_string(v)) {
        sample_add_text(l, "value", (struct sv){json_string_value(v), json_string_length(v)});
    } else {
        json_write(v, &text);
        sample_add_text(l, "value", strbuf_sv(&text));
    }
}

static void flag_add(const struct flag_now *n, struct sample_list *l)
{
    flag_add_value(n->value, l);
    if (n->variant.p)
        sample_add_text(l, "variant", n->variant);
    else
        sample_add_null(l, "variant", NULL);
    if (n->has_share)
        sample_add_number(l, "share_on", n->share, "ratio");
    else if (n->share_why.p)
        sample_add_error(l, "share_on", n->share_why);
    else
        sample_add_null(l, "share_on", "ratio");
    if (n->has_version)
        sample_add_number(l, "version", n->version, NULL);
    else
        sample_add_null(l, "version", NULL);
}

static enum err_code flag_look(const struct source *s, struct sample_list *l, struct err *err)
{
    const struct flag_source *f = (const struct flag_source *)(const void *)s;
    struct flag_now now;

    if (flag_now_read(&f->reader, &now, err) != ERR_OK)
        return err->code;
    flag_add(&now, l);
    flag_now_release(&now);
    return ERR_OK;
}

static const struct source_ops source_flag = {
    .kind = "flag",
    .help = "a feature flag, as it is read",
    .size = sizeof(struct flag_source),
    .open = flag_open,
    .close = flag_close,
    .look = flag_look,
};

/* --- opening --- */

static enum err_code flag_bind(struct flag_source *s, const struct plan_flag *f,
                               const struct binding *b, struct err *err)
{
    CLEANUP(mem_freep) char *path = xstrdup_sv(f->consumers), *folder = path_dir(path);

    if (settings_reveal(f->settings, b, &s->settings, err) != ERR_OK ||
        (f->consumers.n && flag_binding_parse(f->text, path, folder, &s->binding, err) != ERR_OK))
        return err_wrap(err, "flag '%.*s'", SV_FMT(f->name));
    s->definitions = xstrdup_sv(f->definitions);
    s->reader = (struct flag_reader){.definitions = s->definitions,
                                     .binding = f->consumers.n ? &s->binding : NULL,
                                     .key = f->name,
                                     .off = f->off,
                                     .token = json_get_sv(s->settings, "token")};
    return ERR_OK;
}

enum err_code flags_open(struct watcher *w, struct err *err)
{
    const struct plan *p = w->cfg.plan;
    struct source_env env = {.loop = w->cfg.loop, .http = w->cfg.http};
    enum err_code rc = ERR_OK;

    for (size_t i = 0; rc == ERR_OK && i < p->n_flags; i++) {
        CLEANUP(json_cleanup) json_t *none = json_object();
        struct sv name = arena_fmt(&w->arena, "flag.%.*s", SV_FMT(p->flags[i].name));
        struct source *s;

        if (!feed_is_asked(w, "flag", p->flags[i].name))
            continue;
        if (source_open_row(&source_flag, name, none, &env, &s, err) != ERR_OK)
            return err->code; /* uncovered: it has no settings that could be wrong */
        (void)feed_add(w, s, name, take_bound);
        rc = flag_bind(container_of(s, struct flag_source, source), &p->flags[i], w->cfg.binding,
                       err);
    }
    return rc;
}
