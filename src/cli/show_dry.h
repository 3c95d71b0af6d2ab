#pragma once

/*
 * show_dry: a dry run, to read or as JSON (docs/formats/dry-run.md).
 */
#include "cli/term.h"
#include "exec/dry.h"
#include "store/store.h"

/* lock: who has the environment; NULL: it is free. */
void show_dry(const struct plan *p, const struct dry *d, const struct store_lock *lock,
              bool attended, struct strbuf *out);
void show_dry_json(const struct plan *p, const struct dry *d, const struct store_lock *lock,
                   bool attended, struct strbuf *out);
