/* Any text as SQL: its items lie in it, in order; every statement has a length and an effect. */
#include "fuzz.h"

#include "base/sv.h"
#include "runbook/effect.h"
#include "runbook/sql.h"
#include "runbook/sql_split.h"

static void check_items(struct sv text)
{
    CLEANUP(arena_release) struct arena arena = {0};
    struct shell_script script;
    size_t line = 0;

    sql_split(text, 0, text.n, &arena, &script);
    for (size_t i = 0; i < script.n; i++) {
        const struct shell_item *item = &script.v[i];

        MUST(item->kind < SHELL__N);
        MUST(fuzz_inside(text, item->text) && item->text.n > 0);
        MUST(item->end_line >= item->line);
        MUST(item->kind == SHELL_COMMENT || item->line >= line);
        line = item->kind == SHELL_COMMENT ? line : item->line;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sv text = {(const char *)data, size};
    size_t from = 0, to;
    bool unclosed, keeps;

    check_items(text);
    MUST(sql_statement_length(text, &unclosed) <= size);
    MUST(sql_effect(text, &keeps) < EFFECT__N);
    MUST(effect_of_sql(text) < EFFECT__N);
    to = sql_find_session(text, &from);
    MUST(to == 0 || (from < to && to <= size));
    return 0;
}
