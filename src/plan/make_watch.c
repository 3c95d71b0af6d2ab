/*
 * What is watched after the deployment: rules, checkpoints, sources.
 */
#include "base/file.h"
#include "base/sv.h"
#include "plan/make_int.h"
#include "plan/plan_rules.h"
#include "runbook/prose.h"

static struct sv make_moment(struct make *m, int64_t ms)
{
    static const struct {
        int64_t unit;
        const char *letter;
    } units[] = {{604800000, "w"}, {86400000, "d"}, {3600000, "h"}, {60000, "m"}, {1000, "s"}};

    for (size_t i = 0; i < ARRAY_LEN(units); i++)
        if (ms >= units[i].unit && ms % units[i].unit == 0)
            return arena_fmt(m->arena, "T+%lld%s", (long long)(ms / units[i].unit),
                             units[i].letter);
    return arena_fmt(m->arena, "T+%lldms", (long long)ms);
}

/* Behind the end of the watch that the binding sets: nothing is asked about it. */
static bool make_is_late(const struct make *m, int64_t at_ms)
{
    return m->b->until_ms >= 0 && at_ms > m->b->until_ms;
}

json_t *make_rule(struct sv id, struct sv source, struct sv text, size_t line,
                  const struct binding_pair *drop)
{
    json_t *j = json_object();

    json_put_sv(j, "id", id);
    json_put_int(j, "line", (int64_t)line);
    json_put_sv(j, "source", source);
    json_put_sv(j, "text", text);
    json_put_int(j, "at_ms", -1);
    json_put_bool(j, "dropped", drop != NULL);
    if (drop)
        json_put_sv(j, "reason", drop->value);
    return j;
}

/* A rule of the binding that has the id of one of the document stands for it. */
static const struct binding_pair *make_instead(const struct make *m, struct sv id)
{
    for (size_t i = 0; i < m->b->rules.n; i++)
        if (sv_eq(m->b->rules.v[i].name, id))
            return &m->b->rules.v[i];
    return NULL;
}

/* "deploy.md:328", and "deploy.md:328#2" of the second rule of that line: two of one name would be taken for one. */
static struct sv make_rule_id(const struct make *m, size_t number)
{
    const struct rb_rule *all = m->rb->rules;
    struct sv place = make_place(m, all[number].line);
    size_t nth = 1;

    for (size_t i = number; i-- > 0 && all[i].line == all[number].line;) /* they stand together */
        nth += !all[i].proposal;
    return nth == 1 ? place : arena_fmt(m->arena, "%.*s#%zu", SV_FMT(place), nth);
}

static bool make_is_instead(const struct make *m, struct sv name)
{
    for (size_t i = 0; i < m->rb->n_rules; i++)
        if (!m->rb->rules[i].proposal && sv_eq(make_rule_id(m, i), name))
            return true;
    return false;
}

/*
 * The moment of the document at which a rule is judged, -1: none.  One of the binding that stands for it and says itself when
 * (at T+20m, every 1h, for 5m, within 30m of deploy) keeps its own.
 */
static int64_t make_offset(const struct make *m, const struct rb_rule *r,
                           const struct binding_pair *instead, bool *own)
{
    struct rule_diag diag;
    struct rule *rule;
    struct err err;

    *own = false;
    if (!instead || rule_parse(m->arena, instead->value, &rule, &diag, &err) != ERR_OK)
        return r->offset_ms; /* what is wrong with it is told where all rules are checked */
    *own = rule->at.from != FROM_NONE || rule->every.us || rule->hold.us || rule->within.us;
    if (rule->at.from == FROM_DEPLOY)
        return rule->at.after.us / 1000;
    return *own ? -1 : r->offset_ms;
}

/* "rules: {ID: person}": nobody measures it. */
static bool make_is_person(const struct rb_rule *r, const struct binding_pair *instead,
                           const struct binding_pair *drop)
{
    if (drop)
        return false;
    return instead ? sv_is(instead->value, "person") : r->half;
}

