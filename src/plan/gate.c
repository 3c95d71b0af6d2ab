#include "plan/gate.h"

#include "base/clock.h"
#include "base/sv.h"

#define GATE_DAY_S    INT64_C(86400)
#define GATE_AHEAD_S  (366 * GATE_DAY_S)
#define GATE_STEPS    4000 /* openings and freezes that are looked at: ten a day for a year */
#define GATE_SPAN_MAX (14 * GATE_DAY_S)

const char *const plan_gate_names[PLAN_GATE__N] = {
    [PLAN_GATE_CONFIRM] = "confirm", [PLAN_GATE_APPROVE] = "approve",
    [PLAN_GATE_WAIT] = "wait_until", [PLAN_GATE_FREEZE] = "freeze",
    [PLAN_GATE_WINDOW] = "window",
};

/* --- loading --- */

static struct sv *gate_texts(struct arena *a, const json_t *row, const char *key, size_t *n)
{
    const json_t *list = json_object_get(row, key);
    size_t size = json_is_array(list) ? json_array_size(list) : 0;
    struct sv *v = ARENA_NEWN(a, struct sv, size);

    for (size_t i = 0; i < size; i++) {
        const json_t *item = json_array_get(list, i);

        if (json_is_string(item))
            v[i] = (struct sv){json_string_value(item), json_string_length(item)};
    }
    *n = size;
    return v;
}

/* Of a plan that was changed by hand: what the arithmetic below could not bear is no span. */
static bool gate_load_span(const json_t *j, struct plan_span *ret)
{
    *ret = (struct plan_span){.zone = json_get_sv(j, "zone"),
                              .days = (unsigned)json_get_int(j, "days", 0),
                              .from_s = json_get_int(j, "from_s", -1),
                              .to_s = json_get_int(j, "to_s", -1)};
    if (!ret->zone.n || ret->from_s < 0 || ret->days > 127)
        return false;
    if (!ret->days)
        return ret->to_s >= ret->from_s && ret->to_s < INT64_C(1) << 38;
    return ret->from_s < GATE_DAY_S && ret->to_s > ret->from_s && ret->to_s <= GATE_SPAN_MAX;
}

static bool gate_load_spans(struct arena *a, const json_t *row, struct plan_gate *g)
{
    const json_t *list = json_object_get(row, "spans");

    g->n_spans = json_is_array(list) ? json_array_size(list) : 0;
    g->spans = ARENA_NEWN(a, struct plan_span, g->n_spans);
    for (size_t i = 0; i < g->n_spans; i++)
        if (!gate_load_span(json_array_get(list, i), &g->spans[i]))
            return false;
    return true;
}

static bool gate_load(struct arena *a, const json_t *row, struct plan_gate *g)
{
    unsigned kind = 0;

    while (kind < PLAN_GATE__N && !sv_eq(json_get_sv(row, "gate"), sv_from(plan_gate_names[kind])))
        kind++;
    if (kind == PLAN_GATE__N)
        return false;
    *g = (struct plan_gate){.kind = (enum plan_gate_kind)kind,
                            .text = json_get_sv(row, "text"),
                            .why = json_get_sv(row, "why"),
                            .line = (size_t)json_get_int(row, "line", 0),
                            .note = json_get_bool(row, "note", false),
                            .need = json_get_int(row, "need", 1),
                            .expires_ms = json_get_int(row, "expires_ms", 0),
                            .not_self = json_get_bool(row, "not_self", true),
                            .command = json_get_sv(row, "command"),
                            .rule = json_get_sv(row, "rule"),
                            .at_timeout = json_get_sv(row, "at_timeout"),
                            .every_ms = json_get_int(row, "every_ms", 30000),
                            .timeout_ms = json_get_int(row, "timeout_ms", 0)};
    g->roles = gate_texts(a, row, "roles", &g->n_roles);
    g->of = gate_texts(a, row, "of", &g->n_of);
    return gate_load_spans(a, row, g);
}

enum err_code plan_gates_load(struct arena *a, const json_t *rows, struct plan_gate **ret,
                              size_t *n, struct err *err)
{
    size_t size = json_is_array(rows) ? json_array_size(rows) : 0;
    struct plan_gate *v = ARENA_NEWN(a, struct plan_gate, size);

    for (size_t i = 0; i < size; i++)
        if (!gate_load(a, json_array_get(rows, i), &v[i]))
            return err_set(err, ERR_CORRUPT, "plan: gate %zu of a step is not one", i + 1);
    *ret = v;
    *n = size;
    return ERR_OK;
}

