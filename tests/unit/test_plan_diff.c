/* plan_diff: what changed between two plans of one document. */
#include "report/plan_diff.h"

#include "test_plan_util.h"

#define FENCE    "```"
#define SH(code) "\n" FENCE "bash\n" code "\n" FENCE "\n\n"

static const char before_md[] =
    "# Shop\n\n## Steps\n\n### 1. Look\n" SH("ls\nls -l") "### 2. Change\n" SH(
        "mv -v a b\n# Expected: \"done\"") "## Rollback\n" SH("mv b a") "## Decision Matrix\n\n"
                                                                        "| Symptom | Action |\n|---|---|\n"
                                                                        "| Error rate >5% for >5 min | ROLLBACK |\n\n"
                                                                        "## Monitoring Schedule\n\n| Time | Check |\n|---|---|\n"
                                                                        "| T+5 min | Error rate |\n";
static const char before_yaml[] =
    "environment: staging\noperator: ana\nscrape: http://127.0.0.1:1/metrics\n"
    "metrics: {error_rate: 'ratio(bad_total, all_total)'}\nenv: {A: '1', B: '2'}\n";

/* The text with the first `from` replaced; for free(). */
static char *with(const char *text, const char *from, const char *to)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    const char *at = strstr(text, from);

    T_CHECK(at != NULL);
    strbuf_add(&b, text, (size_t)(at - text));
    strbuf_add_str(&b, to);
    strbuf_add_str(&b, at + strlen(from));
    return strbuf_steal_str(&b);
}

static void diff_of(const char *md, const char *yaml, struct plan_diff *ret)
{
    struct world old, now;

    world_make(&old, before_md, before_yaml);
    world_make(&now, md, yaml);
    plan_diff_make(old.json, now.json, ret);
    world_end(&old);
    world_end(&now);
}

static void want_change(const struct plan_diff *d, size_t i, enum plan_change_kind kind,
                        const char *what, const char *name, const char *text)
{
    const struct plan_change *c = &d->changes.v[i];

    T_CHECK(i < d->changes.n);
    T_EQ(c->kind, kind);
    want_text(sv_from(c->what), what);
    want_text(c->name, name);
    want_text(c->text, text);
}

static void want_member(const struct plan_diff *d, size_t i, size_t k, const char *name,
                        const char *before, const char *after)
{
    const struct plan_change_member *m = &d->changes.v[i].members.v[k];

    T_CHECK(i < d->changes.n && k < d->changes.v[i].members.n);
    want_text(m->name, name);
    want_text(m->before, before);
    want_text(m->after, after);
}

T(a_plan_does_not_differ_from_itself)
{
    struct plan_diff d;

    diff_of(before_md, before_yaml, &d);
    T_EQ(d.changes.n, 0);
    T_EQ(d.moved, 0);
    plan_diff_release(&d);
}

T(who_operates_is_no_difference)
{
    CLEANUP(mem_freep) char *yaml = with(before_yaml, "ana", "bo");
    struct plan_diff d;

    diff_of(before_md, yaml, &d);
    T_EQ(d.changes.n, 0);
    plan_diff_release(&d);
}

/* Also what names a line: the rule's id, the checkpoint that lists it, the step that the section undoes. */
T(what_only_stands_on_another_line_has_moved)
{
    CLEANUP(mem_freep) char *md = with(before_md, "# Shop\n", "# Shop\n\nMore words.\n");
    struct plan_diff d;

    diff_of(md, before_yaml, &d);
    T_EQ(d.changes.n, 0);
    T_CHECK(d.moved > 5);
    plan_diff_release(&d);
}

T(a_step_that_is_put_between_two_others_is_one_step_more)
{
    CLEANUP(mem_freep) char *md = with(before_md, "ls\nls -l", "ls\npwd\nls -l");
    struct plan_diff d;

    diff_of(md, before_yaml, &d);
    want_change(&d, 0, CHANGE_ADDED, "step", "steps/1/2", "pwd");
    want_change(&d, 1, CHANGE_CHANGED, "step", "steps/1/3", "ls -l");
    want_member(&d, 1, 0, "id", "steps/1/2", "steps/1/3");
    T_EQ(d.changes.v[1].members.n, 1);
    T_EQ(d.changes.n, 2);
    plan_diff_release(&d);
}

T(a_step_that_is_gone_is_named_as_it_was)
{
    CLEANUP(mem_freep) char *md = with(before_md, "ls\nls -l", "ls");
    struct plan_diff d;

    diff_of(md, before_yaml, &d);
    want_change(&d, 0, CHANGE_REMOVED, "step", "steps/1/2", "ls -l");
    T_EQ(d.changes.n, 1);
    plan_diff_release(&d);
}

