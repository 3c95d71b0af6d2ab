/*
 * Lists in what a source says, as rows: "http.shop.json.items", "cmd.suite.failures", "file.known" in rules.
 *
 * Where there is no such list, a rule is told why: no rows would be good news to most of them.
 */
#include "base/sv.h"
#include "exec/watcher_int.h"

/* The text of a poll; .p NULL: it has none, and *why says so. */
static struct sv rows_text(const struct sample_list *l, struct strbuf *why)
{
    const struct sample *text = sample_find(l, SV("text")), *cut = sample_find(l, SV("truncated")),
                        *reason = sample_find(l, SV("why"));

    if (!text)
        text = sample_find(l, SV("out"));
    if (cut && cut->truth)
        strbuf_add_str(why, "it is longer than what is read of it (max_bytes)");
    else if (text && text->kind == SAMPLE_TEXT)
        return text->text;
    else if (text && text->kind == SAMPLE_ERROR)
        strbuf_add_sv(why, text->text);
    else if (reason)
        strbuf_add_sv(why, reason->text);
    else
        strbuf_add_str(why, "it is not there");
    return (struct sv){NULL, 0};
}

/* "models" of json.models, "0.parts" of json.`0`.parts; NULL: there is no such thing. */
static json_t *rows_at(json_t *j, const struct sv *parts, size_t n)
{
    uint64_t index;

    for (size_t i = 0; i < n && j; i++)
        if (json_is_array(j))
            j = sv_to_u64(parts[i], &index) ? json_array_get(j, index) : NULL;
        else
            j = json_object_getn(j, parts[i].p, parts[i].n);
    return j;
}

/* A list, or NULL and why there is none. */
static json_t *rows_of_json(struct sv text, const struct expr *name, struct strbuf *why)
{
    CLEANUP(json_cleanup) json_t *all = NULL;
    struct err err;
    json_t *at;

    if (json_read(text, &all, &err) != ERR_OK) {
        strbuf_addf(why, "it is no JSON: %s", err.msg);
        return NULL;
    }
    at = name->n_parts > 3 ? rows_at(all, name->parts + 3, name->n_parts - 3) : all;
    if (json_is_array(at))
        return json_incref(at);
    strbuf_addf(why, "'%.*s' is %s", SV_FMT(name->text), at ? "no list" : "not in its JSON");
    return NULL;
}

/* Each line is one, as a text, or as the JSON that it is; empty ones and comments are none. */
static json_t *rows_of_lines(struct sv text, struct strbuf *why)
{
    json_t *rows = json_array();
    struct sv line;
    struct err err;

    while (sv_next_line(&text, &line)) {
        json_t *one = NULL;

        line = sv_trim(line);
        if (!line.n || line.p[0] == '#')
            continue;
        if (line.p[0] != '{') {
            json_append(rows, json_sv(line));
        } else if (json_read(line, &one, &err) == ERR_OK) {
            json_append(rows, one);
        } else {
            strbuf_addf(why, "a line of it is no JSON: %s", err.msg);
            json_decref(rows);
            return NULL;
        }
    }
    return rows;
}

/* A file is a list of JSON, or one of lines. */
static json_t *rows_of_file(struct sv text, const struct expr *name, struct strbuf *why)
{
    struct sv rest = sv_trim(text), line;

    if (rest.n && rest.p[0] == '[')
        return rows_of_json(text, name, why);
    if (rest.n && rest.p[0] == '{' && sv_next_line(&rest, &line) &&
        !sv_ends(sv_trim(line), SV("}")))
        return rows_of_json(text, name, why); /* one object, written over several lines */
    return rows_of_lines(text, why);
}

/* What a test suite names is told by its source. */
static json_t *rows_of_suite(const struct sample_list *l, struct strbuf *why)
{
    const struct sample *names = sample_find(l, SV("failures_json")),
                        *fault = sample_find(l, SV("failures"));
    json_t *rows = NULL;
    struct err err;

    if (names && json_read(names->text, &rows, &err) == ERR_OK)
        return rows;
    strbuf_add_sv(why, fault ? fault->text : SV("it prints no summary of tests that is known"));
    return NULL;
}

static void rows_take_one(struct watcher_feed *f, const struct expr *name,
                          const struct sample_list *l)
{
    CLEANUP(strbuf_release) struct strbuf why = STRBUF(0);
    CLEANUP(json_cleanup) json_t *rows = NULL;
    bool suite = name->n_parts > 2 && sv_is(name->parts[2], "failures");
    struct sv text = suite ? (struct sv){NULL, 0} : rows_text(l, &why);

    if (suite)
        rows = rows_of_suite(l, &why);
    else if (text.p && name->n_parts == 2)
        rows = rows_of_file(text, name, &why);
    else if (text.p)
        rows = rows_of_json(text, name, &why);
    if (rows && json_array_size(rows) > SAMPLES_ROWS_MAX) {
        strbuf_addf(&why, "it has more than %u rows", SAMPLES_ROWS_MAX);
        json_decref(STEAL(rows));
    }
    if (!rows)
        rows = json_sv(strbuf_sv(&why));
    (void)samples_add_rows(f->w->samples, f->id, name->text, l->at_us, rows,
                           NULL); /* true: a rule asks for it */
}

void rows_take(struct watcher_feed *f, const struct sample_list *l)
{
    for (size_t i = 0; i < f->rows.n; i++)
        rows_take_one(f, f->rows.v[i], l);
}

/* --- which --- */

static void rows_see_name(void *ctx, const struct expr *e, bool rows)
{
    struct watcher *w = ctx;
    struct sv bound;

    if (!rows || e->n_parts < 2 ||
        (e->n_parts > 2 && !sv_is(e->parts[2], "json") && !sv_is(e->parts[2], "failures")))
        return;
    bound = arena_fmt(&w->arena, "%.*s.%.*s", SV_FMT(e->parts[0]), SV_FMT(e->parts[1]));
    for (size_t i = 0; i < w->feeds.n; i++) {
        struct watcher_feed *f = &w->feeds.v[i];
        bool known = !sv_eq(f->name, bound) || (e->n_parts == 2 && !sv_is(e->parts[0], "file"));

        for (size_t k = 0; k < f->rows.n; k++)
            known |= sv_eq(f->rows.v[k]->text, e->text);
        if (!known)
            *vec_add(&f->rows) = e;
    }
}

void rows_want(struct watcher *w)
{
    for (size_t i = 0; i < w->rules.list.n; i++)
        rule_each_name(w->rules.list.v[i].rule, rows_see_name, w);
}
