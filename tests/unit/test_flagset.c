/* Flags: definitions, rules, the kill list, OFREP; with the vectors of PRUSIK_SHARED when it is set. */
#include "flag/flagset.h"

#include <sodium.h>

#include "base/file.h"
#include "base/sv.h"
#include "flag/murmur3.h"
#include "flag/ofrep.h"
#include "flag/targeting.h"
#include "t_vectors.h"

static enum err_code parse(const json_t *doc, const json_t *kills, struct flagset **ret,
                           struct err *err)
{
    CLEANUP(json_cleanup) json_t *kill = json_pack("{s:i,s:{}}", "prusik_kill", 1, "kill");
    char *text = json_dumps(doc, JSON_COMPACT), *kill_text;
    const char *key;
    enum err_code rc;
    json_t *v;

    json_object_foreach((json_t *)(uintptr_t)kills, key, v)
        json_put(json_object_get(kill, "kill"), key, json_pack("{s:O}", "variant", v));
    kill_text = json_dumps(kill, JSON_COMPACT);
    rc = flagset_parse(sv_from(text), sv_from(kill_text), ret, err);
    free(text);
    free(kill_text);
    return rc;
}

/* ---- hashing ---- */

static void check_hashes(const json_t *j, const char *whose)
{
    json_t *c;
    size_t i;

    json_array_foreach(json_object_get(j, "murmur3"), i, c)
    {
        const char *hex = json_get_str(c, "input_hex", "");
        unsigned char bytes[256];
        size_t n;

        T_EQ(sodium_hex2bin(bytes, sizeof(bytes), hex, strlen(hex), NULL, &n, NULL), 0);
        T_EQ(murmur3_32((struct sv){(char *)bytes, n}, (uint32_t)json_get_int(c, "seed", 0)),
             json_get_int(c, "hash", -1));
    }
    T_CHECK(i > 20);
    t_vectors("hashing.json", "murmur3", whose, i);
}

T(the_hash_is_that_of_the_vectors)
{
    CLEANUP(json_cleanup) json_t *ours = t_json(TEST_CORPUS "/flag_hashing.json"), *shared = NULL;

    check_hashes(ours, "own");
    shared = t_shared_json("hashing.json");
    check_hashes(shared, "shared");
}

static json_t *fractional_doc(const json_t *c)
{
    json_t *variants = json_object(), *w;
    size_t i;

    json_array_foreach(json_object_get(c, "weights"), i, w)
        json_put(variants, json_string_value(json_array_get(w, 0)), json_sv(sv_from("x")));
    return json_pack("{s:{s:{s:s,s:o,s:n,s:{s:O}}}}", "flags", json_get_str(c, "flag", ""), "state",
                     "ENABLED", "variants", variants, "defaultVariant", "targeting", "fractional",
                     json_object_get(c, "weights"));
}

static void check_shares(const json_t *j, const char *whose)
{
    json_t *c;
    size_t i;

    json_array_foreach(json_object_get(j, "fractional"), i, c)
    {
        CLEANUP(flagset_freep) struct flagset *s = NULL;
        CLEANUP(json_cleanup) json_t *doc = fractional_doc(c);
        CLEANUP(json_cleanup)
        json_t *context = json_pack("{s:s}", "targetingKey", json_get_str(c, "targetingKey", ""));
        struct flag_answer a;
        struct err err;

        T_EQ(murmur3_32(json_get_sv(c, "seed_string"), 0), json_get_int(c, "hash", -1));
        T_OK(parse(doc, NULL, &s, &err), err);
        a = flagset_eval(s, 0, context, 0);
        if (json_get_sv(c, "targetingKey").n && json_get_sv(c, "variant").n)
            T_CHECK(sv_eq(a.variant, json_get_sv(c, "variant")));
        else
            T_CHECK(!a.variant.p);
    }
    T_CHECK(i > 10);
    t_vectors("hashing.json", "fractional", whose, i);
}

T(a_share_is_that_of_the_vectors)
{
    CLEANUP(json_cleanup) json_t *ours = t_json(TEST_CORPUS "/flag_hashing.json"), *shared = NULL;

    check_shares(ours, "own");
    shared = t_shared_json("hashing.json");
    check_shares(shared, "shared");
}

