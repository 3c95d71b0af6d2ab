#pragma once

/*
 * markdown_int: what the files of the Markdown report share.
 */
#include "report/fill.h"
#include "report/report_int.h"
#include "runbook/runbook.h"

#define MARKDOWN_LINES 40u /* of an output; the whole is in the journal */

struct markdown_fill {
    const struct view *v;
    const struct runbook *rb; /* of the document that the journal has */
    struct fill fill;
};

/* --- report_markdown_step.c --- */

/* What became of each step, at its line. */
NODISCARD enum err_code markdown_steps(struct store *s, struct markdown_fill *m, struct err *err);
