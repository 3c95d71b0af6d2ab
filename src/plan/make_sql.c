/*
 * What statements of the document are for, and become: a database of the binding, or the file that they name.
 */
#include "base/sv.h"
#include "plan/make_int.h"
#include "runbook/sql.h"

/* "sqlite3 shop.db" before the statements names the file itself. */
static bool make_client_file(const struct rb_step *s, struct sv *file)
{
    struct sv rest = s->client, word;

    (void)sv_eat(&rest, SV("$ "));
    if (!sv_next_word(&rest, &word) || !sv_eq(word, SV("sqlite3")))
        return false;
    while (sv_next_word(&rest, file))
        if (!sv_starts(*file, SV("-")))
            return true;
    return false;
}

/* Each $NAME as a piece of its own: its value is taken when the step runs, and never stands in the plan. */
static enum err_code make_address(struct make *m, const struct binding_database *d, json_t *pieces)
{
    struct sv rest = d->url;

    while (rest.n) {
        size_t dollar = sv_find_byte(rest, '$', 0), n = 0;
        struct sv name = sv_sub(rest, dollar == SV_NPOS ? rest.n : dollar + 1, rest.n);
        bool braces = sv_eat(&name, SV("{"));

        if (dollar != 0)
            json_append(pieces, json_sv(sv_sub(rest, 0, dollar)));
        if (dollar == SV_NPOS)
            break;
        while (n < name.n && ascii_is_word(name.p[n]))
            n++;
        rest = sv_sub(name, n, name.n);
        if (n == 0 || (braces && !sv_eat(&rest, SV("}"))))
            return err_set(m->err, ERR_INVALID, "%s:%zu: '$' must begin $NAME or ${NAME}",
                           m->b->path, d->line);
        json_append(pieces, json_pack("{s:o}", "env", json_sv(sv_sub(name, 0, n))));
    }
    return ERR_OK;
}

/* What an address begins with that is a variable: "$DATABASE_URL". */
static struct sv make_address_value(const struct make *m, struct sv url)
{
    struct sv name = url, value;

    if (!sv_eat(&name, SV("$")))
        return url;
    if (sv_eat(&name, SV("{")))
        name = sv_sub(name, 0, sv_find_byte(name, '}', 0));
    return binding_env(m->b, name, &value) ? value : url;
}

/* Kind and address of a bound database. */
static enum err_code make_database_of(struct make *m, const struct binding_database *d, json_t *out,
                                      json_t *action)
{
    struct sv value = make_address_value(m, d->url), file;
    json_t *pieces = json_array();

    if (sv_starts(value, SV("$"))) {
        json_decref(pieces);
        (void)err_set(m->err, ERR_INVALID, "%s:%zu: variable %.*s is not set", m->b->path, d->line,
                      SV_FMT(value));
        return err_hint(m->err, "set it under 'env', in an env file or in the environment");
    }
    if (sv_eat(&value, SV("sqlite:"))) {
        json_put(action, "file", pieces);
        if (sv_starts(value, SV("///")) && !sv_starts(value, SV("////"))) {
            (void)err_set(m->err, ERR_INVALID,
                          "%s:%zu: 'sqlite:%.*s' is a relative path to some programs, and an "
                          "absolute one to others",
                          m->b->path, d->line, SV_FMT(value));
            return err_hint(m->err, "write 'sqlite:%.*s' or 'sqlite:%.*s'",
                            SV_FMT(sv_sub(value, 3, value.n)), SV_FMT(sv_sub(value, 2, value.n)));
        }
        if (sv_eat(&value, SV("///"))) /* "////srv/shop.db" */
            assert(value.n && *value.p == '/');
        if (binding_file(m->b, value, &file, m->err) != ERR_OK)
            return err_wrap(m->err, "%s:%zu", m->b->path, d->line);
        json_append(pieces, json_sv(file));
        return ERR_OK;
    }
    json_put_str(out, "kind", "postgres");
    json_put_sv(action, "database", d->name);
    json_put(action, "url", pieces);
    return make_address(m, d, pieces);
}

/* Statements without a client are for what the rest of the document works with. */
static bool make_speaks_postgres(struct make *m, const struct rb_step *s)
{
    static const struct sv marks[] = {SV("psql"), SV("pg_"), SV("postgres")};

    if (s->client.n)
        return sv_has(s->client, SV("psql"));
    for (size_t i = 0; !m->postgres_sought && i < m->rb->n_steps; i++)
        for (size_t k = 0; k < ARRAY_LEN(marks); k++)
            m->postgres |= sv_has(m->rb->steps[i].text, marks[k]);
    m->postgres_sought = true; /* once for all of the document */
    return m->postgres;
}

