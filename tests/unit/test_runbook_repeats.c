/* runbook/repeats: "Same as step 3" on the way back is done where step 3 is. */
#include "runbook_read.h"

#define SH(code) "\n```bash\n" code "\n```\n\n"
#define FORWARD                                                                                                                \
    "# Web\n\n## Deployment\n\n### Step 1: Stop\n" SH("ssh deploy@web1\nsystemctl stop app\nexit") "### Step 2: Upgrade\n" SH( \
        "alembic upgrade head") "### Step 3: Start\n" SH("ssh deploy@web1\nsystemctl start app\nexit") "### Step 4: Both\n" SH("ssh web1\nsystemctl reload a\nexit\nssh web2\nsystemctl reload b\nexit")

/* The hosts of the commands of the way back, "-" for here. */
static void want(const char *back, const char *hosts)
{
    CLEANUP(strbuf_release) struct strbuf md = STRBUF(0), got = STRBUF(0);
    struct reading r;

    strbuf_addf(&md, "%s## Rollback\n\n%s", FORWARD, back);
    (void)read_text(&r, strbuf_str(&md));
    for (size_t i = 0; i < r.rb.n_steps; i++) {
        const struct rb_step *s = &r.rb.steps[i];

        if (s->part != RB_NONE && r.rb.parts[s->part].role == ROLE_ROLLBACK &&
            s->kind == STEP_SHELL)
            strbuf_addf(&got, "%s%.*s", got.n ? " " : "", SV_FMT(s->host.n ? s->host : SV("-")));
    }
    if (strcmp(strbuf_str(&got), hosts) != 0)
        T_FAIL("'%s' is done on '%s', not '%s'", back, strbuf_str(&got), hosts);
    reading_done(&r);
}

T(a_command_that_is_said_to_be_that_of_a_step_is_done_where_that_one_is)
{
    want("### Step 1: Start\n\nSame as step 3:\n" SH("systemctl start app"), "deploy@web1");
    want("### Step 1: Start (same as step 3)\n" SH("systemctl start app\nsystemctl status app"),
         "deploy@web1 deploy@web1");
    want("### Step 1\n" SH("# Same as Step 3.\nsystemctl start app\n# here\ntrue"),
         "deploy@web1 -");
    want("### Step 1\n" SH("systemctl start app # as in step 3"), "deploy@web1");
    want("### Step 1\n\nRepeat step 4.\n" SH("systemctl reload b"), "web2"); /* the same command */
}

T(what_does_not_say_so_or_of_no_single_place_stays_where_it_is)
{
    want("### Step 1\n" SH("systemctl start app"), "-");
    want("### Step 1\n\nSame as step 2:\n" SH("alembic upgrade head"), "-"); /* that is here */
    want("### Step 1\n\nSame as step 4:\n" SH("systemctl reload all"), "-"); /* web1 or web2 */
    want("### Step 1\n\nSame as step 9:\n" SH("systemctl start app"), "-");
    want("### Step 1\n\nSame as step 3:\n" SH("ssh web9\nsystemctl start app\nexit"), "web9");
    want("### Step 1\n\nSame as step 3:\n" SH("systemctl start app") "### Step 2\n" SH("true"),
         "deploy@web1 -");
}

T_MAIN(T_CASE(a_command_that_is_said_to_be_that_of_a_step_is_done_where_that_one_is),
       T_CASE(what_does_not_say_so_or_of_no_single_place_stays_where_it_is))
