/*
 * The row `tickets`: how many tickets came since the first look, as a request, a query or a command lists them.
 *
 * Those that have an id count once, whenever and however often they are listed; of a number that is told instead, what it grows by.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/duration.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/sv.h"
#include "net/weblink.h"
#include "watch/inner.h"

#define TICKETS_MAX    10000u /* that one answer may list, and that are remembered */
#define TICKETS_ID_HEX 16u    /* of the hash by which a ticket is remembered */
#define TICKETS_SHOWN  5u     /* new ones that are named */
#define TICKETS_PAGES  100u   /* of one list */

struct tickets_id {
    char hex[TICKETS_ID_HEX + 1];
};

struct tickets_source {
    struct source source; /* first */
    struct source *inner; /* NULL: only its settings are looked at */
    const struct source_ops *kind;
    char *items, *id, *total, *next;
    uint64_t max_pages; /* 0: only the first is looked at, however many there are */

    /* a list that comes in pages */
    json_t *all; /* what those said that are here; NULL: the first is asked for */
    uint64_t n_pages;
    struct strbuf page; /* where the next one is; empty: there is none */

    bool begun;                 /* what was listed at the first look is not new */
    VEC(struct tickets_id) ids; /* that were listed */
    struct map by_id;           /* from hex to its place in ids */
    double last;                /* the number that was told */
    uint64_t count;             /* new ones, in this process */
    struct strbuf named;        /* of the last look */
    uint64_t every_ns;          /* between two questions; 0: at each look */
    uint64_t asking_ns;         /* when was asked last, ... */
    uint64_t asked_ns;          /* ... and when for what was answered; 0: never */
    double listed;              /* then */
};

static struct tickets_source *tickets_of(struct source *s)
{
    return container_of(s, struct tickets_source, source);
}

/* --- settings --- */

static const struct source_ops *tickets_kind(json_t *settings, struct err *err)
{
    static const struct {
        const char *key;
        const struct source_ops *ops;
    } kinds[] = {{"url", &source_http}, {"database", &source_sql}, {"command", &source_command}};
    const struct source_ops *found = NULL;
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (json_object_get(settings, kinds[i].key)) {
            found = kinds[i].ops;
            n++;
        }
    if (n == 1)
        return found;
    (void)err_set(
        err, ERR_INVALID,
        n ? "more than one of 'url', 'database' and 'command' is given"
          : "'url', 'database' with 'query', or 'command' is missing: who lists the tickets");
    return NULL;
}

/* The settings that are those of the request, query or command. */
static json_t *tickets_inner(json_t *settings)
{
    static const char *const own[] = {"items", "id", "total", "next", "pages", "interval"};
    json_t *inner = json_copy(settings);

    for (size_t i = 0; i < ARRAY_LEN(own); i++)
        (void)json_object_del(inner, own[i]); /* fails where it is not there */
    return inner;
}

static char *tickets_text(json_t *settings, const char *key)
{
    struct sv v = json_get_sv(settings, key);

    return v.n ? xstrdup_sv(v) : NULL;
}

/* A rehearsal goes faster, and asks more often. */
static enum err_code tickets_read_interval(struct tickets_source *t, json_t *settings,
                                           struct err *err)
{
    struct sv text = json_get_sv(settings, "interval");
    double scale = t->source.env.time_scale > 0 ? t->source.env.time_scale : 1;
    int64_t ms;

    if (!text.n)
        return ERR_OK;
    if (!duration_parse(text, &ms) || ms <= 0)
        return err_set(err, ERR_INVALID, "'interval' is no time such as 10m");
    t->every_ns = (uint64_t)((double)ms * scale * 1e6);
    return ERR_OK;
}

static enum err_code tickets_read_pages(struct tickets_source *t, json_t *settings, struct err *err)
{
    double n = json_get_real(settings, "pages", 0);

    if (!json_object_get(settings, "pages"))
        return t->next ? err_set(err, ERR_INVALID, "'next' is for a list with 'pages'") : ERR_OK;
    if (t->kind != &source_http || t->total)
        return err_set(err, ERR_INVALID, "'pages' is for a list that is asked for at a 'url'");
    if (n < 1 || n > TICKETS_PAGES)
        return err_set(err, ERR_INVALID, "'pages' is a number from 1 to %u", TICKETS_PAGES);
    t->max_pages = (uint64_t)n;
    return ERR_OK;
}

