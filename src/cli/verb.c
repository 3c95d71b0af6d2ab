#include "cli/verb.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "backup/pack.h"
#include "base/suggest.h"
#include "base/sv.h"
#include "base/version.h"
#include "cli/term.h"

const struct verb *const verb_table[] = {
#define VERB(name) &verb_##name,
#include "cli/verbs.inc"
#undef VERB
};
const size_t n_verbs = ARRAY_LEN(verb_table);

static const char *const db_dialects[] = {"postgres", "sqlite", NULL};
static const char *const db_runners[] = {"prusik", "plain", NULL};
static const char *const cli_colors[] = {"auto", "always", "never", NULL};
static const char *const cli_graphs[] = {"dot", "svg", NULL};
static const char *const cli_exports[] = {"sh", NULL};

/* clang-format off */
const struct cli_option cli_options[] = {
    {"--bind",              'b', CLI_TEXT,   offsetof(struct cli, bind),                "FILE",        "binding file; default prusik.yaml beside the document", NULL},
    {"--env",               'e', CLI_TEXT,   offsetof(struct cli, env),                 "NAME",        "environment, instead of the binding's", NULL},
    {"--set",               's', CLI_TEXTS,  offsetof(struct cli, sets),                "NAME=VALUE",  "set a variable of the commands' environment; may be repeated", NULL},
    {"--store",             0,   CLI_TEXT,   offsetof(struct cli, store),               "FOLDER",      "folder of the journal; default .prusik beside the binding", NULL},
    {"--operator",          0,   CLI_TEXT,   offsetof(struct cli, run.operator_name),   "NAME",        "who runs; default the login", NULL},
    {"--time-scale",        0,   CLI_NUMBER, offsetof(struct cli, run.time_scale),      "FACTOR",      "multiply every duration of the document, for rehearsals", NULL},
    {"--unattended",        'u', CLI_FLAG,   offsetof(struct cli, run.unattended),      NULL,          "never ask: what is open is refused before anything is done", NULL},
    {"--dry-run",           'n', CLI_FLAG,   offsetof(struct cli, run.dry_run),         NULL,          "carry nothing out: say what each step would do, and whether what it needs is there", NULL},
    {"--try",               0,   CLI_FLAG,   offsetof(struct cli, watch.try),           NULL,          "look at every source once, and judge nothing", NULL},
    {"--for",               0,   CLI_TEXT,   offsetof(struct cli, watch.length),        "TIME",        "how long: 30m, 24h; default until the last checkpoint of the document", NULL},
    {"--json",              0,   CLI_FLAG,   offsetof(struct cli, json),                NULL,          "JSON instead of text", NULL},
    {"--sarif",             0,   CLI_FLAG,   offsetof(struct cli, lint.sarif),          NULL,          "SARIF 2.1.0 instead of text, for code hosts", NULL},
    {"--fix",               0,   CLI_FLAG,   offsetof(struct cli, lint.fix),            NULL,          "mend what is certain in the file itself", NULL},
    {"--disable",           0,   CLI_TEXTS,  offsetof(struct cli, lint.disables),       "RULE",        "leave a rule out; may be given again", NULL},
    {"--explain",           0,   CLI_TEXT,   offsetof(struct cli, lint.explain),        "RULE",        "what a rule finds, why, and how to mend it", NULL},
    {"--no-shellcheck",     0,   CLI_FLAG,   offsetof(struct cli, lint.no_shellcheck),  NULL,          "do not run shellcheck, when it is installed", NULL},
    {"--questions",         0,   CLI_FLAG,   offsetof(struct cli, plan.questions),      NULL,          "only what is open, with how to answer it", NULL},
    {"--diff",              0,   CLI_TEXT,   offsetof(struct cli, plan.diff),           "FILE",        "what changed since this plan, which --json wrote", NULL},
    {"--graph",             0,   CLI_MAYBE,  offsetof(struct cli, plan.graph),          "FORMAT",      "the plan as a drawing: dot or svg", cli_graphs},
    {"--export",            0,   CLI_TEXT,   offsetof(struct cli, plan.export),         "FORMAT",      "the commands of the plan as a script: sh", cli_exports},
    {"--stdout",            0,   CLI_FLAG,   offsetof(struct cli, to_stdout),           NULL,          "print instead of writing a file", NULL},
    {"--stdio",             0,   CLI_FLAG,   offsetof(struct cli, stdio),               NULL,          "as editors ask for it; there is no other way", NULL},
    {"--rule",              0,   CLI_TEXT,   offsetof(struct cli, watch.rule),          "ID",          "only this rule", NULL},
    {"--format",            0,   CLI_TEXT,   offsetof(struct cli, format),              "FORMAT",      "text, json, html, markdown, junit or sarif, as the command knows", NULL},
    {"--output",            'o', CLI_TEXT,   offsetof(struct cli, output),              "FILE",        "write there instead of to the terminal", NULL},
    {"--key",               0,   CLI_TEXT,   offsetof(struct cli, key),                 "KEY",         "verify: the public key that must have sealed it, in hex; else the columns that tell one record from another, with commas", NULL},
    {"--by",                0,   CLI_TEXT,   offsetof(struct cli, data.by),             "COLUMNS",     "another name of --key", NULL},
    {"--field",             0,   CLI_TEXTS,  offsetof(struct cli, data.fields),         "NAME=TYPE",   "a column that is compared, as NAME=TYPE[,rel=5%][,abs=0.01][,ignore]; may be repeated", NULL},
    {"--data",              0,   CLI_TEXT,   offsetof(struct cli, data.file),           "FILE",        "sources, snapshots and audits; default prusik.data.yaml", NULL},
    {"--side",              0,   CLI_TEXT,   offsetof(struct cli, data.side),           "NAME",        "what is written into the snapshot for people: pre, post", NULL},
    {"--where",             0,   CLI_TEXT,   offsetof(struct cli, data.where),          "CONDITION",   "only records for which it holds, such as 'type == \"a\"'", NULL},
    {"--flags",             0,   CLI_TEXT,   offsetof(struct cli, flags.file),          "FILE",        "definitions of flags; default flags.json", NULL},
    {"--consumers",         0,   CLI_TEXT,   offsetof(struct cli, flags.consumers),     "FILE",        "who reads flags; default prusik.flags.yaml beside the flags", NULL},
    {"--context",           0,   CLI_TEXT,   offsetof(struct cli, flags.context),       "JSON",        "for whom a flag is evaluated", NULL},
    {"--listen",            0,   CLI_TEXT,   offsetof(struct cli, flags.listen),        "ADDRESS:PORT", "where to listen; default 127.0.0.1:8016", NULL},
    {"--added-fails",       0,   CLI_FLAG,   offsetof(struct cli, data.added_fails),    NULL,          "a new record is a regression, too", NULL},
    {"--as-planned",        0,   CLI_FLAG,   offsetof(struct cli, run.as_planned),      NULL,          "go on as the run was begun, although prusik.yaml has been edited", NULL},
    {"--to",                0,   CLI_TEXT,   offsetof(struct cli, to),                  "WHERE",       "rollback: the step that stays; db: the migration; backup: the folder, or what it is restored to", NULL},
    {"--level",             0,   CLI_TEXT,   offsetof(struct cli, backup.level),        "LEVEL",       "compared: restored to a scratch database; decoded: read whole only", pack_levels},
    {"--scratch",           0,   CLI_TEXT,   offsetof(struct cli, backup.scratch),      "PLACE",       "folder or server of the scratch database; default beside the backup, or the same server", NULL},
    {"--keep",              0,   CLI_TEXT,   offsetof(struct cli, backup.keep),         "RULES",       "of each database: last=N,daily=N,weekly=N,monthly=N", NULL},
    {"--passphrase-file",   0,   CLI_TEXT,   offsetof(struct cli, backup.passphrase_file), "FILE",        "encrypt, or open, with its first line", NULL},
    {"--passphrase-env",    0,   CLI_TEXT,   offsetof(struct cli, backup.passphrase_env), "NAME",        "with the value of a variable", NULL},
    {"--passphrase-command", 0,   CLI_TEXT,   offsetof(struct cli, backup.passphrase_command), "COMMAND",     "with what a command prints", NULL},
    {"--key-file",          0,   CLI_TEXT,   offsetof(struct cli, backup.key_file),     "FILE",        "with a key that prusik backup keygen made", NULL},
    {"--replace",           0,   CLI_FLAG,   offsetof(struct cli, backup.replace),      NULL,          "put what is there aside, under another name", NULL},
    {"--no-owner",          0,   CLI_FLAG,   offsetof(struct cli, backup.no_owner),     NULL,          "PostgreSQL: leave out who owned what, and privileges", NULL},
    {"--exit-when-waiting", 0,   CLI_FLAG,   offsetof(struct cli, run.exit_when_waiting), NULL,          "at a gate that is not open: end (7) instead of waiting", NULL},
    {"--as",                0,   CLI_TEXT,   offsetof(struct cli, told.as),             "NAME",        "whose approval or decision this is", NULL},
    {"--role",              0,   CLI_TEXT,   offsetof(struct cli, told.role),           "ROLE",        "in which role", NULL},
    {"--note",              0,   CLI_TEXT,   offsetof(struct cli, told.note),           "TEXT",        "a remark that is kept with it", NULL},
    {"--why",               0,   CLI_TEXT,   offsetof(struct cli, told.why),            "TEXT",        "the reason, which is kept", NULL},
    {"--confirm",           0,   CLI_TEXT,   offsetof(struct cli, told.confirm),        "HOST",        "the host whose process is certainly gone", NULL},
    {"--reject",            0,   CLI_FLAG,   offsetof(struct cli, told.reject),         NULL,          "say no instead", NULL},
    {"--step",              0,   CLI_TEXT,   offsetof(struct cli, told.step),           "ID",          "only for this step", NULL},
    {"--all",               'a', CLI_FLAG,   offsetof(struct cli, all),                 NULL,          "all runs, not only the last one", NULL},
    {"--db",                0,   CLI_TEXT,   offsetof(struct cli, db.url),              "URL",         "the database: postgresql://..., sqlite:PATH, or a name of the binding's databases", NULL},
    {"--dir",               0,   CLI_TEXT,   offsetof(struct cli, db.dir),              "FOLDER",      "folder of the migrations; default db/migrations, else migrations", NULL},
    {"--files",             0,   CLI_TEXT,   offsetof(struct cli, db.files),            "FORMAT",      "whose files these are: auto, prusik, dbmate, goose, golang-migrate, sqitch, plain, ...", NULL},
    {"--schema",            0,   CLI_TEXT,   offsetof(struct cli, db.schema),           "NAME",        "of prusik's own tables; default prusik", NULL},
    {"--count",             0,   CLI_TEXT,   offsetof(struct cli, count),               "N",           "at most so many", NULL},
    {"--check",             0,   CLI_FLAG,   offsetof(struct cli, check),               NULL,          "end with 4 unless everything is applied and fits; of backups: read every byte", NULL},
    {"--allow-out-of-order", 0,   CLI_FLAG,   offsetof(struct cli, db.out_of_order),     NULL,          "apply also what is below the highest that is applied", NULL},
    {"--wait",              0,   CLI_TEXT,   offsetof(struct cli, db.wait),             "DURATION",    "for another run to end; default not at all", NULL},
    {"--lock-timeout",      0,   CLI_TEXT,   offsetof(struct cli, db.lock_timeout),     "DURATION",    "for a lock in the database, before it is given up and asked for again; default 500ms", NULL},
    {"--retry-for",         0,   CLI_TEXT,   offsetof(struct cli, db.retry_for),        "DURATION",    "how long such locks are asked for again; default 10m", NULL},
    {"--yes",               0,   CLI_FLAG,   offsetof(struct cli, yes),                 NULL,          "what is undone, and what that loses, is wanted", NULL},
    {"--sql",               0,   CLI_FLAG,   offsetof(struct cli, db.sql),              NULL,          "only the SQL, as it can be run", NULL},
    {"--accept-file",       0,   CLI_FLAG,   offsetof(struct cli, db.accept_file),      NULL,          "the database has what the changed file says", NULL},
    {"--finish",            0,   CLI_FLAG,   offsetof(struct cli, db.finish),           NULL,          "what was half done has been done by hand", NULL},
    {"--forget",            0,   CLI_FLAG,   offsetof(struct cli, db.forget),           NULL,          "what was half done, or counts as applied, has been taken back by hand", NULL},
    {"--from",              0,   CLI_TEXT,   offsetof(struct cli, db.from),             "TOOL",        "the tool whose history is adopted", NULL},
    {"--table",             0,   CLI_TEXT,   offsetof(struct cli, db.table),            "NAME",        "its table, where that was renamed", NULL},
    {"--retire",            0,   CLI_FLAG,   offsetof(struct cli, db.retire),           NULL,          "rename its tables afterwards, so that it cannot go on", NULL},
    {"--accept-state",      0,   CLI_FLAG,   offsetof(struct cli, db.accept_state),     NULL,          "adopt although it left something half done", NULL},
    {"--runner",            0,   CLI_TEXT,   offsetof(struct cli, db.runner),           "WHO",         "who runs the file: prusik (parts are transactions) or plain (BEGIN and COMMIT count); default by its marks", db_runners},
    {"--dialect",           0,   CLI_TEXT,   offsetof(struct cli, db.dialect),          "NAME",        "whose SQL it is: postgres or sqlite; default that of --db, or of the only database of the binding", db_dialects},
    {"--alembic",           0,   CLI_TEXT,   offsetof(struct cli, db.alembic),          "RANGE",       "db lint: run Alembic for the SQL of these revisions (heads, A:heads, A:B), and lint that", NULL},
    {"--quiet",             'q', CLI_FLAG,   offsetof(struct cli, quiet),               NULL,          "only what went wrong", NULL},
    {"--color",             0,   CLI_TEXT,   offsetof(struct cli, color),               "WHEN",        "auto, always or never", cli_colors},
    {"--help",              'h', CLI_FLAG,   offsetof(struct cli, help),                NULL,          "this text", NULL},
};
/* clang-format on */
const size_t n_cli_options = ARRAY_LEN(cli_options);

