#include "runbook/shape.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/regex.h"
#include "base/sv.h"
#include "runbook/amount.h"
#include "runbook/german.h"

/* --- words and units --- */

struct sv shape_name(struct sv text, struct arena *arena)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    bool gap = false;

    text = sv_trim(text);
    if (text.n >= 3 && ascii_is_digit(*text.p) && sv_eq_nocase(sv_sub(text, 1, 3), SV("xx")) &&
        (text.n == 3 || !ascii_is_word(text.p[3])))
        strbuf_add_str(&b, "http_"); /* "4xx rate" */
    for (size_t i = 0; i < text.n && b.n < 60; i++) {
        char c = ascii_lower(text.p[i]);

        if (!ascii_is_alnum(c)) {
            gap = b.n > 0;
            continue;
        }
        if (gap)
            strbuf_add_byte(&b, '_');
        else if (b.n == 0 && ascii_is_digit(c))
            continue; /* a name begins with a letter */
        strbuf_add_byte(&b, c);
        gap = false;
    }
    return arena_sv(arena, strbuf_sv(&b));
}

static struct sv shape_unit(struct sv unit)
{
    static const struct {
        struct sv word, unit;
    } rows[] = {
        {SV("percent"), SV("%")}, {SV("per cent"), SV("%")}, {SV("milliseconds"), SV("ms")},
        {SV("seconds"), SV("s")}, {SV("second"), SV("s")},   {SV("sec"), SV("s")},
        {SV("minutes"), SV("m")}, {SV("minute"), SV("m")},   {SV("min"), SV("m")},
        {SV("hours"), SV("h")},   {SV("hour"), SV("h")},     {SV("mins"), SV("m")},
        {SV("hrs"), SV("h")},     {SV("hr"), SV("h")},       {SV("secs"), SV("s")},
        {SV("days"), SV("d")},    {SV("day"), SV("d")},      {SV("weeks"), SV("w")},
        {SV("week"), SV("w")},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (sv_eq_nocase(rows[i].word, unit))
            return rows[i].unit;
    return unit;
}

/* The windows of the rule language: a week is 7d. */
static void shape_add_span(struct strbuf *b, struct sv n, struct sv unit)
{
    if (sv_starts_nocase(unit, SV("week")) && sv_eq(n, SV("1")))
        strbuf_add_str(b, "7d");
    else
        strbuf_addf(b, "%.*s%.*s", SV_FMT(n), SV_FMT(shape_unit(unit)));
}

static const char *shape_op(struct sv op, bool negate)
{
    static const struct {
        struct sv word;
        const char *op, *not_op;
    } rows[] = {
        {SV("<="), "<=", ">"},
        {SV(">="), ">=", "<"},
        {SV("<"), "<", ">="},
        {SV(">"), ">", "<="},
        {SV("\xe2\x89\xa4"), "<=", ">"},
        {SV("\xe2\x89\xa5"), ">=", "<"},
        {SV("at least"), ">=", "<"},
        {SV("minimum"), ">=", "<"},
        {SV("at most"), "<=", ">"},
        {SV("max"), "<=", ">"},
        {SV("up to"), "<=", ">"},
        {SV("under"), "<", ">="},
        {SV("below"), "<", ">="},
        {SV("less than"), "<", ">="},
        {SV("over"), ">", "<="},
        {SV("above"), ">", "<="},
        {SV("more than"), ">", "<="},
        {SV("no more than"), "<=", ">"},
        {SV("not more than"), "<=", ">"},
        {SV("no less than"), ">=", "<"},
        {SV("not less than"), ">=", "<"},
        {SV("no fewer than"), ">=", "<"},
        {SV("not fewer than"), ">=", "<"},
        {SV("exceeds"), ">", "<="},
        {SV("exceed"), ">", "<="},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (sv_eq_nocase(rows[i].word, op))
            return negate ? rows[i].not_op : rows[i].op;
    return negate ? "!=" : "==";
}

/* --- fixed phrases --- */

/*
 * $1 is a group as it stands, @1 as a name, %1 as the value of a field that the document lists (its
 * field is ^, and ~ the length of the rollout), #1 a list of words as texts.  What follows "||" are clauses.  A rule with '!' is for what is feared.
 */
struct shape_row {
    const char *pattern, *rule;
};

#define SPAN "([0-9]+)[ -]?(hours?|minutes?|min|days?|weeks?|seconds?)"
/* "1 in 1000": no limit of one.  "5 in 10 minutes" is. */
#define SHARE_OF \
    " (?:in|of|out of) [0-9][0-9,.]*\\b(?! ?(?:s|sec|m|min|h|hour|minute|second|day|week)\\w*\\b)"
/* Also as programs write it: "for 30s", "for 2m". */
#define SPAN_FOR "([0-9]+)[ -]?(hours?|hrs?|h|minutes?|mins?|m|days?|weeks?|seconds?|secs?|s)"

/* clang-format off */
static const struct shape_row shape_rows[] = {
    /* tests */
    {"^all (?:[\\w-]+ )*tests pass(?:ing|ed)?\\b.*\\(([0-9]+)/\\1\\b.*\\)$", "cmd.tests.exit == 0 and cmd.tests.passed == $1"},
    {"^(?:full )?(?:[\\w-]+ )*(?:test suite|tests) pass(?:ing|es|ed)?\\b.*\\(([0-9]+)\\+ tests\\)$", "cmd.tests.exit == 0 and cmd.tests.passed >= $1"},
    {"^all (?:[\\w-]+ )*tests pass(?:ing|ed)? \\(> ?([0-9.]+)% coverage\\)$", "cmd.tests.exit == 0 and cmd.coverage.percent > $1%"},
    {"^all ([0-9]+) (?:[\\w-]+ )*tests (?:still )?pass(?:ing|ed)?\\b(?! or).*$", "cmd.tests.passed == $1"},
    {"^(?:[\\w-]+ )*(?:suite|tests) pass(?:es)? 100 ?%$", "cmd.tests.passed / cmd.tests.total == 100%"},
    {"^no new (?:test )?failures?\\b.*$", "none(cmd.tests.failures : not (name in baseline))"},
    /* audits of rows */
    {"^all (\\w+) have (?:a )?valid (\\w+) \\(([^)]+)\\)$", "all(sql.@1 : @2 in {#3})"},
    {"^(?:check )?.*\\bcheck \\(+(\\w+) in \\(([^)]+)\\)\\)+$", "all(sql.@1 : @1 in {#2})"},
    {"^all null (?:\\w+ )?values (?:are )?(?:converted|backfilled)\\b.*$", "count(sql.rows where ^ is null) == 0"},
    {"^(?:zero|no) (.+) during (?:the )?rollout$", "@1[~] == 0"},
    {"^no null (\\w+) values\\b.*$", "count(sql.@1 where @1 is null) == 0"},
    {"^(.+) for ([\\w-]+) are ([0-9.]+) ?- ?([0-9.]+)x higher than (?:\\w+ )?([\\w-]+)$",
     "median(snapshot.rows where ^ == \"%2\" : @1) / median(snapshot.rows where ^ == \"%5\" : @1) in [$3x, $4x]"},
    {"^(.+) appear only for ([\\w-]+)\\b.*$", "none(snapshot.rows where ^ != \"%2\" : @1 > 0)"},
    {"^(.*snapshots match) for ([\\w-]+) \\w+ \\((?:±|\\+-|\\+/-) ?([0-9.]+)% (\\w+) (?:variance|tolerance)\\)$",
     "all(snapshot.rows where ^ == \"%2\" : @4 within $3% of baseline)"},
    {"^([\\w-]+) \\w+ produce identical outputs$", "all(snapshot.rows where ^ == \"%1\" : record == baseline)"},
    {"^`([a-z_]+)` matches (.+)$", "@1 == @2"},
    /* fleets, pages, alerts */
    {"^(?:[^\\w]+ )?(?:all )?([0-9]+)(?:/\\1)? (\\w+) operational \\(([0-9.]+)% success rate\\)$", "count(@2 : up) == $1 and @2_success_rate[1h] == $3%"},
    {"^all ([0-9]+) (\\w+) loading(?:, no errors)?$", "count(http.@2 : status == 200) == $1"},
    {"^(?:.*\\b)?no alerts firing\\b.*$", "count(alertmanager.alerts : status == \"firing\") == 0"},
    {"^(?:error logs clean:? )?no new error patterns$", "count(logpatterns.app[5m] : not (pattern in baseline)) == 0"},
    {"^new (.+?)(?: stored| seen)?$", "!count(@1 : not (name in baseline)) > 0"},
    {"^.*\\bcauses? (\\S+) endpoints? to return ([1-5][0-9]{2})\\)?$", "http.@1.status == $2"},
    /* the log */
    {"^no errors (?:in|for) (?:[\\w-]+ )*logs? \\(" SPAN "[^)]*\\)$", "log_errors[$1%u2] == 0|| at T+$1%u2"},
    {"^no errors in (?:[\\w-]+ )*logs? for " SPAN "$", "log_errors[$1%u2] == 0|| at T+$1%u2"},
    {"^no errors in " SPAN " (?:monitoring )?period$", "log_errors[$1%u2] == 0|| at T+$1%u2"},
    {"^no (.+) \\((?:first )?" SPAN "(?: post-deployment)?\\)$", "@1[$2%u3] == 0|| at T+$2%u3"},
    {"^no (.+) or (.+) in (?:the )?(?:past|last) " SPAN "$", "@1[$3%u4] == 0 and @2[$3%u4] == 0"},
    {"^no (.+) in (?:the )?(?:past|last) " SPAN "$", "@1[$2%u3] == 0"},
    /* trends */
    {"^(?:.*\\b)?connections? stable$", "connections within 20% of baseline"},
    {"^(?:.*\\b)?connection pool stable$", "connection_pool within 20% of baseline"},
    {"^(?:.*\\b)?connections:? distributed evenly, not exhausted$", "max(connection_pool) < 80%"},
    {"^error rate(?: steady)?:? consistent with baseline$", "error_rate[30m] not worse than baseline confident 99%"},
    {"^check error rate returned to normal$", "error_rate[1m] <= baseline"},
    {"^current (\\w+) decrease over (?:([0-9]+)-)?([0-9]+) seconds?$", "slope(current_@1[60s]) <= 0/s|| within $3s of step"},
    /* what is wrong in a part of the data */
    {"^affects < ?([0-9.]+)% of (\\w+)$", "share(@2 : affected) in (0%, $1%)"},
    {"^affects ([0-9.]+) ?- ?([0-9.]+)% of (\\w+)$", "share(@3 : affected) in [$1%, $2%]"},
    {"^affects > ?([0-9.]+)% of (\\w+) or (.+)$", "share(@2 : affected) > $1% or @3 > 0"},
    {"^affects > ?([0-9.]+)% of (\\w+)$", "share(@2 : affected) > $1%"},
    {"^(\\w+) (?:showing|with|has) invalid values$", "invalid_@1 > 0"},
    /* time */
    {"^(?:[^\\w]+ )?([0-9.]+) (min|minutes|s|seconds|hours) for [0-9]+ (\\w+) \\(target: ?< ?([0-9.]+) (min|minutes|s|seconds|hours)\\)$",
     "@3_elapsed < $4%u5|| baseline $1%u2"},
    {"^(.+): ([0-9]+)% enabled after (week|phase) ([0-9]+)$", "@1 == $2%|| after @3 $4"},
    {"^still using (?:the )?(\\w+(?: flag)?) after (?:the )?(\\w+)$", "!@1_usage[1d] > 0|| after @2"},
    {"^monitor for (?:[0-9]+-)?([0-9]+) minutes to confirm stability$", "error_rate[1m] <= baseline|| for $1m"},
    {"^(?:.*\\bdowntime\\b.*: ?)0 (?:minutes|seconds|s)\\b.*$", "sum(downtime)[1h] == 0s"},
    {"^(?:have )?" SPAN " available for rollback\\b.*$", "rollback_time_left >= $1%u2"},
};
/* clang-format on */

enum shape_pattern {
    SHAPE_LIMIT,
    SHAPE_GREW,       /* "> 20% increase" */
    SHAPE_GROWTH,     /* "degradation > 20%", "increases by more than 20%" */
    SHAPE_CHANGED,    /* what is before it: "the p95 latency has" */
    SHAPE_CHANGE_END, /* and behind it: "over baseline for 5 minutes" */
    SHAPE_FOR,
    SHAPE_IN,
    SHAPE_BASELINE,
    SHAPE_TARGET,
    SHAPE_P,
    SHAPE_AFTER,
    SHAPE_JOB,
    SHAPE_COUNTED,
    SHAPE_SHARE,
    SHAPE_ELAPSED,
    SHAPE_NONE,
    SHAPE_ANY,
    SHAPE_VALUES,
    SHAPE_BATCH,
    SHAPE_DUE,
    SHAPE_WEEKS,
    SHAPE_MODAL,
    SHAPE__N
};
static const char *const shape_patterns[SHAPE__N] = {
    [SHAPE_LIMIT] =
        ("(<=|>=|<|>|\xe2\x89\xa4|\xe2\x89\xa5|\\bat least\\b|\\bat most\\b|\\bnot? (?:more|less|fewer) than\\b|"
         "\\bmore than\\b|\\bless than\\b|"
         "\\bexceeds?\\b|\\babove\\b|\\bover\\b|\\bbelow\\b|\\bunder\\b) ?"
         "([0-9]+(?:\\.[0-9]+)?)(?![0-9]|\\.[0-9]|" SHARE_OF ") ?"
         "(%|per ?cent\\b|x(?= baseline)|ms\\b|milliseconds\\b|s\\b|sec\\b|seconds?\\b|min\\b|minutes?\\b|[KMGT]i?B\\b)?"
         "( baseline)?(?: ?(?:/|per )(hour|day|week|minute|min)\\b)?"),
    [SHAPE_GREW] =
        ("(<=|>=|<|>|\xe2\x89\xa4|\xe2\x89\xa5|\\bat least\\b|\\bat most\\b|\\bmore than\\b|\\bless than\\b|"
         "\\bexceeds\\b|\\bover\\b)? ?([0-9]+(?:\\.[0-9]+)?) ?% (?:in )?"
         "((?:increase|rise|growth|higher|slower|degradation|regression|deviation|worse)\\b|"
         "(?:decrease|drop|decline|lower|faster|reduction|fewer|less)\\b)"),
    [SHAPE_GROWTH] =
        ("\\b((?:increase[sd]?|rises?|rose|grows?|growth|grew|degradation|degrade[sd]?|regression|deviation|deviates)\\b|"
         "(?:decrease[sd]?|drops?|dropped|declines?|declined|falls?|fell|reduction)\\b)"
         "(?: (?:by|of))? ?(?:(<=|>=|<|>|\xe2\x89\xa4|\xe2\x89\xa5|(?<=by |of )(?:at least|at most|more than|less than|over))"
         " ?)?([0-9]+(?:\\.[0-9]+)?) ?%"),
    [SHAPE_CHANGED] =
        ("^(?!.*\\b(?:and|or|but|not|never|no|must|should|shall|may|can|if|unless|while|above|over|below|under|stays?)\\b)"
         "[\\w :-]*$"),
    [SHAPE_CHANGE_END] =
        ("^(?: (?:(?:over|above|vs\\.?|versus|from|of|against|than|compared (?:to|with)) )?(?:the )?(?:normal|baseline|before))?"
         "(?: for (?:more than |at least )?" SPAN ")?[.!]?$"),
    [SHAPE_FOR] = ("\\bfor (?:more than |at least |over |longer than |>=? ?)?" SPAN_FOR "\\b"),
    [SHAPE_IN] = ("\\bin " SPAN "\\b"),
    [SHAPE_BASELINE] = "\\((?:baseline|target): ?([0-9.]+) ?(ms|s|min|minutes|%)\\)",
    [SHAPE_TARGET] = "^(.*)\\(target: ?(.+)\\)$",
    [SHAPE_P] = "\\b(p(?:50|75|90|95|99|999))\\b",
    [SHAPE_AFTER] = "\\bafter (phase|week) ([0-9]+)\\b",
    [SHAPE_JOB] = "\\b(?:jobs?|runs?|agents?|creations?|pipelines?)\\b",
    [SHAPE_COUNTED] =
        ("\\b(?:errors?|failures?|violations?|deadlocks?|crashe?s?|exceptions?|incidents?|mismatch(?:es)?|"
         "tickets?|issues?|rollbacks?|toggles?|scans?|usage|startup failures)\\b"),
    [SHAPE_SHARE] = "\\b(?:rate|share|ratio|failures?)\\b",
    [SHAPE_ELAPSED] =
        "\\b(?:time for [0-9]+|processed|enriched|[0-9]+ \\w+ (?:processed|enriched|migrated))\\b",
    [SHAPE_NONE] = "^(?:0|zero)(?:\\b(?: per (hour|day|week)| after (phase|week) ([0-9]+))?|)$",
    [SHAPE_ANY] = "^any (.+)$",
    [SHAPE_VALUES] = "\\b(?!not\\b)(\\w+) IN \\(('[^()]+')\\)",
    [SHAPE_BATCH] = "\\bbatch\\b",
    [SHAPE_MODAL] =
        ("^(.{3,80}?) (?:should|must|needs? to|has to|have to|shall) (?:always |all )?"
         "(?:(?:be|stay|remain|keep) (?=<|>|=|≤|≥|[0-9]|zero|under|below|above|over|at |less|more|max|exactly)"
         "(?:exactly )?|(?:(not exceed|not (?:go|rise|climb) (?:above|over))|(not (?:drop|fall|go) (?:below|under))) )"
         "(.*[0-9].*|zero)$"),
    [SHAPE_WEEKS] = "\\bspread over ([0-9]{1,2}) weeks\\b",
    [SHAPE_DUE] = "\\bdue to (.+)$",
};

struct shape_reader {
    struct prose_reader *prose;
    struct regex *rows[ARRAY_LEN(shape_rows)];
    struct regex *patterns[SHAPE__N];
    struct sv field, values; /* of the document: "deal_type", "'acquisition', 'carveout'" */
    struct sv rollout;       /* "28d" of "spread over 4 weeks" */
};

struct shape_reader *shape_reader_new(struct prose_reader *prose)
{
    struct shape_reader *r = XNEW(struct shape_reader);

    r->prose = prose;
    for (size_t i = 0; i < ARRAY_LEN(shape_rows); i++)
        r->rows[i] = regex_must(shape_rows[i].pattern, REGEX_NOCASE);
    for (size_t i = 0; i < SHAPE__N; i++)
        r->patterns[i] = regex_must(shape_patterns[i], REGEX_NOCASE);
    return r;
}

void shape_reader_free(struct shape_reader *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < ARRAY_LEN(shape_rows); i++)
        regex_free(r->rows[i]);
    for (size_t i = 0; i < SHAPE__N; i++)
        regex_free(r->patterns[i]);
    free(r);
}

static struct sv shape_group(struct sv s, const struct regex_match *g)
{
    return g->from == SV_NPOS ? (struct sv){"", 0} : sv_sub(s, g->from, g->to);
}

void shape_learn(struct shape_reader *r, struct sv document, struct arena *arena)
{
    struct regex_match g[3];
    uint64_t weeks;

    if (sv_has_nocase(document, SV("spread over ")) && /* quicker than the pattern */
        regex_find(r->patterns[SHAPE_WEEKS], document, 0, g, 2) &&
        sv_to_u64(shape_group(document, &g[1]), &weeks))
        r->rollout = arena_fmt(arena, "%llud", (unsigned long long)weeks * 7);
    /* at each word the pattern looks for what follows: most documents have no list of texts at all */
    if (!sv_has(document, SV("('")) || !regex_find(r->patterns[SHAPE_VALUES], document, 0, g, 3))
        return;
    r->field = arena_sv(arena, shape_group(document, &g[1]));
    r->values = arena_sv(arena, shape_group(document, &g[2]));
}

/* --- templates --- */

/* "Carve-outs" is 'carveout'; empty: the document lists no such value. */
static struct sv shape_value(const struct shape_reader *r, struct sv word)
{
    struct sv rest = r->values, value;

