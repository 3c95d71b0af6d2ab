#include "runbook/command.h"

#include <string.h>

#include "base/duration.h"
#include "base/sv.h"
#include "runbook/command_service.h"
#include "runbook/effect.h"
#include "runbook/terminal.h"

const char *command_form_name(enum command_form form)
{
    static const char *const names[] = {
        [COMMAND_SHELL] = "shell",     [COMMAND_STATE] = "state",   [COMMAND_HTTP] = "http",
        [COMMAND_SERVICE] = "service", [COMMAND_SQLITE] = "sqlite", [COMMAND_SLEEP] = "sleep",
        [COMMAND_POLL] = "poll",       [COMMAND_FOLLOW] = "follow", [COMMAND_SSH] = "ssh",
        [COMMAND_EXIT] = "exit",       [COMMAND_DISK] = "disk",     [COMMAND_TOUCH] = "touch",
        [COMMAND_REMOVE] = "remove",   [COMMAND_REMOTE] = "remote",
    };

    assert((unsigned)form < COMMAND__N);
    return names[form];
}

/* The words of one simple command from its program on, without sudo and its options. */
struct command_words {
    const struct shell_word *v;
    size_t n;
    bool sudo;
};

static struct command_words command_words_of(const struct shell_simple *s)
{
    struct command_words w;
    struct shell_simple inner = shell_inner(s, &w.sudo);

    w.v = inner.words;
    w.n = inner.n_words;
    return w;
}

static bool word_is(const struct shell_word *w, const char *text)
{
    return w->literal && sv_is(w->value, text);
}

static bool program_is(struct command_words w, const char *name)
{
    struct sv p;

    if (w.n == 0 || !w.v[0].literal)
        return false;
    p = w.v[0].value;
    for (size_t i = p.n; i > 0; i--)
        if (p.p[i - 1] == '/') {
            p = sv_sub(p, i, p.n);
            break;
        }
    return sv_is(p, name);
}

/* --- recognisers: true when the whole command is understood --- */

typedef bool command_fn(struct command_words w, struct arena *arena, struct command *c);

/* "-fsS": letters of options without a value. */
static bool command_curl_letters(struct sv letters, struct command *c)
{
    bool fail = false, follow = false, head = false;

    for (size_t i = 0; i < letters.n; i++) {
        fail |= letters.p[i] == 'f';
        follow |= letters.p[i] == 'L';
        head |= letters.p[i] == 'I';
        if (sv_find_byte(SV("fLIsSg"), letters.p[i], 0) == SV_NPOS)
            return false;
    }
    c->fail_on_status |= fail;
    c->follow |= follow;
    if (head)
        c->method = SV("HEAD");
    return letters.n > 0;
}

static bool command_curl_option(struct command_words w, size_t *i, struct command *c)
{
    static const struct {
        const char *word, *letter;
    } flags[] = {{"--silent", "s"}, {"--show-error", "S"}, {"--globoff", "g"},
                 {"--fail", "f"},   {"--location", "L"},   {"--head", "I"}};
    const struct shell_word *o = &w.v[*i];
    bool has_next = *i + 1 < w.n;
    struct sv letters = o->value;

    for (size_t k = 0; k < ARRAY_LEN(flags); k++)
        if (word_is(o, flags[k].word))
            return command_curl_letters(sv_from(flags[k].letter), c);
    if (o->literal && !sv_starts(letters, SV("--")) && sv_eat(&letters, SV("-")) &&
        command_curl_letters(letters, c))
        return true;
    if (!has_next)
        return false;
    (*i)++;
    if (word_is(o, "-X") || word_is(o, "--request")) {
        c->method = w.v[*i].value;
        return w.v[*i].literal;
    }
    if (word_is(o, "-H") || word_is(o, "--header")) {
        c->headers[c->n_headers++] = &w.v[*i];
        return w.v[*i].plain;
    }
    if (word_is(o, "-d") || word_is(o, "--data") || word_is(o, "--data-raw")) {
        c->data = &w.v[*i];
        return w.v[*i].plain && !(w.v[*i].n_pieces && sv_starts(w.v[*i].pieces[0].text, SV("@")));
    }
    if (word_is(o, "-m") || word_is(o, "--max-time")) {
        double s = 0;
        bool ok = w.v[*i].literal && sv_to_f64(w.v[*i].value, &s) && s > 0 && s < 86400;

        c->http_timeout_ms = ok ? (int64_t)(s * 1000) : 0;
        return ok;
    }
    return false;
}

