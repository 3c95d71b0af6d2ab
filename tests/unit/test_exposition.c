#include "watch/exposition.h"

#include <jansson.h>
#include <math.h>
#include <time.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/sv.h"
#include "base/text.h"
#include "t_vectors.h"

/* What was handed over, as text: "name{label="value",...} hex-of-the-double @time\n" per sample. */
struct got {
    struct strbuf text;
    struct family family; /* of the last sample */
    size_t n, line;
};

static void add_quoted(struct strbuf *b, struct sv s)
{
    strbuf_add_byte(b, '"');
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < ' ' || s.p[i] == '"' || s.p[i] == '\\')
            strbuf_addf(b, "\\x%02x", (unsigned)(unsigned char)s.p[i]);
        else
            strbuf_add_byte(b, s.p[i]);
    strbuf_add_byte(b, '"');
}

static void add_line(struct strbuf *b, const struct exposition_sample *s)
{
    uint64_t bits;

    memcpy(&bits, &s->value, sizeof(bits));
    strbuf_add_sv(b, s->name);
    for (size_t i = 0; i < s->n_labels; i++) {
        strbuf_addf(b, "%c%.*s=", i ? ',' : '{', SV_FMT(s->labels[i].name));
        add_quoted(b, s->labels[i].value);
    }
    strbuf_addf(b, "%s %016llx", s->n_labels ? "}" : "", (unsigned long long)bits);
    if (s->has_time)
        strbuf_addf(b, " @%lld", (long long)s->time_ms);
    strbuf_add_byte(b, '\n');
}

static void on_sample(void *arg, const struct exposition_sample *s)
{
    struct got *g = arg;

    T_CHECK(s->line > g->line); /* in order */
    g->line = s->line;
    g->family = *s->family;
    g->n++;
    add_line(&g->text, s);
}

static struct exposition x; /* for body after body: nothing may be left over */

static enum err_code parse(struct sv body, struct exposition_options opt, struct got *g,
                           struct err *err)
{
    strbuf_release(&g->text);
    *g = (struct got){.n = 0};
    opt.sample = on_sample;
    opt.arg = g;
    return exposition_parse(&x, body, &opt, err);
}

/* The cases of a file. */

static void case_body(const json_t *c, struct strbuf *body)
{
    const char *hex = json_string_value(json_object_get(c, "hex"));
    const json_t *text = json_object_get(c, "text");

    strbuf_add(body, "", 0);
    if (text)
        strbuf_add(body, json_string_value(text), json_string_length(text));
    for (; hex && *hex; hex += 2) {
        char byte[3] = {hex[0], hex[1], '\0'};

        strbuf_add_byte(body, (char)strtoul(byte, NULL, 16));
    }
}

static double case_number(const json_t *v)
{
    return json_is_string(v) ? strtod(json_string_value(v), NULL) : json_number_value(v);
}

static struct sv case_string(const json_t *s)
{
    return (struct sv){json_string_value(s), json_string_length(s)};
}

static int cmp_label(const void *a, const void *b)
{
    const struct sample_label *x1 = a, *x2 = b;

    return sv_cmp(x1->name, x2->name);
}

/* One line per expected sample, as add_line() writes it. */
static void case_samples(const json_t *samples, struct strbuf *out)
{
    const json_t *s;
    size_t i;

    json_array_foreach(samples, i, s)
    {
        struct sample_label labels[32];
        struct exposition_sample e = {.name = case_string(json_array_get(s, 0)),
                                      .labels = labels,
                                      .value = case_number(json_array_get(s, 2))};
        json_t *object = json_array_get(s, 1), *v;
        const char *k;

        json_object_foreach(object, k, v) labels[e.n_labels++] =
            (struct sample_label){sv_from(k), case_string(v)};
        qsort(labels, e.n_labels, sizeof(labels[0]), cmp_label);
        if (isnan(e.value))
            e.value = (double)NAN;
        if (json_is_integer(json_array_get(s, 3))) {
            e.has_time = true;
            e.time_ms = json_integer_value(json_array_get(s, 3));
        }
        add_line(out, &e);
    }
}

