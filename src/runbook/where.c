#include "runbook/where.h"

#include <string.h>

#include "base/sv.h"
#include "runbook/told_verb.h"

/* --- names --- */

/* What machines are called. */
static struct words where_machines = WORDS(
    "host hosts server servers node nodes machine machines vm vms instance instances box boxes primary standby replica "
    "replicas secondary secondaries master masters bastion bastions controller controllers worker workers jumphost follower "
    "followers leader balancer balancers gateway gateways lb lbs broker brokers peer peers member members hypervisor hypervisors "
    "proxy proxies pod pods container containers "
    "knoten rechner rechnern servern nodo nodos servidor servidores nœud nœuds noeud noeuds serveur serveurs nó nós "
    "węźle węzła węzłach serwerze serwera serwerach hoście hostach");

/* Behind a machine or before it, and part of the name: "the primary database", "the database primary". */
static struct words where_more = WORDS("database db");

static struct words where_mine = WORDS("laptop workstation computer desktop notebook pc");

/* They look like names of machines, and are none. */
static struct words where_others = WORDS("on-call e.g i.e follow-up sign-off stand-by day-1 day-2");

static struct words where_articles = WORDS(
    "the each every all both a an one of your our any "
    "jedem jeder jeden allen alle beiden dem chaque tous toutes les le os cada todos todas los las każdym każdego "
    "wszystkich obu");

/* Of more than one. */
static struct words where_distributes = WORDS(
    "each every all both remaining other jedem jeder jeden allen alle beiden chaque tous toutes cada todos todas "
    "każdym każdego wszystkich obu");

static bool where_in(struct sv word, struct words *words)
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
        mark |= ascii_is_digit(c) || (strchr("-.@", c) && i > 0);
    }
    return letter && mark && told_is_small(*word.p) && !where_in(word, &where_others) &&
           !sv_starts(word, SV("pre-")) && !sv_starts(word, SV("post-")) &&
           !sv_starts(word, SV("non-"));
}

/* Does a name end before the rest of the sentence: at its end, a mark, a verb, or a word that goes on with it? */
static bool where_ends(struct sv word, struct sv rest)
{
    rest = sv_trim(rest);
    return !rest.n || strchr(",:;.", word.p[word.n - 1]) || strchr("(:;", *rest.p) ||
           told_starts(
               rest,
               WORDS_HERE(
                   "and as via with using over then run execute type do only first again et y e und i ou")) ||
           told_verb(rest) != TOLD_NOT;
}

/* Behind the first of several: "and web2", "& web3", "then web4"; *text goes on behind it. */
static bool where_goes_on(struct sv *text)
{
    struct sv rest = sv_trim(*text), word, next;
    bool comma;

    if (sv_starts(rest, SV("(")) && sv_find_byte(rest, ')', 0) != SV_NPOS) /* "(the passive one)" */
        *text = rest = sv_trim(sv_sub(rest, sv_find_byte(rest, ')', 0) + 1, rest.n));
    if (sv_starts_nocase(rest, SV("first")) && rest.n > 5 && strchr(", ", rest.p[5]))
        rest = sv_trim(sv_sub(rest, 5, rest.n)); /* "web1 first, then web2" */
    comma = sv_eat(&rest, SV(","));
    if (!sv_next_word(&rest, &word))
        return false;
    if (where_in(word, WORDS_HERE("and & or then et y e und i"))) {
        next = sv_trim(rest);
        while (sv_next_word(&rest, &word) && where_in(word, WORDS_HERE("then on also finally")))
            next = sv_trim(rest); /* "and then on web2" */
    } else if (comma) {
        next = sv_trim(sv_sub(*text, (size_t)(word.p - text->p), text->n));
    } else {
        return false;
    }
    *text = next;
    return true;
}

static bool where_is_machine(struct sv name);

/* "pg3" and "pg2": as the first is a machine, so is the other. */
static bool where_is_alike(struct sv first, struct sv name)
{
    size_t n = 0;

    while (n < name.n && !ascii_is_digit(name.p[n]))
        n++;
    return n > 0 && n < name.n && sv_starts(first, sv_sub(name, 0, n)) && n < first.n &&
           ascii_is_digit(first.p[n]);
}

/* "db-1, and when it is streaming again on db-2": to the last of them that is named in the same sentence, before what is done there. */
static struct sv where_later(struct sv all, struct sv rest)
{
    enum { LOOK = 16 };
    struct sv word, bare;
    bool on = false, ends = rest.n && strchr(".:;", *rest.p);

