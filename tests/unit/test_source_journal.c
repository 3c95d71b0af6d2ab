/* The journal of a journald that the test starts, in a name space of mounts of its own. */
#include <sched.h>
#include <sys/mount.h>
#include <sys/un.h>

#include "program.h"
#include "source_look.h"

static pid_t journald;

static bool mount_empty(const char *path)
{
    (void)mkdir(path, 0755);
    return mount("tmpfs", path, "tmpfs", 0, "mode=0755") == 0;
}

/* False: this machine does not let us. */
static bool journald_begin(void)
{
    char *const argv[] = {(char[]){"/lib/systemd/systemd-journald"}, (char[]){"prusiktest"}, NULL};

    if (getuid() != 0 || access(argv[0], X_OK) != 0 || unshare(CLONE_NEWNS) != 0 ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 || !mount_empty("/run") ||
        !mount_empty("/run/systemd") || !mount_empty("/var/log/journal"))
        return false;
    journald = program_start("journald.log", argv);
    for (int i = 0; i < 250 && access("/run/systemd/journal.prusiktest/socket", F_OK) != 0; i++)
        (void)poll(NULL, 0, 20); /* nothing tells when it has made its socket */
    return true;
}

/* The native protocol of journald. */
static void say(const char *fields)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX,
                             .sun_path = "/run/systemd/journal.prusiktest/socket"};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    T_EQ(sendto(fd, fields, strlen(fields), 0, (struct sockaddr *)(void *)&at, sizeof(at)),
         (ssize_t)strlen(fields));
    (void)close(fd);
}

static double hits(struct look *l, struct sv want)
{
    const struct sample *s = sample_find(&l->s->samples, want);

    T_CHECK(s && s->kind == SAMPLE_NUMBER);
    return s->number;
}

/* journald writes when it comes to it. */
static void await_number(struct look *l, const char *name, double n)
{
    for (int i = 0; i < 250; i++) {
        T_OK(look(l), l->s->err);
        if (number_of(l, name) > n - 0.5)
            return;
        (void)poll(NULL, 0, 20);
    }
    T_FAIL("%s is %g, not %g", name, number_of(l, name), n);
}

static void await_records(struct look *l, double n)
{
    await_number(l, "records", n);
}

static struct look open_kind(const char *kind, const char *settings)
{
    FILE *f = fopen("/etc/machine-id", "re");
    char text[40] = "";

    if (!f || !fgets(text, sizeof(text), f))
        T_SKIP("this machine has no id");
    (void)fclose(f);
    text[strcspn(text, "\n")] = '\0';
    return (struct look){.s = open_source(kind, "{'directory': '/var/log/journal/%s.prusiktest'%s}",
                                          text, settings)};
}

static struct look open_journal(const char *settings)
{
    static const struct sv wants[] = {SV("ERROR"), SV("ERROR\0expected")};
    struct look l = open_kind("journal", settings);
    struct err err;

    T_OK(source_want(l.s, wants, ARRAY_LEN(wants), &err), err);
    return l;
}

