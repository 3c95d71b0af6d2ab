/*
 * table_rule: rows of a table that say when something is done: matrices of decisions, bands, limits of metrics.
 */
#include "base/regex.h"
#include "base/sv.h"
#include "runbook/table_int.h"

static const struct sv table_condition_words[] = {
    SV("symptom"),   SV("condition"), SV("trigger"),  SV("observation"), SV("situation"),
    SV("anzeichen"), SV("bedingung"), SV("symptôme"), SV("condición"),   SV("situación"),
    SV("síntoma"),   SV("症状"),      SV("条件"),     SV("情况"),        SV("现象")};
static const struct sv table_action_words[] = {
    SV("action"),       SV("decision"),   SV("verdict"),  SV("aktion"),    SV("maßnahme"),
    SV("entscheidung"), SV("what to do"), SV("reaction"), SV("reaktion"),  SV("was tun"),
    SV("response"),     SV("réaction"),   SV("acción"),   SV("respuesta"), SV("対応"),
    SV("判断"),         SV("アクション"), SV("处理"),     SV("措施"),      SV("动作")};

static const struct sv table_metric_words[] = {SV("metric"),     SV("metrik"),    SV("kennzahl"),
                                               SV("signal"),     SV("indicator"), SV("indikator"),
                                               SV("kpi"),        SV("messwert"),  SV("指標"),
                                               SV("メトリクス"), SV("指标")};
static const struct sv table_query_words[] = {SV("query"), SV("source"), SV("abfrage")};
static const struct sv table_threshold_words[] = {
    SV("threshold"), SV("target"), SV("limit"), SV("schwelle"), SV("schwellwert"), SV("sollwert"),
    SV("grenzwert"), SV("grenze"), SV("閾値"),  SV("しきい値"), SV("阈值")};
static const struct sv table_alert_words[] = {SV("alert"), SV("alarm")};

static const struct sv table_span_words[] = {
    SV("duration"),   SV("for"),     SV("sustained"), SV("sustained for"), SV("for how long"),
    SV("how long"),   SV("window"),  SV("period"),    SV("time window"),   SV("timeframe"),
    SV("time frame"), SV("dauer"),   SV("zeitraum"),  SV("durée"),         SV("duración"),
    SV("持続時間"),   SV("持续时间")};

/* What is done when a metric is in the column: "Rollback", "Warning if"; empty: nothing. */
static struct sv table_band(struct sv head)
{
    static const struct {
        struct sv word, action;
    } rows[] = {
        {SV("rollback"), SV("rollback")},    {SV("roll back"), SV("rollback")},
        {SV("abort"), SV("rollback")},       {SV("investigate"), SV("investigate")},
        {SV("warning"), SV("investigate")},  {SV("warn"), SV("investigate")},
        {SV("degraded"), SV("investigate")}, {SV("yellow"), SV("investigate")},
        {SV("amber"), SV("investigate")},    {SV("hold"), SV("hold")},
        {SV("pause"), SV("hold")},           {SV("critical"), SV("page oncall")},
        {SV("page"), SV("page oncall")},     {SV("emergency"), SV("page oncall")},
        {SV("red"), SV("alert team")},       {SV("bad"), SV("alert team")},
        {SV("unhealthy"), SV("alert team")}, {SV("not ok"), SV("alert team")},
        {SV("nok"), SV("alert team")},       {SV("nicht ok"), SV("alert team")},
        {SV("problem"), SV("alert team")},   {SV("no-go"), SV("alert team")},
        {SV("fail"), SV("alert team")},      {SV("unacceptable"), SV("alert team")},
    };
    static const struct sv ends[] = {SV(""),           SV(" if"),      SV(" when"), SV(" at"),
                                     SV(" threshold"), SV(" trigger"), SV(" level")};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (size_t k = 0; k < ARRAY_LEN(ends); k++) {
            struct sv rest = head;

            if (sv_eat_nocase(&rest, rows[i].word) && sv_eq_nocase(rest, ends[k]))
                return rows[i].action;
        }
    return (struct sv){"", 0};
}

