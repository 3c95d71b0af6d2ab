/* What generators of sites write between Markdown: tabs are ways, boxes are quotes, and the rest says nothing. */
#include "base/strbuf.h"
#include "base/sv.h"
#include "runbook/tag.h"
#include "runbook_want.h"

T(a_line_is_a_tag_or_none)
{
    static const struct {
        const char *line;
        enum tag_kind kind;
        const char *name;
    } rows[] = {
        {"{{< tab name=\"Debian, Ubuntu\" >}}", TAG_TAB, "Debian, Ubuntu"},
        {"{{% tab name=\"RHEL\" %}}", TAG_TAB, "RHEL"},
        {"  {{< tab \"Helm\" >}}", TAG_TAB, "Helm"},
        {"{% tab title='Docker' %}", TAG_TAB, "Docker"},
        {"<TabItem value=\"l\" label=\"Linux\">", TAG_TAB, "Linux"},
        {"<Tab title=\"pip\">", TAG_TAB, "pip"},
        {"<Tab title=pip>", TAG_TAB, "pip>"},
        {"<div class=\"x\" data-scope=\"mac\">", TAG_TAB, "mac"},
        {":::TabTitle RHEL/CentOS", TAG_TAB, "RHEL/CentOS"},
        {"{{< /tab >}}", TAG_END, ""},
        {"{{% / tab %}}", TAG_END, ""},
        {"{% endtabs %}", TAG_END, ""},
        {"</TabItem>", TAG_END, ""},
        {"::EndTabs", TAG_END, ""},
        {"{{< tabs name=\"os\" >}}", TAG_OTHER, ""},
        {"::Tabs", TAG_OTHER, ""},
        {"<Tabs groupId=\"os\">", TAG_OTHER, ""},
        {"<Tab x>", TAG_OTHER, ""},
        {":::TabTitle  ", TAG_NONE, ""},
        {"{{< tab >}}", TAG_OTHER, ""},
        {"{% include copy-clipboard.html %}", TAG_OTHER, ""},
        {"{{< copyable \"shell\" / >}}", TAG_OTHER, ""},
        {"{{<  >}}", TAG_NONE, ""},
        {"{{< note >}}", TAG_NOTE, "note"},
        {"{% hint %}", TAG_NOTE, "hint"},
        {"{% warning style=\"x\" %}", TAG_NOTE, "warning"},
        {"{{< /warning >}}", TAG_LEAVE, "warning"},
        {"{{site.data.alerts.callout_danger}}", TAG_NOTE, "warning"},
        {"{{site.data.alerts.callout_info}}", TAG_NOTE, "note"},
        {"{{site.data.alerts.end}}", TAG_LEAVE, ""},
        {"{{site.title}}", TAG_OTHER, ""},
        {"{{NAME}}", TAG_NONE, ""},
        {"{{NAME", TAG_NONE, ""},
        {"{{< tab", TAG_NONE, ""},
        {"{{< a >}} and {{< b >}}", TAG_NONE, ""},
        {"<div class=\"x\">", TAG_NONE, ""},
        {"<div data-scope=\"x\"> text", TAG_NONE, ""},
        {":::note", TAG_NONE, ""},
        {"text", TAG_NONE, ""},
        {"", TAG_NONE, ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sv name;
        enum tag_kind kind = tag_read(sv_from(rows[i].line), &name);

        if (kind != rows[i].kind || (kind != TAG_END && !sv_eq(name, sv_from(rows[i].name))))
            T_FAIL("'%s' is %d, '%.*s'", rows[i].line, (int)kind, SV_FMT(name));
    }
}

static void want_one_of(const char *text, size_t steps)
{
    CLEANUP(reading_done) struct reading r = {0};
    size_t ways = 0;

    read_text(&r, text);
    for (size_t i = 0; i < r.rb.n_parts; i++)
        ways += r.rb.parts[i].one_of != RB_NONE;
    if (ways != 2 || r.rb.n_steps != steps)
        T_FAIL("'%s' has %zu ways and %zu steps", text, ways, r.rb.n_steps);
}

T(tabs_of_tags_are_one_way_each)
{
    want_one_of("# R\n## Upgrade\n\n{{< tabs name=\"os\" >}}\n{{% tab name=\"Debian\" %}}\n"
                "    apt-get update\n{{% /tab %}}\n{{% tab name=\"RHEL\" %}}\n    yum update\n"
                "{{% /tab %}}\n{{< /tabs >}}\n" SH("./after"),
                3);
    want_one_of(
        "# R\n## Upgrade\n\n1. Get it:\n\n   ::Tabs\n\n   :::TabTitle Debian\n\n"
        "   ```sh\n   apt-get update\n   ```\n\n   :::TabTitle RHEL\n\n   ```sh\n   yum update\n"
        "   ```\n\n   ::EndTabs\n\n1. Restart it:\n\n   ```sh\n   ./b\n   ```\n",
        3);
    want_one_of(
        "# R\n## Upgrade\n\n1. Get it:\n\n    <div class=\"f\" data-scope=\"mac\">\n"
        "    {% include copy.html %}\n    ~~~ shell\n    curl -O mac.tgz\n    ~~~\n    </div>\n\n"
        "    <div class=\"f\" data-scope=\"linux\">\n    ~~~ shell\n    curl -O linux.tgz\n    ~~~\n"
        "    </div>\n\n1. Go on: `./b x`\n",
        3);
    want_steps(
        "# R\n## Upgrade\n\n{{< tab \"One\" >}}\n" SH("./a") "{{< /tab >}}\n\n## Verify" SH("./b"),
        "deploy ./a|verify ./b");
    want_steps("# R\n## Upgrade\n\n{{< tab \"One\" >}}\n" SH("./a"), "deploy ./a");
    want_one_of(
        "# R\n## Upgrade\n\n{{< tab \"One\" >}}\n" SH(
            "# a comment\n./a\n\n# b\n./b") "{{< /tab >}}\n"
                                            "{{< tab \"Two\" >}}\n" SH("./c") "{{< /tab >}}\n",
        3);
}

T(a_comment_below_a_command_is_no_prompt)
{
    want_steps(
        "# R\n## Upgrade\n\n{{< tab \"Debian\" >}}\n    apt update\n    # find the version in the list\n"
        "{{< /tab >}}\n{{< tab \"RHEL\" >}}\nSee the notes.\n{{< /tab >}}\n",
        "deploy apt update ?in the case of \"Debian\"");
    want_steps("# R\n## Upgrade\n\n```\n# find /srv\na\nb\n```\n", "deploy find /srv");
}

T(what_introduces_a_block_does_so_across_a_tag)
{
    want_steps("# R\n## Start\n\nIf you are using `systemd`, run this:\n\n{% include copy.html %}\n"
               "~~~ shell\n./a\n~~~\n",
               "deploy ./a ?If you are using systemd");
}

T(a_box_of_tags_is_a_quote)
{
    want_steps(
        "# R\n## Start\n### Step 1. Finish\n\n{{site.data.alerts.callout_info}}\n"
        "This step is relevant only when upgrading from 1.2.\n{{site.data.alerts.end}}\n" SH("./a"),
        "deploy ./a ?as it says: \"This step is relevant only when upgrading from 1.2\"");
    want_steps("# R\n## Start\n\n{{< note >}}\nIt can be forced:\n\n```sh\n./force\n```\n\n"
               "{% include x %}\n\n{{< /note >}}\n" SH("./a"),
               "deploy ./force|deploy ./a");
    want_remarks_at("# R\n## Start\n\n1. Go:\n\n   {{< warning >}}\n   Never stop it.\n"
                    "   {{< /warning >}}\n\n   ```sh\n   ./a\n   ```\n",
                    "0:Never stop it.");
    want_steps("# R\n## Start\n\n  {{< note >}}\nIt can be seen.\n  {{< /note >}}\n" SH("./a"),
               "deploy ./a");
    want_steps("# R\n## Start\n\n{{< note >}}\nNever closed.\n" SH("./a"), "deploy ./a");
}

T_MAIN(T_CASE(a_line_is_a_tag_or_none), T_CASE(tabs_of_tags_are_one_way_each),
       T_CASE(a_comment_below_a_command_is_no_prompt),
       T_CASE(what_introduces_a_block_does_so_across_a_tag), T_CASE(a_box_of_tags_is_a_quote))
