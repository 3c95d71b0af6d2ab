/* What a flag was, from the log of its changes. */
#include "flag/flag_back.h"

#include "base/file.h"
#include "base/strbuf.h"
#include "base/sv.h"
#include "flag/flag_switch.h"
#include "t.h"

static void put(const char *name, const char *text)
{
    struct err err;

    T_OK(file_write_atomic(name, sv_from(text), 0600, &err), err);
}

#define LINE(us, by, what, rest)                                           \
    "{\"at_us\":" #us ",\"by\":\"" by "\",\"flag\":\"a\",\"what\":\"" what \
    "\",\"begun\":true" rest "}\n"
#define FROM(x) ",\"from\":\"" x "\""

static const struct {
    const char *log;
    const char *want; /* of a since 100: "set x; kill y; unkill" */
} rows[] = {
    {"", ""},
    {LINE(99, "ana", "set", FROM("on")), ""},
    {LINE(100, "ana", "set", FROM("on")), "set on; "},
    {"{\"at_us\":100,\"by\":\"ana\",\"flag\":\"b\",\"what\":\"set\",\"from\":\"on\"}\n", ""},
    {LINE(100, "ana", "set", FROM("one")) LINE(101, "bo", "set", FROM("two")), "set one; "},
    {LINE(100, "ana", "kill", ""), "unkill; "},
    {LINE(100, "ana", "kill", FROM("x")) LINE(101, "ana", "set", FROM("on")), "set on; kill x; "},
    {LINE(100, "ana", "unkill", FROM("x")), "kill x; "},
    /* a rule's word stands */
    {LINE(100, "prusik r-0001", "kill", ""), ""},
    {LINE(100, "ana", "set", FROM("off")) LINE(101, "prusik r-0001", "set", FROM("on")), ""},
    {LINE(100, "ana", "set", FROM("off")) LINE(101, "prusik r-0001", "kill", ""), "set off; "},
    {LINE(100, "prusik r-0001", "set", FROM("on")) LINE(101, "ana", "set", FROM("off")),
     "set off; "},
    /* refused; of a log that has no lines of beginning yet */
    {"{\"at_us\":100,\"by\":\"ana\",\"flag\":\"a\",\"what\":\"set\",\"in_effect\":false}\n", ""},
    {"{\"at_us\":100,\"by\":\"ana\",\"flag\":\"a\",\"what\":\"set\",\"from\":\"on\",\"in_effect\":true}\n",
     "set on; "},
    /* cut off by a crash */
    {LINE(100, "ana", "set", FROM("on")) "{\"at_us\":101,\"by\"", "set on; "},
};

static enum err_code find(struct arena *a, struct flag_back *b, struct err *err)
{
    CLEANUP(flag_files_release) struct flag_files f = {.definitions = NULL};

    flag_files_init(&f, "f.json");
    return flag_back_find(&f, SV("a"), 100, a, b, err);
}

T(the_first_change_since_then_says_what_it_was)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf got = STRBUF(0);
        CLEANUP(arena_release) struct arena a = {0};
        struct flag_back b;
        struct err err;

        t_say("%s", rows[i].log);
        if (i)
            put("f.log.jsonl", rows[i].log); /* the first: there is no log */
        T_OK(find(&a, &b, &err), err);
        for (size_t k = 0; k < b.n; k++) {
            const struct flag_change *c = &b.v[k];

            strbuf_addf(&got, "%s%s%.*s; ",
                        !c->kill       ? "set"
                        : c->variant.p ? "kill"
                                       : "unkill",
                        c->variant.p ? " " : "", SV_FMT(c->variant));
        }
        T_STR(strbuf_str(&got), rows[i].want);
    }
}

static void on_toggle(void *arg, int64_t at_us)
{
    strbuf_addf(arg, "%lld ", (long long)at_us);
}

#define DONE(us, by, from, to)                                                                  \
    "{\"at_us\":" #us ",\"by\":\"" by "\",\"flag\":\"a\",\"what\":\"set\"" from ",\"to\":\"" to \
    "\",\"in_effect\":true}\n"

