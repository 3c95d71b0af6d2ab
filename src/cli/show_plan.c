#include "cli/show_plan.h"

#include "base/duration.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/sv.h"
#include "base/text.h"
#include "cli/term.h"
#include "cli/ui_int.h"
#include "rule/rule.h"

#define SHOW_QUESTION \
    400u /* what is asked is said to its end: the name that is missing stands there */

void show_line(struct strbuf *out, size_t indent, enum term_style style, struct sv text,
               size_t room)
{
    CLEANUP(strbuf_release) struct strbuf line = STRBUF(0);

    text_add_line(&line, text);
    strbuf_add_n(out, ' ', indent);
    if (text_width(strbuf_sv(&line)) > room)
        term_addf(out, style, "%.*s...", SV_FMT(text_cut(strbuf_sv(&line), room - 3)));
    else
        term_add(out, style, strbuf_sv(&line));
}

static void show_expects(const struct plan_step *s, size_t indent, struct strbuf *out)
{
    for (size_t i = 0; i < s->n_expects; i++) {
        const struct plan_expect *e = &s->expects[i];

        strbuf_add_n(out, ' ', indent);
        if (e->machine)
            term_add(out, TERM_GOOD, SV("= "));
        else
            term_add(out, TERM_WARN, SV("? "));
        show_line(out, 0, TERM_PLAIN, e->e.source, 70);
        term_addf(out, TERM_DIM, e->machine ? "  [%s]\n" : "  [a person answers]\n",
                  rb_expect_name(e->e.form));
    }
}

static void show_undo(const struct plan_step *s, struct strbuf *out)
{
    switch (s->undo) {
    case UNDO_NOTHING: break;
    case UNDO_INVERSE:
    case UNDO_SECTION:
    case UNDO_ACCEPTED:
        term_addf(out, TERM_DIM, "  back: %.*s", SV_FMT(s->undo_text));
        if (s->undo == UNDO_SECTION && s->undo_by == UNDO_BY_KIND)
            term_addf(out, TERM_WARN, "  (only known to change %.*s, too)", SV_FMT(s->effect));
        break;
    case UNDO_GAP:
    case UNDO__N:
    default: term_add(out, TERM_BAD, SV("  NO WAY BACK")); break;
    }
}

/* What of it is not known before; the way stands in the heading above. */
static void show_asked_then(const struct plan *p, const struct plan_choice *c, struct strbuf *out)
{
    const struct plan_decision *d = plan_decision(p, c->ask);

    if (d->n_options > 1)
        term_addf(out, TERM_WARN, "  asked then: one of %zu ways", d->n_options);
    else
        term_addf(out, TERM_WARN, "  asked then: %.*s", SV_FMT(c->text));
}

static void show_waits(const struct plan *p, const struct plan_step *s, struct strbuf *out)
{
    if (s->wait_ms)
        term_addf(out, TERM_DIM, "  up to %s", duration_format(plan_bound(p, s->wait_ms)).s);
    if (s->timeout_ms)
        term_addf(out, TERM_DIM, "  at most %s", duration_format(plan_bound(p, s->timeout_ms)).s);
    if (json_get_int(s->action, "listens_ms", 0))
        term_addf(out, TERM_DIM, "  up to %s until somebody listens, after line %lld",
                  duration_format(json_get_int(s->action, "listens_ms", 0)).s,
                  (long long)json_get_int(s->action, "started_line", 0));
    for (size_t i = 0; i < s->n_choices; i++)
        if (s->choices[i].ask.n)
            show_asked_then(p, &s->choices[i], out);
        else if (s->choices[i].if_failed.n)
            term_addf(out, TERM_WARN, "  only if %.*s fails", SV_FMT(s->choices[i].if_failed));
        else
            term_addf(out, TERM_WARN, "  only if %.*s has \"%.*s\"", SV_FMT(s->choices[i].when),
                      SV_FMT(s->choices[i].contains));
    for (size_t i = 0; i < s->n_branch_of; i++)
        term_addf(out, TERM_WARN, i ? ", %.*s" : "  only when it has failed: %.*s",
                  SV_FMT(s->branch_of[i]));
}

