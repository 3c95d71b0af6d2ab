#include "migrate/marker.h"

#include "base/duration.h"
#include "base/suggest.h"
#include "base/sv.h"

/* --- values --- */

static bool marker_any(struct sv v UNUSED)
{
    return true;
}

static bool marker_yes_no(struct sv v)
{
    return sv_is(v, "yes") || sv_is(v, "no");
}

static bool marker_duration(struct sv v)
{
    int64_t ms;

    return duration_parse(v, &ms);
}

static bool marker_number(struct sv v)
{
    uint64_t n;

    return sv_to_u64(v, &n);
}

static bool marker_expect(struct sv v)
{
    uint64_t n;

    if (sv_is(v, "empty") || sv_is(v, "true") || sv_is(v, "runs") || sv_starts(v, SV("value:")))
        return true;
    if (sv_eat(&v, SV("rows:")))
        return sv_to_u64(v, &n);
    return sv_eat(&v, SV("error:")) && v.n > 0;
}

unsigned marker_dbs(struct sv list)
{
    struct sv one;
    unsigned bits = 0;

    while (sv_split(&list, ',', &one)) {
        if (sv_is(one, "postgres"))
            bits |= MIGRATION_DB(DB_POSTGRES);
        else if (sv_is(one, "sqlite"))
            bits |= MIGRATION_DB(DB_SQLITE);
        else
            return 0;
    }
    return bits;
}

static bool marker_db(struct sv v)
{
    return marker_dbs(v) != 0;
}

static const struct marker_key {
    const char *name;
    bool (*is)(struct sv v);
    const char *must; /* "tx must be yes or no" */
} marker_keys[] = {
    {"title", marker_any, ""},
    {"db", marker_db, "postgres, sqlite or both with a comma"},
    {"requires", marker_any, ""},
    {"tags", marker_any, ""},
    {"name", marker_any, ""},
    {"expect", marker_expect, "empty, true, runs, rows:N, value:TEXT or error:STATE"},
    {"timeout", marker_duration, "a duration"},
    {"part", marker_any, ""},
    {"tx", marker_yes_no, "yes or no"},
    {"lock_timeout", marker_duration, "a duration"},
    {"statement_timeout", marker_duration, "a duration"},
    {"retry_for", marker_duration, "a duration"},
    {"job", marker_any, ""},
    {"table", marker_any, ""},
    {"key", marker_any, ""},
    {"batch", marker_number, "a number"},
    {"keep", marker_any, ""},
    {"pause", marker_duration, "a duration"},
    {"max_lag", marker_duration, "a duration"},
    {"max_active", marker_number, "a number"},
    {"min_free", marker_number, "a number"},
    {"target", marker_duration, "a duration"},
    {"throttle", marker_any, ""},
    {"before_commit", marker_yes_no, "yes or no"},
    {"of", marker_any, ""},
    {"reason", marker_any, ""},
    {"rebuild", marker_any, ""},
    {"gexec", marker_yes_no, "yes or no"},
    {"from", marker_any, ""},
    {"at", marker_any, ""},
    {"needs", marker_any, ""},
};

/* Word, and its keys. */
static const struct marker_row {
    const char *name;
    const char *keys[24];
} marker_rows[MARKER__N] = {
    [MARKER_MIGRATION] = {"migration", {"title", "db", "requires", "tags"}},
    [MARKER_CHECK] = {"check", {"name", "expect", "db", "timeout"}},
    [MARKER_UP] = {"up",
                   {"part", "tx", "db", "lock_timeout", "statement_timeout", "retry_for", "rebuild",
                    "gexec"}},
    [MARKER_BACKFILL] = {"backfill",
                         {"part", "job", "table", "key", "batch", "keep", "db", "pause", "max_lag",
                          "max_active", "min_free", "target", "throttle"}},
    [MARKER_VERIFY] = {"verify", {"name", "expect", "db", "timeout", "before_commit"}},
    [MARKER_DOWN] = {"down", {"of",        "tx",     "db",      "lock_timeout", "statement_timeout",
                              "retry_for", "reason", "job",     "table",        "key",
                              "batch",     "keep",   "pause",   "rebuild",      "from",
                              "at",        "needs",  "gexec",   "max_lag",      "max_active",
                              "min_free",  "target", "throttle"}},
    [MARKER_IGNORE] = {"ignore", {"reason"}},
    [MARKER_PROBE] = {"probe", {NULL}},
};

