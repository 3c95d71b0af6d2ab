/*
 * block: what a fence is, and the steps in it.
 */
#include "base/duration.h"
#include "base/regex.h"
#include "base/sv.h"
#include "base/text.h"
#include "runbook/effect.h"
#include "runbook/reader_int.h"
#include "runbook/sql_split.h"

typedef VEC(struct shell_item) block_items;

#define BLOCK_SPAN "([0-9]+)(?:-([0-9]+))? ?(s|sec|seconds?|min|minutes?|h|hours?)"
const char *const block_patterns[BLOCK_PATTERN__N] = {
    [BLOCK_WATCH_FOR] = "\\b(?:watch|monitor|observe|follow)(?: \\w+)? for " BLOCK_SPAN
                        "(?:,? ?(?:and )?expect:? ?(.*))?$",
    [BLOCK_AT_MOST] = "\\b(?:wait |)(?:max(?:imum)?|at most|up to|within|no more than) " BLOCK_SPAN,
    [BLOCK_OVER] = "\\bover " BLOCK_SPAN,
    [BLOCK_TODO] =
        "^(?:notify|announce|check|verify|confirm|ensure|make sure|watch|test|document|"
        "investigate|monitor|review|inform|tell|open|navigate|log in|contact|ask|wait|edit|"
        "remove|replace|send|post|page|escalate|decide|compare|manually|do not|never|"
        "prüfen|prüfe|informieren|warten|確認)\\b",
    [BLOCK_NUMBERED] = "^(?:step )?([0-9]{1,3}(?:\\.[0-9]{1,3}){0,3})[.):](?: |$)",
    [BLOCK_CONDITION] = "^((?:if|only if|only when|when|unless|falls|nur wenn|wenn) [^,:;.]*)",
    [BLOCK_IN_BRACKETS] = "\\(((?:if|only if|only when|when|unless|falls|nur wenn) [^)]*)\\)|"
                          "\\((optional)\\b[^)]*\\)|^optional(?:ly)?\\b",
    [BLOCK_OTHERWISE] = "^or\\b|\\(alternative\\b|^alternative(?:ly)?\\b|^otherwise\\b|^oder\\b|"
                        "^(?:option|method|variant|variante) ?(?:b|2|ii)\\b|^または",
    [BLOCK_BY] = "^(?:via|using|with|option|method|variant|variante|alternative)\\b",
    [BLOCK_IS_FILE] = "^(?:(?:new|config|configuration) )?(?:file|filename|script|datei|skript)"
                      " ?:|^(?:ファイル|スクリプト) ?[:：]",
    [BLOCK_MAKES_FILE] =
        "\\b(?:create|add|save|write|update|edit|modify|change|append|insert|put)\\b|"
        "anlegen|erstell|bearbeit|ergänz|作成|編集|追加",
    [BLOCK_NEW_FILE] = "^(?:create|save|write|add)\\b|作成",
    [BLOCK_IS_OUTPUT] =
        "^(?:the )?(?:(?:expected|sample|example|typical|successful) )?(?:output|response|result)"
        "s?\\b[^.]{0,40}[:：]?$|^expected\\b[^.]{0,40}[:：]?$|"
        "(?:you (?:should|will) see|should (?:show|see|look like|print|return|display|output)|"
        "looks? (?:like|similar)|will (?:print|show|return|look)|\\b(?:prints|returns|shows)|"
        "the output is|ausgabe|出力|実行結果|期待).{0,60}[:：]$",
    [BLOCK_NOT_TO_RUN] =
        "^(?:if|when|unless|do not|don't|never|falls|wenn)\\b|\\be\\.g\\.|"
        "\\b(?:instead of|such as|for example|like|avoid|z\\.B\\.)\\b|"
        "\\b(?:was|were|been|used to|wurden?|worden)\\b", /* it tells what has happened */
    [BLOCK_TO_RUN] =
        "^(?:(?:please|then|now|next|finally|first|also|again)[, ]+)*"
        "(?:run|rerun|execute|issue|type|enter|invoke|call|use|with|via|start|stop|restart|reload|"
        "apply|deploy|install|upgrade|downgrade|roll|create|add|delete|remove|drop|scale|drain|"
        "cordon|uncordon|promote|check|verify|confirm|test|wait|back ?up|dump|restore|copy|move|"
        "fetch|pull|push|build|flush|enable|disable|turn|set|switch|log|go|change|connect|look|"
        "see|show|list|clear|tag|migrate|patch|take|make|ensure|monitor|watch|tail|"
        "führe|starte|stoppe|prüfe|installiere|lösche|setze)\\b|"
        "(?:ausführen|starten|stoppen|prüfen|実行|確認|起動|停止)",
    [BLOCK_SIGNER] =
        "approv|\\bsign|\\blead\\b|owner|manager|officer|engineer|director|operator|"
        "\\bdba\\b|reviewe[rd]|authori[sz]ed|verified by|released by|freigabe|freigegeben|"
        "verantwortlich|承認|責任者|担当",
    [BLOCK_IS_MESSAGE] =
        "template|\\b(?:post|send|announce|message|notify|mail|e-?mail|slack|status page)\\b.*:$|"
        "vorlage|nachricht|テンプレート|連絡",
};

