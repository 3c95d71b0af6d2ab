#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct exit_code_info exit_codes[] = {
    {EXIT_CODE_DONE, "done", "everything that was asked for is done"},
    {EXIT_CODE_INTERNAL, "internal", "a bug of prusik"},
    {EXIT_CODE_USAGE, "usage", "the command line is wrong"},
    {EXIT_CODE_REFUSED, "refused",
     "the plan may not be run (a question is open or an input is wrong), or somebody said no at "
     "a gate"},
    {EXIT_CODE_FAILED, "failed", "a step failed and the run stopped"},
    {EXIT_CODE_ROLLED_BACK, "rolled-back", "the release was rolled back"},
    {EXIT_CODE_ROLLBACK_FAILED, "rollback-failed", "the way back failed: people are needed now"},
    {EXIT_CODE_WAITING, "waiting", "the run waits for a person or a time and can be resumed"},
    {EXIT_CODE_LOCKED, "locked", "another run has the environment"},
    {EXIT_CODE_INVESTIGATE, "investigate", "done, but a rule says that people should look"},
    {EXIT_CODE_FINDINGS, "findings", "lint found something, or two plans differ"},
    {EXIT_CODE_INTERRUPTED, "interrupted", "stopped by Ctrl-C or SIGTERM; can be resumed"},
};
const size_t n_exit_codes = ARRAY_LEN(exit_codes);

static const struct err_info err_rows[] = {
#define ERR_CODE(name, number, exit, text) {ERR_##name, #name, (exit), (text)},
#include "base/err_codes.inc"
#undef ERR_CODE
};

const struct err_info *err_info(enum err_code code)
{
    for (size_t i = 0; i < ARRAY_LEN(err_rows); i++)
        if (err_rows[i].code == code)
            return &err_rows[i];
    return &err_rows[0];
}

const struct err_info *err_all(size_t *n)
{
    *n = ARRAY_LEN(err_rows);
    return err_rows;
}

/* Text that was cut shows it, so that nobody takes half a path for a path. */
static void err_mark_cut(char *buf, size_t size, int wanted)
{
    if (wanted >= 0 && (size_t)wanted >= size)
        memcpy(buf + size - 4, "...", 4);
}

enum err_code err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
    va_list ap;

    assert(code != ERR_OK);
    err->code = code;
    err->sys = 0;
    err->hint[0] = '\0';
    va_start(ap, fmt);
    err_mark_cut(err->msg, sizeof(err->msg), vsnprintf(err->msg, sizeof(err->msg), fmt, ap));
    va_end(ap);
    return code;
}

enum err_code err_sys(struct err *err, int sys, const char *fmt, ...)
{
    char what[sizeof(err->msg)];
    char text[128];
    va_list ap;

    va_start(ap, fmt);
    err_mark_cut(what, sizeof(what), vsnprintf(what, sizeof(what), fmt, ap));
    va_end(ap);
    (void)err_set(err, ERR_IO, "%s: %s", what, strerror_r(sys, text, sizeof(text)));
    err->sys = sys;
    return err->code;
}

enum err_code err_wrap(struct err *err, const char *fmt, ...)
{
    char inner[sizeof(err->msg)];
    char context[sizeof(err->msg)];
    va_list ap;

    assert(err->code != ERR_OK);
    memcpy(inner, err->msg, sizeof(inner));
    va_start(ap, fmt);
    err_mark_cut(context, sizeof(context), vsnprintf(context, sizeof(context), fmt, ap));
    va_end(ap);
    err_mark_cut(err->msg, sizeof(err->msg),
                 snprintf(err->msg, sizeof(err->msg), "%s: %s", context, inner));
    return err->code;
}

enum err_code err_hint(struct err *err, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    err_mark_cut(err->hint, sizeof(err->hint), vsnprintf(err->hint, sizeof(err->hint), fmt, ap));
    va_end(ap);
    return err->code;
}
