#include "cli/ui.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/duration.h"
#include "base/sv.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/fold.h"
#include "cli/show_plan.h"
#include "cli/ui_int.h"

/* --- small pieces --- */

/* Columns: a reason at least; what was seen, and a warning, at most. */
enum { UI_REASON = 60, UI_SEEN = 40, UI_WARNING = 100, UI_WAITED_US = 1000000 };
enum { UI_TAIL = 4096 }; /* bytes of what a step has printed */

static bool ui_is_end(struct sv id, struct sv end)
{
    return sv_ends(id, end) && (id.n == end.n || id.p[id.n - end.n - 1] == '/');
}

struct sv ui_short_id(const struct plan *p, struct sv id)
{
    size_t slashes = 0;

    for (size_t i = id.n; i > 0; i--) {
        struct sv end = sv_sub(id, i, id.n);
        size_t n = 0;

        if (id.p[i - 1] != '/' || ++slashes < 2)
            continue;
        for (size_t k = 0; k < p->n_steps; k++)
            n += ui_is_end(p->steps[k].id, end);
        for (size_t k = 0; k < p->n_way_back; k++)
            n += ui_is_end(p->way_back[k].id, end);
        if (n < 2)
            return end;
    }
    return id;
}

/* A command on one line, cut to the room there is. */
static void ui_add_command(struct strbuf *b, struct sv text, size_t room, enum term_style style)
{
    CLEANUP(strbuf_release) struct strbuf line = STRBUF(0);
    struct sv rest = text, piece;

    while (sv_next_line(&rest, &piece)) {
        piece = sv_trim(piece);
        if (sv_ends(piece, SV("\\")))
            piece = sv_trim(sv_sub(piece, 0, piece.n - 1));
        if (line.n)
            strbuf_add_byte(&line, ' ');
        text_add_line(&line, piece);
        if (line.n > 4 * room)
            break;
    }
    if (text_width(strbuf_sv(&line)) > room && room > 3) {
        term_add(b, style, text_cut(strbuf_sv(&line), room - 3));
        term_add(b, style, SV("..."));
    } else {
        term_add(b, style, strbuf_sv(&line));
    }
}

/* Pad the line in `b`, which began at `from`, so that `right` ends at the width. */
static void ui_add_right(struct strbuf *b, size_t used, struct sv right, enum term_style style)
{
    size_t width = size_min(term_width(), 110);

    if (right.n) {
        strbuf_add_n(b, ' ', width > used + right.n ? width - used - right.n : 1);
        term_add(b, style, right);
    }
    strbuf_add_byte(b, '\n');
}

/* --- the live part --- */

/* A terminal that has become narrower has broken lines in two. */
void ui_erase(struct ui *u)
{
    size_t width = term_width(), rows = 0;

    for (size_t i = 0; i < u->live_lines && i < ARRAY_LEN(u->live_widths); i++)
        rows += u->live_widths[i] > width ? (u->live_widths[i] + width - 1) / width : 1;
    if (rows) {
        CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

        strbuf_addf(&b, "\033[%zuA\033[J", rows);
        term_write(&b);
    }
    u->live_lines = 0;
}

/* Columns of the lines, without the sequences that colour them. */
static void ui_measure(struct ui *u, struct sv text)
{
    CLEANUP(strbuf_release) struct strbuf plain = STRBUF(0);
    struct sv line;

    for (size_t n = 0; sv_next_line(&text, &line) && n < ARRAY_LEN(u->live_widths); n++) {
        strbuf_truncate(&plain, 0);
        for (size_t i = 0; i < line.n; i++) {
            if (line.p[i] == '\033')
                while (i < line.n && line.p[i] != 'm')
                    i++;
            else
                strbuf_add_byte(&plain, line.p[i]);
        }
        u->live_widths[n] = text_width(strbuf_sv(&plain));
    }
}

void ui_write(const struct ui *u, const struct strbuf *lines)
{
    CLEANUP(strbuf_release) struct strbuf folded = STRBUF(0);

    if (u->mode != UI_LIVE) {
        term_write(lines);
        return;
    }
    fold_add(&folded, strbuf_sv(lines), term_width());
    term_write(&folded);
}

void ui_print(struct ui *u, const struct strbuf *lines)
{
    if (u->lent) {
        strbuf_add_sv(&u->withheld, strbuf_sv(lines));
        return;
    }
    ui_erase(u);
    if (u->prompted) {
        CLEANUP(strbuf_release) struct strbuf below = STRBUF(0);

        strbuf_add_byte(&below, '\n');
        term_write(&below);
        u->prompted = false;
    }
    ui_write(u, lines);
    if (u->asking)
        ui_prompt(u);
    ui_redraw(u);
}

