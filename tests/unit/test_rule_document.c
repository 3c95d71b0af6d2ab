/* docs/reference/rules.md and docs/guide/rules.md: what a person reads there is what the language takes, and does. */
#include "base/file.h"
#include "test_rule_util.h"

static struct strbuf text; /* of the page that is looked at */

static void page(const char *path)
{
    struct err err;

    strbuf_release(&text);
    text = STRBUF(0);
    T_OK(file_read(path, 1u << 20, &text, &err), err);
}

/* --- finding what it shows --- */

typedef void shown_fn(struct sv code, void *arg);

/* Every line inside of fences, and where its section begins. */
static void each_code_line(shown_fn *fn, void *arg)
{
    struct sv rest = strbuf_sv(&text), line;
    bool inside = false;

    while (sv_next_line(&rest, &line)) {
        if (sv_starts(line, SV("```")))
            inside = !inside;
        else if (inside && sv_trim(line).n)
            fn(line, arg);
    }
}

/* Every `span` outside of them; two back quotes hold one with back quotes in it. */
static void each_span(shown_fn *fn, void *arg)
{
    struct sv rest = strbuf_sv(&text), line;
    bool inside = false;

    while (sv_next_line(&rest, &line)) {
        if (sv_starts(line, SV("```")))
            inside = !inside;
        for (size_t at = 0, end; !inside && (at = sv_find_byte(line, '`', at)) != SV_NPOS;
             at = end + 1) {
            end = sv_find_byte(line, '`', at + 1);
            if (end == SV_NPOS)
                break; /* it goes on in the next line: the next test finds half of it */
            fn(sv_sub(line, at + 1, end), arg);
        }
    }
}

/* The rows of the table that follows `heading`, cell by cell. */
typedef void row_fn(const struct sv *cells, size_t n, void *arg);

static size_t each_row(struct sv heading, row_fn *fn, void *arg)
{
    size_t at = sv_find(strbuf_sv(&text), heading, 0), rows = 0;
    struct sv rest, line, cell;

    if (at == SV_NPOS)
        T_FAIL("there is no '%.*s'", SV_FMT(heading));
    rest = sv_sub(strbuf_sv(&text), at, text.n);
    while (sv_next_line(&rest, &line) && !sv_starts(line, SV("|")))
        ;
    (void)sv_next_line(&rest, &line); /* what stands under the head */
    while (sv_next_line(&rest, &line) && sv_eat(&line, SV("|"))) {
        struct sv cells[12];
        size_t n = 0;

        while (sv_split(&line, '|', &cell) && n < ARRAY_LEN(cells))
            cells[n++] = sv_trim(cell);
        fn(cells, n, arg);
        rows++;
    }
    return rows;
}

/* The first `span` of a cell. */
static bool next_span(struct sv *cell, struct sv *ret)
{
    size_t from = sv_find_byte(*cell, '`', 0), to;

    if (from == SV_NPOS || (to = sv_find_byte(*cell, '`', from + 1)) == SV_NPOS)
        return false;
    *ret = sv_sub(*cell, from + 1, to);
    *cell = sv_sub(*cell, to + 1, cell->n);
    return true;
}

/* --- is it of the language? --- */

static bool takes(struct sv rule)
{
    struct bench b = bench_new(15, 0);
    struct rule *parsed, *checked;
    struct rule_source counter, text_of = {.kind = SOURCE_VALUE, .type = {DIM_TEXT, false}};
    bool is;

    rule_metric_guess(SV("http_requests_total"), &counter);
    counter.name = SV("http_requests_total");
    rule_env_add_source(b.env, &counter);
    text_of.name = SV("deal_type");
    rule_env_add_source(b.env, &text_of);
    text_of.name = SV("tag");
    rule_env_add_source(b.env, &text_of);
    bench_alias(&b, "error_rate",
                "ratio(http_requests_total{status=~\"5..\"}, http_requests_total)");
    bench_alias(&b, "pool_in_use", "pool_used_count");
    is = rule_parse(&b.a, rule, &parsed, &b.diag, &b.err) == ERR_OK &&
         rule_check(&b.a, parsed, b.env, &checked, NULL, &b.err) == ERR_OK;
    if (!is)
        t_say("'%.*s': %s", SV_FMT(rule), b.err.msg);
    bench_free(&b);
    return is;
}