/* What follows when it is so: as the document says it, or the rule that it would be. */
static struct sv make_person_action(const struct rb_rule *r)
{
    size_t at = sv_find(r->text, SV(" when "), 0);

    if (r->action.n)
        return r->action;
    return at == SV_NPOS ? SV("people look into it") : sv_sub(r->text, 0, at);
}

static void make_ask_condition(struct make *m, const struct rb_rule *r, struct sv id)
{
    struct sv drop = sv_ends(id, arena_fmt(m->arena, ":%zu", r->line))
                         ? arena_fmt(m->arena, "%zu", r->line)
                         : r->source; /* not all of its line */

    make_question(
        m, r->line, "metric", true,
        arena_fmt(m->arena, "this condition is not understood: \"%.*s\"", SV_FMT(r->source)),
        arena_fmt(
            m->arena,
            "drop: {\"%.*s\": why it is not judged}, or rules: {\"%.*s\": 'investigate when ...' (or person)}",
            SV_FMT(drop), SV_FMT(id)));
}

/* Why the document's own rule of the line is not judged; NULL: it is. */
static const struct binding_pair *make_rule_drop(struct make *m, const struct rb_rule *r,
                                                 const struct binding_pair *instead)
{
    const struct binding_pair *drop = make_dropped(m, r->line, r->source);
    struct sv place = make_place(m, r->line), left = make_part_left(m, r->part), why;
    struct binding_pair *dropped;

    if (drop || instead)
        return drop;
    if (left.n)
        why = left;                  /* with the steps of its part */
    else if (make_instead(m, place)) /* and it is the second of the line */
        why = arena_fmt(m->arena, "%.*s of %s stands for all of its line", SV_FMT(place),
                        path_base(m->b->path));
    else
        return NULL;
    dropped = ARENA_NEW(m->arena, struct binding_pair);
    dropped->value = why;
    return dropped;
}

static void make_document_rule(struct make *m, size_t number, json_t *rules)
{
    const struct rb_rule *r = &m->rb->rules[number];
    struct sv id = make_rule_id(m, number), phase = make_phase(m, r->part);
    const struct binding_pair *instead = make_instead(m, id);
    const struct binding_pair *drop = make_rule_drop(m, r, instead);
    bool own, person = make_is_person(r, instead, drop);
    struct sv text = person ? SV("") : instead ? instead->value : r->text;
    int64_t offset_ms = make_offset(m, r, instead, &own);
    json_t *j;

    if (text.n && offset_ms >= 0 && !own)
        text = arena_fmt(m->arena, "%.*s at %.*s", SV_FMT(text), SV_FMT(make_moment(m, offset_ms)));
    j = make_rule(id, r->source, text, r->line, drop);
    json_put_int(j, "at_ms", offset_ms);
    if (instead && !person)
        json_put_bool(j, "instead", true);
    if (person)
        json_put_sv(j, "person", make_person_action(r));
    if (phase.n)
        json_put_sv(j, "phase", phase);
    json_append(rules, j);
    if (!text.n && !person && !drop && !make_is_late(m, r->offset_ms))
        make_ask_condition(m, r, id);
}

/* A rule that the document's words would make, had anybody said what they are measured by: nobody judges it. */
static void make_proposed(struct make *m, const struct rb_rule *r, json_t *list)
{
    struct sv id = make_place(m, r->line);
    json_t *j;

    if (!r->text.n || make_instead(m, id) || make_dropped(m, r->line, r->source))
        return;
    j = json_object();
    json_put_sv(j, "id", id);
    json_put_str(j, "file", m->rb->doc->path);
    json_put_int(j, "line", (int64_t)r->line);
    json_put_sv(j, "source", r->source);
    json_put_sv(j, "text", r->text);
    json_put_sv(j, "answer_with",
                arena_fmt(m->arena, "rules: {\"%.*s\": '%.*s'}", SV_FMT(id), SV_FMT(r->text)));
    json_append(list, j);
}

