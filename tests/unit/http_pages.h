#pragma once

/*
 * http_pages: the web server of the HTTP client's tests: each path is a behaviour.
 */
#include <zstd.h>

#include "http_fetch.h"

static inline enum MHD_Result answer_echo(struct server *s UNUSED, struct server_request *r)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    static const char *const names[] = {"Expect",     "Content-Type",   "Authorization",
                                        "X-One",      "X-Two",          "X-Three",
                                        "User-Agent", "Accept-Encoding"};

    strbuf_addf(&text, "%s %s\n", r->method, r->path);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (server_field(r, names[i]))
            strbuf_addf(&text, "%s: %s\n", names[i], server_field(r, names[i]));
    strbuf_addf(&text, "%.*s", SV_FMT(strbuf_sv(&r->body)));
    return server_text(r, 200, strbuf_str(&text));
}

static inline enum MHD_Result answer_status(struct server *s UNUSED, struct server_request *r)
{
    int64_t status;

    if (!sv_to_i64(sv_from(r->path + strlen("/status/")), &status))
        return MHD_NO;
    return server_text(r, (unsigned)status, status == 204 || status == 304 ? "" : "as asked");
}

static inline enum MHD_Result answer_redirect(struct server *s, struct server_request *r)
{
    struct MHD_Response *m =
        MHD_create_response_from_buffer(5, xmemdup("moved", 5), MHD_RESPMEM_MUST_FREE);
    const char *to = r->path + strlen("/to/");
    char location[256];
    enum MHD_Result ok;

    if (strncmp(to, "host/", 5) == 0)
        (void)snprintf(location, sizeof(location), "http://%s", to + 5);
    else
        (void)snprintf(location, sizeof(location), "%s/%s", s->url, to);
    (void)MHD_add_response_header(m, "Location", location);
    (void)MHD_add_response_header(m, "X-Hop", "first");
    ok = MHD_queue_response(r->conn, 302, m);
    MHD_destroy_response(m);
    return ok;
}

static inline ssize_t chunk(void *cls, uint64_t pos, char *buf, size_t max)
{
    size_t total = *(const size_t *)cls;

    if (pos >= total)
        return MHD_CONTENT_READER_END_OF_STREAM;
    max = size_min(size_min(max, 1000), total - pos);
    memset(buf, 'a' + (char)(pos / 1000 % 26), max);
    return (ssize_t)max;
}

static inline enum MHD_Result answer_chunked(struct server *s UNUSED, struct server_request *r)
{
    static size_t total = 100000;
    struct MHD_Response *m =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, chunk, &total, NULL);
    enum MHD_Result ok = MHD_queue_response(r->conn, 200, m);

    MHD_destroy_response(m);
    return ok;
}

static inline enum MHD_Result answer_coded(struct server_request *r, const char *coding,
                                           struct sv bytes)
{
    struct MHD_Response *m =
        MHD_create_response_from_buffer(bytes.n, xmemdup(bytes.p, bytes.n), MHD_RESPMEM_MUST_FREE);
    enum MHD_Result ok;

    (void)MHD_add_response_header(m, "Content-Encoding", coding);
    ok = MHD_queue_response(r->conn, 200, m);
    MHD_destroy_response(m);
    return ok;
}

static inline enum MHD_Result answer_gzip(struct server *s UNUSED, struct server_request *r)
{
    /* printf 'metrics, packed\n' | gzip -9n */
    static const char packed[] =
        "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x4d\x2d\x29\xca\x4c\x2e\xd6"
        "\x51\x28\x48\x4c\xce\x4e\x4d\xe1\x02\x00\x95\x3e\x4f\xca\x10\x00\x00\x00";

    return answer_coded(r, "gzip", (struct sv){packed, sizeof(packed) - 1});
}

static inline enum MHD_Result answer_bomb(struct server *s UNUSED, struct server_request *r)
{
    size_t n = 64u << 20, room = ZSTD_compressBound(n);
    CLEANUP(mem_freep) char *plain = xcalloc(n, 1), *packed = xcalloc(room, 1);

    return answer_coded(r, "zstd", (struct sv){packed, ZSTD_compress(packed, room, plain, n, 1)});
}

static inline enum MHD_Result answer_table(struct server *s, struct server_request *r)
{
    static const struct {
        const char *path;
        server_answer_fn *answer;
    } table[] = {{"/echo", answer_echo},    {"/status/", answer_status},
                 {"/to/", answer_redirect}, {"/chunked", answer_chunked},
                 {"/gzip", answer_gzip},    {"/bomb", answer_bomb}};

    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (strncmp(r->path, table[i].path, strlen(table[i].path)) == 0)
            return table[i].answer(s, r);
    return server_text(r, 404, "no such page");
}

static struct server server;

static inline const char *url_of(const char *path)
{
    static char url[256];

    (void)snprintf(url, sizeof(url), "%s%s", server.url, path);
    return url;
}

/* One request to the web server, from a loop of its own. */
static inline void get_path(struct fetch *f, const char *path)
{
    server_start(&server, answer_table, -1);
    begin();
    get(f, url_of(path));
    end();
    server_stop(&server);
}
