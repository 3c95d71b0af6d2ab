#include "runbook/tag.h"

#include <string.h>

#include "base/words.h"

/* What stands between the braces of one tag that is all of the line; empty: it is none. */
static struct sv tag_inner(struct sv line)
{
    static const struct {
        struct sv open, close;
    } rows[] = {{SV("{{<"), SV(">}}")}, {SV("{{%"), SV("%}}")}, {SV("{%"), SV("%}")}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sv rest = line;

        if (!sv_eat(&rest, rows[i].open) || !sv_ends(rest, rows[i].close))
            continue;
        rest = sv_trim(sv_sub(rest, 0, rest.n - rows[i].close.n));
        if (sv_ends(rest, SV("/")))
            rest = sv_trim(sv_sub(rest, 0, rest.n - 1));
        return sv_find(rest, rows[i].close, 0) == SV_NPOS ? rest : (struct sv){NULL, 0};
    }
    return (struct sv){NULL, 0};
}

/* `name="Debian"`, `label='x'`, the first text in quotes, else the word; empty: there is none. */
static struct sv tag_name(struct sv rest)
{
    static const struct sv keys[] = {SV("label="),   SV("title="), SV("name="),      SV("header="),
                                     SV("tabName="), SV("value="), SV("data-scope=")};
    size_t at = SV_NPOS, quote;

    for (size_t i = 0; i < ARRAY_LEN(keys) && at == SV_NPOS; i++) {
        at = sv_find(rest, keys[i], 0);
        at = at == SV_NPOS ? at : at + keys[i].n;
    }
    rest = sv_trim(sv_sub(rest, at == SV_NPOS ? 0 : at, rest.n));
    for (quote = 0; quote < rest.n && !strchr("\"'", rest.p[quote]); quote++)
        if (at != SV_NPOS) /* without quotes */
            return sv_sub(rest, 0, sv_find_byte(rest, ' ', 0));
    at = sv_find_byte(rest, quote < rest.n ? rest.p[quote] : ' ', quote + 1);
    return quote < rest.n ? sv_trim(sv_sub(rest, quote + 1, at)) : (struct sv){NULL, 0};
}

/* "tab", "endtab", "/tabs", "note": the words of the tags of all of them. */
static enum tag_kind tag_of_word(struct sv word, struct sv rest, struct sv *name)
{
    static struct words boxes = WORDS(
        "note tip info hint important caution warning danger alert callout admonition attention notice");
    bool ends = sv_eat(&word, SV("/")) || sv_eat_nocase(&word, SV("end"));

    word = sv_trim(word);
    if (ends && !word.n)
        (void)sv_next_word(&rest, &word); /* "{{< / tab >}}" */
    if (words_have(WORDS_HERE("tab tabitem tab-item tabpane codetab"), word)) {
        *name = tag_name(rest);
        return ends ? TAG_END : name->n ? TAG_TAB : TAG_OTHER;
    }
    if (words_have(WORDS_HERE("tabs tabset tab-set codetabs"), word))
        return ends ? TAG_END : TAG_OTHER;
    if (!words_have(&boxes, word))
        return TAG_OTHER;
    *name = word;
    return ends ? TAG_LEAVE : TAG_NOTE;
}

/* "{{site.data.alerts.callout_danger}}" up to "{{site.data.alerts.end}}". */
static enum tag_kind tag_of_site(struct sv line, struct sv *name)
{
    struct sv rest = line, word;

    if (!sv_eat(&rest, SV("{{")) || !sv_ends(rest, SV("}}")))
        return TAG_NONE;
    rest = sv_trim(sv_sub(rest, 0, rest.n - 2));
    if (!sv_eat(&rest, SV("site.data.alerts.")))
        return sv_starts(rest, SV("site.")) ? TAG_OTHER : TAG_NONE;
    if (sv_eq(rest, SV("end")))
        return TAG_LEAVE;
    (void)(sv_eat(&rest, SV("callout_")) || sv_next_word(&rest, &word));
    *name = sv_eq(rest, SV("danger")) ? SV("warning") : SV("note");
    return TAG_NOTE;
}

/* `<TabItem value="x" label="Linux">`, `<div class="filter-content" data-scope="mac">`, and their ends. */
static enum tag_kind tag_of_html(struct sv line, struct sv *name)
{
    static const struct sv opens[] = {SV("<TabItem"), SV("<Tab "), SV("<TabPane "), SV("<tab ")};
    static const struct sv closes[] = {SV("</TabItem>"), SV("</Tab>"), SV("</Tabs>"),
                                       SV("</TabPane>"), SV("</tab>"), SV("</tabs>")};

    if (!sv_ends(line, SV(">")))
        return TAG_NONE;
    for (size_t i = 0; i < ARRAY_LEN(closes); i++)
        if (sv_eq(line, closes[i]))
            return TAG_END;
    for (size_t i = 0; i < ARRAY_LEN(opens); i++)
        if (sv_starts(line, opens[i])) {
            *name = tag_name(line);
            return name->n ? TAG_TAB : TAG_OTHER;
        }
    if (sv_eq(line, SV("<Tabs>")) || sv_starts(line, SV("<Tabs ")) || sv_eq(line, SV("<tabs>")))
        return TAG_OTHER;
    if (!sv_starts(line, SV("<div ")) || !sv_has(line, SV("data-scope=")))
        return TAG_NONE;
    *name = tag_name(line);
    return TAG_TAB;
}

enum tag_kind tag_read(struct sv line, struct sv *name)
{
    struct sv text = sv_trim(line), inner, word;

    *name = (struct sv){NULL, 0};
    if (text.n < 4 || !strchr("{:<", *text.p))
        return TAG_NONE;
    if (*text.p == '<')
        return tag_of_html(text, name);
    if (*text.p == ':') {
        if (sv_eq(text, SV("::EndTabs")))
            return TAG_END;
        if (sv_eq(text, SV("::Tabs")))
            return TAG_OTHER;
        if (!sv_eat(&text, SV(":::TabTitle ")))
            return TAG_NONE;
        *name = sv_trim(text);
        return name->n ? TAG_TAB : TAG_OTHER;
    }
    inner = tag_inner(text);
    if (!inner.n)
        return tag_of_site(text, name);
    return sv_next_word(&inner, &word) ? tag_of_word(word, inner, name) : TAG_OTHER;
}
