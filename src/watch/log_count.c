#include "watch/log_count.h"

#include <string.h>

#include "base/limits.h"
#include "base/sv.h"

/*
 * May lines be searched for all at once?  Not for patterns that look at the ends of the subject, or behind
 * its beginning: to them a line among others is another text.
 */
static bool log_count_blocks(struct sv pattern)
{
    static const struct sv ends[] = {SV("\\A"), SV("\\Z"), SV("\\z"), SV("\\G"),
                                     SV("\\K"), SV("(?<"), SV("(*"),  SV("(?^")};

    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        if (sv_has(pattern, ends[i]))
            return false;
    return true;
}

enum err_code log_count_record(struct log_count *c, struct sv pattern, struct err *err)
{
    return regex_new(pattern, 0, &c->record, err);
}

static enum err_code log_count_want_one(struct log_count *c, struct sv name, struct err *err)
{
    size_t nul = sv_find_byte(name, '\0', 0);
    struct sv pattern = sv_sub(name, 0, nul), except = {NULL, 0};
    struct log_pattern *p = vec_add(&c->patterns);

    if (nul != SV_NPOS)
        except = sv_sub(name, nul + 1, name.n);
    p->name = xstrdup_sv(name);
    p->name_bytes = name.n;
    if (regex_new(pattern, 0, &p->pattern, err) != ERR_OK ||
        (except.n && regex_new(except, 0, &p->except, err) != ERR_OK) ||
        (log_count_blocks(pattern) && regex_new(pattern, REGEX_MULTI, &p->block, err) != ERR_OK))
        return err->code;
    return ERR_OK;
}

enum err_code log_count_want(struct log_count *c, const struct sv *names, size_t n, struct err *err)
{
    c->time = log_time_pattern();
    for (size_t i = 0; i < n; i++)
        if (log_count_want_one(c, names[i], err) != ERR_OK)
            return err->code;
    return ERR_OK;
}

void log_count_release(struct log_count *c)
{
    for (size_t i = 0; i < c->patterns.n; i++) {
        struct log_pattern *p = &c->patterns.v[i];

        free(p->name);
        regex_free(p->pattern);
        regex_free(p->except);
        regex_free(p->block);
        vec_release(&p->hits);
    }
    vec_release(&c->patterns);
    regex_free(c->record);
    regex_free(c->time);
    tz_free(c->zone);
    strbuf_release(&c->open);
    *c = (struct log_count){.record = NULL};
}

static bool log_pattern_has(struct log_pattern *p, struct regex *re, struct sv record)
{
    bool has = regex_has(re, record);

    p->broken |= !has && regex_hit_limit(re);
    return has;
}

static void log_pattern_hit(struct log_pattern *p, int64_t at_us)
{
    if (p->hits.n > 0) {
        struct log_hit *last = vec_last(&p->hits);

        if (last->at_us == at_us || p->hits.n == LOG_HITS) {
            last->at_us = at_us > last->at_us ? at_us : last->at_us;
            last->n++;
            return;
        }
    }
    *vec_add(&p->hits) = (struct log_hit){at_us, 1};
}

/* Only what matches is asked for its time. */
static void log_pattern_judge(const struct log_count *c, struct log_pattern *p, struct sv record)
{
    int64_t at_us;

    if (!log_pattern_has(p, p->pattern, record) ||
        (p->except && log_pattern_has(p, p->except, record)))
        return;
    p->n++;
    if (log_time(c->time, record, c->zone, &at_us))
        log_pattern_hit(p, at_us);
}

/* Without an end: the LF, and a CR before it. */
static struct sv log_line_text(struct sv line)
{
    struct sv rest = line, text = {"", 0};

    (void)sv_next_line(&rest, &text); /* an empty line is none */
    return text;
}

static void log_pattern_lines(const struct log_count *c, struct log_pattern *p, struct sv lines)
{
    struct sv line;

    while (sv_next_line(&lines, &line))
        log_pattern_judge(c, p, line);
}

/* What matches in the block is a candidate: its line is judged alone. */
static void log_pattern_block(const struct log_count *c, struct log_pattern *p, struct sv lines)
{
    struct regex_match m;
    size_t at = 0;

    while (at < lines.n && regex_find(p->block, lines, at, &m, 1)) {
        size_t from = m.from, end = sv_find_byte(lines, '\n', m.from);

        while (from > at && lines.p[from - 1] != '\n')
            from--;
        end = end == SV_NPOS ? lines.n : end + 1;
        log_pattern_judge(c, p, log_line_text(sv_sub(lines, from, end)));
        at = end;
    }
    if (at < lines.n && regex_hit_limit(p->block))
        log_pattern_lines(c, p, sv_sub(lines, at, lines.n)); /* a line alone may be within it */
}