    while (sv_split(&rest, ',', &value)) {
        size_t i = 0, k = 0;

        value = sv_trim(value);
        value = sv_sub(value, 1, value.n - (value.n > 1));
        while (i < word.n && k < value.n) {
            if (word.p[i] == '-')
                i++;
            else if (ascii_lower(word.p[i]) != ascii_lower(value.p[k]))
                break;
            else
                i++, k++;
        }
        if (k == value.n && (i == word.n || (i + 1 == word.n && word.p[i] == 's')))
            return value;
    }
    return (struct sv){NULL, 0};
}

/* "acquisition, carveout, or divestiture" and "'a', 'b'": quoted. */
static void shape_add_list(struct strbuf *b, struct sv list)
{
    struct sv piece;
    bool first = true;

    while (sv_split(&list, ',', &piece)) {
        piece = sv_trim(piece);
        (void)(sv_eat_nocase(&piece, SV("or ")) || sv_eat_nocase(&piece, SV("and ")));
        if (piece.n > 1 && *piece.p == '\'')
            piece = sv_sub(piece, 1, piece.n - 1);
        strbuf_addf(b, "%s\"%.*s\"", first ? "" : ", ", SV_FMT(piece));
        first = false;
    }
}

/* One mark of a template; *at moves behind it.  False: the document does not tell what it stands for. */
static bool shape_add_mark(const struct shape_reader *r, const char **at, struct sv phrase,
                           const struct regex_match *g, struct arena *arena, struct strbuf *b)
{
    const char *p = *at;
    char mark = *p;
    bool unit = mark == '%' && p[1] == 'u';
    struct sv text;

    if (mark == '^') {
        strbuf_add_sv(b, r->field);
        *at = p + 1;
        return r->field.n > 0;
    }
    if (mark == '~') {
        strbuf_add_sv(b, r->rollout);
        *at = p + 1;
        return r->rollout.n > 0;
    }
    p += unit ? 2 : 1;
    text = shape_group(phrase, &g[*p - '0']);
    *at = p + 1;
    if (mark == '$')
        strbuf_add_sv(b, text);
    else if (mark == '@')
        strbuf_add_sv(b, shape_name(text, arena));
    else if (mark == '#')
        shape_add_list(b, text);
    else if (unit)
        strbuf_add_sv(b, shape_unit(text));
    else
        strbuf_add_sv(b, shape_value(r, text));
    return unit || mark != '%' || shape_value(r, text).p;
}

static bool shape_is_mark(const char *p)
{
    return *p == '^' || *p == '~' ||
           ((*p == '$' || *p == '@' || *p == '#' || *p == '%') && ascii_is_digit(p[1])) ||
           (*p == '%' && p[1] == 'u' && ascii_is_digit(p[2]));
}

static bool shape_fill(const struct shape_reader *r, const char *rule, struct sv phrase,
                       const struct regex_match *g, struct arena *arena, struct strbuf *b)
{
    while (*rule) {
        if (!shape_is_mark(rule))
            strbuf_add_byte(b, *rule++);
        else if (!shape_add_mark(r, &rule, phrase, g, arena, b))
            return false;
    }
    return true;
}

static bool shape_fixed_row(struct shape_reader *r, size_t row, struct sv phrase,
                            struct arena *arena, struct shape *ret)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    const char *rule = shape_rows[row].rule;
    struct regex_match g[6];
    size_t bar;

