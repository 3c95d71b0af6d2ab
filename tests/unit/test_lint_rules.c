/* Each rule over a document that breaks it and one that does not. */
#include "lint/lint.h"

#include "runbook_read.h"

static const struct {
    const char *id, *bad, *good;
    size_t line, column;
    enum lint_severity severity;
} rows[] = {
    /* clang-format off */
    {"RB000", "## Deploy\ncaf\xe9\n", "## Deploy\ncafé\n", 2, 4, LINT_ERROR},
    {"RB001", "```md\n```sh\nls\n```\n```\n", "````md\n```sh\nls\n```\n````\n", 4, 1, LINT_ERROR},
    {"RB003", "stop \xc3\xa2\xe2\x82\xac\xe2\x80\x9c now\n", "stop – now\n", 1, 6, LINT_WARNING},
    {"RB008", "## Deploy\n```bash\necho $(date +%F)\nssh <host> ls\n```\n", "## Deploy\n```bash\nssh web1 ls\n```\n", 4, 5, LINT_INFO},
    {"RB008", "**Date:** TBD\n", "**Date:** Tuesday\n", 1, 11, LINT_INFO},
    {"RB013", "## Deploy\n```bash\nls\n", "## Deploy\n```bash\nls\n```\n", 2, 1, LINT_ERROR},
    {"RB014", "## Deploy\n```bash\nls\n  echo \"a\n```\n", "## Deploy\n```bash\necho \"a\"\n```\n", 4, 3, LINT_ERROR},
    {"RB120", "## Deploy\n```bash\ntail -f shop.log\n```\n", "## Deploy\n```bash\ntail -f shop.log\n# Watch for 30 seconds, expect: no errors\n```\n", 3, 1, LINT_WARNING},
    {"RB120", "## Deploy\n```bash\nwatch date\n```\n", "## Deploy\n```bash\n# wait max 60 seconds\nwatch date\n# When connections <5, proceed\n```\n", 3, 1, LINT_WARNING},
    {"RB120", "## Deploy\n```bash\nwatch date\n# When connections <5, proceed\n```\n", "ls\n", 3, 1, LINT_WARNING},
    {"RB128", "## Deploy\n```bash\npg_dump shop | gzip > x.gz\n```\n", "## Deploy\n```bash\nls | gzip > x.gz\npg_dump shop | wc\n```\n", 3, 1, LINT_WARNING},
    {"RB139", "## Deploy\n```bash\necho A=1 >> .env\n```\n", "## Deploy\n```bash\necho A=1 > .env\necho a >> log\n```\n", 3, 13, LINT_WARNING},
    {"RB143", "## Deploy\n```bash\ncp app.db app.bak\n```\n", "## Rollback\n```bash\ncp app.db app.bak\n```\n", 3, 4, LINT_WARNING},
    {"RB143", "## Deploy\n```bash\ncp app.sqlite3 x\n```\n", "## Deploy\n- [ ] look\n```bash\ncp app.conf x\n```\n", 3, 4, LINT_WARNING},
    {"RB250", "## Deploy\n```bash\nls\n```\nExpected: it looks nice\n", "## Deploy\n```bash\nls\n```\nExpected: no errors\n", 5, 11, LINT_INFO},
    {"RB251", "## Deploy\n```bash\ngit diff\n```\nExpected: \"none\" or a list of changes\n", "## Deploy\n```bash\ngit diff\n```\nExpected: \"none\"\n", 5, 11, LINT_INFO},
    {"RB254", "## Deploy\n```bash\ncurl https://shop\n```\n", "## Deploy\n```bash\ncurl -f https://shop\ncurl https://shop\n# Expected: HTTP 200\n\ncurl https://shop\n# Expected: \"ready\": true\n\ncurl https://shop\n# Expected: \"up\"\n```\n", 3, 1, LINT_WARNING},
    {"RB400", "## Decision matrix\n| Symptom | Action |\n|---|---|\n| Users angry | rollback |\n", "## Decision matrix\n| Symptom | Action |\n|---|---|\n| Error rate >5% | rollback |\n", 4, 3, LINT_WARNING},
    /* clang-format on */
};

static size_t count(const struct lint *l, const char *id, const struct lint_finding **last)
{
    size_t n = 0;

    for (size_t i = 0; i < l->findings.n; i++)
        if (strcmp(l->findings.v[i].id, id) == 0) {
            *last = &l->findings.v[i];
            n++;
        }
    return n;
}

