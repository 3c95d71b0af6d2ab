#include "plan/plan.h"

#include <math.h>

#include "base/suggest.h"
#include "base/sv.h"
#include "plan/gate_watch.h"

#define PLAN_FORMAT     1
#define PLAN_LONGEST_MS (INT64_MAX / 1000000) /* 292 years: in nanoseconds it still fits */

const char *plan_undo_name(enum plan_undo u)
{
    static const char *const names[] = {
        [UNDO_NOTHING] = "nothing",   [UNDO_INVERSE] = "inverse", [UNDO_SECTION] = "section",
        [UNDO_ACCEPTED] = "accepted", [UNDO_GAP] = "gap",
    };

    assert((unsigned)u < UNDO__N);
    return names[u];
}

struct sv plan_command(const struct plan_step *s)
{
    return s->n_on == 1 ? s->on[0].command : s->command;
}

const char *plan_undo_by_name(enum plan_undo_by by)
{
    static const char *const names[] = {
        [UNDO_BY_NOTHING] = "",
        [UNDO_BY_NAME] = "name",
        [UNDO_BY_THING] = "thing",
        [UNDO_BY_KIND] = "kind",
    };

    assert(by < UNDO_BY__N);
    return names[by];
}

/* Index of a name in a list made by `name_of`, or n. */
static unsigned plan_enum(struct sv name, const char *(*name_of)(unsigned), unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (sv_eq(name, sv_from(name_of(i))))
            return i;
    return n;
}

static const char *plan_form_name(unsigned i)
{
    return rb_expect_name((enum rb_expect_form)i);
}

static const char *plan_op_name(unsigned i)
{
    return rb_op_text((enum rb_op)i);
}

static const char *plan_undo_name_at(unsigned i)
{
    return plan_undo_name((enum plan_undo)i);
}

/* --- reading the JSON; what is absent is empty --- */

static size_t plan_size(const json_t *object, const char *key)
{
    const json_t *v = json_object_get(object, key);

    return json_is_array(v) ? json_array_size(v) : 0;
}

static size_t plan_line(const json_t *object, const char *key)
{
    int64_t v = json_get_int(object, key, 0);

    return v > 0 ? (size_t)v : 0;
}

static struct sv plan_text(const json_t *v)
{
    return json_is_string(v) ? (struct sv){json_string_value(v), json_string_length(v)}
                             : (struct sv){NULL, 0};
}

static struct sv *plan_texts(struct arena *a, const json_t *array, size_t *n)
{
    size_t size = json_is_array(array) ? json_array_size(array) : 0;
    struct sv *v = ARENA_NEWN(a, struct sv, size);

    for (size_t i = 0; i < size; i++)
        v[i] = plan_text(json_array_get(array, i));
    *n = size;
    return v;
}

static struct binding_pair *plan_pairs(struct arena *a, json_t *object, size_t *n)
{
    size_t size = json_is_object(object) ? json_object_size(object) : 0;
    struct binding_pair *v = ARENA_NEWN(a, struct binding_pair, size);
    const char *key;
    json_t *value;
    size_t i = 0;

    if (size)
        json_object_foreach(object, key, value) v[i++] =
            (struct binding_pair){sv_from(key), plan_text(value), 0};
    *n = size;
    return v;
}

static struct plan_source *plan_sources(struct arena *a, json_t *object, size_t *n)
{
    struct plan_source *v = ARENA_NEWN(a, struct plan_source, json_object_size(object));
    const char *key;
    json_t *j;
    size_t i = 0;

    json_object_foreach(object, key, j) v[i++] =
        (struct plan_source){.name = sv_from(key),
                             .kind = json_get_sv(j, "kind"),
                             .unit = json_get_sv(j, "unit"),
                             .settings = json_object_get(j, "settings")};
    *n = i;
    return v;
}

static void plan_load_flags(struct plan *p)
{
    json_t *flags = json_object_get(p->json, "flags"), *j;
    const json_t *files = json_object_get(p->json, "flag_files");
    const char *key;

    p->flags = ARENA_NEWN(&p->arena, struct plan_flag, json_object_size(flags));
    json_object_foreach(flags, key, j)
    {
        struct sv consumers = json_get_sv(j, "consumers");

        p->flags[p->n_flags++] =
            (struct plan_flag){.name = sv_from(key),
                               .definitions = json_get_sv(j, "definitions"),
                               .consumers = consumers,
                               .text = json_get_sv(files, arena_strdup(&p->arena, consumers)),
                               .off = json_get_sv(j, "off"),
                               .within_ms = json_get_int(j, "within_ms", 0),
                               .rehearsal = json_get_bool(j, "rehearsal", false),
                               .settings = j};
    }
}

