/* plan/binding: prusik.yaml, .env files, --set (docs/formats/binding.md). */
#include "plan/binding.h"

#include "base/file.h"
#include "base/sv.h"
#include "t.h"

static void put_file(const char *name, const char *text)
{
    struct err err = {0};

    T_OK(file_write_atomic(name, sv_from(text), 0600, &err), err);
}

static void load_with(struct binding *b, const char *yaml, const struct binding_options *opt)
{
    struct err err = {0};

    put_file("prusik.yaml", yaml);
    T_OK(binding_load("deploy.md", opt, b, &err), err);
}

static void load(struct binding *b, const char *yaml)
{
    struct binding_options none = {.path = NULL};

    load_with(b, yaml, &none);
}

/* Refused, with these words in the message and the hint. */
static void refused(const char *yaml, const char *message, const char *hint)
{
    struct binding_options none = {.path = NULL};
    struct binding b = {.until_ms = 77};
    struct err err = {0};

    put_file("prusik.yaml", yaml);
    T_EQ(binding_load("deploy.md", &none, &b, &err), ERR_INVALID);
    if (!strstr(err.msg, message) || !strstr(err.hint, hint))
        T_FAIL("'%s' (%s) does not say '%s' (%s)", err.msg, err.hint, message, hint);
    T_EQ(b.until_ms, 77);
}

static struct sv env_of(const struct binding *b, const char *name)
{
    struct sv v = {NULL, 0};

    T_CHECK(binding_env(b, sv_from(name), &v));
    return v;
}

T(without_a_file_there_are_defaults)
{
    struct binding_options none = {.path = NULL};
    struct binding b;
    struct err err = {0};

    T_OK(binding_load("deploy.md", &none, &b, &err), err);
    T_CHECK(!b.path);
    T_SV(b.store, ".prusik");
    T_SV(b.workdir, ".");
    T_SV(b.on_failure, "stop");
    T_EQ(b.interval_ms, 15000);
    T_EQ(b.until_ms, -1);
    T_NEAR(b.time_scale, 1, 0);
    T_EQ(b.environment.n + b.env.n, 0);
    binding_release(&b);
}

static void services_are_read(const struct binding *b)
{
    T_EQ(b->services.n, 2);
    T_EQ(b->services.v[0].stable_ms, 2000);
    T_SV(b->services.v[1].manager, "systemd");
    T_SV(b->services.v[1].unit, "postgresql");
    T_EQ(b->services.v[1].stable_ms, 10000);
    T_EQ(b->services.v[1].crashes, 1);
    T_SV(b->services.v[1].ready, "http://h/r");
    T_SV(b->services.v[1].version.field, "a.b");
    T_SV(b->services.v[1].version.is, "$A");
    T_SV(b->services.v[1].version.newer_than, "bin/db");
    T_SV(b->services.v[0].name, "web");
    T_EQ(b->services.v[0].n_command, 2);
    T_SV(b->services.v[0].command[1], "-v");
    T_SV(b->services.v[0].pid_file, "web.pid");
    T_SV(b->services.v[0].log, "web.log");
    T_SV(b->services.v[0].workdir, "run");
    T_EQ(b->services.v[0].start_timeout_ms, 5000);
    T_EQ(b->services.v[0].stop_timeout_ms, 60000);
}

