#include "runbook/shell.h"

#include <stdlib.h>
#include <string.h>
#include <tree_sitter/api.h>

#include "base/sv.h"
#include "base/vec.h"
#include "runbook/shell_plain.h"

#define SHELL_DEPTH 96 /* of the syntax tree: what is deeper is not looked into */

const TSLanguage *tree_sitter_bash(void);

struct shell_parser {
    TSParser *ts;
};

struct shell_parser *shell_parser_new(void)
{
    struct shell_parser *p = XNEW(struct shell_parser);
    bool known;

    p->ts = ts_parser_new();
    known = ts_parser_set_language(p->ts, tree_sitter_bash());
    assert(known); /* the grammar's ABI is checked by the tests */
    return known ? p : NULL;
}

void shell_parser_free(struct shell_parser *p)
{
    if (!p)
        return;
    ts_parser_delete(p->ts);
    free(p);
}

/* --- words --- */

struct shell_build {
    struct sv text, masked;
    struct arena *arena;
    VEC(struct shell_item) items;
    VEC(struct shell_simple) simple;
    VEC(struct shell_simple) substituted;
    VEC(struct shell_redirect) redirects;
    bool substitution, heredoc;
};

static struct sv shell_raw(const struct shell_build *b, TSNode n)
{
    return sv_sub(b->text, ts_node_start_byte(n), ts_node_end_byte(n));
}

/* Is `type`, of ts_node_type(), the one? */
static bool shell_is(const char *type, const char *what)
{
    return *type == *what && strcmp(type, what) == 0;
}

/*
 * The children of a node, one by one.  ts_node_child() counts from the first child each time, which makes
 * a loop over 10,000 commands a minute's work.
 */
struct shell_children {
    TSTreeCursor cursor;
    bool inside;
};

static struct shell_children shell_children_of(TSNode n)
{
    return (struct shell_children){.cursor = ts_tree_cursor_new(n)};
}

static void shell_children_done(struct shell_children *c)
{
    ts_tree_cursor_delete(&c->cursor);
}

static bool shell_next_child(struct shell_children *c, TSNode *child)
{
    bool more = c->inside ? ts_tree_cursor_goto_next_sibling(&c->cursor)
                          : ts_tree_cursor_goto_first_child(&c->cursor);

    c->inside = true;
    if (more)
        *child = ts_tree_cursor_current_node(&c->cursor);
    return more;
}

/* The same without keywords and punctuation. */
static bool shell_next_named(struct shell_children *c, TSNode *child)
{
    while (shell_next_child(c, child))
        if (ts_node_is_named(*child))
            return true;
    return false;
}

/* Text with backslashes taken away: all of them, or inside "..." only those before $ ` " \ and LF. */
static void shell_unescape(struct sv raw, bool quoted, struct strbuf *out)
{
    for (size_t i = 0; i < raw.n; i++) {
        char next = i + 1 < raw.n ? raw.p[i + 1] : '\0';

        if (raw.p[i] != '\\' || !next ||
            (quoted &&
             !(next == '$' || next == '`' || next == '"' || next == '\\' || next == '\n'))) {
            strbuf_add_byte(out, raw.p[i]);
            continue;
        }
        i++;
        if (next != '\n')
            strbuf_add_byte(out, next);
    }
}

/* A character that the shell would expand in an unquoted word. */
static bool shell_has_pattern(struct sv raw)
{
    static const char expands[] = {'*', '?', '[', ']', '{', '}'};

    for (size_t i = 0; i < raw.n; i++) {
        if (raw.p[i] == '\\')
            i++;
        else if (memchr(expands, raw.p[i], sizeof(expands)) || (raw.p[i] == '~' && i == 0))
            return true;
    }
    return false;
}

/* A word under construction: text that is not yet a piece, and the pieces before it. */
struct shell_spell {
    const struct shell_build *b;
    struct strbuf text;
    VEC(struct shell_piece) pieces;
    bool variables;
};

static void shell_end_piece(struct shell_spell *w)
{
    if (w->text.n)
        *vec_add(&w->pieces) =
            (struct shell_piece){.text = arena_sv(w->b->arena, strbuf_sv(&w->text))};
    strbuf_truncate(&w->text, 0);
}

