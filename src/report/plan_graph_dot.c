/*
 * The graph in the language of Graphviz (https://graphviz.org/doc/info/lang.html).
 */
#include "base/sv.h"
#include "base/text.h"
#include "report/plan_graph_int.h"

/* Inside a quoted string: a quote ends it, a backslash begins an escape of labels. */
static void dot_add(struct strbuf *out, struct sv text)
{
    CLEANUP(strbuf_release) struct strbuf clean = STRBUF(0);

    text_add_line(&clean, text);
    for (size_t i = 0; i < clean.n; i++) {
        if (clean.p[i] == '"' || clean.p[i] == '\\')
            strbuf_add_byte(out, '\\');
        strbuf_add_byte(out, clean.p[i]);
    }
}

static void dot_node(const struct graph_node *n, size_t i, struct strbuf *out)
{
    static const char *const looks[GRAPH_KIND__N] = {
        [GRAPH_STEP] = "",
        [GRAPH_GATE] = ", shape=hexagon, fillcolor=\"#fff3cd\"",
        [GRAPH_LEFT] = ", style=\"rounded,dashed\", fontcolor=gray50",
        [GRAPH_WATCH] = ", shape=octagon, fillcolor=\"#dbeafe\"",
    };

    strbuf_addf(out, "    n%zu [label=\"", i);
    dot_add(out, n->title);
    strbuf_add_str(out, n->title.n && n->text.n ? "\\n" : "");
    dot_add(out, n->text);
    strbuf_addf(out, "%s\"%s%s];\n", n->gap ? "\\nNO WAY BACK" : "", looks[n->kind],
                n->gap ? ", color=\"#b42318\"" : "");
}

void plan_graph_dot(const struct plan *p, struct strbuf *out)
{
    static const char *const looks[GRAPH_EDGE__N] = {
        [GRAPH_NEXT] = "",
        [GRAPH_UNDO] = " [style=dashed, color=gray50, constraint=false]",
        [GRAPH_ROLLBACK] = " [color=\"#b42318\", label=\"ROLLBACK\", constraint=false]",
    };
    struct graph g;

    graph_make(p, &g);
    strbuf_add_str(out, "digraph plan {\n  label=\"");
    dot_add(out, p->title);
    strbuf_add_str(out, "\";\n  labelloc=t; rankdir=TB; fontname=\"sans-serif\";\n"
                        "  node [shape=box, style=\"rounded,filled\", fillcolor=white, "
                        "fontname=\"sans-serif\", fontsize=10];\n");
    for (size_t b = 0; b < g.boxes.n; b++) {
        const struct graph_box *box = &g.boxes.v[b];

        strbuf_addf(out, "  subgraph cluster_%zu {\n    label=\"", b);
        dot_add(out, box->title);
        strbuf_addf(out, "\"; style=filled; color=\"%s\";\n",
                    box->way_back ? "#fdecea" : "#f2f4f7");
        for (size_t i = box->first; i < box->first + box->n; i++)
            dot_node(&g.nodes.v[i], i, out);
        strbuf_add_str(out, "  }\n");
    }
    for (size_t i = 0; i < g.edges.n; i++)
        strbuf_addf(out, "  n%zu -> n%zu%s;\n", g.edges.v[i].from, g.edges.v[i].to,
                    looks[g.edges.v[i].kind]);
    strbuf_add_str(out, "}\n");
    graph_release(&g);
}
