/* Names, units, windows and clauses that fit together, and what is said when they do not. */
#include "base/file.h"
#include "base/sv.h"
#include "rule/check.h"
#include "t_vectors.h"

struct desk {
    struct arena a;
    struct rule_env *env;
    struct rule *r;
    struct rule_findings found;
    struct rule_diag diag;
    struct err err;
};

static void declare(struct desk *d, const char *name, enum source_kind kind, enum dim dim,
                    double unit)
{
    struct rule_source s = {
        .name = sv_from(name), .kind = kind, .type = {dim, false}, .unit = unit};

    rule_env_add_source(d->env, &s);
}

static struct desk desk_new(bool permit)
{
    struct desk d = {.env = rule_env_new()};

    rule_env_permit_unknown(d.env, permit);
    T_EQ(rule_env_permits_unknown(d.env), permit);
    declare(&d, "http_requests_total", SOURCE_COUNTER, DIM_ANY, 0);
    declare(&d, "http_request_duration_seconds", SOURCE_HISTOGRAM, DIM_ANY, 0);
    declare(&d, "rpc_seconds", SOURCE_SUMMARY, DIM_ANY, 0);
    declare(&d, "queue_depth", SOURCE_GAUGE, DIM_ANY, 0);
    declare(&d, "lag_ms", SOURCE_GAUGE, DIM_TIME, 0.001);
    declare(&d, "process_resident_memory_bytes", SOURCE_GAUGE, DIM_ANY, 0);
    declare(&d, "process_cpu_seconds_total", SOURCE_COUNTER, DIM_ANY, 0);
    declare(&d, "mem_total", SOURCE_UNKNOWN, DIM_ANY, 0);
    declare(&d, "http.health", SOURCE_UNKNOWN, DIM_ANY, 0);
    declare(&d, "http.health.json.latency", SOURCE_UNKNOWN, DIM_TIME, 0.001);
    declare(&d, "sql.deals", SOURCE_ROWS, DIM_ANY, 0);
    declare(&d, "sql.x", SOURCE_UNKNOWN, DIM_ANY, 0);
    declare(&d, "log.app", SOURCE_UNKNOWN, DIM_ANY, 0);
    declare(&d, "unit.app", SOURCE_UNKNOWN, DIM_ANY, 0);
    declare(&d, "cmd.t", SOURCE_UNKNOWN, DIM_ANY, 0);
    declare(&d, "prom.q", SOURCE_UNKNOWN, DIM_ANY, 0);
    declare(&d, "snapshot.d", SOURCE_ROWS, DIM_ANY, 0);
    declare(&d, "known_ids", SOURCE_SET, DIM_ANY, 0);
    rule_env_add_rule(d.env, SV("latency"));
    T_OK(rule_env_add_alias(d.env, SV("error_rate"),
                            SV("ratio(http_requests_total{status=~\"5..\"}, http_requests_total)"),
                            WORSE_UP, &d.diag, &d.err),
         d.err);
    T_OK(rule_env_add_alias(d.env, SV("mem_share"), SV("process_resident_memory_bytes / 16GB"),
                            WORSE_UNKNOWN, &d.diag, &d.err),
         d.err);
    return d;
}

static void desk_free(struct desk *d)
{
    vec_release(&d->found.list);
    rule_env_free(d->env);
    arena_release(&d->a);
}

/* diag: of the first error, which is the one that err tells of. */
static enum err_code check(struct desk *d, const char *text)
{
    struct rule *parsed;
    enum err_code rc;
    size_t before;

    d->r = NULL;
    if (rule_parse(&d->a, sv_from(text), &parsed, &d->diag, &d->err) != ERR_OK)
        T_FAIL("%s: column %zu: %s", text, d->diag.column, d->err.msg);
    before = d->found.list.n;
    rc = rule_check(&d->a, parsed, d->env, &d->r, &d->found, &d->err);
    for (size_t i = d->found.list.n; i > before; i--)
        if (d->found.list.v[i - 1].severity == SEVERITY_ERROR) {
            d->diag.column = d->found.list.v[i - 1].column;
            memcpy(d->diag.id, d->found.list.v[i - 1].id, sizeof(d->diag.id));
        }
    return rc;
}

