/* server: one message in, its answers out (LSP 3.17). */
#include "lsp/server.h"

#include "base/file.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/sv.h"
#include "base/vec.h"
#include "lsp/frame.h"
#include "t.h"

#define FENCE "```"

/* Lines from 1: the numbers below are those of the protocol, from 0. */
static const char document[] =
    "# Shop\n\n## Checklist\n\n- [ ] **1.1** Stop it\n- [ ] **1.2** Start it\n\n## Deployment\n\n"
    "#### 1.1 Stop\n\n" FENCE "bash\nsystemctl stop shop\n" FENCE
    "\n\n#### 1.2 Start \xf0\x9f\x9a\x80 it\n\n" FENCE
    "bash\nsystemctl start shop\n# Expected: \"up `now`\"\ncp a b <x>\n" FENCE
    "\n\n## Rollback\n\n" FENCE "bash\nsystemctl start shop\n" FENCE
    "\n\n## Decision Matrix\n\n| Symptom | Action |\n|---|---|\n"
    "| Error rate >5% for >5 min | ROLLBACK |\n";

struct client {
    struct lsp_server *server;
    struct strbuf out;
    VEC(json_t *) got;
};

static void client_begin(struct client *c)
{
    *c = (struct client){.server = lsp_server_new(&(struct lsp_server_options){.files = true}),
                         .out = STRBUF(0)};
}

static void client_forget(struct client *c)
{
    for (size_t i = 0; i < c->got.n; i++)
        json_decref(c->got.v[i]);
    c->got.n = 0;
}

static void client_end(struct client *c)
{
    client_forget(c);
    vec_release(&c->got);
    strbuf_release(&c->out);
    lsp_server_free(c->server);
}

/* Send a text; what comes back is in got. */
static void say(struct client *c, struct sv text)
{
    struct lsp_frames f = {.used = 0};
    struct err err;
    struct sv body;

    client_forget(c);
    strbuf_truncate(&c->out, 0);
    lsp_server_take(c->server, text, &c->out);
    lsp_frames_add(&f, strbuf_sv(&c->out));
    for (;;) {
        T_OK(lsp_frames_next(&f, &body, &err), err);
        if (!body.p)
            break;
        T_OK(json_read(body, vec_add(&c->got), &err), err);
        T_CHECK(strcmp(json_get_str(*vec_last(&c->got), "jsonrpc", ""), "2.0") == 0);
    }
    lsp_frames_release(&f);
}

static void say_str(struct client *c, const char *text)
{
    say(c, sv_from(text));
}

static json_t *one(const struct client *c)
{
    if (c->got.n != 1)
        T_FAIL("%zu messages came, not one: %s", c->got.n, strbuf_str(&c->out));
    return c->got.v[0];
}

static json_t *result(const struct client *c)
{
    json_t *r = json_object_get(one(c), "result");

    if (!r)
        T_FAIL("no result: %s", strbuf_str(&c->out));
    return r;
}

static void want_error(const struct client *c, int64_t code)
{
    T_EQ(json_get_int(json_object_get(one(c), "error"), "code", 0), code);
}

static void ready(struct client *c)
{
    client_begin(c);
    say_str(c, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{}}");
    T_CHECK(result(c) != NULL);
}

/* didOpen or didChange; the diagnostics that come. */
static json_t *tell(struct client *c, const char *method, const char *uri, const char *text)
{
    json_t *j = json_object(), *params = json_object(), *doc = json_object();
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    json_put_str(doc, "uri", uri);
    json_put_int(doc, "version", 7);
    if (strstr(method, "Open")) {
        json_put(doc, "text", json_str(text));
    } else {
        json_t *changes = json_array(), *change = json_object();

        json_append(changes, json_object());
        json_put(change, "text", json_str(text));
        json_append(changes, change);
        json_put(params, "contentChanges", changes);
    }
    json_put(params, "textDocument", doc);
    json_put_str(j, "method", method);
    json_put(j, "params", params);
    json_write(j, &b);
    json_decref(j);
    say(c, strbuf_sv(&b));
    T_CHECK(strcmp(json_get_str(one(c), "method", ""), "textDocument/publishDiagnostics") == 0);
    return json_object_get(json_object_get(one(c), "params"), "diagnostics");
}

static json_t *open_text(struct client *c, const char *text)
{
    return tell(c, "textDocument/didOpen", "file:///srv/deploy.md", text);
}

