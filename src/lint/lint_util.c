#include "lint/lint_util.h"

#include <string.h>

#include "base/sv.h"
#include "runbook/effect.h"
#include "runbook/effect_inner.h"
#include "runbook/sql_split.h"

/* --- what commands do --- */

static const struct lint_act_row {
    const char *phrase;
    unsigned acts;
} act_rows[] = {
    {"git pull", ACT_DELIVER},
    {"git clone", ACT_DELIVER},
    {"git checkout", ACT_DELIVER | ACT_REVERT},
    {"git switch", ACT_DELIVER | ACT_REVERT},
    {"git reset", ACT_DELIVER | ACT_REVERT},
    {"git revert", ACT_REVERT},
    {"git merge", ACT_DELIVER},
    {"rsync", ACT_DELIVER},
    {"docker pull", ACT_DELIVER},
    {"docker build", ACT_DELIVER | ACT_BUILD},
    {"docker-compose pull", ACT_DELIVER},
    {"docker-compose build", ACT_DELIVER | ACT_BUILD},
    {"docker compose pull", ACT_DELIVER},
    {"docker compose build", ACT_DELIVER | ACT_BUILD},
    {"docker-compose up", ACT_START},
    {"docker compose up", ACT_START},
    {"docker-compose restart", ACT_RESTART},
    {"docker compose restart", ACT_RESTART},
    {"docker restart", ACT_RESTART},
    {"docker-compose stop", ACT_STOP},
    {"docker-compose down", ACT_STOP},
    {"docker compose stop", ACT_STOP},
    {"docker compose down", ACT_STOP},
    {"kubectl apply", ACT_DELIVER},
    {"kubectl set", ACT_DELIVER},
    {"kubectl rollout undo", ACT_REVERT},
    {"kubectl rollout restart", ACT_RESTART},
    {"helm upgrade", ACT_DELIVER},
    {"helm rollback", ACT_REVERT},
    {"systemctl start", ACT_START},
    {"systemctl stop", ACT_STOP},
    {"systemctl restart", ACT_RESTART},
    {"systemctl reload", ACT_RESTART},
    {"supervisorctl start", ACT_START},
    {"supervisorctl stop", ACT_STOP},
    {"supervisorctl restart", ACT_RESTART},
    {"pm2 start", ACT_START},
    {"pm2 stop", ACT_STOP},
    {"pm2 restart", ACT_RESTART},
    {"alembic upgrade", ACT_MIGRATE},
    {"flask db upgrade", ACT_MIGRATE},
    {"npm run db:migrate", ACT_MIGRATE},
    {"npm run migrate", ACT_MIGRATE},
    {"npx prisma migrate", ACT_MIGRATE},
    {"npx knex migrate:latest", ACT_MIGRATE},
    {"python manage.py migrate", ACT_MIGRATE},
    {"python3 manage.py migrate", ACT_MIGRATE},
    {"rails db:migrate", ACT_MIGRATE},
    {"rake db:migrate", ACT_MIGRATE},
    {"dbmate up", ACT_MIGRATE},
    {"goose up", ACT_MIGRATE},
    {"migrate up", ACT_MIGRATE},
    {"sqitch deploy", ACT_MIGRATE},
    {"flyway migrate", ACT_MIGRATE},
    {"alembic downgrade", ACT_DOWNGRADE},
    {"flask db downgrade", ACT_DOWNGRADE},
    {"npx knex migrate:rollback", ACT_DOWNGRADE},
    {"rails db:rollback", ACT_DOWNGRADE},
    {"rake db:rollback", ACT_DOWNGRADE},
    {"dbmate down", ACT_DOWNGRADE},
    {"dbmate rollback", ACT_DOWNGRADE},
    {"goose down", ACT_DOWNGRADE},
    {"migrate down", ACT_DOWNGRADE},
    {"sqitch revert", ACT_DOWNGRADE},
    {"flyway undo", ACT_DOWNGRADE},
    {"pg_dump", ACT_BACKUP},
    {"pg_dumpall", ACT_BACKUP},
    {"pg_basebackup", ACT_BACKUP},
    {"mysqldump", ACT_BACKUP},
    {"pytest", ACT_TEST},
    {"tox", ACT_TEST},
    {"npm test", ACT_TEST},
    {"npm run test", ACT_TEST},
    {"yarn test", ACT_TEST},
    {"go test", ACT_TEST},
    {"cargo test", ACT_TEST},
    {"make test", ACT_TEST},
    {"make check", ACT_TEST},
    {"bundle exec rspec", ACT_TEST},
    {"pip install", ACT_INSTALL},
    {"pip3 install", ACT_INSTALL},
    {"npm install", ACT_INSTALL},
    {"npm ci", ACT_INSTALL},
    {"yarn install", ACT_INSTALL},
    {"bundle install", ACT_INSTALL},
    {"composer install", ACT_INSTALL},
    {"npm run build", ACT_BUILD},
    {"yarn build", ACT_BUILD},
    {"make", ACT_BUILD},
    {"mvn package", ACT_BUILD},
    {"cargo build", ACT_BUILD},
    {"curl", ACT_REQUEST},
    {"wget", ACT_REQUEST},
    {"http", ACT_REQUEST},
    {"psql", ACT_SQL_CLIENT},
    {"sqlite3", ACT_SQL_CLIENT},
    {"mysql", ACT_SQL_CLIENT},
};

