#include "runbook/prose.h"

#include <pthread.h>

#include "base/regex.h"
#include "base/sv.h"
#include "base/vec.h"
#include "base/words.h"

/* How a subject is measured. */
enum prose_kind {
    PROSE_RATIO,   /* a share: compared over a window */
    PROSE_LATENCY, /* a distribution: a percentile, or the average */
    PROSE_EVENT,   /* counted: any is too many */
    PROSE_UP,      /* answers or not */
    PROSE_SIZE,    /* a gauge that may grow */
    PROSE_GAUGE,
};

static const struct prose_row {
    struct prose_subject_info info;
    enum prose_kind kind;
    const char *window;
    const char *pattern; /* words of the phrase */
} prose_rows[] = {
    {{SV("error_rate"), "share of requests that failed",
      "ratio(http_requests_total{status=~\"5..\"}, http_requests_total)", WORSE_UP},
     PROSE_RATIO,
     "[1m]",
     "error rate|5xx|http errors?|failed requests|failure rate|fehlerrate|エラー率"},
    {{SV("success_rate"), "share of requests that did not fail",
      "ratio(http_requests_total{status!~\"5..\"}, http_requests_total)", WORSE_DOWN},
     PROSE_RATIO,
     "[5m]",
     "success rate|erfolgsrate|成功率"},
    {{SV("query_time"), "time of a database query, a histogram", "db_query_seconds", WORSE_UP},
     PROSE_LATENCY,
     "[5m]",
     "query (?:time|latency)|database (?:latency|performance)|database queries|"
     "datenbanklatenz"},
    {{SV("response_time"), "time to answer a request, a histogram", "http_request_duration_seconds",
      WORSE_UP},
     PROSE_LATENCY,
     "[5m]",
     "response times?|latency|request (?:time|duration)|\\bp9[59]\\b|\\bp50\\b|"
     "antwortzeit|latenz|レスポンス"},
    {{SV("crashes"), "unexpected ends of the service: unit.NAME.crashes", NULL, WORSE_UP},
     PROSE_EVENT,
     "[5m]",
     "crash(?:es|ed)?|startup failures?|absturz|abstürze|クラッシュ"},
    {{SV("database"), "a probe of the database, up or down: http.NAME, tcp.NAME", NULL,
      WORSE_UNKNOWN},
     PROSE_UP,
     "",
     "(?:database|db|datenbank) (?:is )?(?:unreachable|down|not responding|unavailable|"
     "nicht erreichbar)"},
    {{SV("service"), "a probe of the service, up or down: http.NAME, unit.NAME", NULL,
      WORSE_UNKNOWN},
     PROSE_UP,
     "",
     "(?:service|application|app|site|health(?: check| endpoint)?|dienst) (?:is )?"
     "(?:unreachable|down|not responding|unavailable|failing|nicht erreichbar)"},
    {{SV("memory"), "memory of the service in bytes", "process_resident_memory_bytes", WORSE_UP},
     PROSE_SIZE,
     "[5m]",
     "memory|\\brss\\b|speicher|メモリ"},
    {{SV("cpu"), "processor use of the service as a share: unit.NAME.cpu", NULL, WORSE_UP},
     PROSE_GAUGE,
     "[5m]",
     "\\bcpu\\b|processor"},
    {{SV("connections"), "open connections", NULL, WORSE_UNKNOWN},
     PROSE_GAUGE,
     "[5m]",
     "connections?|connection pool|\\bpool\\b|verbindungen|接続"},
    {{SV("log_errors"), "lines of the log that report an error: matches(log.NAME, \"ERROR\")", NULL,
      WORSE_UP},
     PROSE_EVENT,
     "[5m]",
     "errors? in (?:the )?logs?|log errors?|error logs?|application logs|"
     "error patterns?|logs? clean"},
};

enum prose_pattern {
    PROSE_COMPARE,
    PROSE_RANGE,
    PROSE_DURATION,
    PROSE_PERCENTILE,
    PROSE_INCREASED,
    PROSE_SINGLE,
    PROSE__N
};

#define PROSE_OP                                                                                     \
    "(<=|>=|<|>|\xe2\x89\xa4|\xe2\x89\xa5|at least|at most|not? (?:more|less|fewer) than|more than|" \
    "less than|exceeds|above|over|"                                                                  \
    "below|under)"
