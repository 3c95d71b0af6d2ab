/*
 * told_box: lines that are boxes without being a list: "[ ] Set the minimum TTL", "☐ Backup taken".
 */
#include <string.h>

#include "base/sv.h"
#include "runbook/clause.h"
#include "runbook/reader_int.h"
#include "runbook/told_verb.h"

/* "☐ Backup taken", "✅ No errors in the log": a tick that the author made is no evidence. */
static bool told_mark(struct sv line, struct sv *text)
{
    static const struct sv marks[] = {SV("☐"), SV("⬜"), SV("□"), SV("✅"),
                                      SV("☑"), SV("✔"), SV("✓")};

    *text = sv_trim(line);
    for (size_t i = 0; i < ARRAY_LEN(marks); i++)
        if (sv_eat(text, marks[i])) {
            (void)sv_eat(text, SV("\xef\xb8\x8f")); /* as a picture */
            *text = sv_trim(*text);
            return text->n > 0;
        }
    return false;
}

/* Lines with marks, all of them; one alone is a remark: "✅ Done, go on.", but for an empty box. */
static bool told_all_marked(const struct rb_build *b, const struct md_node *n)
{
    struct sv text = sv_trim(n->text), line, rest;
    bool empty = sv_starts(text, SV("☐")) &&
                 !(n->next != MD_NONE && b->rb->md.v[n->next].kind == MD_CODE); /* its title */
    size_t lines = 0;

    while (sv_next_line(&text, &line)) {
        if (!told_mark(line, &rest))
            return false;
        lines++;
    }
    return lines > 1 || (lines == 1 && empty);
}

/* --- boxes behind other text --- */

static bool told_in_code(const struct md_node *n, size_t at)
{
    for (size_t i = 0; i < n->n_spans; i++)
        if (n->spans[i].kind == MD_CODE_SPAN && at >= n->spans[i].from && at < n->spans[i].to)
            return true;
    return false;
}

/* "8. Stop it", "`x`", "Stop it" behind a box; not "Tick the box ☐ when done". */
static bool told_is_boxed(const struct md_node *n, size_t at)
{
    unsigned char c = at < n->text.n ? (unsigned char)n->text.p[at] : 0;

    return c >= 0x80 || ascii_is_upper((char)c) || ascii_is_digit((char)c) || told_in_code(n, at);
}

/* Write "- [ ] Do it": of a list that somebody is to write. */
static bool told_is_quoted(struct sv text, size_t at)
{
    while (at > 0 && strchr(" -*", text.p[at - 1]))
        at--;
    return at > 0 && strchr("\"'`", text.p[at - 1]);
}

/* The next box in the text from *at on; *text is what stands behind it, to the next one. */
static bool told_next_box(const struct md_node *n, size_t *at, size_t *text)
{
    static const struct sv boxes[] = {SV("☐"),   SV("⬜"),   SV("□"),  SV("☑"),
                                      SV("[ ]"), SV("[x]"), SV("[X]")};

    for (size_t i = *at; i < n->text.n; i++) {
        bool begins = i == 0 || n->text.p[i - 1] == '\n';

        if (told_is_quoted(n->text, i) || (!begins && !strchr(" :;.|,(\t", n->text.p[i - 1])))
            continue;
        for (size_t k = 0; k < ARRAY_LEN(boxes); k++) {
            struct sv rest = sv_sub(n->text, i, n->text.n);
            size_t behind;

            if (!sv_eat(&rest, boxes[k]) || told_in_code(n, i))
                continue;
            (void)sv_eat(&rest, SV("\xef\xb8\x8f"));
            if (!rest.n || !ascii_is_space(*rest.p))
                continue;
            behind = n->text.n - sv_trim_left(rest).n;
            if (behind >= n->text.n || (!begins && !told_is_boxed(n, behind)))
                continue;
            *at = i;
            *text = behind;
            return true;
        }
    }
    return false;
}

