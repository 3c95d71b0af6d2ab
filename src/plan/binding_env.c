/*
 * The environment of the commands: files, the map, secrets by name; and texts in which its variables stand.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/sv.h"
#include "plan/binding_int.h"
#include "runbook/yaml.h"

void binding_set_env(struct binding *b, struct sv name, struct sv value, size_t line)
{
    for (size_t i = 0; i < b->env.n; i++)
        if (sv_eq(b->env.v[i].name, name)) {
            b->env.v[i].value = value;
            b->env.v[i].line = line;
            return;
        }
    *vec_add(&b->env) = (struct binding_pair){name, value, line};
}

/* What a quoted value says; *rest is what follows the closing quote.  False: there is none. */
static bool binding_unquote(struct binding *b, struct sv quoted, struct sv *value, struct sv *rest)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);
    bool escapes = *quoted.p == '"'; /* as in a shell: \" \\ \$ \` */
    size_t i = 1;

    for (; i < quoted.n && quoted.p[i] != *quoted.p; i++) {
        if (escapes && quoted.p[i] == '\\' && i + 1 < quoted.n &&
            sv_find_byte(SV("\"\\$`"), quoted.p[i + 1], 0) != SV_NPOS)
            i++;
        strbuf_add_byte(&out, quoted.p[i]);
    }
    if (i >= quoted.n)
        return false;
    *value = arena_sv(&b->arena, strbuf_sv(&out));
    *rest = sv_trim(sv_sub(quoted, i + 1, quoted.n));
    return true;
}

/* NAME=value, NAME="value", export NAME=value; '#' begins a comment at a line's start or after a blank. */
static enum err_code binding_env_line(struct binding_reader *r, const char *path, size_t line,
                                      struct sv text)
{
    size_t eq;
    struct sv name, value, rest;

    text = sv_trim(text);
    if (!text.n || *text.p == '#')
        return ERR_OK;
    (void)sv_eat(&text, SV("export ")); /* it may be left out */
    eq = sv_find_byte(text, '=', 0);
    name = sv_trim(sv_sub(text, 0, eq));
    if (eq == SV_NPOS || !name.n || sv_find_byte(name, ' ', 0) != SV_NPOS)
        return err_set(r->err, ERR_INVALID, "%s:%zu: not NAME=value", path, line);
    value = sv_trim(sv_sub(text, eq + 1, text.n));
    if (value.n && (*value.p == '"' || *value.p == '\'')) {
        if (!binding_unquote(r->b, value, &value, &rest))
            return err_set(r->err, ERR_INVALID, "%s:%zu: the quote is not closed", path, line);
        if (rest.n && *rest.p != '#')
            return err_set(r->err, ERR_INVALID, "%s:%zu: text after the closing quote", path, line);
    } else if (sv_starts(value, SV("#"))) {
        value = SV("");
    } else {
        value = sv_trim(sv_sub(value, 0, sv_find(value, SV(" #"), 0)));
    }
    binding_set_env(r->b, name, value, line);
    return ERR_OK;
}

enum err_code binding_slurp(const char *path, size_t max, struct strbuf *text, struct err *err)
{
    enum err_code rc = file_read(path, max, text, err);

    if (rc != ERR_OK && err->sys == ENOENT)
        rc = err->code = ERR_NOT_FOUND;
    return rc;
}

static enum err_code binding_env_file(struct binding_reader *r, struct sv name)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    CLEANUP(mem_freep) char *plain = xstrdup_sv(name);
    CLEANUP(mem_freep) char *path = path_join(r->b->dir, plain);
    struct sv rest, line;

    if (binding_slurp(path, LIMIT_ENV_FILE_BYTES, &text, r->err) != ERR_OK)
        return r->err->code;
    *vec_add(&r->b->files) = arena_sv(&r->b->arena, sv_from(path));
    rest = arena_sv(&r->b->arena, strbuf_sv(&text));
    for (size_t n = 1; sv_next_line(&rest, &line); n++)
        if (binding_env_line(r, path, n, line) != ERR_OK)
            return r->err->code;
    return ERR_OK;
}

enum err_code binding_env_files(struct binding_reader *r, const struct yaml_node *n)
{
    binding_texts names = {0};
    enum err_code rc = binding_list(r, n, &names);

