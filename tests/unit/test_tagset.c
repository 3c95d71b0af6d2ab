#include "watch/tagset.h"

#include "base/mem.h"
#include "base/sv.h"
#include "t.h"

/* What the numbers in the set stand for: their own decimal text. */
struct wanted {
    char text[16];
    int asked;
};

static bool same(void *arg, uint32_t value)
{
    struct wanted *w = arg;
    char text[16];

    w->asked++;
    (void)snprintf(text, sizeof(text), "n%u", value);
    return strcmp(text, w->text) == 0;
}

static uint64_t look_for(struct wanted *w, uint32_t value)
{
    (void)snprintf(w->text, sizeof(w->text), "n%u", value);
    w->asked = 0;
    return tagset_hash(tagset_key(), w->text, strlen(w->text));
}

T(what_was_added_is_found_and_nothing_else)
{
    struct tagset t = {0};
    struct wanted w;
    int asked = 0;

    T_CHECK(!tagset_find(&t, look_for(&w, 1), same, &w));
    for (uint32_t i = 0; i < 200000; i++) {
        T_CHECK(!tagset_find(&t, look_for(&w, i), same, &w));
        asked += w.asked;
        tagset_add(&t, look_for(&w, i), i);
    }
    T_EQ(t.n, 200000);
    for (uint32_t i = 0; i < 200000; i++) {
        const uint64_t *e = tagset_find(&t, look_for(&w, i), same, &w);

        T_CHECK(e && tagset_value(*e) == i);
    }
    T_CHECK(asked < 2000); /* few candidates are not the right one */
    tagset_release(&t);
}

T(equal_tags_are_told_apart_by_the_caller)
{
    struct tagset t = {0};
    struct wanted w;
    uint64_t hash = UINT64_C(0xfffffffff0000000); /* the last place: it goes on at the first */

    for (uint32_t i = 0; i < 300; i++)
        tagset_add(&t, hash | i, i); /* the lower half is not kept */
    for (uint32_t i = 0; i < 300; i++) {
        const uint64_t *e;

        (void)look_for(&w, i);
        e = tagset_find(&t, hash, same, &w);
        T_CHECK(e && tagset_value(*e) == i);
    }
    tagset_release(&t);
}

T(a_value_can_be_replaced_and_the_largest_fits)
{
    struct tagset t = {0};
    struct wanted w;
    uint64_t *e;

    tagset_add(&t, look_for(&w, 7), 7);
    e = tagset_find(&t, look_for(&w, 7), same, &w);
    tagset_set_value(e, TAGSET_MAX);
    T_EQ(tagset_value(*e), TAGSET_MAX);
    (void)look_for(&w, TAGSET_MAX);
    T_CHECK(tagset_find(&t, tagset_hash(tagset_key(), "n7", 2), same, &w));
    T_CHECK(!tagset_find(&t, look_for(&w, 7), same, &w));
    tagset_release(&t);
}

T(clearing_forgets_and_keeps_the_memory)
{
    struct tagset t = {0};
    struct wanted w;
    const uint64_t *entries;

    tagset_clear(&t);
    for (uint32_t i = 0; i < 5000; i++)
        tagset_add(&t, look_for(&w, i), i);
    entries = t.entries;
    tagset_clear(&t);
    T_EQ(t.n, 0);
    T_CHECK(t.entries == entries);
    T_CHECK(!tagset_find(&t, look_for(&w, 3), same, &w));
    tagset_prefetch(&t, look_for(&w, 3));
    tagset_add(&t, look_for(&w, 3), 3);
    T_CHECK(tagset_find(&t, look_for(&w, 3), same, &w));
    tagset_release(&t);
    T_CHECK(!t.entries);
}

T(the_hash_sees_every_byte_and_the_length)
{
    const struct tagset_key *k = tagset_key();
    char bytes[70];

    T_CHECK(k->a != 0 && k->b != 0);
    memset(bytes, 'x', sizeof(bytes));
    for (size_t n = 0; n < sizeof(bytes); n++) {
        uint64_t h = tagset_hash(k, bytes, n);

        T_CHECK(h != tagset_hash(k, bytes, n + 1));
        T_CHECK(h == tagset_hash(k, bytes, n));
        for (size_t i = 0; i < n; i++) {
            bytes[i] = 'y';
            T_CHECK(h != tagset_hash(k, bytes, n));
            bytes[i] = 'x';
        }
    }
}

T(another_process_has_another_key)
{
    int ends[2], status;
    struct tagset_key theirs = {0};
    pid_t pid;

    T_EQ(pipe(ends), 0);
    pid = fork();
    if (pid == 0) {
        const struct tagset_key *k = tagset_key();

        _exit(write(ends[1], k, sizeof(*k)) != sizeof(*k));
    }
    T_EQ(read(ends[0], &theirs, sizeof(theirs)), sizeof(theirs));
    T_EQ(waitpid(pid, &status, 0), pid);
    T_CHECK(memcmp(&theirs, tagset_key(), sizeof(theirs)) != 0);
}

T_MAIN(T_CASE(what_was_added_is_found_and_nothing_else),
       T_CASE(equal_tags_are_told_apart_by_the_caller),
       T_CASE(a_value_can_be_replaced_and_the_largest_fits),
       T_CASE(clearing_forgets_and_keeps_the_memory),
       T_CASE(the_hash_sees_every_byte_and_the_length), T_CASE(another_process_has_another_key))
