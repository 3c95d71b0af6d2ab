#pragma once

/*
 * reader_int: the state of reading one document, shared by the files that do it.
 */
#include "runbook/command.h"
#include "runbook/expect.h"
#include "runbook/prose.h"
#include "runbook/title.h"

enum block_pattern {
    BLOCK_WATCH_FOR,
    BLOCK_AT_MOST,
    BLOCK_OVER,
    BLOCK_TODO,        /* a comment that tells a person to do something */
    BLOCK_NUMBERED,    /* "3. Stop the service" */
    BLOCK_CONDITION,   /* "If the flag is set, ..." */
    BLOCK_IN_BRACKETS, /* "(if needed)", "(optional)", "(alternative)" */
    BLOCK_OTHERWISE,   /* begins what is done instead of the commands above */
    BLOCK_BY,          /* "Via Alembic": one of several ways, once there is another */
    BLOCK_IS_FILE,     /* labels: "File: x" */
    BLOCK_MAKES_FILE,  /* "... add to x:" */
    BLOCK_NEW_FILE,    /* "Create x:" */
    BLOCK_IS_OUTPUT,   /* "Expected output:" */
    BLOCK_TO_RUN,      /* "Run x", "Restart x" */
    BLOCK_NOT_TO_RUN,  /* "Never run x", "e.g. x" */
    BLOCK_SIGNER,      /* keys of a blank that somebody signs on */
    BLOCK_IS_MESSAGE,  /* "Post to #channel:" */
    BLOCK_PATTERN__N
};
extern const char *const block_patterns[BLOCK_PATTERN__N];

/* A step while its checks are still being collected. */
struct rb_draft {
    struct rb_step step;
    expect_list expects;
};

struct rb_build {
    struct runbook *rb;
    struct arena *arena;
    struct shell_parser *shell;
    struct expect_reader *expect;
    struct prose_reader *prose;
    struct title_reader *title;
    struct regex *block_patterns[BLOCK_PATTERN__N];

    VEC(struct rb_part) parts;
    VEC(struct rb_block) blocks;
    VEC(struct rb_draft) steps;
    VEC(struct rb_rule) rules;
    VEC(struct rb_checkpoint) checkpoints;
    VEC(struct rb_message) messages;
    VEC(struct rb_meta) metas;
    VEC(struct rb_signer) signers;
    VEC(struct rb_note) notes;

    uint32_t part; /* that what is read now belongs to */
    uint32_t proc; /* whose steps share a session */
    struct sv host;
    struct sv label; /* of the paragraph before: "Expected:", "File:", a bold trigger */
    size_t label_line;
    size_t block_steps; /* steps.n before the last block: what follows speaks of those after it */
    size_t full_line;   /* where LIMIT_STEPS was reached; nothing is read from there on; 0 */
};

struct rb_part *build_part(struct rb_build *b, uint32_t index);
static inline enum rb_role build_role(const struct rb_build *b)
{
    return b->part == RB_NONE ? ROLE_NONE : b->parts.v[b->part].role;
}
/* Is what stands in such a part carried out? */
bool build_role_acts(enum rb_role role);

/* A new step at the end, of the present part. */
struct rb_draft *build_step(struct rb_build *b, enum rb_step_kind kind, size_t line,
                            struct sv text);
void build_note(struct rb_build *b, enum rb_note_kind kind, size_t line, size_t column,
                struct sv text);
/*
 * Attach what is expected to the steps [from, steps.n) : each clause to the last step that can show
 * it, else, as a question, to the last one.  A text of more than EXPECT_MAX_BYTES is one question, and no
 * more than EXPECT_MAX_STEPS steps are looked at.
 */
#define EXPECT_MAX_STEPS 64u
void build_expect(struct rb_build *b, size_t from, struct sv text, size_t line);

/* The same for a text that is one thing, however many lines it has. */
void build_expect_whole(struct rb_build *b, size_t from, struct sv text, size_t line);

/* block.c: a fence, and commands in the text of a list item or a table. */
void block_read(struct rb_build *b, uint32_t node);
/* Steps of the commands in code spans of a text; false: there are none. */
bool block_inline(struct rb_build *b, const struct md_node *n);
/* A step of one command that stands at `line`; false: it is none. */
bool block_command_at(struct rb_build *b, struct sv text, size_t line);

/*
 * block_text.c: a copy of a block's text in which prompts are blanks and the output of commands is gone, so
 * that offsets and lines stay.  *prompt: '$' or '#' when there are prompts, 's' for a database client's, 0.
 */
struct sv block_text(struct sv literal, bool console, struct arena *arena, char *prompt);
/* Does a program that is known here stand first in the line? */
bool block_knows_command(struct sv line);

/* block_kind.c: kind and path of a block whose text is set. */
bool block_is_console(struct sv lang);
/* Is a file in the language text for people, with [placeholders] in it? */
bool block_lang_is_prose(struct sv lang);
void block_classify(const struct rb_build *b, struct sv info, char prompt, struct rb_block *block);

/* block_comment.c: what is said in comments of a block. */
struct block_reader {
    struct rb_build *b;
    uint32_t block; /* index */
    size_t first;   /* steps.n before this block */
    /* comments that wait for the next command */
    struct strbuf note;
    size_t note_line;
    struct sv expect;
    size_t expect_line;
    int64_t timeout_ms;
    struct sv client; /* of the open SQL session */
    struct sv number,
        condition; /* of the comments before; the condition holds to the next empty line */
    bool numbered; /* the waiting comments begin with that number */
    bool optional;
    bool lines;     /* what follows are lines of an expected output */
    size_t ways;    /* steps.n where the first of several ways begins; SIZE_MAX: none */
    size_t way;     /* steps.n where the present paragraph begins */
    bool other_way; /* the present paragraph is one of them */
};
void block_comment(struct block_reader *r, const struct shell_item *item);
/* A command or the end follows an empty line: what was said before does not hold for it. */
void block_paragraph(struct block_reader *r);
/* What the comments before it say of the step `at`, the last one. */
void block_take_pending(struct block_reader *r, size_t at);
/* Comments that no command follows: something for a person to do, or nothing. */
void block_leftover(struct block_reader *r);

/* block.c: a span found by a pattern; false: it does not match. */
bool block_find_span(const struct block_reader *r, enum block_pattern pattern, struct sv text,
                     int64_t *ms, struct sv *rest);

/* sign.c: blanks to sign on in a paragraph or item; false: there are none. */
bool sign_read(struct rb_build *b, const struct md_node *n);
/* The rows of a table of people who sign; false: it is none. */
bool sign_table(struct rb_build *b, uint32_t node);

/* finish.c: ids, joins and the arrays of the runbook. */
void finish(struct rb_build *b);
/* table.c: a table. */
void table_read(struct rb_build *b, uint32_t node);
