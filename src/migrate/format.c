#include "migrate/format.h"
#include "migrate/pattern.h"

#include <string.h>

#include "base/file.h"
#include "base/sv.h"
#include "migrate/checksum.h"
#include "migrate/sqlkind.h"

const struct format *const format_table[] = {
#define FORMAT(name) &format_##name,
#include "migrate/formats.inc"
#undef FORMAT
};
const size_t n_formats = ARRAY_LEN(format_table);

const struct format *format_find(struct sv name)
{
    for (size_t i = 0; i < n_formats; i++)
        if (sv_is(name, format_table[i]->name))
            return format_table[i];
    return NULL;
}

void migrations_release(struct migrations *m)
{
    vec_release(&m->v);
    arena_release(&m->arena);
}

/* --- names --- */

static struct sv format_group(struct sv s, const struct regex_match *g, size_t i)
{
    return i && g[i].from != SV_NPOS ? sv_sub(s, g[i].from, g[i].to) : (struct sv){NULL, 0};
}

static bool format_try(const struct format_rule *r, struct sv path, struct format_name *ret)
{
    struct sv s = r->folder ? path : sv_from(path_base(path.p));
    struct regex_match g[4];

    if (!pattern_find(r->pattern, 0, s, 0, g, ARRAY_LEN(g)))
        return false;
    *ret = (struct format_name){.version = migration_canonical(format_group(s, g, r->version)),
                                .name = format_group(s, g, r->name),
                                .direction = r->direction,
                                .repeatable = r->repeatable,
                                .baseline = r->baseline,
                                .code = r->code};
    return true;
}

enum err_code format_name(const struct format *f, struct sv path, struct arena *a,
                          struct format_name *ret, struct err *err)
{
    path = arena_sv(a, path);
    for (const struct format_rule *r = f->rules; r->pattern; r++)
        if (format_try(r, path, ret))
            return ERR_OK;
    return err_set(err, ERR_INVALID, "name has no version: \"%s\"; %s: %s (FMT010)",
                   path_base(path.p), f->name, f->files);
}

/* --- building --- */

/* Room for one more of n elements: arrays double, the old ones stay in the arena. */
static void *format_grow(struct arena *a, const void *v, size_t n, size_t size)
{
    void *more;

    if (n & (n - 1))
        return NULL;
    more = arena_alloc(a, n ? 2 * n : 1, size);
    if (n)
        memcpy(more, v, n * size);
    return more;
}

struct migration *format_add(const struct format *f, const struct format_file *file,
                             struct migrations *ret)
{
    struct migration *m = vec_add(&ret->v);

    m->format = f;
    m->path = file->text.path;
    m->version = file->name.version;
    m->name = file->name.name;
    m->repeatable = file->name.repeatable;
    m->baseline = file->name.baseline;
    m->code = file->name.code;
    m->bytes = file->bytes;
    return m;
}

struct migration_part *format_add_part(struct migrations *ret, enum migration_kind kind, bool tx)
{
    struct migration *m = vec_last(&ret->v);
    void *more = format_grow(&ret->arena, m->parts, m->n_parts, sizeof(*m->parts));
    struct migration_part *p;
    size_t named = 0;

    if (more)
        m->parts = more;
    for (size_t i = 0; i < m->n_parts; i++)
        named += m->parts[i].kind == MIGRATION_UP || m->parts[i].kind == MIGRATION_BACKFILL;
    p = &m->parts[m->n_parts++];
    *p = (struct migration_part){.kind = kind, .tx = tx, .dbs = MIGRATION_DB_ALL};
    if (kind == MIGRATION_UP || kind == MIGRATION_BACKFILL)
        p->name = arena_fmt(&ret->arena, "p%zu", named + 1);
    m->has_down = m->has_down || kind == MIGRATION_DOWN;
    return p;
}

static struct migration_part *format_last(const struct migrations *ret)
{
    struct migration *m = vec_last(&ret->v);

    assert(m->n_parts > 0);
    return &m->parts[m->n_parts - 1];
}

static void format_put(struct migrations *ret, struct sv text, size_t line, size_t column)
{
    struct migration_part *p = format_last(ret);
    void *more = format_grow(&ret->arena, p->stmts, p->n_stmts, sizeof(*p->stmts));

    if (more)
        p->stmts = more;
    p->stmts[p->n_stmts++] = (struct migration_stmt){.text = text, .line = line, .column = column};
}

void format_add_stmt(const struct format_file *file, struct sv text, size_t at,
                     struct migrations *ret)
{
    sqltext_go(&file->text, at, &ret->place);
    format_put(ret, text, ret->place.line, at - ret->place.begin + 1);
}

