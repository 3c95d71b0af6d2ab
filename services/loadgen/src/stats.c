#include "stats.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "latency.h"

enum { STATUSES = 600, REASONS = 32, TIMELINE_MAX = 2 * 86400 };

struct second {
    uint64_t count[OUTCOME__N];
    double p95_ms, max_ms;
};

struct stats {
    uint64_t count[OUTCOME__N];
    uint64_t status[STATUSES]; /* 0: no answer */
    struct {
        char name[24];
        uint64_t n;
    } why[REASONS];
    struct latency all, now; /* now: of the last second in the timeline */
    struct second *timeline;
    size_t n_seconds, size;
};

static const char *const outcome_names[] = {
    [OUTCOME_OK] = "ok",
    [OUTCOME_FAILED] = "failed",
    [OUTCOME_REJECTED] = "rejected",
    [OUTCOME_MAINTENANCE] = "maintenance",
    [OUTCOME_UNAVAILABLE] = "unavailable_in_maintenance",
};

struct stats *stats_new(void)
{
    return xcalloc(1, sizeof(struct stats));
}

void stats_free(struct stats *s)
{
    free(s->timeline);
    free(s);
}

/* The entry of a second, with all before it; time does not go backwards. */
static struct second *second_at(struct stats *s, uint64_t at_ms)
{
    size_t i = at_ms / 1000;

    if (i >= TIMELINE_MAX)
        i = TIMELINE_MAX - 1;
    while (s->n_seconds <= i) {
        if (s->n_seconds == s->size) {
            s->size = s->size ? s->size * 2 : 64;
            s->timeline = xrealloc(s->timeline, s->size * sizeof(*s->timeline));
        }
        s->timeline[s->n_seconds++] = (struct second){0};
        s->now = (struct latency){0};
    }
    return &s->timeline[s->n_seconds - 1];
}

static void count_reason(struct stats *s, const char *why)
{
    size_t i = 0;

    while (i < REASONS - 1 && *s->why[i].name && strcmp(s->why[i].name, why) != 0)
        i++;
    if (!*s->why[i].name)
        (void)snprintf(s->why[i].name, sizeof(s->why[i].name), "%s",
                       i < REASONS - 1 ? why : "more");
    s->why[i].n++;
}

void stats_add(struct stats *s, uint64_t at_ms, enum outcome outcome, int status, const char *why,
               uint64_t latency_us)
{
    struct second *now = second_at(s, at_ms);

    s->count[outcome]++;
    now->count[outcome]++;
    s->status[status > 0 && status < STATUSES ? status : 0]++;
    if (outcome == OUTCOME_FAILED || outcome == OUTCOME_UNAVAILABLE)
        count_reason(s, why);
    if (outcome != OUTCOME_OK)
        return;
    latency_add(&s->all, latency_us);
    latency_add(&s->now, latency_us);
    now->p95_ms = latency_ms(&s->now, 0.95);
    now->max_ms = (double)s->now.max_us / 1000;
}

uint64_t stats_count(const struct stats *s, enum outcome outcome)
{
    return s->count[outcome];
}

uint64_t stats_total(const struct stats *s)
{
    uint64_t n = 0;

    for (int i = 0; i < OUTCOME__N; i++)
        n += s->count[i];
    return n;
}

static void add_counts(json_t *object, const uint64_t count[OUTCOME__N])
{
    for (int i = 0; i < OUTCOME__N; i++)
        json_object_set_new(object, outcome_names[i], json_integer((json_int_t)count[i]));
}

static double failed_percent(const struct stats *s)
{
    uint64_t answered = s->count[OUTCOME_OK] + s->count[OUTCOME_FAILED];

    return answered ? 100.0 * (double)s->count[OUTCOME_FAILED] / (double)answered : 0;
}

static json_t *report_totals(const struct stats *s)
{
    json_t *totals = json_pack("{s:I}", "requests", (json_int_t)stats_total(s));

    add_counts(totals, s->count);
    json_object_set_new(totals, "failed_percent",
                        json_real(round(failed_percent(s) * 1000) / 1000));
    return totals;
}

static json_t *report_statuses(const struct stats *s)
{
    json_t *statuses = json_object();
    char name[16];

    for (int i = 0; i < STATUSES; i++)
        if (s->status[i]) {
            (void)snprintf(name, sizeof(name), i ? "%d" : "none", i);
            json_object_set_new(statuses, name, json_integer((json_int_t)s->status[i]));
        }
    return statuses;
}

static json_t *report_timeline(const struct stats *s)
{
    json_t *timeline = json_array();

    for (size_t i = 0; i < s->n_seconds; i++) {
        json_t *second = json_pack("{s:I}", "second", (json_int_t)i);

        add_counts(second, s->timeline[i].count);
        json_object_set_new(second, "p95_ms", json_real(s->timeline[i].p95_ms));
        json_object_set_new(second, "max_ms", json_real(s->timeline[i].max_ms));
        json_array_append_new(timeline, second);
    }
    return timeline;
}

void stats_report(const struct stats *s, json_t *report)
{
    json_t *failures = json_object();

    for (size_t i = 0; i < REASONS && *s->why[i].name; i++)
        json_object_set_new(failures, s->why[i].name, json_integer((json_int_t)s->why[i].n));
    json_object_set_new(report, "totals", report_totals(s));
    json_object_set_new(report, "failures", failures);
    json_object_set_new(report, "statuses", report_statuses(s));
    json_object_set_new(report, "latency_ms",
                        json_pack("{s:f, s:f, s:f, s:f}", "p50", latency_ms(&s->all, 0.50), "p95",
                                  latency_ms(&s->all, 0.95), "p99", latency_ms(&s->all, 0.99),
                                  "max", (double)s->all.max_us / 1000));
    json_object_set_new(report, "timeline", report_timeline(s));
}

char *stats_summary(const struct stats *s)
{
    return xasprintf("%" PRIu64 " requests: %" PRIu64 " ok, %" PRIu64 " failed (%.2f %%), %" PRIu64
                     " rejected, %" PRIu64 " maintenance, %" PRIu64
                     " unavailable in maintenance; p50 %.1f ms, p95 %.1f ms, p99 %.1f ms",
                     stats_total(s), s->count[OUTCOME_OK], s->count[OUTCOME_FAILED],
                     failed_percent(s), s->count[OUTCOME_REJECTED], s->count[OUTCOME_MAINTENANCE],
                     s->count[OUTCOME_UNAVAILABLE], latency_ms(&s->all, 0.50),
                     latency_ms(&s->all, 0.95), latency_ms(&s->all, 0.99));
}