static enum err_code tickets_open(struct source *s, json_t *settings, struct err *err)
{
    struct tickets_source *t = tickets_of(s);
    CLEANUP(json_cleanup) json_t *inner = tickets_inner(settings);

    t->items = tickets_text(settings, "items");
    t->id = tickets_text(settings, "id");
    t->total = tickets_text(settings, "total");
    t->next = tickets_text(settings, "next");
    t->kind = tickets_kind(settings, err);
    if (!t->kind || tickets_read_pages(t, settings, err) != ERR_OK)
        return err->code;
    if (tickets_read_interval(t, settings, err) != ERR_OK)
        return err->code;
    if (t->total && (t->items || t->id))
        return err_set(err, ERR_INVALID,
                       "either 'total' is a number that grows, or 'items' are listed");
    if (!s->env.loop)
        return source_check_row(t->kind, inner, err);
    return source_open_row(t->kind, sv_from(s->name), inner, &s->env, &t->inner, err);
}

static void tickets_close(struct source *s)
{
    struct tickets_source *t = tickets_of(s);

    source_free(t->inner);
    vec_release(&t->ids);
    map_release(&t->by_id);
    strbuf_release(&t->named);
    json_decref(t->all);
    strbuf_release(&t->page);
    free(t->next);
    free(t->items);
    free(t->id);
    free(t->total);
}

/* --- what is listed --- */

/* What is told is itself the number, or the id: no path leads into it. */
#define TICKETS_ITSELF "."

/* "fields.0.key" of a value; NULL: it is not there. */
static json_t *tickets_at(json_t *j, const char *path)
{
    struct sv rest = sv_from(path), part;
    uint64_t index;

    if (strcmp(path, TICKETS_ITSELF) == 0)
        return json_is_object(j) && json_object_size(j) == 1 /* a query of one column */
                   ? json_object_iter_value(json_object_iter(j))
                   : j;
    while (j && sv_split(&rest, '.', &part)) {
        if (json_is_array(j))
            j = sv_to_u64(part, &index) ? json_array_get(j, index) : NULL;
        else
            j = json_object_getn(j, part.p, part.n);
    }
    return j;
}

static json_t *tickets_find(json_t *j, const char *const *names, size_t n,
                            bool (*is)(const json_t *j))
{
    for (size_t i = 0; i < n; i++) {
        json_t *v = json_object_get(j, names[i]);

        if (v && is(v))
            return v;
    }
    return NULL;
}

static bool tickets_is_array(const json_t *j)
{
    return json_is_array(j);
}

static bool tickets_is_number(const json_t *j)
{
    return json_is_number(j);
}

static bool tickets_is_id(const json_t *j)
{
    return (json_is_string(j) && json_string_length(j) > 0) || json_is_integer(j);
}

/* The list of an answer of Jira, GitHub, GitLab, Zendesk, or of a query; NULL: there is none. */
static json_t *tickets_list(const struct tickets_source *t, json_t *j)
{
    static const char *const names[] = {"issues", "items", "tickets", "results", "values", "data"};

    if (t->items)
        return tickets_at(j, t->items);
    return json_is_array(j) ? j : tickets_find(j, names, ARRAY_LEN(names), tickets_is_array);
}

static const char *const tickets_ids[] = {"id", "key", "number", "iid"};

static json_t *tickets_id_of(const struct tickets_source *t, json_t *item)
{
    json_t *id;

    if (tickets_is_id(item))
        return item;
    id = t->id ? tickets_at(item, t->id)
               : tickets_find(item, tickets_ids, ARRAY_LEN(tickets_ids), tickets_is_id);
    if (!id && !t->id && json_object_size(item) == 1) /* a query of one column */
        id = json_object_iter_value(json_object_iter(item));
    return id && tickets_is_id(id) ? id : NULL;
}

static void tickets_id_text(const json_t *id, struct strbuf *out)
{
    if (json_is_string(id))
        strbuf_add_sv(out, (struct sv){json_string_value(id), json_string_length(id)});
    else
        strbuf_addf(out, "%lld", (long long)json_integer_value(id));
}

