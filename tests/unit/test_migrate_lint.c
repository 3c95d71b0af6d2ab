#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/sv.h"
#include "migrate/sqlcatalog.h"
#include "migrate/sqllint.h"
#include "migrate/sqlscratch.h"
#include "migrate/sqlthin.h"
#include "t_vectors.h"

/* --- what was found, as text --- */

/* libpg_query 5 forgets the (empty) text that its parser said aside when it reads PL/pgSQL: one byte a body. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:pg_query_raw_parse\n";
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* "DATA001 PG004": each finding, by id. */
static struct strbuf ids_of(const struct sqllint *l)
{
    const char *ids[64];
    struct strbuf b = STRBUF(0);
    size_t n = 0;

    for (size_t i = 0; i < l->findings.n && n < ARRAY_LEN(ids); i++)
        ids[n++] = l->findings.v[i].rule->id;
    qsort(ids, n, sizeof(ids[0]), by_text);
    for (size_t i = 0; i < n; i++)
        strbuf_addf(&b, "%s%s", i ? " " : "", ids[i]);
    return b;
}

static struct strbuf found_in(struct sv text, enum sqllint_for who, struct sqllint *l)
{
    const struct sqllint_ask ask = {.db = DB_POSTGRES, .who = who};

    sqllint_file(SV("db/migrations/20260101000000_x.sql"), text, &ask, l);
    return ids_of(l);
}

/* --- vectors --- */

T(each_vector_has_its_findings_and_its_grade)
{
    CLEANUP(json_cleanup) json_t *j = t_shared_json("migrations/lint_postgres.json");
    const json_t *cases = json_object_get(j, "cases"), *one;
    size_t i, bad = 0;

    T_CHECK(json_array_size(cases) >= 115);
    json_array_foreach(cases, i, one)
    {
        CLEANUP(strbuf_release) struct strbuf want = STRBUF(0), got = STRBUF(0);
        CLEANUP(sqllint_release) struct sqllint l = {0};
        const json_t *expect = json_object_get(one, "expect"), *id;
        size_t k;
        char grade;

        json_array_foreach(expect, k, id)
            strbuf_addf(&want, "%s%s", k ? " " : "", json_string_value(id));
        got = found_in(json_get_sv(one, "sql"), SQLLINT_FOR_PRUSIK, &l);
        grade = "ABCD"[l.grade];
        if (!sv_eq(strbuf_sv(&want), strbuf_sv(&got)) || json_get_sv(one, "grade").p[0] != grade) {
            bad++;
            printf("# %s: wants %s %s, is %s %c\n", json_get_str(one, "id", ""), strbuf_str(&want),
                   json_get_str(one, "grade", ""), strbuf_str(&got), grade);
        }
    }
    T_EQ(bad, 0);
}

/* A file whose statements make what is there. */
static void lint_lite(struct sqlscratch *there, const char *text, struct sqllint *l)
{
    const struct sqllint_ask ask = {.db = DB_SQLITE, .who = SQLLINT_FOR_PRUSIK, .scratch = there};

    sqllint_file(SV("20260101000000_x.sql"), sv_from(text), &ask, l);
}

static bool has_message(const struct sqllint *l, struct sv part)
{
    for (size_t i = 0; i < l->findings.n; i++)
        if (sv_has(l->findings.v[i].message, part))
            return true;
    return false;
}

T(each_vector_of_sqlite_has_its_findings_its_grade_and_the_words_of_sqlite)
{
    CLEANUP(json_cleanup) json_t *j = t_shared_json("migrations/lint_sqlite.json");
    const json_t *cases = json_object_get(j, "cases"), *one;
    size_t i, bad = 0;

    T_CHECK(json_array_size(cases) >= 32);
    json_array_foreach(cases, i, one)
    {
        CLEANUP(strbuf_release)
        struct strbuf want = STRBUF(0), got = STRBUF(0), text = STRBUF(0), schema = STRBUF(0);
        CLEANUP(sqllint_release) struct sqllint l = {0}, before = {0};
        CLEANUP(sqlscratch_freep) struct sqlscratch *there = NULL;
        const json_t *id, *said;
        struct err err;
        size_t k;

        T_OK(sqlscratch_open(NULL, &there, &err), err);
        strbuf_addf(&schema, "-- prusik:up\n%s\n-- prusik:down none reason=x\n",
                    json_get_str(j, "schema", ""));
        lint_lite(there, strbuf_str(&schema), &before);
        T_EQ(before.findings.n, 0);
        json_array_foreach(json_object_get(one, "expect"), k, id)
            strbuf_addf(&want, "%s%s", k ? " " : "", json_string_value(id));
        strbuf_addf(&text, "-- prusik:up tx=%s\n%s\n-- prusik:down none reason=x\n",
                    json_is_true(json_object_get(one, "tx")) ? "yes" : "no",
                    json_get_str(one, "sql", ""));
        lint_lite(there, strbuf_str(&text), &l);
        got = ids_of(&l);
        if (!sv_eq(strbuf_sv(&want), strbuf_sv(&got)) ||
            json_get_sv(one, "grade").p[0] != "ABCD"[l.grade]) {
            bad++;
            printf("# %s: wants %s %s, is %s %c\n", json_get_str(one, "id", ""), strbuf_str(&want),
                   json_get_str(one, "grade", ""), strbuf_str(&got), "ABCD"[l.grade]);
        }
        json_array_foreach(json_object_get(one, "sqlite"), k,
                           said) if (!has_message(&l, (struct sv){json_string_value(said),
                                                                  json_string_length(said)}) &&
                                     want.n && !sv_has(strbuf_sv(&want), SV("SQL010")))
        {
            bad++;
            printf("# %s: nothing says %s\n", json_get_str(one, "id", ""), json_string_value(said));
        }
    }
    T_EQ(bad, 0);
}

