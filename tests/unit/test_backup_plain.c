/* Dumps that other programs made: complete or not, and how many rows. */
#include "t_pg.h"

#include <zlib.h>
#include <zstd.h>

#include "backup/backup.h"
#include "backup/foreign.h"
#include "backup/plain.h"
#include "base/file.h"
#include "base/strbuf.h"
#include "base/sv.h"

/* In pieces of a size. */
static enum err_code read_in(struct sv text, size_t piece, enum plain_writer *writer,
                             struct census *c, struct err *err)
{
    CLEANUP(plain_freep) struct plain *p = plain_new();

    for (size_t i = 0; i < text.n; i += piece)
        if (plain_feed(p, sv_sub(text, i, i + piece), err) != ERR_OK)
            return err->code;
    return plain_end(p, writer, c, err);
}

/* "public.a:3 public.b:0" */
static void want_tables(struct sv text, enum plain_writer want, const char *tables)
{
    static const size_t pieces[] = {1, 7, 1 << 20};

    for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
        CLEANUP(census_release) struct census c = {0};
        CLEANUP(strbuf_release) struct strbuf got = STRBUF(0);
        enum plain_writer writer = PLAIN_UNKNOWN;
        struct err err = {0};

        T_OK(read_in(text, pieces[i], &writer, &c, &err), err);
        T_EQ(writer, want);
        for (size_t t = 0; t < c.tables.n; t++)
            strbuf_addf(&got, "%s%.*s:%lld", t ? " " : "", SV_FMT(c.tables.v[t].name),
                        (long long)c.tables.v[t].rows);
        T_STR(strbuf_str(&got), tables);
    }
}

#define PG_BEGIN "--\n-- PostgreSQL database dump\n--\n\n\\restrict abc\n\nSET x = 'y;';\n"
#define PG_END   "--\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict abc\n\n"

T(rows_of_copy_and_insert_are_counted)
{
    want_tables(SV(PG_BEGIN "COPY public.a (i, t) FROM stdin;\n1\tx;y'\n2\t\\N\n3\t--\n\\.\n\n"
                            "COPY \"odd \"\"one\".\"a table\" (i) FROM stdin;\n\\.\n" PG_END),
                PLAIN_POSTGRES, "odd \"one.a table:0 public.a:3");
    want_tables(
        SV(PG_BEGIN
           "INSERT INTO public.a VALUES (1, 'a;(''b')), (2, NULL),\n\t(3, '('); \n"
           "INSERT INTO public.a (i, t) VALUES (f(4), E'\\'(;') ON CONFLICT DO NOTHING;\n" PG_END),
        PLAIN_POSTGRES, "public.a:4");
    want_tables(
        SV("PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE t(i);\n"
           "INSERT INTO t VALUES(1);\nINSERT INTO \"t\" VALUES(2);\nINSERT INTO u VALUES('a');\nCOMMIT;\n"),
        PLAIN_SQLITE, "t:2 u:1");
}

T(what_looks_like_sql_in_texts_functions_and_comments_is_not)
{
    want_tables(
        SV(PG_BEGIN
           "CREATE FUNCTION f() AS $$ COPY a FROM stdin; $x$ $$;\n"
           "CREATE FUNCTION g() AS $_a$ ';$$;\" $_a$ LANGUAGE sql; SELECT $1 || a$b$c;\n"
           "/* COPY b FROM stdin; /* nested; */ ' */ COMMENT ON x IS 'COPY c FROM stdin;';\n"
           "-- COPY d FROM stdin;\nSELECT \"COPY e FROM stdin;\";\n"
           "COPY (SELECT 1) TO stdout; COPY f (i) FROM stdin;\n1\n\\.\n" PG_END),
        PLAIN_POSTGRES, "f:1");
}

