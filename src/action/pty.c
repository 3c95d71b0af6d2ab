#include "action/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sv.h"

#define PTY_CHUNK 4096

static void pty_make_raw(const struct pty *p)
{
    struct termios mode;

    if (tcgetattr(p->slave, &mode) != 0)
        return; /* uncovered: it is a terminal */
    cfmakeraw(&mode);
    (void)tcsetattr(p->slave, TCSANOW, &mode); /* as above */
}

enum err_code pty_open(struct pty *p, bool raw, struct err *err)
{
    p->slave = -1;
    p->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (p->master < 0 || grantpt(p->master) != 0 || unlockpt(p->master) != 0 ||
        ptsname_r(p->master, p->name, sizeof(p->name)) != 0)
        return err_sys(err, errno, "a terminal for the command");
    p->slave = open(p->name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (p->slave < 0)
        return err_sys(err, errno, "'%s'", p->name); /* uncovered: it was made a moment ago */
    if (raw)
        pty_make_raw(p);
    return ERR_OK;
}

void pty_take(struct pty *p)
{
    char bytes[PTY_CHUNK];
    ssize_t n;

    while ((n = read(p->master, bytes, sizeof(bytes))) > 0)
        p->shown(p->arg, (struct sv){bytes, (size_t)n});
}

static void pty_on_ready(uv_poll_t *poll, int status, int events);

static void pty_watch(struct pty *p)
{
    (void)uv_poll_start(&p->poll, UV_READABLE | (p->unsent.n ? UV_WRITABLE : 0), pty_on_ready);
}

static void pty_on_ready(uv_poll_t *poll, int status UNUSED, int events)
{
    struct pty *p = poll->data;

    if (p->unsent.n && (events & UV_WRITABLE)) {
        ssize_t n = write(p->master, p->unsent.p, p->unsent.n);

        strbuf_consume(&p->unsent, n > 0 ? (size_t)n : 0); /* else it is ready later */
        pty_watch(p);
    }
    pty_take(p);
}

void pty_start(struct pty *p, uv_loop_t *loop)
{
    (void)uv_poll_init(loop, &p->poll, p->master); /* fails only for what cannot be polled */
    p->poll.data = p;
    p->started = true;
    pty_watch(p);
}

void pty_send(struct pty *p, struct sv bytes)
{
    strbuf_add_sv(&p->unsent, bytes);
    pty_watch(p);
}

void pty_release(struct pty *p)
{
    fd_closep(&p->master);
    fd_closep(&p->slave);
    strbuf_release(&p->unsent);
}

static void pty_on_closed(uv_handle_t *h)
{
    struct pty *p = h->data;

    p->started = false;
    pty_release(p);
    p->closed(p->arg);
}

void pty_close(struct pty *p)
{
    assert(p->started && !uv_is_closing((uv_handle_t *)&p->poll));
    uv_close((uv_handle_t *)&p->poll, pty_on_closed);
}
