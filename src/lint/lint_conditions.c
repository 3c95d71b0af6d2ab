#include "lint/lint_conditions.h"

#include <stdlib.h>
#include <string.h>

#include "base/sv.h"
#include "runbook/prose.h"

/* The canonical subjects as what they are measured by, where that is known. */
static void conditions_fill(struct rule_env *env)
{
    size_t n;
    const struct prose_subject_info *infos = prose_subjects(&n);

    rule_env_permit_unknown(env, true);
    for (size_t i = 0; i < n; i++) {
        struct rule_diag diag;
        struct err err;
        enum err_code rc = ERR_OK;

        if (infos[i].proposal)
            rc = rule_env_add_alias(env, infos[i].name, sv_from(infos[i].proposal), WORSE_UNKNOWN,
                                    &diag, &err);
        assert(rc == ERR_OK); /* a proposal is an expression */
    }
}

const struct rule *lint_parsed(struct lint *l, const struct rb_rule *said)
{
    size_t at = (size_t)(said - l->rb->rules);
    struct rule_diag diag;
    struct rule *parsed;
    struct err err;

    assert(at < l->rb->n_rules);
    if (!l->parsed)
        l->parsed = ARENA_NEWN(&l->work, const struct rule *, l->rb->n_rules);
    if (!l->parsed[at] && rule_parse(&l->work, said->text, &parsed, &diag, &err) == ERR_OK)
        l->parsed[at] = parsed;
    return l->parsed[at];
}

static void conditions_check(struct lint *l, const struct rule_env *env, const struct rb_rule *said,
                             struct lint_checked *ret)
{
    struct rule_findings found = {0};
    const struct rule *parsed = lint_parsed(l, said);
    struct err err;
    struct rule *checked;

    if (!parsed)
        return; /* uncovered: what the reader writes parses, and RB400 would be what to say */
    if (rule_check(&l->work, parsed, env, &checked, &found, &err) != ERR_OK)
        assert(found.list.n > 0); /* it says it all */
    else
        *vec_add(&ret->rules) = (struct lint_checked_rule){said, checked};
    for (size_t i = 0; i < found.list.n; i++)
        *vec_add(&ret->findings) = (struct lint_checked_finding){said, found.list.v[i]};
    vec_release(&found.list);
}

const struct lint_checked *lint_checked(struct lint *l)
{
    CLEANUP(rule_env_freep) struct rule_env *env = NULL;

    if (l->checked)
        return l->checked;
    l->checked = XNEW(struct lint_checked);
    for (size_t i = 0; i < l->rb->n_rules; i++) {
        if (!l->rb->rules[i].text.n || l->rb->rules[i].proposal)
            continue;
        if (!env) {
            env = rule_env_new();
            conditions_fill(env);
        }
        conditions_check(l, env, &l->rb->rules[i], l->checked);
    }
    return l->checked;
}

void lint_checked_free(struct lint_checked *c)
{
    if (!c)
        return;
    vec_release(&c->rules);
    vec_release(&c->findings);
    free(c);
}

void lint_conditions(struct lint *l, const struct lint_rule *rule)
{
    const struct lint_checked *c = lint_checked(l);

    for (size_t i = 0; i < c->findings.n; i++) {
        const struct lint_checked_finding *f = &c->findings.v[i];

        if (strcmp(f->found.id, rule->id) == 0)
            lint_add(l, rule, f->said->line, f->said->source, "%.*s", SV_FMT(f->found.message));
    }
}
