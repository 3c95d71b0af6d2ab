/* check_name: what stands behind a name, and may it be used like that. */
#include "rule/check_int.h"

#include "base/suggest.h"
#include "base/sv.h"

static struct dim_type name_failed(struct expr *e)
{
    e->type = (struct dim_type){DIM_ANY, false};
    return e->type;
}

/* What words of a document are measured by, where no metric is. */
static const struct {
    struct sv word;
    const char *is, *more;
} name_words[] = {
    {SV("ticket"), "tickets.support",
     ", and sources: {tickets.support: {url: URL}} (or {database: ..., query: ...}, {command: ...})"},
    {SV("complaint"), "tickets.support",
     ", and sources: {tickets.support: {url: URL}} (or {database: ..., query: ...}, {command: ...})"},
    {SV("user_reported"), "tickets.support",
     ", and sources: {tickets.support: {url: URL}} (or {database: ..., query: ...}, {command: ...})"},
    {SV("incident"), "events.incident", " (prusik event incident tells of one)"},
    {SV("rollbacks"), "events.rollback", ""},
    {SV("toggle"), "events.flag_toggle", ""},
    {SV("deployments"), "events.deploy", ""},
};

static struct sv name_word_binding(struct checker *ck, struct sv name)
{
    for (size_t i = 0; i < ARRAY_LEN(name_words); i++)
        if (sv_has(name, name_words[i].word))
            return arena_fmt(ck->a, "metrics: {%.*s: %s}%s, or drop it", SV_FMT(name),
                             name_words[i].is, name_words[i].more);
    return arena_fmt(ck->a, "metrics: {%.*s: EXPRESSION}, or drop it", SV_FMT(name));
}

/* Where it is bound: "sql.queue" is a source, "error_rate" what something is measured by. */
static struct sv name_binding(struct checker *ck, const struct expr *e, struct sv name)
{
    bool is_prefix;

    (void)rule_member_find(e->parts, e->n_parts, &is_prefix);
    if (!is_prefix || e->n_parts < 2)
        return name_word_binding(ck, name);
    if (sv_is(e->parts[0], "http"))
        return arena_fmt(ck->a, "probes: {%.*s: URL}, or drop it", SV_FMT(e->parts[1]));
    if (sv_is(e->parts[0], "flag"))
        return arena_fmt(ck->a, "flags: {%.*s: {definitions: FILE}}, or drop it",
                         SV_FMT(e->parts[1]));
    if (sv_is(e->parts[0], "unit"))
        return arena_fmt(
            ck->a,
            "services: {%.*s: {manager: systemd}} (or compose, supervisor, runit, process) is looked at "
            "as unit.%.*s; or sources: {proc.%.*s: {pid_file: PATH}}",
            SV_FMT(e->parts[1]), SV_FMT(e->parts[1]), SV_FMT(e->parts[1]));
    if (sv_is(e->parts[0], "logpatterns"))
        return arena_fmt(
            ck->a, "sources: {%.*s: {path: LOG}}, of the journal {unit: NAME.service}, or drop it",
            SV_FMT(name));
    if (sv_is(e->parts[0], "tickets"))
        return arena_fmt(
            ck->a,
            "sources: {%.*s: {url: URL}}, or {database: ..., query: ...} or {command: ...}: "
            "who lists them, or drop it",
            SV_FMT(name));
    if (sv_is(e->parts[0], "events"))
        return arena_fmt(ck->a,
                         "sources: {%.*s: {}}, and prusik event %.*s tells of one (deploy, "
                         "flag_toggle, incident and rollback need no entry), or drop it",
                         SV_FMT(name), SV_FMT(e->parts[1]));
    return arena_fmt(ck->a, "sources: {%.*s: {...}}, or drop it", SV_FMT(name));
}

/* "events.rollback", which nobody binds. */
static struct sv name_nearest(struct checker *ck, const struct expr *e, struct sv name)
{
    struct sv bound = rule_env_nearest(ck->env, name);
    struct suggest near = suggest_begin(name);

    if (!sv_is(e->parts[0], "events") || (bound.p && sv_starts(bound, SV("events."))))
        return bound;
    for (size_t i = 0; rule_event_own(i).p; i++)
        suggest_offer(&near, arena_fmt(ck->a, "events.%.*s", SV_FMT(rule_event_own(i))));
    return near.best;
}