static json_t *make_proposals(struct make *m)
{
    json_t *list = json_array();

    for (size_t i = 0; i < m->rb->n_rules; i++)
        if (m->rb->rules[i].proposal)
            make_proposed(m, &m->rb->rules[i], list);
    return list;
}

static json_t *make_rules(struct make *m)
{
    json_t *rules = json_array();

    for (size_t i = 0; i < m->rb->n_rules; i++)
        if (!m->rb->rules[i].proposal)
            make_document_rule(m, i, rules);
    for (size_t i = 0; i < m->b->rules.n; i++) {
        const struct binding_pair *p = &m->b->rules.v[i];

        if (make_is_instead(m, p->name))
            continue;
        /* its line is not the document's, so it is dropped by its text only */
        json_t *rule =
            make_rule(p->name, p->value, p->value, p->line, make_dropped(m, 0, p->value));

        json_put_str(rule, "file", m->b->path);
        json_append(rules, rule);
    }
    make_source_rules(m, rules);
    return rules;
}

/* --- checkpoints --- */

/* The items of the checkpoint at this moment after the mark of the phase; made when there is none. */
static json_t *make_checkpoint_at(struct make *m, json_t *list, int64_t at_ms, struct sv phase,
                                  size_t line)
{
    json_t *c;

    for (size_t i = 0; i < json_array_size(list); i++)
        if (json_get_int(json_array_get(list, i), "at_ms", -1) == at_ms &&
            sv_eq(json_get_sv(json_array_get(list, i), "phase"), phase))
            return json_object_get(json_array_get(list, i), "items");
    c = json_object();
    if (phase.n)
        json_put_sv(c, "phase", phase);
    json_put_sv(c, "name", make_moment(m, at_ms));
    json_put_int(c, "at_ms", at_ms);
    json_put_int(c, "line", (int64_t)line);
    json_put(c, "items", json_array());
    for (size_t i = 0; i <= json_array_size(list); i++) /* in order of time */
        if (i == json_array_size(list) ||
            json_get_int(json_array_get(list, i), "at_ms", -1) > at_ms) {
            (void)json_array_insert_new(list, i, c); /* fails only out of range */
            break;
        }
    return json_object_get(c, "items");
}

/* An item of the schedule at that moment.  Nobody looks by heart: without a rule it is a question. */
static void make_add_item(struct make *m, json_t *items, struct sv text, json_t *rules, size_t line,
                          int64_t at_ms)
{
    const struct binding_pair *drop = make_dropped(m, line, text);
    bool ask = json_array_size(rules) == 0 && !drop && !make_is_late(m, at_ms);
    json_t *j = json_object();

    json_put_sv(j, "text", text);
    json_put(j, "rules", rules);
    json_put_bool(j, "ask", ask);
    if (drop)
        json_put_sv(j, "reason", drop->value);
    json_append(items, j);
    if (ask)
        make_question(
            m, line, "checkpoint", false,
            arena_fmt(m->arena, "no rule says how '%.*s' is judged", SV_FMT(text)),
            arena_fmt(m->arena, "drop: {\"%.*s\": why}, or metrics and rules", SV_FMT(text)));
}

/* "all": everything that is judged is judged there. */
static bool make_item_is_all(struct sv item)
{
    static const struct sv words[] = {SV("all"), SV("all rules"), SV("all metrics"),
                                      SV("full metrics review")};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (sv_eq_nocase(item, words[i]))
            return true;
    return false;
}

/* A condition, and no checkpoint that names others. */
static bool make_is_judged(const json_t *rule)
{
    struct sv text = json_get_sv(rule, "text");

    return text.n && !sv_starts(text, SV("checkpoint ")) && !json_get_bool(rule, "dropped", false);
}