    if (!regex_find(r->rows[row], phrase, 0, g, ARRAY_LEN(g)) ||
        !shape_fill(r, rule + (*rule == '!'), phrase, g, arena, &b))
        return false;
    bar = sv_find(strbuf_sv(&b), SV("||"), 0);
    ret->condition = arena_sv(arena, sv_sub(strbuf_sv(&b), 0, bar));
    if (bar != SV_NPOS)
        ret->clauses = arena_sv(arena, sv_sub(strbuf_sv(&b), bar + 2, b.n));
    return true;
}

static bool shape_fixed(struct shape_reader *r, struct sv phrase, bool good, struct arena *arena,
                        struct shape *ret)
{
    struct regex_pairs pairs = regex_pairs_known(phrase);

    for (size_t i = 0, n = ARRAY_LEN(shape_rows);
         (i = regex_next_may_match(r->rows, n, i, &pairs)) < n; i++)
        if ((!good || *shape_rows[i].rule != '!') && shape_fixed_row(r, i, phrase, arena, ret))
            return true;
    return false;
}

/* --- comparisons --- */

struct shape_parts {
    struct sv subject; /* words */
    struct sv name;
    struct sv op, limit, unit, per;
    bool of_baseline;
    struct sv percentile;
    struct regex_pairs pairs; /* of the phrase */
};

