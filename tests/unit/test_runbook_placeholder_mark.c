/* The marks that templates and authors put around what is to be filled in. */
#include "runbook/placeholder.h"

#include "runbook_read.h"

#define THREE \
    "XX"      \
    "X" /* as a word of its own it would be a mark of ours */

/* All placeholders of a command as "raw=name", joined by '|'. */
static void want(const char *text, const char *document, const char *names)
{
    struct placeholder_words known;
    CLEANUP(strbuf_release) struct strbuf got = STRBUF(0);
    CLEANUP(arena_release) struct arena arena = {0};
    struct placeholders found;

    placeholder_learn(sv_from(document), &arena, &known);
    placeholder_find(sv_from(text), false, *document ? &known : NULL, &arena, &found);
    for (size_t i = 0; i < found.n; i++)
        strbuf_addf(&got, "%s%.*s=%.*s", i ? "|" : "", SV_FMT(found.v[i].raw),
                    SV_FMT(found.v[i].name));
    if (!sv_eq(strbuf_sv(&got), sv_from(names)))
        T_FAIL("'%s' gives '%s' and should give '%s'", text, strbuf_str(&got), names);
}

static const struct {
    const char *text, *names;
} rows[] = {
    {"psql -f XXX_migration.sql", THREE "=xxx"},
    {"psql -f db/NNN_migration.sql", "NNN=nnn"},
    {"psql -f db/migration_XXXX.sql", "XXXX=xxxx"},
    {"deploy VERSION_HERE", "VERSION_HERE=version_here"},
    {"deploy $VERSION_HERE now", "$VERSION_HERE=version_here"},
    {"deploy ${YOUR_TAG}", "${YOUR_TAG}=your_tag"},
    {"git checkout PREVIOUS_TAG", "PREVIOUS_TAG=previous_tag"},
    {"./move OLD_DB_HOST NEW_HOST", "OLD_DB_HOST=old_db_host|NEW_HOST=new_host"},
    {"kubectl set image deploy/app app=app:NEW_VERSION", "NEW_VERSION=new_version"},
    {"deploy %VERSION%", "%VERSION%=version"},
    {"deploy @VERSION@", "@VERSION@=version"},
    {"deploy __TAG__", "__TAG__=tag"},
    {"deploy #{tag}", "#{tag}=tag"},
    {"deploy #{App.Release}", "#{App.Release}=app_release"},
    {"deploy <<version>>", "<<version>>=version"},
    {"deploy «version»", "«version»=version"},
    {"deploy [version]", "[version]=version"},
    {"curl http://a/[deal-id]/x", "[deal-id]=deal_id"},
    {"deploy {version}", "{version}=version"},
    {"docker pull reg/app:{version}", "{version}=version"},
    {"aws ec2 stop-instances --instance-ids i-xxxxxxxx", "xxxxxxxx=xxxxxxxx"},
    {"kubectl delete pod app-xxxxx-xxxx", "xxxxx=xxxxx|xxxx=xxxx"},
    {"ping x.x.x.x", "x.x.x.x=x_x_x_x"},
    {"ping xxx.xxx.xxx.xxx", "xxx.xxx.xxx.xxx=xxx_xxx_xxx_xxx"},
    {"ssh me@your.server.example ls", "your.server.example=your_server_example"},
    {"helm upgrade app ...", "...=rest"},
    {"helm upgrade app … --wait", "…=rest"},
};

T(marked_words_are_to_be_filled_in)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        want(rows[i].text, "", rows[i].names);
}

T(what_only_looks_marked_is_taken_as_it_stands)
{
    static const char *const texts[] = {
        "mktemp /tmp/a.XXXXXX",
        "echo XX NN XXXa aXXX",
        ("echo $" THREE),
        "export NEW_VERSION",
        "prusik flag set NEW_UI off && ./enable MY_FEATURE",
        "grep MY_HOST .env",
        "docker run -e NEW_TAG app",
        "NEW_TAG=$(git tag)",
        "echo $NEW_TAG ${OLD_TAG}",
        "echo aNEW_TAG NEW_TAGs",
        "echo _HERE ITHERE $_HERE $YOUR_ ${YOUR_TAG:-x} $YOUR_TAGs",
        "date +%Y%m%d_%H%M%S",
        "curl -w '%{http_code}'",
        "echo 100%MAX%",
        "echo a@MAX@b",
        "echo %A% %AB-",
        "python -c '__init__'",
        "x__TAG__ __TAG__x __TAG",
        "echo ${#names}",
        "echo # {tag}",
        "cat <<EOF >>out",
        "cat <<EOF\nx\nEOF",
        "echo £5",
        "ps aux | grep [n]ginx",
        "ls file[abcd] [abcd]e [a-z]x",
        "[ -f app ] && echo",
        "tr '[lower]' x",
        "awk '{print}' x",
        "git show stash@{upstream} HEAD@{push}",
        "cp a.{yaml,json} {abc} b",
        "echo ${version} %{version}",
        "echo 4.x x.x 1.2.x xxx axxxx xxxxa x.x.xa a.x.x.x x.x.x.",
        "go test ./... a...b",
        "echo waiting ...",
        "run \"wait ... now\"",
        "run # and so on ... x",
        "# and so on ... x",
        "...",
        "echo … ‘a’",
        "ssh me@your. x",
    };

    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        want(texts[i], "", "");
}

T(a_variable_that_the_document_sets_is_known)
{
    want("deploy $YOUR_TAG", "Text.\nexport YOUR_TAG=1\n", "");
    want("deploy $YOUR_TAG", "Set YOUR_TAG to x, or YOUR_TAGS=1\n", "$YOUR_TAG=your_tag");
}

T(a_message_has_its_own_marks)
{
    CLEANUP(arena_release) struct arena arena = {0};
    struct placeholders found;

    placeholder_find(SV("The release ... is at {stage} for " THREE), true, NULL, &arena, &found);
    T_EQ(found.n, 1);
    T_SV(found.v[0].raw, THREE);
}

T_MAIN(T_CASE(marked_words_are_to_be_filled_in),
       T_CASE(what_only_looks_marked_is_taken_as_it_stands),
       T_CASE(a_variable_that_the_document_sets_is_known), T_CASE(a_message_has_its_own_marks))
