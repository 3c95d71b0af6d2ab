/*
 * A procedure on a group of hosts: batch by batch, all of its steps on the hosts of one batch, then their health, then
 * the next batch (docs/adr/0008-fleets.md).
 */
#include "base/regex.h"
#include "base/sv.h"
#include "plan/make_int.h"

/* Consecutive steps of one procedure on one group. */
struct make_fleet {
    struct make *m;
    const json_t *steps;
    size_t from, end; /* of them */
    const struct binding_host *group;
    binding_names hosts;
    size_t per_batch, batches;
    struct regex *tells, *each;
    json_t *out;
};

/* What a person does for all of them at once, since it is done with other people ... */
static const char fleet_tells[] =
    "^(?:please )?(?:tell|notify|inform|announce|communicate|post|page|e-?mail|message|call|ask|read|schedule|"
    "(?:update|close|open|create) the (?:ticket|status page|change|incident|channel)|"
    "informieren?|benachrichtigen?|ankündigen?)\\b";
/* ... unless it says otherwise. */
static const char fleet_each[] =
    "\\b(?:each|every|per|jede[nmrs]?|pro)\\b|\\b(?:hosts?|nodes?|servers?|machines?|instances?)\\b";

/* The hosts of one batch. */
struct make_batch {
    size_t number; /* from 1 */
    const struct sv *hosts;
    size_t n;
};

/* A share is rounded down: what is said to be touched at the same time is never exceeded. */
static size_t make_batch_size(const struct binding_group *g, size_t hosts)
{
    size_t n = g->batch ? (size_t)g->batch : 1;

    if (g->percent)
        n = hosts * n / 100;
    return n ? size_min(n, hosts) : 1;
}

static struct make_batch make_batch_at(const struct make_fleet *f, size_t k)
{
    size_t from = k * f->per_batch;

    return (struct make_batch){k + 1, f->hosts.v + from, size_min(f->per_batch, f->hosts.n - from)};
}

/* "web1, web2" */
static struct sv make_batch_text(const struct make_fleet *f, const struct make_batch *b)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    for (size_t i = 0; i < b->n; i++)
        strbuf_addf(&text, "%s%.*s", i ? ", " : "", SV_FMT(b->hosts[i]));
    return arena_sv(f->m->arena, strbuf_sv(&text));
}

/* --- where it runs --- */

static struct sv make_address(const struct binding_host *h, struct sv name)
{
    return h->address.n ? h->address : name;
}

/* {name, address, ssh, login}; without an address it is this machine. */
static json_t *make_fleet_host(const struct make *m, struct sv name)
{
    const struct binding_host *h = binding_find_host(m->b, name);
    json_t *j = json_object();

    json_put_sv(j, "name", name);
    make_put_reach(h, name, j);
    return j;
}

static json_t *make_fleet_where(const struct make_fleet *f, const struct make_batch *b)
{
    json_t *j = json_object(), *hosts = json_array();

    for (size_t i = 0; i < b->n; i++)
        json_append(hosts, make_fleet_host(f->m, b->hosts[i]));
    json_put_sv(j, "group", f->group->name);
    json_put_int(j, "batch", (int64_t)b->number);
    json_put_int(j, "batches", (int64_t)f->batches);
    json_put(j, "hosts", hosts);
    return j;
}

/* --- one batch --- */

static struct sv make_batch_id(const struct make_fleet *f, const json_t *step,
                               const struct make_batch *b)
{
    return arena_fmt(f->m->arena, "%.*s@batch-%zu", SV_FMT(json_get_sv(step, "id")), b->number);
}

static bool make_is_of_people(const json_t *step)
{
    struct sv kind = json_get_sv(step, "kind");

    return sv_eq(kind, SV("manual")) || sv_eq(kind, SV("approval"));
}

/* {kind, action} become the action of a step that does this on several hosts. */
static void make_fleet_action(json_t *step)
{
    json_t *action = json_object();

    json_put_sv(action, "kind", json_get_sv(step, "kind"));
    json_put(action, "action", json_incref(json_object_get(step, "action")));
    json_put(step, "action", action);
    json_put_str(step, "kind", "fleet");
}

/* Gates stand before what is carried out first: a run that is inside a procedure finishes it. */
static void make_fleet_ungate(json_t *copy)
{
    size_t gates = json_array_size(json_object_get(copy, "before")); /* named last in "gates" */
    const json_t *names = json_object_get(copy, "gates");
    json_t *left = json_array();

    for (size_t i = 0; i + gates < json_array_size(names); i++)
        json_append(left, json_incref(json_array_get(names, i)));
    json_put(copy, "gates", left);
    (void)json_object_del(copy, "before"); /* may be absent */
}

