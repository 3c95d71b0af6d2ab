#include "runbook/directive.h"

#include "base/duration.h"
#include "base/strbuf.h"
#include "base/suggest.h"
#include "base/sv.h"

/* --- values --- */

/* Reads a value into its field; NULL: it is one, else what it must be. */
typedef const char *directive_value_fn(struct sv value, void *field);

static const char *directive_name(struct sv value, void *field)
{
    static const char *const why =
        "must be a letter, then letters, digits, '.', '_' or '-', at most 64 in all";

    if (!value.n || value.n > 64 || !ascii_is_alpha(*value.p))
        return why;
    for (size_t i = 0; i < value.n; i++)
        if (!ascii_is_word(value.p[i]) && value.p[i] != '.' && value.p[i] != '-')
            return why;
    *(struct sv *)field = value;
    return NULL;
}

static const char *directive_text(struct sv value, void *field)
{
    value = sv_trim(value);
    if (!value.n)
        return "must be a text";
    *(struct sv *)field = value;
    return NULL;
}

static const char *directive_timeout(struct sv value, void *field)
{
    int64_t ms;

    if (!duration_parse(value, &ms) || ms == 0)
        return "must be a duration such as 30s or 5m";
    *(int64_t *)field = ms;
    return NULL;
}

static const char *directive_count(struct sv value, void *field)
{
    int64_t n;

    if (!sv_to_i64(value, &n) || n < 0 || n > 1000)
        return "must be a number from 0 to 1000";
    *(int64_t *)field = n;
    return NULL;
}

static const char *directive_role(struct sv value, void *field)
{
    for (int r = ROLE_NONE + 1; r < ROLE__N; r++)
        if (sv_eq_nocase(value, sv_from(rb_role_name((enum rb_role)r)))) {
            *(enum rb_role *)field = (enum rb_role)r;
            return NULL;
        }
    return "must be preflight, deploy, verify, rollback, monitor, decide, troubleshoot, "
           "communicate, sign-off, follow-up or reference";
}

static const char *directive_flag(struct sv value, void *field)
{
    bool yes = sv_eq_nocase(value, SV("yes")) || sv_eq_nocase(value, SV("true"));

    if (!yes && !sv_eq_nocase(value, SV("no")) && !sv_eq_nocase(value, SV("false")))
        return "must be yes or no, or have no value";
    *(enum directive_flag *)field = yes ? FLAG_YES : FLAG_NO;
    return NULL;
}

/* --- keys --- */

static const struct directive_key {
    struct sv name;
    directive_value_fn *read;
    size_t offset;
} directive_keys[] = {
    {SV("name"), directive_name, offsetof(struct directive, name)},
    {SV("timeout"), directive_timeout, offsetof(struct directive, timeout_ms)},
    {SV("retries"), directive_count, offsetof(struct directive, retries)},
    {SV("undo"), directive_text, offsetof(struct directive, undo)},
    {SV("host"), directive_text, offsetof(struct directive, host)},
    {SV("database"), directive_text, offsetof(struct directive, database)},
    {SV("role"), directive_role, offsetof(struct directive, role)},
    {SV("variant"), directive_name, offsetof(struct directive, variant)},
    {SV("skip"), directive_text, offsetof(struct directive, skip)},
    {SV("never"), directive_flag, offsetof(struct directive, never)},
    {SV("manual"), directive_flag, offsetof(struct directive, manual)},
    {SV("optional"), directive_flag, offsetof(struct directive, optional)},
};

/* What other tools write into the braces of a fence. */
static const struct sv directive_foreign[] = {
    SV("title"),
    SV("filename"),
    SV("file"),
    SV("linenos"),
    SV("linenums"),
    SV("linenostart"),
    SV("hl_lines"),
    SV("highlight"),
    SV("showLineNumbers"),
    SV("lineNumbers"),
    SV("startLine"),
    SV("caption"),
    SV("label"),
    SV("class"),
    SV("id"),
    SV("style"),
    SV("copy"),
    SV("wrap"),
    SV("live"),
    SV("cmd"),
    SV("eval"),
    SV("echo"),
    SV("include"),
    SV("output"),
    SV("cwd"),
    SV("background"),
    SV("interactive"),
    SV("category"),
    SV("tag"),
    SV("mimeType"),
    SV("promptEnv"),
    SV("terminalRows"),
    SV("excludeFromRunAll"),
    SV("closeTerminalOnSuccess"),
};