static int cmp_line(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The shared OpenMetrics cases list samples by name, without times. */
static void sort_without_times(struct strbuf *text)
{
    CLEANUP(strbuf_release) struct strbuf in = strbuf_steal(text);
    struct sv rest = strbuf_sv(&in), line;
    char *lines[64];
    size_t n = 0;

    while (sv_next_line(&rest, &line)) {
        T_CHECK(n < ARRAY_LEN(lines));
        lines[n++] = xstrdup_sv(sv_sub(line, 0, sv_find(line, SV(" @"), 0)));
    }
    qsort(lines, n, sizeof(lines[0]), cmp_line);
    for (size_t i = 0; i < n; i++) {
        strbuf_addf(text, "%s\n", lines[i]);
        free(lines[i]);
    }
}

struct judged {
    size_t cases, accepted, strict;
};

static bool says(const json_t *c, const char *key, const char *what)
{
    const char *v = json_string_value(json_object_get(c, key));

    return v && strcmp(v, what) == 0;
}

static void check_accepted(const json_t *c, struct got *g, bool by_name)
{
    CLEANUP(strbuf_release) struct strbuf want = STRBUF(0);
    const char *name = json_string_value(json_object_get(c, "name"));
    json_int_t warnings = json_integer_value(json_object_get(c, "warnings"));

    case_samples(json_object_get(c, "samples"), &want);
    if (by_name) {
        sort_without_times(&want);
        sort_without_times(&g->text);
    }
    if (!sv_eq(strbuf_sv(&want), strbuf_sv(&g->text)))
        T_FAIL("%s: got\n%sinstead of\n%s", name, strbuf_str(&g->text), strbuf_str(&want));
    if (!by_name && (json_int_t)x.n_warnings != warnings)
        T_FAIL("%s: %zu warnings (%s) instead of %lld", name, x.n_warnings,
               x.warning ? x.warning : "", (long long)warnings);
    T_EQ(x.n_warnings > 0, x.warning && x.warning_line > 0);
}

static void check_refused(const json_t *c, bool strict, const struct err *err)
{
    const char *name = json_string_value(json_object_get(c, "name"));
    const json_t *line = json_object_get(c, "line");
    char start[32];

    if (!strict && line && (json_int_t)x.line != json_integer_value(line))
        T_FAIL("%s: refused in line %zu: %s", name, x.line, err->msg);
    (void)snprintf(start, sizeof(start), "line %zu: ", x.line);
    T_EQ(err->code, ERR_INVALID);
    T_CHECK(sv_starts(sv_from(err->msg), sv_from(start)) && strlen(err->msg) > strlen(start));
    T_EQ(text_bad_utf8(sv_from(err->msg)), SV_NPOS);
}

static void check_case(const json_t *c, enum exposition_format format, bool by_name,
                       struct judged *j)
{
    const char *name = json_string_value(json_object_get(c, "name"));
    CLEANUP(strbuf_release) struct strbuf body = STRBUF(0);

    case_body(c, &body);
    for (unsigned mode = 0; mode < 4; mode++) { /* strict, careful */
        struct exposition_options opt = {
            .format = format, .strict = mode & 1, .careful = mode >> 1};
        const char *key = opt.strict ? "strict" : "lenient";
        struct got g = {.n = 0};
        struct err err = {0};
        enum err_code rc;

        if (!json_object_get(c, key))
            continue;
        rc = parse(strbuf_sv(&body), opt, &g, &err);
        if (says(c, key, "accept") != (rc == ERR_OK))
            T_FAIL("%s, %s: %s", name, key, rc == ERR_OK ? "was taken" : err.msg);
        if (rc == ERR_OK)
            check_accepted(c, &g, by_name);
        else
            check_refused(c, opt.strict, &err);
        j->accepted += !opt.strict && rc == ERR_OK;
        j->strict += opt.strict && rc == ERR_OK;
        strbuf_release(&g.text);
    }
    j->cases++;
}

static json_t *load(const char *path)
{
    json_error_t e;
    json_t *j = json_load_file(path, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &e);

    if (!j)
        T_FAIL("%s:%d: %s", path, e.line, e.text);
    return j;
}

static struct judged check_file(const char *path, bool by_name)
{
    static const char *const lists[] = {"text_0_0_4", "openmetrics_1_0"};
    struct judged j = {0};
    json_t *all = load(path), *c;
    size_t k;

    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        T_CHECK(json_array_size(json_object_get(all, lists[i])) > 0);
        json_array_foreach(json_object_get(all, lists[i]), k, c)
            check_case(c, (enum exposition_format)i, by_name && i == 1, &j);
        t_vectors("exposition.json", lists[i], by_name ? "shared" : "own", k);
    }
    json_decref(all);
    exposition_release(&x);
    return j;
}

