/*
 * block_text: the text of a block without prompts, and without the output of a session that was
 * pasted whole.
 */
#include <string.h>

#include "base/sv.h"
#include "runbook/effect.h"
#include "runbook/reader_int.h"

/* Length of "user@host:~/app$ " or "[root@db1 ~]# " at the start of a line, or 0. */
static size_t prompt_of_login(struct sv line)
{
    struct sv front = sv_sub(line, 0, 80);
    size_t at = sv_find_byte(front, '@', 0), end;

    if (at == SV_NPOS || at == 0)
        return 0;
    for (size_t i = *front.p == '['; i < at; i++)
        if (!ascii_is_word(front.p[i]) && front.p[i] != '-' && front.p[i] != '.')
            return 0;
    for (end = at + 1; end + 1 < front.n; end++) {
        if ((front.p[end] == '$' || front.p[end] == '#') && front.p[end + 1] == ' ')
            return end + 2;
        if (ascii_is_space(front.p[end]) && *front.p != '[')
            return 0;
    }
    return 0;
}

/* "(venv) " before a prompt. */
static size_t prompt_of_venv(struct sv line)
{
    size_t end = sv_find(sv_sub(line, 0, 40), SV(") "), 0);

    if (!sv_starts(line, SV("(")) || end == SV_NPOS)
        return 0;
    for (size_t i = 1; i < end; i++)
        if (!ascii_is_word(line.p[i]) && !strchr(".-", line.p[i]))
            return 0;
    return end + 2;
}

/*
 * "web1$ ", "db-1:~ # ", "web:/srv$ ": of a machine alone, with a number in its name or a folder behind it; of `any` name where
 * another line of the block has such a prompt.  *host is empty for "bash-5.1$ ".
 */
static size_t prompt_of_host(struct sv line, bool any, struct sv *host)
{
    size_t n = 0;
    bool digit = false, folder = false;

    while (n < line.n && (ascii_is_word(line.p[n]) || (n > 0 && strchr("-.", line.p[n])))) {
        if (ascii_is_upper(line.p[n]) || line.p[n] == '_')
            return 0;
        digit |= ascii_is_digit(line.p[n++]);
    }
    *host = sv_sub(line, 0, n);
    if (n < 2 || ascii_is_digit(*line.p))
        return 0;
    if (n < line.n && line.p[n] == ':') {
        digit = folder = n + 1 < line.n && strchr("~/$#", line.p[n + 1]);
        while (n < line.n && !ascii_is_space(line.p[n]) && line.p[n] != '$' && line.p[n] != '#')
            n++;
        n += n + 1 < line.n && line.p[n] == ' ' && line.p[n + 1] == '#'; /* "db01:~ # " */
    }
    if ((!digit && !any) || n + 1 >= line.n || !strchr("$#", line.p[n]) || line.p[n + 1] != ' ' ||
        (line.p[n] == '#' && !folder && !block_knows_command(sv_sub(line, n + 2, line.n))))
        return 0; /* "issue12# comment" */
    if (sv_starts(*host, SV("sh-")) || sv_starts(*host, SV("bash-")))
        host->n = 0;
    return n + 2;
}

/* Length of a prompt that may name its host. */
static size_t prompt_of_shell(struct sv line, bool any, struct sv *host)
{
    size_t venv = prompt_of_venv(line), n, at, end;
    struct sv rest = sv_sub(line, venv, line.n);

    *host = (struct sv){NULL, 0};
    n = prompt_of_login(rest);
    if (n) {
        at = end = sv_find_byte(rest, '@', 0);
        while (++end < n &&
               (ascii_is_word(rest.p[end]) || rest.p[end] == '-' || rest.p[end] == '.'))
            ;
        *host = sv_sub(rest, at + 1, end);
        if (sv_eq(*host, SV("localhost")))
            host->n = 0;
        return venv + n;
    }
    n = prompt_of_host(rest, any, host);
    if (!n)
        *host = (struct sv){NULL, 0};
    if (!n && venv && sv_starts(rest, SV("$ ")))
        n = 2;
    return n ? venv + n : 0;
}

struct sv block_prompt_host(struct sv literal, size_t number)
{
    struct sv line, found, host = {NULL, 0};

    for (size_t i = 0; i <= number && sv_next_line(&literal, &line); i++)
        if (prompt_of_shell(line, true, &found))
            host = found;
    return host;
}

bool block_has_prompt_host(struct sv literal)
{
    struct sv line, host;

    while (sv_next_line(&literal, &line))
        if (prompt_of_shell(line, false, &host) && host.n)
            return true;
    return false;
}

/* "postgres=# ", "shop=> ", "shop-# " (goes on), "sqlite> ", "mysql> ", "MariaDB [shop]> " */
static size_t prompt_of_client(struct sv line)
{
    static const struct sv fixed[] = {SV("sqlite> "), SV("mysql> "), SV("   ...> "), SV("    -> ")};
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
        if (sv_starts(line, fixed[i]))
            return fixed[i].n;
    if (sv_starts(line, SV("MariaDB ["))) {
        n = sv_find(line, SV("]> "), 0);
        return n == SV_NPOS ? 0 : n + 3;
    }
    while (n < line.n && ascii_is_word(line.p[n]))
        n++;
    if (n == 0 || n + 3 > line.n || (line.p[n] != '=' && line.p[n] != '-'))
        return 0;
    return (line.p[n + 1] == '#' || line.p[n + 1] == '>') && line.p[n + 2] == ' ' ? n + 3 : 0;
}

