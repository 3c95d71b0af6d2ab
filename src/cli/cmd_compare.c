#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/sv.h"
#include "base/text.h"
#include "cli/data.h"
#include "cli/data_fields.h"
#include "cli/progress.h"
#include "cli/term.h"
#include "compare/compare.h"
#include "compare/take.h"
#include "report/data_page.h"

static const char *const compare_opts[] = {
    "--where", "--added-fails", "--key",    "--by",    "--field",
    "--json",  "--format",      "--output", "--quiet", NULL};

/* ---- text ---- */

static void add_json(struct strbuf *b, const json_t *j)
{
    /* 1208.4, and not 1208.4000000000001: people read it */
    char *text = json_dumps(j, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));

    text_add_line(b, sv_from(text));
    free(text);
}

static void text_worst(const struct compare_result *r, struct strbuf *b)
{
    if (r->n_worst)
        strbuf_add_str(b, "\nlargest differences:\n");
    for (size_t i = 0; i < r->n_worst; i++) {
        const struct compare_distance *d = &r->worst[i];

        strbuf_add_str(b, "  ");
        add_json(b, d->key);
        strbuf_addf(b, " %.*s: ", SV_FMT(d->field));
        add_json(b, d->old);
        strbuf_add_str(b, " -> ");
        add_json(b, d->new);
        if (d->distance.relative >= 0)
            strbuf_addf(b, " (%.4g%%)", d->distance.relative * 100);
        strbuf_addf(b, " %s\n", field_class_names[d->class]);
    }
}

static void text_record(const json_t *rec, struct strbuf *b)
{
    const json_t *fields = json_object_get(rec, "fields");
    static const char *const errors[] = {"old_error", "new_error"};

    strbuf_addf(b, "  %s ", json_get_str(rec, "class", ""));
    add_json(b, json_object_get(rec, "key"));
    for (size_t i = 0; i < json_array_size(fields); i++)
        strbuf_addf(b, "%s %s", i ? "," : ":", json_get_str(json_array_get(fields, i), "name", ""));
    for (size_t i = 0; i < ARRAY_LEN(errors); i++)
        if (json_object_get(rec, errors[i])) {
            strbuf_add_str(b, ": ");
            text_add_line(b, json_get_sv(rec, errors[i]));
        }
    strbuf_add_byte(b, '\n');
}

static void compare_text(const void *result, struct strbuf *b)
{
    const struct compare_result *r = result;
    const struct compare_outcome_info *o = &compare_outcomes[r->outcome];
    enum term_style style = o->exit == EXIT_CODE_DONE     ? TERM_GOOD
                            : o->exit == EXIT_CODE_FAILED ? TERM_BAD
                                                          : TERM_WARN;

    term_addf(b, style, "%s", o->text);
    strbuf_addf(b, ": %zu record%s before, %zu after\n", r->old.records,
                r->old.records == 1 ? "" : "s", r->new.records);
    for (size_t i = 0; i < RECORD__N; i++)
        if (r->counts[i])
            strbuf_addf(b, "  %-14s %zu\n", record_class_names[i], r->counts[i]);
    text_worst(r, b);
    if (json_array_size(r->records))
        strbuf_add_str(b, "\nrecords that differ:\n");
    for (size_t i = 0; i < json_array_size(r->records); i++)
        text_record(json_array_get(r->records, i), b);
    if (r->not_shown)
        strbuf_addf(b, "  and %zu more\n", r->not_shown);
}

static json_t *compare_to_json(const void *result)
{
    return compare_json(result);
}

static void compare_html(const void *result, struct strbuf *out)
{
    data_page_compare(result, out);
}

/* ---- files that are no snapshots ---- */

/* A folder of our own for what two files are turned into; removed with what is in it. */
struct scratch {
    char *folder; /* NULL: none was made */
    char *file[2];
};

static void scratch_release(struct scratch *s)
{
    for (size_t i = 0; i < 2; i++)
        if (s->file[i]) {
            (void)unlink(s->file[i]); /* it may not have been written */
            free(s->file[i]);
        }
    if (s->folder)
        (void)rmdir(s->folder); /* empty now */
    free(s->folder);
}

static enum err_code scratch_open(struct scratch *s, struct err *err)
{
    if (file_make_temp("prusik-compare", &s->folder, err) != ERR_OK)
        return err->code;
    s->file[0] = path_join(s->folder, "old");
    s->file[1] = path_join(s->folder, "new");
    return ERR_OK;
}

