/*
 * told_show: sentences that say what the commands above them must show: "The output should be empty.", "→ 200", "Two rows".
 */
#include <string.h>

#include "base/regex.h"
#include "base/sv.h"
#include "runbook/reader_int.h"
#include "runbook/told_verb.h"

/* "it should be empty" as "should be empty", and "it returns 200" as "returns 200". */
static struct sv told_shown(struct rb_build *b, struct sv sentence, size_t from)
{
    struct sv before = sv_trim(sv_sub(sentence, 0, from)),
              shown = sv_sub(sentence, from, sentence.n);

    if (sv_starts(before, SV("`"))) /* of one thing in the output */
        return sentence;
    if (sv_has_nocase(before, SV("exit code"))) {
        (void)sv_eat_nocase(&shown, SV("be "));
        return arena_fmt(b->arena, "exit code %.*s", SV_FMT(shown));
    }
    return sv_ends(before, SV("should")) || sv_ends(before, SV("must")) ||
                   sv_ends(before, SV("will")) || sv_ends(before, SV(" to"))
               ? arena_fmt(b->arena, "should %.*s", SV_FMT(shown))
               : shown;
}

/* "→ 0 であること", "-> 42": what stands behind the arrow. */
static struct sv told_behind_arrow(struct sv one)
{
    static const struct sv ends[] = {SV("。"), SV("であること"), SV("になること"), SV("です")};

    if (!told_arrow(&one) || told_verb(one) != TOLD_NOT)
        return (struct sv){NULL, 0};
    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        if (sv_ends(one, ends[i]))
            one = sv_trim(sv_sub(one, 0, one.n - ends[i].n));
    return one;
}

/* "`\"status\": \"green\"` is required", "`Lag: 0` and both threads `Yes`": a value in a code span at the begin; empty: it is none. */
static struct sv told_required(struct sv one)
{
    static const struct sv words[] = {SV("is required"), SV("is expected"), SV("is needed"),
                                      SV("is a must"),   SV("required"),    SV("expected")};
    size_t end = sv_starts(one, SV("`")) ? sv_find_byte(one, '`', 1) : SV_NPOS;
    struct sv code, after;
    bool value = false;

    if (end == SV_NPOS)
        return (struct sv){NULL, 0};
    code = sv_sub(one, 1, end);
    after = sv_trim(sv_sub(one, end + 1, one.n));
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (sv_starts_nocase(after, words[i]))
            return sv_sub(one, 0, end + 1);
    for (size_t i = 0; i + 1 < code.n; i++)
        value |= strchr(":=", code.p[i]) && strchr(" \"", code.p[i + 1]);
    return value && !block_knows_command(code) &&
                   (!after.n || told_starts(after, WORDS_HERE("and &")))
               ? one
               : (struct sv){NULL, 0};
}

/* "Errors: 0 — otherwise fix them first": what stands before that word; empty: it is not there. */
static struct sv told_else(struct sv one)
{
    static const struct sv words[] = {SV(" otherwise "), SV(" or else ")};
    size_t at = SV_NPOS;

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        at = size_min(at, sv_find_nocase(one, words[i], 0));
    if (at == SV_NPOS || at == 0)
        return (struct sv){NULL, 0};
    one = sv_trim(sv_sub(one, 0, at));
    if (sv_ends(one, SV("—")) || sv_ends(one, SV("–")))
        one.n -= SV("—").n;
    else if (strchr(",;-", one.p[one.n - 1]))
        one.n--;
    else
        return (struct sv){NULL, 0};
    one = sv_trim(one);
    return told_verb(one) == TOLD_NOT ? one : (struct sv){NULL, 0};
}

/* "nothing. If anything is listed, stop here.": what is expected, and what is done when it is not. */
void told_expected(struct rb_build *b, struct sv text, size_t line)
{
    struct told_sentence s = {0};
    struct sv before = told_else(text);
    size_t end = before.n ? (size_t)(before.p + before.n - text.p) : text.n;

    while (end == text.n && told_next(text, &s))
        if (s.from > 0 && s.in_case)
            end = s.from;
    build_expect(b, b->block_steps, sv_trim(sv_sub(text, 0, end)), line);
    if (end < text.n)
        otherwise_remark(b, line, before.n ? text : sv_trim(sv_sub(text, end, text.n)));
}

