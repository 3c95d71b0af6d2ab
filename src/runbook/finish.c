/*
 * finish: what is known only at the end of a document: ids, joins, alternatives, and the arrays of
 * the runbook.
 */
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/regex.h"
#include "base/sv.h"
#include "runbook/reader_int.h"
#include "runbook/told_verb.h"

static struct sv finish_slug(const struct rb_build *b, const struct rb_part *p)
{
    struct sv slug = p->name.n     ? p->name
                     : p->number.n ? p->number
                                   : title_slug(p->title, 24, b->arena);

    return slug.n ? slug : SV("part");
}

/* The id, with a number behind it while it is taken: "deploy", "deploy.2", "deploy.3". */
static struct sv finish_free_id(struct rb_build *b, struct map *taken, struct sv id)
{
    struct sv found = id;
    size_t n = 1;

    (void)map_get(taken, id, &n);
    while (map_get(taken, found, NULL))
        found = arena_fmt(b->arena, "%.*s.%zu", SV_FMT(id), ++n);
    (void)map_put(taken, id, n);
    if (!sv_eq(found, id))
        (void)map_put(taken, found, 1);
    return found;
}

/* Paths; the document's own title is left out, and a path that is taken gets a number. */
static void finish_ids(struct rb_build *b)
{
    CLEANUP(map_release) struct map taken = {0};
    struct rb_part *v = b->parts.v;
    size_t top = 0;

    for (size_t i = 0; i < b->parts.n; i++)
        top += v[i].parent == RB_NONE;
    for (size_t i = 0; i < b->parts.n; i++) {
        struct sv slug = finish_slug(b, &v[i]);
        struct sv up = v[i].parent == RB_NONE ? (struct sv){NULL, 0} : v[v[i].parent].id;

        if (v[i].parent == RB_NONE && v[i].level == 1 && top == 1 && !v[i].name.n)
            continue; /* "" */
        v[i].id = up.n ? arena_fmt(b->arena, "%.*s/%.*s", SV_FMT(up), SV_FMT(slug)) : slug;
        v[i].id = finish_free_id(b, &taken, v[i].id);
    }
}

/* Which parts have a step in them, other than the confirmation of a checklist item that has a procedure. */
static bool *finish_full(const struct rb_build *b)
{
    bool *full = XNEWN(bool, b->parts.n + 1);

    for (size_t i = 0; i < b->steps.n; i++) {
        uint32_t p = b->steps.v[i].step.part;

        for (; p != RB_NONE && !full[p]; p = b->parts.v[p].parent)
            full[p] = true;
    }
    return full;
}

/* A checklist item and the procedure with its number: the item is done when that is. */
static void finish_joins(struct rb_build *b)
{
    CLEANUP(map_release) struct map procedures = {0}; /* number: the first part after here */

    for (size_t i = b->parts.n; i-- > 0;) {
        struct rb_part *p = &b->parts.v[i];
        size_t k;

        if (sv_find_byte(p->number, '.', 0) == SV_NPOS)
            continue;
        if (p->kind != PART_ITEM)
            (void)map_put(&procedures, p->number, i);
        else if (p->task && map_get(&procedures, p->number, &k))
            p->joined = (uint32_t)k;
    }
}

/* A file that is shown where nothing says that anything is carried out; of an item that is numbered or a box it is. */
static bool finish_is_shown(const struct rb_build *b, const struct rb_step *s)
{
    return s->kind == STEP_MANUAL && s->block != RB_NONE && s->part != RB_NONE &&
           b->blocks.v[s->block].kind == BLOCK_FILE && b->parts.v[s->part].role == ROLE_NONE &&
           b->parts.v[s->part].kind != PART_ITEM;
}

/*
 * What is carried out and says nothing about it belongs to the way forward, and so does a text without any
 * heading that says "deployment".
 */
static void finish_roles(struct rb_build *b)
{
    bool has_deploy = false;

    for (size_t i = 0; i < b->steps.n; i++) {
        const struct rb_step *s = &b->steps.v[i].step;
        uint32_t p = finish_is_shown(b, s) ? RB_NONE : s->part;

        for (; p != RB_NONE && b->parts.v[p].role == ROLE_NONE; p = b->parts.v[p].parent)
            b->parts.v[p].role = ROLE_DEPLOY;
    }
    for (size_t i = 0; i < b->parts.n; i++)
        has_deploy |= b->parts.v[i].role == ROLE_DEPLOY;
    for (size_t i = 0; !has_deploy && i < b->parts.n; i++)
        if (b->parts.v[i].role == ROLE_NONE)
            b->parts.v[i].role = ROLE_DEPLOY;
}

/* Not when the procedure has no steps: then the item is all there is to confirm. */
static bool finish_is_joined(const struct rb_build *b, const bool *full, const struct rb_step *s)
{
    uint32_t joined = s->part == RB_NONE ? RB_NONE : b->parts.v[s->part].joined;

    return (s->kind == STEP_MANUAL || s->kind == STEP_APPROVAL) && s->block == RB_NONE &&
           joined != RB_NONE && full[joined];
}

