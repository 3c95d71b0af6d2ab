#include "cli/complete.h"

#include <string.h>

#include "base/sv.h"
#include "cli/verb.h"

/* What stands for a value, so what is offered for it. */
static bool complete_is_file(const char *value)
{
    return value && (strcmp(value, "FILE") == 0 || strcmp(value, "FOLDER") == 0);
}

static bool complete_takes(const struct verb *v, const char *what)
{
    return sv_has_word(sv_from(v->args), sv_from(what));
}

static bool complete_takes_file(const struct verb *v)
{
    static const char *const files[] = {"DOC", "FILE", "FOLDER", "OLD"};
    bool found = false;

    for (size_t i = 0; i < ARRAY_LEN(files); i++)
        found |= complete_takes(v, files[i]);
    return found;
}

static void complete_words(struct strbuf *out, const char *const *words)
{
    for (size_t i = 0; words[i]; i++)
        strbuf_addf(out, "%s%s", i ? " " : "", words[i]);
}

static void complete_verbs(struct strbuf *out)
{
    const char *before = "";

    for (size_t i = 0; i < n_verbs; i++)
        if (!verb_table[i]->hidden) {
            strbuf_addf(out, "%s%s", before, verb_table[i]->name);
            before = " ";
        }
}

/* In single quotes of a shell. */
static void complete_quoted(struct strbuf *out, const char *text, const char *quote)
{
    for (; *text; text++) {
        if (*text == '\'')
            strbuf_add_str(out, quote);
        else
            strbuf_add_byte(out, *text);
    }
}

/* --- bash --- */

/* After an option that takes a value: "--color) compgen -W ..." */
static void complete_bash_value(struct strbuf *out, const struct cli_option *o)
{
    if (o->kind == CLI_FLAG)
        return;
    strbuf_addf(out, "    %s", o->name);
    if (o->letter)
        strbuf_addf(out, " | -%c", o->letter);
    strbuf_add_str(out, ") ");
    if (o->words) {
        strbuf_add_str(out, "words='");
        complete_words(out, o->words);
        strbuf_add_str(out, "' ;;\n");
    } else {
        strbuf_add_str(out, complete_is_file(o->value) ? "files=1 ;;\n" : "return ;;\n");
    }
}

/* An option whose value stands after '=' is followed by other words. */
static void complete_bash_values(struct strbuf *out)
{
    strbuf_add_str(out, "  case $before in\n");
    for (size_t i = 0; i < n_cli_options; i++)
        if (cli_options[i].kind == CLI_MAYBE) {
            strbuf_addf(out, "    %s) if [ -n \"$equals\" ]; then words='", cli_options[i].name);
            complete_words(out, cli_options[i].words);
            strbuf_add_str(out, "'; else before=; fi ;;\n");
        } else {
            complete_bash_value(out, &cli_options[i]);
        }
    strbuf_add_str(out, "    *) before= ;;\n  esac\n");
}

static void complete_bash_verb(struct strbuf *out, const struct verb *v)
{
    strbuf_addf(out, "    %s) words='", v->name);
    if (v->words) {
        complete_words(out, v->words);
        strbuf_add_byte(out, ' ');
    }
    for (size_t i = 0; i < n_cli_options; i++)
        if (verb_has_option(v, cli_options[i].name))
            strbuf_addf(out, "%s ", cli_options[i].name);
    strbuf_truncate(out, out->n - 1);
    strbuf_addf(out, "'%s%s ;;\n", complete_takes_file(v) ? " files=1" : "",
                complete_takes(v, "RUN") ? " runs=1" : "");
}

void complete_bash(struct strbuf *out)
{
    strbuf_add_str(
        out,
        "# bash completion of prusik; written by: prusik completion bash\n"
        "_prusik() {\n"
        "  local word=${COMP_WORDS[COMP_CWORD]} before='' words='' files='' runs='' equals=''\n"
        "  if [ \"$COMP_CWORD\" -gt 1 ]; then before=${COMP_WORDS[COMP_CWORD - 1]}; fi\n"
        "  if [ \"$word\" = = ]; then\n    word='' equals=1\n"
        "  elif [ \"$before\" = = ]; then\n"
        "    before=${COMP_WORDS[COMP_CWORD - 2]} equals=1\n  fi\n");
    complete_bash_values(out);
    strbuf_add_str(out, "  if [ -z \"$before\" ] && [ \"$COMP_CWORD\" -le 1 ]; then\n    words='");
    complete_verbs(out);
    strbuf_add_str(out, " --help --version'\n  elif [ -z \"$before\" ]; then\n"
                        "    case ${COMP_WORDS[1]} in\n");
    for (size_t i = 0; i < n_verbs; i++)
        complete_bash_verb(out, verb_table[i]);
    strbuf_add_str(out,
                   "    esac\n  fi\n"
                   "  if [ -n \"$runs\" ] && [[ $word != -* ]]; then\n"
                   "    words+=\" $(prusik completion runs 2> /dev/null | cut -f 1)\"\n  fi\n"
                   "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
                   "  if [ -n \"$files\" ] && [[ $word != -* ]]; then\n"
                   "    mapfile -t -O \"${#COMPREPLY[@]}\" COMPREPLY < <(compgen -f -- \"$word\")\n"
                   "    compopt -o filenames 2> /dev/null\n  fi\n}\n"
                   "complete -F _prusik prusik\n");
}

/* --- zsh --- */

