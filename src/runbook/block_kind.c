/*
 * block_kind: what a fence is.
 */
#include <string.h>

#include "base/regex.h"
#include "base/sv.h"
#include "base/words.h"
#include "runbook/reader_int.h"
#include "runbook/sql_split.h"

const char *rb_block_name(enum rb_block_kind kind)
{
    static const char *const names[] = {
        [BLOCK_SHELL] = "shell",       [BLOCK_SQL] = "sql",         [BLOCK_HTTP] = "http",
        [BLOCK_SETTINGS] = "settings", [BLOCK_LISTING] = "listing", [BLOCK_FILE] = "file",
        [BLOCK_CODE] = "code",         [BLOCK_OUTPUT] = "output",   [BLOCK_MESSAGE] = "message",
        [BLOCK_DRAWING] = "drawing",   [BLOCK_TEXT] = "text",
    };

    assert((unsigned)kind < BLOCK__N);
    return names[kind];
}

/* --- lines --- */

/* NAME=value, perhaps with a comment behind it. */
static bool block_is_setting(struct sv line)
{
    size_t n = 0;

    while (n < line.n &&
           (ascii_is_upper(line.p[n]) || ascii_is_digit(line.p[n]) || line.p[n] == '_'))
        n++;
    return n > 1 && n < line.n && line.p[n] == '=' && !sv_has(line, SV("$("));
}

/* A folder, or a file that nobody runs: "/etc/nginx/nginx.conf".  "/opt/shop/restart" is a command. */
static bool block_is_path(struct sv line)
{
    static const struct sv ends[] = {
        SV("/"),        SV(".cfg"), SV(".conf"), SV(".crt"), SV(".csv"), SV(".db"),   SV(".env"),
        SV(".html"),    SV(".ini"), SV(".json"), SV(".key"), SV(".log"), SV(".md"),   SV(".pem"),
        SV(".service"), SV(".sql"), SV(".toml"), SV(".txt"), SV(".xml"), SV(".yaml"), SV(".yml")};

    size_t remark = sv_find(line, SV(" #"), 0);

    line = sv_trim(sv_sub(line, 0, remark));
    if (line.n < 2 || *line.p != '/' || sv_find_byte(line, ' ', 0) != SV_NPOS)
        return false;
    if (remark != SV_NPOS) /* "/opt/app   # the checkout" */
        return true;
    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        if (sv_ends(line, ends[i]))
            return true;
    return false;
}

/* Does every line that is neither empty nor a comment pass?  There must be `least` of them. */
static bool block_all(struct sv text, size_t least, bool (*test)(struct sv line))
{
    struct sv line;
    size_t n = 0;

    while (sv_next_line(&text, &line)) {
        line = sv_trim(line);
        if (!line.n || *line.p == '#')
            continue;
        if (!test(line))
            return false;
        n++;
    }
    return n >= least;
}

/* "Python 3.11+", "Node.js 22+ (optional)", "PostgreSQL >= 14": what has to be installed, and no command. */
static bool block_is_requirement(struct sv line)
{
    struct sv word, number;

    if (!ascii_is_upper(*line.p) || !sv_next_word(&line, &word))
        return false;
    do {
        if (!sv_next_word(&line, &number))
            return false;
    } while (sv_is(number, ">=") || sv_is(number, "≥"));
    (void)sv_eat(&number, SV("v"));
    if (!number.n || !ascii_is_digit(*number.p))
        return false;
    for (size_t i = 0; i < number.n; i++)
        if (!ascii_is_digit(number.p[i]) && number.p[i] != '.' && number.p[i] != '+' &&
            number.p[i] != 'x')
            return false;
    line = sv_trim(line);
    return !line.n || *line.p == '(' || sv_starts_nocase(line, SV("or "));
}

static bool block_has_option(struct sv line)
{
    size_t at = sv_find(line, SV(" --"), 0);

    return at != SV_NPOS && at + 3 < line.n && ascii_is_alpha(line.p[at + 3]);
}

/*
 * Does a line look like a command of a program that is not known here: a path, "somectl", or a word
 * in small letters with an option behind it?  `before` is such a program, seen in a line before.
 */
static bool block_looks_like_command(struct sv line, struct sv before)
{
    struct sv word = block_first_word(line);

    for (size_t i = 0; i < word.n; i++)
        if (ascii_is_upper(word.p[i]) || !(ascii_is_word(word.p[i]) || strchr("./-~", word.p[i])))
            return false;
    if (!word.n || *word.p == '-' || ascii_is_digit(*word.p))
        return false;
    return sv_eq(word, before) || sv_ends(word, SV("ctl")) || sv_starts(word, SV("./")) ||
           block_has_option(line) ||
           (sv_find_byte(word, '/', 0) != SV_NPOS && !block_is_path(line));
}

