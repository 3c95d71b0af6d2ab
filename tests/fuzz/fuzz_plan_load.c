/* Any bytes as a stored plan: refused, or a plan that can be looked at whole and stored again. */
#include "base/sv.h"
#include "fuzz.h"
#include "plan/plan.h"
#include "plan/plan_rules.h"

static void touch(struct sv s)
{
    size_t zeros = 0;

    for (size_t i = 0; i < s.n; i++)
        zeros += s.p[i] == '\0';
    MUST(zeros <= s.n);
}

static void check_expect(const struct plan_expect *e, int depth)
{
    MUST((unsigned)e->e.form < EXPECT__N && (unsigned)e->e.op < OP__N && depth < 8);
    touch(e->e.source);
    touch(e->e.text);
    for (size_t i = 0; i < e->n_any; i++)
        check_expect(&e->any[i], depth + 1);
}

static void check_step(const struct plan *p, const struct plan_step *s)
{
    struct sv nearest;
    const struct plan_step *found = plan_find(p, s->id, &nearest);

    MUST(s->id.n && s->kind.n && s->action);
    MUST(found && sv_eq(found->id, s->id)); /* a step is found by what it is called */
    MUST((unsigned)s->undo < UNDO__N);
    touch(s->command);
    touch(s->undo_text);
    for (size_t i = 0; i < s->n_expects; i++)
        check_expect(&s->expects[i], 0);
    for (size_t i = 0; i < s->n_choices; i++)
        touch(s->choices[i].contains);
    for (size_t i = 0; i < s->n_dropped; i++)
        touch(s->dropped[i].reason);
}

static void check(const struct plan *p)
{
    for (size_t i = 0; i < p->n_steps; i++)
        check_step(p, &p->steps[i]);
    for (size_t i = 0; i < p->n_way_back; i++)
        check_step(p, &p->way_back[i]);
    for (size_t i = 0; i < p->n_env; i++)
        touch(p->env[i].value);
    for (size_t i = 0; i < p->n_checkpoints; i++)
        for (size_t k = 0; k < p->checkpoints[i].n_items; k++)
            touch(p->checkpoints[i].items[k].text);
    for (size_t i = 0; i < p->n_parts; i++)
        MUST(plan_part(p, p->parts[i].id));
    MUST(plan_open(p, true) <= plan_open(p, false));
    MUST(plan_scale(p, 0) == 0 && plan_scale(p, 60000) >= 1);
    MUST(plan_bound(p, 60000) >= 60000); /* never shortened */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(strbuf_release) struct strbuf stored = STRBUF(0);
    struct sv text = {(const char *)data, size};
    struct plan p = {.interval_ms = 77}, again;
    struct plan_rules rules = {0};
    struct err err = {0};
    json_t *json = NULL;
    enum err_code rc;

    if (json_read(text, &json, &err) != ERR_OK)
        return 0;
    rc = plan_load(json, &p, &err);
    if (rc != ERR_OK) {
        MUST(err.code == rc && err.msg[0] && p.interval_ms == 77);
        return 0;
    }
    check(&p);
    err = (struct err){0};
    rc = plan_rules_read(p.json, NULL, NULL, &rules, &err);
    MUST(rc == err.code && (rc == ERR_OK || err.msg[0]));
    plan_rules_release(&rules);
    json_write(p.json, &stored);
    json = NULL;
    MUST(json_read(strbuf_sv(&stored), &json, &err) == ERR_OK);
    MUST(plan_load(json, &again, &err) == ERR_OK);
    MUST(again.n_steps == p.n_steps && hash_eq(&again.hash, &p.hash));
    plan_release(&again);
    plan_release(&p);
    return 0;
}
