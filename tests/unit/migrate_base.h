#pragma once

/*
 * migrate_base: files and a database for tests of migrations.
 */
#include "base/file.h"
#include "base/sv.h"
#include "db/db.h"
#include "t.h"
#include "t_pg.h"

struct base {
    struct t_pg pg;
    const char *url;
    struct db *db;
};

/* A file, and the folders that it is in. */
static UNUSED void put(const char *path, const char *text)
{
    struct err err = {0};
    char *dir = path_dir(path);

    T_OK(file_mkdirs(dir, &err), err);
    T_OK(file_write_atomic(path, sv_from(text), 0600, &err), err);
    free(dir);
}

static UNUSED void open_db(struct base *b)
{
    struct db_config c = {.url = sv_from(b->url), .create = true};
    struct err err = {0};

    T_OK(db_open(&c, &b->db, &err), err);
}

static UNUSED void sql_on(struct db *db, const char *text)
{
    struct err err = {0};

    T_OK(db_run(db, sv_from(text), NULL, 0, NULL, &err), err);
}

static UNUSED void sql(struct base *b, const char *text)
{
    sql_on(b->db, text);
}

/* The one value of a query; valid until the fourth from here. */
static UNUSED const char *one_on(struct db *db, const char *text)
{
    static char out[4][8192];
    static size_t turn;
    struct arena a = {0};
    struct err err = {0};
    struct db_value v;
    char *ret = out[turn++ % 4];

    T_OK(db_one(db, &a, sv_from(text), NULL, 0, &v, &err), err);
    (void)snprintf(ret, sizeof(out[0]), "%.*s", SV_FMT(v.is_null ? SV("NULL") : v.text));
    arena_release(&a);
    return ret;
}

static UNUSED const char *one(struct base *b, const char *text)
{
    return one_on(b->db, text);
}
