#include "runbook/effect.h"

#include "base/sv.h"

const char *command_effect_name(enum command_effect effect)
{
    static const char *const names[] = {
        [EFFECT_NONE] = "none", [EFFECT_STATE] = "session",     [EFFECT_BACKUP] = "backup",
        [EFFECT_FLAG] = "flag", [EFFECT_SERVICE] = "service",   [EFFECT_FILES] = "files",
        [EFFECT_CODE] = "code", [EFFECT_DATABASE] = "database", [EFFECT_UNKNOWN] = "unknown",
    };

    assert((unsigned)effect < EFFECT__N);
    return names[effect];
}

/* verb "": whatever follows.  A verb stands anywhere among the words.  The first row that fits counts. */
static const struct effect_row {
    const char *program, *verb;
    enum command_effect effect;
} effect_rows[] = {
    {"git", "status", EFFECT_NONE},
    {"git", "log", EFFECT_NONE},
    {"git", "diff", EFFECT_NONE},
    {"git", "show", EFFECT_NONE},
    {"git", "rev-parse", EFFECT_NONE},
    {"git", "describe", EFFECT_NONE},
    {"git", "fetch", EFFECT_NONE},
    {"git", "remote", EFFECT_NONE},
    {"git", "ls-remote", EFFECT_NONE},
    {"git", "", EFFECT_CODE},
    {"systemctl", "status", EFFECT_NONE},
    {"systemctl", "show", EFFECT_NONE},
    {"systemctl", "is-active", EFFECT_NONE},
    {"systemctl", "list-units", EFFECT_NONE},
    {"systemctl", "cat", EFFECT_NONE},
    {"systemctl", "", EFFECT_SERVICE},
    {"service", "status", EFFECT_NONE},
    {"service", "", EFFECT_SERVICE},
    {"supervisorctl", "status", EFFECT_NONE},
    {"supervisorctl", "", EFFECT_SERVICE},
    {"sv", "status", EFFECT_NONE},
    {"sv", "", EFFECT_SERVICE},
    {"docker", "ps", EFFECT_NONE},
    {"docker", "logs", EFFECT_NONE},
    {"docker", "inspect", EFFECT_NONE},
    {"docker", "images", EFFECT_NONE},
    {"docker", "pull", EFFECT_CODE},
    {"docker", "build", EFFECT_CODE},
    {"docker", "", EFFECT_SERVICE},
    {"docker-compose", "ps", EFFECT_NONE},
    {"docker-compose", "logs", EFFECT_NONE},
    {"docker-compose", "", EFFECT_SERVICE},
    {"kubectl", "get", EFFECT_NONE},
    {"kubectl", "describe", EFFECT_NONE},
    {"kubectl", "logs", EFFECT_NONE},
    {"kubectl", "status", EFFECT_NONE},
    {"kubectl", "", EFFECT_SERVICE},
    {"kill", "", EFFECT_SERVICE},
    {"pkill", "", EFFECT_SERVICE},
    {"nginx", "-t", EFFECT_NONE},
    {"nginx", "", EFFECT_SERVICE},
    {"alembic", "current", EFFECT_NONE},
    {"alembic", "history", EFFECT_NONE},
    {"alembic", "check", EFFECT_NONE},
    {"alembic", "heads", EFFECT_NONE},
    {"alembic", "", EFFECT_DATABASE},
    {"flask", "history", EFFECT_NONE},
    {"flask", "current", EFFECT_NONE},
    {"flask", "db", EFFECT_DATABASE},
    {"dbmate", "status", EFFECT_NONE},
    {"dbmate", "", EFFECT_DATABASE},
    {"goose", "status", EFFECT_NONE},
    {"goose", "", EFFECT_DATABASE},
    {"sqitch", "status", EFFECT_NONE},
    {"sqitch", "log", EFFECT_NONE},
    {"sqitch", "", EFFECT_DATABASE},
    {"createdb", "", EFFECT_DATABASE},
    {"dropdb", "", EFFECT_DATABASE},
    {"pg_dump", "", EFFECT_BACKUP},
    {"pg_dumpall", "", EFFECT_BACKUP},
    {"pg_basebackup", "", EFFECT_BACKUP},
    {"mysqldump", "", EFFECT_BACKUP},
    {"pg_restore", "--list", EFFECT_NONE},
    {"pg_restore", "-l", EFFECT_NONE},
    {"pg_restore", "", EFFECT_DATABASE},
    {"pg_isready", "", EFFECT_NONE},
    {"redis-cli", "ping", EFFECT_NONE},
    {"redis-cli", "info", EFFECT_NONE},
    {"redis-cli", "", EFFECT_DATABASE},
    {"npm", "db:status", EFFECT_NONE},
    {"npm", "db:migrate", EFFECT_DATABASE},
    {"npm", "list", EFFECT_NONE},
    {"npm", "test", EFFECT_NONE},
    {"npm", "", EFFECT_CODE},
    {"yarn", "", EFFECT_CODE},
    {"pip", "list", EFFECT_NONE},
    {"pip", "show", EFFECT_NONE},
    {"pip", "freeze", EFFECT_NONE},
    {"pip", "", EFFECT_CODE},
    {"pip3", "", EFFECT_CODE},
    {"make", "test", EFFECT_NONE},
    {"make", "check", EFFECT_NONE},
    {"make", "", EFFECT_CODE},
    {"cargo", "", EFFECT_CODE},
    {"mvn", "", EFFECT_CODE},
    {"go", "", EFFECT_CODE},
    {"bundle", "", EFFECT_CODE},
    {"apt", "", EFFECT_CODE},
    {"apt-get", "", EFFECT_CODE},
    {"install", "", EFFECT_CODE},
    {"rsync", "", EFFECT_CODE},
    {"scp", "", EFFECT_FILES},
    {"cp", "", EFFECT_FILES},
    {"mv", "", EFFECT_FILES},
    {"ln", "", EFFECT_CODE},
    {"rm", "", EFFECT_FILES},
    {"mkdir", "", EFFECT_FILES},
    {"touch", "", EFFECT_FILES},
    {"chmod", "", EFFECT_FILES},
    {"chown", "", EFFECT_FILES},
    {"tar", "", EFFECT_FILES},
    {"unzip", "", EFFECT_FILES},
    {"gunzip", "", EFFECT_FILES},
    {"gzip", "", EFFECT_FILES},
    {"tee", "", EFFECT_FILES},
    {"sed", "-i", EFFECT_FILES},
    {"find", "-delete", EFFECT_FILES},
    {"find", "-exec", EFFECT_UNKNOWN},
    {"pytest", "", EFFECT_NONE},
    {"curl", "-X", EFFECT_UNKNOWN},
    {"curl", "-d", EFFECT_UNKNOWN},
    {"curl", "--data", EFFECT_UNKNOWN},
    {"curl", "", EFFECT_NONE},
    {"wget", "", EFFECT_FILES},
    {"openssl", "", EFFECT_NONE},
};

