#pragma once

/*
 * xmlrpc: calls and answers of XML-RPC (http://xmlrpc.com/spec.md), as supervisord speaks it.
 *
 * Pure.  An answer becomes a jansson tree: <struct> an object, <array> an array, <int>, <i4> and <i8>
 * an integer, <boolean> true or false, <double> a real, <string>, <dateTime.iso8601>, <base64> and a
 * value without a type a text, <nil/> null.  expat reads the XML, opened at run time.
 */
#include "base/err.h"
#include "base/json.h"

#define XMLRPC_DEPTH 32u     /* of values in values: supervisor's answers have 4 */
#define XMLRPC_BYTES 4194304 /* of an answer: a log's tail is asked for in parts */

/* A <methodCall>; params: an array of texts, integers and booleans. */
void xmlrpc_write(const char *method, const json_t *params, struct strbuf *out);
/*
 * The value of a <methodResponse>.  ERR_FAILED: it is a <fault>: *fault is its code, err its text.
 * ERR_CORRUPT: it is no such answer.  ERR_LIMIT: it is too large or too deep.  ERR_NOT_FOUND: there
 * is no expat.
 */
NODISCARD enum err_code xmlrpc_read(struct sv text, json_t **ret, int64_t *fault, struct err *err);