struct sv lint_word_text(const struct shell_word *w)
{
    struct sv s = w->literal ? w->value : w->raw;

    if (!w->literal && s.n >= 2 && (s.p[0] == '"' || s.p[0] == '\'') && s.p[s.n - 1] == s.p[0])
        s = sv_sub(s, 1, s.n - 1);
    return s;
}

static bool lint_word_is(const struct shell_word *w, struct sv text)
{
    return sv_eq(lint_word_text(w), text);
}

bool lint_runs_phrase(const struct lint_cmd *c, const char *phrase)
{
    struct sv rest = sv_from(phrase), word;
    size_t at = 1;

    if (!sv_eat(&rest, c->program) || (rest.n && *rest.p != ' '))
        return false;
    while (sv_next_word(&rest, &word)) {
        while (at < c->run.n_words && !lint_word_is(&c->run.words[at], word))
            at++;
        if (at++ >= c->run.n_words)
            return false;
    }
    return true;
}

bool lint_runs_any(const struct lint_cmd *c, const char *const *phrases, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (lint_runs(c, phrases[i]))
            return true;
    return false;
}

bool lint_has_word(const struct lint_cmd *c, const char *word)
{
    for (size_t i = 1; i < c->run.n_words; i++)
        if (lint_word_is(&c->run.words[i], sv_from(word)))
            return true;
    return false;
}

const struct shell_word *lint_word_with(const struct lint_cmd *c, const char *prefix)
{
    for (size_t i = 1; i < c->run.n_words; i++)
        if (sv_starts(lint_word_text(&c->run.words[i]), sv_from(prefix)))
            return &c->run.words[i];
    return NULL;
}

bool lint_has_flag(const struct lint_cmd *c, char flag)
{
    for (size_t i = 1; i < c->run.n_words; i++) {
        struct sv w = c->run.words[i].raw;

        if (w.n >= 2 && w.p[0] == '-' && w.p[1] != '-' && sv_find_byte(w, flag, 1) != SV_NPOS)
            return true;
    }
    return false;
}

struct sv lint_option(const struct lint_cmd *c, const char *option)
{
    struct sv name = sv_from(option);

    for (size_t i = 1; i < c->run.n_words; i++) {
        struct sv w = lint_word_text(&c->run.words[i]);

        if (sv_eq(w, name) && i + 1 < c->run.n_words)
            return lint_word_text(&c->run.words[i + 1]);
        if (sv_starts(w, SV("--")) && sv_eat(&w, name) && sv_eat(&w, SV("=")))
            return w;
    }
    return (struct sv){NULL, 0};
}

