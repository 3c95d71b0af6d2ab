#pragma once

/*
 * where: the host that a sentence names for commands: "On web1:", "SSH into bastion-2 and run:", "From your laptop:".
 *
 * A name is what looks like one of a machine ("web1", "db.example.com", "deploy@app-2"), or words that end in what
 * machines are called ("the web servers", "each replica"), without their article.  Several are one name, as they stand
 * there: "web1 and web2", "primary and the standby".
 */
#include "base/base.h"

enum where_kind {
    WHERE_NOT,  /* the text names no host */
    WHERE_ONCE, /* "On web1:": what it introduces runs there */
    WHERE_STAY, /* "SSH into web1": what follows runs there */
    WHERE_LEAVE /* "Log out of web1": what follows runs here again */
};

/* *host: a view of the text; empty: this machine, as "on your laptop" says. */
enum where_kind where_read(struct sv sentence, struct sv *host);
/*
 * "Restart nginx on web1 and web2:", "In the target replica, run:": the host inside of a sentence that tells what to do there.
 * Only a name of a machine, or what tells one of several ("the standby", "all nodes"): "on the server" may be said of any.
 */
bool where_within(struct sv sentence, struct sv *host);
/*
 * "For each node:", "Restart the remaining brokers", "Rolling restart (one node at a time)": machines of which there are
 * several, in a sentence that tells what to do with each.
 */
/* "For each node, complete the following steps. Do one at a time." above a list. */
bool where_heads(struct sv label);
bool where_spreads(struct sv sentence, struct sv *host);
/* "Everything below runs on web1", "se ejecutan en el servidor app2": the host anywhere in a sentence that is known to say where. */
bool where_named(struct sv sentence, struct sv *host);
/* "Backout (both LBs):", "Rollback (on db2)": what stands in brackets at its end. */
bool where_in_brackets(struct sv title, struct sv *host);
/* Do all lines reach other hosts by themselves (`kubectl`, `psql -h`, `curl https://`), or name this one? */
bool where_reaches_out(struct sv commands, struct sv host);
/* "Then app02 and app03", "The same on db2": the next of several machines, of which nothing more is said. */
bool where_is_next(struct sv sentence);
/* "Disk on db01 has 5 GB free": the one machine by name of which something is stated. */
bool where_of(struct sv sentence, struct sv *host);
