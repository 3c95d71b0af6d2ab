#include "watch/family.h"

#include "base/strbuf.h"
#include "base/sv.h"
#include "base/text.h"
#include "watch/oddity.h"
#include "watch/sample_line.h"

enum family_word { WORD_HELP, WORD_TYPE, WORD_UNIT, WORD__N };
static const struct sv family_words[WORD__N] = {SV("HELP"), SV("TYPE"), SV("UNIT")};

#define FAMILY_TYPE(type) (1u << SAMPLE_##type)

/* clang-format off */
/* Which endings a sample's name may have beyond the family's.  In 0.0.4 only what the library knows. */
static const struct {
    struct sv ending;
    unsigned text, openmetrics; /* types */
} family_endings[] = {
    {SV("_count"),   FAMILY_TYPE(HISTOGRAM) | FAMILY_TYPE(SUMMARY), FAMILY_TYPE(HISTOGRAM) | FAMILY_TYPE(SUMMARY)},
    {SV("_sum"),     FAMILY_TYPE(HISTOGRAM) | FAMILY_TYPE(SUMMARY), FAMILY_TYPE(HISTOGRAM) | FAMILY_TYPE(SUMMARY)},
    {SV("_bucket"),  FAMILY_TYPE(HISTOGRAM), FAMILY_TYPE(HISTOGRAM) | FAMILY_TYPE(GAUGEHISTOGRAM)},
    {SV("_total"),   0, FAMILY_TYPE(COUNTER)},
    {SV("_created"), 0, FAMILY_TYPE(COUNTER) | FAMILY_TYPE(HISTOGRAM) | FAMILY_TYPE(SUMMARY)},
    {SV("_gcount"),  0, FAMILY_TYPE(GAUGEHISTOGRAM)},
    {SV("_gsum"),    0, FAMILY_TYPE(GAUGEHISTOGRAM)},
    {SV("_info"),    0, FAMILY_TYPE(INFO)},
};

/* The words of a TYPE line and where they are known. */
static const struct {
    struct sv word;
    enum sample_type type;
    bool server, library, openmetrics;
} family_types[] = {
    {SV("counter"),         SAMPLE_COUNTER,        true,  true,  true},
    {SV("gauge"),           SAMPLE_GAUGE,          true,  true,  true},
    {SV("histogram"),       SAMPLE_HISTOGRAM,      true,  true,  true},
    {SV("summary"),         SAMPLE_SUMMARY,        true,  true,  true},
    {SV("untyped"),         SAMPLE_UNTYPED,        true,  true,  false},
    {SV("gauge_histogram"), SAMPLE_GAUGEHISTOGRAM, false, true,  false},
    {SV("unknown"),         SAMPLE_UNTYPED,        false, false, true},
    {SV("info"),            SAMPLE_INFO,           false, false, true},
    {SV("stateset"),        SAMPLE_STATESET,       false, false, true},
    {SV("gaugehistogram"),  SAMPLE_GAUGEHISTOGRAM, false, false, true},
};
/* clang-format on */

void family_begin(struct family_set *s, bool openmetrics)
{
    s->openmetrics = openmetrics;
    s->key = tagset_key();
    s->families.n = 0;
    s->current = SIZE_MAX;
    s->sample_name = (struct sv){NULL, 0};
    tagset_clear(&s->names);
    arena_release(&s->texts);
}

void family_release(struct family_set *s)
{
    vec_release(&s->families);
    tagset_release(&s->names);
    arena_release(&s->texts);
}

static bool family_same(void *arg, uint32_t value)
{
    const struct family_set *s = arg;

    return sv_eq(s->families.v[value].name, s->wanted);
}

static struct family *family_find(struct family_set *s, struct sv name, uint64_t hash)
{
    const uint64_t *entry;

    s->wanted = name;
    entry = tagset_find(&s->names, hash, family_same, s);
    return entry ? &s->families.v[tagset_value(*entry)] : NULL;
}

