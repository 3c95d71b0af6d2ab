#include "action/remote.h"

#include <stdio.h>
#include <string.h>

#include "base/ident.h"
#include "base/limits.h"
#include "base/sv.h"

/*
 * As the driver of session.c, but the report goes to the output, marked, and the end of what a command printed as an
 * error is marked too.  $1: the mark.  When the commands end so does what was left in the background, but for what ignores
 * SIGHUP (bit 0 of SigIgn), as here: what nohup(1) begins does so only a moment later.
 */
static const char remote_driver[] =
    "__prusik_n=$1; set --; set -m; set -o pipefail; exec 3<&0 4>&1 5>&2 </dev/null\n"
    "while IFS= read -r -d '' -u 3 __prusik_cmd; do\n"
    "  __prusik_rc=()\n"
    "  eval \"$__prusik_cmd\n__prusik_rc=(\\$? \\\"\\${PIPESTATUS[@]}\\\")\" 3<&- 4>&- 5>&-\n"
    "  __prusik_st=$?\n"
    "  printf '\\0\\0%s\\0' \"$__prusik_n\" >&5\n"
    "  { printf '\\0\\0%s\\0%s\\0%s\\0%s\\0%s\\0' \"$__prusik_n\" $$ \"$__prusik_st\""
    " \"${__prusik_rc[*]}\" \"$PWD\"\n"
    "    declare -p; printf '\\0'; declare -f; printf '\\0'; } >&4\n"
    "done\n"
    "for __prusik_n in 1 2; do\n"
    "  __prusik_t=\n"
    "  for __prusik_j in $(jobs -p); do\n"
    "    __prusik_v=\n"
    "    while read -r __prusik_k __prusik_v; do [ \"$__prusik_k\" != SigIgn: ] || break; done"
    " < /proc/$__prusik_j/status\n"
    "    case $__prusik_v in *[13579bdf]) ;; *) __prusik_t=\"$__prusik_t $__prusik_j\" ;; esac\n"
    "  done\n"
    "  [ -n \"$__prusik_t\" ] || break\n"
    "  [ $__prusik_n = 2 ] || sleep 0.2\n"
    "done 2>/dev/null\n"
    "for __prusik_j in $__prusik_t; do kill -TERM -- -$__prusik_j; done 2>/dev/null\n";

/* $1: the shell, which leads a session and is told first, or a loop would go on; what it starts itself from then on (k) is
 * its trap on EXIT; $2: tenths of a second until KILL. */
static const char remote_killer[] =
    "left() {\n"
    "  for f in /proc/[0-9]*/stat; do\n"
    "    { read -r l < \"$f\"; } 2>/dev/null || continue\n"
    "    p=${f#/proc/}; p=${p%/stat}; set -- \"$1\" ${l##*) }\n"
    "    [ \"$5\" = \"$1\" ] && [ \"$2\" != Z ] || continue\n"
    "    [ \"$3\" = \"$1\" ] && p=k$p; printf '%s ' \"$p\"\n"
    "  done\n"
    "}\n"
    "end() { kill -TERM \"$1\"; kill -CONT \"$1\"; told=\"$told $1 \"; }\n"
    "exec 2>/dev/null; n=0; end \"$1\"\n"
    "while p=$(left \"$1\"); [ -n \"$p\" ]; do\n"
    "  for q in $p; do\n"
    "    case $n.$q.$told in 0.*) ;; *.k*|*\" ${q#k} \"*) continue ;; esac\n"
    "    case $told in *\" ${q#k} \"*) ;; *) end \"${q#k}\" ;; esac\n"
    "  done\n"
    "  [ $n -lt \"$2\" ] || kill -KILL ${p//k/}\n"
    "  n=$((n + 1)); sleep 0.1\n"
    "done\n";

enum { REMOTE_PIECES = 6 };

static char **remote_copy(const char *const *v)
{
    VEC(char *) copy = {0};

    for (size_t i = 0; v[i]; i++)
        *vec_add(&copy) = xstrdup(v[i]);
    *vec_add(&copy) = NULL;
    return copy.v;
}

