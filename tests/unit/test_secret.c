#include "base/secret.h"

#include "base/json.h"
#include "base/sv.h"
#include "base/text.h"
#include "t.h"

#define SECRETS CLEANUP(secrets_freep) struct secrets

static struct secrets *secrets_of(const char *const *values)
{
    struct secrets *s = secrets_new();

    for (; *values; values++)
        (void)secrets_add(s, SV("NAME"), sv_from(*values));
    return s;
}
#define OF(...) secrets_of((const char *const[]){__VA_ARGS__, NULL})

static const char *redacted(const struct secrets *s, struct sv text)
{
    static struct strbuf b;

    strbuf_release(&b);
    secrets_redact(s, text, &b);
    return strbuf_str(&b);
}

T(a_secret_becomes_stars_wherever_it_stands)
{
    SECRETS *s = OF("s3cr3t-value", "other+secret");

    T_STR(redacted(s, SV("s3cr3t-value")), "***");
    T_STR(redacted(s, SV("a s3cr3t-value b\ns3cr3t-values3cr3t-value.other+secret")),
          "a *** b\n******.***");
    T_STR(redacted(s, SV("xs3cr3t-valuex")), "x***x"); /* long enough to be hidden inside words */
    T_STR(redacted(s, SV("s3cr3t-valu S3CR3T-VALUE")), "s3cr3t-valu S3CR3T-VALUE");
    T_STR(redacted(s, SV("")), "");
    T_STR(redacted(NULL, SV("s3cr3t-value")), "s3cr3t-value");
    secrets_free(NULL);
}

T(a_short_word_is_hidden_only_as_a_whole_word)
{
    SECRETS *s = OF("pass", "ab_12", "p-ss");

    T_STR(redacted(s, SV("pass passes bypass pass_ (pass) pass")),
          "*** passes bypass pass_ (***) ***");
    T_STR(redacted(s, SV("ab_12 xab_12 ab_123 ab_12-")), "*** xab_12 ab_123 ***-");
    T_STR(redacted(s, SV("xp-ssx")), "x***x"); /* no word */
    T_STR(redacted(s, SV("passpass")), "passpass");
}

T(what_is_too_short_is_not_hidden_and_said_to_be)
{
    SECRETS *s = secrets_new();

    T_CHECK(!secrets_add(s, SV("PIN"), SV("123")));
    T_CHECK(!secrets_add(s, SV("EMPTY"), SV("")));
    T_CHECK(!secrets_add(s, SV("NULL"), (struct sv){NULL, 0}));
    T_CHECK(secrets_add(s, SV("LONG"), SV("1234")));
    T_STR(redacted(s, SV("123 1234")), "123 ***");
    T_CHECK(secrets_is_name(s, SV("PIN"))); /* its value is not written down all the same */
}

T(names_are_known_or_look_like_one)
{
    SECRETS *s = secrets_new();

    (void)secrets_add(s, SV("DB"), SV("abcdefgh"));
    (void)secrets_add(s, SV("DB"), SV("abcdefgh"));
    (void)secrets_add(s, SV("DB2"), SV("abcdefgi"));
    T_CHECK(secrets_is_name(s, SV("DB2")) && !secrets_is_name(s, SV("DB3")));
    T_CHECK(secrets_is_name(s, SV("DB")) && !secrets_is_name(s, SV("D")) &&
            !secrets_is_name(NULL, SV("DB")));
    T_CHECK(secrets_looks_like_name(SV("DB_PASSWORD")) &&
            secrets_looks_like_name(SV("github_token")));
    T_CHECK(secrets_looks_like_name(SV("AWS_SECRET_ACCESS_KEY")) &&
            secrets_looks_like_name(SV("PGPASSFILE")));
    T_CHECK(!secrets_looks_like_name(SV("PATH")) && !secrets_looks_like_name(SV("KEYBOARD")));
}