/* What happens when it fails, where that is not what the whole plan does. */
static void show_failure(const struct plan_step *s, struct strbuf *out)
{
    if (s->retries)
        term_addf(out, TERM_DIM, "  again %lld time%s", (long long)s->retries,
                  s->retries == 1 ? "" : "s");
    if (s->branch.n)
        term_addf(out, TERM_WARN, "  if it fails: %.*s", SV_FMT(s->branch));
    else if (s->on_failure.n)
        term_addf(out, TERM_WARN, "  if it fails: %.*s", SV_FMT(s->on_failure));
}

void show_gates(const struct plan *p, const struct plan_step *s, size_t indent, struct strbuf *out)
{
    static const char *const words[PLAN_GATE__N] = {[PLAN_GATE_CONFIRM] = "a yes to: ",
                                                    [PLAN_GATE_APPROVE] = "",
                                                    [PLAN_GATE_WAIT] = "",
                                                    [PLAN_GATE_FREEZE] = "no freeze: ",
                                                    [PLAN_GATE_WINDOW] = "the window "};

    for (size_t i = 0; i < s->n_gates; i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
        const struct plan_gate *g = &s->gates[i];

        strbuf_addf(&text, "%s%.*s%s%.*s", words[g->kind], SV_FMT(g->text), g->why.n ? ", " : "",
                    SV_FMT(g->why));
        if (g->timeout_ms)
            strbuf_addf(&text, ", at most %s, then %.*s",
                        duration_format(plan_bound(p, g->timeout_ms)).s, SV_FMT(g->at_timeout));
        if (g->expires_ms)
            strbuf_addf(&text, ", each counts for %s",
                        duration_format(plan_bound(p, g->expires_ms)).s);
        strbuf_add_n(out, ' ', indent);
        term_add(out, TERM_WARN, SV("waits for   "));
        show_line(out, 0, TERM_WARN, strbuf_sv(&text), 100);
        strbuf_add_byte(out, '\n');
    }
}

static void show_warnings(const struct plan_step *s, size_t indent, struct strbuf *out)
{
    for (size_t i = 0; i < s->n_warnings; i++) {
        strbuf_add_n(out, ' ', indent);
        term_add(out, TERM_WARN, SV("!           "));
        show_line(out, 0, TERM_WARN, s->warnings[i].text, 100);
        term_addf(out, TERM_DIM, "  line %zu\n", s->warnings[i].line);
    }
}

/* Statements that are not yet bound to a database are of no dialect. */
static struct sv show_kind(const struct plan_step *s)
{
    bool unbound = sv_eq(s->kind, SV("sqlite")) &&
                   json_is_array(json_object_get(s->action, "file")) &&
                   json_array_size(json_object_get(s->action, "file")) == 0;

    return unbound ? SV("sql") : s->kind;
}

static void show_step(const struct plan *p, const struct plan_step *s, struct strbuf *out)
{
    CLEANUP(strbuf_release) struct strbuf brief = STRBUF(0);
    size_t indent = 2 * tree_depth(s->part) + 2;
    struct sv first;

    text_add_brief(&brief, plan_command(s));
    first = strbuf_sv(&brief);
    if (s->skip.n) {
        show_line(out, indent, TERM_DIM, first, 60);
        term_addf(out, TERM_DIM, "  left out: %.*s\n", SV_FMT(s->skip));
        return;
    }
    show_warnings(s, indent, out);
    show_gates(p, s, indent, out);
    strbuf_add_n(out, ' ', indent);
    term_addf(out, TERM_DIM, "%-11.*s ", SV_FMT(show_kind(s)));
    show_line(out, 0, TERM_BOLD, first, 66);
    if (!sv_eq(s->host, SV("local")))
        term_addf(out, TERM_WARN, "  on %.*s", SV_FMT(s->host));
    show_waits(p, s, out);
    show_undo(s, out);
    show_failure(s, out);
    if (s->answered)
        term_addf(out, TERM_DIM, "  answered by %.*s: %s", SV_FMT(s->answer_by),
                  s->answer ? "yes" : "no");
    strbuf_add_byte(out, '\n');
    show_expects(s, indent + 12, out);
}

