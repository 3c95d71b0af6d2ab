#include <stdio.h>

#include "base/clock.h"
#include "base/duration.h"
#include "base/mem.h"
#include "base/sv.h"
#include "base/text.h"
#include "cli/go.h"
#include "cli/load.h"
#include "cli/term.h"
#include "exec/watcher_try.h"
#include "rule/env.h"

#define WATCH_SHOWN      6u    /* members of a source in a table: the rest is counted */
#define WATCH_TEXT_BYTES 40u   /* of a text there */
#define WATCH_JSON       1000u /* samples of a source in JSON */
#define WATCH_MOMENT_S   1e9   /* so many seconds are no duration, but a moment since 1970 */

static const char *const watch_opts[] = {"--bind",       "--env",        "--set",  "--store",
                                         "--operator",   "--time-scale", "--json", "--quiet",
                                         "--unattended", "--try",        "--for",  NULL};

/* --- --try --- */

struct watch_tries {
    struct strbuf text;
    json_t *json; /* NULL: text */
    size_t dumb;  /* sources that gave nothing */
};

static bool watch_has_value(const struct sample *s)
{
    return s->kind == SAMPLE_NUMBER || s->kind == SAMPLE_BOOL || s->kind == SAMPLE_TEXT;
}

/* As rules write it: "340ms", "73.4GB", "28.5%"; a time since 1970 as its date. */
static void watch_add_number(struct strbuf *b, const struct sample *s, struct sv unit)
{
    struct rule_source guess;
    struct dim_type type;
    double factor;

    if (!unit.n || !rule_unit_parse(unit, &type, &factor)) {
        rule_metric_guess(s->name, &guess); /* "_seconds", "_bytes" */
        type = guess.type;
        factor = guess.unit;
    }
    if (type.dim == DIM_TIME && s->number * factor >= WATCH_MOMENT_S &&
        s->number * factor < 1e3 * WATCH_MOMENT_S)
        strbuf_add_str(b, clock_format_s((int64_t)(s->number * factor * CLOCK_US_PER_S)).s);
    else
        strbuf_add_str(b, num_format(s->number * factor, type).s);
}

/* "7", "340ms", "\"healthy\"", "true", "null", "error: ..." */
static void watch_add_value(struct strbuf *b, const struct sample *s, struct sv unit)
{
    switch (s->kind) {
    case SAMPLE_NUMBER: watch_add_number(b, s, unit); break;
    case SAMPLE_BOOL: strbuf_add_str(b, s->truth ? "true" : "false"); break;
    case SAMPLE_TEXT:
        strbuf_add_byte(b, '"');
        text_add_line(b, text_cut(s->text, WATCH_TEXT_BYTES));
        strbuf_add_str(b, text_width(s->text) > WATCH_TEXT_BYTES ? "...\"" : "\"");
        break;
    case SAMPLE_ERROR:
        strbuf_add_str(b, "error: ");
        text_add_line(b, s->text);
        break;
    case SAMPLE_ABSENT: strbuf_add_str(b, "none: there is no series"); break;
    case SAMPLE_NULL:
    case SAMPLE_KIND__N:
    default: strbuf_add_str(b, "null"); break;
    }
}

static struct sv watch_unit(const struct watcher_tried *t, const struct sample *s)
{
    return t->unit.n && sv_eq(s->name, SV("value")) ? t->unit : s->unit;
}

/* A pattern may have a NUL inside: what follows it is left out of what is counted. */
static void watch_add_name(struct strbuf *b, const struct sample *s)
{
    size_t nul = sv_find_byte(s->name, '\0', 0);

    text_add_line(b, sv_sub(s->name, 0, nul));
    for (size_t i = 0; i < s->n_labels; i++) {
        strbuf_addf(b, "%s%.*s=\"", i ? "," : "{", SV_FMT(s->labels[i].name));
        text_add_line(b, s->labels[i].value);
        strbuf_add_str(b, i + 1 == s->n_labels ? "\"}" : "\"");
    }
    if (nul != SV_NPOS) {
        strbuf_add_str(b, ", not ");
        text_add_line(b, sv_sub(s->name, nul + 1, s->name.n));
    }
}

/* How a rule asks for it, where that is not the source and the name. */
static void watch_add_rule(struct strbuf *b, const struct watcher_tried *t, const struct sample *s)
{
    CLEANUP(strbuf_release) struct strbuf rule = STRBUF(0), plain = STRBUF(0);

    if (sv_starts(t->name, SV("log."))) /* it stands in front as rules write it */
        return;
    (void)watcher_tried_rule(t, s, &rule); /* it can: it is shown for that */
    strbuf_addf(&plain, "%.*s.%.*s", SV_FMT(t->name), SV_FMT(s->name));
    if (sv_eq(t->kind, SV("scrape")) ? !sv_eq(strbuf_sv(&rule), s->name)
                                     : !sv_eq(strbuf_sv(&rule), strbuf_sv(&plain))) {
        strbuf_add_str(b, "  (in rules: ");
        text_add_line(b, strbuf_sv(&rule));
        strbuf_add_byte(b, ')');
    }
}

