#include "watch/alerts.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/sv.h"

/*
 * The tree that is saved: {"heard_us", "alerts": {FINGERPRINT: {"firing", "labels", "starts_at", "ends_at", "told_us"}},
 * "groups": {GROUP KEY: how many its last message left out}}.
 */
struct alerts {
    json_t *all, *groups;
    int64_t heard_us;
};

struct alerts *alerts_new(void)
{
    struct alerts *a = XNEW(struct alerts);

    a->all = json_object();
    a->groups = json_object();
    a->heard_us = ALERTS_NEVER;
    return a;
}

void alerts_free(struct alerts *a)
{
    if (!a)
        return;
    json_decref(a->all);
    json_decref(a->groups);
    free(a);
}

/* --- reading a message --- */

static bool alerts_are_texts(json_t *o)
{
    const char *key;
    json_t *v;

    json_object_foreach(o, key, v)
    {
        if (!json_is_string(v))
            return false;
    }
    return json_is_object(o);
}

/* Alertmanager gives a fingerprint; what speaks its language may not: then it is the labels. */
static void alerts_key(const json_t *alert, struct strbuf *ret)
{
    struct sv print = json_get_sv(alert, "fingerprint");

    if (print.n)
        strbuf_add_sv(ret, print);
    else
        json_write(json_object_get(alert, "labels"), ret);
}

/* "0001-01-01T00:00:00Z": it has not ended. */
static bool alerts_has_no_end(struct sv at)
{
    return !at.n || sv_starts(at, SV("0001-"));
}

static enum err_code alerts_check_one(const json_t *alert, size_t i, struct err *err)
{
    struct sv status = json_get_sv(alert, "status");
    json_t *labels = json_object_get(alert, "labels");

    if (!json_is_object(alert))
        return err_set(err, ERR_INVALID, "alert %zu is no object", i + 1);
    if (!sv_eq(status, SV("firing")) && !sv_eq(status, SV("resolved")))
        return err_set(err, ERR_INVALID, "alert %zu is neither firing nor resolved", i + 1);
    if (!alerts_are_texts(labels) || json_object_size(labels) == 0)
        return err_set(err, ERR_INVALID, "alert %zu has no labels", i + 1);
    return ERR_OK;
}

static enum err_code alerts_check(const json_t *body, struct err *err)
{
    const json_t *list = json_object_get(body, "alerts");

    if (!json_is_object(body) || !sv_eq(json_get_sv(body, "version"), SV("4")))
        return err_set(err, ERR_INVALID, "this is no message of version \"4\"");
    if (!json_is_array(list))
        return err_set(err, ERR_INVALID, "there is no list of alerts");
    for (size_t i = 0; i < json_array_size(list); i++)
        if (alerts_check_one(json_array_get(list, i), i, err) != ERR_OK)
            return err->code;
    return ERR_OK;
}

/* --- taking it --- */

/* RFC 3339 in UTC sorts as text; in another zone it is the newer message that counts, which is the same nearly always. */
static bool alerts_is_earlier(struct sv a, struct sv b)
{
    return sv_ends(a, SV("Z")) && sv_ends(b, SV("Z")) && sv_cmp(a, b) < 0;
}

static void alerts_take_one(struct alerts *a, const json_t *alert, int64_t now_us)
{
    CLEANUP(strbuf_release) struct strbuf key = STRBUF(0);
    struct sv starts = json_get_sv(alert, "startsAt"), ends = json_get_sv(alert, "endsAt");
    bool firing = sv_eq(json_get_sv(alert, "status"), SV("firing")) || alerts_has_no_end(ends);
    const json_t *known;
    json_t *j;

    alerts_key(alert, &key);
    known = json_object_get(a->all, strbuf_str(&key));
    if (!firing && known && json_get_bool(known, "firing", false) &&
        alerts_is_earlier(starts, json_get_sv(known, "starts_at")))
        return; /* it ended before this episode began */
    j = json_object();
    json_put_bool(j, "firing", firing);
    json_put(j, "labels", json_deep_copy(json_object_get(alert, "labels")));
    json_put_sv(j, "starts_at", starts);
    if (!firing)
        json_put_sv(j, "ends_at", ends);
    json_put_int(j, "told_us", now_us);
    json_put(a->all, strbuf_str(&key), j);
}

