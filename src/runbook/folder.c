/*
 * folder: "Run this from the `/opt/app` directory:" above a block is a cd that nobody wrote down.
 *
 * Where the folder is only described ("inside the release folder"), and the commands depend on it, a person carries them out.
 */
#include "runbook/folder.h"

#include <string.h>

#include "base/regex.h"
#include "base/sv.h"

/* The folder that the label names; empty: none.  "In `/etc/app.conf`" is a file. */
static struct sv folder_named(const struct rb_build *b)
{
    struct regex_match g[2];
    struct sv path;
    size_t name;

    if (!b->label.n || !regex_find(b->block_patterns[BLOCK_IN_FOLDER], b->label, 0, g, 2))
        return (struct sv){NULL, 0};
    path = sv_sub(b->label, g[1].from, g[1].to);
    for (name = path.n; name > 0 && path.p[name - 1] != '/';)
        name--;
    return sv_find_byte(path, '.', name + 1) == SV_NPOS ? path : (struct sv){NULL, 0};
}

static bool folder_is_absolute(struct sv word)
{
    return word.n && strchr("/~$", *word.p);
}

/* Does the command do something else in another folder? */
static bool folder_matters(const struct shell_simple *s)
{
    static const char *const programs[] = {"git",     "make",  "npm",   "yarn",   "docker-compose",
                                           "alembic", "flask", "rm",    "mv",     "cp",
                                           "tar",     "chmod", "chown", "ln",     "mkdir",
                                           "rmdir",   "touch", "find",  "python", "python3"};
    bool sudo, known = false;
    struct shell_simple inner = shell_inner(s, &sudo);
    struct sv program = inner.n_words ? inner.words[0].raw : SV("");

    if (sv_find_byte(program, '/', 0) != SV_NPOS)
        return !folder_is_absolute(program);
    for (size_t i = 0; i < ARRAY_LEN(programs); i++)
        known |= sv_is(program, programs[i]);
    for (size_t i = 1; known && i < inner.n_words; i++)
        if (!folder_is_absolute(inner.words[i].raw) && !sv_starts(inner.words[i].raw, SV("-")))
            return true;
    return false;
}

bool folder_is_open(const struct rb_build *b, const struct rb_block *block)
{
    if (!b->label.n || folder_named(b).n ||
        !regex_has(b->block_patterns[BLOCK_IN_SOME_FOLDER], b->label))
        return false;
    for (size_t i = 0; i < block->script.n; i++)
        for (size_t k = 0; k < block->script.v[i].n_simple; k++)
            if (folder_matters(&block->script.v[i].simple[k]))
                return true;
    return false;
}

void folder_enter(struct block_reader *r, const struct command *first)
{
    struct rb_build *b = r->b;
    struct sv folder = folder_named(b);
    struct rb_block block;
    struct rb_draft *d;

    if (b->steps.n > r->first || !folder.n || first->form == COMMAND_STATE)
        return; /* it was entered, or the block goes there itself */
    block = (struct rb_block){.kind = BLOCK_SHELL,
                              .node = b->blocks.v[r->block].node,
                              .part = b->part,
                              .line = b->label_line - 1, /* of a fence, it would be */
                              .end_line = b->label_line,
                              .text = arena_fmt(b->arena, "cd %.*s", SV_FMT(folder))};
    shell_split(b->shell, block.text, block.text, b->arena, &block.script);
    assert(block.script.n == 1); /* FOLDER_NAMED has nothing that the shell would take apart */
    *vec_add(&b->blocks) = block;
    d = build_step(b, STEP_SHELL, b->label_line, block.script.v[0].text);
    d->step.block = (uint32_t)(b->blocks.n - 1);
    d->step.item = 0;
    d->step.command = ARENA_NEW(b->arena, struct command);
    command_read(&block.script.v[0], b->arena, d->step.command);
    d->step.note = sv_sub(b->label, 0, EXPECT_MAX_BYTES);
    d->step.condition = r->condition.n ? r->condition : r->label_condition;
}
