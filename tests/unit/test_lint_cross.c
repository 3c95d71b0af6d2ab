/* Documents that call one thing by two names. */
#include "lint/lint_cross.h"

#include "runbook_read.h"

#define FOLDER "## Deploy\n```bash\ncd /srv/shop-server\n"

struct pair {
    struct reading r[2];
    struct lint l[2];
    struct lint_names names[2];
};

static void pair_done(struct pair *p)
{
    for (int i = 0; i < 2; i++) {
        lint_names_release(&p->names[i]);
        lint_release(&p->l[i]);
        reading_done(&p->r[i]);
    }
}

static struct pair *pair_of(struct pair *p, const char *a, const char *b)
{
    const char *texts[] = {a, b};
    struct lint_cross_doc docs[2];

    for (int i = 0; i < 2; i++) {
        lint_run(&read_text(&p->r[i], texts[i])->rb, &p->l[i]);
        lint_names_read(&p->l[i], &p->names[i]);
        docs[i] = (struct lint_cross_doc){i ? "b.md" : "a.md", &p->l[i], &p->names[i]};
    }
    lint_cross(docs, 2);
    return p;
}

static const struct lint_finding *found(const struct lint *l, const char *id)
{
    for (size_t i = 0; i < l->findings.n; i++)
        if (strcmp(l->findings.v[i].id, id) == 0)
            return &l->findings.v[i];
    return NULL;
}

T(a_thing_with_two_names_is_found_in_both_documents)
{
    static const struct {
        const char *a, *b, *said;
    } rows[] = {
        {FOLDER "systemctl restart shop-web\n```\n", FOLDER "systemctl restart store-web\n```\n",
         "service shop-web, and store-web in b.md:4"},
        {FOLDER "psql -d shop_prod -c 'SELECT 1'\n```\n",
         FOLDER "psql store_production -c 'SELECT 1'\n```\n",
         "database shop_prod, and store_production in b.md:4"},
        {FOLDER "tail -n 5 /var/log/shop/app.log\n```\n", FOLDER "tail -n 5 logs/app.log\n```\n",
         "log /var/log/shop/app.log, and logs/app.log in b.md:4"},
        {FOLDER "curl -f http://localhost:5001/api/health\n```\n",
         FOLDER "curl -f http://localhost:80/health\n```\n",
         "health address /api/health, and /health in b.md:4"},
        {FOLDER "cat versions/004_add_kind.py\n```\n",
         FOLDER "cat versions/20250215_kinds.py\n```\n",
         "migration 004_add_kind.py, and 20250215_kinds.py in b.md:4"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(pair_done) struct pair p = {0};
        const struct lint_finding *f;

        pair_of(&p, rows[i].a, rows[i].b);
        f = found(&p.l[0], "RB510");
        if (!f || !sv_eq(f->message, sv_from(rows[i].said)))
            T_FAIL("row %zu: %.*s", i, SV_FMT(f ? f->message : SV("nothing")));
        T_EQ(f->line, 4);
        T_CHECK(found(&p.l[1], "RB510"));
    }
}

T(totals_that_differ_are_found)
{
    CLEANUP(pair_done) struct pair p = {0};
    const struct lint_finding *f;

    pair_of(&p, "- [ ] Full test suite passing (821+ tests)\n" FOLDER "```\n",
            "All 572 existing tests pass\n" FOLDER "```\n");
    f = found(&p.l[1], "RB511");
    T_CHECK(f);
    SAME(f->message, "number of tests 572, and 821 in a.md:1");
    T_EQ(f->column, 5);
    T_EQ(f->severity, LINT_WARNING);
}

T(the_same_names_and_documents_of_other_systems_are_left_alone)
{
    static const struct {
        const char *a, *b;
    } rows[] = {
        {FOLDER "systemctl restart shop-web\n```\n", FOLDER "systemctl restart shop-web-2\n```\n"},
        {FOLDER "systemctl restart shop-web\n```\n",
         "## Deploy\n```bash\nsystemctl restart other-web\n```\n"},
        {FOLDER "systemctl restart shop-web\n```\n",
         FOLDER "systemctl restart shop-web\nsystemctl restart store-web\n```\n"},
        {FOLDER "systemctl restart shop-web # prusik: ignore RB510\n```\n",
         FOLDER "systemctl restart store-web # prusik: ignore RB510\n```\n"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(pair_done) struct pair p = {0};

        pair_of(&p, rows[i].a, rows[i].b);
        if (found(&p.l[0], "RB510") || found(&p.l[1], "RB510"))
            T_FAIL("row %zu is found", i);
    }
}

T(files_of_one_repository_tell_that_documents_belong_together)
{
    CLEANUP(pair_done) struct pair p = {0};

    pair_of(&p,
            "`scripts/a.py` and `scripts/b.py`\n## Deploy\n```bash\nsystemctl stop x-web\n```\n",
            "`scripts/a.py` and `scripts/b.py`\n## Deploy\n```bash\nsystemctl stop y-web\n```\n");
    T_CHECK(found(&p.l[0], "RB510") && found(&p.l[1], "RB510"));
}

T_MAIN(T_CASE(a_thing_with_two_names_is_found_in_both_documents),
       T_CASE(totals_that_differ_are_found),
       T_CASE(the_same_names_and_documents_of_other_systems_are_left_alone),
       T_CASE(files_of_one_repository_tell_that_documents_belong_together))
