/* Any text as a block of commands: what is found lies in it, in order, and every command is read. */
#include "fuzz.h"

#include <string.h>

#include "base/sv.h"
#include "runbook/command.h"
#include "runbook/effect.h"
#include "runbook/placeholder.h"

static void check_pieces(const struct shell_word *w)
{
    size_t n = 0;

    MUST(!w->literal || w->plain);
    for (size_t i = 0; i < w->n_pieces; i++) {
        MUST(w->pieces[i].text.n > 0);
        MUST(!w->literal || !w->pieces[i].variable);
        n += w->pieces[i].text.n;
    }
    MUST(!w->literal || n == w->value.n);
}

static void check_words(struct sv text, const struct shell_simple *s)
{
    for (size_t i = 0; i < s->n_words; i++) {
        MUST(fuzz_inside(text, s->words[i].raw));
        check_pieces(&s->words[i]);
    }
    for (size_t i = 0; i < s->n_assigns; i++)
        MUST(fuzz_inside(text, s->assigns[i].raw));
}

static bool is_native(enum command_form form)
{
    return form != COMMAND_SHELL && form != COMMAND_STATE && form != COMMAND_FOLLOW &&
           form != COMMAND_EXIT && form != COMMAND_SLEEP && form != COMMAND_POLL;
}

static void check_command(const struct shell_item *item, struct arena *arena)
{
    struct command c;
    const char *why;

    command_read(item, arena, &c);
    MUST((unsigned)c.form < COMMAND__N && (unsigned)c.effect < EFFECT__N);
    MUST(c.delay_ms >= 0 && c.sleep_ms >= 0 && c.every_ms >= 0 && c.http_timeout_ms >= 0);
    MUST(!is_native(c.form) || c.simple);
    /* of a command on another host the output may go into a file here */
    MUST(!is_native(c.form) || c.form == COMMAND_REMOTE ||
         (!item->substitution && item->n_redirects == 0));
    MUST(!is_native(c.form) || c.url || c.target);
    MUST(c.form != COMMAND_POLL || (c.every_ms > 0 && c.inner.p));
    for (size_t i = 0; i < c.n_artifacts; i++)
        MUST(c.artifacts[i]->raw.n > 0);
    (void)effect_repeats(item, c.effect, &why);
    MUST(why && why[0]);
}

static void check_items(struct sv text, const struct shell_script *s, struct arena *arena)
{
    size_t at = 0;

    for (size_t i = 0; i < s->n; i++) {
        const struct shell_item *item = &s->v[i];

        MUST((unsigned)item->kind < SHELL__N && fuzz_inside(text, item->text));
        MUST(item->from >= at && item->from <= item->to && item->to <= text.n);
        MUST(item->text.n == item->to - item->from && item->line <= item->end_line);
        MUST(i == 0 || item->line >= item[-1].line);
        at = item->to;
        for (size_t k = 0; k < item->n_simple; k++)
            check_words(text, &item->simple[k]);
        if (item->kind != SHELL_COMMENT)
            check_command(item, arena);
    }
    MUST(s->broken || !s->too_long);
}

static void check_placeholders(struct sv text, const struct placeholders *ph, struct sv masked)
{
    size_t at = 0;

    MUST(masked.n == text.n);
    for (size_t i = 0; i < ph->n; i++) {
        MUST(ph->v[i].from >= at && ph->v[i].to > ph->v[i].from && ph->v[i].to <= text.n);
        MUST(text.n == 0 || memcmp(masked.p + at, text.p + at, ph->v[i].from - at) == 0);
        at = ph->v[i].to;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct shell_parser *parser; /* what one block leaves must not change the next */
    CLEANUP(arena_release) struct arena arena = {0};
    struct sv text = {(const char *)data, size}, masked;
    struct placeholders ph;
    struct shell_script script, again;

    if (!parser)
        parser = shell_parser_new();
    if (size == 0 || memchr(data, '\0', size)) /* no document holds one */
        return 0;
    placeholder_find(text, false, NULL, &arena, &ph);
    masked = placeholder_mask(text, &ph, &arena);
    check_placeholders(text, &ph, masked);
    shell_split(parser, text, masked, &arena, &script);
    check_items(text, &script, &arena);
    shell_split(parser, text, masked, &arena, &again);
    MUST(again.n == script.n && again.broken == script.broken);
    return 0;
}
