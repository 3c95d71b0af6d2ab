/*
 * block: what a fence is, and the steps in it.
 */
#include <string.h>

#include "base/duration.h"
#include "base/regex.h"
#include "base/sv.h"
#include "base/text.h"
#include "runbook/clause.h"
#include "runbook/effect.h"
#include "runbook/folder.h"
#include "runbook/reader_int.h"
#include "runbook/sql_split.h"
#include "runbook/terminal.h"
#include "runbook/told_verb.h"

typedef VEC(struct shell_item) block_items;

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
        r->b->host = build_leave_shell(r->b);
    else
        return false;
    if (c->form == COMMAND_SSH)
        stay_logged_in(r->b, r->block);
    r->b->stay.host.n = 0;
    return true;
}

/* --- commands --- */

/* `ssh lb01 "x"` while one is on web1: is it typed there? */
static struct sv block_typed_on(const struct block_reader *r, const struct shell_item *item)
{
    const struct rb_build *b = r->b;
    size_t host = item->n_simple ? command_ssh_host(&item->simple[0]) : 0;

    if (!host || (b->given.n && b->given.p == b->host.p) ||
        block_prompt_host(r->prompts, item->line).n)
        return b->host;
    return stay_typed_on(b, r->block, item->simple[0].words[host].value);
}

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
    folder_enter(r, c);
    folder_enter_all(r, item, c);
    d = build_step(r->b, STEP_SHELL, top + item->line, item->text);
    d->step.end_line = top + item->end_line;
    d->step.block = r->block;
    d->step.item = index;
    d->step.command = c;
    d->step.host = block_typed_on(r, item);
    block_take_pending(r, r->b->steps.n - 1);
    if (terminal_ends_session(item))
        r->b->host = (struct sv){NULL, 0};
    if (terminal_opens_shell(item))
        build_enter_shell(r->b, item->text);
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
    d->step.command->cx.catalog = item->kind == SHELL_SQL_META;
    block_take_pending(r, r->b->steps.n - 1);
    watch_query(r->b, item->text, top + item->line);
}

/* "# Post in the channel:" and below it a text in quotes: no program is called so. */
static bool block_is_quoted_text(struct sv text)
{
    struct sv inner = text.n > 2 ? sv_sub(text, 1, text.n - 1) : (struct sv){"", 0};
    char quote = inner.n ? *text.p : '\0';

    return (quote == '"' || quote == '\'') && text.p[text.n - 1] == quote && *inner.p != '/' &&
           *inner.p != '.' && *inner.p != '$' && sv_find_byte(inner, quote, 0) == SV_NPOS &&
           sv_find_byte(inner, ' ', 0) != SV_NPOS; /* "/opt/my app/run" is a program */
}

/* "Error: it has failed": no program is called so; it is what one prints. */
static bool block_is_said(struct sv text)
{
    size_t i = 0;

    while (i < text.n && ascii_is_word(text.p[i])) /* not MESSAGE="Done: all" ./tell */
        i++;
    return i > 0 && *text.p >= 'A' && *text.p <= 'Z' &&
           sv_starts(sv_sub(text, i, text.n), SV(": "));
}

static void block_text_step(struct block_reader *r, uint32_t index, const struct shell_item *item)
{
    size_t top = r->b->blocks.v[r->block].line + 1;
    struct rb_draft *d =
        build_step(r->b, STEP_MANUAL, top + item->line, sv_sub(item->text, 1, item->text.n - 1));

    d->step.end_line = top + item->end_line;
    d->step.block = r->block;
    d->step.item = index;
    block_take_pending(r, r->b->steps.n - 1);
}

/* What stands below "# Never run this", to the next empty line; of "these" to the one behind the first of them. */
static bool block_avoids(struct block_reader *r, struct shell_item *item)
{
    if (!r->never || item->kind == SHELL_COMMENT)
        return false;
    if (item->blank_before && (r->avoided || !r->never_all)) {
        block_paragraph(r);
        return false;
    }
    block_forget(r);
    item->avoided = r->avoided = true;
    return true;
}

static void block_item(struct block_reader *r, uint32_t index)
{
    struct shell_item *item = &r->b->blocks.v[r->block].script.v[index];

    if (item->blank_before && item->kind != SHELL_COMMENT && !r->never && !r->note.n)
        block_paragraph(r);
    if (block_avoids(r, item) || !sv_trim(item->text).n)
        return; /* of what the grammar does not take, nothing may be left */
    switch (item->kind) {
    case SHELL_COMMENT: block_comment(r, item); break;
    case SHELL_SQL_CLIENT: r->client = item->text; break;
    case SHELL_SQL_QUIT: r->client = (struct sv){NULL, 0}; break;
    case SHELL_SQL:
    case SHELL_SQL_META: block_sql_step(r, index, item); break;
    case SHELL_SIMPLE:
        if (block_is_quoted_text(item->text))
            block_text_step(r, index, item);
        else if (!block_is_said(item->text))
            block_shell_step(r, index, item);
        break;
    case SHELL_PIPELINE:
    case SHELL_LIST:
    case SHELL_ASSIGN:
    case SHELL_COMPOUND:
    case SHELL_FUNCTION:
    case SHELL__N:
    default: block_shell_step(r, index, item); break;
    }
}

