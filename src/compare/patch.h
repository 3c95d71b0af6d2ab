#pragma once

/*
 * patch: a record that differs from another in single values only, made of the other one.
 *
 * Most records of two snapshots that are not the same bytes differ in a number or a text.  Such a line has the structure of
 * the other, which was read: only the values that differ are read again, by the same reader of JSON.  What differs in
 * anything else (a name, the key, what is nested, a value that is not valid) is left to the caller, who reads all of it.  Pure.
 */
#include "base/json.h"

#define PATCH_VALUES 16u /* that differ, at most: then reading all of it costs no more */

/*
 * old_line holds one object {"data": {...}, ...} that was read as `data`.  The data of new_line, a new reference; NULL: it differs in
 * more than members of "data", or is not valid.
 */
json_t *patch_data(struct sv old_line, struct sv new_line, const json_t *data);
