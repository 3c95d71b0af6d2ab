#include "runbook/terminal.h"

#include "base/sv.h"
#include "base/words.h"
#include "runbook/sql_split.h"

/* A program (with words that must all, and one that must not stand among its arguments); NULL: any, none. */
struct terminal_row {
    const char *program, *with, *without;
};

/* Until somebody presses Ctrl-C, and needed as long as it runs. */
static const struct terminal_row terminal_servers[] = {
    {"gunicorn", NULL, "--daemon"},  {"uvicorn", NULL, NULL},
    {"npm", "start", NULL},          {"npm", "dev", NULL},
    {"yarn", "start", NULL},         {"yarn", "dev", NULL},
    {"flask", "run", NULL},          {"rails", "server", NULL},
    {"python", "runserver", NULL},   {"python3", "runserver", NULL},
    {"python", "http.server", NULL}, {"python3", "http.server", NULL},
    {"php", "serve", NULL},          {"kubectl", "port-forward", NULL},
    {"kubectl", "proxy", NULL},      {"oc", "port-forward", NULL},
    {"celery", "worker", NULL},
};

/* Until somebody has seen enough. */
static const struct terminal_row terminal_viewers[] = {
    {"kubectl", "get --watch", NULL},
    {"kubectl", "get -w", NULL},
    {"oc", "get --watch", NULL},
    {"oc", "get -w", NULL},
    {"btop", NULL, NULL},
    {"atop", NULL, NULL},
    {"glances", NULL, NULL},
    {"iotop", NULL, "-n"},
    {"nethogs", NULL, NULL},
    {"free", "-s", "-c"},
    {"top", NULL, "-b"},
    {"htop", NULL, NULL},
    {"tcpdump", NULL, "-c"},
    {"ping", NULL, "-c"},
    {"docker", "stats", "--no-stream"},
    {"docker", "events", NULL},
    {"dmesg", "-w", NULL},
    {"redis-cli", "monitor", NULL},
    {"redis-cli", "MONITOR", NULL},
    {"stern", NULL, NULL},
    {"redis-cli", "--latency", NULL},
    {"redis-cli", "--latency-history", NULL},
    {"redis-cli", "--stat", NULL},
    {"tail", "-f", NULL},
    {"tail", "-F", NULL},
    {"journalctl", "-f", NULL},
    {"journalctl", "-fu", NULL},
    {"watch", NULL, NULL},
    {"iftop", NULL, NULL},
};

static const struct terminal_row terminal_asking[] = {
    {"vi", NULL, NULL},          {"vim", NULL, NULL},
    {"nano", NULL, NULL},        {"emacs", NULL, "--batch"},
    {"visudo", NULL, "-c"},      {"crontab", "-e", NULL},
    {"less", NULL, NULL},        {"more", NULL, NULL},
    {"htop", NULL, NULL},        {"top", NULL, "-b"},
    {"passwd", NULL, NULL},      {"kubectl", "edit", NULL},
    {"kubectl", "-it", NULL},    {"kubectl", "-ti", NULL},
    {"docker", "-it", NULL},     {"docker", "-ti", NULL},
    {"systemctl", "edit", NULL}, {"mysql_secure_installation", NULL, NULL},
    {"screen", NULL, "-d"},      {"tmux", NULL, "new-session"},
    {"ssh-keygen", NULL, "-N"},  {"ansible-vault", "edit", NULL},
    {"sudoedit", NULL, NULL},    {"vimdiff", NULL, NULL},
    {"irb", NULL, NULL},         {"rails", "console", NULL},
    {"read", NULL, "-t"},        {"flask", "shell", NULL},
    {"python", "shell", NULL},   {"python3", "shell", NULL},
    {"mongosh", NULL, "--eval"},
};

/* Alone, without a word that is no option, they are a shell or an interpreter. */
static const char *const terminal_shells[] = {"bash",    "sh",   "zsh", "python",
                                              "python3", "node", "ruby"};

