/* Flags as files, over HTTP, and switched where services read them. */
#include "flag/flag_switch.h"

#include "base/file.h"
#include "base/sv.h"
#include "flag/env_text.h"
#include "flag/flag_server.h"
#include "net/http_wait.h"
#include "net_server.h"
#include "t.h"

static void put(const char *name, struct sv text)
{
    struct err err;

    T_OK(file_write_atomic(name, text, 0600, &err), err);
}

static void read_file(const char *name, struct strbuf *ret)
{
    struct err err;

    strbuf_release(ret);
    T_OK(file_read(name, 1u << 20, ret, &err), err);
}

/* ---- env_text ---- */

static const struct {
    enum env_text_kind kind;
    const char *text, *before; /* before NULL: not there */
    const char *after;         /* with N=new */
} texts[] = {
    {ENV_TEXT_FILE, "", NULL, "N=new\n"},
    {ENV_TEXT_FILE, "A=1", NULL, "A=1\nN=new\n"},
    {ENV_TEXT_FILE, "N=\nB=2\n", "", "N=new\nB=2\n"},
    {ENV_TEXT_FILE, "N=a\nN=b\n# N=c\nNN=d\n", "b", "N=new\n# N=c\nNN=d\n"},
    {ENV_TEXT_FILE, " export  N=\"a \\\"b\\\\\"", "a \"b\\", "N=new\n"},
    {ENV_TEXT_FILE, "N='a\\\"b'\r\nB=1\r\n", "a\\\"b", "N=new\nB=1\r\n"},
    {ENV_TEXT_FILE, "N=\"\n", "\"", "N=new\n"},
    {ENV_TEXT_DROPIN, "", NULL, "[Service]\nEnvironment=\"N=new\"\n"},
    {ENV_TEXT_DROPIN, "[Service]\nEnvironment=\"N=old one\"\nRestart=no\n", "old one",
     "[Service]\nEnvironment=\"N=new\"\nRestart=no\n"},
    {ENV_TEXT_DROPIN, "[Service]\nEnvironment=N=old\n", "old",
     "[Service]\nEnvironment=\"N=new\"\n"},
    {ENV_TEXT_DROPIN, "[Unit]\nEnvironment=N=old\n", NULL,
     "[Unit]\nEnvironment=N=old\n[Service]\nEnvironment=\"N=new\"\n"},
    {ENV_TEXT_DROPIN, "[Service]\n\n[Unit]\n", NULL,
     "[Service]\n\n[Unit]\n[Service]\nEnvironment=\"N=new\"\n"},
};

T(one_variable_changes_and_the_rest_stays)
{
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        CLEANUP(strbuf_release)
        struct strbuf value = STRBUF(0), after = STRBUF(0), again = STRBUF(0);
        struct err err;

        t_say("%s", texts[i].text);
        T_EQ(env_text_get(texts[i].kind, sv_from(texts[i].text), SV("N"), &value),
             texts[i].before != NULL);
        T_STR(strbuf_str(&value), texts[i].before ? texts[i].before : "");
        T_OK(env_text_set(texts[i].kind, sv_from(texts[i].text), SV("N"), SV("new"), &after, &err),
             err);
        T_STR(strbuf_str(&after), texts[i].after);
        T_CHECK(env_text_get(texts[i].kind, strbuf_sv(&after), SV("N"), &value));
        T_STR(strbuf_str(&value), "new");
        T_OK(env_text_set(texts[i].kind, strbuf_sv(&after), SV("N"), SV("new"), &again, &err), err);
        T_STR(strbuf_str(&again), strbuf_str(&after));
    }
}

T(what_readers_would_read_differently_is_refused)
{
    static const char *const values[] = {"a\nb", "a\"b", "a'b", "a$b", "a`b", "a\\b", "a%b"};
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);
    struct err err;

    for (size_t i = 0; i < ARRAY_LEN(values); i++)
        T_EQ(env_text_set(ENV_TEXT_FILE, SV(""), SV("N"), sv_from(values[i]), &out, &err),
             ERR_INVALID);
    T_EQ(env_text_set(ENV_TEXT_FILE, SV(""), SV("1N"), SV("x"), &out, &err), ERR_INVALID);
    T_EQ(env_text_set(ENV_TEXT_FILE, SV(""), SV("N="), SV("x"), &out, &err), ERR_INVALID);
    T_EQ(env_text_set(ENV_TEXT_FILE, SV(""), SV(""), SV("x"), &out, &err), ERR_INVALID);
    T_OK(env_text_set(ENV_TEXT_FILE, SV(""), SV("N"), SV("a b #c"), &out, &err), err);
    T_STR(strbuf_str(&out), "N=\"a b #c\"\n");
}

