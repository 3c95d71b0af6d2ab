/*
 * expect_answer: an answer in JSON, as a document shows it below "Expected:".  It is a check when nothing in it
 * differs from one answer to the next; else it is a sample, and a person compares.
 */
#include <string.h>

#include "base/json.h"
#include "base/sv.h"
#include "runbook/expect_int.h"

#define ANSWER_DEPTH  8
#define ANSWER_NUMBER 100 /* larger ones count or measure something */

/* What such a member is called changes by itself. */
static bool answer_is_moving(struct sv name)
{
    static const struct sv words[] = {
        SV("time"),   SV("date"),    SV("uptime"),  SV("latency"), SV("duration"), SV("elapsed"),
        SV("second"), SV("count"),   SV("total"),   SV("memory"),  SV("bytes"),    SV("load"),
        SV("pid"),    SV("request"), SV("trace"),   SV("session"), SV("token"),    SV("hash"),
        SV("digest"), SV("size"),    SV("percent"), SV("age")};
    static const struct sv ends[] = {SV("_ms"), SV("_at"), SV("id"), SV("Id"),
                                     SV("ID"),  SV("Ms"),  SV("At")};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (sv_has_nocase(name, words[i]))
            return true;
    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        if (sv_ends(name, ends[i]))
            return true;
    return false;
}

/* "2026-01-31T10:00:00Z", "9f86d081884c", "<version>", "...": of that one answer, or of none. */
static bool answer_is_sample_text(struct sv text)
{
    size_t hex = 0, digits = 0;
    bool stands_in = sv_has(text, SV("...")) || sv_has(text, SV("…")) || sv_has(text, SV("${")) ||
                     sv_has(text, SV("{{")) || sv_find_byte(text, '<', 0) != SV_NPOS ||
                     sv_find_byte(text, '[', 0) != SV_NPOS;

    for (size_t i = 0; i < text.n; i++) {
        hex = text.p[i] && strchr("0123456789abcdefABCDEF-", text.p[i]) ? hex + 1 : 0;
        digits += ascii_is_digit(text.p[i]);
        if (hex >= 10 && digits > 1) /* also a day, and a UUID */
            return true;
    }
    return stands_in || sv_eq_nocase(text, SV("string")) ||
           (text.n > 2 && sv_find_byte(text, ':', 0) != SV_NPOS && digits > 3);
}

static bool answer_stays(const json_t *j, int depth)
{
    const char *key;
    json_t *v;
    size_t i;

    if (depth > ANSWER_DEPTH)
        return false;
    json_object_foreach((json_t *)(uintptr_t)j, key,
                        v) if (answer_is_moving(sv_from(key)) ||
                               !answer_stays(v, depth + 1)) return false;
    json_array_foreach(j, i, v) if (!answer_stays(v, depth + 1)) return false;
    if (json_is_string(j))
        return !answer_is_sample_text((struct sv){json_string_value(j), json_string_length(j)});
    if (json_is_integer(j))
        return json_integer_value(j) > -ANSWER_NUMBER && json_integer_value(j) < ANSWER_NUMBER;
    return !json_is_real(j);
}

/* `{"status": "up"}`: one member, which is looked for wherever it stands. */
static bool answer_is_one(const json_t *j)
{
    const json_t *v = json_object_iter_value(json_object_iter((json_t *)(uintptr_t)j));

    return json_object_size(j) == 1 && !json_is_object(v) && !json_is_array(v);
}

bool expect_read_answer(struct sv text, const struct expect_context *cx, struct arena *arena,
                        struct rb_expect *e)
{
    CLEANUP(json_cleanup) json_t *j = NULL;
    struct err err;

    text = sv_trim(text);
    while (text.n > 1 && *text.p == '`' && text.p[text.n - 1] == '`')
        text = sv_trim(sv_sub(text, 1, text.n - 1));
    if (!text.n || *text.p != '{' || !cx->http || text.n > EXPECT_MAX_BYTES)
        return false;
    *e = (struct rb_expect){.form = EXPECT_ASK, .text = text};
    if (json_read(text, &j, &err) != ERR_OK)
        return true;
    if (answer_is_one(j))
        return false;
    if (json_object_size(j) == 0 || !answer_stays(j, 0))
        return true;
    *e = (struct rb_expect){.form = EXPECT_JSON, .op = OP_EQ, .value = arena_sv(arena, text)};
    return true;
}
