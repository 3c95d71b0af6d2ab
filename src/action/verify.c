#include "action/verify.h"

#include <math.h>
#include <stdio.h>
#include <sys/stat.h>

#include "action/verify_members.h"
#include "action/verify_rows.h"
#include "base/clock.h"
#include "base/duration.h"
#include "base/regex.h"
#include "base/sv.h"
#include "base/text.h"
#include "rule/env.h"

/* How much of what a command said last stands in the reason. */
#define VERIFY_SAID_COLUMNS 160u
#define VERIFY_REASON_LINES 10u /* behind which no reason is looked for once there is one */

const char *verify_name(enum verify_result r)
{
    static const char *const names[] = {
        [VERIFY_HOLDS] = "holds", [VERIFY_FAILS] = "fails", [VERIFY_UNKNOWN] = "unknown"};

    return names[r];
}

struct verify_cx {
    const struct plan_expect *e;
    const struct action_outcome *o;
    int64_t now_us;
    struct strbuf *seen; /* for people */
};
typedef enum verify_result verify_fn(const struct verify_cx *c);

static enum verify_result verify_bool(bool holds)
{
    return holds ? VERIFY_HOLDS : VERIFY_FAILS;
}

static bool verify_compare(double v, const struct rb_expect *e)
{
    switch (e->op) {
    case OP_LT: return v < e->number;
    case OP_LE: return v <= e->number;
    case OP_GT: return v > e->number;
    case OP_GE: return v >= e->number;
    case OP_NE: return v < e->number || v > e->number;
    case OP_IN: return v >= e->number && v <= e->number2;
    case OP_EQ:
    case OP__N:
    default: return v >= e->number && v <= e->number;
    }
}

/* Colours are not what was printed: `ESC[32mok` is "ok". */
static void verify_add_plain(const struct capture *c, struct strbuf *out)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    capture_text(c, &text);
    verify_rows_plain(strbuf_sv(&text), out);
}

/* Both outputs, one after the other: an expectation does not say which. */
static void verify_output(const struct action_outcome *o, struct strbuf *out)
{
    verify_add_plain(&o->out, out);
    verify_add_plain(&o->errs, out);
}

/* The beginning of what was printed, on one line. */
static void verify_show_output(struct sv text, struct strbuf *seen)
{
    struct sv t = sv_trim(text);

    if (!t.n) {
        strbuf_add_str(seen, "no output");
        return;
    }
    for (size_t i = 0; i < t.n && i < 160; i++)
        strbuf_add_byte(seen, t.p[i] == '\n' || t.p[i] == '\t' ? ' ' : t.p[i]);
    if (t.n > 160)
        strbuf_add_str(seen, " ...");
}

/* What stands below the reason: advice ("hint: ...", "See 'x --help'."), and where in its text psql sees the error. */
static bool verify_is_advice(struct sv line)
{
    static const struct sv always[] = {SV("hint:"), SV("DETAIL:"), SV("CONTEXT:"), SV("LINE "),
                                       SV("(Background on this error")};
    static const struct sv for_help[] = {SV("Try "), SV("See "), SV("Run "),
                                         SV("For more information")};
    size_t marks = 0;

    while (marks < line.n && strchr(" ^~", line.p[marks]))
        marks++;
    if (marks == line.n || sv_has(line, SV(": hint: ")))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(always); i++)
        if (sv_starts_nocase(line, always[i]))
            return true;
    for (size_t i = 0; i < ARRAY_LEN(for_help); i++)
        if (sv_starts(line, for_help[i]) && sv_has(line, SV("help")))
            return true;
    return false;
}

/* Also what the system says, behind which some programs have a last word ("tail: no files remaining"). */
static bool verify_names_error(struct sv line)
{
    static const struct sv of_system[] = {
        SV(": No such file or directory"), SV(": Permission denied"),
        SV(": Connection refused"),        SV(": No space left on device"),
        SV(": Read-only file system"),     SV(": command not found")};

    for (size_t i = 0; i < ARRAY_LEN(of_system); i++)
        if (sv_ends(line, of_system[i]))
            return true;
    return sv_find_nocase(line, SV("error:"), 0) != SV_NPOS ||
           sv_find_nocase(line, SV("fatal:"), 0) != SV_NPOS;
}

/*
 * The line that says what went wrong: of the last ones the one that names an error, else the last that is no advice, else
 * the last.  Of a line that is written over what stands there at last.
 */
static struct sv verify_last_line(struct sv text)
{
    struct sv rest = sv_trim(text), last = {NULL, 0}, reason = {NULL, 0};

    for (unsigned i = 0; rest.n && (i < VERIFY_REASON_LINES || !reason.n); i++) {
        size_t from = rest.n;
        struct sv line;

        while (from > 0 && rest.p[from - 1] != '\n')
            from--;
        line = sv_trim(text_last_written(sv_sub(rest, from, rest.n)));
        rest = sv_trim(sv_sub(rest, 0, from));
        last = last.n ? last : line;
        if (verify_is_advice(line))
            continue;
        if (verify_names_error(line))
            return line;
        reason = reason.n ? reason : line;
    }
    return reason.n ? reason : last;
}

