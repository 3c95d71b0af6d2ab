#include "cli/db_verb.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/duration.h"
#include "base/file.h"
#include "base/json.h"
#include "base/suggest.h"
#include "base/text.h"
#include "cli/load.h"
#include "cli/term.h"

#define DB_VERB_LINES_NS 10000000000 /* between two lines of progress where they stay */

static const struct db_command db_commands[] = {
    {"new", NULL, "NAME", 1, 1, false, false, false, DB_BESIDE_NOTHING, db_new, false},
    {"status", NULL, "", 0, 0, true, true, false, DB_BESIDE_ROWS, db_status, false},
    {"plan", NULL, "", 0, 0, true, true, false, DB_BESIDE_NOTHING, db_plan, true},
    {"upgrade", "up", "", 0, 0, true, true, true, DB_BESIDE_DIGESTS, db_upgrade, false},
    {"downgrade", "down", "", 0, 0, true, true, false, DB_BESIDE_DIGESTS, db_downgrade, false},
    {"current", NULL, "", 0, 0, false, true, false, DB_BESIDE_NOTHING, db_current, false},
    {"history", NULL, "[VERSION]", 0, 1, false, true, false, DB_BESIDE_NOTHING, db_history, false},
    {"verify", NULL, "[VERSION]", 0, 1, true, true, false, DB_BESIDE_NOTHING, db_verify, false},
    {"stamp", NULL, "VERSION", 1, 1, true, true, false, DB_BESIDE_NOTHING, db_stamp, false},
    {"repair", NULL, "VERSION", 1, 1, true, true, false, DB_BESIDE_NOTHING, db_repair, false},
    {"adopt", NULL, "", 0, 0, false, true, false, DB_BESIDE_NOTHING, db_adopt, false},
    {"lint", NULL, "[FILE...]", 0, -1, false, false, false, DB_BESIDE_NOTHING, db_lint, false},
    {"backfill", NULL, "[status|pause|resume|cancel|forget] [JOB]", 0, 2, false, true, false,
     DB_BESIDE_NOTHING, db_backfill, false},
};

/* --- stopping --- */

/* Whose statement a signal ends; NULL: none any more, as what was asked for is done. */
static struct {
    pthread_mutex_t lock;
    struct db *db;
} db_verb_stops = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void db_verb_stops_are(struct db *db)
{
    (void)pthread_mutex_lock(&db_verb_stops.lock);
    db_verb_stops.db = db;
    (void)pthread_mutex_unlock(&db_verb_stops.lock);
}

/* The first Ctrl-C ends the statement, and what was begun is rolled back; the second ends the program. */
static void *db_verb_on_signal(void *arg UNUSED)
{
    sigset_t set;
    int sig;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGTERM);
    for (int n = 0; sigwait(&set, &sig) == 0; n++) {
        if (n > 0)
            _exit(EXIT_CODE_INTERRUPTED);
        (void)pthread_mutex_lock(&db_verb_stops.lock);
        if (db_verb_stops.db)
            db_cancel(db_verb_stops.db);
        (void)pthread_mutex_unlock(&db_verb_stops.lock);
    }
    return NULL;
}

/* In a thread, as what a handler may do does not include ending a statement. */
static void db_verb_watch(struct db *db)
{
    pthread_t thread;
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGTERM);
    db_verb_stops_are(db);
    if (pthread_sigmask(SIG_BLOCK, &set, NULL) == 0 &&
        pthread_create(&thread, NULL, db_verb_on_signal, NULL) == 0)
        (void)pthread_detach(thread);
}

/* --- which database --- */

/* A word that is neither a file nor looks like a path: with names to choose from it is one of them, mistyped. */
static bool db_verb_is_name(const struct binding *b, const char *word)
{
    return b->databases.n > 0 && !strpbrk(word, "./\\:") && !file_exists(word);
}

