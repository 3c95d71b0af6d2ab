/*
 * wait: "Wait until `x` is empty", "Wait until the node is back: `x`": a command that only looks is looked with until it is
 * so.  What no machine can tell by it, a person says.
 */
#include <string.h>

#include "base/duration.h"
#include "base/regex.h"
#include "base/sv.h"
#include "base/words.h"
#include "runbook/reader_int.h"
#include "runbook/told_verb.h"

#define WAIT_LATER_MS INT64_C(3600000) /* what is due sooner is waited for */

/* The sentence around [from, to): behind the full stop before it, up to the next one. */
static struct sv wait_sentence(struct sv text, size_t from, size_t to)
{
    size_t least = from > LABEL_MAX_BYTES ? from - LABEL_MAX_BYTES : 0;
    size_t most = size_min(text.n, to + LABEL_MAX_BYTES);

    while (from > least && !(strchr(".!?;\n", text.p[from - 1]) && ascii_is_space(text.p[from])))
        from--;
    while (to < most &&
           !(strchr(".!?;", text.p[to]) && (to + 1 == text.n || ascii_is_space(text.p[to + 1]))))
        to++;
    return sv_sub(text, from, to);
}

/* "is empty again before you continue" as "should be empty", "returns 200" as it is; empty: it says nothing of what is shown. */
static struct sv wait_shown(struct rb_build *b, struct sv after)
{
    static const struct sv ends[] = {SV(" before "), SV(" again"), SV(", then "), SV(" and then "),
                                     SV(" within ")};
    struct sv shown = sv_trim(after);

    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        shown = sv_trim(sv_sub(shown, 0, sv_find_nocase(shown, ends[i], 0)));
    if (sv_eat_nocase(&shown, SV("is ")) || sv_eat_nocase(&shown, SV("becomes ")))
        return arena_fmt(b->arena, "should be %.*s", SV_FMT(shown));
    return regex_has(b->block_patterns[BLOCK_SHOWS], shown)
               ? arena_fmt(b->arena, "%.*s", SV_FMT(shown))
               : (struct sv){NULL, 0};
}

/* "d) wait until ...", "Then wait until ...": without what stands before the verb. */
static struct sv wait_words(struct sv sentence)
{
    size_t key = sv_find_nocase(sv_sub(sentence, 0, 24), SV("wait"), 0);

    return key == SV_NPOS ? sv_trim(sentence) : sv_sub(sentence, key, sentence.n);
}

/* What the sentence says behind the command, with back quotes. */
static struct sv wait_behind(struct sv text, struct sv code)
{
    size_t from = sv_find(text, code, 0), to;

    from = from == SV_NPOS ? text.n : size_min(text.n, from + code.n + 1);
    to = from;
    while (to < text.n &&
           !(strchr(".!?;", text.p[to]) && (to + 1 == text.n || ascii_is_space(text.p[to + 1]))))
        to++;
    return sv_sub(text, from, to);
}

/* The first command in the text; NULL: there is none. */
static const struct md_span *wait_span(const struct md_node *n)
{
    const struct md_span *found = NULL;

    for (size_t i = 0; i < n->n_spans && !found; i++)
        if (n->spans[i].kind == MD_CODE_SPAN && block_span_is_command(n, &n->spans[i]))
            found = &n->spans[i];
    return found;
}

static void wait_inline(struct rb_build *b, const struct md_node *n, size_t from)
{
    const struct md_span *s = from + 1 == b->steps.n ? wait_span(n) : NULL;
    struct rb_step *step;
    struct sv one, words, after, shown;

    if (!s)
        return;
    step = &vec_last(&b->steps)->step;
    one = wait_sentence(n->text, s->from, s->to);
    words = wait_words(one);
    if (step->kind != STEP_SHELL || told_waits(step->text) || step->command->form == COMMAND_POLL ||
        step->command->form == COMMAND_FOLLOW || !regex_has(b->block_patterns[BLOCK_WAITS], words))
        return;
    after =
        wait_behind(attach_text(b, (uint32_t)(n - b->rb->md.v)), sv_sub(n->text, s->from, s->to));
    shown = step->command->effect <= EFFECT_NONE ? wait_shown(b, after) : (struct sv){NULL, 0};
    step->waits = shown.n > 0;
    if (!shown.n)
        shown = sv_trim(words);
    while (shown.n && strchr(":. ", shown.p[shown.n - 1]))
        shown.n--;
    build_expect(b, from, shown, n->line);
}

/* --- later --- */

/* A number and a unit of hours or more, with the word before it: "for 7 days", "after 24 h"; empty: none begins there. */
static struct sv wait_span_at(struct sv text, struct sv word)
{
    static const struct sv leads[] = {SV("at least "), SV("about "), SV("another "),
                                      SV("the first ")};
    struct sv rest = sv_sub(text, word.n, text.n), number, unit;
    uint64_t n;

    for (size_t i = 0; i < ARRAY_LEN(leads); i++)
        (void)sv_eat_nocase(&rest, leads[i]);
    if (!sv_next_word(&rest, &number) || !sv_to_u64(number, &n) || !sv_next_word(&rest, &unit))
        return (struct sv){NULL, 0};
    while (unit.n && strchr(",.:;)", unit.p[unit.n - 1]))
        unit.n--;
    return duration_unit_ms(unit) >= WAIT_LATER_MS
               ? (struct sv){number.p, (size_t)(unit.p + unit.n - number.p)}
               : (struct sv){NULL, 0};
}

