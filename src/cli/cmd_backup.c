#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backup/backup.h"
#include "backup/folder.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/sv.h"
#include "base/text.h"
#include "cli/term.h"
#include "cli/verb.h"

#define BACKUP_TELL_NS UINT64_C(500000000) /* between two lines of progress */

static const char *const backup_opts[] = {"--to",
                                          "--level",
                                          "--scratch",
                                          "--keep",
                                          "--passphrase-file",
                                          "--passphrase-env",
                                          "--passphrase-command",
                                          "--key-file",
                                          "--replace",
                                          "--no-owner",
                                          "--dry-run",
                                          "--check",
                                          "--json",
                                          "--quiet",
                                          NULL};
static const char *const backup_words[] = {"create", "verify", "restore", "list",
                                           "prune",  "keygen", NULL};

/* --- progress and the wish to end --- */

static atomic_bool backup_stop;

static void backup_on_signal(int sig UNUSED)
{
    atomic_store(&backup_stop, true); /* lock-free, so it may be done here */
}

static void backup_hear_signals(void)
{
    struct sigaction act = {.sa_handler = backup_on_signal, .sa_flags = (int)SA_RESETHAND};

    (void)sigaction(SIGINT, &act, NULL); /* a second one ends us at once */
    (void)sigaction(SIGTERM, &act, NULL);
}

struct backup_tell {
    bool json, live;
    const char *phase;
    uint64_t next_ns;
};

static void backup_tell_json(const char *phase, int64_t done, int64_t total)
{
    CLEANUP(strbuf_release) struct strbuf line = STRBUF(0);
    CLEANUP(json_cleanup) json_t *j = json_object();

    json_put_str(j, "event", "progress");
    json_put_str(j, "phase", phase);
    json_put_int(j, "done", done);
    if (total)
        json_put_int(j, "total", total);
    json_write(j, &line);
    printf("%s\n", strbuf_str(&line));
    fflush(stdout);
}

static void backup_on_progress(void *arg, const char *phase, int64_t done, int64_t total)
{
    struct backup_tell *t = arg;
    uint64_t now = clock_mono_ns();

    if (t->phase && strcmp(t->phase, phase) == 0 && now < t->next_ns)
        return;
    t->phase = phase;
    t->next_ns = now + BACKUP_TELL_NS;
    if (t->json)
        backup_tell_json(phase, done, total);
    if (!t->live)
        return;
    printf("\r\033[K%s", phase);
    if (done > 0)
        printf(" %lld", (long long)done);
    if (total > 0)
        printf(" of %lld", (long long)total);
    fflush(stdout);
}

static void backup_tell_end(const struct backup_tell *t)
{
    if (t->live && t->phase)
        printf("\r\033[K");
}

/* --- what was done --- */

static const char *backup_product(const struct pack_head *h)
{
    return h->kind == DB_SQLITE ? "SQLite" : "PostgreSQL";
}

static void backup_add_version(struct strbuf *b, const struct pack_head *h)
{
    int v = h->server_version;

    if (h->kind == DB_SQLITE)
        strbuf_addf(b, "%d.%d.%d", v / 1000000, v / 1000 % 1000, v % 1000);
    else
        strbuf_addf(b, "%d.%d", v / 10000, v % 10000);
}

static json_t *backup_head_json(const struct pack_head *h)
{
    static const char *const methods[] = {
        [KEY_NONE] = "none", [KEY_PASSPHRASE] = "passphrase", [KEY_FILE] = "key"};
    json_t *j = json_object();

    json_put_str(j, "kind", pack_kinds[h->kind]);
    json_put_sv(j, "database", h->database);
    if (h->source.n)
        json_put_sv(j, "source", h->source);
    json_put_int(j, "server_version", h->server_version);
    json_put_str(j, "created", clock_format(h->created_us).s);
    json_put_str(j, "encryption", methods[h->lock.method]);
    return j;
}

/* An archive of pg_dump is decoded by pg_restore: nobody counts what is in it. */
static bool backup_is_counted(const struct backup_report *r)
{
    return r->image_bytes > 0;
}