/* Of tabs of which only one has anything to do, that one is for whom it concerns. */
static void finish_tabs(struct rb_build *b)
{
    enum { LOOK = 256 }; /* parts: what belongs together stands together */
    CLEANUP(mem_freep) bool *full = finish_full(b);

    for (size_t i = 0; i < b->parts.n; i++) {
        struct rb_part *p = &b->parts.v[i];
        size_t n = 0;

        if (!p->tabs || !full[i] || p->one_of == RB_NONE || p->condition.n)
            continue;
        for (size_t k = p->one_of; k < b->parts.n && k - p->one_of < LOOK && n < 2; k++)
            n += b->parts.v[k].one_of == p->one_of && full[k];
        if (n == 1)
            p->condition =
                arena_fmt(b->arena, "in the case of \"%.*s\"", SV_FMT(told_bare(p->title)));
    }
}

/* "On FreeBSD:" without a brother for the system that this program runs on. */
static void finish_systems(struct rb_build *b)
{
    static const struct sv others[] = {SV("freebsd"), SV("windows"), SV("macos")};

    for (size_t i = 0; i < b->parts.n; i++) {
        struct rb_part *p = &b->parts.v[i];
        struct sv text = p->kind == PART_ITEM ? (struct sv){NULL, 0} : b->rb->md.v[p->node].text;

        if (text.n && p->one_of == RB_NONE && !p->condition.n && build_role_acts(p->role) &&
            REGEX_SAYS_ANY(text, others) && !sv_has_nocase(text, SV("linux")) &&
            sv_eq(title_variant(b->title, text), SV("system")))
            p->condition = told_bare(sv_trim(text));
    }
}

/* "Non-HA installations" behind "HA installations": one of them is meant. */
static void finish_opposites(struct rb_build *b)
{
    enum { LOOK = 64 }; /* parts before it */

    for (size_t i = 0; i < b->parts.n; i++) {
        struct rb_part *p = &b->parts.v[i];
        struct sv rest = p->title;

        if (p->kind != PART_SECTION || p->number.n || p->one_of != RB_NONE ||
            !(sv_eat_nocase(&rest, SV("non-")) || sv_eat_nocase(&rest, SV("non "))))
            continue;
        for (size_t k = i, n = 0; k-- > 0 && n < LOOK; n++)
            if (b->parts.v[k].parent == p->parent && b->parts.v[k].kind == PART_SECTION &&
                sv_eq_nocase(b->parts.v[k].title, rest)) {
                b->parts.v[k].one_of = p->one_of = (uint32_t)k;
                break;
            }
    }
}

/* Brothers that are variants of one kind: "PostgreSQL", "SQLite".  Parts stand in document order. */
static void finish_variants(struct rb_build *b)
{
    CLEANUP(map_release) struct map first = {0}; /* kind, level and parent: the first of them */

    for (size_t i = 0; i < b->parts.n; i++) {
        struct rb_part *p = &b->parts.v[i];
        struct sv kind = p->kind == PART_ITEM ? (struct sv){NULL, 0}
                                              : title_variant(b->title, b->rb->md.v[p->node].text);
        struct sv key;
        size_t k;

        if (p->variant.n)
            kind = SV("way");
        if (p->tabs)
            kind = arena_fmt(b->arena, "tabs %zu", p->tabs);
        if (!kind.n)
            continue;
        key =
            arena_fmt(b->arena, "%.*s %u %u", SV_FMT(kind), p->variant.n ? 0 : p->level, p->parent);
        if (!map_get(&first, key, &k)) {
            (void)map_put(&first, key, i);
            continue;
        }
        b->parts.v[k].one_of = p->one_of = (uint32_t)k;
    }
}

/* --- cases --- */

/* Keys of what a section is for, and the words of the condition that they make. */
static const struct finish_case {
    struct sv key;
    const char *words;
} finish_case_keys[] = {
    {SV("use case"), "in the case"},
    {SV("when to use"), "when"},
    {SV("use when"), "when"},
    {SV("applies when"), "when"},
    {SV("when"), "when"},
    {SV("trigger"), "when there is"},
    {SV("triggered by"), "when there is"},
    {SV("schedule"), "as planned"},
    {SV("frequency"), "as planned"},
    {SV("anwendungsfall"), "in the case"},
};

/* Of a key of a section where something is carried out; NULL: it says nothing about that. */
static const struct finish_case *finish_case_of(const struct rb_build *b, const struct rb_meta *m)
{
    const struct rb_part *p = m->part == RB_NONE ? NULL : &b->parts.v[m->part];

    if (!p || p->kind != PART_SECTION || p->level < 2 || !build_role_acts(p->role) ||
        p->role == ROLE_ROLLBACK || ascii_is_digit(*m->value.p) || sv_starts(m->value, SV("T+")))
        return NULL;
    for (size_t i = 0; i < ARRAY_LEN(finish_case_keys); i++)
        if (sv_eq_nocase(finish_case_keys[i].key, m->key))
            return &finish_case_keys[i];
    return NULL;
}

/* "Call support if it is slow": whoever does it decides; a command asks. */
static void finish_trails(struct rb_build *b)
{
    for (size_t i = 0; i < b->steps.n; i++) {
        const struct rb_step *s = &b->steps.v[i].step;

        for (uint32_t p = s->command ? s->part : RB_NONE; p != RB_NONE; p = b->parts.v[p].parent)
            b->parts.v[p].trails = false;
    }
    for (size_t i = 0; i < b->parts.n; i++)
        if (b->parts.v[i].trails)
            b->parts.v[i].condition = (struct sv){NULL, 0};
}