static bool command_curl(struct command_words w, struct arena *arena, struct command *c)
{
    if (!program_is(w, "curl"))
        return false;
    c->headers = ARENA_NEWN(arena, const struct shell_word *, w.n);
    for (size_t i = 1; i < w.n; i++) {
        if (w.v[i].plain && w.v[i].n_pieces && !w.v[i].pieces[0].variable &&
            sv_starts(w.v[i].pieces[0].text, SV("-"))) {
            if (!command_curl_option(w, &i, c))
                return false;
        } else if (c->url || !w.v[i].plain) {
            return false;
        } else {
            c->url = &w.v[i];
        }
    }
    if (!c->method.n)
        c->method = c->data ? SV("POST") : SV("GET");
    c->form = COMMAND_HTTP;
    c->effect =
        sv_eq(c->method, SV("GET")) || sv_eq(c->method, SV("HEAD")) ? EFFECT_NONE : EFFECT_UNKNOWN;
    return c->url != NULL;
}

static bool command_service(struct command_words w, struct arena *arena UNUSED, struct command *c)
{
    return command_service_read(w.v, w.n, c);
}

/* '.tables', ".schema t": what the program itself answers, all but a backup. */
static bool command_is_of_shell(struct sv word)
{
    while (word.n && (*word.p == '"' || *word.p == '\'' || ascii_is_space(*word.p)))
        word = sv_sub(word, 1, word.n);
    return sv_starts(word, SV(".")) && !sv_starts(word, SV(".backup"));
}

static bool command_sqlite(struct command_words w, struct arena *arena UNUSED, struct command *c)
{
    if (!program_is(w, "sqlite3") || w.n != 3 || !w.v[1].plain || !w.v[2].plain ||
        !w.v[1].n_pieces || sv_starts(w.v[1].pieces[0].text, SV("-")) ||
        command_is_of_shell(w.v[2].raw))
        return false;
    c->form = COMMAND_SQLITE;
    c->target = &w.v[1];
    c->sql = &w.v[2];
    c->effect = effect_of_sql(w.v[2].raw);
    return true;
}

static bool command_sleep(struct command_words w, struct arena *arena UNUSED, struct command *c)
{
    double s;

    if (!program_is(w, "sleep") || w.n != 2 || !w.v[1].literal)
        return false;
    if (!sv_to_f64(w.v[1].value, &s)) {
        int64_t ms;

        if (!duration_parse(w.v[1].value, &ms))
            return false;
        s = (double)ms / 1000;
    }
    if (!(s >= 0) || s > 864000)
        return false;
    c->form = COMMAND_SLEEP;
    c->sleep_ms = (int64_t)(s * 1000);
    return true;
}

/* watch [-n SECONDS] 'command' */
static bool command_watch(struct command_words w, struct arena *arena UNUSED, struct command *c)
{
    double s = 2;
    size_t i = 1;

    if (!program_is(w, "watch"))
        return false;
    for (; i < w.n && w.v[i].literal && sv_starts(w.v[i].value, SV("-")); i++) {
        struct sv o = w.v[i].value;

        if (sv_eat(&o, SV("-n")) && o.n == 0 && i + 1 < w.n && w.v[i + 1].literal)
            o = w.v[++i].value;
        else if (!o.n || !sv_starts(w.v[i].value, SV("-n")))
            continue; /* -d, -t: how it is shown */
        if (!sv_to_f64(o, &s) || s <= 0 || s > 86400)
            return false;
    }
    if (i + 1 != w.n || !w.v[i].literal)
        return false;
    c->form = COMMAND_POLL;
    c->every_ms = (int64_t)(s * 1000);
    c->inner = w.v[i].value;
    return true;
}

