/*
 * block_comment: what is said in the comments of a block: what a command does and must show, what a
 * person does, under which condition, and which commands are alternatives.
 */
#include "base/regex.h"
#include "base/sv.h"
#include "runbook/reader_int.h"
#include "runbook/told_verb.h"

/* The last step of this block, or NULL. */
static struct rb_draft *block_last_step(const struct block_reader *r)
{
    if (r->b->steps.n <= r->first)
        return NULL;
    assert(r->b->steps.v);
    return vec_last(&r->b->steps);
}

static const struct shell_script *block_script(const struct block_reader *r)
{
    return &r->b->blocks.v[r->block].script;
}

static void block_add_note(struct block_reader *r, struct sv text, size_t line)
{
    if (!r->note.n)
        r->note_line = line;
    else
        strbuf_add_byte(&r->note, '\n');
    strbuf_add_sv(&r->note, text);
}

void block_forget(struct block_reader *r)
{
    strbuf_truncate(&r->note, 0);
    r->expect = (struct sv){NULL, 0};
    r->timeout_ms = 0;
    r->claims = r->lines = r->numbered = false;
}

/* --- people --- */

static struct rb_draft *block_manual(struct block_reader *r, size_t line, struct sv text)
{
    struct rb_draft *d = build_step(r->b, STEP_MANUAL, line, text);

    for (size_t i = 0; i < text.n; i++)
        d->step.end_line += text.p[i] == '\n';
    d->step.block = r->block;
    d->step.number = r->number;
    d->step.condition = r->condition.n ? r->condition : r->label_condition;
    d->step.optional = r->optional;
    return d;
}

/* Does a person have to do what the waiting comments say?  A numbered one is always something to do. */
static bool block_is_todo(const struct block_reader *r)
{
    return r->note.n &&
           (r->numbered || regex_has(r->b->block_patterns[BLOCK_TODO], strbuf_sv(&r->note)));
}

/* What must not be done is nothing to do. */
static bool block_take_remark(struct block_reader *r, struct sv note)
{
    if (!remark_is(r->b, note))
        return false;
    remark_add(r->b, r->note_line, arena_sv(r->b->arena, note));
    return true;
}

/* The waiting comments stand alone. */
static void block_flush(struct block_reader *r)
{
    if (!r->expect.n && block_take_remark(r, sv_trim(strbuf_sv(&r->note))))
        return block_forget(r);
    if ((!r->expect.n || r->claims) && block_is_todo(r))
        (void)block_manual(r, r->note_line, arena_sv(r->b->arena, sv_trim(strbuf_sv(&r->note))));
    else if (r->expect.n || !r->note.n)
        return; /* it goes on to be what the next command must show */
    block_forget(r);
}

/* --- conditions, alternatives --- */

struct sv block_condition_of(const struct block_reader *r, struct sv text)
{
    struct regex_match g[3];
    struct regex **re = r->b->block_patterns;

    if (regex_find(re[BLOCK_CONDITION], text, 0, g, 2)) {
        if (regex_has(re[BLOCK_SKIP], sv_sub(text, g[1].to, text.n)))
            return text; /* "If ..., skip it": not the other way round */
        return sv_trim(sv_sub(text, g[1].from, g[1].to));
    }
    if (regex_find(re[BLOCK_IN_CASE], text, 0, g, 3))
        return sv_trim(g[1].from != SV_NPOS ? sv_sub(text, g[1].from, g[1].to)
                                            : sv_sub(text, g[2].from, g[2].to));
    return regex_find(re[BLOCK_AT_END], text, 0, g, 2) ? sv_trim(sv_sub(text, g[1].from, g[1].to))
                                                       : (struct sv){NULL, 0};
}

