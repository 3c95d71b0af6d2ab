/*
 * Files of operations: read, carried out and undone on a file of SQLite and a PostgreSQL of the test's own; own
 * cases, and those of the folder that PRUSIK_SHARED names, when it is set.
 */
#include "base/json.h"
#include "migrate/apply.h"
#include "migrate/discover.h"
#include "migrate/ops.h"
#include "migrate_base.h"
#include "t_vectors.h"

static bool is_postgres(const struct base *b)
{
    return db_kind(b->db) == DB_POSTGRES;
}

/* A database as it was made, with `schema` in it. */
static void begin_anew(struct base *b, const char *schema)
{
    if (!b->url) {
        t_pg_start(&b->pg);
        b->url = b->pg.url;
    }
    if (!b->db)
        open_db(b);
    if (is_postgres(b)) {
        sql(b, "DROP SCHEMA IF EXISTS public, prusik CASCADE; CREATE SCHEMA public");
    } else {
        db_close(b->db);
        (void)remove("test.db");
        open_db(b);
    }
    sql(b, schema);
}

static void end(struct base *b)
{
    db_close(b->db);
    if (b->pg.pid)
        t_pg_stop(&b->pg);
}

typedef void both_fn(struct base *b);

static void on_both(both_fn *fn)
{
    struct base lite = {.url = "sqlite:test.db"}, pg = {0};

    fn(&lite);
    end(&lite);
    fn(&pg);
    end(&pg);
}

/* --- forth and back --- */

static enum err_code go(struct base *b, bool up, size_t count, struct err *err)
{
    struct apply_options o = {.retry_ms = 1};
    struct discover d;
    struct apply a;
    pendings p = {0};
    enum err_code rc = discover_tree("m", SV("auto"), db_kind(b->db), &d, err);

    if (rc != ERR_OK)
        return rc;
    rc = apply_begin(b->db, &o, &a, err);
    if (rc == ERR_OK) {
        pending_compare(&d.files, &a.rows, db_kind(b->db), &p);
        for (size_t i = 0; rc == ERR_OK && i < p.n && i < count; i++)
            if (up && p.v[i].state != PENDING_APPLIED)
                rc = apply_up(&a, &p.v[i], err);
            else if (!up)
                rc = apply_down(&a, &p.v[p.n - 1 - i], err);
        vec_release(&p);
        apply_end(&a);
    }
    discover_release(&d);
    return rc;
}

static void up(struct base *b)
{
    struct err err = {0};

    T_OK(go(b, true, 99, &err), err);
}

static void down(struct base *b)
{
    struct err err = {0};

    T_OK(go(b, false, 99, &err), err);
}

static const char *schema_of(struct base *b)
{
    if (!is_postgres(b))
        return one(
            b,
            "SELECT group_concat(type || name || coalesce(replace(replace(replace(sql, '\"', ''),"
            " ' ', ''), char(10), ''), ''), char(10)) FROM (SELECT * FROM sqlite_schema WHERE name NOT"
            " LIKE 'prusik_%' AND name NOT LIKE 'sqlite_%' ORDER BY type, name)");
    return one(
        b,
        "SELECT string_agg(x, E'\\n' ORDER BY x) FROM ("
        " SELECT 'column ' || c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' ' ||"
        "  a.attnotnull || ' ' || coalesce(pg_get_expr(d.adbin, d.adrelid), '') AS x FROM pg_class c"
        "  JOIN pg_attribute a ON a.attrelid = c.oid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum"
        "  WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND a.attnum > 0"
        "  AND NOT a.attisdropped"
        " UNION ALL SELECT 'constraint ' || conrelid::regclass || ' ' || conname || pg_get_constraintdef(oid) ||"
        "  convalidated FROM pg_constraint WHERE connamespace = 'public'::regnamespace"
        " UNION ALL SELECT 'index ' || pg_get_indexdef(indexrelid) || indisvalid FROM pg_index i JOIN pg_class c ON"
        "  c.oid = i.indexrelid WHERE c.relnamespace = 'public'::regnamespace"
        " UNION ALL SELECT 'label ' || enumtypid::regtype || ' ' || enumlabel FROM pg_enum"
        " UNION ALL SELECT 'trigger ' || pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal"
        " UNION ALL SELECT 'function ' || proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        " UNION ALL SELECT 'part ' || inhrelid::regclass || ' of ' || inhparent::regclass FROM pg_inherits i JOIN"
        "  pg_class c ON c.oid = i.inhrelid WHERE c.relkind = 'r') y");
}

