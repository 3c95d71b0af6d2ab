/*
 * attach: which step an expectation speaks of.
 */
#include <string.h>

#include "base/regex.h"
#include "base/sv.h"
#include "runbook/reader_int.h"
#include "runbook/told_verb.h"
#include "runbook/where.h"

static const struct expect_context attach_nothing;

static const struct expect_context *attach_context(const struct rb_draft *d)
{
    return d->step.command ? &d->step.command->cx : &attach_nothing;
}

/* Does it look for something in the output? */
static bool attach_looks(const struct rb_expect *e)
{
    static const enum rb_expect_form forms[] = {EXPECT_CONTAINS, EXPECT_MATCHES, EXPECT_NUMBER,
                                                EXPECT_COUNT,    EXPECT_ROWS,    EXPECT_ROW,
                                                EXPECT_JSON,     EXPECT_VERSION};
    bool looks = false;

    for (size_t i = 0; i < ARRAY_LEN(forms); i++)
        looks |= e->form == forms[i];
    return looks;
}

/* What the command never prints is looked for in what another one of its block does. */
static bool attach_cannot_show(const struct rb_draft *d, const struct rb_expect *e)
{
    const struct expect_context *cx = attach_context(d);
    struct sv states = SV("active inactive activating deactivating reloading failed unknown "
                          "enabled disabled static masked indirect linked generated alias");
    struct sv word;

    if (!attach_looks(e) || (!cx->mute && !cx->state_word))
        return false;
    while (cx->state_word && sv_next_word(&states, &word))
        if (sv_has_nocase(e->text, word))
            return false;
    return true;
}

/* Does a check of the status fit the step?  One that sums up speaks of a command of its sort only. */
static bool attach_fits(struct rb_build *b, const struct rb_draft *d, const struct rb_expect *e,
                        bool alone)
{
    if (e->form == EXPECT_FAIL && e->text.n) { /* "Invalid inserts are rejected" */
        for (size_t i = 0; i < d->expects.n; i++)
            if (d->expects.v[i].form == EXPECT_FAIL)
                return true;
        return false;
    }
    if (e->form != EXPECT_EXIT || alone)
        return true;
    return d->step.command && d->step.command->form != COMMAND_STATE &&
           expect_speaks_of(b->expect, e->source, d->step.text);
}

/* The file that the command runs, without its folders: "check.sh" of "bash ./check.sh -v"; empty: none. */
static struct sv attach_script(struct sv command)
{
    static const char *const readers[] = {"bash", "sh", "python", "python3", "node", "sudo"};
    struct sv word;
    size_t from;

    while (sv_next_word(&command, &word)) {
        bool reader = false;

        for (size_t i = 0; i < ARRAY_LEN(readers); i++)
            reader |= sv_is(word, readers[i]);
        if (reader)
            continue;
        from = word.n;
        while (from > 0 && word.p[from - 1] != '/')
            from--;
        return sv_find_byte(word, '.', from) != SV_NPOS ? sv_sub(word, from, word.n)
                                                        : (struct sv){NULL, 0};
    }
    return (struct sv){NULL, 0};
}

/* Does the command print the text, or a script that the document writes and the command runs? */
static bool attach_prints(struct rb_build *b, const struct rb_draft *d, struct rb_expect *e)
{
    struct sv text = e->text, script;

    if (!d->step.command || d->step.command->cx.searches)
        return false;
    if (expect_is_printed(b->expect, text, d->step.text, b->arena, e))
        return true;
    script = attach_script(d->step.text);
    for (size_t i = b->steps.n; script.n && i-- > 0 && b->steps.n - i <= EXPECT_MAX_STEPS;) {
        struct sv made = b->steps.v[i].step.text;
        struct sv head = sv_sub(made, 0, sv_find_byte(made, '\n', 0));

        if (head.n < made.n && sv_has(head, script) && sv_has(head, SV("<<")))
            return expect_is_printed(b->expect, text, made, b->arena, e);
    }
    return false;
}

static void attach_read(struct rb_build *b, const struct rb_draft *d, struct sv clause, size_t line,
                        bool alone, expect_list *found)
{
    found->n = 0;
    expect_read(b->expect, clause, line, attach_context(d), b->arena, found);
    assert(found->v && found->n > 0);
    if (found->n == 1 && found->v[0].form == EXPECT_ASK && attach_prints(b, d, &found->v[0]))
        return;
    if (d->step.kind == STEP_MANUAL || d->step.kind == STEP_APPROVAL ||
        attach_cannot_show(d, &found->v[0]) || !attach_fits(b, d, &found->v[0], alone)) {
        found->n = 1;
        found->v[0] = (struct rb_expect){.form = EXPECT_ASK,
                                         .line = line,
                                         .text = found->v[0].source,
                                         .source = found->v[0].source};
    }
}

