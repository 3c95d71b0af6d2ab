#pragma once

/*
 * placeholder: what an author left to be filled in: <host>, [DEAL_ID], {flow_id},
 * {{NAME}}, TIMESTAMP, YYYYMMDDHHMMSS, your-domain.com, your_token, /path/to/app, TBD, VERSION_HERE, %TAG%; and $(date +FORMAT), which is filled
 * in once for a whole run.
 *
 * A placeholder has a name to bind it by: letters, digits and '_', lower case
 * ("<Previous Commit-Hash>" is previous_commit_hash).
 */
#include "base/arena.h"
#include "base/strbuf.h"

enum placeholder_kind {
    PLACEHOLDER_ANGLE,  /* <name> */
    PLACEHOLDER_SQUARE, /* [NAME] */
    PLACEHOLDER_BRACE,  /* {name}, {{name}} */
    PLACEHOLDER_WORD, /* TIMESTAMP, CHANGEME, YOUR_TOKEN; $1 of VERSION="$1", whose name is "version" */
    PLACEHOLDER_EXAMPLE, /* your-domain.com, /path/to/x */
    PLACEHOLDER_DATE,    /* $(date -u +FORMAT), `date +FORMAT`: the name is "-u +FORMAT" */
    PLACEHOLDER__N
};

struct placeholder {
    enum placeholder_kind kind;
    size_t from, to; /* bytes of the text that was searched */
    struct sv raw;
    struct sv name; /* in the arena */
};

struct placeholders {
    struct placeholder *v;
    size_t n;
};

/* Words that a document says are to be replaced: "Replace INSTANCE_NAME with ...". */
struct placeholder_words {
    struct sv *v;
    size_t n;
    struct sv *set; /* variables called YOUR_ or _HERE that it sets itself: nobody has to */
    size_t n_set;
};
void placeholder_learn(struct sv document, struct arena *arena, struct placeholder_words *ret);

/* `known` may be NULL.  `template`: the text is a message to fill in, where [lower case words] are placeholders too. */
void placeholder_find(struct sv text, bool is_template, const struct placeholder_words *known,
                      struct arena *arena, struct placeholders *ret);
/* The same for a source file, where brackets mean something else: only values of a line, "Revises: <name>". */
void placeholder_find_values(struct sv text, struct arena *arena, struct placeholders *ret);
/* The text with every placeholder overwritten by letters: same length, and a plain word for a shell. */
struct sv placeholder_mask(struct sv text, const struct placeholders *ph, struct arena *arena);
