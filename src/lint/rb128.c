#include "base/sv.h"
#include "lint/lint.h"

/* Programs whose failure matters and which stand before a pipe often. */
static bool rb128_matters(struct sv program)
{
    static const struct sv names[] = {
        SV("pg_dump"), SV("pg_dumpall"), SV("mysqldump"), SV("mongodump"), SV("tar"),
        SV("gunzip"),  SV("pytest"),     SV("curl"),      SV("make"),      SV("pg_restore")};

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (sv_eq(program, names[i]))
            return true;
    return false;
}

static bool rb128_swallows(struct sv program)
{
    static const struct sv names[] = {SV("gzip"), SV("zstd"), SV("tee"),  SV("head"),
                                      SV("tail"), SV("xz"),   SV("psql"), SV("bzip2")};

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (sv_eq(program, names[i]))
            return true;
    return false;
}

static void rb128_item(struct lint *l, const struct lint_rule *rule, const struct rb_block *b,
                       const struct shell_item *item)
{
    for (size_t k = 0; k + 1 < item->n_simple; k++) {
        struct sv first = shell_program(&item->simple[k]),
                  next = shell_program(&item->simple[k + 1]);

        if (item->simple[k].piped_out && rb128_matters(first) && rb128_swallows(next))
            lint_add(l, rule, b->line + 1 + item->line, item->text,
                     "when %.*s fails, the status that is seen is that of %.*s", SV_FMT(first),
                     SV_FMT(next));
    }
}

static void rb128_check(struct lint *l, const struct lint_rule *rule)
{
    for (size_t i = 0; i < l->rb->n_blocks; i++)
        for (size_t k = 0; k < l->rb->blocks[i].script.n; k++)
            rb128_item(l, rule, &l->rb->blocks[i], &l->rb->blocks[i].script.v[k]);
}

const struct lint_rule lint_rb128 = {
    .id = "RB128",
    .severity = LINT_WARNING,
    .title = "a pipeline that hides a failure",
    .why = "A shell without pipefail reports the last command only: an empty backup looks like a "
           "good one.",
    .mend = "write 'set -o pipefail' before it, or let the program write the file itself; prusik "
            "runs with pipefail",
    .check = rb128_check,
};
