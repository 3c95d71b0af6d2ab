/*
 * mention: commands in lists and tables that nothing carries out, as their section only tells ("Timeline", "Contacts",
 * "Known issues") or the table is none of steps.  Those that change something are left to people, and the plan says so.
 */
#include <string.h>

#include "base/regex.h"
#include "base/sv.h"
#include "runbook/reader_int.h"
#include "runbook/told_verb.h"

/* Does it change something?  What only looks is no work that anybody forgets. */
static bool mention_acts(struct rb_build *b, struct sv code)
{
    struct placeholders found;
    struct shell_script script;
    bool acts;

    if (sv_find_byte(code, '\n', 0) != SV_NPOS ||
        !(block_knows_command(code) || block_is_script(code)))
        return false;
    placeholder_find(code, false, &b->rb->stand_ins, b->arena, &found);
    shell_split(b->shell, code, placeholder_mask(code, &found, b->arena), b->arena, &script);
    acts = script.broken; /* nobody knows */
    for (size_t i = 0; i < script.n; i++) {
        struct command c;

        command_read(&script.v[i], b->arena, &c);
        acts |= c.effect > EFFECT_STATE;
    }
    return acts;
}

static void mention_commands(struct rb_build *b, const struct md_node *n)
{
    if (!n->n_spans || remark_is(b, n->text) || !block_tells(b, n))
        return;
    for (size_t i = 0; i < n->n_spans; i++) {
        const struct md_span *s = &n->spans[i];
        struct sv code = sv_sub(n->text, s->from, s->to);

        if (s->kind == MD_CODE_SPAN && block_span_is_command(n, s) && mention_acts(b, code))
            *vec_add(&b->mentions) =
                (struct rb_mention){md_line_at(n, s->from), b->part, code, false};
    }
}

/* "Update the CMDB" below "Afterwards": for people, after the run. */
static void mention_task(struct rb_build *b, const struct md_node *n)
{
    struct sv text = n->text;

    if (build_role(b) == ROLE_FOLLOW_UP && !remark_is(b, text) &&
        told_how(told_first_sentence(text)) != TOLD_NOT)
        *vec_add(&b->mentions) = (struct rb_mention){n->line, b->part, sv_trim(text), true};
}

/* "If it does not start, restart the database." below "Troubleshooting": for people, in that case. */
void mention_help(struct rb_build *b, const struct md_node *n)
{
    size_t before = b->mentions.n;

    if (build_role(b) != ROLE_TROUBLESHOOT || b->aside || sv_ends(sv_trim(n->text), SV(":")) ||
        n->text.n > EXPECT_MAX_BYTES)
        return;
    if (before && vec_last(&b->mentions)->line >= n->line)
        return; /* the item was read */
    mention_commands(b, n);
    if (b->mentions.n == before && !remark_is(b, n->text) && told_tells(n->text))
        *vec_add(&b->mentions) = (struct rb_mention){
            n->line, b->part, attach_text(b, (uint32_t)(n - b->rb->md.v)), true};
}

void mention_read(struct rb_build *b, const struct md_node *n)
{
    size_t before = b->mentions.n;

    mention_commands(b, n);
    if (b->mentions.n == before)
        mention_task(b, n);
}

/* "`x` (see above) does it", "`x` is slow": what stands behind it only speaks of it. */
static bool mention_describes(struct sv after)
{
    struct sv word;

    after = sv_trim(after);
    if (sv_starts(after, SV("(")))
        after =
            sv_trim(sv_sub(after, size_min(sv_find_byte(after, ')', 0), after.n - 1) + 1, after.n));
    if (!sv_next_word(&after, &word))
        return false;
    word = told_bare(word);
    return (word.n > 1 && word.p[word.n - 1] == 's' && told_is_small(*word.p) &&
            !told_starts(word,
                         WORDS_HERE("shows prints returns says reports outputs lists answers"))) ||
           told_starts(word, WORDS_HERE("will can may might are were have and or"));
}

/* "Then", "Afterwards,": what stands behind it is the next that is done. */
static bool mention_is_next(struct sv before)
{
    static struct words turns = WORDS(
        "then next finally afterwards lastly now first also again dann danach zuletzt zuerst ensuite puis enfin luego después "
        "finalmente depois");
    struct sv last = told_bare(sv_trim(before));

    return words_have(&turns, last) || sv_eq_nocase(last, SV("after that"));
}

/* Does the command stand where somebody is told to run it: first, or behind "Smoke:", "→", "then"? */
static bool mention_is_told(const struct md_node *n, const struct md_span *s)
{
    static const struct sv ends[] = {SV(":"), SV("："),    SV("→"),    SV("->"),    SV("=>"),
                                     SV("?"), SV(" then"), SV(" run"), SV(" until")};
    struct sv before = sv_trim(sv_sub(n->text, 0, s->from));

    if (mention_is_next(before))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        if (sv_ends(before, ends[i]))
            return true;
    return !before.n && !mention_describes(sv_sub(n->text, s->to, n->text.n));
}

