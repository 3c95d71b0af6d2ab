#pragma once

/*
 * lint: what would go wrong in a runbook, before it does.
 *
 * Each rule is one row in a file of its own (lint_rules.inc names them).  Ids are
 * stable: RB0xx the document, RB1xx commands, RB2xx expectations, RB3xx order and way
 * back, RB4xx conditions, RB5xx consistency; PGnnn, RUNnnn, DATAnnn statements of SQL (lint_sql.h).  A finding is left out when its line, or
 * the line above, says `prusik: ignore RBnnn` in a comment.  Pure.
 */
#include "base/vec.h"
#include "runbook/runbook.h"

enum lint_severity { LINT_INFO, LINT_WARNING, LINT_ERROR };
const char *lint_severity_name(enum lint_severity s);

struct lint_finding {
    const char *id;
    enum lint_severity severity;
    size_t line, end_line, column; /* from 1; columns in bytes ... */
    size_t chars;                  /* ... and in code points */
    struct sv message, hint;       /* in the arena of the lint */
    /* of a statement of SQL (lint_sql.h): */
    struct sv lock;    /* that it takes on its table: "SHARE"; or empty */
    struct sv rewrite; /* SQL of the safe form; or empty */
    char grade; /* 'A' ... 'D': can it be undone (docs/guide/databases.md); 0: no statement */
};

struct lint_index;    /* lint_util.h */
struct lint_families; /* lint_bands.h */
struct lint_checked;  /* lint_conditions.h */
struct rule;

struct lint {
    const struct runbook *rb;
    struct lint_index *index; /* until lint_settle() */
    struct lint_families *families;
    struct lint_checked *checked;
    const struct rule *
        *parsed; /* of each rule of the document, once asked for (lint_conditions.h); in `work` */
    struct arena arena;                /* of what stays: findings, names */
    struct arena work;                 /* of what rules make for themselves, until lint_settle() */
    VEC(struct lint_finding) findings; /* by line, then id */
};

struct lint_rule {
    const char *id;
    enum lint_severity severity;
    bool
        fails; /* what it finds does not work at all: no way back is made of it (plan/make_lint.c) */
    const char *title; /* "a command that never ends" */
    const char *why;   /* a sentence */
    const char *mend;  /* what to do, a sentence; the default hint */
    /* NULL: it compares documents (lint_cross.h), or is found elsewhere (prusik plan, shellcheck, lint_sql.h). */
    void (*check)(struct lint *l, const struct lint_rule *rule);
};

#define LINT_RULE(name) extern const struct lint_rule lint_##name;
#include "lint/lint_rules.inc"
#undef LINT_RULE

extern const struct lint_rule *const lint_rules[];
extern const size_t n_lint_rules;
const struct lint_rule *lint_find_rule(struct sv id);

/* Run every rule over a runbook, which must outlive the lint. */
void lint_run(const struct runbook *rb, struct lint *ret);
/* The same of those rules only whose findings do not work at all (`fails`). */
void lint_run_failing(const struct runbook *rb, struct lint *ret);
/* Of a document that passes a limit (ERR_LIMIT of runbook_read()): that alone, as RB022 at its place. */
void lint_unread(const char *path, const struct err *limit, struct lint *ret);
void lint_release(struct lint *l);
/* Drop what only rules and lint_names_read() look at: the runbook may go, findings stay. */
void lint_settle(struct lint *l);
/* Findings by line, then id, as lint_run() leaves them. */
void lint_sort(struct lint *l);
/* Does a comment on the line or the one above silence the rule? */
bool lint_is_ignored(const struct lint *l, size_t line, const char *id);

/* --- for the rules --- */

/* Add a finding at a line; `snippet` (or empty) is looked for in that line to tell the column. */
void lint_add(struct lint *l, const struct lint_rule *rule, size_t line, struct sv snippet,
              const char *fmt, ...) PRINTF_LIKE(5, 6);
/* The same with a severity of its own, where a rule is sure of some findings only. */
void lint_add_as(struct lint *l, const struct lint_rule *rule, enum lint_severity severity,
                 size_t line, struct sv snippet, const char *fmt, ...) PRINTF_LIKE(6, 7);
