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

/* A command line, read. */
struct cli {
    const char **args; /* what is no option */
    int n_args;
    const char *store, *bind, *env, *operator_name, *as, *role, *note, *why, *confirm, *step,
        *format, *output, *color, *diff, *graph, *export, *explain, *key, *by, *data, *side, *where,
        *flags, *consumers, *context, *listen, *watch_for, *rule;
    const char *db, *dir, *files, *schema, *count, *wait, *lock_timeout, *retry_for, *from, *table,
        *runner, *dialect, *alembic;
    const char *to, *level, *scratch, *keep, *passphrase_file, *passphrase_env, *passphrase_command,
        *key_file;
    bool replace, no_owner;
    cli_texts sets, disables, fields;
    double time_scale;
    bool reject, exit_when_waiting;
    bool json, unattended, all, questions, quiet, help, to_stdout, stdio, sarif, fix, no_shellcheck,
        dry_run, added_fails, try, as_planned;
    bool rehearse; /* the binding is for the scratch environment: set by a verb, not by an option */
    bool check, out_of_order, yes, sql, accept_file, finish, forget, retire, accept_state;
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