/*
 * A collection of procedures, each with its "**Use case:** ...": nobody means to carry out all of them.  One such
 * line alone says what the document is for.
 */
static void finish_cases(struct rb_build *b)
{
    size_t n = 0;

    for (size_t i = 0; i < b->metas.n; i++)
        n += finish_case_of(b, &b->metas.v[i]) != NULL;
    for (size_t i = 0; n > 1 && i < b->metas.n; i++) {
        const struct rb_meta *m = &b->metas.v[i];
        const struct finish_case *c = finish_case_of(b, m);

        if (c && !b->parts.v[m->part].condition.n)
            b->parts.v[m->part].condition =
                arena_fmt(b->arena, "%s: %.*s", c->words, SV_FMT(m->value));
    }
}

/* A section of a way back that says when it is the one to take, beside others that do. */
static bool finish_is_back_case(const struct rb_build *b, const struct rb_meta *m)
{
    const struct rb_part *p = m->part == RB_NONE ? NULL : &b->parts.v[m->part];

    if (!p || p->kind != PART_SECTION || p->role != ROLE_ROLLBACK || p->parent == RB_NONE ||
        b->parts.v[p->parent].role != ROLE_ROLLBACK || p->number.n)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(finish_case_keys); i++)
        if (sv_eq_nocase(finish_case_keys[i].key, m->key))
            return true;
    return false;
}

/* How many of the document's cases stand below each parent (whose index is the key). */
static void finish_count_cases(struct rb_build *b, bool back, struct map *counts)
{
    for (size_t i = 0; i < b->metas.n; i++) {
        const struct rb_meta *m = &b->metas.v[i];
        struct sv key;
        size_t n = 0;

        if (back ? !finish_is_back_case(b, m) : !finish_case_of(b, m))
            continue;
        key = arena_fmt(b->arena, "%u", b->parts.v[m->part].parent);
        (void)map_get(counts, key, &n);
        (void)map_put(counts, key, n + 1);
    }
}

static bool finish_has_cases(struct rb_build *b, const struct map *counts, uint32_t parent)
{
    size_t n = 0;

    return map_get(counts, arena_fmt(b->arena, "%u", parent), &n) && n > 1;
}

/* "Immediate Rollback" with its "**Trigger:** ..." beside "Extended Rollback" with another: one of them is taken. */
static void finish_back_cases(struct rb_build *b)
{
    CLEANUP(map_release) struct map counts = {0};

    finish_count_cases(b, true, &counts);
    for (size_t i = 0; i < b->metas.n; i++) {
        const struct rb_meta *m = &b->metas.v[i];
        struct rb_part *p = finish_is_back_case(b, m) ? &b->parts.v[m->part] : NULL;

        if (p && !p->condition.n && finish_has_cases(b, &counts, p->parent))
            p->condition = arena_fmt(b->arena, "when: %.*s", SV_FMT(m->value));
    }
}

/* A collection of procedures, of which some say when they are for: the others are no part of each run either. */
static void finish_collections(struct rb_build *b)
{
    CLEANUP(map_release) struct map counts = {0};

    finish_count_cases(b, false, &counts);
    for (size_t i = 0; counts.n && i < b->parts.n; i++) {
        struct rb_part *p = &b->parts.v[i];

        if (p->kind == PART_SECTION && p->level > 1 && !p->number.n && !p->condition.n &&
            p->role == ROLE_DEPLOY && finish_has_cases(b, &counts, p->parent) &&
            title_role(b->title, p->title) == ROLE_DEPLOY)
            p->condition = SV("as one of several procedures");
    }
}

/* A way back that stands by itself: no part of another one. */
static bool finish_is_back(const struct rb_build *b, const struct rb_part *p)
{
    return p->kind == PART_SECTION && p->level > 1 && p->role == ROLE_ROLLBACK &&
           (p->parent == RB_NONE || b->parts.v[p->parent].role != ROLE_ROLLBACK);
}

/* "Scenario 1: Data corrupted", "Scenario 2: ...": brothers of which each is for its own day. */
static void finish_scenarios(struct rb_build *b)
{
    CLEANUP(map_release) struct map first = {0}; /* parent: the first of them */

    for (size_t i = 0; i < b->parts.n; i++) {
        struct rb_part *p = &b->parts.v[i];
        struct sv key;
        size_t k;

        if (p->kind != PART_SECTION || !sv_starts(p->number, SV("scenario-")) ||
            !build_role_acts(p->role) || finish_is_back(b, p))
            continue; /* a way back by itself: deciding for it is the condition */
        key = arena_fmt(b->arena, "%u", p->parent);
        if (!map_get(&first, key, &k)) {
            (void)map_put(&first, key, i);
            continue;
        }
        if (!b->parts.v[k].condition.n)
            b->parts.v[k].condition = SV("in this scenario only");
        if (!p->condition.n)
            p->condition = SV("in this scenario only");
    }
}

