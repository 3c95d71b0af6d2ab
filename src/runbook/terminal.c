#include "runbook/terminal.h"

#include "base/sv.h"
#include "runbook/sql_split.h"

/* A program (with words that must and must not stand among its arguments); NULL: any, none. */
struct terminal_row {
    const char *program, *with, *without;
};

/* Until somebody presses Ctrl-C. */
static const struct terminal_row terminal_servers[] = {
    {"gunicorn", NULL, "--daemon"},
    {"uvicorn", NULL, NULL},
    {"npm", "start", NULL},
    {"npm", "dev", NULL},
    {"yarn", "start", NULL},
    {"yarn", "dev", NULL},
    {"flask", "run", NULL},
    {"rails", "server", NULL},
    {"python", "runserver", NULL},
    {"python3", "runserver", NULL},
    {"python", "http.server", NULL},
    {"python3", "http.server", NULL},
    {"kubectl", "port-forward", NULL},
    {"kubectl", "--watch", NULL},
    {"kubectl", "-w", NULL},
    {"kubectl", "proxy", NULL},
    {"top", NULL, "-b"},
    {"htop", NULL, NULL},
    {"tcpdump", NULL, "-c"},
    {"ping", NULL, "-c"},
    {"docker", "stats", "--no-stream"},
    {"docker", "events", NULL},
    {"dmesg", "-w", NULL},
    {"celery", "worker", NULL},
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

static bool terminal_fits(const struct terminal_row *row, struct sv program,
                          const struct shell_simple *s)
{
    return sv_is(program, row->program) &&
           (!row->with || shell_find_word(s, 1, sv_from(row->with))) &&
           (!row->without || !shell_find_word(s, 1, sv_from(row->without)));
}

static bool terminal_any(const struct terminal_row *rows, size_t n, const struct shell_simple *s)
{
    struct sv program = shell_program(s);

    for (size_t i = 0; i < n; i++)
        if (terminal_fits(&rows[i], program, s))
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
           !sv_has_word(text, SV("break"));
}

/* vmstat 5, iostat -x 2: an interval without a count. */
static bool terminal_is_sampler(const struct shell_simple *s)
{
    struct sv p = shell_program(s);
    size_t numbers = 0;

    if (!sv_eq(p, SV("vmstat")) && !sv_eq(p, SV("iostat")) && !sv_eq(p, SV("mpstat")))
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
    return terminal_any(terminal_servers, ARRAY_LEN(terminal_servers), &s) ||
           terminal_is_sampler(&s);
}

bool terminal_endless(const struct shell_item *item, const struct command *c)
{
    bool sudo;

    if (c->form == COMMAND_REMOTE)
        return terminal_endless_there(c->inner);
    if (c->form == COMMAND_FOLLOW || c->form == COMMAND_POLL || terminal_is_loop(item))
        return true;
    for (size_t i = 0; i < item->n_simple && !item->background; i++) {
        struct shell_simple s = shell_inner(&item->simple[i], &sudo);

        if (sv_eq(shell_program(&s), SV("timeout")))
            return false;
        if (sv_eq(shell_program(&s), SV("watch")) || terminal_is_sampler(&s) ||
            terminal_any(terminal_servers, ARRAY_LEN(terminal_servers), &s))
            return true;
    }
    return false;
}

/* sudo -i, sudo -u shop -s; the -s of "sudo nginx -s reload" is not sudo's. */
static bool terminal_is_sudo_shell(const struct shell_simple *s)
{
    for (size_t i = 1; i < s->n_words && sv_starts(s->words[i].value, SV("-")); i++) {
        if (sv_eq(s->words[i].value, SV("-i")) || sv_eq(s->words[i].value, SV("-s")))
            return true;
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

bool terminal_asks(const struct shell_item *item, const struct command *c)
{
    bool sudo;

    if (c->form == COMMAND_SSH)
        return false; /* where the next commands run */
    for (size_t i = 0; i < item->n_simple; i++) {
        struct shell_simple s = shell_inner(&item->simple[i], &sudo);

        if (item->simple[i].piped_in || item->heredoc || item->n_redirects > 0)
            continue;
        if (item->simple[i].n_words > 0 && c->form != COMMAND_REMOTE && command_ssh_host(&s) &&
            command_ssh_host(&s) + 1 == s.n_words)
            return true;
        if (terminal_is_shell(&item->simple[i]) || terminal_is_shell(&s) ||
            terminal_is_client(item, &s) ||
            terminal_any(terminal_asking, ARRAY_LEN(terminal_asking), &s))
            return true;
    }
    return false;
}
