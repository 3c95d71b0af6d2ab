/*
 * What a statement changes, from its words.
 */
#include "base/sv.h"
#include "runbook/effect.h"
#include "runbook/sql.h"

struct sql_row {
    struct sv word;
    enum command_effect effect;
    bool keeps;
};

static const struct sql_row sql_statements[] = {
    {SV("SELECT"), EFFECT_NONE, false},     {SV("VALUES"), EFFECT_NONE, false},
    {SV("TABLE"), EFFECT_NONE, false},      {SV("SHOW"), EFFECT_NONE, false},
    {SV("DESCRIBE"), EFFECT_NONE, false},   {SV("DESC"), EFFECT_NONE, false},
    {SV("BEGIN"), EFFECT_STATE, true},      {SV("START"), EFFECT_STATE, true},
    {SV("COMMIT"), EFFECT_STATE, true},     {SV("ROLLBACK"), EFFECT_STATE, true},
    {SV("END"), EFFECT_STATE, true},        {SV("SAVEPOINT"), EFFECT_STATE, true},
    {SV("RELEASE"), EFFECT_STATE, true},    {SV("SET"), EFFECT_STATE, true},
    {SV("RESET"), EFFECT_STATE, true},      {SV("USE"), EFFECT_STATE, true},
    {SV("PREPARE"), EFFECT_STATE, true},    {SV("DEALLOCATE"), EFFECT_STATE, true},
    {SV("ATTACH"), EFFECT_STATE, true},     {SV("DETACH"), EFFECT_STATE, true},
    {SV("LISTEN"), EFFECT_STATE, true},     {SV("DECLARE"), EFFECT_STATE, true},
    {SV("EXECUTE"), EFFECT_DATABASE, true}, {SV("LOCK"), EFFECT_STATE, true},
};

static const struct sql_row sql_metas[] = {
    {SV("\\i"), EFFECT_DATABASE, false},     {SV("\\ir"), EFFECT_DATABASE, false},
    {SV("\\copy"), EFFECT_DATABASE, false},  {SV("\\c"), EFFECT_STATE, true},
    {SV("\\connect"), EFFECT_STATE, true},   {SV("\\set"), EFFECT_STATE, true},
    {SV("\\x"), EFFECT_NONE, false},         {SV("\\timing"), EFFECT_NONE, false},
    {SV("\\pset"), EFFECT_NONE, false},      {SV("\\conninfo"), EFFECT_NONE, false},
    {SV("\\q"), EFFECT_NONE, false},         {SV("\\l"), EFFECT_NONE, false},
    {SV("\\l+"), EFFECT_NONE, false},        {SV("\\sf"), EFFECT_NONE, false},
    {SV("exit"), EFFECT_NONE, false},        {SV("quit"), EFFECT_NONE, false},
    {SV(".backup"), EFFECT_BACKUP, false},   {SV(".dump"), EFFECT_NONE, false},
    {SV(".schema"), EFFECT_NONE, false},     {SV(".tables"), EFFECT_NONE, false},
    {SV(".indexes"), EFFECT_NONE, false},    {SV(".indices"), EFFECT_NONE, false},
    {SV(".databases"), EFFECT_NONE, false},  {SV(".headers"), EFFECT_NONE, false},
    {SV(".mode"), EFFECT_NONE, false},       {SV(".width"), EFFECT_NONE, false},
    {SV(".quit"), EFFECT_NONE, false},       {SV(".exit"), EFFECT_NONE, false},
    {SV(".open"), EFFECT_STATE, true},       {SV(".read"), EFFECT_DATABASE, false},
    {SV(".import"), EFFECT_DATABASE, false}, {SV(".restore"), EFFECT_DATABASE, false},
};