/* --- operations.json --- */

static void add_part(struct strbuf *b, const struct migration_part *p)
{
    strbuf_add_str(b, p->kind == MIGRATION_CHECK       ? "check: "
                      : migration_is_backfill(p)       ? "backfill: "
                      : migration_attr(p, "rebuild").n ? "rebuild: "
                      : p->tx                          ? "tx: "
                                                       : "no tx: ");
    for (size_t i = 0; i < p->n_stmts; i++)
        strbuf_addf(b, "%s%.*s", i ? "; " : "", SV_FMT(p->stmts[i].text));
    strbuf_add_byte(b, '\n');
}

static void want_parts(const json_t *list, struct strbuf *b)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *p = json_array_get(list, i), *tx = json_object_get(p, "tx");

        if (json_is_string(p)) {
            strbuf_addf(b, "%s%s", i ? "; " : "", json_string_value(p));
            continue;
        }
        strbuf_addf(b, "%s: %s\n",
                    json_is_string(tx) ? json_string_value(tx)
                    : json_is_true(tx) ? "tx"
                                       : "no tx",
                    json_get_str(p, "sql", ""));
    }
}

/* The vectors say in words only what is looked for before anything is changed: types on the safe list, rows that do not fit. */
static bool is_asked_before(const struct migration_part *p)
{
    struct sv name = migration_attr(p, "name");

    return p->kind == MIGRATION_CHECK &&
           (sv_starts(name, SV("the type")) || sv_starts(name, SV("no row ")));
}

/* So these stand here, with what makes the database one that the operation does not fit. */
static const struct {
    const char *id, *name, *spoils;
} asked_before[] = {
    {"O07", "the type changes without rewriting the table",
     "ALTER TABLE deals ALTER COLUMN deal_type TYPE varchar(90)"},
    {"O11", "no row against valid_deal_type", "INSERT INTO deals VALUES (3, 'c', 'other')"},
    {"O12", "no row without a parent", "INSERT INTO deals VALUES (3, 'c', 'carveout', 77)"},
};

/* Its place in asked_before; as many as these are: it has none. */
static size_t asked_of(const char *id)
{
    size_t i = 0;

    while (i < ARRAY_LEN(asked_before) && strcmp(asked_before[i].id, id) != 0)
        i++;
    return i;
}

/* One part, before any that changes something; of PostgreSQL, as SQLite's change is one transaction. */
static void check_asked(const struct migration *m, const char *id, enum db_kind db)
{
    size_t want = asked_of(id), n = 0;

    for (size_t i = 0; i < m->n_parts; i++) {
        const struct migration_part *p = &m->parts[i];

        if (!is_asked_before(p) || !(p->dbs & MIGRATION_DB(db)))
            continue;
        T_CHECK(db == DB_POSTGRES && i == 0 && want < ARRAY_LEN(asked_before));
        T_CHECK(sv_is(migration_attr(p, "name"), asked_before[want].name));
        n++;
    }
    T_EQ(n, db == DB_POSTGRES && want < ARRAY_LEN(asked_before));
}

static void got_parts(const struct migration *m, bool downs, enum db_kind db, struct strbuf *b)
{
    for (size_t i = 0; i < m->n_parts; i++) {
        const struct migration_part *p = &m->parts[i];

        if ((p->kind == MIGRATION_DOWN) != downs || !(p->dbs & MIGRATION_DB(db)) || p->none ||
            !p->n_stmts)
            continue;
        if (is_asked_before(p))
            continue; /* check_asked() has it */
        if (db == DB_POSTGRES) {
            add_part(b, p);
            continue;
        }
        for (size_t s = 0; s < p->n_stmts && p->kind != MIGRATION_CHECK; s++)
            strbuf_addf(b, "%s%.*s", b->n ? "; " : "", SV_FMT(p->stmts[s].text));
    }
}

static void check_written(const struct migration *m, const json_t *want, bool downs,
                          enum db_kind db)
{
    CLEANUP(strbuf_release) struct strbuf w = STRBUF(0), g = STRBUF(0);

    if (!json_is_array(want))
        return; /* a rebuild, or nothing */
    want_parts(want, &w);
    got_parts(m, downs, db, &g);
    T_STR(strbuf_str(&g), strbuf_str(&w));
}