/*
 * The ids of all rules about a subject (of all, where the item says so) that stand, or are judged at that moment: those of the
 * phase, or with an empty one of all.
 */
static json_t *make_rules_about(const json_t *rules, struct sv item, struct sv subject,
                                int64_t at_ms, struct sv phase)
{
    json_t *ids = json_array();
    bool all = make_item_is_all(item);

    for (size_t i = 0; i < json_array_size(rules) && (all || subject.n); i++) {
        const json_t *r = json_array_get(rules, i);
        int64_t rule_at_ms = json_get_int(r, "at_ms", -1);

        if ((rule_at_ms < 0 || rule_at_ms == at_ms) && make_is_judged(r) &&
            (!phase.n || sv_eq(json_get_sv(r, "phase"), phase)) &&
            (all || sv_has_word(json_get_sv(r, "text"), subject)))
            json_append(ids, json_sv(json_get_sv(r, "id")));
    }
    return ids;
}

/* "checkpoint T+30m: errors", a rule of the binding: when it is, and -1 for any other. */
static int64_t make_checkpoint_rule(const struct make *m, struct sv text)
{
    struct rule_diag diag;
    struct rule *r;
    struct err err;

    if (!sv_starts(text, SV("checkpoint ")) ||
        rule_parse(m->arena, text, &r, &diag, &err) != ERR_OK || r->form != RULE_CHECKPOINT)
        return -1; /* what is wrong with it is told where all rules are checked */
    return r->at.after.us / 1000;
}

/* An item of a row of the schedule: in a phase it is judged by that one's rules, from its mark on, if it has any for it. */
static void make_look_at(struct make *m, struct prose_reader *prose, const struct rb_checkpoint *c,
                         struct sv item, const json_t *rules, json_t *list)
{
    struct sv phase = make_phase(m, c->part), subject = prose_subject(prose, item);
    json_t *ids = make_rules_about(rules, item, subject, c->offset_ms, phase);

    if (phase.n && !json_array_size(ids)) {
        json_decref(ids);
        phase = SV("");
        ids = make_rules_about(rules, item, subject, c->offset_ms, phase);
    }
    make_add_item(m, make_checkpoint_at(m, list, c->offset_ms, phase, c->line), item, ids, c->line,
                  c->offset_ms);
}

static json_t *make_checkpoints(struct make *m, const json_t *rules)
{
    CLEANUP(prose_reader_freep) struct prose_reader *prose = prose_reader_new();
    json_t *list = json_array();

    for (size_t i = 0; i < m->rb->n_checkpoints; i++) {
        const struct rb_checkpoint *c = &m->rb->checkpoints[i];
        struct sv rest = c->source, item;

        if (make_part_left(m, c->part).n)
            continue; /* of another environment, or of a part that the binding says no to */
        while (sv_split(&rest, ',', &item))
            make_look_at(m, prose, c, sv_trim(item), rules, list);
    }
    for (size_t i = 0; i < json_array_size(rules); i++) { /* "15-Minute Checks" */
        const json_t *r = json_array_get(rules, i);
        int64_t at_ms = json_get_int(r, "at_ms", -1),
                own_ms = make_checkpoint_rule(m, json_get_sv(r, "text"));
        json_t *ids;
        size_t line;

        if (own_ms >= 0) { /* it is one, and names its rules itself */
            json_put_int(json_array_get(rules, i), "at_ms", own_ms);
            continue;
        }
        if (at_ms < 0 || json_get_bool(r, "dropped", false) || !json_get_sv(r, "text").n)
            continue;
        ids = json_array();
        json_append(ids, json_sv(json_get_sv(r, "id")));
        line = (size_t)json_get_int(r, "line", 0);
        make_add_item(m, make_checkpoint_at(m, list, at_ms, json_get_sv(r, "phase"), line),
                      json_get_sv(r, "source"), ids, line, at_ms);
    }
    return list;
}

