/* runbook/yaml: YAML as a tree with lines. */
#include "runbook/yaml.h"

#include "base/strbuf.h"
#include "base/sv.h"
#include "t.h"

static struct yaml_node parse(const char *text, struct arena *a)
{
    struct yaml_node n;
    struct err err = {0};

    T_OK(yaml_parse(sv_from(text), "x.yaml", a, &n, &err), err);
    return n;
}

static void refused(const char *text, enum err_code code, const char *message)
{
    CLEANUP(arena_release) struct arena a = {0};
    struct yaml_node n = {.line = 77};
    struct err err = {0};

    T_EQ(yaml_parse(sv_from(text), "x.yaml", &a, &n, &err), code);
    if (!strstr(err.msg, message))
        T_FAIL("'%s' does not say '%s'", err.msg, message);
    T_EQ(n.line, 77); /* the result is untouched */
}

T(a_map_keeps_its_order_and_lines)
{
    CLEANUP(arena_release) struct arena a = {0};
    struct yaml_node n = parse("# head\n\nb: 1\na: two words\nlist:\n  - x\n  - {k: v}\n", &a);

    T_EQ(n.kind, YAML_MAP);
    T_EQ(n.n_items, 3);
    T_SV(n.items[0].key, "b");
    T_EQ(n.items[0].line, 3);
    T_SV(n.items[1].text, "two words");
    T_EQ(n.items[1].line, 4);
    T_EQ(n.items[2].kind, YAML_LIST);
    T_EQ(n.items[2].n_items, 2);
    T_SV(n.items[2].items[0].text, "x");
    T_EQ(n.items[2].items[0].line, 6);
    T_EQ(n.items[2].items[1].kind, YAML_MAP);
    T_SV(n.items[2].items[1].items[0].text, "v");
}

T(a_member_is_found_by_its_whole_name)
{
    CLEANUP(arena_release) struct arena a = {0};
    struct yaml_node n = parse("ab: 1\na: 2\nl: [a]\n", &a);

    T_SV(yaml_get(&n, "a")->text, "2");
    T_CHECK(!yaml_get(&n, "abc"));
    T_CHECK(!yaml_get(yaml_get(&n, "l"), "a")); /* a list has no members */
}

T(nothing_is_an_empty_map)
{
    CLEANUP(arena_release) struct arena a = {0};
    static const char *const texts[] = {"", "\n\n", "# only a comment\n  # and another\n"};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct yaml_node n = parse(texts[i], &a);

        T_EQ(n.kind, YAML_MAP);
        T_EQ(n.n_items, 0);
    }
}

T(a_key_without_a_value_is_an_empty_text)
{
    CLEANUP(arena_release) struct arena a = {0};
    struct yaml_node n = parse("a:\nb: x\n", &a);

    T_EQ(n.items[0].kind, YAML_SCALAR);
    T_EQ(n.items[0].text.n, 0);
    T_EQ(n.items[0].line, 1);
    n = parse("{a, b: }\n", &a);
    T_EQ(n.n_items, 2);
}

T(an_alias_is_what_its_anchor_says)
{
    CLEANUP(arena_release) struct arena a = {0};
    struct yaml_node n = parse("a: &x {k: v}\nb: *x\n", &a);

    T_SV(n.items[1].items[0].text, "v");
}

T(what_is_no_map_or_no_yaml_says_where)
{
    refused("- a\n- b\n", ERR_INVALID, "x.yaml:1: must be a map of keys");
    refused("a: 1\nb: [1, 2\n", ERR_INVALID, "x.yaml:");
    refused("\xff", ERR_INVALID, "x.yaml: this is not YAML");
    refused("a: 1\na: 2\n", ERR_INVALID, "x.yaml:2:");
    refused("a: 1\n[x, y]: 2\n", ERR_INVALID, "a key must be plain text");
    refused("a: 1\nb: *nowhere\n", ERR_INVALID, "x.yaml:2: there is no anchor 'nowhere'");
    refused("a: &a [*a]\n", ERR_LIMIT, "nested deeper than 32");
    refused("a: 1\nb: 'open\n", ERR_INVALID, "x.yaml:");
    refused("a: 1\nb: {: x}\n", ERR_INVALID, "x.yaml:2: a key must be plain text");
    refused("b: {\"\": x}\n", ERR_INVALID, "x.yaml:1: a key must be plain text");
}

