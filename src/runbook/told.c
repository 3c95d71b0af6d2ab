/*
 * told: sentences that tell a person what to do, where no command does it: "Edit `app.conf` on both hosts", "Post in
 * #releases that it is done".  One paragraph is one manual step; what is told for a case ("If it takes longer than ten
 * minutes, call the DBA") is a remark.
 */
#include <string.h>

#include "base/regex.h"
#include "base/sv.h"
#include "runbook/clause.h"
#include "runbook/reader_int.h"
#include "runbook/told_verb.h"

/* --- sentences --- */

/* Does a sentence end at `i`?  "e.g. this", "v1.2" and "etc. and" go on. */
static bool told_ends(struct sv text, size_t i)
{
    size_t next = i + 1;

    if ((unsigned char)text.p[i] == 0x82 && i >= 2 &&
        sv_starts(sv_sub(text, i - 2, i + 1), SV("。")))
        return true;
    if (text.p[i] != '.' && text.p[i] != '!' && text.p[i] != '?')
        return false;
    while (next < text.n && ascii_is_space(text.p[next]))
        next++;
    return next == text.n || (next > i + 1 && !told_is_small(text.p[next]));
}

/* "In the console, open ...", "Apps log errors: revert ...": what stands behind it; empty: nothing. */
static struct sv told_behind(struct sv text, char mark, size_t within)
{
    size_t at = sv_find_byte(sv_sub(text, 0, within), mark, 0);

    return at == SV_NPOS || at + 1 >= text.n || !ascii_is_space(text.p[at + 1])
               ? (struct sv){NULL, 0}
               : sv_trim(sv_sub(text, at + 1, text.n));
}

/* "Step 1 Make sure that it is down": without its number. */
static struct sv told_unnumbered(struct sv text)
{
    struct sv rest = text, word;
    size_t n = 0;

    if (!told_starts(rest, WORDS_HERE("step schritt étape etape paso passo krok")) ||
        !sv_next_word(&rest, &word) || !sv_next_word(&rest, &word))
        return text;
    while (n < word.n && (ascii_is_digit(word.p[n]) || word.p[n] == '.'))
        n++;
    n += n > 0 && n < word.n && strchr(":)", word.p[n]);
    rest = sv_trim(rest);
    return n == word.n && rest.n && ascii_is_digit(*word.p) &&
                   (ascii_is_upper(*rest.p) || (unsigned char)*rest.p >= 0x80)
               ? rest
               : text;
}

/* ":warning: If ...", "⚠️ If ...": without what stands before the first word. */
static struct sv told_unmarked(struct sv text)
{
    size_t end;

    while (text.n &&
           (*text.p == ':' || (unsigned char)*text.p == 0xe2 || (unsigned char)*text.p == 0xf0)) {
        end = sv_find_byte(text, ' ', 0);
        if (end == SV_NPOS || (*text.p == ':' && (end < 3 || text.p[end - 1] != ':')))
            break;
        text = sv_trim(sv_sub(text, end, text.n));
    }
    return told_unnumbered(text);
}

/* "After each wave check that ...": how often that is, nobody here knows. */
bool told_is_each(struct sv text)
{
    struct sv word;

    return told_starts(text, WORDS_HERE("before after between")) && sv_next_word(&text, &word) &&
           told_starts(text, WORDS_HERE("each every"));
}

/* "**Warning:** Never do this": what is behind it is said to everybody. */
static bool told_is_warning(struct sv strong)
{
    return told_starts(
        strong, WORDS_HERE("warning caution danger important attention achtung wichtig vorsicht"));
}

static void told_classify(struct sv text, struct told_sentence *s)
{
    struct sv one = told_unmarked(sv_trim(sv_sub(text, s->from, s->to))), main;

    if (!one.n || sv_ends(one, SV("?")))
        return;
    s->how = told_is_each(one) ? TOLD_BY_HAND : told_verb(one);
    if (s->how != TOLD_NOT)
        return;
    main = told_behind(one, ':', 120);
    if (main.n && sv_find_byte(sv_sub(one, 0, (size_t)(main.p - one.p)), ' ', 0) <
                      (size_t)(main.p - one.p) - 2)
        s->how = told_verb(main); /* "Apps log WRONGPASS: revert it"; one word alone is a key */
    else if (main.n && told_is_warning(one) && told_verb(main) != TOLD_NOT)
        s->how = TOLD_BY_HAND; /* "IMPORTANT: make sure that nobody writes" */
    if (s->how != TOLD_NOT)
        return;
    main = told_behind(one, ',', 200);
    if (main.n && told_starts(one, WORDS_HERE("if unless should whenever")))
        *s = (struct told_sentence){s->from, s->to, TOLD_NOT, true, main};
    else if (!main.n ||
             !told_starts(
                 one,
                 WORDS_HERE(
                     "in on from once after when before as using via with at during while for to")))
        return;
    s->how = told_verb(main);
}

enum told_how told_how(struct sv sentence)
{
    struct told_sentence s = {.to = sentence.n};

    told_classify(sentence, &s);
    return s.in_case ? TOLD_NOT : s.how;
}