/* "(if needed)", "(optional)" anywhere in a comment. */
static void block_read_brackets(struct block_reader *r, struct sv text)
{
    struct regex_match g[3];

    if (!regex_find(r->b->block_patterns[BLOCK_IN_BRACKETS], text, 0, g, 3))
        return;
    if (g[1].from != SV_NPOS)
        r->condition = sv_sub(text, g[1].from, g[1].to);
    else
        r->optional = true;
}

/* A way to do it instead of the steps from `from` on, of which the session's own commands before them are no part. */
static void block_mark_way(struct block_reader *r, size_t from)
{
    struct rb_draft *v = r->b->steps.v;

    while (r->ways < r->b->steps.n && v[r->ways].step.command &&
           v[r->ways].step.command->form == COMMAND_STATE)
        r->ways++;
    for (size_t i = size_max(from, r->ways); i < r->b->steps.n; i++)
        v[i].step.one_of = v[i].step.way = (uint32_t)r->ways;
}

/* Does the comment begin another way to do what the paragraph before does? */
static void block_read_way(struct block_reader *r, struct sv text)
{
    bool by = regex_has(r->b->block_patterns[BLOCK_BY], text);
    bool otherwise = regex_has(r->b->block_patterns[BLOCK_OTHERWISE], text);

    if (r->ways == SIZE_MAX && otherwise && r->b->steps.n > r->way) {
        r->ways = r->way;
        block_mark_way(r, r->way);
        r->other_way = r->ways < r->b->steps.n;
        if (!r->other_way)
            r->ways = SIZE_MAX;
    } else {
        r->other_way = r->ways != SIZE_MAX && (otherwise || by);
        if (!r->other_way)
            r->ways = SIZE_MAX;
    }
    r->way = r->b->steps.n;
}

/* "For a partial restore, ..." and below it "For a full restore, ...": each is asked about. */
static void block_read_for(struct block_reader *r, struct sv text)
{
    struct rb_draft *v = r->b->steps.v;
    struct regex_match g[2];
    size_t from = r->for_from;

    r->for_from = SIZE_MAX;
    if (!regex_find(r->b->block_patterns[BLOCK_FOR], text, 0, g, 2))
        return;
    for (size_t i = from; from != SIZE_MAX && i < r->b->steps.n; i++)
        if (!v[i].step.condition.n)
            v[i].step.condition = r->for_text;
    r->for_text = sv_sub(text, g[1].from, g[1].to);
    r->for_from = r->b->steps.n;
    if (from != SIZE_MAX)
        r->condition = r->for_text;
}

void block_paragraph(struct block_reader *r)
{
    r->condition = (struct sv){NULL, 0};
    r->optional = r->other_way = r->never = r->avoided = false;
}

/* --- comments --- */

/* A comment after an empty line, with a command right below: it speaks of that one. */
static bool block_introduces(const struct block_reader *r, const struct shell_item *item)
{
    const struct shell_item *end = block_script(r)->v + block_script(r)->n;
    bool above = item->blank_before;

    while (above && ++item < end && !item->blank_before)
        if (item->kind != SHELL_COMMENT)
            return true;
    return false;
}

/* Lines "#   150 done" below "# Expected output:": all of them are one expectation. */
static struct sv block_expected_lines(const struct block_reader *r, const struct shell_item *item)
{
    CLEANUP(strbuf_release) struct strbuf all = STRBUF(0);
    const struct shell_item *end = block_script(r)->v + block_script(r)->n;

    while (++item < end && item->kind == SHELL_COMMENT && !item->blank_before && !item->same_line) {
        struct sv t = item->text;

        while (sv_eat(&t, SV("#")) || sv_eat(&t, SV("--")))
            ;
        if (all.n)
            strbuf_add_byte(&all, '\n');
        strbuf_add_sv(&all, sv_trim_right(t));
    }
    return arena_sv(r->b->arena, strbuf_sv(&all));
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

static bool block_is_expectation(const struct block_reader *r, struct sv text, struct sv *rest)
{
    return expect_is_label(text, rest) || expect_is_said(r->b->expect, text, rest);
}

/* A comment that speaks of the command before it; false: of the next one. */
static bool block_comment_after(struct block_reader *r, const struct shell_item *item,
                                struct sv text, size_t line)
{
    struct rb_draft *last = block_last_step(r);
    int64_t ms;
    struct sv rest, inner;

