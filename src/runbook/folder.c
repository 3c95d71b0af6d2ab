/*
 * folder: "Run this from the `/opt/app` directory:" above a block is a cd that nobody wrote down.
 *
 * Where the folder is only described ("inside the release folder"), and the commands depend on it, a person carries them out.
 */
#include "runbook/folder.h"

#include <string.h>

#include "base/regex.h"
#include "base/sv.h"
#include "base/words.h"

/* The folder that the label names; empty: none.  "In `/etc/app.conf`" is a file. */
static struct sv folder_named(const struct rb_build *b)
{
    struct regex_match g[2];
    struct sv path;
    size_t name;

    if (!b->label.n || !regex_find(b->block_patterns[BLOCK_IN_FOLDER], b->label, 0, g, 2))
        return (struct sv){NULL, 0};
    path = sv_sub(b->label, g[1].from, g[1].to);
    for (name = path.n; name > 0 && path.p[name - 1] != '/';)
        name--;
    return sv_find_byte(path, '.', name + 1) == SV_NPOS ? path : (struct sv){NULL, 0};
}

static bool folder_is_absolute(struct sv word)
{
    return word.n && strchr("/~$", *word.p);
}

/* Does the command do something else in another folder? */
static bool folder_matters(const struct shell_simple *s)
{
    static const char *const programs[] = {"git",     "make",  "npm",   "yarn",   "docker-compose",
                                           "alembic", "flask", "rm",    "mv",     "cp",
                                           "tar",     "chmod", "chown", "ln",     "mkdir",
                                           "rmdir",   "touch", "find",  "python", "python3"};
    bool sudo, known = false;
    struct shell_simple inner = shell_inner(s, &sudo);
    struct sv program = inner.n_words ? inner.words[0].raw : SV("");

    if (sv_find_byte(program, '/', 0) != SV_NPOS)
        return !folder_is_absolute(program);
    for (size_t i = 0; i < ARRAY_LEN(programs); i++)
        known |= sv_is(program, programs[i]);
    for (size_t i = 1; known && i < inner.n_words; i++)
        if (!folder_is_absolute(inner.words[i].raw) && !sv_starts(inner.words[i].raw, SV("-")))
            return true;
    return false;
}

bool folder_is_open(const struct rb_build *b, const struct rb_block *block)
{
    if (!b->label.n || folder_named(b).n ||
        !regex_has(b->block_patterns[BLOCK_IN_SOME_FOLDER], b->label))
        return false;
    for (size_t i = 0; i < block->script.n; i++)
        for (size_t k = 0; k < block->script.v[i].n_simple; k++)
            if (folder_matters(&block->script.v[i].simple[k]))
                return true;
    return false;
}

/* A step "cd x", as the words in that line say. */
static struct rb_step *folder_step(struct rb_build *b, uint32_t node, struct sv folder,
                                   struct sv said, size_t line)
{
    struct rb_block block = {.kind = BLOCK_SHELL,
                             .node = node,
                             .part = b->part,
                             .line = line - 1, /* of a fence, it would be */
                             .end_line = line,
                             .text = arena_fmt(b->arena, "cd %.*s", SV_FMT(folder))};
    struct rb_draft *d;

    shell_split(b->shell, block.text, block.text, b->arena, &block.script);
    assert(block.script.n == 1); /* a folder has nothing that the shell would take apart */
    *vec_add(&b->blocks) = block;
    d = build_step(b, STEP_SHELL, line, block.script.v[0].text);
    d->step.block = (uint32_t)(b->blocks.n - 1);
    d->step.item = 0;
    d->step.command = ARENA_NEW(b->arena, struct command);
    command_read(&block.script.v[0], b->arena, d->step.command);
    d->step.note = sv_sub(said, 0, EXPECT_MAX_BYTES);
    return &d->step;
}