/* The next sentence, whatever it says. */
bool told_cut(struct sv text, struct told_sentence *s)
{
    size_t i = s->to;

    while (i < text.n && ascii_is_space(text.p[i]))
        i++;
    *s = (struct told_sentence){.from = i};
    if (i == text.n)
        return false;
    while (i < text.n && !told_ends(text, i))
        i++;
    s->to = size_min(i + 1, text.n);
    return true;
}

bool told_next(struct sv text, struct told_sentence *s)
{
    if (!told_cut(text, s))
        return false;
    told_classify(text, s);
    return true;
}

bool told_tells(struct sv text)
{
    struct told_sentence s = {0};

    while (told_next(text, &s))
        if (s.how != TOLD_NOT)
            return true;
    return false;
}

/* --- hosts --- */

struct sv told_first_sentence(struct sv text)
{
    struct told_sentence s = {0};
    struct sv first = told_cut(text, &s) ? sv_sub(text, s.from, s.to) : text;

    return sv_ends(first, SV(".")) ? sv_sub(first, 0, first.n - 1) : first;
}

struct sv told_last_sentence(struct sv text)
{
    struct told_sentence s = {0}, last = {0};

    while (told_cut(text, &s))
        last = s;
    return sv_sub(text, last.from, last.to);
}

/* "If it fails, run this on the standby:", "Only run it on the primary:": behind what says when. */
static struct sv told_main(struct sv sentence)
{
    struct sv main, rest = clause_unmarked(sentence);

    if (clause_when(rest, &main).n && main.n)
        rest = main;
    (void)sv_eat_nocase(&rest, SV("only "));
    return rest;
}

enum where_kind told_host(struct sv text, struct sv *host)
{
    struct sv last = told_last_sentence(text), main;
    enum where_kind kind = where_read(last, host);

    if (kind != WHERE_NOT)
        return kind;
    main = told_main(last);
    return main.n < sv_trim(last).n ? where_read(main, host) : WHERE_NOT;
}

bool told_host_within(struct sv text, struct sv *host)
{
    struct sv last = told_unnumbered(told_last_sentence(text));
    struct told_sentence s = {0};

    if (where_within(last, host) || where_spreads(last, host))
        return true;
    while (sv_has_nocase(text, SV("following")) && told_cut(text, &s))
        if (sv_has_nocase(sv_sub(text, s.from, s.to), SV("following")) &&
            where_spreads(sv_sub(text, s.from, s.to), host))
            return true; /* "Perform the following on every node. Do not hurry." */
    return false;
}

/* "For each tenant:", and no loop does it: what `before` counts is done once, and somebody says that it was for all. */
void told_each(struct rb_build *b, struct sv label, size_t line, size_t before)
{
    static const struct sv fronts[] = {
        SV("for each "),         SV("for every "),         SV("for all "),        SV("repeat for "),
        SV("für jede"),          SV("pour chaque "),       SV("para cada "),      SV("dla każde"),
        SV("do this for each "), SV("do this for every "), SV("repeat this for ")};
    struct sv host;
    bool each = false;

    for (size_t i = 0; i < ARRAY_LEN(fronts); i++)
        each |= sv_starts_nocase(label, fronts[i]);
    if (!each || b->full_line || !(sv_ends(label, SV(":")) || sv_ends(label, SV("："))))
        return;
    for (size_t i = before; where_spreads(label, &host) && i < b->steps.n; i++)
        if (sv_eq(b->steps.v[i].step.host, host))
            return; /* it is done on each of them */
    each = false;   /* are there commands? */
    for (size_t i = before; i < b->steps.n; i++) {
        const struct rb_step *s = &b->steps.v[i].step;

        if (told_starts(s->text, WORDS_HERE("for while until xargs parallel")) ||
            sv_has(s->text, SV("xargs ")))
            return;
        each |= s->kind == STEP_SHELL || s->kind == STEP_SQL;
    }
    if (each)
        (void)build_step(b, STEP_MANUAL, line, label);
}

static void told_moves(struct rb_build *b, struct sv host)
{
    b->host = host;
    b->stay.host.n = 0;
    if (host.n)
        stay_logged_in(b, RB_NONE);
}

bool told_move(struct rb_build *b, struct sv text)
{
    struct told_sentence s = {0};
    struct sv host;
    bool whole = true;

    while (build_role_acts(build_role(b)) && told_cut(text, &s)) {
        struct sv one = sv_sub(text, s.from, s.to);
        enum where_kind kind = where_read(one, &host);

        if (kind == WHERE_STAY || kind == WHERE_LEAVE)
            told_moves(b, kind == WHERE_STAY ? host : (struct sv){NULL, 0});
        whole &= (kind == WHERE_STAY || kind == WHERE_LEAVE) && !sv_has_nocase(one, SV(" and "));
    }
    return whole && text.n > 0;
}

void told_leave(struct rb_build *b, const struct md_node *n)
{
    struct told_sentence s = {0};
    struct sv host;

    if (n->n_spans && told_cut(n->text, &s) && s.to < n->text.n &&
        where_read(sv_sub(n->text, 0, s.to), &host) == WHERE_LEAVE)
        b->host = (struct sv){NULL, 0};
}