T(every_key_is_read)
{
    struct binding b;

    load(&b,
         "environment: staging\n"
         "operator: ana\n"
         "store: s\n"
         "workdir: w\n"
         "env: {A: '1'}\n"
         "secrets: [PIN_CODE]\n"
         "variables:\n"
         "  host: web1\n"
         "  commit: {command: git rev-parse HEAD}\n"
         "  tag: {value: v1}\n"
         "services:\n"
         "  web: {manager: process, command: [bin/web, -v], pid_file: web.pid, log: web.log,\n"
         "        workdir: run, start_timeout: 5s, stop_timeout: 1m}\n"
         "  db: {manager: systemd, unit: postgresql, stable: 10s, crashes: 1, ready: http://h/r,\n"
         "       version: {url: http://h/v, field: a.b, is: $A, newer_than: bin/db}}\n"
         "maintenance: {flag: run/FLAG}\n"
         "scrape: http://127.0.0.1:1/metrics\n"
         "probes: {db: http://127.0.0.1:1/db}\n"
         "metrics: {error_rate: up}\n"
         "rules: {mine: rollback when up < 1}\n"
         "watch: {interval: 5s, until: t+2h}\n"
         "drop: {'12': not ours}\n"
         "choices: {a: yes, b: no, c: {when: 1/1, contains: Applied}}\n"
         "answers: {x: {answer: no, by: bo, note: hm}}\n"
         "steps: {y: {timeout: 2s, retries: 3, undo: u, skip: s, in_doubt: again}, z: {}}\n"
         "approvers: [cy, di]\n"
         "on_failure: rollback\n"
         "time_scale: 0.5\n");
    T_SV(b.environment, "staging");
    T_SV(b.operator_name, "ana");
    T_SV(b.store, "s");
    T_SV(b.workdir, "w");
    T_SV(env_of(&b, "A"), "1");
    T_CHECK(secrets_is_name(b.secrets, SV("PIN_CODE")));
    T_EQ(b.variables.n, 3);
    T_SV(b.variables.v[0].value, "web1");
    T_SV(b.variables.v[1].command, "git rev-parse HEAD");
    T_EQ(b.variables.v[1].line, 9);
    T_SV(b.variables.v[2].value, "v1");
    services_are_read(&b);
    T_SV(b.flag, "run/FLAG");
    T_SV(b.scrape, "http://127.0.0.1:1/metrics");
    T_SV(b.probes.v[0].name, "db");
    T_SV(b.metrics.v[0].value, "up");
    T_SV(b.rules.v[0].value, "rollback when up < 1");
    T_EQ(b.rules.v[0].line, 20);
    T_EQ(b.interval_ms, 5000);
    T_EQ(b.until_ms, 7200000);
    T_SV(b.drops.v[0].name, "12");
    T_CHECK(b.choices.v[0].fixed && b.choices.v[0].yes);
    T_CHECK(b.choices.v[1].fixed && !b.choices.v[1].yes);
    T_CHECK(!b.choices.v[2].fixed);
    T_SV(b.choices.v[2].contains, "Applied");
    T_CHECK(!b.answers.v[0].yes);
    T_SV(b.answers.v[0].by, "bo");
    T_SV(b.answers.v[0].note, "hm");
    T_EQ(b.steps.v[0].timeout_ms, 2000);
    T_EQ(b.steps.v[0].retries, 3);
    T_SV(b.steps.v[0].in_doubt, "again");
    T_EQ(b.steps.v[1].retries, -1); /* not set */
    T_EQ(b.approvers.n, 2);
    T_SV(b.on_failure, "rollback");
    T_NEAR(b.time_scale, 0.5, 0);
    binding_release(&b);
}

T(an_unknown_key_names_the_nearest_known_one)
{
    refused("env: {}\nenviroment: x\n", "prusik.yaml:2: unknown key 'enviroment'",
            "did you mean 'environment'?");
    refused("watch:\n  intervall: 5s\n", "prusik.yaml:2: unknown key 'intervall'", "'interval'?");
    refused("maintenance: {flagg: x}\n", "unknown key 'flagg'", "'flag'?");
    refused("steps:\n  a:\n    retrys: 1\n", "prusik.yaml:3: unknown key 'retrys'", "'retries'?");
    refused("zzzzzzzzzzzzzzzzzzz: 1\n", "unknown key 'zzz", "docs/formats/binding.md");
}

/* As prusik init writes them. */
T(a_section_whose_entries_are_comments_is_empty)
{
    struct binding b;
    struct err err;

    T_OK(binding_parse(
             "prusik.yaml", "/srv",
             SV("env:\n  #A: 1\nvariables:\nservices:\nmaintenance:\nprobes:\nmetrics:\n"
                "rules:\nwatch:\ndrop:\nchoices:\nanswers:\n  # none\nsteps:\ndatabases:\nhosts:\n"
                "sources:\nnotify:\nflags:\ngates:\npeople:\nlint:\n"),
             &b, &err),
         err);
    T_EQ(b.env.n + b.variables.n + b.services.n + b.metrics.n + b.choices.n + b.steps.n, 0);
    T_EQ(b.until_ms, -1);
    binding_release(&b);
}