static const struct directive_key *directive_key_of(struct sv name)
{
    for (size_t i = 0; i < ARRAY_LEN(directive_keys); i++)
        if (sv_eq(directive_keys[i].name, name))
            return &directive_keys[i];
    return NULL;
}

static bool directive_is_flag(const struct directive_key *k)
{
    return k->read == directive_flag;
}

static bool directive_is_foreign(struct sv key)
{
    bool range = key.n > 0;

    if (sv_starts(key, SV(".")) || sv_starts(key, SV("#")))
        return true;
    while (sv_ends(key, SV(":")))
        key.n--;
    for (size_t i = 0; i < key.n; i++)
        range &= ascii_is_digit(key.p[i]) || key.p[i] == '-';
    for (size_t i = 0; i < ARRAY_LEN(directive_foreign); i++)
        range |= sv_eq_nocase(key, directive_foreign[i]);
    return range;
}

struct directive directive_none(void)
{
    return (struct directive){.retries = -1};
}

bool directive_set(struct sv key, struct sv value, struct directive *into, struct sv *why)
{
    const struct directive_key *k = directive_key_of(key);
    const char *bad;

    *why = (struct sv){NULL, 0};
    if (!k)
        return false;
    bad = k->read(value, (char *)into + k->offset);
    if (bad)
        *why = sv_from(bad);
    return !bad;
}

/* --- the grammar --- */

struct directive_reader {
    struct sv text;
    size_t at;
    struct arena *arena;
    struct directive *into;
    directive_errors *errors;
    unsigned seen; /* a bit for each row of directive_keys */
};

static bool directive_separates(char c)
{
    return ascii_is_space(c) || c == ',';
}

static void directive_fail(struct directive_reader *r, size_t at, struct sv text, struct sv hint)
{
    *vec_add(r->errors) = (struct directive_error){at, text, hint};
}

/* "'value' with \" in it" behind its opening quote; false: it is not closed. */
static bool directive_quoted(struct directive_reader *r, struct sv *value)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    char quote = r->text.p[r->at];
    size_t i = r->at + 1;

    for (; i < r->text.n && r->text.p[i] != quote; i++) {
        if (quote == '"' && r->text.p[i] == '\\' && i + 1 < r->text.n)
            i++;
        strbuf_add_byte(&b, r->text.p[i]);
    }
    if (i >= r->text.n)
        return false;
    r->at = i + 1;
    *value = arena_sv(r->arena, strbuf_sv(&b));
    return true;
}

/* The value at r->at; false: an error is noted, and nothing more can be read. */
static bool directive_value(struct directive_reader *r, struct sv *value)
{
    size_t from = r->at;

    if (from < r->text.n && (r->text.p[from] == '"' || r->text.p[from] == '\'')) {
        if (directive_quoted(r, value))
            return true;
        directive_fail(r, from, SV("the quote is not closed"), (struct sv){NULL, 0});
        return false;
    }
    while (r->at < r->text.n && !directive_separates(r->text.p[r->at]))
        r->at++;
    *value = sv_sub(r->text, from, r->at);
    return true;
}

static void directive_unknown(struct directive_reader *r, size_t at, struct sv key)
{
    struct suggest s = suggest_begin(key);

    for (size_t i = 0; i < ARRAY_LEN(directive_keys); i++)
        suggest_offer(&s, directive_keys[i].name);
    directive_fail(r, at, arena_fmt(r->arena, "unknown key '%.*s'", SV_FMT(key)),
                   s.best.p ? arena_fmt(r->arena, "did you mean '%.*s'?", SV_FMT(s.best))
                            : SV("docs/formats/directives.md lists the keys"));
}

static void directive_take(struct directive_reader *r, size_t at, struct sv key, bool has_value,
                           struct sv value)
{
    const struct directive_key *k = directive_key_of(key);
    struct sv why;
    unsigned bit;

