#include "cli/show_dry.h"

#include "base/sv.h"
#include "base/text.h"
#include "cli/show_plan.h"
#include "cli/tree.h"
#include "store/event.h"

enum { DRY_ROOM = 66 };

static void dry_show_check(const struct dry_check *c, size_t indent, struct strbuf *out)
{
    static const enum term_style styles[DRY__N] = {TERM_DIM, TERM_BAD, TERM_WARN};

    strbuf_add_n(out, ' ', indent);
    term_addf(out, styles[c->state], "%-6s ", dry_state_name(c->state));
    show_line(out, 0, c->state == DRY_WRONG ? TERM_BOLD : TERM_PLAIN, c->text, 100);
    strbuf_add_byte(out, '\n');
}

static void dry_show_expects(const struct plan_step *p, size_t indent, struct strbuf *out)
{
    size_t asked = 0;

    for (size_t i = 0; i < p->n_expects; i++)
        asked += !p->expects[i].machine;
    if (p->n_expects == 0)
        return;
    strbuf_add_n(out, ' ', indent);
    term_addf(out, TERM_DIM, "then would check %zu expectation%s, %zu of them by asking\n",
              p->n_expects, p->n_expects == 1 ? "" : "s", asked);
}

static void dry_show_step(const struct plan *p, const struct dry_step *s, struct strbuf *out)
{
    CLEANUP(strbuf_release) struct strbuf brief = STRBUF(0);
    size_t indent = 2 * tree_depth(s->step->part) + 2;
    struct sv kind =
        s->step->skip.n ? SV("-") : s->step->kind; /* what it would be is not in the plan */

    if (!s->left)
        show_gates(p, s->step, indent, out);
    strbuf_add_n(out, ' ', indent);
    term_addf(out, TERM_DIM, "%-11.*s ", SV_FMT(kind));
    text_add_brief(&brief, plan_command(s->step));
    show_line(out, 0, s->left ? TERM_DIM : TERM_BOLD, strbuf_sv(&brief), DRY_ROOM);
    strbuf_add_byte(out, '\n');
    strbuf_add_n(out, ' ', indent + 12);
    show_line(out, 0, TERM_DIM, s->would, 100);
    strbuf_add_byte(out, '\n');
    for (size_t i = 0; i < s->checks.n; i++)
        dry_show_check(&s->checks.v[i], indent + 12, out);
    if (!s->left)
        dry_show_expects(s->step, indent + 12, out);
}

void show_dry_steps(const struct plan *p, const dry_steps *steps, struct strbuf *out)
{
    struct sv shown = {"", 0};

    for (size_t i = 0; i < steps->n; i++) {
        tree_titles(p, &shown, steps->v[i].step->part, true, out);
        dry_show_step(p, &steps->v[i], out);
    }
}

static size_t dry_skipped(const struct dry *d)
{
    size_t n = 0;

    for (size_t i = 0; i < d->steps.n; i++)
        n += d->steps.v[i].left;
    for (size_t i = 0; i < d->way_back.n; i++)
        n += d->way_back.v[i].left;
    return n;
}

/* Once more at the end, where it is seen. */
void show_dry_wrong(const struct plan *p, const dry_steps *steps, struct strbuf *out)
{
    for (size_t i = 0; i < steps->n; i++)
        for (size_t k = 0; k < steps->v[i].checks.n; k++) {
            const struct dry_check *c = &steps->v[i].checks.v[k];

            if (c->state != DRY_WRONG)
                continue;
            term_addf(out, TERM_PLAIN, "  %.*s:%zu: ", SV_FMT(p->document), steps->v[i].step->line);
            show_line(out, 0, TERM_BAD, c->text, 100);
            strbuf_add_byte(out, '\n');
        }
}