struct sv lint_first(const struct lint_cmd *c)
{
    return c->run.n_words ? c->run.words[0].raw : c->item->text;
}

const struct shell_word *lint_last_operand(const struct lint_cmd *c)
{
    for (size_t i = c->run.n_words; i > 1; i--)
        if (!sv_starts(c->run.words[i - 1].raw, SV("-")))
            return &c->run.words[i - 1];
    return NULL;
}

bool lint_is_glob(const struct shell_word *w)
{
    char quote = '\0';

    for (size_t i = 0; i < w->raw.n; i++) {
        char ch = w->raw.p[i];

        if (ch == '\\' && quote != '\'')
            i++;
        else if (quote)
            quote = ch == quote ? '\0' : quote;
        else if (ch == '"' || ch == '\'')
            quote = ch;
        else if (ch == '*' || ch == '?')
            return true;
    }
    return false;
}

const struct lint_cmd *lint_pipe_from(const struct lint *l, const struct lint_cmd *c)
{
    return c->whole->piped_in && c > l->index->cmds.v && c[-1].group == c->group &&
                   c[-1].whole->piped_out
               ? c - 1
               : NULL;
}

const struct lint_cmd *lint_pipe_to(const struct lint *l, const struct lint_cmd *c)
{
    const struct lint_cmd *end = l->index->cmds.v + l->index->cmds.n;

    return c->whole->piped_out && c + 1 < end && c[1].group == c->group && c[1].whole->piped_in
               ? c + 1
               : NULL;
}

const struct shell_redirect *lint_redirect(const struct lint_cmd *c, const char *op)
{
    for (size_t i = 0; i < c->item->n_redirects; i++)
        if (sv_is(c->item->redirects[i].op, op))
            return &c->item->redirects[i];
    return NULL;
}

/* psql shop < dump.sql, gunzip < dump.gz | psql shop, pg_restore -d shop dump */
static bool lint_restores(const struct lint *l, const struct lint_cmd *c)
{
    static const char *const sources[] = {"gunzip", "zcat", "cat", "zstd", "zstdcat", "xz", "gzip"};
    const struct lint_cmd *from = lint_pipe_from(l, c);
    struct sv file;

    if (sv_eq(c->program, SV("pg_restore")))
        return !lint_has_word(c, "--list") && !lint_has_word(c, "-l");
    if (!(c->acts & ACT_SQL_CLIENT))
        return false;
    for (size_t i = 0; from && i < ARRAY_LEN(sources); i++)
        if (sv_is(from->program, sources[i]))
            return true;
    if (!from && lint_redirect(c, "<"))
        return true;
    file = lint_option(c, "-f");
    return sv_has_nocase(file, SV("backup")) || sv_has_nocase(file, SV("dump"));
}

static void lint_service(struct lint_cmd *c)
{
    static const struct sv verbs[] = {SV("start"),  SV("stop"), SV("restart"),
                                      SV("reload"), SV("up"),   SV("down")};
    bool seen = false;

    if (!(c->acts & (ACT_START | ACT_STOP | ACT_RESTART)))
        return;
    for (size_t i = 1; i < c->run.n_words && !c->unit.n; i++) {
        struct sv w = lint_word_text(&c->run.words[i]);

        if (seen && !sv_starts(w, SV("-")))
            c->unit = w;
        for (size_t k = 0; k < ARRAY_LEN(verbs); k++)
            seen |= sv_eq(w, verbs[k]);
    }
    if (sv_ends(c->unit, SV(".service")))
        c->unit = sv_sub(c->unit, 0, c->unit.n - 8);
}

static bool lint_is_flag_file(struct sv path)
{
    return sv_has_nocase(path, SV("maintenance"));
}