/* $NAME or ${NAME}; false for every other expansion. */
static bool shell_spell_variable(struct shell_spell *w, TSNode n)
{
    struct sv raw = shell_raw(w->b, n);
    struct sv name = sv_trim_left(raw);

    /* in " $A $B" the grammar counts the blank before $B to it */
    strbuf_add(&w->text, raw.p, raw.n - name.n);
    if (sv_eat(&name, SV("${")) && sv_ends(name, SV("}")))
        name.n--;
    else
        (void)sv_eat(&name, SV("$"));
    if (!name.n || ascii_is_digit(*name.p))
        return false;
    for (size_t i = 0; i < name.n; i++)
        if (!ascii_is_word(name.p[i]))
            return false;
    shell_end_piece(w);
    *vec_add(&w->pieces) =
        (struct shell_piece){.text = arena_sv(w->b->arena, name), .variable = true};
    w->variables = true;
    return true;
}

/* ~ or ~/ at the beginning of a word is what HOME holds; ~NAME asks the list of users, and is left to the shell. */
static bool shell_spell_home(struct shell_spell *w, struct sv word)
{
    if (w->text.n || w->pieces.n || !(sv_eq(word, SV("~")) || sv_starts(word, SV("~/"))))
        return false;
    *vec_add(&w->pieces) = (struct shell_piece){.text = SV("HOME"), .variable = true};
    w->variables = true;
    return true;
}

static bool shell_spell(struct shell_spell *w, TSNode n);

/* The text between the named children of n belongs to the word too (a grammar node may skip it). */
static bool shell_spell_parts(struct shell_spell *w, TSNode n, struct sv inside, bool quoted)
{
    CLEANUP(shell_children_done) struct shell_children children = shell_children_of(n);
    const char *at = inside.p, *end = inside.p + inside.n;
    TSNode c;

    while (shell_next_named(&children, &c)) {
        struct sv raw = shell_raw(w->b, c);

        if (raw.p > at) {
            struct sv gap = {at, (size_t)(raw.p - at)};

            if (!quoted && sv_find_byte(gap, '$', 0) != SV_NPOS)
                return false; /* a$"b": a text to translate */
            shell_unescape(gap, quoted, &w->text);
        }
        at = raw.p + raw.n;
        if (shell_is(ts_node_type(c), "string_content"))
            shell_unescape(raw, true, &w->text);
        else if (!shell_spell(w, c))
            return false;
    }
    if (end > at)
        shell_unescape((struct sv){at, (size_t)(end - at)}, quoted, &w->text);
    return true;
}

/* Recursion ends with the grammar: a name holds a concatenation, that a string, and that no more words. */
static bool shell_spell(struct shell_spell *w, TSNode n)
{
    const char *type = ts_node_type(n);
    struct sv raw = shell_raw(w->b, n), masked;

    if (shell_is(type, "raw_string")) {
        strbuf_add_sv(&w->text, sv_sub(raw, 1, raw.n - 1));
        return true;
    }
    if (shell_is(type, "string"))
        return shell_spell_parts(w, n, sv_sub(raw, 1, raw.n - 1), true);
    if (shell_is(type, "simple_expansion") || shell_is(type, "expansion"))
        return shell_spell_variable(w, n);
    if (shell_is(type, "concatenation") ||
        (shell_is(type, "command_name") && ts_node_named_child_count(n) > 0))
        return shell_spell_parts(w, n, raw, false);
    if (!shell_is(type, "word") && !shell_is(type, "number") && !shell_is(type, "variable_name") &&
        !shell_is(type, "special_variable_name") && !shell_is(type, "command_name"))
        return false;
    masked = sv_sub(w->b->masked, ts_node_start_byte(n), ts_node_end_byte(n));
    if (shell_spell_home(w, masked)) {
        masked = sv_sub(masked, 1, masked.n);
        raw = sv_sub(raw, 1, raw.n);
    }
    if (shell_has_pattern(masked))
        return false;
    shell_unescape(raw, false, &w->text);
    return true;
}

static struct shell_word shell_word_of(const struct shell_build *b, TSNode n)
{
    struct shell_spell spell = {.b = b, .text = STRBUF(0)};
    struct shell_word w = {.raw = shell_raw(b, n)};

    w.plain = shell_spell(&spell, n);
    w.literal = w.plain && !spell.variables;
    if (w.literal)
        w.value = arena_sv(b->arena, strbuf_sv(&spell.text));
    shell_end_piece(&spell);
    w.pieces = arena_memdup(b->arena, spell.pieces.v, spell.pieces.n * sizeof(*spell.pieces.v));
    w.n_pieces = spell.pieces.n;
    vec_release(&spell.pieces);
    strbuf_release(&spell.text);
    return w;
}

