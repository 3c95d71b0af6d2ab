#include "runbook/expect.h"

#include <string.h>

#include "base/duration.h"
#include "base/sv.h"
#include "base/text.h"
#include "runbook/expect_int.h"
#include "runbook/told_verb.h"

/* --- cutting a text into clauses --- */

/* How much deeper or shallower quotes and brackets are after c. */
struct expect_depth {
    int brackets;
    char quote;
};

static void expect_count(struct expect_depth *d, struct sv s, size_t i)
{
    char c = s.p[i];

    if (d->quote) {
        if (c == d->quote)
            d->quote = '\0';
    } else if (c == '"' || c == '`' || (c == '\'' && (i == 0 || !ascii_is_alnum(s.p[i - 1])))) {
        d->quote = c; /* not the apostrophe of "isn't" */
    } else if (strchr("([{", c)) {
        d->brackets++;
    } else if (strchr(")]}", c)) {
        d->brackets--;
    }
}

/* The length of the separator at the front of s, or 0. */
static size_t expect_separator(struct sv s, const struct sv *seps, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (sv_starts_nocase(s, seps[i]))
            return seps[i].n;
    return 0;
}

/* The comma of "1,200": three digits follow, and no fourth. */
static bool expect_groups_digits(struct sv s, size_t i)
{
    size_t n = 0;

    while (i + 1 + n < s.n && ascii_is_digit(s.p[i + 1 + n]))
        n++;
    return s.p[i] == ',' && n == 3 && i > 0 && ascii_is_digit(s.p[i - 1]);
}

/* Cut at the first separator where no quote or bracket is open.  An unbalanced text is not cut. */
static bool expect_cut(struct sv *rest, const struct sv *seps, size_t n, struct sv *piece)
{
    struct expect_depth d = {0};

    if (!rest->p)
        return false;
    for (size_t i = 0; i < rest->n; i++) {
        bool open = d.brackets > 0 || d.quote || expect_groups_digits(*rest, i);
        size_t sep = open ? 0 : expect_separator(sv_sub(*rest, i, rest->n), seps, n);

        if (sep) {
            *piece = sv_trim(sv_sub(*rest, 0, i));
            *rest = sv_sub(*rest, i + sep, rest->n);
            return true;
        }
        expect_count(&d, *rest, i);
    }
    *piece = sv_trim(*rest);
    *rest = (struct sv){NULL, 0};
    return true;
}

/* --- the table of forms --- */

struct expect_match {
    struct sv clause; /* with commentary */
    struct sv bare;   /* without commentary in parentheses at the end */
    struct sv g[6];   /* groups of the pattern */
    const struct expect_context *cx;
    struct arena *arena;
};

/* Fill *e; false: this form does not apply after all, try the next. */
typedef bool expect_form_fn(const struct expect_match *m, struct rb_expect *e);

static enum rb_op expect_op(struct sv word)
{
    static const struct {
        struct sv word;
        enum rb_op op;
    } rows[] = {
        {SV("<="), OP_LE},
        {SV(">="), OP_GE},
        {SV("<"), OP_LT},
        {SV(">"), OP_GT},
        {SV("="), OP_EQ},
        {SV("=="), OP_EQ},
        {SV("at least"), OP_GE},
        {SV("at most"), OP_LE},
        {SV("less than"), OP_LT},
        {SV("under"), OP_LT},
        {SV("below"), OP_LT},
        {SV("fewer than"), OP_LT},
        {SV("over"), OP_GT},
        {SV("above"), OP_GT},
        {SV("more than"), OP_GT},
        {SV("up to"), OP_LE},
        {SV("minimum"), OP_GE},
        {SV("maximum"), OP_LE},
        {SV("min"), OP_GE},
        {SV("max"), OP_LE},
        {SV("greater than"), OP_GT},
        {SV("\xe2\x89\xa4"), OP_LE},
        {SV("\xe2\x89\xa5"), OP_GE},
        {SV("exactly"), OP_EQ},
        {SV("genau"), OP_EQ},
        {SV("mindestens"), OP_GE},
        {SV("höchstens"), OP_LE},
        {SV("weniger als"), OP_LT},
        {SV("unter"), OP_LT},
        {SV("mehr als"), OP_GT},
        {SV("über"), OP_GT},
    };
    bool not = sv_eat_nocase(&word, SV("no ")) || sv_eat_nocase(&word, SV("not ")) ||
               sv_eat_nocase(&word, SV("nicht "));

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (sv_eq_nocase(rows[i].word, word))
            return !not ? rows[i].op : rows[i].op == OP_GT ? OP_LE : OP_GE; /* "no more than" */
    return OP_EQ; /* uncovered: the pattern finds only these words */
}

/* "never above 3", "should not be under 3": the word before turns it around. */
static bool expect_denies(struct sv words)
{
    static const struct sv no[] = {SV("no"),      SV("not"),     SV("never"), SV("cannot"),
                                   SV("without"), SV("nicht"),   SV("nie"),   SV("kein"),
                                   SV("keine"),   SV("neither"), SV("nor")};

    for (size_t i = 0; i < ARRAY_LEN(no); i++)
        if (sv_has_word(words, no[i]))
            return true;
    return false;
}

/* "1,234.5": commas group digits. */
static bool expect_number(struct sv s, double *ret)
{
    char buf[64];
    size_t n = 0;

    for (size_t i = 0; i < s.n && n < sizeof(buf); i++)
        if (s.p[i] != ',')
            buf[n++] = s.p[i];
    return n < sizeof(buf) && sv_to_f64((struct sv){buf, n}, ret);
}

