#include "report/plan_diff.h"

#include "base/map.h"
#include "base/sv.h"

#define DIFF_FORMAT 1
#define DIFF_NONE   SIZE_MAX

const char *plan_change_name(enum plan_change_kind kind)
{
    static const char *const names[] = {
        [CHANGE_ADDED] = "added", [CHANGE_REMOVED] = "removed", [CHANGE_CHANGED] = "changed"};

    assert((unsigned)kind < CHANGE__N);
    return names[kind];
}

/* --- making two plans comparable --- */

/* "code-rollback/1 (line 228), if needed" without " (line 228)". */
static void diff_unline(json_t *object, const char *key)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct sv s = json_get_sv(object, key);
    size_t at = sv_find(s, SV(" (line "), 0), end = SV_NPOS;

    if (at != SV_NPOS)
        end = sv_find_byte(s, ')', at);
    if (end == SV_NPOS)
        return;
    strbuf_add_sv(&text, sv_sub(s, 0, at));
    strbuf_add_sv(&text, sv_sub(s, end + 1, s.n));
    json_put(object, key, json_sv(strbuf_sv(&text)));
}

/* Take away where things stand, at any depth. */
static void diff_unplace(json_t *j)
{
    static const char *const places[] = {"line", "end_line", "file"};

    for (size_t i = 0; json_is_array(j) && i < json_array_size(j); i++)
        diff_unplace(json_array_get(j, i));
    if (!json_is_object(j))
        return;
    for (size_t i = 0; i < ARRAY_LEN(places); i++)
        (void)json_object_del(j, places[i]); /* most have none */
    for (void *it = json_object_iter(j); it; it = json_object_iter_next(j, it))
        diff_unplace(json_object_iter_value(it));
}

/* The ids of rules in the items of a checkpoint become the words of the rules. */
static void diff_rename_items(json_t *checkpoint, const struct map *rule_at, const json_t *rules)
{
    json_t *items = json_object_get(checkpoint, "items");

    for (size_t i = 0; i < json_array_size(items); i++) {
        json_t *names = json_object_get(json_array_get(items, i), "rules");

        for (size_t k = 0; k < json_array_size(names); k++) {
            const char *id = json_string_value(json_array_get(names, k));
            size_t at;

            if (id && map_get(rule_at, sv_from(id), &at))
                (void)json_array_set_new(names, k,
                                         json_sv(json_get_sv(json_array_get(rules, at), "source")));
        }
    }
}

/* A rule of the document is called by its line: it loses that name, and checkpoints call it by its words. */
static void diff_rename_rules(json_t *plan)
{
    json_t *rules = json_object_get(plan, "rules"), *points = json_object_get(plan, "checkpoints");
    CLEANUP(map_release) struct map at = {0};

    for (size_t i = 0; i < json_array_size(rules); i++)
        if (!json_object_get(json_array_get(rules, i),
                             "file")) /* those of the binding have names */
            (void)map_put(&at, json_get_sv(json_array_get(rules, i), "id"), i);
    for (size_t i = 0; i < json_array_size(points); i++)
        diff_rename_items(json_array_get(points, i), &at, rules);
    for (size_t i = 0; i < json_array_size(rules); i++)
        if (!json_object_get(json_array_get(rules, i), "file"))
            (void)json_object_del(json_array_get(rules, i), "id");
}

static json_t *diff_comparable(const json_t *plan)
{
    static const char *const left_out[] = {
        "format", "hash",     "approval",      "questions",
        "advice", "operator", "document_hash", "decisions" /* the steps have them as `choices` */};
    static const char *const lists[] = {"steps", "way_back"};
    json_t *copy = json_deep_copy(plan);

    for (size_t i = 0; i < ARRAY_LEN(left_out); i++)
        (void)json_object_del(copy, left_out[i]); /* it may be absent */
    diff_rename_rules(copy);
    diff_unplace(copy);
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        json_t *list = json_object_get(copy, lists[i]);

        for (size_t k = 0; k < json_array_size(list); k++) {
            diff_unline(json_object_get(json_array_get(list, k), "undo"), "text");
            diff_unline(json_array_get(list, k), "skip");
        }
    }
    return copy;
}

/* --- a value as text --- */

static void diff_expectation(const json_t *e, struct strbuf *out)
{
    strbuf_addf(out, "%.*s [%s]", SV_FMT(json_get_sv(e, "text")), json_get_str(e, "form", ""));
}

