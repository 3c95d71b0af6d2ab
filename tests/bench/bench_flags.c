/*
 * bench_flags: evaluations of flags over HTTP, against a bare answer of libmicrohttpd of the same size.
 *
 * usage: bench_flags
 *
 * Both servers run here, with the same flags and one thread each; 16 connections are kept busy.  What counts is the
 * processor time of the server's thread (all of the process less the client's), as others use the machine, too: requests a
 * second of one core.  Rounds alternate; the median counts.  Exit 1: a budget is missed.
 */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/strbuf.h"
#include "base/sv.h"
#include "flag/flag_server.h"

enum { ROUNDS = 5, REQUESTS = 20000, CONNECTIONS = 16 };

static const char request[] =
    "POST /ofrep/v1/evaluate/flags/new-ui HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    "Content-Length: 38\r\n\r\n{\"context\":{\"targetingKey\":\"user-99\"}}";
static const char flags[] =
    "{\"flags\":{\"new-ui\":{\"state\":\"ENABLED\",\"variants\":{\"on\":true,\"off\":false},\"defaultVariant\":\"off\","
    "\"targeting\":{\"fractional\":[[\"on\",25],[\"off\",75]]}}},\"metadata\":{\"version\":\"12\"}}";
static const char answer[] =
    "{\"key\":\"new-ui\",\"value\":false,\"reason\":\"TARGETING_MATCH\",\"variant\":\"off\",\"metadata\":{\"version\":\"12\"}}";

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "bench_flags: %s\n", what);
    exit(2);
}

static enum MHD_Result on_bare(void *arg, struct MHD_Connection *c, const char *url,
                               const char *method, const char *version, const char *data, size_t *n,
                               void **of)
{
    struct MHD_Response *r;
    enum MHD_Result ok;

    (void)arg, (void)url, (void)method, (void)version, (void)data;
    if (!*of || *n) {
        *of = c;
        *n = 0;
        return MHD_YES;
    }
    r = MHD_create_response_from_buffer(sizeof(answer) - 1, (char *)(uintptr_t)answer,
                                        MHD_RESPMEM_PERSISTENT);
    (void)MHD_add_response_header(r, "Content-Type", "application/json");
    ok = MHD_queue_response(c, 200, r);
    MHD_destroy_response(r);
    return ok;
}

static int connect_to(unsigned port)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    must(fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0, "connect");
    return fd;
}

static void ask(int fd)
{
    must(write(fd, request, sizeof(request) - 1) == (ssize_t)sizeof(request) - 1, "write");
}

static double cpu_s(void)
{
    struct rusage all, own;

    must(getrusage(RUSAGE_SELF, &all) == 0 && getrusage(RUSAGE_THREAD, &own) == 0, "getrusage");
    return (double)(all.ru_utime.tv_sec + all.ru_stime.tv_sec - own.ru_utime.tv_sec -
                    own.ru_stime.tv_sec) +
           (double)(all.ru_utime.tv_usec + all.ru_stime.tv_usec - own.ru_utime.tv_usec -
                    own.ru_stime.tv_usec) /
               1e6;
}

/* Requests per second of the server's processor time. */
static double load(unsigned port)
{
    struct pollfd fds[CONNECTIONS];
    char text[4096];
    size_t asked = 0, answered = 0;
    double begun = cpu_s();

    for (size_t i = 0; i < CONNECTIONS; i++, asked++) {
        fds[i] = (struct pollfd){.fd = connect_to(port), .events = POLLIN};
        ask(fds[i].fd);
    }
    while (answered < REQUESTS) {
        must(poll(fds, CONNECTIONS, 10000) > 0, "no answer");
        for (size_t i = 0; i < CONNECTIONS; i++) {
            ssize_t n;

            if (!fds[i].revents)
                continue;
            n = read(fds[i].fd, text, sizeof(text)); /* an answer fits into a segment */
            must(n > 0 && sv_ends((struct sv){text, (size_t)n}, SV("\"version\":\"12\"}}")),
                 "another answer");
            answered++;
            if (asked < REQUESTS) {
                ask(fds[i].fd);
                asked++;
            }
        }
    }
    for (size_t i = 0; i < CONNECTIONS; i++)
        (void)close(fds[i].fd);
    return REQUESTS / (cpu_s() - begun);
}

static int double_cmp(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static bool budget(const char *what, double value, double limit, bool at_least)
{
    bool met = at_least ? value >= limit : value <= limit;

    printf("%-52s %10.2f  budget %s %.2f  %s\n", what, value, at_least ? ">=" : "<=", limit,
           met ? "met" : "MISSED");
    return met;
}

int main(void)
{
    char folder[] = "/tmp/bench_flags.XXXXXX";
    struct flag_server_config config = {.definitions = "flags.json", .listen = "127.0.0.1:0"};
    struct flag_server *server = NULL;
    double own[ROUNDS], bare[ROUNDS];
    struct MHD_Daemon *d;
    struct err err = {0};
    unsigned own_port, bare_port;
    bool met;

    must(mkdtemp(folder) && chdir(folder) == 0, folder);
    must(file_write_atomic("flags.json", sv_from(flags), 0600, &err) == ERR_OK, err.msg);
    must(flag_server_start(&config, &server, &err) == ERR_OK, err.msg);
    own_port = (unsigned)strtoul(strrchr(flag_server_url(server), ':') + 1, NULL, 10);
    d = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, on_bare, NULL,
                         MHD_OPTION_CONNECTION_LIMIT, 1000u, MHD_OPTION_END);
    must(d != NULL, "libmicrohttpd");
    bare_port = MHD_get_daemon_info(d, MHD_DAEMON_INFO_BIND_PORT)->port;
    for (int i = 0; i < ROUNDS; i++) {
        bare[i] = load(bare_port);
        own[i] = load(own_port);
    }
    qsort(own, ROUNDS, sizeof(*own), double_cmp);
    qsort(bare, ROUNDS, sizeof(*bare), double_cmp);
    printf("bare answers a second of processor time: %.0f (%.0f to %.0f)\n", bare[ROUNDS / 2],
           bare[0], bare[ROUNDS - 1]);
    met = budget("evaluations a second of processor time", own[ROUNDS / 2], 20000, true);
    met &= budget("time of an evaluation / time of a bare answer",
                  bare[ROUNDS / 2] / own[ROUNDS / 2], 2.5, false);
    MHD_stop_daemon(d);
    flag_server_free(server);
    (void)unlink("flags.json");
    (void)rmdir(folder);
    return met ? 0 : 1;
}
