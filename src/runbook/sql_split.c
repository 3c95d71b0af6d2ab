#include "runbook/sql_split.h"

#include <string.h>

#include "base/sv.h"
#include "base/vec.h"
#include "runbook/sql.h"

/* --- lines --- */

/* Programs in which SQL is typed, and the options with which they are given it instead. */
static const struct sql_client {
    struct sv program;
    const char *given[4];
    const char
        *letters;       /* the same as letters of "-Atc": first the one that a text stands behind */
    const char *valued; /* letters of other options with a word behind them */
} sql_clients[] = {
    {SV("psql"), {"--command", "--file", "--list", "--version"}, "cfl", "dFhLopPRTUv"},
    {SV("sqlite3"), {"-version", "--version", "-init", "-cmd"}, "", ""},
    {SV("mysql"), {"--execute", "--version", NULL, NULL}, "e", "hPuDS"},
    {SV("mariadb"), {"--execute", "--version", NULL, NULL}, "e", "hPuDS"},
};

/* Has "-Atc" one of the letters before the value of another option? */
static bool sql_has_letter(const struct sql_client *c, struct sv word, const char *letters)
{
    if (!*c->letters || !sv_starts(word, SV("-")) || sv_starts(word, SV("--")))
        return false;
    for (size_t i = 1; i < word.n; i++) {
        if (strchr(letters, word.p[i]))
            return true;
        if (strchr(c->valued, word.p[i]))
            return false;
    }
    return false;
}

bool sql_option_gives(struct sv program, struct sv option, struct sv *value)
{
    *value = (struct sv){NULL, 0};
    for (size_t i = 0; i < ARRAY_LEN(sql_clients); i++) {
        const struct sql_client *c = &sql_clients[i];
        char letter[2] = {*c->letters, '\0'};

        if (!sv_eq(program, c->program) || !*c->letters)
            continue;
        if (sv_eat(&option, sv_from(c->given[0]))) {
            if (sv_eat(&option, SV("=")))
                *value = option;
            return value->p || !option.n;
        }
        if (!sql_has_letter(c, option, letter))
            return false;
        option = sv_sub(option, sv_find_byte(option, *letter, 1) + 1, option.n);
        if (option.n) /* -cTEXT */
            *value = option;
        return true;
    }
    return false;
}

static bool sql_is_given(const struct sql_client *c, struct sv word)
{
    for (size_t i = 0; i < ARRAY_LEN(c->given) && c->given[i]; i++)
        if (sv_eq(word, sv_from(c->given[i])) ||
            (sv_starts(word, SV("--")) && sv_starts(word, sv_from(c->given[i])) &&
             word.n > strlen(c->given[i]) && word.p[strlen(c->given[i])] == '='))
            return true;
    return sql_has_letter(c, word, c->letters);
}

bool sql_option_works(struct sv program, struct sv option)
{
    for (size_t i = 0; i < ARRAY_LEN(sql_clients); i++)
        if (sv_eq(program, sql_clients[i].program))
            return sql_is_given(&sql_clients[i], option);
    return false;
}

bool sql_is_client(struct sv line)
{
    const struct sql_client *c = NULL;
    struct sv word;
    size_t names = 0;

    if (sv_find_byte(line, '|', 0) != SV_NPOS || sv_find_byte(line, ';', 0) != SV_NPOS ||
        sv_has(line, SV("<<")))
        return false;
    (void)sv_eat(&line, SV("sudo "));
    while (sv_next_word(&line, &word)) {
        if (!c) {
            for (size_t i = 0; i < ARRAY_LEN(sql_clients); i++)
                if (sv_eq(word, sql_clients[i].program))
                    c = &sql_clients[i];
            if (c)
                continue;
            if (!sv_starts(word, SV("-")) && !sv_eq(word, SV("postgres"))) /* sudo -u postgres */
                return false;
            continue;
        }
        if (sql_is_given(c, word) || *word.p == '>' || (*word.p == '<' && !sv_ends(word, SV(">"))))
            return false; /* <host> is a placeholder, "< dump.sql" the input */
        names += !sv_starts(word, SV("-"));
        if (word.n && (*word.p == '"' || *word.p == '\''))
            return false; /* sqlite3 shop.db "SELECT 1" */
    }
    return c && (c != &sql_clients[1] || names <= 1);
}

