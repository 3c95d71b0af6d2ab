/*
 * The graph as SVG 1.1: two columns, each from top to bottom; lengths are pixels.
 */
#include "base/sv.h"
#include "base/text.h"
#include "report/plan_graph_int.h"

#define SVG_MARGIN    ((size_t)24)
#define SVG_HEAD      ((size_t)56)  /* the title above the columns */
#define SVG_WIDTH     ((size_t)440) /* of a box */
#define SVG_BETWEEN   ((size_t)190) /* the columns: the edges of the way back run here */
#define SVG_PAD       ((size_t)14)  /* in a box, around its nodes */
#define SVG_BOX_TITLE ((size_t)24)
#define SVG_NODE      ((size_t)44) /* height of a node */
#define SVG_GAP       ((size_t)18) /* between nodes, and between boxes twice that */
#define SVG_TITLE_MAX ((size_t)58) /* columns of text that fit */
#define SVG_TEXT_MAX  ((size_t)52)

struct svg_place {
    size_t x, y;
};

struct svg {
    const struct graph *g;
    struct strbuf *out;
    struct svg_place *nodes, *boxes; /* parallel to those of the graph */
    size_t height;
};

static size_t svg_box_height(const struct graph_box *b)
{
    return SVG_BOX_TITLE + SVG_PAD + b->n * (SVG_NODE + SVG_GAP) - SVG_GAP + SVG_PAD;
}

static void svg_lay_out(struct svg *s, struct arena *arena)
{
    size_t y[2] = {SVG_HEAD, SVG_HEAD};

    s->nodes = ARENA_NEWN(arena, struct svg_place, s->g->nodes.n);
    s->boxes = ARENA_NEWN(arena, struct svg_place, s->g->boxes.n);
    for (size_t i = 0; i < s->g->boxes.n; i++) {
        const struct graph_box *b = &s->g->boxes.v[i];
        size_t x = SVG_MARGIN + (b->way_back ? SVG_WIDTH + SVG_BETWEEN : 0);
        size_t *top = &y[b->way_back];

        s->boxes[i] = (struct svg_place){x, *top};
        for (size_t k = 0; k < b->n; k++)
            s->nodes[b->first + k] = (struct svg_place){
                x + SVG_PAD, *top + SVG_BOX_TITLE + SVG_PAD + k * (SVG_NODE + SVG_GAP)};
        *top += svg_box_height(b) + 2 * SVG_GAP;
    }
    s->height = size_max(y[0], y[1]);
}

/* A line of text, cut to what fits. */
static void svg_text(struct svg *s, size_t x, size_t y, const char *css, struct sv text, size_t max)
{
    CLEANUP(strbuf_release) struct strbuf clean = STRBUF(0);
    struct sv line;

    text_add_line(&clean, text);
    line = strbuf_sv(&clean);
    strbuf_addf(s->out, "<text x=\"%zu\" y=\"%zu\" class=\"%s\">", x, y, css);
    if (text_width(line) > max) {
        text_add_html(s->out, text_cut(line, max - 1));
        strbuf_add_str(s->out, "\xe2\x80\xa6");
    } else {
        text_add_html(s->out, line);
    }
    strbuf_add_str(s->out, "</text>\n");
}

static void svg_box(struct svg *s, size_t i)
{
    const struct graph_box *b = &s->g->boxes.v[i];
    struct svg_place at = s->boxes[i];

    strbuf_addf(s->out,
                "<rect x=\"%zu\" y=\"%zu\" width=\"%zu\" height=\"%zu\" rx=\"8\" class=\"%s\"/>\n",
                at.x, at.y, SVG_WIDTH, svg_box_height(b), b->way_back ? "box back" : "box");
    svg_text(s, at.x + SVG_PAD, at.y + SVG_BOX_TITLE - 4, "head", b->title, SVG_TITLE_MAX);
}

/* A rectangle, or for a gate a shape with points at both sides. */
static void svg_shape(struct svg *s, struct svg_place at, const char *css, size_t point)
{
    size_t right = at.x + SVG_WIDTH - 2 * SVG_PAD, bottom = at.y + SVG_NODE;

    strbuf_addf(s->out,
                "<polygon points=\"%zu,%zu %zu,%zu %zu,%zu %zu,%zu %zu,%zu %zu,%zu\" "
                "class=\"%s\"/>\n",
                at.x + point, at.y, right - point, at.y, right, at.y + SVG_NODE / 2, right - point,
                bottom, at.x + point, bottom, at.x, at.y + SVG_NODE / 2, css);
}

