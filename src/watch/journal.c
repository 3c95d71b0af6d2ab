/*
 * The row `journal`: the journal of systemd.  Each look opens it anew, since a handle belongs to one thread
 * (sd-journal(3)), and goes on behind the entry that was read last.
 */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/sv.h"
#include "net/libsystemd.h"
#include "watch/inner.h"
#include "watch/log_count.h"
#include "watch/source.h"

#define JOURNAL_FLAGS SD_JOURNAL_LOCAL_ONLY

struct journal_state {
    char *cursor; /* of the last entry; NULL: there was none */
    bool begun;
    struct log_count count;
};

struct journal_source {
    struct source source; /* first */
    char *directory;      /* NULL: of this machine */
    char *matches[3];     /* "FIELD=VALUE" */
    size_t n_matches;
    struct journal_state *state;
};

static struct journal_source *journal_of(struct source *s)
{
    return container_of(s, struct journal_source, source);
}

static void journal_match(struct journal_source *j, const char *field, struct sv value)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    if (!value.n)
        return;
    strbuf_addf(&b, "%s%.*s", field, SV_FMT(value));
    j->matches[j->n_matches++] = strbuf_steal_str(&b);
}

static enum err_code journal_open_source(struct source *s, json_t *settings, struct err *err)
{
    struct journal_source *j = journal_of(s);
    const char *directory = json_get_str(settings, "directory", NULL);
    struct sv match = json_get_sv(settings, "match");

    j->state = XNEW(struct journal_state);
    j->directory = directory ? xstrdup(directory) : NULL;
    journal_match(j, "_SYSTEMD_UNIT=", json_get_sv(settings, "unit"));
    journal_match(j, "SYSLOG_IDENTIFIER=", json_get_sv(settings, "identifier"));
    if (match.n && sv_find_byte(match, '=', 0) == SV_NPOS)
        return err_set(err, ERR_INVALID, "'match' is not of the form FIELD=VALUE");
    journal_match(j, "", match);
    return ERR_OK;
}

static void journal_close_source(struct source *s)
{
    struct journal_source *j = journal_of(s);

    for (size_t i = 0; i < j->n_matches; i++)
        free(j->matches[i]);
    log_count_release(&j->state->count);
    free(j->state->cursor);
    free(j->state);
    free(j->directory);
}

static enum err_code journal_want(struct source *s, const struct sv *names, size_t n,
                                  struct err *err)
{
    return log_count_want(&journal_of(s)->state->count, names, n, err);
}

static void journal_resume(struct source *s, struct sv position)
{
    struct journal_state *st = journal_of(s)->state;

    st->begun = true;
    free(st->cursor);
    st->cursor = xstrdup_sv(position);
}

static void journal_note(struct journal_state *st, sd_journal *j)
{
    char *cursor;

    if (libsystemd.journal_get_cursor(j, &cursor) < 0) /* uncovered: it stands on an entry */
        return;
    free(st->cursor);
    st->cursor = cursor;
}

/* Behind what was read before; 1: there is a next entry, and it is chosen. */
static int journal_seek(struct journal_state *st, sd_journal *j)
{
    int r;

    if (!st->begun) { /* only what comes from now on counts */
        st->begun = true;
        (void)libsystemd.journal_seek_tail(j);
        if (libsystemd.journal_previous(j) > 0)
            journal_note(st, j);
        return 0;
    }
    if (!st->cursor)
        return libsystemd.journal_next(j);
    r = libsystemd.journal_seek_cursor(j, st->cursor);
    if (r >= 0)
        r = libsystemd.journal_next(j);
    if (r > 0 && libsystemd.journal_test_cursor(j, st->cursor) > 0)
        r = libsystemd.journal_next(
            j); /* that one was counted; else it is gone, and this the first */
    return r;
}

/* The text of an entry; false: it has none. */
static bool journal_text(sd_journal *j, struct sv *ret)
{
    const void *data;
    size_t n;

    if (libsystemd.journal_get_data(j, "MESSAGE", &data, &n) < 0)
        return false;
    *ret = (struct sv){data, n};
    (void)sv_eat(ret, SV("MESSAGE="));
    return true;
}