static enum err_code db_verb_no_name(const struct binding *b, const char *word, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf known = STRBUF(300);
    struct suggest near = suggest_begin(sv_from(word));

    for (size_t i = 0; i < b->databases.n; i++) {
        strbuf_addf(&known, "%s%.*s", i ? ", " : "", SV_FMT(b->databases.v[i].name));
        suggest_offer(&near, b->databases.v[i].name);
    }
    (void)err_set(err, ERR_USAGE, "the binding names no database '%s'", word);
    if (near.best.p)
        return err_hint(err, "did you mean %.*s? a new file is sqlite:%s", SV_FMT(near.best), word);
    return err_hint(err, "it names %s; a new file is sqlite:%s", strbuf_str(&known), word);
}

static enum err_code db_verb_from_binding(const struct cli *c, const struct binding *b,
                                          struct strbuf *url, struct err *err)
{
    const struct binding_database *d = c->db.url ? binding_find_database(b, sv_from(c->db.url))
                                       : b->databases.n == 1 ? b->databases.v
                                                             : NULL;

    if (d)
        return binding_expand(b, d->url, url, err);
    if (c->db.url && db_verb_is_name(b, c->db.url))
        return db_verb_no_name(b, c->db.url, err);
    if (c->db.url) {
        strbuf_add_str(url, c->db.url); /* the path of a file */
        return ERR_OK;
    }
    (void)err_set(err, ERR_USAGE,
                  b->databases.n ? "the binding names %zu databases: which one?"
                                 : "which database? no binding names one",
                  b->databases.n);
    return err_hint(err, "--db NAME, --db postgresql://USER@HOST/NAME or --db sqlite:PATH");
}

enum err_code db_verb_url(const struct cli *c, struct strbuf *url, struct err *err)
{
    struct binding_options opt = {
        .path = c->bind, .environment = c->env, .sets = c->sets.v, .n_sets = c->sets.n};
    struct binding b = {0};
    enum err_code rc;

    if (c->db.url && db_is_url(sv_from(c->db.url))) {
        strbuf_add_str(url, c->db.url);
        return ERR_OK;
    }
    if (binding_load("./document", &opt, &b, err) != ERR_OK)
        return err->code;
    rc = db_verb_from_binding(c, &b, url, err);
    binding_release(&b);
    return rc;
}

static enum err_code db_verb_open(struct db_verb *v, const struct db_command *cmd, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf url = STRBUF(0);
    struct db_config config = {.create = cmd->create};

    if (db_verb_url(v->c, &url, err) != ERR_OK)
        return err->code;
    config.url = strbuf_sv(&url);
    if (db_open(&config, &v->db, err) != ERR_OK) {
        if (err->code != ERR_NOT_FOUND || sv_starts_nocase(config.url, SV("postgres")))
            return err->code; /* of PostgreSQL it is the library that is not there */
        if (!cmd->as_new)
            return cmd->create ? err->code : err_hint(err, "prusik db upgrade makes it");
        config.url = SV("sqlite::memory:"); /* as it will be, and no file is left behind */
        if (db_open(&config, &v->db, err) != ERR_OK)
            return err->code; /* uncovered: one in memory can be made */
    }
    v->url = strbuf_steal_str(&url);
    db_verb_watch(v->db);
    return ERR_OK;
}

char *db_verb_dir(const struct cli *c)
{
    if (c->db.dir)
        return xstrdup(c->db.dir);
    return xstrdup(file_exists("db/migrations") || !file_exists("migrations") ? "db/migrations"
                                                                              : "migrations");
}

static enum err_code db_verb_applied(struct db_verb *v, enum db_beside beside, struct err *err)
{
    struct book b;

    if (beside == DB_BESIDE_NOTHING)
        return ERR_OK;
    if (book_open(v->db, sv_from(v->c->db.schema ? v->c->db.schema : "prusik"), &b, err) !=
            ERR_OK ||
        (beside == DB_BESIDE_DIGESTS ? book_load_digests(&b, &v->applied, err)
                                     : book_load(&b, BOOK_TEXTS_NONE, &v->applied, err)) != ERR_OK)
        return err->code;
    v->beside = beside;
    return ERR_OK;
}

static enum err_code db_verb_read(struct db_verb *v, enum db_beside beside, struct err *err)
{
    if (db_verb_applied(v, beside, err) != ERR_OK ||
        discover_tree_beside(v->ahead, sv_from(v->c->db.files ? v->c->db.files : "auto"),
                             db_kind(v->db), &v->applied, &v->tree, err) != ERR_OK)
        return err->code;
    v->has_tree = true;
    return ERR_OK;
}