static void ui_live_step(struct ui *u, struct strbuf *b, size_t *lines)
{
    static const char *const frames[] = {"|", "/", "-", "\\"};
    struct duration_text t = duration_format((clock_now_us() - u->step_begun_us) / 1000);
    size_t width, indent;

    if (!u->step)
        return;
    width = size_min(term_width(), 110);
    indent = size_min(2 * tree_depth(u->step->part),
                      width / 4); /* a narrow terminal has room for the command */
    strbuf_add_n(b, ' ', indent + 2);
    term_addf(b, TERM_HEAD, "%s ", frames[u->spin % ARRAY_LEN(frames)]);
    ui_add_command(b, plan_command(u->step), width - 18 - indent, TERM_BOLD);
    term_addf(b, TERM_DIM, "  %s\n", t.s);
    (*lines)++;
    if (u->last_line.n) {
        strbuf_add_n(b, ' ', indent + 4);
        ui_add_command(b, strbuf_sv(&u->last_line), width - 6 - indent, TERM_DIM);
        strbuf_add_byte(b, '\n');
        (*lines)++;
    }
}

/* What the run is told to do, or the keys that tell it; as much as the line has room for, which never breaks. */
static void ui_live_tail(const struct ui *u, size_t room, struct strbuf *b)
{
    struct sv help = sv_from(ui_keys_help(u));

    if (room < 4)
        return;
    strbuf_add_str(b, "  ");
    if (u->interrupted || u->held || u->stopping)
        term_add(b, TERM_WARN,
                 text_cut(u->interrupted ? SV("ends the command, killed after 5 s")
                          : u->stopping  ? SV("stops after this step")
                                         : SV("held; p goes on"),
                          room - 2));
    else if (help.n <= room - 2)
        term_add(b, TERM_DIM, help);
    else if (u->has_keys && !u->plan->watch_only && room >= 2 + sizeof("p hold  q stop  s show"))
        term_add(b, TERM_DIM, SV("p hold  q stop  s show"));
}

static void ui_live_progress(struct ui *u, struct strbuf *b, size_t *lines)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    size_t width = term_width(), bar = width < 40 ? 0 : width < 60 ? 6 : width < 80 ? 12 : 24;
    size_t full = u->total ? u->done * bar / u->total : 0;
    struct duration_text t = duration_format((clock_now_us() - u->begun_us) / 1000);
    struct sv cut;

    if (u->plan->watch_only) /* it has no steps */
        bar = 0;
    else
        strbuf_addf(&text, "%zu of %zu step%s  ", u->done, u->total, u->total == 1 ? "" : "s");
    strbuf_add_str(&text, t.s);
    cut = text_cut(strbuf_sv(&text), width - bar - 4);
    strbuf_add_str(b, "  ");
    for (size_t i = 0; i < bar; i++)
        term_add(b, i < full ? TERM_GOOD : TERM_DIM, i < full ? SV("━") : SV("─"));
    strbuf_addf(b, " %.*s", SV_FMT(cut));
    ui_live_tail(u, width - bar - 3 - text_width(cut), b);
    strbuf_add_byte(b, '\n');
    (*lines)++;
}

void ui_redraw(struct ui *u)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    bool behind = u->mode == UI_LIVE && !term_flush();

    if (u->mode != UI_LIVE || !u->attached || u->asking || u->lent || behind)
        return; /* a terminal that is behind gets the lines that stay, and no pictures of the moment */
    ui_erase(u);
    u->live_lines = 0;
    ui_live_step(u, &b, &u->live_lines);
    if (u->watching)
        ui_watch_live(u, &b, &u->live_lines);
    ui_live_progress(u, &b, &u->live_lines);
    ui_measure(u, strbuf_sv(&b));
    term_write(&b);
    fflush(stdout);
}

void ui_interrupted(struct ui *u)
{
    u->interrupted = true;
    ui_redraw(u);
}

static void ui_on_tick(uv_timer_t *t)
{
    struct ui *u = t->data;

    u->spin++;
    ui_keys_follow(u);
    ui_redraw(u);
}

void ui_goes_back(struct ui *u)
{
    u->goes_back = true;
}

void ui_attach(struct ui *u, struct run *r)
{
    const struct run_stand stand = run_stand(r);

    u->run = r;
    u->run_id = run_id(r);
    u->way_back = stand.way_back;
    u->done = stand.over;
    u->total = stand.of;
    u->attached = true;
    if (u->mode != UI_LIVE)
        return;
    term_queue_begin();
    (void)uv_timer_init(run_uv(r), &u->tick); /* always succeeds */
    u->tick.data = u;
    (void)uv_timer_start(&u->tick, ui_on_tick, 120, 120);
    uv_unref((uv_handle_t *)&u->tick); /* drawing keeps no run alive */
    u->has_tick = true;
    ui_keys_open(u);
}

/* --- the tree --- */