/* "zero", "three", and digits. */
static bool expect_count_word(struct sv s, double *ret)
{
    static const struct sv words[] = {SV("zero"),  SV("one"),  SV("two"), SV("three"),
                                      SV("four"),  SV("five"), SV("six"), SV("seven"),
                                      SV("eight"), SV("nine"), SV("ten")};

    if (sv_eq_nocase(s, SV("no")) || sv_eq_nocase(s, SV("keine")) || sv_eq_nocase(s, SV("null"))) {
        *ret = 0;
        return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (sv_eq_nocase(words[i], s)) {
            *ret = (double)i;
            return true;
        }
    return expect_number(s, ret);
}

/* Bytes of a unit of size as df and people use it: powers of 1000, and of 1024 with an i. */
static double expect_bytes(struct sv unit)
{
    static const struct {
        struct sv unit;
        double bytes;
    } rows[] = {
        {SV("B"), 1},
        {SV("KB"), 1e3},
        {SV("MB"), 1e6},
        {SV("GB"), 1e9},
        {SV("TB"), 1e12},
        {SV("KiB"), 1024},
        {SV("MiB"), 1048576},
        {SV("GiB"), 1073741824.0},
        {SV("TiB"), 1099511627776.0},
        {SV("K"), 1e3},
        {SV("M"), 1e6},
        {SV("G"), 1e9},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (sv_eq_nocase(rows[i].unit, unit))
            return rows[i].bytes;
    return 0;
}

static bool form_status(const struct expect_match *m, struct rb_expect *e)
{
    e->form = EXPECT_STATUS;
    if (!m->cx->http)
        return false;
    if (sv_eq_nocase(m->g[1], SV("2xx"))) {
        e->number = 200;
        e->number2 = 299;
        return true;
    }
    e->number2 = 0;
    return sv_to_f64(m->g[1], &e->number) && e->number >= 100 && e->number < 600;
}

/* "API endpoints responding": with success. */
static bool form_success(const struct expect_match *m, struct rb_expect *e)
{
    e->form = EXPECT_STATUS;
    e->number = 200;
    e->number2 = 299;
    return m->cx->http;
}

static bool form_json(const struct expect_match *m, struct rb_expect *e)
{
    e->form = EXPECT_JSON;
    e->text = m->g[1];
    e->value = m->g[2];
    e->op = OP_EQ;
    return m->cx->http;
}

static bool form_active(const struct expect_match *m, struct rb_expect *e)
{
    e->form = EXPECT_ACTIVE;
    return m->cx->service;
}

static bool form_inactive(const struct expect_match *m, struct rb_expect *e)
{
    e->form = EXPECT_INACTIVE;
    return m->cx->service;
}

static bool form_exit(const struct expect_match *m, struct rb_expect *e)
{
    e->form = EXPECT_EXIT;
    e->number = 0;
    return m->g[1].n == 0 || sv_to_f64(m->g[1], &e->number);
}

/* "Expected: 2": a status where one is printed, else the number that is. */
static bool form_bare_number(const struct expect_match *m, struct rb_expect *e)
{
    if (m->cx->asks_status)
        return form_exit(m, e);
    if (m->cx->http)
        return m->g[1].n == 3 && form_status(m, e);
    e->form = EXPECT_NUMBER;
    e->op = OP_EQ;
    return !m->cx->follows && !m->cx->service && !m->cx->disk &&
           expect_count_word(m->g[1], &e->number);
}

static bool form_exit_zero(const struct expect_match *m UNUSED, struct rb_expect *e)
{
    e->form = EXPECT_EXIT;
    e->number = 0;
    return true;
}

/* "no errors": of a log the lines decide, of a command its status. */
static bool form_no_errors(const struct expect_match *m, struct rb_expect *e)
{
    if (m->g[1].n ? !m->cx->shows_log && !m->cx->follows : !m->cx->follows)
        return m->g[1].n == 0 && form_exit_zero(m, e);
    e->form = EXPECT_NOT_MATCHES;
    e->text = SV("(?i)\\b(error|fatal|panic|exception|traceback)\\b");
    return true;
}

static bool form_fail(const struct expect_match *m UNUSED, struct rb_expect *e)
{
    e->form = EXPECT_FAIL;
    return true;
}

/* "raises an error": of a command.  A request may answer with one and curl still end well. */
static bool form_error(const struct expect_match *m, struct rb_expect *e)
{
    return !m->cx->http && !m->cx->follows && form_fail(m, e);
}

/* "Invalid inserts are rejected": sums up what a step before was already expected to do. */
static bool form_fail_again(const struct expect_match *m, struct rb_expect *e)
{
    e->form = EXPECT_FAIL;
    e->text = m->g[1];
    return true;
}

static bool form_count(const struct expect_match *m, struct rb_expect *e)
{
    e->form = EXPECT_COUNT;
    e->text = m->g[2];
    e->op = m->g[3].n ? OP_GE : OP_EQ;
    return expect_number(m->g[1], &e->number);
}

static bool form_rows(const struct expect_match *m, struct rb_expect *e)
{
    e->form = EXPECT_ROWS;
    e->op = OP_EQ;
    return m->cx->sql && expect_count_word(m->g[1], &e->number);
}

/* "at least one row" */
static bool form_rows_compare(const struct expect_match *m, struct rb_expect *e)
{
    e->form = EXPECT_ROWS;
    e->op = expect_op(m->g[1]);
    return m->cx->sql && expect_count_word(m->g[2], &e->number);
}

/* "Completes in < 15 minutes" is of the step, "File size > 0" of a file: neither number is printed alone. */
static bool expect_is_measured(struct sv before, struct sv unit)
{
    static const struct sv words[] = {SV("complete"), SV("finish"),  SV("take"),
                                      SV("duration"), SV("within"),  SV("runs in"),
                                      SV("done in"),  SV("runtime"), SV("run time")};

    if (sv_has_nocase(before, SV("size")))
        return true;
    for (size_t i = 0; unit.n && i < ARRAY_LEN(words); i++)
        if (sv_has_nocase(before, words[i]))
            return true;
    return false;
}

/* "response time <500ms" is of the request, no member of the answer. */
static bool expect_is_request(struct sv word)
{
    static const struct sv words[] = {SV("time"),  SV("times"), SV("duration"), SV("response"),
                                      SV("reply"), SV("page"),  SV("answer"),   SV("size")};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (sv_eq_nocase(words[i], word))
            return true;
    return false;
}

static bool form_exists(const struct expect_match *m, struct rb_expect *e)
{
    static const struct sv many[] = {SV("all "),     SV("files"), SV("backups"), SV("snapshots"),
                                     SV("archives"), SV("dumps"), SV("copies")};
    bool one = m->cx->lists_one;

    for (size_t i = 0; i < ARRAY_LEN(many); i++)
        one &= !sv_has_nocase(m->bare, many[i]); /* a folder that is there says nothing of them */
    e->form = EXPECT_EXISTS;
    return m->cx->makes_file || (one && form_exit_zero(m, e));
}

/* "at least 3", "<10 connections", "latency <50ms", ">10GB free" */
static bool form_compare(const struct expect_match *m, struct rb_expect *e)
{
    struct sv before = sv_trim(m->g[1]), unit = m->g[4], after = sv_trim(m->g[5]);
    double bytes = expect_bytes(unit);

    e->op = expect_op(m->g[2]);
    e->unit = unit;
    if (!expect_number(m->g[3], &e->number) || m->cx->version || expect_denies(before))
        return false; /* 14.10 is a later version than 14.2 and a smaller number */
    if (m->cx->disk) {
        e->form = EXPECT_FREE;
        e->number *= bytes;
        return bytes > 0 &&
               (sv_has_nocase(after, SV("free")) || sv_has_nocase(before, SV("free")) ||
                sv_has_nocase(after, SV("available")));
    }
    if (m->cx->http) { /* which member of the answer?  Its name must be said */
        struct sv word = {NULL, 0};
        struct sv words = before.n ? before : after;

        e->form = EXPECT_JSON;
        while (sv_next_word(&words, &word))
            e->text = word; /* the last word: "database latency" */
        return e->text.n > 0 && !expect_is_request(e->text);
    }
    if (sv_has_nocase(before, SV("size")) && m->cx->makes_file && e->op == OP_GT && e->number <= 0)
        return form_exists(m, e); /* "File size > 0" */
    e->form = EXPECT_NUMBER;
    e->text = before.n ? before : after;
    return bytes <= 0 &&
           !expect_is_measured(before, unit); /* of what is shown, which number has that unit? */
}

/* "3 or more" */
static bool form_or(const struct expect_match *m, struct rb_expect *e)
{
    e->form = EXPECT_NUMBER;
    e->op = sv_eq_nocase(m->g[2], SV("more")) || sv_eq_nocase(m->g[2], SV("higher")) ||
                    sv_eq_nocase(m->g[2], SV("above")) || sv_eq_nocase(m->g[2], SV("greater"))
                ? OP_GE
                : OP_LE;
    return !m->cx->http && !m->cx->disk && !m->cx->version && expect_number(m->g[1], &e->number);
}

static bool form_range(const struct expect_match *m, struct rb_expect *e)
{
    e->form = EXPECT_NUMBER;
    e->op = OP_IN;
    e->unit = m->g[3];
    return !m->cx->http && !m->cx->disk && expect_number(m->g[1], &e->number) &&
           expect_number(m->g[2], &e->number2);
}

static bool form_increases(const struct expect_match *m UNUSED, struct rb_expect *e)
{
    e->form = EXPECT_INCREASES;
    return !m->cx->follows;
}

static bool form_expires(const struct expect_match *m, struct rb_expect *e)
{
    int64_t ms = 0;

    e->form = EXPECT_EXPIRES;
    if (m->g[1].n && !duration_parse(m->g[1], &ms))
        return false;
    e->number = (double)ms;
    return true;
}

static bool form_version(const struct expect_match *m, struct rb_expect *e)
{
    e->form = EXPECT_VERSION;
    e->op = OP_GE;
    e->text = m->g[1];
    return true;
}

/* "at least 14.2", "17 or newer": what a program says of its version. */
static bool form_own_version(const struct expect_match *m, struct rb_expect *e)
{
    return m->cx->version && form_version(m, e);
}

static bool form_set(const struct expect_match *m, struct rb_expect *e)
{
    e->form = EXPECT_SET;
    e->text = m->cx->names;
    return m->cx->names.n > 0;
}

/* Of a query the rows count: a client prints a head and "(0 rows)" too. */
static bool form_empty(const struct expect_match *m, struct rb_expect *e)
{
    if (m->cx->sql && !sv_has_nocase(m->bare, SV("output"))) {
        e->form = EXPECT_ROWS;
        e->number = 0;
        return true;
    }
    e->form = EXPECT_EMPTY;
    e->number = m->cx->searches ? 1 : 0;
    return true;
}

/*
 * What stands for any value at `i`: "X", "N" alone and "vX.Y" for digits, "XX" and TIMESTAMP for a word; its length,
 * 0: nothing does.  *re: the pattern.
 */
static size_t expect_wild(struct sv text, size_t i, const char **re)
{
    static const struct sv words[] = {
        SV("TIMESTAMP"), SV("YYYYMMDD_HHMMSS"), SV("YYYYMMDD-HHMMSS"), SV("YYYY-MM-DD"),
        SV("YYYYMMDD"),  SV("HH:MM:SS"),        SV("HHMMSS")};
    size_t n = 0;

    if (!strchr("XYZNTH", text.p[i]) || !text.p[i] ||
        (i > 0 && ascii_is_alnum(text.p[i - 1]) && text.p[i - 1] != 'v'))
        return 0;
    for (size_t k = 0; k < ARRAY_LEN(words); k++)
        if (sv_starts(sv_sub(text, i, text.n), words[k]) &&
            (i + words[k].n == text.n || !ascii_is_alnum(text.p[i + words[k].n]))) {
            *re = "[0-9][0-9A-Za-z:._-]*";
            return words[k].n;
        }
    while (i + n < text.n && text.p[i + n] == 'X')
        n++;
    if (n > 1 && (i == 0 || text.p[i - 1] != '_') &&
        (i + n == text.n || !ascii_is_word(text.p[i + n]) || told_is_small(text.p[i + n]))) {
        *re = i > 0 && text.p[i - 1] == '.' ? "[0-9]+" : "[^\\s|]+";
        return n;
    }
    *re = "[0-9]+";
    return strchr("XYZN", text.p[i]) &&
           (i == 0 || !ascii_is_word(text.p[i - 1]) || text.p[i - 1] == 'v') &&
           (i + 1 == text.n || !ascii_is_word(text.p[i + 1]));
}

bool expect_form_text(struct sv text, bool negative, struct arena *arena, struct rb_expect *e)
{
    CLEANUP(strbuf_release) struct strbuf re = STRBUF(0);
    bool wild = false;

    for (size_t i = 0; i < text.n; i++) {
        const char *any;
        size_t n = expect_wild(text, i, &any);

        if (n) {
            strbuf_add_str(&re, any);
            i += n - 1;
        } else if (ascii_is_word(text.p[i]) || (unsigned char)text.p[i] >= 0x80 || text.p[i] == ' ')
            strbuf_add_byte(&re, text.p[i]);
        else
            strbuf_addf(&re, "\\%c", text.p[i]);
        wild |= n && n < text.n;
    }
    if (wild && text_bad_utf8(text) != SV_NPOS)
        return false; /* no pattern */
    if (wild) {
        e->form = negative ? EXPECT_NOT_MATCHES : EXPECT_MATCHES;
        e->text = arena_sv(arena, strbuf_sv(&re));
    } else {
        e->form = negative ? EXPECT_NOT_CONTAINS : EXPECT_CONTAINS;
        e->text = arena_sv(arena, text);
    }
    return text.n > 0;
}

static bool form_contains(const struct expect_match *m, struct rb_expect *e)
{
    return expect_form_text(m->g[1], false, m->arena, e);
}

static bool form_not_contains(const struct expect_match *m, struct rb_expect *e)
{
    return expect_form_text(m->g[1], true, m->arena, e);
}

/* "Returns JSON" names a kind, "Expected: OK" an opinion; neither is what is printed. */
static bool expect_names_a_kind(struct sv word)
{
    static const struct sv words[] = {
        SV("JSON"), SV("XML"), SV("HTML"), SV("YAML"), SV("CSV"),  SV("HTTP"), SV("HTTPS"),
        SV("SSL"),  SV("TLS"), SV("SQL"),  SV("UUID"), SV("ID"),   SV("IDS"),  SV("URL"),
        SV("DNS"),  SV("IP"),  SV("OK"),   SV("YES"),  SV("NO"),   SV("NONE"), SV("PASS"),
        SV("DONE"), SV("TBD"), SV("N/A"),  SV("ALL"),  SV("NULL"), SV("CRUD"), SV("API")};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (sv_eq(words[i], word))
            return true;
    return false;
}

/* PONG, BUILD SUCCESS, "STATUS: deployed", v3.2.0: nobody writes these but as they are printed. */
static bool form_literal(const struct expect_match *m, struct rb_expect *e)
{
    return !m->cx->service && !m->cx->disk && !expect_names_a_kind(m->g[1]) && form_contains(m, e);
}

/* "should print OK": these are printed as they stand, but "NOT OK" and "BROKEN" are not meant. */
static bool form_verdict(const struct expect_match *m, struct rb_expect *e)
{
    e->form = EXPECT_MATCHES;
    e->text = arena_fmt(m->arena, "(?<!NOT )\\b%.*s\\b", SV_FMT(m->g[1]));
    return !m->cx->service && !m->cx->disk;
}

static bool form_not_empty(const struct expect_match *m UNUSED, struct rb_expect *e)
{
    e->form = EXPECT_MATCHES;
    e->text = SV("\\S");
    return true;
}

/* "Expected: STATUS: deployed"; an answer's members are named otherwise. */
static bool form_literal_pair(const struct expect_match *m, struct rb_expect *e)
{
    return !m->cx->http && form_literal(m, e);
}

/* One word, where one value is all that is printed. */
static bool form_value(const struct expect_match *m, struct rb_expect *e)
{
    return m->cx->one_value && form_contains(m, e);
}

#define UNIT "(ms|s|sec|seconds?|minutes?|min|%|[KMGT]i?B|[KMG]|B)?"
#define OP                                                                                             \
    "(<=|>=|<|>|==?|\xe2\x89\xa4|\xe2\x89\xa5|at least|at most|not? (?:more|less|fewer|greater) than|" \
    "nicht (?:mehr|weniger) als|less than|fewer than|more than|"                                       \
    "greater than|under|below|over|above|up to|minimum|maximum|min|max|exactly|"                       \
    "mindestens|höchstens|weniger als|mehr als|unter|über|genau)"
#define LEAD                                                                                                                                    \
    "(?:expect |should |must |sollte? |muss |it |is |be |shows? |zeigt |displays? |contains? |enthält |includes? |prints? |returns? |lists? |" \
    "says? |reads? |answers? |responds? |reports? |output |outputs |response |with |the |a |an |still |also |:)*"

#define COUNT "[0-9]+|zero|one|two|three|four|five|six|seven|eight|nine|ten"
#define ROWS  "(?:rows?|results?|records?|zeilen?)"
#define PHRASE                                                                                       \
    "(?:OK|Created|Accepted|No Content|Moved Permanently|Found|See Other|Not Modified|"              \
    "Temporary Redirect|Permanent Redirect|Bad Request|Unauthori[sz]ed|Forbidden|Not Found|"         \
    "Method Not Allowed|Conflict|Gone|Unprocessable Entity|Too Many Requests|Internal Server Error|" \
    "Bad Gateway|Service Unavailable|Gateway Timeout|redirect|response|status|error)"

/* First match wins.  Patterns see the clause without commentary, letter case is ignored. */
static const struct {
    const char *pattern;
    expect_form_fn *fn;
} expect_forms[] = {
    {"^" LEAD "HTTP(?:/[0-9.]+)?[ :]*(?:status )?(?:code )?([0-9]{3}|2xx)(?: " PHRASE ")?$",
     form_status},
    {"^" LEAD "(?:status(?: code)?[ :]*)?([0-9]{3}|2xx) " PHRASE "$", form_status},
    {"^" LEAD "(?:rejected|refused|denied|answered|redirected|fail|fails) with (?:an? )?(?:HTTP )?"
     "(?:status )?([0-9]{3})(?: " PHRASE ")?$",
     form_status},
    {"^(?:(?:check|verify|confirm|ensure|make sure)(?: that)? )?(?:[\\w/-]+ ){1,4}(?:is |are )?"
     "(?:responding|responds?|answering|answers|reachable)()$",
     form_success},
    {"^" LEAD "(?:http )?status(?: code)?[ :=]*([0-9]{3})$", form_status},
    {"^.*?\"([A-Za-z_][A-Za-z0-9_.-]*)\" ?: ?(\"[^\"]*\"|-?[0-9.]+|true|false|null)[ }`]*$",
     form_json},
    {"^" LEAD
     "(?:service |unit |dienst )?(?:is |are |ist )?(?:active \\(running\\)|running|active|up and running|up|aktiv|"
     "läuft)$",
     form_active},
    {"^(?:the )?(?:application|service|app|server|unit) (?:has )?(?:starts?|started)(?: successfully| cleanly)?$",
     form_active},
    {"^(?:check|verify|confirm|ensure|make sure)(?: that)? .*\\b"
     "(?:stopped|inactive|not running|no longer running|not active)$",
     form_inactive},
    {"^(?:check|verify|confirm|ensure|make sure)(?: that)? (?!.*\\b(?:not|no|nothing|never|none)\\b)"
     ".*\\b(?:running|active|healthy|up)$",
     form_active},
    {"^" LEAD
     "(?:service |unit )?(?:is |are )?(?:inactive \\(dead\\)|inactive|stopped|not running|dead|gestoppt|inaktiv)$",
     form_inactive},
    {"^" LEAD "exit(?: code| status)?[ :=]*(?:of |is )?([0-9]+)$", form_exit},
    {"^" LEAD
     "(?:(?:python|node|version|postgresql|java|openjdk|at least|minimum|min\\.?|>=|≥) ?)*v?"
     "([0-9]+(?:\\.[0-9]+)*)(?:\\+| or (?:newer|later|higher|above|greater|up))?$",
     form_own_version},
    {"^(?:should )?return[s]? (0)$", form_rows},
    {"^" LEAD "`?((?:0|[1-9][0-9,]*)(?:\\.[0-9]+)?|zero)`?$", form_bare_number},
    {"^" LEAD "(?:fail|fails|be rejected|be refused|schlägt fehl|fehlschlagen)$", form_fail},
    {"^" LEAD "(?:raises? |throws? |produces? |gives? |causes? |results? in |ends? with )?an? "
     "(?:[a-z]+ )?(?:error|exception)$",
     form_error},
    {"^(?:invalid |wrong |bad )?(?:inserts?|updates?|values?|rows?|requests?|logins?)(?: are| is| get| gets)? "
     "(rejected|refused|denied)$",
     form_fail_again},
    {"^(?:no errors?|keine fehler)( in (?:the |den )?(?:[a-z]+ )?logs?)?(?: in the output)?$",
     form_no_errors},
    {"^(?:[a-z ]+ )?(?:completes?|completed|finish(?:es)?|runs?|ends?|executes?|applies|apply)"
     " (?:successfully|cleanly|without (?:any )?errors?)()$",
     form_exit},
    {"^(?:[a-z ]+ "
     ")?(?:connection|connects|command|build|login|ping|both|check|config|configuration|"
     "syntax|restore|upload|download|copy)(?: is| are| should| has| have)? "
     "?(?:successful|succeed(?:s|ed)?|ok|pass(?:es|ed)?"
     "|valid)()$",
     form_exit},
    {"^(?:all |both |the )?(?:[a-z]+ ){0,3}tests? (?:still |should )?pass(?:es|ed)?(?: with [a-z ]+)?$",
     form_exit_zero},
    {"^(?:success|successful|succeeds|(?:should |must )?succeed|(?:should|must) pass|both should pass|(?:should |must )?not fail|"
     "(?:should |must )?exits? cleanly|erfolgreich|ok, exit 0)()$",
     form_exit},
    {"^(?:should |must )?(?:prints?|says?|answers?|outputs?|echo(?:es)?) [\"'`]?((?-i:OK|PASS|DONE))[\"'`]?$",
     form_verdict},
    {"^" LEAD
     "([0-9][0-9,]*)(\\+?)? (passed|failed|skipped|errors|warnings|passing|failing|pending)$",
     NULL},
    {"^" LEAD "(" COUNT "|no|keine|null) " ROWS "$", form_rows},
    {"^" LEAD OP " (" COUNT ") " ROWS "$", form_rows_compare},
    {"^(?:should |must )?(?:not|no longer) (?:show|contain|include|list|print) (?:the )?[\"`']([^\"`']+)[\"`']"
     "(?: (?:column|table|index|row|line|entry))?$",
     form_not_contains},
    {"^(?:should |must )?(?:not|no longer) (?:show|contain|include|list|print) (?:the )?"
     "([a-z0-9]+[_.-][a-z0-9_.-]+)(?: (?:column|table|index|row|line|entry))?$",
     form_not_contains},
    {"^(?:should |must )?(?:not|no longer) (?:show|contain|include|list|print) (?:the )?"
     "([a-z0-9_]+) (?:column|table|index)$",
     form_not_contains},
    {"^(?:should |must )?(?:not|no longer) (?:show|contain|include|list|print) ((?-i:[A-Z][A-Z0-9_]{2,}))$",
     form_not_contains},
    {"^(?:should |must )?(?:not be empty|be non-?empty|print something|return something)$",
     form_not_empty},
    {"^" LEAD "[\"`]([^\"`]+)[\"`](?: message| in the output| line)?$", form_contains},
    {"^" LEAD "'([^']+)'$", form_contains},
    {EXPECT_SILENT, form_empty},
    {"^" LEAD
     "(?:no output|empty|nothing|no matches|no match|no hits|no lines|keine ausgabe|keine treffer|leer|"
     "nichts|be empty)(?: sein)?$",
     form_empty},
    {"^" LEAD "((?-i:[A-Z][A-Z0-9_]+(?: [A-Z][A-Z0-9_]+){0,3}))$", form_literal},
    {"^[^\\x00-\\x7f]+ ?((?-i:[A-Z][A-Z0-9_]+(?:(?: -)? [A-Z0-9][A-Z0-9_]+){1,9}))[.!]*(?: ?[^\\x00-\\x7f]+)?$",
     form_literal},
    {"^(?:should |must )?(?:returns?|prints?|shows?|says?) ((?=[a-z_.-]*[0-9])[a-z0-9_.-]+)$",
     form_literal},
    {"^(?:should |must )?resolves? to ([0-9a-f.:]+)$", form_literal},
    {"^((?-i:[A-Z][A-Z0-9_]+|[A-Za-z0-9]+(?:[._][A-Za-z0-9]+)+): [A-Za-z0-9._/-]+)$",
     form_literal_pair},
    {"^" LEAD "`?([a-z0-9][a-z0-9._/+-]*)`?$", form_value},
    {"^.*\\b(?:date|expir\\w*|certificate|valid)\\b.*\\bin (?:the )?future()$", form_expires},
    {"^.*\\b(?:expir\\w*|certificate|valid)\\b.*(?:>|more than|at least|over) ?([0-9]+ ?days?)$",
     form_expires},
    {"^.*\\b(?:count|counter|number|total|requests?|value)s?\\b.*\\b(?:increas\\w+|growing|rising|"
     "goes "
     "up)$",
     form_increases},
    {"^(?:python|node|version|postgresql|should be)? ?v?([0-9]+(?:\\.[0-9]+)+)\\+$", form_version},
    {"^(?:all )?[a-z ]*\\b(?:files?|backups?|snapshots?|archives?|dumps?|copy|copies)\\b[a-z ]*"
     "(?:created|exists?|written|present|taken)(?: successfully)?$",
     form_exists},
    {"^all [a-z ]*(?:secrets?|variables?|settings?)(?: are)? set$", form_set},
    {"^" LEAD "([0-9][0-9.,]*) or (more|higher|above|greater|less|fewer|lower|below)$", form_or},
    {"^" LEAD "(?:between )?([0-9][0-9.,]*) ?(?:-|to|and|\xe2\x80\x93) ?([0-9][0-9.,]*) ?" UNIT
     "(?: [a-z ]+)?$",
     form_range},
    {"^((?:[a-z_]+ ){0,4}?)(?:is |are |of |be |should be )?" OP " ?([0-9][0-9.,]*) ?" UNIT
     "((?: [a-z]+){0,4})$",
     form_compare},
};

struct expect_reader {
    struct regex *forms[ARRAY_LEN(expect_forms)];
    struct regex *patterns[EXPECT_RE__N];
    struct regex *words[EXPECT_WORKS], *commands[EXPECT_WORKS];
};

struct regex *expect_pattern(struct expect_reader *r, enum expect_pattern p)
{
    return r->patterns[p];
}

struct regex *expect_work_words(struct expect_reader *r, size_t i)
{
    return r->words[i];
}

struct regex *expect_work_commands(struct expect_reader *r, size_t i)
{
    return r->commands[i];
}

struct expect_reader *expect_reader_new(void)
{
    struct expect_reader *r = XNEW(struct expect_reader);

    for (size_t i = 0; i < ARRAY_LEN(expect_forms); i++)
        r->forms[i] = regex_must(expect_forms[i].pattern, REGEX_NOCASE);
    for (size_t i = 0; i < EXPECT_RE__N; i++)
        r->patterns[i] = regex_must(expect_patterns[i], REGEX_NOCASE);
    for (size_t i = 0; i < EXPECT_WORKS; i++) {
        r->words[i] = regex_must(expect_works[i].words, REGEX_NOCASE);
        r->commands[i] = regex_must(expect_works[i].commands, REGEX_NOCASE);
    }
    return r;
}

void expect_reader_free(struct expect_reader *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < ARRAY_LEN(expect_forms); i++)
        regex_free(r->forms[i]);
    for (size_t i = 0; i < EXPECT_RE__N; i++)
        regex_free(r->patterns[i]);
    for (size_t i = 0; i < EXPECT_WORKS; i++) {
        regex_free(r->words[i]);
        regex_free(r->commands[i]);
    }
    free(r);
}

/* "20 passed": groups are (number)(+)(noun); the form wants (number, noun, plus). */
static bool expect_try_count(struct expect_match *m, struct rb_expect *e)
{
    struct sv plus = m->g[2];

    m->g[2] = m->g[3];
    m->g[3] = plus;
    return form_count(m, e);
}

static bool expect_try(struct expect_reader *r, size_t form, struct expect_match *m,
                       struct rb_expect *e)
{
    struct regex_match g[ARRAY_LEN(m->g)];
    struct rb_expect found = {.op = OP_EQ};

    if (!regex_find(r->forms[form], m->bare, 0, g, ARRAY_LEN(g)))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(g); i++)
        m->g[i] = g[i].from == SV_NPOS ? (struct sv){"", 0} : sv_sub(m->bare, g[i].from, g[i].to);
    if (!(expect_forms[form].fn ? expect_forms[form].fn(m, &found) : expect_try_count(m, &found)))
        return false;
    found.text = found.text.n ? arena_sv(m->arena, found.text) : found.text;
    *e = found;
    return true;
}

