#pragma once

/*
 * ident: names for new things, and who we are.
 */
#include "base/base.h"

struct ident_text {
    char s[80];
};
/* Random lower-case letters and digits, n of them (at most 32); no 0, 1, l, o, i. */
struct ident_text ident_random(size_t n);
/* "ana" from the user database, else the number. */
struct ident_text ident_user(void);
struct ident_text ident_host(void);
/*
 * Who sits there, as far as the system knows: the login that the audit system keeps through su and sudo, where it
 * does; else the user that sudo says it was (only root can be told so); else the user of the process.
 */
struct ident_login {
    char name[80];
    char how[8]; /* "audit", "sudo" or "user" */
    char from
        [80]; /* address of the ssh connection, or "": what the environment says, and no proof */
};
struct ident_login ident_login(void);

/* What is true of a process for as long as it lives: its start in clock ticks since boot (proc(5), field
 * 22), so that a pid that was used again is told apart.  0: there is no such process, or it is a zombie. */
uint64_t ident_process_start(int64_t pid);
/* Another process that has this file, or socket (st_ino and st_mode; st_dev 0: any), open; 0: none that we may see. */
struct stat;
int64_t ident_opener(const struct stat *what);
/* "postgres" of proc(5), comm: at most 15 bytes that the process chose itself; "": it is gone. */
struct ident_text ident_process_name(int64_t pid);
/* Differs after every boot of this machine ("" when the kernel does not say). */
struct ident_text ident_boot(void);