/* A file in the test's own folder. */
static void put(const char *name, const char *text)
{
    struct err err;

    T_OK(file_write_atomic(name, sv_from(text), 0600, &err), err);
}

/* A document in that folder. */
static json_t *open_beside(struct client *c, const char *text)
{
    CLEANUP(strbuf_release) struct strbuf uri = STRBUF(0);
    char cwd[512];

    T_CHECK(getcwd(cwd, sizeof(cwd)) != NULL);
    strbuf_addf(&uri, "file://localhost%s/a%%20b.md", cwd);
    return tell(c, "textDocument/didOpen", strbuf_str(&uri), text);
}

static json_t *ask(struct client *c, const char *method, const char *uri, int line)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    strbuf_addf(
        &b,
        "{\"id\":\"x\",\"method\":\"textDocument/%s\",\"params\":{\"textDocument\":{\"uri\":"
        "\"%s\"},\"position\":{\"line\":%d,\"character\":3}}}",
        method, uri, line);
    say(c, strbuf_sv(&b));
    return json_object_get(one(c), "result");
}

static const char *hover_at(struct client *c, int line)
{
    json_t *r = ask(c, "hover", "file:///srv/deploy.md", line);

    return json_get_str(json_object_get(r, "contents"), "value", "");
}

static void want_in(const char *text, const char *part)
{
    if (!strstr(text, part))
        T_FAIL("'%s' is not in '%s'", part, text);
}

/* The first diagnostic with this code on this line (from 0). */
static const json_t *find(const json_t *list, const char *code, int64_t line)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *d = json_array_get(list, i);
        const json_t *start = json_object_get(json_object_get(d, "range"), "start");

        if (strcmp(json_get_str(d, "code", ""), code) == 0 &&
            json_get_int(start, "line", -1) == line)
            return d;
    }
    T_FAIL("no '%s' on line %lld", code, (long long)line);
}

T(initialize_says_what_the_server_can)
{
    struct client c;
    json_t *can;

    client_begin(&c);
    say_str(&c, "{\"id\":1,\"method\":\"initialize\",\"params\":{\"capabilities\":{}}}");
    can = json_object_get(result(&c), "capabilities");
    T_EQ(json_get_bool(can, "hoverProvider", false), true);
    T_EQ(json_get_int(json_object_get(can, "textDocumentSync"), "change", 0), 1);
    want_in(json_get_str(can, "positionEncoding", ""), "utf-16");
    client_end(&c);
    client_begin(&c);
    say_str(&c, "{\"id\":1,\"method\":\"initialize\",\"params\":{\"capabilities\":{\"general\":"
                "{\"positionEncodings\":[3,\"utf-32\",\"utf-8\"]}}}}");
    want_in(json_get_str(json_object_get(result(&c), "capabilities"), "positionEncoding", ""),
            "utf-8");
    client_end(&c);
}

T(the_order_of_the_protocol_is_kept)
{
    struct client c;

    client_begin(&c);
    say_str(&c, "{\"id\":1,\"method\":\"textDocument/hover\",\"params\":{}}");
    want_error(&c, -32002);
    say_str(&c,
            "{\"method\":\"textDocument/didOpen\",\"params\":{\"textDocument\":{\"uri\":\"file:///"
            "a\",\"text\":\"\"}}}");
    T_EQ(c.got.n, 0);
    say_str(&c, "{\"id\":1,\"method\":\"initialize\"}");
    T_CHECK(result(&c) != NULL);
    say_str(&c, "{\"id\":1,\"method\":\"initialize\"}");
    want_error(&c, -32600);
    say_str(&c, "{\"method\":\"initialized\",\"params\":{}}");
    T_EQ(c.got.n, 0);
    T_EQ(lsp_server_was_shut(c.server), false);
    say_str(&c, "{\"id\":2,\"method\":\"shutdown\"}");
    T_CHECK(json_is_null(result(&c)));
    say_str(&c, "{\"id\":3,\"method\":\"textDocument/hover\"}");
    want_error(&c, -32600);
    T_EQ(lsp_server_state(c.server), LSP_SHUT);
    say_str(&c, "{\"method\":\"exit\"}");
    T_EQ(lsp_server_state(c.server), LSP_GONE);
    T_EQ(lsp_server_was_shut(c.server), true);
    client_end(&c);
}

