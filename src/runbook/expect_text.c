/*
 * Expected outputs of several lines, messages of databases, and what a text speaks of.
 */
#include <string.h>

#include "base/sv.h"
#include "base/text.h"
#include "runbook/expect_int.h"

#define COUNT "[0-9]+|zero|one|two|three|four|five|six|seven|eight|nine|ten"

const char *const expect_patterns[EXPECT_RE__N] = {
    [EXPECT_RE_CONSTRAINT] = "\\b(check|unique|foreign key|not[- ]null|exclusion) constraint\\b",
    [EXPECT_RE_NAME] = "constraint \"([A-Za-z0-9_.]+)\"",
    [EXPECT_RE_FIGURE] = "^[0-9][0-9.,]* ?%?$",
    [EXPECT_RE_MOMENT] =
        ("\\b[0-9]+(?:\\.[0-9]+)? ?(?:ms|s|secs?|seconds?|minutes?)\\b|\\b[0-9]{4}-[0-9]{2}-[0-9]{2}|"
         "\\b[0-9]{1,2}:[0-9]{2}\\b|\\b(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{7,40}\\b"),
    [EXPECT_RE_CLAIM] =
        ("^(?:[0-9]+[.)] )?(?:check|verify|confirm|ensure|make sure|prüfen|prüfe)(?: that)? .+ "
         "(?:(?:up and )?running|up|active|healthy|normal|stable|green|correct|consistent|"
         "low|stopped|inactive|successful(?:ly)?|(?:returned )?to normal|matche?s? .+|läuft|stabil)"
         "(?: \\([^)]*\\))?$"),
    [EXPECT_RE_LOOK] = ("^(?:[0-9]+[.)] )?(?:please |then |now |next |finally |also )*"
                        "(?:check|verify|confirm|ensure|make sure|validate|review|inspect|look at|"
                        "prüfe|prüfen)\\b"),
    [EXPECT_RE_LIMIT] =
        ("[<>\xe2\x89\xa4\xe2\x89\xa5]=? ?[0-9]|"
         "\\b(?:at least|at most|(?:more|less|fewer|greater|higher|lower|larger|smaller|longer) than|"
         "under|over|above|below|exceeds|a minimum of|a maximum of|"
         "über|unter|mindestens|höchstens|maximal|(?:mehr|weniger|größer|kleiner) als|"
         "au moins|au plus|(?:plus|moins) de|al menos|(?:más|menos) de|pelo menos|mais de) [0-9]"),
    [EXPECT_RE_STATE] =
        ("^(?!(?:if|when|once|until|unless|whether|wenn|falls|sobald)\\b)(?=.*\\b(?:is|are|has|have|equals?|matches|"
         "ist|sind|hat|haben|entspricht) \\S)"
         "(?!.*\\b(?:command|done|shown|listed|printed|found|checked|available|by|with|in|using|via|as|at|from|befehl|mit|per|über)$)"),
    [EXPECT_RE_SHOWER] =
        ("^(?!.*(?:\\|\\|?|&&) *[ef]?(?:grep|test)\\b)(?:sudo )?(?:"
         "(?:cat|head|tail|echo|df|du|free|uptime|date|hostname|whoami|id|uname|env|printenv|ps|ss|netstat|lsblk|nproc|w|who|"
         "last|crontab|readlink|journalctl|mount|lsof|wc|dig|nslookup|psql|sqlite3|mysql|redis-cli|wget|"
         "curl(?!.* (?:-\\w*f|--fail))"
         "|git (?:log|branch|status|describe|rev-parse|show|remote|tag)|(?:docker|podman) (?:ps|images|stats|logs|version)|"
         "docker[- ]compose ps|kubectl (?:get|describe|top|version|logs)|helm (?:list|ls|history)|"
         "alembic (?:current|heads|history))\\b|.* (?:--version|-[vV])$)"),
    [EXPECT_RE_HUNT] = ("^(?:[0-9]+[.)] )?(?:check|look|search|scan|grep) (?:the )?(?:logs? )?for "
                        "(?:any |new |recent )*(?:[\\w-]+ ){0,2}"
                        "(?:errors?|exceptions?|failures?|violations?|tracebacks?|panics?)\\b"),
    [EXPECT_RE_HUNTED] = "error|fail|exception|violat|fatal|panic|traceback",
    [EXPECT_RE_SAID] =
        ("^(?:the |this |that |its )?(?:(?:output|results?|response|answer|query|command|count|number|value|list|it|this|that) )?"
         "(?:(?:has|have|needs) to |(?=must |should ))((?:must |should )?(?:not )?(?:(?:return|print|show|say|answer|contain|exit|report|give|"
         "yield|list|display|output|equal)\\b.+|succeed|fail|"
         "be (?:empty|zero|non-?empty|[0-9<>=\"'`]|at least |at most |more than |less than |fewer than |exactly |between ).*))$"),
    [EXPECT_RE_WANTED] =
        ("^((?:" COUNT "|no) (?:rows?|results?|records?|lines?|matches|errors?)|nothing|no output) "
         "(?:(?:is |are )?expected|(?:must|should) be (?:printed|shown|returned|found|listed))$|"
         "^expect(?:s|ing)? ((?:" COUNT "|no|at least|at most|exactly|<|>)\\b.+|nothing)$"),
    [EXPECT_RE_SILENT] = EXPECT_SILENT,
    [EXPECT_RE_WAIVER] = "\\((?:or|optional|if|unless|except|sofern|falls)\\b",
};

