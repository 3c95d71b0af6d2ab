#pragma once

/*
 * reference: the manual, from the rows that the program reads.
 */
#include "base/strbuf.h"

/* prusik(1) in man(7). */
void reference_man(struct strbuf *out);
/* docs/reference/cli.md and exit-codes.md. */
void reference_cli(struct strbuf *out);
void reference_exit_codes(struct strbuf *out);