/* Does the phrase say it?  Of its two dozen words few do: first the cheap look. */
static bool shape_says(struct shape_reader *r, enum shape_pattern pattern,
                       const struct shape_request *q, const struct shape_parts *p,
                       struct regex_match *g, size_t n)
{
    return regex_may_match(r->patterns[pattern], &p->pairs) &&
           regex_find(r->patterns[pattern], q->phrase, 0, g, n);
}

/* "API Success Rate" before "errors": the phrase that names what is measured. */
static struct sv shape_subject(const struct shape_request *q, size_t limit_from)
{
    struct sv before = sv_trim(sv_sub(q->phrase, 0, limit_from));
    struct sv subject = sv_trim(q->subject.n ? q->subject : before);

    while (subject.n && (subject.p[subject.n - 1] == ':' || subject.p[subject.n - 1] == '('))
        subject = sv_trim(sv_sub(subject, 0, subject.n - 1));
    return subject;
}

/* The canonical name where it says the same: "API Success Rate"; else the words of the phrase. */
static struct sv shape_subject_name(struct shape_reader *r, struct sv subject, struct arena *arena)
{
    static const struct sv common[] = {SV("error_rate"), SV("query_time"), SV("response_time"),
                                       SV("log_errors")};
    struct sv known = prose_subject(r->prose, subject);