static void attach_add(struct rb_build *b, size_t at, const expect_list *found)
{
    for (size_t i = 0; i < found->n; i++)
        *vec_add(&b->steps.v[at].expects) = found->v[i];
}

/* "Backup files created": each command that makes one. */
static bool attach_is_plural(struct sv clause)
{
    return sv_has_nocase(clause, SV("files")) || sv_has_nocase(clause, SV("backups")) ||
           sv_has_nocase(clause, SV("copies")) || sv_has_nocase(clause, SV("snapshots")) ||
           sv_has_nocase(clause, SV("dumps"));
}

static void attach_earlier(struct rb_build *b, size_t from, size_t at, struct sv clause,
                           size_t line)
{
    expect_list found = {0};

    while (at-- > from) {
        attach_read(b, &b->steps.v[at], clause, line, false, &found);
        if (found.v[0].form == EXPECT_EXISTS)
            attach_add(b, at, &found);
    }
    vec_release(&found);
}

static void attach_clause(struct rb_build *b, size_t from, struct sv clause, size_t line)
{
    bool alone = from + 1 == b->steps.n;
    expect_list found = {0};
    size_t at = b->steps.n;

    assert(from < b->steps.n);
    do {
        attach_read(b, &b->steps.v[--at], clause, line, alone, &found);
    } while (at > from && found.v[0].form == EXPECT_ASK);
    if (found.v[0].form == EXPECT_ASK) /* nobody can show it: the last one asks */
        at = b->steps.n - 1;
    attach_add(b, at, &found);
    if (found.v[0].form == EXPECT_EXISTS && attach_is_plural(clause))
        attach_earlier(b, from, at, clause, line);
    vec_release(&found);
}

/* "Both should pass": the last two commands, each. */
static bool attach_both(struct rb_build *b, size_t from, struct sv text, size_t line)
{
    size_t at = b->steps.n, n = 0;
    struct sv rest = text;

    if (!sv_eat_nocase(&rest, SV("Both ")))
        return false;
    for (; at > from && n < 2; at--) {
        expect_list found = {0};

        if (b->steps.v[at - 1].step.command &&
            b->steps.v[at - 1].step.command->form == COMMAND_STATE)
            continue;
        attach_read(b, &b->steps.v[at - 1], rest, line, true, &found);
        found.v[0].source = arena_sv(b->arena, text);
        attach_add(b, at - 1, &found);
        vec_release(&found);
        n++;
    }
    return n > 0;
}

void build_expect(struct rb_build *b, size_t from, struct sv text, size_t line)
{
    struct sv rest = sv_trim(text), clause;
    size_t otherwise =
        from < b->steps.n && rest.n <= EXPECT_MAX_BYTES ? otherwise_begins(rest) : SV_NPOS;

    if (from >= b->steps.n)
        return;
    if (otherwise != SV_NPOS) {
        otherwise_remark(b, line, rest);
        rest = sv_trim(sv_sub(rest, 0, otherwise));
        rest.n -= rest.n && strchr(".;,", rest.p[rest.n - 1]);
    }
    if (rest.n > EXPECT_MAX_BYTES) {
        attach_clause(b, b->steps.n - 1, rest, line);
        return;
    }
    if (b->steps.n - from > EXPECT_MAX_STEPS)
        from = b->steps.n - EXPECT_MAX_STEPS;
    if (attach_both(b, from, rest, line))
        return;
    while (expect_next_clause(&rest, &clause))
        attach_clause(b, from, clause, line);
}

void build_expect_output(struct rb_build *b, size_t at, struct sv text, size_t line)
{
    struct rb_draft *d = &b->steps.v[at];
    expect_list found = {0};

    expect_read_output(b->expect, text, line, attach_context(d), b->arena, &found);
    attach_add(b, at, &found);
    vec_release(&found);
}

/* --- commands in a text --- */

/* Without ":", "->", "(" and the like at its ends. */
static struct sv attach_words(struct sv s)
{
    static const char marks[] = ":-=>(),. \t\n";

    s = sv_trim(s);
    if (s.n > 1 && *s.p == '(' && s.p[s.n - 1] == ')')
        s = sv_sub(s, 1, s.n - 1);
    while (s.n && strchr(marks, *s.p))
        s = sv_sub(s, 1, s.n);
    (void)(sv_eat(&s, SV("\xe2\x86\x92")) || sv_eat(&s, SV("\xe2\x80\x93")) ||
           sv_eat(&s, SV("\xe2\x80\x94")));
    while (s.n && strchr(":,( \t\n", s.p[s.n - 1]))
        s.n--;
    return sv_trim(s);
}