/* --- what commands ask for --- */

void db_verb_notes(const struct db_verb *v)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    if (v->c->json || v->c->quiet || !v->tree.notes.n)
        return;
    text_add_terminal(&b, strbuf_sv(&v->tree.notes));
    printf("%s", strbuf_str(&b));
}

enum err_code db_verb_compare(struct db_verb *v, enum book_texts texts, struct book_rows *rows,
                              pendings *ret, struct err *err)
{
    struct book b;

    if (v->beside == DB_BESIDE_ROWS && !texts) {
        *rows = v->applied; /* as they were read: now the caller's */
        v->applied = (struct book_rows){0};
    } else if (book_open(v->db, sv_from(v->c->db.schema ? v->c->db.schema : "prusik"), &b, err) !=
                   ERR_OK ||
               book_load(&b, texts, rows, err) != ERR_OK) {
        return err->code;
    }
    pending_compare(&v->tree.files, rows, db_kind(v->db), ret);
    return ERR_OK;
}

static bool db_verb_has(const void *arg, const struct migration *m)
{
    const pendings *p = arg;

    for (size_t i = 0; i < p->n; i++)
        if (p->v[i].file == m)
            return p->v[i].state == PENDING_APPLIED;
    return false; /* uncovered: each file is in the list */
}

enum err_code db_verb_heads(const struct db_verb *v, const pendings *p, struct err *err)
{
    return v->tree.format == &format_alembic ? order_one_head(&v->tree.files, db_verb_has, p, err)
                                             : ERR_OK;
}

static enum err_code db_verb_ms(const char *option, const char *text, uint64_t *ret,
                                struct err *err)
{
    int64_t ms;

    if (!text)
        return ERR_OK;
    if (!duration_parse(sv_from(text), &ms))
        return err_set(err, ERR_USAGE, "%s '%s' is no duration", option, text);
    *ret = (uint64_t)ms;
    return ERR_OK;
}

static void db_verb_tell_json(const struct book_event *e)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    CLEANUP(json_cleanup) json_t *j = json_object();

    json_put_str(j, "event", e->kind);
    json_put_sv(j, "version", e->version);
    json_put_sv(j, "direction", e->direction);
    json_put_sv(j, "part", e->part);
    if (e->stmt >= 0)
        json_put_int(j, "statement", e->stmt);
    if (e->duration_ms >= 0)
        json_put_int(j, "duration_ms", e->duration_ms);
    json_put_sv(j, "sqlstate", e->sqlstate);
    json_put_sv(j, "message", e->message);
    json_write(j, &b);
    printf("%s\n", strbuf_str(&b));
    fflush(stdout);
}

/* Events as people read them: the other ones are for the record. */
static const struct {
    const char *kind, *text;
    bool took;
} db_verb_events[] = {
    {"up-done", "applied", true},           {"down-done", "undone", true},
    {"stmt-retried", "waiting", false},     {"verify-ok", "verified", false},
    {"resumed", "was done already", false}, {"stamp", "stamped", false},
    {"repair", "repaired", false},          {"adopt", "adopted", false},
    {"backfill-done", "filled", true},      {"backfill-held", "held", false},
    {"backfill-resumed", "goes on", false}, {"backfill-blind", "warning", false},
};

/* What goes on, at most once a second.  On a terminal one line that is written over. */
static const struct {
    const char *kind, *text;
} db_verb_progress[] = {
    {"backfill-progress", "filling"},
    {"stmt-progress", "running"},
};

/* The line of what goes on is taken away before anything else is written. */
static void db_verb_clear(struct db_verb *v)
{
    if (v->live)
        printf("\r\033[K");
    v->live = false;
}

