#include "migrate/discover.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/sv.h"
#include "migrate/checksum.h"

/* A file of the folder. */
struct discover_file {
    char *path; /* with the folder */
    struct strbuf text;
    const struct format *marked; /* that its text says it is in; NULL: it does not say */
    bool regular;                /* certainly */
    struct checksum_text p1;     /* of the text; or empty */
};
typedef VEC(struct discover_file) discover_files;

void discover_release(struct discover *d)
{
    migrations_release(&d->files);
    for (size_t i = 0; i < d->texts.n; i++)
        strbuf_release(&d->texts.v[i]);
    vec_release(&d->texts);
    strbuf_release(&d->notes);
}

static void discover_free(discover_files *f)
{
    for (size_t i = 0; i < f->n; i++) {
        free(f->v[i].path);
        strbuf_release(&f->v[i].text);
    }
    vec_release(f);
}

/* --- the folder --- */

static int discover_cmp(const void *a, const void *b)
{
    const struct discover_file *x = a, *y = b;

    return strcmp(x->path, y->path);
}

static bool discover_is_folder(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* One entry: a file, or the script in a folder of Prisma's. */
static void discover_add(const char *dir, const struct dirent *e, discover_files *ret)
{
    char *path = path_join(dir, e->d_name);
    struct discover_file *f;

    if (e->d_type != DT_REG && discover_is_folder(path)) {
        char *inner = path_join(path, "migration.sql");

        free(path);
        path = inner;
        if (!file_exists(path)) {
            free(path);
            return;
        }
    }
    f = vec_add(ret);
    f->path = path;
    f->regular = e->d_type == DT_REG;
}

static enum err_code discover_list(const char *dir, discover_files *ret, struct err *err)
{
    DIR *d = opendir(dir);
    struct dirent *e;

    if (!d && errno != ENOENT)
        return err_sys(err, errno, "open '%s'", dir);
    if (!d) {
        (void)err_set(err, ERR_NOT_FOUND, "there is no folder '%s'", dir);
        return err_hint(err,
                        "--dir FOLDER says where the migrations are; prusik db new NAME makes one");
    }
    while ((e = readdir(d)) != NULL && ret->n < DISCOVER_FILES)
        if (e->d_name[0] != '.')
            discover_add(dir, e, ret);
    (void)closedir(d);
    if (ret->n)
        qsort(ret->v, ret->n, sizeof(*ret->v), discover_cmp);
    return ERR_OK;
}

static enum err_code discover_read(struct discover_file *f, struct err *err)
{
    return f->text.p || (!f->regular && discover_is_folder(f->path))
               ? ERR_OK
               : file_read(f->path, DISCOVER_BYTES, &f->text, err);
}

static bool discover_has_marks(const struct discover_file *f)
{
    struct sv path = sv_from(f->path);

    return sv_ends(path, SV(".sql")) || sv_ends(path, SV(".yaml")) || sv_ends(path, SV(".yml"));
}

/* --- ahead --- */

struct discover_ahead {
    char *dir;
    discover_files files;
    bool listed; /* else it is tried again, and told */
    bool runs;
    pthread_t thread;
};

static void *discover_run_ahead(void *arg)
{
    struct discover_ahead *a = arg;
    struct err err;

    a->listed = discover_list(a->dir, &a->files, &err) == ERR_OK;
    for (size_t i = 0; a->listed && i < a->files.n; i++) {
        struct discover_file *f = &a->files.v[i];

        if (discover_has_marks(f) && discover_read(f, &err) == ERR_OK && f->text.p)
            f->p1 = checksum_p1(strbuf_sv(&f->text));
    }
    return NULL;
}

struct discover_ahead *discover_ahead_new(const char *dir)
{
    struct discover_ahead *a = XNEW(struct discover_ahead);
    sigset_t all, before;

    a->dir = xstrdup(dir);
    (void)sigfillset(&all); /* signals are for those who act on them */
    if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0)
        return a; /* uncovered: it cannot fail with these */
    a->runs = pthread_create(&a->thread, NULL, discover_run_ahead, a) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return a;
}

static void discover_ahead_wait(struct discover_ahead *a)
{
    if (a->runs)
        (void)pthread_join(a->thread, NULL);
    a->runs = false;
}

void discover_ahead_free(struct discover_ahead *a)
{
    if (!a)
        return;
    discover_ahead_wait(a);
    discover_free(&a->files);
    free(a->dir);
    free(a);
}