/* "Wait until the status is green:" above a command that only looks: whoever runs it says when it is so. */
static bool block_label_waits(const struct block_reader *r, struct sv label)
{
    const struct rb_build *b = r->b;
    const struct rb_step *s = &vec_last(&b->steps)->step;

    if (!(regex_has(b->block_patterns[BLOCK_WAITS], label) || clause_waits(label)) || !s->command ||
        told_waits(s->text) || s->command->form == COMMAND_FOLLOW ||
        s->command->form == COMMAND_POLL)
        return false;
    return s->command->effect <= EFFECT_STATE || sv_starts_nocase(label, SV("repeat"));
}

/* "Compare the counts. They must be equal:" above a block that only looks. */
static bool block_label_must(const struct block_reader *r, struct sv label)
{
    const struct rb_build *b = r->b;
    const struct rb_step *s = &vec_last(&b->steps)->step;

    return s->command && s->command->effect <= EFFECT_STATE &&
           told_starts(label, WORDS_HERE("both it they all this that")) &&
           regex_has(b->block_patterns[BLOCK_SHOULD], label);
}

/* "Nobody writes any more (must be 0):" above a block. */
static void block_label_expects(struct block_reader *r)
{
    struct rb_build *b = r->b;
    struct sv label = sv_trim(b->label), inner, rest;

    bool item = b->part != RB_NONE && b->parts.v[b->part].kind == PART_ITEM &&
                b->rb->md.v[b->blocks.v[r->block].node].kind == MD_CODE;

    if (b->steps.n <= r->first || vec_last(&b->steps)->expects.n)
        return;
    if (item && !sv_ends(label, SV(":"))) { /* "2. Wait until the lag is 0." */
        label = told_last_sentence(label);
        if (block_label_waits(r, label)) {
            (void)sv_eat_nocase(&label, SV("warten, "));
            build_expect(b, b->steps.n - 1, label, b->label_line);
        }
        return;
    }
    if (!sv_ends(label, SV(":")))
        return;
    label = sv_trim(sv_sub(label, 0, label.n - 1));
    label = told_last_sentence(label);
    if (block_label_waits(r, label) || block_label_must(r, label))
        build_expect(b, b->steps.n - 1, label, b->label_line);
    else if (expect_in_parentheses(label, &inner) &&
             (expect_is_label(inner, &rest) || sv_eat_nocase(&inner, SV("must ")) ||
              sv_eat_nocase(&inner, SV("should "))))
        build_expect(b, b->steps.n - 1, expect_is_label(inner, &rest) ? rest : inner,
                     b->label_line);
}

/* "Unless the driver is old, no restart is needed. To be certain, run:": it is run all the same. */
static bool block_is_to_be_sure(struct sv label, struct sv last)
{
    static const struct sv fronts[] = {
        SV("to be certain"),  SV("to be sure"),      SV("to make sure"),  SV("to check"),
        SV("to verify"),      SV("to confirm"),      SV("to find out"),   SV("um sicher"),
        SV("zur sicherheit"), SV("pour être sûr"),   SV("pour vérifier"), SV("para estar segur"),
        SV("para verificar"), SV("para ter certeza")};
    static const struct sv nothing[] = {SV(" no "),  SV("nothing"), SV(" not "),  SV("n't "),
                                        SV("n’t "),  SV(" kein"),   SV(" nicht"), SV(" aucun"),
                                        SV(" pas "), SV(" ningun"), SV(" nenhum")};

    label = sv_sub(label, 0, (size_t)(last.p - label.p));
    for (size_t i = 0; i < ARRAY_LEN(fronts); i++)
        if (sv_starts_nocase(last, fronts[i]))
            return REGEX_SAYS_ANY(sv_sub(label, sv_find_byte(label, ',', 0), label.n), nothing);
    return false;
}

/* "In case of failure:", "Otherwise:", "For example:" above a block: what it is for. */
static struct sv block_label_case(const struct block_reader *r, struct sv label)
{
    struct sv condition = block_condition_of(r, label), main;
    struct sv last = told_last_sentence(label);
    bool back = build_role(r->b) == ROLE_ROLLBACK; /* "To undo the migration:" is what it is for */

    if (condition.n && last.n < label.n && block_is_to_be_sure(label, last)) {
        condition =
            (struct sv){NULL, 0}; /* of what need not be done, and not of what is run to see that */
        label = last;
    }
    if (!condition.n && last.n < label.n) /* "It writes a file. If that is broken:" */
        condition = block_condition_of(r, last);
    if (!condition.n && ((!back && regex_has(r->b->block_patterns[BLOCK_CASE], label)) ||
                         regex_has(r->b->block_patterns[BLOCK_FOR_EXAMPLE], label)))
        condition = clause_bare(told_last_sentence(label));
    if (!condition.n) { /* in other languages */
        condition = clause_when(told_last_sentence(label), &main);
        if (clause_is_english(condition))
            condition.n = 0; /* the patterns know better */
        else if (!condition.n)
            condition = clause_trails(told_last_sentence(label));
    }
    return condition;
}