/* --- tests/corpus/sqllint: labelled files --- */

static struct strbuf corpus_read(const char *name)
{
    struct strbuf b = STRBUF(0);
    struct err err = {0};
    char *path = path_join(getenv("PRUSIK_SQL_CORPUS"), name);

    T_OK(file_read(path, 1u << 20, &b, &err), err);
    free(path);
    return b;
}

struct tally {
    size_t wanted[SQLLINT__N], met[SQLLINT__N], unwanted[SQLLINT__N];
    size_t files;
};

/* "-- expect: PG001 RUN005" is the first line. */
static bool corpus_wants(struct sv text, const char *id)
{
    struct sv line, word;

    T_CHECK(sv_next_line(&text, &line) && sv_eat(&line, SV("-- expect: ")));
    while (sv_next_word(&line, &word))
        if (sv_is(word, id))
            return true;
    return false;
}

/* "-- catalog: empty" is the second line where a database without any table is asked. */
static void corpus_file(const char *name, struct tally *t)
{
    CLEANUP(strbuf_release) struct strbuf text = corpus_read(name);
    CLEANUP(sqlcatalog_release) struct sqlcatalog empty = {0};
    CLEANUP(sqllint_release) struct sqllint l = {0};
    bool asked = sv_has(strbuf_sv(&text), SV("\n-- catalog: empty\n"));

    sqllint_file(sv_from(name), strbuf_sv(&text),
                 &(struct sqllint_ask){.db = DB_POSTGRES, .catalog = asked ? &empty : NULL}, &l);
    t->files++;
    for (size_t id = 0; id < SQLLINT__N; id++) {
        bool wanted = corpus_wants(strbuf_sv(&text), sqllint_rules[id].id), met = false;

        for (size_t i = 0; i < l.findings.n; i++)
            met = met || l.findings.v[i].rule == &sqllint_rules[id];
        t->wanted[id] += wanted;
        t->met[id] += wanted && met;
        t->unwanted[id] += !wanted && met;
        if (wanted != met)
            printf("# %s: %s is %s\n", name, sqllint_rules[id].id, met ? "not wanted" : "missed");
    }
}

T(each_labelled_file_has_the_findings_that_it_names_and_no_other)
{
    struct tally t = {.files = 0};
    size_t wrong = 0;
    DIR *dir;

    T_CHECK(getenv("PRUSIK_SQL_CORPUS"));
    dir = opendir(getenv("PRUSIK_SQL_CORPUS"));
    T_CHECK(dir);
    for (struct dirent *e = readdir(dir); e; e = readdir(dir))
        if (e->d_name[0] != '.')
            corpus_file(e->d_name, &t);
    closedir(dir);
    printf("# rule: met of wanted, false positives (%zu files)\n", t.files);
    for (size_t id = 0; id < SQLLINT__N; id++) {
        printf("# %s: %zu of %zu, %zu\n", sqllint_rules[id].id, t.met[id], t.wanted[id],
               t.unwanted[id]);
        T_CHECK(t.wanted[id] > 0); /* a rule that no file asks for is not measured */
        wrong += t.wanted[id] - t.met[id] + t.unwanted[id];
    }
    T_CHECK(t.files >= 150);
    T_EQ(wrong, 0);
}

/* --- who runs the file, and where things are said --- */

static void expect_ids(const char *text, enum sqllint_for who, const char *ids)
{
    CLEANUP(sqllint_release) struct sqllint l = {0};
    CLEANUP(strbuf_release) struct strbuf got = found_in(sv_from(text), who, &l);

    if (!sv_eq(strbuf_sv(&got), sv_from(ids)))
        T_FAIL("%s\nwants: %s\ngot: %s", text, ids, strbuf_str(&got));
}

