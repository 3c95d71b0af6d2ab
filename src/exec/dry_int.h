#pragma once

/*
 * dry_int: inside dry*.c: what the steps before one may have changed.
 */
#include "action/values.h"
#include "exec/dry.h"
#include "runbook/shell.h"

struct dry_shell {
    struct sv session;
    bool moved; /* the working directory is not known any more */
    bool
        changed; /* PATH, or functions: a name may mean something else than in the shell's beginning */
};

struct dry_look {
    struct dry *d;
    const struct plan *plan;
    struct shell_parser *parser;
    struct values values;
    VEC(struct dry_shell) shells;
    bool installs; /* a step before this one installs or builds something */
};

void dry_add(struct dry_look *l, struct dry_step *s, enum dry_state state, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
/* Text of pieces as a step would have it now; false when it cannot be known, which is said. */
bool dry_text(struct dry_look *l, struct dry_step *s, const json_t *pieces, struct strbuf *out);

/* dry_shell.c: the programs of a command. */
void dry_programs(struct dry_look *l, struct dry_step *s, struct sv command);