T(what_makes_sense_is_taken)
{
    static const char *const rules[] = {
        "rollback when error_rate[1m] > 5%",
        "expect mem_share < 80%",
        "expect p95(http_request_duration_seconds)[5m] < 500ms",
        "expect avg(http_request_duration_seconds)[5m] < 500ms",
        "expect p99(rpc_seconds)[5m] <= 1s",
        "expect p50(queue_depth)[5m] < 5",
        "expect p50(queue_depth)[5m] + 1 < 5",
        "expect rate(http_requests_total[5m]) > 5/s",
        "expect http_requests_total[5m] > 5",
        "expect slope(process_resident_memory_bytes[5m]) < 1MB/m",
        "expect slope(process_resident_memory_bytes[5m]) * 10m < 1GB",
        "expect queue_depth * 2 < 10",
        "expect rate(process_cpu_seconds_total[5m]) * 2 < 80%",
        "expect rate(process_cpu_seconds_total[5m])*2 < 80%",
        "expect 2 * error_rate[1m] < 5%",
        "expect error_rate[1m] * -2 > -5%",
        "expect error_rate[1m] / 2 < 5%",
        "expect error_rate[1m] * queue_depth < 10",
        "expect http_requests_total[5m] * 2 > 5",
        "expect queue_depth / 2 < 10",
        "expect process_resident_memory_bytes / queue_depth < 1MB",
        "expect process_resident_memory_bytes * 10% < 1MB",
        "expect 10% * process_resident_memory_bytes < 1MB",
        "expect queue_depth * lag_ms < 1s",
        "expect process_resident_memory_bytes / lag_ms < 1MB/s",
        "expect 10m * rate(http_requests_total[5m]) > 5",
        "expect queue_depth / queue_depth < 2x",
        "expect 50% * 50% < 30%",
        "expect lag_ms < 50ms",
        "expect lag_ms + 5ms < 50ms",
        "expect lag_ms - 5ms < 50ms",
        "expect mem_total > 1",
        "expect http.health.json.latency < 50ms",
        "expect http.health.json.count == 5",
        "expect http.health.header.x == \"y\"",
        "expect http.health.json.a.b.c == 5",
        "expect sql.x.value == 5",
        "expect sql.x == 5",
        "expect increase(sql.x[1h]) == 0",
        "expect count(sql.deals where cost > 10GB : true) == 0",
        "expect sql.x is up",
        "expect http.health is down",
        "expect all(sql.deals : id in known_ids)",
        "expect sql.deals superset {1, 2}",
        "expect 5 in known_ids",
        "expect all(snapshot.d : record == baseline)",
        "expect matches(log.app, \"x\", not \"y\")[5m] == 0",
        "expect unit.app.crashes[5m] == 0",
        "expect unit.app.crashes == 0",
        "expect events.rollback[30d] == 0",
        "expect count(alertmanager.alerts) == 0",
        "expect \"A\" in env.set",
        "expect now - deploy < 5m",
        "expect now > deploy + 5m",
        "expect step.elapsed < 5m",
        "expect error_rate[5m] not worse than baseline",
        "expect queue_depth <= baseline + 10%",
        "expect error_rate[5m] <= baseline + 0.5pp",
        "expect queue_depth within 5 of baseline",
        "expect queue_depth in baseline",
        "expect max(queue_depth) < 5",
        "expect max(rate(http_requests_total[5m])) < 5/s",
        "expect sum(http_requests_total[5m]) < 5",
        "expect max(queue_depth)[5m] < 5",
        "expect max(queue_depth[5m]) < 5",
        "expect avg(avg(queue_depth[5m])) < 5",
        "expect version(cmd.t.out) > version(\"1.2\")",
        "expect abs(queue_depth - 5) < 2",
        "expect queue_depth is stale",
        "rollback when queue_depth > 10 recover 5",
        "expect queue_depth < 10 recover 5",
        "rollback when 10 < queue_depth recover 5",
        "rollback when not (queue_depth < 10) recover 5",
        "rollback when error_rate[1m] > 1% confident 99%",
        "expect p95(http_request_duration_seconds)[5m] < 1s confident 99%",
        "expect error_rate[5m] < 1% baseline 0.5%",
        "checkpoint T+5m: latency, error_rate, all, trend, baseline",
        "report p95(http_request_duration_seconds)[5m]",
        "expect count(sql.deals : p50 > 1) == 0",
        "expect any(sql.deals where a > 1)",
        "expect 2 of 3 (http.health is down)",
        "expect queue_depth not worse than baseline by 5 confident 95%",
    };
    struct desk d = desk_new(false);

    rule_env_permit_unknown(d.env, false);
    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        enum err_code rc = check(&d, rules[i]);

        if (strstr(rules[i], "queue_depth not worse")) { /* nobody said which direction is worse */
            T_EQ(rc, ERR_INVALID);
            T_STR(d.diag.id, "RB413");
        } else if (rc != ERR_OK) {
            T_FAIL("%s: column %zu: %s %s", rules[i], d.diag.column, d.diag.id, d.err.msg);
        }
    }
    desk_free(&d);
}

