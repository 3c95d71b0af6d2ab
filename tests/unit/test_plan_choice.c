/* plan/make: what is chosen, and what becomes of the commands that are. */
#include "base/strbuf.h"
#include "test_plan_util.h"

#define FENCE    "```"
#define SH(code) "\n" FENCE "bash\n" code "\n" FENCE "\n\n"
#define DEPLOY   "# Web\n\n## Deployment\n"
#define BOUND    "environment: test\n"

#define WAYS \
    SH("cd /srv\n# Via Flask\nflask db upgrade\nflask db current\n\n# Via Alembic (alternative)\nalembic upgrade head")

T(no_to_all_ways_is_an_answer)
{
    struct world w;

    world_make(&w, DEPLOY WAYS, BOUND "choices: {'2': no, '4': no}\n");
    T_EQ(count_questions(&w, "choice"), 0);
    for (size_t i = 0; i < w.plan.n_steps; i++)
        T_EQ(w.plan.steps[i].skip.n > 0, i > 0);
    world_end(&w);
}

/* What is left out asks nothing, neither what is chosen in it nor which of its ways is gone. */
T(what_lies_in_a_part_that_is_left_out_is_no_choice)
{
    static const char md[] =
        "# Web\n\n## Deployment\n\n### Cache (if needed)\n\n" SH("ls\n# Clear it (if full)\nrm x")
            WAYS;
    struct world w;

    world_make(&w, md, BOUND);
    T_EQ(count_questions(&w, "choice"), 3);
    world_end(&w);
    world_make(&w, md, BOUND "choices: {cache: no}\n");
    T_EQ(count_questions(&w, "choice"), 0);
    world_end(&w);
    world_make(&w, md, BOUND "steps: {cache: {skip: it is empty}}\n");
    T_EQ(count_questions(&w, "choice"), 0);
    world_end(&w);
    world_make(&w, md, BOUND "choices: {cache: yes}\nsteps: {cache/2: {skip: it is empty}}\n");
    T_EQ(count_questions(&w, "choice"), 1);
    T_CHECK(sv_has(find_question(&w, "choice", 0)->text, SV("one of 2 ways")));
    world_end(&w);
}

/* A name with a star is that of the file which this run has made, where one file is meant. */
T(a_star_is_the_date_of_the_file_that_the_run_makes)
{
#define HOSTS BOUND "hosts: {web1: {}}\n"
#define DATED "{\"date\":\"+%F\"}"
    static const struct {
        const char *make, *use, *want;
    } rows[] = {
        {"pg_dump shop > b/shop_$(date +%F).sql", "psql test < b/shop_*.sql",
         "[\"psql test < b/shop_\"," DATED ",\".sql\"]"},
        {"pg_dump -Fc -f shop_$(date +%F).dump shop", "pg_restore -d test shop_*.dump | tail",
         "[\"pg_restore -d test shop_\"," DATED ",\".dump | tail\"]"},
        {"pg_dump shop > b/shop_$(date +%F).sql", "sudo cp b/shop_*.sql /mnt",
         "[\"sudo cp b/shop_\"," DATED ",\".sql /mnt\"]"},
        {"mkdir a/of_$(date +%F)", "cp x a/of_*/", "[\"cp x a/of_\"," DATED ",\"/\"]"},
        {"mkdir \"a/of_$(date +%F)\"", "cp x a/of_*/y", "[\"cp x a/of_\"," DATED ",\"/y\"]"},
        {"pg_dump shop > b/shop_$(date +%F).sql", "rm b/shop_*.sql", "[\"rm b/shop_*.sql\"]"},
        {"pg_dump shop > b/shop_$(date +%F).sql", "ls -t b/shop_*.sql", "[\"ls -t b/shop_*.sql\"]"},
        {"pg_dump shop > b/shop_$(date +%F).sql", "psql test < b/shop_*",
         "[\"psql test < b/shop_*\"]"}, /* it would be another name */
        {"pg_dump shop > b/shop_$(date +%F).sql", "cp 'b/shop_*.sql' x",
         "[\"cp 'b/shop_*.sql' x\"]"},
        {"pg_dump shop > b/shop_$(date +%F).sql", "cp \"b/shop_*.sql\" x",
         "[\"cp \\\"b/shop_*.sql\\\" x\"]"},
        {"pg_dump shop > b/shop_$(date +%F).sql", "if true; then cp b/shop_*.sql x; fi",
         "[\"if true; then cp b/shop_*.sql x; fi\"]"},
        {"pg_dump shop > b/shop_$(date +%F).sql\nssh web1", "cp b/shop_*.sql x",
         "[\"cp b/shop_*.sql x\"]"}, /* on another machine */
        {"# If needed\npg_dump shop > b/shop_$(date +%F).sql\n", "cp b/shop_*.sql x",
         "[\"cp b/shop_*.sql x\"]"}, /* which may not be made */
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf md = STRBUF(0);
        const json_t *steps;
        struct world w;
        char *text;

        strbuf_addf(&md, DEPLOY SH("%s\n%s"), rows[i].make, rows[i].use);
        world_make(&w, strbuf_str(&md),
                   i + 1 < ARRAY_LEN(rows) ? HOSTS : HOSTS "choices: {'1': no}\n");
        steps = json_object_get(w.json, "steps");
        text = json_dumps(
            json_object_get(
                json_object_get(json_array_get(steps, json_array_size(steps) - 1), "action"),
                "command"),
            JSON_COMPACT);
        if (!text || strcmp(text, rows[i].want) != 0)
            T_FAIL("%s", text ? text : "no command");
        free(text);
        world_end(&w);
    }
#undef DATED
#undef HOSTS
}