    for (size_t i = 0; i < LOOK && !ends && sv_next_word(&rest, &word); i++) {
        bare = told_bare(word);
        ends =
            strchr(".:;", word.p[word.n - 1]) ||
            where_in(
                bare,
                WORDS_HERE(
                    "run execute do type perform use restart stop start wait repeat check verify open look"));
        if (on && where_is_name(bare) && (where_is_machine(bare) || where_is_alike(all, bare)))
            all.n = (size_t)(bare.p + bare.n - all.p);
        on = where_in(word, WORDS_HERE("on then"));
    }
    return all;
}

/* The names from the first to the last of several. */
static struct sv where_names(struct sv first, struct sv rest)
{
    struct sv all = first, word, behind = rest;

    while (where_goes_on(&rest) && sv_next_word(&rest, &word) && where_is_name(told_bare(word))) {
        word = told_bare(word);
        all.n = (size_t)(word.p + word.n - all.p);
        rest = (struct sv){word.p + word.n, (size_t)(rest.p + rest.n - word.p) - word.n};
        behind = rest;
    }
    return where_later(all, behind);
}

/* "Web-Servers" as "Servers" */
static struct sv where_tail(struct sv word)
{
    for (size_t i = word.n; i > 1; i--)
        if (word.p[i - 1] == '-')
            return sv_sub(word, i, word.n);
    return word;
}

/* "web servers", "database primary": up to the last word of four that machines are called; empty: none is. */
static struct sv where_words(struct sv text, bool *mine)
{
    struct sv rest = text, word = {NULL, 0}, found = {NULL, 0};
    bool machine = false;

    for (size_t i = 0; i < 4 && sv_next_word(&rest, &word); i++) {
        struct sv bare = told_bare(word);

        if (where_in(bare, &where_mine)) {
            *mine = true;
            return bare;
        }
        machine |= where_in(where_tail(bare), &where_machines);
        if (where_in(where_tail(bare), &where_machines) || (machine && where_in(bare, &where_more)))
            found = sv_sub(text, 0, (size_t)(bare.p + bare.n - text.p));
        else if (machine)
            break;
        if (bare.n < word.n)
            break; /* a mark */
    }
    if (found.n && told_starts(sv_sub(text, found.n, text.n),
                               WORDS_HERE("group groups pool pools class type types")))
        return (struct sv){NULL, 0}; /* "each node group" */
    return found;
}

/* The same of several: "primary and the standby". */
static struct sv where_groups(struct sv text, bool *mine)
{
    struct sv all = where_words(text, mine), rest, word, one;
    bool own = false;

    for (rest = sv_sub(text, all.n, text.n); all.n && !*mine && where_goes_on(&rest);
         rest = sv_sub(rest, one.n, rest.n)) {
        struct sv after = rest;

        while (sv_next_word(&after, &word) && where_in(word, &where_articles))
            rest = sv_trim(after);
        one = where_words(rest, &own);
        if (!one.n || own)
            break;
        all.n = (size_t)(one.p + one.n - all.p);
    }
    return all;
}

/* "server web1", "servers app1 and app2": the names behind the machines, of which `host` is the view. */
static bool where_is_called(struct sv text, struct sv *host)
{
    struct sv rest = sv_sub(text, host->n, text.n), word;

    rest = sv_trim(rest);
    if (!sv_next_word(&rest, &word) || !where_is_name(told_bare(word)) ||
        !ascii_is_digit(told_bare(word).p[told_bare(word).n - 1]))
        return false;
    *host = where_names(told_bare(word),
                        (struct sv){word.p + told_bare(word).n,
                                    (size_t)(text.p + text.n - word.p) - told_bare(word).n});
    return true;
}

