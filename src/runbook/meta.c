/*
 * meta: what a document says about itself: `**Key:** value`, "Key: value", front matter, tables.
 */
#include <string.h>

#include "base/regex.h"
#include "base/sv.h"
#include "runbook/reader_int.h"

enum { META_KEY_MAX = 40, META_LINE_MAX = 400, META_KEYS_MAX = 8 }; /* of lines that people write */

static void meta_add(struct rb_build *b, size_t line, struct sv key, struct sv value)
{
    key = sv_trim(key);
    value = sv_trim(value);
    if (key.n && value.n)
        *vec_add(&b->metas) =
            (struct rb_meta){.line = line, .part = b->part, .key = key, .value = value};
}

/* Is what is read now about the document as a whole: nothing but its title stands before it? */
static bool meta_is_head(const struct rb_build *b)
{
    return b->part == RB_NONE || (b->parts.v[b->part].kind == PART_SECTION &&
                                  b->parts.v[b->part].level <= 1 && b->steps.n == 0);
}

/* --- bold keys --- */

/* "Time to execute: 5-10 minutes" in bold as a whole. */
static bool meta_is_figure(struct sv text, struct sv *key, struct sv *value)
{
    size_t at = sv_find_byte(text, ':', 0);
    struct sv rest = sv_trim(sv_sub(text, at == SV_NPOS ? text.n : at + 1, text.n));

    if (!rest.n || (!ascii_is_digit(*rest.p) && *rest.p != '~' && *rest.p != '<') ||
        at > META_KEY_MAX || sv_find_byte(sv_sub(text, 0, at), '(', 0) != SV_NPOS)
        return false;
    *key = sv_sub(text, 0, at);
    *value = rest;
    return true;
}

/* A bold key stands at the start of a line, or behind the value of one that does: "**A:** x **B:** y". */
static bool meta_begins(const struct md_node *n, const struct md_span *s)
{
    size_t line = s->from;

    while (line > 0 && n->text.p[line - 1] != '\n')
        if (s->from - --line > META_LINE_MAX)
            return false;
    if (line == s->from)
        return true;
    if (s->to == s->from || n->text.p[s->to - 1] != ':')
        return false;
    for (size_t i = (size_t)(s - n->spans); i-- > 0 && n->spans[i].from >= line;)
        if (n->spans[i].kind == MD_STRONG && n->spans[i].from == line && n->spans[i].to > line &&
            n->text.p[n->spans[i].to - 1] == ':')
            return true;
    return false;
}

/* Where the value behind span i ends: at the next bold key of the line, or with the text. */
static size_t meta_value_end(const struct md_node *n, size_t i)
{
    for (size_t k = i + 1; k < n->n_spans && k <= i + META_KEYS_MAX; k++)
        if (n->spans[k].kind == MD_STRONG && n->spans[k].from >= n->spans[i].to &&
            meta_begins(n, &n->spans[k]))
            return n->spans[k].from;
    return n->text.n;
}

/* "**Key:** value" and "**Key**: value", each on a line of the paragraph; false: there are none. */
static bool meta_bold(struct rb_build *b, const struct md_node *n)
{
    size_t line = n->line, at = 0, wraps = 0, before = b->metas.n;

    for (size_t i = 0; i < n->n_spans; i++) {
        const struct md_span *s = &n->spans[i];
        struct sv key, rest, value;

        if (s->kind != MD_STRONG || !meta_begins(n, s))
            continue;
        key = sv_trim(sv_sub(n->text, s->from, s->to));
        rest = sv_sub(n->text, s->to, meta_value_end(n, i));
        value = sv_trim(sv_sub(rest, 0, sv_find_byte(rest, '\n', 0)));
        if (sv_ends(key, SV(":")))
            key.n--;
        else if (!sv_eat(&value, SV(":")) && !sv_eat(&value, SV("：")) &&
                 (value.n || !meta_is_figure(key, &key, &value)))
            continue;
        if (s->from < at) /* bold text in bold text ends before the outer one does */
            line = n->line, at = wraps = 0;
        for (; at < s->from; at++)
            line += n->text.p[at] == '\n';
        line += md_wraps_to(n, &wraps, s->from);
        meta_add(b, line, key, value);
    }
    return b->metas.n > before;
}

/* --- plain keys --- */

/* Two or three words before the colon, of which the first begins with a capital. */
static bool meta_is_key(struct sv key)
{
    size_t blanks = 0;

    if (!key.n || key.n > META_KEY_MAX || (*key.p >= 'a' && *key.p <= 'z') ||
        ascii_is_digit(*key.p))
        return false;
    for (size_t i = 0; i < key.n; i++) {
        blanks += key.p[i] == ' ';
        if (strchr(".,;:()`|<>\"*[]", key.p[i]))
            return false;
    }
    return blanks <= 3;
}

/* Where the next "Key:" begins in the value, after a full stop or two blanks; the end when none does. */
static size_t meta_next_key(struct sv value)
{
    size_t colon = sv_find(value, SV(": "), 0), at;

    if (colon == SV_NPOS)
        return value.n;
    for (at = colon; at > 1; at--)
        if (value.p[at - 1] == ' ' &&
            (strchr(" .|;", value.p[at - 2]) || sv_ends(sv_sub(value, 0, at - 1), SV("·"))))
            break;
    return at > 1 && meta_is_key(sv_sub(value, at, colon)) ? at : value.n;
}

