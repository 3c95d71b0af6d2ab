#include "plan/make_thing.h"

#include "base/sv.h"

/* The step being read. */
struct thing_reader {
    struct make *m;
    struct sv host, effect;
    struct sv *dir; /* where its shell stands; absolute, or as the document writes it */
    things *out;
};

/* --- names --- */

/* Without quotes, with what the binding says now; else as it is written. */
static struct sv thing_word(struct thing_reader *r, const struct shell_word *w)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    struct sv raw = w->raw;

    if (make_word_now(r->m, w, &text))
        return arena_sv(r->m->arena, strbuf_sv(&text));
    if (w->literal)
        return w->value;
    if (raw.n >= 2 && (raw.p[0] == '"' || raw.p[0] == '\'') && raw.p[raw.n - 1] == raw.p[0])
        raw = sv_sub(raw, 1, raw.n - 1);
    return raw;
}

/* A path from where the shell stands, without "./", "." and a '/' at its end; ".." stays as it is. */
static struct sv thing_path(struct thing_reader *r, struct sv name)
{
    bool own = sv_starts(name, SV("/")) || sv_starts(name, SV("~")) || sv_starts(name, SV("$"));

    while (sv_eat(&name, SV("./")))
        ;
    if (sv_eq(name, SV(".")))
        name = SV("");
    while (name.n > 1 && name.p[name.n - 1] == '/')
        name.n--;
    if (own || !r->dir->n)
        return name;
    return name.n ? arena_fmt(r->m->arena, "%.*s/%.*s", SV_FMT(*r->dir), SV_FMT(name)) : *r->dir;
}

static void thing_add(struct thing_reader *r, enum thing_kind kind, struct sv name)
{
    if (sv_find_byte(name, '*', 0) != SV_NPOS || sv_find_byte(name, '?', 0) != SV_NPOS)
        return; /* what a pattern meant before the run, it need not mean after it */
    *vec_add(r->out) = (struct thing){kind, name, r->host};
}

static void thing_add_path(struct thing_reader *r, const struct shell_word *w)
{
    thing_add(r, THING_PATH, thing_path(r, thing_word(r, w)));
}

/* --- programs: where among their words the things stand --- */

static bool thing_is_option(const struct shell_word *w)
{
    return sv_starts(w->raw, SV("-")) && w->raw.n > 1;
}

/* Position of the n-th operand from 1; 0: there are not so many. */
static size_t thing_operand(const struct shell_simple *c, size_t n)
{
    for (size_t i = 1; i < c->n_words; i++)
        if (!thing_is_option(&c->words[i]) && --n == 0)
            return i;
    return 0;
}

/* The word after an option, or in it ("--dbname=shop"). */
static bool thing_value(struct thing_reader *r, const struct shell_simple *c, struct sv letter,
                        struct sv name, struct sv *ret)
{
    for (size_t i = 1; i < c->n_words; i++) {
        struct sv w = thing_word(r, &c->words[i]);
        bool next = sv_eq(w, letter) || sv_eq(w, name);

        if (next && i + 1 < c->n_words) {
            *ret = thing_word(r, &c->words[i + 1]);
            return true;
        }
        if (!next && name.n && sv_eat(&w, name) && sv_eat(&w, SV("="))) {
            *ret = w;
            return true;
        }
    }
    return false;
}

static void thing_operands(struct thing_reader *r, const struct shell_simple *c, size_t from)
{
    for (size_t n = from, at; (at = thing_operand(c, n)) != 0; n++)
        thing_add_path(r, &c->words[at]);
}

static void thing_all(struct thing_reader *r, const struct shell_simple *c)
{
    thing_operands(r, c, 1);
}

/* chmod MODE FILE, sed -i SCRIPT FILE */
static void thing_rest(struct thing_reader *r, const struct shell_simple *c)
{
    thing_operands(r, c, 2);
}