/* 10,000 users at 25 %: as the vectors count them; who is in at 25 % stays in at 50 %. */
T(a_rollout_is_even_and_only_grows)
{
    CLEANUP(json_cleanup) json_t *j = t_shared_json("hashing.json");
    const json_t *want = json_object_get(j, "spread");
    static const char *const docs[] = {
        "{\"flags\":{\"new-ui\":{\"state\":\"ENABLED\",\"variants\":{\"on\":true,\"off\":false},\"targeting\":{\"fractional\":[[\"on\",25],[\"off\",75]]}}}}",
        "{\"flags\":{\"new-ui\":{\"state\":\"ENABLED\",\"variants\":{\"on\":true,\"off\":false},\"targeting\":{\"fractional\":[[\"on\",50],[\"off\",50]]}}}}"};
    CLEANUP(flagset_freep) struct flagset *a = NULL, *b = NULL;
    int64_t on = 0, left = 0;
    struct err err;

    T_OK(flagset_parse(sv_from(docs[0]), (struct sv){NULL, 0}, &a, &err), err);
    T_OK(flagset_parse(sv_from(docs[1]), (struct sv){NULL, 0}, &b, &err), err);
    for (int i = 0; i < 10000; i++) {
        CLEANUP(json_cleanup) json_t *context = json_object();
        char key[16];
        bool in;

        (void)snprintf(key, sizeof(key), "u%d", i);
        json_put_str(context, "targetingKey", key);
        in = sv_is(flagset_eval(a, 0, context, 0).variant, "on");
        on += in;
        left += in && !sv_is(flagset_eval(b, 0, context, 0).variant, "on");
    }
    T_EQ(on, json_get_int(want, "on_at_25_of_100", -1));
    T_EQ(left, json_get_int(want, "on_at_25_but_not_at_50", -1));
}

/* ---- the vectors of flags ---- */

static void respond(const struct flagset *s, const json_t *request, struct ofrep_answer *a)
{
    struct ofrep_request r = {.method = json_get_sv(request, "method"),
                              .path = json_get_sv(request, "path"),
                              .body = json_get_sv(request, "body")};
    const json_t *h = json_object_get(request, "headers");

    if (json_object_get(h, "If-None-Match"))
        r.if_none_match = json_get_sv(h, "If-None-Match");
    T_CHECK(ofrep_is_path(r.path));
    ofrep_respond(s, &r, 0, a);
}

T(evaluations_are_those_of_the_vectors)
{
    CLEANUP(json_cleanup) json_t *j = t_shared_json("flags.json");
    json_t *c;
    size_t i;

    json_array_foreach(json_object_get(j, "evaluations"), i, c)
    {
        CLEANUP(flagset_freep) struct flagset *s = NULL;
        CLEANUP(json_cleanup) json_t *request = json_object(), *body = json_object(), *got = NULL;
        CLEANUP(strbuf_release) struct strbuf path = STRBUF(0), text = STRBUF(0);
        struct ofrep_answer a;
        struct err err;

        T_OK(parse(json_object_get(j, "document"), json_object_get(c, "kill"), &s, &err), err);
        strbuf_addf(&path, "/ofrep/v1/evaluate/flags/%s", json_get_str(c, "flag", ""));
        json_put(body, "context", json_incref(json_object_get(c, "context")));
        json_write(body, &text);
        json_put_str(request, "method", "POST");
        json_put_str(request, "path", strbuf_str(&path));
        json_put_str(request, "body", strbuf_str(&text));
        respond(s, request, &a);
        t_say("%s: %s", json_get_str(c, "flag", ""), strbuf_str(&a.body));
        T_EQ(a.status, json_get_int(c, "status", -1));
        T_OK(json_read(strbuf_sv(&a.body), &got, &err), err);
        T_CHECK(json_equal(got, json_object_get(c, "body")));
        strbuf_release(&a.body);
    }
    T_CHECK(i > 20);
    t_vectors("flags.json", "evaluations", "shared", i);
}

static void check_refused(const json_t *j, const char *whose)
{
    json_t *c;
    size_t i;

    json_array_foreach(json_object_get(j, "refuse"), i, c)
    {
        struct flagset *s = NULL;
        struct err err = {0};

        T_EQ(parse(json_object_get(c, "document"), NULL, &s, &err), ERR_INVALID);
        t_say("%s: %s", json_get_str(c, "name", ""), err.msg);
        T_CHECK(!s && err.msg[0]);
    }
    T_CHECK(i > 10);
    t_vectors("flags.json", "refuse", whose, i);
}