T(what_is_not_complete_is_told)
{
    static const struct {
        const char *text, *told;
    } cases[] = {
        {PG_BEGIN, "without the line that its writer puts at the end"},
        {PG_BEGIN "COPY a (i) FROM stdin;\n1\n", "within the rows of a table"},
        {PG_BEGIN "COPY a (i) FROM stdin;", "before the rows"},
        {PG_BEGIN "SELECT 'abc", "within a text"},
        {PG_BEGIN "SELECT E'abc\\'", "within a text"},
        {PG_BEGIN "SELECT \"abc", "within a name"},
        {PG_BEGIN "SELECT $$abc$", "within a function"},
        {PG_BEGIN "/* /* */", "within a comment"},
        {PG_BEGIN "SELECT 1", "within a statement"},
        {PG_BEGIN "-- PostgreSQL database dump complete", "without the \\unrestrict"},
        {PG_BEGIN PG_END "SELECT 1;", "without the line"},
        {PG_BEGIN PG_END "\\connect other\n", "without the line"},
        {"PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n", "without the line"},
        {"PRAGMA foreign_keys=OFF;\nROLLBACK; -- due to errors\nCOMMIT;", "rolled it back"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(census_release) struct census c = {0};
        enum plain_writer writer;
        struct err err = {0};

        T_REFUSED(read_in(sv_from(cases[i].text), 100, &writer, &c, &err), err, ERR_CORRUPT,
                  cases[i].told);
    }
}

T(what_does_not_hold_together_is_told)
{
    CLEANUP(census_release) struct census c = {0};
    enum plain_writer writer;
    struct err err = {0};

    T_REFUSED(read_in(SV(PG_BEGIN "COPY a (i, j) FROM stdin;\n1\t2\n3\n\\.\n" PG_END), 100, &writer,
                      &c, &err),
              err, ERR_CORRUPT, "line 10: a row of a has 1 fields, the first 2");
    T_REFUSED(read_in((struct sv){"--\0", 3}, 100, &writer, &c, &err), err, ERR_CORRUPT,
              "a NUL byte");
    T_REFUSED(
        read_in(SV("SELECT 1;\n-- PostgreSQL database dump complete\n"), 100, &writer, &c, &err),
        err, ERR_INVALID, "no dump of pg_dump or sqlite3");
}

/* --- files --- */

static enum err_code verify(const char *path, const char *format, int64_t rows, struct err *err)
{
    struct backup_wish w = {.level = PACK_COMPARED};
    struct backup_report r = {0};
    enum err_code rc = backup_verify(path, &w, &r, err);

    if (rc == ERR_OK) {
        T_STR(r.format, format);
        T_EQ(census_rows(&r.census), rows);
        T_EQ(r.level, PACK_DECODED);
    }
    backup_report_release(&r);
    return rc;
}

static void program(const char *command)
{
    pid_t pid;
    int status = -1;

    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        (void)execlp("sh", "sh", "-c", command, (char *)NULL);
        _exit(99);
    }
    if (waitpid(pid, &status, 0) != pid || status != 0)
        T_FAIL("%s: %d", command, status);
}

/* Cut off anywhere it is found, but where only blank lines are missing. */
static void every_cut_is_found(const char *path, const char *format, size_t blank)
{
    CLEANUP(strbuf_release) struct strbuf all = STRBUF(0);
    struct err err = {0};

    T_OK(file_read(path, 100000000, &all, &err), err);
    T_OK(verify(path, format, 2503, &err), err);
    for (size_t n = 0; n + blank < all.n; n += 1 + all.n / 300) {
        T_OK(file_write_atomic("cut", sv_sub(strbuf_sv(&all), 0, n), 0600, &err), err);
        if (verify("cut", format, 2503, &err) == ERR_OK)
            T_FAIL("%s cut off at %zu of %zu was not found", path, n, all.n);
    }
}

