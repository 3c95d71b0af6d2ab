/* What is done in a case only: said above a block, in a comment, at the end of a title. */
#include "base/strbuf.h"
#include "base/sv.h"
#include "runbook_want.h"

/* The first step that this text has below a heading that acts. */
static void want_condition(const char *heading, const char *text, const char *want)
{
    CLEANUP(strbuf_release) struct strbuf md = STRBUF(0);
    CLEANUP(reading_done) struct reading r = {0};
    const struct rb_step *s;
    struct sv got;

    strbuf_addf(&md, "# R\n## %s\n\n%s", heading, text);
    read_text(&r, strbuf_str(&md));
    if (!r.rb.n_steps)
        T_FAIL("'%s' has no step", text);
    s = &r.rb.steps[r.rb.n_steps - 1];
    got = s->condition.n || s->part == RB_NONE ? s->condition : r.rb.parts[s->part].condition;
    if (!sv_eq(got, sv_from(want)))
        T_FAIL("'%s' is done '%.*s' and should be '%s'", text, SV_FMT(got), want);
}

T(what_introduces_a_block_says_when_it_is_done)
{
    static const struct {
        const char *label, *want;
    } rows[] = {
        {"In case of failure:", "In case of failure"},
        {"Otherwise:", "Otherwise"},
        {"As a last resort:", "As a last resort"},
        {"On error, run:", "On error"},
        {"To abort the migration:", "To abort the migration"},
        {"You can also drop the cache:", "You can also drop the cache"},
        {"Should the migration fail, restore the dump:", "Should the migration fail"},
        {"新しいマイグレーションがある場合：", "新しいマイグレーションがある場合"},
        {"如果有新的迁移：", "如果有新的迁移"},
        {"En cas d'échec, vider la base :", "En cas d'échec"},
        {"S'il y a des migrations :", "S'il y a des migrations"},
        {"En caso de error, borrar:", "En caso de error"},
        {"Bei Problemen den Cache leeren:", "Bei Problemen den Cache leeren"},
        {"For example:", "For example"},
        {"For staging only, run:", "For staging only, run"},
        {"Now run:", ""},
        {"Should show 0 afterwards:", ""},
        {"You can now start it:", ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

        strbuf_addf(&text, "```bash\n./a\n```\n\n%s\n" SH("./b"), rows[i].label);
        want_condition("Deployment", strbuf_str(&text), rows[i].want);
    }
}

T(a_comment_ends_with_when_it_is_done)
{
    static const struct {
        const char *comment, *want;
    } rows[] = {
        {"2. Full deployment if the canary is healthy", "if the canary is healthy"},
        {"Restart the bots if needed", "if needed"},
        {"Only in case of errors", "Only in case of errors"},
        {"DEPRECATED, use ./new.sh", "DEPRECATED"},
        {"Check if the service is up", ""},
        {"Should be empty if all went well", ""},
        {"Stop the workers", ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

        strbuf_addf(&text, "```bash\n./a\n\n# %s\n./b\n```\n", rows[i].comment);
        want_condition("Deployment", strbuf_str(&text), rows[i].want);
    }
}

T_MAIN(T_CASE(what_introduces_a_block_says_when_it_is_done),
       T_CASE(a_comment_ends_with_when_it_is_done))
