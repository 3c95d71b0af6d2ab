/*
 * Where a step runs: here, or on a host of the document, as the binding says.
 */
#include <string.h>

#include "base/sv.h"
#include "base/text.h"
#include "plan/make_int.h"

/* What is bound to a group; make_fleets() goes on from this.  A person looks at each host, too. */
bool make_is_fleet(const struct make *m, const struct rb_step *s)
{
    const struct binding_host *h = s->host.n ? binding_find_host(m->b, s->host) : NULL;

    return h && h->group.n_members > 0;
}

/* A person reads; nothing runs anywhere. */
static bool make_has_place(const struct rb_step *s)
{
    return s->host.n && (s->kind == STEP_SHELL || s->kind == STEP_SQL);
}

const struct binding_host *make_host(const struct make *m, const struct rb_step *s, bool *bound)
{
    const struct binding_host *h = make_has_place(s) ? binding_find_host(m->b, s->host) : NULL;

    *bound = h || !make_has_place(s);
    return h && sv_eq(h->address, SV("local")) ? NULL : h;
}

bool make_is_remote(const struct make *m, const struct rb_step *s)
{
    bool bound;

    return make_host(m, s, &bound) || !bound;
}

/* "web1, or here": of commands behind those that are there, and of an ssh behind one that nothing has left. */
static void make_ask_typed(struct make *m, const struct rb_step *s)
{
    struct sv host = sv_sub(s->host, 0, s->host.n - SV(RB_OR_HERE).n);

    make_question(
        m, s->line, "host", true,
        arena_fmt(m->arena, "is '%.*s' run on %.*s, of which the text before it speaks, or here?",
                  SV_FMT(text_cut(s->text, 120)), SV_FMT(host)),
        arena_fmt(m->arena,
                  "hosts: {\"%.*s\": local}, or {address: ...} of %.*s; or 'host' of each step",
                  SV_FMT(s->host), SV_FMT(host)));
}

static void make_ask_host(struct make *m, const struct rb_step *s)
{
    struct sv text = arena_fmt(m->arena, "how is host '%.*s' reached?", SV_FMT(s->host));
    bool marked = false; /* "web1", "db-a": the name of one */
    CLEANUP(strbuf_release) struct strbuf key = STRBUF(0);
    const char *several;

    for (size_t i = 0; i < s->host.n; i++)
        marked |= ascii_is_digit(s->host.p[i]) || strchr("-.@", s->host.p[i]);
    several = !marked || sv_has(s->host, SV(" ")) || sv_ends(s->host, SV("s"))
                  ? "; of several {group: [NAME, NAME]}"
                  : "";

    binding_host_key(s->host, &key);
    if (!map_put(&m->hosts_asked, arena_sv(m->arena, strbuf_sv(&key)), 1))
        return; /* asked */
    if (sv_ends(s->host, SV(RB_OR_HERE))) {
        make_ask_typed(m, s);
        return;
    }
    make_question(m, s->line, "host", true, text,
                  arena_fmt(m->arena, "hosts: {\"%.*s\": ADDRESS}, as ssh takes it, or local%s",
                            SV_FMT(s->host), several));
}

void make_put_reach(const struct binding_host *h, struct sv name, json_t *out)
{
    json_t *ssh = json_array();

    for (size_t i = 0; i < h->n_ssh; i++)
        json_append(ssh, json_sv(h->ssh[i]));
    if (!sv_eq(h->address, SV("local")))
        json_put_sv(out, "address", h->address.n ? h->address : name);
    json_put(out, "ssh", ssh);
    if (h->login)
        json_put_bool(out, "login", true);
}

void make_where_host(struct make *m, const struct rb_step *s, struct sv session, json_t *out)
{
    bool bound;
    const struct binding_host *h = make_host(m, s, &bound);
    json_t *remote;

    if (make_is_fleet(m, s)) {
        json_put_sv(out, "host", s->host);
        json_put(out, "fleet", json_object());
        json_put_sv(out, "session",
                    arena_fmt(m->arena, "%.*s@%.*s", SV_FMT(session), SV_FMT(s->host)));
        return;
    }
    if (!h) {
        json_put_sv(out, "host", bound ? SV("local") : s->host);
        json_put_sv(out, "session", session);
        if (!bound)
            make_ask_host(m, s);
        return;
    }
    remote = json_object();
    make_put_reach(h, s->host, remote);
    json_put_sv(out, "host", s->host);
    json_put(out, "remote", remote);
    json_put_sv(out, "session", arena_fmt(m->arena, "%.*s@%.*s", SV_FMT(session), SV_FMT(s->host)));
}

bool make_remote_shows(const struct rb_step *s, enum rb_expect_form form)
{
    switch (form) {
    case EXPECT_ACTIVE:
    case EXPECT_INACTIVE: /* the words of a manager that is asked */
        return s->command && s->command->form == COMMAND_SERVICE &&
               s->command->verb == SERVICE_STATUS;
    case EXPECT_STATUS: /* a lone curl is made to say it */
        return s->command && s->command->form == COMMAND_HTTP && sv_starts(s->text, SV("curl "));
    case EXPECT_FREE:
    case EXPECT_EXISTS:
    case EXPECT_ROWS:
    case EXPECT_ANY: /* one of its forms may be such a one */ return false;
    case EXPECT_EXIT:
    case EXPECT_FAIL:
    case EXPECT_CONTAINS:
    case EXPECT_NOT_CONTAINS:
    case EXPECT_MATCHES:
    case EXPECT_NOT_MATCHES:
    case EXPECT_NUMBER:
    case EXPECT_COUNT:
    case EXPECT_JSON:
    case EXPECT_EXPIRES:
    case EXPECT_SET:
    case EXPECT_INCREASES:
    case EXPECT_ROW:
    case EXPECT_EMPTY:
    case EXPECT_VERSION:
    case EXPECT_ASK:
    case EXPECT__N:
    default: return true;
    }
}
