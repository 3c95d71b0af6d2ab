/* Conditions that begin with an amount, and those that no machine judges. */
#include "runbook/amount.h"

#include "runbook_want.h"

T(an_amount_that_stands_first_is_a_limit)
{
    static const struct {
        const char *bullet, *want;
    } rows[] = {
        {"Roll back if more than 10 errors in 5 minutes", "rollback when errors[5m] > 10"},
        {"Roll back if more than 10 errors per minute", "rollback when errors[1m] > 10"},
        {"Roll back if there are more than 5 failed logins a minute",
         "rollback when failed_logins[1m] > 5"},
        {"Roll back if at most 3 errors", "?"},
        {"Roll back if more than 5% of requests fail for 5 minutes",
         "rollback when error_rate[1m] > 5% min 100 samples for 5m"},
        {"Roll back if over 2 percent errors for 10 minutes",
         "rollback when error_rate[1m] > 2% min 100 samples for 10m"},
        {"Roll back if > 1% of the checkouts fail", "rollback when failed_checkouts > 1%"},
        {"Roll back if errors exceed 10 per minute", "rollback when errors[1m] > 10"},
        {"Roll back if fewer than 100 orders per minute come in", "?"},
        {"Roll back if more than 5% of requests are slow", "?"},
        {"Roll back if more than 2 pods restart", "?"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        want_bullet("Monitoring", rows[i].bullet, rows[i].want);
}

static void want_phrase(const char *text, const char *want)
{
    struct arena arena = {0};

    struct sv got = amount_phrase(sv_from(text), &arena);

    T_STR(arena_strdup(&arena, got), want);
    arena_release(&arena);
}

T(the_subject_stands_first_and_nothing_is_left_out)
{
    want_phrase("at least 3 timeouts within 5 minutes", "timeouts >= 3 in 5 minutes");
    want_phrase("fewer than 100 orders every hour", "orders < 100 per hour");
    want_phrase("\xe2\x89\xa5 3 5xx", "5xx >= 3");
    want_phrase("over 5 errors per minute.", "errors > 5 per minute.");
    want_phrase("<= 2 jobs failed", "failed jobs <= 2");
    want_phrase("> 5% failed logins", "failed logins > 5%");
    want_phrase("> 5% 5xx", "5xx > 5%");
    /* what says more, or does not begin so, stays as it is */
    want_phrase("error rate > 5%", "error rate > 5%");
    want_phrase("more than 5% of requests", "more than 5% of requests");
    want_phrase("more than a few errors", "more than a few errors");
    want_phrase("more than 10errors", "more than 10errors");
    want_phrase("more than 3 errors during the migration",
                "more than 3 errors during the migration");
    want_phrase("more than 3 of the old and not yet migrated rows",
                "more than 3 of the old and not yet migrated rows");
    want_phrase("more than 3 water", "more than 3 water");
    want_phrase("more than 3 ", "more than 3 ");
}

T(a_number_of_what_fails_is_no_share)
{
    want_bullet("Monitoring", "Roll back if 5xx responses > 10/min",
                "rollback when http_5xx_responses[1m] > 10");
    want_bullet("Monitoring", "Roll back when failed requests > 20 per hour",
                "rollback when failed_requests[1h] > 20");
    want_bullet("Monitoring", "Roll back when error rate > 5%",
                "rollback when error_rate[1m] > 5% min 100 samples");
}

T(what_only_people_see_is_asked_where_the_release_is_watched)
{
    want_bullet("Monitoring", "Roll back if users report errors", "?");
    want_rules("# R\n## Monitoring\nIf the health check fails, roll back.\n", "?");
    want_rules("# R\n## Monitoring\nIf users report errors, ask the team.\n", "");
    want_rules("# R\n## Monitoring\nPage the on-call when users report errors.\n", "");
    want_rules("# R\n## Monitoring\nConsider rolling back if users report errors.\n", "");
    want_rules("# R\n## Monitoring\nIf any check fails, roll back.\n", "");
    want_rules("# R\n## Monitoring\nRoll back as soon as a metric is red:\n", "");
    want_rules("# R\n## Deployment\nIf the health check fails, roll back.\n", "");
}

T_MAIN(T_CASE(an_amount_that_stands_first_is_a_limit),
       T_CASE(the_subject_stands_first_and_nothing_is_left_out),
       T_CASE(a_number_of_what_fails_is_no_share),
       T_CASE(what_only_people_see_is_asked_where_the_release_is_watched))
