/* When the document says that it is done: a person looks at the clock, or a window of the binding does. */
#include "test_plan_util.h"

#define HEAD "environment: test\n"
#define TAIL                                                                           \
    "\n\n## Checks\n\n```bash\nls\n```\n\n## Deployment\n\n```bash\necho one\n```\n\n" \
    "## Rollback\n\n```bash\necho back\n```\n"
#define ID "deployment/1"

static const struct plan_gate *gate_of(const struct world *w, const char *step)
{
    const struct plan_step *s = find_step(w, step);

    return s->n_gates ? &s->gates[0] : NULL;
}

/* A document that begins with this says when; `answer` is what the binding could have. */
static void says_when(const char *head, const char *answer)
{
    CLEANUP(strbuf_release) struct strbuf doc = STRBUF(0);
    const struct plan_question *q;
    struct world w;

    strbuf_addf(&doc, "# Doc\n\n%s" TAIL, head);
    world_make(&w, strbuf_str(&doc), HEAD);
    q = find_question(&w, "window", 0);
    if (!q)
        T_FAIL("nobody is asked: %s", head);
    T_CHECK(!q->at_plan); /* a person can be asked when it is carried out */
    T_EQ(q->line, 3);
    if (!sv_has(q->answer_with, sv_from(answer)))
        T_FAIL("'%.*s' has no '%s'", SV_FMT(q->answer_with), answer);
    T_CHECK(gate_of(&w, ID) && gate_of(&w, ID)->kind == PLAN_GATE_CONFIRM);
    T_CHECK(!gate_of(&w, "checks/1")); /* before what deploys */
    world_end(&w);
}

static void says_nothing(const char *head)
{
    CLEANUP(strbuf_release) struct strbuf doc = STRBUF(0);
    struct world w;

    strbuf_addf(&doc, "# Doc\n\n%s" TAIL, head);
    world_make(&w, strbuf_str(&doc), HEAD);
    if (find_question(&w, "window", 0) || gate_of(&w, ID))
        T_FAIL("somebody is asked: %s", head);
    world_end(&w);
}

T(a_window_of_the_document_is_asked_before_the_first_step_that_deploys)
{
    says_when("**Maintenance window:** Saturday 02:00-04:00 Europe/Berlin",
              "gates: {role=deploy: {window: {days: [sat], from: \"02:00\", to: \"04:00\", zone: "
              "Europe/Berlin}}}, or drop: {3: why}");
    says_when("**Deployment Window**: 2026-06-02, 22:30 to 23:00 UTC",
              "from: 2026-06-02 22:30, to: 2026-06-02 23:00, zone: UTC}");
    says_when("Wartungsfenster: Sonntag 02:00–05:00 Uhr",
              "days: [sun], from: \"02:00\", to: \"05:00\"}");
    says_when("- Change window: Tue 9-11 PM", "days: [DAY]");
    says_when("- Window: Thursdays 22:00 until 23:30",
              "days: [thu], from: \"22:00\", to: \"23:30\"}");
    says_when("**Timing:** off-peak hours (e.g., 2-4 AM EST)", "days: [DAY]");
    says_when("**Release window:** TBD", "days: [DAY]");
}

T(what_is_no_time_asks_nothing)
{
    says_nothing("**Maintenance window:** 30 minutes");
    says_nothing("**Rollback Window:** Have 30 minutes, until 04:00");
    says_nothing("**Timing**: Immediately after production deployment");
    says_nothing("**Schedule:** daily at 02:00");
    says_nothing("**Duration:** 10:00 minutes");
    says_nothing("- Observation window: 24 h");
}

T(a_window_of_the_binding_is_judged_instead)
{
    struct world w;

    world_make(
        &w, "# Doc\n\n**Window:** Sat 02:00-04:00" TAIL,
        HEAD
        "gates: {role=deploy: {window: {days: [sat], from: \"02:00\", to: \"04:00\", zone: UTC}}}\n");
    T_CHECK(!find_question(&w, "window", 0));
    T_EQ(find_step(&w, ID)->n_gates, 1);
    T_EQ(gate_of(&w, ID)->kind, PLAN_GATE_WINDOW);
    world_end(&w);
}

T(who_drops_it_is_not_asked)
{
    struct world w;

    world_make(&w, "# Doc\n\n**Window:** Sat 02:00-04:00" TAIL,
               HEAD "drop: {3: agreed for today}\n");
    T_CHECK(!find_question(&w, "window", 0) && !gate_of(&w, ID));
    world_end(&w);
}

/* Said in a section it is about that section; said where nothing is carried out it is about nothing. */
T(a_window_of_a_section_stands_before_its_first_step)
{
    struct world w;

    world_make(
        &w,
        "# Doc\n\n## Deployment\n\n```bash\necho one\n```\n\n## Data migration\n\n**Cutover window:** Sun "
        "01:00-02:00\n\n```bash\necho two\n```\n\n## Rollback\n\n**Deployment window:** 03:00\n\n```bash\n"
        "echo back\n```\n",
        HEAD);
    T_EQ(count_questions(&w, "window"), 1);
    want_question(
        &w, "window", 11, "the document says when: \"Cutover window: Sun 01:00-02:00\"",
        "gates: {\"data-migration\": {window: {days: [sun], from: \"01:00\", to: \"02:00\"}}}, or drop: {11: why}");
    T_CHECK(!gate_of(&w, ID) && gate_of(&w, "data-migration/1"));
    T_SV(gate_of(&w, "data-migration/1")->text, "it is time: \"Cutover window: Sun 01:00-02:00\"");
    world_end(&w);
}

T_MAIN(T_CASE(a_window_of_the_document_is_asked_before_the_first_step_that_deploys),
       T_CASE(what_is_no_time_asks_nothing), T_CASE(a_window_of_the_binding_is_judged_instead),
       T_CASE(who_drops_it_is_not_asked),
       T_CASE(a_window_of_a_section_stands_before_its_first_step))