/* --- zones --- */

static const struct tz *zones_find(const plan_zones *z, struct sv name)
{
    for (size_t i = 0; i < z->n; i++)
        if (sv_eq(z->v[i].name, name))
            return z->v[i].tz;
    return NULL;
}

enum err_code plan_zones_open(plan_zones *z, const struct plan_gate *g, struct err *err)
{
    for (size_t i = 0; i < g->n_spans; i++) {
        struct tz *tz;

        if (zones_find(z, g->spans[i].zone))
            continue;
        if (tz_open(NULL, g->spans[i].zone, &tz, err) != ERR_OK)
            return err->code;
        *vec_add(z) = (struct plan_zone){g->spans[i].zone, tz};
    }
    return ERR_OK;
}

void plan_zones_release(plan_zones *z)
{
    for (size_t i = 0; i < z->n; i++)
        tz_free(z->v[i].tz);
    vec_release(z);
}

/* --- the clock --- */

/* The moment of a local time; where there are two, or none, the earlier or the later one. */
static int64_t gate_moment(const struct tz *tz, int64_t local_s, bool late)
{
    int64_t a, b;

    (void)tz_moment(tz, local_s, &a, &b); /* which kind of time it is does not matter here */
    return late == (a > b) ? a : b;
}

struct gate_look {
    int64_t now_s;
    bool narrow; /* a window: opens late, closes early */
    struct plan_gate_time t;
};

static void gate_look_at(struct gate_look *k, const struct tz *tz, int64_t from_s, int64_t to_s)
{
    int64_t begin = gate_moment(tz, from_s, k->narrow), end = gate_moment(tz, to_s, !k->narrow);

    if (begin >= end ||
        end <= k->now_s) /* over, or nothing is left of it in the night when clocks are changed */
        return;
    if (begin <= k->now_s) {
        k->t.change_s = k->t.inside && k->t.change_s > end ? k->t.change_s : end;
        k->t.inside = true;
    } else if (!k->t.inside && begin < k->t.change_s) {
        k->t.change_s = begin;
    }
}

static int64_t gate_floor_day(int64_t s)
{
    return s / GATE_DAY_S - (s % GATE_DAY_S < 0);
}

static void gate_look_span(struct gate_look *k, const struct plan_span *s, const struct tz *tz)
{
    int64_t today = gate_floor_day(k->now_s + tz_offset_s(tz, k->now_s));

    if (!s->days) {
        gate_look_at(k, tz, s->from_s, s->to_s);
        return;
    }
    for (int64_t day = today - GATE_SPAN_MAX / GATE_DAY_S - 1; day <= today + 15; day++)
        if (s->days & 1u << ((day % 7 + 10) % 7)) /* day 0 was a Thursday */
            gate_look_at(k, tz, day * GATE_DAY_S + s->from_s, day * GATE_DAY_S + s->to_s);
}

struct plan_gate_time plan_gate_at(const struct plan_gate *g, const plan_zones *z, int64_t now_s)
{
    struct gate_look k = {.now_s = now_s,
                          .narrow = g->kind == PLAN_GATE_WINDOW,
                          .t = {.inside = false, .change_s = PLAN_GATE_FOREVER}};

    for (size_t i = 0; i < g->n_spans; i++)
        gate_look_span(&k, &g->spans[i], zones_find(z, g->spans[i].zone));
    return k.t;
}

int64_t plan_gates_open_s(const struct plan_gate *g, size_t n, const plan_zones *z, int64_t now_s)
{
    int64_t at = now_s;

    for (int tries = 0; tries < GATE_STEPS && at < now_s + GATE_AHEAD_S; tries++) {
        int64_t next = at;

        for (size_t i = 0; i < n && next == at; i++) {
            struct plan_gate_time t;

            if (g[i].kind != PLAN_GATE_WINDOW && g[i].kind != PLAN_GATE_FREEZE)
                continue;
            t = plan_gate_at(&g[i], z, at);
            if (t.inside != (g[i].kind == PLAN_GATE_WINDOW))
                next = t.change_s;
        }
        if (next == at)
            return at;
        at = next;
    }
    return PLAN_GATE_FOREVER;
}

