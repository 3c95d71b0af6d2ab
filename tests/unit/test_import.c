/* Rules of Prometheus, read: what becomes a rule, what is kept as a query, and what is refused with its line. */
#include "report/import.h"

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sv.h"
#include "report/promql_read.h"
#include "runbook/yaml.h"
#include "t_vectors.h"

/* The file is JSON, which YAML is: {"groups": [{"rules": [RULE]}]}. */
static void imported(json_t *rule, struct strbuf *out)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct err err;

    strbuf_add_str(&text, "{\"groups\": [{\"name\": \"g\", \"rules\": [");
    json_write(rule, &text);
    strbuf_add_str(&text, "]}]}");
    T_OK(import_prometheus(strbuf_sv(&text), "rules.yml", out, &err), err);
}

/* What was written is YAML; the one rule of it. */
static struct sv only_rule(struct strbuf *out, struct arena *a, struct yaml_node *root)
{
    const struct yaml_node *rules;
    struct err err;

    T_OK(yaml_parse(strbuf_sv(out), "out", a, root, &err), err);
    rules = yaml_get(root, "rules");
    T_CHECK(rules && rules->n_items == 1);
    return rules->items[0].text;
}

static void check_vector(const json_t *v)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);
    CLEANUP(mem_freep) char *got = NULL;
    json_t *notes = json_object_get(v, "notes"), *note;
    struct arena a = {.used = 0};
    struct yaml_node root;
    size_t i, lines = 0;

    imported(json_object_get(v, "in"), &out);
    got = xstrdup_sv(only_rule(&out, &a, &root));
    T_STR(got, json_get_str(v, "rule", ""));
    json_array_foreach(notes, i, note)
        T_CHECK(strstr(strbuf_str(&out), json_string_value(note)) != NULL);
    for (const char *p = strbuf_str(&out); (p = strstr(p, "# rules.yml:")) != NULL; p++)
        lines += strncmp(p, "# rules.yml: 1 alert", 20) != 0;
    T_EQ(lines, json_array_size(notes));
    arena_release(&a);
}

T(rules_become_what_the_vectors_say)
{
    CLEANUP(json_cleanup) json_t *all = t_shared_json("interop.json");
    json_t *list = json_object_get(all, "import_rules"), *v;
    size_t i;

    T_CHECK(json_array_size(list) >= 16);
    json_array_foreach(list, i, v) check_vector(v);
    t_vectors("interop.json", "import_rules", "shared", i);
}

