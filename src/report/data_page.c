#include "report/data_page.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/sv.h"
#include "report/report_int.h"

static void page_begin(struct strbuf *b, const char *what, struct sv name, const char *css,
                       const char *says)
{
    strbuf_addf(b,
                "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
                "<title>%s of ",
                what);
    html_sv(b, name);
    strbuf_addf(b, "</title><style>%s</style></head><body><main>\n<h1>%s of ", report_css, what);
    html_sv(b, name);
    strbuf_addf(b, "</h1><div class=\"banner %s\"><p><strong>%s</strong></p></div>\n", css, says);
}

static void page_end(struct strbuf *b)
{
    strbuf_add_str(b, "</main></body></html>\n");
}

static void cell(struct strbuf *b, struct sv text)
{
    strbuf_add_str(b, "<td>");
    html_sv(b, text);
    strbuf_add_str(b, "</td>");
}

static void cell_json(struct strbuf *b, const json_t *j)
{
    char *text = j ? json_dumps(j, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;

    strbuf_add_str(b, "<td><code>");
    html_sv(b, sv_from(text));
    strbuf_add_str(b, "</code></td>");
    free(text);
}

static void cell_number(struct strbuf *b, size_t n)
{
    strbuf_addf(b, "<td>%zu</td>", n);
}

static void cell_class(struct strbuf *b, const char *class)
{
    const char *css = strcmp(class, "identical") == 0 || strcmp(class, "within") == 0 ||
                              strcmp(class, "pass") == 0
                          ? "good"
                      : strcmp(class, "added") == 0 || strcmp(class, "moved") == 0 ||
                              strcmp(class, "not_evaluated") == 0 || strcmp(class, "n/a") == 0
                          ? "warn"
                          : "bad";

    strbuf_addf(b, "<td><span class=\"tag %s\">%s</span></td>", css, class);
}

static void table_begin(struct strbuf *b, const char *title, const char *const *heads, size_t n)
{
    strbuf_addf(b, "<h2>%s</h2>" HTML_WIDE("%s") "<table><tr>", title, title);
    for (size_t i = 0; i < n; i++)
        strbuf_addf(b, "<th>%s</th>", heads[i]);
    strbuf_add_str(b, "</tr>\n");
}

static void table_end(struct strbuf *b)
{
    strbuf_add_str(b, "</table></div>\n");
}

/* ---- comparison ---- */

static void compare_side_row(struct strbuf *b, const char *what, const struct compare_side *s)
{
    strbuf_addf(b, "<dt>%s</dt><dd>", what);
    html_sv(b, s->file);
    strbuf_add_str(b, ", ");
    html_sv(b, s->side);
    strbuf_addf(b, ", taken %s, %zu records</dd>", clock_format_s(s->taken_at_us).s, s->records);
}

static void compare_counts(struct strbuf *b, const struct compare_result *r)
{
    static const char *const heads[] = {"records", "how many"};

    table_begin(b, "Records", heads, ARRAY_LEN(heads));
    for (size_t i = 0; i < RECORD__N; i++) {
        strbuf_add_str(b, "<tr>");
        cell_class(b, record_class_names[i]);
        cell_number(b, r->counts[i]);
        strbuf_add_str(b, "</tr>\n");
    }
    table_end(b);
}

static void compare_fields(struct strbuf *b, const struct compare_result *r)
{
    static const char *const heads[] = {"field", "identical", "within", "null mismatch", "changed"};

    table_begin(b, "Fields", heads, ARRAY_LEN(heads));
    for (size_t i = 0; i < r->n_fields; i++) {
        strbuf_add_str(b, "<tr>");
        cell(b, r->fields[i].name);
        for (size_t k = 0; k < FIELD_CLASS__N; k++)
            cell_number(b, r->fields[i].counts[k]);
        strbuf_add_str(b, "</tr>\n");
    }
    table_end(b);
}

static void compare_worst(struct strbuf *b, const struct compare_result *r)
{
    static const char *const heads[] = {"key", "field", "class", "old", "new", "difference"};

    if (!r->n_worst)
        return;
    table_begin(b, "Largest differences", heads, ARRAY_LEN(heads));
    for (size_t i = 0; i < r->n_worst; i++) {
        const struct compare_distance *d = &r->worst[i];

        strbuf_add_str(b, "<tr>");
        cell_json(b, d->key);
        cell(b, d->field);
        cell_class(b, field_class_names[d->class]);
        cell_json(b, d->old);
        cell_json(b, d->new);
        if (d->distance.relative >= 0)
            strbuf_addf(b, "<td>%.4g%%</td></tr>\n", d->distance.relative * 100);
        else
            strbuf_addf(b, "<td>%.6g</td></tr>\n", d->distance.d);
    }
    table_end(b);
}

static void compare_records(struct strbuf *b, const struct compare_result *r)
{
    static const char *const heads[] = {"key", "class", "fields", "old", "new"};

    if (!json_array_size(r->records))
        return;
    table_begin(b, "Records that differ", heads, ARRAY_LEN(heads));
    for (size_t i = 0; i < json_array_size(r->records); i++) {
        const json_t *rec = json_array_get(r->records, i);
        const json_t *fields = json_object_get(rec, "fields");
        size_t n = json_array_size(fields);

        for (size_t k = 0; k < (n ? n : 1); k++) {
            const json_t *f = json_array_get(fields, k);

            strbuf_add_str(b, "<tr>");
            cell_json(b, json_object_get(rec, "key"));
            cell_class(b, json_get_str(f ? f : rec, "class", ""));
            cell(b, json_get_sv(f, "name"));
            cell_json(b, f ? json_object_get(f, "old") : json_object_get(rec, "old_error"));
            cell_json(b, f ? json_object_get(f, "new") : json_object_get(rec, "new_error"));
            strbuf_add_str(b, "</tr>\n");
        }
    }
    table_end(b);
    if (r->not_shown)
        strbuf_addf(b, "<p class=\"dim\">%zu more are not shown.</p>\n", r->not_shown);
}

void data_page_compare(const struct compare_result *r, struct strbuf *out)
{
    const struct compare_outcome_info *o = &compare_outcomes[r->outcome];
    const char *css = o->exit == EXIT_CODE_DONE     ? "good"
                      : o->exit == EXIT_CODE_FAILED ? "bad"
                                                    : "warn";

    page_begin(out, "Comparison", r->old.name, css, o->text);
    strbuf_add_str(out, "<dl>");
    compare_side_row(out, "old", &r->old);
    compare_side_row(out, "new", &r->new);
    strbuf_add_str(out, "</dl>\n");
    compare_counts(out, r);
    compare_fields(out, r);
    compare_worst(out, r);
    compare_records(out, r);
    page_end(out);
}

/* ---- audit ---- */

static void audit_checks(struct strbuf *b, const struct audit_result *r)
{
    static const char *const heads[] = {"check", "status", "passed",
                                        "of",    "weight", "not passed, or why"};

    table_begin(b, "Checks", heads, ARRAY_LEN(heads));
    for (size_t i = 0; i < r->n_checks; i++) {
        const struct audit_check *c = &r->checks[i];

        strbuf_add_str(b, "<tr>");
        cell(b, c->check->name);
        cell_class(b, health_verdict_names[c->verdict]);
        cell_number(b, c->health.passed);
        cell_number(b, c->health.evaluated);
        strbuf_addf(b, "<td>%g%s</td><td>", c->check->weight,
                    c->check->critical ? ", critical" : "");
        html_sv(b, c->why);
        if (json_array_size(c->examples)) {
            char *text = json_dumps(c->examples, JSON_COMPACT);

            strbuf_add_str(b, " <code>");
            html_sv(b, sv_from(text));
            strbuf_add_str(b, "</code>");
            free(text);
        }
        strbuf_add_str(b, "</td></tr>\n");
    }
    table_end(b);
}

static void audit_distribution(struct strbuf *b, const struct audit_result *r)
{
    static const char *const heads[] = {"column", "value", "rows"};
    const char *column, *value;
    json_t *counts, *n;

    if (!json_object_size(r->distribution))
        return;
    table_begin(b, "Distribution", heads, ARRAY_LEN(heads));
    json_object_foreach(r->distribution, column, counts)
    {
        json_object_foreach(counts, value, n)
        {
            strbuf_add_str(b, "<tr>");
            cell(b, sv_from(column));
            cell(b, sv_from(value));
            cell_number(b, (size_t)json_integer_value(n));
            strbuf_add_str(b, "</tr>\n");
        }
    }
    table_end(b);
}

void data_page_audit(const struct audit_result *r, struct strbuf *out)
{
    const char *css = r->health.exit == EXIT_CODE_DONE     ? "good"
                      : r->health.exit == EXIT_CODE_FAILED ? "bad"
                                                           : "warn";
    CLEANUP(strbuf_release) struct strbuf says = STRBUF(0);

    strbuf_addf(&says, "%s: health %s, %zu of %zu check%s", health_status_names[r->health.status],
                health_shown(&r->health).s, r->health.evaluated, r->health.total,
                r->health.total == 1 ? "" : "s");
    page_begin(out, "Audit", r->audit->name, css, strbuf_str(&says));
    audit_checks(out, r);
    audit_distribution(out, r);
    page_end(out);
}
