/*
 * plan_make(): the whole plan as one JSON object.
 */
#include <stdlib.h>

#include "base/file.h"
#include "base/ident.h"
#include "base/suggest.h"
#include "base/sv.h"
#include "plan/make_int.h"

void make_ask(struct make *m, const struct make_asked *asked)
{
    json_t *q = json_object();

    json_put_str(q, "file", asked->file);
    json_put_int(q, "line", (int64_t)asked->line);
    json_put_str(q, "kind", asked->kind);
    json_put_sv(q, "text", asked->text);
    json_put_sv(q, "answer_with", asked->answer_with);
    json_put_str(q, "when", asked->at_plan ? "plan" : "run");
    json_append(m->questions, q);
}

void make_question(struct make *m, size_t line, const char *kind, bool at_plan, struct sv text,
                   struct sv answer_with)
{
    make_ask(m, &(struct make_asked){m->rb->doc->path, line, kind, at_plan, text, answer_with});
}

struct sv make_place(const struct make *m, size_t line)
{
    return arena_fmt(m->arena, "%s:%zu", path_base(m->rb->doc->path), line);
}

/* --- references --- */

enum err_code make_resolve(struct make *m, struct sv ref, size_t line, struct make_ref *ret)
{
    struct sv nearest;

    ret->part = names_part(&m->names, ref);
    ret->step = ret->part == RB_NONE ? names_step(&m->names, ref) : RB_NONE;
    if (ret->part != RB_NONE || ret->step != RB_NONE)
        return ERR_OK;
    nearest = names_nearest(&m->names, ref);
    (void)err_set(m->err, ERR_INVALID, "%s:%zu: the document has no single step or part '%.*s'",
                  m->b->path, line, SV_FMT(ref));
    if (nearest.n)
        return err_hint(m->err, "did you mean '%.*s'?", SV_FMT(nearest));
    return err_hint(m->err, "prusik plan lists the ids");
}

/* Has the step `look` run when it is the turn of `step`? */
static bool make_runs_before(const struct make *m, uint32_t look, uint32_t step)
{
    bool back = make_is_way_back(m, &m->rb->steps[step]);

    return make_is_way_back(m, &m->rb->steps[look]) == back ? look < step : back;
}

/* The step whose output decides: one, and before what it decides on, or the answer would always be no. */
static enum err_code make_resolve_when(struct make *m, const struct binding_choice *c,
                                       const struct make_ref *of)
{
    uint32_t look = names_step(&m->names, c->when);
    struct make_ref ref;

    if (look == RB_NONE && make_resolve(m, c->when, c->line, &ref) != ERR_OK)
        return m->err->code;
    if (look == RB_NONE)
        return err_set(m->err, ERR_INVALID, "%s:%zu: 'when' needs one step: '%.*s' is a part",
                       m->b->path, c->line, SV_FMT(c->when));
    for (uint32_t s = 0; s < m->rb->n_steps; s++)
        if (make_ref_covers(m, of, s) && !make_runs_before(m, look, s))
            return err_set(
                m->err, ERR_INVALID,
                "%s:%zu: 'when' needs an earlier step: '%.*s' does not come before '%.*s'",
                m->b->path, c->line, SV_FMT(c->when), SV_FMT(m->rb->steps[s].id));
    return ERR_OK;
}

/* What has to fail: all of it before what is done then, or that would be passed by unasked. */
static enum err_code make_resolve_if_failed(struct make *m, const struct binding_choice *c,
                                            const struct make_ref *of)
{
    struct make_ref ref;

    if (make_resolve(m, c->if_failed, c->line, &ref) != ERR_OK)
        return m->err->code;
    for (uint32_t s = 0; s < m->rb->n_steps; s++)
        for (uint32_t look = 0; make_ref_covers(m, of, s) && look < m->rb->n_steps; look++)
            if (make_ref_covers(m, &ref, look) && !make_runs_before(m, look, s))
                return err_set(
                    m->err, ERR_INVALID,
                    "%s:%zu: 'if_failed' needs what comes before: step '%.*s' does not come before '%.*s'",
                    m->b->path, c->line, SV_FMT(m->rb->steps[look].id), SV_FMT(m->rb->steps[s].id));
    return ERR_OK;
}

