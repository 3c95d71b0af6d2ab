/*
 * repeats: "Same as step 3", above a command of the way back: it is the command of that step, and so it is done where that one is
 * done, though nothing here says where.
 */
#include "base/sv.h"
#include "runbook/reader_int.h"

/* "Same as step 1.2", "as in Step 3:", "repeat step 4": the number, empty: none. */
static struct sv repeats_number(struct sv line)
{
    static const struct sv words[] = {SV("same as step "), SV("same as in step "),
                                      SV("as in step "),   SV("like step "),
                                      SV("like in step "), SV("repeat step ")};
    struct sv number = SV("");

    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        size_t at = sv_find_nocase(line, words[i], 0), n = 0;

        if (at == SV_NPOS)
            continue;
        line = sv_sub(line, at + words[i].n, line.n);
        while (n < line.n && (ascii_is_digit(line.p[n]) || line.p[n] == '.'))
            n++;
        number = sv_sub(line, 0, n);
        while (number.n && number.p[number.n - 1] == '.')
            number.n--;
        break;
    }
    return number;
}

static bool repeats_is_below(const struct rb_build *b, uint32_t part, uint32_t top)
{
    while (part != RB_NONE && part != top)
        part = b->parts.v[part].parent;
    return part == top;
}

/* Does a part of the way forward with this number have the step? */
static bool repeats_has(const struct rb_build *b, const struct rb_step *s, struct sv number)
{
    for (uint32_t p = 0; p < b->parts.n; p++)
        if (b->parts.v[p].role != ROLE_ROLLBACK && sv_eq(b->parts.v[p].number, number) &&
            repeats_is_below(b, s->part, p))
            return true;
    return false;
}

/* Where the step with this number is done: the same command first, else all of its commands; empty: here, or in several places. */
static struct sv repeats_host(const struct rb_build *b, const struct rb_step *back,
                              struct sv number)
{
    struct sv host = SV("");
    bool several = false;

    for (size_t i = 0; i < b->rb->n_steps; i++) {
        const struct rb_step *s = &b->rb->steps[i];

        if (!s->host.n || s->part == RB_NONE || b->parts.v[s->part].role == ROLE_ROLLBACK ||
            !repeats_has(b, s, number))
            continue;
        if (sv_eq(s->text, back->text))
            return s->host;
        several |= host.n && !sv_eq(host, s->host);
        host = s->host;
    }
    return several ? SV("") : host;
}

/* What is said from the one line to before the other. */
static struct sv repeats_said(const struct rb_build *b, size_t from, size_t to)
{
    struct sv number = SV("");

    for (size_t line = from; line < to; line++) {
        struct sv found = repeats_number(document_line(b->rb->doc, line));

        if (found.n)
            number = found;
    }
    return number;
}

/* Where what is said of a step begins: behind the step before, or at the heading. */
static size_t repeats_from(const struct rb_step *s, size_t i, const struct rb_part *part)
{
    return i > 0 && s[-1].part == s->part && s[-1].end_line >= part->line ? s[-1].end_line + 1
                                                                          : part->line;
}

void repeats_finish(struct rb_build *b)
{
    struct sv above = SV(""); /* said above the block of the step before */
    uint32_t block = RB_NONE;

    for (size_t i = 0; i < b->rb->n_steps; i++) {
        struct rb_step *s = &b->rb->steps[i];
        const struct rb_part *part = s->part == RB_NONE ? NULL : &b->parts.v[s->part];
        struct sv number;
        size_t from;

        if (!part || part->role != ROLE_ROLLBACK || s->block == RB_NONE ||
            (s->kind != STEP_SHELL && s->kind != STEP_SQL))
            continue;
        from = repeats_from(s, i, part);
        if (s->block != block)
            above = repeats_said(b, from, b->blocks.v[s->block].line);
        block = s->block;
        number = repeats_said(b, from, s->end_line + 1);
        if (!number.n)
            number = above;
        if (number.n && !s->host.n)
            s->host = repeats_host(b, s, number);
    }
}

bool told_again(struct rb_build *b, const struct md_node *n)
{
    static const struct sv fronts[] = {
        SV("same as "), SV("same, "),    SV("same procedure"), SV("same steps"), SV("as above"),
        SV("as in "),   SV("as for "),   SV("as with "),       SV("as on "),     SV("like above"),
        SV("likewise"), SV("ditto"),     SV("wie oben"),       SV("wie in "),    SV("dasselbe"),
        SV("idem"),     SV("comme "),    SV("igual que"),      SV("igual a"),    SV("lo mismo"),
        SV("o mesmo"),  SV("jak wyżej"), SV("同上"),           SV("同様に"),     SV("то же ")};
    const struct md_node *next = n->next == MD_NONE ? NULL : &b->rb->md.v[n->next];
    struct sv text = sv_trim(n->text), said = text, host;

    if (where_read(text, &host) == WHERE_ONCE) /* "On pg1: as for the standbys." */
        said = sv_trim(sv_sub(text, sv_find(text, SV(": "), 0) + 1, text.n));
    if (!told_acts(b) || b->quoted || text.n > 160 || n->parent != 0 || b->part == RB_NONE ||
        n->before == MD_NONE || b->rb->md.v[n->before].kind != MD_HEADING ||
        (next && next->kind != MD_HEADING && next->kind != MD_PARAGRAPH))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(fronts); i++)
        if (sv_starts_nocase(said, fronts[i])) {
            (void)build_step(b, STEP_MANUAL, n->line,
                             arena_fmt(b->arena, "%.*s: %.*s",
                                       SV_FMT(build_part(b, b->part)->title), SV_FMT(text)));
            return true;
        }
    return false;
}
