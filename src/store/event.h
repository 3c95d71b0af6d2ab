#pragma once

/*
 * event: one line of a run's journal, and the hash that chains it (docs/formats/journal.md, section 3).
 */
#include "base/err.h"
#include "base/hash.h"

enum event_kind {
    EVENT_NONE = 0,
#define EVENT_KIND(name, number, text) EVENT_##name = (number),
#include "store/event_kinds.inc"
#undef EVENT_KIND
};

struct event {
    int64_t run, seq, at_us;
    int64_t kind; /* enum event_kind, or what a newer version wrote */
    int64_t attempt;
    struct sv step; /* "" when the event is not about a step */
    struct sv data; /* one JSON object, compact, keys sorted */
};

/* "step-outcome", or "kind-77" for one that this version does not know. */
struct event_name {
    char s[32];
};
struct event_name event_kind_name(int64_t kind);

/* The hash of e, which follows the event whose hash is *prev (NULL for the first). */
struct hash event_hash(const struct hash *prev, const struct event *e);

/* Does the person at the terminal of the run wait or hold it by this gate of a `gate-waiting`?  All others are the document's. */
bool event_gate_is_person(struct sv gate);

/* "r-0042" */
struct event_run_text {
    char s[32];
};
struct event_run_text event_run_text(int64_t run);
/* "r-0042", "0042" or "42"; false for anything else. */
NODISCARD bool event_run_parse(struct sv s, int64_t *ret);