/* Programs that only look, whatever their arguments. */
static const char *const effect_looks[] = {
    "cat",    "ls",       "grep",     "egrep",   "fgrep",      "head",     "tail",      "wc",
    "df",     "du",       "ps",       "echo",    "date",       "env",      "printenv",  "id",
    "whoami", "hostname", "uptime",   "free",    "stat",       "file",     "diff",      "cmp",
    "sort",   "uniq",     "awk",      "sed",     "jq",         "cut",      "tr",        "dig",
    "ping",   "nc",       "ss",       "netstat", "lsof",       "which",    "test",      "[",
    "true",   "false",    "sleep",    "watch",   "journalctl", "find",     "sha256sum", "md5sum",
    "xargs",  "top",      "nslookup", "host",    "printf",     "readlink", "basename",  "dirname",
    "uname",  "zcat",     "less",     "more",    "pwd",        "command",  "type",      "column",
    "tac",    "rev",      "seq",      "timeout", "time",       "comm",     "realpath",  ":"};

/* Programs that are commands without doubt, and whose effect only their arguments tell. */
static const char *const effect_tools[] = {"ssh",
                                           "psql",
                                           "sqlite3",
                                           "mysql",
                                           "mariadb",
                                           "cd",
                                           "export",
                                           "source",
                                           "python",
                                           "python3",
                                           "node",
                                           "bash",
                                           "sh",
                                           "sudo",
                                           "su",
                                           "helm",
                                           "aws",
                                           "gcloud",
                                           "az",
                                           "terraform",
                                           "ansible",
                                           "ansible-playbook",
                                           "vault",
                                           "consul",
                                           "nomad",
                                           "etcdctl",
                                           "patronictl",
                                           "repmgr",
                                           "pg_ctl",
                                           "pg_ctlcluster",
                                           "pg_basebackup",
                                           "mongosh",
                                           "certbot",
                                           "update-ca-certificates",
                                           "keytool",
                                           "kubeadm",
                                           "crictl",
                                           "podman",
                                           "java",
                                           "ruby",
                                           "rails",
                                           "rake",
                                           "php",
                                           "composer",
                                           "dotnet",
                                           "crontab",
                                           "mount",
                                           "umount",
                                           "ip",
                                           "iptables",
                                           "ufw",
                                           "sysctl",
                                           "useradd",
                                           "usermod",
                                           "passwd",
                                           "vi",
                                           "vim",
                                           "nano",
                                           "tmux",
                                           "screen",
                                           "exit",
                                           "set",
                                           "unset",
                                           "haproxy",
                                           "apachectl",
                                           "a2ensite",
                                           "logrotate",
                                           "pg_upgrade",
                                           "pgbench",
                                           "vacuumdb",
                                           "reindexdb",
                                           "initdb",
                                           "rabbitmqctl",
                                           "redis-server",
                                           "kafka-topics.sh",
                                           "dnf",
                                           "yum",
                                           "dpkg",
                                           "rpm",
                                           "apk",
                                           "brew",
                                           "snap",
                                           "nohup",
                                           "chroot",
                                           "dd",
                                           "lvextend",
                                           "resize2fs",
                                           "twine",
                                           "poetry",
                                           "pnpm",
                                           "gem",
                                           "argocd",
                                           "flux",
                                           "istioctl",
                                           "kustomize",
                                           "eksctl",
                                           "oc",
                                           "rclone",
                                           "restic",
                                           "borg",
                                           "zfs",
                                           "zpool",
                                           "mdadm",
                                           "lvcreate",
                                           "lvs",
                                           "vgs",
                                           "pvs",
                                           "mkfs",
                                           "fsck",
                                           "nmap",
                                           "traceroute",
                                           "mtr",
                                           "telnet",
                                           "drbdadm",
                                           "pcs",
                                           "crm",
                                           "glab",
                                           "gh",
                                           "skopeo",
                                           "openssl",
                                           "prusik"};

