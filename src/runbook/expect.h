#pragma once

/*
 * expect: what an author wrote after "Expected:", read into checks.
 *
 * A text is cut into clauses ("HTTP 200, latency <50ms" has two) and every clause is
 * matched against a table of forms.  Matching is exact, never fuzzy: what fits no
 * form, or fits one that the command cannot show, becomes EXPECT_ASK, which a person
 * answers.  A wrong machine check is worse than a question.
 */
#include "base/vec.h"
#include "runbook/runbook.h"

/* What the reader must know of the command to choose a form. */
struct expect_context {
    bool http;        /* curl and the like: has a status, a latency and perhaps a JSON body */
    bool service;     /* asks for the state of a service */
    bool sql;         /* has rows */
    bool disk;        /* df */
    bool makes_file;  /* writes files whose names are known */
    bool follows;     /* never ends by itself: its output is a log */
    bool asks_status; /* echo $? */
    struct sv names;  /* env | grep -E "(A|B)": "A|B" */
};

struct expect_reader;
struct expect_reader *expect_reader_new(void);
void expect_reader_free(struct expect_reader *r);
DEFINE_CLEANUP(struct expect_reader *, expect_reader_free)

typedef VEC(struct rb_expect) expect_list;

/* A longer text is no list of checks: it is one question. */
#define EXPECT_MAX_BYTES 4096u

/* Append the checks of `text` (without its label), at least one.  Texts live in the arena. */
void expect_read(struct expect_reader *r, struct sv text, size_t line,
                 const struct expect_context *cx, struct arena *arena, expect_list *out);

/* Cut the next clause off; false at the end.  Quotes and brackets hold a clause together. */
bool expect_next_clause(struct sv *rest, struct sv *clause);

/*
 * Is the text introduced as an expectation ("Expected: ...", "Should show ...", "Returns 0 rows")?
 * Then *rest is what is expected.
 */
bool expect_is_label(struct sv text, struct sv *rest);
/* An expectation in parentheses inside a comment: "Test insert (should fail)". */
bool expect_in_parentheses(struct sv text, struct sv *rest);
/* "When active connections <5, proceed": what must hold; *rest is "active connections <5". */
bool expect_is_proceed(struct sv text, struct sv *rest);