/* --- commands --- */

struct shell_where {
    bool piped_in, piped_out, nested, substituted;
};

static void shell_add_redirect(struct shell_build *b, TSNode n)
{
    struct shell_redirect *r = vec_add(&b->redirects);
    TSNode target = ts_node_child_by_field_name(n, "destination", 11);
    struct sv raw = shell_raw(b, n);

    if (shell_is(ts_node_type(n), "heredoc_redirect")) {
        b->heredoc = true;
        r->op = sv_sub(raw, 0, sv_starts(raw, SV("<<-")) ? 3 : 2);
        return;
    }
    if (ts_node_is_null(target) && ts_node_named_child_count(n) == 1) /* of <<< */
        target = ts_node_named_child(n, 0);
    if (ts_node_is_null(target))
        return; /* uncovered: a grammar that names it otherwise */
    r->target = shell_word_of(b, target);
    r->op = sv_trim(sv_sub(b->text, ts_node_start_byte(n), ts_node_start_byte(target)));
}

static bool shell_is_redirect(const char *type)
{
    return shell_is(type, "file_redirect") || shell_is(type, "heredoc_redirect") ||
           shell_is(type, "herestring_redirect");
}

static void shell_add_command(struct shell_build *b, TSNode n, struct shell_where where)
{
    const char *type = ts_node_type(n);
    VEC(struct shell_word) words = {0};
    VEC(struct shell_word) assigns = {0};
    CLEANUP(shell_children_done) struct shell_children children = shell_children_of(n);
    TSNode c;
    struct shell_simple s = {.line = ts_node_start_point(n).row,
                             .declaration = shell_is(type, "declaration_command") ||
                                            shell_is(type, "unset_command"),
                             .piped_in = where.piped_in,
                             .piped_out = where.piped_out,
                             .nested = where.nested};

    if (s.declaration) { /* the keyword is an anonymous child */
        TSNode keyword = ts_node_child(n, 0);
        struct shell_word w = {.raw = shell_raw(b, keyword), .literal = true, .plain = true};

        w.value = arena_sv(b->arena, w.raw);
        w.pieces = ARENA_NEW(b->arena, struct shell_piece);
        w.pieces->text = w.value;
        w.n_pieces = 1;
        *vec_add(&words) = w;
    }
    while (shell_next_named(&children, &c)) {
        const char *child = ts_node_type(c);

        if (shell_is(child, "variable_assignment"))
            *vec_add(&assigns) = shell_word_of(b, c);
        else if (!shell_is_redirect(child)) /* shell_walk() takes those */
            *vec_add(&words) = shell_word_of(b, c);
    }
    s.words = arena_memdup(b->arena, words.v, words.n * sizeof(*words.v));
    s.n_words = words.n;
    s.assigns = arena_memdup(b->arena, assigns.v, assigns.n * sizeof(*assigns.v));
    s.n_assigns = assigns.n;
    vec_release(&words);
    vec_release(&assigns);
    if (where.substituted)
        *vec_add(&b->substituted) = s;
    else
        *vec_add(&b->simple) = s;
}

static bool shell_is_nesting(const char *type)
{
    static const char *const types[] = {
        "if_statement", "for_statement",      "while_statement",     "case_statement",
        "subshell",     "compound_statement", "function_definition", "c_style_for_statement"};

    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (shell_is(type, types[i]))
            return true;
    return false;
}

/* Every simple command below n, in order; those in $( ) apart. */
static void shell_walk(struct shell_build *b, TSNode n, struct shell_where where, int depth)
{
    const char *type = ts_node_type(n);
    CLEANUP(shell_children_done) struct shell_children children = shell_children_of(n);
    uint32_t count = ts_node_named_child_count(n);
    bool pipeline = shell_is(type, "pipeline");
    TSNode c;

    if (depth > SHELL_DEPTH)
        return;
    if (shell_is(type, "command_substitution") || shell_is(type, "process_substitution")) {
        b->substitution = true;
        where = (struct shell_where){.substituted = true};
    }
    if (shell_is_redirect(type)) {
        if (!where.substituted)
            shell_add_redirect(b, n);
    } else if (shell_is(type, "command") || shell_is(type, "declaration_command") ||
               shell_is(type, "unset_command")) {
        shell_add_command(b, n, where);
    } else if (shell_is_nesting(type)) {
        where.nested = true;
    }
    for (uint32_t i = 0; shell_next_named(&children, &c); i++) {
        struct shell_where inner = where;

        if (pipeline) {
            inner.piped_in = where.piped_in || i > 0;
            inner.piped_out = where.piped_out || i + 1 < count;
        }
        shell_walk(b, c, inner, depth + 1);
    }
}

