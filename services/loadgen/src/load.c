#include "load.h"

#include <curl/curl.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "acks.h"
#include "clock.h"
#include "report.h"
#include "stats.h"

enum { REPLY_MAX = 4096, TICK_MS = 100, BOTS = 100, TEXT_MAX = 160 };

enum kind { KIND_CHAT, KIND_LAUNCH, KIND_READ, KIND_BOTS };

/* Of twenty requests sixteen are messages and two are launches. */
static const unsigned char mix[] = {
    KIND_CHAT, KIND_CHAT, KIND_LAUNCH, KIND_CHAT, KIND_CHAT, KIND_CHAT,   KIND_READ,
    KIND_CHAT, KIND_CHAT, KIND_CHAT,   KIND_CHAT, KIND_CHAT, KIND_LAUNCH, KIND_CHAT,
    KIND_CHAT, KIND_CHAT, KIND_BOTS,   KIND_CHAT, KIND_CHAT, KIND_CHAT,
};

struct slot {
    CURL *easy;
    bool busy;
    enum kind kind;
    uint64_t due_ns;
    char bot_id[16], text[TEXT_MAX];
    char *body; /* of the request */
    char reply[REPLY_MAX];
    size_t have;
    bool maintenance; /* the answer has the header */
};

struct load {
    const struct options *o;
    char run_id[32];
    CURLM *multi;
    struct curl_slist *json;
    struct slot *slots;
    struct stats *stats;
    int acks, signals;
    double started_at;
    uint64_t start_ns, total, next; /* requests: to be sent, sent */
    uint64_t acknowledged;
    int busy;
    bool announced;     /* the last answer said maintenance */
    const char *reason; /* why it ends, NULL: it goes on */
    struct err failure; /* of writing an acknowledgement: ends it */
};

static uint64_t due_ns(const struct load *l, uint64_t seq)
{
    return l->start_ns + (uint64_t)((double)seq * 1e9 / l->o->rate);
}

/* --- one request --- */

static size_t on_body(char *data, size_t size, size_t n, void *ctx)
{
    struct slot *s = ctx;
    size_t room = REPLY_MAX - 1 - s->have, keep = n * size < room ? n * size : room;

    memcpy(s->reply + s->have, data, keep); /* lists are longer: only counted */
    s->have += keep;
    s->reply[s->have] = '\0';
    return n * size;
}

static size_t on_header(char *data, size_t size, size_t n, void *ctx)
{
    static const char name[] = "X-Maintenance:";
    struct slot *s = ctx;

    if (n * size >= sizeof(name) - 1 && strncasecmp(data, name, sizeof(name) - 1) == 0)
        s->maintenance = true;
    return n * size;
}

static char *make_body(const struct slot *s)
{
    json_t *body = json_pack("{s:s}", "bot_id", s->bot_id);
    char *text;

    if (s->kind == KIND_CHAT)
        json_object_set_new(body, "text", json_string(s->text));
    text = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    return text;
}

static char *make_url(const struct load *l, const struct slot *s)
{
    static const char *const paths[] = {
        [KIND_CHAT] = "/api/chat",
        [KIND_LAUNCH] = "/api/bot/launch",
        [KIND_READ] = "/api/chat?limit=5&bot_id=",
        [KIND_BOTS] = "/api/bots",
    };

    size_t n = strlen(l->o->url);

    if (n && l->o->url[n - 1] == '/')
        n--;
    return xasprintf("%.*s%s%s", (int)n, l->o->url, paths[s->kind],
                     s->kind == KIND_READ ? s->bot_id : "");
}

