#include "cli/reference.h"

#include "base/sv.h"
#include "base/version.h"
#include "cli/verb.h"

/* "-b, --bind FILE", with marks around the fixed part. */
static void reference_option(struct strbuf *out, const struct cli_option *o, const char *open,
                             const char *close)
{
    if (o->letter)
        strbuf_addf(out, "%s-%c%s, ", open, o->letter, close);
    strbuf_addf(out, "%s%s%s", open, o->name, close);
    if (o->kind == CLI_MAYBE)
        strbuf_addf(out, "[=%s]", o->value);
    else if (o->value)
        strbuf_addf(out, " %s", o->value);
}

/* --- man(7) --- */

/* A backslash begins a request, as does a dot or quote at the start of a line; '-' is a hyphen there. */
static void man_add(struct strbuf *out, struct sv text, bool line_start)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];

        if (line_start && (c == '.' || c == '\''))
            strbuf_add_str(out, "\\&");
        line_start = c == '\n';
        if (c == '\\')
            strbuf_add_str(out, "\\e");
        else if (c == '-')
            strbuf_add_str(out, "\\-");
        else
            strbuf_add_byte(out, c);
    }
}

/* Paragraphs are filled, but a line that begins with two blanks is a command that stays as it is. */
static void man_more(struct strbuf *out, const char *more)
{
    struct sv rest = sv_from(more), line;
    bool example = false;

    while (sv_next_line(&rest, &line)) {
        bool indented = sv_eat(&line, SV("  "));

        if (indented != example)
            strbuf_add_str(out, indented ? ".RS 4\n.nf\n" : ".fi\n.RE\n");
        example = indented;
        if (!line.n) {
            strbuf_add_str(out, ".PP\n");
            continue;
        }
        man_add(out, line, true);
        strbuf_add_byte(out, '\n');
    }
    if (example)
        strbuf_add_str(out, ".fi\n.RE\n");
}

static void man_options(struct strbuf *out, const struct verb *v)
{
    for (size_t i = 0; i < n_cli_options; i++) {
        CLEANUP(strbuf_release) struct strbuf left = STRBUF(0);

        if (!verb_has_option(v, cli_options[i].name))
            continue;
        reference_option(&left, &cli_options[i], "", "");
        strbuf_add_str(out, ".TP\n.B ");
        man_add(out, strbuf_sv(&left), true);
        strbuf_add_byte(out, '\n');
        man_add(out, sv_from(cli_options[i].help), true);
        strbuf_add_byte(out, '\n');
    }
}

static void man_verb(struct strbuf *out, const struct verb *v)
{
    strbuf_add_str(out, ".SS prusik ");
    man_add(out, sv_from(v->name), false);
    strbuf_add_byte(out, ' ');
    man_add(out, sv_from(v->args), false);
    strbuf_add_byte(out, '\n');
    man_add(out, sv_from(v->help), true);
    strbuf_add_str(out, ".\n.PP\n");
    man_more(out, v->more);
    man_options(out, v);
}

/* What the program looks for in its environment; the names of the user's own programs (ssh, psql, ...) are theirs. */
static const struct {
    const char *name, *text;
} environment[] = {
    {"CI", "not empty: nobody is asked, so that an open question ends it (exit code 3)"},
    {"NO_COLOR", "not empty: no colour"},
    {"TERM", "dumb: no colour, and no line is redrawn"},
    {"TMPDIR",
     "where temporary files are made: sorting for compare and audit, blocks for shellcheck; /tmp"},
    {"no_proxy, NO_PROXY, http_proxy, HTTPS_PROXY, ...", "for HTTP, as for curl"},
    {"PRUSIK_FLAG_TOKEN",
     "what clients of prusik flag serve have to show, and what its verbs show"},
};