static bool takes_as(const char *before, struct sv middle, const char *after)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    strbuf_addf(&b, "%s%.*s%s", before, SV_FMT(middle), after);
    return takes(strbuf_sv(&b));
}

static bool is_rule(struct sv s)
{
    static const struct sv begins[] = {
        SV("rollback when "), SV("investigate when "), SV("expect "),    SV("proceed when "),
        SV("checkpoint T"),   SV("report p"),          SV("hold when "), SV("flag-off NEW")};
    static const struct sv to_come[] = {SV("…"), SV("CONDITION"), SV("EXPRESSION"), SV("..."),
                                        SV("NAME")};

    if (sv_starts(s, SV("expect <"))) /* half of one, in a table of limits */
        return false;
    for (size_t i = 0; i < ARRAY_LEN(to_come); i++)
        if (sv_has(s, to_come[i]))
            return false; /* it shows a form */
    for (size_t i = 0; i < ARRAY_LEN(begins); i++)
        if (sv_starts(s, begins[i]) && s.n > begins[i].n + 1)
            return !sv_is(s, "expect C for D");
    return false;
}

static void take_rule(struct sv code, void *arg)
{
    code =
        sv_sub(code, 0, size_min(sv_find(code, SV("    "), 0), code.n)); /* what it means follows */
    if (!is_rule(code) || sv_is(code, "proceed when C"))
        return;
    if (!takes(code))
        T_FAIL("the page shows '%.*s'", SV_FMT(code));
    ++*(size_t *)arg;
}

T(every_rule_of_the_reference_is_one)
{
    size_t n = 0;

    page(RULE_PAGES "/reference/rules.md");
    each_code_line(take_rule, &n);
    each_span(take_rule, &n);
    t_say("%zu rules", n);
    T_CHECK(n >= 10);
    strbuf_release(&text);
}

static void take_yaml(struct sv code, void *arg)
{
    size_t from = sv_find_byte(code, '\'', 0), to = sv_find_byte(code, '\'', from + 1);

    if (!sv_starts(code, SV("  errors")))
        return;
    T_CHECK(from != SV_NPOS && to != SV_NPOS);
    T_CHECK(takes(sv_sub(code, from + 1, to)));
    ++*(size_t *)arg;
}

T(every_rule_of_the_guide_is_one)
{
    size_t n = 0;

    page(RULE_PAGES "/guide/rules.md");
    each_code_line(take_yaml, &n);
    T_EQ(n, 2);
    strbuf_release(&text);
}

/* In section 2: a condition a line, and behind it, after blanks, what it is; or several. */
static void take_condition(struct sv code, void *arg)
{
    struct sv section = *(struct sv *)arg, first, rest = code;
    size_t end;

    if (code.p < section.p || code.p >= section.p + section.n)
        return;
    do {
        end = sv_find(rest, SV("    "), 0);
        first = sv_trim(sv_sub(rest, 0, end == SV_NPOS ? rest.n : end));
        if (!takes_as("investigate when ", first, ""))
            T_FAIL("the page shows the condition '%.*s'", SV_FMT(first));
        rest = end == SV_NPOS ? SV("") : sv_trim(sv_sub(rest, end, rest.n));
    } while (rest.n && sv_has(rest, SV(" is ")) && sv_starts(code, SV("deal_type is null")));
}

T(every_condition_of_the_reference_is_one)
{
    struct sv section;
    size_t from, to;

    page(RULE_PAGES "/reference/rules.md");
    from = sv_find(strbuf_sv(&text), SV("## 2. Conditions"), 0);
    to = sv_find(strbuf_sv(&text), SV("### 2.1"), 0);
    T_CHECK(from < to && to != SV_NPOS);
    section = sv_sub(strbuf_sv(&text), from, to);
    each_code_line(take_condition, &section);
    strbuf_release(&text);
}

/* --- names --- */

