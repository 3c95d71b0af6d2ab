#pragma once

/*
 * import: alerting rules of Prometheus as rules of a binding (docs/formats/export.md, "Import").
 *
 * What means the same becomes a rule; the rest is kept as a query that a Prometheus answers, and said.  Pure.
 */
#include "base/err.h"
#include "base/strbuf.h"

/*
 * `text` is a file that is called `path` in messages.  Appends YAML for prusik.yaml: `sources`, `rules`, and comments
 * on what is not the same.  ERR_INVALID with "path:line: ...": it is no file of rules.
 */
NODISCARD enum err_code import_prometheus(struct sv text, const char *path, struct strbuf *out,
                                          struct err *err);
