#include "runbook/shell_plain.h"

#include "base/sv.h"
#include "t.h"

static bool same_view(struct sv a, struct sv b)
{
    return sv_eq(a, b);
}

static bool same_words(const struct shell_word *a, const struct shell_word *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (a[i].raw.p != b[i].raw.p || a[i].raw.n != b[i].raw.n || a[i].literal != b[i].literal ||
            a[i].plain != b[i].plain || a[i].n_pieces != b[i].n_pieces ||
            !same_view(a[i].value, b[i].value))
            return false;
        for (size_t k = 0; k < a[i].n_pieces; k++)
            if (!same_view(a[i].pieces[k].text, b[i].pieces[k].text) ||
                a[i].pieces[k].variable != b[i].pieces[k].variable)
                return false;
    }
    return true;
}

static bool same_simple(const struct shell_simple *a, const struct shell_simple *b)
{
    return a->n_words == b->n_words && same_words(a->words, b->words, a->n_words) &&
           a->n_assigns == b->n_assigns && a->declaration == b->declaration &&
           a->piped_in == b->piped_in && a->piped_out == b->piped_out && a->nested == b->nested &&
           a->line == b->line;
}

static bool same_item(const struct shell_item *a, const struct shell_item *b)
{
    if (a->kind != b->kind || a->from != b->from || a->to != b->to || a->line != b->line ||
        a->end_line != b->end_line || a->text.p != b->text.p || a->text.n != b->text.n ||
        a->same_line != b->same_line || a->blank_before != b->blank_before ||
        a->background != b->background || a->substitution != b->substitution ||
        a->heredoc != b->heredoc || a->n_simple != b->n_simple || a->n_redirects != b->n_redirects)
        return false;
    for (size_t i = 0; i < a->n_simple; i++)
        if (!same_simple(&a->simple[i], &b->simple[i]))
            return false;
    for (size_t i = 0; i < a->n_redirects; i++)
        if (!same_view(a->redirects[i].op, b->redirects[i].op) ||
            !same_words(&a->redirects[i].target, &b->redirects[i].target, 1))
            return false;
    return true;
}

/* Is it plain?  Then it must be what the grammar says. */
static bool plain(struct shell_parser *sh, struct sv text)
{
    CLEANUP(arena_release) struct arena arena = {0};
    struct shell_script a = {.n = 77}, b;

    if (!shell_plain_split(text, &arena, &a)) {
        T_EQ(a.n, 77);
        return false;
    }
    shell_grammar_split(sh, text, text, &arena, &b);
    if (b.broken || a.n != b.n)
        T_FAIL("%zu items, not %zu, of '%.*s'", a.n, b.n, SV_FMT(text));
    for (size_t i = 0; i < a.n; i++)
        if (!same_item(&a.v[i], &b.v[i]))
            T_FAIL("item %zu of '%.*s' is another", i, SV_FMT(text));
    return true;
}

T(plain_blocks_are_split_as_the_grammar_does)
{
    static const char *const texts[] = {
        "ls",
        "ls\n",
        "\n\n  ls -la /tmp\n",
        "# Stop it first\nsudo systemctl stop shop-1\ncd /srv/shop\ngit fetch && git checkout v2.1\n",
        "pip install -r requirements.txt\n",
        "curl -fsS http://127.0.0.1:8080/health | jq -r .status\n# Expected: \"healthy\"\n",
        "journalctl -u shop --since '5 min ago' | grep -c ERROR # none\n",
        "pg_dump -Fc shop -t orders > /backup/orders.dump\nalembic downgrade -1\n",
        "echo '' | cat - || echo \"it is done\" >> log\n",
        "a | b && c | d || f > g\n",
        "a | b > d\n",
        "a && b > d\n",
        "a # one\n# two\n\n# three \xe2\x80\x94 4\nb\t-x +y a=b --c=d\t # x \n",
        ". ./env\n./run.sh 10 0x1f 5.5 -5 -- - : % @ ,\n",
        "_x\n/bin/true",
        "",
        "   ",
        "\n",
        "echo a#b 2>/dev/null",
    };
    CLEANUP(shell_parser_freep) struct shell_parser *sh = shell_parser_new();

    for (size_t i = 0; i + 1 < ARRAY_LEN(texts); i++)
        if (!plain(sh, sv_from(texts[i])))
            T_FAIL("'%s' is plain", texts[i]);
    T_CHECK(!plain(sh, sv_from(texts[ARRAY_LEN(texts) - 1])));
}

T(what_is_more_is_left_to_the_grammar)
{
    static const char *const texts[] = {
        "A=1 ls",    "=x",          "ls =x",     "if true",   "echo $A",   "echo \"$A\"",
        "echo `ls`", "echo a\\ b",  "ls *.c",    "ls ~",      "ls {a,b}",  "[ -f x ]",
        "a; b",      "a &",         "a |& b",    "a &&",      "a |\nb",    "a && && b",
        "> x",       "a > b c",     "a > b > c", "a 2> b",    "a >& b",    "a < b",
        "a <<E\nE",  "echo 'a\nb'", "echo 'a'b", "echo a'b'", "'ls' -l",   "echo \"a!\"",
        "5 a",       "-x",          "export A",  "echo in",   "(a)",       "a >",
        "a\r\nb",    "a \xc3\xa4",  "# \xff\n",  "echo \"a",  "a&&b",      "a|b",
        "a || ",     "a > 'b'c",    "# a\x01",   "a > b | c", "a | b | c", "a@b",
    };
    CLEANUP(shell_parser_freep) struct shell_parser *sh = shell_parser_new();

    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (plain(sh, sv_from(texts[i])))
            T_FAIL("'%s' is not plain", texts[i]);
}

