/*
 * stage: "- 5 %: watch 10 min", "- 25 %", "- 100 %": the stages of a rollout, which a person carries out one after the
 * other.
 */
#include "base/sv.h"
#include "runbook/reader_int.h"
#include "runbook/told_verb.h"

/* "5 %", "25%", "12.5 %" at the begin; eaten. */
static bool stage_eat_percent(struct sv *text)
{
    struct sv rest = *text;
    size_t n = 0;

    while (n < rest.n &&
           (ascii_is_digit(rest.p[n]) || (n > 0 && (rest.p[n] == '.' || rest.p[n] == ','))))
        n++;
    if (n == 0 || n > 5)
        return false;
    rest = sv_trim_left(sv_sub(rest, n, rest.n));
    (void)sv_eat(&rest, SV("\xc2\xa0")); /* a blank that holds together */
    if (!sv_eat(&rest, SV("%")))
        return false;
    *text = rest;
    return true;
}

/* "5 %", "25 % of the users", "Canary: 5 %", "Stage 2 (25 %)"; not "95 % of requests below 1 s", "> 5 %". */
static bool stage_is(struct sv text)
{
    static struct words whose = WORDS(
        "traffic users fleet nodes hosts servers pods instances customers devices stores sessions tenants rollout canary "
        "regions sites accounts installs players clients shops");
    struct sv rest = sv_trim(text), word;
    size_t colon = sv_find_byte(sv_sub(rest, 0, 40), ':', 0);

    if (!rest.n || !(ascii_is_digit(*rest.p) || ascii_is_alpha(*rest.p)))
        return false;
    if (!stage_eat_percent(&rest)) {
        if (colon == SV_NPOS ||
            !told_starts(rest,
                         WORDS_HERE("canary stage phase step wave ring day week hour batch group")))
            return false;
        rest = sv_trim(sv_sub(rest, colon + 1, rest.n));
        if (!stage_eat_percent(&rest))
            return false;
    }
    rest = sv_trim(rest);
    if (!rest.n || *rest.p == ':' || *rest.p == '(' || *rest.p == ',' || sv_starts(rest, SV("-")) ||
        sv_starts(rest, SV("–")) || sv_starts(rest, SV("—")) || sv_starts(rest, SV("→")))
        return true;
    if (!sv_next_word(&rest, &word))
        return false; /* uncovered: the text is not empty */
    if (told_starts(word, WORDS_HERE("for then and")))
        return true;
    while (told_starts(word, WORDS_HERE("of the all our to")) && sv_next_word(&rest, &word))
        ;
    return told_starts(word, &whose);
}

bool stage_list(const struct rb_build *b, uint32_t list)
{
    const struct md_node *v = b->rb->md.v;
    size_t n = 0;

    if (!build_role_acts(build_role(b)) || build_role(b) == ROLE_MONITOR ||
        build_role(b) == ROLE_VERIFY)
        return false;
    for (uint32_t i = v[list].first; i != MD_NONE; i = v[i].next, n++)
        if (v[i].task || v[i].first == MD_NONE || v[v[i].first].kind != MD_PARAGRAPH ||
            !stage_is(v[v[i].first].text))
            return false;
    return n > 1;
}

/* "5 % → 25 % → 100 %": nothing else in the text. */
bool stage_line(const struct rb_build *b, struct sv text)
{
    struct sv rest = sv_trim(text);
    size_t n = 0;

    if (!build_role_acts(build_role(b)) || build_role(b) == ROLE_MONITOR ||
        build_role(b) == ROLE_VERIFY)
        return false;
    while (stage_eat_percent(&rest)) {
        n++;
        rest = sv_trim(rest);
        if (!rest.n || sv_eq(rest, SV(".")))
            return n > 2;
        if (!told_arrow(&rest) && !sv_eat(&rest, SV(",")) && !sv_eat(&rest, SV(">")))
            return false;
        rest = sv_trim(rest);
    }
    return false;
}

bool stage_label(struct sv label)
{
    static const struct sv words[] = {SV("steps:"),    SV("procedure:"), SV("instructions:"),
                                      SV("schritte:"), SV("ablauf:"),    SV("étapes :"),
                                      SV("étapes:"),   SV("pasos:"),     SV("passos:"),
                                      SV("kroki:"),    SV("to do:"),     SV("todo:")};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (sv_eq_nocase(sv_trim(label), words[i]))
            return true;
    return false;
}