T(entries_are_counted_from_the_first_look_on)
{
    CLEANUP(strbuf_release) struct strbuf position = STRBUF(0);
    struct look all, shop;

    if (!journald_begin())
        T_SKIP("no journald can be started here");
    begin();
    say("MESSAGE=ERROR of old\nSYSLOG_IDENTIFIER=shop\n");
    all = open_journal(", 'match': 'PRUSIK=1'");
    shop = open_journal(", 'match': 'PRUSIK=1', 'identifier': 'shop'");
    for (int i = 0; i < 250 && look(&all) != ERR_OK; i++)
        (void)poll(NULL, 0, 20);
    T_OK(look(&shop), shop.s->err);
    check_number(&all, "records", 0);
    say("MESSAGE=ERROR one\nSYSLOG_IDENTIFIER=shop\nPRUSIK=1\n");
    say("MESSAGE=ERROR expected\nSYSLOG_IDENTIFIER=shop\nPRUSIK=1\n");
    say("MESSAGE=ERROR elsewhere\nSYSLOG_IDENTIFIER=mill\nPRUSIK=1\n");
    say("MESSAGE=ERROR of nobody\nSYSLOG_IDENTIFIER=shop\n");
    say("NOTHING=to say\nSYSLOG_IDENTIFIER=mill\nPRUSIK=1\n");
    await_records(&all, 3);
    T_NEAR(hits(&all, SV("ERROR")), 3, 0);
    T_NEAR(hits(&all, SV("ERROR\0expected")), 2, 0);
    await_records(&shop, 2);
    T_NEAR(hits(&shop, SV("ERROR")), 2, 0);
    say("MESSAGE=fine\nSYSLOG_IDENTIFIER=shop\nPRUSIK=1\n");
    await_records(&shop, 3);
    T_NEAR(hits(&shop, SV("ERROR")), 2, 0); /* none is counted twice */
    strbuf_add_sv(&position, text_of(&shop, "position"));
    source_free(shop.s);
    say("MESSAGE=ERROR while nobody looks\nSYSLOG_IDENTIFIER=shop\nPRUSIK=1\n");
    await_records(&all, 5);
    shop = open_journal(", 'match': 'PRUSIK=1', 'identifier': 'shop'");
    source_resume(shop.s, strbuf_sv(&position));
    await_records(&shop, 1);
    T_NEAR(hits(&shop, SV("ERROR")), 1, 0);
    source_free(all.s);
    source_free(shop.s);
    end();
    program_stop(journald);
}

T(patterns_know_what_the_journal_had_before)
{
    struct look all, kinds;

    if (!journald_begin())
        T_SKIP("no journald can be started here");
    begin();
    all = open_journal(", 'match': 'PRUSIK=1'");
    say("MESSAGE=ERROR order 1\nPRUSIK=1\n");
    for (int i = 0; i < 250 && look(&all) != ERR_OK; i++)
        (void)poll(NULL, 0, 20);
    say("MESSAGE=ERROR order 2\nPRUSIK=1\n");
    say("NOTHING=to say\nPRUSIK=1\n");
    say("MESSAGE=ERROR of others\n");
    say("MESSAGE=fine\nPRUSIK=1\n");
    await_records(&all, 1);
    kinds = open_kind("patterns", ", 'match': 'PRUSIK=1'");
    for (int i = 0; i < 250; i++) { /* until it has the last of them */
        T_OK(look(&kinds), kinds.s->err);
        if (strstr(text_of(&kinds, "known_json").p, "order"))
            break;
        source_free(kinds.s);
        (void)poll(NULL, 0, 20);
        kinds = open_kind("patterns", ", 'match': 'PRUSIK=1'");
    }
    check_number(&kinds, "known", 1);
    say("MESSAGE=ERROR order 3\nPRUSIK=1\n");
    say("MESSAGE=ERROR pool 7 is gone\nPRUSIK=1\n");
    await_number(&kinds, "taken", 2);
    T_CHECK(strstr(text_of(&kinds, "rows_json").p, "pool <n> is gone") != NULL);
    source_free(all.s);
    source_free(kinds.s);
    end();
    program_stop(journald);
}

T(a_journal_that_is_not_there_is_unknown)
{
    struct look l;

    begin();
    l = (struct look){
        .s = open_source("journal", "{'directory': '/nowhere', 'unit': 'web.service'}")};
    T_EQ(look(&l), ERR_IO);
    source_free(l.s);
    if (getuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 && mount_empty("/run") &&
        mount_empty("/var/log/journal")) {
        l = (struct look){.s = open_source("journal", "{'unit': 'web.service'}")};
        T_EQ(look(&l), ERR_NOT_FOUND);
        source_free(l.s);
    }
    end();
}

T(a_match_that_is_none_is_refused)
{
    struct source *s;
    struct err err;

    begin();
    T_EQ(try_open("journal", "{\"match\": \"shop\"}", &s, &err), ERR_INVALID);
    end();
}

T_MAIN(T_CASE(entries_are_counted_from_the_first_look_on),
       T_CASE(patterns_know_what_the_journal_had_before),
       T_CASE(a_journal_that_is_not_there_is_unknown), T_CASE(a_match_that_is_none_is_refused))