/* ---- the binding ---- */

#define F "flags:\n  X: "

static const struct {
    const char *text, *says;
} bad[] = {
    {"other: 1", "has no key 'other'"},
    {"[1]", "must be a map"},
    {"consumers: 1", "'consumers' is a list"},
    {"consumers: [1]", "a consumer is a map"},
    {"consumers: [{ofrepp: x}]", "has no key 'ofrepp'"},
    {"consumers: [{}]", "'ofrep' is missing"},
    {"flags: 1", "'flags' is a map"},
    {F "1", "a flag is a map"},
    {F "{}", "'variants' is a map"},
    {F "{variants: {on: [1]}}", "a variant is a text"},
    {F "{variants: {on: 1}}", "written to env_file, dropin or http"},
    {F "{variants: {on: 1}, env_file: {path: x}}", "'name' is missing"},
    {F "{variants: {on: 1}, env_file: {path: [x], name: y}}", "'path' is a text"},
    {F "{variants: {on: 1}, http: {url: x}}", "'json' is missing"},
    {F "{variants: {on: 1}, env_file: {path: x, name: y}, apply: x}", "'apply' is a list"},
    {F "{variants: {on: 1}, env_file: {path: x, name: y}, apply: [[x]]}", "an argument is a text"},
    {F "{variants: {on: 1}, env_file: {path: x, name: y}, within: soon}",
     "'within' is no duration"},
    {F "{variants: {on: 1}, env_file: {path: x, name: y}, read_back: {}}",
     "either 'url' or 'process'"},
    {F "{variants: {on: 1}, env_file: {path: x, name: y}, read_back: {process: p, json: j}}",
     "'json' belongs to a 'url'"},
    {F "{variants: {on: 1}, http: {url: x, json: '{}'}, read_back: {process: p}}",
     "the variable of the process"},
};

T(a_binding_of_flags_that_is_wrong_is_refused_with_its_line)
{
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct flag_binding b = {.n_flags = 99};
        struct err err = {0};

        T_EQ(flag_binding_parse(sv_from(bad[i].text), "f.yaml", ".", &b, &err), ERR_INVALID);
        t_say("%s", err.msg);
        T_CHECK(strstr(err.msg, bad[i].says) && b.n_flags == 99);
    }
}

/* ---- files ---- */

static const char definitions[] =
    "{\"flags\":[{\"key\":\"a\",\"state\":\"ENABLED\",\"variants\":{\"on\":true,\"off\":false},\"defaultVariant\":\"on\"}],\"metadata\":{\"version\":7}}";

static enum err_code change(const char *key, const char *variant, bool kill, struct err *err)
{
    struct flag_switch s = {.definitions = "f.json",
                            .change = {.key = sv_from(key),
                                       .variant = sv_from(variant),
                                       .kill = kill,
                                       .by = SV("t"),
                                       .why = SV("w")}};
    struct flag_switched r;
    struct arena a = {0};
    enum err_code rc = flag_switch(&s, &a, &r, err);

    arena_release(&a);
    return rc;
}

T(a_change_raises_the_version_and_keeps_the_rest)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    CLEANUP(json_cleanup) json_t *j = NULL;
    struct stat st;
    struct err err;

    put("f.json", sv_from(definitions));
    T_CHECK(chmod("f.json", 0640) == 0);
    T_OK(change("a", "off", false, &err), err);
    T_OK(change("a", "on", true, &err), err);
    T_OK(change("a", "off", true, &err), err);
    T_OK(change("a", NULL, true, &err), err);
    T_EQ(change("a", NULL, true, &err), ERR_INVALID);
    T_EQ(change("b", "on", false, &err), ERR_NOT_FOUND);
    read_file("f.json", &text);
    T_OK(json_read(strbuf_sv(&text), &j, &err), err);
    T_EQ(json_get_int(json_object_get(j, "metadata"), "version", 0), 8);
    T_STR(json_get_str(json_array_get(json_object_get(j, "flags"), 0), "defaultVariant", ""),
          "off");
    T_CHECK(stat("f.json", &st) == 0 && (st.st_mode & 0777) == 0640);
    read_file("f.kill.json", &text);
    T_CHECK(strstr(strbuf_str(&text), "\"kill\": {}"));
    read_file("f.log.jsonl", &text);
    T_CHECK(strstr(strbuf_str(&text), "\"what\":\"unkill\"") &&
            strstr(strbuf_str(&text), "\"in_effect\":false"));
}