/* --- what people look at --- */

/* What nobody measures is asked at each moment of the schedule, and without one at the end of the watch. */
static void make_add_person(struct make *m, const json_t *rule, json_t *checkpoints,
                            int64_t until_ms)
{
    size_t line = (size_t)json_get_int(rule, "line", 0), asked = 0;
    struct sv text =
        arena_fmt(m->arena, "not so: %.*s (else: %.*s)", SV_FMT(json_get_sv(rule, "source")),
                  SV_FMT(json_get_sv(rule, "person")));

    for (size_t i = 0; i < json_array_size(checkpoints); i++) {
        json_t *c = json_array_get(checkpoints, i);

        if (!json_get_sv(c, "phase").n) { /* a phase may be over long before */
            make_add_item(m, json_object_get(c, "items"), text, json_array(), line,
                          json_get_int(c, "at_ms", 0));
            asked++;
        }
    }
    if (!asked && until_ms > 0)
        make_add_item(m, make_checkpoint_at(m, checkpoints, until_ms, SV(""), line), text,
                      json_array(), line, until_ms);
}

static void make_persons(struct make *m, const json_t *rules, json_t *checkpoints, int64_t until_ms)
{
    for (size_t i = 0; i < json_array_size(rules); i++)
        if (json_get_sv(json_array_get(rules, i), "person").n)
            make_add_person(m, json_array_get(rules, i), checkpoints, until_ms);
}

/* --- what is looked at --- */

static enum err_code make_url(struct make *m, struct sv text, json_t *o, const char *key)
{
    CLEANUP(strbuf_release) struct strbuf url = STRBUF(0);

    if (binding_expand(m->b, text, &url, m->err) != ERR_OK)
        return err_wrap(m->err, "%s", m->b->path);
    json_put_sv(o, key, strbuf_sv(&url));
    return ERR_OK;
}

static enum err_code make_sources(struct make *m, json_t *watch)
{
    json_t *probes = json_object();

    json_put(watch, "probes", probes);
    for (size_t i = 0; i < m->b->probes.n; i++) {
        CLEANUP(mem_freep) char *name = xstrdup_sv(m->b->probes.v[i].name);

        if (make_url(m, m->b->probes.v[i].value, probes, name) != ERR_OK)
            return m->err->code;
    }
    if (m->b->scrape.n && make_url(m, m->b->scrape, watch, "scrape") != ERR_OK)
        return m->err->code;
    json_put(watch, "aliases", make_pairs(m->b->metrics.v, m->b->metrics.n));
    if (m->b->worse.n)
        json_put(watch, "worse", make_pairs(m->b->worse.v, m->b->worse.n));
    if (m->b->units.n)
        json_put(watch, "units", make_pairs(m->b->units.v, m->b->units.n));
    if (make_bound_sources(m, watch) != ERR_OK)
        return m->err->code;
    return make_listen(m, watch);
}

/* Until the last checkpoint, or until the binding says; nothing is watched without any rule. */
static int64_t make_until(const struct make *m, const json_t *rules, const json_t *checkpoints)
{
    size_t n = json_array_size(checkpoints);
    int64_t until_ms = n ? json_get_int(json_array_get(checkpoints, n - 1), "at_ms", 0) : 0;

    if (json_array_size(rules) == 0)
        return 0;
    if (m->b->until_ms >= 0)
        return m->b->until_ms;
    for (size_t i = 0; i < json_array_size(rules); i++) {
        const json_t *r = json_array_get(rules, i);
        int64_t at_ms = make_checkpoint_rule(m, json_get_sv(r, "text"));

        if (at_ms > until_ms && !json_get_bool(r, "dropped", false))
            until_ms = at_ms;
    }
    return until_ms;
}

