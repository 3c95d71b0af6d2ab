#pragma once

/*
 * ui_int: what the files of the run's display share.
 */
#include <termios.h>

#include "action/action.h"
#include "cli/term.h"
#include "cli/tree.h"
#include "cli/ui.h"

#define UI_LIVE_MAX 24u /* live lines at most */

/* A watched rule, as last seen. */
struct ui_rule {
    struct sv id, source;
    char *value, *limit, *state, *why, *operands;
    char *verdict;
    double n;
    double pending_s, need_s;
    double history[32];
    size_t n_history;
};

struct ui {
    enum ui_mode mode;
    const struct plan *plan;
    struct run *run;
    int64_t run_id;
    int64_t begun_us;

    /* the tree: parts whose titles stand already */
    struct sv shown_part;
    bool way_back;
    bool goes_back;                  /* it is, or will be */
    struct strbuf said;              /* what a person said about a step ... */
    const struct plan_step *said_of; /* ... about this one */
    struct strbuf left_out;          /* the reason that stands already ... */
    size_t left_more, left_indent;   /* ... and how many more steps it is of; where that is said */

    /* the step in progress */
    const struct plan_step *step;
    int64_t step_begun_us;
    struct strbuf last_line;
    struct strbuf tail; /* the end of what the steps under the last heading have printed */
    struct sv tail_part;
    bool tail_is_its;
    size_t done, total;

    /* the watch */
    bool watching;
    int64_t watch_at_ms, watch_until_ms;
    char verdict[16]; /* the last one */
    VEC(struct ui_rule) rules;

    /* the live lines */
    size_t live_lines;
    size_t live_widths[UI_LIVE_MAX + 4]; /* columns of each, as it was drawn */
    bool held, stopping;                 /* p and q */
    bool interrupted;                    /* a signal */
    uv_signal_t resized, continued;
    uv_timer_t tick;
    bool has_tick, attached;
    unsigned spin;

    /* a question */
    uv_tty_t input;
    bool has_input, reading, asking;
    uint64_t
        keys_from_ms; /* on the loop's clock: what is typed before is for a question that is gone */
    bool prompted;    /* the cursor stands behind a prompt */
    bool has_keys;    /* the terminal tells of each key */
    struct termios lines;                   /* how it was */
    size_t asked_more;                      /* further hosts that the question is open for */
    const struct plan_step *asked_step;     /* that it is about, or NULL */
    const struct plan_decision *asked_ways; /* what is chosen from, or NULL */
    const bool *asked_gone;                 /* those of it that have failed */
    struct run_question question;
    struct strbuf typed;

    /* the terminal, while a command has it */
    struct action_terminal terminal;
    bool lent, was_reading;
    int lent_to;
    struct termios before_lent;
    struct strbuf withheld; /* lines for afterwards */
};

/* Lines that stay: above the live part. */
void ui_print(struct ui *u, const struct strbuf *lines);
/* Lines that stay, right here; on a terminal none is broken within a word. */
void ui_write(const struct ui *u, const struct strbuf *lines);
/* Draw the live part again. */
void ui_redraw(struct ui *u);
void ui_erase(struct ui *u);
/* ui_watch.c */
void ui_watch_event(struct ui *u, const struct run_event *e);
void ui_watch_live(struct ui *u, struct strbuf *out, size_t *lines);
void ui_watch_free(struct ui *u);
/* ui_ask.c */
bool ui_open_input(struct ui *u);
void ui_read_input(struct ui *u, bool on);
void ui_ask_close(struct ui *u);
/* The line in which an answer is typed; also again, below lines that have come meanwhile. */
void ui_prompt(struct ui *u);
/* ui_terminal.c: what is typed, and the size, go to the command. */
void ui_lent_type(const struct ui *u, struct sv bytes);
void ui_lent_resize(struct ui *u);
/* ui_keys.c: what a key does while nothing is asked. */
void ui_keys_open(struct ui *u);
void ui_keys_close(struct ui *u);
/* Read the terminal only while it is ours. */
void ui_keys_follow(struct ui *u);
/* Each key by itself and unseen, or lines that are edited and seen. */
void ui_keys_mode(struct ui *u, bool keys);
void ui_key(struct ui *u, char key);
/* The keys, for the line of the progress. */
const char *ui_keys_help(const struct ui *u);
/* The last components of an id, two or as many as no other step of the plan has: "1.2/3"; commands take it. */
struct sv ui_short_id(const struct plan *p, struct sv id);
/* The question is of no interest any more; who types an answer to it does not mean the keys. */
void ui_ask_no_more(struct ui *u);
void ui_add_warnings(const struct plan_step *s, struct strbuf *b);
