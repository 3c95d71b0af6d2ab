/* runbook/scope: what a directive speaks of. */
#include "runbook/runbook.h"

#include "runbook_read.h"

#define FENCE "```"

static const struct rb_step *step(const struct reading *r, size_t i)
{
    if (i >= r->rb.n_steps)
        T_FAIL("there are %zu steps only", r->rb.n_steps);
    return &r->rb.steps[i];
}

static const struct rb_part *part(const struct reading *r, const char *id)
{
    for (size_t i = 0; i < r->rb.n_parts; i++)
        if (sv_eq(r->rb.parts[i].id, sv_from(id)))
            return &r->rb.parts[i];
    T_FAIL("no part '%s'", id);
}

static enum rb_role role_of(const struct reading *r, size_t i)
{
    return r->rb.parts[step(r, i)->part].role;
}

/* The i-th error of the directives. */
static void error_at(const struct reading *r, size_t i, size_t line, size_t column,
                     const char *text)
{
    const struct rb_note *n = &r->rb.notes[i];

    if (i >= r->rb.n_notes)
        T_FAIL("no error '%s'", text);
    T_EQ(n->kind, NOTE_DIRECTIVE);
    if (n->line != line || n->column != column || !sv_eq(n->text, sv_from(text)))
        T_FAIL("%zu:%zu: '%.*s'", n->line, n->column, SV_FMT(n->text));
}

T(attributes_of_a_fence_are_for_its_commands)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "## Deployment\n" FENCE "bash {timeout=10m retries=3 database=shop "
                  "undo=\"nothing to do\"}\n./a\n./b\n" FENCE "\n\n" FENCE "sh\n./c\n" FENCE "\n");
    T_EQ(r.rb.n_notes, 0);
    T_SV(step(&r, 0)->id, "deployment/1"); /* ids stay as they are */
    T_SV(step(&r, 1)->id, "deployment/2");
    for (size_t i = 0; i < 2; i++) {
        T_EQ(step(&r, i)->limit_ms, 600000);
        T_EQ(step(&r, i)->retries, 3);
        T_SV(step(&r, i)->database, "shop");
        T_SV(step(&r, i)->undo, "nothing to do");
    }
    T_EQ(step(&r, 2)->limit_ms, 0);
    T_EQ(step(&r, 2)->retries, -1);
}

T(a_name_is_the_id)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "## Deployment\n" FENCE "bash {name=migrate}\n./a\n" FENCE "\n" FENCE
                  "bash {name=both}\n./b\n./c\n" FENCE "\n" FENCE "sh\n./d\n" FENCE "\n"
                  "### Clean up <!-- prusik: name=tidy -->\n" FENCE "sh\n./e\n" FENCE "\n");
    T_EQ(r.rb.n_notes, 0);
    T_SV(step(&r, 0)->id, "deployment/migrate");
    T_SV(step(&r, 1)->id, "deployment/both/1");
    T_SV(step(&r, 2)->id, "deployment/both/2");
    T_SV(step(&r, 3)->id, "deployment/1");
    T_SV(step(&r, 4)->id, "deployment/tidy/1");
    T_SV(part(&r, "deployment/tidy")->title, "Clean up");
    T_EQ(step(&r, 0)->proc, step(&r, 3)->proc); /* still one terminal */
}

T(a_name_is_given_once)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "## Deployment\n" FENCE "bash {name=a}\n./a\n" FENCE "\n\n" FENCE
                  "bash {never=no name=a}\n./b\n" FENCE "\n");
    T_EQ(r.rb.n_notes, 1);
    error_at(&r, 0, 6, 10, "name 'a' is taken by line 2");
    T_CHECK(r.rb.notes[0].hint.n > 0);
}

T(a_role_makes_a_block_a_way_back)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "## Deployment\n" FENCE "bash {undo=down}\n./up\n" FENCE "\n" FENCE
                  "bash {name=down role=rollback}\n./down\n" FENCE "\n" FENCE
                  "bash {role=verify}\n./look\n" FENCE "\n");
    T_EQ(r.rb.n_notes, 0);
    T_EQ(role_of(&r, 0), ROLE_DEPLOY);
    T_EQ(role_of(&r, 1), ROLE_ROLLBACK);
    T_EQ(role_of(&r, 2), ROLE_VERIFY);
    T_SV(step(&r, 2)->id, "deployment/verify/1");
    T_CHECK(step(&r, 1)->proc != step(&r, 0)->proc);
}

