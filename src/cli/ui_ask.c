/*
 * Questions, answered on the terminal in place.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "action/action.h"
#include "base/sv.h"
#include "base/text.h"
#include "cli/show_plan.h"
#include "cli/ui_int.h"
#include "runbook/told_verb.h"

enum { UI_UNCLEAR = 20 }; /* columns of what was typed that are shown */

static void ui_alloc(uv_handle_t *h UNUSED, size_t suggested UNUSED, uv_buf_t *buf)
{
    static char chunk[4096]; /* one loop, one thread, used up before the next read */

    *buf = uv_buf_init(chunk, sizeof(chunk));
}

/* "y", "yes", "n note": the first letter decides, the rest is a note; "all yes": for all hosts that it is asked about. */
static bool ui_parse_answer(struct sv line, bool *all, bool *yes, struct sv *note)
{
    struct sv word;

    line = sv_trim(line);
    if (!sv_next_word(&line, &word))
        return false;
    *all = sv_eq_nocase(word, SV("all"));
    if (*all && !sv_next_word(&line, &word))
        return false;
    if (sv_eq_nocase(word, SV("y")) || sv_eq_nocase(word, SV("yes")))
        *yes = true;
    else if (sv_eq_nocase(word, SV("n")) || sv_eq_nocase(word, SV("no")))
        *yes = false;
    else
        return false;
    *note = sv_trim(line);
    return true;
}

/* How many of the ways have not failed; of which one is gone only when there are several. */
static size_t ui_ways(const struct ui *u)
{
    size_t n = 0;

    for (size_t i = 0; u->asked_ways && i < u->asked_ways->n_options; i++)
        n += !u->asked_gone[i];
    return n;
}

/* "1, 3 or none" */
static void ui_prompt_ways(const struct ui *u, struct strbuf *b)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    for (size_t i = 0; i < u->asked_ways->n_options; i++)
        if (!u->asked_gone[i])
            strbuf_addf(&text, "%s%zu", text.n ? ", " : "", i + 1);
    term_addf(b, TERM_WARN, "    %s or none (a note may follow): ", strbuf_str(&text));
}

void ui_prompt(struct ui *u)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    if (ui_ways(u) > 1)
        ui_prompt_ways(u, &b);
    else if (u->asked_more)
        term_addf(&b, TERM_WARN,
                  "    yes or no (a note may follow), or for this and %zu more: all yes, all no: ",
                  u->asked_more);
    else
        term_add(&b, TERM_WARN, SV("    yes or no (a note may follow): "));
    term_write(&b);
    fflush(stdout);
    u->prompted = true;
}

/* "2 the downgrade hangs", "none": the number as it is shown. */
static bool ui_parse_way(const struct ui *u, struct sv line, size_t *way, struct sv *note)
{
    struct sv word;
    uint64_t n = 0;

    line = sv_trim(line);
    if (!sv_next_word(&line, &word))
        return false;
    *note = sv_trim(line);
    *way = 0;
    if (sv_eq_nocase(word, SV("none")) || sv_eq_nocase(word, SV("no")) ||
        sv_eq_nocase(word, SV("n")))
        return true;
    if (!sv_to_u64(word, &n) || n < 1 || n > u->asked_ways->n_options || u->asked_gone[n - 1])
        return false;
    *way = (size_t)n;
    return true;
}

/* A key alone on the line of an answer: it does what it does elsewhere, behind the answer. */
static bool ui_asked_key(struct ui *u, struct sv line)
{
    static const char *const said[] = {
        "it stops behind this answer; ctrl-c stops now, and a resume asks again",
        "it is held behind this answer; p lets it go on",
        "it goes on behind this answer",
    };
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    char key;

    line = sv_trim(line);
    key = line.n == 1 ? ascii_lower(*line.p) : '\0';
    if (!key || !u->has_keys || !strchr("pqs", key))
        return false;
    ui_key(u, key);
    if (!u->asking || key == 's' || (key == 'q' && u->watching))
        return true;
    term_addf(&b, TERM_WARN, "    %s\n", said[key == 'q' ? 0 : u->held ? 1 : 2]);
    ui_print(u, &b);
    return true;
}

