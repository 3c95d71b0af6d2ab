#include "runbook/effect_code.h"

#include <string.h>

#include "base/sv.h"
#include "runbook/effect_script.h"

/* --- names --- */

/* Functions of the languages that change nothing outside of the interpreter; a method of that name may: cache.set(). */
static const char *const code_builtins[] = {
    "print",  "len",    "str",       "int",  "float",   "bool",       "list",    "dict",    "set",
    "tuple",  "sorted", "sum",       "min",  "max",     "any",        "all",     "zip",     "map",
    "filter", "range",  "enumerate", "repr", "type",    "isinstance", "hasattr", "getattr", "dir",
    "vars",   "round",  "abs",       "exit", "require", "__import__"};

/* Functions and methods, by the last part of their names, that only look. */
static const char *const code_methods[] = {"format",        "join",
                                           "split",         "strip",
                                           "lower",         "upper",
                                           "get",           "keys",
                                           "values",        "items",
                                           "startswith",    "endswith",
                                           "exit",          "count",
                                           "first",         "one",
                                           "all",           "scalar",
                                           "scalars",       "fetchone",
                                           "fetchall",      "fetchmany",
                                           "filter_by",     "filter",
                                           "order_by",      "limit",
                                           "select",        "inspect",
                                           "get_columns",   "has_table",
                                           "get_indexes",   "get_table_names",
                                           "connect",       "cursor",
                                           "exists",        "isfile",
                                           "isdir",         "getsize",
                                           "getenv",        "token_hex",
                                           "token_bytes",   "token_urlsafe",
                                           "generate_key",  "load_dotenv",
                                           "loads",         "dumps",
                                           "load",          "now",
                                           "utcnow",        "today",
                                           "isoformat",     "strftime",
                                           "timedelta",     "time",
                                           "sleep",         "urlopen",
                                           "close",         "ping",
                                           "append",        "find",
                                           "index",         "read",
                                           "readlines",     "decode",
                                           "encode",        "raise_for_status",
                                           "json",          "getaddrinfo",
                                           "create_engine", "SessionLocal",
                                           "sessionmaker",  "Session",
                                           "app_context",   "test_client",
                                           "log",           "error",
                                           "stringify",     "parse",
                                           "then",          "catch",
                                           "gethostname",   "uuid4",
                                           "version",       "text",
                                           "getLogger",     "basicConfig",
                                           "info",          "Counter",
                                           "find_spec",     "resolve"};

/* What is handed to these is SQL, and decides. */
static const char *const code_takes_sql[] = {"execute",  "exec_driver_sql", "query",
                                             "fetchval", "fetch",           "fetchrow"};

/* Modules whose functions are called like harmless ones: os.replace(), shutil.move(). */
static const char *const code_acting_modules[] = {"os", "shutil", "subprocess", "signal", "fs"};
static const char *const code_acting_may[] = {"getenv", "get",  "exists",  "isfile",
                                              "isdir",  "exit", "getsize", "join"};

/* Words that change something without a call. */
static const char *const code_acts[] = {"del", "exec", "eval", "unlink", "delete", "new"};

static bool code_is_name(char c)
{
    return ascii_is_word(c) || c == '.';
}

/* "a.b.c": "c" */
static struct sv code_last_part(struct sv name)
{
    size_t from = name.n;

    while (from > 0 && name.p[from - 1] != '.')
        from--;
    return sv_sub(name, from, name.n);
}

static bool code_call_looks(struct sv name)
{
    struct sv first = sv_sub(name, 0, sv_find_byte(name, '.', 0));
    struct sv last = code_last_part(name);

    if (effect_is_one_of(first, code_acting_modules, ARRAY_LEN(code_acting_modules)))
        return effect_is_one_of(last, code_acting_may, ARRAY_LEN(code_acting_may));
    return effect_is_one_of(last, code_methods, ARRAY_LEN(code_methods)) ||
           effect_is_one_of(name, code_builtins, ARRAY_LEN(code_builtins));
}

/* --- calls with a text that decides --- */

/* What stands in the first quotes at the begin of a call's arguments, past "text(" and a prefix of a string. */
static struct sv code_first_string(struct sv rest)
{
    size_t n = 0;

    rest = sv_trim_left(rest);
    if (sv_eat(&rest, SV("text(")) || sv_eat(&rest, SV("sa.text(")) ||
        sv_eat(&rest, SV("sqlalchemy.text(")))
        rest = sv_trim_left(rest);
    while (n < rest.n && (rest.p[n] == '\\' || rest.p[n] == '\'' || rest.p[n] == '"'))
        n++;
    return n ? sv_trim_left(sv_sub(rest, n, rest.n)) : (struct sv){NULL, 0};
}