T(documents_that_the_vectors_refuse_are_refused)
{
    CLEANUP(json_cleanup) json_t *ours = t_json(TEST_CORPUS "/flag_vectors.json"), *shared = NULL;

    check_refused(ours, "own");
    shared = t_shared_json("flags.json");
    check_refused(shared, "shared");
}

static void check_exchanges(const json_t *j, const char *whose)
{
    json_t *c;
    size_t i;

    json_array_foreach(json_object_get(j, "ofrep"), i, c)
    {
        const json_t *want = json_object_get(c, "response");
        CLEANUP(flagset_freep) struct flagset *s = NULL;
        struct ofrep_answer a;
        struct err err;

        t_say("%s", json_get_str(c, "name", ""));
        T_OK(parse(json_object_get(j, "document"), json_object_get(c, "kill"), &s, &err), err);
        respond(s, json_object_get(c, "request"), &a);
        T_EQ(a.status, json_get_int(want, "status", -1));
        T_STR(strbuf_str(&a.body), json_get_str(want, "body", ""));
        T_STR(a.tag, json_get_str(json_object_get(want, "headers"), "ETag", ""));
        strbuf_release(&a.body);
    }
    T_CHECK(i > 10);
    t_vectors("flags.json", "ofrep", whose, i);
}

T(exchanges_are_those_of_the_vectors_byte_for_byte)
{
    CLEANUP(json_cleanup) json_t *ours = t_json(TEST_CORPUS "/flag_vectors.json"), *shared = NULL;

    check_exchanges(ours, "own");
    shared = t_shared_json("flags.json");
    check_exchanges(shared, "shared");
}

/* ---- our own: rules ---- */

