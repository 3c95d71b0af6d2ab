/*
 * placeholder_mark: what templates and careful authors leave to be filled in: VERSION_HERE, $YOUR_TAG that nothing sets,
 * NEW_VERSION, i-xxxxxxxx, x.x.x.x, %VERSION%, @VERSION@, __TAG__, #{tag}, <<tag>>, «tag», and the rest of a
 * command that is only hinted at ("...").
 */
#include <string.h>

#include "base/sv.h"
#include "runbook/placeholder_int.h"
#include "runbook/told_verb.h"

static char mark_before(struct sv text, size_t at)
{
    return at > 0 ? text.p[at - 1] : ' ';
}

static char mark_after(struct sv text, size_t at)
{
    return at < text.n ? text.p[at] : ' ';
}

/* The line up to there. */
static struct sv mark_line(struct sv text, size_t at)
{
    size_t from = at;

    while (from > 0 && at - from < 1024 && text.p[from - 1] != '\n')
        from--;
    return sv_sub(text, from, at);
}

/* Letters of one kind, and '_'. */
static size_t mark_word(struct sv text, size_t at, bool capitals)
{
    size_t n = 0;

    while (at + n < text.n &&
           (text.p[at + n] == '_' || ascii_is_digit(text.p[at + n]) ||
            (capitals ? ascii_is_upper(text.p[at + n]) : told_is_small(text.p[at + n]))))
        n++;
    return n;
}

static size_t mark_run(struct sv text, size_t at, char c)
{
    size_t n = 0;

    while (at + n < text.n && text.p[at + n] == c)
        n++;
    return n;
}

/* Does the command take names of variables, or words to look for? */
static bool mark_takes_names(struct sv line)
{
    struct sv word;

    while (sv_next_word(&line, &word))
        if (told_starts(word,
                        WORDS_HERE("export unset printenv grep egrep rg sed awk declare -e --env")))
            return true;
    return false;
}

/* Is it what differs from release to release?  NEW_UI and OLD_PRICES are names of flags and columns. */
static bool mark_differs(struct sv word)
{
    struct sv last = word, part;

    while (sv_split(&word, '_', &part))
        last = part;
    return told_starts(
        last,
        WORDS_HERE("version tag image release build commit sha revision digest branch hash "
                   "host hostname server node ip address primary master standby replica leader "
                   "port url domain dsn endpoint password secret token key username user name id "
                   "db database cert certificate file path dir"));
}

/* VERSION_HERE, NEW_VERSION; three X or N of a name. */
static size_t mark_capitals(struct sv text, size_t at)
{
    static const struct sv fronts[] = {SV("NEW_"),    SV("OLD_"), SV("PREVIOUS_"),
                                       SV("TARGET_"), SV("MY_"),  SV("SOME_")};
    char before = mark_before(text, at);
    size_t n, run = mark_run(text, at, text.p[at]);
    struct sv word;

    if (run > 2 && (text.p[at] == 'X' || text.p[at] == 'N') && !ascii_is_alnum(before) &&
        !ascii_is_alnum(mark_after(text, at + run)) && before != '$' &&
        !sv_has(mark_line(text, at), SV("mktemp")))
        return run;
    if (ascii_is_word(before) || before == '$' ||
        (before == '{' && mark_before(text, at - 1) == '$'))
        return 0;
    n = mark_word(text, at, true);
    word = sv_sub(text, at, at + n);
    if (ascii_is_alnum(mark_after(text, at + n)) || strchr("=([", mark_after(text, at + n)))
        return 0;
    if (n > 5 && sv_ends(word, SV("_HERE")))
        return n;
    for (size_t i = 0; i < ARRAY_LEN(fronts); i++)
        if (sv_eat(&word, fronts[i]))
            return mark_differs(word) && !mark_takes_names(mark_line(text, at)) ? n : 0;
    return 0;
}

/* i-xxxxxxxx, x.x.x.x, xxx.xxx.xxx.xxx */
static size_t mark_small(struct sv text, size_t at)
{
    char before = mark_before(text, at);
    size_t n = mark_run(text, at, 'x'), groups = 1, end = at + n;

    if (ascii_is_alnum(before) || before == '$' || before == '\\' ||
        (before == '.' && mark_after(text, end) == '.')) /* inside of one */
        return 0;
    while (mark_after(text, end) == '.' && mark_run(text, end + 1, 'x')) {
        end += 1 + mark_run(text, end + 1, 'x');
        groups++;
    }
    if (groups == 1 && n < 4)
        return 0;
    if (groups == 2 || ascii_is_word(mark_after(text, end)) ||
        (groups > 2 && (before == '_' || mark_after(text, end) == '.')))
        return 0;
    return end - at;
}

bool placeholder_is_yours(struct sv name)
{
    return name.n > 5 && (sv_starts(name, SV("YOUR_")) || sv_ends(name, SV("_HERE")));
}

