/* plan/make_place: what undoes in one environment does not in another. */
#include "test_plan_util.h"

#define SH(code) "\n```bash\n" code "\n```\n\n"
#define BOUND    "environment: test\n"
#define UP(env)  SH("alembic -x env=" env " upgrade head")

static void want_undo(const struct world *w, const char *step, enum plan_undo how)
{
    const struct plan_step *s = find_step(w, step);

    if (s->undo != how)
        T_FAIL("'%s' is undone by '%s' (%.*s), not '%s'", step, plan_undo_name(s->undo),
               SV_FMT(s->undo_text), plan_undo_name(how));
}

#define TWO "# Web\n\n## Phase 1: Canary\n" UP("staging") "## Phase 2: Fleet\n" UP("prod")

/* Which of the two it would undo is not known. */
T(one_step_that_names_no_environment_does_not_undo_two)
{
    struct world w;

    world_make(&w, TWO "## Rollback\n" SH("alembic downgrade -1"), BOUND);
    want_undo(&w, "phase-1/1", UNDO_GAP);
    want_undo(&w, "phase-2/1", UNDO_GAP);
    T_CHECK(find_question(&w, "way-back", 0) && find_question(&w, "way-back", 1));
    world_end(&w);
}

T(what_names_an_environment_undoes_what_was_done_there)
{
    struct world w;

    world_make(&w, TWO "## Rollback\n" SH("alembic -x env=production downgrade -1"), BOUND);
    want_undo(&w, "phase-1/1", UNDO_GAP);
    want_undo(&w, "phase-2/1", UNDO_SECTION);
    world_end(&w);
    world_make(
        &w,
        TWO "## Rollback\n" SH(
            "alembic -x env=stg downgrade -1\nDATABASE_URL=$PROD_DB_URL alembic downgrade -1"),
        BOUND);
    want_undo(&w, "phase-1/1", UNDO_SECTION);
    want_undo(&w, "phase-2/1", UNDO_SECTION);
    T_SV(find_step(&w, "phase-1/1")->undo_step, "rollback/1");
    T_SV(find_step(&w, "phase-2/1")->undo_step, "rollback/2");
    world_end(&w);
}

T(what_is_done_before_production_is_another_place)
{
    struct world w;

    world_make(&w, TWO "## Rollback\n" SH("alembic -x env=pre-prod downgrade -1"), BOUND);
    want_undo(&w, "phase-1/1", UNDO_GAP);
    want_undo(&w, "phase-2/1", UNDO_GAP);
    world_end(&w);
}

/* Headings say it, too, and what was done in one place only needs no word. */
T(one_environment_needs_no_word)
{
    struct world w;

    world_make(&w,
               "# Web\n\n## Production deployment\n" SH("alembic upgrade head") "## Rollback\n" SH(
                   "alembic downgrade -1"),
               "environment: production\n");
    want_undo(&w, "production-deployment/1", UNDO_SECTION);
    world_end(&w);
    world_make(&w,
               "# Web\n\n## Deployment\n" SH("pg_dump $STAGING_DB | psql $PROD_DB") SH(
                   "alembic -x env=prod upgrade head") "## Rollback\n" SH("alembic downgrade -1"),
               BOUND);
    want_undo(&w, "deployment/2", UNDO_SECTION); /* the copy names two */
    world_end(&w);
}

T(one_step_that_names_no_database_does_not_undo_two)
{
    struct world w;

    world_make(
        &w,
        "# Web\n\n## Deployment\n" SH(
            "psql -d shop -f a.sql\npsql -d billing -f b.sql") "## Rollback\n" SH("alembic downgrade -1"),
        BOUND);
    want_undo(&w, "deployment/1", UNDO_GAP);
    want_undo(&w, "deployment/2", UNDO_GAP);
    world_end(&w);
    world_make(
        &w,
        "# Web\n\n## Deployment\n" SH(
            "psql -d shop -f a.sql\npsql -d shop -f b.sql") "## Rollback\n" SH("alembic downgrade -1"),
        BOUND);
    want_undo(&w, "deployment/1", UNDO_SECTION);
    world_end(&w);
}

/* "*" is no answer to where a command runs that may be meant for here. */
T(a_step_that_may_be_there_or_here_is_asked_about)
{
    static const char md[] =
        "# R\n\n## Deployment\n\n```bash\nssh web1\n./a\n```\n\n```bash\nssh lb01 ./b\n```\n";
    struct world w;

    world_make(&w, md, "environment: test\nhosts: {\"*\": {}}\naccept_gaps: no\n");
    want_question(
        &w, "host", 11,
        "is 'ssh lb01 ./b' run on web1, of which the text before it speaks, or here?",
        "hosts: {\"web1, or here\": local}, or {address: ...} of web1; or 'host' of each step");
    T_EQ(count_questions(&w, "host"), 1);
    world_end(&w);
    world_make(
        &w, md,
        "environment: test\nhosts: {\"*\": {}, \"web1, or here\": local}\naccept_gaps: no\n");
    T_EQ(count_questions(&w, "host"), 0);
    world_end(&w);
}

T_MAIN(T_CASE(one_step_that_names_no_environment_does_not_undo_two),
       T_CASE(what_names_an_environment_undoes_what_was_done_there),
       T_CASE(what_is_done_before_production_is_another_place),
       T_CASE(one_environment_needs_no_word),
       T_CASE(one_step_that_names_no_database_does_not_undo_two),
       T_CASE(a_step_that_may_be_there_or_here_is_asked_about))