static void check_stored(struct base *b, const json_t *want)
{
    CLEANUP(migrations_release) struct migrations stored = {0};
    const char *text = one(b, is_postgres(b) ? "SELECT down_text FROM prusik.migration"
                                             : "SELECT down_text FROM prusik_migration");
    struct err err = {0};

    T_OK(format_read_stored(SV("stored"), sv_from(text), db_kind(b->db), &stored, &err), err);
    check_written(&stored.v.v[0], want, true, db_kind(b->db));
}

static void check_operation(struct base *b, const json_t *c, const char *schema)
{
    const char *name = strcmp(b->url, "sqlite:test.db") == 0 ? "sqlite" : "postgres";
    bool pg = name[0] == 'p';
    const char *trip = json_get_str(json_object_get(c, "round_trip"), name, "");
    const json_t *back = json_object_get(c, pg ? "postgres_down" : "sqlite_down");
    CLEANUP(strbuf_release) struct strbuf yaml = STRBUF(0), op = STRBUF(0);
    struct discover d;
    struct err err = {0};
    char before[8192];

    if (json_is_null(json_object_get(c, name)))
        return;
    begin_anew(b, schema);
    json_write(json_object_get(c, "op"), &op);
    strbuf_addf(&yaml, "prusik: 1\nup:\n- %s\n", strbuf_str(&op));
    put("m/1_a.yaml", strbuf_str(&yaml));
    T_OK(discover_tree("m", SV("auto"), db_kind(b->db), &d, &err), err);
    check_written(&d.files.v.v[0], json_object_get(c, name), false, db_kind(b->db));
    check_asked(&d.files.v.v[0], json_get_str(c, "id", ""), db_kind(b->db));
    discover_release(&d);
    (void)snprintf(before, sizeof(before), "%s", schema_of(b));
    up(b);
    if (json_array_size(json_object_get(c, name)) || !json_is_array(json_object_get(c, name)))
        check_stored(b, back);
    if (json_is_null(back)) {
        T_CHECK(!pg || go(b, false, 1, &err) == ERR_REFUSED);
        return;
    }
    down(b);
    if (strcmp(trip, "exact") == 0)
        T_STR(schema_of(b), before);
}

/* Of a database that the operation does not fit, all stays as it is; check_operation() has written the file. */
static void check_spoiled(struct base *b, const json_t *c, const char *schema)
{
    size_t i = asked_of(json_get_str(c, "id", ""));
    struct err err = {0};
    char before[8192];

    if (i == ARRAY_LEN(asked_before))
        return;
    begin_anew(b, schema);
    sql(b, asked_before[i].spoils);
    (void)snprintf(before, sizeof(before), "%s", schema_of(b));
    T_EQ(go(b, true, 1, &err), ERR_REFUSED);
    if (!strstr(err.msg, asked_before[i].name))
        T_FAIL("it says '%s'", err.msg);
    T_STR(schema_of(b), before);
}

T(the_vectors_of_operations_hold)
{
    json_t *j = t_shared_json("migrations/operations.json"), *c;
    struct base lite = {.url = "sqlite:test.db"}, pg = {0};
    size_t i;

    T_CHECK(json_array_size(json_object_get(j, "cases")) >= 21);
    begin_anew(&pg, "SELECT 1");
    json_array_foreach(json_object_get(j, "cases"), i, c)
    {
        printf("# %s\n", json_get_str(c, "id", ""));
        fflush(stdout);
        check_operation(&lite, c, json_get_str(j, "sqlite_base", ""));
        check_operation(&pg, c, json_get_str(j, "postgres_base", ""));
        check_spoiled(&pg, c, json_get_str(j, "postgres_base", ""));
    }
    json_decref(j);
    end(&lite);
    end(&pg);
}

/* --- faults --- */

