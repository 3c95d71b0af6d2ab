#include "base/regex.h"
#include "base/sv.h"
#include "lint/lint.h"

#define RB024_PAST \
    "(?:deprecated|obsolete|superseded|outdated|archived|retired|withdrawn|historical)"
static const char rb024_pattern[] =
    "^\\W*(?:status\\W+|warning\\W+|note\\W+)?" RB024_PAST "\\b|"
    "\\bstatus ?:\\W*(?:historical|archived?)\\b|"
    "\\bthis (?:document|runbook|page|procedure|guide|file) (?:is|has been|was)(?: now)? "
    "(?:" RB024_PAST "|replaced|no longer|not (?:used|valid|maintained))\\b|"
    "\\bnot applicable to the current\\b|"
    "^\\W*no longer (?:valid|maintained|used)\\b|"
    "\\bdo not (?:use|follow|run) this (?:document|runbook|page|procedure|guide)\\b";

/* What stands above the second section is said of the document. */
static size_t rb024_head(const struct lint *l)
{
    const struct md_node *v = l->rb->md.v;
    size_t sections = 0;

    for (size_t i = 0; i < l->rb->md.n; i++)
        if (v[i].kind == MD_HEADING && v[i].level > 1 && ++sections == 2)
            return v[i].line;
    return l->rb->doc->n_lines + 1;
}

static bool rb024_speaks(enum md_kind kind)
{
    return kind == MD_HEADING || kind == MD_PARAGRAPH;
}

/* Most documents have none of the words: the pattern is made when one does. */
static bool rb024_may(struct sv line)
{
    static const struct sv words[] = {
        SV("deprecated"), SV("obsolete"), SV("superseded"), SV("outdated"),
        SV("archived"),   SV("retired"),  SV("withdrawn"),  SV("historical"),
        SV("archive"),    SV("replaced"), SV("no longer"),  SV("not applicable"),
        SV("do not"),     SV("not used"), SV("not valid"),  SV("not maintained")};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (sv_has_nocase(line, words[i]))
            return true;
    return false;
}

static void rb024_check(struct lint *l, const struct lint_rule *rule)
{
    CLEANUP(regex_freep) struct regex *past = NULL;
    size_t head = rb024_head(l);

    for (size_t i = 0; i < l->rb->md.n; i++) {
        const struct md_node *n = &l->rb->md.v[i];
        struct sv rest = n->text, line;

        if (!rb024_speaks(n->kind) || n->line >= head)
            continue;
        for (size_t at = n->line; sv_next_line(&rest, &line); at++) {
            if (!rb024_may(line))
                continue;
            past = past ? past : regex_must(rb024_pattern, REGEX_NOCASE);
            if (regex_has(past, line)) {
                lint_add(l, rule, at, line, "the document says that it does not hold any more");
                return; /* once is enough */
            }
        }
    }
}

const struct lint_rule lint_rb024 = {
    .id = "RB024",
    .severity = LINT_WARNING,
    .title = "a document that says that it does not hold",
    .why = "Somebody finds it at night by its name, follows it to the end, and reads the word "
           "'archived' afterwards.",
    .mend = "delete it (the version control keeps it), or take the notice out when it holds again",
    .check = rb024_check,
};