    if (!last || !last->step.command)
        return false;
    if (block_find_span(r, BLOCK_WATCH_FOR, text, &ms, &rest) &&
        last->step.command->form == COMMAND_FOLLOW) {
        last->step.watch_ms = ms;
        if (rest.n)
            build_expect(r->b, r->b->steps.n - 1, rest, line);
        return true;
    }
    if (expect_is_proceed(text, &rest) ||
        (block_is_expectation(r, text, &rest) && !block_introduces(r, item))) {
        if (!sv_trim(rest).n) {
            rest = block_expected_lines(r, item);
            r->lines = rest.n > 0;
            if (rest.n)
                build_expect_output(r->b, r->b->steps.n - 1, rest, line + 1);
        } else if (sv_starts_nocase(rest, SV("Both "))) {
            build_expect(r->b, r->first, rest, line);
        } else {
            block_expect(r, rest, line);
        }
        return true;
    }
    if (expect_in_parentheses(text, &inner) && expect_is_label(inner, &rest) && !item->same_line)
        return false; /* "Test insert (should fail)" */
    if (sv_has_word(text, SV("should")) && !item->blank_before && !item->same_line) {
        block_expect(r, text, line);
        return true;
    }
    return false;
}

/* "=> 42" is what is printed; a number alone is a status when it stands behind a request. */
static void block_yields(struct block_reader *r, const struct rb_draft *last, struct sv text)
{
    struct regex_match g[4];

    if (!last->step.command || !regex_find(r->b->block_patterns[BLOCK_YIELDS], text, 0, g, 4))
        return;
    if (g[1].from != SV_NPOS)
        block_expect(r, sv_sub(text, g[1].from, g[1].to), last->step.line);
    else if (g[2].from != SV_NPOS ? sv_has_word(last->step.text, SV("curl"))
                                  : last->step.command->cx.sql)
        block_expect(r, text, last->step.line);
}

/* Behind a command, on its line. */
static void block_comment_beside(struct block_reader *r, struct sv text)
{
    struct rb_draft *last = block_last_step(r);
    struct sv condition = block_condition_of(r, text);

    if (!last)
        return;
    if (regex_has(r->b->block_patterns[BLOCK_IS_NO], text) && last->step.item != RB_NONE) {
        block_script(r)->v[last->step.item].avoided = true;
        remark_add(r->b, last->step.line,
                   arena_fmt(r->b->arena, "%.*s # %.*s", SV_FMT(last->step.text), SV_FMT(text)));
        vec_release(&last->expects);
        r->b->steps.n--; /* it is shown, so that nobody does it */
        return;
    }
    if (!last->step.note.n)
        last->step.note = text;
    if (condition.n && !regex_has(r->b->block_patterns[BLOCK_OTHERWISE], text))
        last->step.condition =
            condition; /* "Or your own command if it has no systemd": of another */
    else if (last->step.command && regex_has(r->b->block_patterns[BLOCK_STATES], text))
        block_expect(r, text, last->step.line);
    else
        block_yields(r, last, text);
}

/* "# 3. Stop the service": the comments before it were of a step of their own. */
static struct sv block_read_number(struct block_reader *r, struct sv text)
{
    struct regex_match g[2];
    struct sv rest;

