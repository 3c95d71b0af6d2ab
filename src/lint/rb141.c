#include "base/sv.h"
#include "lint/lint_util.h"

struct rb141_set {
    const struct rb_block *block;
    size_t line;
    enum rb_role role;
    VEC(struct sv) units;
};
typedef VEC(struct rb141_set) rb141_sets;

static bool rb141_has(const struct rb141_set *s, struct sv unit)
{
    for (size_t i = 0; i < s->units.n; i++)
        if (sv_eq(s->units.v[i], unit))
            return true;
    return false;
}

/* "web-3" is one of "web": the name before the number. */
static struct sv rb141_stem(struct sv unit)
{
    size_t n = unit.n;

    while (n > 0 && (ascii_is_digit(unit.p[n - 1]) || unit.p[n - 1] == '*'))
        n--;
    return n < unit.n && n > 1 && (unit.p[n - 1] == '-' || unit.p[n - 1] == '@')
               ? sv_sub(unit, 0, n - 1)
               : unit;
}

/* The longest front that two names share, up to a '-': what belongs together. */
static bool rb141_related(struct sv a, struct sv b)
{
    size_t i = 0;

    while (i < a.n && i < b.n && a.p[i] == b.p[i])
        i++;
    return i > 1 && sv_find_byte(sv_sub(a, 0, i), '-', 0) != SV_NPOS;
}

static void rb141_add(struct rb141_set *set, struct sv unit)
{
    if (!rb141_has(set, unit))
        *vec_add(&set->units) = unit;
}

/* systemctl restart shop-web shop-worker: all of them. */
static void rb141_add_all(struct rb141_set *set, const struct lint_cmd *c)
{
    bool units = false;

    rb141_add(set, c->unit);
    for (size_t i = 1; i < c->run.n_words; i++) {
        struct sv word = lint_word_text(&c->run.words[i]);

        if (units && !sv_starts(word, SV("-")))
            rb141_add(set, word);
        units |= sv_starts(word, c->unit) && sv_eq(c->program, SV("systemctl"));
    }
}

static void rb141_collect(const struct lint *l, rb141_sets *sets)
{
    LINT_EACH_CMD (l, c) {
        if (!c->unit.n || !(c->acts & (ACT_START | ACT_STOP | ACT_RESTART)) || !c->block)
            continue;
        if (!sets->n || vec_last(sets)->block != c->block)
            *vec_add(sets) =
                (struct rb141_set){.block = c->block, .line = c->line, .role = c->role};
        rb141_add_all(vec_last(sets), c);
    }
}

/* A unit that other places number: "web" where the document has web-1, web-2. */
static bool rb141_is_numbered_elsewhere(const rb141_sets *sets, struct sv unit, struct sv *other)
{
    for (size_t i = 0; i < sets->n; i++)
        for (size_t k = 0; k < sets->v[i].units.n; k++) {
            *other = sets->v[i].units.v[k];
            if (!sv_eq(*other, unit) && sv_eq(rb141_stem(*other), unit))
                return true;
        }
    return false;
}

static struct sv rb141_missing(const struct rb141_set *s, const struct rb141_set *most)
{
    bool related = false;

    for (size_t i = 0; i < most->units.n; i++)
        related |= rb141_has(s, most->units.v[i]);
    for (size_t i = 0; related && i < most->units.n; i++)
        if (!rb141_has(s, most->units.v[i]) && !rb141_has(s, rb141_stem(most->units.v[i])) &&
            rb141_related(s->units.v[0], most->units.v[i]))
            return most->units.v[i];
    return (struct sv){NULL, 0};
}

static void rb141_check(struct lint *l, const struct lint_rule *rule)
{
    rb141_sets sets = {0};
    const struct rb141_set *most = NULL;

    rb141_collect(l, &sets);
    for (size_t i = 0; i < sets.n; i++)
        if (!most || sets.v[i].units.n > most->units.n)
            most = &sets.v[i];
    for (size_t i = 0; i < sets.n; i++) {
        struct sv other, missing = rb141_missing(&sets.v[i], most);

        if (sets.v[i].role == ROLE_ROLLBACK &&
            rb141_is_numbered_elsewhere(&sets, sets.v[i].units.v[0], &other))
            lint_add(l, rule, sets.v[i].line, sets.v[i].units.v[0], "%.*s here, %.*s elsewhere",
                     SV_FMT(sets.v[i].units.v[0]), SV_FMT(other));
        else if (missing.n && sets.v[i].units.n < most->units.n)
            lint_add(l, rule, sets.v[i].line, sets.v[i].units.v[0], "line %zu has %.*s too",
                     most->line, SV_FMT(missing));
    }
    for (size_t i = 0; i < sets.n; i++)
        vec_release(&sets.v[i].units);
    vec_release(&sets);
}

const struct lint_rule lint_rb141 = {
    .id = "RB141",
    .severity = LINT_WARNING,
    .title = "services that differ from place to place",
    .why = "The forward way touches several services and another place only some of them, or one "
           "of another name: old processes keep running.",
    .mend = "name the same units wherever the application is stopped, started and restarted",
    .check = rb141_check,
};
