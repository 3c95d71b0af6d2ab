#include "runbook/unwrap.h"

#include <string.h>

#include "base/sv.h"
#include "runbook/effect.h"
#include "runbook/expect.h"
#include "runbook/reader_int.h"
#include "runbook/told_verb.h"

/* Nobody wraps at less; a line of this many bytes with no end may go on with a capital: "the DBA". */
#define UNWRAP_SHORT 12u
#define UNWRAP_FULL  58u
#define UNWRAP_LABEL 200u
#define UNWRAP_KEY   40u /* bytes of the longest key: "Maintenance window:" */

static size_t unwrap_words(struct sv line)
{
    struct sv word;
    size_t n = 0;

    while (sv_next_word(&line, &word))
        n++;
    return n;
}

/* Letters of two bytes that are small: à to ÿ; and what stands between the halves of a sentence. */
static bool unwrap_is_small(struct sv line)
{
    unsigned char c = (unsigned char)*line.p;

    return (c >= 'a' && c <= 'z') || (c == 0xc3 && line.n > 1 && (unsigned char)line.p[1] >= 0x9f);
}

/* "owner: Dana": a key of up to three words, and its value. */
static bool unwrap_is_key(struct sv line)
{
    size_t colon = sv_find(sv_sub(line, 0, UNWRAP_KEY + 1), SV(":"), 0);

    return colon != SV_NPOS && colon + 1 < line.n && ascii_is_space(line.p[colon + 1]) &&
           unwrap_words(sv_sub(line, 0, colon)) <= 3;
}

bool unwrap_is_command(struct sv line)
{
    static const struct sv verbs[] = {
        SV("at"),    SV("cut"),    SV("date"),   SV("find"),  SV("for"),    SV("install"),
        SV("kill"),  SV("less"),   SV("more"),   SV("make"),  SV("read"),   SV("service"),
        SV("set"),   SV("sort"),   SV("test"),   SV("time"),  SV("wait"),   SV("which"),
        SV("who"),   SV("if"),     SV("while"),  SV("until"), SV("do"),     SV("then"),
        SV("touch"), SV("watch"),  SV("split"),  SV("join"),  SV("host"),   SV("last"),
        SV("case"),  SV("export"), SV("source"), SV("yes"),   SV("script"), SV("mount"),
        SV("head"),  SV("link"),   SV("move"),   SV("copy"),  SV("start"),  SV("stop"),
        SV("type"),  SV("true"),   SV("false")};
    struct sv rest = line, word, next = {NULL, 0};

    if (!sv_next_word(&rest, &word) || (*word.p && strchr("$>./~#", *word.p)))
        return true;
    if (!block_knows_command(line))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
        if (sv_eq(word, verbs[i]))
            return sv_next_word(&rest, &next) && *next.p && strchr("-/$.\"'", *next.p);
    return true;
}

/* Does the line end as no sentence does: "and the", "mit den"? */
static bool unwrap_ends_open(struct sv before)
{
    static const struct sv words[] = {
        SV("the"), SV("a"),    SV("an"),   SV("of"),  SV("and"),  SV("to"),  SV("on"),
        SV("for"), SV("with"), SV("by"),   SV("at"),  SV("from"), SV("is"),  SV("are"),
        SV("be"),  SV("than"), SV("that"), SV("our"), SV("your"), SV("its"), SV("all"),
        SV("der"), SV("die"),  SV("das"),  SV("den"), SV("dem"),  SV("des"), SV("und"),
        SV("auf"), SV("mit"),  SV("von"),  SV("zum"), SV("zur"),  SV("für"), SV("bei"),
        SV("ein"), SV("eine"), SV("einen")};
    size_t from = before.n;

    while (from > 0 && !ascii_is_space(before.p[from - 1]))
        from--;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (sv_eq(sv_sub(before, from, before.n), words[i]))
            return true;
    return false;
}

/* "Do not run this:", "Page the on-call": what begins so is said by itself. */
static bool unwrap_is_begin(struct sv line)
{
    return (sv_ends(line, SV(":")) && line.n < UNWRAP_FULL) || told_verb(line) != TOLD_NOT;
}

bool unwrap_goes_on(struct sv all, struct sv before, struct sv line)
{
    struct sv value;

    before = sv_trim(before);
    line = sv_trim(line);
    if (before.n < UNWRAP_SHORT || !line.n || unwrap_words(before) < 3 ||
        strchr(".:!?;|", before.p[before.n - 1]) ||
        expect_is_label(sv_sub(all, 0, UNWRAP_LABEL), &value) || unwrap_is_key(line) ||
        unwrap_is_command(before) || unwrap_is_command(line))
        return false;
    if (unwrap_is_small(line) || *line.p == '(')
        return true;
    return before.n >= UNWRAP_FULL && ascii_is_alpha(*line.p) && unwrap_ends_open(before) &&
           !unwrap_is_begin(line);
}
