/*
 * The row `alertmanager`: what an Alertmanager has told the watch by its webhook.  Nothing is asked: a poll looks at
 * what was heard.
 */
#include "base/clock.h"
#include "base/duration.h"
#include "base/mem.h"
#include "base/sv.h"
#include "watch/alerts.h"
#include "watch/source.h"

#define ALERTMANAGER_SILENCE "5h" /* it repeats what lasts every 4 hours, unless told otherwise */

struct alertmanager_source {
    struct source source; /* first */
    int64_t silence_us;
};

static enum err_code alertmanager_open(struct source *s, json_t *settings, struct err *err)
{
    struct alertmanager_source *m = container_of(s, struct alertmanager_source, source);
    const char *silence = json_get_str(settings, "silence", ALERTMANAGER_SILENCE);
    int64_t ms;

    if (!duration_parse(sv_from(silence), &ms) || ms <= 0)
        return err_set(err, ERR_INVALID, "'silence' is no time such as 5h");
    m->silence_us = ms * 1000;
    return ERR_OK;
}

static void alertmanager_close(struct source *s UNUSED)
{
}

static enum err_code alertmanager_give(struct source *s, struct sample_list *l, struct err *err)
{
    const struct alertmanager_source *m = container_of(s, struct alertmanager_source, source);
    const struct alerts *a = s->env.alerts;
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    CLEANUP(json_cleanup) json_t *rows = NULL;
    int64_t heard_us = a ? alerts_heard_us(a) : ALERTS_NEVER;

    if (!a)
        return err_set(err, ERR_NOT_FOUND, "an Alertmanager is heard only while somebody watches");
    if (heard_us == ALERTS_NEVER)
        return err_set(err, ERR_NOT_FOUND, "no Alertmanager has told anything yet");
    if (s->at_us - heard_us > m->silence_us)
        return err_set(err, ERR_TIMEOUT, "no Alertmanager has told anything for %s",
                       duration_format((s->at_us - heard_us) / 1000).s);
    rows = alerts_rows(a);
    json_write(rows, &text);
    sample_add_text(l, "rows_json", strbuf_sv(&text));
    sample_add_number(l, "firing", (double)alerts_firing(a), NULL);
    sample_add_number(l, "truncated", (double)alerts_truncated(a), NULL);
    sample_add_number(l, "age", (double)(s->at_us - heard_us) / CLOCK_US_PER_S, "s");
    return ERR_OK;
}

static const struct source_key alertmanager_keys[] = {
    {"token", SOURCE_TEXT, false, "that the webhook sends; needed unless it is on this machine"},
    {"silence", SOURCE_TEXT, false,
     "nothing told for so long is no value; " ALERTMANAGER_SILENCE " unless given"},
};

static const struct source_member alertmanager_members[] = {
    {"rows_json", NULL, "the alerts, for rules over them: labels and status"},
    {"firing", NULL, "how many fire"},
    {"truncated", NULL, "how many it left out of its messages"},
    {"age", "s", "since it told something"},
};

const struct source_ops source_alertmanager = {
    .kind = "alertmanager",
    .help = "the alerts that an Alertmanager tells by its webhook",
    .keys = alertmanager_keys,
    .n_keys = ARRAY_LEN(alertmanager_keys),
    .members = alertmanager_members,
    .n_members = ARRAY_LEN(alertmanager_members),
    .size = sizeof(struct alertmanager_source),
    .open = alertmanager_open,
    .close = alertmanager_close,
    .give = alertmanager_give,
};