/* "exit status 2: ls: cannot access ...": commands say why in their last line, which is not looked up in the middle of the night. */
static void verify_show_status(const struct action_outcome *o, struct strbuf *seen)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct sv line;

    strbuf_addf(seen, "exit status %lld", (long long)o->status);
    if (o->status == 0)
        return;
    verify_add_plain(&o->errs, &text);
    line = verify_last_line(strbuf_sv(&text));
    if (!line.n) {
        strbuf_truncate(&text, 0);
        verify_add_plain(&o->out, &text);
        line = verify_last_line(strbuf_sv(&text));
    }
    if (!line.n)
        return;
    strbuf_add_str(seen, ": ");
    text_add_line(seen, text_cut(line, VERIFY_SAID_COLUMNS));
    if (text_cut(line, VERIFY_SAID_COLUMNS).n < line.n)
        strbuf_add_str(seen, " ...");
}

/* --- status --- */

static enum verify_result verify_exit(const struct verify_cx *c)
{
    bool holds = (double)c->o->status >= c->e->e.number && (double)c->o->status <= c->e->e.number;

    if (c->o->status < 0)
        return VERIFY_UNKNOWN;
    if (holds)
        strbuf_addf(c->seen, "exit status %lld", (long long)c->o->status);
    else
        verify_show_status(c->o, c->seen);
    return verify_bool(holds);
}

static enum verify_result verify_fail(const struct verify_cx *c)
{
    if (c->o->status < 0)
        return VERIFY_UNKNOWN;
    strbuf_addf(c->seen, "exit status %lld", (long long)c->o->status);
    /* 126 and 127: it was not run at all, which proves nothing */
    return c->o->status == 126 || c->o->status == 127 ? VERIFY_UNKNOWN
                                                      : verify_bool(c->o->status != 0);
}

static enum verify_result verify_http_status(const struct verify_cx *c)
{
    double high = c->e->e.number2 > 0 ? c->e->e.number2 : c->e->e.number;

    if (!c->o->http_status) {
        strbuf_add_str(c->seen, "no answer: ");
        if (c->o->err.msg[0])
            strbuf_add_str(c->seen, c->o->err.msg);
        else
            verify_show_status(c->o, c->seen);
        return VERIFY_FAILS;
    }
    strbuf_addf(c->seen, "HTTP %d", c->o->http_status);
    return verify_bool(c->o->http_status >= c->e->e.number && c->o->http_status <= high);
}

/* --- text --- */

static enum verify_result verify_not_contains(const struct verify_cx *c)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    verify_output(c->o, &text);
    verify_show_output(strbuf_sv(&text), c->seen);
    return verify_bool(!sv_has(strbuf_sv(&text), c->e->e.text));
}

/* "002" is not in "0021": where the text begins or ends with a letter or digit, a word does. */
static bool verify_has_words(struct sv text, struct sv want)
{
    for (size_t at = 0; (at = sv_find(text, want, at)) != SV_NPOS; at++) {
        size_t end = at + want.n;

        if ((at == 0 || !ascii_is_word(*want.p) || !ascii_is_word(text.p[at - 1])) &&
            (end == text.n || !ascii_is_word(text.p[end - 1]) || !ascii_is_word(text.p[end])))
            return true;
    }
    return false;
}

/*
 * "Index Scan using deals_status" of a plan of PostgreSQL: whether the index is read alone, for the table, through a bitmap or from
 * behind is for its planner to say, by how many rows there are today.  What it says instead, or empty.
 */
static struct sv verify_index_scan(struct sv text, struct sv want)
{
    static const struct sv scans[] = {SV("Bitmap Index Scan on "), SV("Index Only Scan using "),
                                      SV("Index Scan using "), SV("Index Scan Backward using "),
                                      SV("Index Only Scan Backward using ")};
    size_t at = SV_NPOS;
    struct sv name;

    for (size_t i = 1; i < 3 && at == SV_NPOS; i++) {
        at = sv_find(want, scans[i], 0);
        want = at == SV_NPOS ? want : sv_sub(want, at + scans[i].n, want.n);
    }
    if (at == SV_NPOS || !sv_next_word(&want, &name))
        return SV("");
    for (size_t i = 0; i < ARRAY_LEN(scans); i++) {
        for (at = 0; (at = sv_find(text, scans[i], at)) != SV_NPOS; at++) {
            struct sv rest = sv_sub(text, at + scans[i].n, text.n), other;

            if (sv_next_word(&rest, &other) && sv_eq(other, name))
                return sv_sub(text, at, at + scans[i].n + name.n);
        }
    }
    return SV("");
}