/* What is said right above the block, unless its part is for that case anyway. */
static struct sv block_label_condition(const struct block_reader *r)
{
    const struct rb_build *b = r->b;
    struct sv label = sv_trim(b->label), part = {NULL, 0}, found = {NULL, 0};
    bool back = build_role(b) == ROLE_ROLLBACK;
    struct regex_match g[2];

    if (b->list_case.n && b->blocks.v[r->block].node == b->list_case_of)
        return b->list_case;
    if (sv_ends(label, SV(":")) || sv_starts(label, SV("T+")) || sv_starts(label, SV("T-")))
        found = wait_later(r->b, label);
    if (!found.n && sv_ends(label, SV(":")))
        found = case_of_place(b, label);
    if (!found.n && !back)
        found = case_of_answer(label);
    if (found.n)
        return found;
    if (!sv_ends(label, SV(":")) && !sv_ends(label, SV("：")) && !sv_ends(label, SV("、")))
        return case_of_block(b, r->block, label);
    if (back && regex_find(b->block_patterns[BLOCK_BACK_CASE], label, 0, g, 2))
        return sv_trim(sv_sub(label, g[1].from, g[1].to));
    if (!back || /* deciding for it is a condition itself */
        !regex_has(b->block_patterns[BLOCK_TROUBLE], label))
        found = block_label_case(r, label);
    if (b->part != RB_NONE && b->parts.v[b->part].kind == PART_ITEM)
        part = b->parts.v[b->part].condition;
    if (part.n && (sv_has(found, part) || sv_has(part, found)))
        found = (struct sv){NULL, 0};
    return otherwise_condition(b, found);
}

/* Each where its prompt says; what an ssh in it changes stays so. */
static void block_item_there(struct block_reader *r, uint32_t index)
{
    struct rb_build *b = r->b;
    struct sv outer = b->host, host;

    host = block_prompt_host(r->prompts, b->blocks.v[r->block].script.v[index].line);
    if (host.n)
        b->host = host = arena_sv(b->arena, host);
    block_item(r, index);
    if (host.n && b->host.p == host.p)
        b->host = outer;
}

static void block_steps(struct rb_build *b, uint32_t index, struct sv prompts)
{
    struct block_reader r = {.b = b,
                             .block = index,
                             .prompts = prompts,
                             .first = b->steps.n,
                             .note = STRBUF(0),
                             .ways = SIZE_MAX,
                             .for_from = SIZE_MAX,
                             .way = b->steps.n};
    struct sv outer = b->host;

    r.label_condition = block_label_condition(&r);
    for (uint32_t i = 0; i < b->blocks.v[index].script.n && !b->full_line; i++)
        block_item_there(&r, i);
    block_leftover(&r);
    block_label_expects(&r);
    if (r.there.n && sv_eq(r.there, b->host))
        b->host = outer;
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
    watch_message(b, &b->blocks.v[index]);
}

/* --- a fence --- */

/* The items of SQL in [from, to), which is blank in `masked` then. */
static void block_take_sql(struct rb_build *b, const struct rb_block *block, size_t from, size_t to,
                           char *masked, block_items *items)
{
    struct shell_script sql;

    sql_split(block->text, from, to, b->arena, &sql);
    for (size_t i = 0; i < sql.n; i++)
        *vec_add(items) = sql.v[i];
    for (size_t i = from; i < to; i++)
        if (masked[i] != '\n')
            masked[i] = ' ';
}

/* The sessions of a database client in a shell block, else the statements that stand among its commands. */
static void block_split_sql(struct rb_build *b, struct rb_block *block, char *masked,
                            block_items *items)
{
    size_t from = 0, to;

    for (; (to = sql_find_session(block->text, &from)) > 0; from = to)
        block_take_sql(b, block, from, to, masked, items);
    if (items->n)
        return;
    for (from = 0; (to = sql_find_statement(block->text, &from)) > 0; from = to)
        block_take_sql(b, block, from, to, masked, items);
}

/* Both lists are in order; SQL inside a command (a loop around a client) belongs to that. */
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
        while (k < sql->n && sql->v[k].from < script->v[i].to)
            k++;
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

    block_split_sql(b, block, copy, &sql);
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
        placeholder_find(block->text, prose, &b->rb->stand_ins, b->arena, &block->placeholders);
    if (block->kind == BLOCK_SHELL)
        block_parse_shell(b, block);
    else if (block->kind == BLOCK_SQL)
        sql_split(block->text, 0, block->text.n, b->arena, &block->script);
}

/* What a command prints, shown below it: it must print it. */
static void block_output(struct rb_build *b, const struct rb_block *block)
{
    if (!build_role_acts(build_role(b)) || b->block_steps >= b->steps.n)
        return;
    if (!sv_has_nocase(b->label, SV("similar")))
        build_expect_output(b, b->steps.n - 1, sv_trim_right(block->text), block->line + 1);
    else if (!vec_last(&b->steps)->expects.n ||
             vec_last(&vec_last(&b->steps)->expects)->line != b->label_line) /* and not that text */
        build_expect(b, b->steps.n - 1, b->label, b->label_line);
}