static void meta_plain_line(struct rb_build *b, struct sv line, size_t number, bool head)
{
    while (line.n) {
        size_t wide = sv_find(line, SV("："), 0), colon = sv_find(line, SV(": "), 0), next;
        struct sv key, rest, value;

        colon = size_min(colon, wide); /* SV_NPOS is the largest */
        key = sv_trim(sv_sub(line, 0, colon == SV_NPOS ? 0 : colon));

        if (!meta_is_key(key) || !(head || regex_has(b->block_patterns[BLOCK_META_KEY], key)) ||
            expect_is_label(line, &rest))
            return;
        rest = sv_sub(line, colon + (colon == wide ? strlen("：") : 2), line.n);
        next = meta_next_key(rest);
        value = sv_trim(sv_sub(rest, 0, next));
        while (next < rest.n && value.n && (strchr(".|; ", value.p[value.n - 1])))
            value.n--;
        if (next < rest.n && sv_ends(value, SV("·")))
            value = sv_trim(sv_sub(value, 0, value.n - strlen("·")));
        meta_add(b, number, key, value);
        line = sv_trim(sv_sub(rest, next, rest.n));
    }
}

void meta_read(struct rb_build *b, const struct md_node *n)
{
    const struct md_node *up = &b->rb->md.v[n->parent];
    struct sv rest = n->text, line;
    size_t number = n->line, wraps = 0;

    if (up->kind == MD_ITEM && (up->ordered || up->task))
        return; /* something to do */
    if (meta_bold(b, n))
        return;
    if (up->kind == MD_ITEM) {
        if (sv_find_byte(n->text, '\n', 0) == SV_NPOS)
            meta_plain_line(b, sv_trim(n->text), n->line, false);
        return;
    }
    if (n->before != MD_NONE && b->rb->md.v[n->before].kind == MD_HEADING &&
        sv_find_byte(n->text, '\n', 0) == SV_NPOS && title_is_use_case(b->title, n->text)) {
        meta_add(b, n->line, SV("Use case"), n->text);
        return;
    }
    while (sv_next_line(&rest, &line)) {
        meta_plain_line(b, sv_trim(line), number, meta_is_head(b));
        number += 1 + md_wraps_to(n, &wraps, (size_t)(line.p - n->text.p) + line.n);
    }
}

/* --- other places --- */

void meta_front(struct rb_build *b)
{
    for (size_t n = 2; n < b->rb->md.front_end; n++) {
        struct sv line = document_line(b->rb->doc, n);
        size_t colon = sv_find_byte(line, ':', 0);

        if (colon == SV_NPOS || ascii_is_space(*line.p) || *line.p == '#' || *line.p == '-' ||
            sv_starts(line, SV("prusik:")))
            continue;
        meta_add(b, n, sv_sub(line, 0, colon), sv_sub(line, colon + 1, line.n));
        if (sv_eq(sv_sub(line, 0, colon), SV("title")) && !b->rb->title.n)
            b->rb->title = sv_trim(sv_sub(line, colon + 1, line.n));
    }
}

/* The text of the next <tag ...>text</tag> of the line; empty: there is none. */
static struct sv meta_html_cell(struct sv *line, struct sv open, struct sv close)
{
    size_t at = sv_find_nocase(*line, open, 0), from, to;

    if (at == SV_NPOS)
        return (struct sv){NULL, 0};
    from = sv_find_byte(*line, '>', at);
    to = from == SV_NPOS ? SV_NPOS : sv_find_nocase(*line, close, from);
    if (to == SV_NPOS)
        return (struct sv){NULL, 0};
    open = sv_sub(*line, from + 1, to);
    *line = sv_sub(*line, to, line->n);
    return open;
}

void meta_html(struct rb_build *b, const struct md_node *n)
{
    struct sv rest = n->text, line;
    size_t number = n->line;

    for (; meta_is_head(b) && sv_next_line(&rest, &line); number++) {
        struct sv key = meta_html_cell(&line, SV("<th"), SV("</th>"));
        struct sv value = meta_html_cell(&line, SV("<td"), SV("</td>"));

        if (key.n && value.n)
            meta_add(b, number, key, value);
    }
}

/* "| Document | SOP-017 |": the head is a pair like the rows below it, for no column is called by a number. */
static bool meta_is_pair(struct sv key, struct sv value)
{
    bool digit = false;

    for (size_t i = 0; i < value.n; i++)
        digit |= ascii_is_digit(value.p[i]);
    return meta_is_key(key) && digit;
}

bool meta_table(struct rb_build *b, uint32_t node)
{
    const struct md_node *v = b->rb->md.v;
    uint32_t head = v[node].first, second = v[v[head].first].next;

    if (!meta_is_head(b) || second == MD_NONE || v[second].next != MD_NONE)
        return false;
    if (meta_is_pair(sv_trim(v[v[head].first].text), v[second].text))
        meta_add(b, v[head].line, v[v[head].first].text, v[second].text);
    else if (sv_trim(v[v[head].first].text).n &&
             !regex_has(b->block_patterns[BLOCK_META_COLUMN], sv_trim(v[v[head].first].text)))
        return false;
    for (uint32_t row = v[head].next; row != MD_NONE; row = v[row].next)
        if (v[row].first != MD_NONE && v[v[row].first].next != MD_NONE)
            meta_add(b, v[row].line, v[v[row].first].text, v[v[v[row].first].next].text);
    return true;
}
