#pragma once

/*
 * page_int: positions, shared by the answers.
 */
#include "lsp/page.h"

/* From line `line` (from 1), byte `column` (from 1), to the end of line `end_line`. */
json_t *page_range(const struct lsp_page *p, size_t line, size_t column, size_t end_line);
