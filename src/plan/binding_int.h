#pragma once

/*
 * binding_int: what the files that read a binding share.
 */
#include "plan/binding.h"

struct yaml_node;

struct binding_reader {
    struct binding *b;
    const char *path;
    struct err *err;
    const struct yaml_node *env_files, *env; /* read last, in this order; NULL: not there */
};

/* One function per kind of value; `field` is where it goes.  What it refuses is told with file and line. */
typedef enum err_code binding_read_fn(struct binding_reader *r, const struct yaml_node *n,
                                      void *field);

/* A row of a table of keys: name, how it is read, where it goes in the struct that the table is for. */
struct binding_key {
    const char *name;
    binding_read_fn *read;
    size_t offset;
};

typedef VEC(struct sv) binding_texts;
typedef VEC(struct binding_pair) binding_pairs;

/* --- binding_value.c --- */

/* "prusik.yaml:7: 'batch' WHAT" */
enum err_code binding_bad(struct binding_reader *r, const struct yaml_node *n, const char *what);
/* A section whose entries are all comments is empty. */
bool binding_is_map(const struct yaml_node *n);
NODISCARD enum err_code binding_map(struct binding_reader *r, const struct yaml_node *map,
                                    const struct binding_key *keys, size_t n_keys, void *into);
/* clang-format off */
binding_read_fn binding_text, binding_duration, binding_moment, binding_scale, binding_count, binding_yes, binding_policy, binding_doubt,
    binding_list, binding_words, binding_ssh, binding_pairs_of, binding_full_pairs;
/* clang-format on */

/* --- of the whole file, each a part: binding_thing.c, binding_step.c, binding_rehearse.c --- */

binding_read_fn binding_variables, binding_metrics, binding_services, binding_databases,
    binding_hosts;
binding_read_fn binding_choices, binding_answers, binding_steps;
binding_read_fn binding_rehearse;
/* "postgres://app:hunter2@db/app" */
bool binding_has_password(struct sv value);

/* --- binding_env.c --- */

binding_read_fn binding_secret_names;
NODISCARD enum err_code binding_env_files(struct binding_reader *r, const struct yaml_node *n);
NODISCARD enum err_code binding_env_map(struct binding_reader *r, const struct yaml_node *n);
/* A file, whole; ERR_NOT_FOUND. */
NODISCARD enum err_code binding_slurp(const char *path, size_t max, struct strbuf *text,
                                      struct err *err);

/* Set or replace a variable of the environment. */
void binding_set_env(struct binding *b, struct sv name, struct sv value, size_t line);
/* Put the values of the rehearsal in the place of the others.  ERR_REFUSED: nothing says that it is scratch. */
NODISCARD enum err_code binding_apply_rehearse(struct binding *b, struct err *err);
void binding_release_rehearse(struct binding_rehearse *r);
/* Fill `flags` from `flag_map`, and read the files that they name.  ERR_INVALID, ERR_NOT_FOUND. */
NODISCARD enum err_code binding_read_flags(struct binding *b, struct err *err);
/* ERR_INVALID with file and line: an unknown member, a group inside itself; ERR_LIMIT: too many hosts. */
NODISCARD enum err_code binding_check_groups(const struct binding *b, const char *path,
                                             struct err *err);
