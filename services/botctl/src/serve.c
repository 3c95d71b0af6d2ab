#include "serve.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "clock.h"
#include "handlers.h"
#include "listener.h"
#include "migrate.h"
#include "release.h"

enum {
    QUERY_TIMEOUT_MS = 3000, /* so that a health check answers before its caller gives up */
    TICK_MS = 200,           /* how soon the maintenance flag is noticed in the log */
    LINGER_MS = 250          /* clients that keep connections open learn of the end meanwhile */
};

struct serve {
    struct app app;
    const char *labels[METRICS_ROUTES];
    struct http *http;
    int signals, listener, port;
    int schema;
    bool maintenance;
    int reason; /* the signal that ends it, 0: running */
};

bool app_in_maintenance(const struct app *app)
{
    return *app->config->maintenance_flag && access(app->config->maintenance_flag, F_OK) == 0;
}

/* Threads started from now on have these signals blocked too: only this descriptor gets them. */
static enum err_code open_signals(struct serve *s, struct err *err)
{
    sigset_t set;

    (void)signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return s->signals < 0 ? err_sys(err, errno, "make a signal descriptor") : ERR_OK;
}

static void on_query(void *ctx, uint64_t took_ns)
{
    metrics_query(ctx, took_ns);
}

static enum err_code open_database(struct serve *s, struct err *err)
{
    CLEANUP(db_givep) struct db_conn *c = NULL;
    const struct db_options options = {
        .n_conns = (int)s->app.config->workers,
        .timeout_ms = QUERY_TIMEOUT_MS,
        .observe = on_query,
        .observe_ctx = s->app.metrics,
    };

    if (db_open(s->app.config->database_url, &options, &s->app.db, err) != ERR_OK ||
        db_take(s->app.db, &c, err) != ERR_OK || migrate_version(c, &s->schema, err) != ERR_OK)
        return err->code;
    return migrate_may_serve(s->schema, n_migrations, err);
}

static enum err_code serve_open(struct serve *s, struct err *err)
{
    const struct config *config = s->app.config;

    if (open_signals(s, err) != ERR_OK || open_database(s, err) != ERR_OK ||
        listener_open(config->host, config->port, &s->listener, &s->port, err) != ERR_OK)
        return err->code;
    if (release.open)
        s->app.release_state = release.open();
    return http_start(&s->app, app_routes, n_app_routes, &s->http, err);
}

static void serve_close(struct serve *s)
{
    http_stop(s->http);
    s->http = NULL;
    close_fdp(&s->listener);
    close_fdp(&s->signals);
    if (release.close && s->app.release_state)
        release.close(s->app.release_state);
    db_free(s->app.db);
    s->app.db = NULL;
}

static void watch_maintenance(struct serve *s)
{
    bool now = app_in_maintenance(&s->app);

    if (now != s->maintenance)
        log_event(s->app.log, LOG_INFO, now ? "maintenance_on" : "maintenance_off", "{s:s}", "flag",
                  s->app.config->maintenance_flag);
    s->maintenance = now;
}

static void reopen_log(struct serve *s)
{
    struct err err;

    if (log_reopen(s->app.log, &err) == ERR_OK)
        log_event(s->app.log, LOG_INFO, "log_reopened", "{}");
    else
        log_event(s->app.log, LOG_ERROR, "log_not_reopened", "{s:o}", "error", log_text(err.msg));
}

static const char *signal_name(int sig)
{
    return sig == SIGTERM ? "SIGTERM" : "SIGINT";
}