/* By the whole name first, then by the name less an ending that its type allows. */
static struct family *family_resolve(struct family_set *s, struct sv name, uint64_t hash)
{
    struct family *f = family_find(s, name, hash);

    for (size_t i = 0; !f && i < ARRAY_LEN(family_endings); i++) {
        unsigned types = s->openmetrics ? family_endings[i].openmetrics : family_endings[i].text;
        struct sv base = name;

        if (!types || !sv_ends(name, family_endings[i].ending))
            continue;
        base.n -= family_endings[i].ending.n;
        f = family_find(s, base, tagset_hash(s->key, base.p, base.n));
        if (f && !(types & 1u << f->type))
            f = NULL;
    }
    if (f)
        return f;
    tagset_add(&s->names, hash, (uint32_t)s->families.n);
    f = vec_add(&s->families);
    f->name = name;
    return f;
}

/* OpenMetrics, strict: what belongs together stands together. */
static void family_enter(struct family_set *s, struct family *f, unsigned *oddities)
{
    size_t at = (size_t)(f - s->families.v);

    if (at == s->current)
        return;
    if (s->current != SIZE_MAX)
        s->families.v[s->current].left = true;
    if (s->openmetrics && f->left)
        *oddities |= 1u << ODDITY_INTERLEAVED;
    s->current = at;
}

struct family *family_of_sample(struct family_set *s, struct sv name, uint64_t hash,
                                unsigned *oddities)
{
    struct family *f;

    if (sv_eq(name, s->sample_name)) { /* a name stays with its family */
        f = &s->families.v[s->sample_family];
    } else {
        f = family_resolve(s, name, hash);
        s->sample_name = name;
        s->sample_family = (size_t)(f - s->families.v);
    }
    f->sampled = true;
    family_enter(s, f, oddities);
    if (s->openmetrics && f->type == SAMPLE_COUNTER && f->name.n == name.n)
        *oddities |= 1u << ODDITY_NO_TOTAL;
    return f;
}

static void family_set_type(struct family *f, enum sample_type type, unsigned *oddities)
{
    if (f->typed || f->sampled) {
        *oddities |= 1u << ODDITY_TYPE_AGAIN;
        return;
    }
    f->typed = true;
    f->type = type;
}

/* Undo the escapes of a help text; false: there is one that the library does not know. */
static bool family_decode_help(struct family_set *s, struct sv raw, struct sv *ret)
{
    static const struct {
        struct sv escape;
        char c;
        bool openmetrics; /* only there */
    } escapes[] = {{SV("\\\\"), '\\', false}, {SV("\\n"), '\n', false}, {SV("\\\""), '"', true}};
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    bool known = true;
    size_t k;

    *ret = raw;
    if (sv_find_byte(raw, '\\', 0) == SV_NPOS)
        return true;
    while (raw.n > 0) {
        for (k = 0; k < ARRAY_LEN(escapes); k++)
            if (escapes[k].openmetrics <= s->openmetrics && sv_eat(&raw, escapes[k].escape))
                break;
        if (k < ARRAY_LEN(escapes)) {
            strbuf_add_byte(&text, escapes[k].c);
            continue;
        }
        known &= raw.p[0] != '\\';
        strbuf_add_byte(&text, raw.p[0]);
        raw = sv_sub(raw, 1, raw.n);
    }
    *ret = arena_sv(&s->texts, strbuf_sv(&text));
    return known;
}

static void family_set_help(struct family_set *s, struct family *f, struct sv raw,
                            unsigned *oddities)
{
    struct sv text;

    if (!family_decode_help(s, raw, &text))
        *oddities |= 1u << ODDITY_HELP_ESCAPE;
    if (f->help.p)
        *oddities |= 1u << ODDITY_HELP_AGAIN;
    else
        f->help = text;
}

