/* Any bytes at all as a runbook: what is read lies in the document, in order, and twice the same. */
#include "fuzz.h"

#include <string.h>

#include "base/map.h"
#include "base/sv.h"
#include "base/text.h"
#include "lint/lint_cross.h"
#include "lint/lint_fix.h"

static bool is_line(const struct document *d, size_t line)
{
    return line >= 1 && line <= d->n_lines;
}

static void check_document(const struct document *d, struct sv bytes)
{
    size_t end = 0;

    MUST(d->text.n <= bytes.n && memcmp(d->text.p, bytes.p + bytes.n - d->text.n, d->text.n) == 0);
    for (size_t n = 1; n <= d->n_lines; n++) {
        MUST(d->line_at[n - 1] == end && d->line_at[n] > end);
        MUST(document_line_of(d, end) == n && document_line_of(d, d->line_at[n] - 1) == n);
        MUST(fuzz_inside(d->text, document_line(d, n)));
        end = d->line_at[n];
    }
    MUST(end == d->text.n);
}

/* A span holds the one that ended before it, or begins after it. */
static void check_spans(const struct md_node *n)
{
    for (size_t i = 0; i < n->n_spans; i++) {
        const struct md_span *s = &n->spans[i];

        MUST(s->from <= s->to && s->to <= n->text.n);
        MUST(i == 0 || s->from >= s[-1].to || (s->from <= s[-1].from && s->to >= s[-1].to));
    }
}

static void check_tree(const struct document *d, const struct markdown *md)
{
    for (uint32_t i = 0; i < md->n; i++) {
        const struct md_node *n = &md->v[i];

        MUST((i == 0) == (n->parent == MD_NONE) && (unsigned)n->kind < MD__N);
        MUST(i == 0 || (n->parent < i && is_line(d, n->line) && is_line(d, n->end_line)));
        MUST(n->line <= n->end_line || i == 0);
        MUST(n->column > 0);
        MUST(i == 0 || n->line >= md->v[n->parent].line);
        MUST(n->before == MD_NONE ? i == 0 || md->v[n->parent].first == i
                                  : md->v[n->before].next == i);
        MUST(text_bad_utf8(n->text) == SV_NPOS);
        check_spans(n);
    }
}

static void check_parts(const struct runbook *rb)
{
    CLEANUP(map_release) struct map ids = {0};
    size_t without = 0;

    for (size_t i = 0; i < rb->n_parts; i++) {
        const struct rb_part *p = &rb->parts[i];

        MUST(p->parent == RB_NONE || p->parent < i);
        MUST(is_line(rb->doc, p->line) && (unsigned)p->role < ROLE__N);
        MUST(p->joined == RB_NONE || (p->joined > i && p->joined < rb->n_parts));
        MUST(p->one_of == RB_NONE || (p->one_of <= i && rb->parts[p->one_of].one_of == p->one_of));
        MUST(p->offset_ms >= -1 && p->due_ms >= -1 && p->id.n < 128 * 50 + 100);
        without += !p->id.n;
        MUST(!p->id.n || map_put(&ids, p->id, i));
    }
    MUST(without <= 1);
}

static void check_word(struct sv text, const struct shell_word *w)
{
    MUST(fuzz_inside(text, w->raw) && (!w->literal || w->plain));
}

static void check_script(const struct rb_block *b)
{
    size_t at = 0;

    for (size_t i = 0; i < b->script.n; i++) {
        const struct shell_item *item = &b->script.v[i];

        MUST(item->from >= at && item->to >= item->from && item->to <= b->text.n);
        MUST(item->line <= item->end_line && b->line + 1 + item->end_line <= b->end_line + 1);
        MUST(fuzz_inside(b->text, item->text) && (unsigned)item->kind < SHELL__N);
        at = item->to;
        for (size_t k = 0; k < item->n_simple; k++)
            for (size_t w = 0; w < item->simple[k].n_words; w++)
                check_word(b->text, &item->simple[k].words[w]);
    }
}

static void check_blocks(const struct runbook *rb)
{
    for (size_t i = 0; i < rb->n_blocks; i++) {
        const struct rb_block *b = &rb->blocks[i];
        size_t at = 0;

        MUST(b->end_line <= rb->doc->n_lines && b->line <= b->end_line);
        MUST(i == 0 || rb->md.v[b->node].kind != MD_CODE || b->line >= b[-1].end_line - 1);
        MUST(b->kind == BLOCK_FILE || !b->path.n);
        MUST(b->part == RB_NONE || b->part < rb->n_parts);
        MUST((unsigned)b->kind < BLOCK__N && sv_find_byte(b->text, '\r', 0) == SV_NPOS);
        for (size_t k = 0; k < b->placeholders.n; k++) {
            const struct placeholder *p = &b->placeholders.v[k];

            MUST(p->from >= at && p->to > p->from && p->to <= b->text.n && p->name.n > 0);
            at = p->to;
        }
        check_script(b);
    }
}

