/*
 * table: decision matrices and monitoring schedules.
 */
#include "base/regex.h"
#include "base/sv.h"
#include "runbook/table_int.h"

static void table_cells(const struct rb_build *b, uint32_t row, struct table_row *ret)
{
    const struct md_node *v = b->rb->md.v;

    *ret = (struct table_row){.line = v[row].line};
    for (uint32_t c = v[row].first; c != MD_NONE && ret->n < TABLE_COLUMNS; c = v[c].next)
        ret->cells[ret->n++] = sv_trim(v[c].text);
}

/*
 * A '|' in a code span ends a cell for GFM, and the cells behind it are lost.  Read from the line itself, where
 * spans hold together, the row has as many as its head.
 */
static void table_mend(const struct rb_build *b, size_t n, struct table_row *row)
{
    struct sv line = sv_trim(document_line(b->rb->doc, row->line));
    struct table_row mended = {.line = row->line};
    bool code = false, cut = false;
    size_t from = 1;

    if (line.n < 2 || *line.p != '|')
        return;
    for (size_t i = 1; i < line.n && mended.n < TABLE_COLUMNS; i++) {
        code ^= line.p[i] == '`';
        cut |= code && line.p[i] == '|' && line.p[i - 1] != '\\';
        if (code || line.p[i] != '|' || line.p[i - 1] == '\\')
            continue;
        mended.cells[mended.n++] = sv_trim(sv_sub(line, from, i));
        from = i + 1;
    }
    if (cut && mended.n == n)
        *row = mended;
}

int table_column(const struct table_row *head, const struct sv *words, size_t n)
{
    for (size_t c = 0; c < head->n; c++)
        if (regex_says_any(head->cells[c], words, n))
            return (int)c;
    return -1;
}

static const struct sv table_time_words[] = {SV("time"), SV("when"), SV("zeit"), SV("時刻"),
                                             SV("タイミング")};

static void table_schedule_row(struct rb_build *b, const struct table_row *row, int64_t offset_ms)
{
    struct rb_checkpoint *c = vec_add(&b->checkpoints);

    c->line = row->line;
    c->part = b->part;
    c->offset_ms = offset_ms;
    c->source = row->n > 1 ? row->cells[1] : (struct sv){NULL, 0};
}

/* --- steps --- */

static const struct sv table_command_words[] = {SV("command"), SV("cmd"), SV("befehl"),
                                                SV("kommando"), SV("コマンド")};
static const struct sv table_expected_words[] = {
    SV("expect"), SV("result"),  SV("output"), SV("erwartet"), SV("ergebnis"),
    SV("期待"),   SV("ok when"), SV("ok if"),  SV("must be"),  SV("should be")};
static const struct sv table_task_words[] = {
    SV("task"),      SV("action"),     SV("step"),        SV("activity"),
    SV("check"),     SV("what to do"), SV("description"), SV("aufgabe"),
    SV("tätigkeit"), SV("schritt"),    SV("作業"),        SV("タスク"),
    SV("étape"),     SV("操作"),       SV("步骤"),        SV("tâche")};

static const struct sv table_undo_words[] = {SV("rollback"), SV("roll back"), SV("back-out"),
                                             SV("backout"),  SV("undo"),      SV("回滚"),
                                             SV("rückweg"),  SV("retour"),    SV("切り戻し")};

bool table_is_head(struct sv head, const struct sv *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (sv_eq_nocase(head, words[i]))
            return true;
    return false;
}

/* "#", "No.", "Step": a column that numbers what is done. */
static bool table_is_number_head(struct sv head)
{
    static const struct sv words[] = {SV("#"),     SV("no"),      SV("no."), SV("nr"),   SV("nr."),
                                      SV("step"),  SV("schritt"), SV("id"),  SV("番号"), SV("序号"),
                                      SV("étape"), SV("n°"),      SV("步骤")};

    return table_is_head(head, words, ARRAY_LEN(words));
}

/* The column that says where each row runs, and nothing else: "Server", not "Server output"; -1. */
static int table_host_column(const struct table_row *head)
{
    static const struct sv words[] = {SV("host"),   SV("hosts"),   SV("hostname"),    SV("server"),
                                      SV("node"),   SV("machine"), SV("where"),       SV("on"),
                                      SV("run on"), SV("rechner"), SV("target host"), SV("ホスト"),
                                      SV("主机")};

    for (size_t c = 0; c < head->n; c++)
        if (table_is_head(sv_trim(head->cells[c]), words, ARRAY_LEN(words)))
            return (int)c;
    return -1;
}