/* What prusik does not carry out itself, a person does: a file to write, a request, another system's shell. */
static bool block_is_for_people(const struct rb_block *block)
{
    static const struct sv langs[] = {SV("powershell"), SV("ps1"), SV("pwsh"), SV("bat"),
                                      SV("batch"),      SV("cmd"), SV("dos")};

    for (size_t i = 0; block->kind == BLOCK_CODE && i < ARRAY_LEN(langs); i++)
        if (sv_eq_nocase(block->lang, langs[i]))
            return true;
    return block->kind == BLOCK_HTTP || (block->kind == BLOCK_FILE && block->path.n > 0);
}

static void block_ask_people(struct rb_build *b, uint32_t index, struct sv label)
{
    const struct rb_block *block = &b->blocks.v[index];
    struct sv text = block->kind == BLOCK_FILE || told_is_each(label) || folder_is_open(b, block)
                         ? label
                         : sv_trim(block->text);

    if (!text.n)
        text = block->kind == BLOCK_FILE ? block->path : SV("an empty request");
    build_step(b, STEP_MANUAL, block->line, text)->step.block = index;
}

/* "Never run this:", "Wrong:" above it. */
bool block_is_forbidden(const struct rb_build *b)
{
    return b->label.n && !regex_has(b->block_patterns[BLOCK_MUST], b->label) &&
           ((sv_ends(b->label, SV(":")) && remark_is(b, b->label)) ||
            (b->quoted && remark_is(b, b->label)) || /* a warning, and what it warns of */
            regex_has(b->block_patterns[BLOCK_NOT_THESE], b->label) ||
            regex_has(b->block_patterns[BLOCK_WRONG], b->label));
}

static void block_carry_out(struct rb_build *b, uint32_t index, struct sv literal)
{
    enum rb_block_kind kind = b->blocks.v[index].kind;
    enum scope_way way = scope_way(b, b->part);

    if (kind == BLOCK_OUTPUT) {
        block_output(b, &b->blocks.v[index]);
        return; /* what follows still speaks of the commands before it */
    }
    if (kind == BLOCK_DRAWING &&
        (build_role(b) == ROLE_DECIDE || sv_has_nocase(b->label, SV("decision"))))
        watch_tree(b, &b->blocks.v[index]);
    b->block_steps = b->steps.n;
    if (kind == BLOCK_MESSAGE)
        block_message(b, index);
    else if (way == SCOPE_NEVER)
        return;
    else if (block_is_forbidden(b) || remark_is_pair(b, b->blocks.v[index].node))
        remark_add(b, b->label_line, remark_of_block(b, index));
    else if (way == SCOPE_MANUAL && build_role_acts(build_role(b)))
        block_ask_people(b, index, sv_trim(b->blocks.v[index].text));
    else if (build_role_acts(build_role(b)) && block_is_for_people(&b->blocks.v[index]))
        block_ask_people(b, index, b->label);
    else if (build_role_acts(build_role(b)) && (kind == BLOCK_TEXT || kind == BLOCK_CODE))
        block_show(b, index);
    else if (build_role_acts(build_role(b)) &&
             (told_is_each(b->label) || folder_is_open(b, &b->blocks.v[index])))
        block_ask_people(b, index,
                         arena_fmt(b->arena, "%.*s\n%.*s", SV_FMT(b->label),
                                   SV_FMT(sv_trim(b->blocks.v[index].text))));
    else if (build_role_acts(build_role(b)) && (kind == BLOCK_SHELL || kind == BLOCK_SQL)) {
        bool aside = b->aside;

        b->aside |= sv_starts_nocase(b->label, SV("example")) ||
                    (sv_starts_nocase(b->label, SV("optional")) && sv_ends(b->label, SV(":")));
        block_steps(b, index, block_has_prompt_host(literal) ? literal : (struct sv){NULL, 0});
        b->aside = aside;
    }
}

struct sv block_lang(struct sv info)
{
    struct sv lang = {NULL, 0};

    (void)sv_next_word(&info, &lang); /* empty stays empty */
    lang = sv_sub(lang, 0, sv_find_byte(lang, '{', 0));
    return sv_sub(lang, 0, sv_find_byte(lang, ':', 0));
}

/* What a session shows as typed into a program that waits for lines: whoever has its terminal does so. */
static void block_tell_typed(struct rb_build *b, const struct rb_block *block, struct sv literal)
{
    struct sv line, typed;

    for (size_t at = block->line + 1; sv_next_line(&literal, &line); at++)
        if (block_typed(line, &typed))
            remark_add(b, at, arena_fmt(b->arena, "typed there: %.*s", SV_FMT(typed)));
}

/* A block in the present part. */
static void block_read_here(struct rb_build *b, uint32_t node)
{
    const struct md_node *n = &b->rb->md.v[node];
    uint32_t index = (uint32_t)b->blocks.n;
    struct rb_block *block = vec_add(&b->blocks);
    struct block_prompts may;
    char prompt;

    *block = (struct rb_block){.node = node,
                               .part = b->part,
                               .line = n->fenced ? n->line : n->line - 1,
                               .end_line = n->end_line,
                               .lang = block_lang(n->info)};
    may = (struct block_prompts){block_is_console(block->lang),
                                 !regex_has(b->block_patterns[BLOCK_IS_OUTPUT], b->label)};
    block->text = block_text(n->text, may, b->arena, &prompt);
    block_classify(b, n->info, prompt, block);
    if (block->kind == BLOCK_SHELL && !block_lang_runs(block->lang))
        block->text = block_mark_expected(b, block->text);
    block_parse(b, block);
    if (prompt && block->kind == BLOCK_SHELL && build_role_acts(build_role(b)))
        block_tell_typed(b, block, n->text);
    block_carry_out(b, index, n->text);
}