struct sv expect_bare(struct sv s)
{
    for (;;) {
        size_t open;

        s = sv_trim(s);
        if (s.n && (s.p[s.n - 1] == '.' || s.p[s.n - 1] == ',')) {
            s.n--;
            continue;
        }
        if (!s.n || s.p[s.n - 1] != ')')
            return s;
        open = s.n;
        while (open > 0 && s.p[open - 1] != '(')
            open--;
        if (open <= 1 || sv_eq_nocase(sv_sub(s, open, s.n - 1), SV("running")) ||
            sv_eq_nocase(sv_sub(s, open, s.n - 1), SV("dead")))
            return s;
        s.n = open - 1;
    }
}

static void expect_ask(struct sv clause, struct rb_expect *e)
{
    *e = (struct rb_expect){.form = EXPECT_ASK, .text = clause};
}

static void expect_single(struct expect_reader *r, struct sv clause,
                          const struct expect_context *cx, struct arena *arena, struct rb_expect *e)
{
    struct expect_match m = {
        .clause = clause, .bare = expect_bare(clause), .cx = cx, .arena = arena};
    struct regex_pairs pairs;
    struct sv inner;
    bool waived;

    if (expect_read_answer(clause, cx, arena, e))
        return;
    /* "`notAfter` date is in future (>30 days)": here the commentary is the limit */
    if (sv_has_nocase(m.bare, SV("in future")) && expect_in_parentheses(clause, &inner)) {
        int64_t ms;

        (void)(sv_eat(&inner, SV(">")) || sv_eat_nocase(&inner, SV("more than")));
        if (duration_parse(inner, &ms)) {
            *e = (struct rb_expect){.form = EXPECT_EXPIRES, .number = (double)ms};
            return;
        }
    }
    /* "(or document known failures)", "(optional)": whether that applies is for a person to say */
    waived = regex_has(r->patterns[EXPECT_RE_WAIVER], clause);
    pairs = regex_pairs_known(m.bare);
    for (size_t i = 0, n = ARRAY_LEN(expect_forms);
         !waived && (i = regex_next_may_match(r->forms, n, i, &pairs)) < n; i++)
        if (expect_try(r, i, &m, e))
            return;
    expect_ask(clause, e);
}