/* "Restore Plan" beside "Rollback Procedure": who rolls back does not want the old data as well. */
static void finish_restores(struct rb_build *b)
{
    bool other = false;

    for (size_t i = 0; i < b->parts.n && !other; i++)
        other = finish_is_back(b, &b->parts.v[i]) && !title_restores(b->title, b->parts.v[i].title);
    for (size_t i = 0; other && i < b->parts.n; i++) {
        struct rb_part *p = &b->parts.v[i];

        if (finish_is_back(b, p) && title_restores(b->title, p->title) && !p->condition.n)
            p->condition = SV("when what was lost has to be restored");
    }
}

/* --- the first time, and later --- */

/* What the sections below one part are, and which of these have the others as brothers. */
struct finish_brothers {
    size_t n_first, n_install;
    bool later, upgrade;
};

static bool finish_may_be_first(const struct rb_part *p)
{
    return p->kind == PART_SECTION && p->level >= 2 && build_role_acts(p->role);
}

static bool finish_may_be_later(const struct rb_part *p)
{
    return p->kind == PART_SECTION && !p->condition.n && !p->number.n && build_role_acts(p->role) &&
           p->role != ROLE_ROLLBACK;
}

/* "First Deployment" and "Version Upgrade", "Installation" and "Upgrade" as brothers: one of them is meant. */
static void finish_first(struct rb_build *b)
{
    CLEANUP(mem_freep) struct finish_brothers *all = XNEWN(struct finish_brothers, b->parts.n + 1);
    CLEANUP(mem_freep)
    bool *first = XNEWN(bool, b->parts.n + 1), *install = XNEWN(bool, b->parts.n + 1);

    for (size_t i = 0; i < b->parts.n; i++) {
        const struct rb_part *p = &b->parts.v[i];
        struct finish_brothers *of = &all[p->parent == RB_NONE ? b->parts.n : p->parent];

        first[i] = finish_may_be_first(p) && title_is_first(b->title, p->title);
        install[i] = finish_may_be_first(p) && !first[i] && title_is_install(b->title, p->title);
        of->n_first += first[i];
        of->n_install += install[i];
    }
    for (size_t i = 0; i < b->parts.n; i++) {
        struct rb_part *p = &b->parts.v[i];
        struct finish_brothers *of = &all[p->parent == RB_NONE ? b->parts.n : p->parent];
        bool later, upgrade;

        if (of->n_first + of->n_install == 0 || !finish_may_be_later(p))
            continue;
        later = of->n_first > first[i] && title_is_later(b->title, p->title);
        upgrade = of->n_install > install[i] && title_is_upgrade(b->title, p->title);
        if (later || upgrade)
            p->condition = SV("when it is there already");
        of->later |= later;
        of->upgrade |= upgrade;
    }
    for (size_t i = 0; i < b->parts.n; i++) {
        struct rb_part *p = &b->parts.v[i];
        const struct finish_brothers *of = &all[p->parent == RB_NONE ? b->parts.n : p->parent];

        if (((first[i] && of->later) || (install[i] && of->upgrade)) && !p->condition.n)
            p->condition = SV("at the first deployment only");
    }
}

/* --- start and stop --- */

enum finish_turn { TURN_NONE, TURN_OFF, TURN_ON, TURN_AGAIN };

/* "Stop", "Shut down the cluster", "Power on", "Restart": what a section does with something as a whole. */
static enum finish_turn finish_turn(struct sv title)
{
    static const struct sv east[] = {SV("停止"), SV("起動"), SV("启动"), SV("再起動"), SV("重启")};
    static const enum finish_turn turns[] = {TURN_OFF, TURN_ON, TURN_ON, TURN_AGAIN, TURN_AGAIN};
    struct sv rest = title, word, next;
    enum finish_turn found = TURN_NONE;

    if (told_starts(
            title,
            WORDS_HERE(
                "restart restarting reload reboot neustart neustarten redémarrage redémarrer "
                "reiniciar reinicio")))
        return TURN_AGAIN;
    if (told_starts(
            title,
            WORDS_HERE(
                "stop stopping shutdown shut stoppen anhalten herunterfahren arrêt arrêter detener "
                "parada parar zatrzymanie")))
        return TURN_OFF;
    if (told_starts(
            title,
            WORDS_HERE(
                "start starting startup starten hochfahren démarrage démarrer iniciar arrancar "
                "inicio uruchomienie")))
        return TURN_ON;
    if (told_starts(title, WORDS_HERE("power bring take")) && sv_next_word(&rest, &word)) {
        if (!sv_next_word(&rest, &next))
            return TURN_NONE;
        return told_starts(next, WORDS_HERE("off down")) ? TURN_OFF
               : told_starts(next, WORDS_HERE("on up"))  ? TURN_ON
                                                         : TURN_NONE;
    }
    for (size_t i = 0; i < ARRAY_LEN(east); i++)
        if (sv_starts(title, east[i]) || sv_ends(title, east[i]))
            found = turns[i];
    return found;
}

static bool finish_may_turn(const struct rb_part *p)
{
    return p->kind == PART_SECTION && p->level > 1 && build_role_acts(p->role) &&
           p->role != ROLE_ROLLBACK && !p->number.n && !p->condition.n;
}