T(an_undo_names_something_of_the_way_back)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "## Deployment\n" FENCE "bash {undo=rollbak}\n./up\n" FENCE "\n" FENCE
                  "bash {undo=deployment/1}\n./x\n" FENCE "\n" FENCE
                  "bash {undo=xyzzyxyzzy}\n./x\n" FENCE "\n## Rollback\n" FENCE "sh\n./down\n" FENCE
                  "\n");
    T_EQ(r.rb.n_notes, 3);
    error_at(&r, 0, 2, 10, "undo: the document has no single step or part 'rollbak'");
    T_SV(r.rb.notes[0].hint, "did you mean 'rollback'?");
    error_at(&r, 1, 5, 10, "undo: nothing in 'deployment/1' is part of a way back");
    T_SV(r.rb.notes[1].hint, "role=rollback makes it one");
    T_SV(r.rb.notes[2].hint, "prusik plan lists the ids; a reason is a text of several words");
}

T(a_comment_below_a_heading_is_for_the_section)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "## Getting it out\n<!-- prusik: role=rollback timeout=1m -->\n"
                  "<!-- prusik: timeout=2m host=web1 -->\n\nText.\n" FENCE "sh\n./a\n" FENCE
                  "\n### Inner\n" FENCE "sh {timeout=3m}\n./b\n" FENCE "\n## Next\n" FENCE
                  "sh\n./c\n" FENCE "\n");
    T_EQ(r.rb.n_notes, 0);
    T_EQ(role_of(&r, 0), ROLE_ROLLBACK);
    T_EQ(role_of(&r, 1), ROLE_ROLLBACK);
    T_EQ(step(&r, 0)->limit_ms, 120000);
    T_EQ(step(&r, 1)->limit_ms, 180000);
    T_SV(step(&r, 1)->host, "web1");
    T_EQ(step(&r, 2)->limit_ms, 0);
    T_EQ(step(&r, 2)->host.n, 0);
}

T(a_comment_is_for_what_comes_next)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "## Deployment\nText.\n\n<!-- prusik: timeout=1m -->\nNow migrate:\n" FENCE
                  "sh\n./a\n" FENCE "\n" FENCE "sh\n./b\n" FENCE
                  "\n<!-- prusik: optional -->\n\n**Step 2: Warm up**\n" FENCE "sh\n./c\n" FENCE
                  "\n<!-- prusik: never -->\n## Old way\n" FENCE "sh\n./d\n" FENCE "\n");
    T_EQ(r.rb.n_notes, 0);
    T_EQ(step(&r, 0)->limit_ms, 60000);
    T_EQ(step(&r, 1)->limit_ms, 0);
    T_CHECK(part(&r, "deployment/2")->optional);
    T_EQ(r.rb.n_steps, 3);
    T_EQ(part(&r, "old-way")->role, ROLE_REFERENCE);
}

T(a_comment_for_a_list_is_for_each_item_and_one_in_an_item_for_that)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "## Deployment\nText.\n\n<!-- prusik: retries=2 -->\n1. Run `make a`\n"
                  "2. Run `make b` <!-- prusik: retries=5 name=second -->\n- x\n\n"
                  "1. Run `make c`\n- Restart it by hand <!-- prusik: manual -->\n"
                  "- Run `make d` <!-- prusik: manual -->\n"
                  "- Run `make e` <!-- prusik: never -->\n");
    T_EQ(r.rb.n_notes, 0);
    T_EQ(step(&r, 0)->retries, 2);
    T_EQ(step(&r, 1)->retries, 5);
    T_SV(step(&r, 1)->id, "deployment/second/1");
    T_EQ(step(&r, 2)->retries, -1);
    T_EQ(step(&r, 3)->kind, STEP_MANUAL);
    T_SV(step(&r, 3)->text, "Restart it by hand");
    T_EQ(step(&r, 4)->kind, STEP_MANUAL);
    T_EQ(r.rb.n_steps, 5);
}

T(a_list_or_table_has_no_name)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "## Deployment\nText.\n\n  <!-- prusik: name=x -->\n1. Run `make a`\n\n"
                  "<!-- prusik: timeout=9s -->\n\n| # | Task | Command |\n|---|---|---|\n"
                  "| 1 | a | `make b` |\n| 2 | c <!-- prusik: never --> | `make d` |\n");
    T_EQ(r.rb.n_notes, 2);
    error_at(&r, 0, 4, 15, "'name', 'role' and 'variant' are for one block, item, step or section");
    T_EQ(r.rb.notes[1].line, 12);
    T_SV(r.rb.notes[1].text, "a directive in a table is not read");
    T_EQ(step(&r, 1)->limit_ms, 9000);
    T_EQ(step(&r, 2)->limit_ms, 9000);
}

