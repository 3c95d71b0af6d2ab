/*
 * often: "Weekly", "every 2nd Friday", "Frequency: once a month": what is done again and again is no part of this run, unless
 * somebody says so.
 */
#include <string.h>

#include "base/regex.h"
#include "base/sv.h"
#include "runbook/reader_int.h"

static struct sv often_condition(struct rb_build *b, struct sv often)
{
    return arena_fmt(b->arena, "as planned: %.*s", SV_FMT(often));
}

struct sv often_of_title(struct rb_build *b, const struct title *t, enum rb_part_kind kind)
{
    struct sv rest, often = t->often;

    if (!often.n && kind == PART_SECTION)
        often = title_often(b->title, t->text, &rest).n ? t->text : often;
    else if (!often.n && title_often(b->title, t->text, &rest).n && rest.n &&
             (strchr(":,-", *rest.p) || sv_starts(rest, SV("–")) || sv_starts(rest, SV("—"))))
        often = title_often(b->title, t->text, &rest); /* "weekly: `x`" */
    return often.n ? often_condition(b, often) : (struct sv){NULL, 0};
}

/* "With each release", "always": in this run, too. */
static bool often_is_each_time(struct sv text)
{
    static const struct sv words[] = {SV("release"), SV("deploy"),   SV("always"),  SV("upgrade"),
                                      SV("immer"),   SV("toujours"), SV("siempre"), SV("sempre"),
                                      SV("zawsze"),  SV("毎回"),     SV("每次")};

    return REGEX_SAYS_ANY(text, words);
}

bool often_heads(struct sv head)
{
    static const struct sv words[] = {
        SV("frequency"),     SV("how often"),     SV("interval"),      SV("periodicity"),
        SV("recurrence"),    SV("cadence"),       SV("when"),          SV("schedule"),
        SV("häufigkeit"),    SV("intervall"),     SV("turnus"),        SV("rhythmus"),
        SV("wann"),          SV("fréquence"),     SV("périodicité"),   SV("quand"),
        SV("frecuencia"),    SV("periodicidad"),  SV("cuándo"),        SV("frequência"),
        SV("periodicidade"), SV("quando"),        SV("częstotliwość"), SV("kiedy"),
        SV("частота"),       SV("периодичность"), SV("когда"),         SV("頻度"),
        SV("周期"),          SV("频率"),          SV("주기"),          SV("빈도")};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (sv_eq_nocase(sv_trim(head), words[i]))
            return true;
    return false;
}

struct sv often_of_cell(struct rb_build *b, struct sv cell)
{
    struct sv text = sv_trim(cell), rest;
    int64_t ms;
    struct title t;

    if (text.n < 2 || often_is_each_time(text))
        return (struct sv){NULL, 0};
    if (title_often(b->title, text, &rest).n)
        return often_condition(b, text);
    title_read(b->title, text, &t);
    if (t.sentence.n || (title_due(b->title, text, &ms) && ms >= INT64_C(3600000)))
        return text; /* "if it is broken", "a week after" */
    return (struct sv){NULL, 0};
}

/* "Yearly, or when somebody leaves." right below the heading of a section. */
void often_paragraph(struct rb_build *b, const struct md_node *n)
{
    struct rb_part *p = b->part == RB_NONE ? NULL : build_part(b, b->part);
    struct sv rest, first;

    if (!p || p->kind != PART_SECTION || p->level < 2 || p->condition.n ||
        !build_role_acts(p->role) || p->role == ROLE_ROLLBACK || n->before == MD_NONE ||
        b->rb->md.v[n->before].kind != MD_HEADING)
        return;
    first = told_first_sentence(sv_trim(n->text));
    if (title_often(b->title, first, &rest).n && !often_is_each_time(first) &&
        first.n <= LABEL_MAX_BYTES)
        p->condition = often_condition(b, first);
}