T(the_shared_vectors_are_read_exactly)
{
    char path[4096];
    struct judged j;

    if (!t_shared())
        T_NOT_HERE("PRUSIK_SHARED is not set: our own cases only, which are the next test");
    (void)snprintf(path, sizeof(path), "%s/vectors/exposition.json", t_shared());
    j = check_file(path, true);
    T_CHECK(j.cases >= 203 && j.accepted > 100 && j.strict > 100);
}

T(our_own_cases_are_read_exactly)
{
    struct judged j = check_file(TEST_CORPUS "/exposition_cases.json", false);

    T_CHECK(j.cases >= 250 && j.accepted > 150 && j.strict > 100);
}

/* Default and strict are what the two programs decided, or a case says why not. */
T(the_expected_decisions_follow_from_what_prometheus_said)
{
    json_t *all = load(TEST_CORPUS "/exposition_cases.json"), *c;
    size_t k, differs = 0;

    json_array_foreach(json_object_get(all, "text_0_0_4"), k, c)
    {
        bool server = says(c, "prometheus_server", "accept");
        bool library = says(c, "prometheus_expfmt", "accept");

        T_EQ(says(c, "strict", "accept"), server && library);
        if (!json_object_get(c, "differs"))
            T_EQ(says(c, "lenient", "accept"), server || library);
        else
            differs += says(c, "lenient", "reject") && (server || library);
    }
    json_array_foreach(json_object_get(all, "openmetrics_1_0"), k,
                       c) if (!json_object_get(c, "differs"))
        T_EQ(says(c, "lenient", "accept"), says(c, "prometheus_server", "accept"));
    T_CHECK(differs > 3);
    json_decref(all);
}

/* What comes with a sample. */

static struct got must_parse(enum exposition_format format, struct sv body)
{
    struct got g = {.n = 0};
    struct err err;

    T_OK(parse(body, (struct exposition_options){.format = format}, &g, &err), err);
    return g;
}

T(a_sample_knows_its_family_as_far_as_it_was_told)
{
    struct got g =
        must_parse(EXPOSITION_TEXT, SV("# HELP h How \\\\ long\\nit took\n# TYPE h histogram\n"
                                       "h_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n"));

    T_SV(g.family.name, "h");
    T_SV(g.family.help, "How \\ long\nit took");
    T_EQ(g.family.type, SAMPLE_HISTOGRAM);
    T_CHECK(!g.family.unit.p);
    strbuf_release(&g.text);
    g = must_parse(EXPOSITION_TEXT, SV("# TYPE a counter\na 1\nb 1\n# TYPE b gauge\n"));
    T_SV(g.family.name, "b");
    T_EQ(g.family.type, SAMPLE_UNTYPED); /* TYPE came too late */
    T_EQ(x.n_warnings, 1);
    T_EQ(x.warning_line, 4);
    strbuf_release(&g.text);
    g = must_parse(EXPOSITION_OPENMETRICS,
                   SV("# TYPE a_seconds counter\n# UNIT a_seconds seconds\n# HELP a_seconds x\n"
                      "a_seconds_total 1\na_seconds_created 5\n# EOF\n"));
    T_SV(g.family.name, "a_seconds");
    T_SV(g.family.unit, "seconds");
    T_SV(g.family.help, "x");
    T_EQ(g.family.type, SAMPLE_COUNTER);
    strbuf_release(&g.text);
    exposition_release(&x);
}

