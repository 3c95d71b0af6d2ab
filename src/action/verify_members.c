#include "action/verify_members.h"

#include "base/json.h"
#include "base/sv.h"

#define MEMBERS_DEPTH 16 /* of what is compared, and of where it is looked for */
#define MEMBERS_SAID  200u

/* jansson's loops take no const. */
static json_t *members_of(const json_t *j)
{
    return (json_t *)(uintptr_t)j;
}

static void members_say(struct sv name, const json_t *value, struct strbuf *seen)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(MEMBERS_SAID);

    if (seen->n)
        strbuf_add_str(seen, ", ");
    if (!value) {
        strbuf_addf(seen, "no member '%.*s'", SV_FMT(name));
        return;
    }
    json_write(value, &text);
    strbuf_addf(seen, "%.*s is %s", SV_FMT(name.n ? name : SV("the answer")), strbuf_str(&text));
}

static bool members_same_scalar(const json_t *want, const json_t *have)
{
    if (json_is_number(want) && json_is_number(have))
        return !(json_number_value(want) < json_number_value(have)) &&
               !(json_number_value(want) > json_number_value(have));
    return json_equal(want, have);
}

static bool members_same(const json_t *want, const json_t *have, struct sv name, int depth,
                         struct strbuf *other);

static bool members_same_array(const json_t *want, const json_t *have, struct sv name, int depth,
                               struct strbuf *other)
{
    if (!json_is_array(have) || json_array_size(have) != json_array_size(want)) {
        members_say(name, have, other);
        return false;
    }
    for (size_t i = 0; i < json_array_size(want); i++) {
        CLEANUP(strbuf_release) struct strbuf at = STRBUF(0);

        strbuf_addf(&at, "%.*s[%zu]", SV_FMT(name), i);
        if (!members_same(json_array_get(want, i), json_array_get(have, i), strbuf_sv(&at),
                          depth + 1, other))
            return false;
    }
    return true;
}

static bool members_same_object(const json_t *want, const json_t *have, struct sv name, int depth,
                                struct strbuf *other)
{
    const char *key;
    json_t *v;

    if (!json_is_object(have)) {
        members_say(name, have, other);
        return false;
    }
    json_object_foreach(members_of(want), key, v)
    {
        CLEANUP(strbuf_release) struct strbuf at = STRBUF(0);

        strbuf_addf(&at, "%.*s%s%s", SV_FMT(name), name.n ? "." : "", key);
        if (!members_same(v, json_object_get(have, key), strbuf_sv(&at), depth + 1, other))
            return false;
    }
    return true;
}

/* Else `other` says what is there instead; have: NULL when nothing is. */
static bool members_same(const json_t *want, const json_t *have, struct sv name, int depth,
                         struct strbuf *other)
{
    if (have && depth < MEMBERS_DEPTH && json_is_object(want))
        return members_same_object(want, have, name, depth, other);
    if (have && depth < MEMBERS_DEPTH && json_is_array(want))
        return members_same_array(want, have, name, depth, other);
    if (have && members_same_scalar(want, have))
        return true;
    members_say(name, have, other);
    return false;
}

/* How many members of `want` the object has. */
static size_t members_shared(const json_t *want, const json_t *have)
{
    const char *key;
    json_t *v;
    size_t n = 0;

    json_object_foreach(members_of(want), key, v) n += json_object_get(have, key) != NULL;
    return n;
}

/* Objects below `have` that have all of them; *found: the last one. */
static size_t members_find(const json_t *want, const json_t *have, int depth, const json_t **found)
{
    const char *key;
    json_t *v;
    size_t i, n = 0;

    if (depth >= MEMBERS_DEPTH)
        return 0;
    if (json_is_object(have) && members_shared(want, have) == json_object_size(want)) {
        *found = have;
        return 1;
    }
    json_object_foreach(members_of(have), key, v) n += members_find(want, v, depth + 1, found);
    json_array_foreach(have, i, v) n += members_find(want, v, depth + 1, found);
    return n;
}

enum members verify_members(const json_t *want, const json_t *have, struct strbuf *seen)
{
    const json_t *where = have;
    const char *key;
    json_t *v;

    if (members_shared(want, have) == 0 && members_find(want, have, 0, &where) > 1) {
        strbuf_add_str(seen, "several objects have these members");
        return MEMBERS_SEVERAL;
    }
    if (!members_same_object(want, where, SV(""), 0, seen))
        return MEMBERS_OTHER;
    json_object_foreach(members_of(want), key, v)
        members_say(sv_from(key), json_object_get(where, key), seen);
    return MEMBERS_SAME;
}