/* "logs" stands among the words before the one that is looked at: kubectl -n shop logs */
static bool command_is_logs(struct command_words w)
{
    static const char *const programs[] = {"docker", "kubectl", "docker-compose", "podman", "oc"};
    bool known = false;

    for (size_t i = 0; i < ARRAY_LEN(programs); i++)
        known |= program_is(w, programs[i]);
    for (size_t i = 1; known && i < w.n; i++)
        if (word_is(&w.v[i], "logs"))
            return true;
    return false;
}

/* "-feu", "-xefu": of journalctl, "-f" among other letters; "-n5f" counts lines. */
static bool command_groups_f(struct sv word)
{
    if (word.n < 3 || word.n > 6 || *word.p != '-')
        return false;
    for (size_t i = 1; i < word.n; i++)
        if (!strchr("feuxkabrq", word.p[i]))
            return false;
    return sv_find_byte(word, 'f', 1) != SV_NPOS;
}

static bool command_follow(struct command_words w, struct arena *arena UNUSED, struct command *c)
{
    static const char *const flags[] = {"-f", "-F", "--follow", "-fn", "-fu", "-n0f"};
    bool logs = program_is(w, "tail") || program_is(w, "journalctl") || command_is_logs(w);

    for (size_t i = 1; logs && i < w.n; i++)
        for (size_t k = 0; k < ARRAY_LEN(flags); k++)
            if (word_is(&w.v[i], flags[k]) || command_groups_f(w.v[i].value)) {
                c->form = COMMAND_FOLLOW;
                return true;
            }
    return false;
}

size_t command_ssh_host(const struct shell_simple *s)
{
    static const char valued[] = "bcDEeFIiJLlmOopQRSWw";

    for (size_t i = 1; i < s->n_words && sv_eq(shell_program(s), SV("ssh")); i++) {
        struct sv o = s->words[i].value;

        if (!s->words[i].literal)
            return 0;
        if (!sv_starts(o, SV("-")))
            return i;
        i += o.n == 2 && memchr(valued, o.p[1], sizeof(valued) - 1) != NULL;
    }
    return 0;
}

/* ssh [options] host [command] */
static bool command_ssh(struct command_words w, struct arena *arena, struct command *c)
{
    CLEANUP(strbuf_release) struct strbuf inner = STRBUF(0);
    struct shell_simple s = {.n_words = w.n};
    size_t host;

    if (!program_is(w, "ssh"))
        return false;
    s.words = ARENA_NEWN(arena, struct shell_word, w.n + 1);
    for (size_t i = 0; i < w.n; i++)
        s.words[i] = w.v[i];
    host = w.sudo ? 0 : command_ssh_host(&s); /* sudo -u x ssh: somebody tries a key */
    if (!host)
        return false;
    c->form = host + 1 == w.n ? COMMAND_SSH : COMMAND_REMOTE;
    c->target = &w.v[host];
    c->effect = host + 1 == w.n ? EFFECT_STATE : EFFECT_UNKNOWN;
    for (size_t i = host + 1; i < w.n; i++) {
        if (!w.v[i].literal)
            return false;
        if (inner.n)
            strbuf_add_byte(&inner, ' ');
        strbuf_add_sv(&inner, w.v[i].value);
    }
    c->inner = arena_sv(arena, strbuf_sv(&inner));
    if (c->form == COMMAND_REMOTE)
        c->effect = effect_of_remote(c->inner);
    return true;
}

static bool command_exit(struct command_words w, struct arena *arena UNUSED, struct command *c)
{
    c->form = COMMAND_EXIT;
    c->effect = EFFECT_STATE;
    return w.n == 1 && (program_is(w, "exit") || program_is(w, "logout"));
}

static bool command_disk(struct command_words w, struct arena *arena UNUSED, struct command *c)
{
    static const char *const flags[] = {"-h", "-k", "-m", "-H", "-B1", "-P"};

    if (!program_is(w, "df"))
        return false;
    for (size_t i = 1; i < w.n; i++) {
        bool flag = false;

        for (size_t k = 0; k < ARRAY_LEN(flags); k++)
            flag |= word_is(&w.v[i], flags[k]);
        if (flag)
            continue;
        if (c->target || !w.v[i].plain)
            return false;
        c->target = &w.v[i];
    }
    c->form = COMMAND_DISK;
    return c->target != NULL;
}