/* Brothers of which one stops something. */
struct finish_turns {
    size_t off;  /* the last that stops */
    size_t work; /* the first one behind it where something else is done */
    bool both;   /* what they stand in says that all of them are done */
    bool asked;
};
typedef VEC(struct finish_turns) finish_turn_list;

static struct finish_turns *finish_turns_of(struct rb_build *b, const struct map *index,
                                            finish_turn_list *list, uint32_t parent)
{
    size_t at;

    return map_get(index, arena_fmt(b->arena, "%u", parent), &at) ? &list->v[at] : NULL;
}

/* "Restart", "Deployment": what is stopped there is started there. */
static bool finish_does_both(struct rb_build *b, uint32_t up)
{
    const struct rb_part *v = b->parts.v;

    for (; up != RB_NONE; up = v[up].parent)
        if (finish_turn(v[up].title) == TURN_AGAIN ||
            title_role(b->title, v[up].title) == ROLE_DEPLOY)
            return true;
    return false;
}

static struct finish_turns *finish_turns_add(struct rb_build *b, struct map *index,
                                             finish_turn_list *list, uint32_t parent)
{
    struct finish_turns *t;

    (void)map_put(index, arena_fmt(b->arena, "%u", parent), list->n);
    t = vec_add(list);
    *t = (struct finish_turns){.both = finish_does_both(b, parent)};
    return t;
}

static void finish_turns_find(struct rb_build *b, struct map *index, finish_turn_list *list)
{
    const struct rb_part *v = b->parts.v;

    for (size_t i = 0; i < b->parts.n; i++) {
        struct finish_turns *t;

        if (!finish_may_turn(&v[i]) || finish_turn(v[i].title) != TURN_OFF)
            continue;
        t = finish_turns_of(b, index, list, v[i].parent);
        if (!t)
            t = finish_turns_add(b, index, list, v[i].parent);
        t->off = i;
        t->work = SIZE_MAX;
    }
}

static void finish_turns_see_work(struct rb_build *b, const struct map *index,
                                  finish_turn_list *list)
{
    CLEANUP(mem_freep) bool *full = finish_full(b);

    for (size_t i = 0; i < b->parts.n; i++) {
        const struct rb_part *p = &b->parts.v[i];
        struct finish_turns *t = finish_turns_of(b, index, list, p->parent);

        if (t && i > t->off && i < t->work && p->kind == PART_SECTION && full[i] &&
            finish_turn(p->title) == TURN_NONE && (p->role == ROLE_DEPLOY || p->role == ROLE_NONE))
            t->work = i;
    }
}

/* "Rotate the logs", "Heap dump" beside a start and a stop: of a collection; not what only looks. */
static bool finish_may_be_wanted(struct rb_build *b, const struct rb_part *p)
{
    return title_role(b->title, p->title) == ROLE_NONE &&
           !told_starts(
               p->title,
               WORDS_HERE("status state check health logs log version info look show list"));
}

/* "Stop" and "Start" of a service as brothers: who has the document at hand wants one of them. */
static void finish_start_stop(struct rb_build *b)
{
    static const struct sv conditions[] = {[TURN_OFF] = SV("when it is to be stopped"),
                                           [TURN_ON] = SV("when it is to be started"),
                                           [TURN_AGAIN] = SV("when it is to be restarted")};
    CLEANUP(map_release) struct map index = {0}; /* parent: of the list */
    CLEANUP(mem_freep) bool *full = finish_full(b);
    finish_turn_list list = {0};

    finish_turns_find(b, &index, &list);
    if (list.n)
        finish_turns_see_work(b, &index, &list);
    for (size_t i = 0; list.n && i < b->parts.n; i++) {
        const struct rb_part *p = &b->parts.v[i];
        struct finish_turns *t = finish_turns_of(b, &index, &list, p->parent);

        if (t && finish_may_turn(p) && finish_turn(p->title) == TURN_ON)
            t->asked |= i < t->off || !(t->work < i || t->both);
    }
    for (size_t i = 0; list.n && i < b->parts.n; i++) {
        struct rb_part *p = &b->parts.v[i];
        const struct finish_turns *t = finish_turns_of(b, &index, &list, p->parent);

        if (!t || !t->asked || !finish_may_turn(p))
            continue;
        if (finish_turn(p->title) != TURN_NONE)
            p->condition = conditions[finish_turn(p->title)];
        else if (full[i] &&
                 finish_may_be_wanted(
                     b, p)) /* "Rotate the logs" beside them: one more that may be wanted */
            p->condition = SV("when it is wanted");
    }
    vec_release(&list);
}

/* A section that is carried out, and the environment that its title ends with; empty: none. */
static struct sv finish_stage(struct rb_build *b, const struct rb_part *p, struct sv *rest)
{
    if (p->kind != PART_SECTION || p->level < 2 || p->number.n || !build_role_acts(p->role) ||
        p->role == ROLE_ROLLBACK)
        return (struct sv){NULL, 0};
    return title_stage(b->title, p->title, rest);
}

static void finish_for_stage(struct rb_build *b, size_t part, struct sv stage)
{
    struct rb_part *p = &b->parts.v[part];

    if (p->condition.n)
        return;
    p->condition = arena_fmt(b->arena, "for %.*s only", SV_FMT(stage));
    p->stage = stage;
}

