#pragma once

/*
 * report_int: what the files of src/report share.
 */
#include "report/view.h"

/* An output of a step ("out" or "err"), appended; nothing when there was none. */
NODISCARD enum err_code report_output(struct store *s, const json_t *outcome, const char *key,
                                      struct strbuf *out, struct err *err);