void folder_enter(struct block_reader *r, const struct command *first)
{
    struct rb_build *b = r->b;
    struct sv folder = folder_named(b);

    if (b->steps.n > r->first || !folder.n || first->form == COMMAND_STATE)
        return; /* it was entered, or the block goes there itself */
    folder_step(b, b->blocks.v[r->block].node, folder, b->label, b->label_line)->condition =
        r->condition.n ? r->condition : r->label_condition;
}

/* --- of all that follows --- */

/* "/opt/app", "~/x", "$HOME/x", and nothing that is filled in later or taken apart by a shell. */
static struct sv folder_of_word(struct sv word)
{
    while (word.n && strchr("\"'(`", *word.p))
        word = sv_sub(word, 1, word.n);
    while (word.n && strchr("\"'),.:;`", word.p[word.n - 1]))
        word.n--;
    for (size_t i = 0; i < word.n; i++)
        if ((unsigned char)word.p[i] >= 0x80) /* "/data/order目录下" */
            word.n = i;
        else if (!ascii_is_word(word.p[i]) && !strchr("/.~${}+@-", word.p[i]))
            return (struct sv){NULL, 0};
    return word.n > 1 && strchr("/~$", *word.p) && sv_find_byte(word, '/', 0) != SV_NPOS
               ? word
               : (struct sv){NULL, 0};
}

/* The folder in such a sentence: behind "from", "in the directory", or before what says so in the east. */
static struct sv folder_of_sentence(struct sv sentence)
{
    static struct words fronts = WORDS(
        "from in inside within under at dans depuis sous en desde em na im aus unter von w z ze в из");
    static struct words nouns = WORDS(
        "the a directory folder dir path le la el o dossier répertoire carpeta directorio pasta diretório verzeichnis ordner katalogu "
        "folderze каталоге папке директории your its");
    struct sv rest = sentence, word;
    bool in = false;

    while (sv_next_word(&rest, &word)) {
        struct sv folder = folder_of_word(word);
        bool east = folder.n && ((folder.p + folder.n < sentence.p + sentence.n &&
                                  (unsigned char)folder.p[folder.n] >= 0x80) ||
                                 (rest.n && (unsigned char)*sv_trim(rest).p >= 0xe3));

        if (folder.n && (in || east))
            return folder;
        in = words_have(&fronts, word) || (in && words_have(&nouns, word));
    }
    return (struct sv){NULL, 0};
}

/* Does the sentence speak of its section only?  Where that is not carried out, of no section. */
static bool folder_is_of_section(const struct rb_build *b, struct sv sentence)
{
    static const struct sv words[] = {
        SV("section"),   SV("chapter"),  SV(" part"),     SV("below"),     SV(" here"),
        SV("following"), SV("follows"),  SV("abschnitt"), SV("kapitel"),   SV("folgende"),
        SV("chapitre"),  SV("suivant"),  SV("sección"),   SV("siguiente"), SV("seção"),
        SV("seguinte"),  SV("rozdzial"), SV("poniższ"),   SV("以下"),      SV("下列")};
    static const struct sv wider[] = {SV(" page"), SV("document"), SV("runbook"), SV("playbook"),
                                      SV(" guide")};

    return build_role_acts(build_role(b)) && REGEX_SAYS_ANY(sentence, words) &&
           !REGEX_SAYS_ANY(sentence, wider);
}

/* The section that what is read stands in. */
static uint32_t folder_section(const struct rb_build *b)
{
    uint32_t part = b->part;

    while (part != RB_NONE && b->parts.v[part].kind != PART_SECTION)
        part = b->parts.v[part].parent;
    return part;
}

/* "as user `portal`": nobody becomes it by himself, but whoever begins reads it. */
static bool folder_says_who(struct sv one)
{
    static const struct sv words[] = {SV(" as "),      SV(" user "),    SV(" als "),
                                      SV(" usuario "), SV(" usuário "), SV("utilisateur"),
                                      SV(" jako "),    SV("用户")};

    return REGEX_SAYS_ANY(one, words);
}

