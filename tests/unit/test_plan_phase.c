/* plan/make_phase: which deployment of several a rule speaks of. */
#include "test_plan_util.h"

#define BOUND "environment: test\n" BOUND_TO
#define BOUND_TO                                                                                \
    "scrape: http://127.0.0.1:1/metrics\n"                                                      \
    "metrics: {error_rate: 'ratio(bad_total, all_total)', memory: mem_bytes, lag: lag_count}\n" \
    "watch: {until: T+10m}\n"
#define MATRIX   "| Symptom | Action |\n|---|---|\n"
#define SCHEDULE "| Time | Check |\n|---|---|\n"

static struct sv phase_of(const struct world *w, size_t line)
{
    for (size_t i = 0; i < w->plan.n_rules; i++)
        if (w->plan.rules[i].line == line)
            return w->plan.rules[i].phase;
    T_FAIL("no rule at line %zu", line);
}

T(a_rule_is_of_the_section_that_it_stands_in_where_a_document_deploys_several_times)
{
    struct world w;

    world_make(&w,
               "# Web\n\n## Phase 1: Schema\n\n### Steps\n\n```bash\ncp a /srv/a\n```\n\n"
               "### Watch\n\n" MATRIX "| Error rate >5% for >5 min | ROLLBACK |\n\n" /* 15 */
               "## Phase 2: Code\n\n```bash\ncp b /srv/b\n```\n\n" MATRIX
               "| Error rate >1% for >5 min | ROLLBACK |\n\n" /* 25 */
               "## Decision Matrix\n\n" MATRIX "| Error rate >50% for >1 min | ROLLBACK |\n",
               BOUND);
    T_EQ(w.plan.n_rules, 3);
    T_SV(phase_of(&w, 15), "phase-1");
    T_SV(phase_of(&w, 25), "phase-2");
    T_SV(phase_of(&w, 31), ""); /* apart from them: of all */
    world_end(&w);
}

T(where_a_document_deploys_once_no_rule_has_a_phase)
{
    struct world w;

    world_make(&w,
               "# Web\n\n## Phase 1: Look\n\n```bash\nls /srv\n```\n\n" MATRIX
               "| Error rate >5% for >5 min | ROLLBACK |\n\n" /* 11 */
               "## Phase 2: Code\n\n```bash\ncp b /srv/b\n```\n\n" MATRIX
               "| Error rate >1% for >5 min | ROLLBACK |\n", /* 21 */
               BOUND);
    T_SV(phase_of(&w, 11), "");
    T_SV(phase_of(&w, 21), "");
    world_end(&w);
}

/* What has no heading of its own is a step of its section. */
T(a_step_in_a_section_is_no_phase)
{
    struct world w;

    world_make(
        &w,
        "# Web\n\n## Deployment\n\n**Step 1.1: Schema**\n\n```bash\ncp a /srv/a\n```\n\n" MATRIX
        "| Error rate >5% for >5 min | ROLLBACK |\n\n" /* 13 */
        "**Step 1.2: Code**\n\n```bash\ncp b /srv/b\n```\n",
        BOUND);
    T_SV(phase_of(&w, 13), "");
    world_end(&w);
}

T(a_row_of_a_schedule_in_a_phase_is_judged_by_its_rules_from_its_mark_on)
{
    struct world w;
    const struct plan_checkpoint *c;

    world_make(&w,
               "# Web\n\n## Canary\n\n### Deploy the canary\n\n```bash\ncp a /srv/a\n```\n\n"
               "### Monitoring\n\n" SCHEDULE "| T+5m | Error rate, memory |\n\n" MATRIX
               "| Error rate >5% for >5 min | ROLLBACK |\n\n"
               "## Fleet\n\n### Deploy the rest\n\n```bash\ncp b /srv/b\n```\n\n"
               "## Decision Matrix\n\n" MATRIX "| Memory >5GB for >1 min | ROLLBACK |\n",
               BOUND);
    T_EQ(w.plan.n_checkpoints, 2);
    c = &w.plan.checkpoints[0];
    T_SV(c->phase, "canary");
    T_SV(c->items[0].text, "Error rate");
    T_EQ(c->n_items, 1);
    c = &w.plan.checkpoints[1]; /* no rule of the canary has it: that of the whole, after all */
    T_SV(c->phase, "");
    T_SV(c->items[0].text, "memory");
    T_EQ(c->items[0].n_rules, 1);
    world_end(&w);
}

/* "15-Minute Checks" in a phase. */
T(a_rule_with_a_moment_is_judged_at_that_moment_after_the_mark_of_its_phase)
{
    struct world w;

    world_make(&w,
               "# Web\n\n## Canary\n\n### Deploy the canary\n\n```bash\ncp a /srv/a\n```\n\n"
               "### 5-Minute Checks\n\n- [ ] **Error rate:** error rate <1%\n\n"
               "## Fleet\n\n### Deploy the rest\n\n```bash\ncp b /srv/b\n```\n\n"
               "### 5-Minute Checks\n\n- [ ] **Error rate:** error rate <1%\n",
               BOUND);
    T_EQ(w.plan.n_rules, 2);
    T_EQ(w.plan.n_checkpoints, 2);
    T_SV(w.plan.checkpoints[0].phase, "canary");
    T_SV(w.plan.checkpoints[1].phase, "fleet");
    T_EQ(w.plan.checkpoints[0].at_ms, w.plan.checkpoints[1].at_ms);
    world_end(&w);
}

T(a_rule_of_what_is_left_out_is_not_judged)
{
    static const char doc[] =
        "# Web\n\n## Staging Deployment\n\n```bash\ncp a /srv/a\n```\n\n" MATRIX
        "| Error rate >5% for >5 min | ROLLBACK |\n\n" /* 11 */
        "## Production Deployment\n\n```bash\ncp b /srv/b\n```\n\n" MATRIX
        "| Error rate >1% for >5 min | ROLLBACK |\n"; /* 21 */
    struct world w;

    world_make(&w, doc, "environment: production\n" BOUND_TO);
    T_EQ(w.plan.n_rules, 2);
    T_CHECK(w.plan.rules[0].dropped && !w.plan.rules[1].dropped);
    T_SV(w.plan.rules[0].reason,
         "'Staging Deployment': for Staging only, and this is for production");
    world_end(&w);
    world_make(
        &w, doc,
        "environment: elsewhere\nchoices: {staging-deployment: yes, production-deployment: no}\n" BOUND_TO);
    T_CHECK(!w.plan.rules[0].dropped && w.plan.rules[1].dropped);
    world_end(&w);
    world_make(
        &w, doc,
        "environment: production\nrules: {\"deploy.md:11\": 'rollback when memory > 1'}\n" BOUND_TO);
    T_CHECK(!w.plan.rules[0].dropped); /* somebody wants it */
    world_end(&w);
}

T_MAIN(T_CASE(a_rule_is_of_the_section_that_it_stands_in_where_a_document_deploys_several_times),
       T_CASE(where_a_document_deploys_once_no_rule_has_a_phase),
       T_CASE(a_step_in_a_section_is_no_phase),
       T_CASE(a_row_of_a_schedule_in_a_phase_is_judged_by_its_rules_from_its_mark_on),
       T_CASE(a_rule_with_a_moment_is_judged_at_that_moment_after_the_mark_of_its_phase),
       T_CASE(a_rule_of_what_is_left_out_is_not_judged))
