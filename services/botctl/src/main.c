#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "db.h"
#include "log.h"
#include "migrate.h"
#include "release.h"
#include "serve.h"
#include "version.h" /* made by the build: BOTCTL_COMMIT */

enum { MIGRATE_TIMEOUT_MS = 600000 }; /* a migration may rewrite a large table */

struct arguments {
    const char *words[4]; /* what is no option: the verb and what it takes */
    int n_words;
    const char *config;
    const char *to;
};

struct verb {
    const char *name, *args, *help;
    int min_words, max_words; /* with the verb */
    enum err_code (*run)(const struct arguments *a, struct err *err);
};

/* --- migrate --- */

struct migrating {
    struct config config;
    struct log *log;
    struct db *db;
    struct db_conn *conn;
    int from, done;
    char *labels; /* of what was done: "2_a, 3_b" */
};

static void migrating_release(struct migrating *m)
{
    db_give(m->conn);
    db_free(m->db);
    log_free(m->log);
    free(m->labels);
    config_release(&m->config);
}

static void add_label(char **labels, const struct migration *m)
{
    CLEANUP(free_charp) char *before = *labels, *label = migrate_label(m);

    *labels = xasprintf("%s%s%s", before ? before : "", before ? ", " : "", label);
}

static void on_migrated(void *ctx, const struct migration *m, bool up)
{
    struct migrating *g = ctx;

    g->done++;
    add_label(&g->labels, m);
    log_event(g->log, LOG_INFO, up ? "migration_applied" : "migration_reverted", "{s:i, s:s, s:s}",
              "version", m->version, "name", m->name, "database", db_kind(g->db));
}

static enum err_code migrating_open(const struct arguments *a, bool create, struct migrating *g,
                                    struct err *err)
{
    const struct db_options options = {
        .n_conns = 1, .timeout_ms = MIGRATE_TIMEOUT_MS, .create = create};

    if (config_load(a->config, &g->config, err) != ERR_OK ||
        log_open(g->config.log, &g->log, err) != ERR_OK ||
        db_open(g->config.database_url, &options, &g->db, err) != ERR_OK ||
        db_take(g->db, &g->conn, err) != ERR_OK)
        return err->code;
    return migrate_version(g->conn, &g->from, err);
}

static enum err_code migrate_status(const struct arguments *a, struct err *err)
{
    CLEANUP(migrating_release) struct migrating g = {0};
    CLEANUP(free_charp) char *pending = NULL;
    enum err_code rc = migrating_open(a, false, &g, err);

    if (rc != ERR_OK && rc != ERR_ABSENT) /* no database: version 0 */
        return rc;
    for (int i = g.from; i < n_migrations; i++)
        add_label(&pending, &migrations[i]);
    printf("schema version %d, latest %d, pending: %s\n", g.from, n_migrations,
           pending ? pending : "none");
    if (g.from > n_migrations)
        printf("The schema is ahead of this release (%s) by %d\n", release.version,
               g.from - n_migrations);
    if (!pending)
        puts("No pending migrations");
    return ERR_OK;
}

static enum err_code parse_to(const char *text, int fallback, int *ret, struct err *err)
{
    char *end;
    long n;

    *ret = fallback;
    if (!text)
        return ERR_OK;
    n = strtol(text, &end, 10);
    if (end == text || *end || n < 0 || n > 9999)
        return err_set(err, ERR_USAGE, "--to '%s' is not a schema version", text);
    *ret = (int)n;
    return ERR_OK;
}

static void print_done(const struct migrating *g, const char *what, const char *nothing)
{
    if (g->done)
        printf("%s %d migration%s: %s\n", what, g->done, g->done == 1 ? "" : "s", g->labels);
    else
        puts(nothing);
}

static enum err_code migrate_go_up(const struct arguments *a, struct err *err)
{
    CLEANUP(migrating_release) struct migrating g = {0};
    enum err_code rc;
    int to;

    if (parse_to(a->to, n_migrations, &to, err) != ERR_OK ||
        migrating_open(a, true, &g, err) != ERR_OK)
        return err->code;
    rc = migrate_up(g.conn, to, on_migrated, &g, err);
    if (rc == ERR_OK || g.done)
        print_done(&g, "Applied", "No pending migrations");
    return rc;
}

static enum err_code migrate_go_down(const struct arguments *a, struct err *err)
{
    CLEANUP(migrating_release) struct migrating g = {0};
    enum err_code rc;
    int to;

    if (migrating_open(a, false, &g, err) != ERR_OK ||
        parse_to(a->to, g.from ? g.from - 1 : 0, &to, err) != ERR_OK)
        return err->code;
    rc = migrate_down(g.conn, to, on_migrated, &g, err);
    if (rc == ERR_OK || g.done)
        print_done(&g, "Reverted", "No migrations to revert");
    return rc;
}

static enum err_code run_migrate(const struct arguments *a, struct err *err)
{
    static const struct {
        const char *name;
        enum err_code (*run)(const struct arguments *a, struct err *err);
    } what[] = {{"status", migrate_status}, {"up", migrate_go_up}, {"down", migrate_go_down}};