/* The column of what is done; of "response time" it is another's. */
static int table_action_column(const struct table_row *head)
{
    int action = table_column(head, table_action_words, ARRAY_LEN(table_action_words));

    return action >= 0 && sv_has_nocase(head->cells[action], SV("response time")) ? -1 : action;
}

bool table_is_matrix(const struct table_row *head, struct table_matrix *ret)
{
    int metric = table_column(head, table_metric_words, ARRAY_LEN(table_metric_words));

    *ret = (struct table_matrix){
        table_column(head, table_condition_words, ARRAY_LEN(table_condition_words)),
        table_column(head, table_threshold_words, ARRAY_LEN(table_threshold_words)),
        table_action_column(head)};
    if (ret->condition < 0 && ret->threshold >= 0 &&
        table_column(head, table_alert_words, ARRAY_LEN(table_alert_words)) < 0)
        ret->condition = metric;
    if (ret->threshold == ret->condition)
        ret->threshold = -1;
    return ret->condition >= 0 && ret->action >= 0;
}

static struct sv table_cell(const struct table_row *row, int column)
{
    return column >= 0 && (size_t)column < row->n ? row->cells[column] : (struct sv){"", 0};
}

/* The column that says how long it must last, and nothing else; -1: none does. */
static int table_span_column(const struct table_row *head)
{
    for (size_t c = 1; c < head->n; c++)
        if (table_is_head(head->cells[c], table_span_words, ARRAY_LEN(table_span_words)))
            return (int)c;
    return -1;
}

/* "-", "immediately": nothing has to last. */
static bool table_is_at_once(struct sv span)
{
    static const struct sv words[] = {
        SV(""),     SV("-"),         SV("\xe2\x80\x93"), SV("\xe2\x80\x94"), SV("n/a"),
        SV("none"), SV("immediate"), SV("immediately"),  SV("instant"),      SV("at once"),
        SV("any"),  SV("0"),         SV("sofort")};

    return table_is_head(span, words, ARRAY_LEN(words));
}

/* A limit with how long it must last, when that stands in a column of its own: "> 5% for 5 min". */
static struct sv table_lasting(struct rb_build *b, const struct table_row *head,
                               const struct table_row *row, struct sv limit)
{
    struct sv span = table_cell(row, table_span_column(head));

    if (table_is_at_once(span) || sv_has_word(limit, SV("for")))
        return limit;
    (void)sv_eat_nocase(&span, SV("for "));
    return arena_fmt(b->arena, "%.*s for %.*s", SV_FMT(limit), SV_FMT(span));
}

/* What the words say is done: the action of a rule; empty: none of them. */
static struct sv table_said(struct rb_build *b, struct sv words)
{
    return table_denies(words) ? (struct sv){NULL, 0} : watch_action(b, words);
}

/* "Page the on-call" in the column of what is done: somebody is told. */
static struct sv table_told(struct rb_build *b, struct sv phrase, struct sv words,
                            struct sv *dropped)
{
    static const struct sv verb = SV("investigate");
    struct sv action = watch_action(b, words);
    struct sv rule =
        action.n ? watch_phrase(b, phrase, PROSE_INVESTIGATE, dropped) : (struct sv){NULL, 0};

    return sv_eat(&rule, verb) ? arena_fmt(b->arena, "%.*s%.*s", SV_FMT(action), SV_FMT(rule))
                               : (struct sv){NULL, 0};
}

static struct rb_rule *table_rule(struct rb_build *b, const struct table_row *head,
                                  const struct table_row *row, int condition, int threshold)
{
    struct rb_rule *rule = vec_add(&b->rules);
    struct sv limit = table_cell(row, threshold);

    rule->line = row->line;
    rule->part = b->part;
    rule->source = row->cells[condition];
    if (limit.n && threshold != condition)
        rule->source = arena_fmt(b->arena, "%.*s %.*s", SV_FMT(rule->source), SV_FMT(limit));
    rule->source = table_lasting(b, head, row, rule->source);
    rule->offset_ms = -1;
    return rule;
}

