#include "lsp/server.h"

#include <string.h>

#include "base/limits.h"
#include "base/sv.h"
#include "base/version.h"
#include "lsp/frame.h"
#include "lsp/page.h"

/* Error codes of JSON-RPC 2.0 (section 5.1) and of the protocol. */
enum lsp_error {
    LSP_PARSE_ERROR = -32700,
    LSP_INVALID_REQUEST = -32600,
    LSP_METHOD_NOT_FOUND = -32601,
    LSP_INVALID_PARAMS = -32602,
    LSP_NOT_INITIALIZED = -32002,
};

struct lsp_server {
    enum lsp_state state;
    bool was_shut;
    struct lsp_page_options page;
    VEC(struct lsp_page *) pages;
    struct strbuf *out; /* of the message in progress */
};

struct lsp_server *lsp_server_new(const struct lsp_server_options *opt)
{
    struct lsp_server *s = XNEW(struct lsp_server);

    s->page.files = opt->files;
    return s;
}

void lsp_server_free(struct lsp_server *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->pages.n; i++)
        lsp_page_free(s->pages.v[i]);
    vec_release(&s->pages);
    free(s);
}

enum lsp_state lsp_server_state(const struct lsp_server *s)
{
    return s->state;
}

bool lsp_server_was_shut(const struct lsp_server *s)
{
    return s->was_shut;
}

/* --- sending --- */

/* Takes over `message`. */
static void lsp_send(struct lsp_server *s, json_t *message)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    json_put_str(message, "jsonrpc", "2.0");
    json_write(message, &text);
    lsp_frame_add(s->out, strbuf_sv(&text));
    json_decref(message);
}

static void lsp_notify(struct lsp_server *s, const char *method, json_t *params)
{
    json_t *j = json_object();

    json_put_str(j, "method", method);
    json_put(j, "params", params);
    lsp_send(s, j);
}

/* `id` as it came; NULL: it could not be read, which JSON-RPC answers with null. */
static json_t *lsp_reply(const json_t *id)
{
    json_t *j = json_object();

    json_put(j, "id", id ? json_deep_copy(id) : json_null());
    return j;
}

static void lsp_answer(struct lsp_server *s, const json_t *id, json_t *result)
{
    json_t *j = lsp_reply(id);

    json_put(j, "result", result);
    lsp_send(s, j);
}

static void lsp_refuse(struct lsp_server *s, const json_t *id, enum lsp_error code,
                       const char *text)
{
    json_t *j = lsp_reply(id), *error = json_object();

    json_put_int(error, "code", code);
    json_put_str(error, "message", text);
    json_put(j, "error", error);
    lsp_send(s, j);
}

/* --- documents --- */

static const char *lsp_uri(const json_t *params)
{
    return json_get_str(json_object_get(params, "textDocument"), "uri", NULL);
}

/* The place of an open document, or NULL. */
static struct lsp_page **lsp_place(struct lsp_server *s, const json_t *params)
{
    const char *uri = lsp_uri(params);

    for (size_t i = 0; uri && i < s->pages.n; i++)
        if (strcmp(s->pages.v[i]->uri, uri) == 0)
            return &s->pages.v[i];
    return NULL;
}

static const struct lsp_page *lsp_find(struct lsp_server *s, const json_t *params)
{
    struct lsp_page **place = lsp_place(s, params);

    return place ? *place : NULL;
}

static void lsp_publish(struct lsp_server *s, const struct lsp_page *p)
{
    lsp_notify(s, "textDocument/publishDiagnostics", lsp_page_diagnostics(p));
}

static void lsp_put(struct lsp_server *s, struct lsp_page **place, const char *uri, int64_t version,
                    struct sv text)
{
    struct lsp_page *read = lsp_page_new(uri, version, text, &s->page);

    if (place)
        lsp_page_free(*place); /* only now: uri and text may be its own */
    else
        place = vec_add(&s->pages);
    *place = read;
    lsp_publish(s, read);
}

