/* The text of a table of SQLite, cut where its commas are, and changed where an action is about it. */
#include <stdlib.h>
#include <string.h>

#include "base/sv.h"
#include "base/vec.h"
#include "migrate/rebuild.h"
#include "migrate/sqllex.h"

enum rebuild_clause_kind {
    REBUILD_OTHER,
    REBUILD_NOT_NULL,
    REBUILD_DEFAULT,
    REBUILD_GENERATED,
};

struct rebuild_clause {
    enum rebuild_clause_kind kind;
    struct sv name;  /* of its CONSTRAINT; or empty */
    size_t from, to; /* bytes */
};

/* What stands between two commas. */
struct rebuild_item {
    size_t first, last; /* tokens */
    bool column;
    struct sv name;            /* of the column, or of the constraint of the table */
    size_t type_from, type_to; /* bytes; equal: none */
    size_t clause, n_clauses;
    bool gone;
    struct rebuild_copy copy;
};

struct rebuild_edit {
    size_t from, to;
    struct sv text;
    size_t turn; /* at one place they stand in the order of the actions */
};

struct rebuild_text {
    struct sv text;
    struct arena *arena;
    VEC(struct sqllex_token) t; /* without blanks and comments */
    VEC(struct rebuild_item) items;
    VEC(struct rebuild_clause) clauses;
    VEC(struct rebuild_edit) edits;
    VEC(struct rebuild_copy) added;
    size_t name_from, name_to;          /* bytes of "CREATE TABLE name" */
    struct strbuf columns, constraints; /* what is added behind the last column, and at the end */
};

static void rebuild_text_release(struct rebuild_text *r)
{
    vec_release(&r->t);
    vec_release(&r->items);
    vec_release(&r->clauses);
    vec_release(&r->edits);
    vec_release(&r->added);
    strbuf_release(&r->columns);
    strbuf_release(&r->constraints);
}

void rebuild_plan_release(struct rebuild_plan *p)
{
    strbuf_release(&p->create);
    memset(p, 0, sizeof(*p));
}

/* --- tokens --- */

static struct sv rebuild_plain(struct arena *a, const struct sqllex_token *t)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    if (t->kind != SQLLEX_NAME && t->kind != SQLLEX_STRING)
        return t->text;
    sqllex_plain(t, &b);
    return arena_sv(a, strbuf_sv(&b));
}

static bool rebuild_at(const struct rebuild_text *r, size_t i, size_t end, const char *word)
{
    return i < end && sqllex_is(&r->t.v[i], word);
}

static size_t rebuild_end(const struct rebuild_text *r, size_t i)
{
    return r->t.v[i].at + r->t.v[i].text.n;
}

static bool rebuild_is_byte(const struct rebuild_text *r, size_t i, char c)
{
    return r->t.v[i].kind == SQLLEX_PUNCT && r->t.v[i].text.p[0] == c;
}

/* Behind the token, or behind the parenthesis that it opens. */
static size_t rebuild_skip(const struct rebuild_text *r, size_t i, size_t end)
{
    size_t depth = 0;

    for (; i < end; i++) {
        depth += rebuild_is_byte(r, i, '(');
        depth -= depth && rebuild_is_byte(r, i, ')');
        if (!depth)
            return i + 1;
    }
    return end;
}

static enum err_code rebuild_unread(const struct rebuild_text *r, size_t at, struct err *err)
{
    return err_set(err, ERR_REFUSED, "the definition of the table cannot be read at \"%.*s\"",
                   SV_FMT(sv_sub(r->text, at, at + 40)));
}

/* --- clauses of a column --- */

static const struct {
    const char *word;
    enum rebuild_clause_kind kind;
} rebuild_words[] = {
    {"PRIMARY", REBUILD_OTHER}, {"NOT", REBUILD_NOT_NULL},     {"NULL", REBUILD_OTHER},
    {"UNIQUE", REBUILD_OTHER},  {"CHECK", REBUILD_OTHER},      {"DEFAULT", REBUILD_DEFAULT},
    {"COLLATE", REBUILD_OTHER}, {"REFERENCES", REBUILD_OTHER}, {"GENERATED", REBUILD_GENERATED},
    {"AS", REBUILD_GENERATED},  {"CONSTRAINT", REBUILD_OTHER},
};

