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

/* --- a file that the run has made --- */

/* They take the file that is meant; `rm` and `ls` may well mean all of that name. */
static bool make_takes_one(const struct shell_item *item)
{
    static const char takers[] =
        "psql pg_restore mysql mariadb mongorestore sqlite3 cat zcat gunzip gzip bunzip2 xz unxz zstd "
        "unzstd cp scp rsync tar unzip gpg openssl sha256sum md5sum aws gsutil";
    bool sudo;
    struct shell_simple c;

    if ((item->kind != SHELL_SIMPLE && item->kind != SHELL_PIPELINE) || item->n_simple == 0)
        return false;
    c = shell_inner(&item->simple[0], &sudo);
    return c.n_words && sv_has_word(sv_from(takers), shell_program(&c));
}

/* "a_*.sql", where the maker has "a_$(date +F).sql": the place of '*' in `text` and F.  False: it is no such word. */
static bool make_meets_maker(struct make *m, struct sv text, struct sv word, struct sv maker,
                             size_t *at, struct sv *format)
{
    size_t star = sv_find_byte(word, '*', 0), begin = sv_find(text, word, 0);
    struct placeholders ph;

    if (star == SV_NPOS || begin == SV_NPOS || sv_find_byte(word, '"', 0) != SV_NPOS ||
        sv_find_byte(word, '\'', 0) != SV_NPOS)
        return false;
    placeholder_find(maker, false, &m->rb->stand_ins, m->arena, &ph);
    for (size_t i = 0; i < ph.n; i++) {
        const struct placeholder *p = &ph.v[i];

        if (p->kind == PLACEHOLDER_DATE &&
            sv_ends(sv_sub(maker, 0, p->from), sv_sub(word, 0, star)) &&
            sv_starts(sv_sub(word, star + 1, word.n), make_name_after(maker, p->to))) {
            *at = begin + star;
            *format = p->name;
            return true;
        }
    }
    return false;
}

/* Where the command names with a '*' what a step of this run makes on the same machine.  False: it does not. */
static bool make_find_star(struct make *m, const struct rb_step *s, size_t *at, struct sv *format)
{
    const struct shell_item *item;
    const struct rb_step *maker;

    if (s->kind != STEP_SHELL || s->made_by == RB_NONE || s->block == RB_NONE)
        return false;
    item = &m->rb->blocks[s->block].script.v[s->item];
    maker = &m->rb->steps[s->made_by];
    if (!make_takes_one(item) || !sv_eq(maker->host, s->host) ||
        !(make_is_forward(m, maker) || make_is_way_back(m, maker)) || !make_is_sure(m, s->made_by))
        return false;
    for (size_t i = 0; i < item->n_redirects; i++)
        if (make_meets_maker(m, s->text, item->redirects[i].target.raw, maker->text, at, format))
            return true;
    for (size_t k = 0; k < item->n_simple; k++)
        for (size_t i = 1; i < item->simple[k].n_words; i++)
            if (make_meets_maker(m, s->text, item->simple[k].words[i].raw, maker->text, at, format))
                return true;
    return false;
}

json_t *make_command(struct make *m, const struct rb_step *s)
{
    json_t *pieces = json_array();
    struct sv format;
    size_t at = 0;

    if (make_find_star(m, s, &at, &format)) {
        make_split(m, pieces, sv_sub(s->text, 0, at), s->line, false);
        make_add_named(pieces, "date", format);
        at++;
    }
    make_split(m, pieces, sv_sub(s->text, at, s->text.n), s->line, false);
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
