/* runbook/symptom: sections that are each what may be wrong are cases, not steps one after the other. */
#include "runbook_want.h"

#define OPS "# Operations\n## Triage\n" SH("./look")

T(sections_that_say_what_is_wrong_are_cases)
{
    want_steps(
        OPS "### Users see 502\n" SH("./a") "### Replication lag grows\n" SH(
            "./b") "### High memory\n" SH("./c"),
        "preflight ./look|preflight ./a ?in the case \"Users see 502\"|"
        "preflight ./b ?in the case \"Replication lag grows\"|preflight ./c ?in the case \"High memory\"");
    want_steps(
        "# R\n## Cluster goes HEALTH_ERR\n" SH("./a") "## Clients hang\n" SH("./b"),
        "deploy ./a ?in the case \"Cluster goes HEALTH_ERR\"|deploy ./b ?in the case \"Clients hang\"");
}

T(one_is_a_case_only_where_nothing_else_can_be_meant)
{
    want_steps("# R\n## Deploy\n" SH("./a") "## A host doesn't come back\n" SH("./b"),
               "deploy ./a|deploy ./b ?in the case \"A host doesn't come back\"");
    want_steps("# R\n## Deploy\n" SH("./a") "## High availability\n" SH("./b"),
               "deploy ./a|deploy ./b");
    want_steps("# R\n## Deploy\n" SH("./a") "## Steps that can't be undone\n" SH("./b"),
               "deploy ./a|deploy ./b");
}

T(what_tells_to_do_something_is_no_case)
{
    want_steps("# R\n## Fix errors\n" SH("./a") "## Drop lost rows\n" SH("./b"),
               "deploy ./a|deploy ./b");
    want_steps("# R\n## 1. Errors\n" SH("./a") "## 2. Slow nodes\n" SH("./b"),
               "deploy ./a|deploy ./b");
    want_steps("# R\n## Rollback\n### Slow nodes\n" SH("./a") "### Dead nodes\n" SH("./b"),
               "rollback ./a|rollback ./b");
    want_steps("# R\n## Slow nodes\n" SH("./a") "## Work\n### Dead nodes\n" SH("./b"),
               "deploy ./a|deploy ./b"); /* no brothers */
}

T_MAIN(T_CASE(sections_that_say_what_is_wrong_are_cases),
       T_CASE(one_is_a_case_only_where_nothing_else_can_be_meant),
       T_CASE(what_tells_to_do_something_is_no_case))