/* "or a list of changes": satisfied by any output at all. */
static bool expect_is_vacuous(struct sv clause)
{
    static const struct sv starts[] = {SV("list of "), SV("a list of "),    SV("the list of "),
                                       SV("any "),     SV("a summary of "), SV("summary of ")};

    for (size_t i = 0; i < ARRAY_LEN(starts); i++)
        if (sv_starts_nocase(clause, starts[i]))
            return true;
    return false;
}

/* "17 or newer", "3 or more": one limit, no alternatives. */
static bool expect_is_or_more(struct sv clause)
{
    static const struct sv ends[] = {
        SV(" or newer"),   SV(" or later"), SV(" or higher"), SV(" or above"), SV(" or more"),
        SV(" or greater"), SV(" or less"),  SV(" or fewer"),  SV(" or lower"), SV(" or below")};

    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        if (clause.n > ends[i].n &&
            sv_eq_nocase(sv_sub(clause, clause.n - ends[i].n, clause.n), ends[i]))
            return true;
    return false;
}

static void expect_alternatives(struct expect_reader *r, struct sv clause,
                                const struct expect_context *cx, struct arena *arena,
                                struct rb_expect *e)
{
    static const struct sv or = SV(" or ");
    VEC(struct rb_expect) any = {0};
    struct sv rest = clause, piece;

