/*
 * The environment that a step speaks of, where a document deploys to several of them: in its command ("$STAGING_DATABASE_URL",
 * "-x env=prod"), or in the headings that it stands below.
 */
#include "base/sv.h"
#include "plan/make_int.h"

/* What people call the same environment; loose: a word that means many other things inside a command. */
static const struct {
    struct sv said, stage;
    bool loose;
} place_words[] = {
    {SV("dev"), SV("development"), true},
    {SV("development"), SV("development"), true},
    {SV("local"), SV("development"), true},
    {SV("test"), SV("test"), true},
    {SV("stg"), SV("staging"), false},
    {SV("stage"), SV("staging"), false},
    {SV("staging"), SV("staging"), false},
    {SV("preprod"), SV("preproduction"), false},
    {SV("pre-prod"), SV("preproduction"), false},
    {SV("preproduction"), SV("preproduction"), false},
    {SV("pre-production"), SV("preproduction"), false},
    {SV("prd"), SV("production"), false},
    {SV("prod"), SV("production"), false},
    {SV("production"), SV("production"), false},
    {SV("uat"), SV("uat"), false},
    {SV("qa"), SV("qa"), false},
    {SV("integration"), SV("integration"), false},
};

struct sv make_stage_of(struct sv said, bool loose)
{
    for (size_t i = 0; i < ARRAY_LEN(place_words); i++)
        if (sv_eq_nocase(said, place_words[i].said) && (loose || !place_words[i].loose))
            return place_words[i].stage;
    return SV("");
}

/* Behind the word that begins at `from`; "pre-prod" is one. */
static size_t place_word_end(struct sv text, size_t from)
{
    size_t i = from;

    while (i < text.n && (ascii_is_alpha(text.p[i]) ||
                          (text.p[i] == '-' && sv_eq_nocase(sv_sub(text, from, i), SV("pre")))))
        i++;
    return i;
}

/* The one environment that a text names; empty: none, or several. */
static struct sv place_of(struct sv text)
{
    struct sv found = SV("");

    for (size_t from = 0, end; from < text.n; from = end + 1) {
        struct sv env;

        end = place_word_end(text, from);
        env = make_stage_of(sv_sub(text, from, end), false);
        if (!env.n)
            continue;
        if (found.n && !sv_eq(found, env))
            return SV("");
        found = env;
    }
    return found;
}

struct sv make_place_of(const struct make *m, const struct rb_step *s)
{
    struct sv env = place_of(s->text);

    for (uint32_t p = s->part; !env.n && p != RB_NONE; p = m->rb->parts[p].parent)
        env = place_of(m->rb->parts[p].title);
    return env;
}
