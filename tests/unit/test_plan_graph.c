/* plan_graph: a plan as DOT and SVG. */
#include "report/plan_graph.h"

#include "report/plan_graph_int.h"
#include "test_plan_util.h"

#define FENCE    "```"
#define SH(code) "\n" FENCE "bash\n" code "\n" FENCE "\n\n"

static const char document[] =
    "# Shop & \"Co\"\n\n## Checklist\n\n- [ ] **1. Notes read**\n- [ ] **2. Approval obtained**\n\n"
    "## Deployment\n\n### Phase 1: Code\n\n**Step 1.1: Get it**\n" SH("ls\ngit pull") "**Step 1.2: Odd**\n" SH("echo \"<&\\n>\" > shop.conf") "### Phase 2: More (if needed)\n\n**Step 2.1: Late**\n" SH(
        "rm -rf cache") "## "
                        "Roll"
                        "back"
                        "\n" SH(
                            "git reset --hard HEAD~1") "## Decision Matrix\n\n| Symptom | Action |\n|---|---|\n"
                                                       "| Error rate >5% for >5 min | ROLLBACK |\n";
static const char binding[] =
    "environment: staging\nscrape: http://127.0.0.1:1/metrics\n"
    "metrics: {error_rate: 'ratio(bad_total, all_total)'}\nwatch: {until: T+10m}\n"
    "choices: {phase-2: no}\nanswers: {'1': {answer: yes, by: ana, note: all of it}}\n";

struct drawn {
    struct world w;
    struct graph g;
    struct strbuf dot, svg;
};

static void draw(struct drawn *d, const char *md, const char *yaml)
{
    *d = (struct drawn){.dot = STRBUF(0), .svg = STRBUF(0)};
    world_make(&d->w, md, yaml);
    graph_make(&d->w.plan, &d->g);
    plan_graph_dot(&d->w.plan, &d->dot);
    plan_graph_svg(&d->w.plan, &d->svg);
}

static void draw_end(struct drawn *d)
{
    graph_release(&d->g);
    strbuf_release(&d->dot);
    strbuf_release(&d->svg);
    world_end(&d->w);
}

static void want_in(const struct strbuf *b, const char *text)
{
    if (!strstr(strbuf_str(b), text))
        T_FAIL("there is no '%s' in\n%s", text, strbuf_str(b));
}

static size_t count(const struct strbuf *b, const char *text)
{
    size_t n = 0;

    for (const char *at = strbuf_str(b); (at = strstr(at, text)) != NULL; at++)
        n++;
    return n;
}

static size_t count_edges(const struct graph *g, enum graph_edge_kind kind)
{
    size_t n = 0;

    for (size_t i = 0; i < g->edges.n; i++)
        n += g->edges.v[i].kind == kind;
    return n;
}

T(phases_are_boxes_with_their_titles)
{
    static const char *const titles[] = {"Checklist", "Deployment / Phase 1: Code",
                                         "Deployment / Phase 2: More", "Watch", "Rollback"};
    struct drawn d;

    draw(&d, document, binding);
    T_EQ(d.g.boxes.n, ARRAY_LEN(titles));
    for (size_t i = 0; i < d.g.boxes.n; i++) {
        want_text(d.g.boxes.v[i].title, titles[i]);
        T_EQ(d.g.boxes.v[i].way_back, i == 4);
    }
    draw_end(&d);
}

T(every_step_of_the_plan_is_a_node_in_its_order)
{
    struct drawn d;

    draw(&d, document, binding);
    T_EQ(d.g.nodes.n, d.w.plan.n_steps + 1 + d.w.plan.n_way_back);
    T_EQ(d.g.nodes.v[0].kind, GRAPH_GATE);
    want_text(d.g.nodes.v[0].text, "answered ahead by ana: all of it");
    T_EQ(d.g.nodes.v[1].kind, GRAPH_GATE);
    want_text(d.g.nodes.v[1].text, "an approver says yes");
    T_EQ(d.g.nodes.v[2].kind, GRAPH_STEP);
    want_text(d.g.nodes.v[2].title, "1.1 Get it");
    want_text(d.g.nodes.v[2].text, "ls");
    T_EQ(d.g.nodes.v[5].kind, GRAPH_LEFT);
    T_EQ(d.g.nodes.v[6].kind, GRAPH_WATCH);
    want_text(d.g.nodes.v[6].title, "1 rule until T+10m 00s");
    draw_end(&d);
}

