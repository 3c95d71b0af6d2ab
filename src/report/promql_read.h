#pragma once

/*
 * promql_read: a condition of Prometheus in the language of rules, where it is one of the shapes that mean the same
 * (docs/formats/export.md, "Import").
 *
 * Pure.  What is read is no more than what the shapes need: all else is for a Prometheus to answer.
 */
#include "base/strbuf.h"

/* Append the condition ("max(up) == 0"); false: it is none of the shapes, and nothing is appended. */
NODISCARD bool promql_read(struct sv expr, struct strbuf *out);
/* Append the duration ("1h30m", "90s") as rules write one ("90m"); false: it is none, or 0. */
NODISCARD bool promql_read_duration(struct sv text, struct strbuf *out);