static void backup_print_json(const char *event, const struct backup_report *r)
{
    CLEANUP(strbuf_release) struct strbuf line = STRBUF(0);
    CLEANUP(json_cleanup) json_t *j = r->format ? json_object() : backup_head_json(&r->head);

    json_put_str(j, "event", event);
    json_put_str(j, "format", r->format);
    json_put_str(j, "file", r->path);
    json_put_int(j, "size_bytes", r->size_bytes);
    if (backup_is_counted(r)) {
        json_put_int(j, "image_bytes", r->image_bytes);
        json_put_int(j, "tables", (int64_t)r->census.tables.n);
        json_put_int(j, "rows", census_rows(&r->census));
    }
    json_put_str(j, "sha256", hash_hex(&r->sha256).s);
    json_put_str(j, "level", pack_levels[r->level]);
    json_put_str(j, "restored_to", r->place);
    json_put_str(j, "aside", r->aside);
    if (r->removed.n)
        json_put_sv(j, "removed", r->removed);
    json_write(j, &line);
    printf("%s\n", strbuf_str(&line));
}

/* "app.db of TIME, SQLite 3.40.1", or what another program made. */
static void backup_add_origin(struct strbuf *out, const struct backup_report *r)
{
    if (r->format) {
        strbuf_addf(out, "%s of %s", r->format, backup_product(&r->head));
        return;
    }
    text_add_line(out, r->head.database);
    strbuf_addf(out, " of %s, %s ", clock_format_s(r->head.created_us).s, backup_product(&r->head));
    backup_add_version(out, &r->head);
}

static void backup_print(const char *what, const struct backup_report *r)
{
    static const char *const levels[] = {[PACK_DECODED] = "decoded whole; not restored",
                                         [PACK_COMPARED] = "restored and compared: the same"};
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);

    term_addf(&out, TERM_GOOD, "%s", what);
    strbuf_add_byte(&out, ' ');
    text_add_line(&out, sv_from(r->path));
    strbuf_add_str(&out, "\n  ");
    backup_add_origin(&out, r);
    if (backup_is_counted(r))
        strbuf_addf(&out, ": %zu table%s, %lld row%s", r->census.tables.n,
                    r->census.tables.n == 1 ? "" : "s", (long long)census_rows(&r->census),
                    census_rows(&r->census) == 1 ? "" : "s");
    strbuf_addf(&out, "\n  %lld bytes", (long long)r->size_bytes);
    if (backup_is_counted(r))
        strbuf_addf(&out, ", %lld unpacked", (long long)r->image_bytes);
    strbuf_addf(&out, "%s\n  %s\n", r->head.lock.method == KEY_NONE ? "" : ", encrypted",
                levels[r->level]);
    if (r->place) {
        strbuf_add_str(&out, "  restored to ");
        text_add_line(&out, sv_from(r->place));
        strbuf_add_byte(&out, '\n');
    }
    if (r->aside) {
        strbuf_add_str(&out, "  what was there is kept as ");
        text_add_line(&out, sv_from(r->aside));
        strbuf_add_byte(&out, '\n');
    }
    if (r->removed.n)
        strbuf_addf(&out, "  removed what a killed run left: %.*s\n", SV_FMT(r->removed));
    strbuf_addf(&out, "  sha256 %s\n", hash_hex(&r->sha256).s);
    term_write(&out);
}

/* --- the parts --- */

/* An address, or "env:NAME" for one that is in the environment: its password is in no argument then. */
static enum err_code backup_address(const char *arg, const char **ret, struct err *err)
{
    const char *value = arg;

    if (sv_starts(sv_from(arg), SV("env:"))) {
        value = getenv(arg + 4);
        if (!value || !*value)
            return err_set(err, ERR_USAGE, "there is no variable %s", arg + 4);
    }
    *ret = value;
    return ERR_OK;
}

static enum err_code backup_wish(const struct cli *c, struct backup_wish *w, struct err *err)
{
    w->key = (struct key_spec){.passphrase_file = c->backup.passphrase_file,
                               .passphrase_env = c->backup.passphrase_env,
                               .passphrase_command = c->backup.passphrase_command,
                               .key_file = c->backup.key_file};
    w->level =
        c->backup.level && strcmp(c->backup.level, "decoded") == 0 ? PACK_DECODED : PACK_COMPARED;
    w->replace = c->backup.replace;
    w->no_owner = c->backup.no_owner;
    return c->backup.scratch ? backup_address(c->backup.scratch, &w->scratch, err) : ERR_OK;
}

