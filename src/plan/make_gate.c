/*
 * What the binding says about gates and people, checked and put into the plan.
 */
#include "base/clock.h"
#include "base/duration.h"
#include "base/ident.h"
#include "base/suggest.h"
#include "base/sv.h"
#include "plan/make_int.h"
#include "runbook/yaml.h"

#define GATE_DAY_S INT64_C(86400)

static enum err_code gate_bad(struct make *m, const struct yaml_node *n, const char *what)
{
    return err_set(m->err, ERR_INVALID, "%s:%zu: '%.*s' %s", m->b->path, n->line, SV_FMT(n->key),
                   what);
}

/* --- one function per kind of value --- */

typedef enum err_code gate_read_fn(struct make *m, const struct yaml_node *n, const char *to,
                                   json_t *out);

struct gate_key {
    const char *name;
    gate_read_fn *read;
    const char *to; /* member of the plan */
};

static enum err_code gate_text(struct make *m, const struct yaml_node *n, const char *to,
                               json_t *out)
{
    if (n->kind != YAML_SCALAR || !n->text.n)
        return gate_bad(m, n, "must be a text");
    json_put_sv(out, to, n->text);
    return ERR_OK;
}

static enum err_code gate_texts(struct make *m, const struct yaml_node *n, const char *to,
                                json_t *out)
{
    json_t *list = json_array();

    json_put(out, to, list);
    if (n->kind == YAML_SCALAR && n->text.n)
        json_append(list, json_sv(n->text));
    for (size_t i = 0; n->kind == YAML_LIST && i < n->n_items; i++)
        if (n->items[i].kind == YAML_SCALAR && n->items[i].text.n)
            json_append(list, json_sv(n->items[i].text));
    if (json_array_size(list) == 0 || (n->kind == YAML_LIST && json_array_size(list) != n->n_items))
        return gate_bad(m, n, "must be a list of names");
    return ERR_OK;
}

static enum err_code gate_count(struct make *m, const struct yaml_node *n, const char *to,
                                json_t *out)
{
    int64_t v;

    if (n->kind != YAML_SCALAR || !sv_to_i64(n->text, &v) || v < 1 || v > 100)
        return gate_bad(m, n, "must be a number from 1 to 100");
    json_put_int(out, to, v);
    return ERR_OK;
}

static enum err_code gate_yes(struct make *m, const struct yaml_node *n, const char *to,
                              json_t *out)
{
    bool yes;

    if (!yaml_bool(n, &yes))
        return gate_bad(m, n, "must be yes or no");
    json_put_bool(out, to, yes);
    return ERR_OK;
}

static enum err_code gate_duration(struct make *m, const struct yaml_node *n, const char *to,
                                   json_t *out)
{
    int64_t ms;

    if (n->kind != YAML_SCALAR || !duration_parse(n->text, &ms) || ms < 1)
        return gate_bad(m, n, "must be a duration such as 30s or 8h");
    json_put_int(out, to, ms);
    return ERR_OK;
}

static enum err_code gate_note(struct make *m, const struct yaml_node *n, const char *to,
                               json_t *out)
{
    bool required = sv_eq(n->text, SV("required"));

    if (n->kind != YAML_SCALAR || (!required && !sv_eq(n->text, SV("optional"))))
        return gate_bad(m, n, "must be required or optional");
    json_put_bool(out, to, required);
    return ERR_OK;
}

static enum err_code gate_at_timeout(struct make *m, const struct yaml_node *n, const char *to,
                                     json_t *out)
{
    if (n->kind != YAML_SCALAR || (!sv_eq(n->text, SV("stop")) && !sv_eq(n->text, SV("continue")) &&
                                   !sv_eq(n->text, SV("ask"))))
        return gate_bad(m, n, "must be stop, continue or ask");
    json_put_sv(out, to, n->text);
    return ERR_OK;
}

