#include "cli/show_diff.h"

#include "base/sv.h"
#include "base/text.h"
#include "cli/term.h"

static bool diff_has_line(struct sv text, struct sv wanted)
{
    struct sv line;

    while (sv_next_line(&text, &line))
        if (sv_eq(line, wanted))
            return true;
    return false;
}

/* The lines of a text that the other has not, with the mark before them. */
static void diff_lines(struct strbuf *out, const char *mark, enum term_style style, struct sv text,
                       struct sv other)
{
    struct sv line;

    while (sv_next_line(&text, &line)) {
        CLEANUP(strbuf_release) struct strbuf clean = STRBUF(0);

        if (diff_has_line(other, line))
            continue;
        text_add_line(&clean, line);
        term_addf(out, style, "%s%s", mark, strbuf_str(&clean));
        strbuf_add_byte(out, '\n');
    }
}

/* The same lines in another order: then all of them are shown. */
static bool diff_same_lines(struct sv a, struct sv b)
{
    struct sv rest = a, line;

    while (sv_next_line(&rest, &line))
        if (!diff_has_line(b, line))
            return false;
    while (sv_next_line(&b, &line))
        if (!diff_has_line(a, line))
            return false;
    return true;
}

static void diff_member(const struct plan_change_member *m, struct strbuf *out)
{
    CLEANUP(strbuf_release) struct strbuf name = STRBUF(0);
    bool all = diff_same_lines(m->before, m->after);
    struct sv none = {NULL, 0};

    text_add_line(&name, m->name);
    term_addf(out, TERM_DIM, "    %s\n", strbuf_str(&name));
    diff_lines(out, "      - ", TERM_BAD, m->before, all ? none : m->after);
    diff_lines(out, "      + ", TERM_GOOD, m->after, all ? none : m->before);
}

static void diff_change(const struct plan_change *c, struct strbuf *out)
{
    static const struct {
        const char *mark, *text_mark;
        enum term_style style;
    } rows[] = {[CHANGE_ADDED] = {"+ ", "    + ", TERM_GOOD},
                [CHANGE_REMOVED] = {"- ", "    - ", TERM_BAD},
                [CHANGE_CHANGED] = {"~ ", "      ", TERM_WARN}};
    CLEANUP(strbuf_release) struct strbuf name = STRBUF(0);

    text_add_line(&name, c->name);
    term_addf(out, rows[c->kind].style, "%s", rows[c->kind].mark);
    strbuf_addf(out, "%s %s %s\n", c->what, strbuf_str(&name), plan_change_name(c->kind));
    if (c->kind != CHANGE_CHANGED)
        diff_lines(out, rows[c->kind].text_mark, rows[c->kind].style, c->text,
                   (struct sv){NULL, 0});
    for (size_t i = 0; i < c->members.n; i++)
        diff_member(&c->members.v[i], out);
}

void show_diff(const struct plan_diff *d, struct strbuf *out)
{
    size_t n[CHANGE__N] = {0};

    for (size_t i = 0; i < d->changes.n; i++) {
        diff_change(&d->changes.v[i], out);
        n[d->changes.v[i].kind]++;
    }
    if (d->changes.n)
        strbuf_addf(out, "\n%zu added, %zu removed, %zu changed", n[CHANGE_ADDED],
                    n[CHANGE_REMOVED], n[CHANGE_CHANGED]);
    else
        term_add(out, TERM_GOOD, SV("no difference"));
    if (d->moved)
        strbuf_addf(out, "; %zu entr%s on another line", d->moved,
                    d->moved == 1 ? "y stands" : "ies stand");
    strbuf_add_byte(out, '\n');
}