static const struct md_node *table_node(const struct rb_build *b, uint32_t row, int column)
{
    uint32_t c = b->rb->md.v[row].first;

    for (int i = 0; i < column && c != MD_NONE; i++)
        c = b->rb->md.v[c].next;
    return c == MD_NONE ? NULL : &b->rb->md.v[c];
}

/* What the row says how it is undone, for the person who does it. */
static void table_undo(struct rb_build *b, uint32_t row, int undo)
{
    const struct md_node *cell = undo >= 0 ? table_node(b, row, undo) : NULL;
    struct sv text = cell ? sv_trim(cell->text) : (struct sv){NULL, 0};

    if (sv_find_byte(text, ' ', 0) == SV_NPOS) /* "none", "n/a", "-" */
        return;
    for (size_t i = b->block_steps; i < b->steps.n; i++)
        b->steps.v[i].step.undo = text;
}

/* Columns of a table of tasks; -1: it has none. */
struct table_columns {
    int command, task, expected, undo, host, number, day;
    int often;   /* "Frequency", "When" */
    bool checks; /* what a person looks at has a value that is well */
};

/* What a person does, with the command that nothing runs: "Take the export: `expdp x`". */
static struct sv table_task_text(struct rb_build *b, uint32_t row, const struct table_columns *at)
{
    struct sv text = sv_trim(table_node(b, row, at->task)->text);
    const struct md_node *cell = at->command >= 0 ? table_node(b, row, at->command) : NULL;
    const struct md_node *result = at->expected >= 0 ? table_node(b, row, at->expected) : NULL;

    if (cell && at->command != at->task && sv_trim(cell->text).n > 3) /* not "n/a" */
        text = arena_fmt(b->arena, "%.*s: %.*s", SV_FMT(text),
                         SV_FMT(sv_trim(attach_text(b, (uint32_t)(cell - b->rb->md.v)))));
    return result && !at->checks && sv_trim(result->text).n > 1
               ? arena_fmt(b->arena, "%.*s (expected: %.*s)", SV_FMT(text),
                           SV_FMT(sv_trim(result->text)))
               : text;
}

static void table_task_row(struct rb_build *b, uint32_t row, const struct table_columns *at)
{
    const struct md_node *cell = table_node(b, row, at->task);
    const struct md_node *result = at->expected >= 0 ? table_node(b, row, at->expected) : NULL;
    bool approval;

    b->block_steps = b->steps.n;
    if (!cell || !sv_trim(cell->text).n)
        return;
    if (block_inline(b, cell)) {
        if (result && sv_trim(result->text).n && b->steps.n > b->block_steps)
            build_expect(b, b->block_steps, sv_trim(result->text), result->line);
        table_undo(b, row, at->undo);
        return;
    }
    if (remark_is(b, cell->text)) {
        remark_add(b, cell->line, cell->text);
        return;
    }
    approval = title_is_approval(b->title, cell->text);
    (void)build_step(b, approval ? STEP_APPROVAL : STEP_MANUAL, cell->line,
                     table_task_text(b, row, at));
    if (at->checks && result && sv_trim(result->text).n)
        build_expect(b, b->block_steps, sv_trim(result->text), result->line);
    table_undo(b, row, at->undo);
}

/* The host of a row: a name without blanks; false: it says none.  *host is empty for this machine. */
static bool table_host(const struct rb_build *b, uint32_t row, int column, struct sv *host)
{
    static const struct sv here[] = {SV("local"), SV("localhost"), SV("laptop"), SV("workstation")};
    const struct md_node *cell = column >= 0 ? table_node(b, row, column) : NULL;
    struct sv text = cell ? sv_trim(cell->text) : (struct sv){NULL, 0};

    if (text.n < 2 ||
        (sv_find_byte(text, ' ', 0) != SV_NPOS && sv_find_byte(text, ',', 0) == SV_NPOS) ||
        sv_find_byte(text, '/', 0) != SV_NPOS || sv_eq_nocase(text, SV("none")) ||
        sv_eq_nocase(text, SV("any")))
        return false;
    *host = text;
    for (size_t i = 0; i < ARRAY_LEN(here); i++)
        if (sv_eq_nocase(text, here[i]))
            *host = (struct sv){NULL, 0};
    return true;
}