static void check_steps(const struct runbook *rb)
{
    CLEANUP(map_release) struct map ids = {0};

    for (size_t i = 0; i < rb->n_steps; i++) {
        const struct rb_step *s = &rb->steps[i];

        MUST(s->id.n > 0 && map_put(&ids, s->id, i));
        MUST(is_line(rb->doc, s->line) && s->end_line <= rb->doc->n_lines);
        MUST(s->part == RB_NONE || s->part < rb->n_parts);
        MUST(s->block == RB_NONE || s->block < rb->n_blocks);
        MUST(s->item == RB_NONE || s->item < rb->blocks[s->block].script.n);
        MUST((s->kind == STEP_SHELL || s->kind == STEP_SQL) == (s->command != NULL));
        MUST(s->text.n > 0 && (s->kind == STEP_SQL || !s->client.n));
        MUST(s->one_of == RB_NONE || (s->one_of <= i && rb->steps[s->one_of].one_of == s->one_of));
        for (size_t k = 0; k < s->n_expects; k++)
            MUST(is_line(rb->doc, s->expects[k].line) && s->expects[k].source.n > 0);
    }
}

static void check_rest(const struct runbook *rb)
{
    for (size_t i = 0; i < rb->n_rules; i++)
        MUST(is_line(rb->doc, rb->rules[i].line) && rb->rules[i].offset_ms >= -1);
    for (size_t i = 0; i < rb->n_checkpoints; i++)
        MUST(is_line(rb->doc, rb->checkpoints[i].line) && rb->checkpoints[i].offset_ms >= 0);
    for (size_t i = 0; i < rb->n_messages; i++)
        MUST(rb->messages[i].block < rb->n_blocks);
    for (size_t i = 0; i < rb->n_metas; i++)
        MUST(is_line(rb->doc, rb->metas[i].line));
    for (size_t i = 0; i < rb->n_signers; i++)
        MUST(is_line(rb->doc, rb->signers[i].line) && rb->signers[i].name.n > 0);
    for (size_t i = 0; i < rb->n_notes; i++)
        MUST(is_line(rb->doc, rb->notes[i].line) && rb->notes[i].column > 0);
}

/* What is mended has nothing to mend, and is what it was elsewhere. */
static void check_fix(const struct runbook *rb)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);
    struct lint_mends mends = {0};

    lint_fix(rb, &out, &mends);
    MUST((mends.list.n > 0) == (out.n > 0));
    for (size_t i = 0; i < mends.list.n; i++)
        MUST(is_line(rb->doc, mends.list.v[i].line) &&
             (i == 0 || mends.list.v[i].line > mends.list.v[i - 1].line));
    vec_release(&mends.list);
}

static void check_names(struct lint *l)
{
    struct lint_names names = {0};

    lint_names_read(l, &names);
    for (size_t i = 0; i < names.list.n; i++)
        MUST(is_line(l->rb->doc, names.list.v[i].line) && names.list.v[i].key.n > 0 &&
             names.list.v[i].value.n > 0 && names.list.v[i].kind < NAME__N);
    lint_names_release(&names);
}

static void check_lint(const struct runbook *rb)
{
    CLEANUP(lint_release) struct lint l = {0};

    lint_run(rb, &l);
    for (size_t i = 0; i < l.findings.n; i++) {
        const struct lint_finding *f = &l.findings.v[i];

        MUST(is_line(rb->doc, f->line) && f->message.n > 0 && f->hint.n > 0);
        MUST(f->column >= 1 && f->column <= document_line(rb->doc, f->line).n + 1);
        MUST(i == 0 || f->line >= f[-1].line);
        MUST(f->chars >= 1 && f->chars <= f->column);
    }
    check_names(&l);
    check_fix(rb);
}

static void check_again(const struct document *d, const struct runbook *rb)
{
    CLEANUP(runbook_release) struct runbook again = {0};
    struct err err = {0};

    MUST(runbook_read(d, &again, &err) == ERR_OK);
    MUST(again.n_parts == rb->n_parts && again.n_steps == rb->n_steps);
    for (size_t i = 0; i < rb->n_steps; i++)
        MUST(sv_eq(again.steps[i].id, rb->steps[i].id) &&
             again.steps[i].n_expects == rb->steps[i].n_expects);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(document_release) struct document d = {0};
    CLEANUP(runbook_release) struct runbook rb = {0};
    struct sv bytes = {(const char *)data, size};
    struct err err = {0};

    if (document_init("fuzz.md", bytes, &d, &err) != ERR_OK) {
        MUST(err.code == ERR_INVALID && err.msg[0] && !d.line_at);
        MUST(memchr(data, '\0', size));
        return 0;
    }
    check_document(&d, bytes);
    if (runbook_read(&d, &rb, &err) != ERR_OK) {
        MUST(err.code == ERR_LIMIT && sv_starts(sv_from(err.msg), SV("fuzz.md:")));
        MUST(!rb.doc && !rb.arena.chunks && !rb.md.v);
        return 0;
    }
    check_tree(&d, &rb.md);
    check_parts(&rb);
    check_blocks(&rb);
    check_steps(&rb);
    check_rest(&rb);
    check_lint(&rb);
    check_again(&d, &rb);
    return 0;
}
