#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/sv.h"
#include "cli/db_verb.h"

static enum err_code db_new_name(const char *name, struct strbuf *ret, struct err *err)
{
    for (const char *c = name; *c; c++)
        strbuf_add_byte(ret, *c == ' ' ? '_' : *c);
    for (size_t i = 0; i < ret->n; i++)
        if (!ascii_is_alnum(ret->p[i]) && (i == 0 || !strchr("_.-", ret->p[i])))
            return err_set(err, ERR_USAGE,
                           "'%s' is no name of a migration: letters, digits, _ . and - only", name);
    return ret->n ? ERR_OK : err_set(err, ERR_USAGE, "a migration needs a name");
}

/* What a new file is in a folder of each format. */
static const struct db_new_format {
    const struct format *format;
    const char *ends[3];  /* of its names; ended by NULL */
    const char *texts[2]; /* of each */
} db_new_formats[] = {
    {&format_prusik, {".sql"}, {"-- prusik:up\n\n-- prusik:down\n"}},
    {&format_dbmate, {".sql"}, {"-- migrate:up\n\n-- migrate:down\n"}},
    {&format_goose, {".sql"}, {"-- +goose Up\n\n-- +goose Down\n"}},
    {&format_golang_migrate, {".up.sql", ".down.sql"}, {"", ""}},
    {&format_plain, {".sql", ".down.sql"}, {"", ""}},
};

#define DB_NEW_SHORT 1000000000u /* a version below is counted, one above is a time */

/* Now, or one more than the highest that is there, as a clock can be behind; where they are counted, by the same width. */
static void db_new_version(const struct discover *d, bool own, struct strbuf *file)
{
    struct clock_text now = clock_strftime(clock_now_us(), "%Y%m%d%H%M%S", true);
    uint64_t version = 0, highest = 0, other;
    size_t width = 0;

    if (!sv_to_u64(sv_from(now.s), &version))
        version = 1; /* uncovered: the format has only digits */
    for (size_t i = 0; i < d->files.v.n; i++) {
        const char *base = path_base(d->files.v.v[i].path.p);

        if (!sv_to_u64(d->files.v.v[i].version, &other) || other < highest)
            continue;
        highest = other;
        width = strspn(base, "0123456789");
    }
    if (highest >= version || (!own && highest && highest < DB_NEW_SHORT))
        version = highest + 1;
    strbuf_addf(file, "%0*llu", (int)size_min(width, 18), (unsigned long long)version);
}

static enum err_code db_new_write(const char *path, const char *text, struct err *err)
{
    if (file_write_atomic(path, sv_from(text), 0644, err) != ERR_OK)
        return err->code;
    printf("%s\n", path);
    return ERR_OK;
}

/* The format that the folder is in; without a file of any, prusik's. */
static enum err_code db_new_format(const struct db_verb *v, const struct db_new_format **ret,
                                   struct err *err)
{
    const struct format *f = v->tree.format ? v->tree.format : &format_prusik;

    for (size_t i = 0; i < ARRAY_LEN(db_new_formats); i++)
        if (db_new_formats[i].format == f) {
            *ret = &db_new_formats[i];
            return ERR_OK;
        }
    (void)err_set(err, ERR_REFUSED, "the migrations in '%s' are those of %s", v->dir, f->name);
    return err_hint(err, "make it by %s itself, or in a folder of prusik's own", f->name);
}

enum err_code db_new(struct db_verb *v, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf name = STRBUF(200);
    const struct db_new_format *f = NULL;
    enum err_code rc = ERR_OK;

    if (db_new_name(v->args[0], &name, err) != ERR_OK)
        return err->code;
    v->dir = db_verb_dir(v->c);
    if (file_mkdirs(v->dir, err) != ERR_OK ||
        discover_names(v->dir, sv_from(v->c->db.files ? v->c->db.files : "auto"), &v->tree, err) !=
            ERR_OK)
        return err->code;
    v->has_tree = true;
    if (db_new_format(v, &f, err) != ERR_OK)
        return err->code;
    for (size_t i = 0; rc == ERR_OK && f->ends[i]; i++) {
        CLEANUP(strbuf_release) struct strbuf file = STRBUF(300);
        char *path;

        db_new_version(&v->tree, f->format == &format_prusik, &file);
        strbuf_addf(&file, "_%s%s", strbuf_str(&name), f->ends[i]);
        path = path_join(v->dir, strbuf_str(&file));
        rc = db_new_write(path, f->texts[i], err);
        free(path);
    }
    return rc;
}