/* False: it is known. */
static bool tickets_remember(struct tickets_source *t, struct sv id)
{
    struct hash h = hash_of(id);
    struct tickets_id entry;

    memcpy(entry.hex, hash_hex(&h).s, TICKETS_ID_HEX);
    entry.hex[TICKETS_ID_HEX] = '\0';
    if (map_get(&t->by_id, sv_from(entry.hex), NULL))
        return false;
    (void)map_put(&t->by_id, sv_from(entry.hex), t->ids.n);
    *vec_add(&t->ids) = entry;
    return true;
}

static void tickets_forget(struct tickets_source *t)
{
    t->ids.n = 0;
    map_release(&t->by_id);
}

/* Every item has an id, or nothing is counted: one without would be new at each look. */
static enum err_code tickets_check_ids(const struct tickets_source *t, json_t *list,
                                       struct err *err)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!tickets_id_of(t, json_array_get(list, i))) {
            (void)err_set(err, ERR_FAILED, "item %zu of the list has no id%s%s", i + 1,
                          t->id ? " at " : "", t->id ? t->id : "");
            return err_hint(err, "id: PATH of what tells one ticket from another");
        }
    return ERR_OK;
}

static enum err_code tickets_take_list(struct tickets_source *t, json_t *list, struct err *err)
{
    size_t n = json_array_size(list), fresh = 0;

    if (n > TICKETS_MAX)
        return err_set(err, ERR_LIMIT,
                       "%zu tickets are listed, more than %u: ask for those since the deployment",
                       n, TICKETS_MAX);
    if (tickets_check_ids(t, list, err) != ERR_OK)
        return err->code;
    for (size_t i = 0; i < n; i++) {
        CLEANUP(strbuf_release) struct strbuf id = STRBUF(0);

        tickets_id_text(tickets_id_of(t, json_array_get(list, i)), &id);
        if (!tickets_remember(t, strbuf_sv(&id)) || !t->begun)
            continue;
        if (++fresh <= TICKETS_SHOWN)
            strbuf_addf(&t->named, "%s%.*s", fresh > 1 ? ", " : "", SV_FMT(strbuf_sv(&id)));
    }
    if (fresh > TICKETS_SHOWN)
        strbuf_addf(&t->named, ", and %zu more", fresh - TICKETS_SHOWN);
    t->count += fresh;
    if (t->ids.n > TICKETS_MAX) { /* those that are listed no more do not come again */
        tickets_forget(t);
        for (size_t i = 0; i < n; i++) {
            CLEANUP(strbuf_release) struct strbuf id = STRBUF(0);

            tickets_id_text(tickets_id_of(t, json_array_get(list, i)), &id);
            (void)tickets_remember(t, strbuf_sv(&id));
        }
    }
    t->listed = (double)n;
    return ERR_OK;
}

/* Where the page behind this one is: its header says so, or its member `next`. */
static enum err_code tickets_find_next(struct tickets_source *t, json_t *j, struct err *err)
{
    json_t *told = t->next && !json_is_array(j) ? tickets_at(j, t->next) : NULL;
    struct sv ref = {NULL, 0};

    strbuf_truncate(&t->page, 0);
    if (json_is_string(told))
        ref = (struct sv){json_string_value(told), json_string_length(told)};
    if (!ref.n && !http_source_next(t->inner, &ref))
        return ERR_OK;
    if (t->n_pages >= t->max_pages) {
        (void)err_set(err, ERR_LIMIT, "the list has more than %llu pages",
                      (unsigned long long)t->max_pages);
        return err_hint(err, "pages: N, up to %u, or ask for less", TICKETS_PAGES);
    }
    return weblink_resolve(http_source_asked(t->inner), ref, &t->page, err) == ERR_OK
               ? ERR_OK
               : err_wrap(err, "the page behind page %llu", (unsigned long long)t->n_pages);
}