static void name_unknown(struct checker *ck, const struct expr *e, struct sv name)
{
    struct sv near = name_nearest(ck, e, name);
    struct sv hint =
        near.p ? arena_fmt(ck->a, "did you mean '%.*s'?", SV_FMT(near)) : name_binding(ck, e, name);

    CHECK_ERROR(ck, "RB419", e->at, hint.p, "nothing is called '%.*s'", SV_FMT(name));
}

static void no_member(struct checker *ck, const struct expr *e)
{
    struct sv member = e->n_parts > 2 ? e->parts[2] : (struct sv){NULL, 0};
    struct sv near = rule_member_nearest(e->parts[0], member);
    CLEANUP(strbuf_release) struct strbuf hint = STRBUF(0);

    if (near.p)
        strbuf_addf(&hint, "did you mean '%.*s'? ", SV_FMT(near));
    strbuf_addf(&hint, "it has ");
    rule_member_list(e->parts[0], &hint);
    CHECK_ERROR(ck, "RB419", e->at, arena_sv(ck->a, strbuf_sv(&hint)).p,
                "'%.*s' has no member '%.*s'", SV_FMT(e->parts[0]), SV_FMT(member));
}

/* Facts that need no binding. */
static bool name_is_own(const struct expr *e)
{
    return sv_is(e->parts[0], "alertmanager") || sv_is(e->text, "env.set") ||
           (sv_is(e->parts[0], "events") && rule_event_is_own(e->parts[1]));
}

/* "http.health.status": the row of the table, when somebody bound http.health.  NULL: said why not. */
static const struct rule_member *find_member(struct checker *ck, const struct expr *e,
                                             bool *is_prefix)
{
    const struct rule_member *m = rule_member_find(e->parts, e->n_parts, is_prefix);
    struct sv bound;

    if (!*is_prefix || e->n_parts < 2)
        return NULL;
    bound = arena_fmt(ck->a, "%.*s.%.*s", SV_FMT(e->parts[0]), SV_FMT(e->parts[1]));
    if (!rule_env_permits_unknown(ck->env) && !name_is_own(e) && !rule_env_source(ck->env, bound)) {
        name_unknown(ck, e, bound);
        return NULL;
    }
    if (!m)
        no_member(ck, e);
    return m;
}

/* Kind and unit of the name; false when an error was said. */
static bool find_source(struct checker *ck, const struct expr *e, enum check_use use,
                        struct rule_source *s)
{
    const struct rule_source *declared = rule_env_source(ck->env, e->text);
    const struct rule_member *m;
    bool is_prefix, said = ck->failed;

    ck->failed = false;
    m = find_member(ck, e, &is_prefix);
    is_prefix = is_prefix && e->n_parts > 1;
    if (ck->failed)
        return false;
    ck->failed = said;
    if (!is_prefix && !declared && !rule_env_permits_unknown(ck->env)) {
        name_unknown(ck, e, e->text);
        return false;
    }
    rule_metric_guess(e->text, s);
    if (use == USE_VALUE && e->window.us == 0)
        s->kind = SOURCE_UNKNOWN; /* "mem_total" is no counter: only a declared one is refused */
    if (m)
        *s = (struct rule_source){.kind = m->kind, .type = {m->dim, false}, .unit = 1};
    if (!declared)
        return true;
    if (!m && declared->kind != SOURCE_UNKNOWN)
        s->kind = declared->kind;
    if (declared->type.dim != DIM_ANY) {
        s->type = declared->type;
        s->unit = declared->unit;
    }
    s->worse = declared->worse;
    return true;
}

