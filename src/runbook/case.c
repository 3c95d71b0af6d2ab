/*
 * case: paragraphs that say when all of their section is done: "Only if the schema changed", "If all else fails:".
 */
#include "base/regex.h"
#include "base/sv.h"
#include "runbook/clause.h"
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

/* Is there another way back above this part, which is taken without it? */
static bool case_has_way_back(const struct rb_build *b, const struct rb_part *p)
{
    for (const struct rb_part *one = b->parts.v; one < p; one++)
        if (one->kind == PART_SECTION && one->role == ROLE_ROLLBACK)
            return true;
    return false;
}

/* "Only with Ines' OK", "Only for releases with a new schema": and no verb that tells more than that. */
static bool case_is_with(struct sv first)
{
    return sv_starts_nocase(first, SV("only with ")) || sv_starts_nocase(first, SV("only for ")) ||
           sv_starts_nocase(first, SV("only after ")) || sv_starts_nocase(first, SV("only on ")) ||
           sv_starts_nocase(first, SV("only in ")) || sv_starts_nocase(first, SV("only needed ")) ||
           sv_starts_nocase(first, SV("only required "));
}

/* "Only when data was damaged. All writes are lost!" right below a heading. */
static bool case_is_only(const struct rb_build *b, const struct md_node *n)
{
    struct sv first = told_first_sentence(n->text);

    return n->before != MD_NONE && b->rb->md.v[n->before].kind == MD_HEADING &&
           ((!n->n_spans && (sv_starts_nocase(first, SV("only if ")) ||
                             sv_starts_nocase(first, SV("only when ")))) ||
            clause_is_only(first) || case_is_with(first));
}

/* "Se houve migração incompatível:" above a list, "Solo usar si ..." below a heading: in other languages. */
static struct sv case_of_section(const struct rb_build *b, const struct md_node *n, bool only)
{
    struct sv text = sv_trim(n->text), main, when;

    if (!only && (!(sv_ends(text, SV(":")) || sv_ends(text, SV("："))) || n->next == MD_NONE ||
                  b->rb->md.v[n->next].kind != MD_LIST))
        return (struct sv){NULL, 0};
    when = clause_when(only ? told_first_sentence(text) : text, &main);
    return when.n && !main.n ? when : (struct sv){NULL, 0};
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
    struct sv rare;
    struct title t;

    if (!p || p->kind != PART_SECTION || sv_find_byte(sv_trim(n->text), '\n', 0) != SV_NPOS ||
        (b->steps.n && vec_last(&b->steps)->step.part == b->part) ||
        b->steps.n > b->section_steps ||
        !(md_is_all_strong(n) || sv_ends(sv_trim(n->text), SV(":")) ||
          sv_ends(sv_trim(n->text), SV("：")) || when || only))
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
    if (!t.sentence.n)
        t.sentence = case_of_section(b, n, only);
    if (!t.sentence.n && only && case_is_with(n->text))
        t.sentence = told_first_sentence(n->text);
    rare = title_rare(b->title, n->text); /* "**EMERGENCY USE ONLY**" */
    if (rare.n && build_role_acts(p->role) && !p->condition.n &&
        (!whole || case_has_way_back(b, p)))
        p->condition = rare;
    if (t.sentence.n && build_role_acts(p->role) && !case_is_of_block(b, n, t.sentence) &&
        !(whole && (!sv_starts_nocase(t.sentence, SV("only")) ||
                    regex_has(b->block_patterns[BLOCK_TROUBLE], t.sentence))))
        p->condition = t.sentence;
}