/* Does it end with an "exit" of a session that it did not begin? */
static bool block_leaves(struct sv text)
{
    struct sv line, last = {NULL, 0};

    while (sv_next_line(&text, &line)) {
        line = sv_trim(line);
        (void)sv_eat(&line, SV("$ "));
        if (!line.n)
            continue;
        last = line;
        if (told_starts(
                line,
                WORDS_HERE(
                    "ssh sudo su bash sh psql mysql docker kubectl screen tmux if for while function")))
            return false;
    }
    return sv_eq(last, SV("exit")) || sv_eq(last, SV("logout"));
}

bool block_has_ssh(struct sv text)
{
    struct sv line;

    while (sv_next_line(&text, &line)) {
        (void)sv_eat(&line, SV("$ "));
        if (sv_eq(block_first_word(line), SV("ssh")))
            return true;
    }
    return false;
}

/* "On web1:" right above it, or in its heading, where the commands do not go elsewhere by themselves. */
static enum where_kind block_where(const struct rb_build *b, struct sv text, struct sv *host)
{
    enum where_kind where = told_host(b->label, host);

    if (where == WHERE_NOT && told_host_within(b->label, host) && !where_reaches_out(text, *host))
        return WHERE_ONCE;
    if (where == WHERE_NOT && b->title_within && where_reaches_out(text, b->host)) {
        *host = (struct sv){NULL, 0};
        return WHERE_ONCE;
    }
    return where;
}

static void block_enter_host(struct rb_build *b, uint32_t node, struct scope *outer)
{
    struct sv host = {NULL, 0}, said, text = b->rb->md.v[node].text;
    enum where_kind where =
        outer->gave_host || block_has_ssh(text) ? WHERE_NOT : block_where(b, text, &host);

    if (outer->gave_host)
        return;
    if (where == WHERE_ONCE && told_host(b->label, &said) == WHERE_ONCE &&
        !block_has_prompt_host(text))
        stay_begin(b, node, said);
    if (where != WHERE_ONCE && where != WHERE_STAY) {
        host = block_has_ssh(text) ? host : stay_host(b, node, b->label, text);
        if (!host.n && !b->host.n)
            host = folder_host(b, text);
        if (!host.n)
            return;
    }
    outer->gave_host = true;
    b->host = host;
}

void block_read(struct rb_build *b, uint32_t node)
{
    uint32_t part = b->part;
    size_t before = b->steps.n;
    bool titled = b->titled == node; /* by the list item right before it */
    struct scope outer;

    if (titled)
        b->part = b->title_part;
    outer = scope_enter_block(b, node, block_lang_runs(block_lang(b->rb->md.v[node].info)));
    if (!b->host.n && b->left_host.n && block_leaves(b->rb->md.v[node].text))
        b->host = b->left_host; /* the section before did not leave it */
    b->left_host = (struct sv){NULL, 0};
    block_enter_host(b, node, &outer);
    block_read_here(b, node);
    told_each(b, b->label, b->label_line, before);
    told_waited(b, b->label, b->label_line, before);
    scope_leave_block(b, &outer);
    b->part = part;
    if (titled && b->steps.n > before)
        b->steps.v[b->title_step].replaced = true;
    b->label = (struct sv){NULL, 0}; /* it introduced this one */
}

/* --- commands in text --- */

/* What a text wants of the commands in it. */
enum block_told { TOLD_NOTHING, TOLD_TO_LOOK, TOLD_TO_RUN };

/* It changes nothing but the session, which ssh does, too. */
static bool block_only_looks(const struct shell_item *item, struct arena *arena)
{
    struct command c;

    command_read(item, arena, &c);
    return c.effect <= EFFECT_STATE || c.form == COMMAND_SSH || c.form == COMMAND_EXIT;
}

/* "Run `pgupgrade 14 main`": whatever it is, it is a program. */
static bool block_is_named(struct sv before, struct sv text)
{
    static const struct sv verbs[] = {SV("run"),     SV("rerun"), SV("re-run"), SV("running"),
                                      SV("execute"), SV("issue"), SV("invoke")};
    struct sv program = block_first_word(text);

    before = sv_trim(before);
    if (!program.n || ascii_is_upper(*program.p))
        return false;
    for (size_t i = 0; i < program.n; i++)
        if (!ascii_is_word(program.p[i]) && !strchr("./-~", program.p[i]))
            return false;
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
        if (before.n >= verbs[i].n &&
            sv_eq_nocase(sv_sub(before, before.n - verbs[i].n, before.n), verbs[i]) &&
            (before.n == verbs[i].n || !ascii_is_word(before.p[before.n - verbs[i].n - 1])))
            return true;
    return false;
}

