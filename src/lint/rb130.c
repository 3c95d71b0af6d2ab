#include <string.h>

#include "base/sv.h"
#include "lint/lint_util.h"

/* Commands that find something else, or nothing, in another folder. */
static bool rb130_needs_place(const struct lint_cmd *c)
{
    static const char *const needs[] = {
        "alembic",        "flask",          "npm",  "yarn",  "pytest", "git",
        "docker-compose", "docker compose", "make", "bundle"};

    if (LINT_RUNS_ANY(c, needs))
        return true;
    if (sv_eq(c->program, SV("psql")) && c->host.n && !lint_word_with(c, "-h"))
        return true;
    if (c->acts & (ACT_START | ACT_STOP | ACT_RESTART))
        return true;
    return (sv_eq(c->program, SV("source")) || sv_eq(c->program, SV("."))) && c->run.n_words > 1 &&
           !sv_starts(c->run.words[1].raw, SV("/"));
}

static bool rb130_sets_place(const struct lint_cmd *c)
{
    return sv_eq(c->program, SV("cd")) || sv_eq(c->program, SV("ssh"));
}

static bool rb130_relative(const struct lint_cmd *c)
{
    const struct shell_word *to = c->run.n_words > 1 ? &c->run.words[1] : NULL;

    return sv_eq(c->program, SV("cd")) && to && to->literal && to->value.n &&
           !strchr("/~.-", to->value.p[0]);
}

static void rb130_check(struct lint *l, const struct lint_rule *rule)
{
    const struct lint_cmd *set = NULL, *relative = NULL;
    const struct rb_block *told = NULL;
    uint32_t chapter = RB_NONE;

    LINT_EACH_CMD (l, c) {
        if (!c->block)
            continue;
        if (lint_chapter(l, c->part) != chapter) {
            chapter = lint_chapter(l, c->part);
            set = relative = NULL;
        }
        if (rb130_relative(c)) {
            if (relative && relative->block != c->block &&
                sv_eq(relative->run.words[1].raw, c->run.words[1].raw) && relative->proc == c->proc)
                lint_add(l, rule, c->line, c->run.words[1].raw,
                         "the session of line %zu is there already: %.*s in it is another folder",
                         relative->line, SV_FMT(c->run.words[1].raw));
            relative = c;
        }
        if (rb130_sets_place(c))
            set = c;
        else if (set && set->block != c->block && told != c->block && rb130_needs_place(c) &&
                 !(c->whole->nested) && set->proc == c->proc) {
            lint_add(l, rule, c->line, lint_first(c), "this needs the %.*s of line %zu",
                     SV_FMT(set->program), set->line);
            told = c->block;
        }
        if (set && set->block == c->block)
            told = c->block;
    }
}

const struct lint_rule lint_rb130 = {
    .id = "RB130",
    .severity = LINT_INFO,
    .title = "a block that relies on one before it",
    .why = "The folder, the virtual environment or the machine was set in another step: who "
           "starts here, or in a new terminal, is somewhere else.",
    .mend = "begin each step with its cd (an absolute path) and its ssh; prusik keeps one session "
            "a section and journals where it is",
    .check = rb130_check,
};
