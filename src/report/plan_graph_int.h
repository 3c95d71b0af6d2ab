#pragma once

/*
 * plan_graph_int: the model that both renderings draw.
 */
#include "base/vec.h"
#include "report/plan_graph.h"

enum graph_kind {
    GRAPH_STEP,
    GRAPH_GATE,  /* a person does or says something: manual, approval */
    GRAPH_LEFT,  /* left out, with a reason */
    GRAPH_WATCH, /* the rules that are judged afterwards */
    GRAPH_KIND__N
};

struct graph_node {
    enum graph_kind kind;
    struct sv title, text; /* what stands in the node; in the graph's arena */
    size_t box;
    bool gap; /* it changes something, and nothing undoes it */
};

struct graph_box {
    struct sv title;
    bool way_back;
    size_t first, n; /* its nodes, one after the other */
};

enum graph_edge_kind { GRAPH_NEXT, GRAPH_UNDO, GRAPH_ROLLBACK, GRAPH_EDGE__N };

struct graph_edge {
    enum graph_edge_kind kind;
    size_t from, to; /* nodes */
};

struct graph {
    struct arena arena;
    VEC(struct graph_box) boxes; /* the way forward, then the way back */
    VEC(struct graph_node) nodes;
    VEC(struct graph_edge) edges;
};

/* The result keeps views into the plan. */
void graph_make(const struct plan *p, struct graph *ret);
void graph_release(struct graph *g);
