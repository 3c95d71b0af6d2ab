#include "watch/oddity.h"

/* clang-format off */
const struct oddity_info oddity_info[ODDITY__N] = {
    [ODDITY_BLANK_BEFORE]  = {ODDITY_SERVER,  false, "a blank before the metric name"},
    [ODDITY_TIME_SIGN]     = {ODDITY_SERVER,  false, "a timestamp with a sign"},
    [ODDITY_NO_NAME]       = {ODDITY_SERVER,  false, "no metric name after HELP or TYPE"},
    [ODDITY_NO_TYPE]       = {ODDITY_SERVER,  true,  "a TYPE line without a type"},
    [ODDITY_TYPE_SPELLING] = {ODDITY_SERVER,  false, "a type that is not one word in lower case after one blank"},
    [ODDITY_HELP_UTF8]     = {ODDITY_SERVER,  false, "a help text that is not UTF-8"},
    [ODDITY_NO_LF]         = {ODDITY_LIBRARY, true,  "no line feed at the end of the last line"},
    [ODDITY_BLANK_AFTER]   = {ODDITY_LIBRARY, false, "a blank after the value or timestamp"},
    [ODDITY_ESCAPE]        = {ODDITY_LIBRARY | ODDITY_SPEC, true, "an unknown escape in a label value"},
    [ODDITY_NO_COMMA]      = {ODDITY_LIBRARY, true,  "no comma between two labels"},
    [ODDITY_TYPE_AGAIN]    = {ODDITY_LIBRARY | ODDITY_SPEC, true, "TYPE again, or after the first sample"},
    [ODDITY_HELP_AGAIN]    = {ODDITY_LIBRARY | ODDITY_SPEC, false, "HELP again"},
    [ODDITY_UNIT_AGAIN]    = {ODDITY_SPEC,    false, "UNIT again"},
    [ODDITY_HELP_ESCAPE]   = {ODDITY_LIBRARY, false, "an unknown escape in a help text"},
    [ODDITY_SEPARATOR]     = {ODDITY_LIBRARY, false, "no blank after the metric name in HELP or TYPE"},
    [ODDITY_GLUED]         = {ODDITY_LIBRARY, false, "a mistake in a #HELP or #TYPE line"},
    [ODDITY_BOUND]         = {ODDITY_LIBRARY, false, "a le or quantile that is not a number"},
    [ODDITY_NO_TOTAL]      = {ODDITY_SPEC,    false, "a counter without _total"},
    [ODDITY_INTERLEAVED]   = {ODDITY_SPEC,    false, "a family that goes on after another one"},
    [ODDITY_SERIES_AGAIN]  = {ODDITY_SPEC,    true,  "a series again"},
};
/* clang-format on */