/* Is what is told for the case done by the commands below, and nothing else: "call the DBA", "see below", "stop"? */
static bool case_is_done_below(struct sv main, bool english)
{
    static const struct sv others[] = {
        SV("siehe "),     SV("abbrechen"),  SV("abbruch"),   SV("stopp"),      SV("anrufen"),
        SV("melden"),     SV("kontakt"),    SV("informier"), SV("fortfahren"), SV("weiter mit"),
        SV("arrêt"),      SV("contact"),    SV("appel"),     SV("voir "),      SV("continue"),
        SV("passez à"),   SV("préven"),     SV("llame"),     SV("llamar"),     SV("detener"),
        SV("deténgase"),  SV("vaya a"),     SV("ver "),      SV("avise"),      SV("continu"),
        SV("ligue"),      SV("interromp"),  SV("pare "),     SV("vá para"),    SV("prossiga"),
        SV("prosseguir"), SV("中止"),       SV("連絡"),      SV("参照"),       SV("進ま"),
        SV("联系"),       SV("停止"),       SV("参考"),      SV("通知"),       SV("继续"),
        SV("escalate"),   SV("stop here"),  SV("rollback"),  SV("roll back"),  SV("zurückroll"),
        SV("do nothing"), SV("nichts tun"), SV("rien faire")};
    enum told_how how = told_verb(main);

    if (!main.n || REGEX_SAYS_ANY(main, others))
        return false;
    if (how != TOLD_NOT)
        return how == TOLD_BY_ANY && !told_starts(main, WORDS_HERE("wait check repeat"));
    return !english || told_starts(main, WORDS_HERE("follow use do"));
}

/* The environment that one of the groups names; empty: none took part. */
static struct sv case_group(struct sv text, const struct regex_match *g, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (g[i].from != SV_NPOS)
            return sv_sub(text, g[i].from, g[i].to);
    return (struct sv){NULL, 0}; /* uncovered: each way to say it names one */
}

struct sv case_of_place(const struct rb_build *b, struct sv text)
{
    struct regex_match g[5];

    text = sv_trim(text);
    if (!text.n || text.n > LABEL_MAX_BYTES)
        return (struct sv){NULL, 0};
    if (regex_find(b->block_patterns[BLOCK_ONLY_IN], text, 0, g, 5))
        return arena_fmt(b->arena, "for %.*s only", SV_FMT(case_group(text, g, 5)));
    if (!regex_find(b->block_patterns[BLOCK_NOT_IN], text, 0, g, 3))
        return (struct sv){NULL, 0};
    if (g[1].from != SV_NPOS)
        return arena_fmt(b->arena, "not for %.*s", SV_FMT(sv_sub(text, g[1].from, g[1].to)));
    return arena_fmt(b->arena, "as it says: \"%.*s\"", SV_FMT(told_bare(text)));
}

/* "Anything other than 200 → go back:", "Not 200? Go back:": what is seen, before what is done then; empty: the label says no such. */
struct sv case_of_answer(struct sv label)
{
    static const struct sv arrows[] = {SV("→"), SV("->"), SV("=>"), SV("⇒"), SV("?")};
    struct sv before, behind;

    if (!sv_ends(label, SV(":")))
        return (struct sv){NULL, 0};
    for (size_t i = 0; i < ARRAY_LEN(arrows); i++) {
        size_t at = sv_find(label, arrows[i], 0);

        if (at == SV_NPOS)
            continue;
        before = sv_trim(sv_sub(label, 0, at));
        behind = sv_trim(sv_sub(label, at + arrows[i].n, label.n - 1));
        if (before.n && sv_find_byte(before, ' ', 0) < before.n && told_how(behind) != TOLD_NOT &&
            !told_starts(before,
                         WORDS_HERE("step phase stage then next now first finally ready done")))
            return told_last_sentence(before);
    }
    return (struct sv){NULL, 0};
}

/* A sentence of the label that says in which environment, or not in which. */
static struct sv case_of_places(const struct rb_build *b, struct sv label)
{
    enum { LOOK = 4 };
    struct sv one, found = {NULL, 0};

    label = sv_trim(label);
    for (size_t i = 0; i < LOOK && label.n && !found.n; i++) {
        one = told_last_sentence(label);
        found = case_of_place(b, one);
        label = sv_trim(sv_sub(label, 0, (size_t)(one.p - label.p)));
    }
    return found;
}

struct sv case_of_text(struct sv text)
{
    enum { LOOK = 4 }; /* sentences: what is said before them introduces nothing */
    struct sv when, main, one;

