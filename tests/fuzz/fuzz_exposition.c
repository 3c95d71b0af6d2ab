/* Any bytes at all as a metrics exposition.  The first byte chooses the notation and the limits. */
#include "fuzz.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/sv.h"
#include "base/text.h"
#include "watch/exposition.h"

/* What is remembered of a parse: a printed copy that can be read again. */
struct seen {
    struct sv body; /* .p NULL: do not look where views lie */
    struct strbuf text;
    size_t n, line;
};

static bool is_decoded(struct sv value)
{
    return sv_find_byte(value, '\\', 0) != SV_NPOS || sv_find_byte(value, '"', 0) != SV_NPOS ||
           sv_find_byte(value, '\n', 0) != SV_NPOS;
}

static void check_labels(const struct seen *seen, const struct exposition_sample *s)
{
    for (size_t i = 0; i < s->n_labels; i++) {
        const struct sample_label *l = &s->labels[i];

        MUST(l->name.n > 0 && l->value.n > 0 && text_bad_utf8(l->value) == SV_NPOS);
        MUST(i == 0 || sv_cmp(l[-1].name, l->name) < 0);
        MUST(!seen->body.p || fuzz_inside(seen->body, l->name));
        MUST(!seen->body.p || fuzz_inside(seen->body, l->value) || is_decoded(l->value));
    }
}

static void print_label(struct strbuf *out, const struct sample_label *l)
{
    strbuf_addf(out, "%.*s=\"", SV_FMT(l->name));
    for (size_t i = 0; i < l->value.n; i++) {
        char c = l->value.p[i];

        if (c == '\n')
            strbuf_add_str(out, "\\n");
        else if (c == '"' || c == '\\')
            strbuf_addf(out, "\\%c", c);
        else
            strbuf_add_byte(out, c);
    }
    strbuf_add_byte(out, '"');
}

static void on_sample(void *arg, const struct exposition_sample *s)
{
    struct seen *seen = arg;

    MUST(s->name.n > 0 && s->line > seen->line);
    MUST(!seen->body.p || fuzz_inside(seen->body, s->name));
    MUST(sv_starts(s->name, s->family->name));
    MUST((unsigned)s->family->type < SAMPLE_TYPE__N);
    check_labels(seen, s);
    seen->line = s->line;
    seen->n++;
    strbuf_add_sv(&seen->text, s->name);
    for (size_t i = 0; i < s->n_labels; i++) {
        strbuf_add_byte(&seen->text, i ? ',' : '{');
        print_label(&seen->text, &s->labels[i]);
    }
    strbuf_addf(&seen->text, "%s %.17g", s->n_labels ? "}" : "", s->value);
    if (s->has_time)
        strbuf_addf(&seen->text, " %" PRId64, s->time_ms);
    strbuf_add_byte(&seen->text, '\n');
}

static enum err_code run(struct exposition *x, struct exposition_options opt, struct sv body,
                         struct seen *seen)
{
    struct err err = {0};
    enum err_code rc;

    strbuf_release(&seen->text);
    *seen = (struct seen){.body = body};
    opt.sample = on_sample;
    opt.arg = seen;
    rc = exposition_parse(x, body, &opt, &err);
    MUST(rc == (rc == ERR_OK ? ERR_OK : err.code) && (rc == ERR_OK || err.msg[0]));
    MUST(text_bad_utf8(sv_from(err.msg)) == SV_NPOS);
    MUST(rc != ERR_OK || seen->n == x->n_samples);
    MUST((x->n_warnings > 0) == (x->warning != NULL));
    MUST(x->n_again <= x->n_warnings);
    return rc;
}

static bool same(const struct seen *a, const struct seen *b)
{
    return a->n == b->n && a->line == b->line && sv_eq(strbuf_sv(&a->text), strbuf_sv(&b->text));
}

/* Printed plainly, and read again as 0.0.4: the same samples, and nobody has anything to say. */
static void check_round_trip(struct exposition *x, struct seen *first)
{
    CLEANUP(strbuf_release) struct strbuf copy = strbuf_steal(&first->text);
    struct seen again = {.n = 0};

    strbuf_add(&copy, "", 0);
    MUST(run(x, (struct exposition_options){.max_samples = SIZE_MAX}, strbuf_sv(&copy), &again) ==
         ERR_OK);
    MUST(again.n == first->n && sv_eq(strbuf_sv(&again.text), strbuf_sv(&copy)));
    MUST(x->n_warnings == 0);
    strbuf_release(&again.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct exposition kept; /* what one body leaves must not change the next */
    struct exposition fresh = {0};
    struct seen a = {.n = 0}, b = {.n = 0}, strict = {.n = 0};
    struct exposition_options opt = {.format = EXPOSITION_TEXT};
    enum err_code rc, rc_strict;
    struct sv body;

    if (size == 0)
        return 0;
    opt.format = data[0] & 1 ? EXPOSITION_OPENMETRICS : EXPOSITION_TEXT;
    if (data[0] & 2)
        opt.max_samples = 3;
    if (data[0] & 4)
        opt.max_line = 20;
    body = (struct sv){(const char *)data + 1, size - 1};

    rc = run(&kept, opt, body, &a);
    MUST(run(&fresh, opt, body, &b) == rc && same(&a, &b)); /* the same twice */
    MUST(kept.n_warnings == fresh.n_warnings && kept.warning_line == fresh.warning_line);
    opt.careful = true;
    MUST(run(&fresh, opt, body, &b) == rc && same(&a, &b)); /* both readers agree */
    MUST(kept.n_warnings == fresh.n_warnings && kept.n_again == fresh.n_again);
    opt.careful = false;
    opt.strict = true;
    rc_strict = run(&fresh, opt, body, &strict);
    MUST(rc_strict != ERR_OK ||
         (rc == ERR_OK && same(&a, &strict))); /* strict is a part of default */
    if (rc == ERR_OK)
        check_round_trip(&kept, &a);
    strbuf_release(&a.text);
    strbuf_release(&b.text);
    strbuf_release(&strict.text);
    exposition_release(&fresh);
    return 0;
}