    if (regex_has(r->patterns[SHAPE_JOB], subject) || regex_has(r->patterns[SHAPE_BATCH], subject))
        return shape_name(subject, arena);
    for (size_t i = 0; i < ARRAY_LEN(common); i++)
        if (sv_eq(known, common[i]))
            return known;
    return shape_name(subject, arena);
}

/* The same of what is compared: "5xx > 10/min" is a number of them, and no share. */
static struct sv shape_compared_name(struct shape_reader *r, const struct shape_parts *p,
                                     struct arena *arena)
{
    struct sv name = shape_subject_name(r, p->subject, arena);
    bool counted = p->per.n || (!p->unit.n && !p->of_baseline && !sv_starts(p->limit, SV("0.")));

    return counted && sv_eq(name, SV("error_rate")) && !sv_has_nocase(p->subject, SV("rate"))
               ? shape_name(p->subject, arena)
               : name;
}

static const char *shape_ratio_window(const struct shape_reader *r, const struct shape_request *q,
                                      const struct shape_parts *p)
{
    if (q->ratio_window)
        return q->ratio_window;
    if (regex_has(r->patterns[SHAPE_JOB], p->subject))
        return "[1h]";
    return sv_eq(p->name, SV("error_rate")) && !q->listed ? "[1m]" : "[5m]";
}

/* What is measured, with its window. */
static void shape_add_measure(struct shape_reader *r, const struct shape_request *q,
                              const struct shape_parts *p, struct strbuf *b, struct strbuf *clauses)
{
    struct sv window = shape_unit(p->unit);
    struct regex_match g[3];
    bool time = sv_eq(window, SV("ms")) || sv_eq(window, SV("s")) || sv_eq(window, SV("m"));
    bool share = sv_eq(p->unit, SV("%"));

    if (p->per.n || shape_says(r, SHAPE_IN, q, p, g, 3)) {
        strbuf_addf(b, "%.*s[", SV_FMT(p->name));
        shape_add_span(b, p->per.n ? SV("1") : shape_group(q->phrase, &g[1]),
                       p->per.n ? p->per : shape_group(q->phrase, &g[2]));
        strbuf_add_byte(b, ']');
    } else if (share && (regex_has(r->patterns[SHAPE_SHARE], p->subject) ||
                         sv_eq(p->name, SV("error_rate")))) {
        bool jobs = regex_has(r->patterns[SHAPE_JOB], p->subject);

        strbuf_addf(b, "%.*s%s", SV_FMT(p->name), shape_ratio_window(r, q, p));
        if (jobs)
            strbuf_add_str(clauses, " min 20 samples");
        else if (q->min_samples)
            strbuf_add_str(clauses, " min 100 samples");
    } else if ((time || p->of_baseline) && !regex_has(r->patterns[SHAPE_ELAPSED], p->subject)) {
        bool batch = regex_has(r->patterns[SHAPE_BATCH], p->subject) ||
                     regex_has(r->patterns[SHAPE_BATCH], q->phrase);
        struct sv f = p->percentile.n ? p->percentile
                      : batch ? (sv_has_nocase(q->phrase, SV("taking")) ? SV("avg") : SV("max"))
                      : p->of_baseline ? SV("p95")
                                       : SV("avg");

        for (size_t i = 0; i < f.n; i++)
            strbuf_add_byte(b, ascii_lower(f.p[i]));
        strbuf_addf(b, "(%.*s)[%s]", SV_FMT(p->name), batch ? "15m" : "5m");
        if (q->min_samples && ascii_lower(*f.p) == 'p')
            strbuf_add_str(clauses, " min 100 samples");
    } else if (!p->unit.n && q->count_window && regex_has(r->patterns[SHAPE_COUNTED], p->subject) &&
               !sv_eq(p->name, SV("startup_failures")) &&
               !sv_has(p->name, SV("startup_failures"))) {
        strbuf_addf(b, "%.*s%s", SV_FMT(p->name), q->count_window);
    } else {
        strbuf_add_sv(b, p->name);
    }
}

