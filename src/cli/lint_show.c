#include "cli/lint_show.h"

#include "base/sv.h"
#include "base/text.h"
#include "base/version.h"
#include "cli/term.h"

static void show_rewrite(struct sv rewrite, struct strbuf *b)
{
    struct sv line;

    while (sv_next_line(&rewrite, &line))
        term_addf(b, TERM_DIM, "      %.*s\n", SV_FMT(line));
}

static void show_text_of(const struct lint_job *j, bool quiet, struct strbuf *b)
{
    static const enum term_style styles[] = {
        [LINT_INFO] = TERM_DIM, [LINT_WARNING] = TERM_WARN, [LINT_ERROR] = TERM_BAD};
    struct sv hint = {NULL, 0};

    for (size_t i = 0; i < j->lint.findings.n; i++) {
        const struct lint_finding *f = &j->lint.findings.v[i];
        CLEANUP(strbuf_release) struct strbuf clean = STRBUF(0);

        if (quiet && f->severity == LINT_INFO)
            continue;
        text_add_line(&clean, f->message);
        term_addf(b, TERM_BOLD, "%s:%zu:%zu: ", j->path, f->line, f->column);
        term_addf(b, styles[f->severity], "%s", lint_severity_name(f->severity));
        strbuf_addf(b, ": %s ", strbuf_str(&clean));
        term_addf(b, TERM_DIM, "[%s]\n", f->id);
        if (!sv_eq(hint, f->hint))
            term_addf(b, TERM_DIM, "    %.*s\n", SV_FMT(f->hint));
        hint = f->hint;
        show_rewrite(f->rewrite, b);
    }
}

void lint_show_text(const struct lint_jobs *jobs, bool quiet, struct strbuf *out)
{
    for (size_t i = 0; i < jobs->list.n; i++)
        show_text_of(&jobs->list.v[i], quiet, out);
}

json_t *lint_show_json(const struct lint_jobs *jobs)
{
    json_t *list = json_array();

    for (size_t i = 0; i < jobs->list.n; i++)
        for (size_t k = 0; k < jobs->list.v[i].lint.findings.n; k++) {
            const struct lint_finding *f = &jobs->list.v[i].lint.findings.v[k];
            json_t *j = json_object();

            json_put_str(j, "id", f->id);
            json_put_str(j, "severity", lint_severity_name(f->severity));
            json_put_str(j, "file", jobs->list.v[i].path);
            json_put_int(j, "line", (int64_t)f->line);
            json_put_int(j, "end_line", (int64_t)f->end_line);
            json_put_int(j, "column", (int64_t)f->column);
            json_put_sv(j, "message", f->message);
            json_put_sv(j, "hint", f->hint);
            json_put_sv(j, "lock", f->lock);
            json_put_sv(j, "rewrite", f->rewrite);
            if (f->grade)
                json_put_sv(j, "grade", (struct sv){&f->grade, 1});
            json_append(list, j);
        }
    return list;
}

/* --- SARIF 2.1.0 (OASIS, sections 3.13, 3.14, 3.19, 3.27, 3.49) --- */

#define SARIF_SCHEMA "https://json.schemastore.org/sarif-2.1.0.json"

static const char *show_level(enum lint_severity s)
{
    static const char *const levels[] = {
        [LINT_INFO] = "note", [LINT_WARNING] = "warning", [LINT_ERROR] = "error"};

    return levels[s];
}

static json_t *show_message(struct sv text)
{
    json_t *j = json_object();

    json_put(j, "text", json_sv(text));
    return j;
}

static json_t *show_sarif_rule(const struct lint_rule *r)
{
    json_t *j = json_object(), *level = json_object();

    json_put_str(j, "id", r->id);
    json_put(j, "shortDescription", show_message(sv_from(r->title)));
    json_put(j, "fullDescription", show_message(sv_from(r->why)));
    json_put(j, "help", show_message(sv_from(r->mend)));
    json_put_str(level, "level", show_level(r->severity));
    json_put(j, "defaultConfiguration", level);
    return j;
}

/* A relative reference (RFC 3986): what is no unreserved character or '/' is written as %XX. */
static void show_uri(const char *path, struct strbuf *out)
{
    struct sv s = sv_from(path);

    if (sv_starts(s, SV("/")))
        strbuf_add_str(out, "file://");
    while (sv_eat(&s, SV("./")))
        ;
    for (size_t i = 0; i < s.n; i++)
        if (ascii_is_word(s.p[i]) || s.p[i] == '-' || s.p[i] == '.' || s.p[i] == '~' ||
            s.p[i] == '/')
            strbuf_add_byte(out, s.p[i]);
        else
            strbuf_addf(out, "%%%02X", (unsigned)(unsigned char)s.p[i]);
}

static int64_t show_rule_index(const char *id)
{
    for (size_t i = 0; i < n_lint_rules; i++)
        if (lint_rules[i]->id == id)
            return (int64_t)i;
    return -1;
}

static json_t *show_sarif_result(const char *path, const struct lint_finding *f)
{
    CLEANUP(strbuf_release) struct strbuf uri = STRBUF(0);
    json_t *j = json_object(), *locations = json_array(), *location = json_object(),
           *physical = json_object(), *artifact = json_object(), *region = json_object();

    json_put_str(j, "ruleId", f->id);
    json_put_int(j, "ruleIndex", show_rule_index(f->id));
    json_put_str(j, "level", show_level(f->severity));
    json_put(j, "message", show_message(f->message));
    show_uri(path, &uri);
    json_put_sv(artifact, "uri", strbuf_sv(&uri));
    json_put_int(region, "startLine", (int64_t)f->line);
    json_put_int(region, "startColumn", (int64_t)f->chars);
    json_put_int(region, "endLine", (int64_t)f->end_line);
    json_put(physical, "artifactLocation", artifact);
    json_put(physical, "region", region);
    json_put(location, "physicalLocation", physical);
    json_append(locations, location);
    json_put(j, "locations", locations);
    return j;
}

json_t *lint_show_sarif(const struct lint_jobs *jobs)
{
    json_t *log = json_object(), *runs = json_array(), *run = json_object(), *tool = json_object(),
           *driver = json_object(), *rules = json_array(), *results = json_array();

    for (size_t i = 0; i < n_lint_rules; i++)
        json_append(rules, show_sarif_rule(lint_rules[i]));
    for (size_t i = 0; i < jobs->list.n; i++)
        for (size_t k = 0; k < jobs->list.v[i].lint.findings.n; k++)
            json_append(results, show_sarif_result(jobs->list.v[i].path,
                                                   &jobs->list.v[i].lint.findings.v[k]));
    json_put_str(driver, "name", "prusik");
    json_put_str(driver, "version", prusik_version);
    json_put(driver, "rules", rules);
    json_put(tool, "driver", driver);
    json_put(run, "tool", tool);
    json_put_str(run, "columnKind", "unicodeCodePoints");
    json_put(run, "results", results);
    json_append(runs, run);
    json_put_str(log, "$schema", SARIF_SCHEMA);
    json_put_str(log, "version", "2.1.0");
    json_put(log, "runs", runs);
    return log;
}

void lint_show_rule(const struct lint_rule *rule, struct strbuf *out)
{
    term_addf(out, TERM_BOLD, "%s: %s", rule->id, rule->title);
    strbuf_addf(out, " (%s)\n\n%s\n\nMend: %s\n\nAn example: docs/reference/lint/%s.md\n",
                lint_severity_name(rule->severity), rule->why, rule->mend, rule->id);
}