static enum err_code make_resolve_choice(struct make *m, const struct binding_choice *c)
{
    struct make_ref *ref = vec_add(&m->choice_refs);

    if (make_resolve(m, c->part, c->line, ref) != ERR_OK)
        return m->err->code;
    if (ref->part != RB_NONE || make_is_choice(&m->rb->steps[ref->step]))
        return c->fixed || c->ask ? ERR_OK
               : c->if_failed.n   ? make_resolve_if_failed(m, c, ref)
                                  : make_resolve_when(m, c, ref);
    (void)err_set(m->err, ERR_INVALID,
                  "%s:%zu: step '%.*s' is always carried out: there is no choice", m->b->path,
                  c->line, SV_FMT(c->part));
    return err_hint(m->err, "to leave it out: steps: {\"%.*s\": {skip: WHY}}", SV_FMT(c->part));
}

/* The first entry of `steps` that covers the step; step_refs.n: none does. */
static size_t make_first_entry(const struct make *m, uint32_t step)
{
    size_t k = 0;

    while (k < m->step_refs.n && !make_ref_covers(m, &m->step_refs.v[k], step))
        k++;
    return k;
}

/* The first that covers a step counts: settings that count nowhere look as if they did, and the question they answer comes again. */
static enum err_code make_check_entries(struct make *m)
{
    const struct binding_step *e = m->b->steps.v;
    CLEANUP(mem_freep) bool *counts = XNEWN(bool, m->step_refs.n + 1);

    for (uint32_t s = 0; s < m->rb->n_steps; s++)
        counts[make_first_entry(m, s)] = true;
    for (size_t k = 0; k < m->step_refs.n; k++)
        for (uint32_t s = 0; !counts[k] && s < m->rb->n_steps; s++) {
            size_t first = make_first_entry(m, s);

            if (first == k || !make_ref_covers(m, &m->step_refs.v[k], s))
                continue;
            (void)err_set(m->err, ERR_INVALID,
                          "%s:%zu: '%.*s' in steps counts nowhere: '%.*s' before it covers it",
                          m->b->path, e[k].line, SV_FMT(e[k].step), SV_FMT(e[first].step));
            return err_hint(m->err,
                            "of several entries that cover a step the first counts: it has to "
                            "have all that is to be set there");
        }
    return ERR_OK;
}

static enum err_code make_resolve_all(struct make *m)
{
    for (size_t i = 0; i < m->b->answers.n; i++)
        if (make_resolve(m, m->b->answers.v[i].step, m->b->answers.v[i].line,
                         vec_add(&m->answer_refs)) != ERR_OK)
            return m->err->code;
    for (size_t i = 0; i < m->b->steps.n; i++)
        if (make_resolve(m, m->b->steps.v[i].step, m->b->steps.v[i].line, vec_add(&m->step_refs)) !=
            ERR_OK)
            return m->err->code;
    if (make_check_entries(m) != ERR_OK)
        return m->err->code;
    for (size_t i = 0; i < m->b->choices.n; i++)
        if (make_resolve_choice(m, &m->b->choices.v[i]) != ERR_OK)
            return m->err->code;
    return ERR_OK;
}

bool make_ref_covers(const struct make *m, const struct make_ref *ref, uint32_t step)
{
    if (ref->step != RB_NONE)
        return ref->step == step;
    for (uint32_t p = m->rb->steps[step].part; p != RB_NONE; p = m->rb->parts[p].parent)
        if (p == ref->part)
            return true;
    return false;
}

/* Where the binding says that steps run: in a copy of them, as the document stays what it is. */
static void make_place_steps(struct make *m)
{
    struct runbook *rb = ARENA_NEWN(m->arena, struct runbook, 1);
    bool any = false;

    for (size_t i = 0; i < m->b->steps.n; i++)
        any |= m->b->steps.v[i].host.n > 0;
    if (!any)
        return;
    *rb = *m->rb;
    rb->steps = ARENA_NEWN(m->arena, struct rb_step, rb->n_steps);
    for (uint32_t s = 0; s < rb->n_steps; s++) {
        size_t k = make_first_entry(m, s);
        struct sv host = k < m->step_refs.n ? m->b->steps.v[k].host : (struct sv){NULL, 0};

        rb->steps[s] = m->rb->steps[s];
        if (host.n)
            rb->steps[s].host = sv_eq(host, SV("local")) ? (struct sv){NULL, 0} : host;
    }
    m->rb = rb;
}