int64_t plan_gate_moment_s(const struct plan_gate *g, const plan_zones *z, int64_t since_s)
{
    const struct plan_span *s = &g->spans[0];
    const struct tz *tz = zones_find(z, s->zone);
    int64_t day, at;

    if (!s->days)
        return gate_moment(tz, s->from_s, true);
    day = gate_floor_day(since_s + tz_offset_s(tz, since_s));
    do
        at = gate_moment(tz, day++ * GATE_DAY_S + s->from_s, true);
    while (at < since_s);
    return at;
}

void plan_gate_say_moment(const struct plan_gate *g, const plan_zones *z, int64_t at_s,
                          struct strbuf *out)
{
    static const char *const days[] = {"thu", "fri", "sat", "sun", "mon", "tue", "wed"}; /* 1970 */
    struct sv zone = g->n_spans ? g->spans[0].zone : SV("UTC");
    int64_t local_s;

    strbuf_add_str(out, clock_format_s(at_s * CLOCK_US_PER_S).s);
    if (sv_eq(zone, SV("UTC")))
        return;
    local_s = at_s + tz_offset_s(zones_find(z, zone), at_s);
    strbuf_addf(out, ", %02d:%02d on %s in %.*s", (int)(local_s / 3600 % 24),
                (int)(local_s / 60 % 60), days[local_s / 86400 % 7], SV_FMT(zone));
}

/* --- approvals --- */

const struct plan_person *plan_find_person(const struct plan_crowd *c, struct sv name)
{
    for (size_t i = 0; i < c->n_people; i++)
        if (sv_eq(c->people[i].name, name))
            return &c->people[i];
    return NULL;
}

static bool gate_has(const struct sv *v, size_t n, struct sv text)
{
    for (size_t i = 0; i < n; i++)
        if (sv_eq(v[i], text))
            return true;
    return false;
}

static bool gate_has_role(const struct plan_gate *g, const struct plan_person *p, struct sv role)
{
    if (role.n)
        return gate_has(p->roles, p->n_roles, role) && gate_has(g->roles, g->n_roles, role);
    for (size_t i = 0; i < p->n_roles; i++)
        if (gate_has(g->roles, g->n_roles, p->roles[i]))
            return true;
    return false;
}

bool plan_may_approve(const struct plan_gate *g, const struct plan_crowd *c, struct sv who,
                      struct sv role)
{
    const struct plan_person *p = plan_find_person(c, who);

    if (c->n_people && !p)
        return false;
    if (g->n_of || g->n_roles)
        return gate_has(g->of, g->n_of, who) || (p && gate_has_role(g, p, role));
    return !c->n_approvers || gate_has(c->approvers, c->n_approvers, who);
}

/* Did they say something later? */
static bool gate_was_taken_back(const struct plan_word *w, size_t n, size_t at)
{
    for (size_t i = at + 1; i < n; i++)
        if (sv_eq(w[i].who, w[at].who))
            return true;
    return false;
}

struct plan_count plan_gate_count(const struct plan_gate *g, const struct plan_crowd *c,
                                  const struct plan_word *w, size_t n, int64_t now_us)
{
    struct plan_count count = {.until_us = PLAN_GATE_FOREVER};

    for (size_t i = 0; i < n; i++) {
        int64_t until_us = PLAN_GATE_FOREVER;

        if (gate_was_taken_back(w, n, i) || !plan_may_approve(g, c, w[i].who, w[i].role))
            continue;
        if (!w[i].yes) { /* also of the one who runs: a no is never too much */
            count.refused = i + 1;
            continue;
        }
        if (g->expires_ms)
            until_us = w[i].at_us + g->expires_ms * 1000;
        if (g->not_self && w[i].self)
            continue;
        if (until_us <= now_us) {
            count.expired++;
            count.last_expired = i + 1;
            continue;
        }
        count.have++;
        count.until_us = until_us < count.until_us ? until_us : count.until_us;
    }
    return count;
}

size_t plan_gate_eligible(const struct plan_gate *g, const struct plan_crowd *c, struct sv self)
{
    size_t n = 0;

    if (!c->n_people && !g->n_of && !c->n_approvers)
        return SIZE_MAX;
    for (size_t i = 0; i < c->n_people; i++)
        n += plan_may_approve(g, c, c->people[i].name, SV("")) &&
             !(g->not_self && sv_eq(c->people[i].name, self));
    if (c->n_people)
        return n;
    for (size_t i = 0; i < g->n_of; i++)
        n += !(g->not_self && sv_eq(g->of[i], self));
    for (size_t i = 0; i < c->n_approvers && !g->n_of; i++)
        n += !(g->not_self && sv_eq(c->approvers[i], self));
    return n;
}
