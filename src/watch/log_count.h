#pragma once

/*
 * log_count: how many records of a log match each pattern that a rule asks about.
 *
 * A record is a line, or what begins with a line that matches `record` and goes on up to the next
 * such line.  Numbers only grow.  A pattern is named as the rule has it; "PATTERN\0EXCEPT" matches
 * records that have the one and not the other.  A record that says when it was written counts then.  A record in which a search ran into its limit is
 * not counted as free of the pattern: the pattern is `broken` from then on.  Embed it, zeroed.
 */
#include "base/regex.h"
#include "base/vec.h"
#include "watch/log_shape.h"
#include "watch/log_time.h"
#include "watch/sample.h"

#define LOG_HITS 4096u /* moments of a pattern in one look: more are put to the last of them */

/* Records with a time of their own, since the last report. */
struct log_hit {
    int64_t at_us;
    uint64_t n;
};

struct log_pattern {
    char *name; /* with its NUL inside, if it has one */
    size_t name_bytes;
    struct regex *pattern, *except; /* except: or NULL */
    struct regex *block;            /* finds lines in many at once; NULL: line by line */
    uint64_t n;
    VEC(struct log_hit) hits;
    bool broken;
};

struct log_count {
    VEC(struct log_pattern) patterns;
    struct regex *time;   /* finds the time of a record; once something is wanted */
    struct tz *zone;      /* of times that name none; NULL: not known */
    struct regex *record; /* begins a record; NULL: each line does */
    struct strbuf open;   /* the record that may go on */
    bool is_open, grew;   /* grew: since the last log_count_settle() */
    uint64_t records, bytes;
    struct log_shapes *shapes; /* takes each record, too; NULL: nobody does.  Not released here */
};

/* ERR_INVALID: the pattern does not compile. */
NODISCARD enum err_code log_count_record(struct log_count *c, struct sv pattern, struct err *err);
NODISCARD enum err_code log_count_want(struct log_count *c, const struct sv *names, size_t n,
                                       struct err *err);
void log_count_release(struct log_count *c);

/* Whole lines, the last one with its end. */
void log_count_lines(struct log_count *c, struct sv lines);
/* One record that is whole, whatever lines it has, of that moment. */
void log_count_whole(struct log_count *c, struct sv record, int64_t at_us);
/* Nothing was added since the last time: the open record is whole. */
void log_count_settle(struct log_count *c);
/*
 * A counter for each pattern, "records" and "bytes".  Behind the counter of a pattern follow, with one label, how many of what it
 * grew by has a time of its own: not a counter, and at_us is that time.  What would be of the future is of l->at_us.
 */
void log_count_report(struct log_count *c, struct sample_list *l);

#define LOG_COUNT_MEMBERS                                                           \
    {"position", NULL, "how far it was read, for the next process"},                \
        {"records", NULL, "how many were read, a counter"},                         \
        {"bytes", "B", "how many were read, a counter"},                            \
    {                                                                               \
        "*", NULL, "for each pattern of a rule, how many records had it, a counter" \
    }