T(shell_split_takes_either_way_and_placeholders_go_to_the_grammar)
{
    CLEANUP(shell_parser_freep) struct shell_parser *sh = shell_parser_new();
    CLEANUP(arena_release) struct arena arena = {0};
    struct shell_script s;

    shell_split(sh, SV("ls -l"), SV("ls -l"), &arena, &s);
    T_EQ(s.n, 1);
    shell_split(sh, SV("ls <x>"), SV("ls xxx"), &arena, &s);
    T_EQ(s.n, 1);
    T_SV(s.v[0].simple[0].words[1].raw, "<x>");
}

/* Lines of pieces that a plain block is made of, and of some that it is not. */
T(whatever_is_taken_for_plain_is_what_the_grammar_says)
{
    static const char *const pieces[] = {
        "ls",
        "-la",
        "a.b",
        "/x/y",
        "10",
        "-5",
        "a=b",
        "==",
        "a==b",
        "--",
        "-",
        ".",
        ":",
        "%",
        "@",
        "+",
        ",",
        "+x",
        "1a",
        "0x1f",
        "'a b'",
        "\"a\"",
        "\"\"",
        "''",
        "\" a \"",
        "'#'",
        "\"it's\"",
        "# c",
        "#",
        "|",
        "&&",
        "||",
        ">",
        ">>",
        "> f",
        ">> 'f g'",
        "\n",
        "\n\n",
        "\n",
        " ",
        "test",
        "echo",
        "ssh",
        "git",
        "x:y",
        "a@b",
        "a+=b",
        "--a=b",
        "a,b",
        "%s",
        "1>",
        "a'b'",
        "http://a/b",
        "if",
        "done",
        "exit",
        "set",
        "source",
        "_",
        "$x",
        "nohup",
        "env",
        "[",
        "true",
        "!",
        "\t",
        "# \xe2\x80\x94",
        "sudo",
        "f()",
        "2",
    };
    CLEANUP(shell_parser_freep) struct shell_parser *sh = shell_parser_new();
    size_t found = 0;

    for (int i = 0; i < 60000; i++) {
        CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

        for (size_t k = 0, n = 1 + t_below(9); k < n; k++) {
            strbuf_add_str(&b, pieces[t_below(ARRAY_LEN(pieces))]);
            if (t_below(12))
                strbuf_add_byte(&b, ' ');
        }
        found += plain(sh, strbuf_sv(&b));
    }
    T_CHECK(found > 3000);
}

static void add_command(struct strbuf *b)
{
    static const char *const names[] = {"a",      "ls",   "git",     "x.sh",
                                        "/bin/x", "test", "ssh-add", "_b"};
    static const char *const words[] = {"x",       "-l",    "5",     "a=b", "'q r'",
                                        "\"s t\"", "a/b.c", "--d=e", "-"};

    strbuf_add_str(b, names[t_below(ARRAY_LEN(names))]);
    for (size_t n = t_below(4); n > 0; n--)
        strbuf_addf(b, " %s", words[t_below(ARRAY_LEN(words))]);
    if (t_below(8) == 0)
        strbuf_add_str(b, t_below(2) ? " > f" : " >> 'g h'");
}

static void add_line(struct strbuf *b)
{
    static const char *const ops[] = {" | ", " && ", " || "};

    if (t_below(4) == 0)
        strbuf_add_str(b, t_below(2) ? "  " : "\t");
    if (t_below(6)) {
        add_command(b);
        for (size_t n = t_below(2) ? t_below(4) : 0; n > 0; n--) {
            strbuf_add_str(b, ops[t_below(ARRAY_LEN(ops))]);
            add_command(b);
        }
        if (t_below(6) == 0)
            strbuf_add_byte(b, ' ');
    }
    if (t_below(6) == 0)
        strbuf_add_str(b, t_below(2) ? "# a 'comment" : " #");
    strbuf_add_byte(b, '\n');
}

/* What lines stand together must not matter either. */
T(whole_blocks_that_are_taken_for_plain_are_what_the_grammar_says)
{
    CLEANUP(shell_parser_freep) struct shell_parser *sh = shell_parser_new();
    size_t found = 0;

    for (int i = 0; i < 20000; i++) {
        CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

        for (size_t n = 1 + t_below(6); n > 0; n--)
            add_line(&b);
        found += plain(sh, strbuf_sv(&b));
    }
    T_CHECK(found > 5000);
}

T_MAIN(T_CASE(plain_blocks_are_split_as_the_grammar_does),
       T_CASE(what_is_more_is_left_to_the_grammar),
       T_CASE(shell_split_takes_either_way_and_placeholders_go_to_the_grammar),
       T_CASE(whatever_is_taken_for_plain_is_what_the_grammar_says),
       T_CASE(whole_blocks_that_are_taken_for_plain_are_what_the_grammar_says))