/* clang-format off */
const struct expect_work expect_works[EXPECT_WORKS] = {
    {"\\bmigrations?\\b", "alembic|migrat|db[: ](?:upgrade|downgrade)|flyway|liquibase|goose|dbmate|sqitch"},
    {"\\btests?\\b|\\bsuites?\\b", "pytest|\\bn?px? ?(?:run )?test|\\bmake (?:check|test)|ctest|go test|cargo test|jest|\\bmvn\\b|gradle|tox|meson test"},
    {"\\bbuilds?\\b", "build|\\bmake\\b|webpack|cargo|\\bmvn\\b|gradle|compile|ninja"},
    {"\\bbackups?\\b|\\bdumps?\\b", "dump|backup|\\bcp\\b|\\btar\\b|rsync"},
    {"\\brestores?\\b", "restore|psql.*<|gunzip|\\bzcat\\b"},
    {"\\bconnect(?:s|ion|ions|ivity)?\\b|\\bping\\b", "psql|sqlite3|mysql|redis-cli|curl|\\bnc\\b|ping|pg_isready|ssh|telnet"},
    {"\\b(?:copy|copies|upload|uploads|download|downloads)\\b", "\\bcp\\b|scp|rsync|curl|wget|aws s3|rclone"},
    {"\\binstall(?:s|ation)?\\b", "install|\\bpip\\b|\\bnpm\\b|\\bapt|\\bdnf\\b|\\byum\\b"},
};
/* clang-format on */

bool expect_is_claim(struct expect_reader *r, struct sv text)
{
    return regex_has(expect_pattern(r, EXPECT_RE_CLAIM), sv_trim(text));
}

bool expect_is_look(struct expect_reader *r, struct sv text)
{
    return regex_has(expect_pattern(r, EXPECT_RE_LOOK), sv_trim(text));
}

bool expect_is_limit(struct expect_reader *r, struct sv text)
{
    return regex_has(expect_pattern(r, EXPECT_RE_LIMIT), text);
}

bool expect_is_silent(struct expect_reader *r, struct sv text)
{
    return regex_has(expect_pattern(r, EXPECT_RE_SILENT), sv_trim(text));
}

bool expect_is_state(struct expect_reader *r, struct sv text, struct sv command)
{
    return regex_has(expect_pattern(r, EXPECT_RE_STATE), text) &&
           regex_has(expect_pattern(r, EXPECT_RE_SHOWER), sv_trim(command));
}

