#pragma once

/*
 * markdown: the blocks of a document as a flat tree with source positions.
 *
 * cmark-gfm reads CommonMark with tables, task lists, strikethrough and autolinks;
 * this module turns its tree into an array in document order (a parent stands before
 * its children) and flattens inline text: markers are gone, a soft line break is
 * '\n', and spans tell what was bold, code or a link.  A block "markdown" that holds
 * fences of its own is read nesting-aware, which CommonMark does not do.
 *
 * Everything lives in the arena that is passed in.
 */
#include "base/arena.h"
#include "runbook/document.h"

enum md_kind {
    MD_DOCUMENT,
    MD_HEADING,
    MD_PARAGRAPH,
    MD_LIST,
    MD_ITEM,
    MD_CODE,
    MD_HTML,
    MD_QUOTE,
    MD_RULE,
    MD_TABLE,
    MD_ROW,
    MD_CELL,
    MD__N
};

enum md_span_kind { MD_STRONG, MD_CODE_SPAN, MD_LINK, MD_IMAGE, MD_HTML_SPAN };

/* Bytes [from, to) of the node's text. */
struct md_span {
    enum md_span_kind kind;
    size_t from, to;
    struct sv url; /* of a link or image; an HTML comment, which is not in the text */
};

#define MD_NONE UINT32_MAX

struct md_node {
    enum md_kind kind;
    uint32_t parent, first, next, before; /* indices, or MD_NONE */
    size_t line, end_line;                /* from 1 */
    size_t column;                        /* from 1 */
    unsigned level;                       /* of a heading */
    unsigned number;                      /* of an ordered item */
    bool ordered, task, checked;          /* of an item */
    bool header;                          /* of a row */
    bool fenced;                          /* of code */
    struct sv text;                       /* inline text, or the literal of code and HTML */
    struct sv info;                       /* info string of a fence */
    struct md_span *spans;
    size_t n_spans;
    size_t *wraps; /* offsets in the text where a line ended that goes on (unwrap.h) */
    size_t n_wraps;
};

struct markdown {
    struct md_node *v;
    size_t n;
    size_t *nested_fences; /* lines where a fence inside a fence would have ended the outer one */
    size_t n_nested_fences;
    size_t front_end;      /* line that ends the YAML front matter, or 0 */
    size_t unclosed_fence; /* line of a fence that is never closed, or 0 */
};

/* ERR_LIMIT with the place: lists or quotes are nested deeper than LIMIT_NESTING, or see bounds.h. */
NODISCARD enum err_code markdown_parse(const struct document *d, struct arena *arena,
                                       struct markdown *ret, struct err *err);

/* Line of byte `offset` of the node's text. */
size_t md_line_at(const struct md_node *n, size_t offset);
/* How many lines that go on end between *w of them and `offset`; *w is moved there.  For whoever walks over the text. */
size_t md_wraps_to(const struct md_node *n, size_t *w, size_t offset);
/* The node's text begins with bold text: that text; else empty. */
struct sv md_leading_strong(const struct md_node *n, size_t *end);
/* The whole text is one bold span. */
bool md_is_all_strong(const struct md_node *n);
