#pragma once

/*
 * expect_int: what the files of expect share.
 */
#include "base/regex.h"
#include "runbook/expect.h"

/* Without "(not exhausted)" at the end, and without a final full stop. */
struct sv expect_bare(struct sv s);
/* A text to look for, or (negative) that must not be there; X or N as a word of its own is a number. */
bool expect_form_text(struct sv text, bool negative, struct arena *arena, struct rb_expect *e);
/* "ERROR: ... violates check constraint ...", "{'a': X, 'b': Y}": clauses that are more than one check. */
bool expect_read_error(struct expect_reader *r, struct sv clause, struct arena *arena,
                       expect_list *out);
/* "List of tables including `users`, orders and order_items": what stands behind "including"; empty: no such list. */
struct sv expect_names_in(struct sv text);
/* Each of these names must be shown; false: it is no such list. */
bool expect_read_names(struct sv clause, struct arena *arena, expect_list *out);
bool expect_read_members(struct sv clause, struct arena *arena, expect_list *out);

/*
 * `{"status": "ok", "version": "1.4"}` of an HTTP answer: each member has to be there with that value, unless one of them
 * changes by itself, which is asked.  False: it is no object, or one of a single member.
 */
bool expect_read_answer(struct sv text, const struct expect_context *cx, struct arena *arena,
                        struct rb_expect *e);

enum expect_pattern {
    EXPECT_RE_CONSTRAINT,
    EXPECT_RE_NAME,
    EXPECT_RE_FIGURE,
    EXPECT_RE_CLAIM,
    EXPECT_RE_LOOK,
    EXPECT_RE_LIMIT,
    EXPECT_RE_STATE,
    EXPECT_RE_SHOWER,
    EXPECT_RE_HUNT,
    EXPECT_RE_HUNTED,
    EXPECT_RE_SAID,
    EXPECT_RE_WANTED,
    EXPECT_RE_SILENT, /* nothing is printed, said in a sentence */
    EXPECT_RE_WAIVER,
    EXPECT_RE_MOMENT,
    EXPECT_RE__N
};
struct regex *expect_pattern(struct expect_reader *r, enum expect_pattern p);

/* A kind of work, how people speak of it, and the commands that do it. */
struct expect_work {
    const char *words, *commands;
};
extern const struct expect_work expect_works[];
#define EXPECT_WORKS 8u
struct regex *expect_work_words(struct expect_reader *r, size_t i);
struct regex *expect_work_commands(struct expect_reader *r, size_t i);
/* "You should see no output", "Nothing should be printed", "No output means it worked": a sentence, and what is expected. */
#define WHEN_WELL                                                                                  \
    "(?: at all| here)?(?: (?:on success|if (?:it|this|all|everything) (?:worked|succeeded|works|" \
    "went well|is (?:well|fine|ok|okay|good))))?"
#define EXPECT_SILENT                                                                                                                              \
    "^(?:you |we |it |this |that |(?:the |this )?(?:command|query|script|statement) )?(?:should |will |must |would )?"                             \
    "(?:expect|(?:see|get|print|produce|output|return|give|show|display)s?) (?:no output|nothing)" WHEN_WELL                                       \
    "$|"                                                                                                                                           \
    "^(?:you |we |it |this |(?:the |this )?(?:command|query|script|statement) )?(?:(?:should|will|must|does|do) not|(?:should|does|do)n.t|won.t) " \
    "(?:see|get|print|produce|output|return|give|show|display) (?:anything|any output)" WHEN_WELL                                                  \
    "$|"                                                                                                                                           \
    "^nothing (?:should|must|will) be (?:printed|shown|output|displayed|returned|listed|logged)" WHEN_WELL                                         \
    "$|"                                                                                                                                           \
    "^no output(?: here| at all)? (?:means|is|indicates|says)(?: that)? (?:(?:it|all|everything) "                                                 \
    "(?:(?:has )?(?:worked|succeeded|passed)|is (?:well|fine|good|ok|okay)|went well)|success|good|fine|ok|okay|expected|normal)$"

extern const char *const expect_patterns[EXPECT_RE__N];
