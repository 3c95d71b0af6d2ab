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

struct sv block_prompt_host(struct sv literal)
{
    struct sv line, host = {NULL, 0};

    while (sv_next_line(&literal, &line)) {
        size_t n = prompt_of_login(line), at = sv_find_byte(line, '@', 0), end = at;
        struct sv here;

        if (!n)
            continue;
        while (++end < n &&
               (ascii_is_word(line.p[end]) || line.p[end] == '-' || line.p[end] == '.'))
            ;
        here = sv_sub(line, at + 1, end);
        if (host.n && !sv_eq(host, here))
            return (struct sv){NULL, 0};
        host = here;
    }
    return host;
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
static size_t prompt_of(struct sv line, char root)
{
    size_t n;

    if (sv_starts(line, SV("$ ")) || (root == '#' && sv_starts(line, SV("# "))))
        return 2;
    n = prompt_of_login(line);
    return n ? n : prompt_of_client(line);
}

/* What begins the lines that were typed: '$' or '#', 's' for a database client's, 0 when there is no prompt. */
static char prompt_kind(struct sv text, bool console)
{
    struct sv line;
    bool dollar = false, root = false, client = false;

    while (sv_next_line(&text, &line)) {
        dollar |= sv_starts(line, SV("$ ")) || sv_eq(line, SV("$")) || prompt_of_login(line);
        client |= prompt_of_client(line) > 0;
        root |=
            console && sv_starts(line, SV("# ")) && block_knows_command(sv_sub(line, 2, line.n));
    }
    return dollar ? '$' : client ? 's' : root ? '#' : 0;
}

/* Does what was typed go on in the next line? */
static bool prompt_goes_on(struct sv line)
{
    return line.n && line.p[line.n - 1] == '\\';
}

struct sv block_text(struct sv literal, bool console, struct arena *arena, char *prompt)
{
    char *copy = arena_strdup(arena, literal);
    struct sv rest = {copy, literal.n}, line;
    char kind = prompt_kind(rest, console);
    bool more = false;

    *prompt = kind;
    while (kind && sv_next_line(&rest, &line)) {
        char *p = copy + (line.p - copy);
        size_t n = prompt_of(line, kind);
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
