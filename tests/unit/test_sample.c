#include "watch/sample.h"

#include "base/sv.h"
#include "t.h"

static struct sample_list list;

static const struct sample *find(const char *name, enum sample_kind kind)
{
    const struct sample *s = sample_find(&list, sv_from(name));

    if (!s || s->kind != kind)
        T_FAIL("no '%s' of kind %d", name, (int)kind);
    return s;
}

static void read_json(const char *text)
{
    sample_list_release(&list);
    sample_add_json(&list, "json", sv_from(text));
}

T(what_is_added_is_found_with_kind_unit_and_time)
{
    char name[] = "rss", text[] = "why";

    list.at_us = 42;
    sample_add_number(&list, name, 1.5, "B");
    sample_add_counter(&list, "cpu", 7, "s");
    sample_add_bool(&list, "up", true);
    sample_add_text(&list, "text", sv_from(text));
    sample_add_null(&list, "status", "s");
    sample_add_error(&list, "fds", SV("not allowed"));
    memset(name, 'x', 3); /* both were copied */
    memset(text, 'x', 3);
    T_EQ(list.v.n, 6);
    T_CHECK(find("rss", SAMPLE_NUMBER)->number > 1.4);
    T_SV(find("rss", SAMPLE_NUMBER)->unit, "B");
    T_EQ(find("rss", SAMPLE_NUMBER)->type, SAMPLE_GAUGE);
    T_EQ(find("cpu", SAMPLE_NUMBER)->type, SAMPLE_COUNTER);
    T_CHECK(find("up", SAMPLE_BOOL)->truth);
    T_SV(find("text", SAMPLE_TEXT)->text, "why");
    T_SV(find("status", SAMPLE_NULL)->unit, "s");
    T_SV(find("fds", SAMPLE_ERROR)->text, "not allowed");
    T_CHECK(!sample_find(&list, SV("rs")) && !sample_find(&list, SV("")));
    for (size_t i = 0; i < list.v.n; i++)
        T_EQ(list.v.v[i].at_us, 42);
    sample_list_release(&list);
    T_EQ(list.v.n, 0);
}

T(json_is_taken_apart_by_path)
{
    read_json(" \n{\"a\": {\"b\": [1, {\"c\": \"x\"}, [2]]}, \"d\": true, \"e\": null, \"\": -0.5,"
              " \"g h\": 1e3, \"empty\": {}, \"none\": []}\n");
    T_EQ(list.v.n, 7);
    T_CHECK(find("json.a.b.0", SAMPLE_NUMBER)->number > 0.9);
    T_SV(find("json.a.b.1.c", SAMPLE_TEXT)->text, "x");
    T_CHECK(find("json.a.b.2.0", SAMPLE_NUMBER)->number > 1.9);
    T_CHECK(find("json.d", SAMPLE_BOOL)->truth);
    (void)find("json.e", SAMPLE_NULL);
    T_CHECK(find("json.", SAMPLE_NUMBER)->number < 0);
    T_CHECK(find("json.g h", SAMPLE_NUMBER)->number > 999);
    read_json("[5]");
    T_CHECK(find("json.0", SAMPLE_NUMBER)->number > 4);
    sample_list_release(&list);
}

T(text_that_is_no_json_document_gives_nothing)
{
    static const char *const texts[] = {"", "  ", "ok", "5", "\"x\"", "true", "<html>{}"};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        read_json(texts[i]);
        T_EQ(list.v.n, 0);
    }
    sample_add_json(&list, "json", (struct sv){NULL, 0});
    T_EQ(list.v.n, 0);
}

T(a_document_that_cannot_be_read_is_one_error)
{
    static const char *const texts[] = {
        "{", "{\"a\": 1,}", "[1, 2", "{\"a\": 1} x", "{\"a\": 1, \"a\": 2}", "{\"a\": 1e999}"};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        read_json(texts[i]);
        T_EQ(list.v.n, 1);
        T_CHECK(find("json", SAMPLE_ERROR)->text.n > 0);
    }
    sample_list_release(&list);
}

T(the_limits_of_a_document_hold)
{
    CLEANUP(strbuf_release) struct strbuf wide = STRBUF(0), deep = STRBUF(0);

    strbuf_add_str(&wide, "[0");
    for (unsigned i = 1; i < SAMPLE_JSON_VALUES; i++)
        strbuf_add_str(&wide, ",0");
    strbuf_add_str(&wide, "]");
    read_json(strbuf_str(&wide));
    T_EQ(list.v.n, SAMPLE_JSON_VALUES);
    strbuf_truncate(&wide, wide.n - 1);
    strbuf_add_str(&wide, ",0]");
    read_json(strbuf_str(&wide));
    T_EQ(list.v.n, 1);
    T_SV(find("json", SAMPLE_ERROR)->text, "JSON with more than 10000 values");

    strbuf_add_n(&deep, '[', SAMPLE_JSON_DEPTH - 1);
    strbuf_add_str(&deep, "7");
    strbuf_add_n(&deep, ']', SAMPLE_JSON_DEPTH - 1);
    read_json(strbuf_str(&deep));
    T_EQ(list.v.n, 1);
    T_EQ(list.v.v[0].kind, SAMPLE_NUMBER);
    strbuf_truncate(&deep, 0);
    strbuf_add_n(&deep, '[', SAMPLE_JSON_DEPTH);
    strbuf_add_str(&deep, "7");
    strbuf_add_n(&deep, ']', SAMPLE_JSON_DEPTH);
    read_json(strbuf_str(&deep));
    T_SV(find("json", SAMPLE_ERROR)->text, "JSON nested more than 64 deep");
    sample_list_release(&list);
}

T(an_error_takes_back_only_its_own_samples)
{
    sample_list_release(&list);
    sample_add_bool(&list, "up", true);
    sample_add_json(&list, "json", SV("{\"a\": 1,"));
    T_EQ(list.v.n, 2);
    T_CHECK(find("up", SAMPLE_BOOL)->truth);
    sample_list_release(&list);
}

T_MAIN(T_CASE(what_is_added_is_found_with_kind_unit_and_time), T_CASE(json_is_taken_apart_by_path),
       T_CASE(text_that_is_no_json_document_gives_nothing),
       T_CASE(a_document_that_cannot_be_read_is_one_error), T_CASE(the_limits_of_a_document_hold),
       T_CASE(an_error_takes_back_only_its_own_samples))