    if (!k) {
        if (!directive_is_foreign(key))
            directive_unknown(r, at, key);
        return;
    }
    bit = 1u << (k - directive_keys);
    if (r->seen & bit)
        directive_fail(r, at, arena_fmt(r->arena, "key '%.*s' stands twice", SV_FMT(key)),
                       (struct sv){NULL, 0});
    else if (!has_value && !directive_is_flag(k))
        directive_fail(r, at, arena_fmt(r->arena, "key '%.*s' needs a value", SV_FMT(key)),
                       arena_fmt(r->arena, "%.*s=VALUE", SV_FMT(key)));
    else if (!directive_set(key, has_value ? value : SV("yes"), r->into, &why))
        directive_fail(r, at, arena_fmt(r->arena, "'%.*s' %.*s", SV_FMT(key), SV_FMT(why)),
                       (struct sv){NULL, 0});
    r->seen |= bit;
}

void directive_read(struct sv text, struct arena *arena, struct directive *into,
                    directive_errors *errors)
{
    struct directive_reader r = {.text = text, .arena = arena, .into = into, .errors = errors};

    while (r.at < text.n) {
        size_t from = r.at;
        struct sv key, value = {NULL, 0};
        bool has_value;

        if (directive_separates(text.p[from])) {
            r.at++;
            continue;
        }
        while (r.at < text.n && !directive_separates(text.p[r.at]) && text.p[r.at] != '=')
            r.at++;
        key = sv_sub(text, from, r.at);
        has_value = r.at < text.n && text.p[r.at] == '=';
        r.at += has_value;
        if (has_value && !directive_value(&r, &value))
            return;
        directive_take(&r, from, key, has_value, value);
    }
}

/* --- where they stand --- */

/* Is one of the words before a '=' or alone a key of ours? */
static bool directive_knows_any(struct sv text)
{
    CLEANUP(arena_release) struct arena arena = {0};
    struct directive d = directive_none();
    directive_errors errors = {0};
    struct directive_reader r = {.text = text, .arena = &arena, .into = &d, .errors = &errors};
    bool found;

    directive_read(text, &arena, &d, &errors);
    found = d.name.n || d.undo.n || d.host.n || d.database.n || d.variant.n || d.skip.n ||
            d.timeout_ms || d.retries >= 0 || d.role || d.never || d.manual || d.optional;
    vec_release(r.errors);
    return found;
}

struct sv directive_braces(struct sv info, bool runs)
{
    size_t open = sv_find_byte(info, '{', 0), close = info.n;
    struct sv inside;

    while (close > 0 && info.p[close - 1] != '}')
        close--;
    if (open == SV_NPOS || close <= open + 1)
        return (struct sv){NULL, 0};
    inside = sv_sub(info, open + 1, close - 1);
    if (sv_starts(inside, SV("{")) || sv_starts(sv_trim(inside), SV("\"")) ||
        (!runs && !directive_knows_any(inside)))
        return (struct sv){NULL, 0};
    return inside;
}

struct sv directive_comment(struct sv *rest)
{
    size_t from, to;

    while ((from = sv_find(*rest, SV("<!--"), 0)) != SV_NPOS) {
        struct sv inside, word;

        to = sv_find(*rest, SV("-->"), from + 4);
        if (to == SV_NPOS)
            break;
        inside = sv_trim_left(sv_sub(*rest, from + 4, to));
        *rest = sv_sub(*rest, to + 3, rest->n);
        if (!sv_eat(&inside, SV("prusik:")))
            continue;
        word = sv_trim(inside);
        if (!sv_eat(&word, SV("ignore")) || (word.n && !ascii_is_space(*word.p)))
            return inside;
    }
    *rest = (struct sv){NULL, 0};
    return *rest;
}

#define DIRECTIVE_TAKE(inner, outer, member, unset) \
    ((inner)->member = (inner)->member unset ? (outer)->member : (inner)->member)

void directive_inherit(struct directive *inner, const struct directive *outer)
{
    DIRECTIVE_TAKE(inner, outer, undo, .n == 0);
    DIRECTIVE_TAKE(inner, outer, host, .n == 0);
    DIRECTIVE_TAKE(inner, outer, database, .n == 0);
    DIRECTIVE_TAKE(inner, outer, skip, .n == 0);
    DIRECTIVE_TAKE(inner, outer, timeout_ms, == 0);
    DIRECTIVE_TAKE(inner, outer, retries, < 0);
    DIRECTIVE_TAKE(inner, outer, never, == FLAG_UNSET);
    DIRECTIVE_TAKE(inner, outer, manual, == FLAG_UNSET);
}