static enum err_code to_snapshot(const struct data_fields *f, const char *path, const char *output,
                                 const struct pace *pace, struct err *err)
{
    struct rows_source source = {.name = sv_from(path), .where = sv_from(path)};
    struct take_spec t = {.rows = &source,
                          .name = SV("records"),
                          .key = f->key,
                          .n_key = f->n_key,
                          .fields = f->fields,
                          .n_fields = f->n,
                          .output = output,
                          .taken_at_us = clock_now_us(),
                          .pace = pace};
    CLEANUP(strbuf_release) struct strbuf absent = STRBUF(0);
    size_t n;

    t.absent = &absent;
    (void)rows_file_kind(source.where, &source.kind); /* it is one: compare_run() looked */
    if (take_snapshot(&t, &n, err) != ERR_OK)
        return err->code;
    data_warn_absent(source.name, &absent);
    return ERR_OK;
}

static enum err_code compare_records(const struct cli *c, struct compare_options *opt,
                                     struct compare_result *r, struct err *err)
{
    CLEANUP(scratch_release) struct scratch s = {0};
    struct data_fields fields;
    enum err_code rc = data_fields_read(c, &fields, err);

    if (rc != ERR_OK)
        return rc;
    rc = scratch_open(&s, err);
    for (size_t i = 0; rc == ERR_OK && i < 2; i++)
        rc = to_snapshot(&fields, c->args[i], s.file[i], opt->pace, err);
    opt->any_time = true;
    if (rc == ERR_OK)
        rc = compare_files(s.file[0], s.file[1], opt, r, err);
    if (rc == ERR_OK) {
        r->old.file = arena_sv(&r->arena, sv_from(c->args[0]));
        r->new.file = arena_sv(&r->arena, sv_from(c->args[1]));
    }
    data_fields_release(&fields);
    return rc;
}

static enum err_code compare_snapshots(const struct cli *c, struct compare_options *opt,
                                       struct compare_result *r, struct err *err)
{
    enum err_code rc;

    if (c->key || c->data.by || c->data.fields.n)
        return err_set(err, ERR_USAGE, "a snapshot has its own --key and --field");
    rc = compare_files(c->args[0], c->args[1], opt, r, err);
    for (size_t i = 0; i < 2 && rc == ERR_INVALID && !err->hint[0]; i++)
        if (!snapshot_is(c->args[i]))
            (void)err_hint(
                err,
                "prusik snapshot makes a snapshot; two files .csv, .json, .jsonl or .ndjson are "
                "compared as they are, with --key");
    return rc;
}

static enum err_code compare_run(struct cli *c, enum exit_code *exit, struct err *err)
{
    CLEANUP(condition_freep) struct condition *where = NULL;
    struct compare_options opt = {.added_fails = c->data.added_fails};
    struct compare_result r = {.outcome = COMPARE_NOTHING};
    struct data_shape shape = {&r, compare_text, compare_to_json, compare_html};
    struct progress progress;
    enum rows_kind kind;
    bool files =
        rows_file_kind(sv_from(c->args[0]), &kind) && rows_file_kind(sv_from(c->args[1]), &kind);
    enum err_code rc;

    if (data_check_format(c, err) != ERR_OK)
        return err->code;
    if (c->data.where &&
        condition_new(CONDITION_ROW, sv_from(c->data.where), SV(""), &where, err) != ERR_OK)
        return err_wrap(err, "--where");
    opt.where = where;
    opt.pace = &progress.pace;
    progress_begin(&progress, c);
    rc = files ? compare_records(c, &opt, &r, err) : compare_snapshots(c, &opt, &r, err);
    progress_end(&progress);
    if (rc != ERR_OK)
        return rc;
    *exit = compare_outcomes[r.outcome].exit;
    rc = data_show(c, &shape, err);
    compare_release(&r);
    return rc;
}

const struct verb verb_compare = {
    .name = "compare",
    .args = "OLD NEW",
    .help = "say what two snapshots of records differ in, within tolerances",
    .more =
        "OLD and NEW are files that `prusik snapshot` wrote; tolerances stand in them. Files of records\n"
        "(.csv, .json, .jsonl, .ndjson) are compared as they are, with --key and --field. --where\n"
        "chooses records by a condition, as in rules; one that it chooses on one side only has moved,\n"
        "and nothing can be told of it. A record that vanished is a regression, one that is new is\n"
        "not, unless --added-fails is given. Exit codes: 0 no regression, 4 regression, 9 cannot tell or\n"
        "nothing was compared, 3 what is no whole pair of snapshots.\n\n"
        "  prusik compare pre.snap post.snap --where 'deal_type == \"acquisition\"'\n"
        "  prusik compare old.csv new.csv --key id --field total=number,rel=5%\n"
        "  prusik compare pre.snap post.snap --format html --output diff.html",
    .opts = compare_opts,
    .min_args = 2,
    .max_args = 2,
    .run = compare_run,
};