/* What the sentence, the first of its paragraph or not, says that the commands above must show in none of the usual words. */
static struct sv told_also(struct rb_build *b, struct sv one, size_t line, bool first)
{
    struct sv shown = first ? told_behind_arrow(one) : (struct sv){NULL, 0},
              before = told_else(one);

    if (!shown.n)
        shown = told_required(before.n ? before : one);
    if (!shown.n)
        shown = before;
    if (before.n)
        otherwise_remark(b, line, one);
    return shown;
}

/* "The output should be empty", "`x` must list `a`": the steps from block_steps on must show it; false: no such sentence. */
static bool told_expects_one(struct rb_build *b, struct sv one, size_t line)
{
    struct regex_match g[2];
    bool silent = expect_is_silent(b->expect, one);

    /* "Nothing should be printed" would be another without its subject */
    if (!silent && regex_find(b->block_patterns[BLOCK_SHOULD], one, 0, g, 2))
        one = told_shown(b, one, g[1].from);
    else if (!silent && !regex_has(b->block_patterns[BLOCK_SHOULD_TOO], one) &&
             !regex_has(b->block_patterns[BLOCK_MUST_SHOW], one))
        return false;
    build_expect(b, b->block_steps, one, line);
    return true;
}

/* "is 88", "says `ok`": what it is; empty: something else is said of it. */
static struct sv told_is_value(struct sv after)
{
    static struct words values =
        WORDS("empty active running up down green ok t f true false null none zero inactive");
    struct sv word;

    if (!told_starts(after, WORDS_HERE("is are says equals gives reads")) ||
        !sv_next_word(&after, &word))
        return (struct sv){NULL, 0};
    after = sv_trim(after);
    return after.n && (ascii_is_digit(*after.p) || strchr("\"'`", *after.p) ||
                       told_starts(after, &values))
               ? after
               : (struct sv){NULL, 0};
}

/* "→ 200", "-> f": what stands behind an arrow, if nobody is told to do it. */
static struct sv told_is_yielded(struct sv after)
{
    enum { SHORT = 120 };

    if (sv_starts(after, SV("–")) || sv_starts(after, SV("—")) || !told_arrow(&after))
        return (struct sv){NULL, 0};
    after = told_first_sentence(after);
    return after.n <= SHORT && !sv_ends(after, SV(":")) && told_how(after) == TOLD_NOT &&
                   !told_starts(after, WORDS_HERE("if when unless then go see back continue"))
               ? after
               : (struct sv){NULL, 0};
}

/* What stands behind the code that ends at `at`, with the marks of code in it. */
static struct sv told_marked(struct rb_build *b, const struct md_node *n, size_t at)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    for (size_t i = 0; i < n->n_spans; i++)
        if (n->spans[i].kind == MD_CODE_SPAN && n->spans[i].from >= at) {
            strbuf_addf(&text, "%.*s`%.*s`", SV_FMT(sv_sub(n->text, at, n->spans[i].from)),
                        SV_FMT(sv_sub(n->text, n->spans[i].from, n->spans[i].to)));
            at = n->spans[i].to;
        }
    strbuf_add_sv(&text, sv_sub(n->text, at, n->text.n));
    return arena_sv(b->arena, strbuf_sv(&text));
}

/* "debe devolver `t`" as "should return `t`"; what has another verb as it is. */
static bool told_must_abroad(struct rb_build *b, struct sv *after)
{
    struct sv rest = told_first_sentence(*after), word;

    if (!told_starts(rest, WORDS_HERE("debe doit deve dovrebbe muss sollte")) ||
        !sv_next_word(&rest, &word) || !sv_trim(rest).n)
        return false;
    *after = told_starts(rest,
                         WORDS_HERE("devolver mostrar imprimir ser dar retourner renvoyer afficher "
                                    "donner être retornar exibir restituire")) &&
                     sv_next_word(&rest, &word)
                 ? arena_fmt(b->arena, "should return %.*s", SV_FMT(sv_trim(rest)))
                 : told_first_sentence(*after);
    return true;
}