static enum verify_result verify_contains(const struct verify_cx *c)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct sv scan;

    verify_output(c->o, &text);
    if (!verify_has_words(strbuf_sv(&text), c->e->e.text)) {
        scan = verify_index_scan(strbuf_sv(&text), c->e->e.text);
        if (scan.n) {
            strbuf_addf(c->seen, "%.*s: the same index", SV_FMT(scan));
            return VERIFY_HOLDS;
        }
    }
    verify_show_output(strbuf_sv(&text), c->seen);
    return verify_bool(verify_has_words(strbuf_sv(&text), c->e->e.text));
}

static enum verify_result verify_pattern(const struct verify_cx *c, bool wanted)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    CLEANUP(regex_freep) struct regex *re = NULL;
    struct err err;
    bool found;

    verify_output(c->o, &text);
    verify_show_output(strbuf_sv(&text), c->seen);
    if (regex_new(c->e->e.text, 0, &re, &err) != ERR_OK)
        return VERIFY_UNKNOWN;
    found = regex_has(re, strbuf_sv(&text));
    return regex_hit_limit(re) ? VERIFY_UNKNOWN : verify_bool(found == wanted);
}

static enum verify_result verify_matches(const struct verify_cx *c)
{
    return verify_pattern(c, true);
}

static enum verify_result verify_not_matches(const struct verify_cx *c)
{
    return verify_pattern(c, false);
}

/* --- numbers --- */

static bool verify_is_inner(char c)
{
    return ascii_is_word(c) || c == '.' || c == '-';
}

/* At its first digit: is it a word of its own?  A '-' before it is its sign when nothing stands before that. */
static bool verify_number_begins(struct sv s, size_t i)
{
    if (i == 0)
        return true;
    if (s.p[i - 1] == '-')
        return i == 1 || !verify_is_inner(s.p[i - 2]);
    return !verify_is_inner(s.p[i - 1]);
}

/* A number that is a word of its own, perhaps with a unit behind it: of a date only the year. */
static bool verify_next_amount(struct sv *rest, double *ret, struct sv *behind)
{
    struct sv s = *rest;

    for (size_t i = 0, end; i < s.n; i = end + 1) {
        end = i;
        if (!ascii_is_digit(s.p[i]))
            continue;
        while (end < s.n && (ascii_is_digit(s.p[end]) ||
                             (s.p[end] == '.' && end + 1 < s.n && ascii_is_digit(s.p[end + 1]))))
            end++;
        if (!verify_number_begins(s, i) || !sv_to_f64(sv_sub(s, i, end), ret))
            continue;
        if (i > 0 && s.p[i - 1] == '-')
            *ret = -*ret;
        *behind = sv_sub(s, end, s.n);
        while (end < s.n && verify_is_inner(s.p[end]))
            end++;
        *rest = sv_sub(s, end, s.n);
        return true;
    }
    return false;
}

static bool verify_next_number(struct sv *rest, double *ret)
{
    struct sv behind;

    return verify_next_amount(rest, ret, &behind);
}

/* The word that touches a number, or follows it after one blank. */
static struct sv verify_word_behind(struct sv s)
{
    size_t n = 0;

    (void)sv_eat(&s, SV(" "));
    while (n < s.n && (ascii_is_alpha(s.p[n]) || s.p[n] == '%'))
        n++;
    return sv_sub(s, 0, n);
}

/*
 * In the unit that is expected: "300 ms" of "<5 seconds" is 0.3.  A time, a size or a share that is printed without its
 * unit may be in any: false.
 */
static bool verify_in_unit(const struct rb_expect *e, struct sv printed, double *v)
{
    struct dim_type want, has;
    double unit, factor;

    if (!rule_unit_parse(e->unit, &want, &unit) || want.dim == DIM_COUNT)
        return true;
    if (!rule_unit_parse(printed, &has, &factor) || has.dim != want.dim)
        return false;
    *v *= factor / unit;
    return true;
}

/* The one number of the output; a query's own cell when there is one. */
static enum verify_result verify_number(const struct verify_cx *c)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct sv rest, behind;
    double v, other;
    int64_t rows;

    if (c->o->has_number) {
        strbuf_addf(c->seen, "%g", c->o->number);
        return verify_bool(verify_compare(c->o->number, &c->e->e));
    }
    verify_add_plain(&c->o->out, &text);
    rest = strbuf_sv(&text);
    verify_show_output(rest, c->seen);
    (void)verify_rows_footer(rest, &rows, &rest); /* rest stays without one */
    if (!verify_next_amount(&rest, &v, &behind) || verify_next_number(&rest, &other))
        return VERIFY_UNKNOWN; /* none, or more than one */
    if (!verify_in_unit(&c->e->e, verify_word_behind(behind), &v))
        return VERIFY_UNKNOWN;
    return verify_bool(verify_compare(v, &c->e->e));
}