static void lint_acts(struct lint *l, struct lint_cmd *c)
{
    const struct shell_word *last = lint_last_operand(c);

    for (size_t i = 0; i < ARRAY_LEN(act_rows); i++)
        if (lint_runs(c, act_rows[i].phrase))
            c->acts |= act_rows[i].acts;
    if (sv_eq(c->program, SV("service")) && c->run.n_words >= 3) {
        struct sv verb = lint_word_text(&c->run.words[2]);

        c->acts |= sv_eq(verb, SV("start"))                                  ? ACT_START
                   : sv_eq(verb, SV("stop"))                                 ? ACT_STOP
                   : sv_eq(verb, SV("restart")) || sv_eq(verb, SV("reload")) ? ACT_RESTART
                                                                             : 0;
        c->unit = lint_word_text(&c->run.words[1]);
    }
    lint_service(c);
    if (sv_eq(c->program, SV("touch")) && last && lint_is_flag_file(last->raw))
        c->acts |= ACT_MAINTAIN;
    if (lint_restores(l, c))
        c->acts |= ACT_RESTORE;
    if (c->effect == EFFECT_BACKUP)
        c->acts |= ACT_BACKUP;
}

/* --- the index --- */

/* sudo -u x, env A=1, time, nohup, docker exec -it NAME, python -m: what stands behind them is run. */
static void lint_unwrap(struct lint_cmd *c)
{
    struct shell_simple in;
    struct sv text;
    bool sudo;

    c->run = shell_inner(&c->run, &sudo);
    while (c->run.n_words && !sv_eq(shell_program(&c->run), SV("ssh")) &&
           effect_inner_of(&c->run, &in, &text) == INNER_COMMAND)
        c->run = shell_inner(&in, &sudo);
    if (c->run.n_words >= 3 && sv_starts(shell_program(&c->run), SV("python")) &&
        lint_word_is(&c->run.words[1], SV("-m"))) {
        c->run.words += 2;
        c->run.n_words -= 2;
    }
}

/* "A=1" in front or declarations have no program: the word stands for it. */
static struct sv lint_program(const struct shell_simple *s)
{
    return s->n_words ? shell_program(s) : (struct sv){NULL, 0};
}

struct lint_place {
    const struct rb_block *block;
    uint32_t part, proc;
    enum rb_role role;
    struct sv host, note, after;
    enum command_effect effect; /* of the item */
    size_t line;                /* of the script's first line */
};

static struct lint_cmd *lint_put(struct lint *l, const struct lint_place *at,
                                 const struct shell_item *item, const struct shell_simple *s)
{
    struct lint_cmd *c = vec_add(&l->index->cmds);

    *c = (struct lint_cmd){.block = at->block,
                           .item = item,
                           .whole = s,
                           .run = *s,
                           .note = at->note,
                           .after = at->after,
                           .host = at->host,
                           .line = at->line + s->line,
                           .end_line = at->line + item->end_line,
                           .part = at->part,
                           .proc = at->proc,
                           .role = at->role,
                           .effect = at->effect,
                           .group = l->index->n_groups,
                           .alone = item->n_simple == 1};
    lint_unwrap(c);
    c->program = lint_program(&c->run);
    lint_acts(l, c);
    return c;
}

static void lint_put_script(struct lint *l, struct shell_parser *sh, struct lint_place *at,
                            const struct shell_script *script);

/* ssh host "command": the command, there.  ssh host alone: what follows, there. */
static void lint_put_ssh(struct lint *l, struct shell_parser *sh, struct lint_place *at,
                         const struct shell_item *item, const struct lint_cmd *ssh)
{
    static const char with_value[] = "bcDEeFIiJLlmOopQRSWw";
    struct lint_place there = *at;
    size_t i = 1, n = ssh->run.n_words;
    const struct shell_word *words = ssh->run.words;

    for (; i < n && sv_starts(words[i].raw, SV("-")); i++)
        if (words[i].raw.n == 2 && strchr(with_value, words[i].raw.p[1]))
            i++;
    if (i >= n)
        return;
    there.host = words[i].raw;
    if (i + 1 >= n) {
        if (item->n_simple == 1)
            at->host = there.host;
    } else if (i + 2 == n && words[i + 1].literal) {
        struct shell_script *inner = ARENA_NEW(&l->work, struct shell_script);

        there.line += ssh->whole->line;
        shell_split(sh, words[i + 1].value, words[i + 1].value, &l->work, inner);
        if (!inner->broken)
            lint_put_script(l, sh, &there, inner);
    }
}

