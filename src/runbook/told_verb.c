/*
 * told_verb: the verbs that sentences which tell somebody to do something begin with.
 */
#include "runbook/told_verb.h"

#include <stdlib.h>
#include <string.h>

#include "base/regex.h"
#include "base/sv.h"
#include "runbook/clause.h"
#include "runbook/where.h"

/* `with`: one of these words stands behind it; "" : a word that a noun does not have behind it; NULL: anything. */
static const struct told_verb {
    const char *word;
    enum told_how how;
    const char *with;
} told_verbs[] = {
    {"acknowledge", TOLD_BY_HAND, NULL},
    {"activate", TOLD_BY_ANY, NULL},
    {"add", TOLD_BY_ANY, NULL},
    {"adjust", TOLD_BY_ANY, NULL},
    {"agree", TOLD_BY_HAND, "with on"},
    {"allow", TOLD_BY_ANY, "the all"},
    {"analyse", TOLD_BY_ANY, NULL},
    {"analyze", TOLD_BY_ANY, NULL},
    {"announce", TOLD_BY_HAND, NULL},
    {"apply", TOLD_BY_ANY, NULL},
    {"approve", TOLD_BY_HAND, NULL},
    {"archive", TOLD_BY_ANY, ""},
    {"arrange", TOLD_BY_HAND, NULL},
    {"ask", TOLD_BY_HAND, NULL},
    {"assess", TOLD_BY_ANY, ""},
    {"assign", TOLD_BY_HAND, NULL},
    {"attach", TOLD_BY_ANY, NULL},
    {"back", TOLD_BY_ANY, "up out"},
    {"backup", TOLD_BY_ANY, ""},
    {"begin", TOLD_BY_HAND, "with"},
    {"block", TOLD_BY_ANY, ""},
    {"book", TOLD_BY_HAND, ""},
    {"bring", TOLD_BY_ANY, "up down back the all"},
    {"build", TOLD_BY_ANY, ""},
    {"bump", TOLD_BY_ANY, ""},
    {"call", TOLD_BY_HAND, ""},
    {"change", TOLD_BY_ANY, ""},
    {"check", TOLD_BY_ANY, ""},
    {"clean", TOLD_BY_ANY, "up out the"},
    {"clear", TOLD_BY_ANY, ""},
    {"click", TOLD_BY_HAND, NULL},
    {"close", TOLD_BY_HAND, ""},
    {"collect", TOLD_BY_ANY, NULL},
    {"comment", TOLD_BY_ANY, "out on"},
    {"commit", TOLD_BY_ANY, ""},
    {"communicate", TOLD_BY_HAND, NULL},
    {"compare", TOLD_BY_ANY, NULL},
    {"configure", TOLD_BY_ANY, NULL},
    {"confirm", TOLD_BY_ANY, NULL},
    {"connect", TOLD_BY_ANY, NULL},
    {"contact", TOLD_BY_HAND, ""},
    {"continue", TOLD_BY_HAND, "only if when once with on"},
    {"coordinate", TOLD_BY_HAND, NULL},
    {"copy", TOLD_BY_ANY, ""},
    {"cordon", TOLD_BY_ANY, NULL},
    {"create", TOLD_BY_ANY, NULL},
    {"decide", TOLD_BY_HAND, NULL},
    {"declare", TOLD_BY_HAND, NULL},
    {"decommission", TOLD_BY_ANY, NULL},
    {"decrease", TOLD_BY_ANY, ""},
    {"delete", TOLD_BY_ANY, NULL},
    {"deploy", TOLD_BY_ANY, ""},
    {"detach", TOLD_BY_ANY, NULL},
    {"determine", TOLD_BY_ANY, NULL},
    {"disable", TOLD_BY_ANY, NULL},
    {"disconnect", TOLD_BY_ANY, NULL},
    {"do", TOLD_BY_HAND, ""},
    {"document", TOLD_BY_HAND, ""},
    {"double-check", TOLD_BY_ANY, NULL},
    {"downgrade", TOLD_BY_ANY, ""},
    {"download", TOLD_BY_ANY, ""},
    {"drain", TOLD_BY_ANY, ""},
    {"drop", TOLD_BY_ANY, ""},
    {"dump", TOLD_BY_ANY, ""},
    {"edit", TOLD_BY_HAND, ""},
    {"email", TOLD_BY_HAND, ""},
    {"enable", TOLD_BY_ANY, NULL},
    {"ensure", TOLD_BY_ANY, NULL},
    {"escalate", TOLD_BY_HAND, NULL},
    {"evacuate", TOLD_BY_ANY, NULL},
    {"evaluate", TOLD_BY_ANY, ""},
    {"execute", TOLD_BY_ANY, NULL},
    {"export", TOLD_BY_ANY, ""},
    {"extract", TOLD_BY_ANY, ""},
    {"failover", TOLD_BY_ANY, ""},
    {"fill", TOLD_BY_HAND, "in out"},
    {"fix", TOLD_BY_HAND, ""},
    {"flip", TOLD_BY_ANY, NULL},
    {"flush", TOLD_BY_ANY, ""},
    {"force", TOLD_BY_ANY, ""},
    {"freeze", TOLD_BY_ANY, ""},
    {"generate", TOLD_BY_ANY, NULL},
    {"get", TOLD_BY_HAND, "approval sign-off confirmation the a an"},
    {"go", TOLD_BY_HAND, "to into back through over"},
    {"grant", TOLD_BY_ANY, ""},
    {"halt", TOLD_BY_ANY, "the"},
    {"hand", TOLD_BY_HAND, "over off"},
    {"have", TOLD_BY_HAND, "the a an your another someone somebody"},
    {"hold", TOLD_BY_HAND, "for on until off the"},
    {"identify", TOLD_BY_ANY, NULL},
    {"import", TOLD_BY_ANY, "the a an all back it them"},
    {"increase", TOLD_BY_ANY, ""},
    {"inform", TOLD_BY_HAND, NULL},
    {"initiate", TOLD_BY_ANY, NULL},
    {"inspect", TOLD_BY_ANY, NULL},
    {"install", TOLD_BY_ANY, NULL},
    {"investigate", TOLD_BY_HAND, NULL},
    {"invite", TOLD_BY_HAND, ""},
    {"isolate", TOLD_BY_ANY, NULL},
    {"join", TOLD_BY_HAND, ""},
    {"keep", TOLD_BY_HAND, "an this the watching monitoring"},
    {"kill", TOLD_BY_ANY, ""},
    {"leave", TOLD_BY_HAND, "it this them everything"},
    {"let", TOLD_BY_HAND, "it the them everyone everybody people"},
    {"list", TOLD_BY_ANY, ""},
    {"lock", TOLD_BY_ANY, ""},
    {"log", TOLD_BY_HAND, "in on into out off"},
    {"login", TOLD_BY_HAND, "to on in as"},
    {"look", TOLD_BY_ANY, "at for up into through"},
    {"lower", TOLD_BY_ANY, ""},
    {"make", TOLD_BY_ANY, "sure certain"},
    {"mark", TOLD_BY_HAND, "the as"},
    {"measure", TOLD_BY_ANY, ""},
    {"merge", TOLD_BY_ANY, ""},
    {"migrate", TOLD_BY_ANY, ""},
    {"modify", TOLD_BY_ANY, NULL},
    {"monitor", TOLD_BY_ANY, ""},
    {"mount", TOLD_BY_ANY, NULL},
    {"move", TOLD_BY_ANY, ""},
    {"mute", TOLD_BY_HAND, NULL},
    {"navigate", TOLD_BY_HAND, NULL},
    {"note", TOLD_BY_HAND, "down the"},
    {"notify", TOLD_BY_HAND, NULL},
    {"obtain", TOLD_BY_HAND, NULL},
    {"open", TOLD_BY_HAND, ""},
    {"page", TOLD_BY_HAND, ""},
    {"paste", TOLD_BY_HAND, NULL},
    {"patch", TOLD_BY_ANY, "the all each"},
    {"pause", TOLD_BY_ANY, ""},
    {"perform", TOLD_BY_ANY, NULL},
    {"phone", TOLD_BY_HAND, ""},
    {"ping", TOLD_BY_ANY, ""},
    {"place", TOLD_BY_HAND, "a an the one"},
    {"plug", TOLD_BY_HAND, "in the it"},
    {"point", TOLD_BY_ANY, "the all"},
    {"post", TOLD_BY_HAND, ""},
    {"power", TOLD_BY_ANY, "on off cycle down"},
    {"prepare", TOLD_BY_ANY, NULL},
    {"press", TOLD_BY_HAND, NULL},
    {"proceed", TOLD_BY_HAND, "only if when once with on"},
    {"promote", TOLD_BY_ANY, NULL},
    {"provision", TOLD_BY_ANY, NULL},
    {"publish", TOLD_BY_ANY, NULL},
    {"pull", TOLD_BY_ANY, ""},
    {"purge", TOLD_BY_ANY, ""},
    {"push", TOLD_BY_ANY, ""},
    {"put", TOLD_BY_ANY, NULL},
    {"query", TOLD_BY_ANY, ""},
    {"raise", TOLD_BY_ANY, ""},
    {"re-enable", TOLD_BY_ANY, NULL},
    {"re-run", TOLD_BY_ANY, NULL},
    {"rebalance", TOLD_BY_ANY, NULL},
    {"reboot", TOLD_BY_ANY, ""},
    {"rebuild", TOLD_BY_ANY, NULL},
    {"reconfigure", TOLD_BY_ANY, NULL},
    {"reconnect", TOLD_BY_ANY, NULL},
    {"record", TOLD_BY_HAND, ""},
    {"recreate", TOLD_BY_ANY, NULL},
    {"redeploy", TOLD_BY_ANY, NULL},
    {"redirect", TOLD_BY_ANY, NULL},
    {"reduce", TOLD_BY_ANY, NULL},
    {"refresh", TOLD_BY_ANY, ""},
    {"register", TOLD_BY_ANY, NULL},
    {"reindex", TOLD_BY_ANY, NULL},
    {"reinstall", TOLD_BY_ANY, NULL},
    {"release", TOLD_BY_ANY, ""},
    {"reload", TOLD_BY_ANY, ""},
    {"remind", TOLD_BY_HAND, NULL},
    {"remove", TOLD_BY_ANY, NULL},
    {"rename", TOLD_BY_ANY, NULL},
    {"renew", TOLD_BY_ANY, NULL},
    {"repeat", TOLD_BY_ANY, ""},
    {"replace", TOLD_BY_ANY, NULL},
    {"reply", TOLD_BY_HAND, "to in with"},
    {"report", TOLD_BY_HAND, ""},
    {"reprovision", TOLD_BY_ANY, ""},
    {"request", TOLD_BY_HAND, ""},
    {"requeue", TOLD_BY_ANY, ""},
    {"rerun", TOLD_BY_ANY, NULL},
    {"reschedule", TOLD_BY_ANY, ""},
    {"reset", TOLD_BY_ANY, ""},
    {"resize", TOLD_BY_ANY, NULL},
    {"resolve", TOLD_BY_HAND, NULL},
    {"restart", TOLD_BY_ANY, ""},
    {"restore", TOLD_BY_ANY, ""},
    {"resume", TOLD_BY_ANY, NULL},
    {"retry", TOLD_BY_ANY, ""},
    {"revert", TOLD_BY_ANY, NULL},
    {"review", TOLD_BY_ANY, ""},
    {"revoke", TOLD_BY_ANY, NULL},
    {"roll", TOLD_BY_ANY, "back out forward the"},
    {"rollback", TOLD_BY_ANY, ""},
    {"rotate", TOLD_BY_ANY, NULL},
    {"route", TOLD_BY_ANY, ""},
    {"run", TOLD_BY_ANY, ""},
    {"save", TOLD_BY_ANY, NULL},
    {"scale", TOLD_BY_ANY, ""},
    {"schedule", TOLD_BY_HAND, ""},
    {"select", TOLD_BY_HAND, NULL},
    {"send", TOLD_BY_HAND, NULL},
    {"set", TOLD_BY_ANY, ""},
    {"shift", TOLD_BY_ANY, ""},
    {"shut", TOLD_BY_ANY, "down"},
    {"shutdown", TOLD_BY_ANY, ""},
    {"sign", TOLD_BY_HAND, "in on off out"},
    {"silence", TOLD_BY_HAND, ""},
    {"snooze", TOLD_BY_HAND, NULL},
    {"spot-check", TOLD_BY_ANY, NULL},
    {"start", TOLD_BY_ANY, ""},
    {"stop", TOLD_BY_ANY, ""},
    {"store", TOLD_BY_ANY, ""},
    {"submit", TOLD_BY_HAND, NULL},
    {"suppress", TOLD_BY_HAND, NULL},
    {"suspend", TOLD_BY_ANY, ""},
    {"swap", TOLD_BY_ANY, ""},
    {"switch", TOLD_BY_ANY, ""},
    {"sync", TOLD_BY_ANY, ""},
    {"tag", TOLD_BY_ANY, ""},
    {"take", TOLD_BY_ANY, "a an the note down over"},
    {"tell", TOLD_BY_HAND, NULL},
    {"terminate", TOLD_BY_ANY, NULL},
    {"test", TOLD_BY_ANY, ""},
    {"toggle", TOLD_BY_ANY, NULL},
    {"trigger", TOLD_BY_ANY, ""},
    {"truncate", TOLD_BY_ANY, NULL},
    {"turn", TOLD_BY_ANY, "on off the"},
    {"unblock", TOLD_BY_ANY, ""},
    {"uncordon", TOLD_BY_ANY, NULL},
    {"undo", TOLD_BY_ANY, ""},
    {"uninstall", TOLD_BY_ANY, NULL},
    {"unlock", TOLD_BY_ANY, NULL},
    {"unmount", TOLD_BY_ANY, NULL},
    {"unmute", TOLD_BY_HAND, NULL},
    {"unpause", TOLD_BY_ANY, NULL},
    {"unplug", TOLD_BY_HAND, NULL},
    {"unregister", TOLD_BY_ANY, ""},
    {"unset", TOLD_BY_ANY, NULL},
    {"unsilence", TOLD_BY_HAND, NULL},
    {"update", TOLD_BY_ANY, ""},
    {"upgrade", TOLD_BY_ANY, ""},
    {"upload", TOLD_BY_ANY, ""},
    {"validate", TOLD_BY_ANY, NULL},
    {"verify", TOLD_BY_ANY, NULL},
    {"visit", TOLD_BY_HAND, NULL},
    {"wait", TOLD_BY_ANY, NULL},
    {"warm", TOLD_BY_ANY, ""},
    {"watch", TOLD_BY_ANY, ""},
    {"wipe", TOLD_BY_ANY, ""},
    {"write", TOLD_BY_HAND, "down a an the to"},
};

