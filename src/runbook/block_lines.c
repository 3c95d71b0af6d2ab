/*
 * block_lines: the lines of a block whose language nobody named.
 */
#include <string.h>

#include "base/regex.h"
#include "base/sv.h"
#include "runbook/reader_int.h"
#include "runbook/told_verb.h"

/* --- what goes on --- */

bool block_goes_on(const struct block_open *open)
{
    return open->quote || open->word.n;
}

/* The quote that is open behind the line. */
static char block_quote(struct sv line, char quote)
{
    for (size_t i = 0; i < line.n; i++) {
        char c = line.p[i];

        if (quote == '\'' || c == '\'') {
            if (c == '\'' && quote != '"')
                quote = quote ? 0 : '\'';
        } else if (c == '\\') {
            i++;
        } else if (c == '"') {
            quote = quote ? 0 : '"';
        } else if (!quote && c == '#' && (i == 0 || ascii_is_space(line.p[i - 1]))) {
            break;
        }
    }
    return quote;
}

void block_behind(struct block_open *open, struct sv line)
{
    bool dash;

    if (open->word.n) {
        if (sv_eq(sv_trim(line), open->word))
            open->word = (struct sv){NULL, 0};
        return;
    }
    open->quote = block_quote(line, open->quote);
    if (!open->quote)
        open->word = block_heredoc(line, &dash);
}

/* --- commands by their look --- */

/* "foo stop app", "copy running-config x.cfg"; not "error: it failed", "a = b", "Then stop it." */
static bool block_is_typed_line(struct sv line)
{
    struct sv rest = line, word, next;

    if (strchr(".:,;!?", line.p[line.n - 1]) || !sv_next_word(&rest, &word))
        return false;
    for (size_t i = 0; i < word.n; i++)
        if (ascii_is_upper(word.p[i]) || !(ascii_is_word(word.p[i]) || strchr("./-~", word.p[i])))
            return false;
    if (!strchr("./~", *word.p) && !(*word.p >= 'a' && *word.p <= 'z'))
        return false;
    return !sv_next_word(&rest, &next) || (*next.p != '=' && *next.p != ':' && *next.p != '|');
}

bool block_looks_typed(struct sv text)
{
    struct block_open open = {0};
    bool goes_on = false;
    struct sv line;
    size_t n = 0, words = 0;

    while (sv_next_line(&text, &line)) {
        bool first = !goes_on && !block_goes_on(&open);
        struct sv rest;

        block_behind(&open, line);
        goes_on = sv_ends(line, SV("\\"));
        line = sv_trim(line);
        if (!first || !line.n || *line.p == '#' || (n > 0 && expect_is_label(line, &rest)))
            continue;
        if (!block_is_typed_line(line))
            return false;
        n++;
        words += sv_find_byte(line, ' ', 0) != SV_NPOS;
    }
    return words > 0 && !block_goes_on(&open);
}

/* --- expectations --- */

struct sv block_mark_expected(const struct rb_build *b, struct sv text)
{
    CLEANUP(strbuf_release) struct strbuf marked = STRBUF(0);
    struct block_open open = {0};
    struct sv rest = text, line, value;
    bool commands = false, found = false;

    while (sv_next_line(&rest, &line)) {
        bool first = !block_goes_on(&open);
        struct sv bare = sv_trim(line);
        bool is = first && commands && expect_is_label(bare, &value) && ascii_is_upper(*bare.p);

        if (!is)
            block_behind(&open, line);
        commands |= bare.n && *bare.p != '#';
        found |= is;
        strbuf_addf(&marked, "%s%.*s\n", is ? "# " : "", SV_FMT(is ? bare : line));
    }
    return found ? arena_sv(b->arena, strbuf_sv(&marked)) : text;
}

/* --- what is not run --- */

/* A checklist as plain text: each of its boxes is confirmed. */
static void block_boxes(struct rb_build *b, uint32_t index)
{
    struct sv rest = b->blocks.v[index].text, line, text;

    for (size_t at = b->blocks.v[index].line + 1; sv_next_line(&rest, &line) && !b->full_line; at++)
        if (block_box(line, &text))
            build_step(b, title_is_approval(b->title, text) ? STEP_APPROVAL : STEP_MANUAL, at, text)
                ->step.block = index;
}

/* Are the lines commands that nobody knows, right below a title or "Stop it:"?  Behind other commands they may be what those print. */
static bool block_is_asked(const struct rb_build *b, uint32_t index)
{
    const struct md_node *v = b->rb->md.v, *n = &v[b->blocks.v[index].node];
    const struct md_node *above = n->before == MD_NONE ? NULL : &v[n->before];

    if (!build_role_acts(build_role(b)) || build_role(b) == ROLE_MONITOR || b->quoted || b->aside ||
        regex_has(b->block_patterns[BLOCK_FOR_EXAMPLE], b->label) ||
        (above && above->kind == MD_CODE) ||
        (above && above->kind == MD_PARAGRAPH && b->label.n && !sv_ends(b->label, SV(":")) &&
         !sv_ends(b->label, SV("：")) && told_verb(b->label) == TOLD_NOT && n->parent != MD_NONE &&
         v[n->parent].kind != MD_ITEM))
        return false;
    return block_looks_typed(b->blocks.v[index].text);
}

void block_show(struct rb_build *b, uint32_t index)
{
    const struct rb_block *block = &b->blocks.v[index];
    struct sv text = sv_trim(block->text);
    size_t before = b->steps.n;
    bool near = b->label_line > 0 && b->label_line + 2 >= block->line;
    bool typed = block->kind == BLOCK_TEXT && block_is_asked(b, index);

    if (b->blocks.v[index].kind == BLOCK_TEXT)
        block_boxes(b, index);
    if (b->steps.n == before && near &&
        (told_verb(b->label) != TOLD_NOT || told_how(told_last_sentence(b->label)) != TOLD_NOT))
        build_step(b, STEP_MANUAL, b->label_line,
                   block->kind == BLOCK_TEXT && text.n
                       ? arena_fmt(b->arena, "%.*s\n%.*s", SV_FMT(b->label), SV_FMT(text))
                       : b->label)
            ->step.block = index;
    else if (b->steps.n == before && typed)
        build_step(b, STEP_MANUAL, b->blocks.v[index].line + 1,
                   near && sv_ends(b->label, SV(":"))
                       ? arena_fmt(b->arena, "%.*s\n%.*s", SV_FMT(b->label), SV_FMT(text))
                       : text)
            ->step.block = index;
}
