#include "program.h"
#include "source_look.h"

T(a_port_is_open_or_it_is_known_why_not)
{
    struct look l;
    unsigned port;
    int fd = raw_listen(4, &port);

    begin();
    l = (struct look){.s = open_source("tcp", "{'port': %u}", port)};
    T_OK(look(&l), l.s->err);
    T_CHECK(truth_of(&l, "up") && number_of(&l, "latency") < 5 && !has(&l, "why"));
    check_members(&l);
    (void)close(fd);
    T_OK(look(&l), l.s->err);
    T_CHECK(!truth_of(&l, "up"));
    (void)member(&l, "latency", SAMPLE_NULL);
    T_CHECK(sv_has(text_of(&l, "why"), SV("127.0.0.1:")));
    check_members(&l);
    source_free(l.s);
    l = (struct look){.s = open_source("tcp", "{'host': 'nobody.invalid', 'port': 80}")};
    T_OK(look(&l), l.s->err);
    T_CHECK(!truth_of(&l, "up"));
    source_free(l.s);
    end();
}

T(a_probe_that_is_cancelled_says_nothing)
{
    struct look l;

    begin();
    l = (struct look){.s = open_source("tcp", "{'host': '192.0.2.1', 'port': 9}")};
    start_look(&l, 0, 5000);
    source_cancel(l.s);
    await_report(&l);
    T_EQ(l.rc, ERR_INTERRUPTED);
    source_cancel(l.s); /* nothing is under way */
    source_free(l.s);
    end();
}

T(a_port_that_is_none_is_refused)
{
    struct source *s;
    struct err err;

    begin();
    T_EQ(try_open("tcp", "{\"port\": 0}", &s, &err), ERR_INVALID);
    T_EQ(try_open("tcp", "{\"port\": 65536}", &s, &err), ERR_INVALID);
    end();
}

T_MAIN(T_CASE(a_port_is_open_or_it_is_known_why_not),
       T_CASE(a_probe_that_is_cancelled_says_nothing), T_CASE(a_port_that_is_none_is_refused))
