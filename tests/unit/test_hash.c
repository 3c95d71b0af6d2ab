#include "base/hash.h"

#include "base/mem.h"
#include "base/sv.h"
#include "t.h"

static struct hash_text hex_of(struct sv s)
{
    struct hash h = hash_of(s);

    return hash_hex(&h);
}

/* FIPS 180-4: the examples that NIST publishes with it. */
T(the_published_examples_come_out)
{
    CLEANUP(mem_freep) char *million = xcalloc(1000000, 1);

    T_STR(hex_of(SV("abc")).s, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    T_STR(hex_of(SV("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")).s,
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    T_STR(hex_of(SV("")).s, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    T_STR(hex_of((struct sv){NULL, 0}).s, hex_of(SV("")).s);
    memset(million, 'a', 1000000);
    T_STR(hex_of((struct sv){million, 1000000}).s,
          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

T(pieces_give_the_hash_of_the_whole)
{
    CLEANUP(hash_state_freep) struct hash_state *s = hash_state_new();
    char text[3000];

    for (int round = 0; round < 200; round++) {
        size_t n = t_below(sizeof(text));
        struct hash whole, got;

        for (size_t i = 0; i < n; i++)
            text[i] = (char)t_random();
        for (size_t i = 0; i < n;) {
            size_t piece = t_below(n - i + 1);

            hash_add(s, text + i, piece);
            i += piece;
        }
        whole = hash_of((struct sv){text, n});
        got = hash_end(s); /* and the state starts again */
        T_CHECK(hash_eq(&whole, &got));
    }
    hash_state_free(NULL);
}

T(what_is_framed_cannot_be_moved_from_one_part_to_the_next)
{
    CLEANUP(hash_state_freep) struct hash_state *s = hash_state_new();
    struct hash a, b;

    hash_add_sv(s, SV("ab"));
    hash_add_sv(s, SV("c"));
    a = hash_end(s);
    hash_add_sv(s, SV("a"));
    hash_add_sv(s, SV("bc"));
    b = hash_end(s);
    T_CHECK(!hash_eq(&a, &b));
    hash_add_sv(s, (struct sv){NULL, 0});
    a = hash_end(s);
    b = hash_of(SV("\0\0\0\0\0\0\0\0"));
    T_CHECK(hash_eq(&a, &b)); /* the length alone */
}

T(a_number_goes_in_as_8_bytes_lowest_first)
{
    CLEANUP(hash_state_freep) struct hash_state *s = hash_state_new();
    struct hash a, b;

    hash_add_i64(s, 0x0102030405060708);
    a = hash_end(s);
    b = hash_of(SV("\x08\x07\x06\x05\x04\x03\x02\x01"));
    T_CHECK(hash_eq(&a, &b));
    hash_add_i64(s, -2);
    a = hash_end(s);
    b = hash_of(SV("\xfe\xff\xff\xff\xff\xff\xff\xff"));
    T_CHECK(hash_eq(&a, &b));
}

T(hex_is_read_back_and_nothing_else_is)
{
    struct hash want = hash_of(SV("abc")), got = {{0}};
    struct hash_text t = hash_hex(&want);
    char bad[HASH_BYTES * 2 + 2];

    T_CHECK(hash_from_hex(sv_from(t.s), &got) && hash_eq(&got, &want));
    memcpy(bad, t.s, sizeof(t.s));
    bad[10] = 'g';
    got = (struct hash){{0}};
    T_CHECK(!hash_from_hex(sv_from(bad), &got));
    T_CHECK(!hash_from_hex(sv_sub(sv_from(t.s), 0, 63), &got));
    T_CHECK(!hash_from_hex(sv_sub(sv_from(t.s), 0, 62), &got));
    T_CHECK(!hash_from_hex((struct sv){NULL, 0}, &got));
    (void)snprintf(bad, sizeof(bad), "%s0", t.s);
    T_CHECK(!hash_from_hex(sv_from(bad), &got));
    (void)snprintf(bad, sizeof(bad), "%.31s:%.32s", t.s, t.s);
    T_CHECK(!hash_from_hex(sv_from(bad), &got));
    T_CHECK(got.b[0] == 0 && got.b[31] == 0); /* left alone */
}

T_MAIN(T_CASE(the_published_examples_come_out), T_CASE(pieces_give_the_hash_of_the_whole),
       T_CASE(what_is_framed_cannot_be_moved_from_one_part_to_the_next),
       T_CASE(a_number_goes_in_as_8_bytes_lowest_first),
       T_CASE(hex_is_read_back_and_nothing_else_is))
