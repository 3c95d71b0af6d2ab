/*
 * The watch, on the screen: each rule with its value, limit, samples and how long it has been bad.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/duration.h"
#include "base/sv.h"
#include "base/text.h"
#include "cli/ui_int.h"

#define UI_RULE_WIDTH   120u /* columns of the line of a rule, at most */
#define UI_RULE_HEAD    18u  /* of its indent, verdict and blanks */
#define UI_TITLE        34u  /* of its words, at most ... */
#define UI_TITLE_LEAST  16u  /* ... and at least, before something else is left out */
#define UI_BARS         16u
#define UI_NARROW       100u /* then no bars, and fewer words: the columns stand below each other */
#define UI_TITLE_NARROW 26u

static void ui_rule_clear(struct ui_rule *r)
{
    free(r->value);
    free(r->limit);
    free(r->state);
    free(r->why);
    free(r->operands);
    free(r->verdict);
}

void ui_watch_free(struct ui *u)
{
    for (size_t i = 0; i < u->rules.n; i++)
        ui_rule_clear(&u->rules.v[i]);
    vec_release(&u->rules);
}

static struct ui_rule *ui_rule_of(struct ui *u, struct sv id)
{
    for (size_t i = 0; i < u->rules.n; i++)
        if (sv_eq(u->rules.v[i].id, id))
            return &u->rules.v[i];
    for (size_t i = 0; i < u->plan->n_rules; i++)
        if (sv_eq(u->plan->rules[i].id, id)) {
            struct ui_rule *r = vec_add(&u->rules);

            r->id = u->plan->rules[i].id;
            r->source = u->plan->rules[i].source;
            return r;
        }
    return NULL;
}

static void ui_rule_text(char **field, const char *text)
{
    free(*field);
    *field = xstrdup(text);
}

/* "> 5%", and "not > 5%" when the value is not. */
static void ui_rule_limit(char **field, const json_t *j)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    strbuf_addf(&b, "%s%s", json_get_bool(j, "meets", true) ? "" : "not ",
                json_get_str(j, "limit_text", ""));
    ui_rule_text(field, strbuf_str(&b));
}

/* One rule of a "watch" event: {rule, state, verdict, value_text, limit_text, n, why, value, ...}. */
static void ui_rule_update(struct ui *u, const json_t *j)
{
    struct ui_rule *r = ui_rule_of(u, json_get_sv(j, "rule"));

    if (!r)
        return;
    ui_rule_text(&r->value, json_get_str(j, "value_text", ""));
    ui_rule_limit(&r->limit, j);
    ui_rule_text(&r->state, json_get_str(j, "state", ""));
    ui_rule_text(&r->why, json_get_str(j, "why", ""));
    ui_rule_text(&r->operands, json_get_str(j, "operands_text", ""));
    ui_rule_text(&r->verdict, json_get_str(j, "verdict", "OK"));
    r->n = json_get_real(j, "n", 0);
    r->pending_s = json_get_real(j, "for_s", 0);
    r->need_s = json_get_real(j, "need_s", 0);
    if (r->n_history == ARRAY_LEN(r->history)) {
        memmove(r->history, r->history + 1, sizeof(r->history) - sizeof(r->history[0]));
        r->n_history--;
    }
    r->history[r->n_history++] =
        json_is_number(json_object_get(j, "value")) ? json_get_real(j, "value", 0) : (double)NAN;
}

static enum term_style ui_verdict_style(const char *verdict)
{
    if (strcmp(verdict, "ROLLBACK") == 0)
        return TERM_BAD;
    if (strcmp(verdict, "INVESTIGATE") == 0)
        return TERM_WARN;
    return strcmp(verdict, "HOLD") == 0 ? TERM_DIM : TERM_GOOD;
}

/* `columns` wide: the last values, the newest last, against the largest of them. */
static void ui_spark(const struct ui_rule *r, size_t columns, struct strbuf *b)
{
    static const char *const bars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    double max = 0;
    size_t from = r->n_history > columns ? r->n_history - columns : 0;

    for (size_t i = from; i < r->n_history; i++)
        if (r->history[i] > max)
            max = r->history[i];
    for (size_t i = from; i < r->n_history; i++) {
        double v = r->history[i];

        if (isnan(v))
            strbuf_add_byte(b, '.');
        else
            strbuf_add_str(b, bars[max > 0 && v > 0 ? (size_t)(v / max * 7.0) : 0]);
    }
    strbuf_add_n(b, ' ', columns - (r->n_history - from));
}