static void shape_add_clauses(struct shape_reader *r, const struct shape_request *q,
                              const struct shape_parts *p, struct arena *arena,
                              struct strbuf *clauses)
{
    struct regex_match g[3];

    if (shape_says(r, SHAPE_FOR, q, p, g, 3)) {
        strbuf_add_str(clauses, " for ");
        shape_add_span(clauses, shape_group(q->phrase, &g[1]), shape_group(q->phrase, &g[2]));
    }
    if (shape_says(r, SHAPE_BASELINE, q, p, g, 3))
        strbuf_addf(clauses, " baseline %.*s%.*s", SV_FMT(shape_group(q->phrase, &g[1])),
                    SV_FMT(shape_unit(shape_group(q->phrase, &g[2]))));
    if (shape_says(r, SHAPE_AFTER, q, p, g, 3))
        strbuf_addf(clauses, " after %.*s %.*s",
                    SV_FMT(shape_name(shape_group(q->phrase, &g[1]), arena)),
                    SV_FMT(shape_group(q->phrase, &g[2])));
}

/* A limit without a unit fits a count; one with a unit needs a subject that is no bare event. */
static bool shape_fits(const struct shape_reader *r, const struct shape_request *q,
                       const struct shape_parts *p)
{
    if (!p->name.n || sv_find_byte(p->subject, ',', 0) != SV_NPOS)
        return false;
    if (p->unit.n || p->per.n || q->stated)
        return true;
    return regex_has(r->patterns[SHAPE_COUNTED], p->subject) ||
           sv_has_nocase(p->subject, SV("connections"));
}

/* "p99"; also of "Response time P95: <2s".  Empty: it names none. */
static struct sv shape_percentile(struct shape_reader *r, const struct shape_request *q)
{
    struct regex_match g[2];

    if (regex_find(r->patterns[SHAPE_P], q->phrase, 0, g, 2))
        return shape_group(q->phrase, &g[1]);
    return regex_find(r->patterns[SHAPE_P], q->subject, 0, g, 2) ? shape_group(q->subject, &g[1])
                                                                 : (struct sv){NULL, 0};
}

/* "1.200 ms", where nobody means a thousandth: is it 1,200? */
static bool shape_is_grouped(struct sv limit, struct sv unit)
{
    size_t point = sv_find_byte(limit, '.', 0);

    return point != SV_NPOS && limit.n == point + 4 && *limit.p != '0' &&
           (sv_eq(unit, SV("ms")) || sv_starts_nocase(unit, SV("milli")));
}

static bool shape_compare(struct shape_reader *r, const struct shape_request *q,
                          struct arena *arena, struct shape *ret)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0), clauses = STRBUF(0);
    struct shape_parts p = {0};
    struct regex_match g[6];

    if (!regex_find(r->patterns[SHAPE_LIMIT], q->phrase, 0, g, 6) ||
        sv_has_word(q->phrase, SV("not")) || sv_has_word(q->phrase, SV("nicht")))
        return false; /* "must not be below 1%" */
    p.pairs = regex_pairs_known(q->phrase);
    p.op = shape_group(q->phrase, &g[1]);
    p.limit = shape_group(q->phrase, &g[2]);
    p.unit = shape_group(q->phrase, &g[3]);
    if (sv_starts_nocase(p.unit, SV("per"))) /* "1 percent", "1 per cent" */
        p.unit = SV("%");
    p.of_baseline = g[4].from != SV_NPOS;
    p.per = shape_group(q->phrase, &g[5]);
    p.subject = shape_subject(q, g[0].from);
    p.name = shape_compared_name(r, &p, arena);
    p.percentile = shape_percentile(r, q);
    if (shape_says(r, SHAPE_DUE, q, &p, g, 2)) /* a part of it, so another name */
        p.name = arena_fmt(arena, "%.*s_%.*s", SV_FMT(p.name),
                           SV_FMT(shape_name(shape_group(q->phrase, &g[1]), arena)));
    if (!shape_fits(r, q, &p) || shape_is_grouped(p.limit, p.unit))
        return false;
    shape_add_measure(r, q, &p, &b, &clauses);
    strbuf_addf(&b, " %s %.*s%.*s%s", shape_op(p.op, false), SV_FMT(p.limit),
                SV_FMT(shape_unit(p.unit)), p.of_baseline ? " baseline" : "");
    shape_add_clauses(r, q, &p, arena, &clauses);
    ret->condition = arena_sv(arena, strbuf_sv(&b));
    ret->clauses = arena_sv(arena, strbuf_sv(&clauses));
    return true;
}

/* A change against what was before, and not a value: "response time > 20% increase". */
struct shape_change {
    size_t from; /* of the phrase: what is before it is measured */
    struct sv op, percent;
    bool up;
    bool whole; /* nothing else is said */
};

static bool shape_is_change(struct shape_reader *r, struct sv phrase, struct shape_change *c)
{
    static const struct sv downs[] = {SV("dec"), SV("drop"),  SV("fall"), SV("fell"),  SV("low"),
                                      SV("red"), SV("fewer"), SV("less"), SV("faster")};
    struct regex_match g[4];
    bool grew = regex_find(r->patterns[SHAPE_GREW], phrase, 0, g, 4);
    struct sv word;

    if (!grew && !regex_find(r->patterns[SHAPE_GROWTH], phrase, 0, g, 4))
        return false;
    word = shape_group(phrase, &g[grew ? 3 : 1]);
    *c = (struct shape_change){.from = g[0].from,
                               .op = shape_group(phrase, &g[grew ? 1 : 2]),
                               .percent = shape_group(phrase, &g[grew ? 2 : 3]),
                               .up = true};
    for (size_t i = 0; i < ARRAY_LEN(downs); i++)
        c->up &= !sv_starts_nocase(word, downs[i]);
    c->whole = regex_has(r->patterns[SHAPE_CHANGED], sv_sub(phrase, 0, g[0].from)) &&
               regex_has(r->patterns[SHAPE_CHANGE_END], sv_sub(phrase, g[0].to, phrase.n));
    return true;
}

