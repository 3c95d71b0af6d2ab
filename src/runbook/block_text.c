/*
 * block_text: the text of a block without prompts, and without the output of a session that was
 * pasted whole.
 */
#include <string.h>

#include "base/sv.h"
#include "runbook/effect.h"
#include "runbook/reader_int.h"
#include "runbook/told_verb.h"

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
    bool dollar = false, root = false, client = false, percent = false, bare = false;

    while (sv_next_line(&text, &line)) {
        dollar |= sv_starts(line, SV("$ ")) || sv_eq(line, SV("$")) ||
                  (machines ? prompt_of_shell(line, false, &host) : prompt_of_login(line));
        percent |=
            console && sv_starts(line, SV("% ")) && block_knows_command(sv_sub(line, 2, line.n));
        client |= prompt_of_client(line) > 0;
        root |=
            console && sv_starts(line, SV("# ")) && block_knows_command(sv_sub(line, 2, line.n));
        bare |= console && line.n && *line.p != '#' && !ascii_is_space(*line.p) &&
                block_knows_command(line);
    }
    root &= !bare; /* "apt update" and below it "# find the version in the list" */
    return dollar ? '$' : percent ? '%' : client ? 's' : root ? '#' : 0;
}

/* --- what goes on in the next lines --- */

#define PROMPT_HERE_LINES 500u /* of a file that is typed in a session */

/* "cat > x <<'EOF'", and the line that ends it, where there is one below. */
struct prompt_here {
    struct sv end;  /* "EOF"; empty: nothing goes on */
    bool dash;      /* <<-: tabs before it count for nothing */
    bool continued; /* the shell shows "> " before each line */
};

struct sv block_heredoc(struct sv line, bool *dash)
{
    size_t at = sv_find(line, SV("<<"), 0), n = 0;
    struct sv rest = sv_sub(line, at == SV_NPOS ? line.n : at + 2, line.n);

    *dash = sv_eat(&rest, SV("-"));
    rest = sv_trim_left(rest);
    (void)(sv_eat(&rest, SV("'")) || sv_eat(&rest, SV("\"")) || sv_eat(&rest, SV("\\")));
    while (n < rest.n && ascii_is_word(rest.p[n]))
        n++;
    return n && !ascii_is_digit(*rest.p) ? sv_sub(rest, 0, n) /* not $((1<<2)) */
                                         : (struct sv){NULL, 0};
}

static bool prompt_ends_here(const struct prompt_here *here, struct sv line)
{
    if (here->continued && !sv_eat(&line, SV("> ")))
        return false;
    while (here->dash && sv_eat(&line, SV("\t")))
        ;
    return sv_eq(line, here->end);
}

static struct prompt_here prompt_begin_here(struct sv line, struct sv below)
{
    struct prompt_here here = {.continued = sv_starts(below, SV("> "))};

    here.end = block_heredoc(line, &here.dash);
    for (size_t i = 0; here.end.n && i < PROMPT_HERE_LINES && sv_next_line(&below, &line); i++)
        if (prompt_ends_here(&here, line))
            return here;
    here.end.n = 0;
    return here;
}

/* Ends it with one of the words, which are separated by blanks? */
static bool prompt_has_end(struct sv line, struct sv ends)
{
    struct sv word;

    while (sv_next_word(&ends, &word))
        if (sv_ends(line, word))
            return true;
    return false;
}

/*
 * Does what was typed go on in the next line?  `shown`: that begins with "> ".  *open: how many loops, branches and
 * functions are.
 */
static bool prompt_goes_on(struct sv line, bool shown, size_t *open)
{
    struct sv text = sv_trim(line);

    (void)sv_eat(&text, SV("> "));
    if (*open && told_starts(sv_trim(text), WORDS_HERE("done fi esac }")))
        (*open)--;
    *open += prompt_has_end(text, SV("do then {"));
    if (!shown)
        *open = 0;
    return sv_ends(line, SV("\\")) || *open || (shown && prompt_has_end(text, SV("| && ||")));
}

/* What of a line is no command: its prompt, or all of an output. */
static size_t prompt_hides(struct sv line, char kind, bool hosts, bool more)
{
    size_t n = prompt_of(line, kind, hosts);

    if (n == 0 && more)
        return sv_starts(line, SV("> ")) ? 2 : 0;
    return n == 0 && (kind == 's' || !sv_starts(line, SV("#"))) ? line.n : n;
}

struct sv block_text(struct sv literal, struct block_prompts may, struct arena *arena, char *prompt)
{
    char *copy = arena_strdup(arena, literal);
    struct sv rest = literal, line;
    bool more = false, hosts = may.machines && block_has_prompt_host(literal);
    struct prompt_here here = {.continued = false};
    size_t out = 0, open = 0;

    *prompt = prompt_kind(literal, may.console, may.machines);
    while (*prompt && sv_next_line(&rest, &line)) {
        bool shown = sv_starts(rest, SV("> ")), inside = here.end.n > 0;
        size_t whole = rest.n ? (size_t)(rest.p - line.p)
                              : literal.n - (size_t)(line.p - literal.p), /* with its end */
            cut = inside && here.continued && sv_starts(line, SV("> ")) ? 2 : 0,
               n = inside ? 0 : prompt_hides(line, *prompt, hosts, more);

        memset(copy + out, ' ', n);
        memcpy(copy + out + n, line.p + n + cut, whole - n - cut);
        out += whole - cut;
        if (inside && prompt_ends_here(&here, line))
            here.end.n = 0;
        else if (!inside && n < line.n && *prompt != 's')
            here = prompt_begin_here(line, rest);
        more = !inside && n < line.n && (prompt_goes_on(line, shown, &open));
    }
    return (struct sv){copy, *prompt ? out : literal.n};
}
