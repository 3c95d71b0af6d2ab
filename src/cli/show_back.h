#pragma once

/*
 * show_back: what a way back comes to, before it begins or instead (docs/reference/rollback.md).
 */
#include "cli/term.h"
#include "exec/back.h"
#include "exec/dry.h"
#include "store/store.h"

struct show_back {
    const struct plan *plan;
    int64_t run;
    struct sv to; /* the step that stays; empty: none */
    const struct back *back;
};

/* Every change, and what becomes of it. */
void show_back(const struct show_back *s, struct strbuf *out);
/* The same with the steps of the way back; lock: who has the environment, NULL: it is free. */
void show_back_dry(const struct show_back *s, const struct dry *d, const struct store_lock *lock,
                   struct strbuf *out);
void show_back_dry_json(const struct show_back *s, const struct dry *d,
                        const struct store_lock *lock, struct strbuf *out);