static void journal_take(struct journal_state *st, sd_journal *j)
{
    uint64_t at_us = 0;
    struct sv text;

    journal_note(st, j);
    if (!journal_text(j, &text))
        return;
    (void)libsystemd.journal_get_realtime_usec(j, &at_us); /* fails where there is no entry */
    log_count_whole(&st->count, sv_sub(text, 0, LIMIT_LINE_BYTES), (int64_t)at_us);
}

/* Is there one?  Which of its entries are meant. */
static enum err_code journal_begin(const struct journal_source *s, sd_journal *j, struct err *err)
{
    int r = 0;

    if (!s->directory && libsystemd.journal_has_persistent_files(j) <= 0 &&
        libsystemd.journal_has_runtime_files(j) <= 0)
        return err_set(err, ERR_NOT_FOUND, "there is no journal here that may be read");
    for (size_t i = 0; i < s->n_matches && r >= 0; i++)
        r = libsystemd.journal_add_match(j, s->matches[i], strlen(s->matches[i]));
    return r < 0 ? err_sys(err, -r, "read the journal") : ERR_OK;
}

static enum err_code journal_read_all(const struct journal_source *s, sd_journal *j,
                                      struct err *err)
{
    int r;

    if (journal_begin(s, j, err) != ERR_OK)
        return err->code;
    for (r = journal_seek(s->state, j); r > 0; r = libsystemd.journal_next(j))
        journal_take(s->state, j);
    return r < 0 ? err_sys(err, -r, "read the journal") : ERR_OK;
}

static enum err_code journal_open_now(const struct journal_source *s, sd_journal **j,
                                      struct err *err)
{
    int r;

    if (libsystemd_open(err) != ERR_OK)
        return err->code;
    r = s->directory ? libsystemd.journal_open_directory(j, s->directory, 0)
                     : libsystemd.journal_open(j, JOURNAL_FLAGS);
    return r < 0 ? err_sys(err, -r, "open the journal") : ERR_OK;
}

static enum err_code journal_look(const struct source *s, struct sample_list *l, struct err *err)
{
    const struct journal_source *source = (const struct journal_source *)(const void *)s;
    sd_journal *j = NULL;

    if (journal_open_now(source, &j, err) != ERR_OK)
        return err->code;
    (void)journal_read_all(source, j, err); /* the code is in err */
    libsystemd.journal_close(j);
    if (err->code != ERR_OK)
        return err->code;
    log_count_report(&source->state->count, l);
    if (source->state->cursor)
        sample_add_text(l, "position", sv_from(source->state->cursor));
    return err->code;
}

/* --- for patterns.c --- */

struct log_count *journal_source_count(struct source *s)
{
    return &journal_of(s)->state->count;
}

enum err_code journal_source_history(const struct source *s, uint64_t n, struct log_shapes *to,
                                     struct err *err)
{
    const struct journal_source *source = (const struct journal_source *)(const void *)s;
    sd_journal *j = NULL;
    struct sv text;

    if (journal_open_now(source, &j, err) != ERR_OK)
        return err->code;
    if (journal_begin(source, j, err) == ERR_OK) {
        (void)libsystemd.journal_seek_tail(j);
        for (uint64_t i = 0; i < n && libsystemd.journal_previous(j) > 0; i++)
            if (journal_text(j, &text))
                log_shapes_take(to, sv_sub(text, 0, LIMIT_LINE_BYTES));
    }
    libsystemd.journal_close(j);
    return err->code;
}

static const struct source_key journal_keys[] = {
    {"unit", SOURCE_TEXT, false, "entries of this unit: web.service"},
    {"identifier", SOURCE_TEXT, false, "entries of this program"},
    {"match", SOURCE_TEXT, false, "entries with this field: FIELD=VALUE"},
    {"directory", SOURCE_TEXT, false, "a folder of journal files, instead of this machine's"},
};

static const struct source_member journal_members[] = {LOG_COUNT_MEMBERS};

const struct source_ops source_journal = {
    .kind = "journal",
    .help = "how many entries of the journal of systemd match a pattern",
    .keys = journal_keys,
    .n_keys = ARRAY_LEN(journal_keys),
    .members = journal_members,
    .n_members = ARRAY_LEN(journal_members),
    .size = sizeof(struct journal_source),
    .open = journal_open_source,
    .close = journal_close_source,
    .want = journal_want,
    .resume = journal_resume,
    .look = journal_look,
};