static enum err_code gate_map(struct make *m, const struct yaml_node *map,
                              const struct gate_key *keys, size_t n_keys, json_t *out)
{
    if (map->kind != YAML_MAP && !(map->kind == YAML_SCALAR && !map->text.n))
        return gate_bad(m, map, "must be a map of keys");
    for (size_t i = 0; i < map->n_items; i++) {
        const struct yaml_node *n = &map->items[i];
        struct suggest s = suggest_begin(n->key);
        size_t k = 0;

        for (; k < n_keys && !sv_eq(n->key, sv_from(keys[k].name)); k++)
            suggest_offer(&s, sv_from(keys[k].name));
        if (k == n_keys) {
            (void)err_set(m->err, ERR_INVALID, "%s:%zu: unknown key '%.*s'", m->b->path, n->line,
                          SV_FMT(n->key));
            return s.best.p ? err_hint(m->err, "did you mean '%.*s'?", SV_FMT(s.best))
                            : err_hint(m->err, "docs/formats/binding.md lists the keys");
        }
        if (keys[k].read(m, n, keys[k].to, out) != ERR_OK)
            return m->err->code;
    }
    return ERR_OK;
}

/* --- times --- */

static const struct sv gate_days[] = {
    {"mon", 3}, {"tue", 3}, {"wed", 3}, {"thu", 3}, {"fri", 3}, {"sat", 3}, {"sun", 3},
};

/* "fri", "Friday" */
static bool gate_eat_day(struct sv *s, unsigned *day)
{
    for (unsigned i = 0; i < ARRAY_LEN(gate_days); i++) {
        struct sv rest = *s;

        if (!sv_eat_nocase(&rest, gate_days[i]))
            continue;
        while (rest.n && ascii_is_alpha(*rest.p))
            rest = sv_sub(rest, 1, rest.n);
        *s = rest;
        *day = i;
        return true;
    }
    return false;
}

/* "22:00", "22:00:30", "24:00" */
static bool gate_clock(struct sv s, int64_t *ret)
{
    uint64_t part[3] = {0, 0, 0};
    struct sv piece;
    size_t n = 0;

    while (n < 3 && sv_split(&s, ':', &piece))
        if (piece.n != 2 || !sv_to_u64(piece, &part[n++]))
            return false;
    if (n < 2 || s.p || part[1] > 59 || part[2] > 59 || part[0] > 24)
        return false;
    *ret = (int64_t)(part[0] * 3600 + part[1] * 60 + part[2]);
    return *ret <= GATE_DAY_S;
}

/* "2026-12-20", "2026-12-20 12:00", "2026-12-20T12:00:00" as local seconds. */
static bool gate_date(struct make *m, struct sv s, bool end, int64_t *ret)
{
    static const char *const rest[] = {[10] = "T00:00:00Z", [16] = ":00Z", [19] = "Z"};
    int64_t us;

    if (s.n >= ARRAY_LEN(rest) || !rest[s.n] ||
        !clock_parse(arena_fmt(m->arena, "%.*s%s", SV_FMT(s), rest[s.n]), &us))
        return false;
    *ret = us / CLOCK_US_PER_S + (end && s.n == 10 ? GATE_DAY_S : 0); /* to a date: with that day */
    return true;
}

/* One end of a span: a date, a weekday and a time, or a time of each day. */
struct gate_end {
    enum { END_NONE, END_DATE, END_WEEKDAY, END_CLOCK } kind;
    unsigned day;
    int64_t s;
};

static bool gate_read_end(struct make *m, struct sv text, bool end, struct gate_end *ret)
{
    struct gate_end e = {.kind = END_NONE};
    struct sv s = sv_trim(text);

    if (!s.n) {
        *ret = e;
        return true;
    }
    if (gate_date(m, s, end, &e.s)) {
        e.kind = END_DATE;
    } else if (gate_eat_day(&s, &e.day)) {
        e.kind = END_WEEKDAY;
        if (!gate_clock(sv_trim(s), &e.s))
            return false;
    } else if (gate_clock(s, &e.s)) {
        e.kind = END_CLOCK;
    } else {
        return false;
    }
    *ret = e;
    return true;
}

/* "mon", "mon-thu" into bits; "sat-mon" goes over the end of the week. */
static bool gate_read_days(struct sv text, unsigned *days)
{
    struct sv rest = sv_trim(text);
    unsigned from, to;

    if (!gate_eat_day(&rest, &from))
        return false;
    to = from;
    if (sv_eat(&rest, SV("-")) && !gate_eat_day(&rest, &to))
        return false;
    for (unsigned d = from;; d = (d + 1) % 7) {
        *days |= 1u << d;
        if (d == to)
            break;
    }
    return rest.n == 0;
}

