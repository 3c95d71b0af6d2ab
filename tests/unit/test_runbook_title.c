#include "runbook/title.h"

#include "runbook_read.h"

T(the_words_of_a_heading_tell_what_the_section_is_for)
{
    static const struct {
        const char *text;
        enum rb_role role;
    } rows[] = {
        {"Pre-Deployment Checklist", ROLE_PREFLIGHT},
        {"Prerequisites", ROLE_PREFLIGHT},
        {"Vorbereitung", ROLE_PREFLIGHT},
        {"事前確認", ROLE_PREFLIGHT},
        {"Checklist", ROLE_PREFLIGHT},
        {"Deployment Steps", ROLE_DEPLOY},
        {"Phase 2", ROLE_DEPLOY},
        {"Database migration", ROLE_DEPLOY},
        {"Durchführung", ROLE_DEPLOY},
        {"リリース手順", ROLE_DEPLOY},
        {"Post-Deployment Verification", ROLE_VERIFY},
        {"Smoke tests", ROLE_VERIFY},
        {"15-Minute Checks", ROLE_VERIFY},
        {"Nachkontrolle", ROLE_VERIFY},
        {"動作検証", ROLE_VERIFY},
        {"Rollback Procedure", ROLE_ROLLBACK},
        {"Rolling back the release", ROLE_ROLLBACK},
        {"Rückweg", ROLE_ROLLBACK},
        {"切り戻し", ROLE_ROLLBACK},
        {"Rollback Decision Matrix", ROLE_DECIDE},
        {"When to roll back", ROLE_DECIDE},
        {"Go/No-Go", ROLE_DECIDE},
        {"Rollback criteria", ROLE_DECIDE},
        {"Monitoring", ROLE_MONITOR},
        {"Überwachung", ROLE_MONITOR},
        {"Troubleshooting", ROLE_TROUBLESHOOT},
        {"Known issues", ROLE_TROUBLESHOOT},
        {"Communication Plan", ROLE_COMMUNICATE},
        {"Sign-off", ROLE_SIGN_OFF},
        {"Approvals", ROLE_SIGN_OFF},
        {"Emergency Contacts", ROLE_REFERENCE},
        {"Deployment overview", ROLE_REFERENCE},
        {"連絡先", ROLE_REFERENCE},
        {"TL;DR", ROLE_REFERENCE},
        {"Escalation", ROLE_REFERENCE},
        {"Migration Idempotency", ROLE_REFERENCE},
        {"Post-Deployment Tasks", ROLE_FOLLOW_UP},
        {"Lessons learned", ROLE_FOLLOW_UP},
        {"4. After deploying", ROLE_VERIFY},
        {"2 Pre-change checks", ROLE_PREFLIGHT},
        {"Step 4 of 4 - Check", ROLE_VERIFY},
        {"Fallback plan", ROLE_ROLLBACK},
        {"If something goes wrong", ROLE_ROLLBACK},
        {"In case of problems", ROLE_ROLLBACK},
        {"6 Go / No-Go", ROLE_DECIDE},
        {"\xf0\x9f\x93\x88 Keep an eye on it", ROLE_MONITOR},
        {"Triage", ROLE_PREFLIGHT},
        {"Lunch", ROLE_NONE},
        {"", ROLE_NONE},
    };
    CLEANUP(title_reader_freep) struct title_reader *r = title_reader_new();

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (title_role(r, sv_from(rows[i].text)) != rows[i].role)
            T_FAIL("'%s' is %s and should be %s", rows[i].text,
                   rb_role_name(title_role(r, sv_from(rows[i].text))), rb_role_name(rows[i].role));
}