bool sql_is_statement(struct sv line)
{
    static const struct sv words[] = {
        SV("SELECT"), SV("INSERT"),   SV("UPDATE"), SV("DELETE"), SV("ALTER"),   SV("CREATE"),
        SV("DROP"),   SV("EXPLAIN"),  SV("BEGIN"),  SV("COMMIT"), SV("SHOW"),    SV("VACUUM"),
        SV("WITH"),   SV("GRANT"),    SV("REVOKE"), SV("CALL"),   SV("ANALYZE"), SV("REINDEX"),
        SV("PRAGMA"), SV("TRUNCATE"), SV("START"),  SV("STOP"),   SV("RESET"),   SV("CHANGE"),
        SV("FLUSH"),  SV("USE"),      SV("LOCK"),   SV("UNLOCK"), SV("REFRESH"), SV("DESCRIBE")};
    static const struct sv capitals[] = {
        SV("PAUSE"),      SV("RESUME"),   SV("SUSPEND"), SV("RECONNECT"),
        SV("CHECKPOINT"), SV("COPY"),     SV("EXECUTE"), SV("ROLLBACK"),
        SV("SAVEPOINT"),  SV("CLUSTER"),  SV("COMMENT"), SV("NOTIFY"),
        SV("MERGE"),      SV("REASSIGN"), SV("KILL"),    SV("REPLACE"),
        SV("OPTIMIZE"),   SV("PURGE"),    SV("RENAME"),  SV("SET")}; /* `set -e` is of the shell */
    struct sv word = {NULL, 0};

    line = sv_trim(line);
    if (line.n > 1 && (*line.p == '\\' || *line.p == '.') && ascii_is_alpha(line.p[1]))
        return true;
    (void)sv_next_word(&line, &word);
    if (word.n && word.p[word.n - 1] == ';')
        word.n--;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (sv_eq_nocase(word, words[i]))
            return true;
    for (size_t i = 0; i < ARRAY_LEN(capitals); i++)
        if (sv_eq(word, capitals[i]))
            return true;
    return false;
}

bool sql_is_quit(struct sv line)
{
    static const struct sv words[] = {SV("\\q"),  SV(".quit"), SV(".exit"),
                                      SV("quit"), SV("exit"),  SV("\\quit")};

    line = sv_trim(line);
    if (line.n && line.p[line.n - 1] == ';')
        line.n--;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (sv_eq_nocase(line, words[i]))
            return true;
    return false;
}

/* --- sessions in a shell block --- */

static bool sql_is_remark(struct sv line)
{
    return !line.n || *line.p == '#' || sv_starts(line, SV("--"));
}

size_t sql_find_session(struct sv text, size_t *from)
{
    struct sv rest = sv_sub(text, *from, text.n), line;
    size_t client = SV_NPOS, first = SV_NPOS;

    while (sv_next_line(&rest, &line)) {
        size_t at = (size_t)(line.p - text.p), after = text.n - rest.n;

        line = sv_trim(line);
        if (first != SV_NPOS) {
            if (sql_is_quit(line)) {
                *from = client;
                return after;
            }
        } else if (client != SV_NPOS && sql_is_statement(line)) {
            first = at;
        } else if (sql_is_client(line)) {
            client = at;
        } else if (!sql_is_remark(line)) {
            client = SV_NPOS;
        }
    }
    *from = first == SV_NPOS ? *from : client;
    return first == SV_NPOS ? 0 : text.n;
}

/* --- statements among commands --- */

/* How deep in quotes and here-documents of the shell a line begins. */
struct sql_quotes {
    char quote;
    bool heredoc; /* one began: what follows is not looked at */
};