bool expect_is_said(struct expect_reader *r, struct sv text, struct sv *rest)
{
    struct sv t = sv_trim(text);
    struct regex_match g[3];

    while (t.n && t.p[t.n - 1] == '.')
        t = sv_trim(sv_sub(t, 0, t.n - 1));
    if (!regex_find(expect_pattern(r, EXPECT_RE_SAID), t, 0, g, 2)) {
        if (!regex_find(expect_pattern(r, EXPECT_RE_WANTED), t, 0, g, 3))
            return false;
        if (g[1].from == SV_NPOS)
            g[1] = g[2];
    }
    *rest = sv_sub(t, g[1].from, g[1].to);
    return true;
}

enum expect_hunt expect_hunt(struct expect_reader *r, struct sv text, struct sv command)
{
    if (!regex_has(expect_pattern(r, EXPECT_RE_HUNT), sv_trim(text)))
        return HUNT_NONE;
    return regex_has(expect_pattern(r, EXPECT_RE_HUNTED), command) ? HUNT_EMPTY : HUNT_ASK;
}

/* Words that name no work. */
static bool expect_is_common(struct sv word)
{
    static const struct sv words[] = {
        SV("completes"),  SV("completed"), SV("complete"), SV("finishes"),     SV("runs"),
        SV("successful"), SV("succeeds"),  SV("success"),  SV("successfully"), SV("without"),
        SV("errors"),     SV("error"),     SV("should"),   SV("passes"),       SV("passing"),
        SV("command"),    SV("script"),    SV("check"),    SV("cleanly"),      SV("status"),
        SV("exits"),      SV("exit"),      SV("code"),     SV("pass"),         SV("valid"),
        SV("with"),       SV("must"),      SV("both"),     SV("this"),         SV("ends"),
        SV("executes"),   SV("applies"),   SV("output"),   SV("there")};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (sv_eq_nocase(words[i], word))
            return true;
    return word.n < 4;
}

bool expect_speaks_of(struct expect_reader *r, struct sv text, struct sv command)
{
    struct sv rest = text, word;
    bool names = false;

    for (size_t i = 0; i < EXPECT_WORKS; i++)
        if (regex_has(expect_work_words(r, i), text)) {
            if (regex_has(expect_work_commands(r, i), command))
                return true;
            names = true;
        }
    while (!names && sv_next_word(&rest, &word)) {
        while (word.n && !ascii_is_word(word.p[word.n - 1]))
            word.n--;
        if (expect_is_common(word))
            continue;
        if (sv_has_nocase(command, word))
            return true;
        names = true;
    }
    return !names;
}

/* Does the line print something before byte `at`? */
static bool expect_prints(struct sv line, size_t at)
{
    static const struct sv prints[] = {SV("print"), SV("echo "), SV("console.log("), SV("puts "),
                                       SV("Println(")};

    for (size_t i = 0; i < ARRAY_LEN(prints); i++) {
        size_t found = sv_find(line, prints[i], 0);

        if (found != SV_NPOS && found < at)
            return true;
    }
    return false;
}

bool expect_is_printed(struct expect_reader *r, struct sv text, struct sv code, struct arena *arena,
                       struct rb_expect *e)
{
    struct sv bare = expect_bare(text), line;

    if (bare.n < 4 || regex_has(expect_pattern(r, EXPECT_RE_WAIVER), text))
        return false;
    while (sv_next_line(&code, &line)) {
        size_t at = sv_find(line, bare, 0);

        struct rb_expect found = {.op = OP_EQ, .line = e->line, .source = e->source};

        if (at != SV_NPOS && expect_prints(line, at) &&
            expect_form_text(bare, false, arena, &found)) {
            found.text = arena_sv(arena, found.text);
            *e = found;
            return true;
        }
    }
    return false;
}

/* --- messages --- */

