/*
 * block: what a fence is, and the steps in it.
 */
#include "base/duration.h"
#include "base/regex.h"
#include "base/sv.h"
#include "base/text.h"
#include "runbook/reader_int.h"

const char *rb_block_name(enum rb_block_kind kind)
{
    static const char *const names[] = {
        [BLOCK_SHELL] = "shell",       [BLOCK_SQL] = "sql",         [BLOCK_HTTP] = "http",
        [BLOCK_SETTINGS] = "settings", [BLOCK_LISTING] = "listing", [BLOCK_FILE] = "file",
        [BLOCK_MESSAGE] = "message",   [BLOCK_DRAWING] = "drawing", [BLOCK_TEXT] = "text",
    };

    assert((unsigned)kind < BLOCK__N);
    return names[kind];
}

/* --- what it is --- */

/* NAME=value, perhaps with a comment behind it. */
static bool block_is_setting(struct sv line)
{
    size_t n = 0;

    while (n < line.n &&
           (ascii_is_upper(line.p[n]) || ascii_is_digit(line.p[n]) || line.p[n] == '_'))
        n++;
    return n > 1 && n < line.n && line.p[n] == '=' && !sv_has(line, SV("$("));
}

/* A folder, or a file that nobody runs: "/etc/nginx/nginx.conf".  "/opt/shop/restart" is a command. */
static bool block_is_path(struct sv line)
{
    static const struct sv ends[] = {
        SV("/"),        SV(".cfg"), SV(".conf"), SV(".crt"), SV(".csv"), SV(".db"),   SV(".env"),
        SV(".html"),    SV(".ini"), SV(".json"), SV(".key"), SV(".log"), SV(".md"),   SV(".pem"),
        SV(".service"), SV(".sql"), SV(".toml"), SV(".txt"), SV(".xml"), SV(".yaml"), SV(".yml")};

    if (line.n < 2 || *line.p != '/' || sv_find_byte(line, ' ', 0) != SV_NPOS)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        if (sv_ends(line, ends[i]))
            return true;
    return false;
}

/* Does every line that is neither empty nor a comment pass? */
static bool block_all(struct sv text, bool (*test)(struct sv line))
{
    struct sv line;
    size_t n = 0;

    while (sv_next_line(&text, &line)) {
        line = sv_trim(line);
        if (!line.n || *line.p == '#')
            continue;
        if (!test(line))
            return false;
        n++;
    }
    return n > 1;
}

static bool block_is_drawing(struct sv text)
{
    static const struct sv marks[] = {
        SV("\xe2\x94\x82"), SV("\xe2\x94\x9c"), SV("\xe2\x94\x94"),
        SV("\xe2\x86\x93"), SV("\xe2\x96\xbc"), SV("\xe2\x94\x8c"),
        SV("+---"),         SV("-->"),          SV("\xc3\xa2\xe2\x80\xa0")};

    for (size_t i = 0; i < ARRAY_LEN(marks); i++)
        if (sv_has(text, marks[i]))
            return true;
    return false;
}

static const struct {
    struct sv lang;
    enum rb_block_kind kind;
} block_langs[] = {
    {SV("bash"), BLOCK_SHELL},
    {SV("sh"), BLOCK_SHELL},
    {SV("shell"), BLOCK_SHELL},
    {SV("zsh"), BLOCK_SHELL},
    {SV("console"), BLOCK_SHELL},
    {SV("shell-session"), BLOCK_SHELL},
    {SV("shellsession"), BLOCK_SHELL},
    {SV("terminal"), BLOCK_SHELL},
    {SV("sql"), BLOCK_SQL},
    {SV("postgresql"), BLOCK_SQL},
    {SV("http"), BLOCK_HTTP},
    {SV("env"), BLOCK_SETTINGS},
    {SV("dotenv"), BLOCK_SETTINGS},
    {SV("ini"), BLOCK_SETTINGS},
    {SV("properties"), BLOCK_SETTINGS},
    {SV("markdown"), BLOCK_FILE},
    {SV("md"), BLOCK_FILE},
};