/* It would do something although it does not last as long as the row says. */
static bool table_is_hasty(const struct table_row *head, const struct table_row *row,
                           const struct rb_rule *rule)
{
    return !table_is_at_once(table_cell(row, table_span_column(head))) &&
           !sv_has(rule->text, SV(" for "));
}

bool table_denies(struct sv action)
{
    static const struct sv words[] = {SV("not"),   SV("no"),    SV("never"),  SV("nicht"),
                                      SV("kein"),  SV("keine"), SV("keinen"), SV("pas"),
                                      SV("aucun"), SV("sin")};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (sv_has_word(action, words[i]))
            return true;
    return sv_has_nocase(action, SV("n't"));
}

static bool table_is_target(struct sv head)
{
    static const struct sv words[] = {SV("target"), SV("goal"), SV("expected"), SV("soll"),
                                      SV("ziel"),   SV("目標"), SV("目标")};

    return REGEX_SAYS_ANY(head, words);
}

/* "Error rate | < 1 % | roll back": does the row say when all is well?  The subject knows, else the head of the limit. */
static bool table_hopes(const struct rb_build *b, const struct table_row *head, int threshold,
                        const struct rb_rule *rule)
{
    bool more = regex_has(b->watch_patterns[WATCH_MORE_IS_BETTER], rule->source);
    bool less = regex_has(b->watch_patterns[WATCH_LESS_IS_BETTER], rule->source);
    bool below = sv_has(rule->text, SV(" < ")) || sv_has(rule->text, SV(" <= "));
    bool above = sv_has(rule->text, SV(" > ")) || sv_has(rule->text, SV(" >= "));

    if (more != less && below != above)
        return below ? less : more;
    return threshold >= 0 && table_is_target(head->cells[threshold]);
}

/* What is done when the limit does not hold: "expect error_rate < 1% else rollback". */
static struct sv table_expect(struct rb_build *b, struct rb_rule *rule)
{
    static const struct sv other = SV(" else investigate");
    size_t end = sv_find(rule->text, SV(" when "), 0);
    struct sv action = sv_sub(rule->text, 0, end);
    struct sv text = prose_expect(b->prose, rule->source, b->arena, &rule->dropped);

    if (end == SV_NPOS || !sv_ends(text, other))
        return (struct sv){NULL, 0};
    text.n -= other.n;
    return arena_fmt(b->arena, "%.*s else %.*s", SV_FMT(text), SV_FMT(action));
}

void table_matrix_row(struct rb_build *b, const struct table_row *head, const struct table_row *row,
                      const struct table_matrix *at)
{
    enum prose_verdict verdict = prose_verdict_of(row->cells[at->action]);
    struct rb_rule *rule = table_rule(b, head, row, at->condition, at->threshold);
    bool decides = verdict != PROSE_NONE &&
                   !(verdict == PROSE_ROLLBACK && table_denies(row->cells[at->action]));

    if (decides)
        rule->text = watch_phrase(b, rule->source, verdict, &rule->dropped);
    else if (verdict == PROSE_NONE)
        rule->text = table_told(b, rule->source, row->cells[at->action], &rule->dropped);
    if (!rule->text.n && decides) {
        struct sv source = rule->source;

        b->rules.n--;
        if (watch_halves(b, source, verdict, row->line))
            return;
        b->rules.n++;
    }
    if (verdict != PROSE_OK && table_hopes(b, head, at->threshold, rule))
        rule->text = table_expect(b, rule);
    if (table_is_hasty(head, row, rule))
        rule->text = (struct sv){NULL, 0};
    if (!rule->text.n)
        build_note(b, NOTE_UNKNOWN_RULE, row->line, 1, rule->source);
}