/* --- other sections --- */

/* "go to [x](#x)" leads to what is done in the case; "go back to", "skip to" lead to what is done in any. */
static bool told_leads_to(struct sv main)
{
    return told_starts(main, WORDS_HERE("see follow use run do perform")) ||
           sv_starts_nocase(main, SV("go to "));
}

/* Does it lead to a heading of this document? */
static bool told_is_jump(const struct md_span *span)
{
    return span->kind == MD_LINK && sv_starts(span->url, SV("#"));
}

/* "Is it managed?" above a bullet "Yes: go to [A](#a)"; empty: it is no such bullet. */
static struct sv told_answer(struct rb_build *b, const struct md_node *n)
{
    const struct md_node *v = b->rb->md.v;
    uint32_t list = n->parent == MD_NONE ? MD_NONE : v[n->parent].parent;
    uint32_t above = list == MD_NONE || v[list].kind != MD_LIST ? MD_NONE : v[list].before;
    struct sv rest = n->text, word = {NULL, 0}, asked;

    if (above == MD_NONE || v[above].kind != MD_PARAGRAPH || !sv_next_word(&rest, &word) ||
        !told_starts(word, WORDS_HERE("yes no ja nein oui non sí sim não")))
        return (struct sv){NULL, 0};
    asked = sv_trim(v[above].text);
    return sv_ends(asked, SV("?")) ? arena_fmt(b->arena, "when the answer to \"%.*s\" is %.*s",
                                               SV_FMT(asked), SV_FMT(told_bare(word)))
                                   : (struct sv){NULL, 0};
}

/* "**Hot upgrade** only when sockets must not drop": when the section with that title is done. */
static void told_titled(struct rb_build *b, const struct md_node *n)
{
    static const struct sv says[] = {SV("only when "), SV("only if "), SV("only for "),
                                     SV("only in "), SV("if ")};
    size_t end;
    struct sv strong = md_leading_strong(n, &end), rest;

    if (!strong.n || md_is_all_strong(n) || n->text.n > LABEL_MAX_BYTES)
        return;
    rest = sv_trim(sv_sub(n->text, end, n->text.n));
    while (rest.n && strchr(":- ", *rest.p))
        rest = sv_sub(rest, 1, rest.n);
    (void)(sv_eat(&rest, SV("–")) || sv_eat(&rest, SV("—")) || sv_eat_nocase(&rest, SV("is ")));
    rest = sv_trim(rest);
    for (size_t i = 0; i < ARRAY_LEN(says); i++)
        if (sv_starts_nocase(rest, says[i])) {
            *vec_add(&b->jumps) =
                (struct rb_jump){.line = n->line,
                                 .titled = true,
                                 .anchor = told_bare(strong),
                                 .condition = told_bare(told_first_sentence(rest))};
            return;
        }
}

void told_jumps(struct rb_build *b, const struct md_node *n)
{
    struct told_sentence s = {0};
    struct sv answer = n->n_spans ? told_answer(b, n) : (struct sv){NULL, 0};
    bool jumps = false;

    told_titled(b, n);
    for (size_t i = 0; answer.n && i < n->n_spans; i++)
        if (told_is_jump(&n->spans[i]))
            *vec_add(&b->jumps) =
                (struct rb_jump){.line = n->line,
                                 .anchor = sv_sub(n->spans[i].url, 1, n->spans[i].url.n),
                                 .condition = answer};

    for (size_t i = 0; i < n->n_spans && !jumps; i++)
        jumps = told_is_jump(&n->spans[i]);
    while (jumps && build_role_acts(build_role(b)) && told_next(n->text, &s))
        for (size_t i = 0; s.in_case && told_leads_to(s.main) && i < n->n_spans; i++) {
            const struct md_span *link = &n->spans[i];

            if (told_is_jump(link) && link->from >= s.from && link->to <= s.to)
                *vec_add(&b->jumps) =
                    (struct rb_jump){.line = n->line,
                                     .anchor = sv_sub(link->url, 1, link->url.n),
                                     .condition = told_bare(sv_trim(
                                         sv_sub(n->text, s.from, (size_t)(s.main.p - n->text.p))))};
        }
}

/* --- what follows the paragraph --- */

/* Is more than one command in the block? */
static bool told_has_many(const struct md_node *code)
{
    struct sv rest = code->text, line;
    size_t n = 0;

    while (sv_next_line(&rest, &line)) {
        line = sv_trim(line);
        n += line.n && *line.p != '#';
    }
    return n > 1;
}

bool told_waits(struct sv commands)
{
    static const struct sv waits[] = {SV("sleep"),  SV("wait"),   SV("rollout status"),
                                      SV("until "), SV("while "), SV("watch "),
                                      SV("-w"),     SV("timeout")};

    for (size_t i = 0; i < ARRAY_LEN(waits); i++)
        if (sv_has_nocase(commands, waits[i]))
            return true;
    return false;
}

