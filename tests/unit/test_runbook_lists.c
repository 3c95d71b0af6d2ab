/* Lists that people number as CommonMark does not. */
#include "runbook_want.h"

#define DEPLOY "# R\n## Deploy\n"

/* The numbers and titles of the items, joined by '|'. */
static void want_items(const char *text, const char *want)
{
    CLEANUP(strbuf_release) struct strbuf got = STRBUF(0);
    CLEANUP(reading_done) struct reading r;

    read_text(&r, text);
    for (size_t i = 0; i < r.rb.n_parts; i++)
        if (r.rb.parts[i].kind == PART_ITEM)
            strbuf_addf(&got, "%s%zu:%.*s %.*s", got.n ? "|" : "", r.rb.parts[i].line,
                        SV_FMT(r.rb.parts[i].number), SV_FMT(r.rb.parts[i].title));
    want_given(text, &got, want);
}

T(numbers_in_parentheses_are_steps)
{
    want_steps(
        DEPLOY "(1) Stop it: `systemctl stop app`\n(2) Back up the database\n"
               "(3) Start it: `systemctl start app`\n",
        "deploy systemctl stop app|deploy [Back up the database]|deploy systemctl start app");
    want_items(DEPLOY "(1) Stop\n\n(2) Start\n", "3:1 Stop|5:2 Start");
    want_items(DEPLOY
               "(1) a\n(2) b\n(3) c\n(4) d\n(5) e\n(6) f\n(7) g\n(8) h\n(9) i\n(10) j\n(11) k\n",
               "3:1 a|4:2 b|5:3 c|6:4 d|7:5 e|8:6 f|9:7 g|10:8 h|11:9 i|12:10 j|13:11 k");
}

T(letters_and_slashes_are_steps)
{
    want_items(DEPLOY "a) Stop\nb) Start\n", "3:1 Stop|4:2 Start");
    want_items(DEPLOY "c. no\na) A\nb) B\nc) C\nd) D\ne) E\n", "4:1 A|5:2 B|6:3 C|7:4 D|8:5 E");
    want_items(DEPLOY "(a) Stop\n(b) Start\n", "3:1 Stop|4:2 Start");
    want_items(DEPLOY "A) Stop\nB) Start\n", "3:1 Stop|4:2 Start");
    want_items(DEPLOY "a. Stop\nb. Start\n", "3:1 Stop|4:2 Start");
    want_items(DEPLOY "1/ Arrêter\n2/ Démarrer\n", "3:1 Arrêter|4:2 Démarrer");
    want_steps(DEPLOY "1. Switch over:\n   a) run `./a --now`\n   b) run `./b --now`\n2. Look\n",
               "deploy ./a --now|deploy ./b --now|deploy [Look]");
}

T(east_asian_numbers_are_steps)
{
    want_items(DEPLOY "①停止\n②起動\n", "3:1 停止|4:2 起動");
    want_items(DEPLOY "（1）停止\n（2）起動\n", "3:1 停止|4:2 起動");
    want_items(DEPLOY "１．停止\n２．起動\n", "3:1 停止|4:2 起動");
    want_items(DEPLOY "1、停止\n2、起動\n", "3:1 停止|4:2 起動");
    want_items(DEPLOY "1.停止\n2.起動\n", "3:1 停止|4:2 起動");
}

T(commands_between_such_items_belong_to_them)
{
    want_steps(DEPLOY "(1) Stop it\n" SH("systemctl stop app") "\n(2) Start it\n" SH(
                   "systemctl start app"),
               "deploy systemctl stop app|deploy systemctl start app");
}

T(what_only_begins_like_a_number_is_no_list)
{
    want_items(DEPLOY "(1) see the note\n\nText.\n", "");
    want_items(DEPLOY "(2) x\n(3) y\n", "");
    want_items(DEPLOY "(1) x\n# Other\n(2) y\n", "");
    want_items(DEPLOY "(1) x\n  (2) y\n", "");
    want_items(DEPLOY "1.5 is the version\n2.5 is the next\n", "");
    want_items(DEPLOY "A. Smith\nB. Jones\n", "");
    want_items(DEPLOY "1/2 of all\n2/2 of all\n", "");
    want_items(DEPLOY "a.b is it\nb.c is it\n", "");
    want_items(DEPLOY "(1)\n(2)\n", "");
    want_items(DEPLOY "Text.\n\n    (1) x\n    (2) y\n", "");
    want_items(DEPLOY "```text\n(1) x\n(2) y\n```\n", "");
    want_items(DEPLOY "⑴ x\n⑵ y\n", "");
    want_items(DEPLOY "（1. x\n（2. y\n", "");
}

T_MAIN(T_CASE(numbers_in_parentheses_are_steps), T_CASE(letters_and_slashes_are_steps),
       T_CASE(east_asian_numbers_are_steps), T_CASE(commands_between_such_items_belong_to_them),
       T_CASE(what_only_begins_like_a_number_is_no_list))