T(what_is_not_understood_is_answered_as_json_rpc_says)
{
    struct client c;

    ready(&c);
    say_str(&c, "{nonsense");
    want_error(&c, -32700);
    T_CHECK(json_is_null(json_object_get(one(&c), "id")));
    say_str(&c, "{\"id\":5,\"method\":\"textDocument/rename\"}");
    want_error(&c, -32601);
    T_EQ(json_get_int(one(&c), "id", 0), 5);
    say_str(&c, "{\"id\":5,\"method\":\"textDocument/didOpen\"}");
    want_error(&c, -32601);
    say_str(&c, "{\"id\":[5],\"method\":\"shutdown\"}");
    want_error(&c, -32600);
    say_str(&c, "{\"id\":5}");
    want_error(&c, -32600);
    say_str(&c, "[{\"id\":5,\"method\":\"shutdown\"}]");
    want_error(&c, -32600);
    say_str(&c, "{\"id\":5,\"result\":null}"); /* an answer to what we never asked */
    T_EQ(c.got.n, 0);
    say_str(&c, "{\"method\":\"$/cancelRequest\",\"params\":{\"id\":5}}");
    T_EQ(c.got.n, 0);
    say_str(&c, "{\"id\":5,\"method\":\"textDocument/hover\",\"params\":{\"textDocument\":3}}");
    want_error(&c, -32602);
    client_end(&c);
}

T(findings_questions_and_errors_are_diagnostics)
{
    struct client c;
    const json_t *list, *d;

    ready(&c);
    list = open_text(&c, document);
    d = find(list, "RB123", 20);
    T_EQ(json_get_int(d, "severity", 0), 3);
    T_EQ(json_get_int(json_object_get(json_object_get(d, "range"), "start"), "character", 0), 7);
    d = find(list, "question", 20);
    T_EQ(json_get_int(d, "severity", 0), 2);
    want_in(json_get_str(d, "message", ""), "prusik.yaml: ");
    d = find(open_text(&c, "# S\n\n## Checklist\n\n- [ ] **1. Told**\n"), "question", 4);
    T_EQ(json_get_int(d, "severity", 0), 4);
    put("prusik.yaml", "environment: [x]\n");
    d = find(open_beside(&c, document), "plan", 0);
    T_EQ(json_get_int(d, "severity", 0), 1);
    want_in(json_get_str(d, "message", ""), "prusik.yaml:1: 'environment' must be a text");
    put("prusik.yaml", "enviroment: x\n");
    want_in(json_get_str(find(open_beside(&c, document), "plan", 0), "message", ""),
            "\ndid you mean 'environment'?");
    put("prusik.yaml", "variables: {x: 1, token: abc}\n");
    want_in(json_get_str(find(open_beside(&c, document), "question", 0), "message", ""),
            "prusik.yaml:1: 'token' looks like a secret");
    client_end(&c);
}

T(a_text_that_is_no_runbook_is_left_alone)
{
    struct client c;

    ready(&c);
    T_EQ(json_array_size(open_text(&c, "# Notes\n\nSome words.\n")), 0);
    T_EQ(json_array_size(open_text(&c, "")), 0);
    client_end(&c);
}

T(a_change_is_read_whole_and_closing_takes_all_away)
{
    struct client c;

    ready(&c);
    T_CHECK(json_array_size(open_text(&c, document)) > 0);
    T_EQ(json_array_size(tell(&c, "textDocument/didChange", "file:///srv/deploy.md", "# S\n")), 0);
    T_EQ(json_get_int(json_object_get(one(&c), "params"), "version", 0), 7);
    say_str(&c, "{\"method\":\"textDocument/didSave\",\"params\":{\"textDocument\":{\"uri\":"
                "\"file:///srv/deploy.md\"}}}");
    T_CHECK(one(&c) != NULL);
    say_str(&c, "{\"method\":\"textDocument/didChange\",\"params\":{\"textDocument\":{\"uri\":"
                "\"file:///srv/deploy.md\"},\"contentChanges\":[]}}");
    T_EQ(c.got.n, 0);
    say_str(&c, "{\"method\":\"textDocument/didClose\",\"params\":{\"textDocument\":{\"uri\":"
                "\"file:///srv/deploy.md\"}}}");
    T_EQ(json_array_size(json_object_get(json_object_get(one(&c), "params"), "diagnostics")), 0);
    T_CHECK(!ask(&c, "hover", "file:///srv/deploy.md", 1));
    for (const char *const *m = (const char *const[]){"Close", "Save", "Change", NULL}; *m; m++) {
        CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

        strbuf_addf(
            &b,
            "{\"method\":\"textDocument/did%s\",\"params\":{\"textDocument\":{\"uri\":\"file:"
            "///none\"}}}",
            *m);
        say(&c, strbuf_sv(&b));
        T_EQ(c.got.n, 0);
    }
    client_end(&c);
}

