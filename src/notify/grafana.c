/* The row `grafana`: an annotation in its graphs (conditions.md 7.5). */
#include "base/clock.h"
#include "base/sv.h"
#include "notify/receiver.h"

static enum err_code grafana_make(const struct receiver_call *c, struct receiver_out *out,
                                  struct err *err UNUSED)
{
    CLEANUP(json_cleanup) json_t *body = json_object();
    CLEANUP(strbuf_release) struct strbuf line = STRBUF(0);
    const json_t *b = c->items[0].body;
    struct sv url = json_get_sv(c->settings, "url"), verdict = json_get_sv(b, "verdict");
    json_t *tags = json_array();
    int64_t since_us;

    while (sv_ends(url, SV("/")))
        url.n--;
    for (size_t i = 0; i < c->n; i++) {
        if (i)
            strbuf_add_byte(&line, '\n');
        receiver_line(c->items[i].body, &line);
    }
    json_append(tags, json_str("prusik"));
    json_append(tags, json_sv(json_get_sv(b, "run")));
    json_append(tags, json_sv(json_get_sv(b, "event")));
    if (verdict.n)
        json_append(tags, json_sv(verdict));
    json_put_sv(body, "dashboardUID", json_get_sv(c->settings, "dashboard"));
    if (clock_parse(json_get_sv(b, "since"), &since_us) && since_us < c->items[0].at_us) {
        json_put_int(body, "time", since_us / 1000); /* a region */
        json_put_int(body, "timeEnd", c->items[0].at_us / 1000);
    } else {
        json_put_int(body, "time", c->items[0].at_us / 1000);
    }
    json_put(body, "tags", tags);
    json_put_sv(body, "text", strbuf_sv(&line));
    receiver_post(c, out, arena_fmt(&out->arena, "%.*s/api/annotations", SV_FMT(url)), body);
    return ERR_OK;
}

static const struct source_key grafana_keys[] = {
    RECEIVER_KEY_ON,
    {"url", SOURCE_TEXT, true, "of the Grafana: http://host:3000"},
    {"bearer", SOURCE_TEXT, false, "the token of a service account; a secret"},
    {"dashboard", SOURCE_TEXT, false, "uid of a dashboard; in all unless given"},
    {"ca_file", SOURCE_TEXT, false, "certificates to trust instead of the system's, PEM"},
};

const struct receiver_ops receiver_grafana = {
    .kind = "grafana",
    .help = "annotations in the graphs of Grafana",
    .keys = grafana_keys,
    .n_keys = ARRAY_LEN(grafana_keys),
    .way = RECEIVER_HTTP,
    .events = "deploy verdict rollback rolled-back failed done",
    .make = grafana_make,
};