T(the_password_of_a_url_is_a_secret_of_its_own)
{
    static const struct {
        const char *url, *password;
    } rows[] = {{"postgres://app:hunter22@db.example:5432/x", "hunter22"},
                {"postgres://app:hunter22@db", "hunter22"},
                {"redis://:p@ss:word@h:1/0", "p@ss:word"}, /* up to the last @ */
                {"https://user:a%2Fb%40cd@h/", "a%2Fb%40cd"},
                {"https://user:a%2Fb%40cd@h/", "a/b@cd"}, /* what the program sends */
                {"https://user:100%wrong@h/", "100%wrong"}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        SECRETS *s = OF(rows[i].url);
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

        strbuf_addf(&text, "login with %s failed; %s", rows[i].password, rows[i].url);
        T_STR(redacted(s, strbuf_sv(&text)), "login with *** failed; ***");
    }
}

T(a_url_without_a_password_hides_only_itself)
{
    static const char *const urls[] = {"https://example.org/path:with@signs",
                                       "https://user@example.org/", "user:word@example",
                                       "https://user:@example.org"};

    for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
        SECRETS *s = OF(urls[i]);

        T_STR(redacted(s, SV("path with signs user word @example.org example")),
              "path with signs user word @example.org example");
        T_STR(redacted(s, sv_from(urls[i])), "***");
    }
}

/* The ways in which programs write one value down. */
static const char awkward[] = "a/b c+d&e\"f\\g\th%i\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x91'!";

T(a_secret_is_found_in_every_coding_of_urls_and_json)
{
    static const char *const forms[] = {
        awkward,
        /* RFC 3986, everything but unreserved; lower case; Python's quote(), JavaScript's encodeURIComponent() */
        "a%2Fb%20c%2Bd%26e%22f%5Cg%09h%25i%C3%A9%E2%82%AC%F0%9F%94%91%27%21",
        "a%2fb%20c%2bd%26e%22f%5cg%09h%25i%c3%a9%e2%82%ac%f0%9f%94%91%27%21",
        "a/b%20c%2Bd%26e%22f%5Cg%09h%25i%C3%A9%E2%82%AC%F0%9F%94%91%27%21",
        "a%2Fb%20c%2Bd%26e%22f%5Cg%09h%25i%C3%A9%E2%82%AC%F0%9F%94%91'!",
        /* form encoding: a blank is a plus sign */
        "a%2Fb+c%2Bd%26e%22f%5Cg%09h%25i%C3%A9%E2%82%AC%F0%9F%94%91%27%21",
        /* JSON: as it is, ASCII only (Python), with \/ and &'<> escaped (PHP) and capitals */
        "a/b c+d&e\\\"f\\\\g\\th%i\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x91'!",
        "a/b c+d&e\\\"f\\\\g\\th%i\\u00e9\\u20ac\\ud83d\\udd11'!",
        "a\\/b c+d\\u0026e\\u0022f\\\\g\\u0009h%i\\u00E9\\u20AC\\uD83D\\uDD11\\u0027!",
    };
    SECRETS *s = OF(awkward);

    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);

        strbuf_addf(&text, "{\"v\":\"%s\"}", forms[i]);
        T_STR(redacted(s, strbuf_sv(&text)), "{\"v\":\"***\"}");
    }
}

T(a_secret_is_found_in_base64_wherever_it_begins_there)
{
    SECRETS *s = OF("sk-abcdefghij0123456789", "hunter2hunter2", "short", "?>?>?>?>");

    T_STR(redacted(s, SV("token: c2stYWJjZGVmZ2hpajAxMjM0NTY3ODk=\n")), "token: ***k=\n");
    T_STR(redacted(s, SV("c2stYWJjZGVmZ2hpajAxMjM0NTY3ODkK")), "***kK"); /* with the line's end */
    /* curl -v -u u:hunter2hunter2, us:..., usr:... */
    T_STR(redacted(s, SV("Basic dTpodW50ZXIyaHVudGVyMg==")), "Basic dTp***g==");
    T_STR(redacted(s, SV("Basic dXM6aHVudGVyMmh1bnRlcjI=")), "Basic dXM6***I=");
    T_STR(redacted(s, SV("Basic dXNyOmh1bnRlcjJodW50ZXIy")), "Basic dXNyOm***");
    T_STR(redacted(s, SV("Pz4/Pj8+Pz4= Pz4_Pj8-Pz4=")), "***4= ***4="); /* and of URLs */
    T_STR(redacted(s, SV("c2hvcnQ=")), "c2hvcnQ="); /* 6 digits could be anything */
}