/* cp FROM TO */
static void thing_last(struct thing_reader *r, const struct shell_simple *c)
{
    size_t last = 0;

    for (size_t n = 1, at; (at = thing_operand(c, n)) != 0; n++)
        last = at;
    if (last)
        thing_add_path(r, &c->words[last]);
}

/* gunzip FILE.gz makes FILE. */
static void thing_unpacked(struct thing_reader *r, const struct shell_simple *c)
{
    for (size_t n = 1, at; (at = thing_operand(c, n)) != 0; n++) {
        struct sv name = thing_word(r, &c->words[at]);

        if (sv_ends(name, SV(".gz")))
            name.n -= 3;
        thing_add(r, THING_PATH, thing_path(r, name));
    }
}

/* tar -x and unzip write below a folder. */
static void thing_archive(struct thing_reader *r, const struct shell_simple *c)
{
    bool tar = sv_eq(shell_program(c), SV("tar"));
    struct sv dir = SV(".");

    if (tar && c->n_words > 1 && sv_find_byte(c->words[1].raw, 'x', 0) == SV_NPOS)
        return; /* it makes an archive */
    (void)thing_value(r, c, tar ? SV("-C") : SV("-d"), tar ? SV("--directory") : SV(""), &dir);
    thing_add(r, THING_PATH, thing_path(r, dir));
}

static void thing_git(struct thing_reader *r, const struct shell_simple *c)
{
    struct sv dir = SV(".");

    (void)thing_value(r, c, SV("-C"), SV(""), &dir);
    thing_add(r, THING_CHECKOUT, thing_path(r, dir));
}

static void thing_build(struct thing_reader *r, const struct shell_simple *c)
{
    struct sv dir = SV(".");

    if (sv_eq(r->effect, SV("database")))
        return; /* "npm run db:migrate": its settings say which */
    if (!thing_value(r, c, SV("--prefix"), SV("--prefix"), &dir))
        (void)thing_value(r, c, SV("-C"), SV(""), &dir);
    thing_add(r, THING_BUILD, thing_path(r, dir));
}

/* sqlite3 FILE "SQL" */
static void thing_sqlite(struct thing_reader *r, const struct shell_simple *c)
{
    size_t at = thing_operand(c, 1);

    if (at)
        thing_add(r, THING_DATABASE, thing_path(r, thing_word(r, &c->words[at])));
}

/* psql [-d] NAME; a server is no part of it, since a command seldom names it. */
static void thing_postgres(struct thing_reader *r, const struct shell_simple *c)
{
    struct sv name;

    if (thing_value(r, c, SV("-d"), SV("--dbname"), &name)) {
        thing_add(r, THING_DATABASE, name);
        return;
    }
    for (size_t i = 1; i < c->n_words; i++) {
        struct sv w = c->words[i].raw;

        if (w.n == 2 && w.p[0] == '-' && sv_find_byte(SV("hpUcfvFoLPRTjnt"), w.p[1], 0) != SV_NPOS)
            i++; /* its value */
        else if (!thing_is_option(&c->words[i])) {
            thing_add(r, THING_DATABASE, thing_word(r, &c->words[i]));
            return;
        }
    }
}

/* redis-cli [-n NUMBER]: no database of SQL, whose rollback leaves it as it is.  The server is no part of it here, either. */
static void thing_redis(struct thing_reader *r, const struct shell_simple *c)
{
    struct sv number = SV("0");

    (void)thing_value(r, c, SV("-n"), SV(""), &number);
    thing_add(r, THING_DATABASE, arena_fmt(r->m->arena, "redis:%.*s", SV_FMT(number)));
}

/* prusik flag set KEY ...: only flags; other commands of ours say in a file of their own what they change. */
static void thing_prusik(struct thing_reader *r, const struct shell_simple *c)
{
    size_t key = thing_operand(c, 3);

    if (key == 3 && sv_eq(c->words[1].raw, SV("flag")))
        thing_add(r, THING_FLAG, thing_word(r, &c->words[3]));
}

