/*
 * The files that a command reads: are they there?
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/sv.h"
#include "exec/dry_int.h"

enum dry_reads {
    READS_OPTION,   /* the value of these options */
    READS_FIRST,    /* the first word that is no option, if it is the first of all */
    READS_ALL,      /* each word that is no option */
    READS_BUT_LAST, /* the same, without the last */
    READS_LAST,     /* the last, when no option stands right before it */
    READS_TAR,      /* the word behind one with x or t and f */
};

/* A row for each program; of some only with one of these words. */
static const struct dry_reader {
    const char *program, *word;
    enum dry_reads what;
    const char *options[3];
} dry_readers[] = {
    {"source", "", READS_FIRST, {NULL}},
    {".", "", READS_FIRST, {NULL}},
    {"bash", "", READS_FIRST, {NULL}},
    {"sh", "", READS_FIRST, {NULL}},
    {"python3", "", READS_FIRST, {NULL}},
    {"node", "", READS_FIRST, {NULL}},
    {"psql", "", READS_OPTION, {"-f", "--file"}},
    {"docker-compose", "", READS_OPTION, {"-f", "--file", "--env-file"}},
    {"docker", "compose", READS_OPTION, {"-f", "--file", "--env-file"}},
    {"docker", "run", READS_OPTION, {"--env-file"}},
    {"kubectl", "apply", READS_OPTION, {"-f", "--filename"}},
    {"kubectl", "replace", READS_OPTION, {"-f", "--filename"}},
    {"kubectl", "create", READS_OPTION, {"-f", "--filename"}},
    {"cp", "", READS_BUT_LAST, {NULL}},
    {"mv", "", READS_BUT_LAST, {NULL}},
    {"rsync", "", READS_BUT_LAST, {NULL}},
    {"scp", "", READS_BUT_LAST, {NULL}},
    {"cat", "", READS_ALL, {NULL}},
    {"gunzip", "", READS_ALL, {NULL}},
    {"zcat", "", READS_ALL, {NULL}},
    {"unzip", "", READS_FIRST, {NULL}},
    {"pg_restore", "", READS_LAST, {NULL}},
    {"tar", "", READS_TAR, {NULL}},
};

/* What stands around one command. */
struct dry_reading {
    struct dry_look *l;
    struct dry_step *s;
    const struct dry_shell *shell;
    bool certain; /* it is carried out, whatever comes before it in its line */
    bool sudo;
};

static bool dry_is_of_name(char c)
{
    return ascii_is_alnum(c) || c == '.' || c == '_' || c == '-';
}

/* Where the name stands, and not as a piece of another one; SV_NPOS: nowhere. */
static size_t dry_find_name(struct sv text, struct sv name)
{
    size_t at = sv_find(text, name, 0);

    while (at != SV_NPOS && ((at > 0 && dry_is_of_name(text.p[at - 1])) ||
                             (at + name.n < text.n && dry_is_of_name(text.p[at + name.n]))))
        at = sv_find(text, name, at + 1);
    return at;
}

/* Has a step before this one, or a command before it in this step, to do with a file of that name? */
static bool dry_is_named(const struct dry_look *l, struct sv name)
{
    size_t from = name.n;

    while (from > 0 && name.p[from - 1] != '/')
        from--;
    for (size_t i = 0; i < l->said.n; i++)
        if (dry_find_name(l->said.v[i], sv_sub(name, from, name.n)) != SV_NPOS)
            return true;
    return false;
}

static void dry_read(const struct dry_reading *r, const struct shell_word *word)
{
    struct dry_look *l = r->l;
    bool home = word->raw.n > 2 && sv_starts(word->raw, SV("~/"));
    struct sv name = home ? word->raw : word->value, file;

    if ((!word->literal && !(home && word->n_pieces == 2)) || !name.n || sv_eq(name, SV("-")) ||
        sv_starts(name, SV("/dev/")) || sv_has(name, SV("://")))
        return;
    *vec_add(&l->reads) = name;
    if (home && getenv("HOME"))
        file = arena_fmt(&l->d->arena, "%s/%.*s", getenv("HOME"), SV_FMT(sv_sub(name, 2, name.n)));
    else
        file = dry_path_of(l, r->shell, name);
    if (!file.n)
        dry_add(l, r->s, DRY_OPEN, "would read %.*s: the shell is in another folder then",
                SV_FMT(name));
    else if (access(file.p, R_OK) == 0)
        dry_add(l, r->s, DRY_FOUND, "would read %.*s: it is there", SV_FMT(name));
    else if (access(file.p, F_OK) == 0)
        dry_add(l, r->s, r->sudo ? DRY_OPEN : DRY_WRONG, "would read %.*s: it may not be read%s",
                SV_FMT(name), r->sudo ? " from here" : "");
    else if (r->sudo)
        dry_add(l, r->s, DRY_OPEN, "would read %.*s: it is not seen from here", SV_FMT(name));
    else if (l->brings || dry_is_named(l, name))
        dry_add(l, r->s, DRY_OPEN, "would read %.*s: not there now, a step before it may make it",
                SV_FMT(name));
    else
        dry_add(l, r->s, r->certain ? DRY_WRONG : DRY_OPEN, "would read %.*s: not there now",
                SV_FMT(name));
}