/* A SELECT with one of these does something. */
static const struct sv sql_doing[] = {
    SV("INSERT"),
    SV("UPDATE"),
    SV("DELETE"),
    SV("MERGE"),
    SV("INTO"),
    SV("setval"),
    SV("nextval"),
    SV("pg_terminate_backend"),
    SV("pg_cancel_backend"),
    SV("pg_reload_conf"),
    SV("pg_switch_wal"),
    SV("pg_promote"),
    SV("pg_create_physical_replication_slot"),
    SV("pg_create_logical_replication_slot"),
    SV("pg_drop_replication_slot"),
    SV("pg_wal_replay_pause"),
    SV("pg_wal_replay_resume"),
    SV("pg_rotate_logfile"),
    SV("pg_stat_reset"),
    SV("set_config"),
    SV("lo_unlink"),
    SV("dblink_exec"),
    SV("load_extension"),
};

static const struct sql_row *sql_find(const struct sql_row *rows, size_t n, struct sv word)
{
    for (size_t i = 0; i < n; i++)
        if (sv_eq_nocase(rows[i].word, word))
            return &rows[i];
    return NULL;
}

static bool sql_has_word(struct sv text, const struct sv *words, size_t n)
{
    struct sql_token t;

    while (sql_next_token(&text, &t))
        for (size_t i = 0; t.kind == SQL_WORD && i < n; i++)
            if (sv_eq_nocase(t.text, words[i]))
                return true;
    return false;
}

/* The first word that is no comment; *rest is what follows it. */
static struct sv sql_first_word(struct sv *rest)
{
    struct sql_token t;

    while (sql_next_token(rest, &t))
        if (t.kind != SQL_NOTE && !sv_eq(t.text, SV("(")))
            return t.kind == SQL_WORD ? t.text : (struct sv){NULL, 0};
    return (struct sv){NULL, 0};
}

/* PRAGMA name asks; PRAGMA name = value, or name(value), sets it, some for good. */
static enum command_effect sql_effect_of_pragma(struct sv rest, bool *keeps)
{
    static const struct sv asking[] = {
        SV("table_info"),        SV("table_xinfo"),     SV("table_list"),    SV("index_list"),
        SV("index_info"),        SV("index_xinfo"),     SV("database_list"), SV("foreign_key_list"),
        SV("foreign_key_check"), SV("integrity_check"), SV("quick_check"),   SV("compile_options"),
    };
    static const struct sv lasting[] = {SV("journal_mode"),   SV("user_version"),
                                        SV("application_id"), SV("auto_vacuum"),
                                        SV("page_size"),      SV("encoding")};
    bool sets = sv_find_byte(rest, '=', 0) != SV_NPOS || sv_find_byte(rest, '(', 0) != SV_NPOS;
    struct sv all = rest, name = sql_first_word(&rest);

    for (size_t i = 0; i < ARRAY_LEN(asking); i++)
        if (sv_eq_nocase(name, asking[i]))
            return EFFECT_NONE;
    if (sv_eq_nocase(name, SV("optimize")) || sv_eq_nocase(name, SV("wal_checkpoint")) ||
        sv_eq_nocase(name, SV("incremental_vacuum")))
        return EFFECT_DATABASE;
    if (!sets)
        return EFFECT_NONE;
    *keeps = true;
    return sql_has_word(all, lasting, ARRAY_LEN(lasting)) ? EFFECT_DATABASE : EFFECT_STATE;
}

static enum command_effect sql_effect_of_meta(struct sv text, bool *keeps)
{
    struct sv rest = text, word = {NULL, 0};
    const struct sql_row *row;

    (void)sv_next_word(&rest, &word); /* the text is not empty */
    row = sql_find(sql_metas, ARRAY_LEN(sql_metas), word);
    if (row) {
        *keeps = row->keeps;
        return row->effect;
    }
    return sv_starts(word, SV("\\d")) ? EFFECT_NONE : EFFECT_UNKNOWN; /* \d, \dt+, \du */
}

