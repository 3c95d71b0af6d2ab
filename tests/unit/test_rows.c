/* Records from files, answers and databases; sorting; taking a snapshot of them. */
#include "compare/rows.h"

#include <sqlite3.h>

#include "base/file.h"
#include "base/sv.h"
#include "compare/csv.h"
#include "compare/objects.h"
#include "compare/sorter.h"
#include "compare/take.h"
#include "net_server.h"
#include "t.h"

static void put(const char *name, struct sv text)
{
    struct err err;

    T_OK(file_write_atomic(name, text, 0600, &err), err);
}

/* ---- rows as text: "a=1;b=null|..." ---- */

static enum err_code on_cells(void *arg, const struct sv *cells, size_t n, struct err *err UNUSED)
{
    for (size_t i = 0; i < n; i++)
        strbuf_addf(arg, "%s%.*s", i ? ";" : "", cells[i].p ? (int)cells[i].n : 4,
                    cells[i].p ? cells[i].p : "null");
    strbuf_add_byte(arg, '|');
    return ERR_OK;
}

static const struct {
    struct sv text;
    const char *rows, *says; /* says: why it is refused */
} csvs[] = {
    {SV("a,b\n1,2\n"), "1;2|", NULL},
    {SV("a,b\r\n1,2\r\n3,4"), "1;2|3;4|", NULL},
    {SV("\xef\xbb\xbf"
        "a\n1\n"),
     "1|", NULL},
    {SV("a,b\n,\"\"\n"), "null;|", NULL},
    {SV("a,b\n\"x,\"\"y\"\"\nz\",2\n"), "x,\"y\"\nz;2|", NULL},
    {SV("a,b\n\"x\"\r\n"), "", "has 1 cells, and there are 2"},
    {SV("a,b\n\n1,2\n\n"), "1;2|", NULL},
    {SV("a\n\n"), "null|", NULL},
    {SV("a,b\n1,2,3\n"), "", "has 3 cells"},
    {SV("a,b\n1\n"), "", "has 1 cells"},
    {SV("a,a\n"), "", "two columns are called 'a'"},
    {SV("a,\n"), "", "a column has no name"},
    {SV("\n"), "", "a column has no name"},
    {SV("a\0b\n"), "", "has a NUL"},
    {SV(""), "", "no line of names"},
    {SV("a\n\"x\n"), "", "a quote is not closed"},
    {SV("a\nx\"y\n"), "", "a quote stands inside"},
    {SV("a\n\"x\"y\n"), "", "follows a closing quote"},
    {SV("a\n\"x\"\r\r\n"), "", "follows a closing quote"},
    {SV("a\n\"x\"\r,\n"), "", "follows a closing quote"},
    {SV("a\n\"x\"\r\"\n"), "", "follows a closing quote"},
    {SV("a\n\xff\n"), "", "not UTF-8"},
    {SV("\xef\xbb"), "", "not UTF-8"},
    {SV("\xef\xbbx\n"), "", "not UTF-8"},
    {SV("a\n1\r2\n"), "1\r2|", NULL},
};

static enum err_code csv_pieces(struct sv text, size_t piece, struct strbuf *rows, struct err *err)
{
    struct csv c = {.row = on_cells, .arg = rows};
    enum err_code rc = ERR_OK;

    for (size_t i = 0; rc == ERR_OK && i < text.n; i += piece)
        rc = csv_feed(&c, sv_sub(text, i, i + piece), err);
    if (rc == ERR_OK)
        rc = csv_end(&c, err);
    csv_release(&c);
    return rc;
}

T(csv_is_read_the_same_in_pieces_of_any_size)
{
    for (size_t i = 0; i < ARRAY_LEN(csvs); i++)
        for (size_t piece = 1; piece < 20; piece += 9) {
            CLEANUP(strbuf_release) struct strbuf rows = STRBUF(0);
            struct err err = {0};
            enum err_code rc = csv_pieces(csvs[i].text, piece, &rows, &err);

            t_say("%zu: %s", i, err.msg);
            T_EQ(rc == ERR_OK, csvs[i].says == NULL);
            T_CHECK(rc == ERR_OK || strstr(err.msg, csvs[i].says));
            T_STR(strbuf_str(&rows), csvs[i].rows);
        }
}

T(a_record_of_csv_without_end_is_refused)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0), rows = STRBUF(0);
    struct csv c = {.row = on_cells, .arg = &rows};
    struct err err = {0};

    strbuf_add_n(&text, 'x', CSV_LINE_BYTES + 10);
    T_EQ(csv_pieces(strbuf_sv(&text), text.n, &rows, &err), ERR_LIMIT);
    strbuf_truncate(&text, 0);
    strbuf_add_n(&text, ',', CSV_COLUMNS + 10);
    T_EQ(csv_feed(&c, strbuf_sv(&text), &err), ERR_INVALID);
    csv_release(&c);
}