T(an_ending_belongs_to_a_family_only_if_its_type_has_it)
{
    static const struct {
        const char *type, *sample, *text_family, *open_family;
    } cases[] = {{"histogram", "f_bucket", "f", "f"},
                 {"histogram", "f_count", "f", "f"},
                 {"histogram", "f_sum", "f", "f"},
                 {"histogram", "f_created", "f_created", "f"},
                 {"histogram", "f_total", "f_total", "f_total"},
                 {"summary", "f_sum", "f", "f"},
                 {"summary", "f_bucket", "f_bucket", "f_bucket"},
                 {"summary", "f", "f", "f"},
                 {"counter", "f_total", "f_total", "f"},
                 {"counter", "f_created", "f_created", "f"},
                 {"counter", "f_sum", "f_sum", "f_sum"},
                 {"gauge", "f_count", "f_count", "f_count"},
                 {"gauge", "f_info", "f_info", "f_info"},
                 {"info", "f_info", NULL, "f"},
                 {"stateset", "f", NULL, "f"},
                 {"gaugehistogram", "f_gsum", NULL, "f"},
                 {"gaugehistogram", "f_gcount", NULL, "f"},
                 {"gaugehistogram", "f_bucket", NULL, "f"},
                 {"gaugehistogram", "f_sum", NULL, "f_sum"},
                 {"unknown", "f_total", NULL, "f_total"}};

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (int open = 0; open < 2; open++) {
            CLEANUP(strbuf_release) struct strbuf body = STRBUF(0);
            const char *want = open ? cases[i].open_family : cases[i].text_family;
            struct got g;

            if (!want)
                continue;
            strbuf_addf(&body, "# TYPE f %s\n%s 1\n%s", cases[i].type, cases[i].sample,
                        open ? "# EOF\n" : "");
            g = must_parse((enum exposition_format)open, strbuf_sv(&body));
            if (!sv_eq(g.family.name, sv_from(want)))
                T_FAIL("%s in a %s: family '%.*s'", cases[i].sample, cases[i].type,
                       SV_FMT(g.family.name));
            strbuf_release(&g.text);
        }
    exposition_release(&x);
}

T(the_first_warning_is_kept_and_all_are_counted)
{
    struct got g = must_parse(EXPOSITION_TEXT, SV("a 1\na 2\nb{x=\"\\q\"} 1\na 3\nc 1"));

    T_EQ(x.n_samples, 3);
    T_EQ(x.n_again, 2);
    T_EQ(x.n_warnings, 4);
    T_EQ(x.warning_line, 2);
    T_STR(x.warning, "a series again");
    strbuf_release(&g.text);
    g = must_parse(EXPOSITION_TEXT, SV("a 1\n"));
    T_EQ(x.n_warnings, 0);
    T_CHECK(!x.warning);
    strbuf_release(&g.text);
    exposition_release(&x);
}

T(a_refusal_says_who_refuses_what_and_where)
{
    static const struct {
        struct sv body;
        bool strict;
        const char *want;
    } cases[] = {
        {SV("a 1\n  b 1\n"), true,
         "line 2: a blank before the metric name, which the server refuses"},
        {SV("a 1\nb 1 \n"), true,
         "line 2: a blank after the value or timestamp, which the format library refuses"},
        {SV(" a 1\nb 1\nc 1 \n"), false,
         "line 3: a blank after the value or timestamp, which the format library refuses, while "
         "the server refuses line 1 for a blank before the metric name"},
        {SV("a 1\nb 12monkeys\n"), false, "line 2: not a number: '12monkeys'"},
        {SV("a{x=\"\xff\"} 1\n"), false, "line 1: label value is not UTF-8: '\\xff'"}};

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct got g = {.n = 0};
        struct err err;

        T_EQ(parse(cases[i].body, (struct exposition_options){.strict = cases[i].strict}, &g, &err),
             ERR_INVALID);
        T_STR(err.msg, cases[i].want);
        strbuf_release(&g.text);
    }
    exposition_release(&x);
}