/* Does what stands below the paragraph do what the sentence says? */
static bool told_is_introduction(struct sv one, enum told_how how, bool last,
                                 const struct md_node *next)
{
    bool below = next && (next->kind == MD_CODE || next->kind == MD_LIST || next->kind == MD_TABLE);

    if (sv_ends(one, SV(":")) || sv_ends(one, SV("：")))
        return true;
    if (!below || how == TOLD_BY_HAND ||
        (told_starts(one, WORDS_HERE("wait")) &&
         (next->kind != MD_CODE || !told_waits(next->text))))
        return false;
    return last || next->kind != MD_CODE || told_has_many(next);
}

/* "Set `a = b` in `x` and reload:": what is done by hand before the commands that follow; empty: nothing. */
static struct sv told_before_commands(const struct md_node *n, const struct told_sentence *s)
{
    static const struct sv ends[] = {SV(", then"), SV("; then"), SV(" and then "), SV(" then "),
                                     SV(" and ")};
    struct sv one = sv_sub(n->text, s->from, s->to);
    bool quotes = false;
    size_t at = SV_NPOS;

    if (!sv_ends(sv_trim(one), SV(":")))
        return (struct sv){NULL, 0};
    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        for (size_t k = sv_find_nocase(one, ends[i], 0); k != SV_NPOS;
             k = sv_find_nocase(one, ends[i], k + 1)) {
            struct sv behind = sv_trim(sv_sub(one, k + ends[i].n, one.n));

            if (!behind.n || *behind.p == ':' || told_verb(told_bare(behind)) != TOLD_NOT)
                at = at == SV_NPOS || k > at ? k : at;
        }
    one = sv_sub(one, 0, at);
    if (at == SV_NPOS)
        return (struct sv){NULL, 0};
    for (size_t i = 0; i < n->n_spans; i++)
        quotes |= n->spans[i].kind == MD_CODE_SPAN && n->spans[i].from >= s->from &&
                  n->spans[i].to <= s->from + at;
    return quotes ? one : (struct sv){NULL, 0};
}

/* "Modifier `HOST` dans `app.env`, puis :" above a block: what is done by hand before; empty: nothing. */
static struct sv told_before_abroad(const struct md_node *n, const struct told_sentence *s,
                                    const struct md_node *next)
{
    static const struct sv ends[] = {SV(", puis"),    SV(" et puis"),  SV(", ensuite"),
                                     SV(", luego"),   SV(" y luego"),  SV(", después"),
                                     SV(", dann"),    SV(" und dann"), SV(", depois"),
                                     SV(" e depois"), SV(", poi"),     SV(" e poi")};
    struct sv one = sv_sub(n->text, s->from, s->to);
    bool quotes = false;
    size_t at = SV_NPOS;

    if (!next || next->kind != MD_CODE || !sv_ends(sv_trim(one), SV(":")))
        return (struct sv){NULL, 0};
    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        at = size_min(at, sv_find_nocase(one, ends[i], 0));
    for (size_t i = 0; at != SV_NPOS && i < n->n_spans; i++)
        quotes |= n->spans[i].kind == MD_CODE_SPAN && n->spans[i].from >= s->from &&
                  n->spans[i].to <= s->from + at;
    return quotes ? sv_sub(one, 0, at) : (struct sv){NULL, 0};
}

/* --- paragraphs --- */

bool told_acts(const struct rb_build *b)
{
    enum rb_role role = build_role(b);

    return build_role_acts(role) && role != ROLE_MONITOR && !b->aside &&
           scope_way(b, b->part) != SCOPE_NEVER;
}

static void told_step(struct rb_build *b, const struct md_node *n, size_t from, size_t to)
{
    struct sv text = otherwise_text(b, (struct sv){NULL, 0}, sv_trim(sv_sub(n->text, from, to)));
    bool approval = title_is_approval(b->title, text);

    build_step(b, approval ? STEP_APPROVAL : STEP_MANUAL, md_line_at(n, from), text)
        ->step.end_line = md_line_at(n, to ? to - 1 : to);
}

struct told_span {
    size_t from, to; /* of what a person does; from == SV_NPOS: nothing */
    bool behind;     /* a command in the text, of which it may warn */
};

/* "Replace <host> with the name of yours": it is asked as a placeholder. */
static bool told_fills_in(const struct rb_build *b, struct sv one)
{
    (void)(sv_eat_nocase(&one, SV("replace ")) || sv_eat_nocase(&one, SV("substitute ")));
    for (size_t i = 0; i < b->rb->stand_ins.n; i++)
        if (sv_starts(one, b->rb->stand_ins.v[i]))
            return true;
    return sv_starts(one, SV("<"));
}

/* "Edit the section as above and with the snapshot in place run:": the commands below do only the last of it. */
static bool told_is_by_hand_first(struct sv one, enum told_how how, const struct md_node *next)
{
    static const struct sv ends[] = {SV(" run:"), SV(" execute:"), SV(" run this:"),
                                     SV(" run the following:"), SV(" run the script:")};

    if (how != TOLD_BY_HAND || !next || next->kind != MD_CODE ||
        !block_lang_runs(block_lang(next->info)) || !sv_has_nocase(one, SV(" and ")))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        if (one.n > ends[i].n && sv_eq_nocase(sv_sub(one, one.n - ends[i].n, one.n), ends[i]))
            return true;
    return false;
}