/* `cp -p`, `rsync -ar`: how it is done, without what with. */
static bool block_is_how(struct sv text)
{
    static const struct sv programs[] = {SV("cp"),  SV("mv"),    SV("rm"),  SV("rsync"),
                                         SV("scp"), SV("chmod"), SV("tar"), SV("chown"),
                                         SV("ln"),  SV("kill")};
    struct sv rest = text, word, program = block_first_word(text);
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_LEN(programs); i++)
        n += sv_eq(program, programs[i]);
    if (n == 0)
        return false;
    while (sv_next_word(&rest, &word))
        if (!sv_starts(word, SV("-")) && !sv_eq(word, program) && !sv_eq(word, SV("sudo")))
            return false;
    return true;
}

/* "`./ops/backup.sh --full`": a file that is run, whatever it does; not "./dump.sql", "./target/". */
bool block_is_script(struct sv text)
{
    static const struct sv ends[] = {SV(".sh"), SV(".bash"), SV(".py"), SV(".rb"),
                                     SV(".pl"), SV(".js"),   SV(".php")};
    struct sv program = block_first_word(text);
    bool runs = program.n > 2 && sv_find_byte(sv_sub(program, 2, program.n), '.', 0) == SV_NPOS &&
                !sv_ends(program, SV("/"));

    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        runs |= sv_ends(program, ends[i]);
    return (sv_starts(program, SV("./")) && runs) ||
           (sv_find_byte(program, '/', 0) != SV_NPOS && sv_ends(program, SV(".sh")));
}

/* One command in a text, as a block of its own: with placeholders, words, and what it changes. */
static bool block_command_at(struct rb_build *b, uint32_t node, struct sv text, size_t line,
                             enum block_told told)
{
    struct rb_block block = {.kind = BLOCK_SHELL,
                             .node = node,
                             .part = b->part,
                             .line = line - 1, /* of a fence, it would be */
                             .end_line = line,
                             .text = text};
    size_t before = b->steps.n;
    struct sv host = b->host;

    if (sv_find_byte(text, '\n', 0) != SV_NPOS)
        return false;
    placeholder_find(text, false, &b->rb->stand_ins, b->arena, &block.placeholders);
    shell_split(b->shell, text, placeholder_mask(text, &block.placeholders, b->arena), b->arena,
                &block.script);
    if (block.script.broken || block.script.n != 1 || block.script.v[0].kind == SHELL_COMMENT ||
        (told == TOLD_TO_LOOK && !block_only_looks(&block.script.v[0], b->arena)))
        return false;
    *vec_add(&b->blocks) = block;
    block_steps(b, (uint32_t)(b->blocks.n - 1), (struct sv){NULL, 0});
    return b->steps.n > before || !sv_eq(host, b->host);
}

/* "Deploy: `./x.sh`", "Run the script: `./x.sh`", `./x.sh`; "Save as:", "Deploy to:", "Deploy (old way):" only speak of it. */
static bool block_is_told(struct sv before, struct sv after)
{
    static struct words verbs = WORDS(
        "run rerun execute deploy start stop restart launch invoke migrate apply roll redeploy");
    static struct words others = WORDS(
        "a an the script command it this then now please by with using service app migration migrations");
    struct sv word;
    size_t words = 0;

    before = sv_trim(before);
    if (!before.n)
        return true;
    if (!sv_ends(before, SV(":")) || sv_trim(after).n > 1)
        return false;
    for (before.n--; sv_next_word(&before, &word); words++)
        if (!told_starts(word, &verbs) && (words == 0 || !told_starts(word, &others)))
            return false;
    return words > 0;
}

/* "\\files01\share\x.sql", "D:\backup": no shell that is here knows such a place. */
static bool block_is_of_windows(struct sv code)
{
    struct sv word;

    while (sv_next_word(&code, &word)) {
        if (word.n > 4 && sv_starts(word, SV("\\\\")) && ascii_is_word(word.p[2]) &&
            sv_find_byte(word, '\\', 3) != SV_NPOS)
            return true;
        if (word.n > 3 && ascii_is_upper(word.p[0]) && word.p[1] == ':' && word.p[2] == '\\' &&
            ascii_is_word(word.p[3]))
            return true;
    }
    return false;
}

/* Is the code a whole command, not the name of a program or file that the sentence speaks of? */
bool block_span_is_command(const struct md_node *n, const struct md_span *s)
{
    struct sv code = sv_sub(n->text, s->from, s->to);

    if (block_is_of_windows(code))
        return false;
    return sv_find_byte(code, ' ', 0) != SV_NPOS ||
           (sv_trim(n->text).n == code.n && block_knows_command(code)) ||
           (block_is_script(code) &&
            block_is_told(sv_sub(n->text, 0, s->from), sv_sub(n->text, s->to, n->text.n)));
}

/*
 * Is a person told to run what stands in the text?  "Restart: `x`", "Run `x`", `x` alone; and not "it was done by `x`":
 * a command that is only spoken of must never be carried out.  "Check that nobody uses `x`", "`x` is dangerous" may
 * be either, so that only what changes nothing is taken from such a text.
 */
static enum block_told block_told(const struct rb_build *b, const struct md_node *n)
{
    struct sv before, after;