/* What lies behind the end of the watch is not judged, and says so. */
static void make_drop_late(struct make *m, json_t *list, int64_t until_ms)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *j = json_array_get(list, i);

        if (json_get_int(j, "at_ms", -1) <= until_ms || json_get_bool(j, "dropped", false))
            continue;
        json_put_bool(j, "dropped", true);
        json_put_sv(j, "reason",
                    until_ms ? arena_fmt(m->arena, "the watch ends at %.*s",
                                         SV_FMT(make_moment(m, until_ms)))
                             : SV("nothing is watched after the deployment"));
    }
}

/* --- are they rules? --- */

/* "metrics: {error_rate: ...}" for a subject that everybody measures alike. */
static struct sv make_proposal(struct make *m, struct sv message, struct sv fallback)
{
    size_t n;
    const struct prose_subject_info *infos = prose_subjects(&n);

    for (size_t i = 0; i < n; i++) {
        const struct prose_subject_info *s = &infos[i];

        if (!sv_has_word(message, s->name))
            continue;
        if (s->proposal)
            return arena_fmt(m->arena, "metrics: {%.*s: '%s'}", SV_FMT(s->name), s->proposal);
        return arena_fmt(m->arena, "metrics: {%.*s: EXPRESSION}, %s", SV_FMT(s->name), s->meaning);
    }
    return fallback;
}

/* The entry of an alias is only its name and text: the binding knows the line. */
static size_t make_alias_line(const struct make *m, struct sv name)
{
    size_t i = 0;

    while (i < m->b->metrics.n && !sv_eq(m->b->metrics.v[i].name, name))
        i++;
    assert(i < m->b->metrics.n); /* the plan's aliases are the binding's */
    return m->b->metrics.v[i].line;
}

/* Where the entry of a rule, a checkpoint or an alias was written. */
static const char *make_rule_file(const struct make *m, const json_t *entry)
{
    bool alias = json_object_get(entry, "line") == NULL;

    return json_get_str(entry, "file", alias ? m->b->path : m->rb->doc->path);
}

/* What is no reason not to start. */
static void make_advise(struct make *m, const char *file, size_t line, const struct rule_finding *f)
{
    json_t *list = json_object_get(m->root, "advice"), *one = json_object();

    if (!list) {
        list = json_array();
        json_put(m->root, "advice", list);
    }
    json_put_str(one, "file", file);
    json_put_int(one, "line", (int64_t)line);
    json_put_str(one, "id", f->id);
    json_put_sv(one, "text", f->message);
    json_append(list, one);
}

static void make_rule_finding(void *arg, const json_t *entry, const struct rule_finding *f)
{
    struct make *m = arg;
    bool alias = json_object_get(entry, "line") == NULL;
    struct sv source = json_get_sv(entry, alias ? "text" : "source");
    size_t line = alias ? make_alias_line(m, json_get_sv(entry, "id"))
                        : (size_t)json_get_int(entry, "line", 0);

    if (f->severity != SEVERITY_ERROR) {
        make_advise(m, make_rule_file(m, entry), line, f);
        return;
    }
    if (!source.n)
        source = json_get_sv(entry, "name"); /* a checkpoint */
    make_ask(m, &(struct make_asked){
                    .file = make_rule_file(m, entry),
                    .line = line,
                    .kind = "metric",
                    .at_plan = true,
                    .text = arena_fmt(m->arena, "\"%.*s\" cannot be judged: %.*s", SV_FMT(source),
                                      SV_FMT(f->message)),
                    .answer_with =
                        make_proposal(m, f->message,
                                      f->hint.n ? arena_sv(m->arena, f->hint)
                                                : SV("metrics or rules in prusik.yaml, or drop")),
                });
}

/* --- who is told, and which flag is switched --- */

