#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/sv.h"
#include "cli/load.h"
#include "cli/term.h"
#include "report/draft.h"

static const char *const init_opts[] = {"--output", "--stdout", NULL};

/* The draft for a document, as if there were no binding yet. */
static enum err_code init_draft(const char *path, struct strbuf *out, struct err *err)
{
    CLEANUP(loaded_release) struct loaded l = {.has_doc = false};
    CLEANUP(mem_freep) char *dir = path_dir(path);
    CLEANUP(mem_freep) char *full = realpath(dir, NULL);
    json_t *json = NULL;

    l.has_doc = document_load(path, &l.doc, err) == ERR_OK;
    if (!l.has_doc)
        return err->code;
    l.has_rb = runbook_read(&l.doc, &l.rb, err) == ERR_OK;
    if (!l.has_rb)
        return err->code;
    l.has_b = binding_parse("prusik.yaml", full, SV(""), &l.b, err) == ERR_OK;
    if (!l.has_b || plan_make(&l.rb, &l.b, &json, err) != ERR_OK)
        return err->code;
    l.has_plan = plan_load(json, &l.plan, err) == ERR_OK;
    if (!l.has_plan)
        return err->code; /* uncovered: what plan_make() wrote is read */
    draft_binding(&l.plan, &l.rb, out);
    return ERR_OK;
}

/* Only a file that is not there yet: somebody's answers may stand in the other. */
static enum err_code init_write(const char *path, struct sv text, struct err *err)
{
    CLEANUP(fd_closep) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

    if (fd < 0 && errno == EEXIST) {
        (void)err_set(err, ERR_USAGE, "'%s' is there already", path);
        return err_hint(err, "--stdout prints the draft, --output FILE writes it elsewhere");
    }
    if (fd < 0)
        return err_sys(err, errno, "create '%s'", path);
    if (fd_write_all(fd, text.p, text.n, err) != ERR_OK)
        return err_wrap(err, "write '%s'", path);
    printf("%s is written: fill it in, then prusik plan says what is still open\n", path);
    return ERR_OK;
}

static enum err_code init_run(struct cli *c, enum exit_code *exit UNUSED, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    CLEANUP(mem_freep) char *dir = path_dir(c->args[0]);
    CLEANUP(mem_freep) char *beside = path_join(dir, "prusik.yaml");

    if (init_draft(c->args[0], &text, err) != ERR_OK)
        return err->code;
    if (c->to_stdout) {
        term_write(&text);
        return ERR_OK;
    }
    return init_write(c->output ? c->output : beside, strbuf_sv(&text), err);
}

const struct verb verb_init = {
    .name = "init",
    .args = "DOC",
    .help = "write a first prusik.yaml with everything that a document leaves open",
    .more =
        "Writes prusik.yaml beside the document: variables, choices, answers, metrics, services,\n"
        "and what may be dropped, each with the line and the words that it is for. Entries are\n"
        "comments until a person fills them in, so nothing is decided by default. A file that is\n"
        "there is never overwritten.\n\n"
        "  prusik init deploy.md\n"
        "  prusik init deploy.md --stdout",
    .opts = init_opts,
    .min_args = 1,
    .max_args = 1,
    .run = init_run,
};
