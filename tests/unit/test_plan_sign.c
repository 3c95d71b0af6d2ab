/* plan/make_sign: signatures of the document as approvals and acceptance. */
#include "test_plan_util.h"

#define DEPLOY "# Web\n\n## Deployment\n\n```bash\ntouch a\n```\n\n"
#define BOUND  "environment: test\nsteps: {deployment: {undo: nothing stays}}\n"

static void want_step(const struct world *w, size_t i, const char *kind, const char *command,
                      const char *role)
{
    if (i >= w->plan.n_steps)
        T_FAIL("there are %zu steps only", w->plan.n_steps);
    want_text(w->plan.steps[i].kind, kind);
    want_text(w->plan.steps[i].command, command);
    want_text(json_get_sv(w->plan.steps[i].action, "role"), role);
}

static void want_gate(const struct world *w, size_t i, const char *gate)
{
    const json_t *gates =
        json_object_get(json_array_get(json_object_get(w->json, "steps"), i), "gates");

    T_EQ(json_array_size(gates), 1);
    T_STR(json_string_value(json_array_get(gates, 0)), gate);
}

T(who_signs_before_the_deployment_approves_it)
{
    struct world w;

    world_make(&w,
               "# Web\n\n## Sign-off\n\n**DevOps Lead**: ____ Date: ____\n\n"
               "**Product Owner**: ____ Date: ____\n\n## Deployment\n\n```bash\ntouch a\n```\n",
               BOUND);
    T_EQ(w.plan.n_steps, 3);
    want_step(&w, 0, "approval", "DevOps Lead", "DevOps Lead");
    want_step(&w, 1, "approval", "Product Owner", "Product Owner");
    want_gate(&w, 0, "approval");
    want_step(&w, 2, "shell", "touch a", "");
    want_text(w.plan.steps[0].role, "sign-off");
    T_EQ(w.plan.n_questions, 0); /* prusik approve gives it */
    world_end(&w);
}

T(who_signs_after_it_accepts_it)
{
    struct world w;

    world_make(&w, DEPLOY "## Sign-Off\n\n- [ ] All is well\n\n**Service Owner**: ____\n", BOUND);
    T_EQ(w.plan.n_steps, 3);
    want_step(&w, 1, "manual", "All is well", "");
    want_step(&w, 2, "manual", "Service Owner", "Service Owner");
    want_gate(&w, 2, "confirm");
    T_EQ(w.plan.n_questions, 2);
    T_SV(w.plan.questions[1].text, "a person signs here: \"Service Owner\"");
    T_EQ(w.plan.questions[1].at_plan, false);
    world_end(&w);
}

T(acceptance_can_be_given_ahead_and_an_approval_cannot)
{
    struct world w;

    world_make(
        &w,
        "# Web\n\n## Approvals\n\n**DBA**: ____\n\n## Deployment\n\n```bash\ntouch a\n```\n\n"
        "## Sign-off\n\n**QA Lead**: ____\n",
        BOUND "answers: {approvals: {answer: yes, by: ana}, sign-off: {answer: yes, by: bo}}\n");
    T_CHECK(!w.plan.steps[0].answered);
    T_CHECK(w.plan.steps[2].answered);
    T_SV(w.plan.steps[2].answer_by, "bo");
    world_end(&w);
}

T(approvals_at_the_end_of_a_document_are_for_what_it_says)
{
    struct world w;

    world_make(
        &w,
        "# Web\n\n## Prerequisites\n\n- [ ] Ready\n\n## Deployment\n\n```bash\ntouch a\n```\n\n"
        "## Approval Signatures\n\n**Engineering Lead**: ____ Date: ____\n\n"
        "**Approved by**: ____\n",
        BOUND);
    T_EQ(w.plan.n_steps, 4);
    want_step(&w, 0, "manual", "Ready", "");
    want_step(&w, 1, "approval", "Engineering Lead", "Engineering Lead");
    want_step(&w, 2, "approval", "Approved by", ""); /* that is no role */
    want_step(&w, 3, "shell", "touch a", "");
    world_end(&w);
}

T(a_sign_off_between_phases_stands_where_it_is)
{
    struct world w;

    world_make(&w,
               "# Web\n\n## Phase 1\n\n```bash\ntouch a\n```\n\n### Phase 1 Sign-Off\n\n"
               "**Approved By**: ____\n\n## Phase 2\n\n```bash\ntouch b\n```\n",
               "environment: test\nsteps: {phase-1: {undo: no}, phase-2: {undo: no}}\n");
    T_EQ(w.plan.n_steps, 3);
    want_step(&w, 0, "shell", "touch a", "");
    want_step(&w, 1, "manual", "Approved By", "");
    want_step(&w, 2, "shell", "touch b", "");
    world_end(&w);
}

T(what_is_signed_where_nothing_is_deployed_is_an_approval)
{
    struct world w;

    world_make(&w,
               "# Web\n\n## Verification\n\n```bash\ntrue\n```\n\n## Approvals\n\n**DBA**: ____\n",
               "environment: test\n");
    want_step(&w, 1, "approval", "DBA", "DBA");
    world_end(&w);
}

T(who_signs_in_a_table_approves)
{
    struct world w;

    world_make(&w,
               DEPLOY "## Approvals\n\n| Role | Name | Signature |\n|---|---|---|\n"
                      "| Change Manager | | |\n| DBA | | |\n",
               BOUND);
    T_EQ(w.plan.n_steps, 3);
    want_step(&w, 0, "approval", "Change Manager", "Change Manager");
    want_step(&w, 1, "approval", "DBA", "DBA");
    world_end(&w);
}

T(an_approval_among_the_items_has_no_role)
{
    struct world w;

    world_make(&w, DEPLOY "## Verification\n\n- [ ] Approval obtained from Dana\n", BOUND);
    want_step(&w, 1, "approval", "Approval obtained from Dana", "");
    world_end(&w);
}

T_MAIN(T_CASE(who_signs_before_the_deployment_approves_it), T_CASE(who_signs_after_it_accepts_it),
       T_CASE(acceptance_can_be_given_ahead_and_an_approval_cannot),
       T_CASE(approvals_at_the_end_of_a_document_are_for_what_it_says),
       T_CASE(a_sign_off_between_phases_stands_where_it_is),
       T_CASE(what_is_signed_where_nothing_is_deployed_is_an_approval),
       T_CASE(who_signs_in_a_table_approves), T_CASE(an_approval_among_the_items_has_no_role))