/* Options that every verb has. */
static const char *const verb_common[] = {"--color", "--help"};

bool verb_has_option(const struct verb *v, const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(verb_common); i++)
        if (strcmp(verb_common[i], name) == 0)
            return true;
    for (size_t i = 0; v->opts && v->opts[i]; i++)
        if (strcmp(v->opts[i], name) == 0)
            return true;
    return false;
}

static const struct cli_option *verb_find_option(const struct verb *v, struct sv name)
{
    for (size_t i = 0; i < n_cli_options; i++) {
        const struct cli_option *o = &cli_options[i];
        bool is =
            sv_eq(name, sv_from(o->name)) || (name.n == 2 && o->letter && name.p[1] == o->letter);

        if (is && verb_has_option(v, o->name))
            return o;
    }
    return NULL;
}

static enum err_code verb_unknown_option(const struct verb *v, struct sv name, struct err *err)
{
    struct suggest s = suggest_begin(name);

    for (size_t i = 0; i < n_cli_options; i++)
        if (verb_has_option(v, cli_options[i].name))
            suggest_offer(&s, sv_from(cli_options[i].name));
    (void)err_set(err, ERR_USAGE, "prusik %s has no option '%.*s'", v->name, SV_FMT(name));
    if (s.best.p)
        return err_hint(err, "did you mean %.*s?", SV_FMT(s.best));
    return err_hint(err, "prusik %s --help", v->name);
}

