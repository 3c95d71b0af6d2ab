#pragma once

/*
 * plain: commands that mean the same to every shell, because they need none.
 *
 * A program and its words, without expansion, redirection or list: `git status`, `curl -fsS http://127.0.0.1/`.  They can
 * be given to sh(1), which starts a program at a third less than bash, as long as no other command has
 * been given to the shell: functions, aliases, traps, options and umask are those that it began with.
 */
#include "base/base.h"

/* The program of sh -c: a plain command on each line of descriptor 3, its status and NUL on 4; $1 of the shell becomes
 * the program of a bash in its place at an empty line. */
extern const char plain_driver[];

/* A reserved word or builtin of bash: a name that no program of that name answers to. */
bool plain_is_shells_own(struct sv name);

/* Nothing in this environment ("NAME=value", NULL-terminated) changes what a fresh bash does with a command. */
bool plain_environment(const char *const *env);

/* Is `text` plain, and its program a file that can be started from `cwd` with this environment? */
bool plain_command(struct sv text, const char *const *env, const char *cwd);
