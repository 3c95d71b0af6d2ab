/*
 * The environment that a step speaks of, where a document deploys to several of them: in its command ("$STAGING_DATABASE_URL",
 * "-x env=prod"), or in the headings that it stands below.
 */
#include "base/sv.h"
#include "plan/make_int.h"

static const struct {
    struct sv word, env;
} place_words[] = {
    {SV("staging"), SV("staging")},
    {SV("stage"), SV("staging")},
    {SV("stg"), SV("staging")},
    {SV("production"), SV("production")},
    {SV("prod"), SV("production")},
    {SV("prd"), SV("production")},
    {SV("preprod"), SV("preprod")},
    {SV("preproduction"), SV("preprod")},
    {SV("uat"), SV("uat")},
    {SV("qa"), SV("qa")},
    {SV("integration"), SV("integration")},
};

/* The environment of a word, empty: it is none. */
static struct sv place_word(struct sv word)
{
    for (size_t i = 0; i < ARRAY_LEN(place_words); i++)
        if (sv_eq_nocase(word, place_words[i].word))
            return place_words[i].env;
    return SV("");
}

/* The one environment that a text names; empty: none, or several. */
static struct sv place_of(struct sv text)
{
    struct sv found = SV("");
    size_t from = 0;

    for (size_t i = 0; i <= text.n; i++) {
        struct sv env;

        if (i < text.n && ascii_is_alpha(text.p[i]))
            continue;
        env = place_word(sv_sub(text, from, i));
        from = i + 1;
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
