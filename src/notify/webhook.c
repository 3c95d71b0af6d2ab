/*
 * The row `webhook`: the body that Alertmanager sends (version 4), which most things that take alerts understand, with
 * the notice itself in the member "prusik" (conditions.md 7.5).
 */
#include <sodium.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/sv.h"
#include "notify/receiver.h"

static json_t *webhook_alert(const struct receiver_item *item)
{
    json_t *j = json_object(), *labels = json_object(), *annotations = json_object();
    CLEANUP(strbuf_release) struct strbuf line = STRBUF(0), what = STRBUF(0);
    bool ended = item->lasts && !item->firing;
    struct hash print;

    json_put_str(labels, "alertname", "Prusik");
    json_put_sv(labels, "event", json_get_sv(item->body, "event"));
    json_put_sv(labels, "run", json_get_sv(item->body, "run"));
    json_put_sv(labels, "rule", json_get_sv(item->body, "rule"));
    json_put_sv(labels, "environment", json_get_sv(item->body, "environment"));
    json_put_sv(labels, "severity", json_get_sv(item->body, "severity"));
    receiver_line(item->body, &line);
    json_put_sv(annotations, "summary", strbuf_sv(&line));
    json_put_str(j, "status", ended ? "resolved" : "firing");
    json_put(j, "labels", labels);
    json_put(j, "annotations", annotations);
    json_put_sv(j, "startsAt", json_get_sv(item->body, "at"));
    json_put_str(j, "endsAt", ended ? clock_format(item->at_us).s : "0001-01-01T00:00:00Z");
    json_put_str(j, "generatorURL", "");
    /* Who keeps a list of what is open finds it by this: beginning and end have the same. */
    strbuf_addf(&what, "%.*s/%.*s", SV_FMT(json_get_sv(item->body, "run")), SV_FMT(item->key));
    print = hash_of(item->lasts ? strbuf_sv(&what) : item->id);
    json_put_sv(j, "fingerprint", sv_sub(sv_from(hash_hex(&print).s), 0, 16));
    return j;
}

static json_t *webhook_body(const struct receiver_call *c)
{
    json_t *j = json_object(), *alerts = json_array(), *notices = json_array();
    bool resolved = true;

    for (size_t i = 0; i < c->n; i++) {
        json_append(alerts, webhook_alert(&c->items[i]));
        json_append(notices, json_incref((json_t *)(uintptr_t)c->items[i].body));
        resolved &= c->items[i].lasts && !c->items[i].firing;
    }
    json_put_str(j, "version", "4");
    json_put_str(j, "status", resolved ? "resolved" : "firing");
    json_put_str(j, "receiver", "prusik");
    json_put_sv(j, "groupKey", json_get_sv(c->items[0].body, "run"));
    json_put_int(j, "truncatedAlerts", 0);
    json_put(j, "groupLabels", json_object());
    json_put(j, "commonLabels", json_object());
    json_put(j, "commonAnnotations", json_object());
    json_put_str(j, "externalURL", "");
    json_put(j, "alerts", alerts);
    json_put(j, "prusik", notices);
    return j;
}

/* HMAC-SHA-256 (RFC 2104) of the body, as GitHub and others sign what they send. */
static void webhook_sign(struct receiver_out *out, struct sv key, struct sv body)
{
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    char hex[2 * sizeof(mac) + 1];
    crypto_auth_hmacsha256_state state;

    (void)crypto_auth_hmacsha256_init(&state, (const unsigned char *)key.p, key.n); /* always 0 */
    (void)crypto_auth_hmacsha256_update(&state, (const unsigned char *)body.p, body.n);
    (void)crypto_auth_hmacsha256_final(&state, mac);
    (void)sodium_bin2hex(hex, sizeof(hex), mac, sizeof(mac));
    receiver_add_field(out, SV("X-Prusik-Signature"), arena_fmt(&out->arena, "sha256=%s", hex));
}

static enum err_code webhook_make(const struct receiver_call *c, struct receiver_out *out,
                                  struct err *err UNUSED)
{
    CLEANUP(json_cleanup) json_t *body = webhook_body(c);
    struct sv key = json_get_sv(c->settings, "key");

    receiver_post(c, out, json_get_sv(c->settings, "url"), body);
    if (key.n) {
        webhook_sign(out, key, strbuf_sv(&out->body));
        out->http.n_fields = out->n_fields;
    }
    return ERR_OK;
}

static const struct source_key webhook_keys[] = {
    RECEIVER_KEY_ON,
    {"url", SOURCE_TEXT, true, "where it is posted"},
    {"bearer", SOURCE_TEXT, false, "a token; a secret"},
    {"key", SOURCE_TEXT, false, "the body is signed with it; a secret"},
    {"ca_file", SOURCE_TEXT, false, "certificates to trust instead of the system's, PEM"},
};

const struct receiver_ops receiver_webhook = {
    .kind = "webhook",
    .help = "JSON, as Alertmanager posts it",
    .keys = webhook_keys,
    .n_keys = ARRAY_LEN(webhook_keys),
    .way = RECEIVER_HTTP,
    .events = RECEIVER_EVENTS,
    .repeat_us = 4 * RECEIVER_HOUR_US,
    .make = webhook_make,
};
