/*
 * The row `patterns`: what kinds of lines a log has, and how many of each since the last look.  It reads a file as `log`
 * does, or the journal.  What stood there before the first look, and what a file names, is known.
 */
#include <stdlib.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/sv.h"
#include "watch/inner.h"

#define PATTERNS_HISTORY_BYTES (8u << 20) /* of a file: read and masked in a tenth of a second */
#define PATTERNS_HISTORY_LINES 20000u     /* of the journal */
#define PATTERNS_HISTORY_MAX   (1u << 30)
#define PATTERNS_KNOWN_BYTES   (8u << 20)

struct patterns_state {
    struct source *inner;
    struct log_shapes shapes;
    bool begun; /* what was there before is known, here or to the process before */
    uint64_t records;
};

struct patterns_source {
    struct source source; /* first */
    struct patterns_state *state;
    char *known;
    uint64_t history;
    bool is_file;
};

static struct patterns_source *patterns_of(struct source *s)
{
    return container_of(s, struct patterns_source, source);
}

/* The settings that are those of the log itself. */
static json_t *patterns_inner(const struct patterns_source *p, json_t *settings)
{
    static const char *const file[] = {"path", "record", NULL}, *const journal[] = {
                                                                    "unit", "identifier", "match",
                                                                    "directory", NULL};
    json_t *inner = json_object();

    for (const char *const *k = p->is_file ? file : journal; *k; k++)
        if (json_object_get(settings, *k))
            json_put(inner, *k, json_incref(json_object_get(settings, *k)));
    return inner;
}

static enum err_code patterns_check(const struct patterns_source *p, json_t *settings,
                                    struct err *err)
{
    static const char *const others[] = {"unit", "identifier", "match", "directory"};
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        n += json_object_get(settings, others[i]) != NULL;
    if (p->is_file && n)
        return err_set(err, ERR_INVALID,
                       "either 'path' is a file, or the rest says what of the journal is meant");
    if (!p->is_file && json_object_get(settings, "record"))
        return err_set(err, ERR_INVALID,
                       "an entry of the journal is whole: 'record' is for a file");
    if (!p->is_file && !n) {
        (void)err_set(err, ERR_INVALID, "'path' is missing: the file");
        return err_hint(err, "or unit, identifier, match: entries of the journal of systemd");
    }
    return p->history <= PATTERNS_HISTORY_MAX
               ? ERR_OK
               : err_set(err, ERR_INVALID, "'history' is more than %u", PATTERNS_HISTORY_MAX);
}

static enum err_code patterns_open(struct source *s, json_t *settings, struct err *err)
{
    struct patterns_source *p = patterns_of(s);
    struct patterns_state *st = p->state = XNEW(struct patterns_state);
    struct sv lines = json_get_sv(settings, "lines"), known = json_get_sv(settings, "known");
    CLEANUP(json_cleanup) json_t *inner = NULL;

    p->is_file = json_object_get(settings, "path") != NULL;
    p->known = known.n ? xstrdup_sv(known) : NULL;
    p->history = (uint64_t)json_get_int(
        settings, "history", p->is_file ? PATTERNS_HISTORY_BYTES : PATTERNS_HISTORY_LINES);
    st->shapes.secrets = s->env.secrets;
    if (patterns_check(p, settings, err) != ERR_OK)
        return err->code;
    if (regex_new(lines.n ? lines : SV(LOG_SHAPE_LINES), 0, &st->shapes.lines, err) != ERR_OK)
        return err_wrap(err, "'lines'");
    inner = patterns_inner(p, settings);
    if (inner_open(p->is_file ? &source_log : &source_journal, inner, &st->inner, err) != ERR_OK)
        return err->code;
    (p->is_file ? log_source_count : journal_source_count)(st->inner)->shapes = &st->shapes;
    return ERR_OK;
}

static void patterns_close(struct source *s)
{
    struct patterns_source *p = patterns_of(s);

    inner_close(p->state->inner);
    log_shapes_release(&p->state->shapes);
    free(p->state);
    free(p->known);
}

static void patterns_resume(struct source *s, struct sv position)
{
    struct patterns_state *st = patterns_of(s)->state;

    st->begun = true;
    source_resume(st->inner, position);
}

/* A line of it is a pattern, or a line of a log as it is: both have the same pattern. */
static enum err_code patterns_read_known(const struct patterns_source *p, struct log_shapes *to,
                                         struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct sv lines, line;

    if (!p->known)
        return ERR_OK;
    if (file_read(p->known, PATTERNS_KNOWN_BYTES, &text, err) != ERR_OK)
        return err_wrap(err, "'known'");
    lines = strbuf_sv(&text);
    while (sv_next_line(&lines, &line))
        if (sv_trim(line).n && line.p[0] != '#')
            log_shapes_take(to, line);
    return ERR_OK;
}