/* The line with that byte, without what only draws: "==== 20 passed in 3 s ====" */
static struct sv verify_line_at(struct sv text, size_t at)
{
    size_t from = at, to = sv_find_byte(text, '\n', at);
    struct sv line;

    while (from > 0 && text.p[from - 1] != '\n')
        from--;
    line = sv_sub(text, from, to == SV_NPOS ? text.n : to);
    while (line.n && strchr(" \t=-*#|", *line.p))
        line = sv_sub(line, 1, line.n);
    while (line.n && strchr(" \t\r=-*#|", line.p[line.n - 1]))
        line.n--;
    return line;
}

/* "20 passed" */
static enum verify_result verify_count(const struct verify_cx *c)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0), pattern = STRBUF(0);
    CLEANUP(regex_freep) struct regex *re = NULL;
    struct regex_match g[2];
    struct err err;
    double v;

    verify_output(c->o, &text);
    verify_show_output(strbuf_sv(&text), c->seen);
    strbuf_addf(&pattern, "\\b([0-9]+) %.*s\\b", SV_FMT(c->e->e.text));
    if (regex_new(strbuf_sv(&pattern), 0, &re, &err) != ERR_OK ||
        !regex_find(re, strbuf_sv(&text), 0, g, 2) ||
        !sv_to_f64(sv_sub(strbuf_sv(&text), g[1].from, g[1].to), &v))
        return VERIFY_FAILS;
    strbuf_truncate(c->seen, 0);
    verify_show_output(verify_line_at(strbuf_sv(&text), g[0].from), c->seen);
    return verify_bool(verify_compare(v, &c->e->e));
}

/* The rows that psql says it printed; the one number of a result of one row is what "returns 0" means. */
static enum verify_result verify_printed_rows(const struct verify_cx *c)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct sv body;
    double v, other;
    int64_t rows;

    verify_add_plain(&c->o->out, &text);
    verify_show_output(strbuf_sv(&text), c->seen);
    if (!verify_rows_footer(strbuf_sv(&text), &rows, &body))
        return VERIFY_UNKNOWN;
    if (rows == 1 && c->e->e.number < 1 && verify_next_number(&body, &v))
        return verify_next_number(&body, &other) ? VERIFY_UNKNOWN
                                                 : verify_bool(verify_compare(v, &c->e->e));
    return verify_bool(verify_compare((double)rows, &c->e->e));
}

static enum verify_result verify_rows(const struct verify_cx *c)
{
    if (c->o->rows < 0)
        return verify_printed_rows(c);
    if (c->o->status > 0) { /* a statement that failed has no rows, and that says nothing */
        verify_show_status(c->o, c->seen);
        return VERIFY_FAILS;
    }
    strbuf_addf(c->seen, "%lld row%s", (long long)c->o->rows, c->o->rows == 1 ? "" : "s");
    if (c->o->rows == 1 && c->o->has_number && c->e->e.number < 1) {
        /* "returns 0" of a count(*): the cell is meant */
        strbuf_addf(c->seen, ", value %g", c->o->number);
        return verify_bool(verify_compare(c->o->number, &c->e->e));
    }
    return verify_bool(verify_compare((double)c->o->rows, &c->e->e));
}

static enum verify_result verify_row(const struct verify_cx *c)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    verify_add_plain(&c->o->out, &text);
    verify_show_output(strbuf_sv(&text), c->seen);
    return verify_bool(verify_rows_have(strbuf_sv(&text), c->e->e.text));
}

/* What looks for something and finds nothing ends with 1 (number): no failure.  2 is one: it did not look. */
static enum verify_result verify_empty(const struct verify_cx *c)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    verify_add_plain(&c->o->out, &text);
    verify_show_output(strbuf_sv(&text), c->seen);
    if (c->o->status < 0)
        return VERIFY_UNKNOWN;
    if ((double)c->o->status > c->e->e.number) {
        strbuf_add_str(c->seen, ", ");
        verify_show_status(c->o, c->seen);
        return VERIFY_FAILS;
    }
    return verify_bool(sv_trim(strbuf_sv(&text)).n == 0 ||
                       (c->o->only_changed && c->o->status == 0)); /* clients say nothing of it */
}

static enum verify_result verify_free(const struct verify_cx *c)
{
    if (c->o->free_bytes < 0)
        return VERIFY_UNKNOWN;
    strbuf_addf(c->seen, "%.1f GB free", c->o->free_bytes / 1e9);
    return verify_bool(verify_compare(c->o->free_bytes, &c->e->e));
}

/* --- JSON --- */

/* A search for members anywhere in an answer whose name is the word, or (part) has it in it. */
struct verify_member {
    struct sv name;
    bool part;
    const json_t *found; /* the last one */
    const char *key;
    size_t n;
};

