#include "metrics.h"

#include <assert.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"

/* Upper bounds as text (the label) and as nanoseconds. */
/* clang-format off */
static const struct {
    const char *label;
    uint64_t ns;
} bounds[] = {
    {"0.005", 5000000},   {"0.01", 10000000},   {"0.025", 25000000},   {"0.05", 50000000},
    {"0.1", 100000000},   {"0.25", 250000000},  {"0.5", 500000000},    {"1", 1000000000},
    {"1.5", 1500000000},  {"2", 2000000000},    {"2.5", 2500000000},   {"5", 5000000000},
    {"10", 10000000000},
};
/* clang-format on */
static const char *const methods[] = {"GET", "HEAD", "POST", "other"};

enum { N_BOUNDS = ARRAY_LEN(bounds), N_METHODS = ARRAY_LEN(methods), STATUS_MIN = 100 };
enum { N_STATUSES = 500 };

struct histogram {
    _Atomic uint64_t bucket[N_BOUNDS + 1]; /* not cumulative; the last is +Inf */
    _Atomic uint64_t sum_ns;
};

struct metrics {
    const char *const *routes;
    size_t n_routes;
    _Atomic long in_flight, active;
    _Atomic uint64_t requests, messages;
    _Atomic uint64_t count[N_METHODS][METRICS_ROUTES][N_STATUSES];
    struct histogram took[N_METHODS][METRICS_ROUTES];
    struct histogram query;
};

struct metrics *metrics_new(const char *const *routes, size_t n)
{
    struct metrics *m = xcalloc(1, sizeof(*m));

    assert(n <= METRICS_ROUTES);
    m->routes = routes;
    m->n_routes = n;
    return m;
}

void metrics_free(struct metrics *m)
{
    free(m);
}

static void observe(struct histogram *h, uint64_t ns)
{
    size_t i = 0;

    while (i < N_BOUNDS && ns > bounds[i].ns)
        i++;
    atomic_fetch_add(&h->sum_ns, ns);
    atomic_fetch_add(&h->bucket[i], 1);
}

static size_t method_index(const char *method)
{
    size_t i = 0;

    while (i < N_METHODS - 1 && strcmp(methods[i], method) != 0)
        i++;
    return i;
}

void metrics_request_begin(struct metrics *m, bool api)
{
    atomic_fetch_add(&m->in_flight, 1);
    if (api)
        atomic_fetch_add(&m->active, 1);
}

void metrics_request_end(struct metrics *m, bool api, const char *method, size_t route, int status,
                         uint64_t took_ns)
{
    size_t i = method_index(method);

    assert(route < m->n_routes && status >= STATUS_MIN && status < STATUS_MIN + N_STATUSES);
    atomic_fetch_add(&m->count[i][route][status - STATUS_MIN], 1);
    observe(&m->took[i][route], took_ns);
    atomic_fetch_add(&m->requests, 1);
    if (api)
        atomic_fetch_sub(&m->active, 1);
    atomic_fetch_sub(&m->in_flight, 1);
}

long metrics_in_flight(const struct metrics *m)
{
    return atomic_load(&m->in_flight);
}

long metrics_active(const struct metrics *m)
{
    return atomic_load(&m->active);
}

uint64_t metrics_requests(const struct metrics *m)
{
    return atomic_load(&m->requests);
}

void metrics_query(struct metrics *m, uint64_t took_ns)
{
    observe(&m->query, took_ns);
}

void metrics_chat_message(struct metrics *m)
{
    atomic_fetch_add(&m->messages, 1);
}

