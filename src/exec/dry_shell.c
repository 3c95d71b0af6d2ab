/*
 * The programs that a command names: are they there?
 */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "action/plain.h"
#include "base/sv.h"
#include "exec/dry_int.h"

/* They bring programs that are not there yet. */
static const struct sv dry_installers[] = {
    SV("apk"),  SV("apt"),  SV("apt-get"), SV("brew"), SV("cargo"), SV("dnf"),   SV("dpkg"),
    SV("go"),   SV("gem"),  SV("install"), SV("make"), SV("npm"),   SV("ninja"), SV("pip"),
    SV("pip3"), SV("pipx"), SV("snap"),    SV("yum"),  SV("zypper")};

static bool dry_is_one_of(struct sv name, const struct sv *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (sv_eq(name, names[i]))
            return true;
    return false;
}

static struct dry_shell *dry_shell_of(struct dry_look *l, struct sv session)
{
    struct dry_shell *new;

    for (size_t i = 0; i < l->shells.n; i++)
        if (sv_eq(l->shells.v[i].session, session))
            return &l->shells.v[i];
    new = vec_add(&l->shells);
    *new = (struct dry_shell){.session = session, .folder = l->plan->workdir};
    return new;
}

static struct sv dry_path(const struct plan *p)
{
    const char *path = getenv("PATH");

    for (size_t i = 0; i < p->n_env; i++)
        if (sv_eq(p->env[i].name, SV("PATH")))
            return p->env[i].value;
    return path ? sv_from(path) : SV("");
}