static void verify_find_members(struct verify_member *m, const json_t *j, int depth)
{
    const char *key;
    json_t *v;

    if (!json_is_object(j) || depth > 4)
        return;
    json_object_foreach((json_t *)(uintptr_t)j, key, v)
    {
        struct sv k = sv_from(key);

        if (m->part ? sv_has_nocase(k, m->name) : sv_eq(k, m->name)) {
            m->found = v;
            m->key = key;
            m->n++;
        }
        verify_find_members(m, v, depth + 1);
    }
}

/* Milliseconds of one of the unit that a member's name ends in; 0: it does not say. */
static double verify_member_unit(const char *key)
{
    static const struct {
        struct sv suffix;
        double ms;
    } rows[] = {{SV("_ms"), 1},         {SV("_millis"), 1}, {SV("_us"), 0.001},
                {SV("_seconds"), 1000}, {SV("_s"), 1000},   {SV("Ms"), 1}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (sv_ends(sv_from(key), rows[i].suffix))
            return rows[i].ms;
    return 0;
}

static enum verify_result verify_json_number(const struct rb_expect *e, const json_t *v,
                                             const char *key, struct strbuf *seen)
{
    int64_t want_ms = duration_unit_ms(e->unit);
    double unit = verify_member_unit(key);

    if (!json_is_number(v))
        return VERIFY_UNKNOWN;
    strbuf_addf(seen, "%s is %g", key, json_number_value(v));
    if (!e->unit.n)
        return verify_bool(verify_compare(json_number_value(v), e));
    if (want_ms == 0 || unit <= 0)
        return VERIFY_UNKNOWN; /* 50 ms against a number without a unit */
    return verify_bool(verify_compare(json_number_value(v) * unit / (double)want_ms, e));
}

static enum verify_result verify_json_value(const struct rb_expect *e, const json_t *v,
                                            const char *key, struct strbuf *seen)
{
    CLEANUP(json_cleanup) json_t *want = json_loadb(e->value.p, e->value.n, JSON_DECODE_ANY, NULL);
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(200);

    if (!want)
        return VERIFY_UNKNOWN;
    json_write(v, &text);
    strbuf_addf(seen, "%s is %s", key, strbuf_str(&text));
    if (json_is_number(want) && json_is_number(v))
        return verify_bool(!(json_number_value(want) < json_number_value(v)) &&
                           !(json_number_value(want) > json_number_value(v)));
    return verify_bool(json_equal(want, v));
}

static enum verify_result verify_json(const struct verify_cx *c)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    static const enum verify_result verify_results[] = {[MEMBERS_SAME] = VERIFY_HOLDS,
                                                        [MEMBERS_OTHER] = VERIFY_FAILS,
                                                        [MEMBERS_SEVERAL] = VERIFY_UNKNOWN};
    CLEANUP(json_cleanup) json_t *j = NULL, *want = NULL;
    struct verify_member m = {.name = c->e->e.text, .part = c->e->e.value.n == 0, .key = ""};

    verify_add_plain(&c->o->out, &text);
    j = json_loadb(strbuf_str(&text), text.n, 0, NULL);
    if (!j) {
        strbuf_add_str(c->seen, "not JSON: ");
        verify_show_output(strbuf_sv(&text), c->seen);
        return VERIFY_FAILS;
    }
    if (!m.name.n) { /* "{"status": "ok", "version": "1.4"}" */
        want = json_loadb(c->e->e.value.p, c->e->e.value.n, 0, NULL);
        return json_is_object(want) ? verify_results[verify_members(want, j, c->seen)]
                                    : VERIFY_UNKNOWN;
    }
    verify_find_members(&m, j, 0);
    if (m.n != 1) {
        strbuf_addf(c->seen, "%zu members named '%.*s'", m.n, SV_FMT(m.name));
        return m.n == 0 ? VERIFY_FAILS : VERIFY_UNKNOWN;
    }
    return c->e->e.value.n ? verify_json_value(&c->e->e, m.found, m.key, c->seen)
                           : verify_json_number(&c->e->e, m.found, m.key, c->seen);
}

/* --- services, files, dates --- */

/* The words of systemctl status (in a line), supervisorctl status (the second word) and sv status (the first). */
enum verify_place { IN_LINE, SECOND_WORD, FIRST_WORD };
static const struct {
    struct sv word;
    enum verify_place place;
    bool up;
} verify_activities[] = {
    {SV("active (running)"), IN_LINE, true}, {SV("inactive (dead)"), IN_LINE, false},
    {SV("Active: failed"), IN_LINE, false},  {SV("Active: activating"), IN_LINE, false},
    {SV("RUNNING"), SECOND_WORD, true},      {SV("STOPPED"), SECOND_WORD, false},
    {SV("STARTING"), SECOND_WORD, false},    {SV("BACKOFF"), SECOND_WORD, false},
    {SV("EXITED"), SECOND_WORD, false},      {SV("FATAL"), SECOND_WORD, false},
    {SV("run:"), FIRST_WORD, true},          {SV("down:"), FIRST_WORD, false},
    {SV("finish:"), FIRST_WORD, false},
};