void show_dry(const struct plan *p, const struct dry *d, const struct store_lock *lock,
              bool attended, struct strbuf *out)
{
    term_addf(out, TERM_BOLD, "%.*s\n", SV_FMT(p->title));
    strbuf_addf(out, "a dry run for %.*s: nothing is carried out\n",
                SV_FMT(p->environment.n ? p->environment : SV("an environment without a name")));
    show_dry_steps(p, &d->steps, out);
    if (d->way_back.n) {
        term_add(out, TERM_BAD, SV("\nThe way back\n"));
        show_dry_steps(p, &d->way_back, out);
    }
    strbuf_add_byte(out, '\n');
    if (lock)
        term_addf(out, TERM_WARN, "The environment is in use: %s by %s since process %lld.\n",
                  event_run_text(lock->run).s, lock->owner, (long long)lock->pid);
    if (plan_open(p, attended))
        show_questions(p, attended, out);
    strbuf_addf(
        out, "Nothing was carried out. Of %zu step%s and %zu of the way back, %zu %s left out.\n",
        d->steps.n, d->steps.n == 1 ? "" : "s", d->way_back.n, dry_skipped(d),
        dry_skipped(d) == 1 ? "is" : "are");
    term_addf(out, d->counts[DRY_WRONG] ? TERM_BAD : TERM_PLAIN,
              "Looked at: %zu found, %zu wrong; %zu only a run can tell.\n", d->counts[DRY_FOUND],
              d->counts[DRY_WRONG], d->counts[DRY_OPEN]);
    show_dry_wrong(p, &d->steps, out);
    show_dry_wrong(p, &d->way_back, out);
}

/* --- JSON --- */

json_t *show_dry_steps_json(const dry_steps *steps)
{
    json_t *list = json_array();

    for (size_t i = 0; i < steps->n; i++) {
        const struct dry_step *s = &steps->v[i];
        json_t *o = json_object(), *checks = json_array();

        json_put_sv(o, "id", s->step->id);
        json_put_int(o, "line", (int64_t)s->step->line);
        json_put_sv(o, "kind", s->step->kind);
        json_put_sv(o, "host", s->step->host);
        json_put_sv(o, "command", s->step->command);
        json_put_bool(o, "skipped", s->left);
        json_put_sv(o, "would", s->would);
        for (size_t k = 0; k < s->checks.n; k++) {
            json_t *c = json_object();

            json_put_str(c, "state", dry_state_name(s->checks.v[k].state));
            json_put_sv(c, "text", s->checks.v[k].text);
            json_append(checks, c);
        }
        json_put(o, "checks", checks);
        json_append(list, o);
    }
    return list;
}

json_t *show_dry_lock_json(const struct store_lock *lock)
{
    json_t *o;

    if (!lock)
        return json_null();
    o = json_object();
    json_put_str(o, "run", event_run_text(lock->run).s);
    json_put_str(o, "owner", lock->owner);
    json_put_str(o, "host", lock->host);
    json_put_int(o, "pid", lock->pid);
    return o;
}

void show_dry_json(const struct plan *p, const struct dry *d, const struct store_lock *lock,
                   bool attended, struct strbuf *out)
{
    CLEANUP(json_cleanup) json_t *o = json_object();
    json_t *counts = json_object();

    json_put_int(o, "format", 1);
    json_put_str(o, "hash", hash_hex(&p->hash).s);
    json_put_sv(o, "environment", p->environment);
    json_put(o, "lock", show_dry_lock_json(lock));
    json_put_int(o, "questions", (int64_t)plan_open(p, attended));
    json_put(o, "steps", show_dry_steps_json(&d->steps));
    json_put(o, "way_back", show_dry_steps_json(&d->way_back));
    json_put_int(counts, "steps", (int64_t)d->steps.n);
    json_put_int(counts, "way_back", (int64_t)d->way_back.n);
    json_put_int(counts, "skipped", (int64_t)dry_skipped(d));
    for (size_t i = 0; i < DRY__N; i++)
        json_put_int(counts, dry_state_name((enum dry_state)i), (int64_t)d->counts[i]);
    json_put(o, "counts", counts);
    json_write_pretty(o, out);
    strbuf_add_byte(out, '\n');
}
