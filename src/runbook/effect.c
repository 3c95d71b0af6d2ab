#include "runbook/effect.h"

#include <string.h>

#include "base/sv.h"
#include "base/words.h"
#include "runbook/effect_code.h"
#include "runbook/effect_inner.h"
#include "runbook/effect_script.h"
#include "runbook/sql_split.h"

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
    {"docker", "ls", EFFECT_NONE},
    {"docker", "info", EFFECT_NONE},
    {"docker", "stats", EFFECT_NONE},
    {"docker", "top", EFFECT_NONE},
    {"docker", "port", EFFECT_NONE},
    {"docker", "history", EFFECT_NONE},
    {"docker", "config", EFFECT_NONE},
    {"docker", "prune", EFFECT_UNKNOWN}, /* what is gone, nothing brings back */
    {"docker", "volume", EFFECT_UNKNOWN},
    {"docker", "rmi", EFFECT_UNKNOWN},
    {"docker", "pull", EFFECT_CODE},
    {"docker", "push", EFFECT_CODE},
    {"docker", "tag", EFFECT_CODE},
    {"docker", "load", EFFECT_CODE},
    {"docker", "build", EFFECT_CODE},
    {"docker", "", EFFECT_SERVICE},
    {"docker-compose", "ps", EFFECT_NONE},
    {"docker-compose", "logs", EFFECT_NONE},
    {"docker-compose", "config", EFFECT_NONE},
    {"docker-compose", "top", EFFECT_NONE},
    {"docker-compose", "images", EFFECT_NONE},
    {"docker-compose", "pull", EFFECT_CODE},
    {"docker-compose", "build", EFFECT_CODE},
    {"docker-compose", "", EFFECT_SERVICE},
    {"kubectl", "get", EFFECT_NONE},
    {"kubectl", "describe", EFFECT_NONE},
    {"kubectl", "logs", EFFECT_NONE},
    {"kubectl", "status", EFFECT_NONE},
    {"kubectl", "history", EFFECT_NONE},
    {"kubectl", "top", EFFECT_NONE},
    {"kubectl", "wait", EFFECT_NONE},
    {"kubectl", "diff", EFFECT_NONE},
    {"kubectl", "explain", EFFECT_NONE},
    {"kubectl", "events", EFFECT_NONE},
    {"kubectl", "cluster-info", EFFECT_NONE},
    {"kubectl", "port-forward", EFFECT_NONE},
    {"kubectl", "version", EFFECT_NONE},
    {"kubectl", "config", EFFECT_STATE},
    {"kubectl", "pvc", EFFECT_DATABASE}, /* what is kept there */
    {"kubectl", "pv", EFFECT_DATABASE},
    {"kubectl", "persistentvolumeclaim", EFFECT_DATABASE},
    {"kubectl", "persistentvolume", EFFECT_DATABASE},
    {"kubectl", "", EFFECT_SERVICE},
    {"helm", "history", EFFECT_NONE},
    {"helm", "get", EFFECT_NONE},
    {"helm", "template", EFFECT_NONE},
    {"helm", "lint", EFFECT_NONE},
    {"helm", "diff", EFFECT_NONE},
    {"helm", "repo", EFFECT_STATE},
    {"helm", "upgrade", EFFECT_SERVICE},
    {"helm", "install", EFFECT_SERVICE},
    {"helm", "rollback", EFFECT_SERVICE},
    {"helm", "uninstall", EFFECT_SERVICE},
    {"helm", "delete", EFFECT_SERVICE},
    {"gh", "watch", EFFECT_NONE},
    {"gh", "view", EFFECT_NONE},
    {"terraform", "plan", EFFECT_NONE},
    {"terraform", "output", EFFECT_NONE},
    {"terraform", "fmt", EFFECT_NONE},
    {"terraform", "init", EFFECT_CODE},
    {"haproxy", "-c", EFFECT_NONE},
    {"kill", "-0", EFFECT_NONE},
    {"kill", "", EFFECT_SERVICE},
    {"pkill", "", EFFECT_SERVICE},
    {"nginx", "-t", EFFECT_NONE},
    {"nginx", "", EFFECT_SERVICE},
    {"alembic", "current", EFFECT_NONE},
    {"alembic", "history", EFFECT_NONE},
    {"alembic", "check", EFFECT_NONE},
    {"alembic", "heads", EFFECT_NONE},
    {"alembic", "--sql", EFFECT_NONE}, /* it prints what it would do */
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
    {"mongodump", "", EFFECT_BACKUP},
    {"pgbackrest", "backup", EFFECT_BACKUP},
    {"pgbackrest", "info", EFFECT_NONE},
    {"pgbackrest", "check", EFFECT_NONE},
    {"pgbackrest", "verify", EFFECT_NONE},
    {"patronictl", "list", EFFECT_NONE},
    {"patronictl", "history", EFFECT_NONE},
    {"patronictl", "show-config", EFFECT_NONE},
    {"patronictl", "", EFFECT_SERVICE},
    {"kafka-topics", "--describe", EFFECT_NONE},
    {"kafka-topics", "--list", EFFECT_NONE},
    {"kafka-topics.sh", "--describe", EFFECT_NONE},
    {"kafka-topics.sh", "--list", EFFECT_NONE},
    {"kafka-consumer-groups", "--describe", EFFECT_NONE},
    {"kafka-consumer-groups", "--list", EFFECT_NONE},
    {"kafka-consumer-groups.sh", "--describe", EFFECT_NONE},
    {"kafka-consumer-groups.sh", "--list", EFFECT_NONE},
    {"kafka-configs", "--describe", EFFECT_NONE},
    {"kafka-configs.sh", "--describe", EFFECT_NONE},
    {"nodetool", "info", EFFECT_NONE},
    {"nodetool", "ring", EFFECT_NONE},
    {"nodetool", "tpstats", EFFECT_NONE},
    {"nodetool", "netstats", EFFECT_NONE},
    {"nodetool", "describecluster", EFFECT_NONE},
    {"nodetool", "compactionstats", EFFECT_NONE},
    {"consul", "members", EFFECT_NONE},
    {"vault", "read", EFFECT_NONE},
    {"ceph", "-s", EFFECT_NONE},
    {"ceph", "health", EFFECT_NONE},
    {"ceph", "df", EFFECT_NONE},
    {"barman", "backup", EFFECT_BACKUP},
    {"wal-g", "backup-push", EFFECT_BACKUP},
    {"wal-g", "backup-list", EFFECT_NONE},
    {"restic", "backup", EFFECT_BACKUP},
    {"restic", "snapshots", EFFECT_NONE},
    {"borg", "create", EFFECT_BACKUP},
    {"xtrabackup", "--backup", EFFECT_BACKUP},
    {"velero", "get", EFFECT_NONE},
    {"velero", "describe", EFFECT_NONE},
    {"etcdctl", "save", EFFECT_BACKUP},
    {"etcdctl", "health", EFFECT_NONE},
    {"etcdctl", "status", EFFECT_NONE},
    {"zfs", "snapshot", EFFECT_BACKUP},
    {"aws", "create-db-snapshot", EFFECT_BACKUP},
    {"aws", "create-db-cluster-snapshot", EFFECT_BACKUP},
    {"aws", "create-snapshot", EFFECT_BACKUP},
    {"pg_restore", "--list", EFFECT_NONE},
    {"pg_restore", "-l", EFFECT_NONE},
    {"pg_restore", "", EFFECT_DATABASE},
    {"pg_isready", "", EFFECT_NONE},
    {"npm", "db:status", EFFECT_NONE},
    {"npm", "db:migrate", EFFECT_DATABASE},
    {"npm", "list", EFFECT_NONE},
    {"npm", "--version", EFFECT_NONE},
    {"npm", "-v", EFFECT_NONE},
    {"npm", "test", EFFECT_NONE},
    {"npm", "", EFFECT_CODE},
    {"yarn", "test", EFFECT_NONE},
    {"yarn", "lint", EFFECT_NONE},
    {"pnpm", "test", EFFECT_NONE},
    {"pnpm", "lint", EFFECT_NONE},
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
    {"unittest", "", EFFECT_NONE}, /* python -m ... */
    {"py_compile", "", EFFECT_NONE},
    {"json.tool", "", EFFECT_NONE},
    {"venv", "", EFFECT_FILES},
    {"wget", "--spider", EFFECT_NONE},
    {"wget", "", EFFECT_FILES},
    {"openssl", "", EFFECT_NONE},
};
static struct words effect_row_programs = WORDS_OF(effect_rows, program);