static const struct {
    const char *rule, *id;
    size_t column;
    const char *hint; /* NULL: not asked */
} refused_rules[] = {
    {"expect error_rate[1m] < 5", "RB405", 7, "write the unit: 5%, 250ms, 10GB, 5/s"},
    {"expect 5 > error_rate[1m]", "RB405", 7, NULL},
    {"expect p95(http_request_duration_seconds)[5m] < 5", "RB405", 7, NULL},
    {"expect rate(http_requests_total[5m]) > 5", "RB405", 7, NULL},
    {"expect lag_ms within 5 of 10ms", "RB405", 7, NULL},
    {"expect error_rate[1m] * 100 > 5", "RB405", 7, "write the unit: 5%, 250ms, 10GB, 5/s"},
    {"expect error_rate[1m] * queue_depth < 5%", "RB406", 7, NULL},
    {"expect lag_ms * 2 < 5%", "RB406", 7, NULL},
    {"expect process_resident_memory_bytes < 5s", "RB406", 7, NULL},
    {"expect queue_depth < 5%", "RB406", 7, NULL},
    {"expect queue_depth < 5/s", "RB406", 7, NULL},
    {"expect rate(http_requests_total[5m]) > 5s/m", "RB406", 7, NULL},
    {"expect queue_depth + lag_ms < 5s", "RB406", 7, NULL},
    {"expect lag_ms + 5 < 5s", "RB405", 7, NULL},
    {"expect lag_ms * lag_ms < 5s", "RB406", 7, NULL},
    {"expect queue_depth / process_resident_memory_bytes < 5", "RB406", 7, NULL},
    {"expect \"a\" + \"b\" == \"ab\"", "RB400", 7, NULL},
    {"expect \"a\" * 2 == 1", "RB400", 7, NULL},
    {"expect now + deploy > 1", "RB400", 7, NULL},
    {"expect queue_depth < \"5\"", "RB400", 7, NULL},
    {"expect \"a\" < \"b\"", "RB400", 7, "version(...) compares dotted versions"},
    {"expect true < false", "RB400", 7, NULL},
    {"expect queue_depth == null", "RB400", 7, "write 'is null' or 'is not null'"},
    {"expect -\"a\" > 1", "RB400", 7, NULL},
    {"expect abs(\"a\") > 1", "RB400", 7, NULL},
    {"expect version(5) > version(\"1\")", "RB400", 7, NULL},
    {"expect max(\"a\") > 1", "RB400", 7, NULL},
    {"expect max(true) > 1", "RB400", 7, NULL},
    {"expect version(\"1\")[5m] > version(\"1\")", "RB400", 7, NULL},
    {"expect queue_depth", "RB400", 7, "compare it with something"},
    {"expect queue_depth and true", "RB400", 7, NULL},
    {"expect not queue_depth", "RB400", 11, NULL},
    {"expect http_requests_total > 5", "RB407", 7,
     "take rate(...)[5m], increase(...)[5m] or a window"},
    {"expect http_request_duration_seconds > 5s", "RB407", 7, "take p95(...)[5m] or avg(...)[5m]"},
    {"expect max(http_requests_total)[5m] > 5", "RB407", 11, NULL},
    {"expect avg(http_requests_total)[5m] > 5", "RB407", 11, NULL},
    {"expect slope(http_requests_total[5m]) > 5/s", "RB407", 13, NULL},
    {"expect rate(queue_depth[5m]) > 5/s", "RB400", 12,
     "rate, increase and ratio take counters; a gauge has slope"},
    {"expect queue_depth[5m] > 5", "RB400", 7,
     "where it is bound or used: avg(queue_depth), max, min, last or slope; increase(queue_depth) of "
     "what counts up"},
    {"expect prom.q[5m] > 5", "RB400", 7,
     "where it is bound or used: avg(prom.q), max, min, last or slope; increase(prom.q) of what "
     "counts up"},
    {"expect share(prom.q : a) > 5%", "RB400", 13,
     "ask for the number itself, without all, any, share, ..."},
    {"expect 3 in prom.q", "RB400", 12, NULL},
    {"expect avg(prom.q)[1m] < 5 min 5 samples", "RB418", 7,
     "a rule of your own with 'min 4 samples' or a longer window"},
    {"expect max(prom.q)[1m] < 5 min 5 samples", "RB418", 7, NULL},
    {"expect p95(prom.q)[5m] < 5", "RB418", 7,
     "a rule of your own with 'min 20 samples' or a longer window"},
    {"expect p95(http.health.latency)[5m] < 5s and error_rate[1m] < 5%", "RB418", 7, NULL},
    {"expect sql.deals > 5", NULL, 0, NULL},
    {"expect log.app > 5", "RB400", 7, "take a member of it, count its rows or lines"},
    {"expect unit.app > 5", "RB400", 7, NULL},
    {"expect env.set > 5", "RB400", 7, NULL},
    {"expect http.health.down_time < 5s", "RB407", 7, NULL},
    {"expect http.health.down_time[5m] < 5s", "RB407", 7, NULL},
    {"expect max(http.health.down_time)[5m] < 5s", "RB407", 11, NULL},
    {"expect sum(http.health.down_time) < 5s", "RB407", 11, NULL},
    {"expect matches(sql.x, \"a\")[5m] == 0", "RB400", 15,
     "matches() counts lines of a log: log.NAME"},
    {"expect count(queue_depth) == 0", "RB400", 13, NULL},
    {"expect queue_depth is up", NULL, 0, NULL},
    {"expect log.app is up", "RB400", 7, NULL},
    {"expect lag_ms + 1ms is up", "RB400", 7, NULL},
    {"expect quue_depth < 5", "RB419", 7, "did you mean 'queue_depth'?"},
    {"expect zzz < 5", "RB419", 7, "metrics: {zzz: EXPRESSION}, or drop it"},
    {"expect http.zzzzzzzz.status == 200", "RB419", 7, "probes: {zzzzzzzz: URL}, or drop it"},
    {"expect sql.zzzzzzzz < 5", "RB419", 7, "sources: {sql.zzzzzzzz: {...}}, or drop it"},
    {"expect flag.NEW_UI.value == true", "RB419", 7,
     "flags: {NEW_UI: {definitions: FILE}}, or drop it"},
    {"expect audit.zzzzzzzz.score > 90%", "RB419", 7,
     "sources: {audit.zzzzzzzz: {...}}, or drop it"},
    {"expect tickets.zzzzzzzz[7d] < 5", "RB419", 7,
     "sources: {tickets.zzzzzzzz: {url: URL}}, or {database: ..., query: ...} or {command: ...}: who lists them, or drop it"},
    {"expect count(logpatterns.zzzzzzzz[5m]) == 0", "RB419", 13,
     "sources: {logpatterns.zzzzzzzz: {path: LOG}}, of the journal {unit: NAME.service}, or drop it"},
    {"expect events.zzzzzzzz[7d] < 5", "RB419", 7,
     "sources: {events.zzzzzzzz: {}}, and prusik event zzzzzzzz tells of one (deploy, flag_toggle, incident and rollback need no entry), or drop it"},
    {"expect user_support_tickets[7d] < 5", "RB419", 7,
     "metrics: {user_support_tickets: tickets.support}, and sources: {tickets.support: {url: URL}} (or {database: ..., query: ...}, {command: ...}), or drop it"},
    {"expect production_incidents[28d] == 0", "RB419", 7,
     "metrics: {production_incidents: events.incident} (prusik event incident tells of one), or drop it"},
    {"expect events.rolback[7d] < 5", "RB419", 7, "did you mean 'events.rollback'?"},
    {"expect http.helth.status == 200", "RB419", 7, "did you mean 'http.health'?"},
    {"expect http.health.statsu == 200", "RB419", 7,
     "did you mean 'status'? it has .status, .latency, .text, .json.PATH, .header.PATH, .up, .down_time"},
    {"expect http.health.qqqqqqqq == 200", "RB419", 7,
     "it has .status, .latency, .text, .json.PATH, .header.PATH, .up, .down_time"},
    {"expect unit.app.state.x == 200", "RB419", 7, NULL},
    {"expect unit.app.state == 200", "RB400", 7, NULL},
    {"expect log.app.lines == 200", "RB419", 7, "it has none"},
    {"expect unit.app.qqqqqqqq == 200", "RB419", 7,
     "it has .active, .state, .starts_failed, .crashes, .restarts, .memory, .cpu"},
    {"expect unit.zzzzzzzz.active", "RB419", 7,
     "services: {zzzzzzzz: {manager: systemd}} (or compose, supervisor, runit, process) is looked at as unit.zzzzzzzz; or sources: {proc.zzzzzzzz: {pid_file: PATH}}"},
    {"expect http.health.json.count < 5s", "RB406", 7,
     "say it where it is bound: metrics: {NAME: {is: http.health.json.count, unit: ms}}"},
    {"expect 5s > http.health.json.count", "RB406", 7, NULL},
    {"expect queue_depth < 200MB", "RB406", 7,
     "the name 'queue_depth' says no unit: one in _seconds, _bytes, _ratio or _percent does (is it spelt so?); else say it: metrics: {NAME: {is: queue_depth, unit: KB}}"},
    {"expect rate(http_requests_total) > 5/s", "RB400", 7, "put one behind it, as [5m]"},
    {"expect ratio(http_requests_total[1m], http_requests_total[5m]) > 5%", "RB400", 38, NULL},
    {"expect avg(queue_depth + 1)[5m] > 5", "RB400", 11, NULL},
    {"expect ratio(http_requests_total, process_resident_memory_bytes)[5m] > 5%", "RB400", 34,
     NULL},
    {"expect p95(http_request_duration_seconds)[5m] + 1s > 5s", "RB400", 7, NULL},
    {"expect max(p95(http_request_duration_seconds[5m])) > 5s", "RB400", 11, NULL},
    {"expect p95(http_request_duration_seconds)[5m] == 5s", "RB400", 7, NULL},
    {"expect p95(http_request_duration_seconds)[5m] < p50(http_request_duration_seconds)[5m]",
     "RB400", 7, NULL},
    {"expect p95(http_requests_total)[5m] > 5", "RB407", 11, NULL},
    {"expect error_rate[1m] > 100%", "RB403", 7, NULL},
    {"expect error_rate[1m] == 101%", "RB403", 7, NULL},
    {"expect share(sql.deals : a) > 1x", "RB403", 7, NULL},
    {"expect queue_depth in [5, 4]", "RB403", 23, NULL},
    {"expect queue_depth in 5", "RB400", 22, NULL},
    {"expect \"x\" in baseline", "RB400", 14, NULL},
    {"expect queue_depth in {\"a\"}", "RB400", 23, NULL},
    {"expect (queue_depth + 1) superset {1}", "RB400", 8, NULL},
    {"expect queue_depth contains \"5\"", "RB400", 7, NULL},
    {"expect cmd.t.out matches \"(\"", "RB400", 7, NULL},
    {"expect matches(log.app, \"(\")[5m] == 0", "RB400", 24, NULL},
    {"expect queue_depth{a=~\"(\"} > 1", "RB400", 7, NULL},
    {"expect it > 5", "RB400", 7, NULL},
    {"expect record == baseline", "RB400", 7, NULL},
    {"expect 5 > baseline", "RB400", 11, "compare something with it"},
    {"report baseline", "RB400", 7, NULL},
    {"expect queue_depth > baseline.x", "RB400", 21, NULL},
    {"expect all(sql.deals : a == baseline)", "RB400", 28, NULL},
    {"expect all(sql.deals : 2 of 3 (a > 1))", "RB400", 23, NULL},
    {"expect all(sql.deals : avg(queue_depth)[5m] > 1)", "RB400", 23, NULL},
    {"expect all(sql.deals : a not worse than baseline)", "RB400", 23, NULL},
    {"expect all(sql.deals : a[5m] > 1)", "RB400", 23, NULL},
    {"expect all(sql.deals)", "RB400", 7, NULL},
    {"expect 5 not worse than baseline", "RB400", 7, NULL},
    {"expect error_rate[5m] not worse than baseline by 5s", "RB406", 7, NULL},
    {"expect error_rate[5m] not worse than baseline baseline 5%", "RB400", 46,
     "compare the number: '> 1.2x baseline baseline NUMBER'"},
    {"rollback when error_rate[1m] > 1% for 5m confident 99%", "RB400", 41, NULL},
    {"expect queue_depth > 1 at T+5m every 1m", "RB400", 31, NULL},
    {"expect queue_depth > 1 at T+5m for 1m", "RB400", 31, NULL},
    {"expect queue_depth > 1 else ok", "RB400", 23, NULL},
    {"expect queue_depth > 1 else proceed", "RB400", 23, NULL},
    {"proceed, page a when queue_depth > 1", "RB400", 0, NULL},
    {"rollback when queue_depth > 1 or queue_depth < 0 recover 5", "RB400", 49, NULL},
    {"rollback when queue_depth == 1 recover 5", "RB400", 31, NULL},
    {"rollback when queue_depth > 10 recover 11", "RB400", 31, NULL},
    {"expect queue_depth < 10 recover 11", "RB400", 24, NULL},
    {"rollback when queue_depth < 10 recover 9", "RB400", 31, NULL},
    {"rollback when queue_depth in [10, 20] recover 5", "RB400", 38, NULL},
    {"expect {a, b} == {a}", "RB400", 7, "use 'superset', 'in' or count(...)"},
    {"rollback when queue_depth > 10 recover 5s", "RB406", 31, NULL},
    {"rollback when queue_depth > 10 confident 99%", "RB400", 31, "or 'not worse than baseline'"},
    {"rollback when error_rate[1m] > baseline confident 99%", "RB400", 40, NULL},
    {"rollback when error_rate[1m] == 5% confident 99%", "RB400", 35, NULL},
    {"rollback when error_rate[1m] > 0% confident 99%", "RB400", 14, NULL},
    {"rollback when error_rate[1m] > 5% baseline 5", "RB405", 34, NULL},
    {"rollback when error_rate[1m] > 5% or true baseline 5%", "RB400", 42, NULL},
    {"checkpoint T+5m: latncy", "RB414", 17, "did you mean 'latency'?"},
    {"checkpoint T+5m: zzz", "RB414", 17, ""},
    {"expect error_rate{a=\"b\"}[5m] > 5%", "RB400", 7, "put them into the alias"},
    {"expect count(error_rate : true) == 0", "RB400", 13,
     "rows are those of sql.NAME, a list of JSON or of a file"},
};