T(number_condition_and_time_are_taken_out_of_a_title)
{
    static const struct {
        const char *text, *title, *number, *word, *condition;
        bool optional, is_step;
        int64_t offset_ms;
    } rows[] = {
        {"Step 1.1: Take a backup", "Take a backup", "1.1", "Step", "", false, true, -1},
        {"Phase 2 - Application", "Application", "2", "Phase", "", false, false, -1},
        {"1.2 Restart the workers", "Restart the workers", "1.2", "", "", false, true, -1},
        {"3. Tell support", "Tell support", "3", "", "", false, true, -1},
        {"3 Tell support", "3 Tell support", "", "", "", false, false, -1},
        {"1984. A year", "1984. A year", "", "", "", false, false, -1},
        {"Schritt 4: Dienst stoppen", "Dienst stoppen", "4", "Schritt", "", false, true, -1},
        {"Task 7", "", "7", "Task", "", false, true, -1},
        {"手順1 停止", "停止", "1", "手順", "", false, true, -1},
        {"ステップ2: 起動", "起動", "2", "ステップ", "", false, true, -1},
        {"Scenario 3: Bad data", "Bad data", "3", "Scenario", "", false, false, -1},
        {"Clear the cache (optional)", "Clear the cache", "", "", "", true, false, -1},
        {"Clear the cache (Optional, safe)", "Clear the cache", "", "", "", true, false, -1},
        {"Scale up (if needed)", "Scale up", "", "", "if needed", false, false, -1},
        {"Neustart (falls nötig) (optional)", "Neustart", "", "", "falls nötig", true, false, -1},
        {"Migrate (10 min)", "Migrate", "", "", "", false, false, -1},
        {"Migrate (users table)", "Migrate (users table)", "", "", "", false, false, -1},
        {"(optional)", "(optional)", "", "", "", false, false, -1},
        {"Migrate now)", "Migrate now)", "", "", "", false, false, -1},
        {"✅ 2.1 Build **", "Build", "2.1", "", "", false, true, -1},
        {"🚀 Go 🚀", "Go", "", "", "", false, false, -1},
        {"15-Minute Checks", "15-Minute Checks", "", "", "", false, false, 900000},
        {"24 hour review", "24 hour review", "", "", "", false, false, 86400000},
        {"T+5 min", "T+5 min", "", "", "", false, false, 300000},
        {"T+900000 min", "T+900000 min", "", "", "", false, false, -1},
        {"99999999999999999999-minute checks", "99999999999999999999-minute checks", "", "", "",
         false, false, -1},
        {"1.1.1.1.1.1.1.1.1 x", "1.1.1.1.1.1.1.1.1 x", "", "", "", false, false, -1},
        {"", "", "", "", "", false, false, -1},
    };
    CLEANUP(title_reader_freep) struct title_reader *r = title_reader_new();

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct title t;

        title_read(r, sv_from(rows[i].text), &t);
        SAME(t.text, rows[i].title);
        SAME(t.number, rows[i].number);
        SAME(t.word, rows[i].word);
        SAME(t.condition, rows[i].condition);
        T_EQ(t.optional, rows[i].optional);
        T_EQ(t.is_step, rows[i].is_step);
        T_EQ(t.offset_ms, rows[i].offset_ms);
    }
}

T(numbers_stand_in_many_ways)
{
    static const struct {
        const char *text, *number, *title;
    } rows[] = {
        {"Phase A - Database", "A", "Database"},
        {"Option B: new", "B", "new"},
        {"Step 2 of 5: Copy", "2", "Copy"},
        {"A.2 Store it", "A.2", "Store it"},
        {"3.1. Stop", "3.1", "Stop"},
        {"(4) Go", "4", "Go"},
        {"3\xef\xb8\x8f\xe2\x83\xa3 Flip", "3", "Flip"},
        {"第2步 更新", "2", "更新"},
        {"Tasks", "", "Tasks"},
        {"Steps", "", "Steps"},
        {"3 replicas are up", "", "3 replicas are up"},
    };
    CLEANUP(title_reader_freep) struct title_reader *r = title_reader_new();
    struct title t;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        title_read(r, sv_from(rows[i].text), &t);
        SAME(t.number, rows[i].number);
        SAME(t.text, rows[i].title);
    }
    title_read(r, SV("3 Change"), &t);
    title_read_bare(r, &t); /* headings only */
    T_SV(t.number, "3");
    T_SV(t.text, "Change");
    title_read(r, SV("3 replicas"), &t);
    title_read_bare(r, &t);
    T_EQ(t.number.n, 0);
}

T(variants_are_named_alone_or_with_what_holds_for_them)
{
    static const struct {
        const char *text, *kind;
    } rows[] = {
        {"PostgreSQL (Production/Staging)", "database"},
        {"For SQLite:", "database"},
        {"PostgreSQL 15", "database"},
        {"PostgreSQL Backup", ""},
        {"Docker", "runtime"},
        {"For Docker Compose:", "runtime"},
        {"If you use Kubernetes:", "runtime"},
        {"Debian and Ubuntu", "system"},
        {"RHEL, CentOS, Rocky", "system"},
        {"Option A: keep it", "option"},
        {"Case 2: traffic", "option"},
        {"Dockerfile", ""},
        {"", ""},
    };
    CLEANUP(title_reader_freep) struct title_reader *r = title_reader_new();

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (!sv_eq(title_variant(r, sv_from(rows[i].text)), sv_from(rows[i].kind)))
            T_FAIL("'%s'", rows[i].text);
}

