#include "base/sv.h"
#include "lint/lint_util.h"

static bool rb150_is_secret(struct sv text)
{
    static const struct sv words[] = {SV("SECRET"),       SV("PASSWORD"),  SV("PASSWD"),
                                      SV("TOKEN"),        SV("API_KEY"),   SV("PRIVATE_KEY"),
                                      SV("DATABASE_URL"), SV("CREDENTIAL")};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (sv_has(text, words[i]))
            return true;
    return false;
}

/* echo "$DB_PASSWORD": the value of a variable that is called so. */
static bool rb150_shows(const struct lint_cmd *c)
{
    for (size_t i = 1; i < c->run.n_words; i++)
        if (sv_has(c->run.words[i].raw, SV("$")) && rb150_is_secret(c->run.words[i].raw))
            return true;
    return false;
}

static bool rb150_quiet(const struct lint *l, const struct lint_cmd *c)
{
    for (const struct lint_cmd *to = c; to; to = lint_pipe_to(l, to))
        if ((sv_ends(to->program, SV("grep")) &&
             (lint_has_flag(to, 'q') || lint_has_flag(to, 'c'))) ||
            sv_eq(to->program, SV("wc")) || sv_eq(to->program, SV("cut")) ||
            sv_eq(to->program, SV("sha256sum")))
            return true;
    return lint_redirect(c, ">") != NULL;
}

static void rb150_check(struct lint *l, const struct lint_rule *rule)
{
    LINT_EACH_CMD (l, c) {
        bool env = sv_eq(c->program, SV("env")) || sv_eq(c->program, SV("printenv"));
        bool echo = sv_eq(c->program, SV("echo")) && !c->whole->piped_out && rb150_shows(c);
        bool file = sv_eq(c->program, SV("cat")) && lint_last_operand(c) &&
                    (sv_ends(lint_last_operand(c)->raw, SV(".env")) ||
                     sv_has(lint_last_operand(c)->raw, SV(".env.")) ||
                     sv_ends(lint_last_operand(c)->raw, SV(".pem")));

        if (!rb150_quiet(l, c) &&
            ((env && (c->run.n_words == 1 ? !c->whole->piped_out || rb150_is_secret(c->item->text)
                                          : rb150_is_secret(c->item->text))) ||
             echo || file))
            lint_add(l, rule, c->line, lint_first(c), "this prints values that are secret");
    }
}

const struct lint_rule lint_rb150 = {
    .id = "RB150",
    .severity = LINT_WARNING,
    .title = "a secret on the screen",
    .why = "What is printed stays in scrollback, recordings, tickets and logs.",
    .mend = "test that it is set without printing it: test -n \"$JWT_SECRET\"",
    .check = rb150_check,
};
