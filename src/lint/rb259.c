#include "base/map.h"
#include "base/sv.h"
#include "lint/lint_util.h"

/* The name with "pre" for "post" and "before" for "after"; empty when it has neither. */
static struct sv rb259_twin(struct lint *l, struct sv name)
{
    static const struct {
        struct sv after, before;
    } pairs[] = {{SV("post"), SV("pre")}, {SV("after"), SV("before")}, {SV("new"), SV("old")}};

    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        size_t at = sv_find_word(name, pairs[i].after, 0);

        if (at == SV_NPOS && sv_has(name, pairs[i].after)) {
            at = sv_find(name, pairs[i].after, 0);
            at = at == 0 || !ascii_is_alnum(name.p[at - 1]) ? at : SV_NPOS;
        }
        if (at != SV_NPOS)
            return arena_fmt(&l->work, "%.*s%.*s%.*s", SV_FMT(sv_sub(name, 0, at)),
                             SV_FMT(pairs[i].before),
                             SV_FMT(sv_sub(name, at + pairs[i].after.n, name.n)));
    }
    return (struct sv){NULL, 0};
}

/* The files that commands make: what they are told to write to. */
static void rb259_made(const struct lint *l, struct map *made)
{
    static const char *const options[] = {"-o", "--output", "-f"};

    LINT_EACH_CMD (l, c) {
        for (size_t i = 0; i < c->item->n_redirects; i++)
            if (sv_starts(c->item->redirects[i].op, SV(">")))
                map_put(made, lint_word_text(&c->item->redirects[i].target), 0);
        for (size_t i = 0; i < ARRAY_LEN(options); i++) {
            struct sv file = lint_option(c, options[i]);

            if (file.n)
                map_put(made, file, 0);
        }
        if (sv_eq(c->program, SV("tee")) && lint_last_operand(c))
            map_put(made, lint_word_text(lint_last_operand(c)), 0);
    }
}

/* open('x.json', 'w') in a script that the document holds */
struct rb259_open {
    struct sv line;
    size_t n;
    bool writes;
};
typedef VEC(struct rb259_open) rb259_opens;

#define RB259_MOST 400u /* lines that open a file, which are compared with each other */

static void rb259_collect(const struct lint *l, rb259_opens *ret)
{
    for (size_t i = 0; i < l->rb->n_blocks; i++) {
        const struct rb_block *b = &l->rb->blocks[i];
        struct sv rest = b->text, line;

        if (b->kind == BLOCK_SHELL || !sv_has(b->text, SV("open(")))
            continue;
        for (size_t n = b->line + 1; ret->n < RB259_MOST && sv_next_line(&rest, &line); n++)
            if (sv_has(line, SV("open(")))
                *vec_add(ret) = (struct rb259_open){
                    line, n, sv_has(line, SV("'w'")) || sv_has(line, SV("\"w\""))};
    }
}

/* *read_at: the first line that opens it for reading, or 0. */
static bool rb259_written(const rb259_opens *opens, struct sv name, size_t *read_at)
{
    bool written = false;

    *read_at = 0;
    for (size_t i = 0; i < opens->n; i++) {
        const struct rb259_open *o = &opens->v[i];

        if (!sv_has(o->line, name))
            continue;
        written |= o->writes;
        if (!o->writes && !*read_at)
            *read_at = o->n;
    }
    return written;
}

static void rb259_code(struct lint *l, const struct lint_rule *rule, const struct map *made)
{
    rb259_opens opens = {0};

    rb259_collect(l, &opens);
    for (size_t i = 0; i < opens.n; i++)
        for (size_t at = 0; (at = sv_find(opens.v[i].line, SV("open('"), at)) != SV_NPOS; at += 6) {
            struct sv line = opens.v[i].line;
            size_t end = sv_find_byte(line, '\'', at + 6), read, twin_read;
            struct sv name = sv_sub(line, at + 6, end == SV_NPOS ? at + 6 : end),
                      twin = rb259_twin(l, name);

            if (twin.n && rb259_written(&opens, twin, &twin_read) &&
                !rb259_written(&opens, name, &read) && read && !map_get(made, name, NULL))
                lint_add(l, rule, read, name, "%.*s is written, %.*s never", SV_FMT(twin),
                         SV_FMT(name));
        }
    vec_release(&opens);
}

static void rb259_check(struct lint *l, const struct lint_rule *rule)
{
    struct map made = {0};
    static const char *const readers[] = {"diff", "cp", "mv", "cat", "cmp", "grep", "comm", "jq"};

    rb259_made(l, &made);
    LINT_EACH_CMD (l, c)
        for (size_t i = 1, n = LINT_RUNS_ANY(c, readers) ? c->run.n_words : 0; i < n; i++) {
            struct sv name = lint_word_text(&c->run.words[i]), twin;

            if (sv_find_byte(name, '.', 0) == SV_NPOS || sv_starts(name, SV("/")))
                continue;
            twin = rb259_twin(l, name);
            if (twin.n && !map_get(&made, name, NULL) && map_get(&made, twin, NULL))
                lint_add(l, rule, c->line, c->run.words[i].raw, "%.*s is made, %.*s never",
                         SV_FMT(twin), SV_FMT(name));
        }
    rb259_code(l, rule, &made);
    map_release(&made);
}

const struct lint_rule lint_rb259 = {
    .id = "RB259",
    .severity = LINT_WARNING,
    .title = "a file that nobody makes",
    .why = "The file that was made before has a twin that no command makes: the comparison "
           "fails, or finds an old one.",
    .mend = "make it, with the command that made the other one",
    .check = rb259_check,
};
