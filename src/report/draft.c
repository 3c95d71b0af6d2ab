#include "report/draft.h"

#include "base/file.h"
#include "base/sv.h"
#include "base/text.h"
#include "report/draft_int.h"

enum { DRAFT_LINES = 12 }; /* of which the same is said; the rest are a number */

/* In the order of the file. */
static const struct {
    struct sv name;
    const char *text;
} draft_sections[] = {
    {SV("environment"), "What the run is for; one run at a time has it."},
    {SV("env"), "Environment of every command.  env_files: [deploy.env] can give it, too."},
    {SV("variables"),
     "What placeholders stand for: a text, or {command: ...} whose output is taken."},
    {SV("hosts"),
     "How hosts of the document are reached: an address as ssh takes it, {} for the name itself, "
     "local for this machine."},
    {SV("databases"), "What blocks of SQL are for."},
    {SV("services"),
     "Services that prusik starts, stops and proves itself (docs/formats/services.md)."},
    {SV("maintenance"), "The file whose presence is maintenance mode."},
    {SV("scrape"), "The metrics endpoint (Prometheus text format or OpenMetrics)."},
    {SV("metrics"),
     "What the document's words are measured by (docs/reference/rules.md).  `probes: {db: URL}` "
     "makes http.db, up or down."},
    {SV("sources"),
     "Logs, queries, tickets and the like that rules ask for (docs/formats/binding.md, sources)."},
    {SV("rules"), "Rules of your own, or instead of those of the document."},
    {SV("watch"), "How long rules are judged after the deployment."},
    {SV("drop"), "What is not judged, with the reason: a line of the document, or its words."},
    {SV("choices"),
     "What is done only if: yes, no, ask (in the run), {when: STEP, contains: TEXT of its output} or {if_failed: STEP}."},
    {SV("gates"),
     "What has to be so, or be said, before a part begins: windows, freezes, approvals."},
    {SV("answers"), "Answers given ahead.  As a comment, the person at the run is asked."},
    {SV("steps"),
     "Settings of steps: timeout, retries, undo (why nothing has to be undone; of all: accept_gaps), "
     "skip."},
    {SV("approvers"), "Who may approve."},
    {SV("rehearse"),
     "The scratch environment of `prusik rehearse`; where more is different there, in a file of its "
     "own, for --bind."},
};

/* --- collecting --- */

/* "{undo: x}" and "{timeout: 5m}" of one step are "{undo: x, timeout: 5m}". */
static struct sv draft_merge(struct draft *d, struct sv have, struct sv more)
{
    if (sv_eq(have, more) || !sv_starts(have, SV("{")) || !sv_starts(more, SV("{")))
        return have;
    return arena_fmt(&d->arena, "%.*s, %.*s", SV_FMT(sv_sub(have, 0, have.n - 1)),
                     SV_FMT(sv_sub(more, 1, more.n)));
}

static bool draft_is_plain(struct sv text)
{
    for (size_t i = 0; i < text.n; i++)
        if (!ascii_is_alnum(text.p[i]) && sv_find_byte(SV("_./-"), text.p[i], 0) == SV_NPOS)
            return false;
    return text.n > 0 && (ascii_is_alpha(*text.p) || *text.p == '/');
}

struct sv draft_scalar(struct draft *d, struct sv text)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    if (draft_is_plain(text))
        return text;
    strbuf_add_byte(&b, '\'');
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\'')
            strbuf_add_byte(&b, '\''); /* a quote is doubled */
        strbuf_add_byte(&b, text.p[i]);
    }
    strbuf_add_byte(&b, '\'');
    return arena_sv(&d->arena, strbuf_sv(&b));
}

static struct draft_entry *draft_entry_of(struct draft *d, struct sv section, struct sv key)
{
    CLEANUP(strbuf_release) struct strbuf name = STRBUF(0);
    struct draft_entry *e;
    size_t at;

    strbuf_add_sv(&name, section);
    strbuf_add_byte(&name, '\0');
    strbuf_add_sv(&name, key);
    if (map_get(&d->entry_at, strbuf_sv(&name), &at))
        return &d->entries.v[at];
    (void)map_put(&d->entry_at, strbuf_sv(&name), d->entries.n);
    e = vec_add(&d->entries);
    e->section = section;
    e->key = key;
    return e;
}