static void watch_add_sample(struct strbuf *b, const struct watcher_tried *t,
                             const struct sample *s)
{
    CLEANUP(strbuf_release) struct strbuf rule = STRBUF(0);

    strbuf_add_str(b, "    ");
    if (sv_starts(t->name, SV("log.")) &&
        watcher_tried_rule(t, s, &rule)) /* the pattern as rules write it */
        text_add_line(b, strbuf_sv(&rule));
    else
        watch_add_name(b, s);
    strbuf_add_byte(b, ' ');
    watch_add_value(b, s, watch_unit(t, s));
    watch_add_rule(b, t, s);
    strbuf_add_byte(b, '\n');
}

static bool watch_is_for_rules(const struct watcher_tried *t, const struct sample *s)
{
    CLEANUP(strbuf_release) struct strbuf rule = STRBUF(0);

    return watcher_tried_rule(t, s, &rule);
}

/* What tells a person how the look went, and is nothing that a rule can ask for. */
static void watch_add_others(struct strbuf *b, const struct watcher_tried *t)
{
    size_t shown = 0;

    for (size_t i = 0; i < t->samples->v.n; i++) {
        const struct sample *s = &t->samples->v.v[i];

        if (s->n_labels || watch_is_for_rules(t, s))
            continue;
        if (shown == WATCH_SHOWN) {
            strbuf_add_str(b, ", ...");
            break;
        }
        strbuf_add_str(b, shown++ ? ", " : "    not for rules: ");
        watch_add_name(b, s);
        strbuf_add_byte(b, ' ');
        watch_add_value(b, s, watch_unit(t, s));
    }
    if (shown)
        strbuf_add_byte(b, '\n');
}

/* The fields of an answer's head are seldom what somebody looks for: they come last. */
static bool watch_is_minor(const struct sample *s)
{
    return sv_starts(s->name, SV("header."));
}

static void watch_show_missing(struct strbuf *b, const struct watcher_tried *t)
{
    text_add_line(b, t->name);
    strbuf_add_str(b, "  ");
    text_add_line(b, sv_from(t->err->msg));
    strbuf_add_str(b, "\n    ");
    text_add_line(b, sv_from(t->err->hint));
    strbuf_add_byte(b, '\n');
}

static bool watch_is_missing(const struct watcher_tried *t)
{
    return sv_eq(t->kind, SV("metric"));
}

static void watch_show(struct watch_tries *w, const struct watcher_tried *t)
{
    struct strbuf *b = &w->text;
    size_t n = t->rc == ERR_OK ? t->samples->v.n : 0, shown = 0, usable = 0;

    for (size_t i = 0; i < n; i++)
        usable += watch_is_for_rules(t, &t->samples->v.v[i]);
    strbuf_addf(b, "%.*s  %.*s, %zu sample%s, %s old\n", SV_FMT(t->name), SV_FMT(t->kind), n,
                n == 1 ? "" : "s", duration_format(t->took_us / 1000).s);
    if (t->rc != ERR_OK) {
        strbuf_add_str(b, "    nothing: ");
        text_add_line(b, sv_from(t->err->msg));
        strbuf_add_byte(b, '\n');
    }
    for (int minor = 0; minor < 2; minor++)
        for (size_t i = 0; i < n && shown < WATCH_SHOWN; i++)
            if (watch_is_minor(&t->samples->v.v[i]) == (minor > 0) &&
                watch_is_for_rules(t, &t->samples->v.v[i])) {
                watch_add_sample(b, t, &t->samples->v.v[i]);
                shown++;
            }
    if (usable > shown)
        strbuf_addf(b, "    and %zu more\n", usable - shown);
    if (n > usable)
        watch_add_others(b, t);
}

static json_t *watch_json_sample(const struct watcher_tried *t, const struct sample *s)
{
    CLEANUP(strbuf_release) struct strbuf name = STRBUF(0), rule = STRBUF(0);
    json_t *j = json_object();

    watch_add_name(&name, s);
    json_put_sv(j, "name", strbuf_sv(&name));
    if (watcher_tried_rule(t, s, &rule))
        json_put_sv(j, "rule", strbuf_sv(&rule));
    json_put_sv(j, "unit", watch_unit(t, s));
    json_put_int(j, "age_ms", t->took_us / 1000);
    if (s->kind == SAMPLE_NUMBER)
        json_put(j, "value", json_real(s->number)); /* NULL for what JSON cannot hold: left out */
    else if (s->kind == SAMPLE_BOOL)
        json_put_bool(j, "value", s->truth);
    else if (s->kind == SAMPLE_TEXT)
        json_put(j, "value", json_sv(s->text));
    else if (s->kind == SAMPLE_ERROR)
        json_put_sv(j, "error", s->text);
    else
        json_put(j, "value", json_null());
    return j;
}