static const struct thing_program {
    struct sv name;
    void (*read)(struct thing_reader *r, const struct shell_simple *c);
} thing_programs[] = {
    {SV("cp"), thing_last},         {SV("mv"), thing_all},
    {SV("ln"), thing_last},         {SV("install"), thing_last},
    {SV("rsync"), thing_last},      {SV("scp"), thing_last},
    {SV("rm"), thing_all},          {SV("mkdir"), thing_all},
    {SV("touch"), thing_all},       {SV("tee"), thing_all},
    {SV("chmod"), thing_rest},      {SV("chown"), thing_rest},
    {SV("sed"), thing_rest},        {SV("gunzip"), thing_unpacked},
    {SV("tar"), thing_archive},     {SV("unzip"), thing_archive},
    {SV("git"), thing_git},         {SV("npm"), thing_build},
    {SV("yarn"), thing_build},      {SV("make"), thing_build},
    {SV("cargo"), thing_build},     {SV("mvn"), thing_build},
    {SV("go"), thing_build},        {SV("bundle"), thing_build},
    {SV("sqlite3"), thing_sqlite},  {SV("psql"), thing_postgres},
    {SV("prusik"), thing_prusik},   {SV("createdb"), thing_postgres},
    {SV("dropdb"), thing_postgres}, {SV("redis-cli"), thing_redis},
};

/* pg_restore FILE has its database behind -d only. */
static void thing_restore(struct thing_reader *r, const struct shell_simple *c)
{
    struct sv name;

    if (thing_value(r, c, SV("-d"), SV("--dbname"), &name))
        thing_add(r, THING_DATABASE, name);
}

/* --- commands --- */

static void thing_simple(struct thing_reader *r, const struct shell_simple *outer)
{
    bool sudo;
    struct shell_simple c = shell_inner(outer, &sudo);
    struct sv program = c.n_words ? shell_program(&c) : SV("");

    if (sv_eq(program, SV("cd")) && c.n_words == 2 && !outer->nested)
        *r->dir = thing_path(r, thing_word(r, &c.words[1]));
    else if (sv_eq(program, SV("pg_restore")))
        thing_restore(r, &c);
    for (size_t i = 0; i < ARRAY_LEN(thing_programs); i++)
        if (sv_eq(program, thing_programs[i].name))
            thing_programs[i].read(r, &c);
}

static void thing_item(struct thing_reader *r, const struct shell_item *item)
{
    for (size_t i = 0; i < item->n_simple; i++)
        thing_simple(r, &item->simple[i]);
    for (size_t i = 0; i < item->n_redirects; i++)
        if (sv_ends(item->redirects[i].op, SV(">")) &&
            !sv_starts(item->redirects[i].target.raw, SV("/dev/")))
            thing_add_path(r, &item->redirects[i].target);
}

/* Text of pieces, with variables as they are written. */
static struct sv thing_pieces(struct thing_reader *r, const json_t *pieces)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

    for (size_t i = 0; i < json_array_size(pieces); i++) {
        const json_t *piece = json_array_get(pieces, i);

        if (json_is_string(piece))
            strbuf_add_str(&text, json_string_value(piece));
        else
            strbuf_addf(&text, "$%s", json_get_str(piece, "env", ""));
    }
    return arena_sv(r->m->arena, strbuf_sv(&text));
}

/* "postgresql://app@db/shop?sslmode=require": shop, as psql is told.  Empty: only the run knows. */
static struct sv thing_url_database(struct sv url)
{
    size_t host = sv_find(url, SV("://"), 0), path;

    if (host == SV_NPOS)
        return (struct sv){NULL, 0};
    path = sv_find_byte(url, '/', host + 3);
    url = path == SV_NPOS ? SV("") : sv_sub(url, path + 1, url.n);
    url = sv_sub(url, 0, sv_find_byte(url, '?', 0));
    return sv_find_byte(url, '$', 0) == SV_NPOS ? url : SV("");
}