/* The first such command; NULL: there is none. */
static const struct md_span *mention_span(const struct md_node *n)
{
    for (size_t i = 0; i < n->n_spans; i++) {
        const struct md_span *s = &n->spans[i];
        struct sv code = sv_sub(n->text, s->from, s->to);

        if (s->kind == MD_CODE_SPAN && mention_is_told(n, s) &&
            (block_span_is_command(n, s) ||
             (block_is_script(code) && mention_is_next(sv_sub(n->text, 0, s->from)))) &&
            sv_find_byte(code, '\n', 0) == SV_NPOS &&
            (block_knows_command(code) || block_is_script(code) || block_looks_typed(code)))
            return s;
    }
    return NULL;
}

/* "Something off? ...", "Back: ...": for a case, which is told at what stands before it. */
static bool mention_is_case(const struct rb_build *b, struct sv before)
{
    struct sv word = {NULL, 0}, rest = before;

    if (sv_find_byte(before, '?', 0) != SV_NPOS)
        return true;
    (void)sv_next_word(&rest, &word);
    return build_role(b) != ROLE_ROLLBACK && sv_ends(before, SV(":")) &&
           (regex_has(b->block_patterns[BLOCK_UNDO], before) || sv_eq_nocase(word, SV("back:")) ||
            sv_has_word(before, SV("back")) || sv_has_nocase(before, SV("rollback")) ||
            told_starts(before, WORDS_HERE("fallback abort undo otherwise retour volver")));
}

/* "Rollback: the same with the previous version.", "Rollback = step 5 with both swapped": told where it stands, and no step. */
static bool mention_way_back(struct rb_build *b, const struct md_node *n)
{
    struct sv text = sv_trim(n->text), rest = text, word = {NULL, 0}, next = {NULL, 0};
    bool key;

    if (build_role(b) == ROLE_ROLLBACK || text.n > EXPECT_MAX_BYTES || sv_ends(text, SV(":")) ||
        !sv_next_word(&rest, &word) || !sv_trim(rest).n)
        return false;
    key = sv_ends(word, SV(":")) || (sv_next_word(&rest, &next) && sv_eq(next, SV("=")));
    if (!key ||
        !told_starts(word, WORDS_HERE("rollback back-out backout fallback roll-back rückweg")))
        return false;
    otherwise_remark(b, n->line, text);
    return true;
}

/* "Si la promotion échoue, redémarrer pg1 : `x`", "If it does not start: `x`": for a case, in which no verb is known. */
static bool mention_case_abroad(struct rb_build *b, const struct md_node *n)
{
    size_t end = size_min(sv_find_byte(n->text, ',', 0), sv_find_byte(n->text, ':', 0));

    if (!told_starts(
            n->text,
            WORDS_HERE(
                "si s'il s'ils se caso quand lorsque cuando quando jeśli jeżeli falls wenn gdy if when unless")) ||
        end >= n->text.n || sv_ends(sv_trim(n->text), SV(":")) ||
        told_verb(sv_trim(sv_sub(n->text, end + 1, n->text.n))) != TOLD_NOT)
        return false;
    for (size_t i = 0; i < n->n_spans; i++)
        if (n->spans[i].kind == MD_CODE_SPAN && block_span_is_command(n, &n->spans[i])) {
            otherwise_remark(b, n->line, sv_trim(n->text));
            return true;
        }
    return false;
}

/* Below "Expected output:" it is what is printed. */
static bool mention_is_output(const struct rb_build *b, const struct md_node *n)
{
    const struct md_node *above = n->before == MD_NONE ? NULL : &b->rb->md.v[n->before];

    return above && above->kind == MD_PARAGRAPH && sv_ends(sv_trim(above->text), SV(":"));
}

/* "On the standby run `x`." as what an item says above its commands, which do something else: no command of it was found. */
void mention_head(struct rb_build *b, const struct md_node *n)
{
    const struct md_span *s = n->n_spans && n->text.n <= EXPECT_MAX_BYTES ? mention_span(n) : NULL;
    struct sv text = sv_trim(n->text), code;

    if (!s || b->quoted || b->aside || sv_ends(text, SV(":")) || remark_is(b, text) ||
        !build_role_acts(build_role(b)) || build_role(b) == ROLE_MONITOR ||
        regex_has(b->block_patterns[BLOCK_NOT_TO_RUN], text) ||
        regex_has(b->block_patterns[BLOCK_DENIES], sv_sub(text, 0, s->from)) ||
        mention_is_case(b, sv_trim(sv_sub(n->text, 0, s->from))))
        return;
    code = sv_sub(n->text, s->from, s->to);
    for (uint32_t c = n->next; c != MD_NONE; c = b->rb->md.v[c].next)
        if (b->rb->md.v[c].kind == MD_CODE && sv_has(b->rb->md.v[c].text, code))
            return; /* it is there again */
    if (s->from > 0 && mention_acts(b, code))
        (void)build_step(b, STEP_MANUAL, n->line, attach_text(b, (uint32_t)(n - b->rb->md.v)));
}

