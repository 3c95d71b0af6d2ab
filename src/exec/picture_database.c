/*
 * A database of SQLite (of PostgreSQL: picture_postgres.c) as facts: its schema, and of each table the number of rows and a digest of them that does not
 * depend on their order.
 */
#include <inttypes.h>
#include <sqlite3.h>
#include <string.h>

#include "base/file.h"
#include "base/sv.h"
#include "db/db.h"
#include "exec/picture_int.h"

static enum err_code picture_db_fail(sqlite3 *db, const char *file, struct err *err)
{
    return err_set(err, ERR_DB, "database '%s': %s", file, sqlite3_errmsg(db));
}

void picture_rows_take(struct picture_rows *rows, struct hash_state *state)
{
    struct hash h = hash_end(state);

    for (size_t i = 0; i < ARRAY_LEN(rows->sum); i++) {
        uint64_t part;

        memcpy(&part, (const char *)&h + i * sizeof(part), sizeof(part));
        rows->sum[i] += part; /* wraps */
    }
    rows->n++;
}

void picture_rows_tell(struct picture *p, const char *about, const struct picture_rows *rows)
{
    picture_add(p, "rows of", about,
                "%" PRId64 " row%s, digest %016" PRIx64 "%016" PRIx64 "%016" PRIx64 "%016" PRIx64,
                rows->n, rows->n == 1 ? "" : "s", rows->sum[0], rows->sum[1], rows->sum[2],
                rows->sum[3]);
}

static void picture_add_row(sqlite3_stmt *st, struct hash_state *state, struct picture_rows *rows)
{
    for (int i = 0; i < sqlite3_column_count(st); i++) {
        hash_add_i64(state, sqlite3_column_type(st, i));
        if (sqlite3_column_type(st, i) == SQLITE_NULL)
            continue;
        /* a number is hashed as the text that SQLite makes of it, which is the same for the same number */
        if (sqlite3_column_type(st, i) != SQLITE_BLOB)
            (void)sqlite3_column_text(st, i);
        hash_add_sv(state,
                    (struct sv){sqlite3_column_blob(st, i), (size_t)sqlite3_column_bytes(st, i)});
    }
    picture_rows_take(rows, state);
}

static enum err_code picture_table(struct picture *p, sqlite3 *db, const char *file,
                                   const char *table, struct err *err)
{
    CLEANUP(hash_state_freep) struct hash_state *state = hash_state_new();
    CLEANUP(strbuf_release) struct strbuf about = STRBUF(0);
    char *sql = sqlite3_mprintf("SELECT * FROM main.\"%w\"", table);
    struct picture_rows rows = {.n = 0};
    sqlite3_stmt *st = NULL;
    int r = sqlite3_prepare_v2(db, sql, -1, &st, NULL);

    sqlite3_free(sql);
    while (r == SQLITE_OK && (r = sqlite3_step(st)) == SQLITE_ROW) {
        picture_add_row(st, state, &rows);
        r = SQLITE_OK;
    }
    (void)sqlite3_finalize(st); /* says what the last step said */
    if (r != SQLITE_DONE)
        return picture_db_fail(db, file, err);
    strbuf_addf(&about, "%s: table %s", file, table);
    picture_rows_tell(p, strbuf_str(&about), &rows);
    return ERR_OK;
}

/* One object of the schema; a table with its rows. */
static enum err_code picture_object(struct picture *p, sqlite3 *db, const char *file,
                                    sqlite3_stmt *st, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf about = STRBUF(0);
    const char *type = (const char *)sqlite3_column_text(st, 0);
    const char *name = (const char *)sqlite3_column_text(st, 1);
    const char *sql = (const char *)sqlite3_column_text(st, 2);

    strbuf_addf(&about, "%s: %s %s", file, type, name);
    picture_add(p, "schema of", strbuf_str(&about), "%s", sql ? sql : "");
    return strcmp(type, "table") == 0 ? picture_table(p, db, file, name, err) : ERR_OK;
}

static enum err_code picture_schema(struct picture *p, sqlite3 *db, const char *file,
                                    struct err *err)
{
    sqlite3_stmt *st = NULL;
    enum err_code rc = ERR_OK;
    int r = sqlite3_prepare_v2(db,
                               "SELECT type, name, sql FROM main.sqlite_master"
                               " WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type, name",
                               -1, &st, NULL);

    while (r == SQLITE_OK && rc == ERR_OK && (r = sqlite3_step(st)) == SQLITE_ROW) {
        rc = picture_object(p, db, file, st, err);
        r = SQLITE_OK;
    }
    (void)sqlite3_finalize(st); /* says what the last step said */
    return rc != ERR_OK ? rc : r == SQLITE_DONE ? ERR_OK : picture_db_fail(db, file, err);
}

enum err_code picture_database(struct picture *p, struct sv file, struct err *err)
{
    CLEANUP(mem_freep) char *path = xstrdup_sv(file);
    sqlite3 *db = NULL;
    enum err_code rc;

    if (sv_starts(file, SV("postgres")) && db_is_url(file))
        return picture_postgres(p, file, err);
    if (!file_exists(path)) {
        picture_add(p, "database", path, "is not there");
        return ERR_OK;
    }
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
        rc = picture_db_fail(db, path, err);
    else
        rc = picture_schema(p, db, path, err);
    (void)sqlite3_close(db); /* no statement is open */
    return rc;
}
