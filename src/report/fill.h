#pragma once

/*
 * fill: a document with text put into it, each piece marked, so that what was put in can be taken out again.
 *
 * The places are blocks of the document's Markdown: a piece never ends a table, a list or a fence that goes on.  What
 * the marks are and how the document is got back from them is docs/formats/report.md, "Markdown".  Texts are copied.
 */
#include "base/arena.h"
#include "base/vec.h"
#include "runbook/markdown.h"

struct fill_edit {
    size_t at, cut; /* `cut` bytes at offset `at` of the document are replaced */
    int kind;
    struct sv text, prefix, eol;
};

/* Zeroed but for doc and md, which outlive it. */
struct fill {
    const struct document *doc;
    const struct markdown *md;
    struct arena arena;
    const struct md_node **inner; /* by line; made when it is first asked */
    VEC(struct fill_edit) edits;
};

void fill_release(struct fill *f);

/* Markdown lines at the top, behind front matter. */
void fill_top(struct fill *f, struct sv text);
/* Markdown lines behind the block that has the line (a fence, a table, a paragraph), as a quote. */
void fill_after(struct fill *f, size_t line, struct sv text);
/* One line of Markdown at the end of the paragraph or table row that has the line; of other blocks as fill_after(). */
void fill_note(struct fill *f, size_t line, struct sv text);
/* Tick the box of the task on this line; nothing when it is ticked, there is none, or it is code. */
void fill_tick(struct fill *f, size_t line);
/* Write over the next blank ("____") of the line at or behind column `from` (bytes from 0); behind it, or SV_NPOS. */
size_t fill_blank(struct fill *f, size_t line, size_t from, struct sv text);
/* Into the first empty cell of a table's row behind its first cell; false: there is none. */
bool fill_cell(struct fill *f, size_t line, struct sv text);

/* The whole; `tag` names the marks, with a number behind it when the tag is a mark in the document already. */
void fill_write(struct fill *f, const char *tag, struct strbuf *out);

/* Text from outside on one line, so that it is no markup. */
void fill_add_text(struct strbuf *b, struct sv text);
/* As code on one line. */
void fill_add_code(struct strbuf *b, struct sv text);
/* As a fenced block, control bytes visible; at most `max` lines: the middle is left out. */
void fill_add_fence(struct strbuf *b, struct sv text, size_t max);