/* Behind commands of an item that is carried out: "Then `x`." */
static bool mention_goes_on(const struct rb_build *b, const struct md_node *n)
{
    return b->part != RB_NONE && b->parts.v[b->part].kind == PART_ITEM &&
           b->parts.v[b->part].node == n->parent && n->before != MD_NONE;
}

bool mention_paragraph(struct rb_build *b, const struct md_node *n)
{
    const struct md_span *s = n->n_spans && n->text.n <= EXPECT_MAX_BYTES ? mention_span(n) : NULL;
    bool item = n->parent != MD_NONE && b->rb->md.v[n->parent].kind == MD_ITEM;
    struct sv text = sv_trim(n->text);

    if (b->whole || b->quoted || b->aside || build_role(b) == ROLE_MONITOR ||
        !build_role_acts(build_role(b)) || scope_way(b, b->part) != SCOPE_RUNS)
        return false;
    if (mention_way_back(b, n) || (n->text.n <= EXPECT_MAX_BYTES && mention_case_abroad(b, n)))
        return true;
    if (!s || mention_is_output(b, n) || sv_ends(text, SV(":")) || remark_is(b, text) ||
        regex_has(b->block_patterns[BLOCK_NOT_TO_RUN], text) ||
        regex_has(b->block_patterns[BLOCK_DENIES], sv_sub(text, 0, s->from)))
        return false;
    if (mention_is_case(b, sv_trim(sv_sub(n->text, 0, s->from)))) {
        otherwise_remark(b, n->line, text);
    } else if (item && !mention_goes_on(b, n)) {
        size_t before = b->mentions.n;

        mention_read(b, n);
        if (b->mentions.n == before && mention_acts(b, sv_sub(n->text, s->from, s->to)))
            *vec_add(&b->mentions) = (struct rb_mention){md_line_at(n, s->from), b->part,
                                                         sv_sub(n->text, s->from, s->to), false};
        return false;
    } else {
        build_step(b, STEP_MANUAL, n->line, attach_text(b, (uint32_t)(n - b->rb->md.v)))
            ->step.end_line = n->end_line;
    }
    return true;
}

/* "Expected output of `x`:" above a block, where no command is: somebody runs it and compares. */
bool mention_output_of(struct rb_build *b, const struct md_node *n)
{
    const struct md_node *next = n->next == MD_NONE ? NULL : &b->rb->md.v[n->next];
    struct sv text = sv_trim(n->text);

    if (!n->n_spans || !next || next->kind != MD_CODE || !sv_ends(text, SV(":")) || !told_acts(b) ||
        b->quoted || b->whole || text.n > LABEL_MAX_BYTES ||
        !(sv_starts_nocase(text, SV("expected output of ")) ||
          sv_starts_nocase(text, SV("output of ")) ||
          sv_starts_nocase(text, SV("expected result of "))))
        return false;
    for (size_t i = b->steps.n; i > 0 && b->steps.v[i - 1].step.part == b->part; i--)
        if (sv_has(b->steps.v[i - 1].step.text, sv_sub(n->text, n->spans[0].from, n->spans[0].to)))
            return false; /* it was run right above */
    (void)build_step(b, STEP_MANUAL, n->line,
                     arena_fmt(b->arena, "%.*s\n%.*s",
                               SV_FMT(attach_text(b, (uint32_t)(n - b->rb->md.v))),
                               SV_FMT(sv_trim(next->text))));
    b->block_steps = b->steps.n;
    return true;
}

/* "- [ ] ~~Run the old migrator~~": struck out, so nobody does it, and the plan lists it. */
bool mention_struck(struct rb_build *b, uint32_t item)
{
    const struct md_node *v = b->rb->md.v;
    uint32_t first = v[item].first;
    struct sv line = sv_trim(document_line(b->rb->doc, v[item].line)), box;
    size_t end;

    while (line.n && strchr("-*+.)0123456789 ", *line.p))
        line = sv_sub(line, 1, line.n);
    if (block_box(line, &box))
        line = box;
    if (first == MD_NONE || v[first].kind != MD_PARAGRAPH || !sv_eat(&line, SV("~~")))
        return false;
    end = sv_find(line, SV("~~"), 0);
    if (end == SV_NPOS)
        return false;
    line = sv_trim(sv_sub(line, end + 2, line.n));
    if (line.n && *line.p != '(' && !sv_starts(line, SV("–")) && !sv_starts(line, SV("—")) &&
        *line.p != '-')
        return false; /* what stands behind it is done instead */
    *vec_add(&b->mentions) = (struct rb_mention){
        v[item].line, b->part,
        arena_fmt(b->arena, "struck out: %.*s", SV_FMT(sv_trim(v[first].text))), true};
    return true;
}