static bool command_touch(struct command_words w, struct arena *arena UNUSED, struct command *c)
{
    c->form = COMMAND_TOUCH;
    c->target = w.n == 2 ? &w.v[1] : NULL;
    c->effect = EFFECT_FILES;
    return program_is(w, "touch") && w.n == 2 && w.v[1].plain;
}

static bool command_remove(struct command_words w, struct arena *arena UNUSED, struct command *c)
{
    size_t at = w.n == 3 && word_is(&w.v[1], "-f") ? 2 : 1;

    c->form = COMMAND_REMOVE;
    c->effect = EFFECT_FILES;
    c->target = at < w.n ? &w.v[at] : NULL;
    return program_is(w, "rm") && at + 1 == w.n && w.v[at].plain && w.v[at].n_pieces &&
           !sv_starts(w.v[at].pieces[0].text, SV("-"));
}

static bool command_state(struct command_words w, struct arena *arena UNUSED, struct command *c)
{
    static const char *const words[] = {"cd",    "export", "source", ".",     "unset", "set",
                                        "shopt", "umask",  "alias",  "pushd", "popd"};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (program_is(w, words[i])) {
            c->form = COMMAND_STATE;
            c->effect = EFFECT_STATE;
            return true;
        }
    return false;
}

static bool command_recognise(const struct shell_simple *s, struct arena *arena, struct command *c)
{
    static command_fn *const rows[] = {command_curl,  command_service, command_sqlite,
                                       command_sleep, command_watch,   command_follow,
                                       command_ssh,   command_exit,    command_disk,
                                       command_touch, command_remove,  command_state};
    struct command_words w = command_words_of(s);

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct command found = {.delay_ms = c->delay_ms, .simple = s, .sudo = w.sudo};

        if (rows[i](w, arena, &found)) {
            *c = found;
            return true;
        }
    }
    return false;
}

/* --- what the whole command makes and shows --- */

static void command_add_artifact(const struct shell_word *w, struct command *c)
{
    if (w->raw.n && !sv_starts(w->raw, SV("/dev/")) && !sv_starts(w->raw, SV("&")))
        c->artifacts[c->n_artifacts++] = w;
}

/* "> file", and the -f of pg_dump, the last word of cp and mv, the file of .backup. */
static void command_find_artifacts(const struct shell_item *item, struct arena *arena,
                                   struct command *c)
{
    c->artifacts = ARENA_NEWN(arena, const struct shell_word *, item->n_redirects + item->n_simple);
    for (size_t i = 0; i < item->n_redirects; i++)
        if (sv_ends(item->redirects[i].op, SV(">")) && !sv_has(item->redirects[i].op, SV("&")))
            command_add_artifact(&item->redirects[i].target, c);
    for (size_t i = 0; i < item->n_simple; i++) {
        struct command_words w = command_words_of(&item->simple[i]);

        for (size_t k = 1; k + 1 < w.n && program_is(w, "pg_dump"); k++)
            if (word_is(&w.v[k], "-f") || word_is(&w.v[k], "--file"))
                command_add_artifact(&w.v[k + 1], c);
        if (program_is(w, "tar") && w.n > 2 && sv_find_byte(w.v[1].raw, 'c', 0) != SV_NPOS &&
            sv_ends(w.v[1].raw, SV("f")) && !sv_starts(w.v[1].raw, SV("--")))
            command_add_artifact(&w.v[2], c);
        if ((program_is(w, "cp") || program_is(w, "mv")) && w.n >= 3)
            command_add_artifact(&w.v[w.n - 1], c);
    }
}

/* env | grep -E "(A|B)": the names between the bars. */
static struct sv command_env_names(const struct shell_item *item)
{
    struct sv pattern;

    if (item->n_simple != 2 || !program_is(command_words_of(&item->simple[0]), "env") ||
        !program_is(command_words_of(&item->simple[1]), "grep") || item->simple[1].n_words < 2 ||
        !item->simple[1].words[item->simple[1].n_words - 1].literal)
        return (struct sv){NULL, 0};
    pattern = item->simple[1].words[item->simple[1].n_words - 1].value;
    if (sv_starts(pattern, SV("(")) && sv_ends(pattern, SV(")")))
        pattern = sv_sub(pattern, 1, pattern.n - 1);
    for (size_t i = 0; i < pattern.n; i++)
        if (!ascii_is_word(pattern.p[i]) && pattern.p[i] != '|')
            return (struct sv){NULL, 0};
    return pattern;
}