/* Titles of the parts that the step is in and that do not stand yet. */
static const struct {
    const char *state, *mark;
    enum term_style style;
} ui_marks[] = {
    {"done", "✓", TERM_GOOD},   {"failed", "✗", TERM_BAD},   {"stopped", "■", TERM_WARN},
    {"skipped", "-", TERM_DIM}, {"waiting", "?", TERM_WARN}, {"in-doubt", "?", TERM_WARN},
};

static size_t ui_mark_of(const char *state)
{
    for (size_t i = 0; i < ARRAY_LEN(ui_marks); i++)
        if (strcmp(ui_marks[i].state, state) == 0)
            return i;
    return ARRAY_LEN(ui_marks) - 1;
}

/* What was seen, on the right: the first expectation that says more than "exit status 0". */
/* Two expectations may be held against the same. */
static bool ui_has_seen(const json_t *checks, size_t before, struct sv seen)
{
    for (size_t i = 0; i < before; i++)
        if (sv_eq(json_get_sv(json_array_get(checks, i), "seen"), seen))
            return true;
    return false;
}

static void ui_add_seen(const json_t *data, struct strbuf *b)
{
    const json_t *checks = json_object_get(data, "expectations");

    for (size_t i = 0; i < json_array_size(checks); i++) {
        const json_t *c = json_array_get(checks, i);
        struct sv seen = json_get_sv(c, "seen");

        if (!seen.n || ui_has_seen(checks, i, seen) || sv_eq(json_get_sv(c, "form"), SV("exit")) ||
            sv_eq(json_get_sv(c, "form"), SV("proof")) ||
            sv_eq(json_get_sv(c, "form"), SV("client"))) /* why it failed is said below */
            continue;
        if (b->n)
            strbuf_add_str(b, ", ");
        show_line(b, 0, TERM_PLAIN, seen, UI_SEEN);
        if (b->n > 60)
            break;
    }
}

static bool ui_is_of_people(const struct plan_step *s)
{
    return sv_eq(s->kind, SV("manual")) || sv_eq(s->kind, SV("approval"));
}

/* "2.0 s, waited 40 s for an answer": of an act; nothing of what only a person did. */
static void ui_add_took(const json_t *data, struct strbuf *b)
{
    int64_t begun_us = json_get_int(data, "started_us", 0),
            waited_us = json_get_int(data, "waited_us", 0),
            took_us = json_get_int(data, "ended_us", 0) - begun_us - waited_us;

    if (!begun_us)
        return;
    strbuf_add_str(b, duration_format(took_us > 0 ? took_us / 1000 : 0).s);
    if (waited_us >= UI_WAITED_US)
        strbuf_addf(b, ", waited %s for an answer", duration_format(waited_us / 1000).s);
}

static void ui_outcome_line(struct ui *u, const struct plan_step *s, const char *state,
                            const json_t *data, struct strbuf *b)
{
    CLEANUP(strbuf_release) struct strbuf seen = STRBUF(0), line = STRBUF(0), took = STRBUF(0);
    size_t m = ui_mark_of(state), indent = 2 * tree_depth(s->part) + 2, used, side;
    size_t width = size_min(term_width(), 110), room, seen_room;

    if (u->said_of != s) /* its own was never reached: a rule led back from its gate */
        strbuf_truncate(&u->said, 0);
    ui_add_seen(data, &seen);
    ui_add_took(data, &took);
    side = indent + 4 + size_max(took.n, 10); /* the mark, blanks and the time */
    room = width > side + 20 ? width - side : 20;
    seen_room = size_min(text_width(strbuf_sv(&seen)), room < 80 ? room / 2 : 40);
    strbuf_add_n(b, ' ', indent);
    term_addf(b, ui_marks[m].style, "%s ", ui_marks[m].mark);
    if (u->said.n && ui_is_of_people(s))
        text_add_line(&line, strbuf_sv(&u->said));
    else
        ui_add_command(&line, plan_command(s), room - seen_room, TERM_PLAIN);
    if (s->n_on) /* the same line comes again for each batch */
        strbuf_addf(&line, "  on %.*s", SV_FMT(text_cut(s->host, 40)));
    strbuf_add_sv(b, strbuf_sv(&line));
    used = indent + 2 + text_width(strbuf_sv(&line));
    if (seen.n) {
        CLEANUP(strbuf_release) struct strbuf cut = STRBUF(0);

        show_line(&cut, 0, TERM_PLAIN, strbuf_sv(&seen),
                  size_max(seen_room, room - text_width(strbuf_sv(&line))));
        term_addf(b, TERM_DIM, "  %s", strbuf_str(&cut));
        used += 2 + text_width(strbuf_sv(&cut));
    }
    ui_add_right(b, used, strbuf_sv(&took), TERM_DIM);
    if (u->said.n && !ui_is_of_people(s)) {
        strbuf_add_n(b, ' ', indent + 2);
        term_addf(b, TERM_DIM, "%s\n", strbuf_str(&u->said));
    }
    strbuf_truncate(&u->said, 0);
}

