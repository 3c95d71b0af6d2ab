#include "action/session_state.h"

#include "base/sv.h"

/* Variables that bash sets itself: restoring them is useless or refused.  A final '*' is "begins with". */
static const struct sv session_own_vars[] = {
    SV("BASH"),     SV("BASH_*"),    SV("BASHOPTS"),   SV("BASHPID"),  SV("COLUMNS"),
    SV("COMP_*"),   SV("COMPREPLY"), SV("DIRSTACK"),   SV("EPOCH*"),   SV("EUID"),
    SV("FUNCNAME"), SV("GROUPS"),    SV("HISTCMD"),    SV("HOSTTYPE"), SV("IFS"),
    SV("LINENO"),   SV("LINES"),     SV("MACHTYPE"),   SV("OPTERR"),   SV("OPTIND"),
    SV("OPTARG"),   SV("OSTYPE"),    SV("PIPESTATUS"), SV("PPID"),     SV("PS4"),
    SV("PWD"),      SV("OLDPWD"),    SV("RANDOM"),     SV("SECONDS"),  SV("SHELLOPTS"),
    SV("SHLVL"),    SV("SRANDOM"),   SV("UID"),        SV("_"),        SV("__prusik_*"),
    SV("HOSTNAME"), SV("SHELL"),     SV("TERM")};

static bool session_is_own(struct sv name)
{
    for (size_t i = 0; i < ARRAY_LEN(session_own_vars); i++) {
        struct sv own = session_own_vars[i];

        if (sv_ends(own, SV("*")) ? sv_starts(name, sv_sub(own, 0, own.n - 1)) : sv_eq(name, own))
            return true;
    }
    return false;
}

void session_state_release(struct session_state *s)
{
    vec_release(&s->vars);
    arena_release(&s->arena);
    *s = (struct session_state){0};
}

/* --- reading declare -p --- */

/* The end of the line that begins at `at`, outside of quotes: a value may hold line feeds. */
static size_t session_declaration_end(struct sv text, size_t at)
{
    char quote = '\0';

    for (; at < text.n; at++) {
        char c = text.p[at];

        if (quote != '\'' && c == '\\')
            at++;
        else if ((quote == '$' && c == '\'') || (quote && quote != '$' && c == quote))
            quote = '\0';
        else if (!quote && c == '$' && at + 1 < text.n && text.p[at + 1] == '\'') {
            quote = '$'; /* $'...': backslashes count */
            at++;
        } else if (!quote && (c == '"' || c == '\''))
            quote = c;
        else if (!quote && c == '\n')
            return at;
    }
    return text.n;
}

static void session_add_declaration(struct session_state *s, struct sv line)
{
    struct sv rest = line, flags, name;
    struct session_var *v;

    if (!sv_eat(&rest, SV("declare ")) || !sv_next_word(&rest, &flags))
        return;
    rest = sv_trim_left(rest);
    name = sv_sub(rest, 0, sv_find_byte(rest, '=', 0));
    if (sv_eq(name, SV("SHELLOPTS")))
        s->options = sv_sub(rest, name.n + 2, rest.n - 1);
    if (session_is_own(name))
        return;
    v = vec_add(&s->vars);
    v->name = name;
    v->declaration = line;
    v->exported = sv_find_byte(flags, 'x', 0) != SV_NPOS;
}

static int session_compare_vars(const void *a, const void *b)
{
    return sv_cmp(((const struct session_var *)a)->name, ((const struct session_var *)b)->name);
}

void session_state_read(struct sv cwd, struct sv variables, struct sv functions,
                        struct session_state *ret)
{
    struct session_state s = {0};
    struct sv text = arena_sv(&s.arena, variables);

    s.cwd = arena_sv(&s.arena, cwd);
    s.functions = arena_sv(&s.arena, functions);
    for (size_t at = 0; at < text.n;) {
        size_t end = session_declaration_end(text, at);

        session_add_declaration(&s, sv_sub(text, at, end));
        at = end + 1;
    }
    if (s.vars.n)
        qsort(s.vars.v, s.vars.n, sizeof(*s.vars.v), session_compare_vars);
    *ret = s;
}

