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
/* Parts of it: a list of steps with their headings, what is wrong with them once more, the same as JSON. */
void show_dry_steps(const struct plan *p, const dry_steps *steps, struct strbuf *out);
void show_dry_wrong(const struct plan *p, const dry_steps *steps, struct strbuf *out);
json_t *show_dry_steps_json(const dry_steps *steps);
json_t *show_dry_lock_json(const struct store_lock *lock);
void show_dry_json(const struct plan *p, const struct dry *d, const struct store_lock *lock,
                   bool attended, struct strbuf *out);
