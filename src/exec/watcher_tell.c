/*
 * What a judgement gave, as data for the journal and the screen.
 */
#include "base/clock.h"
#include "base/duration.h"
#include "base/sv.h"
#include "exec/watcher_int.h"
#include "rule/evidence.h"

struct tell_fault {
    const struct watcher *w;
    struct strbuf *out;
    bool told;
};

/* Is it what this feed gives? */
static bool tell_is_of(const struct watcher_feed *f, const struct expr *name)
{
    bool is_prefix;
    struct sv rest = f->name;

    (void)rule_member_find(name->parts, name->n_parts, &is_prefix);
    if (!is_prefix)
        return f->take == take_scrape;
    return name->n_parts > 1 && sv_eat(&rest, name->parts[0]) && sv_eat(&rest, SV(".")) &&
           sv_eq(rest, name->parts[1]);
}

static void tell_see_fault(void *ctx, const struct expr *name, bool rows UNUSED)
{
    struct tell_fault *t = ctx;

    for (size_t i = 0; i < t->w->feeds.n && !t->told; i++) {
        const struct watcher_feed *f = &t->w->feeds.v[i];

        if (!f->fault[0] || !tell_is_of(f, name))
            continue;
        strbuf_addf(t->out, "; %s", f->fault);
        t->told = true;
    }
}

/* Why there is nothing, or nothing new: "stale" alone sends nobody to the right place. */
static void tell_add_fault(const struct watcher *w, size_t rule, struct strbuf *out)
{
    struct tell_fault t = {.w = w, .out = out};
    struct judge_result r;

    judge_result(w->judge, rule, &r);
    if (r.result == RESULT_NODATA && (r.nodata == NODATA_STALE || r.nodata == NODATA_NO_SERIES))
        rule_each_name(r.rule, tell_see_fault, &t);
}

/* "Error rate >5% for >5 min (line 325): 8.1% > 5% for 5m of 5m, fired, ROLLBACK" */
static void tell_add_explain(const struct watcher *w, size_t rule, struct strbuf *out)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    const json_t *of = w->judged.v[rule].of;
    struct sv text;

    judge_explain(w->judge, rule, &b);
    text = strbuf_sv(&b);
    if (sv_eat(&text, w->judged.v[rule].id)) {    /* the document's own words say more */
        struct sv file = json_get_sv(of, "file"); /* that it stands in; none: the document */

        strbuf_addf(out, "%.*s (%.*s%sline %lld)", SV_FMT(json_get_sv(of, "source")), SV_FMT(file),
                    file.n ? " " : "", (long long)json_get_int(of, "line", 0));
    }
    strbuf_add_sv(out, text);
    tell_add_fault(w, rule, out);
}

static void tell_explain(const struct watcher *w, size_t rule, const char *key, json_t *j)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    tell_add_explain(w, rule, &b);
    json_put_sv(j, key, strbuf_sv(&b));
}

static void tell_number(json_t *j, const char *key, bool has, double v, struct dim_text text)
{
    CLEANUP(strbuf_release) struct strbuf text_key = STRBUF(0);

    if (!has)
        return;
    strbuf_addf(&text_key, "%s_text", key);
    json_put_real(j, key, v);
    json_put_str(j, strbuf_str(&text_key), text.s);
}

/* "> 5%": the limit with the rule's own operator in front, and whether the value is so. */
static void tell_limit(json_t *j, const struct judge_result *r)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    bool negated;
    const struct expr *cmp = rule_comparison(r->rule, &negated);

    if (!r->has_limit)
        return;
    if (cmp && cmp->kind == EXPR_CMP && (r->has_value || !r->has_share)) /* else "6.6% above" */
        strbuf_addf(&b, "%.*s ", SV_FMT(rule_cmp_names[cmp->op]));
    strbuf_add_str(&b, num_format_beside(r->limit, r->type, &r->written).s);
    if (r->has_limit_to)
        strbuf_addf(&b, " to %s", num_format_beside(r->limit_to, r->type, &r->written).s);
    json_put_sv(j, "limit_text", strbuf_sv(&b));
    json_put_real(j, "limit", r->limit);
    if (r->has_value && (r->result == RESULT_TRUE || r->result == RESULT_FALSE))
        json_put_bool(j, "meets", (r->result == RESULT_TRUE) != negated);
}

