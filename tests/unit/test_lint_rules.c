/* Each rule over a document that breaks it and one that does not. */
#include "lint/lint.h"

#include "base/file.h"
#include "lint/lint_util.h"

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
    {"RB008", "## Deploy\n```sql\nSELECT 1\nWHERE a = <id>;\n```\n", "## Deploy\n```sql\nSELECT 1 WHERE a < 5;\n```\n", 4, 11, LINT_INFO},
    {"RB123", "## Deploy\n```bash\ncp <from> \"<to>\"\n```\n", "## Deploy\n```bash\necho \"a \\\" Usage: x <name>\"\n```\n", 3, 4, LINT_INFO},
    {"RB150", "## Deploy\n```bash\necho \"the $DB_PASSWORD\"\n```\n", "## Deploy\n```bash\nfor i in 1; do curl -fH \"$TOKEN\" https://x; echo \"$i\"; done\n```\n", 3, 1, LINT_WARNING},
    {"RB123", "## Deploy\n```bash\necho $(date +%F)\nssh <host> ls\n```\n", "## Deploy\n```bash\nssh web1 ls\n```\n", 4, 5, LINT_INFO},
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
    {"RB254", "## Deploy\n1. Check it: `curl https://shop`\n", "## Deploy\n1. Check it: `curl -f https://shop`\n2. `curl https://shop` returns 200\n", 2, 15, LINT_WARNING},
    {"RB400", "## Decision matrix\n| Symptom | Action |\n|---|---|\n| Users angry | rollback |\n", "## Decision matrix\n| Symptom | Action |\n|---|---|\n| Error rate >5% | rollback |\n", 4, 3, LINT_WARNING},
    /* more than one way to break a rule */
    {"RB403", "## Decision matrix\n| Symptom | Action |\n|---|---|\n| Error rate >150% | rollback |\n", "## Decision matrix\n| Symptom | Action |\n|---|---|\n| Error rate >50% | rollback |\n", 4, 3, LINT_ERROR},
    {"RB415", "## Verify\n```bash\npromtool query instant http://p 'rate(x_total{code=\"5..\"}[5m])'\n```\n", "## Verify\n```bash\npromtool query instant http://p 'rate(x_total{code=~\"5..\",mycode=\"5\"}[5m])'\n```\n", 3, 53, LINT_WARNING},
    {"RB408", "```text\nhttp_request_duration_seconds_bucket{le=\"1\"} 5\nhttp_request_duration_seconds_bucket{le=\"2.5\"} 9\nhttp_request_duration_seconds_bucket{le=\"+Inf\"} 9\n```\n## Decision matrix\n| Symptom | Action |\n|---|---|\n| p95 response time >2s for >5 min | rollback |\n", "```text\nhttp_request_duration_seconds_bucket{le=\"1\"} 5\nhttp_request_duration_seconds_bucket{le=\"2.5\"} 9\nhttp_request_duration_seconds_bucket{le=\"+Inf\"} 9\n```\n## Decision matrix\n| Symptom | Action |\n|---|---|\n| p95 response time >2.5s for >5 min | rollback |\n", 9, 3, LINT_INFO},
    {"RB408", "```text\nhttp_request_duration_seconds_bucket{le=\"1\"} 5\nhttp_request_duration_seconds_bucket{le=\"2.5\"} 9\nhttp_request_duration_seconds_bucket{le=\"+Inf\"} 9\n```\n## Decision matrix\n| Symptom | Action |\n|---|---|\n| p95 response time >2s for >5 min | rollback |\n", "```text\nhttp_request_duration_seconds_bucket{le=\"1\"} 5\nquery_seconds_bucket{le=\"2.5\"} 5\n```\n## Decision matrix\n| Symptom | Action |\n|---|---|\n| p95 response time >2s for >5 min | rollback |\n", 9, 3, LINT_INFO},
    {"RB408", "buckets: (0.5, 1, 2.5)\n\n## Decision matrix\n| Symptom | Action |\n|---|---|\n| p95 response time >2s for >5 min | rollback |\n", "buckets: (0.5, one, 2.5)\n\nbuckets of sand [1, 3]\n\n## Decision matrix\n| Symptom | Action |\n|---|---|\n| p95 response time >2s for >5 min | rollback |\n", 6, 3, LINT_INFO},
    {"RB408", "```text\nhttp_request_duration_seconds_bucket{le=\"1\"} 5\nhttp_request_duration_seconds_bucket{le=\"2.5\"} 9\nhttp_request_duration_seconds_bucket{le=\"+Inf\"} 9\n```\n## Decision matrix\n| Symptom | Action |\n|---|---|\n| p95 response time >2s for >5 min | rollback |\n", "```text\nhttp_request_duration_seconds_bucket{le=\"1\"} 5\nhttp_request_duration_seconds_bucket{le=\"2.5\"} 9\nhttp_request_duration_seconds_bucket{le=\"+Inf\"} 9\n```\n## Decision matrix\n| Symptom | Action |\n|---|---|\n| p95 response time >0.5s for >5 min | rollback |\n| error rate >5% for >5 min | rollback |\n", 9, 3, LINT_INFO},
    {"RB403", "```text\nhttp_request_duration_seconds_bucket{le=\"1\"} 5\nhttp_request_duration_seconds_bucket{le=\"2.5\"} 9\nhttp_request_duration_seconds_bucket{le=\"+Inf\"} 9\n```\n## Decision matrix\n| Symptom | Action |\n|---|---|\n| p95 response time >3s for >5 min | rollback |\n", "```text\nhttp_request_duration_seconds_bucket{le=\"1\"} 5\nhttp_request_duration_seconds_bucket{le=\"2.5\"} 9\nhttp_request_duration_seconds_bucket{le=\"+Inf\"} 9\n```\n## Decision matrix\n| Symptom | Action |\n|---|---|\n| p95 response time >2s for >5 min | rollback |\n", 9, 3, LINT_ERROR},
    {"RB417", "| M | Query | Limit |\n|---|---|---|\n| a | `sum(rate(x[5m])) by (job)` | <5 |\n", "| M | Query | Limit |\n|---|---|---|\n| a | `sum(rate(x[5m]))` | <5 |\n", 3, 8, LINT_ERROR},
    {"RB417", "| M | Query | Limit |\n|---|---|---|\n| a | `SUM BY (le, job) (x{a=\"(\"})` | <5 |\n", "| M | Query | Limit |\n|---|---|---|\n| a | `SUM BY () (x)` | <5 |\n", 3, 8, LINT_ERROR},
    {"RB417", "| M | Query | Limit |\n|---|---|---|\n| a | `histogram_quantile(0.9, sum by (le, job) (x))` | > 2 s |\n", "| M | Query | Limit |\n|---|---|---|\n| a | `histogram_quantile(0.9, sum by (le) (x))` | > 2 s |\n", 3, 8, LINT_ERROR},
    {"RB417", "| M | Query | Limit |\n|---|---|---|\n| a | `avg by (job) (x)` | >= 5 |\n", "| M | Query | Limit |\n|---|---|---|\n| a | `avg by (job) (x)` | look at it |\n", 3, 8, LINT_ERROR},
    {"RB417", "| M | Query | Limit |\n|---|---|---|\n| a | `avg by (job) (x)` | <5 |\n", "| M | Query | Limit |\n|---|---|---|\n| a | `avg by (job) (x) > 3` | <5 |\n| b | `avg by (job` | <5 |\n| c | `avg(\"a` | <5 |\n| d | `rate(x[5m])` | <5 |\n| e | `histogram_quantile` | <5 |\n| f | `avg without (job) (x)` | <5 |\n| g | `avg by (job) (x` | <5 |\n| h | avg by (job) (x) | <5 |\n", 3, 8, LINT_ERROR},
    {"RB418", "Traffic: ~90 req/min\n## Decision matrix\n| Symptom | Action |\n|---|---|\n| error rate >5% for >5 min | rollback |\n", "Traffic: ~110 req/min\n## Decision matrix\n| Symptom | Action |\n|---|---|\n| error rate >5% for >5 min | rollback |\n", 5, 3, LINT_WARNING},
    {"RB418", "It serves 1,000 requests per day\n## Decision matrix\n| Symptom | Action |\n|---|---|\n| p95 response time >2s for >5 min | rollback |\n", "It serves 1.5k requests per second, 100 requests per hour at night\n## Decision matrix\n| Symptom | Action |\n|---|---|\n| p95 response time >2s for >5 min | rollback |\n", 5, 3, LINT_WARNING},
    {"RB418", "It handles 60 requests an hour\n## Decision matrix\n| Symptom | Action |\n|---|---|\n| error rate >5% for >5 min | rollback |\n", "Rate limit: it handles 60 requests per hour. It gets <60 requests per hour.\n## Decision matrix\n| Symptom | Action |\n|---|---|\n| error rate >5% for >5 min | rollback |\n| CPU >90% for >5 min | rollback |\n", 5, 3, LINT_WARNING},
    {"RB004", "## API\n```python\n# old\nPOST /api/deals\n```\n", "## API\n```http\nPOST /api/deals\n```\n", 4, 1, LINT_WARNING},
    {"RB004", "## Deploy\n```bash\nsqlite3 shop.db '.tables'\n-- look\n```\n", "## Deploy\n```bash\nsqlite3 shop.db '.tables'\n# look\n```\n", 4, 1, LINT_WARNING},
    {"RB009", "**4 bugs fixed**:\n- a\n", "**1 bugs fixed**:\n- a\n", 1, 3, LINT_WARNING},
    {"RB009", "Done in 4 phases.\n\n## Phase 0: a\n\n## Phase 1: b\n", "Done in 2 phases.\n\n## Phase 0: a\n\n## Phase 1: b\n", 1, 1, LINT_WARNING},
    {"RB120", "## Deploy\n- [ ] Look at it: `tail -f app.log`\n", "## Deploy\n- [ ] Look at it: `tail -n 5 app.log`\n", 2, 20, LINT_WARNING},
    {"RB120", "## Deploy\n```bash\ngunicorn shop:app\n```\n", "## Deploy\n```bash\ngunicorn -D shop:app\ngunicorn shop:app &\n```\n", 3, 1, LINT_WARNING},
    {"RB126", "## Deploy\n```bash\nscp shop_backup_*.dump safe:/backups/\n```\n", "## Deploy\n```bash\nscp shop_*.log safe:/logs/\n```\n", 3, 5, LINT_WARNING},
    {"RB126", "## Deploy\n```bash\ncat runs/*/facts.json | python3 check.py\n```\n", "## Deploy\n```bash\ncat runs/*/facts.json | wc -l\n```\n", 3, 5, LINT_WARNING},
    {"RB126", "## Deploy\n```bash\npsql -d shop < shop_*.sql\n```\n", "## Deploy\n```bash\npsql -d shop < shop_1.sql\n```\n", 3, 16, LINT_WARNING},
    {"RB130", "## Deploy\n#### 1. a\n```bash\ncd backend\nls\n```\n#### 2. b\n```bash\ncd backend\nls\n```\n", "## Deploy\n#### 1. a\n```bash\ncd /srv/backend\n```\n#### 2. b\n```bash\ncd /srv/backend\n```\n", 9, 4, LINT_INFO},
    {"RB130", "## Deploy\n#### 1. a\n```bash\nssh web1\n```\n#### 2. b\n```bash\npsql shop -c 'SELECT 1'\n```\n", "## Deploy\n#### 1. a\n```bash\nssh web1\nexit\n```\n#### 2. b\n```bash\npsql -h db1 shop -c 'SELECT 1'\n```\n", 8, 1, LINT_INFO},
    {"RB148", "## Deploy\n```bash\n# A test on production\npython main.py --name ProdTest\n```\n", "## Deploy\n```bash\n# A test here\npython main.py --name ProdTest\n```\n", 4, 1, LINT_WARNING},
    {"RB148", "## Deploy\n```bash\npsql -d shop -c \"INSERT INTO deals (name) VALUES ('Test')\"\n```\n", "## Deploy\n```bash\npsql -d shop -c \"BEGIN; INSERT INTO deals (name) VALUES ('Test'); ROLLBACK\"\n```\n", 3, 1, LINT_WARNING},
    {"RB156", "## Deploy\n```bash\ngit push origin main\ngit pull origin main\n```\n", "## Deploy\n```bash\ngit pull origin main\ngit push origin main\n```\n", 4, 1, LINT_WARNING},
    {"RB162", "## Deploy\n```bash\ncreatedb scratch\nexport DATABASE_URL=postgresql:///scratch\ndropdb scratch\n```\n", "## Deploy\n```bash\ncreatedb scratch\nexport DATABASE_URL=postgresql:///scratch\nunset DATABASE_URL\ndropdb scratch\n```\n", 4, 8, LINT_INFO},
    {"RB251", "## Deploy\n```bash\nnpm install\n```\nExpected: \"added X packages\" or \"up to date\"\n", "## Deploy\n```bash\nnpm install\n```\nExpected: \"added 5 packages\" or \"added 6 packages\"\n", 5, 11, LINT_INFO},
    {"RB252", "## Deploy\n```bash\ncurl -I https://shop/health\n# Should return 200 OK\n```\n", "## Deploy\n```bash\ncurl -I https://shop/health\n# Should return 200\n```\n", 4, 1, LINT_WARNING},
    {"RB252", "## Deploy\n```bash\npsql -d shop -f insert.sql\n# Expected: ERROR: new row for relation\n```\n", "## Deploy\n```bash\npsql -d shop -f insert.sql\n# Expected: ERROR:  new row for relation\n```\n", 4, 1, LINT_WARNING},
    {"RB252", "## Verify\n```sql\nSELECT a, COUNT(*) FROM t GROUP BY a;\n-- NULL | 5\n```\n", "## Verify\n```sql\nSELECT a, COUNT(*) FROM t GROUP BY a;\n-- known | 5\n```\n", 4, 1, LINT_WARNING},
    {"RB252", "## Deploy\n```bash\npsql -d shop -c '\\d deals'\n# \"ok\" CHECK (a IN ('b'))\n```\n", "## Deploy\n```bash\npsql -d shop -c '\\d deals'\n# \"ok\" CHECK (a = 'b')\n```\n", 4, 1, LINT_WARNING},
    {"RB253", "## Deploy\n```bash\nsudo systemctl stop shop\nsystemctl status shop\n```\n", "## Deploy\n```bash\nsudo systemctl stop shop\nsudo systemctl start shop\nsystemctl status shop\n```\n", 4, 1, LINT_WARNING},
    {"RB253", "## Deploy\n```bash\n# Insert a bad row (should fail)\npsql -d shop -c 'INSERT INTO t VALUES (1)'\n```\n", "## Deploy\n```bash\n# Insert a row\npsql -d shop -c 'INSERT INTO t VALUES (1)'\n```\n", 4, 1, LINT_WARNING},
    {"RB255", "## Deploy\n```bash\nsleep 30\n```\n", "## Deploy\n```bash\nfor i in 1 2 3; do sleep 1; done\n```\n", 3, 1, LINT_INFO},
    {"RB259", "## Code\n```python\nwith open('pre_x.json', 'w') as f:\n    f.write('')\nwith open('post_x.json') as f:\n    f.read()\n```\n", "## Code\n```python\nwith open('pre_x.json', 'w') as f:\n    f.write('')\nwith open('post_x.json', 'w') as f:\n    f.write('')\nwith open('post_x.json') as f:\n    f.read()\n```\n", 5, 12, LINT_WARNING},
    {"RB306", "## Deploy\n```bash\npsql -d shop -c \"UPDATE alembic_version SET version_num = '3' WHERE true\"\n```\n", "## Deploy\n```bash\npsql -d shop -c \"SELECT * FROM alembic_version\"\n```\n", 3, 18, LINT_WARNING},
    {"RB401", "## Monitoring\n- **Error Rate:** <0.5% (baseline)\n\n## Rollback\n- **Errors:** error rate >1%\n", "## Monitoring\n- **Error Rate:** <0.5% (baseline)\n- **Pipeline failure rate:** >1%\n", 5, 1, LINT_WARNING},
    {"RB401", "## Verify\n```bash\n# Check p95 response time is low (<1s)\nls\n```\n## Rollback\n- p95 response time >2s\n", "## Verify\n```bash\n# Check p95 response time is low (<1s)\nls\n```\n## Rollback\n- disk usage >90%\n", 7, 1, LINT_WARNING},
    {"RB402", "## Monitoring\n1. **Error rate >1% for 5 minutes:** page\n\n## Rollback\n- error rate >1%\n", "## Monitoring\n1. **Error rate >1% for 5 minutes:** page\n", 2, 1, LINT_WARNING},
    {"RB500", "A zero-downtime release.\n\n## Deploy\n\n# Deploy (during maintenance window)\n", "A release with 5 min downtime.\n\n## Deploy\n\nDeploy (during maintenance window)\n", 5, 1, LINT_WARNING},
    {"RB501", "## Checks\n\n**Complete within 5 minutes**\n\n### Now\n\n### 15-Minute Checks\n", "## Checks\n\n**Complete within 5 minutes**\n\n### Now\n\n## Later\n\n### 15-Minute Checks\n", 3, 1, LINT_WARNING},
    {"RB501", "## Phase 1\n\n**Duration:** 2 hours\n\nMonitor for 2 hours after it.\n", "## Phase 1\n\n**Duration:** 2 hours\n\nMonitor for 10 minutes after it.\n", 5, 1, LINT_WARNING},
    {"RB501", "| Phase | Effort |\n|---|---|\n| Code deployment | 3 hours |\n\n- **Code deployment with flag**: 2 hours\n", "| Phase | Effort |\n|---|---|\n| Code deployment | 3 hours |\n\n- **Code deployment with flag**: 3 hours\n", 5, 1, LINT_WARNING},
    {"RB501", "## A\n\n**Estimated time: 15 minutes**\n\n## B\n\n**Estimated time: 10-15 minutes**\n\n**Total deployment time: 15-30 minutes**\n", "## A\n\n**Estimated time: 15 minutes**\n\n## B\n\n**Estimated time: 10-15 minutes**\n\n**Total deployment time: 25-30 minutes**\n", 9, 1, LINT_WARNING},
    {"RB502", "- [x] All unit tests passing\n\n## Later\n\n- [ ] Unit tests passing (>80%)\n", "- [x] All unit tests passing\n\n## Later\n\n- [ ] Load tests passing (>80%)\n", 5, 1, LINT_WARNING},
    {"RB121", "## Deploy\n```bash\nsudo -u postgres env A=1 psql\n```\n", "## Deploy\n```bash\ndocker exec -it db psql -U shop -c 'SELECT 1'\n```\n", 3, 26, LINT_WARNING},
    {"RB141", "## Deploy\n```bash\nservice shop-web stop\nservice shop-worker stop\n```\n## Rollback\n```bash\nservice shop-web restart\n```\n", "## Deploy\n```bash\nservice shop-web reload\n```\n## Rollback\n```bash\nservice shop-web start\n```\n", 8, 9, LINT_WARNING},
    {"RB141", "## Deploy\n```bash\nsystemctl restart shop-web-1\nsystemctl restart shop-web-2\n```\n## Rollback\n```bash\nssh web1 \"systemctl restart shop-web\"\n```\n", "## Deploy\n```bash\nsystemctl restart shop-web-1.service\n```\n## Rollback\n```bash\nsystemctl restart shop-web-1\n```\n", 8, 29, LINT_WARNING},
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

