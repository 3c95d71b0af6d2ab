#include "base/sv.h"
#include "base/text.h"
#include "lint/lint_util.h"

/* What is no character of the shell's, by what it looks like; from word processors, wikis and keyboards of East Asia. */
static const struct rb164_range {
    uint32_t from, to;
    const char *what;
    bool begins; /* only at the beginning of a word: inside it is a letter of a name */
} rb164_ranges[] = {
    {0x00a0, 0x00a0, "a no-break space", false},  {0x2000, 0x200a, "a wide space", false},
    {0x202f, 0x202f, "a no-break space", false},  {0x205f, 0x205f, "a wide space", false},
    {0x3000, 0x3000, "a wide space", false},      {0x2018, 0x201f, "a typographic quote", false},
    {0x2010, 0x2015, "a typographic dash", true}, {0x2212, 0x2212, "a minus sign", true},
    {0xff01, 0xff5e, "a full-width sign", false}, {0x00ad, 0x00ad, "an invisible hyphen", false},
    {0x200b, 0x200f, "an invisible sign", false}, {0x2060, 0x2064, "an invisible sign", false},
    {0xfeff, 0xfeff, "an invisible sign", false},
};

/* What turns the direction of the text around: what is read is not what is run, in quotes, too. */
static bool rb164_turns(uint32_t cp)
{
    return (cp >= 0x202a && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069);
}

static const char *rb164_what(uint32_t cp, bool quoted, bool first)
{
    if (rb164_turns(cp))
        return "a sign that turns text around";
    for (size_t i = 0; !quoted && i < ARRAY_LEN(rb164_ranges); i++) {
        const struct rb164_range *r = &rb164_ranges[i];

        if (cp >= r->from && cp <= r->to && (first || !r->begins))
            return r->what;
    }
    return NULL;
}

/* The first such character of a word, and what it is; empty. */
static struct sv rb164_find(struct sv word, const char **what, uint32_t *cp)
{
    char quote = '\0';
    size_t n;

    for (size_t at = 0; at < word.n; at += n) {
        char c = word.p[at];

        n = 1;
        if (c == '\\' && quote != '\'') {
            n = 2; /* and what it quotes */
        } else if (quote ? c == quote : c == '\'' || c == '"') {
            quote = quote ? '\0' : c;
        } else if ((unsigned char)c & 0x80u) {
            n = text_utf8_next(sv_sub(word, at, word.n), cp);
            *what = n ? rb164_what(*cp, quote != '\0', at == 0) : NULL;
            if (*what)
                return sv_sub(word, at, at + n);
            n = n ? n : 1; /* the rest of what a backslash quotes, or no UTF-8 */
        }
    }
    return (struct sv){NULL, 0};
}

/* One a line is enough: a command of `ssh host "..."` comes as a word, and again as itself. */
static void rb164_word(struct lint *l, const struct lint_rule *rule, size_t line, struct sv word)
{
    const struct lint_finding *last = l->findings.n ? &l->findings.v[l->findings.n - 1] : NULL;
    const char *what;
    uint32_t cp;
    struct sv found;

    if (last && last->id == rule->id && last->line == line)
        return;
    found = rb164_find(word, &what, &cp);
    if (found.n)
        lint_add(l, rule, line, found, "%s (U+%04X): the shell takes it for a letter", what,
                 (unsigned)cp);
}

static void rb164_check(struct lint *l, const struct lint_rule *rule)
{
    LINT_EACH_CMD (l, c) {
        for (size_t i = 0; i < c->whole->n_assigns; i++)
            rb164_word(l, rule, c->line, c->whole->assigns[i].raw);
        for (size_t i = 0; i < c->whole->n_words; i++)
            rb164_word(l, rule, c->line, c->whole->words[i].raw);
        for (size_t i = 0; c->alone && i < c->item->n_redirects; i++)
            rb164_word(l, rule, c->line, c->item->redirects[i].target.raw);
    }
}

const struct lint_rule lint_rb164 = {
    .id = "RB164",
    .severity = LINT_ERROR,
    .title = "a character that only looks like one of the shell's",
    .why = "A word processor or a wiki has made typographic quotes, dashes and spaces of what was "
           "typed: the program gets other words than a person reads.",
    .mend = "write straight quotes, a minus and a plain space; put what is meant so in quotes",
    .check = rb164_check,
};