/* A window of a value that is asked for has as many samples as polls. */
T(a_rule_that_asks_for_as_many_samples_as_there_are_polls_is_taken)
{
    static const char *const rules[] = {
        "expect avg(prom.q)[1m] < 5 min 4 samples",
        "expect max(prom.q)[1m] < 5 and error_rate[1m] < 5% min 1000 samples", /* of the ratio */
        "expect p95(prom.q)[25m] < 5",
        "expect p95(prom.q)[5m] < 5 min 20 samples",
        "expect slope(prom.q[5m]) < 5/s min 1000 samples",
    };
    struct desk d = desk_new(false);

    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        T_OK(check(&d, rules[i]), d.err);
    desk_free(&d);
}

T(what_makes_no_sense_is_refused_with_id_and_place)
{
    struct desk d = desk_new(false);
    int wrong = 0;

    for (size_t i = 0; i < ARRAY_LEN(refused_rules); i++) {
        enum err_code rc = check(&d, refused_rules[i].rule);

        if (!refused_rules[i].id) {
            if (rc != ERR_OK)
                T_FAIL("%s: %s", refused_rules[i].rule, d.err.msg);
            continue;
        }
        if (rc == ERR_INVALID && !d.r && strcmp(d.diag.id, refused_rules[i].id) == 0 &&
            d.diag.column == refused_rules[i].column &&
            (!refused_rules[i].hint || strcmp(d.err.hint, refused_rules[i].hint) == 0) &&
            d.err.msg[0])
            continue;
        printf("# %s: %s %s at %zu: %s (%s)\n", refused_rules[i].rule,
               rc == ERR_OK ? "taken" : "is", d.diag.id, d.diag.column, d.err.msg, d.err.hint);
        wrong++;
    }
    T_EQ(wrong, 0);
    desk_free(&d);
}