static enum shell_kind shell_kind_of(TSNode n)
{
    static const struct {
        const char *type;
        enum shell_kind kind;
    } rows[] = {
        {"comment", SHELL_COMMENT},
        {"command", SHELL_SIMPLE},
        {"declaration_command", SHELL_SIMPLE},
        {"unset_command", SHELL_SIMPLE},
        {"pipeline", SHELL_PIPELINE},
        {"list", SHELL_LIST},
        {"variable_assignment", SHELL_ASSIGN},
        {"variable_assignments", SHELL_ASSIGN},
        {"function_definition", SHELL_FUNCTION},
    };
    const char *type = ts_node_type(n);

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (shell_is(type, rows[i].type))
            return rows[i].kind;
    if ((shell_is(type, "redirected_statement") || shell_is(type, "negated_command")) &&
        ts_node_named_child_count(n) > 0)
        return shell_kind_of(ts_node_named_child(n, 0));
    return SHELL_COMPOUND;
}

static void shell_finish_item(struct shell_build *b, struct shell_item *item)
{
    item->text = sv_trim_right(sv_sub(b->text, item->from, item->to));
    item->to = item->from + item->text.n;
    item->blank_before = shell_blank_before(b->text, item->from);
    item->simple = arena_memdup(b->arena, b->simple.v, b->simple.n * sizeof(*b->simple.v));
    item->n_simple = b->simple.n;
    item->substituted =
        arena_memdup(b->arena, b->substituted.v, b->substituted.n * sizeof(*b->substituted.v));
    item->n_substituted = b->substituted.n;
    item->redirects =
        arena_memdup(b->arena, b->redirects.v, b->redirects.n * sizeof(*b->redirects.v));
    item->n_redirects = b->redirects.n;
    item->substitution = b->substitution;
    item->heredoc = b->heredoc;
    *vec_add(&b->items) = *item;
}

static void shell_add_item(struct shell_build *b, TSNode n)
{
    struct shell_item item = {.kind = shell_kind_of(n),
                              .from = ts_node_start_byte(n),
                              .to = ts_node_end_byte(n),
                              .line = ts_node_start_point(n).row,
                              .end_line = ts_node_end_point(n).row};
    const struct shell_item *before = b->items.n ? vec_last(&b->items) : NULL;

    b->simple.n = b->substituted.n = b->redirects.n = 0;
    b->substitution = b->heredoc = false;
    if (item.kind == SHELL_COMMENT)
        item.same_line = before && before->kind != SHELL_COMMENT && before->end_line == item.line;
    else
        shell_walk(b, n, (struct shell_where){0}, 0);
    shell_finish_item(b, &item);
}

/*
 * What the grammar does not take, from there to the end, as one item; its first line.  What it took of the
 * same line is no command of its own: echo "a
 */
static size_t shell_add_broken(struct shell_build *b, size_t from, size_t line)
{
    struct shell_item item = {.kind = SHELL_COMPOUND, .from = from, .to = b->text.n, .line = line};

    for (; b->items.n && vec_last(&b->items)->end_line == item.line; b->items.n--) {
        item.from = vec_last(&b->items)->from;
        item.line = vec_last(&b->items)->line;
    }
    item.end_line = item.line;
    for (size_t i = item.from; i + 1 < item.to; i++)
        item.end_line += b->text.p[i] == '\n';
    b->simple.n = b->substituted.n = b->redirects.n = 0;
    b->substitution = b->heredoc = false;
    shell_finish_item(b, &item);
    return item.line;
}

/* --- statements that the grammar runs together --- */

/* A part of the text, and the row and column at which it begins. */
struct shell_range {
    size_t from, to;
    TSPoint start;
};