static bool verb_is_word(const char *value, const char *const *words)
{
    while (*words && strcmp(*words, value) != 0)
        words++;
    return *words != NULL;
}

/* `what`: the option or verb that takes only these words. */
static enum err_code verb_not_a_word(const char *what, const char *const *words, const char *value,
                                     struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf known = STRBUF(0);
    struct suggest near = suggest_begin(sv_from(value));

    for (size_t i = 0; words[i]; i++) {
        strbuf_addf(&known, "%s%s", i ? ", " : "", words[i]);
        suggest_offer(&near, sv_from(words[i]));
    }
    (void)err_set(err, ERR_USAGE, "%s does not take '%s'", what, value);
    if (near.best.p)
        return err_hint(err, "did you mean '%.*s'? it takes: %s", SV_FMT(near.best),
                        strbuf_str(&known));
    return err_hint(err, "it takes: %s", strbuf_str(&known));
}

static enum err_code verb_store_value(const struct cli_option *o, const char *value, struct cli *c,
                                      struct err *err)
{
    void *field = (char *)c + o->offset;

    switch (o->kind) {
    case CLI_FLAG: *(bool *)field = true; return ERR_OK;
    case CLI_TEXT:
    case CLI_MAYBE:
        if (o->words && !verb_is_word(value, o->words))
            return verb_not_a_word(o->name, o->words, value, err);
        *(const char **)field = value;
        return ERR_OK;
    case CLI_TEXTS: *vec_add((cli_texts *)field) = value; return ERR_OK;
    case CLI_NUMBER:
    default:
        if (!sv_to_f64(sv_from(value), field) || *(double *)field <= 0)
            return err_set(err, ERR_USAGE, "%s '%s' is not a number above 0", o->name, value);
        return ERR_OK;
    }
}