void draft_add(struct draft *d, struct sv section, struct sv key, struct sv value, size_t line,
               struct sv why)
{
    struct draft_entry *e = draft_entry_of(d, section, key);

    e->value = e->value.n ? draft_merge(d, e->value, value) : value;
    for (size_t i = 0; i < e->remarks.n; i++) {
        struct draft_remark *r = &e->remarks.v[i];

        if (!sv_eq(r->text, why))
            continue;
        if (line != r->line && (!r->more.n || *vec_last(&r->more) != line))
            *vec_add(&r->more) = line;
        return;
    }
    *vec_add(&e->remarks) = (struct draft_remark){.line = line, .text = why};
}

/* --- questions: "metrics: {error_rate: EXPRESSION}, what it means" --- */

struct draft_answer {
    struct sv section, key, value, rest;
};

/* Where `stop` stands outside quotes and brackets; SV_NPOS: nowhere. */
static size_t draft_scan(struct sv s, size_t at, char stop)
{
    size_t depth = 0;
    char quote = 0;

    for (; at < s.n; at++) {
        char c = s.p[at];

        if (quote) {
            quote = c == quote ? 0 : quote;
        } else if (depth == 0 && c == stop) {
            return at;
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else {
            depth += c == '{' || c == '[' || c == '(';
            depth -= depth && (c == '}' || c == ']' || c == ')');
        }
    }
    return SV_NPOS;
}

static bool draft_read_answer(struct sv text, struct draft_answer *ret)
{
    size_t open = sv_find(text, SV(": {"), 0), colon, end;
    struct sv body;

    if (open == SV_NPOS)
        return false;
    body = sv_sub(text, open + 3, text.n);
    colon = draft_scan(body, 0, ':');
    end = draft_scan(body, 0, '}');
    if (colon == SV_NPOS || end == SV_NPOS || colon > end)
        return false;
    ret->section = sv_sub(text, 0, open);
    ret->key = sv_trim(sv_sub(body, 0, colon));
    ret->value = sv_trim(sv_sub(body, colon + 1, end));
    ret->rest = sv_sub(body, end + 1, body.n);
    (void)sv_eat(&ret->rest, SV(", ")); /* often nothing follows */
    return true;
}

/* A proposal that decides nothing stays; what a person has to say is left blank. */
static struct sv draft_blank(struct draft *d, const struct draft_answer *a)
{
    static const struct sv draft_blanks[] = {SV("{undo: "), SV("{skip: "), SV("{url: ")};

    if (sv_eq(a->section, SV("answers")))
        return SV("{answer: yes, by: \"\"}");
    for (size_t i = 0; i < ARRAY_LEN(draft_blanks); i++)
        if (sv_starts(a->value, draft_blanks[i]))
            return arena_fmt(&d->arena, "%.*s\"\"}", SV_FMT(draft_blanks[i]));
    if (sv_eq(a->value, SV("ADDRESS")))
        return SV("{}");
    if (sv_eq(a->section, SV("choices")) && sv_eq(a->value, SV("ask")))
        return a->value; /* it decides nothing now */
    if (sv_eq(a->section, SV("choices")) || sv_eq(a->section, SV("drop")) ||
        sv_eq(a->value, SV("...")) || sv_eq(a->value, SV("EXPRESSION")))
        return SV("\"\"");
    return a->value;
}

static bool draft_has_section(struct sv name)
{
    for (size_t i = 0; i < ARRAY_LEN(draft_sections); i++)
        if (sv_eq(draft_sections[i].name, name))
            return true;
    return false;
}

static void draft_question(struct draft *d, const struct plan_question *q)
{
    struct draft_answer a;
    struct sv text = q->text;

    if (sv_eq(q->kind, SV("environment"))) {
        draft_add(d, SV("environment"), (struct sv){NULL, 0}, SV("\"\""), 0, text);
        return;
    }
    if (!draft_read_answer(q->answer_with, &a) || !draft_has_section(a.section)) {
        *vec_add(&d->others) = (struct draft_remark){
            .line = q->line,
            .text = arena_fmt(&d->arena, "%.*s  (%.*s)", SV_FMT(text), SV_FMT(q->answer_with))};
        return;
    }
    if (a.rest.n && !sv_eq(a.section, SV("choices"))) /* the section says it once */
        text = arena_fmt(&d->arena, "%.*s (%.*s)", SV_FMT(text), SV_FMT(a.rest));
    draft_add(d, a.section, a.key, draft_blank(d, &a), q->line, text);
    if (sv_has(q->answer_with, SV("or drop it")))
        draft_add(d, SV("drop"), arena_fmt(&d->arena, "\"%zu\"", q->line), SV("\"\""), q->line,
                  q->text);
}

/* --- writing --- */

static void draft_comment(struct strbuf *out, const char *indent, struct sv text)
{
    strbuf_addf(out, "%s# ", indent);
    text_add_line(out, text);
    strbuf_add_byte(out, '\n');
}

static void draft_remark(const struct draft *d, const char *indent, const struct draft_remark *r,
                         struct strbuf *out)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct sv line = sv_trim(document_line(d->rb->doc, r->line));

    if (r->line)
        strbuf_addf(&text, "line%s %zu", r->more.n ? "s" : "", r->line);
    for (size_t i = 0; i < r->more.n && i < DRAFT_LINES; i++)
        strbuf_addf(&text, ", %zu", r->more.v[i]);
    if (r->more.n > DRAFT_LINES)
        strbuf_addf(&text, " and %zu more", r->more.n - DRAFT_LINES);
    strbuf_addf(&text, "%s%.*s", r->line ? ": " : "", SV_FMT(r->text));
    draft_comment(out, indent, strbuf_sv(&text));
    if (!line.n || sv_has(r->text, line) || sv_starts(line, SV("```")) ||
        sv_starts(line, SV("~~~"))) /* the fence of a block says nothing */
        return;
    strbuf_truncate(&text, 0);
    strbuf_addf(&text, "    %.*s", SV_FMT(line));
    draft_comment(out, indent, strbuf_sv(&text));
}