/* --- which format --- */

static enum err_code discover_two(const struct discover_file *a, const struct discover_file *b,
                                  struct err *err)
{
    (void)err_set(err, ERR_INVALID, "two formats in one folder: %s (%s), %s (%s)", a->marked->name,
                  path_base(a->path), b->marked->name, path_base(b->path));
    return err_hint(err, "which is it? --files %s", a->marked->name);
}

static enum err_code discover_by_text(discover_files *files, const struct format **ret,
                                      struct err *err)
{
    const struct discover_file *first = NULL;

    for (size_t i = 0; i < files->n; i++) {
        struct discover_file *f = &files->v[i];

        if (!discover_has_marks(f))
            continue;
        if (discover_read(f, err) != ERR_OK)
            return err->code;
        for (size_t k = 0; k < n_formats && !f->marked; k++)
            if (format_table[k]->is && format_table[k]->is(strbuf_sv(&f->text)))
                f->marked = format_table[k];
        if (f->marked && first && first->marked != f->marked)
            return discover_two(first, f, err);
        if (f->marked && !first)
            first = f;
    }
    *ret = first ? first->marked : NULL;
    return ERR_OK;
}

/* How many files have names of this format; a way back is that of several. */
static size_t discover_count(const struct format *f, const discover_files *files, struct arena *a)
{
    struct format_name name;
    struct err err;
    size_t n = 0;

    for (size_t i = 0; i < files->n; i++)
        n += format_name(f, sv_from(files->v[i].path), a, &name, &err) == ERR_OK &&
             name.direction != FORMAT_DOWN;
    return n;
}

/* Formats without marks of their own, the most particular names first. */
static const struct format *discover_by_name(const discover_files *files, struct arena *a)
{
    static const struct format *const order[] = {
        &format_golang_migrate, &format_flyway, &format_prisma, &format_rails,
        &format_alembic,        &format_knex,   &format_plain};

    for (size_t i = 0; i < ARRAY_LEN(order); i++)
        if (discover_count(order[i], files, a) > 0)
            return order[i];
    return NULL;
}

/* The folder above that of the revisions has the program that reads them. */
static enum err_code discover_above(const char *dir, const struct discover *d, struct err *err)
{
    CLEANUP(mem_freep) char *env = path_join(dir, "env.py");
    CLEANUP(mem_freep) char *versions = path_join(dir, "versions");

    if (d->format != &format_alembic || !file_exists(env) || !discover_is_folder(versions))
        return ERR_OK;
    (void)err_set(err, ERR_INVALID, "'%s' is the folder of Alembic's environment", dir);
    return err_hint(err, "its revisions: --dir %s", versions);
}

static enum err_code discover_no_format(struct sv name, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf known = STRBUF(0);

    for (size_t i = 0; i < n_formats; i++)
        strbuf_addf(&known, "%s%s", i ? ", " : "", format_table[i]->name);
    (void)err_set(err, ERR_NOT_FOUND, "there is no format of migrations '%.*s'", SV_FMT(name));
    return err_hint(err, "--files auto, or %s", strbuf_str(&known));
}

static enum err_code discover_format(const char *dir, struct sv format, discover_files *files,
                                     struct discover *d, struct err *err)
{
    CLEANUP(mem_freep) char *plan = path_join(dir, "sqitch.plan");

    if (!sv_is(format, "auto")) {
        d->format = format_find(format);
        if (d->format)
            return ERR_OK;
        return discover_no_format(format, err);
    }
    if (file_exists(plan)) {
        d->format = &format_sqitch;
        return ERR_OK;
    }
    if (discover_by_text(files, &d->format, err) != ERR_OK)
        return err->code;
    if (!d->format)
        d->format = discover_by_name(files, &d->files.arena);
    return discover_above(dir, d, err);
}

/* --- reading --- */

static bool discover_is_settled(const struct book_rows *rows, const struct book_migration *row)
{
    for (size_t i = 0; i < rows->steps.n; i++)
        if (sv_eq(rows->steps.v[i].version, row->version))
            return false;
    return sv_is(row->state, "applied");
}

/* The row of a version that is applied with these very bytes; NULL: none.  Of one that names databases nobody knows
 * without its parts whether it is for this one. */