    for (size_t i = 0; i < ARRAY_LEN(what); i++)
        if (strcmp(a->words[1], what[i].name) == 0)
            return what[i].run(a, err);
    return err_set(err, ERR_USAGE, "migrate takes status, up or down, not '%s'", a->words[1]);
}

/* --- the other verbs --- */

static enum err_code run_serve(const struct arguments *a, struct err *err)
{
    CLEANUP(config_release) struct config c = {0};

    if (config_load(a->config, &c, err) != ERR_OK)
        return err->code;
    return serve_run(&c, BOTCTL_COMMIT, err);
}

/* The folder that a file would be made in must be there. */
static enum err_code check_folder(const char *setting, const char *path, struct err *err)
{
    const char *slash = strrchr(path, '/');
    CLEANUP(free_charp)
    char *folder = slash ? xasprintf("%.*s", (int)(slash - path) + 1, path) : xstrdup(".");

    if (*path && access(folder, X_OK) != 0) {
        (void)err_sys(err, errno, "%s: folder '%s'", setting, folder);
        err->code = ERR_USAGE;
        return ERR_USAGE;
    }
    return ERR_OK;
}

static enum err_code run_check_config(const struct arguments *a, struct err *err)
{
    CLEANUP(config_release) struct config c = {0};

    if (config_load(a->config, &c, err) != ERR_OK)
        return err->code;
    config_print(&c, stdout);
    if (db_check_url(c.database_url, err) != ERR_OK ||
        check_folder("BOTCTL_MAINTENANCE_FLAG", c.maintenance_flag, err) != ERR_OK ||
        check_folder("BOTCTL_LOG", c.log, err) != ERR_OK)
        return err->code;
    puts("The configuration is valid");
    return ERR_OK;
}

static enum err_code run_version(const struct arguments *a, struct err *err)
{
    (void)a;
    (void)err;
    printf("botctl %s (%s)\n", release.version, BOTCTL_COMMIT);
    return ERR_OK;
}

static enum err_code run_help(const struct arguments *a, struct err *err);

/* clang-format off */
static const struct verb verbs[] = {
    {"serve",        "[--config FILE]", "serve until SIGTERM", 1, 1, run_serve},
    {"migrate",      "status|up|down [--to N] [--config FILE]",
                     "show or change the schema's version", 2, 2, run_migrate},
    {"check-config", "[--config FILE]", "print the settings, or what is wrong", 1, 1,
                     run_check_config},
    {"--version",    "",                "print the version and commit", 1, 1, run_version},
    {"--help",       "",                "print this", 1, 1, run_help},
};
/* clang-format on */

static enum err_code run_help(const struct arguments *a, struct err *err)
{
    (void)a;
    (void)err;
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
        printf("botctl %s%s%s\n    %s\n", verbs[i].name, *verbs[i].args ? " " : "", verbs[i].args,
               verbs[i].help);
    puts("\nSettings, from the environment or from NAME=value lines of FILE:");
    config_help(stdout);
    puts("\nExit codes: 0 done, 1 failed, 2 usage, settings or port, 3 schema");
    return ERR_OK;
}

static enum err_code parse_arguments(int argc, char **argv, struct arguments *a, struct err *err)
{
    const struct {
        const char *name;
        const char **value;
    } options[] = {{"--config", &a->config}, {"--to", &a->to}};

    for (int i = 1; i < argc; i++) {
        size_t o = 0;

        while (o < ARRAY_LEN(options) && strcmp(argv[i], options[o].name) != 0)
            o++;
        if (o == ARRAY_LEN(options) && a->n_words == (int)ARRAY_LEN(a->words))
            return err_set(err, ERR_USAGE, "too many arguments");
        if (o == ARRAY_LEN(options))
            a->words[a->n_words++] = argv[i];
        else if (i + 1 == argc)
            return err_set(err, ERR_USAGE, "%s needs a value", argv[i]);
        else
            *options[o].value = argv[++i];
    }
    return ERR_OK;
}

static enum err_code run(int argc, char **argv, struct err *err)
{
    struct arguments a = {0};

    if (parse_arguments(argc, argv, &a, err) != ERR_OK)
        return err->code;
    if (!a.n_words)
        return err_set(err, ERR_USAGE, "what to do? 'botctl --help' tells");
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        const struct verb *v = &verbs[i];

        if (strcmp(a.words[0], v->name) != 0)
            continue;
        if (a.n_words < v->min_words || a.n_words > v->max_words)
            return err_set(err, ERR_USAGE, "usage: botctl %s %s", v->name, v->args);
        return v->run(&a, err);
    }
    return err_set(err, ERR_USAGE, "there is no '%s', 'botctl --help' tells what there is",
                   a.words[0]);
}

int main(int argc, char **argv)
{
    struct err err = {0};
    enum err_code rc = run(argc, argv, &err);

    if (rc != ERR_OK)
        fprintf(stderr, "botctl: %s\n", err.msg);
    if (fflush(stdout) != 0 && rc == ERR_OK)
        return 1;
    return err_exit(rc);
}