static void begin(struct load *l, struct slot *s, uint64_t seq)
{
    CLEANUP(free_charp) char *url = NULL;

    s->kind = mix[seq % sizeof(mix)];
    s->due_ns = due_ns(l, seq);
    s->have = 0;
    s->reply[0] = '\0';
    s->maintenance = false;
    (void)snprintf(s->bot_id, sizeof(s->bot_id), "load-%02u", (unsigned)(seq / 3 % BOTS));
    (void)snprintf(s->text, sizeof(s->text), "load %s message %" PRIu64, l->run_id, seq);
    free(s->body);
    s->body = s->kind == KIND_CHAT || s->kind == KIND_LAUNCH ? make_body(s) : NULL;
    url = make_url(l, s);
    curl_easy_setopt(s->easy, CURLOPT_URL, url);
    if (s->body) {
        curl_easy_setopt(s->easy, CURLOPT_POST, 1L);
        curl_easy_setopt(s->easy, CURLOPT_POSTFIELDS, s->body);
        curl_easy_setopt(s->easy, CURLOPT_HTTPHEADER, l->json);
    } else {
        curl_easy_setopt(s->easy, CURLOPT_HTTPGET, 1L);
        curl_easy_setopt(s->easy, CURLOPT_HTTPHEADER, NULL);
    }
    s->busy = true;
    l->busy++;
    curl_multi_add_handle(l->multi, s->easy);
}

/* The id of an acknowledged message; 0: the answer makes no sense. */
static int64_t acknowledged_id(const struct slot *s)
{
    json_t *reply = json_loads(s->reply, 0, NULL);
    int64_t id = json_integer_value(json_object_get(reply, "id"));

    json_decref(reply);
    return id;
}

static void acknowledge(struct load *l, const struct slot *s, int64_t id)
{
    const struct ack ack = {id, s->bot_id, s->text};

    l->acknowledged++;
    if (l->acks >= 0 && acks_add(l->acks, &ack, &l->failure) != ERR_OK)
        l->reason = "failure"; /* what is not recorded cannot be verified */
}

struct ending {
    enum outcome outcome;
    int status;
    const char *why;
};

static struct ending end_without_answer(const struct load *l, CURLcode code)
{
    static const struct {
        CURLcode code;
        const char *why;
        bool announced; /* it is what maintenance looks like from outside */
    } rows[] = {
        {CURLE_COULDNT_CONNECT, "refused", true}, {CURLE_GOT_NOTHING, "reset", true},
        {CURLE_RECV_ERROR, "reset", true},        {CURLE_SEND_ERROR, "reset", true},
        {CURLE_PARTIAL_FILE, "reset", true},      {CURLE_OPERATION_TIMEDOUT, "timeout", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].code == code)
            return (struct ending){l->announced && rows[i].announced ? OUTCOME_UNAVAILABLE
                                                                     : OUTCOME_FAILED,
                                   0, rows[i].why};
    return (struct ending){OUTCOME_FAILED, 0, "other"};
}

static struct ending end_with_answer(struct load *l, const struct slot *s, char why[24])
{
    long status = 0;
    int64_t id = 0;

    curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &status);
    l->announced = status == 503 && s->maintenance;
    (void)snprintf(why, 24, "http_%ld", status);
    if (l->announced)
        return (struct ending){OUTCOME_MAINTENANCE, (int)status, why};
    if (status >= 400 && status < 500)
        return (struct ending){OUTCOME_REJECTED, (int)status, why};
    if (status < 200 || status >= 300)
        return (struct ending){OUTCOME_FAILED, (int)status, why};
    if (s->kind == KIND_CHAT && (status != 201 || (id = acknowledged_id(s)) < 1))
        return (struct ending){OUTCOME_FAILED, (int)status, "bad_answer"};
    if (id)
        acknowledge(l, s, id);
    return (struct ending){OUTCOME_OK, (int)status, NULL};
}

static void finish(struct load *l, struct slot *s, CURLcode code)
{
    uint64_t now = clock_mono_ns();
    char why[24];
    struct ending e = code == CURLE_OK ? end_with_answer(l, s, why) : end_without_answer(l, code);

    stats_add(l->stats, (now - l->start_ns) / 1000000, e.outcome, e.status, e.why,
              (now - s->due_ns) / 1000);
    s->busy = false;
    l->busy--;
}

/* --- the loop --- */

static struct slot *free_slot(struct load *l)
{
    for (long i = 0; i < l->o->connections; i++)
        if (!l->slots[i].busy)
            return &l->slots[i];
    return NULL;
}

