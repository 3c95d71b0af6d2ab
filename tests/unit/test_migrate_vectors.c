/*
 * The vectors of the folder that PRUSIK_SHARED names, when it is set: files of migrations of every tool, where their
 * statements end, and what tools keep as checksums.
 */
#include "base/file.h"
#include "base/json.h"
#include "base/sv.h"
#include "migrate/checksum.h"
#include "migrate/order.h"
#include "migrate/sqlsplit.h"
#include "t_vectors.h"

static void check_sv(struct sv got, const char *want)
{
    if (!sv_is(got, want ? want : ""))
        T_FAIL("it is '%.*s' and should be '%s'", SV_FMT(got), want ? want : "(null)");
}

typedef void case_fn(json_t *c);

static size_t run(const char *file, const char *list, case_fn *fn)
{
    CLEANUP(strbuf_release) struct strbuf name = STRBUF(0);
    json_t *j, *c;
    size_t i, n;

    strbuf_addf(&name, "migrations/%s", file);
    j = t_shared_json(strbuf_str(&name));
    n = json_array_size(json_object_get(j, list));
    T_CHECK(n > 0);
    json_array_foreach(json_object_get(j, list), i, c)
    {
        printf("# %s %s%s\n", file, json_get_str(c, "id", ""), json_get_str(c, "case", ""));
        fflush(stdout);
        fn(c);
    }
    json_decref(j);
    return n;
}

/* --- splitting.json --- */

static void check_texts(const json_t *want, const sqlsplit_stmts *got)
{
    T_EQ(got->n, json_array_size(want));
    for (size_t i = 0; i < got->n; i++)
        check_sv(got->v[i].text, json_string_value(json_array_get(want, i)));
}

static void case_split(json_t *c)
{
    struct sqltext t = {.path = SV("x.sql"), .text = json_get_sv(c, "text")};
    enum db_kind db = sv_is(json_get_sv(c, "database"), "sqlite") ? DB_SQLITE : DB_POSTGRES;
    const char *want = json_get_str(c, "error", NULL);
    sqlsplit_stmts got = {0};
    struct err err = {0};
    enum err_code rc = sqlsplit(&t, 0, t.text.n, db, &got, &err);

    if (want) {
        T_EQ(rc, ERR_INVALID);
        T_CHECK(strstr(err.msg, want) != NULL);
    } else {
        T_OK(rc, err);
        check_texts(json_object_get(c, "statements"), &got);
    }
    vec_release(&got);
}

T(statements_end_where_the_vectors_say)
{
    size_t n = run("splitting.json", "cases", case_split);

    T_CHECK(n == 0 || n >= 33);
}

/* --- parsing.json --- */

static void check_part(const json_t *want, const struct migration_part *got)
{
    const json_t *stmts = json_object_get(want, "statements"),
                 *attrs = json_object_get(want, "attrs");
    const char *key;
    json_t *v;

    T_STR(migration_kind_text(got->kind), json_get_str(want, "kind", ""));
    if (json_object_get(want, "part"))
        check_sv(got->name, json_get_str(want, "part", ""));
    if (json_object_get(want, "tx"))
        T_EQ(got->tx, json_get_bool(want, "tx", true));
    T_EQ(got->none, json_get_bool(want, "none", false));
    T_EQ(got->restore, json_get_bool(want, "restore", false));
    T_EQ(got->n_stmts, json_array_size(stmts));
    for (size_t i = 0; i < got->n_stmts; i++)
        check_sv(got->stmts[i].text, json_string_value(json_array_get(stmts, i)));
    json_object_foreach((json_t *)(uintptr_t)attrs, key, v)
    {
        if (strcmp(key, "of") == 0)
            check_sv(got->name, json_string_value(v));
        else
            check_sv(migration_attr(got, key), json_string_value(v));
    }
}

static void check_parts(const json_t *want, const struct migration *m, unsigned dbs)
{
    size_t n = 0;

    if (!want)
        return;
    for (size_t i = 0; i < m->n_parts; i++) {
        const struct migration_part *p = &m->parts[i];

        if (!(p->dbs & dbs) || p->kind == MIGRATION_CHECK)
            if (!json_object_get(json_array_get(want, n), "kind") ||
                strcmp(json_get_str(json_array_get(want, n), "kind", ""), "check") != 0)
                continue;
        /* an empty block, where the tool asks for one, is there with nothing in it */
        if (p->kind == MIGRATION_DOWN && !p->n_stmts && !p->none && !p->restore &&
            n == json_array_size(want))
            continue;
        T_CHECK(n < json_array_size(want));
        check_part(json_array_get(want, n++), p);
    }
    T_EQ(n, json_array_size(want));
}