T(blanks_at_the_front_and_the_ends_of_unicode_are_coded_too)
{
    static const struct {
        const char *value, *text;
    } rows[] = {{" ab cd ef", "+ab+cd+ef"},
                {" ab cd ef", "%20ab%20cd%20ef"},
                {"a b cd ef", "a+b+cd+ef"},
                {"<\xf0\x90\x80\x80\xf4\x8f\xbf\xbf>", "<\\ud800\\udc00\\udbff\\udfff>"},
                {"100%41sure", "100%41sure"},
                {"100%41sure", "100%2541sure"}};
    SECRETS *other = OF("a<b-cdef");

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        SECRETS *s = OF(rows[i].value);

        T_STR(redacted(s, sv_from(rows[i].text)), "***");
        T_STR(redacted(s, sv_from(rows[i].value)), "***");
    }
    T_STR(redacted(other, SV("a%3cb-cdef a%2sb-cdef a%cb-cdef")),
          "*** a%2sb-cdef a%cb-cdef"); /* no hex */
}

T(our_own_json_hides_what_it_holds)
{
    CLEANUP(json_cleanup) json_t *j = json_object();
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0);
    SECRETS *s = OF("line one\r\nline\ttwo \b\f\x01 end");

    json_put_str(j, "v", "x line one\r\nline\ttwo \b\f\x01 end y");
    json_write(j, &text);
    T_STR(redacted(s, strbuf_sv(&text)), "{\"v\":\"x *** y\"}");
}

T(a_short_word_beside_an_escape_is_a_whole_word)
{
    SECRETS *s = OF("abc123");

    T_STR(redacted(s, SV("?q=x%20abc123%20y")), "?q=x%20***%20y");
    T_STR(redacted(s, SV("%20abc123")), "%20***");
    T_STR(redacted(s, SV("\\nabc123")), "\\n***");
    T_STR(redacted(s, SV("\\u000aabc123")), "\\u000a***");
    T_STR(redacted(s, SV("\\u00e9abc123")), "\\u00e9***");
    T_STR(redacted(s, SV("{\"v\":\"x\\nabc123\\ty\"}")), "{\"v\":\"x\\n***\\ty\"}");
    T_STR(redacted(s, SV("{\"v\":\"\\u000aabc123\\u000a\"}")), "{\"v\":\"\\u000a***\\u000a\"}");
    T_STR(redacted(s, SV("%41abc123 \\u0041abc123 xnabc123 20abc123")),
          "%41abc123 \\u0041abc123 xnabc123 20abc123");
}

T(what_only_looks_like_an_escape_is_text)
{
    SECRETS *s = OF("100%sure", "back\\slash");

    T_STR(redacted(s, SV("100%sure 100%25sure 100%2sure 100%")), "*** *** 100%2sure 100%");
    T_STR(redacted(s, SV("back\\slash back\\\\slash back\\u005cslash back\\u005slash back\\")),
          "*** *** *** back\\u005slash back\\");
    T_STR(redacted(s, SV("\\ud83d \\ud83dx \\udd11 \\u")), "\\ud83d \\ud83dx \\udd11 \\u");
}

/* Masking the first of two that overlap would leave the end of the second to be read. */
T(secrets_that_overlap_are_hidden_together)
{
    SECRETS *s = OF("abcdXYZW", "XYZWefgh", "WefghIJKL");

    T_STR(redacted(s, SV("-abcdXYZWefgh-")), "-***-");
    T_STR(redacted(s, SV("-abcdXYZWefghIJKL-")), "-***-");
    T_STR(redacted(s, SV("abcdXYZWXYZWefgh")), "******");
    s = (secrets_free(s), OF("aba-aba1", "aba-a"));
    T_STR(redacted(s, SV("aba-aba-aba1.")), "***.");
}