void session_state_copy(const struct session_state *from, struct session_state *to)
{
    struct session_state s = {0};

    s.cwd = arena_sv(&s.arena, from->cwd);
    s.functions = arena_sv(&s.arena, from->functions);
    s.options = arena_sv(&s.arena, from->options);
    for (size_t i = 0; i < from->vars.n; i++) {
        struct session_var *v = vec_add(&s.vars);

        v->name = arena_sv(&s.arena, from->vars.v[i].name);
        v->declaration = arena_sv(&s.arena, from->vars.v[i].declaration);
        v->exported = from->vars.v[i].exported;
    }
    *to = s;
}

bool session_state_equal(const struct session_state *a, const struct session_state *b)
{
    if (a->vars.n != b->vars.n || !sv_eq(a->cwd, b->cwd) || !sv_eq(a->functions, b->functions) ||
        !sv_eq(a->options, b->options))
        return false;
    for (size_t i = 0; i < a->vars.n; i++)
        if (!sv_eq(a->vars.v[i].declaration, b->vars.v[i].declaration))
            return false;
    return true;
}

static const struct session_var *session_find_var(const struct session_state *s, struct sv name)
{
    struct session_var key = {.name = name};

    if (s->vars.n == 0)
        return NULL;
    return bsearch(&key, s->vars.v, s->vars.n, sizeof(*s->vars.v), session_compare_vars);
}

/* --- values --- */

static int session_hex(char c)
{
    if (ascii_is_digit(c))
        return c - '0';
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One escape of $'...' after the backslash; returns the bytes used. */
static size_t session_ansi_escape(struct sv s, struct strbuf *out)
{
    static const char from[] = "abeEfnrtv", to[] = "\a\b\033\033\f\n\r\t\v";
    size_t n = 1;
    int v = 0;

    for (size_t i = 0; i < sizeof(from) - 1; i++)
        if (*s.p == from[i]) {
            strbuf_add_byte(out, to[i]);
            return 1;
        }
    if (*s.p >= '0' && *s.p <= '7') {
        for (n = 0; n < 3 && n < s.n && s.p[n] >= '0' && s.p[n] <= '7'; n++)
            v = v * 8 + (s.p[n] - '0');
        strbuf_add_byte(out, (char)v);
        return n;
    }
    if (*s.p == 'x') {
        while (n < 3 && n < s.n && session_hex(s.p[n]) >= 0)
            v = v * 16 + session_hex(s.p[n++]);
        strbuf_add_byte(out, (char)v);
        return n;
    }
    strbuf_add_byte(out, *s.p); /* \\ \' \" \? */
    return 1;
}

/* "..." or $'...' as declare -p writes it. */
static bool session_unquote(struct sv text, struct strbuf *out)
{
    bool ansi = sv_starts(text, SV("$'"));

    if (!ansi && !(text.n >= 2 && *text.p == '"'))
        return false;
    text = sv_sub(text, ansi ? 2 : 1, text.n - 1);
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] != '\\' || i + 1 >= text.n)
            strbuf_add_byte(out, text.p[i]);
        else if (ansi)
            i += session_ansi_escape(sv_sub(text, i + 1, text.n), out);
        else
            strbuf_add_byte(out, text.p[++i]);
    }
    return true;
}

bool session_state_get(const struct session_state *s, struct sv name, struct strbuf *out)
{
    const struct session_var *v = session_find_var(s, name);
    size_t eq;

    if (sv_eq(name, SV("PWD"))) {
        strbuf_add_sv(out, s->cwd);
        return true;
    }
    if (!v)
        return false;
    eq = sv_find_byte(v->declaration, '=', 0);
    return eq != SV_NPOS && session_unquote(sv_sub(v->declaration, eq + 1, v->declaration.n), out);
}

/* --- differences --- */