static void lsp_open(struct lsp_server *s, const json_t *params)
{
    const json_t *doc = json_object_get(params, "textDocument");
    struct lsp_page **place = lsp_place(s, params);

    if (lsp_uri(params) && (place || s->pages.n < LIMIT_LSP_DOCUMENTS))
        lsp_put(s, place, lsp_uri(params), json_get_int(doc, "version", 0),
                json_get_sv(doc, "text"));
}

/* Whole texts: that is what `initialize` asks for. */
static void lsp_change(struct lsp_server *s, const json_t *params)
{
    const json_t *changes = json_object_get(params, "contentChanges"), *last;
    struct lsp_page **place = lsp_place(s, params);

    if (!place || !json_is_array(changes) || json_array_size(changes) == 0)
        return;
    last = json_array_get(changes, json_array_size(changes) - 1);
    lsp_put(s, place, (*place)->uri,
            json_get_int(json_object_get(params, "textDocument"), "version", (*place)->version),
            json_get_sv(last, "text"));
}

/* prusik.yaml beside it may have changed meanwhile. */
static void lsp_save(struct lsp_server *s, const json_t *params)
{
    struct lsp_page **place = lsp_place(s, params);

    if (place && (*place)->has_doc)
        lsp_put(s, place, (*place)->uri, (*place)->version, (*place)->doc.text);
}

static void lsp_close(struct lsp_server *s, const json_t *params)
{
    struct lsp_page **place = lsp_place(s, params);
    json_t *j;

    if (!place)
        return;
    j = json_object();
    json_put_str(j, "uri", (*place)->uri);
    json_put(j, "diagnostics", json_array());
    lsp_notify(s, "textDocument/publishDiagnostics", j);
    lsp_page_free(*place);
    *place = *vec_last(&s->pages);
    s->pages.n--;
}

/* --- requests --- */

static bool lsp_has_utf8(const json_t *params)
{
    const json_t *general = json_object_get(json_object_get(params, "capabilities"), "general");
    const json_t *list = json_object_get(general, "positionEncodings");

    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_array_get(list, i));

        if (name && strcmp(name, "utf-8") == 0)
            return true;
    }
    return false;
}

static json_t *lsp_initialize(struct lsp_server *s, const json_t *params)
{
    json_t *j = json_object(), *can = json_object(), *sync = json_object(), *info = json_object();

    s->page.utf8 = lsp_has_utf8(params);
    s->state = LSP_READY;
    json_put_bool(sync, "openClose", true);
    json_put_int(sync, "change", 1); /* TextDocumentSyncKind.Full */
    json_put_bool(sync, "save", true);
    json_put(can, "textDocumentSync", sync);
    json_put_str(can, "positionEncoding", s->page.utf8 ? "utf-8" : "utf-16");
    json_put_bool(can, "hoverProvider", true);
    json_put_bool(can, "definitionProvider", true);
    json_put_bool(can, "documentSymbolProvider", true);
    json_put(j, "capabilities", can);
    json_put_str(info, "name", "prusik");
    json_put_str(info, "version", prusik_version);
    json_put(j, "serverInfo", info);
    return j;
}

static json_t *lsp_shutdown(struct lsp_server *s, const json_t *params UNUSED)
{
    s->state = LSP_SHUT;
    s->was_shut = true;
    return json_null();
}

/* The line that a position names, from 1; 0: none. */
static size_t lsp_line(const json_t *params)
{
    int64_t line = json_get_int(json_object_get(params, "position"), "line", -1);

    return line >= 0 && line < INT32_MAX ? (size_t)line + 1 : 0;
}

static json_t *lsp_at_line(struct lsp_server *s, const json_t *params,
                           json_t *(*fn)(const struct lsp_page *p, size_t line))
{
    const struct lsp_page *page = lsp_find(s, params);

    if (!page || !lsp_line(params))
        return NULL;
    return fn(page, lsp_line(params));
}