static bool told_may_approve(struct sv one)
{
    static const struct sv words[] = {
        SV("approval"),    SV("sign"),   SV("go-ahead"), SV(" to "),  SV("freigabe"),
        SV("genehmigung"), SV("autori"), SV("accord"),   SV("aprob"), SV("aprov"),
        SV("承認"),        SV("批准"),   SV("审批")};

    return REGEX_SAYS_ANY(one, words);
}

static void told_take(struct rb_build *b, const struct md_node *n, const struct told_sentence *s,
                      bool last, struct told_span *span)
{
    const struct md_node *next = n->next == MD_NONE ? NULL : &b->rb->md.v[n->next];
    struct sv one = sv_trim(sv_sub(n->text, s->from, s->to)), first, host;
    enum where_kind where = where_read(one, &host);
    bool remark = b->quoted || s->how == TOLD_NOT;

    bool approval = s->how == TOLD_NOT && !b->quoted && !sv_ends(one, SV(":")) &&
                    told_may_approve(one) && title_is_approval(b->title, one);

    if (approval) { /* "**Approval of the owner needed.**" */
        span->from = size_min(span->from, s->from);
        span->to = s->to;
        return;
    }
    first = told_before_abroad(n, s, next);
    if (!first.n && (where == WHERE_STAY || where == WHERE_LEAVE || told_fills_in(b, one)))
        return;
    if (!first.n && s->how == TOLD_NOT && !remark_is(b, one)) {
        if (!sv_ends(one, SV(":")) && regex_has(b->block_patterns[BLOCK_NEVER], one))
            remark_add(b, md_line_at(n, s->from), one); /* "Never restart it before the end." */
        return;
    }
    if (!first.n)
        first = told_before_commands(n, s);
    if (first.n) {
        span->from = size_min(span->from, s->from);
        span->to = s->from + first.n;
        return;
    }
    if (told_is_by_hand_first(one, s->how, next)) {
        span->from = size_min(span->from, s->from);
        span->to = s->to;
        return;
    }
    if ((s->how != TOLD_NOT || sv_ends(one, SV(":"))) &&
        told_is_introduction(one, s->how, last, next))
        return;
    if (told_starts(one, WORDS_HERE("halt abort cancel")) && sv_has_word(one, SV("if"))) {
        otherwise_remark(b, md_line_at(n, s->from), one); /* "Halt the rollout if ..." */
        return;
    }
    if (remark && span->behind) {
        otherwise_remark(b, md_line_at(n, s->from), one);
        return;
    }
    if (remark) {
        remark_add(b, md_line_at(n, s->from), one);
        return;
    }
    span->from = size_min(span->from, s->from);
    span->to = s->to;
}

static bool told_has_commands_below(const struct rb_build *b, const struct md_node *n)
{
    return n->next != MD_NONE && b->rb->md.v[n->next].kind == MD_CODE;
}

/* Behind the "[!IMPORTANT]" of a quote. */
static size_t told_begin(struct sv text)
{
    size_t end = sv_starts(text, SV("[!")) ? sv_find_byte(text, ']', 0) : SV_NPOS;

    return end == SV_NPOS ? 0 : end + 1;
}

struct sv told_callout(struct sv text)
{
    return sv_trim(sv_sub(text, told_begin(text), text.n));
}

/* "**Watch for 2 hours**", "**Send to**: all": a title or a key. */
static bool told_is_label(const struct md_node *n)
{
    size_t end;
    struct sv strong = md_leading_strong(n, &end);

    return (md_is_all_strong(n) && !sv_ends(sv_trim(n->text), SV(".")) &&
            !sv_ends(sv_trim(n->text), SV("!"))) ||
           (strong.n && !told_is_warning(strong) &&
            (n->text.p[end - 1] == ':' || (end < n->text.n && n->text.p[end] == ':')));
}

/* "If it fails, call Bob.", "If it fails, DO NOT CONTINUE.": where that is no step of a way back. */
static bool told_is_case(const struct rb_build *b, const struct told_sentence *s)
{
    return s->in_case && build_role(b) != ROLE_ROLLBACK && !sv_ends(s->main, SV(":")) &&
           (s->how != TOLD_NOT || remark_is(b, s->main) ||
            sv_has_nocase(s->main, SV("do nothing")) || sv_has_nocase(s->main, SV("skip ")) ||
            sv_has_nocase(s->main, SV("go to ")) || sv_has_nocase(s->main, SV("leave out ")) ||
            told_starts(s->main, WORDS_HERE("go continue proceed use return resume")));
}

/* "Do not restart anything until the database team says so": somebody says that it is so. */
static bool told_is_gate(const struct rb_build *b, struct sv text)
{
    return (sv_has_nocase(text, SV(" until ")) ||
            regex_has(b->block_patterns[BLOCK_NOT_BEGIN], text)) &&
           regex_has(b->block_patterns[BLOCK_NEVER], text) && !remark_is(b, text);
}

