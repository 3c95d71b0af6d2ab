/*
 * The document's communication templates, filled in at their moments.
 */
#include "base/clock.h"
#include "base/sv.h"
#include "exec/run_int.h"

/* Fields that a run knows by itself, by the words of their name. */
static bool run_message_field(struct run *r, struct sv name, struct strbuf *out)
{
    struct sv value;

    if (values_get(&r->values, name, &value)) {
        strbuf_add_sv(out, value);
    } else if (sv_has_word(name, SV("time")) || sv_has_nocase(name, SV("timestamp"))) {
        strbuf_add_str(out, clock_format_s(clock_now_us()).s);
    } else if (sv_has_nocase(name, SV("reason")) || sv_has_nocase(name, SV("issue"))) {
        strbuf_add_sv(out, r->roll_back_reason);
    } else if (sv_has_nocase(name, SV("environment"))) {
        strbuf_add_sv(out, r->plan->environment);
    } else if (sv_has_nocase(name, SV("operator"))) {
        strbuf_add_sv(out, r->opt.operator_name);
    } else {
        return false;
    }
    return true;
}

static void run_message_fill(struct run *r, const json_t *pieces, struct strbuf *out, json_t *open)
{
    for (size_t i = 0; i < json_array_size(pieces); i++) {
        const json_t *piece = json_array_get(pieces, i);
        struct sv name = json_get_sv(piece, "value");

        if (json_is_string(piece)) {
            strbuf_add(out, json_string_value(piece), json_string_length(piece));
        } else if (!run_message_field(r, name, out)) {
            strbuf_addf(out, "[%.*s]", SV_FMT(name)); /* as the author left it */
            json_append(open, json_sv(name));
        }
    }
}

void run_message(struct run *r, const char *when)
{
    for (size_t i = 0; i < r->plan->n_messages; i++) {
        const struct plan_message *m = &r->plan->messages[i];
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
        json_t *data, *open;

        if (!sv_eq(m->when, sv_from(when)))
            continue;
        data = json_object();
        open = json_array();
        run_message_fill(r, m->text, &text, open);
        json_put_str(data, "when", when);
        json_put_int(data, "line", (int64_t)m->line);
        json_put_sv(data, "trigger", m->trigger);
        json_put_sv(data, "text", strbuf_sv(&text));
        json_put(data, "unfilled", open);
        run_queue(r, EVENT_MESSAGE, NULL, data);
    }
}
