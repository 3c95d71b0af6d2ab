#include "action/values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/sv.h"

void values_release(struct values *v)
{
    vec_release(&v->named);
    arena_release(&v->arena);
    *v = (struct values){0};
}

void values_set(struct values *v, struct sv name, struct sv value)
{
    for (size_t i = 0; i < v->named.n; i++)
        if (sv_eq(v->named.v[i].name, name)) {
            v->named.v[i].value = arena_sv(&v->arena, value);
            return;
        }
    *vec_add(&v->named) =
        (struct binding_pair){arena_sv(&v->arena, name), arena_sv(&v->arena, value), 0};
}

bool values_get(const struct values *v, struct sv name, struct sv *ret)
{
    for (size_t i = 0; i < v->named.n; i++)
        if (sv_eq(v->named.v[i].name, name)) {
            *ret = v->named.v[i].value;
            return true;
        }
    return false;
}

void values_date(const struct values *v, struct sv spec, struct strbuf *out)
{
    CLEANUP(strbuf_release) struct strbuf format = STRBUF(0);
    bool utc = sv_eat(&spec, SV("-u "));

    (void)sv_eat(&spec, SV("+")); /* it always is there */
    for (size_t i = 0; i < spec.n; i++) {
        if (sv_starts(sv_sub(spec, i, spec.n), SV("%N"))) { /* GNU date's, not strftime()'s */
            strbuf_addf(&format, "%06lld000", (long long)(v->started_us % CLOCK_US_PER_S));
            i++;
        } else {
            strbuf_add_byte(&format, spec.p[i]);
        }
    }
    strbuf_add_str(out, clock_strftime(v->started_us, strbuf_str(&format), utc).s);
}

static bool values_env(const struct plan *p, const struct session_state *state, struct sv name,
                       struct strbuf *out)
{
    CLEANUP(mem_freep) char *plain = xstrdup_sv(name);
    const char *value;

    if (state && session_state_get(state, name, out))
        return true;
    for (size_t i = 0; i < p->n_env; i++)
        if (sv_eq(p->env[i].name, name)) {
            strbuf_add_sv(out, p->env[i].value);
            return true;
        }
    value = getenv(plain);
    if (value)
        strbuf_add_str(out, value);
    return value != NULL;
}

/* Characters that are themselves in every quoting of a shell. */
static bool values_is_plain(struct sv s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!ascii_is_alnum(s.p[i]) && (unsigned char)s.p[i] < 0x80 &&
            !strchr("_./:@%+=,-", s.p[i]))
            return false;
    return s.n > 0;
}

static enum err_code values_named(const struct values_of *of, struct sv name, struct strbuf *out,
                                  struct err *err)
{
    struct sv value;

    if (!values_get(of->named, name, &value)) {
        (void)err_set(err, ERR_INVALID, "placeholder '%.*s' has no value", SV_FMT(name));
        return err_hint(err, "variables: {%.*s: ...} in prusik.yaml", SV_FMT(name));
    }
    if (of->for_shell && !values_is_plain(value)) {
        (void)err_set(err, ERR_INVALID,
                      "the value of '%.*s' is empty, or has characters that a shell interprets",
                      SV_FMT(name));
        return err_hint(err,
                        "it goes into a command as it is: letters, digits and _./:@%%+=,- only");
    }
    strbuf_add_sv(out, value);
    return ERR_OK;
}

enum err_code values_text(const struct values_of *of, const json_t *pieces, struct strbuf *out,
                          struct err *err)
{
    for (size_t i = 0; i < json_array_size(pieces); i++) {
        const json_t *piece = json_array_get(pieces, i);
        struct sv env = json_get_sv(piece, "env"), value = json_get_sv(piece, "value");

        if (json_is_string(piece))
            strbuf_add(out, json_string_value(piece), json_string_length(piece));
        else if (json_get_sv(piece, "date").n)
            values_date(of->named, json_get_sv(piece, "date"), out);
        else if (value.n && values_named(of, value, out, err) != ERR_OK)
            return err->code;
        else if (env.n && !values_env(of->plan, of->state, env, out)) {
            (void)err_set(err, ERR_INVALID, "variable %.*s is not set", SV_FMT(env));
            return err_hint(err, "env: {%.*s: ...} in prusik.yaml, or --set %.*s=...", SV_FMT(env),
                            SV_FMT(env));
        }
    }
    return ERR_OK;
}