static enum err_code on_object(void *arg, const json_t *row, struct err *err UNUSED)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    json_write(row, &text);
    strbuf_addf(arg, "%s|", strbuf_str(&text));
    return ERR_OK;
}

static const struct {
    const char *text, *rows, *says;
} jsons[] = {
    {"[]", "", NULL},
    {" [ {} , {\"a\":[1,{\"b\":\"]}\\\"\"}]} ] \n", "{}|{\"a\":[1,{\"b\":\"]}\\\"\"}]}|", NULL},
    {"{\"a\":1}\n{\"a\":2}", "{\"a\":1}|{\"a\":2}|", NULL},
    {"", "", NULL},
    {"[{}", "{}|", "the text ends inside"},
    {"[{},]", "{}|", "it is no object"},
    {"[{} {}]", "{}|", "a comma"},
    {"[{}] x", "{}|", "follows the array"},
    {"[1]", "", "it is no object"},
    {"{\"a\":", "", "the text ends inside"},
    {"{\"a\":1,\"a\":2}", "", "duplicate"},
    {"{]", "", "record 1"},
};

T(objects_are_read_the_same_in_pieces_of_any_size)
{
    for (size_t i = 0; i < ARRAY_LEN(jsons); i++)
        for (size_t piece = 1; piece < 20; piece += 9) {
            CLEANUP(strbuf_release) struct strbuf rows = STRBUF(0);
            struct objects o = {.object = on_object, .arg = &rows};
            struct sv text = sv_from(jsons[i].text);
            struct err err = {0};
            enum err_code rc = ERR_OK;

            for (size_t k = 0; rc == ERR_OK && k < text.n; k += piece)
                rc = objects_feed(&o, sv_sub(text, k, k + piece), &err);
            if (rc == ERR_OK)
                rc = objects_end(&o, &err);
            t_say("%s: %s", jsons[i].text, err.msg);
            T_EQ(rc == ERR_OK, jsons[i].says == NULL);
            T_CHECK(rc == ERR_OK || strstr(err.msg, jsons[i].says));
            T_STR(strbuf_str(&rows), jsons[i].rows);
            objects_release(&o);
        }
}

T(an_object_without_end_is_refused)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct objects o = {.object = on_object}, p = {.object = on_object};
    struct err err;

    strbuf_add_byte(&text, '{');
    strbuf_add_n(&text, '[', OBJECTS_NESTING + 1);
    T_EQ(objects_feed(&o, strbuf_sv(&text), &err), ERR_INVALID);
    strbuf_truncate(&text, 0);
    strbuf_add_byte(&text, '{');
    strbuf_add_n(&text, ' ', OBJECTS_BYTES + 1);
    T_EQ(objects_feed(&p, strbuf_sv(&text), &err), ERR_LIMIT);
    objects_release(&o);
    objects_release(&p);
}

/* ---- sources ---- */

static enum err_code rows_text(const struct rows_source *s, struct strbuf *rows, struct err *err)
{
    return rows_each(s, on_object, rows, err);
}

T(files_are_read_by_their_kind)
{
    CLEANUP(strbuf_release) struct strbuf rows = STRBUF(0);
    struct rows_source s = {.kind = ROWS_CSV, .name = SV("t"), .where = SV("t.csv")};
    enum rows_kind kind;
    struct err err;

    put("t.csv", SV("a,b\n1,\n"));
    put("t.json", SV("{\"d\":[0,{\"rows\":[{\"a\":1},{\"a\":2}]}],\"x\":[1]}"));
    T_OK(rows_text(&s, &rows, &err), err);
    s = (struct rows_source){
        .kind = ROWS_JSON, .name = SV("t"), .where = SV("t.json"), .at = SV("d.1.rows")};
    T_OK(rows_text(&s, &rows, &err), err);
    T_STR(strbuf_str(&rows), "{\"a\":\"1\",\"b\":null}|{\"a\":1}|{\"a\":2}|");
    s.at = SV("d.2.rows");
    T_EQ(rows_text(&s, &rows, &err), ERR_INVALID);
    T_STR(err.msg, "'t': there is no array of records at 'd.2.rows'");
    s.at = SV("x");
    T_EQ(rows_text(&s, &rows, &err), ERR_INVALID);
    T_STR(err.msg, "'t': record 1: it is no object");
    s = (struct rows_source){.kind = ROWS_JSON, .name = SV("t"), .where = SV("none.json")};
    T_EQ(rows_text(&s, &rows, &err), ERR_NOT_FOUND);
    s.at = SV("x");
    T_EQ(rows_text(&s, &rows, &err), ERR_IO);
    T_CHECK(rows_file_kind(SV("a.ndjson"), &kind) && kind == ROWS_JSON);
    T_CHECK(!rows_file_kind(SV("a.txt"), &kind));
}