bool shape_is_relative(struct shape_reader *r, struct sv phrase)
{
    struct shape_change c;

    return shape_is_change(r, phrase, &c);
}

/*
 * Times and sizes that grow by so much have a rule.  An error rate "increased by 5 %" may have 5 points more, or a
 * twentieth: that is not guessed.
 */
static bool shape_change(struct shape_reader *r, const struct shape_request *q,
                         const struct shape_change *c, struct arena *arena, struct shape *ret)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0), clauses = STRBUF(0);
    struct shape_parts p = {.pairs = regex_pairs_known(q->phrase)};
    const char *op = c->op.n ? shape_op(c->op, false) : ">=";
    struct sv known;

    p.subject = shape_subject(q, c->from);
    known = prose_subject(r->prose, p.subject);
    p.name = shape_subject_name(r, p.subject, arena);
    p.of_baseline = sv_eq(known, SV("response_time")) || sv_eq(known, SV("query_time"));
    if (!c->whole || !c->up || q->good != (*op == '<') ||
        (!p.of_baseline && !sv_eq(known, SV("memory"))))
        return false; /* of what is expected it says the most, of what is feared the least */
    p.percentile = shape_percentile(r, q);
    if (p.of_baseline)
        shape_add_measure(r, q, &p, &b, &clauses);
    else
        strbuf_add_sv(&b, p.name);
    strbuf_addf(&b, " %s baseline + %.*s%%", op, SV_FMT(c->percent));
    shape_add_clauses(r, q, &p, arena, &clauses);
    ret->condition = arena_sv(arena, strbuf_sv(&b));
    ret->clauses = arena_sv(arena, strbuf_sv(&clauses));
    return true;
}

/* "Agent success rate (target: > 90%)": the limit is in the parentheses; of "(target: 3.3 min)" it is a baseline. */
static bool shape_target(struct shape_reader *r, const struct shape_request *q, struct arena *arena,
                         struct shape *ret)
{
    struct shape_request inner = *q;
    struct regex_match g[3];

    if (q->subject.n || !regex_find(r->patterns[SHAPE_TARGET], q->phrase, 0, g, 3))
        return false;
    inner.subject = sv_trim(shape_group(q->phrase, &g[1]));
    inner.phrase = shape_group(q->phrase, &g[2]);
    if (sv_eq(inner.phrase, SV("100%"))) { /* a whole is reached, not passed */
        inner.phrase = SV(">= 100%");
        if (!shape_compare(r, &inner, arena, ret))
            return false; /* uncovered: a rate has a name */
        ret->condition =
            arena_fmt(arena, "%.*s == 100%%",
                      SV_FMT(sv_sub(ret->condition, 0, sv_find(ret->condition, SV(" >="), 0))));
        return true;
    }
    return shape_compare(r, &inner, arena, ret);
}

/* --- counts without a number --- */

/* "0", "0 per hour", "0 after Phase 4" of a subject that stands apart. */
static bool shape_zero(struct shape_reader *r, const struct shape_request *q, struct arena *arena,
                       struct shape *ret)
{
    struct regex_match g[4];
    struct sv per, name;

    if (!q->good || !q->subject.n || !regex_find(r->patterns[SHAPE_NONE], q->phrase, 0, g, 4))
        return false;
    name = shape_subject_name(r, q->subject, arena);
    per = shape_group(q->phrase, &g[1]);
    if (per.n)
        ret->condition =
            arena_fmt(arena, "increase(%.*s[1%.*s]) == 0", SV_FMT(name), SV_FMT(shape_unit(per)));
    else
        ret->condition =
            arena_fmt(arena, "%.*s%s == 0", SV_FMT(name), q->count_window ? q->count_window : "");
    if (g[2].from != SV_NPOS)
        ret->clauses = arena_fmt(arena, " after %.*s %.*s",
                                 SV_FMT(shape_name(shape_group(q->phrase, &g[2]), arena)),
                                 SV_FMT(shape_group(q->phrase, &g[3])));
    return true;
}

/* "errors exceed 10": is one of its words a number, and more than words are said? */
static bool shape_has_number(struct sv text)
{
    struct sv word;

    while (sv_next_word(&text, &word)) {
        size_t n = 0;

        while (n < word.n && (ascii_is_digit(word.p[n]) || word.p[n] == '.'))
            n++;
        if (n && (n == word.n || word.p[n] == '%'))
            return true;
    }
    return false;
}

/* Words alone: "Check constraint violations", "startup failures", "No constraint violations", "should show scans". */
static bool shape_event(struct shape_reader *r, const struct shape_request *q, struct arena *arena,
                        struct shape *ret)
{
    struct sv text = sv_trim(q->phrase), name;
    bool none = sv_eat_nocase(&text, SV("no ")) || sv_eat_nocase(&text, SV("zero "));
    const char *window = q->count_window ? q->count_window : "";
    struct regex_match g[2];

    if (regex_find(r->patterns[SHAPE_ANY], text, 0, g, 2))
        text = shape_group(text, &g[1]);
    if (q->good && sv_has_nocase(text, SV("should show scans"))) {
        name = shape_name(q->subject, arena);
        ret->condition = arena_fmt(arena, "increase(%.*s[1h]) > 0", SV_FMT(name));
        return name.n > 0;
    }
    if (!regex_has(r->patterns[SHAPE_COUNTED], text) || none != q->good || text.n > 60 ||
        shape_has_number(text) || sv_find_byte(text, ',', 0) != SV_NPOS)
        return false;
    name = shape_subject_name(r, text, arena);
    if (sv_has(name, SV("startup_failures")))
        window = "";
    else if (sv_eq(name, SV("log_errors")) && !*window)
        window = "[5m]"; /* lines are counted in a window */
    ret->condition = arena_fmt(arena, "%.*s%s %s 0", SV_FMT(name), window, none ? "==" : ">");
    return name.n > 0;
}

