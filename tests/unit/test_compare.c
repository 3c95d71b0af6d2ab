/* Comparison of snapshots; with the vectors of the folder that PRUSIK_SHARED names, when it is set. */
#include "compare/compare.h"

#include "base/file.h"
#include "base/sv.h"
#include "t_vectors.h"

#define HEAD(side, at)                                                                                         \
    "{\"prusik_snapshot\":1,\"name\":\"d\",\"side\":\"" side                                                   \
    "\",\"taken_at\":\"2026-02-15T02:00:" at "Z\","                                                            \
    "\"key\":[\"id\"],\"fields\":{\"type\":{\"type\":\"text\"},\"cost\":{\"type\":\"number\",\"rel\":\"5%\"}," \
    "\"when\":{\"type\":\"time\"},\"bag\":{\"type\":\"set\"},\"list\":{\"type\":\"list\"},\"any\":{\"type\":\"json\"}}}\n"
#define OLD(records, n) HEAD("pre", "00") records "{\"end\":true,\"records\":" #n "}\n"
#define NEW(records, n) HEAD("post", "01") records "{\"end\":true,\"records\":" #n "}\n"
#define R(key, data)    "{\"key\":[" key "],\"data\":{" data "}}\n"
#define E(key)          "{\"key\":[" key "],\"error\":\"timeout\"}\n"

static void put(const char *name, struct sv text)
{
    struct err err;

    T_OK(file_write_atomic(name, text, 0600, &err), err);
}

/* Classes by key, fields by key: as the vectors write them. */
struct seen {
    json_t *classes, *fields;
};

static void on_pair(void *arg, const struct compare_pair *p)
{
    CLEANUP(strbuf_release) struct strbuf key = STRBUF(0);
    json_t *fields = json_object();
    struct seen *s = arg;

    json_write(snapshot_key(p->old ? p->old : p->new), &key);
    json_put_str(s->classes, strbuf_str(&key), record_class_names[p->class]);
    for (size_t i = 0; p->classes && i < p->n_fields; i++)
        if (p->classes[i] != FIELD_IDENTICAL) {
            CLEANUP(mem_freep) char *name = xstrdup_sv(p->fields[i].name);

            json_put_str(fields, name, field_class_names[p->classes[i]]);
        }
    if (json_object_size(fields))
        json_put(s->fields, strbuf_str(&key), fields);
    else
        json_decref(fields);
}

static struct condition *where(struct sv text)
{
    struct condition *c;
    struct err err;

    T_OK(condition_new(CONDITION_ROW, text, SV(""), &c, &err), err);
    return c;
}

static enum err_code compare(const char *old, const char *new, const struct compare_options *opt,
                             struct compare_result *r, struct err *err)
{
    put("old", sv_from(old));
    put("new", sv_from(new));
    return compare_files("old", "new", opt, r, err);
}

/* ---- the vectors ---- */

static void expect_refused(json_t *want, enum err_code rc, const struct err *err)
{
    T_STR(json_get_str(want, "result", ""), "refused");
    T_EQ(rc, ERR_INVALID);
    T_EQ(err_info(rc)->exit, json_get_int(want, "exit", -1));
    T_CHECK(err->msg[0]);
}

static void vector(json_t *c)
{
    CLEANUP(condition_freep) struct condition *cond = NULL;
    json_t *want = json_object_get(c, "expect");
    struct seen seen = {json_object(), json_object()};
    struct compare_options opt = {.pair = on_pair, .arg = &seen};
    struct compare_result r;
    struct err err = {0};
    enum err_code rc;

    t_say("%s", json_get_str(c, "name", ""));
    if (json_is_string(json_object_get(c, "where")))
        opt.where = cond = where(json_get_sv(c, "where"));
    opt.added_fails = json_get_bool(c, "added_is_regression", false);
    rc = compare(json_get_str(c, "old", ""), json_get_str(c, "new", ""), &opt, &r, &err);
    if (rc != ERR_OK) {
        expect_refused(want, rc, &err);
    } else {
        CLEANUP(json_cleanup) json_t *j = compare_json(&r);

        T_STR(json_get_str(j, "result", ""), json_get_str(want, "result", "?"));
        T_EQ(json_get_int(j, "exit", -1), json_get_int(want, "exit", -2));
        T_CHECK(json_equal(json_object_get(j, "counts"), json_object_get(want, "counts")));
        T_CHECK(json_equal(seen.classes, json_object_get(want, "classes")));
        T_CHECK(json_equal(seen.fields, json_object_get(want, "fields")));
        compare_release(&r);
    }
    json_decref(seen.classes);
    json_decref(seen.fields);
}

