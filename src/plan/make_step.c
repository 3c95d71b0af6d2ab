/*
 * The steps of a plan: order, choices, expectations, settings and answers of the binding.
 */
#include "base/sv.h"
#include "plan/make_int.h"
#include "runbook/effect.h"

/* --- what belongs where --- */

/* Below a heading about monitoring: what a person ticks, or what changes something.  The rest is for who watches. */
static bool make_is_of_watch(const struct rb_step *s)
{
    return s->kind == STEP_MANUAL || (s->command && s->command->effect > EFFECT_STATE);
}

bool make_is_forward(const struct make *m, const struct rb_step *s)
{
    const struct rb_part *p = s->part == RB_NONE ? NULL : &m->rb->parts[s->part];

    if (p && p->offset_ms >= 0)
        return false;
    return !p || p->role == ROLE_PREFLIGHT || p->role == ROLE_DEPLOY || p->role == ROLE_VERIFY ||
           p->role == ROLE_SIGN_OFF || (p->role == ROLE_MONITOR && make_is_of_watch(s));
}

/* "Investigate the issue", "Analyse the root cause": what people do once everything is as it was, and nothing of the way there. */
static bool make_is_inquiry(struct sv line)
{
    static const struct sv verbs[] = {SV("investigate "), SV("analyze "), SV("analyse "),
                                      SV("debug "),       SV("find "),    SV("identify "),
                                      SV("research ")};
    static const struct sv what[] = {SV("issue"),        SV("root cause"), SV("cause"),
                                     SV("problem"),      SV("failure"),    SV("what went wrong"),
                                     SV("why it failed")};
    static const struct sv articles[] = {SV("and fix "), SV("out "), SV("what caused "), SV("the "),
                                         SV("root ")};
    bool is = false;

    for (size_t i = 0; i < ARRAY_LEN(verbs) && !is; i++)
        is = sv_eat_nocase(&line, verbs[i]);
    for (size_t i = 0; is && i < ARRAY_LEN(articles); i++)
        (void)sv_eat_nocase(&line, articles[i]);
    for (size_t i = 0; is && i < ARRAY_LEN(what); i++) {
        struct sv rest = line;

        if (sv_eat_nocase(&rest, what[i])) {
            (void)sv_eat(&rest, SV("s"));
            rest = sv_trim(rest);
            return !rest.n || strchr(".,:;(", *rest.p) || sv_starts_nocase(rest, SV("of ")) ||
                   sv_starts_nocase(rest, SV("and "));
        }
    }
    return false;
}

/* "Re-attempt migration after fix": what comes when all of it is over, and the release is tried once more. */
static bool make_is_next_time(const struct rb_step *s)
{
    static const struct sv again[] = {SV("re-attempt "), SV("reattempt "), SV("retry "),
                                      SV("re-run "),     SV("rerun "),     SV("re-try "),
                                      SV("attempt "),    SV("try ")};
    static const struct sv what[] = {SV("migration"), SV("deploy"),  SV("release"),
                                     SV("upgrade"),   SV("rollout"), SV("update")};
    struct sv line = sv_trim(sv_sub(s->text, 0, sv_find_byte(s->text, '\n', 0)));
    bool release = false;

    if (s->kind != STEP_MANUAL || sv_has_nocase(line, SV("roll back")) ||
        sv_has_nocase(line, SV("rollback")))
        return false;
    if (make_is_inquiry(line))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(what); i++)
        release |= sv_has_nocase(line, what[i]);
    for (size_t i = 0; release && i < ARRAY_LEN(again); i++)
        if (sv_starts_nocase(line, again[i]))
            return i + 2 < ARRAY_LEN(again) || sv_has_nocase(line, SV(" again"));
    return false;
}

bool make_is_way_back(const struct make *m, const struct rb_step *s)
{
    return s->part != RB_NONE && m->rb->parts[s->part].role == ROLE_ROLLBACK &&
           !make_is_next_time(s);
}

/* --- answers --- */

/* Has the part one step?  What is said of it is said of that. */
static bool make_is_alone(const struct make *m, uint32_t part, uint32_t step)
{
    const struct make_ref of = {.part = part, .step = RB_NONE};

    for (uint32_t i = 0; i < m->rb->n_steps; i++)
        if (i != step && make_ref_covers(m, &of, i))
            return false;
    return true;
}

/*
 * Does the answer speak of the step?  Of what several people do it may be one for all; what a command shows is judged by whoever
 * names that command.  For a step on several hosts only one that says so: an answer for one host is none for another.
 */
