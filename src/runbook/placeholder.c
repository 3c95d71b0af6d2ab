#include "runbook/placeholder.h"

#include <string.h>

#include "base/sv.h"
#include "base/vec.h"
#include "runbook/placeholder_int.h"

static struct sv placeholder_name(struct sv raw, struct arena *arena)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    for (size_t i = 0; i < raw.n; i++) {
        if (ascii_is_alnum(raw.p[i]))
            strbuf_add_byte(&b, ascii_lower(raw.p[i]));
        else if (b.n && b.p[b.n - 1] != '_')
            strbuf_add_byte(&b, '_');
    }
    while (b.n && b.p[b.n - 1] == '_')
        strbuf_truncate(&b, b.n - 1);
    return arena_sv(arena, strbuf_sv(&b));
}

/* The bytes between two brackets, both on one line; empty when there is no closing one. */
static struct sv placeholder_inside(struct sv text, size_t open, char close)
{
    for (size_t i = open + 1; i < text.n && i - open < 80; i++) {
        if (text.p[i] == close)
            return sv_sub(text, open + 1, i);
        if (text.p[i] == '\n' || text.p[i] == text.p[open])
            break;
    }
    return (struct sv){NULL, 0};
}

static bool placeholder_all(struct sv s, const char *allowed, bool upper, bool lower)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool ok = ascii_is_digit(c) || (upper && ascii_is_upper(c)) ||
                  (lower && c >= 'a' && c <= 'z') || strchr(allowed, c);

        if (!ok || c == '\0')
            return false;
    }
    return s.n > 0 && !ascii_is_space(s.p[0]) && !ascii_is_space(s.p[s.n - 1]);
}

/* <name>: no blank inside the brackets' edges, and a letter first, so that "a < b > c" is not one. */
static bool placeholder_is_angle(struct sv text, size_t at, struct sv inside)
{
    if (at > 0 && text.p[at - 1] == '<')
        return false;
    if (at > 1 && text.p[at - 1] == '(' && (text.p[at - 2] == '$' || text.p[at - 2] == '?'))
        return false; /* $(<file), (?<name>...) */
    return inside.n && placeholder_all(inside, " _-.", true, true) && ascii_is_alpha(inside.p[0]);
}

/* [NAME]: capitals only in a command; not a range ([A-Z]), not a level that logs print ([ERROR]). */
static bool placeholder_is_square(struct sv text, size_t at, struct sv inside, bool is_template)
{
    static const struct sv levels[] = {SV("ERROR"), SV("WARN"), SV("WARNING"), SV("INFO"),
                                       SV("DEBUG"), SV("OK"),   SV("FAIL"),    SV("FATAL"),
                                       SV("PASS"),  SV("X")};
    size_t after = at + inside.n + 2;

    if (after < text.n && (text.p[after] == '(' || text.p[after] == ':'))
        return false; /* a Markdown link, or a character class */
    if (at > 0 && (text.p[at - 1] == '[' || text.p[at - 1] == '\\'))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(levels); i++)
        if (sv_eq(inside, levels[i]))
            return false;
    if (is_template)
        return inside.n >= 2 && placeholder_all(inside, " _-/'", true, true);
    return inside.n >= 3 && placeholder_all(inside, " _", true, false) &&
           ascii_is_upper(inside.p[0]);
}

/* The word around `at`, cut at blanks and quotes, and not longer than a URL is on either side. */
static struct sv placeholder_word_at(struct sv text, size_t at)
{
    size_t from = at, to = at;

    while (from > 0 && at - from < 256 && !ascii_is_space(text.p[from - 1]) &&
           !strchr("\"'`", text.p[from - 1]))
        from--;
    while (to < text.n && to - at < 256 && !ascii_is_space(text.p[to]) &&
           !strchr("\"'`", text.p[to]))
        to++;
    return sv_sub(text, from, to);
}

/* {name}: in a URL, or with an underscore, as awk and the shell use braces too. */
static bool placeholder_is_brace(struct sv text, size_t at, struct sv inside)
{
    if (at > 0 && (text.p[at - 1] == '$' || text.p[at - 1] == '{' || text.p[at - 1] == '%'))
        return false;
    if (!placeholder_all(inside, "_", false, true) || !ascii_is_alpha(inside.p[0]))
        return false;
    return sv_find_byte(inside, '_', 0) != SV_NPOS ||
           sv_has(placeholder_word_at(text, at), SV("://"));
}