T(advice_does_not_refuse)
{
    struct desk d = desk_new(false);

    T_OK(check(&d, "rollback when error_rate[20s] > 5% for 10s missing ok"), d.err);
    T_EQ(d.found.list.n, 3);
    T_STR(d.found.list.v[0].id, "RB411");
    T_EQ(d.found.list.v[0].severity, SEVERITY_WARNING);
    T_STR(d.found.list.v[1].id, "RB411");
    T_EQ(d.found.list.v[1].column, 35);
    T_STR(d.found.list.v[2].id, "RB416");
    rule_env_set_interval(d.env, 5000000);
    T_EQ(rule_env_interval(d.env), 5000000);
    d.found.list.n = 0;
    T_OK(check(&d, "investigate when error_rate[20s] > 5% for 10s missing bad"), d.err);
    T_EQ(d.found.list.n, 0);
    desk_free(&d);
}

T(all_findings_are_kept_and_the_first_error_is_told)
{
    struct desk d = desk_new(false);

    T_EQ(check(&d, "rollback when error_rate[20s] > 5 and lag_ms > 5 missing bad"), ERR_INVALID);
    T_EQ(d.found.list.n, 4);
    T_STR(d.diag.id, "RB405");
    T_EQ(d.diag.column, 14);
    desk_free(&d);
}

