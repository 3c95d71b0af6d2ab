#include "runbook/effect_inner.h"

#include <string.h>

#include "base/sv.h"

/* A program that carries out what stands behind its options and `operands` words. */
static const struct inner_row {
    const char *program;
    const char *valued; /* letters of options with a word behind them */
    unsigned operands;
} inner_rows[] = {
    {"timeout", "ks", 1}, {"time", "fo", 0},        {"env", "uCS", 0},  {"nice", "n", 0},
    {"ionice", "cn", 0},  {"xargs", "IELPdans", 0}, {"exec", "a", 0},   {"setsid", "", 0},
    {"stdbuf", "ioe", 0}, {"flock", "wE", 1},       {"watch", "nq", 0}, {"chroot", "", 1},
    {"command", "", 0},   {"doas", "uC", 0},        {"gosu", "", 1},    {"runuser", "ug", 0},
};

/* Options with a word behind them of what runs a command in a container, by their letters and their names. */
#define INNER_CONTAINER_LETTERS "euwfpnclH"
static const char *const inner_container_names[] = {
    "--env",
    "--user",
    "--workdir",
    "--env-file",
    "--file",
    "--project-name",
    "--project-directory",
    "--profile",
    "--entrypoint",
    "--name",
    "--volume",
    "--namespace",
    "--context",
    "--container",
    "--kubeconfig",
    "--index",
    "--host",
};

static bool inner_is_option(const struct shell_word *w)
{
    return sv_starts(w->raw, SV("-")) && w->raw.n > 1;
}

/* "-u x" of the letters "u"; "-ux" and "--user=x" have their value with them. */
static bool inner_takes_word(struct sv option, const char *letters, const char *const *names,
                             size_t n_names)
{
    if (option.n == 2 && option.p[0] == '-')
        return strchr(letters, option.p[1]) != NULL;
    for (size_t i = 0; i < n_names; i++)
        if (sv_is(option, names[i]))
            return true;
    return false;
}

static struct shell_simple inner_from(const struct shell_simple *s, size_t from)
{
    struct shell_simple in = *s;

    from = from < s->n_words ? from : s->n_words;
    in.words += from;
    in.n_words -= from;
    return in;
}

static enum effect_inner inner_words(const struct shell_simple *s, size_t from,
                                     struct shell_simple *ret)
{
    *ret = inner_from(s, from);
    return ret->n_words ? INNER_COMMAND : INNER_NOTHING;
}

static struct sv inner_unquoted(struct sv raw)
{
    if (raw.n >= 2 && (*raw.p == '\'' || *raw.p == '"') && raw.p[raw.n - 1] == *raw.p)
        return sv_sub(raw, 1, raw.n - 1);
    return raw;
}

static enum effect_inner inner_text(const struct shell_simple *s, size_t at, struct sv *text)
{
    if (at >= s->n_words)
        return INNER_NOTHING;
    *text = inner_unquoted(s->words[at].raw);
    return INNER_TEXT;
}

/* --- programs that start another --- */

static bool inner_is_assignment(struct sv raw)
{
    size_t n = 0;

    while (n < raw.n && ascii_is_word(raw.p[n]))
        n++;
    return n > 0 && n < raw.n && raw.p[n] == '=';
}

/* Past the options, of which those in `letters` have a word behind them, and "--". */
static size_t inner_past_options(const struct shell_simple *s, size_t at, const char *letters,
                                 const char *const *names, size_t n_names)
{
    while (at < s->n_words && inner_is_option(&s->words[at])) {
        struct sv option = s->words[at++].raw;

        if (sv_eq(option, SV("--")))
            break;
        at += inner_takes_word(option, letters, names, n_names);
    }
    return at;
}

static enum effect_inner inner_of_row(const struct inner_row *row, const struct shell_simple *s,
                                      struct shell_simple *ret, struct sv *text)
{
    size_t at = inner_past_options(s, 1, row->valued, NULL, 0) + row->operands;

    if (sv_is(sv_from(row->program), "env"))
        while (at < s->n_words && inner_is_assignment(s->words[at].raw))
            at++;
    if (sv_is(sv_from(row->program), "command") &&
        (shell_find_word(s, 1, SV("-v")) || shell_find_word(s, 1, SV("-V"))))
        return INNER_NOTHING; /* it only asks where the program is */
    if (at + 1 == s->n_words && sv_find_byte(s->words[at].raw, ' ', 0) != SV_NPOS)
        return inner_text(s, at, text); /* watch 'a | b' */
    return inner_words(s, at, ret);
}

/* --- containers --- */