/* --- docs/reference/lint.md and lint/RBnnn.md: what a person reads is what the rules say and do --- */

static struct strbuf page_read(const char *name)
{
    const char *folder = getenv("PRUSIK_LINT_PAGES");
    struct strbuf b = STRBUF(0);
    struct err err = {0};
    char *path;

    if (!folder)
        T_FAIL("%s", "PRUSIK_LINT_PAGES does not name docs/reference");
    path = path_join(folder, name);
    T_OK(file_read(path, 1u << 20, &b, &err), err);
    free(path);
    return b;
}

static struct strbuf page_of(const struct lint_rule *rule)
{
    char name[32];

    (void)snprintf(name, sizeof(name), "lint/%s.md", rule->id);
    return page_read(name);
}

/* The text between the fence `open` after `heading` and the line `close`. */
static struct sv page_block(struct sv page, const char *heading, const char *open,
                            const char *close)
{
    size_t at = sv_find(page, sv_from(heading), 0), from, to;

    if (at == SV_NPOS)
        return (struct sv){NULL, 0};
    from = sv_find(page, sv_from(open), at);
    T_CHECK(from != SV_NPOS);
    from += strlen(open);
    to = sv_find(page, sv_from(close), from);
    T_CHECK(to != SV_NPOS);
    return sv_sub(page, from, to + 1);
}