T(a_value_of_another_type_is_refused_with_file_and_line)
{
    static const struct {
        const char *yaml, *message;
    } rows[] = {
        {"environment: [a]", "prusik.yaml:1: 'environment' must be a text"},
        {"\nstore:", "prusik.yaml:2: 'store' must be a text"},
        {"env: [A]", "'env' must be a map of texts"},
        {"env: {A: [1]}", "'A' must be a text"},
        {"env_files: x", "'env_files' must be a list"},
        {"env_files: [{a: b}]", "'env_files' must be a list of texts"},
        {"secrets: X", "'secrets' must be a list"},
        {"approvers: {a: b}", "'approvers' must be a list"},
        {"metrics: {a: ''}",
         "'a' must be a text, or {is: EXPRESSION, worse: up or down, unit: ms}"},
        {"metrics: {a: {worse: up}}", "'a' must be a text, or {is: EXPRESSION"},
        {"metrics: {a: [1]}", "'a' must be a text, or {is: EXPRESSION"},
        {"metrics: [a]", "'metrics' must be a map of expressions"},
        {"metrics: {a: {is: b, worse: left}}", "'a' has a 'worse' that is neither up nor down"},
        {"metrics: {a: {is: b, unit: parsec}}",
         "'a' has a unit that is not known: s, ms, B, MiB, percent, ..."},
        {"drop: {'369':}", "'369' must be a text"},
        {"variables: x", "'variables' must be a map"},
        {"variables: {a: [1]}", "'a' must be a map of keys"},
        {"variables: {a: }", "'a' needs a value, or a command"},
        {"variables: {a: {value: x, command: y}}", "'a' needs a value, or a command"},
        {"services: x", "'services' must be a map of services"},
        {"services: {w: x}", "'w' must be a map of keys"},
        {"services: {w: {manager: systemd, command: [a], pid_file: p}}",
         "'w' has a command, which manager systemd does not take"},
        {"services: {w: {manager: process, command: [a]}}", "'w' needs a pid_file"},
        {"services: {w: {manager: process, pid_file: p}}", "'w' needs a command"},
        {"services: {w: {manager: upstart}}", "'w' needs a manager: systemd, systemd-user,"},
        {"services: {w: {unit: x}}", "'w' needs a manager: systemd, systemd-user,"},
        {"services: {w: {manager: compose}}", "'w' needs a project"},
        {"services: {w: {manager: runit, unit: x}}",
         "'w' has a unit, which manager runit does not take"},
        {"services: {'*': {manager: process, command: [a], pid_file: p}}",
         "'*' stands for many: it has no name, folder or process of its own"},
        {"services: {'*': {manager: systemd, unit: a}}", "'*' stands for many"},
        {"services: {w: {manager: systemd, crashes: -1}}", "'crashes' must be a number"},
        {"services: {w: {manager: systemd, version: x}}", "'version' must be a map of keys"},
        {"services: {w: {manager: systemd, version: {url: u, command: c}}}",
         "'version' needs a url or a command, not both"},
        {"services: {w: {manager: systemd, version: {is: 1.2}}}",
         "'version' needs a url, a command or newer_than"},
        {"services: {w: {manager: systemd, version: {command: c, field: f}}}",
         "'version' has a field, which only the answer of a url has"},
        {"services: {w: {command: a b}}", "'command' must be a list"},
        {"services: {w: {command: []}}", "'command' must not be empty"},
        {"services: {w: {start_timeout: soon}}", "'start_timeout' must be a duration such as 30s"},
        {"databases: x", "'databases' must be a map of databases"},
        {"hosts: [web1]", "'hosts' must be a map of hosts"},
        {"maintenance: x", "'maintenance' must be a map of keys"},
        {"watch: {until: 30m}", "'until' must be a moment such as T+30m"},
        {"watch: {until: T+x}", "'until' must be a moment"},
        {"watch: {interval: [1]}", "'interval' must be a duration"},
        {"choices: x", "'choices' must be a map of choices"},
        {"choices: {a: maybe}",
         "'a' must be yes, no, ask, {when: ..., contains: ...} or {if_failed: ...}"},
        {"choices: {a: {when: x}}", "'a' needs 'when' and 'contains'"},
        {"choices: {a: {contains: x}}", "'a' needs 'when' and 'contains'"},
        {"choices: {a: {if: x}}", "unknown key 'if'"},
        {"answers: x", "'answers' must be a map of answers"},
        {"answers: {a: yes}", "'a' must be a map of keys"},
        {"answers: {a: {answer: maybe, by: b}}", "'answer' must be yes or no"},
        {"answers: {a: {answer: yes}}", "an answer has a name"},
        {"answers: {a: {by: ana}}", "needs 'answer' and 'by'"},
        {"steps: [a]", "'steps' must be a map of steps"},
        {"steps: {a: b}", "'a' must be a map of keys"},
        {"steps: {a: {retries: -1}}", "'retries' must be a number from 0 to 1000"},
        {"steps: {a: {retries: 1001}}", "'retries' must be a number from 0 to 1000"},
        {"steps: {a: {retries: some}}", "'retries' must be a number from 0 to 1000"},
        {"steps: {a: {in_doubt: maybe}}", "'in_doubt' must be again, done or ask"},
        {"on_failure: continue", "'on_failure' must be stop or rollback"},
        {"time_scale: 0", "'time_scale' must be a number above 0, at most 1000"},
        {"time_scale: 1001", "'time_scale' must be a number above 0"},
        {"time_scale: fast", "'time_scale' must be a number above 0"},
        {"- a", "prusik.yaml:1: must be a map of keys"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        refused(rows[i].yaml, rows[i].message, "");
}

T(env_files_are_read_in_order_and_env_wins_over_them)
{
    struct binding b;

    put_file("a.env", "A=1\nB=1\nC=1\n");
    put_file("b.env", "B=2\nC=2\n");
    load(&b, "env: {C: '3'}\nenv_files: [a.env, b.env]\n");
    T_SV(env_of(&b, "A"), "1");
    T_SV(env_of(&b, "B"), "2");
    T_SV(env_of(&b, "C"), "3");
    T_EQ(b.env.n, 3); /* no name twice */
    binding_release(&b);
}

T(the_forms_of_an_env_file_are_read_as_a_shell_reads_them)
{
    struct binding b;
    static const struct {
        const char *name, *value;
    } rows[] = {
        {"PLAIN", "a b"},     {"EXPORTED", "x"},
        {"BLANKS", "v"},      {"COMMENT", "v"},
        {"HASH", "a#b"},      {"EMPTY", ""},
        {"NOTHING", ""},      {"DOUBLE", "a # b"},
        {"SINGLE", "a\\\"b"}, {"ESCAPED", "say \"hi\" $5 \\ \\n"},
        {"EQUALS", "a=b=c"},  {"CRLF", "v"},
        {"AFTER", "q"},       {"ONE", "'"},
    };

    put_file(".env", "# a comment\n\n"
                     "PLAIN=a b\n"
                     "export EXPORTED=x\n"
                     "  BLANKS =  v \n"
                     "COMMENT=v # why\n"
                     "HASH=a#b\n"
                     "EMPTY=\n"
                     "NOTHING= # nothing\n"
                     "DOUBLE=\"a # b\"\n"
                     "SINGLE='a\\\"b'\n"
                     "ESCAPED=\"say \\\"hi\\\" \\$5 \\\\ \\n\"\n"
                     "EQUALS=a=b=c\n"
                     "CRLF=v\r\n"
                     "AFTER='q' # why\n"
                     "ONE=\"'\"");
    load(&b, "env_files: [.env]\n");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (!sv_eq(env_of(&b, rows[i].name), sv_from(rows[i].value)))
            T_FAIL("%s is '%.*s'", rows[i].name, SV_FMT(env_of(&b, rows[i].name)));
    T_EQ(b.env.n, ARRAY_LEN(rows));
    binding_release(&b);
}

T(a_bad_line_of_an_env_file_is_named)
{
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"A=1\njust words\n", ".env:2: not NAME=value"},
        {"=1\n", ".env:1: not NAME=value"},
        {"A B=1\n", ".env:1: not NAME=value"},
        {"A=1\n\nB=\"open\n", ".env:3: the quote is not closed"},
        {"A='", ".env:1: the quote is not closed"},
        {"A=\"open\\\"\n", ".env:1: the quote is not closed"},
        {"A=\"a\"b\n", ".env:1: text after the closing quote"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        put_file(".env", rows[i].text);
        refused("env_files: [.env]\n", rows[i].message, "");
    }
}

T(a_file_that_is_not_there_is_not_found)
{
    struct binding_options named = {.path = "other.yaml"}, none = {.path = NULL},
                           folder = {.path = "nowhere/x.yaml"};
    struct binding b;
    struct err err = {0};

    T_EQ(binding_load("deploy.md", &named, &b, &err), ERR_NOT_FOUND);
    T_CHECK(strstr(err.msg, "other.yaml"));
    T_EQ(binding_load("deploy.md", &folder, &b, &err), ERR_NOT_FOUND);
    T_STR(err.msg, "there is no folder 'nowhere'");
    put_file("prusik.yaml", "env_files: [gone.env]\n");
    T_EQ(binding_load("deploy.md", &none, &b, &err), ERR_NOT_FOUND);
    T_CHECK(strstr(err.msg, "gone.env"));
    put_file("prusik.yaml", "env_files: [.]\n");
    T_EQ(binding_load("deploy.md", &none, &b, &err), ERR_IO); /* it is there, and no file */
}

T(a_file_that_is_too_long_is_refused_as_such)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct binding_options none = {.path = NULL};
    struct binding b;
    struct err err = {0};

    strbuf_add_n(&text, '#', (1u << 20) + 1);
    put_file("prusik.yaml", strbuf_str(&text));
    T_EQ(binding_load("deploy.md", &none, &b, &err), ERR_LIMIT);
}