/* ---- how far it is ---- */

struct steps {
    uint64_t n, stop_at; /* 0: it goes on */
    double share;
};

static bool on_step(void *arg, const char *what, struct sv of, uint64_t records, double share)
{
    struct steps *s = arg;

    T_STR(what, "comparing");
    T_SV(of, "new");
    T_EQ(records % PACE_RECORDS, 0);
    T_CHECK(share >= s->share && share <= 1);
    s->share = share;
    return ++s->n != s->stop_at;
}

static void many_records(struct strbuf *b, const char *taken_at)
{
    strbuf_addf(
        b,
        "{\"prusik_snapshot\":1,\"name\":\"d\",\"side\":\"\",\"taken_at\":\"%s\","
        "\"key\":[\"id\"],\"query_sha256\":\"q\",\"fields\":{\"a\":{\"type\":\"number\"}}}\n",
        taken_at);
    for (unsigned i = 0; i < 10 * PACE_RECORDS; i++)
        strbuf_addf(b, "{\"key\":[%u],\"data\":{\"a\":%u}}\n", i, i);
    strbuf_addf(b, "{\"end\":true,\"records\":%u}\n", 10 * PACE_RECORDS);
}

T(who_waits_is_told_how_far_it_is_and_can_end_it)
{
    CLEANUP(strbuf_release) struct strbuf old = STRBUF(0), new = STRBUF(0);
    struct steps steps = {.n = 0};
    struct pace pace = {.step = on_step, .arg = &steps};
    struct compare_options opt = {.pace = &pace};
    struct compare_result r;
    struct err err;

    many_records(&old, "2026-02-15T02:00:00Z");
    many_records(&new, "2026-02-15T03:00:00Z");
    T_OK(compare(strbuf_str(&old), strbuf_str(&new), &opt, &r, &err), err);
    T_EQ(r.counts[RECORD_IDENTICAL], 10 * PACE_RECORDS);
    T_EQ(steps.n, 10);
    T_CHECK(steps.share > 0.99);
    compare_release(&r);
    steps = (struct steps){.stop_at = 3};
    T_EQ(compare(strbuf_str(&old), strbuf_str(&new), &opt, &r, &err), ERR_INTERRUPTED);
    T_EQ(steps.n, 3);
    T_STR(err.msg, "comparing 'new' was stopped after 3072 records");
}

static void vectors_of(const json_t *j, const char *whose)
{
    json_t *c;
    size_t i;

    json_array_foreach(json_object_get(j, "cases"), i, c) vector(c);
    T_CHECK(i > 40);
    t_vectors("compare.json", "cases", whose, i);
}

T(our_own_vectors_are_judged_as_they_say)
{
    CLEANUP(json_cleanup) json_t *own = t_json(TEST_CORPUS "/compare_cases.json");

    vectors_of(own, "own");
}

T(the_vectors_are_judged_as_they_say)
{
    CLEANUP(json_cleanup) json_t *shared = t_shared_json("compare.json");

    vectors_of(shared, "shared");
}

/* ---- our own ---- */