static void patterns_add(struct sample_list *l, const char *name, json_t *rows)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    json_write(rows, &text);
    sample_add_text(l, name, strbuf_sv(&text));
    json_decref(rows);
}

/* What is known already; of a file, lines that are no errors are none of its business, either. */
static enum err_code patterns_add_known(const struct patterns_source *p, struct sample_list *l,
                                        struct err *err)
{
    struct patterns_state *st = p->state;
    struct log_shapes known = {.lines = st->shapes.lines, .secrets = st->shapes.secrets};
    struct log_shapes listed = {.secrets = st->shapes.secrets};
    enum err_code rc = (p->is_file ? log_source_history
                                   : journal_source_history)(st->inner, p->history, &known, err);
    json_t *rows, *more;

    if (rc == ERR_OK)
        rc = patterns_read_known(p, &listed, err);
    if (rc == ERR_OK && (known.full || listed.full)) {
        rc = err_set(err, ERR_LIMIT, "what is known already has more than %u patterns",
                     LOG_SHAPES_MAX);
        (void)err_hint(err, "'lines' chooses lines, 'history' how far it looks back");
    }
    if (rc == ERR_OK) {
        rows = log_shapes_report(&known, true);
        more = log_shapes_report(&listed, true);
        (void)json_array_extend(rows, more); /* fails only for want of memory */
        json_decref(more);
        sample_add_number(l, "known", (double)json_array_size(rows), NULL);
        patterns_add(l, "known_json", rows);
    }
    known.lines = NULL; /* it is the other's */
    log_shapes_release(&known);
    log_shapes_release(&listed);
    return rc;
}

static enum err_code patterns_look(const struct source *s, struct sample_list *l, struct err *err)
{
    const struct patterns_source *p = (const struct patterns_source *)(const void *)s;
    struct patterns_state *st = p->state;
    struct sample_list inner = {.at_us = l->at_us};
    const struct sample *position;
    enum err_code rc = st->inner->ops->look(st->inner, &inner, err);
    bool full, broken;

    if (rc == ERR_OK && !st->begun)
        rc = patterns_add_known(p, l, err);
    st->begun |= rc == ERR_OK;
    if (rc == ERR_OK) {
        full = st->shapes.full;
        broken = st->shapes.broken;
        sample_add_number(l, "patterns", (double)st->shapes.v.n, NULL);
        sample_add_counter(l, "taken", (double)st->shapes.taken, NULL);
        patterns_add(l, "rows_json", log_shapes_report(&st->shapes, false));
        if (full)
            sample_add_error(
                l, "limit",
                SV("more patterns since the last look than are kept (5000): 'lines' chooses lines"));
        else if (broken)
            sample_add_error(
                l, "limit",
                SV("a search of 'lines' ran into its limit: what else there is is not known"));
        position = sample_find(&inner, SV("position"));
        if (position)
            sample_add_text(l, "position", position->text);
    }
    sample_list_release(&inner);
    return rc;
}

static const struct source_key patterns_keys[] = {
    {"path", SOURCE_TEXT, false, "the file"},
    {"record", SOURCE_TEXT, false,
     "a pattern: lines that do not match belong to the record before"},
    {"unit", SOURCE_TEXT, false,
     "instead of a file, entries of the journal of this unit: web.service"},
    {"identifier", SOURCE_TEXT, false, "... of this program"},
    {"match", SOURCE_TEXT, false, "... with this field: FIELD=VALUE"},
    {"directory", SOURCE_TEXT, false, "a folder of journal files, instead of this machine's"},
    {"lines", SOURCE_TEXT, false,
     "a pattern: which lines count; those that tell of errors unless given"},
    {"known", SOURCE_TEXT, false, "a file of lines or patterns that are nothing new"},
    {"history", SOURCE_NUMBER, false,
     "how far the first look goes back for what is nothing new: 8 MiB, 20000 entries"},
};

static const struct source_member patterns_members[] = {
    {"rows_json", NULL, "the patterns since the last look: {pattern, count, example}"},
    {"known_json", NULL, "at the first look, those that were there before"},
    {"known", NULL, "how many these are"},
    {"patterns", NULL, "how many there were since the last look"},
    {"taken", NULL, "how many lines counted, a counter"},
    {"limit", NULL, "why there may be more"},
    {"position", NULL, "how far it was read, for the next process"},
};

const struct source_ops source_patterns = {
    .kind = "patterns",
    .help = "what kinds of errors a log has, and how many of each",
    .keys = patterns_keys,
    .n_keys = ARRAY_LEN(patterns_keys),
    .members = patterns_members,
    .n_members = ARRAY_LEN(patterns_members),
    .size = sizeof(struct patterns_source),
    .open = patterns_open,
    .close = patterns_close,
    .resume = patterns_resume,
    .look = patterns_look,
};
