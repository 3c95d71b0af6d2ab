/*
 * yoyo: NAME.sql and NAME.rollback.sql; leading comments "-- depends: a b" and "-- transactional: false".  The
 * whole name is the id; ids are ordered by what they depend on, then by name.
 */
#include "base/sv.h"
#include "migrate/format.h"
#include "migrate/lines.h"

static void yoyo_depends(struct sv list, struct migration *m)
{
    struct sv one;

    while (sv_next_word(&list, &one) && m->n_requires < ARRAY_LEN(m->requires))
    m->requires[m->n_requires++] = one;
}

static bool yoyo_is(struct sv text)
{
    struct lines lines = {.text = text};
    struct lines_line l;
    struct sv rest;

    while (lines_next(&lines, &l) && lines_comment(l.text, &rest))
        if (sv_starts(rest, SV("depends:")) || sv_starts(rest, SV("transactional:")))
            return true;
    return false;
}

static enum err_code yoyo_read(const struct format_file *f, struct migrations *ret, struct err *err)
{
    bool down = f->name.direction == FORMAT_DOWN, tx = true;
    struct migration *m = format_add(&format_yoyo, f, ret);
    struct lines lines = {.text = f->text.text};
    struct lines_line l;
    struct sv rest;

    while (lines_next(&lines, &l) && lines_comment(l.text, &rest)) {
        if (sv_eat(&rest, SV("depends:")))
            yoyo_depends(rest, m);
        else if (sv_eat(&rest, SV("transactional:")))
            tx = !sv_eq_nocase(sv_trim(rest), SV("false"));
    }
    m->name = m->version;
    (void)format_add_part(ret, down ? MIGRATION_DOWN : MIGRATION_UP, tx);
    return format_add_text(f, 0, f->text.text.n, ret, err);
}

static const struct format_rule yoyo_rules[] = {
    {.pattern = "^(.+)\\.rollback\\.sql$", .version = 1, .direction = FORMAT_DOWN},
    {.pattern = "^(.+)\\.sql$", .version = 1, .direction = FORMAT_UP},
    {.pattern = "^([^_].*)\\.py$", .version = 1, .code = true},
    {.pattern = NULL},
};

const struct format format_yoyo = {
    .name = "yoyo",
    .files = "0001.name.sql and 0001.name.rollback.sql",
    .rules = yoyo_rules,
    .runs = true,
    .is = yoyo_is,
    .read = yoyo_read,
};