static void expect_add(expect_list *out, enum rb_expect_form form, struct sv text)
{
    *vec_add(out) = (struct rb_expect){.form = form, .op = OP_EQ, .text = text};
}

/* The words of a message, whatever blanks the tool puts between them (psql writes two after "ERROR:"). */
static struct sv expect_spaced(struct sv text, struct arena *arena)
{
    CLEANUP(strbuf_release) struct strbuf re = STRBUF(0);
    struct sv word;

    while (sv_next_word(&text, &word)) {
        if (re.n)
            strbuf_add_str(&re, "\\s+");
        for (size_t i = 0; i < word.n; i++) {
            if (!ascii_is_word(word.p[i]) && (unsigned char)word.p[i] < 0x80)
                strbuf_add_byte(&re, '\\');
            strbuf_add_byte(&re, word.p[i]);
        }
    }
    return arena_sv(arena, strbuf_sv(&re));
}

/*
 * People write a constraint's message from memory.  PostgreSQL says `violates check constraint "NAME"`, SQLite
 * `CHECK constraint failed: NAME`.
 */
static struct sv expect_constraint(struct expect_reader *r, struct sv text, struct arena *arena)
{
    struct regex_match g[2];
    struct sv kind, name = {"", 0};

    if (!regex_find(expect_pattern(r, EXPECT_RE_CONSTRAINT), text, 0, g, 2))
        return (struct sv){NULL, 0};
    kind = sv_sub(text, g[1].from, g[1].to);
    if (regex_find(expect_pattern(r, EXPECT_RE_NAME), text, 0, g, 2))
        name = sv_sub(text, g[1].from, g[1].to);
    if (name.n)
        return arena_fmt(arena,
                         "(?i)violates %.*s constraint \"%.*s\"|%.*s constraint failed: %.*s\\b",
                         SV_FMT(kind), SV_FMT(name), SV_FMT(kind), SV_FMT(name));
    return arena_fmt(arena, "(?i)violates %.*s constraint|%.*s constraint failed", SV_FMT(kind),
                     SV_FMT(kind));
}

bool expect_read_error(struct expect_reader *r, struct sv clause, struct arena *arena,
                       expect_list *out)
{
    struct sv text = sv_trim(clause), pattern;

    if (!sv_eat(&text, SV("ERROR")) && !sv_eat(&text, SV("Error:")) &&
        !sv_eat(&text, SV("Fehler:")))
        return false;
    if ((text.n && ascii_is_word(*text.p)) || text_bad_utf8(text) != SV_NPOS)
        return false;
    (void)sv_eat(&text, SV(":"));
    text = sv_trim(text);
    if (text.n > 1 && *text.p == '(' && text.p[text.n - 1] == ')')
        text = sv_trim(sv_sub(text, 1, text.n - 1));
    expect_add(out, EXPECT_FAIL, (struct sv){NULL, 0});
    pattern = expect_constraint(r, text, arena);
    if (!pattern.p)
        pattern = expect_spaced(text, arena);
    if (pattern.n)
        expect_add(out, EXPECT_MATCHES, pattern);
    return true;
}

/* A printed dictionary: its order is not the author's, so each member is looked for alone. */
bool expect_read_members(struct sv clause, struct arena *arena, expect_list *out)
{
    struct sv rest = sv_trim(clause), piece;
    size_t before = out->n;

    if (rest.n < 4 || *rest.p != '{' || rest.p[rest.n - 1] != '}' || !sv_has(rest, SV("': ")))
        return false;
    rest = sv_sub(rest, 1, rest.n - 1);
    while (expect_next_clause(&rest, &piece)) {
        struct rb_expect e = {.op = OP_EQ};

        if (!expect_form_text(piece, false, arena, &e)) /* uncovered: a clause is never empty */
            continue;
        *vec_add(out) = e;
    }
    return out->n > before;
}

/* --- lists of names --- */