T(an_alias_is_put_in_with_its_window)
{
    struct desk d = desk_new(false);
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    T_OK(rule_env_add_alias(d.env, SV("both"), SV("max(rate(http_requests_total)) + queue_rate"),
                            WORSE_UNKNOWN, &d.diag, &d.err),
         d.err);
    T_OK(rule_env_add_alias(d.env, SV("queue_rate"), SV("rate(http_requests_total[2m])"),
                            WORSE_UNKNOWN, &d.diag, &d.err),
         d.err);
    T_OK(check(&d, "expect both[1m] > 5/s and error_rate[7m] < 1%"), d.err);
    rule_print(d.r, &text);
    T_STR(strbuf_str(&text),
          "expect max(rate(http_requests_total)[1m]) + rate(http_requests_total[2m])[2m] > 5/s and "
          "ratio(http_requests_total{status=~\"5..\"}, http_requests_total)[7m] < 1%");
    T_EQ(rule_env_add_alias(d.env, SV("bad"), SV("a +"), WORSE_UNKNOWN, &d.diag, &d.err),
         ERR_INVALID);
    T_STR(d.err.msg, "alias 'bad': expected a value, found the end");
    T_OK(rule_env_add_alias(d.env, SV("loop"), SV("loop + 1"), WORSE_UNKNOWN, &d.diag, &d.err),
         d.err);
    T_EQ(check(&d, "expect loop > 1"), ERR_INVALID);
    T_STR(d.err.hint, "an alias must not lead back to itself");
    desk_free(&d);
}

