/*
 * forbid: hosts that something must not be done to: "Hosts which must not be rebooted: db01", "db01 must never be touched".  A
 * step that does so all the same is asked about, and lint finds it.
 */
#include "base/regex.h"
#include "base/sv.h"
#include "runbook/reader_int.h"
#include "runbook/told_verb.h"

/* What must not be done, and the words of commands that do it; none: all that changes something. */
static const struct forbid_row {
    struct sv verbs, commands;
} forbid_rows[] = {
    {SV("rebooted reboot restarted shut powered halted neugestartet rebooten"),
     SV("reboot shutdown poweroff halt kexec")},
    {SV("touched changed modified upgraded updated patched altered touch modify angefasst"),
     SV("")},
};

/* The verb behind "must not be", "Do not" and the like; NULL: it is none of these, or no such text. */
static const struct forbid_row *forbid_row_of(struct sv text)
{
    static const struct sv denials[] = {SV("must not be "),   SV("must never be "),
                                        SV("may not be "),    SV("may never be "),
                                        SV("should not be "), SV("should never be "),
                                        SV("shall not be "),  SV("are not to be "),
                                        SV("is not to be "),  SV("must under no circumstances be "),
                                        SV("dürfen nicht "),  SV("darf nicht ")};

    for (size_t i = 0; i < ARRAY_LEN(denials); i++) {
        size_t at = sv_find_nocase(text, denials[i], 0);
        struct sv rest, word;

        if (at == SV_NPOS)
            continue;
        rest = sv_sub(text, at + denials[i].n, text.n);
        if (!sv_next_word(&rest, &word))
            return NULL;
        for (size_t k = 0; k < ARRAY_LEN(forbid_rows); k++)
            if (sv_has_word(forbid_rows[k].verbs, told_bare(word)))
                return &forbid_rows[k];
    }
    return NULL;
}

/* Does the text name the host as a word: "db01" in "db01, db02", "root@db01"? */
static bool forbid_names(struct sv text, struct sv host)
{
    for (size_t at = 0; (at = sv_find_nocase(text, host, at)) != SV_NPOS; at++) {
        char before = at ? text.p[at - 1] : ' ',
             after = at + host.n < text.n ? text.p[at + host.n] : ' ';

        if (!ascii_is_word(before) && before != '-' && !ascii_is_word(after) && after != '-')
            return true;
    }
    return false;
}

/* The words of it that look like names of machines: with a digit, '-' or '.' among small letters. */
static bool forbid_is_host(struct sv word)
{
    bool mark = false;

    for (size_t i = 0; i < word.n; i++) {
        if (!ascii_is_word(word.p[i]) && word.p[i] != '-' && word.p[i] != '.')
            return false;
        mark |= ascii_is_digit(word.p[i]) || word.p[i] == '-' || word.p[i] == '.';
    }
    return mark && word.n > 1 && told_is_small(*word.p);
}

static bool forbid_names_hosts(struct sv text)
{
    struct sv word;

    while (sv_next_word(&text, &word))
        if (forbid_is_host(told_bare(word)))
            return true;
    return false;
}

void forbid_text(struct rb_build *b, const struct md_node *n)
{
    struct sv text = sv_trim(n->text);

    if (text.n > LABEL_MAX_BYTES || build_role(b) == ROLE_TROUBLESHOOT || !forbid_row_of(text) ||
        !forbid_names_hosts(text))
        return;
    remark_add(b, n->line, text);
    *vec_add(&b->forbids) = (struct forbid){n->line, text};
}

/* Is it done there: on that host, or by a command that names it? */
static bool forbid_is_there(const struct rb_step *s, struct sv text)
{
    struct sv rest = text, word;

    while (sv_next_word(&rest, &word)) {
        struct sv host = told_bare(word);

        if (forbid_is_host(host) && (forbid_names(s->host, host) || forbid_names(s->text, host)))
            return true;
    }
    return false;
}

static bool forbid_does(const struct rb_step *s, const struct forbid_row *row)
{
    struct sv rest = row->commands, word;

    if (!rest.n)
        return s->command && s->command->effect > EFFECT_STATE;
    while (sv_next_word(&rest, &word))
        if (sv_has_word(s->text, word))
            return true;
    return false;
}

void forbid_finish(struct rb_build *b)
{
    struct runbook *rb = b->rb;

    for (size_t i = 0; i < b->forbids.n; i++) {
        const struct forbid *f = &b->forbids.v[i];
        const struct forbid_row *row = forbid_row_of(f->text);

        for (size_t k = 0; row && k < rb->n_steps; k++) {
            struct rb_step *s = &rb->steps[k];

            if ((s->kind != STEP_SHELL && s->kind != STEP_SQL) || !forbid_does(s, row) ||
                !forbid_is_there(s, f->text))
                continue;
            build_note(b, NOTE_FORBIDDEN, s->line, 1,
                       arena_fmt(b->arena, "line %zu says: \"%.*s\"", f->line, SV_FMT(f->text)));
            if (!s->condition.n)
                s->condition = arena_fmt(b->arena, "although it says: \"%.*s\"", SV_FMT(f->text));
        }
    }
}