struct sv expect_names_in(struct sv text)
{
    static const struct sv words[] = {SV(" including "), SV(" including: ")};

    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        size_t at = sv_find_nocase(text, words[i], 0);
        struct sv names =
            at == SV_NPOS ? (struct sv){NULL, 0} : sv_trim(sv_sub(text, at + words[i].n, text.n));

        if (names.n && sv_find_byte(names, ',', 0) != SV_NPOS)
            return names;
    }
    return (struct sv){NULL, 0};
}

/* One name, without quotes; empty: it is none that is printed as it stands. */
static struct sv expect_name(struct sv word)
{
    word = sv_trim(word);
    if (word.n > 2 && strchr("`\"'", *word.p) && word.p[word.n - 1] == *word.p)
        return sv_sub(word, 1, word.n - 1);
    while (word.n && word.p[word.n - 1] == '.')
        word.n--;
    for (size_t i = 0; i < word.n; i++)
        if (!ascii_is_word(word.p[i]) && !strchr(".-/:", word.p[i]))
            return (struct sv){NULL, 0};
    return word;
}

/* "users", "users and orders": each of them; false: something else. */
static bool expect_add_names(struct sv piece, struct arena *arena, expect_list *out)
{
    static const struct sv and = SV(" and ");
    struct sv name, other;
    size_t at;

    piece = sv_trim(piece);
    (void)sv_eat_nocase(&piece, SV("and "));
    at = sv_find_nocase(piece, and, 0);
    name = expect_name(sv_sub(piece, 0, at));
    if (!name.n)
        return false;
    expect_add(out, EXPECT_CONTAINS, arena_sv(arena, name));
    if (at == SV_NPOS)
        return true;
    other = expect_name(sv_sub(piece, at + and.n, piece.n));
    if (other.n)
        expect_add(out, EXPECT_CONTAINS, arena_sv(arena, other));
    return other.n > 0;
}

bool expect_read_names(struct sv clause, struct arena *arena, expect_list *out)
{
    struct sv rest = expect_names_in(clause), word;
    size_t before = out->n;

    if (!rest.n)
        return false;
    while (sv_split(&rest, ',', &word))
        if (!expect_add_names(word, arena, out)) {
            out->n = before;
            expect_add(out, EXPECT_ASK, arena_sv(arena, clause));
            break;
        }
    return true;
}

/* --- an output as it is shown --- */

/* "✓ ", "✅ ", "- ": marks before a line are not what counts. */
static struct sv expect_without_mark(struct sv s)
{
    size_t n = 0;

    while (n < s.n && (unsigned char)s.p[n] >= 0x80)
        n++;
    return n > 0 && n < s.n && s.p[n] == ' ' ? sv_trim(sv_sub(s, n, s.n)) : s;
}

static bool expect_is_wild(struct sv cell)
{
    static const struct sv words[] = {
        SV("..."), SV("\xe2\x80\xa6"), SV("x"),   SV("n"),  SV("#"), SV("*"),
        SV("?"),   SV("xx"),           SV("xxx"), SV("nnn")};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (sv_eq_nocase(words[i], cell))
            return true;
    return cell.n > 2 && ((*cell.p == '(' && cell.p[cell.n - 1] == ')') ||
                          (*cell.p == '<' && cell.p[cell.n - 1] == '>'));
}

/* "---+----", "=====" */
static bool expect_is_ruler(struct sv line)
{
    size_t dashes = 0;

    for (size_t i = 0; i < line.n; i++) {
        if (!strchr("-=+| ", line.p[i]))
            return false;
        dashes += line.p[i] == '-' || line.p[i] == '=';
    }
    return dashes > 2;
}