/* "http.N .status .json.PATH": the members that are named are there. */
static void take_names(const struct sv *cells, size_t n UNUSED, void *arg)
{
    struct sv cell = cells[0], span, word;
    struct strbuf *all = arg;

    while (next_span(&cell, &span)) {
        struct sv prefix, rest = span;

        if (!sv_next_word(&rest, &word) || !sv_split(&word, '.', &prefix))
            continue;
        while (sv_next_word(&rest, &word)) {
            struct sv member, parts[3] = {prefix, SV("n"), SV("")};
            bool is_prefix;

            if (!sv_eat(&word, SV(".")) || !sv_split(&word, '.', &member))
                continue;
            parts[2] = member;
            if (!rule_member_find(parts, 3, &is_prefix))
                T_FAIL("the page names '%.*s.n.%.*s'", SV_FMT(prefix), SV_FMT(member));
            strbuf_addf(all, " %.*s.%.*s ", SV_FMT(prefix), SV_FMT(member));
        }
    }
}

T(every_member_is_named_and_every_name_is_one)
{
    static const char *const prefixes[] = {"http", "prom", "tcp",  "unit", "cgroup", "sql",
                                           "cmd",  "proc", "disk", "file", "tls"};
    CLEANUP(strbuf_release) struct strbuf named = STRBUF(0);

    page(RULE_PAGES "/reference/rules.md");
    T_CHECK(each_row(SV("### 2.1"), take_names, &named) > 8);
    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
        CLEANUP(strbuf_release) struct strbuf list = STRBUF(0);
        struct sv rest, one, member;

        rule_member_list(sv_from(prefixes[i]), &list);
        rest = strbuf_sv(&list);
        while (sv_split(&rest, ',', &one)) {
            CLEANUP(strbuf_release) struct strbuf want = STRBUF(0);

            one = sv_trim(one);
            T_CHECK(sv_eat(&one, SV(".")) && sv_split(&one, '.', &member));
            strbuf_addf(&want, " %s.%.*s ", prefixes[i], SV_FMT(member));
            if (!sv_has(strbuf_sv(&named), strbuf_sv(&want)))
                T_FAIL("the page does not name %s", strbuf_str(&want));
        }
    }
    strbuf_release(&text);
}

T(every_function_is_named)
{
    size_t from, to;
    struct sv section;

    page(RULE_PAGES "/reference/rules.md");
    from = sv_find(strbuf_sv(&text), SV("### 2.2"), 0);
    to = sv_find(strbuf_sv(&text), SV("### 2.3"), 0);
    section = sv_sub(strbuf_sv(&text), from, to);
    for (size_t i = 0; i < FUNC__N; i++)
        if (sv_find_word(section, rule_funcs[i].name, 0) == SV_NPOS)
            T_FAIL("the page does not name %.*s()", SV_FMT(rule_funcs[i].name));
    for (size_t i = 0; i < QUANT__N; i++)
        if (sv_find_word(section, rule_quant_names[i], 0) == SV_NPOS)
            T_FAIL("the page does not name %.*s()", SV_FMT(rule_quant_names[i]));
    strbuf_release(&text);
}

/* --- tables --- */

static void take_action(const struct sv *cells, size_t n UNUSED, void *arg UNUSED)
{
    struct sv cell = cells[0], span;

    while (next_span(&cell, &span))
        if (!takes_as("", span, " when queue_depth > 5"))
            T_FAIL("the page names the action '%.*s'", SV_FMT(span));
}

/* A clause, in a rule that it fits. */
static void take_clause(const struct sv *cells, size_t n UNUSED, void *arg UNUSED)
{
    struct sv cell = cells[0], span;
    bool first = true;

    while (next_span(&cell, &span)) {
        CLEANUP(strbuf_release) struct strbuf clause = STRBUF(0);
        bool gate = sv_has(span, SV("of step")), else_ = sv_is(span, "else ACTION");

        if (!first && sv_starts(cells[0], SV("`missing ")))
            strbuf_add_str(&clause, "missing ");
        first = false;
        strbuf_add_sv(&clause, else_ ? SV("else investigate") : span);
        if (!takes_as(gate ? "proceed when queue_depth < 5 "
                      : sv_is(span, "baseline 300ms")
                          ? "rollback when p95(call_seconds)[5m] > 2x baseline "
                          : "expect ratio(bad_total, all_total)[5m] < 80% ",
                      strbuf_sv(&clause), ""))
            T_FAIL("the page names the clause '%.*s'", SV_FMT(span));
    }
}