static const struct {
    const char *field, *old, *new;
    enum field_class class;
} values[] = {
    {"cost", "9007199254740993", "9007199254740992", FIELD_WITHIN},
    {"cost", "0", "-0.0", FIELD_IDENTICAL},
    {"cost", "0", "1e-300", FIELD_CHANGED},
    {"cost", "1e308", "-1e308", FIELD_CHANGED},
    {"cost", "100", "105", FIELD_WITHIN},
    {"cost", "100", "105.0000001", FIELD_CHANGED},
    {"cost", "true", "1", FIELD_CHANGED},
    {"cost", "[1]", "[1.0]", FIELD_IDENTICAL},
    {"type", "\"a\"", "\"A\"", FIELD_CHANGED},
    {"type", "\"a\"", "null", FIELD_NULL_MISMATCH},
    {"type", "\"\"", "null", FIELD_NULL_MISMATCH},
    {"type", "\"a\\u0000\"", "\"a\"", FIELD_CHANGED},
    {"when", "\"2026-02-15T02:00:00Z\"", "\"2026-02-15T03:00:00+01:00\"", FIELD_IDENTICAL},
    {"when", "\"2026-02-15T02:00:00Z\"", "\"2026-02-15T02:00:00.001Z\"", FIELD_CHANGED},
    {"when", "\"soon\"", "\"soon\"", FIELD_IDENTICAL},
    {"when", "\"soon\"", "\"later\"", FIELD_CHANGED},
    {"bag", "[3,\"a\",{\"x\":1,\"y\":2}]", "[{\"y\":2.0,\"x\":1},3.0,\"a\"]", FIELD_IDENTICAL},
    {"bag", "[1,1,2]", "[1,2,2]", FIELD_CHANGED},
    {"bag", "[]", "[[]]", FIELD_CHANGED},
    {"bag", "[1]", "{}", FIELD_CHANGED},
    {"list", "[1,2]", "[2,1]", FIELD_CHANGED},
    {"list", "[1,2]", "[1.0,2]", FIELD_IDENTICAL},
    {"any", "{\"a\":[1,{\"b\":null}]}", "{\"a\":[1,{\"b\":null}]}", FIELD_IDENTICAL},
    {"any", "{\"a\":null}", "{}", FIELD_CHANGED},
    {"any", "[\"a\",\"b\"]", "[\"ab\"]", FIELD_CHANGED},
    {"any", "9007199254740993", "9007199254740992", FIELD_CHANGED},
    {"any", "9223372036854775807", "9223372036854775806", FIELD_CHANGED},
    {"any", "9223372036854775807", "9223372036854775807.0", FIELD_CHANGED},
    {"any", "false", "true", FIELD_CHANGED},
};

#define ONE "{\"key\":[1],\"data\":{\"%s\":%s}}\n{\"end\":true,\"records\":1}\n"

static void on_one(void *arg, const struct compare_pair *p)
{
    for (size_t i = 0; i < p->n_fields; i++)
        if (p->classes[i] != FIELD_IDENTICAL)
            *(enum field_class *)arg = p->classes[i];
}

T(values_are_compared_by_value)
{
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        CLEANUP(strbuf_release) struct strbuf old = STRBUF(0), new = STRBUF(0);
        enum field_class got = FIELD_IDENTICAL;
        struct compare_options opt = {.pair = on_one, .arg = &got};
        struct compare_result r;
        struct err err;

        t_say("%s: %s, %s", values[i].field, values[i].old, values[i].new);
        strbuf_add_str(&old, HEAD("pre", "00"));
        strbuf_add_str(&new, HEAD("post", "01"));
        strbuf_addf(&old, ONE, values[i].field, values[i].old);
        strbuf_addf(&new, ONE, values[i].field, values[i].new);
        T_OK(compare(strbuf_str(&old), strbuf_str(&new), &opt, &r, &err), err);
        T_EQ(got, values[i].class);
        compare_release(&r);
    }
    t_vectors("compare.json", "cases", "own", ARRAY_LEN(values));
}

T(the_worst_distances_are_told_largest_first)
{
    static const char old[] = OLD(R("1", "\"cost\":100") R("2", "\"cost\":100") R("3", "\"cost\":0")
                                      R("4", "\"cost\":100"),
                                  4);
    static const char new[] = NEW(R("1", "\"cost\":104") R("2", "\"cost\":200") R("3", "\"cost\":5")
                                      R("4", "\"cost\":150"),
                                  4);
    struct compare_options opt = {.where = NULL};
    struct compare_result r;
    struct err err;

    T_OK(compare(old, new, &opt, &r, &err), err);
    T_EQ(r.n_worst, 4);
    T_EQ(json_integer_value(json_array_get(r.worst[0].key, 0)),
         3); /* from 0: no distance is larger */
    T_EQ(json_integer_value(json_array_get(r.worst[1].key, 0)), 2);
    T_EQ(json_integer_value(json_array_get(r.worst[2].key, 0)), 4);
    T_EQ(json_integer_value(json_array_get(r.worst[3].key, 0)), 1);
    T_NEAR(r.worst[1].distance.relative, 1.0, 0);
    T_EQ(r.fields[1].counts[FIELD_WITHIN], 1);
    T_EQ(r.fields[1].counts[FIELD_CHANGED], 3);
    compare_release(&r);
}

