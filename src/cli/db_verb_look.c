/* What is said about migrations without changing anything. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/sv.h"
#include "base/text.h"
#include "cli/db_verb.h"
#include "cli/term.h"

struct looked {
    struct book_rows rows;
    pendings p;
};

static void looked_release(struct looked *l)
{
    vec_release(&l->p);
    book_rows_release(&l->rows);
}

static void db_look_json(json_t *j)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    json_write_pretty(j, &b);
    printf("%s\n", strbuf_str(&b));
}

/* --- status --- */

static json_t *db_status_one(const struct pending *p)
{
    json_t *j = json_object();

    json_put_sv(j, "version", p->version);
    json_put_sv(j, "name", p->file ? p->file->name : p->row->name);
    json_put_str(j, "state", pending_state_text(p->state));
    if (p->file)
        json_put_sv(j, "path", p->file->path);
    if (p->row && (p->state == PENDING_APPLIED || p->state == PENDING_CHANGED ||
                   p->state == PENDING_MISSING || p->state == PENDING_AGAIN)) {
        json_put_sv(j, "applied_at", p->row->applied_at);
        json_put_sv(j, "applied_by", p->row->applied_by);
        json_put_int(j, "duration_ms", p->row->duration_ms);
        json_put_sv(j, "origin", p->row->origin);
    }
    if (p->layout)
        json_put_bool(j, "layout_changed", true);
    if (p->not_for)
        json_put_bool(j, "not_for_this_database", true);
    return j;
}

static size_t db_status_count(const pendings *p)
{
    size_t n = 0;

    for (size_t i = 0; i < p->n; i++)
        n += p->v[i].state != PENDING_APPLIED && p->v[i].state != PENDING_MISSING &&
             p->v[i].state != PENDING_CHANGED;
    return n;
}

static size_t db_status_of(const pendings *p, enum pending_state state)
{
    size_t n = 0;

    for (size_t i = 0; i < p->n; i++)
        n += p->v[i].state == state;
    return n;
}

static void db_status_json(const struct db_verb *v, const pendings *p)
{
    CLEANUP(json_cleanup) json_t *j = json_object();
    json_t *list = json_array(), *notes = json_array();
    struct sv rest = strbuf_sv(&v->tree.notes), line;

    for (size_t i = 0; i < p->n; i++)
        json_append(list, db_status_one(&p->v[i]));
    while (sv_next_line(&rest, &line))
        json_append(notes, json_sv(line));
    json_put_int(j, "format", 1);
    json_put_str(j, "database", db_name(v->db));
    json_put_str(j, "folder", v->dir);
    json_put_str(j, "files", v->tree.format ? v->tree.format->name : "none");
    json_put_bool(j, "clean", pending_is_clean(p));
    json_put_int(j, "pending", (int64_t)db_status_count(p));
    json_put(j, "migrations", list);
    json_put(j, "notes", notes);
    db_look_json(j);
}

static enum term_style db_status_style(enum pending_state s)
{
    static const enum term_style styles[PENDING__N] = {
        [PENDING_APPLIED] = TERM_GOOD,     [PENDING_NEW] = TERM_WARN,
        [PENDING_OUT_OF_ORDER] = TERM_BAD, [PENDING_AGAIN] = TERM_WARN,
        [PENDING_PARTIAL] = TERM_BAD,      [PENDING_CHANGED] = TERM_BAD,
        [PENDING_MISSING] = TERM_BAD,
    };

    return styles[s];
}

static void db_status_line(const struct pending *p, struct strbuf *b)
{
    struct sv name = p->file ? p->file->name : p->row->name;

    term_addf(b, db_status_style(p->state), "%-12s", pending_state_text(p->state));
    strbuf_addf(b, " %.*s  ", SV_FMT(p->version));
    text_add_line(b, name);
    if (p->row && p->row->applied_at.n && p->state == PENDING_APPLIED)
        strbuf_addf(b, "  %.*s", SV_FMT(p->row->applied_at));
    if (p->row && p->row->origin.n)
        strbuf_addf(b, "  from %.*s", SV_FMT(p->row->origin));
    if (pending_is_half_missing(p))
        strbuf_add_str(b, "  (half done)");
    if (p->layout)
        strbuf_add_str(b, "  (only comments or layout changed since)");
    if (p->not_for)
        strbuf_add_str(b, "  (not for this database)");
    strbuf_add_byte(b, '\n');
}