static void draft_entry(const struct draft *d, const struct draft_entry *e, struct strbuf *out)
{
    const char *indent = e->key.n ? "  " : "";

    for (size_t i = 0; i < e->remarks.n; i++)
        draft_remark(d, indent, &e->remarks.v[i], out);
    strbuf_addf(out, "%s#%.*s: ", indent, SV_FMT(e->key.n ? e->key : e->section));
    text_add_line(out, e->value);
    strbuf_add_byte(out, '\n');
}

static void draft_section(const struct draft *d, struct sv name, const char *text,
                          struct strbuf *out)
{
    bool begun = false;

    for (size_t i = 0; i < d->entries.n; i++) {
        if (!sv_eq(d->entries.v[i].section, name))
            continue;
        strbuf_add_byte(out, '\n');
        if (!begun) {
            draft_comment(out, "", sv_from(text));
            if (d->entries.v[i].key.n)
                strbuf_addf(out, "%.*s:\n", SV_FMT(name));
        }
        begun = true;
        draft_entry(d, &d->entries.v[i], out);
    }
}

static void draft_head(const struct draft *d, struct strbuf *out)
{
    CLEANUP(strbuf_release) struct strbuf name = STRBUF(0);

    strbuf_addf(&name, "What %s leaves open, to be filled in (docs/formats/binding.md).",
                path_base(d->rb->doc->path));
    draft_comment(out, "", strbuf_sv(&name));
    strbuf_add_str(out,
                   "# Take the '#' in front of an entry away and fill it in; `prusik plan` then "
                   "says what is\n# still open.  An entry that stays a comment says nothing.\n");
}

void draft_binding(const struct plan *p, const struct runbook *rb, struct strbuf *out)
{
    struct draft d = {.plan = p, .rb = rb};

    draft_find(&d);
    for (size_t i = 0; i < p->n_questions; i++)
        draft_question(&d, &p->questions[i]);
    draft_head(&d, out);
    for (size_t i = 0; i < ARRAY_LEN(draft_sections); i++)
        draft_section(&d, draft_sections[i].name, draft_sections[i].text, out);
    if (d.others.n)
        strbuf_add_str(out, "\n# To be mended in the document, or elsewhere:\n");
    for (size_t i = 0; i < d.others.n; i++)
        draft_remark(&d, "", &d.others.v[i], out);
    for (size_t i = 0; i < d.entries.n; i++) {
        for (size_t k = 0; k < d.entries.v[i].remarks.n; k++)
            vec_release(&d.entries.v[i].remarks.v[k].more);
        vec_release(&d.entries.v[i].remarks);
    }
    vec_release(&d.entries);
    map_release(&d.entry_at);
    vec_release(&d.others);
    arena_release(&d.arena);
}
