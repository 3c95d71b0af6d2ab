#pragma once

/*
 * page: a document that is open in an editor: its text, and what prusik makes of it.
 *
 * The text is the editor's; prusik.yaml beside it is read from disk.  What cannot be read or
 * planned is kept as an error, so an editor is always told something.  Positions of the
 * protocol count lines from 0 and characters in UTF-16 code units or bytes, as was agreed.
 */
#include "base/json.h"
#include "base/vec.h"
#include "lint/lint.h"
#include "plan/plan.h"

struct lsp_page {
    char *uri, *path;
    bool utf8; /* columns are bytes */
    int64_t version;
    struct document doc;
    struct runbook rb;
    struct binding b;
    struct plan plan;
    struct lint lint;
    struct err err; /* why the plan is not there */
    bool has_doc, has_rb, has_b, has_plan;
};

/* What an editor is told, and how. */
struct lsp_page_options {
    bool utf8;
    bool files; /* read prusik.yaml beside the document */
};

/* Read a text (copied).  Always succeeds. */
struct lsp_page *lsp_page_new(const char *uri, int64_t version, struct sv text,
                              const struct lsp_page_options *opt);
void lsp_page_free(struct lsp_page *p);

/* The members of publishDiagnostics: findings of lint, open questions, the error. */
json_t *lsp_page_diagnostics(const struct lsp_page *p);
/* What stands at a line (from 1) will do, where, and its way back; null when nothing is done there. */
json_t *lsp_page_hover(const struct lsp_page *p, size_t line);
/* The procedure of a checklist item, or the item of a procedure; null. */
json_t *lsp_page_definition(const struct lsp_page *p, size_t line);
/* The headings, steps and items as a tree. */
json_t *lsp_page_symbols(const struct lsp_page *p);
