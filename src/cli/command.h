#pragma once

/*
 * command: prusik's own commands in what it says, made so that they can be copied as they are.
 *
 * A hint such as "prusik resume r-0001" is written where nobody knows from where it is read.  Here is known which store this process has open,
 * and which one the same command would find unasked from this folder: where these are two, --store says it.
 */
#include "base/strbuf.h"

/* The store in use from now on. */
void command_store(const char *dir);
/* Append the text; its commands on runs get --store where they need it. */
void command_add(struct strbuf *out, struct sv text);