/* Programs that are asked for one value, or for their version, by such a word. */
static bool command_has_words(struct command_words w, const char *const (*rows)[3], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t found = 0;

        if (*rows[i][0] && !program_is(w, rows[i][0]))
            continue;
        for (size_t k = 1; k < w.n; k++)
            found |=
                (word_is(&w.v[k], rows[i][1]) ? 1u : 0u) | (word_is(&w.v[k], rows[i][2]) ? 2u : 0u);
        if (found == (*rows[i][2] ? 3u : 1u))
            return true;
    }
    return false;
}

static bool command_prints_one_value(struct command_words w)
{
    static const char *const rows[][3] = {
        {"docker", "inspect", "-f"},
        {"docker", "inspect", "--format"},
        {"podman", "inspect", "-f"},
        {"podman", "inspect", "--format"},
        {"systemctl", "is-enabled", ""},
        {"systemctl", "is-failed", ""},
        {"git", "describe", ""},
        {"git", "rev-parse", ""},
        {"redis-cli", "get", ""},
        {"redis-cli", "GET", ""},
        {"jq", "-r", ""},
        {"psql", "-At", ""},
        {"psql", "-tA", ""},
        {"psql", "-Atc", ""},
        {"psql", "-tAc", ""},
        {"hostname", "-f", ""},
    };

    return command_has_words(w, rows, ARRAY_LEN(rows));
}

static bool command_asks_version(struct command_words w)
{
    static const char *const rows[][3] = {
        {"", "--version", ""}, {"java", "-version", ""}, {"go", "version", ""},
        {"nginx", "-v", ""},   {"node", "-v", ""},       {"openssl", "version", ""},
    };

    return command_has_words(w, rows, ARRAY_LEN(rows));
}

/* ls, stat or test -f of one path that is no pattern. */
static bool command_lists_one(struct command_words w)
{
    size_t paths = 0;

    if (!program_is(w, "ls") && !program_is(w, "stat"))
        return false;
    for (size_t i = 1; i < w.n; i++) {
        if (!w.v[i].plain)
            return false;
        paths += !sv_starts(w.v[i].raw, SV("-"));
    }
    return paths == 1;
}

/* grep -q, also as -iq. */
static bool command_only_tests(struct command_words w)
{
    for (size_t i = 1; i < w.n; i++) {
        struct sv o = w.v[i].raw;

        if (sv_eq(o, SV("--quiet")) || sv_eq(o, SV("--silent")) ||
            (o.n > 1 && o.p[0] == '-' && o.p[1] != '-' && sv_find_byte(o, 'q', 1) != SV_NPOS))
            return true;
    }
    return false;
}

/* One command, nothing of which is asked to say what it does, and that says nothing unasked. */
static bool command_is_mute(struct command_words w)
{
    static const char *const programs[] = {"cp",    "mv",    "rm",    "rmdir", "mkdir", "touch",
                                           "chmod", "chown", "chgrp", "ln",    "sleep", "test",
                                           "[",     "true",  "kill",  "sync"};
    static const char *const verbs[] = {"start",  "stop", "restart", "reload", "daemon-reload",
                                        "enable", "mask", "unmask",  "kill"};
    bool mute = false;

    for (size_t i = 0; i < ARRAY_LEN(programs); i++)
        mute |= program_is(w, programs[i]);
    for (size_t i = 0; w.n > 1 && i < ARRAY_LEN(verbs); i++)
        mute |= program_is(w, "systemctl") && word_is(&w.v[1], verbs[i]);
    for (size_t i = 1; i < w.n; i++) {
        struct sv o = w.v[i].raw;

        if (sv_starts(o, SV("-")) &&
            (sv_find_byte(o, 'v', 1) != SV_NPOS || sv_eq(o, SV("--changes")) || sv_eq(o, SV("-c"))))
            return false;
    }
    return mute;
}

static bool command_says_state(struct command_words w)
{
    return program_is(w, "systemctl") && w.n > 1 &&
           (word_is(&w.v[1], "is-active") || word_is(&w.v[1], "is-enabled") ||
            word_is(&w.v[1], "is-failed"));
}