static void take_signals(struct serve *s)
{
    struct signalfd_siginfo info;

    while (read(s->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        int sig = (int)info.ssi_signo;

        if (sig == SIGHUP) {
            reopen_log(s);
        } else if (!s->reason) {
            s->reason = sig;
        } else {
            log_event(s->app.log, LOG_WARN, "shutdown_forced", "{s:s, s:I}", "signal",
                      signal_name(sig), "aborted", (json_int_t)metrics_in_flight(s->app.metrics));
            _exit(1);
        }
    }
}

static void serve_until_signal(struct serve *s)
{
    struct pollfd fds[] = {{.fd = s->signals, .events = POLLIN},
                           {.fd = s->listener, .events = POLLIN}};

    while (!s->reason) {
        int n = poll(fds, ARRAY_LEN(fds), TICK_MS);

        watch_maintenance(s);
        if (n > 0 && fds[0].revents)
            take_signals(s);
        /* Without room leave the listener alone for a tick: connections will be closed. */
        fds[1].fd = s->listener;
        if (n > 0 && fds[1].revents && !listener_accept(s->listener, s->http))
            fds[1].fd = -1;
    }
}

/* Nothing is in progress, and who keeps a connection open had the time to be told. */
static bool drained(const struct serve *s, uint64_t since_ns)
{
    return metrics_in_flight(s->app.metrics) == 0 &&
           (http_connections(s->http) == 0 ||
            clock_mono_ns() - since_ns >= LINGER_MS * (uint64_t)1000000);
}

/* Stop accepting and finish what is open; the number of requests that had to be given up. */
static long drain(struct serve *s)
{
    uint64_t since = clock_mono_ns(), counter;
    uint64_t limit = (uint64_t)s->app.config->drain_timeout_s * 1000000000U;
    struct pollfd fds[] = {{.fd = s->signals, .events = POLLIN},
                           {.fd = http_idle_fd(s->http), .events = POLLIN}};

    http_drain(s->http);
    (void)listener_accept(s->listener, s->http); /* they are connected: they get their answer */
    close(s->listener);
    s->listener = -1;
    log_event(s->app.log, LOG_INFO, "draining", "{s:s, s:I, s:i}", "signal", signal_name(s->reason),
              "in_flight", (json_int_t)metrics_in_flight(s->app.metrics), "connections",
              http_connections(s->http));
    while (!drained(s, since) && clock_mono_ns() - since < limit) {
        int n = poll(fds, ARRAY_LEN(fds), LINGER_MS / 5);

        if (n > 0 && fds[0].revents)
            take_signals(s);
        if (n > 0 && fds[1].revents)
            (void)!read(fds[1].fd, &counter, sizeof(counter)); /* makes it quiet again */
    }
    return metrics_in_flight(s->app.metrics);
}

static void log_startup(const struct serve *s)
{
    const struct config *config = s->app.config;
    CLEANUP(free_charp) char *database = config_hide_password(config->database_url);

    log_event(s->app.log, LOG_INFO, "startup", "{s:s, s:s, s:o, s:i, s:s, s:o, s:i, s:i, s:i}",
              "version", release.version, "commit", s->app.commit, "address",
              log_text(config->host), "port", s->port, "database", db_kind(s->app.db), "url",
              log_text(database), "schema_version", s->schema, "workers", (int)config->workers,
              "pid", (int)getpid());
}

static void log_shutdown(const struct serve *s, long aborted)
{
    log_event(s->app.log, aborted ? LOG_WARN : LOG_INFO, "shutdown", "{s:s, s:I, s:I, s:f}",
              "signal", signal_name(s->reason), "requests",
              (json_int_t)metrics_requests(s->app.metrics), "aborted", (json_int_t)aborted,
              "uptime_s", (double)(clock_mono_ns() - s->app.start_ns) / 1e9);
}

enum err_code serve_run(const struct config *config, const char *commit, struct err *err)
{
    struct serve s = {.app = {.config = config,
                              .commit = commit,
                              .start_s = clock_unix_s(),
                              .start_ns = clock_mono_ns()},
                      .signals = -1,
                      .listener = -1};
    size_t n = http_labels(app_routes, n_app_routes, s.labels);
    enum err_code rc = log_open(config->log, &s.app.log, err);
    long aborted;

    if (rc != ERR_OK)
        return rc;
    s.app.metrics = metrics_new(s.labels, n);
    rc = serve_open(&s, err);
    if (rc == ERR_OK) {
        log_startup(&s);
        serve_until_signal(&s);
        aborted = drain(&s);
        serve_close(&s);
        log_shutdown(&s, aborted);
    } else {
        log_event(s.app.log, LOG_ERROR, "startup_failed", "{s:o}", "error", log_text(err->msg));
        serve_close(&s);
    }
    metrics_free(s.app.metrics);
    log_free(s.app.log);
    return rc;
}