/* A word of any program that says that it only looks. */
static const char *const effect_looking_verbs[] = {
    "status", "--version", "-V",     "version",  "--help",       "check",      "list",
    "show",   "--dry-run", "verify", "validate", "check-config", "configtest", "--check"};

static bool effect_has_word(const struct shell_simple *s, const char *word)
{
    return shell_find_word(s, 1, sv_from(word)) > 0;
}

bool effect_knows(struct sv program)
{
    for (size_t i = 0; i < ARRAY_LEN(effect_rows); i++)
        if (sv_is(program, effect_rows[i].program))
            return true;
    for (size_t i = 0; i < ARRAY_LEN(effect_looks); i++)
        if (sv_is(program, effect_looks[i]))
            return true;
    for (size_t i = 0; i < ARRAY_LEN(effect_tools); i++)
        if (sv_is(program, effect_tools[i]))
            return true;
    return false;
}

/* psql and sqlite3: the SQL decides; without any, the input does, and that may be anything. */
static enum command_effect effect_of_client(const struct shell_simple *s)
{
    for (size_t i = 1; i < s->n_words; i++) {
        bool c = s->words[i].literal && sv_eq(s->words[i].value, SV("-c"));

        if (c && i + 1 < s->n_words)
            return effect_of_sql(s->words[i + 1].raw);
    }
    if (sv_eq(shell_program(s), SV("sqlite3")) && s->n_words >= 3)
        return effect_of_sql(s->words[s->n_words - 1].raw);
    return EFFECT_DATABASE;
}

