#pragma once

/*
 * binding: what prusik.yaml, .env files and --set say (docs/formats/binding.md).
 *
 * Reading checks every key and every type, with file and line.  Secrets are kept
 * apart: their values are in `secrets` only and in the environment of sessions.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/secret.h"
#include "base/vec.h"

struct binding_pair {
    struct sv name, value;
    size_t line;
};

struct binding_variable {
    struct sv name, value, command; /* one of value and command */
    size_t line;
};

/* How the version that runs is told: docs/formats/services.md. */
struct binding_version {
    struct sv url, field, command, newer_than, is;
    size_t line;
};

/* "*": any that is not listed, of the commands of this manager. */
struct binding_service {
    struct sv name, manager, unit, socket, url, project, dir;
    struct sv *command;
    size_t n_command;
    struct sv pid_file, log, workdir, ready;
    struct binding_version version;
    int64_t start_timeout_ms, stop_timeout_ms, stable_ms, crashes;
    size_t line;
};

struct binding_choice {
    struct sv part;
    bool fixed, yes; /* fixed: `yes` is the choice */
    bool ask;        /* the person at the run is asked when its turn has come */
    struct sv when, contains;
    struct sv if_failed; /* yes when this step, or one of this part, has failed */
    size_t line;
};

struct binding_answer {
    struct sv step, by, note;
    bool yes, all; /* all: for each host of a group */
    size_t line;
};

/* A database that blocks of SQL are for. */
struct binding_database {
    struct sv name, url;
    size_t line;
};

/* A host, or a group, of a group. */
struct binding_member {
    struct sv name;
    size_t line;
};

/* Hosts that a step runs on batch by batch (docs/adr/0008-fleets.md). */
struct binding_group {
    struct binding_member *members; /* as written */
    size_t n_members;               /* 0: one host, and no group */
    int64_t batch;                  /* how many hosts at the same time ... */
    bool percent;                   /* ... or how many in a hundred of them */
    struct sv health_command;       /* run on each host after its batch; 0 is healthy */
    struct sv health_http; /* or asked from here: {host} and {address} stand for the host */
    int64_t within_ms, every_ms;
    size_t health_line; /* 0: nothing is looked at */
};

/* A host that the document names; "*": any that is not listed. */
struct binding_host {
    struct sv name, address; /* address: as ssh takes it; "local": here; empty: the name */
    struct sv *ssh;          /* options of ssh */
    size_t n_ssh;
    bool login; /* its shell reads the profile of the user there */
    struct binding_group group;
    size_t line;
};

struct binding_step {
    struct sv step, undo, skip, in_doubt;
    struct sv database; /* a name of the databases */
    struct sv host; /* where it runs, as the document would name it, or "local"; empty: not set */
    int64_t timeout_ms; /* 0: not set */
    int64_t retries;    /* -1: not set */
    int64_t retry_wait_ms, retry_max_ms;
    double retry_factor, retry_jitter; /* factor 0: not set */
    int terminal;         /* 1: it waits for a person at one, 0: it does not, -1: not set */
    struct sv on_failure; /* stop, continue, rollback, or a reference; empty: not set */
    size_t line;
};

/* A flag that a rule or a step switches, and where it is (docs/formats/flags.md). */
struct binding_flag {
    struct sv name;
    struct sv definitions; /* absolute path, of flagd's format */
    struct sv
        consumers;  /* absolute path of the file that says who reads it; empty: there is none ... */
    struct sv text; /* ... and what stood in it */
    struct sv off;  /* the variant that it is switched off to */
    struct sv token;   /* of the consumers, not expanded; empty: none */
    int64_t within_ms; /* for all of the change */
    size_t line;
};

/* A rehearsal: what says that its environment is scratch, what replaces the values of the other, and what must be the same
 * before and after (docs/reference/rehearse.md). */
struct binding_rehearse {
    struct sv scratch; /* why nobody uses it; empty: nothing says that it is scratch */
    struct sv environment, folder, prepare;
    struct sv machine; /* the only one on which it is; empty: not said */
    VEC(struct binding_pair) env;
    VEC(struct sv) hosts;    /* of the document, that are scratch, too */
    VEC(struct sv) services; /* likewise, of this machine's managers */
    VEC(struct sv) files;    /* patterns, expanded */
    VEC(struct sv) except;
    VEC(struct sv) compared; /* names of services */
    VEC(struct sv) databases;
    size_t line; /* 0: the binding has no such part */
    /* filled when it is applied */
    struct sv production;              /* the environment that it stands for */
    VEC(struct binding_pair) replaced; /* values that are not to be met any more */
};