enum err_code db_status(struct db_verb *v, struct err *err)
{
    CLEANUP(looked_release) struct looked l = {0};
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    size_t n;

    if (db_verb_compare(v, BOOK_TEXTS_NONE, &l.rows, &l.p, err) != ERR_OK ||
        db_verb_heads(v, &l.p, err) != ERR_OK)
        return err->code;
    n = db_status_count(&l.p);
    if (v->c->check && !pending_is_clean(&l.p))
        *v->exit = EXIT_CODE_FAILED;
    if (v->c->json) {
        db_status_json(v, &l.p);
        return ERR_OK;
    }
    db_verb_notes(v);
    for (size_t i = 0; i < l.p.n && !v->c->quiet; i++)
        db_status_line(&l.p.v[i], &b);
    strbuf_addf(&b, "%zu migration%s, %zu pending", l.p.n, l.p.n == 1 ? "" : "s", n);
    if (db_status_of(&l.p, PENDING_CHANGED))
        strbuf_addf(&b, ", %zu changed", db_status_of(&l.p, PENDING_CHANGED));
    if (db_status_of(&l.p, PENDING_MISSING))
        strbuf_addf(&b, ", %zu missing", db_status_of(&l.p, PENDING_MISSING));
    strbuf_add_str(&b, pending_is_clean(&l.p) ? "\n" : ": not clean\n");
    term_write(&b);
    return ERR_OK;
}

/* --- current, history --- */

static const struct book_migration *db_current_row(const struct book_rows *rows)
{
    const struct book_migration *best = NULL;

    for (size_t i = 0; i < rows->migrations.n; i++) {
        const struct book_migration *m = &rows->migrations.v[i];

        if (sv_is(m->state, "applied") && !sv_is(m->kind, "repeatable") &&
            (!best || migration_version_cmp(m->version, best->version) > 0))
            best = m;
    }
    return best;
}

enum err_code db_current(struct db_verb *v, struct err *err)
{
    CLEANUP(looked_release) struct looked l = {0};
    const struct book_migration *m;

    if (db_verb_compare(v, BOOK_TEXTS_NONE, &l.rows, &l.p, err) != ERR_OK)
        return err->code;
    m = db_current_row(&l.rows);
    if (v->c->json) {
        CLEANUP(json_cleanup) json_t *j = json_object();

        json_put_sv(j, "version", m ? m->version : SV(""));
        json_put_sv(j, "name", m ? m->name : SV(""));
        json_put_sv(j, "applied_at", m ? m->applied_at : SV(""));
        db_look_json(j);
        return ERR_OK;
    }
    if (m)
        printf("%.*s  %.*s  %.*s\n", SV_FMT(m->version), SV_FMT(m->name), SV_FMT(m->applied_at));
    else
        printf("nothing is applied\n");
    return ERR_OK;
}

static bool db_history_counts(const char *column)
{
    return strcmp(column, "id") == 0 || strcmp(column, "stmt") == 0 ||
           strcmp(column, "duration_ms") == 0;
}

static void db_history_row(const struct db_table *t, size_t row, bool json)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    const struct db_value *cells = &t->v[row * t->n_cols];

    if (json) {
        CLEANUP(json_cleanup) json_t *j = json_object();

        for (size_t i = 0; book_event_columns[i]; i++) {
            int64_t number;

            if (db_history_counts(book_event_columns[i]) && sv_to_i64(cells[i].text, &number))
                json_put_int(j, book_event_columns[i], number);
            else
                json_put_sv(j, book_event_columns[i], cells[i].text);
        }
        json_write(j, &b);
    } else {
        static const size_t shown[] = {1, 3, 5, 6, 8, 9, 11, 12};

        for (size_t i = 0; i < ARRAY_LEN(shown); i++) {
            if (!cells[shown[i]].text.n)
                continue;
            strbuf_add_str(&b, b.n ? "  " : "");
            text_add_line(&b, cells[shown[i]].text);
        }
    }
    printf("%s\n", strbuf_str(&b));
}

static enum err_code db_count(const struct cli *c, int64_t otherwise, int64_t *ret, struct err *err)
{
    *ret = otherwise;
    if (!c->count || (sv_to_i64(sv_from(c->count), ret) && *ret > 0))
        return ERR_OK;
    return err_set(err, ERR_USAGE, "--count '%s' is no number above 0", c->count);
}