typedef enum err_code backup_work_fn(const struct cli *c, struct backup_wish *w,
                                     struct backup_report *r, struct err *err);

/* The work, watched and interruptible, and what is said of it. */
static enum err_code backup_do(const struct cli *c, const char *event, const char *said,
                               backup_work_fn *work, struct err *err)
{
    CLEANUP(backup_report_release) struct backup_report r = {0};
    struct backup_tell tell = {.json = c->json, .live = !c->json && !c->quiet && term_is_live()};
    struct job job = {.progress = backup_on_progress, .arg = &tell, .stop = &backup_stop};
    struct backup_wish w = {.job = &job};
    enum err_code rc;

    backup_hear_signals();
    if (backup_wish(c, &w, err) != ERR_OK)
        return err->code;
    rc = work(c, &w, &r, err);
    backup_tell_end(&tell);
    if (rc != ERR_OK)
        return rc;
    if (c->json)
        backup_print_json(event, &r);
    else if (!c->quiet)
        backup_print(said, &r);
    return ERR_OK;
}

static enum err_code backup_work_create(const struct cli *c, struct backup_wish *w,
                                        struct backup_report *r, struct err *err)
{
    const char *url = NULL;

    if (backup_address(c->args[1], &url, err) != ERR_OK)
        return err->code;
    w->url = sv_from(url);
    w->folder = c->to ? c->to : "backups";
    return backup_create(w, r, err);
}

static enum err_code backup_work_verify(const struct cli *c, struct backup_wish *w,
                                        struct backup_report *r, struct err *err)
{
    return backup_verify(c->args[1], w, r, err);
}

static enum err_code backup_work_restore(const struct cli *c, struct backup_wish *w,
                                         struct backup_report *r, struct err *err)
{
    const char *url = NULL;

    if (!c->to) {
        (void)err_set(err, ERR_USAGE, "where to is not said");
        return err_hint(err, "--to FILE, or --to postgresql://USER@HOST/NAME");
    }
    if (backup_address(c->to, &url, err) != ERR_OK)
        return err->code;
    w->url = sv_from(url);
    return backup_restore(c->args[1], w, r, err);
}

/* --- folders --- */

/* Every byte of all, or of those that somebody has written to. */
static enum err_code backup_check_folder(const struct cli *c, struct folder *f, bool only_touched,
                                         struct err *err)
{
    struct backup_tell tell = {.json = c->json, .live = !c->json && !c->quiet && term_is_live()};
    struct job job = {.progress = backup_on_progress, .arg = &tell, .stop = &backup_stop};
    enum err_code rc;

    backup_hear_signals();
    rc = folder_check(f, only_touched, &job, err);
    backup_tell_end(&tell);
    return rc;
}

static void backup_print_file_json(const struct folder_entry *e, bool chosen)
{
    CLEANUP(strbuf_release) struct strbuf line = STRBUF(0);
    CLEANUP(json_cleanup) json_t *j = e->whole ? backup_head_json(&e->head) : json_object();

    json_put_str(j, "file", e->path);
    json_put_int(j, "size_bytes", e->size_bytes);
    json_put_bool(j, "whole", e->whole);
    json_put_bool(j, "checked", e->checked);
    if (e->whole) {
        json_put_str(j, "level", pack_levels[e->head.level]);
        json_put_bool(j, "touched", e->touched);
        json_put_str(j, "written", clock_format(e->written_us).s);
    }
    json_put_str(j, "why", e->why);
    if (chosen)
        json_put_bool(j, "keep", e->keep);
    json_put_str(j, "reason", e->reason);
    json_write(j, &line);
    printf("%s\n", strbuf_str(&line));
}

/* What was proven was proven of the file as it was then. */
static void backup_add_since(struct strbuf *out, const struct folder_entry *e)
{
    if (e->checked)
        strbuf_add_str(out, ", every byte is as it was");
    else if (e->touched)
        term_addf(out, TERM_WARN,
                  "\n        written to or copied since then, at %s: list --check reads every byte",
                  clock_format_s(e->written_us).s);
}

