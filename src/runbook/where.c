#include "runbook/where.h"

#include <string.h>

#include "base/sv.h"
#include "runbook/told_verb.h"

/* --- names --- */

/* What machines are called. */
static const char where_machines[] =
    "host hosts server servers node nodes machine machines vm vms instance instances box boxes primary standby replica "
    "replicas secondary secondaries master bastion controller worker workers jumphost follower followers leader";

/* Behind a machine or before it, and part of the name: "the primary database", "the database primary". */
static const char where_more[] = "database db";

static const char where_mine[] = "laptop workstation computer desktop notebook pc";

/* They look like names of machines, and are none. */
static const char where_others[] = "on-call e.g i.e follow-up sign-off stand-by day-1 day-2";

static const char where_articles[] = "the each every all both a an one of your our any";

static bool where_in(struct sv word, const char *words)
{
    return word.n && told_starts(word, words);
}

/* "web1", "db-2.example.com", "deploy@app-1": small letters, and a digit, '-' or '.' among them. */
static bool where_is_name(struct sv word)
{
    bool letter = false, mark = false;

    for (size_t i = 0; i < word.n; i++) {
        char c = word.p[i];

        if (!told_is_small(c) && !ascii_is_digit(c) && !strchr("-.@_", c))
            return false;
        letter |= told_is_small(c);
        mark |= ascii_is_digit(c) || (strchr("-.", c) && i > 0);
    }
    return letter && mark && told_is_small(*word.p) && !where_in(word, where_others) &&
           !sv_starts(word, SV("pre-")) && !sv_starts(word, SV("post-")) &&
           !sv_starts(word, SV("non-"));
}

/* Does a name end before the rest of the sentence: at its end, a mark, a verb, or a word that goes on with it? */
static bool where_ends(struct sv word, struct sv rest)
{
    rest = sv_trim(rest);
    return !rest.n || strchr(",:;.", word.p[word.n - 1]) || *rest.p == '(' ||
           told_starts(rest,
                       "and as via with using over then run execute type do only first again") ||
           told_verb(rest) != TOLD_NOT;
}

/* "web servers", "database primary": up to the last word of four that machines are called; empty: none is. */
static struct sv where_words(struct sv text, bool *mine)
{
    struct sv rest = text, word = {NULL, 0}, found = {NULL, 0};
    bool machine = false;

    for (size_t i = 0; i < 4 && sv_next_word(&rest, &word); i++) {
        struct sv bare = told_bare(word);

        if (where_in(bare, where_mine)) {
            *mine = true;
            return bare;
        }
        machine |= where_in(bare, where_machines);
        if (where_in(bare, where_machines) || (machine && where_in(bare, where_more)))
            found = sv_sub(text, 0, (size_t)(bare.p + bare.n - text.p));
        else if (machine)
            break;
        if (bare.n < word.n)
            break; /* a mark */
    }
    return found;
}

/* The host that the text begins with; false: none.  *host is empty for this machine. */
static bool where_target(struct sv text, struct sv *host)
{
    struct sv rest = sv_trim(text), word = {NULL, 0}, before;
    bool article = false, mine = false;

    for (before = rest; sv_next_word(&rest, &word) && where_in(word, where_articles);
         before = sv_trim(rest)) {
        article = true;
        mine |= sv_eq_nocase(word, SV("your"));
    }
    if (!word.n)
        return false;
    if (where_is_name(told_bare(word)) && where_ends(word, rest)) {
        *host = told_bare(word);
        return true;
    }
    if (sv_eq_nocase(told_bare(word), SV("localhost")) ||
        sv_starts_nocase(before, SV("local machine"))) {
        *host = (struct sv){NULL, 0};
        return true;
    }
    if (!article)
        return false;
    *host = where_words(before, &mine);
    if (host->n && mine)
        *host = (struct sv){NULL, 0};
    else if (!host->n)
        return false;
    return true;
}

/* --- sentences --- */

static const struct {
    struct sv front;
    enum where_kind kind;
} where_fronts[] = {
    {SV("on "), WHERE_ONCE},
    {SV("from "), WHERE_ONCE},
    {SV("back on "), WHERE_ONCE},
    {SV("ssh into "), WHERE_STAY},
    {SV("ssh in to "), WHERE_STAY},
    {SV("ssh to "), WHERE_STAY},
    {SV("ssh onto "), WHERE_STAY},
    {SV("log into "), WHERE_STAY},
    {SV("log in to "), WHERE_STAY},
    {SV("log on to "), WHERE_STAY},
    {SV("log onto "), WHERE_STAY},
    {SV("login to "), WHERE_STAY},
    {SV("connect to "), WHERE_STAY},
    {SV("open a shell on "), WHERE_STAY},
    {SV("open a terminal on "), WHERE_STAY},
    {SV("open an ssh session to "), WHERE_STAY},
    {SV("log out of "), WHERE_LEAVE},
    {SV("disconnect from "), WHERE_LEAVE},
};

/* "Log out", "Exit the session": of wherever one is. */
static bool where_is_left(struct sv text)
{
    static const struct sv words[] = {SV("log out"),
                                      SV("log off"),
                                      SV("logout"),
                                      SV("exit"),
                                      SV("disconnect"),
                                      SV("exit the session"),
                                      SV("exit the ssh session"),
                                      SV("leave the session"),
                                      SV("close the session"),
                                      SV("close the ssh session"),
                                      SV("close the connection")};

    if (sv_ends(text, SV(".")))
        text.n--;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (sv_eq_nocase(text, words[i]))
            return true;
    return false;
}

/* "Run this on web1:" as "on web1:". */
static void where_take_verb(struct sv *text)
{
    struct sv rest = *text, word = {NULL, 0};

    if (!told_starts(rest, "run execute do perform type enter") || !sv_next_word(&rest, &word) ||
        !told_starts(rest, "this it these that the"))
        return;
    for (*text = rest;
         sv_next_word(&rest, &word) &&
         where_in(told_bare(word), "this it these that the following command commands steps");)
        *text = rest;
    *text = sv_trim(*text);
}

enum where_kind where_read(struct sv sentence, struct sv *host)
{
    static const char first[] = "obfslcdptner"; /* of the words below */
    struct sv rest = sv_trim(sentence), word = {NULL, 0}, after = rest;

    if (!rest.n || !strchr(first, ascii_lower(*rest.p)))
        return WHERE_NOT;
    while (sv_next_word(&after, &word) &&
           where_in(told_bare(word), "please then now next finally first"))
        rest = sv_trim(after);
    if (where_is_left(rest)) {
        *host = (struct sv){NULL, 0};
        return WHERE_LEAVE;
    }
    where_take_verb(&rest);
    for (size_t i = 0; i < ARRAY_LEN(where_fronts); i++) {
        struct sv target = rest;

        if (sv_eat_nocase(&target, where_fronts[i].front) && where_target(target, host))
            return where_fronts[i].kind;
    }
    return WHERE_NOT;
}