static void show_steps(const struct plan *p, const struct plan_step *v, size_t n,
                       struct strbuf *out)
{
    struct sv shown = {"", 0};

    for (size_t i = 0; i < n; i++) {
        tree_titles(p, &shown, v[i].part, true, out);
        show_step(p, &v[i], out);
    }
}

/* The words of the document that a rule comes from. */
static void show_source(struct sv source, struct strbuf *out)
{
    strbuf_add_str(out, "      ");
    term_add(out, TERM_DIM, SV("from \""));
    show_line(out, 0, TERM_DIM, source, 90);
    term_add(out, TERM_DIM, SV("\"\n"));
}

/* Title of the phase that a rule counts from. */
static struct sv show_phase(const struct plan *p, struct sv id)
{
    const struct plan_part *part = plan_part(p, id);

    return part ? part->title : id;
}

static void show_rules(const struct plan *p, struct strbuf *out)
{
    const json_t *list = json_object_get(p->json, "rules");

    if (p->n_rules == 0)
        return;
    term_add(out, TERM_HEAD, SV("\nWatched after the deployment"));
    if (p->until_ms)
        term_addf(out, TERM_DIM, "  until T+%s, every %s",
                  duration_format(plan_scale(p, p->until_ms)).s,
                  duration_format(plan_scale(p, p->interval_ms)).s);
    strbuf_add_byte(out, '\n');
    for (size_t i = 0; i < p->n_rules; i++) {
        const struct plan_rule *r = &p->rules[i];
        struct sv file = json_get_sv(json_array_get(list, i), "file"); /* none: the document */

        strbuf_add_str(out, "  ");
        if (r->at_ms >= 0)
            term_addf(out, TERM_DIM, "T+%s ", duration_format(plan_scale(p, r->at_ms)).s);
        if (r->person.n)
            term_addf(out, TERM_WARN, "a person looks, %.*s when ", SV_FMT(r->person));
        else if (!r->text.n && !r->dropped)
            term_add(out, TERM_WARN, SV("open: "));
        if (r->text.n) /* whole: its limit is the last of it */
            show_line(out, 0, r->dropped ? TERM_DIM : TERM_PLAIN, r->text, RULE_MAX_BYTES);
        else
            show_line(out, 0, r->dropped ? TERM_DIM : TERM_PLAIN, r->source, 76);
        if (r->dropped)
            term_addf(out, TERM_WARN, "  dropped: %.*s", SV_FMT(r->reason));
        else if (r->phase.n)
            term_addf(out, TERM_DIM, "  from the end of %.*s on", SV_FMT(show_phase(p, r->phase)));
        term_addf(out, TERM_DIM, "  %.*s%sline %zu\n", SV_FMT(file), file.n ? " " : "", r->line);
        if (r->text.n && !sv_eq(r->text, r->source))
            show_source(r->source, out);
    }
}

/* Moments at which rules are judged together, and people look. */
static void show_checkpoint_item(const struct plan_checkpoint_item *item, struct sv dropped,
                                 struct strbuf *out)
{
    show_line(out, 0, dropped.n ? TERM_DIM : TERM_PLAIN, item->text, 60);
    if (dropped.n)
        term_addf(out, TERM_WARN, "  dropped: %.*s", SV_FMT(dropped));
    else if (item->ask)
        term_add(out, TERM_WARN, SV("  a person looks"));
    for (size_t r = 0; r < item->n_rules && !dropped.n; r++)
        term_addf(out, TERM_DIM, "%s%.*s", r ? ", " : "  by ", SV_FMT(item->rules[r]));
    strbuf_add_byte(out, '\n');
}