static enum err_code family_fail(struct err *err, const char *what, enum family_word word,
                                 struct sv at)
{
    CLEANUP(strbuf_release) struct strbuf shown = STRBUF(0);

    text_add_line(&shown, sv_sub(at, 0, 40));
    return err_set(err, ERR_INVALID, "%s %.*s: '%s'", what, SV_FMT(family_words[word]),
                   strbuf_str(&shown));
}

/* A line about a family, cut up. */
struct family_line {
    enum family_word word;
    struct sv name;
    struct sv rest; /* from the byte after the name on */
    bool glued;     /* "#TYPE": a comment to the server */
    bool apart;     /* a blank follows the name, or nothing: else it is none to the library */
};

static bool family_is_blank(struct sv s)
{
    return s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t');
}

static struct sv family_skip(struct sv s)
{
    while (family_is_blank(s))
        s = sv_sub(s, 1, s.n);
    return s;
}

static bool family_type_of(struct sv word, bool library, enum sample_type *ret)
{
    for (size_t i = 0; i < ARRAY_LEN(family_types); i++) {
        bool known = library ? family_types[i].library && sv_eq_nocase(word, family_types[i].word)
                             : family_types[i].server && sv_eq(word, family_types[i].word);

        if (known) {
            *ret = family_types[i].type;
            return true;
        }
    }
    return false;
}

static enum err_code family_text_type(struct family_set *s, const struct family_line *l,
                                      unsigned *oddities, struct err *err)
{
    struct sv word = l->apart ? family_skip(l->rest) : (struct sv){NULL, 0};
    bool none = l->apart && word.n == 0;
    enum sample_type type;
    bool server = !l->glued && family_type_of(sv_sub(l->rest, 1, l->rest.n), false, &type);
    bool library = l->apart && family_type_of(word, true, &type);

    if (!server && !library && !none && !l->glued)
        return family_fail(err, "unknown type in", l->word, sv_sub(l->rest, 1, l->rest.n));
    if (!server && !library && !none)
        *oddities |= 1u << ODDITY_GLUED;
    else if (!server && !l->glued)
        *oddities |= 1u << (none ? ODDITY_NO_TYPE : ODDITY_TYPE_SPELLING);
    if (server || library)
        family_set_type(family_resolve(s, l->name, tagset_hash(s->key, l->name.p, l->name.n)), type,
                        oddities);
    return ERR_OK;
}

static void family_text_help(struct family_set *s, const struct family_line *l, unsigned *oddities)
{
    struct sv text = family_skip(l->rest);

    if (!l->glued && text_bad_utf8(sv_sub(l->rest, 1, l->rest.n)) != SV_NPOS)
        *oddities |= 1u << ODDITY_HELP_UTF8;
    if (l->apart && text.n > 0)
        family_set_help(s, family_resolve(s, l->name, tagset_hash(s->key, l->name.p, l->name.n)),
                        text, oddities);
}

/* What follows the name. */
static enum err_code family_text_rest(struct family_set *s, struct family_line *l,
                                      unsigned *oddities, struct err *err)
{
    l->apart = l->rest.n == 0 || family_is_blank(l->rest);
    if (!l->apart && l->glued) {
        *oddities |= 1u << ODDITY_GLUED;
        return ERR_OK;
    }
    if (!l->apart && l->rest.p[0] == '\0')
        return family_fail(err, "bad metric name in", l->word, l->name);
    if (!l->apart)
        *oddities |= 1u << ODDITY_SEPARATOR;
    if (l->word == WORD_TYPE)
        return family_text_type(s, l, oddities, err);
    family_text_help(s, l, oddities);
    return ERR_OK;
}

static enum err_code family_read_text(struct family_set *s, struct sv line, unsigned *oddities,
                                      struct err *err)
{
    struct sv t = sv_sub(line, 1, line.n), word;
    struct family_line l = {.glued = !family_is_blank(t)};
    size_t n = 0;

