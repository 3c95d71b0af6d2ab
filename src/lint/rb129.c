#include "base/sv.h"
#include "lint/lint_util.h"

static void rb129_check(struct lint *l, const struct lint_rule *rule)
{
    static const char *const dumps[] = {"pg_dump", "pg_dumpall", "mysqldump", "mongodump"};

    LINT_EACH_CMD (l, c)
        if (LINT_RUNS_ANY(c, dumps) && !c->whole->piped_out && lint_redirect(c, ">"))
            lint_add(l, rule, c->line, lint_redirect(c, ">")->target.raw,
                     "when %.*s fails, %.*s is there all the same", SV_FMT(c->program),
                     SV_FMT(lint_redirect(c, ">")->target.raw));
}

const struct lint_rule lint_rb129 = {
    .id = "RB129",
    .severity = LINT_INFO,
    .title = "a dump that the shell writes",
    .why = "The shell makes the file before the program starts: a failed dump leaves an empty "
           "file under a good name.",
    .mend = "let the program write it: pg_dump -f FILE, or write to FILE.tmp and rename it after "
            "success",
    .check = rb129_check,
};
