#include "migrate/sqlnewer.h"

#include "base/sv.h"
#include "migrate/sqllex.h"

/* PostgreSQL's release notes, "Migration to Version N" and the pages of each command. */
#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})
static const struct sqlnewer newer[] = {
    {"NOT ENFORCED", 18, WORDS("NOT", "ENFORCED"), true},
    {"ADD CONSTRAINT ... NOT NULL", 18, WORDS("CONSTRAINT", "*", "NOT", "NULL"), true},
    {"WITHOUT OVERLAPS", 18, WORDS("WITHOUT", "OVERLAPS"), true},
    {"GENERATED ... VIRTUAL", 18, WORDS("GENERATED", "VIRTUAL"), false},
    {"SET EXPRESSION", 17, WORDS("SET", "EXPRESSION"), true},
    {"JSON_TABLE", 17, WORDS("JSON_TABLE"), true},
    {"MERGE ... RETURNING", 17, WORDS("MERGE", "RETURNING"), false},
    {"SPLIT PARTITION", 19, WORDS("SPLIT", "PARTITION"), true},
    {"MERGE PARTITIONS", 19, WORDS("MERGE", "PARTITIONS"), true},
    {"REPACK", 19, WORDS("REPACK"), true},
};

/* "*" is any one token. */
static bool newer_meets(const char *word, const struct sqllex_token *t)
{
    return sv_is(sv_from(word), "*") || (t->kind == SQLLEX_WORD && sqllex_is(t, word));
}

static bool newer_is(const struct sqlnewer *w, struct sv stmt)
{
    struct sqllex lex = {.text = stmt, .db = DB_POSTGRES};
    struct sqllex_token t;
    size_t met = 0;

    while (w->words[met] && sqllex_next_word(&lex, &t)) {
        bool is = newer_meets(w->words[met], &t);

        if (!is && w->close)
            met = newer_meets(w->words[0], &t);
        else
            met += is;
    }
    return !w->words[met];
}

const struct sqlnewer *sqlnewer_find(struct sv stmt)
{
    for (size_t i = 0; i < ARRAY_LEN(newer); i++)
        if (newer_is(&newer[i], stmt))
            return &newer[i];
    return NULL;
}