static void sql_quotes_of(struct sql_quotes *q, struct sv line)
{
    for (size_t i = 0; i < line.n; i++) {
        char c = line.p[i];

        if (c == '\\' && q->quote != '\'')
            i++;
        else if (q->quote)
            q->quote = c == q->quote ? '\0' : q->quote;
        else if (c == '#' && (i == 0 || ascii_is_space(line.p[i - 1])))
            return;
        else if (c == '"' || c == '\'')
            q->quote = c;
        else if (c == '<' && i + 1 < line.n && line.p[i + 1] == '<')
            q->heredoc = true;
    }
}

/* "SELECT", "ALTER": in capitals, no shell knows them. */
static bool sql_begins(struct sv line)
{
    struct sv rest = line, word = {NULL, 0}, next = {NULL, 0};

    if (!sql_is_statement(line) || !sv_next_word(&rest, &word) || !sv_next_word(&rest, &next))
        return false;
    for (size_t i = 0; i < word.n; i++)
        if (!ascii_is_upper(word.p[i]))
            return false;
    return *next.p != '=' && *next.p != '-';
}

/* Behind the line that ends the statement at `at`, and has nothing but a comment behind the ';'; 0: none before an empty line. */
static size_t sql_statement_end(struct sv text, size_t at)
{
    struct sv rest = sv_sub(text, at, text.n), line;

    while (sv_next_line(&rest, &line)) {
        size_t remark = sv_find(line, SV(" --"), 0);

        line = sv_trim(sv_sub(line, 0, remark));
        if (!line.n)
            return 0;
        if (sv_ends(line, SV(";")))
            return text.n - rest.n;
    }
    return 0;
}

size_t sql_find_statement(struct sv text, size_t *from)
{
    struct sv rest = text, line;
    struct sql_quotes q = {.quote = '\0'};

    while (!q.heredoc && sv_next_line(&rest, &line)) {
        size_t at = (size_t)(line.p - text.p), end;

        if (!q.quote && at >= *from && sql_begins(line) &&
            (end = sql_statement_end(text, at)) > 0) {
            *from = at;
            return end;
        }
        sql_quotes_of(&q, line);
    }
    return 0;
}

/* --- splitting --- */

struct sql_build {
    struct sv text;
    size_t at, to, line;
    VEC(struct shell_item) items;
};

/* Bytes up to `end`, counting lines. */
static void sql_skip(struct sql_build *b, size_t end)
{
    for (; b->at < end; b->at++)
        b->line += b->text.p[b->at] == '\n';
}

static size_t sql_line_end(const struct sql_build *b, size_t at)
{
    size_t lf = sv_find_byte(sv_sub(b->text, 0, b->to), '\n', at);

    return lf == SV_NPOS ? b->to : lf;
}

/* An empty line, or the start of the text, stands before the item at `at`. */
static bool sql_blank_before(struct sv text, size_t at)
{
    size_t lf = 0;

    while (at > 0 && ascii_is_space(text.p[at - 1]))
        lf += text.p[--at] == '\n';
    return at == 0 || lf >= 2;
}

static size_t sql_comment_end(const struct sql_build *b)
{
    struct sv rest = sv_sub(b->text, b->at, b->to);
    struct sql_token t;

    (void)sql_next_token(&rest, &t); /* there is one: it begins here */
    return b->at + t.text.n;
}

static void sql_add(struct sql_build *b, enum shell_kind kind, size_t end)
{
    struct sv text = sv_trim_right(sv_sub(b->text, b->at, end));
    const struct shell_item *before = b->items.n ? vec_last(&b->items) : NULL;
    struct shell_item item = {.kind = kind,
                              .from = b->at,
                              .to = b->at + text.n,
                              .line = b->line,
                              .text = text,
                              .blank_before = sql_blank_before(b->text, b->at)};

    item.same_line = kind == SHELL_COMMENT && before && before->kind != SHELL_COMMENT &&
                     before->end_line == item.line;
    sql_skip(b, item.to);
    item.end_line = b->line;
    sql_skip(b, end);
    *vec_add(&b->items) = item;
}