/* A figure in a cell is of the day on which the author looked: whether it must be that one a person says. */
static void expect_add_row(struct expect_reader *r, struct sv line, struct arena *arena,
                           expect_list *out)
{
    CLEANUP(strbuf_release) struct strbuf cells = STRBUF(0);
    struct sv rest = line, cell;
    bool tells = false, figure = false;

    while (sv_split(&rest, '|', &cell)) {
        cell = sv_trim(cell);
        if (cells.n)
            strbuf_add_byte(&cells, '|');
        if (expect_is_wild(cell))
            strbuf_add_byte(&cells, '*');
        else
            strbuf_add_sv(&cells, cell);
        tells |= cell.n && !expect_is_wild(cell);
        figure |= regex_has(expect_pattern(r, EXPECT_RE_FIGURE), cell);
    }
    if (tells)
        expect_add(out, figure ? EXPECT_ASK : EXPECT_ROW,
                   figure ? arena_sv(arena, line) : arena_sv(arena, strbuf_sv(&cells)));
}

/* `uniq -c` puts the count first, which the author has from another day. */
static void expect_add_counted(struct sv line, struct arena *arena, expect_list *out)
{
    struct sv rest = line, count;

    (void)sv_next_word(&rest, &count);
    rest = sv_trim(rest);
    if (rest.n)
        expect_add(out, EXPECT_ROW, arena_fmt(arena, "*|%.*s", SV_FMT(rest)));
}

static void expect_add_line(struct expect_reader *r, struct sv line,
                            const struct expect_context *cx, struct arena *arena, expect_list *out)
{
    struct rb_expect e = {.op = OP_EQ};

    line = expect_without_mark(line);
    if (sv_find_byte(line, '|', 0) != SV_NPOS)
        expect_add_row(r, line, arena, out);
    else if (cx->counts)
        expect_add_counted(line, arena, out);
    else if (regex_has(expect_pattern(r, EXPECT_RE_MOMENT), line)) /* another one each time */
        expect_add(out, EXPECT_ASK, arena_sv(arena, line));
    else if (!expect_is_wild(line) && expect_form_text(line, false, arena, &e))
        *vec_add(out) = e;
}

/* JSON, a description of a table: its values are samples, its layout is the tool's. */
static bool expect_is_sample(struct sv text, const struct expect_context *cx)
{
    return cx->catalog || !text.n || *text.p == '{' || *text.p == '[';
}

/* "- Response time: < 50 ms", "- status: done": what is said of an output, not its lines. */
static bool expect_all_listed(struct sv text)
{
    struct sv line;
    bool any = false;

    while (sv_next_line(&text, &line)) {
        line = sv_trim(line);
        if (line.n && (line.n < 3 || (*line.p != '-' && *line.p != '*') || line.p[1] != ' '))
            return false;
        any |= line.n > 0;
    }
    return any;
}

void expect_read_output(struct expect_reader *r, struct sv text, size_t line,
                        const struct expect_context *cx, struct arena *arena, expect_list *out)
{
    struct sv rest = sv_trim(text), one;
    size_t first = out->n;
    struct rb_expect answer;
    bool listed;

    if (expect_read_answer(rest, cx, arena, &answer) && answer.form != EXPECT_ASK) {
        answer.line = line;
        answer.source = arena_sv(arena, rest);
        *vec_add(out) = answer;
        return;
    }
    if (expect_is_sample(rest, cx) || rest.n > EXPECT_MAX_BYTES) {
        *vec_add(out) = (struct rb_expect){.form = EXPECT_ASK,
                                           .line = line,
                                           .text = arena_sv(arena, rest),
                                           .source = arena_sv(arena, rest)};
        return;
    }
    listed = expect_all_listed(rest);
    for (rest = text; sv_next_line(&rest, &one); line++) {
        size_t before = out->n;

        one = sv_trim(one);
        if (listed && one.n) {
            expect_read(r, sv_sub(one, 2, one.n), line, cx, arena, out);
            continue;
        }
        if (expect_is_ruler(one)) {
            out->n = first; /* what stands above it is a heading */
            continue;
        }
        if (one.n)
            expect_add_line(r, one, cx, arena, out);
        for (size_t i = before; i < out->n; i++) {
            out->v[i].line = line;
            out->v[i].source = arena_sv(arena, one);
        }
    }
}