/* The tree of a part, with the places of the whole text. */
static TSTree *shell_tree(const struct shell_parser *p, const struct shell_build *b,
                          const struct shell_range *part)
{
    TSRange range = {.start_byte = (uint32_t)part->from,
                     .end_byte = (uint32_t)part->to,
                     .start_point = part->start,
                     .end_point = part->start};
    TSTree *tree;

    for (size_t i = part->from; i < part->to; i++) {
        range.end_point.column++;
        if (b->masked.p[i] == '\n')
            range.end_point = (TSPoint){range.end_point.row + 1, 0};
    }
    (void)ts_parser_set_included_ranges(p->ts, &range, 1); /* one range is in order */
    tree =
        ts_parser_parse_string(p->ts, NULL, b->masked.p ? b->masked.p : "", (uint32_t)b->masked.n);
    (void)ts_parser_set_included_ranges(p->ts, NULL, 0);
    return tree;
}

/* Does the line that ends at `lf` go on in the next one? */
static bool shell_goes_on(const struct shell_build *b, size_t lf)
{
    while (lf > 0 && (b->masked.p[lf - 1] == ' ' || b->masked.p[lf - 1] == '\t'))
        lf--;
    return lf == 0 || strchr("\\|&({", b->masked.p[lf - 1]) != NULL;
}

/*
 * Where a statement ends that the grammar runs together with the next line: of `a | b | c` above `d > e` it makes one.
 * bash ends a statement at the first line break at which it is whole.  SV_NPOS: it ends where the grammar says.
 */
static size_t shell_seam(const struct shell_parser *p, const struct shell_build *b, TSNode n)
{
    enum { LOOKS = 8 };
    size_t from = ts_node_start_byte(n), to = ts_node_end_byte(n), lf = from;
    struct sv raw = sv_sub(b->masked, from, to);

    if (ts_node_start_point(n).row == ts_node_end_point(n).row ||
        !(shell_is(ts_node_type(n), "redirected_statement") ||
          shell_is(ts_node_type(n), "pipeline") || shell_is(ts_node_type(n), "list")) ||
        sv_find(raw, SV("<<"), 0) != SV_NPOS)
        return SV_NPOS;
    for (size_t i = 0; i < LOOKS; i++, lf++) {
        TSTree *tree;
        bool whole;

        lf = sv_find_byte(sv_sub(b->masked, 0, to), '\n', lf);
        if (lf == SV_NPOS)
            return SV_NPOS;
        if (shell_goes_on(b, lf))
            continue;
        tree = shell_tree(p, b, &(struct shell_range){from, lf, ts_node_start_point(n)});
        whole = !ts_node_has_error(ts_tree_root_node(tree));
        ts_tree_delete(tree);
        if (whole)
            return lf;
    }
    return SV_NPOS;
}

static void shell_add_background(struct shell_build *b, TSNode n)
{
    struct shell_item *last = vec_last(&b->items);

    last->background = true; /* the '&' is part of what is run */
    last->to = ts_node_end_byte(n);
    last->text = sv_sub(b->text, last->from, last->to);
}

static void shell_parse(const struct shell_parser *p, struct shell_build *b,
                        const struct shell_range *part, struct shell_script *ret);

/* One statement, or the two that the grammar makes one of. */
static void shell_add_statement(const struct shell_parser *p, struct shell_build *b, TSNode n,
                                struct shell_script *ret)
{
    size_t seam = shell_seam(p, b, n);
    TSPoint start = ts_node_start_point(n);
    struct shell_range one = {ts_node_start_byte(n), seam, start},
                       other = {seam, ts_node_end_byte(n), start};

    if (seam == SV_NPOS) {
        shell_add_item(b, n);
        return;
    }
    shell_parse(p, b, &one, ret); /* whole, and no seam in it */
    for (size_t i = one.from; i < seam; i++) {
        other.start.column++;
        if (b->masked.p[i] == '\n')
            other.start = (TSPoint){other.start.row + 1, 0};
    }
    shell_parse(p, b, &other, ret);
}

/* Items up to the first that the grammar does not take. */
static void shell_add_items(const struct shell_parser *p, struct shell_build *b, TSNode root,
                            struct shell_script *ret)
{
    CLEANUP(shell_children_done) struct shell_children children = shell_children_of(root);
    TSNode n;

    while (!ret->broken && shell_next_child(&children, &n)) {
        if (ts_node_has_error(n)) {
            ret->broken = true;
            ret->broken_line =
                shell_add_broken(b, ts_node_start_byte(n), ts_node_start_point(n).row);
        } else if (ts_node_is_named(n)) {
            shell_add_statement(p, b, n, ret);
        } else if (shell_is(ts_node_type(n), "&") && b->items.n) {
            shell_add_background(b, n);
        }
    }
}

