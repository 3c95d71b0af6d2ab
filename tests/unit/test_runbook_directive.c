/* runbook/directive: keys and values, braces, comments. */
#include "runbook/directive.h"

#include "base/sv.h"
#include "t.h"

struct parsed {
    struct arena arena;
    struct directive d;
    directive_errors errors;
};

static void parsed_done(struct parsed *p)
{
    arena_release(&p->arena);
    vec_release(&p->errors);
}

static void parse(struct parsed *p, const char *text)
{
    *p = (struct parsed){.d = directive_none()};
    directive_read(sv_from(text), &p->arena, &p->d, &p->errors);
}

/* The only error of the text, at this offset. */
static void wrong(const char *text, size_t at, const char *message, const char *hint)
{
    CLEANUP(parsed_done) struct parsed p;

    parse(&p, text);
    if (p.errors.n != 1)
        T_FAIL("'%s' has %zu errors", text, p.errors.n);
    T_EQ(p.errors.v[0].at, at);
    if (!sv_eq(p.errors.v[0].text, sv_from(message)) || !sv_eq(p.errors.v[0].hint, sv_from(hint)))
        T_FAIL("'%s': '%.*s', '%.*s'", text, SV_FMT(p.errors.v[0].text),
               SV_FMT(p.errors.v[0].hint));
}

T(every_key_goes_to_its_place)
{
    CLEANUP(parsed_done) struct parsed p;

    parse(&p,
          "name=migrate timeout=10m retries=3 undo=rollback-db host=web1, database=shop "
          "role=sign-off variant=postgres skip=\"not here, \\\"yet\\\"\" never manual=no optional");
    T_EQ(p.errors.n, 0);
    T_SV(p.d.name, "migrate");
    T_EQ(p.d.timeout_ms, 600000);
    T_EQ(p.d.retries, 3);
    T_SV(p.d.undo, "rollback-db");
    T_SV(p.d.host, "web1");
    T_SV(p.d.database, "shop");
    T_EQ(p.d.role, ROLE_SIGN_OFF);
    T_SV(p.d.variant, "postgres");
    T_SV(p.d.skip, "not here, \"yet\"");
    T_EQ(p.d.never, FLAG_YES);
    T_EQ(p.d.manual, FLAG_NO);
    T_EQ(p.d.optional, FLAG_YES);
}

T(nothing_sets_nothing)
{
    CLEANUP(parsed_done) struct parsed p;

    parse(&p, " ,\t ");
    T_EQ(p.errors.n, 0);
    T_EQ(p.d.retries, -1);
    T_CHECK(!p.d.name.n && !p.d.timeout_ms && p.d.role == ROLE_NONE && p.d.never == FLAG_UNSET);
}

T(an_unknown_key_names_the_nearest)
{
    wrong("name=x tiemout=10m", 7, "unknown key 'tiemout'", "did you mean 'timeout'?");
    wrong("zzzzzzzzzz=1", 0, "unknown key 'zzzzzzzzzz'",
          "docs/formats/directives.md lists the keys");
    wrong("retires=3, host=a", 0, "unknown key 'retires'", "did you mean 'retries'?");
    wrong("nevr", 0, "unknown key 'nevr'", "did you mean 'never'?");
    wrong("=x", 0, "unknown key ''", "docs/formats/directives.md lists the keys");
}

T(a_value_of_another_kind_is_refused_and_not_set)
{
    CLEANUP(parsed_done) struct parsed p;

    wrong("timeout=soon", 0, "'timeout' must be a duration such as 30s or 5m", "");
    wrong("timeout=0s", 0, "'timeout' must be a duration such as 30s or 5m", "");
    wrong("retries=-1", 0, "'retries' must be a number from 0 to 1000", "");
    wrong("retries=1001", 0, "'retries' must be a number from 0 to 1000", "");
    wrong("optional=maybe", 0, "'optional' must be yes or no, or have no value", "");
    wrong("skip=", 0, "'skip' must be a text", "");
    wrong("undo=\" \"", 0, "'undo' must be a text", "");
    wrong("role=owner", 0,
          "'role' must be preflight, deploy, verify, rollback, monitor, decide, troubleshoot, "
          "communicate, sign-off, follow-up or reference",
          "");
    parse(&p, "name=1st");
    T_EQ(p.errors.n, 1);
    T_EQ(p.d.name.n, 0);
}

T(names_are_made_of_letters_digits_and_marks)
{
    static const char *const bad[] = {"name=a/b", "name=-a", "name=ä", "variant='a b'"};
    struct strbuf b = STRBUF(0);
    CLEANUP(parsed_done) struct parsed p;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        CLEANUP(parsed_done) struct parsed q;

        parse(&q, bad[i]);
        T_EQ(q.errors.n, 1);
    }
    strbuf_add_str(&b, "name=");
    strbuf_add_n(&b, 'x', 64);
    parse(&p, strbuf_str(&b));
    T_EQ(p.d.name.n, 64);
    parsed_done(&p);
    strbuf_add_byte(&b, 'x');
    parse(&p, strbuf_str(&b));
    T_EQ(p.d.name.n, 0);
    strbuf_release(&b);
}