T(begin_and_commit_count_only_in_a_plain_file)
{
    const char *text = "BEGIN;\nALTER TABLE a ADD COLUMN b int;\nUPDATE a SET b = 1;\nCOMMIT;\n";

    expect_ids(text, SQLLINT_FOR_PLAIN, "DATA002 RUN003 RUN005");
    expect_ids(text, SQLLINT_FOR_FILE, "DATA002 RUN003 RUN005");
    expect_ids(text, SQLLINT_FOR_PRUSIK, "DATA002 RUN003 RUN007");
    expect_ids("ALTER TABLE a ADD COLUMN b int;\nUPDATE a SET b = 1;\n", SQLLINT_FOR_PLAIN,
               "DATA002 RUN005");
    expect_ids("START TRANSACTION;\nVACUUM a;\nROLLBACK;\nSAVEPOINT s;\n", SQLLINT_FOR_PLAIN,
               "RUN001");
}

T(a_lock_timeout_of_nothing_is_none)
{
    expect_ids("SET lock_timeout = '2s';\nALTER TABLE a ADD COLUMN b int;\n", SQLLINT_FOR_PLAIN,
               "");
    expect_ids("SET lock_timeout = '0';\nALTER TABLE a ADD COLUMN b int;\n", SQLLINT_FOR_PLAIN,
               "RUN005");
    expect_ids("SET lock_timeout = '2s';\nRESET lock_timeout;\nALTER TABLE a ADD b int;\n",
               SQLLINT_FOR_PLAIN, "RUN005");
    expect_ids("-- prusik:up\nSET search_path = shop;\nSELECT 1;\n-- prusik:down none "
               "reason=\"x\"\n",
               SQLLINT_FOR_FILE, "RUN006");
}

T(what_cannot_be_read_says_where)
{
    static const struct {
        const char *text, *message;
        size_t line, column;
    } rows[] = {
        {"SELECT 1;\nALTER TABEL a;\n", "\"TABEL\"", 2, 7},
        {"SELECT 'r\xc3\xa9sum\xc3\xa9', 1 1;\n", "\"1\"", 1, 22},
        {"SELECT 'open;\n", "not closed", 1, 8},
        {"caf\xe9;\n", "UTF-8", 1, 4},
        {"-- prusik:down\nSELECT 1;\n", "no up part", 1, 1},
        {"SELECT \\gx 1;\n", "\\gx", 1, 8},
        {"\n\nCOPY a FROM STDIN;\n1\n\\.\n", "COPY", 3, 13},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(sqllint_release) struct sqllint l = {0};
        CLEANUP(strbuf_release)
        struct strbuf got = found_in(sv_from(rows[i].text), SQLLINT_FOR_FILE, &l);

        if (l.findings.n != 1 || !sv_has(l.findings.v[0].message, sv_from(rows[i].message)) ||
            l.findings.v[0].line != rows[i].line || l.findings.v[0].column != rows[i].column)
            T_FAIL("%zu: %s at %zu:%zu: %.*s", i, strbuf_str(&got),
                   l.findings.n ? l.findings.v[0].line : 0,
                   l.findings.n ? l.findings.v[0].column : 0,
                   l.findings.n ? (int)l.findings.v[0].message.n : 0,
                   l.findings.n ? l.findings.v[0].message.p : "");
    }
}