    if (expect_is_or_more(expect_bare(clause))) {
        expect_single(r, clause, cx, arena, e);
        return;
    }
    while (expect_cut(&rest, & or, 1, &piece)) {
        if (expect_is_vacuous(piece))
            e->vacuous = true;
        else
            expect_single(r, piece, cx, arena, vec_add(&any));
    }
    if (any.n == 1) {
        bool vacuous = e->vacuous;

        *e = any.v[0];
        e->vacuous = vacuous;
    } else {
        e->form = EXPECT_ANY;
        e->any = arena_memdup(arena, any.v, any.n * sizeof(*any.v));
        e->n_any = any.n;
        for (size_t i = 0; i < any.n; i++)
            if (any.v[i].form == EXPECT_ASK)
                expect_ask(clause, e); /* a machine cannot say that none of them holds */
    }
    if (e->vacuous && e->form != EXPECT_ASK) /* everything is allowed: only the status is left */
        *e = (struct rb_expect){.form = EXPECT_EXIT, .vacuous = true, .text = e->text};
    vec_release(&any);
}

/* "... between 4": the " and " behind it belongs to it. */
static bool expect_ends_in_between(struct sv clause)
{
    struct sv rest = clause, word, last = {"", 0}, before = {"", 0};

    while (sv_next_word(&rest, &word)) {
        before = last;
        last = word;
    }
    return sv_eq_nocase(before, SV("between")) && ascii_is_digit(*last.p);
}

