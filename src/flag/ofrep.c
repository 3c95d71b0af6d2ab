#include "flag/ofrep.h"

#include <stdio.h>
#include <string.h>

#include "base/sv.h"

#define OFREP_PREFIX SV("/ofrep/v1/evaluate/flags")

bool ofrep_is_path(struct sv path)
{
    return sv_eat(&path, OFREP_PREFIX) && (path.n == 0 || path.p[0] == '/');
}

static void fail(struct ofrep_answer *a, unsigned status, struct sv key, const char *code,
                 const char *details)
{
    a->status = status;
    flagset_error_body(key, code, details, &a->body);
}

/* The context of the body, or NULL with the answer filled. */
static const json_t *read_context(const struct ofrep_request *r, struct sv key, json_t **body,
                                  struct ofrep_answer *a)
{
    const json_t *context;
    struct err err;

    if (json_read(r->body, body, &err) != ERR_OK) {
        fail(a, 400, key, "PARSE_ERROR", "request body is not JSON");
        return NULL;
    }
    context = json_object_get(*body, "context");
    if (json_is_object(context))
        return context;
    fail(a, 400, key, "INVALID_CONTEXT", "context is required and must be an object");
    return NULL;
}

/* One of a list: "a", W/"b", or a star. */
static bool tag_matches(struct sv list, const char *tag)
{
    struct sv piece;

    while (list.p && sv_split(&list, ',', &piece)) {
        piece = sv_trim(piece);
        if (sv_is(piece, "*"))
            return true;
        (void)sv_eat(&piece, SV("W/"));
        if (sv_is(piece, tag))
            return true;
    }
    return false;
}

static void respond_all(const struct flagset *s, const struct ofrep_request *r, int64_t now_s,
                        struct ofrep_answer *a)
{
    CLEANUP(json_cleanup) json_t *body = NULL;
    const json_t *context = read_context(r, (struct sv){NULL, 0}, &body, a);
    struct hash h;

    if (!context)
        return;
    flagset_bulk(s, context, now_s, &a->body);
    h = hash_of(strbuf_sv(&a->body));
    (void)snprintf(a->tag, sizeof(a->tag), "\"%.32s\"", hash_hex(&h).s);
    a->status = tag_matches(r->if_none_match, a->tag) ? 304 : 200;
    if (a->status == 304)
        strbuf_truncate(&a->body, 0);
}

static void respond_one(const struct flagset *s, const struct ofrep_request *r, struct sv key,
                        int64_t now_s, struct ofrep_answer *a)
{
    CLEANUP(json_cleanup) json_t *body = NULL;
    const json_t *context = read_context(r, key, &body, a);
    struct flag_answer f;
    size_t i;

    if (!context)
        return;
    if (!flagset_find(s, key, &i)) {
        CLEANUP(strbuf_release) struct strbuf says = STRBUF(0);

        strbuf_addf(&says, "no flag \"%.*s\"", SV_FMT(key));
        fail(a, 404, key, "FLAG_NOT_FOUND", strbuf_str(&says));
        return;
    }
    f = flagset_eval(s, i, context, now_s);
    a->status = f.outcome == FLAG_FINE ? 200 : 400;
    flagset_body(s, i, &f, &a->body);
}

void ofrep_respond(const struct flagset *s, const struct ofrep_request *r, int64_t now_s,
                   struct ofrep_answer *ret)
{
    struct ofrep_answer a = {.body = STRBUF(0)};
    struct sv key = r->path;

    assert(ofrep_is_path(r->path));
    (void)sv_eat(&key, OFREP_PREFIX);
    (void)sv_eat(&key, SV("/"));
    if (!sv_is(r->method, "POST"))
        a.status = 405;
    else if (key.n == 0)
        respond_all(s, r, now_s, &a);
    else
        respond_one(s, r, key, now_s, &a);
    *ret = a;
}
