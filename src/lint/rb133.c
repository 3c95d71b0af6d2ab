#include "base/sv.h"
#include "lint/lint_util.h"

struct rb133_seen {
    size_t staging, production, on, off;
    struct sv name, value;
};

/* What the words of a comment, a host or an assignment say of where this goes. */
static void rb133_words(struct sv text, bool *staging, bool *production)
{
    *staging = sv_has_word(text, SV("staging"));
    *production = sv_has_word(text, SV("production"));
}

static struct sv rb133_target(const struct lint_cmd *c)
{
    if (c->whole->n_assigns)
        return c->whole->assigns[0].raw;
    if (c->host.n)
        return c->host;
    for (size_t i = 1; i < c->run.n_words; i++)
        if (sv_has(c->run.words[i].raw, SV(":/")))
            return c->run.words[i].raw;
    return (struct sv){NULL, 0};
}

/* export FLAG=true ... restart ... export FLAG=false ... restart */
static bool rb133_turns(struct rb133_seen *seen, const struct lint_cmd *c)
{
    struct sv a = c->whole->n_assigns ? c->whole->assigns[0].raw : (struct sv){NULL, 0};
    size_t eq = sv_find_byte(a, '=', 0);
    struct sv name, value;

    if (eq == SV_NPOS) {
        seen->on |= (c->acts & (ACT_RESTART | ACT_START)) && seen->name.n;
        return false;
    }
    name = sv_sub(a, 0, eq);
    value = sv_sub(a, eq + 1, a.n);
    if (seen->on && sv_eq(name, seen->name) && !sv_eq(value, seen->value))
        return true;
    seen->on = 0;
    seen->name = name;
    seen->value = value;
    return false;
}

static void rb133_cmd(struct lint *l, const struct lint_rule *rule, struct rb133_seen *seen,
                      const struct lint_cmd *c, bool *told)
{
    bool s1, p1, s2, p2;

    rb133_words(c->note, &s1, &p1);
    rb133_words(rb133_target(c), &s2, &p2);
    if (c->acts || c->whole->n_assigns) {
        seen->staging = (s1 || s2) && !(p1 || p2) ? c->line : seen->staging;
        seen->production = (p1 || p2) && !(s1 || s2) ? c->line : seen->production;
    }
    if (!told[0] && seen->staging && seen->production) {
        lint_add(l, rule, c->line, c->run.n_words ? lint_first(c) : c->item->text,
                 "production (line %zu) and staging (line %zu) in one block", seen->production,
                 seen->staging);
        told[0] = true;
    }
    if (!told[1] && rb133_turns(seen, c)) {
        lint_add(l, rule, c->line, c->whole->assigns[0].raw,
                 "the block takes back what it did: %.*s", SV_FMT(c->whole->assigns[0].raw));
        told[1] = true;
    }
}

static void rb133_check(struct lint *l, const struct lint_rule *rule)
{
    struct rb133_seen seen = {0};
    const struct rb_block *block = NULL;
    bool told[2] = {false, false};

    LINT_EACH_CMD (l, c) {
        if (!c->block)
            continue;
        if (c->block != block) {
            block = c->block;
            seen = (struct rb133_seen){0};
            told[0] = told[1] = false;
        }
        rb133_cmd(l, rule, &seen, c, told);
    }
}

const struct lint_rule lint_rb133 = {
    .id = "RB133",
    .severity = LINT_WARNING,
    .title = "two directions in one block",
    .why = "One paste deploys to staging and production, or deploys and takes it back: there is "
           "no place to stop in between.",
    .mend = "one block for each environment and one for the way back, with what must hold before "
            "each",
    .check = rb133_check,
};
