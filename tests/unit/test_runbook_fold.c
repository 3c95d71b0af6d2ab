/* runbook/fold: what stands in a box, below a heading or in a bullet that says for which case it is. */
#include "runbook_want.h"

#define DETAILS(title, body) \
    "\n<details>\n<summary>" title "</summary>\n\n" body "\n\n</details>\n\n"

T(what_a_summary_says_it_is_for_is_done_in_that_case)
{
    want_steps("# R\n## Deploy\n" SH("./a") DETAILS("If the quorum is lost", SH("./b")) SH("./c"),
               "deploy ./a|deploy ./b ?If the quorum is lost|deploy ./c");
    want_steps("# R\n## Deploy\n" SH("./a") DETAILS("<b>Peers do not come back?</b>", SH("./b")),
               "deploy ./a|deploy ./b ?Peers do not come back");
    want_steps("# R\n## Deploy\n" SH("./a") DETAILS("Rollback", SH("./b")) SH("./c"),
               "deploy ./a|rollback ./b|deploy ./c");
    want_steps("# R\n## Deploy\n" SH("./a") DETAILS("Troubleshooting", SH("./b")) SH("./c"),
               "deploy ./a|deploy ./c");
    want_steps("# R\n## Deploy\n" SH("./a") DETAILS("The commands", SH("./b")),
               "deploy ./a|deploy ./b");
}

T(headings_and_boxes_inside_belong_to_the_case)
{
    want_steps("# R\n## Deploy\n" DETAILS(
                   "If it is lost",
                   "### First\n" SH("./a") "\n### Second\n" DETAILS("More", SH("./b"))) SH("./c"),
               "deploy ./a ?If it is lost|deploy ./b ?If it is lost|deploy ./c");
    want_steps("# R\n## Rollback\n" DETAILS("If it is lost", SH("./a")), "rollback ./a");
    want_steps("# R\n## Deploy\n<details>\n<summary>If\n\n" SH("./a"), "deploy ./a");
    want_steps("# R\n## Deploy\n<details>\n\n" SH("./a") "\n</details>\n", "deploy ./a");
}

T(a_callout_about_a_failure_is_for_that)
{
    want_steps(
        "# R\n## Deploy\n" SH("./a") "\n> [!failure]- Peers do not come back?\n>\n> ```bash\n"
                                     "> ./b\n> ```\n" SH("./c"),
        "deploy ./a|deploy ./b ?Peers do not come back|deploy ./c");
    want_steps("# R\n## Deploy\n> [!BUG]\n> ```bash\n> ./b\n> ```\n" SH("./c"),
               "deploy ./b ?if it fails|deploy ./c");
    want_steps("# R\n## Deploy\n> [!important]\n> ```bash\n> ./b\n> ```\n", "deploy ./b");
    want_steps("# R\n## Deploy\n> [!important] Do it now\n> ```bash\n> ./b\n> ```\n", "deploy ./b");
    want_steps("# R\n## Deploy\n> Do it now\n> ```bash\n> ./b\n> ```\n", "deploy ./b");
    want_steps("# R\n## Deploy\n> ```bash\n> ./b\n> ```\n", "deploy ./b");
}

T(a_heading_that_names_a_case_is_for_that)
{
    want_steps("# R\n## Deploy\n" SH("./a") "\n## If a node does not come up\n" SH("./b"),
               "deploy ./a|deploy ./b ?If a node does not come up");
    want_steps(
        "# R\n## Mitigation\n### It is /var/log\n" SH("./a") "\n### It’s the disk\n" SH("./b"),
        "deploy ./a ?if it is /var/log|deploy ./b ?if it’s the disk");
    want_steps("# R\n## Deploy\n### When you are done\n" SH("./a"), "deploy ./a");
    want_steps("# R\n## Deploy\n### 2. Wenn Apps fehlen\n" SH("./a"),
               "deploy ./a ?Wenn Apps fehlen");
    want_steps("# R\n## Rollback\n### If the schema changed\n" SH("./a"),
               "rollback ./a ?If the schema changed");
    want_steps("# R\n## If something goes wrong\n" SH("./a"), "rollback ./a");
    want_steps("# R\n## Deploy\n### Is it running?\n" SH("./a"), "deploy ./a");
}

T(a_bullet_that_asks_what_if_is_for_that)
{
    want_steps(
        "# R\n## Deploy\n- **What if the job fails?**\n\n  Read:\n\n  ```bash\n  ./a\n  ```\n\n"
        "  Then:\n\n  ```bash\n  ./b\n  ```\n- Go:\n\n  ```bash\n  ./c\n  ```\n",
        "deploy ./a ?if the job fails|deploy ./b ?if the job fails|deploy ./c");
    want_steps("# R\n## Rollback\n- What if it fails?\n\n  ```bash\n  ./a\n  ```\n",
               "rollback ./a");
}

T(a_step_that_begins_with_its_case_needs_no_colon)
{
    want_steps(
        "# R\n## Deploy\n1. If the cache is not empty, purge it\n\n   ```bash\n   ./a\n   ```\n\n"
        "   Again:\n\n   ```bash\n   ./b\n   ```\n",
        "deploy ./a ?If the cache is not empty|deploy ./b ?If the cache is not empty");
    want_steps("# R\n## 手順\n1. 改善しない場合のみ、増やす\n\n   ```bash\n   ./a\n   ```\n",
               "deploy ./a ?改善しない場合のみ");
    want_steps("# R\n## Deploy\n1. Purge the cache\n\n   ```bash\n   ./a\n   ```\n", "deploy ./a");
}

