#include "base/sv.h"
#include "lint/lint_util.h"

static bool rb260_wants_measure(struct sv text)
{
    static const struct sv words[] = {SV("rate"),    SV("response time"), SV("latency"),
                                      SV("increas"), SV("p95"),           SV("p99"),
                                      SV("percent"), SV("decreas")};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (sv_has_nocase(text, words[i]))
            return true;
    return false;
}

static void rb260_check(struct lint *l, const struct lint_rule *rule)
{
    LINT_EACH_CMD (l, c) {
        const struct lint_cmd *to = lint_pipe_to(l, c);
        const struct lint_cmd *last = to ? to : c;

        if ((c->acts & ACT_REQUEST) && to && sv_ends(to->program, SV("grep")) &&
            !lint_pipe_to(l, to) && sv_has(c->item->text, SV("metrics")) &&
            (rb260_wants_measure(c->note) || rb260_wants_measure(last->after)))
            lint_add(
                l, rule, c->line, lint_first(c),
                "this prints counters, once; what is wanted has to be computed from two of them");
        if (lint_runs(c, "systemctl show") && lint_word_with(c, "--property=Environment"))
            lint_add(l, rule, c->line, lint_word_with(c, "--property=Environment")->raw,
                     "what a .env file or EnvironmentFile sets is not in it");
    }
}

const struct lint_rule lint_rb260 = {
    .id = "RB260",
    .severity = LINT_WARNING,
    .title = "an expectation that the command cannot show",
    .why = "A counter is no rate, a histogram's buckets are no percentile, one sample shows no "
           "growth, and a unit's Environment does not list its .env file.",
    .mend = "measure it: a PromQL query, two samples, a process's /proc/PID/environ; or put it "
            "under 'metrics' in prusik.yaml",
    .check = rb260_check,
};
