/*
 * `flags` of the binding into the plan: a rule or a step that switches one does what stands there.
 */
#include "base/sv.h"
#include "plan/make_int.h"
#include "plan/settings.h"

/* A token is a secret: only its name is written down. */
static json_t *make_flag_token(struct sv token)
{
    json_t *j = json_object();

    json_put_sv(j, "secret", token);
    return j;
}

void make_flags(struct make *m)
{
    json_t *files, *flags;

    if (!m->b->flags.n)
        return;
    flags = json_object();
    files = json_object();
    json_put(m->root, "flags", flags);
    json_put(m->root, "flag_files", files);
    for (size_t i = 0; i < m->b->flags.n; i++) {
        const struct binding_flag *f = &m->b->flags.v[i];
        CLEANUP(mem_freep) char *name = xstrdup_sv(f->name), *path = xstrdup_sv(f->consumers);
        json_t *j = json_object();

        json_put(flags, name, j);
        json_put_sv(j, "definitions", f->definitions);
        json_put_sv(j, "consumers", f->consumers);
        json_put_sv(j, "off", f->off);
        json_put_int(j, "within_ms", f->within_ms);
        json_put_bool(j, "rehearsal", m->b->rehearse.production.n > 0);
        if (f->token.n)
            json_put(j, "token", make_flag_token(f->token));
        if (f->consumers.n)
            json_put(files, path, json_sv(f->text));
    }
}