static void make_fleet_step(const struct make_fleet *f, json_t *step, const struct make_batch *b)
{
    json_t *copy = json_copy(step);
    bool approval = sv_eq(json_get_sv(step, "kind"), SV("approval"));

    if (b->number > 1 && !approval)
        make_fleet_ungate(copy);
    json_put_sv(copy, "id", make_batch_id(f, step, b));
    json_put_sv(copy, "host", make_batch_text(f, b));
    json_put(copy, "fleet", make_fleet_where(f, b));
    if (approval)
        (void)json_object_del(copy, "fleet"); /* for all of them, by one act */
    else
        make_fleet_action(copy);
    json_append(f->out, copy);
}

/* Is anything carried out in the steps [from, to)? */
static bool make_fleet_acts(const struct make_fleet *f, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        const json_t *step = json_array_get(f->steps, i);

        if (!json_get_sv(step, "skip").n && !make_is_of_people(step))
            return true;
    }
    return false;
}

/* "Tell support that web is done" is about no host: once, or in the middle of the procedure once a batch. */
static bool make_fleet_once(const struct make_fleet *f, size_t at, const struct make_batch *b)
{
    json_t *step = json_array_get(f->steps, at);
    struct sv text = json_get_sv(step, "command");
    bool before, behind;
    json_t *copy;

    if (!regex_has(f->tells, text) || regex_has(f->each, text))
        return false;
    before = make_fleet_acts(f, f->from, at);
    behind = make_fleet_acts(f, at, f->end);
    if ((!before && b->number > 1) || (before && !behind && b->number < f->batches))
        return true; /* it stands at an end of the procedure */
    copy = json_copy(step);
    (void)json_object_del(copy, "fleet");
    json_put_str(copy, "host", "local");
    if (before && behind) {
        json_put_sv(copy, "id", make_batch_id(f, step, b));
        json_put_sv(copy, "host", make_batch_text(f, b));
        if (b->number > 1)
            make_fleet_ungate(copy);
    }
    json_append(f->out, copy);
    return true;
}

/* What a person does or sees is so for one host only. */
static void make_fleet_manual(const struct make_fleet *f, json_t *step, const struct make_batch *b)
{
    for (size_t i = 0; i < b->n; i++) {
        json_t *copy = json_copy(step);

        (void)json_object_del(copy, "fleet");
        json_put_sv(copy, "id",
                    arena_fmt(f->m->arena, "%.*s@%.*s", SV_FMT(json_get_sv(step, "id")),
                              SV_FMT(b->hosts[i])));
        json_put_sv(copy, "host", b->hosts[i]);
        if (b->number > 1 || i > 0)
            make_fleet_ungate(copy);
        json_append(f->out, copy);
    }
}

/* What is left out stands once. */
static void make_fleet_skipped(const struct make_fleet *f, json_t *step, const struct make_batch *b)
{
    json_t *copy;

    if (b->number != 1)
        return;
    copy = json_copy(step);
    (void)json_object_del(copy, "fleet");
    json_append(f->out, copy);
}

/* --- its health --- */

/* "http://{host}:8080/health" for one host; {address} is without the user. */
static struct sv make_health_url(const struct make_fleet *f, struct sv name)
{
    CLEANUP(strbuf_release) struct strbuf url = STRBUF(0);
    struct sv address = make_address(binding_find_host(f->m->b, name), name);
    struct sv rest = f->group->group.health_http;
    size_t at = sv_find_byte(address, '@', 0);

    if (at != SV_NPOS)
        address = sv_sub(address, at + 1, address.n);
    while (rest.n) {
        if (sv_eat(&rest, SV("{host}"))) {
            strbuf_add_sv(&url, name);
        } else if (sv_eat(&rest, SV("{address}"))) {
            strbuf_add_sv(&url, address);
        } else {
            strbuf_add_byte(&url, *rest.p);
            rest = sv_sub(rest, 1, rest.n);
        }
    }
    return arena_sv(f->m->arena, strbuf_sv(&url));
}

static json_t *make_health_pieces(struct sv text)
{
    json_t *list = json_array();

    json_append(list, json_sv(text));
    return list;
}

static json_t *make_health_http(struct sv url)
{
    json_t *action = json_object();

    json_put_str(action, "method", "GET");
    json_put(action, "url", make_health_pieces(url));
    json_put(action, "headers", json_array());
    json_put_bool(action, "fail_on_status", true);
    json_put_bool(action, "follow", false);
    return action;
}