T(strict_openmetrics_names_the_specification)
{
    struct got g = {.n = 0};
    struct err err;

    T_EQ(parse(SV("a 1\na 2\n# EOF\n"),
               (struct exposition_options){.format = EXPOSITION_OPENMETRICS, .strict = true}, &g,
               &err),
         ERR_INVALID);
    T_STR(err.msg, "line 2: a series again, which the specification refuses");
    strbuf_release(&g.text);
    exposition_release(&x);
}

/* Limits. */

T(each_limit_holds_to_the_byte)
{
    static const struct {
        struct exposition_options opt;
        struct sv body;
        const char *want; /* NULL: taken */
    } cases[] = {{{.max_bytes = 8}, SV("a 1\nb 1\n"), NULL},
                 {{.max_bytes = 7}, SV("a 1\nb 1\n"), "the exposition is longer than 7 bytes"},
                 {{.max_samples = 2}, SV("a 1\nb 1\n"), NULL},
                 {{.max_samples = 2}, SV("a 1\nb 1\nc 1\n"), "line 3: more than 2 samples"},
                 {{.max_samples = 2}, SV("a 1\na 1\na 1\n"), "line 3: more than 2 samples"},
                 {{.max_samples = 12},
                  SV("a 1\nb 1\nc 1\nd 1\ne 1\nf 1\ng 1\nh 1\ni 1\nj 1\nk 1\nl 1\nm 1\n"),
                  "line 13: more than 12 samples"},
                 {{.max_line = 3}, SV("a 1\nb 1\n"), NULL},
                 {{.max_line = 3}, SV("a 1\nbb 1\n"), "line 2: the line is longer than 3 bytes"},
                 {{.max_line = 3}, SV("a 1\n# ab\n"), "line 2: the line is longer than 3 bytes"},
                 {{.max_line = 3}, SV("a 1\nb 1 \n"), "line 2: the line is longer than 3 bytes"}};

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (int careful = 0; careful < 2; careful++) {
            struct exposition_options opt = cases[i].opt;
            struct got g = {.n = 0};
            struct err err = {0};
            enum err_code rc;

            opt.careful = careful;
            rc = parse(cases[i].body, opt, &g, &err);
            T_EQ(rc, cases[i].want ? ERR_LIMIT : ERR_OK);
            T_STR(err.msg, cases[i].want ? cases[i].want : "");
            strbuf_release(&g.text);
        }
    exposition_release(&x);
}

T(the_default_limits_are_those_of_the_format)
{
    CLEANUP(strbuf_release) struct strbuf body = STRBUF(0);
    struct exposition_options opt = {.sample = NULL};
    struct err err;

    for (unsigned i = 0; i < EXPOSITION_MAX_SAMPLES; i++)
        strbuf_addf(&body, "a{i=\"%u\"} 1\n", i);
    T_OK(exposition_parse(&x, strbuf_sv(&body), &opt, &err), err);
    T_EQ(x.n_samples, 1000000);
    strbuf_add_str(&body, "b 1\n");
    T_EQ(exposition_parse(&x, strbuf_sv(&body), &opt, &err), ERR_LIMIT);
    strbuf_truncate(&body, 0);
    strbuf_add_n(&body, ' ', EXPOSITION_MAX_LINE - 3);
    strbuf_add_str(&body, "a 1\n");
    T_OK(exposition_parse(&x, strbuf_sv(&body), &opt, &err), err);
    strbuf_truncate(&body, 0);
    strbuf_add_n(&body, ' ', EXPOSITION_MAX_LINE + 1);
    T_EQ(exposition_parse(&x, strbuf_sv(&body), &opt, &err), ERR_LIMIT);
    strbuf_truncate(&body, 0);
    strbuf_add_n(&body, '\n', (64u << 20) + 1);
    T_EQ(exposition_parse(&x, strbuf_sv(&body), &opt, &err), ERR_LIMIT);
    T_OK(exposition_parse(&x, sv_sub(strbuf_sv(&body), 1, body.n), &opt, &err), err);
    exposition_release(&x);
}

/* Nanoseconds of the processor for each byte of a body, the best of three: other programs do not change them. */
static double cost(const struct strbuf *body)
{
    struct exposition_options opt = {.sample = NULL};
    double best = 1e300;
    struct err err;

    for (int i = 0; i < 3; i++) {
        clock_t from = clock();
        double ns;

        T_OK(exposition_parse(&x, strbuf_sv(body), &opt, &err), err);
        ns = (double)(clock() - from) * (1e9 / CLOCKS_PER_SEC) / (double)body->n;
        best = ns < best ? ns : best;
    }
    return best;
}

