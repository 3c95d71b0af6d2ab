/*
 * The row `command`: what a command says.  It is run by sh, in a group of its own, and ended at the timeout.
 */
#include <stdlib.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/sv.h"
#include "watch/source.h"
#include "watch/suite.h"

#define COMMAND_BYTES (1u << 20) /* of each output: what a rule can sensibly compare */

struct command_source {
    struct source source; /* first */
    char *command, *workdir;
    struct child child;
    struct strbuf out[CHILD_STREAM__N];
    uint64_t started_ns;
    bool cancelled;
};

static struct command_source *command_of(struct source *s)
{
    return container_of(s, struct command_source, source);
}

static enum err_code command_open(struct source *s, json_t *settings, struct err *err UNUSED)
{
    struct command_source *c = command_of(s);
    const char *workdir = json_get_str(settings, "workdir", NULL);

    c->command = xstrdup(json_get_str(settings, "command", ""));
    c->workdir = workdir ? xstrdup(workdir) : NULL;
    for (size_t i = 0; i < CHILD_STREAM__N; i++)
        c->out[i] = STRBUF(COMMAND_BYTES);
    return ERR_OK;
}

static void command_close(struct source *s)
{
    struct command_source *c = command_of(s);

    for (size_t i = 0; i < CHILD_STREAM__N; i++)
        strbuf_release(&c->out[i]);
    free(c->command);
    free(c->workdir);
}

static void command_on_output(struct child *child, enum child_stream stream, struct sv bytes)
{
    struct command_source *c = container_of(child, struct command_source, child);

    strbuf_add_sv(&c->out[stream], bytes);
}

/* The number before a word, the last time that it stands there: "20 passed, 1 failed in 3.2s" (pytest). */
static bool command_number_before(struct sv text, struct sv word, uint64_t *ret)
{
    bool found = false;

    for (size_t at = 0; (at = sv_find_word(text, word, at)) != SV_NPOS; at += word.n) {
        struct sv before = sv_trim_right(sv_sub(text, 0, at));
        size_t from = before.n;

        while (from > 0 && ascii_is_digit(before.p[from - 1]))
            from--;
        found |= from < before.n && sv_to_u64(sv_sub(before, from, before.n), ret);
    }
    return found;
}

/* Of a test suite's summary.  What it does not name is 0, but only where it names anything. */
static void command_add_tests(struct sample_list *l, struct sv out)
{
    static const char *const words[] = {"passed", "failed", "skipped"};
    uint64_t n[ARRAY_LEN(words)] = {0}, total = 0;
    bool any = false;

    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        any |= command_number_before(out, sv_from(words[i]), &n[i]);
        total += n[i];
    }
    for (size_t i = 0; any && i < ARRAY_LEN(words); i++)
        sample_add_number(l, words[i], (double)n[i], NULL);
    if (any)
        sample_add_number(l, "total", (double)total, NULL);
    if (any && n[0] + n[1] > 0)
        sample_add_number(l, "percent", (double)n[0] / (double)(n[0] + n[1]), "ratio");
}

/* Which tests failed.  No name is only good news where a summary says that there is none to be named. */
static void command_add_failures(struct command_source *c, struct sv out)
{
    struct sample_list *l = &c->source.samples;
    CLEANUP(json_cleanup) json_t *names = json_array();
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    const struct sample *failed = sample_find(l, SV("failed"));
    double n = failed ? failed->number : 0;

    if (!suite_failures(out, names) && !failed)
        return;
    if (c->out[CHILD_OUT].overflow) {
        sample_add_error(l, "failures", SV("it printed more than 1 MiB: not all names are known"));
    } else if ((double)json_array_size(names) < n ||
               (c->child.status != 0 && json_array_size(names) == 0)) {
        sample_add_error(l, "failures", SV("tests failed, and it does not name all of them"));
    } else {
        json_write(names, &text);
        sample_add_text(l, "failures_json", strbuf_sv(&text));
    }
}

