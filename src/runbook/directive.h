#pragma once

/*
 * directive: `{name=migrate timeout=10m}` in the info string of a fence, `<!-- prusik: role=rollback -->`
 * (docs/formats/directives.md).
 *
 * Reading is pure: a text comes in, settings and errors with their offsets go out.  What an error
 * is about is left unset; the rest counts.
 */
#include "base/arena.h"
#include "base/vec.h"
#include "runbook/runbook.h"

enum directive_flag { FLAG_UNSET, FLAG_NO, FLAG_YES };

/* Texts are views of what was read, or in the arena where a quote was masked; .n 0: not set. */
struct directive {
    struct sv name, undo, host, database, variant, skip;
    int64_t timeout_ms; /* 0: not set */
    int64_t retries;    /* -1: not set */
    enum rb_role role;  /* ROLE_NONE: not set */
    enum directive_flag never, manual, optional;
    size_t line, column; /* where it stands; the reader of the document sets them */
};

struct directive_error {
    size_t at;      /* offset in the text, at most its length */
    struct sv text; /* "unknown key 'tiemout'" */
    struct sv hint; /* "did you mean 'timeout'?"; may be empty */
};
typedef VEC(struct directive_error) directive_errors;

/* Nothing is set. */
struct directive directive_none(void);
/* The keys of the text into *into, over what it has; errors are added. */
void directive_read(struct sv text, struct arena *arena, struct directive *into,
                    directive_errors *errors);
/* One value; false: *why says what it must be, or is empty when there is no such key. */
NODISCARD bool directive_set(struct sv key, struct sv value, struct directive *into,
                             struct sv *why);

/* The inside of the braces of an info string, where it is for us; .p NULL: it is not.  `runs`: of a language that is run. */
struct sv directive_braces(struct sv info, bool runs);
/*
 * The inside of the first `<!-- prusik: ... -->` of *rest, which is cut off up to its end; .p NULL: there
 * is none.  `<!-- prusik: ignore ... -->` is for lint and passed over.
 */
struct sv directive_comment(struct sv *rest);
/* What *inner leaves open is as `outer` says; names, roles and ways are not inherited. */
void directive_inherit(struct directive *inner, const struct directive *outer);