const struct plan_flag *plan_find_flag(const struct plan *p, struct sv name)
{
    for (size_t i = 0; i < p->n_flags; i++)
        if (sv_eq(p->flags[i].name, name))
            return &p->flags[i];
    return NULL;
}

static enum err_code plan_load_expect(struct plan *p, const json_t *j, int depth,
                                      struct plan_expect *ret, struct err *err)
{
    const json_t *any = json_object_get(j, "any");
    unsigned form = plan_enum(json_get_sv(j, "form"), plan_form_name, EXPECT__N);
    unsigned op = plan_enum(json_get_sv(j, "op"), plan_op_name, OP__N);

    if (form == EXPECT__N || depth > 4)
        return err_set(err, ERR_CORRUPT, "plan: unknown expectation '%s'",
                       json_get_str(j, "form", ""));
    ret->machine = json_get_bool(j, "machine", false);
    ret->e = (struct rb_expect){.form = (enum rb_expect_form)form,
                                .line = plan_line(j, "line"),
                                .source = json_get_sv(j, "text"),
                                .text = json_get_sv(j, "arg"),
                                .value = json_get_sv(j, "value"),
                                .op = op == OP__N ? OP_EQ : (enum rb_op)op,
                                .number = json_get_real(j, "number", 0),
                                .number2 = json_get_real(j, "number2", 0),
                                .unit = json_get_sv(j, "unit")};
    ret->n_any = json_is_array(any) ? json_array_size(any) : 0;
    ret->any = ARENA_NEWN(&p->arena, struct plan_expect, ret->n_any);
    for (size_t i = 0; i < ret->n_any; i++)
        if (plan_load_expect(p, json_array_get(any, i), depth + 1, &ret->any[i], err) != ERR_OK)
            return err->code;
    return ERR_OK;
}

const struct plan_decision *plan_decision(const struct plan *p, struct sv id)
{
    for (size_t i = 0; i < p->n_decisions; i++)
        if (sv_eq(p->decisions[i].id, id))
            return &p->decisions[i];
    return NULL;
}

const struct plan_option *plan_option(const struct plan_decision *d, struct sv id)
{
    for (size_t i = 0; i < d->n_options; i++)
        if (sv_eq(d->options[i].id, id))
            return &d->options[i];
    return NULL;
}

static void plan_load_decisions(struct plan *p)
{
    const json_t *list = json_object_get(p->json, "decisions");

    p->n_decisions = plan_size(p->json, "decisions");
    p->decisions = ARENA_NEWN(&p->arena, struct plan_decision, p->n_decisions);
    for (size_t i = 0; i < p->n_decisions; i++) {
        const json_t *j = json_array_get(list, i), *options = json_object_get(j, "options");
        struct plan_decision *d = &p->decisions[i];

        d->id = json_get_sv(j, "id");
        d->n_options = plan_size(j, "options");
        d->options = ARENA_NEWN(&p->arena, struct plan_option, d->n_options);
        for (size_t k = 0; k < d->n_options; k++) {
            const json_t *o = json_array_get(options, k);

            d->options[k] = (struct plan_option){
                .id = json_get_sv(o, "id"),
                .title = json_get_sv(o, "title"),
                .condition = json_get_sv(o, "condition"),
                .line = plan_line(o, "line"),
                .after_failure = json_get_bool(o, "after_failure", false),
            };
        }
    }
}

static enum err_code plan_load_choices(struct plan *p, const json_t *j, struct plan_step *s,
                                       struct err *err)
{
    const json_t *choices = json_object_get(j, "choices");

    s->n_choices = plan_size(j, "choices");
    s->choices = ARENA_NEWN(&p->arena, struct plan_choice, s->n_choices);
    for (size_t i = 0; i < s->n_choices; i++) {
        const json_t *c = json_array_get(choices, i);

        s->choices[i] = (struct plan_choice){json_get_sv(c, "part"), json_get_sv(c, "text"),
                                             json_get_sv(c, "when"), json_get_sv(c, "contains"),
                                             json_get_sv(c, "ask"),  json_get_sv(c, "if_failed")};
        if (s->choices[i].ask.n && !s->skip.n) { /* what is left out is not asked about */
            const struct plan_decision *d = plan_decision(p, s->choices[i].ask);

            if (!d || !plan_option(d, s->choices[i].part))
                return err_set(err, ERR_CORRUPT, "plan: step %.*s asks for a decision without it",
                               SV_FMT(s->id));
        }
    }
    return ERR_OK;
}