/*
 * "Deploy to staging" and "Deploy to production" as brothers: the run is for one of them.  Numbered ones are done one
 * after the other.
 */
static void finish_stages(struct rb_build *b)
{
    CLEANUP(map_release)
    struct map first = {0}; /* parent and front of the title: the first of them */

    for (size_t i = 0; i < b->parts.n; i++) {
        struct sv rest, stage = finish_stage(b, &b->parts.v[i], &rest), key;
        size_t k;

        if (!stage.n)
            continue;
        key = arena_fmt(b->arena, "%u %.*s", b->parts.v[i].parent, SV_FMT(rest));
        if (!map_get(&first, key, &k)) {
            (void)map_put(&first, key, i);
            continue;
        }
        finish_for_stage(b, i, stage);
        finish_for_stage(b, k, finish_stage(b, &b->parts.v[k], &rest));
    }
}

/* A part that acts, to which no condition was read yet, as a heading says more than a box. */
static bool finish_is_free(const struct rb_part *p)
{
    return p->kind == PART_SECTION && p->level > 1 && build_role_acts(p->role) &&
           p->role != ROLE_ROLLBACK && !p->condition.n;
}

/* "SQLite (Development)" beside "PostgreSQL (Production)", of which another environment is named. */
static void finish_in_stages(struct rb_build *b)
{
    CLEANUP(map_release) struct map first = {0}; /* parent: the first of them */

    for (size_t i = 0; i < b->parts.n; i++) {
        struct rb_part *p = &b->parts.v[i];
        struct sv stage = finish_is_free(p) ? title_in_stage(b->title, b->rb->md.v[p->node].text)
                                            : (struct sv){NULL, 0};
        struct sv key, others;
        size_t k;

        if (!stage.n)
            continue;
        key = arena_fmt(b->arena, "%u", p->parent);
        if (!map_get(&first, key, &k)) {
            (void)map_put(&first, key, i);
            continue;
        }
        others = title_in_stage(b->title, b->rb->md.v[b->parts.v[k].node].text);
        if (sv_eq_nocase(others, stage))
            continue;
        finish_for_stage(b, i, stage);
        finish_for_stage(b, k, others);
    }
}

/*
 * "Local Development" in a document about servers: nobody means to do it there.  "2. Test locally" may be one of the
 * steps of a release: that is asked, whatever the environment.
 */
static void finish_local(struct rb_build *b)
{
    bool other = false;

    for (size_t i = 0; i < b->parts.n && !other; i++)
        other = b->parts.v[i].kind == PART_SECTION && b->parts.v[i].level > 1 &&
                (b->parts.v[i].role == ROLE_DEPLOY || b->parts.v[i].role == ROLE_ROLLBACK) &&
                !title_is_local(b->title, b->parts.v[i].title);
    for (size_t i = 0; other && i < b->parts.n; i++)
        if (finish_is_free(&b->parts.v[i]) && title_is_local(b->title, b->parts.v[i].title)) {
            b->parts.v[i].condition = SV("on a developer's machine");
            if (!b->parts.v[i].number.n)
                b->parts.v[i].stage = SV("development");
        }
}

/* The anchor of a heading, as most sites make it: small letters, '-' for a blank, no other marks. */
static struct sv finish_anchor(struct rb_build *b, struct sv title)
{
    CLEANUP(strbuf_release) struct strbuf anchor = STRBUF(0);

    for (size_t i = 0; i < title.n; i++) {
        char c = ascii_lower(title.p[i]);

        if (c == ' ')
            strbuf_add_byte(&anchor, '-');
        else if (ascii_is_word(c) || c == '-' || (unsigned char)c >= 0x80)
            strbuf_add_byte(&anchor, c);
    }
    return arena_sv(b->arena, strbuf_sv(&anchor));
}

/* A section behind the sentence that is not one of the steps of the way forward, nor what everybody does. */
static bool finish_is_aside(struct rb_build *b, const struct rb_part *p, size_t line)
{
    return p->line > line && !p->number.n && build_role_acts(p->role) && p->role != ROLE_ROLLBACK &&
           title_role(b->title, b->rb->md.v[p->node].text) == ROLE_NONE;
}

/* A section of which a text before it says when it is done, by its title. */
static bool finish_is_titled(const struct rb_part *p, size_t line)
{
    return p->line > line && p->level > 1 && !p->number.n && !p->condition.n &&
           p->one_of == RB_NONE && build_role_acts(p->role) && p->role != ROLE_ROLLBACK;
}