bool expect_next_clause(struct sv *rest, struct sv *clause)
{
    static const struct sv seps[] = {SV(","), SV(" and ")};

    if (rest->p && (sv_starts(sv_trim(*rest), SV("ERROR")) ||
                    expect_names_in(*rest).n)) { /* a message is one, a list of names, too */
        *clause = sv_trim(*rest);
        *rest = (struct sv){NULL, 0};
        return true;
    }
    while (expect_cut(rest, seps, ARRAY_LEN(seps), clause)) {
        if (expect_ends_in_between(*clause) && rest->p) { /* "between 4 and 8" */
            const char *from = clause->p;

            if (!expect_cut(rest, seps, ARRAY_LEN(seps), clause))
                return false; /* uncovered: what follows "and" is a piece, if an empty one */
            clause->n = (size_t)(clause->p + clause->n - from);
            clause->p = from;
        }
        if (clause->n)
            return true;
    }
    return false;
}

void expect_read(struct expect_reader *r, struct sv text, size_t line,
                 const struct expect_context *cx, struct arena *arena, expect_list *out)
{
    struct sv rest = sv_trim(text), clause;
    size_t before = out->n;

    while (rest.n <= EXPECT_MAX_BYTES && expect_next_clause(&rest, &clause)) {
        size_t first = out->n;

        if (!expect_read_error(r, clause, arena, out) && !expect_read_members(clause, arena, out) &&
            !expect_read_names(clause, arena, out))
            expect_alternatives(r, clause, cx, arena, vec_add(out));
        for (size_t i = first; i < out->n; i++) {
            out->v[i].line = line;
            out->v[i].source = arena_sv(arena, clause);
        }
    }
    if (out->n == before) {
        struct rb_expect *e = vec_add(out);

        expect_ask(arena_sv(arena, text), e);
        e->line = line;
        e->source = e->text;
    }
}

