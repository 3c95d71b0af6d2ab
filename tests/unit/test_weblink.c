/* The next page: which link of a field it is, and what its address means. */
#include "net/weblink.h"

#include "base/sv.h"
#include "t.h"

T(the_first_link_of_a_relation_is_found)
{
    static const struct {
        const char *field, *want; /* NULL: none */
    } rows[] = {
        {"<https://h/a?page=2>; rel=\"next\"", "https://h/a?page=2"},
        {"<a>; rel=\"prev\", <b>; rel=\"next\", <c>; rel=\"next\"", "b"},
        {"<a>;rel=next", "a"},
        {"<a> ;\trel = Next ; title=x,<b>", "a"},
        {"<a>; rel=\"last next\"", "a"},
        {"<a,b;c>; title=\"x, <y>; rel=next\"; rel=prev, <d>; REL=next", "d"},
        {"<a>; title=\"quote \\\" <z>\"; rel=next", "a"},
        {",, <a>;rel=next", "a"},
        {"<a>;;rel=next", "a"},
        {"<a>; rel=prev; rel=next", NULL}, /* the first one counts (section 3.3) */
        {"<a>; rel=nextish", NULL},
        {"<a>; next", NULL},
        {"<a>", NULL},
        {"", NULL},
        {"a; rel=next", NULL},
        {"<a; rel=next", NULL},
        {"<a>; rel=\"next", NULL},
        {"<a> rel=next", NULL},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sv got = SV("none");
        bool found = weblink_find(sv_from(rows[i].field), SV("next"), &got);

        T_EQ(found, rows[i].want != NULL);
        if (!sv_is(got, found ? rows[i].want : "none"))
            T_FAIL("%s gives %.*s", rows[i].field, SV_FMT(got));
    }
}

T(an_address_means_what_it_does_where_it_was_told)
{
    static const struct {
        const char *base, *ref, *want;
    } rows[] = {
        {"http://h/a/b?x=1", "http://h/c?page=2", "http://h/c?page=2"},
        {"http://h/a/b?x=1#f", "/c?page=2#g", "http://h/c?page=2"},
        {"http://h/a/b?x=1", "?page=2", "http://h/a/b?page=2"},
        {"http://h/a/b?x=1", "c?page=2", "http://h/a/c?page=2"},
        {"http://h", "c", "http://h/c"},
        {"http://h?x", "?y", "http://h/?y"},
        {"http://h:80/a", "//H:80/c", "http://h:80/c"},
        {"http://h/a", "HTTP://H", "http://h"},
        {"http://u:p@h/a", "http://h/c", "http://u:p@h/c"},
    };
    static const struct {
        const char *base, *ref;
        enum err_code rc;
    } bad[] = {
        {"http://h/a", "https://h/a", ERR_REFUSED},
        {"http://h/a", "http://other/a", ERR_REFUSED},
        {"http://h/a", "http://h:81/a", ERR_REFUSED},
        {"http://h/a", "http://h@other/a", ERR_REFUSED},
        {"http://h/a", "//other/a", ERR_REFUSED},
        {"http://h/a", "ftp:x", ERR_REFUSED},
        {"http://h/a", "", ERR_INVALID},
        {"http://h/a", "#f", ERR_INVALID},
        {"http://h/a", "/a b", ERR_INVALID},
        {"no address", "/a", ERR_INVALID},
        {"http:///a", "/a", ERR_INVALID},
    };
    struct err err = {0};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);

        T_OK(weblink_resolve(sv_from(rows[i].base), sv_from(rows[i].ref), &out, &err), err);
        T_STR(strbuf_str(&out), rows[i].want);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);

        T_EQ(weblink_resolve(sv_from(bad[i].base), sv_from(bad[i].ref), &out, &err), bad[i].rc);
        T_EQ(out.n, 0);
    }
}

T_MAIN(T_CASE(the_first_link_of_a_relation_is_found),
       T_CASE(an_address_means_what_it_does_where_it_was_told))