/* A case that the item has is not asked of its commands again. */
T(a_case_is_asked_about_once)
{
    CLEANUP(reading_done) struct reading r;

    read_text(
        &r,
        "# R\n## Deploy\n1. If the cache is not empty, purge it:\n\n   ```bash\n   ./a\n   ```\n");
    T_EQ(r.rb.n_steps, 1);
    T_EQ(r.rb.steps[0].condition.n, 0);
    T_SV(r.rb.parts[r.rb.steps[0].part].condition, "If the cache is not empty");
}

T(a_warning_of_an_aside_is_told)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r,
              "# R\n## Deploy\n<aside>\n⚠️ Never run <b>it</b>\nfrom a laptop.\n</aside>\n" SH(
                  "./a") "\n<aside>\nIt is big.\n</aside>\n");
    T_EQ(r.rb.n_remarks, 1);
    T_SV(r.rb.remarks[0].text, "⚠️ Never run it from a laptop.");
}

T(sections_of_the_first_level_say_what_they_are_for)
{
    want_steps("# DOC-1 Rollback of the batch\n\n# Steps\n" SH("./a") "\n# Backout\n" SH("./b"),
               "deploy ./a|rollback ./b");
    want_steps("# R\n# If it is lost\n" SH("./a"), "deploy ./a ?If it is lost");
}

/* The parts that are one of several ways: "Helm Operator". */
static void want_ways(const char *text, const char *want)
{
    CLEANUP(strbuf_release) struct strbuf got = STRBUF(0);
    CLEANUP(reading_done) struct reading r;

    read_text(&r, text);
    for (size_t i = 0; i < r.rb.n_parts; i++)
        if (r.rb.parts[i].one_of != RB_NONE)
            strbuf_addf(&got, "%s%.*s<%.*s", got.n ? " " : "", SV_FMT(r.rb.parts[i].title),
                        SV_FMT(r.rb.parts[r.rb.parts[i].one_of].title));
    want_given(text, &got, want);
}

#define TAB(title, code) "=== \"" title "\"\n\n    ```bash\n    " code "\n    ```\n\n"

T(tabs_are_ways_of_which_one_is_taken)
{
    const char *text = "# R\n## Deploy\n" TAB("Helm", "./a")
        TAB("Plain files", "./b") "Then:\n" SH("./c") "\n" TAB("Helm", "./d")
            TAB("Plain files", "./e");

    want_ways(text, "Helm<Helm Plain files<Helm Helm<Helm Plain files<Helm");
    want_steps(text, "deploy ./a|deploy ./b|deploy ./c|deploy ./d|deploy ./e");
    want_ways("# R\n## Deploy\n" TAB("Helm", "./a") SH("./b"), "");
    want_ways(
        "# R\n## Deploy\n1. Do it:\n\n    === \"A b\"\n\n        ```bash\n        ./a\n        ```\n\n"
        "    === \"C d\"\n\n        ```bash\n        ./b\n        ```\n\n2. Go on:\n\n    ```bash\n    ./c\n    ```\n",
        "A b<A b C d<A b");
    want_ways("# R\n## Deploy\n" TAB("Helm", "./a") "\n## Next\n" TAB("Other", "./b"), "");
}

T(an_answer_leads_to_what_is_done_then)
{
    want_steps(
        "# R\n## Decision\nIs it managed?\n- **Yes**: go to [A](#a-mine)\n- No: go to [B](#b-yours)\n"
        "## A: mine\n" SH("./a") "\n## B: yours\n" SH("./b"),
        "deploy ./a ?when the answer to \"Is it managed?\" is Yes|"
        "deploy ./b ?when the answer to \"Is it managed?\" is No");
    want_steps("# R\n## Deploy\nIt is managed.\n- Yes: go to [A](#a-mine)\n## A: mine\n" SH("./a"),
               "deploy ./a");
    want_steps("# R\n## Deploy\nIs it managed?\n- It goes to [A](#a-mine)\n## A: mine\n" SH("./a"),
               "deploy ./a");
}

T(what_nobody_wants_both_of_is_asked)
{
    want_steps("# R\n## Deploy\n" SH("./a") "\n## Start/stop the service\n" SH("./b"),
               "deploy ./a|deploy ./b ?when one of these is wanted");
    want_steps("# R\n## Deploy\n" SH("./a") "\n## Uninstall\n" SH("./b"),
               "deploy ./a|deploy ./b ?when it is to go");
    want_steps("# R\n## Deploy\n" SH("./a") "\n## In an emergency\n" SH("./b"),
               "deploy ./a|deploy ./b ?In an emergency");
    want_steps("# R\n## Deploy\n### Stop\n" SH("./a") "\n### Start\n" SH("./b"),
               "deploy ./a|deploy ./b");
}

T_MAIN(T_CASE(what_a_summary_says_it_is_for_is_done_in_that_case),
       T_CASE(headings_and_boxes_inside_belong_to_the_case),
       T_CASE(a_callout_about_a_failure_is_for_that),
       T_CASE(a_heading_that_names_a_case_is_for_that),
       T_CASE(a_bullet_that_asks_what_if_is_for_that),
       T_CASE(a_step_that_begins_with_its_case_needs_no_colon), T_CASE(a_case_is_asked_about_once),
       T_CASE(a_warning_of_an_aside_is_told),
       T_CASE(sections_of_the_first_level_say_what_they_are_for),
       T_CASE(tabs_are_ways_of_which_one_is_taken), T_CASE(an_answer_leads_to_what_is_done_then),
       T_CASE(what_nobody_wants_both_of_is_asked))
