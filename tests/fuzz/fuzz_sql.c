/* Any text as a block of SQL: its items lie in it, in order, and leave out only blanks and empty statements. */
#include "fuzz.h"

#include "base/sv.h"
#include "runbook/effect.h"
#include "runbook/sql.h"

static bool is_left_out(char c)
{
    return ascii_is_space(c) || c == ';' || c == '-' || c == '/' || c == '*';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_release) struct arena arena = {0};
    struct sv text = {(const char *)data, size};
    struct sql_script script;
    size_t at = 0, line = 0;

    sql_read(text, &arena, &script);
    for (size_t i = 0; i < script.n; i++) {
        const struct sql_item *item = &script.v[i];
        size_t from;

        MUST(item->kind < SQL__N && item->effect < EFFECT__N);
        MUST(item->text.n == 0 || fuzz_inside(text, item->text));
        MUST(item->line >= line && item->end_line >= item->line);
        MUST(item->kind == SQL_COMMENT || item->text.n > 0);
        line = item->line;
        if (item->kind == SQL_COMMENT || item->text.n == 0)
            continue;
        from = (size_t)(item->text.p - text.p);
        MUST(from >= at);
        at = from + item->text.n;
    }
    for (;
         script.n && script.v[script.n - 1].kind == SQL_STATEMENT && !script.unclosed && at < size;
         at++)
        MUST(is_left_out(text.p[at]));
    MUST(effect_of_sql(text) < EFFECT__N);
    return 0;
}
