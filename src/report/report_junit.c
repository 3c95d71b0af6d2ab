/*
 * The record of a run as JUnit's XML: a suite for each part of the document, a case for each step; the rules as one
 * suite more.  Elements and attributes are those that Jenkins' JUnit plugin takes (docs/formats/report.md).
 */
#include <inttypes.h>

#include "base/clock.h"
#include "base/sv.h"
#include "base/text.h"
#include "report/report.h"
#include "report/report_int.h"

#define JUNIT_OUTPUT_BYTES (64u << 10) /* of one output: servers keep every result of every build */

enum junit_result { JUNIT_PASSED, JUNIT_FAILED, JUNIT_ERROR, JUNIT_SKIPPED, JUNIT__N };

struct junit_suite {
    struct strbuf cases;
    struct sv id, name;
    int64_t begun_us, spent_us;
    size_t n[JUNIT__N];
};

struct junit {
    const struct view *v;
    struct strbuf suites;
    struct junit_suite suite; /* the one that is written */
    struct arena arena;
    int64_t spent_us;
    size_t n[JUNIT__N], n_suites;
};

/* Escaped; what XML 1.0 (section 2.2) does not allow is U+FFFD. */
static void junit_text(struct strbuf *b, struct sv s)
{
    size_t at = 0;

    for (size_t i = 0; i + 3 <= s.n; i++) /* U+FFFE and U+FFFF, which HTML takes */
        if (sv_starts(sv_sub(s, i, s.n), SV("\xef\xbf")) && (unsigned char)s.p[i + 2] >= 0xbe) {
            text_add_html(b, sv_sub(s, at, i));
            text_add_utf8(b, 0xfffd);
            at = i + 3;
            i += 2;
        }
    text_add_html(b, sv_sub(s, at, s.n));
}

static void junit_attribute(struct strbuf *b, const char *name, struct sv value)
{
    strbuf_addf(b, " %s=\"", name);
    junit_text(b, value);
    strbuf_add_byte(b, '"');
}

static void junit_time(struct strbuf *b, int64_t us)
{
    int64_t ms = us / 1000;

    strbuf_addf(b, " time=\"%" PRId64 ".%03" PRId64 "\"", ms / 1000, ms % 1000);
}

static void junit_counts(struct strbuf *b, const size_t n[JUNIT__N])
{
    strbuf_addf(b, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\"",
                n[JUNIT_PASSED] + n[JUNIT_FAILED] + n[JUNIT_ERROR] + n[JUNIT_SKIPPED],
                n[JUNIT_FAILED], n[JUNIT_ERROR], n[JUNIT_SKIPPED]);
}

/* --- suites --- */

static void junit_suite_end(struct junit *j)
{
    struct junit_suite *s = &j->suite;

    if (!s->cases.n)
        return;
    strbuf_add_str(&j->suites, "  <testsuite");
    junit_attribute(&j->suites, "name", s->name);
    strbuf_addf(&j->suites, " id=\"%zu\"", j->n_suites++);
    junit_attribute(&j->suites, "package", j->v->plan.document);
    junit_attribute(&j->suites, "hostname", j->v->host);
    /* without a zone, as the schemas want it: UTC */
    strbuf_addf(&j->suites, " timestamp=\"%.19s\"", clock_format_s(s->begun_us).s);
    junit_counts(&j->suites, s->n);
    junit_time(&j->suites, s->spent_us);
    strbuf_addf(&j->suites, ">\n%s  </testsuite>\n", strbuf_str(&s->cases));
    for (int i = 0; i < JUNIT__N; i++)
        j->n[i] += s->n[i];
    j->spent_us += s->spent_us;
    strbuf_release(&s->cases);
}

/* The parts of the document down to the second level: "Deployment", "Phase 1: Code". */
static struct sv junit_suite_id(struct sv part)
{
    size_t first = sv_find_byte(part, '/', 0);

    return first == SV_NPOS ? part : sv_sub(part, 0, sv_find_byte(part, '/', first + 1));
}

