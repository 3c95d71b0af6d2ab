#include "cli/progress.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/sv.h"
#include "base/text.h"

#define PROGRESS_QUIET_NS UINT64_C(1000000000)  /* what is over by then needs no word */
#define PROGRESS_LIVE_NS  UINT64_C(200000000)   /* as often as an eye follows */
#define PROGRESS_LINES_NS UINT64_C(10000000000) /* where lines stay */

static const int progress_signals[2] = {SIGINT, SIGTERM};
static atomic_bool progress_stop;

static void progress_on_signal(int sig UNUSED)
{
    atomic_store(&progress_stop, true); /* lock-free, so it may be done here */
}

static size_t progress_width(void)
{
    struct winsize w;

    return ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 20 ? w.ws_col : 80;
}

static void progress_show(struct progress *p, const char *what, struct sv of, uint64_t records,
                          double share)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    strbuf_addf(&b, "%s ", what);
    text_add_line(&b, of);
    strbuf_addf(&b, ": %llu record%s", (unsigned long long)records, records == 1 ? "" : "s");
    if (share >= 0)
        strbuf_addf(&b, ", %.0f %%", share * 100);
    if (p->live && b.n >= progress_width()) /* a line that wraps cannot be written over */
        strbuf_truncate(&b, progress_width() - 1);
    fprintf(stderr, p->live ? "\r\033[K%s" : "%s\n", strbuf_str(&b));
    p->shown = p->live;
    p->next_ns = clock_mono_ns() + (p->live ? PROGRESS_LIVE_NS : PROGRESS_LINES_NS);
}

static bool progress_step(void *arg, const char *what, struct sv of, uint64_t records, double share)
{
    struct progress *p = arg;

    if (!p->quiet && clock_mono_ns() >= p->next_ns)
        progress_show(p, what, of, records, share);
    return !atomic_load(&progress_stop);
}

void progress_begin(struct progress *p, const struct cli *c)
{
    const char *kind = getenv("TERM");
    struct sigaction sa = {.sa_handler = progress_on_signal, .sa_flags = SA_RESETHAND};

    *p = (struct progress){.pace = {.step = progress_step, .arg = p}, .quiet = c->quiet};
    p->live = isatty(STDERR_FILENO) && !(kind && strcmp(kind, "dumb") == 0);
    p->next_ns = clock_mono_ns() + (p->live ? PROGRESS_QUIET_NS : PROGRESS_LINES_NS);
    atomic_store(&progress_stop, false);
    (void)sigemptyset(&sa.sa_mask); /* always succeeds */
    for (size_t i = 0; i < ARRAY_LEN(progress_signals); i++)
        (void)sigaction(progress_signals[i], &sa, &p->before[i]); /* the signals are there */
}

void progress_end(struct progress *p)
{
    for (size_t i = 0; i < ARRAY_LEN(progress_signals); i++)
        (void)sigaction(progress_signals[i], &p->before[i], NULL);
    if (p->shown)
        fprintf(stderr, "\r\033[K");
}