/* The host that the text begins with; false: none.  *host is empty for this machine. */
static bool where_target(struct sv text, struct sv *host)
{
    struct sv rest = sv_trim(text), word = {NULL, 0}, before;
    bool article = false, mine = false;

    for (before = rest; sv_next_word(&rest, &word) && where_in(word, &where_articles);
         before = sv_trim(rest)) {
        article = true;
        mine |= sv_eq_nocase(word, SV("your"));
    }
    if (!word.n)
        return false;
    if (where_is_name(told_bare(word)) && where_ends(word, rest)) {
        *host = told_bare(word);
        *host = where_names(*host, sv_sub(before, host->n, before.n));
        return true;
    }
    if (sv_eq_nocase(told_bare(word), SV("localhost")) ||
        sv_starts_nocase(before, SV("local machine"))) {
        *host = (struct sv){NULL, 0};
        return true;
    }
    if (!article)
        return false;
    *host = where_groups(before, &mine);
    if (host->n && !mine && where_is_called(before, host))
        return true; /* "the server web1" */
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
    {SV("across "), WHERE_ONCE},
    {SV("auf "), WHERE_ONCE},
    {SV("sur "), WHERE_ONCE},
    {SV("depuis "), WHERE_ONCE},
    {SV("desde "), WHERE_ONCE},
    {SV("en "), WHERE_ONCE},
    {SV("em "), WHERE_ONCE},
    {SV("na "), WHERE_ONCE},
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

    if (!told_starts(rest, WORDS_HERE("run execute do perform type enter")) ||
        !sv_next_word(&rest, &word) || !told_starts(rest, WORDS_HERE("this it these that the")))
        return;
    for (*text = rest;
         sv_next_word(&rest, &word) &&
         where_in(told_bare(word),
                  WORDS_HERE("this it these that the following command commands steps"));)
        *text = rest;
    *text = sv_trim(*text);
}