T(conditions_that_mean_the_same_are_said_here)
{
    static const struct {
        const char *expr, *condition; /* NULL: only a Prometheus knows */
    } cases[] = {
        {"(sum(increase(jobs_total{ok=\"no\",}[1h30m])) / sum(increase(jobs_total[90m]))) >= 1e-3",
         "ratio(jobs_total{ok=\"no\"}, jobs_total)[90m] >= 0.1%"},
        {"sum(rate(hits_total[1m])) < .5", "rate(hits_total[1m]) < 0.5/s"},
        {"sum(rate(sent_bytes_total[1d])) > 1.5e+6", "rate(sent_bytes_total[1d]) > 1500000B/s"},
        {"rate(hits_total{a=\"b\",c!=\"d\"}[5m]) <= 2",
         "min(rate(hits_total{a=\"b\",c!=\"d\"}[5m])) <= 2/s"},
        {"increase(hits_total[2w]) > 007.50", "max(increase(hits_total[14d])) > 7.5"},
        {"deriv(queue[10m]) > 0", "max(slope(queue[10m])) > 0/s"},
        {"queue{path=~\"a\\\\d\\\"\",b=\"x\\\\y\"} < -5",
         "min(queue{path=~\"a\\d\\\"\",b=\"x\\\\y\"}) < -5"},
        {"job:errors:rate5m > 0.05", "max(`job:errors:rate5m`) > 0.05"},
        {"age_seconds >= 86400", "max(age_seconds) >= 86400s"},
        {"used_ratio{} > 1", "max(used_ratio) > 100%"},
        {"used_percent > 80", "max(used_percent) > 80%"},
        {"\n  up   ==\t0 ", "min(up) == 0"},
        {"histogram_quantile(0.5, sum(increase(size_bytes_bucket[5m])) by (le)) > 100",
         "p50(size_bytes)[5m] > 100B"},
        {"up == 1", NULL},
        {"up == 0.5", NULL},
        {"queue == 0", NULL},
        {"queue != 0", NULL},
        {"queue", NULL},
        {"", NULL},
        {"5 < queue", NULL},
        {"queue > 5 or up == 0", NULL},
        {"queue > bool 5", NULL},
        {"queue > 0x10", NULL},
        {"queue > 5m", NULL},
        {"queue > Inf", NULL},
        {"queue > 1e30", NULL},
        {"queue > 11111111111111111111111111111111111111111", NULL},
        {"queue offset 5m > 1", NULL},
        {"queue[5m] > 1", NULL},
        {"rate(hits_total) > 1", NULL},
        {"rate(hits_total[5m:1m]) > 1", NULL},
        {"rate(hits_total[0s]) > 1", NULL},
        {"irate(hits_total[5m]) > 1", NULL},
        {"sum(queue) > 1", NULL},
        {"sum(deriv(queue[5m])) > 1", NULL},
        {"avg(rate(hits_total[5m])) > 1", NULL},
        {"sum(rate(a_total[5m])) / sum(rate(b_total[1m])) > 1", NULL},
        {"sum(rate(a_total[5m])) / sum(increase(b_total[5m])) > 1", NULL},
        {"sum(rate(a_total[5m])) / 2 > 1", NULL},
        {"summary_total > 1", NULL},
        {"hits_sum > 1", NULL},
        {"lat_seconds_bucket > 1", NULL},
        {"{__name__=\"queue\"} > 1", NULL},
        {"queue{__name__=\"b\"} > 1", NULL},
        {"queue{a='b'} > 1", NULL},
        {"queue{a=\"\\n\"} > 1", NULL},
        {"queue{a=\"b\" > 1", NULL},
        {"queue{a>\"b\"} > 1", NULL},
        {"queue{a=\"", NULL},
        {"(queue > 1)", NULL},
        {"wait_milliseconds > 1", "max(wait_milliseconds) > 1"},
        {"histogram_quantile(0.42, sum(rate(a_bucket[5m])) by (le)) > 1", NULL},
        {"histogram_quantile(0.5, rate(a_bucket[5m])) > 1", NULL},
        {"histogram_quantile(0.5, sum(rate(a_bucket[5m])) by (le, job)) > 1", NULL},
        {"histogram_quantile(0.5, sum(rate(a_bucket[5m]))) > 1", NULL},
        {"histogram_quantile(0.5, sum(rate(a_total[5m])) by (le)) > 1", NULL},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);
        bool good = promql_read(sv_from(cases[i].expr), &out);

        T_STR(good ? strbuf_str(&out) : "(kept)",
              cases[i].condition ? cases[i].condition : "(kept)");
    }
    t_vectors("interop.json", "import_rules", "own", ARRAY_LEN(cases));
}

T(durations_are_said_in_one_unit)
{
    static const struct {
        const char *text, *want;
    } cases[] = {{"5m", "5m"}, {"1h30m", "90m"}, {"90s", "90s"},      {"120s", "2m"},
                 {"1w", "7d"}, {"1y", "365d"},   {"1500ms", "1500ms"}};
    static const char *const wrong[] = {"",     "0s",           "5",   "m", "5 m", "-5m",
                                        "1.5h", "99999999999s", "9y9y"};

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);

        T_CHECK(promql_read_duration(sv_from(cases[i].text), &out));
        T_STR(strbuf_str(&out), cases[i].want);
    }
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);

        T_CHECK(!promql_read_duration(sv_from(wrong[i]), &out) && out.n == 0);
    }
}

T(what_is_no_file_of_rules_is_refused_with_its_line)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"groups:\n- name: a\n  rulez: []\n", "rules.yml:3: a group has no key 'rulez'"},
        {"group: []\n", "rules.yml:1: a file of rules has no key 'group'"},
        {"{}\n", "'groups' is no list"},
        {"groups: {}\n", "rules.yml:1: 'groups' is no list"},
        {"groups:\n- name: a\n", "rules.yml:2: 'rules' is no list"},
        {"groups:\n- rules:\n  - alert: A\n", "rules.yml:3: 'expr' is missing"},
        {"groups:\n- rules:\n  - expr: up == 0\n", "rules.yml:3: 'alert' is missing"},
        {"groups:\n- rules:\n  - {alert: A, expr: up == 0, for: soon}\n",
         "rules.yml:3: 'for' is no duration"},
        {"groups:\n- rules:\n  - {alert: A, expr: [up]}\n", "rules.yml:3"},
        {"groups: [\n", "rules.yml:2"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);
        struct err err;

        T_EQ(import_prometheus(sv_from(cases[i].text), "rules.yml", &out, &err), ERR_INVALID);
        t_say("%s", err.msg);
        T_CHECK(strstr(err.msg, cases[i].why) != NULL);
        T_EQ(out.n, 0);
    }
}

T_MAIN(T_CASE(rules_become_what_the_vectors_say),
       T_CASE(conditions_that_mean_the_same_are_said_here), T_CASE(durations_are_said_in_one_unit),
       T_CASE(what_is_no_file_of_rules_is_refused_with_its_line))