/* A drop names a line ("369", "deploy.md:369") or the text. */
static bool make_drops(const struct make *m, const struct binding_pair *drop, size_t line,
                       struct sv text)
{
    struct sv number = drop->name;
    uint64_t n;

    if (sv_eq(drop->name, text))
        return true;
    if (sv_eat(&number, sv_from(path_base(m->rb->doc->path))) && !sv_eat(&number, SV(":")))
        return false;
    return sv_to_u64(number, &n) && n == line;
}

const struct binding_pair *make_dropped(const struct make *m, size_t line, struct sv text)
{
    for (size_t i = 0; i < m->b->drops.n; i++)
        if (make_drops(m, &m->b->drops.v[i], line, text))
            return &m->b->drops.v[i];
    return NULL;
}

/* Does the document, or the binding, have what is dropped? */
static bool make_finds_dropped(const struct make *m, const struct binding_pair *drop)
{
    const struct runbook *rb = m->rb;

    for (size_t i = 0; i < rb->n_rules; i++)
        if (make_drops(m, drop, rb->rules[i].line, rb->rules[i].source))
            return true;
    for (size_t i = 0; i < m->b->rules.n; i++)
        if (sv_eq(drop->name, m->b->rules.v[i].value))
            return true;
    for (size_t i = 0; i < rb->n_checkpoints; i++) {
        struct sv rest = rb->checkpoints[i].source, item;

        while (sv_split(&rest, ',', &item))
            if (make_drops(m, drop, rb->checkpoints[i].line, sv_trim(item)))
                return true;
    }
    for (size_t i = 0; i < rb->n_steps; i++)
        for (size_t k = 0; k < rb->steps[i].n_expects; k++)
            if (make_drops(m, drop, rb->steps[i].expects[k].line, rb->steps[i].expects[k].source))
                return true;
    for (size_t i = 0; i < m->back_faults.n; i++)
        if (make_drops(m, drop, m->back_faults.v[i].line, m->back_faults.v[i].text))
            return true;
    for (size_t i = 0; i < rb->n_metas; i++)
        if (make_drops(m, drop, rb->metas[i].line, rb->metas[i].value) &&
            make_is_when(&rb->metas[i]))
            return true;
    return false;
}

static enum err_code make_check_drops(struct make *m)
{
    for (size_t i = 0; i < m->b->drops.n; i++) {
        const struct binding_pair *drop = &m->b->drops.v[i];

        if (make_finds_dropped(m, drop))
            continue;
        (void)err_set(m->err, ERR_INVALID, "%s:%zu: nothing that is judged is called '%.*s'",
                      m->b->path, drop->line, SV_FMT(drop->name));
        return err_hint(m->err, "name the line in the document, or the text of the rule, "
                                "checkpoint item or expectation");
    }
    return ERR_OK;
}

/* --- the rest of the object --- */

json_t *make_pairs(const struct binding_pair *v, size_t n)
{
    json_t *o = json_object();

    for (size_t i = 0; i < n; i++) {
        CLEANUP(mem_freep) char *name = xstrdup_sv(v[i].name);

        json_put(o, name, json_sv(v[i].value));
    }
    return o;
}

static bool make_is_secret(const struct make *m, struct sv name)
{
    return secrets_is_name(m->b->secrets, name);
}

static void make_environment(struct make *m)
{
    json_t *env = json_object(), *secrets = json_array(), *approvers = json_array();

    for (size_t i = 0; i < m->b->env.n; i++) {
        const struct binding_pair *p = &m->b->env.v[i];
        CLEANUP(mem_freep) char *name = xstrdup_sv(p->name);

        if (make_is_secret(m, p->name))
            json_append(secrets, json_sv(p->name));
        else
            json_put(env, name, json_sv(p->value));
    }
    for (size_t i = 0; i < m->b->approvers.n; i++)
        json_append(approvers, json_sv(m->b->approvers.v[i]));
    json_put(m->root, "env", env);
    json_put(m->root, "secrets", secrets);
    json_put(m->root, "approvers", approvers);
}