    if (block_is_numbered(n))
        return TOLD_TO_RUN;
    if (regex_has(b->block_patterns[BLOCK_NOT_TO_RUN], n->text))
        return TOLD_NOTHING;
    for (size_t i = 0; i < n->n_spans; i++) {
        const struct md_span *s = &n->spans[i];

        if (s->kind != MD_CODE_SPAN)
            continue;
        before = sv_trim(sv_sub(n->text, 0, s->from));
        if (sv_ends(before, SV(":")) || sv_ends(before, SV("：")))
            return TOLD_TO_RUN;
        after = sv_trim(sv_sub(n->text, s->to, n->text.n));
        if (!before.n && (after.n <= 1 || inline_is_remark(after))) /* nothing but a full stop */
            return TOLD_TO_RUN;
        if (!before.n && (told_arrow(&after) || regex_has(b->block_patterns[BLOCK_SHOWS], after)))
            return TOLD_TO_LOOK;
    }
    if (regex_has(b->block_patterns[BLOCK_TO_RUN], n->text))
        return TOLD_TO_RUN;
    return regex_has(b->block_patterns[BLOCK_TO_LOOK], n->text) ? TOLD_TO_LOOK : TOLD_NOTHING;
}

/* "`shopctl prod deploy web.yml`" and not "`pool_size = 40 ms`", "`0 3 * * *`", "`make: *** Error 2`". */
bool block_is_whole_command(const struct md_node *n)
{
    struct sv rest = sv_trim(n->text), word, next;

    if (!sv_next_word(&rest, &word) || !sv_next_word(&rest, &next))
        return block_is_script(sv_trim(n->text));
    for (size_t i = 0; i < word.n; i++)
        if (!ascii_is_word(word.p[i]) && !strchr("-./~", word.p[i]))
            return false;
    return !ascii_is_digit(*word.p) && !ascii_is_upper(*word.p) && !sv_eq(next, SV("=")) &&
           !sv_has(n->text, SV("***"));
}

bool block_is_numbered(const struct md_node *n)
{
    struct sv rest = n->text, line, word;
    size_t lines = 0, at = 0;

    for (; sv_next_line(&rest, &line); lines++) {
        struct sv code = line;
        const struct md_span *s;

        if (!sv_next_word(&code, &word) || word.n < 2 || word.n > 4 ||
            !strchr(".):", word.p[word.n - 1]) || !ascii_is_digit(word.p[word.n - 2]) ||
            at >= n->n_spans)
            return false;
        s = &n->spans[at++];
        code = sv_trim(code);
        if (s->kind != MD_CODE_SPAN || n->text.p + s->from != code.p || s->to - s->from != code.n)
            return false;
    }
    return lines > 0 && at == n->n_spans;
}

static bool block_has_command(const struct md_node *n)
{
    for (size_t i = 0; i < n->n_spans; i++)
        if (n->spans[i].kind == MD_CODE_SPAN && block_span_is_command(n, &n->spans[i]))
            return true;
    return false;
}

/* The sentence that `at` stands in; of a long one what is near. */
static struct sv block_sentence(struct sv text, size_t at)
{
    size_t from = at, to = at;

    while (from > 0 && at - from < LABEL_MAX_BYTES &&
           !(ascii_is_space(text.p[from]) && strchr(".!?;", text.p[from - 1]) &&
             !sv_ends(sv_sub(text, 0, from), SV("e.g.")) &&
             !sv_ends(sv_sub(text, 0, from), SV("i.e."))))
        from--;
    while (to < text.n && to - at < LABEL_MAX_BYTES &&
           !(strchr(".!?;", text.p[to]) && (to + 1 == text.n || ascii_is_space(text.p[to + 1]))))
        to++;
    return sv_trim(sv_sub(text, from, to));
}

/* "If it is not empty, run `x`": whoever has seen it does it.  What is for a failure is told at the step. */
static bool block_is_case(const struct rb_build *b, struct sv sentence)
{
    return told_starts(sentence, WORDS_HERE("if when unless falls wenn si se caso jeśli")) &&
           !regex_has(b->block_patterns[BLOCK_TROUBLE],
                      sv_sub(sentence, 0, sv_find_byte(sentence, ',', 0)));
}

/*
 * "Run `a` again. Don't run `b`.": the sentence of the second says that it is not to be run, or when.  What the text
 * begins with was looked at as a whole.
 */
static bool block_is_denied(struct rb_build *b, const struct md_node *n, const struct md_span *s,
                            size_t line, bool found)
{
    struct sv one = block_sentence(n->text, s->from);
    struct sv before = {one.p, (size_t)(n->text.p + s->from - one.p)};
    bool denied = before.n && regex_has(b->block_patterns[BLOCK_DENIES], before);

    if (!denied && !(one.p > n->text.p && regex_has(b->block_patterns[BLOCK_NOT_TO_RUN], before)))
        return false;
    if (otherwise_is(one) && one.p > n->text.p + 1) { /* with what it negates */
        struct sv last = block_sentence(n->text, (size_t)(one.p - n->text.p) - 2);

        one = (struct sv){last.p, (size_t)(one.p + one.n - last.p)};
    }
    if (found && !denied && block_is_case(b, one)) {
        if (!b->steps.n || !sv_eq(vec_last(&b->steps)->step.text, one)) /* of two commands in it */
            (void)build_step(b, STEP_MANUAL, line, one);
    } else if (found) {
        otherwise_remark(b, line, one);
    } else {
        remark_add(b, line, one);
    }
    return true;
}