T(a_comment_that_nothing_follows_is_an_error)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "## Deployment\n" FENCE "sh\n./a\n" FENCE "\n\n> <!-- prusik: never -->\n");
    T_EQ(r.rb.n_notes, 1);
    error_at(&r, 0, 6, 15, "nothing follows that it speaks of");
}

T(errors_stand_where_they_are)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r,
              "## Deployment <!-- prusik: rol=x -->\n\n<!-- prusik:\n  host=a\n  tiemout=5m\n-->\n"
              "Text <!-- prusik: nam=x -->\nmore\n" FENCE "sh {retires=3}\n./a\n" FENCE "\n");
    T_EQ(r.rb.n_notes, 4);
    error_at(&r, 0, 1, 28, "unknown key 'rol'");
    error_at(&r, 1, 5, 3, "unknown key 'tiemout'");
    error_at(&r, 2, 7, 19, "unknown key 'nam'");
    error_at(&r, 3, 9, 8, "unknown key 'retires'");
    T_SV(step(&r, 0)->host, "a");                      /* what is right counts */
    T_SV(part(&r, "deployment")->title, "Deployment"); /* a comment is no title */
}

T(a_host_holds_where_the_document_names_none)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "## Deployment\n<!-- prusik: host=web1 -->\n" FENCE "sh\n./a\n" FENCE "\n" FENCE
                  "sh {host=db1}\n./b\nssh other\n./c\nexit\n./d\n" FENCE "\n" FENCE
                  "sh {host=local}\n./e\n" FENCE "\n" FENCE "sh\nssh web9\n./f\n" FENCE "\n" FENCE
                  "sh {host=local}\n./g\n" FENCE "\n" FENCE "sh\n./h\n" FENCE "\n");
    T_SV(step(&r, 0)->host, "web1");
    T_SV(step(&r, 1)->host, "db1");
    T_SV(step(&r, 2)->host, "other");
    T_SV(step(&r, 3)->host, "db1");
    T_EQ(step(&r, 4)->host.n, 0);
    T_SV(step(&r, 5)->host, "web9");
    T_EQ(step(&r, 6)->host.n, 0);
    T_SV(step(&r, 7)->host, "web9"); /* the terminal is still there */
}

T(manual_and_never_say_how_a_block_is_carried_out)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "## Deployment\n" FENCE "sh {manual}\n./a\n./b\n" FENCE "\n" FENCE
                  "sh {never}\n./c\n" FENCE "\n" FENCE "sh {optional}\n./d\n" FENCE "\n" FENCE
                  "sh {skip=\"done by the platform\"}\n./e\n" FENCE "\n" FENCE
                  "sh {optional=no}\n# Optional: look\n./f\n" FENCE
                  "\n### Clean up (if needed) <!-- prusik: optional=no -->\n" FENCE
                  "sh\n./g\n" FENCE "\n### By hand\n<!-- prusik: manual -->\n" FENCE
                  "sh\n./h\n" FENCE "\n" FENCE "sh {manual=no}\n./i\n" FENCE "\n");
    T_EQ(r.rb.n_notes, 0);
    T_EQ(step(&r, 0)->kind, STEP_MANUAL);
    T_SV(step(&r, 0)->text, "./a\n./b");
    T_SV(step(&r, 1)->text, "./d");
    T_CHECK(step(&r, 1)->optional);
    T_SV(step(&r, 2)->skip, "done by the platform");
    T_CHECK(!step(&r, 3)->optional);
    T_EQ(part(&r, "deployment/clean-up")->condition.n, 0);
    T_EQ(step(&r, 5)->kind, STEP_MANUAL);
    T_EQ(step(&r, 6)->kind, STEP_SHELL);
}

T(variants_are_ways_of_which_one_is_gone)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "## Deployment\n" FENCE "sh {variant=blue}\n./a\n" FENCE "\n" FENCE
                  "sh {variant=green name=go}\n./b\n" FENCE "\n### One <!-- prusik: variant=x -->\n"
                  "## Two\n" FENCE "sh {variant=alone}\n./c\n" FENCE "\n");
    T_EQ(part(&r, "deployment/blue")->one_of, part(&r, "deployment/go")->one_of);
    T_CHECK(part(&r, "deployment/blue")->one_of != RB_NONE);
    T_EQ(part(&r, "deployment/one")->one_of, part(&r, "deployment/go")->one_of);
    T_EQ(part(&r, "two/alone")->one_of, RB_NONE);
    T_EQ(step(&r, 0)->proc, step(&r, 1)->proc);
}

T(a_titled_block_is_a_part_of_its_item)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "## Deployment\n1. Stop it\n\n" FENCE "sh {name=stop timeout=5s}\n./stop\n" FENCE
                  "\n");
    T_EQ(r.rb.n_steps, 1);
    T_SV(step(&r, 0)->id, "deployment/1/stop");
    T_EQ(step(&r, 0)->limit_ms, 5000);
}