static bool make_answers(const struct make *m, size_t answer, uint32_t step)
{
    const struct make_ref *ref = &m->answer_refs.v[answer];
    const struct rb_step *s = &m->rb->steps[step];

    if (!make_ref_covers(m, ref, step) || (make_is_fleet(m, s) && !m->b->answers.v[answer].all))
        return false;
    return ref->step != RB_NONE || s->kind == STEP_MANUAL || s->kind == STEP_APPROVAL ||
           make_is_alone(m, ref->part, step);
}

const struct binding_answer *make_answer_of(const struct make *m, uint32_t step)
{
    for (size_t i = 0; i < m->answer_refs.n; i++)
        if (make_answers(m, i, step))
            return &m->b->answers.v[i];
    return NULL;
}

/* What to write for an answer ahead. */
static struct sv make_answer_with(const struct make *m, const struct rb_step *s)
{
    return arena_fmt(m->arena, "answers: {\"%.*s\": {answer: yes, by: NAME%s}}",
                     SV_FMT(names_short(&m->names, s->id)),
                     make_is_fleet(m, s) ? ", hosts: all" : "");
}

/* --- expectations --- */

static json_t *make_expect(struct make *m, const struct rb_expect *e)
{
    json_t *j = json_object(), *any;

    json_put_int(j, "line", (int64_t)e->line);
    json_put_str(j, "form", rb_expect_name(e->form));
    json_put_sv(j, "text", e->source);
    json_put_bool(j, "machine", e->form != EXPECT_ASK);
    json_put_sv(j, "arg", e->text);
    json_put_sv(j, "value", e->value);
    json_put_sv(j, "unit", e->unit);
    json_put_str(j, "op", rb_op_text(e->op));
    json_put_real(j, "number", e->number);
    json_put_real(j, "number2", e->number2);
    if (!e->n_any)
        return j;
    any = json_array();
    for (size_t i = 0; i < e->n_any; i++)
        json_append(any, make_expect(m, &e->any[i]));
    json_put(j, "any", any);
    return j;
}

/*
 * A file whose name only the shell knows ("dump_$RANDOM", "backup-*.sql") cannot be looked at.  A backup that is carried out
 * natively and the flag of the maintenance say themselves what they made.
 */
static bool make_names_result(const json_t *out)
{
    struct sv kind = json_get_sv(out, "kind");

    return json_object_get(json_object_get(out, "action"), "makes") ||
           sv_eq(kind, SV("maintenance")) ||
           (sv_eq(kind, SV("sqlite")) && sv_eq(json_get_sv(out, "effect"), SV("backup")));
}

/* False: only who does it, or a machine that is there, could know. */
static bool make_can_tell(const struct make *m, const struct rb_step *s, enum rb_expect_form form,
                          const json_t *out)
{
    return s->kind != STEP_MANUAL && (!make_is_remote(m, s) || make_remote_shows(s, form)) &&
           (form != EXPECT_EXISTS || make_names_result(out));
}

/* One that is judged, by a machine or with a question. */
static void make_expect_add(struct make *m, const struct rb_step *s, const struct rb_expect *e,
                            bool answered, json_t *list)
{
    json_append(list, make_expect(m, e));
    if (e->form == EXPECT_ASK && !answered && s->kind != STEP_MANUAL)
        make_question(m, e->line, "expectation", false,
                      arena_fmt(m->arena, "no machine check for \"%.*s\"", SV_FMT(e->source)),
                      make_answer_with(m, s));
}

/* Items above the block, which are asked about with what this step shows. */
static void make_expect_looks(struct make *m, uint32_t step, bool answered, json_t *list)
{
    const struct rb_step *v = m->rb->steps;

    for (uint32_t k = m->looks[step].first; k != RB_NONE; k = m->looks[k].next)
        make_expect_add(
            m, &v[step],
            &(struct rb_expect){
                .form = EXPECT_ASK, .line = v[k].line, .text = v[k].text, .source = v[k].text},
            answered, list);
}

/* After its action, which says what it makes. */
static void make_expects(struct make *m, uint32_t step, json_t *out)
{
    const struct rb_step *s = &m->rb->steps[step];
    bool answered = make_answer_of(m, step) != NULL;
    json_t *list = json_array(), *dropped = json_array();

    make_expect_looks(m, step, answered, list);
    for (size_t i = 0; i < s->n_expects; i++) {
        const struct rb_expect *e = &s->expects[i];
        struct rb_expect seen = *e;
        const struct binding_pair *drop = make_dropped(m, e->line, e->source);

        if (drop) {
            json_t *j = make_expect(m, e);

            json_put_sv(j, "reason", drop->value);
            json_append(dropped, j);
            continue;
        }
        if (!make_can_tell(m, s, e->form, out))
            seen.form = EXPECT_ASK;
        make_expect_add(m, s, &seen, answered, list);
    }
    json_put(out, "expectations", list);
    if (json_array_size(dropped))
        json_put(out, "dropped", dropped);
    else
        json_decref(dropped);
}