/* It comes back by itself: it was told when, only says something of itself, or goes to the background. */
static bool terminal_is_bounded(const struct shell_simple *s)
{
    static const struct sv words[] = {
        SV("--help"),  SV("-h"),       SV("--version"), SV("-V"),          SV("--detach"),
        SV("-D"),      SV("--daemon"), SV("-d"),        SV("--daemonize"), SV("--check-config"),
        SV("inspect"), SV("control"),  SV("multi"),     SV("-r")};
    bool ping = sv_is(shell_program(s), "ping");

    if (sv_is(shell_program(s), "read"))
        return false; /* -r and -d are about what is typed */
    for (size_t i = 1; i < s->n_words; i++) {
        struct sv word = s->words[i].value;

        if (sv_starts(word, SV("--timeout")) ||
            (ping && sv_starts(word, SV("-")) && (sv_has(word, SV("c")) || sv_has(word, SV("w")))))
            return true;
        for (size_t k = 0; k < ARRAY_LEN(words); k++)
            if (sv_eq(word, words[k]))
                return true;
    }
    return false;
}

static bool terminal_fits(const struct terminal_row *row, struct sv program,
                          const struct shell_simple *s)
{
    struct sv with = sv_from(row->with ? row->with : ""), word;

    if (!sv_is(program, row->program))
        return false;
    while (sv_next_word(&with, &word))
        if (!shell_find_word(s, 1, word))
            return false;
    return !terminal_is_bounded(s) &&
           (!row->without || !shell_find_word(s, 1, sv_from(row->without)));
}

static struct terminal_table {
    const struct terminal_row *rows;
    size_t n;
    struct words programs;
} terminal_tables[] = {
#define TERMINAL_TABLE(table)                               \
    {                                                       \
        (table), ARRAY_LEN(table), WORDS_OF(table, program) \
    }
    TERMINAL_TABLE(terminal_servers),
    TERMINAL_TABLE(terminal_viewers),
    TERMINAL_TABLE(terminal_asking),
#undef TERMINAL_TABLE
};
enum { TERMINAL_SERVES, TERMINAL_VIEWS, TERMINAL_ASKS };

static bool terminal_any(size_t table, const struct shell_simple *s)
{
    struct terminal_table *t = &terminal_tables[table];
    struct sv program = shell_program(s);

    for (size_t i = 0; words_may_have(&t->programs, program) && i < t->n; i++)
        if (terminal_fits(&t->rows[i], program, s))
            return true;
    return false;
}

/* while true; do ...; done */
static bool terminal_is_loop(const struct shell_item *item)
{
    struct sv text = item->text;

    return item->kind == SHELL_COMPOUND &&
           (sv_eat(&text, SV("while true")) || sv_eat(&text, SV("while :")) ||
            sv_eat(&text, SV("for ((;;"))) &&
           !sv_has_word(text, SV("break")) && !sv_has_word(text, SV("exit")) &&
           !sv_has_word(text, SV("return"));
}

/* vmstat 5, iostat -x 2: an interval without a count. */
static bool terminal_is_sampler(const struct shell_simple *s)
{
    struct sv p = shell_program(s);
    size_t numbers = 0;

    if (!sv_eq(p, SV("vmstat")) && !sv_eq(p, SV("iostat")) && !sv_eq(p, SV("mpstat")) &&
        !sv_eq(p, SV("sar")) && !sv_eq(p, SV("pidstat")))
        return false;
    for (size_t i = 1; i < s->n_words; i++)
        numbers +=
            s->words[i].literal && s->words[i].value.n && ascii_is_digit(*s->words[i].value.p);
    return numbers == 1;
}

