#pragma once

/*
 * terminal: commands that belong to a terminal: those that never end, and those that wait
 * for a person to type.
 */
#include "runbook/command.h"

bool terminal_endless(const struct shell_item *item, const struct command *c);
/* Of one that never ends: is it a server, which is needed while it runs? */
bool terminal_serves(const struct shell_item *item);
bool terminal_asks(const struct shell_item *item, const struct command *c);
/* Does it end the session in which it runs: a reboot? */
bool terminal_ends_session(const struct shell_item *item);
