/*
 * What became of the flags that rules switched off, in a line each.
 */
#include "base/duration.h"
#include "base/sv.h"
#include "report/view.h"

static bool view_flag_is_open(const struct view *v, const json_t *intent)
{
    int64_t number = json_get_int(intent, "number", 0);

    for (size_t i = 0; i < v->events.n; i++)
        if (v->events.v[i].kind == EVENT_FLAG_OUTCOME &&
            json_get_int(v->events.v[i].data, "number", 0) == number)
            return false;
    return true;
}

static void view_flag_outcome(const json_t *d, struct strbuf *out)
{
    struct sv result = json_get_sv(d, "result"), why = json_get_sv(d, "why");
    int64_t ms = json_get_int(d, "ms", 0), consumers = json_get_int(d, "consumers", 0);

    if (!sv_is(result, "in-effect")) {
        strbuf_addf(out, "%.*s after %s: %.*s", SV_FMT(result), duration_format(ms).s, SV_FMT(why));
        return;
    }
    strbuf_addf(out, "in effect %s after the verdict", duration_format(ms).s);
    if (json_get_bool(d, "already", false))
        strbuf_add_str(out, ", found as it is to be");
    else if (consumers)
        strbuf_addf(out, ", seen by %lld consumer%s", (long long)consumers,
                    consumers == 1 ? "" : "s");
    else
        strbuf_add_str(out, ", read back where it was written");
}

bool view_flag_text(const struct view *v, const struct view_event *e, struct strbuf *out)
{
    const json_t *d = e->data;
    bool intent = e->kind == EVENT_FLAG_INTENT;

    if ((!intent && e->kind != EVENT_FLAG_OUTCOME) || (intent && !view_flag_is_open(v, d)))
        return false;
    strbuf_addf(out, "%.*s to %.*s by rule %.*s: ", SV_FMT(json_get_sv(d, "flag")),
                SV_FMT(json_get_sv(d, "to")), SV_FMT(json_get_sv(d, "rule")));
    if (intent)
        strbuf_add_str(out, v->state == VIEW_RUNNING ? "being switched"
                                                     : "begun, and nobody knows how it ended");
    else
        view_flag_outcome(d, out);
    return true;
}