/* --- the line --- */

static bool marker_eat(struct sv *comment)
{
    (void)sv_eat(comment, SV("--"));
    while (comment->n && (comment->p[0] == ' ' || comment->p[0] == '\t'))
        *comment = sv_sub(*comment, 1, comment->n);
    return sv_eat(comment, SV("prusik:"));
}

bool marker_is(const struct sqltext *t, size_t at, struct sv comment)
{
    while (at > 0 && (t->text.p[at - 1] == ' ' || t->text.p[at - 1] == '\t'))
        at--;
    return (at == 0 || t->text.p[at - 1] == '\n') && marker_eat(&comment);
}

/* What is being read, and where. */
struct marker_reader {
    const struct sqltext *t;
    struct arena *a;
    struct sv rest; /* of the line */
};

static size_t marker_at(const struct marker_reader *r)
{
    return (size_t)(r->rest.p - r->t->text.p);
}

static struct sv marker_cut(struct marker_reader *r, size_t n)
{
    struct sv s = sv_sub(r->rest, 0, n);

    r->rest = sv_sub(r->rest, n, r->rest.n);
    return s;
}

static enum err_code marker_word(struct marker_reader *r, struct marker *ret, struct err *err)
{
    size_t n = 0, at = marker_at(r);
    struct suggest near;
    struct sv word;

    while (n < r->rest.n && (ascii_is_word(r->rest.p[n]) || r->rest.p[n] == '-'))
        n++;
    if (n == 0 && sv_starts(r->rest, SV(" ")))
        return sqltext_fail(err, r->t, at, "FMT003",
                            "no marker: nothing stands between \"prusik:\" and its word, as in "
                            "-- prusik:up");
    word = marker_cut(r, n);
    near = suggest_begin(word);
    for (size_t i = 0; i < MARKER__N; i++) {
        if (sv_is(word, marker_rows[i].name)) {
            ret->word = (enum marker_word)i;
            return ERR_OK;
        }
        suggest_offer(&near, sv_from(marker_rows[i].name));
    }
    if (near.best.p)
        return sqltext_fail(err, r->t, at, "FMT003",
                            "unknown marker \"prusik:%.*s\"; did you mean \"%.*s\"?", SV_FMT(word),
                            SV_FMT(near.best));
    return sqltext_fail(err, r->t, at, "FMT003",
                        "unknown marker \"prusik:%.*s\"; known: migration, check, up, backfill, "
                        "verify, down, ignore, probe",
                        SV_FMT(word));
}

static enum err_code marker_unknown_key(const struct marker_reader *r, const struct marker_row *row,
                                        struct sv key, size_t at, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf known = STRBUF(0), mean = STRBUF(0);
    struct suggest near = suggest_begin(key);

    for (size_t i = 0; i < ARRAY_LEN(row->keys) && row->keys[i]; i++) {
        suggest_offer(&near, sv_from(row->keys[i]));
        strbuf_addf(&known, "%s%s", i ? ", " : "", row->keys[i]);
    }
    if (near.best.p)
        strbuf_addf(&mean, "did you mean \"%.*s\"? ", SV_FMT(near.best));
    return sqltext_fail(err, r->t, at, "FMT004", "unknown attribute \"%.*s\" of %s; %sit takes: %s",
                        SV_FMT(key), row->name, strbuf_str(&mean), strbuf_str(&known));
}

static const struct marker_key *marker_find_key(const struct marker_row *row, struct sv key)
{
    for (size_t i = 0; i < ARRAY_LEN(row->keys) && row->keys[i]; i++)
        if (sv_is(key, row->keys[i]))
            for (size_t k = 0; k < ARRAY_LEN(marker_keys); k++)
                if (sv_is(key, marker_keys[k].name))
                    return &marker_keys[k];
    return NULL;
}