static bool folder_sentence(struct rb_build *b, const struct md_node *n, struct sv one)
{
    bool heads = n->next == MD_NONE || b->rb->md.v[n->next].kind == MD_HEADING;
    struct sv host = {NULL, 0}, folder;

    if (!(regex_has(b->block_patterns[BLOCK_ALL_HERE], one) ||
          (heads && regex_has(b->block_patterns[BLOCK_RUN_HERE], one))))
        return false;
    folder = folder_of_sentence(one);
    if (!where_named(one, &host) && !folder.n)
        return false;
    b->here = (struct here){
        .part = folder_is_of_section(b, one) ? folder_section(b) : RB_NONE,
        .folder = folder,
        .host = host,
        .node = (uint32_t)(n - b->rb->md.v),
        .line = n->kind == MD_PARAGRAPH ? md_line_at(n, (size_t)(one.p - n->text.p)) : n->line,
        .text = one,
        .proc = RB_NONE};
    if (folder_says_who(one))
        remark_add(b, b->here.line, one);
    return true;
}

bool folder_paragraph(struct rb_build *b, const struct md_node *n, struct sv text)
{
    struct sv one, whole = text = sv_trim(text);

    if (text.n > EXPECT_MAX_BYTES)
        return false;
    while (text.n) {
        one = sv_trim(told_last_sentence(text));
        if (folder_sentence(b, n, one))
            return one.n == whole.n;
        text = sv_trim(sv_sub(text, 0, (size_t)(one.p - text.p)));
    }
    return false;
}

/* Does it hold for what is read now? */
static bool folder_holds(const struct rb_build *b)
{
    uint32_t part = b->part;

    while (part != RB_NONE && part != b->here.part)
        part = b->parts.v[part].parent;
    return part == b->here.part;
}

struct sv folder_host(const struct rb_build *b, struct sv commands)
{
    return b->here.host.n && folder_holds(b) &&
                   !(block_has_ssh(commands) && sv_has(commands, b->here.host))
               ? b->here.host
               : (struct sv){NULL, 0};
}

/* Programs that do the same wherever they are started, with whatever words. */
static bool folder_is_anywhere(const struct shell_simple *s)
{
    static struct words programs = WORDS(
        "systemctl service journalctl ssh ping dig host nslookup sleep date uptime free df ps pgrep pkill ss netstat hostname whoami id "
        "kill echo export set curl wget supervisorctl reboot shutdown apt apt-get yum dnf ip mount umount");
    bool sudo;
    struct shell_simple inner = shell_inner(s, &sudo);

    return !inner.n_words || words_have(&programs, inner.words[0].raw);
}

/* May one of these commands do something else in another folder? */
static bool folder_may_matter(const struct shell_item *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool matters = v[i].n_simple == 0 && v[i].kind != SHELL_COMMENT;

        for (size_t k = 0; k < v[i].n_simple; k++)
            matters |= !folder_is_anywhere(&v[i].simple[k]);
        if (matters)
            return true;
    }
    return false;
}

void folder_enter_all(struct block_reader *r, const struct shell_item *item,
                      const struct command *c)
{
    struct rb_build *b = r->b;
    struct here *h = &b->here;
    const struct shell_script *all = &b->blocks.v[r->block].script;
    bool first =
        b->steps.n == r->first; /* before all of the block, of which one may be asked about */

    if (!h->folder.n || !folder_holds(b) || (h->host.n && b->host.n && !sv_eq(h->host, b->host)) ||
        (h->entered && h->proc == b->proc && sv_eq(h->there, b->host)))
        return;
    if (c->form == COMMAND_STATE && sv_starts(item->text, SV("cd "))) {
        h->entered = true; /* it goes there, or elsewhere, by itself */
    } else {
        if (!(first ? folder_may_matter(all->v, all->n) : folder_may_matter(item, 1)))
            return;
        (void)folder_step(b, h->node, h->folder, h->text, h->line);
        h->entered = true;
    }
    h->proc = b->proc;
    h->there = b->host;
}