static void take_reason(const struct sv *cells, size_t n UNUSED, void *arg)
{
    struct sv cell = cells[0], span;
    bool *seen = arg;

    while (next_span(&cell, &span)) {
        size_t i = 0;

        while (i < NODATA__N && !sv_eq(span, sv_from(nodata_names[i])))
            i++;
        if (i == NODATA__N)
            T_FAIL("the page names the reason '%.*s'", SV_FMT(span));
        seen[i] = true;
    }
}

T(actions_clauses_and_reasons_are_those_that_there_are)
{
    bool seen[NODATA__N] = {false};

    page(RULE_PAGES "/reference/rules.md");
    T_CHECK(each_row(SV("| action |"), take_action, NULL) >= 6);
    T_CHECK(each_row(SV("| clause |"), take_clause, NULL) >= 12);
    T_CHECK(each_row(SV("| reason |"), take_reason, seen) >= 8);
    for (size_t i = 0; i < NODATA__N; i++)
        if (!seen[i])
            T_FAIL("the page does not name the reason '%s'", nodata_names[i]);
    strbuf_release(&text);
}

T(what_is_said_to_be_refused_is)
{
    static const char *const rules[] = {
        "rollback when error_rate[1m] > 5% for 5m confident 99%",
        "expect error_rate[1m] < 5% at T+5m every 1m",
        "expect error_rate[1m] < 5% for 5m at T+5m",
        "rollback when error_rate[1m] > 5% for 5m for 5m",
        "rollback when error_rate[1m] > 5",
        "rollback when error_rate[1m] > 5ms",
        "rollback when http_requests_total > 5",
        "rollback when http_requests_total -1 > 5",
        "rollback when http_requests_total[5m] > \"\\t\"",
        "rollback when queue_depth[5m] > 5 min 10 samples 3",
    };

    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        if (takes(sv_from(rules[i])))
            T_FAIL("'%s' is taken", rules[i]);
}

/* --- the worked examples --- */

struct column {
    char *cells[3][8];
};

static void keep_row(const struct sv *cells, size_t n, void *arg)
{
    struct column *c = arg;
    static const char *const names[] = {"result", "counted", "contributes"};

    for (size_t r = 0; r < ARRAY_LEN(names); r++)
        for (size_t i = 1; sv_is(cells[0], names[r]) && i < n && i < 8; i++)
            c->cells[r][i - 1] = xstrdup_sv(cells[i]);
}

static void push_requests(struct bench *b, double t_s, double good, double bad)
{
    bench_push(b, "http_requests_total{status=\"200\"}", t_s, good);
    bench_push(b, "http_requests_total{status=\"500\"}", t_s, bad);
    bench_polled(b, t_s);
}

static struct bench bench_requests(double interval_s, const char *rule)
{
    struct bench b = bench_new(interval_s, 0);

    bench_alias(&b, "error_rate",
                "ratio(http_requests_total{status=~\"5..\"}, http_requests_total)");
    (void)bench_add(&b, rule);
    return b;
}

T(one_bad_minute_in_ten)
{
    struct bench b = bench_requests(60, "rollback when error_rate[1m] > 5% for 5m");
    struct column want = {0};

    page(RULE_PAGES "/reference/rules.md");
    T_CHECK(each_row(SV("**One bad minute in ten.**"), keep_row, &want) == 3);
    for (int minute = 0; minute <= 6; minute++) {
        CLEANUP(strbuf_release) struct strbuf result = STRBUF(0), counted = STRBUF(0);
        struct judge_result r;

        push_requests(&b, minute * 60, minute * 900, minute * 100);
        r = bench_tick(&b, minute * 60);
        strbuf_addf(&result, "%s", judge_result_names[r.result]);
        if (r.why.p)
            strbuf_addf(&result, " %.*s", SV_FMT(r.why));
        if (r.has_for)
            strbuf_addf(&counted, "%lld s", (long long)(r.elapsed_us / S_US));
        T_STR(strbuf_str(&result), want.cells[0][minute]);
        T_STR(strbuf_str(&counted), want.cells[1][minute]);
        T_STR(verdict_names[r.verdict], want.cells[2][minute]);
    }
    for (size_t r = 0; r < 3; r++)
        for (size_t i = 0; i < 8; i++)
            free(want.cells[r][i]);
    strbuf_release(&text);
    bench_free(&b);
}

