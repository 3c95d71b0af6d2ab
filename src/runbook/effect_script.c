#include "runbook/effect_script.h"

#include <string.h>

#include "base/sv.h"

bool effect_is_one_of(struct sv word, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (sv_is(word, words[i]))
            return true;
    return false;
}

/* --- names --- */

static const char *const script_looks[] = {
    "smoke",    "smoketest",   "test",   "tests",  "check",     "checks",  "verify",
    "validate", "healthcheck", "health", "sanity", "preflight", "precheck"};
static const char *const script_acts[] = {
    "deploy",   "install", "setup",  "update",  "upgrade", "migrate", "create",   "delete",
    "drop",     "fix",     "repair", "reset",   "restore", "load",    "stress",   "seed",
    "clean",    "purge",   "start",  "stop",    "restart", "enable",  "disable",  "set",
    "add",      "remove",  "backup", "promote", "switch",  "cutover", "failover", "rotate",
    "rollback", "revert",  "apply",  "sync",    "push",    "publish", "release",  "kill",
    "truncate", "replace", "swap",   "scale",   "drain",   "move",    "import",   "execute"};
static const char *const script_delivers[] = {"deploy",  "deployment", "release",
                                              "rollout", "install",    "upgrade"};

/* Is one of the words of the file's name in the list? */
static bool script_has(struct sv path, const char *const *words, size_t n)
{
    size_t from = path.n;

    while (from > 0 && path.p[from - 1] != '/')
        from--;
    for (size_t i = from, begin = from; i <= path.n; i++) {
        if (i < path.n && ascii_is_alpha(path.p[i]))
            continue;
        if (effect_is_one_of(sv_sub(path, begin, i), words, n))
            return true;
        begin = i + 1;
    }
    return false;
}

/* "deploy/smoke_tests.sh", "check-health.py": the name says that it only looks. */
static bool script_is_test(struct sv path)
{
    return script_has(path, script_looks, ARRAY_LEN(script_looks)) &&
           !script_has(path, script_acts, ARRAY_LEN(script_acts));
}

/* The script that the command runs: "./x.sh", "bash -e scripts/x.sh"; empty: a program of the system. */
static struct sv script_path(const struct shell_simple *s, struct sv program)
{
    static const char *const readers[] = {"bash", "sh",   "python", "python3",
                                          "node", "ruby", "php",    "perl"};
    size_t at = 1;

    if (!effect_is_one_of(program, readers, ARRAY_LEN(readers)))
        return sv_find_byte(s->words[0].raw, '/', 0) != SV_NPOS ? s->words[0].raw
                                                                : (struct sv){NULL, 0};
    while (at < s->n_words && sv_starts(s->words[at].raw, SV("-")) && s->words[at].raw.n == 2 &&
           strchr("uexBEIO", s->words[at].raw.p[1]))
        at++;
    return at < s->n_words && !sv_starts(s->words[at].raw, SV("-")) ? s->words[at].raw
                                                                    : (struct sv){NULL, 0};
}

bool effect_is_test(const struct shell_simple *s, struct sv program)
{
    return script_is_test(script_path(s, program));
}

static const char *const script_saves[] = {"backup", "backups", "dump", "snapshot"};
static const char *const script_saves_not[] = {"restore", "delete", "clean",  "cleanup", "purge",
                                               "prune",   "remove", "rotate", "load",    "import"};
static const char *const script_migrates[] = {"migrate", "migration", "migrations"};

bool effect_is_saving(const struct shell_simple *s, struct sv program)
{
    struct sv path = script_path(s, program);

    return script_has(path, script_saves, ARRAY_LEN(script_saves)) &&
           !script_has(path, script_saves_not, ARRAY_LEN(script_saves_not));
}

bool effect_is_migrating(const struct shell_simple *s, struct sv program)
{
    return script_has(script_path(s, program), script_migrates, ARRAY_LEN(script_migrates));
}

bool effect_is_acting(const struct shell_simple *s, struct sv program)
{
    return script_has(script_path(s, program), script_acts, ARRAY_LEN(script_acts));
}

bool effect_is_deployment(const struct shell_simple *s, struct sv program)
{
    return script_has(script_path(s, program), script_delivers, ARRAY_LEN(script_delivers));
}

/* --- words --- */

bool effect_says_looks(const struct shell_simple *s)
{
    static const char *const verbs[] = {"status",     "version",       "check",    "list",
                                        "show",       "verify",        "validate", "check-config",
                                        "configtest", "showmigrations"};
    static const char *const options[] = {"--dry-run", "--check"};
    static const char *const alone[] = {"--version", "-V", "--help", "--plan"};
    size_t n = 0; /* words before that are no options */

    for (size_t i = 1; i < s->n_words; i++)
        if (effect_is_one_of(s->words[i].raw, options, ARRAY_LEN(options)))
            return true;
    if (s->n_words > 1 && effect_is_one_of(s->words[s->n_words - 1].raw, alone, ARRAY_LEN(alone)))
        return true;
    for (size_t i = 1; i < s->n_words && n < 2; i++) {
        struct sv word = s->words[i].raw;

        if (effect_is_one_of(word, verbs, ARRAY_LEN(verbs)))
            return true;
        if (effect_is_one_of(word, script_acts, ARRAY_LEN(script_acts)))
            return false; /* "set status open" */
        n += !sv_starts(word, SV("-"));
    }
    return false;
}