/* --- settings --- */

const struct binding_step *make_settings_of(const struct make *m, uint32_t step)
{
    for (size_t i = 0; i < m->step_refs.n; i++)
        if (make_ref_covers(m, &m->step_refs.v[i], step))
            return &m->b->steps.v[i];
    return NULL;
}

static void make_answer(struct make *m, uint32_t step, json_t *out)
{
    const struct rb_step *s = &m->rb->steps[step];
    const struct binding_answer *a = make_answer_of(m, step);
    bool asks = s->kind == STEP_MANUAL || make_accepts(m, step);
    json_t *j;

    if (a &&
        (asks ||
         s->kind != STEP_APPROVAL)) { /* an approval is given to a plan, not written beside it */
        j = json_object();
        json_put_bool(j, "answer", a->yes);
        json_put_sv(j, "by", a->by);
        json_put_sv(j, "note", a->note);
        json_put(out, "answer", j);
    } else if (asks) {
        make_question(m, s->line, "manual", false,
                      arena_fmt(m->arena, "a person %s: \"%.*s\"",
                                s->kind == STEP_MANUAL ? "does this" : "signs here",
                                SV_FMT(sv_sub(s->text, 0, sv_find_byte(s->text, '\n', 0)))),
                      make_answer_with(m, s));
    }
}

static void make_retry(const struct binding_step *set, json_t *out)
{
    json_t *retry = json_object();

    json_put_int(retry, "wait_ms", set->retry_wait_ms);
    json_put_real(retry, "factor", set->retry_factor >= 1 ? set->retry_factor : 1);
    json_put_int(retry, "max_ms", set->retry_max_ms);
    json_put_real(retry, "jitter", set->retry_jitter);
    json_put(out, "retry", retry);
}

/* What the binding says of a step stands for what the document says. */
static void make_bound_settings(const struct binding_step *set, json_t *out, struct sv *skip)
{
    if (set->retries >= 0)
        json_put_int(out, "retries", set->retries);
    if (set->retries > 0 && set->retry_wait_ms > 0)
        make_retry(set, out);
    if (set->timeout_ms)
        json_put_int(out, "timeout_ms", set->timeout_ms);
    if (set->skip.n)
        *skip = set->skip;
    if (set->undo.n)
        json_put_sv(out, "undo_accepted", set->undo); /* make_undos() takes it away again */
}

/* "Wait until `x` is empty": it is looked again and again, as long as the document or the binding says. */
static void make_wait(struct make *m, const struct rb_step *s, const struct binding_step *set,
                      json_t *out)
{
    int64_t ms = set && set->timeout_ms ? set->timeout_ms : s->timeout_ms;

    json_put_int(out, "timeout_ms", 0);
    json_put_int(out, "wait_ms", ms);
    if (!ms)
        make_question(m, s->line, "bound", true, SV("how long may this wait take?"),
                      arena_fmt(m->arena, "steps: {\"%.*s\": {timeout: 5m}}",
                                SV_FMT(names_short(&m->names, s->id))));
}

static void make_settings(struct make *m, uint32_t step, json_t *out, struct sv *skip)
{
    const struct rb_step *s = &m->rb->steps[step];
    const struct binding_step *set = make_settings_of(m, step);
    bool looks = s->command && s->command->effect == EFFECT_NONE;

    /* "(wait max 30 seconds)" before something that only looks: look until it is so */
    if (s->timeout_ms && looks && s->command->form != COMMAND_POLL)
        json_put_int(out, "wait_ms", s->timeout_ms);
    else
        json_put_int(out, "timeout_ms", s->timeout_ms);
    if (s->limit_ms)
        json_put_int(out, "timeout_ms", s->limit_ms);
    json_put_int(out, "retries", s->retries >= 0 ? s->retries : 0);
    if (s->skip.n)
        *skip = s->skip;
    if (set)
        make_bound_settings(set, out, skip);
    if (s->waits)
        make_wait(m, s, set, out);
}

/* What the document warns of right there. */
static void make_warnings(const struct make *m, uint32_t step, json_t *out)
{
    json_t *list = NULL;

    for (size_t i = m->rb->n_remarks; i-- > 0;) {
        const struct rb_remark *r = &m->rb->remarks[i];
        json_t *j;

        if (r->step != step)
            continue;
        j = json_object();
        json_put_int(j, "line", (int64_t)r->line);
        json_put_sv(j, "text", r->text);
        list = list ? list : json_array();
        (void)json_array_insert_new(list, 0, j); /* fails only for want of memory, which aborts */
    }
    if (list)
        json_put(out, "warnings", list);
}

/* --- one step --- */

static struct sv make_session(const struct make *m, const struct rb_step *s)
{
    struct sv id = s->proc == RB_NONE ? SV("") : m->rb->parts[s->proc].id;

