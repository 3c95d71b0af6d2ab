#include "cli/term.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/sv.h"
#include "base/text.h"

static bool term_color, term_color_err;

static bool term_wants_color(int fd, const char *when)
{
    const char *none = getenv("NO_COLOR"), *kind = getenv("TERM");

    if (when && strcmp(when, "always") == 0)
        return true;
    if (when && strcmp(when, "never") == 0)
        return false;
    return isatty(fd) && !(none && *none) && !(kind && strcmp(kind, "dumb") == 0);
}

void term_init(const char *when)
{
    term_color = term_wants_color(STDOUT_FILENO, when);
    term_color_err = term_wants_color(STDERR_FILENO, when);
}

bool term_is_live(void)
{
    const char *kind = getenv("TERM");

    return isatty(STDOUT_FILENO) && !(kind && strcmp(kind, "dumb") == 0);
}

size_t term_width(void)
{
    struct winsize w;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 20)
        return w.ws_col;
    return 100;
}

static const char *const term_codes[TERM__N] = {
    [TERM_BOLD] = "\033[1m",  [TERM_DIM] = "\033[2m",  [TERM_GOOD] = "\033[32m",
    [TERM_WARN] = "\033[33m", [TERM_BAD] = "\033[31m", [TERM_HEAD] = "\033[1;36m",
};

void term_add(struct strbuf *b, enum term_style style, struct sv text)
{
    bool colored = term_color && term_codes[style];

    if (colored)
        strbuf_add_str(b, term_codes[style]);
    strbuf_add_sv(b, text);
    if (colored)
        strbuf_add_str(b, "\033[0m");
}

void term_addf(struct strbuf *b, enum term_style style, const char *fmt, ...)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    va_list ap;

    va_start(ap, fmt);
    strbuf_vaddf(&text, fmt, ap);
    va_end(ap);
    term_add(b, style, strbuf_sv(&text));
}

/* --- what the terminal has not taken yet --- */

enum { TERM_QUEUE_BYTES = 1 << 20, TERM_PIECE_BYTES = 512 };

static struct strbuf term_queue = {.max = TERM_QUEUE_BYTES};
static bool term_queues;

void term_queue_begin(void)
{
    fflush(stdout);
    term_queues = true;
}

/* A terminal that is gone takes nothing any more: what was for it is dropped, and its hang-up is told by a signal. */
bool term_flush(void)
{
    while (term_queue.n) {
        struct pollfd p = {.fd = STDOUT_FILENO, .events = POLLOUT};
        ssize_t n;

        if (poll(&p, 1, 0) <= 0)
            return false;
        n = write(STDOUT_FILENO, term_queue.p, size_min(term_queue.n, TERM_PIECE_BYTES));
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            strbuf_truncate(&term_queue, 0);
        else if (n > 0)
            strbuf_consume(&term_queue, (size_t)n);
    }
    if (term_queue.overflow) {
        term_queue.overflow = false;
        strbuf_add_str(&term_queue,
                       "\n(the terminal did not take all: prusik report has what is missing)\n");
        return term_flush();
    }
    return true;
}

void term_queue_end(void)
{
    term_queues = false;
    (void)term_flush();
    term_write(&term_queue);
    fflush(stdout);
    strbuf_release(&term_queue);
}

void term_write(const struct strbuf *b)
{
    if (term_queues) {
        strbuf_add_sv(&term_queue, strbuf_sv(b));
        (void)term_flush();
        return;
    }
    (void)fwrite(strbuf_str(b), 1, b->n, stdout); /* main looks at ferror(stdout) at the end */
}

void term_error(const struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    text_add_terminal(&text, sv_from(err->msg));
    fprintf(stderr, "%serror:%s %s\n", term_color_err ? "\033[1;31m" : "",
            term_color_err ? "\033[0m" : "", strbuf_str(&text));
    if (!err->hint[0])
        return;
    strbuf_truncate(&text, 0);
    text_add_terminal(&text, sv_from(err->hint));
    fprintf(stderr, "%shint:%s %s\n", term_color_err ? "\033[1m" : "",
            term_color_err ? "\033[0m" : "", strbuf_str(&text));
}