static enum rb_block_kind block_kind_untagged(const struct rb_build *b, struct sv text)
{
    if (sv_starts_nocase(sv_trim(text), SV("Subject:")) || build_role(b) == ROLE_COMMUNICATE ||
        sv_has_nocase(b->label, SV("template")))
        return BLOCK_MESSAGE;
    return block_is_drawing(text) ? BLOCK_DRAWING : BLOCK_TEXT;
}

/* "**File**: x", "**Script**: x", "Create `x`:" before it: the content of a file. */
static bool block_label_is_file(struct sv label)
{
    return sv_starts_nocase(label, SV("File")) || sv_starts_nocase(label, SV("Script")) ||
           sv_starts_nocase(label, SV("Create "));
}

static enum rb_block_kind block_kind(const struct rb_build *b, struct sv lang, struct sv text)
{
    if (block_label_is_file(b->label))
        return BLOCK_FILE;
    if (lang.n == 0)
        return block_kind_untagged(b, text);
    for (size_t i = 0; i < ARRAY_LEN(block_langs); i++)
        if (sv_eq_nocase(lang, block_langs[i].lang)) {
            if (block_langs[i].kind != BLOCK_SHELL)
                return block_langs[i].kind;
            if (block_all(text, block_is_setting))
                return BLOCK_SETTINGS;
            return block_all(text, block_is_path) ? BLOCK_LISTING : BLOCK_SHELL;
        }
    return BLOCK_FILE; /* a language that is not run */
}

/* --- its text --- */

/*
 * A copy; cmark has made LF of every line end.  In a session ("$ command", then its output) the prompts become blanks and the output
 * goes: offsets and lines stay.
 */
static struct sv block_text(struct sv literal, struct arena *arena)
{
    char *copy = arena_strdup(arena, literal);
    struct sv rest = {copy, literal.n}, line;
    bool session = false;

    while (sv_next_line(&rest, &line))
        session |= sv_starts(line, SV("$ ")) || sv_eq(line, SV("$"));
    rest = (struct sv){copy, literal.n};
    if (!session)
        return rest;
    for (bool command = false; sv_next_line(&rest, &line);) {
        char *p = copy + (line.p - copy);
        bool prompt = sv_starts(line, SV("$ ")) || sv_starts(line, SV("# ")) ||
                      (command && sv_starts(line, SV("> ")));
        bool comment = !prompt && sv_starts(line, SV("#"));

        command = prompt && line.n && line.p[line.n - 1] == '\\';
        if (prompt && *p != '#')
            p[0] = p[1] = ' ';
        else if (!prompt && !comment)
            memset(p, ' ', line.n);
    }
    return (struct sv){copy, literal.n};
}

/* --- its steps --- */

struct block_reader {
    struct rb_build *b;
    struct rb_block *block;
    uint32_t block_index;
    size_t first; /* steps.n before this block */
    /* comments that wait for the next command */
    struct strbuf note;
    struct sv note_text;
    size_t note_line;
    struct sv expect;
    size_t expect_line;
    int64_t timeout_ms;
    struct strbuf output; /* of an output that comments show */
    size_t output_line;
    bool collects;
};

#define BLOCK_SPAN "([0-9]+)(?:-([0-9]+))? ?(s|sec|seconds?|min|minutes?|h|hours?)"
const char *const block_patterns[BLOCK_PATTERN__N] = {
    [BLOCK_WATCH_FOR] = "\\b(?:watch|monitor|observe|follow)(?: \\w+)? for " BLOCK_SPAN
                        "(?:,? ?(?:and )?expect:? ?(.*))?$",
    [BLOCK_AT_MOST] = "\\b(?:wait |)(?:max(?:imum)?|at most|up to|within|no more than) " BLOCK_SPAN,
    [BLOCK_OVER] = "\\bover " BLOCK_SPAN,
    [BLOCK_TODO] =
        "^(?:notify|announce|find|edit|select|choose|check|verify|manual|manually|confirm|ensure|watch|test|document|investigate|"
        "monitor|review|inform|tell|open|navigate|log in|contact|ask|wait|prüfen|"
        "informieren|確認)\\b",
};

static int64_t block_span(struct sv text, const struct regex_match *g)
{
    const struct regex_match *upper = g[2].from == SV_NPOS ? &g[1] : &g[2];
    uint64_t n;

    if (!sv_to_u64(sv_sub(text, upper->from, upper->to), &n) || n > 1000000)
        return 0;
    return (int64_t)n * duration_unit_ms(sv_sub(text, g[3].from, g[3].to));
}

