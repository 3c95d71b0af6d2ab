/* The row `slack`: an incoming webhook of Slack, which Mattermost and others take too (conditions.md 7.5). */
#include "base/sv.h"
#include "notify/receiver.h"

#define SLACK_TITLE_BYTES 1024u

/* Only these three are special: https://api.slack.com/reference/surfaces/formatting#escaping */
static void slack_escape(struct strbuf *out, struct sv text)
{
    for (size_t i = 0; i < text.n; i++)
        switch (text.p[i]) {
        case '&': strbuf_add_str(out, "&amp;"); break;
        case '<': strbuf_add_str(out, "&lt;"); break;
        case '>': strbuf_add_str(out, "&gt;"); break;
        default: strbuf_add_byte(out, text.p[i]);
        }
}

static void slack_put(json_t *j, const char *key, struct sv text)
{
    CLEANUP(strbuf_release) struct strbuf escaped = STRBUF(0);

    slack_escape(&escaped, text);
    json_put_sv(j, key, strbuf_sv(&escaped));
}

static json_t *slack_attachment(const struct receiver_item *item)
{
    static const struct {
        const char *severity, *color;
    } colors[] = {{"critical", "#c0392b"}, {"warning", "#e67e22"}, {"info", "#2980b9"}};
    json_t *j = json_object(), *fields = json_array(), *next = json_object();
    struct sv rule = json_get_sv(item->body, "rule");

    for (size_t i = 0; i < ARRAY_LEN(colors); i++)
        if (sv_is(json_get_sv(item->body, "severity"), colors[i].severity))
            json_put_str(j, "color", item->lasts && !item->firing ? "#27ae60" : colors[i].color);
    slack_put(j, "title",
              sv_sub(rule.n ? rule : json_get_sv(item->body, "title"), 0, SLACK_TITLE_BYTES));
    slack_put(j, "text", json_get_sv(item->body, "text"));
    json_put_str(next, "title", "next");
    slack_put(next, "value", json_get_sv(item->body, "next"));
    json_put_bool(next, "short", false);
    json_append(fields, next);
    json_put(j, "fields", fields);
    return j;
}

static enum err_code slack_make(const struct receiver_call *c, struct receiver_out *out,
                                struct err *err UNUSED)
{
    CLEANUP(json_cleanup) json_t *body = json_object();
    CLEANUP(strbuf_release) struct strbuf line = STRBUF(0);
    json_t *attachments = json_array();

    for (size_t i = 0; i < c->n; i++) {
        if (i)
            strbuf_add_byte(&line, '\n');
        receiver_line(c->items[i].body, &line);
        json_append(attachments, slack_attachment(&c->items[i]));
    }
    slack_put(body, "text", strbuf_sv(&line));
    json_put_sv(body, "channel", json_get_sv(c->settings, "channel"));
    json_put(body, "attachments", attachments);
    receiver_post(c, out, json_get_sv(c->settings, "url"), body);
    return ERR_OK;
}

/* 200 alone is not enough: a proxy that asks for a password says so, too. */
static bool slack_taken(const struct http_request *r)
{
    struct sv body = sv_trim(strbuf_sv(&r->body));
    CLEANUP(json_cleanup) json_t *j = NULL;
    struct err ignored;

    return sv_is(body, "ok") ||
           (json_read(body, &j, &ignored) == ERR_OK && json_get_bool(j, "ok", false));
}

static const struct source_key slack_keys[] = {
    RECEIVER_KEY_ON,
    {"url", SOURCE_TEXT, true, "of the incoming webhook; it has a secret in it"},
    {"channel", SOURCE_TEXT, false, "where it allows one to be named"},
    {"bearer", SOURCE_TEXT, false, "a token; a secret"},
    {"ca_file", SOURCE_TEXT, false, "certificates to trust instead of the system's, PEM"},
};

const struct receiver_ops receiver_slack = {
    .kind = "slack",
    .help = "a message in a channel of Slack, Mattermost, ...",
    .keys = slack_keys,
    .n_keys = ARRAY_LEN(slack_keys),
    .way = RECEIVER_HTTP,
    .events = RECEIVER_EVENTS,
    .repeat_us = 4 * RECEIVER_HOUR_US,
    .make = slack_make,
    .taken = slack_taken,
};