T(a_line_tells_what_it_does_where_and_its_way_back)
{
    struct client c;

    ready(&c);
    (void)open_text(&c, document);
    want_in(hover_at(&c, 12), "**shell** ` deployment/1.1/1 `");
    want_in(hover_at(&c, 12), "- on: local\n");
    want_in(hover_at(&c, 12), "- way back: rollback (line 27)\n");
    want_in(hover_at(&c, 18), "- expects: \"up \\`now\\`\" (a person answers)\n");
    want_in(hover_at(&c, 20), "**no way back**");
    want_in(hover_at(&c, 26), "- this is the way back\n");
    want_in(hover_at(&c, 33), "**rule** ` rollback when error_rate[1m] > 5% for 5m `");
    T_CHECK(json_is_null(ask(&c, "hover", "file:///srv/deploy.md", 0)));
    T_CHECK(json_is_null(ask(&c, "hover", "file:///srv/deploy.md", 100000)));
    T_CHECK(!ask(&c, "hover", "file:///srv/deploy.md", -1));
    want_error(&c, -32602);
    client_end(&c);
}

T(a_hover_says_what_is_left_out_answered_and_awaited)
{
    struct client c;
    FILE *f = fopen("prusik.yaml", "w");
    CLEANUP(strbuf_release) struct strbuf uri = STRBUF(0);
    char cwd[512];

    T_CHECK(f &&
            fputs("choices: {late: no}\nanswers: {'1': {answer: yes, by: ana}}\n"
                  "steps: {deployment: {timeout: 5m, undo: by hand}}\n",
                  f) >= 0 &&
            fclose(f) == 0 && getcwd(cwd, sizeof(cwd)));
    strbuf_addf(&uri, "file://localhost%s/a%%20b.md", cwd);
    ready(&c);
    (void)tell(
        &c, "textDocument/didOpen", strbuf_str(&uri),
        "# S\n\n## Checklist\n\n- [ ] **1. Told**\n\n## Deployment\n\n### Late (if needed)\n\n" FENCE
        "bash\ntouch a\n" FENCE "\n\n### Maybe (if asked)\n\n" FENCE
        "bash\n# Wait until it is there (max 30 seconds)\ntest -e a\n# Expected: the lights go out\n" FENCE
        "\n");
    want_in(json_get_str(json_object_get(ask(&c, "hover", strbuf_str(&uri), 4), "contents"),
                         "value", ""),
            "- answered ahead by: ana\n");
    want_in(json_get_str(json_object_get(ask(&c, "hover", strbuf_str(&uri), 11), "contents"),
                         "value", ""),
            "- left out: the binding says no (line 1): 'Late'\n");
    want_in(json_get_str(json_object_get(ask(&c, "hover", strbuf_str(&uri), 18), "contents"),
                         "value", ""),
            "- expects: the lights go out (a person answers)\n- waits up to 30.0 s\n");
    client_end(&c);
}

T(a_checklist_item_leads_to_its_procedure_and_back)
{
    struct client c;
    json_t *r;

    ready(&c);
    (void)open_text(&c, document);
    r = ask(&c, "definition", "file:///srv/deploy.md", 4);
    T_EQ(json_get_int(json_object_get(json_object_get(r, "range"), "start"), "line", -1), 9);
    want_in(json_get_str(r, "uri", ""), "file:///srv/deploy.md");
    r = ask(&c, "definition", "file:///srv/deploy.md", 18);
    T_EQ(json_get_int(json_object_get(json_object_get(r, "range"), "start"), "line", -1), 5);
    T_CHECK(json_is_null(ask(&c, "definition", "file:///srv/deploy.md", 0)));
    client_end(&c);
}

