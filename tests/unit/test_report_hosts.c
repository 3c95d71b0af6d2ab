/* report: a step on several hosts, host by host, of a run that was carried out for real. */
#include "exec_bench.h"
#include "report/report.h"

#define FENCE    "```"
#define SH(code) "\n" FENCE "bash\n" code "\n" FENCE "\n\n"

static const char document[] =
    "# Web\n\n## Deployment\n" SH("ssh web\nuntil mkdir n$((++N)) 2>/dev/null; do :; done\n"
                                  "echo \"I am <$N>\" && echo no >&2 && test -e mended -o $N != 2");
static const char binding[] =
    "environment: test\nhosts: {'*': local, web: {group: [a, b], batch: 2}}\n"
    "steps: {deployment: {undo: a test}}\n";

static json_t *report_of(struct bench *b, struct view *v)
{
    json_t *j = NULL;

    T_OK(view_load(b->store, 1, v, &b->err), b->err);
    T_OK(report_json(b->store, v, &j, &b->err), b->err);
    return j;
}

/* The hosts of an attempt of a step of the report. */
static const json_t *hosts_of(const json_t *report, size_t step, size_t attempt)
{
    const json_t *attempts =
        json_object_get(json_array_get(json_object_get(report, "steps"), step), "attempts");

    return json_object_get(json_array_get(attempts, attempt), "hosts");
}

/* The host that failed, of two. */
static const json_t *failed_of(const json_t *hosts)
{
    for (size_t i = 0; i < json_array_size(hosts); i++)
        if (sv_eq(json_get_sv(json_array_get(hosts, i), "state"), SV("failed")))
            return json_array_get(hosts, i);
    T_FAIL("none of %zu hosts has failed", json_array_size(hosts));
}

T(each_host_of_each_attempt_is_in_the_json)
{
    struct bench b;
    struct view v;
    const json_t *bad;
    json_t *j;

    bench_plan(&b, document, binding);
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    bench_write("mended", "");
    T_EQ(bench_resume(&b), EXIT_CODE_DONE);
    j = report_of(&b, &v);
    T_EQ(json_array_size(hosts_of(j, 0, 0)), 2);
    T_EQ(json_array_size(hosts_of(j, 1, 0)), 2);
    bad = failed_of(hosts_of(j, 1, 0));
    T_SV(json_get_sv(bad, "reason"), "exit status 1: no");
    T_SV(json_get_sv(bad, "out"), "I am <2>\n");
    T_SV(json_get_sv(bad, "err"), "no\n");
    T_EQ(json_get_int(bad, "status", 0), 1);
    T_CHECK(json_get_bool(bad, "touched", false));
    T_CHECK(json_get_sv(bad, "begun").n && json_get_int(bad, "duration_ms", -1) >= 0);
    T_EQ(json_array_size(json_object_get(bad, "expectations")), 1);
    T_EQ(json_array_size(hosts_of(j, 1, 1)), 1); /* the other one was not begun again */
    T_SV(json_get_sv(json_array_get(hosts_of(j, 1, 1), 0), "state"), "done");
    json_decref(j);
    view_release(&v);
    bench_end(&b);
}

T(each_host_is_a_row_of_the_page)
{
    CLEANUP(strbuf_release) struct strbuf html = STRBUF(0);
    struct bench b;
    struct view v;

    bench_plan(&b, document, binding);
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_OK(view_load(b.store, 1, &v, &b.err), b.err);
    T_OK(report_html(b.store, &v, &html, &b.err), b.err);
    T_CHECK(strstr(strbuf_str(&html), "<td>a</td>"));
    T_CHECK(strstr(strbuf_str(&html), "<summary>b</summary>"));
    T_CHECK(strstr(strbuf_str(&html), "<td>exit status 1: no</td></tr>"));
    T_CHECK(strstr(strbuf_str(&html), "I am &lt;2&gt;"));
    view_release(&v);
    bench_end(&b);
}

T(what_is_known_last_of_a_host_is_told)
{
    struct bench b;
    struct view v;
    const struct view_step *s;

    bench_plan(&b, document, binding);
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_OK(view_load(b.store, 1, &v, &b.err), b.err);
    s = view_current(&v);
    T_SV(s->p->id, "deployment/2@batch-1");
    T_CHECK(view_host_of(s, SV("a")) && view_host_of(s, SV("a"))->outcome);
    T_CHECK(!view_host_of(s, SV("c")));
    view_release(&v);
    bench_end(&b);
}

T(a_damaged_output_of_a_host_fails_both_reports)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);
    struct bench b;
    struct view v;
    json_t *j;

    bench_plan(&b, document, binding);
    T_EQ(bench_run(&b), EXIT_CODE_FAILED);
    T_OK(view_load(b.store, 1, &v, &b.err), b.err);
    T_EQ(bench_sql("DELETE FROM blob WHERE size < 20 RETURNING 1"), 1);
    T_CHECK(report_json(b.store, &v, &j, &b.err) != ERR_OK);
    T_CHECK(report_html(b.store, &v, &out, &b.err) != ERR_OK);
    view_release(&v);
    bench_end(&b);
}

T_MAIN(T_CASE(each_host_of_each_attempt_is_in_the_json), T_CASE(each_host_is_a_row_of_the_page),
       T_CASE(what_is_known_last_of_a_host_is_told),
       T_CASE(a_damaged_output_of_a_host_fails_both_reports))
