/*
 * Keys while a run goes on: hold it, stop it after the step, show the step.
 *
 * The terminal tells of each key only while nothing is asked, and only while it is ours: a process in the
 * background that reads it or changes its mode would be stopped by it.
 */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/duration.h"
#include "base/sv.h"
#include "base/text.h"
#include "cli/ui_int.h"

static bool ui_in_foreground(void)
{
    return tcgetpgrp(STDIN_FILENO) == getpgrp();
}

const char *ui_keys_help(const struct ui *u)
{
    return u->has_keys && !u->plan->watch_only
               ? "p hold  q stop after this step  s show it  ctrl-c stop now"
               : "ctrl-c stops it; it can be resumed";
}

void ui_keys_mode(struct ui *u, bool keys)
{
    struct termios mode = u->lines;

    if (!u->has_keys || !ui_in_foreground())
        return;
    if (keys)
        mode.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    (void)tcsetattr(STDIN_FILENO, TCSANOW, &mode); /* a terminal that is gone is told by the read */
}

/* --- the step in progress, whole --- */

static void ui_show_row(struct strbuf *b, const char *name, struct sv text)
{
    CLEANUP(strbuf_release) struct strbuf clean = STRBUF(0);
    struct sv rest, line;

    text_add_terminal(&clean, text);
    for (rest = strbuf_sv(&clean); sv_next_line(&rest, &line); name = "")
        strbuf_addf(b, "    %-9s %.*s\n", name, SV_FMT(line));
}

static void ui_show_step(const struct ui *u, struct strbuf *b)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    const struct plan_step *s = u->step ? u->step : u->asking ? u->asked_step : NULL;

    if (!s) {
        strbuf_add_str(b, "    no step is in progress\n");
        return;
    }
    strbuf_addf(&text, "%.*s, %.*s:%zu", SV_FMT(s->id), SV_FMT(u->plan->document), s->line);
    ui_show_row(b, "step", strbuf_sv(&text));
    ui_show_row(b, "command", s->command);
    ui_show_row(b, "host", s->host);
    strbuf_truncate(&text, 0);
    strbuf_addf(&text, "for %s", duration_format((clock_now_us() - u->step_begun_us) / 1000).s);
    if (s->timeout_ms || s->wait_ms)
        strbuf_addf(&text, ", at most %s",
                    duration_format(
                        plan_bound(u->plan, size_max((size_t)s->timeout_ms, (size_t)s->wait_ms)))
                        .s);
    if (u->step)
        ui_show_row(b, "runs", strbuf_sv(&text));
    for (size_t i = 0; i < s->n_expects; i++)
        ui_show_row(b, i ? "" : "expected", s->expects[i].e.source);
    if (!u->way_back)
        ui_show_row(b, "way back",
                    s->undo_text.n            ? s->undo_text
                    : s->undo == UNDO_NOTHING ? SV("none is needed: it changes nothing")
                                              : sv_from(plan_undo_name(s->undo)));
    if (u->last_line.n)
        ui_show_row(b, "last line", strbuf_sv(&u->last_line));
}

/* --- keys --- */

static void ui_key_hold(struct ui *u, struct strbuf *b UNUSED)
{
    u->held = !u->held;
    run_hold(u->run, u->held);
}

/* Of a watch, or while it is held, there is no step to wait for. */
static void ui_key_stop(struct ui *u, struct strbuf *b UNUSED)
{
    u->stopping = true;
    if (u->watching)
        run_interrupt(u->run, "stopped by the key q");
    else
        run_stop_soon(u->run, "stopped by the key q");
}

static void ui_key_show(struct ui *u, struct strbuf *b)
{
    ui_show_step(u, b);
}

static const struct {
    char key;
    void (*fn)(struct ui *u, struct strbuf *b);
} ui_keys[] = {{'p', ui_key_hold}, {'q', ui_key_stop}, {'s', ui_key_show}};

void ui_key(struct ui *u, char key)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    for (size_t i = 0; i < ARRAY_LEN(ui_keys); i++)
        if (ui_keys[i].key == ascii_lower(key)) {
            ui_keys[i].fn(u, &b);
            if (u->attached && b.n)
                ui_print(u, &b);
            else if (u->attached)
                ui_redraw(u); /* of a question that it led to the prompt stands already */
            return;
        }
}

/* --- the terminal --- */

void ui_keys_follow(struct ui *u)
{
    bool ours = u->has_keys && ui_in_foreground();

    if (!u->has_keys || u->lent || ours == u->reading)
        return;
    ui_read_input(u, ours);
    ui_keys_mode(u, !u->asking);
}

static void ui_on_resized(uv_signal_t *s, int sig UNUSED)
{
    struct ui *u = s->data;

    if (u->lent)
        ui_lent_resize(u);
    ui_redraw(u);
}

/* Stopped by Ctrl-Z and continued: the shell has set the terminal to its own liking. */
static void ui_on_continued(uv_signal_t *s, int sig UNUSED)
{
    struct ui *u = s->data;

    u->live_lines = 0; /* what stands above is the shell's */
    ui_keys_follow(u);
    ui_keys_mode(u, !u->asking);
    ui_redraw(u);
}

static void ui_watch_signal(struct ui *u, uv_signal_t *handle, int sig, uv_signal_cb fn)
{
    (void)uv_signal_init(run_uv(u->run), handle); /* always succeeds */
    handle->data = u;
    (void)uv_signal_start(handle, fn, sig);
    uv_unref((uv_handle_t *)handle);
}

void ui_keys_open(struct ui *u)
{
    ui_watch_signal(u, &u->resized, SIGWINCH, ui_on_resized);
    ui_watch_signal(u, &u->continued, SIGCONT, ui_on_continued);
    if (!isatty(STDIN_FILENO) || !ui_in_foreground() || tcgetattr(STDIN_FILENO, &u->lines) != 0)
        return;
    u->has_keys = ui_open_input(u);
    ui_keys_mode(u, true);
}

void ui_keys_close(struct ui *u)
{
    if (!u->has_tick)
        return;
    ui_keys_mode(u, false);
    u->has_keys = false;
    uv_close((uv_handle_t *)&u->resized, NULL);
    uv_close((uv_handle_t *)&u->continued, NULL);
}