enum err_code db_history(struct db_verb *v, struct err *err)
{
    CLEANUP(arena_release) struct arena a = {0};
    struct db_table t;
    struct book b;
    int64_t limit;

    if (db_count(v->c, 100, &limit, err) != ERR_OK ||
        book_open(v->db, sv_from(v->c->db.schema ? v->c->db.schema : "prusik"), &b, err) !=
            ERR_OK ||
        book_events(&b, v->n_args ? migration_canonical(sv_from(v->args[0])) : SV(""), limit, &a,
                    &t, err) != ERR_OK)
        return err->code;
    for (size_t i = 0; i < t.n_rows; i++)
        db_history_row(&t, i, v->c->json);
    return ERR_OK;
}

/* --- plan --- */

static json_t *db_plan_part(const struct migration_part *p)
{
    json_t *j = json_object(), *stmts = json_array();

    for (size_t i = 0; i < p->n_stmts; i++)
        json_append(stmts, json_sv(p->stmts[i].text));
    json_put_str(j, "kind", migration_kind_text(p->kind));
    json_put_sv(j, "part", p->name);
    json_put_bool(j, "transaction", p->tx);
    json_put_sv(j, "expect", migration_attr(p, "expect"));
    json_put(j, "statements", stmts);
    return j;
}

static bool db_plan_shows(const struct migration_part *p, enum db_kind db)
{
    return p->kind != MIGRATION_DOWN && (p->dbs & MIGRATION_DB(db));
}

/* What is not plain SQL: its statements are carried out in prusik's own way, so they stand as comments. */
static const char *db_plan_how(const struct migration_part *p)
{
    if (p->kind == MIGRATION_BACKFILL)
        return "in batches, each a transaction";
    return migration_attr(p, "rebuild").n
               ? "the table is made anew, as ALTER TABLE of SQLite cannot"
               : NULL;
}

static void db_plan_statements(const struct migration_part *p, const char *indent, struct strbuf *b)
{
    for (size_t s = 0; s < p->n_stmts; s++) {
        struct sv rest = p->stmts[s].text, line;

        while (sv_next_line(&rest, &line)) {
            strbuf_add_str(b, indent);
            text_add_terminal(b, line);
            strbuf_add_byte(b, '\n');
        }
        strbuf_addf(b, "%s;\n", indent);
    }
}

static void db_plan_part_text(const struct migration_part *p, bool sql, struct strbuf *b)
{
    const char *how = db_plan_how(p);
    bool plain = sql && !how;

    strbuf_addf(b, "%s%s %.*s%s", sql ? "-- " : "  ", migration_kind_text(p->kind),
                SV_FMT(p->name.n ? p->name : migration_attr(p, "name")),
                p->kind == MIGRATION_UP && !p->tx ? " (no transaction)" : "");
    if (how)
        strbuf_addf(b, " (%s)", how);
    strbuf_add_str(b, plain && p->tx ? "\nBEGIN;\n" : "\n");
    db_plan_statements(p, plain ? "" : sql ? "--   " : "    ", b);
    if (plain && p->tx)
        strbuf_add_str(b, "COMMIT;\n");
}

static void db_plan_text(const struct pending *p, enum db_kind db, bool sql, struct strbuf *b)
{
    const struct migration *m = p->file;

    strbuf_addf(b, "%s%.*s  %.*s  (%s%s)\n", sql ? "-- " : "", SV_FMT(p->version), SV_FMT(m->path),
                pending_state_text(p->state), m->has_down ? "" : ", no way back");
    for (size_t i = 0; i < m->n_parts; i++) {
        const struct migration_part *part = &m->parts[i];

        if (db_plan_shows(part, db) &&
            (!sql || part->kind == MIGRATION_UP || part->kind == MIGRATION_BACKFILL))
            db_plan_part_text(part, sql, b);
    }
}

static void db_plan_json(const struct db_verb *v, const pendings *p, size_t end)
{
    CLEANUP(json_cleanup) json_t *j = json_object();
    json_t *list = json_array();

    for (size_t i = 0; i < end; i++) {
        json_t *one, *parts;

        if (!p->v[i].file || p->v[i].state == PENDING_APPLIED)
            continue;
        one = db_status_one(&p->v[i]);
        parts = json_array();
        for (size_t k = 0; k < p->v[i].file->n_parts; k++)
            if (db_plan_shows(&p->v[i].file->parts[k], db_kind(v->db)))
                json_append(parts, db_plan_part(&p->v[i].file->parts[k]));
        json_put_bool(one, "way_back", p->v[i].file->has_down);
        json_put(one, "parts", parts);
        json_append(list, one);
    }
    json_put_int(j, "format", 1);
    json_put_str(j, "database", db_name(v->db));
    json_put(j, "migrations", list);
    db_look_json(j);
}