T(what_cannot_be_locked_written_or_logged_is_said)
{
    struct flag_files f;
    struct err err;

    put("f.json", sv_from(definitions));
    put("f.kill.json", SV("x"));
    T_EQ(change("a", "off", false, &err), ERR_INVALID);
    T_CHECK(unlink("f.kill.json") == 0 && unlink("f.log.jsonl") == 0 &&
            mkdir("f.log.jsonl", 0700) == 0);
    T_EQ(change("a", "off", false, &err), ERR_IO);
    T_CHECK(strstr(err.msg, "switched, but not logged"));
    T_CHECK(unlink("f.lock") == 0 && mkdir("f.lock", 0700) == 0);
    T_EQ(change("a", "on", false, &err), ERR_IO);
    flag_files_init(&f, "plain");
    T_STR(f.kill, "plain.kill.json");
    flag_files_release(&f);
}

/* ---- the server ---- */

struct got {
    int status;
    struct strbuf body;
    char tag[64];
};

/* `line`: "POST /path". */
static void ask(const char *url, const char *line, struct sv body, const char *name,
                const char *value, struct got *ret)
{
    const char *path = strchr(line, ' ') + 1;
    CLEANUP(mem_freep) char *method = xstrdup_sv((struct sv){line, (size_t)(path - line) - 1});
    CLEANUP(strbuf_release) struct strbuf full = STRBUF(0);
    struct http_field fields[] = {{SV("Content-Type"), SV("application/json")},
                                  {sv_from(name), sv_from(value)}};
    struct http_request r = {.failure = HTTP_FINE};
    struct err err;

    strbuf_addf(&full, "%s%s", url, path);
    r.spec = (struct http_spec){.url = strbuf_sv(&full),
                                .method = method,
                                .fields = fields,
                                .n_fields = name ? 2 : 1,
                                .body = body};
    T_OK(http_wait(&r, &err), err);
    *ret = (struct got){.status = r.status, .body = strbuf_steal(&r.body)};
    (void)snprintf(ret->tag, sizeof(ret->tag), "%.*s", SV_FMT(http_field_value(&r, SV("ETag"))));
    http_release(&r);
}

static void expect(const char *url, const char *line, struct sv body, const char *name,
                   const char *value, int status)
{
    struct got g;

    ask(url, line, body, name, value, &g);
    t_say("%s: %d %s", line, g.status, strbuf_str(&g.body));
    T_EQ(g.status, status);
    strbuf_release(&g.body);
}

#define ONE     "/ofrep/v1/evaluate/flags/a"
#define ALL     "/ofrep/v1/evaluate/flags"
#define CONTEXT SV("{\"context\":{}}")

T(the_server_answers_and_follows_its_files)
{
    CLEANUP(flag_server_freep) struct flag_server *s = NULL;
    struct flag_server_config c = {.definitions = "f.json", .listen = "127.0.0.1:0"};
    CLEANUP(strbuf_release) struct strbuf big = STRBUF(0);
    struct got g, h;
    struct err err;
    const char *url;

    put("f.json", sv_from(definitions));
    T_OK(flag_server_start(&c, &s, &err), err);
    url = flag_server_url(s);
    ask(url, "POST " ALL, CONTEXT, NULL, NULL, &g);
    T_EQ(g.status, 200);
    T_STR(
        strbuf_str(&g.body),
        "{\"flags\":[{\"key\":\"a\",\"value\":true,\"reason\":\"STATIC\",\"variant\":\"on\",\"metadata\":{\"version\":7}}],\"metadata\":{\"version\":7}}");
    strbuf_release(&g.body);
    expect(url, "POST " ALL, CONTEXT, "If-None-Match", g.tag, 304);
    expect(url, "POST " ALL "/", CONTEXT, "If-None-Match", "\"other\"", 200);
    expect(url, "GET " ALL, SV(""), NULL, NULL, 405);
    expect(url, "PUT " ONE, CONTEXT, NULL, NULL, 405);
    expect(url,
           "POST "
           "/ofrep/v1/evaluate/flags/none",
           CONTEXT, NULL, NULL, 404);
    expect(url,
           "GET "
           "/other",
           SV(""), NULL, NULL, 404);
    strbuf_add_n(&big, ' ', (1u << 20) + 1);
    expect(url, "POST " ONE, strbuf_sv(&big), NULL, NULL, 413);
    expect(url,
           "GET "
           "/health",
           SV(""), NULL, NULL, 200);
    T_OK(change("a", "off", true, &err), err);
    ask(url, "POST " ONE, CONTEXT, NULL, NULL, &g);
    T_CHECK(strstr(strbuf_str(&g.body), "\"prusik.kill\":true"));
    strbuf_release(&g.body);
    put("f.json", SV("{"));
    expect(url,
           "GET "
           "/health",
           SV(""), NULL, NULL, 503);
    ask(url, "POST " ONE, CONTEXT, NULL, NULL, &h);
    T_CHECK(strstr(strbuf_str(&h.body), "\"value\":false"));
    strbuf_release(&h.body);
}