bool block_box(struct sv line, struct sv *ret)
{
    static const struct sv boxes[] = {SV("[ ] "),    SV("[x] "),    SV("[X] "),   SV("[] "),
                                      SV("\u2610 "), SV("\u2611 "), SV("\u25a1 ")};

    line = sv_trim(line);
    if (!sv_eat(&line, SV("- ")))
        (void)sv_eat(&line, SV("* "));
    for (size_t i = 0; i < ARRAY_LEN(boxes); i++)
        if (sv_eat(&line, boxes[i])) {
            *ret = sv_trim(line);
            return ret->n > 0 &&
                   !sv_ends(*ret, SV(" ]")); /* "[ ] a [ ]": a form, or a test of sh */
        }
    return false;
}

/* "for h in a b; do", "done", "fi | sort": words of the shell that a sentence does not have so. */
static bool block_is_compound(struct sv line)
{
    static const struct sv closing[] = {SV("done"), SV("fi"), SV("esac"),
                                        SV("else"), SV("do"), SV("then")};
    struct sv word = block_first_word(line);

    if (sv_eq(word, SV("for")) || sv_eq(word, SV("while")) || sv_eq(word, SV("until")))
        return sv_has(line, SV("; do")) || sv_has(line, SV(";do"));
    if (sv_eq(word, SV("if")) || sv_eq(word, SV("elif")))
        return sv_has(line, SV("; then")) || sv_has(line, SV(";then"));
    for (size_t i = 0; i < ARRAY_LEN(closing); i++)
        if (sv_eq(line, closing[i]))
            return true;
    return sv_starts(line, SV("done ")) && strchr("<>|&;", line.p[5]);
}

/* "sudo reboot": whatever it is, it is a program. */
static bool block_is_sudo(struct sv line)
{
    struct sv program = block_first_word(line);

    if (!sv_starts(line, SV("sudo ")) || program.n < 2 ||
        !strchr("./~", *program.p) == !ascii_is_alpha(*program.p))
        return false;
    for (size_t i = 0; i < program.n; i++)
        if (ascii_is_upper(program.p[i]) ||
            !(ascii_is_word(program.p[i]) || strchr("./-~", program.p[i])))
            return false;
    return true;
}

static bool block_is_command(struct sv line, struct sv *before)
{
    char last = line.p[line.n - 1];
    struct sv boxed;

    if (block_box(line, &boxed))
        return false;
    if (last == ':' || last == ',' || sv_ends(line, SV("..")))
        return false;
    if (block_knows_command(line) || block_is_compound(line) || block_is_sudo(line))
        return true;
    if (!block_looks_like_command(line, *before))
        return false;
    *before = block_first_word(line);
    return true;
}

/*
 * Is every line a command, SQL typed into a client, or goes on the one before?  A text with the sign of a
 * table or log in it is none.
 */
static bool block_all_commands(struct sv text)
{
    struct sv line, before = {NULL, 0}, rest;
    struct block_open open = {0};
    bool goes_on = false, typed = false;
    size_t n = 0;

    while (sv_next_line(&text, &line)) {
        bool first = !goes_on && !block_goes_on(&open);

        block_behind(&open, line);
        goes_on = line.n && line.p[line.n - 1] == '\\';
        line = sv_trim(line);
        if (!first || !line.n || *line.p == '#' || (n > 0 && expect_is_label(line, &rest)))
            continue;
        n++;
        if (typed && sql_is_quit(line)) {
            typed = goes_on = false;
            continue;
        }
        if (typed) {
            goes_on = line.p[line.n - 1] != ';' && *line.p != '\\' && *line.p != '.';
            typed = sql_is_statement(line) || goes_on;
            if (typed)
                continue;
            goes_on = false;
        }
        typed = sql_is_client(line);
        if (!block_is_command(line, &before))
            return false;
    }
    return n > 0 && !block_goes_on(&open);
}

/* The same of programs that are known: "deployment.apps/shop configured" looks like a command. */
static bool block_all_known(struct sv text)
{
    struct sv rest = text, line = {NULL, 0};

    while ((!line.n || *line.p == '#') && sv_next_line(&rest, &line))
        line = sv_trim(line);
    return line.n && block_all_commands(text) &&
           (block_knows_command(line) || strchr("./~", *line.p));
}

