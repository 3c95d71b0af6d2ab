#include "base/sv.h"
#include "lint/lint.h"

static bool rb143_is_database(struct sv word)
{
    return sv_ends(word, SV(".db")) || sv_ends(word, SV(".sqlite")) ||
           sv_ends(word, SV(".sqlite3"));
}

static void rb143_check(struct lint *l, const struct lint_rule *rule)
{
    for (size_t i = 0; i < l->rb->n_steps; i++) {
        const struct rb_step *s = &l->rb->steps[i];
        const struct shell_item *item =
            s->item == RB_NONE ? NULL : &l->rb->blocks[s->block].script.v[s->item];
        const struct rb_part *p = s->part == RB_NONE ? NULL : &l->rb->parts[s->part];

        for (size_t k = 0; item && k < item->n_simple; k++) {
            const struct shell_simple *c = &item->simple[k];
            size_t last = c->n_words;

            /* a restore copies onto the database, with the service stopped: that is another matter */
            if (sv_eq(shell_program(c), SV("cp")) && last >= 3 && p && p->role != ROLE_ROLLBACK &&
                rb143_is_database(c->words[last - 2].raw))
                lint_add(l, rule, s->line, c->words[last - 2].raw,
                         "cp of a database that is in use can copy half a transaction");
        }
    }
}

const struct lint_rule lint_rb143 = {
    .id = "RB143",
    .severity = LINT_WARNING,
    .title = "a copy of a live SQLite file",
    .why = "SQLite writes several pages and a log for one transaction: a copy in between is torn.",
    .mend = "use sqlite3 FILE \".backup COPY\", which copies while others write",
    .check = rb143_check,
};