static void command_context(const struct shell_item *item, struct command *c)
{
    const struct shell_simple *last = item->n_simple ? &item->simple[item->n_simple - 1] : NULL;
    struct command_words w = last ? command_words_of(last) : (struct command_words){NULL, 0, false};

    c->cx.http = c->form == COMMAND_HTTP;
    c->cx.service = c->form == COMMAND_SERVICE ||
                    (program_is(w, "systemctl") && w.n > 1 && word_is(&w.v[1], "status"));
    c->cx.sql = c->form == COMMAND_SQLITE || program_is(w, "psql") || program_is(w, "sqlite3");
    c->cx.disk = c->form == COMMAND_DISK;
    c->cx.follows = c->form == COMMAND_FOLLOW;
    c->cx.makes_file = c->n_artifacts > 0 || c->form == COMMAND_TOUCH ||
                       (c->form == COMMAND_SQLITE && c->effect == EFFECT_BACKUP);
    c->cx.asks_status = sv_starts(item->text, SV("echo $?"));
    c->cx.names = command_env_names(item);
    c->cx.searches = program_is(w, "grep");
    c->cx.only_tests = c->cx.searches && command_only_tests(w);
    c->cx.shows_log = c->cx.follows || (item->n_simple == 1 &&
                                        (program_is(w, "tail") || program_is(w, "journalctl") ||
                                         sv_has(item->text, SV(" logs "))));
    c->cx.catalog = sv_has(item->text, SV("\\d")) && sv_has(item->text, SV("psql"));
    c->cx.counts = program_is(w, "uniq") && sv_has(item->text, SV("-c"));
    c->cx.one_value = command_prints_one_value(w);
    c->cx.version = command_asks_version(w);
    c->cx.lists_one = item->n_simple == 1 && command_lists_one(w);
    c->cx.mute = item->n_simple == 1 && command_is_mute(w);
    c->cx.state_word = item->n_simple == 1 && command_says_state(w);
}

/* "sleep 5 && systemctl status x": a delay, then the command. */
static const struct shell_simple *command_single(const struct shell_item *item, struct command *c)
{
    struct command delay = {0};

    assert(item->simple || item->n_simple == 0);
    if (item->kind == SHELL_SIMPLE && item->n_simple == 1)
        return &item->simple[0];
    if (item->kind != SHELL_LIST || item->n_simple != 2 || !sv_has(item->text, SV("&&")) ||
        !command_sleep(command_words_of(&item->simple[0]), NULL, &delay))
        return NULL;
    c->delay_ms = delay.sleep_ms;
    return &item->simple[1];
}

void command_read(const struct shell_item *item, struct arena *arena, struct command *ret)
{
    struct command c = {0}, remote = {0};
    const struct shell_simple *single = command_single(item, &c);
    bool plain = single && !item->background && !item->substitution && item->n_redirects == 0 &&
                 !item->heredoc && single->n_assigns == 0 && !single->nested;

    if (item->kind == SHELL_ASSIGN) {
        c.form = COMMAND_STATE;
        c.effect = effect_of(item);
    } else if (single && single->declaration) {
        c.form = COMMAND_STATE;
        c.effect = effect_of(item);
        c.simple = single;
    } else if (!(plain && command_recognise(single, arena, &c))) {
        c = (struct command){.form = COMMAND_SHELL, .effect = effect_of(item)};
        if (single && !plain && command_ssh(command_words_of(single), arena, &remote) &&
            remote.form == COMMAND_REMOTE) {
            c = remote; /* its output goes into a file here */
            c.simple = single;
        }
        /* what never ends must be seen also in a pipeline: tail -f log | grep x */
        for (size_t i = 0; i < item->n_simple; i++) {
            struct command inner = {0};

            if (command_follow(command_words_of(&item->simple[i]), arena, &inner))
                c.form = COMMAND_FOLLOW;
        }
    }
    c.endless = terminal_endless(item, &c);
    c.serves = c.endless && terminal_serves(item);
    c.interactive = terminal_asks(item, &c);
    command_find_artifacts(item, arena, &c);
    command_context(item, &c);
    *ret = c;
}