#define PROSE_UNIT "(%|pp|ms|milliseconds?|s\\b|sec\\b|seconds?|min\\b|minutes?|[KMGT]i?B|B\\b)?"

static const char *const prose_patterns[] = {
    [PROSE_COMPARE] = PROSE_OP " ?([0-9]+(?:\\.[0-9]+)?) ?" PROSE_UNIT
                               "(?:/(min(?:ute)?|s(?:ec(?:ond)?)?|h(?:our)?))?",
    [PROSE_RANGE] =
        "([0-9]+(?:\\.[0-9]+)?) ?(?:-|to|\xe2\x80\x93) ?([0-9]+(?:\\.[0-9]+)?) ?" PROSE_UNIT,
    [PROSE_DURATION] = "\\bfor (>|>=|<|<=|more than|at least|less than|longer than)? ?([0-9]+) "
                       "?(s|sec|seconds?|m|min|minutes?|h|hours?)\\b",
    [PROSE_PERCENTILE] = "\\b(p(?:50|75|90|95|99|999))\\b",
    [PROSE_INCREASED] = "increased?(?: by)? ([0-9]+(?:\\.[0-9]+)?) ?%",
    [PROSE_SINGLE] = "^(single|one|a few)\\b",
};

struct prose_reader {
    struct regex *subjects[ARRAY_LEN(prose_rows)];
    struct regex *patterns[PROSE__N];
};

struct prose_reader *prose_reader_new(void)
{
    struct prose_reader *r = XNEW(struct prose_reader);

    for (size_t i = 0; i < ARRAY_LEN(prose_rows); i++)
        r->subjects[i] = regex_must(prose_rows[i].pattern, REGEX_NOCASE);
    for (size_t i = 0; i < PROSE__N; i++)
        r->patterns[i] = regex_must(prose_patterns[i], REGEX_NOCASE);
    return r;
}

void prose_reader_free(struct prose_reader *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < ARRAY_LEN(prose_rows); i++)
        regex_free(r->subjects[i]);
    for (size_t i = 0; i < PROSE__N; i++)
        regex_free(r->patterns[i]);
    free(r);
}

static struct prose_subject_info prose_infos[ARRAY_LEN(prose_rows)];

static void prose_fill_infos(void)
{
    for (size_t i = 0; i < ARRAY_LEN(prose_rows); i++)
        prose_infos[i] = prose_rows[i].info;
}

const struct prose_subject_info *prose_subjects(size_t *n)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    (void)pthread_once(&once, prose_fill_infos); /* fails for one that is none */
    *n = ARRAY_LEN(prose_rows);
    return prose_infos;
}

/* "No rollback", "Do not roll back": what stands right before the word takes it away. */
static bool prose_is_denied(struct sv before)
{
    static const struct sv words[] = {SV("no"),    SV("not"),   SV("never"), SV("without"),
                                      SV("avoid"), SV("don't"), SV("don’t")};

    before = sv_trim(before);
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        size_t n = before.n - size_min(words[i].n, before.n);

        if (sv_eq_nocase(sv_sub(before, n, before.n), words[i]) &&
            (n == 0 || !ascii_is_word(before.p[n - 1])))
            return true;
    }
    return false;
}

/* What a word of a text says: "Scale up or rollback" leaves the choice to a person. */
static enum prose_verdict prose_said(struct sv text, size_t at, enum prose_verdict verdict)
{
    if (prose_is_denied(sv_sub(text, 0, at)))
        return PROSE_OK;
    return verdict == PROSE_ROLLBACK && sv_has_nocase(text, SV(" or ")) ? PROSE_HOLD : verdict;
}

/* "Revert", "Immediately abort it": what is done first; and not "ignore the canary and revert". */
static bool prose_counts(struct sv before, struct sv word)
{
    static struct words fillers =
        WORDS("immediately please then we you must should at once a the full");
    struct sv filler;

    if (!sv_eq(word, SV("revert")) && !sv_eq(word, SV("back out")) && !sv_eq(word, SV("abort")))
        return true;
    while (sv_next_word(&before, &filler))
        if (!words_have(&fillers, filler))
            return false;
    return true;
}