T(the_longest_of_those_that_begin_together_is_hidden)
{
    SECRETS *s = OF("token-ab", "token-abcdef");

    T_STR(redacted(s, SV("token-abcdef token-abcde")), "*** ***cde");
}

/* --- streams */

/* Feed it byte by byte. */
static const char *streamed(const struct secrets *s, struct sv text)
{
    static struct strbuf b;
    struct redactor r;

    strbuf_release(&b);
    redactor_init(&r, s);
    for (size_t i = 0; i < text.n; i++)
        redactor_feed(&r, sv_sub(text, i, i + 1), i + 1 == text.n, &b);
    redactor_release(&r);
    return strbuf_str(&b);
}

static void feed_in_pieces(const struct secrets *s, struct sv text, size_t longest_piece,
                           struct strbuf *out)
{
    struct redactor r;

    redactor_init(&r, s);
    for (size_t i = 0; i < text.n;) {
        size_t n = size_min(t_below(longest_piece + 1), text.n - i);

        redactor_feed(&r, sv_sub(text, i, i + n), false, out);
        i += n;
    }
    redactor_feed(&r, (struct sv){NULL, 0}, true, out);
    redactor_release(&r);
}

T(a_secret_in_pieces_is_hidden)
{
    SECRETS *s = OF(awkward, "s3cr3t-value", "abc123");
    struct sv text = SV("x s3cr3t-value y "
                        "a%2Fb%20c%2Bd%26e%22f%5Cg%09h%25i%C3%A9%E2%82%AC%F0%9F%94%91'! \\nabc123");

    for (int round = 0; round < 500; round++) {
        CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);

        feed_in_pieces(s, text, 1 + t_below(20), &out);
        T_STR(strbuf_str(&out), "x *** y *** \\n***");
    }
}

T(every_end_of_an_escape_is_waited_for)
{
    static const struct {
        const char *text, *want;
    } rows[] = {{"key-\\ud83d\\udd11", "***"},
                {"key-\\ud83d\\udd1", "key-\\ud83d\\udd1"},
                {"key-\\ud83d\\u", "key-\\ud83d\\u"},
                {"key-\\ud83dx", "key-\\ud83dx"},
                {"key-\\ud83d\\u0041", "key-\\ud83d\\u0041"},
                {"key-\\ud83d\\uddx1", "key-\\ud83d\\uddx1"},
                {"key-\\udd11", "key-\\udd11"},
                {"key-%F0%9f%94%91", "***"},
                {"key-%F0%9f%94%9", "key-%F0%9f%94%9"},
                {"\\u006bey-\xf0\x9f\x94\x91", "***"},
                {"key-\\", "key-\\"},
                {"key-\\x", "key-\\x"}};
    SECRETS *s = OF("key-\xf0\x9f\x94\x91");

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        T_STR(streamed(s, sv_from(rows[i].text)), rows[i].want);
        T_STR(redacted(s, sv_from(rows[i].text)), rows[i].want);
    }
}

T(what_cannot_be_the_beginning_of_a_secret_is_passed_on_at_once)
{
    SECRETS *s = OF("s3cr3t-value", "pass1");
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0);
    struct redactor r;

    redactor_init(&r, s);
    redactor_feed(&r, SV("Continue? [y/n] "), false, &out);
    T_STR(strbuf_str(&out), "Continue? [y/n] ");
    redactor_feed(&r, SV("12 s3c"), false, &out);
    T_STR(strbuf_str(&out), "Continue? [y/n] 12 ");
    redactor_feed(&r, SV("ret pass1"), false, &out);
    T_STR(strbuf_str(&out), "Continue? [y/n] 12 s3cret "); /* pass1 or pass12? */
    redactor_feed(&r, SV("2 pass1"), false, &out);
    T_STR(strbuf_str(&out), "Continue? [y/n] 12 s3cret pass12 ");
    redactor_feed(&r, SV(""), true, &out);
    T_STR(strbuf_str(&out), "Continue? [y/n] 12 s3cret pass12 ***");
    redactor_release(&r);
    redactor_init(&r, NULL);
    redactor_feed(&r, SV("s3c"), false, &out);
    T_CHECK(sv_ends(strbuf_sv(&out), SV("s3c")));
    redactor_release(&r);
}

