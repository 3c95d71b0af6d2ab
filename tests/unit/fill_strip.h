#pragma once

/*
 * fill_strip: a filled-in document without what was put in, by docs/formats/report.md ("Markdown") alone.
 */
#include "base/strbuf.h"
#include "base/sv.h"
#include "t.h"

struct strip {
    struct sv text;
    size_t at;
    struct strbuf *out;
    char mark[64]; /* "<!-- r-0001 " */
};

static inline bool strip_is(const struct strip *s, size_t at, const char *word)
{
    struct sv rest = sv_sub(s->text, at, s->text.n);

    return sv_eat(&rest, sv_from(s->mark)) && sv_starts(rest, sv_from(word));
}

static inline size_t strip_find(const struct strip *s, size_t from, const char *word)
{
    while ((from = sv_find(s->text, sv_from(s->mark), from)) != SV_NPOS) {
        if (strip_is(s, from, word))
            return sv_find(s->text, SV("-->"), from) + 3;
        from++;
    }
    T_FAIL("no '%s' follows", word);
}

static inline void strip_lines(struct strip *s)
{
    size_t end = strip_find(s, s->at, "end -->");
    struct strbuf *o = s->out;

    while (o->n && (o->p[o->n - 1] == ' ' || o->p[o->n - 1] == '\t' || o->p[o->n - 1] == '>'))
        strbuf_truncate(o, o->n - 1);
    if (end == s->text.n) { /* the document does not end its last line */
        bool lf = o->n && o->p[o->n - 1] == '\n';

        strbuf_truncate(o, o->n - (o->n ? 1 : 0));
        if (lf && o->n && o->p[o->n - 1] == '\r')
            strbuf_truncate(o, o->n - 1);
    } else {
        end += sv_starts(sv_sub(s->text, end, s->text.n), SV("\r\n")) ? 2 : 1;
    }
    s->at = end;
}

static inline void strip_mark(struct strip *s)
{
    size_t head = sv_find(s->text, SV("-->"), s->at) + 3;

    if (strip_is(s, s->at, "begin -->")) {
        strip_lines(s);
    } else if (strip_is(s, s->at, "note -->")) {
        strbuf_truncate(s->out, s->out->n - 1); /* the blank before it */
        s->at = strip_find(s, s->at, "done -->");
    } else if (strip_is(s, s->at, "ticked -->")) {
        T_CHECK(sv_ends(strbuf_sv(s->out), SV("[x] ")));
        s->out->p[s->out->n - 3] = ' ';
        strbuf_truncate(s->out, s->out->n - 1);
        s->at = head;
    } else if (strip_is(s, s->at, "was \"")) {
        size_t from = s->at + strlen(s->mark) + 5, to = sv_find(s->text, SV("\" -->"), from);

        strbuf_add_sv(s->out, sv_sub(s->text, from, to));
        s->at = strip_find(s, s->at, "done -->");
    } else {
        T_FAIL("an unknown mark: %.*s", 60, s->text.p + s->at);
    }
}

/* `tag`: the name of the marks; it stands in the first line of the summary. */
static inline void fill_strip(struct sv text, const char *tag, struct strbuf *out)
{
    struct strip s = {.text = text, .out = out};

    (void)snprintf(s.mark, sizeof(s.mark), "<!-- %s ", tag);
    while (s.at < text.n) {
        size_t next = size_min(sv_find(text, sv_from(s.mark), s.at), text.n);

        strbuf_add_sv(out, sv_sub(text, s.at, next));
        s.at = next;
        if (next < text.n)
            strip_mark(&s);
    }
}