/* "If you see `x`, go to [Restart](#restart)": that section is for this case only. */
static void finish_jumps(struct rb_build *b)
{
    CLEANUP(map_release) struct map sections = {0}; /* anchor: the first part with it */

    for (size_t i = 0; b->jumps.n && i < b->parts.n; i++)
        if (b->parts.v[i].kind == PART_SECTION) {
            struct sv anchor = finish_anchor(b, b->rb->md.v[b->parts.v[i].node].text);

            if (!map_get(&sections, anchor, NULL))
                (void)map_put(&sections, anchor, i);
        }
    for (size_t i = 0; i < b->jumps.n; i++) {
        const struct rb_jump *j = &b->jumps.v[i];
        struct rb_part *p;
        size_t at;

        if (!map_get(&sections, j->titled ? finish_anchor(b, j->anchor) : j->anchor, &at))
            continue;
        p = &b->parts.v[at];
        if ((j->titled ? finish_is_titled(p, j->line) : finish_is_aside(b, p, j->line)) &&
            !sv_has(p->condition, j->condition) &&
            p->condition.n < LABEL_MAX_BYTES) /* enough is said */
            p->condition = p->condition.n ? arena_fmt(b->arena, "%.*s; or %.*s",
                                                      SV_FMT(p->condition), SV_FMT(j->condition))
                                          : j->condition;
    }
}

/*
 * "## Monitoring" is read for its rules, and its commands that look are for whoever watches.  One that changes something
 * may be a part of the run (switch the alerts on), or a remedy: that is asked.
 */
static bool finish_is_watched(const struct rb_build *b, const struct rb_step *s)
{
    const struct rb_part *p = s->part == RB_NONE ? NULL : &b->parts.v[s->part];

    return p && p->role == ROLE_MONITOR && p->offset_ms < 0 && s->command &&
           s->command->effect > EFFECT_STATE && !s->condition.n && !s->optional;
}

/* "Option 2: ..." of which only a comment is left: the first is no choice. */
static void finish_lone_ways(struct rb_build *b)
{
    bool *more = XNEWN(bool, b->steps.n + 1);

    for (size_t i = 0; i < b->steps.n; i++) {
        const struct rb_step *s = &b->steps.v[i].step;

        if (s->one_of != RB_NONE && s->way != s->one_of)
            more[s->one_of] = true;
    }
    for (size_t i = 0; i < b->steps.n; i++) {
        struct rb_step *s = &b->steps.v[i].step;

        if (s->one_of != RB_NONE && !more[s->one_of])
            s->one_of = RB_NONE;
    }
    free(more);
}

static void finish_steps(struct rb_build *b)
{
    struct runbook *rb = b->rb;
    CLEANUP(map_release) struct map counts = {0};
    uint32_t *place = XNEWN(uint32_t, b->steps.n + 1); /* of a draft among the steps */
    bool *full = finish_full(b);

    finish_lone_ways(b);
    rb->steps = ARENA_NEWN(b->arena, struct rb_step, b->steps.n);
    for (size_t i = 0; i < b->steps.n; i++) {
        struct rb_draft *d = &b->steps.v[i];
        struct rb_step *s = &rb->steps[rb->n_steps];
        struct sv part = d->step.part == RB_NONE ? SV("") : b->parts.v[d->step.part].id;
        size_t n = 0;

        place[i] = (uint32_t)rb->n_steps;
        if (d->replaced || finish_is_shown(b, &d->step) || finish_is_joined(b, full, &d->step))
            continue;
        *s = d->step;
        scope_settle(b, d->said, s);
        if (finish_is_watched(b, s))
            s->condition = SV("while it is watched");
        if (!s->undo.n && d->undone_by != RB_NONE)
            s->undo = b->parts.v[d->undone_by].id;
        if (s->one_of != RB_NONE) {
            s->one_of = place[s->one_of];
            s->way = place[s->way];
        }
        (void)map_get(&counts, part, &n);
        (void)map_put(&counts, part, n + 1);
        s->id = part.n ? arena_fmt(b->arena, "%.*s/%zu", SV_FMT(part), n + 1)
                       : arena_fmt(b->arena, "%zu", n + 1);
        s->n_expects = d->expects.n;
        s->expects = arena_memdup(b->arena, d->expects.v, d->expects.n * sizeof(*d->expects.v));
        rb->n_steps++;
    }
    remark_finish(b, place);
    free(place);
    free(full);
}

/* The command of a block with a name is called so itself when it is the only one. */
static void finish_single(struct rb_build *b)
{
    struct runbook *rb = b->rb;

    for (size_t i = 0; b->said.n && i < rb->n_steps; i++) {
        const struct rb_part *p =
            rb->steps[i].part == RB_NONE ? NULL : &b->parts.v[rb->steps[i].part];

        if (!p || !p->name.n || b->rb->md.v[p->node].kind != MD_CODE)
            continue;
        if ((i > 0 && rb->steps[i - 1].part == rb->steps[i].part) ||
            (i + 1 < rb->n_steps && rb->steps[i + 1].part == rb->steps[i].part))
            continue;
        rb->steps[i].id = p->id;
    }
}

/* --- files with a date in their name --- */

/* What stands before and behind the part of a word that a run fills in; false: there is none. */
struct finish_name {
    struct sv front, back;
    bool made, glob;
};

static bool finish_cut(struct sv word, struct sv mark, struct sv end, struct finish_name *ret)
{
    size_t at = sv_find(word, mark, 0), to = at;

    if (at == SV_NPOS || at < 3)
        return false; /* "*.sql" may be anything */
    if (end.n)
        to = sv_find(word, end, at);
    if (to == SV_NPOS)
        return false;
    ret->front = sv_sub(word, 0, at);
    ret->back = sv_sub(word, end.n ? to + end.n : at + mark.n, word.n);
    return true;
}