static bool block_find_span(struct block_reader *r, enum block_pattern pattern, struct sv text,
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

/* The last step of this block, or NULL. */
static struct rb_draft *block_last_step(const struct block_reader *r)
{
    if (r->b->steps.n <= r->first)
        return NULL;
    assert(r->b->steps.v);
    return vec_last(&r->b->steps);
}

static void block_add_note(struct block_reader *r, struct sv text, size_t line)
{
    if (!r->note.n)
        r->note_line = line;
    else
        strbuf_add_byte(&r->note, '\n');
    strbuf_add_sv(&r->note, text);
}

/* A comment after an empty line, with a command right below: it speaks of that one. */
static bool block_introduces(const struct block_reader *r, const struct shell_item *item)
{
    const struct shell_item *end = r->block->script.v + r->block->script.n;
    bool above = item->blank_before;

    while (above && ++item < end && !item->blank_before)
        if (item->kind != SHELL_COMMENT)
            return true;
    return false;
}

/* "echo $?  # Should be 0": the status is that of the command before. */
static void block_expect(struct block_reader *r, struct sv text, size_t line)
{
    struct rb_draft *last = vec_last(&r->b->steps);
    size_t had = last->expects.n;

    build_expect(r->b, r->b->steps.n - 1, text, line);
    last = vec_last(&r->b->steps);
    if (!last->step.command || !last->step.command->cx.asks_status || r->b->steps.n - 1 <= r->first)
        return;
    for (size_t i = had; i < last->expects.n; i++)
        *vec_add(&r->b->steps.v[r->b->steps.n - 2].expects) = last->expects.v[i];
    last->expects.n = had;
}

static void block_end_output(struct block_reader *r)
{
    if (r->collects && r->output.n)
        build_expect_output(r->b, r->b->steps.n - 1, arena_sv(r->b->arena, strbuf_sv(&r->output)),
                            r->output_line);
    strbuf_truncate(&r->output, 0);
    r->collects = false;
}

/* A line of the output that the comments show; false: it is none. */
static bool block_output(struct block_reader *r, const struct shell_item *item, struct sv text,
                         size_t line)
{
    if (r->collects && (item->blank_before || item->same_line))
        block_end_output(r);
    if (!r->collects)
        return false;
    if (!r->output.n)
        r->output_line = line;
    strbuf_addf(&r->output, "%.*s\n", SV_FMT(text));
    return true;
}

/* A comment that speaks of the command before it; false: of the next one. */
static bool block_comment_after(struct block_reader *r, const struct shell_item *item,
                                struct sv text, size_t line)
{
    struct rb_draft *last = block_last_step(r);
    int64_t ms;
    struct sv rest;

    if (!last)
        return false;
    if (block_find_span(r, BLOCK_WATCH_FOR, text, &ms, &rest) &&
        last->step.command->form == COMMAND_FOLLOW) {
        last->step.watch_ms = ms;
        if (rest.n)
            build_expect(r->b, r->b->steps.n - 1, rest, line);
        return true;
    }
    if (expect_is_proceed(text, &rest) ||
        (expect_is_label(text, &rest) && !block_introduces(r, item))) {
        r->collects = rest.n == 0;
        if (rest.n && sv_starts_nocase(rest, SV("Both ")))
            build_expect(r->b, r->first, rest, line);
        else if (rest.n)
            block_expect(r, rest, line);
        return true;
    }
    if (sv_has_word(text, SV("should")) && !item->blank_before && !item->same_line) {
        block_expect(r, text, line);
        return true;
    }
    return false;
}

/* "Check application is running", "Check for errors in the log": what the next command is to show. */
static bool block_is_claim(struct block_reader *r, const struct shell_item *item, struct sv text,
                           struct sv *rest)
{
    const struct shell_item *end = r->block->script.v + r->block->script.n;
    enum expect_hunt hunt;

    if (expect_is_claim(r->b->expect, text)) {
        *rest = text;
        return true;
    }
    while (++item < end && item->kind == SHELL_COMMENT)
        continue;
    if (item == end || item->n_simple == 0 ||
        !sv_ends(shell_program(&item->simple[item->n_simple - 1]), SV("grep")))
        return false;
    hunt = expect_hunt(r->b->expect, text, item->text);
    *rest = hunt == HUNT_EMPTY ? SV("no matches") : text;
    return hunt != HUNT_NONE;
}

/* Without "5. " before it. */
static struct sv block_unnumbered(struct sv text)
{
    size_t n = 0;

    while (n < text.n && ascii_is_digit(text.p[n]))
        n++;
    return n > 0 && n + 1 < text.n && text.p[n] == '.' ? sv_trim(sv_sub(text, n + 1, text.n))
                                                       : text;
}

/* One line alone is a heading of what follows ("# Verify the installation"), and so is one with a rule below it. */
static bool block_is_paragraph(struct sv note)
{
    struct sv first, second;

    if (!sv_next_line(&note, &first) || !sv_next_line(&note, &second))
        return false;
    for (size_t i = 0; i < second.n; i++)
        if (!strchr("-=#*~ ", second.p[i]))
            return true;
    return false;
}

/* Comments that ask for something, and an empty line before the next comment: a person does it. */
static void block_end_paragraph(struct block_reader *r, size_t end_line)
{
    struct sv note = arena_sv(r->b->arena, sv_trim(strbuf_sv(&r->note)));
    struct rb_draft *d;

    if (!block_is_paragraph(note) || r->expect.n || r->timeout_ms ||
        !regex_has(r->b->block_patterns[BLOCK_TODO], block_unnumbered(note)))
        return;
    d = build_step(r->b, STEP_MANUAL, r->note_line, note);
    d->step.block = r->block_index;
    d->step.end_line = size_max(end_line, r->note_line);
    strbuf_truncate(&r->note, 0);
}

static void block_comment(struct block_reader *r, const struct shell_item *item)
{
    struct sv text = shell_comment_text(item), rest, inner;
    size_t line = r->block->line + 1 + item->line;
    struct rb_draft *last = block_last_step(r);

    watch_propose(r->b, text, line);
    if (!text.n || block_output(r, item, text, line) || block_comment_after(r, item, text, line))
        return;
    if (item->same_line) {
        if (last && !last->step.note.n)
            last->step.note = text;
        return;
    }
    if (expect_is_label(text, &rest)) {
        r->expect = rest;
        r->expect_line = line;
        return;
    }
    if (item->blank_before)
        block_end_paragraph(r, line - 1);
    if ((expect_in_parentheses(text, &inner) && expect_is_label(inner, &rest)) ||
        block_is_claim(r, item, text, &rest)) {
        r->expect = rest;
        r->expect_line = line;
    }
    (void)block_find_span(r, BLOCK_AT_MOST, text, &r->timeout_ms,
                          NULL); /* 0 stays when not found */
    block_add_note(r, text, line);
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

static void block_take_pending(struct block_reader *r, struct rb_draft *d, size_t index)
{
    int64_t ms;

    d->step.note = arena_sv(r->b->arena, sv_trim(strbuf_sv(&r->note)));
    d->step.timeout_ms = r->timeout_ms;
    if (r->expect.n) {
        if (d->step.command->form == COMMAND_POLL &&
            block_find_span(r, BLOCK_OVER, r->expect, &ms, NULL))
            d->step.timeout_ms = ms;
        else
            build_expect(r->b, index, r->expect, r->expect_line);
    }
    strbuf_truncate(&r->note, 0);
    r->expect = (struct sv){NULL, 0};
    r->timeout_ms = 0;
}

static void block_command(struct block_reader *r, uint32_t index)
{
    const struct shell_item *item = &r->block->script.v[index];
    struct command *c = ARENA_NEW(r->b->arena, struct command);
    struct rb_draft *d;

    command_read(item, r->b->arena, c);
    block_end_output(r);
    if (block_changes_host(r, c)) {
        strbuf_truncate(&r->note, 0);
        return;
    }
    d = build_step(r->b, STEP_SHELL, r->block->line + 1 + item->line, item->text);
    d->step.end_line = r->block->line + 1 + item->end_line;
    d->step.block = r->block_index;
    d->step.item = index;
    d->step.command = c;
    block_take_pending(r, d, r->b->steps.n - 1);
}

/* Comments after the last command, or a fence of comments only: something for a person to do. */
static void block_leftover(struct block_reader *r)
{
    struct sv note = arena_sv(r->b->arena, sv_trim(strbuf_sv(&r->note)));
    struct rb_draft *d;

    if (!note.n && !r->expect.n)
        return;
    if (block_last_step(r) &&
        !regex_has(r->b->block_patterns[BLOCK_TODO], block_unnumbered(note))) {
        if (sv_has_word(note, SV("should")))
            build_expect(r->b, r->b->steps.n - 1, note, r->note_line);
        return;
    }
    d = build_step(r->b, STEP_MANUAL, note.n ? r->note_line : r->expect_line,
                   note.n ? note : r->expect);
    d->step.block = r->block_index;
    d->step.end_line = size_max(r->block->end_line - 1, d->step.line);
    if (note.n && r->expect.n)
        build_expect(r->b, r->b->steps.n - 1, r->expect, r->expect_line);
}

static void block_shell_steps(struct rb_build *b, uint32_t index)
{
    struct block_reader r = {.b = b,
                             .block = &b->blocks.v[index],
                             .block_index = index,
                             .first = b->steps.n,
                             .note = STRBUF(0),
                             .output = STRBUF(0)};

    for (uint32_t i = 0; i < r.block->script.n; i++) {
        if (r.block->script.v[i].kind == SHELL_COMMENT)
            block_comment(&r, &r.block->script.v[i]);
        else
            block_command(&r, i);
    }
    block_end_output(&r);
    block_leftover(&r);
    strbuf_release(&r.note);
    strbuf_release(&r.output);
}

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

static void block_parse_shell(struct rb_build *b, struct rb_block *block)
{
    shell_split(b->shell, block->text,
                placeholder_mask(block->text, &block->placeholders, b->arena), b->arena,
                &block->script);
    if (block->script.broken)
        build_note(b, NOTE_BROKEN_SHELL, block->line + 1 + block->script.broken_line, 1,
                   block->script.too_long
                       ? arena_fmt(b->arena,
                                   "a block of more than %u bytes is not split into "
                                   "commands",
                                   SHELL_MAX_BYTES)
                       : SV("the shell grammar does not take what follows"));
}

/* "Expected output:" and a fence without a language, below the steps that print it. */
static bool block_is_output(struct rb_build *b, const struct rb_block *block)
{
    struct sv rest;

    if (block->kind != BLOCK_TEXT || !expect_is_label(b->label, &rest) || rest.n ||
        b->block_steps >= b->steps.n || !build_role_acts(build_role(b)))
        return false;
    build_expect_output(b, b->steps.n - 1, block->text, block->line + 1);
    return true;
}

void block_read(struct rb_build *b, uint32_t node)
{
    const struct md_node *n = &b->rb->md.v[node];
    uint32_t index = (uint32_t)b->blocks.n;
    struct rb_block *block = vec_add(&b->blocks);
    struct sv info = n->info;

    (void)sv_next_word(&info, &block->lang); /* empty stays empty */
    if (sv_find_byte(block->lang, '{', 0) != SV_NPOS)
        block->lang = sv_sub(block->lang, 0, sv_find_byte(block->lang, '{', 0));
    block->node = node;
    block->part = b->part;
    block->line = n->fenced ? n->line : n->line - 1;
    block->end_line = n->end_line;
    block->text = block_text(n->text, b->arena);
    block->kind = block_kind(b, block->lang, block->text);
    placeholder_find(block->text, block->kind == BLOCK_MESSAGE, b->arena, &block->placeholders);
    if (block->kind == BLOCK_SHELL)
        block_parse_shell(b, block);
    if (block_is_output(b, block))
        return;
    b->block_steps = b->steps.n;
    if (block->kind == BLOCK_DRAWING &&
        (build_role(b) == ROLE_DECIDE || sv_has_nocase(b->label, SV("decision"))))
        watch_tree(b, block);
    if (block->kind == BLOCK_MESSAGE)
        block_message(b, index);
    else if (build_role_acts(build_role(b)) && block->kind == BLOCK_SHELL)
        block_shell_steps(b, index);
    else if (build_role_acts(build_role(b)) && block->kind == BLOCK_SQL && sv_trim(block->text).n)
        sql_block_read(b, index);
}
