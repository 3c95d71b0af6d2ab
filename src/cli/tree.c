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

static void tree_title(const struct plan_part *p, bool lines, struct strbuf *out)
{
    size_t depth = tree_depth(p->id);
    enum term_style style = depth ? TERM_PLAIN : TERM_HEAD;
    CLEANUP(strbuf_release) struct strbuf title = STRBUF(0);

    if (depth == 0)
        strbuf_add_byte(out, '\n');
    strbuf_add_n(out, ' ', 2 * depth);
    plan_add_number(p, &title);
    strbuf_add_sv(&title, p->title);
    term_add(out, style, strbuf_sv(&title));
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
