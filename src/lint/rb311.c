#include "base/sv.h"
#include "lint/lint_util.h"

/* What the copy is called, up to the part that changes: "~/app_backup_" of ~/app_backup_$(date +%s) */
static struct sv rb311_stem(struct sv name)
{
    size_t n = 0;

    while (n < name.n && name.p[n] != '$' && name.p[n] != '`' && name.p[n] != '<' &&
           name.p[n] != '*')
        n++;
    name = sv_sub(name, 0, n);
    while (sv_find_byte(name, '/', 0) != SV_NPOS)
        name = sv_sub(name, sv_find_byte(name, '/', 0) + 1, name.n);
    return name;
}

static struct sv rb311_name(const struct lint_cmd *c)
{
    const struct shell_redirect *out = lint_redirect(c, ">");
    struct sv file = lint_option(c, "-f");
    const struct shell_word *last = lint_last_operand(c);

    if (out)
        return lint_word_text(&out->target);
    if (file.n)
        return file;
    return sv_eq(c->program, SV("cp")) && last ? lint_word_text(last) : (struct sv){NULL, 0};
}

static void rb311_check(struct lint *l, const struct lint_rule *rule)
{
    VEC(const struct lint_cmd *) back = {0};
    size_t compared = 0;

    LINT_EACH_CMD (l, c)
        if (c->role == ROLE_ROLLBACK)
            *vec_add(&back) = c;
    LINT_EACH_CMD (l, c) {
        struct sv stem = c->block && (c->acts & ACT_BACKUP) && c->role != ROLE_ROLLBACK
                             ? rb311_stem(rb311_name(c))
                             : (struct sv){NULL, 0};
        bool used = false;

        if (stem.n < 4 || !back.n || ++compared > LINT_COMPARED)
            continue;
        for (size_t i = 0; i < back.n && !used; i++)
            used = sv_has(back.v[i]->item->text, stem);
        if (!used)
            lint_add(l, rule, c->line, stem, "no rollback step names %.*s", SV_FMT(stem));
    }
    vec_release(&back);
}

const struct lint_rule lint_rb311 = {
    .id = "RB311",
    .severity = LINT_INFO,
    .title = "a copy that no rollback uses",
    .why = "Nobody has said how it is put back, so nobody has tried.",
    .mend = "add the restore to the rollback section, or leave the copy out",
    .check = rb311_check,
};