static const struct {
    const char *rule, *result;
} rules[] = {
    {"{\"==\":[1,\"1\"]}", "true"},
    {"{\"==\":[0,false]}", "true"},
    {"{\"==\":[null,0]}", "false"},
    {"{\"==\":[null,null]}", "true"},
    {"{\"==\":[[1],1]}", "false"},
    {"{\"==\":[\"a\",0]}", "false"},
    {"{\"===\":[1,1.0]}", "true"},
    {"{\"===\":[1,\"1\"]}", "false"},
    {"{\"!=\":[1,2]}", "true"},
    {"{\"!==\":[1,1]}", "false"},
    {"{\"!\":[[]]}", "true"},
    {"{\"!\":{\"var\":\"none\"}}", "true"},
    {"{\"!!\":[\"\"]}", "false"},
    {"{\"!!\":[\"0\"]}", "true"},
    {"{\"!!\":[0.0]}", "false"},
    {"{\"and\":[1,0,2]}", "0"},
    {"{\"and\":[1,2]}", "2"},
    {"{\"or\":[0,\"\",3]}", "3"},
    {"{\"or\":[]}", "null"},
    {"{\"if\":[false,1,true,2,3]}", "2"},
    {"{\"if\":[false,1,3]}", "3"},
    {"{\"if\":[false,1]}", "null"},
    {"{\"<\":[1,2,3]}", "true"},
    {"{\"<\":[1,3,2]}", "false"},
    {"{\"<\":[\"10\",\"9\"]}", "true"},
    {"{\"<\":[\"10\",9]}", "false"},
    {"{\">=\":[\"x\",9]}", "false"},
    {"{\"<=\":[2,2]}", "true"},
    {"{\">\":[3,2]}", "true"},
    {"{\"in\":[\"b\",\"abc\"]}", "true"},
    {"{\"in\":[1,\"1\"]}", "false"},
    {"{\"in\":[1,[2,1]]}", "true"},
    {"{\"in\":[\"1\",[1]]}", "false"},
    {"{\"in\":[1,null]}", "false"},
    {"{\"cat\":[\"a\",1,1.5,true,null]}", "\"a11.5true\""},
    {"{\"+\":[1,\"2\",3]}", "6"},
    {"{\"+\":[\"4\"]}", "4"},
    {"{\"-\":[4]}", "-4"},
    {"{\"-\":[4,1]}", "3"},
    {"{\"*\":[2,1.5]}", "3"},
    {"{\"/\":[1,4]}", "0.25"},
    {"{\"/\":[1,0]}", "null"},
    {"{\"%\":[7,4]}", "3"},
    {"{\"%\":[7,0]}", "null"},
    {"{\"min\":[3,1,2]}", "1"},
    {"{\"max\":[3,1,\"x\"]}", "null"},
    {"{\"+\":[\" \",1]}", "1"},
    {"{\"starts_with\":[\"abc\",\"ab\"]}", "true"},
    {"{\"starts_with\":[1,\"ab\"]}", "null"},
    {"{\"ends_with\":[\"abc\",\"ab\"]}", "false"},
    {"{\"sem_ver\":[\"1.2.3\",\"^\",\"1.9.0\"]}", "true"},
    {"{\"sem_ver\":[\"1.2.3\",\"~\",\"1.9.0\"]}", "false"},
    {"{\"sem_ver\":[\"v1.2\",\"~\",\"1.2.9\"]}", "true"},
    {"{\"sem_ver\":[\"1.2.3\",\"=\",\"1.2.3+b.1\"]}", "true"},
    {"{\"sem_ver\":[\"1.2.3-a\",\"!=\",\"1.2.3\"]}", "true"},
    {"{\"sem_ver\":[\"1.0.0-alpha.1\",\"<\",\"1.0.0-alpha.beta\"]}", "true"},
    {"{\"sem_ver\":[\"1.0.0-alpha\",\"<=\",\"1.0.0-alpha.1\"]}", "true"},
    {"{\"sem_ver\":[\"1.0.0-2\",\">\",\"1.0.0-10\"]}", "false"},
    {"{\"sem_ver\":[\"2\",\">=\",\"1.9\"]}", "true"},
    {"{\"sem_ver\":[\"1.2.3\",\"?\",\"1.2.3\"]}", "null"},
    {"{\"sem_ver\":[\"1.02.3\",\"=\",\"1.2.3\"]}", "null"},
    {"{\"sem_ver\":[\"1.2.3.4\",\"=\",\"1.2.3\"]}", "null"},
    {"{\"sem_ver\":[\"1.2.3-\",\"=\",\"1.2.3\"]}", "null"},
    {"{\"sem_ver\":[\"1.2.3-a_b\",\"=\",\"1.2.3\"]}", "null"},
    {"{\"sem_ver\":[\"1.2.3+\",\"=\",\"1.2.3\"]}", "null"},
    {"{\"sem_ver\":[1,\"=\",\"1\"]}", "null"},
    {"{\"var\":\"user.tags.1\"}", "\"b\""},
    {"{\"var\":[\"none\",7]}", "7"},
    {"{\"var\":\"user.name.x\"}", "null"},
    {"{\"var\":\"$flagd.flagKey\"}", "\"k\""},
    {"{\"var\":\"$flagd.timestamp\"}", "1234"},
    {"{\"==\":[{\"var\":\"\"},{\"var\":\"\"}]}", "true"},
    {"[1,{\"+\":[1,1]}]", "[1,2]"},
    {"{\"fractional\":[{\"cat\":[\"x\",{\"var\":\"user.name\"}]},[\"only\"]]}", "\"only\""},
    {"{\"fractional\":[null,[\"only\"]]}", "\"only\""},
    {"{}", "{}"},
};

T(an_operator_gives_what_it_should)
{
    struct err err;
    json_t *context;

    T_OK(json_read(SV("{\"targetingKey\":\"u\",\"user\":{\"name\":\"n\",\"tags\":[\"a\",\"b\"]}}"),
                   &context, &err),
         err);
    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        CLEANUP(json_cleanup) json_t *rule = json_loads(rules[i].rule, JSON_DECODE_ANY, NULL);
        struct targeting_input in = {context, NULL, SV("k"), 1234};
        json_t *v;
        char *text;

        if (json_object_size(rule) || json_is_array(rule))
            T_OK(targeting_check(rule, NULL, &err), err);
        v = targeting_eval(rule, &in);
        text = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);
        t_say("%s", rules[i].rule);
        T_STR(text, rules[i].result);
        free(text);
        json_decref(v);
    }
    t_vectors("flags.json", "evaluations", "own", ARRAY_LEN(rules));
    json_decref(context);
}