T(sentences_can_be_conditions_and_moments)
{
    CLEANUP(title_reader_freep) struct title_reader *r = title_reader_new();
    struct title t;
    int64_t ms = -1;

    title_read(r, SV("Only if data is corrupted:"), &t);
    T_SV(t.sentence, "Only if data is corrupted");
    title_read(r, SV("Use only if critical issues found"), &t);
    T_SV(t.sentence, "Use only if critical issues found");
    title_read(r, SV("Then if it works. Go on"), &t);
    T_EQ(t.sentence.n, 0);
    title_read(r, SV("Update（必要な場合）"), &t);
    T_SV(t.condition, "必要な場合");
    T_SV(t.text, "Update");
    title_read(r, SV("Tested (IF NOT EXISTS checks)"), &t);
    T_EQ(t.condition.n, 0);
    title_read(r, SV("Run it (if needed)."), &t);
    T_SV(t.condition, "if needed");
    T_CHECK(title_due(r, SV("Run 30 days after Phase 4"), &ms));
    T_EQ(ms, INT64_C(30) * 86400000);
    T_CHECK(title_due(r, SV("within an hour, within one week"), &ms) &&
            ms == INT64_C(7) * 86400000);
    T_CHECK(!title_due(r, SV("5-10 minutes"), &ms));
    T_CHECK(title_rolls_back(r, SV("Revert the code")) && !title_rolls_back(r, SV("No rollback")));
}

T(an_offset_is_t_plus_a_span)
{
    static const struct {
        const char *text;
        int64_t ms; /* -1: none */
    } rows[] = {{"T+5 min", 300000},
                {" T + 24 hours ", 86400000},
                {"t+30s", 30000},
                {"T+1w", 604800000},
                {"T-5 min", -1},
                {"T+5", -1},
                {"at T+5 min", -1},
                {"T+99999999 min", -1},
                {"", -1}};
    CLEANUP(title_reader_freep) struct title_reader *r = title_reader_new();

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t ms = -7;
        bool found = title_offset(r, sv_from(rows[i].text), &ms);

        T_EQ(found, rows[i].ms >= 0);
        T_EQ(ms, found ? rows[i].ms : -7);
    }
}

T(an_approval_comes_from_somebody_else)
{
    static const char *const yes[] = {"Approval obtained from the CTO", "Approved by: Dana",
                                      "Sign-off from QA", "Freigabe durch Leitung", "承認を得た"};
    static const char *const no[] = {"Approve the pull request", "Tell support", ""};
    CLEANUP(title_reader_freep) struct title_reader *r = title_reader_new();

    for (size_t i = 0; i < ARRAY_LEN(yes); i++)
        T_CHECK(title_is_approval(r, sv_from(yes[i])));
    for (size_t i = 0; i < ARRAY_LEN(no); i++)
        T_CHECK(!title_is_approval(r, sv_from(no[i])));
}

T(a_slug_is_short_and_ends_at_a_word_or_at_least_at_a_character)
{
    static const struct {
        const char *text, *slug;
        size_t max;
    } rows[] = {
        {"Take a Backup!", "take-a-backup", 24},
        {"  --Shop 4.2-- ", "shop-4.2", 24},
        {"Verify the application health", "verify-the-application", 24},
        {"Rückweg", "rückweg", 24},
        {"one two three", "one-two", 8},
        {"internationalization", "internat", 8},
        {"デプロイ手順書", "デプ", 8},
        {"...", "", 8},
        {"", "", 8},
    };
    CLEANUP(arena_release) struct arena arena = {0};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        SAME(title_slug(sv_from(rows[i].text), rows[i].max, &arena), rows[i].slug);
}

T(what_was_never_made_can_be_freed)
{
    title_reader_free(NULL);
}

T_MAIN(T_CASE(the_words_of_a_heading_tell_what_the_section_is_for),
       T_CASE(number_condition_and_time_are_taken_out_of_a_title),
       T_CASE(numbers_stand_in_many_ways),
       T_CASE(variants_are_named_alone_or_with_what_holds_for_them),
       T_CASE(sentences_can_be_conditions_and_moments), T_CASE(an_offset_is_t_plus_a_span),
       T_CASE(an_approval_comes_from_somebody_else),
       T_CASE(a_slug_is_short_and_ends_at_a_word_or_at_least_at_a_character),
       T_CASE(what_was_never_made_can_be_freed))