static struct sv command_text(const struct strbuf *b)
{
    struct sv s = strbuf_sv(b);

    return sv_ends(s, SV("\n")) ? sv_sub(s, 0, s.n - 1) : s;
}

static void command_add_end(struct command_source *c)
{
    struct sample_list *l = &c->source.samples;
    struct sv out = command_text(&c->out[CHILD_OUT]);

    sample_add_bool(l, "up", c->child.status == 0);
    sample_add_number(l, "exit", (double)c->child.status, NULL);
    sample_add_number(l, "elapsed", (double)(clock_mono_ns() - c->started_ns) / 1e9, "s");
    sample_add_text(l, "out", out);
    sample_add_text(l, "err", command_text(&c->out[CHILD_ERR]));
    sample_add_bool(l, "truncated", c->out[CHILD_OUT].overflow || c->out[CHILD_ERR].overflow);
    sample_add_json(l, "json", out);
    command_add_tests(l, out);
    command_add_failures(c, out);
}

/* A command that did not end by itself has said nothing. */
static void command_on_done(struct child *child, enum err_code rc)
{
    struct command_source *c = container_of(child, struct command_source, child);
    struct source *s = &c->source;

    if (c->cancelled)
        rc = err_set(&s->err, ERR_INTERRUPTED, "cancelled");
    else if (rc != ERR_OK && (child->status < 0 || child->timed_out))
        s->err = child->err;
    else
        rc = ERR_OK;
    if (rc != ERR_OK)
        (void)err_wrap(&s->err, "source '%s'", s->name);
    else
        command_add_end(c);
    source_report(s, rc);
}

static void command_start(struct source *s)
{
    struct command_source *c = command_of(s);
    const char *const argv[] = {"/bin/sh", "-c", c->command, NULL};

    for (size_t i = 0; i < CHILD_STREAM__N; i++) {
        strbuf_truncate(&c->out[i], 0);
        c->out[i].overflow = false;
    }
    c->cancelled = false;
    c->started_ns = clock_mono_ns();
    c->child = (struct child){
        .spec = {.argv = argv, .cwd = c->workdir, .timeout_ms = s->timeout_ms, .grace_ms = 500},
        .output = command_on_output,
        .done = command_on_done};
    child_start(&c->child, s->env.loop);
}

static void command_cancel(struct source *s)
{
    command_of(s)->cancelled = true;
    child_stop(&command_of(s)->child);
}

static const struct source_key command_keys[] = {
    {"command", SOURCE_TEXT, true, "for sh; it must end within the interval, and change nothing"},
    {"workdir", SOURCE_TEXT, false, "folder it is started in"},
};

static const struct source_member command_members[] = {
    {"up", NULL, "true: it ended with status 0"},
    {"exit", NULL, "its status"},
    {"elapsed", "s", "how long it took"},
    {"out", NULL, "what it printed, without the last end of line"},
    {"err", NULL, "what it printed to standard error"},
    {"truncated", NULL, "it printed more than 1 MiB"},
    {"json.*", NULL, "each value of a JSON that it printed, by its path"},
    {"passed", NULL, "tests, of a summary such as '20 passed, 1 failed'"},
    {"failed", NULL, "tests that failed"},
    {"skipped", NULL, "tests that were left out"},
    {"total", NULL, "tests in all"},
    {"percent", "ratio", "passed of those that were carried out"},
    {"failures", NULL, "why it is not known which tests failed"},
    {"failures_json", NULL,
     "names of the tests that failed, as JSON; not there: it is no test suite"},
};

const struct source_ops source_command = {
    .kind = "command",
    .help = "how a command ends, and what it prints",
    .keys = command_keys,
    .n_keys = ARRAY_LEN(command_keys),
    .members = command_members,
    .n_members = ARRAY_LEN(command_members),
    .size = sizeof(struct command_source),
    .open = command_open,
    .close = command_close,
    .start = command_start,
    .cancel = command_cancel,
};
