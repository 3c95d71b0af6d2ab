#include "cli/command.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/sv.h"
#include "cli/load.h"

static struct {
    char *dir;   /* absolute; NULL: no store is in use */
    bool looked; /* whether it is found unasked is known: */
    bool unasked;
} command_of;

void command_store(const char *dir)
{
    free(command_of.dir);
    command_of.dir = realpath(dir, NULL);
    command_of.looked = false;
}

static bool command_is_found_unasked(void)
{
    if (!command_of.looked) {
        CLEANUP(mem_freep) char *dir = load_store_unasked();
        CLEANUP(mem_freep) char *path = dir ? realpath(dir, NULL) : NULL;

        command_of.unasked = path && strcmp(path, command_of.dir) == 0;
        command_of.looked = true;
    }
    return command_of.unasked;
}

/* As a word of a shell. */
static void command_add_word(struct strbuf *out, struct sv word)
{
    static const char plain[] = "-_./+:@%,=~";
    bool bare = word.n > 0 && word.p[0] != '~';

    for (size_t i = 0; i < word.n; i++)
        bare &= ascii_is_alnum(word.p[i]) || (word.p[i] && strchr(plain, word.p[i]));
    if (bare) {
        strbuf_add_sv(out, word);
        return;
    }
    strbuf_add_byte(out, '\'');
    for (size_t i = 0; i < word.n; i++)
        strbuf_add_str(out, word.p[i] == '\'' ? "'\\''" : (char[]){word.p[i], '\0'});
    strbuf_add_byte(out, '\'');
}

/* How long "VERB r-0001" or "VERB --all" is, which the text begins with; 0: it is none that reads a store. */
static size_t command_match(struct sv text)
{
    size_t verb = sv_find_byte(text, ' ', 0), end;

    for (size_t i = 0; i < n_verbs && verb != SV_NPOS; i++) {
        struct sv rest = sv_sub(text, verb + 1, text.n);

        if (!sv_eq(sv_sub(text, 0, verb), sv_from(verb_table[i]->name)) ||
            !verb_has_option(verb_table[i], "--store"))
            continue;
        if (sv_starts(rest, SV("--all")))
            return verb + 1 + strlen("--all");
        if (!sv_starts(rest, SV("r-")))
            return 0;
        for (end = 2; end < rest.n && ascii_is_digit(rest.p[end]); end++)
            ;
        return end > 2 ? verb + 1 + end : 0;
    }
    return 0;
}

void command_add(struct strbuf *out, struct sv text)
{
    const struct sv name = SV("prusik ");
    size_t at, n;

    while (command_of.dir && (at = sv_find(text, name, 0)) != SV_NPOS) {
        at += name.n;
        n = command_match(sv_sub(text, at, text.n));
        strbuf_add_sv(out, sv_sub(text, 0, at + n));
        text = sv_sub(text, at + n, text.n);
        if (n && !command_is_found_unasked()) {
            strbuf_add_str(out, " --store ");
            command_add_word(out, sv_from(command_of.dir));
        }
    }
    strbuf_add_sv(out, text);
}