T(faults_of_a_file_are_told_with_their_line)
{
    static const struct {
        const char *yaml, *why;
    } cases[] = {
        {"", "\"prusik: 1\" is missing"},
        {"prusik: 2\nup: []\n", "\"prusik: 1\" is missing"},
        {"prusik: 1\n", "'up' is missing"},
        {"prusik: 1\nup: []\n", "f.yaml:2: 'up' is a list of operations"},
        {"prusik: 1\nupp: []\n", "did you mean 'up'?"},
        {"prusik: 1\nup:\n- add_colum: {}\n",
         "f.yaml:3: unknown operation \"add_colum\"; did you mean \"add_column\"? (FMT018)"},
        {"prusik: 1\nup:\n- zzzzzzzzzzzzzzz: {}\n", "unknown operation \"zzzzzzzzzzzzzzz\""},
        {"prusik: 1\nup:\n- add_column\n", "an operation is one name with its fields"},
        {"prusik: 1\nup:\n- add_column: {table: t, column: c}\n", "add_column: 'type' is missing"},
        {"prusik: 1\nup:\n- add_column: {table: t, column: c, type: text, nul: no}\n",
         "did you mean 'null'?"},
        {"prusik: 1\nup:\n- add_column: {table: t, column: c, type: text, null: maybe}\n",
         "'null' is yes or no"},
        {"prusik: 1\nup:\n- add_column: {table: t, column: c, type: text, null: no}\n",
         "needs a value for each row"},
        {"prusik: 1\nup:\n- add_column: {table: t, column: c, type: uuid, default: f()}\n",
         "needs a value for each row"},
        {"prusik: 1\nup:\n- add_column: {table: t, column: c, type: text, backfill: {keys: 1}}\n",
         "did you mean 'key'?"},
        {"prusik: 1\nup:\n- add_column: {table: t, column: c, type: text, references: {x: 1}}\n",
         "references has no key 'x'"},
        {"prusik: 1\nup:\n- add_check: {table: t, name: n, expr: 'a); DROP TABLE t; --'}\n",
         "closes a parenthesis"},
        {"prusik: 1\nup:\n- add_check: {table: t, name: n, expr: 'a; b'}\n", "has a ';'"},
        {"prusik: 1\nup:\n- add_check: {table: t, name: n, expr: 'a -- b'}\n", "has a comment"},
        {"prusik: 1\nup:\n- add_check: {table: t, name: n, expr: \"'a\"}\n", "is not closed"},
        {"prusik: 1\nup:\n- add_check: {table: t, name: n, expr: '(a'}\n",
         "does not close a parenthesis"},
        {"prusik: 1\nup:\n- add_check: {table: t, name: n, expr: {mysql: a}}\n",
         "a text for each database has no key 'mysql'"},
        {"prusik: 1\nup:\n- add_check: {table: [t], name: n, expr: a}\n", "'table' is a text"},
        {"prusik: 1\nup:\n- add_check: {table: \"a\\nb\", name: n, expr: a}\n",
         "control characters"},
        {"prusik: 1\nup:\n- add_unique: {table: t, name: n, columns: a}\n",
         "a list of names is needed"},
        {"prusik: 1\nup:\n- add_foreign_key: {table: t, name: n, columns: [a], to_table: p, to_columns: [b], on_delete: 'x;'}\n",
         "is no action of a foreign key"},
        {"prusik: 1\nup:\n- create_index: {table: t, name: n}\n", "takes 'columns' or 'exprs'"},
        {"prusik: 1\nup:\n- create_enum: {name: n, values: a}\n", "a list of values is needed"},
        {"prusik: 1\nup:\n- create_table: {table: t, columns: a}\n", "are lists"},
        {"prusik: 1\nup:\n- create_table: {table: t, columns: [{name: a}]}\n",
         "a column needs 'name' and 'type'"},
        {"prusik: 1\nup:\n- create_table: {table: t, columns: [{name: a, typ: b}]}\n",
         "did you mean 'type'?"},
        {"prusik: 1\nup:\n- create_table: {table: t, columns: [{name: a, type: b, null: x}]}\n",
         "are yes or no"},
        {"prusik: 1\nup:\n- create_table: {table: t, columns: [{name: a, type: b}], foreign_keys: [{x: y}]}\n",
         "a foreign key has no key 'x'"},
        {"prusik: 1\nup:\n- backfill: {job: j, table: t, set: a, where: b}\n", "'set' is a map"},
        {"prusik: 1\nup:\n- map_values: {table: t, column: c, map: a}\n", "'map' is a map"},
        {"prusik: 1\nup:\n- map_values: {table: t, column: c, map: {a: b, b: c}}\n",
         "is an old and a new value"},
        {"prusik: 1\nup:\n- sql: {postgres: \"SELECT 1;\\n-- prusik:down\\nDROP TABLE t\"}\n",
         "a marker"},
        {"prusik: 1\nup:\n- sql: {postgres: \"SELECT '\"}\n", "in the SQL of the operations"},
        {"prusik: 1\nup:\n- drop_index: {name: a}\ndown: maybe\n",
         "'down' is auto, none or a list"},
        {"prusik: 1\ncheck: [{name: a}]\nup:\n- drop_index: {name: a}\n",
         "f.yaml:2: 'sql' is missing"},
        {"prusik: 1\ncheck: [{nam: a}]\nup:\n- drop_index: {name: a}\n", "did you mean 'name'?"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(migrations_release) struct migrations got = {0};
        struct err err = {0};

        T_EQ(format_read(&format_prusik, SV("1_f.yaml"), sv_from(cases[i].yaml), DB_SQLITE, &got,
                         &err),
             ERR_INVALID);
        if (!strstr(err.msg, cases[i].why) && !strstr(err.hint, cases[i].why))
            T_FAIL("%s says '%s' and not '%s'", cases[i].yaml, err.msg, cases[i].why);
    }
}

/* --- own cases --- */

static const char shop[] =
    "CREATE TABLE shop (id integer PRIMARY KEY, name text, kind text, note text);"
    "INSERT INTO shop VALUES (1, 'a', 'old', NULL), (2, 'b', NULL, 'n'), (3, 'c', 'odd', 'm')";

static void all_kinds(struct base *b)
{
    char before[8192];

    begin_anew(b, shop);
    (void)snprintf(before, sizeof(before), "%s", schema_of(b));
    put("m/1_a.yml",
        "prusik: 1\ntitle: all of it\ncheck: [{name: some, sql: SELECT count(*) > 1 FROM shop}]\n"
        "up:\n"
        "- create_table: {table: town, columns: [{name: a, type: integer, null: no}, {name: b, type: numeric, default: 1, check: b > 0},\n"
        "    {name: c, type: integer, generated: a + 1}, {name: d, type: text, default: {postgres: lower('D'), sqlite: lower('D')}}],\n"
        "    primary_key: [a, b], checks: [{name: town_a, expr: a > 0}]}\n"
        "- add_column: {table: shop, column: town, type: integer, default: 7, null: no, check: town > 0}\n"
        "- add_column: {table: shop, column: size, type: integer, null: no, backfill: {set: id * 2}}\n"
        "- rename_column: {table: shop, from: note, to: remark}\n"
        "- set_default: {table: shop, column: name, default: null}\n"
        "- drop_index: {name: gone}\n"
        "- create_index: {table: shop, name: shop_low, exprs: [lower(name)], unique: yes, where: name IS NOT NULL}\n"
        "- create_view: {name: names, query: SELECT name FROM shop}\n"
        "- replace_view: {name: names, query: 'SELECT id, name FROM shop'}\n"
        "- drop_view: {name: names}\n"
        "- drop_not_null: {table: shop, column: size}\n"
        "- sql: {postgres: 'CREATE SEQUENCE sq', sqlite: 'CREATE TABLE sq (a)', down: {postgres: DROP SEQUENCE sq, sqlite: DROP TABLE sq}}\n"
        "verify: [{sql: SELECT count(*) = 3 FROM shop WHERE size = id * 2}]\n");
    sql(b, "CREATE INDEX gone ON shop (kind)");
    (void)snprintf(before, sizeof(before), "%s", schema_of(b));
    up(b);
    T_STR(one(b, "SELECT sum(size) FROM shop WHERE town = 7"), "12");
    sql(b, "UPDATE shop SET size = NULL WHERE id = 1");
    {
        struct err err = {0};

        T_EQ(go(b, false, 1, &err), ERR_REFUSED);
        T_CHECK(strstr(err.msg, "has nulls") != NULL);
    }
    sql(b, "UPDATE shop SET size = 2 WHERE id = 1");
    down(b);
    T_STR(schema_of(b), before);
}

T(operations_of_all_kinds_go_forth_and_back)
{
    on_both(all_kinds);
}

static void values(struct base *b)
{
    begin_anew(b, shop);
    put("m/1_a.yml",
        "prusik: 1\nup:\n"
        "- map_values: {table: shop, column: kind, map: {old: new}, null: none, other: rest, keep: yes}\n");
    up(b);
    T_STR(one(b, is_postgres(b)
                     ? "SELECT string_agg(kind, ',' ORDER BY id) FROM shop"
                     : "SELECT group_concat(kind) FROM (SELECT kind FROM shop ORDER BY id)"),
          "new,none,rest");
    sql(b, "UPDATE shop SET kind = 'mine' WHERE id = 3");
    down(b);
    T_STR(
        one(b,
            is_postgres(b)
                ? "SELECT string_agg(coalesce(kind, '-'), ',' ORDER BY id) FROM shop"
                : "SELECT group_concat(coalesce(kind, '-')) FROM (SELECT kind FROM shop ORDER BY id)"),
        "old,-,mine");
    up(b); /* and a second time */
    T_STR(one(b, "SELECT count(*) FROM shop WHERE kind IN ('new', 'none', 'rest')"), "3");
}

T(values_are_mapped_in_order_and_put_back_where_nobody_changed_them)
{
    on_both(values);
}

static void two_phases(struct base *b)
{
    begin_anew(b, shop);
    put("m/1_a.yml",
        "prusik: 1\nup:\n- expand_rename: {table: shop, from: note, to: remark, type: text}\n");
    up(b);
    sql(b, "INSERT INTO shop (id, note) VALUES (4, 'by old code')");
    sql(b, "INSERT INTO shop (id, remark) VALUES (5, 'by new code')");
    sql(b, "UPDATE shop SET note = 'old again' WHERE id = 2");
    sql(b, "UPDATE shop SET remark = 'new again' WHERE id = 3");
    sql(b, "UPDATE shop SET remark = NULL WHERE id = 4");
    T_STR(
        one(b,
            is_postgres(b)
                ? "SELECT string_agg(coalesce(note, '-') || '=' || coalesce(remark, '-'), ' ' ORDER BY id) FROM shop"
                : "SELECT group_concat(coalesce(note, '-') || '=' || coalesce(remark, '-'), ' ') FROM"
                  " (SELECT * FROM shop ORDER BY id)"),
        "-=- old again=old again new again=new again -=- by new code=by new code");
    put("m/2_b.yml", "prusik: 1\nup:\n- contract_rename: {table: shop, from: note, to: remark}\n");
    up(b);
    T_STR(one(b, "SELECT remark FROM shop WHERE id = 5"), "by new code");
    T_CHECK(strstr(schema_of(b), "_sync") == NULL);
    (void)remove("m/2_b.yml");
}

/* Between the phases again: old code can be put back, and the next step leads on, forth and back. */
static void two_phases_back(struct base *b)
{
    static const char *const both =
        "SELECT count(*) FROM shop WHERE coalesce(note, '-') = coalesce(remark, '-') AND stage = phase";
    struct err err = {0};

    begin_anew(b, shop);
    sql(b, "ALTER TABLE shop ADD COLUMN stage text DEFAULT 'first'");
    put("m/1_a.yml",
        "prusik: 1\nup:\n- expand_rename: {table: shop, from: note, to: remark, type: text}\n"
        "- expand_rename: {table: shop, from: stage, to: phase, type: text}\n");
    put("m/2_b.yml", "prusik: 1\nup:\n- contract_rename: {table: shop, from: note, to: remark}\n"
                     "- contract_rename: {table: shop, from: stage, to: phase}\n");
    T_OK(go(b, true, 1, &err), err);
    sql(b, "INSERT INTO shop (id, phase) VALUES (6, 'by new code')");
    T_STR(one(b, "SELECT stage FROM shop WHERE id = 6"), "by new code");
    sql(b, "INSERT INTO shop (id) VALUES (7)");
    T_STR(one(b, "SELECT phase FROM shop WHERE id = 7"), "first");
    up(b);
    sql(b, "UPDATE shop SET remark = 'newest' WHERE id = 2");
    T_OK(go(b, false, 1, &err), err);
    T_STR(one(b, both), "5");
    T_STR(one(b, "SELECT note FROM shop WHERE id = 2"), "newest");
    T_STR(one(b, "SELECT stage FROM shop WHERE id = 6"), "by new code");
    sql(b, "INSERT INTO shop (id, note) VALUES (8, 'by old code')");
    T_STR(one(b, "SELECT remark || phase FROM shop WHERE id = 8"), "by old codefirst");
    up(b); /* forth again */
    T_STR(one(b, "SELECT remark FROM shop WHERE id = 8"), "by old code");
    T_OK(go(b, false, 2, &err), err);
    T_STR(one(b, "SELECT note || stage FROM shop WHERE id = 8"), "by old codefirst");
    T_CHECK(strstr(schema_of(b), "remark") == NULL && strstr(schema_of(b), "_sync") == NULL);
    (void)remove("m/2_b.yml");
}

T(the_way_back_of_a_rename_leads_between_its_phases_and_then_before_them)
{
    on_both(two_phases_back);
}

T(a_name_changes_in_two_phases_with_both_codes_between_them)
{
    on_both(two_phases);
}

static void no_way_back(struct base *b)
{
    static const char *const files[] = {
        "- drop_table: {table: shop}\n",
        "- backfill: {job: j, table: shop, set: {kind: \"'x'\"}, where: kind <> 'x'}\n",
        "- map_values: {table: shop, column: kind, map: {old: new}, other: keep}\n",
        "- sql: {postgres: SELECT 1, sqlite: SELECT 1}\n",
        "- drop_index: {name: i}\ndown: none\n",
    };

    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        CLEANUP(strbuf_release) struct strbuf yaml = STRBUF(0);
        struct err err = {0};

        begin_anew(b, shop);
        sql(b, "CREATE INDEX i ON shop (name)");
        strbuf_addf(&yaml, "prusik: 1\nup:\n%s", files[i]);
        put("m/1_a.yml", strbuf_str(&yaml));
        up(b);
        T_EQ(go(b, false, 1, &err), ERR_REFUSED);
        T_CHECK(strstr(err.msg, "has no way back") != NULL);
    }
}

