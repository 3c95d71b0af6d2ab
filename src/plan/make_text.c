/*
 * Texts with variables in them, as pieces (docs/formats/plan.md).
 */
#include "base/sv.h"
#include "plan/make_int.h"

static void make_add_text(json_t *pieces, struct sv text)
{
    if (text.n)
        json_append(pieces, json_sv(text));
}

static void make_add_named(json_t *pieces, const char *kind, struct sv name)
{
    json_t *piece = json_object();

    json_put_sv(piece, kind, name);
    json_append(pieces, piece);
}

static void make_use_value(struct make *m, struct sv name, struct sv raw, size_t line)
{
    for (size_t i = 0; i < m->values.n; i++)
        if (sv_eq(m->values.v[i], name))
            return; /* asked, or bound */
    *vec_add(&m->values) = name;
    for (size_t i = 0; i < m->b->variables.n; i++)
        if (sv_eq(m->b->variables.v[i].name, name))
            return;
    make_question(m, line, "placeholder", true,
                  arena_fmt(m->arena, "what does %.*s stand for?", SV_FMT(raw)),
                  arena_fmt(m->arena, "variables: {%.*s: ...}", SV_FMT(name)));
}

/* Does "app_TIMESTAMP.db" name a file that an earlier command makes as "app_$(date +F).db"?  Then F. */
static bool make_find_made(const struct make *m, struct sv before, struct sv after,
                           struct sv *format)
{
    for (size_t i = 0; i < m->rb->n_blocks; i++) {
        const struct rb_block *b = &m->rb->blocks[i];

        for (size_t k = 0; b->kind == BLOCK_SHELL && k < b->placeholders.n; k++) {
            const struct placeholder *p = &b->placeholders.v[k];

            if (p->kind == PLACEHOLDER_DATE && before.n &&
                sv_ends(sv_sub(b->text, 0, p->from), before) &&
                sv_starts(sv_sub(b->text, p->to, b->text.n), after)) {
                *format = p->name;
                return true;
            }
        }
    }
    return false;
}

static bool make_is_one_of(char c, struct sv set)
{
    return sv_find_byte(set, c, 0) != SV_NPOS;
}

/* The part of a file name before or after a placeholder: up to a blank, quote or '/'. */
static struct sv make_name_before(struct sv text, size_t at)
{
    size_t from = at;

    while (from > 0 && !ascii_is_space(text.p[from - 1]) &&
           !make_is_one_of(text.p[from - 1], SV("/\"'")))
        from--;
    return sv_sub(text, from, at);
}

static struct sv make_name_after(struct sv text, size_t at)
{
    size_t to = at;

    while (to < text.n && !ascii_is_space(text.p[to]) && !make_is_one_of(text.p[to], SV("/\"'`;|")))
        to++;
    return sv_sub(text, at, to);
}

static void make_add_placeholder(struct make *m, json_t *pieces, struct sv text,
                                 const struct placeholder *p, size_t line)
{
    struct sv format;

    if (p->kind == PLACEHOLDER_DATE) {
        make_add_named(pieces, "date", p->name);
    } else if (p->kind == PLACEHOLDER_WORD &&
               make_find_made(m, make_name_before(text, p->from), make_name_after(text, p->to),
                              &format)) {
        make_add_named(pieces, "date", format);
    } else {
        make_use_value(m, p->name, p->raw, line);
        make_add_named(pieces, "value", p->name);
    }
}

static void make_split(struct make *m, json_t *pieces, struct sv text, size_t line,
                       bool is_template)
{
    struct placeholders ph;
    size_t done = 0;

    placeholder_find(text, is_template, &m->rb->stand_ins, m->arena, &ph);
    for (size_t i = 0; i < ph.n; i++) {
        make_add_text(pieces, sv_sub(text, done, ph.v[i].from));
        if (is_template) /* the fields of a message are filled when it is sent */
            make_add_named(pieces, "value", ph.v[i].name);
        else
            make_add_placeholder(m, pieces, text, &ph.v[i], line);
        done = ph.v[i].to;
    }
    make_add_text(pieces, sv_sub(text, done, text.n));
}

json_t *make_pieces(struct make *m, struct sv text, size_t line, bool is_template)
{
    json_t *pieces = json_array();

    make_split(m, pieces, text, line, is_template);
    return pieces;
}

json_t *make_word(struct make *m, const struct shell_word *w, size_t line)
{
    json_t *pieces = json_array();

    for (size_t i = 0; i < w->n_pieces; i++) {
        if (w->pieces[i].variable)
            make_add_named(pieces, "env", w->pieces[i].text);
        else
            make_split(m, pieces, w->pieces[i].text, line, false);
    }
    return pieces;
}

bool make_word_now(struct make *m, const struct shell_word *w, struct strbuf *out)
{
    struct placeholders ph;
    struct sv value;

    for (size_t i = 0; i < w->n_pieces; i++) {
        if (!w->pieces[i].variable) {
            placeholder_find(w->pieces[i].text, false, &m->rb->stand_ins, m->arena, &ph);
            if (ph.n)
                return false;
            strbuf_add_sv(out, w->pieces[i].text);
        } else if (binding_env(m->b, w->pieces[i].text, &value)) {
            strbuf_add_sv(out, value);
        } else {
            return false;
        }
    }
    return w->plain && out->n > 0;
}
