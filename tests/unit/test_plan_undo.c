/* plan/make_undo: the way back of each step (promise P4). */
#include "test_plan_util.h"

#define FENCE    "```"
#define SH(code) "\n" FENCE "bash\n" code "\n" FENCE "\n\n"
#define FORWARD  "# Web\n\n## Deployment\n"
#define BACK     "## Rollback\n"
#define BOUND    "environment: test\n"
#define WEB      "services: {web: {manager: process, command: [web], pid_file: p}}\n"

static void want_undo(const struct world *w, const char *step, enum plan_undo how, const char *text)
{
    const struct plan_step *s = find_step(w, step);

    if (s->undo != how)
        T_FAIL("'%s' is undone by '%s', not '%s'", step, plan_undo_name(s->undo),
               plan_undo_name(how));
    want_text(s->undo_text, text);
}

T(what_changes_nothing_needs_nothing)
{
    struct world w;

    world_make(&w, FORWARD SH("ls\ncd /srv\nexport A=1\nsqlite3 a.db \".backup b.db\""), BOUND);
    for (size_t i = 0; i < w.plan.n_steps; i++) {
        T_EQ(w.plan.steps[i].undo, UNDO_NOTHING);
        T_EQ(w.plan.steps[i].undo_text.n, 0);
    }
    T_EQ(w.plan.n_questions, 0);
    world_end(&w);
}

T(a_gap_is_a_question_before_any_run)
{
    struct world w;

    world_make(&w, FORWARD SH("git pull \\\n  origin main"), BOUND);
    want_undo(&w, "deployment/1", UNDO_GAP, "no rollback section undoes this");
    want_question(&w, "way-back", 6, "nothing in the document undoes 'git pull \\'",
                  "steps: {\"1\": {undo: why nothing has to be done}}");
    T_CHECK(find_question(&w, "way-back", 0)->at_plan);
    world_end(&w);
}

T(a_section_that_changes_the_same_covers_it)
{
    struct world w;

    world_make(&w, FORWARD SH("git pull origin main") BACK SH("git reset --hard HEAD~1"), BOUND);
    want_undo(&w, "deployment/1", UNDO_SECTION, "rollback (line 12)");
    want_undo(&w, "rollback/1", UNDO_NOTHING, ""); /* a way back is not undone */
    T_EQ(w.plan.n_questions, 0);
    world_end(&w);
    world_make(&w, FORWARD SH("git pull origin main") BACK SH("sqlite3 a.db \"DROP TABLE x\""),
               BOUND);
    want_undo(&w, "deployment/1", UNDO_GAP, "no rollback section undoes this");
    world_end(&w);
}

T(nobody_knows_what_undoes_an_unknown_program)
{
    struct world w;

    world_make(&w, FORWARD SH("frobnicate --on") BACK SH("frobnicate --off"), BOUND);
    T_EQ(find_step(&w, "deployment/1")->undo, UNDO_GAP);
    world_end(&w);
}

T(a_persons_word_is_kept_and_stands_before_a_section)
{
    struct world w;

    world_make(&w, FORWARD SH("git pull origin main") BACK SH("git reset --hard HEAD~1"),
               BOUND "steps: {deployment/1: {undo: harmless}, rollback/1: {undo: ignored}}\n");
    want_undo(&w, "deployment/1", UNDO_ACCEPTED, "harmless");
    want_undo(&w, "rollback/1", UNDO_NOTHING, "");
    T_CHECK(!json_object_get(step_json(&w, "deployment/1"), "undo_accepted"));
    T_CHECK(!json_object_get(step_json(&w, "rollback/1"), "undo_accepted"));
    world_end(&w);
}

T(a_maintenance_flag_is_its_own_opposite)
{
    struct world w;

    world_make(&w, FORWARD SH("touch run/MAINTENANCE\nrm run/MAINTENANCE"), BOUND);
    want_undo(&w, "deployment/1", UNDO_INVERSE, "the flag is removed");
    want_undo(&w, "deployment/2", UNDO_INVERSE, "nothing: the flag only hides the service");
    world_end(&w);
}

T(a_step_that_is_left_out_is_neither_undone_nor_undoes)
{
    struct world w;

    world_make(&w, FORWARD SH("git pull origin a\ngit pull origin b") BACK SH("git reset --hard x"),
               BOUND "steps: {deployment/1: {skip: not here}}\n");
    want_undo(&w, "deployment/1", UNDO_NOTHING, "");
    want_undo(&w, "deployment/2", UNDO_SECTION, "rollback (line 13)");
    world_end(&w);
    world_make(&w, FORWARD SH("git pull origin a") BACK SH("git reset --hard x"),
               BOUND "steps: {rollback/1: {skip: not here}}\n");
    T_EQ(find_step(&w, "deployment/1")->undo, UNDO_GAP);
    world_end(&w);
}