static const struct book_migration *discover_applied(const struct book_rows *rows,
                                                     struct sv version,
                                                     const struct discover_file *f, size_t *next)
{
    struct sv bytes = strbuf_sv(&f->text);

    for (size_t n = 0; rows && n < rows->migrations.n; n++) {
        const struct book_migration *row = &rows->migrations.v[(*next + n) % rows->migrations.n];
        struct checksum_text p1;

        if (!sv_eq(row->version, version))
            continue;
        *next = (size_t)(row - rows->migrations.v) + 1;
        p1 = f->p1.s[0] ? f->p1 : checksum_p1(bytes);
        return sv_is(row->p1, p1.s) && discover_is_settled(rows, row) && !sv_has(bytes, SV("db="))
                   ? row
                   : NULL;
    }
    return NULL;
}

static enum err_code discover_one(struct discover_file *f, enum db_kind db,
                                  const struct book_rows *applied, size_t *next, struct discover *d,
                                  struct err *err)
{
    const struct book_migration *row = NULL;
    struct sv path = sv_from(f->path);
    struct format_name name;
    struct strbuf *text;
    struct err other;

    if (format_name(d->format, path, &d->files.arena, &name, &other) != ERR_OK) {
        if (!discover_is_folder(f->path))
            strbuf_addf(&d->notes, "%s is no migration of %s\n", f->path, d->format->name);
        return ERR_OK;
    }
    if (discover_read(f, err) != ERR_OK)
        return err->code;
    if (d->format->whole && !name.repeatable)
        row = discover_applied(applied, name.version, f, next);
    if (row) {
        strbuf_release(&f->text);
        return format_read_applied(d->format, path, row->p1, row->s1, &d->files, err);
    }
    text = vec_add(&d->texts);
    *text = strbuf_steal(&f->text);
    if (format_read_there(d->format, path, strbuf_sv(text), db, &d->files, err) != ERR_OK)
        return err->code;
    if (d->files.v.n && vec_last(&d->files.v)->changed.n)
        strbuf_addf(&d->notes, "%s: %.*s\n", f->path, SV_FMT(vec_last(&d->files.v)->changed));
    return ERR_OK;
}

/* --- the scripts of Sqitch --- */

struct discover_script {
    const char *folder;
    enum migration_kind kind;
};

/* Each statement of a verify script must not fail; it changes nothing, so its BEGIN and ROLLBACK are left out. */
static enum err_code discover_verify(const struct format_file *f, struct migrations *ret,
                                     struct err *err)
{
    sqlsplit_stmts stmts = {0};
    enum err_code rc = sqlsplit(&f->text, 0, f->text.text.n, f->db, &stmts, err);

    for (size_t i = 0; rc == ERR_OK && i < stmts.n; i++) {
        struct migration_part *p;

        if (sv_starts_nocase(stmts.v[i].text, SV("BEGIN")) ||
            sv_starts_nocase(stmts.v[i].text, SV("ROLLBACK")))
            continue;
        p = format_add_part(ret, MIGRATION_VERIFY, true);
        p->attrs = ARENA_NEW(&ret->arena, struct migration_attr);
        p->attrs[0] = (struct migration_attr){.key = SV("expect"), .value = SV("runs")};
        p->n_attrs = 1;
        format_add_stmt(f, stmts.v[i].text, stmts.v[i].at, ret);
    }
    vec_release(&stmts);
    return rc;
}

static enum err_code discover_attach(const char *path, const struct discover_script *s,
                                     enum db_kind db, struct migrations *ret, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf bytes = STRBUF(DISCOVER_BYTES);
    struct format_file f = {.db = db};
    struct sv where = arena_sv(&ret->arena, sv_from(path));

    if (!file_exists(path))
        return s->kind == MIGRATION_UP
                   ? err_set(err, ERR_INVALID, "%s: the plan names it, and it is not there", path)
                   : ERR_OK;
    if (file_read(path, DISCOVER_BYTES, &bytes, err) != ERR_OK)
        return err->code;
    f.bytes = arena_sv(&ret->arena, strbuf_sv(&bytes));
    if (sqltext_read(where, f.bytes, &ret->arena, &f.text, err) != ERR_OK)
        return err->code;
    if (s->kind == MIGRATION_VERIFY)
        return discover_verify(&f, ret, err);
    if (s->kind == MIGRATION_UP) {
        vec_last(&ret->v)->path = where;
        vec_last(&ret->v)->bytes = f.bytes;
    }
    (void)format_add_part(ret, s->kind, false); /* its transaction is its own: BEGIN ... COMMIT */
    if (format_add_text(&f, 0, f.text.text.n, ret, err) != ERR_OK)
        return err->code;
    format_settle_tx(ret, db);
    return ERR_OK;
}

