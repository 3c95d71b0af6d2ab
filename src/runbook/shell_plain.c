#include "runbook/shell_plain.h"

#include "base/sv.h"
#include "base/text.h"
#include "base/vec.h"

struct plain {
    struct sv text;
    struct arena *arena;
    size_t at, line;
    VEC(struct shell_item) items;
    /* of the item */
    VEC(struct shell_simple) simple;
    VEC(struct shell_redirect) redirects;
    bool list; /* && or || */
    /* of the command */
    VEC(struct shell_word) words;
};

/* --- words --- */

/* What means nothing but itself to the grammar, wherever it stands in a word. */
static bool plain_is_word(char c)
{
    static const bool is_word[256] = {
        ['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true, ['_'] = true,
        ['.'] = true,         ['/'] = true,         [':'] = true,         ['@'] = true,
        ['%'] = true,         ['+'] = true,         [','] = true,         ['-'] = true,
        ['='] = true,
    };

    return is_word[(unsigned char)c];
}

static char plain_peek(const struct plain *p)
{
    return p->at < p->text.n ? p->text.p[p->at] : '\n';
}

/* May what was read end here? */
static bool plain_is_end(char c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

/* Words that the grammar may take for more than a name. */
static bool plain_is_reserved(struct sv w)
{
    static const struct sv reserved[] = {
        SV("if"),       SV("then"),   SV("else"),    SV("elif"),     SV("fi"),
        SV("for"),      SV("in"),     SV("do"),      SV("done"),     SV("case"),
        SV("esac"),     SV("while"),  SV("until"),   SV("select"),   SV("time"),
        SV("function"), SV("coproc"), SV("declare"), SV("export"),   SV("readonly"),
        SV("typeset"),  SV("local"),  SV("unset"),   SV("unsetenv"), SV("eval"),
    };

    for (size_t i = 0; w.n <= 8 && i < ARRAY_LEN(reserved); i++)
        if (sv_eq(w, reserved[i]))
            return true;
    return false;
}

/* The command's name: no number, no option, no assignment; of "a@b" the grammar makes nothing. */
static bool plain_is_name(struct sv w)
{
    for (size_t i = 0; i < w.n; i++)
        if (!ascii_is_word(w.p[i]) && w.p[i] != '.' && w.p[i] != '/' && (w.p[i] != '-' || i == 0))
            return false;
    return !ascii_is_digit(*w.p);
}

/* A text in quotes, on one line, in which nothing is expanded. */
static bool plain_quoted(struct plain *p, struct sv *raw)
{
    size_t from = p->at;
    char quote = p->text.p[p->at++];

    for (; plain_peek(p) != quote; p->at++) {
        char c = plain_peek(p);

        if (c == '\n' || (quote == '"' && (c == '$' || c == '`' || c == '\\' || c == '!')))
            return false;
    }
    *raw = sv_sub(p->text, from, ++p->at);
    return true;
}

static struct shell_word plain_word_of(struct plain *p, struct sv raw, struct sv value)
{
    struct shell_word w = {.raw = raw,
                           .value = arena_sv(p->arena, value),
                           .literal = true,
                           .plain = true,
                           .pieces = ARENA_NEW(p->arena, struct shell_piece),
                           .n_pieces = value.n > 0};

    w.pieces->text = w.value;
    return w;
}

/* The word at `at`; false: it is not plain. */
static bool plain_word(struct plain *p, struct shell_word *ret)
{
    char c = plain_peek(p);
    struct sv raw, value;

    if (c == '\'' || c == '"') {
        if (!plain_quoted(p, &raw))
            return false;
        value = sv_sub(raw, 1, raw.n - 1);
    } else {
        size_t from = p->at;

        while (plain_is_word(plain_peek(p)))
            p->at++;
        raw = value = sv_sub(p->text, from, p->at);
        if (!raw.n || *raw.p == '=' || plain_is_reserved(raw))
            return false;
    }
    *ret = plain_word_of(p, raw, value);
    return plain_is_end(plain_peek(p));
}

static void plain_blanks(struct plain *p)
{
    while (plain_peek(p) == ' ' || plain_peek(p) == '\t')
        p->at++;
}

/* --- commands --- */

/* "> file" behind the words of a command, with blanks around. */
static bool plain_redirect(struct plain *p)
{
    struct shell_redirect r = {.target = {.literal = false}};
    size_t from = p->at;

    p->at++;
    if (plain_peek(p) == '>')
        p->at++;
    r.op = sv_sub(p->text, from, p->at);
    plain_blanks(p);
    if (!plain_word(p, &r.target))
        return false;
    *vec_add(&p->redirects) = r;
    plain_blanks(p);
    return true;
}

static bool plain_is_operator(char c)
{
    return c == '|' || c == '&' || c == '#' || c == '\n';
}

/* A simple command, up to the operator, comment or line end behind it. */
static bool plain_command(struct plain *p, bool piped_in)
{
    struct shell_simple s = {.line = p->line, .piped_in = piped_in};
    struct shell_word w;

    p->words.n = 0;
    while (!plain_is_operator(plain_peek(p))) {
        if (plain_peek(p) == '>') {
            if (!p->words.n || !plain_redirect(p) || !plain_is_operator(plain_peek(p)))
                return false;
            break;
        }
        if (!plain_word(p, &w) || (!p->words.n && (w.raw.n != w.value.n || !plain_is_name(w.raw))))
            return false;
        *vec_add(&p->words) = w;
        plain_blanks(p);
    }
    if (!p->words.n)
        return false;
    s.words = arena_memdup(p->arena, p->words.v, p->words.n * sizeof(*p->words.v));
    s.n_words = p->words.n;
    s.assigns = s.words; /* none of them */
    *vec_add(&p->simple) = s;
    return true;
}

/* "|", "&&", "||" with what stands behind it; *more: there is one. */
static bool plain_operator(struct plain *p, bool *more, bool *pipe)
{
    struct sv rest = sv_sub(p->text, p->at, p->at + 3);

    *more = rest.n && (*rest.p == '|' || *rest.p == '&');
    *pipe = false;
    if (!*more)
        return true;
    if (sv_starts(rest, SV("&&")) || sv_starts(rest, SV("||"))) {
        p->list = true;
        p->at += 2;
    } else if (*rest.p == '|') {
        if (vec_last(&p->simple)->piped_in)
            return false; /* the grammar takes "d > e" and "d && e" below "a | b | c" for parts of it */
        *pipe = vec_last(&p->simple)->piped_out = true;
        p->at++;
    }
    if (plain_peek(p) != ' ')
        return false; /* "|&", "&", the end of the line */
    plain_blanks(p);
    return true;
}

/* --- items --- */

bool shell_blank_before(struct sv text, size_t at)
{
    size_t lf = 0;

    while (at > 0 && ascii_is_space(text.p[at - 1]))
        lf += text.p[--at] == '\n';
    return at == 0 || lf >= 2;
}

static struct shell_item *plain_add_item(struct plain *p, enum shell_kind kind, size_t from,
                                         size_t to)
{
    struct shell_item *item = vec_add(&p->items);

    item->kind = kind;
    item->from = from;
    item->text = sv_trim_right(sv_sub(p->text, from, to));
    item->to = from + item->text.n;
    item->line = item->end_line = p->line;
    item->blank_before = shell_blank_before(p->text, from);
    return item;
}

static bool plain_commands(struct plain *p)
{
    size_t from = p->at;
    bool more, pipe = false;
    struct shell_item *item;

    p->simple.n = p->redirects.n = 0;
    p->list = false;
    do
        if (!plain_command(p, pipe) || !plain_operator(p, &more, &pipe) ||
            (more && p->redirects.n)) /* what of it the redirect belongs to is a question */
            return false;
    while (more);
    item = plain_add_item(p,
                          p->list           ? SHELL_LIST
                          : p->simple.n > 1 ? SHELL_PIPELINE
                                            : SHELL_SIMPLE,
                          from, p->at);
    item->simple = arena_memdup(p->arena, p->simple.v, p->simple.n * sizeof(*p->simple.v));
    item->n_simple = p->simple.n;
    item->redirects =
        arena_memdup(p->arena, p->redirects.v, p->redirects.n * sizeof(*p->redirects.v));
    item->n_redirects = p->redirects.n;
    return true;
}

static void plain_comment(struct plain *p)
{
    size_t end = size_min(sv_find_byte(p->text, '\n', p->at), p->text.n);
    const struct shell_item *before = p->items.n ? vec_last(&p->items) : NULL;
    bool same_line = before && before->kind != SHELL_COMMENT && before->end_line == p->line;
    struct shell_item *item = plain_add_item(p, SHELL_COMMENT, p->at, end);

    item->same_line = same_line;
    item->simple = ARENA_NEW(p->arena, struct shell_simple);
    item->redirects = ARENA_NEW(p->arena, struct shell_redirect);
    p->at = end;
}

static bool plain_line(struct plain *p)
{
    plain_blanks(p);
    if (plain_peek(p) != '#' && plain_peek(p) != '\n' && !plain_commands(p))
        return false;
    if (plain_peek(p) == '#')
        plain_comment(p);
    p->at++;
    p->line++;
    return true;
}

/* Only comments hold other bytes: in them the grammar reads characters. */
static bool plain_is_text(struct sv text)
{
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] < 0x20 && text.p[i] != '\n' && text.p[i] != '\t')
            return false;
    return text_bad_utf8(text) == SV_NPOS;
}

bool shell_plain_split(struct sv text, struct arena *arena, struct shell_script *ret)
{
    struct plain p = {.text = text, .arena = arena};
    bool plain = plain_is_text(text);

    while (plain && p.at < text.n)
        plain = plain_line(&p);
    if (plain)
        *ret = (struct shell_script){
            .v = arena_memdup(arena, p.items.v, p.items.n * sizeof(*p.items.v)), .n = p.items.n};
    vec_release(&p.items);
    vec_release(&p.simple);
    vec_release(&p.redirects);
    vec_release(&p.words);
    return plain;
}
