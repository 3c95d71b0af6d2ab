#include "migrate/sqlsplit.h"

#include "base/sv.h"
#include "migrate/sqllex.h"

/* The statement that is being read. */
struct sqlsplit_state {
    const struct sqltext *t;
    enum db_kind db;
    bool any;        /* it has a token */
    size_t from, to; /* of what it has so far; comments behind the last token included */
    size_t paren_at; /* the outermost open one */
    size_t parens;   /* open ( and [ */
    size_t brackets; /* open [ alone: arr[1:n] has no variable */
    size_t atomic;   /* BEGIN ATOMIC, CASE inside of it */
    size_t words;    /* tokens so far, up to 4 */
    bool create;     /* CREATE ... */
    bool on_trigger; /* ... TRIGGER ... */
    bool trigger;    /* ... BEGIN, which only SQLite has: ends behind "; END" */
    bool trigger_ended;
    bool copy, copy_from;     /* COPY ... FROM */
    struct sqllex_token last; /* the token before, blanks and comments left out */
};

static void sqlsplit_begin(struct sqlsplit_state *s)
{
    *s = (struct sqlsplit_state){.t = s->t, .db = s->db};
}

static bool sqlsplit_last_is(const struct sqlsplit_state *s, char c)
{
    return s->any && s->last.kind == SQLLEX_PUNCT && s->last.text.p[0] == c;
}

/* BEGIN ATOMIC ... END of a function; CASE ... END inside of it. */
static void sqlsplit_atomic(struct sqlsplit_state *s, const struct sqllex_token *t)
{
    if (sqllex_is(t, "ATOMIC") && sqllex_is(&s->last, "BEGIN"))
        s->atomic = 1;
    else if (s->atomic && sqllex_is(t, "CASE"))
        s->atomic++;
    else if (s->atomic && sqllex_is(t, "END"))
        s->atomic--;
}

/* CREATE [TEMP] TRIGGER ... BEGIN ...; ...; END */
static void sqlsplit_trigger(struct sqlsplit_state *s, const struct sqllex_token *t)
{
    if (s->words == 0)
        s->create = sqllex_is(t, "CREATE");
    else if (s->create && s->words <= 2 && sqllex_is(t, "TRIGGER"))
        s->on_trigger = true;
    else if (s->on_trigger && sqllex_is(t, "BEGIN"))
        s->trigger = true;
    else if (s->trigger && sqllex_is(t, "END") && s->last.kind == SQLLEX_SEMICOLON)
        s->trigger_ended = true;
}

static void sqlsplit_nest(struct sqlsplit_state *s, const struct sqllex_token *t)
{
    char c = t->kind == SQLLEX_PUNCT ? t->text.p[0] : '\0';

    if (s->parens == 0)
        s->paren_at = t->at;
    s->parens += c == '(' || c == '[';
    s->parens -= (c == ')' || c == ']') && s->parens > 0;
    s->brackets += c == '[';
    s->brackets -= c == ']' && s->brackets > 0;
    sqlsplit_atomic(s, t);
    sqlsplit_trigger(s, t);
}

/* ":name" is a variable of psql; "a::text", ":=" and "[1:n]" are not. */
static bool sqlsplit_is_variable(const struct sqlsplit_state *s, const struct sqllex_token *t)
{
    size_t next = t->at + 1;
    char c = next < s->t->text.n ? s->t->text.p[next] : '\0';

    if (t->kind != SQLLEX_PUNCT || t->text.p[0] != ':' || s->brackets ||
        (sqlsplit_last_is(s, ':') && s->last.at + 1 == t->at))
        return false;
    return ascii_is_alpha(c) || c == '_' || c == '\'' || c == '"';
}

static enum err_code sqlsplit_for_client(struct sqlsplit_state *s, const struct sqllex_token *t,
                                         struct err *err)
{
    struct sv rest = sv_sub(s->t->text, t->at, s->t->text.n), word;