static void backup_print_file(const struct folder_entry *e, bool chosen)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);

    if (chosen)
        term_addf(&out, e->keep ? TERM_GOOD : TERM_WARN, "%-6s  ", e->keep ? "keep" : "remove");
    text_add_line(&out, sv_from(e->path));
    if (e->whole) {
        strbuf_addf(&out, "\n        %s  %s then  ", clock_format_s(e->head.created_us).s,
                    pack_levels[e->head.level]);
        text_add_line(&out, e->head.database);
        strbuf_addf(&out, "  %s ", backup_product(&e->head));
        backup_add_version(&out, &e->head);
        strbuf_addf(&out, "  %lld bytes%s", (long long)e->size_bytes,
                    e->head.lock.method == KEY_NONE ? "" : "  encrypted");
        backup_add_since(&out, e);
    } else {
        strbuf_add_str(&out, "\n        ");
        term_add(&out, TERM_BAD, SV("NOT WHOLE"));
        strbuf_addf(&out, "  %s", e->why);
    }
    if (e->reason)
        strbuf_addf(&out, "  (%s)", e->reason);
    strbuf_add_byte(&out, '\n');
    term_write(&out);
}

static void backup_print_folder(const struct cli *c, const struct folder *f, bool chosen)
{
    for (size_t i = 0; i < f->files.n && !c->quiet; i++) {
        if (c->json)
            backup_print_file_json(&f->files.v[i], chosen);
        else
            backup_print_file(&f->files.v[i], chosen);
    }
    if (c->json || c->quiet)
        return;
    if (f->unfinished)
        printf("%zu %s being made\n", f->unfinished, f->unfinished == 1 ? "is" : "are");
    else if (!f->files.n)
        printf("there is no backup\n");
}

static const char *backup_folder(const struct cli *c)
{
    return c->n_args > 1 ? c->args[1] : "backups";
}

static enum err_code backup_list(const struct cli *c, enum exit_code *exit, struct err *err)
{
    CLEANUP(folder_release) struct folder f = {0};

    if (folder_read(backup_folder(c), &f, err) != ERR_OK ||
        (c->check && backup_check_folder(c, &f, false, err) != ERR_OK))
        return err->code;
    backup_print_folder(c, &f, false);
    for (size_t i = 0; i < f.files.n; i++)
        if (!f.files.v[i].whole)
            *exit = EXIT_CODE_FAILED;
    return ERR_OK;
}

static enum err_code backup_prune_folder(const struct cli *c, const char *dir,
                                         const struct folder_policy *p, struct err *err)
{
    CLEANUP(folder_release) struct folder f = {0};

    if (folder_read(dir, &f, err) != ERR_OK || backup_check_folder(c, &f, true, err) != ERR_OK)
        return err->code; /* one that was damaged must not take the place of a good one */
    folder_choose(&f, p);
    backup_print_folder(c, &f, true);
    return c->run.dry_run ? ERR_OK : folder_prune(&f, err);
}

static enum err_code backup_prune(const struct cli *c, enum exit_code *exit UNUSED, struct err *err)
{
    struct folder_policy p;

    if (!c->backup.keep) {
        (void)err_set(err, ERR_USAGE, "what is kept is not said");
        return err_hint(err, "--keep last=7,daily=14,weekly=8,monthly=12");
    }
    if (folder_policy_read(sv_from(c->backup.keep), &p, err) != ERR_OK)
        return err->code;
    return backup_prune_folder(c, backup_folder(c), &p, err);
}

/* --- the verb --- */

static enum err_code backup_run_create(const struct cli *c, enum exit_code *exit UNUSED,
                                       struct err *err)
{
    struct folder_policy p = {0};

    if (c->backup.keep && folder_policy_read(sv_from(c->backup.keep), &p, err) != ERR_OK)
        return err->code;
    if (backup_do(c, "backup-created", "made", backup_work_create, err) != ERR_OK ||
        !c->backup.keep)
        return err->code;
    return backup_prune_folder(c, c->to ? c->to : "backups", &p, err);
}