static void ui_reason_lines(const struct plan_step *s, const json_t *data, struct strbuf *b)
{
    CLEANUP(strbuf_release) struct strbuf clean = STRBUF(0);
    struct sv reason = json_get_sv(data, "reason");

    if (!reason.n)
        return;
    text_add_line(&clean, reason);
    strbuf_add_n(b, ' ', 2 * tree_depth(s->part) + 4);
    term_addf(b, TERM_BAD, "%s\n", strbuf_str(&clean));
    if (!json_get_sv(data, "folder").n)
        return;
    strbuf_truncate(&clean, 0);
    text_add_line(&clean, json_get_sv(data, "folder"));
    strbuf_add_n(b, ' ', 2 * tree_depth(s->part) + 4);
    term_addf(b, TERM_DIM, "in %s\n", strbuf_str(&clean));
}

/* --- one function per event --- */

typedef void ui_event_fn(struct ui *u, const struct run_event *e, struct strbuf *b);

static void ui_run_started(struct ui *u, const struct run_event *e, struct strbuf *b)
{
    u->begun_us = e->at_us;
    term_add(b, TERM_BOLD, u->plan->title);
    strbuf_addf(b, "\n%.*s", SV_FMT(u->plan->environment));
    if (u->plan->time_scale < 1 || u->plan->time_scale > 1)
        term_addf(b, TERM_WARN, ", durations × %g", u->plan->time_scale);
    term_addf(b, TERM_DIM, ", plan %.12s\n", json_get_str(e->data, "plan", ""));
}

/* A dim line that names commands of prusik. */
static void ui_add_commandf(struct strbuf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void ui_add_commandf(struct strbuf *b, const char *fmt, ...)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0), line = STRBUF(0);
    va_list ap;

    va_start(ap, fmt);
    strbuf_vaddf(&text, fmt, ap);
    va_end(ap);
    command_add(&line, strbuf_sv(&text));
    term_add(b, TERM_DIM, strbuf_sv(&line));
}

/* Which file it is; the environment of the shell may be another, too. */
static void ui_differs_files(const json_t *files, struct strbuf *b)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    for (size_t i = 0; i < json_array_size(files); i++) {
        strbuf_add_str(&text, i ? ", " : "");
        text_add_line(&text, sv_from(json_string_value(json_array_get(files, i))));
    }
    if (text.n)
        term_addf(b, TERM_WARN, "%s, which the settings refer to, has changed since the run began",
                  strbuf_str(&text));
    else
        term_add(b, TERM_WARN, SV("what the settings refer to has changed since the run began"));
}

/* Settings of today, which the run does not take up. */
static void ui_differs(const struct ui *u, int64_t run, const json_t *differs, struct strbuf *b)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct sv binding = json_get_sv(u->plan->json, "binding");

    if (!differs)
        return;
    text_add_line(&text, json_get_sv(differs, "text"));
    if (json_get_bool(differs, "edited", false))
        term_addf(b, TERM_WARN, "%.*s has been edited since the run began", SV_FMT(binding));
    else
        ui_differs_files(json_object_get(differs, "files"), b);
    term_addf(b, TERM_WARN, ", which goes on with what it was then: %s\n", strbuf_str(&text));
    if (u->goes_back) /* to undo what was done is no moment for it */
        return;
    ui_add_commandf(b, "with what it is today: prusik abort %s --why \"...\", then prusik run\n",
                    event_run_text(run).s);
}

static void ui_run_resumed(struct ui *u, const struct run_event *e, struct strbuf *b)
{
    u->begun_us = e->at_us;
    term_add(b, TERM_BOLD, u->plan->title);
    strbuf_addf(b, "\n%.*s", SV_FMT(u->plan->environment));
    term_addf(b, TERM_WARN, ", resumed by %s\n", json_get_str(e->data, "operator", ""));
    ui_differs(u, e->run, json_object_get(e->data, "differs"), b);
    if (!json_get_sv(e->data, "document_now").n)
        return;
    term_addf(b, TERM_WARN,
              "%.*s has been edited since the run began, which goes on with what it was then\n",
              SV_FMT(u->plan->document));
    ui_add_commandf(
        b,
        "for the text of today: prusik abort %s --why \"...\", then prusik run; for one step: "
        "prusik skip\n",
        event_run_text(e->run).s);
}

/* What the document says must not be done there, to whoever sees the step begin. */
void ui_add_warnings(const struct plan_step *s, struct strbuf *b)
{
    for (size_t i = 0; i < s->n_warnings; i++) {
        strbuf_add_n(b, ' ', 2 * tree_depth(s->part) + 2);
        term_add(b, TERM_WARN, SV("! "));
        show_line(b, 0, TERM_WARN, s->warnings[i].text, UI_WARNING);
        strbuf_add_byte(b, '\n');
    }
}