/* Does it stand between single quotes, on its line? */
static bool placeholder_is_quoted(struct sv text, size_t at)
{
    size_t from = at;
    char quote = '\0';

    while (from > 0 && at - from < 1024 && text.p[from - 1] != '\n')
        from--;
    for (; from < at; from++) {
        char c = text.p[from];

        if ((c == '\'' || c == '"') && (!quote || quote == c))
            quote = quote ? '\0' : c;
    }
    return quote == '\'';
}

/*
 * {{NAME}}, {{ name }}; its length, or 0.  Not what programs take themselves: {{.Names}}, {{json .}} of Go's templates,
 * ${{ github.sha }}, small letters in single quotes ('{{end}}') or with ansible ("msg={{ host }}"), and nothing in a
 * block that makes a .j2.
 */
static size_t placeholder_double(struct sv text, size_t at, struct sv *name)
{
    struct sv inside = placeholder_inside(text, at + 1, '}');
    size_t end = at + 2 + inside.n;

    if (!inside.n || end + 1 >= text.n || text.p[end + 1] != '}' ||
        (at > 0 && (text.p[at - 1] == '$' || text.p[at - 1] == '{')))
        return 0;
    *name = sv_trim(inside);
    return placeholder_all(*name, " _-", true, true) && ascii_is_alpha(*name->p) &&
                   (placeholder_all(*name, " _-", true, false) ||
                    (!placeholder_is_quoted(text, at) && !sv_has(text, SV("ansible")))) &&
                   !(sv_has(text, SV(".j2")) && sv_has(text, SV("<<")))
               ? end + 2 - at
               : 0;
}

static bool placeholder_bracket(struct sv text, size_t at, bool is_template,
                                struct placeholder *ret)
{
    struct sv inside;

    switch (text.p[at]) {
    case '<':
        inside = placeholder_inside(text, at, '>');
        ret->kind = PLACEHOLDER_ANGLE;
        return inside.n && placeholder_is_angle(text, at, inside) && (ret->raw = inside, true);
    case '[':
        inside = placeholder_inside(text, at, ']');
        ret->kind = PLACEHOLDER_SQUARE;
        return inside.n && placeholder_is_square(text, at, inside, is_template) &&
               (ret->raw = inside, true);
    case '{':
        inside = placeholder_inside(text, at, '}');
        ret->kind = PLACEHOLDER_BRACE;
        return inside.n && placeholder_is_brace(text, at, inside) && (ret->raw = inside, true);
    default: return false;
    }
}

/* Words that stand for a value; a final '_' means "begins with". */
static const struct sv placeholder_words[] = {SV("TIMESTAMP"),    SV("CHANGEME"), SV("CHANGE_ME"),
                                              SV("REPLACE_ME"),   SV("TBD"),      SV("YOUR_"),
                                              SV("REPLACE_WITH_")};

/* "TIMESTAMP=$(date)", "$TIMESTAMP", "${MY_TIMESTAMP}": the shell has its value. */
static bool placeholder_is_variable(struct sv text, size_t at, size_t n)
{
    bool set;

    while (at > 0 && ascii_is_word(text.p[at - 1])) {
        at--;
        n++;
    }
    set = at + n < text.n && text.p[at + n] == '=' && (at == 0 || ascii_is_space(text.p[at - 1]));

    return set || (at > 0 && text.p[at - 1] == '$') ||
           (at > 1 && text.p[at - 1] == '{' && text.p[at - 2] == '$');
}

/* Length of the word at `at` when it is such a one. */
static size_t placeholder_word(struct sv text, size_t at)
{
    size_t n = 0;

    if (at > 0 && ascii_is_alnum(text.p[at - 1]))
        return 0;
    while (at + n < text.n && (ascii_is_upper(text.p[at + n]) || text.p[at + n] == '_'))
        n++;
    for (size_t i = 0; i < ARRAY_LEN(placeholder_words); i++) {
        struct sv w = placeholder_words[i];
        struct sv here = sv_sub(text, at, at + n);
        bool prefix = w.p[w.n - 1] == '_';

        if (prefix ? (sv_starts(here, w) && n > w.n) : sv_eq(here, w))
            return placeholder_is_variable(text, at, n)                ? 0
                   : at + n < text.n && ascii_is_alnum(text.p[at + n]) ? 0
                                                                       : n;
    }
    return 0;
}