T(syntax_of_a_newer_server_is_named)
{
    static const struct {
        const char *text;
        const char *server;
    } rows[] = {
        {"ALTER TABLE t ADD CONSTRAINT n NOT NULL a NOT VALID;", "server 18"},
        {"ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT ENFORCED;", "server 18"},
        {"CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a) VIRTUAL);", "server 18"},
        {"ALTER TABLE t ALTER COLUMN b SET EXPRESSION AS (a * 2);", "server 17"},
        {"MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN DELETE RETURNING t.a;", "server 17"},
        {"ALTER TABLE t SPLIT PARTITION p INTO (PARTITION q FOR VALUES FROM (1) TO (2));",
         "server 19"},
        {"REPACK t;", "server 19"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(sqllint_release) struct sqllint l = {0};
        CLEANUP(strbuf_release)
        struct strbuf got = found_in(sv_from(rows[i].text), SQLLINT_FOR_FILE, &l);

        T_STR(strbuf_str(&got), "RUN015");
        if (!sv_has(l.findings.v[0].message, sv_from(rows[i].server)))
            T_FAIL("%s: %.*s", rows[i].text, SV_FMT(l.findings.v[0].message));
    }
}

/* The stack of the parser is not ours to guard: what may be too deep is not given to it. */
T(what_is_too_long_or_too_deep_is_said_not_parsed)
{
    static const struct {
        const char *before, *again, *after;
        size_t n;
    } rows[] = {
        {"SELECT ", "(", "1", 100000},        {"SELECT ", "- ", "1", 100000},
        {"SELECT 1", " + 1", "", 100000},     {"SELECT 1", " UNION SELECT 1, 2", "", 20000},
        {"SELECT ", "ARRAY[1,", "1", 100000}, {"SELECT 1", " + (1)", "", 3000},
        {"SELECT '", "long ", "'", 300000},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
        CLEANUP(sqllint_release) struct sqllint l = {0};
        struct strbuf got;

        strbuf_add_str(&text, rows[i].before);
        for (size_t k = 0; k < rows[i].n; k++)
            strbuf_add_str(&text, rows[i].again);
        strbuf_addf(&text, "%s;\n", rows[i].after);
        got = found_in(strbuf_sv(&text), SQLLINT_FOR_FILE, &l);
        T_STR(strbuf_str(&got), "RUN015");
        T_CHECK(sv_has(l.findings.v[0].message, SV("not checked")) ||
                sv_has(l.findings.v[0].message, SV("not closed")));
        strbuf_release(&got);
    }
}

T(a_script_of_psql_commands_is_not_read_for_ever)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    CLEANUP(sqllint_release) struct sqllint l = {0};

    for (size_t i = 0; i < 300; i++)
        strbuf_add_str(&text, "\\echo on\n");
    strbuf_add_str(&text, "CREATE INDEX i ON a (b);\n");
    sqllint_file(SV("1_x.sql"), strbuf_sv(&text),
                 &(struct sqllint_ask){.db = DB_POSTGRES, .who = SQLLINT_FOR_FILE}, &l);
    T_EQ(l.findings.n, 201);
    T_CHECK(l.findings.v[0].rule == &sqllint_rules[SQLLINT_RUN014]);
    T_CHECK(sv_has(l.findings.v[1].message, SV("no statement of the file is checked")));
}

T(a_long_list_is_no_deep_statement)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    strbuf_add_str(&text, "INSERT INTO a (b) VALUES (0)");
    for (size_t i = 0; i < 20000; i++)
        strbuf_addf(&text, ",\n(%zu)", i);
    strbuf_add_str(&text, ";\n");
    expect_ids(strbuf_str(&text), SQLLINT_FOR_PLAIN, "");
}

/* --- rewrites --- */

T(the_safe_form_has_no_finding_of_its_rule)
{
    static const char *const texts[] = {
        "CREATE UNIQUE INDEX i ON \"Order\" (\"user\", lower(a));",
        "DROP INDEX IF EXISTS i;",
        "ALTER TABLE shop.\"Order\" ADD CONSTRAINT \"k 1\" UNIQUE (\"user\", b);",
        "ALTER TABLE a ADD UNIQUE (b);",
        "ALTER TABLE a ADD PRIMARY KEY (b);",
        "ALTER TABLE a ADD COLUMN b text UNIQUE;",
        "ALTER TABLE a ADD COLUMN b int CHECK (b > 0);",
        "ALTER TABLE a ADD CONSTRAINT c CHECK (b > 0);",
        "ALTER TABLE a ADD CONSTRAINT c FOREIGN KEY (b) REFERENCES d (e) ON DELETE CASCADE;",
        "ALTER TABLE a ALTER COLUMN \"select\" SET NOT NULL;",
        "ALTER TABLE a ADD COLUMN b uuid DEFAULT gen_random_uuid();",
        "ALTER TABLE a DETACH PARTITION b;",
        "REFRESH MATERIALIZED VIEW shop.a;",
        "ALTER DOMAIN d ADD CONSTRAINT c CHECK (VALUE > 0);",
    };

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        CLEANUP(sqllint_release) struct sqllint l = {0}, again = {0};
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
        const struct sqllint_finding *f = NULL;

        strbuf_addf(&text, "-- prusik:up\n%s\n", texts[i]);
        sqllint_file(SV("1_x.sql"), strbuf_sv(&text),
                     &(struct sqllint_ask){.db = DB_POSTGRES, .who = SQLLINT_FOR_FILE}, &l);
        for (size_t k = 0; k < l.findings.n; k++)
            if (l.findings.v[k].rewrite.n)
                f = &l.findings.v[k];
        if (!f)
            T_FAIL("%s: no safe form", texts[i]);
        strbuf_truncate(&text, 0);
        strbuf_addf(&text, "%s%.*s\n", sv_starts(f->rewrite, SV("--")) ? "" : "-- prusik:up\n",
                    SV_FMT(f->rewrite));
        sqllint_file(SV("1_x.sql"), strbuf_sv(&text),
                     &(struct sqllint_ask){.db = DB_POSTGRES, .who = SQLLINT_FOR_FILE}, &again);
        T_CHECK(again.n_statements > 0);
        for (size_t k = 0; k < again.findings.n; k++)
            if (again.findings.v[k].rule == f->rule ||
                again.findings.v[k].severity == SQLLINT_ERROR ||
                again.findings.v[k].rule == &sqllint_rules[SQLLINT_RUN015])
                T_FAIL("%s\n%s\n%s: %.*s", texts[i], strbuf_str(&text),
                       again.findings.v[k].rule->id, SV_FMT(again.findings.v[k].message));
    }
}

