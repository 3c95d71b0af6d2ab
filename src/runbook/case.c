/*
 * case: paragraphs that say when all of their section is done: "Only if the schema changed", "If all else fails:".
 */
#include "base/regex.h"
#include "base/sv.h"
#include "runbook/reader_int.h"
#include "runbook/told_verb.h"

/* "If there are new migrations:" above one block of several is a condition of that one; "Only if ..." is of all. */
static bool case_is_of_block(const struct rb_build *b, const struct md_node *n, struct sv sentence)
{
    const struct md_node *v = b->rb->md.v;
    static const struct sv goes_on[] = {SV("then"),    SV("and"), SV("next"),        SV("after"),
                                        SV("finally"), SV("now"), SV("also"),        SV("dann"),
                                        SV("danach"),  SV("und"), SV("anschließend")};
    uint32_t after = n->next != MD_NONE && v[n->next].kind == MD_CODE ? v[n->next].next : MD_NONE;

    for (size_t i = 0; after != MD_NONE && i < ARRAY_LEN(goes_on); i++)
        if (v[after].kind != MD_PARAGRAPH || sv_starts_nocase(v[after].text, goes_on[i]))
            return false;
    return after != MD_NONE &&
           (sv_starts_nocase(sentence, SV("if ")) || sv_starts_nocase(sentence, SV("when ")) ||
            sv_starts_nocase(sentence, SV("falls ")) || sv_starts_nocase(sentence, SV("wenn "))) &&
           !sv_has_nocase(sentence, SV("all else"));
}

/* "**When:** 7 days after": what is behind the key. */
static bool case_is_when(const struct md_node *n)
{
    size_t end;
    struct sv key = md_leading_strong(n, &end);

    return key.n && told_starts(key, WORDS_HERE("when timing schedule due")) &&
           (sv_ends(key, SV(":")) || (end < n->text.n && n->text.p[end] == ':'));
}

/* "Only when data was damaged. All writes are lost!" right below a heading. */
static bool case_is_only(const struct rb_build *b, const struct md_node *n)
{
    struct sv first = told_first_sentence(n->text);

    return n->before != MD_NONE && b->rb->md.v[n->before].kind == MD_HEADING && !n->n_spans &&
           (sv_starts_nocase(first, SV("only if ")) || sv_starts_nocase(first, SV("only when ")));
}

/*
 * "**Only if data is corrupted**" before the first step of a part, "Run 30 days after Phase 4": when the part
 * is carried out.  A whole way back needs no condition: deciding for it is one.
 */
void case_paragraph(struct rb_build *b, const struct md_node *n)
{
    struct rb_part *p = b->part == RB_NONE ? NULL : build_part(b, b->part);
    bool whole = p && p->role == ROLE_ROLLBACK &&
                 (p->parent == RB_NONE || build_part(b, p->parent)->role != ROLE_ROLLBACK);
    bool when = case_is_when(n), only = case_is_only(b, n);
    struct title t;

    if (!p || p->kind != PART_SECTION || sv_find_byte(sv_trim(n->text), '\n', 0) != SV_NPOS ||
        (b->steps.n && vec_last(&b->steps)->step.part == b->part) ||
        b->steps.n > b->section_steps ||
        !(md_is_all_strong(n) || sv_ends(sv_trim(n->text), SV(":")) || when || only))
        return;
    if ((build_role_acts(p->role) || p->role == ROLE_FOLLOW_UP) &&
        title_due(b->title, n->text, &p->due_ms)) {
        p->later = title_is_not_before(b->title, n->text);
        b->proc = b->part;
        b->host = (struct sv){NULL, 0};
    }
    if (when)
        return; /* any other of these keys is judged with those of its brothers */
    if (regex_has(b->block_patterns[BLOCK_AFTER_UNDO], n->text)) {
        p->role = ROLE_ROLLBACK;
        return;
    }
    title_read(b->title, only ? told_first_sentence(n->text) : n->text, &t);
    if (t.sentence.n && build_role_acts(p->role) && !case_is_of_block(b, n, t.sentence) &&
        !(whole && (!sv_starts_nocase(t.sentence, SV("only")) ||
                    regex_has(b->block_patterns[BLOCK_TROUBLE], t.sentence))))
        p->condition = t.sentence;
}

void case_of_back(struct rb_build *b, size_t from, struct sv label)
{
    while (sv_ends(label, SV(":")))
        label = sv_trim(sv_sub(label, 0, label.n - 1));
    for (size_t i = from; i < b->steps.n; i++)
        if (!b->steps.v[i].step.condition.n)
            b->steps.v[i].step.condition = label;
}