/* A stranger writes the longest spelling of a series once and repeats it in the shortest. */
T(a_long_line_that_is_repeated_shortly_costs_in_proportion)
{
    CLEANUP(strbuf_release) struct strbuf body = STRBUF(0);

    strbuf_add_str(&body, "a{x=\"1\"");
    strbuf_add_n(&body, ' ', 1000000);
    strbuf_add_str(&body, "} 1\n");
    for (int i = 0; i < 200000; i++)
        strbuf_add_str(&body, "a{x=\"1\"} 1\n");
    T_CHECK(cost(&body) < 1000); /* comparing with the long line each time would be 60,000 */
    T_EQ(x.n_again, 200000);
    exposition_release(&x);
}

T(many_labels_and_many_escapes_cost_in_proportion)
{
    CLEANUP(strbuf_release) struct strbuf labels = STRBUF(0), escapes = STRBUF(0);

    strbuf_add_str(&labels, "a{");
    for (unsigned i = 0; i < 90000; i++) /* backwards: the worst for insertion */
        strbuf_addf(&labels, "l%05u=\"1\",", 90000 - i);
    strbuf_add_str(&labels, "} 1\n");
    T_CHECK(labels.n < EXPOSITION_MAX_LINE && cost(&labels) < 2000);
    strbuf_add_str(&escapes, "a{x=\"");
    for (unsigned i = 0; i < 500000; i++)
        strbuf_add_str(&escapes, "\\n");
    strbuf_add_str(&escapes, "\"} 1\n");
    T_CHECK(cost(&escapes) < 2000);
    exposition_release(&x);
}

T(every_family_and_every_name_once_costs_in_proportion)
{
    CLEANUP(strbuf_release) struct strbuf body = STRBUF(0);

    for (unsigned i = 0; i < 200000; i++)
        strbuf_addf(&body, "# TYPE f%u histogram\nf%u_count 1\n", i, i);
    T_CHECK(cost(&body) < 2000);
    T_EQ(x.families.families.n, 200000);
    exposition_release(&x);
}

/* Memory. */

struct inside {
    struct sv body;
    size_t n, decoded;
};

static bool lies_in(struct sv text, struct sv view)
{
    return view.p >= text.p && view.p + view.n <= text.p + text.n;
}

static void on_inside(void *arg, const struct exposition_sample *s)
{
    struct inside *in = arg;

    T_CHECK(lies_in(in->body, s->name) && lies_in(in->body, s->family->name));
    for (size_t i = 0; i < s->n_labels; i++) {
        T_CHECK(lies_in(in->body, s->labels[i].name));
        in->decoded += !lies_in(in->body, s->labels[i].value);
    }
    in->n++;
}

T(views_lie_in_the_body_unless_an_escape_was_undone)
{
    struct sv body = SV("a{x=\"1\",y=\"p\\nq\",z=\"\\\\\"} 1\na{x=\"2\"} 1\n");
    struct inside in = {.body = body};
    struct exposition_options opt = {.sample = on_inside, .arg = &in};
    struct err err;

    T_OK(exposition_parse(&x, body, &opt, &err), err);
    T_EQ(in.n, 2);
    T_EQ(in.decoded, 2);
    exposition_release(&x);
}

T(a_body_is_not_read_beyond_its_end)
{
    static const struct {
        const char *body;
        bool taken;
    } cases[] = {{"a 1", true},
                 {"a 1\n", true},
                 {"a", false},
                 {"a{x=\"1\"} 12", true},
                 {"# HELP a x", true},
                 {"a{x=\"", false},
                 {"a 1\nab{xy", false},
                 {"\n", true},
                 {"a 1\n#", true},
                 {"", true},
                 {"a 1\na{x=\"1\",", false}};

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        size_t n = strlen(cases[i].body);
        CLEANUP(mem_freep) char *exact = n ? xmemdup(cases[i].body, n) : NULL; /* ASan watches */
        struct exposition_options opt = {.sample = NULL};
        struct err err;

        T_EQ(exposition_parse(&x, (struct sv){exact, n}, &opt, &err) == ERR_OK, cases[i].taken);
    }
    exposition_release(&x);
}