static enum command_effect sql_effect_of_explain(struct sv rest, bool *keeps)
{
    static const struct sv analyze[] = {SV("ANALYZE"), SV("ANALYSE")};
    static const struct sv begins[] = {SV("SELECT"), SV("WITH"),   SV("INSERT"), SV("UPDATE"),
                                       SV("DELETE"), SV("VALUES"), SV("MERGE"),  SV("CREATE"),
                                       SV("TABLE"),  SV("EXECUTE")};
    struct sql_token t;
    struct sv from = rest;

    if (!sql_has_word(rest, analyze, ARRAY_LEN(analyze)))
        return EFFECT_NONE;
    while (sql_next_token(&rest, &t)) { /* ANALYZE carries the statement out */
        for (size_t i = 0; t.kind == SQL_WORD && i < ARRAY_LEN(begins); i++)
            if (sv_eq_nocase(t.text, begins[i]))
                return sql_effect(from, keeps);
        from = rest;
    }
    return EFFECT_NONE;
}

enum command_effect sql_effect(struct sv statement, bool *keeps)
{
    struct sv rest = sv_trim(statement), word;
    const struct sql_row *row;

    *keeps = false;
    if (sv_starts(rest, SV("\\")) || sv_starts(rest, SV(".")))
        return sql_effect_of_meta(rest, keeps);
    word = sql_first_word(&rest);
    if (!word.n) /* comments only */
        return sv_trim(rest).n ? EFFECT_DATABASE : EFFECT_NONE;
    if (sv_eq_nocase(word, SV("exit")) || sv_eq_nocase(word, SV("quit")))
        return EFFECT_NONE;
    if (sv_eq_nocase(word, SV("EXPLAIN")))
        return sql_effect_of_explain(rest, keeps);
    if (sv_eq_nocase(word, SV("PRAGMA")))
        return sql_effect_of_pragma(rest, keeps);
    if (sv_eq_nocase(word, SV("VACUUM")) && sv_starts_nocase(sv_trim(rest), SV("INTO")))
        return EFFECT_BACKUP;
    if (sv_eq_nocase(word, SV("WITH")))
        return sql_has_word(rest, sql_doing, ARRAY_LEN(sql_doing)) ? EFFECT_DATABASE : EFFECT_NONE;
    row = sql_find(sql_statements, ARRAY_LEN(sql_statements), word);
    if (!row) {
        static const struct sv temporary[] = {SV("TEMP"), SV("TEMPORARY")};

        *keeps =
            sv_eq_nocase(word, SV("CREATE")) && sql_has_word(rest, temporary, ARRAY_LEN(temporary));
        return EFFECT_DATABASE;
    }
    *keeps = row->keeps;
    if (row->effect == EFFECT_NONE && sql_has_word(rest, sql_doing, ARRAY_LEN(sql_doing)))
        return EFFECT_DATABASE;
    return row->effect;
}

enum command_effect effect_of_sql(struct sv sql)
{
    enum command_effect worst = EFFECT_NONE;
    struct sv rest = sv_trim(sql);
    bool unclosed = false, keeps;

    if (rest.n > 1 && (*rest.p == '"' || *rest.p == '\'') && rest.p[rest.n - 1] == *rest.p)
        rest = sv_trim(sv_sub(rest, 1, rest.n - 1)); /* a word of a shell as it is written */
    if (!rest.n)                                     /* what will be read instead is not known */
        return EFFECT_DATABASE;
    while (rest.n && !unclosed) {
        size_t n = sql_is_meta(rest) ? rest.n : sql_statement_length(rest, &unclosed);
        enum command_effect effect = sql_effect(sv_sub(rest, 0, n), &keeps);

        if (effect > worst)
            worst = effect;
        if (!n) /* comments alone */
            break;
        rest = sv_trim_left(sv_sub(rest, n, rest.n));
    }
    return unclosed && worst < EFFECT_DATABASE ? EFFECT_DATABASE : worst;
}