void log_count_whole(struct log_count *c, struct sv record, int64_t at_us)
{
    c->records++;
    c->bytes += record.n;
    if (c->shapes)
        log_shapes_take(c->shapes, record);
    for (size_t i = 0; i < c->patterns.n; i++) {
        struct log_pattern *p = &c->patterns.v[i];

        if (!log_pattern_has(p, p->pattern, record) ||
            (p->except && log_pattern_has(p, p->except, record)))
            continue;
        p->n++;
        log_pattern_hit(p, at_us);
    }
}

static void log_count_close(struct log_count *c)
{
    if (!c->is_open)
        return;
    c->is_open = false;
    c->records++;
    for (size_t i = 0; i < c->patterns.n; i++)
        log_pattern_judge(c, &c->patterns.v[i], strbuf_sv(&c->open));
    if (c->shapes)
        log_shapes_take(c->shapes, strbuf_sv(&c->open));
    strbuf_truncate(&c->open, 0);
}

static void log_count_records(struct log_count *c, struct sv lines)
{
    struct sv line;

    c->open.max = LIMIT_LINE_BYTES; /* the rest of a longer one is left out */
    while (sv_next_line(&lines, &line)) {
        if (regex_has(c->record, line))
            log_count_close(c);
        if (c->is_open)
            strbuf_add_byte(&c->open, '\n');
        strbuf_add_sv(&c->open, line);
        c->is_open = c->grew = true;
    }
}

#define BYTES_01 0x0101010101010101u
#define BYTES_7F 0x7f7f7f7f7f7f7f7fu

/*
 * Ends of lines, eight bytes at once: one by one they took a third of the time of a search for five patterns.  A byte of
 * `ends` counts at most 255 of them (Mycroft's test for a zero byte, in the exact form).
 */
static uint64_t log_count_ends(struct sv s)
{
    uint64_t n = 0;
    size_t i = 0;

    while (i + 8 <= s.n) {
        uint64_t ends = 0;

        for (unsigned k = 0; k < 255 && i + 8 <= s.n; k++, i += 8) {
            uint64_t x;

            memcpy(&x, s.p + i, sizeof(x));
            x ^= BYTES_01 * '\n'; /* 0 where one is */
            ends += (~(((x & BYTES_7F) + BYTES_7F) | x | BYTES_7F)) >> 7;
        }
        for (; ends; ends >>= 8)
            n += ends & 255;
    }
    for (; i < s.n; i++)
        n += s.p[i] == '\n';
    return n;
}

void log_count_lines(struct log_count *c, struct sv lines)
{
    bool plain = sv_find_byte(lines, '\r', 0) == SV_NPOS; /* "$" stands before a CR, too */

    c->bytes += lines.n;
    if (c->record) {
        log_count_records(c, lines);
        return;
    }
    c->records += log_count_ends(lines);
    if (c->shapes)
        log_shapes_take_lines(c->shapes, lines);
    for (size_t i = 0; i < c->patterns.n; i++) {
        struct log_pattern *p = &c->patterns.v[i];

        if (p->block && plain)
            log_pattern_block(c, p, lines);
        else
            log_pattern_lines(c, p, lines);
    }
}

void log_count_settle(struct log_count *c)
{
    if (!c->grew)
        log_count_close(c);
    c->grew = false;
}

static void log_report_name(const struct log_pattern *p, struct sample_list *l)
{
    vec_last(&l->v)->name = arena_sv(&l->arena, (struct sv){p->name, p->name_bytes});
}

static void log_report_hits(struct log_pattern *p, struct sample_list *l)
{
    static const struct sample_label own = {SV("time"), SV("own")};

    for (size_t i = 0; i < p->hits.n; i++) {
        struct sample *s;

        sample_add_number(l, "", (double)p->hits.v[i].n, NULL);
        log_report_name(p, l);
        s = vec_last(&l->v);
        s->labels = &own;
        s->n_labels = 1;
        if (p->hits.v[i].at_us < l->at_us)
            s->at_us = p->hits.v[i].at_us;
    }
    p->hits.n = 0;
}

void log_count_report(struct log_count *c, struct sample_list *l)
{
    sample_add_counter(l, "records", (double)c->records, NULL);
    sample_add_counter(l, "bytes", (double)c->bytes, "B");
    for (size_t i = 0; i < c->patterns.n; i++) {
        struct log_pattern *p = &c->patterns.v[i];

        if (p->broken)
            sample_add_error(l, "", SV("a search ran into its limit: how many match is not known"));
        else
            sample_add_counter(l, "", (double)p->n, NULL);
        log_report_name(p, l);
        log_report_hits(p, l);
    }
}