static bool dry_is_option(const struct shell_word *w)
{
    return w->value.n > 1 && *w->value.p == '-';
}

/* "-f a", "-fa", "--file=a" */
static void dry_read_option(const struct dry_reading *r, const struct shell_simple *s,
                            struct sv option)
{
    for (size_t i = 1; i < s->n_words; i++) {
        struct shell_word word = s->words[i];
        bool is_long = sv_starts(option, SV("--"));

        if (sv_eq(word.value, option)) {
            if (i + 1 < s->n_words)
                dry_read(r, &s->words[i + 1]);
        } else if (sv_eat(&word.value, option) && (!is_long || sv_eat(&word.value, SV("=")))) {
            dry_read(r, &word);
        }
    }
}

/* "tar xzf a.tgz": what is made by c is no file that is read. */
static void dry_read_tar(const struct dry_reading *r, const struct shell_simple *s)
{
    struct sv modes = s->n_words > 2 ? s->words[1].value : SV("");
    bool reads = sv_find_byte(modes, 'x', 0) != SV_NPOS || sv_find_byte(modes, 't', 0) != SV_NPOS;

    if (reads && sv_ends(modes, SV("f")) && !sv_starts(modes, SV("--")))
        dry_read(r, &s->words[2]);
}

/* Words from 1 on that are no options, but for the last `but`; a remote one of scp has a colon. */
static void dry_read_words(const struct dry_reading *r, const struct shell_simple *s, size_t but)
{
    size_t end = s->n_words;

    for (; but > 0 && end > 1; end--)
        but -= !dry_is_option(&s->words[end - 1]);
    for (size_t i = 1; i < end; i++)
        if (!dry_is_option(&s->words[i]) && sv_find_byte(s->words[i].value, ':', 0) == SV_NPOS)
            dry_read(r, &s->words[i]);
}

static void dry_read_by(const struct dry_reading *r, const struct dry_reader *row,
                        const struct shell_simple *s)
{
    switch (row->what) {
    case READS_OPTION:
        for (size_t i = 0; i < ARRAY_LEN(row->options) && row->options[i]; i++)
            dry_read_option(r, s, sv_from(row->options[i]));
        break;
    case READS_FIRST:
        if (s->n_words > 1 && !dry_is_option(&s->words[1]))
            dry_read(r, &s->words[1]);
        break;
    case READS_ALL: dry_read_words(r, s, 0); break;
    case READS_BUT_LAST: dry_read_words(r, s, 1); break;
    case READS_LAST:
        if (s->n_words > 2 && !dry_is_option(&s->words[s->n_words - 1]) &&
            (!dry_is_option(&s->words[s->n_words - 2]) ||
             sv_starts(s->words[s->n_words - 2].value, SV("--"))))
            dry_read(r, &s->words[s->n_words - 1]);
        break;
    case READS_TAR:
    default: dry_read_tar(r, s); break;
    }
}

void dry_reads(struct dry_look *l, struct dry_step *s, const struct dry_shell *shell,
               const struct shell_item *item, size_t at)
{
    struct dry_reading r = {.l = l, .s = s, .shell = shell};
    struct shell_simple inner = shell_inner(&item->simple[at], &r.sudo);

    r.certain = !item->simple[at].nested && (item->kind != SHELL_LIST || at == 0);
    for (size_t i = 0; i < ARRAY_LEN(dry_readers) && inner.n_words > 1; i++) {
        const struct dry_reader *row = &dry_readers[i];

        if (sv_is(shell_program(&inner), row->program) &&
            (!*row->word || shell_find_word(&inner, 1, sv_from(row->word))))
            dry_read_by(&r, row, &inner);
    }
}

void dry_reads_input(struct dry_look *l, struct dry_step *s, const struct dry_shell *shell,
                     const struct shell_item *item)
{
    struct dry_reading r = {.l = l, .s = s, .shell = shell};

    r.certain = item->kind == SHELL_SIMPLE || item->kind == SHELL_PIPELINE;
    for (size_t i = 0; i < item->n_redirects; i++)
        if (sv_eq(item->redirects[i].op, SV("<")))
            dry_read(&r, &item->redirects[i].target);
}

void dry_say(struct dry_look *l, struct sv text)
{
    struct sv rest = arena_sv(&l->d->arena, text);

    for (size_t i = 0; i < l->reads.n; i++) { /* who reads it does not make it */
        size_t at = dry_find_name(rest, l->reads.v[i]);

        if (at == SV_NPOS)
            continue; /* uncovered: a word with quotes within */
        *vec_add(&l->said) = sv_sub(rest, 0, at);
        rest = sv_sub(rest, at + l->reads.v[i].n, rest.n);
    }
    *vec_add(&l->said) = rest;
}