void reference_man(struct strbuf *out)
{
    strbuf_addf(
        out,
        ".\\\" written by: prusik reference man\n.TH PRUSIK 1 \"\" \"prusik %s\" \"User "
        "Commands\"\n.SH NAME\nprusik \\- run the deployment runbook that you already have\n"
        ".SH SYNOPSIS\n.B prusik\n.I VERB\n[\\fIOPTION\\fR...] [\\fIARGUMENT\\fR...]\n"
        ".SH DESCRIPTION\n"
        "Reads a Markdown document with phases, checklists, command blocks, expectations,\n"
        "rollback sections and a decision matrix, and carries it out: every command is\n"
        "journaled before and after, every expectation checked or answered by a named\n"
        "person, the system watched afterwards, and rolled back when a rule says so.\n"
        ".SH VERBS\n",
        prusik_version);
    for (size_t i = 0; i < n_verbs; i++)
        if (!verb_table[i]->hidden)
            man_verb(out, verb_table[i]);
    strbuf_add_str(out, ".SH EXIT STATUS\n");
    for (size_t i = 0; i < n_exit_codes; i++)
        strbuf_addf(out, ".TP\n.B %d\n%s\n", (int)exit_codes[i].code, exit_codes[i].text);
    strbuf_add_str(out, ".SH FILES\n.TP\n.I prusik.yaml\nbeside the document: what it leaves open\n"
                        ".TP\n.I .prusik\nbeside prusik.yaml: the journal of its runs\n"
                        ".SH ENVIRONMENT\n");
    for (size_t i = 0; i < ARRAY_LEN(environment); i++)
        strbuf_addf(out, ".TP\n.B %s\n%s\n", environment[i].name, environment[i].text);
}

/* --- Markdown --- */

static void cli_verb(struct strbuf *out, const struct verb *v)
{
    strbuf_addf(out,
                "\n## prusik %s\n\n`prusik %s%s%s`: %s.\n\n```text\n%s\n```\n\n"
                "| option | meaning |\n|---|---|\n",
                v->name, v->name, *v->args ? " " : "", v->args, v->help, v->more);
    for (size_t i = 0; i < n_cli_options; i++)
        if (verb_has_option(v, cli_options[i].name)) {
            strbuf_add_str(out, "| ");
            reference_option(out, &cli_options[i], "`", "`");
            strbuf_addf(out, " | %s |\n", cli_options[i].help);
        }
}

void reference_cli(struct strbuf *out)
{
    strbuf_add_str(
        out, "# The command line\n\n"
             "Written by `prusik reference cli`; a test holds the page against the program.  The\n"
             "exit codes are on [a page of their own](exit-codes.md).\n\n"
             "| verb | what it does |\n|---|---|\n");
    for (size_t i = 0; i < n_verbs; i++)
        if (!verb_table[i]->hidden)
            strbuf_addf(out, "| [%s](#prusik-%s) | %s |\n", verb_table[i]->name,
                        verb_table[i]->name, verb_table[i]->help);
    strbuf_add_str(
        out, "\nFor packages and machines: `prusik completion bash|zsh|fish` prints a completion "
             "script,\n`prusik reference man|cli|exit-codes` the manual.\n\n"
             "## Environment\n\n| variable | meaning |\n|---|---|\n");
    for (size_t i = 0; i < ARRAY_LEN(environment); i++)
        strbuf_addf(out, "| `%s` | %s |\n", environment[i].name, environment[i].text);
    for (size_t i = 0; i < n_verbs; i++)
        if (!verb_table[i]->hidden)
            cli_verb(out, verb_table[i]);
}

void reference_exit_codes(struct strbuf *out)
{
    size_t n;
    const struct err_info *errors = err_all(&n);

    strbuf_add_str(out,
                   "# Exit codes\n\n"
                   "Written by `prusik reference exit-codes`; a test holds the page against the "
                   "program.\nJSON names them by their name.\n\n"
                   "| code | name | meaning | errors that end with it |\n|---|---|---|---|\n");
    for (size_t i = 0; i < n_exit_codes; i++) {
        const char *before = "";

        strbuf_addf(out, "| %d | `%s` | %s | ", (int)exit_codes[i].code, exit_codes[i].name,
                    exit_codes[i].text);
        for (size_t k = 0; k < n; k++)
            if (errors[k].exit == exit_codes[i].code) {
                strbuf_addf(out, "%s%s", before, errors[k].text);
                before = "; ";
            }
        strbuf_add_str(out, " |\n");
    }
}