static bool block_inline_here(struct rb_build *b, const struct md_node *n, enum block_told told)
{
    size_t line = n->line, at = 0, wraps = 0;
    bool found = false, numbered = block_is_numbered(n);

    for (size_t i = 0; i < n->n_spans && !b->full_line; i++) {
        const struct md_span *s = &n->spans[i];

        if (s->from < at) /* a span that holds the one before it */
            continue;
        for (; at < s->from; at++)
            line += n->text.p[at] == '\n';
        line += md_wraps_to(n, &wraps, s->from);
        if (s->kind == MD_CODE_SPAN && block_span_is_command(n, s) &&
            !block_is_how(sv_sub(n->text, s->from, s->to)) &&
            (block_knows_command(sv_sub(n->text, s->from, s->to)) ||
             (told == TOLD_TO_RUN &&
              (block_is_script(sv_sub(n->text, s->from, s->to)) ||
               block_is_named(sv_sub(n->text, 0, s->from), sv_sub(n->text, s->from, s->to))))) &&
            !block_is_denied(b, n, s, line, found))
            found |= block_command_at(b, (uint32_t)(n - b->rb->md.v),
                                      sv_sub(n->text, s->from, s->to), line, told);
        else if (numbered) {
            (void)build_step(b, STEP_MANUAL, line, sv_sub(n->text, s->from, s->to));
            found = true; /* nobody knows what it does */
        }
    }
    return found;
}

/* The first command in the text. */
static struct sv block_first_code(const struct md_node *n)
{
    for (size_t i = 0; i < n->n_spans; i++)
        if (n->spans[i].kind == MD_CODE_SPAN && block_span_is_command(n, &n->spans[i]))
            return sv_sub(n->text, n->spans[i].from, n->spans[i].to);
    return (struct sv){NULL, 0}; /* uncovered: the text has one */
}

/* "On web1: `x`", "Stop it. Run this on web1: `x`", "Restart nginx on web1: `x`"; of a heading, not where `x` goes elsewhere. */
static bool block_inline_host(const struct rb_build *b, const struct md_node *n, struct sv *host)
{
    struct sv label = sv_sub(n->text, 0, sv_find_byte(n->text, ':', 0)), code = {NULL, 0}, near,
              behind;
    size_t from = 0;

    if (where_read(n->text, host) == WHERE_ONCE || told_host(label, host) == WHERE_ONCE)
        return true;
    code = block_first_code(n);
    from = code.n ? (size_t)(code.p - n->text.p) : 0;
    near = sv_sub(n->text, label.n + 1 < from ? label.n + 1 : 0, from);
    behind = sv_trim(sv_sub(n->text, from + code.n, n->text.n));
    behind = sv_sub(behind, 0, sv_find_byte(behind, ')', 0));
    if (where_read(near, host) == WHERE_ONCE || /* "Drain it: on the LB run `x`" */
        (sv_starts(behind, SV("on ")) && !where_reaches_out(code, (struct sv){NULL, 0}) &&
         where_read(behind, host) == WHERE_ONCE) || /* "It can go back: `x` on all nodes" */
        (sv_eat(&behind, SV("(")) && where_read(behind, host) == WHERE_ONCE)) /* "`x` (on web2)" */
        return true;
    if (told_host_within(label, host) ||
        told_host_within(sv_sub(label, 0, size_min(from, sv_find(label, SV("<br"), 0))), host) ||
        (code.n && (told_host_within(block_sentence(n->text, from), host) ||
                    where_of(block_sentence(n->text, from), host))))
        return !where_reaches_out(code, *host);
    *host = (struct sv){NULL, 0};
    return b->title_within && where_reaches_out(code, b->host);
}

bool block_tells(const struct rb_build *b, const struct md_node *n)
{
    return block_has_command(n) && block_told(b, n) == TOLD_TO_RUN;
}

bool block_inline(struct rb_build *b, const struct md_node *n)
{
    enum block_told told = block_has_command(n) ? block_told(b, n) : TOLD_NOTHING;
    struct sv outer = b->host, host, said;
    size_t before = b->steps.n;
    bool found, there;

    if (told == TOLD_NOTHING || scope_way(b, b->part) != SCOPE_RUNS)
        return false;
    there = block_inline_host(b, n, &host);
    if (there && where_read(n->text, &said) == WHERE_ONCE)
        stay_begin(b, (uint32_t)(n - b->rb->md.v), said);
    there = there || inline_host(b, n, &host);
    if (!there) {
        host = stay_host(b, (uint32_t)(n - b->rb->md.v), n->text, block_first_code(n));
        if (!host.n && !b->host.n)
            host = folder_host(b, block_first_code(n));
        there = host.n > 0;
    }
    if (there)
        b->host = host;
    found = block_inline_here(b, n, told);
    if (there && sv_eq(b->host, host)) /* no ssh of its own */
        b->host = outer;
    for (size_t i = before; i < b->steps.n; i++)
        b->steps.v[i].step.note = sv_sub(n->text, 0, EXPECT_MAX_BYTES);
    if (told == TOLD_TO_RUN)
        inline_cases(b, n, before);
    wait_of(b, n, before);
    return found;
}
