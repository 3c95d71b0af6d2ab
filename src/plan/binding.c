#include "plan/binding.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/sv.h"
#include "plan/binding_int.h"
#include "runbook/yaml.h"

static const struct binding_key binding_watch_keys[] = {
    {"interval", binding_duration, offsetof(struct binding, interval_ms)},
    {"until", binding_moment, offsetof(struct binding, until_ms)},
    {"baseline", binding_duration, offsetof(struct binding, baseline_ms)},
    {"listen", binding_text, offsetof(struct binding, listen)},
};

static enum err_code binding_watch(struct binding_reader *r, const struct yaml_node *n,
                                   void *field UNUSED)
{
    return binding_map(r, n, binding_watch_keys, ARRAY_LEN(binding_watch_keys), r->b);
}

static const struct binding_key binding_maintenance_keys[] = {
    {"flag", binding_text, offsetof(struct binding, flag)},
};

static enum err_code binding_maintenance(struct binding_reader *r, const struct yaml_node *n,
                                         void *field UNUSED)
{
    return binding_map(r, n, binding_maintenance_keys, ARRAY_LEN(binding_maintenance_keys), r->b);
}

static enum err_code binding_note_env_files(struct binding_reader *r, const struct yaml_node *n,
                                            void *field UNUSED)
{
    r->env_files = n;
    return ERR_OK;
}

static enum err_code binding_note_env(struct binding_reader *r, const struct yaml_node *n,
                                      void *field UNUSED)
{
    r->env = n;
    return ERR_OK;
}

/* --- the whole file --- */

static enum err_code binding_note_map(struct binding_reader *r, const struct yaml_node *n,
                                      void *field)
{
    if (!binding_is_map(n))
        return binding_bad(r, n, "must be a map");
    *(const struct yaml_node **)field = n;
    return ERR_OK;
}

static const struct binding_key binding_keys[] = {
    {"environment", binding_text, offsetof(struct binding, environment)},
    {"operator", binding_text, offsetof(struct binding, operator_name)},
    {"store", binding_text, offsetof(struct binding, store)},
    {"workdir", binding_text, offsetof(struct binding, workdir)},
    {"env_files", binding_note_env_files, 0},
    {"env", binding_note_env, 0},
    {"secrets", binding_secret_names, 0},
    {"variables", binding_variables, 0},
    {"services", binding_services, 0},
    {"databases", binding_databases, 0},
    {"hosts", binding_hosts, 0},
    {"maintenance", binding_maintenance, 0},
    {"scrape", binding_text, offsetof(struct binding, scrape)},
    {"probes", binding_full_pairs, offsetof(struct binding, probes)},
    {"metrics", binding_metrics, 0},
    {"rules", binding_full_pairs, offsetof(struct binding, rules)},
    {"watch", binding_watch, 0},
    {"drop", binding_full_pairs, offsetof(struct binding, drops)},
    {"choices", binding_choices, 0},
    {"answers", binding_answers, 0},
    {"steps", binding_steps, 0},
    {"approvers", binding_list, offsetof(struct binding, approvers)},
    {"gates", binding_note_map, offsetof(struct binding, gates)},
    {"people", binding_note_map, offsetof(struct binding, people)},
    {"sources", binding_note_map, offsetof(struct binding, sources)},
    {"notify", binding_note_map, offsetof(struct binding, notify)},
    {"flags", binding_note_map, offsetof(struct binding, flag_map)},
    {"lint", binding_note_map, offsetof(struct binding, lint)},
    {"zone", binding_text, offsetof(struct binding, zone)},
    {"accept_gaps", binding_text, offsetof(struct binding, accept_gaps)},
    {"on_failure", binding_policy, offsetof(struct binding, on_failure)},
    {"time_scale", binding_scale, offsetof(struct binding, time_scale)},
    {"rehearse", binding_rehearse, 0},
};

static enum err_code binding_read(struct binding *b, const char *path, struct sv text,
                                  struct err *err)
{
    struct binding_reader r = {.b = b, .path = path, .err = err};
    struct yaml_node root;

    if (yaml_parse(text, path, &b->arena, &root, err) != ERR_OK)
        return err->code;
    b->path = xstrdup(path);
    if (binding_map(&r, &root, binding_keys, ARRAY_LEN(binding_keys), b) != ERR_OK)
        return err->code;
    if (binding_check_groups(b, path, err) != ERR_OK)
        return err->code;
    if (r.env_files && binding_env_files(&r, r.env_files) != ERR_OK)
        return err->code;
    return r.env ? binding_env_map(&r, r.env) : ERR_OK;
}

static enum err_code binding_read_file(struct binding *b, const char *path, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    if (binding_slurp(path, LIMIT_BINDING_BYTES, &text, err) != ERR_OK)
        return err->code;
    b->hash = hash_of(strbuf_sv(&text));
    return binding_read(b, path, strbuf_sv(&text), err);
}