    for (size_t i = 0; rc == ERR_OK && i < names.n; i++)
        rc = binding_env_file(r, names.v[i]);
    vec_release(&names);
    return rc;
}

enum err_code binding_env_map(struct binding_reader *r, const struct yaml_node *n)
{
    binding_pairs pairs = {0};
    enum err_code rc = binding_pairs_of(r, n, &pairs);

    for (size_t i = 0; rc == ERR_OK && i < pairs.n; i++)
        binding_set_env(r->b, pairs.v[i].name, pairs.v[i].value, pairs.v[i].line);
    vec_release(&pairs);
    return rc;
}

enum err_code binding_secret_names(struct binding_reader *r, const struct yaml_node *n,
                                   void *field UNUSED)
{
    binding_texts names = {0};
    enum err_code rc = binding_list(r, n, &names);

    for (size_t i = 0; rc == ERR_OK && i < names.n; i++)
        (void)secrets_add(r->b->secrets, names.v[i], SV("")); /* the value comes when all is read */
    vec_release(&names);
    return rc;
}

bool binding_env(const struct binding *b, struct sv name, struct sv *ret)
{
    CLEANUP(mem_freep) char *plain = NULL;
    const char *v;

    for (size_t i = 0; i < b->env.n; i++)
        if (sv_eq(b->env.v[i].name, name)) {
            *ret = b->env.v[i].value;
            return true;
        }
    plain = xstrdup_sv(name);
    v = getenv(plain);
    if (v)
        *ret = sv_from(v);
    return v != NULL;
}

/* --- expansion --- */

static size_t binding_name_length(struct sv s)
{
    size_t n = 0;

    while (n < s.n && ascii_is_word(s.p[n]) && !(n == 0 && ascii_is_digit(s.p[n])))
        n++;
    return n;
}

static enum err_code binding_replace(const struct binding *b, struct sv text, bool reveal,
                                     struct strbuf *out, struct err *err)
{
    while (text.n) {
        size_t dollar = sv_find_byte(text, '$', 0);
        struct sv after, name, value;
        bool braces;

        strbuf_add_sv(out, sv_sub(text, 0, dollar));
        if (dollar == SV_NPOS)
            break;
        after = sv_sub(text, dollar + 1, text.n);
        braces = sv_eat(&after, SV("{"));
        name = sv_sub(after, 0, binding_name_length(after));
        after = sv_sub(after, name.n, after.n);
        if (!name.n || (braces && !sv_eat(&after, SV("}"))))
            return err_set(err, ERR_INVALID, "'%.*s': '$' must begin $NAME or ${NAME}",
                           SV_FMT(text));
        if (!binding_env(b, name, &value)) {
            (void)err_set(err, ERR_INVALID, "'%.*s': variable %.*s is not set", SV_FMT(text),
                          SV_FMT(name));
            return err_hint(err, "set it under 'env' in prusik.yaml, or with --set %.*s=...",
                            SV_FMT(name));
        }
        if (!reveal && secrets_is_name(b->secrets, name))
            return err_set(err, ERR_INVALID,
                           "'%.*s': %.*s is a secret, and what stands here is written down",
                           SV_FMT(text), SV_FMT(name));
        strbuf_add_sv(out, value);
        text = after;
    }
    return ERR_OK;
}

enum err_code binding_expand(const struct binding *b, struct sv text, struct strbuf *out,
                             struct err *err)
{
    return binding_replace(b, text, false, out, err);
}

enum err_code binding_reveal(const struct binding *b, struct sv text, struct strbuf *out,
                             struct err *err)
{
    return binding_replace(b, text, true, out, err);
}

enum err_code binding_file(struct binding *b, struct sv text, struct sv *ret, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);
    CLEANUP(mem_freep) char *path = NULL;

    if (binding_expand(b, text, &out, err) != ERR_OK)
        return err->code;
    path = sv_eq(strbuf_sv(&out), SV(".")) ? xstrdup(b->dir) : path_join(b->dir, strbuf_str(&out));
    *ret = arena_sv(&b->arena, sv_from(path));
    return ERR_OK;
}