T(a_token_is_asked_for_everywhere)
{
    CLEANUP(flag_server_freep) struct flag_server *s = NULL;
    struct flag_server_config c = {
        .definitions = "f.json", .listen = "[::1]:0", .token = SV("s3cret")};
    struct err err;
    const char *url;

    put("f.json", sv_from(definitions));
    T_OK(flag_server_start(&c, &s, &err), err);
    url = flag_server_url(s);
    expect(url, "POST " ONE, CONTEXT, NULL, NULL, 401);
    expect(url,
           "GET "
           "/health",
           SV(""), NULL, NULL, 401);
    expect(url, "POST " ONE, CONTEXT, "X-API-Key", "s3cre", 401);
    expect(url, "POST " ONE, CONTEXT, "Authorization", "Basic s3cret", 401);
    expect(url, "POST " ONE, CONTEXT, "X-API-Key", "s3cret", 200);
    expect(url, "POST " ONE, CONTEXT, "Authorization", "bearer s3cret", 200);
}

T(a_server_that_cannot_start_says_why)
{
    static const char *const wrong[] = {"",           "8016",   "host:8016", "127.0.0.1:99999",
                                        "127.0.0.1:", "[::1:1", "[x]:1"};
    CLEANUP(flag_server_freep) struct flag_server *s = NULL, *other = NULL;
    struct flag_server_config c = {.definitions = "f.json", .listen = "127.0.0.1:0"};
    struct err err;

    T_EQ(flag_server_start(&c, &s, &err), ERR_NOT_FOUND);
    put("f.json", sv_from(definitions));
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        c.listen = wrong[i];
        T_EQ(flag_server_start(&c, &s, &err), ERR_USAGE);
    }
    c.listen = "0.0.0.0:0";
    T_EQ(flag_server_start(&c, &s, &err), ERR_REFUSED);
    c.listen = "192.0.2.1:80"; /* nobody's (RFC 5737) */
    c.token = SV("x");
    T_EQ(flag_server_start(&c, &s, &err), ERR_REFUSED);
    T_CHECK(!s && !other);
}

/* ---- consumers and services ---- */

static _Atomic(const char *) value_now;

static enum MHD_Result service(struct server *s UNUSED, struct server_request *r)
{
    if (strcmp(r->path, "/set") == 0) {
        if (sv_is(strbuf_sv(&r->body), "{\"on\": yes}") && strcmp(r->method, "PUT") == 0)
            value_now = "yes";
        return server_text(r, value_now ? 204 : 500, "");
    }
    if (strcmp(r->path, "/plain") == 0)
        return server_text(r, 200, value_now ? value_now : "no\n");
    if (strcmp(r->path, "/json") == 0)
        return server_text(r, 200, "{\"flags\":{\"text\":\"yes\",\"bool\":true}}");
    return server_text(r, 503, "");
}