static void shell_parse(const struct shell_parser *p, struct shell_build *b,
                        const struct shell_range *part, struct shell_script *ret)
{
    TSTree *tree = shell_tree(p, b, part);
    TSNode root = ts_tree_root_node(tree);

    if (shell_is(ts_node_type(root),
                 "ERROR")) { /* nothing is sure, not even what looks whole in it */
        ret->broken = true;
        ret->broken_line =
            shell_add_broken(b, ts_node_start_byte(root), ts_node_start_point(root).row);
    } else {
        shell_add_items(p, b, root, ret);
    }
    ts_tree_delete(tree);
}

void shell_grammar_split(struct shell_parser *p, struct sv text, struct sv masked,
                         struct arena *arena, struct shell_script *ret)
{
    struct shell_build b = {.text = text, .masked = masked, .arena = arena};

    *ret = (struct shell_script){0};
    if (text.n > SHELL_MAX_BYTES) {
        ret->broken = ret->too_long = true;
        ret->broken_line = shell_add_broken(&b, 0, 0);
    } else {
        shell_parse(p, &b, &(struct shell_range){0, text.n, {0, 0}}, ret);
    }
    ret->v = arena_memdup(arena, b.items.v, b.items.n * sizeof(*b.items.v));
    ret->n = b.items.n;
    vec_release(&b.items);
    vec_release(&b.simple);
    vec_release(&b.substituted);
    vec_release(&b.redirects);
}

/* The grammar does not know "time { ... }", whose braces it takes for words: it is given the group alone. */
static struct sv shell_mask_time(struct sv text, struct sv masked, struct arena *arena)
{
    static const struct sv keyword = SV("time");
    struct sv rest = text, line, word, next;
    char *copy = NULL;

    while (sv_next_line(&rest, &line)) {
        struct sv behind = line;

        if (!sv_next_word(&behind, &word) || !sv_eq(word, keyword) ||
            !sv_next_word(&behind, &next) || !sv_eq(next, SV("{")))
            continue;
        if (!copy)
            copy = arena_strdup(arena, masked);
        memset(copy + (word.p - text.p), ' ', keyword.n);
    }
    return copy ? (struct sv){copy, masked.n} : masked;
}

void shell_split(struct shell_parser *p, struct sv text, struct sv masked, struct arena *arena,
                 struct shell_script *ret)
{
    assert(text.n == masked.n);
    if (text.n > SHELL_MAX_BYTES || !sv_eq(text, masked) || !shell_plain_split(text, arena, ret))
        shell_grammar_split(p, text, shell_mask_time(text, masked, arena), arena, ret);
}

/* --- questions --- */

struct sv shell_comment_text(const struct shell_item *item)
{
    struct sv t = item->text;

    while (sv_eat(&t, SV("#")) || sv_eat(&t, SV("--")))
        ;
    return sv_trim(t);
}

struct sv shell_program(const struct shell_simple *s)
{
    struct sv name;

    if (s->n_words == 0 || !s->words[0].literal)
        return (struct sv){NULL, 0};
    name = s->words[0].value;
    for (size_t i = name.n; i > 0; i--)
        if (name.p[i - 1] == '/')
            return sv_sub(name, i, name.n);
    return name;
}

static void shell_shift(struct shell_simple *s, size_t n)
{
    s->words += n;
    s->n_words -= n;
}

static bool shell_takes_value(struct sv option)
{
    return sv_eq(option, SV("-u")) || sv_eq(option, SV("-g")) || sv_eq(option, SV("-C"));
}

struct shell_simple shell_inner(const struct shell_simple *s, bool *sudo)
{
    struct shell_simple in = *s;

    *sudo = false;
    while (in.n_words > 1 &&
           (sv_eq(shell_program(&in), SV("sudo")) || sv_eq(shell_program(&in), SV("nohup")))) {
        *sudo |= sv_eq(shell_program(&in), SV("sudo"));
        shell_shift(&in, 1);
        while (in.n_words > 1 && in.words[0].literal && sv_starts(in.words[0].value, SV("-")))
            shell_shift(&in, shell_takes_value(in.words[0].value) && in.n_words > 2 ? 2 : 1);
    }
    return in;
}

size_t shell_find_word(const struct shell_simple *s, size_t from, struct sv text)
{
    for (size_t i = from; i < s->n_words; i++)
        if (s->words[i].literal && sv_eq(s->words[i].value, text))
            return i;
    return 0;
}