void session_quote(struct sv text, struct strbuf *out)
{
    strbuf_add_byte(out, '\'');
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\'')
            strbuf_add_str(out, "'\\''");
        else
            strbuf_add_byte(out, text.p[i]);
    }
    strbuf_add_byte(out, '\'');
}

static bool session_changed(const struct session_var *v, const struct session_state *base)
{
    const struct session_var *before = session_find_var(base, v->name);

    return !before || !sv_eq(before->declaration, v->declaration);
}

static bool session_holds_secret(const struct session_var *v, const struct secrets *secrets)
{
    CLEANUP(strbuf_release) struct strbuf clean = STRBUF(0);

    if (!secrets) /* nothing is written down */
        return false;
    if (secrets_is_name(secrets, v->name) || secrets_looks_like_name(v->name))
        return true;
    secrets_redact(secrets, v->declaration, &clean);
    return !sv_eq(strbuf_sv(&clean), v->declaration);
}

json_t *session_state_diff(const struct session_state *s, const struct session_state *base,
                           const struct secrets *secrets)
{
    json_t *diff = json_object(), *set = json_array(), *unset = json_array();
    json_t *withheld = json_array();

    json_put_sv(diff, "cwd", s->cwd);
    for (size_t i = 0; i < s->vars.n; i++) {
        const struct session_var *v = &s->vars.v[i];

        if (!session_changed(v, base))
            continue;
        if (session_holds_secret(v, secrets))
            json_append(withheld, json_sv(v->name));
        else
            json_append(set, json_sv(v->declaration));
    }
    for (size_t i = 0; i < base->vars.n; i++)
        if (!session_find_var(s, base->vars.v[i].name))
            json_append(unset, json_sv(base->vars.v[i].name));
    json_put(diff, "set", set);
    json_put(diff, "unset", unset);
    json_put(diff, "withheld", withheld);
    json_put_sv(diff, "functions", s->functions);
    if (!sv_eq(s->options, base->options))
        json_put_sv(diff, "options", s->options);
    return diff;
}

void session_state_from_diff(const json_t *diff, struct session_state *ret)
{
    CLEANUP(strbuf_release) struct strbuf lines = STRBUF(0);
    const json_t *set = json_object_get(diff, "set");

    for (size_t i = 0; i < json_array_size(set); i++) {
        const json_t *line = json_array_get(set, i);

        strbuf_add(&lines, json_string_value(line), json_string_length(line));
        strbuf_add_byte(&lines, '\n');
    }
    session_state_read(json_get_sv(diff, "cwd"), strbuf_sv(&lines), json_get_sv(diff, "functions"),
                       ret);
}

/* `declare` inside eval at top level is global; readonly ones come last in their own line anyway. */
void session_state_script(const json_t *diff, struct strbuf *out)
{
    const json_t *set = json_object_get(diff, "set"), *unset = json_object_get(diff, "unset");
    struct sv options = json_get_sv(diff, "options"), option;

    for (size_t i = 0; i < json_array_size(unset); i++)
        strbuf_addf(out, "unset -v %s\n", json_string_value(json_array_get(unset, i)));
    for (size_t i = 0; i < json_array_size(set); i++) {
        const json_t *line = json_array_get(set, i);

        strbuf_add(out, json_string_value(line), json_string_length(line));
        strbuf_add_byte(out, '\n');
    }
    strbuf_add_sv(out, json_get_sv(diff, "functions"));
    strbuf_add_str(out, "\ncd -- ");
    session_quote(json_get_sv(diff, "cwd"), out);
    strbuf_addf(out, " || exit %d\n", SESSION_NO_FOLDER);
    while (sv_split(&options, ':', &option))
        if (option.n && !sv_eq(option, SV("interactive-comments")))
            strbuf_addf(out, "set -o %.*s\n", SV_FMT(option));
}

void session_state_script_between(const struct session_state *s, const struct session_state *base,
                                  struct strbuf *out)
{
    CLEANUP(json_cleanup) json_t *diff = session_state_diff(s, base, NULL);

    session_state_script(diff, out);
}