/* What was typed is no answer: what is one. */
static void ui_say_unclear(struct ui *u, struct sv line)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0), clean = STRBUF(0);

    if (sv_trim(line).n) {
        text_add_line(&clean, text_cut(sv_trim(line), UI_UNCLEAR));
        term_addf(&b, TERM_WARN, "    \"%s\" is no answer; %s\n", strbuf_str(&clean),
                  u->has_keys
                      ? "also: q stops and p holds the run behind the answer, s shows the step"
                      : "ctrl-c stops the run");
        term_write(&b);
    }
    ui_prompt(u);
}

static void ui_on_way(struct ui *u, struct sv line)
{
    struct sv note = {NULL, 0};
    size_t way = 0;

    if (!ui_parse_way(u, line, &way, &note)) {
        ui_say_unclear(u, line);
        return;
    }
    u->asking = false;
    ui_keys_mode(u, true);
    run_choose(u->run, way, (struct sv){NULL, 0}, note);
}

static void ui_on_line(struct ui *u, struct sv line)
{
    struct sv note = {NULL, 0};
    bool yes = false, all = false;

    u->prompted = false; /* the terminal has gone to the next line */
    if (!u->asking || ui_asked_key(u, line))
        return;
    if (ui_ways(u) > 1) {
        ui_on_way(u, line);
        return;
    }
    if (!ui_parse_answer(line, &all, &yes, &note) || (all && !u->asked_more)) {
        ui_say_unclear(u, line);
        return;
    }
    u->asking = false;
    ui_keys_mode(u, true);
    if (all)
        run_answer_all(u->run, yes, (struct sv){NULL, 0}, note);
    else
        run_answer(u->run, yes, (struct sv){NULL, 0}, note);
}

/* How long after the last letter somebody still types, and in which time it is noticed that a question is gone. */
enum { UI_TYPES_MS = 1500, UI_NOTICED_MS = 3000 };

void ui_ask_no_more(struct ui *u)
{
    if (!u->asking)
        return;
    u->asking = false;
    u->keys_from_ms = uv_now(run_uv(u->run)) + UI_NOTICED_MS;
    strbuf_truncate(&u->typed, 0);
    ui_keys_mode(u, true);
}

static void ui_on_input(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
    struct ui *u = s->data;
    size_t lf;

    if (n < 0) { /* the terminal is gone: nobody can answer any more */
        ui_read_input(u, false);
        u->has_keys = false;
        if (u->lent)
            run_interrupt(u->run, "the terminal was closed while a command had it");
        if (u->asking)
            run_interrupt(u->run, "the terminal was closed while a question was open");
        return;
    }
    if (u->lent) {
        ui_lent_type(u, (struct sv){buf->base, (size_t)n});
        return;
    }
    if (!u->asking && uv_now(run_uv(u->run)) < u->keys_from_ms) {
        u->keys_from_ms = uv_now(run_uv(u->run)) + UI_TYPES_MS;
        return;
    }
    if (!u->asking && u->has_keys) {
        for (ssize_t i = 0; i < n; i++)
            ui_key(u, buf->base[i]);
        return;
    }
    strbuf_add(&u->typed, buf->base, (size_t)n);
    while ((lf = sv_find_byte(strbuf_sv(&u->typed), '\n', 0)) != SV_NPOS) {
        CLEANUP(mem_freep) char *line = xstrdup_sv(sv_sub(strbuf_sv(&u->typed), 0, lf));

        strbuf_consume(&u->typed, lf + 1);
        ui_on_line(u, sv_from(line));
    }
}

bool ui_open_input(struct ui *u)
{
    if (u->has_input)
        return true;
    if (uv_tty_init(run_uv(u->run), &u->input, STDIN_FILENO, 1) != 0)
        return false;
    u->input.data = u;
    u->has_input = true;
    ui_read_input(u, true);
    return u->reading;
}