static void make_ask_database(struct make *m, const struct rb_step *s, struct sv text)
{
    make_question(m, s->line, "database", true, text,
                  m->b->databases.n ? arena_fmt(m->arena, "steps: {\"%.*s\": {database: %.*s}}",
                                                SV_FMT(names_short(&m->names, s->id)),
                                                SV_FMT(m->b->databases.v[0].name))
                  : make_speaks_postgres(m, s)
                      ? SV("databases: {main: {url: \"postgresql://USER@HOST/NAME\"}}")
                      : SV("databases: {main: {url: \"sqlite:PATH\"}}"));
}

static bool make_is_postgres(const struct make *m, const struct binding_database *d)
{
    return !sv_starts(make_address_value(m, d->url), SV("sqlite:"));
}

/* A client that the document opens says which kind it is for, and a bound database of that kind is the only one. */
static bool make_client_fits(const struct make *m, const struct rb_step *s)
{
    return m->b->databases.n == 1 &&
           (!s->client.n ||
            sv_has(s->client,
                   make_is_postgres(m, &m->b->databases.v[0]) ? SV("psql") : SV("sqlite3")));
}

/* The database of the binding for these statements; NULL: the document names its file, or it was asked. */
static enum err_code make_database(struct make *m, const struct rb_step *s,
                                   const struct binding_step *set, json_t *action,
                                   const struct binding_database **ret)
{
    struct sv path;

    *ret = NULL;
    if (set && set->database.n) {
        *ret = binding_find_database(m->b, set->database);
        if (!*ret)
            return err_set(m->err, ERR_INVALID, "%s:%zu: there is no database '%.*s'", m->b->path,
                           set->line, SV_FMT(set->database));
    } else if (s->database.n) {
        *ret = binding_find_database(m->b, s->database);
        if (!*ret)
            make_ask_database(
                m, s, arena_fmt(m->arena, "which database is '%.*s' here?", SV_FMT(s->database)));
    } else if (make_is_remote(m, s)) { /* a database of the same name may be another one there */
        make_ask_database(
            m, s, arena_fmt(m->arena, "which database is it on host '%.*s'?", SV_FMT(s->host)));
    } else if (make_client_file(s, &path)) {
        json_put(action, "file", make_pieces(m, path, s->line, false));
    } else if (make_client_fits(m, s)) {
        *ret = &m->b->databases.v[0];
    } else if (s->client.n) {
        make_ask_database(m, s,
                          arena_fmt(m->arena, "which database is '%.*s' here?", SV_FMT(s->client)));
    } else {
        make_ask_database(m, s, SV("which database are these statements for?"));
    }
    return ERR_OK;
}

enum err_code make_sql(struct make *m, const struct rb_step *s, const struct binding_step *set,
                       json_t *out, json_t *action)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF(0);
    const struct binding_database *d;
    bool postgres;

    json_put_str(out, "kind", "sqlite");
    if (make_database(m, s, set, action, &d) != ERR_OK ||
        (d && make_database_of(m, d, out, action) != ERR_OK))
        return m->err->code;
    if (!json_object_get(action, "file") && !json_object_get(action, "url"))
        json_put(action, "file", json_array()); /* it was asked */
    postgres = d && make_is_postgres(m, d);
    if (make_is_remote(m, s) && d && !postgres)
        make_question(m, s->line, "unsupported", true,
                      arena_fmt(m->arena, "a file of SQLite on host '%.*s' is not supported yet",
                                SV_FMT(s->host)),
                      arena_fmt(m->arena, "steps: {\"%.*s\": {skip: WHY}}",
                                SV_FMT(names_short(&m->names, s->id))));
    if (!sql_is_meta(s->text) || (!postgres && sv_starts(s->text, SV(".backup"))))
        json_put(action, "sql", make_pieces(m, s->text, s->line, false));
    else if (postgres ? sql_meta_postgres(s->text, &sql) : sql_meta_sqlite(s->text, &sql))
        json_put(action, "sql", make_pieces(m, strbuf_sv(&sql), s->line, false));
    else
        make_question(
            m, s->line, "unsupported", true,
            arena_fmt(m->arena, "'%.*s' is a command of a client, and no SQL", SV_FMT(s->text)),
            arena_fmt(m->arena, "steps: {\"%.*s\": {skip: WHY}}",
                      SV_FMT(names_short(&m->names, s->id))));
    return ERR_OK;
}
