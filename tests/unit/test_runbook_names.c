/* names: what a person's reference to a part or step means. */
#include "runbook/names.h"

#include "runbook_read.h"

static const char *const text = "## Deployment\n### 1.1 Stop\n```sh\nls\npwd\n```\n"
                                "## Rollback\n### 1.1 Start\n```sh\nls\n```\n";

static void names_done(struct names *names)
{
    names_release(names);
}

#define NAMES(r, names)                           \
    CLEANUP(reading_done) struct reading r;       \
    CLEANUP(names_done) struct names names = {0}; \
    read_text(&(r), text);                        \
    names_init(&(names), &(r).rb)

T(the_end_of_an_id_is_enough_when_only_one_ends_so)
{
    NAMES(r, names);

    T_EQ(names_part(&names, SV("rollback/1.1")), 3);
    T_EQ(names_step(&names, SV("1.1/2")), 1);
    T_EQ(names_step(&names, SV("deployment/1.1/1")), 0);
    T_EQ(names_part(&names, SV("1.1")), RB_NONE); /* there are two */
    T_EQ(names_step(&names, SV("1.1/1")), RB_NONE);
    T_EQ(names_step(&names, SV("9")), RB_NONE);
    T_EQ(names_step(&names, SV("")), RB_NONE);
    T_EQ(names_part(&names, SV("back")), RB_NONE); /* not from a '/' on */
}

T(what_means_nothing_has_a_nearest_id)
{
    NAMES(r, names);

    T_CHECK(sv_ends(names_nearest(&names, SV("1.1")), SV("/1.1")));
    T_SV(names_nearest(&names, SV("rolback")), "rollback");
    T_EQ(names_nearest(&names, SV("something else entirely")).n, 0);
}

T(the_shortest_reference_means_what_it_is_for)
{
    NAMES(r, names);

    T_SV(names_short(&names, SV("deployment/1.1/2")), "2");
    T_SV(names_short(&names, SV("deployment/1.1/1")),
         "deployment/1.1/1"); /* rollback has 1.1/1 too */
    T_SV(names_short(&names, SV("rollback")), "rollback");
    for (size_t i = 0; i < r.rb.n_steps; i++)
        T_EQ(names_step(&names, names_short(&names, r.rb.steps[i].id)), i);
    for (size_t i = 0; i < r.rb.n_parts; i++)
        T_EQ(names_part(&names, names_short(&names, r.rb.parts[i].id)), i);
}

T_MAIN(T_CASE(the_end_of_an_id_is_enough_when_only_one_ends_so),
       T_CASE(what_means_nothing_has_a_nearest_id),
       T_CASE(the_shortest_reference_means_what_it_is_for))