static bool dry_is_program(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

static void dry_find(struct dry_look *l, struct dry_step *s, struct sv name, bool changed)
{
    struct sv rest = dry_path(l->plan), dir;

    while (sv_split(&rest, ':', &dir)) {
        struct sv file = arena_fmt(&l->d->arena, "%.*s/%.*s", SV_FMT(dir), SV_FMT(name));

        if (dir.n && dry_is_program(file.p)) {
            dry_add(l, s, DRY_FOUND, "%.*s is %.*s", SV_FMT(name), SV_FMT(file));
            return;
        }
    }
    if (changed)
        dry_add(l, s, DRY_OPEN, "no program '%.*s' in PATH: a command before it may change that",
                SV_FMT(name));
    else if (l->installs)
        dry_add(l, s, DRY_OPEN, "no program '%.*s' in PATH: a step before it may bring it",
                SV_FMT(name));
    else
        dry_add(l, s, DRY_WRONG, "no program '%.*s' in PATH", SV_FMT(name));
}

/* From where the shell is then; .n 0: that is not known. */
struct sv dry_path_of(struct dry_look *l, const struct dry_shell *shell, struct sv name)
{
    if (*name.p == '/')
        return arena_sv(&l->d->arena, name);
    return shell->folder.n
               ? arena_fmt(&l->d->arena, "%.*s/%.*s", SV_FMT(shell->folder), SV_FMT(name))
               : (struct sv){"", 0};
}

static void dry_file(struct dry_look *l, struct dry_step *s, const struct dry_shell *shell,
                     struct sv name)
{
    struct sv file = dry_path_of(l, shell, name);

    if (!file.n)
        dry_add(l, s, DRY_OPEN, "%.*s: the shell is in another folder then", SV_FMT(name));
    else if (dry_is_program(file.p))
        dry_add(l, s, DRY_FOUND, "%.*s is there", SV_FMT(name));
    else if (access(file.p, F_OK) == 0)
        dry_add(l, s, DRY_WRONG, "%.*s is no program: not executable", SV_FMT(name));
    else
        dry_add(l, s, DRY_OPEN, "%.*s is not there: a step before it may make it", SV_FMT(name));
}

bool dry_may_bring(const struct plan_step *s)
{
    static const struct sv effects[] = {SV("code"), SV("unknown")};

    return dry_is_one_of(s->effect, effects, ARRAY_LEN(effects));
}

bool dry_may_make(const struct plan_step *s)
{
    static const struct sv effects[] = {SV("files"), SV("code"), SV("backup"), SV("unknown")};

    return dry_is_one_of(s->effect, effects, ARRAY_LEN(effects));
}

/* "cd backend": where the commands after it are. */
static void dry_enter(struct dry_look *l, struct dry_step *s, struct dry_shell *shell,
                      const struct shell_simple *cd)
{
    struct sv name = cd->n_words == 2 ? cd->words[1].value : (struct sv){"", 0};
    struct stat st;

    if (cd->nested || !name.n || *name.p == '-') {
        shell->folder.n = 0;
        return;
    }
    shell->folder = dry_path_of(l, shell, name);
    if (!shell->folder.n)
        dry_add(l, s, DRY_OPEN, "%.*s: the shell is in another folder then", SV_FMT(name));
    else if (stat(shell->folder.p, &st) == 0 && S_ISDIR(st.st_mode))
        dry_add(l, s, DRY_FOUND, "folder %.*s is there", SV_FMT(shell->folder));
    else if (l->makes || dry_may_make(s->step))
        dry_add(l, s, DRY_OPEN, "no folder %.*s: a step before it may make it",
                SV_FMT(shell->folder));
    else
        dry_add(l, s, DRY_WRONG, "no folder %.*s", SV_FMT(shell->folder));
}

/* What a command does to the meaning of names in those after it. */
static void dry_note(struct dry_look *l, struct dry_shell *shell, const struct shell_simple *s,
                     struct sv program)
{
    static const struct sv changing[] = {SV("source"), SV("."),     SV("eval"), SV("alias"),
                                         SV("hash"),   SV("conda"), SV("nvm")};
    static const struct sv moving[] = {SV("pushd"), SV("popd"), SV("source"), SV("."), SV("eval")};

    for (size_t i = 0; i < s->n_assigns; i++)
        if (sv_starts(s->assigns[i].raw, SV("PATH=")))
            shell->changed = true;
    shell->changed |= dry_is_one_of(program, changing, ARRAY_LEN(changing));
    if (dry_is_one_of(program, moving, ARRAY_LEN(moving)))
        shell->folder.n = 0;
    l->installs |= dry_is_one_of(program, dry_installers, ARRAY_LEN(dry_installers));
}

static void dry_simple(struct dry_look *l, struct dry_step *s, struct dry_shell *shell,
                       const struct shell_simple *simple)
{
    bool sudo;
    struct shell_simple inner = shell_inner(simple, &sudo);
    struct sv name;

    if (sudo)
        dry_find(l, s, SV("sudo"), shell->changed);
    if (inner.n_words == 0 || inner.declaration) {
        dry_note(l, shell, &inner, SV(""));
        return;
    }
    if (!inner.words[0].literal) {
        dry_add(l, s, DRY_OPEN, "which program '%.*s' is", SV_FMT(inner.words[0].raw));
        return;
    }
    name = inner.words[0].value;
    if (name.n == 0)
        dry_add(l, s, DRY_WRONG, "a command without a name");
    else if (sv_find_byte(name, '/', 0) != SV_NPOS)
        dry_file(l, s, shell, name);
    else if (sv_eq(name, SV("cd")))
        dry_enter(l, s, shell, &inner);
    else if (!plain_is_shells_own(name))
        dry_find(l, s, name, shell->changed);
    dry_note(l, shell, &inner, name);
}

void dry_is_lost(struct dry_look *l, const struct dry_step *s)
{
    dry_shell_of(l, s->step->session)->folder.n = 0;
}

void dry_programs(struct dry_look *l, struct dry_step *s, struct sv command)
{
    struct dry_shell *shell = dry_shell_of(l, s->step->session);
    struct shell_script script;
    struct sv text = arena_sv(&l->d->arena, command);

    shell_split(l->parser, text, text, &l->d->arena, &script);
    if (script.broken)
        dry_add(l, s, DRY_OPEN,
                "the grammar does not take all of it, so its programs are not known");
    for (size_t i = 0; i < script.n; i++) {
        dry_reads_input(l, s, shell, &script.v[i]);
        for (size_t k = 0; k < script.v[i].n_simple; k++) {
            dry_reads(l, s, shell, &script.v[i], k);
            dry_simple(l, s, shell, &script.v[i].simple[k]);
        }
        dry_say(l, script.v[i].text);
        l->reads.n = 0;
        shell->changed |= script.v[i].kind == SHELL_FUNCTION;
    }
}
