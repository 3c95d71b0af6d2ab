/* What was typed in a session that was pasted whole, and what it showed. */
#include "runbook_want.h"

#define TYPED(code) "# R\n## Deploy\n```console\n" code "\n```\n"

T(lines_of_a_heredoc_are_typed_and_no_output)
{
    want_steps(TYPED("$ cat > /etc/app.conf <<EOF\nworkers=4\n# a note\nEOF\n$ ./next\ndone"),
               "deploy cat > /etc/app.conf <<EOF\nworkers=4\n# a note\nEOF|deploy ./next");
    want_steps(TYPED("me@web1:~$ cat <<-'END' >> x\n\ta\n\tEND\nme@web1:~$ ./next"),
               "deploy cat <<-'END' >> x\n\ta\n\tEND|deploy ./next");
    want_steps(TYPED("# cat <<\"A\" > x\n- a\nA\n# systemctl stop x"),
               "deploy cat <<\"A\" > x\n- a\nA|deploy systemctl stop x");
}

T(a_heredoc_with_the_prompts_of_the_shell_is_written_without_them)
{
    want_steps(TYPED("$ cat > x <<EOF\n> a=1\n>  b\n> EOF\n$ ./next\nout"),
               "deploy cat > x <<EOF\na=1\n b\nEOF|deploy ./next");
}

T(a_heredoc_without_an_end_is_asked_about)
{
    CLEANUP(reading_done) struct reading r;

    read_text(&r, TYPED("$ ./b\n$ ./a <<EOF\nout\n$ ./next"));
    T_CHECK(r.rb.blocks[0].script.broken);
    T_EQ(r.rb.blocks[0].script.broken_line, 1);
    T_EQ(r.rb.n_notes, 1);
    T_EQ(r.rb.notes[0].line, 5);
}

T(what_only_looks_like_a_heredoc_is_none)
{
    want_steps(TYPED("$ echo $((1<<2))\n4\n2\n$ ./next"), "deploy echo $((1<<2))|deploy ./next");
    want_steps(TYPED("$ grep x <<< $y\nout\ny\n$ ./next"), "deploy grep x <<< $y|deploy ./next");
}

T(what_goes_on_behind_the_prompt_of_the_shell_is_one_command)
{
    want_steps(TYPED("$ for h in a b; do\n>   ./x $h\n> done\nout\n$ ls"),
               "deploy for h in a b; do\n    ./x $h\n  done|deploy ls");
    want_steps(TYPED("$ ./a |\n> ./b\n> c\n$ ls"), "deploy ./a |\n  ./b|deploy ls");
    /* npm shows what it runs behind the same mark */
    want_steps(TYPED("$ npm run build\n> app build\n> vite\n$ ls"),
               "deploy npm run build|deploy ls");
}

T_MAIN(T_CASE(lines_of_a_heredoc_are_typed_and_no_output),
       T_CASE(a_heredoc_with_the_prompts_of_the_shell_is_written_without_them),
       T_CASE(a_heredoc_without_an_end_is_asked_about),
       T_CASE(what_only_looks_like_a_heredoc_is_none),
       T_CASE(what_goes_on_behind_the_prompt_of_the_shell_is_one_command))
