#pragma once

/*
 * target: what to ask over HTTP, read from the settings of a source.
 *
 * The kinds that ask over HTTP share these settings: a row of TARGET_KEYS each.  Embed
 * one, zeroed; target_release() wipes the token.
 */
#include "watch/source.h"

/* clang-format off */
#define TARGET_KEYS                                                                              \
    {"url", SOURCE_TEXT, true, "what to ask: http://host:port/path"},                            \
    {"headers", SOURCE_FIELDS, false, "header fields to send"},                                  \
    {"bearer", SOURCE_TEXT, false, "a token, sent as Authorization: Bearer; a secret"},          \
    {"ca_file", SOURCE_TEXT, false, "certificates to trust instead of the system's, PEM"},       \
    {"cert_file", SOURCE_TEXT, false, "our certificate, PEM"},                                   \
    {"key_file", SOURCE_TEXT, false, "its key, PEM"},                                            \
    {"insecure", SOURCE_BOOL, false, "take any certificate"},                                    \
    {"unix_socket", SOURCE_TEXT, false, "path of a socket to speak through"},                    \
    {"follow", SOURCE_NUMBER, false, "how many redirects to follow; none unless given"},         \
    {"max_bytes", SOURCE_NUMBER, false, "the longest answer that is read"}
/* clang-format on */

#define TARGET_MAX_BYTES  (1u << 30) /* the largest max_bytes: such an answer is held in memory */
#define TARGET_MAX_FOLLOW 50u        /* more redirects than browsers follow */

struct target {
    struct arena arena;
    struct http_spec spec; /* points into the arena */
    char *bearer;          /* NULL: none */
};

/* ERR_INVALID: a number is beyond its limit, or the URL is none. */
NODISCARD enum err_code target_open(struct target *t, json_t *settings, struct err *err);
void target_release(struct target *t);