static enum MHD_Result answer(struct server *s UNUSED, struct server_request *r)
{
    if (strcmp(r->path, "/rows") == 0)
        return server_text(r, 200, "{\"items\":[{\"a\":1}]}");
    return server_text(r, 404, "[]");
}

T(an_answer_has_the_records_of_its_path)
{
    CLEANUP(strbuf_release) struct strbuf rows = STRBUF(0), url = STRBUF(0);
    static struct server server;
    struct rows_source s = {.kind = ROWS_HTTP, .name = SV("http.t"), .at = SV("items")};
    struct hash_text a, b;
    struct err err;

    server_start(&server, answer, -1);
    strbuf_addf(&url, "%s/rows", server.url);
    s.where = strbuf_sv(&url);
    T_OK(rows_text(&s, &rows, &err), err);
    T_STR(strbuf_str(&rows), "{\"a\":1}|");
    T_CHECK(rows_query_hash(&s, &a));
    s.at = SV("other");
    T_CHECK(rows_query_hash(&s, &b) && strcmp(a.s, b.s) != 0);
    T_EQ(rows_text(&s, &rows, &err), ERR_INVALID);
    s.where = sv_from(server.url);
    T_EQ(rows_text(&s, &rows, &err), ERR_FAILED);
    T_STR(err.msg, "'http.t': it answered 404");
    server_stop(&server);
    T_EQ(rows_text(&s, &rows, &err), ERR_NET);
}

T(a_query_gives_texts_and_nulls)
{
    CLEANUP(strbuf_release) struct strbuf rows = STRBUF(0);
    struct rows_source s = {.kind = ROWS_SQL,
                            .name = SV("sql.t"),
                            .where = SV("t.db"),
                            .query = SV("SELECT a, b FROM t ORDER BY a")};
    struct hash_text hash;
    struct err err;
    sqlite3 *db;

    T_EQ(sqlite3_open("t.db", &db), SQLITE_OK);
    T_EQ(sqlite3_exec(db, "CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 'x'), (2.5, NULL)", NULL,
                      NULL, NULL),
         SQLITE_OK);
    T_EQ(sqlite3_close(db), SQLITE_OK);
    T_OK(rows_text(&s, &rows, &err), err);
    T_STR(strbuf_str(&rows), "{\"a\":\"1\",\"b\":\"x\"}|{\"a\":\"2.5\",\"b\":null}|");
    T_CHECK(rows_query_hash(&s, &hash));
    s.query = SV("SELECT a, b AS a FROM t");
    T_EQ(rows_text(&s, &rows, &err), ERR_INVALID);
    s.query = SV("DELETE FROM t"); /* read only */
    T_EQ(rows_text(&s, &rows, &err), ERR_DB);
}

/* ---- sorting ---- */

T(whatever_the_memory_the_order_is_that_of_the_keys)
{
    for (size_t memory = 100; memory < 1u << 20; memory *= 20) {
        CLEANUP(sorter_freep) struct sorter *s = sorter_new(".", memory);
        struct sv key, line;
        struct err err;
        uint64_t last = 0, sum = 0, want = 0;
        bool more;
        size_t n = 0;

        for (size_t i = 0; i < 3000; i++) {
            uint64_t v = __builtin_bswap64(t_below(1000)), tail = i;

            want += i;
            T_OK(sorter_add(s, (struct sv){(char *)&v, 8}, (struct sv){(char *)&tail, 8}, &err),
                 err);
        }
        T_OK(sorter_sort(s, &err), err);
        T_CHECK((memory < 100000) == (sorter_runs(s) > 1));
        for (uint64_t before = 0; sorter_next(s, &key, &line, &more, &err) == ERR_OK && more; n++) {
            uint64_t k, i;

            memcpy(&k, key.p, 8);
            memcpy(&i, line.p, 8);
            k = __builtin_bswap64(k);
            T_CHECK(k > last || n == 0 || (k == last && i > before)); /* equal ones as they came */
            last = k;
            before = i;
            sum += i;
        }
        T_EQ(n, 3000);
        T_EQ(sum, want);
        T_OK(sorter_next(s, &key, &line, &more, &err), err);
        T_CHECK(!more);
    }
}