/* The bytes from the first to the last of items [from, to) of a block. */
static struct sv lint_span(const struct shell_script *s, size_t from, size_t to)
{
    if (from >= to)
        return (struct sv){NULL, 0};
    return (struct sv){s->v[from].text.p,
                       (size_t)(s->v[to - 1].text.p + s->v[to - 1].text.n - s->v[from].text.p)};
}

static void lint_comments(const struct shell_script *s, size_t i, struct lint_place *at)
{
    size_t from = i, to = i + 1;

    while (from > 0 && s->v[from - 1].kind == SHELL_COMMENT && !s->v[from].blank_before &&
           !s->v[from - 1].same_line)
        from--;
    while (to < s->n && s->v[to].kind == SHELL_COMMENT &&
           (s->v[to].same_line || !s->v[to].blank_before))
        to++;
    at->note = from < i ? lint_span(s, from, i)
               : i + 1 < s->n && s->v[i + 1].kind == SHELL_COMMENT && s->v[i + 1].same_line
                   ? s->v[i + 1].text
                   : (struct sv){NULL, 0};
    at->after = lint_span(s, i + 1, to);
}

static void lint_put_script(struct lint *l, struct shell_parser *sh, struct lint_place *at,
                            const struct shell_script *script)
{
    for (size_t i = 0; i < script->n; i++) {
        const struct shell_item *item = &script->v[i];

        if (item->kind == SHELL_COMMENT)
            continue;
        l->index->n_groups++;
        lint_comments(script, i, at);
        at->effect = effect_of(item);
        for (size_t k = 0; k < item->n_simple; k++) {
            struct lint_cmd c = *lint_put(l, at, item, &item->simple[k]);

            if (sv_eq(c.program, SV("ssh")))
                lint_put_ssh(l, sh, at, item, &c);
            else if (sv_eq(c.program, SV("exit")))
                at->host = (struct sv){NULL, 0};
        }
    }
}

/* The heading that a session belongs to: a numbered one goes on in the session of its parent. */
static uint32_t lint_proc(const struct lint *l, uint32_t part)
{
    while (part != RB_NONE) {
        const struct rb_part *p = &l->rb->parts[part];

        if (p->kind == PART_SECTION && !(p->number.n && ascii_is_digit(*p->number.p)))
            return part;
        part = p->parent;
    }
    return RB_NONE;
}

static enum rb_role lint_role(const struct lint *l, uint32_t part)
{
    uint32_t heading = lint_heading(l, part);

    if (part == RB_NONE)
        return ROLE_NONE;
    /* "Full Rollback Procedure" below a decision tree is a way back */
    if (heading != RB_NONE && l->rb->parts[part].role == ROLE_DECIDE &&
        (sv_has_word(l->rb->parts[heading].title, SV("procedure")) ||
         sv_has_word(l->rb->parts[heading].title, SV("steps"))))
        return ROLE_ROLLBACK;
    return l->rb->parts[part].role;
}