/* The rule with other actions in place of those that tell somebody: "investigate when ...". */
static struct sv make_without_receivers(struct make *m, struct rule *r)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);
    size_t kept = 0;

    for (size_t i = 0; i < r->n_acts; i++) {
        struct rule_act act = r->acts[i];
        bool there = false;

        if (rule_actions[act.action].named)
            act = (struct rule_act){
                rule_actions[act.action].verdict == VERDICT_OK ? ACTION_OK : ACTION_INVESTIGATE,
                {NULL, 0}};
        for (size_t k = 0; k < kept; k++)
            there |= r->acts[k].action == act.action;
        if (!there)
            r->acts[kept++] = act;
    }
    r->n_acts = kept;
    rule_print(r, &out);
    return arena_sv(m->arena, strbuf_sv(&out));
}

/* Somebody of this name is told, or the flag is bound. */
static bool make_has_named(const struct make *m, const struct rule_act *act)
{
    CLEANUP(mem_freep) char *key = xstrdup_sv(act->name);
    const char *where = act->action == ACTION_FLAG_OFF ? "flags" : "notify";

    return json_object_get(json_object_get(m->root, where), key) != NULL;
}

/* A flag can be bound; without a receiver the rule can do without. */
static struct sv make_act_instead(struct make *m, const json_t *rule, struct rule *r,
                                  const struct rule_act *act)
{
    if (act->action == ACTION_FLAG_OFF)
        return arena_fmt(m->arena, "flags: {%.*s: {definitions: flags.json}}", SV_FMT(act->name));
    return arena_fmt(
        m->arena,
        "rules: {\"%.*s\": '%.*s'}, or who is told: notify: {%.*s: {kind: slack, url: $URL}}",
        SV_FMT(json_get_sv(rule, "id")), SV_FMT(make_without_receivers(m, r)), SV_FMT(act->name));
}

/* Who is not there cannot be told, and a flag that nobody knows cannot be switched: a rule that wants it must not pass for
 * one that does. */
static void make_ask_receiver(struct make *m, const json_t *rule)
{
    struct rule_diag diag;
    struct err ignored; /* what is no rule is asked about elsewhere */
    struct rule *r;

    if (json_get_bool(rule, "dropped", false) ||
        rule_parse(m->arena, json_get_sv(rule, "text"), &r, &diag, &ignored) != ERR_OK)
        return;
    for (size_t i = 0; i < r->n_acts; i++) {
        struct rule_act act = r->acts[i];

        if (!rule_actions[act.action].named || make_has_named(m, &act))
            continue;
        make_ask(
            m, &(struct make_asked){
                   .file = make_rule_file(m, rule),
                   .line = (size_t)json_get_int(rule, "line", 0),
                   .kind = "action",
                   .at_plan = true,
                   .text =
                       act.action == ACTION_FLAG_OFF
                           ? arena_fmt(m->arena, "\"flag-off %.*s\": no flag of this name is bound",
                                       SV_FMT(act.name))
                           : arena_fmt(m->arena, "\"%.*s %.*s\": nobody of this name is told",
                                       SV_FMT(rule_actions[act.action].name), SV_FMT(act.name)),
                   .answer_with = make_act_instead(m, rule, r, &act),
               });
        return;
    }
}

/* "Watch it for 2 hours": the latest moment that the document only proposes, else half an hour. */
static struct sv make_proposed_until(const struct make *m)
{
    struct sv found = SV("T+30m");
    int64_t latest_ms = 0;

    for (size_t i = 0; i < m->rb->n_rules; i++) {
        struct sv text = m->rb->rules[i].text;
        int64_t ms = m->rb->rules[i].proposal ? make_checkpoint_rule(m, text) : -1;

        if (ms <= latest_ms || !sv_eat(&text, SV("checkpoint ")))
            continue;
        latest_ms = ms;
        found = sv_sub(text, 0, sv_find_byte(text, ':', 0));
    }
    return found;
}