static void plan_load_warnings(struct plan *p, const json_t *j, struct plan_step *s)
{
    const json_t *list = json_object_get(j, "warnings");

    s->n_warnings = plan_size(j, "warnings");
    s->warnings = ARENA_NEWN(&p->arena, struct plan_warning, s->n_warnings);
    for (size_t i = 0; i < s->n_warnings; i++) {
        const json_t *w = json_array_get(list, i);

        s->warnings[i] =
            (struct plan_warning){json_get_sv(w, "text"), (size_t)json_get_int(w, "line", 0)};
    }
}

static void plan_load_dropped(struct plan *p, const json_t *j, struct plan_step *s)
{
    const json_t *list = json_object_get(j, "dropped");

    s->n_dropped = plan_size(j, "dropped");
    s->dropped = ARENA_NEWN(&p->arena, struct plan_dropped, s->n_dropped);
    for (size_t i = 0; i < s->n_dropped; i++) {
        const json_t *d = json_array_get(list, i);

        s->dropped[i] = (struct plan_dropped){json_get_sv(d, "text"), json_get_sv(d, "reason"),
                                              plan_line(d, "line")};
    }
}

/* A sign-off of the document about which the binding says nothing: one approval. */
static void plan_default_gate(struct plan *p, struct plan_step *s)
{
    bool approval = sv_eq(s->kind, SV("approval")) && !s->skip.n;
    struct plan_gate *more;

    for (size_t i = 0; i < s->n_gates; i++)
        approval = approval && s->gates[i].kind != PLAN_GATE_APPROVE;
    if (!approval)
        return;
    more = ARENA_NEWN(&p->arena, struct plan_gate, s->n_gates + 1);
    more[0] = (struct plan_gate){
        .kind = PLAN_GATE_APPROVE, .text = SV("an approval"), .need = 1, .not_self = true};
    for (size_t i = 0; i < s->n_gates; i++)
        more[i + 1] = s->gates[i];
    s->gates = more;
    s->n_gates++;
}

static void plan_load_remote(struct plan *p, const json_t *remote, struct plan_step *s)
{
    s->address = json_get_sv(remote, "address");
    s->ssh = plan_texts(&p->arena, json_object_get(remote, "ssh"), &s->n_ssh);
    s->login = json_get_bool(remote, "login", false);
}

/* What is asked of this host: its own address, where that of the step is a pattern for all. */
static struct sv plan_own_command(const json_t *own, struct sv command)
{
    const json_t *url = json_object_get(own, "url"), *piece = json_array_get(url, 0);

    return json_array_size(url) == 1 && json_is_string(piece) ? sv_from(json_string_value(piece))
                                                              : command;
}

/* The step on each of its hosts. */
static enum err_code plan_load_fleet(struct plan *p, const json_t *fleet, struct plan_step *s,
                                     struct err *err)
{
    const json_t *hosts = json_object_get(fleet, "hosts");
    struct plan_step one = *s;

    s->group = json_get_sv(fleet, "group");
    s->batch = plan_line(fleet, "batch");
    s->n_batches = plan_line(fleet, "batches");
    s->n_on = plan_size(fleet, "hosts");
    s->on = ARENA_NEWN(&p->arena, struct plan_step, s->n_on);
    one.kind = json_get_sv(s->action, "kind");
    for (size_t i = 0; i < s->n_on; i++) {
        const json_t *host = json_array_get(hosts, i), *own = json_object_get(host, "action");

        one.action = own ? own : json_object_get(s->action, "action");
        one.command = plan_own_command(own, s->command);
        one.host = json_get_sv(host, "name");
        one.session = arena_fmt(&p->arena, "%.*s/%.*s", SV_FMT(s->session), SV_FMT(one.host));
        plan_load_remote(p, host, &one);
        if (!one.host.n || !json_is_object(one.action))
            return err_set(err, ERR_CORRUPT, "plan: step '%.*s' has a host without name or action",
                           SV_FMT(s->id));
        s->on[i] = one;
    }
    if (!s->n_on || !one.kind.n || sv_eq(one.kind, SV("fleet")))
        return err_set(err, ERR_CORRUPT, "plan: step '%.*s' has no hosts, or nothing to do there",
                       SV_FMT(s->id));
    return ERR_OK;
}

static enum plan_undo_by plan_load_by(const json_t *undo)
{
    struct sv by = json_get_sv(undo, "by");

    for (unsigned i = 0; i < UNDO_BY__N; i++)
        if (by.n && sv_eq(by, sv_from(plan_undo_by_name((enum plan_undo_by)i))))
            return (enum plan_undo_by)i;
    return UNDO_BY_NOTHING;
}

