#pragma once

/*
 * err: how a failure is returned.
 *
 * A function that can fail returns enum err_code and takes struct err * last.  It
 * leaves its results untouched on failure and sets all of them on success.  The
 * message can be printed as it stands: what was tried, on which thing, value and
 * limit; lower case, no full stop.  The hint says what to do next.
 */
#include "base/base.h"

/* What the program ends with; the meaning of each is in exit_codes[] (docs/reference/exit-codes.md). */
enum exit_code {
    EXIT_CODE_DONE = 0,
    EXIT_CODE_INTERNAL = 1,
    EXIT_CODE_USAGE = 2,
    EXIT_CODE_REFUSED = 3,
    EXIT_CODE_FAILED = 4,
    EXIT_CODE_ROLLED_BACK = 5,
    EXIT_CODE_ROLLBACK_FAILED = 6,
    EXIT_CODE_WAITING = 7,
    EXIT_CODE_LOCKED = 8,
    EXIT_CODE_INVESTIGATE = 9,
    EXIT_CODE_FINDINGS = 10,
    EXIT_CODE_INTERRUPTED = 130,
};

struct exit_code_info {
    enum exit_code code;
    const char *name; /* as JSON writes it */
    const char *text; /* as the manual writes it */
};
extern const struct exit_code_info exit_codes[];
extern const size_t n_exit_codes;

enum err_code {
    ERR_OK = 0,
#define ERR_CODE(name, number, exit, text) ERR_##name = (number),
#include "base/err_codes.inc"
#undef ERR_CODE
};

struct err {
    enum err_code code;
    int sys;        /* errno, or 0 */
    char msg[1024]; /* complete; "..." at the end when it was cut */
    char hint[512]; /* or "" */
};

struct err_info {
    enum err_code code;
    const char *name;
    enum exit_code exit;
    const char *text;
};
/* The row of a code; codes that are not in the list give the one of ERR_INTERNAL. */
const struct err_info *err_info(enum err_code code);
/* All rows, in the order of the list, and their number. */
const struct err_info *err_all(size_t *n);

/*
 * Fill err and return the code, for `return err_set(...)`.  err_sys: ERR_IO, with the text of
 * errno `sys` at the end.  err_wrap: put "context: " before the message that err holds; the code
 * and hint stay.  err_hint: set the hint and return err's code.
 */
enum err_code err_set(struct err *err, enum err_code code, const char *fmt, ...) PRINTF_LIKE(3, 4);
enum err_code err_sys(struct err *err, int sys, const char *fmt, ...) PRINTF_LIKE(3, 4);
enum err_code err_wrap(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
enum err_code err_hint(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
