/*
 * The hosts of a step on several, in JSON and HTML: what became of it on each of them.
 */
#include "base/clock.h"
#include "base/duration.h"
#include "base/sv.h"
#include "report/report_int.h"

static json_t *report_copy(const json_t *j)
{
    return json_incref((json_t *)(uintptr_t)j);
}

static enum err_code report_json_host(struct store *s, const struct view_host *h, json_t *out,
                                      struct err *err)
{
    static const char *const copied[] = {"status", "http_status", "expectations", "reason",
                                         "touched"};
    static const char *const outputs[] = {"out", "err"};

    json_put_sv(out, "host", h->host);
    json_put_sv(out, "state", h->state);
    if (json_get_int(h->outcome, "started_us", 0)) {
        int64_t begun_us = json_get_int(h->outcome, "started_us", 0);
        int64_t ended_us = json_get_int(h->outcome, "ended_us", begun_us);

        json_put_str(out, "begun", clock_format(begun_us).s);
        json_put_str(out, "ended", clock_format(ended_us).s);
        json_put_int(out, "duration_ms", (ended_us - begun_us) / 1000);
    }
    for (size_t i = 0; i < ARRAY_LEN(copied); i++)
        if (json_object_get(h->outcome, copied[i]))
            json_put(out, copied[i], report_copy(json_object_get(h->outcome, copied[i])));
    for (size_t i = 0; i < ARRAY_LEN(outputs); i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

        if (report_output(s, h->outcome, outputs[i], &text, err) != ERR_OK)
            return err->code;
        json_put_sv(out, outputs[i], strbuf_sv(&text));
    }
    return ERR_OK;
}

enum err_code report_json_hosts(struct store *s, const struct view_step *step, int64_t attempt,
                                json_t *out, struct err *err)
{
    json_t *list;

    if (!step->p->n_on)
        return ERR_OK;
    list = json_array();
    json_put(out, "hosts", list);
    for (size_t i = 0; i < step->hosts.n; i++) {
        json_t *j;

        if (step->hosts.v[i].attempt != attempt)
            continue;
        j = json_object();
        json_append(list, j);
        if (report_json_host(s, &step->hosts.v[i], j, err) != ERR_OK)
            return err->code;
    }
    return ERR_OK;
}

struct sv report_host_command(const struct view_step *step, struct sv host)
{
    for (size_t i = 0; i < step->p->n_on; i++)
        if (sv_eq(step->p->on[i].host, host) && !sv_eq(step->p->on[i].command, step->p->command))
            return step->p->on[i].command;
    return (struct sv){NULL, 0};
}

struct sv report_command(const struct view_step *step)
{
    return plan_command(step->p);
}

static void html_host_row(struct strbuf *b, const struct view_step *step, const struct view_host *h)
{
    struct sv command = report_host_command(step, h->host);
    int64_t begun_us = json_get_int(h->outcome, "started_us", 0);

    strbuf_add_str(b, "<tr><td>");
    html_sv(b, h->host);
    if (command.n) {
        strbuf_add_str(b, "<br><code>");
        html_sv(b, command);
        strbuf_add_str(b, "</code>");
    }
    strbuf_add_str(b, "</td><td>");
    html_tag(b, h->state);
    strbuf_add_str(b, "</td><td>");
    if (json_object_get(h->outcome, "status"))
        strbuf_addf(b, "%lld", (long long)json_get_int(h->outcome, "status", 0));
    strbuf_add_str(b, "</td><td>");
    if (begun_us)
        strbuf_add_str(
            b,
            duration_format((json_get_int(h->outcome, "ended_us", begun_us) - begun_us) / 1000).s);
    strbuf_add_str(b, "</td><td>");
    html_sv(b, json_get_sv(h->outcome, "reason"));
    strbuf_add_str(b, "</td></tr>");
}

/* What it printed and was expected to, behind its name. */
static enum err_code html_host_more(struct store *s, struct strbuf *b, const struct view_host *h,
                                    struct err *err)
{
    if (!json_object_get(h->outcome, "out") && !json_object_get(h->outcome, "err") &&
        !json_array_size(json_object_get(h->outcome, "expectations")))
        return ERR_OK;
    strbuf_add_str(b, "<details><summary>");
    html_sv(b, h->host);
    strbuf_add_str(b, "</summary>");
    html_checks(b, h->outcome);
    if (html_output(s, b, h->outcome, "out", "output", err) != ERR_OK ||
        html_output(s, b, h->outcome, "err", "error output", err) != ERR_OK)
        return err->code;
    strbuf_add_str(b, "</details>");
    return ERR_OK;
}

enum err_code html_hosts(struct store *s, struct strbuf *b, const struct view_step *step,
                         int64_t attempt, struct err *err)
{
    if (!step->p->n_on)
        return ERR_OK;
    strbuf_add_str(b, "<div class=\"wide\"><table><tr><th>Host</th><th>Result</th><th>Exit status"
                      "</th><th>Took</th><th>Why</th></tr>");
    for (size_t i = 0; i < step->hosts.n; i++)
        if (step->hosts.v[i].attempt == attempt)
            html_host_row(b, step, &step->hosts.v[i]);
    strbuf_add_str(b, "</table></div>");
    for (size_t i = 0; i < step->hosts.n; i++)
        if (step->hosts.v[i].attempt == attempt &&
            html_host_more(s, b, &step->hosts.v[i], err) != ERR_OK)
            return err->code;
    return ERR_OK;
}