/* What stands behind a verb that is a noun as well, when it is the verb: "check the", not "check list". */
static struct words told_objects = WORDS(
    "the a an all any each every both either no another that whether if in into on onto with to for from at via "
    "your our their its it them these those this how what which who when where");

/* A sentence with one of these tells what is: "Check constraints are validated". */
static const char *const told_finite[] = {"is",   "are",   "was",   "were",   "has",    "have",
                                          "will", "must",  "may",   "should", "can",    "does",
                                          "do",   "needs", "takes", "runs",   "happens"};

static struct words told_leads = WORDS(
    "please then now next finally lastly first second third also again afterwards immediately manually carefully and "
    "optionally should must need to remember");

bool told_is_small(char c)
{
    return c >= 'a' && c <= 'z';
}

struct sv told_bare(struct sv word)
{
    while (word.n && strchr(",;:.!", word.p[word.n - 1]))
        word.n--;
    return word;
}

static bool told_is_statement(struct sv rest)
{
    for (size_t i = 0; i < ARRAY_LEN(told_finite); i++)
        if (sv_has_word(rest, sv_from(told_finite[i])))
            return true;
    return false;
}

/* "Release 4.7.0 adds a column": what a version does, nobody has to do. */
static bool told_is_version(struct sv next, struct sv rest)
{
    (void)sv_eat(&next, SV("v"));
    return next.n && ascii_is_digit(*next.p) && sv_find_byte(told_bare(next), '.', 0) != SV_NPOS &&
           told_starts(
               rest,
               WORDS_HERE(
                   "adds brings changes contains drops fixes improves includes introduces needs removes renames replaces "
                   "requires ships supports switches updates upgrades is was has will can does"));
}

