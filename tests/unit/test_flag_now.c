/* What a flag is, for those who read it: files, servers, services. */
#include "flag/flag_now.h"

#include "base/file.h"
#include "base/sv.h"
#include "flag/flag_server.h"
#include "net_server.h"
#include "t.h"

static struct flag_binding bound;

static void put(const char *name, const char *text)
{
    struct err err;

    T_OK(file_write_atomic(name, sv_from(text), 0600, &err), err);
}

static void bind_flags(const char *text)
{
    struct err err;

    flag_binding_release(&bound);
    T_OK(flag_binding_parse(sv_from(text), "b.yaml", ".", &bound, &err), err);
}

static enum err_code look(const char *key, struct flag_now *ret, struct err *err)
{
    struct flag_reader r = {
        .definitions = "f.json", .binding = &bound, .key = sv_from(key), .off = SV("off")};

    return flag_now_read(&r, ret, err);
}

#define FLAG(key, rest)                                                                           \
    "{\"key\":\"" key "\",\"variants\":{\"on\":true,\"half\":true,\"off\":false},\"state\":" rest \
    "}"

static const char definitions[] =
    "{\"flags\":[" FLAG("on", "\"ENABLED\",\"defaultVariant\":\"on\"") "," FLAG("off", "\"ENABLED\",\"defaultVariant\":\"off\"") "," FLAG(
        "none",
        "\"ENABLED\","
        "\"defaultVariant\":null") "," FLAG("disabled",
                                            "\"DISABLED\",\"defaultVariant\":\"on\"") "," FLAG("some",
                                                                                               "\"ENABLED\",\"defaultVariant\":\"off\",\"targeting\":{\"fractional\":[[\"on\",20],"
                                                                                               "[\"half\",5],[\"off\",75]]}") "," FLAG("seeded",
                                                                                                                                       "\"ENABLED\",\"defaultVariant\":\"off\",\"targeting\":{\"fractional\":"
                                                                                                                                       "[{\"var\":\"email\"},[\"on\"],[\"off\",3]]}") "," FLAG("zero",
                                                                                                                                                                                               "\"ENABLED\",\"defaultVariant\":\"off\",\"targeting\":{\"fractional\":[[\"on\",0]]}") "," FLAG("asks",
                                                                                                                                                                                                                                                                                              "\"ENABLED\",\"defaultVariant\":\"off\",\"targeting\":{\"if\":[{\"==\":[{\"var\":"
                                                                                                                                                                                                                                                                                              "\"email\"},\"a\"]},\"on\",\"off\"]}") "],\"metadata\":{\"version\":\"12\"}}";

/* share < 0: there is none, and why is whether it is said why. */
static const struct {
    const char *key, *kill, *variant;
    double share;
    bool why;
} states[] = {{"on", "", "on", 1, false},        {"off", "", "off", 0, false},
              {"none", "", NULL, -1, false},     {"disabled", "", NULL, -1, false},
              {"some", "", "off", 0.25, false},  {"seeded", "", "off", 0.25, false},
              {"zero", "", "off", -1, true},     {"asks", "", "off", -1, true},
              {"asks", "on", "on", 1, false},    {"disabled", "off", "off", 0, false},
              {"some", "half", "half", 1, false}};

T(a_flag_is_what_its_definitions_and_the_kill_list_make_it)
{
    put("f.json", definitions);
    for (size_t i = 0; i < ARRAY_LEN(states); i++) {
        CLEANUP(flag_now_release) struct flag_now n = {.value = NULL};
        char kill[300];
        struct err err;

        (void)snprintf(
            kill, sizeof(kill),
            "{\"prusik_kill\":1,\"kill\":{\"%s\":{\"variant\":\"%s\",\"by\":\"a\",\"at\":"
            "\"2026-02-15T02:07:00Z\",\"reason\":\"r\"}}}",
            states[i].key, states[i].kill);
        put("f.kill.json", states[i].kill[0] ? kill : "{\"prusik_kill\":1,\"kill\":{}}");
        t_say("%s %s", states[i].key, states[i].kill);
        T_OK(look(states[i].key, &n, &err), err);
        T_CHECK(states[i].variant ? sv_is(n.variant, states[i].variant) : !n.variant.p && !n.value);
        T_CHECK(!states[i].variant || (bool)json_is_true(n.value) == !sv_is(n.variant, "off"));
        T_EQ(n.has_share, states[i].share >= 0);
        T_CHECK(!n.has_share ||
                (n.share > states[i].share - 1e-12 && n.share < states[i].share + 1e-12));
        T_EQ(n.share_why.p != NULL, states[i].why);
        T_CHECK(n.has_version && n.version > 11.9 && n.version < 12.1);
    }
}