static void diff_item(const json_t *item, struct strbuf *out)
{
    const json_t *rules = json_object_get(item, "rules");

    strbuf_addf(out, "%.*s:", SV_FMT(json_get_sv(item, "text")));
    for (size_t i = 0; i < json_array_size(rules); i++)
        strbuf_addf(out, "%s %s", i ? ";" : "", json_string_value(json_array_get(rules, i)));
}

/* Lists that are shown as lines, not as JSON. */
static const struct {
    struct sv key;
    void (*line)(const json_t *entry, struct strbuf *out);
} diff_line_lists[] = {{SV("expectations"), diff_expectation}, {SV("items"), diff_item}};

static bool diff_add_lines(struct strbuf *out, const char *key, const json_t *list)
{
    for (size_t k = 0; k < ARRAY_LEN(diff_line_lists); k++) {
        if (!sv_eq(diff_line_lists[k].key, sv_from(key)))
            continue;
        for (size_t i = 0; i < json_array_size(list); i++) {
            strbuf_add_str(out, i ? "\n" : "");
            diff_line_lists[k].line(json_array_get(list, i), out);
        }
        return true;
    }
    return false;
}

static struct sv diff_text(struct arena *a, const char *key, const json_t *v)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    if (json_is_string(v))
        return arena_sv(a, (struct sv){json_string_value(v), json_string_length(v)});
    if (diff_add_lines(&b, key, v))
        return arena_sv(a, strbuf_sv(&b));
    if (json_is_object(v) || json_is_array(v)) {
        json_write(v, &b);
    } else if (v) {
        CLEANUP(json_cleanup) json_t *one = json_array();

        (void)json_array_append(one, (json_t *)(uintptr_t)v);
        json_write(one, &b); /* "[5]": JSON of the library is an array or object */
        return arena_sv(a, sv_sub(strbuf_sv(&b), 1, b.n - 1));
    }
    return arena_sv(a, strbuf_sv(&b));
}

static void diff_member(struct plan_diff *d, struct plan_change *c, const char *key,
                        const json_t *before, const json_t *after)
{
    struct plan_change_member m = {.name = arena_sv(&d->arena, sv_from(key)),
                                   .before = diff_text(&d->arena, key, before),
                                   .after = diff_text(&d->arena, key, after)};

    if (sv_eq(m.before, m.after)) { /* the words are the same, what is read from them is not */
        m.before = diff_text(&d->arena, "", before);
        m.after = diff_text(&d->arena, "", after);
    }
    *vec_add(&c->members) = m;
}

/* --- lists: which entry of one plan is which of the other --- */

struct diff_list {
    const char *key, *what;
    const char *id;   /* the member that names an entry */
    const char *text; /* the member that says what it does; NULL: none */
    const char
        *scope; /* the member within which equal texts are the same entry; NULL: everywhere */
};

static const struct diff_list diff_lists[] = {
    {"steps", "step", "id", "command", "part"},
    {"way_back", "step of the way back", "id", "command", "part"},
    {"rules", "rule", "id", "source", NULL},
    {"checkpoints", "checkpoint", "name", NULL, NULL},
    {"variables", "variable", "name", NULL, NULL},
    {"services", "service", "name", NULL, NULL},
    {"messages", "message", "trigger", "when", NULL},
    {"parts", "heading", "id", "title", NULL},
};

/* Objects whose members are compared one by one. */
static const struct {
    const char *key, *what;
} diff_objects[] = {
    {"env", "variable of the environment"}, {"watch", "watch"}, {"maintenance", "maintenance"}};

struct diff_pairing {
    const struct diff_list *of;
    const json_t *before, *after; /* arrays */
    size_t *pair;                 /* by index in after: index in before */
    bool *taken;                  /* by index in before */
};

enum diff_by { DIFF_BY_BOTH, DIFF_BY_TEXT, DIFF_BY_ID, DIFF_BY__N };

/* What two entries must have in common; false: this entry has nothing to go by. */
static bool diff_key(const struct diff_list *l, const json_t *entry, enum diff_by by,
                     struct strbuf *key)
{
    struct sv id = json_get_sv(entry, l->id);
    struct sv text = l->text ? json_get_sv(entry, l->text) : (struct sv){NULL, 0};