static void ui_intent(struct ui *u, const struct run_event *e, struct strbuf *b)
{
    u->step = e->step;
    u->step_begun_us = e->at_us;
    strbuf_truncate(&u->last_line, 0);
    u->tail_is_its = false;
    if (!e->step)
        return;
    if (!sv_eq(u->tail_part, e->step->part))
        strbuf_truncate(&u->tail, 0);
    u->tail_part = e->step->part;
    tree_titles(u->plan, &u->shown_part, e->step->part, false, b);
    ui_add_warnings(e->step, b);
}

static void ui_outcome(struct ui *u, const struct run_event *e, struct strbuf *b)
{
    const char *state = json_get_str(e->data, "state", "done");

    u->step = NULL;
    if (!e->step)
        return;
    u->done++;
    tree_titles(u->plan, &u->shown_part, e->step->part, false, b);
    ui_outcome_line(u, e->step, state, e->data, b);
    ui_reason_lines(e->step, e->data, b);
}

/* Steps in a row that are left out for the same reason are one line, and how many more they are. */
static void ui_left_more(struct ui *u, struct strbuf *b)
{
    if (u->left_more) {
        strbuf_add_n(b, ' ', u->left_indent);
        term_addf(b, TERM_DIM, "- and %zu more\n", u->left_more);
    }
    u->left_more = 0;
    strbuf_truncate(&u->left_out, 0);
}

static void ui_skipped(struct ui *u, const struct run_event *e, struct strbuf *b)
{
    CLEANUP(strbuf_release) struct strbuf command = STRBUF(0);
    size_t indent, used;

    if (!e->step)
        return;
    u->done++;
    if (u->left_out.n && sv_eq(strbuf_sv(&u->left_out), json_get_sv(e->data, "reason"))) {
        u->left_more++;
        return;
    }
    ui_left_more(u, b);
    strbuf_add_sv(&u->left_out, json_get_sv(e->data, "reason"));
    tree_titles(u->plan, &u->shown_part, e->step->part, false, b);
    indent = 2 * tree_depth(e->step->part) + 2;
    u->left_indent = indent;
    strbuf_add_n(b, ' ', indent);
    strbuf_add_str(b, "- ");
    ui_add_command(&command, e->step->command, 50, TERM_PLAIN);
    term_add(b, TERM_DIM, strbuf_sv(&command));
    used = indent + 2 + text_width(strbuf_sv(&command)) + 12;
    if (used + text_width(json_get_sv(e->data, "reason")) > term_width()) { /* a line of its own */
        used = indent + 4 + 10;
        strbuf_add_byte(b, '\n');
        strbuf_add_n(b, ' ', indent + 2);
    }
    term_add(b, TERM_DIM, SV("  left out: "));
    show_line(b, 0, TERM_DIM, json_get_sv(e->data, "reason"),
              size_max(term_width(), used + UI_REASON) - used);
    strbuf_add_byte(b, '\n');
}

static void ui_doubt(struct ui *u, const struct run_event *e, struct strbuf *b)
{
    CLEANUP(strbuf_release) struct strbuf why = STRBUF(0);

    if (!e->step)
        return;
    tree_titles(u->plan, &u->shown_part, e->step->part, false, b);
    text_add_line(&why, json_get_sv(e->data, "evidence"));
    strbuf_add_n(b, ' ', 2 * tree_depth(e->step->part) + 2);
    term_addf(b, TERM_WARN, "? begun before the interruption: %s, as %s\n",
              json_get_str(e->data, "decision", ""), strbuf_str(&why));
}

static void ui_chosen(const struct ui *u, const struct run_event *e, struct strbuf *b)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct sv note = json_get_sv(e->data, "note");
    size_t indent = 2 * tree_depth(u->shown_part) + 2;
    size_t mark = ui_mark_of(sv_is(json_get_sv(e->data, "answer"), "yes") ? "done" : "skipped");

    if (!e->step)
        return; /* uncovered: it is asked before a step, or about one */
    strbuf_addf(&text, "%s: %s%s%.*s, %s", json_get_str(e->data, "by", ""),
                json_get_str(e->data, "answer", ""), note.n ? ", " : "", SV_FMT(note),
                json_get_str(e->data, "what", ""));
    strbuf_add_n(b, ' ', indent);
    term_addf(b, ui_marks[mark].style, "%s ", ui_marks[mark].mark);
    show_line(b, 0, TERM_PLAIN, strbuf_sv(&text),
              size_max(term_width(), indent + 2 + UI_REASON) - indent - 2);
    strbuf_add_byte(b, '\n');
}