T(dumps_of_pg_dump_are_read_to_their_end)
{
    struct err err = {0};
    char command[1000];
    struct t_pg pg;

    t_pg_start(&pg);
    T_CHECK(setenv("URL", pg.url, 1) == 0);
    program(
        "psql -qX \"$URL\" -v ON_ERROR_STOP=1 -c \"CREATE TABLE a (i int, t text); CREATE TABLE e ();"
        "CREATE TABLE \\\"B c\\\" (x text); INSERT INTO a SELECT i, repeat('x', i % 50) FROM generate_series(1, 2500) i;"
        "INSERT INTO \\\"B c\\\" VALUES (E'tab\\there'), (E'line\\nend\\\\\\\\.'), (NULL);"
        "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS 'SELECT ''COPY a FROM stdin;''::text'\"");
    program(
        "pg_dump \"$URL\" > d.sql && gzip -k d.sql && pg_dump --inserts \"$URL\" > i.sql &&"
        "pg_dump --rows-per-insert=7 \"$URL\" > m.sql && pg_dumpall -d \"$URL\" > all.sql &&"
        "pg_dump -Fc \"$URL\" > d.dump && pg_dump -Ft \"$URL\" > d.tar && pg_dump -Z0 -Fc \"$URL\" > z.dump");
    every_cut_is_found("d.sql", "plain SQL", 4);
    every_cut_is_found("d.sql.gz", "plain SQL, gzip", 0);
    T_OK(verify("i.sql", "plain SQL", 2503, &err), err);
    T_OK(verify("m.sql", "plain SQL", 2503, &err), err);
    T_OK(verify("all.sql", "plain SQL", 2503, &err), err);
    T_OK(verify("d.dump", "pg_dump, custom format", 0, &err), err);
    T_OK(verify("d.tar", "pg_dump, tar format", 0, &err), err);
    (void)snprintf(command, sizeof(command),
                   "head -c 3000 z.dump > half.dump; pg_restore --list half.dump > /dev/null");
    program(command); /* the trap: it is content with half a dump */
    T_REFUSED(verify("half.dump", "", 0, &err), err, ERR_CORRUPT, "half.dump");
    t_pg_stop(&pg);
}

T(dumps_of_sqlite3_are_read_to_their_end)
{
    struct err err = {0};

    program(
        "sqlite3 s.db \"CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 'it''s'), (2, x'00'), (3, '(');"
        "CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM t WHERE a = 9; END\" && sqlite3 s.db .dump > s.sql");
    T_OK(verify("s.sql", "plain SQL", 3, &err), err);
    program("head -n -1 s.sql > cut.sql");
    T_REFUSED(verify("cut.sql", "", 0, &err), err, ERR_CORRUPT, "without the line");
}

static void put_zstd(const char *name, struct sv text)
{
    char packed[1000];
    size_t n = ZSTD_compress(packed, sizeof(packed), text.p, text.n, 3);
    struct err err = {0};

    T_CHECK(!ZSTD_isError(n));
    T_OK(file_write_atomic(name, (struct sv){packed, n}, 0600, &err), err);
}

T(what_is_compressed_wrongly_is_told)
{
    struct err err = {0};
    CLEANUP(strbuf_release) struct strbuf all = STRBUF(0);

    put_zstd("a.zst", SV(PG_BEGIN "COPY a (i) FROM stdin;\n1\n\\.\n" PG_END));
    T_OK(verify("a.zst", "plain SQL, zstd", 1, &err), err);
    T_OK(file_read("a.zst", 1000, &all, &err), err);
    T_OK(file_write_atomic("b.zst", sv_sub(strbuf_sv(&all), 0, all.n - 3), 0600, &err), err);
    T_REFUSED(verify("b.zst", "", 0, &err), err, ERR_CORRUPT, "zstd: it is cut off");
    all.p[10] ^= 0x55;
    T_OK(file_write_atomic("b.zst", strbuf_sv(&all), 0600, &err), err);
    T_CHECK(verify("b.zst", "", 0, &err) == ERR_CORRUPT);
    program("printf 'x' | gzip > x.gz; printf 'y' | gzip >> x.gz; printf 'nonsense' >> x.gz");
    T_REFUSED(verify("x.gz", "", 0, &err), err, ERR_CORRUPT, "gzip: incorrect header");
    program("printf 'x' | gzip > x.gz; printf 'y' | gzip >> x.gz");
    T_REFUSED(verify("x.gz", "", 0, &err), err, ERR_INVALID, "no dump of");
    T_OK(file_write_atomic("text", SV("hello"), 0600, &err), err);
    T_REFUSED(verify("text", "", 0, &err), err, ERR_INVALID, "is no backup of prusik");
}

T_MAIN(T_CASE(rows_of_copy_and_insert_are_counted),
       T_CASE(what_looks_like_sql_in_texts_functions_and_comments_is_not),
       T_CASE(what_is_not_complete_is_told), T_CASE(what_does_not_hold_together_is_told),
       T_CASE(dumps_of_pg_dump_are_read_to_their_end),
       T_CASE(dumps_of_sqlite3_are_read_to_their_end), T_CASE(what_is_compressed_wrongly_is_told))