    if (!regex_find(r->b->block_patterns[BLOCK_NUMBERED], text, 0, g, 2))
        return text;
    block_flush(r);
    block_paragraph(r);
    r->number = sv_sub(text, g[1].from, g[1].to);
    r->numbered = true;
    rest = sv_trim(sv_sub(text, g[0].to, text.n));
    return rest.n ? rest : text;
}

/* "Check application is running", "Check for errors in the log": what the next command is to show. */
static bool block_is_claim(struct block_reader *r, const struct shell_item *item, struct sv text,
                           struct sv *rest)
{
    const struct shell_item *end = block_script(r)->v + block_script(r)->n;
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

/* "# On web1:" holds to the end of the block, "# On your laptop" ends what ssh began. */
static void block_comment_host(struct block_reader *r, struct sv text)
{
    struct sv host;

    if (told_host(text, &host) != WHERE_ONCE)
        return;
    r->there = r->b->host = host;
}

/* Is there a step of the block before, of that effect, and with one of the words? */
static bool block_has_done(const struct block_reader *r, enum command_effect effect,
                           const struct sv *words, size_t n_words)
{
    for (size_t i = r->first; i < r->b->steps.n; i++) {
        const struct rb_step *s = &r->b->steps.v[i].step;

        for (size_t k = 0; s->command && s->command->effect == effect && k < n_words; k++)
            if (sv_has(s->text, words[k]))
                return true;
    }
    return false;
}

/*
 * What a block shows beside the way forward: "On Windows:", "Restore from backup" below the backup, "Stop all" below
 * what was started.  Empty: nothing of that.
 */
static struct sv block_aside_of(struct block_reader *r, struct sv text)
{
    static const struct sv any[] = {SV("")};
    static const struct sv starts[] = {SV(" up"), SV(" start"), SV(" run ")};
    struct regex *const *re = r->b->block_patterns;

    if (regex_has(re[BLOCK_SYSTEM], text)) {
        struct sv name = text;

        (void)(sv_eat_nocase(&name, SV("on ")) || sv_eat_nocase(&name, SV("for ")) ||
               sv_eat_nocase(&name, SV("in ")));
        if (sv_ends(name, SV(":")))
            name.n--;
        r->condition = (struct sv){NULL, 0}; /* of another system */
        return regex_has(re[BLOCK_SYSTEM_HERE], text)
                   ? r->condition
                   : arena_fmt(r->b->arena, "on %.*s", SV_FMT(name));
    }
    if (build_role(r->b) == ROLE_ROLLBACK)
        return (struct sv){NULL, 0};
    if (regex_has(re[BLOCK_RESTORES], text) && block_has_done(r, EFFECT_BACKUP, any, 1))
        return SV("when it has to be restored");
    if (regex_has(re[BLOCK_STOPS], text) &&
        block_has_done(r, EFFECT_SERVICE, starts, ARRAY_LEN(starts)))
        return SV("when it is to be stopped again");
    return (struct sv){NULL, 0};
}

/* The command right below the comment; empty: there is none. */
static struct sv block_next_command(const struct block_reader *r, const struct shell_item *item)
{
    const struct shell_item *end = block_script(r)->v + block_script(r)->n;

    if (item + 1 >= end || item[1].kind == SHELL_COMMENT)
        return (struct sv){NULL, 0};
    return sv_sub(r->b->blocks.v[r->block].text, item[1].from, item[1].to);
}

/* "# Wait for replication to catch up" above a command that only looks: whoever runs it says when it is so. */
static bool block_is_wait(const struct block_reader *r, const struct shell_item *item,
                          struct sv text)
{
    struct sv command = block_next_command(r, item);