/* "If lag > 0, abort", "Rollback only: demote": what the commands of the row are for. */
static void table_case(struct rb_build *b, struct sv task)
{
    struct regex_match g[2];
    struct sv text = sv_trim(task), condition = {NULL, 0};

    if (!sv_starts_nocase(text, SV("when ")) &&
        regex_find(b->block_patterns[BLOCK_CONDITION], text, 0, g, 2))
        condition = sv_trim(sv_sub(text, g[1].from, g[1].to));
    else if (sv_starts_nocase(text, SV("rollback only:")) ||
             sv_starts_nocase(text, SV("emergency only:")))
        condition = sv_sub(text, 0, sv_find_byte(text, ':', 0));
    for (size_t i = b->block_steps; condition.n && i < b->steps.n; i++)
        if (!b->steps.v[i].step.condition.n)
            b->steps.v[i].step.condition = condition;
}

/* "Stop the interface on web1": where the command of the row runs that does not reach out by itself. */
static bool table_host_of_task(const struct rb_build *b, uint32_t row,
                               const struct table_columns *at, struct sv command, struct sv *host)
{
    const struct md_node *task = table_node(b, row, at->task);

    return task && !block_has_ssh(command) &&
           (told_host(task->text, host) == WHERE_ONCE || told_host_within(task->text, host)) &&
           !where_reaches_out(command, *host);
}

/* "3" in the column of numbers: what "If step 3 fails" speaks of. */
static void table_number(struct rb_build *b, uint32_t row, const struct table_columns *at,
                         size_t from)
{
    const struct md_node *cell = at->number >= 0 ? table_node(b, row, at->number) : NULL;
    struct sv number = cell ? sv_trim(cell->text) : (struct sv){NULL, 0};
    uint64_t n;

    for (size_t i = from; sv_to_u64(number, &n) && i < b->steps.n; i++)
        b->steps.v[i].step.row = number;
}

/* "Wed" in the column of days, "after failover only" in any other: when the row is done. */
static void table_when(struct rb_build *b, uint32_t row, const struct table_columns *at,
                       size_t from)
{
    const struct md_node *day = at->day >= 0 ? table_node(b, row, at->day) : NULL;
    struct sv when = {NULL, 0};
    int column = 0;

    for (uint32_t c = b->rb->md.v[row].first; c != MD_NONE; c = b->rb->md.v[c].next, column++) {
        struct sv text = sv_trim(b->rb->md.v[c].text);

        if (column != at->task && column != at->command && column != at->expected &&
            column != at->undo && column != at->host && !when.n &&
            (sv_has_word(text, SV("only")) || sv_has_word(text, SV("nur"))))
            when = text;
    }
    if (!when.n && at->often >= 0 && table_node(b, row, at->often))
        when = often_of_cell(b, table_node(b, row, at->often)->text);
    if (!when.n && day && sv_trim(day->text).n > 1)
        when = arena_fmt(b->arena, "on \"%.*s\"", SV_FMT(sv_trim(day->text)));
    for (size_t i = from; when.n && i < b->steps.n; i++)
        if (!b->steps.v[i].step.condition.n)
            b->steps.v[i].step.condition = when;
}

/* "Web: copy it back" of "What | How". */
static struct sv table_by_hand_text(struct rb_build *b, uint32_t row,
                                    const struct table_columns *at, const struct md_node *cell)
{
    const struct md_node *what = at->task < 0 && at->number < 0 ? table_node(b, row, 0) : NULL;
    struct sv text = attach_text(b, (uint32_t)(cell - b->rb->md.v));

    return what && what != cell && sv_trim(what->text).n
               ? arena_fmt(b->arena, "%.*s: %.*s", SV_FMT(sv_trim(what->text)), SV_FMT(text))
               : text;
}

