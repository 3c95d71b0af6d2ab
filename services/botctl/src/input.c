#include "input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char identifier_bytes[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789._:@-";

enum err_code input_object(const char *body, size_t n, json_t **ret, struct err *err)
{
    json_error_t why;
    json_t *object = json_loadb(body ? body : "", n, JSON_REJECT_DUPLICATES, &why);

    if (!object)
        return err_set(err, ERR_INPUT, "the body is not JSON: %s", why.text);
    if (!json_is_object(object)) {
        json_decref(object);
        return err_set(err, ERR_INPUT, "the body is not a JSON object");
    }
    *ret = object;
    return ERR_OK;
}

enum err_code input_value(const char *value, const struct input_field *field, struct err *err)
{
    if (!value)
        return err_set(err, ERR_INPUT, "%s is missing", field->name);
    if (!*value || strlen(value) > field->max)
        return err_set(err, ERR_INPUT, "%s must have 1 to %zu bytes", field->name, field->max);
    if (field->identifier && value[strspn(value, identifier_bytes)])
        return err_set(err, ERR_INPUT, "%s may have letters, digits and . _ : @ - only",
                       field->name);
    return ERR_OK;
}

enum err_code input_text(const json_t *object, const struct input_field *field, const char **ret,
                         struct err *err)
{
    const json_t *member = json_object_get(object, field->name);
    const char *value = json_string_value(member);

    if (field->optional && (!member || json_is_null(member))) {
        *ret = NULL;
        return ERR_OK;
    }
    if (member && !value)
        return err_set(err, ERR_INPUT, "%s is not a string", field->name);
    if (input_value(value, field, err) != ERR_OK)
        return err->code;
    *ret = value;
    return ERR_OK;
}

enum err_code input_number(const char *value, const char *name, int64_t fallback, int64_t max,
                           int64_t *ret, struct err *err)
{
    char *end;
    long long n;

    if (!value) {
        *ret = fallback;
        return ERR_OK;
    }
    errno = 0;
    n = strtoll(value, &end, 10);
    if (end == value || *end || errno || n < 1 || n > max)
        return err_set(err, ERR_INPUT, "%s must be a number from 1 to %lld", name, (long long)max);
    *ret = n;
    return ERR_OK;
}
