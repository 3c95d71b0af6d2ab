#pragma once

/*
 * complete: what a shell offers after `prusik`, from the rows that the program reads.
 */
#include "base/strbuf.h"

/* A script for the shell that its completion loads: bash >= 4, zsh, fish >= 3. */
void complete_bash(struct strbuf *out);
void complete_zsh(struct strbuf *out);
void complete_fish(struct strbuf *out);