/* One item, which begins at b->at with something else than a blank. */
static void sql_next(struct sql_build *b)
{
    bool unclosed;
    struct sv line = sv_sub(b->text, b->at, sql_line_end(b, b->at));
    bool alone = sv_trim(sv_sub(b->text, b->at > 0 ? b->at - 1 : 0, b->at)).n == 0;

    if (sv_starts(line, SV("--")) || *line.p == '#')
        sql_add(b, SHELL_COMMENT, b->at + line.n);
    else if (sv_starts(line, SV("/*")))
        sql_add(b, SHELL_COMMENT, sql_comment_end(b));
    else if (alone && sql_is_quit(line))
        sql_add(b, SHELL_SQL_QUIT, b->at + line.n);
    else if (*line.p == '\\' || (*line.p == '.' && sql_is_statement(line)))
        sql_add(b, SHELL_SQL_META, b->at + line.n);
    else if (sql_is_client(line))
        sql_add(b, SHELL_SQL_CLIENT, b->at + line.n);
    else
        sql_add(b, SHELL_SQL,
                b->at + sql_statement_length(sv_sub(b->text, b->at, b->to), &unclosed));
}

/* --- what has to stay together --- */

static bool sql_is_sent(const struct shell_item *item)
{
    return item->kind == SHELL_SQL || item->kind == SHELL_SQL_META;
}

/* [from, to) becomes one item, and the comments that stood in it follow it. */
static void sql_join(struct shell_item *v, size_t from, size_t to, struct sv all)
{
    struct shell_item *first = &v[from];
    const struct shell_item *last = &v[to - 1];
    size_t n = from + 1;

    first->kind = SHELL_SQL;
    first->to = last->to;
    first->end_line = last->end_line;
    first->text = sv_sub(all, first->from, first->to);
    for (size_t i = from + 1; i < to; i++)
        if (v[i].kind == SHELL_COMMENT)
            v[n++] = v[i];
    for (; n < to; n++)
        v[n].kind = SHELL__N; /* taken out below */
}

/*
 * Each statement is a step, and a step has a connection of its own.  From the first that changes what later ones of its
 * session see (BEGIN, SET) to the last of the session is therefore one step.
 */
static void sql_join_sessions(struct sql_build *b)
{
    size_t from = SIZE_MAX, to = 0, n = 0;

    for (size_t i = 0; i <= b->items.n; i++) {
        const struct shell_item *item = i < b->items.n ? &b->items.v[i] : NULL;
        bool keeps, ends = !item || item->kind == SHELL_SQL_CLIENT || item->kind == SHELL_SQL_QUIT;

        if (ends) {
            if (from != SIZE_MAX && to > from + 1)
                sql_join(b->items.v, from, to, b->text);
            from = SIZE_MAX;
            continue;
        }
        if (!sql_is_sent(item))
            continue;
        (void)sql_effect(item->text, &keeps);
        if (keeps && from == SIZE_MAX)
            from = i;
        to = i + 1;
    }
    for (size_t i = 0; i < b->items.n; i++)
        if (b->items.v[i].kind != SHELL__N)
            b->items.v[n++] = b->items.v[i];
    b->items.n = n;
}

void sql_split(struct sv text, size_t from, size_t to, struct arena *arena,
               struct shell_script *ret)
{
    struct sql_build b = {.text = text, .to = to};

    *ret = (struct shell_script){0};
    sql_skip(&b, from);
    while (b.at < to) {
        if (ascii_is_space(text.p[b.at]) || text.p[b.at] == ';')
            sql_skip(&b, b.at + 1);
        else
            sql_next(&b);
    }
    sql_join_sessions(&b);
    ret->v = arena_memdup(arena, b.items.v, b.items.n * sizeof(*b.items.v));
    ret->n = b.items.n;
    vec_release(&b.items);
}