/* The command that ssh carries out there, cut at blanks. */
static bool terminal_endless_there(struct sv text)
{
    enum { WORDS = 32 };
    struct shell_word words[WORDS] = {0};
    struct shell_simple s = {.words = words};
    bool sudo;

    while (s.n_words < WORDS && sv_next_word(&text, &words[s.n_words].value))
        words[s.n_words++].literal = true;
    if (!s.n_words)
        return false;
    s = shell_inner(&s, &sudo);
    return terminal_any(TERMINAL_SERVES, &s) || terminal_any(TERMINAL_VIEWS, &s) ||
           terminal_is_sampler(&s);
}

/* "kubectl get pods -w | grep -m1 Running": what reads it ends it. */
static bool terminal_is_cut(const struct shell_item *item)
{
    for (size_t i = 1; i < item->n_simple; i++) {
        const struct shell_simple *s = &item->simple[i];
        struct sv program = shell_program(s);

        if (sv_eq(program, SV("head")))
            return true;
        for (size_t k = 1; sv_eq(program, SV("grep")) && k < s->n_words; k++)
            if (sv_starts(s->words[k].value, SV("-m")) || sv_eq(s->words[k].value, SV("-q")))
                return true;
    }
    return false;
}

bool terminal_endless(const struct shell_item *item, const struct command *c)
{
    bool sudo;

    if (c->form == COMMAND_REMOTE)
        return terminal_endless_there(c->inner);
    if (c->form == COMMAND_FOLLOW || c->form == COMMAND_POLL || terminal_is_loop(item))
        return true;
    if (terminal_is_cut(item))
        return false;
    for (size_t i = 0; i < item->n_simple && !item->background; i++) {
        struct shell_simple s = shell_inner(&item->simple[i], &sudo);

        if (sv_eq(shell_program(&s), SV("timeout")))
            return false;
        if (sv_eq(shell_program(&s), SV("watch")) || terminal_is_sampler(&s) ||
            terminal_any(TERMINAL_SERVES, &s) || terminal_any(TERMINAL_VIEWS, &s))
            return true;
    }
    return false;
}

bool terminal_serves(const struct shell_item *item)
{
    bool sudo;

    for (size_t i = 0; i < item->n_simple; i++) {
        struct shell_simple s = shell_inner(&item->simple[i], &sudo);

        if (terminal_any(TERMINAL_SERVES, &s))
            return true;
    }
    return false;
}

/* From the word `i` on, with the values of -u and -g. */
static bool terminal_has_options_only(const struct shell_simple *s, size_t i)
{
    for (; i < s->n_words; i++) {
        if (!sv_starts(s->words[i].value, SV("-")))
            return false;
        i += sv_eq(s->words[i].value, SV("-u")) || sv_eq(s->words[i].value, SV("-g"));
    }
    return true;
}

/* sudo -i, sudo -u shop -s; the -s of "sudo nginx -s reload" is not sudo's. */
static bool terminal_is_sudo_shell(const struct shell_simple *s)
{
    for (size_t i = 1; i < s->n_words && sv_starts(s->words[i].value, SV("-")); i++) {
        if (sv_eq(s->words[i].value, SV("-i")) || sv_eq(s->words[i].value, SV("-s")))
            return terminal_has_options_only(s, i + 1); /* not "sudo -i service x stop" */
        i += sv_eq(s->words[i].value, SV("-u")) || sv_eq(s->words[i].value, SV("-g"));
    }
    return false;
}

static bool terminal_is_shell(const struct shell_simple *s)
{
    struct sv p = shell_program(s);
    size_t names = 0;

    if (sv_eq(p, SV("su")))
        return !shell_find_word(s, 1, SV("-c"));
    if (s->n_words >= 2 && sv_eq(p, SV("sudo")))
        return terminal_is_sudo_shell(s);
    for (size_t i = 1; i < s->n_words; i++)
        names += !(s->words[i].literal && sv_starts(s->words[i].value, SV("-"))) ||
                 sv_eq(s->words[i].value, SV("-c")) || sv_eq(s->words[i].value, SV("--version")) ||
                 sv_eq(s->words[i].value, SV("-V"));
    for (size_t i = 0; i < ARRAY_LEN(terminal_shells); i++)
        if (sv_is(p, terminal_shells[i]))
            return names == 0;
    return false;
}