/* "NAME=value" before a command. */
static bool block_is_setting(struct sv word)
{
    size_t n = 0;

    while (n < word.n && ascii_is_word(word.p[n]))
        n++;
    return n > 0 && n < word.n && word.p[n] == '=' && !ascii_is_digit(*word.p);
}

struct sv block_first_word(struct sv line)
{
    struct sv word = {NULL, 0};

    do
        if (!sv_next_word(&line, &word))
            return (struct sv){NULL, 0};
    while (block_is_setting(word));
    if (!sv_eq(word, SV("sudo")))
        return word;
    while (sv_next_word(&line, &word) && sv_starts(word, SV("-")))
        if (sv_eq(word, SV("-u")) || sv_eq(word, SV("-g")))
            (void)sv_next_word(&line, &word);
    return word;
}

/* Does a program that is known here stand first? */
bool block_knows_command(struct sv line)
{
    struct sv word = {NULL, 0};

    word = block_first_word(line);
    for (size_t i = word.n; i > 0; i--)
        if (word.p[i - 1] == '/') {
            word = sv_sub(word, i, word.n);
            break;
        }
    return effect_knows(word);
}

/* Length of the prompt at the start of a line; 0: none. */
static size_t prompt_of(struct sv line, char root, bool any)
{
    struct sv host;
    size_t n;

    if (sv_starts(line, SV("$ ")) || (root == '#' && sv_starts(line, SV("# "))) ||
        (root == '%' && sv_starts(line, SV("% "))))
        return 2;
    n = prompt_of_shell(line, any, &host);
    return n ? n : prompt_of_client(line);
}

/* Length of ">>> ", "rs0 [direct: primary] admin> ", "127.0.0.1:6379> ": of a program that waits for lines; 0: none. */
static size_t prompt_of_program(struct sv line)
{
    struct sv front = sv_sub(line, 0, 60);
    size_t n = 0;

    if (sv_starts(line, SV(">>> ")))
        return 4;
    if (!front.n || !ascii_is_alnum(*front.p))
        return 0;
    while (n < front.n && (ascii_is_alnum(front.p[n]) || strchr("_.:[]()- ", front.p[n])))
        n++;
    return n + 1 < front.n && front.p[n] == '>' && front.p[n + 1] == ' ' &&
                   !ascii_is_space(front.p[n - 1]) && front.p[n - 1] != '-'
               ? n + 2
               : 0;
}

bool block_typed(struct sv line, struct sv *typed)
{
    size_t n = prompt_of_client(line) ? 0 : prompt_of_program(line);

    *typed = sv_trim(sv_sub(line, n, line.n));
    return n > 0 && typed->n > 0;
}

/* What begins the lines that were typed: '$' or '#', 's' for a database client's, 0 when there is no prompt. */
static char prompt_kind(struct sv text, bool console, bool machines)
{
    struct sv line, host;
    bool dollar = false, root = false, client = false, percent = false;

    while (sv_next_line(&text, &line)) {
        dollar |= sv_starts(line, SV("$ ")) || sv_eq(line, SV("$")) ||
                  (machines ? prompt_of_shell(line, false, &host) : prompt_of_login(line));
        percent |=
            console && sv_starts(line, SV("% ")) && block_knows_command(sv_sub(line, 2, line.n));
        client |= prompt_of_client(line) > 0;
        root |=
            console && sv_starts(line, SV("# ")) && block_knows_command(sv_sub(line, 2, line.n));
    }
    return dollar ? '$' : percent ? '%' : client ? 's' : root ? '#' : 0;
}

/* Does what was typed go on in the next line? */
static bool prompt_goes_on(struct sv line)
{
    return line.n && line.p[line.n - 1] == '\\';
}

struct sv block_text(struct sv literal, struct block_prompts may, struct arena *arena, char *prompt)
{
    char *copy = arena_strdup(arena, literal);
    struct sv rest = {copy, literal.n}, line;
    char kind = prompt_kind(rest, may.console, may.machines);
    bool more = false, hosts = may.machines && block_has_prompt_host(literal);

    *prompt = kind;
    while (kind && sv_next_line(&rest, &line)) {
        char *p = copy + (line.p - copy);
        size_t n = prompt_of(line, kind, hosts);
        bool comment = n == 0 && kind != 's' && sv_starts(line, SV("#"));

        if (n == 0 && more)
            n = sv_starts(line, SV("> ")) ? 2 : 0;
        else if (n == 0 && !comment)
            n = line.n;
        more = prompt_goes_on(line) && (n < line.n);
        memset(p, ' ', n);
    }
    return (struct sv){copy, literal.n};
}
