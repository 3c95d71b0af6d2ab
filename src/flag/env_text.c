#include "flag/env_text.h"

#include "base/sv.h"

/* Without quotes around it, and what \" and \\ stand for inside double ones. */
static void unquote(struct sv v, struct strbuf *out)
{
    char q =
        v.n >= 2 && (v.p[0] == '"' || v.p[0] == '\'') && v.p[v.n - 1] == v.p[0] ? v.p[0] : '\0';

    if (q)
        v = sv_sub(v, 1, v.n - 1);
    for (size_t i = 0; i < v.n; i++) {
        if (q == '"' && v.p[i] == '\\' && i + 1 < v.n && (v.p[i + 1] == '"' || v.p[i + 1] == '\\'))
            i++;
        strbuf_add_byte(out, v.p[i]);
    }
}

/* The value of a line that sets the variable; false for any other line. */
static bool line_value(enum env_text_kind kind, struct sv line, struct sv name,
                       struct strbuf *value)
{
    line = sv_trim(line);
    if (kind == ENV_TEXT_DROPIN) {
        CLEANUP(strbuf_release) struct strbuf inner = STRBUF(0);
        struct sv rest;

        if (!sv_eat(&line, SV("Environment=")))
            return false;
        unquote(sv_trim(line), &inner);
        rest = strbuf_sv(&inner);
        if (!sv_eat(&rest, name) || !sv_eat(&rest, SV("=")))
            return false;
        strbuf_add_sv(value, rest);
        return true;
    }
    if (sv_eat(&line, SV("export ")))
        line = sv_trim_left(line);
    if (!sv_eat(&line, name) || !sv_eat(&line, SV("=")))
        return false;
    unquote(sv_trim(line), value);
    return true;
}

/* A drop-in has sections; a variable counts in [Service] only. */
static bool in_scope(enum env_text_kind kind, struct sv line, bool *service)
{
    line = sv_trim(line);
    if (line.n && line.p[0] == '[')
        *service = sv_is(line, "[Service]");
    return kind == ENV_TEXT_FILE || *service;
}

/* The next line with its LF. */
static bool whole_line(struct sv *rest, struct sv *line)
{
    size_t lf = rest->n ? sv_find_byte(*rest, '\n', 0) : SV_NPOS;

    if (!rest->n)
        return false;
    *line = sv_sub(*rest, 0, lf == SV_NPOS ? rest->n : lf + 1);
    *rest = sv_sub(*rest, line->n, rest->n);
    return true;
}

bool env_text_get(enum env_text_kind kind, struct sv text, struct sv name, struct strbuf *value)
{
    struct sv rest = text, line;
    bool found = false, service = false;

    while (whole_line(&rest, &line)) {
        CLEANUP(strbuf_release) struct strbuf v = STRBUF(0);

        if (!in_scope(kind, line, &service) || !line_value(kind, line, name, &v))
            continue;
        found = true;
        strbuf_truncate(value, 0);
        strbuf_add_sv(value, strbuf_sv(&v));
    }
    return found;
}

static enum err_code check_value(struct sv name, struct sv value, struct err *err)
{
    bool good = name.n > 0 && !ascii_is_digit(name.p[0]);

    for (size_t i = 0; i < name.n; i++)
        good &= ascii_is_word(name.p[i]);
    if (!good)
        return err_set(err, ERR_INVALID, "'%.*s' is no name of a variable", SV_FMT(name));
    for (size_t i = 0; i < value.n; i++)
        if ((unsigned char)value.p[i] < ' ' || value.p[i] == '\\' || value.p[i] == '"' ||
            value.p[i] == '\'' || value.p[i] == '$' || value.p[i] == '`' || value.p[i] == '%')
            return err_set(
                err, ERR_INVALID,
                "the value of '%.*s' has a character that shells, systemd and .env files read "
                "differently",
                SV_FMT(name));
    return ERR_OK;
}

static bool is_plain(struct sv value)
{
    for (size_t i = 0; i < value.n; i++)
        if (!ascii_is_alnum(value.p[i]) && !sv_has(SV("_-.,:/@+"), (struct sv){value.p + i, 1}))
            return false;
    return true;
}

static void add_line(enum env_text_kind kind, struct sv name, struct sv value, struct strbuf *out)
{
    const char *q = is_plain(value) ? "" : "\"";

    if (kind == ENV_TEXT_DROPIN)
        strbuf_addf(out, "Environment=\"%.*s=%.*s\"\n", SV_FMT(name), SV_FMT(value));
    else
        strbuf_addf(out, "%.*s=%s%.*s%s\n", SV_FMT(name), q, SV_FMT(value), q);
}

/* How many lines set it. */
static size_t count(enum env_text_kind kind, struct sv text, struct sv name)
{
    struct sv rest = text, line;
    bool service = false;
    size_t n = 0;

    while (whole_line(&rest, &line)) {
        CLEANUP(strbuf_release) struct strbuf v = STRBUF(0);

        n += in_scope(kind, line, &service) && line_value(kind, line, name, &v);
    }
    return n;
}

static void end_line(struct strbuf *out)
{
    if (out->n && out->p[out->n - 1] != '\n')
        strbuf_add_byte(out, '\n');
}

enum err_code env_text_set(enum env_text_kind kind, struct sv text, struct sv name, struct sv value,
                           struct strbuf *out, struct err *err)
{
    struct sv rest = text, line;
    size_t left = count(kind, text, name);
    bool service = false, found = left > 0;

    if (check_value(name, value, err) != ERR_OK)
        return err->code;
    while (whole_line(&rest, &line)) {
        CLEANUP(strbuf_release) struct strbuf v = STRBUF(0);

        if (!in_scope(kind, line, &service) || !line_value(kind, line, name, &v))
            strbuf_add_sv(out, line);
        else if (--left == 0)
            add_line(kind, name, value, out);
    }
    if (found)
        return ERR_OK;
    end_line(out);
    if (kind == ENV_TEXT_DROPIN && !service)
        strbuf_add_str(out, "[Service]\n");
    add_line(kind, name, value, out);
    return ERR_OK;
}