/* One option, perhaps with its value in the next argument; *i moves over what was used. */
static enum err_code verb_read_option(const struct verb *v, int argc, char **argv, int *i,
                                      struct cli *c, struct err *err)
{
    struct sv arg = sv_from(argv[*i]);
    size_t eq = sv_starts(arg, SV("--")) ? sv_find_byte(arg, '=', 0) : SV_NPOS;
    const struct cli_option *o = verb_find_option(v, sv_sub(arg, 0, eq));

    if (!o)
        return verb_unknown_option(v, sv_sub(arg, 0, eq), err);
    *vec_add(&c->given) = o->name;
    if (o->kind == CLI_FLAG) {
        if (eq != SV_NPOS)
            return err_set(err, ERR_USAGE, "%s takes no value", o->name);
        return verb_store_value(o, NULL, c, err);
    }
    if (eq != SV_NPOS)
        return verb_store_value(o, argv[*i] + eq + 1, c, err);
    if (o->kind == CLI_MAYBE)
        return verb_store_value(o, o->words[0], c, err);
    if (*i + 1 >= argc)
        return err_set(err, ERR_USAGE, "%s needs a value: %s", o->name, o->value);
    return verb_store_value(o, argv[++*i], c, err);
}

/* What was asked for and would not be done is refused: "upgrade --dry-run" must not change anything. */
static enum err_code verb_check_only(const struct verb *v, const struct cli *c, struct err *err)
{
    for (const struct verb_only *o = v->only; o && o->option; o++)
        for (size_t i = 0; i < c->given.n; i++) {
            if (strcmp(c->given.v[i], o->option) != 0 ||
                sv_has_word(sv_from(o->words), sv_from(c->args[0])))
                continue;
            (void)err_set(err, ERR_USAGE, "prusik %s %s does not take %s; nothing was done",
                          v->name, c->args[0], o->option);
            return o->hint ? err_hint(err, "%s", o->hint)
                           : err_hint(err, "it is for: prusik %s %s", v->name, o->words);
        }
    return ERR_OK;
}