/* "Continue with step 5", "Do one at a time": how it is gone on with what stands there anyhow. */
static bool told_only_goes_on(struct sv word, struct sv next, struct sv rest)
{
    if (sv_eq_nocase(word, SV("do")))
        return sv_has_nocase(rest, SV("at a time"));
    return (sv_eq_nocase(word, SV("continue")) || sv_eq_nocase(word, SV("proceed"))) &&
           told_starts(next, WORDS_HERE("with on")) &&
           (sv_has_nocase(rest, SV("step")) || sv_has_nocase(rest, SV("section")) ||
            sv_has_nocase(rest, SV("below")) || sv_has_nocase(rest, SV("phase")) ||
            sv_has_nocase(rest, SV("follow")) || sv_has_nocase(rest, SV("checklist")));
}

static int told_compare(const void *key, const void *row)
{
    const struct sv *word = key;
    struct sv other = sv_from(((const struct told_verb *)row)->word);
    size_t n = size_min(word->n, other.n);

    for (size_t i = 0; i < n; i++) {
        int d = (unsigned char)ascii_lower(word->p[i]) - (unsigned char)other.p[i];

        if (d)
            return d;
    }
    return (word->n > other.n) - (word->n < other.n);
}

bool told_starts(struct sv text, struct words *words)
{
    struct sv word = {NULL, 0};

    return sv_next_word(&text, &word) && words_have(words, told_bare(word));
}

