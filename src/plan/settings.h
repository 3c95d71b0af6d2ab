#pragma once

/*
 * settings: maps of prusik.yaml that a kind of source or receiver reads itself, as JSON.
 *
 * A text becomes a text, a whole number a number, yes and no a bool, a map of texts an object, a list of
 * texts an array.  $NAME is replaced, and a path made absolute, where the key says so.  A text that names a
 * secret stays as it is, as {"secret": text}, and is replaced when it is used: a plan is written down.
 */
#include "base/json.h"
#include "plan/binding.h"
#include "runbook/yaml.h"

/* The settings of one entry, without the members that are `taken` elsewhere (NULL-terminated). */
NODISCARD enum err_code settings_make(struct binding *b, const struct yaml_node *map,
                                      const char *const *taken, json_t **ret, struct err *err);
/*
 * What is used: secrets put in.  ERR_REFUSED: one has no value, or b is NULL and one is needed.  The result is for
 * json_decref(), and not to be shown.
 */
NODISCARD enum err_code settings_reveal(const json_t *settings, const struct binding *b,
                                        json_t **ret, struct err *err);
/* The same with the texts that name secrets as they are: for a look at the keys, and for people. */
json_t *settings_hide(const json_t *settings);