/* "The DBA has to say yes." in a warning of which no sentence is a remark by itself: since the n-th. */
static void told_alarm(struct rb_build *b, const struct md_node *n, size_t remarks)
{
    struct sv text = sv_sub(n->text, told_begin(n->text), n->text.n);

    if (b->alarmed && b->remarks.n == remarks && regex_has(b->block_patterns[BLOCK_OBLIGES], text))
        remark_add(b, n->line, text);
}

/* From there on, with the sentence before it where it only negates that: "If not, call the DBA." */
static void told_remark(struct rb_build *b, const struct md_node *n, size_t last, size_t from)
{
    struct sv text = sv_sub(n->text, from, n->text.n),
              before = last == SV_NPOS ? (struct sv){NULL, 0} : sv_sub(n->text, last, from);

    if (otherwise_is(text))
        otherwise_remark(b, md_line_at(n, from), otherwise_text(b, before, text));
    else
        remark_add(b, md_line_at(n, from), text);
}

/* "Is there an incident open? If yes, stop.": somebody has to answer. */
static bool told_answers(struct sv text, size_t last_from, const struct told_sentence *s)
{
    struct sv one = sv_sub(text, s->from, s->to);

    return last_from != SV_NPOS && s->in_case && !sv_ends(one, SV(":")) &&
           sv_ends(sv_trim(sv_sub(text, last_from, s->from)), SV("?")) &&
           (sv_starts_nocase(one, SV("if yes")) || sv_starts_nocase(one, SV("if so")) ||
            sv_starts_nocase(one, SV("if no")));
}

/* "If anything goes wrong: restore the backup": nobody does it in a run that goes well. */
static bool told_is_of_failure(const struct rb_build *b, struct sv text,
                               const struct told_sentence *s)
{
    struct sv one = sv_trim(sv_sub(text, s->from, s->to));
    size_t colon = sv_find_byte(one, ':', 0);

    return !s->in_case && s->how != TOLD_NOT && build_role(b) != ROLE_ROLLBACK && colon < one.n &&
           told_starts(one, WORDS_HERE("if should whenever")) &&
           regex_has(b->block_patterns[BLOCK_TROUBLE], sv_sub(one, 0, colon));
}

/* What the sentences from `at` on tell somebody to do. */
static void told_sentences(struct rb_build *b, const struct md_node *n, size_t at, bool decided,
                           bool behind)
{
    struct told_sentence s = {.to = at}, ahead;
    struct told_span span = {SV_NPOS, 0, behind};
    bool below = told_has_commands_below(b, n);
    size_t before = b->remarks.n, last_from = SV_NPOS; /* the sentence before */
    size_t case_from = SV_NPOS;

    while (told_next(n->text, &s)) {
        bool last = true;

        ahead = s;
        while (last && below && told_next(n->text, &ahead))
            last = ahead.how == TOLD_NOT;
        if (decided && watch_limited(b, sv_sub(n->text, s.from, s.to)))
            continue;
        if (!b->quoted &&
            told_is_gate(b, told_unnumbered(sv_trim(sv_sub(n->text, s.from, s.to))))) {
            span.from = size_min(span.from, s.from); /* "Do not go on until it is green." */
            span.to = s.to;
            continue;
        }
        if (told_answers(n->text, last_from, &s)) {
            span.from = size_min(span.from, last_from); /* "Is there an incident? If yes, stop." */
            span.to = s.to;
            continue;
        }
        if (told_is_case(b, &s) &&
            !(below && case_of_text(n->text).n)) { /* what follows is done in that case, too */
            told_remark(b, n, last_from, s.from);
            break;
        }
        if (told_is_of_failure(b, n->text, &s)) {
            told_remark(b, n, last_from, s.from);
            break;
        }
        if (s.how != TOLD_NOT && case_from != SV_NPOS) {
            told_remark(b, n, SV_NPOS, case_from);
            break;
        }
        if (s.in_case && build_role(b) != ROLE_ROLLBACK && !sv_ends(s.main, SV(":")) &&
            regex_has(b->block_patterns[BLOCK_TROUBLE], sv_sub(n->text, s.from, s.to)))
            case_from = s.from; /* "If it fails, the old one stays. Fix it." */
        told_take(b, n, &s, last, &span);
        last_from = s.from;
    }
    told_alarm(b, n, before);
    if (span.from == SV_NPOS)
        return;
    told_step(b, n, span.from, told_has_commands_below(b, n) ? span.to : n->text.n);
}

void told_paragraph(struct rb_build *b, const struct md_node *n, bool decided)
{
    if (told_acts(b) && build_role(b) != ROLE_ROLLBACK && failure_is_told(n->text)) {
        otherwise_remark(b, n->line, n->text);
        return;
    }
    if (!told_acts(b) || b->whole || n->text.n > EXPECT_MAX_BYTES || told_is_label(n))
        return;
    if (told_is_gate(b, n->text)) {
        told_step(b, n, 0, n->text.n);
        return;
    }
    told_sentences(b, n, told_begin(n->text), decided, false);
}

