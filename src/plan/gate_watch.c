#include "plan/gate_watch.h"

#include "base/sv.h"
#include "plan/plan_rules.h"

json_t *plan_gate_watch(const struct plan *p, const struct plan_gate *g,
                        plan_gate_judges_fn *judges, const void *arg)
{
    json_t *copy = json_deep_copy(p->json), *rules = json_array(), *gate;
    const json_t *all = json_object_get(copy, "rules");
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    for (size_t i = 0; judges && i < json_array_size(all); i++) {
        json_t *rule = json_array_get(all, i);

        if (json_get_int(rule, "at_ms", -1) >= 0 || !judges(arg, json_get_sv(rule, "phase")))
            continue;
        (void)json_object_del(rule, "phase"); /* it may have none */
        json_append(rules, json_incref(rule));
    }
    if (g && g->rule.n) {
        gate = json_object();
        strbuf_addf(&text, "proceed when %.*s", SV_FMT(g->rule));
        json_put_str(gate, "id", PLAN_GATE_RULE);
        json_put_sv(gate, "source", strbuf_sv(&text));
        json_put_sv(gate, "text", strbuf_sv(&text));
        json_append(rules, gate);
    }
    json_put(copy, "rules", rules);
    json_put(copy, "checkpoints", json_array());
    return copy;
}

enum err_code plan_gate_check_rule(const struct plan *p, const struct plan_gate *g, struct err *err)
{
    CLEANUP(json_cleanup) json_t *watch = NULL;
    struct plan_rules rules = {0};
    enum err_code rc;

    if (!g->rule.n)
        return ERR_OK;
    watch = plan_gate_watch(p, g, NULL, NULL);
    rc = plan_rules_read(watch, NULL, NULL, &rules, err);
    plan_rules_release(&rules);
    return rc == ERR_OK ? rc : err_wrap(err, "gate of line %zu in prusik.yaml", g->line);
}