/* Start what is due; what has waited too long for a connection has failed. */
static void start_due(struct load *l)
{
    uint64_t now = clock_mono_ns(), timeout_ns = l->o->timeout_ms * 1000000;

    for (; l->next < l->total && due_ns(l, l->next) <= now; l->next++) {
        struct slot *s = free_slot(l);

        if (due_ns(l, l->next) + timeout_ns <= now)
            stats_add(l->stats, (now - l->start_ns) / 1000000, OUTCOME_FAILED, 0, "no_connection",
                      0);
        else if (s)
            begin(l, s, l->next);
        else
            return;
    }
}

static void finish_done(struct load *l)
{
    CURLMsg *m;
    int left;

    while ((m = curl_multi_info_read(l->multi, &left)) != NULL) {
        CURLcode code = m->data.result;
        CURL *easy = m->easy_handle;
        struct slot *s = NULL;

        if (m->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &s);
        curl_multi_remove_handle(l->multi, easy); /* m is gone from here on */
        finish(l, s, code);
    }
}

static uint64_t due_by_now(const struct load *l)
{
    uint64_t n = (uint64_t)((double)(clock_mono_ns() - l->start_ns) * l->o->rate / 1e9) + 1;

    return n < l->total ? n : l->total;
}

static void stop(struct load *l, const char *reason)
{
    if (l->reason)
        return;
    l->reason = reason;
    l->total = due_by_now(l);
    if (l->total < l->next)
        l->total = l->next;
}

static enum err_code write_report(const struct load *l, struct err *err)
{
    json_t *report = json_pack(
        "{s:s, s:s, s:f, s:f, s:f, s:I, s:b, s:s?, s:I}", "url", l->o->url, "run_id", l->run_id,
        "started_at", l->started_at, "seconds", (double)(clock_mono_ns() - l->start_ns) / 1e9,
        "rate", l->o->rate, "connections", (json_int_t)l->o->connections, "finished",
        l->reason != NULL, "reason", l->reason, "acknowledged", (json_int_t)l->acknowledged);
    enum err_code rc;

    if (!report)
        return err_set(err, ERR_FAILED, "the report cannot be made: is --run-id UTF-8?");
    stats_report(l->stats, report);
    rc = report_write(l->o->report, report, err);
    json_decref(report);
    return rc;
}

static void take_signals(struct load *l)
{
    struct signalfd_siginfo info;
    struct err err;

    while (read(l->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        if (info.ssi_signo != SIGUSR1)
            stop(l, "signal");
        else if (l->o->report && write_report(l, &err) != ERR_OK)
            fprintf(stderr, "botload: %s\n", err.msg); /* the next one may succeed */
    }
}

static void check_end(struct load *l)
{
    uint64_t ran_ms = (clock_mono_ns() - l->start_ns) / 1000000;

    if (ran_ms >= l->o->duration_ms)
        stop(l, "duration");
    if (l->o->until_file && access(l->o->until_file, F_OK) == 0)
        stop(l, "until-file");
}

/* Until the next request is due, or something happens. */
static int wait_ms(const struct load *l)
{
    uint64_t now = clock_mono_ns(), due = due_ns(l, l->next);

    if (l->next >= l->total || l->busy == l->o->connections ||
        due > now + TICK_MS * UINT64_C(1000000))
        return TICK_MS;
    return due > now ? (int)((due - now + 999999) / 1000000) : 0;
}

static enum err_code run_loop(struct load *l, struct err *err)
{
    struct curl_waitfd signals = {.fd = l->signals, .events = CURL_WAIT_POLLIN};
    int running;

    while (!l->reason || l->busy || l->next < l->total) {
        CURLMcode code;

        check_end(l);
        start_due(l);
        code = curl_multi_perform(l->multi, &running);
        finish_done(l);
        if (code == CURLM_OK)
            code = curl_multi_poll(l->multi, &signals, 1, wait_ms(l), NULL);
        if (code != CURLM_OK)
            return err_set(err, ERR_FAILED, "libcurl: %s", curl_multi_strerror(code));
        take_signals(l);
    }
    *err = l->failure;
    return err->code;
}

/* --- life --- */

static enum err_code open_signals(struct load *l, struct err *err)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGUSR1);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    l->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return l->signals < 0 ? err_sys(err, errno, "make a signal descriptor") : ERR_OK;
}