static struct sv junit_suite_name(struct junit *j, struct sv id)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    size_t end;

    for (size_t from = 0; from < id.n; from = end + 1) {
        const struct plan_part *p;

        end = size_min(sv_find_byte(id, '/', from), id.n);
        p = plan_part(&j->v->plan, sv_sub(id, 0, end));
        if (p && p->title.n)
            strbuf_addf(&b, "%s%.*s", b.n ? " / " : "", SV_FMT(p->title));
    }
    return b.n ? arena_sv(&j->arena, strbuf_sv(&b)) : j->v->plan.title;
}

static void junit_suite_begin(struct junit *j, struct sv id, struct sv name)
{
    if (j->suite.cases.n && sv_eq(j->suite.id, id))
        return;
    junit_suite_end(j);
    j->suite = (struct junit_suite){.cases = STRBUF(0), .id = id, .name = name};
    j->suite.begun_us = j->v->begun_us;
}

/* --- cases --- */

static void junit_case_begin(struct junit *j, struct sv name, int64_t us)
{
    struct strbuf *b = &j->suite.cases;

    strbuf_add_str(b, "    <testcase");
    junit_attribute(b, "name", name);
    junit_attribute(b, "classname", j->suite.name);
    junit_time(b, us);
    strbuf_add_str(b, ">");
    j->suite.spent_us += us;
}

static void junit_result(struct junit *j, enum junit_result r, struct sv message, struct sv text)
{
    static const char *const names[JUNIT__N] = {
        [JUNIT_FAILED] = "failure", [JUNIT_ERROR] = "error", [JUNIT_SKIPPED] = "skipped"};
    struct strbuf *b = &j->suite.cases;

    j->suite.n[r]++;
    if (!names[r])
        return;
    strbuf_addf(b, "<%s", names[r]);
    junit_attribute(b, "message", message);
    if (r != JUNIT_SKIPPED)
        junit_attribute(b, "type", r == JUNIT_FAILED ? SV("failed") : SV("in-doubt"));
    strbuf_add_byte(b, '>');
    junit_text(b, text);
    strbuf_addf(b, "</%s>", names[r]);
}

/* The expectations that do not hold, each on a line. */
static void junit_failed_checks(const struct view_attempt *a, struct strbuf *out)
{
    const json_t *checks = json_object_get(a->outcome, "expectations");

    for (size_t i = 0; i < json_array_size(checks); i++) {
        const json_t *c = json_array_get(checks, i);

        if (sv_eq(json_get_sv(c, "result"), SV("holds")))
            continue;
        strbuf_addf(out, "expected %.*s, found %.*s\n", SV_FMT(json_get_sv(c, "text")),
                    SV_FMT(json_get_sv(c, "seen")));
    }
}

static void junit_step_result(struct junit *j, const struct view_step *s)
{
    const struct view_attempt *last = s->attempts.n ? vec_last(&s->attempts) : NULL;
    struct sv reason = json_get_sv(last ? last->outcome : NULL, "reason");
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    if (sv_eq(s->state, SV("done"))) {
        junit_result(j, JUNIT_PASSED, reason, reason);
    } else if (sv_eq(s->state, SV("skipped"))) {
        junit_result(j, JUNIT_SKIPPED, s->skipped, SV(""));
    } else if (!last) {
        junit_result(j, JUNIT_SKIPPED, SV("not reached"), SV(""));
    } else if (sv_eq(s->state, SV("failed"))) {
        junit_failed_checks(last, &text);
        junit_result(j, JUNIT_FAILED, reason, strbuf_sv(&text));
    } else { /* begun, and its end is not known, or it was stopped */
        strbuf_addf(&text, "in doubt: %.*s", SV_FMT(s->state));
        junit_result(j, JUNIT_ERROR, strbuf_sv(&text), reason);
    }
}