static void show_checkpoints(const struct plan *p, struct strbuf *out)
{
    const json_t *list = json_object_get(p->json, "checkpoints");

    if (p->n_checkpoints)
        term_add(out, TERM_HEAD, SV("\nCheckpoints\n"));
    for (size_t i = 0; i < p->n_checkpoints; i++) {
        const struct plan_checkpoint *c = &p->checkpoints[i];

        const json_t *entry = json_array_get(list, i);

        for (size_t k = 0; k < c->n_items; k++) {
            const json_t *item = json_array_get(json_object_get(entry, "items"), k);
            struct sv dropped = json_get_sv(item, "reason");

            if (!dropped.n)
                dropped = json_get_sv(entry, "reason");
            strbuf_addf(out, "  T+%s  ", duration_format(plan_scale(p, c->at_ms)).s);
            if (c->phase.n)
                term_addf(out, TERM_DIM, "of %.*s  ", SV_FMT(show_phase(p, c->phase)));
            show_checkpoint_item(&c->items[k], dropped, out);
        }
    }
}

/* What lint says of the rules (RB401 and the like), now that they are bound. */
static void show_advice(const struct plan *p, struct strbuf *out)
{
    const json_t *list = json_object_get(p->json, "advice");

    if (json_array_size(list))
        term_add(out, TERM_HEAD, SV("\nSaid of the rules\n"));
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);

        strbuf_addf(out, "  %.*s:%lld: ", SV_FMT(json_get_sv(one, "file")),
                    (long long)json_get_int(one, "line", 0));
        show_line(out, 0, TERM_WARN, json_get_sv(one, "text"), 110);
        term_addf(out, TERM_DIM, "  %.*s\n", SV_FMT(json_get_sv(one, "id")));
    }
}

/* What is read as something to do and not done: by section, as there may be many. */
static void show_left(const struct plan *p, struct strbuf *out)
{
    const json_t *list = json_object_get(p->json, "left");
    size_t n = json_array_size(list), from = 0;

    if (n)
        term_add(out, TERM_HEAD, SV("\nLeft to people: nothing here is carried out\n"));
    for (size_t i = 1; i <= n; i++) {
        const json_t *first = json_array_get(list, from), *last = json_array_get(list, i - 1);
        struct sv title = json_get_sv(first, "title");

        if (i < n && sv_eq(json_get_sv(json_array_get(list, i), "title"), title))
            continue;
        strbuf_addf(out, "  %.*s", SV_FMT(title));
        term_addf(out, TERM_DIM, "  line %lld: ", (long long)json_get_int(first, "line", 0));
        show_line(out, 0, TERM_DIM, json_get_sv(first, "text"), 70);
        if (i - from > 1)
            term_addf(out, TERM_DIM, ", and %zu more to line %lld", i - from - 1,
                      (long long)json_get_int(last, "line", 0));
        strbuf_add_byte(out, '\n');
        from = i;
    }
}

static void show_proposals(const struct plan *p, struct strbuf *out)
{
    if (p->n_proposals == 0)
        return;
    term_add(out, TERM_HEAD, SV("\nProposed, and judged only when prusik.yaml has it\n"));
    for (size_t i = 0; i < p->n_proposals; i++) {
        const struct plan_proposal *r = &p->proposals[i];

        term_addf(out, TERM_PLAIN, "  %.*s:%zu: ", SV_FMT(r->file), r->line);
        show_line(out, 0, TERM_PLAIN, r->text, 100);
        strbuf_add_byte(out, '\n');
        show_source(r->source, out);
        strbuf_add_str(out, "      ");
        show_line(out, 0, TERM_DIM, r->answer_with, 110);
        strbuf_add_byte(out, '\n');
    }
}

static size_t show_count(const struct plan *p, enum plan_undo how)
{
    size_t n = 0;

    for (size_t i = 0; i < p->n_steps; i++)
        n += p->steps[i].undo == how && !p->steps[i].skip.n;
    return n;
}

/* Those of which no more is known than that the way back has a step of the same kind. */
static size_t show_by_kind(const struct plan *p)
{
    size_t n = 0;

    for (size_t i = 0; i < p->n_steps; i++)
        n += p->steps[i].undo == UNDO_SECTION && p->steps[i].undo_by == UNDO_BY_KIND;
    return n;
}

static size_t show_changing(const struct plan *p)
{
    return show_count(p, UNDO_SECTION) + show_count(p, UNDO_INVERSE) +
           show_count(p, UNDO_ACCEPTED) + show_count(p, UNDO_GAP);
}