/* Nothing of a list is counted before all of it is here: what fails in the middle is asked for again. */
static enum err_code tickets_take_page(struct tickets_source *t, json_t *j, json_t *list,
                                       struct err *err)
{
    if (!t->all)
        t->all = json_array();
    (void)json_array_extend(t->all, list); /* fails only for want of memory */
    t->n_pages++;
    if (json_array_size(t->all) <= TICKETS_MAX && tickets_find_next(t, j, err) != ERR_OK)
        return err->code;
    return t->page.n ? ERR_OK : tickets_take_list(t, t->all, err);
}

/* A number that falls is one of open tickets, of which some were closed: what it grows by from there counts. */
static void tickets_take_total(struct tickets_source *t, double total)
{
    if (t->begun && total > t->last)
        t->count += (uint64_t)(total - t->last);
    t->last = t->listed = total;
}

static enum err_code tickets_take_json(struct tickets_source *t, json_t *j, struct err *err)
{
    static const char *const totals[] = {"total", "total_count", "count"};
    json_t *list = t->total ? NULL : tickets_list(t, j), *total;

    if (json_is_array(list))
        return t->max_pages ? tickets_take_page(t, j, list, err) : tickets_take_list(t, list, err);
    if (t->items)
        return err_set(err, ERR_FAILED, "there is no list at '%s' in what is told", t->items);
    total = t->total ? tickets_at(j, t->total)
                     : tickets_find(j, totals, ARRAY_LEN(totals), tickets_is_number);
    if (!total && json_is_number(j))
        total = j;
    if (!json_is_number(total)) {
        (void)err_set(err, ERR_FAILED, "there is no %s%s in what is told",
                      t->total ? "number at " : "list of tickets", t->total ? t->total : "");
        return err_hint(err, "items: PATH of the list, or total: PATH of a number");
    }
    tickets_take_total(t, json_number_value(total));
    return ERR_OK;
}

static bool tickets_is_path(const char *text)
{
    return text && strcmp(text, TICKETS_ITSELF) != 0;
}

/* One number alone is how many there are, or a list of one: a guess would count wrong, and nobody would see it. */
static enum err_code tickets_is_either(struct err *err)
{
    (void)err_set(err, ERR_FAILED,
                  "one number alone is told: how many there are, or the id of one");
    return err_hint(err, "total: . or id: . says which");
}

/* What a command prints: JSON, a number, or an id on each line. */
static enum err_code tickets_take_text(struct tickets_source *t, struct sv text, bool is_command,
                                       struct err *err)
{
    CLEANUP(json_cleanup) json_t *j = NULL;
    struct sv line, trimmed = sv_trim(text);
    double number;

    if (sv_starts(trimmed, SV("{")) || sv_starts(trimmed, SV("[")))
        return json_read(trimmed, &j, err) == ERR_OK ? tickets_take_json(t, j, err)
                                                     : err_wrap(err, "what is told is no JSON");
    if (!is_command)
        return err_set(err, ERR_FAILED, "what is told is no JSON");
    if (t->items || tickets_is_path(t->total) || tickets_is_path(t->id))
        return err_set(err, ERR_FAILED, "it prints no JSON, and '%s' is a path in it",
                       t->total   ? "total"
                       : t->items ? "items"
                                  : "id");
    if (t->total && !sv_to_f64(trimmed, &number))
        return err_set(err, ERR_FAILED, "it prints no number");
    if (t->total) {
        tickets_take_total(t, number);
        return ERR_OK;
    }
    if (!t->id && !t->ids.n && sv_to_f64(trimmed, &number))
        return tickets_is_either(err);
    j = json_array();
    while (sv_next_line(&text, &line))
        if (sv_trim(line).n)
            json_append(j, json_sv(sv_trim(line)));
    return tickets_take_list(t, j, err);
}

/* The number in the first row, or the rows. */
static enum err_code tickets_take_rows(struct tickets_source *t, struct sv text, struct err *err)
{
    CLEANUP(json_cleanup) json_t *rows = NULL;
    json_t *row, *cell, *total;