/* The part of a date at `at`, with what separates it: "-MM"; its length, or 0. */
static size_t placeholder_moment_part(struct sv text, size_t at, struct sv part)
{
    bool apart = at < text.n && text.p[at] && strchr("-_.:T", text.p[at]);

    if (sv_starts(sv_sub(text, at, text.n), part))
        return part.n;
    return apart && sv_starts(sv_sub(text, at + 1, text.n), part) ? part.n + 1 : 0;
}

/*
 * YYYYMMDDHHMMSS, JJJJMMTT, backup_YYYY-MM-DD.sql; its length, or 0.  'YYYY-MM-DD' in quotes and +YYYY are formats that
 * a program takes.
 */
static size_t placeholder_moment(struct sv text, size_t at)
{
    static const struct sv english[] = {SV("MM"), SV("DD"), SV("HH"), SV("MM"), SV("SS")};
    static const struct sv german[] = {SV("MM"), SV("TT"), SV("HH"), SV("MM"), SV("SS")};
    bool is_german = sv_starts(sv_sub(text, at, text.n), SV("JJJJ"));
    size_t n = 4, parts = 0;
    char before = at > 0 ? text.p[at - 1] : ' ';

    if ((!is_german && !sv_starts(sv_sub(text, at, text.n), SV("YYYY"))) ||
        !(ascii_is_space(before) || (before && strchr("-_./=:", before))))
        return 0;
    for (; parts < ARRAY_LEN(english); parts++) {
        size_t more =
            placeholder_moment_part(text, at + n, is_german ? german[parts] : english[parts]);

        if (!more)
            break;
        n += more;
    }
    n += parts == ARRAY_LEN(english) && at + n < text.n && text.p[at + n] == 'Z';
    return !parts || (at + n < text.n && ascii_is_alnum(text.p[at + n])) ||
                   placeholder_is_variable(text, at, n)
               ? 0
               : n;
}

/* v1.x.x; its length, or 0.  "4.x" and "1.2.x" are names of branches. */
static size_t placeholder_minor(struct sv rest)
{
    size_t n = 1;

    while (n < rest.n && ascii_is_digit(rest.p[n]))
        n++;
    rest = sv_sub(rest, n, rest.n);
    return n > 1 && sv_eat(&rest, SV(".x.x")) &&
                   (!rest.n || (!ascii_is_word(*rest.p) && *rest.p != '.'))
               ? n + 4
               : 0;
}

/* X.Y.Z, X.Y, v1.x.x: a version; its length, or 0. */
static size_t placeholder_version(struct sv text, size_t at)
{
    static const struct sv versions[] = {SV("X.Y.Z"), SV("X.Y")};
    struct sv rest = sv_sub(text, at, text.n);
    char before = at > 0 ? text.p[at - 1] : ' ';

    if (before == '.' || (ascii_is_word(before) && before != 'v' && before != '_'))
        return 0;
    if (text.p[at] == 'v')
        return placeholder_minor(rest);
    for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
        struct sv after = sv_sub(rest, versions[i].n, rest.n);

        (void)sv_eat(&after, SV("."));
        if (sv_starts(rest, versions[i]) && (!after.n || !ascii_is_word(*after.p)))
            return versions[i].n;
    }
    return 0;
}

/* your.server.example */
static size_t placeholder_host(struct sv rest)
{
    size_t n = 0;

    while (n < rest.n && (ascii_is_alnum(rest.p[n]) || rest.p[n] == '-' ||
                          (rest.p[n] == '.' && n + 1 < rest.n && ascii_is_alnum(rest.p[n + 1]))))
        n++;
    return n;
}

/* your-app, your_jwt_token_here, changeme; its length, or 0. */
static size_t placeholder_yours(struct sv text, size_t at)
{
    static const struct sv words[] = {SV("changeme"), SV("change-me"), SV("change_me")};
    struct sv rest = sv_sub(text, at, text.n);
    size_t n = 0, whole;

    while (n < rest.n && (ascii_is_word(rest.p[n]) || rest.p[n] == '-'))
        n++;
    whole = n;
    while (n > 0 && !ascii_is_alnum(rest.p[n - 1]))
        n--;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (sv_eq(sv_sub(rest, 0, whole), words[i]))
            return n;
    return (sv_starts(rest, SV("your-")) || sv_starts(rest, SV("your_")) ||
            (sv_starts(rest, SV("your.")) && n == 4 && (n = placeholder_host(rest)) > 5)) &&
                   n > 5 && !placeholder_is_variable(text, at, whole)
               ? n
               : 0;
}