T(what_would_lose_data_has_no_way_back)
{
    on_both(no_way_back);
}

static void drop_family(struct base *b)
{
    struct err err = {0};

    begin_anew(b, shop);
    sql(b,
        "CREATE TABLE town (id integer PRIMARY KEY, near integer REFERENCES town (id));"
        "CREATE TABLE house (id integer PRIMARY KEY, town integer REFERENCES town (id), shop integer"
        " REFERENCES shop (id));"
        "INSERT INTO town VALUES (1, 1); INSERT INTO house VALUES (1, 1, NULL)");
    put("m/1_a.yml", "prusik: 1\nup:\n- drop_table: {table: town}\n- drop_table: {table: house}\n");
    T_EQ(go(b, true, 1, &err), ERR_REFUSED);
    T_CHECK(strstr(err.msg, is_postgres(b) ? "no row refers to it" : "house row 1 to town") !=
            NULL);
    T_CHECK(strstr(schema_of(b), "town") != NULL);
    sql(b, "UPDATE house SET town = NULL");
    up(b);
    T_CHECK(strstr(schema_of(b), "town") == NULL && strstr(schema_of(b), "house") == NULL);
    put("m/2_b.yml",
        "prusik: 1\nup:\n- create_table: {table: house, columns: [{name: shop, type: integer}],"
        " foreign_keys: [{columns: [shop], to_table: shop, to_columns: [id]}]}\n"
        "down:\n- drop_table: {table: house}\n");
    up(b);
    T_OK(go(b, false, 1, &err), err);
    T_CHECK(strstr(schema_of(b), "house") == NULL);
    (void)remove("m/2_b.yml");
    (void)remove("m/1_a.yml");
}

