#pragma once

/*
 * command_service: the commands of service managers that can be carried out without them.
 *
 * One verb (start, stop, restart, reload, status, is-active), one service, and no option but those
 * that change only what is printed: everything else stays the document's own command.
 */
#include "runbook/command.h"

/* The words from the program on, without sudo.  True: form, effect, verb, tool and target of c are set. */
bool command_service_read(const struct shell_word *words, size_t n, struct command *c);
