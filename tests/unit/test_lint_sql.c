#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/sv.h"
#include "lint/lint_sql.h"
#include "migrate/sqlcatalog.h"
#include "runbook_read.h"
#include "t.h"

/* --- docs/reference/lint/PGnnn.md and so on --- */

static struct strbuf page_of(const char *id)
{
    CLEANUP(mem_freep) char *path = NULL, *folder = NULL;
    struct strbuf b = STRBUF(0);
    struct err err = {0};
    char name[32];

    T_CHECK(getenv("PRUSIK_LINT_PAGES"));
    folder = path_join(getenv("PRUSIK_LINT_PAGES"), "lint");
    (void)snprintf(name, sizeof(name), "%s.md", id);
    path = path_join(folder, name);
    T_OK(file_read(path, 1u << 20, &b, &err), err);
    return b;
}

/* The text between the fence `open` behind `heading` and the line `close`. */
static struct sv page_block(struct sv page, const char *heading, const char *open,
                            const char *close)
{
    size_t at = sv_find(page, sv_from(heading), 0), from, to;

    T_CHECK(at != SV_NPOS);
    from = sv_find(page, sv_from(open), at);
    T_CHECK(from != SV_NPOS);
    from += strlen(open);
    to = sv_find(page, sv_from(close), from);
    T_CHECK(to != SV_NPOS);
    return sv_sub(page, from, to + 1);
}

static const struct sqllint_ask for_file = {.db = DB_POSTGRES};
/* What is not there can only be told by a database: one without any table. */
static struct sqlcatalog empty;
static const struct sqllint_ask for_catalog = {.db = DB_POSTGRES, .catalog = &empty};

/* What the rule finds in the file; *rewrite: its safe form, when it has one. */
static void page_findings(struct sv text, const char *id, struct strbuf *out,
                          struct strbuf *rewrite)
{
    CLEANUP(lint_release) struct lint l = {0};

    lint_sql_file(SV("1_x.sql"), text, strcmp(id, "RUN017") == 0 ? &for_catalog : &for_file, &l);
    sqlcatalog_release(&empty);
    for (size_t i = 0; i < l.findings.n; i++) {
        const struct lint_finding *f = &l.findings.v[i];

        if (strcmp(f->id, id) != 0)
            continue;
        strbuf_addf(out, "%zu:%zu: %s: %.*s\n", f->line, f->column, lint_severity_name(f->severity),
                    SV_FMT(f->message));
        if (f->rewrite.n && !rewrite->n)
            strbuf_addf(rewrite, "```sql\n%.*s\n```\n", SV_FMT(f->rewrite));
    }
}

T(the_example_of_each_page_is_found_and_the_near_miss_is_not)
{
    for (size_t i = 0; i < SQLLINT__N; i++) {
        const char *id = sqllint_rules[i].id;
        CLEANUP(strbuf_release)
        struct strbuf page = page_of(id), found = STRBUF(0), rewrite = STRBUF(0), none = STRBUF(0);
        struct sv p = strbuf_sv(&page);

        page_findings(page_block(p, "## Found\n", "`````sql\n", "\n`````"), id, &found, &rewrite);
        if (!found.n ||
            !sv_eq(page_block(p, "## Found\n", "```text\n", "\n```\n"), strbuf_sv(&found)))
            T_FAIL("%s.md: this is found:\n%s", id, strbuf_str(&found));
        if (rewrite.n && !sv_has(p, strbuf_sv(&rewrite)))
            T_FAIL("%s.md should show:\n%s", id, strbuf_str(&rewrite));
        strbuf_truncate(&rewrite, 0);
        page_findings(page_block(p, "## Not found\n", "`````sql\n", "\n`````"), id, &none,
                      &rewrite);
        if (none.n)
            T_FAIL("%s.md, the near miss: %s", id, strbuf_str(&none));
    }
}

T(rules_of_sql_are_rules_of_the_lint)
{
    for (size_t i = 0; i < SQLLINT__N; i++) {
        const struct lint_rule *r = lint_find_rule(sv_from(sqllint_rules[i].id));

        T_CHECK(r && !r->check);
        T_STR(r->title, sqllint_rules[i].title);
        T_STR(r->mend, sqllint_rules[i].mend);
    }
}

T(columns_count_bytes_and_code_points)
{
    CLEANUP(lint_release) struct lint l = {0};

    lint_sql_file(SV("x.sql"), SV("SELECT 1;\nSELECT 'r\xc3\xa9sum\xc3\xa9', 1 1;\n"), &for_file,
                  &l);
    T_EQ(l.findings.n, 1);
    T_EQ(l.findings.v[0].line, 2);
    T_EQ(l.findings.v[0].column, 22);
    T_EQ(l.findings.v[0].chars, 20);
}

/* --- runbooks --- */