T(front_matter_speaks_of_the_document)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, "---\nowner: dana\nprusik:\n  title: Shop 4\n  environments: [staging, prod]\n"
                  "  # why\n\n  timeout: 15m\n  retries: 1\n  host: web1\n  database: shop\n"
                  "other: x\n---\n# A title\n## Deployment\n" FENCE "sh\n./a\n" FENCE "\n" FENCE
                  "sh {timeout=1m}\n./b\n" FENCE "\n");
    T_EQ(r.rb.n_notes, 0);
    T_SV(r.rb.title, "Shop 4");
    T_EQ(r.rb.n_environments, 2);
    T_SV(r.rb.environments[1], "prod");
    T_EQ(step(&r, 0)->limit_ms, 900000);
    T_EQ(step(&r, 0)->retries, 1);
    T_SV(step(&r, 0)->host, "web1");
    T_SV(step(&r, 0)->database, "shop");
    T_EQ(step(&r, 1)->limit_ms, 60000);
    T_EQ(r.rb.n_metas, 2); /* owner, other */
}

T(front_matter_that_is_wrong_says_where)
{
    CLEANUP(reading_done) struct reading r, s, t, u;

    read_text(&r, "---\nprusik:\n  tilte: x\n  timeout: soon\n  environments: prod\n  host: [a]\n"
                  "  zzzzzzzzzzzz: 1\n  title:\n---\n");
    T_EQ(r.rb.n_notes, 6);
    error_at(&r, 0, 3, 1, "unknown key 'tilte'");
    T_SV(r.rb.notes[0].hint, "did you mean 'title'?");
    error_at(&r, 1, 4, 1, "'timeout' must be a duration such as 30s or 5m");
    error_at(&r, 2, 5, 1, "'environments' must be a list of names");
    error_at(&r, 3, 6, 1, "'host' must be a text");
    error_at(&r, 4, 7, 1, "unknown key 'zzzzzzzzzzzz'");
    error_at(&r, 5, 8, 1, "'title' must be a text");
    read_text(&s, "---\nprusik: yes\n---\n");
    error_at(&s, 0, 2, 1, "'prusik' must be a map of keys");
    read_text(&t, "---\na: b\nprusik:\n  title: [x\n---\n");
    T_EQ(t.rb.n_notes, 1);
    T_CHECK(t.rb.notes[0].line >= 4);
    read_text(&u, "---\nprusik: {environments: [{a: b}], title: \"a\", title: b}\n---\n");
    T_EQ(u.rb.n_notes, 1); /* a key twice */
}

T(what_is_said_of_a_list_holds_for_what_is_in_it)
{
    CLEANUP(reading_done) struct reading r;

    read_text(
        &r, "## Deployment\nText.\n\n<!-- prusik: retries=2 timeout=9s -->\n1. Stop it:\n   " FENCE
            "sh {timeout=1m}\n   ./a\n   " FENCE "\n2. Then:\n\n"
            "   <!-- prusik: retries=4 -->\n   - [ ] Run `make b`\n");
    T_EQ(r.rb.n_notes, 0);
    T_EQ(step(&r, 0)->retries, 2);
    T_EQ(step(&r, 0)->limit_ms, 60000);
    T_EQ(step(&r, 1)->retries, 4);
    T_EQ(step(&r, 1)->limit_ms, 9000);
}

T_MAIN(T_CASE(what_is_said_of_a_list_holds_for_what_is_in_it),
       T_CASE(attributes_of_a_fence_are_for_its_commands), T_CASE(a_name_is_the_id),
       T_CASE(a_name_is_given_once), T_CASE(a_role_makes_a_block_a_way_back),
       T_CASE(an_undo_names_something_of_the_way_back),
       T_CASE(a_comment_below_a_heading_is_for_the_section),
       T_CASE(a_comment_is_for_what_comes_next),
       T_CASE(a_comment_for_a_list_is_for_each_item_and_one_in_an_item_for_that),
       T_CASE(a_list_or_table_has_no_name), T_CASE(a_comment_that_nothing_follows_is_an_error),
       T_CASE(errors_stand_where_they_are), T_CASE(a_host_holds_where_the_document_names_none),
       T_CASE(manual_and_never_say_how_a_block_is_carried_out),
       T_CASE(variants_are_ways_of_which_one_is_gone), T_CASE(a_titled_block_is_a_part_of_its_item),
       T_CASE(front_matter_speaks_of_the_document), T_CASE(front_matter_that_is_wrong_says_where))