static void watch_json(struct watch_tries *w, const struct watcher_tried *t)
{
    json_t *j = json_object(), *samples = json_array();
    size_t n = t->rc == ERR_OK ? t->samples->v.n : 0;

    for (size_t i = 0; i < n && i < WATCH_JSON; i++)
        json_append(samples, watch_json_sample(t, &t->samples->v.v[i]));
    json_put_sv(j, "name", t->name);
    json_put_sv(j, "kind", t->kind);
    json_put_int(j, "count", (int64_t)n);
    if (t->rc != ERR_OK)
        json_put_str(j, "error", t->err->msg);
    if (watch_is_missing(t))
        json_put_str(j, "hint", t->err->hint);
    json_put(j, "samples", samples);
    json_append(w->json, j);
}

static void watch_on_tried(void *arg, const struct watcher_tried *t)
{
    struct watch_tries *w = arg;
    bool any = false;

    for (size_t i = 0; t->rc == ERR_OK && i < t->samples->v.n; i++)
        any |= watch_has_value(&t->samples->v.v[i]);
    w->dumb += !any && !watch_is_missing(t);
    if (w->json)
        watch_json(w, t);
    else if (watch_is_missing(t))
        watch_show_missing(&w->text, t);
    else
        watch_show(w, t);
}

static enum err_code watch_try(const struct cli *c, const struct loaded *l, enum exit_code *exit,
                               struct err *err)
{
    CLEANUP(json_cleanup) json_t *json = c->json ? json_array() : NULL;
    CLEANUP(mem_freep) char *dir = load_store_dir(c, &l->b);
    CLEANUP(store_freep) struct store *store = NULL;
    struct watch_tries w = {.text = STRBUF(0), .json = json};
    enum err_code rc = store_open(dir, STORE_READ, &store, err);

    if (rc == ERR_OK || rc == ERR_NOT_FOUND) /* without one there are no events */
        rc = watcher_try(&l->plan, &l->b, store, watch_on_tried, &w, err);

    if (rc == ERR_OK && json) {
        json_write_pretty(json, &w.text);
        strbuf_add_byte(&w.text, '\n');
    } else if (rc == ERR_OK && !w.text.n) {
        strbuf_add_str(&w.text, "the binding names no source\n");
    }
    if (rc == ERR_OK) {
        term_write(&w.text);
        *exit = w.dumb ? EXIT_CODE_FAILED : EXIT_CODE_DONE;
    }
    strbuf_release(&w.text);
    return rc;
}

/* --- the watch --- */

static enum err_code watch_for(const struct cli *c, int64_t *ret, struct err *err)
{
    *ret = -1;
    if (c->watch.length && (!duration_parse(sv_from(c->watch.length), ret) || *ret <= 0))
        return err_set(err, ERR_USAGE, "--for '%s' is no time such as 30m or 24h", c->watch.length);
    return ERR_OK;
}

static enum err_code watch_go(struct cli *c, const struct loaded *l, enum exit_code *exit,
                              struct err *err)
{
    CLEANUP(mem_freep) char *dir = load_store_dir(c, &l->b);
    CLEANUP(store_freep) struct store *store = NULL;

    if (!plan_judges(&l->plan)) {
        (void)err_set(err, ERR_REFUSED, "there is no rule that could be judged");
        return err_hint(err, "rules: {NAME: \"investigate when ...\"} in prusik.yaml");
    }
    go_show_questions(c, &l->plan);
    if (run_check_questions(&l->plan, go_is_attended(c), err) != ERR_OK ||
        load_make_store(dir, &store, err) != ERR_OK)
        return err->code;
    return go_start(c, store, l, exit, err);
}

static enum err_code watch_run(struct cli *c, enum exit_code *exit, struct err *err)
{
    CLEANUP(loaded_release) struct loaded l = {.has_doc = false};
    int64_t for_ms;

    if (watch_for(c, &for_ms, err) != ERR_OK ||
        load_watch(c, c->args[0], for_ms, &l, err) != ERR_OK)
        return err->code;
    return c->watch.try ? watch_try(c, &l, exit, err) : watch_go(c, &l, exit, err);
}

const struct verb verb_watch = {
    .name = "watch",
    .args = "DOC",
    .help = "judge the rules of a runbook, without carrying anything out",
    .more =
        "Looks at the sources that the binding names, judges the rules and checkpoints of the document\n"
        "from now on, and keeps what it finds as a run of its own: status, report, resume, replay and\n"
        "verify take it. It stands in no deployment's way. Exit code 9 when people should look, 4 when\n"
        "the verdict is ROLLBACK: nothing is carried out, and it ends there.\n\n"
        "A rule that is pending when --for is over is followed until it fires or is good: the watch goes\n"
        "on, says so and which rule it is, and its exit code is that of what was decided then.\n\n"
        "--try looks at each source once and shows what it gives, with its unit and how old it is, and how a\n"
        "rule asks for it, where that is not NAME.MEMBER.  What no rule can ask for comes last.\n"
        "Exit code 4 when one gives nothing.  Metrics that rules ask for and no target gives are named:\n"
        "they are misspelt, or not born yet.\n\n"
        "  prusik watch deploy.md --try\n"
        "  prusik watch deploy.md --for 24h",
    .opts = watch_opts,
    .min_args = 1,
    .max_args = 1,
    .run = watch_run,
};