static void verify_line_activity(struct sv line, bool *up, bool *down)
{
    struct sv rest = line, first = SV(""), second = SV("");

    if (sv_next_word(&rest, &first) && !sv_next_word(&rest, &second))
        second = SV("");
    for (size_t i = 0; i < ARRAY_LEN(verify_activities); i++) {
        struct sv word = verify_activities[i].word;
        bool said = verify_activities[i].place == IN_LINE       ? sv_has(line, word)
                    : verify_activities[i].place == SECOND_WORD ? sv_eq(second, word)
                                                                : sv_eq(first, word);

        if (said)
            *(verify_activities[i].up ? up : down) = true;
    }
}

/* What a service manager of the document's own printed, when the service is not ours to ask.  One that is up and
 * one that is down beside each other tell nothing of "it". */
static int verify_printed_activity(const struct action_outcome *o)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    bool up = false, down = false;
    struct sv rest, line, whole;

    verify_output(o, &text);
    whole = sv_trim(strbuf_sv(&text)); /* of systemctl is-active */
    if (sv_eq(whole, SV("active")))
        return 1;
    if (sv_eq(whole, SV("inactive")) || sv_eq(whole, SV("failed")))
        return 0;
    rest = strbuf_sv(&text);
    while (sv_next_line(&rest, &line))
        verify_line_activity(line, &up, &down);
    return up == down ? -1 : up;
}

static enum verify_result verify_activity(const struct action_outcome *o, struct strbuf *seen,
                                          int want)
{
    int active = o->active >= 0 ? o->active : verify_printed_activity(o);

    if (active < 0)
        return VERIFY_UNKNOWN;
    strbuf_add_str(seen, active ? "active" : "inactive");
    return verify_bool(active == want);
}

static enum verify_result verify_active(const struct verify_cx *c)
{
    return verify_activity(c->o, c->seen, 1);
}

static enum verify_result verify_inactive(const struct verify_cx *c)
{
    return verify_activity(c->o, c->seen, 0);
}

/* Made by this command, that is: not empty, and changed since it began (with a second for coarse clocks). */
static enum verify_result verify_exists(const struct verify_cx *c)
{
    int64_t begun_s = c->o->started_us / CLOCK_US_PER_S - 1;

    if (c->o->n_made == 0) {
        strbuf_add_str(c->seen, "the command names no file");
        return VERIFY_UNKNOWN;
    }
    for (size_t i = 0; i < c->o->n_made; i++) {
        const char *path = c->o->made[i], *what = NULL;
        struct stat st;

        if (stat(path, &st) != 0)
            what = "is missing";
        else if (!S_ISDIR(st.st_mode) && st.st_size == 0)
            what = "is empty";
        else if (st.st_ctime < begun_s)
            what = "is older than this step";
        if (what) {
            strbuf_addf(c->seen, "%s %s", path, what);
            return VERIFY_FAILS;
        }
        strbuf_addf(c->seen, "%s%s: ", i ? ", " : "", path);
        if (S_ISDIR(st.st_mode))
            strbuf_add_str(c->seen,
                           "a folder"); /* how large it is says nothing about what is in it */
        else
            strbuf_addf(c->seen, "%lld bytes", (long long)st.st_size);
    }
    return VERIFY_HOLDS;
}

/* "notAfter=Mar  4 12:00:00 2027 GMT", as openssl writes it, or RFC 3339. */
static bool verify_date(struct sv text, int64_t *ret_us)
{
    size_t at = sv_find(text, SV("notAfter="), 0);
    struct sv rest = at == SV_NPOS ? text : sv_sub(text, at + 9, text.n), w[4];
    uint64_t day, year;

    if (clock_parse(sv_trim(text), ret_us))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(w); i++)
        if (!sv_next_word(&rest, &w[i]))
            return false;
    if (!clock_month(w[0]) || !sv_to_u64(w[1], &day) || !sv_to_u64(w[3], &year) || day > 31 ||
        year > 9999 || w[2].n != 8)
        return false;
    {
        char iso[48];

        (void)snprintf(iso, sizeof(iso), "%04llu-%02d-%02lluT%.*sZ", (unsigned long long)year,
                       clock_month(w[0]), (unsigned long long)day, SV_FMT(w[2]));
        return clock_parse(sv_from(iso), ret_us);
    }
}

static enum verify_result verify_expires(const struct verify_cx *c)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    int64_t at_us = 0;

    verify_add_plain(&c->o->out, &text);
    verify_show_output(strbuf_sv(&text), c->seen);
    if (!verify_date(strbuf_sv(&text), &at_us))
        return VERIFY_UNKNOWN;
    return verify_bool((double)(at_us - c->now_us) / 1000 > c->e->e.number);
}

/* Of "NAME=value" and "NAME: value" both; of NAME alone, where only names are listed, the name. */
static struct sv verify_line_name(struct sv line, bool *has_value)
{
    size_t n = 0;
    struct sv value;