/* exec [options] CONTAINER COMMAND */
static enum effect_inner inner_in_container(const struct shell_simple *s, size_t verb,
                                            struct shell_simple *ret)
{
    size_t at = inner_past_options(s, verb + 1, INNER_CONTAINER_LETTERS, inner_container_names,
                                   ARRAY_LEN(inner_container_names));

    if (at + 1 >= s->n_words)
        return INNER_NO; /* what the image does when it is started */
    return inner_words(s, at + 1, ret);
}

static enum effect_inner inner_of_compose(const struct shell_simple *s, size_t at,
                                          struct shell_simple *ret)
{
    at = inner_past_options(s, at, INNER_CONTAINER_LETTERS, inner_container_names,
                            ARRAY_LEN(inner_container_names));
    if (at < s->n_words &&
        (sv_eq(s->words[at].raw, SV("exec")) || sv_eq(s->words[at].raw, SV("run"))))
        return inner_in_container(s, at, ret);
    return INNER_NO;
}

static enum effect_inner inner_of_docker(const struct shell_simple *s, struct shell_simple *ret)
{
    size_t at = inner_past_options(s, 1, INNER_CONTAINER_LETTERS, inner_container_names,
                                   ARRAY_LEN(inner_container_names));

    if (at < s->n_words && sv_eq(s->words[at].raw, SV("compose")))
        return inner_of_compose(s, at + 1, ret);
    if (at < s->n_words && sv_eq(s->words[at].raw, SV("exec")))
        return inner_in_container(s, at, ret);
    return INNER_NO;
}

/* kubectl exec [options] POD -- COMMAND */
static enum effect_inner inner_of_kubectl(const struct shell_simple *s, struct shell_simple *ret)
{
    size_t dashes = shell_find_word(s, 1, SV("--"));

    if (!shell_find_word(s, 1, SV("exec")))
        return INNER_NO;
    return dashes ? inner_words(s, dashes + 1, ret) : INNER_NO;
}

/* --- shells --- */

static bool inner_is_shell(struct sv program)
{
    static const char *const shells[] = {"bash", "sh", "zsh", "dash", "ksh", "ash", "su"};

    for (size_t i = 0; i < ARRAY_LEN(shells); i++)
        if (sv_is(program, shells[i]))
            return true;
    return false;
}

/* bash -lc TEXT, su - postgres -c TEXT */
static enum effect_inner inner_of_shell(const struct shell_simple *s, struct sv *text)
{
    for (size_t i = 1; i < s->n_words; i++) {
        struct sv o = s->words[i].raw;

        if (o.n > 1 && o.p[0] == '-' && o.p[1] != '-' && o.p[o.n - 1] == 'c')
            return inner_text(s, i + 1, text);
    }
    return INNER_NO;
}

/* python3 -m pip install x: "pip install x" */
static enum effect_inner inner_of_module(const struct shell_simple *s, struct shell_simple *ret)
{
    return s->n_words > 2 && sv_is(s->words[1].raw, "-m") ? inner_words(s, 2, ret) : INNER_NO;
}

/* Of several words behind the host the remote shell makes one text; they are words here as well. */
static enum effect_inner inner_of_ssh(const struct shell_simple *s, struct shell_simple *ret,
                                      struct sv *text)
{
    size_t host = inner_past_options(s, 1, "bcDEeFIiJLlmOopQRSWw", NULL, 0);

    if (host >= s->n_words)
        return INNER_NO;
    return host + 2 == s->n_words ? inner_text(s, host + 1, text) : inner_words(s, host + 1, ret);
}

enum effect_inner effect_inner_of(const struct shell_simple *s, struct shell_simple *ret,
                                  struct sv *text)
{
    struct sv program = shell_program(s);

    for (size_t i = 0; i < ARRAY_LEN(inner_rows); i++)
        if (sv_is(program, inner_rows[i].program))
            return inner_of_row(&inner_rows[i], s, ret, text);
    if (inner_is_shell(program))
        return inner_of_shell(s, text);
    if (sv_starts(program, SV("python")))
        return inner_of_module(s, ret);
    if (sv_eq(program, SV("ssh")))
        return inner_of_ssh(s, ret, text);
    if (sv_eq(program, SV("docker-compose")) || sv_eq(program, SV("podman-compose")))
        return inner_of_compose(s, 1, ret);
    if (sv_eq(program, SV("docker")) || sv_eq(program, SV("podman")))
        return inner_of_docker(s, ret);
    if (sv_eq(program, SV("kubectl")) || sv_eq(program, SV("oc")))
        return inner_of_kubectl(s, ret);
    return INNER_NO;
}