    if (!(sv_starts_nocase(text, SV("wait for ")) || sv_starts_nocase(text, SV("wait until "))) ||
        !command.n || told_waits(command)) /* it does so itself */
        return false;
    for (size_t i = 0; i < text.n; i++)
        if (ascii_is_digit(text.p[i]))
            return false; /* "for 5 minutes" */
    return true;
}

/* Does the command below do it: an editor, a script, whatever names the file? */
static bool block_edits(struct sv command, struct sv file)
{
    static struct words editors = WORDS(
        "sed perl vi vim nano emacs ed ex tee cat echo printf yq jq awk python python3 crudini augtool sudoedit code visudo make npm "
        "yarn mvn git ansible ansible-playbook patch cp mv envsubst kustomize ln touch install");
    struct sv program = block_first_word(command);
    size_t slash = file.n;

    while (slash > 0 && file.p[slash - 1] != '/')
        slash--;
    return told_starts(program, &editors) || sv_has(command, SV("edit")) ||
           sv_has(command, SV(">")) || sv_starts(program, SV("./")) ||
           sv_starts(program, SV("$")) || sv_ends(program, SV(".sh")) ||
           sv_has(command, sv_sub(file, slash, file.n));
}

/* "# Edit config.yml and set workers: 4": no command below does it. */
static bool block_is_by_hand(const struct block_reader *r, const struct shell_item *item,
                             struct sv text)
{
    struct sv command = block_next_command(r, item);
    struct regex_match g[2];

    return command.n && regex_find(r->b->block_patterns[BLOCK_EDIT_FILE], text, 0, g, 2) &&
           !block_edits(command, sv_sub(text, g[1].from, g[1].to));
}

static void block_comment_before(struct block_reader *r, const struct shell_item *item,
                                 struct sv text, size_t line)
{
    struct sv rest, inner = {NULL, 0}, condition = block_condition_of(r, text);
    struct sv aside = block_aside_of(r, text);

    condition = condition.n ? condition : aside;
    if (build_role(r->b) == ROLE_ROLLBACK && regex_has(r->b->block_patterns[BLOCK_IS_BACK], text))
        condition.n = 0; /* deciding for it is the condition */

    block_comment_host(r, text);

