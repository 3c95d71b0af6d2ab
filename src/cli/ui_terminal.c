/*
 * The terminal lent to a command that waits for a person: each key goes there, and what it shows stands there as it is.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "action/action.h"
#include "base/sv.h"
#include "cli/ui_int.h"

static void ui_fit(void *arg UNUSED, int fd)
{
    struct winsize size;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        (void)ioctl(fd, TIOCSWINSZ, &size); /* the kernel tells those who are in front */
}

void ui_lent_resize(struct ui *u)
{
    ui_fit(u, u->lent_to);
}

static void ui_lend(void *arg, int fd)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    struct ui *u = arg;
    struct termios raw;

    ui_erase(u);
    u->live_lines = 0;
    term_addf(&b, TERM_DIM, "    the terminal is the command's until it ends\n");
    term_write(&b);
    fflush(stdout);
    u->lent = true;
    u->lent_to = fd;
    ui_lent_resize(u);
    (void)ui_open_input(u);
    u->was_reading = u->reading;
    ui_read_input(u, true);
    if (tcgetattr(STDIN_FILENO, &u->before_lent) != 0)
        return; /* gone: the read says so */
    raw = u->before_lent;
    cfmakeraw(&raw);
    (void)tcsetattr(STDIN_FILENO, TCSANOW,
                    &raw); /* to wait until all is shown would hang on ctrl-s */
    term_queue_end();
}

static void ui_lent_show(void *arg UNUSED, struct sv bytes)
{
    while (bytes.n) {
        ssize_t n = write(STDOUT_FILENO, bytes.p, bytes.n);

        if (n < 0 && errno != EINTR)
            return; /* the terminal is gone: the read says so */
        bytes = sv_sub(bytes, n > 0 ? (size_t)n : 0, bytes.n);
    }
}

static void ui_back(void *arg)
{
    struct ui *u = arg;

    u->lent = false;
    term_queue_begin();
    (void)tcsetattr(STDIN_FILENO, TCSANOW, &u->before_lent);
    ui_lent_show(u, SV("\r\n"));
    ui_read_input(u, u->was_reading);
    ui_print(u, &u->withheld);
    strbuf_truncate(&u->withheld, 0);
}

/* What is typed while nobody reads it is lost, as a terminal does it. */
void ui_lent_type(const struct ui *u, struct sv bytes)
{
    ssize_t n;

    do
        n = write(u->lent_to, bytes.p, bytes.n);
    while (n < 0 && errno == EINTR);
}

const struct action_terminal *ui_terminal(struct ui *u)
{
    u->terminal = (struct action_terminal){
        .fit = ui_fit, .lend = ui_lend, .show = ui_lent_show, .back = ui_back, .arg = u};
    return &u->terminal;
}