static int64_t block_span(struct sv text, const struct regex_match *g)
{
    const struct regex_match *upper = g[2].from == SV_NPOS ? &g[1] : &g[2];
    uint64_t n;

    if (!sv_to_u64(sv_sub(text, upper->from, upper->to), &n) || n > 1000000)
        return 0;
    return (int64_t)n * duration_unit_ms(sv_sub(text, g[3].from, g[3].to));
}

bool block_find_span(const struct block_reader *r, enum block_pattern pattern, struct sv text,
                     int64_t *ms, struct sv *rest)
{
    struct regex_match g[5];

    if (!regex_find(r->b->block_patterns[pattern], text, 0, g, 5))
        return false;
    *ms = block_span(text, g);
    if (rest)
        *rest = g[4].from == SV_NPOS ? (struct sv){NULL, 0} : sv_sub(text, g[4].from, g[4].to);
    return *ms > 0;
}

/* ssh host, exit: not a step, but where the next ones run. */
static bool block_changes_host(struct block_reader *r, const struct command *c)
{
    if (c->form == COMMAND_SSH)
        r->b->host = arena_sv(r->b->arena, c->target->value);
    else if (c->form == COMMAND_EXIT)
        r->b->host = (struct sv){NULL, 0};
    else
        return false;
    return true;
}

/* --- commands --- */

static void block_shell_step(struct block_reader *r, uint32_t index, const struct shell_item *item)
{
    size_t top = r->b->blocks.v[r->block].line + 1;
    struct command *c = ARENA_NEW(r->b->arena, struct command);
    struct rb_draft *d;

    command_read(item, r->b->arena, c);
    if (block_changes_host(r, c)) {
        strbuf_truncate(&r->note, 0);
        r->numbered = false;
        return;
    }
    d = build_step(r->b, STEP_SHELL, top + item->line, item->text);
    d->step.end_line = top + item->end_line;
    d->step.block = r->block;
    d->step.item = index;
    d->step.command = c;
    block_take_pending(r, r->b->steps.n - 1);
}

static void block_sql_step(struct block_reader *r, uint32_t index, const struct shell_item *item)
{
    size_t top = r->b->blocks.v[r->block].line + 1;
    struct rb_draft *d = build_step(r->b, STEP_SQL, top + item->line, item->text);

    d->step.end_line = top + item->end_line;
    d->step.block = r->block;
    d->step.item = index;
    d->step.client = r->client;
    d->step.command = ARENA_NEW(r->b->arena, struct command);
    d->step.command->effect = effect_of_sql(item->text);
    d->step.command->cx.sql = true;
    block_take_pending(r, r->b->steps.n - 1);
}

static void block_item(struct block_reader *r, uint32_t index)
{
    const struct shell_item *item = &r->b->blocks.v[r->block].script.v[index];

    if (item->blank_before && item->kind != SHELL_COMMENT && !r->note.n)
        block_paragraph(r);
    switch (item->kind) {
    case SHELL_COMMENT: block_comment(r, item); break;
    case SHELL_SQL_CLIENT: r->client = item->text; break;
    case SHELL_SQL_QUIT: r->client = (struct sv){NULL, 0}; break;
    case SHELL_SQL:
    case SHELL_SQL_META: block_sql_step(r, index, item); break;
    case SHELL_SIMPLE:
    case SHELL_PIPELINE:
    case SHELL_LIST:
    case SHELL_ASSIGN:
    case SHELL_COMPOUND:
    case SHELL_FUNCTION:
    case SHELL__N:
    default: block_shell_step(r, index, item); break;
    }
}

static void block_steps(struct rb_build *b, uint32_t index)
{
    struct block_reader r = {.b = b,
                             .block = index,
                             .first = b->steps.n,
                             .note = STRBUF(0),
                             .ways = SIZE_MAX,
                             .way = b->steps.n};

    for (uint32_t i = 0; i < b->blocks.v[index].script.n && !b->full_line; i++)
        block_item(&r, i);
    block_leftover(&r);
    strbuf_release(&r.note);
}