/* Example hosts, words of an example, and paths below /path/to. */
static size_t placeholder_example(struct sv text, size_t at)
{
    static const struct sv hosts[] = {SV("your-domain.com"), SV("yourdomain.com"),
                                      SV("your-server"),     SV("production-domain.com"),
                                      SV("staging-url"),     SV("production-url"),
                                      SV("your/webhook/url")};
    struct sv rest = sv_sub(text, at, text.n);
    size_t n = 0;

    if (at > 0 && (ascii_is_word(text.p[at - 1]) || text.p[at - 1] == '-'))
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(hosts); i++)
        if (sv_starts_nocase(rest, hosts[i]))
            return hosts[i].n;
    n = placeholder_yours(text, at);
    if (n)
        return n;
    if (!sv_starts(rest, SV("/path/to/")))
        return 0;
    while (n < rest.n && (ascii_is_alnum(rest.p[n]) || strchr("/._-", rest.p[n])) && rest.p[n])
        n++;
    return n;
}

/* Takes quotes around the whole away; true: it had some. */
static bool placeholder_unquote(struct sv *f)
{
    if (f->n < 2 || (*f->p != '"' && *f->p != '\'') || f->p[f->n - 1] != *f->p)
        return false;
    *f = sv_sub(*f, 1, f->n - 1);
    return true;
}

/* One word of the shell, and nothing behind it: neither "-d yesterday" nor "| tr -d -". */
static bool placeholder_is_format(struct sv f, bool quoted)
{
    for (size_t i = 0; i < f.n; i++)
        if (strchr("$\"'`\\", f.p[i]) || (!quoted && strchr(" \t|&;<>(", f.p[i])))
            return false;
    return f.n > 0;
}

/* $(date [-u] +FORMAT) or `date ...`; its length, or 0.  *spec: "+FORMAT" or "-u +FORMAT", unquoted. */
static size_t placeholder_date(struct sv text, size_t at, struct arena *arena, struct sv *spec)
{
    struct sv rest = sv_sub(text, at, text.n), f;
    char close = sv_starts(rest, SV("`")) ? '`' : ')';
    bool utc, quoted;
    size_t end;

    if (!sv_eat(&rest, SV("$(")) && !sv_eat(&rest, SV("`")))
        return 0;
    rest = sv_trim_left(rest);
    if (!sv_eat(&rest, SV("date ")))
        return 0;
    end = sv_find_byte(sv_sub(rest, 0, 64), close, 0);
    if (end == SV_NPOS)
        return 0;
    f = sv_trim(sv_sub(rest, 0, end));
    utc = sv_eat(&f, SV("-u "));
    f = sv_trim_left(f);
    quoted = placeholder_unquote(&f);
    if (!sv_eat(&f, SV("+")))
        return 0;
    quoted |= placeholder_unquote(&f);
    if (!placeholder_is_format(f, quoted))
        return 0;
    *spec = arena_fmt(arena, "%s+%.*s", utc ? "-u " : "", SV_FMT(f));
    return (size_t)(rest.p + end + 1 - (text.p + at));
}

/*
 * NAME="$1" at the begin of a line: an argument of the script that the block was written as, which nobody gives here.
 * Its length, or 0; *name: NAME.  Inside of a function, which is indented, it is the function's own.
 */
static size_t placeholder_argument(struct sv text, size_t at, struct sv *name)
{
    size_t n = at + 1 < text.n && text.p[at + 1] == '{' ? 4 : 2, from = at, to;
    char digit = at + n / 2 < text.n ? text.p[at + n / 2] : '0';

    if (digit < '1' || digit > '9' || at + n > text.n || (n == 4 && text.p[at + 3] != '}') ||
        (n == 2 && at + n < text.n && ascii_is_digit(text.p[at + n])))
        return 0;
    from -= from > 0 && text.p[from - 1] == '"';
    if (from == 0 || text.p[from - 1] != '=')
        return 0;
    to = --from;
    while (from > 0 && ascii_is_word(text.p[from - 1]))
        from--;
    if (from == to || (from > 0 && text.p[from - 1] != '\n'))
        return 0;
    *name = sv_sub(text, from, to);
    return n;
}

static bool placeholder_at(struct sv text, size_t at, bool is_template, struct arena *arena,
                           struct placeholder *ret)
{
    size_t n;

