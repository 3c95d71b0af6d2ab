#include "cli/tree.h"

#include "base/sv.h"

size_t tree_depth(struct sv part)
{
    size_t n = 0;

    for (size_t i = 0; i < part.n; i++)
        n += part.p[i] == '/';
    return n;
}

static bool tree_stands(struct sv shown, struct sv part)
{
    return sv_starts(shown, part) && (shown.n == part.n || (part.n && shown.p[part.n] == '/'));
}

/* "Phase 1: Enter maintenance", "1.2 Drain": the number as the document has it. */
static void tree_title(const struct plan_part *p, bool lines, struct strbuf *out)
{
    size_t depth = tree_depth(p->id);
    enum term_style style = depth ? TERM_PLAIN : TERM_HEAD;
    struct sv number = p->number;

    if (depth == 0)
        strbuf_add_byte(out, '\n');
    strbuf_add_n(out, ' ', 2 * depth);
    if (sv_eat(&number, SV("phase-")))
        term_addf(out, style, "Phase %.*s: ", SV_FMT(number));
    else if (number.n)
        term_addf(out, style, "%.*s ", SV_FMT(number));
    term_add(out, style, p->title);
    if (lines)
        term_addf(out, TERM_DIM, "  line %zu", p->line);
    strbuf_add_byte(out, '\n');
}

void tree_titles(const struct plan *p, struct sv *shown, struct sv part, bool lines,
                 struct strbuf *out)
{
    for (size_t end = 0; end <= part.n; end++) {
        struct sv id = sv_sub(part, 0, end);
        const struct plan_part *pp;

        if ((end < part.n && part.p[end] != '/') || tree_stands(*shown, id))
            continue;
        pp = plan_part(p, id);
        if (pp)
            tree_title(pp, lines, out);
    }
    *shown = part;
}
