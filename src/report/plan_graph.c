#include "report/plan_graph.h"

#include "base/duration.h"
#include "base/map.h"
#include "base/sv.h"
#include "report/plan_graph_int.h"

static struct sv graph_first_line(struct sv s)
{
    return sv_sub(s, 0, sv_find_byte(s, '\n', 0));
}

/* The part that a step's part stands in; itself at the top. */
static struct sv graph_phase(struct sv part)
{
    for (size_t i = part.n; i-- > 0;)
        if (part.p[i] == '/')
            return sv_sub(part, 0, i);
    return part;
}

static void graph_add_title(const struct plan_part *part, struct strbuf *out)
{
    plan_add_number(part, out);
    strbuf_add_sv(out, part->title);
}

/* The titles that lead to a part, the top first. */
static struct sv graph_path(struct graph *g, const struct plan *p, struct sv id)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    for (size_t end = 0; end <= id.n; end++) {
        const struct plan_part *part;

        if (end < id.n && id.p[end] != '/')
            continue;
        part = plan_part(p, sv_sub(id, 0, end));
        if (!part)
            continue;
        if (b.n)
            strbuf_add_str(&b, " / ");
        graph_add_title(part, &b);
    }
    return arena_sv(&g->arena, strbuf_sv(&b));
}

static struct sv graph_title(struct graph *g, const struct plan *p, const struct plan_step *s)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    const struct plan_part *part = plan_part(p, s->part);

    if (part)
        graph_add_title(part, &b);
    if (!sv_eq(s->host, SV("local")))
        strbuf_addf(&b, "  on %.*s", SV_FMT(s->host));
    return arena_sv(&g->arena, strbuf_sv(&b));
}

static struct graph_node *graph_add_node(struct graph *g, enum graph_kind kind, struct sv title,
                                         struct sv text)
{
    struct graph_node *n = vec_add(&g->nodes);

    n->kind = kind;
    n->title = title;
    n->text = text;
    n->box = g->boxes.n - 1;
    vec_last(&g->boxes)->n++;
    return n;
}

static void graph_add_box(struct graph *g, struct sv title, bool way_back)
{
    struct graph_box *b = vec_add(&g->boxes);

    b->title = title;
    b->way_back = way_back;
    b->first = g->nodes.n;
}

static void graph_add_edge(struct graph *g, enum graph_edge_kind kind, size_t from, size_t to)
{
    *vec_add(&g->edges) = (struct graph_edge){kind, from, to};
}

static enum graph_kind graph_kind_of(const struct plan_step *s)
{
    if (s->skip.n)
        return GRAPH_LEFT;
    return sv_eq(s->kind, SV("manual")) || sv_eq(s->kind, SV("approval")) ? GRAPH_GATE : GRAPH_STEP;
}

/* A gate's words are its title already: say who opens it. */
static struct sv graph_text(struct graph *g, const struct plan_step *s)
{
    if (graph_kind_of(s) != GRAPH_GATE)
        return graph_first_line(s->command);
    if (s->answered)
        return arena_fmt(&g->arena, "answered ahead by %.*s: %.*s", SV_FMT(s->answer_by),
                         SV_FMT(s->answer_note));
    return sv_eq(s->kind, SV("approval")) ? SV("an approver says yes")
                                          : SV("a person says that it is done");
}

static void graph_add_steps(struct graph *g, const struct plan *p, const struct plan_step *v,
                            size_t n, bool way_back)
{
    struct sv phase = {NULL, 0};

    for (size_t i = 0; i < n; i++) {
        struct sv own = graph_phase(v[i].part);
        struct graph_node *node;

        if (i == 0 || !sv_eq(own, phase))
            graph_add_box(g, graph_path(g, p, own), way_back);
        phase = own;
        node =
            graph_add_node(g, graph_kind_of(&v[i]), graph_title(g, p, &v[i]), graph_text(g, &v[i]));
        node->gap = v[i].undo == UNDO_GAP && !v[i].skip.n;
        if (i > 0)
            graph_add_edge(g, GRAPH_NEXT, g->nodes.n - 2, g->nodes.n - 1);
    }
}

static void graph_add_watch(struct graph *g, const struct plan *p)
{
    size_t n = 0;

    for (size_t i = 0; i < p->n_rules; i++)
        n += !p->rules[i].dropped;
    if (n == 0)
        return;
    graph_add_box(g, SV("Watch"), false);
    (void)graph_add_node(g, GRAPH_WATCH,
                         arena_fmt(&g->arena, "%zu rule%s until T+%s", n, n == 1 ? "" : "s",
                                   duration_format(plan_scale(p, p->until_ms)).s),
                         SV("the worst verdict wins; ROLLBACK takes the way back"));
    if (g->nodes.n > 1)
        graph_add_edge(g, GRAPH_NEXT, g->nodes.n - 2, g->nodes.n - 1);
}

/* Steps of the way back as make_undo.c names what undoes another: "PART (line 228)"; the first of equals. */
static void graph_name_back(const struct plan *p, struct map *back)
{
    for (size_t i = p->n_way_back; i-- > 0;) {
        CLEANUP(strbuf_release) struct strbuf key = STRBUF(0);

        strbuf_addf(&key, "%.*s (line %zu)", SV_FMT(p->way_back[i].part), p->way_back[i].line);
        (void)map_put(back, strbuf_sv(&key), i);
    }
}

/* What undoes a step; a condition may follow its name.  False: nothing of the way back. */
static bool graph_undoing(const struct map *back, const struct plan_step *s, size_t *ret)
{
    size_t end = sv_find_byte(s->undo_text, ')', 0);

    return s->undo == UNDO_SECTION && !s->skip.n && end != SV_NPOS &&
           map_get(back, sv_sub(s->undo_text, 0, end + 1), ret);
}

void graph_make(const struct plan *p, struct graph *ret)
{
    CLEANUP(map_release) struct map back_at = {0};
    struct graph g = {.boxes = {.n = 0}};
    size_t back;

    graph_add_steps(&g, p, p->steps, p->n_steps, false);
    graph_add_watch(&g, p);
    back = g.nodes.n;
    graph_add_steps(&g, p, p->way_back, p->n_way_back, true);
    graph_name_back(p, &back_at);
    for (size_t i = 0, at; i < p->n_steps; i++)
        if (graph_undoing(&back_at, &p->steps[i], &at))
            graph_add_edge(&g, GRAPH_UNDO, i, back + at);
    if (back > p->n_steps && p->n_way_back)
        graph_add_edge(&g, GRAPH_ROLLBACK, back - 1, back);
    *ret = g;
}

void graph_release(struct graph *g)
{
    vec_release(&g->boxes);
    vec_release(&g->nodes);
    vec_release(&g->edges);
    arena_release(&g->arena);
}