static enum err_code with_binding(const char *yaml, const char *key, const char *variant,
                                  size_t *consumers, struct err *err)
{
    struct flag_binding b;
    struct flag_switch s = {
        .definitions = "f.json",
        .binding = &b,
        .within_ms = 300,
        .change = {
            .key = sv_from(key), .variant = sv_from(variant), .by = SV("t"), .why = SV("w")}};
    struct flag_switched r = {.consumers = 0};
    struct arena a = {0};
    enum err_code rc;

    T_OK(flag_binding_parse(sv_from(yaml), "f.yaml", ".", &b, err), *err);
    rc = flag_switch(&s, &a, &r, err);
    *consumers = r.consumers;
    t_say("%s", rc == ERR_OK ? "fine" : err->msg);
    flag_binding_release(&b);
    arena_release(&a);
    return rc;
}

static struct server server;

static enum err_code at_service(const char *rest, const char *variant, size_t *consumers,
                                struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf yaml = STRBUF(0);

    strbuf_add_str(&yaml, "flags:\n  X:\n    variants: {on: yes, off: no}\n    within: 300ms\n");
    for (; *rest; rest++)
        if (*rest == '@')
            strbuf_add_str(&yaml, server.url);
        else
            strbuf_add_byte(&yaml, *rest);
    return with_binding(strbuf_str(&yaml), "X", variant, consumers, err);
}

static bool holds(const char *rest, const char *variant)
{
    CLEANUP(strbuf_release) struct strbuf yaml = STRBUF(0);
    struct flag_binding b;
    struct flag_switch s = {
        .binding = &b,
        .change = {.key = SV("X"), .variant = sv_from(variant), .by = SV("t"), .why = SV("w")}};
    struct err err;
    bool does;

    strbuf_addf(
        &yaml,
        "flags:\n  X:\n    variants: {on: yes, off: no}\n%s    read_back: {url: '%s/plain'}\n",
        rest, server.url);
    T_OK(flag_binding_parse(strbuf_sv(&yaml), "f.yaml", ".", &b, &err), err);
    does = flag_switch_holds(&s);
    flag_binding_release(&b);
    return does;
}

/* The service says "no", as it was started with; the next time it reads what is written. */
T(what_is_written_otherwise_does_not_hold_whatever_the_service_says)
{
    value_now = NULL;
    server_start(&server, service, -1);
    put("e", SV("N=yes\n"));
    put("d", SV("[Service]\nEnvironment=\"N=no\"\n"));
    T_CHECK(!holds("    env_file: {path: e, name: N}\n", "off"));
    T_CHECK(holds("    dropin: {path: d, name: N}\n", "off"));
    T_CHECK(!holds("    env_file: {path: e, name: N}\n    dropin: {path: d, name: N}\n", "off"));
    put("e", SV("N=no\n"));
    T_CHECK(holds("    env_file: {path: e, name: N}\n    dropin: {path: d, name: N}\n", "off"));
    put("d", SV("[Service]\n"));
    T_CHECK(!holds("    env_file: {path: e, name: N}\n    dropin: {path: d, name: N}\n", "off"));
    T_CHECK(!holds("    env_file: {path: e, name: N}\n", "on"));
    T_CHECK(!holds("    env_file: {path: '.', name: N}\n", "off"));
    server_stop(&server);
}