static bool rebuild_begins(const struct rebuild_text *r, size_t i, enum rebuild_clause_kind *kind)
{
    for (size_t w = 0; w < ARRAY_LEN(rebuild_words); w++)
        if (sqllex_is(&r->t.v[i], rebuild_words[w].word)) {
            *kind = rebuild_words[w].kind;
            return true;
        }
    return false;
}

/* Behind the tokens that belong to a clause whose word stands at i: NOT NULL, NULL in ON DELETE SET NULL and in
 * DEFAULT NULL, NOT of NOT DEFERRABLE do not begin another. */
static size_t rebuild_clause_end(const struct rebuild_text *r, size_t i, size_t end)
{
    enum rebuild_clause_kind kind;
    bool generated = rebuild_at(r, i, end, "GENERATED");
    bool references = rebuild_at(r, i, end, "REFERENCES");

    if (rebuild_at(r, i, end, "DEFAULT")) {
        if (i + 1 < end && (rebuild_is_byte(r, i + 1, '+') || rebuild_is_byte(r, i + 1, '-')))
            i++;
        i = rebuild_skip(r, i + 1, end);
    } else if (rebuild_at(r, i, end, "NOT")) {
        i += 2;
    } else {
        i++;
    }
    while (i < end) {
        bool deferrable =
            references && rebuild_at(r, i, end, "NOT") && rebuild_at(r, i + 1, end, "DEFERRABLE");

        if (rebuild_begins(r, i, &kind) && !deferrable &&
            !(generated && rebuild_at(r, i, end, "AS")) &&
            !(rebuild_at(r, i, end, "NULL") && rebuild_at(r, i - 1, end, "SET")) &&
            !(rebuild_at(r, i, end, "DEFAULT") && rebuild_at(r, i - 1, end, "SET")))
            break;
        i = deferrable ? i + 2 : rebuild_skip(r, i, end);
    }
    return size_min(i, end);
}

static void rebuild_clauses(struct rebuild_text *r, struct rebuild_item *item)
{
    size_t end = item->last + 1, i = item->first + 1;
    enum rebuild_clause_kind kind;

    item->clause = r->clauses.n;
    if (i < end && !rebuild_begins(r, i, &kind))
        item->type_from = r->t.v[i].at;
    while (i < end && !rebuild_begins(r, i, &kind))
        i = rebuild_skip(r, i, end);
    if (item->type_from)
        item->type_to = rebuild_end(r, i - 1);
    while (i < end) {
        struct rebuild_clause *c = vec_add(&r->clauses);

        c->from = r->t.v[i].at;
        if (rebuild_at(r, i, end, "CONSTRAINT") && i + 2 < end) {
            c->name = rebuild_plain(r->arena, &r->t.v[i + 1]);
            i += 2;
        }
        (void)(rebuild_begins(r, i, &c->kind)); /* else it is one of ours: OTHER */
        i = rebuild_clause_end(r, i, end);
        c->to = rebuild_end(r, i - 1);
        item->n_clauses++;
    }
}

/* --- items --- */

static void rebuild_item(struct rebuild_text *r, size_t first, size_t end)
{
    static const char *const words[] = {"CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"};
    struct rebuild_item *item = vec_add(&r->items);

    *item = (struct rebuild_item){.first = first, .last = end - 1, .column = true};
    for (size_t w = 0; w < ARRAY_LEN(words); w++)
        item->column = item->column && !rebuild_at(r, first, end, words[w]);
    if (item->column) {
        item->name = rebuild_plain(r->arena, &r->t.v[first]);
        item->copy.column = item->name;
        rebuild_clauses(r, item);
    } else if (rebuild_at(r, first, end, "CONSTRAINT") && first + 1 < end) {
        item->name = rebuild_plain(r->arena, &r->t.v[first + 1]);
    }
}

static enum err_code rebuild_items(struct rebuild_text *r, size_t open, struct err *err)
{
    size_t from = open + 1, i = from;

    while (i < r->t.n) {
        if (rebuild_is_byte(r, i, ',') || rebuild_is_byte(r, i, ')')) {
            if (i == from)
                return rebuild_unread(r, r->t.v[i].at, err);
            rebuild_item(r, from, i);
            if (rebuild_is_byte(r, i, ')'))
                return ERR_OK;
            from = ++i;
            continue;
        }
        i = rebuild_skip(r, i, r->t.n);
    }
    return rebuild_unread(r, 0, err);
}

