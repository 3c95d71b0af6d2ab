/*
 * The values of a rehearsal in the place of those that it stands for.
 */
#include "base/file.h"
#include "base/sv.h"
#include "plan/binding_int.h"
#include "runbook/yaml.h"

#define BINDING_REHEARSE(member) offsetof(struct binding, rehearse.member)
static const struct binding_key binding_compare_keys[] = {
    {"files", binding_list, BINDING_REHEARSE(files)},
    {"except", binding_list, BINDING_REHEARSE(except)},
    {"services", binding_list, BINDING_REHEARSE(compared)},
    {"databases", binding_list, BINDING_REHEARSE(databases)},
};

static enum err_code binding_compare(struct binding_reader *r, const struct yaml_node *n,
                                     void *field UNUSED)
{
    return binding_map(r, n, binding_compare_keys, ARRAY_LEN(binding_compare_keys), r->b);
}

static const struct binding_key binding_rehearse_keys[] = {
    {"scratch", binding_text, BINDING_REHEARSE(scratch)},
    {"environment", binding_text, BINDING_REHEARSE(environment)},
    {"machine", binding_text, BINDING_REHEARSE(machine)},
    {"folder", binding_text, BINDING_REHEARSE(folder)},
    {"prepare", binding_text, BINDING_REHEARSE(prepare)},
    {"env", binding_full_pairs, BINDING_REHEARSE(env)},
    {"hosts", binding_list, BINDING_REHEARSE(hosts)},
    {"services", binding_list, BINDING_REHEARSE(services)},
    {"compare", binding_compare, 0},
};

enum err_code binding_rehearse(struct binding_reader *r, const struct yaml_node *n,
                               void *field UNUSED)
{
    r->b->rehearse.line = n->line;
    return binding_map(r, n, binding_rehearse_keys, ARRAY_LEN(binding_rehearse_keys), r->b);
}

#define REHEARSE_VALUE_MIN 4u /* a shorter value ("1", "on") says nothing about where it belongs */

static enum err_code rehearse_refuse(const struct binding *b, const char *what, const char *key,
                                     struct err *err)
{
    (void)err_set(err, ERR_REFUSED, "%s: %s", b->path ? b->path : "there is no prusik.yaml", what);
    return err_hint(err, "rehearse: {%s}; prusik init DOC --stdout drafts the part", key);
}

static enum err_code rehearse_check(const struct binding *b, struct err *err)
{
    const struct binding_rehearse *r = &b->rehearse;

    if (!r->scratch.n)
        return rehearse_refuse(b, "nothing says that the environment of a rehearsal is scratch",
                               "scratch: why nobody uses it", err);
    if (!r->files.n && !r->compared.n && !r->databases.n)
        return rehearse_refuse(b, "nothing says what of a rehearsal is compared",
                               "compare: {files: [...], services: [...], databases: [...]}", err);
    if (r->environment.n && sv_eq(r->environment, b->environment))
        return rehearse_refuse(b, "a rehearsal is not for the environment itself",
                               "environment: another name", err);
    return ERR_OK;
}

/* "folder" is there, and known to what follows as $SCRATCH. */
static enum err_code rehearse_folder(struct binding *b, struct err *err)
{
    struct sv path;

    if (!b->rehearse.folder.n)
        return ERR_OK;
    if (binding_file(b, b->rehearse.folder, &path, err) != ERR_OK)
        return err->code;
    b->rehearse.folder = path;
    binding_set_env(b, SV("SCRATCH"), path, b->rehearse.line);
    return ERR_OK;
}

static enum err_code rehearse_env(struct binding *b, struct err *err)
{
    for (size_t i = 0; i < b->rehearse.env.n; i++) {
        const struct binding_pair *p = &b->rehearse.env.v[i];
        CLEANUP(strbuf_release) struct strbuf value = STRBUF(0);
        struct sv before = {NULL, 0};

        if (binding_expand(b, p->value, &value, err) != ERR_OK)
            return err_wrap(err, "%s:%zu", b->path, p->line);
        if (binding_env(b, p->name, &before) && before.n >= REHEARSE_VALUE_MIN &&
            !sv_has(strbuf_sv(&value), before))
            *vec_add(&b->rehearse.replaced) =
                (struct binding_pair){p->name, arena_sv(&b->arena, before), p->line};
        binding_set_env(b, p->name, arena_sv(&b->arena, strbuf_sv(&value)), p->line);
    }
    return ERR_OK;
}

enum err_code binding_apply_rehearse(struct binding *b, struct err *err)
{
    struct binding_rehearse *r = &b->rehearse;

    if (rehearse_check(b, err) != ERR_OK || rehearse_folder(b, err) != ERR_OK ||
        rehearse_env(b, err) != ERR_OK)
        return err->code;
    r->production = b->environment;
    b->environment = r->environment.n
                         ? r->environment
                         : arena_fmt(&b->arena, "%.*s-rehearsal", SV_FMT(b->environment));
    b->gates = NULL; /* windows and approvals guard what people use */
    return ERR_OK;
}

void binding_release_rehearse(struct binding_rehearse *r)
{
    vec_release(&r->env);
    vec_release(&r->hosts);
    vec_release(&r->services);
    vec_release(&r->files);
    vec_release(&r->except);
    vec_release(&r->compared);
    vec_release(&r->databases);
    vec_release(&r->replaced);
}