static bool code_sql_looks(struct sv rest)
{
    static const struct sv looks[] = {SV("select "),
                                      SV("show "),
                                      SV("explain select"),
                                      SV("pragma table_info"),
                                      SV("pragma integrity_check"),
                                      SV("pragma quick_check")};
    struct sv sql = code_first_string(rest);

    for (size_t i = 0; i < ARRAY_LEN(looks); i++)
        if (sv_starts_nocase(sql, looks[i]))
            return !sv_has_nocase(sql, SV(" into ")) && !sv_has_nocase(sql, SV("nextval"));
    return false;
}

/* open(x), open(x, 'rb'); not open(x, 'w') */
static bool code_open_looks(struct sv rest)
{
    struct sv call = sv_sub(rest, 0, sv_find_byte(rest, ')', 0));
    size_t comma = sv_find_byte(call, ',', 0);
    struct sv mode;

    if (comma == SV_NPOS)
        return true;
    mode = code_first_string(sv_sub(call, comma + 1, call.n));
    return sv_starts(mode, SV("r")) && sv_find_byte(mode, '+', 0) == SV_NPOS;
}

static bool code_is_call(struct sv name, struct sv rest)
{
    struct sv last = code_last_part(name);

    if (effect_is_one_of(last, code_takes_sql, ARRAY_LEN(code_takes_sql)))
        return code_sql_looks(rest) || (sv_is(last, "query") && !code_first_string(rest).n);
    return sv_eq(name, SV("open")) ? code_open_looks(rest) : code_call_looks(name);
}

/* --- texts --- */

/*
 * The end of the string that begins at `at`, or `at` itself where none begins.  What is in an f-string is code as well
 * and stays.  Inside the quotes of a shell a quote may have a backslash before it.
 */
static size_t code_past_string(struct sv code, size_t at)
{
    char quote = code.p[at];
    bool formats = at > 0 && (code.p[at - 1] == 'f' || code.p[at - 1] == 'F') &&
                   (at < 2 || !ascii_is_word(code.p[at - 2]));

    if ((quote != '\'' && quote != '"') || formats)
        return at;
    for (size_t i = at + 1; i < code.n && code.p[i] != '\n'; i++)
        if (code.p[i] == quote)
            return i;
    return at;
}

static bool code_looks_only(struct sv code)
{
    for (size_t i = 0; i < code.n; i++) {
        struct sv name, rest;
        size_t n = i;

        i = code_past_string(code, i);
        if (code.p[i] == '`' || (code.p[i] == '$' && i + 1 < code.n && code.p[i + 1] == '('))
            return false; /* another command's output is code here */
        if (i != n || !code_is_name(code.p[i]))
            continue;
        while (n < code.n && code_is_name(code.p[n]))
            n++;
        name = sv_sub(code, i, n);
        rest = sv_trim_left(sv_sub(code, n, code.n));
        if (effect_is_one_of(name, code_acts, ARRAY_LEN(code_acts)) ||
            (sv_eat(&rest, SV("(")) && !sv_is(name, "if") && !sv_is(name, "in") &&
             !sv_is(name, "not") && !sv_is(name, "and") && !sv_is(name, "or") &&
             !code_is_call(name, rest)))
            return false;
        i = n - 1;
    }
    return code.n > 0;
}

/* --- commands --- */

static bool code_is_interpreter(struct sv program)
{
    return sv_is(program, "python") || sv_is(program, "node") || sv_is(program, "python3") ||
           (sv_starts(program, SV("python3.")) && program.n <= 10);
}

/* The word behind -c or -e; empty: there is none. */
static struct sv code_text(const struct shell_simple *s)
{
    struct sv program = shell_program(s);
    size_t at = shell_find_word(s, 1, sv_is(program, "node") ? SV("-e") : SV("-c"));
    struct sv text;

    if (!code_is_interpreter(program) || !at || at > 3 || at + 1 >= s->n_words)
        return (struct sv){NULL, 0};
    text = s->words[at + 1].raw;
    if (text.n >= 2 && (*text.p == '\'' || *text.p == '"') && text.p[text.n - 1] == *text.p)
        text = sv_sub(text, 1, text.n - 1);
    return text;
}

bool effect_is_code(const struct shell_simple *s)
{
    return code_text(s).n > 0;
}

bool effect_code_looks(const struct shell_simple *s)
{
    return code_looks_only(code_text(s));
}

bool effect_heredoc_looks(const struct shell_item *item, const struct shell_simple *s)
{
    size_t from = sv_find_byte(item->text, '\n', 0), to = item->text.n;

    if (!item->heredoc || !code_is_interpreter(shell_program(s)) || from == SV_NPOS ||
        s->n_words > 2 || (s->n_words == 2 && !sv_is(s->words[1].raw, "-")))
        return false;
    while (to > from && item->text.p[to - 1] != '\n')
        to--;
    return code_looks_only(sv_sub(item->text, from, to));
}