/* The definition: every place where a value stands is hidden, places that overlap together. */
static void by_definition(const struct sv *values, size_t n_values, struct sv text,
                          struct strbuf *out)
{
    size_t covered = 0;

    for (size_t i = 0; i < text.n; i++) {
        size_t longest = 0;

        for (size_t k = 0; k < n_values; k++) {
            struct sv v = values[k];
            bool word = v.n < 8 && sv_find_byte(v, '-', 0) == SV_NPOS;

            if (!sv_starts(sv_sub(text, i, text.n), v))
                continue;
            if (word && ((i > 0 && ascii_is_word(text.p[i - 1])) ||
                         (i + v.n < text.n && ascii_is_word(text.p[i + v.n]))))
                continue;
            longest = size_max(longest, v.n);
        }
        if (longest && i >= covered)
            strbuf_add_str(out, SECRET_MASK);
        else if (i >= covered)
            strbuf_add_byte(out, text.p[i]);
        covered = size_max(covered, longest ? i + longest : 0);
    }
}

struct some {
    char bytes[6][40];
    struct sv values[6];
    size_t n;
};

/* A few values from few letters, so that they overlap, contain each other and share beginnings. */
static struct secrets *some_secrets(struct some *some, const char *letters)
{
    struct secrets *s = secrets_new();

    some->n = 1 + t_below(ARRAY_LEN(some->values));
    for (size_t k = 0; k < some->n; k++) {
        size_t n = SECRET_MIN_BYTES + t_below(k % 2 ? 30 : 6);

        for (size_t i = 0; i < n; i++)
            some->bytes[k][i] = letters[t_below(strlen(letters))];
        some->values[k] = (struct sv){some->bytes[k], n};
        (void)secrets_add(s, SV("N"), some->values[k]);
    }
    return s;
}

/* Noise, whole values and the fronts and ends of values. */
static void some_text(const struct some *some, const char *letters, struct strbuf *text)
{
    for (size_t parts = t_below(30); parts; parts--) {
        struct sv v = some->values[t_below(some->n)];

        switch (t_below(4)) {
        case 0: strbuf_add_sv(text, v); break;
        case 1: strbuf_add_sv(text, sv_sub(v, 0, t_below(v.n + 1))); break;
        case 2: strbuf_add_sv(text, sv_sub(v, t_below(v.n + 1), v.n)); break;
        default:
            for (size_t n = t_below(8); n; n--)
                strbuf_add_byte(text, letters[t_below(strlen(letters))]);
        }
    }
}

T(hiding_follows_its_definition_and_leaves_no_secret)
{
    for (int round = 0; round < 5000; round++) {
        struct some some;
        SECRETS *s = some_secrets(&some, "ab-1");
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0), want = STRBUF(0);

        some_text(&some, "ab-1 ", &text);
        by_definition(some.values, some.n, strbuf_sv(&text), &want);
        T_STR(redacted(s, strbuf_sv(&text)), strbuf_str(&want));
        for (size_t k = 0; k < some.n; k++)
            T_CHECK(some.values[k].n < 8 || !sv_has(strbuf_sv(&want), some.values[k]));
    }
}