/* What must be read behind the value: how long it is bad already, or why there is none. */
static void ui_rule_more(const struct ui_rule *r, size_t room, struct strbuf *b)
{
    if (r->need_s > 0 && r->pending_s > 0)
        strbuf_addf(b, "  bad %.0f of %.0f s", r->pending_s, r->need_s);
    else if (!r->value[0] && r->operands && r->operands[0]) {
        strbuf_add_str(b, "  ");
        text_add_line(b, text_cut(sv_from(r->operands), room));
    } else if (!r->value[0] && r->why[0])
        strbuf_addf(b, "  %s", r->why);
}

/* A line of the terminal and no more: the words give way first, then the picture, then how many there were. */
static void ui_rule_line(const struct ui_rule *r, struct strbuf *b)
{
    CLEANUP(strbuf_release)
    struct strbuf title = STRBUF(0), value = STRBUF(0), more = STRBUF(0), n = STRBUF(0);
    bool narrow = term_width() < UI_NARROW;
    size_t room = size_min(term_width(), UI_RULE_WIDTH) - UI_RULE_HEAD, taken;
    size_t bars = narrow ? 0 : UI_BARS, words = narrow ? UI_TITLE_NARROW : UI_TITLE;

    strbuf_addf(&value, " %10s %s", r->value[0] ? r->value : "-", r->limit);
    taken = text_width(strbuf_sv(&value)) + UI_TITLE_LEAST + 2;
    ui_rule_more(r, taken < room ? room - taken : 0, &more);
    if (r->n > 0)
        strbuf_addf(&n, "  n=%.0f", r->n);
    taken = text_width(strbuf_sv(&value)) + text_width(strbuf_sv(&more));
    if (taken + text_width(strbuf_sv(&n)) + UI_TITLE_LEAST + bars > room)
        strbuf_truncate(&n, 0);
    if (taken + UI_TITLE_LEAST + bars > room)
        bars = 0;
    taken += bars + text_width(strbuf_sv(&n));
    text_add_line(&title, text_cut(r->source, taken < room ? size_min(words, room - taken) : 0));
    strbuf_add_str(b, "    ");
    term_addf(b, ui_verdict_style(r->verdict), "%-11s", r->verdict);
    strbuf_addf(b, " %s", strbuf_str(&title));
    if (taken < room)
        strbuf_add_n(b, ' ', size_min(words, room - taken) - text_width(strbuf_sv(&title)));
    strbuf_add_byte(b, ' ');
    ui_spark(r, bars, b);
    strbuf_add_sv(b, strbuf_sv(&value));
    term_add(b, r->value[0] ? TERM_WARN : TERM_DIM, strbuf_sv(&more));
    term_add(b, TERM_DIM, strbuf_sv(&n));
    strbuf_add_byte(b, '\n');
}

static bool ui_rule_is_good(const struct ui_rule *r)
{
    return strcmp(r->verdict, "OK") == 0;
}

/* All rules, or as many as there are lines for: then those that are not good come first. */
static void ui_rules(const struct ui *u, size_t room, struct strbuf *out, size_t *lines)
{
    bool all = u->rules.n <= room;
    size_t shown = 0, most = all ? u->rules.n : room - 1;

    for (int good = 0; good < (all ? 1 : 2); good++)
        for (size_t i = 0; i < u->rules.n && shown < most; i++)
            if (all || ui_rule_is_good(&u->rules.v[i]) == (good > 0)) {
                ui_rule_line(&u->rules.v[i], out);
                shown++;
            }
    *lines += shown;
    if (!all) {
        term_addf(out, TERM_DIM, "    and %zu more, which a higher terminal shows\n",
                  u->rules.n - shown);
        (*lines)++;
    }
}

void ui_watch_live(struct ui *u, struct strbuf *out, size_t *lines)
{
    struct duration_text at = duration_format(u->watch_at_ms),
                         until = duration_format(u->watch_until_ms);
    size_t used = *lines + 3; /* this line, the last one, and where the cursor stands */
    size_t room = size_min(UI_LIVE_MAX, term_height()) > used + 1
                      ? size_min(UI_LIVE_MAX, term_height()) - used
                      : 1;
    bool late = u->watch_at_ms > u->watch_until_ms;

    term_addf(out, TERM_HEAD, "  watching, T+%s%s%s%s", at.s, late ? ": its " : " of ", until.s,
              late ? " are over" : "");
    if (u->verdict[0]) {
        strbuf_add_str(out, ", ");
        term_add(out, ui_verdict_style(u->verdict), sv_from(u->verdict));
    }
    strbuf_add_byte(out, '\n');
    (*lines)++;
    ui_rules(u, room, out, lines);
}

