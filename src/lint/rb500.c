#include "base/sv.h"
#include "lint/lint_util.h"

struct rb500_said {
    size_t line;
    uint32_t chapter;
    double hi;
    bool window; /* a maintenance window, without a number */
};
typedef VEC(struct rb500_said) rb500_list;

static bool rb500_read(struct sv line, struct rb500_said *s)
{
    size_t at = sv_find_nocase(line, SV("downtime"), 0);
    double lo;

    if (at == SV_NPOS) {
        s->window = sv_has_nocase(line, SV("during maintenance window")) ||
                    sv_has_nocase(line, SV("brief maintenance window"));
        s->hi = 1;
        return s->window;
    }
    if (sv_has_nocase(line, SV("zero-downtime")) || sv_has_nocase(line, SV("zero downtime")) ||
        sv_has_nocase(line, SV("no downtime"))) {
        s->hi = 0;
        return true;
    }
    return lint_duration(sv_sub(line, at + 8, line.n), &lo, &s->hi) ||
           lint_duration(sv_trim_left(sv_sub(line,
                                             sv_find_byte(line, ':', at) == SV_NPOS
                                                 ? line.n
                                                 : sv_find_byte(line, ':', at) + 1,
                                             line.n)),
                         &lo, &s->hi);
}

static void rb500_take(struct lint *l, rb500_list *list, uint32_t part, size_t n)
{
    CLEANUP(strbuf_release) struct strbuf plain = STRBUF(0);
    struct rb500_said s = {.line = n, .chapter = lint_chapter(l, part)};
    struct sv line = document_line(l->rb->doc, n);

    for (size_t i = 0; i < line.n; i++)
        if (line.p[i] != '*' && line.p[i] != '_')
            strbuf_add_byte(&plain, line.p[i]);
    if (rb500_read(strbuf_sv(&plain), &s))
        *vec_add(list) = s;
}

/* Lines that speak of downtime, or of a window for it, in order. */
static void rb500_collect(struct lint *l, rb500_list *list)
{
    size_t down = 0, window = 0, p = 0;
    bool more_down = lint_next_line_with(l, SV("downtime"), &down);
    bool more_window = lint_next_line_with(l, SV("maintenance window"), &window);
    uint32_t part = RB_NONE;

    while (more_down || more_window) {
        size_t n = !more_window || (more_down && down <= window) ? down : window;

        for (; p < l->rb->n_parts && l->rb->parts[p].line <= n; p++)
            part = (uint32_t)p;
        rb500_take(l, list, part, n);
        if (more_down && down == n)
            more_down = lint_next_line_with(l, SV("downtime"), &down);
        if (more_window && window == n)
            more_window = lint_next_line_with(l, SV("maintenance window"), &window);
    }
}

static bool rb500_whole(const struct lint *l, const struct rb500_said *s)
{
    return s->chapter == RB_NONE || l->rb->parts[s->chapter].level < 2 ||
           l->rb->parts[s->chapter].role == ROLE_NONE;
}

/* Is there a line above it, of the whole document or of its chapter, that promises none? */
static const struct rb500_said *rb500_promise(const struct lint *l, const rb500_list *list,
                                              const struct rb500_said *some)
{
    for (const struct rb500_said *none = list->v; none < some; none++)
        if (none->hi <= 0 && (none->chapter == some->chapter || rb500_whole(l, none)))
            return none;
    return NULL;
}

static void rb500_check(struct lint *l, const struct lint_rule *rule)
{
    rb500_list list = {0};
    const struct rb500_said *told = NULL;

    rb500_collect(l, &list);
    for (size_t i = 0; i < list.n; i++) {
        const struct rb500_said *some = &list.v[i], *none = rb500_promise(l, &list, some);

        if (some->hi <= 0 || !none || (told && told->chapter == some->chapter))
            continue;
        told = some; /* one for a chapter */
        lint_add(l, rule, some->line, (struct sv){NULL, 0},
                 "line %zu says that there is no downtime", none->line);
    }
    vec_release(&list);
}

const struct lint_rule lint_rb500 = {
    .id = "RB500",
    .severity = LINT_WARNING,
    .title = "downtime that is told in two ways",
    .why = "Users are told none, and get some; or the window is shorter than the work.",
    .mend = "decide it once, at the top, and let the other places agree",
    .check = rb500_check,
};