static void plan_load_undoes(struct plan *p, const json_t *j, struct plan_step *s)
{
    const json_t *list = json_object_get(j, "undoes");

    if (!json_is_array(list))
        return;
    s->n_undoes = plan_size(j, "undoes");
    s->undoes = ARENA_NEWN(&p->arena, struct plan_undoes, s->n_undoes + 1);
    for (size_t i = 0; i < s->n_undoes; i++)
        s->undoes[i] = (struct plan_undoes){json_get_sv(json_array_get(list, i), "step"),
                                            plan_load_by(json_array_get(list, i))};
}

static enum err_code plan_load_step(struct plan *p, const json_t *j, struct plan_step *s,
                                    struct err *err)
{
    const json_t *expects = json_object_get(j, "expectations");
    const json_t *retry = json_object_get(j, "retry");
    const json_t *undo = json_object_get(j, "undo"), *answer = json_object_get(j, "answer");
    unsigned how = plan_enum(json_get_sv(undo, "how"), plan_undo_name_at, UNDO__N);

    *s = (struct plan_step){
        .id = json_get_sv(j, "id"),
        .role = json_get_sv(j, "role"),
        .kind = json_get_sv(j, "kind"),
        .host = json_get_sv(j, "host"),
        .session = json_get_sv(j, "session"),
        .part = json_get_sv(j, "part"),
        .title = json_get_sv(j, "title"),
        .note = json_get_sv(j, "note"),
        .command = json_get_sv(j, "command"),
        .effect = json_get_sv(j, "effect"),
        .line = plan_line(j, "line"),
        .end_line = plan_line(j, "end_line"),
        .action = json_object_get(j, "action"),
        .timeout_ms = json_get_int(j, "timeout_ms", 0),
        .wait_ms = json_get_int(j, "wait_ms", 0),
        .retries = json_get_int(j, "retries", 0),
        .retry_wait_ms = json_get_int(retry, "wait_ms", 0),
        .retry_max_ms = json_get_int(retry, "max_ms", 0),
        .retry_factor = json_get_real(retry, "factor", 1),
        .retry_jitter = json_get_real(retry, "jitter", 0),
        .on_failure = json_get_sv(j, "on_failure"),
        .branch = json_get_sv(j, "branch"),
        .if_failed = json_get_sv(j, "if_failed"),
        .undo = how == UNDO__N ? UNDO_GAP : (enum plan_undo)how,
        .undo_text = json_get_sv(undo, "text"),
        .undo_by = plan_load_by(undo),
        .undo_step = json_get_sv(undo, "step"),
        .verb = json_get_sv(j, "verb"),
        .answered = json_is_object(answer),
        .answer = json_get_bool(answer, "answer", false),
        .answer_by = json_get_sv(answer, "by"),
        .answer_note = json_get_sv(answer, "note"),
        .skip = json_get_sv(j, "skip"),
        .in_doubt = json_get_sv(j, "in_doubt"),
        .in_doubt_why = json_get_sv(j, "in_doubt_why"),
        .every_ms = json_get_int(j, "every_ms", 0),
    };
    plan_load_remote(p, json_object_get(j, "remote"), s);
    s->branch_of = plan_texts(&p->arena, json_object_get(j, "branch_of"), &s->n_branch_of);
    if (!s->id.n || !s->kind.n || !json_is_object(s->action))
        return err_set(err, ERR_CORRUPT, "plan: a step has no id, kind or action");
    s->n_expects = plan_size(j, "expectations");
    s->expects = ARENA_NEWN(&p->arena, struct plan_expect, s->n_expects);
    for (size_t i = 0; i < s->n_expects; i++)
        if (plan_load_expect(p, json_array_get(expects, i), 0, &s->expects[i], err) != ERR_OK)
            return err->code;
    if (plan_load_choices(p, j, s, err) != ERR_OK)
        return err->code;
    plan_load_undoes(p, j, s);
    plan_load_dropped(p, j, s);
    plan_load_warnings(p, j, s);
    if (plan_gates_load(&p->arena, json_object_get(j, "before"), &s->gates, &s->n_gates, err) !=
        ERR_OK)
        return err->code;
    plan_default_gate(p, s);
    if (sv_eq(s->kind, SV("fleet")))
        return plan_load_fleet(p, json_object_get(j, "fleet"), s, err);
    return ERR_OK;
}