static void make_health_action(const struct make_fleet *f, json_t *step)
{
    const struct binding_group *g = &f->group->group;
    json_t *hosts = json_object_get(json_object_get(step, "fleet"), "hosts");
    json_t *action;

    json_put_str(step, "kind", g->health_http.n ? "http" : "shell");
    json_put_sv(step, "command", g->health_http.n ? g->health_http : g->health_command);
    if (!g->health_http.n) {
        action = json_object();
        json_put(action, "command", make_health_pieces(g->health_command));
    } else {
        action = make_health_http(g->health_http);
        for (size_t i = 0; i < json_array_size(hosts); i++) {
            json_t *host = json_array_get(hosts, i);

            json_put(host, "action",
                     make_health_http(make_health_url(f, json_get_sv(host, "name"))));
        }
    }
    json_put(step, "action", action);
    make_fleet_action(step);
}

/* After the last step of the procedure; it looks again and again, in a shell that the procedure has not touched. */
static void make_fleet_health(const struct make_fleet *f, const json_t *last,
                              const struct make_batch *b)
{
    static const char *const same[] = {"file", "role", "part", "title"};
    const struct binding_group *g = &f->group->group;
    struct sv id = make_batch_id(f, last, b);
    json_t *step = json_object(), *undo = json_object();

    json_put_sv(step, "id", arena_fmt(f->m->arena, "%.*s/health", SV_FMT(id)));
    for (size_t i = 0; i < ARRAY_LEN(same); i++)
        json_put_sv(step, same[i], json_get_sv(last, same[i]));
    json_put_int(step, "line", json_get_int(last, "line", 0));
    json_put_int(step, "end_line", json_get_int(last, "end_line", 0));
    json_put_sv(step, "host", make_batch_text(f, b));
    json_put(step, "fleet", make_fleet_where(f, b));
    json_put_sv(step, "session",
                arena_fmt(f->m->arena, "%.*s/health", SV_FMT(json_get_sv(last, "session"))));
    json_put_str(step, "effect", "none");
    json_put(step, "gates", json_array());
    json_put(step, "expectations", json_array());
    json_put_int(step, "retries", 0);
    json_put_int(step, "timeout_ms", g->within_ms);
    json_put_int(step, "wait_ms", g->within_ms);
    json_put_int(step, "every_ms", g->every_ms);
    json_put_str(step, "in_doubt", "again");
    json_put_str(step, "in_doubt_why", "it only looks");
    json_put_str(undo, "how", plan_undo_name(UNDO_NOTHING));
    json_put(step, "undo", undo);
    if (json_object_get(last, "branch_of"))
        json_put(step, "branch_of", json_incref(json_object_get(last, "branch_of")));
    make_health_action(f, step);
    json_append(f->out, step);
}

/* --- the procedure --- */

/* The last step that is carried out, if any of them changes something. */
static const json_t *make_fleet_last_of(const struct make_fleet *f, bool branch)
{
    const json_t *last = NULL;
    bool changes = false;

    for (size_t i = f->from; i < f->end; i++) {
        const json_t *step = json_array_get(f->steps, i);

        if (json_get_sv(step, "skip").n || make_is_of_people(step) ||
            (json_object_get(step, "branch_of") != NULL) != branch)
            continue;
        last = step;
        changes |= !make_changes_nothing(json_get_sv(step, "effect"));
    }
    return changes ? last : NULL;
}

/* Of a procedure with a health to look at: after which step; what is done only when another fails does not count, if
 * there is more. */
static const json_t *make_fleet_last(const struct make_fleet *f)
{
    const json_t *last = make_fleet_last_of(f, false);

    return last ? last : make_fleet_last_of(f, true);
}

static void make_fleet_batch(const struct make_fleet *f, const struct make_batch *b)
{
    const json_t *last = make_fleet_last(f);

    for (size_t i = f->from; i < f->end; i++) {
        json_t *step = json_array_get(f->steps, i);

        if (json_get_sv(step, "skip").n)
            make_fleet_skipped(f, step, b);
        else if (!sv_eq(json_get_sv(step, "kind"), SV("manual")))
            make_fleet_step(f, step, b);
        else if (!make_fleet_once(f, i, b))
            make_fleet_manual(f, step, b);
    }
    if (last && f->group->group.health_line)
        make_fleet_health(f, last, b);
}