enum err_code db_plan(struct db_verb *v, struct err *err)
{
    CLEANUP(looked_release) struct looked l = {0};
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);
    size_t end = 0;

    if (db_verb_compare(v, BOOK_TEXTS_NONE, &l.rows, &l.p, err) != ERR_OK ||
        db_verb_heads(v, &l.p, err) != ERR_OK || db_go_end(v, &l.p, &end, err) != ERR_OK ||
        pending_check(&l.p, v->c->db.out_of_order, err) != ERR_OK)
        return err->code;
    for (size_t i = 0; i < end; i++) {
        if (!l.p.v[i].file || l.p.v[i].state == PENDING_APPLIED)
            continue;
        if (apply_check(&l.p.v[i], db_kind(v->db), err) != ERR_OK)
            return err->code;
        db_plan_text(&l.p.v[i], db_kind(v->db), v->c->db.sql, &b);
    }
    if (v->c->json) {
        db_plan_json(v, &l.p, end);
        return ERR_OK;
    }
    if (!v->c->db.sql)
        db_verb_notes(v);
    if (!b.n && !v->c->db.sql)
        strbuf_add_str(&b, "nothing to do\n");
    term_write(&b);
    return ERR_OK;
}

/* --- verify --- */

struct db_verified {
    size_t migrations, changed;
    struct apply_verified asked;
};

static void db_verify_json(const struct db_verified *d, struct sv why)
{
    CLEANUP(json_cleanup) json_t *j = json_object();
    json_t *lines = json_array();
    struct sv line;

    json_put_int(j, "format", 1);
    json_put_int(j, "migrations", (int64_t)d->migrations);
    json_put_int(j, "queries", (int64_t)d->asked.asked);
    json_put_int(j, "failed", (int64_t)d->asked.bad);
    json_put_int(j, "changed", (int64_t)d->changed);
    while (sv_next_line(&why, &line))
        json_append(lines, json_sv(line));
    json_put(j, "why", lines);
    db_look_json(j);
}

enum err_code db_verify(struct db_verb *v, struct err *err)
{
    CLEANUP(looked_release) struct looked l = {0};
    CLEANUP(strbuf_release) struct strbuf why = STRBUF(0), shown = STRBUF(0);
    struct apply a = {.db = v->db};
    const struct pending *only = NULL;
    struct apply_verified asked = {0};
    size_t n = 0, changed = 0;

    if (db_verb_compare(v, BOOK_TEXTS_BACK, &l.rows, &l.p, err) != ERR_OK)
        return err->code;
    if (v->n_args && !(only = pending_find(&l.p, sv_from(v->args[0]), err)))
        return err->code;
    for (size_t i = 0; i < l.p.n; i++) {
        const struct pending *p = &l.p.v[i];

        if (!p->row || !sv_is(p->row->state, "applied") || (only && p != only))
            continue;
        n++;
        if (p->state == PENDING_CHANGED) {
            changed++;
            strbuf_addf(&why, "%s%.*s was changed after it was applied\n",
                        pending_is_other_down(p) ? "the way back of " : "", SV_FMT(p->version));
        }
        if (apply_verify(&a, p, &asked, &why, err) != ERR_OK)
            return err->code;
    }
    if (asked.bad || changed)
        *v->exit = EXIT_CODE_FAILED;
    else if (!asked.asked) /* nothing was looked at: that is no yes */
        *v->exit = EXIT_CODE_INVESTIGATE;
    if (v->c->json) {
        db_verify_json(&(struct db_verified){n, changed, asked}, strbuf_sv(&why));
        return ERR_OK;
    }
    text_add_terminal(&shown, strbuf_sv(&why));
    printf("%s%zu verify quer%s of %zu applied migration%s, %zu failed\n", strbuf_str(&shown),
           asked.asked, asked.asked == 1 ? "y" : "ies", n, n == 1 ? "" : "s", asked.bad);
    return ERR_OK;
}
