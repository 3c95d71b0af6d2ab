/*
 * What a watch says about itself, as Prometheus reads it (docs/formats/rules.md, section 5).
 */
#include "base/clock.h"
#include "base/sv.h"
#include "exec/watcher_int.h"

/* --- the format (Prometheus' text format 0.0.4) --- */

static void metric_head(struct strbuf *b, const char *name, const char *type, const char *help)
{
    strbuf_addf(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void metric_text(struct strbuf *b, struct sv s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\\' || s.p[i] == '"')
            strbuf_add_byte(b, '\\');
        if (s.p[i] == '\n')
            strbuf_add_str(b, "\\n");
        else
            strbuf_add_byte(b, s.p[i]);
    }
}

/* `label` "": none but that of the run. */
static void metric(struct watcher *w, struct strbuf *b, const char *name, const char *label,
                   struct sv value, double v)
{
    strbuf_addf(b, "%s{run=\"%.*s\"", name, SV_FMT(w->cfg.run));
    if (label[0]) {
        strbuf_addf(b, ",%s=\"", label);
        metric_text(b, value);
        strbuf_add_byte(b, '"');
    }
    strbuf_addf(b, "} %.17g\n", v);
}

/* --- rules --- */

/* 0 good, 1 not known, 2 bad but not for long enough, 3 fired; -1: it is not in force. */
static int metric_state(enum judge_state state)
{
    static const int states[STATE__N] = {
        [STATE_INACTIVE] = -1, [STATE_NODATA] = 1,    [STATE_ERROR] = 1,
        [STATE_PENDING] = 2,   [STATE_SUSPENDED] = 2, [STATE_FIRED] = 3,
        [STATE_WAITING] = 1,   [STATE_TIMEOUT] = 3,   [STATE_FAILED] = 3,
    };

    return states[state];
}

/* What of a rule; false: it has no such thing now. */
typedef bool rule_fact_fn(const struct judge_result *r, double *v);

static bool fact_state(const struct judge_result *r, double *v)
{
    *v = metric_state(r->state);
    return true;
}

static bool fact_value(const struct judge_result *r, double *v)
{
    *v = r->has_value ? r->value : r->share;
    return r->has_value || r->has_share;
}

static bool fact_limit(const struct judge_result *r, double *v)
{
    *v = r->limit;
    return r->has_limit;
}

static bool fact_n(const struct judge_result *r, double *v)
{
    *v = r->n;
    return r->has_n;
}

static const struct {
    const char *name, *help;
    rule_fact_fn *fact;
} rule_facts[] = {
    {"prusik_rule_state", "Of a rule that is in force: 0 good, 1 not known, 2 pending, 3 fired.",
     fact_state},
    {"prusik_rule_value", "What the rule measured, in its base unit.", fact_value},
    {"prusik_rule_limit", "What it is compared with.", fact_limit},
    {"prusik_rule_samples", "How many samples the value is made of.", fact_n},
};

static void metric_rules(struct watcher *w, struct strbuf *b)
{
    for (size_t f = 0; f < ARRAY_LEN(rule_facts); f++) {
        metric_head(b, rule_facts[f].name, "gauge", rule_facts[f].help);
        for (size_t i = 0; w->marked && i < w->judged.n; i++) {
            struct judge_result r;
            double v;

            judge_result(w->judge, i, &r);
            if (metric_state(r.state) >= 0 && rule_facts[f].fact(&r, &v))
                metric(w, b, rule_facts[f].name, "rule", r.id, v);
        }
    }
}

/* --- sources --- */

static double feed_up(const struct watcher_feed *f)
{
    return f->up;
}

static double feed_answered(const struct watcher_feed *f)
{
    return (double)f->answered_us / CLOCK_US_PER_S;
}

static double feed_samples(const struct watcher_feed *f)
{
    return (double)f->n_samples;
}

static double feed_polls(const struct watcher_feed *f)
{
    return (double)f->n_polls;
}

static double feed_failed(const struct watcher_feed *f)
{
    return (double)f->n_failed;
}

static const struct {
    const char *name, *type, *help;
    double (*fact)(const struct watcher_feed *f);
} feed_facts[] = {
    {"prusik_source_up", "gauge", "1 when the last poll of the source gave something.", feed_up},
    {"prusik_source_last_answer_timestamp_seconds", "gauge", "When it did so last; 0: never.",
     feed_answered},
    {"prusik_source_samples", "gauge", "How many samples it gave then.", feed_samples},
    {"prusik_source_polls_total", "counter", "Polls that have ended.", feed_polls},
    {"prusik_source_failures_total", "counter", "Polls that gave nothing.", feed_failed},
};

static void metric_feeds(struct watcher *w, struct strbuf *b)
{
    for (size_t i = 0; i < ARRAY_LEN(feed_facts); i++) {
        metric_head(b, feed_facts[i].name, feed_facts[i].type, feed_facts[i].help);
        for (size_t f = 0; f < w->feeds.n; f++)
            metric(w, b, feed_facts[i].name, "source", w->feeds.v[f].name,
                   feed_facts[i].fact(&w->feeds.v[f]));
    }
}

/* --- the watch --- */

static void metric_one(struct watcher *w, struct strbuf *b, const char *name, const char *type,
                       const char *help, double v)
{
    metric_head(b, name, type, help);
    metric(w, b, name, "", SV(""), v);
}

void watcher_metrics(struct watcher *w, struct strbuf *b)
{
    metric_one(w, b, "prusik_verdict", "gauge", "0 OK, 1 HOLD, 2 INVESTIGATE, 3 ROLLBACK.",
               w->verdict);
    metric_one(w, b, "prusik_rounds_total", "counter", "Rounds of polls that were judged.",
               (double)w->n_rounds);
    metric_one(w, b, "prusik_rounds_late_total", "counter",
               "Rounds that were judged without a source that hung.", (double)w->n_late);
    metric_one(w, b, "prusik_series", "gauge", "Series of samples that the rules look at.",
               (double)samples_n_series(w->samples));
    if (w->marked) {
        metric_one(w, b, "prusik_deploy_timestamp_seconds", "gauge",
                   "The deploy mark: when the deployment counts as done.",
                   (double)w->t0_us / CLOCK_US_PER_S);
        metric_one(w, b, "prusik_watch_end_timestamp_seconds", "gauge", "When the watch ends.",
                   (double)judge_watch_end(w->judge) / CLOCK_US_PER_S);
    }
    metric_rules(w, b);
    metric_feeds(w, b);
}
