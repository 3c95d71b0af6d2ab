/*
 * A plan of which only the watch is left: nothing is carried out, forwards or back.
 */
#include "base/sv.h"
#include "plan/plan.h"

/* Questions that the watch does not ask are about what is left out. */
static void watch_only_questions(json_t *plan)
{
    static const struct sv kinds[] = {SV("metric"), SV("action"), SV("watch")};
    json_t *all = json_object_get(plan, "questions"), *kept = json_array();

    for (size_t i = 0; i < json_array_size(all); i++) {
        struct sv kind = json_get_sv(json_array_get(all, i), "kind");

        for (size_t k = 0; k < ARRAY_LEN(kinds); k++)
            if (sv_eq(kind, kinds[k]))
                json_append(kept, json_incref(json_array_get(all, i)));
    }
    json_put(plan, "questions", kept);
}

/* Another plan: another hash (docs/formats/plan.md). */
static void watch_only_hash(json_t *plan)
{
    CLEANUP(json_cleanup) json_t *copy = json_copy(plan);
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct hash h;

    (void)json_object_del(copy, "questions");
    (void)json_object_del(copy, "advice"); /* may be absent */
    (void)json_object_del(copy, "left");
    (void)json_object_del(copy, "operator");
    (void)json_object_del(copy, "hash");
    (void)json_object_del(copy, "approval");
    json_write(copy, &text);
    h = hash_of(strbuf_sv(&text));
    json_put_str(plan, "hash", hash_hex(&h).s);
    json_put_str(plan, "approval", hash_hex(&h).s);
}

void plan_watch_only(json_t *plan)
{
    static const char *const lists[] = {"steps", "way_back", "variables", "messages", "parts"};
    static const char *const judged[] = {"rules", "checkpoints"};
    CLEANUP(strbuf_release) struct strbuf environment = STRBUF(0);

    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        json_put(plan, lists[i], json_array());
    (void)json_object_del(plan, "maintenance"); /* may be absent */
    for (size_t i = 0; i < ARRAY_LEN(judged);
         i++) /* nothing is deployed: all is judged from the begin on */
        for (size_t k = 0; k < json_array_size(json_object_get(plan, judged[i])); k++)
            (void)json_object_del(json_array_get(json_object_get(plan, judged[i]), k), "phase");
    strbuf_addf(&environment, "%.*s" PLAN_WATCH_SUFFIX, SV_FMT(json_get_sv(plan, "environment")));
    json_put_sv(plan, "environment", strbuf_sv(&environment));
    json_put_bool(plan, "watch_only", true);
    watch_only_questions(plan);
    watch_only_hash(plan);
}