    text = sv_trim(text);
    for (size_t i = 0; i < LOOK && text.n; i++) {
        one = told_last_sentence(text);
        when = clause_when(one, &main);
        if (when.n && !main.n && one.n == text.n &&
            !sv_ends(one, SV("."))) /* "**If it goes wrong**" */
            return when;
        if (when.n)
            return case_is_done_below(main, clause_is_english(when)) ? when : (struct sv){NULL, 0};
        if (told_verb(one) != TOLD_NOT)
            break;
        text = sv_trim(sv_sub(text, 0, (size_t)(one.p - text.p)));
    }
    return (struct sv){NULL, 0};
}

/* "If X is enabled, update it." right above the block, but for what a way back is for. */
struct sv case_of_block(const struct rb_build *b, uint32_t index, struct sv label)
{
    const struct md_node *v = b->rb->md.v, *n = &v[b->blocks.v[index].node];
    bool spoken = n->kind == MD_CODE && n->before != MD_NONE && v[n->before].kind == MD_PARAGRAPH;
    struct sv found = spoken ? case_of_text(label) : (struct sv){NULL, 0}, part = {NULL, 0},
              last = told_last_sentence(label);

    int64_t due_ms = 0;
    struct sv place = spoken ? case_of_places(b, label) : (struct sv){NULL, 0};

    if (place.n)
        return place;
    if (spoken && !case_is_when(&v[n->before]) && title_is_not_before(b->title, last) &&
        title_due(b->title, last, &due_ms) &&
        due_ms >= INT64_C(3600000)) /* "Disable the old key - not before 7 days have passed" */
        return arena_fmt(b->arena, "as it says: \"%.*s\"", SV_FMT(told_bare(sv_trim(last))));
    if (spoken && clause_leaves_out(last))
        return arena_fmt(b->arena, "as it says: \"%.*s\"", SV_FMT(told_bare(sv_trim(last))));

    if (b->part != RB_NONE && b->parts.v[b->part].kind == PART_ITEM)
        part = b->parts.v[b->part].condition;
    if ((part.n && (sv_has(found, part) || sv_has(part, found))) ||
        (build_role(b) == ROLE_ROLLBACK && regex_has(b->block_patterns[BLOCK_TROUBLE], found)))
        return (struct sv){NULL, 0};
    return otherwise_condition(b, found);
}

/* Is there nothing to do yet in the section? */
static bool case_begins(const struct rb_build *b, const struct rb_part *p)
{
    return p->kind == PART_SECTION && b->steps.n == b->section_steps && b->section != RB_NONE;
}

void case_left_out(struct rb_build *b, const struct md_node *n)
{
    struct rb_part *p = b->part == RB_NONE ? NULL : build_part(b, b->part);
    struct sv one = clause_unmarked(told_callout(n->text));
    uint32_t before = n->before;

    if (!p || (p->level == 1 && p->kind == PART_SECTION) || !build_role_acts(p->role) ||
        n->text.n > EXPECT_MAX_BYTES || !clause_leaves_out(one))
        return;
    one = arena_fmt(b->arena, "as it says: \"%.*s\"", SV_FMT(told_bare(sv_trim(one))));
    if (p->kind != PART_SECTION || case_begins(b, p)) {
        if (!p->condition.n)
            p->condition = one;
        return;
    }
    if (before == MD_NONE || b->rb->md.v[before].kind != MD_CODE) {
        otherwise_remark(b, n->line, n->text);
        return;
    }
    for (size_t i = b->block_steps; i < b->steps.n; i++) /* of the block above it */
        if (!b->steps.v[i].step.condition.n)
            b->steps.v[i].step.condition = one;
}

void case_of_back(struct rb_build *b, size_t from, struct sv label)
{
    while (sv_ends(label, SV(":")))
        label = sv_trim(sv_sub(label, 0, label.n - 1));
    for (size_t i = from; i < b->steps.n; i++)
        if (!b->steps.v[i].step.condition.n)
            b->steps.v[i].step.condition = label;
}
