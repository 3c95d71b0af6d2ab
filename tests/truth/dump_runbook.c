/*
 * What the reader says of a document, one JSON object a line: tests/truth/measure_blocks.py and
 * measure_structure.py hold it against what people wrote down.
 *
 * usage: dump_runbook FILE
 */
#include <inttypes.h>

#include "base/json.h"
#include "base/sv.h"
#include "base/vec.h"
#include "runbook/command.h"
#include "runbook/runbook.h"

static void dump(json_t *j)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    json_write(j, &b);
    json_decref(j);
    printf("%s\n", strbuf_str(&b));
}

static json_t *dump_new(const char *what, size_t line)
{
    json_t *j = json_object();

    json_put_str(j, "what", what);
    json_put_int(j, "line", (int64_t)line);
    return j;
}

static void dump_fact(const char *what, size_t line, struct sv value)
{
    json_t *j = dump_new(what, line);

    json_put(j, "value", json_sv(value));
    dump(j);
}

static void dump_line(const char *what, size_t line, size_t other)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "%zu", other);
    dump_fact(what, line, sv_from(text));
}

static void dump_span(const char *what, size_t line, int64_t ms)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "%" PRId64 "s", ms / 1000);
    if (ms >= 0)
        dump_fact(what, line, sv_from(text));
}

/* --- blocks --- */

static const char *dump_host(const struct rb_step *s)
{
    struct sv host =
        s->command && s->command->form == COMMAND_REMOTE ? s->command->target->value : s->host;
    static char text[256];

    (void)snprintf(text, sizeof(text), "%.*s", SV_FMT(host));
    return host.n ? text : "-";
}

/* The hosts that a block's steps run on, in order of appearance. */
static void dump_hosts(const struct runbook *rb, uint32_t block, json_t *j)
{
    CLEANUP(strbuf_release) struct strbuf all = STRBUF(0);

    for (size_t i = 0; i < rb->n_steps; i++) {
        const struct rb_step *s = &rb->steps[i];
        struct sv host;

        if (s->block != block || s->kind == STEP_MANUAL)
            continue;
        host = sv_from(dump_host(s));
        if (sv_has_word(strbuf_sv(&all), host))
            continue;
        if (all.n)
            strbuf_add_byte(&all, ',');
        strbuf_add_sv(&all, host);
    }
    json_put_sv(j, "host", all.n ? strbuf_sv(&all) : SV("-"));
}

static size_t dump_commands(const struct rb_block *b)
{
    size_t n = 0;

    for (size_t i = 0; i < b->script.n; i++)
        n += b->script.v[i].kind != SHELL_COMMENT;
    return b->kind == BLOCK_SHELL || b->kind == BLOCK_SQL || b->kind == BLOCK_HTTP ? n : 0;
}

static void dump_block(const struct runbook *rb, uint32_t index)
{
    const struct rb_block *b = &rb->blocks[index];
    json_t *j = dump_new("block", b->line);

    json_put_str(j, "kind", rb_block_name(b->kind));
    json_put_int(j, "commands", (int64_t)dump_commands(b));
    dump_hosts(rb, index, j);
    if (rb->md.v[b->node].kind == MD_CODE)
        dump(j);
    else
        json_decref(j);
    if (b->path.n)
        dump_fact("file", b->line, b->path);
    for (size_t i = 0; i < b->placeholders.n; i++) {
        const struct placeholder *p = &b->placeholders.v[i];
        size_t line = b->line + 1;

        for (size_t k = 0; k < p->from; k++)
            line += b->text.p[k] == '\n';
        if (p->kind != PLACEHOLDER_DATE)
            dump_fact("placeholder", line, p->name);
    }
}

/* --- parts and steps --- */

static void dump_part(const struct runbook *rb, const struct rb_part *p)
{
    if (p->kind == PART_SECTION && p->level > 1)
        dump_fact("role", p->line, sv_from(rb_role_name(p->role)));
    if (p->number.n)
        dump_fact("number", p->line, p->number);
    if (p->task)
        dump_fact("task", p->line, p->checked ? SV("ticked") : SV("open"));
    if (p->joined != RB_NONE)
        dump_line("joined", p->line, rb->parts[p->joined].line);
    if (p->condition.n)
        dump_fact("condition", p->line, p->condition);
    else if (p->optional)
        dump_fact("optional", p->line, SV("optional"));
    if (p->one_of != RB_NONE)
        dump_line("one-of", p->line, rb->parts[p->one_of].line);
    dump_span("due", p->line, p->due_ms);
}

static bool dump_fails(const struct rb_step *s)
{
    for (size_t i = 0; i < s->n_expects; i++)
        if (s->expects[i].form == EXPECT_FAIL)
            return true;
    return false;
}

static void dump_step(const struct runbook *rb, const struct rb_step *s)
{
    if (s->kind == STEP_MANUAL || s->kind == STEP_APPROVAL)
        dump_fact(rb_step_name(s->kind), s->line, SV("-"));
    if (s->kind == STEP_SHELL && rb->md.v[rb->blocks[s->block].node].kind != MD_CODE)
        dump_fact("command", s->line, SV("-"));
    if (s->number.n)
        dump_fact("micro", s->line, s->number);
    if (s->condition.n)
        dump_fact("condition", s->line, s->condition);
    else if (s->optional)
        dump_fact("optional", s->line, SV("optional"));
    if (s->one_of != RB_NONE)
        dump_line("one-of", s->line, rb->steps[s->one_of].line);
    if (s->made_by != RB_NONE)
        dump_line("made", s->line, rb->steps[s->made_by].line);
    if (s->command && s->command->endless)
        dump_fact("endless", s->line, SV("-"));
    if (s->command && s->command->interactive)
        dump_fact("interactive", s->line, SV("-"));
    if (dump_fails(s))
        dump_fact("fails", s->line, SV("-"));
}

static void dump_rest(const struct runbook *rb)
{
    for (size_t i = 0; i < rb->n_metas; i++)
        dump_fact("meta", rb->metas[i].line, rb->metas[i].key);
    for (size_t i = 0; i < rb->n_remarks; i++)
        dump_fact("remark", rb->remarks[i].line, SV("-"));
    for (size_t i = 0; i < rb->n_signers; i++)
        dump_fact("sign", rb->signers[i].line, rb->signers[i].name);
    for (size_t i = 0; i < rb->n_messages; i++)
        dump_fact("message", rb->messages[i].line, sv_from(rb_message_name(rb->messages[i].when)));
    for (size_t i = 0; i < rb->n_checkpoints; i++)
        dump_span("checkpoint", rb->checkpoints[i].line, rb->checkpoints[i].offset_ms);
}

int main(int argc, char **argv)
{
    CLEANUP(runbook_release) struct runbook rb = {0};
    CLEANUP(document_release) struct document doc = {0};
    struct err err = {0};

    if (argc != 2)
        return 2;
    if (document_load(argv[1], &doc, &err) != ERR_OK || runbook_read(&doc, &rb, &err) != ERR_OK) {
        fprintf(stderr, "%s\n", err.msg);
        return 1;
    }
    for (uint32_t i = 0; i < rb.n_blocks; i++)
        dump_block(&rb, i);
    for (size_t i = 0; i < rb.n_parts; i++)
        dump_part(&rb, &rb.parts[i]);
    for (size_t i = 0; i < rb.n_steps; i++)
        dump_step(&rb, &rb.steps[i]);
    dump_rest(&rb);
    return 0;
}