struct binding {
    struct arena arena;
    char *path;       /* of the file, or NULL */
    char *dir;        /* absolute folder that paths are relative to */
    struct hash hash; /* of the bytes of the file; of none when there is no file */
    struct sv environment, operator_name, store, workdir, scrape, flag, on_failure, zone;
    struct sv listen; /* ADDRESS:PORT where the watch is asked and told; empty: nowhere */
    struct sv
        accept_gaps; /* why steps without a way back are carried out all the same; empty: they are asked about */
    const struct yaml_node *gates,
        *people,           /* checked when a plan is made (make_gate.c); NULL: none */
        *sources, *notify, /* likewise (make_source.c) */
        *lint,             /* what prusik db lint reads */
        *flag_map;         /* what `flags` are read from */
    double time_scale;
    int64_t interval_ms;
    int64_t until_ms, baseline_ms; /* -1: not set */
    VEC(struct binding_pair) env;  /* env_files and env, later ones win; no name twice */
    VEC(struct sv) files;          /* paths of what else was read: env_files, files of flags */
    VEC(struct binding_pair) metrics;
    VEC(struct binding_pair) worse; /* of metrics whose direction is said: "up", "down" */
    VEC(struct binding_pair) units; /* of metrics that say what they are exported in: "KB" */
    VEC(struct binding_pair) rules;
    VEC(struct binding_pair) probes;
    VEC(struct binding_pair) drops;
    VEC(struct binding_variable) variables;
    VEC(struct binding_service) services;
    VEC(struct binding_database) databases;
    VEC(struct binding_host) hosts;
    VEC(struct binding_choice) choices;
    VEC(struct binding_answer) answers;
    VEC(struct binding_step) steps;
    VEC(struct binding_flag) flags;
    VEC(struct sv) approvers;
    struct binding_rehearse rehearse;
    struct secrets *secrets;
};

/* What the command line adds. */
struct binding_options {
    const char *path;        /* --bind; NULL: prusik.yaml beside the document, if there is one */
    const char *environment; /* --env, or NULL */
    const char *operator_name;
    const char *store;
    const char *const *sets; /* "NAME=VALUE" */
    size_t n_sets;
    double time_scale; /* 0: not given */
    bool
        rehearse; /* for the scratch environment: ERR_REFUSED when nothing says that there is one */
};

/*
 * Read the binding of a document.  ERR_INVALID with "file:line: ..." and, for an unknown key, the nearest
 * known one; ERR_NOT_FOUND when a named file is not there.
 */
NODISCARD enum err_code binding_load(const char *document, const struct binding_options *opt,
                                     struct binding *ret, struct err *err);
/* The same for the text of a file that would be called `path`, in the absolute folder `dir`. */
NODISCARD enum err_code binding_parse(const char *path, const char *dir, struct sv text,
                                      struct binding *ret, struct err *err);
void binding_release(struct binding *b);

/* Value of an environment variable: the binding's, else the process's; false when it is not set. */
bool binding_env(const struct binding *b, struct sv name, struct sv *ret);
/* $NAME and ${NAME} replaced.  ERR_INVALID names the variable that is not set, or that is a secret: what
 * is expanded goes into the plan. */
NODISCARD enum err_code binding_expand(const struct binding *b, struct sv text, struct strbuf *out,
                                       struct err *err);
/* The same with secrets: for what is used and never shown.  ERR_REFUSED: one has no value. */
NODISCARD enum err_code binding_reveal(const struct binding *b, struct sv text, struct strbuf *out,
                                       struct err *err);
/* The database of this name; NULL: there is none. */
const struct binding_database *binding_find_database(const struct binding *b, struct sv name);
/* How this host of the document is reached; NULL: the binding does not say. */
const struct binding_host *binding_find_host(const struct binding *b, struct sv name);
/*
 * Adds to *key what all spellings of a host's name have in common: "web servers", "Web Servers", "web-servers",
 * "webservers".  True: it has a digit, '.' or '@', and only capitals do not count: "web-1" and "web1" are two machines.
 */
bool binding_host_key(struct sv name, struct strbuf *key);
/* Whether two names have one key; that of a group (several) also without its 's'. */
bool binding_same_host(struct sv a, struct sv b, bool several);
/* Every host of a group once, those of its groups in their place; at most LIMIT_FLEET_HOSTS.  The caller
 * releases *ret. */
typedef VEC(struct sv) binding_names;
void binding_group_hosts(const struct binding *b, const struct binding_host *group,
                         binding_names *ret);
/* A path of the binding, expanded and absolute; in the binding's arena. */
NODISCARD enum err_code binding_file(struct binding *b, struct sv text, struct sv *ret,
                                     struct err *err);