static enum err_code rebuild_cut(struct rebuild_text *r, struct err *err)
{
    struct sqllex lex = {.text = r->text, .db = DB_SQLITE};
    struct sqllex_token t;
    size_t i = 1;

    while (sqllex_next_word(&lex, &t))
        *vec_add(&r->t) = t;
    while (i < r->t.n && !sqllex_is(&r->t.v[i - 1], "TABLE"))
        i++;
    while (i < r->t.n && !rebuild_is_byte(r, i, '('))
        i++;
    if (i >= r->t.n || !sqllex_is(&r->t.v[0], "CREATE"))
        return rebuild_unread(r, 0, err);
    r->name_to = rebuild_end(r, i - 1);
    return rebuild_items(r, i, err);
}

/* --- actions --- */

static void rebuild_edit(struct rebuild_text *r, size_t from, size_t to, struct sv text)
{
    struct rebuild_edit e = {from, to, text, r->edits.n};

    *vec_add(&r->edits) = e;
}

static struct rebuild_clause *rebuild_find_clause(struct rebuild_text *r,
                                                  const struct rebuild_item *item,
                                                  enum rebuild_clause_kind kind)
{
    for (size_t i = 0; i < item->n_clauses; i++)
        if (r->clauses.v[item->clause + i].kind == kind)
            return &r->clauses.v[item->clause + i];
    return NULL;
}

static struct rebuild_item *rebuild_find_column(struct rebuild_text *r, struct sv name)
{
    for (size_t i = 0; i < r->items.n; i++)
        if (r->items.v[i].column && !r->items.v[i].gone && sv_eq_nocase(r->items.v[i].name, name))
            return &r->items.v[i];
    return NULL;
}

/* An action that is being read. */
struct rebuild_action {
    struct rebuild_text *r;
    struct sv text; /* the whole */
    struct sqllex lex;
    struct sv name; /* of the column or constraint */
    struct rebuild_item *item;
};

static struct sv rebuild_rest(const struct rebuild_action *a)
{
    return sv_trim(sv_sub(a->text, a->lex.at, a->text.n));
}

/* Cut "USING expression" off, which stands outside of parentheses. */
static struct sv rebuild_using(struct sv *rest)
{
    struct sqllex lex = {.text = *rest, .db = DB_SQLITE};
    struct sqllex_token t;
    size_t depth = 0;

    while (sqllex_next_word(&lex, &t)) {
        bool punct = t.kind == SQLLEX_PUNCT;

        depth += punct && t.text.p[0] == '(';
        depth -= depth && punct && t.text.p[0] == ')';
        if (!depth && sqllex_is(&t, "USING")) {
            struct sv value = sv_trim(sv_sub(*rest, lex.at, rest->n));

            *rest = sv_trim(sv_sub(*rest, 0, t.at));
            return value;
        }
    }
    return (struct sv){NULL, 0};
}

/* Behind the type, before the first clause. */
static void rebuild_insert(struct rebuild_action *a, struct sv text)
{
    const struct rebuild_item *item = a->item;
    struct rebuild_text *r = a->r;

    if (item->n_clauses) {
        size_t at = r->clauses.v[item->clause].from;

        rebuild_edit(r, at, at, arena_fmt(r->arena, "%.*s ", SV_FMT(text)));
    } else {
        size_t at = rebuild_end(r, item->last);

        rebuild_edit(r, at, at, arena_fmt(r->arena, " %.*s", SV_FMT(text)));
    }
}

static void rebuild_remove_clause(struct rebuild_text *r, const struct rebuild_clause *c)
{
    size_t from = c->from;

    while (from > 0 && r->text.p[from - 1] == ' ')
        from--;
    rebuild_edit(r, from, c->to, (struct sv){NULL, 0});
}

static enum err_code rebuild_set_not_null(struct rebuild_action *a, struct err *err UNUSED)
{
    struct sv rest = rebuild_rest(a);

    a->item->copy.value = rebuild_using(&rest);
    a->item->copy.coalesce = a->item->copy.value.n > 0;
    if (!rebuild_find_clause(a->r, a->item, REBUILD_NOT_NULL))
        rebuild_insert(a, SV("NOT NULL"));
    return ERR_OK;
}