    if (json_read(text, &rows, err) != ERR_OK)
        return err->code; /* uncovered: json_write() made it */
    row = json_array_get(rows, 0);
    cell = json_object_iter_value(json_object_iter(row));
    if (t->total) {
        total = row ? tickets_at(row, t->total) : NULL;
        if (!total || !json_is_number(total))
            return err_set(err, ERR_FAILED, "there is no number at '%s' in the first row",
                           t->total);
        tickets_take_total(t, json_number_value(total));
        return ERR_OK;
    }
    if (!t->id && !t->ids.n && json_array_size(rows) == 1 && json_object_size(row) == 1 &&
        json_is_number(cell) &&
        !tickets_find(row, tickets_ids, ARRAY_LEN(tickets_ids), tickets_is_id))
        return tickets_is_either(err);
    return tickets_take_list(t, rows, err);
}

static struct sv tickets_said(const struct sample_list *l, struct sv name)
{
    const struct sample *s = sample_find(l, name);

    return s && s->kind == SAMPLE_TEXT ? s->text : (struct sv){"", 0};
}

static enum err_code tickets_take(struct tickets_source *t, const struct sample_list *l,
                                  struct err *err)
{
    const struct sample *up = sample_find(l, SV("up")), *cut = sample_find(l, SV("truncated")),
                        *exit = sample_find(l, SV("exit"));
    struct sv why = tickets_said(l, SV("why"));

    if (t->kind == &source_sql)
        return tickets_take_rows(t, tickets_said(l, SV("rows_json")), err);
    if (t->kind == &source_command && !up->truth)
        return err_set(err, ERR_FAILED, "the command ended with %g: %.*s", exit->number,
                       SV_FMT(sv_sub(tickets_said(l, SV("err")), 0, 200)));
    if (!up->truth)
        return err_set(err, ERR_FAILED, "no answer that lists them: %.*s", SV_FMT(why));
    if (cut->truth) {
        (void)err_set(err, ERR_LIMIT, "what is told is longer than what is read");
        return err_hint(err, "max_bytes, or ask for less");
    }
    return tickets_take_text(t,
                             tickets_said(l, t->kind == &source_command ? SV("out") : SV("text")),
                             t->kind == &source_command, err);
}

/* --- for another process --- */

/* "ids HEX HEX ...", "total NUMBER" */
static void tickets_add_position(const struct tickets_source *t, struct sample_list *l)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    strbuf_addf(&text, "%.17g", t->last);
    for (size_t i = 0; i < t->ids.n; i++)
        strbuf_addf(&text, " %s", t->ids.v[i].hex);
    sample_add_text(l, "position", strbuf_sv(&text));
}

static void tickets_resume(struct source *s, struct sv position)
{
    struct tickets_source *t = tickets_of(s);
    struct tickets_id entry = {{0}};
    struct sv word;

    if (!sv_next_word(&position, &word) || !sv_to_f64(word, &t->last))
        return; /* of another version: it begins anew */
    t->begun = true;
    while (sv_next_word(&position, &word) && word.n == TICKETS_ID_HEX && t->ids.n <= TICKETS_MAX) {
        memcpy(entry.hex, word.p, TICKETS_ID_HEX);
        (void)map_put(&t->by_id, word, t->ids.n);
        *vec_add(&t->ids) = entry;
    }
}

/* --- the poll --- */

static void tickets_add(struct tickets_source *t)
{
    struct sample_list *l = &t->source.samples;

    sample_add_number(l, "listed", t->listed, NULL);
    sample_add_counter(l, "new", (double)t->count, NULL);
    if (t->named.n)
        sample_add_text(l, "which", strbuf_sv(&t->named));
    tickets_add_position(t, l);
}

static void tickets_on_told(struct source *inner, void *data, enum err_code rc);

static void tickets_poll(struct tickets_source *t)
{
    struct source *s = &t->source;
    uint64_t spent_ms = (clock_mono_ns() - t->asking_ns) / 1000000u;
    struct source_poll p = {.at_us = s->at_us,
                            .timeout_ms = spent_ms < s->timeout_ms ? s->timeout_ms - spent_ms
                                                                   : 1, /* 0: the default */
                            .done = tickets_on_told,
                            .data = t};

    if (t->max_pages)
        http_source_ask(t->inner, strbuf_sv(&t->page));
    strbuf_truncate(&t->page, 0);
    source_poll(t->inner, &p);
}

