#pragma once

/*
 * json: jansson trees (RFC 8259) with the few shapes that prusik writes.
 *
 * Text and names that are not UTF-8 go in with their bad bytes as U+FFFD, so that
 * writing never fails; what was written is read back as the same tree.  Trees are
 * given back with json_decref().
 */
#include <jansson.h>

#include "base/err.h"
#include "base/strbuf.h"

static inline void json_cleanup(json_t **j)
{
    json_decref(*j);
}

/* A string from any bytes. */
json_t *json_sv(struct sv s);
json_t *json_str(const char *s);
/* Set a member, unless the text is empty. */
void json_put_sv(json_t *object, const char *key, struct sv s);
void json_put_str(json_t *object, const char *key, const char *s);
void json_put_int(json_t *object, const char *key, int64_t v);
void json_put_real(json_t *object, const char *key, double v);
void json_put_bool(json_t *object, const char *key, bool v);
/* Takes over v, as json_object_set_new() does. */
void json_put(json_t *object, const char *key, json_t *v);
void json_append(json_t *array, json_t *v);

/* Members of an object; the default when absent or of another type, for json_get_str() also when the text
 * has a NUL inside.  Views live as long as the tree. */
struct sv json_get_sv(const json_t *object, const char *key);
const char *json_get_str(const json_t *object, const char *key, const char *otherwise);
int64_t json_get_int(const json_t *object, const char *key, int64_t otherwise);
double json_get_real(const json_t *object, const char *key, double otherwise);
bool json_get_bool(const json_t *object, const char *key, bool otherwise);

/* Compact, keys sorted: the same tree always gives the same bytes. */
void json_write(const json_t *j, struct strbuf *out);
/* Indented, keys in the order in which they were set. */
void json_write_pretty(const json_t *j, struct strbuf *out);
/* An array or object; a name may stand once in an object.  ERR_INVALID with line and column. */
NODISCARD enum err_code json_read(struct sv text, json_t **ret, struct err *err);