T(a_named_file_and_its_folder_come_first)
{
    struct binding_options opt = {.path = "sub/other.yaml"};
    struct binding b;
    struct err err = {0};
    struct sv path;
    char *here;

    T_OK(file_mkdirs("sub", &err), err);
    put_file("sub/other.yaml", "environment: named\nenv: {D: data}\n");
    load_with(&b, "environment: beside\n", &opt);
    T_SV(b.environment, "named");
    here = realpath("sub", NULL);
    T_OK(binding_file(&b, SV("$D/x"), &path, &err), err);
    T_EQ(path.n, strlen(here) + strlen("/data/x"));
    T_CHECK(sv_starts(path, sv_from(here)));
    T_CHECK(sv_ends(path, SV("/data/x")));
    T_OK(binding_file(&b, SV("/abs"), &path, &err), err);
    T_SV(path, "/abs");
    T_EQ(binding_file(&b, SV("$NOT_SET_HERE"), &path, &err), ERR_INVALID);
    free(here);
    binding_release(&b);
}

T(the_command_line_wins_over_the_file)
{
    static const char *const sets[] = {"A=set", "NEW=x=y", "EMPTY="};
    struct binding_options opt = {.environment = "prod",
                                  .operator_name = "bo",
                                  .store = "t",
                                  .sets = sets,
                                  .n_sets = 3,
                                  .time_scale = 0.25};
    struct binding b;

    T_EQ(setenv("A", "process", 1), 0);
    T_EQ(setenv("ONLY_PROCESS", "p", 1), 0);
    put_file(".env", "A=dotenv\nB=dotenv\n");
    load_with(&b,
              "environment: e\noperator: o\nstore: s\ntime_scale: 2\nenv_files: [.env]\n"
              "env: {A: env}\n",
              &opt);
    T_SV(b.environment, "prod");
    T_SV(b.operator_name, "bo");
    T_SV(b.store, "t");
    T_NEAR(b.time_scale, 0.25, 0);
    T_SV(env_of(&b, "A"), "set");
    T_SV(env_of(&b, "B"), "dotenv");
    T_SV(env_of(&b, "NEW"), "x=y");
    T_SV(env_of(&b, "EMPTY"), "");
    T_SV(env_of(&b, "ONLY_PROCESS"), "p");
    binding_release(&b);
    load(&b, "env: {A: env}\n");
    T_SV(env_of(&b, "A"), "env"); /* and the file over the process */
    binding_release(&b);
}