/* The plan is printed and kept, so a secret must not stand in it. */
static void make_ask_secret(struct make *m, const struct binding_variable *v)
{
    make_ask(m,
             &(struct make_asked){
                 .file = m->b->path,
                 .line = v->line,
                 .kind = "secret",
                 .at_plan = true,
                 .text = arena_fmt(m->arena, "'%.*s' looks like a secret: it would be written down",
                                   SV_FMT(v->name)),
                 .answer_with = arena_fmt(
                     m->arena,
                     "variables: {%.*s: {command: 'printf %%s \"$NAME\"'}}, and NAME in the "
                     "environment",
                     SV_FMT(v->name)),
             });
}

static void make_variables(struct make *m)
{
    json_t *list = json_array();

    for (size_t i = 0; i < m->b->variables.n; i++) {
        const struct binding_variable *v = &m->b->variables.v[i];
        json_t *j = json_object();

        if (v->value.n && secrets_looks_like_name(v->name)) {
            make_ask_secret(m, v);
            json_put_sv(j, "value", SV(SECRET_MASK));
        } else {
            json_put_sv(j, "value", v->value);
        }
        json_put_sv(j, "name", v->name);
        json_put_sv(j, "command", v->command);
        json_put_int(j, "line", (int64_t)v->line);
        json_append(list, j);
    }
    json_put(m->root, "variables", list);
}

static enum err_code make_services(struct make *m)
{
    json_t *list = json_array(), *maintenance = json_object();
    struct sv flag;

    json_put(m->root, "services", list);
    json_put(m->root, "maintenance", maintenance);
    for (size_t i = 0; i < m->b->services.n; i++) {
        const struct binding_service *s = &m->b->services.v[i];

        if (!sv_eq(s->name, SV("*")) && make_service_bound(m, s, s->name) != ERR_OK)
            return m->err->code;
    }
    if (m->b->flag.n) {
        if (binding_file(m->b, m->b->flag, &flag, m->err) != ERR_OK)
            return err_wrap(m->err, "%s: maintenance", m->b->path);
        json_put_sv(maintenance, "flag", flag);
    }
    return ERR_OK;
}

/* The headings and titles that ids are made of, for those who show a plan. */
static void make_parts(struct make *m)
{
    json_t *list = json_array();

    for (size_t i = 0; i < m->rb->n_parts; i++) {
        const struct rb_part *p = &m->rb->parts[i];
        json_t *j;

        if (!p->id.n)
            continue;
        j = json_object();
        json_put_sv(j, "id", p->id);
        json_put_sv(j, "title", p->title);
        json_put_sv(j, "number", p->number);
        json_put_str(j, "role", rb_role_name(p->role));
        json_put_int(j, "line", (int64_t)p->line);
        json_append(list, j);
    }
    json_put(m->root, "parts", list);
}

static void make_messages(struct make *m)
{
    json_t *list = json_array();

    for (size_t i = 0; i < m->rb->n_messages; i++) {
        const struct rb_message *msg = &m->rb->messages[i];
        const struct rb_block *block = &m->rb->blocks[msg->block];
        json_t *j = json_object();

        json_put_str(j, "when", rb_message_name(msg->when));
        json_put_int(j, "line", (int64_t)msg->line);
        json_put_sv(j, "trigger", msg->trigger);
        json_put(j, "text", make_pieces(m, block->text, msg->line, true));
        json_append(list, j);
    }
    json_put(m->root, "messages", list);
}

/* A document with a wrong directive says something else than its author meant. */
static enum err_code make_check_directives(struct make *m)
{
    for (size_t i = 0; i < m->rb->n_notes; i++) {
        const struct rb_note *n = &m->rb->notes[i];

        if (n->kind != NOTE_DIRECTIVE)
            continue;
        (void)err_set(m->err, ERR_INVALID, "%s:%zu:%zu: %.*s", m->rb->doc->path, n->line, n->column,
                      SV_FMT(n->text));
        return n->hint.n ? err_hint(m->err, "%.*s", SV_FMT(n->hint)) : m->err->code;
    }
    return ERR_OK;
}

static enum err_code make_check_environment(struct make *m)
{
    struct suggest s = suggest_begin(m->b->environment);