/* "app migrate up", "manage.py migrate", "rails db:migrate" */
static bool effect_is_migration(const struct shell_simple *s)
{
    static const char *const words[] = {"migrate", "db:migrate", "migration", "migrations"};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (effect_has_word(s, words[i]))
            return true;
    return false;
}

/* gzip and the like without a file: from input to output. */
static bool effect_is_filter(const struct shell_simple *s)
{
    static const char *const filters[] = {"gzip", "gunzip", "bzip2",  "bunzip2", "xz",
                                          "unxz", "zstd",   "unzstd", "pigz",    "lz4",
                                          "pv",   "gpg",    "age",    "openssl"};
    struct sv program = shell_program(s);

    for (size_t i = 1; i < s->n_words; i++)
        if (!sv_starts(s->words[i].raw, SV("-")))
            return false;
    for (size_t i = 0; i < ARRAY_LEN(filters); i++)
        if (sv_is(program, filters[i]))
            return true;
    return false;
}

/* Our own commands, by verb and first word: what a flag is, is no option of it.  The first row that fits counts. */
static const struct effect_own {
    const char *verb, *word;
    enum command_effect effect;
} effect_own_rows[] = {
    {"flag", "set", EFFECT_FLAG},
    {"flag", "kill", EFFECT_FLAG},
    {"flag", "unkill", EFFECT_FLAG},
    {"flag", "back", EFFECT_FLAG},
    {"flag", "", EFFECT_NONE},
    {"backup", "create", EFFECT_BACKUP},
    {"backup", "verify", EFFECT_NONE},
    {"backup", "list", EFFECT_NONE},
    {"backup", "restore", EFFECT_DATABASE},
    {"backup", "", EFFECT_FILES},
    {"db", "status", EFFECT_NONE},
    {"db", "plan", EFFECT_NONE},
    {"db", "current", EFFECT_NONE},
    {"db", "history", EFFECT_NONE},
    {"db", "verify", EFFECT_NONE},
    {"db", "new", EFFECT_FILES},
    {"db", "", EFFECT_DATABASE},
    {"snapshot", "", EFFECT_BACKUP},
    {"compare", "", EFFECT_NONE},
    {"audit", "", EFFECT_NONE},
    {"lint", "", EFFECT_NONE},
    {"plan", "", EFFECT_NONE},
    {"status", "", EFFECT_NONE},
    {"verify", "", EFFECT_NONE},
    {"report", "", EFFECT_NONE},
    {"replay", "", EFFECT_NONE},
    {"export", "", EFFECT_NONE},
};

static enum command_effect effect_of_own(const struct shell_simple *s)
{
    struct sv verb = s->n_words > 1 ? s->words[1].raw : SV("");
    struct sv word = s->n_words > 2 ? s->words[2].raw : SV("");

    for (size_t i = 0; i < ARRAY_LEN(effect_own_rows); i++)
        if (sv_is(verb, effect_own_rows[i].verb) &&
            (!effect_own_rows[i].word[0] || sv_is(word, effect_own_rows[i].word)))
            return effect_own_rows[i].effect;
    return EFFECT_UNKNOWN;
}

static enum command_effect effect_of_simple(const struct shell_simple *s)
{
    bool sudo;
    struct shell_simple inner = shell_inner(s, &sudo);
    struct sv program;