void told_must(struct rb_build *b, const struct md_node *n, size_t at, size_t from)
{
    size_t outer = b->block_steps;
    struct sv after = told_marked(b, n, at), shown;

    if (vec_last(&b->steps)->step.waits)
        return; /* until it shows that */
    (void)sv_eat(&after, SV(")"));
    after = sv_trim(after);
    shown = told_is_yielded(after);
    if (!shown.n)
        shown = told_first_sentence(told_is_value(after));
    b->block_steps = from;
    if (shown.n)
        build_expect(b, from, shown, n->line);
    else if (told_starts(after, WORDS_HERE("should must has have needs returns prints outputs")))
        (void)told_expects_one(
            b, arena_fmt(b->arena, "it %.*s", SV_FMT(told_first_sentence(after))), n->line);
    else if (told_must_abroad(b, &after))
        build_expect(b, from, after, n->line);
    b->block_steps = outer;
}

/* Do the commands only look? */
static bool told_only_looked(const struct rb_build *b)
{
    for (size_t i = b->block_steps; i < b->steps.n; i++)
        if (!b->steps.v[i].step.command || b->steps.v[i].step.command->effect > EFFECT_STATE)
            return false;
    return b->block_steps < b->steps.n;
}

/* "Two rows, both `streaming`", "(no output)", "PONG and role:slave": what was shown, without a verb. */
static bool told_is_shown(struct rb_build *b, struct sv one)
{
    enum { SHORT = 120 };
    static struct words fronts = WORDS(
        "two three four five six seven eight nine ten both all every each no none nothing only exactly zero one");
    static struct words verbs = WORDS(
        "is are was were be been will would can could may might must should takes take has have had does do did needs need "
        "means gets uses run runs happens stays if when unless where which who that you we");
    struct sv rest = one, word = {NULL, 0}, first = {NULL, 0};
    bool capitals = true, digit;

    if (!one.n || one.n > SHORT || sv_ends(one, SV("?")) || told_verb(one) != TOLD_NOT)
        return false;
    while (sv_next_word(&rest, &word)) {
        first = first.n ? first : told_bare(word);
        if (words_have(&verbs, told_bare(word)))
            return false;
    }
    for (size_t i = 0; i < first.n; i++)
        capitals &= ascii_is_upper(first.p[i]);
    for (size_t i = 0; i < one.n; i++)
        if ((unsigned char)one.p[i] & 0x80)
            return false; /* verbs of other languages are not known here */
    digit = first.n && (ascii_is_digit(*first.p) || *first.p == '"');
    return digit || (capitals && first.n > 1) || words_have(&fronts, first) ||
           expect_is_limit(b->expect, one);
}

/* Right below a block that only looks. */
static bool told_shows(struct rb_build *b, struct sv one, size_t line)
{
    if (one.n > 2 && *one.p == '(' && one.p[one.n - 1] == ')')
        one = sv_trim(sv_sub(one, 1, one.n - 1));
    if (!told_only_looked(b) || !told_is_shown(b, one))
        return false;
    build_expect(b, b->block_steps, one, line);
    return true;
}

/* Does it end inside of code? */
static bool told_is_open(struct sv text)
{
    bool open = false;

    for (size_t i = 0; i < text.n; i++)
        open ^= text.p[i] == '`';
    return open;
}

bool told_expects(struct rb_build *b, const struct md_node *n)
{
    struct sv text = attach_text(b, (uint32_t)(n - b->rb->md.v));
    struct told_sentence s = {0};
    bool found = false;
    struct sv also;

    if (n->before == MD_NONE || b->rb->md.v[n->before].kind != MD_CODE || b->quoted ||
        b->block_steps >= b->steps.n || text.n > EXPECT_MAX_BYTES)
        return false;
    while (told_cut(text, &s)) {
        struct sv one = sv_sub(text, s.from, s.to);

        if (sv_ends(one, SV(".")))
            one.n--;
        if (sv_ends(one, SV(":")) || remark_is(b, one))
            continue;
        if (told_is_open(one)) { /* the rest, or a full stop in code would end it */
            one = sv_trim(sv_sub(text, s.from, text.n));
            s.to = text.n;
        }
        also = told_also(b, one, n->line, s.from == 0);
        if (also.n)
            build_expect(b, b->block_steps, also, n->line);
        else if (!told_expects_one(b, one, n->line) && !told_shows(b, one, n->line))
            continue;
        found = true;
    }
    return found;
}