T(the_safe_form_of_another_tools_file_has_no_markers_of_prusik)
{
    static const char *const texts[] = {
        "CREATE INDEX i ON a (b);",
        "-- +goose Up\nALTER TABLE a ALTER COLUMN b SET NOT NULL;\n-- +goose Down\nSELECT 1;\n",
        "ALTER TABLE a ADD COLUMN b uuid DEFAULT gen_random_uuid();",
    };

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        CLEANUP(sqllint_release) struct sqllint l = {0};

        sqllint_file(SV("1_x.sql"), sv_from(texts[i]),
                     &(struct sqllint_ask){.db = DB_POSTGRES, .who = SQLLINT_FOR_FILE}, &l);
        T_CHECK(l.findings.n > 0 && l.findings.v[0].rewrite.n > 0);
        T_CHECK(!sv_has(l.findings.v[0].rewrite, SV("prusik:")));
        T_CHECK(sv_has(l.findings.v[0].rewrite, SV("transaction")));
    }
}

/* "3 PG001": with the line. */
static void expect_lines(const char *text, enum sqllint_for who, const char *wanted)
{
    CLEANUP(sqllint_release) struct sqllint l = {0};
    CLEANUP(strbuf_release) struct strbuf got = found_in(sv_from(text), who, &l);

    strbuf_truncate(&got, 0);
    for (size_t i = 0; i < l.findings.n; i++)
        strbuf_addf(&got, "%s%zu %s", i ? ", " : "", l.findings.v[i].line,
                    l.findings.v[i].rule->id);
    if (strcmp(strbuf_str(&got), wanted) != 0)
        T_FAIL("%s\nwants: %s\nis: %s\n%.*s", text, wanted, strbuf_str(&got),
               SV_FMT(l.findings.n ? l.findings.v[0].message : SV("")));
}