    strbuf_truncate(key, 0);
    if (by != DIFF_BY_TEXT)
        strbuf_add_sv(key, id);
    else if (l->scope)
        strbuf_add_sv(key, json_get_sv(entry, l->scope));
    strbuf_add_byte(key, '\0');
    if (by != DIFF_BY_ID)
        strbuf_add_sv(key, text);
    return by == DIFF_BY_TEXT ? text.n > 0 : by == DIFF_BY_ID ? id.n > 0 : true;
}

/* One pass: pair what is not paired yet, equal keys in their order. */
static void diff_pair_by(struct diff_pairing *p, enum diff_by by, struct arena *arena)
{
    size_t n = json_array_size(p->before);
    size_t *next = ARENA_NEWN(arena, size_t, n + 1);
    CLEANUP(strbuf_release) struct strbuf key = STRBUF(0);
    CLEANUP(map_release) struct map first = {0};

    for (size_t i = n; i-- > 0;) {
        size_t head = DIFF_NONE;

        if (p->taken[i] || !diff_key(p->of, json_array_get(p->before, i), by, &key))
            continue;
        (void)map_get(&first, strbuf_sv(&key),
                      &head); /* DIFF_NONE when it is the only one so far */
        next[i] = head;
        (void)map_put(&first, strbuf_sv(&key), i);
    }
    for (size_t i = 0; i < json_array_size(p->after); i++) {
        size_t at;

        if (p->pair[i] != DIFF_NONE || !diff_key(p->of, json_array_get(p->after, i), by, &key) ||
            !map_get(&first, strbuf_sv(&key), &at) || at == DIFF_NONE)
            continue;
        p->pair[i] = at;
        p->taken[at] = true;
        (void)map_put(&first, strbuf_sv(&key), next[at]);
    }
}

static struct plan_change *diff_add(struct plan_diff *d, enum plan_change_kind kind,
                                    const char *what, struct sv name, struct sv text)
{
    struct plan_change *c = vec_add(&d->changes);

    c->kind = kind;
    c->what = what;
    c->name = arena_sv(&d->arena, name);
    c->text = arena_sv(&d->arena, text);
    return c;
}

static struct plan_change *diff_add_entry(struct plan_diff *d, enum plan_change_kind kind,
                                          const struct diff_list *l, const json_t *entry)
{
    return diff_add(d, kind, l->what, json_get_sv(entry, l->id),
                    l->text ? json_get_sv(entry, l->text) : (struct sv){NULL, 0});
}

/* The members of two objects that are not the same, those of `after` first. */
static void diff_members(struct plan_diff *d, struct plan_change *c, json_t *before, json_t *after)
{
    bool command =
        !json_equal(json_object_get(before, "command"), json_object_get(after, "command"));

    for (void *it = json_object_iter(after); it; it = json_object_iter_next(after, it)) {
        const char *key = json_object_iter_key(it);
        const json_t *old = json_object_get(before, key);

        if (command && sv_eq(sv_from(key), SV("action")))
            continue; /* the same once more, read */
        if (!json_equal(old, json_object_iter_value(it)))
            diff_member(d, c, key, old, json_object_iter_value(it));
    }
    for (void *it = json_object_iter(before); it; it = json_object_iter_next(before, it))
        if (!json_object_get(after, json_object_iter_key(it)))
            diff_member(d, c, json_object_iter_key(it), json_object_iter_value(it), NULL);
}

static size_t *diff_pairs(struct plan_diff *d, struct diff_pairing *p)
{
    p->pair = ARENA_NEWN(&d->arena, size_t, json_array_size(p->after));
    p->taken = ARENA_NEWN(&d->arena, bool, json_array_size(p->before));
    for (size_t i = 0; i < json_array_size(p->after); i++)
        p->pair[i] = DIFF_NONE;
    for (enum diff_by by = DIFF_BY_BOTH; by < DIFF_BY__N; by++)
        diff_pair_by(p, by, &d->arena);
    return p->pair;
}