/* "wait until it finishes": the run does, of each command. */
static bool told_is_waited(struct sv text)
{
    static const struct sv fronts[] = {SV("wait for it to "), SV("wait until it "),
                                       SV("wait till it "), SV("wait for the command to "),
                                       SV("wait until the command ")};
    static struct words ends = WORDS(
        "finish finishes finished end ends complete completes completed return returns done is has");

    for (size_t i = 0; i < ARRAY_LEN(fronts); i++)
        if (sv_eat_nocase(&text, fronts[i]))
            return told_starts(told_bare(text), &ends);
    return false;
}

/* Behind ", then" any verb is one that somebody does, but for "the pods restart". */
static bool told_is_joined(struct sv one, struct sv clause, size_t at)
{
    return told_verb(one) != TOLD_NOT ||
           (at > 0 && clause.p[at - 1] == ',' &&
            sv_starts_nocase(sv_sub(clause, at, clause.n), SV(" then ")) && one.n &&
            told_is_small(*one.p) &&
            !told_starts(
                one,
                WORDS_HERE(
                    "the a an it its this that these they we you all if when in on at by to for with")));
}

/* "... and tell the team", ", then restart": from the verb on; empty: no more is told. */
static struct sv told_joined(struct sv clause)
{
    static const struct sv joints[] = {SV(" and then "), SV(" and "), SV(" then ")};

    for (size_t i = 0; i < ARRAY_LEN(joints); i++)
        for (size_t at = 0; (at = sv_find_nocase(clause, joints[i], at)) != SV_NPOS; at++) {
            struct sv one = sv_trim(sv_sub(clause, at + joints[i].n, clause.n));

            if (told_is_joined(told_bare(one), clause, at) && !told_is_waited(one))
                return one;
        }
    return (struct sv){NULL, 0};
}

/* Is anything but "and", "then" said? */
static bool told_says_between(struct sv text)
{
    struct sv word;

    while (sv_next_word(&text, &word))
        if (!told_starts(word, WORDS_HERE("and then")) && told_bare(word).n)
            return true;
    return false;
}

void told_rest(struct rb_build *b, const struct md_node *n, size_t at)
{
    struct told_sentence s = {.to = at};
    struct sv joined;
    size_t begin;

    if (!told_acts(b) || b->whole || b->quoted || n->text.n > EXPECT_MAX_BYTES)
        return;
    if (at < n->text.n && told_ends(n->text, at)) {
        at++;
    } else if (told_cut(n->text, &s)) {
        joined = told_joined(sv_sub(n->text, at, s.to));
        begin = joined.n ? (size_t)(joined.p - n->text.p) : s.to;
        if (joined.n) /* "on all nodes and restart" with all of it */
            told_step(b, n, told_says_between(sv_sub(n->text, at, begin)) ? at : begin, s.to);
        at = s.to;
    }
    told_sentences(b, n, at, false, true);
}

/* "Restart it and wait 10 minutes:" above commands that do not wait: of the steps from `before` on. */
void told_waited(struct rb_build *b, struct sv label, size_t line, size_t before)
{
    struct sv wait = told_joined(told_last_sentence(label));

    while (wait.n && strchr(":.", wait.p[wait.n - 1]))
        wait.n--;
    if (!told_starts(wait, WORDS_HERE("wait")) || before >= b->steps.n || b->full_line ||
        !told_acts(b))
        return;
    for (size_t i = before; i < b->steps.n; i++)
        if (b->steps.v[i].step.kind == STEP_MANUAL || told_waits(b->steps.v[i].step.text))
            return;
    (void)build_step(b, STEP_MANUAL, line, wait);
}

/* --- lists --- */

/*
 * "Migrate these sites by hand:" above a list in which nothing was found to do, and no commands stand below: the list
 * says what with, or what of.
 */
void told_list(struct rb_build *b, uint32_t list, struct sv label)
{
    const struct md_node *v = b->rb->md.v, *n = &v[list];
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct sv by_hand = label;
    bool soaks = n->next != MD_NONE &&
                 v[n->next].kind != MD_HEADING && /* something is done after it */
                 regex_has(b->watch_patterns[WATCH_SOAK], label);

    if (!told_acts(b) || b->whole || b->quoted || n->before == MD_NONE ||
        v[n->before].kind != MD_PARAGRAPH || !sv_ends(label, SV(":")) ||
        !(soaks || sv_has_nocase(by_hand, SV("manual")) || sv_has_nocase(by_hand, SV("by hand"))))
        return;
    strbuf_add_sv(&text, sv_trim(v[n->before].text));
    for (uint32_t c = n->first; c != MD_NONE && text.n < EXPECT_MAX_BYTES; c = v[c].next)
        if (v[c].first != MD_NONE && v[v[c].first].kind == MD_PARAGRAPH)
            strbuf_addf(&text, "\n- %.*s", SV_FMT(sv_trim(v[v[c].first].text)));
    build_step(b, STEP_MANUAL, v[n->before].line, arena_sv(b->arena, strbuf_sv(&text)))
        ->step.end_line = n->end_line;
}