static void print_head(FILE *out, const char *name, const char *type, const char *help)
{
    fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void print_histogram(FILE *out, const char *name, const char *labels,
                            const struct histogram *h)
{
    const char *comma = *labels ? "," : "", *open = *labels ? "{" : "", *close = *labels ? "}" : "";
    uint64_t n = 0;

    for (size_t i = 0; i <= N_BOUNDS; i++) {
        n += atomic_load(&h->bucket[i]);
        fprintf(out, "%s_bucket{%s%sle=\"%s\"} %" PRIu64 "\n", name, labels, comma,
                i < N_BOUNDS ? bounds[i].label : "+Inf", n);
    }
    fprintf(out, "%s_sum%s%s%s %.9f\n", name, open, labels, close,
            (double)atomic_load(&h->sum_ns) / 1e9);
    fprintf(out, "%s_count%s%s%s %" PRIu64 "\n", name, open, labels, close, n);
}

static bool histogram_used(const struct histogram *h)
{
    for (size_t i = 0; i <= N_BOUNDS; i++)
        if (atomic_load(&h->bucket[i]))
            return true;
    return false;
}

static void print_requests(const struct metrics *m, FILE *out)
{
    print_head(out, "http_requests_total", "counter", "Requests ended, by route and status.");
    for (size_t i = 0; i < N_METHODS; i++)
        for (size_t r = 0; r < m->n_routes; r++)
            for (int s = 0; s < N_STATUSES; s++) {
                uint64_t n = atomic_load(&m->count[i][r][s]);

                if (n)
                    fprintf(out,
                            "http_requests_total{method=\"%s\",route=\"%s\",status=\"%d\"}"
                            " %" PRIu64 "\n",
                            methods[i], m->routes[r], s + STATUS_MIN, n);
            }
}

static void print_durations(const struct metrics *m, FILE *out)
{
    char labels[96];

    print_head(out, "http_request_duration_seconds", "histogram",
               "Time from the request line to the end of the answer.");
    for (size_t i = 0; i < N_METHODS; i++)
        for (size_t r = 0; r < m->n_routes; r++) {
            if (!histogram_used(&m->took[i][r]))
                continue;
            (void)snprintf(labels, sizeof(labels), "method=\"%s\",route=\"%s\"", methods[i],
                           m->routes[r]);
            print_histogram(out, "http_request_duration_seconds", labels, &m->took[i][r]);
        }
}

/* The second number of /proc/self/statm, in bytes; proc(5).  0: it cannot be read. */
static double resident_bytes(void)
{
    FILE *f = fopen("/proc/self/statm", "re");
    char line[256], *end = NULL;
    long pages = 0;

    if (!f)
        return 0;
    if (fgets(line, sizeof(line), f)) {
        (void)strtol(line, &end, 10);
        pages = strtol(end, NULL, 10);
    }
    fclose(f);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

/* 0: they cannot be counted. */
static int open_fds(void)
{
    DIR *d = opendir("/proc/self/fd");
    int n = -3; /* ".", ".." and the descriptor of this folder */

    if (!d)
        return 0;
    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

static void print_gauge(FILE *out, const char *name, const char *help, double value)
{
    print_head(out, name, "gauge", help);
    fprintf(out, "%s %.17g\n", name, value);
}

/* A figure that cannot be had is left out: 0 would look like a good one. */
static void print_process(const struct metrics_info *info, FILE *out)
{
    double resident = resident_bytes();
    int fds = open_fds();

    if (resident > 0)
        print_gauge(out, "process_resident_memory_bytes", "Resident memory size in bytes.",
                    resident);
    if (fds > 0)
        print_gauge(out, "process_open_fds", "Number of open file descriptors.", fds);
    print_head(out, "process_start_time_seconds", "gauge", "Start time since the unix epoch.");
    fprintf(out, "process_start_time_seconds %.3f\n", info->start_time_s);
}

void metrics_print(const struct metrics *m, const struct metrics_info *info, FILE *out)
{
    print_requests(m, out);
    print_durations(m, out);
    print_gauge(out, "http_requests_in_flight", "Requests in progress, all routes.",
                (double)metrics_in_flight(m));
    print_gauge(out, "botctl_active_connections", "Requests to /api/ in progress.",
                (double)metrics_active(m));
    print_gauge(out, "botctl_maintenance", "1 while the maintenance flag file exists.",
                info->maintenance ? 1 : 0);
    print_head(out, "botctl_build_info", "gauge", "Version and commit of the program; always 1.");
    fprintf(out, "botctl_build_info{version=\"%s\",commit=\"%s\"} 1\n", info->version,
            info->commit);
    print_head(out, "chat_messages_total", "counter", "Chat messages stored since the start.");
    fprintf(out, "chat_messages_total %" PRIu64 "\n", atomic_load(&m->messages));
    print_head(out, "db_query_seconds", "histogram", "Time of one statement in the database.");
    print_histogram(out, "db_query_seconds", "", &m->query);
    print_process(info, out);
}