T(a_line_longer_than_a_run_comes_back_whole)
{
    CLEANUP(sorter_freep) struct sorter *s = sorter_new(".", 1000);
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct sv key, line;
    struct err err;
    bool more;

    strbuf_add_n(&text, 'x', 300000);
    T_OK(sorter_add(s, SV("b"), strbuf_sv(&text), &err), err);
    T_OK(sorter_add(s, SV("a"), SV(""), &err), err);
    T_OK(sorter_sort(s, &err), err);
    T_OK(sorter_next(s, &key, &line, &more, &err), err);
    T_CHECK(more && line.n == 0);
    T_OK(sorter_next(s, &key, &line, &more, &err), err);
    T_CHECK(more && sv_eq(line, strbuf_sv(&text)));
}

T(a_folder_that_cannot_be_written_is_said)
{
    CLEANUP(sorter_freep) struct sorter *s = sorter_new("none", 1);
    struct err err;

    T_OK(sorter_add(s, SV("b"), SV(""), &err), err);
    T_EQ(sorter_add(s, SV("a"), SV(""), &err), ERR_IO);
    T_CHECK(strstr(err.msg, "make a file to sort in 'none'"));
}

/* ---- taking ---- */

static enum err_code take(const char *csv, const char *name, const char *out, struct err *err)
{
    static const struct sv key[] = {SV("id")};
    struct rows_source s = {.name = sv_from(name), .where = sv_from(name)};
    struct take_spec t = {.rows = &s, .name = SV("t"), .key = key, .n_key = 1, .output = out};
    size_t n;

    put(name, sv_from(csv));
    T_CHECK(rows_file_kind(s.where, &s.kind));
    return take_snapshot(&t, &n, err);
}

static const struct {
    const char *text;
    bool number;
} plain[] = {{"0", true},
             {"17", true},
             {"-3", true},
             {"1.50", true},
             {"-0.5", true},
             {"007", false},
             {"-0", false},
             {"1e3", false},
             {"1.", false},
             {".5", false},
             {"", false},
             {"-", false},
             {"1.5x", false},
             {"12345678901234567890", false},
             {"1.1234567890123456", false}};

T(only_plain_numbers_are_numbers_without_a_type)
{
    for (size_t i = 0; i < ARRAY_LEN(plain); i++) {
        CLEANUP(json_cleanup) json_t *v = take_plain_value(sv_from(plain[i].text));

        t_say("'%s'", plain[i].text);
        T_EQ(json_is_number(v), plain[i].number);
    }
}

T(what_cannot_be_taken_leaves_no_file)
{
    struct err err;

    T_EQ(take("{\"id\":1,\"a\":1}{\"id\":2,\"b\":1}", "a.json", "a.snap", &err), ERR_INVALID);
    T_STR(err.msg, "'a.json': record 2 has a field 'b', and the first one had not");
    T_EQ(take("{\"id\":[1]}", "b.json", "b.snap", &err), ERR_INVALID);
    T_EQ(take("{\"a\":1}", "c.json", "c.snap", &err), ERR_INVALID);
    T_EQ(take("id\n1\n1\n", "d.csv", "d.snap", &err), ERR_INVALID);
    T_EQ(take("id\n1\n", "e.csv", "none/e.snap", &err), ERR_IO);
    T_CHECK(!file_exists("a.snap") && !file_exists("b.snap") && !file_exists("d.snap"));
    T_OK(take("id\n1\n", "e.csv", "e.snap", &err), err);
    T_EQ(take("id\n2\n", "e.csv", "e.snap", &err), ERR_REFUSED);
}

/* Somebody else makes the file between the look and the end. */
T(a_file_that_appears_meanwhile_is_not_replaced)
{
    CLEANUP(snapshot_writer_freep) struct snapshot_writer *w = NULL;
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct snapshot_header h = {.name = SV("t")};
    struct err err;
    size_t n;

    T_OK(snapshot_create("x.snap", &w, &err), err);
    put("x.snap", SV("theirs"));
    T_EQ(snapshot_finish(w, &h, NULL, &n, &err), ERR_REFUSED);
    T_OK(file_read("x.snap", 100, &text, &err), err);
    T_STR(strbuf_str(&text), "theirs");
}

T_MAIN(T_CASE(csv_is_read_the_same_in_pieces_of_any_size),
       T_CASE(a_record_of_csv_without_end_is_refused),
       T_CASE(objects_are_read_the_same_in_pieces_of_any_size),
       T_CASE(an_object_without_end_is_refused), T_CASE(files_are_read_by_their_kind),
       T_CASE(an_answer_has_the_records_of_its_path), T_CASE(a_query_gives_texts_and_nulls),
       T_CASE(whatever_the_memory_the_order_is_that_of_the_keys),
       T_CASE(a_line_longer_than_a_run_comes_back_whole),
       T_CASE(a_folder_that_cannot_be_written_is_said),
       T_CASE(only_plain_numbers_are_numbers_without_a_type),
       T_CASE(what_cannot_be_taken_leaves_no_file),
       T_CASE(a_file_that_appears_meanwhile_is_not_replaced))