static enum err_code rebuild_drop_not_null(struct rebuild_action *a, struct err *err UNUSED)
{
    const struct rebuild_clause *c = rebuild_find_clause(a->r, a->item, REBUILD_NOT_NULL);

    if (c)
        rebuild_remove_clause(a->r, c);
    return ERR_OK;
}

/* SQLite takes a literal as it is, and anything else in parentheses. */
static struct sv rebuild_default_text(struct arena *arena, struct sv e)
{
    struct sqllex lex = {.text = e, .db = DB_SQLITE};
    struct sqllex_token t;
    size_t n = 0;
    bool sign = e.n && (e.p[0] == '-' || e.p[0] == '+');

    while (sqllex_next_word(&lex, &t))
        n++;
    if (n == 1 + (size_t)sign || (e.n && e.p[0] == '('))
        return arena_fmt(arena, "DEFAULT %.*s", SV_FMT(e));
    return arena_fmt(arena, "DEFAULT (%.*s)", SV_FMT(e));
}

static enum err_code rebuild_set_default(struct rebuild_action *a, struct err *err)
{
    const struct rebuild_clause *c = rebuild_find_clause(a->r, a->item, REBUILD_DEFAULT);
    struct sv rest = rebuild_rest(a), text = rebuild_default_text(a->r->arena, rest);

    if (!rest.n)
        return err_set(err, ERR_INVALID, "\"%.*s\" has no value", SV_FMT(a->text));
    if (c)
        rebuild_edit(a->r, c->from, c->to, text);
    else
        rebuild_insert(a, text);
    return ERR_OK;
}

static enum err_code rebuild_drop_default(struct rebuild_action *a, struct err *err UNUSED)
{
    const struct rebuild_clause *c = rebuild_find_clause(a->r, a->item, REBUILD_DEFAULT);

    if (c)
        rebuild_remove_clause(a->r, c);
    return ERR_OK;
}

static enum err_code rebuild_set_type(struct rebuild_action *a, struct err *err)
{
    struct rebuild_item *item = a->item;
    struct sv rest = rebuild_rest(a), value = rebuild_using(&rest);

    if (!rest.n)
        return err_set(err, ERR_INVALID, "\"%.*s\" has no type", SV_FMT(a->text));
    item->copy.value = value;
    rest = arena_sv(a->r->arena, rest);
    if (item->type_to)
        rebuild_edit(a->r, item->type_from, item->type_to, rest);
    else
        rebuild_edit(a->r, rebuild_end(a->r, item->first), rebuild_end(a->r, item->first),
                     arena_fmt(a->r->arena, " %.*s", SV_FMT(rest)));
    return ERR_OK;
}

/* The item and the comma before it, or behind the first. */
static void rebuild_remove_item(struct rebuild_text *r, struct rebuild_item *item)
{
    size_t to = rebuild_end(r, item->last);
    bool first = true;

    item->gone = true;
    for (const struct rebuild_item *i = r->items.v; i < item; i++)
        first = first && i->gone;
    if (first && item + 1 < r->items.v + r->items.n)
        rebuild_edit(r, r->t.v[item->first].at, r->t.v[item[1].first].at, (struct sv){NULL, 0});
    else
        rebuild_edit(r, r->t.v[item->first - 1].at, to, (struct sv){NULL, 0});
}

static enum err_code rebuild_drop_constraint(struct rebuild_action *a, struct err *err)
{
    struct rebuild_text *r = a->r;

    for (size_t i = 0; i < r->items.n; i++)
        if (!r->items.v[i].column && !r->items.v[i].gone &&
            sv_eq_nocase(r->items.v[i].name, a->name)) {
            rebuild_remove_item(r, &r->items.v[i]);
            return ERR_OK;
        }
    for (size_t i = 0; i < r->clauses.n; i++)
        if (sv_eq_nocase(r->clauses.v[i].name, a->name)) {
            rebuild_remove_clause(r, &r->clauses.v[i]);
            return ERR_OK;
        }
    return err_set(err, ERR_REFUSED, "there is no constraint \"%.*s\"", SV_FMT(a->name));
}

