#include "base/map.h"
#include "base/sv.h"
#include "lint/lint_util.h"

static bool rb504_is_name(struct sv w)
{
    size_t underscores = 0;

    for (size_t i = 0; i < w.n; i++) {
        if (!ascii_is_upper(w.p[i]) && !ascii_is_digit(w.p[i]) && w.p[i] != '_')
            return false;
        underscores += w.p[i] == '_';
    }
    return w.n >= 6 && underscores && ascii_is_upper(*w.p);
}

static struct sv rb504_stem(struct sv w)
{
    static const struct sv tails[] = {SV("_ENABLED"), SV("_FLAG"), SV("_ON"), SV("_ENABLE")};

    for (size_t i = 0; i < ARRAY_LEN(tails); i++)
        if (sv_ends(w, tails[i]))
            return sv_sub(w, 0, w.n - tails[i].n);
    return (struct sv){NULL, 0};
}

/* What a word is made of; each byte of a document is asked. */
static bool rb504_is_word(char c)
{
    static const bool is_word[256] = {
        ['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true, ['_'] = true};

    return is_word[(unsigned char)c];
}

/* The next word of letters, digits and '_' that begins with a capital letter. */
static bool rb504_next(struct sv text, size_t *at, struct sv *word)
{
    for (size_t i = *at, from; i < text.n; i++) {
        if (!rb504_is_word(text.p[i]))
            continue;
        for (from = i; i < text.n && rb504_is_word(text.p[i]);)
            i++;
        *word = sv_sub(text, from, i);
        *at = i;
        if (ascii_is_upper(*word->p))
            return true;
    }
    return false;
}

static void rb504_check(struct lint *l, const struct lint_rule *rule)
{
    struct map names = {0}, told = {0};
    struct sv text = l->rb->doc->text, w;
    VEC(struct sv) flags = {0};
    size_t at = 0, other;

    while (rb504_next(text, &at, &w))
        if (rb504_is_name(w)) {
            if (rb504_stem(w).n)
                *vec_add(&flags) = w;
            else
                map_put(&names, w, at - w.n);
        }
    for (size_t i = 0; i < flags.n; i++) {
        struct sv stem = rb504_stem(flags.v[i]);

        if (map_get(&names, stem, &other) && map_put(&told, flags.v[i], 0))
            lint_add(l, rule, document_line_of(l->rb->doc, (size_t)(flags.v[i].p - text.p)),
                     flags.v[i], "%.*s here, %.*s elsewhere (line %zu)", SV_FMT(flags.v[i]),
                     SV_FMT(stem), document_line_of(l->rb->doc, other));
    }
    map_release(&names);
    map_release(&told);
    vec_release(&flags);
}

const struct lint_rule lint_rb504 = {
    .id = "RB504",
    .severity = LINT_INFO,
    .title = "two names of one flag",
    .why = "Who sets the one finds that nothing happens: the program reads the other.",
    .mend = "use one name, or say where one becomes the other",
    .check = rb504_check,
};