T(a_set_without_a_name_is_a_mistake_in_the_command)
{
    static const char *const bad[] = {"NAME", "=value"};
    struct binding b;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct binding_options opt = {.sets = &bad[i], .n_sets = 1};
        struct err err = {0};

        T_EQ(binding_load("deploy.md", &opt, &b, &err), ERR_USAGE);
        T_CHECK(strstr(err.msg, bad[i]));
    }
}

T(variables_are_expanded_and_a_missing_one_is_named)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);
    static const struct {
        const char *text, *message;
    } bad[] = {
        {"a $NOT_SET_HERE", "variable NOT_SET_HERE is not set"},
        {"cost $5", "'$' must begin $NAME or ${NAME}"},
        {"${A", "'$' must begin"},
        {"${}", "'$' must begin"},
        {"end $", "'$' must begin"},
    };
    struct err err = {0};
    struct binding b;

    load(&b, "env: {A: x, B_2: y}\n");
    T_OK(binding_expand(&b, SV("$A-${A}b/$B_2."), &out, &err), err);
    T_STR(strbuf_str(&out), "x-xb/y.");
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        T_EQ(binding_expand(&b, sv_from(bad[i].text), &out, &err), ERR_INVALID);
        if (!strstr(err.msg, bad[i].message))
            T_FAIL("'%s' does not say '%s'", err.msg, bad[i].message);
    }
    binding_release(&b);
}

