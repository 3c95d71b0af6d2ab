#pragma once

/*
 * ui: what a person sees of a run, rendered from its events.
 *
 * On a terminal: a growing tree, with a few live lines below it (the step in progress,
 * its last output, watched rules, progress).  Otherwise the same lines without the live
 * part.  With --json one event a line (docs/formats/events.md).  Also asks the operator,
 * when there is a terminal to answer on.
 */
#include "cli/verb.h"
#include "exec/run.h"

struct ui;

enum ui_mode { UI_LIVE, UI_LINES, UI_JSON, UI_QUIET };

struct ui *ui_new(enum ui_mode mode, const struct plan *plan);
void ui_free(struct ui *u);
DEFINE_CLEANUP(struct ui *, ui_free)

/* For struct run_options. */
void ui_listen(void *arg, const struct run_event *e);
void ui_ask(void *arg, const struct run_question *q);
/* For commands that wait for a person; lives as long as the ui. */
const struct action_terminal *ui_terminal(struct ui *u);

/* The run is on its way back, or about to be: said before it is made. */
void ui_goes_back(struct ui *u);
/* The run exists now: timers and keys go through its loop until ui_end(). */
void ui_attach(struct ui *u, struct run *r);
/* Somebody wants it to stop now: a command that does not end at once is waited for, which is said. */
void ui_interrupted(struct ui *u);
/* It is over: take the live lines away, say how it went and what to do next. */
void ui_end(struct ui *u, enum exit_code code, const struct err *err);