/* "-", "n/a", "none": nothing to be judged. */
static bool table_has_value(struct sv cell)
{
    for (size_t i = 0; i < cell.n; i++)
        if (ascii_is_digit(cell.p[i]))
            return true;
    return false;
}

/* "Page | runbook 12", "Emergency | +49 123": such a column may say whom or what, and not from when on. */
static bool table_is_person(struct sv head)
{
    static const struct sv words[] = {SV("page"), SV("emergency"), SV("critical"),
                                      SV("hold"), SV("red"),       SV("bad"),
                                      SV("fail"), SV("problem"),   SV("no-go")};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (sv_starts_nocase(head, words[i]))
            return true;
    return false;
}

/* "If anything is "Not OK", roll back.": does the paragraph say so of the column with this head? */
static bool table_says_rollback(struct sv text, struct sv head)
{
    size_t at = sv_find_nocase(text, head, 0);
    struct sv before = sv_sub(text, 0, at), behind;

    if (at == SV_NPOS || head.n < 3)
        return false;
    behind = sv_sub(text, at + head.n, text.n);
    return (prose_verdict_of(before) == PROSE_ROLLBACK ||
            prose_verdict_of(behind) == PROSE_ROLLBACK) &&
           !table_denies(before) && !table_denies(behind) && !sv_has_word(text, SV("unless"));
}

/* What is done when a metric is in the column: its head tells, and a sentence beside the table more. */
static struct sv table_action(const struct rb_build *b, uint32_t node, struct sv head)
{
    const struct md_node *v = b->rb->md.v;
    uint32_t before = v[node].before, behind = v[node].next;
    struct sv action = table_band(head);

    if (sv_eq(action, SV("rollback")))
        return action;
    if ((before != MD_NONE && v[before].kind == MD_PARAGRAPH &&
         table_says_rollback(v[before].text, head)) ||
        (behind != MD_NONE && v[behind].kind == MD_PARAGRAPH &&
         table_says_rollback(v[behind].text, head)))
        return SV("rollback");
    return action;
}

static void table_band_cell(struct rb_build *b, const struct table_row *head,
                            const struct table_row *row, int metric, size_t c, struct sv action)
{
    enum prose_verdict verdict = sv_eq(action, SV("rollback")) ? PROSE_ROLLBACK : PROSE_INVESTIGATE;
    struct rb_rule *rule = table_rule(b, head, row, metric, (int)c);
    struct sv text = watch_phrase(b, rule->source, verdict, &rule->dropped);

    if (sv_eat(&text, sv_from(prose_action(verdict))) && text.n)
        rule->text = arena_fmt(b->arena, "%.*s%.*s", SV_FMT(action), SV_FMT(text));
    else
        build_note(b, NOTE_UNKNOWN_RULE, row->line, 1, rule->source);
}

/* What is done when the metric of this row is in the column: nothing without a limit there, or when it names somebody. */
static struct sv table_band_action(const struct rb_build *b, uint32_t node,
                                   const struct table_row *head, const struct table_row *row,
                                   size_t c)
{
    int alert = table_column(head, table_alert_words, ARRAY_LEN(table_alert_words));

    if (!table_has_value(row->cells[c]) ||
        (!watch_limited(b, row->cells[c]) && table_is_person(head->cells[c])))
        return (struct sv){"", 0};
    return (int)c == alert ? SV("alert team") : table_action(b, node, head->cells[c]);
}

/* Is any of its columns one of those, whatever stands in this row? */
static bool table_has_bands(const struct rb_build *b, uint32_t node, const struct table_row *head,
                            const struct table_row *row)
{
    for (size_t c = 1; c < head->n && c < row->n; c++)
        if (table_action(b, node, head->cells[c]).n &&
            (watch_limited(b, row->cells[c]) || !table_is_person(head->cells[c])))
            return true;
    return false;
}

/*
 * "Metric | Healthy | Investigate | Rollback": a rule for each cell with a limit, and a question for one that is not
 * understood; false: it is no such table.  What a column "Action" says is done at the last of the limits.
 */
