/*
 * The shells of a run: one for each procedure of the document.
 */
#include <poll.h>

#include "action/procs.h"
#include "base/ident.h"
#include "base/sv.h"
#include "base/text.h"
#include "exec/run_int.h"
#include "store/event.h"

enum { RUN_LEFT_MS = 200 };

/* A variable that the plan, a secret or prusik itself sets: the process's own value does not count. */
static bool run_env_is_set(const struct run *r, struct sv name)
{
    for (size_t i = 0; i < r->plan->n_env; i++)
        if (sv_eq(r->plan->env[i].name, name))
            return true;
    for (size_t i = 0; i < r->opt.n_secret_env; i++)
        if (sv_eq(r->opt.secret_env[i].name, name))
            return true;
    return sv_starts(name, SV("PRUSIK_"));
}

static char *run_env_pair(struct sv name, struct sv value)
{
    struct strbuf b = STRBUF(0);

    strbuf_addf(&b, "%.*s=", SV_FMT(name));
    strbuf_add_sv(&b, value);
    return strbuf_steal_str(&b);
}

static char **run_session_env(const struct run *r)
{
    VEC(char *) env = {0};

    for (char **e = environ; *e; e++) {
        struct sv name = sv_from(*e);

        name = sv_sub(name, 0, sv_find_byte(name, '=', 0));
        if (!run_env_is_set(r, name))
            *vec_add(&env) = xstrdup(*e);
    }
    for (size_t i = 0; i < r->plan->n_env; i++)
        *vec_add(&env) = run_env_pair(r->plan->env[i].name, r->plan->env[i].value);
    for (size_t i = 0; i < r->opt.n_secret_env; i++)
        *vec_add(&env) = run_env_pair(r->opt.secret_env[i].name, r->opt.secret_env[i].value);
    *vec_add(&env) = run_env_pair(SV("PRUSIK_RUN"), sv_from(event_run_text(r->id).s));
    *vec_add(&env) = run_env_pair(SV("PRUSIK_ENVIRONMENT"), r->plan->environment);
    *vec_add(&env) = NULL;
    return env.v;
}

/* Known to the journal before it gets a command: after a crash its processes are found. */
static void run_on_spawned(void *arg, pid_t pid)
{
    struct run_session *rs = arg;
    struct run *r = rs->run;
    json_t *data = json_object();

    json_put_str(data, "what", "shell");
    json_put_sv(data, "session", rs->name);
    json_put_int(data, "pid", pid);
    json_put_int(data, "start", (int64_t)ident_process_start(pid));
    json_put_str(data, "boot", ident_boot().s);
    r->shells_open = true;
    run_queue(r, EVENT_HOLD_TAKEN, NULL, data);
}

/* The shells of several hosts, which are spawned together, are one commit: that of the first that has started. */
static bool run_on_shell(void *arg, pid_t pid UNUSED)
{
    struct run_session *rs = arg;

    return run_commit(rs->run);
}

static struct run_session *run_session_find(struct run *r, struct sv name)
{
    for (size_t i = 0; i < r->sessions.n; i++)
        if (sv_eq(r->sessions.v[i]->name, name))
            return r->sessions.v[i];
    return NULL;
}

static struct run_session *run_session_add(struct run *r, struct sv name)
{
    struct run_session *rs = XNEW(struct run_session);

    rs->run = r;
    rs->name = arena_sv(&r->arena, name);
    *vec_add(&r->sessions) = rs;
    return rs;
}

/* As bash(1) says of a login shell; what profiles print is nobody's output. */
static const char run_profile[] = "{ [ ! -r /etc/profile ] || . /etc/profile\n"
                                  "for __prusik_f in ~/.bash_profile ~/.bash_login ~/.profile; do\n"
                                  "  [ ! -r \"$__prusik_f\" ] || { . \"$__prusik_f\"; break; }\n"
                                  "done; unset __prusik_f; } > /dev/null 2>&1\n";

/* What the plan, secrets and prusik itself set, as commands: the rest of our environment is not that of the host. */
static void run_remote_init(char *const *env, size_t from, struct strbuf *out)
{
    for (size_t i = from; env[i]; i++) {
        struct sv pair = sv_from(env[i]);
        size_t eq = sv_find_byte(pair, '=', 0);

        strbuf_addf(out, "export %.*s=", SV_FMT(sv_sub(pair, 0, eq)));
        session_quote(sv_sub(pair, eq + 1, pair.n), out);
        strbuf_add_byte(out, '\n');
    }
}

/*
 * The user's own ssh; never a question that nobody would see, and a host that is gone is noticed.  Of an option that
 * is given twice ssh takes the first: the binding's own stand before the defaults.
 */
static const char *const run_ssh[] = {"ssh", "-T", "-o", "BatchMode=yes"};
static const char *const run_ssh_defaults[] = {
    "-o", "ConnectTimeout=20", "-o", "ServerAliveInterval=10", "-o", "ServerAliveCountMax=3"};