static void check_list(const json_t *want, const struct sv *got, size_t n)
{
    T_EQ(n, json_array_size(want));
    for (size_t i = 0; i < n; i++)
        check_sv(got[i], json_string_value(json_array_get(want, i)));
}

static void check_name(const json_t *want, const struct migration *m)
{
    static const char *const names[] = {"name", "description", "app"};

    if (json_get_str(want, "version", NULL))
        check_sv(m->version, json_get_str(want, "version", ""));
    for (size_t i = 0; i < 2; i++)
        if (json_object_get(want, names[i]))
            check_sv(m->name, json_get_str(want, names[i], ""));
    if (json_object_get(want, "app"))
        check_sv(m->version, json_get_str(want, "app", ""));
    T_EQ(m->code, json_get_bool(want, "code", false));
    if (json_is_null(json_object_get(want, "version")))
        T_CHECK(m->repeatable && !m->version.n);
    if (json_object_get(want, "hash"))
        check_sv(m->hash, json_get_str(want, "hash", ""));
    if (json_object_get(want, "requires"))
        check_list(json_object_get(want, "requires"), m->requires, m->n_requires);
    if (json_object_get(want, "sha384")) {
        struct checksum_text sum = checksum_sha384(m->bytes);

        T_STR(sum.s, json_get_str(want, "sha384", ""));
    }
}

static void check_header(const json_t *want, const struct migration *m)
{
    const char *key;
    json_t *v;
    size_t n = 0;

    if (!want)
        return;
    json_object_foreach((json_t *)(uintptr_t)want, key, v)
    {
        for (size_t i = 0; i < m->n_header; i++)
            if (sv_is(m->header[i].key, key)) {
                check_sv(m->header[i].value, json_string_value(v));
                n++;
            }
    }
    T_EQ(n, json_object_size(want));
}

static void check_preconditions(const json_t *want, const struct migration *m)
{
    for (size_t i = 0; i < json_array_size(want); i++) {
        CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
        struct sv value = migration_attr(&m->parts[i], "expect");

        T_EQ(m->parts[i].kind, MIGRATION_CHECK);
        T_CHECK(sv_eat(&value, SV("value:")));
        strbuf_addf(&b, "expectedResult:%.*s %.*s", SV_FMT(value),
                    SV_FMT(m->parts[i].stmts[0].text));
        T_STR(strbuf_str(&b), json_string_value(json_array_get(json_array_get(want, i), 1)));
    }
}

static void check_changes(const json_t *want, const struct migrations *got)
{
    size_t i;
    json_t *c;

    T_EQ(got->v.n, json_array_size(want));
    json_array_foreach((json_t *)(uintptr_t)want, i, c)
    {
        const struct migration *m = &got->v.v[i];
        const json_t *tags = json_object_get(c, "tags");

        check_sv(m->name, json_get_str(c, "change", ""));
        check_sv(m->hash, json_get_str(c, "change_id", ""));
        check_sv(m->title, json_get_str(c, "note", ""));
        check_list(json_object_get(c, "requires"), m->requires, m->n_requires);
        T_EQ(m->n_header, json_array_size(tags));
        if (m->n_header)
            check_sv(m->header[0].value, json_string_value(json_array_get(tags, 0)));
    }
}

static void check_changesets(const json_t *want, const struct migrations *got, unsigned dbs)
{
    size_t i;
    json_t *c;

    T_EQ(got->v.n, json_array_size(want));
    json_array_foreach((json_t *)(uintptr_t)want, i, c)
    {
        check_sv(got->v.v[i].version, json_get_str(c, "key", ""));
        check_parts(json_object_get(c, "parts"), &got->v.v[i], dbs);
        check_preconditions(json_object_get(c, "preconditions"), &got->v.v[i]);
    }
}

static void check_graph(const json_t *want, struct migrations *got)
{
    order_indices heads = {0};
    struct err err = {0};
    const json_t *order = json_object_get(want, "order"), *names = json_object_get(want, "heads");

    T_OK(order_settle(got, &err), err);
    for (size_t i = 0; i < got->v.n; i++)
        check_sv(got->v.v[i].version, json_string_value(json_array_get(order, i)));
    order_heads(got, &heads);
    T_EQ(heads.n, json_array_size(names));
    for (size_t i = 0; i < heads.n; i++)
        check_sv(got->v.v[heads.v[i]].version, json_string_value(json_array_get(names, i)));
    vec_release(&heads);
}

static enum err_code read_case(const struct format *f, json_t *c, enum db_kind db,
                               struct migrations *ret, struct err *err)
{
    const json_t *text = json_object_get(c, "text");
    struct sv path = json_get_sv(c, "path");
    enum err_code rc;
    const char *name;
    json_t *v;