enum prose_verdict prose_verdict_of(struct sv text)
{
    static const struct {
        struct sv word;
        enum prose_verdict verdict;
    } rows[] = {
        {SV("consider"), PROSE_HOLD}, /* a rollback, which a person decides */
        {SV("evaluate"), PROSE_HOLD},
        {SV("discuss"), PROSE_HOLD},
        {SV("prepare"), PROSE_HOLD},
        {SV("fix forward"), PROSE_FIX_FORWARD},
        {SV("investigate"), PROSE_INVESTIGATE},
        {SV("untersuchen"), PROSE_INVESTIGATE},
        {SV("調査"), PROSE_INVESTIGATE},
        {SV("rollback"), PROSE_ROLLBACK},
        {SV("roll back"), PROSE_ROLLBACK},
        {SV("revert"), PROSE_ROLLBACK},
        {SV("back out"), PROSE_ROLLBACK},
        {SV("abort"), PROSE_ROLLBACK},
        {SV("zurückrollen"), PROSE_ROLLBACK},
        {SV("ロールバック"), PROSE_ROLLBACK},
        {SV("hold"), PROSE_HOLD},
        {SV("ok"), PROSE_OK},
        {SV("continue"), PROSE_OK},
        {SV("weiter"), PROSE_OK},
        {SV("続行"), PROSE_OK},
    };

    static const bool begins[256] = {
        /* one of them, in either case */
        ['a'] = true, ['b'] = true, ['c'] = true,  ['e'] = true,  ['d'] = true, ['p'] = true,
        ['f'] = true, ['i'] = true, ['u'] = true,  ['r'] = true,  ['z'] = true, ['h'] = true,
        ['o'] = true, ['w'] = true, [0xe3] = true, [0xe7] = true, [0xe8] = true};
    bool inside = false; /* of a word */

    /* The first word decides: "INVESTIGATE (don't rollback yet)", "OK (monitor, but don't rollback)". */
    for (size_t at = 0; at < text.n; at++) {
        char first = ascii_lower(text.p[at]);
        bool skip = inside || !begins[(unsigned char)first];

        inside = ascii_is_word(first);
        if (skip)
            continue;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
            if (*rows[i].word.p == first &&
                sv_starts_nocase(sv_sub(text, at, text.n), rows[i].word) &&
                prose_counts(sv_sub(text, 0, at), rows[i].word))
                return prose_said(text, at, rows[i].verdict);
    }
    return PROSE_NONE;
}

static const struct prose_row *prose_find(struct prose_reader *r, struct sv phrase)
{
    struct regex_pairs pairs = regex_pairs_known(phrase);

    for (size_t i = 0, n = ARRAY_LEN(prose_rows);
         (i = regex_next_may_match(r->subjects, n, i, &pairs)) < n; i++)
        if (regex_has(r->subjects[i], phrase))
            return &prose_rows[i];
    return NULL;
}

struct sv prose_subject(struct prose_reader *r, struct sv phrase)
{
    const struct prose_row *row = prose_find(r, phrase);

    return row ? row->info.name : (struct sv){NULL, 0};
}

/* --- the pieces of a phrase --- */

struct prose_phrase {
    const struct prose_row *subject;
    struct sv text;
    struct sv op, limit, upper, unit, per; /* upper: of a range */
    struct sv percentile;                  /* "p95" */
    struct sv for_op, for_n, for_unit;
    struct sv increased; /* per cent */
    bool single;
};

static struct sv prose_group(struct sv text, const struct regex_match *g)
{
    return g->from == SV_NPOS ? (struct sv){NULL, 0} : sv_sub(text, g->from, g->to);
}

static void prose_cut(struct prose_reader *r, struct sv phrase, struct prose_phrase *p)
{
    struct regex_match g[5];
    struct sv rest = phrase;

    *p = (struct prose_phrase){.subject = prose_find(r, phrase), .text = phrase};
    if (regex_find(r->patterns[PROSE_DURATION], phrase, 0, g, 4)) {
        p->for_op = prose_group(phrase, &g[1]);
        p->for_n = prose_group(phrase, &g[2]);
        p->for_unit = prose_group(phrase, &g[3]);
        rest = sv_sub(phrase, 0, g[0].from);
    }
    if (regex_find(r->patterns[PROSE_PERCENTILE], phrase, 0, g, 2))
        p->percentile = prose_group(phrase, &g[1]);
    if (regex_find(r->patterns[PROSE_INCREASED], phrase, 0, g, 2))
        p->increased = prose_group(phrase, &g[1]);
    p->single = regex_has(r->patterns[PROSE_SINGLE], phrase);
    if (regex_find(r->patterns[PROSE_COMPARE], rest, 0, g, 5)) {
        p->op = prose_group(rest, &g[1]);
        p->limit = prose_group(rest, &g[2]);
        p->unit = prose_group(rest, &g[3]);
        p->per = prose_group(rest, &g[4]);
    } else if (!p->increased.n && regex_find(r->patterns[PROSE_RANGE], rest, 0, g, 4)) {
        p->limit = prose_group(rest, &g[1]);
        p->upper = prose_group(rest, &g[2]);
        p->unit = prose_group(rest, &g[3]);
    }
}