    t = family_skip(t);
    while (n < t.n && !family_is_blank(sv_sub(t, n, t.n)))
        n++;
    word = sv_sub(t, 0, n);
    t = sv_sub(t, n, t.n);
    l.word = sv_eq(word, family_words[WORD_TYPE]) ? WORD_TYPE : WORD_HELP;
    if (t.n == 0 || !sv_eq(word, family_words[l.word]))
        return ERR_OK; /* a comment */
    t = family_skip(t);
    n = sample_line_name(t);
    l.name = sv_sub(t, 0, n);
    l.rest = sv_sub(t, n, t.n);
    if (n > 0)
        return family_text_rest(s, &l, oddities, err);
    if (t.n > 0 && !l.glued)
        return family_fail(err, "bad metric name in", l.word, t);
    if (t.n > 0)
        *oddities |= 1u << ODDITY_GLUED;
    else if (!l.glued)
        *oddities |= 1u << ODDITY_NO_NAME;
    return ERR_OK;
}

/* OpenMetrics. */

static enum err_code family_open_type(struct family *f, struct sv text, unsigned *oddities,
                                      struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(family_types); i++)
        if (family_types[i].openmetrics && sv_eq(text, family_types[i].word)) {
            family_set_type(f, family_types[i].type, oddities);
            return ERR_OK;
        }
    return family_fail(err, "unknown type in", WORD_TYPE, text);
}

static enum err_code family_open_unit(struct family *f, struct sv name, struct sv unit,
                                      unsigned *oddities, struct err *err)
{
    if (unit.n > 0 &&
        (unit.n + 1 > name.n || !sv_ends(name, unit) || name.p[name.n - unit.n - 1] != '_'))
        return family_fail(err, "the metric name does not end in the unit of", WORD_UNIT, unit);
    if (f->unit.p)
        *oddities |= 1u << ODDITY_UNIT_AGAIN;
    else
        f->unit = unit;
    return ERR_OK;
}

static enum err_code family_open_text(struct family_set *s, const struct family_line *l,
                                      unsigned *oddities, struct err *err)
{
    struct family *f = family_resolve(s, l->name, tagset_hash(s->key, l->name.p, l->name.n));

    family_enter(s, f, oddities);
    if (l->word == WORD_TYPE)
        return family_open_type(f, l->rest, oddities, err);
    if (l->word == WORD_UNIT)
        return family_open_unit(f, l->name, l->rest, oddities, err);
    if (text_bad_utf8(l->rest) != SV_NPOS)
        return family_fail(err, "the text is not UTF-8 in", WORD_HELP, l->rest);
    family_set_help(s, f, l->rest, oddities);
    return ERR_OK;
}

static enum err_code family_read_open(struct family_set *s, struct sv line, unsigned *oddities,
                                      struct err *err)
{
    struct family_line l = {.word = WORD_HELP};
    struct sv t = line;
    size_t n;

    if (!sv_eat(&t, SV("# ")))
        return err_set(err, ERR_INVALID, "no blank after #");
    while (l.word < WORD__N && !sv_eat(&t, family_words[l.word]))
        l.word++;
    if (l.word == WORD__N || !sv_eat(&t, SV(" ")))
        return err_set(err, ERR_INVALID, "a comment that is not HELP, TYPE, UNIT or EOF");
    n = sample_line_name(t);
    l.name = sv_sub(t, 0, n);
    l.rest = sv_sub(t, n, t.n);
    if (n == 0)
        return family_fail(err, "bad metric name in", l.word, t);
    if (!sv_eat(&l.rest, SV(" ")))
        return family_fail(err, "no blank after the metric name in", l.word, l.name);
    return family_open_text(s, &l, oddities, err);
}

enum err_code family_read(struct family_set *s, struct sv line, unsigned *oddities, struct err *err)
{
    assert(line.n > 0 && line.p[0] == '#');
    return s->openmetrics ? family_read_open(s, line, oddities, err)
                          : family_read_text(s, line, oddities, err);
}