T(in_a_row_a_name_is_a_field_and_an_alias_is_not_put_in)
{
    struct desk d = desk_new(false);
    const struct expr *q;

    T_OK(check(&d, "expect all(sql.deals where error_rate > 5 : queue_depth > 5 and sub.x == now)"),
         d.err);
    q = d.r->expr;
    T_EQ(q->b->a->source, SOURCE_FIELD);
    T_EQ(q->c->a->a->source, SOURCE_FIELD);
    T_EQ(q->c->b->a->source, SOURCE_FIELD);
    T_EQ(q->c->b->b->source, SOURCE_BUILTIN);
    T_OK(check(&d, "expect all(sql.deals : http.health.status == 200 and `now` == 1)"), d.err);
    T_EQ(d.r->expr->c->a->a->source, SOURCE_VALUE);
    T_EQ(d.r->expr->c->b->a->source, SOURCE_FIELD);
    desk_free(&d);
}

struct names {
    char text[256];
};

static void add_name(void *ctx, const struct expr *name, bool rows)
{
    struct names *n = ctx;
    size_t at = strlen(n->text);

    (void)snprintf(n->text + at, sizeof(n->text) - at, "%.*s%s ", SV_FMT(name->text),
                   rows ? "*" : "");
}

T(a_rule_tells_the_names_it_reads)
{
    struct desk d = desk_new(true);
    struct names n = {""};
    struct rule *c;

    T_OK(
        check(
            &d,
            "rollback when a > 1 or any(sql.deals where x > b.c : http.h.up) or \"k\" in sql.set or sql.v > 1"),
        d.err);
    rule_each_name(d.r, add_name, &n);
    T_STR(n.text, "a sql.deals* http.h.up sql.set sql.v.value ");
    T_OK(rule_parse(&d.a, SV("checkpoint T+5m"), &c, &d.diag, &d.err), d.err);
    rule_each_name(c, add_name, &n);
    T_EQ(strlen(n.text), 43);
    desk_free(&d);
}

T(an_environment_that_permits_takes_what_the_use_suggests)
{
    static const struct {
        const char *rule;
        enum source_kind kind;
        enum dim dim;
    } rows[] = {
        {"expect max(a_seconds)[5m] > 1s", SOURCE_GAUGE, DIM_TIME},
        {"expect increase(b[5m]) > 1", SOURCE_COUNTER, DIM_COUNT},
        {"expect p95(c_bytes)[5m] > 1MB", SOURCE_UNKNOWN, DIM_BYTES},
        {"expect avg(d_ratio)[5m] > 1%", SOURCE_UNKNOWN, DIM_RATIO},
        {"expect count(rows) > 1", SOURCE_ROWS, DIM_COUNT},
        {"expect increase(e_seconds_count[5m]) > 1", SOURCE_COUNTER, DIM_COUNT},
    };
    struct desk d = desk_new(true);

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct expr *name;

        T_OK(check(&d, rows[i].rule), d.err);
        name = d.r->expr->a->kind == EXPR_QUANT ? d.r->expr->a->a : d.r->expr->a->items[0];
        T_EQ(name->source, rows[i].kind);
        T_EQ(name->type.dim, rows[i].dim);
    }
    T_OK(check(&d, "checkpoint T+5m: anything"), d.err);
    desk_free(&d);
}

T(units_of_bindings_are_read)
{
    static const struct {
        const char *word;
        enum dim dim;
        double unit;
    } rows[] = {
        {"seconds", DIM_TIME, 1},     {"ms", DIM_TIME, 0.001}, {"Milliseconds", DIM_TIME, 0.001},
        {"percent", DIM_RATIO, 0.01}, {"%", DIM_RATIO, 0.01},  {"MB", DIM_BYTES, 1e6},
        {"KiB", DIM_BYTES, 1024},     {"ratio", DIM_RATIO, 1}, {"count", DIM_COUNT, 1},
    };
    static const char *const bad[] = {"", "furlongs", "5s", "x", "pp", "s/m"};
    struct dim_type t;
    double unit;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        T_CHECK(rule_unit_parse(sv_from(rows[i].word), &t, &unit));
        T_EQ(t.dim, rows[i].dim);
        T_CHECK(num_same(unit, rows[i].unit));
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        T_CHECK(!rule_unit_parse(sv_from(bad[i]), &t, &unit));
}

