#pragma once

/*
 * where: the host that a sentence names for commands: "On web1:", "SSH into bastion-2 and run:", "From your laptop:".
 *
 * A name is what looks like one of a machine ("web1", "db.example.com", "deploy@app-2"), or words that end in what
 * machines are called ("the web servers", "each replica"), without their article.
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