static bool block_has_mark(struct sv text)
{
    static const struct sv marks[] = {SV("\xe2\x94\x82"),
                                      SV("\xe2\x94\x9c"),
                                      SV("\xe2\x94\x94"),
                                      SV("\xe2\x86\x93"),
                                      SV("\xe2\x96\xbc"),
                                      SV("\xe2\x94\x8c"),
                                      SV("+---"),
                                      SV("-->"),
                                      SV("--->"),
                                      SV("\xe2\x86\x92"),
                                      SV("\xc3\xa2\xe2\x80\xa0")};

    for (size_t i = 0; i < ARRAY_LEN(marks); i++)
        if (sv_has(text, marks[i]))
            return true;
    return false;
}

/* --- languages --- */

static const struct {
    struct sv lang;
    enum rb_block_kind kind;
} block_langs[] = {
    {SV("bash"), BLOCK_SHELL},          {SV("sh"), BLOCK_SHELL},
    {SV("shell"), BLOCK_SHELL},         {SV("zsh"), BLOCK_SHELL},
    {SV("ksh"), BLOCK_SHELL},           {SV("console"), BLOCK_SHELL},
    {SV("shell-session"), BLOCK_SHELL}, {SV("shellsession"), BLOCK_SHELL},
    {SV("sh-session"), BLOCK_SHELL},    {SV("bash-session"), BLOCK_SHELL},
    {SV("terminal"), BLOCK_SHELL},      {SV("sql"), BLOCK_SQL},
    {SV("postgresql"), BLOCK_SQL},      {SV("psql"), BLOCK_SQL},
    {SV("pgsql"), BLOCK_SQL},           {SV("mysql"), BLOCK_SQL},
    {SV("sqlite"), BLOCK_SQL},          {SV("plpgsql"), BLOCK_SQL},
    {SV("http"), BLOCK_HTTP},           {SV("env"), BLOCK_SETTINGS},
    {SV("dotenv"), BLOCK_SETTINGS},     {SV("properties"), BLOCK_SETTINGS},
    {SV("ini"), BLOCK_SETTINGS},        {SV("conf"), BLOCK_SETTINGS},
    {SV("mermaid"), BLOCK_DRAWING},     {SV("plantuml"), BLOCK_DRAWING},
    {SV("dot"), BLOCK_DRAWING},         {SV("graphviz"), BLOCK_DRAWING},
    {SV("ditaa"), BLOCK_DRAWING},       {SV("output"), BLOCK_OUTPUT},
    {SV("text"), BLOCK_TEXT},           {SV("txt"), BLOCK_TEXT},
    {SV("plain"), BLOCK_TEXT},          {SV("plaintext"), BLOCK_TEXT},
    {SV("none"), BLOCK_TEXT},           {SV("log"), BLOCK_LISTING},
    {SV("logs"), BLOCK_LISTING},
};

/* Languages with a console in their name, where a line may begin with root's "#". */
bool block_is_console(struct sv lang)
{
    return lang.n == 0 || sv_eq_nocase(lang, SV("console")) || sv_eq_nocase(lang, SV("terminal")) ||
           sv_eq_nocase(lang, SV("text")) || sv_has_nocase(lang, SV("session"));
}

bool block_lang_is_prose(struct sv lang)
{
    return lang.n == 0 || sv_eq_nocase(lang, SV("markdown")) || sv_eq_nocase(lang, SV("md")) ||
           sv_eq_nocase(lang, SV("text")) || sv_eq_nocase(lang, SV("txt"));
}

static enum rb_block_kind block_lang_kind(struct sv lang)
{
    for (size_t i = 0; i < ARRAY_LEN(block_langs); i++)
        if (sv_eq_nocase(lang, block_langs[i].lang))
            return block_langs[i].kind;
    return lang.n ? BLOCK_CODE : BLOCK_TEXT;
}

bool block_lang_runs(struct sv lang)
{
    enum rb_block_kind kind = block_lang_kind(lang);

    return kind == BLOCK_SHELL || kind == BLOCK_SQL || kind == BLOCK_HTTP;
}

/* --- files --- */