/* A block of SQL: the database that the plan has found for it. */
static void thing_sql(struct thing_reader *r, const json_t *step)
{
    const json_t *action = json_object_get(step, "action");
    struct sv file = thing_pieces(r, json_object_get(action, "file"));
    struct sv name = thing_url_database(thing_pieces(r, json_object_get(action, "url")));

    if (file.n)
        thing_add(r, THING_DATABASE, thing_path(r, file));
    else if (name.n)
        thing_add(r, THING_DATABASE, name);
}

static struct sv *thing_place(struct thing_places *places, const json_t *step)
{
    struct sv session = json_get_sv(step, "session"), host = json_get_sv(step, "host");

    for (size_t i = 0; i < places->v.n; i++)
        if (sv_eq(places->v.v[i].session, session) && sv_eq(places->v.v[i].host, host))
            return &places->v.v[i].dir;
    *vec_add(&places->v) = (struct thing_place){session, host, SV("")};
    return &vec_last(&places->v)->dir;
}

void thing_places_release(struct thing_places *places)
{
    vec_release(&places->v);
}

void thing_read(struct make *m, struct thing_places *places, const struct rb_step *s,
                const json_t *step, things *ret)
{
    struct thing_reader r = {.m = m,
                             .host = json_get_sv(step, "host"),
                             .effect = json_get_sv(step, "effect"),
                             .dir = thing_place(places, step),
                             .out = ret};
    size_t root = sv_from(m->b->dir).n;

    if (s->kind == STEP_SHELL && s->block != RB_NONE && s->item != RB_NONE)
        thing_item(&r, &m->rb->blocks[s->block].script.v[s->item]);
    else if (s->kind == STEP_SQL)
        thing_sql(&r, step);
    /* what lies below the binding's folder is named from there, however the document says it */
    for (size_t i = 0; i < ret->n; i++)
        if (sv_starts(ret->v[i].name, sv_from(m->b->dir)) && ret->v[i].name.n > root &&
            ret->v[i].name.p[root] == '/')
            ret->v[i].name = sv_sub(ret->v[i].name, root + 1, ret->v[i].name.n);
}

/* --- comparing --- */

static bool thing_contains(struct sv outer, struct sv inner)
{
    if (!outer.n) /* where shells start */
        return !inner.n || sv_find_byte(SV("/~$"), inner.p[0], 0) == SV_NPOS;
    return sv_eq(outer, inner) || (sv_starts(inner, outer) && inner.p[outer.n] == '/');
}

/* Does bringing `back` to what it was bring `change` to what it was? */
static bool thing_covers(const struct thing *back, const struct thing *change, bool anywhere)
{
    if (!anywhere && !sv_eq(back->host, change->host))
        return false;
    if (back->kind == THING_FLAG || change->kind == THING_FLAG)
        return back->kind == change->kind && sv_eq(back->name, change->name);
    if (back->kind == THING_DATABASE || change->kind == THING_DATABASE)
        return sv_eq(back->name, change->name) &&
               (back->kind == change->kind || back->kind == THING_PATH); /* the file is put back */
    if (back->kind == THING_BUILD && change->kind != THING_BUILD)
        return false; /* what is built again is no other version of what it is built from */
    if (back->kind == THING_CHECKOUT && change->kind == THING_PATH)
        return false; /* nobody knows whether git has that file */
    return thing_contains(back->name, change->name);
}

enum thing_match thing_compare(const things *back, const things *change, bool anywhere)
{
    if (!back->n || !change->n)
        return THING_UNKNOWN;
    for (size_t i = 0; i < back->n; i++)
        for (size_t k = 0; k < change->n; k++)
            if (thing_covers(&back->v[i], &change->v[k], anywhere))
                return THING_SAME;
    return THING_OTHER;
}