T(a_changed_command_is_shown_with_the_old_one)
{
    CLEANUP(mem_freep) char *md = with(before_md, "mv -v a b", "mv -v a c");
    struct plan_diff d;

    diff_of(md, before_yaml, &d);
    want_change(&d, 0, CHANGE_CHANGED, "step", "steps/2/1", "mv -v a c");
    want_member(&d, 0, 0, "command", "mv -v a b", "mv -v a c");
    T_EQ(d.changes.v[0].members.n, 1); /* the action says the same once more */
    plan_diff_release(&d);
}

T(a_changed_expectation_is_shown_as_words)
{
    CLEANUP(mem_freep) char *md = with(before_md, "\"done\"", "\"ready\"");
    struct plan_diff d;

    diff_of(md, before_yaml, &d);
    want_member(&d, 0, 0, "expectations", "\"done\" [contains]", "\"ready\" [contains]");
    plan_diff_release(&d);
}

T(equal_commands_are_paired_in_their_order)
{
    struct world old, now;
    struct plan_diff d;

    world_make(&old, "# S\n\n## Steps\n" SH("ls\nls\nls"), "environment: x\n");
    world_make(&now, "# S\n\n## Steps\n" SH("ls\nls"), "environment: x\n");
    plan_diff_make(old.json, now.json, &d);
    want_change(&d, 0, CHANGE_REMOVED, "step", "steps/3", "ls");
    T_EQ(d.changes.n, 1);
    plan_diff_release(&d);
    plan_diff_make(now.json, old.json, &d);
    want_change(&d, 0, CHANGE_ADDED, "step", "steps/3", "ls");
    T_EQ(d.changes.n, 1);
    plan_diff_release(&d);
    world_end(&old);
    world_end(&now);
}

T(the_way_back_is_compared_as_the_way_forward)
{
    CLEANUP(mem_freep) char *md = with(before_md, "mv b a", "mv -f b a");
    struct plan_diff d;

    diff_of(md, before_yaml, &d);
    want_change(&d, 0, CHANGE_CHANGED, "step of the way back", "rollback/1", "mv -f b a");
    plan_diff_release(&d);
}

T(another_limit_is_another_rule_and_the_checkpoint_says_so)
{
    CLEANUP(mem_freep) char *md = with(before_md, ">5% for >5 min", ">6% for >5 min");
    struct plan_diff d;

    diff_of(md, before_yaml, &d);
    want_change(&d, 0, CHANGE_ADDED, "rule", "deploy.md:29", "Error rate >6% for >5 min");
    want_change(&d, 1, CHANGE_REMOVED, "rule", "deploy.md:29", "Error rate >5% for >5 min");
    want_change(&d, 2, CHANGE_CHANGED, "checkpoint", "T+5m", "");
    want_member(&d, 2, 0, "items", "Error rate: Error rate >5% for >5 min",
                "Error rate: Error rate >6% for >5 min");
    T_EQ(d.changes.n, 3);
    plan_diff_release(&d);
}

T(a_rule_of_the_binding_has_a_name)
{
    CLEANUP(strbuf_release) struct strbuf yaml = STRBUF(0);
    struct plan_diff d;

    strbuf_addf(&yaml, "%srules: {more: 'rollback when error_rate[1m] > 9%%'}\n", before_yaml);
    diff_of(before_md, strbuf_str(&yaml), &d);
    want_change(&d, 0, CHANGE_ADDED, "rule", "more", "rollback when error_rate[1m] > 9%");
    want_member(&d, 1, 0, "items", "Error rate: Error rate >5% for >5 min",
                "Error rate: Error rate >5% for >5 min; more");
    T_EQ(d.changes.n, 2);
    plan_diff_release(&d);
}

T(what_the_binding_changes_is_shown_one_by_one)
{
    CLEANUP(mem_freep) char *one = with(before_yaml, "A: '1', B: '2'", "A: '3', C: '4'");
    CLEANUP(mem_freep) char *yaml = with(one, "staging", "production");
    struct plan_diff d;

    diff_of(before_md, yaml, &d);
    want_change(&d, 0, CHANGE_CHANGED, "variable of the environment", "A", "");
    want_member(&d, 0, 0, "value", "1", "3");
    want_change(&d, 1, CHANGE_ADDED, "variable of the environment", "C", "4");
    want_change(&d, 2, CHANGE_REMOVED, "variable of the environment", "B", "2");
    want_change(&d, 3, CHANGE_CHANGED, "setting", "environment", "");
    want_member(&d, 3, 0, "value", "staging", "production");
    T_EQ(d.changes.n, 4);
    plan_diff_release(&d);
}

