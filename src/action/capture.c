#include "action/capture.h"

#include "base/limits.h"

void capture_begin(struct capture *c, const struct secrets *secrets)
{
    *c = (struct capture){
        .head = STRBUF(LIMIT_OUTPUT_HEAD), .tail = STRBUF(0), .scratch = STRBUF(0)};
    redactor_init(&c->redact, secrets);
}

void capture_release(struct capture *c)
{
    redactor_release(&c->redact);
    strbuf_release(&c->head);
    strbuf_release(&c->tail);
    strbuf_release(&c->scratch);
}

void capture_clear(struct capture *c)
{
    const struct secrets *secrets = c->redact.secrets;

    capture_release(c);
    capture_begin(c, secrets);
}

static void capture_keep(struct capture *c, struct sv clean)
{
    size_t room = LIMIT_OUTPUT_HEAD - c->head.n;
    size_t n = size_min(room, clean.n);

    c->total += clean.n;
    strbuf_add(&c->head, clean.p, n);
    clean = (struct sv){clean.p + n, clean.n - n};
    if (clean.n > LIMIT_OUTPUT_TAIL) { /* only its end can stay */
        clean.p += clean.n - LIMIT_OUTPUT_TAIL;
        clean.n = LIMIT_OUTPUT_TAIL;
    }
    strbuf_add_sv(&c->tail, clean);
    /* Let it grow to twice the size before it is cut: each byte is moved about once. */
    if (c->tail.n > 2 * (size_t)LIMIT_OUTPUT_TAIL)
        strbuf_consume(&c->tail, c->tail.n - LIMIT_OUTPUT_TAIL);
}

static void capture_feed(struct capture *c, struct sv bytes, bool last, struct sv *shown)
{
    strbuf_truncate(&c->scratch, 0);
    redactor_feed(&c->redact, bytes, last, &c->scratch);
    capture_keep(c, strbuf_sv(&c->scratch));
    if (shown)
        *shown = strbuf_sv(&c->scratch);
}

void capture_add(struct capture *c, struct sv bytes, struct sv *shown)
{
    capture_feed(c, bytes, false, shown);
}

void capture_end(struct capture *c, struct sv *shown)
{
    capture_feed(c, (struct sv){"", 0}, true, shown);
}

/* Bytes that fell between head and tail. */
static uint64_t capture_missing(const struct capture *c)
{
    size_t tail = size_min(c->tail.n, LIMIT_OUTPUT_TAIL);

    return c->total - c->head.n - tail;
}

bool capture_is_cut(const struct capture *c)
{
    return capture_missing(c) > 0;
}

void capture_text(const struct capture *c, struct strbuf *out)
{
    size_t tail = size_min(c->tail.n, LIMIT_OUTPUT_TAIL);

    strbuf_add_sv(out, strbuf_sv(&c->head));
    if (capture_missing(c))
        strbuf_addf(out, "\n[... %llu bytes are not kept ...]\n",
                    (unsigned long long)capture_missing(c));
    if (tail)
        strbuf_add(out, c->tail.p + c->tail.n - tail, tail);
}