/* Which use fits which kind, and what to do instead. */
struct use_row {
    unsigned kinds; /* bits of enum source_kind */
    enum source_kind unknown;
    const char *hint;
};
#define K(kind) (1u << SOURCE_##kind)
/* clang-format off */
static const struct use_row uses[USE__N] = {
    [USE_VALUE]      = {K(GAUGE) | K(VALUE) | K(EVENTS) | K(COUNTER), SOURCE_GAUGE, NULL},
    [USE_COUNTER]    = {K(COUNTER) | K(EVENTS) | K(VALUE), SOURCE_COUNTER,
                        "rate, increase and ratio take counters; a gauge has slope"},
    [USE_OVER]       = {K(GAUGE) | K(VALUE), SOURCE_GAUGE, "a counter is looked at through rate or increase"},
    [USE_SUM]        = {K(GAUGE) | K(VALUE), SOURCE_GAUGE, "a counter is looked at through rate or increase"},
    [USE_MEAN]       = {K(GAUGE) | K(VALUE) | K(HISTOGRAM), SOURCE_UNKNOWN,
                        "a counter is looked at through rate or increase"},
    [USE_PERCENTILE] = {K(GAUGE) | K(VALUE) | K(HISTOGRAM) | K(SUMMARY), SOURCE_UNKNOWN,
                        "percentiles are of histograms, summaries or gauges"},
    [USE_ROWS]       = {K(ROWS) | K(SET) | K(VALUE), SOURCE_ROWS, "all, any, count, ... look at rows"},
    [USE_SET]        = {K(ROWS) | K(SET) | K(VALUE), SOURCE_SET, NULL},
    [USE_PROBE]      = {K(PROBE) | K(ROWS) | K(VALUE) | K(GAUGE), SOURCE_PROBE, NULL},
    [USE_LOG]        = {K(LOG), SOURCE_LOG, "matches() counts lines of a log: log.NAME"},
};
/* clang-format on */

/* "sql.select1" where a number is wanted is its first cell. */
static bool take_value_member(struct checker *ck, struct expr *e, struct rule_source *s)
{
    bool has = e->n_parts == 2 && s->kind != SOURCE_EVENTS && s->kind != SOURCE_LOG &&
               (sv_eq(e->parts[0], SV("sql")) || sv_eq(e->parts[0], SV("prom")));

    if (!has)
        return false;
    e->text = arena_fmt(ck->a, "%.*s.value", SV_FMT(e->text));
    s->kind = SOURCE_VALUE;
    if (s->type.dim == DIM_ROWS)
        s->type.dim = DIM_ANY;
    return true;
}

static void check_spell(struct checker *ck, const struct expr *e)
{
    CHECK_ERROR(
        ck, "RB407", e->at,
        arena_fmt(ck->a, "sum(%.*s)[1h] is how long it was down in the last hour", SV_FMT(e->text))
            .p,
        "'%.*s' is told by each poll anew, of the time since the one before", SV_FMT(e->text));
}

static void check_value_use(struct checker *ck, struct expr *e, const struct rule_source *s)
{
    if (rule_name_is_spell(e)) {
        check_spell(ck, e);
        return;
    }
    if (s->kind == SOURCE_COUNTER && e->window.us == 0)
        CHECK_ERROR(ck, "RB407", e->at, "take rate(...)[5m], increase(...)[5m] or a window",
                    "the counter '%.*s' is compared as it stands", SV_FMT(e->text));
    if (e->window.us > 0 && s->kind != SOURCE_COUNTER && s->kind != SOURCE_EVENTS) {
        struct sv name = e->text;

        if (e->n_parts == 2 && sv_ends(name, SV(".value"))) /* take_value_member() put it there */
            name = sv_sub(name, 0, name.n - sizeof(".value") + 1);
        CHECK_ERROR(ck, "RB400", e->at,
                    arena_fmt(ck->a,
                              "where it is bound or used: avg(%.*s), max, min, last or slope; "
                              "increase(%.*s) of what counts up",
                              SV_FMT(name), SV_FMT(name))
                        .p,
                    "a window on '%.*s', which is no counter", SV_FMT(name));
    }
}

static void wrong_kind(struct checker *ck, const struct expr *e, const struct rule_source *s,
                       enum check_use use)
{
    bool histogram = s->kind == SOURCE_HISTOGRAM || s->kind == SOURCE_SUMMARY;

    if (use == USE_VALUE && histogram)
        CHECK_ERROR(ck, "RB407", e->at, "take p95(...)[5m] or avg(...)[5m]",
                    "the %s '%.*s' is compared as it stands", source_kind_names[s->kind],
                    SV_FMT(e->text));
    else if (use == USE_VALUE)
        CHECK_ERROR(ck, "RB400", e->at, "take a member of it, count its rows or lines",
                    "'%.*s' is no number (%s)", SV_FMT(e->text), source_kind_names[s->kind]);
    else
        CHECK_ERROR(ck, s->kind == SOURCE_COUNTER ? "RB407" : "RB400", e->at, uses[use].hint,
                    "'%.*s' can not be used like that (%s)", SV_FMT(e->text),
                    source_kind_names[s->kind]);
}