/* Programs that only look, whatever their arguments. */
static const char *const effect_looks[] = {"cat",        "ls",
                                           "grep",       "egrep",
                                           "fgrep",      "head",
                                           "tail",       "wc",
                                           "df",         "du",
                                           "ps",         "echo",
                                           "date",       "env",
                                           "printenv",   "id",
                                           "whoami",     "hostname",
                                           "uptime",     "free",
                                           "stat",       "file",
                                           "diff",       "cmp",
                                           "sort",       "uniq",
                                           "awk",        "sed",
                                           "jq",         "cut",
                                           "tr",         "dig",
                                           "ping",       "nc",
                                           "ss",         "netstat",
                                           "lsof",       "which",
                                           "test",       "[",
                                           "true",       "false",
                                           "sleep",      "watch",
                                           "journalctl", "find",
                                           "sha256sum",  "md5sum",
                                           "xargs",      "top",
                                           "htop",       "btop",
                                           "atop",       "glances",
                                           "iotop",      "nethogs",
                                           "iftop",      "nslookup",
                                           "host",       "printf",
                                           "readlink",   "basename",
                                           "dirname",    "uname",
                                           "zcat",       "less",
                                           "more",       "pwd",
                                           "command",    "type",
                                           "column",     "tac",
                                           "rev",        "seq",
                                           "timeout",    "time",
                                           "comm",       "realpath",
                                           ":",          "break",
                                           "continue",   "return",
                                           "exit",       "wait",
                                           "read",       "shift",
                                           "trap",       "local",
                                           "pgrep",      "pidof",
                                           "nproc",      "lsblk",
                                           "lscpu",      "vmstat",
                                           "iostat",     "mpstat",
                                           "sar",        "dmesg",
                                           "last",       "w",
                                           "tree",       "sha1sum",
                                           "cksum",      "getent",
                                           "zgrep",      "yq",
                                           "bc",         "traceroute",
                                           "mtr",        "whois",
                                           "nmap",       "sync",
                                           "flock",      "nice",
                                           "ionice",     "stdbuf",
                                           "exec",       "pg_lsclusters",
                                           "clear",      "pg_controldata"};
