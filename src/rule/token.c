#include "rule/token.h"

#include <stdio.h>

#include "base/sv.h"
#include "base/text.h"

static bool name_start(char c)
{
    return ascii_is_alpha(c) || c == '_';
}

/* Letters, digits, '_', and hyphens between them. */
static size_t name_length(struct sv s)
{
    size_t i = 0;

    if (s.n == 0 || !name_start(s.p[0]))
        return 0;
    while (i < s.n &&
           (ascii_is_word(s.p[i]) || (s.p[i] == '-' && i + 1 < s.n && ascii_is_word(s.p[i + 1]))))
        i++;
    return i;
}

bool rule_name_is_plain(struct sv s)
{
    return s.n > 0 && name_length(s) == s.n;
}

struct dim_text rule_token_show(const struct rule_token *t)
{
    struct dim_text r;

    size_t n = size_min(t->text.n, 24);

    while (n && n < t->text.n && ((unsigned char)t->text.p[n] & 0xc0) == 0x80)
        n--; /* not inside a character */
    if (t->kind == TOK_END)
        (void)snprintf(r.s, sizeof(r.s), "the end");
    else
        (void)snprintf(r.s, sizeof(r.s), "'%.*s%s'", (int)n, t->text.p ? t->text.p : "",
                       n < t->text.n ? "..." : "");
    return r;
}

static enum err_code lex_string(struct rule_lexer *l, struct sv rest, struct err *err)
{
    for (size_t i = 1; i < rest.n; i++) {
        if (rest.p[i] == '\\') {
            i++;
        } else if (rest.p[i] == '"') {
            l->tok.kind = TOK_STRING;
            l->tok.text = sv_sub(rest, 1, i);
            l->tok.end = l->tok.at + i + 1;
            return ERR_OK;
        }
    }
    return err_set(err, ERR_INVALID, "a string without its closing quote");
}

static enum err_code lex_quoted(struct rule_lexer *l, struct sv rest, struct err *err)
{
    size_t end = sv_find_byte(rest, '`', 1);

    if (end == SV_NPOS)
        return err_set(err, ERR_INVALID, "a name without its closing back quote");
    if (end == 1)
        return err_set(err, ERR_INVALID, "an empty name");
    l->tok.kind = TOK_NAME;
    l->tok.quoted = true;
    l->tok.text = sv_sub(rest, 1, end);
    l->tok.end = l->tok.at + end + 1;
    return ERR_OK;
}

static enum err_code lex_punct(struct rule_lexer *l, struct sv rest, struct err *err)
{
    static const struct sv two[] = {SV("<="), SV(">="), SV("=="), SV("!="), SV("=~"), SV("!~")};
    static const struct sv one = SV("()[]{},:.<>=+-*/");
    size_t n = 0;
    uint32_t cp;

    for (size_t i = 0; i < ARRAY_LEN(two); i++)
        if (sv_starts(rest, two[i]))
            n = 2;
    if (n == 0 && sv_find_byte(one, rest.p[0], 0) != SV_NPOS)
        n = 1;
    if (n == 0) {
        n = text_utf8_next(rest, &cp);
        (void)err_set(err, ERR_INVALID, "no such character: '%.*s'", (int)n, rest.p);
        if (rest.p[0] == '%')
            return err_hint(err, "a unit stands without a blank: 5%%");
        return err->code;
    }
    l->tok.kind = TOK_PUNCT;
    l->tok.text = sv_sub(rest, 0, n);
    l->tok.end = l->tok.at + n;
    return ERR_OK;
}

enum err_code rule_lexer_next(struct rule_lexer *l, struct err *err)
{
    struct sv rest = sv_sub(l->text, l->tok.end, l->text.n);
    size_t blank = 0, n;

    while (blank < rest.n && (rest.p[blank] == ' ' || rest.p[blank] == '\t'))
        blank++;
    l->tok = (struct rule_token){.at = l->tok.end + blank, .end = l->tok.end + blank};
    rest = sv_sub(rest, blank, rest.n);
    if (rest.n == 0 || rest.p[0] == '#')
        return ERR_OK; /* TOK_END */
    if (ascii_is_digit(rest.p[0])) {
        enum err_code rc = num_parse(rest, &l->tok.num, &n, err);

        if (rc != ERR_OK)
            return rc;
        l->tok.kind = TOK_NUM;
        l->tok.text = l->tok.num.text;
        l->tok.end += n;
        return ERR_OK;
    }
    if (rest.p[0] == '"')
        return lex_string(l, rest, err);
    if (rest.p[0] == '`')
        return lex_quoted(l, rest, err);
    n = name_length(rest);
    if (n == 0)
        return lex_punct(l, rest, err);
    l->tok.kind = TOK_NAME;
    l->tok.text = sv_sub(rest, 0, n);
    l->tok.end += n;
    return ERR_OK;
}

enum err_code rule_lexer_begin(struct rule_lexer *l, struct sv text, struct err *err)
{
    size_t bad = text_bad_utf8(text);

    *l = (struct rule_lexer){.text = text};
    if (bad != SV_NPOS) {
        l->tok.at = bad;
        return err_set(err, ERR_INVALID, "the rule is not UTF-8 at byte %zu", bad);
    }
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] < ' ' && text.p[i] != '\t') {
            l->tok.at = i;
            return err_set(err, ERR_INVALID, "a rule is one line without control characters");
        }
    return rule_lexer_next(l, err);
}
