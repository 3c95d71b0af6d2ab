/*
 * forbid: hosts that something must not be done to: "Hosts which must not be rebooted: db01", "db01 must never be touched".  A
 * step that does so all the same is asked about, and lint finds it.
 */
#include "base/map.h"
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

/* --- the steps that do it all the same --- */

enum { FORBID_NAME = 254 }; /* as in DNS, with its end */

/* Of each row: the first text that forbids it for a host, by the host's name in small letters. */
struct forbid_index {
    struct map of[ARRAY_LEN(forbid_rows)];
};

static struct sv forbid_key(struct sv name, char into[FORBID_NAME])
{
    size_t n = size_min(name.n, FORBID_NAME);

    for (size_t i = 0; i < n; i++)
        into[i] = ascii_lower(name.p[i]);
    return (struct sv){into, n};
}

static void forbid_add(struct forbid_index *index, const struct forbid *f, size_t number)
{
    const struct forbid_row *row = forbid_row_of(f->text);
    struct map *m = &index->of[row - forbid_rows];
    struct sv rest = f->text, word;
    char name[FORBID_NAME];

    while (sv_next_word(&rest, &word)) {
        struct sv host = told_bare(word);

        if (forbid_is_host(host) && !map_get(m, forbid_key(host, name), NULL))
            (void)map_put(m, forbid_key(host, name), number);
    }
}

/* Any of the labels of a name that stand together: "db01.example.com" is "db01", too. */
static bool forbid_has_labels(const struct map *m, struct sv name, size_t *ret)
{
    char text[FORBID_NAME];
    struct sv key = forbid_key(name, text);

    for (size_t from = 0; from < key.n; from++) {
        if (from > 0 && key.p[from - 1] != '.')
            continue;
        for (size_t to = from + 1; to <= key.n; to++)
            if ((to == key.n || key.p[to] == '.') && map_get(m, sv_sub(key, from, to), ret))
                return true;
    }
    return false;
}

/* Does the text name one of the hosts as a word: "db01" in "db01, db02", "root@db01", and not in "old-db01"? */
static bool forbid_names(const struct map *m, struct sv text, size_t *ret)
{
    size_t from = 0;

    for (size_t i = 0; i <= text.n; i++) {
        if (i < text.n && (ascii_is_word(text.p[i]) || text.p[i] == '-' || text.p[i] == '.'))
            continue;
        if (i > from && forbid_has_labels(m, sv_sub(text, from, i), ret))
            return true;
        from = i + 1;
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

/* Is it done there, on that host or by a command that names it? */
static void forbid_step(struct rb_build *b, const struct forbid_index *index, struct rb_step *s)
{
    size_t at;

    for (size_t i = 0; i < ARRAY_LEN(forbid_rows); i++) {
        const struct map *m = &index->of[i];
        const struct forbid *f;

        if (!m->n || !forbid_does(s, &forbid_rows[i]) ||
            !(forbid_names(m, s->host, &at) || forbid_names(m, s->text, &at)))
            continue;
        f = &b->forbids.v[at];
        build_note(b, NOTE_FORBIDDEN, s->line, 1,
                   arena_fmt(b->arena, "line %zu says: \"%.*s\"", f->line, SV_FMT(f->text)));
        if (!s->condition.n)
            s->condition = arena_fmt(b->arena, "although it says: \"%.*s\"", SV_FMT(f->text));
    }
}

void forbid_finish(struct rb_build *b)
{
    struct forbid_index index = {0};
    struct runbook *rb = b->rb;

    for (size_t i = 0; i < b->forbids.n; i++)
        forbid_add(&index, &b->forbids.v[i], i);
    for (size_t i = 0; b->forbids.n && i < rb->n_steps; i++)
        if (rb->steps[i].kind == STEP_SHELL || rb->steps[i].kind == STEP_SQL)
            forbid_step(b, &index, &rb->steps[i]);
    for (size_t i = 0; i < ARRAY_LEN(index.of); i++)
        map_release(&index.of[i]);
}