/* Commands of the way back that lint knows to fail: where they are. */
static void show_faults(const struct plan *p, struct strbuf *out)
{
    CLEANUP(strbuf_release) struct strbuf lines = STRBUF(0);
    const json_t *accepted = json_object_get(p->json, "accepted");
    size_t n = 0, last = 0; /* of one command lint may say two things */

    for (size_t i = 0; i < p->n_questions; i++)
        if (sv_is(p->questions[i].kind, "lint") && p->questions[i].line != last) {
            last = p->questions[i].line;
            strbuf_addf(&lines, "%s%zu", n++ ? ", " : "", last);
        }
    if (n)
        term_addf(out, TERM_WARN, "             %zu of its commands would fail: line%s %s\n", n,
                  n == 1 ? "" : "s", strbuf_str(&lines));
    for (size_t i = 0; i < json_array_size(accepted); i++) {
        const json_t *one = json_array_get(accepted, i);

        strbuf_addf(out, "             line %lld is said to hold, though %.*s [%.*s]: ",
                    (long long)json_get_int(one, "line", 0), SV_FMT(json_get_sv(one, "text")),
                    SV_FMT(json_get_sv(one, "id")));
        show_line(out, 0, TERM_WARN, json_get_sv(one, "reason"), 80);
        strbuf_add_byte(out, '\n');
    }
}

static void show_head(const struct plan *p, struct strbuf *out)
{
    size_t machine = 0, all = 0;

    for (size_t i = 0; i < p->n_steps; i++)
        for (size_t k = 0; k < p->steps[i].n_expects; k++) {
            all++;
            machine += p->steps[i].expects[k].machine;
        }
    term_addf(out, TERM_BOLD, "%.*s\n", SV_FMT(p->title));
    strbuf_addf(out, "environment  %.*s\n",
                SV_FMT(p->environment.n ? p->environment : SV("(not named)")));
    strbuf_addf(out, "plan         %s\n", hash_hex(&p->hash).s);
    if (p->time_scale < 1 || p->time_scale > 1)
        term_addf(out, TERM_WARN, "durations    × %g\n", p->time_scale);
    strbuf_addf(out,
                "steps        %zu, and %zu on the way back\n"
                "expectations %zu, %zu of them checked by machine\n"
                "way back     %zu step%s something: %zu undone by a rollback section, %zu by "
                "%s, %zu accepted, %zu without\n",
                p->n_steps, p->n_way_back, all, machine, show_changing(p),
                show_changing(p) == 1 ? " changes" : "s change", show_count(p, UNDO_SECTION),
                show_count(p, UNDO_INVERSE),
                show_count(p, UNDO_INVERSE) == 1 ? "itself" : "themselves",
                show_count(p, UNDO_ACCEPTED), show_count(p, UNDO_GAP));
    if (show_by_kind(p))
        term_addf(
            out, TERM_WARN,
            "             of %zu it is only known that the section changes something of the same "
            "kind\n",
            show_by_kind(p));
    show_faults(p, out);
    if (sv_eq(p->on_failure, SV("rollback")))
        term_add(out, TERM_WARN, SV("on failure   the way back is taken\n"));
}

/* Questions that one answer closes, by its words: databases of two names are perhaps two, although the same is proposed for both. */
static void show_answer_key(const struct plan_question *q, struct strbuf *out)
{
    strbuf_truncate(out, 0);
    strbuf_addf(out, "%.*s\n%.*s", SV_FMT(q->kind), SV_FMT(q->answer_with));
    if (sv_eq(q->kind, SV("database")))
        strbuf_addf(out, "\n%.*s", SV_FMT(q->text));
}

/* The questions that are shown, in chains of those that one answer closes. */
struct show_asked {
    const struct plan_question *v;
    size_t n, open, answers;
    size_t *next; /* of the chain; SIZE_MAX: it ends */
    bool *first;  /* a chain begins */
};