/* libfyaml hangs in one that does not end. */
T(directives_are_refused)
{
    CLEANUP(arena_release) struct arena a = {0};
    static const char *const texts[] = {"%FOO", "a: 1\n%FOO", "\xef\xbb\xbf%FOO", "a: 1\r%FOO",
                                        "a: 1\xe2\x80\xa8%FOO"};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        refused(texts[i], ERR_INVALID, "a line must not begin with '%'");
    refused("a: 1\n\n%FOO", ERR_INVALID, "x.yaml:3: ");
    T_SV(parse("a: 5% \xc3\xa9%\n", &a).items[0].text, "5% \xc3\xa9%");
}

/* libfyaml crashes on the first. */
T(explicit_keys_are_refused)
{
    CLEANUP(arena_release) struct arena a = {0};
    static const char *const texts[] = {"? a: \t?", "a: 1\n?", "a: 1\n  - \t? b\n", "a: 1\r?\n"};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        refused(texts[i], ERR_INVALID, "a line must not begin with '? '");
    T_SV(parse("a: why ? because\n", &a).items[0].text, "why ? because");
    T_SV(parse("?a: b\n", &a).items[0].key, "?a");
}

/* P2: the second would be left out silently. */
T(there_is_one_document)
{
    CLEANUP(arena_release) struct arena a = {0};
    static const char *const texts[] = {"a: 1\n---\nb: 2\n", "---\na: 1\n---\nb: 2\n",
                                        "a: 1\n...\nb: 2\n", "a: 1\n--- {b: 2}"};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        refused(texts[i], ERR_INVALID, "there must be one document");
    T_EQ(parse("# head\n\n---\na: ---\nb: x --- y\n", &a).n_items, 2);
}

T(nesting_has_a_limit)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    strbuf_add_str(&b, "a: ");
    strbuf_add_n(&b, '[', 40);
    strbuf_add_n(&b, ']', 40);
    refused(strbuf_str(&b), ERR_LIMIT, "nested deeper than 32");
    strbuf_truncate(&b, 0);
    strbuf_add_n(&b, '{', 1);
    for (int i = 0; i < 40; i++)
        strbuf_add_str(&b, "a: {");
    strbuf_add_n(&b, '}', 41);
    refused(strbuf_str(&b), ERR_LIMIT, "nested deeper than 32");
}

/* Each anchor doubles the one before: 2^60 nodes of a hundred lines. */
T(aliases_of_aliases_do_not_fill_the_memory)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    strbuf_add_str(&b, "a0: &a0 [x, x]\n");
    for (int i = 1; i < 25; i++)
        strbuf_addf(&b, "a%d: &a%d [*a%d, *a%d]\n", i, i, i - 1, i - 1);
    refused(strbuf_str(&b), ERR_LIMIT, "more than 100000 values");
}

T(yes_and_no_are_words_without_quotes)
{
    CLEANUP(arena_release) struct arena a = {0};
    static const struct {
        const char *text;
        bool is, value;
    } rows[] = {
        {"k: yes", true, true},     {"k: True", true, true},     {"k: on", true, true},
        {"k: no", true, false},     {"k: FALSE", true, false},   {"k: off", true, false},
        {"k: 'yes'", false, false}, {"k: \"no\"", false, false}, {"k: 1", false, false},
        {"k:", false, false},       {"k: [yes]", false, false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct yaml_node n = parse(rows[i].text, &a);
        bool value = !rows[i].value;

        if (yaml_bool(&n.items[0], &value) != rows[i].is)
            T_FAIL("%s", rows[i].text);
        T_EQ(value, rows[i].is ? rows[i].value : !rows[i].value);
    }
}

T_MAIN(T_CASE(a_map_keeps_its_order_and_lines), T_CASE(a_member_is_found_by_its_whole_name),
       T_CASE(nothing_is_an_empty_map), T_CASE(a_key_without_a_value_is_an_empty_text),
       T_CASE(an_alias_is_what_its_anchor_says), T_CASE(what_is_no_map_or_no_yaml_says_where),
       T_CASE(directives_are_refused), T_CASE(explicit_keys_are_refused),
       T_CASE(there_is_one_document), T_CASE(nesting_has_a_limit),
       T_CASE(aliases_of_aliases_do_not_fill_the_memory),
       T_CASE(yes_and_no_are_words_without_quotes))