static enum err_code gate_days_of(struct make *m, const struct yaml_node *n, const char *to,
                                  json_t *out)
{
    unsigned days = 0;
    bool good = n->kind == YAML_SCALAR ? gate_read_days(n->text, &days) : n->kind == YAML_LIST;

    for (size_t i = 0; good && n->kind == YAML_LIST && i < n->n_items; i++)
        good = gate_read_days(n->items[i].text, &days);
    if (!good || !days)
        return gate_bad(m, n, "must be days: mon, or [mon-thu, sat]");
    json_put_int(out, to, days);
    return ERR_OK;
}

static const struct gate_key gate_span_keys[] = {
    {"days", gate_days_of, "days"}, {"from", gate_text, "from"}, {"to", gate_text, "to"},
    {"zone", gate_text, "zone"},    {"why", gate_text, "why"},
};

/* Weekly, or once: the two ends fit each other. */
static bool gate_span_numbers(const struct gate_end *from, const struct gate_end *to, json_t *span)
{
    unsigned days = (unsigned)json_get_int(span, "days", 0);
    int64_t from_s = from->s, to_s = to->s;

    if (from->kind == END_DATE && to->kind == END_DATE && !days) {
        json_put_int(span, "from_s", from_s);
        json_put_int(span, "to_s", to_s);
        return from_s >= 0 && from_s < to_s;
    }
    if (from->kind == END_WEEKDAY && to->kind == END_WEEKDAY && !days) {
        days = 1u << from->day;
        to_s += (to->day + 7 - from->day) % 7 * GATE_DAY_S;
        to_s += to_s <= from_s ? 7 * GATE_DAY_S : 0;
    } else if (from->kind == END_NONE && to->kind == END_NONE && days) {
        to_s = GATE_DAY_S;
    } else if (from->kind == END_CLOCK && to->kind == END_CLOCK) {
        days = days ? days : 127;
        to_s += to_s <= from_s ? GATE_DAY_S : 0; /* over midnight; the same time: a whole day */
    } else {
        return false;
    }
    json_put_int(span, "days", days);
    json_put_int(span, "from_s", from_s);
    json_put_int(span, "to_s", to_s);
    return from_s < GATE_DAY_S;
}

static enum err_code gate_zone(struct make *m, const struct yaml_node *n, json_t *span)
{
    struct sv zone = json_get_sv(span, "zone");
    struct tz *tz;

    if (!zone.n && m->b->zone.n) {
        json_put_sv(span, "zone", m->b->zone);
        zone = json_get_sv(span, "zone");
    }
    if (!zone.n)
        return gate_bad(m, n, "needs a zone: Europe/Berlin, UTC");
    if (tz_open(NULL, zone, &tz, m->err) != ERR_OK)
        return err_wrap(m->err, "%s:%zu", m->b->path, n->line);
    tz_free(tz);
    return ERR_OK;
}

static void gate_span_text(const struct yaml_node *map, const json_t *span, struct strbuf *text)
{
    const struct yaml_node *days = yaml_get(map, "days");

    if (text->n)
        strbuf_add_str(text, ", or ");
    if (days && days->kind == YAML_SCALAR)
        strbuf_addf(text, "%.*s ", SV_FMT(days->text));
    for (size_t i = 0; days && i < days->n_items; i++)
        strbuf_addf(text, "%.*s%s", SV_FMT(days->items[i].text), i + 1 < days->n_items ? "," : " ");
    if (json_get_sv(span, "from").n)
        strbuf_addf(text, "%s to %s ", json_get_str(span, "from", ""),
                    json_get_str(span, "to", ""));
    strbuf_addf(text, "%s", json_get_str(span, "zone", ""));
}

static enum err_code gate_span(struct make *m, const struct yaml_node *map, json_t *row,
                               struct strbuf *text)
{
    json_t *span = json_object();
    struct gate_end from, to;