/* What a rule of several conditions saw of each: a list of them, and the line that people read. */
static void tell_operands(const struct watcher *w, size_t rule, json_t *j)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    size_t n = judge_n_operands(w->judge, rule);
    json_t *list;

    if (!n)
        return;
    list = json_array();
    for (size_t i = 0; i < n; i++) {
        struct judge_operand o;
        json_t *one = json_object();

        judge_operand(w->judge, rule, i, &o);
        json_put_sv(one, "text", o.text);
        json_put_str(one, "result", judge_result_names[o.result]);
        if (o.has_value)
            json_put_real(one, "value", o.value);
        if (o.value_text.s[0])
            json_put_str(one, "value_text", o.value_text.s);
        tell_number(one, "limit", o.has_limit, o.limit,
                    num_format_beside(o.limit, o.type, &o.written));
        tell_number(one, "limit_to", o.has_limit_to, o.limit_to,
                    num_format_beside(o.limit_to, o.type, &o.written));
        if (o.why.p)
            json_put_sv(one, "why", o.why);
        json_append(list, one);
    }
    judge_explain_operands(w->judge, rule, &text);
    json_put(j, "operands", list);
    json_put_sv(j, "operands_text", strbuf_sv(&text));
}

static json_t *tell_rule(const struct watcher *w, size_t rule, const struct judge_result *r)
{
    CLEANUP(strbuf_release) struct strbuf share = STRBUF(0);
    json_t *j = json_object();

    json_put_sv(j, "rule", r->id);
    json_put_str(j, "result", judge_result_names[r->result]);
    json_put_str(j, "state", judge_state_names[r->state]);
    json_put_str(j, "verdict", verdict_names[r->verdict]);
    tell_number(j, "value", r->has_value, r->value,
                num_format_beside(r->value, r->type, &r->written));
    if (!r->has_value && r->has_share) {
        strbuf_addf(&share, "%s above", judge_share_text(r).s);
        json_put_real(j, "value", r->share);
        json_put_sv(j, "value_text", strbuf_sv(&share));
    }
    tell_limit(j, r);
    if (r->has_n)
        json_put_real(j, "n", r->n);
    if (r->why.p)
        json_put_sv(j, "why", r->why);
    if (r->has_for) {
        json_put_real(j, "for_s", (double)r->elapsed_us / 1e6);
        json_put_real(j, "need_s", (double)r->need_us / 1e6);
    }
    if (r->flapping)
        json_put_bool(j, "flapping", true);
    if (r->uncovered)
        json_put_bool(j, "uncovered", true);
    tell_operands(w, rule, j);
    return j;
}

/* --- rules --- */

/*
 * The record that proves the evaluation, and beside it what people read (docs/formats/rules.md, section 1).
 * A rule that went out of force was not evaluated: there is nothing to prove.
 */
static json_t *tell_state(struct watcher *w, size_t rule, const struct judge_result *r)
{
    json_t *j = r->evaluated ? evidence_make(w->judge, rule) : json_object();
    json_t *shown = tell_rule(w, rule, r);

    if (!r->evaluated || json_object_get(j, "share"))
        (void)json_object_del(shown, "value"); /* of a percentile that is the share */
    (void)json_object_update_missing(j, shown);
    json_decref(shown);
    tell_explain(w, rule, "explain", j);
    return j;
}