static void svg_node(struct svg *s, size_t i)
{
    static const char *const css[GRAPH_KIND__N] = {[GRAPH_STEP] = "node",
                                                   [GRAPH_GATE] = "node gate",
                                                   [GRAPH_LEFT] = "node left",
                                                   [GRAPH_WATCH] = "node watch"};
    const struct graph_node *n = &s->g->nodes.v[i];
    struct svg_place at = s->nodes[i];

    svg_shape(s, at, n->gap ? "node gap" : css[n->kind], n->kind == GRAPH_GATE ? 14 : 0);
    svg_text(s, at.x + 20, at.y + 18, "title", n->title,
             n->gap ? SVG_TITLE_MAX - 14 : SVG_TITLE_MAX);
    svg_text(s, at.x + 20, at.y + 35, n->kind == GRAPH_GATE ? "ask" : "code", n->text,
             SVG_TEXT_MAX);
    if (n->gap)
        strbuf_addf(s->out, "<text x=\"%zu\" y=\"%zu\" class=\"warn\">NO WAY BACK</text>\n",
                    at.x + SVG_WIDTH - 2 * SVG_PAD - 100, at.y + 18);
}

/* From node to node in one column: straight down, also from box to box. */
static void svg_next(struct svg *s, const struct graph_edge *e)
{
    size_t x = s->nodes[e->from].x + SVG_WIDTH - 4 * SVG_PAD; /* beside the titles of boxes */

    strbuf_addf(s->out, "<path d=\"M%zu %zu V%zu\" class=\"edge\" marker-end=\"url(#arrow)\"/>\n",
                x, s->nodes[e->from].y + SVG_NODE, s->nodes[e->to].y - 2);
}

/* From one column to the other. */
static void svg_across(struct svg *s, const struct graph_edge *e)
{
    size_t from_x = s->nodes[e->from].x + SVG_WIDTH - 2 * SVG_PAD,
           from_y = s->nodes[e->from].y + SVG_NODE / 2, to_x = s->nodes[e->to].x - 2,
           to_y = s->nodes[e->to].y + SVG_NODE / 2;
    bool rollback = e->kind == GRAPH_ROLLBACK;

    strbuf_addf(s->out,
                "<path d=\"M%zu %zu C%zu %zu %zu %zu %zu %zu\" class=\"%s\" "
                "marker-end=\"url(#%s)\"/>\n",
                from_x, from_y, from_x + SVG_BETWEEN / 2, from_y, to_x - SVG_BETWEEN / 2, to_y,
                to_x, to_y, rollback ? "rollback" : "undo", rollback ? "red" : "arrow");
    if (rollback)
        strbuf_addf(s->out, "<text x=\"%zu\" y=\"%zu\" class=\"warn\">ROLLBACK</text>\n",
                    from_x + SVG_PAD + 8, from_y - 6);
}

static void svg_begin(struct svg *s, const struct plan *p)
{
    size_t width = 2 * SVG_MARGIN + SVG_WIDTH + (p->n_way_back ? SVG_BETWEEN + SVG_WIDTH : 0);

    strbuf_addf(
        s->out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%zu\" height=\"%zu\" "
        "viewBox=\"0 0 %zu %zu\" role=\"img\">\n"
        "<style>text{font:12px sans-serif;fill:#1f2937}.name{font-size:18px;font-weight:bold}"
        ".head{font-weight:bold}.code{font:12px monospace}.ask{font-style:italic}"
        ".warn{fill:#b42318;font-weight:bold}"
        ".box{fill:#f2f4f7;stroke:#d0d5dd}.back{fill:#fdecea;stroke:#f4c7c3}"
        ".node{fill:#fff;stroke:#667085}.gate{fill:#fff3cd;stroke:#b58900}"
        ".left{fill:#f9fafb;stroke:#98a2b3;stroke-dasharray:4 3}.watch{fill:#dbeafe;stroke:#2563eb}"
        ".gap{fill:#fff;stroke:#b42318;stroke-width:2}"
        "path{fill:none}.edge{stroke:#667085}.undo{stroke:#98a2b3;stroke-dasharray:5 4}"
        ".rollback{stroke:#b42318;stroke-width:2}</style>\n"
        "<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" "
        "markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" style=\"fill:#667085\"/></marker>"
        "<marker id=\"red\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" "
        "markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" style=\"fill:#b42318\"/></marker>"
        "</defs>\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n<title>",
        width, s->height, width, s->height);
    text_add_html(s->out, p->title);
    strbuf_add_str(s->out, "</title>\n");
    svg_text(s, SVG_MARGIN, 34, "name", p->title, 80);
}

void plan_graph_svg(const struct plan *p, struct strbuf *out)
{
    struct graph g;
    struct svg s = {.g = &g, .out = out};

    graph_make(p, &g);
    svg_lay_out(&s, &g.arena);
    svg_begin(&s, p);
    for (size_t i = 0; i < g.boxes.n; i++)
        svg_box(&s, i);
    for (size_t i = 0; i < g.edges.n; i++)
        (g.edges.v[i].kind == GRAPH_NEXT ? svg_next : svg_across)(&s, &g.edges.v[i]);
    for (size_t i = 0; i < g.nodes.n; i++)
        svg_node(&s, i);
    strbuf_add_str(out, "</svg>\n");
    graph_release(&g);
}
