#include "store/event.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/sv.h"

struct event_name event_kind_name(int64_t kind)
{
    static const struct {
        int64_t kind;
        const char *text;
    } rows[] = {
#define EVENT_KIND(name, number, text) {number, text},
#include "store/event_kinds.inc"
#undef EVENT_KIND
    };
    struct event_name n;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].kind == kind) {
            (void)snprintf(n.s, sizeof(n.s), "%s", rows[i].text);
            return n;
        }
    (void)snprintf(n.s, sizeof(n.s), "kind-%" PRId64, kind);
    return n;
}

struct hash event_hash(const struct hash *prev, const struct event *e)
{
    static const struct hash zero;
    CLEANUP(hash_state_freep) struct hash_state *s = hash_state_new();

    hash_add(s, prev ? prev->b : zero.b, sizeof(zero.b));
    hash_add_i64(s, e->run);
    hash_add_i64(s, e->seq);
    hash_add_i64(s, e->at_us);
    hash_add_i64(s, e->kind);
    hash_add_i64(s, e->attempt);
    hash_add_sv(s, e->step);
    hash_add_sv(s, e->data);
    return hash_end(s);
}

struct event_run_text event_run_text(int64_t run)
{
    struct event_run_text t;

    (void)snprintf(t.s, sizeof(t.s), "r-%04" PRId64, run);
    return t;
}

bool event_gate_is_person(struct sv gate)
{
    return sv_is(gate, "question") || sv_is(gate, "hold");
}

bool event_run_parse(struct sv s, int64_t *ret)
{
    (void)sv_eat_nocase(&s, SV("r-")); /* it may be left out */
    return s.n > 0 && ascii_is_digit(*s.p) && sv_to_i64(s, ret);
}