static void complete_zsh_option(struct strbuf *out, const struct cli_option *o)
{
    strbuf_add_str(out, " \\\n        ");
    if (o->letter)
        strbuf_addf(out, "'(-%c %s)'{-%c,%s}", o->letter, o->name, o->letter, o->name);
    else
        strbuf_addf(out, "%s", o->name);
    if (o->kind == CLI_MAYBE)
        strbuf_add_str(out, "=-");
    strbuf_add_str(out, "'[");
    complete_quoted(out, o->help, "'\\''");
    strbuf_add_byte(out, ']');
    if (o->kind != CLI_FLAG)
        strbuf_addf(out, ":%s%s:", o->kind == CLI_MAYBE ? ":" : "", o->value);
    if (o->words) {
        strbuf_add_byte(out, '(');
        complete_words(out, o->words);
        strbuf_add_byte(out, ')');
    } else if (complete_is_file(o->value)) {
        strbuf_add_str(out, "_files");
    }
    strbuf_add_byte(out, '\'');
}

static void complete_zsh_verb(struct strbuf *out, const struct verb *v)
{
    strbuf_addf(out, "    %s)\n      _arguments -s", v->name);
    for (size_t i = 0; i < n_cli_options; i++)
        if (verb_has_option(v, cli_options[i].name))
            complete_zsh_option(out, &cli_options[i]);
    if (v->words) {
        strbuf_add_str(out, " \\\n        '1:what:(");
        complete_words(out, v->words);
        strbuf_add_str(out, ")'");
    }
    if (complete_takes(v, "RUN") && complete_takes_file(v))
        strbuf_add_str(out, " \\\n        '*: :_prusik_runs_or_files'");
    else if (complete_takes(v, "RUN"))
        strbuf_add_str(out, " \\\n        '*:run:_prusik_runs'");
    else if (complete_takes_file(v))
        strbuf_add_str(out, " \\\n        '*:file:_files'");
    strbuf_add_str(out, "\n      ;;\n");
}

void complete_zsh(struct strbuf *out)
{
    strbuf_add_str(
        out,
        "#compdef prusik\n# zsh completion of prusik; written by: prusik completion zsh\n"
        "_prusik_runs() {\n  local -a runs\n"
        "  runs=(${(f)\"$(prusik completion runs 2> /dev/null)\"})\n"
        "  runs=(${runs/$'\\t'/:})\n  _describe -t runs run runs -V runs\n}\n"
        "_prusik_runs_or_files() {\n  _alternative runs:run:_prusik_runs files:file:_files\n}\n"
        "_prusik() {\n  local -a verbs\n  verbs=(\n");
    for (size_t i = 0; i < n_verbs; i++) {
        if (verb_table[i]->hidden)
            continue;
        strbuf_addf(out, "    '%s:", verb_table[i]->name);
        complete_quoted(out, verb_table[i]->help, "'\\''");
        strbuf_add_str(out, "'\n");
    }
    strbuf_add_str(out, "  )\n  if (( CURRENT == 2 )); then\n    _describe verb verbs\n    return\n"
                        "  fi\n  local verb=$words[2]\n  shift words\n  (( CURRENT-- ))\n"
                        "  case $verb in\n");
    for (size_t i = 0; i < n_verbs; i++)
        complete_zsh_verb(out, verb_table[i]);
    strbuf_add_str(out, "  esac\n}\n_prusik \"$@\"\n");
}

/* --- fish --- */

static void complete_fish_text(struct strbuf *out, const char *text)
{
    strbuf_add_byte(out, '\'');
    complete_quoted(out, text, "\\'");
    strbuf_add_byte(out, '\'');
}

static void complete_fish_option(struct strbuf *out, const struct verb *v,
                                 const struct cli_option *o)
{
    strbuf_addf(out, "complete -c prusik -n '__prusik_verb %s' -l %s", v->name, o->name + 2);
    if (o->letter)
        strbuf_addf(out, " -s %c", o->letter);
    if (o->words) {
        strbuf_add_str(out, o->kind == CLI_MAYBE ? " -a '" : " -x -a '");
        complete_words(out, o->words);
        strbuf_add_byte(out, '\'');
    } else if (o->kind != CLI_FLAG) {
        strbuf_add_str(out, complete_is_file(o->value) ? " -r -F" : " -x");
    }
    strbuf_add_str(out, " -d ");
    complete_fish_text(out, o->help);
    strbuf_add_byte(out, '\n');
}

static void complete_fish_verb(struct strbuf *out, const struct verb *v)
{
    if (!v->hidden) {
        strbuf_addf(out, "complete -c prusik -n __prusik_verb -a %s -d ", v->name);
        complete_fish_text(out, v->help);
        strbuf_add_byte(out, '\n');
    }
    if (complete_takes_file(v))
        strbuf_addf(out, "complete -c prusik -n '__prusik_verb %s' -F\n", v->name);
    if (complete_takes(v, "RUN"))
        strbuf_addf(out,
                    "complete -c prusik -n '__prusik_verb %s' -k -a"
                    " '(prusik completion runs 2> /dev/null)'\n",
                    v->name);
    if (v->words) {
        strbuf_addf(out, "complete -c prusik -n '__prusik_verb %s' -a '", v->name);
        complete_words(out, v->words);
        strbuf_add_str(out, "'\n");
    }
    for (size_t i = 0; i < n_cli_options; i++)
        if (verb_has_option(v, cli_options[i].name))
            complete_fish_option(out, v, &cli_options[i]);
}

void complete_fish(struct strbuf *out)
{
    strbuf_add_str(out, "# fish completion of prusik; written by: prusik completion fish\n"
                        "function __prusik_verb # the word behind prusik: none, or this one\n"
                        "  set -l words (commandline -opc)\n"
                        "  test \"$words[2]\" = \"$argv[1]\"\nend\n"
                        "complete -c prusik -f\n");
    for (size_t i = 0; i < n_verbs; i++)
        complete_fish_verb(out, verb_table[i]);
}