enum err_code format_add_text(const struct format_file *file, size_t from, size_t to,
                              struct migrations *ret, struct err *err)
{
    sqlsplit_stmts stmts = {0};
    enum err_code rc = sqlsplit(&file->text, from, to, file->db, &stmts, err);

    for (size_t i = 0; rc == ERR_OK && i < stmts.n; i++)
        format_add_stmt(file, stmts.v[i].text, stmts.v[i].at, ret);
    vec_release(&stmts);
    return rc;
}

static bool format_all_need_none(const struct migration_part *p, enum db_kind db)
{
    for (size_t i = 0; i < p->n_stmts; i++)
        if (!sqlkind_needs_none(sqlkind_of(p->stmts[i].text, db)))
            return false;
    return p->n_stmts > 0;
}

static bool format_has_transaction(const struct migration_part *p, size_t from, size_t to,
                                   enum db_kind db)
{
    for (size_t i = from; i < to; i++)
        if (sqlkind_of(p->stmts[i].text, db) == SQLKIND_TRANSACTION)
            return true;
    return false;
}

void format_settle_tx(struct migrations *ret, enum db_kind db)
{
    struct migration_part *p = format_last(ret);

    if (p->n_stmts >= 2 && sv_starts_nocase(p->stmts[0].text, SV("BEGIN")) &&
        (sv_starts_nocase(p->stmts[p->n_stmts - 1].text, SV("COMMIT")) ||
         sv_starts_nocase(p->stmts[p->n_stmts - 1].text, SV("END"))) &&
        !format_has_transaction(p, 1, p->n_stmts - 1, db)) {
        p->stmts++;
        p->n_stmts -= 2;
        p->tx = true;
    }
    if (format_all_need_none(p, db))
        p->tx = false;
}

/* --- reading --- */

void format_digest(struct migration *m, struct arena *a)
{
    struct checksum_text p1 = checksum_p1(m->bytes), s1;
    struct hash h = migration_digest(m);

    s1 = checksum_s1(&h);
    m->p1 = arena_sv(a, sv_from(p1.s));
    m->s1 = arena_sv(a, sv_from(s1.s));
}

static enum err_code format_read_file(const struct format *f, const struct format_file *file,
                                      struct migrations *ret, struct err *err)
{
    size_t first = ret->v.n;

    /* A program among SQL files is known by its name; Alembic's reader takes its graph from them. */
    if (!f->read || file->name.code)
        (void)format_add(f, file, ret);
    else if (f->read(file, ret, err) != ERR_OK)
        return err->code;
    for (size_t i = first; i < ret->v.n; i++)
        format_digest(&ret->v.v[i], &ret->arena);
    return ERR_OK;
}

enum err_code format_read(const struct format *f, struct sv path, struct sv bytes, enum db_kind db,
                          struct migrations *ret, struct err *err)
{
    return format_read_there(f, path, arena_sv(&ret->arena, bytes), db, ret, err);
}

enum err_code format_read_there(const struct format *f, struct sv path, struct sv bytes,
                                enum db_kind db, struct migrations *ret, struct err *err)
{
    struct format_file file = {.bytes = bytes, .db = db};
    size_t before = ret->v.n;

    path = arena_sv(&ret->arena, path);
    if (format_name(f, path, &ret->arena, &file.name, err) == ERR_OK &&
        sqltext_read(path, file.bytes, &ret->arena, &file.text, err) == ERR_OK &&
        format_read_file(f, &file, ret, err) == ERR_OK)
        return ERR_OK;
    ret->v.n = before;
    return err->code;
}

enum err_code format_read_applied(const struct format *f, struct sv path, struct sv p1,
                                  struct sv s1, struct migrations *ret, struct err *err)
{
    struct format_file file = {0};
    struct migration *m;

    file.text.path = arena_sv(&ret->arena, path);
    if (format_name(f, file.text.path, &ret->arena, &file.name, err) != ERR_OK)
        return err->code;
    m = format_add(f, &file, ret);
    m->p1 = arena_sv(&ret->arena, p1);
    m->s1 = arena_sv(&ret->arena, s1);
    m->applied = true;
    return ERR_OK;
}

enum err_code format_read_stored(struct sv where, struct sv text, enum db_kind db,
                                 struct migrations *ret, struct err *err)
{
    struct format_file file = {.bytes = arena_sv(&ret->arena, text), .db = db, .stored = true};
    size_t before = ret->v.n;

    where = arena_sv(&ret->arena, where);
    if (sqltext_read(where, file.bytes, &ret->arena, &file.text, err) == ERR_OK &&
        format_read_file(&format_prusik, &file, ret, err) == ERR_OK)
        return ERR_OK;
    ret->v.n = before;
    return err->code;
}
