#pragma once

/*
 * terminal: commands that belong to a terminal: those that never end, and those that wait
 * for a person to type.
 */
#include "runbook/command.h"

bool terminal_endless(const struct shell_item *item, const struct command *c);
/* Of one that never ends: is it a server, which is needed while it runs? */
bool terminal_serves(const struct shell_item *item);
/* "su - app", "sudo -i", "docker exec -it web bash": what follows is typed into the shell that it opens. */
bool terminal_opens_shell(const struct shell_item *item);
/* Does it wait for a person to type? */
bool terminal_asks(const struct shell_item *item, const struct command *c);
/* Does it end the session in which it runs: a reboot? */
bool terminal_ends_session(const struct shell_item *item);