/* Each evaluator uses the one before twice: 2^40 steps. */
T(a_rule_that_explodes_is_an_error_and_not_a_hang)
{
    CLEANUP(json_cleanup) json_t *evaluators = json_object(), *rule = NULL;
    struct targeting_input in = {.flag_key = SV("k")};
    struct err err = {0};

    json_put(evaluators, "e0", json_pack("{s:[i,i]}", "==", 1, 1));
    for (int i = 1; i < 20; i++) {
        char name[8], before[8];

        (void)snprintf(name, sizeof(name), "e%d", i);
        (void)snprintf(before, sizeof(before), "e%d", i - 1);
        json_put(evaluators, name,
                 json_pack("{s:[{s:s},{s:s}]}", "and", "$ref", before, "$ref", before));
    }
    rule = json_pack("{s:s}", "$ref", "e19");
    T_EQ(targeting_check(rule, evaluators, &err), ERR_INVALID);
    T_CHECK(strstr(err.msg, "too large"));
    in.evaluators = evaluators;
    in.context = evaluators;
    T_CHECK(targeting_eval(rule, &in) == NULL);
}

static const struct {
    const char *doc, *says;
} bad_docs[] = {
    {"[]", "no object"},
    {"{", "line 1"},
    {"{}", "'flags' is no object or list"},
    {"{\"flagz\":{}}", "has no member 'flagz'"},
    {"{\"flags\":{},\"$evaluators\":1}", "'$evaluators' is no object"},
    {"{\"flags\":{},\"metadata\":1}", "'metadata' is no object"},
    {"{\"flags\":{},\"metadata\":{\"a\":[]}}", "metadata 'a' is no text"},
    {"{\"flags\":{\"a\":1}}", "flag 'a': it is no object"},
    {"{\"flags\":[{\"state\":\"ENABLED\"}]}", "no object with a key"},
    {"{\"flags\":{\"a\":{\"state\":\"ENABLED\",\"variants\":{\"x\":null}}}}", "not all"},
    {"{\"flags\":{\"a\":{\"state\":\"ENABLED\",\"variants\":{\"x\":1},\"defaultVariant\":1}}}",
     "defaultVariant is no variant"},
    {"{\"flags\":{\"a\":{\"state\":\"ENABLED\",\"variants\":{\"x\":1},\"targeting\":1}}}",
     "targeting is no object"},
    {"{\"flags\":{\"a\":{\"state\":\"ENABLED\",\"variants\":{\"x\":1},\"targeting\":{\"fractional\":1}}}}",
     "no list of variants"},
    {"{\"flags\":{\"a\":{\"state\":\"ENABLED\",\"variants\":{\"x\":1},\"targeting\":{\"fractional\":[\"s\"]}}}}",
     "no list of variants"},
    {"{\"flags\":{\"a\":{\"state\":\"ENABLED\",\"variants\":{\"x\":1},\"targeting\":{\"fractional\":[[1]]}}}}",
     "a share is"},
    {"{\"flags\":{\"a\":{\"state\":\"ENABLED\",\"variants\":{\"x\":1},\"targeting\":{\"zzzzzzzzzz\":[1]}}}}",
     "no operator"},
};

T(a_document_that_is_wrong_says_where)
{
    for (size_t i = 0; i < ARRAY_LEN(bad_docs); i++) {
        struct flagset *s = NULL;
        struct err err = {0};

        T_EQ(flagset_parse(sv_from(bad_docs[i].doc), (struct sv){NULL, 0}, &s, &err), ERR_INVALID);
        t_say("%s", err.msg);
        T_CHECK(!s && strstr(err.msg, bad_docs[i].says));
    }
    t_vectors("flags.json", "refuse", "own", ARRAY_LEN(bad_docs));
}

static const char doc[] =
    "{\"flags\":[{\"key\":\"b\",\"state\":\"ENABLED\",\"variants\":{\"on\":true,\"off\":false},\"defaultVariant\":\"on\"},"
    "{\"key\":\"a\",\"state\":\"DISABLED\",\"variants\":{\"x\":1},\"targeting\":{}}]}";

static const struct {
    const char *kill, *says;
} bad_kills[] = {
    {"{\"prusik_kill\":2,\"kill\":{}}", "no kill list of version 1"},
    {"{\"prusik_kill\":1}", "no kill list"},
    {"{\"prusik_kill\":1,\"kill\":{},\"x\":1}", "has no member 'x'"},
    {"{\"prusik_kill\":1,\"kill\":{\"b\":{}}}", "has no variant"},
    {"{\"prusik_kill\":1,\"kill\":{\"b\":{\"variant\":\"on\",\"who\":1}}}", "has no member 'who'"},
    {"x", "kill list: line 1"},
};