/* What the rule finds in the text, as the page shows it. */
static void page_findings(struct sv text, const struct lint_rule *rule, struct strbuf *out)
{
    CLEANUP(reading_done) struct reading r = {0};
    CLEANUP(lint_release) struct lint l = {0};

    lint_run(&read_sv(&r, text)->rb, &l);
    for (size_t i = 0; i < l.findings.n; i++) {
        const struct lint_finding *f = &l.findings.v[i];

        if (strcmp(f->id, rule->id) == 0)
            strbuf_addf(out, "%zu:%zu: %s: %.*s\n", f->line, f->column,
                        lint_severity_name(f->severity), SV_FMT(f->message));
    }
}

/* Their examples are files of migrations: test_lint_sql. */
static bool rule_is_of_sql(const struct lint_rule *r)
{
    return !sv_starts(sv_from(r->id), SV("RB"));
}

/* Cut off in the middle, a text has a bracket or a quote that nothing closes. */
static bool rule_text_is_whole(const char *text)
{
    size_t quotes = 0, open = 0;

    for (; *text; text++) {
        quotes += *text == '"';
        open += *text == '(';
        if (*text == ')' && open-- == 0)
            return false;
    }
    return open == 0 && quotes % 2 == 0;
}

T(every_rule_is_complete_and_in_order)
{
    for (size_t i = 0; i < n_lint_rules; i++) {
        const struct lint_rule *r = lint_rules[i];

        T_CHECK(r->title[0] && r->why[0] && r->mend[0]);
        if (!rule_text_is_whole(r->why) || !rule_text_is_whole(r->mend))
            T_FAIL("the text of %s is not whole", r->id);
        T_CHECK(lint_find_rule(sv_from(r->id)) == r);
        /* those of documents first, then those of SQL */
        T_CHECK(i == 0 || strcmp(lint_rules[i - 1]->id, r->id) < 0 ||
                (rule_is_of_sql(r) && !rule_is_of_sql(lint_rules[i - 1])));
    }
    T_CHECK(lint_find_rule(SV("rb120")) == lint_find_rule(SV("RB120")));
    T_CHECK(!lint_find_rule(SV("RB999")));
}

