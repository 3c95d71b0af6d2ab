#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/sv.h"
#include "cli/data.h"
#include "cli/data_fields.h"
#include "cli/load.h"
#include "cli/progress.h"
#include "compare/take.h"

static const char *const snapshot_opts[] = {"--data",   "--key",  "--by",    "--field", "--side",
                                            "--output", "--json", "--quiet", NULL};

/* NAME of the data file, or a file with --key. */
static enum err_code snapshot_of_name(struct cli *c, const struct data_file *f, struct take_spec *t,
                                      struct err *err)
{
    const struct data_snapshot *s;

    if (c->key || c->data.by || c->data.fields.n)
        return err_set(err, ERR_USAGE,
                       "--key and --field are for a file; the data file has those of '%s'",
                       c->args[0]);
    if (data_file_snapshot(f, sv_from(c->args[0]), &s, err) != ERR_OK)
        return err->code;
    t->rows = s->rows;
    t->name = s->name;
    t->key = s->key;
    t->n_key = s->n_key;
    t->fields = s->fields;
    t->n_fields = s->n_fields;
    return ERR_OK;
}

static enum err_code snapshot_write(struct cli *c, struct take_spec *t, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf absent = STRBUF(0);
    struct progress progress;
    enum err_code rc;
    size_t n;

    assert(t->rows); /* those of the file, or of the snapshot that was found */
    t->side = c->data.side ? sv_from(c->data.side) : SV("");
    t->taken_at_us = clock_now_us();
    t->output = c->output;
    t->pace = &progress.pace;
    t->absent = &absent;
    progress_begin(&progress, c);
    rc = take_snapshot(t, &n, err);
    progress_end(&progress);
    t->pace = NULL;
    t->absent = NULL;
    if (rc != ERR_OK)
        return rc;
    data_warn_absent(t->rows->name, &absent);
    if (c->json) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
        CLEANUP(json_cleanup) json_t *j = json_object();

        json_put_str(j, "file", c->output);
        json_put(j, "name", json_sv(t->name));
        json_put_int(j, "records", (int64_t)n);
        json_write_pretty(j, &text);
        printf("%s\n", strbuf_str(&text));
    } else if (!c->quiet) {
        printf("%zu record%s written to %s\n", n, n == 1 ? "" : "s", c->output);
    }
    return ERR_OK;
}

static enum err_code snapshot_run(struct cli *c, enum exit_code *exit UNUSED, struct err *err)
{
    struct data_file file = {.n_sources = 0};
    struct data_fields fields = {.n = 0};
    struct take_spec t = {.n_key = 0};
    struct rows_source source = {.name = sv_from(c->args[0]), .where = sv_from(c->args[0])};
    enum err_code rc;

    if (!c->output)
        return err_set(err, ERR_USAGE, "prusik snapshot needs --output FILE");
    if (load_output(c, err) != ERR_OK)
        return err->code;
    if (rows_file_kind(sv_from(c->args[0]), &source.kind)) {
        rc = data_fields_read(c, &fields, err);
        t = (struct take_spec){.rows = &source,
                               .name = sv_from("records"),
                               .key = fields.key,
                               .n_key = fields.n_key,
                               .fields = fields.fields,
                               .n_fields = fields.n};
    } else {
        rc = data_load(c, &file, err);
        if (rc == ERR_OK)
            rc = snapshot_of_name(c, &file, &t, err);
    }
    if (rc == ERR_OK)
        rc = snapshot_write(c, &t, err);
    data_fields_release(&fields);
    data_file_release(&file);
    return rc;
}

const struct verb verb_snapshot = {
    .name = "snapshot",
    .args = "NAME | FILE",
    .help = "keep keyed records of this moment, to compare with later",
    .more =
        "NAME is a snapshot of the data file (prusik.data.yaml, or --data), which says where its\n"
        "records come from: SQL, the JSON of an HTTP answer, or a file. A FILE (.csv, .json, .jsonl,\n"
        ".ndjson) is taken as it is, with --key and --field. Records may come in any order. The file\n"
        "that --output names is never overwritten, so that no baseline is lost.\n\n"
        "  prusik snapshot deals --side pre --output pre.snap\n"
        "  prusik snapshot deals.csv --key deal_id --field cost_total=number,rel=5% --output pre.snap",
    .opts = snapshot_opts,
    .min_args = 1,
    .max_args = 1,
    .run = snapshot_run,
};
