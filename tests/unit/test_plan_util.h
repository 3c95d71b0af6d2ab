#pragma once

/*
 * test_plan_util: a document and a binding, as text in a test, through the real readers.
 *
 * Both are written to the test's own folder (deploy.md, prusik.yaml), so that paths and
 * lines in messages are those a person would see.
 */
#include "base/file.h"
#include "base/sv.h"
#include "plan/plan.h"
#include "t.h"

struct world {
    struct document doc;
    struct runbook rb;
    struct binding b;
    json_t *json;     /* as plan_make() gave it; owned by the plan once it is loaded */
    struct plan plan; /* loaded from a copy, so that json can be looked at and changed */
    struct err err;
};

static inline void put_file(const char *name, const char *text)
{
    struct err err = {0};

    T_OK(file_write_atomic(name, sv_from(text), 0600, &err), err);
}

/* T_SV for a text that is not a literal. */
static inline void want_text(struct sv got, const char *want)
{
    if (!sv_eq(got, sv_from(want)))
        T_FAIL("'%.*s' should be '%s'", SV_FMT(got), want);
}

/* The message has this text. */
static inline void want_message(const struct err *err, const char *text)
{
    if (!strstr(err->msg, text))
        T_FAIL("'%s' does not say '%s'", err->msg, text);
}

/* Read the document and the binding (NULL: none), with what --set says (NULL-terminated; NULL: nothing). */
static inline enum err_code world_try(struct world *w, const char *md, const char *yaml,
                                      const char *const *sets)
{
    struct binding_options opt = {.sets = sets};

    *w = (struct world){.json = NULL};
    while (sets && sets[opt.n_sets])
        opt.n_sets++;
    put_file("deploy.md", md);
    if (yaml)
        put_file("prusik.yaml", yaml);
    T_OK(document_load("deploy.md", &w->doc, &w->err), w->err);
    T_OK(runbook_read(&w->doc, &w->rb, &w->err), w->err);
    if (binding_load("deploy.md", &opt, &w->b, &w->err) != ERR_OK)
        return w->err.code;
    if (plan_make(&w->rb, &w->b, &w->json, &w->err) != ERR_OK)
        return w->err.code;
    T_OK(plan_load(json_deep_copy(w->json), &w->plan, &w->err), w->err);
    return ERR_OK;
}

static inline void world_set(struct world *w, const char *md, const char *yaml,
                             const char *const *sets)
{
    if (world_try(w, md, yaml, sets) != ERR_OK)
        T_FAIL("the plan is refused: %s", w->err.msg);
}

static inline void world_make(struct world *w, const char *md, const char *yaml)
{
    world_set(w, md, yaml, NULL);
}

static inline void world_end(struct world *w)
{
    plan_release(&w->plan);
    json_decref(w->json);
    binding_release(&w->b);
    runbook_release(&w->rb);
    document_release(&w->doc);
}

/* The plan must be refused with this code and a message that has this text. */
static inline void world_refused(const char *md, const char *yaml, enum err_code code,
                                 const char *text)
{
    struct world w;

    T_EQ(world_try(&w, md, yaml, NULL), code);
    want_message(&w.err, text);
    T_CHECK(!w.json);
    world_end(&w);
}

/* The question of this kind, the n-th of them from 0. */
static inline const struct plan_question *find_question(const struct world *w, const char *kind,
                                                        size_t n)
{
    for (size_t i = 0; i < w->plan.n_questions; i++)
        if (sv_eq(w->plan.questions[i].kind, sv_from(kind)) && n-- == 0)
            return &w->plan.questions[i];
    return NULL;
}

static inline size_t count_questions(const struct world *w, const char *kind)
{
    size_t n = 0;

    for (size_t i = 0; i < w->plan.n_questions; i++)
        n += sv_eq(w->plan.questions[i].kind, sv_from(kind));
    return n;
}

/* The only question of its kind, with what it says. */
static inline void want_question(const struct world *w, const char *kind, size_t line,
                                 const char *text, const char *answer_with)
{
    const struct plan_question *q = find_question(w, kind, 0);

    if (!q || count_questions(w, kind) != 1)
        T_FAIL("%zu questions of kind '%s'", count_questions(w, kind), kind);
    T_EQ(q->line, line);
    want_text(q->text, text);
    want_text(q->answer_with, answer_with);
}

/* --- the plan as JSON --- */

static inline json_t *step_json(const struct world *w, const char *id)
{
    static const char *const lists[] = {"steps", "way_back"};

    for (size_t k = 0; k < ARRAY_LEN(lists); k++) {
        json_t *list = json_object_get(w->json, lists[k]);

        for (size_t i = 0; i < json_array_size(list); i++)
            if (sv_eq(json_get_sv(json_array_get(list, i), "id"), sv_from(id)))
                return json_array_get(list, i);
    }
    T_FAIL("there is no step '%s'", id);
}

/* Compact, keys sorted. */
static inline void want_json(const json_t *got, const char *want)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    json_write(got, &text);
    if (strcmp(strbuf_str(&text), want) != 0)
        T_FAIL("%s\nshould be\n%s", strbuf_str(&text), want);
}

/* Kind and action of a step. */
static inline void want_action(const struct world *w, const char *id, const char *kind,
                               const char *action)
{
    json_t *step = step_json(w, id);

    want_text(json_get_sv(step, "kind"), kind);
    want_json(json_object_get(step, "action"), action);
}

static inline const struct plan_step *find_step(const struct world *w, const char *id)
{
    struct sv nearest;
    const struct plan_step *s = plan_find(&w->plan, sv_from(id), &nearest);

    if (!s)
        T_FAIL("there is no single step '%s'", id);
    return s;
}