/* --- redis-cli --- */

/* Sub-commands of those that change something, too: "" is any. */
static const struct {
    struct sv command, verb;
} redis_looks[] = {
    {SV("ping"), SV("")},
    {SV("info"), SV("")},
    {SV("get"), SV("")},
    {SV("mget"), SV("")},
    {SV("exists"), SV("")},
    {SV("ttl"), SV("")},
    {SV("pttl"), SV("")},
    {SV("type"), SV("")},
    {SV("keys"), SV("")},
    {SV("scan"), SV("")},
    {SV("dbsize"), SV("")},
    {SV("strlen"), SV("")},
    {SV("llen"), SV("")},
    {SV("lrange"), SV("")},
    {SV("hget"), SV("")},
    {SV("hgetall"), SV("")},
    {SV("hlen"), SV("")},
    {SV("hkeys"), SV("")},
    {SV("smembers"), SV("")},
    {SV("scard"), SV("")},
    {SV("sismember"), SV("")},
    {SV("zrange"), SV("")},
    {SV("zcard"), SV("")},
    {SV("xlen"), SV("")},
    {SV("xinfo"), SV("")},
    {SV("lastsave"), SV("")},
    {SV("role"), SV("")},
    {SV("time"), SV("")},
    {SV("client"), SV("list")},
    {SV("client"), SV("info")},
    {SV("config"), SV("get")},
    {SV("acl"), SV("list")},
    {SV("acl"), SV("whoami")},
    {SV("acl"), SV("getuser")},
    {SV("acl"), SV("users")},
    {SV("cluster"), SV("info")},
    {SV("cluster"), SV("nodes")},
    {SV("cluster"), SV("slots")},
    {SV("cluster"), SV("shards")},
    {SV("memory"), SV("usage")},
    {SV("memory"), SV("stats")},
    {SV("slowlog"), SV("get")},
    {SV("slowlog"), SV("len")},
    {SV("latency"), SV("latest")},
    {SV("object"), SV("")},
    {SV("--stat"), SV("")},
    {SV("--bigkeys"), SV("")},
    {SV("--scan"), SV("")},
    {SV("--latency"), SV("")},
    {SV("--version"), SV("")},
    {SV("monitor"), SV("")},
    {SV("subscribe"), SV("")},
    {SV("psubscribe"), SV("")},
    {SV("pubsub"), SV("")},
    {SV("hmget"), SV("")},
    {SV("hexists"), SV("")},
    {SV("hvals"), SV("")},
    {SV("hscan"), SV("")},
    {SV("sscan"), SV("")},
    {SV("zscan"), SV("")},
    {SV("zscore"), SV("")},
    {SV("zcount"), SV("")},
    {SV("zrevrange"), SV("")},
    {SV("zrangebyscore"), SV("")},
    {SV("lindex"), SV("")},
    {SV("getrange"), SV("")},
    {SV("bitcount"), SV("")},
    {SV("xrange"), SV("")},
    {SV("xpending"), SV("")},
    {SV("randomkey"), SV("")},
    {SV("wait"), SV("")},
    {SV("memory"), SV("doctor")},
    {SV("latency"), SV("doctor")},
    {SV("latency"), SV("history")},
    {SV("client"), SV("id")},
    {SV("acl"), SV("log")},
    {SV("module"), SV("list")},
    {SV("cluster"), SV("links")},
    {SV("cluster"), SV("myid")},
    {SV("cluster"), SV("keyslot")},
    {SV("--hotkeys"), SV("")},
    {SV("--memkeys"), SV("")},
    {SV("--latency-history"), SV("")},
    {SV("sentinel"), SV("masters")},
    {SV("sentinel"), SV("master")},
    {SV("sentinel"), SV("replicas")},
    {SV("sentinel"), SV("slaves")},
    {SV("sentinel"), SV("sentinels")},
    {SV("sentinel"), SV("ckquorum")},
    {SV("sentinel"), SV("get-master-addr-by-name")},
};

static struct sv redis_word(const struct shell_simple *s, size_t i)
{
    return i < s->n_words ? s->words[i].raw : (struct sv){"", 0};
}

enum command_effect effect_of_redis(const struct shell_simple *s)
{
    static const char *const valued[] = {"-h", "-p", "-a",     "-n",     "-u",      "-r",
                                         "-i", "-s", "--user", "--pass", "--cacert"};
    size_t at = 1;

    for (; at < s->n_words && sv_starts(s->words[at].raw, SV("-")); at++) {
        for (size_t i = 0; i < ARRAY_LEN(redis_looks); i++)
            if (sv_eq(s->words[at].raw, redis_looks[i].command))
                return EFFECT_NONE;
        at += effect_is_one_of(s->words[at].raw, valued, ARRAY_LEN(valued));
    }
    for (size_t i = 0; i < ARRAY_LEN(redis_looks); i++)
        if (sv_eq_nocase(redis_word(s, at), redis_looks[i].command) &&
            (!redis_looks[i].verb.n || sv_eq_nocase(redis_word(s, at + 1), redis_looks[i].verb)))
            return EFFECT_NONE;
    return at < s->n_words ? EFFECT_DATABASE : EFFECT_UNKNOWN;
}