/* The way back stops first and starts at the end: the start is what undoes. */
T(a_service_is_undone_by_what_starts_it)
{
    struct world w;
    static const char md[] = FORWARD SH("systemctl stop web\nsystemctl restart web") BACK SH(
        "systemctl stop web\nsystemctl reload web\nsystemctl start web.service\nsystemctl restart web");

    for (int bound = 0; bound < 2;
         bound++) { /* managed by prusik, or by the document's own command */
        world_make(&w, md, bound ? BOUND WEB : BOUND);
        want_undo(&w, "deployment/1", UNDO_SECTION, "rollback (line 15)");
        want_undo(&w, "deployment/2", UNDO_SECTION, "rollback (line 15)");
        world_end(&w);
    }
}

T(stopping_once_more_does_not_undo_a_stop)
{
    struct world w;

    world_make(&w,
               FORWARD SH("systemctl stop web\nsystemctl start web") BACK SH("systemctl stop web"),
               BOUND WEB);
    T_EQ(find_step(&w, "deployment/1")->undo, UNDO_GAP);
    want_undo(&w, "deployment/2", UNDO_SECTION,
              "rollback (line 13)"); /* what was started is stopped */
    world_end(&w);
}

T(another_service_undoes_nothing)
{
    struct world w;

    world_make(&w, FORWARD SH("systemctl stop web") BACK SH("systemctl start db"), BOUND);
    T_EQ(find_step(&w, "deployment/1")->undo, UNDO_GAP);
    world_end(&w);
    world_make(&w, FORWARD SH("systemctl stop $UNSET_UNIT") BACK SH("systemctl start $UNSET_UNIT"),
               BOUND);
    T_EQ(find_step(&w, "deployment/1")->undo, UNDO_SECTION); /* neither is known before the run */
    world_end(&w);
}

#define CONDITIONAL                                                                  \
    FORWARD SH("git pull origin a\nsystemctl stop web") BACK                         \
        "### Step 1: Database (if the release migrated)\n" SH("git reset --hard a\n" \
                                                              "systemctl start web")

T(what_is_always_done_beats_what_is_done_only_if)
{
    struct world w;

    world_make(&w, CONDITIONAL "### Step 2: Code\n" SH("git reset --hard b\nsystemctl restart web"),
               BOUND "choices: {rollback/1: {when: deployment/1, contains: x}}\n");
    want_undo(&w, "deployment/1", UNDO_SECTION, "rollback/2 (line 21)");
    want_undo(&w, "deployment/2", UNDO_SECTION, "rollback/2 (line 22)");
    world_end(&w);
}

T(a_cover_that_is_done_only_if_says_so)
{
    struct world w;

    world_make(&w, CONDITIONAL, BOUND "choices: {rollback/1: {when: deployment/1, contains: x}}\n");
    want_undo(&w, "deployment/1", UNDO_SECTION, "rollback/1 (line 14), if the release migrated");
    world_end(&w);
    /* a conditional start still beats an unconditional stop */
    world_make(&w, CONDITIONAL "### Step 2: Halt\n" SH("systemctl stop web"),
               BOUND "choices: {rollback/1: {when: deployment/1, contains: x}}\n");
    want_undo(&w, "deployment/2", UNDO_SECTION, "rollback/1 (line 15), if the release migrated");
    world_end(&w);
}

T_MAIN(T_CASE(what_changes_nothing_needs_nothing), T_CASE(a_gap_is_a_question_before_any_run),
       T_CASE(a_section_that_changes_the_same_covers_it),
       T_CASE(nobody_knows_what_undoes_an_unknown_program),
       T_CASE(a_persons_word_is_kept_and_stands_before_a_section),
       T_CASE(a_maintenance_flag_is_its_own_opposite),
       T_CASE(a_step_that_is_left_out_is_neither_undone_nor_undoes),
       T_CASE(a_service_is_undone_by_what_starts_it),
       T_CASE(stopping_once_more_does_not_undo_a_stop), T_CASE(another_service_undoes_nothing),
       T_CASE(what_is_always_done_beats_what_is_done_only_if),
       T_CASE(a_cover_that_is_done_only_if_says_so))
