#pragma once

/*
 * verb: the table of commands, and how a command line is read.
 *
 * A verb is one row: names, help and options are data, so that help, completion and
 * the manual are made from the same rows that parse.
 */
#include "base/err.h"
#include "base/vec.h"

/* Where an option's value goes in struct cli. */
enum cli_kind {
    CLI_FLAG,   /* bool */
    CLI_TEXT,   /* const char * */
    CLI_TEXTS,  /* VEC(const char *) */
    CLI_NUMBER, /* double above 0 */
    CLI_MAYBE,  /* const char *: the value stands after '=', or it is the first of the words */
};

struct cli_option {
    const char *name; /* "--store" */
    char letter;      /* 's' for -s; 0: none */
    enum cli_kind kind;
    size_t offset;     /* into struct cli */
    const char *value; /* "FOLDER": what is shown for the value; NULL for a flag */
    const char *help;
    const char *const *words; /* the only values that it takes, NULL-terminated; NULL: any */
};

typedef VEC(const char *) cli_texts;

/* Who says something about a run, and what: approvals, events, flags, what is left out. */
struct cli_told {
    const char *as, *role, *note, *why, *confirm, *step;
    bool reject;
};

/* How a run is carried out. */
struct cli_run {
    const char *operator_name;
    double time_scale;
    bool unattended, dry_run, exit_when_waiting, as_planned;
    bool rehearse; /* the binding is for the scratch environment: set by a verb, not by an option */
};

struct cli_plan {
    const char *diff, *graph, *export;
    bool questions;
};

struct cli_lint {
    const char *explain;
    cli_texts disables;
    bool sarif, fix, no_shellcheck;
};

struct cli_watch {
    const char *length, *rule;
    bool try;
};

/* Snapshots, comparisons and audits. */
struct cli_data {
    const char *file, *by, *side, *where;
    cli_texts fields;
    bool added_fails;
};

struct cli_flags {
    const char *file, *consumers, *context, *listen;
};

/* Migrations. */
struct cli_db {
    const char *url, *dir, *files, *schema, *wait, *lock_timeout, *retry_for, *from, *table,
        *runner, *dialect, *alembic;
    bool out_of_order, sql, accept_file, finish, forget, retire, accept_state;
};

struct cli_backup {
    const char *level, *scratch, *keep, *passphrase_file, *passphrase_env, *passphrase_command,
        *key_file;
    bool replace, no_owner;
};

/* A command line, read: first what verbs of several kinds have, then what those of one have. */
struct cli {
    const char **args; /* what is no option */
    int n_args;
    const char *store, *bind, *env, *format, *output, *color, *key, *to, *count;
    cli_texts sets;
    cli_texts given; /* the names of the options that were given */
    bool help, quiet, json, all, check, yes, to_stdout, stdio;
    struct cli_told told;
    struct cli_run run;
    struct cli_plan plan;
    struct cli_lint lint;
    struct cli_watch watch;
    struct cli_data data;
    struct cli_flags flags;
    struct cli_db db;
    struct cli_backup backup;
};

/* An option that only some of a verb's words take: with another it would be read, and do nothing. */
struct verb_only {
    const char *option;
    const char *words; /* with blanks between them */
    const char *hint;  /* NULL: the words */
};

struct verb {
    const char *name;
    const char *args;         /* "DOC" */
    const char *help;         /* one line, lower case, no full stop */
    const char *more;         /* paragraphs */
    const char *const *opts;  /* names of its options, NULL-terminated */
    int min_args, max_args;   /* max -1: no limit */
    bool hidden;              /* for machines: not in the list of verbs */
    const char *const *words; /* the only first arguments, NULL-terminated; NULL: any */
    const struct verb_only
        *only; /* options that not all of the words take; ends with one without a name */
    /* Do it.  On failure fill err: main prints it and picks the exit code. */
    enum err_code (*run)(struct cli *c, enum exit_code *exit, struct err *err);
};

#define VERB(name) extern const struct verb verb_##name;
#include "cli/verbs.inc"
#undef VERB

extern const struct verb *const verb_table[];
extern const size_t n_verbs;
extern const struct cli_option cli_options[];
extern const size_t n_cli_options;

/* Does the verb take this option? */
bool verb_has_option(const struct verb *v, const char *name);

/* The whole program: returns its exit code. */
int verb_main(int argc, char **argv);