    while (n < line.n && ascii_is_word(line.p[n]))
        n++;
    value = sv_trim(sv_sub(line, n, line.n));
    *has_value = n == line.n;
    if (value.n && (value.p[0] == '=' || value.p[0] == ':'))
        value = sv_trim(sv_sub(value, 1, value.n));
    *has_value |= value.n > 0 && !sv_eq(value, SV("\"\"")) && !sv_eq(value, SV("''"));
    return sv_sub(line, 0, n);
}

/*
 * What stands in the document is the pattern of a grep: with OLLAMA people may mean OLLAMA_HOST.  The name itself decides
 * where it is there; else a longer one that goes on with '_' counts.  An empty value is none.
 */
static bool verify_is_set(struct sv text, struct sv name, struct sv *as)
{
    bool there = false;
    struct sv line;

    *as = (struct sv){NULL, 0};
    while (sv_next_line(&text, &line)) {
        bool has_value;
        struct sv found = verify_line_name(sv_trim(line), &has_value);
        bool same = sv_eq(found, name);

        there |= same;
        if (has_value &&
            (same || (!there && sv_starts(found, name) && found.p[name.n] == '_' && !as->n)))
            *as = found;
        if (same && has_value)
            return true;
    }
    return as->n > 0 && !there;
}

/* "A|B|C": each of them. */
static enum verify_result verify_set(const struct verify_cx *c)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0), others = STRBUF(0);
    struct sv names = c->e->e.text, name, as;

    verify_add_plain(&c->o->out, &text);
    while (sv_split(&names, '|', &name)) {
        if (!verify_is_set(strbuf_sv(&text), name, &as)) {
            strbuf_addf(c->seen, "%.*s is not set", SV_FMT(name));
            return VERIFY_FAILS;
        }
        if (as.n > name.n)
            strbuf_addf(&others, ", %.*s as %.*s", SV_FMT(name), SV_FMT(as));
    }
    strbuf_addf(c->seen, "all are set%s", strbuf_str(&others));
    return VERIFY_HOLDS;
}

/* --- versions --- */

/* Dotted numbers compared part by part; a missing part is 0. */
static int verify_compare_versions(struct sv a, struct sv b)
{
    struct sv x, y;

    while (a.p || b.p) {
        uint64_t n = 0, m = 0;

        if (!(a.p && sv_split(&a, '.', &x) && sv_to_u64(x, &n)))
            n = 0;
        if (!(b.p && sv_split(&b, '.', &y) && sv_to_u64(y, &m)))
            m = 0;
        if (n != m)
            return n < m ? -1 : 1;
    }
    return 0;
}

static enum verify_result verify_version(const struct verify_cx *c)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    CLEANUP(regex_freep) struct regex *re = regex_must("\\b([0-9]+(?:\\.[0-9]+)+)", 0);
    struct regex_match g[2];
    struct sv found;

    verify_output(c->o, &text);
    if (!regex_find(re, strbuf_sv(&text), 0, g, 2))
        return VERIFY_UNKNOWN;
    found = sv_sub(strbuf_sv(&text), g[1].from, g[1].to);
    strbuf_add_sv(c->seen, found);
    return verify_bool(verify_compare_versions(found, c->e->e.text) >= 0);
}

/* --- alternatives --- */

static enum verify_result verify_any(const struct verify_cx *c)
{
    enum verify_result best = VERIFY_FAILS;

    for (size_t i = 0; i < c->e->n_any && best != VERIFY_HOLDS; i++) {
        struct verify one = {.seen = STRBUF(0)};

        verify_expect(&c->e->any[i], c->o, c->now_us, &one);
        if (one.result == VERIFY_HOLDS || best == VERIFY_FAILS)
            best = one.result;
        strbuf_truncate(c->seen, 0);
        strbuf_add_sv(c->seen, strbuf_sv(&one.seen));
        strbuf_release(&one.seen);
    }
    return best;
}

/* Two looks are needed: the poll of the action has made both, and left the difference. */
static enum verify_result verify_increases(const struct verify_cx *c)
{
    if (!c->o->has_number)
        return VERIFY_UNKNOWN;
    strbuf_addf(c->seen, "the sum of the numbers changed by %g", c->o->number);
    return verify_bool(c->o->number > 0);
}

static verify_fn *const verify_rows_table[EXPECT__N] = {
    [EXPECT_EXIT] = verify_exit,         [EXPECT_FAIL] = verify_fail,
    [EXPECT_CONTAINS] = verify_contains, [EXPECT_NOT_CONTAINS] = verify_not_contains,
    [EXPECT_MATCHES] = verify_matches,   [EXPECT_NOT_MATCHES] = verify_not_matches,
    [EXPECT_NUMBER] = verify_number,     [EXPECT_COUNT] = verify_count,
    [EXPECT_ROWS] = verify_rows,         [EXPECT_STATUS] = verify_http_status,
    [EXPECT_JSON] = verify_json,         [EXPECT_ACTIVE] = verify_active,
    [EXPECT_INACTIVE] = verify_inactive, [EXPECT_FREE] = verify_free,
    [EXPECT_EXISTS] = verify_exists,     [EXPECT_EXPIRES] = verify_expires,
    [EXPECT_SET] = verify_set,           [EXPECT_INCREASES] = verify_increases,
    [EXPECT_VERSION] = verify_version,   [EXPECT_ANY] = verify_any,
    [EXPECT_ROW] = verify_row,           [EXPECT_EMPTY] = verify_empty,
};