T(every_rule_has_a_page_that_says_what_it_says)
{
    for (size_t i = 0; i < n_lint_rules; i++) {
        const struct lint_rule *r = lint_rules[i];
        CLEANUP(strbuf_release) struct strbuf page = page_of(r), head = STRBUF(0);

        strbuf_addf(&head, "# %s: %s\n\nSeverity: %s.\n\n%s\n", r->id, r->title,
                    lint_severity_name(r->severity), r->why);
        if (!sv_starts(strbuf_sv(&page), strbuf_sv(&head)))
            T_FAIL("%s.md should begin with:\n%s", r->id, strbuf_str(&head));
        if (!sv_has_nocase(strbuf_sv(&page), sv_from(r->mend)))
            T_FAIL("%s.md should say: %s", r->id, r->mend);
    }
}

T(the_example_of_each_page_is_found_and_the_near_miss_is_not)
{
    size_t shown = 0, elsewhere = 0; /* of two documents, or of shellcheck: no check of its own */

    for (size_t i = 0; i < n_lint_rules; i++) {
        const struct lint_rule *r = lint_rules[i];
        CLEANUP(strbuf_release)
        struct strbuf page = page_of(r), found = STRBUF(0), not_found = STRBUF(0);
        struct sv p = strbuf_sv(&page), bad, said, good;

        elsewhere += !r->check;
        if (rule_is_of_sql(r))
            continue;
        bad = page_block(p, "## Found\n", "`````markdown\n", "\n`````");
        said = page_block(p, "## Found\n", "```text\n", "\n```\n\n## Mend");
        good = page_block(p, "## Not found\n", "`````markdown\n", "\n`````");
        if (!bad.n) /* bytes that are no text cannot stand in a page: a row above shows them */
            continue;
        shown++;
        page_findings(bad, r, &found);
        page_findings(good, r, &not_found);
        /* the first fence of the example may be tagged text itself: the last one is meant */
        if (!said.n || !found.n || !sv_ends(said, strbuf_sv(&found)))
            T_FAIL("%s.md shows:\n%.*sand this is found:\n%s", r->id, SV_FMT(said),
                   strbuf_str(&found));
        if (not_found.n)
            T_FAIL("%s.md, the near miss: %s", r->id, strbuf_str(&not_found));
    }
    T_EQ(shown + elsewhere, n_lint_rules - 1);
}

