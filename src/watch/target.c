#include "watch/target.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/sv.h"
#include "net/url.h"

static const char *target_text(struct target *t, json_t *settings, const char *key)
{
    struct sv v = json_get_sv(settings, key);

    return v.n ? arena_strdup(&t->arena, v) : NULL;
}

static void target_fields(struct target *t, json_t *object)
{
    struct http_field *fields = ARENA_NEWN(&t->arena, struct http_field, json_object_size(object));
    const char *k;
    json_t *v;

    t->spec.fields = fields;
    json_object_foreach(object, k, v)
    {
        struct sv value = {json_string_value(v), json_string_length(v)};

        fields[t->spec.n_fields++] =
            (struct http_field){arena_sv(&t->arena, sv_from(k)), arena_sv(&t->arena, value)};
    }
}

enum err_code target_open(struct target *t, json_t *settings, struct err *err)
{
    struct sv bearer = json_get_sv(settings, "bearer"), url = json_get_sv(settings, "url");
    int64_t max_bytes = json_get_int(settings, "max_bytes", 0);
    int64_t follow = json_get_int(settings, "follow", 0);

    /* One that names a secret is put in when it is used. */
    if (!sv_has(url, SV("$")) && url_check(url, "http https", err) != ERR_OK)
        return err_wrap(err, "'url'");
    if (max_bytes > TARGET_MAX_BYTES)
        return err_set(err, ERR_INVALID, "'max_bytes' is more than %u", TARGET_MAX_BYTES);
    if (follow > TARGET_MAX_FOLLOW)
        return err_set(err, ERR_INVALID, "'follow' is more than %u", TARGET_MAX_FOLLOW);
    t->spec.url = sv_from(target_text(t, settings, "url"));
    t->spec.ca_file = target_text(t, settings, "ca_file");
    t->spec.cert_file = target_text(t, settings, "cert_file");
    t->spec.key_file = target_text(t, settings, "key_file");
    t->spec.unix_socket = target_text(t, settings, "unix_socket");
    t->spec.no_verify = json_get_bool(settings, "insecure", false);
    t->spec.max_redirects = (unsigned)follow;
    t->spec.max_body = (size_t)max_bytes;
    if (json_object_get(settings, "headers"))
        target_fields(t, json_object_get(settings, "headers"));
    t->bearer = bearer.n ? xstrdup_sv(bearer) : NULL;
    t->spec.bearer = sv_from(t->bearer);
    return ERR_OK;
}

void target_release(struct target *t)
{
    if (t->bearer)
        sodium_memzero(t->bearer, strlen(t->bearer));
    free(t->bearer);
    arena_release(&t->arena);
    *t = (struct target){.bearer = NULL};
}
