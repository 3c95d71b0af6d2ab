#include "base/sv.h"
#include "lint/lint.h"

/* UTF-8 that was read as Windows-1252 and written as UTF-8 again: the usual beginnings. */
static bool rb003_is_garbled(struct sv line, struct sv *where)
{
    static const struct sv marks[] = {
        SV("\xc3\xa2\xe2\x80\x9e"), /* the lead of arrows and dashes */
        SV("\xc3\xa2\xe2\x82\xac"), SV("\xc3\xa2\xe2\x80\xa0"),
        SV("\xc3\xa2\xc5\x93"),     SV("\xc3\xb0\xc5\xb8"), /* the lead of emoji */
        SV("\xc3\x83\xc2\xa9"),     SV("\xc3\x83\xc2\xbc"),
        SV("\xc3\x83\xc2\xa4"),     SV("\xc3\x83\xc2\xb6"),
    };

    for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
        size_t at = sv_find(line, marks[i], 0);

        if (at != SV_NPOS) {
            *where = sv_sub(line, at, at + marks[i].n);
            return true;
        }
    }
    return false;
}

static void rb003_check(struct lint *l, const struct lint_rule *rule)
{
    for (size_t n = 1; n <= l->rb->doc->n_lines; n++) {
        struct sv where;

        if (rb003_is_garbled(document_line(l->rb->doc, n), &where))
            lint_add(l, rule, n, where, "characters that were encoded twice");
    }
}

const struct lint_rule lint_rb003 = {
    .id = "RB003",
    .severity = LINT_WARNING,
    .title = "characters that were encoded twice",
    .why = "The symbols that readers look for are gone; what is decided by a red circle must also "
           "be said in a word.",
    .mend =
        "restore the file from before it was saved as Windows-1252, or type the characters again",
    .check = rb003_check,
};