T(a_table_goes_without_its_keys_and_only_when_no_row_refers_to_it)
{
    on_both(drop_family);
}

static void refused(struct base *b)
{
    static const struct {
        const char *op, *why;
    } cases[] = {
        {"- set_not_null: {table: shop, column: kind}\n", "kind"},
        {"- map_values: {table: shop, column: kind, map: {old: new}}\n", "no other values"},
        {"- add_unique: {table: shop, name: u, columns: [twice]}\n", "no duplicates"},
        {"- create_index: {table: shop, name: u, columns: [twice], unique: yes}\n",
         "no duplicates"},
        {"- create_index: {table: shop, name: u, columns: [twice], unique: yes, where: id > 1}\n",
         "no duplicates"},
        {"- add_check: {table: shop, name: ck, expr: twice > 5}\n", "ck"},
        {"- add_foreign_key: {table: shop, name: fk, columns: [far], to_table: shop, to_columns: [id]}\n",
         "parent"},
        {"- backfill: {job: j, table: shop, set: {twice: twice + 1}, where: twice > 0}\n",
         "rows still match its WHERE after 3 passes"},
        {"- backfill: {job: j, table: shop, set: {twice: 1 / (id - 2)}, where: twice = 1, batch: 2}\n",
         NULL},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(strbuf_release) struct strbuf yaml = STRBUF(0);
        struct err err = {0};

        if (!cases[i].why && !is_postgres(b))
            continue; /* SQLite divides by zero */
        begin_anew(b, shop);
        sql(b, "ALTER TABLE shop ADD COLUMN twice integer DEFAULT 1");
        sql(b, "ALTER TABLE shop ADD COLUMN far integer DEFAULT 77");
        strbuf_addf(&yaml, "prusik: 1\nup:\n%s", cases[i].op);
        put("m/1_a.yml", strbuf_str(&yaml));
        T_CHECK(go(b, true, 1, &err) != ERR_OK);
        if (!strstr(err.msg, cases[i].why ? cases[i].why : "row '2'"))
            T_FAIL("it says '%s'", err.msg);
        if (is_postgres(
                b)) /* a constraint that is not proven would refuse what programs write from then on */
            T_STR(one(b, "SELECT count(*) FROM pg_constraint WHERE NOT convalidated"), "0");
    }
}

