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
    bool searches;    /* ends in a grep: its status is 1 when it finds nothing */
    bool only_tests;  /* that grep prints nothing by itself (-q) */
    bool shows_log;   /* tail, journalctl, docker logs */
    bool catalog; /* psql -c '\\d x': text made for people, which changes with version and width */
    bool counts;  /* ends in uniq -c: the numbers are of what happens to be there */
    bool one_value;  /* prints nothing but one value: docker inspect -f, git describe */
    bool version;    /* asks a program for its version */
    bool lists_one;  /* ls of one file: its status says whether that is there */
    bool mute;       /* prints nothing when all is well: cp, mkdir, systemctl restart */
    bool state_word; /* prints one word of systemd's: systemctl is-active */
    struct sv names; /* env | grep -E "(A|B)": "A|B" */
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

/*
 * Append the checks of an output as the author shows it, a line or a row of a table each ("known | (count)"); one
 * question for what only looks like one (JSON with sample values, a description of a table).
 */
void expect_read_output(struct expect_reader *r, struct sv text, size_t line,
                        const struct expect_context *cx, struct arena *arena, expect_list *out);

/*
 * What a check of the status speaks of ("migration" of "Migration runs without errors"): is the command of
 * that sort?  A text that names nothing speaks of any.
 */
bool expect_speaks_of(struct expect_reader *r, struct sv text, struct sv command);

/*
 * "DB connected (no errors)" of python -c "...; print('DB connected')": `code`, what the command carries out, prints
 * the text itself.  Then *e is that check.
 */
bool expect_is_printed(struct expect_reader *r, struct sv text, struct sv code, struct arena *arena,
                       struct rb_expect *e);

/* Cut the next clause off; false at the end.  Quotes and brackets hold a clause together. */
bool expect_next_clause(struct sv *rest, struct sv *clause);

/*
 * Is the text introduced as an expectation ("Expected: ...", "Should show ...", "Returns 0 rows")?
 * Then *rest is what is expected.
 */
bool expect_is_label(struct sv text, struct sv *rest);
/*
 * The same of a comment beside or below a command, whose subject is what it prints: "the output must be empty",
 * "has to return 0 rows", "nothing should be printed", "expect 3 rows".
 */
bool expect_is_said(struct expect_reader *r, struct sv text, struct sv *rest);
/* An expectation in parentheses inside a comment: "Test insert (should fail)". */
bool expect_in_parentheses(struct sv text, struct sv *rest);
/* "Check that the service is running", "Check response times normal": a claim about what the next command shows. */
bool expect_is_claim(struct expect_reader *r, struct sv text);
/* "Check the application log", "Verify endpoints responding": somebody looks at what is shown. */
bool expect_is_look(struct expect_reader *r, struct sv text);
/* "At least 5 GB free", "fewer than 50 connections": a number is compared. */
bool expect_is_limit(struct expect_reader *r, struct sv text);
/* "You should see no output", "Nothing should be printed", "No output means it worked" */
bool expect_is_silent(struct expect_reader *r, struct sv text);
/* "The version is 1.0" of a command that shows it and whose exit status does not say so: a person compares. */
bool expect_is_state(struct expect_reader *r, struct sv text, struct sv command);
/*
 * "Check for errors" before a search: finding nothing is good, when the search is for nothing but errors;
 * else a person reads what it found.
 */
enum expect_hunt { HUNT_NONE, HUNT_EMPTY, HUNT_ASK };
enum expect_hunt expect_hunt(struct expect_reader *r, struct sv text, struct sv command);
/* "When active connections <5, proceed": what must hold; *rest is "active connections <5". */
bool expect_is_proceed(struct sv text, struct sv *rest);