/* Every member that the manual names can be used. */
T(every_prefix_of_the_table_has_a_rule_that_uses_it)
{
    static const char *const rules[] = {
        "expect prom.n.value > 1 and prom.n.count > 0 and prom.n > 1",
        "expect http.n.status == 200 and http.n.latency < 1s and http.n.text contains \"x\" and http.n.up == true",
        "expect http.n.json.a.b == 5 and http.n.header.server == \"x\" and sum(http.n.down_time)[1h] == 0s",
        "expect sql.n.rows == 0 and sql.n.text contains \"x\" and sql.n.column == 5 and count(sql.n) == 0",
        "expect cmd.n.exit == 0 and cmd.n.out == \"x\" and cmd.n.err == \"\" and cmd.n.elapsed < 5m and cmd.n.percent > 80%",
        "expect cmd.n.passed + cmd.n.failed + cmd.n.skipped == cmd.n.total and none(cmd.n.failures : name == \"x\")",
        "expect matches(log.n, \"x\")[5m] == 0 and count(logpatterns.n[5m]) == 0",
        "expect unit.n.active == true and unit.n.state == \"running\" and unit.n.starts_failed[5m] == 0",
        "expect unit.n.crashes[5m] == 0 and unit.n.restarts[5m] == 0 and unit.n.memory < 1GB and unit.n.cpu < 80%",
        "expect proc.n.rss < 1GB and proc.n.fds < 100 and proc.n.threads < 100 and proc.n.cpu < 80% and proc.n is up",
        "expect cgroup.n.memory < 80% * cgroup.n.memory_max and cgroup.n.oom_kills[1h] == 0",
        "expect disk.n.free > 10GB and disk.n.used < disk.n.size and disk.n.used_share < 80% and disk.n.inodes_free > 1000",
        "expect file.n.exists == true and file.n.size > 1MB and file.n.age < 1h and file.n.text contains \"x\" and file.n.json.a == 1",
        "expect tls.n.expires_in > 30d and tls.n.not_after > now + 30d and tls.n.valid == true and tls.n.issuer contains \"x\"",
        "expect \"A\" in env.set and flag.n.value == false and flag.n.variant == \"off\" and flag.n.share_on == 0% and flag.n.version > 3",
        "expect count(snapshot.n) > 0 and audit.n.score >= 95% and audit.n.status == \"healthy\" and audit.n.failed == 0",
        "expect tickets.n[7d] < 5 and events.rollback[30d] == 0 and count(alertmanager.alerts : status == \"firing\") == 0",
    };
    struct desk d = desk_new(true);

    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        if (check(&d, rules[i]) != ERR_OK)
            T_FAIL("%s: column %zu: %s", rules[i], d.diag.column, d.err.msg);
    desk_free(&d);
}

/* The 188 rules that the five real documents become. */
T(the_rules_of_real_documents_pass)
{
    CLEANUP(strbuf_release) struct strbuf path = STRBUF(4096), text = STRBUF(0);
    struct sv rest, line, cell;
    struct desk d;
    size_t n = 0;

    if (!t_shared())
        T_NOT_HERE("PRUSIK_SHARED is not set: our own rules only");
    d = desk_new(true);
    strbuf_addf(&path, "%s/conditions.tsv", t_shared());
    T_OK(file_read(strbuf_str(&path), 1u << 20, &text, &d.err), d.err);
    rest = strbuf_sv(&text);
    T_CHECK(sv_next_line(&rest, &line));
    for (; sv_next_line(&rest, &line); n++) {
        char *rule;

        for (int i = 0; i < 4; i++)
            T_CHECK(sv_split(&line, '\t', &cell));
        rule = xstrdup_sv(cell);
        if (check(&d, rule) != ERR_OK)
            T_FAIL("%s: column %zu: %s", rule, d.diag.column, d.err.msg);
        free(rule);
    }
    T_EQ(n, 188);
    desk_free(&d);
}

T_MAIN(T_CASE(what_makes_sense_is_taken),
       T_CASE(a_rule_that_asks_for_as_many_samples_as_there_are_polls_is_taken),
       T_CASE(what_makes_no_sense_is_refused_with_id_and_place), T_CASE(advice_does_not_refuse),
       T_CASE(all_findings_are_kept_and_the_first_error_is_told),
       T_CASE(an_alias_is_put_in_with_its_window),
       T_CASE(in_a_row_a_name_is_a_field_and_an_alias_is_not_put_in),
       T_CASE(a_rule_tells_the_names_it_reads),
       T_CASE(an_environment_that_permits_takes_what_the_use_suggests),
       T_CASE(units_of_bindings_are_read),
       T_CASE(every_prefix_of_the_table_has_a_rule_that_uses_it),
       T_CASE(the_rules_of_real_documents_pass))
