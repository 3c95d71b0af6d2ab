#pragma once

/*
 * command: what a command of a block is: which tool with what, what it changes, what
 * files it makes, whether it ever ends.
 *
 * Recognised forms can be carried out natively (an HTTP request, a question to a
 * service manager); everything else is COMMAND_SHELL and runs as written.  Nothing
 * is recognised that has a redirection, a pipe, or an option that is not known here:
 * a command is either understood whole or run whole.
 */
#include "runbook/expect.h"
#include "runbook/shell.h"

enum command_form {
    COMMAND_SHELL,
    COMMAND_STATE,   /* cd, export, source, an assignment: changes the session only */
    COMMAND_HTTP,    /* curl */
    COMMAND_SERVICE, /* systemctl, service, docker compose, supervisorctl, sv */
    COMMAND_SQLITE,  /* sqlite3 FILE "SQL or .backup" */
    COMMAND_SLEEP,   /* sleep */
    COMMAND_POLL,    /* watch: a command again and again */
    COMMAND_FOLLOW,  /* tail -f, journalctl -f, docker logs -f: shows a log for ever */
    COMMAND_SSH,     /* ssh host, alone on its line */
    COMMAND_REMOTE,  /* ssh host 'command': one command there; inner */
    COMMAND_EXIT,    /* exit: leaves the ssh session before it */
    COMMAND_DISK,    /* df PATH */
    COMMAND_TOUCH,   /* touch FILE */
    COMMAND_REMOVE,  /* rm FILE, rm -f FILE */
    COMMAND__N
};
const char *command_form_name(enum command_form form);

/* What a command changes; the largest of its parts counts. */
enum command_effect {
    EFFECT_NONE,     /* looks only */
    EFFECT_STATE,    /* the session */
    EFFECT_BACKUP,   /* makes a copy of something */
    EFFECT_FLAG,     /* a maintenance flag, or a feature's */
    EFFECT_SERVICE,  /* starts or stops something */
    EFFECT_FILES,    /* files */
    EFFECT_CODE,     /* the deployed code */
    EFFECT_DATABASE, /* schema or data */
    EFFECT_UNKNOWN,  /* a program that is not known here */
    EFFECT__N
};
const char *command_effect_name(enum command_effect effect);

enum service_verb {
    SERVICE_START,
    SERVICE_STOP,
    SERVICE_RESTART,
    SERVICE_RELOAD,
    SERVICE_STATUS,
    SERVICE__N
};
const char *service_verb_name(enum service_verb verb);

/* The program with which the document speaks to a service manager. */
enum service_tool {
    TOOL_SYSTEMCTL, /* systemctl, service */
    TOOL_SYSTEMCTL_USER,
    TOOL_COMPOSE,
    TOOL_SUPERVISORCTL,
    TOOL_SV,
    SERVICE_TOOL__N
};
/* Its manager, as the binding names it. */
const char *service_tool_manager(enum service_tool tool);

struct command {
    enum command_form form;
    enum command_effect effect;
    int64_t delay_ms; /* of "sleep 5 && ..." before it */
    int64_t every_ms; /* of POLL */
    int64_t sleep_ms; /* of SLEEP */
    bool sudo;
    bool endless;                      /* never ends by itself */
    bool serves;                       /* and is needed as long as it runs */
    bool interactive;                  /* waits for a person at a terminal */
    const struct shell_simple *simple; /* of a recognised form: its words */
    enum service_verb verb;            /* of SERVICE */
    enum service_tool tool;
    const struct shell_word *target; /* unit, database file, path, host */
    const struct shell_word *sql;    /* of SQLITE */
    struct sv inner;                 /* of POLL: the command that is repeated; of REMOTE */
    /* of HTTP */
    struct sv method; /* "GET" */
    const struct shell_word *url;
    const struct shell_word **headers;
    size_t n_headers;
    const struct shell_word *data;
    bool fail_on_status; /* -f */
    bool follow;         /* -L */
    int64_t http_timeout_ms;
    /* files that it makes, as the command names them */
    const struct shell_word **artifacts;
    size_t n_artifacts;
    struct expect_context cx;
};

/* The word of an ssh command that names the host: the first that is no option and not the value of one; 0. */
size_t command_ssh_host(const struct shell_simple *s);
/* Always succeeds: COMMAND_SHELL is the answer for what is not recognised. */
void command_read(const struct shell_item *item, struct arena *arena, struct command *ret);