static enum err_code binding_apply_options(struct binding *b, const struct binding_options *opt,
                                           struct err *err)
{
    if (opt->environment)
        b->environment = arena_sv(&b->arena, sv_from(opt->environment));
    if (opt->operator_name)
        b->operator_name = arena_sv(&b->arena, sv_from(opt->operator_name));
    if (opt->store)
        b->store = arena_sv(&b->arena, sv_from(opt->store));
    if (opt->time_scale > 0)
        b->time_scale = opt->time_scale;
    for (size_t i = 0; i < opt->n_sets; i++) {
        struct sv set = arena_sv(&b->arena, sv_from(opt->sets[i]));
        size_t eq = sv_find_byte(set, '=', 0);

        if (eq == SV_NPOS || eq == 0)
            return err_set(err, ERR_USAGE, "--set '%s' is not NAME=VALUE", opt->sets[i]);
        binding_set_env(b, sv_sub(set, 0, eq), sv_sub(set, eq + 1, set.n), 0);
    }
    return ERR_OK;
}

/* Every secret by name gets its value; names and values that look like one are secrets too. */
static void binding_take_secrets(struct binding *b)
{
    for (size_t i = 0; i < b->env.n; i++)
        if (secrets_is_name(b->secrets, b->env.v[i].name) ||
            secrets_looks_like_name(b->env.v[i].name) || binding_has_password(b->env.v[i].value))
            (void)secrets_add(b->secrets, b->env.v[i].name, b->env.v[i].value);
    for (char **e = environ; *e; e++) {
        struct sv pair = sv_from(*e);
        size_t eq = sv_find_byte(pair, '=', 0);
        struct sv name = sv_sub(pair, 0, eq);

        if (eq != SV_NPOS && (secrets_is_name(b->secrets, name) || secrets_looks_like_name(name)))
            (void)secrets_add(b->secrets, name, sv_sub(pair, eq + 1, pair.n));
    }
}

static enum err_code binding_find(const char *document, const struct binding_options *opt,
                                  struct binding *b, struct err *err)
{
    CLEANUP(mem_freep) char *dir = path_dir(opt->path ? opt->path : document);
    CLEANUP(mem_freep) char *beside = path_join(dir, "prusik.yaml");

    b->dir = realpath(dir, NULL);
    if (!b->dir)
        return err_set(err, ERR_NOT_FOUND, "there is no folder '%s'", dir);
    if (opt->path)
        return binding_read_file(b, opt->path, err);
    return file_exists(beside) ? binding_read_file(b, beside, err) : ERR_OK;
}

static struct binding binding_new(void)
{
    return (struct binding){.interval_ms = 15000,
                            .until_ms = -1,
                            .baseline_ms = -1,
                            .time_scale = 1,
                            .on_failure = SV("stop"),
                            .store = SV(".prusik"),
                            .workdir = SV("."),
                            .secrets = secrets_new()};
}

/* A binding that was read is handed on; one that was not is given back. */
static enum err_code binding_finish(struct binding *b, enum err_code rc, struct binding *ret)
{
    if (rc != ERR_OK) {
        binding_release(b);
        return rc;
    }
    binding_take_secrets(b);
    *ret = *b;
    return ERR_OK;
}

enum err_code binding_load(const char *document, const struct binding_options *opt,
                           struct binding *ret, struct err *err)
{
    struct binding b = binding_new();
    enum err_code rc = binding_find(document, opt, &b, err);

    if (rc == ERR_OK && opt->rehearse)
        rc = binding_apply_rehearse(&b, err);
    if (rc == ERR_OK)
        rc = binding_apply_options(&b, opt, err);
    if (rc == ERR_OK)
        rc = binding_read_flags(&b, err);
    return binding_finish(&b, rc, ret);
}

enum err_code binding_parse(const char *path, const char *dir, struct sv text, struct binding *ret,
                            struct err *err)
{
    struct binding b = binding_new();
    enum err_code rc;

    b.dir = xstrdup(dir);
    rc = binding_read(&b, path, text, err);
    return binding_finish(&b, rc == ERR_OK ? binding_read_flags(&b, err) : rc, ret);
}

void binding_release(struct binding *b)
{
    vec_release(&b->env);
    vec_release(&b->files);
    vec_release(&b->metrics);
    vec_release(&b->worse);
    vec_release(&b->units);
    vec_release(&b->rules);
    vec_release(&b->probes);
    vec_release(&b->drops);
    vec_release(&b->variables);
    vec_release(&b->services);
    vec_release(&b->databases);
    vec_release(&b->hosts);
    vec_release(&b->choices);
    vec_release(&b->answers);
    vec_release(&b->steps);
    vec_release(&b->flags);
    vec_release(&b->approvers);
    binding_release_rehearse(&b->rehearse);
    secrets_free(b->secrets);
    free(b->path);
    free(b->dir);
    arena_release(&b->arena);
    *b = (struct binding){0};
}
