/*
 * failure: what the document says to do when something fails: "**If Tests Fail**:" and what hangs on it.
 */
#include "base/sv.h"
#include "runbook/reader_int.h"

#define FAILURE_TEXT_MAX 400u /* of the items' words: more is read in the document */
#define FAILURE_LINES \
    300u /* hang on one label at most: labels in each other's reach are not read to the end each */

/* "**If Tests Fail**:", "**On failure:**" */
static bool failure_label(struct sv line, struct sv *label)
{
    struct sv s = sv_trim(line);

    if (!sv_eat(&s, SV("**")))
        return false;
    s = sv_sub(s, 0, sv_find(s, SV("**"), 0));
    if (!(sv_starts_nocase(s, SV("if ")) && sv_has_nocase(s, SV("fail"))) &&
        !sv_starts_nocase(s, SV("on failure")))
        return false;
    *label = sv_ends(s, SV(":")) ? sv_sub(s, 0, s.n - 1) : s;
    return true;
}

/* The text of a list item; false: it is none. */
static bool failure_item(struct sv line, struct sv *text)
{
    struct sv s = sv_trim(line);

    while (s.n && ascii_is_digit(*s.p))
        s = sv_sub(s, 1, s.n);
    if (!sv_eat(&s, SV("- ")) && !sv_eat(&s, SV("* ")) && !sv_eat(&s, SV(". ")))
        return false;
    *text = sv_trim(s);
    return true;
}

/* What hangs on a label: items, what is indented under them, a fence.  The line after it; `text` gets the items. */
static size_t failure_region(const struct document *d, size_t line, struct strbuf *text)
{
    size_t last = size_min(d->n_lines, line + FAILURE_LINES);
    bool fence = false;

    while (++line <= last) {
        struct sv s = document_line(d, line), item;

        if (sv_starts(sv_trim(s), SV("```")))
            fence = !fence;
        else if (fence || !sv_trim(s).n || sv_starts(s, SV("  ")))
            continue;
        else if (!failure_item(s, &item))
            break;
        else if (text->n < FAILURE_TEXT_MAX)
            strbuf_addf(text, "%s%.*s", text->n ? "; " : "", SV_FMT(item));
    }
    return line;
}

/* Lines are looked at, as a label may stand in what Markdown takes for the paragraph before it. */
void failure_finish(struct rb_build *b)
{
    const struct document *d = b->rb->doc;
    size_t heading = 0, part = 0;

    for (size_t n = 1; n <= d->n_lines; n++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
        struct rb_failure *f;
        struct sv label;

        for (; part < b->parts.n && b->parts.v[part].line < n; part++)
            if (b->parts.v[part].kind == PART_SECTION)
                heading = b->parts.v[part].line;
        if (!failure_label(document_line(d, n), &label))
            continue;
        f = vec_add(&b->failures);
        *f = (struct rb_failure){.line = n, .heading_line = heading, .label = label};
        f->end = failure_region(d, n, &text);
        f->text = arena_sv(b->arena, strbuf_sv(&text));
    }
}