/* --- where expectations are found --- */

/* "Expected log messages: ...", "Expected response structure:"; not "Expected downtime: 5 minutes". */
static bool expect_is_shown(struct sv text, struct sv *rest)
{
    static const char *const shown[] = {
        "output",     "outputs", "response", "responses", "result", "results",   "message",
        "messages",   "log",     "logs",     "line",      "lines",  "structure", "stats",
        "statistics", "status",  "state",    "columns",   "tables", "rows",      "values",
        "value",      "headers", "body",     "content",   "json",   "format",    "entries"};
    size_t colon = sv_find_byte(text, ':', 0), words = 0;
    struct sv label = sv_sub(text, 0, colon), word, last = {"", 0};

    if (colon == SV_NPOS || !sv_eat_nocase(&label, SV("Expected ")))
        return false;
    while (sv_next_word(&label, &word) && *word.p != '(') {
        last = word;
        words++;
    }
    for (size_t i = 0; words <= 3 && i < ARRAY_LEN(shown); i++)
        if (sv_eq_nocase(last, sv_from(shown[i]))) {
            *rest = sv_trim(sv_sub(text, colon + 1, text.n));
            return true;
        }
    return false;
}

/* "期待される結果: 0", "预期输出：ok" */
static bool expect_is_label_cjk(struct sv text, struct sv *rest)
{
    static const struct sv labels[] = {SV("期待される結果"), SV("期待結果"), SV("期待値"),
                                       SV("期待される出力"), SV("预期结果"), SV("预期输出")};

    for (size_t i = 0; i < ARRAY_LEN(labels); i++) {
        struct sv after = text;

        if (!sv_eat(&after, labels[i]))
            continue;
        after = sv_trim(after);
        if (sv_eat(&after, SV(":")) || sv_eat(&after, SV("\xef\xbc\x9a"))) {
            *rest = sv_trim(after);
            return true;
        }
    }
    return false;
}