    return id.n ? id : SV("document");
}

static void make_where(struct make *m, const struct rb_step *s, json_t *out)
{
    const struct rb_part *p = s->part == RB_NONE ? NULL : &m->rb->parts[s->part];

    json_put_sv(out, "id", s->id);
    json_put_str(out, "file", m->rb->doc->path);
    json_put_int(out, "line", (int64_t)s->line);
    json_put_int(out, "end_line", (int64_t)s->end_line);
    json_put_str(out, "role", p ? rb_role_name(p->role) : "deploy");
    make_where_host(m, s, make_session(m, s), out);
    json_put_sv(out, "part", p ? p->id : SV(""));
    json_put_sv(out, "title", p ? p->title : SV(""));
    json_put_sv(out, "note", s->note);
    json_put_sv(out, "command", s->text);
    json_put_str(out, "effect",
                 s->command && !make_is_refused(m, s) ? command_effect_name(s->command->effect)
                                                      : "none");
}

/* What resume does when it finds the step begun and not ended. */
static void make_again(struct make *m, uint32_t step, json_t *out)
{
    const struct rb_step *s = &m->rb->steps[step];
    const struct binding_step *set = make_settings_of(m, step);
    const char *why = "";
    bool again = false;

    if (s->kind == STEP_SHELL && s->block != RB_NONE)
        again =
            effect_repeats(&m->rb->blocks[s->block].script.v[s->item], s->command->effect, &why);
    else if (s->kind == STEP_SQL && s->command->effect == EFFECT_NONE) {
        again = true;
        why = "it changes nothing";
    }
    if (make_is_refused(m, s)) {
        again = true;
        why = "it is expected to be refused, and then it changes nothing";
    }

    if (set && set->in_doubt.n) {
        json_put_sv(out, "in_doubt", set->in_doubt);
        json_put_str(out, "in_doubt_why", "the binding says so");
    } else {
        json_put_str(out, "in_doubt", again ? "again" : "ask");
        json_put_str(out, "in_doubt_why", again ? why : "");
    }
}

static void make_gate_names(const struct make *m, uint32_t step, json_t *out)
{
    const struct rb_step *s = &m->rb->steps[step];
    json_t *gates = json_array();

    if (s->kind == STEP_MANUAL || make_accepts(m, step))
        json_append(gates, json_str("confirm"));
    else if (s->kind == STEP_APPROVAL)
        json_append(gates, json_str("approval"));
    json_put(out, "gates", gates);
}

static enum err_code make_step(struct make *m, uint32_t step, json_t *out)
{
    const struct rb_step *s = &m->rb->steps[step];
    struct sv skip = {NULL, 0};

    make_where(m, s, out);
    make_warnings(m, step, out);
    make_gate_names(m, step, out);
    make_choices(m, step, out, &skip);
    make_settings(m, step, out, &skip);
    if (skip.n) {
        json_put_sv(out, "skip", skip);
        json_put(out, "expectations", json_array());
        json_put_str(out, "kind", "shell");
        json_put(out, "action", json_object());
        return ERR_OK; /* what is not carried out asks nothing */
    }
    make_again(m, step, out);
    make_answer(m, step, out);
    if (make_action(m, step, make_settings_of(m, step), out) != ERR_OK)
        return m->err->code;
    make_expects(m, step, out);
    return ERR_OK;
}

/* The steps [from, to) of the document that belong there, into the list. */
static enum err_code make_range(struct make *m, uint32_t from, uint32_t to, bool way_back,
                                bool ahead, json_t *list)
{
    for (uint32_t i = from; i < to; i++) {
        const struct rb_step *s = &m->rb->steps[i];
        json_t *out;

        if (m->looks[i].shown_by != RB_NONE)
            continue;
        if (way_back ? !make_is_way_back(m, s)
                     : !make_is_forward(m, s) || (m->signs[i] == SIGN_AHEAD) != ahead)
            continue;
        out = json_object();
        json_append(list, out);
        if (make_step(m, i, out) != ERR_OK)
            return m->err->code;
    }
    return ERR_OK;
}

enum err_code make_steps(struct make *m, bool way_back, json_t **ret)
{
    CLEANUP(json_cleanup) json_t *list = json_array();
    uint32_t n = (uint32_t)m->rb->n_steps;
    uint32_t deploys = way_back || m->first_deploy == RB_NONE ? 0 : m->first_deploy;

    make_ask_choices(m, way_back);
    if (make_range(m, 0, deploys, way_back, false, list) != ERR_OK ||
        (!way_back && make_range(m, 0, n, false, true, list) != ERR_OK) ||
        make_range(m, deploys, n, way_back, false, list) != ERR_OK)
        return m->err->code;
    *ret = STEAL(list);
    return ERR_OK;
}