static enum err_code plan_load_steps(struct plan *p, const char *key, struct plan_step **ret,
                                     size_t *n, struct err *err)
{
    const json_t *steps = json_object_get(p->json, key);

    *n = plan_size(p->json, key);
    *ret = ARENA_NEWN(&p->arena, struct plan_step, *n);
    for (size_t i = 0; i < *n; i++)
        if (plan_load_step(p, json_array_get(steps, i), &(*ret)[i], err) != ERR_OK)
            return err->code;
    return ERR_OK;
}

static void plan_load_rules(struct plan *p)
{
    const json_t *rules = json_object_get(p->json, "rules");

    p->n_rules = plan_size(p->json, "rules");
    p->rules = ARENA_NEWN(&p->arena, struct plan_rule, p->n_rules);
    for (size_t i = 0; i < p->n_rules; i++) {
        const json_t *r = json_array_get(rules, i);

        p->rules[i] = (struct plan_rule){.id = json_get_sv(r, "id"),
                                         .source = json_get_sv(r, "source"),
                                         .text = json_get_sv(r, "text"),
                                         .reason = json_get_sv(r, "reason"),
                                         .phase = json_get_sv(r, "phase"),
                                         .person = json_get_sv(r, "person"),
                                         .line = plan_line(r, "line"),
                                         .at_ms = json_get_int(r, "at_ms", -1),
                                         .dropped = json_get_bool(r, "dropped", false)};
    }
}

static void plan_load_checkpoints(struct plan *p)
{
    const json_t *list = json_object_get(p->json, "checkpoints");

    p->n_checkpoints = plan_size(p->json, "checkpoints");
    p->checkpoints = ARENA_NEWN(&p->arena, struct plan_checkpoint, p->n_checkpoints);
    for (size_t i = 0; i < p->n_checkpoints; i++) {
        const json_t *j = json_array_get(list, i), *items = json_object_get(j, "items");
        struct plan_checkpoint *c = &p->checkpoints[i];

        c->name = json_get_sv(j, "name");
        c->phase = json_get_sv(j, "phase");
        c->at_ms = json_get_int(j, "at_ms", 0);
        c->line = plan_line(j, "line");
        c->n_items = plan_size(j, "items");
        c->items = ARENA_NEWN(&p->arena, struct plan_checkpoint_item, c->n_items);
        for (size_t k = 0; k < c->n_items; k++) {
            const json_t *item = json_array_get(items, k);

            c->items[k].text = json_get_sv(item, "text");
            c->items[k].ask = json_get_bool(item, "ask", false);
            c->items[k].rules =
                plan_texts(&p->arena, json_object_get(item, "rules"), &c->items[k].n_rules);
        }
    }
}

static void plan_load_version(const json_t *j, struct plan_version *v)
{
    v->url = json_get_sv(j, "url");
    v->field = json_get_sv(j, "field");
    v->command = json_get_sv(j, "command");
    v->newer_than = json_get_sv(j, "newer_than");
    v->is = json_object_get(j, "is");
}

static void plan_load_services(struct plan *p)
{
    const json_t *list = json_object_get(p->json, "services");

    p->n_services = plan_size(p->json, "services");
    p->services = ARENA_NEWN(&p->arena, struct plan_service, p->n_services);
    for (size_t i = 0; i < p->n_services; i++) {
        const json_t *j = json_array_get(list, i);
        struct plan_service *s = &p->services[i];

        s->name = json_get_sv(j, "name");
        s->manager = json_get_sv(j, "manager");
        if (!s->manager.n)
            s->manager = SV("process"); /* plans made before there were others */
        s->unit = json_get_sv(j, "unit");
        s->socket = json_get_sv(j, "socket");
        s->url = json_get_sv(j, "url");
        s->project = json_get_sv(j, "project");
        s->dir = json_get_sv(j, "dir");
        s->stable_ms = json_get_int(j, "stable_ms", 0);
        s->crashes = json_get_int(j, "crashes", 0);
        s->ready = json_get_sv(j, "ready");
        plan_load_version(json_object_get(j, "version"), &s->version);
        s->pid_file = json_get_sv(j, "pid_file");
        s->log = json_get_sv(j, "log");
        s->workdir = json_get_sv(j, "workdir");
        s->start_timeout_ms = json_get_int(j, "start_timeout_ms", 30000);
        s->stop_timeout_ms = json_get_int(j, "stop_timeout_ms", 30000);
        s->command = plan_texts(&p->arena, json_object_get(j, "command"), &s->n_command);
    }
}

