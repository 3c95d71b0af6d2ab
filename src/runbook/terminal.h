#pragma once

/*
 * terminal: commands that belong to a terminal: those that never end, and those that wait
 * for a person to type.
 */
#include "runbook/command.h"

bool terminal_endless(const struct shell_item *item, const struct command *c);
bool terminal_asks(const struct shell_item *item, const struct command *c);
