/*
 * sql_block: a SQL block is one step; its comments say what its statements show.
 *
 * A comment that expects something speaks of the statement before it; in parentheses ("(should return 0)"),
 * or above the first statement, of the one that follows.
 */
#include "base/sv.h"
#include "runbook/reader_int.h"

struct sql_reader {
    struct rb_build *b;
    size_t step;
    size_t line;       /* of the line that is read */
    size_t query_line; /* where the statement before began; 0: none */
    size_t open_line;  /* where the one began that has no end yet; 0 */
    struct sv before;  /* expected of the statement that follows */
    size_t before_line;
    struct strbuf output; /* lines of an output that is shown */
    size_t output_line;
    bool collects;
};

static const struct expect_context sql_context = {.sql = true};
static const struct expect_context sql_catalog = {.sql = true, .catalog = true};

/* The query may be \d: what psql draws then is no row. */
static const struct expect_context *sql_cx(const struct sql_reader *r)
{
    const struct rb_block *block = &r->b->blocks.v[r->b->steps.v[r->step].step.block];
    struct sv text = block->text, line = {"", 0};

    for (size_t i = block->line + 1; i <= r->query_line && sv_next_line(&text, &line); i++)
        continue;
    return sv_starts(sv_trim(line), SV("\\")) ? &sql_catalog : &sql_context;
}

static void sql_take(struct sql_reader *r, expect_list *found, size_t query_line)
{
    for (size_t i = 0; i < found->n; i++) {
        found->v[i].query_line = query_line;
        *vec_add(&r->b->steps.v[r->step].expects) = found->v[i];
    }
    vec_release(found);
}

static void sql_expect(struct sql_reader *r, struct sv text, size_t line, size_t query_line)
{
    expect_list found = {0};

    expect_read(r->b->expect, text, line, sql_cx(r), r->b->arena, &found);
    sql_take(r, &found, query_line);
}

static void sql_end_output(struct sql_reader *r)
{
    expect_list found = {0};

    if (r->collects && r->output.n) {
        expect_read_output(r->b->expect, arena_sv(r->b->arena, strbuf_sv(&r->output)),
                           r->output_line, sql_cx(r), r->b->arena, &found);
        sql_take(r, &found, r->query_line);
    }
    strbuf_truncate(&r->output, 0);
    r->collects = false;
}

static void sql_comment(struct sql_reader *r, struct sv text)
{
    struct sv rest, inner;

    if (r->collects) {
        if (!r->output.n)
            r->output_line = r->line;
        strbuf_addf(&r->output, "%.*s\n", SV_FMT(text));
    } else if (expect_is_label(text, &rest) && r->query_line && !r->open_line) {
        r->collects = rest.n == 0;
        if (rest.n)
            sql_expect(r, rest, r->line, r->query_line);
    } else if (expect_is_label(text, &rest) ||
               (expect_in_parentheses(text, &inner) && expect_is_label(inner, &rest))) {
        r->before = rest;
        r->before_line = r->line;
    }
}

/* A line of a statement, or of what a client program takes (\d facts). */
static void sql_statement(struct sql_reader *r, struct sv line)
{
    sql_end_output(r);
    if (!r->open_line)
        r->open_line = r->line;
    if (!sv_ends(line, SV(";")) && *line.p != '\\' && *line.p != '.' &&
        !sv_starts(line, SV("psql ")) && !sv_starts(line, SV("sqlite3 ")))
        return;
    r->query_line = r->open_line;
    r->open_line = 0;
    if (r->before.n)
        sql_expect(r, r->before, r->before_line, r->query_line);
    r->before = (struct sv){NULL, 0};
}

void sql_block_read(struct rb_build *b, uint32_t index)
{
    const struct rb_block *block = &b->blocks.v[index];
    struct rb_draft *d = build_step(b, STEP_SQL, block->line + 1, sv_trim(block->text));
    struct sql_reader r = {
        .b = b, .step = b->steps.n - 1, .line = block->line, .output = STRBUF(0)};
    struct sv rest = block->text, line;

    d->step.block = index;
    d->step.end_line = block->end_line - 1;
    while (sv_next_line(&rest, &line)) {
        r.line++;
        line = sv_trim(line);
        if (sv_eat(&line, SV("--")))
            sql_comment(&r, sv_trim(line));
        else if (line.n)
            sql_statement(&r, line);
        else
            sql_end_output(&r);
    }
    sql_end_output(&r);
    strbuf_release(&r.output);
}