/* What is carried out by a shell, and is one request whose status nobody else prints. */
T(a_lone_curl_in_a_shell_is_made_to_say_its_status)
{
    static const struct {
        const char *command;
        bool asks;
    } rows[] = {
        {"curl http://x/", true},
        {"curl -sS -k https://x/", true},
        {"curl -u me:x http://x/", true},
        {"curl -o page --retry 3 http://x/", true},
        {"curl http://x/\n# Expected: \"ok\"", true},
        {"curl -k http://x/\n# Expected: \"no entry\"", false},
        {"curl -s -o /dev/null -w '%{http_code}' http://x/", false},
        {"curl -sw '%{http_code}' http://x/", false},
        {"curl --write-out x http://x/", false},
        {"curl http://x/ --next http://y/", false},
        {"curl --parallel http://x/ http://y/", false},
        {"curl -Z http://x/ http://y/", false},
        {"curl http://x/ -: http://y/", false},
        {"curl --config=all", false},
        {"curl -K all", false},
        {"curl -k http://x/ > page", false},
        {"curl -k http://x/ | jq .", false},
        {"curl -k http://x/ &", false},
        {"curl -d @- http://x/ << END\na\nEND", false},
        {"curls -k http://x/", false},
        {"sudo curl -k http://x/", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf md = STRBUF(0);
        const json_t *step;
        struct world w;

        strbuf_addf(&md, DEPLOY SH("ssh web1\n%s"), rows[i].command);
        world_make(&w, strbuf_str(&md), BOUND "hosts: {web1: {}}\n");
        step = json_array_get(json_object_get(w.json, "steps"), 0);
        if (json_get_bool(json_object_get(step, "action"), "asks_status", false) != rows[i].asks)
            T_FAIL("'%s' is%s asked", rows[i].command, rows[i].asks ? " not" : "");
        world_end(&w);
    }
}

T_MAIN(T_CASE(no_to_all_ways_is_an_answer),
       T_CASE(what_lies_in_a_part_that_is_left_out_is_no_choice),
       T_CASE(a_star_is_the_date_of_the_file_that_the_run_makes),
       T_CASE(a_lone_curl_in_a_shell_is_made_to_say_its_status))