struct run_remote {
    struct session_remote spec;
    VEC(const char *) ssh;
    struct strbuf init;
};

static void run_remote_make(struct run *r, const struct plan_step *p, char *const *env,
                            struct run_remote *out)
{
    size_t own = r->plan->n_env + r->opt.n_secret_env + 2,
           n = 0; /* as run_session_env() adds them, last */

    while (env[n])
        n++;
    out->init = STRBUF(0);
    if (p->login)
        strbuf_add_str(&out->init, run_profile);
    run_remote_init(env, n - own, &out->init);
    for (size_t i = 0; i < ARRAY_LEN(run_ssh); i++)
        *vec_add(&out->ssh) = run_ssh[i];
    for (size_t i = 0; i < p->n_ssh; i++)
        *vec_add(&out->ssh) = arena_strdup(&r->arena, p->ssh[i]);
    for (size_t i = 0; i < ARRAY_LEN(run_ssh_defaults); i++)
        *vec_add(&out->ssh) = run_ssh_defaults[i];
    *vec_add(&out->ssh) = NULL;
    out->spec = (struct session_remote){.host = arena_strdup(&r->arena, p->address),
                                        .ssh = out->ssh.v,
                                        .init = strbuf_sv(&out->init)};
}

static void run_session_open(struct run *r, struct run_session *rs, const struct plan_step *p)
{
    char **env = run_session_env(r);
    CLEANUP(mem_freep) char *cwd = xstrdup_sv(r->plan->workdir);
    struct run_remote remote = {.init = STRBUF(0)};
    struct session_spec spec = {.env = (const char *const *)env,
                                .cwd = cwd,
                                .grace_ms = r->opt.grace_ms,
                                .spawned = run_on_spawned,
                                .started = run_on_shell,
                                .arg = rs};

    if (p->address.n) {
        run_remote_make(r, p, env, &remote);
        spec.remote = &remote.spec;
    }
    rs->s = session_new(&r->loop, &spec);
    if (rs->restore)
        session_restore_diff(rs->s, rs->restore);
    for (size_t i = 0; env[i]; i++)
        free(env[i]);
    free(env);
    vec_release(&remote.ssh);
    strbuf_release(&remote.init);
}

/* Steps of the way back never share a shell with the way forward: their procedures are others. */
struct session *run_session_for(struct run *r, const struct plan_step *p)
{
    struct run_session *rs = run_session_find(r, p->session);

    if (!rs)
        rs = run_session_add(r, p->session);
    if (!rs->s)
        run_session_open(r, rs, p);
    return rs->s;
}

void run_session_remember(struct run *r, const struct plan_step *p, json_t *diff)
{
    struct run_session *rs = run_session_find(r, p->session);

    if (!rs)
        rs = run_session_add(r, p->session);
    json_decref(rs->restore);
    rs->restore = json_incref(diff);
}

static void run_on_session_closed(void *arg)
{
    struct run_session *rs = arg;

    rs->s = NULL;
    rs->run->open_sessions--;
}

/* What the shells have left; some of it may end only a moment later than its command, or be on its way to nohup(1). */
static void run_sessions_left(const struct run *r, procs_list *left)
{
    for (int looks = 0; looks < 2; looks++) {
        size_t stays = 0;

        left->n = 0;
        for (size_t i = 0; i < r->sessions.n; i++) {
            pid_t sid = r->sessions.v[i]->s ? session_id(r->sessions.v[i]->s) : 0;

            if (sid)
                procs_of_session(sid, sid, left);
        }
        for (size_t i = 0; i < left->n; i++)
            stays += procs_stays(left->v[i]);
        if (stays == left->n)
            return;
        if (looks == 0)
            (void)poll(NULL, 0, RUN_LEFT_MS);
    }
}

void run_sessions_tell(struct run *r)
{
    json_t *data, *list;
    procs_list left = {0};

    run_sessions_left(r, &left);
    list = json_array();
    for (size_t i = 0; i < left.n; i++) {
        CLEANUP(strbuf_release) struct strbuf command = STRBUF(0), clean = STRBUF(0);
        json_t *j = json_object();

        procs_command(left.v[i], &command);
        secrets_redact(r->opt.secrets, strbuf_sv(&command), &clean);
        json_put_int(j, "pid", left.v[i]);
        json_put_sv(j, "command", text_cut(strbuf_sv(&clean), 200));
        json_put_bool(j, "stays", procs_stays(left.v[i]));
        json_put_bool(j, "pipe", procs_prints_into_pipe(left.v[i]));
        json_append(list, j);
    }
    if (left.n) {
        data = json_object();
        json_put(data, "processes", list);
        run_queue(r, EVENT_SHELL_LEFT, NULL, data);
    } else {
        json_decref(list);
    }
    vec_release(&left);
}

void run_sessions_close(struct run *r)
{
    for (size_t i = 0; i < r->sessions.n; i++)
        if (r->sessions.v[i]->s) {
            r->open_sessions++;
            session_close(r->sessions.v[i]->s, run_on_session_closed, r->sessions.v[i]);
        }
}