static const char *prose_op_text(struct sv op)
{
    static const struct {
        struct sv word;
        const char *op;
    } rows[] = {
        {SV("<="), "<="},
        {SV(">="), ">="},
        {SV("<"), "<"},
        {SV(">"), ">"},
        {SV("\xe2\x89\xa4"), "<="},
        {SV("\xe2\x89\xa5"), ">="},
        {SV("at least"), ">="},
        {SV("at most"), "<="},
        {SV("less than"), "<"},
        {SV("below"), "<"},
        {SV("under"), "<"},
        {SV("no more than"), "<="},
        {SV("not more than"), "<="},
        {SV("no less than"), ">="},
        {SV("not less than"), ">="},
        {SV("no fewer than"), ">="},
        {SV("not fewer than"), ">="},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (sv_eq_nocase(rows[i].word, op))
            return rows[i].op;
    return ">"; /* more than, exceeds, above, over */
}

/* "seconds" is s, "min" is m; sizes and % stay. */
static struct sv prose_unit(struct sv unit)
{
    static const struct {
        struct sv word, unit;
    } rows[] = {
        {SV("milliseconds"), SV("ms")}, {SV("millisecond"), SV("ms")}, {SV("seconds"), SV("s")},
        {SV("second"), SV("s")},        {SV("sec"), SV("s")},          {SV("minutes"), SV("m")},
        {SV("minute"), SV("m")},        {SV("min"), SV("m")},          {SV("hours"), SV("h")},
        {SV("hour"), SV("h")},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (sv_eq_nocase(rows[i].word, unit))
            return rows[i].unit;
    return unit;
}

/* What is measured: "error_rate[1m]", "p95(response_time)[5m]", "slope(memory[5m])". */
static bool prose_measure(const struct prose_phrase *p, struct strbuf *b)
{
    const struct prose_row *s = p->subject;
    struct sv name = s->info.name;

    switch (s->kind) {
    case PROSE_RATIO:
    case PROSE_EVENT: strbuf_addf(b, "%.*s%s", SV_FMT(name), s->window); return true;
    case PROSE_LATENCY:
        if (p->percentile.n)
            for (size_t i = 0; i < p->percentile.n; i++)
                strbuf_add_byte(b, ascii_lower(p->percentile.p[i]));
        else
            strbuf_add_str(b, "avg");
        strbuf_addf(b, "(%.*s)%s", SV_FMT(name), s->window);
        return true;
    case PROSE_SIZE:
        if (p->per.n)
            strbuf_addf(b, "slope(%.*s%s)", SV_FMT(name), s->window);
        else
            strbuf_add_sv(b, name);
        return true;
    case PROSE_GAUGE: /* 80 % is of those that there may be; connections are counted */
        strbuf_add_sv(b, sv_eq(name, SV("connections")) && sv_eq(p->unit, SV("%"))
                             ? SV("connection_pool")
                             : name);
        return true;
    case PROSE_UP:         /* uncovered: see below */
    default: return false; /* uncovered: what is up or down is not measured */
    }
}

static void prose_add_limit(struct strbuf *b, const struct prose_phrase *p, struct sv number)
{
    strbuf_add_sv(b, number);
    strbuf_add_sv(b, prose_unit(p->unit));
    if (p->per.n)
        strbuf_addf(b, "/%.*s", SV_FMT(prose_unit(p->per)));
}

/* "for <5 min" of a mild row: the row says what is tolerated that long, not what must last. */
static bool prose_is_short(const struct prose_phrase *p)
{
    return sv_starts(p->for_op, SV("<")) || sv_eq_nocase(p->for_op, SV("less than"));
}

/* A limit without a unit where the subject has a dimension cannot be compared. */
static bool prose_unit_fits(const struct prose_phrase *p)
{
    switch (p->subject->kind) {
    case PROSE_RATIO: return sv_eq(p->unit, SV("%"));
    case PROSE_LATENCY: return p->unit.n > 0 && !sv_eq(p->unit, SV("%"));
    case PROSE_SIZE: return p->unit.n > 1;
    case PROSE_EVENT:
    case PROSE_GAUGE:
    case PROSE_UP:
    default: return true;
    }
}

/*
 * A row that is fine tolerates up to what it names, every other one speaks from there on: "single crash: OK"
 * is at most one, "single crash: rollback" is one or more.
 */
static bool prose_condition(const struct prose_phrase *p, enum prose_verdict verdict,
                            struct strbuf *b)
{
    const char *named = verdict == PROSE_OK ? "<=" : ">=";

    if (p->subject->kind == PROSE_UP) {
        strbuf_addf(b, "3 of 3 (%.*s is down)", SV_FMT(p->subject->info.name));
        return true;
    }
    if (p->increased.n) {
        strbuf_addf(b, "%.*s %s baseline + %.*s%%", SV_FMT(p->subject->info.name), named,
                    SV_FMT(p->increased));
        return p->subject->kind == PROSE_SIZE || p->subject->kind == PROSE_GAUGE;
    }
    if (!prose_measure(p, b))
        return false; /* uncovered: see there */
    if (!p->limit.n) {
        if (p->single)
            strbuf_addf(b, " %s 1", named);
        else
            strbuf_add_str(b, " > 0");
        return p->subject->kind == PROSE_EVENT;
    }
    if (!prose_unit_fits(p))
        return false;
    if (!p->upper.n) {
        strbuf_addf(b, " %s ", prose_op_text(p->op));
        prose_add_limit(b, p, p->limit);
    } else if (verdict != PROSE_ROLLBACK && prose_is_short(p)) {
        strbuf_add_str(b, " >= ");
        prose_add_limit(b, p, p->limit);
    } else {
        strbuf_add_str(b, " in [");
        prose_add_limit(b, p, p->limit);
        strbuf_add_str(b, ", ");
        prose_add_limit(b, p, p->upper);
        strbuf_add_byte(b, ']');
    }
    return true;
}

const char *prose_action(enum prose_verdict verdict)
{
    switch (verdict) {
    case PROSE_OK: return "ok";
    case PROSE_INVESTIGATE: return "investigate";
    case PROSE_HOLD: return "hold";
    case PROSE_FIX_FORWARD: return "fix-forward";
    case PROSE_ROLLBACK: return "rollback";
    case PROSE_NONE:
    default: return "investigate";
    }
}

struct sv prose_rule(struct prose_reader *r, struct sv phrase, enum prose_verdict verdict,
                     struct arena *arena, struct sv *dropped)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    struct prose_phrase p;

    *dropped = (struct sv){NULL, 0};
    prose_cut(r, phrase, &p);
    if (!p.subject)
        return (struct sv){NULL, 0};
    strbuf_addf(&b, "%s when ", prose_action(verdict));
    if (!prose_condition(&p, verdict, &b))
        return (struct sv){NULL, 0};
    if (p.for_n.n && prose_is_short(&p))
        *dropped = arena_fmt(arena, "for %.*s%.*s %.*s", SV_FMT(p.for_op), SV_FMT(p.for_n),
                             SV_FMT(p.for_unit));
    else if (p.for_n.n)
        strbuf_addf(&b, " for %.*s%.*s", SV_FMT(p.for_n), SV_FMT(prose_unit(p.for_unit)));
    return arena_sv(arena, strbuf_sv(&b));
}

struct sv prose_expect(struct prose_reader *r, struct sv phrase, struct arena *arena,
                       struct sv *dropped)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    struct prose_phrase p;

    *dropped = (struct sv){NULL, 0};
    prose_cut(r, phrase, &p);
    if (!p.subject || !p.limit.n)
        return (struct sv){NULL, 0};
    strbuf_add_str(&b, "expect ");
    if (!prose_condition(&p, PROSE_ROLLBACK, &b))
        return (struct sv){NULL, 0};
    strbuf_add_str(&b, " else investigate");
    return arena_sv(arena, strbuf_sv(&b));
}