static struct dim_type check_source(struct checker *ck, struct expr *e, enum check_use use)
{
    bool number = use == USE_VALUE || use == USE_COUNTER || use == USE_OVER || use == USE_SUM ||
                  use == USE_MEAN || use == USE_PERCENTILE;
    struct rule_source s;

    if (!find_source(ck, e, use, &s))
        return name_failed(e);
    if (number && (s.kind == SOURCE_ROWS || s.kind == SOURCE_VALUE))
        (void)take_value_member(ck, e, &s);
    if ((use == USE_ROWS || use == USE_SET) && sv_is(e->parts[0], "prom") && e->n_parts > 1) {
        CHECK_ERROR(ck, "RB400", e->at, "ask for the number itself, without all, any, share, ...",
                    "'%.*s' is a number and has no rows", SV_FMT(e->text));
        return name_failed(e);
    }
    if (s.kind == SOURCE_UNKNOWN)
        s.kind = use == USE_VALUE && e->window.us > 0 ? SOURCE_COUNTER : uses[use].unknown;
    if (s.kind != SOURCE_UNKNOWN && !(uses[use].kinds & 1u << s.kind)) {
        wrong_kind(ck, e, &s, use);
        return name_failed(e);
    }
    if (use == USE_VALUE)
        check_value_use(ck, e, &s);
    else if (use != USE_SUM && rule_name_is_spell(e))
        check_spell(ck, e);
    if (use == USE_ROWS || use == USE_SET)
        s.kind = SOURCE_ROWS;
    if (use == USE_PROBE && s.kind == SOURCE_ROWS)
        s.kind = SOURCE_PROBE;
    e->source = s.kind;
    e->type = s.type;
    e->unit = s.unit;
    if (e->worse == WORSE_UNKNOWN) /* else the alias that stood here has said it */
        e->worse = s.worse;
    return e->type;
}

static struct dim_type check_builtin(struct checker *ck, struct expr *e, enum rule_builtin b)
{
    static const enum dim dims[BUILTIN__N] = {
        [BUILTIN_DEPLOY] = DIM_MOMENT,
        [BUILTIN_NOW] = DIM_MOMENT,
        [BUILTIN_STEP_ELAPSED] = DIM_TIME,
        [BUILTIN_ROLLBACK_LEFT] = DIM_TIME,
        [BUILTIN_IT] = DIM_ANY,
        [BUILTIN_RECORD] = DIM_ANY,
    };

    if ((b == BUILTIN_IT || b == BUILTIN_RECORD) && !ck->rows)
        CHECK_ERROR(ck, "RB400", e->at, NULL,
                    "'%.*s' is the element of all, any, count, ...: there is none here",
                    SV_FMT(e->text));
    e->source = SOURCE_BUILTIN;
    e->op = b;
    e->type = (struct dim_type){dims[b], false};
    return e->type;
}

/* In a row a single name is a field; so is a path that leads to no source. */
static bool is_field(const struct checker *ck, const struct expr *e, enum check_use use)
{
    const struct rule_source *s = rule_env_source(ck->env, e->text);
    bool is_prefix;

    if (!ck->rows)
        return false;
    (void)rule_member_find(e->parts, e->n_parts, &is_prefix);
    if (use == USE_SET && s)
        return false;
    return e->n_parts == 1 || (!is_prefix && !s);
}

static void check_labels(struct checker *ck, const struct expr *e)
{
    for (size_t i = 0; i < e->n_labels; i++)
        if (e->labels[i].op == LABEL_RE || e->labels[i].op == LABEL_NRE)
            check_pattern(ck, e->labels[i].value, e->at);
}

struct dim_type check_name(struct checker *ck, struct expr *e, enum check_use use)
{
    enum rule_builtin b = rule_builtin_find(e);

    e->per_series = ck->per_series;
    e->unit = 1;
    check_labels(ck, e);
    if (b != BUILTIN__N)
        return check_builtin(ck, e, b);
    if (!is_field(ck, e, use))
        return check_source(ck, e, use);
    if (e->n_labels || e->window.us > 0)
        CHECK_ERROR(ck, "RB400", e->at, NULL, "'%.*s' is a field of the row: no labels, no window",
                    SV_FMT(e->text));
    e->source = SOURCE_FIELD;
    e->type = (struct dim_type){DIM_ANY, false};
    return e->type;
}