void verify_expect(const struct plan_expect *e, const struct action_outcome *o, int64_t now_us,
                   struct verify *ret)
{
    verify_fn *fn = verify_rows_table[e->e.form];
    struct verify_cx cx = {e, o, now_us, &ret->seen};

    strbuf_truncate(&ret->seen, 0);
    ret->result = fn && e->machine ? fn(&cx) : VERIFY_UNKNOWN;
}

double verify_sum(const struct action_outcome *o)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct sv rest;
    double sum = 0, v;

    verify_add_plain(&o->out, &text);
    rest = strbuf_sv(&text);
    while (verify_next_number(&rest, &v))
        sum += v;
    return sum;
}

bool verify_status_is_expected(const struct plan_step *s)
{
    for (size_t i = 0; i < s->n_expects; i++) {
        enum rb_expect_form f = s->expects[i].e.form;

        if (f == EXPECT_EXIT || f == EXPECT_FAIL || f == EXPECT_STATUS || f == EXPECT_INACTIVE ||
            f == EXPECT_ACTIVE || f == EXPECT_EMPTY)
            return true;
    }
    return false;
}

/* "ERROR:  relation ...", "psql:dump.sql:12: ERROR:  ...", in the languages that the server speaks. */
static bool verify_is_error_line(struct sv line)
{
    static const struct sv words[] = {SV("ERROR:"),   SV("FATAL:"), SV("PANIC:"),  SV("FEHLER:"),
                                      SV("ERREUR :"), SV("ERRO:"),  SV("ERRORE:"), SV("BŁĄD:"),
                                      SV("ОШИБКА:"),  SV("FEL:"),   SV("エラー:"), SV("错误:")};

    if (sv_starts(line, SV("psql:"))) {
        size_t at = sv_find(line, SV(": "), 0);

        if (at == SV_NPOS)
            return false;
        line = sv_trim(sv_sub(line, at + 1, line.n));
    }
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (sv_starts(line, words[i]))
            return true;
    return false;
}

static bool verify_expects_error(const struct plan_step *s)
{
    static const struct sv words[] = {SV("error"),  SV("fail"),   SV("violat"),
                                      SV("reject"), SV("refuse"), SV("already exists")};

    for (size_t i = 0; i < s->n_expects; i++) {
        if (s->expects[i].e.form == EXPECT_FAIL)
            return true;
        for (size_t k = 0; k < ARRAY_LEN(words); k++)
            if (sv_has_nocase(s->expects[i].e.source, words[k]))
                return true;
    }
    return false;
}

bool verify_client_erred(const struct plan_step *s, const struct action_outcome *o,
                         struct verify *ret)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct sv rest, line, first = {NULL, 0};
    size_t n = 0;

    if (o->status != 0 || !o->errs.total || !json_get_sv(s->action, "client").n ||
        verify_expects_error(s))
        return false;
    verify_add_plain(&o->errs, &text);
    for (rest = strbuf_sv(&text); sv_next_line(&rest, &line);) {
        if (!verify_is_error_line(line))
            continue;
        if (n++ == 0)
            first = line;
    }
    if (!n)
        return false;
    ret->result = VERIFY_FAILS;
    strbuf_truncate(&ret->seen, 0);
    strbuf_addf(&ret->seen, "psql ends with 0, but says %zu error%s: ", n, n == 1 ? "" : "s");
    text_add_line(&ret->seen, text_cut(first, VERIFY_SAID_COLUMNS));
    return true;
}

bool verify_found_nothing(const struct plan_step *s, const struct action_outcome *o)
{
    return o->status == 1 && json_get_bool(s->action, "searches", false) && o->out.total == 0;
}

void verify_default(const struct action_outcome *o, struct verify *ret)
{
    strbuf_truncate(&ret->seen, 0);
    ret->result = verify_bool(o->status == 0 && o->http_status < 400);
    if (o->status > 0 && o->http_status >= 400)
        strbuf_addf(&ret->seen, "exit status %lld", (long long)o->status);
    else if (o->status > 0)
        verify_show_status(o, &ret->seen);
    else if (o->status < 0)
        strbuf_add_str(&ret->seen, "no exit status");
    if (o->http_status >= 400)
        strbuf_addf(&ret->seen, "%sHTTP %d", ret->seen.n ? ", " : "", o->http_status);
}