/* Does a title end in a word that "change", "test" and "release" make a noun with? */
static bool told_is_noun(struct sv last, struct sv rest)
{
    struct sv word;

    while (sv_next_word(&rest, &word))
        last = word;
    return words_have(
        WORDS_HERE(
            "history strategy plan log list notes policy summary matrix overview details settings information "
            "report schedule window results cases data environment contacts template process record records "
            "management control procedure procedures checklist steps"),
        told_bare(last));
}

/* "Warten Sie 5 Minuten": every verb is so. */
static enum told_how told_german(struct sv word, struct sv rest)
{
    struct sv next;

    if (!sv_ends(word, SV("en")) || told_is_small(*word.p) || !sv_next_word(&rest, &next) ||
        !sv_eq(next, SV("Sie")) || sv_has_word(rest, SV("niemals")) ||
        sv_has_word(rest, SV("nicht")) || sv_has_word(rest, SV("nie")) ||
        sv_has_word(rest, SV("keinen Fall")))
        return TOLD_NOT;
    return words_have(
               WORDS_HERE(
                   "informieren benachrichtigen melden kontaktieren dokumentieren entscheiden notieren"),
               word)
               ? TOLD_BY_HAND
               : TOLD_BY_ANY;
}

static enum told_how told_verb_in(struct sv text, bool title)
{
    struct sv rest = text, word = {NULL, 0}, next = {NULL, 0};
    const struct told_verb *v;