static void ui_watch_tick(struct ui *u, const json_t *data)
{
    const json_t *rules = json_object_get(data, "rules");

    u->watching = !u->way_back;
    u->watch_at_ms = json_get_int(data, "at_ms", 0);
    u->watch_until_ms = json_get_int(data, "until_ms", 0);
    for (size_t i = 0; i < json_array_size(rules); i++)
        ui_rule_update(u, json_array_get(rules, i));
    ui_redraw(u);
}

/* A watch lasts hours, and who reads it was not there: "  Mon 02:06:00 ", the day and time here. */
static void ui_watch_when(const struct run_event *e, struct strbuf *b)
{
    strbuf_add_str(b, "  ");
    term_addf(b, TERM_DIM, "%s ", clock_strftime(e->at_us, "%a %H:%M:%S", false).s);
}

static void ui_verdict(const struct run_event *e, struct strbuf *b)
{
    const char *verdict = json_get_str(e->data, "verdict", "");

    ui_watch_when(e, b);
    strbuf_add_str(b, "verdict ");
    term_addf(b, ui_verdict_style(verdict), "%s", verdict);
    if (json_get_sv(e->data, "text").n)
        strbuf_add_str(b, "  ");
    text_add_line(b, json_get_sv(e->data, "text"));
    strbuf_add_byte(b, '\n');
}

/* The checkpoint, and below it what is not good. */
static void ui_checkpoint(struct ui *u, const struct run_event *e, struct strbuf *b)
{
    const json_t *data = e->data, *rules = json_object_get(data, "rules");
    const char *verdict = json_get_str(data, "verdict", "");

    ui_watch_when(e, b);
    strbuf_addf(b, "checkpoint %s ", json_get_str(data, "name", ""));
    term_addf(b, ui_verdict_style(verdict), "%s", verdict);
    term_addf(b, TERM_DIM, "  %zu rule%s\n", json_array_size(rules),
              json_array_size(rules) == 1 ? "" : "s");
    for (size_t i = 0; i < json_array_size(rules); i++) {
        const json_t *j = json_array_get(rules, i);
        const struct ui_rule *r = ui_rule_of(u, json_get_sv(j, "rule"));
        const char *one = json_get_str(j, "verdict", "");

        if (!r || strcmp(one, "OK") == 0)
            continue;
        strbuf_add_str(b, "    ");
        term_addf(b, ui_verdict_style(one), "%-11s ", one);
        text_add_line(b, text_cut(r->source, 60));
        if (json_get_sv(j, "operands_text").n) {
            strbuf_add_str(b, ": ");
            text_add_line(b, json_get_sv(j, "operands_text"));
            strbuf_add_byte(b, '\n');
            continue;
        }
        if (!json_object_get(j, "value_text"))
            strbuf_addf(b, ": no value: %s\n", json_get_str(j, "why", ""));
        else
            strbuf_addf(b, ": %s %s%s\n", json_get_str(j, "value_text", ""),
                        json_get_bool(j, "meets", true) ? "" : "not ",
                        json_get_str(j, "limit_text", ""));
    }
}

static void ui_flag(const json_t *data, struct strbuf *b)
{
    const char *result = json_get_str(data, "result", "");

    strbuf_add_str(b, "  flag ");
    text_add_line(b, json_get_sv(data, "flag"));
    strbuf_add_str(b, " to ");
    text_add_line(b, json_get_sv(data, "to"));
    strbuf_add_byte(b, ' ');
    term_addf(b, strcmp(result, "in-effect") == 0 ? TERM_GOOD : TERM_BAD, "%s", result);
    strbuf_addf(b, "  %s after the verdict", duration_format(json_get_int(data, "ms", 0)).s);
    if (json_get_sv(data, "why").n) {
        strbuf_add_str(b, ": ");
        text_add_line(b, json_get_sv(data, "why"));
    }
    strbuf_add_byte(b, '\n');
}