/* What stands behind "shows": the bold word alone, or all of it. */
static struct sv attach_printed(struct rb_build *b, const struct md_node *n, size_t last,
                                struct sv after)
{
    for (size_t i = 0; i < n->n_spans; i++) {
        const struct md_span *s = &n->spans[i];
        struct sv behind = attach_words(sv_sub(n->text, s->to, n->text.n));

        if (s->kind == MD_STRONG && s->from > last && !behind.n &&
            sv_find_byte(attach_words(sv_sub(n->text, last, s->from)), ' ', 0) == SV_NPOS)
            return arena_fmt(b->arena, "contains \"%.*s\"",
                             SV_FMT(sv_sub(n->text, s->from, s->to)));
    }
    return after;
}

/* "On db01, more than 20 % is free": without where that is. */
static struct sv attach_said(struct sv text)
{
    size_t comma = sv_find_byte(text, ',', 0);
    struct sv host;

    return comma != SV_NPOS && where_read(sv_sub(text, 0, comma), &host) == WHERE_ONCE
               ? sv_trim(sv_sub(text, comma + 1, text.n))
               : text;
}

/* "The version is 1.0: `curl ...`": whoever sees the output says whether it is. */
static bool attach_state(struct rb_build *b, struct sv text, size_t line)
{
    const struct rb_draft *d = vec_last(&b->steps);
    const struct rb_step *s = &d->step;
    expect_list found = {0};

    if (!s->command || s->command->effect != EFFECT_NONE || d->expects.n ||
        told_verb(text) != TOLD_NOT || !expect_is_state(b->expect, text, s->text))
        return false;
    *vec_add(&found) =
        (struct rb_expect){.form = EXPECT_ASK, .line = line, .text = text, .source = text};
    attach_add(b, b->steps.n - 1, &found);
    vec_release(&found);
    return true;
}

bool attach_inline(struct rb_build *b, const struct md_node *n, size_t from)
{
    size_t first = SV_NPOS, last = 0;
    struct sv before, after, rest;

    for (size_t i = 0; i < n->n_spans; i++)
        if (n->spans[i].kind == MD_CODE_SPAN) {
            first = size_min(first, n->spans[i].from);
            last = size_max(last, n->spans[i].to);
        }
    if (first == SV_NPOS || from >= b->steps.n || vec_last(&b->steps)->step.waits)
        return false;
    before = attach_words(sv_sub(n->text, 0, first));
    after = attach_words(sv_sub(n->text, last, n->text.n));
    if (expect_is_label(after, &rest) && rest.n)
        build_expect(b, from, rest, n->line);
    else if (regex_has(b->block_patterns[BLOCK_PRINTS], after))
        build_expect(b, from, attach_printed(b, n, last, after), n->line);
    else if (regex_has(b->block_patterns[BLOCK_SHOULD_TOO], after) ||
             (!before.n && expect_is_limit(b->expect, after)))
        build_expect(b, from, after, n->line);
    else if (!after.n && expect_is_look(b->expect, before))
        build_expect(b, from, before, n->line);
    else if (!after.n && expect_is_limit(b->expect, before))
        build_expect(b, from, attach_said(before), n->line);
    else
        return !after.n && attach_state(b, attach_said(before), n->line);
    return true;
}

/* --- lists of criteria --- */

struct sv attach_text(const struct rb_build *b, uint32_t node)
{
    const struct md_node *n = &b->rb->md.v[node];
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    size_t at = 0;

    for (size_t i = 0; i < n->n_spans; i++) {
        const struct md_span *s = &n->spans[i];

        if (s->kind != MD_CODE_SPAN || s->from < at)
            continue;
        strbuf_addf(&text, "%.*s`%.*s`", SV_FMT(sv_sub(n->text, at, s->from)),
                    SV_FMT(sv_sub(n->text, s->from, s->to)));
        at = s->to;
    }
    if (at == 0)
        return sv_trim(n->text);
    strbuf_add_sv(&text, sv_sub(n->text, at, n->text.n));
    return arena_sv(b->arena, sv_trim(strbuf_sv(&text)));
}

static const struct sv attach_labels[] = {
    SV("Success criteria"), SV("Acceptance criteria"), SV("Expected"),      SV("Erwartet"),
    SV("Erfolgskriterien"), SV("Review output"),       SV("Review points"), SV("Review the output"),
};

