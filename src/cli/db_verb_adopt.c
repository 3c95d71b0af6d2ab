/* prusik db adopt: the record of another tool becomes prusik's. */
#include <stdio.h>

#include "base/json.h"
#include "base/sv.h"
#include "base/text.h"
#include "cli/db_verb.h"
#include "cli/term.h"
#include "migrate/adopt.h"

static const char *db_adopt_state(const struct adopt_row *r)
{
    return r->undone ? "undone here" : r->failed ? "half done" : adopt_state_text(r->state);
}

static void db_adopt_text(const struct adopt *ad, struct strbuf *b)
{
    strbuf_addf(b, "%s, %.*s\n", adopt_tool_name(ad->found.tool), SV_FMT(ad->found.table));
    for (size_t i = 0; i < ad->rows.n; i++) {
        const struct adopt_row *r = &ad->rows.v[i];

        strbuf_addf(b, r->undone ? "%s  " : "%-11s", db_adopt_state(r));
        text_add_line(b, r->key);
        if (r->file) {
            strbuf_add_str(b, "  ");
            text_add_line(b, r->file->path);
        }
        if (r->at.n)
            strbuf_addf(b, "  %.*s", SV_FMT(r->at));
        strbuf_add_byte(b, '\n');
    }
}

static void db_adopt_json(const struct adopt *ad, struct strbuf *b)
{
    CLEANUP(json_cleanup) json_t *j = json_object();
    json_t *list = json_array();

    for (size_t i = 0; i < ad->rows.n; i++) {
        const struct adopt_row *r = &ad->rows.v[i];
        json_t *one = json_object();

        json_put_sv(one, "version", r->key);
        json_put_str(one, "state", db_adopt_state(r));
        if (r->file)
            json_put_sv(one, "path", r->file->path);
        json_put_sv(one, "applied_at", r->at);
        json_append(list, one);
    }
    json_put_int(j, "format", 1);
    json_put_str(j, "tool", adopt_tool_name(ad->found.tool));
    json_put_sv(j, "table", ad->found.table);
    json_put(j, "migrations", list);
    json_put_int(j, "only_files", (int64_t)ad->n_only_files);
    json_write_pretty(j, b);
    strbuf_add_byte(b, '\n');
}

static enum err_code db_adopt_go(struct db_verb *v, const struct adopt *ad, struct err *err)
{
    struct apply_options o;
    struct apply a;
    enum err_code rc;

    if (adopt_check(v->db, ad, v->c->db.accept_state, err) != ERR_OK)
        return err->code;
    if (v->c->run.dry_run)
        return ERR_OK;
    if (db_verb_options(v, &o, err) != ERR_OK || apply_begin(v->db, &o, &a, err) != ERR_OK)
        return err->code;
    rc = adopt_write(&a, ad, v->c->db.retire, err);
    apply_end(&a);
    return rc;
}

static bool db_adopt_has(const void *arg, const struct migration *m)
{
    const struct adopt *ad = arg;

    for (size_t i = 0; i < ad->rows.n; i++)
        if (ad->rows.v[i].file == m)
            return true;
    return false;
}

/* What is known here already, and what prusik undid since it was adopted. */
static enum err_code db_adopt_mark(struct db_verb *v, struct adopt *ad, struct err *err)
{
    CLEANUP(book_rows_release) struct book_rows rows = {0};
    struct book b;

    if (book_open(v->db, sv_from(v->c->db.schema ? v->c->db.schema : "prusik"), &b, err) !=
            ERR_OK ||
        book_load(&b, BOOK_TEXTS_NONE, &rows, err) != ERR_OK)
        return err->code;
    adopt_mark(ad, &rows);
    return ERR_OK;
}

static void db_adopt_sum(const struct db_verb *v, const struct adopt *ad)
{
    printf("%zu %s: %zu matched, %zu unverified, %zu changed, %zu without a file; %zu file%s to "
           "come\n",
           ad->rows.n - ad->n_undone, v->c->run.dry_run ? "would be adopted" : "adopted",
           ad->n_state[ADOPT_MATCHED], ad->n_state[ADOPT_UNVERIFIED], ad->n_state[ADOPT_CHANGED],
           ad->n_state[ADOPT_NO_FILE], ad->n_only_files, ad->n_only_files == 1 ? "" : "s");
    if (ad->n_undone)
        printf("%zu %s undone here since then and %s so; what was applied again by %s: prusik db "
               "stamp VERSION --why TEXT\n",
               ad->n_undone, ad->n_undone == 1 ? "was" : "were",
               ad->n_undone == 1 ? "stays" : "stay", adopt_tool_name(ad->found.tool));
}

static enum err_code db_adopt_found(struct db_verb *v, const struct adopt_found *f, struct err *err)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    CLEANUP(adopt_release) struct adopt ad = {0};

    if (adopt_read(v->db, f, &v->tree.files, &ad, err) != ERR_OK ||
        db_adopt_mark(v, &ad, err) != ERR_OK ||
        (v->tree.format == &format_alembic &&
         order_one_head(&v->tree.files, db_adopt_has, &ad, err) != ERR_OK))
        return err->code;
    if (v->c->json)
        db_adopt_json(&ad, &b);
    else if (!v->c->quiet)
        db_adopt_text(&ad, &b);
    term_write(&b);
    if (db_adopt_go(v, &ad, err) != ERR_OK)
        return err->code;
    if (!v->c->json && !v->c->quiet)
        db_adopt_sum(v, &ad);
    return ERR_OK;
}

/* Its files, when there are some: a record can be adopted without. */
static enum err_code db_adopt_files(struct db_verb *v, struct err *err)
{
    const char *format = v->c->db.files ? v->c->db.files : "auto";

    v->dir = db_verb_dir(v->c);
    if (discover_tree(v->dir, sv_from(format), db_kind(v->db), &v->tree, err) == ERR_OK)
        v->has_tree = true;
    else if (v->c->db.dir || err->code != ERR_NOT_FOUND)
        return err->code;
    return ERR_OK;
}

enum err_code db_adopt(struct db_verb *v, struct err *err)
{
    CLEANUP(arena_release) struct arena a = {0};
    struct sv from = sv_from(v->c->db.from), table = sv_from(v->c->db.table);
    struct adopt_found f = {0};
    adopt_list found = {0};
    enum err_code rc;

    if (table.n && !from.n)
        return err_set(err, ERR_USAGE, "--table needs --from: whose table is it?");
    rc = db_adopt_files(v, err);
    if (rc == ERR_OK)
        rc = adopt_detect(v->db, from, table, &a, &found, err);
    if (rc == ERR_OK)
        rc = adopt_choose(&found, from, v->tree.format, &f, err);
    if (rc == ERR_OK)
        rc = db_adopt_found(v, &f, err);
    vec_release(&found);
    return rc;
}