/* psql, sqlite3, mysql whose SQL neither stands behind them nor comes from a file or pipe. */
static bool terminal_is_client(const struct shell_item *item, const struct shell_simple *s)
{
    return item->kind == SHELL_SIMPLE && item->n_redirects == 0 && !item->heredoc &&
           s->n_words > 0 && sql_is_client(item->text);
}

/* The machine goes down, and with it whoever is logged in. */
bool terminal_ends_session(const struct shell_item *item)
{
    static const char *const names[] = {"reboot", "poweroff", "halt", "shutdown"};
    bool sudo;

    for (size_t i = 0; i < item->n_simple; i++) {
        struct shell_simple s = shell_inner(&item->simple[i], &sudo);

        for (size_t k = 0; k < ARRAY_LEN(names); k++)
            if (sv_is(shell_program(&s), names[k]) || (sv_eq(shell_program(&s), SV("systemctl")) &&
                                                       shell_find_word(&s, 1, sv_from(names[k]))))
                return true;
    }
    return false;
}

/* read -s p < /dev/tty: only a terminal has it, and it is there for a person. */
static bool terminal_reads_tty(const struct shell_item *item)
{
    for (size_t i = 0; i < item->n_redirects; i++)
        if (sv_eq(item->redirects[i].op, SV("<")) &&
            sv_eq(item->redirects[i].target.value, SV("/dev/tty")))
            return true;
    return false;
}

/* "docker exec -it web bash", "kubectl exec -it pod -- /bin/sh", "oc rsh pod" */
static bool terminal_opens_container(const struct shell_simple *s)
{
    static struct words programs =
        WORDS("docker podman nerdctl kubectl oc docker-compose podman-compose lxc crictl");
    static struct words shells = WORDS("bash sh zsh ash /bin/sh /bin/bash /bin/ash /usr/bin/bash");
    struct sv program = shell_program(s);

    if (s->n_words < 3 || !words_have(&programs, program))
        return false;
    if (shell_find_word(s, 1, SV("rsh")) == 1)
        return true;
    return (shell_find_word(s, 1, SV("exec")) || shell_find_word(s, 1, SV("run"))) &&
           words_have(&shells, s->words[s->n_words - 1].value);
}

bool terminal_opens_shell(const struct shell_item *item)
{
    static struct words others = WORDS("python python3 node ruby");
    struct shell_simple inner;
    bool sudo;

    if (item->kind != SHELL_SIMPLE || item->n_simple != 1 || item->heredoc ||
        item->n_redirects > 0 || item->background || item->simple[0].n_words == 0)
        return false;
    inner = shell_inner(&item->simple[0], &sudo);
    if (words_have(&others, shell_program(&inner)))
        return false;
    return terminal_is_shell(&item->simple[0]) || terminal_is_shell(&inner) ||
           terminal_opens_container(&inner);
}

bool terminal_asks(const struct shell_item *item, const struct command *c)
{
    bool sudo;

    if (c->form == COMMAND_SSH)
        return false; /* where the next commands run */
    if (terminal_reads_tty(item))
        return true;
    for (size_t i = 0; i < item->n_simple; i++) {
        struct shell_simple s = shell_inner(&item->simple[i], &sudo);

        if (item->simple[i].piped_in || item->heredoc || item->n_redirects > 0)
            continue;
        if (item->simple[i].n_words > 0 && c->form != COMMAND_REMOTE && command_ssh_host(&s) &&
            command_ssh_host(&s) + 1 == s.n_words)
            return true;
        if (terminal_is_shell(&item->simple[i]) || terminal_is_shell(&s) ||
            terminal_is_client(item, &s) || terminal_any(TERMINAL_ASKS, &s))
            return true;
    }
    return false;
}
