/*
 * main: the process itself, before any verb.
 */
#include <linux/close_range.h>
#include <signal.h>
#include <sodium.h>
#include <unistd.h>

#include "cli/verb.h"

int main(int argc, char **argv)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    if (sodium_init() < 0)
        return EXIT_CODE_INTERNAL;           /* uncovered: the kernel has no randomness */
    (void)sigaction(SIGPIPE, &ignore, NULL); /* a reader that went away is an error of the write */
    (void)close_range(3, ~0u,
                      CLOSE_RANGE_CLOEXEC); /* what our caller left open is not for commands */
    return verb_main(argc, argv);
}