static void alerts_forget(struct alerts *a, int64_t now_us)
{
    const char *key;
    json_t *v;
    void *next;

    json_object_foreach_safe(a->all, next, key, v)
    {
        if (!json_get_bool(v, "firing", true) &&
            now_us - json_get_int(v, "told_us", now_us) > ALERTS_RESOLVED_US)
            (void)json_object_del(a->all, key); /* it is there */
    }
}

static void alerts_take_group(struct alerts *a, const json_t *body)
{
    int64_t left_out = json_get_int(body, "truncatedAlerts", 0);
    const char *key = json_get_str(body, "groupKey", "");

    if (left_out > 0)
        json_put_int(a->groups, key, left_out);
    else
        (void)json_object_del(a->groups, key); /* fails when it is not there, which is as well */
}

enum err_code alerts_take(struct alerts *a, struct sv body, int64_t now_us, struct err *err)
{
    CLEANUP(json_cleanup) json_t *tree = NULL;
    const json_t *list;

    if (json_read(body, &tree, err) != ERR_OK || alerts_check(tree, err) != ERR_OK)
        return err->code;
    list = json_object_get(tree, "alerts");
    alerts_forget(a, now_us);
    if (json_object_size(a->all) + json_array_size(list) > ALERTS_MAX ||
        json_object_size(a->groups) >= ALERTS_MAX)
        return err_set(err, ERR_LIMIT, "there are more than %u alerts", ALERTS_MAX);
    for (size_t i = 0; i < json_array_size(list); i++)
        alerts_take_one(a, json_array_get(list, i), now_us);
    alerts_take_group(a, tree);
    a->heard_us = now_us;
    return ERR_OK;
}

/* --- asking --- */

int64_t alerts_heard_us(const struct alerts *a)
{
    return a->heard_us;
}

size_t alerts_firing(const struct alerts *a)
{
    size_t n = 0;
    const char *key;
    json_t *v;

    json_object_foreach(a->all, key, v) n += json_get_bool(v, "firing", false);
    return n;
}

uint64_t alerts_truncated(const struct alerts *a)
{
    uint64_t n = 0;
    const char *key;
    json_t *v;

    json_object_foreach(a->groups, key, v) n += (uint64_t)json_integer_value(v);
    return n;
}

json_t *alerts_rows(const struct alerts *a)
{
    json_t *rows = json_array(), *v;
    const char *key;

    json_object_foreach(a->all, key, v)
    {
        json_t *row = json_deep_copy(json_object_get(v, "labels"));

        json_put_str(row, "status", json_get_bool(v, "firing", false) ? "firing" : "resolved");
        json_put_str(row, "fingerprint", key);
        json_put(row, "starts_at", json_sv(json_get_sv(v, "starts_at")));
        if (json_get_sv(v, "ends_at").n)
            json_put_sv(row, "ends_at", json_get_sv(v, "ends_at"));
        json_append(rows, row);
    }
    return rows;
}

/* --- for another process --- */

json_t *alerts_save(const struct alerts *a)
{
    json_t *j = json_object();

    if (a->heard_us != ALERTS_NEVER)
        json_put_int(j, "heard_us", a->heard_us);
    json_put(j, "alerts", json_deep_copy(a->all));
    json_put(j, "groups", json_deep_copy(a->groups));
    return j;
}

enum err_code alerts_restore(struct alerts *a, const json_t *tree, struct err *err)
{
    json_t *all = json_object_get(tree, "alerts"), *groups = json_object_get(tree, "groups"), *v;
    const char *key;
    bool fits = json_is_object(all) && json_is_object(groups);

    json_object_foreach(all, key, v) fits =
        fits && json_is_object(v) && alerts_are_texts(json_object_get(v, "labels"));
    json_object_foreach(groups, key, v) fits = fits && json_is_integer(v);
    if (!fits)
        return err_set(err, ERR_INVALID, "these are no alerts");
    json_decref(a->all);
    json_decref(a->groups);
    a->all = json_deep_copy(all);
    a->groups = json_deep_copy(groups);
    a->heard_us = json_get_int(tree, "heard_us", ALERTS_NEVER);
    return ERR_OK;
}
