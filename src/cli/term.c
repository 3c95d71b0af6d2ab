#include "cli/term.h"

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

void term_write(const struct strbuf *b)
{
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