T(edges_lead_forward_and_to_what_undoes)
{
    struct drawn d;
    const struct graph_edge *e = NULL;

    draw(&d, document, binding);
    T_EQ(count_edges(&d.g, GRAPH_NEXT), 6);
    T_EQ(count_edges(&d.g, GRAPH_UNDO), 1);
    T_EQ(count_edges(&d.g, GRAPH_ROLLBACK), 1);
    for (size_t i = 0; i < d.g.edges.n; i++)
        if (d.g.edges.v[i].kind == GRAPH_UNDO)
            e = &d.g.edges.v[i];
    T_CHECK(e != NULL);
    want_text(d.g.nodes.v[e->from].text, "git pull");
    want_text(d.g.nodes.v[e->to].text, "git reset --hard HEAD~1");
    draw_end(&d);
}

T(a_gap_in_the_way_back_is_seen)
{
    struct drawn d;

    draw(&d, document, binding);
    T_EQ(d.g.nodes.v[4].gap, true);
    T_EQ(d.g.nodes.v[5].gap, false); /* it is left out */
    want_in(&d.dot, "shop.conf\\nNO WAY BACK\", color=\"#b42318\"];");
    T_EQ(count(&d.svg, ">NO WAY BACK</text>"), 1);
    draw_end(&d);
}

T(text_of_the_document_is_escaped)
{
    struct drawn d;

    draw(&d, document, binding);
    want_in(&d.dot, "label=\"Shop & \\\"Co\\\"\"");
    want_in(&d.dot, "echo \\\"<&\\\\n>\\\" > shop.conf");
    want_in(&d.svg, "<title>Shop &amp; &quot;Co&quot;</title>");
    want_in(&d.svg, "echo &quot;&lt;&amp;\\n&gt;&quot; &gt; shop.conf</text>");
    draw_end(&d);
}

T(both_renderings_hold_every_node_and_edge)
{
    struct drawn d;

    draw(&d, document, binding);
    T_EQ(count(&d.dot, "[label="), d.g.nodes.n);
    T_EQ(count(&d.dot, " -> "), d.g.edges.n);
    T_EQ(count(&d.dot, "subgraph cluster_"), d.g.boxes.n);
    T_EQ(count(&d.dot, "{"), count(&d.dot, "}"));
    T_EQ(count(&d.svg, "<polygon"), d.g.nodes.n);
    T_EQ(count(&d.svg, "<path d=") - 2, d.g.edges.n); /* two heads of arrows */
    T_EQ(count(&d.svg, "<text"), count(&d.svg, "</text>"));
    draw_end(&d);
}

T(what_is_too_long_is_cut)
{
    struct drawn d;

    draw(&d,
         "# S\n\n## Steps\n" SH(
             "echo 1234567890123456789012345678901234567890123456789012345678901234567890"),
         "environment: x\n");
    want_in(&d.svg, "56\xe2\x80\xa6</text>");
    T_EQ(count(&d.svg, "class=\"box back\""), 0);
    draw_end(&d);
}

T(a_plan_without_a_step_is_an_empty_drawing)
{
    struct drawn d;

    draw(&d, "# Nothing\n", "environment: x\n");
    T_EQ(d.g.nodes.n, 0);
    want_in(&d.dot, "digraph plan {");
    want_in(&d.svg, "</svg>");
    draw_end(&d);
}

/* A plan that somebody else wrote: what undoes names nothing of the way back. */
T(an_undo_that_leads_nowhere_has_no_edge)
{
    static const char *const texts[] = {"rollback", "rollback (line 999)", "rollback (line x)",
                                        "other (line 27)"};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct world w;
        struct graph g;

        world_make(&w, document, binding);
        w.plan.steps[3].undo_text = sv_from(texts[i]);
        graph_make(&w.plan, &g);
        T_EQ(count_edges(&g, GRAPH_UNDO), 0);
        graph_release(&g);
        world_end(&w);
    }
}

T(another_host_is_named)
{
    struct world w;
    struct graph g;

    world_make(&w, document, binding);
    w.plan.steps[2].host = SV("web1");
    graph_make(&w.plan, &g);
    want_text(g.nodes.v[2].title, "1.1 Get it  on web1");
    graph_release(&g);
    world_end(&w);
}

T_MAIN(T_CASE(phases_are_boxes_with_their_titles),
       T_CASE(every_step_of_the_plan_is_a_node_in_its_order),
       T_CASE(edges_lead_forward_and_to_what_undoes), T_CASE(a_gap_in_the_way_back_is_seen),
       T_CASE(text_of_the_document_is_escaped), T_CASE(both_renderings_hold_every_node_and_edge),
       T_CASE(what_is_too_long_is_cut), T_CASE(a_plan_without_a_step_is_an_empty_drawing),
       T_CASE(an_undo_that_leads_nowhere_has_no_edge), T_CASE(another_host_is_named))