T(what_a_block_or_procedure_executes_is_judged_at_its_line)
{
    static const struct {
        const char *text, *found;
    } rows[] = {
        {"DO $$\nDECLARE r record;\nBEGIN\n  UPDATE a SET b = 1;\n  FOR r IN SELECT * FROM a LOOP\n"
         "    DELETE FROM c WHERE d = r.e;\n  END LOOP;\nEND $$;",
         "4 DATA002, 4 DATA004, 6 DATA003, 6 DATA005"},
        /* all of it is one transaction, also where none was begun */
        {"DO $$ BEGIN\n  ALTER TABLE a ADD COLUMN b int;\n  UPDATE a SET b = 1;\nEND $$;",
         "2 RUN005, 3 DATA002, 3 RUN003"},
        {"DO $$ BEGIN\n  CREATE INDEX CONCURRENTLY i ON a (b);\nEND $$;", "2 RUN001"},
        {"DO $$ BEGIN\n  UPDATE a SET b = 1 WHERE id = 1 AND b IS NULL;\n  COMMIT;\nEND $$;", ""},
        {"BEGIN;\nDO $$ BEGIN\n  COMMIT;\nEND $$;\nCOMMIT;", "2 RUN001"},
        {"DO $$ BEGIN\n  EXECUTE 'DROP TABLE a';\n  EXECUTE format('DROP TABLE %I', 'b');\nEND $$;",
         "1 RUN012, 2 DATA007, 2 RUN005, 2 RUN102"},
        {"DO $$ DECLARE r record; BEGIN\n  FOR r IN EXECUTE 'SELECT 1' LOOP\n    PERFORM f(r.a);\n"
         "  END LOOP;\nEXCEPTION WHEN others THEN NULL;\nEND $$;",
         "1 RUN012"},
        {"DO LANGUAGE plpython3u $$ x = 1 $$;", "1 RUN012"},
        /* the library knows no types of the database */
        {"DO $$\nDECLARE x shop.orders;\nBEGIN\n  x.id = 1;\n  UPDATE a SET b = 1;\n  IF true THEN DROP TABLE c;"
         " END IF;\n  INSERT INTO a\nEND $$;",
         "1 RUN012, 5 DATA002, 5 DATA004, 6 DATA007, 6 RUN005, 6 RUN102"},
        {"DO 'BEGIN\n  MERGE INTO a USING b ON a.id = b.id WHEN MATCHED THEN DELETE RETURNING 1;\nEND';",
         "1 RUN012"},
        {"CALL p();", "1 RUN012"},
        {"CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN\n  UPDATE a SET b = 1;\nEND $$;\nCALL p();",
         "4 DATA002, 4 DATA004"},
        {"CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN\n  CALL p();\nEND $$;\nCALL p();",
         "4 RUN012"},
        {"CREATE PROCEDURE p() LANGUAGE sql AS 'DELETE FROM a';\nCALL p();",
         "2 DATA002, 2 DATA005"},
        {"CREATE PROCEDURE p() LANGUAGE sql AS 'DELETE FROM a; UPDATE a SET b = ''';\nCALL p();",
         "2 DATA002, 2 DATA005, 2 RUN012"},
        {"CREATE PROCEDURE p() LANGUAGE sql AS 'DROP TABEL b';\nCALL p();", "2 RUN012"},
        {"CREATE PROCEDURE p() LANGUAGE plpython3u AS 'x = 1';\nCALL p();", "2 RUN012"},
        {"CREATE FUNCTION p() RETURNS int LANGUAGE plpgsql AS 'BEGIN DELETE FROM a; RETURN 1; END';\n"
         "SELECT 1;\nSELECT lower('A'), p() + 1;",
         "3 DATA002, 3 DATA005"},
        {"CREATE FUNCTION p(x text) RETURNS void LANGUAGE sql AS $$\n  ALTER TABLE a ADD CHECK (b > 0);\n$$;\n"
         "DO $$ BEGIN\n  PERFORM p('x');\nEND $$;",
         "5 PG008, 5 RUN005"},
        {"CREATE FUNCTION p() RETURNS int LANGUAGE plpgsql AS 'BEGIN DELETE FROM a; RETURN 1; END';",
         ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        expect_lines(rows[i].text, SQLLINT_FOR_PLAIN, rows[i].found);
    expect_lines(
        "-- prusik:up\nDO $$ BEGIN\n  ALTER TABLE a ADD COLUMN b int;\nEND $$;\nUPDATE a SET b = 1;\n"
        "-- prusik:down none reason=x\n",
        SQLLINT_FOR_FILE, "5 DATA002, 5 RUN003");
    expect_lines("-- prusik:up\n-- prusik:ignore DATA002,DATA004 reason=\"x\"\nDO $$ BEGIN\n"
                 "  UPDATE a SET b = 1;\nEND $$;\n-- prusik:down none reason=x\n",
                 SQLLINT_FOR_FILE, "");
    expect_lines(
        "-- prusik:up tx=no\nDO $$ BEGIN\n  CALL p();\nEND $$;\n-- prusik:down none reason=x\n",
        SQLLINT_FOR_FILE, "2 RUN011, 3 RUN012");
}

T(a_way_back_is_judged_by_what_it_stops_and_by_what_fails)
{
    static const struct {
        const char *text, *found;
    } rows[] = {
        {"-- prusik:up\nALTER TABLE a DROP CONSTRAINT c;\n-- prusik:down\n"
         "ALTER TABLE a ADD CONSTRAINT c CHECK (b > 0);\nCREATE INDEX i ON a (b);\n",
         "4 PG008, 5 PG001"},
        /* that it drops is what it is for; what is made here is new on the way back, too */
        {"-- prusik:up\nCREATE TABLE n (id int);\nALTER TABLE a ADD COLUMN x int;\n-- prusik:down\n"
         "ALTER TABLE n ADD CHECK (id > 0);\nALTER TABLE a DROP COLUMN x;\nDROP TABLE n CASCADE;\n"
         "DROP INDEX i;\n",
         ""},
        {"-- prusik:up\nALTER TABLE p ATTACH PARTITION c DEFAULT;\n-- prusik:down\n"
         "ALTER TABLE p DETACH PARTITION c;\n",
         "2 PG025"},
        {"-- prusik:down\nCOMMIT;\nALTER TABEL a ADD b int;\nALTER TABLE a ADD b int;\nUPDATE a SET b = 1;\n"
         "DO $$ BEGIN EXECUTE b; END $$;\n-- prusik:up\nSELECT 1;\n",
         "2 RUN007, 3 RUN015, 5 RUN003, 6 RUN012"},
        {"-- prusik:up part=x\nDROP INDEX CONCURRENTLY i;\n-- prusik:down of=x\n"
         "-- prusik:ignore PG001 reason=\"at night\"\nCREATE INDEX i ON a (b);\nCREATE INDEX j ON a (b);\n"
         "-- prusik:up part=y\nDROP INDEX CONCURRENTLY k;\n-- prusik:down of=y\nCREATE INDEX k ON a (b);\n",
         "2 RUN001, 6 PG001, 8 RUN001, 10 PG001"},
        {"-- migrate:up\nSELECT 1;\n-- migrate:down\nALTER TABLE a ALTER COLUMN b SET NOT NULL;\n",
         "4 PG013"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        expect_lines(rows[i].text, SQLLINT_FOR_FILE, rows[i].found);
}

T(the_safe_form_of_a_way_back_is_one)
{
    CLEANUP(sqllint_release) struct sqllint l = {0};

    sqllint_file(
        SV("1_x.sql"),
        SV("-- prusik:up\nSELECT 1;\n-- prusik:down\nALTER TABLE a ADD CONSTRAINT c CHECK (b > 0);\n"
           "-- prusik:down\nDELETE FROM a;\nCREATE INDEX i ON a (b);\n"),
        &(struct sqllint_ask){.db = DB_POSTGRES}, &l);
    T_EQ(l.findings.n, 2);
    T_EQ(l.grade, SQLLINT_A);
    T_SV(l.findings.v[0].rewrite,
         "-- prusik:down\nALTER TABLE a ADD CONSTRAINT c CHECK (b > 0) NOT VALID;\n-- prusik:down\n"
         "ALTER TABLE a VALIDATE CONSTRAINT c;");
    T_SV(l.findings.v[1].rewrite, "-- prusik:down tx=no\nCREATE INDEX CONCURRENTLY i ON a (b);");
}

T(rules_are_complete_and_in_the_order_of_their_ids)
{
    for (size_t i = 0; i < SQLLINT__N; i++) {
        const struct sqllint_rule *r = &sqllint_rules[i];

        T_CHECK(r->title[0] && r->why[0] && r->mend[0]);
        T_CHECK(i == 0 || strcmp(sqllint_rules[i - 1].id, r->id) < 0);
    }
}

T(each_finding_says_its_statement_and_whether_that_can_be_undone)
{
    CLEANUP(sqllint_release) struct sqllint l = {0};

    sqllint_file(SV("1_x.sql"),
                 SV("-- prusik:up\nALTER TABLE a\n  DROP COLUMN b;\nCREATE INDEX i ON a (c);\n"
                    "-- prusik:down none reason=\"x\"\n"),
                 &(struct sqllint_ask){.db = DB_POSTGRES}, &l);
    T_EQ(l.n_statements, 2);
    T_EQ(l.grade, SQLLINT_D);
    T_EQ(l.findings.v[0].line, 2);
    T_EQ(l.findings.v[0].end_line, 3);
    T_EQ(l.findings.v[0].grade, SQLLINT_D);
    T_EQ(vec_last(&l.findings)->line, 4);
    T_EQ(vec_last(&l.findings)->grade, SQLLINT_A);
}

/* '~': blanked out. */
static void rows_that_are_as_others_are_blanked_out(void)
{
    static const struct {
        const char *sql, *left;
        size_t gone;
    } cases[] = {
        {"INSERT INTO t VALUES (1, 'a'),\n (2, 'b;(c)''d'), (-3,'e') RETURNING id",
         "INSERT INTO t VALUES (1, 'a')~~~~~~~~~~~~~~~~~~~~~~~~~~~~ RETURNING id", 2},
        /* another kind of value stays, once */
        {"insert into t values (1,'a'),(1,null),(2,NULL),(2,'b'),('c','d')",
         "insert into t values (1,'a'),(1,null)~~~~~~~~~~~~~~~~~,('c','d')", 2},
        {"INSERT INTO t (values, b) VALUES (1.5, true), (2.5, FALSE)",
         "INSERT INTO t (values, b) VALUES (1.5, true)~~~~~~~~~~~~~~", 1},
        {"INSERT INTO t VALUES (1), (99999999999)", NULL, 0}, /* may be no integer */
        {"INSERT INTO t VALUES (1), (2.)", NULL, 0},
        {"INSERT INTO t VALUES (1), (now()), (2)", NULL, 0}, /* what is behind it stays, too */
        {"INSERT INTO t VALUES (1), (2 /* c */), (2)", NULL, 0},
        {"INSERT INTO t VALUES (1), -- c\n (2)", NULL, 0},
        {"INSERT INTO t VALUES ('a'), ('b'::text)", NULL, 0},
        {"INSERT INTO t VALUES ('a'), ('b'\n'c')", NULL, 0},
        {"INSERT INTO t VALUES ('a'), (E'b')", NULL, 0},
        {"INSERT INTO t VALUES ('a'), ('b", NULL, 0},
        {"INSERT INTO t VALUES (1), (nullif)", NULL, 0},
        {"INSERT INTO t VALUES (1), (2", NULL, 0},
        {"INSERT INTO t VALUES (1), (2, 3)", NULL, 0},
        {"INSERT INTO t SELECT * FROM (VALUES (1), (2)) v", NULL, 0},
        {"SELECT * FROM t", NULL, 0},
        {"INSERT", NULL, 0},
        {"", NULL, 0},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(mem_freep) char *text = xstrdup(cases[i].sql);
        CLEANUP(mem_freep) char *left = xstrdup(cases[i].left ? cases[i].left : cases[i].sql);

        for (char *c = left; *c; c++)
            *c = *c == '~' ? ' ' : *c;
        T_EQ(sqlthin(text, strlen(text)), cases[i].gone);
        T_STR(text, left);
    }
}

static void add_row_of(struct strbuf *b, size_t columns, const char *last)
{
    for (size_t i = 0; i + 1 < columns; i++)
        strbuf_addf(b, "%s%zu", i ? "," : "(", i);
    strbuf_addf(b, ",%s)", last);
}

static void rows_of_many_columns_and_of_many_kinds_stay(void)
{
    static const char *const kinds[] = {"1", "1.5", "'a'", "NULL"};
    CLEANUP(strbuf_release) struct strbuf wide = STRBUF(0), mixed = STRBUF(0);
    size_t n = 0;

    strbuf_add_str(&wide, "INSERT INTO t VALUES ");
    add_row_of(&wide, 129, "'a'");
    strbuf_add_byte(&wide, ',');
    add_row_of(&wide, 129, "'b'");
    T_EQ(sqlthin(wide.p, wide.n), 0);
    strbuf_add_str(&mixed, "INSERT INTO t VALUES ");
    for (size_t i = 0; i < 128; i++, n++) /* each of 64 kinds twice: of 16 the second goes */
        strbuf_addf(&mixed, "%s(%s,%s,%s)", i ? "," : "", kinds[i / 16 % 4], kinds[i / 4 % 4],
                    kinds[i % 4]);
    T_EQ(n, 128);
    T_EQ(sqlthin(mixed.p, mixed.n), 16);
}

static void what_only_a_later_row_says_is_found(void)
{
    static const struct {
        const char *sql, *ids;
        size_t line, column;
    } cases[] = {
        {"ALTER TABLE t ADD COLUMN a text;\nINSERT INTO t (id, a) VALUES (NULL, 'a'), (NULL, 'b'),"
         " (7, 'c');\n",
         "DATA008", 2, 1},
        {"ALTER TYPE mood ADD VALUE 'calm';\nINSERT INTO t VALUES ('sad'), ('glad'), ('calm');\n",
         "RUN010", 2, 1},
        {"INSERT INTO t VALUES ('\xc3\xa9'), ('\xc3\xa8'), ('\xc3\xaa') RETURNIN id;\n", "RUN015",
         1, 45},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(sqllint_release) struct sqllint l = {0};
        const struct sqllint_finding *f = NULL;
        struct strbuf ids = found_in(sv_from(cases[i].sql), SQLLINT_FOR_PRUSIK, &l);

        strbuf_release(&ids);
        for (size_t k = 0; k < l.findings.n; k++)
            if (strcmp(l.findings.v[k].rule->id, cases[i].ids) == 0)
                f = &l.findings.v[k];
        T_CHECK(f != NULL);
        T_EQ(f->line, cases[i].line);
        T_EQ(f->column, cases[i].column);
    }
}

T_MAIN(T_CASE(each_vector_has_its_findings_and_its_grade),
       T_CASE(each_vector_of_sqlite_has_its_findings_its_grade_and_the_words_of_sqlite),
       T_CASE(each_labelled_file_has_the_findings_that_it_names_and_no_other),
       T_CASE(begin_and_commit_count_only_in_a_plain_file),
       T_CASE(a_lock_timeout_of_nothing_is_none), T_CASE(what_cannot_be_read_says_where),
       T_CASE(syntax_of_a_newer_server_is_named),
       T_CASE(what_is_too_long_or_too_deep_is_said_not_parsed),
       T_CASE(a_script_of_psql_commands_is_not_read_for_ever),
       T_CASE(a_long_list_is_no_deep_statement), T_CASE(the_safe_form_has_no_finding_of_its_rule),
       T_CASE(the_safe_form_of_another_tools_file_has_no_markers_of_prusik),
       T_CASE(what_a_block_or_procedure_executes_is_judged_at_its_line),
       T_CASE(a_way_back_is_judged_by_what_it_stops_and_by_what_fails),
       T_CASE(the_safe_form_of_a_way_back_is_one),
       T_CASE(rules_are_complete_and_in_the_order_of_their_ids),
       T_CASE(each_finding_says_its_statement_and_whether_that_can_be_undone),
       T_CASE(rows_that_are_as_others_are_blanked_out),
       T_CASE(rows_of_many_columns_and_of_many_kinds_stay),
       T_CASE(what_only_a_later_row_says_is_found))