/* --- messages --- */

static enum rb_message_when block_message_when(struct sv trigger)
{
    static const struct {
        struct sv word;
        enum rb_message_when when;
    } rows[] = {
        {SV("rollback"), MESSAGE_ROLLED_BACK},  {SV("rolled back"), MESSAGE_ROLLED_BACK},
        {SV("roll back"), MESSAGE_ROLLED_BACK}, {SV("complete"), MESSAGE_DONE},
        {SV("finished"), MESSAGE_DONE},         {SV("done"), MESSAGE_DONE},
        {SV("begin"), MESSAGE_START},           {SV("start"), MESSAGE_START},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (sv_has_nocase(trigger, rows[i].word))
            return rows[i].when;
    return MESSAGE_OTHER;
}

static void block_message(struct rb_build *b, uint32_t index)
{
    struct rb_message *m = vec_add(&b->messages);
    struct sv trigger = b->label;

    m->when = block_message_when(trigger);
    m->line = b->blocks.v[index].line;
    m->block = index;
    m->trigger = trigger;
}

/* --- a fence --- */

/* The sessions of a database client in a shell block, as SQL; in `masked` they are blanks. */
static void block_split_sessions(struct rb_build *b, struct rb_block *block, char *masked,
                                 block_items *items)
{
    size_t from = 0, to;

    while ((to = sql_find_session(block->text, &from)) > 0) {
        struct shell_script sql;

        sql_split(block->text, from, to, b->arena, &sql);
        for (size_t i = 0; i < sql.n; i++)
            *vec_add(items) = sql.v[i];
        for (size_t i = from; i < to; i++)
            if (masked[i] != '\n')
                masked[i] = ' ';
        from = to;
    }
}

/* Both lists are in order. */
static void block_merge(struct rb_build *b, struct shell_script *script, const block_items *sql)
{
    struct shell_item *all;
    size_t n = 0, k = 0;

    if (!sql->n)
        return;
    all = ARENA_NEWN(b->arena, struct shell_item, script->n + sql->n);
    for (size_t i = 0; i < script->n; i++) {
        for (; k < sql->n && sql->v[k].from < script->v[i].from; k++)
            all[n++] = sql->v[k];
        all[n++] = script->v[i];
    }
    for (; k < sql->n; k++)
        all[n++] = sql->v[k];
    script->v = all;
    script->n = n;
}

static void block_note_broken(struct rb_build *b, const struct rb_block *block)
{
    struct sv why = SV("the shell grammar does not take what follows");

    if (block->script.too_long)
        why = arena_fmt(b->arena, "a block of more than %u bytes is not split into commands",
                        SHELL_MAX_BYTES);
    if (block->script.broken)
        build_note(b, NOTE_BROKEN_SHELL, block->line + 1 + block->script.broken_line, 1, why);
}

static void block_parse_shell(struct rb_build *b, struct rb_block *block)
{
    struct sv masked = placeholder_mask(block->text, &block->placeholders, b->arena);
    char *copy = arena_strdup(b->arena, masked);
    block_items sql = {0};

    block_split_sessions(b, block, copy, &sql);
    shell_split(b->shell, block->text, (struct sv){copy, masked.n}, b->arena, &block->script);
    block_merge(b, &block->script, &sql);
    vec_release(&sql);
    block_note_broken(b, block);
}

static void block_parse(struct rb_build *b, struct rb_block *block)
{
    bool prose = block->kind == BLOCK_MESSAGE ||
                 (block->kind == BLOCK_FILE && block_lang_is_prose(block->lang));

    if (block->kind == BLOCK_CODE || (block->kind == BLOCK_FILE && !prose))
        placeholder_find_values(block->text, b->arena, &block->placeholders);
    else if (block->kind != BLOCK_OUTPUT && block->kind != BLOCK_DRAWING)
        placeholder_find(block->text, prose, b->arena, &block->placeholders);
    if (block->kind == BLOCK_SHELL)
        block_parse_shell(b, block);
    else if (block->kind == BLOCK_SQL)
        sql_split(block->text, 0, block->text.n, b->arena, &block->script);
}

/* What a command prints, shown below it: it must print it. */
static void block_output(struct rb_build *b, const struct rb_block *block)
{
    if (build_role_acts(build_role(b)) && b->block_steps < b->steps.n)
        build_expect_whole(b, b->block_steps, sv_trim_right(block->text), block->line + 1);
}

static void block_carry_out(struct rb_build *b, uint32_t index)
{
    enum rb_block_kind kind = b->blocks.v[index].kind;

    if (kind == BLOCK_OUTPUT) {
        block_output(b, &b->blocks.v[index]);
        return; /* what follows still speaks of the commands before it */
    }
    b->block_steps = b->steps.n;
    if (kind == BLOCK_MESSAGE)
        block_message(b, index);
    else if (build_role_acts(build_role(b)) && (kind == BLOCK_SHELL || kind == BLOCK_SQL))
        block_steps(b, index);
}

void block_read(struct rb_build *b, uint32_t node)
{
    const struct md_node *n = &b->rb->md.v[node];
    uint32_t index = (uint32_t)b->blocks.n;
    struct rb_block *block = vec_add(&b->blocks);
    struct sv info = n->info;
    char prompt;

    *block = (struct rb_block){.node = node,
                               .part = b->part,
                               .line = n->fenced ? n->line : n->line - 1,
                               .end_line = n->end_line};
    (void)sv_next_word(&info, &block->lang); /* empty stays empty */
    block->lang = sv_sub(block->lang, 0, sv_find_byte(block->lang, '{', 0));
    block->lang = sv_sub(block->lang, 0, sv_find_byte(block->lang, ':', 0));
    block->text = block_text(n->text, block_is_console(block->lang), b->arena, &prompt);
    block_classify(b, n->info, prompt, block);
    block_parse(b, block);
    block_carry_out(b, index);
    b->label = (struct sv){NULL, 0}; /* it introduced this one */
}

/* --- commands in text --- */

bool block_command_at(struct rb_build *b, struct sv text, size_t line)
{
    struct shell_script script;
    struct placeholders ph;
    struct rb_draft *d;
    struct command *c;

    if (!block_knows_command(text) || sv_find_byte(text, '\n', 0) != SV_NPOS)
        return false;
    placeholder_find(text, false, b->arena, &ph);
    shell_split(b->shell, text, placeholder_mask(text, &ph, b->arena), b->arena, &script);
    if (script.broken || script.n != 1 || script.v[0].kind == SHELL_COMMENT)
        return false;
    c = ARENA_NEW(b->arena, struct command);
    command_read(&script.v[0], b->arena, c);
    if (c->form == COMMAND_SSH)
        b->host = arena_sv(b->arena, c->target->value);
    else if (c->form == COMMAND_EXIT)
        b->host = (struct sv){NULL, 0};
    if (c->form == COMMAND_SSH || c->form == COMMAND_EXIT)
        return true;
    d = build_step(b, STEP_SHELL, line, text);
    d->step.command = c;
    return true;
}

/* Is the code a whole command, not the name of a program or file that the sentence speaks of? */
static bool block_span_is_command(const struct md_node *n, const struct md_span *s)
{
    struct sv code = sv_sub(n->text, s->from, s->to);

    return sv_find_byte(code, ' ', 0) != SV_NPOS ||
           (sv_trim(n->text).n == code.n && block_knows_command(code));
}

/*
 * Is a person told to run what stands in the text?  "Restart: `x`", "Run `x`", `x` alone; and not "it was done by `x`":
 * a command that is only spoken of must never be carried out.
 */
static bool block_says_run(const struct rb_build *b, const struct md_node *n)
{
    struct sv before;

    if (regex_has(b->block_patterns[BLOCK_NOT_TO_RUN], n->text))
        return false;
    for (size_t i = 0; i < n->n_spans; i++) {
        const struct md_span *s = &n->spans[i];

        if (s->kind != MD_CODE_SPAN)
            continue;
        before = sv_trim(sv_sub(n->text, 0, s->from));
        if (sv_ends(before, SV(":")) || sv_ends(before, SV("：")))
            return true;
        if (!before.n && sv_trim(sv_sub(n->text, s->to, n->text.n)).n <= 1) /* a full stop */
            return true;
    }
    return regex_has(b->block_patterns[BLOCK_TO_RUN], n->text);
}

bool block_inline(struct rb_build *b, const struct md_node *n)
{
    size_t before = b->steps.n;
    bool found = false;

    if (!block_says_run(b, n))
        return false;
    for (size_t i = 0; i < n->n_spans; i++) {
        const struct md_span *s = &n->spans[i];

        if (s->kind == MD_CODE_SPAN && block_span_is_command(n, s))
            found |= block_command_at(b, sv_sub(n->text, s->from, s->to), md_line_at(n, s->from));
    }
    for (size_t i = before; i < b->steps.n; i++)
        b->steps.v[i].step.note = n->text;
    return found;
}
