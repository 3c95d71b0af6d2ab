/* plan/make_lint: what lint is sure of about the way back is said before the first step acts. */
#include "test_plan_util.h"

#define SH(code) "\n```bash\n" code "\n```\n\n"
#define BOUND    "environment: test\n"
#define FORWARD  "# Web\n\n## Deployment\n" SH("psql -d shop -f a.sql")
#define DUMP     FORWARD "## Rollback\n" SH("pg_restore -d shop backup.sql")

T(an_error_in_the_way_back_is_a_question_before_any_run)
{
    struct world w;
    const struct plan_question *q;

    world_make(&w, DUMP, BOUND);
    q = find_question(&w, "lint", 0);
    T_CHECK(q != NULL);
    T_EQ(q->line, 12);
    T_CHECK(q->at_plan);
    T_SV(q->text, "the way back would fail here: pg_restore does not read SQL text [RB137]");
    T_CHECK(sv_ends(q->answer_with, SV("or drop: {\"12\": why it holds all the same}")));
    T_CHECK(!find_question(&w, "lint", 1));
    world_end(&w);
}

T(who_says_why_it_holds_is_in_the_plan)
{
    static const char *const drops[] = {
        "drop: {12: it is a custom dump}\n",
        "drop: {pg_restore does not read SQL text: it is a custom dump}\n"};
    struct world w;
    const json_t *one;

    for (size_t i = 0; i < ARRAY_LEN(drops); i++) {
        CLEANUP(strbuf_release) struct strbuf yaml = STRBUF(0);

        strbuf_addf(&yaml, "%s%s", BOUND, drops[i]);
        world_make(&w, DUMP, strbuf_str(&yaml));
        T_CHECK(!find_question(&w, "lint", 0));
        one = json_array_get(json_object_get(w.plan.json, "accepted"), 0);
        T_SV(json_get_sv(one, "id"), "RB137");
        T_SV(json_get_sv(one, "reason"), "it is a custom dump");
        T_EQ(json_get_int(one, "line", 0), 12);
        world_end(&w);
    }
}

T(what_is_left_out_of_the_way_back_cannot_fail_there)
{
    struct world w;

    world_make(&w, DUMP, BOUND "steps: {\"rollback/1\": {skip: done by hand}}\n");
    T_CHECK(!find_question(&w, "lint", 0));
    world_end(&w);
}

/* Nor is what lint says elsewhere, what it is not sure of, and what a comment silences. */
T(what_is_no_error_of_a_way_back_that_is_gone_is_no_question)
{
    static const char *const documents[] = {
        "# Web\n\n## Deployment\n" SH("pg_restore -d shop backup.sql") "## Rollback\n" SH("ls"),
        FORWARD "## Rollback\n" SH("# prusik: ignore RB137\npg_restore -d shop backup.sql"),
        FORWARD "## Rollback\n" SH("curl http://127.0.0.1/health"),
        FORWARD "## Rollback\n" SH("psql -d shop -c \"DELETE FROM item\""),
        FORWARD
        "## Rollback\n" SH("sqlite3 a.db \"BEGIN; INSERT INTO log VALUES ('undo'); COMMIT\""),
        FORWARD};
    struct world w;

    for (size_t i = 0; i < ARRAY_LEN(documents); i++) {
        world_make(&w, documents[i], BOUND);
        T_CHECK(!find_question(&w, "lint", 0));
        T_CHECK(!json_object_get(w.plan.json, "accepted"));
        world_end(&w);
    }
}

T_MAIN(T_CASE(an_error_in_the_way_back_is_a_question_before_any_run),
       T_CASE(who_says_why_it_holds_is_in_the_plan),
       T_CASE(what_is_no_error_of_a_way_back_that_is_gone_is_no_question),
       T_CASE(what_is_left_out_of_the_way_back_cannot_fail_there))