T(a_stream_comes_out_as_the_whole_does_however_it_is_cut)
{
    static const char *const letters[] = {"ab-1", "a%2\\u0", "%25\\n\"/ +", "ab*"};

    for (int round = 0; round < 5000; round++) {
        const char *some_letters = letters[round % (int)ARRAY_LEN(letters)];
        struct some some;
        SECRETS *s = some_secrets(&some, some_letters);
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0), out = STRBUF(0);

        some_text(&some, some_letters, &text);
        feed_in_pieces(s, strbuf_sv(&text), 1 + t_below(10), &out);
        T_STR(strbuf_str(&out), redacted(s, strbuf_sv(&text)));
    }
}

/* A reader would see the value in the URL or the JSON: code it whole, and look for any of it. */
T(random_values_are_found_in_their_codings)
{
    for (int round = 0; round < 3000; round++) {
        CLEANUP(strbuf_release) struct strbuf value = STRBUF(0), text = STRBUF(0), json = STRBUF(0);
        SECRETS *s = secrets_new();
        CLEANUP(json_cleanup) json_t *j = json_array();
        char *ascii;

        for (size_t n = 8 + t_below(20); n; n--)
            text_add_utf8(&value,
                          (uint32_t)(t_below(3) ? 1 + t_below(0x7f) : 0xa0 + t_below(0x2000)));
        (void)secrets_add(s, SV("N"), strbuf_sv(&value));
        strbuf_add_str(&text, "<");
        for (size_t i = 0; i < value.n; i++)
            if (ascii_is_alnum(value.p[i]))
                strbuf_add_byte(&text, value.p[i]);
            else
                strbuf_addf(&text, t_below(2) ? "%%%02x" : "%%%02X",
                            (unsigned)(unsigned char)value.p[i]);
        strbuf_add_str(&text, ">");
        T_STR(redacted(s, strbuf_sv(&text)), "<***>");
        json_append(j, json_sv(strbuf_sv(&value)));
        json_write(j, &json);
        T_STR(redacted(s, strbuf_sv(&json)), "[\"***\"]");
        ascii = json_dumps(j, JSON_ENSURE_ASCII);
        T_STR(redacted(s, sv_from(ascii)), "[\"***\"]");
        free(ascii);
    }
}

/* Each match once began a new search of everything that follows: 16 MB took hours. */
T(the_time_grows_with_the_text_and_not_with_its_square)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF(0), out = STRBUF(0);
    SECRETS *s = OF("secret-1", "not-there", "neither-this");

    while (text.n < 16u << 20)
        strbuf_add_str(&text, "secret-1 ");
    secrets_redact(s, strbuf_sv(&text), &out);
    T_EQ(out.n, text.n / 9 * 4);
}

T_MAIN(T_CASE(a_secret_becomes_stars_wherever_it_stands),
       T_CASE(a_short_word_is_hidden_only_as_a_whole_word),
       T_CASE(what_is_too_short_is_not_hidden_and_said_to_be),
       T_CASE(names_are_known_or_look_like_one),
       T_CASE(the_password_of_a_url_is_a_secret_of_its_own),
       T_CASE(a_url_without_a_password_hides_only_itself),
       T_CASE(a_secret_is_found_in_every_coding_of_urls_and_json),
       T_CASE(a_secret_is_found_in_base64_wherever_it_begins_there),
       T_CASE(blanks_at_the_front_and_the_ends_of_unicode_are_coded_too),
       T_CASE(our_own_json_hides_what_it_holds),
       T_CASE(a_short_word_beside_an_escape_is_a_whole_word),
       T_CASE(what_only_looks_like_an_escape_is_text),
       T_CASE(secrets_that_overlap_are_hidden_together),
       T_CASE(the_longest_of_those_that_begin_together_is_hidden),
       T_CASE(a_secret_in_pieces_is_hidden), T_CASE(every_end_of_an_escape_is_waited_for),
       T_CASE(what_cannot_be_the_beginning_of_a_secret_is_passed_on_at_once),
       T_CASE(hiding_follows_its_definition_and_leaves_no_secret),
       T_CASE(a_stream_comes_out_as_the_whole_does_however_it_is_cut),
       T_CASE(random_values_are_found_in_their_codings),
       T_CASE(the_time_grows_with_the_text_and_not_with_its_square))