/* A row whose command nobody knows, with what it must show. */
static void table_by_hand(struct rb_build *b, uint32_t row, const struct table_columns *at)
{
    const struct md_node *cell = table_node(b, row, at->command);
    const struct md_node *result = at->expected >= 0 ? table_node(b, row, at->expected) : NULL;

    if (remark_is(b, cell->text)) {
        remark_add(b, cell->line, cell->text);
        return;
    }
    if (told_starts(cell->text, WORDS_HERE("not nothing none n/a nicht nichts rien nada")))
        return; /* "not needed" */
    (void)build_step(b, title_is_approval(b->title, cell->text) ? STEP_APPROVAL : STEP_MANUAL,
                     cell->line, table_by_hand_text(b, row, at, cell));
    if (result && sv_trim(result->text).n)
        build_expect(b, b->block_steps, sv_trim(result->text), result->line);
    table_undo(b, row, at->undo);
}

/* A row with a command, and perhaps what it must show; without one, a person does what it says. */
static void table_command_row(struct rb_build *b, uint32_t row, const struct table_columns *at)
{
    const struct md_node *cell = table_node(b, row, at->command);
    const struct md_node *result = at->expected >= 0 ? table_node(b, row, at->expected) : NULL;
    struct sv outer = b->host, host;
    bool there = cell && !block_has_ssh(cell->text) && table_host(b, row, at->host, &host), found;

    b->block_steps = b->steps.n;
    if (at->task >= 0 && table_node(b, row, at->task) &&
        remark_is(b, table_node(b, row, at->task)->text)) {
        remark_add(b, table_node(b, row, at->task)->line, table_task_text(b, row, at));
        return; /* "never rerun it" */
    }
    if (there && where_reaches_out(cell->text, host) && sv_has_word(cell->text, host))
        there = false; /* "ansible-playbook -l web" in the row of web */
    if (!there && cell && at->task >= 0)
        there = table_host_of_task(b, row, at, cell->text, &host);
    if (there)
        b->host = host;
    found = cell && block_inline(b, cell);
    if (there)
        b->host = outer;
    if (!found && at->task >= 0 && table_node(b, row, at->task))
        table_task_row(b, row, at);
    else if (!found && cell &&
             sv_find_byte(sv_trim(cell->text), ' ', 0) !=
                 SV_NPOS) /* "Ask the team to stop the jobs" */
        table_by_hand(b, row, at);
    if (!found)
        return;
    cell = table_node(b, row, at->task >= 0 ? at->task : 0);
    if (cell && at->command != 0)
        table_case(b, cell->text);
    if (result && sv_trim(result->text).n && b->steps.n > b->block_steps)
        build_expect(b, b->block_steps, sv_trim(result->text), result->line);
    table_undo(b, row, at->undo);
}

/* "What | How | Good": how something is looked at, and what is well then. */
static bool table_is_check(const struct table_row *head, struct table_columns *at)
{
    static const struct sv hows[] = {SV("how"),   SV("how to check"), SV("check with"),
                                     SV("query"), SV("probe"),        SV("how to verify"),
                                     SV("wie")};
    static const struct sv goods[] = {SV("good"),  SV("ok"),      SV("pass"),      SV("healthy"),
                                      SV("ok if"), SV("pass if"), SV("should be"), SV("gut")};

    for (size_t c = 1; c < head->n; c++) {
        for (size_t i = 0; i < ARRAY_LEN(hows); i++)
            if (sv_eq_nocase(head->cells[c], hows[i]))
                at->task = (int)c;
        for (size_t i = 0; i < ARRAY_LEN(goods); i++)
            if (sv_eq_nocase(head->cells[c], goods[i]))
                at->expected = (int)c;
    }
    at->checks = at->task >= 1 && at->expected > at->task;
    return at->checks;
}

/* --- a plan by the clock --- */

/* "22:05", "T+10 min", "D-1, 20:00": some moment; not "5". */
static bool table_is_moment(struct sv cell)
{
    bool digit = false, mark = false;

    for (size_t i = 0; i < cell.n; i++) {
        digit |= ascii_is_digit(cell.p[i]);
        mark |= !ascii_is_digit(cell.p[i]) && !ascii_is_space(cell.p[i]);
    }
    return digit && mark && cell.n <= 40;
}

/*
 * "Time | Action" where something is done: nobody but a person waits for the time, so that each row is done by one.
 * False: it is no such table; "T+15m | Check the error rate" is a checkpoint.
 */