static enum err_code backup_run_verify(const struct cli *c, enum exit_code *exit UNUSED,
                                       struct err *err)
{
    return backup_do(c, "backup-verified", "whole", backup_work_verify, err);
}

static enum err_code backup_run_restore(const struct cli *c, enum exit_code *exit UNUSED,
                                        struct err *err)
{
    return backup_do(c, "backup-restored", "restored", backup_work_restore, err);
}

static enum err_code backup_run_keygen(const struct cli *c, enum exit_code *exit UNUSED,
                                       struct err *err)
{
    return key_generate(c->args[1], err);
}

static const struct {
    const char *name, *args;
    int min_args, max_args; /* with the name */
    enum err_code (*run)(const struct cli *c, enum exit_code *exit, struct err *err);
} backup_parts[] = {{"create", "DATABASE", 2, 2, backup_run_create},
                    {"verify", "FILE", 2, 2, backup_run_verify},
                    {"restore", "FILE --to DATABASE", 2, 2, backup_run_restore},
                    {"list", "[FOLDER]", 1, 2, backup_list},
                    {"prune", "[FOLDER] --keep RULES", 1, 2, backup_prune},
                    {"keygen", "FILE", 2, 2, backup_run_keygen}};

static enum err_code backup_run(struct cli *c, enum exit_code *exit, struct err *err)
{
    size_t i = 0;

    while (strcmp(backup_parts[i].name, c->args[0]) != 0)
        i++; /* one of backup_words */
    if (c->n_args >= backup_parts[i].min_args && c->n_args <= backup_parts[i].max_args)
        return backup_parts[i].run(c, exit, err);
    (void)err_set(err, ERR_USAGE, "prusik backup %s takes: %s", c->args[0], backup_parts[i].args);
    return err_hint(err, "prusik backup --help");
}

#define BACKUP_WORK "create verify restore"
#define BACKUP_OPEN BACKUP_WORK " list prune"
static const struct verb_only backup_only[] = {
    {"--to", "create restore", NULL},
    {"--level", BACKUP_WORK, NULL},
    {"--scratch", BACKUP_WORK, NULL},
    {"--keep", "create prune", NULL},
    {"--passphrase-file", BACKUP_OPEN, NULL},
    {"--passphrase-env", BACKUP_OPEN, NULL},
    {"--passphrase-command", BACKUP_OPEN, NULL},
    {"--key-file", BACKUP_OPEN, NULL},
    {"--replace", "restore", NULL},
    {"--no-owner", BACKUP_WORK, NULL},
    {"--dry-run", "prune", NULL},
    {"--check", "list", "prusik backup verify FILE reads and compares one"},
    {NULL, NULL, NULL},
};

const struct verb verb_backup = {
    .name = "backup",
    .args = "WHAT [DATABASE | FILE | FOLDER]",
    .help = "back up a database as a file that was proven, restore it, list and thin out",
    .more =
        "create DATABASE makes one file in --to FOLDER (backups): of one moment, while others write. It gets\n"
        "its name when it was read back, restored to a scratch database and compared with what was counted.\n"
        "verify FILE does that again: any changed or missing byte is found. restore FILE --to DATABASE fills\n"
        "a new database, compares, and then puts it in place; what was there is never overwritten: without\n"
        "--replace it is refused, with it the old one stays under another name.\n"
        "list FOLDER says what is there, and what was proven of each when it was made; --check reads every\n"
        "byte. prune FOLDER --keep RULES removes the rest (--dry-run shows it).\n"
        "DATABASE is postgresql://USER@HOST/NAME, the path of a SQLite file, or env:VARIABLE that has one.\n\n"
        "  prusik backup create data/app.db --to /var/backups/app --keep last=7,daily=14\n"
        "  prusik backup create env:DATABASE_URL --to /var/backups/app --key-file /etc/prusik/backup.key\n"
        "  prusik backup verify backups/app-20261121T160000Z-1f2e3d4c.prbak --scratch env:SCRATCH_URL\n"
        "  prusik backup restore backups/app.db-20261121T160000Z-1f2e3d4c.prbak --to data/app.db --replace",
    .opts = backup_opts,
    .min_args = 1,
    .max_args = 2,
    .words = backup_words,
    .only = backup_only,
    .run = backup_run,
};
