/*
 * Any bytes as a file of migrations: each finding has a place in the file, a message and a rule, they are in order, a rule
 * speaks of a statement once, and the same bytes give the same findings.  Rows of an INSERT are blanked out, or stay.
 */
#include "fuzz.h"

#include <string.h>

#include "base/sv.h"
#include "base/text.h"
#include "migrate/sqllint.h"
#include "migrate/sqlthin.h"

static size_t count_lines(struct sv text)
{
    size_t n = 1;

    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == '\n' || text.p[i] == '\r';
    return n;
}

static void check_findings(const struct sqllint *l, size_t lines)
{
    for (size_t i = 0; i < l->findings.n; i++) {
        const struct sqllint_finding *f = &l->findings.v[i], *before = f - (i > 0);

        MUST(f->rule >= sqllint_rules && f->rule < sqllint_rules + SQLLINT__N);
        MUST(f->line > 0 && f->line <= f->end_line && f->column > 0);
        MUST(f->end_line <= lines);
        MUST(f->message.n > 0 && text_bad_utf8(f->message) == SV_NPOS);
        MUST(before->line < f->line || (before->line == f->line && before->rule <= f->rule));
        MUST(f->grade <= l->grade || f->grade == SQLLINT_A);
    }
}

/* Each byte is what it was, or a blank; what is left has nothing more to lose. */
static void check_thin(struct sv text)
{
    CLEANUP(mem_freep) char *left = xstrdup_sv(text);
    size_t gone = sqlthin(left, text.n);

    for (size_t i = 0; i < text.n; i++)
        MUST(left[i] == text.p[i] || (gone && left[i] == ' '));
    MUST(sqlthin(left, text.n) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum sqllint_for who[] = {SQLLINT_FOR_FILE, SQLLINT_FOR_PRUSIK, SQLLINT_FOR_PLAIN};
    struct sv text = {(const char *)data, size};
    size_t lines = count_lines(text);

    check_thin(text);
    for (size_t i = 0; i < 2 * ARRAY_LEN(who); i++) {
        const struct sqllint_ask ask = {.db = i & 1 ? DB_SQLITE : DB_POSTGRES, .who = who[i / 2]};
        CLEANUP(sqllint_release) struct sqllint l = {0}, again = {0};

        sqllint_file(SV("1_x.sql"), text, &ask, &l);
        check_findings(&l, lines);
        sqllint_file(SV("1_x.sql"), text, &ask, &again);
        MUST(l.findings.n == again.findings.n && l.n_statements == again.n_statements);
        for (size_t k = 0; k < l.findings.n; k++)
            MUST(l.findings.v[k].rule == again.findings.v[k].rule &&
                 l.findings.v[k].line == again.findings.v[k].line &&
                 sv_eq(l.findings.v[k].message, again.findings.v[k].message));
    }
    if (text_bad_utf8(text) == SV_NPOS) {
        for (size_t db = 0; db < 2; db++) {
            CLEANUP(sqllint_release) struct sqllint l = {0};

            sqllint_text(text, 10, db ? DB_POSTGRES : DB_SQLITE, &l);
            for (size_t k = 0; k < l.findings.n; k++)
                MUST(l.findings.v[k].line >= 10);
        }
    }
    return 0;
}