    if (inner.n_words == 0)
        return EFFECT_STATE; /* uncovered: the grammar gives every command a name */
    program = shell_program(&inner);
    if (inner.declaration || sv_eq(program, SV("cd")) || sv_eq(program, SV("source")) ||
        sv_eq(program, SV(".")) || sv_eq(program, SV("set")))
        return EFFECT_STATE;
    if (sv_eq(program, SV("psql")) || sv_eq(program, SV("sqlite3")))
        return effect_of_client(&inner);
    if (sv_eq(program, SV("prusik")))
        return effect_of_own(&inner);
    if (effect_is_filter(&inner))
        return EFFECT_NONE;
    for (size_t i = 0; i < ARRAY_LEN(effect_rows); i++)
        if (sv_is(program, effect_rows[i].program) &&
            (!effect_rows[i].verb[0] || effect_has_word(&inner, effect_rows[i].verb)))
            return effect_rows[i].effect;
    for (size_t i = 0; i < ARRAY_LEN(effect_looks); i++)
        if (sv_is(program, effect_looks[i]))
            return EFFECT_NONE;
    for (size_t i = 0; i < ARRAY_LEN(effect_looking_verbs); i++)
        if (effect_has_word(&inner, effect_looking_verbs[i]))
            return EFFECT_NONE;
    return effect_is_migration(&inner) ? EFFECT_DATABASE : EFFECT_UNKNOWN;
}

/* A copy under a name that says "backup" is one. */
static bool effect_copies_to_backup(const struct shell_item *item)
{
    for (size_t i = 0; i < item->n_simple; i++) {
        const struct shell_simple *s = &item->simple[i];

        if (sv_eq(shell_program(s), SV("cp")) && s->n_words >= 3 &&
            (sv_has_nocase(s->words[s->n_words - 1].raw, SV("backup")) ||
             sv_has_nocase(s->words[s->n_words - 1].raw, SV(".bak"))))
            return true;
    }
    return false;
}

/* sqlite3 shop.db .dump > shop.sql */
static bool effect_dumps(const struct shell_item *item)
{
    for (size_t i = 0; i < item->n_simple; i++) {
        const struct shell_simple *s = &item->simple[i];

        if (sv_eq(shell_program(s), SV("sqlite3")) && s->n_words == 3 &&
            sv_has(s->words[2].raw, SV(".dump")))
            return true;
    }
    return false;
}

enum command_effect effect_of(const struct shell_item *item)
{
    enum command_effect worst = EFFECT_NONE;
    bool writes = false;

    if (item->kind == SHELL_ASSIGN || item->kind == SHELL_FUNCTION)
        return EFFECT_STATE;
    for (size_t i = 0; i < item->n_simple; i++) {
        enum command_effect e = effect_of_simple(&item->simple[i]);

        if (e > worst)
            worst = e;
    }
    for (size_t i = 0; i < item->n_redirects; i++)
        writes |= sv_ends(item->redirects[i].op, SV(">")) &&
                  !sv_starts(item->redirects[i].target.raw, SV("/dev/"));
    if (worst == EFFECT_FILES && effect_copies_to_backup(item))
        return EFFECT_BACKUP;
    if (writes && worst < EFFECT_BACKUP)
        return effect_dumps(item) ? EFFECT_BACKUP : EFFECT_FILES;
    return worst;
}

/* --- doing it again --- */

