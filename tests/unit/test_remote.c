/* remote: reports are found in the outputs of a shell on another host, however they are cut. */
#include "action/remote.h"

#include "base/sv.h"
#include "t.h"

static const struct session_remote spec = {.host = "web1",
                                           .ssh = (const char *const[]){"ssh", "-T", NULL}};

struct shown {
    struct strbuf text[CHILD_STREAM__N];
};

static void show(void *arg, enum child_stream stream, struct sv bytes)
{
    struct shown *s = arg;

    strbuf_add_sv(&s->text[stream], bytes);
}

/* What the shell over there writes after a command. */
static void add_report(const struct remote *r, struct strbuf *out, struct strbuf *errs)
{
    strbuf_add(errs, "\0\0", 2);
    strbuf_add(errs, r->mark.s, strlen(r->mark.s) + 1);
    strbuf_add(out, "\0\0", 2);
    strbuf_add(out, r->mark.s, strlen(r->mark.s) + 1);
    strbuf_add(out,
               "4711\0"
               "0\0"
               "0 0\0"
               "/srv\0"
               "declare -- A=\"1\"\n\0"
               "\0",
               35);
}

static struct sv feed(struct remote *r, enum child_stream stream, struct sv bytes)
{
    struct sv report = {NULL, 0};

    T_EQ(remote_feed(r, stream, bytes, &report), ERR_OK);
    return report;
}

static void feed_cut(size_t cut)
{
    struct shown s = {{STRBUF(0), STRBUF(0)}};
    struct remote *r = remote_new(&spec, show, &s);
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0), errs = STRBUF(0);
    struct sv report = {NULL, 0};
    bool whole = false;

    remote_begin(r);
    strbuf_add(&out, "one\0\0two\0\n", 10); /* NULs of its own */
    strbuf_add_str(&errs, "oops\n");
    add_report(r, &out, &errs);
    for (size_t i = 0; i < errs.n; i += cut)
        feed(r, CHILD_ERR, sv_sub(strbuf_sv(&errs), i, size_min(i + cut, errs.n)));
    for (size_t i = 0; i < out.n; i += cut) {
        T_CHECK(!whole);
        report = feed(r, CHILD_OUT, sv_sub(strbuf_sv(&out), i, size_min(i + cut, out.n)));
        whole = report.n > 0;
    }
    T_CHECK(whole);
    T_EQ(r->pid, 4711);
    T_CHECK(sv_eq(strbuf_sv(&s.text[CHILD_OUT]), (struct sv){"one\0\0two\0\n", 10}));
    T_SV(strbuf_sv(&s.text[CHILD_ERR]), "oops\n");
    T_CHECK(sv_starts(report, (struct sv){"0\0000 0\0/srv\0", 10}));
    remote_taken(r);
    T_EQ(feed(r, CHILD_OUT, SV("next")).n, 0);
    T_CHECK(sv_ends(strbuf_sv(&s.text[CHILD_OUT]), SV("next")));
    strbuf_release(&s.text[CHILD_OUT]);
    strbuf_release(&s.text[CHILD_ERR]);
    remote_free(r);
}

T(a_report_is_found_however_the_bytes_are_cut)
{
    for (size_t cut = 1; cut < 120; cut++)
        feed_cut(cut);
}

T(ordinary_output_is_not_held_back)
{
    struct shown s = {{STRBUF(0), STRBUF(0)}};
    struct remote *r = remote_new(&spec, show, &s);

    remote_begin(r);
    T_EQ(feed(r, CHILD_OUT, SV("progress 10 %\r")).n, 0);
    T_SV(strbuf_sv(&s.text[CHILD_OUT]), "progress 10 %\r");
    strbuf_release(&s.text[CHILD_OUT]);
    remote_free(r);
}

T(a_report_without_end_is_too_long)
{
    struct shown s = {{STRBUF(0), STRBUF(0)}};
    struct remote *r = remote_new(&spec, show, &s);
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0), more = STRBUF(0);
    struct sv report;
    enum err_code rc = ERR_OK;

    remote_begin(r);
    strbuf_add(&out, "\0\0", 2);
    strbuf_add(&out, r->mark.s, strlen(r->mark.s) + 1);
    strbuf_add_n(&more, 'x', 1u << 20);
    T_EQ(feed(r, CHILD_OUT, strbuf_sv(&out)).n, 0);
    for (size_t i = 0; i < 64 && rc == ERR_OK; i++)
        rc = remote_feed(r, CHILD_OUT, strbuf_sv(&more), &report);
    T_EQ(rc, ERR_LIMIT);
    T_EQ(s.text[CHILD_OUT].n, 0);
    remote_free(r);
}

T(a_mark_is_another_one_each_time)
{
    struct remote *r = remote_new(&spec, show, NULL);
    struct ident_text first;

    remote_begin(r);
    first = r->mark;
    remote_begin(r);
    T_CHECK(strcmp(first.s, r->mark.s) != 0 && strlen(r->mark.s) >= 16);
    remote_free(r);
}

T(a_host_is_never_an_option_of_ssh)
{
    struct remote *r = remote_new(&spec, show, NULL);
    const char *const *argv;
    size_t n = 0, dashes = 0;

    remote_begin(r);
    argv = remote_argv(r);
    for (; argv[n]; n++)
        if (strcmp(argv[n], "--") == 0)
            dashes = n;
    T_EQ(n, dashes + 3);
    T_CHECK(argv[dashes + 1] && strcmp(argv[dashes + 1], "web1") == 0);
    remote_free(r);
}

T_MAIN(T_CASE(a_report_is_found_however_the_bytes_are_cut),
       T_CASE(ordinary_output_is_not_held_back), T_CASE(a_report_without_end_is_too_long),
       T_CASE(a_mark_is_another_one_each_time), T_CASE(a_host_is_never_an_option_of_ssh))