    while (rest.n && ((unsigned char)*rest.p == 0xe2 || (unsigned char)*rest.p == 0xf0))
        (void)sv_next_word(&rest, &next); /* a sign before it */
    if (told_starts(rest, WORDS_HERE("you we")))
        (void)sv_next_word(&rest,
                           &word); /* "You must restart it", and not "we deploy from a laptop" */
    if (word.n && !told_starts(rest, WORDS_HERE("should must need")))
        return TOLD_NOT;
    do {
        if (!sv_next_word(&rest, &word))
            return TOLD_NOT;
    } while (words_have(&told_leads, told_bare(word)));
    if (word.p[word.n - 1] == ':') /* "Contact: Sam" is a key */
        return TOLD_NOT;
    word = told_bare(word);
    v = bsearch(&word, told_verbs, ARRAY_LEN(told_verbs), sizeof *told_verbs, told_compare);
    if (!v)
        return title ? TOLD_NOT : told_german(word, rest);
    if (!sv_next_word(&rest, &next))
        return v->with && *v->with ? TOLD_NOT : v->how;
    if (next.p[next.n - 1] == ':' ||
        sv_eq(next, SV("="))) /* "Change ID: 4711", "Rollback = step 5" */
        return TOLD_NOT;
    if (words_have(WORDS_HERE("not never nothing"), told_bare(next)) ||
        told_is_version(next, rest) || told_only_goes_on(word, next, rest))
        return TOLD_NOT;
    if (v->with && *v->with)
        return words_in(v->with, told_bare(next)) ? v->how : TOLD_NOT;
    if (!v->with || words_have(&told_objects, told_bare(next)))
        return v->how;
    return (title ? told_is_noun(next, rest) : told_is_small(*next.p) && told_is_statement(rest))
               ? TOLD_NOT
               : v->how;
}

/* "Traffic must be drained first", "The job has to be stopped before the upgrade": somebody sees to it. */
static bool told_is_before(struct sv text)
{
    static const struct sv musts[] = {SV(" must be "), SV(" has to be "), SV(" have to be "),
                                      SV(" needs to be "), SV(" need to be ")};
    size_t at = SV_NPOS;
    struct sv rest;

    if (!sv_has_nocase(text, SV(" be "))) /* as all of them end */
        return false;
    for (size_t i = 0; i < ARRAY_LEN(musts) && at == SV_NPOS; i++)
        at = sv_find_nocase(text, musts[i], 0);
    if (at == SV_NPOS || told_starts(text, WORDS_HERE("if when after once as unless")))
        return false;
    rest = told_bare(sv_trim(sv_sub(text, at, text.n)));
    at = sv_find_nocase(rest, SV(" before "), 0);
    return sv_ends(rest, SV(" first")) || sv_ends(rest, SV(" beforehand")) ||
           (at != SV_NPOS &&
            told_starts(sv_sub(rest, at + 8, rest.n),
                        WORDS_HERE("the this you we any going starting continuing proceeding")));
}