bool told_arrow(struct sv *text)
{
    static const struct sv arrows[] = {SV("→"), SV("⇒"), SV("->"), SV("=>"), SV("—"), SV("–")};

    for (size_t i = 0; i < ARRAY_LEN(arrows); i++)
        if (sv_eat(text, arrows[i])) {
            *text = sv_trim(*text);
            return true;
        }
    return false;
}

/* --- sections --- */

static void told_items(const struct rb_build *b, uint32_t list, size_t depth, struct strbuf *out)
{
    const struct md_node *v = b->rb->md.v;

    for (uint32_t i = v[list].first; i != MD_NONE && out->n < EXPECT_MAX_BYTES; i = v[i].next)
        for (uint32_t c = v[i].first; c != MD_NONE; c = v[c].next)
            if (v[c].kind == MD_PARAGRAPH)
                strbuf_addf(out, "\n%*s- %.*s", (int)(2 * depth), "", SV_FMT(sv_trim(v[c].text)));
            else if (v[c].kind == MD_LIST && depth < 4)
                told_items(b, c, depth + 1, out);
}

/* What stands below the title, before the next part. */
static void told_body(const struct rb_build *b, uint32_t node, uint32_t until, struct strbuf *out)
{
    const struct md_node *v = b->rb->md.v;

    for (uint32_t c = v[node].next; c < until && out->n < EXPECT_MAX_BYTES; c = v[c].next)
        if (v[c].kind == MD_PARAGRAPH || v[c].kind == MD_CODE)
            strbuf_addf(out, "\n%.*s", SV_FMT(sv_trim(v[c].text)));
        else if (v[c].kind == MD_LIST)
            told_items(b, c, 0, out);
}

/* "### Enable the maintenance page" below "## Upgrade Process": one of the things that are done there. */
static bool told_is_listed(const struct rb_build *b, const struct rb_part *p)
{
    enum rb_role up =
        p->parent == RB_NONE ? ROLE_NONE : title_role(b->title, b->parts.v[p->parent].title);

    return p->kind == PART_SECTION && p->level > 2 && up != ROLE_NONE && up == p->role;
}

/* Step titles stand below all headings. */
static unsigned told_level(const struct rb_part *p)
{
    return p->kind == PART_SECTION ? p->level : TOLD_STEP_LEVEL;
}

/* Is nothing in the section but source and settings that its title says to change, or what somebody says or is told? */
static bool told_only_shows(const struct rb_build *b)
{
    for (size_t i = b->section_blocks; i < b->blocks.n; i++)
        if (b->blocks.v[i].kind != BLOCK_CODE && b->blocks.v[i].kind != BLOCK_SETTINGS &&
            b->blocks.v[i].kind != BLOCK_TEXT && b->blocks.v[i].kind != BLOCK_MESSAGE)
            return false;
    return true;
}

/* "Rolling back" above words in which no sentence was found that tells what to do. */
static bool told_is_back(const struct rb_build *b, const struct rb_part *p)
{
    return p->kind == PART_SECTION && p->level > 1 && p->role == ROLE_ROLLBACK &&
           title_role(b->title, p->title) == ROLE_ROLLBACK;
}

/* Does it show what somebody may be meant to type? */
static bool told_shows_text(const struct rb_build *b)
{
    for (size_t i = b->section_blocks; i < b->blocks.n; i++)
        if (b->blocks.v[i].kind == BLOCK_TEXT)
            return true;
    return false;
}

void told_section(struct rb_build *b, uint32_t next, unsigned level)
{
    uint32_t part = b->section;
    const struct rb_part *p = part == RB_NONE ? NULL : build_part(b, part);
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    uint32_t outer = b->part;
    struct title t;

    b->section = RB_NONE;
    if (!p || !(p->number.n || told_is_listed(b, p) || told_is_back(b, p)) ||
        told_level(p) < level || part + 1 != b->parts.n || b->steps.n != b->section_steps ||
        b->rules.n != b->section_rules || !told_only_shows(b))
        return;
    title_read(b->title, b->rb->md.v[p->node].text, &t);
    b->part = part;
    if (told_acts(b) &&
        ((t.word.n ? t.is_step : told_verb_of_title(p->title) != TOLD_NOT) ||
         (p->number.n && told_shows_text(b)) || told_is_back(b, p)) &&
        !attach_task(b)) {
        strbuf_add_sv(&text,
                      p->title.n ? p->title : sv_trim(b->rb->md.v[p->node].text)); /* "Step 4" */
        told_body(b, p->node, next, &text);
        if (told_is_back(b, p) && sv_find_byte(strbuf_sv(&text), '\n', 0) == SV_NPOS) {
            b->part = outer; /* it says nothing */
            return;
        }
        build_step(b, title_is_approval(b->title, p->title) ? STEP_APPROVAL : STEP_MANUAL, p->line,
                   arena_sv(b->arena, strbuf_sv(&text)));
    }
    b->part = outer;
}

void told_begin_section(struct rb_build *b, uint32_t part)
{
    b->section = part;
    b->section_steps = b->steps.n;
    b->section_rules = b->rules.n;
    b->section_blocks = b->blocks.n;
}