    if (json_is_object(text)) {
        json_object_foreach((json_t *)(uintptr_t)text, name,
                            v) if (format_read(f, sv_from(name), sv_from(json_string_value(v)), db,
                                               ret, err) != ERR_OK) return err->code;
        return ERR_OK;
    }
    rc = f->read && !json_get_sv(c, "text").n && json_object_get(c, "expect")
             ? ERR_OK
             : format_read(f, path, json_get_sv(c, "text"), db, ret, err);
    if (rc != ERR_OK || ret->v.n)
        return rc;
    *vec_add(&ret->v) = (struct migration){.format = f}; /* only the name is looked at */
    {
        struct format_name n;

        if (format_name(f, path, &ret->arena, &n, err) != ERR_OK)
            return err->code;
        vec_last(&ret->v)->version = n.version;
        vec_last(&ret->v)->name = n.name;
        vec_last(&ret->v)->code = n.code;
        vec_last(&ret->v)->repeatable = n.repeatable;
    }
    return ERR_OK;
}

static void read_rollback(const struct format *f, json_t *c, struct migrations *ret)
{
    struct err err = {0};

    if (!json_object_get(c, "rollback_text"))
        return;
    T_OK(format_read(f, SV("0001.x.rollback.sql"), json_get_sv(c, "rollback_text"), DB_POSTGRES,
                     ret, &err),
         err);
    vec_last(&ret->v)->n_requires = 0;
    ret->v.v[0].n_requires = 0; /* what it depends on is not among the vectors */
    T_OK(order_settle(ret, &err), err);
    T_EQ(ret->v.n, 1);
}

static void check_wanted(const json_t *want, struct migrations *got, unsigned dbs)
{
    if (json_object_get(want, "changes"))
        check_changes(json_object_get(want, "changes"), got);
    else if (json_object_get(want, "changesets"))
        check_changesets(json_object_get(want, "changesets"), got, dbs);
    else if (json_object_get(want, "heads"))
        check_graph(want, got);
    else {
        T_EQ(got->v.n, 1);
        check_name(want, &got->v.v[0]);
        check_header(json_object_get(want, "header"), &got->v.v[0]);
        check_parts(json_object_get(want, "parts"), &got->v.v[0], dbs);
    }
}

static void case_parse(json_t *c)
{
    const struct format *f = format_find(json_get_sv(c, "format"));
    enum db_kind db =
        strcmp(json_get_str(c, "db", "postgres"), "sqlite") == 0 ? DB_SQLITE : DB_POSTGRES;
    CLEANUP(migrations_release) struct migrations got = {0};
    const char *want = json_get_str(c, "error", NULL);
    struct err err = {0};
    enum err_code rc;

    T_CHECK(f != NULL);
    rc = read_case(f, c, db, &got, &err);
    if (want) {
        struct sv rest = sv_from(want), id;

        T_EQ(rc, ERR_INVALID);
        T_CHECK(sv_split(&rest, ':', &id) && sv_has(sv_from(err.msg), id));
        if (rest.p)
            T_CHECK(sv_has(sv_from(err.msg), rest));
        T_EQ(got.v.n, 0);
        return;
    }
    T_OK(rc, err);
    if (json_object_get(json_object_get(c, "expect"), "requires") && got.v.n == 1) {
        const json_t *requires = json_object_get(json_object_get(c, "expect"), "requires");

        check_list(requires, got.v.v[0].requires, got.v.v[0].n_requires);
        json_object_del(json_object_get(c, "expect"), "requires");
    }
    read_rollback(f, c, &got);
    check_wanted(json_object_get(c, "expect"), &got, MIGRATION_DB(db));
}

T(files_of_every_tool_are_read_as_the_vectors_say)
{
    size_t n = run("parsing.json", "cases", case_parse);

    T_CHECK(n == 0 || n >= 95);
}

/* --- checksums.json --- */

static struct strbuf case_bytes(const json_t *c)
{
    struct strbuf b = STRBUF(0);
    struct sv hex = json_get_sv(c, "input_hex");

    if (!hex.n)
        strbuf_add_sv(&b, json_get_sv(c, "input"));
    for (size_t i = 0; i + 1 < hex.n; i += 2) {
        char two[3] = {hex.p[i], hex.p[i + 1], 0};

        strbuf_add_byte(&b, (char)strtol(two, NULL, 16));
    }
    return b;
}

static void sum_prusik(json_t *c, struct sv bytes)
{
    CLEANUP(migrations_release) struct migrations got = {0};
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct err err = {0};

    T_OK(format_read(&format_prusik, SV("1_x.sql"), bytes, DB_POSTGRES, &got, &err), err);
    check_sv(got.v.v[0].p1, json_get_str(c, "p1", ""));
    check_sv(got.v.v[0].s1, json_get_str(c, "s1", ""));
    migration_digest_text(&got.v.v[0], &text);
    if (json_object_get(c, "s1_text"))
        T_STR(strbuf_str(&text), json_get_str(c, "s1_text", ""));
}

