#pragma once

/*
 * effect_inner: the command that another one carries out: timeout 60 X, env A=1 X, xargs X, docker exec web X,
 * kubectl exec pod -- X, bash -c 'X', ssh host 'X'.  What is changed is what X changes.
 */
#include "runbook/shell.h"

enum effect_inner {
    INNER_NO,      /* it is no such command */
    INNER_COMMAND, /* *ret: the words of X, which are words of s */
    INNER_TEXT,    /* *text: X as the text of a shell, without the quotes around it */
    INNER_NOTHING, /* nothing stands behind it: env, time, ssh host */
};

/* s: without sudo (shell_inner()). */
enum effect_inner effect_inner_of(const struct shell_simple *s, struct shell_simple *ret,
                                  struct sv *text);