T(nothing_of_one_body_reaches_the_next)
{
    struct got g;
    CLEANUP(mem_freep)
    char *gone = xstrdup("aaaaaaaaaaaaaaaa{bbbbbbbb=\"1\"} 1\n# TYPE c counter\n");

    g = must_parse(EXPOSITION_TEXT, sv_from(gone));
    strbuf_release(&g.text);
    free(STEAL(gone)); /* views into it would be seen by ASan */
    g = must_parse(EXPOSITION_TEXT, SV("aaaaaaaaaaaaaaaa{bbbbbbbb=\"1\"} 2\nc 1\n"));
    T_EQ(g.n, 2);
    T_EQ(x.n_again, 0);
    T_EQ(g.family.type, SAMPLE_UNTYPED);
    strbuf_release(&g.text);
    exposition_release(&x);
}

/* Content types. */

T(the_content_type_chooses_the_notation)
{
    static const struct {
        struct sv type;
        int want; /* -1: refused */
    } cases[] = {
        {{NULL, 0}, EXPOSITION_TEXT},
        {SV(""), EXPOSITION_TEXT},
        {SV("text/plain"), EXPOSITION_TEXT},
        {SV("Text/Plain; version=0.0.4; charset=utf-8"), EXPOSITION_TEXT},
        {SV("text/plain;version=1.0.0"), EXPOSITION_TEXT},
        {SV("application/openmetrics-text"), EXPOSITION_OPENMETRICS},
        {SV(" application/OpenMetrics-text ; version=1.0.0"), EXPOSITION_OPENMETRICS},
        {SV("application/openmetrics-text-more"), -1},
        {SV("text/html"), -1},
        {SV("text/plainer"), -1},
        {SV("application/json"), -1},
        {SV("application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily"), -1}};

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        enum exposition_format f = EXPOSITION_FORMAT__N;
        struct err err = {0};
        enum err_code rc = exposition_format_of(cases[i].type, &f, &err);

        T_EQ(rc, cases[i].want < 0 ? ERR_INVALID : ERR_OK);
        T_EQ(f, cases[i].want < 0 ? EXPOSITION_FORMAT__N : (enum exposition_format)cases[i].want);
    }
}

T(a_content_type_that_is_refused_is_shown_harmlessly)
{
    enum exposition_format f;
    struct err err;

    T_EQ(exposition_format_of(SV("text/\x1b[2Jhtml; x"), &f, &err), ERR_INVALID);
    T_STR(err.msg, "the content type 'text/\\x1b[2Jhtml; x' is no metrics exposition");
}

T_MAIN(T_CASE(the_shared_vectors_are_read_exactly), T_CASE(our_own_cases_are_read_exactly),
       T_CASE(the_expected_decisions_follow_from_what_prometheus_said),
       T_CASE(a_sample_knows_its_family_as_far_as_it_was_told),
       T_CASE(an_ending_belongs_to_a_family_only_if_its_type_has_it),
       T_CASE(the_first_warning_is_kept_and_all_are_counted),
       T_CASE(a_refusal_says_who_refuses_what_and_where),
       T_CASE(strict_openmetrics_names_the_specification), T_CASE(each_limit_holds_to_the_byte),
       T_CASE(the_default_limits_are_those_of_the_format),
       T_CASE(a_long_line_that_is_repeated_shortly_costs_in_proportion),
       T_CASE(many_labels_and_many_escapes_cost_in_proportion),
       T_CASE(every_family_and_every_name_once_costs_in_proportion),
       T_CASE(views_lie_in_the_body_unless_an_escape_was_undone),
       T_CASE(a_body_is_not_read_beyond_its_end), T_CASE(nothing_of_one_body_reaches_the_next),
       T_CASE(the_content_type_chooses_the_notation),
       T_CASE(a_content_type_that_is_refused_is_shown_harmlessly))