static bool table_clock(struct rb_build *b, uint32_t node, const struct table_row *head)
{
    const struct md_node *v = b->rb->md.v;
    int task = table_column(head, table_task_words, ARRAY_LEN(table_task_words));
    enum rb_role role = build_role(b);

    if ((role != ROLE_DEPLOY && role != ROLE_ROLLBACK && role != ROLE_PREFLIGHT &&
         role != ROLE_NONE) ||
        task < 1 || table_column(head, table_time_words, ARRAY_LEN(table_time_words)) != 0 ||
        scope_way(b, b->part) == SCOPE_NEVER)
        return false;
    for (uint32_t row = v[v[node].first].next; row != MD_NONE; row = v[row].next) {
        const struct md_node *cell = table_node(b, row, task);

        if (!cell || !table_is_moment(sv_trim(v[v[row].first].text)))
            return false;
    }
    for (uint32_t row = v[v[node].first].next; row != MD_NONE; row = v[row].next) {
        const struct md_node *cell = table_node(b, row, task);
        struct sv text = sv_trim(attach_text(b, (uint32_t)(cell - v)));

        if (!text.n)
            continue;
        if (remark_is(b, text))
            remark_add(b, cell->line, text);
        else
            (void)build_step(b, title_is_approval(b->title, text) ? STEP_APPROVAL : STEP_MANUAL,
                             cell->line,
                             arena_fmt(b->arena, "%.*s: %.*s",
                                       SV_FMT(sv_trim(v[v[row].first].text)), SV_FMT(text)));
    }
    return true;
}

/* "Day | ...": the column that says on which of several days a row is done; -1. */
static int table_day_column(const struct rb_build *b, uint32_t node, const struct table_row *head)
{
    static const struct sv words[] = {SV("day"),   SV("date"), SV("tag"),  SV("datum"), SV("jour"),
                                      SV("fecha"), SV("día"),  SV("data"), SV("dia"),   SV("日付")};
    const struct md_node *v = b->rb->md.v;

    for (size_t c = 0; c < head->n; c++) {
        uint32_t first = v[v[node].first].next;

        if (!table_is_head(head->cells[c], words, ARRAY_LEN(words)))
            continue;
        for (uint32_t row = first; row != MD_NONE; row = v[row].next) {
            const struct md_node *a = table_node(b, first, (int)c), *z = table_node(b, row, (int)c);

            if (a && z && !sv_eq(sv_trim(a->text), sv_trim(z->text)))
                return (int)c;
        }
    }
    return -1;
}

/* "Frequency": how often a row is done; -1. */
static int table_often_column(const struct table_row *head)
{
    for (size_t c = 0; c < head->n; c++)
        if (often_heads(head->cells[c]))
            return (int)c;
    return -1;
}

/* "What", "Instruction": what is done, beside a column of numbers; -1. */
static int table_what_column(const struct table_row *head)
{
    static const struct sv words[] = {
        SV("what"),  SV("instruction"), SV("instructions"), SV("was"),  SV("quoi"),    SV("qué"),
        SV("o que"), SV("内容"),        SV("作業内容"),     SV("ação"), SV("zadanie"), SV("krok")};

    for (size_t c = 1; c < head->n; c++)
        if (table_is_head(head->cells[c], words, ARRAY_LEN(words)))
            return (int)c;
    return -1;
}

/* "Step | Green | Hold": no column says what is done, but each row is a step: all of its cells say so. */
static bool table_stages(struct rb_build *b, uint32_t node, const struct table_row *head)
{
    static const struct sv words[] = {SV("step"),    SV("stage"), SV("wave"),  SV("phase"),
                                      SV("schritt"), SV("stufe"), SV("welle"), SV("étape"),
                                      SV("paso"),    SV("etapa")};
    const struct md_node *v = b->rb->md.v;
    enum rb_role role = build_role(b);

    if ((role != ROLE_DEPLOY && role != ROLE_ROLLBACK && role != ROLE_NONE) || head->n < 2 ||
        !table_is_head(head->cells[0], words, ARRAY_LEN(words)) ||
        scope_way(b, b->part) == SCOPE_NEVER)
        return false;
    for (uint32_t row = v[v[node].first].next; row != MD_NONE; row = v[row].next) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
        size_t c = 0;

        for (uint32_t cell = v[row].first; cell != MD_NONE && c < head->n; cell = v[cell].next, c++)
            strbuf_addf(&text, "%s%.*s%s%.*s", c ? ", " : "", SV_FMT(head->cells[c]),
                        head->cells[c].n ? " " : "", SV_FMT(sv_trim(attach_text(b, cell))));
        (void)build_step(b, STEP_MANUAL, v[row].line, arena_sv(b->arena, strbuf_sv(&text)));
    }
    return true;
}