/* `lines_before` and `lines_after` are the lists as the plans have them, with ids and lines. */
static void diff_list(struct plan_diff *d, struct diff_pairing *p, const json_t *lines_before,
                      const json_t *lines_after)
{
    const size_t *pair = diff_pairs(d, p);

    for (size_t i = 0; i < json_array_size(p->after); i++) {
        json_t *after = json_array_get(p->after, i), *before;

        if (pair[i] == DIFF_NONE) {
            (void)diff_add_entry(d, CHANGE_ADDED, p->of, json_array_get(lines_after, i));
            continue;
        }
        before = json_array_get(p->before, pair[i]);
        if (!json_equal(before, after))
            diff_members(d,
                         diff_add_entry(d, CHANGE_CHANGED, p->of, json_array_get(lines_after, i)),
                         before, after);
        else
            d->moved += json_get_int(json_array_get(lines_after, i), "line", 0) !=
                        json_get_int(json_array_get(lines_before, pair[i]), "line", 0);
    }
    for (size_t i = 0; i < json_array_size(p->before); i++)
        if (!p->taken[i])
            (void)diff_add_entry(d, CHANGE_REMOVED, p->of, json_array_get(lines_before, i));
}

/* --- the whole --- */

/* One member of an object as an entry of its own. */
static void diff_one(struct plan_diff *d, const char *what, const char *key, const json_t *before,
                     const json_t *after)
{
    struct plan_change *c;

    if (json_equal(before, after))
        return;
    if (!before || !after) {
        (void)diff_add(d, after ? CHANGE_ADDED : CHANGE_REMOVED, what, sv_from(key),
                       diff_text(&d->arena, key, after ? after : before));
        return;
    }
    c = diff_add(d, CHANGE_CHANGED, what, sv_from(key), (struct sv){NULL, 0});
    diff_member(d, c, "value", before, after);
}

static void diff_object(struct plan_diff *d, const char *what, json_t *before, json_t *after)
{
    for (void *it = json_object_iter(after); it; it = json_object_iter_next(after, it))
        diff_one(d, what, json_object_iter_key(it),
                 json_object_get(before, json_object_iter_key(it)), json_object_iter_value(it));
    for (void *it = json_object_iter(before); it; it = json_object_iter_next(before, it))
        if (!json_object_get(after, json_object_iter_key(it)))
            diff_one(d, what, json_object_iter_key(it), json_object_iter_value(it), NULL);
}

void plan_diff_make(const json_t *before, const json_t *after, struct plan_diff *ret)
{
    CLEANUP(json_cleanup) json_t *old = diff_comparable(before), *now = diff_comparable(after);
    struct plan_diff d = {.moved = 0};

    for (size_t i = 0; i < ARRAY_LEN(diff_lists); i++) {
        const char *key = diff_lists[i].key;
        struct diff_pairing p = {.of = &diff_lists[i],
                                 .before = json_object_get(old, key),
                                 .after = json_object_get(now, key)};

        diff_list(&d, &p, json_object_get(before, key), json_object_get(after, key));
        (void)json_object_del(old, key); /* what is left are settings */
        (void)json_object_del(now, key);
    }
    for (size_t i = 0; i < ARRAY_LEN(diff_objects); i++) {
        const char *key = diff_objects[i].key;

        diff_object(&d, diff_objects[i].what, json_object_get(old, key), json_object_get(now, key));
        (void)json_object_del(old, key);
        (void)json_object_del(now, key);
    }
    diff_object(&d, "setting", old, now);
    *ret = d;
}

void plan_diff_release(struct plan_diff *d)
{
    for (size_t i = 0; i < d->changes.n; i++)
        vec_release(&d->changes.v[i].members);
    vec_release(&d->changes);
    arena_release(&d->arena);
    *d = (struct plan_diff){.moved = 0};
}

static json_t *diff_change_json(const struct plan_change *c)
{
    json_t *j = json_object(), *members = json_array();

    json_put_str(j, "change", plan_change_name(c->kind));
    json_put_str(j, "what", c->what);
    json_put_sv(j, "name", c->name);
    json_put_sv(j, "text", c->text);
    json_put(j, "members", members);
    for (size_t i = 0; i < c->members.n; i++) {
        json_t *m = json_object();

        json_put_sv(m, "name", c->members.v[i].name);
        json_put_sv(m, "before", c->members.v[i].before);
        json_put_sv(m, "after", c->members.v[i].after);
        json_append(members, m);
    }
    return j;
}

json_t *plan_diff_json(const struct plan_diff *d)
{
    json_t *j = json_object(), *changes = json_array();

    json_put_int(j, "format", DIFF_FORMAT);
    json_put_bool(j, "same", d->changes.n == 0);
    json_put_int(j, "moved", (int64_t)d->moved);
    json_put(j, "changes", changes);
    for (size_t i = 0; i < d->changes.n; i++)
        json_append(changes, diff_change_json(&d->changes.v[i]));
    return j;
}