/* Programs (with a verb, "" for any) that bring about a state instead of a change: a second run finds it. */
static const struct effect_again {
    const char *program, *verb, *why;
} effect_again_rows[] = {
    {"prusik", "set", "the flag is set to the same again"},
    {"prusik", "kill", "the flag is killed to the same again"},
    {"prusik", "back", "the flag is what it was before the run"},
    {"prusik", "upgrade", "migrations that were applied are not applied again"},
    {"git", "pull", "git pull brings the same commit"},
    {"git", "checkout", "git checkout names the same commit"},
    {"git", "switch", "git switch names the same branch"},
    {"git", "reset", "git reset names the same commit"},
    {"git", "fetch", "git fetch only looks"},
    {"make", "", "make makes what is missing"},
    {"npm", "install", "npm install makes what is missing"},
    {"npm", "ci", "npm ci makes it anew"},
    {"npm", "build", "a build makes it anew"},
    {"npm", "db:migrate", "migrations that were applied are not applied again"},
    {"pip", "install", "pip install makes what is missing"},
    {"systemctl", "", "systemctl brings the unit into the same state"},
    {"service", "", "service brings the unit into the same state"},
    {"alembic", "upgrade", "migrations that were applied are not applied again"},
    {"flask", "upgrade", "migrations that were applied are not applied again"},
    {"dbmate", "up", "migrations that were applied are not applied again"},
    {"goose", "up", "migrations that were applied are not applied again"},
    {"sqitch", "deploy", "migrations that were applied are not applied again"},
    {"cp", "", "the same bytes are written again"},
    {"install", "", "the same bytes are written again"},
    {"rsync", "", "the same bytes are written again"},
    {"mkdir", "-p", "a folder that exists is no error"},
    {"rm", "-f", "a file that is gone is no error"},
    {"rm", "-rf", "a file that is gone is no error"},
    {"touch", "", "the file exists afterwards"},
    {"ln", "-sf", "the link is set again"},
    {"ln", "-sfn", "the link is set again"},
    {"chmod", "", "the mode is set again"},
    {"chown", "", "the owner is set again"},
    {"pg_dump", "", "the dump is made anew"},
    {"docker", "pull", "the same image is pulled"},
    {"nginx", "reload", "the configuration is read again"},
};

/* "app migrate up", "app migrate down --to N": a migration tool with its own version table. */
static bool effect_is_versioned(const struct shell_simple *s)
{
    return effect_is_migration(s) && (effect_has_word(s, "up") || effect_has_word(s, "--to"));
}

static const char *effect_why_again(const struct shell_simple *s)
{
    bool sudo;
    struct shell_simple inner = shell_inner(s, &sudo);

    for (size_t i = 0; i < ARRAY_LEN(effect_again_rows); i++)
        if (sv_is(shell_program(&inner), effect_again_rows[i].program) &&
            (!effect_again_rows[i].verb[0] || effect_has_word(&inner, effect_again_rows[i].verb)))
            return effect_again_rows[i].why;
    return effect_is_versioned(&inner) ? "migrations that were applied are not applied again"
                                       : NULL;
}

/* A snapshot is never overwritten: a second one of the same name fails. */
static bool effect_is_snapshot(const struct shell_item *item)
{
    for (size_t i = 0; i < item->n_simple; i++)
        if (sv_eq(shell_program(&item->simple[i]), SV("prusik")) &&
            shell_find_word(&item->simple[i], 1, SV("snapshot")) == 1)
            return true;
    return false;
}

bool effect_repeats(const struct shell_item *item, enum command_effect effect, const char **why)
{
    *why = "it changes nothing";
    if (effect == EFFECT_NONE || effect == EFFECT_STATE)
        return true;
    if (effect == EFFECT_BACKUP) {
        *why = "the copy is made anew";
        return !effect_is_snapshot(item);
    }
    for (size_t i = 0; i < item->n_redirects; i++)
        if (sv_eq(item->redirects[i].op, SV(">>")))
            return false; /* appends a second time */
    for (size_t i = 0; i < item->n_simple; i++) {
        struct shell_simple *s = &item->simple[i];
        const char *reason;

        if (effect_of_simple(s) == EFFECT_NONE || effect_of_simple(s) == EFFECT_STATE)
            continue;
        reason = effect_why_again(s);
        if (!reason)
            return false;
        *why = reason;
    }
    return item->n_simple > 0;
}
