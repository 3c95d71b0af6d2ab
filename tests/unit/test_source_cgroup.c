/* A group of this machine's own kernel, and files as it writes them where a controller is not enabled here. */
#include "base/file.h"
#include "source_look.h"

static void put(const char *name, const char *text)
{
    CLEANUP(mem_freep) char *path = path_join("group", name);
    struct err err;

    T_OK(file_write_atomic(path, sv_from(text), 0600, &err), err);
}

static struct look open_group(const char *path)
{
    return (struct look){.s = open_source("cgroup", "{'group': '%s'}", path)};
}

static struct look open_here(void)
{
    CLEANUP(strbuf_release) struct strbuf path = STRBUF(0);
    CLEANUP(mem_freep) char *cwd = getcwd(NULL, 0);

    strbuf_addf(&path, "%s/group", cwd);
    return open_group(strbuf_str(&path));
}

T(memory_processor_and_kills_are_told)
{
    struct look l;

    begin();
    T_EQ(mkdir("group", 0700), 0);
    put("cgroup.procs", "17\n18\n");
    put("memory.current", "104857600\n");
    put("memory.max", "209715200\n");
    put("memory.events", "low 0\nhigh 0\nmax 12\noom 1\noom_kill 2\noom_group_kill 0\n");
    put("cpu.stat", "usage_usec 2500000\nuser_usec 1\nsystem_usec 1\nthrottled_usec 500000\n");
    l = open_here();
    T_OK(look(&l), l.s->err);
    T_CHECK(truth_of(&l, "exists"));
    check_number(&l, "processes", 2);
    check_number(&l, "memory", 104857600);
    check_number(&l, "memory_max", 209715200);
    check_number(&l, "oom_kills", 2);
    check_number(&l, "memory_max_hits", 12);
    T_NEAR(number_of(&l, "cpu"), 2.5, 1e-12);
    T_NEAR(number_of(&l, "throttled"), 0.5, 1e-12);
    T_EQ(member(&l, "oom_kills", SAMPLE_NUMBER)->type, SAMPLE_COUNTER);
    check_members(&l);
    put("memory.max", "max\n");
    T_OK(look(&l), l.s->err);
    (void)member(&l, "memory_max", SAMPLE_NULL);
    source_free(l.s);
    end();
}

T(what_a_controller_does_not_tell_is_an_error_of_that_member)
{
    struct look l;

    begin();
    T_EQ(mkdir("group", 0700), 0);
    put("memory.current", "lots\n");
    put("memory.events", "oom_kill many\n");
    put("cpu.stat", "user_usec 1\n");
    l = open_here();
    T_OK(look(&l), l.s->err);
    (void)member(&l, "processes", SAMPLE_ERROR);
    (void)member(&l, "memory", SAMPLE_ERROR);
    (void)member(&l, "memory_max", SAMPLE_ERROR);
    T_SV(member(&l, "oom_kills", SAMPLE_ERROR)->text, "memory.events has no oom_kill");
    (void)member(&l, "cpu", SAMPLE_ERROR);
    source_free(l.s);
    end();
}

T(a_group_that_is_not_there_uses_nothing_and_one_that_cannot_be_asked_is_an_error)
{
    struct look l;

    begin();
    l = open_group("no.slice/such.service");
    T_OK(look(&l), l.s->err);
    T_CHECK(!truth_of(&l, "exists"));
    T_EQ(sample_find(&l.s->samples, SV("memory"))->kind,
         SAMPLE_NULL); /* that of before stands no longer */
    T_CHECK(!sample_find(&l.s->samples, SV("oom_kills")));
    check_members(&l);
    source_free(l.s);
    l = open_group("/proc/version/x");
    T_EQ(look(&l), ERR_IO);
    source_free(l.s);
    end();
}

T(the_group_of_this_machine_is_read)
{
    static const char *const roots[] = {"/sys/fs/cgroup/unified", "/sys/fs/cgroup"};
    struct look l;

    begin();
    for (size_t i = 0; i < ARRAY_LEN(roots); i++) {
        CLEANUP(strbuf_release) struct strbuf file = STRBUF(0);

        strbuf_addf(&file, "%s/cpu.stat", roots[i]);
        if (!file_exists(strbuf_str(&file)))
            continue;
        l = open_group(roots[i]);
        T_OK(look(&l), l.s->err);
        T_CHECK(number_of(&l, "cpu") > 0);
        check_members(&l);
        source_free(l.s);
        end();
        return;
    }
    end();
    T_SKIP("there is no cgroup v2");
}

T_MAIN(T_CASE(memory_processor_and_kills_are_told),
       T_CASE(what_a_controller_does_not_tell_is_an_error_of_that_member),
       T_CASE(a_group_that_is_not_there_uses_nothing_and_one_that_cannot_be_asked_is_an_error),
       T_CASE(the_group_of_this_machine_is_read))
