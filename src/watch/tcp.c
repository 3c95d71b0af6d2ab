#include <stdlib.h>

#include "base/mem.h"
#include "base/sv.h"
#include "net/port.h"
#include "watch/source.h"

struct tcp_source {
    struct source source; /* first */
    char *host;
    uint16_t port;
    struct port_probe probe;
    bool running;
};

static struct tcp_source *tcp_of(struct source *s)
{
    return container_of(s, struct tcp_source, source);
}

static enum err_code tcp_open(struct source *s, json_t *settings, struct err *err)
{
    struct tcp_source *t = tcp_of(s);
    int64_t port = json_get_int(settings, "port", 0);

    t->host = xstrdup(json_get_str(settings, "host", "127.0.0.1"));
    if (port < 1 || port > 65535)
        return err_set(err, ERR_INVALID, "'port' is not from 1 to 65535");
    t->port = (uint16_t)port;
    return ERR_OK;
}

static void tcp_close(struct source *s)
{
    free(tcp_of(s)->host);
}

static void tcp_on_done(struct port_probe *p, enum err_code rc)
{
    struct tcp_source *t = container_of(p, struct tcp_source, probe);
    struct source *s = &t->source;

    t->running = false;
    if (p->state == PORT_CANCELLED) { /* it was not looked at */
        s->err = p->err;
        source_report(s, err_wrap(&s->err, "source '%s'", s->name));
        return;
    }
    sample_add_bool(&s->samples, "up", rc == ERR_OK);
    if (rc == ERR_OK) {
        sample_add_number(&s->samples, "latency", (double)p->took_us / 1e6, "s");
    } else {
        sample_add_null(&s->samples, "latency", "s");
        sample_add_text(&s->samples, "why", sv_from(p->err.msg));
    }
    source_report(s, ERR_OK);
}

static void tcp_start(struct source *s)
{
    struct tcp_source *t = tcp_of(s);

    t->probe = (struct port_probe){
        .host = t->host, .port = t->port, .timeout_ms = s->timeout_ms, .done = tcp_on_done};
    t->running = true;
    port_start(&t->probe, s->env.loop);
}

static void tcp_cancel(struct source *s)
{
    if (tcp_of(s)->running)
        port_cancel(&tcp_of(s)->probe);
}

static const struct source_key tcp_keys[] = {
    {"host", SOURCE_TEXT, false, "name or address; 127.0.0.1 unless given"},
    {"port", SOURCE_NUMBER, true, "its number"},
};

static const struct source_member tcp_members[] = {
    {"up", NULL, "true: somebody listens there"},
    {"latency", "s", "until the connection was made; null: it was not"},
    {"why", NULL, "why it was not"},
};

const struct source_ops source_tcp = {
    .kind = "tcp",
    .help = "whether somebody listens on a port",
    .keys = tcp_keys,
    .n_keys = ARRAY_LEN(tcp_keys),
    .members = tcp_members,
    .n_members = ARRAY_LEN(tcp_members),
    .size = sizeof(struct tcp_source),
    .open = tcp_open,
    .close = tcp_close,
    .start = tcp_start,
    .cancel = tcp_cancel,
};