/* Five minutes with 40 requests; of two rules, the second judges them all the same. */
T(little_traffic_at_night)
{
    struct bench b = bench_requests(15, "expect error_rate[5m] < 0.5%");
    struct judge_result r;

    (void)bench_add(&b, "expect error_rate[5m] < 0.5% min 30 samples");
    for (int t = 0; t <= 600; t += 15) {
        push_requests(&b, t, t * 40.0 / 300, 0);
        judge_tick(b.j, bench_us(t));
    }
    judge_result(b.j, 0, &r);
    T_SV(r.why, "no-traffic");
    T_EQ(r.verdict, VERDICT_HOLD);
    judge_result(b.j, 1, &r);
    T_STR(judge_result_names[r.result], "true");
    T_EQ(r.verdict, VERDICT_OK);
    bench_free(&b);
}

T(memory_needs_five_samples_over_four_minutes_of_five)
{
    struct bench b = bench_new(60, 0);
    struct judge_result r;

    (void)bench_add(&b, "rollback when slope(process_resident_memory_bytes[5m]) > 100MB/m");
    for (int minute = 0; minute <= 5; minute++) {
        bench_push(&b, "process_resident_memory_bytes", minute * 60, 1e9 + minute * 2e8);
        bench_polled(&b, minute * 60);
        r = bench_tick(&b, minute * 60);
        if (minute < 5)
            T_SV(r.why, "filling");
    }
    T_STR(judge_result_names[r.result], "true");
    bench_free(&b);
}

static const char *rows_result(const char *rule, const char *rows)
{
    static char result[20];
    struct bench b = bench_new(15, 0);
    json_t *j = json_loads(rows, 0, NULL);
    struct judge_result r;

    T_CHECK(j);
    (void)bench_add(&b, rule);
    T_CHECK(samples_add_rows(b.s, bench_source(&b, "sql.deals", true), SV("sql.deals"),
                             bench_us(15), j, NULL));
    samples_poll_ok(b.s, bench_source(&b, "sql.deals", true), bench_us(15));
    r = bench_tick(&b, 15);
    (void)snprintf(result, sizeof(result), "%s", judge_result_names[r.result]);
    json_decref(j);
    bench_free(&b);
    return result;
}

T(rows_of_nothing_are_not_all_that_somebody_wants)
{
    T_STR(rows_result("expect all(sql.deals where id > 5 : status == \"complete\")",
                      "[{\"id\": 1, \"status\": \"x\"}]"),
          "NODATA");
    T_STR(rows_result("expect all(sql.deals where id > 5 : status == \"complete\") and "
                      "count(sql.deals where id > 5) > 0",
                      "[{\"id\": 1, \"status\": \"x\"}]"),
          "false");
    T_STR(rows_result("expect none(sql.deals where id > 5 : status == \"complete\")", "[]"),
          "true");
    T_STR(rows_result("expect any(sql.deals where id > 5 : status == \"complete\")", "[]"),
          "false");
    T_STR(rows_result("expect count(sql.deals) == 0", "[]"), "true");
    T_STR(rows_result("expect share(sql.deals : id > 5) < 10%", "[]"), "NODATA");
    T_STR(rows_result("expect median(sql.deals : id) < 10", "[]"), "NODATA");
}

T_MAIN(T_CASE(every_rule_of_the_reference_is_one), T_CASE(every_rule_of_the_guide_is_one),
       T_CASE(every_condition_of_the_reference_is_one),
       T_CASE(every_member_is_named_and_every_name_is_one), T_CASE(every_function_is_named),
       T_CASE(actions_clauses_and_reasons_are_those_that_there_are),
       T_CASE(what_is_said_to_be_refused_is), T_CASE(one_bad_minute_in_ten),
       T_CASE(little_traffic_at_night), T_CASE(memory_needs_five_samples_over_four_minutes_of_five),
       T_CASE(rows_of_nothing_are_not_all_that_somebody_wants))