T(an_endpoint_is_set_and_read_back)
{
    struct err err;
    size_t n;

    server_start(&server, service, -1);
    T_EQ(
        at_service(
            "    http: {url: '@/set', json: '{\"on\": $VALUE}'}\n    read_back: {url: '@/plain'}\n",
            "off", &n, &err),
        ERR_FAILED);
    T_CHECK(strstr(err.msg, "answered 500"));
    T_OK(
        at_service(
            "    http: {url: '@/set', json: '{\"on\": $VALUE}'}\n    read_back: {url: '@/plain'}\n",
            "on", &n, &err),
        err);
    T_EQ(n, 1);
    T_OK(at_service("    http: {url: '@/set', json: '{}'}\n", "off", &n, &err), err);
    T_EQ(n, 0);
    T_EQ(at_service("    http: {url: '@/set', json: '{}'}\n    read_back: {url: '@/plain'}\n",
                    "off", &n, &err),
         ERR_FAILED);
    T_STR(err.msg, "written, but not in effect: it is still 'yes'");
    T_OK(at_service(
             "    env_file: {path: e, name: N}\n    read_back: {url: '@/json', json: flags.text}\n",
             "on", &n, &err),
         err);
    T_EQ(at_service(
             "    env_file: {path: e, name: N}\n    read_back: {url: '@/json', json: flags.bool}\n",
             "on", &n, &err),
         ERR_FAILED);
    T_CHECK(strstr(err.msg, "'true'"));
    T_EQ(at_service(
             "    env_file: {path: e, name: N}\n    read_back: {url: '@/json', json: flags.none}\n",
             "on", &n, &err),
         ERR_FAILED);
    T_EQ(at_service("    env_file: {path: e, name: N}\n    read_back: {url: '@/plain', json: a}\n",
                    "on", &n, &err),
         ERR_FAILED);
    T_EQ(at_service("    env_file: {path: e, name: N}\n    read_back: {url: '@/broken'}\n", "on",
                    &n, &err),
         ERR_FAILED);
    T_EQ(at_service(
             "    env_file: {path: e, name: N}\n    read_back: {url: 'http://127.0.0.1:1/'}\n",
             "on", &n, &err),
         ERR_FAILED);
    T_EQ(at_service("    env_file: {path: e, name: N}\n", "purple", &n, &err), ERR_INVALID);
    T_EQ(at_service("    env_file: {path: none/e, name: N}\n", "on", &n, &err), ERR_IO);
    T_EQ(at_service("    dropin: {path: e/d, name: N}\n", "on", &n, &err), ERR_IO);
    T_OK(at_service("    dropin: {path: d/d, name: N}\n", "on", &n, &err), err);
    T_EQ(at_service("    env_file: {path: e, name: N}\n    read_back: {process: none.pid}\n", "on",
                    &n, &err),
         ERR_FAILED);
    server_stop(&server);
}

T(a_process_without_the_variable_is_not_in_effect)
{
    CLEANUP(strbuf_release) struct strbuf pid = STRBUF(0);
    struct err err;
    size_t n;

    strbuf_addf(&pid, "%d\n", (int)getpid());
    put("p.pid", strbuf_sv(&pid));
    T_EQ(
        with_binding(
            "flags:\n  X:\n    variants: {on: 1}\n    env_file: {path: e, name: NOBODY_HAS_THIS}\n    read_back: {process: p.pid}\n    within: 10ms\n",
            "X", "on", &n, &err),
        ERR_FAILED);
    T_CHECK(strstr(err.msg, "no 'NOBODY_HAS_THIS' in its environment"));
}

T(every_consumer_must_see_a_change)
{
    CLEANUP(flag_server_freep) struct flag_server *s = NULL;
    struct flag_server_config c = {.definitions = "f.json", .listen = "127.0.0.1:0"};
    CLEANUP(strbuf_release) struct strbuf yaml = STRBUF(0);
    struct err err;
    size_t n;

    put("f.json", sv_from(definitions));
    T_OK(flag_server_start(&c, &s, &err), err);
    strbuf_addf(&yaml, "consumers: [{ofrep: '%s'}", flag_server_url(s));
    strbuf_add_byte(&yaml, ']');
    T_OK(with_binding(strbuf_str(&yaml), "a", "off", &n, &err), err);
    T_EQ(n, 1);
    server_start(&server, service, -1);
    strbuf_truncate(&yaml, yaml.n - 1);
    strbuf_addf(&yaml, ", {ofrep: '%s'}]", server.url); /* answers something else */
    T_EQ(with_binding(strbuf_str(&yaml), "a", "on", &n, &err), ERR_FAILED);
    T_CHECK(strstr(err.msg, "written, but not in effect"));
    server_stop(&server);
    T_EQ(with_binding(strbuf_str(&yaml), "a", "off", &n, &err), ERR_FAILED);
}

T_MAIN(T_CASE(one_variable_changes_and_the_rest_stays),
       T_CASE(what_readers_would_read_differently_is_refused),
       T_CASE(a_binding_of_flags_that_is_wrong_is_refused_with_its_line),
       T_CASE(a_change_raises_the_version_and_keeps_the_rest),
       T_CASE(what_cannot_be_locked_written_or_logged_is_said),
       T_CASE(the_server_answers_and_follows_its_files), T_CASE(a_token_is_asked_for_everywhere),
       T_CASE(a_server_that_cannot_start_says_why),
       T_CASE(what_is_written_otherwise_does_not_hold_whatever_the_service_says),
       T_CASE(an_endpoint_is_set_and_read_back),
       T_CASE(a_process_without_the_variable_is_not_in_effect),
       T_CASE(every_consumer_must_see_a_change))