    ret->from = at;
    n = placeholder_date(text, at, arena, &ret->name);
    if (n) {
        ret->kind = PLACEHOLDER_DATE;
        ret->to = at + n;
        return true;
    }
    n = text.p[at] == '$' ? placeholder_argument(text, at, &ret->raw) : 0;
    if (n) {
        ret->kind = PLACEHOLDER_WORD;
        ret->to = at + n;
        return true;
    }
    n = sv_starts(sv_sub(text, at, text.n), SV("{{")) ? placeholder_double(text, at, &ret->raw) : 0;
    if (n) {
        ret->kind = PLACEHOLDER_BRACE;
        ret->to = at + n;
        return true;
    }
    if (placeholder_bracket(text, at, is_template, ret)) {
        ret->to = at + ret->raw.n + 2;
        return true;
    }
    n = placeholder_word(text, at);
    if (!n)
        n = placeholder_moment(text, at);
    ret->kind = PLACEHOLDER_WORD;
    if (!n) {
        n = placeholder_example(text, at);
        ret->kind = PLACEHOLDER_EXAMPLE;
    }
    if (!n) {
        n = placeholder_version(text, at);
        ret->kind = PLACEHOLDER_WORD;
    }
    ret->to = at + n;
    ret->raw = sv_sub(text, at, at + n);
    return n > 0;
}

void placeholder_find_values(struct sv text, struct arena *arena, struct placeholders *ret)
{
    VEC(struct placeholder) found = {0};
    struct sv rest = text, line;

    while (sv_next_line(&rest, &line)) {
        size_t at = sv_find(line, SV(": <"), 0);
        struct placeholder p = {.kind = PLACEHOLDER_ANGLE};

        if (at == SV_NPOS)
            at = sv_find(line, SV("= <"), 0);
        if (at == SV_NPOS)
            continue;
        p.raw = sv_trim(sv_sub(line, at + 2, line.n));
        if (!placeholder_is_angle(p.raw, 0, placeholder_inside(p.raw, 0, '>')) ||
            !sv_ends(p.raw, SV(">")))
            continue;
        p.from = (size_t)(p.raw.p - text.p);
        p.to = p.from + p.raw.n;
        p.name = placeholder_name(p.raw, arena);
        *vec_add(&found) = p;
    }
    ret->n = found.n;
    ret->v = arena_memdup(arena, found.v, found.n * sizeof(*found.v));
    vec_release(&found);
}

/*
 * May one begin here?  A letter inside a word begins none, but the X of "v" and a version; of the others only those
 * with which a word, a version or a host of placeholder_at() begins.
 */
static bool placeholder_begins(struct sv text, size_t i)
{
    static const bool begins[256] = {
        ['C'] = true, ['J'] = true, ['P'] = true, ['R'] = true, ['S'] = true,
        ['T'] = true, ['X'] = true, ['Y'] = true, ['c'] = true, ['p'] = true,
        ['s'] = true, ['v'] = true, ['y'] = true, ['<'] = true, ['['] = true,
        ['{'] = true, ['/'] = true, ['$'] = true, ['`'] = true};

    return begins[(unsigned char)text.p[i]] &&
           (i == 0 || !ascii_is_alpha(text.p[i]) || !ascii_is_alnum(text.p[i - 1]) ||
            text.p[i - 1] == 'v');
}

/* --- words of the document's own --- */

enum {
    PLACEHOLDER_LEARNED = 64,
    PLACEHOLDER_NAME = 100 /* bytes of a variable that is looked for */
};

/* "INSTANCE_NAME": capitals, and more than an abbreviation. */
static size_t placeholder_capitals(struct sv text)
{
    size_t n = 0;

    while (n < text.n &&
           (ascii_is_upper(text.p[n]) || ascii_is_digit(text.p[n]) || text.p[n] == '_'))
        n++;
    return n > 3 && ascii_is_upper(*text.p) && (n == text.n || !ascii_is_alpha(text.p[n])) ? n : 0;
}

