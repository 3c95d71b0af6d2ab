/*
 * Texts of a plan as words of a shell.
 */
#include "base/sv.h"
#include "base/text.h"
#include "report/plan_script_int.h"

void script_quote(struct strbuf *out, struct sv text)
{
    strbuf_add_byte(out, '\'');
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\'')
            strbuf_add_str(out, "'\\''");
        else if (text.p[i]) /* no argument of a command can hold a NUL */
            strbuf_add_byte(out, text.p[i]);
    }
    strbuf_add_byte(out, '\'');
}

void script_name(struct strbuf *out, struct sv name)
{
    for (size_t i = 0; i < name.n; i++)
        strbuf_add_byte(out, ascii_is_word(name.p[i]) ? name.p[i] : '_');
}

void script_comment(struct strbuf *out, struct sv text)
{
    text_add_line(out, text);
}

void script_seconds(struct strbuf *out, int64_t ms)
{
    strbuf_addf(out, "%lld", (long long)(ms / 1000));
    if (ms % 1000)
        strbuf_addf(out, ".%03lld", (long long)(ms % 1000));
}

/* The place of a text in a list; added when it is new. */
static size_t script_use(struct script *s, struct sv text, bool date)
{
    size_t n = date ? s->formats.n : s->values.n;

    for (size_t i = 0; i < n; i++)
        if (sv_eq(date ? s->formats.v[i] : s->values.v[i], text))
            return i;
    if (date)
        *vec_add(&s->formats) = text;
    else
        *vec_add(&s->values) = text;
    return n;
}

/* A piece that is not text, as a parameter. */
static void script_parameter(struct script *s, const json_t *piece, struct strbuf *out)
{
    struct sv env = json_get_sv(piece, "env"), value = json_get_sv(piece, "value"),
              format = json_get_sv(piece, "date");

    strbuf_add_str(out, "${");
    if (env.n) {
        strbuf_add_sv(out, env);
    } else if (value.n) {
        (void)script_use(s, value, false);
        strbuf_add_str(out, "value_");
        script_name(out, value);
    } else {
        strbuf_addf(out, "prusik_date_%zu", script_use(s, format, true) + 1);
    }
    strbuf_add_byte(out, '}');
}

static struct sv script_piece_text(const json_t *piece)
{
    return json_is_string(piece) ? (struct sv){json_string_value(piece), json_string_length(piece)}
                                 : (struct sv){NULL, 0};
}

/* Which quote is open after this text: 0, ' or ". */
static char script_open_quote(struct sv text, char open)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];

        if (c == '\\' && open != '\'')
            i++;
        else if (open ? c == open : c == '\'' || c == '"')
            open = open ? 0 : c;
    }
    return open;
}

void script_pieces(struct script *s, const json_t *pieces, struct strbuf *out)
{
    char open = 0;

    for (size_t i = 0; i < json_array_size(pieces); i++) {
        const json_t *piece = json_array_get(pieces, i);

        if (json_is_string(piece)) {
            strbuf_add_sv(out, script_piece_text(piece));
            open = script_open_quote(script_piece_text(piece), open);
            continue;
        }
        if (open == '\'') /* a parameter is only text there */
            strbuf_add_str(out, "'\"");
        script_parameter(s, piece, out);
        if (open == '\'')
            strbuf_add_str(out, "\"'");
    }
}

void script_word(struct script *s, const json_t *pieces, struct strbuf *out)
{
    strbuf_add_byte(out, '"');
    for (size_t i = 0; i < json_array_size(pieces); i++) {
        const json_t *piece = json_array_get(pieces, i);
        struct sv text = script_piece_text(piece);

        if (!json_is_string(piece))
            script_parameter(s, piece, out);
        for (size_t k = 0; k < text.n; k++) {
            if (sv_find_byte(SV("\"\\$`"), text.p[k], 0) != SV_NPOS)
                strbuf_add_byte(out, '\\');
            if (text.p[k])
                strbuf_add_byte(out, text.p[k]);
        }
    }
    strbuf_add_byte(out, '"');
}
