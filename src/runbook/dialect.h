#pragma once

/*
 * dialect: what Markdown tools read and CommonMark does not, written as CommonMark.
 *
 * YAML front matter is blanked; `!!! note "Title"` with its indented text (Python-Markdown) becomes a
 * quote, `=== "Tab"` a bold title.  No line moves, so that places stay true.  Pure; linear.
 */
#include "runbook/document.h"

/*
 * The text to be parsed, in *out when it is another one than the document's, and true then.  *front: the
 * line that ends the front matter; 0: there is none.
 */
bool dialect_rewrite(const struct document *d, struct strbuf *out, size_t *front);