/* These may as well head a list of things to do. */
static const struct sv attach_headings[] = {SV("Validation:"), SV("Verification:"),
                                            SV("Acceptance:"), SV("Success indicators:"),
                                            SV("Done when:"),  SV("Exit criteria:")};

/* Does one of the bullets quote a command, or begin with what somebody does? */
static bool attach_has_tasks(const struct rb_build *b, uint32_t list)
{
    const struct md_node *v = b->rb->md.v;

    for (uint32_t c = v[list].first; c != MD_NONE; c = v[c].next) {
        const struct md_node *n = v[c].first == MD_NONE ? NULL : &v[v[c].first];

        if (!n || n->kind != MD_PARAGRAPH || n->next != MD_NONE || told_verb(n->text) != TOLD_NOT ||
            expect_is_look(b->expect, n->text))
            return true;
        for (size_t i = 0; i < n->n_spans; i++)
            if (n->spans[i].kind == MD_CODE_SPAN &&
                block_knows_command(sv_sub(n->text, n->spans[i].from, n->spans[i].to)))
                return true;
    }
    return false;
}

bool attach_is_criteria(const struct rb_build *b, struct sv label, uint32_t list)
{
    for (size_t i = 0; i < ARRAY_LEN(attach_labels); i++)
        if (sv_starts_nocase(label, attach_labels[i]))
            return true;
    for (size_t i = 0; b->block_steps < b->steps.n && i < ARRAY_LEN(attach_headings); i++)
        if (sv_eq_nocase(label, attach_headings[i]))
            return !attach_has_tasks(b, list);
    return false;
}

static bool attach_is_review(struct sv label)
{
    return sv_starts_nocase(label, SV("Review"));
}

struct rb_draft *attach_task(struct rb_build *b)
{
    struct sv number = b->part == RB_NONE ? SV("") : build_part(b, b->part)->number;

    if (!map_get(&b->tasks, number, NULL))
        return NULL;
    for (size_t i = 0; i < b->steps.n; i++) {
        struct rb_draft *d = &b->steps.v[i];

        if (d->step.kind == STEP_MANUAL && d->step.part != RB_NONE && d->step.block == RB_NONE &&
            build_part(b, d->step.part)->task && sv_eq(build_part(b, d->step.part)->number, number))
            return d;
    }
    return NULL;
}

static void attach_question(struct rb_draft *d, struct sv text, size_t line)
{
    *vec_add(&d->expects) =
        (struct rb_expect){.form = EXPECT_ASK, .line = line, .text = text, .source = text};
}

static void attach_manual(struct rb_build *b, struct sv text, const struct md_node *item)
{
    struct rb_draft *d = build_step(b, STEP_MANUAL, item->line, text);

    d->step.end_line = item->end_line;
}

/* What is looked at: the last command that shows something, rather than one whose output went into a file. */
static struct rb_draft *attach_shown(struct rb_build *b)
{
    for (size_t i = b->steps.n; i-- > b->block_steps;) {
        const struct rb_draft *d = &b->steps.v[i];

        if (d->step.command && !d->step.command->cx.makes_file)
            return &b->steps.v[i];
    }
    return vec_last(&b->steps);
}

/* One bullet: a check of the steps before it, or where there are none something a person confirms. */
static void attach_bullet(struct rb_build *b, struct sv text, const struct md_node *item)
{
    struct rb_draft *task = b->block_steps < b->steps.n ? NULL : attach_task(b);

    if (task)
        attach_question(task, text, item->line);
    else if (b->block_steps >= b->steps.n)
        attach_manual(b, text, item);
    else if (attach_is_review(b->label))
        attach_question(attach_shown(b), text, item->line);
    else
        build_expect(b, b->block_steps, text, item->line);
}

void attach_criteria(struct rb_build *b, uint32_t list)
{
    const struct md_node *v = b->rb->md.v;
    size_t block_steps = b->block_steps;
    bool none = block_steps >= b->steps.n;

    for (uint32_t c = v[list].first; c != MD_NONE; c = v[c].next) {
        uint32_t first = v[c].first;

        if (none)
            b->block_steps = b->steps.n;
        if (first != MD_NONE && v[first].kind == MD_PARAGRAPH)
            watch_propose(b, attach_text(b, first), v[c].line);
        if (first != MD_NONE && v[first].kind == MD_PARAGRAPH)
            attach_bullet(b, attach_text(b, first), &v[c]);
    }
    b->block_steps = none ? b->steps.n : block_steps;
}
