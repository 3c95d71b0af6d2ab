#include "base/json.h"

#include <math.h>

#include "base/sv.h"
#include "t.h"

#define JSON CLEANUP(json_cleanup) json_t

static const char *written(const json_t *j)
{
    static struct strbuf b;

    strbuf_release(&b);
    json_write(j, &b);
    return strbuf_str(&b);
}

static const char *json_of(struct sv s)
{
    JSON *j = json_sv(s);

    return written(j);
}

T(text_becomes_a_string_whatever_its_bytes)
{
    JSON *list = json_array();

    T_STR(json_of(SV("plain \xc3\xa4")), "\"plain \xc3\xa4\"");
    T_STR(json_of(SV("")), "\"\"");
    T_STR(json_of((struct sv){NULL, 0}), "\"\"");
    json_append(list, json_str("x"));
    json_append(list, json_str(NULL));
    T_STR(written(list), "[\"x\",\"\"]");
    T_STR(json_of(SV("a\"\\\n\x1b\0z")), "\"a\\\"\\\\\\n\\u001B\\u0000z\"");
    T_STR(json_of(SV("\xff"
                     "a\xc3")),
          "\"\xef\xbf\xbd"
          "a\xef\xbf\xbd\"");
    T_STR(json_of(SV("\xed\xa0\x80")), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

T(an_object_is_written_compact_and_sorted)
{
    JSON *j = json_object();
    CLEANUP(strbuf_release) struct strbuf pretty = STRBUF(0);

    json_put_str(j, "zone", "eu");
    json_put_int(j, "a", -3);
    json_put_bool(j, "yes", true);
    json_put_real(j, "r", 0.5);
    json_put(j, "list", json_array());
    json_append(json_object_get(j, "list"), json_integer(1));
    json_append(json_object_get(j, "list"), json_null());
    json_put_sv(j, "empty", (struct sv){NULL, 0}); /* not written */
    json_put_str(j, "none", NULL);
    T_STR(written(j), "{\"a\":-3,\"list\":[1,null],\"r\":0.5,\"yes\":true,\"zone\":\"eu\"}");
    json_object_del(j, "list");
    json_write_pretty(j, &pretty);
    T_STR(strbuf_str(&pretty),
          "{\n  \"zone\": \"eu\",\n  \"a\": -3,\n  \"yes\": true,\n  \"r\": 0.5\n}");
}

T(numbers_that_json_does_not_have_are_written_as_text)
{
    JSON *j = json_object();

    json_put_real(j, "a", HUGE_VAL);
    json_put_real(j, "b", -HUGE_VAL);
    json_put_real(j, "c", (double)NAN);
    T_STR(written(j), "{\"a\":\"+Inf\",\"b\":\"-Inf\",\"c\":\"NaN\"}");
}

T(members_are_read_or_have_their_default)
{
    JSON *j = NULL;
    struct err err = {0};
    struct sv text = SV(
        "{\"s\":\"x\",\"i\":7,\"r\":1.5,\"t\":true,\"f\":false,\"n\":null,\"nul\":\"a\\u0000b\"}");

    T_OK(json_read(text, &j, &err), err);
    T_SV(json_get_sv(j, "s"), "x");
    T_CHECK(!json_get_sv(j, "i").p && !json_get_sv(j, "none").p && json_get_sv(j, "none").n == 0);
    T_STR(json_get_str(j, "s", "-"), "x");
    T_STR(json_get_str(j, "i", "-"), "-");
    T_EQ(json_get_int(j, "i", -1), 7);
    T_EQ(json_get_int(j, "r", -1), -1);
    T_NEAR(json_get_real(j, "r", -1), 1.5, 0);
    T_NEAR(json_get_real(j, "i", -1), 7, 0);
    T_NEAR(json_get_real(j, "s", -1), -1, 0);
    T_CHECK(json_get_bool(j, "t", false) && !json_get_bool(j, "f", true));
    T_CHECK(json_get_bool(j, "n", true) && !json_get_bool(j, "none", false));
    T_SV(json_get_sv(j, "nul"), "a\0b");
    T_STR(json_get_str(j, "nul", "-"), "-"); /* a C string would be another text */
}

T(what_is_not_json_is_refused_with_its_place)
{
    static const struct {
        struct sv text;
        const char *place;
    } rows[] = {{SV("{\"a\": 1,\n \"b\" 2}"), "line 2, column 6: "},
                {SV("{\"a\":1,\"a\":2}"), "line 1, column 10: duplicate object key"},
                {SV("{}x"), "line 1, column 3: "},
                {SV("5"), "line 1, column 1: "},
                {SV(""), "line 1, column 0: "},
                {{NULL, 0}, "line 1, column 0: "},
                {SV("[\"\xff\"]"), "line 1, column 2: "},
                {SV("{\"a\\u0000b\":1}"), "line 1, column "},
                {SV("[1e999]"), "line 1, column 6: "},
                {SV("[99999999999999999999]"), "line 1, column 21: "}};
    CLEANUP(strbuf_release) struct strbuf deep = STRBUF(0);
    json_t *j = NULL;
    struct err err = {0};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        T_EQ(json_read(rows[i].text, &j, &err), ERR_INVALID);
        T_CHECK(sv_starts(sv_from(err.msg), sv_from(rows[i].place)));
        T_CHECK(!j); /* left alone */
    }
    strbuf_add_n(&deep, '[', 100000);
    T_EQ(json_read(strbuf_sv(&deep), &j, &err), ERR_INVALID);
}

static json_t *random_json(int depth)
{
    json_t *j;
    char bytes[12];
    size_t n = t_below(sizeof(bytes));

    for (size_t i = 0; i < n; i++)
        bytes[i] = (char)t_random();
    switch (depth > 3 ? t_below(4) : t_below(6)) {
    case 0: return json_integer((json_int_t)t_random());
    case 1: return json_real(ldexp((double)t_below(1000000), (int)t_below(100) - 50));
    case 2: return json_sv((struct sv){bytes, n});
    case 3: return t_below(2) ? json_null() : json_boolean(t_below(2));
    case 4:
        for (j = json_array(); n; n--)
            json_append(j, random_json(depth + 1));
        return j;
    default:
        for (j = json_object(); n; n--) {
            char key[8];

            for (size_t i = 0; i < sizeof(key); i++) /* a name from outside: any bytes */
                key[i] = i < n % sizeof(key) ? (char)(1 + t_below(255)) : '\0';
            json_put(j, key, random_json(depth + 1));
        }
        return j;
    }
}

/* Hashes in journals and approvals are of these bytes. */
static bool is_as_jansson_writes_it(const json_t *j, struct sv ours)
{
    char *theirs = json_dumps(j, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    bool same = theirs && sv_eq(sv_from(theirs), ours);

    free(theirs);
    return same;
}

T(every_byte_and_every_number_of_members_is_written_as_jansson_does)
{
    JSON *all = json_array();
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);

    for (int c = 0; c < 256; c++) {
        char byte = (char)c;

        json_append(all, json_sv((struct sv){&byte, 1}));
    }
    for (int n = 0; n < 100; n++) {
        json_t *j = json_object();

        for (int i = n; i > 0;
             i--) { /* names that begin alike, and one that is the beginning of another */
            char key[16];

            (void)snprintf(key, sizeof(key), "%.*s%d", i % 3, "kk", i * 7 % 101);
            json_put_int(j, key, i - 50);
        }
        json_append(all, j);
    }
    json_append(all, json_integer(INT64_MIN));
    json_append(all, json_real(1e300));
    json_append(all, json_real(0.1));
    json_write(all, &out);
    T_CHECK(is_as_jansson_writes_it(all, strbuf_sv(&out)));
}

T(whatever_is_written_is_read_back_as_the_same)
{
    for (int i = 0; i < 3000; i++) {
        JSON *j = json_object();
        CLEANUP(strbuf_release) struct strbuf first = STRBUF(0), second = STRBUF(0);
        JSON *again = NULL;
        struct err err = {0};

        json_put(j, "v", random_json(0));
        json_write(j, &first);
        T_CHECK(is_as_jansson_writes_it(j, strbuf_sv(&first)));
        T_OK(json_read(strbuf_sv(&first), &again, &err), err);
        T_CHECK(json_equal(j, again));
        json_write(again, &second);
        T_CHECK(sv_eq(strbuf_sv(&first), strbuf_sv(&second)));
    }
}

T(a_name_that_is_not_utf_8_is_written_with_replacement_characters)
{
    JSON *j = json_object();

    json_put_int(j,
                 "a\xff"
                 "b",
                 1);
    T_STR(written(j), "{\"a\xef\xbf\xbd"
                      "b\":1}");
}

T(what_only_a_bug_of_ours_can_do_ends_the_process)
{
    JSON *array = json_array();
    struct strbuf b = STRBUF(0);

    T_ABORTS(json_put_int(array, "a", 1));
    T_ABORTS(json_append(NULL, json_null()));
    T_ABORTS(json_put(array, "a", NULL));
    T_ABORTS(json_write(NULL, &b));
    T_ABORTS(json_write_pretty(NULL, &b));
}

T_MAIN(T_CASE(text_becomes_a_string_whatever_its_bytes),
       T_CASE(an_object_is_written_compact_and_sorted),
       T_CASE(numbers_that_json_does_not_have_are_written_as_text),
       T_CASE(members_are_read_or_have_their_default),
       T_CASE(what_is_not_json_is_refused_with_its_place),
       T_CASE(every_byte_and_every_number_of_members_is_written_as_jansson_does),
       T_CASE(whatever_is_written_is_read_back_as_the_same),
       T_CASE(a_name_that_is_not_utf_8_is_written_with_replacement_characters),
       T_CASE(what_only_a_bug_of_ours_can_do_ends_the_process))
