#pragma once

/*
 * reader_int: the state of reading one document, shared by the files that do it.
 */
#include "runbook/command.h"
#include "runbook/expect.h"
#include "runbook/prose.h"
#include "runbook/shape.h"
#include "runbook/title.h"

enum block_pattern { BLOCK_WATCH_FOR, BLOCK_AT_MOST, BLOCK_OVER, BLOCK_TODO, BLOCK_PATTERN__N };
extern const char *const block_patterns[BLOCK_PATTERN__N];

enum watch_pattern {
    WATCH_ANY,
    WATCH_FOR,
    WATCH_ALERTS,
    WATCH_LIMITED,
    WATCH_DURATION,
    WATCH_COMPLETE,
    WATCH_HAVE,
    WATCH_FLAG,
    WATCH_FIRST,
    WATCH_PER,
    WATCH_SQL,
    WATCH_PATTERN__N
};
extern const char *const watch_patterns[WATCH_PATTERN__N];

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
    struct shape_reader *shape;
    struct regex *watch_patterns[WATCH_PATTERN__N];
    struct sv watch_any; /* "30m": what follows are reasons to roll back within that time; empty */
    struct sv watch_for; /* "2h": what follows is watched that long; empty */
    struct sv watch_first; /* "24h" of the heading "Metrics (First 24 Hours)"; empty */

    VEC(struct rb_part) parts;
    VEC(struct rb_block) blocks;
    VEC(struct rb_draft) steps;
    VEC(struct rb_rule) rules;
    VEC(struct rb_checkpoint) checkpoints;
    VEC(struct rb_message) messages;
    VEC(struct rb_meta) metas;
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

/* An output as the author shows it, line for line, of step `at`. */
void build_expect_output(struct rb_build *b, size_t at, struct sv text, size_t line);
/* The text of a node with its code spans in back quotes again: "Expected: `2`". */
struct sv attach_text(const struct rb_build *b, uint32_t node);
/* "Success Criteria:", "Review Points:": each bullet below speaks of the steps before it. */
bool attach_is_criteria(struct sv label);
void attach_criteria(struct rb_build *b, uint32_t list);

/* watch_list.c: what is watched.  A heading, a paragraph, a comment or item, a row, a drawing. */
void watch_heading(struct rb_build *b, struct sv title);
void watch_paragraph(struct rb_build *b, struct sv text, size_t line);
void watch_propose(struct rb_build *b, struct sv text, size_t line);
/* False: not an item of a list of triggers, alerts or metrics. */
bool watch_item(struct rb_build *b, struct sv text, size_t line);
/* Of an item at a time, which no other way could read. */
void watch_timed(struct rb_build *b, struct rb_rule *rule);
struct watch_cells {
    struct sv metric, query, threshold, alert; /* query may be empty */
};
bool watch_row(struct rb_build *b, const struct watch_cells *c, size_t line);
void watch_message(struct rb_build *b, const struct rb_block *block);
void watch_tree(struct rb_build *b, const struct rb_block *block);

/* sql_block.c: the step of a SQL block, with what its comments expect. */
void sql_block_read(struct rb_build *b, uint32_t index);
/* block.c: a fence. */
void block_read(struct rb_build *b, uint32_t node);
/* table.c: a table. */
void table_read(struct rb_build *b, uint32_t node);