/* What a person said is the result of the step, and stands in its line. */
static void ui_answer(struct ui *u, const struct run_event *e, struct strbuf *b)
{
    const char *given = json_get_bool(e->data, "answer", false) ? "yes" : "no"; /* at a gate */

    if (json_get_sv(e->data, "choice").n) { /* that is about more than this step */
        ui_chosen(u, e, b);
        return;
    }
    strbuf_truncate(&u->said, 0);
    u->said_of = e->step;
    strbuf_addf(&u->said, "%s: %s%s%s", json_get_str(e->data, "by", ""),
                json_get_str(e->data, "answer", given), json_get_sv(e->data, "note").n ? ", " : "",
                json_get_str(e->data, "note", ""));
}

static void ui_approval(struct ui *u, const struct run_event *e, struct strbuf *b UNUSED)
{
    strbuf_truncate(&u->said, 0);
    u->said_of = e->step;
    strbuf_addf(&u->said, "%s by %s%s%s%s",
                strcmp(json_get_str(e->data, "answer", "yes"), "no") ? "approved" : "refused",
                json_get_str(e->data, "by", ""), json_get_sv(e->data, "role").n ? ", " : "",
                json_get_str(e->data, "role", ""),
                json_get_bool(e->data, "expired", false) ? ", too long ago" : "");
}

static void ui_retry(struct ui *u, const struct run_event *e, struct strbuf *b)
{
    struct duration_text t = duration_format(json_get_int(e->data, "after_ms", 0));

    if (!e->step)
        return; /* uncovered: it is always a step's */
    u->done--;  /* it is not over */
    strbuf_add_n(b, ' ', 2 * tree_depth(e->step->part) + 4);
    term_addf(b, TERM_WARN, "again in %s (%lld of %lld)\n", t.s,
              (long long)json_get_int(e->data, "repetition", 0),
              (long long)json_get_int(e->data, "of", 0));
}

/* A step that failed, and what follows from it. */
static void ui_policy(struct ui *u UNUSED, const struct run_event *e, struct strbuf *b)
{
    CLEANUP(strbuf_release) struct strbuf to = STRBUF(0);

    if (!e->step)
        return; /* uncovered: it is always a step's */
    if (sv_eq(json_get_sv(e->data, "policy"), SV("ask")))
        return; /* the question says it */
    text_add_line(&to, json_get_sv(e->data, "to"));
    strbuf_add_n(b, ' ', 2 * tree_depth(e->step->part) + 4);
    if (to.n)
        term_addf(b, TERM_WARN, "so: %s%s\n", strbuf_str(&to),
                  sv_eq(json_get_sv(e->data, "policy"), SV("instead")) ? " instead" : "");
    else
        term_add(b, TERM_WARN, SV("it is left, and the run goes on\n"));
}

/* What the step waits for, before it begins. */
static void ui_gate(struct ui *u, const struct run_event *e, struct strbuf *b)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    if (event_gate_is_person(json_get_sv(e->data, "gate")))
        return; /* who is at this terminal knows it */
    if (!e->step)
        return; /* uncovered: any other gate is a step's */
    tree_titles(u->plan, &u->shown_part, e->step->part, false, b);
    text_add_line(&text, json_get_sv(e->data, "for"));
    strbuf_add_n(b, ' ', 2 * tree_depth(e->step->part) + 2);
    term_addf(b, TERM_WARN, "? waits for %s\n", strbuf_str(&text));
    if (u->mode == UI_LIVE && sv_eq(json_get_sv(e->data, "gate"), SV("approve"))) {
        strbuf_add_n(b, ' ', 2 * tree_depth(e->step->part) + 4);
        ui_add_commandf(b, "from another terminal: prusik approve %s\n", event_run_text(e->run).s);
    }
}

static void ui_rollback(struct ui *u, const struct run_event *e, struct strbuf *b)
{
    CLEANUP(strbuf_release) struct strbuf why = STRBUF(0);

    u->watching = false;
    ui_ask_no_more(u);
    u->way_back = true;
    u->shown_part = (struct sv){NULL, 0};
    u->done = 0;
    u->total = u->plan->n_way_back;
    text_add_line(&why, json_get_sv(e->data, "reason"));
    term_addf(b, TERM_BAD, "\nROLLBACK: %s\n", strbuf_str(&why));
}

static void ui_hold(struct ui *u UNUSED, const struct run_event *e, struct strbuf *b)
{
    if (!sv_eq(json_get_sv(e->data, "what"), SV("maintenance")) ||
        sv_eq(json_get_sv(e->data, "why"), SV("a step of the document")))
        return;
    term_addf(b, TERM_WARN, "  maintenance flag %s: %s (%s)\n",
              strcmp(e->name, "hold-taken") == 0 ? "set" : "lifted",
              json_get_str(e->data, "file", ""), json_get_str(e->data, "why", ""));
}