/* A word that can only be the name of a file: with a slash or a short extension, without blanks. */
static bool block_is_file_name(struct sv word)
{
    size_t dot = SV_NPOS;

    if (word.n < 3 || word.n > 200 || sv_has(word, SV("://")) || *word.p == '-' ||
        word.p[word.n - 1] == '/')
        return false;
    for (size_t i = 0; i < word.n; i++) {
        if (ascii_is_space(word.p[i]) || word.p[i] == '(' || word.p[i] == '=')
            return false;
        if (word.p[i] == '.')
            dot = i;
        else if (word.p[i] == '/')
            dot = SV_NPOS;
    }
    if (dot != SV_NPOS && word.n - dot > 1 && word.n - dot <= 12 && ascii_is_alpha(word.p[dot + 1]))
        return true;
    return *word.p == '/' || sv_eq(word, SV("Dockerfile")) || sv_eq(word, SV("Makefile")) ||
           sv_eq(word, SV("docker-compose"));
}

/* The first word of the text that is a file's name, without quotes and punctuation. */
static struct sv block_file_name(struct sv text)
{
    struct sv word;

    while (sv_next_word(&text, &word)) {
        while (word.n && strchr("`'\"(*[", *word.p))
            word = sv_sub(word, 1, word.n);
        while (word.n && strchr("`'\"):,;*]", word.p[word.n - 1]))
            word.n--;
        if (word.n && word.p[word.n - 1] == '.')
            word.n--;
        if (block_is_file_name(word))
            return word;
    }
    return (struct sv){NULL, 0};
}

/* Is the path one of a script, which is written in the language of commands? */
static bool block_is_script_name(struct sv path)
{
    static const struct sv ends[] = {SV(".sh"), SV(".bash"), SV(".env"), SV(".cron"), SV(".zsh")};

    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        if (sv_ends(path, ends[i]))
            return true;
    return false;
}

/* "title=deploy.yaml" of an info string, with or without quotes. */
static struct sv block_info_file(struct sv info)
{
    static const struct sv keys[] = {SV("title="), SV("filename="), SV("file="), SV("name=")};

    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        size_t at = sv_find(info, keys[i], 0);
        struct sv name = at == SV_NPOS ? (struct sv){NULL, 0}
                                       : block_file_name(sv_sub(info, at + keys[i].n, info.n));

        if (name.n)
            return name;
    }
    return (struct sv){NULL, 0};
}

/* A first line "# /etc/shop.conf", "// file: a.js", "<!-- a.xml -->": the name alone in a comment. */
static struct sv block_comment_file(struct sv text)
{
    struct sv line = {NULL, 0}, name;

    (void)sv_next_line(&text, &line);
    line = sv_trim(line);
    if (!sv_eat(&line, SV("#")) && !sv_eat(&line, SV("//")) && !sv_eat(&line, SV("<!--")) &&
        !sv_eat(&line, SV("--")) && !sv_eat(&line, SV(";")))
        return (struct sv){NULL, 0};
    line = sv_trim(line);
    (void)sv_eat_nocase(&line, SV("file:"));
    line = sv_trim(line);
    if (sv_ends(line, SV("-->")))
        line = sv_trim(sv_sub(line, 0, line.n - 3));
    name = block_file_name(line);
    return sv_eq(name, line) ? name : (struct sv){NULL, 0};
}

/*
 * The file whose content the block is, by what stands before it ("**File**: `a.py`", "Create `a.md`:") or
 * in it; empty: it is none.  Commands stay commands unless the file is a script.
 */
static struct sv block_path(const struct rb_build *b, struct sv info, enum rb_block_kind kind,
                            struct sv text)
{
    bool runs = kind == BLOCK_SHELL || kind == BLOCK_SQL;
    bool names = regex_has(b->block_patterns[BLOCK_IS_FILE], b->label);
    struct sv path = block_info_file(info);

    if (path.n && (!runs || block_is_script_name(path)))
        return path;
    if (names || (!runs && regex_has(b->block_patterns[BLOCK_MAKES_FILE], b->label)) ||
        (runs && regex_has(b->block_patterns[BLOCK_NEW_FILE], b->label))) {
        path = block_file_name(b->label);
        if (path.n && (!runs || names || block_is_script_name(path)))
            return path;
    }
    path = runs && !sv_has_nocase(b->label, SV("config")) ? (struct sv){NULL, 0}
                                                          : block_comment_file(text);
    if (runs &&
        (!path.n || *path.p != '/')) /* "Logrotate configuration:", "# /etc/logrotate.d/shop" */
        return (struct sv){NULL, 0};
    return kind == BLOCK_TEXT ? (struct sv){NULL, 0} : path;
}

/* --- the kind --- */