static void tickets_on_told(struct source *inner, void *data, enum err_code rc)
{
    struct tickets_source *t = data;
    struct source *s = &t->source;

    if (rc != ERR_OK)
        s->err = inner->err; /* it has the name of the source */
    else
        rc = tickets_take(t, &inner->samples, &s->err) == ERR_OK
                 ? ERR_OK
                 : err_wrap(&s->err, "source '%s'", s->name);
    if (rc == ERR_OK && t->page.n) {
        tickets_poll(t);
        return;
    }
    if (rc == ERR_OK) {
        t->begun = true;
        t->asked_ns = t->asking_ns;
        tickets_add(t);
    }
    source_report(s, rc);
}

static void tickets_start(struct source *s)
{
    struct tickets_source *t = tickets_of(s);
    uint64_t now_ns = clock_mono_ns();

    strbuf_truncate(&t->named, 0);
    if (t->asked_ns && now_ns - t->asked_ns < t->every_ns) {
        tickets_add(t);
        source_report_soon(s);
        return;
    }
    t->asking_ns = now_ns;
    json_decref(STEAL(t->all));
    t->n_pages = 0;
    strbuf_truncate(&t->page, 0);
    tickets_poll(t);
}

static void tickets_cancel(struct source *s)
{
    source_cancel(tickets_of(s)->inner);
}

static const struct source_key tickets_keys[] = {
    {"url", SOURCE_TEXT, false, "a request that lists them: http://host:port/path"},
    {"headers", SOURCE_FIELDS, false, "header fields to send"},
    {"bearer", SOURCE_TEXT, false, "a token, sent as Authorization: Bearer; a secret"},
    {"method", SOURCE_TEXT, false, "GET unless given"},
    {"body", SOURCE_TEXT, false, "what to send"},
    {"ca_file", SOURCE_TEXT, false, "certificates to trust instead of the system's, PEM"},
    {"cert_file", SOURCE_TEXT, false, "our certificate, PEM"},
    {"key_file", SOURCE_TEXT, false, "its key, PEM"},
    {"insecure", SOURCE_BOOL, false, "take any certificate"},
    {"unix_socket", SOURCE_TEXT, false, "path of a socket to speak through"},
    {"follow", SOURCE_NUMBER, false, "how many redirects to follow; none unless given"},
    {"max_bytes", SOURCE_NUMBER, false, "the longest answer that is read"},
    {"database", SOURCE_TEXT, false,
     "instead of a request, a query: a URL, postgresql://..., sqlite:PATH"},
    {"query", SOURCE_TEXT, false, "one statement; nothing is changed by it"},
    {"limit_ms", SOURCE_NUMBER, false, "how long it may take; 10000 unless given"},
    {"command", SOURCE_TEXT, false,
     "instead of both, for sh: it prints JSON, an id on each line, or a number"},
    {"workdir", SOURCE_TEXT, false, "folder it is started in"},
    {"pages", SOURCE_NUMBER, false,
     "how many pages a list has at most, whose answers say where the next one is (Link: rel=next)"},
    {"next", SOURCE_TEXT, false, "path of the next page's address in JSON, where it is told there"},
    {"interval", SOURCE_TEXT, false,
     "how often is asked: 10m; at each look unless given, and after a failure"},
    {"items", SOURCE_TEXT, false,
     "path of the list in JSON; issues, items, tickets, ... are found"},
    {"id", SOURCE_TEXT, false,
     "path of an item's id; id, key and number are found; . is the item itself"},
    {"total", SOURCE_TEXT, false,
     "path of a number that grows, instead of a list; . is what is told itself"},
};

static const struct source_member tickets_members[] = {
    {"new", NULL, "how many came since the first look, a counter"},
    {"listed", NULL, "how many are told now"},
    {"which", NULL, "the ids of those that came since the last look"},
    {"position", NULL, "which are known, for the next process"},
};

const struct source_ops source_tickets = {
    .kind = "tickets",
    .help = "how many tickets came, as somebody lists them",
    .keys = tickets_keys,
    .n_keys = ARRAY_LEN(tickets_keys),
    .members = tickets_members,
    .n_members = ARRAY_LEN(tickets_members),
    .size = sizeof(struct tickets_source),
    .open = tickets_open,
    .close = tickets_close,
    .resume = tickets_resume,
    .start = tickets_start,
    .cancel = tickets_cancel,
};
