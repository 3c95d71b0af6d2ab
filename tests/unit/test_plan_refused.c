/* plan/make_refused: what is expected to be refused changes nothing. */
#include "test_plan_util.h"

#define BOUND  "environment: test\ndatabases: {main: {url: \"sqlite:app.db\"}}\n"
#define HEAD   "# Web\n\n## Deployment\n\n"
#define FAILS  "\n**Expected**: ERROR: duplicate key value violates unique constraint\n"
#define SQL(s) "```sql\n" s "\n```\n"
#define SH(s)  "```bash\n" s "\n```\n"

static void want(const char *md, const char *yaml, const char *effect, const char *in_doubt)
{
    struct world w;
    const json_t *step;

    world_make(&w, md, yaml);
    step = json_array_get(json_object_get(w.plan.json, "steps"), 0);
    if (!sv_eq(json_get_sv(step, "effect"), sv_from(effect)) ||
        !sv_eq(json_get_sv(step, "in_doubt"), sv_from(in_doubt)))
        T_FAIL("%s: effect %.*s, %.*s in doubt", md, SV_FMT(json_get_sv(step, "effect")),
               SV_FMT(json_get_sv(step, "in_doubt")));
    if (sv_eq(sv_from(effect), SV("none")))
        T_CHECK(!find_question(&w, "way-back", 0));
    world_end(&w);
}

T(an_insert_that_is_expected_to_fail_is_no_change)
{
    want(HEAD SQL("INSERT INTO t VALUES (1);") FAILS, BOUND, "none", "again");
    want(HEAD SQL("-- twice\nUPDATE t SET id = 1") FAILS, BOUND, "none", "again");
    want(HEAD SH("psql -d app -c \"INSERT INTO t VALUES (1)\"") FAILS, BOUND, "none", "again");
    want(HEAD SH("sqlite3 app.db \"DELETE FROM t\"") FAILS, BOUND, "none", "again");
}

T(what_may_have_changed_something_is_a_change)
{
    want(HEAD SQL("INSERT INTO t VALUES (1);"), BOUND, "database", "ask");
    want(HEAD SH("psql -d app -c \"INSERT INTO t VALUES (2); INSERT INTO t VALUES (1)\"") FAILS,
         BOUND, "database", "ask");
    want(HEAD SH("psql -d app -f all.sql") FAILS, BOUND, "database", "ask");
    want(HEAD SH("psql -d app -c \"INSERT INTO t VALUES (1)\" || psql -d app -c \"DELETE FROM t\"")
             FAILS,
         BOUND, "database", "ask");
    want(HEAD SH("psql -d app -c \"DROP TABLE t\"") FAILS, BOUND, "database", "ask");
}

/* Nobody looks whether it is refused. */
T(where_the_expectation_is_dropped_it_is_a_change)
{
    want(HEAD SQL("INSERT INTO t VALUES (1);") FAILS, BOUND "drop: {9: by hand}\n", "database",
         "ask");
}

T_MAIN(T_CASE(an_insert_that_is_expected_to_fail_is_no_change),
       T_CASE(what_may_have_changed_something_is_a_change),
       T_CASE(where_the_expectation_is_dropped_it_is_a_change))
