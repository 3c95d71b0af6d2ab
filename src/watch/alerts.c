#include "watch/alerts.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/map.h"
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
    const char *print = json_get_str(alert, "fingerprint", ""); /* a NUL inside: that is none */

    if (print[0])
        strbuf_add_str(ret, print);
    else
        json_write(json_object_get(alert, "labels"), ret);
}

/*
 * A time of the alert, in seconds; false: there is none, or it cannot be read.  Who ends an alert may know its time to the second
 * only, and the Alertmanager that began it to the nanosecond.
 */
static bool alerts_time(const json_t *alert, const char *key, int64_t *ret_s)
{
    int64_t us;
    bool is = clock_parse(json_get_sv(alert, key), &us);

    if (is)
        *ret_s = us / CLOCK_US_PER_S - (us % CLOCK_US_PER_S < 0);
    return is;
}

/*
 * It says that it is over, and when.  Without an end ("0001-01-01T00:00:00Z"), with one that cannot be read, or one before its
 * beginning it contradicts itself.
 */
static bool alerts_is_over(const json_t *alert)
{
    int64_t starts_s, ends_s;

    return sv_is(json_get_sv(alert, "status"), "resolved") &&
           alerts_time(alert, "endsAt", &ends_s) && ends_s >= 0 &&
           !(alerts_time(alert, "startsAt", &starts_s) && ends_s < starts_s);
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
    const json_t *left_out = json_object_get(body, "truncatedAlerts"); /* none: nothing */

    if (!json_is_object(body) || !sv_eq(json_get_sv(body, "version"), SV("4")))
        return err_set(err, ERR_INVALID, "this is no message of version \"4\"");
    if (!json_is_array(list))
        return err_set(err, ERR_INVALID, "there is no list of alerts");
    if (left_out && (!json_is_integer(left_out) || json_integer_value(left_out) < 0))
        return err_set(err, ERR_INVALID, "'truncatedAlerts' is no number of alerts");
    for (size_t i = 0; i < json_array_size(list); i++)
        if (alerts_check_one(json_array_get(list, i), i, err) != ERR_OK)
            return err->code;
    return ERR_OK;
}

/* --- taking it --- */

/*
 * Does this end come before the episode that stands began?  Its own beginning does not say: of two that tell an Alertmanager of
 * one alert the earlier beginning counts, and it may be told with the end only.
 */
static bool alerts_is_late(const json_t *known, const json_t *alert)
{
    int64_t ends_s, began_s;

    return alerts_time(alert, "endsAt", &ends_s) && alerts_time(known, "starts_at", &began_s) &&
           ends_s < began_s;
}

/* fires: what this message says is firing. */
static void alerts_take_one(struct alerts *a, const json_t *alert, struct map *fires,
                            int64_t now_us)
{
    CLEANUP(strbuf_release) struct strbuf key = STRBUF(0);
    bool firing = !alerts_is_over(alert);
    const json_t *known;
    json_t *j;

    alerts_key(alert, &key);
    known = json_object_get(a->all, strbuf_str(&key));
    if (!firing && (map_get(fires, strbuf_sv(&key), NULL) ||
                    (json_get_bool(known, "firing", false) && alerts_is_late(known, alert))))
        return;
    if (firing)
        (void)map_put(fires, strbuf_sv(&key), 0);
    j = json_object();
    json_put_bool(j, "firing", firing);
    json_put(j, "labels", json_deep_copy(json_object_get(alert, "labels")));
    json_put_sv(j, "starts_at", json_get_sv(alert, "startsAt"));
    if (!firing)
        json_put_sv(j, "ends_at", json_get_sv(alert, "endsAt"));
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

/* How many of the list would be kept beside those that are. */
static size_t alerts_new_ones(const struct alerts *a, const json_t *list)
{
    struct map new = {0};
    size_t n = 0;

    for (size_t i = 0; i < json_array_size(list); i++) {
        CLEANUP(strbuf_release) struct strbuf key = STRBUF(0);

        alerts_key(json_array_get(list, i), &key);
        if (!json_object_get(a->all, strbuf_str(&key)) && map_put(&new, strbuf_sv(&key), 0))
            n++;
    }
    map_release(&new);
    return n;
}

static bool alerts_are_too_many(const struct alerts *a, const json_t *body)
{
    const json_t *list = json_object_get(body, "alerts");

    return json_object_size(a->all) + alerts_new_ones(a, list) > ALERTS_MAX ||
           (json_get_int(body, "truncatedAlerts", 0) > 0 &&
            json_object_size(a->groups) >= ALERTS_MAX &&
            !json_object_get(a->groups, json_get_str(body, "groupKey", "")));
}

enum err_code alerts_take(struct alerts *a, struct sv body, int64_t now_us, struct err *err)
{
    CLEANUP(json_cleanup) json_t *tree = NULL;
    struct map fires = {0};
    const json_t *list;

    if (json_read(body, &tree, err) != ERR_OK || alerts_check(tree, err) != ERR_OK)
        return err->code;
    list = json_object_get(tree, "alerts");
    alerts_forget(a, now_us);
    if (alerts_are_too_many(a, tree))
        return err_set(err, ERR_LIMIT, "there are more than %u alerts", ALERTS_MAX);
    for (size_t i = 0; i < json_array_size(list); i++)
        alerts_take_one(a, json_array_get(list, i), &fires, now_us);
    map_release(&fires);
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
