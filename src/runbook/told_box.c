/*
 * told_box: lines that are boxes without being a list: "[ ] Set the minimum TTL", "☐ Backup taken".
 */
#include "base/sv.h"
#include "runbook/reader_int.h"

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

/* "[ ] Set the minimum TTL", and the lines that go on with it: each box is confirmed; false: it is another text. */
bool told_boxes(struct rb_build *b, const struct md_node *n)
{
    struct sv rest = n->text, line, text;
    struct rb_step *step = NULL;
    bool marked = told_all_marked(b, n);

    if (!told_acts(b) || (!marked && !sv_starts(sv_trim(n->text), SV("["))))
        return false;
    for (size_t at = n->line; sv_next_line(&rest, &line) && !b->full_line; at++) {
        if (marked ? told_mark(line, &text) : block_box(line, &text)) {
            bool approval = title_is_approval(b->title, text);

            watch_propose(b, text, at);
            step = &build_step(b, approval ? STEP_APPROVAL : STEP_MANUAL, at, text)->step;
        } else if (!step) {
            return false;
        } else {
            step->text.n = (size_t)(line.p + line.n - step->text.p);
            step->end_line = at;
        }
    }
    return true;
}