static void open_slot(struct slot *s, uint64_t timeout_ms)
{
    s->easy = curl_easy_init();
    curl_easy_setopt(s->easy, CURLOPT_PRIVATE, s);
    curl_easy_setopt(s->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(s->easy, CURLOPT_WRITEDATA, s);
    curl_easy_setopt(s->easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(s->easy, CURLOPT_HEADERDATA, s);
    curl_easy_setopt(s->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(s->easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    curl_easy_setopt(s->easy, CURLOPT_PROXY,
                     ""); /* the service is near, whatever the user has set */
}

static enum err_code choose_run_id(struct load *l, struct err *err)
{
    uint64_t random;

    if (l->o->run_id) {
        if (strlen(l->o->run_id) >= sizeof(l->run_id) || strpbrk(l->o->run_id, "\t\r\n"))
            return err_set(err, ERR_USAGE, "--run-id: at most %zu bytes on one line, without tabs",
                           sizeof(l->run_id) - 1);
        (void)snprintf(l->run_id, sizeof(l->run_id), "%s", l->o->run_id);
        return ERR_OK;
    }
    if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
        return err_sys(err, errno, "make a random run id");
    (void)snprintf(l->run_id, sizeof(l->run_id), "%016" PRIx64, random);
    return ERR_OK;
}

static enum err_code load_open(struct load *l, struct err *err)
{
    if (choose_run_id(l, err) != ERR_OK || open_signals(l, err) != ERR_OK ||
        (l->o->acks && acks_open(l->o->acks, &l->acks, err) != ERR_OK))
        return err->code;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) || !(l->multi = curl_multi_init()))
        return err_set(err, ERR_FAILED, "libcurl does not start");
    curl_multi_setopt(l->multi, CURLMOPT_MAXCONNECTS, l->o->connections);
    l->json = curl_slist_append(NULL, "Content-Type: application/json");
    l->json = curl_slist_append(l->json, "Expect:");
    l->slots = xcalloc((size_t)l->o->connections, sizeof(*l->slots));
    for (long i = 0; i < l->o->connections; i++)
        open_slot(&l->slots[i], l->o->timeout_ms);
    l->stats = stats_new();
    l->total = (uint64_t)((double)l->o->duration_ms * l->o->rate / 1000 + 0.5);
    l->started_at = clock_unix_s();
    l->start_ns = clock_mono_ns();
    return ERR_OK;
}

static void load_close(struct load *l)
{
    for (long i = 0; l->slots && i < l->o->connections; i++) {
        if (l->slots[i].busy)
            curl_multi_remove_handle(l->multi, l->slots[i].easy);
        curl_easy_cleanup(l->slots[i].easy);
        free(l->slots[i].body);
    }
    free(l->slots);
    curl_slist_free_all(l->json);
    curl_multi_cleanup(l->multi);
    curl_global_cleanup();
    if (l->stats)
        stats_free(l->stats);
    close_fdp(&l->acks);
    close_fdp(&l->signals);
}

static enum err_code run_and_report(struct load *l, struct err *err)
{
    CLEANUP(free_charp) char *summary = NULL;
    enum err_code rc = load_open(l, err);

    if (rc == ERR_OK)
        rc = run_loop(l, err);
    if (rc == ERR_OK && l->o->report)
        rc = write_report(l, err);
    if (rc != ERR_OK)
        return rc;
    summary = stats_summary(l->stats);
    printf("%s\n", summary);
    return ERR_OK;
}

enum err_code load_run(const struct options *o, struct err *err)
{
    struct load l = {.o = o, .acks = -1, .signals = -1};
    enum err_code rc = run_and_report(&l, err);

    load_close(&l);
    return rc;
}
