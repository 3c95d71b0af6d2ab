/* A record made of another one is what reading its line gives, or it is not made. */
#include "compare/patch.h"

#include "base/sv.h"
#include "t.h"

static json_t *whole(struct sv line)
{
    json_t *j = NULL;
    struct err err;

    return json_read(line, &j, &err) == ERR_OK ? j : NULL;
}

/* 1: made, and what reading gives; 0: not made. */
static int patched(const char *old, const char *new)
{
    CLEANUP(json_cleanup) json_t *a = whole(sv_from(old)), *b = whole(sv_from(new)), *made = NULL;

    T_CHECK(a);
    made = patch_data(sv_from(old), sv_from(new), json_object_get(a, "data"));
    if (made)
        T_CHECK(b && json_equal(made, json_object_get(b, "data")));
    return made != NULL;
}

T(values_that_differ_are_read_again)
{
    static const char *const rows[][2] = {
        {"{\"data\":{\"a\":1},\"key\":[1]}\n", "{\"data\":{\"a\":1},\"key\":[1]}\n"},
        {"{\"data\":{\"a\":1},\"key\":[1]}\n", "{\"data\":{\"a\":12},\"key\":[1]}\n"},
        {"{\"data\":{\"a\":12},\"key\":[1]}\n", "{\"data\":{\"a\":1},\"key\":[1]}\n"},
        {"{\"data\":{\"a\":1,\"b\":\"x\"}}", "{\"data\":{\"a\":1.5,\"b\":\"y\\\"\\\\\"}}"},
        {"{\"data\":{\"a\":\"x\\\"y\"}}", "{\"data\":{\"a\":\"x\\\"z\"}}"},
        {"{\"data\":{\"a\":\"\"}}", "{\"data\":{\"a\":null}}"},
        {"{\"data\":{\"a\":true}}", "{\"data\":{\"a\":\"true\"}}"},
        {"{\"data\":{\"a\":-1}}", "{\"data\":{\"a\":-1e3}}"},
        {"{\"key\":[\"data\"],\"data\":{ \"a\" : 1 , \"b\" : 2 } }",
         "{\"key\":[\"data\"],\"data\":{ \"a\" : 3 , \"b\" : 4 } }"},
        {"{\"data\":{\"o\":{\"a\":1},\"l\":[1,\"x\"],\"b\":2}}",
         "{\"data\":{\"o\":{\"a\":1},\"l\":[1,\"x\"],\"b\":3}}"},
        {"{\"data\":{\"a\":\"\\u00fc\"}}", "{\"data\":{\"a\":\"\xc3\xbc\"}}"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (!patched(rows[i][0], rows[i][1]))
            T_FAIL("%s: not made", rows[i][1]);
}

T(what_differs_in_more_is_left_to_be_read)
{
    static const char *const rows[][2] = {
        {"{\"data\":{\"a\":1},\"key\":[1]}", "{\"data\":{\"a\":1},\"key\":[2]}"},
        {"{\"data\":{\"a\":1},\"key\":\"1\"}", "{\"data\":{\"a\":1},\"key\":\"2\"}"},
        {"{\"data\":{\"a\":1}}", "{\"data\":{\"b\":1}}"},
        {"{\"data\":{\"a\":1}}", "{\"data\":{\"a\":1,\"b\":2}}"},
        {"{\"data\":{\"a\":1,\"b\":2}}", "{\"data\":{\"a\":1}}"},
        {"{\"data\":{\"a\":1}}", "{\"data\":{\"a\":1}} "},
        {"{\"data\":{\"a\":1}}", "{\"data\":{\"a\":1}"},
        {"{\"data\":{\"a\":1}}", "{\"data\":{\"a\":{}}}"},
        {"{\"data\":{\"a\":1}}", "{\"data\":{\"a\":[1]}}"},
        {"{\"data\":{\"a\":{}}}", "{\"data\":{\"a\":1}}"},
        {"{\"data\":{\"a\":[1]}}", "{\"data\":{\"a\":[2]}}"},
        {"{\"data\":{\"a\":{\"b\":1}}}", "{\"data\":{\"a\":{\"b\":2}}}"},
        {"{\"data\":{\"a\":1}}", "{\"data\":{\"a\":}}"},
        {"{\"data\":{\"a\":1}}", "{\"data\":{\"a\":01}}"},
        {"{\"data\":{\"a\":1}}", "{\"data\":{\"a\":1 2}}"},
        {"{\"data\":{\"a\":1}}", "{\"data\":{\"a\":x}}"},
        {"{\"data\":{\"a\":1}}", "{\"data\":{\"a\":1e999}}"},
        {"{\"data\":{\"a\":\"x\"}}", "{\"data\":{\"a\":\"x}}"},
        {"{\"data\":{\"a\":\"x\"}}", "{\"data\":{\"a\":\"\\q\"}}"},
        {"{\"data\":{\"a\":\"x\"}}", "{\"data\":{\"a\":\"\xff\"}}"},
        {"{\"data\":{\"a\":\"x\"}}", "{\"data\":{\"a\":\"x\"y}}"},
        {"{\"data\":{\"a\\n\":1}}", "{\"data\":{\"a\\n\":2}}"},
        {"{\"data\":{\"a\":1},\"more\":{\"a\":1}}", "{\"data\":{\"a\":1},\"more\":{\"a\":2}}"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (patched(rows[i][0], rows[i][1]))
            T_FAIL("%s: made of %s", rows[i][1], rows[i][0]);
}

T(more_values_than_are_worth_it_are_left)
{
    CLEANUP(strbuf_release) struct strbuf a = STRBUF(0), b = STRBUF(0);

    for (unsigned n = PATCH_VALUES; n <= PATCH_VALUES + 1; n++) {
        strbuf_truncate(&a, 0);
        strbuf_truncate(&b, 0);
        for (unsigned i = 0; i < n; i++) {
            strbuf_addf(&a, "%s\"f%u\":1", i ? "," : "{\"data\":{", i);
            strbuf_addf(&b, "%s\"f%u\":2", i ? "," : "{\"data\":{", i);
        }
        strbuf_add_str(&a, "}}");
        strbuf_add_str(&b, "}}");
        T_EQ(patched(strbuf_str(&a), strbuf_str(&b)), n == PATCH_VALUES);
    }
}

/* Bytes of a line changed, left out or doubled at random: made only where reading gives the same. */
T(whatever_a_line_becomes_it_is_read_alike)
{
    static const char old[] =
        "{\"data\":{\"cost\":1000.25,\"n\":7,\"note\":\"a \\\"b\\\" \\u00fc\",\"ok\":"
        "true,\"none\":null,\"in\":{\"a\":[1,2]}},\"key\":[17,\"x\"]}\n";
    static const char bytes[] = "0123456789.eE+-\"\\{}[],: ntfu\x80\xc3\xbc";
    int made = 0;

    for (int round = 0; round < 20000; round++) {
        CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
        size_t at = (size_t)t_below(sizeof(old) - 1), how = (size_t)t_below(3);

        strbuf_add(&b, old, at);
        if (how != 1)
            strbuf_add_byte(&b, bytes[t_below(sizeof(bytes) - 1)]);
        strbuf_add_str(&b, old + at + (how != 2));
        made += patched(old, strbuf_str(&b));
    }
    T_CHECK(made > 1000 && made < 20000);
}

T_MAIN(T_CASE(values_that_differ_are_read_again), T_CASE(what_differs_in_more_is_left_to_be_read),
       T_CASE(more_values_than_are_worth_it_are_left),
       T_CASE(whatever_a_line_becomes_it_is_read_alike))