static enum err_code rebuild_add_constraint(struct rebuild_action *a, struct err *err UNUSED)
{
    CLEANUP(strbuf_release) struct strbuf name = STRBUF(0);

    db_quote_name(&name, a->name);
    strbuf_addf(&a->r->constraints, ", CONSTRAINT %s %.*s", strbuf_str(&name),
                SV_FMT(rebuild_rest(a)));
    return ERR_OK;
}

static enum err_code rebuild_drop_column(struct rebuild_action *a, struct err *err UNUSED)
{
    rebuild_remove_item(a->r, a->item);
    return ERR_OK;
}

static enum err_code rebuild_add_column(struct rebuild_action *a, struct err *err)
{
    struct rebuild_text *r = a->r;
    struct sv rest = rebuild_rest(a), value = rebuild_using(&rest);
    CLEANUP(strbuf_release) struct strbuf name = STRBUF(0);

    if (rebuild_find_column(r, a->name))
        return err_set(err, ERR_REFUSED, "there is a column \"%.*s\" already", SV_FMT(a->name));
    db_quote_name(&name, a->name);
    strbuf_addf(&r->columns, ", %s %.*s", strbuf_str(&name), SV_FMT(rest));
    if (value.n)
        *vec_add(&r->added) = (struct rebuild_copy){.column = a->name, .value = value};
    return ERR_OK;
}

/* Words, and what they do; "*" is a name. */
static const struct rebuild_form {
    const char *words[6];
    enum err_code (*apply)(struct rebuild_action *a, struct err *err);
    bool column; /* the name is that of a column that has to be there */
} rebuild_forms[] = {
    {{"ALTER", "COLUMN", "*", "SET", "NOT", "NULL"}, rebuild_set_not_null, true},
    {{"ALTER", "COLUMN", "*", "DROP", "NOT", "NULL"}, rebuild_drop_not_null, true},
    {{"ALTER", "COLUMN", "*", "SET", "DEFAULT"}, rebuild_set_default, true},
    {{"ALTER", "COLUMN", "*", "DROP", "DEFAULT"}, rebuild_drop_default, true},
    {{"ALTER", "COLUMN", "*", "TYPE"}, rebuild_set_type, true},
    {{"ADD", "CONSTRAINT", "*"}, rebuild_add_constraint, false},
    {{"DROP", "CONSTRAINT", "*"}, rebuild_drop_constraint, false},
    {{"ADD", "COLUMN", "*"}, rebuild_add_column, false},
    {{"DROP", "COLUMN", "*"}, rebuild_drop_column, true},
};

static bool rebuild_is_form(const struct rebuild_form *f, struct rebuild_action *a)
{
    struct sqllex_token t;

    a->lex = (struct sqllex){.text = a->text, .db = DB_SQLITE};
    for (size_t i = 0; i < ARRAY_LEN(f->words) && f->words[i]; i++) {
        if (!sqllex_next_word(&a->lex, &t))
            return false;
        if (strcmp(f->words[i], "*") == 0)
            a->name = rebuild_plain(a->r->arena, &t);
        else if (!sqllex_is(&t, f->words[i]))
            return false;
    }
    return true;
}

static enum err_code rebuild_act(struct rebuild_text *r, struct sv text, struct err *err)
{
    struct rebuild_action a = {.r = r, .text = text};

    for (size_t i = 0; i < ARRAY_LEN(rebuild_forms); i++) {
        const struct rebuild_form *f = &rebuild_forms[i];

        if (!rebuild_is_form(f, &a))
            continue;
        a.item = rebuild_find_column(r, a.name);
        if (f->column && !a.item)
            return err_set(err, ERR_REFUSED, "there is no column \"%.*s\"", SV_FMT(a.name));
        return f->apply(&a, err);
    }
    return err_set(err, ERR_INVALID, "\"%.*s\" is no action of a rebuild",
                   SV_FMT(sv_sub(text, 0, 60)));
}

/* --- the new text --- */

static int rebuild_edit_cmp(const void *a, const void *b)
{
    const struct rebuild_edit *x = a, *y = b;

    if (x->from != y->from)
        return x->from < y->from ? -1 : 1;
    return x->to != y->to ? (x->to < y->to ? -1 : 1) : (x->turn > y->turn) - (x->turn < y->turn);
}