static enum err_code junit_output(struct store *s, struct junit *j, const struct view_step *step,
                                  const char *key, const char *element, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct strbuf *b = &j->suite.cases;

    for (size_t i = 0; i < step->attempts.n; i++)
        if (report_output(s, step->attempts.v[i].outcome, key, &text, err) != ERR_OK)
            return err_wrap(err, "step %.*s", SV_FMT(step->p->id));
    if (!text.n)
        return ERR_OK;
    strbuf_addf(b, "<%s>", element);
    if (text.n > JUNIT_OUTPUT_BYTES) {
        strbuf_addf(b, "... %zu bytes ...\n", text.n - JUNIT_OUTPUT_BYTES);
        strbuf_consume(&text, text.n - JUNIT_OUTPUT_BYTES);
    }
    junit_text(b, strbuf_sv(&text));
    strbuf_addf(b, "</%s>", element);
    return ERR_OK;
}

static enum err_code junit_step(struct store *s, struct junit *j, const struct view_step *step,
                                struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf name = STRBUF(0);
    struct sv id = junit_suite_id(step->p->part);
    int64_t us = 0;

    junit_suite_begin(j, id, junit_suite_name(j, id));
    for (size_t i = 0; i < step->attempts.n; i++)
        if (step->attempts.v[i].ended_us > step->attempts.v[i].begun_us)
            us += view_took_us(&step->attempts.v[i]);
    if (step->attempts.n && !j->suite.spent_us)
        j->suite.begun_us = step->attempts.v[0].begun_us;
    strbuf_addf(&name, "%.*s: ", SV_FMT(step->p->id));
    text_add_brief(&name, step->p->command);
    junit_case_begin(j, strbuf_sv(&name), us);
    junit_step_result(j, step);
    if (junit_output(s, j, step, "out", "system-out", err) != ERR_OK ||
        junit_output(s, j, step, "err", "system-err", err) != ERR_OK)
        return err->code;
    strbuf_add_str(&j->suite.cases, "</testcase>\n");
    return ERR_OK;
}

/* --- rules --- */

static void junit_rule(struct junit *j, const struct plan_rule *r)
{
    const struct view_event *e = view_rule_event(j->v, r->id);
    struct sv explain = e ? json_get_sv(e->data, "explain") : (struct sv){NULL, 0};

    junit_suite_begin(j, SV("\nrules"), SV("Rules"));
    junit_case_begin(j, r->source.n ? r->source : r->text, 0);
    if (r->dropped)
        junit_result(j, JUNIT_SKIPPED, r->reason, SV(""));
    else if (!e)
        junit_result(j, JUNIT_SKIPPED, SV("not judged"), SV(""));
    else if (sv_eq(json_get_sv(e->data, "state"), SV("fired")))
        junit_result(j, JUNIT_FAILED, explain, explain);
    else
        junit_result(j, JUNIT_PASSED, explain, explain);
    strbuf_add_str(&j->suite.cases, "</testcase>\n");
}

static enum err_code junit_all(struct store *s, struct junit *j, struct err *err)
{
    const struct view *v = j->v;
    struct journal_check k;

    for (size_t i = 0; i < v->steps.n; i++)
        if ((!v->steps.v[i].way_back || v->rollback_reason.n) &&
            junit_step(s, j, &v->steps.v[i], err) != ERR_OK)
            return err->code;
    for (size_t i = 0; i < v->plan.n_rules; i++)
        junit_rule(j, &v->plan.rules[i]);
    junit_suite_end(j);
    return journal_verify(s, v->id, &k, err);
}

enum err_code report_junit(struct store *s, const struct view *v, struct strbuf *out,
                           struct err *err)
{
    struct junit j = {.v = v, .suites = STRBUF(0), .suite = {.cases = STRBUF(0)}};
    enum err_code rc = junit_all(s, &j, err);

    if (rc == ERR_OK) {
        strbuf_add_str(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
        junit_attribute(out, "name", v->plan.title);
        junit_counts(out, j.n);
        junit_time(out, j.spent_us);
        strbuf_addf(out, ">\n%s</testsuites>\n", strbuf_str(&j.suites));
    }
    strbuf_release(&j.suites);
    strbuf_release(&j.suite.cases);
    arena_release(&j.arena);
    return rc;
}