/* "web1 にログインし、...", "登录 web1，..." */
static bool where_logs_in_east(struct sv text, struct sv *host)
{
    static const struct sv behind[] = {SV("にログイン"), SV("に接続"), SV("にSSH"),
                                       SV("へログイン")};
    static const struct sv before[] = {SV("登录到"), SV("登录"), SV("连接到"), SV("ssh 到 ")};
    size_t end = 0;

    for (size_t i = 0; i < ARRAY_LEN(behind); i++) {
        struct sv name = sv_trim(sv_sub(text, 0, sv_find(text, behind[i], 0)));

        if (name.n < text.n && name.n && where_is_name(name)) {
            *host = name;
            return true;
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(before); i++) {
        struct sv rest = text;

        if (!sv_eat(&rest, before[i]))
            continue;
        rest = sv_trim(rest);
        while (end < rest.n && (unsigned char)rest.p[end] < 0x80 && !ascii_is_space(rest.p[end]))
            end++;
        *host = told_bare(sv_sub(rest, 0, end));
        return where_is_name(*host);
    }
    return false;
}

enum where_kind where_read(struct sv sentence, struct sv *host)
{
    static const char first[] = "aobfslcdptner"; /* of the words below */
    struct sv rest = sv_trim(sentence), word = {NULL, 0}, after = rest;

    if (where_logs_in_east(rest, host))
        return WHERE_STAY;
    if (!rest.n || !strchr(first, ascii_lower(*rest.p)))
        return WHERE_NOT;
    while (sv_next_word(&after, &word) &&
           where_in(told_bare(word), WORDS_HERE("please then now next finally first")))
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

/* --- inside of a sentence --- */

/* "python3", "ubuntu-22.04", "day-2", "s3": what has a number and is no machine. */
static struct words where_numbered = WORDS(
    "s ec v ipv python py php java jdk node http https tls ubuntu debian rhel centos fedora alpine el pg postgres postgresql mysql "
    "mariadb redis day step phase port release version build rev sprint level tier p q h k stage round wave part us eu ap ca sa af me "
    "queue net cluster windows gcc clang log env chrome firefox tomcat python sdb sda eth node20 nodejs wave "
    "cn gov branch feature hotfix issue ticket pr commit tag schema table column line page");

static bool where_is_machine(struct sv name)
{
    size_t letters = 0, dots = 0;

    if (sv_find_byte(name, '@', 0) != SV_NPOS)
        return true;
    while (letters < name.n && told_is_small(name.p[letters]))
        letters++;
    for (size_t i = 0; i < name.n; i++)
        dots += name.p[i] == '.';
    if (dots >= 2 && !ascii_is_digit(name.p[name.n - 1]))
        return true; /* db.example.com */
    return ascii_is_digit(
               name.p[sv_find_byte(name, '.', 0) < name.n ? sv_find_byte(name, '.', 0) - 1
                                                          : name.n - 1]) &&
           !where_in(sv_sub(name, 0, letters), &where_numbered);
}

/* "server" alone may be any; "all servers", "old server", "primary" may not. */
static bool where_is_told_apart(struct sv target, struct sv host)
{
    struct sv rest = target, word;

    if (sv_find_byte(host, ' ', 0) != SV_NPOS)
        return true;
    if (!sv_next_word(&rest, &word))
        return false; /* uncovered: the host is in it */
    return where_in(word, WORDS_HERE("each every all both")) ||
           !where_in(host,
                     WORDS_HERE("host server node machine vm instance box controller leader"));
}

static bool where_is_within(struct sv target, struct sv *host)
{
    struct sv first, rest;

    target = sv_trim(target);
    rest = target;
    if (!where_target(target, host) || !host->n)
        return false;
    if (!sv_next_word(&rest, &first) || host->p == first.p)
        return where_is_machine(sv_sub(*host, 0, sv_find_byte(*host, ' ', 0)));
    return where_is_told_apart(target, *host);
}

/* "except on web1", "not on the standby", "based on web1", "so that nobody works on it": no place to do it. */
static bool where_is_denied(struct sv sentence)
{
    static struct words words = WORDS(
        "except not never no nobody nothing but that which who so depends depend based relies rely tested works runs running while "
        "because without instead unless until");
    struct sv word;

    while (sv_next_word(&sentence, &word))
        if (where_in(told_bare(word), &words))
            return true;
    return false;
}

/* Does the name end as one: "the master branch" does not? */
static bool where_is_closed(struct sv rest, struct sv host)
{
    struct sv word = sv_sub(host, host.n - 1, host.n);

    rest = (struct sv){host.p + host.n, (size_t)(rest.p + rest.n - host.p) - host.n};
    if (rest.n && strchr(",:;.", *rest.p))
        return true;
    return where_ends(word, rest) || told_starts(rest, WORDS_HERE("on by to in from"));
}

/* The first host in the text; *rest goes on behind it. */
static bool where_next_on(struct sv *rest, struct sv *host)
{
    static const struct sv on = SV(" on ");

    for (size_t at = 0; (at = sv_find(*rest, on, at)) != SV_NPOS; at++)
        if (where_is_within(sv_sub(*rest, at + on.n, rest->n), host) &&
            where_is_closed(*rest, *host)) {
            *rest = (struct sv){host->p + host->n, (size_t)(rest->p + rest->n - host->p) - host->n};
            return true;
        }
    return false;
}

/* "... sur app1 et app2", "... auf allen Knoten": in other languages, whose verbs are not known here; what tells one apart. */
static bool where_abroad(struct sv sentence, struct sv *host)
{
    static const struct sv fronts[] = {SV(" sur "), SV(" auf "), SV(" en "),    SV(" em "),
                                       SV(" na "),  SV(" op "),  SV(" depuis ")};
    struct sv word, rest;

    for (size_t i = 0; i < ARRAY_LEN(fronts); i++) {
        size_t at = sv_find(sentence, fronts[i], 0);

        if (at == SV_NPOS)
            continue;
        rest = sv_trim(sv_sub(sentence, at + fronts[i].n, sentence.n));
        if (!where_is_within(rest, host))
            continue;
        if (!sv_next_word(&rest, &word))
            return false; /* uncovered: the host is in it */
        if (where_in(word, &where_distributes) || ascii_is_digit(host->p[host->n - 1]))
            return true;
    }
    return false;
}

bool where_within(struct sv sentence, struct sv *host)
{
    struct sv rest = sv_trim(sentence), next;

    if (where_is_denied(rest))
        return false;
    if (where_abroad(rest, host))
        return true;
    if (sv_eat_nocase(&rest, SV("in ")))
        return told_starts(rest, &where_articles) && where_is_within(rest, host) &&
               where_is_closed(rest, *host);
    if ((told_verb(rest) == TOLD_NOT && !sv_starts_nocase(rest, SV("then "))) ||
        !where_next_on(&rest, host))
        return false;
    while (where_next_on(&rest, &next)) /* of two it is asked */
        host->n = (size_t)(next.p + next.n - host->p);
    return true;
}

/* "web1", "db-02": a name that ends in a number, and is not that of a language, a system or a protocol. */
static bool where_is_numbered(struct sv word)
{
    static const struct sv others[] = {SV("python"),   SV("php"),    SV("java"),  SV("ruby"),
                                       SV("http"),     SV("ipv"),    SV("tls"),   SV("ssl"),
                                       SV("ubuntu"),   SV("debian"), SV("rhel"),  SV("centos"),
                                       SV("postgres"), SV("mysql"),  SV("redis"), SV("port")};

    if (!where_is_name(word) || !ascii_is_digit(word.p[word.n - 1]) || word.n < 3 ||
        ascii_is_digit(word.p[1]))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        if (sv_starts(word, others[i]))
            return false;
    return true;
}

bool where_of(struct sv sentence, struct sv *host)
{
    static const struct sv on = SV(" on ");
    size_t n = 0;

    for (size_t at = 0; (at = sv_find(sentence, on, at)) != SV_NPOS; at += on.n - 1) {
        struct sv rest = sv_sub(sentence, at + on.n, sentence.n), word;

        if (!sv_next_word(&rest, &word) || !where_is_numbered(told_bare(word)))
            continue;
        *host = told_bare(word);
        n++;
    }
    return n == 1;
}

bool where_is_next(struct sv sentence)
{
    static const struct sv fronts[] = {SV("then "),       SV("finally "),    SV("next "),
                                       SV("afterwards "), SV("after that "), SV("lastly "),
                                       SV("same "),       SV("the same "),   SV("likewise "),
                                       SV("now "),        SV("again ")};
    struct sv word;
    bool begins = false;

    for (size_t i = 0; i < ARRAY_LEN(fronts); i++)
        begins |= sv_starts_nocase(sentence, fronts[i]);
    for (size_t i = 0; begins && i < 12 && sv_next_word(&sentence, &word); i++)
        if (where_is_numbered(told_bare(word)))
            return true;
    return false;
}

/* It goes there, and is not done there. */
static struct words where_sends =
    WORDS("copy push send distribute transfer upload sync rsync scp ship");

/* "each broker", "the remaining nodes", "node at a time": the machine behind a word that means several. */
static bool where_spreads_to(struct sv rest, struct sv *host)
{
    struct sv word = {NULL, 0}, of, before;
    bool mine = false, sends = told_starts(rest, &where_sends);

    for (before = word; sv_next_word(&rest, &word); before = word) {
        (void)sv_eat(&word, SV("("));
        if (sends && sv_eq_nocase(before, SV("to")))
            return false; /* "Copy it to both hosts" is done here */
        if (!where_in(word, &where_distributes) && !sv_eq_nocase(told_bare(word), SV("one")))
            continue;
        of = sv_trim(rest);
        while (sv_next_word(&of, &word) &&
               (where_in(word, &where_articles) || where_in(word, WORDS_HERE("following"))))
            rest = of;
        *host = where_words(sv_trim(rest), &mine);
        if (host->n && !mine)
            return true;
        of = sv_trim(rest);
        if (sv_next_word(&of, &word) && where_is_name(told_bare(word)) &&
            where_is_machine(told_bare(word))) { /* "each of zk1, zk2, zk3" */
            word = told_bare(word);
            *host = where_names(
                word, (struct sv){word.p + word.n, (size_t)(of.p + of.n - word.p) - word.n});
            return true;
        }
    }
    return false;
}

/* "全ノードで", "在所有服务器上": without blanks between the words. */
static bool where_spreads_east(struct sv text, struct sv *host)
{
    static const struct sv fronts[] = {SV("全"),   SV("各"),   SV("すべての"), SV("全ての"),
                                       SV("所有"), SV("每个"), SV("每台")};
    static const struct sv machines[] = {SV("ノード"), SV("サーバ"), SV("ホスト"), SV("ブローカー"),
                                         SV("节点"),   SV("服务器"), SV("主机"),   SV("台で")};

    for (size_t i = 0; i < ARRAY_LEN(fronts); i++)
        for (size_t k = 0, at = sv_find(text, fronts[i], 0);
             at != SV_NPOS && k < ARRAY_LEN(machines); k++)
            if (sv_starts(sv_sub(text, at + fronts[i].n, text.n), machines[k])) {
                *host = sv_sub(text, at + fronts[i].n, at + fronts[i].n + machines[k].n);
                return true;
            }
    return false;
}

bool where_heads(struct sv label)
{
    return told_starts(label, WORDS_HERE("for repeat")) &&
           (sv_has_nocase(label, SV("following")) || sv_has_nocase(label, SV("these steps")));
}

bool where_spreads(struct sv sentence, struct sv *host)
{
    static const struct sv turns[] = {SV("one by one"),   SV("one at a time"), SV("in turn"),
                                      SV("nacheinander"), SV("un par un"),     SV("uno a uno"),
                                      SV("um por um")};
    struct sv text = sv_trim(sentence), word, rest;
    bool turn = false, mine = false;

    if (!text.n || where_is_denied(text))
        return false;
    if ((unsigned char)*text.p & 0x80 && where_spreads_east(text, host))
        return true;
    if (told_starts(text, WORDS_HERE("for repeat für pour para dla")))
        return where_spreads_to(text, host);
    rest = text;
    if (sv_eat_nocase(&rest, SV("per "))) { /* "Per broker" */
        rest = told_bare(sv_trim(rest));
        *host = where_words(rest, &mine);
        return host->n == rest.n && !mine;
    }
    for (size_t i = 0; i < ARRAY_LEN(turns); i++)
        turn |= sv_has_nocase(text, turns[i]);
    if (!turn && sv_has_nocase(text, SV(" at a time")))
        return where_spreads_to(text, host);
    if (told_verb_of_title(text) == TOLD_NOT ||
        told_starts(
            text, WORDS_HERE(
                      "check verify confirm ensure make wait watch monitor test look review list")))
        return false;
    if (where_spreads_to(text, host))
        return true;
    for (rest = text; turn && sv_next_word(&rest, &word);)
        if (where_in(word, &where_articles)) {
            *host = where_words(sv_trim(rest), &mine);
            if (host->n)
                return !mine;
        }
    return false;
}

bool where_named(struct sv sentence, struct sv *host)
{
    static const struct sv fronts[] = {SV(" on "), SV(" from "), SV(" auf "), SV(" sur "),
                                       SV(" en "), SV(" em "),   SV(" na "),  SV(" на ")};
    static struct words before = WORDS(
        "the a el la le les der dem den your our jump deployment build release application app database db admin ansible");
    struct sv rest, word, target;

    for (size_t i = 0; i < ARRAY_LEN(fronts); i++)
        for (size_t at = 0; (at = sv_find(sentence, fronts[i], at)) != SV_NPOS; at++) {
            target = rest = sv_trim(sv_sub(sentence, at + fronts[i].n, sentence.n));
            while (sv_next_word(&rest, &word) &&
                   (where_in(word, &before) || where_in(told_bare(word), &where_machines)))
                ;
            word = told_bare(word);
            if (where_is_name(word) && (where_is_machine(word) || (word.p == target.p && i == 0))) {
                *host = word;
                return true;
            }
            if (where_target(target, host) && host->n)
                return true;
        }
    return false;
}

/* "Replica (db2)": the machine that the words before the brackets speak of. */
static bool where_is_apposed(struct sv before, struct sv inner, struct sv *host)
{
    struct sv word, last = {NULL, 0};

    inner = sv_trim(inner);
    while (sv_next_word(&before, &word))
        last = word;
    if (!where_in(last, &where_machines) || !where_is_name(inner) || !where_is_machine(inner))
        return false;
    *host = inner;
    return true;
}

bool where_in_brackets(struct sv title, struct sv *host)
{
    struct sv inner, word;
    size_t open;

    title = told_bare(sv_trim(title));
    if (!sv_ends(title, SV(")")))
        return false;
    for (open = title.n; open > 0 && title.p[open - 1] != '(';)
        open--;
    inner = sv_sub(title, open, title.n - 1);
    if (told_starts(inner, WORDS_HERE("for repeat per once")) &&
        where_spreads(sv_sub(inner, 0, sv_find_byte(inner, ',', 0)), host))
        return true; /* "Procedure (repeat for each broker, one at a time)" */
    if (sv_find_byte(inner, ',', 0) != SV_NPOS) /* "(once, from web1)" */
        inner = sv_trim(sv_sub(inner, sv_find_byte(inner, ',', 0) + 1, inner.n));
    if (where_read(inner, host) == WHERE_ONCE ||
        where_is_apposed(sv_sub(title, 0, open ? open - 1 : 0), inner, host))
        return true;
    return sv_next_word(&inner, &word) && where_in(word, WORDS_HERE("both all each every")) &&
           where_target(sv_sub(title, open, title.n - 1), host) && host->n > 0;
}

/* --- commands that go there by themselves --- */

static struct words where_far = WORDS(
    "kubectl helm oc k9s argocd flux eksctl terraform tofu pulumi ansible ansible-playbook salt knife heroku fly flyctl "
    "ssh scp sftp pssh parallel-ssh pdsh govc ipmitool gh glab gcloud az nomad");

/* They say nothing of where. */
static struct words where_neutral =
    WORDS("cd export source . set echo sleep for do done if then else fi while unset alias");

/* They reach what they are told to, else what is here; the options that tell. */
static const struct {
    struct sv programs, option;
} where_either[] = {
    {SV("psql pg_dump pg_restore pg_basebackup pg_isready mysql mysqldump mariadb redis-cli"),
     SV("-h")},
    {SV("psql pg_dump pg_restore pg_basebackup pg_isready mysql mysqldump mariadb mongosh"),
     SV("--host")},
    {SV("psql pg_dump"), SV("host=")},
    {SV("docker systemctl"), SV("-H")},
    {SV("docker"), SV("--context")},
    {SV("virsh"), SV("-c")},
    {SV("curl wget http psql mongosh mongo"), SV("http")},
};

static bool where_is_here(struct sv text)
{
    return sv_has(text, SV("localhost")) || sv_has(text, SV("127.0.0.1"));
}

static bool where_has_address(struct sv program, struct sv line)
{
    struct sv word;

    if (where_is_here(line))
        return false;
    if (sv_has(line, SV("://")))
        return true;
    while (sv_next_word(&line, &word)) {
        if (sv_starts(word, SV("\"")) || sv_starts(word, SV("'")))
            word = sv_sub(word, 1, word.n);
        for (size_t i = 0; i < ARRAY_LEN(where_either); i++)
            if (sv_has_word(where_either[i].programs, program) &&
                (sv_starts(where_either[i].option, SV("-h")) && where_either[i].option.n == 2
                     ? sv_eq(word, where_either[i].option)
                     : sv_starts(word, where_either[i].option)))
                return true;
    }
    return false;
}

/* The host as a whole name: "web1" is in "root@web1:/srv", and not in "app-web1". */
static bool where_names_host(struct sv line, struct sv host)
{
    for (size_t at = 0; (at = sv_find_nocase(line, host, at)) != SV_NPOS; at++) {
        char before = at ? line.p[at - 1] : ' ',
             after = at + host.n < line.n ? line.p[at + host.n] : ' ';

        if (!ascii_is_word(before) && !strchr("-.", before) && !ascii_is_word(after) &&
            after != '-')
            return true;
    }
    return false;
}

/* "kubectl drain <node>" of "each node": the machine is what it is told. */
static bool where_fills_in(struct sv line, struct sv host)
{
    for (size_t at = 0; host.n && (at = sv_find_nocase(line, host, at)) != SV_NPOS; at++)
        if (at > 0 && at + host.n < line.n && line.p[at - 1] == '<' && line.p[at + host.n] == '>')
            return true;
    return false;
}

/* Whether a line reaches out, says nothing of it, or is for here. */
static enum where_way {
    WHERE_FAR,
    WHERE_NEUTRAL,
    WHERE_HERE
} where_line(struct sv line, struct sv host)
{
    static const struct sv settings[] = {SV("DOCKER_HOST="), SV("PGHOST="), SV("KUBECONFIG=")};
    struct sv rest = line, word = {NULL, 0};
    bool setting = true;

    for (size_t i = 0; i < ARRAY_LEN(settings); i++)
        if (sv_has(line, settings[i]))
            return WHERE_FAR;
    if ((where_is_name(host) && where_names_host(line, host)) || /* not "node", "app server" */
        where_fills_in(line, host))
        return WHERE_FAR;
    while (setting && sv_next_word(&rest, &word))
        setting =
            sv_eq(word, SV("$")) || sv_eq(word, SV("sudo")) || sv_find_byte(word, '=', 0) < word.n;
    if (setting || where_in(word, &where_neutral))
        return WHERE_NEUTRAL;
    return where_in(word, &where_far) || where_has_address(word, rest) ? WHERE_FAR : WHERE_HERE;
}

bool where_reaches_out(struct sv commands, struct sv host)
{
    struct sv line, first = sv_sub(host, 0, sv_find_byte(host, ' ', 0));
    bool far = false, exported = false;

    while (sv_next_line(&commands, &line)) {
        enum where_way way;

        line = sv_trim(line);
        if (!line.n || strchr("#-|&", *line.p)) /* also the line before goes on */
            continue;
        way = where_line(line, first);
        exported |= way == WHERE_FAR && sv_starts(line, SV("export "));
        if (way == WHERE_HERE && !exported)
            return false;
        far |= way == WHERE_FAR;
    }
    return far;
}
