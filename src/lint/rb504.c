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

static void rb504_check(struct lint *l, const struct lint_rule *rule)
{
    struct map names = {0}, told = {0};
    struct sv text = l->rb->doc->text;

    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < text.n;) {
            size_t from = i, line;
            struct sv w, stem;

            while (i < text.n && ascii_is_word(text.p[i]))
                i++;
            w = sv_sub(text, from, i);
            i += i == from;
            if (!w.n || !rb504_is_name(w))
                continue;
            stem = rb504_stem(w);
            if (pass == 0 && !stem.n)
                map_put(&names, w, from);
            else if (pass == 1 && stem.n && map_get(&names, stem, &line) && map_put(&told, w, 0))
                lint_add(l, rule, document_line_of(l->rb->doc, from), w,
                         "%.*s here, %.*s elsewhere (line %zu)", SV_FMT(w), SV_FMT(stem),
                         document_line_of(l->rb->doc, line));
        }
    map_release(&names);
    map_release(&told);
}

const struct lint_rule lint_rb504 = {
    .id = "RB504",
    .severity = LINT_INFO,
    .title = "two names of one flag",
    .why = "Who sets the one finds that nothing happens: the program reads the other.",
    .mend = "use one name, or say where one becomes the other",
    .check = rb504_check,
};