T(every_page_and_every_row_of_the_table_has_a_rule)
{
    CLEANUP(strbuf_release) struct strbuf table = page_read("lint.md"), rows_of = STRBUF(0);
    struct sv rest = strbuf_sv(&table), line;
    char *folder = path_join(getenv("PRUSIK_LINT_PAGES"), "lint");
    DIR *dir = opendir(folder);
    size_t pages = 0, lines = 0;

    T_CHECK(dir);
    for (struct dirent *e = readdir(dir); e; e = readdir(dir))
        if (e->d_name[0] != '.') {
            struct sv name = sv_from(e->d_name);

            pages++;
            if (!sv_ends(name, SV(".md")) || !lint_find_rule(sv_sub(name, 0, name.n - 3)))
                T_FAIL("lint/%s belongs to no rule", e->d_name);
        }
    closedir(dir);
    free(folder);
    T_EQ(pages, n_lint_rules);
    while (sv_next_line(&rest, &line))
        lines += sv_starts(line, SV("| [RB")) || sv_starts(line, SV("| [PG")) ||
                 sv_starts(line, SV("| [RUN")) || sv_starts(line, SV("| [DATA")) ||
                 sv_starts(line, SV("| [SQL"));
    T_EQ(lines, n_lint_rules);
    for (size_t i = 0; i < n_lint_rules; i++) {
        const struct lint_rule *r = lint_rules[i];

        strbuf_truncate(&rows_of, 0);
        strbuf_addf(&rows_of, "| [%s](lint/%s.md) | %s | %s |", r->id, r->id,
                    lint_severity_name(r->severity), r->title);
        if (!sv_has(strbuf_sv(&table), strbuf_sv(&rows_of)))
            T_FAIL("lint.md should have the row: %s", strbuf_str(&rows_of));
    }
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

T(a_list_of_more_buckets_than_anybody_has_tells_nothing)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    CLEANUP(reading_done) struct reading r = {0};
    CLEANUP(lint_release) struct lint l = {0};
    const struct lint_finding *f;

    strbuf_add_str(&b, "buckets: [0.1");
    for (int i = 2; i < 70; i++)
        strbuf_addf(&b, ", %d.5", i);
    strbuf_add_str(&b, "]\n\n## Decision matrix\n| Symptom | Action |\n|---|---|\n"
                       "| p95 response time >2s for >5 min | rollback |\n");
    lint_run(&read_text(&r, strbuf_str(&b))->rb, &l);
    T_EQ(count(&l, "RB408", &f), 0);
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

    lint_run(&read_text(&r, "## Deploy\n```bash\nssh <web> <db>\necho x=<a> >> .env\n"
                            "curl http://<host>\n```\n")
                  ->rb,
             &l);
    T_CHECK(l.findings.n >= 4);
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

T(code_of_an_item_that_is_a_step_is_read_once)
{
    CLEANUP(reading_done) struct reading r = {0};
    CLEANUP(lint_release) struct lint l = {0};

    read_text(&r, "## Deploy\n1. Look: `sudo systemctl status x`, then `sudo systemctl stop x`\n"
                  "- It is done by `sudo systemctl start x`\n");
    l.rb = &r.rb;
    T_EQ(lint_index_new(&l)->cmds.n, 3);
}

T_MAIN(T_CASE(code_of_an_item_that_is_a_step_is_read_once),
       T_CASE(each_rule_finds_the_bad_document_and_not_the_good_one),
       T_CASE(every_rule_is_complete_and_in_order),
       T_CASE(every_rule_has_a_page_that_says_what_it_says),
       T_CASE(the_example_of_each_page_is_found_and_the_near_miss_is_not),
       T_CASE(every_page_and_every_row_of_the_table_has_a_rule),
       T_CASE(a_comment_on_the_line_or_above_it_silences_a_rule),
       T_CASE(a_list_of_more_buckets_than_anybody_has_tells_nothing),
       T_CASE(a_silenced_finding_of_bad_bytes_leaves_the_others_alone),
       T_CASE(findings_are_in_the_order_of_lines_ids_and_columns), T_CASE(severities_have_names))