void ui_read_input(struct ui *u, bool on)
{
    uv_stream_t *s = (uv_stream_t *)&u->input;

    if (!u->has_input || on == u->reading)
        return;
    u->reading = on && uv_read_start(s, ui_alloc, ui_on_input) == 0;
    if (!on)
        (void)uv_read_stop(s); /* always succeeds */
}

enum { UI_ASK_LINES = 20, UI_TAIL_LINES = 8, UI_ASK_COMMAND = 70 };

/* "it has printed into /srv/dump.sql, 12 bytes" */
static void ui_show_into(const struct run_question *q, struct strbuf *b)
{
    CLEANUP(strbuf_release) struct strbuf path = STRBUF(0);

    text_add_line(&path, q->into);
    term_addf(b, TERM_DIM, "    it has printed into %s", strbuf_str(&path));
    if (q->into_bytes >= 0)
        term_addf(b, TERM_DIM, ", %lld byte%s", (long long)q->into_bytes,
                  q->into_bytes == 1 ? "" : "s");
    strbuf_add_byte(b, '\n');
}

/* The end of the output that the person is to judge; that it is no more than the end is said. */
static void ui_show_output(const struct run_question *q, struct strbuf *b)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0), clean = STRBUF(0);
    struct sv rest, line;
    size_t lines = 0, skip;

    if (!q->outcome)
        return;
    capture_text(&q->outcome->out, &text);
    if (text.n && strbuf_str(&text)[text.n - 1] != '\n')
        strbuf_add_byte(&text, '\n'); /* what it says of errors is no end of a line */
    if (q->into_tail.n) {
        strbuf_add_sv(&text, q->into_tail);
        if (!sv_ends(q->into_tail, SV("\n")))
            strbuf_add_byte(&text, '\n');
    }
    capture_text(&q->outcome->errs, &text);
    for (rest = strbuf_sv(&text); sv_next_line(&rest, &line); lines++) {
        text_add_terminal(&clean, text_last_written(line));
        strbuf_add_byte(&clean, '\n');
    }
    if (q->outcome->status > 0)
        term_addf(b, TERM_WARN, "    exit status %lld%s\n", (long long)q->outcome->status,
                  q->outcome->out.total ? "" : ", and nothing on its standard output");
    if (q->into.n)
        ui_show_into(q, b);
    else if (q->outcome->status <= 0 && !lines)
        term_add(b, TERM_DIM, SV("    it has printed nothing\n"));
    skip = lines > UI_ASK_LINES ? lines - UI_ASK_LINES : 0;
    if (skip && q->into_tail.n) /* how many lines it has in all nobody has counted */
        term_addf(b, TERM_WARN, "    its last %d lines:\n", UI_ASK_LINES);
    else if (skip)
        term_addf(b, TERM_WARN, "    the last %d of %zu lines:\n", UI_ASK_LINES, lines);
    for (rest = strbuf_sv(&clean); sv_next_line(&rest, &line);) {
        if (skip) {
            skip--;
            continue;
        }
        term_addf(b, TERM_DIM, "    | %.*s\n", SV_FMT(line));
    }
}

/* "Nobody is running a job" is no work that is done. */
static bool ui_is_statement(struct sv text)
{
    static const struct sv verbs[] = {SV("is"), SV("are"), SV("has"), SV("have")};
    bool says = false;

    for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
        says |= sv_has_word(text, verbs[i]);
    return says && told_verb(text) == TOLD_NOT;
}

static const char *ui_question_lead(const struct ui *u, const struct run_question *q)
{
    if (q->kind == QUESTION_CHOICE && ui_ways(u) > 1)
        return q->failed.n
                   ? "Which one instead? (none: it stops here; mend it, and prusik resume tries it again)"
                   : "Which one? (none: all of them are left out)";
    switch (q->kind) {
    case QUESTION_OUTCOME: return "Is it as expected?";
    case QUESTION_DOUBT: return "Has it happened? (no: it is done again)";
    case QUESTION_CHECKPOINT:
    case QUESTION_GATE: return "Go on?";
    case QUESTION_LOOK: return "Is it as it should be? (no: back)";
    case QUESTION_CHOICE:
        return q->failed.n
                   ? "Do it instead? (no: it stops here; mend it, and prusik resume tries it again)"
                   : "Do it? (no: it is left out)";
    case QUESTION_MANUAL:
    default: return ui_is_statement(q->text) ? "Is it so?" : "Is it done?";
    }
}