static enum err_code verb_read(const struct verb *v, int argc, char **argv, struct cli *c,
                               struct err *err)
{
    bool options = true;

    for (int i = 0; i < argc; i++) {
        if (options && strcmp(argv[i], "--") == 0)
            options = false;
        else if (!options || argv[i][0] != '-' || !argv[i][1])
            c->args[c->n_args++] = argv[i];
        else if (verb_read_option(v, argc, argv, &i, c, err) != ERR_OK)
            return err->code;
    }
    if (c->help)
        return ERR_OK;
    if (c->n_args < v->min_args || (v->max_args >= 0 && c->n_args > v->max_args)) {
        if (*v->args)
            (void)err_set(err, ERR_USAGE, "prusik %s takes: %s", v->name, v->args);
        else
            (void)err_set(err, ERR_USAGE, "prusik %s takes no argument", v->name);
        return err_hint(err, "prusik %s --help", v->name);
    }
    if (v->words && !verb_is_word(c->args[0], v->words))
        return verb_not_a_word(v->name, v->words, c->args[0], err);
    return verb_check_only(v, c, err);
}

/* --- help --- */

static void verb_print_options(const struct verb *v)
{
    printf("\noptions:\n");
    for (size_t i = 0; i < n_cli_options; i++) {
        const struct cli_option *o = &cli_options[i];
        char left[64], letter[8] = "    ", value[32] = "";

        if (!verb_has_option(v, o->name))
            continue;
        if (o->letter)
            (void)snprintf(letter, sizeof(letter), "-%c, ", o->letter);
        if (o->value)
            (void)snprintf(value, sizeof(value), o->kind == CLI_MAYBE ? "[=%s]" : " %s", o->value);
        (void)snprintf(left, sizeof(left), "%s%s%s", letter, o->name, value);
        printf("  %-28s %s\n", left, o->help);
    }
}