static void show_asked_find(struct show_asked *a, bool attended)
{
    CLEANUP(map_release) struct map last = {0};
    CLEANUP(strbuf_release) struct strbuf key = STRBUF(0);

    for (size_t i = 0; i < a->n; i++) {
        size_t before;

        a->next[i] = SIZE_MAX;
        if (attended && !a->v[i].at_plan)
            continue;
        show_answer_key(&a->v[i], &key);
        a->open++;
        a->first[i] = !map_get(&last, strbuf_sv(&key), &before);
        a->answers += a->first[i];
        if (!a->first[i])
            a->next[before] = i;
        (void)map_put(&last, strbuf_sv(&key), i); /* the last one counts */
    }
}

/* The other lines in which the same is asked with the same words. */
static void show_asked_lines(const struct show_asked *a, size_t i, struct strbuf *out)
{
    CLEANUP(strbuf_release) struct strbuf lines = STRBUF(0);
    size_t n = 0;

    for (size_t k = a->next[i]; k != SIZE_MAX; k = a->next[k])
        if (sv_eq(a->v[i].text, a->v[k].text) && a->v[k].line != a->v[i].line)
            strbuf_addf(&lines, "%s%zu", n++ ? ", " : "", a->v[k].line);
    if (n)
        strbuf_addf(out, " (also line%s %s)", n == 1 ? "" : "s", strbuf_str(&lines));
    strbuf_add_byte(out, '\n');
}

static bool show_was_said(const struct show_asked *a, size_t first, size_t i)
{
    while (first != i && !sv_eq(a->v[first].text, a->v[i].text))
        first = a->next[first];
    return first != i;
}

static void show_asked_once(const struct show_asked *a, size_t first, struct strbuf *out)
{
    for (size_t i = first; i != SIZE_MAX; i = a->next[i]) {
        if (show_was_said(a, first, i))
            continue;
        term_addf(out, TERM_PLAIN, "  %.*s:%zu: ", SV_FMT(a->v[i].file), a->v[i].line);
        show_line(out, 0, TERM_BOLD, a->v[i].text, SHOW_QUESTION);
        show_asked_lines(a, i, out);
    }
    strbuf_add_str(out, "      ");
    show_line(out, 0, TERM_DIM, a->v[first].answer_with, SHOW_QUESTION);
    strbuf_add_byte(out, '\n');
}

void show_questions(const struct plan *p, bool attended, struct strbuf *out)
{
    CLEANUP(mem_freep) size_t *next = XNEWN(size_t, p->n_questions + 1);
    CLEANUP(mem_freep) bool *first = XNEWN(bool, p->n_questions + 1);
    struct show_asked a = {.v = p->questions, .n = p->n_questions, .next = next, .first = first};
    size_t gaps = 0;

    show_asked_find(&a, attended);
    if (a.open == 0) {
        term_add(out, TERM_GOOD, SV("Nothing is open.\n"));
        return;
    }
    term_addf(out, TERM_WARN, "%zu open question%s", a.open, a.open == 1 ? "" : "s");
    if (a.answers < a.open)
        term_addf(out, TERM_WARN, ", which %zu answer%s", a.answers,
                  a.answers == 1 ? " closes" : "s close");
    strbuf_add_byte(out, '\n');
    for (size_t i = 0; i < a.n; i++) {
        if (!first[i])
            continue;
        show_asked_once(&a, i, out);
        gaps += sv_eq(a.v[i].kind, SV("way-back"));
    }
    if (gaps > 1)
        term_addf(out, TERM_DIM, "  all %zu without a way back: accept_gaps: why, in prusik.yaml\n",
                  gaps);
}

void show_open(const struct plan *p, bool attended, struct strbuf *out)
{
    show_questions(p, attended, out);
    show_proposals(p, out);
}

void show_plan(const struct plan *p, bool attended, struct strbuf *out)
{
    show_head(p, out);
    show_steps(p, p->steps, p->n_steps, out);
    show_rules(p, out);
    show_checkpoints(p, out);
    show_advice(p, out);
    show_proposals(p, out);
    if (p->n_way_back) {
        term_add(out, TERM_BAD, SV("\nThe way back\n"));
        show_steps(p, p->way_back, p->n_way_back, out);
    }
    show_left(p, out);
    strbuf_add_byte(out, '\n');
    show_questions(p, attended, out);
}
