#pragma once

/*
 * fold: lines that stay on a terminal, broken between words where they are longer than it is wide.
 */
#include "base/strbuf.h"

/*
 * Append the lines, with the sequences that colour them; what is too long goes on below, two columns further in.  A word
 * that is longer than a line is left whole, so that it can be copied.
 */
void fold_add(struct strbuf *b, struct sv lines, size_t width);