/* The step, and its command where the question is not about that alone. */
static void ui_show_asked(const struct ui *u, const struct run_question *q, struct strbuf *b)
{
    CLEANUP(strbuf_release) struct strbuf brief = STRBUF(0), cut = STRBUF(0);

    text_add_brief(&brief, plan_command(q->step));
    show_line(&cut, 0, TERM_PLAIN, strbuf_sv(&brief), UI_ASK_COMMAND);
    term_addf(b, TERM_DIM, "    step %.*s, line %zu", SV_FMT(ui_short_id(u->plan, q->step->id)),
              q->step->line);
    if (q->kind == QUESTION_OUTCOME)
        term_addf(b, TERM_DIM, ": %s", strbuf_str(&cut));
    strbuf_add_byte(b, '\n');
}

/* " (line 531, 6 steps)" */
static void ui_show_way_place(const struct ui *u, const struct plan_decision *d,
                              const struct plan_option *o, struct strbuf *b)
{
    const struct plan *p = u->plan;
    const struct plan_step *v = u->way_back ? p->way_back : p->steps;
    size_t n = 0;

    for (size_t i = 0; i < (u->way_back ? p->n_way_back : p->n_steps); i++)
        for (size_t k = 0; k < v[i].n_choices && !v[i].skip.n; k++)
            n += sv_eq(v[i].choices[k].ask, d->id) && sv_eq(v[i].choices[k].part, o->id);
    term_addf(b, TERM_DIM, " (line %zu, %zu step%s)", o->line, n, n == 1 ? "" : "s");
}

/* Each way that is left, by its number; why another one is wanted. */
static void ui_show_ways(const struct ui *u, const struct run_question *q, struct strbuf *b)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    if (q->failed.n) {
        text_add_line(&text, q->failed);
        term_addf(b, TERM_BAD, "    it failed: %s\n", strbuf_str(&text));
    }
    for (size_t i = 0; i < q->decision->n_options; i++) {
        const struct plan_option *o = &q->decision->options[i];

        if (q->gone[i])
            continue;
        strbuf_truncate(&text, 0);
        text_add_line(&text, o->title);
        strbuf_add_str(b, "    ");
        if (ui_ways(u) > 1)
            term_addf(b, TERM_WARN, "%zu  ", i + 1);
        term_add(b, TERM_BOLD, strbuf_sv(&text));
        ui_show_way_place(u, q->decision, o, b);
        strbuf_truncate(&text, 0);
        text_add_line(&text, o->condition);
        if (text.n)
            term_addf(b, TERM_WARN, ", %s", strbuf_str(&text));
        if (o->after_failure && q->clean) /* what it is for has not come */
            term_addf(b, TERM_DIM, "; no step %s has failed",
                      u->way_back ? "of the way back" : "before it");
        strbuf_add_byte(b, '\n');
    }
}

/* The last lines of what was printed, below the command that has. */
static void ui_show_lines(struct sv tail, const char *lead, struct strbuf *b)
{
    CLEANUP(strbuf_release) struct strbuf clean = STRBUF(0);
    struct sv rest = tail, line, command = {NULL, 0};
    size_t lines = 0;

    while (sv_next_line(&rest, &line))
        lines += sv_trim(line).n > 0;
    if (!lines)
        return;
    term_addf(b, TERM_DIM, "    %s:\n", lead);
    for (rest = tail; sv_next_line(&rest, &line);) {
        if (!sv_trim(line).n)
            continue;
        if (sv_starts(line, SV("$ ")))
            command = line;
        if (lines == UI_TAIL_LINES && command.n && command.p != line.p)
            line = command; /* in the place of the first one */
        if (lines-- > UI_TAIL_LINES)
            continue;
        strbuf_truncate(&clean, 0);
        text_add_terminal(&clean, text_last_written(line));
        term_addf(b, TERM_DIM, "    | %s\n", strbuf_str(&clean));
    }
}

