#pragma once

/*
 * text: UTF-8, and making foreign text harmless where it is shown.
 */
#include "base/strbuf.h"

/* Offset of the first byte that is not well-formed UTF-8 (RFC 3629), or SV_NPOS. */
size_t text_bad_utf8(struct sv s);
/* Bytes of the well-formed sequence at the front, its code point in *cp; 0 when there is none. */
size_t text_utf8_next(struct sv s, uint32_t *cp);
/* The sequence of a code point; how many bytes it has. */
size_t text_put_utf8(uint32_t cp, char out[4]);
void text_add_utf8(struct strbuf *b, uint32_t cp);
/* Columns that a terminal uses for the text: combining marks 0, wide characters 2. */
size_t text_width(struct sv s);
/* The longest front that is at most `columns` wide. */
struct sv text_cut(struct sv s, size_t columns);

/*
 * Append for a terminal: controls except LF and TAB, and bytes that are not UTF-8, become
 * visible ("\x1b"), so that a log line cannot drive the terminal.
 */
void text_add_terminal(struct strbuf *b, struct sv s);
/* Of a line that was written over and over ("10 %\r20 %"), as progress is, what stands there in the end. */
struct sv text_last_written(struct sv line);
/*
 * A command of several lines on one: the first, with those on which it goes on behind a '\\' and what stands in a group that it
 * only opens; "..." for the rest.
 */
void text_add_brief(struct strbuf *out, struct sv command);
/* The same on one line: LF and TAB become blanks. */
void text_add_line(struct strbuf *b, struct sv s);
/* Append for HTML: & < > " ' become entities, other controls than LF and TAB U+FFFD. */
void text_add_html(struct strbuf *b, struct sv s);
