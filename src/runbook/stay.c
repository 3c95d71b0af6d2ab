/*
 * stay: how long it goes on where a text said: "On the standby:" above the first of several blocks is said of those behind it,
 * too, up to the end of the item or section, or until another host is named; and where an ssh is typed, behind that.
 */
#include "base/sv.h"
#include "runbook/reader_int.h"
#include "runbook/told_verb.h"
#include "runbook/where.h"

/* --- blocks behind the first --- */

/* "Then, from here:", "Build it locally:" */
static bool stay_says_here(struct sv label)
{
    static const struct sv words[] = {SV("locally"),
                                      SV("from here"),
                                      SV(" here:"),
                                      SV("in the checkout"),
                                      SV("in your checkout"),
                                      SV("in the repository"),
                                      SV("in your"),
                                      SV("on your"),
                                      SV("from your"),
                                      SV("from outside"),
                                      SV("lokal"),
                                      SV("localement"),
                                      SV("localmente"),
                                      SV("from the control node"),
                                      SV("in the browser")};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (sv_has_nocase(label, words[i]))
            return true;
    return false;
}

void stay_begin(struct rb_build *b, uint32_t node, struct sv host)
{
    b->stay = (struct stay){host, host, b->part, b->rb->md.v[node].parent};
}

/* Inside of an item, and of blocks with nothing between them, it goes on there; else nobody knows. */
static struct sv stay_goes_on(struct rb_build *b, uint32_t node)
{
    const struct md_node *v = b->rb->md.v, *n = &v[node];
    bool item = n->parent != MD_NONE && v[n->parent].kind == MD_ITEM;

    if (!item && !(n->kind == MD_CODE && n->before != MD_NONE && v[n->before].kind == MD_CODE))
        b->stay.last = arena_fmt(b->arena, "%.*s" RB_OR_HERE, SV_FMT(b->stay.host));
    return b->stay.last;
}

struct sv stay_host(struct rb_build *b, uint32_t node, struct sv label, struct sv commands)
{
    static const struct sv none = {NULL, 0};
    struct sv host = b->stay.host, other;

    if (!host.n || b->stay.part != b->part || b->stay.parent != b->rb->md.v[node].parent)
        return none;
    if (b->host.n || stay_says_here(label) || where_is_next(label) || where_of(label, &other)) {
        b->stay.host.n = 0; /* it goes on elsewhere */
        return none;
    }
    return where_reaches_out(commands, host) ? none : stay_goes_on(b, node);
}

bool stay_only(struct rb_build *b, uint32_t part, struct sv *host)
{
    struct rb_part *p = build_part(b, part);
    struct sv rest = told_bare(p->condition), word;

    if (!told_starts(rest, WORDS_HERE("only nur seulement uniquement solo sólo somente apenas")) ||
        !sv_next_word(&rest, &word) || where_read(rest, host) != WHERE_ONCE || !host->n ||
        (size_t)(host->p + host->n - rest.p) < sv_trim_right(rest).n) /* it says more */
        return false;
    p->condition = (struct sv){NULL, 0};
    return true;
}

/* --- an ssh behind another --- */

/* "deploy@web1" and "web1" */
static struct sv stay_machine(struct sv host)
{
    size_t at = sv_find_byte(host, '@', 0);

    return at == SV_NPOS ? host : sv_sub(host, at + 1, host.n);
}

/* One is there to go on from it. */
static bool stay_is_gate(struct sv host)
{
    static const struct sv words[] = {SV("bastion"), SV("jump"),    SV("gateway"), SV("deploy-"),
                                      SV("admin"),   SV("control"), SV("ansible"), SV("mgmt")};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (sv_has_nocase(stay_machine(host), words[i]))
            return true;
    return false;
}

void stay_logged_in(struct rb_build *b, uint32_t block)
{
    b->logged = b->host;
    b->logged_block = block;
}

struct sv stay_typed_on(const struct rb_build *b, uint32_t block, struct sv target)
{
    struct sv host = b->host;
    bool session = b->logged.n && b->logged.p == host.p;

    if (!host.n || sv_eq(stay_machine(host), stay_machine(target)))
        return (struct sv){NULL, 0}; /* nobody goes from there to there */
    if ((b->opened.n && b->opened.p == host.p) || (session && b->logged_block == block) ||
        stay_is_gate(host) || sv_eq(b->here.host, host)) /* "All commands are run on web1" */
        return host;
    return arena_fmt(b->arena, "%.*s" RB_OR_HERE, SV_FMT(host));
}