/* `tail -f app.log` in "- [ ] Check the logs: `tail -f app.log`"; block: the first that can be one of the node's. */
static void lint_put_spans(struct lint *l, struct shell_parser *sh, uint32_t node, uint32_t part,
                           size_t block)
{
    static const struct sv programs[] = {SV("curl"),      SV("tail"),       SV("psql"),
                                         SV("systemctl"), SV("journalctl"), SV("sudo"),
                                         SV("docker"),    SV("watch")};
    const struct md_node *n = &l->rb->md.v[node];

    for (size_t i = 0; i < n->n_spans; i++) {
        struct sv text = sv_sub(n->text, n->spans[i].from, n->spans[i].to), rest = text, word;
        struct shell_script *script;
        bool known = false;

        for (; block < l->rb->n_blocks && l->rb->blocks[block].node == node &&
               l->rb->blocks[block].text.p < text.p;
             block++)
            ;
        if (block < l->rb->n_blocks && l->rb->blocks[block].node == node &&
            l->rb->blocks[block].text.p == text.p)
            continue; /* it is a step, and read as such */
        if (n->spans[i].kind != MD_CODE_SPAN || !sv_next_word(&rest, &word) || !sv_trim(rest).n)
            continue;
        for (size_t k = 0; k < ARRAY_LEN(programs); k++)
            known |= sv_eq(word, programs[k]);
        if (!known)
            continue;
        script = ARENA_NEW(&l->work, struct shell_script);
        shell_split(sh, text, text, &l->work, script);
        if (!script->broken)
            lint_put_script(l, sh,
                            &(struct lint_place){.part = part,
                                                 .proc = lint_proc(l, part),
                                                 .role = lint_role(l, part),
                                                 .line = md_line_at(n, n->spans[i].from)},
                            script);
    }
}

static void lint_index_blocks(struct lint *l, struct shell_parser *sh)
{
    struct lint_place at = {.part = RB_NONE, .proc = RB_NONE};
    size_t b = 0, p = 0;
    uint32_t part = RB_NONE;

    for (size_t i = 0; i < l->rb->md.n; i++) {
        const struct md_node *n = &l->rb->md.v[i];

        for (; p < l->rb->n_parts && l->rb->parts[p].line <= n->line; p++)
            part = (uint32_t)p;
        if (n->kind == MD_PARAGRAPH && n->n_spans && n->parent != MD_NONE &&
            l->rb->md.v[n->parent].kind == MD_ITEM)
            lint_put_spans(l, sh, (uint32_t)i, part, b);
        for (; b < l->rb->n_blocks && l->rb->blocks[b].node == i; b++) {
            const struct rb_block *block = &l->rb->blocks[b];
            uint32_t proc = lint_proc(l, block->part);

            if (block->kind != BLOCK_SHELL)
                continue;
            if (proc != at.proc)
                at.host = (struct sv){NULL, 0};
            at.block = block;
            at.part = block->part;
            at.proc = proc;
            at.role = lint_role(l, block->part);
            at.line = block->line + 1;
            lint_put_script(l, sh, &at, &block->script);
        }
    }
}

/* --- SQL --- */

static bool lint_sql_comment(struct sv *line, struct sv *comment)
{
    struct sv t = sv_trim(*line);

    if (!sv_starts(t, SV("--")))
        return false;
    *comment = t;
    return true;
}

/* A line of psql or sqlite3 itself, or of a shell: no SQL. */
static bool lint_sql_meta(struct sv line)
{
    struct sv t = sv_trim(line);

    return !t.n || t.p[0] == '\\' || t.p[0] == '.' || sv_starts(t, SV("psql ")) ||
           sv_starts(t, SV("sqlite3 "));
}

static void lint_sql_put(struct lint *l, struct lint_sql s, struct sv text)
{
    text = sv_trim(text);
    while (text.n && text.p[text.n - 1] == ';')
        text = sv_trim(sv_sub(text, 0, text.n - 1));
    if (!text.n)
        return;
    s.text = text;
    *vec_add(&l->index->sqls) = s;
}

/* A comment of its own line belongs to the statement before it in the block. */
static void lint_sql_after(struct lint *l, const struct rb_block *b, struct sv comment)
{
    struct lint_sql *last = l->index->sqls.n ? vec_last(&l->index->sqls) : NULL;

    if (!last || last->block != b)
        return;
    if (last->after.p)
        last->after.n = (size_t)(comment.p + comment.n - last->after.p);
    else
        last->after = comment;
}

