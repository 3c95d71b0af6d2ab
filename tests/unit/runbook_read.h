#pragma once

/* A runbook read from a text, for tests. */
#include "base/strbuf.h"
#include "base/sv.h"
#include "runbook/runbook.h"

#include "t.h"

struct reading {
    struct document doc;
    struct runbook rb;
};

static inline void reading_done(struct reading *r)
{
    runbook_release(&r->rb);
    document_release(&r->doc);
}

static inline struct reading *read_sv(struct reading *r, struct sv text)
{
    struct err err = {0};

    *r = (struct reading){0};
    T_OK(document_init("book.md", text, &r->doc, &err), err);
    T_OK(runbook_read(&r->doc, &r->rb, &err), err);
    return r;
}

static inline struct reading *read_text(struct reading *r, const char *text)
{
    return read_sv(r, sv_from(text));
}

/* T_SV() for a text that is no literal. */
#define SAME(got, want)                                                                \
    do {                                                                               \
        struct sv g_ = (got), w_ = sv_from(want);                                      \
        if (!sv_eq(g_, w_))                                                            \
            T_FAIL("%s is '%.*s' and should be '%.*s'", #got, SV_FMT(g_), SV_FMT(w_)); \
    } while (0)

/* `times` copies of a text, for inputs that are too large to be written down. */
static inline struct strbuf repeat(const char *text, size_t times)
{
    struct strbuf b = STRBUF(0);

    for (size_t i = 0; i < times; i++)
        strbuf_add_str(&b, text);
    return b;
}