static void tell_rules(struct watcher *w)
{
    for (size_t i = 0; i < w->judged.n; i++) {
        struct judge_result r;

        judge_result(w->judge, i, &r);
        if (r.changed)
            w->cfg.tell(w->cfg.arg, WATCHER_RULE, tell_state(w, i, &r));
    }
}

/* --- checkpoints --- */

static void tell_checkpoint(struct watcher *w, size_t number)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct judge_checkpoint c;
    json_t *j = json_object(), *rules = json_array();
    size_t rule;

    judge_checkpoint(w->judge, number, &c);
    for (size_t i = 0; (rule = judge_checkpoint_rule(w->judge, number, i)) != SIZE_MAX; i++) {
        struct judge_result r;

        judge_result(w->judge, rule, &r);
        json_append(rules, tell_rule(w, rule, &r));
        if (r.verdict != c.verdict || c.verdict == VERDICT_OK)
            continue;
        if (text.n)
            strbuf_add_str(&text, "; ");
        tell_add_explain(w, rule, &text);
    }
    json_put_sv(j, "name", c.id);
    if (c.scope != JUDGE_WHOLE) {
        json_put_sv(j, "phase", judge_scope_name(w->judge, c.scope));
        json_put_sv(j, "title", watcher_phase(w, c.scope));
    }
    json_put_int(j, "due_us", c.due_us);
    json_put_int(j, "judged_us", c.judged_us);
    json_put_int(j, "late_us", c.late_us);
    json_put_str(j, "verdict", verdict_names[c.verdict]);
    json_put_sv(j, "text", strbuf_sv(&text));
    json_put(j, "rules", rules);
    w->cfg.tell(w->cfg.arg, WATCHER_CHECKPOINT, j);
}

static void tell_flag(struct watcher *w, const struct judge_event *e)
{
    json_t *j = json_object();

    json_put_sv(j, "flag", e->name);
    json_put_sv(j, "rule", w->judged.v[e->rule].id);
    tell_explain(w, e->rule, "text", j);
    w->cfg.tell(w->cfg.arg, WATCHER_FLAG, j);
}

static void tell_events(struct watcher *w)
{
    size_t n;
    const struct judge_event *events = judge_events(w->judge, &n);

    for (size_t i = 0; i < n; i++)
        if (events[i].kind == JUDGE_CLOSED)
            tell_checkpoint(w, events[i].rule);
        else if (events[i].kind == JUDGE_FIRED && events[i].action == ACTION_FLAG_OFF)
            tell_flag(w, &events[i]);
}

/* --- verdict and screen --- */

bool watcher_is_filling(const struct watcher *w, enum verdict v, size_t rule)
{
    struct judge_result r;

    if (v != VERDICT_HOLD || rule == SIZE_MAX)
        return false;
    judge_result(w->judge, rule, &r);
    return r.result == RESULT_NODATA && r.nodata == NODATA_FILLING;
}

/* Windows fill after each deployment: nobody has to be told of that HOLD, nor of the OK that ends it. */
static bool tell_is_quiet(const struct watcher *w, enum verdict v, size_t rule)
{
    if (v == VERDICT_OK)
        return w->quiet;
    return w->verdict == VERDICT_OK && watcher_is_filling(w, v, rule);
}

/* The windows are full, and what held goes on to hold: it is told why. */
static bool tell_holds_on(const struct watcher *w, enum verdict v, size_t rule)
{
    return w->filling && v == VERDICT_HOLD && rule != SIZE_MAX && !watcher_is_filling(w, v, rule);
}

