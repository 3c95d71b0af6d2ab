#pragma once

/*
 * dry_int: inside dry*.c: what the steps before one may have changed.
 */
#include "action/values.h"
#include "exec/dry.h"
#include "runbook/shell.h"

struct dry_shell {
    struct sv session;
    struct sv folder; /* in which it is; .n 0: not known any more */
    bool
        changed; /* PATH, or functions: a name may mean something else than in the shell's beginning */
};

struct dry_look {
    struct dry *d;
    const struct plan *plan;
    struct shell_parser *parser;
    struct values values;
    VEC(struct dry_shell) shells;
    bool installs;        /* a step before this one installs or builds something */
    bool makes;           /* a step before this one may have made a folder */
    bool brings;          /* ... or files that it does not name */
    VEC(struct sv) said;  /* commands before this one, and what they make, without what they read */
    VEC(struct sv) reads; /* what the command reads */
};

void dry_add(struct dry_look *l, struct dry_step *s, enum dry_state state, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
/* Text of pieces as a step would have it now; false when it cannot be known, which is said. */
bool dry_text(struct dry_look *l, struct dry_step *s, const json_t *pieces, struct strbuf *out);

/* dry_shell.c: the programs and folders of a command. */
void dry_programs(struct dry_look *l, struct dry_step *s, struct sv command);
/* From where the shell is then; .n 0: that is not known. */
struct sv dry_path_of(struct dry_look *l, const struct dry_shell *shell, struct sv name);
/* dry_read.c: the files that a command of the item reads, and what is redirected into the item. */
void dry_reads(struct dry_look *l, struct dry_step *s, const struct dry_shell *shell,
               const struct shell_item *item, size_t at);
void dry_reads_input(struct dry_look *l, struct dry_step *s, const struct dry_shell *shell,
                     const struct shell_item *item);
/* A command stood here: files that it names may be there after it. */
void dry_say(struct dry_look *l, struct sv text);
/* Where the shell is after the step is not known. */
void dry_is_lost(struct dry_look *l, const struct dry_step *s);
/* May there be a folder after it that was not there before? */
bool dry_may_make(const struct plan_step *s);
/* May there be files after it that it does not name? */
bool dry_may_bring(const struct plan_step *s);