T(a_key_stands_once_and_has_its_value)
{
    wrong("never never", 6, "key 'never' stands twice", "");
    wrong("host", 0, "key 'host' needs a value", "host=VALUE");
    wrong("skip=\"no end", 5, "the quote is not closed", "");
    wrong("never skip='", 11, "the quote is not closed", "");
}

T(quotes_of_one_kind_keep_the_other)
{
    CLEANUP(parsed_done) struct parsed p;

    parse(&p, "undo='say \"no\" \\' skip=\"it's\\\\so\"");
    T_EQ(p.errors.n, 0);
    T_SV(p.d.undo, "say \"no\" \\");
    T_SV(p.d.skip, "it's\\so");
}

T(keys_of_other_tools_are_passed_over)
{
    CLEANUP(parsed_done) struct parsed p;

    parse(&p, ".numberLines #setup 1,3-5 linenos=table hl_lines=\"2 3\" showLineNumbers highlight: "
              "timeout=5s");
    T_EQ(p.errors.n, 0);
    T_EQ(p.d.timeout_ms, 5000);
}

static void braces(const char *info, bool runs, const char *want)
{
    struct sv got = directive_braces(sv_from(info), runs);

    if (!sv_eq(got, sv_from(want)))
        T_FAIL("'%s' gives '%.*s'", info, SV_FMT(got));
}

T(braces_are_ours_where_a_language_runs_or_a_key_is_known)
{
    braces("```bash {name=x}", true, "name=x");
    braces("bash{name=x} # }", true, "name=x} # ");
    braces("bash {tiemout=1}", true, "tiemout=1");
    braces("yaml {tiemout=1}", false, "");
    braces("yaml {never}", false, "never");
    braces("yaml {optional=no}", false, "optional=no");
    braces("jsx {1,3-5}", false, "");
    braces("bash {}", true, "");
    braces("bash", true, "");
    braces("bash }{", true, "");
    braces("bash {{ template }}", true, "");
    braces("bash {\"name\": \"x\"}", true, "");
}

static void comment(const char *html, const char *want, const char *left)
{
    struct sv rest = sv_from(html), got = directive_comment(&rest);

    if (!sv_eq(got, sv_from(want)) || !sv_eq(rest, sv_from(left)))
        T_FAIL("'%s' gives '%.*s' and leaves '%.*s'", html, SV_FMT(got), SV_FMT(rest));
}

T(comments_for_us_begin_with_our_name)
{
    comment("<!-- prusik: never -->x", " never ", "x");
    comment("<!--prusik:never--><!-- prusik: manual -->", "never", "<!-- prusik: manual -->");
    comment("<!-- note --> <!-- prusik: host=a\nskip=b -->", " host=a\nskip=b ", "");
    comment("<!-- prusik: ignore RB110 --><!-- prusik: ignored -->", " ignored ", "");
    comment("<!-- prusik: ignore-->", "", "");
    comment("<!-- prusik: never", "", "");
    comment("<!-- prusik never -->", "", "");
    comment("prusik: never", "", "");
}

T(what_is_inside_wins_and_names_are_not_handed_down)
{
    struct directive inner = directive_none(), outer = directive_none();
    struct sv why;

    T_CHECK(directive_set(SV("timeout"), SV("1m"), &inner, &why));
    T_CHECK(directive_set(SV("timeout"), SV("2m"), &outer, &why));
    T_CHECK(directive_set(SV("retries"), SV("0"), &inner, &why));
    T_CHECK(directive_set(SV("retries"), SV("5"), &outer, &why));
    T_CHECK(directive_set(SV("host"), SV("db1"), &outer, &why));
    T_CHECK(directive_set(SV("never"), SV("yes"), &outer, &why));
    T_CHECK(directive_set(SV("manual"), SV("no"), &inner, &why));
    T_CHECK(directive_set(SV("manual"), SV("yes"), &outer, &why));
    T_CHECK(directive_set(SV("name"), SV("all"), &outer, &why));
    T_CHECK(directive_set(SV("role"), SV("Rollback"), &outer, &why));
    T_CHECK(!directive_set(SV("hosts"), SV("db1"), &outer, &why) && !why.n);
    directive_inherit(&inner, &outer);
    T_EQ(inner.timeout_ms, 60000);
    T_EQ(inner.retries, 0);
    T_SV(inner.host, "db1");
    T_EQ(inner.never, FLAG_YES);
    T_EQ(inner.manual, FLAG_NO);
    T_EQ(inner.name.n, 0);
    T_EQ(inner.role, ROLE_NONE);
}

T_MAIN(T_CASE(every_key_goes_to_its_place), T_CASE(nothing_sets_nothing),
       T_CASE(an_unknown_key_names_the_nearest),
       T_CASE(a_value_of_another_kind_is_refused_and_not_set),
       T_CASE(names_are_made_of_letters_digits_and_marks),
       T_CASE(a_key_stands_once_and_has_its_value), T_CASE(quotes_of_one_kind_keep_the_other),
       T_CASE(keys_of_other_tools_are_passed_over),
       T_CASE(braces_are_ours_where_a_language_runs_or_a_key_is_known),
       T_CASE(comments_for_us_begin_with_our_name),
       T_CASE(what_is_inside_wins_and_names_are_not_handed_down))
