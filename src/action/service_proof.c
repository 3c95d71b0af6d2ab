#include "action/service_proof.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/sv.h"

/* How exact a start is: ticks of the kernel, or the whole seconds that some managers count in. */
#define PROOF_TICK_US    30000
#define PROOF_MANAGER_US 1100000

/* "/srv/app/bin/app (deleted)": proc(5), /proc/[pid]/exe */
static enum err_code proof_program(const struct service_proof *p, struct strbuf *notes,
                                   struct err *err)
{
    char link[64], path[PATH_MAX];
    ssize_t n;

    (void)snprintf(link, sizeof(link), "/proc/%lld/exe", (long long)p->status->pid);
    n = readlink(link, path, sizeof(path));
    if (n < 0) {
        (void)err_sys(err, errno, "which program pid %lld runs cannot be told",
                      (long long)p->status->pid);
        strbuf_addf(notes, "%s\n", err->msg);
        return ERR_OK;
    }
    if (sv_ends((struct sv){path, (size_t)n}, SV(" (deleted)")))
        return err_set(err, ERR_FAILED,
                       "pid %lld runs a program that is no longer on disk: %.*s: it was replaced "
                       "and not restarted",
                       (long long)p->status->pid, (int)n - 10, path);
    return ERR_OK;
}

static enum err_code proof_age(const struct service_proof *p, int64_t age_us, int64_t slack_us,
                               struct err *err)
{
    if (!p->fresh || age_us <= p->elapsed_us + slack_us)
        return ERR_OK;
    return err_set(err, ERR_FAILED, "its process (pid %lld) is older than this step by %.1f s",
                   (long long)p->status->pid, (double)(age_us - p->elapsed_us) / 1e6);
}

static enum err_code proof_newer(const struct service_proof *p, int64_t started_us, struct err *err)
{
    CLEANUP(mem_freep) char *path = xstrdup_sv(p->service->version.newer_than);
    struct stat st;
    int64_t written_us;

    if (!p->service->version.newer_than.n)
        return ERR_OK;
    if (stat(path, &st) != 0)
        return err_sys(err, errno, "'%s', which the process must be newer than", path);
    written_us = (int64_t)st.st_mtim.tv_sec * 1000000 + st.st_mtim.tv_nsec / 1000;
    if (started_us + PROOF_TICK_US >= written_us)
        return ERR_OK;
    return err_set(err, ERR_FAILED, "'%s' was written %.1f s after its process (pid %lld) started",
                   path, (double)(written_us - started_us) / 1e6, (long long)p->status->pid);
}

enum err_code service_prove_process(const struct service_proof *p, struct strbuf *notes,
                                    struct err *err)
{
    int64_t here_us = manager_process_started_us(p->status->pid);
    int64_t started_us = here_us ? here_us : p->status->started_us;

    if (p->status->old_image)
        return err_set(err, ERR_FAILED,
                       "its container is of an image that its name no longer means: restarting "
                       "does not replace it, 'docker compose up -d' does");
    if (here_us && proof_program(p, notes, err) != ERR_OK)
        return err->code;
    if (started_us && proof_age(p, clock_now_us() - started_us,
                                here_us ? PROOF_TICK_US : PROOF_MANAGER_US, err) != ERR_OK)
        return err->code;
    if (started_us)
        return proof_newer(p, started_us, err);
    if (p->service->version.newer_than.n)
        return err_set(err, ERR_FAILED, "when its process started cannot be told");
    strbuf_add_str(notes, "it has no process here: which program runs cannot be told\n");
    return ERR_OK;
}

/* --- what it says --- */

static const json_t *proof_member(const json_t *j, struct sv field)
{
    struct sv name;

    while (j && sv_split(&field, '.', &name)) {
        CLEANUP(mem_freep) char *key = xstrdup_sv(name);

        j = json_object_get(j, key);
    }
    return j;
}

enum err_code service_version_of(struct sv text, struct sv field, struct strbuf *ret,
                                 struct err *err)
{
    CLEANUP(json_cleanup) json_t *j = NULL;
    const json_t *member;

    if (!field.n) {
        strbuf_add_sv(ret, sv_trim(text));
        return ERR_OK;
    }
    if (json_read(text, &j, err) != ERR_OK)
        return err_wrap(err, "its version cannot be told: no JSON");
    member = proof_member(j, field);
    if (!json_is_string(member) && !json_is_number(member))
        return err_set(err, ERR_FAILED, "its version cannot be told: the answer has no text '%.*s'",
                       SV_FMT(field));
    if (json_is_string(member))
        strbuf_add(ret, json_string_value(member), json_string_length(member));
    else
        strbuf_addf(ret, "%.17g", json_number_value(member));
    return ERR_OK;
}

static bool proof_is_inner(char c)
{
    return ascii_is_word(c) || c == '.' || c == '-' || c == '+';
}

bool service_version_is(struct sv version, struct sv expected, bool is_field)
{
    if (is_field || !expected.n)
        return sv_eq(version, expected);
    for (size_t at = 0; (at = sv_find(version, expected, at)) != SV_NPOS; at++) {
        size_t end = at + expected.n;

        /* "v1.2" is 1.2; "1.2.1" and "11.2" are not; a full stop may end the sentence */
        if ((at == 0 || !proof_is_inner(version.p[at - 1]) ||
             (version.p[at - 1] == 'v' && (at == 1 || !proof_is_inner(version.p[at - 2])))) &&
            (end == version.n || !proof_is_inner(version.p[end]) ||
             (version.p[end] == '.' &&
              (end + 1 == version.n || !proof_is_inner(version.p[end + 1])))))
            return true;
    }
    return false;
}