/* "What | How | Who" of a way back: how it is gone; -1. */
static int table_how_column(const struct rb_build *b, const struct table_row *head)
{
    static const struct sv words[] = {SV("how"),       SV("how to"), SV("method"), SV("procedure"),
                                      SV("undo"),      SV("revert"), SV("wie"),    SV("rollback"),
                                      SV("roll back"), SV("cómo"),   SV("comment")};

    for (size_t c = 1; build_role(b) == ROLE_ROLLBACK && c < head->n; c++)
        if (table_is_head(head->cells[c], words, ARRAY_LEN(words)))
            return (int)c;
    return -1;
}

/* A table of what is done; false: it is none. */
static bool table_steps(struct rb_build *b, uint32_t node, const struct table_row *head)
{
    const struct md_node *v = b->rb->md.v;
    int command = table_column(head, table_command_words, ARRAY_LEN(table_command_words));
    int expected = table_column(head, table_expected_words, ARRAY_LEN(table_expected_words));
    struct table_row rest = *head;
    struct table_columns at = {
        .command = command,
        .task = -1,
        .expected = expected,
        .undo = table_column(head, table_undo_words, ARRAY_LEN(table_undo_words)),
        .host = table_host_column(head),
        .number = -1,
        .day = table_day_column(b, node, head),
        .often = table_often_column(head)};

    if (!build_role_acts(build_role(b)) || build_role(b) == ROLE_MONITOR || !head->n)
        return false;
    if (command < 0)
        command = at.command = table_how_column(b, head);
    at.undo = at.undo == command ? -1 : at.undo;
    rest.cells[0].n = 0; /* "Step" may head the numbers */
    at.task = table_column(&rest, table_task_words, ARRAY_LEN(table_task_words));
    if (table_is_number_head(head->cells[0]))
        at.number = 0;
    if (at.task < 0 && at.number == 0)
        at.task = table_what_column(head);
    if (command >= 0 && at.task > command && expected < 0 &&
        sv_has_nocase(head->cells[at.task], SV("check"))) { /* "Command | Check" */
        at.expected = at.task;
        at.task = -1;
    }
    if (command < 0 && (at.task < 1 || !table_is_number_head(head->cells[0])) &&
        !table_is_check(head, &at))
        return false;
    for (uint32_t row = v[v[node].first].next; row != MD_NONE; row = v[row].next) {
        size_t before = b->steps.n;

        if (command >= 0)
            table_command_row(b, row, &at);
        else
            table_task_row(b, row, &at);
        table_number(b, row, &at, before);
        table_when(b, row, &at, before);
    }
    return true;
}

void table_read(struct rb_build *b, uint32_t node)
{
    const struct md_node *v = b->rb->md.v;
    uint32_t row = v[node].first;
    struct table_row head, cells;
    struct table_matrix matrix;
    bool decides;

    assert(row != MD_NONE); /* a table has a head */
    table_cells(b, row, &head);
    decides = table_is_matrix(&head, &matrix);
    if (sign_table(b, node) || meta_table(b, node) ||
        (!decides && (table_steps(b, node, &head) || table_clock(b, node, &head) ||
                      table_stages(b, node, &head))))
        return;
    for (row = v[row].next; row != MD_NONE; row = v[row].next) {
        int64_t offset_ms;

        table_cells(b, row, &cells);
        table_mend(b, head.n, &cells);
        for (uint32_t c = v[row].first; c != MD_NONE; c = v[c].next)
            mention_read(b, &v[c]);
        if (decides && (size_t)matrix.condition < cells.n && (size_t)matrix.action < cells.n)
            table_matrix_row(b, &head, &cells, &matrix);
        else if (table_column(&head, table_time_words, ARRAY_LEN(table_time_words)) == 0 &&
                 title_offset(b->title, cells.cells[0], &offset_ms))
            table_schedule_row(b, &cells, offset_ms);
        else
            table_limits(b, node, &head, &cells);
    }
}