static void sum_flyway(json_t *c, struct sv bytes)
{
    T_EQ(checksum_flyway(bytes), json_get_int(c, "checksum", 0));
}

static void sum_sqitch(json_t *c, struct sv bytes)
{
    struct checksum_text script = checksum_sha1(bytes),
                         id = checksum_sqitch_change(json_get_sv(c, "info"));

    T_STR(script.s, json_get_str(c, "script_hash", ""));
    T_STR(id.s, json_get_str(c, "change_id", ""));
}

static void sum_graphile(json_t *c, struct sv bytes UNUSED)
{
    struct checksum_text got =
        checksum_graphile(json_get_sv(c, "previous"), json_get_sv(c, "body"));

    T_STR(got.s, json_get_str(c, "hash", ""));
}

static void sum_yoyo(json_t *c, struct sv bytes)
{
    struct hash h = hash_of(bytes);
    struct hash_text hex = hash_hex(&h);

    T_STR(hex.s, json_get_str(c, "hash", ""));
}

static void sum_prisma(json_t *c, struct sv bytes)
{
    size_t i;
    json_t *v;

    T_CHECK(checksum_is_prisma(bytes, json_get_sv(c, "checksum")));
    T_CHECK(!checksum_is_prisma(SV("other"), json_get_sv(c, "checksum")));
    json_array_foreach(json_object_get(c, "also_accepted"), i, v)
        T_CHECK(checksum_is_prisma(bytes, sv_from(json_string_value(v))));
}

static void sum_sqlx(json_t *c, struct sv bytes)
{
    struct checksum_text got = checksum_sha384(bytes);

    T_STR(got.s, json_get_str(c, "checksum", ""));
}

static void sum_atlas(json_t *c, struct sv bytes UNUSED)
{
    CLEANUP(strbuf_release) struct strbuf got = STRBUF(0);
    struct checksum_file files[8];
    size_t i;
    json_t *v;

    json_array_foreach(json_object_get(c, "files"), i, v)
    {
        files[i].name = sv_from(json_string_value(json_array_get(v, 0)));
        files[i].text = sv_from(json_string_value(json_array_get(v, 1)));
    }
    checksum_atlas(files, i, &got);
    T_STR(strbuf_str(&got), json_get_str(c, "atlas_sum", ""));
}

static void case_sum(json_t *c)
{
    static const struct {
        const char *tool;
        void (*fn)(json_t *c, struct sv bytes);
    } sums[] = {{"prusik", sum_prusik}, {"flyway", sum_flyway},
                {"sqitch", sum_sqitch}, {"graphile-migrate", sum_graphile},
                {"yoyo", sum_yoyo},     {"prisma", sum_prisma},
                {"sqlx", sum_sqlx},     {"atlas", sum_atlas}};
    CLEANUP(strbuf_release) struct strbuf bytes = case_bytes(c);
    bool known = false;

    for (size_t i = 0; i < ARRAY_LEN(sums); i++)
        if (sv_is(json_get_sv(c, "tool"), sums[i].tool)) {
            sums[i].fn(c, strbuf_sv(&bytes));
            known = true;
        }
    T_CHECK(known);
}

T(checksums_are_those_that_the_tools_write)
{
    (void)run("checksums.json", "checksums", case_sum);
}

static void case_lock(json_t *c)
{
    struct sv name = json_get_sv(c, "name"), tool = json_get_sv(c, "tool"), piece[3];
    int64_t want = json_get_int(c, "key", 0), got = want;
    struct sv rest = name;

    for (size_t i = 0; i < 3; i++)
        if (!sv_split(&rest, '\0', &piece[i]))
            piece[i] = SV("");
    if (sv_is(tool, "prusik"))
        got = checksum_lock_prusik(SV("prusik"));
    else if (sv_is(tool, "rails"))
        got = checksum_lock_rails(name);
    else if (sv_is(tool, "golang-migrate"))
        got = checksum_lock_golang_migrate(piece[0], piece[1], piece[2]);
    else if (sv_is(tool, "sqlx"))
        got = checksum_lock_sqlx(name);
    else if (sv_is(tool, "flyway"))
        got = checksum_lock_flyway(name);
    T_EQ(got, want);
}

T(keys_of_advisory_locks_are_those_of_the_tools)
{
    (void)run("checksums.json", "advisory_locks", case_lock);
}

T_MAIN(T_CASE(statements_end_where_the_vectors_say),
       T_CASE(files_of_every_tool_are_read_as_the_vectors_say),
       T_CASE(checksums_are_those_that_the_tools_write),
       T_CASE(keys_of_advisory_locks_are_those_of_the_tools))