/* More than are told. */
T(what_is_not_told_is_counted)
{
    CLEANUP(strbuf_release) struct strbuf old = STRBUF(0), new = STRBUF(0);
    struct compare_options opt = {.where = NULL};
    struct compare_result r;
    struct err err;

    strbuf_add_str(&old, HEAD("pre", "00"));
    strbuf_add_str(&new, HEAD("post", "01"));
    for (int i = 0; i < 150; i++) {
        strbuf_addf(&old, "{\"key\":[%d],\"data\":{\"cost\":1}}\n", i);
        strbuf_addf(&new, "{\"key\":[%d],\"data\":{\"cost\":%d}}\n", i, i + 2);
    }
    strbuf_add_str(&old, "{\"end\":true,\"records\":150}\n");
    strbuf_add_str(&new, "{\"end\":true,\"records\":150}\n");
    T_OK(compare(strbuf_str(&old), strbuf_str(&new), &opt, &r, &err), err);
    T_EQ(r.counts[RECORD_CHANGED], 150);
    T_EQ(json_array_size(r.records), COMPARE_RECORDS);
    T_EQ(r.not_shown, 50);
    T_EQ(r.n_worst, COMPARE_WORST);
    T_NEAR(r.worst[0].distance.d, 150, 0);
    T_NEAR(r.worst[9].distance.d, 141, 0);
    compare_release(&r);
}

/* A thousand that are fine do not hide the one that vanished. */
T(what_is_within_gives_way_to_what_is_not)
{
    CLEANUP(strbuf_release) struct strbuf old = STRBUF(0), new = STRBUF(0);
    struct compare_options opt = {.where = NULL};
    struct compare_result r;
    struct err err;
    size_t within = 0;

    strbuf_add_str(&old, HEAD("pre", "00"));
    strbuf_add_str(&new, HEAD("post", "01"));
    for (int i = 0; i < 150; i++) {
        strbuf_addf(&old, "{\"key\":[%d],\"data\":{\"cost\":1000}}\n", i);
        if (i != 149) /* removed */
            strbuf_addf(&new, "{\"key\":[%d],\"data\":{\"cost\":%d}}\n", i, i == 140 ? 9 : 1001);
    }
    strbuf_add_str(&old, "{\"end\":true,\"records\":150}\n");
    strbuf_add_str(&new, "{\"end\":true,\"records\":149}\n");
    T_OK(compare(strbuf_str(&old), strbuf_str(&new), &opt, &r, &err), err);
    T_EQ(r.counts[RECORD_WITHIN], 148);
    T_EQ(json_array_size(r.records), COMPARE_RECORDS);
    T_EQ(r.not_shown, 50);
    for (size_t i = 0; i < COMPARE_RECORDS; i++)
        within += sv_eq(json_get_sv(json_array_get(r.records, i), "class"), SV("within"));
    T_EQ(within, 98);
    T_SV(json_get_sv(json_array_get(r.records, 98), "class"), "changed");
    T_SV(json_get_sv(json_array_get(r.records, 99), "class"), "removed");
    compare_release(&r);
}

/* An inserted, a removed and a broken record, with the rest the same bytes. */
T(sides_that_run_apart_meet_again)
{
    static const char old[] = OLD(R("null", "") R("false", "") R("1", "") R("2", "\"cost\":1")
                                      R("\"a\"", "") R("\"b\"", ""),
                                  6);
    static const char new[] = NEW(R("false", "") R("true", "") R("1", "") E("1.5")
                                      R("2.0", "\"cost\":1.0") R("\"b\"", "") R("\"c\"", ""),
                                  7);
    struct compare_options opt = {.added_fails = false};
    struct compare_result r;
    struct err err;

    T_OK(compare(old, new, &opt, &r, &err), err);
    T_EQ(r.counts[RECORD_IDENTICAL], 4);
    T_EQ(r.counts[RECORD_REMOVED], 2);
    T_EQ(r.counts[RECORD_ADDED], 2);
    T_EQ(r.counts[RECORD_NOT_EVALUATED], 1);
    T_EQ(r.old.records, 6);
    T_EQ(r.new.records, 7);
    compare_release(&r);
}

