#include "base/sv.h"
#include "lint/lint_util.h"

/* The value between the quotes behind `status=`, when there is one; *at moves behind what was looked at. */
static struct sv rb415_value(struct sv text, size_t *at)
{
    static const struct sv labels[] = {SV("status"), SV("code"), SV("status_code"),
                                       SV("http_status")};

    while ((*at = sv_find(text, SV("=\""), *at)) != SV_NPOS) {
        size_t from = *at, to = *at;

        while (from > 0 && ascii_is_word(text.p[from - 1]))
            from--;
        *at += 2;
        for (size_t i = 0; i < ARRAY_LEN(labels); i++)
            if (sv_eq(sv_sub(text, from, to), labels[i]))
                return sv_sub(text, *at, sv_find_byte(text, '"', *at));
    }
    return (struct sv){NULL, 0};
}

/*
 * "5" is the first digit of a status and no status; "5.." is a pattern, which "=" does not take for one.  In what
 * grep looks for it is one.
 */
static bool rb415_selects_nothing(struct sv value, bool searched)
{
    if (value.n == 1)
        return *value.p >= '1' && *value.p <= '5';
    return !searched && value.n > 1 && *value.p >= '1' && *value.p <= '5' &&
           (sv_eq(sv_sub(value, 1, value.n), SV("..")) ||
            sv_eq(sv_sub(value, 1, value.n), SV(".*")) ||
            sv_eq(sv_sub(value, 1, value.n), SV("[0-9]{2}")));
}

static void rb415_try(struct lint *l, const struct lint_rule *rule, struct sv text, size_t line,
                      bool searched)
{
    size_t at = 0;
    struct sv value;

    while ((value = rb415_value(text, &at)).p)
        if (rb415_selects_nothing(value, searched))
            lint_add(l, rule, line, value, "no status is \"%.*s\": '=' compares the whole value",
                     SV_FMT(value));
}

static void rb415_check(struct lint *l, const struct lint_rule *rule)
{
    LINT_EACH_CMD (l, c)
        for (size_t i = 0; i < c->run.n_words; i++)
            rb415_try(l, rule,
                      c->run.words[i].literal ? c->run.words[i].value : c->run.words[i].raw,
                      c->line, sv_eq(c->program, SV("grep")) || sv_eq(c->program, SV("egrep")));
    for (size_t i = 0; i < l->rb->md.n; i++) {
        const struct md_node *n = &l->rb->md.v[i];

        for (size_t k = 0; n->kind == MD_CELL && k < n->n_spans; k++)
            if (n->spans[k].kind == MD_CODE_SPAN)
                rb415_try(l, rule, sv_sub(n->text, n->spans[k].from, n->spans[k].to), n->line,
                          false);
    }
}

const struct lint_rule lint_rb415 = {
    .id = "RB415",
    .severity = LINT_WARNING,
    .title = "a label that selects nothing",
    .why =
        "The metric is there, no series has that label, and nothing is counted: the number stays "
        "good through every failure.",
    .mend = "write a pattern with =~, as {status=~\"5..\"}",
    .check = rb415_check,
};