/* Rules that are judged all the time, and nothing that says until when. */
static void make_ask_until(struct make *m, const json_t *rules, int64_t until_ms)
{
    for (size_t i = 0; until_ms == 0 && i < json_array_size(rules); i++) {
        const json_t *r = json_array_get(rules, i);

        if (json_get_bool(r, "dropped", false))
            continue;
        make_ask(m, &(struct make_asked){
                        .file = make_rule_file(m, r),
                        .line = (size_t)json_get_int(r, "line", 0),
                        .kind = "watch",
                        .at_plan = true,
                        .text = SV("how long are the rules judged after the deployment?"),
                        .answer_with = arena_fmt(m->arena, "watch: {until: %.*s}",
                                                 SV_FMT(make_proposed_until(m))),
                    });
        return;
    }
}

/* --- the baseline --- */

struct make_uses {
    bool baseline, pairs; /* pairs: of a snapshot, which has what was before beside it */
};

static void make_see_baseline(void *ctx, struct expr *e)
{
    struct make_uses *u = ctx;

    u->baseline |= e->kind == EXPR_BASELINE || e->kind == EXPR_NOT_WORSE;
    u->pairs |= e->kind == EXPR_NAME && sv_is(e->parts[0], "snapshot");
}

/* What is normal is measured before the first step that changes something: is there one? */
static bool make_has_change(const struct make *m)
{
    const json_t *steps = json_object_get(m->root, "steps");

    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *s = json_array_get(steps, i);
        struct sv effect = json_get_sv(s, "effect");

        if (!json_get_sv(s, "skip").n && !sv_is(effect, "none") && !sv_is(effect, "session"))
            return true;
    }
    return false;
}

/* Such a rule would hold to the end of the watch. */
static void make_tell_baseline(struct make *m, const struct plan_rules *rules)
{
    struct rule_finding f = {
        .id = "RB413",
        .severity = SEVERITY_WARNING,
        .message =
            SV("nothing is measured before, as no step changes anything: say what is normal, "
               "baseline NUMBER")};

    for (size_t i = 0; i < rules->list.n && !make_has_change(m); i++) {
        const struct plan_checked *c = &rules->list.v[i];
        struct make_uses u = {false, false};

        if (c->rule->expr)
            expr_walk(c->rule->expr, make_see_baseline, &u);
        if (u.baseline && !u.pairs && !c->rule->has_baseline && !rule_knows_before(c->rule))
            make_rule_finding(m, c->of, &f);
    }
}

static enum err_code make_check_rules(struct make *m)
{
    struct plan_rules rules = {0};
    enum err_code rc = plan_rules_read(m->root, make_rule_finding, m, &rules, m->err);

    if (rc == ERR_OK)
        make_tell_baseline(m, &rules);
    plan_rules_release(&rules);
    return rc;
}

enum err_code make_watch(struct make *m)
{
    json_t *rules = make_rules(m), *checkpoints = make_checkpoints(m, rules),
           *watch = json_object();
    int64_t until_ms = make_until(m, rules, checkpoints);

    json_put(m->root, "rules", rules);
    json_put(m->root, "proposals", make_proposals(m));
    json_put(m->root, "checkpoints", checkpoints);
    json_put(m->root, "watch", watch);
    json_put_int(watch, "interval_ms", m->b->interval_ms);
    json_put_int(watch, "until_ms", until_ms);
    if (m->b->until_ms >= 0)
        json_put_bool(watch, "until_fixed", true);
    if (m->b->baseline_ms >= 0)
        json_put_int(watch, "baseline_ms", m->b->baseline_ms);
    make_persons(m, rules, checkpoints, until_ms);
    make_drop_late(m, rules, until_ms);
    make_drop_late(m, checkpoints, until_ms);
    if (make_sources(m, watch) != ERR_OK)
        return m->err->code;
    make_ask_until(m, rules, until_ms);
    for (size_t i = 0; i < json_array_size(rules); i++)
        make_ask_receiver(m, json_array_get(rules, i));
    return make_check_rules(m);
}