void placeholder_learn(struct sv document, struct arena *arena, struct placeholder_words *ret)
{
    static const struct sv verbs[] = {SV("Replace "), SV("replace "), SV("Substitute "),
                                      SV("substitute ")};
    VEC(struct sv) found = {0}, set = {0};

    for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
        for (size_t at = sv_find(document, verbs[i], 0);
             at != SV_NPOS && found.n < PLACEHOLDER_LEARNED;
             at = sv_find(document, verbs[i], at + 1)) {
            struct sv rest = sv_sub(document, at + verbs[i].n, document.n), word;
            size_t n;

            (void)(sv_eat(&rest, SV("`")) || sv_eat(&rest, SV("**")));
            n = placeholder_capitals(rest);
            word = sv_sub(rest, 0, n);
            rest = sv_sub(rest, n, rest.n);
            (void)(sv_eat(&rest, SV("`")) || sv_eat(&rest, SV("**")));
            if (n && (sv_starts(rest, SV(" with ")) || sv_starts(rest, SV(" by "))))
                *vec_add(&found) = word;
        }
    for (size_t at = sv_find_byte(document, '=', 0); at != SV_NPOS && set.n < PLACEHOLDER_LEARNED;
         at = sv_find_byte(document, '=', at + 1)) {
        size_t from = at;

        while (from > 0 && at - from < PLACEHOLDER_NAME && ascii_is_word(document.p[from - 1]))
            from--;
        if (placeholder_is_yours(sv_sub(document, from, at)))
            *vec_add(&set) = sv_sub(document, from, at);
    }
    ret->n_set = set.n;
    ret->set = arena_memdup(arena, set.v, set.n * sizeof(*set.v));
    vec_release(&set);
    ret->n = found.n;
    ret->v = arena_memdup(arena, found.v, found.n * sizeof(*found.v));
    vec_release(&found);
}

/* A word that the document says is replaced; false: none begins here. */
static bool placeholder_is_known(struct sv text, size_t at, const struct placeholder_words *known,
                                 struct placeholder *ret)
{
    size_t n;

    if (!known || !known->n || !ascii_is_upper(text.p[at]) ||
        (at > 0 && ascii_is_word(text.p[at - 1])))
        return false;
    n = placeholder_capitals(sv_sub(text, at, text.n));
    if (placeholder_is_variable(text, at, n))
        return false;
    for (size_t i = 0; n && i < known->n; i++)
        if (sv_eq(known->v[i], sv_sub(text, at, at + n))) {
            *ret = (struct placeholder){.kind = PLACEHOLDER_WORD,
                                        .from = at,
                                        .to = at + n,
                                        .raw = sv_sub(text, at, at + n)};
            return true;
        }
    return false;
}

/* What placeholder_mark() knows; false: none begins here. */
static bool placeholder_is_marked(struct sv text, size_t at, bool is_template,
                                  const struct placeholder_words *known, struct placeholder *ret)
{
    static const bool begins[256] = {
        ['$'] = true, ['%'] = true, ['@'] = true, ['_'] = true, ['#'] = true,  ['<'] = true,
        ['['] = true, ['{'] = true, ['.'] = true, ['x'] = true, [0xc2] = true, [0xe2] = true};
    unsigned char c = (unsigned char)text.p[at];
    size_t n;

    if (!(begins[c] || ascii_is_upper((char)c)) ||
        (ascii_is_alpha((char)c) && at > 0 && ascii_is_alnum(text.p[at - 1])))
        return false;
    *ret = (struct placeholder){.kind = PLACEHOLDER_WORD, .from = at};
    n = placeholder_mark(text, at, is_template, known, &ret->raw);
    ret->to = at + n;
    return n > 0;
}

void placeholder_find(struct sv text, bool is_template, const struct placeholder_words *known,
                      struct arena *arena, struct placeholders *ret)
{
    VEC(struct placeholder) found = {0};

    for (size_t i = 0; i < text.n; i++) {
        struct placeholder p = {0};

        if (!placeholder_is_known(text, i, known, &p) &&
            (!placeholder_begins(text, i) || !placeholder_at(text, i, is_template, arena, &p)) &&
            !placeholder_is_marked(text, i, is_template, known, &p))
            continue;
        if (p.kind != PLACEHOLDER_DATE)
            p.name = placeholder_name(p.raw, arena);
        p.raw = sv_sub(text, p.from, p.to);
        if (p.name.n == 0)
            continue;
        *vec_add(&found) = p;
        i = p.to - 1;
    }
    ret->n = found.n;
    ret->v = arena_memdup(arena, found.v, found.n * sizeof(*found.v));
    vec_release(&found);
}

struct sv placeholder_mask(struct sv text, const struct placeholders *ph, struct arena *arena)
{
    char *copy;

    if (ph->n == 0)
        return text;
    copy = arena_strdup(arena, text);
    for (size_t i = 0; i < ph->n; i++)
        memset(copy + ph->v[i].from, 'x', ph->v[i].to - ph->v[i].from);
    return (struct sv){copy, text.n};
}