/* It is a checkpoint that says so: the first of its rules that does, and how many more. */
static void tell_of_checkpoint(const struct watcher *w, json_t *j)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct judge_checkpoint c;
    size_t number, rule, more = 0;
    struct sv name, phase;

    if (!watcher_open_checkpoint(w, &number, &name, &phase))
        return;
    judge_checkpoint(w->judge, number, &c);
    strbuf_addf(&text, "checkpoint %.*s%s%.*s", SV_FMT(name), phase.n ? " of " : "", SV_FMT(phase));
    for (size_t i = 0; (rule = judge_checkpoint_rule(w->judge, number, i)) != SIZE_MAX; i++) {
        struct judge_result r;

        judge_result(w->judge, rule, &r);
        if (r.verdict != c.verdict || more++)
            continue;
        strbuf_add_str(&text, ": ");
        tell_add_explain(w, rule, &text);
    }
    if (more > 1)
        strbuf_addf(&text, "; and %zu more", more - 1);
    json_put_sv(j, "text", strbuf_sv(&text));
}

static void tell_verdict(struct watcher *w)
{
    size_t rule;
    enum verdict v = judge_verdict(w->judge, &rule);
    json_t *j;

    if (v == w->verdict && !tell_holds_on(w, v, rule))
        return;
    w->quiet = tell_is_quiet(w, v, rule);
    w->filling = watcher_is_filling(w, v, rule);
    w->verdict = v;
    w->verdict_rule = rule;
    j = json_object();
    json_put_str(j, "verdict", verdict_names[v]);
    if (w->quiet)
        json_put_bool(j, "quiet", true);
    if (rule != SIZE_MAX) {
        struct judge_result r;

        judge_result(w->judge, rule, &r);
        json_put_sv(j, "rule", r.id);
        tell_explain(w, rule, "text", j);
        if (r.has_for)
            json_put_int(j, "since_us", r.since_us);
    } else {
        tell_of_checkpoint(w, j);
    }
    w->cfg.tell(w->cfg.arg, WATCHER_VERDICT, j);
}

/* --- what goes on behind the end --- */

static void tell_pending(const struct watcher *w, json_t *rules, struct strbuf *text)
{
    for (size_t i = 0; i < w->judged.n; i++) {
        struct judge_result r;

        judge_result(w->judge, i, &r);
        if (r.state != STATE_PENDING && r.state != STATE_SUSPENDED)
            continue;
        strbuf_add_str(text, json_array_size(rules) ? "; " : ", pending is ");
        tell_add_explain(w, i, text);
        json_append(rules, tell_rule(w, i, &r));
    }
}

json_t *watcher_lacks_baseline(const struct watcher *w)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    json_t *j, *rules = json_array();

    for (size_t i = 0; i < w->judged.n; i++) {
        const json_t *of = w->judged.v[i].of;
        struct sv file = json_get_sv(of, "file");

        if (!judge_lacks_baseline(w->judge, i) ||
            (!w->measured && rule_knows_before(w->judged.v[i].rule))) /* it will be known */
            continue;
        strbuf_addf(&text, "%s%.*s (%.*s%sline %lld)", text.n ? "; " : "",
                    SV_FMT(json_get_sv(of, "source")), SV_FMT(file), file.n ? " " : "",
                    (long long)json_get_int(of, "line", 0));
        json_append(rules, json_sv(w->judged.v[i].id));
    }
    if (!text.n) {
        json_decref(rules);
        return NULL;
    }
    j = json_object();
    json_put_sv(j, "text", strbuf_sv(&text));
    json_put(j, "rules", rules);
    return j;
}

static void tell_unclosed(const struct watcher *w, json_t *checkpoints, struct strbuf *text)
{
    for (size_t i = 0; i < judge_n_checkpoints(w->judge); i++) {
        struct judge_checkpoint c;

        judge_checkpoint(w->judge, i, &c);
        if (c.phase < CHECK_CLOSED && c.due_us != JUDGE_UNSET) {
            strbuf_addf(text, "%s%.*s",
                        json_array_size(checkpoints) ? ", " : ", not judged is checkpoint ",
                        SV_FMT(c.id));
            json_append(checkpoints, json_sv(c.id));
        }
    }
}