    json_append(json_object_get(row, "spans"), span);
    if (gate_map(m, map, gate_span_keys, ARRAY_LEN(gate_span_keys), span) != ERR_OK)
        return m->err->code;
    if (!gate_read_end(m, json_get_sv(span, "from"), false, &from) ||
        !gate_read_end(m, json_get_sv(span, "to"), true, &to) ||
        !gate_span_numbers(&from, &to, span))
        return gate_bad(m, map,
                        "needs from and to, both as 22:00 (perhaps with days), as fri 16:00, or as "
                        "2026-12-20 12:00, the later one second");
    if (gate_zone(m, map, span) != ERR_OK)
        return m->err->code;
    gate_span_text(map, span, text);
    if (json_get_sv(span, "why").n)
        json_put_sv(row, "why", json_get_sv(span, "why"));
    return ERR_OK;
}

/* --- one function per kind of gate --- */

typedef enum err_code gate_make_fn(struct make *m, const struct yaml_node *n, json_t *row);

static enum err_code gate_make_spans(struct make *m, const struct yaml_node *n, json_t *row)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    json_put(row, "spans", json_array());
    if (n->kind != YAML_LIST) {
        if (gate_span(m, n, row, &text) != ERR_OK)
            return m->err->code;
    }
    for (size_t i = 0; n->kind == YAML_LIST && i < n->n_items; i++) {
        struct yaml_node item = n->items[i];

        item.key = n->key; /* for what is said about it */
        if (gate_span(m, &item, row, &text) != ERR_OK)
            return m->err->code;
    }
    if (!text.n)
        return gate_bad(m, n, "must not be empty");
    json_put_sv(row, "text", strbuf_sv(&text));
    return ERR_OK;
}

static const struct gate_key gate_confirm_keys[] = {
    {"note", gate_note, "note"},
    {"text", gate_text, "text"},
};

static enum err_code gate_make_confirm(struct make *m, const struct yaml_node *n, json_t *row)
{
    if (gate_map(m, n, gate_confirm_keys, ARRAY_LEN(gate_confirm_keys), row) != ERR_OK)
        return m->err->code;
    if (!json_get_sv(row, "text").n)
        json_put_str(row, "text", "go on");
    return ERR_OK;
}

static const struct gate_key gate_approve_keys[] = {
    {"roles", gate_texts, "roles"},
    {"of", gate_texts, "of"},
    {"need", gate_count, "need"},
    {"not_self", gate_yes, "not_self"},
    {"expires", gate_duration, "expires_ms"},
};

static void gate_add_names(struct strbuf *b, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        strbuf_addf(b, "%s%s", b->n ? ", " : "", json_string_value(json_array_get(list, i)));
}

static enum err_code gate_make_approve(struct make *m, const struct yaml_node *n, json_t *row)
{
    CLEANUP(strbuf_release) struct strbuf who = STRBUF(0), names = STRBUF(0);
    long long need;

    if (gate_map(m, n, gate_approve_keys, ARRAY_LEN(gate_approve_keys), row) != ERR_OK)
        return m->err->code;
    if (json_object_get(row, "roles") && !m->b->people)
        return gate_bad(m, n, "has roles, and nobody has one: people: {NAME: {roles: [...]}}");
    gate_add_names(&who, json_object_get(row, "roles"));
    gate_add_names(&who, json_object_get(row, "of"));
    for (size_t i = 0; !who.n && i < m->b->approvers.n; i++)
        strbuf_addf(&names, "%s%.*s", i ? ", " : "", SV_FMT(m->b->approvers.v[i]));
    need = json_get_int(row, "need", 1);
    json_put_int(row, "need", need);
    json_put_bool(row, "not_self", json_get_bool(row, "not_self", true));
    json_put_sv(row, "text",
                arena_fmt(m->arena, "%lld approval%s%s%s", need, need == 1 ? "" : "s",
                          who.n || names.n ? " of " : "", strbuf_str(who.n ? &who : &names)));
    return ERR_OK;
}

static const struct gate_key gate_wait_keys[] = {
    {"time", gate_text, "time"},
    {"zone", gate_text, "zone"},
    {"command", gate_text, "command"},
    {"rule", gate_text, "rule"},
    {"every", gate_duration, "every_ms"},
    {"timeout", gate_duration, "timeout_ms"},
    {"at_timeout", gate_at_timeout, "at_timeout"},
};

static enum err_code gate_wait_time(struct make *m, const struct yaml_node *n, json_t *row)
{
    json_t *span = json_object(), *spans = json_array();
    struct gate_end e;

