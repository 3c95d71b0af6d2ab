/*
 * Alembic: versions/NAME.py, of which `revision` and `down_revision` are read as literals; the program is never run.
 * The order is that of `alembic history`: from the heads down, a branch followed until it meets another.
 */
#include "base/sv.h"
#include "migrate/format.h"
#include "migrate/pattern.h"

static enum err_code alembic_read(const struct format_file *f, struct migrations *ret,
                                  struct err *err)
{
    struct sv text = f->text.text, list;
    struct regex_match rev[2], down[2], one[2];
    struct migration *m;

    if (!pattern_find(FORMAT_ALEMBIC_REVISION, REGEX_MULTI, text, 0, rev, 2))
        return sqltext_fail(err, &f->text, 0, "FMT003", "no \"revision = '...'\"");
    m = format_add(&format_alembic, f, ret);
    m->version = sv_sub(text, rev[1].from, rev[1].to);
    m->code = true;
    if (!pattern_find("^down_revision" FORMAT_ALEMBIC_VALUE
                      "(None|\\([^)]*\\)|\\[[^\\]]*\\]|['\"][^'\"\\n]*['\"])",
                      REGEX_MULTI, text, 0, down, 2))
        return sqltext_fail(err, &f->text, rev[0].from, "FMT003",
                            "down_revision is no literal: a text, a tuple of them, or None");
    list = sv_sub(text, down[1].from, down[1].to);
    for (size_t at = 0; m->n_requires < ARRAY_LEN(m->requires) &&
                        pattern_find("['\"]([^'\"\\n]+)['\"]", 0, list, at, one, 2);
         at = one[0].to) {
        m->requires[m->n_requires++] = sv_sub(list, one[1].from, one[1].to);
    }
    return ERR_OK;
}

static const struct format_rule alembic_rules[] = {
    {.pattern = "^([^_.].*)\\.py$", .name = 1},
    {.pattern = NULL},
};

const struct format format_alembic = {
    .name = "alembic",
    .files = "versions/NAME.py",
    .rules = alembic_rules,
    .planned = true,
    .read = alembic_read,
};