static const struct {
    const char *old, *new, *says;
} refusals[] = {
    {"", NEW("", 0), "'old' is empty"},
    {"[]\n", NEW("", 0), "it is no object"},
    {"{\n", NEW("", 0), "line 1"},
    {"{\"prusik_snapshot\":1,\"extra\":1}\n", NEW("", 0), "'extra' is not known"},
    {OLD(R("1", "") "{\"key\":[2]}\n", 2), NEW("", 0), "either 'data' or 'error'"},
    {OLD("{\"key\":[2],\"data\":{},\"error\":\"x\"}\n", 1), NEW("", 0), "either 'data' or 'error'"},
    {OLD("{\"key\":[2],\"data\":{},\"x\":1}\n", 1), NEW("", 0), "'x' is not known"},
    {OLD("{\"key\":[[2]],\"data\":{}}\n", 1), NEW("", 0), "a key is made of"},
    {OLD("{\"key\":[2,3],\"data\":{}}\n", 1), NEW("", 0), "no array of 1 values"},
    {OLD(R("2", "") R("2.0", ""), 2), NEW("", 0), "the key occurs twice"},
    {OLD(R("\"a\"", "") R("7", ""), 2), NEW("", 0), "not in order"},
    {OLD("", 0) "x\n", NEW("", 0), "stands after the end line"},
    {OLD("", 0), "{\"prusik_snapshot\":1,\"name\":\"d\",\"taken_at\":\"soon\"}\n",
     "'taken_at' is no time"},
    {OLD("", 0), "{\"prusik_snapshot\":1,\"taken_at\":\"2026-02-15T02:00:00Z\",\"key\":[]}\n",
     "'key' names 0 columns"},
    {OLD("", 0), "{\"prusik_snapshot\":1,\"taken_at\":\"2026-02-15T02:00:00Z\",\"key\":[1]}\n",
     "no list of names"},
    {OLD("", 0), "{\"prusik_snapshot\":1,\"taken_at\":\"2026-02-15T02:00:00Z\",\"key\":[\"id\"]}\n",
     "'fields' is no object"},
    {OLD("", 0),
     "{\"prusik_snapshot\":1,\"taken_at\":\"2026-02-15T02:00:00Z\",\"key\":[\"id\"],\"fields\":{\"a\":{}}}\n",
     "has no type"},
    {OLD("", 0),
     "{\"prusik_snapshot\":1,\"taken_at\":\"2026-02-15T02:00:00Z\",\"query_sha256\":1}\n",
     "'query_sha256' is no text"},
    {OLD("", 0), HEAD("post", "01") "{\"end\":true,\"records\":0,\"x\":1}\n", "'x' is not known"},
    {OLD("", 0), HEAD("post", "01") "{\"end\":true,\"records\":\"0\"}\n", "counts -1 records"},
};

T(what_is_no_snapshot_is_refused_with_its_place)
{
    struct compare_options opt = {.where = NULL};

    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        struct compare_result r;
        struct err err = {0};

        T_EQ(compare(refusals[i].old, refusals[i].new, &opt, &r, &err), ERR_INVALID);
        if (!strstr(err.msg, refusals[i].says))
            T_FAIL("'%s' and not '%s'", err.msg, refusals[i].says);
    }
    t_vectors("compare.json", "refusals", "own", ARRAY_LEN(refusals));
}

T(a_file_that_is_not_there_is_named)
{
    struct compare_options opt = {.where = NULL};
    struct compare_result r;
    struct err err;

    T_EQ(compare_files("nowhere", "nowhere", &opt, &r, &err), ERR_NOT_FOUND);
    T_CHECK(mkdir("folder", 0700) == 0);
    T_EQ(compare_files("folder", "nowhere", &opt, &r, &err), ERR_IO);
    T_CHECK(!snapshot_is("nowhere") && !snapshot_is("folder"));
    put("old", SV("{\"prusik_snapshot\":1"));
    T_CHECK(snapshot_is("old"));
}

T(a_condition_that_cannot_be_judged_is_refused)
{
    CLEANUP(condition_freep)
    struct condition *text = where(SV("type > 3")), *unknown = where(SV("tpye == \"a\""));
    struct compare_options opt = {.where = text};
    struct compare_result r;
    struct err err;

    T_EQ(
        compare(OLD(R("1", "\"type\":\"a\""), 1), NEW(R("1", "\"type\":\"a\""), 1), &opt, &r, &err),
        ERR_INVALID);
    T_CHECK(strstr(err.msg, "--where cannot be judged"));
    opt.where = unknown;
    T_EQ(
        compare(OLD(R("1", "\"type\":\"a\""), 1), NEW(R("1", "\"type\":\"a\""), 1), &opt, &r, &err),
        ERR_INVALID);
    T_CHECK(strstr(err.msg, "no record has a field 'tpye'"));
}

/* ---- definitions of fields ---- */

