/*
 * The row `alertmanager`: its API v2 (conditions.md 7.4).  What lasts is sent again every minute, ending five minutes
 * later, so that it goes away by itself when nobody sends it any more.
 */
#include "base/clock.h"
#include "base/sv.h"
#include "notify/receiver.h"

#define ALERT_LASTS_US (300 * CLOCK_US_PER_S)

static json_t *alert_of(const struct receiver_item *item, int64_t now_us)
{
    json_t *j = json_object(), *labels = json_object(), *annotations = json_object();
    const json_t *b = item->body;
    struct sv rule = json_get_sv(b, "rule");
    bool is_alert = sv_is(json_get_sv(b, "event"), "alert");
    CLEANUP(strbuf_release) struct strbuf line = STRBUF(0);
    int64_t ends_us = item->firing ? now_us + ALERT_LASTS_US : now_us;

    /* What changes while it lasts is no label: it would be another alert. */
    json_put_str(labels, "alertname", is_alert ? "PrusikRule" : "PrusikVerdict");
    json_put_sv(labels, "prusik_run", json_get_sv(b, "run"));
    if (is_alert) {
        json_put_sv(labels, "prusik_rule", rule);
        json_put_sv(labels, "severity", json_get_sv(b, "severity"));
    }
    json_put_sv(labels, "environment", json_get_sv(b, "environment"));
    receiver_line(b, &line);
    json_put_sv(annotations, "summary", strbuf_sv(&line));
    json_put_sv(annotations, "value", json_get_sv(b, "value"));
    json_put_sv(annotations, "limit", json_get_sv(b, "limit"));
    json_put_sv(annotations, "verdict", json_get_sv(b, "verdict"));
    json_put_sv(annotations, "next", json_get_sv(b, "next"));
    json_put(j, "labels", labels);
    json_put(j, "annotations", annotations);
    json_put_str(j, "startsAt",
                 clock_format(item->at_us < ends_us ? item->at_us : ends_us - 1000).s);
    json_put_str(j, "endsAt", clock_format(ends_us).s);
    return j;
}

static enum err_code alert_make(const struct receiver_call *c, struct receiver_out *out,
                                struct err *err UNUSED)
{
    CLEANUP(json_cleanup) json_t *body = json_array();
    struct sv url = json_get_sv(c->settings, "url");

    while (sv_ends(url, SV("/")))
        url.n--;
    for (size_t i = 0; i < c->n; i++)
        json_append(body, alert_of(&c->items[i], c->now_us));
    receiver_post(c, out, arena_fmt(&out->arena, "%.*s/api/v2/alerts", SV_FMT(url)), body);
    return ERR_OK;
}

static const struct source_key alert_keys[] = {
    RECEIVER_KEY_ON,
    {"url", SOURCE_TEXT, true, "of the Alertmanager: http://host:9093"},
    {"bearer", SOURCE_TEXT, false, "a token; a secret"},
    {"ca_file", SOURCE_TEXT, false, "certificates to trust instead of the system's, PEM"},
};

const struct receiver_ops receiver_alertmanager = {
    .kind = "alertmanager",
    .help = "an alert for as long as the verdict, or a rule, is bad",
    .keys = alert_keys,
    .n_keys = ARRAY_LEN(alert_keys),
    .way = RECEIVER_HTTP,
    .events = "verdict rolled-back failed done", /* the ends resolve it */
    .repeat_us = 60 * CLOCK_US_PER_S,
    .lasting = true,
    .make = alert_make,
};
