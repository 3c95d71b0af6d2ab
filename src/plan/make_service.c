/*
 * Services: how the binding manages them, and which step is carried out by a manager.
 */
#include "base/sv.h"
#include "plan/make_int.h"

/* --- the binding's services --- */

typedef struct {
    const char *key;
    struct sv text;
} make_setting;

/* Texts with $NAME replaced. */
static enum err_code make_service_texts(struct make *m, const make_setting *v, size_t n,
                                        json_t *out)
{
    for (size_t i = 0; i < n; i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

        if (!v[i].text.n)
            continue;
        if (binding_expand(m->b, v[i].text, &text, m->err) != ERR_OK)
            return m->err->code;
        json_put_sv(out, v[i].key, strbuf_sv(&text));
    }
    return ERR_OK;
}

/* Paths, made absolute. */
static enum err_code make_service_paths(struct make *m, const make_setting *v, size_t n,
                                        json_t *out)
{
    for (size_t i = 0; i < n; i++) {
        struct sv path;

        if (!v[i].text.n)
            continue;
        if (binding_file(m->b, v[i].text, &path, m->err) != ERR_OK)
            return m->err->code;
        json_put_sv(out, v[i].key, path);
    }
    return ERR_OK;
}

static enum err_code make_service_version(struct make *m, const struct binding_version *v,
                                          json_t *out)
{
    CLEANUP(strbuf_release) struct strbuf is = STRBUF(0);
    const make_setting texts[] = {{"url", v->url}, {"field", v->field}};
    const make_setting paths[] = {{"newer_than", v->newer_than}};

    json_put_sv(out, "command", v->command); /* its shell replaces variables, as in `variables` */
    if (make_service_texts(m, texts, ARRAY_LEN(texts), out) != ERR_OK ||
        make_service_paths(m, paths, ARRAY_LEN(paths), out) != ERR_OK ||
        binding_expand(m->b, v->is, &is, m->err) != ERR_OK)
        return m->err->code;
    if (is.n) /* with placeholders of the document, which have a value when the run starts */
        json_put(out, "is", make_pieces(m, arena_sv(m->arena, strbuf_sv(&is)), v->line, false));
    return ERR_OK;
}

static enum err_code make_service_words(struct make *m, const struct binding_service *s,
                                        json_t *out)
{
    json_t *command = json_array();

    json_put(out, "command", command);
    for (size_t i = 0; i < s->n_command; i++) {
        CLEANUP(strbuf_release) struct strbuf word = STRBUF(0);

        if (binding_expand(m->b, s->command[i], &word, m->err) != ERR_OK)
            return m->err->code;
        json_append(command, json_sv(strbuf_sv(&word)));
    }
    return ERR_OK;
}

/* Where runsvdir(8) of Debian looks for services. */
#define MAKE_RUNIT_DIR "/etc/service"

static enum err_code make_service_where(struct make *m, const struct binding_service *s,
                                        struct sv name, json_t *out)
{
    bool process = sv_eq(s->manager, SV("process")), runit = sv_eq(s->manager, SV("runit"));
    struct sv dir = s->dir;
    const make_setting texts[] = {
        {"unit", s->unit}, {"url", s->url}, {"project", s->project}, {"ready", s->ready}};
    const make_setting paths[] = {{"socket", s->socket},
                                  {"pid_file", s->pid_file},
                                  {"log", s->log},
                                  {"workdir", s->workdir.n ? s->workdir
                                              : process    ? SV(".")
                                                           : SV("")}};

    if (runit && !dir.n)
        dir = sv_starts(name, SV("/"))
                  ? name
                  : arena_fmt(m->arena, "%s/%.*s", MAKE_RUNIT_DIR, SV_FMT(name));
    if (make_service_texts(m, texts, ARRAY_LEN(texts), out) != ERR_OK ||
        make_service_paths(m, &(make_setting){"dir", dir}, 1, out) != ERR_OK ||
        make_service_paths(m, paths, ARRAY_LEN(paths), out) != ERR_OK)
        return m->err->code;
    return make_service_words(m, s, out);
}

enum err_code make_service_bound(struct make *m, const struct binding_service *s, struct sv name)
{
    json_t *out = json_object(), *version = json_object();

    json_append(json_object_get(m->root, "services"), out);
    json_put_sv(out, "name", name);
    json_put_sv(out, "manager", s->manager);
    json_put(out, "version", version);
    if (make_service_where(m, s, name, out) != ERR_OK ||
        make_service_version(m, &s->version, version) != ERR_OK)
        return err_wrap(m->err, "%s:%zu", m->b->path, s->line);
    json_put_int(out, "start_timeout_ms", s->start_timeout_ms);
    json_put_int(out, "stop_timeout_ms", s->stop_timeout_ms);
    json_put_int(out, "stable_ms", s->stable_ms);
    json_put_int(out, "crashes", s->crashes);
    return ERR_OK;
}

/* --- steps --- */

/* The one of this name; with "*" that of the manager whose command it is. */
static const struct binding_service *make_service_find(const struct make *m,
                                                       const struct command *c, struct sv name)
{
    const struct binding_service *any = NULL;

    for (size_t i = 0; i < m->b->services.n; i++) {
        const struct binding_service *s = &m->b->services.v[i];

        if (sv_eq(s->name, name))
            return s;
        if (sv_eq(s->name, SV("*")) && sv_eq(s->manager, sv_from(service_tool_manager(c->tool))))
            any = s;
    }
    return any;
}

static bool make_service_is_known(const struct make *m, struct sv name)
{
    const json_t *list = json_object_get(m->root, "services");

    for (size_t i = 0; i < json_array_size(list); i++)
        if (sv_eq(json_get_sv(json_array_get(list, i), "name"), name))
            return true;
    return false;
}

enum err_code make_service(struct make *m, const struct command *c, json_t *out, json_t *action,
                           bool *ours)
{
    CLEANUP(strbuf_release) struct strbuf unit = STRBUF(0);
    const struct binding_service *s;
    struct sv name;

    *ours = false;
    if (!make_word_now(m, c->target, &unit))
        return ERR_OK;
    name = strbuf_sv(&unit);
    if (sv_ends(name, SV(".service")))
        name.n -= sizeof(".service") - 1;
    s = make_service_find(m, c, name);
    if (!s)
        return ERR_OK; /* not ours to manage: the document's own command runs */
    if (!make_service_is_known(m, name) &&
        make_service_bound(m, s, arena_sv(m->arena, name)) != ERR_OK)
        return m->err->code;
    json_put_str(out, "kind", "service");
    json_put_sv(action, "service", name);
    json_put_str(action, "verb", service_verb_name(c->verb));
    *ours = true;
    return ERR_OK;
}
