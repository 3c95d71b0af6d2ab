/*
 * sign: blanks to sign on: `**DevOps Lead**: ____ Date: ____`, "Approved by: ______", a table of people.
 */
#include <string.h>

#include "base/regex.h"
#include "base/sv.h"
#include "runbook/reader_int.h"

/* What is filled in beside a signature. */
static bool sign_is_date(struct sv key)
{
    static const struct sv words[] = {SV("date"), SV("time"),  SV("datum"),     SV("uhrzeit"),
                                      SV("name"), SV("title"), SV("signature"), SV("unterschrift"),
                                      SV("日付"), SV("署名")};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (sv_starts_nocase(key, words[i]))
            return true;
    return false;
}

static void sign_add(struct rb_build *b, size_t line, struct sv name)
{
    struct rb_draft *d;

    *vec_add(&b->signers) = (struct rb_signer){.line = line, .part = b->part, .name = name};
    d = build_step(b, STEP_APPROVAL, line, name);
    d->step.part = b->part;
}

/* The name before a blank of underscores at `blank`: after the field before it, without the colon. */
static struct sv sign_key(struct sv line, size_t from, size_t blank)
{
    struct sv key = sv_trim(sv_sub(line, from, blank));

    while (key.n && strchr(":-*|", key.p[key.n - 1]))
        key = sv_trim(sv_sub(key, 0, key.n - 1));
    while (key.n && strchr("-*|:,;", *key.p))
        key = sv_trim(sv_sub(key, 1, key.n));
    return key;
}

static bool sign_line(struct rb_build *b, struct sv line, size_t number)
{
    bool found = false;
    size_t from = 0, at;

    while ((at = sv_find(line, SV("___"), from)) != SV_NPOS) {
        struct sv key = sign_key(line, from, at);

        while (at < line.n && line.p[at] == '_')
            at++;
        from = at;
        if (!key.n || key.n > 80 || sign_is_date(key) ||
            !(build_role(b) == ROLE_SIGN_OFF || regex_has(b->block_patterns[BLOCK_SIGNER], key)))
            continue;
        sign_add(b, number, key);
        found = true;
    }
    return found;
}

bool sign_read(struct rb_build *b, const struct md_node *n)
{
    struct sv rest = n->text, line;
    bool found = false;
    size_t number = n->line;

    while (sv_next_line(&rest, &line))
        found |= sign_line(b, line, number++);
    return found;
}

void sign_heading(struct rb_build *b, const struct md_node *n)
{
    struct sv text = sv_trim(n->text), inner;
    size_t open = sv_ends(text, SV(")")) ? sv_find(text, SV(" ("), 0) : SV_NPOS;

    if (open == SV_NPOS || !build_role_acts(build_role(b)))
        return;
    inner = sv_sub(text, open + 2, text.n - 1);
    if (title_is_approval(b->title, inner))
        (void)build_step(b, STEP_APPROVAL, n->line, text);
}

/* --- tables --- */

static bool sign_is_column(struct sv head)
{
    static const struct sv words[] = {SV("signature"), SV("signed"),   SV("approved"),
                                      SV("approval"),  SV("sign-off"), SV("unterschrift"),
                                      SV("freigabe"),  SV("署名"),     SV("承認")};

    return REGEX_SAYS_ANY(head, words);
}

/* A section whose heading says nothing, and that begins with signatures, is for them. */
static void sign_section(struct rb_build *b)
{
    struct rb_part *p = b->part == RB_NONE ? NULL : build_part(b, b->part);

    if (p && p->role == ROLE_NONE && p->kind == PART_SECTION && p->level > 1 &&
        (!b->steps.n || vec_last(&b->steps)->step.line < p->line))
        p->role = ROLE_SIGN_OFF;
}

bool sign_table(struct rb_build *b, uint32_t node)
{
    const struct md_node *v = b->rb->md.v;
    uint32_t row = v[node].first;
    bool signs = build_role(b) == ROLE_SIGN_OFF;

    for (uint32_t c = v[row].first; c != MD_NONE; c = v[c].next)
        signs |= sign_is_column(v[c].text);
    if (!signs)
        return false;
    sign_section(b);
    for (row = v[row].next; row != MD_NONE; row = v[row].next)
        if (v[row].first != MD_NONE && sv_trim(v[v[row].first].text).n)
            sign_add(b, v[row].line, sv_trim(v[v[row].first].text));
    return true;
}
