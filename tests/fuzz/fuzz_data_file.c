/* Any bytes as a data file: what is accepted is complete, conditions in it are read or refused. */
#include "fuzz.h"

#include "base/sv.h"
#include "compare/condition.h"
#include "compare/data_file.h"

static const char *env_get(void *arg UNUSED, const char *name)
{
    return name[0] == 'A' ? "value" : NULL;
}
static const struct data_env env = {env_get, NULL};

static void check_condition(enum condition_kind kind, struct sv text, struct sv rows)
{
    CLEANUP(condition_freep) struct condition *c = NULL;
    CLEANUP(json_cleanup) json_t *row = json_pack("{s:i,s:s,s:n}", "a", 1, "b", "x", "c");
    struct err err = {0};
    const char *why;

    if (!text.p || condition_new(kind, text, rows, &c, &err) != ERR_OK) {
        MUST(!c && (!text.p || err.msg[0]));
        return;
    }
    if (kind == CONDITION_ROW) {
        enum condition_result once = condition_row(c, row, &why);

        MUST(condition_row(c, row, &why) == once);
    } else {
        condition_feed(c, row);
        (void)condition_total(c, &why);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct data_file f;
    struct err err = {0};
    enum err_code rc =
        data_file_parse((struct sv){(const char *)data, size}, "f", ".", &env, &f, &err);

    if (rc != ERR_OK) {
        MUST(err.code == rc && err.msg[0]);
        return 0;
    }
    for (size_t i = 0; i < f.n_snapshots; i++)
        MUST(f.snapshots[i].rows && f.snapshots[i].n_key > 0);
    for (size_t i = 0; i < f.n_audits; i++)
        for (size_t k = 0; k < f.audits[i].n_checks; k++) {
            const struct data_check *c = &f.audits[i].checks[k];

            MUST(c->rows && c->name.n && c->weight >= 0 && c->mostly > 0 && c->mostly <= 1);
            check_condition(CONDITION_ROW, c->where, SV(""));
            check_condition(c->kind == CHECK_TOTAL ? CONDITION_TOTAL : CONDITION_ROW, c->expr,
                            c->rows->name);
        }
    data_file_release(&f);
    return 0;
}