/* $YOUR_TAG, ${VERSION_HERE}: a variable that the document does not set. */
static size_t mark_variable(struct sv text, size_t at, const struct placeholder_words *known,
                            struct sv *name)
{
    bool brace = mark_after(text, at + 1) == '{';
    size_t from = at + 1 + brace, n = mark_word(text, from, true);
    struct sv word = sv_sub(text, from, from + n);

    if (!placeholder_is_yours(word) || (brace && mark_after(text, from + n) != '}') ||
        told_is_small(mark_after(text, from + n)))
        return 0;
    for (size_t i = 0; known && i < known->n_set; i++)
        if (sv_eq(known->set[i], word))
            return 0;
    *name = word;
    return from + n + brace - at;
}

/* A name between marks of the same length: %VERSION%, __TAG__, <<tag>>. */
static size_t mark_between(struct sv text, size_t at, struct sv open, struct sv close,
                           bool capitals, struct sv *name)
{
    size_t from = at + open.n, n = mark_word(text, from, capitals);

    if (!capitals)
        while (from + n < text.n &&
               (ascii_is_word(text.p[from + n]) || strchr("-. ", text.p[from + n])))
            n++;
    *name = sv_sub(text, from, from + n);
    while (sv_ends(*name, SV("_")) && sv_starts(close, SV("_")))
        name->n--;
    return sv_starts(sv_sub(text, at, text.n), open) && name->n > 1 && ascii_is_alpha(*name->p) &&
                   sv_starts(sv_sub(text, from + name->n, text.n), close) &&
                   !ascii_is_word(mark_after(text, from + name->n + close.n))
               ? open.n + name->n + close.n
               : 0;
}

/* "...", "…" as a word of its own outside of quotes: what else belongs there. */
static size_t mark_rest(struct sv text, size_t at)
{
    size_t n = 3, quotes = 0; /* bytes of both */
    struct sv line = mark_line(text, at);

    if (!(sv_starts(sv_sub(text, at, text.n), SV("...")) ||
          sv_starts(sv_sub(text, at, text.n), SV("…"))) ||
        !ascii_is_space(mark_before(text, at)) || !ascii_is_space(mark_after(text, at + n)) ||
        !sv_trim(line).n || *sv_trim(line).p == '#')
        return 0;
    for (size_t i = 0; i < line.n; i++)
        quotes += line.p[i] == '"' || line.p[i] == '\'' ||
                  (line.p[i] == '#' && i > 0 && line.p[i - 1] == ' ');
    return quotes % 2 == 0 && !sv_has(line, SV("echo")) ? n : 0;
}

/* [version], {version}: of small letters, as a whole word or part of a path. */
static size_t mark_whole(struct sv text, size_t at, char close, struct sv *name)
{
    size_t n = 0;

    while (at + 1 + n < text.n &&
           (told_is_small(text.p[at + 1 + n]) ||
            (n > 0 && strchr("-_", text.p[at + 1 + n]) && text.p[at + 1 + n])))
        n++;
    *name = sv_sub(text, at + 1, at + 1 + n);
    return n > 3 && mark_after(text, at + 1 + n) == close &&
                   (ascii_is_space(mark_before(text, at)) ||
                    strchr("=:/", mark_before(text, at))) &&
                   (ascii_is_space(mark_after(text, at + n + 2)) ||
                    strchr("/:.\"", mark_after(text, at + n + 2)))
               ? n + 2
               : 0;
}

size_t placeholder_mark(struct sv text, size_t at, bool is_template,
                        const struct placeholder_words *known, struct sv *name)
{
    size_t n = 0;

    *name = (struct sv){NULL, 0};
    switch (text.p[at]) {
    case '$': return mark_variable(text, at, known, name);
    case '%':
        return ascii_is_alnum(mark_before(text, at)) || mark_before(text, at) == '%'
                   ? 0
                   : mark_between(text, at, SV("%"), SV("%"), true, name);
    case '@':
        return ascii_is_word(mark_before(text, at))
                   ? 0
                   : mark_between(text, at, SV("@"), SV("@"), true, name);
    case '_':
        return ascii_is_word(mark_before(text, at))
                   ? 0
                   : mark_between(text, at, SV("__"), SV("__"), true, name);
    case '#': return mark_between(text, at, SV("#{"), SV("}"), false, name);
    case '<': return mark_between(text, at, SV("<<"), SV(">>"), false, name);
    case '\xc2': return mark_between(text, at, SV("«"), SV("»"), false, name);
    case '[': return is_template ? 0 : mark_whole(text, at, ']', name);
    case '{': return is_template ? 0 : mark_whole(text, at, '}', name);
    case '.':
    case '\xe2':
        n = is_template ? 0 : mark_rest(text, at);
        *name = SV("rest");
        return n;
    default: break;
    }
    n = text.p[at] == 'x' ? mark_small(text, at) : mark_capitals(text, at);
    *name = sv_sub(text, at, at + n);
    return n;
}
