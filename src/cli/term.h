#pragma once

/*
 * term: writing to a person's terminal: colour, width, errors.
 *
 * What is appended in a style cannot drive the terminal; text from outside that is appended otherwise goes through
 * text_add_terminal() or text_add_line() first.
 */
#include "base/err.h"
#include "base/strbuf.h"

enum term_style {
    TERM_PLAIN,
    TERM_BOLD,
    TERM_DIM,
    TERM_GOOD, /* green */
    TERM_WARN, /* yellow */
    TERM_BAD,  /* red */
    TERM_HEAD, /* cyan, bold */
    TERM__N
};

/* `when`: "auto", "always", "never" or NULL (auto).  NO_COLOR is honoured. */
void term_init(const char *when);
bool term_is_live(void); /* standard output is a terminal that can be redrawn */
size_t term_width(void);
size_t term_height(void);

/* Append text in a style; plain text when there is no colour. */
void term_add(struct strbuf *b, enum term_style style, struct sv text);
void term_addf(struct strbuf *b, enum term_style style, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Write to standard output. */
void term_write(const struct strbuf *b);
/* Lines that stay, to standard output: on a terminal that is narrower they go on below, between their words. */
void term_write_lines(const struct strbuf *b);
/*
 * "mend it: prusik resume r-0001; or back: prusik rollback r-0001" behind a label of so many columns, for a terminal: each thing
 * that can be done begins a line, and no command is broken.
 */
void term_add_ways(struct strbuf *b, struct sv label, size_t columns, struct sv ways, size_t width);
/*
 * From now on no write waits for the terminal, which may have been stopped with ctrl-s, or be at the end of a connection that stalls:
 * what it does not take is kept, and written by a later write or term_flush().  Of more than a megabyte the rest is left out, and
 * said to be.  False: it has not taken all yet.
 */
void term_queue_begin(void);
bool term_flush(void);
/* Wait for the terminal as anybody does. */
void term_queue_end(void);
/* "error: ..." and "hint: ..." on standard error. */
void term_error(const struct err *err);