/* Statements end at a ';' at the end of a line. */
static void lint_sql_block(struct lint *l, const struct rb_block *b)
{
    struct sv rest = b->text, line, comment, text = {NULL, 0};
    struct lint_sql s = {.part = b->part, .role = lint_role(l, b->part), .block = b};

    for (size_t n = b->line + 1; sv_next_line(&rest, &line); n++) {
        if (lint_sql_comment(&line, &comment)) {
            if (!text.p)
                lint_sql_after(l, b, comment);
            continue;
        }
        if (!text.p && lint_sql_meta(line))
            continue;
        if (!text.p) {
            text.p = line.p;
            s.line = n;
        }
        text.n = (size_t)(line.p + line.n - text.p);
        if (sv_ends(sv_trim(line), SV(";"))) {
            lint_sql_put(l, s, text);
            text = (struct sv){NULL, 0};
        }
    }
    if (text.p)
        lint_sql_put(l, s, text);
}

static void lint_sql_option(struct lint *l, const struct lint_cmd *c)
{
    struct sv sql = {NULL, 0}, piece;

    for (size_t i = 1; !sql.n && i < c->run.n_words; i++)
        if (sql_option_gives(c->program, c->run.words[i].raw, &sql) && !sql.n &&
            i + 1 < c->run.n_words)
            sql = lint_word_text(&c->run.words[i + 1]);
    if (!sql.n && sv_eq(c->program, SV("sqlite3")) && c->run.n_words >= 3)
        sql = lint_word_text(&c->run.words[c->run.n_words - 1]);
    while (sv_split(&sql, ';', &piece))
        if (!lint_sql_meta(piece))
            lint_sql_put(
                l,
                (struct lint_sql){
                    .part = c->part, .role = c->role, .line = c->line, .after = c->after, .cmd = c},
                piece);
}

static struct sv lint_lower(struct lint *l)
{
    struct sv text = l->rb->doc->text;
    char *lower = arena_alloc(&l->work, text.n + 1, 1);

    for (size_t i = 0; i < text.n; i++)
        lower[i] = ascii_lower(text.p[i]);
    return (struct sv){lower, text.n};
}

bool lint_next_line_with(const struct lint *l, struct sv word, size_t *line)
{
    const struct document *d = l->rb->doc;
    size_t at = *line < d->n_lines ? sv_find(l->index->lower, word, d->line_at[*line]) : SV_NPOS;

    if (at == SV_NPOS)
        return false;
    *line = document_line_of(d, at);
    return true;
}

/* What is done in the session of each command, and before it there. */
static void lint_sessions(struct lint *l)
{
    /* a session belongs to a heading; the last place is of what stands before the first */
    unsigned *acts = XNEWN(unsigned, l->rb->n_parts + 1);
    struct lint_index *x = l->index;

    for (size_t i = 0; i < x->cmds.n; i++) {
        unsigned *session = &acts[size_min(x->cmds.v[i].proc, l->rb->n_parts)];

        x->cmds.v[i].before = *session;
        *session |= x->cmds.v[i].acts;
        x->acts |= x->cmds.v[i].acts;
    }
    for (size_t i = 0; i < x->cmds.n; i++)
        x->cmds.v[i].session = acts[size_min(x->cmds.v[i].proc, l->rb->n_parts)];
    free(acts);
}

struct lint_index *lint_index_new(struct lint *l)
{
    struct lint_index *x = XNEW(struct lint_index);
    CLEANUP(shell_parser_freep) struct shell_parser *sh = shell_parser_new();

    l->index = x;
    x->lower = lint_lower(l);
    lint_index_blocks(l, sh);
    lint_sessions(l);
    for (size_t i = 0; i < l->rb->n_blocks; i++)
        if (l->rb->blocks[i].kind == BLOCK_SQL)
            lint_sql_block(l, &l->rb->blocks[i]);
    LINT_EACH_CMD (l, c)
        if (c->acts & ACT_SQL_CLIENT)
            lint_sql_option(l, c);
    return x;
}

void lint_index_free(struct lint_index *x)
{
    if (!x)
        return;
    vec_release(&x->cmds);
    vec_release(&x->sqls);
    free(x);
}

/* --- places --- */

