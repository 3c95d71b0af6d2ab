/*
 * The steps of a block of SQL: a statement each, so that each has its result and what is
 * expected of it; but one step in all when a statement changes what later ones of the
 * same connection see.
 */
#include "base/sv.h"
#include "runbook/reader_int.h"
#include "runbook/sql.h"

struct block_sql {
    struct rb_build *b;
    const struct rb_block *block;
    uint32_t index;
    size_t first; /* steps.n before this block */
    struct sv client;
    struct sv expect;
    size_t expect_line;
    struct strbuf note;
};

static size_t block_sql_line(const struct block_sql *r, size_t line)
{
    return r->block->line + 1 + line;
}

static void block_sql_add(struct block_sql *r, struct sv text, size_t line, size_t end_line,
                          enum command_effect effect)
{
    struct rb_draft *d = build_step(r->b, STEP_SQL, block_sql_line(r, line), text);
    struct command *c = ARENA_NEW(r->b->arena, struct command);

    c->form = COMMAND_SQL;
    c->effect = effect;
    c->cx.sql = true;
    d->step.block = r->index;
    d->step.end_line = block_sql_line(r, end_line);
    d->step.client = r->client;
    d->step.command = c;
    d->step.note = arena_sv(r->b->arena, sv_trim(strbuf_sv(&r->note)));
    strbuf_truncate(&r->note, 0);
    if (r->expect.n)
        build_expect(r->b, r->b->steps.n - 1, r->expect, r->expect_line);
    r->expect = (struct sv){NULL, 0};
}

/* What is expected: the rest of its line, or the comments right below a line that ends so ("Should show:"). */
static struct sv block_sql_expected(struct block_sql *r, const struct sql_script *script,
                                    size_t *at, struct sv rest)
{
    CLEANUP(strbuf_release) struct strbuf all = STRBUF(0);

    if (sv_ends(rest, SV(":")))
        rest.n = 0;
    strbuf_add_sv(&all, rest);
    while (!rest.n && *at + 1 < script->n && script->v[*at + 1].kind == SQL_COMMENT &&
           !script->v[*at + 1].blank_before) {
        ++*at;
        if (all.n)
            strbuf_add_byte(&all, '\n');
        strbuf_add_sv(&all, script->v[*at].text);
    }
    return arena_sv(r->b->arena, strbuf_sv(&all));
}

static void block_sql_note(struct block_sql *r, struct sv text)
{
    if (r->note.n)
        strbuf_add_byte(&r->note, '\n');
    strbuf_add_sv(&r->note, text);
}

/* "-- Should return 0" below a statement is about it; above the first one, about that. */
static void block_sql_comment(struct block_sql *r, const struct sql_script *script, size_t *at)
{
    const struct sql_item *item = &script->v[*at];
    struct rb_draft *last = r->b->steps.n > r->first ? vec_last(&r->b->steps) : NULL;
    size_t line = block_sql_line(r, item->line);
    struct sv rest = {NULL, 0};

    if (expect_is_label(item->text, &rest)) {
        rest = block_sql_expected(r, script, at, rest);
        if (last && !item->blank_before) {
            build_expect(r->b, r->b->steps.n - 1, rest, line);
        } else {
            r->expect = rest;
            r->expect_line = line;
        }
    } else if (item->same_line && last && !last->step.note.n) {
        last->step.note = item->text;
    } else {
        block_sql_note(r, item->text);
    }
}

static bool block_sql_leaves(struct sv text)
{
    return sv_eq(text, SV("\\q")) || sv_eq_nocase(text, SV("exit")) ||
           sv_eq_nocase(text, SV("quit")) || sv_eq(text, SV(".quit")) || sv_eq(text, SV(".exit"));
}

static void block_sql_each(struct block_sql *r, const struct sql_script *script)
{
    for (size_t i = 0; i < script->n; i++) {
        const struct sql_item *item = &script->v[i];

        if (item->kind == SQL_COMMENT)
            block_sql_comment(r, script, &i);
        else if (item->kind == SQL_CLIENT)
            r->client = item->text;
        else if (!block_sql_leaves(item->text))
            block_sql_add(r, item->text, item->line, item->end_line, item->effect);
    }
}

static struct sv block_sql_client(const struct sql_script *script)
{
    for (size_t i = 0; i < script->n; i++)
        if (script->v[i].kind == SQL_CLIENT)
            return script->v[i].text;
    return (struct sv){NULL, 0};
}

/* From the first statement to the last, with what is between them. */
static void block_sql_whole(struct block_sql *r, const struct sql_script *script)
{
    const struct sql_item *from = NULL, *to = NULL;
    enum command_effect worst = EFFECT_NONE;

    for (size_t i = 0; i < script->n; i++) {
        const struct sql_item *item = &script->v[i];

        if (item->kind != SQL_STATEMENT && item->kind != SQL_META)
            continue;
        from = from ? from : item;
        to = item;
        if (item->effect > worst)
            worst = item->effect;
    }
    assert(from); /* one of them keeps something */
    r->client = block_sql_client(script);
    block_sql_add(r, (struct sv){from->text.p, (size_t)(to->text.p + to->text.n - from->text.p)},
                  from->line, to->end_line, worst);
    for (size_t i = 0; i < script->n; i++)
        if (script->v[i].kind == SQL_COMMENT && script->v[i].line > from->line)
            block_sql_comment(r, script, &i);
}

/* Comments alone: something for a person to do. */
static void block_sql_leftover(struct block_sql *r)
{
    struct sv note = arena_sv(r->b->arena, sv_trim(strbuf_sv(&r->note)));
    struct rb_draft *d;

    if (!note.n || r->b->steps.n > r->first)
        return;
    d = build_step(r->b, STEP_MANUAL, r->block->line + 1, note);
    d->step.block = r->index;
}

void block_sql_steps(struct rb_build *b, uint32_t index)
{
    struct block_sql r = {.b = b,
                          .block = &b->blocks.v[index],
                          .index = index,
                          .first = b->steps.n,
                          .note = STRBUF(0)};
    struct sql_script script;
    bool keeps = false;

    sql_read(r.block->text, b->arena, &script);
    for (size_t i = 0; i < script.n; i++)
        keeps |= script.v[i].keeps;
    if (keeps)
        block_sql_whole(&r, &script);
    else
        block_sql_each(&r, &script);
    block_sql_leftover(&r);
    strbuf_release(&r.note);
}