struct remote *remote_new(const struct session_remote *spec, remote_output_fn *output, void *arg)
{
    struct remote *r = XNEW(struct remote);

    r->output = output;
    r->arg = arg;
    r->host = xstrdup(spec->host);
    r->ssh = remote_copy(spec->ssh);
    r->init = STRBUF(0);
    strbuf_add_sv(&r->init, spec->init);
    r->said = STRBUF(1000);
    for (size_t i = 0; i < CHILD_STREAM__N; i++)
        r->stream[i] =
            (struct remote_stream){.held = STRBUF(0), .report = STRBUF(LIMIT_STATE_BYTES)};
    return r;
}

void remote_free(struct remote *r)
{
    if (!r)
        return;
    for (size_t i = 0; r->ssh[i]; i++)
        free(r->ssh[i]);
    free(r->ssh);
    free(r->host);
    free(r->script);
    strbuf_release(&r->init);
    strbuf_release(&r->said);
    for (size_t i = 0; i < CHILD_STREAM__N; i++) {
        strbuf_release(&r->stream[i].held);
        strbuf_release(&r->stream[i].report);
    }
    free(r);
}

/* --- what runs over there --- */

/* The login shell over there reads it, whichever it is: only single quotes are used. */
static char *remote_script(const char *text, const char *one, const char *two)
{
    struct strbuf b = STRBUF(0);

    strbuf_add_str(&b, "exec bash --noprofile --norc -c ");
    session_quote(sv_from(text), &b);
    strbuf_addf(&b, " prusik %s %s", one, two);
    return strbuf_steal_str(&b);
}

void remote_begin(struct remote *r)
{
    r->mark = ident_random(32);
    free(r->script);
    r->script = remote_script(remote_driver, r->mark.s, "");
    r->pid = 0;
    strbuf_truncate(&r->said, 0);
    for (size_t i = 0; i < CHILD_STREAM__N; i++) {
        strbuf_truncate(&r->stream[i].held, 0);
        strbuf_truncate(&r->stream[i].report, 0);
        r->stream[i].marked = false;
    }
}

typedef VEC(const char *) remote_words;

/* ssh ... MORE... HOST SCRIPT; `--` so that a host is never taken for an option. */
static void remote_add_ssh(const struct remote *r, const char *const *more, const char *script,
                           remote_words *out)
{
    for (size_t i = 0; r->ssh[i]; i++)
        *vec_add(out) = r->ssh[i];
    for (; *more; more++)
        *vec_add(out) = *more;
    *vec_add(out) = "--";
    *vec_add(out) = r->host;
    *vec_add(out) = script;
    *vec_add(out) = NULL;
}

static const char *const remote_no_more[] = {NULL};

static const char *const *remote_words_of(struct remote *r, const char *const *more)
{
    static remote_words words; /* one loop, one thread */

    words.n = 0;
    remote_add_ssh(r, more, r->script, &words);
    return words.v;
}

const char *const *remote_argv(struct remote *r)
{
    return remote_words_of(r, remote_no_more);
}

/* -t twice: also when -T stands before it.  What is typed is the command's, no word to ssh. */
const char *const *remote_terminal_argv(struct remote *r, const char *driver, const char *bytes)
{
    static const char *const more[] = {"-tt", "-e", "none", NULL};

    free(r->script);
    r->script = remote_script(driver, r->mark.s, bytes);
    return remote_words_of(r, more);
}

/* --- what comes from there --- */

struct sv remote_mark(const struct remote *r, char buf[REMOTE_MARK_BYTES])
{
    size_t n = strlen(r->mark.s);

    memcpy(buf, "\0", 2);
    memcpy(buf + 2, r->mark.s, n + 1);
    return (struct sv){buf, n + 3};
}