/* "5 PG001, 9 PG013": findings of SQL rules. */
static struct strbuf found_in(const char *text)
{
    CLEANUP(reading_done) struct reading r = {0};
    CLEANUP(lint_release) struct lint l = {0};
    struct strbuf b = STRBUF(0);

    lint_run(&read_text(&r, text)->rb, &l);
    for (size_t i = 0; i < l.findings.n; i++)
        if (!sv_starts(sv_from(l.findings.v[i].id), SV("RB")))
            strbuf_addf(&b, "%s%zu %s", b.n ? ", " : "", l.findings.v[i].line, l.findings.v[i].id);
    return b;
}

T(sql_of_a_runbook_is_looked_at_where_it_stands)
{
    static const struct {
        const char *text, *found;
    } rows[] = {
        {"## Deploy\n\n```sql\nSELECT 1;\nCREATE INDEX i ON orders (a);\n```\n", "5 PG001"},
        {"## Deploy\n\n1. Index:\n\n   ```sql\n   SELECT 1;\n   CREATE INDEX i ON orders (a);\n   ```\n",
         "7 PG001"},
        {"## Deploy\n\n```sql\nBEGIN;\nALTER TABLE a ADD COLUMN b int;\nUPDATE a SET b = 1;\nCOMMIT;\n```\n",
         "6 RUN003"},
        {"## Deploy\n\n```bash\npsql shop -c 'CREATE INDEX i ON orders (a)'\n```\n", "4 PG001"},
        {"## Deploy\n\n```sql\n-- prusik: ignore PG001\nCREATE INDEX i ON orders (a);\n```\n", ""},
        {"## Deploy\n\n```sql\nCREATE INDEX CONCURRENTLY i ON orders (a);\n\\d orders\n"
         "SELECT count(*) FROM orders WHERE a = :value;\n```\n",
         ""},
        {"## Deploy\n\n```sql\nCREATE INDEX i ON orders (a);\n```\n\nThe tests use SQLite.\n", ""},
        {"## Deploy\n\n```bash\nsqlite3 shop.db 'ALTER TABLE a ADD COLUMN b TEXT NOT NULL'\n```\n",
         "4 SQL001"},
        {"## Deploy\n\nWith sqlite3:\n\n```sql\n.headers on\nSELECT 1;\n.mode column\n"
         "ALTER TABLE a ADD CONSTRAINT c CHECK (b > 1);\nCREATE INDEX i ON a (b);\n```\n",
         "9 SQL004"},
        {"## Deploy\n\nWith sqlite3, later PostgreSQL:\n\n```sql\n"
         "ALTER TABLE a ADD CONSTRAINT c CHECK (b > 1);\n```\n",
         ""},
        {"## Deploy\n\n```bash\nsqlite3 shop.db <<EOF\nBEGIN;\nUPDATE a SET b = 1;\nCOMMIT;\nEOF\n```\n",
         ""},
        {"## Deploy\n\n```bash\nsqlite3 shop.db \"INSERT INTO users VALUES ('x', 1)\"\n```\n", ""},
        {"## Rollback\n\n```sql\nDROP INDEX i;\nALTER TABLE a DROP COLUMN b;\n```\n", ""},
        {"## Deploy\n\n```sql\nALTER TABLE a ADD COLUMN b text;\nALTER TABLE a DROP COLUMN c;\n```\n",
         ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf got = found_in(rows[i].text);

        if (!sv_eq(strbuf_sv(&got), sv_from(rows[i].found)))
            T_FAIL("row %zu: %s", i, strbuf_str(&got));
    }
}

T(a_finding_of_a_runbook_has_lock_grade_and_safe_form)
{
    CLEANUP(reading_done) struct reading r = {0};
    CLEANUP(lint_release) struct lint l = {0};
    const struct lint_finding *f = NULL;

    lint_run(&read_text(&r, "## Deploy\n\n```sql\nCREATE INDEX i ON orders (a);\n```\n")->rb, &l);
    for (size_t i = 0; i < l.findings.n; i++)
        if (strcmp(l.findings.v[i].id, "PG001") == 0)
            f = &l.findings.v[i];
    T_CHECK(f);
    T_CHECK(sv_is(f->lock, "SHARE"));
    T_CHECK(sv_has(f->rewrite, SV("CREATE INDEX CONCURRENTLY i ON orders (a);")));
    T_EQ(f->grade, 'A');
}

T_MAIN(T_CASE(the_example_of_each_page_is_found_and_the_near_miss_is_not),
       T_CASE(rules_of_sql_are_rules_of_the_lint), T_CASE(columns_count_bytes_and_code_points),
       T_CASE(sql_of_a_runbook_is_looked_at_where_it_stands),
       T_CASE(a_finding_of_a_runbook_has_lock_grade_and_safe_form))