T(a_flag_that_cannot_be_read_is_no_value)
{
    struct flag_now n;
    struct err err;

    T_EQ(look("on", &n, &err), ERR_NOT_FOUND);
    put("f.json", definitions);
    T_EQ(look("onn", &n, &err), ERR_NOT_FOUND);
    T_CHECK(strstr(err.hint, "did you mean 'on'"));
    put("f.kill.json", "{\"prusik_kill\":1,\"kill\":{\"on\":{\"variant\":\"x\",\"by\":\"a\",\"at\":"
                       "\"2026-02-15T02:07:00Z\",\"reason\":\"r\"}}}");
    T_EQ(look("on", &n, &err), ERR_FAILED);
    T_CHECK(strstr(err.msg, "the kill list names no variant"));
}

/* ---- consumers ---- */

static const char *said;
static int status = 200;

static enum MHD_Result answer(struct server *s UNUSED, struct server_request *r)
{
    return server_text(r, status, said);
}

T(what_counts_is_what_consumers_say_and_all_of_them)
{
    CLEANUP(flag_server_freep) struct flag_server *ours = NULL;
    struct flag_server_config c = {.definitions = "f.json", .listen = "127.0.0.1:0"};
    static const struct {
        const char *said, *err;
        int status;
    } bad[] = {
        {"{\"key\":\"on\",\"value\":false,\"reason\":\"STATIC\",\"variant\":\"off\"}", "says 'off'",
         200},
        {"{\"key\":\"on\",\"value\":false,\"reason\":\"STATIC\",\"variant\":\"on\"}", "says 'on'",
         200},
        {"{\"key\":\"on\",\"errorCode\":\"FLAG_NOT_FOUND\"}", "FLAG_NOT_FOUND: without a reason",
         404},
        {"{\"key\":\"on\",\"errorCode\":\"GENERAL\",\"errorDetails\":\"x\"}", "GENERAL: x", 400},
        {"{}", "no 'reason'", 200},
        {"<html>", "line 1, column 1", 200},
        {"", "it answered 401", 401}};
    CLEANUP(flag_now_release) struct flag_now n = {.value = NULL};
    char text[200];
    struct server s = {.data = NULL};
    struct err err;

    put("f.json", definitions);
    server_start(&s, answer, -1);
    T_OK(flag_server_start(&c, &ours, &err), err);
    (void)snprintf(text, sizeof(text), "consumers: [{ofrep: \"%s\"}, {ofrep: \"%s\"}]\n",
                   flag_server_url(ours), s.url);
    bind_flags(text);
    said = "{\"key\":\"on\",\"value\":true,\"reason\":\"STATIC\",\"variant\":\"on\"}";
    T_OK(look("on", &n, &err), err);
    T_EQ(n.consumers, 2);
    T_CHECK(json_is_true(n.value) && sv_is(n.variant, "on") && n.has_version && n.has_share);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct flag_now other;

        said = bad[i].said;
        status = bad[i].status;
        T_CHECK(look("on", &other, &err) != ERR_OK);
        t_say("%s", err.msg);
        T_CHECK(strstr(err.msg, s.url) && strstr(err.msg, bad[i].err));
    }
    status = 200;
    said = "{\"key\":\"disabled\",\"reason\":\"DISABLED\"}";
    flag_now_release(&n);
    T_OK(look("disabled", &n, &err), err);
    T_CHECK(!n.value && !n.variant.p);
    server_stop(&s);
    T_CHECK(look("on", &n, &err) != ERR_OK);
}

/* ---- elsewhere ---- */

T(a_flag_that_a_service_reads_elsewhere_is_read_there)
{
    static const struct {
        const char *env, *variant;
        json_type type;
    } rows[] = {{"X=yes\n", "on", JSON_STRING},
                {"X=false\n", "off", JSON_FALSE},
                {"X=12\n", NULL, JSON_REAL},
                {"X=true\n", NULL, JSON_TRUE}};
    struct err err;

    bind_flags("flags:\n  X:\n    variants: {on: \"yes\", off: \"false\"}\n"
               "    env_file: {path: env, name: X}\n");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(flag_now_release) struct flag_now n = {.value = NULL};

        put("env", rows[i].env);
        T_OK(look("X", &n, &err), err);
        T_EQ(json_typeof(n.value), rows[i].type);
        T_CHECK(rows[i].variant ? sv_is(n.variant, rows[i].variant) : !n.variant.p);
        T_EQ(n.has_share, rows[i].variant != NULL);
        T_CHECK(!n.has_share || (n.share > 0.5) == sv_is(n.variant, "on"));
        T_EQ(n.share_why.p != NULL, rows[i].variant == NULL);
        T_CHECK(!n.has_version && n.consumers == 0);
    }
    T_CHECK(unlink("env") == 0);
    {
        struct flag_now n;

        T_EQ(look("X", &n, &err), ERR_NOT_FOUND);
    }
    flag_binding_release(&bound);
}

T_MAIN(T_CASE(a_flag_is_what_its_definitions_and_the_kill_list_make_it),
       T_CASE(a_flag_that_cannot_be_read_is_no_value),
       T_CASE(what_counts_is_what_consumers_say_and_all_of_them),
       T_CASE(a_flag_that_a_service_reads_elsewhere_is_read_there))
