/* Settings are read strictly: what is not known, missing or no text is told with its line. */
#include "runbook/yaml_file.h"

#include "base/sv.h"
#include "t.h"

static const char *const known[] = {"name", "path", NULL};

static void want(enum err_code rc, const struct err *err, const char *msg, const char *hint)
{
    T_EQ(rc, ERR_INVALID);
    T_STR(err->msg, msg);
    T_STR(err->hint, hint);
}

T(what_does_not_fit_is_told_with_its_line)
{
    struct arena arena = {0};
    struct err err = {0};
    struct yaml_file f = {"a.yaml", &arena, &err};
    struct yaml_node root;
    struct sv text;

    T_OK(yaml_parse(SV("name: shop\npath: ''\nlist: [1]\nnul: \"a\\0b\"\n"), "a.yaml", &arena,
                    &root, &err),
         err);
    T_OK(yaml_file_text(&f, &root, "name", true, &text), err);
    T_SV(text, "shop");
    T_OK(yaml_file_text(&f, &root, "none", false, &text), err);
    T_SV(text, "shop"); /* as it was */
    want(yaml_file_text(&f, &root, "none", true, &text), &err, "a.yaml:1: 'none' is missing", "");
    want(yaml_file_text(&f, &root, "path", true, &text), &err, "a.yaml:2: 'path' is a text", "");
    want(yaml_file_text(&f, &root, "list", false, &text), &err, "a.yaml:3: 'list' is a text", "");
    want(yaml_file_text(&f, &root, "nul", false, &text), &err, "a.yaml:4: 'nul' is a text", "");
    want(yaml_file_keys(&f, &root, "a shop", known), &err, "a.yaml:3: a shop has no key 'list'",
         "it takes: name, path");
    want(yaml_file_keys(&f, yaml_get(&root, "list"), "a shop", known), &err,
         "a.yaml:3: a shop is a map", "");
    arena_release(&arena);
}

T(a_key_that_is_nearly_one_is_told)
{
    struct arena arena = {0};
    struct err err = {0};
    struct yaml_file f = {"a.yaml", &arena, &err};
    struct yaml_node root;

    T_OK(yaml_parse(SV("name: a\npaht: b\n"), "a.yaml", &arena, &root, &err), err);
    want(yaml_file_keys(&f, &root, "it", known), &err, "a.yaml:2: it has no key 'paht'",
         "did you mean 'path'?");
    T_OK(yaml_parse(SV("name: a\npath: b\n"), "a.yaml", &arena, &root, &err), err);
    T_OK(yaml_file_keys(&f, &root, "it", known), err);
    arena_release(&arena);
}

T_MAIN(T_CASE(what_does_not_fit_is_told_with_its_line), T_CASE(a_key_that_is_nearly_one_is_told))
