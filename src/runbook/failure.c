/*
 * failure: what the document says to do when something fails: "**If Tests Fail**:" and what hangs on it.
 */
#include "base/sv.h"
#include "runbook/reader_int.h"

#define FAILURE_TEXT_MAX 400u /* of the items' words: more is read in the document */
#define FAILURE_LINES \
    300u /* hang on one label at most: labels in each other's reach are not read to the end each */

#define FAILURE_NUMBERED_MAX 256u /* each is looked for among all steps */
#define FAILURE_CASE_MAX     120u /* of "If step 7 fails on one of the nodes" */

/* "If step 7 fails": the number; empty: it names none. */
static struct sv failure_number(struct sv s)
{
    static const struct sv fronts[] = {SV("if step "),    SV("should step "),   SV("when step "),
                                       SV("if phase "),   SV("falls schritt "), SV("wenn schritt "),
                                       SV("si l'étape "), SV("si l’étape "),    SV("si el paso "),
                                       SV("se o passo ")};
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_LEN(fronts); i++)
        if (sv_eat_nocase(&s, fronts[i])) {
            while (n < s.n && (ascii_is_digit(s.p[n]) || (s.p[n] == '.' && n > 0 && n + 1 < s.n &&
                                                          ascii_is_digit(s.p[n + 1]))))
                n++;
            return sv_sub(s, 0, n);
        }
    return (struct sv){NULL, 0};
}

static bool failure_says_so(struct sv s)
{
    static const struct sv words[] = {SV("fail"),  SV("goes wrong"), SV("scheiter"), SV("fehlschl"),
                                      SV("échou"), SV("falla"),      SV("falhar")};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (sv_has_nocase(s, words[i]))
            return true;
    return false;
}

bool runbook_says_failure(struct sv text)
{
    static const struct sv words[] = {SV("insufficient"), SV("not sufficient"), SV("not enough"),
                                      SV("not work"),     SV("n't work"),       SV("unsuccessful"),
                                      SV("reicht nicht"), SV("nicht reicht")};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (sv_has_nocase(text, words[i]))
            return true;
    return failure_says_so(text);
}

/* "**If Tests Fail**:", "**On failure:**", "**If step 7 fails:** `undo`": with what stands behind it. */
static bool failure_bold(struct sv s, struct rb_failure *f)
{
    size_t end = sv_find(s, SV("**"), 0);
    struct sv after = end == SV_NPOS ? (struct sv){"", 0} : sv_sub(s, end + 2, s.n);

    s = sv_sub(s, 0, end);
    if (!(sv_starts_nocase(s, SV("if ")) && sv_has_nocase(s, SV("fail"))) &&
        !sv_starts_nocase(s, SV("on failure")) && !(failure_number(s).n && failure_says_so(s)))
        return false;
    (void)sv_eat(&after, SV(":"));
    f->number = failure_number(s);
    f->label = sv_ends(s, SV(":")) ? sv_sub(s, 0, s.n - 1) : s;
    f->text = sv_trim(after);
    return true;
}

/* "Abort: if step 4 fails for any study, fail back": a step by its number, and what is done in the same line. */
static bool failure_sentence(struct sv s, struct rb_failure *f)
{
    size_t key = sv_find_byte(sv_sub(s, 0, 24), ':', 0), end;

    if (key != SV_NPOS && !failure_number(s).n)
        s = sv_trim(sv_sub(s, key + 1, s.n));
    f->number = failure_number(s);
    if (!f->number.n)
        return false;
    end = size_min(sv_find_byte(sv_sub(s, 0, FAILURE_CASE_MAX), ',', 0),
                   sv_find_byte(sv_sub(s, 0, FAILURE_CASE_MAX), ':', 0));
    if (end == SV_NPOS || !failure_says_so(sv_sub(s, 0, end)))
        return false;
    f->label = sv_sub(s, 0, end);
    f->text = sv_trim(sv_sub(s, end + 1, s.n));
    return f->text.n > 0;
}

/* *f: label, number, and what stands behind it in its line; *bold: more may hang on it. */
static bool failure_label(struct sv line, struct rb_failure *f, bool *bold)
{
    struct sv s = sv_trim(line);

    while (sv_eat(&s, SV("> ")) || sv_eat(&s, SV("- ")) || sv_eat(&s, SV("* ")))
        s = sv_trim(s);
    *bold = sv_eat(&s, SV("**"));
    return *bold ? failure_bold(s, f) : failure_sentence(s, f);
}

bool failure_is_told(struct sv text)
{
    struct rb_failure f;
    struct sv line = {NULL, 0};

    return sv_next_line(&text, &line) && !sv_trim(text).n && failure_sentence(sv_trim(line), &f);
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

/* What hangs on a label, tight: without an empty line: items, what is indented under them, a fence.  The line after it; `text` gets the items. */
static size_t failure_region(const struct document *d, size_t line, struct strbuf *text, bool tight)
{
    size_t last = size_min(d->n_lines, line + FAILURE_LINES);
    bool fence = false;

    while (++line <= last) {
        struct sv s = document_line(d, line), item;

        if (sv_starts(sv_trim(s), SV("```")))
            fence = !fence;
        else if (fence || (!sv_trim(s).n && !tight) || sv_starts(s, SV("  ")))
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
    size_t heading = 0, part = 0, numbered = 0;

    for (size_t n = 1; n <= d->n_lines; n++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
        struct rb_failure one = {0}, *f;
        bool bold;

        for (; part < b->parts.n && b->parts.v[part].line < n; part++)
            if (b->parts.v[part].kind == PART_SECTION)
                heading = b->parts.v[part].line;
        if (!failure_label(document_line(d, n), &one, &bold) ||
            (one.number.n && numbered++ >= FAILURE_NUMBERED_MAX))
            continue;
        f = vec_add(&b->failures);
        *f = one;
        f->line = n;
        f->heading_line = heading;
        strbuf_add_sv(&text, sv_sub(one.text, 0, FAILURE_TEXT_MAX));
        f->end = bold ? failure_region(d, n, &text, one.text.n > 0) : n + 1;
        f->text = arena_sv(b->arena, strbuf_sv(&text));
    }
}