/* In double quotes, with \" for one; or up to the next blank. */
static enum err_code marker_value(struct marker_reader *r, struct sv *ret, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    size_t i = 1, n = 0;

    if (r->rest.n == 0 || r->rest.p[0] != '"') {
        while (n < r->rest.n && !ascii_is_space(r->rest.p[n]))
            n++;
        *ret = marker_cut(r, n);
        return ERR_OK;
    }
    for (; i < r->rest.n && r->rest.p[i] != '"'; i++) {
        i += r->rest.p[i] == '\\' && i + 1 < r->rest.n && r->rest.p[i + 1] == '"';
        strbuf_add_byte(&b, r->rest.p[i]);
    }
    if (i >= r->rest.n)
        return sqltext_fail(err, r->t, marker_at(r), "FMT005", "the value is not closed: %.*s",
                            SV_FMT(r->rest));
    (void)marker_cut(r, i + 1);
    *ret = arena_sv(r->a, strbuf_sv(&b));
    return ERR_OK;
}

static enum err_code marker_pair(struct marker_reader *r, struct marker *m, struct err *err)
{
    const struct marker_row *row = &marker_rows[m->word];
    size_t at = marker_at(r), n = 0;
    const struct marker_key *key;
    struct migration_attr pair = {0};

    while (n < r->rest.n && (ascii_is_word(r->rest.p[n]) || r->rest.p[n] == '-'))
        n++;
    pair.key = marker_cut(r, n);
    key = marker_find_key(row, pair.key);
    if (!key)
        return marker_unknown_key(r, row, n ? pair.key : r->rest, at, err);
    if (!sv_eat(&r->rest, SV("=")))
        return sqltext_fail(err, r->t, at, "FMT005", "%s has no value", key->name);
    if (marker_attr(m, key->name).p)
        return sqltext_fail(err, r->t, at, "FMT005", "%s stands twice", key->name);
    if (marker_value(r, &pair.value, err) != ERR_OK)
        return err->code;
    if (!key->is(pair.value))
        return sqltext_fail(err, r->t, at, "FMT005", "%s must be %s, is \"%.*s\"", key->name,
                            key->must, SV_FMT(pair.value));
    assert(m->n_attrs < MARKER_ATTRS); /* no key twice, and no word has as many */
    m->attrs[m->n_attrs++] = pair;
    return ERR_OK;
}

/* "none" and "restore" of a down stand before its keys, and so do the ids of ignore. */
static void marker_eat_words(struct marker_reader *r, struct marker *m)
{
    struct sv word = {NULL, 0}, rest = r->rest;

    if (!sv_next_word(&rest, &word) || sv_find_byte(word, '=', 0) != SV_NPOS)
        return;
    if (m->word == MARKER_DOWN) {
        m->none = sv_is(word, "none");
        m->restore = sv_is(word, "restore");
    }
    if (m->none || m->restore || m->word == MARKER_IGNORE) {
        m->rest = word;
        r->rest = rest.p ? rest : sv_sub(r->rest, r->rest.n, r->rest.n);
    }
}

enum err_code marker_read(const struct sqltext *t, size_t at, struct sv comment, struct arena *a,
                          struct marker *ret, struct err *err)
{
    struct marker_reader r = {.t = t, .a = a, .rest = sv_trim_right(comment)};
    struct marker m = {.at = at};

    (void)marker_eat(&r.rest);
    if (marker_word(&r, &m, err) != ERR_OK)
        return err->code;
    if (m.word == MARKER_PROBE) {
        m.rest = sv_trim(r.rest);
    } else {
        marker_eat_words(&r, &m);
        for (r.rest = sv_trim_left(r.rest); r.rest.n; r.rest = sv_trim_left(r.rest))
            if (marker_pair(&r, &m, err) != ERR_OK)
                return err->code;
    }
    *ret = m;
    return ERR_OK;
}

struct sv marker_attr(const struct marker *m, const char *key)
{
    for (size_t i = 0; i < m->n_attrs; i++)
        if (sv_is(m->attrs[i].key, key))
            return m->attrs[i].value;
    return (struct sv){NULL, 0};
}