    if (s->db != DB_POSTGRES)
        return ERR_OK;
    if (t->kind == SQLLEX_PUNCT && t->text.p[0] == '\\') {
        (void)sv_next_word(&rest, &word);
        return sqltext_fail(err, s->t, t->at, "FMT014", "psql command \"%.*s\" cannot run here",
                            SV_FMT(word));
    }
    if (sqlsplit_is_variable(s, t)) {
        (void)sv_next_word(&rest, &word);
        return sqltext_fail(err, s->t, t->at, "FMT014",
                            "psql variable \"%.*s\" has no value here: the text is sent as it is",
                            SV_FMT(word));
    }
    if (s->words == 0)
        s->copy = sqllex_is(t, "COPY");
    if (s->copy && s->copy_from && sqllex_is(t, "STDIN"))
        return sqltext_fail(err, s->t, t->at, "FMT014",
                            "COPY ... FROM STDIN cannot run here: its rows are for a client");
    s->copy_from = sqllex_is(t, "FROM");
    return ERR_OK;
}

static enum err_code sqlsplit_unclosed(const struct sqltext *t, size_t at, const char *what,
                                       struct err *err)
{
    return sqltext_fail(err, t, at, "FMT009", "%s opened at line %zu is not closed", what,
                        sqltext_line(t, at));
}

static void sqlsplit_add(struct sqlsplit_state *s, size_t to, sqlsplit_stmts *ret)
{
    if (s->any) {
        struct sv text = sv_trim_right(sv_sub(s->t->text, s->from, to));

        *vec_add(ret) = (struct sqlsplit_stmt){.text = text, .at = s->from};
    }
    sqlsplit_begin(s);
}

static bool sqlsplit_ends(const struct sqlsplit_state *s, const struct sqllex_token *t)
{
    return t->kind == SQLLEX_SEMICOLON && s->parens == 0 && s->atomic == 0 &&
           (!s->trigger || s->trigger_ended);
}

static enum err_code sqlsplit_token(struct sqlsplit_state *s, const struct sqllex_token *t,
                                    sqlsplit_stmts *ret, struct err *err)
{
    if (t->open)
        return sqlsplit_unclosed(s->t, t->at, sqllex_kind_text(t->kind), err);
    if (sqllex_is_blank(t))
        return ERR_OK;
    if (sqlsplit_for_client(s, t, err) != ERR_OK)
        return err->code;
    if (sqlsplit_ends(s, t)) {
        sqlsplit_add(s, t->at, ret);
        return ERR_OK;
    }
    if (!s->any) {
        s->any = true;
        s->from = t->at;
    }
    sqlsplit_nest(s, t);
    s->words += s->words < 4;
    s->last = *t;
    return ERR_OK;
}

enum err_code sqlsplit(const struct sqltext *t, size_t from, size_t to, enum db_kind db,
                       sqlsplit_stmts *ret, struct err *err)
{
    struct sqlsplit_state s = {.t = t, .db = db};
    struct sqllex lex = {.text = sv_sub(t->text, 0, to), .db = db, .at = from};
    struct sqllex_token token;

    while (sqllex_next(&lex, &token))
        if (sqlsplit_token(&s, &token, ret, err) != ERR_OK)
            return err->code;
    if (s.any && s.parens)
        return sqlsplit_unclosed(t, s.paren_at, "parenthesis", err);
    if (s.any && (s.atomic || (s.trigger && !s.trigger_ended)))
        return sqlsplit_unclosed(t, s.from, s.atomic ? "BEGIN ATOMIC" : "trigger", err);
    sqlsplit_add(&s, lex.text.n, ret);
    return ERR_OK;
}

void sqlsplit_fold(struct sv stmt, enum db_kind db, struct strbuf *out)
{
    struct sqllex lex = {.text = stmt, .db = db};
    struct sqllex_token t;
    size_t start = out->n;
    bool blank = false;

    while (sqllex_next(&lex, &t)) {
        if (sqllex_is_blank(&t)) {
            blank = true;
            continue;
        }
        if (blank && out->n > start)
            strbuf_add_byte(out, ' ');
        blank = false;
        strbuf_add_sv(out, t.text);
    }
}