static const struct {
    const char *text, *says; /* NULL: fine */
} fields[] = {
    {"cost=number", NULL},
    {"cost=number,rel=5%,abs=0.01", NULL},
    {"cost=integer,abs=1,ignore", NULL},
    {"cost", "is not NAME=TYPE"},
    {"=number", "is not NAME=TYPE"},
    {"cost=nubmer", "is no type"},
    {"cost=zzzzzzzzzz", "is no type"},
    {"cost=", "is no type"},
    {"cost=text,rel=5%", "a text has no tolerance"},
    {"cost=number,rel=five", "no share"},
    {"cost=number,rel=-5%", "no share"},
    {"cost=number,rel=5", "would be 500 %"}, /* 5 % was meant */
    {"cost=number,rel=0.05", NULL},
    {"cost=number,abs=5%", "no number"},
    {"cost=number,abs=1e999", "no number"},
    {"cost=number,abs=", "no number"},
    {"cost=number,other", "is not known"},
};

T(a_field_on_the_command_line_is_read_or_refused)
{
    struct arena a = {0};

    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        struct field f;
        struct err err = {0};
        enum err_code rc = field_parse(&a, sv_from(fields[i].text), &f, &err);

        t_say("%s: %s", fields[i].text, err.msg);
        T_EQ(rc == ERR_OK, fields[i].says == NULL);
        T_CHECK(rc == ERR_OK || strstr(err.msg, fields[i].says));
    }
    arena_release(&a);
}

T(a_definition_survives_its_header)
{
    struct arena a = {0};
    struct field f, g;
    struct err err;
    json_t *j;

    T_OK(field_parse(&a, SV("cost=number,rel=0.7%,abs=0.01,ignore"), &f, &err), err);
    T_CHECK(f.rel <= 0.007 && f.rel >= 0.007); /* the double nearest 0.007, not 0.7 / 100 */
    j = field_json(&f);
    T_OK(field_read(&a, SV("cost"), j, &g, &err), err);
    T_CHECK(field_same(&f, &g) && g.ignored);
    json_put_int(j, "rel", 5);
    T_EQ(field_read(&a, SV("cost"), j, &g, &err), ERR_INVALID);
    json_decref(j);
    arena_release(&a);
}

static const struct {
    enum field_type type;
    const char *text, *json;
} cells[] = {
    {FIELD_NUMBER, "12", "[12]"},
    {FIELD_NUMBER, "1.5", "[1.5]"},
    {FIELD_NUMBER, "1e999", "[\"1e999\"]"},
    {FIELD_NUMBER, "x", "[\"x\"]"},
    {FIELD_BOOL, "t", "[true]"},
    {FIELD_BOOL, "0", "[false]"},
    {FIELD_BOOL, "maybe", "[\"maybe\"]"},
    {FIELD_SET, "[1,2]", "[[1,2]]"},
    {FIELD_JSON, "{", "[\"{\"]"},
    {FIELD_TEXT, "12", "[\"12\"]"},
    {FIELD_TIME, "soon", "[\"soon\"]"},
    {FIELD_TEXT, NULL, "[null]"},
};

T(a_cell_becomes_what_its_type_says_or_stays_text)
{
    for (size_t i = 0; i < ARRAY_LEN(cells); i++) {
        CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
        CLEANUP(json_cleanup) json_t *list = json_array();

        json_append(list, field_value(cells[i].type, sv_from(cells[i].text)));
        json_write(list, &b);
        T_STR(strbuf_str(&b), cells[i].json);
    }
}

T_MAIN(T_CASE(who_waits_is_told_how_far_it_is_and_can_end_it),
       T_CASE(our_own_vectors_are_judged_as_they_say), T_CASE(the_vectors_are_judged_as_they_say),
       T_CASE(values_are_compared_by_value), T_CASE(the_worst_distances_are_told_largest_first),
       T_CASE(what_is_not_told_is_counted), T_CASE(what_is_within_gives_way_to_what_is_not),
       T_CASE(sides_that_run_apart_meet_again),
       T_CASE(what_is_no_snapshot_is_refused_with_its_place),
       T_CASE(a_file_that_is_not_there_is_named),
       T_CASE(a_condition_that_cannot_be_judged_is_refused),
       T_CASE(a_field_on_the_command_line_is_read_or_refused),
       T_CASE(a_definition_survives_its_header),
       T_CASE(a_cell_becomes_what_its_type_says_or_stays_text))