    for (size_t i = 0; i < m->rb->n_environments; i++) {
        if (sv_eq(m->rb->environments[i], m->b->environment))
            return ERR_OK;
        suggest_offer(&s, m->rb->environments[i]);
    }
    if (!m->rb->n_environments || !m->b->environment.n)
        return ERR_OK;
    (void)err_set(m->err, ERR_INVALID, "%s: the document is not for environment '%.*s'",
                  m->rb->doc->path, SV_FMT(m->b->environment));
    if (s.best.p)
        return err_hint(m->err, "did you mean '%.*s'?", SV_FMT(s.best));
    return err_hint(m->err, "its front matter names %.*s%s", SV_FMT(m->rb->environments[0]),
                    m->rb->n_environments > 1 ? " and others" : "");
}

static enum err_code make_head(struct make *m)
{
    struct sv workdir;
    struct ident_text user = ident_user();
    struct hash hash = document_hash(m->rb->doc);

    json_put_int(m->root, "format", 1);
    json_put_str(m->root, "document", m->rb->doc->path);
    json_put_str(m->root, "document_hash", hash_hex(&hash).s);
    if (m->b->path)
        json_put_str(m->root, "binding", m->b->path);
    json_put_sv(m->root, "title", m->rb->title);
    json_put_sv(m->root, "environment", m->b->environment);
    json_put_sv(m->root, "operator", m->b->operator_name.n ? m->b->operator_name : sv_from(user.s));
    if (binding_file(m->b, m->b->workdir, &workdir, m->err) != ERR_OK)
        return m->err->code;
    json_put_sv(m->root, "workdir", workdir);
    json_put_real(m->root, "time_scale", m->b->time_scale);
    json_put_sv(m->root, "on_failure", m->b->on_failure);
    if (!m->b->environment.n)
        make_question(m, 1, "environment", true, SV("which environment is this for?"),
                      SV("environment: NAME in prusik.yaml, or --env NAME"));
    return ERR_OK;
}

static void make_notes(struct make *m)
{
    for (size_t i = 0; i < m->rb->n_notes; i++)
        if (m->rb->notes[i].kind == NOTE_BAD_UTF8)
            make_question(m, m->rb->notes[i].line, "text", true,
                          SV("the document is not UTF-8 here"), SV("mend the document"));
        else if (m->rb->notes[i].kind == NOTE_BROKEN_SHELL)
            make_question(m, m->rb->notes[i].line, "syntax", true, m->rb->notes[i].text,
                          SV("mend the document, or tag the block as text"));
}

static struct hash make_hash_of(const json_t *j)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    json_write(j, &text);
    return hash_of(strbuf_sv(&text));
}

/* Paths under the folder become relative to it, everywhere. */
static void make_relative(json_t *j, struct sv dir)
{
    const char *key;
    json_t *value;

    if (json_is_string(j)) {
        struct sv s = {json_string_value(j), json_string_length(j)}, rest = s;

        if (sv_eat(&rest, dir) && (!rest.n || *rest.p == '/')) {
            CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

            strbuf_addf(&text, ".%.*s", SV_FMT(rest));
            (void)json_string_setn(j, text.p, text.n); /* it was UTF-8 before */
        }
    } else if (json_is_array(j)) {
        for (size_t i = 0; i < json_array_size(j); i++)
            make_relative(json_array_get(j, i), dir);
    } else if (json_is_object(j)) {
        json_object_foreach(j, key, value) make_relative(value, dir);
    }
}

/* What an approval is for: all that is done, wherever the folder with the document lies. */
static struct hash make_approval_hash(const json_t *root, struct sv dir)
{
    static const char *const lists[] = {"steps", "way_back", "rules"};
    CLEANUP(json_cleanup) json_t *copy = json_deep_copy(root);

    (void)json_object_del(copy, "document"); /* its bytes are in document_hash */
    (void)json_object_del(copy, "binding");  /* what it says is in the rest; it may be absent */
    for (size_t k = 0; k < ARRAY_LEN(lists); k++)
        for (size_t i = 0; i < json_array_size(json_object_get(copy, lists[k])); i++)
            (void)json_object_del(json_array_get(json_object_get(copy, lists[k]), i),
                                  "file"); /* may be absent */
    make_relative(copy, dir);
    return make_hash_of(copy);
}