    json_append(spans, span);
    json_put(row, "spans", spans);
    json_put_sv(span, "zone", json_get_sv(row, "zone"));
    if (!gate_read_end(m, json_get_sv(row, "time"), false, &e) ||
        (e.kind != END_DATE && e.kind != END_CLOCK) || e.s < 0 ||
        (e.kind == END_CLOCK && e.s >= GATE_DAY_S))
        return gate_bad(m, n, "needs a time such as 02:00 or 2026-02-15 02:00");
    json_put_int(span, "days", e.kind == END_CLOCK ? 127 : 0);
    json_put_int(span, "from_s", e.s);
    json_put_int(span, "to_s", e.s + 1);
    if (gate_zone(m, n, span) != ERR_OK)
        return m->err->code;
    json_put_sv(row, "text",
                arena_fmt(m->arena, "%s %s", json_get_str(row, "time", ""),
                          json_get_str(span, "zone", "")));
    return ERR_OK;
}

static enum err_code gate_make_wait(struct make *m, const struct yaml_node *n, json_t *row)
{
    struct sv what;

    if (gate_map(m, n, gate_wait_keys, ARRAY_LEN(gate_wait_keys), row) != ERR_OK)
        return m->err->code;
    if (!!json_get_sv(row, "time").n + !!json_get_sv(row, "command").n +
            !!json_get_sv(row, "rule").n !=
        1)
        return gate_bad(m, n, "needs one of time, command and rule");
    if (!json_get_sv(row, "at_timeout").n)
        json_put_str(row, "at_timeout", "stop");
    if (json_get_sv(row, "time").n)
        return gate_wait_time(m, n, row);
    if (!json_object_get(row, "timeout_ms"))
        return gate_bad(m, n, "needs a timeout: a wait without an end is none");
    json_put_int(row, "every_ms", json_get_int(row, "every_ms", 30000));
    what = json_get_sv(row, "rule").n ? json_get_sv(row, "rule") : json_get_sv(row, "command");
    json_put_sv(row, "text", arena_sv(m->arena, what));
    return ERR_OK;
}

static gate_make_fn *const gate_makers[PLAN_GATE__N] = {
    [PLAN_GATE_CONFIRM] = gate_make_confirm, [PLAN_GATE_APPROVE] = gate_make_approve,
    [PLAN_GATE_WAIT] = gate_make_wait,       [PLAN_GATE_FREEZE] = gate_make_spans,
    [PLAN_GATE_WINDOW] = gate_make_spans,
};

static enum err_code gate_unknown(struct make *m, const struct yaml_node *n)
{
    struct suggest s = suggest_begin(n->key);

    for (size_t k = 0; k < PLAN_GATE__N; k++)
        suggest_offer(&s, sv_from(plan_gate_names[k]));
    (void)err_set(m->err, ERR_INVALID, "%s:%zu: there is no gate '%.*s'", m->b->path, n->line,
                  SV_FMT(n->key));
    return s.best.p ? err_hint(m->err, "did you mean '%.*s'?", SV_FMT(s.best))
                    : err_hint(m->err, "there are confirm, approve, wait_until, freeze and window");
}

static enum err_code gate_make_all(struct make *m, const struct yaml_node *map, json_t **ret)
{
    CLEANUP(json_cleanup) json_t *rows = json_array();

    if (map->kind != YAML_MAP || !map->n_items)
        return gate_bad(m, map, "must be a map of gates");
    for (size_t i = 0; i < map->n_items; i++) {
        const struct yaml_node *n = &map->items[i];
        json_t *row = json_object();
        size_t k = 0;

        json_append(rows, row);
        while (k < PLAN_GATE__N && !sv_eq(n->key, sv_from(plan_gate_names[k])))
            k++;
        if (k == PLAN_GATE__N)
            return gate_unknown(m, n);
        json_put_str(row, "gate", plan_gate_names[k]);
        json_put_int(row, "line", (int64_t)n->line);
        if (gate_makers[k](m, n, row) != ERR_OK)
            return m->err->code;
    }
    *ret = STEAL(rows);
    return ERR_OK;
}

/* --- where they stand --- */

static int64_t gate_order(const json_t *row)
{
    int64_t k = 0;

    while (k < PLAN_GATE__N && !sv_eq(json_get_sv(row, "gate"), sv_from(plan_gate_names[k])))
        k++;
    return k;
}