/* Is it said of all of the procedure: below its block, and not at the command? */
static bool ui_is_of_all(const struct run_question *q)
{
    for (size_t i = 0; q->step && i < q->step->n_expects; i++)
        if (!q->step->expects[i].machine && q->step->expects[i].e.line > q->step->end_line + 1)
            return true;
    return false;
}

/* "All values are converted", below several commands: what those before the last one have printed. */
static void ui_show_before(const struct ui *u, const struct run_question *q, struct strbuf *b)
{
    struct sv tail = strbuf_sv(&u->tail);
    size_t at, own = tail.n;

    if (q->kind != QUESTION_OUTCOME || !ui_is_of_all(q))
        return;
    for (at = 0; u->tail_is_its && (at = sv_find(tail, SV("\n$ "), at)) != SV_NPOS; at++)
        own = at;
    ui_show_lines(sv_sub(tail, 0, own), "the commands before it have printed", b);
}

/* The heading of a question: that of the step, or what all the ways of a decision stand under. */
static struct sv ui_asked_part(const struct ui *u, const struct run_question *q)
{
    struct sv way = q->decision ? q->decision->options[0].id : (struct sv){NULL, 0};

    if (q->failed.n || !plan_part(u->plan, way))
        return q->step->part;
    while (way.n && way.p[way.n - 1] != '/')
        way.n--;
    return sv_sub(way, 0, way.n ? way.n - 1 : 0);
}

/* Is it said by the heading that stands right above it? */
static bool ui_is_titled(const struct ui *u, const struct run_question *q, bool headed)
{
    const struct plan_part *part = q->step ? plan_part(u->plan, q->step->part) : NULL;
    CLEANUP(strbuf_release) struct strbuf title = STRBUF(0);

    if (!headed || !part || q->kind != QUESTION_MANUAL)
        return false;
    plan_add_number(part, &title);
    strbuf_add_sv(&title, part->title);
    return sv_eq(part->title, q->text) || sv_eq(strbuf_sv(&title), q->text);
}

void ui_ask(void *arg, const struct run_question *q)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0), text = STRBUF(0);
    struct ui *u = arg;
    bool headed = false;

    ui_erase(u);
    ui_keys_mode(u, false);
    u->asked_step = q->step;
    u->asked_ways = q->decision;
    u->asked_gone = q->gone;
    text_add_terminal(&text, q->text);
    if (q->step) {
        tree_titles(u->plan, &u->shown_part, ui_asked_part(u, q), false, &b);
        headed = b.n > 0;
        if (q->kind == QUESTION_MANUAL) /* any other has begun */
            ui_add_warnings(q->step, &b);
        if (!q->decision || q->failed.n)
            ui_show_asked(u, q, &b);
    }
    if (q->host.n)
        term_addf(&b, TERM_BOLD, "    on %.*s\n", SV_FMT(q->host));
    ui_show_before(u, q, &b);
    ui_show_output(q, &b);
    if (q->decision) { /* "If regressions found" */
        if (!q->failed.n)
            ui_show_lines(strbuf_sv(&u->tail), "what was printed last", &b);
        ui_show_ways(u, q, &b);
    } else if (!ui_is_titled(u, q, headed)) {
        struct sv rest = strbuf_sv(&text), line;

        if (q->kind == QUESTION_OUTCOME)
            term_add(&b, TERM_DIM, SV("    expected:\n"));
        while (sv_next_line(&rest, &line))
            term_addf(&b, TERM_BOLD, "    %.*s\n", SV_FMT(line));
    }
    term_addf(&b, TERM_WARN, "    %s\n", ui_question_lead(u, q));
    ui_write(u, &b);
    u->asking = true;
    u->asked_more = q->more;
    if (ui_open_input(u))
        ui_prompt(u);
    else
        run_interrupt(u->run, "the terminal cannot be read, and a question is open");
}

void ui_ask_close(struct ui *u)
{
    u->asking = false;
    if (u->has_input)
        uv_close((uv_handle_t *)&u->input, NULL);
    u->has_input = false;
}
