#pragma once

/*
 * tap: tests as functions, TAP on stdout, in a temporary folder that is removed.
 *
 * A failed CHECK() is remembered and printed; the test goes on.
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct tap_test {
    const char *name;
    void (*fn)(void);
};

static const char *tap_failed; /* why the running test failed, or NULL */

#define TAP_TEXT(x)  #x
#define TAP_TEXT2(x) TAP_TEXT(x)
#define CHECK(x)                                                            \
    do {                                                                    \
        if (!(x))                                                           \
            tap_failed = __FILE__ ":" TAP_TEXT2(__LINE__) ": " TAP_TEXT(x); \
    } while (0)
/* clang-format off */
#define TEST(fn) {#fn, fn}
/* clang-format on */

static int tap_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

/* The exit status: 0 when all tests passed. */
static int tap_run(const struct tap_test *tests, size_t n)
{
    char dir[] = "/tmp/selftest.XXXXXX";
    int bad = 0;

    if (!mkdtemp(dir) || chdir(dir) != 0)
        return 99;
    printf("1..%zu\n", n);
    for (size_t i = 0; i < n; i++) {
        tap_failed = NULL;
        tests[i].fn();
        if (tap_failed)
            printf("# %s\n", tap_failed);
        printf("%sok %zu - %s\n", tap_failed ? "not " : "", i + 1, tests[i].name);
        bad += tap_failed != NULL;
    }
    return chdir("/") != 0 || nftw(dir, tap_remove, 8, FTW_DEPTH | FTW_PHYS) != 0 || bad > 0;
}