static const char *ui_left_advice(const json_t *process)
{
    if (!json_get_bool(process, "stays", false))
        return "; with nohup, setsid or as a service it would stay";
    return json_get_bool(process, "pipe", false)
               ? "; it prints to this run, and may end when it prints: redirect its output"
               : "";
}

/* What was left in the background: a service that should stay was perhaps started without nohup. */
static void ui_left(struct ui *u UNUSED, const struct run_event *e, struct strbuf *b)
{
    const json_t *list = json_object_get(e->data, "processes");

    for (size_t i = 0; i < json_array_size(list); i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
        const json_t *p = json_array_get(list, i);
        bool stays = json_get_bool(p, "stays", false);
        const char *advice = ui_left_advice(p);

        text_add_line(&text, text_cut(json_get_sv(p, "command"), 60));
        term_addf(b, *advice ? TERM_WARN : TERM_DIM,
                  "  %s in the background: %s (process %lld)%s\n", stays ? "stays" : "ended",
                  strbuf_str(&text), (long long)json_get_int(p, "pid", 0), advice);
    }
}

static void ui_value(struct ui *u UNUSED, const struct run_event *e, struct strbuf *b)
{
    CLEANUP(strbuf_release) struct strbuf value = STRBUF(0);

    text_add_line(&value, text_cut(json_get_sv(e->data, "value"), 60));
    term_addf(b, TERM_DIM, "  %s = %s\n", json_get_str(e->data, "name", ""), strbuf_str(&value));
}

static void ui_message_event(struct ui *u UNUSED, const struct run_event *e, struct strbuf *b)
{
    term_addf(b, TERM_DIM, "\n  message \"%s\" (line %lld) is in the report\n",
              json_get_str(e->data, "when", ""), (long long)json_get_int(e->data, "line", 0));
}

/* The end of what steps print, below their commands, for a question that follows from it; of a host of several in whole lines. */
static void ui_keep_tail(struct ui *u, struct sv host, struct sv bytes)
{
    struct sv line;
    size_t cut;

    if (!u->tail_is_its && u->step) {
        strbuf_add_str(&u->tail, "\n$ ");
        text_add_brief(&u->tail, plan_command(u->step));
        strbuf_add_byte(&u->tail, '\n');
        u->tail_is_its = true;
    }
    if (!host.n)
        strbuf_add_sv(&u->tail, bytes);
    while (host.n && sv_next_line(&bytes, &line))
        strbuf_addf(&u->tail, "%.*s | %.*s\n", SV_FMT(host), SV_FMT(line));
    if (u->tail.n <= UI_TAIL)
        return;
    cut = sv_find_byte(strbuf_sv(&u->tail), '\n', u->tail.n - UI_TAIL);
    strbuf_consume(&u->tail, cut == SV_NPOS ? u->tail.n - UI_TAIL : cut + 1);
}

/* The last line that a command has printed, also when it has no end yet. */
static void ui_output(struct ui *u, const struct run_event *e, struct strbuf *b UNUSED)
{
    struct sv rest = e->bytes, line, host = json_get_sv(e->data, "host");

    if (u->mode != UI_LIVE)
        return;
    if (rest.n > UI_TAIL)
        rest = sv_sub(rest, rest.n - UI_TAIL, rest.n);
    ui_keep_tail(u, host, rest);
    while (sv_next_line(&rest, &line))
        if (sv_trim(line).n) {
            strbuf_truncate(&u->last_line, 0);
            if (host.n)
                strbuf_addf(&u->last_line, "%.*s | ", SV_FMT(host));
            strbuf_add_sv(&u->last_line, text_cut(sv_trim(line), 200));
        }
}

/* A host of several that is not done: why, as soon as it is known. */
static void ui_host_outcome(struct ui *u UNUSED, const struct run_event *e, struct strbuf *b)
{
    CLEANUP(strbuf_release) struct strbuf clean = STRBUF(0);
    const char *state = json_get_str(e->data, "state", "");
    size_t m = ui_mark_of(state);

    if (strcmp(state, "done") == 0)
        return;
    text_add_line(&clean, json_get_sv(e->data, "host"));
    strbuf_add_str(&clean, " | ");
    text_add_line(&clean, json_get_sv(e->data, "reason"));
    strbuf_add_n(b, ' ', 2 * tree_depth(e->step->part) + 4);
    term_addf(b, ui_marks[m].style, "%s ", ui_marks[m].mark);
    strbuf_addf(b, "%s\n", strbuf_str(&clean));
}