bool expect_is_label(struct sv text, struct sv *rest)
{
    /* With a colon: a label.  Without: a sentence that itself is what is expected. */
    static const struct {
        struct sv word;
        bool label;
    } rows[] = {
        {SV("Expected output (approximate)"), true},
        {SV("Checkpoint"), true},
        {SV("Expected output"), true},
        {SV("Expected response"), true},
        {SV("Expected behavior"), true},
        {SV("Expected behaviour"), true},
        {SV("Should show"), true},
        {SV("Should print"), true},
        {SV("Should return"), true},
        {SV("Should contain"), true},
        {SV("Should see"), true},
        {SV("You should see"), true},
        {SV("Success criteria"), true},
        {SV("Acceptance criteria"), true},
        {SV("Erfolgskriterien"), true},
        {SV("Erwartetes Ergebnis"), true},
        {SV("Sollte zeigen"), true},
        {SV("Expected result"), true},
        {SV("Expected results"), true},
        {SV("Expect"), true},
        {SV("Expected"), true},
        {SV("Erwartet"), true},
        {SV("Erwartete Ausgabe"), true},
        {SV("Erwartung"), true},
        {SV("Résultat attendu"), true},
        {SV("Résultats attendus"), true},
        {SV("Réponse attendue"), true},
        {SV("Sortie attendue"), true},
        {SV("Resultado esperado"), true},
        {SV("Respuesta esperada"), true},
        {SV("Salida esperada"), true},
        {SV("Saída esperada"), true},
        {SV("Risultato atteso"), true},
        {SV("Output atteso"), true},
        {SV("Se espera"), true},
        {SV("Attendu"), true},
        {SV("Esperado"), true},
        {SV("Expect "), false},
        {SV("Should "), false},
        {SV("Must "), false},
        {SV("Returns "), false},
        {SV("Both should "), false},
        {SV("All should "), false},
        {SV("Expected results should "), false},
        {SV("Expected output should "), false},
        {SV("You should see "), false},
        {SV("Sollte "), false},
        {SV("Muss "), false},
        {SV("No output"), false},
    };
    static const bool begins[256] = {
        /* one of them */
        ['e'] = true, ['c'] = true, ['s'] = true, ['y'] = true, ['a'] = true,
        ['m'] = true, ['o'] = true, ['r'] = true, ['b'] = true, ['n'] = true};
    struct sv t = sv_trim(text);

    if (t.n && (unsigned char)*t.p >= 0xe4 && expect_is_label_cjk(t, rest))
        return true;
    while (t.n && (((unsigned char)*t.p >= 0x80 && !ascii_is_alpha(*t.p)) || *t.p == ' '))
        t = sv_sub(t, 1, t.n); /* a glyph */
    if (t.n && ascii_lower(*t.p) == 'e' && expect_is_shown(t, rest))
        return true;
    if (!t.n || !begins[(unsigned char)ascii_lower(*t.p)]) /* nearly all of them */
        return false;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sv after = t;

        if (ascii_lower(*t.p) != ascii_lower(*rows[i].word.p) ||
            !sv_eat_nocase(&after, rows[i].word))
            continue;
        if (!rows[i].label) {
            *rest = t;
            return true;
        }
        after = sv_trim_left(after);
        if (sv_starts(after, SV("("))) /* "Expected output (approximate):" */
            after = sv_trim_left(
                sv_sub(after, size_min(sv_find_byte(after, ')', 0), after.n - 1) + 1, after.n));
        if (sv_eat(&after, SV("\xc2\xa0")) || sv_eat(&after, SV("\xe2\x80\xaf")))
            after = sv_trim_left(after); /* French, and word processors */
        if (sv_eat(&after, SV(":")) || sv_eat(&after, SV("\xef\xbc\x9a"))) {
            *rest = sv_trim(after);
            return true;
        }
    }
    return false;
}

bool expect_in_parentheses(struct sv text, struct sv *rest)
{
    size_t close, open;

    text = sv_trim(text);
    if (!text.n || text.p[text.n - 1] != ')')
        return false;
    close = text.n - 1;
    open = close;
    while (open > 0 && text.p[open - 1] != '(')
        open--;
    if (open == 0)
        return false;
    *rest = sv_trim(sv_sub(text, open, close));
    return rest->n > 0;
}

bool expect_is_proceed(struct sv text, struct sv *rest)
{
    struct sv t = sv_trim(text);
    size_t at;

    if (!sv_eat_nocase(&t, SV("When ")) && !sv_eat_nocase(&t, SV("Once ")))
        return false;
    at = sv_find_nocase(t, SV(", proceed"), 0);
    if (at == SV_NPOS)
        at = sv_find_nocase(t, SV(", continue"), 0);
    if (at == SV_NPOS)
        return false;
    *rest = sv_trim(sv_sub(t, 0, at));
    return rest->n > 0;
}