T(a_binding_can_be_read_from_memory)
{
    struct binding b = {.until_ms = 77};
    struct err err = {0};
    struct sv path;

    T_EQ(binding_parse("p.yaml", "/srv", SV("envv: {}\n"), &b, &err), ERR_INVALID);
    T_CHECK(strstr(err.msg, "p.yaml:1: unknown key 'envv'"));
    T_EQ(b.until_ms, 77);
    T_OK(binding_parse("p.yaml", "/srv", SV("env: {A_TOKEN: canary-4711}\n"), &b, &err), err);
    T_CHECK(secrets_is_name(b.secrets, SV("A_TOKEN")));
    T_OK(binding_file(&b, SV("x"), &path, &err), err);
    T_SV(path, "/srv/x");
    T_OK(binding_file(&b, SV("."), &path, &err), err);
    T_SV(path, "/srv");
    binding_release(&b);
}

/* P8: what is expanded is printed, hashed and kept. */
T(a_secret_is_not_expanded)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0), shown = STRBUF(0);
    struct err err = {0};
    struct binding b;

    T_EQ(setenv("DEPLOY_TOKEN", "canary-process", 1), 0);
    load(&b, "secrets: [PIN_CODE]\n"
             "env: {PIN_CODE: canary-pin, DB_PASSWORD: canary-name, URL: 'pg://u:canary-url@h/d',\n"
             "      PLAIN: 'http://h:80/a@b'}\n");
    T_EQ(binding_expand(&b, SV("$PIN_CODE"), &out, &err), ERR_INVALID);
    T_CHECK(strstr(err.msg, "PIN_CODE is a secret"));
    T_CHECK(!strstr(err.msg, "canary"));
    T_EQ(binding_expand(&b, SV("$DB_PASSWORD"), &out, &err), ERR_INVALID);
    T_EQ(binding_expand(&b, SV("$URL"), &out, &err), ERR_INVALID);
    T_EQ(binding_expand(&b, SV("$DEPLOY_TOKEN"), &out, &err), ERR_INVALID);
    T_OK(binding_expand(&b, SV("$PLAIN"), &out, &err), err);
    secrets_redact(b.secrets, SV("canary-pin canary-name canary-url canary-process"), &shown);
    T_STR(strbuf_str(&shown), "*** *** *** ***");
    binding_release(&b);
}

T_MAIN(T_CASE(without_a_file_there_are_defaults), T_CASE(every_key_is_read),
       T_CASE(an_unknown_key_names_the_nearest_known_one),
       T_CASE(a_section_whose_entries_are_comments_is_empty),
       T_CASE(a_value_of_another_type_is_refused_with_file_and_line),
       T_CASE(env_files_are_read_in_order_and_env_wins_over_them),
       T_CASE(the_forms_of_an_env_file_are_read_as_a_shell_reads_them),
       T_CASE(a_bad_line_of_an_env_file_is_named), T_CASE(a_file_that_is_not_there_is_not_found),
       T_CASE(a_file_that_is_too_long_is_refused_as_such),
       T_CASE(a_named_file_and_its_folder_come_first), T_CASE(the_command_line_wins_over_the_file),
       T_CASE(a_set_without_a_name_is_a_mistake_in_the_command),
       T_CASE(variables_are_expanded_and_a_missing_one_is_named),
       T_CASE(a_binding_can_be_read_from_memory), T_CASE(a_secret_is_not_expanded))