/* "Yes", "N/A", "Not needed": an answer that is ticked, and nothing to do. */
static bool told_is_answer(struct sv text)
{
    enum { SHORT = 24, WORDS_MOST = 2 };
    struct sv word;
    size_t words = 0;

    if (text.n > SHORT || (text.n && ascii_is_digit(*text.p)))
        return false;
    while (sv_next_word(&text, &word))
        words++;
    return words <= WORDS_MOST;
}

static void told_box_step(struct rb_build *b, const struct md_node *n, size_t from, size_t to)
{
    struct sv text = sv_trim(sv_sub(n->text, from, to));
    struct rb_step *step;

    while (text.n && strchr("|,;", text.p[text.n - 1]))
        text = sv_trim(sv_sub(text, 0, text.n - 1));
    if (!text.n)
        return;
    watch_propose(b, text, md_line_at(n, from));
    step = &build_step(b, title_is_approval(b->title, text) ? STEP_APPROVAL : STEP_MANUAL,
                       md_line_at(n, from), text)
                ->step;
    step->end_line = md_line_at(n, to - 1);
}

/* "Do these: ☐ 7. `x`", and "☐ 8. `y`" in the next line of the same paragraph: each is confirmed. */
static bool told_boxes_inside(struct rb_build *b, const struct md_node *n)
{
    size_t at = 0, text = 0, first, from;
    bool answers = true;
    struct sv lead, main;

    if (!told_next_box(n, &at, &text))
        return false;
    first = at;
    at = text;
    if (first == 0 && !told_next_box(n, &at, &from) && n->next != MD_NONE &&
        b->rb->md.v[n->next].kind == MD_CODE)
        return false; /* the title of the block */
    lead = sv_trim(sv_sub(n->text, 0, first));
    for (from = text; from < n->text.n; from = text) {
        size_t next = from;
        bool more = told_next_box(n, &next, &text);

        answers &= !told_in_code(n, from) &&
                   told_is_answer(sv_trim(sv_sub(n->text, from, more ? next : n->text.n)));
        if (!more)
            break;
    }
    if (answers ||
        clause_when(lead, &main).n) { /* "Backup taken? ☐ Yes ☐ No", "If it is on: ☐ ..." */
        told_box_step(b, n, 0, n->text.n);
        return true;
    }
    if (lead.n && !sv_ends(lead, SV(":")) && (told_how(lead) != TOLD_NOT || told_in_code(n, 0)))
        told_box_step(b, n, 0, first);
    (void)told_next_box(n, &first, &from);
    for (at = from; told_next_box(n, &at, &text); from = at = text)
        told_box_step(b, n, from, at);
    told_box_step(b, n, from, n->text.n);
    return true;
}

static struct sv told_first_line(const struct md_node *n)
{
    struct sv rest = n->text, line = {NULL, 0};

    (void)sv_next_line(&rest, &line);
    return line;
}

/* "[ ] Set the minimum TTL", and the lines that go on with it: each box is confirmed; false: it is another text. */
bool told_boxes(struct rb_build *b, const struct md_node *n)
{
    struct sv rest = n->text, line, text;
    struct rb_step *step = NULL;
    bool marked = told_all_marked(b, n);

    if (!told_acts(b))
        return false;
    if (!marked && !(sv_starts(sv_trim(n->text), SV("[")) && block_box(told_first_line(n), &text)))
        return told_boxes_inside(b, n);
    for (size_t at = n->line; sv_next_line(&rest, &line) && !b->full_line; at++) {
        if (marked ? told_mark(line, &text) : block_box(line, &text)) {
            bool approval = title_is_approval(b->title, text);

            watch_propose(b, text, at);
            step = &build_step(b, approval ? STEP_APPROVAL : STEP_MANUAL, at, text)->step;
        } else {
            assert(step); /* the first line has one */
            step->text.n = (size_t)(line.p + line.n - step->text.p);
            step->end_line = at;
        }
    }
    return true;
}
