/* runbook/often: what is done again and again is no part of this run unless somebody says so. */
#include "runbook_want.h"

#define DEPLOY "# R\n## Deploy\n" SH("./a")

T(a_title_says_how_often)
{
    static const struct {
        const char *title, *want;
    } rows[] = {
        {"Clean up (every 2nd Friday)", "as planned: every 2nd Friday"},
        {"Drift (weekly)", "as planned: weekly"},
        {"Weekly maintenance", "as planned: Weekly maintenance"},
        {"Every month", "as planned: Every month"},
        {"Chaque semaine", "as planned: Chaque semaine"},
        {"Jeden Montag", "as planned: Jeden Montag"},
        {"Cada 3 meses", "as planned: Cada 3 meses"},
        {"毎週", "as planned: 毎週"},
        {"每月", "as planned: 每月"},
        {"Ежемесячно", "as planned: Ежемесячно"},
        {"Weekly release", ""},
        {"Daily build", ""},
        {"Every node", ""},
        {"Everything else", ""},
        {"Clean up (2 min)", ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0), want = STRBUF(0);

        strbuf_addf(&text, DEPLOY "## %s\n" SH("./b"), rows[i].title);
        strbuf_addf(&want, "deploy ./a|deploy ./b%s%s", *rows[i].want ? " ?" : "", rows[i].want);
        want_steps(strbuf_str(&text), strbuf_str(&want));
    }
}

T(an_item_begins_with_how_often)
{
    want_steps(
        "# R\n## Deploy\n- [ ] weekly: `rm /a`\n- [ ] monthly – free space\n- [ ] every night it is green\n",
        "deploy rm /a ?as planned: weekly|deploy [monthly – free space] ?as planned: monthly|deploy [every night it is green]");
}

T(what_stands_below_a_heading_says_how_often)
{
    want_steps(DEPLOY "## Rotate the shares\nYearly, or when somebody leaves.\n" SH("./b"),
               "deploy ./a|deploy ./b ?as planned: Yearly, or when somebody leaves");
    want_steps(DEPLOY "## Rotate the shares\nTous les deux ans.\n" SH("./b"),
               "deploy ./a|deploy ./b");
    want_steps(DEPLOY "## Rotate the shares\nEvery day is a good day to deploy.\n" SH("./b"),
               "deploy ./a|deploy ./b");
    want_steps(DEPLOY "## Rotate the shares\nIt is old.\n\nYearly.\n" SH("./b"),
               "deploy ./a|deploy ./b");
    want_steps("# R\nEvery Monday.\n" SH("./b"), "deploy ./b"); /* the document */
    want_steps(DEPLOY "## Rollback\nEvery week.\n" SH("./b"), "deploy ./a|rollback ./b");
}

T(a_column_says_how_often)
{
#define TABLE(head, cell) \
    DEPLOY "## Work\n| Task | " head " | Command |\n|--|--|--|\n| Do it | " cell " | `rm /x` |\n"
    want_steps(TABLE("Frequency", "once a month"),
               "deploy ./a|deploy rm /x ?as planned: once a month");
    want_steps(TABLE("When", "Every Sunday"), "deploy ./a|deploy rm /x ?as planned: Every Sunday");
    want_steps(TABLE("When", "if it is full"), "deploy ./a|deploy rm /x ?if it is full");
    want_steps(TABLE("When", "2 weeks after"), "deploy ./a|deploy rm /x ?2 weeks after");
    want_steps(TABLE("周期", "每周一"), "deploy ./a|deploy rm /x ?as planned: 每周一");
    want_steps(TABLE("Frecuencia", "Cada lunes"),
               "deploy ./a|deploy rm /x ?as planned: Cada lunes");
    want_steps(TABLE("Frequency", "every release"), "deploy ./a|deploy rm /x");
    want_steps(TABLE("Frequency", "-"), "deploy ./a|deploy rm /x");
    want_steps(TABLE("When", "on the day"), "deploy ./a|deploy rm /x");
    want_steps(TABLE("Owner", "Every Sunday"), "deploy ./a|deploy rm /x");
}

T_MAIN(T_CASE(a_title_says_how_often), T_CASE(an_item_begins_with_how_often),
       T_CASE(what_stands_below_a_heading_says_how_often), T_CASE(a_column_says_how_often))