T(what_does_not_fit_is_named_before_or_where_it_stops)
{
    on_both(refused);
}

/* What a statement, or another name, before an operation makes is not known before it. */
static void mended(struct base *b)
{
    begin_anew(b, shop);
    sql(b, "ALTER TABLE shop ADD COLUMN twice integer DEFAULT 1");
    sql(b, "ALTER TABLE shop ADD COLUMN far integer DEFAULT 77");
    put("m/1_a.yml",
        "prusik: 1\nup:\n"
        "- sql: {postgres: 'UPDATE shop SET far = id, twice = id, kind = id', sqlite: 'UPDATE shop SET far = id, twice = id, kind = id'}\n"
        "- rename_table: {from: shop, to: store}\n"
        "- add_unique: {table: store, name: u, columns: [twice]}\n"
        "- create_index: {table: store, name: far_once, columns: [far], unique: yes}\n"
        "- add_check: {table: store, name: ck, expr: far < 70}\n"
        "- add_foreign_key: {table: store, name: fk, columns: [far], to_table: store, to_columns: [id]}\n"
        "- set_not_null: {table: store, column: kind}\n");
    up(b);
    T_STR(one(b, "SELECT count(*) FROM store WHERE kind IS NOT NULL AND far = id"), "3");
}

T(what_is_mended_before_it_in_the_file_is_not_asked_for)
{
    on_both(mended);
}