static void verb_print_help(const struct verb *v)
{
    printf("prusik %s %s\n%s\n\n%s\n", v->name, v->args, v->help, v->more);
    verb_print_options(v);
}

static void verb_print_exit_codes(void)
{
    printf("\nexit codes:\n");
    for (size_t i = 0; i < n_exit_codes; i++)
        printf("  %3d  %s\n", (int)exit_codes[i].code, exit_codes[i].text);
}

static void verb_print_usage(void)
{
    printf("prusik runs the deployment runbook that you already have.\n\n"
           "usage: prusik VERB [OPTION...] [ARGUMENT...]\n\nverbs:\n");
    for (size_t i = 0; i < n_verbs; i++)
        if (!verb_table[i]->hidden)
            printf("  %-10s %s\n", verb_table[i]->name, verb_table[i]->help);
    printf("\nprusik VERB --help tells more; prusik --version tells the version;\n"
           "prusik completion bash, zsh or fish prints the completion for that shell.\n");
    verb_print_exit_codes();
}

static const struct verb *verb_find(const char *name, struct err *err)
{
    struct suggest s = suggest_begin(sv_from(name));

    for (size_t i = 0; i < n_verbs; i++) {
        if (strcmp(verb_table[i]->name, name) == 0)
            return verb_table[i];
        suggest_offer(&s, sv_from(verb_table[i]->name));
    }
    (void)err_set(err, ERR_USAGE, "there is no verb '%s'", name);
    if (s.best.p)
        (void)err_hint(err, "did you mean prusik %.*s?", SV_FMT(s.best));
    else
        (void)err_hint(err, "prusik --help lists the verbs");
    return NULL;
}

static int verb_fail(const struct err *err)
{
    fflush(stdout);
    term_error(err);
    return err_info(err->code)->exit;
}

/* "prusik report ... | head": the reader has seen enough, and nothing is wrong. */
static bool verb_reader_left(void)
{
    struct pollfd p = {.fd = STDOUT_FILENO};

    return poll(&p, 1, 0) == 1 && (p.revents & POLLERR) != 0;
}

static int verb_finish(int code)
{
    if ((fflush(stdout) != 0 || ferror(stdout)) && !verb_reader_left()) {
        struct err err;

        (void)err_set(&err, ERR_IO, "the output could not be written");
        return verb_fail(&err);
    }
    return code;
}

int verb_main(int argc, char **argv)
{
    struct cli c = {.args = XNEWN(const char *, (size_t)argc + 1)};
    enum exit_code code = EXIT_CODE_DONE;
    struct err err = {0};
    const struct verb *v;
    int result;

    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        free(c.args);
        verb_print_usage();
        return verb_finish(argc < 2 ? EXIT_CODE_USAGE : EXIT_CODE_DONE);
    }
    if (strcmp(argv[1], "--version") == 0) {
        free(c.args);
        printf("prusik %s\n", prusik_version);
        return verb_finish(EXIT_CODE_DONE);
    }
    v = verb_find(argv[1], &err);
    if (!v || verb_read(v, argc - 2, argv + 2, &c, &err) != ERR_OK) {
        result = verb_fail(&err);
    } else if (c.help) {
        verb_print_help(v);
        result = EXIT_CODE_DONE;
    } else {
        term_init(c.color);
        result = v->run(&c, &code, &err) == ERR_OK ? (int)code : verb_fail(&err);
    }
    vec_release(&c.sets);
    vec_release(&c.given);
    vec_release(&c.lint.disables);
    vec_release(&c.data.fields);
    free(c.args);
    return verb_finish(result);
}