/* Text that is no language: a message, a drawing, what a command prints, or nothing in particular. */
static enum rb_block_kind block_kind_of_text(const struct rb_build *b, struct sv text)
{
    if (regex_has(b->block_patterns[BLOCK_IS_OUTPUT], b->label))
        return BLOCK_OUTPUT;
    if (sv_starts_nocase(sv_trim(text), SV("Subject:")) || build_role(b) == ROLE_COMMUNICATE ||
        regex_has(b->block_patterns[BLOCK_IS_MESSAGE], b->label))
        return BLOCK_MESSAGE;
    if (block_has_mark(text))
        return BLOCK_DRAWING;
    if (block_all(text, 2, block_is_setting))
        return BLOCK_SETTINGS;
    return block_all(text, 2, block_is_path) ? BLOCK_LISTING : BLOCK_TEXT;
}

/* SQL that is typed into a client, before which no command stands, makes it a block of SQL. */
static enum rb_block_kind block_kind_of_commands(struct sv text)
{
    size_t from = 0;
    struct sv first, rest;

    if (!sql_find_session(text, &from))
        return BLOCK_SHELL;
    for (rest = sv_sub(text, 0, from); sv_next_line(&rest, &first);)
        if (sv_trim(first).n && *sv_trim(first).p != '#')
            return BLOCK_SHELL;
    return BLOCK_SQL;
}

/* "PUT _cluster/settings" and its body: a request, as a console for them shows it. */
static bool block_is_request(struct sv text)
{
    static struct words methods = WORDS("get put post delete patch head");
    struct sv line = {NULL, 0}, word, path = {NULL, 0};

    while (!line.n && sv_next_line(&text, &line))
        line = sv_trim(line);
    return sv_next_word(&line, &word) && words_have(&methods, word) && ascii_is_upper(*word.p) &&
           ascii_is_upper(word.p[word.n - 1]) && sv_next_word(&line, &path) && *path.p != '-' &&
           (*path.p == '_' || sv_find_byte(path, '/', 0) != SV_NPOS);
}

/* "Every 2.0s: kubectl get pods": the screen of watch. */
static bool block_is_screen(struct sv text)
{
    struct sv line = {NULL, 0};

    while (!line.n && sv_next_line(&text, &line))
        line = sv_trim(line);
    return sv_eat(&line, SV("Every ")) && line.n && ascii_is_digit(*line.p);
}

static enum rb_block_kind block_kind_of_shell(const struct rb_build *b, struct sv text)
{
    if (block_is_screen(text))
        return BLOCK_LISTING; /* of one moment */
    if (block_is_request(text))
        return BLOCK_HTTP;
    if (regex_has(b->block_patterns[BLOCK_IS_OUTPUT], b->label) && !block_all_commands(text))
        return BLOCK_OUTPUT;
    if (regex_has(b->block_patterns[BLOCK_PRINTED], b->label) && !block_all_known(text))
        return BLOCK_OUTPUT;
    if (block_all(text, 2, block_is_setting))
        return BLOCK_SETTINGS;
    if (block_all(text, 2, block_is_path) || block_all(text, 2, block_is_requirement) ||
        (block_all(text, 1, block_is_requirement) && sv_find_byte(text, '+', 0) != SV_NPOS))
        return BLOCK_LISTING;
    return block_kind_of_commands(text);
}

static enum rb_block_kind block_kind_of_session(char prompt, struct sv text)
{
    return prompt == 's' ? BLOCK_SQL : block_kind_of_commands(text);
}

void block_classify(const struct rb_build *b, struct sv info, char prompt, struct rb_block *block)
{
    enum rb_block_kind kind = block_lang_kind(block->lang);
    bool text_runs = kind == BLOCK_TEXT && build_role(b) != ROLE_COMMUNICATE;

    if (text_runs &&
        (block_all_commands(block->text) ||
         (regex_has(b->block_patterns[BLOCK_SAYS_RUN], b->label) && !block_has_mark(block->text))))
        kind = BLOCK_SHELL;
    if (prompt && (kind == BLOCK_SHELL || kind == BLOCK_SQL || text_runs)) {
        block->kind = block_kind_of_session(prompt, block->text);
        return;
    }
    block->path = block_path(b, info, kind, block->text);
    if (block->path.n)
        kind = BLOCK_FILE;
    else if (kind == BLOCK_SHELL)
        kind = block_kind_of_shell(b, block->text);
    else if (kind == BLOCK_TEXT)
        kind = block_kind_of_text(b, block->text);
    else if (kind == BLOCK_CODE && regex_has(b->block_patterns[BLOCK_IS_OUTPUT], b->label))
        kind = BLOCK_OUTPUT;
    block->kind = kind;
}