T(what_people_have_switched_since_then_is_told_once_each)
{
    static const struct {
        const char *log, *want;
    } cases[] = {
        {"", ""},
        {LINE(100, "ana", "set", FROM("on")) DONE(100, "ana", FROM("on"), "off"), "100 "},
        {DONE(99, "ana", FROM("on"), "off") DONE(101, "bo", FROM("off"), "on")
             DONE(102, "ana", "", "on"),
         "101 102 "},
        {DONE(100, "prusik r-0001", FROM("on"), "off"), ""}, /* in the journal of that run */
        {DONE(100, "ana", FROM("on"), "on"), ""},            /* it was so */
        {LINE(100, "ana", "set", FROM("on")), ""}, /* nobody knows whether it came into effect */
        {DONE(100, "ana", FROM("on"), "off") "{\"at_us\":101,\"by\"", "100 "},
    };
    CLEANUP(flag_files_release) struct flag_files f = {.definitions = NULL};
    CLEANUP(strbuf_release) struct strbuf got = STRBUF(0);
    struct err err = {0};

    flag_files_init(&f, "f.json");
    T_OK(flag_toggles(&f, SV("a"), 100, on_toggle, &got, &err), err);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        put("f.log.jsonl", cases[i].log);
        strbuf_truncate(&got, 0);
        T_OK(flag_toggles(&f, SV("a"), 100, on_toggle, &got, &err), err);
        T_STR(strbuf_str(&got), cases[i].want);
    }
    put("f.log.jsonl", "{\n{}\n");
    T_CHECK(flag_toggles(&f, SV("a"), 100, on_toggle, &got, &err) != ERR_OK);
    T_CHECK(strstr(err.msg, "f.log.jsonl: line 1"));
}

T(what_cannot_be_known_is_said)
{
    CLEANUP(arena_release) struct arena a = {0};
    struct flag_back b = {.n = 99};
    struct err err;

    put("f.log.jsonl", LINE(100, "ana", "set", ""));
    T_EQ(find(&a, &b, &err), ERR_FAILED);
    put("f.log.jsonl", "{\n" LINE(100, "ana", "set", FROM("on")));
    T_CHECK(find(&a, &b, &err) != ERR_OK);
    t_say("%s", err.msg);
    T_CHECK(strstr(err.msg, "f.log.jsonl") && strstr(err.msg, "line 1"));
    T_EQ(b.n, 99);
}

/* Killed between writing and the last line: the first line has what it was. */
T(a_change_that_was_begun_is_in_the_log_before_anything_is_written)
{
    struct flag_switch s = {.definitions = "f.json",
                            .change = {.key = SV("a"), .variant = SV("off"), .at_us = 100}};
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    CLEANUP(arena_release) struct arena a = {0};
    struct flag_switched r;
    struct flag_back b;
    struct err err;
    struct sv rest, line;

    put("f.json",
        "{\"flags\":{\"a\":{\"state\":\"ENABLED\",\"variants\":{\"on\":true,\"off\":false},"
        "\"defaultVariant\":\"on\"}}}");
    T_OK(flag_switch(&s, &a, &r, &err), err);
    T_OK(file_read("f.log.jsonl", 65536, &text, &err), err);
    rest = strbuf_sv(&text);
    T_CHECK(sv_next_line(&rest, &line) && sv_has(line, SV("\"begun\":true")));
    T_CHECK(sv_next_line(&rest, &line) && sv_has(line, SV("\"in_effect\":true")) && !rest.n);
    put("f.log.jsonl",
        arena_strdup(&a, sv_sub(strbuf_sv(&text), 0, sv_find_byte(strbuf_sv(&text), '\n', 0) + 1)));
    T_OK(find(&a, &b, &err), err);
    T_EQ(b.n, 1);
    T_CHECK(sv_eq(b.v[0].variant, SV("on")));
}

T_MAIN(T_CASE(the_first_change_since_then_says_what_it_was),
       T_CASE(what_people_have_switched_since_then_is_told_once_each),
       T_CASE(what_cannot_be_known_is_said),
       T_CASE(a_change_that_was_begun_is_in_the_log_before_anything_is_written))