T(each_rule_finds_the_bad_document_and_not_the_good_one)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(reading_done) struct reading bad = {0}, good = {0};
        CLEANUP(lint_release) struct lint found = {0}, nothing = {0};
        const struct lint_finding *f = NULL;

        lint_run(&read_text(&bad, rows[i].bad)->rb, &found);
        lint_run(&read_text(&good, rows[i].good)->rb, &nothing);
        if (count(&found, rows[i].id, &f) != 1)
            T_FAIL("row %zu: %s is found %zu times", i, rows[i].id, count(&found, rows[i].id, &f));
        if (f->line != rows[i].line || f->column != rows[i].column)
            T_FAIL("row %zu: %s at %zu:%zu", i, rows[i].id, f->line, f->column);
        T_EQ(f->severity, rows[i].severity);
        T_CHECK(f->message.n && f->hint.n);
        if (count(&nothing, rows[i].id, &f) != 0)
            T_FAIL("row %zu: %s is found in the good document: %.*s", i, rows[i].id,
                   SV_FMT(f->message));
    }
}

T(every_rule_is_complete_and_has_a_row_above)
{
    for (size_t i = 0; i < n_lint_rules; i++) {
        const struct lint_rule *r = lint_rules[i];
        size_t shown = 0;

        T_CHECK(r->title[0] && r->why[0] && r->mend[0] && r->check);
        T_CHECK(lint_find_rule(sv_from(r->id)) == r);
        T_CHECK(i == 0 || strcmp(lint_rules[i - 1]->id, r->id) < 0);
        for (size_t k = 0; k < ARRAY_LEN(rows); k++)
            shown += strcmp(rows[k].id, r->id) == 0;
        if (!shown)
            T_FAIL("%s has no test", r->id);
    }
    T_CHECK(lint_find_rule(SV("rb120")) == lint_find_rule(SV("RB120")));
    T_CHECK(!lint_find_rule(SV("RB999")));
}

T(a_comment_on_the_line_or_above_it_silences_a_rule)
{
    static const struct {
        const char *text;
        size_t n;
    } docs[] = {
        {"## Deploy\n```bash\necho A=1 >> .env # prusik: ignore RB139\n```\n", 0},
        {"## Deploy\n```bash\n# prusik: ignore RB008 RB139\necho A=1 >> .env\n```\n", 0},
        {"## Deploy\n```bash\n# prusik: ignore RB1390\necho A=1 >> .env\n```\n", 1},
        {"## Deploy\n```bash\n# prusik: ignore RB139\n\necho A=1 >> .env\n```\n", 1},
        {"```bash\necho A=1 >> .env\n```\n", 1},
    };

    for (size_t i = 0; i < ARRAY_LEN(docs); i++) {
        CLEANUP(reading_done) struct reading r = {0};
        CLEANUP(lint_release) struct lint l = {0};
        const struct lint_finding *f;

        lint_run(&read_text(&r, docs[i].text)->rb, &l);
        T_EQ(count(&l, "RB139", &f), docs[i].n);
    }
}

T(a_silenced_finding_of_bad_bytes_leaves_the_others_alone)
{
    CLEANUP(reading_done) struct reading r = {0};
    CLEANUP(lint_release) struct lint l = {0};

    lint_run(&read_text(&r, "<!-- prusik: ignore RB000 -->\ncaf\xe9\n")->rb, &l);
    T_EQ(l.findings.n, 0);
}

T(findings_are_in_the_order_of_lines_ids_and_columns)
{
    CLEANUP(reading_done) struct reading r = {0};
    CLEANUP(lint_release) struct lint l = {0};

    lint_run(&read_text(&r, "## Deploy\n```bash\nssh <web> <db> <db>\necho x=<a> >> .env\n"
                            "curl http://<host>\n```\n")
                  ->rb,
             &l);
    T_CHECK(l.findings.n >= 6);
    for (size_t i = 1; i < l.findings.n; i++) {
        const struct lint_finding *a = &l.findings.v[i - 1], *b = &l.findings.v[i];

        T_CHECK(a->line <= b->line);
        T_CHECK(a->line < b->line || strcmp(a->id, b->id) <= 0);
        T_CHECK(a->line < b->line || strcmp(a->id, b->id) < 0 || a->column <= b->column);
    }
}

T(severities_have_names)
{
    T_STR(lint_severity_name(LINT_INFO), "info");
    T_STR(lint_severity_name(LINT_WARNING), "warning");
    T_STR(lint_severity_name(LINT_ERROR), "error");
}

T_MAIN(T_CASE(each_rule_finds_the_bad_document_and_not_the_good_one),
       T_CASE(every_rule_is_complete_and_has_a_row_above),
       T_CASE(a_comment_on_the_line_or_above_it_silences_a_rule),
       T_CASE(a_silenced_finding_of_bad_bytes_leaves_the_others_alone),
       T_CASE(findings_are_in_the_order_of_lines_ids_and_columns), T_CASE(severities_have_names))