static const struct {
    const char *name;
    ui_event_fn *fn;
} ui_events[] = {
    {"run-started", ui_run_started},
    {"run-resumed", ui_run_resumed},
    {"step-intent", ui_intent},
    {"step-outcome", ui_outcome},
    {"host-outcome", ui_host_outcome},
    {"step-skipped", ui_skipped},
    {"step-doubt", ui_doubt},
    {"answer", ui_answer},
    {"approval", ui_approval},
    {"gate-waiting", ui_gate},
    {"step-retry", ui_retry},
    {"step-policy", ui_policy},
    {"rollback-started", ui_rollback},
    {"hold-taken", ui_hold},
    {"hold-given", ui_hold},
    {"value-bound", ui_value},
    {"shell-left", ui_left},
    {"message", ui_message_event},
    {"output", ui_output},
};

static void ui_json_event(const struct run_event *e)
{
    CLEANUP(strbuf_release) struct strbuf line = STRBUF(0);
    CLEANUP(json_cleanup) json_t *j = json_object();

    json_put_int(j, "n", e->seq);
    json_put_str(j, "time", clock_format(e->at_us).s);
    json_put_str(j, "run", event_run_text(e->run).s);
    json_put_str(j, "event", e->name);
    if (e->step)
        json_put_sv(j, "step", e->step->id);
    if (e->attempt)
        json_put_int(j, "attempt", e->attempt);
    if (e->data)
        json_put(j, "data", json_incref((json_t *)(uintptr_t)e->data));
    if (e->bytes.n)
        json_put_sv(j, "bytes", e->bytes);
    json_write(j, &line);
    strbuf_add_byte(&line, '\n');
    term_write(&line);
    fflush(stdout);
}

void ui_listen(void *arg, const struct run_event *e)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    struct ui *u = arg;

    if (u->mode == UI_JSON) {
        ui_json_event(e);
        return;
    }
    if (u->mode == UI_QUIET)
        return;
    for (size_t i = 0; i < ARRAY_LEN(ui_events); i++)
        if (strcmp(ui_events[i].name, e->name) == 0) {
            if (ui_events[i].fn != ui_skipped)
                ui_left_more(u, &b);
            ui_events[i].fn(u, e, &b);
        }
    if (b.n)
        ui_print(u, &b);
    ui_watch_event(u, e);
    if (u->mode == UI_LINES)
        fflush(stdout);
}

/* --- making, ending --- */

struct ui *ui_new(enum ui_mode mode, const struct plan *plan)
{
    struct ui *u = XNEW(struct ui);

    u->mode = mode;
    u->plan = plan;
    u->begun_us = clock_now_us();
    return u;
}

void ui_free(struct ui *u)
{
    if (!u)
        return;
    ui_watch_free(u);
    strbuf_release(&u->last_line);
    strbuf_release(&u->tail);
    strbuf_release(&u->typed);
    strbuf_release(&u->withheld);
    strbuf_release(&u->said);
    strbuf_release(&u->left_out);
    free(u);
}

static const struct {
    enum exit_code code;
    const char *text;
    enum term_style style;
} ui_ends[] = {
    {EXIT_CODE_DONE, "DONE", TERM_GOOD},
    {EXIT_CODE_ROLLED_BACK, "ROLLED BACK", TERM_WARN},
    {EXIT_CODE_ROLLBACK_FAILED, "ROLLBACK FAILED", TERM_BAD},
    {EXIT_CODE_FAILED, "FAILED", TERM_BAD},
    {EXIT_CODE_WAITING, "WAITING", TERM_WARN},
    {EXIT_CODE_REFUSED, "REFUSED", TERM_BAD},
    {EXIT_CODE_INTERRUPTED, "INTERRUPTED", TERM_WARN},
    {EXIT_CODE_INVESTIGATE, "DONE, INVESTIGATE", TERM_WARN},
};

static void ui_end_lines(struct ui *u, enum exit_code code, struct strbuf *b)
{
    struct duration_text t = duration_format((clock_now_us() - u->begun_us) / 1000);
    struct event_run_text run = event_run_text(u->run_id);

    ui_left_more(u, b);
    for (size_t i = 0; i < ARRAY_LEN(ui_ends); i++)
        if (ui_ends[i].code == code)
            term_addf(b, ui_ends[i].style, "\n%s", ui_ends[i].text);
    strbuf_addf(b, "  run %s, %s, exit code %d\n", run.s, t.s, (int)code);
    ui_add_commandf(b, "report: prusik report %s\n", run.s);
}

void ui_end(struct ui *u, enum exit_code code, const struct err *err UNUSED)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    ui_erase(u);
    ui_keys_close(u);
    ui_ask_close(u);
    u->attached = false;
    if (u->has_tick)
        uv_close((uv_handle_t *)&u->tick, NULL);
    u->has_tick = false;
    if (u->mode == UI_LIVE)
        term_queue_end();
    if (u->mode == UI_LIVE || u->mode == UI_LINES) {
        ui_end_lines(u, code, &b);
        term_write(&b);
    }
}