static bool table_bands(struct rb_build *b, uint32_t node, const struct table_row *head,
                        const struct table_row *row)
{
    int metric = table_column(head, table_metric_words, ARRAY_LEN(table_metric_words));
    struct sv said = table_said(b, table_cell(row, table_action_column(head)));
    size_t last = 0;

    if (metric < 0 && !sv_trim(head->cells[0]).n)
        metric = 0; /* "| | Go | No-go |" */
    if (metric != 0 || !table_has_bands(b, node, head, row))
        return false;
    for (size_t c = 1; c < head->n && c < row->n; c++)
        if (table_band_action(b, node, head, row, c).n)
            last = c;
    for (size_t c = 1; c <= last; c++) {
        struct sv action = table_band_action(b, node, head, row, c);

        if (action.n)
            table_band_cell(b, head, row, metric, c, c == last && said.n ? said : action);
    }
    return true;
}

/* Is a limit without an alert one of the watch?  Where a release is verified it is when it can be compared. */
static bool table_limit_counts(const struct rb_build *b, struct sv threshold)
{
    return build_role(b) == ROLE_MONITOR ||
           (build_role(b) == ROLE_VERIFY && watch_limited(b, threshold));
}

/* A table of metrics: what is fine, and when somebody is told. */
static bool table_metric_row(struct rb_build *b, const struct table_row *head,
                             const struct table_row *row)
{
    int metric = table_column(head, table_metric_words, ARRAY_LEN(table_metric_words));
    int alert = table_column(head, table_alert_words, ARRAY_LEN(table_alert_words));
    int threshold = table_column(head, table_threshold_words, ARRAY_LEN(table_threshold_words));
    int query = table_column(head, table_query_words, ARRAY_LEN(table_query_words));
    struct table_matrix at = {metric, threshold, table_action_column(head)};
    struct watch_cells c = {.metric = table_cell(row, metric),
                            .query = table_cell(row, query),
                            .threshold = table_cell(row, threshold == alert ? -1 : threshold),
                            .alert = table_cell(row, alert),
                            .action = table_said(b, table_cell(row, at.action)),
                            .hoped = threshold >= 0 && table_is_target(head->cells[threshold])};

    if (metric < 0 || !c.metric.n ||
        (alert < 0 && (threshold < 0 || !table_limit_counts(b, c.threshold))))
        return false;
    if (c.action.n && !watch_limited(b, c.alert) && watch_limited(b, c.threshold)) {
        table_matrix_row(b, head, row, &at); /* the alert says who is told */
        return true;
    }
    if (c.alert.n)
        c.alert = table_lasting(b, head, row, c.alert);
    return watch_row(b, &c, row->line);
}

/* "Check | Bad looks like | Then": whatever the heads are, a cell with a limit and one that says what is done are a decision. */
static void table_decision(struct rb_build *b, const struct table_row *head,
                           const struct table_row *row)
{
    struct table_matrix at = {0, -1, -1};

    for (size_t c = 0; c < head->n && c < row->n; c++) {
        if (watch_limited(b, row->cells[c]) && (at.threshold <= 0))
            at.threshold = (int)c;
        else if (c > 0 && at.action < 0 && table_said(b, row->cells[c]).n)
            at.action = (int)c;
    }
    if (at.threshold >= 0 && at.action >= 0)
        table_matrix_row(b, head, row, &at);
}

void table_limits(struct rb_build *b, uint32_t node, const struct table_row *head,
                  const struct table_row *row)
{
    enum rb_role role = build_role(b);

    if (role == ROLE_REFERENCE || role == ROLE_COMMUNICATE || table_bands(b, node, head, row) ||
        table_metric_row(b, head, row))
        return;
    if (role == ROLE_MONITOR || role == ROLE_VERIFY || role == ROLE_DECIDE || role == ROLE_ROLLBACK)
        table_decision(b, head, row);
}