static void plan_load_proposals(struct plan *p)
{
    const json_t *list = json_object_get(p->json, "proposals");

    p->n_proposals = plan_size(p->json, "proposals");
    p->proposals = ARENA_NEWN(&p->arena, struct plan_proposal, p->n_proposals);
    for (size_t i = 0; i < p->n_proposals; i++) {
        const json_t *j = json_array_get(list, i);

        p->proposals[i] = (struct plan_proposal){.id = json_get_sv(j, "id"),
                                                 .file = json_get_sv(j, "file"),
                                                 .source = json_get_sv(j, "source"),
                                                 .text = json_get_sv(j, "text"),
                                                 .answer_with = json_get_sv(j, "answer_with"),
                                                 .line = (size_t)json_get_int(j, "line", 0)};
    }
}

static void plan_load_questions(struct plan *p)
{
    const json_t *list = json_object_get(p->json, "questions");

    p->n_questions = plan_size(p->json, "questions");
    p->questions = ARENA_NEWN(&p->arena, struct plan_question, p->n_questions);
    for (size_t i = 0; i < p->n_questions; i++) {
        const json_t *q = json_array_get(list, i);

        p->questions[i] =
            (struct plan_question){.file = json_get_sv(q, "file"),
                                   .kind = json_get_sv(q, "kind"),
                                   .text = json_get_sv(q, "text"),
                                   .answer_with = json_get_sv(q, "answer_with"),
                                   .line = plan_line(q, "line"),
                                   .at_plan = sv_eq(json_get_sv(q, "when"), SV("plan"))};
    }
}

static void plan_load_messages(struct plan *p)
{
    const json_t *list = json_object_get(p->json, "messages");

    p->n_messages = plan_size(p->json, "messages");
    p->messages = ARENA_NEWN(&p->arena, struct plan_message, p->n_messages);
    for (size_t i = 0; i < p->n_messages; i++) {
        const json_t *m = json_array_get(list, i);

        p->messages[i] = (struct plan_message){.when = json_get_sv(m, "when"),
                                               .trigger = json_get_sv(m, "trigger"),
                                               .line = plan_line(m, "line"),
                                               .text = json_object_get(m, "text")};
    }
}

static void plan_load_parts(struct plan *p)
{
    const json_t *list = json_object_get(p->json, "parts");

    p->n_parts = plan_size(p->json, "parts");
    p->parts = ARENA_NEWN(&p->arena, struct plan_part, p->n_parts);
    for (size_t i = 0; i < p->n_parts; i++) {
        const json_t *j = json_array_get(list, i);

        p->parts[i] = (struct plan_part){json_get_sv(j, "id"), json_get_sv(j, "title"),
                                         json_get_sv(j, "number"), json_get_sv(j, "role"),
                                         plan_line(j, "line")};
    }
    for (size_t i = p->n_parts; i-- > 0;)
        (void)map_put(&p->part_ids, p->parts[i].id, i);
}

const struct plan_part *plan_part(const struct plan *p, struct sv id)
{
    size_t at;

    return map_get(&p->part_ids, id, &at) ? &p->parts[at] : NULL;
}

void plan_add_number(const struct plan_part *part, struct strbuf *out)
{
    struct sv number = part->number;
    size_t word = sv_find_byte(number, '-', 0);

    if (!number.n)
        return;
    if (word == SV_NPOS || word == 0 || !ascii_is_alpha(*number.p) || ascii_is_upper(*number.p)) {
        strbuf_addf(out, "%.*s ", SV_FMT(number));
        return;
    }
    strbuf_add_byte(out, ascii_upper(*number.p));
    strbuf_addf(out, "%.*s %.*s: ", SV_FMT(sv_sub(number, 1, word)),
                SV_FMT(sv_sub(number, word + 1, number.n)));
}

static void plan_load_people(struct plan *p)
{
    const json_t *list = json_object_get(p->json, "people");

    p->n_people = plan_size(p->json, "people");
    p->people = ARENA_NEWN(&p->arena, struct plan_person, p->n_people);
    for (size_t i = 0; i < p->n_people; i++) {
        const json_t *j = json_array_get(list, i);
        struct plan_person *who = &p->people[i];

        who->name = json_get_sv(j, "name");
        who->roles = plan_texts(&p->arena, json_object_get(j, "roles"), &who->n_roles);
        who->logins = plan_texts(&p->arena, json_object_get(j, "logins"), &who->n_logins);
    }
}

static void plan_load_variables(struct plan *p)
{
    const json_t *list = json_object_get(p->json, "variables");

    p->n_variables = plan_size(p->json, "variables");
    p->variables = ARENA_NEWN(&p->arena, struct plan_variable, p->n_variables);
    for (size_t i = 0; i < p->n_variables; i++) {
        const json_t *v = json_array_get(list, i);

        p->variables[i] = (struct plan_variable){json_get_sv(v, "name"), json_get_sv(v, "value"),
                                                 json_get_sv(v, "command")};
    }
}