static json_t *lsp_hover(struct lsp_server *s, const json_t *params)
{
    return lsp_at_line(s, params, lsp_page_hover);
}

static json_t *lsp_definition(struct lsp_server *s, const json_t *params)
{
    return lsp_at_line(s, params, lsp_page_definition);
}

static json_t *lsp_symbols(struct lsp_server *s, const json_t *params)
{
    const struct lsp_page *page = lsp_find(s, params);

    return page ? lsp_page_symbols(page) : NULL;
}

/* --- dispatch --- */

struct lsp_method {
    const char *name;
    json_t *(*request)(struct lsp_server *s, const json_t *params); /* NULL result: bad params */
    void (*notification)(struct lsp_server *s, const json_t *params);
};

static const struct lsp_method lsp_methods[] = {
    {"initialize", lsp_initialize, NULL},
    {"shutdown", lsp_shutdown, NULL},
    {"textDocument/hover", lsp_hover, NULL},
    {"textDocument/definition", lsp_definition, NULL},
    {"textDocument/documentSymbol", lsp_symbols, NULL},
    {"textDocument/didOpen", NULL, lsp_open},
    {"textDocument/didChange", NULL, lsp_change},
    {"textDocument/didSave", NULL, lsp_save},
    {"textDocument/didClose", NULL, lsp_close},
};

static const struct lsp_method *lsp_find_method(const char *name, bool request)
{
    for (size_t i = 0; i < ARRAY_LEN(lsp_methods); i++)
        if (strcmp(lsp_methods[i].name, name) == 0 && (lsp_methods[i].request != NULL) == request)
            return &lsp_methods[i];
    return NULL;
}

static void lsp_request(struct lsp_server *s, const json_t *id, const char *name,
                        const json_t *params)
{
    const struct lsp_method *m = lsp_find_method(name, true);
    bool first = strcmp(name, "initialize") == 0;
    json_t *result;

    if (s->state == LSP_NEW && !first) {
        lsp_refuse(s, id, LSP_NOT_INITIALIZED, "the first request is initialize");
    } else if (s->state == LSP_SHUT || (s->state != LSP_NEW && first)) {
        lsp_refuse(s, id, LSP_INVALID_REQUEST, "not in this state");
    } else if (!m) {
        lsp_refuse(s, id, LSP_METHOD_NOT_FOUND, "there is no such method");
    } else {
        result = m->request(s, params);
        if (result)
            lsp_answer(s, id, result);
        else
            lsp_refuse(s, id, LSP_INVALID_PARAMS, "no such document is open, or no position");
    }
}

static void lsp_notification(struct lsp_server *s, const char *name, const json_t *params)
{
    const struct lsp_method *m = lsp_find_method(name, false);

    if (strcmp(name, "exit") == 0)
        s->state = LSP_GONE;
    else if (s->state == LSP_READY && m)
        m->notification(s, params);
    /* others ("initialized", "$/...") want nothing, and notifications are not answered */
}

void lsp_server_take(struct lsp_server *s, struct sv body, struct strbuf *out)
{
    CLEANUP(json_cleanup) json_t *j = NULL;
    const char *method;
    const json_t *id;
    struct err err;

    s->out = out;
    if (json_read(body, &j, &err) != ERR_OK) {
        lsp_refuse(s, NULL, LSP_PARSE_ERROR, err.msg);
        return;
    }
    id = json_object_get(j, "id");
    method = json_get_str(j, "method", NULL);
    if (id && !json_is_integer(id) && !json_is_string(id))
        lsp_refuse(s, NULL, LSP_INVALID_REQUEST, "an id is a number or a text");
    else if (method && id)
        lsp_request(s, id, method, json_object_get(j, "params"));
    else if (method)
        lsp_notification(s, method, json_object_get(j, "params"));
    else if (!json_object_get(j, "result") && !json_object_get(j, "error"))
        lsp_refuse(s, id, LSP_INVALID_REQUEST, "a message has a method");
}
