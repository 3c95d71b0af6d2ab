#pragma once

/*
 * session_state: working directory and variables of a shell, as `declare -p` prints
 * them, and what of them differs from how the shell began.
 *
 * It is journaled after each command that changes it, with secrets by name only, and
 * restored when a run is resumed.
 */
#include "base/arena.h"
#include "base/json.h"
#include "base/secret.h"
#include "base/vec.h"

struct session_var {
    struct sv name;
    struct sv declaration; /* "declare -x NAME="value"" */
    bool exported;
};

/* Status of a shell that could not come to the folder of the state. */
enum { SESSION_NO_FOLDER = 97 };

struct session_state {
    struct arena arena;
    struct sv cwd;
    VEC(struct session_var) vars; /* without those that belong to bash itself; sorted by name */
    struct sv functions;          /* `declare -f` */
    struct sv options;            /* $SHELLOPTS */
};

void session_state_release(struct session_state *s);
/* Read what the shell reported: the output of declare -p, and of declare -f. */
void session_state_read(struct sv cwd, struct sv variables, struct sv functions,
                        struct session_state *ret);
bool session_state_equal(const struct session_state *a, const struct session_state *b);
void session_state_copy(const struct session_state *from, struct session_state *to);

/* The value of a scalar variable, unquoted, appended to out; false when it is not set or an array. */
bool session_state_get(const struct session_state *s, struct sv name, struct strbuf *out);

/*
 * What differs from `base`, as JSON {cwd, set: [declarations], unset: [names], functions, options};
 * variables that are secret by name or by value are left out and named in `withheld`.
 */
json_t *session_state_diff(const struct session_state *s, const struct session_state *base,
                           const struct secrets *secrets);
/* The directory and variables that a diff names, without those of the base. */
void session_state_from_diff(const json_t *diff, struct session_state *ret);
/* The shell commands that bring a fresh shell to this diff. */
void session_state_script(const json_t *diff, struct strbuf *out);
/* The same for the difference between two states. */
void session_state_script_between(const struct session_state *s, const struct session_state *base,
                                  struct strbuf *out);
/* Quote for the shell. */
void session_quote(struct sv text, struct strbuf *out);