T(numbers_and_lists_are_shown_as_json)
{
    CLEANUP(strbuf_release) struct strbuf yaml = STRBUF(0);
    struct plan_diff d;

    strbuf_addf(&yaml, "%stime_scale: 0.5\napprovers: [bo]\nvariables: {x: '1'}\n", before_yaml);
    diff_of(before_md, strbuf_str(&yaml), &d);
    want_change(&d, 0, CHANGE_ADDED, "variable", "x", "");
    want_change(&d, 1, CHANGE_CHANGED, "setting", "time_scale", "");
    want_member(&d, 1, 0, "value", "1.0", "0.5");
    want_change(&d, 2, CHANGE_CHANGED, "setting", "approvers", "");
    want_member(&d, 2, 0, "value", "[]", "[\"bo\"]");
    T_EQ(d.changes.n, 3);
    plan_diff_release(&d);
}

/* The member is there in one of them only; the words of an expectation are the same, what it means is not. */
T(what_is_read_from_the_same_words_is_compared_too)
{
    struct world w;
    json_t *copy, *step, *expectation;
    struct plan_diff d;

    world_make(&w, before_md, before_yaml);
    copy = json_deep_copy(w.json);
    step = json_array_get(json_object_get(copy, "steps"), 2);
    expectation = json_array_get(json_object_get(step, "expectations"), 0);
    json_put_str(expectation, "arg", "other");
    json_put_str(step, "new", "member");
    plan_diff_make(w.json, copy, &d);
    T_EQ(d.changes.n, 1);
    want_text(d.changes.v[0].members.v[0].name, "expectations");
    T_CHECK(sv_has(d.changes.v[0].members.v[0].after, SV("\"arg\":\"other\"")));
    want_member(&d, 0, 1, "new", "", "member");
    plan_diff_release(&d);
    plan_diff_make(copy, w.json, &d);
    want_member(&d, 0, 1, "new", "member", "");
    plan_diff_release(&d);
    json_decref(copy);
    world_end(&w);
}

T(a_file_that_is_no_plan_is_compared_without_harm)
{
    static const char *const texts[] = {
        "{}", "[]", "{\"steps\": 3, \"env\": []}", "{\"steps\": [1, {}], \"rules\": [{\"id\": 2}]}",
        "{\"checkpoints\": [{\"items\": [{\"rules\": [1, \"x\"]}]}]}"};
    struct world w;
    struct err err;

    world_make(&w, before_md, before_yaml);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct plan_diff d;
        json_t *j;

        T_OK(json_read(sv_from(texts[i]), &j, &err), err);
        plan_diff_make(j, w.json, &d);
        T_CHECK(d.changes.n > 5);
        plan_diff_release(&d);
        plan_diff_make(w.json, j, &d);
        T_CHECK(d.changes.n > 5);
        plan_diff_release(&d);
        json_decref(j);
    }
    world_end(&w);
}

T(the_json_says_the_same)
{
    CLEANUP(mem_freep) char *md = with(before_md, "mv -v a b", "mv -v a c");
    struct plan_diff d;
    json_t *j;

    diff_of(md, before_yaml, &d);
    j = plan_diff_json(&d);
    want_json(
        j, "{\"changes\":[{\"change\":\"changed\",\"members\":[{\"after\":\"mv -v a c\",\"before\":"
           "\"mv -v a b\",\"name\":\"command\"}],\"name\":\"steps/2/1\",\"text\":\"mv -v a c\","
           "\"what\":\"step\"}],\"format\":1,\"moved\":0,\"same\":false}");
    json_decref(j);
    plan_diff_release(&d);
}

T_MAIN(T_CASE(a_plan_does_not_differ_from_itself), T_CASE(who_operates_is_no_difference),
       T_CASE(what_only_stands_on_another_line_has_moved),
       T_CASE(a_step_that_is_put_between_two_others_is_one_step_more),
       T_CASE(a_step_that_is_gone_is_named_as_it_was),
       T_CASE(a_changed_command_is_shown_with_the_old_one),
       T_CASE(a_changed_expectation_is_shown_as_words),
       T_CASE(equal_commands_are_paired_in_their_order),
       T_CASE(the_way_back_is_compared_as_the_way_forward),
       T_CASE(another_limit_is_another_rule_and_the_checkpoint_says_so),
       T_CASE(a_rule_of_the_binding_has_a_name),
       T_CASE(what_the_binding_changes_is_shown_one_by_one),
       T_CASE(numbers_and_lists_are_shown_as_json),
       T_CASE(what_is_read_from_the_same_words_is_compared_too),
       T_CASE(a_file_that_is_no_plan_is_compared_without_harm), T_CASE(the_json_says_the_same))
