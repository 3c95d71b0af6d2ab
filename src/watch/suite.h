#pragma once

/*
 * suite: what a test suite prints, read for the names of the tests that failed.
 *
 * Known are pytest, unittest, go test, cargo test, jest and TAP.  Pure.
 */
#include "base/json.h"

/*
 * {"name": ...} for each test that failed, once, in the order of the text, added to `names`.  False: nothing in the text
 * says that it is of a suite.
 */
bool suite_failures(struct sv out, json_t *names);
