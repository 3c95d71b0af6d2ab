#include <stdio.h>

#include "base/clock.h"
#include "base/ident.h"
#include "base/strbuf.h"
#include "base/sv.h"
#include "cli/load.h"
#include "exec/run.h"

static const char *const approve_opts[] = {"--bind", "--env",  "--set",  "--store", "--time-scale",
                                           "--as",   "--role", "--note", "--step",  NULL};

/* An approval is for a plan: of a document here, or of a run that waits. */
static enum err_code approve_plan_hash(struct cli *c, struct store **store, struct hash *hash,
                                       struct strbuf *operator_name, struct err *err)
{
    int64_t id;

    if (event_run_parse(sv_from(c->args[0]), &id)) {
        struct plan plan;

        if (load_store(c, STORE_WRITE, store, err) != ERR_OK ||
            run_plan(*store, id, &plan, err) != ERR_OK)
            return err->code;
        *hash = plan.hash;
        strbuf_add_sv(operator_name, plan.operator_name);
        plan_release(&plan);
    } else {
        CLEANUP(loaded_release) struct loaded l = {.has_doc = false};
        CLEANUP(mem_freep) char *dir = NULL;

        if (load_plan(c, c->args[0], &l, err) != ERR_OK)
            return err->code;
        dir = load_store_dir(c, &l.b);
        if (store_open(dir, STORE_WRITE, store, err) != ERR_OK)
            return err->code;
        *hash = l.plan.hash;
        strbuf_add_sv(operator_name, l.plan.operator_name);
    }
    return ERR_OK;
}

static enum err_code approve_run(struct cli *c, enum exit_code *exit UNUSED, struct err *err)
{
    CLEANUP(store_freep) struct store *store = NULL;
    CLEANUP(strbuf_release) struct strbuf operator_name = STRBUF(0);
    struct ident_text user = ident_user();
    struct store_approval a = {.at_us = clock_now_us()};
    struct hash_text text;
    struct hash hash;

    if (approve_plan_hash(c, &store, &hash, &operator_name, err) != ERR_OK)
        return err->code;
    text = hash_hex(&hash);
    a.plan = sv_from(text.s);
    a.step = sv_from(c->step);
    a.who = sv_from(c->as ? c->as : user.s);
    a.role = sv_from(c->role);
    a.note = sv_from(c->note);
    if (store_approval_add(store, &a, err) != ERR_OK)
        return err->code;
    printf("plan %.12s is approved by %.*s\n", text.s, SV_FMT(a.who));
    if (sv_eq(a.who, strbuf_sv(&operator_name)))
        printf(
            "note: %.*s is the operator; where the document wants a sign-off, this does not count\n",
            SV_FMT(a.who));
    return ERR_OK;
}

const struct verb verb_approve = {
    .name = "approve",
    .args = "DOC|RUN",
    .help = "approve a plan, ahead of a run or for one that waits",
    .more =
        "The approval holds for this plan only: any change of document or binding makes another "
        "plan.\n"
        "It counts where the document wants a sign-off, unless the approver is the operator.\n\n"
        "  prusik approve deploy.md --as carol --role \"service owner\"\n"
        "  prusik approve r-0007 --as carol --step 15",
    .opts = approve_opts,
    .min_args = 1,
    .max_args = 1,
    .run = approve_run,
};