static struct words effect_look_programs = WORDS_OF_NAMES(effect_looks);

/* Programs that are commands without doubt, and whose effect only their arguments tell. */
static const char *const effect_tools[] = {"redis-cli",
                                           "valkey-cli",
                                           "ssh",
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
                                           "curl",
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

static bool effect_has_word(const struct shell_simple *s, const char *word)
{
    return shell_find_word(s, 1, sv_from(word)) > 0;
}

bool effect_knows(struct sv program)
{
    bool row = words_may_have(&effect_row_programs, program);
    bool look = words_may_have(&effect_look_programs, program);

    for (size_t i = 0; row && i < ARRAY_LEN(effect_rows); i++)
        if (sv_is(program, effect_rows[i].program))
            return true;
    for (size_t i = 0; look && i < ARRAY_LEN(effect_looks); i++)
        if (sv_is(program, effect_looks[i]))
            return true;
    for (size_t i = 0; i < ARRAY_LEN(effect_tools); i++)
        if (sv_is(program, effect_tools[i]))
            return true;
    return false;
}

/* What the client gets, where that is known: a line that goes on behind a '\\' is one line to it, a \" is a quote. */
static struct sv effect_sql_of(const struct shell_word *w)
{
    return w->literal ? w->value : w->raw;
}

/* psql, mysql and sqlite3: the SQL decides; without any, the input does, and that may be anything. */
static enum command_effect effect_of_client(const struct shell_simple *s)
{
    struct sv sql;

    for (size_t i = 1; i < s->n_words; i++)
        if (sql_option_gives(shell_program(s), effect_sql_of(&s->words[i]), &sql) &&
            (sql.n || i + 1 < s->n_words))
            return effect_of_sql(sql.n ? sql : effect_sql_of(&s->words[i + 1]));
    if (sv_eq(shell_program(s), SV("sqlite3")) && s->n_words >= 3)
        return effect_of_sql(effect_sql_of(&s->words[s->n_words - 1]));
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

/* --- requests --- */

/* The letters of one option word of curl: *asks, the method behind X, or what is sent. */
struct effect_request {
    struct sv method;
    bool sends;
};

static const char effect_curl_valued[] = "AbceEHmMoPQrtuUwxyYzC";

/* "-sSfXPOST": returns true when the next word is the method. */
static bool effect_read_letters(struct sv letters, struct effect_request *q)
{
    for (size_t i = 0; i < letters.n; i++) {
        if (letters.p[i] == 'X') {
            q->method = sv_sub(letters, i + 1, letters.n);
            return !q->method.n;
        }
        if (strchr("dFT", letters.p[i]))
            q->sends = true;
        if (strchr("dFT", letters.p[i]) || strchr(effect_curl_valued, letters.p[i]))
            break; /* the rest is its value */
    }
    return false;
}

/* "--request POST", "--request=POST", "--data-binary": returns true when the next word is the method. */
static bool effect_read_name(struct sv name, struct effect_request *q)
{
    if (sv_eat(&name, SV("--request"))) {
        q->method = sv_eat(&name, SV("=")) ? name : q->method;
        return !q->method.n;
    }
    q->sends |= sv_starts(name, SV("--data")) || sv_starts(name, SV("--form")) ||
                sv_starts(name, SV("--json")) || sv_starts(name, SV("--upload-file"));
    return false;
}

/* A request that only asks for something. */
static enum command_effect effect_of_curl(const struct shell_simple *s)
{
    static const char *const asking[] = {"GET", "HEAD", "OPTIONS"};
    struct effect_request q = {.sends = false};
    bool get = effect_has_word(s, "-G") || effect_has_word(s, "--get");

    for (size_t i = 1; i < s->n_words; i++) {
        struct sv o = s->words[i].raw;
        bool next = sv_starts(o, SV("--"))  ? effect_read_name(o, &q)
                    : sv_starts(o, SV("-")) ? effect_read_letters(sv_sub(o, 1, o.n), &q)
                                            : false;

        if (next)
            q.method = i + 1 < s->n_words ? s->words[++i].raw : o;
    }
    for (size_t i = 0; i < ARRAY_LEN(asking); i++)
        if (sv_is(q.method, asking[i]))
            return EFFECT_NONE;
    return q.method.n || (q.sends && !get) ? EFFECT_UNKNOWN : EFFECT_NONE;
}

/* --- clients of a cloud --- */

/* "aws ec2 describe-instances", "aws s3 ls", "gcloud compute instances list", "az vm show" */
static bool effect_asks_cloud(const struct shell_simple *s, struct sv program)
{
    static const char *const programs[] = {"aws",   "gcloud",      "az",
                                           "doctl", "rabbitmqctl", "etcdctl"};
    static const struct sv verbs[] = {SV("describe"), SV("get"), SV("list"), SV("ls"), SV("wait")};
    bool cloud = false;

    for (size_t i = 0; i < ARRAY_LEN(programs); i++)
        cloud |= sv_is(program, programs[i]);
    for (size_t i = 1; cloud && i < s->n_words && !sv_starts(s->words[i].raw, SV("-")); i++)
        for (size_t k = 0; k < ARRAY_LEN(verbs); k++) {
            struct sv word = s->words[i].raw;

            if (sv_eat(&word, verbs[k]) && (!word.n || *word.p == '-' || *word.p == '_'))
                return true;
        }
    return false;
}

/* --- one command --- */

/* Of a program by its name; it carries out no other. */
static enum command_effect effect_of_program(const struct shell_simple *s)
{
    struct sv program = shell_program(s);
    bool row = words_may_have(&effect_row_programs, program);

    if (s->declaration || sv_eq(program, SV("cd")) || sv_eq(program, SV("source")) ||
        sv_eq(program, SV(".")) || sv_eq(program, SV("set")))
        return EFFECT_STATE;
    if (sv_eq(program, SV("psql")) || sv_eq(program, SV("sqlite3")) ||
        sv_eq(program, SV("mysql")) || sv_eq(program, SV("mariadb")))
        return effect_of_client(s);
    if (sv_eq(program, SV("prusik")))
        return effect_of_own(s);
    if (sv_eq(program, SV("curl")))
        return effect_of_curl(s);
    if (sv_eq(program, SV("redis-cli")) || sv_eq(program, SV("valkey-cli")))
        return effect_of_redis(s);
    if (effect_is_filter(s) || effect_asks_cloud(s, program))
        return EFFECT_NONE;
    for (size_t i = 0; row && i < ARRAY_LEN(effect_rows); i++)
        if (sv_is(program, effect_rows[i].program) &&
            (!effect_rows[i].verb[0] || effect_has_word(s, effect_rows[i].verb)))
            return effect_rows[i].effect;
    if ((words_may_have(&effect_look_programs, program) &&
         effect_is_one_of(program, effect_looks, ARRAY_LEN(effect_looks))) ||
        effect_is_test(s, program) || effect_code_looks(s))
        return EFFECT_NONE;
    if (effect_says_looks(s))
        return EFFECT_NONE;
    if (effect_is_saving(s, program))
        return EFFECT_BACKUP;
    if (effect_is_migration(s) || effect_is_migrating(s, program))
        return EFFECT_DATABASE;
    return effect_is_deployment(s, program) ? EFFECT_CODE : EFFECT_UNKNOWN;
}

/* A text in a text in a text: nobody writes that. */
enum { EFFECT_DEPTH = 3, EFFECT_WORDS = 64 };

static enum command_effect effect_of_text(struct sv text, unsigned depth);

/* *ret: what the command carries out in the end, when words of it are that. */
static enum command_effect effect_of_inner(const struct shell_simple *s, unsigned depth,
                                           struct shell_simple *ret)
{
    struct sv text;
    bool sudo;

    *ret = shell_inner(s, &sudo);
    while (ret->n_words) {
        struct shell_simple in;

        switch (effect_inner_of(ret, &in, &text)) {
        case INNER_COMMAND: *ret = shell_inner(&in, &sudo); break;
        case INNER_TEXT: return effect_of_text(text, depth + 1);
        case INNER_NOTHING: return EFFECT_NONE;
        case INNER_NO:
        default: return effect_of_program(ret);
        }
    }
    return EFFECT_STATE; /* uncovered: the grammar gives every command a name */
}

static enum command_effect effect_of_simple(const struct shell_simple *s)
{
    struct shell_simple inner;

    return effect_of_inner(s, 0, &inner);
}

/* --- texts for a shell --- */

/* The next word of a text, or one of ; & | as many as stand there; quotes hold blanks together. */
static bool effect_next_word(struct sv *rest, struct sv *ret)
{
    size_t n = 0;
    char quote = 0;

    *rest = sv_trim(*rest);
    if (!rest->n)
        return false;
    while (n < rest->n && strchr(";&|", rest->p[n]) && rest->p[n])
        n++;
    for (bool mark = n > 0; !mark && n < rest->n; n++) {
        char c = rest->p[n];

        if (!quote && (ascii_is_space(c) || c == ';' || c == '|'))
            break;
        if (c == quote)
            quote = 0;
        else if (!quote && (c == '\'' || c == '"'))
            quote = c;
    }
    *ret = sv_sub(*rest, 0, n);
    *rest = sv_sub(*rest, n, rest->n);
    return true;
}

static bool effect_is_mark(struct sv word)
{
    return strchr(";&|", *word.p) != NULL;
}

/* A file that is written: "> x", ">>x", "2>err". */
static bool effect_redirects(struct sv word, struct sv next)
{
    size_t at = sv_find_byte(word, '>', 0);
    struct sv target;

    if (at == SV_NPOS || at > 1 || (at == 1 && !ascii_is_digit(*word.p)))
        return false;
    target = sv_sub(word, at + 1, word.n);
    (void)sv_eat(&target, SV(">"));
    target = target.n ? target : next;
    return !sv_starts(target, SV("&")) && !sv_starts(target, SV("/dev/"));
}

/* The words up to the next mark are one command. */
static enum command_effect effect_of_segment(struct sv *rest, unsigned depth)
{
    struct shell_word words[EFFECT_WORDS] = {0};
    struct shell_simple s = {.words = words}, inner;
    bool writes = false, full = false;
    enum command_effect effect;
    struct sv word, next;

    while (effect_next_word(rest, &word) && !effect_is_mark(word)) {
        struct sv ahead = *rest;

        if (!effect_next_word(&ahead, &next))
            next = (struct sv){"", 0};
        writes |= effect_redirects(word, next);
        if (sv_starts(word, SV("$(")) || sv_has(word, SV("`")))
            full = true; /* what it becomes is not known here */
        if (s.n_words == EFFECT_WORDS) {
            full = true;
            continue;
        }
        words[s.n_words++] = (struct shell_word){.raw = word, .value = word, .literal = true};
    }
    if (!s.n_words)
        return EFFECT_NONE;
    effect = full ? EFFECT_UNKNOWN : effect_of_inner(&s, depth, &inner);
    return writes && effect < EFFECT_FILES ? EFFECT_FILES : effect;
}

static enum command_effect effect_of_text(struct sv text, unsigned depth)
{
    enum command_effect worst = EFFECT_NONE;

    if (depth > EFFECT_DEPTH || sv_find_byte(text, '\n', 0) != SV_NPOS)
        return EFFECT_UNKNOWN;
    while (sv_trim(text).n) {
        enum command_effect e = effect_of_segment(&text, depth);

        worst = e > worst ? e : worst;
    }
    return worst;
}

enum command_effect effect_of_remote(struct sv text)
{
    return effect_of_text(text, 0);
}

static bool effect_names_backup(struct sv path)
{
    return sv_has_nocase(path, SV("backup")) || sv_has_nocase(path, SV(".bak"));
}

/* "tar -czf /backups/uploads.tgz uploads": the archive that it makes; empty: it makes none. */
static struct sv effect_archive(const struct shell_simple *s)
{
    struct sv letters = s->n_words > 2 ? s->words[1].raw : (struct sv){NULL, 0};

    (void)sv_eat(&letters, SV("-"));
    return sv_eq(shell_program(s), SV("tar")) && letters.n && !sv_starts(letters, SV("-")) &&
                   sv_find_byte(letters, 'c', 0) != SV_NPOS && sv_ends(letters, SV("f"))
               ? s->words[2].raw
               : (struct sv){NULL, 0};
}

/* A copy or archive under a name that says "backup" is one. */
static bool effect_copies_to_backup(const struct shell_item *item)
{
    for (size_t i = 0; i < item->n_simple; i++) {
        struct shell_simple s;

        (void)effect_of_inner(&item->simple[i], 0, &s);
        if ((sv_eq(shell_program(&s), SV("cp")) && s.n_words >= 3 &&
             effect_names_backup(s.words[s.n_words - 1].raw)) ||
            effect_names_backup(effect_archive(&s)))
            return true;
    }
    return false;
}

/* sqlite3 shop.db .dump > shop.sql */
static bool effect_dumps(const struct shell_item *item)
{
    for (size_t i = 0; i < item->n_simple; i++) {
        struct shell_simple s;

        (void)effect_of_inner(&item->simple[i], 0, &s);
        if (sv_eq(shell_program(&s), SV("sqlite3")) && s.n_words == 3 &&
            sv_has(s.words[2].raw, SV(".dump")))
            return true;
    }
    return false;
}

/* What is written as $(x) is asked for what it prints: a program that nobody knows is no change there by itself. */
static enum command_effect effect_of_substituted(const struct shell_simple *s)
{
    struct shell_simple inner;
    enum command_effect effect = effect_of_inner(s, 0, &inner);
    struct sv program = inner.n_words ? shell_program(&inner) : (struct sv){NULL, 0};

    return effect == EFFECT_UNKNOWN && !effect_knows(program) && !effect_is_acting(&inner, program)
               ? EFFECT_STATE
               : effect;
}

enum command_effect effect_of(const struct shell_item *item)
{
    enum command_effect worst = EFFECT_NONE;
    bool writes = false;

    if (item->kind == SHELL_FUNCTION)
        return EFFECT_STATE;
    if (item->kind == SHELL_ASSIGN)
        worst = EFFECT_STATE;
    for (size_t i = 0; i < item->n_simple; i++) {
        enum command_effect e = effect_heredoc_looks(item, &item->simple[i])
                                    ? EFFECT_NONE
                                    : effect_of_simple(&item->simple[i]);

        if (e > worst)
            worst = e;
    }
    for (size_t i = 0; i < item->n_substituted; i++) {
        enum command_effect e = effect_of_substituted(&item->substituted[i]);

        if (e > EFFECT_STATE && e > worst)
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
    {"venv", "", "the folder is filled again"},
    {"nginx", "reload", "the configuration is read again"},
};

/* "app migrate up", "app migrate down --to N": a migration tool with its own version table. */
static bool effect_is_versioned(const struct shell_simple *s)
{
    return effect_is_migration(s) && (effect_has_word(s, "up") || effect_has_word(s, "--to"));
}

static const char *effect_why_again(const struct shell_simple *s)
{
    struct shell_simple inner;

    (void)effect_of_inner(s, 0, &inner);
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

/* What a name promises is not known: whoever saw it begin decides whether it runs again. */
static bool effect_trusts_a_name(const struct shell_item *item)
{
    for (size_t i = 0; i < item->n_simple; i++) {
        struct shell_simple s;

        (void)effect_of_inner(&item->simple[i], 0, &s);
        if (s.n_words &&
            (effect_is_test(&s, shell_program(&s)) || effect_is_code(&s) || item->heredoc ||
             (effect_says_looks(&s) && !effect_knows(shell_program(&s)))))
            return true;
    }
    return false;
}

/* *why: of the last that changes something. */
static bool effect_all_again(const struct shell_simple *v, size_t n,
                             enum command_effect (*of)(const struct shell_simple *),
                             const char **why)
{
    for (size_t i = 0; i < n; i++) {
        enum command_effect effect = of(&v[i]);
        const char *reason;

        if (effect == EFFECT_NONE || effect == EFFECT_STATE)
            continue;
        reason = effect_why_again(&v[i]);
        if (!reason)
            return false;
        *why = reason;
    }
    return true;
}

bool effect_repeats(const struct shell_item *item, enum command_effect effect, const char **why)
{
    *why = "it changes nothing";
    if (effect == EFFECT_NONE || effect == EFFECT_STATE)
        return !effect_trusts_a_name(item);
    if (effect == EFFECT_BACKUP) {
        *why = "the copy is made anew";
        return !effect_is_snapshot(item);
    }
    for (size_t i = 0; i < item->n_redirects; i++)
        if (sv_eq(item->redirects[i].op, SV(">>")))
            return false; /* appends a second time */
    return effect_all_again(item->simple, item->n_simple, effect_of_simple, why) &&
           effect_all_again(item->substituted, item->n_substituted, effect_of_substituted, why) &&
           item->n_simple + item->n_substituted > 0;
}