/* "2 Wochen", "7 días", "une semaine": a number and a unit in another language, of hours or more. */
static struct sv wait_abroad(struct sv text)
{
    static struct words ones = WORDS(
        "einer einem eine ein zwei drei vier un une deux trois una dos tres um uma dois duas três jednym dwóch");
    static struct words units = WORDS(
        "stunde stunden tag tage tagen woche wochen monat monate monaten heure heures jour jours semaine semaines mois hora horas día "
        "días dia dias semana semanas mes meses mês godzin godzinach dni dniach tygodnia tygodniu tygodniach miesiąc miesiącu часа часов дней дня недели недель месяц");
    struct sv number, unit;
    uint64_t n;

    if (!sv_next_word(&text, &number) || !(sv_to_u64(number, &n) || words_have(&ones, number)) ||
        !sv_next_word(&text, &unit))
        return (struct sv){NULL, 0};
    while (unit.n && strchr(",.:;)", unit.p[unit.n - 1]))
        unit.n--;
    return words_have(&units, unit) ? (struct sv){number.p, (size_t)(unit.p + unit.n - number.p)}
                                    : (struct sv){NULL, 0};
}

/* "T+24h", "T-48h raise the TTL": an hour or more from when the rest is done; empty: it begins otherwise. */
static struct sv wait_offset(struct sv text)
{
    struct sv rest = text, word, number;
    size_t digits = 0;
    uint64_t n;

    if (!sv_next_word(&rest, &word) || word.n < 4 || (*word.p != 'T' && *word.p != 't') ||
        !strchr("+-", word.p[1]))
        return (struct sv){NULL, 0};
    while (word.n && strchr(":,.)", word.p[word.n - 1]))
        word.n--;
    number = sv_sub(word, 2, word.n);
    while (digits < number.n && ascii_is_digit(number.p[digits]))
        digits++;
    if (!sv_to_u64(sv_sub(number, 0, digits), &n) ||
        (int64_t)n * duration_unit_ms(sv_sub(number, digits, number.n)) < WAIT_LATER_MS)
        return (struct sv){NULL, 0};
    return word;
}

/* "Bump it only after 24 hours:" */
static bool wait_is_only(struct sv before)
{
    static const struct sv ends[] = {SV(" only"), SV(" erst"),     SV(" seulement"),
                                     SV(" sólo"), SV(" earliest"), SV(" not before")};

    before = sv_trim(before);
    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        if (sv_ends(before, ends[i]))
            return true;
    return false;
}

struct sv wait_later(struct rb_build *b, struct sv before)
{
    static const struct sv words[] = {
        SV("after "),     SV("for "),  SV("nach "), SV("après "), SV("tras "), SV("después de "),
        SV("depois de "), SV("após "), SV("po "),   SV("через "), SV("dopo "), SV("not before ")};
    bool keeps = told_starts(before, WORDS_HERE("keep leave wait hold"));
    struct sv moment;

    if (!before.n || before.n > LABEL_MAX_BYTES)
        return (struct sv){NULL, 0};
    moment = wait_offset(before);
    if (moment.n)
        return arena_fmt(b->arena, "at %.*s", SV_FMT(moment));
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        size_t at = sv_find_nocase(before, words[i], 0);
        struct sv span = at == SV_NPOS || (at > 0 && !ascii_is_space(before.p[at - 1]))
                             ? (struct sv){NULL, 0}
                             : wait_span_at(sv_sub(before, at, before.n), words[i]);

        if (!span.n && at == 0)
            span = wait_abroad(sv_sub(before, words[i].n, before.n));
        if (span.n && (keeps || at == 0 || wait_is_only(sv_sub(before, 0, at))))
            return arena_fmt(b->arena, "after %.*s", SV_FMT(span));
    }
    return (struct sv){NULL, 0};
}

void wait_list_case(struct rb_build *b, uint32_t list, struct sv label)
{
    static const struct sv ends[] = {SV(" if"),
                                     SV(" when"),
                                     SV(" if any of these"),
                                     SV(" if any of the following"),
                                     SV(" as soon as"),
                                     SV(" falls"),
                                     SV(" wenn"),
                                     SV(" si")};
    uint32_t next = b->rb->md.v[list].next;

    if (next == MD_NONE || b->rb->md.v[next].kind != MD_CODE || !sv_ends(label, SV(":")))
        return;
    label = sv_trim(sv_sub(label, 0, label.n - 1));
    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        if (label.n > ends[i].n &&
            sv_eq_nocase(sv_sub(label, label.n - ends[i].n, label.n), ends[i])) {
            b->list_case = arena_fmt(b->arena, "%.*s ...", SV_FMT(label));
            b->list_case_of = next;
        }
}

/* "(same for lb2)" behind a command: more is done than it does. */
static bool wait_is_again(struct sv after)
{
    static const struct sv words[] = {SV("same for "),     SV("same on "),   SV("same with "),
                                      SV("repeat for "),   SV("repeat on "), SV("repeat this "),
                                      SV("dasselbe auf "), SV("idem pour "), SV("idem sur ")};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (sv_has_nocase(after, words[i]))
            return true;
    return false;
}

void wait_of(struct rb_build *b, const struct md_node *n, size_t from)
{
    const struct md_span *s = from < b->steps.n ? wait_span(n) : NULL;
    struct sv later = s ? wait_later(b, sv_sub(n->text, 0, s->from)) : (struct sv){NULL, 0};

    wait_inline(b, n, from);
    if (s && wait_is_again(sv_sub(n->text, s->to, n->text.n)))
        build_step(b, STEP_MANUAL, n->line, sv_trim(n->text))->step.end_line = n->end_line;
    for (size_t i = from; later.n && i < b->steps.n; i++)
        if (!b->steps.v[i].step.condition.n)
            b->steps.v[i].step.condition = later;
}