/* The rocket is one character of four bytes and two code units. */
T(the_outline_is_the_tree_of_parts)
{
    struct client c;
    const json_t *top, *deployment, *start;

    ready(&c);
    (void)open_text(&c, document);
    top = json_array_get(ask(&c, "documentSymbol", "file:///srv/deploy.md", 0), 0);
    want_in(json_get_str(top, "name", ""), "Shop");
    deployment = json_array_get(json_object_get(top, "children"), 1);
    want_in(json_get_str(deployment, "name", ""), "Deployment");
    want_in(json_get_str(deployment, "detail", ""), "deploy");
    start = json_array_get(json_object_get(deployment, "children"), 0); /* 1.1 ends before 1.2 */
    T_EQ(json_get_int(json_object_get(json_object_get(start, "range"), "end"), "line", 0), 14);
    start = json_array_get(json_object_get(deployment, "children"), 1);
    want_in(json_get_str(start, "name", ""), "1.2 Start");
    T_EQ(json_get_int(json_object_get(json_object_get(start, "selectionRange"), "end"), "character",
                      0),
         20);
    T_CHECK(!ask(&c, "documentSymbol", "file:///none", 0));
    client_end(&c);
}

T(a_document_that_cannot_be_read_says_why)
{
    struct client c;
    const json_t *d;

    ready(&c);
    say(&c,
        SV("{\"method\":\"textDocument/didOpen\",\"params\":{\"textDocument\":{\"uri\":\"file:///x\","
           "\"text\":\"a\\u0000b\"}}}"));
    d = json_array_get(json_object_get(json_object_get(one(&c), "params"), "diagnostics"), 0);
    want_in(json_get_str(d, "message", ""), "NUL byte");
    T_CHECK(json_is_null(ask(&c, "hover", "file:///x", 0)));
    T_CHECK(json_is_null(ask(&c, "definition", "file:///x", 0)));
    T_EQ(json_array_size(ask(&c, "documentSymbol", "file:///x", 0)), 0);
    client_end(&c);
}

/* No file of this machine: there is no prusik.yaml beside it. */
T(any_uri_is_taken)
{
    static const char *const uris[] = {
        "untitled:Untitled-1", "file://host/x.md", "file:///a%00b", "file:///a%2",
        "file:///%zz",         "FILE:///a%2Db",    "file://"};
    struct client c;

    ready(&c);
    for (size_t i = 0; i < ARRAY_LEN(uris); i++)
        T_CHECK(json_array_size(tell(&c, "textDocument/didOpen", uris[i], document)) > 2);
    client_end(&c);
}

T(no_more_documents_are_opened_than_are_taken)
{
    struct client c;

    ready(&c);
    for (unsigned i = 0; i <= LIMIT_LSP_DOCUMENTS; i++) {
        CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

        strbuf_addf(
            &b,
            "{\"method\":\"textDocument/didOpen\",\"params\":{\"textDocument\":{\"uri\":\"file:"
            "///%u\",\"text\":\"\"}}}",
            i);
        say(&c, strbuf_sv(&b));
        T_EQ(c.got.n, i < LIMIT_LSP_DOCUMENTS);
    }
    client_end(&c);
}

T(no_more_findings_are_told_than_anybody_reads)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    struct client c;

    ready(&c);
    strbuf_add_str(&b, "# S\n\n## Steps\n\n" FENCE "bash\n");
    for (unsigned i = 0; i < LIMIT_LSP_DIAGNOSTICS + 10; i++)
        strbuf_addf(&b, "mv a%u <x%u>\n", i, i);
    strbuf_add_str(&b, FENCE "\n");
    T_EQ(json_array_size(open_text(&c, strbuf_str(&b))), LIMIT_LSP_DIAGNOSTICS);
    client_end(&c);
}

T_MAIN(T_CASE(initialize_says_what_the_server_can), T_CASE(the_order_of_the_protocol_is_kept),
       T_CASE(what_is_not_understood_is_answered_as_json_rpc_says),
       T_CASE(findings_questions_and_errors_are_diagnostics),
       T_CASE(a_text_that_is_no_runbook_is_left_alone),
       T_CASE(a_change_is_read_whole_and_closing_takes_all_away),
       T_CASE(a_line_tells_what_it_does_where_and_its_way_back),
       T_CASE(a_hover_says_what_is_left_out_answered_and_awaited),
       T_CASE(a_checklist_item_leads_to_its_procedure_and_back),
       T_CASE(the_outline_is_the_tree_of_parts), T_CASE(a_document_that_cannot_be_read_says_why),
       T_CASE(any_uri_is_taken), T_CASE(no_more_documents_are_opened_than_are_taken),
       T_CASE(no_more_findings_are_told_than_anybody_reads))