static enum err_code plan_load_all(struct plan *p, struct err *err)
{
    json_t *watch = json_object_get(p->json, "watch");

    if (json_get_int(p->json, "format", 0) != PLAN_FORMAT)
        return err_set(err, ERR_INVALID, "the plan has format %lld, this prusik knows %d",
                       (long long)json_get_int(p->json, "format", 0), PLAN_FORMAT);
    if (!hash_from_hex(json_get_sv(p->json, "hash"), &p->hash))
        return err_set(err, ERR_CORRUPT, "the plan has no hash");
    if (!hash_from_hex(json_get_sv(p->json, "approval"), &p->approval))
        p->approval = p->hash; /* of an older plan */
    p->document = json_get_sv(p->json, "document");
    p->title = json_get_sv(p->json, "title");
    p->environment = json_get_sv(p->json, "environment");
    p->operator_name = json_get_sv(p->json, "operator");
    p->workdir = json_get_sv(p->json, "workdir");
    p->on_failure = json_get_sv(p->json, "on_failure");
    p->flag = json_get_sv(json_object_get(p->json, "maintenance"), "flag");
    p->watch_only = json_get_bool(p->json, "watch_only", false);
    p->time_scale = json_get_real(p->json, "time_scale", 1);
    p->env = plan_pairs(&p->arena, json_object_get(p->json, "env"), &p->n_env);
    p->secrets = plan_texts(&p->arena, json_object_get(p->json, "secrets"), &p->n_secrets);
    p->approvers = plan_texts(&p->arena, json_object_get(p->json, "approvers"), &p->n_approvers);
    plan_load_people(p);
    p->scrape = json_get_sv(watch, "scrape");
    p->listen = json_get_sv(watch, "listen");
    p->interval_ms = json_get_int(watch, "interval_ms", 15000);
    p->until_ms = json_get_int(watch, "until_ms", 0);
    p->baseline_ms = json_get_int(watch, "baseline_ms", 2 * p->interval_ms);
    p->until_fixed = json_get_bool(watch, "until_fixed", false);
    p->probes = plan_pairs(&p->arena, json_object_get(watch, "probes"), &p->n_probes);
    p->aliases = plan_pairs(&p->arena, json_object_get(watch, "aliases"), &p->n_aliases);
    p->sources = plan_sources(&p->arena, json_object_get(watch, "sources"), &p->n_sources);
    p->receivers = plan_sources(&p->arena, json_object_get(p->json, "notify"), &p->n_receivers);
    plan_load_flags(p);
    plan_load_variables(p);
    plan_load_rules(p);
    plan_load_checkpoints(p);
    plan_load_services(p);
    plan_load_questions(p);
    plan_load_proposals(p);
    plan_load_messages(p);
    plan_load_parts(p);
    plan_load_decisions(p);
    if (plan_load_steps(p, "steps", &p->steps, &p->n_steps, err) != ERR_OK)
        return err->code;
    return plan_load_steps(p, "way_back", &p->way_back, &p->n_way_back, err);
}

enum err_code plan_load(json_t *json, struct plan *ret, struct err *err)
{
    struct plan p = {.json = json};

    if (plan_load_all(&p, err) != ERR_OK) {
        plan_release(&p);
        return err->code;
    }
    *ret = p;
    return ERR_OK;
}

void plan_release(struct plan *p)
{
    json_decref(p->json);
    map_release(&p->part_ids);
    arena_release(&p->arena);
    *p = (struct plan){0};
}

/* --- questions about a plan --- */

struct plan_search {
    struct sv ref;
    struct suggest near;
    const struct plan_step *exact, *ends; /* called so; one whose id ends so */
    const struct plan_step *in;           /* the first of a part that is called so */
    size_t n_ends, n_in;
};

static bool plan_ends_with(struct sv id, struct sv ref)
{
    return sv_ends(id, ref) && id.n > ref.n && id.p[id.n - ref.n - 1] == '/';
}

/* "2.3", as its heading has it, of a step in "phase-2/2.3" or below that. */
static bool plan_is_in(struct sv part, struct sv ref)
{
    while (part.n && !sv_eq(part, ref) && !plan_ends_with(part, ref)) {
        size_t slash = part.n;

        while (slash > 0 && part.p[slash - 1] != '/')
            slash--;
        part.n = slash ? slash - 1 : 0;
    }
    return part.n > 0;
}