static void make_hash(struct make *m)
{
    CLEANUP(json_cleanup) json_t *copy = json_copy(m->root);
    struct hash h;

    (void)json_object_del(copy, "questions"); /* they are there */
    (void)json_object_del(copy, "advice");    /* it changes nothing; absent where there is none */
    (void)json_object_del(copy, "left");      /* nor does what is not done */
    (void)json_object_del(copy, "operator");  /* who does it does not change what is done */
    h = make_approval_hash(copy, sv_from(m->b->dir));
    json_put_str(m->root, "approval", hash_hex(&h).s);
    json_put_str(copy, "approval", hash_hex(&h).s);
    h = make_hash_of(copy);
    json_put_str(m->root, "hash", hash_hex(&h).s);
}

static enum err_code make_all(struct make *m)
{
    json_t *steps, *way_back;

    if (make_check_directives(m) != ERR_OK || make_check_environment(m) != ERR_OK ||
        make_head(m) != ERR_OK || make_resolve_all(m) != ERR_OK)
        return m->err->code;
    make_lint_begin(m);
    if (make_check_drops(m) != ERR_OK)
        return m->err->code;
    make_place_steps(m);
    make_order(m);
    make_find_branches(m);
    make_looks(m);
    make_notes(m);
    make_environment(m);
    make_variables(m);
    if (make_people(m) != ERR_OK || make_services(m) != ERR_OK ||
        make_steps(m, false, &steps) != ERR_OK)
        return m->err->code;
    if (json_array_size(steps) == 0) /* a run that does nothing would be reported as done */
        make_question(
            m, 1, "steps", true, SV("the document has no step that could be carried out"),
            SV("commands in ```bash blocks or items to tick, under a heading that says deploy, steps or phase"));
    json_put(m->root, "steps", steps);
    if (make_steps(m, true, &way_back) != ERR_OK)
        return m->err->code;
    way_back = make_back_order(m, way_back);
    json_put(m->root, "way_back", way_back);
    if (make_policies(m, steps, way_back) != ERR_OK || make_gates(m, steps, way_back) != ERR_OK)
        return m->err->code;
    make_whens(m, steps);
    make_undos(m, steps, way_back);
    make_lint_ask(m, way_back);
    make_phases(m, steps);
    json_put(m->root, "steps", make_fleets(m, json_incref(steps)));
    json_put(m->root, "way_back", make_fleets(m, json_incref(way_back)));
    make_messages(m);
    make_parts(m);
    make_flags(m);
    if (make_notify(m) != ERR_OK || make_watch(m) != ERR_OK)
        return m->err->code;
    make_left(m);
    make_hash(m);
    return ERR_OK;
}

static int make_compare_questions(const void *a, const void *b)
{
    const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
    int64_t line_x = json_get_int(x, "line", 0), line_y = json_get_int(y, "line", 0);

    if (line_x != line_y)
        return line_x < line_y ? -1 : 1;
    return sv_cmp(json_get_sv(x, "text"), json_get_sv(y, "text"));
}

/* In the order of the document: that is how they are read. */
static void make_sort_questions(struct make *m)
{
    size_t n = json_array_size(m->questions);
    json_t **v = ARENA_NEWN(m->arena, json_t *, n);

    for (size_t i = 0; i < n; i++)
        v[i] = json_incref(json_array_get(m->questions, i));
    qsort(v, n, sizeof(json_t *), make_compare_questions);
    (void)json_array_clear(m->questions); /* always succeeds */
    for (size_t i = 0; i < n; i++)
        json_append(m->questions, v[i]);
}

enum err_code plan_make(const struct runbook *rb, struct binding *b, json_t **ret, struct err *err)
{
    CLEANUP(arena_release) struct arena arena = {0};
    CLEANUP(json_cleanup) json_t *root = json_object();
    struct make m = {.rb = rb, .b = b, .arena = &arena, .err = err, .root = root};
    enum err_code rc;

    names_init(&m.names, rb);
    m.questions = json_array();
    json_put(root, "questions", m.questions);
    rc = make_all(&m);
    if (rc == ERR_OK) {
        make_sort_questions(&m);
        *ret = STEAL(root);
    }
    names_release(&m.names);
    vec_release(&m.answer_refs);
    vec_release(&m.step_refs);
    vec_release(&m.choice_refs);
    map_release(&m.hosts_asked);
    vec_release(&m.values);
    vec_release(&m.back_faults);
    return rc;
}