/* "shop-YYYYMMDD_HHMMSS.sql" */
static bool finish_cut_moment(struct sv word, struct finish_name *ret)
{
    static const char letters[] = "MDTHS";

    if (!finish_cut(word, SV("YYYY"), SV(""), ret) && !finish_cut(word, SV("JJJJ"), SV(""), ret))
        return false;
    while (ret->back.n > 1 && (strchr(letters, *ret->back.p) ||
                               (strchr("-_", *ret->back.p) && strchr(letters, ret->back.p[1]))))
        ret->back = sv_sub(ret->back, 1, ret->back.n);
    return true;
}

/* Has it one of the marks below?  Most words have none. */
static bool finish_may_be_name(struct sv word)
{
    for (size_t i = 0; i < word.n; i++)
        if (word.p[i] == '$' || word.p[i] == '*' || word.p[i] == 'T' || word.p[i] == 'Y' ||
            word.p[i] == 'J' || word.p[i] == '<')
            return true;
    return false;
}

static bool finish_name_of(struct sv word, struct finish_name *ret)
{
    while (word.n && (*word.p == '"' || *word.p == '\'')) {
        word = sv_sub(word, 1, word.n);
        word.n -= word.n && (word.p[word.n - 1] == '"' || word.p[word.n - 1] == '\'');
    }
    *ret = (struct finish_name){.made = false};
    if (!finish_may_be_name(word))
        return false;
    ret->made = finish_cut(word, SV("$(date"), SV(")"), ret);
    if (ret->made)
        return true;
    ret->glob = finish_cut(word, SV("*"), SV(""), ret);
    return ret->glob || finish_cut(word, SV("TIMESTAMP"), SV(""), ret) ||
           finish_cut_moment(word, ret) || finish_cut(word, SV("<"), SV(">"), ret);
}

/* The word as the maker of a name, or as one that means a name made before. */
static void finish_word(struct rb_build *b, struct map *makers, size_t step, struct sv word)
{
    struct finish_name n, made;
    struct rb_step *s = &b->rb->steps[step];
    size_t k;

    if (!finish_name_of(word, &n))
        return;
    if (n.made) {
        if (!map_get(makers, n.front, NULL))
            (void)map_put(makers, n.front, (size_t)(b->names.n));
        *vec_add(&b->names) = (struct rb_name){n.back, (uint32_t)step};
        return;
    }
    if (s->made_by != RB_NONE || !map_get(makers, n.front, &k))
        return;
    made.back = b->names.v[k].back;
    if (sv_starts(n.back, made.back) || (n.glob && !n.back.n))
        s->made_by = b->names.v[k].step;
}

/* A backup is made under a name with a date, and restored under "*", TIMESTAMP or <date>. */
static void finish_names(struct rb_build *b)
{
    CLEANUP(map_release) struct map makers = {0}; /* front of the name: index of `names` */

    for (size_t i = 0; i < b->rb->n_steps; i++) {
        const struct rb_step *s = &b->rb->steps[i];
        const struct shell_item *item;

        if (s->kind != STEP_SHELL)
            continue;
        item = &b->rb->blocks[s->block].script.v[s->item];
        for (size_t k = 0; k < item->n_simple; k++)
            for (size_t w = 1; w < item->simple[k].n_words; w++)
                finish_word(b, &makers, i, item->simple[k].words[w].raw);
        for (size_t k = 0; k < item->n_redirects; k++)
            finish_word(b, &makers, i, item->redirects[k].target.raw);
    }
}

#define FINISH_ARRAY(b, name)                                                                      \
    do {                                                                                           \
        (b)->rb->name = arena_memdup((b)->arena, (b)->name.v, (b)->name.n * sizeof(*(b)->name.v)); \
        (b)->rb->n_##name = (b)->name.n;                                                           \
    } while (0)

void finish(struct rb_build *b)
{
    finish_ids(b);
    finish_joins(b);
    finish_variants(b);
    finish_tabs(b);
    finish_opposites(b);
    finish_systems(b);
    finish_trails(b);
    finish_cases(b);
    finish_back_cases(b);
    finish_collections(b);
    finish_scenarios(b);
    finish_restores(b);
    finish_first(b);
    finish_start_stop(b);
    finish_stages(b);
    finish_in_stages(b);
    finish_local(b);
    finish_jumps(b);
    symptom_finish(b);
    finish_roles(b);
    ways_finish(b);
    finish_steps(b);
    forbid_finish(b);
    finish_single(b);
    repeats_finish(b);
    failure_finish(b);
    FINISH_ARRAY(b, parts);
    FINISH_ARRAY(b, blocks);
    FINISH_ARRAY(b, rules);
    FINISH_ARRAY(b, checkpoints);
    FINISH_ARRAY(b, messages);
    FINISH_ARRAY(b, metas);
    FINISH_ARRAY(b, signers);
    FINISH_ARRAY(b, remarks);
    FINISH_ARRAY(b, failures);
    FINISH_ARRAY(b, mentions);
    FINISH_ARRAY(b, environments);
    finish_names(b);
    scope_check_undos(b);
    FINISH_ARRAY(b, notes); /* the last: all may add to them */
}