static void make_fleet_all(struct make_fleet *f)
{
    const json_t *first = json_array_get(f->steps, f->from);
    struct sv session = json_get_sv(first, "session");

    f->group = binding_find_host(f->m->b, json_get_sv(first, "host"));
    for (f->end = f->from; f->end < json_array_size(f->steps); f->end++) {
        const json_t *step = json_array_get(f->steps, f->end);

        if (!json_object_get(step, "fleet") || !sv_eq(json_get_sv(step, "session"), session))
            break;
    }
    binding_group_hosts(f->m->b, f->group, &f->hosts);
    f->per_batch = make_batch_size(&f->group->group, f->hosts.n);
    f->batches = (f->hosts.n + f->per_batch - 1) / f->per_batch;
    for (size_t k = 0; k < f->batches; k++) {
        const struct make_batch b = make_batch_at(f, k);

        make_fleet_batch(f, &b);
    }
    vec_release(&f->hosts);
}

/* --- branches --- */

static bool make_same_batch(const json_t *a, const json_t *b)
{
    const json_t *x = json_object_get(a, "fleet"), *y = json_object_get(b, "fleet");

    return !x || !y || !sv_eq(json_get_sv(x, "group"), json_get_sv(y, "group")) ||
           json_get_int(x, "batch", 0) == json_get_int(y, "batch", 0);
}

/* The step itself, or it on a batch or a host. */
static bool make_is_copy_of(const json_t *step, struct sv id)
{
    struct sv rest = json_get_sv(step, "id");

    return sv_eat(&rest, id) &&
           (!rest.n || (sv_starts(rest, SV("@")) && sv_find_byte(rest, '/', 0) == SV_NPOS));
}

/* A branch belongs to each copy of the step that it is for; on the same group to that of its own batch. */
static void make_fleet_branch(const json_t *steps, json_t *step)
{
    const json_t *of = json_object_get(step, "branch_of");
    json_t *ids = json_array();

    for (size_t i = 0; i < json_array_size(of); i++)
        for (size_t k = 0; k < json_array_size(steps); k++) {
            const json_t *failed = json_array_get(steps, k);

            if (make_is_copy_of(failed, sv_from(json_string_value(json_array_get(of, i)))) &&
                make_same_batch(failed, step))
                json_append(ids, json_sv(json_get_sv(failed, "id")));
        }
    json_put(step, "branch_of", ids);
}

static void make_fleet_branches(json_t *steps)
{
    for (size_t i = 0; i < json_array_size(steps); i++)
        if (json_object_get(json_array_get(steps, i), "branch_of"))
            make_fleet_branch(steps, json_array_get(steps, i));
}

/* --- what looks at it --- */

/* The step whose output decides; NULL: none of this list. */
static const json_t *make_decider(const json_t *steps, struct sv when)
{
    for (size_t i = 0; i < json_array_size(steps); i++)
        if (runbook_id_matches(json_get_sv(json_array_get(steps, i), "id"), when))
            return json_array_get(steps, i);
    return NULL;
}

/* The output of a step on several hosts is not one text. */
static void make_fleet_choices(struct make *m, const json_t *steps)
{
    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *step = json_array_get(steps, i);
        const json_t *choices = json_object_get(step, "choices");

        for (size_t k = 0; k < json_array_size(choices); k++) {
            struct sv when = json_get_sv(json_array_get(choices, k), "when");

            if (json_object_get(make_decider(steps, when), "fleet"))
                make_question(m, (size_t)json_get_int(step, "line", 0), "choice", true,
                              arena_fmt(m->arena,
                                        "the choice looks at the output of step %.*s, which runs "
                                        "on several hosts",
                                        SV_FMT(when)),
                              SV("choices: {STEP: yes} or no, or another step"));
        }
    }
}

json_t *make_fleets(struct make *m, json_t *steps)
{
    CLEANUP(regex_freep) struct regex *tells = regex_must(fleet_tells, REGEX_NOCASE);
    CLEANUP(regex_freep) struct regex *each = regex_must(fleet_each, REGEX_NOCASE);
    struct make_fleet f = {
        .m = m, .steps = steps, .tells = tells, .each = each, .out = json_array()};

    make_fleet_choices(m, steps);
    while (f.from < json_array_size(steps)) {
        json_t *step = json_array_get(steps, f.from);

        if (json_object_get(step, "fleet")) {
            make_fleet_all(&f);
            f.from = f.end;
        } else {
            json_append(f.out, json_incref(step));
            f.from++;
        }
    }
    json_decref(steps);
    make_fleet_branches(f.out);
    return f.out;
}
