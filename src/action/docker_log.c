#include "action/docker_log.h"

#include "base/sv.h"

#define FRAME_HEAD 8

static bool docker_log_is_frame(struct sv s)
{
    return s.n >= FRAME_HEAD && s.p[0] >= 0 && s.p[0] <= 2 && !s.p[1] && !s.p[2] && !s.p[3];
}

void docker_log_read(struct sv body, struct strbuf *out)
{
    while (docker_log_is_frame(body)) {
        const unsigned char *b = (const unsigned char *)body.p;
        size_t size = (size_t)b[4] << 24 | (size_t)b[5] << 16 | (size_t)b[6] << 8 | b[7];

        strbuf_add_sv(out, sv_sub(body, FRAME_HEAD, FRAME_HEAD + size));
        body = sv_sub(body, FRAME_HEAD + size, body.n);
    }
    strbuf_add_sv(out, body);
}
