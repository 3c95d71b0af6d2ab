#pragma once

/*
 * folder: where the words above a block say that its commands are to be run.
 */
#include "runbook/reader_int.h"

#define FOLDER_LEAD "^(?:then |next,? |now,? |and )?(?:(?:on|auf|sur|en) [^:,/]{1,60}, )?"
#define FOLDER_VERB "(?:(?:run|execute|issue|perform|enter|type)\\b[^.:/]{0,50}?\\s)?"
#define FOLDER_WORD "(?:directory|directories|folder|folders|dir)\\b"
/* "From the /opt/app directory, run:"; the path is group 1. */
#define FOLDER_NAMED                                                                       \
    FOLDER_LEAD FOLDER_VERB                                                                \
        "(?:from(?: within| inside)?|inside(?: of)?|within|in|under)(?: the| your| its)?"  \
        "(?: (?:directory|folder|dir|path))? "                                             \
        "((?:/|~/|\\$\\{?\\w)[\\w./${}~-]*[\\w/}]|[\\w.-]+/[\\w./-]*(?= " FOLDER_WORD "))" \
        "(?: " FOLDER_WORD ")?(?:,| (?:run|execute|issue|do|type|enter|on)\\b|[^/.]{0,25}[:.]?$)"
/* "Inside the release folder:"; the root of what the document lies in is where everything runs. */
#define FOLDER_SOME                                                                    \
    FOLDER_LEAD FOLDER_VERB                                                            \
        "(?:from(?: within| inside)?|inside(?: of)?|within|in)"                        \
        "(?: (?:the|your|each|every|this|that|these|those|its|all))+ "                 \
        "(?!(?:root|top|base|project|repo|repository|source|same|current|working)\\b)" \
        "(?:[\\w<>{}\\[\\]/.-]+ ){0,3}?" FOLDER_WORD                                   \
        "(?:,|:|$| (?:run|execute|of|on|where|that|which)\\b)"

/* A command that depends on its folder stands below words that do not say which one it is. */
bool folder_is_open(const struct rb_build *b, const struct rb_block *block);
/*
 * "All commands in this section are run from `/opt/app`", "Everything below runs in ~/x on web1": of all that is read from
 * now on in its section, or of the document where it says so.  True: the paragraph says nothing else.
 */
bool folder_paragraph(struct rb_build *b, const struct md_node *n, struct sv text);
/* Where it says that what is read now is done: a host, unless the commands go to another one; empty: it does not. */
struct sv folder_host(const struct rb_build *b, struct sv commands);
/* The way there, once for each session in which something depends on it. */
void folder_enter_all(struct block_reader *r, const struct shell_item *item,
                      const struct command *c);
/* The way into the folder that the label names, before the block's first command. */
void folder_enter(struct block_reader *r, const struct command *first);