/* At the end: rules that saw nothing, each on a line of its own. */
static void ui_unjudged(const json_t *data, struct strbuf *b)
{
    const json_t *rules = json_object_get(data, "rules");

    strbuf_add_str(b, "  ");
    term_addf(b, TERM_WARN, "never judged");
    strbuf_addf(b, ": %zu rule%s saw no data in the whole watch\n", json_array_size(rules),
                json_array_size(rules) == 1 ? "" : "s");
    for (size_t i = 0; i < json_array_size(rules); i++) {
        const json_t *j = json_array_get(rules, i);
        struct sv part = json_get_sv(j, "part");
        int64_t looks = json_get_int(j, "looks", 0);

        strbuf_add_str(b, "    ");
        text_add_line(b, json_get_sv(j, "source"));
        strbuf_addf(b, " (%.*s%sline %lld): ", SV_FMT(json_get_sv(j, "file")),
                    json_get_sv(j, "file").n ? " " : "", (long long)json_get_int(j, "line", 0));
        if (part.n) {
            text_add_line(b, part);
            strbuf_add_str(b, " had ");
        }
        if (!looks) {
            strbuf_add_str(b, "it was never in force\n");
            continue;
        }
        strbuf_addf(b, "no value in %lld look%s: ", (long long)looks, looks == 1 ? "" : "s");
        text_add_line(b, json_get_sv(j, "why"));
        strbuf_add_byte(b, '\n');
    }
}

void ui_watch_event(struct ui *u, const struct run_event *e)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    if (strcmp(e->name, "watch") == 0) {
        ui_watch_tick(u, e->data);
    } else if (strcmp(e->name, "mark") == 0) {
        struct sv phase = json_get_sv(e->data, "title");

        if (phase.n)
            term_addf(&b, TERM_DIM, "  deploy mark T0 of %.*s: its rules are judged from here on\n",
                      SV_FMT(phase));
        else
            term_addf(&b, TERM_DIM, "  deploy mark T0%s\n",
                      plan_judges(u->plan) ? ": rules are judged from here on" : "");
        ui_print(u, &b);
    } else if (strcmp(e->name, "serving") == 0) {
        strbuf_addf(&b, "  the watch answers at %s\n", json_get_str(e->data, "url", ""));
        ui_print(u, &b);
    } else if (strcmp(e->name, "baseline-wait") == 0) {
        strbuf_addf(&b, "  waiting at most %s for what was before: ",
                    duration_format(json_get_int(e->data, "wait_ms", 0)).s);
        text_add_line(&b, json_get_sv(e->data, "text"));
        strbuf_add_byte(&b, '\n');
        ui_print(u, &b);
    } else if (strcmp(e->name, "no-baseline") == 0) {
        term_add(&b, TERM_WARN, SV("  no baseline"));
        strbuf_add_str(
            &b,
            ": nothing was measured before, or too little, so HOLD is all that can be said of ");
        text_add_line(&b, json_get_sv(e->data, "text"));
        strbuf_add_str(
            &b,
            "\n    what is normal can stand in the rule (baseline NUMBER), as a rule of prusik.yaml too\n");
        ui_print(u, &b);
    } else if (strcmp(e->name, "watch-state") == 0 &&
               strcmp(json_get_str(e->data, "state", ""), "unjudged") == 0) {
        ui_unjudged(e->data, &b);
        ui_print(u, &b);
    } else if (strcmp(e->name, "watch-state") == 0) {
        strbuf_add_str(&b, "  the watch goes on: ");
        text_add_line(&b, json_get_sv(e->data, "text"));
        strbuf_add_byte(&b, '\n');
        ui_print(u, &b);
    } else if (strcmp(e->name, "reported") == 0) {
        strbuf_add_str(&b, "  told meanwhile: ");
        text_add_line(&b, json_get_sv(e->data, "text"));
        strbuf_add_byte(&b, '\n');
        ui_print(u, &b);
    } else if (strcmp(e->name, "verdict") == 0) {
        (void)snprintf(u->verdict, sizeof(u->verdict), "%s", json_get_str(e->data, "verdict", ""));
        ui_verdict(e, &b);
        ui_print(u, &b);
    } else if (strcmp(e->name, "flag-outcome") == 0) {
        ui_flag(e->data, &b);
        ui_print(u, &b);
    } else if (strcmp(e->name, "checkpoint") == 0) {
        ui_checkpoint(u, e, &b);
        ui_print(u, &b);
    }
}