/* "Settings", "Turn on": where a path of a program for clicks begins, and what is done at its end. */
static bool told_is_screen(struct sv part, bool first)
{
    static struct words screens = WORDS(
        "settings dashboard console admin administration menu file tools project projects github gitlab bitbucket grafana actions ci/cd "
        "deployments pipelines jenkins cloud aws azure gcp preferences options system account configuration argo datadog sentry "
        "cloudflare launchdarkly home start navigation einstellungen");
    static struct words acts = WORDS(
        "click select choose turn toggle enable disable press open save build redeploy roll revert switch apply confirm delete run");

    return first ? words_have(&screens, told_bare(part)) || told_starts(part, &screens)
                 : told_starts(part, &acts);
}

/* "Settings → Feature flags → Turn on", "Jenkins > deploy > Build": where somebody clicks; not how data flow. */
static bool told_is_path(struct sv text)
{
    static const struct sv marks[] = {SV("→"), SV(" > "), SV("»"), SV("›"), SV("➜"), SV(" -> ")};
    struct sv part = text, word;
    bool screen = false;
    size_t n = 0;

    if (sv_find_byte(text, '>', 0) == SV_NPOS && sv_find_byte(text, '\xe2', 0) == SV_NPOS &&
        sv_find_byte(text, '\xc2', 0) == SV_NPOS) /* no mark begins so */
        return false;
    for (size_t at = 0; at < text.n;) {
        size_t found = SV_NPOS, length = 0, words = 0;

        for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
            size_t k = sv_find(text, marks[i], at);

            if (k < found) {
                found = k;
                length = marks[i].n;
            }
        }
        part = sv_trim(sv_sub(text, at, found));
        if (!part.n || strchr("<=%(|", *part.p) || (n == 0 && told_is_small(*part.p)) ||
            (n > 0 && ascii_is_digit(*part.p)))
            return false;
        screen |= told_is_screen(part, n == 0);
        while (words <= 6 && sv_next_word(&part, &word))
            words++;
        if (words > 6)
            return false;
        n++;
        at = found == SV_NPOS ? text.n : found + length;
    }
    return n > 2 && screen;
}

/* "Approval from the DBA is required", "Only continue when the lag is 0": somebody says that it is so. */
static bool told_is_gate(struct sv text)
{
    static const struct sv fronts[] = {SV("only continue "), SV("only proceed "), SV("only go on "),
                                       SV("start not before "), SV("not before ")};
    static const struct sv inside[] = {SV(" has to approve"),  SV(" have to approve"),
                                       SV(" must approve"),    SV(" must be approved"),
                                       SV(" must sign off"),   SV(" has to sign off"),
                                       SV(" needs to approve")};

    for (size_t i = 0; i < ARRAY_LEN(fronts); i++)
        if (sv_starts_nocase(text, fronts[i]))
            return true;
    if (!sv_has_nocase(text, SV("approv")) &&
        !sv_has_nocase(text, SV("sign"))) /* as all others say */
        return false;
    if (REGEX_SAYS_ANY(text, inside))
        return true;
    return (sv_has_word(text, SV("approval")) || sv_has_word(text, SV("sign-off"))) &&
           (sv_has_nocase(text, SV(" is required")) || sv_has_nocase(text, SV(" is needed"))) &&
           !sv_has_word(text, SV("no"));
}

enum told_how told_verb(struct sv text)
{
    enum told_how how = told_verb_in(text, false);
    bool by_hand;

    if (how == TOLD_NOT && (clause_waits(text) || clause_holds(text)))
        return TOLD_BY_HAND;
    if (how == TOLD_NOT && clause_asks(text, &by_hand))
        return by_hand ? TOLD_BY_HAND : TOLD_BY_ANY;
    if (how == TOLD_NOT && where_is_next(text))
        return TOLD_BY_HAND;
    if (how != TOLD_BY_HAND &&
        (told_is_gate(text) || (how == TOLD_NOT && (told_is_before(text) || told_is_path(text)))))
        return TOLD_BY_HAND;
    return how;
}

enum told_how told_verb_of_title(struct sv title)
{
    return told_verb_in(title, true);
}