uint32_t lint_heading(const struct lint *l, uint32_t part)
{
    while (part != RB_NONE && l->rb->parts[part].kind != PART_SECTION)
        part = l->rb->parts[part].parent;
    return part;
}

uint32_t lint_chapter(const struct lint *l, uint32_t part)
{
    for (part = lint_heading(l, part); part != RB_NONE && l->rb->parts[part].level > 2;)
        part = lint_heading(l, l->rb->parts[part].parent);
    return part;
}

size_t lint_part_end(const struct lint *l, uint32_t part)
{
    for (uint32_t i = part + 1; i < l->rb->n_parts; i++)
        if (l->rb->parts[i].kind == PART_SECTION &&
            l->rb->parts[i].level <= l->rb->parts[part].level)
            return l->rb->parts[i].line - 1;
    return l->rb->doc->n_lines;
}

bool lint_title_says(const struct lint *l, uint32_t part, const char *word)
{
    for (; part != RB_NONE; part = l->rb->parts[part].parent)
        if (sv_has_word(l->rb->parts[part].title, sv_from(word)))
            return true;
    return false;
}

struct sv lint_environment(const struct lint *l, uint32_t part)
{
    static const struct sv names[] = {SV("production"), SV("staging"), SV("local"),
                                      SV("development")};

    for (; part != RB_NONE; part = l->rb->parts[part].parent) {
        struct sv found = {NULL, 0};
        size_t n = 0;

        for (size_t i = 0; i < ARRAY_LEN(names); i++)
            if (sv_has_word(l->rb->parts[part].title, names[i])) {
                found = names[i];
                n++;
            }
        if (n)
            return n == 1 ? found : (struct sv){NULL, 0};
    }
    return (struct sv){NULL, 0};
}

/* --- text --- */

bool lint_says_any(struct sv text, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (sv_has_word(text, sv_from(words[i])))
            return true;
    return false;
}

bool lint_number(struct sv text, double *number, struct sv *rest)
{
    for (size_t i = 0; i < text.n; i++) {
        size_t to = i;

        if (!ascii_is_digit(text.p[i]))
            continue;
        while (to < text.n &&
               (ascii_is_digit(text.p[to]) ||
                (text.p[to] == '.' && to + 1 < text.n && ascii_is_digit(text.p[to + 1]))))
            to++;
        if (!sv_to_f64(sv_sub(text, i, to), number))
            return false;
        *rest = sv_sub(text, to, text.n);
        return true;
    }
    return false;
}

static bool lint_time_unit(struct sv text, double *seconds)
{
    static const struct {
        struct sv name;
        double seconds;
    } units[] = {{SV("second"), 1},  {SV("sec"), 1},     {SV("minute"), 60}, {SV("min"), 60},
                 {SV("hour"), 3600}, {SV("day"), 86400}, {SV("hr"), 3600}};

    text = sv_trim_left(text);
    sv_eat(&text, SV("-"));
    for (size_t i = 0; i < ARRAY_LEN(units); i++)
        if (sv_starts_nocase(text, units[i].name)) {
            size_t n = units[i].name.n;

            if (n < text.n && ascii_lower(text.p[n]) == 's')
                n++;
            if (n < text.n && ascii_is_word(text.p[n]))
                continue;
            *seconds = units[i].seconds;
            return true;
        }
    return false;
}

bool lint_duration(struct sv text, double *lo_s, double *hi_s)
{
    struct sv rest, after;
    double lo, hi, unit;

    if (sv_has_nocase(text, SV("zero-downtime")) || sv_starts_nocase(sv_trim(text), SV("none"))) {
        *lo_s = *hi_s = 0;
        return true;
    }
    while (lint_number(text, &lo, &rest)) {
        hi = lo;
        if (sv_starts(rest, SV("-")) && rest.n > 1 && ascii_is_digit(rest.p[1]) &&
            lint_number(rest, &hi, &after))
            rest = after;
        if (lint_time_unit(rest, &unit)) {
            *lo_s = lo * unit;
            *hi_s = hi * unit;
            return true;
        }
        text = rest;
    }
    return false;
}