static void plan_search_in(struct plan_search *f, const struct plan_step *v, size_t n)
{
    struct sv ref = f->ref;

    for (size_t i = 0; i < n; i++) {
        struct sv id = v[i].id;

        if (sv_eq(id, ref))
            f->exact = &v[i];
        suggest_offer(&f->near, id);
        if (plan_is_in(v[i].part, ref) && f->n_in++ == 0)
            f->in = &v[i];
        if (!plan_ends_with(id, ref))
            continue;
        f->ends = &v[i];
        f->n_ends++;
        f->near.best = id;
        f->near.distance = 0;
    }
}

const struct plan_step *plan_find(const struct plan *p, struct sv ref, struct sv *nearest)
{
    struct plan_search f = {.ref = ref, .near = suggest_begin(ref)};

    plan_search_in(&f, p->steps, p->n_steps);
    plan_search_in(&f, p->way_back, p->n_way_back);
    *nearest = f.n_in && !f.n_ends ? f.in->id : f.near.best;
    if (f.exact)
        return f.exact;
    if (f.n_ends)
        return f.n_ends == 1 ? f.ends : NULL;
    return f.n_in == 1 ? f.in : NULL;
}

size_t plan_open(const struct plan *p, bool attended)
{
    size_t n = 0;

    for (size_t i = 0; i < p->n_questions; i++)
        n += p->questions[i].at_plan || !attended;
    return n;
}

int64_t plan_scale(const struct plan *p, int64_t ms)
{
    double exact = (double)ms * p->time_scale;
    int64_t scaled = exact < (double)PLAN_LONGEST_MS ? (int64_t)llround(exact) : PLAN_LONGEST_MS;

    return ms > 0 && scaled < 1 ? 1 : scaled;
}

bool plan_judges(const struct plan *p)
{
    bool judged = false;

    for (size_t i = 0; i < p->n_rules; i++)
        judged |= !p->rules[i].dropped;
    return judged;
}

int64_t plan_bound(const struct plan *p, int64_t ms)
{
    return p->time_scale > 1 ? plan_scale(p, ms) : ms;
}

/* --- gates --- */

struct plan_crowd plan_crowd(const struct plan *p)
{
    return (struct plan_crowd){p->people, p->n_people, p->approvers, p->n_approvers};
}

static enum err_code plan_check_people(const struct plan *p, const struct plan_step *s,
                                       const struct plan_gate *g, struct err *err)
{
    struct plan_crowd crowd = plan_crowd(p);
    size_t n = plan_gate_eligible(g, &crowd, p->operator_name);

    if (g->kind != PLAN_GATE_APPROVE || n == SIZE_MAX || (uint64_t)g->need <= n)
        return ERR_OK;
    (void)err_set(err, ERR_REFUSED,
                  "step %.*s can never begin: it needs %.*s, and only %zu may give one%s",
                  SV_FMT(s->id), SV_FMT(g->text), n, g->not_self ? ", without the operator" : "");
    return err_hint(err, "see gates, people and approvers in prusik.yaml");
}

static enum err_code plan_check_step(const struct plan *p, const struct plan_step *s, int64_t now_s,
                                     plan_zones *zones, struct err *err)
{
    for (size_t i = 0; i < s->n_gates; i++)
        if (plan_zones_open(zones, &s->gates[i], err) != ERR_OK ||
            plan_gate_check_rule(p, &s->gates[i], err) != ERR_OK ||
            plan_check_people(p, s, &s->gates[i], err) != ERR_OK)
            return err->code;
    if (plan_gates_open_s(s->gates, s->n_gates, zones, now_s) != PLAN_GATE_FOREVER)
        return ERR_OK;
    (void)err_set(err, ERR_REFUSED,
                  "step %.*s can never begin: within a year its window is never open",
                  SV_FMT(s->id));
    return err_hint(err, "see window and freeze in prusik.yaml, line %zu",
                    s->gates[s->n_gates - 1].line);
}

enum err_code plan_check_gates(const struct plan *p, int64_t now_s, struct err *err)
{
    plan_zones zones = {0};
    enum err_code rc = ERR_OK;

    for (size_t i = 0; rc == ERR_OK && i < p->n_steps + p->n_way_back; i++) {
        const struct plan_step *s = i < p->n_steps ? &p->steps[i] : &p->way_back[i - p->n_steps];

        if (s->n_gates && !s->skip.n)
            rc = plan_check_step(p, s, now_s, &zones, err);
    }
    plan_zones_release(&zones);
    return rc;
}
