/* "Wait until `x` is empty": what is looked at until it is so, and what a person says. */
#include "runbook_want.h"

#define DEPLOY "# R\n## Deploy\n"

/* "form:text" of what the one command must show, with "wait " before it when it is looked for again and again. */
static void want_wait(const char *text, const char *want)
{
    CLEANUP(strbuf_release) struct strbuf all = STRBUF(0), got = STRBUF(0);
    CLEANUP(reading_done) struct reading r;

    strbuf_addf(&all, DEPLOY "%s\n", text);
    read_text(&r, strbuf_str(&all));
    for (size_t i = 0; i < r.rb.n_steps; i++)
        for (size_t k = 0; k < r.rb.steps[i].n_expects; k++)
            strbuf_addf(&got, "%s%s%s:%.*s", got.n ? "|" : "", r.rb.steps[i].waits ? "wait " : "",
                        rb_expect_name(r.rb.steps[i].expects[k].form),
                        SV_FMT(r.rb.steps[i].expects[k].text));
    want_given(text, &got, want);
}

T(what_is_no_command_waits_for_nothing)
{
    want_wait("1. `frobnicate`\n2. `Menu > Stop`", "");
    want_wait("Wait until `kubectl get pods` is empty..", "wait empty:");
}

T(it_is_looked_until_it_is_so)
{
    want_wait(
        "Wait until `kafka-topics.sh --describe --under-replicated-partitions` is empty again before you go on.",
        "wait empty:");
    want_wait(
        "1. Then wait until `kubectl get pods --field-selector=status.phase=Pending` is empty.",
        "wait empty:");
    want_wait("1. Wait until `curl -s localhost/x` prints `green`", "wait contains:green");
}

T(what_a_machine_cannot_tell_a_person_says)
{
    want_wait("1. d) wait until the node has joined: `curl -s localhost:9200/_cat/nodes`",
              "ask:wait until the node has joined: curl -s localhost:9200/_cat/nodes");
}

T(what_waits_by_itself_or_does_not_wait_is_run_once)
{
    want_wait("1. Wait until it is up: `kubectl rollout status deploy/x`", "");
    want_wait("1. Stop it: `systemctl stop x`. Then wait for Ann.", "");
}

T(what_is_done_later_is_asked_about_in_other_languages)
{
    want_steps(DEPLOY "- nach 2 Wochen abschalten: `sudo systemctl stop x`\n",
               "deploy sudo systemctl stop x ?after 2 Wochen");
    want_steps(DEPLOY "1. Après une semaine, supprimer: `rm /x`\n",
               "deploy rm /x ?after une semaine");
    want_steps(DEPLOY "1. Después de 7 días: `rm /x`\n", "deploy rm /x ?after 7 días");
    want_steps(DEPLOY "1. Nach 5 Minuten: `rm /x`\n", "deploy rm /x");
    want_steps(DEPLOY "1. nach x: `rm /x`\n", "deploy rm /x");
    want_steps(DEPLOY "1. nach 2: `rm /x`\n", "deploy rm /x");
}

T_MAIN(T_CASE(what_is_done_later_is_asked_about_in_other_languages),
       T_CASE(what_is_no_command_waits_for_nothing), T_CASE(it_is_looked_until_it_is_so),
       T_CASE(what_a_machine_cannot_tell_a_person_says),
       T_CASE(what_waits_by_itself_or_does_not_wait_is_run_once))