static void db_verb_show(struct db_verb *v, const char *text, const struct book_event *e)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    bool live = term_is_live();

    if (!live && v->shown_ns && clock_mono_ns() - v->shown_ns < DB_VERB_LINES_NS)
        return;
    v->shown_ns = clock_mono_ns();
    strbuf_addf(&b, "%-8s %.*s", text, SV_FMT(e->version));
    if (e->part.n)
        strbuf_addf(&b, " %.*s", SV_FMT(e->part));
    strbuf_addf(&b, "  %s: ", duration_format(e->duration_ms).s);
    text_add_line(&b, e->message);
    db_verb_clear(v);
    if (live && b.n >= term_width())
        strbuf_truncate(&b, term_width() - 1);
    if (!live)
        strbuf_add_byte(&b, '\n');
    term_write(&b);
    v->live = live;
    fflush(stdout);
}

static void db_verb_tell(void *arg, const struct book_event *e)
{
    struct db_verb *v = arg;
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    if (v->c->json) {
        db_verb_tell_json(e);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(db_verb_progress) && !v->c->quiet; i++)
        if (strcmp(db_verb_progress[i].kind, e->kind) == 0)
            db_verb_show(v, db_verb_progress[i].text, e);
    for (size_t i = 0; i < ARRAY_LEN(db_verb_events) && !v->c->quiet; i++) {
        if (strcmp(db_verb_events[i].kind, e->kind) != 0)
            continue;
        db_verb_clear(v);
        strbuf_addf(&b, "%-8s %.*s", db_verb_events[i].text, SV_FMT(e->version));
        if (e->part.n)
            strbuf_addf(&b, " %.*s", SV_FMT(e->part));
        if (db_verb_events[i].took)
            strbuf_addf(&b, "  %s", duration_format(e->duration_ms).s);
        if (e->message.n) {
            strbuf_add_str(&b, ": ");
            text_add_line(&b, e->message);
        }
        strbuf_add_byte(&b, '\n');
        term_write(&b);
        fflush(stdout);
    }
}

enum err_code db_verb_options(struct db_verb *v, struct apply_options *ret, struct err *err)
{
    struct apply_options o = {.url = sv_from(v->url), .tell = db_verb_tell, .arg = v};

    o.schema = sv_from(v->c->db.schema ? v->c->db.schema : "prusik");
    if (db_verb_ms("--wait", v->c->db.wait, &o.wait_ms, err) != ERR_OK ||
        db_verb_ms("--lock-timeout", v->c->db.lock_timeout, &o.lock_timeout_ms, err) != ERR_OK ||
        db_verb_ms("--retry-for", v->c->db.retry_for, &o.retry_ms, err) != ERR_OK)
        return err->code;
    *ret = o;
    return ERR_OK;
}

/* --- the verb --- */

static const struct db_command *db_verb_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(db_commands); i++)
        if (strcmp(name, db_commands[i].name) == 0 ||
            (db_commands[i].alias && strcmp(name, db_commands[i].alias) == 0))
            return &db_commands[i];
    return NULL;
}

enum err_code db_verb_run(struct cli *c, enum exit_code *exit, struct err *err)
{
    const struct db_command *cmd = db_verb_find(c->args[0]);
    struct db_verb v = {
        .c = c, .command = c->args[0], .args = c->args + 1, .n_args = c->n_args - 1};
    enum err_code rc = ERR_OK;

    v.exit = exit;
    assert(cmd); /* the row of the verb lists the same words */
    if (v.n_args < cmd->min_args || (cmd->max_args >= 0 && v.n_args > cmd->max_args))
        return cmd->takes[0]
                   ? err_set(err, ERR_USAGE, "prusik db %s takes: %s", cmd->name, cmd->takes)
                   : err_set(err, ERR_USAGE, "prusik db %s takes no argument", cmd->name);
    if (cmd->files) {
        v.dir = db_verb_dir(c);
        v.ahead = discover_ahead_new(v.dir);
    }
    if (cmd->database)
        rc = db_verb_open(&v, cmd, err);
    if (rc == ERR_OK && cmd->files)
        rc = db_verb_read(&v, cmd->beside, err);
    if (rc == ERR_OK)
        rc = cmd->run(&v, err);
    db_verb_clear(&v);
    if (v.has_tree)
        discover_release(&v.tree);
    book_rows_release(&v.applied);
    discover_ahead_free(v.ahead);
    free(v.dir);
    free(v.url);
    db_verb_stops_are(NULL);
    db_close(v.db);
    return rc;
}
