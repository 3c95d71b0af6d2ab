/*
 * Where a command has printed that sends its output into a file: a person who is asked about it reads the end of that file,
 * instead of "it has printed nothing".
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/sv.h"
#include "exec/run_int.h"
#include "runbook/shell.h"

enum { PRINTED_TAIL = 4096 };

/* The last "> file", ">> file" or "&> file" of the command; NULL: there is none. */
static const struct shell_redirect *printed_redirect(const struct shell_script *script)
{
    const struct shell_redirect *found = NULL;

    for (size_t i = 0; i < script->n; i++)
        for (size_t k = 0; k < script->v[i].n_redirects; k++) {
            const struct shell_redirect *to = &script->v[i].redirects[k];

            if ((sv_is(to->op, ">") || sv_is(to->op, ">>") || sv_is(to->op, "&>") ||
                 sv_is(to->op, "1>")) &&
                !sv_starts(to->target.raw, SV("/dev/")))
                found = to;
        }
    return found;
}

/* As an action has its texts: the variables are those of the shell now. */
static json_t *printed_pieces(const struct shell_word *w)
{
    json_t *list = json_array();

    for (size_t i = 0; i < w->n_pieces; i++) {
        json_t *j;

        if (!w->pieces[i].variable) {
            json_append(list, json_sv(w->pieces[i].text));
            continue;
        }
        j = json_object();
        json_put_sv(j, "env", w->pieces[i].text);
        json_append(list, j);
    }
    return list;
}

/* The path that it means where the shell stands; false: nobody knows. */
static bool printed_path(struct run *r, const struct shell_word *w, struct strbuf *out)
{
    CLEANUP(json_cleanup) json_t *pieces = NULL;
    CLEANUP(strbuf_release) struct strbuf name = STRBUF(0);
    const struct session *s = r->action.session;
    const struct session_state *state = s && session_knows_state(s) ? session_state(s) : NULL;
    const struct values_of of = {.named = r->env.values, .plan = r->plan, .state = state};
    struct sv cwd = state && state->cwd.n ? state->cwd : r->plan->workdir;
    struct err err;

    pieces = printed_pieces(w);
    if (w->literal)
        strbuf_add_sv(&name, w->value);
    else if (!w->plain || values_text(&of, pieces, &name, &err) != ERR_OK)
        return false;
    if (*strbuf_str(&name) != '/')
        strbuf_addf(out, "%.*s/", SV_FMT(cwd));
    strbuf_add_sv(out, strbuf_sv(&name));
    return true;
}

/* The end of the file, from a line's beginning; a file that is no text has none. */
static struct sv printed_tail(struct run *r, int fd, int64_t size)
{
    CLEANUP(strbuf_release) struct strbuf clean = STRBUF(0);
    char bytes[PRINTED_TAIL];
    int64_t from = size > PRINTED_TAIL ? size - PRINTED_TAIL : 0;
    ssize_t n = pread(fd, bytes, sizeof(bytes), from);
    struct sv text = {bytes, n > 0 ? (size_t)n : 0};

    if (sv_find_byte(text, '\0', 0) != SV_NPOS)
        return (struct sv){NULL, 0};
    if (from > 0)
        text = sv_sub(text,
                      sv_find_byte(text, '\n', 0) == SV_NPOS ? 0 : sv_find_byte(text, '\n', 0) + 1,
                      text.n);
    secrets_redact(r->opt.secrets, text, &clean);
    return arena_sv(&r->arena, strbuf_sv(&clean));
}

/* As it was given to the shell. */
static bool printed_command(struct run *r, const struct plan_step *p, struct strbuf *out)
{
    const struct values_of of = {.named = r->env.values, .plan = r->plan, .for_shell = true};
    const json_t *pieces = json_object_get(p->action, "command");
    struct err err;

    return json_is_array(pieces) && values_text(&of, pieces, out, &err) == ERR_OK;
}

void run_printed_into(struct run *r, struct run_question *q)
{
    CLEANUP(shell_parser_freep) struct shell_parser *parser = shell_parser_new();
    CLEANUP(strbuf_release) struct strbuf path = STRBUF(0);
    CLEANUP(fd_closep) int fd = -1;
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct shell_script script;
    const struct shell_redirect *to;
    struct sv command = q->step->command;
    struct stat st;

    if (printed_command(r, q->step, &text)) /* with the dates and values of this run */
        command = arena_sv(&r->arena, strbuf_sv(&text));
    shell_split(parser, command, command, &r->arena, &script);
    to = printed_redirect(&script);
    if (!to)
        return;
    q->into = to->target.raw;
    if (q->step->address.n || !printed_path(r, &to->target, &path))
        return;
    q->into = arena_sv(&r->arena, strbuf_sv(&path));
    fd = open(strbuf_str(&path), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return;
    q->into_bytes = st.st_size;
    q->into_tail = printed_tail(r, fd, st.st_size);
}