static void types(struct base *b)
{
    struct err err = {0};

    begin_anew(
        b,
        "CREATE TABLE t (id integer PRIMARY KEY, a varchar(20), n numeric(5,2)); INSERT INTO t VALUES (1, 'x', 1)");
    put("m/1_a.yml",
        "prusik: 1\nup:\n- set_type: {table: t, column: a, type: varchar(30)}\n- set_type: {table: t, column: n, type: 'numeric(9,2)'}\n"
        "- set_type: {table: t, column: a, type: text}\n");
    if (is_postgres(b)) { /* the last is from varchar(30), as the first has left it */
        up(b);
        T_CHECK(strstr(schema_of(b), "t.a text") && strstr(schema_of(b), "numeric(9,2)"));
        down(b);
        T_CHECK(strstr(schema_of(b), "t.a character varying(20)") != NULL);
        put("m/1_a.yml", "prusik: 1\nup:\n- set_type: {table: t, column: a, type: varchar(10)}\n");
        T_EQ(go(b, true, 1, &err), ERR_REFUSED);
        T_CHECK(strstr(err.msg, "without rewriting") != NULL);
    } else {
        up(b);
        down(b);
        T_CHECK(strstr(schema_of(b), "avarchar(20)") != NULL);
    }
}

T(a_type_changes_in_place_or_is_refused)
{
    on_both(types);
}

T_MAIN(T_CASE(faults_of_a_file_are_told_with_their_line), T_CASE(the_vectors_of_operations_hold),
       T_CASE(operations_of_all_kinds_go_forth_and_back),
       T_CASE(values_are_mapped_in_order_and_put_back_where_nobody_changed_them),
       T_CASE(a_name_changes_in_two_phases_with_both_codes_between_them),
       T_CASE(the_way_back_of_a_rename_leads_between_its_phases_and_then_before_them),
       T_CASE(what_would_lose_data_has_no_way_back),
       T_CASE(a_table_goes_without_its_keys_and_only_when_no_row_refers_to_it),
       T_CASE(what_does_not_fit_is_named_before_or_where_it_stops),
       T_CASE(what_is_mended_before_it_in_the_file_is_not_asked_for),
       T_CASE(a_type_changes_in_place_or_is_refused))
