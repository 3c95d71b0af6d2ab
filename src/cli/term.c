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
#include "cli/command.h"
#include "cli/fold.h"

static bool term_color, term_color_err, term_ascii;

/*
 * The locale names another character set than UTF-8, as "de_DE" and "ru_RU.KOI8-R" do.  "C", "POSIX" and none say nothing of the
 * terminal.
 */
static bool term_wants_ascii(int fd)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    struct sv locale = {NULL, 0};

    for (size_t i = 0; i < ARRAY_LEN(names) && !locale.n; i++)
        locale = sv_from(getenv(names[i]));
    return locale.n && isatty(fd) && !sv_eq(locale, SV("C")) && !sv_eq(locale, SV("POSIX")) &&
           !sv_has_nocase(locale, SV("utf-8")) && !sv_has_nocase(locale, SV("utf8"));
}

/* Signs of ours in ASCII; of what else is none a question mark. */
static void term_add_ascii(struct strbuf *out, struct sv text)
{
    static const struct {
        uint32_t sign;
        char ascii;
    } rows[] = {{0x2713, '+'}, {0x2717, 'x'}, {0x25a0, '#'}, {0x2501, '='},
                {0x2500, '-'}, {0x00d7, 'x'}, {0x2014, '-'}, {0x2013, '-'}};
    uint32_t cp;

    for (size_t n; text.n; text = sv_sub(text, n, text.n)) {
        char c = '?';

        n = text_utf8_next(text, &cp);
        if (n == 0) { /* it is no UTF-8 */
            n = 1;
            cp = 0xfffd;
        }
        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
            if (rows[i].sign == cp)
                c = rows[i].ascii;
        strbuf_add_byte(out, cp < 0x80 ? (char)cp : c);
    }
}

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
    term_ascii = term_wants_ascii(STDOUT_FILENO);
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

size_t term_height(void)
{
    struct winsize w;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_row > 0)
        return w.ws_row;
    return 40;
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
    text_add_terminal(b, text);
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
    CLEANUP(strbuf_release) struct strbuf ascii = STRBUF(0);

    if (term_ascii) {
        term_add_ascii(&ascii, strbuf_sv(b));
        b = &ascii;
    }
    if (term_queues) {
        strbuf_add_sv(&term_queue, strbuf_sv(b));
        (void)term_flush();
        return;
    }
    (void)fwrite(strbuf_str(b), 1, b->n, stdout); /* main looks at ferror(stdout) at the end */
}

void term_write_lines(const struct strbuf *b)
{
    CLEANUP(strbuf_release) struct strbuf folded = STRBUF(0);

    if (term_is_live())
        fold_add(&folded, strbuf_sv(b), term_width());
    term_write(term_is_live() ? &folded : b);
}

/* How wide the terminal behind standard error is; 0: it is none. */
static size_t term_error_width(void)
{
    struct winsize w;

    return ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 20 ? w.ws_col : 0;
}

static const struct sv term_or = SV("or ");

/* "hint: ", in colour. */
static void term_add_label(struct strbuf *b, const char *color, const char *label)
{
    strbuf_addf(b, "%s%s%s ", term_color_err ? color : "", label, term_color_err ? "\033[0m" : "");
}

/*
 * "leave the step out: prusik skip ...", behind so many columns: where the terminal is too narrow for both, the command stands on a line
 * of its own.  It is not broken there, so that it can be copied.
 */
static void term_add_way(struct strbuf *b, struct sv lead, size_t column, struct sv way,
                         size_t width)
{
    CLEANUP(strbuf_release) struct strbuf line = STRBUF(0);
    struct sv command = {NULL, 0};
    size_t at = sv_find(way, SV(": prusik "), 0);

    if (column + text_width(way) > width && at != SV_NPOS) {
        command = sv_sub(way, at + 2, way.n);
        way = sv_sub(way, 0, at + 1);
    }
    strbuf_addf(&line, "%.*s%.*s\n", SV_FMT(lead), SV_FMT(way));
    fold_add(b, strbuf_sv(&line), width);
    if (!command.n)
        return;
    strbuf_add_n(b, ' ', column - term_or.n + 2);
    strbuf_addf(b, "%.*s\n", SV_FMT(command));
}

void term_add_ways(struct strbuf *b, struct sv label, size_t columns, struct sv ways, size_t width)
{
    static const struct sv another = SV("; or ");
    CLEANUP(strbuf_release) struct strbuf below = STRBUF(0);
    size_t at;

    strbuf_add_n(&below, ' ', columns);
    strbuf_add_sv(&below, term_or);
    columns += term_or.n;
    while ((at = sv_find(ways, another, 0)) != SV_NPOS) {
        term_add_way(b, label, columns, sv_sub(ways, 0, at), width);
        ways = sv_sub(ways, at + another.n, ways.n);
        label = strbuf_sv(&below);
    }
    term_add_way(b, label, columns, ways, width);
}

void term_error(const struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0), text = STRBUF(0), hint = STRBUF(0);
    CLEANUP(strbuf_release) struct strbuf label = STRBUF(0);
    size_t width = term_error_width();

    command_add(&hint, sv_from(err->hint));
    term_add_label(&text, "\033[1;31m", "error:");
    text_add_terminal(&text, sv_from(err->msg));
    strbuf_add_byte(&text, '\n');
    if (width)
        fold_add(&b, strbuf_sv(&text), width);
    else
        strbuf_add_sv(&b, strbuf_sv(&text));
    strbuf_truncate(&text, 0);
    text_add_terminal(&text, strbuf_sv(&hint));
    term_add_label(&label, "\033[1m", "hint:");
    if (text.n && width)
        term_add_ways(&b, strbuf_sv(&label), strlen("hint: "), strbuf_sv(&text), width);
    else if (text.n)
        strbuf_addf(&b, "%s%s\n", strbuf_str(&label), strbuf_str(&text));
    fprintf(stderr, "%s", strbuf_str(&b));
}