    if (condition.n) {
        block_flush(r);
        r->condition = otherwise_condition(r->b, condition);
    }
    block_read_brackets(r, text);
    if (!condition.n && !r->condition.n &&
        (block_is_by_hand(r, item, text) ||
         (!item->same_line && regex_has(r->b->block_patterns[BLOCK_HALTS], text)))) {
        block_flush(r);
        (void)block_manual(r, line, text);
        return;
    }
    if (block_is_wait(r, item, text)) {
        r->expect = text;
        r->expect_line = line;
    }
    if (block_is_expectation(r, text, &rest)) {
        r->expect = rest;
        r->expect_line = line;
        return;
    }
    if ((expect_in_parentheses(text, &inner) && expect_is_label(inner, &rest)) ||
        block_is_claim(r, item, text, &rest)) {
        r->expect = rest;
        r->expect_line = line;
        r->claims = !inner.n;
    }
    (void)block_find_span(r, BLOCK_AT_MOST, text, &r->timeout_ms,
                          NULL); /* 0 stays when not found */
    block_add_note(r, text, line);
}

/* "# [ ] Backup taken": an item of a checklist. */
static bool block_read_box(struct block_reader *r, struct sv text, size_t line)
{
    struct sv box = text;

    if (r->numbered || sv_ends(sv_trim(strbuf_sv(&r->note)), SV(":")))
        return false; /* what that tells to do is one thing, with a list of its own */
    (void)(sv_eat(&box, SV("- ")) || sv_eat(&box, SV("* ")));
    if ((!sv_eat(&box, SV("[ ]")) && !sv_eat_nocase(&box, SV("[x]"))) || !sv_trim(box).n)
        return false;
    block_flush(r);
    block_forget(r);
    (void)block_manual(r, line, sv_trim(box));
    return true;
}

/* "# Never run these": the commands below it, up to the next empty line, are shown to be avoided. */
static bool block_read_never(struct block_reader *r, const struct shell_item *item, struct sv text,
                             size_t line)
{
    bool wrong = regex_has(r->b->block_patterns[BLOCK_WRONG], text);

    if (item->same_line)
        return false;
    if (!wrong && !regex_has(r->b->block_patterns[BLOCK_NOT_THESE], text)) {
        r->never &= !regex_has(r->b->block_patterns[BLOCK_RIGHT], text);
        return false;
    }
    block_flush(r);
    r->never = true;
    r->never_all = regex_has(r->b->block_patterns[BLOCK_ALL_THESE], text);
    r->avoided = false;
    remark_add(r->b, line, text);
    return true;
}

void block_comment(struct block_reader *r, const struct shell_item *item)
{
    struct sv text = shell_comment_text(item), numbered;
    size_t line = r->b->blocks.v[r->block].line + 1 + item->line;

    watch_propose(r->b, text, line);
    if (r->lines && !item->blank_before)
        return;
    r->lines = false;
    if (!text.n)
        return;
    if (regex_has(r->b->block_patterns[BLOCK_DESCRIBES], text)) {
        r->lines = true; /* "This will:" and what it lists */
        return;
    }
    if (item->blank_before) {
        block_flush(r);
        if (!r->never || !r->never_all || r->avoided)
            block_paragraph(r);
    }
    if (block_read_box(r, text, line) || block_read_never(r, item, text, line))
        return;
    numbered = block_read_number(r, text);
    if (numbered.p == text.p && block_comment_after(r, item, text, line))
        return;
    if (item->same_line) {
        block_comment_beside(r, text);
        return;
    }
    if (!r->note.n) {
        block_read_way(r, numbered);
        block_read_for(r, numbered);
    }
    block_comment_before(r, item, numbered, line);
}

/* --- steps --- */

/* "# Do NOT interrupt it" directly above the command: its note, and a warning at it. */
static void block_warn(struct block_reader *r, size_t at)
{
    struct sv note = r->b->steps.v[at].step.note;
    size_t n = r->b->remarks.n;

    if (!note.n || !remark_is(r->b, note))
        return;
    remark_add(r->b, r->note_line, note);
    if (r->b->remarks.n > n)
        vec_last(&r->b->remarks)->step = (uint32_t)at;
}

void block_take_pending(struct block_reader *r, size_t at)
{
    struct rb_draft *d = &r->b->steps.v[at];
    int64_t ms;

    d->step.note = arena_sv(r->b->arena, sv_trim(strbuf_sv(&r->note)));
    block_warn(r, at);
    d->step.timeout_ms = r->timeout_ms;
    d->step.number = r->number;
    d->step.condition = r->condition.n ? r->condition : r->label_condition;
    d->step.optional = r->optional || r->b->aside;
    if (regex_has(r->b->block_patterns[BLOCK_SKIP], r->condition))
        r->condition = (struct sv){NULL, 0}; /* of this one only */
    if (r->other_way && (d->step.command->form != COMMAND_STATE || at > r->way)) {
        d->step.one_of = (uint32_t)r->ways;
        d->step.way = (uint32_t)r->way;
    }
    if (r->expect.n) {
        if (d->step.command->form == COMMAND_POLL &&
            block_find_span(r, BLOCK_OVER, r->expect, &ms, NULL))
            d->step.timeout_ms = ms;
        else
            build_expect(r->b, at, r->expect, r->expect_line);
    }
    block_forget(r);
}

void block_leftover(struct block_reader *r)
{
    struct sv note = arena_sv(r->b->arena, sv_trim(strbuf_sv(&r->note)));

    if ((!note.n && !r->expect.n) || (!r->expect.n && block_take_remark(r, note)))
        return;
    if (block_last_step(r) && !r->numbered && !regex_has(r->b->block_patterns[BLOCK_TODO], note)) {
        if (sv_has_word(note, SV("should")))
            build_expect(r->b, r->b->steps.n - 1, note, r->note_line);
        return;
    }
    (void)block_manual(r, note.n ? r->note_line : r->expect_line, note.n ? note : r->expect);
    if (note.n && r->expect.n)
        build_expect(r->b, r->b->steps.n - 1, r->expect, r->expect_line);
}
