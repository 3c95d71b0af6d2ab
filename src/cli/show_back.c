#include "cli/show_back.h"

#include "base/sv.h"
#include "base/text.h"
#include "cli/show_dry.h"
#include "cli/show_plan.h"
#include "store/event.h"

static const struct {
    const char *word;
    enum term_style style;
} back_words[BACK_FATE__N] = {
    [BACK_UNDONE] = {"undone", TERM_GOOD},       [BACK_ITSELF] = {"undone", TERM_GOOD},
    [BACK_ACCEPTED] = {"not undone", TERM_WARN}, [BACK_GAP] = {"not undone", TERM_BAD},
    [BACK_KEPT] = {"stays", TERM_DIM},
};

/* How well it is known that the step undoes the change. */
static const char *back_known(const struct plan_step *back, const struct plan_step *change)
{
    static const char *const texts[UNDO_BY__N] = {
        [UNDO_BY_NOTHING] = "",
        [UNDO_BY_NAME] = ", as the document says",
        [UNDO_BY_THING] = ", which changes the same",
        [UNDO_BY_KIND] = ", only known to change the same kind of thing",
    };

    for (size_t i = 0; i < back->n_undoes; i++)
        if (sv_starts(change->id, back->undoes[i].step))
            return texts[back->undoes[i].by];
    return "";
}

static void back_show_why(const struct back_change *c, struct strbuf *out)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    switch (c->fate) {
    case BACK_UNDONE:
        if (c->by) {
            strbuf_addf(&text, "by line %zu: ", c->by->line);
            text_add_brief(&text, c->by->command);
            strbuf_add_str(&text, back_known(c->by, c->step));
        } else
            strbuf_addf(&text, "by %.*s", SV_FMT(c->step->undo_text));
        break;
    case BACK_ITSELF:
    case BACK_ACCEPTED: strbuf_add_sv(&text, c->step->undo_text); break;
    case BACK_GAP: strbuf_add_str(&text, "nothing of the way back undoes it"); break;
    case BACK_KEPT:
    case BACK_FATE__N:
    default: return;
    }
    strbuf_add_n(out, ' ', 14);
    show_line(out, 0, c->fate == BACK_GAP ? TERM_BAD : TERM_DIM, strbuf_sv(&text), 110);
    strbuf_add_byte(out, '\n');
}

void show_back(const struct show_back *s, struct strbuf *out)
{
    const struct back *b = s->back;
    size_t undone = b->counts[BACK_UNDONE] + b->counts[BACK_ITSELF];

    term_addf(out, TERM_BOLD, "Back from %s", event_run_text(s->run).s);
    if (s->to.n)
        term_addf(out, TERM_BOLD, " to %.*s, which stays", SV_FMT(s->to));
    strbuf_add_byte(out, '\n');
    for (size_t i = 0; i < b->changes.n; i++) {
        CLEANUP(strbuf_release) struct strbuf brief = STRBUF(0);
        const struct back_change *c = &b->changes.v[i];

        text_add_brief(&brief, c->step->command);
        strbuf_add_str(out, "  ");
        term_addf(out, back_words[c->fate].style, "%-11s ", back_words[c->fate].word);
        term_addf(out, TERM_DIM, "line %zu: ", c->step->line);
        show_line(out, 0, TERM_PLAIN, strbuf_sv(&brief), 66);
        strbuf_add_byte(out, '\n');
        back_show_why(c, out);
    }
    strbuf_addf(out, "%zu change%s: %zu undone, %zu accepted, %zu without a way back", b->changes.n,
                b->changes.n == 1 ? "" : "s", undone, b->counts[BACK_ACCEPTED],
                b->counts[BACK_GAP]);
    if (b->counts[BACK_KEPT])
        strbuf_addf(out, ", %zu kept", b->counts[BACK_KEPT]);
    strbuf_addf(out, "; steps of the way back to carry out: %zu of %zu.\n", b->carried, b->steps.n);
}

void show_back_dry(const struct show_back *s, const struct dry *d, const struct store_lock *lock,
                   struct strbuf *out)
{
    term_addf(out, TERM_BOLD, "%.*s\n", SV_FMT(s->plan->title));
    strbuf_addf(out, "a dry run of the way back: nothing is carried out\n\n");
    show_back(s, out);
    term_add(out, TERM_BAD, SV("\nThe way back\n"));
    show_dry_steps(s->plan, &d->way_back, out);
    strbuf_add_byte(out, '\n');
    if (lock)
        term_addf(out, TERM_WARN, "The environment is in use: %s by %s since process %lld.\n",
                  event_run_text(lock->run).s, lock->owner, (long long)lock->pid);
    if (s->back->bad.n) {
        term_add(out, TERM_BAD, SV("It would be refused: "));
        show_line(out, 0, TERM_BAD, s->back->bad, 300);
        strbuf_add_byte(out, '\n');
    }
    strbuf_addf(out,
                "Nothing was carried out. Looked at: %zu found, %zu wrong; %zu only a run can "
                "tell.\n",
                d->counts[DRY_FOUND], d->counts[DRY_WRONG], d->counts[DRY_OPEN]);
    show_dry_wrong(s->plan, &d->way_back, out);
}

static json_t *back_change_json(const struct back_change *c)
{
    json_t *o = json_object();

    json_put_sv(o, "id", c->step->id);
    json_put_int(o, "line", (int64_t)c->step->line);
    json_put_sv(o, "command", c->step->command);
    json_put_str(o, "fate", back_fate_name(c->fate));
    json_put_sv(o, "by", c->by ? c->by->id : SV(""));
    json_put_sv(o, "why", c->by ? SV("") : c->step->undo_text);
    return o;
}

void show_back_dry_json(const struct show_back *s, const struct dry *d,
                        const struct store_lock *lock, struct strbuf *out)
{
    CLEANUP(json_cleanup) json_t *o = json_object();
    json_t *changes = json_array(), *counts = json_object();

    json_put_int(o, "format", 1);
    json_put_str(o, "run", event_run_text(s->run).s);
    json_put_str(o, "hash", hash_hex(&s->plan->hash).s);
    json_put_sv(o, "environment", s->plan->environment);
    json_put_sv(o, "to", s->to);
    json_put(o, "lock", show_dry_lock_json(lock));
    json_put_sv(o, "refused", s->back->bad);
    for (size_t i = 0; i < s->back->changes.n; i++)
        json_append(changes, back_change_json(&s->back->changes.v[i]));
    json_put(o, "changes", changes);
    json_put(o, "way_back", show_dry_steps_json(&d->way_back));
    for (size_t i = 0; i < BACK_FATE__N; i++)
        json_put_int(counts, back_fate_name((enum back_fate)i), (int64_t)s->back->counts[i]);
    for (size_t i = 0; i < DRY__N; i++)
        json_put_int(counts, dry_state_name((enum dry_state)i), (int64_t)d->counts[i]);
    json_put(o, "counts", counts);
    json_write_pretty(o, out);
    strbuf_add_byte(out, '\n');
}
