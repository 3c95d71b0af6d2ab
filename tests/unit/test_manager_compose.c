/*
 * The Docker Engine as it is, on a host of its own (tests/harness/systemd_host.sh).  Containers get the
 * labels that compose gives them (https://docs.docker.com/reference/compose-file/services/#labels);
 * compose itself has no part in what is asked here.
 */
#include "manager_bench.h"

static void run(const char *fmt, ...) PRINTF_LIKE(1, 2);
static void run(const char *fmt, ...)
{
    char command[1000];
    int status = -1;
    va_list ap;
    pid_t pid;

    va_start(ap, fmt);
    (void)vsnprintf(command, sizeof(command), fmt, ap);
    va_end(ap);
    pid = fork();
    if (pid == 0) {
        (void)execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    T_CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
    if (status != 0)
        T_FAIL("status %d of: %s", status, command);
}

static pid_t engine_begin(void)
{
    char cwd[PATH_MAX], host[PATH_MAX + 10], data[PATH_MAX + 10], state[PATH_MAX + 10];
    pid_t pid;

    T_CHECK(getcwd(cwd, sizeof(cwd)));
    (void)snprintf(host, sizeof(host), "unix://%s/s", cwd);
    (void)snprintf(data, sizeof(data), "%s/data", cwd);
    (void)snprintf(state, sizeof(state), "%s/exec", cwd);
    T_EQ(setenv("DOCKER_HOST", host, 1), 0);
    pid = fork();
    if (pid == 0) {
        int log = open("log", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

        (void)dup2(log, 1);
        (void)dup2(log, 2);
        (void)execl("/usr/sbin/dockerd", "dockerd", "--data-root", data, "--exec-root", state, "-H",
                    host, "--pidfile", "d.pid", "--ip-forward=false", "--iptables=false",
                    "--ip6tables=false", "--bridge=none", "--storage-driver=vfs", (char *)NULL);
        _exit(127);
    }
    for (int i = 0; !file_exists("s"); i++) {
        if (i == 600 || waitpid(pid, NULL, WNOHANG) != 0)
            run("sed 's/^/# /' log; exit 1");
        (void)poll(NULL, 0, 50);
    }
    run("mkdir -p i/bin && cp $(command -v busybox) i/bin/busybox && for a in sh sleep echo touch test; do "
        "ln -sf busybox i/bin/$a; done; tar -C i -c . | /usr/bin/docker import - app:1 > /dev/null");
    return pid;
}

static void engine_end(pid_t pid)
{
    run("ids=$(/usr/bin/docker ps -aq); test -z \"$ids\" || /usr/bin/docker rm -f $ids > /dev/null");
    T_EQ(kill(pid, SIGTERM), 0);
    T_EQ(waitpid(pid, NULL, 0), pid);
}

static void container(const char *service, const char *options, const char *script)
{
    run("/usr/bin/docker run -d --network none --ulimit nofile=1024:1024 --label "
        "com.docker.compose.project=shop --label com.docker.compose.service=%s %s app:1 /bin/sh -c '%s' "
        "> /dev/null",
        service, options, script);
}

static struct plan_service compose_service(const char *name)
{
    return (struct plan_service){.name = sv_from(name),
                                 .manager = SV("compose"),
                                 .project = SV("shop"),
                                 .socket = SV("s"),
                                 .start_timeout_ms = 60000,
                                 .stop_timeout_ms = 1000};
}

T(a_container_is_seen_restarted_reloaded_stopped_and_started)
{
    pid_t pid = engine_begin();
    struct bench b;
    int64_t first;

    container("web", "",
              "trap \"echo hup\" HUP; trap \"exit 0\" TERM; echo up; while :; do sleep 0.05; done");
    container("other", "", "exec sleep 1000"); /* of the same project: left alone */
    bench_begin(&b, compose_service("web"));
    b.service.stable_ms = 300;
    b.service.stop_timeout_ms = 60000;
    T_EQ(tell(&b, MANAGER_STATUS, 60000), ERR_OK);
    T_EQ(b.call.status.state, MANAGER_RUNNING);
    T_STR(b.call.status.text, "running");
    T_CHECK(b.call.status.restarts == 0 && !b.call.status.old_image);
    T_CHECK(clock_now_us() - b.call.status.started_us < 30000000);
    first = b.call.status.pid;
    T_CHECK(first > 1 && kill((pid_t)first, 0) == 0);
    T_STEP(&b, "start", ACTION_ENDED);
    T_CHECK(printed(&b, "web: is running already"));
    T_STEP(&b, "reload", ACTION_ENDED);
    do
        T_EQ(tell(&b, MANAGER_LOGS, 60000), ERR_OK);
    while (!sv_eq(strbuf_sv(&b.call.logs), SV("up\nhup\n")));
    T_STEP(&b, "restart", ACTION_ENDED);
    T_CHECK(printed(&b, "web: restarted (pid "));
    T_EQ(tell(&b, MANAGER_STATUS, 60000), ERR_OK);
    T_CHECK(b.call.status.pid > 1 && b.call.status.pid != first);
    T_STEP(&b, "stop", ACTION_ENDED);
    T_EQ(tell(&b, MANAGER_STATUS, 60000), ERR_OK);
    T_CHECK(b.call.status.state == MANAGER_STOPPED && b.call.status.exit_status == 0);
    T_STEP(&b, "stop", ACTION_ENDED);
    T_CHECK(printed(&b, "web: is not running"));
    T_STEP(&b, "start", ACTION_ENDED);
    T_EQ(b.action.outcome.active, 1);
    b.service.name = SV("other");
    T_STEP(&b, "status", ACTION_ENDED);
    T_EQ(b.action.outcome.status, 0);
    bench_end(&b);
    engine_end(pid);
}

T(a_container_that_crashes_after_its_start_has_not_started)
{
    pid_t pid = engine_begin();
    struct bench b;

    container("web", "--restart always",
              "test -e /broken || { touch /broken; exec sleep 1000; }; echo no port; exit 9");
    bench_begin(&b, compose_service("web"));
    until_state(&b, MANAGER_RUNNING);
    b.service.stable_ms = 3000;
    T_STEP(&b, "restart", ACTION_BROKE);
    T_CHECK(says(&b, "web: crashed ") && says(&b, "exit status 9"));
    T_CHECK(printed(&b, "no port") && printed(&b, "docker compose -p shop logs --tail 50 web"));
    bench_end(&b);
    engine_end(pid);
}

T(a_restart_does_not_bring_a_new_image)
{
    pid_t pid = engine_begin();
    struct bench b;

    container("web", "", "exec sleep 1000");
    bench_begin(&b, compose_service("web"));
    T_STEP(&b, "restart", ACTION_ENDED);
    run("echo new > i/release; tar -C i -c . | /usr/bin/docker import - app:1 > /dev/null");
    T_STEP(&b, "restart", ACTION_BROKE);
    T_CHECK(says(&b, "web: its container is of an image that its name no longer means"));
    bench_end(&b);
    engine_end(pid);
}

T(of_several_containers_the_worst_counts)
{
    pid_t pid = engine_begin();
    struct bench b;

    container("web", "--name w1", "exec sleep 1000");
    container("web", "--name w2", "exec sleep 1000");
    bench_begin(&b, compose_service("web"));
    T_EQ(tell(&b, MANAGER_STATUS, 60000), ERR_OK);
    T_EQ(b.call.status.state, MANAGER_RUNNING);
    run("/usr/bin/docker kill w2 > /dev/null");
    T_EQ(tell(&b, MANAGER_STATUS, 60000), ERR_OK);
    T_CHECK(b.call.status.state == MANAGER_FAILED && b.call.status.exit_status == 137);
    T_STEP(&b, "start", ACTION_ENDED);
    T_EQ(tell(&b, MANAGER_STATUS, 60000), ERR_OK);
    T_EQ(b.call.status.state, MANAGER_RUNNING);
    T_STEP(&b, "stop", ACTION_ENDED);
    bench_end(&b);
    engine_end(pid);
}

T(what_the_engine_refuses_is_said_with_the_command)
{
    pid_t pid = engine_begin();
    struct bench b;

    container("web", "", "trap \"\" TERM; while :; do sleep 0.05; done");
    bench_begin(&b, compose_service("none"));
    T_STEP(&b, "restart", ACTION_BROKE);
    T_CHECK(says(&b, "there is no container of service 'none' in project 'shop'"));
    b.service.name = SV("web");
    b.service.stop_timeout_ms = 30000;
    T_EQ(tell(&b, MANAGER_STOP, 500), ERR_TIMEOUT);
    T_CHECK(b.call.lost);
    b.service.stop_timeout_ms = 1000; /* then the engine kills it */
    T_EQ(tell(&b, MANAGER_STOP, 20000), ERR_OK);
    engine_end(pid);
    T_STEP(&b, "start", ACTION_BROKE);
    T_CHECK(says(&b, "the Docker Engine does not answer: "));
    T_CHECK(printed(&b, "by hand: docker compose -p shop ps web"));
    bench_end(&b);
}

T_MAIN(T_CASE(a_container_is_seen_restarted_reloaded_stopped_and_started),
       T_CASE(a_container_that_crashes_after_its_start_has_not_started),
       T_CASE(a_restart_does_not_bring_a_new_image), T_CASE(of_several_containers_the_worst_counts),
       T_CASE(what_the_engine_refuses_is_said_with_the_command))
