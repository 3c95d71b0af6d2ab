/*
 * A service as facts: its state, which program runs, and which version it says that it is.
 */
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include "action/manager.h"
#include "action/service_proof.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/sv.h"
#include "exec/picture_int.h"

#define PICTURE_ASK_MS     10000u /* a manager, or a service that is asked for its version */
#define PICTURE_FORKED_MS  2000   /* before a process that was forked has become its program */
#define PICTURE_ANSWER_MAX (64u << 10)

static const struct plan_service *picture_find_service(const struct plan *plan, struct sv name)
{
    for (size_t i = 0; i < plan->n_services; i++)
        if (sv_eq(plan->services[i].name, name))
            return &plan->services[i];
    return NULL;
}

/*
 * systemd's Type=simple is "started" when the process was forked, which a moment later becomes the program: until then it is
 * systemd itself (from version 255 on its executor).
 */
static bool picture_is_forked(int64_t pid)
{
    char link[64], exe[256];
    ssize_t n;
    struct sv path;

    (void)snprintf(link, sizeof(link), "/proc/%lld/exe", (long long)pid);
    n = readlink(link, exe, sizeof(exe));
    path = (struct sv){exe, n > 0 ? (size_t)n : 0};
    return sv_ends(path, SV("/systemd")) || sv_ends(path, SV("/systemd-executor"));
}

static void picture_await_program(int64_t pid)
{
    uint64_t end_ns = clock_mono_ns() + PICTURE_FORKED_MS * UINT64_C(1000000);

    while (picture_is_forked(pid) && clock_mono_ns() < end_ns)
        (void)sched_yield(); /* uncovered: a matter of a moment, which not every run hits */
}

/* The bytes of the program, also when its file was replaced, and its words: an interpreter runs many programs. */
static void picture_program(struct picture *p, const char *name, int64_t pid)
{
    CLEANUP(strbuf_release) struct strbuf words = STRBUF(0);
    struct hash h, w;
    struct err err;
    char exe[64], cmdline[64];

    (void)snprintf(exe, sizeof(exe), "/proc/%lld/exe", (long long)pid);
    (void)snprintf(cmdline, sizeof(cmdline), "/proc/%lld/cmdline", (long long)pid);
    if (picture_hash_file(exe, &h, &err) != ERR_OK ||
        file_read(cmdline, PICTURE_ANSWER_MAX, &words, &err) != ERR_OK) {
        picture_add(p, "program of service", name,
                    "cannot be read"); /* uncovered: of another user */
        return;                        /* uncovered: likewise */
    }
    w = hash_of(strbuf_sv(&words));
    picture_add(p, "program of service", name, "sha256 %s, its words %.12s", hash_hex(&h).s,
                hash_hex(&w).s);
}

/* --- the version that it says --- */

/* One question to the service, on a loop of its own. */
struct picture_ask {
    struct child child;
    struct http_request http;
    struct strbuf out;
    bool failed;
};

static void picture_on_output(struct child *c, enum child_stream stream, struct sv bytes)
{
    struct picture_ask *a = container_of(c, struct picture_ask, child);

    if (stream == CHILD_OUT)
        strbuf_add_sv(&a->out, bytes);
}

static void picture_on_child(struct child *c, enum err_code rc)
{
    container_of(c, struct picture_ask, child)->failed = rc != ERR_OK;
}

static void picture_on_http(struct http_request *r, enum err_code rc)
{
    struct picture_ask *a = container_of(r, struct picture_ask, http);

    a->failed = rc != ERR_OK || r->status < 200 || r->status > 299;
    strbuf_add_sv(&a->out, strbuf_sv(&r->body));
}

static void picture_ask_command(struct picture_ask *a, const struct plan *plan, uv_loop_t *loop,
                                struct sv command)
{
    CLEANUP(mem_freep) char *text = xstrdup_sv(command), *workdir = xstrdup_sv(plan->workdir);
    const char *argv[] = {"/bin/sh", "-c", text, NULL};
    char **env = manager_env(plan);

    a->child.spec = (struct child_spec){.argv = argv,
                                        .env = (const char *const *)env,
                                        .cwd = workdir,
                                        .timeout_ms = PICTURE_ASK_MS};
    a->child.output = picture_on_output;
    a->child.done = picture_on_child;
    child_start(&a->child, loop);
    (void)uv_run(loop, UV_RUN_DEFAULT); /* bounded by the timeout */
    manager_free_words(env);
}

static void picture_ask_url(struct picture_ask *a, uv_loop_t *loop, struct sv url)
{
    struct http_client *client = http_client_new(loop);

    a->http.spec = (struct http_spec){.url = url, .total_ms = PICTURE_ASK_MS};
    a->http.done = picture_on_http;
    http_start(client, &a->http);
    (void)uv_run(loop, UV_RUN_DEFAULT); /* likewise */
    http_client_free(client);
    (void)uv_run(loop, UV_RUN_DEFAULT); /* what is closing */
    http_release(&a->http);
}

static void picture_version(struct picture *p, const char *name, const struct plan_service *s)
{
    struct picture_ask a = {.out = STRBUF(PICTURE_ANSWER_MAX)};
    CLEANUP(strbuf_release) struct strbuf version = STRBUF(0);
    struct err err;
    uv_loop_t loop;

    (void)uv_loop_init(&loop); /* fails only for want of descriptors, which the first use reports */
    if (s->version.command.n)
        picture_ask_command(&a, p->of->plan, &loop, s->version.command);
    else
        picture_ask_url(&a, &loop, s->version.url);
    (void)uv_loop_close(&loop);
    if (a.failed ||
        service_version_of(strbuf_sv(&a.out), s->version.field, &version, &err) != ERR_OK)
        picture_add(p, "version of service", name, "is not told");
    else
        picture_add(p, "version of service", name, "%s", strbuf_str(&version));
    strbuf_release(&a.out);
}

enum err_code picture_service(struct picture *p, struct sv name, struct err *err)
{
    const struct plan_service *s = picture_find_service(p->of->plan, name);
    CLEANUP(mem_freep) char *plain = xstrdup_sv(name);
    struct manager_status status = {.state = MANAGER_UNKNOWN};
    struct err why;

    if (!s)
        return err_set(err, ERR_NOT_FOUND, "rehearse: the plan has no service '%s'", plain);
    if (manager_ask(p->of->plan, s, PICTURE_ASK_MS, &status, &why) != ERR_OK) {
        picture_add(p, "service", plain, "cannot be asked: %s", why.msg);
        return ERR_OK;
    }
    picture_add(p, "service", plain, "%s", manager_state_name(status.state));
    if (status.at_boot[0])
        picture_add(p, "start at boot of service", plain, "%s", status.at_boot);
    if (status.pid) {
        picture_await_program(status.pid);
        picture_program(p, plain, status.pid);
    }
    if (s->version.command.n || s->version.url.n)
        picture_version(p, plain, s);
    return ERR_OK;
}