json_t *watcher_unfinished(const struct watcher *w)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    json_t *j, *rules, *checkpoints;

    if (!w->marked || clock_steady_us() < judge_watch_end(w->judge) || judge_is_over(w->judge))
        return NULL;
    j = json_object();
    rules = json_array();
    checkpoints = json_array();
    strbuf_addf(&text, "its %s are over", duration_format(watcher_length_us(w) / 1000).s);
    tell_pending(w, rules, &text);
    tell_unclosed(w, checkpoints, &text);
    json_put_str(j, "state", "longer");
    json_put_int(j, "until_us", judge_watch_end(w->judge));
    json_put_sv(j, "text", strbuf_sv(&text));
    json_put(j, "rules", rules);
    json_put(j, "checkpoints", checkpoints);
    return j;
}

/* --- what never had a value --- */

/* "Error rate >5% (line 325): no value in 40 looks (no-series)" */
static void tell_unseen(const json_t *of, const struct judge_unseen *u, struct strbuf *text)
{
    struct sv file = json_get_sv(of, "file");

    strbuf_addf(text, "%s%.*s (%.*s%sline %lld): ", text->n ? "; " : "",
                SV_FMT(json_get_sv(of, "source")), SV_FMT(file), file.n ? " " : "",
                (long long)json_get_int(of, "line", 0));
    if (u->part.p)
        strbuf_addf(text, "'%.*s' had ", SV_FMT(u->part));
    if (u->looks)
        strbuf_addf(text, "no value in %llu look%s (%s)", (unsigned long long)u->looks,
                    u->looks == 1 ? "" : "s", u->why);
    else
        strbuf_add_str(text, "it was never in force");
}

json_t *watcher_unjudged(const struct watcher *w)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0), decisive = STRBUF(0);
    json_t *j, *rules = json_array();

    for (size_t i = 0; i < w->judged.n; i++) {
        const json_t *of = w->judged.v[i].of;
        struct judge_unseen u;
        json_t *one;

        if (!judge_unseen(w->judge, i, &u))
            continue;
        one = json_object();
        json_put_sv(one, "rule", w->judged.v[i].id);
        json_put_sv(one, "source", json_get_sv(of, "source"));
        json_put_sv(one, "file", json_get_sv(of, "file"));
        json_put_int(one, "line", json_get_int(of, "line", 0));
        json_put_int(one, "looks", (int64_t)u.looks);
        json_put_sv(one, "part", u.part);
        json_put_str(one, "why", u.why);
        json_put_bool(one, "decides", u.decides);
        json_append(rules, one);
        tell_unseen(of, &u, &text);
        if (u.decides)
            tell_unseen(of, &u, &decisive);
    }
    if (!text.n) {
        json_decref(rules);
        return NULL;
    }
    j = json_object();
    json_put_str(j, "state", "unjudged");
    json_put_sv(j, "text", strbuf_sv(&text));
    json_put_sv(j, "decisive", strbuf_sv(&decisive));
    json_put(j, "rules", rules);
    return j;
}

static void tell_show(struct watcher *w, int64_t now_us)
{
    json_t *j = json_object(), *rules = json_array();

    for (size_t i = 0; i < w->judged.n; i++) {
        struct judge_result r;

        judge_result(w->judge, i, &r);
        if (r.state != STATE_INACTIVE)
            json_append(rules, tell_rule(w, i, &r));
    }
    json_put_int(j, "at_ms", (now_us - w->t0_us) / 1000);
    if (judge_watch_end(w->judge) != JUDGE_UNSET) /* the last phase is done */
        json_put_int(j, "until_ms", (judge_watch_end(w->judge) - w->t0_us) / 1000);
    json_put(j, "rules", rules);
    w->cfg.tell(w->cfg.arg, WATCHER_SHOW, j);
}

void watcher_tell_all(struct watcher *w, int64_t now_us)
{
    tell_rules(w);
    tell_events(w);
    tell_verdict(w);
    tell_show(w, now_us);
}