/* Behind the last column and the last item that stay, before comments that follow them. */
static void rebuild_additions(struct rebuild_text *r)
{
    size_t column = 0, item = 0;

    for (size_t i = 0; i < r->items.n; i++) {
        item = rebuild_end(r, r->items.v[i].last);
        if (r->items.v[i].column)
            column = item;
    }
    if (r->columns.n)
        rebuild_edit(r, column, column, arena_sv(r->arena, strbuf_sv(&r->columns)));
    if (r->constraints.n)
        rebuild_edit(r, item, item, arena_sv(r->arena, strbuf_sv(&r->constraints)));
}

/* Two actions about one place cannot both be. */
static enum err_code rebuild_write(struct rebuild_text *r, struct sv as, struct strbuf *out,
                                   struct err *err)
{
    size_t at = r->name_to;

    rebuild_additions(r);
    if (r->edits.n)
        qsort(r->edits.v, r->edits.n, sizeof(*r->edits.v), rebuild_edit_cmp);
    strbuf_add_str(out, "CREATE TABLE ");
    db_quote_name(out, as);
    for (size_t i = 0; i < r->edits.n; i++) {
        const struct rebuild_edit *e = &r->edits.v[i];

        if (e->from < at)
            return err_set(err, ERR_INVALID, "two actions are about one place of the table: %.*s",
                           SV_FMT(e->text));
        strbuf_add_sv(out, sv_sub(r->text, at, e->from));
        strbuf_add_sv(out, e->text);
        at = e->to;
    }
    strbuf_add_sv(out, sv_sub(r->text, at, r->text.n));
    return ERR_OK;
}

static void rebuild_columns(struct rebuild_text *r, struct rebuild_plan *p)
{
    p->columns = ARENA_NEWN(r->arena, struct rebuild_copy, r->items.n + r->added.n + 1);
    p->n_columns = 0;
    for (size_t i = 0; i < r->items.n; i++)
        if (r->items.v[i].column && !r->items.v[i].gone &&
            !rebuild_find_clause(r, &r->items.v[i], REBUILD_GENERATED))
            p->columns[p->n_columns++] = r->items.v[i].copy;
    for (size_t i = 0; i < r->added.n; i++)
        p->columns[p->n_columns++] = r->added.v[i];
}

/* "AS CREATE TABLE ...": that text as it is; columns that both have are copied. */
static enum err_code rebuild_read_as(struct sv create, struct sv as, struct sv text,
                                     struct arena *a, struct rebuild_plan *ret, struct err *err)
{
    CLEANUP(rebuild_plan_release) struct rebuild_plan old = {0};
    struct rebuild_plan new = {0};
    size_t n = 0;

    if (rebuild_read(create, as, (struct rebuild_actions){NULL, 0}, a, &old, err) != ERR_OK ||
        rebuild_read(text, as, (struct rebuild_actions){NULL, 0}, a, &new, err) != ERR_OK)
        return err->code;
    for (size_t i = 0; i < new.n_columns; i++)
        for (size_t k = 0; k < old.n_columns; k++)
            if (sv_eq_nocase(new.columns[i].column, old.columns[k].column)) {
                new.columns[n++] = new.columns[i];
                break;
            }
    new.n_columns = n;
    *ret = new;
    return ERR_OK;
}

enum err_code rebuild_read(struct sv create, struct sv as, struct rebuild_actions actions,
                           struct arena *a, struct rebuild_plan *ret, struct err *err)
{
    CLEANUP(rebuild_text_release) struct rebuild_text r = {.text = create, .arena = a};
    struct rebuild_plan p = {.create = STRBUF(0)};
    struct sv text = actions.n == 1 ? sv_trim(actions.v[0]) : (struct sv){NULL, 0};
    enum err_code rc;

    if (sv_eat_nocase(&text, SV("AS ")))
        return rebuild_read_as(create, as, text, a, ret, err);
    rc = rebuild_cut(&r, err);
    for (size_t i = 0; rc == ERR_OK && i < actions.n; i++)
        rc = rebuild_act(&r, actions.v[i], err);
    if (rc == ERR_OK)
        rc = rebuild_write(&r, as, &p.create, err);
    if (rc != ERR_OK) {
        rebuild_plan_release(&p);
        return rc;
    }
    rebuild_columns(&r, &p);
    *ret = p;
    return ERR_OK;
}