size_t remote_find_mark(struct sv s, struct sv mark)
{
    for (size_t at = 0; (at = sv_find_byte(s, '\0', at)) != SV_NPOS; at++)
        if (sv_starts(mark, sv_sub(s, at, size_min(at + mark.n, s.n))))
            return at;
    return s.n;
}

static bool remote_is_whole(struct sv report, enum child_stream stream)
{
    size_t n = 0;

    if (stream == CHILD_ERR)
        return true; /* nothing follows its mark */
    for (size_t i = 0; i < report.n; i++)
        n += report.p[i] == '\0';
    return n >= REMOTE_PIECES;
}

/* Before a mark is output, behind it the report. */
static void remote_split(struct remote *r, enum child_stream stream, struct sv bytes)
{
    struct remote_stream *s = &r->stream[stream];
    char buf[REMOTE_MARK_BYTES];
    struct sv mark = remote_mark(r, buf), all;
    size_t at;

    if (s->marked) {
        strbuf_add_sv(&s->report, bytes);
        return;
    }
    strbuf_add_sv(&s->held, bytes);
    all = strbuf_sv(&s->held);
    at = remote_find_mark(all, mark);
    if (at > 0)
        r->output(r->arg, stream, sv_sub(all, 0, at));
    if (all.n - at >= mark.n) {
        s->marked = true;
        strbuf_add_sv(&s->report, sv_sub(all, at + mark.n, all.n));
        strbuf_truncate(&s->held, 0);
    } else {
        strbuf_consume(&s->held, at);
    }
}

enum err_code remote_feed(struct remote *r, enum child_stream stream, struct sv bytes,
                          struct sv *ret)
{
    struct remote_stream *out = &r->stream[CHILD_OUT], *errs = &r->stream[CHILD_ERR];
    struct sv pid;

    *ret = (struct sv){NULL, 0};
    remote_split(r, stream, bytes);
    if (out->report.overflow)
        return ERR_LIMIT;
    if (!out->marked || !errs->marked || !remote_is_whole(strbuf_sv(&out->report), CHILD_OUT))
        return ERR_OK;
    *ret = strbuf_sv(&out->report);
    pid = sv_sub(*ret, 0, sv_find_byte(*ret, '\0', 0));
    *ret = sv_sub(*ret, pid.n + 1, ret->n);
    if (!sv_to_i64(pid, &r->pid))
        r->pid = 0; /* uncovered: bash prints a number */
    return ERR_OK;
}

void remote_taken(struct remote *r)
{
    for (size_t i = 0; i < CHILD_STREAM__N; i++) {
        strbuf_truncate(&r->stream[i].report, 0);
        r->stream[i].marked = false;
    }
}

/* --- ending --- */

struct remote_killing {
    struct child child;
    remote_words argv;
    char *script;
    void (*done)(void *arg);
    void *arg;
};

static void remote_on_killed(struct child *c, enum err_code rc UNUSED)
{
    struct remote_killing *k = container_of(c, struct remote_killing, child);
    void (*done)(void *arg) = k->done;
    void *arg = k->arg;

    vec_release(&k->argv);
    free(k->script);
    free(k);
    done(arg);
}

void remote_kill(const struct remote *r, uv_loop_t *loop, uint64_t grace_ms,
                 void (*done)(void *arg), void *arg)
{
    struct remote_killing *k = XNEW(struct remote_killing);
    char pid[32], tenths[32];

    (void)snprintf(pid, sizeof(pid), "%lld", (long long)r->pid);
    (void)snprintf(tenths, sizeof(tenths), "%llu", (unsigned long long)grace_ms / 100 + 1);
    k->script = remote_script(remote_killer, pid, tenths);
    k->done = done;
    k->arg = arg;
    remote_add_ssh(r, remote_no_more, k->script, &k->argv);
    k->child = (struct child){.spec = {.argv = k->argv.v,
                                       .timeout_ms = grace_ms + 20000, /* a host that hangs */
                                       .grace_ms = 1000},
                              .done = remote_on_killed};
    child_start(&k->child, loop);
}