/* People first, then the clock: an approval may take days, and the window has to be open after it. */
static void gate_insert(json_t *before, json_t *row)
{
    size_t i = json_array_size(before);

    while (i > 0 && gate_order(json_array_get(before, i - 1)) > gate_order(row))
        i--;
    (void)json_array_insert(before, i, row); /* fails only for want of memory, which aborts */
}

static void gate_attach(json_t *step, const json_t *rows)
{
    json_t *before = json_object_get(step, "before"), *names = json_object_get(step, "gates");

    if (!before) {
        before = json_array();
        json_put(step, "before", before);
    }
    for (size_t i = 0; i < json_array_size(rows); i++) {
        json_t *row = json_array_get(rows, i);

        gate_insert(before, row);
        json_append(names, json_sv(json_get_sv(row, "gate")));
    }
}

static bool gate_covers(const struct make *m, const struct make_ref *ref, struct sv role,
                        const json_t *step)
{
    struct sv id = json_get_sv(step, "id");
    uint32_t at;

    if (json_get_sv(step, "skip").n)
        return false;
    if (role.n)
        return sv_eq(json_get_sv(step, "role"), role);
    at = names_step(&m->names, id);
    return at != RB_NONE && sv_eq(m->rb->steps[at].id, id) && make_ref_covers(m, ref, at);
}

bool make_gate_place(const struct make *m, const struct make_ref *ref, struct sv role,
                     const json_t *steps, const json_t *rows)
{
    for (size_t i = 0; i < json_array_size(steps); i++) {
        json_t *step = json_array_get(steps, i);

        if (gate_covers(m, ref, role, step)) {
            gate_attach(step, rows);
            return true;
        }
    }
    return false;
}

static enum err_code gate_role(struct make *m, const struct yaml_node *n, struct sv role)
{
    for (unsigned i = 0; i < ROLE__N; i++)
        if (sv_eq(role, sv_from(rb_role_name((enum rb_role)i))))
            return ERR_OK;
    return gate_bad(m, n, "names no role; roles are deploy, verify, rollback, ...");
}

static enum err_code make_gate(struct make *m, const struct yaml_node *n, json_t *const *lists)
{
    CLEANUP(json_cleanup) json_t *rows = NULL;
    struct make_ref ref = {RB_NONE, RB_NONE};
    struct sv role = n->key;

    if (!sv_eat(&role, SV("role=")))
        role = SV("");
    if (role.n ? gate_role(m, n, role) != ERR_OK : make_resolve(m, n->key, n->line, &ref) != ERR_OK)
        return m->err->code;
    if (gate_make_all(m, n, &rows) != ERR_OK)
        return m->err->code;
    if (make_gate_place(m, &ref, role, lists[0], rows) ||
        make_gate_place(m, &ref, role, lists[1], rows))
        return ERR_OK;
    return gate_bad(m, n, "stands before nothing: no step of it is carried out");
}

enum err_code make_gates(struct make *m, json_t *steps, json_t *way_back)
{
    json_t *const lists[] = {steps, way_back};

    for (size_t i = 0; m->b->gates && i < m->b->gates->n_items; i++)
        if (make_gate(m, &m->b->gates->items[i], lists) != ERR_OK)
            return m->err->code;
    return ERR_OK;
}

/* --- people --- */

static const struct gate_key gate_person_keys[] = {
    {"roles", gate_texts, "roles"},
    {"logins", gate_texts, "logins"},
};

enum err_code make_people(struct make *m)
{
    json_t *people;

    if (!m->b->people)
        return ERR_OK;
    people = json_array();
    json_put(m->root, "people", people);
    for (size_t i = 0; i < m->b->people->n_items; i++) {
        const struct yaml_node *n = &m->b->people->items[i];
        json_t *j = json_object();

        json_append(people, j);
        json_put_sv(j, "name", n->key);
        if (gate_map(m, n, gate_person_keys, ARRAY_LEN(gate_person_keys), j) != ERR_OK)
            return m->err->code;
        if (!json_object_get(j, "logins")) {
            json_put(j, "logins", json_array());
            json_append(json_object_get(j, "logins"), json_sv(n->key));
        }
    }
    return ERR_OK;
}