/* "Stable, not growing": by half of the time since the deployment, and ten minutes at least. */
static bool shape_stable(struct shape_reader *r UNUSED, const struct shape_request *q,
                         struct arena *arena, struct shape *ret)
{
    int64_t minutes = q->offset_ms / 120000;

    if (q->offset_ms < 0 || !sv_has_nocase(q->phrase, SV("stable")) ||
        (!sv_has_nocase(q->phrase, SV("memory")) && !sv_has_nocase(q->subject, SV("memory"))))
        return false;
    ret->condition =
        arena_fmt(arena, "slope(memory[%lldm]) < 1MB/m", (long long)(minutes < 10 ? 10 : minutes));
    return true;
}

/* Most lines of a document say nothing that could be judged: do not try every way on them. */
static bool shape_may_be(const struct shape_request *q)
{
    static const struct sv firsts[] = {SV("no "), SV("zero "), SV("all "), SV("any ")};
    static const struct sv words[] = {SV("stable"),    SV("match"),     SV("only"),
                                      SV("null"),      SV("identical"), SV("baseline"),
                                      SV("no alerts"), SV("scans"),     SV("to normal"),
                                      SV("evenly"),    SV("no new"),    SV("check (")};

    if (!q->good)
        return true;
    for (size_t i = 0; i < q->phrase.n; i++)
        if (ascii_is_digit(q->phrase.p[i]))
            return true;
    for (size_t i = 0; i < ARRAY_LEN(firsts); i++)
        if (sv_starts_nocase(q->phrase, firsts[i]) || sv_starts_nocase(q->subject, firsts[i]))
            return true;
    return REGEX_SAYS_ANY(q->phrase, words);
}

/* "Queue depth must stay below 100", "CPU should not exceed 90%": what is measured, and its limit. */
static void shape_read_modal(struct shape_reader *r, struct shape_request *q, struct arena *arena)
{
    struct regex_match g[5];
    struct sv limit;

    if (!q->good || q->subject.n || !regex_find(r->patterns[SHAPE_MODAL], q->phrase, 0, g, 5))
        return;
    limit = shape_group(q->phrase, &g[4]);
    q->subject = shape_group(q->phrase, &g[1]);
    q->stated = true;
    if (g[2].from != SV_NPOS)
        limit = arena_fmt(arena, "at most %.*s", SV_FMT(limit));
    else if (g[3].from != SV_NPOS)
        limit = arena_fmt(arena, "at least %.*s", SV_FMT(limit));
    q->phrase = limit;
}

bool shape_read(struct shape_reader *r, const struct shape_request *q, struct arena *arena,
                struct shape *ret)
{
    typedef bool shape_fn(struct shape_reader * r, const struct shape_request *q,
                          struct arena *arena, struct shape *ret);
    static shape_fn *const ways[] = {shape_stable, shape_target, shape_compare, shape_zero,
                                     shape_event};
    struct shape found = {{NULL, 0}, {NULL, 0}, false};
    struct shape_request whole = *q;
    struct shape_change change;
    struct sv phrase;

    *ret = found;
    if (q->phrase.n > 400 || q->subject.n > 200 || !shape_may_be(q))
        return false;
    phrase = q->subject.n ? arena_fmt(arena, "%.*s: %.*s", SV_FMT(q->subject), SV_FMT(q->phrase))
                          : sv_trim(q->phrase);
    if (shape_fixed(r, sv_trim(q->phrase), q->good, arena, &found) ||
        (q->subject.n && shape_fixed(r, phrase, q->good, arena, &found))) {
        *ret = found;
        ret->whole = true;
        return true;
    }
    whole.phrase = amount_phrase(german_phrase(sv_trim(q->phrase), arena), arena);
    if (shape_is_change(r, whole.phrase, &change))
        return shape_change(r, &whole, &change, arena, ret);
    shape_read_modal(r, &whole, arena);
    for (size_t i = 0; i < ARRAY_LEN(ways); i++)
        if (ways[i](r, &whole, arena, &found)) {
            *ret = found;
            return true;
        }
    return false;
}

bool shape_report(struct shape_reader *r, struct sv subject, struct arena *arena, struct sv *ret)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    struct regex_match g[2];
    struct sv name = prose_subject(r->prose, subject), p;

    if (!name.n || !regex_find(r->patterns[SHAPE_P], subject, 0, g, 2))
        return false;
    p = shape_group(subject, &g[1]);
    for (size_t i = 0; i < p.n; i++)
        strbuf_add_byte(&b, ascii_lower(p.p[i]));
    strbuf_addf(&b, "(%.*s)[5m]", SV_FMT(name));
    *ret = arena_sv(arena, strbuf_sv(&b));
    return true;
}

/* --- actions --- */

struct sv shape_action(struct sv text, struct arena *arena)
{
    static const struct {
        struct sv word;
        const char *action; /* NULL: the words that follow name the receiver */
        const char *verb;
    } rows[] = {
        {SV("Page on-call"), "page oncall", NULL},
        {SV("Page oncall"), "page oncall", NULL},
        {SV("Page "), NULL, "page"},
        {SV("Alert "), NULL, "alert"},
        {SV("Notify "), NULL, "alert"},
        {SV("Critical"), "page oncall", NULL},
        {SV("Warning"), "investigate", NULL},
        {SV("Info"), "info team", NULL},
        {SV("Investigate"), "investigate", NULL},
        {SV("Rollback"), "rollback", NULL},
        {SV("Roll back"), "rollback", NULL},
    };
    struct sv t = sv_trim(text), word;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sv rest = t;

        if (!sv_eat_nocase(&rest, rows[i].word))
            continue;
        if (rows[i].action)
            return sv_from(rows[i].action);
        (void)sv_eat_nocase(&rest, SV("the "));
        if (!sv_next_word(&rest, &word) || !shape_name(word, arena).n)
            return (struct sv){NULL, 0};
        return arena_fmt(arena, "%s %.*s", rows[i].verb, SV_FMT(shape_name(word, arena)));
    }
    return (struct sv){NULL, 0};
}