T(a_kill_list_is_read_or_refused)
{
    CLEANUP(flagset_freep) struct flagset *s = NULL;
    struct flag_answer a;
    struct flag_info f;
    struct err err;
    struct sv value;
    size_t i;

    for (i = 0; i < ARRAY_LEN(bad_kills); i++) {
        T_EQ(flagset_parse(sv_from(doc), sv_from(bad_kills[i].kill), &s, &err), ERR_INVALID);
        t_say("%s", err.msg);
        T_CHECK(!s && strstr(err.msg, bad_kills[i].says));
    }
    T_OK(
        flagset_parse(
            sv_from(doc),
            SV("{\"prusik_kill\":1,\"kill\":{\"gone\":{\"variant\":\"x\"},\"a\":{\"variant\":\"none\"},\"b\":{\"variant\":\"off\",\"by\":\"ana\",\"at\":\"t\",\"reason\":\"r\"}}}"),
            &s, &err),
        err);
    T_EQ(flagset_count(s), 2);
    T_CHECK(flagset_find(s, SV("b"), &i) && i == 1);
    f = flagset_info(s, 1);
    T_SV(f.killed, "off");
    T_SV(f.kill_by, "ana");
    T_SV(f.default_variant, "on");
    T_SV(flagset_variant(s, 1, 1, &value), "off");
    T_SV(value, "false");
    a = flagset_eval(s, 0, NULL, 0);
    T_EQ(a.outcome, FLAG_GENERAL); /* a kill that cannot be carried out is not passed over */
    a = flagset_eval(s, 1, NULL, 0);
    T_CHECK(a.killed && sv_is(a.value, "false"));
}

T(other_methods_and_tags_are_told_apart)
{
    CLEANUP(flagset_freep) struct flagset *s = NULL;
    struct ofrep_request r = {.method = SV("GET"),
                              .path = SV("/ofrep/v1/evaluate/flags/"),
                              .body = SV("{\"context\":{}}")};
    struct ofrep_answer a;
    struct err err;

    T_OK(flagset_parse(sv_from(doc), (struct sv){NULL, 0}, &s, &err), err);
    ofrep_respond(s, &r, 0, &a);
    T_EQ(a.status, 405);
    r.method = SV("POST");
    r.if_none_match = SV("\"x\", y");
    ofrep_respond(s, &r, 0, &a);
    T_EQ(a.status, 200);
    T_STR(
        strbuf_str(&a.body),
        "{\"flags\":[{\"key\":\"a\",\"reason\":\"DISABLED\"},{\"key\":\"b\",\"value\":true,\"reason\":\"STATIC\",\"variant\":\"on\"}]}");
    strbuf_release(&a.body);
    T_CHECK(!ofrep_is_path(SV("/ofrep/v1/evaluate/flagsx")) && !ofrep_is_path(SV("/")));
}

T(versions_are_ordered_or_none)
{
    int c;

    T_CHECK(targeting_semver_cmp(SV("1.0.0-rc.1"), SV("1.0.0"), &c) && c < 0);
    T_CHECK(targeting_semver_cmp(SV("1.0.0"), SV("1.0.0-rc.1"), &c) && c > 0);
    T_CHECK(targeting_semver_cmp(SV("1.0.0-a.b"), SV("1.0.0-a.1"), &c) && c > 0);
    T_CHECK(!targeting_semver_cmp(SV("1.x"), SV("1"), &c) &&
            !targeting_semver_cmp(SV("1"), SV(""), &c));
}

T_MAIN(T_CASE(the_hash_is_that_of_the_vectors), T_CASE(a_share_is_that_of_the_vectors),
       T_CASE(a_rollout_is_even_and_only_grows), T_CASE(evaluations_are_those_of_the_vectors),
       T_CASE(documents_that_the_vectors_refuse_are_refused),
       T_CASE(exchanges_are_those_of_the_vectors_byte_for_byte),
       T_CASE(an_operator_gives_what_it_should),
       T_CASE(a_rule_that_explodes_is_an_error_and_not_a_hang),
       T_CASE(a_document_that_is_wrong_says_where), T_CASE(a_kill_list_is_read_or_refused),
       T_CASE(other_methods_and_tags_are_told_apart), T_CASE(versions_are_ordered_or_none))