static enum err_code discover_scripts(const char *dir, enum db_kind db, struct migrations *m,
                                      struct err *err)
{
    static const struct discover_script scripts[] = {
        {"deploy", MIGRATION_UP}, {"revert", MIGRATION_DOWN}, {"verify", MIGRATION_VERIFY}};
    struct migrations out = {.arena = m->arena};
    enum err_code rc = ERR_OK;

    for (size_t i = 0; rc == ERR_OK && i < m->v.n; i++) {
        *vec_add(&out.v) = m->v.v[i];
        for (size_t s = 0; rc == ERR_OK && s < ARRAY_LEN(scripts); s++) {
            CLEANUP(strbuf_release) struct strbuf name = STRBUF(0);
            char *path;

            strbuf_addf(&name, "%s/%.*s.sql", scripts[s].folder, SV_FMT(m->v.v[i].version));
            path = path_join(dir, strbuf_str(&name));
            rc = discover_attach(path, &scripts[s], db, &out, err);
            free(path);
        }
        format_digest(vec_last(&out.v), &out.arena);
    }
    vec_release(&m->v);
    m->arena = out.arena;
    m->v.v = out.v.v;
    m->v.n = out.v.n;
    m->v.cap = out.v.cap;
    return rc;
}

/* What is asked for. */
struct discover_ask {
    const char *dir;
    struct sv format;
    enum db_kind db;
    const struct book_rows *applied;
    bool listed; /* the folder */
};

static enum err_code discover_all(const struct discover_ask *q, discover_files *files,
                                  struct discover *d, struct err *err)
{
    struct err other;
    size_t next = 0;

    if ((!q->listed && discover_list(q->dir, files, err) != ERR_OK) ||
        discover_format(q->dir, q->format, files, d, err) != ERR_OK)
        return err->code;
    for (size_t i = 0; d->format && i < files->n; i++)
        if (discover_one(&files->v[i], q->db, q->applied, &next, d, err) != ERR_OK)
            return err->code;
    if (d->format == &format_sqitch && discover_scripts(q->dir, q->db, &d->files, err) != ERR_OK)
        return err->code;
    if (order_settle(&d->files, err) != ERR_OK)
        return err->code;
    /* What `alembic upgrade heads --sql` prints has them all, as was asked for. */
    if (d->format == &format_alembic_sql && order_one_head(&d->files, NULL, NULL, &other) != ERR_OK)
        strbuf_addf(&d->notes, "%s\n", other.msg);
    return ERR_OK;
}

static enum err_code discover_asked(const struct discover_ask *q, discover_files *files,
                                    struct discover *ret, struct err *err)
{
    struct discover d = {.notes = STRBUF(1u << 20)};
    enum err_code rc = discover_all(q, files, &d, err);

    if (rc == ERR_OK)
        *ret = d;
    else
        discover_release(&d);
    return rc;
}

enum err_code discover_tree(const char *dir, struct sv format, enum db_kind db,
                            struct discover *ret, struct err *err)
{
    const struct discover_ask q = {.dir = dir, .format = format, .db = db};
    discover_files files = {0};
    enum err_code rc = discover_asked(&q, &files, ret, err);

    discover_free(&files);
    return rc;
}

enum err_code discover_names(const char *dir, struct sv format, struct discover *ret,
                             struct err *err)
{
    struct discover d = {.notes = STRBUF(1u << 20)};
    discover_files files = {0};
    struct err other;

    if (discover_list(dir, &files, err) != ERR_OK ||
        discover_format(dir, format, &files, &d, err) != ERR_OK) {
        discover_free(&files);
        discover_release(&d);
        return err->code;
    }
    for (size_t i = 0; d.format && i < files.n; i++)
        if (format_read_applied(d.format, sv_from(files.v[i].path), SV(""), SV(""), &d.files,
                                &other) != ERR_OK)
            continue; /* it is no migration */
    discover_free(&files);
    *ret = d;
    return ERR_OK;
}

enum err_code discover_tree_beside(struct discover_ahead *ahead, struct sv format, enum db_kind db,
                                   const struct book_rows *applied, struct discover *ret,
                                   struct err *err)
{
    struct discover_ask q = {.dir = ahead->dir, .format = format, .db = db, .applied = applied};

    discover_ahead_wait(ahead);
    q.listed = ahead->listed;
    return discover_asked(&q, &ahead->files, ret, err);
}
