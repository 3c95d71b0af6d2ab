#include "handlers.h"

#include <math.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "assets.h"
#include "chat.h"
#include "clock.h"
#include "input.h"
#include "release.h"
#include "sessions.h"

static const struct input_field bot_id_field = {.name = "bot_id", .max = 64, .identifier = true};
static const struct input_field text_field = {.name = "text", .max = CHAT_TEXT_MAX};

static double rounded(double x)
{
    return round(x * 1000) / 1000;
}

/* --- pages for people and monitoring --- */

static enum err_code page_index(const struct app *app, const struct http_request *rq,
                                struct http_reply *reply, struct err *err)
{
    (void)app;
    (void)rq;
    (void)err;
    reply->text = xstrdup(asset_index_html);
    reply->type = "text/html; charset=utf-8";
    reply->policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline';"
                    " connect-src 'self'; base-uri 'none'; form-action 'none';"
                    " frame-ancestors 'none'";
    return ERR_OK;
}

static enum err_code page_metrics(const struct app *app, const struct http_request *rq,
                                  struct http_reply *reply, struct err *err)
{
    const struct metrics_info info = {
        .version = release.version,
        .commit = app->commit,
        .start_time_s = app->start_s,
        .maintenance = app_in_maintenance(app),
    };
    size_t size;
    FILE *out = open_memstream(&reply->text, &size);

    (void)rq;
    if (!out)
        return err_set(err, ERR_FAILED, "no memory for the metrics");
    metrics_print(app->metrics, &info, out);
    fclose(out);
    reply->type = "text/plain; version=0.0.4; charset=utf-8";
    return ERR_OK;
}

/* The schema's version read from the database, and how long that took: proof that it answers. */
static enum err_code probe_database(const struct app *app, int64_t *version, double *took_ms,
                                    struct err *err)
{
    CLEANUP(db_givep) struct db_conn *c = NULL;
    uint64_t start = clock_mono_ns();

    if (db_take(app->db, &c, err) != ERR_OK ||
        db_query_int(c, DB_STMT("SELECT coalesce(max(version), 0) FROM schema_migrations"), version,
                     err) != ERR_OK)
        return err->code;
    *took_ms = rounded((double)(clock_mono_ns() - start) / 1e6);
    return ERR_OK;
}

static enum err_code page_health(const struct app *app, const struct http_request *rq,
                                 struct http_reply *reply, struct err *err)
{
    int64_t version = 0;
    double took_ms = 0;
    bool well = probe_database(app, &version, &took_ms, err) == ERR_OK;

    (void)rq;
    reply->json =
        json_pack("{s:s, s:s, s:s, s:I, s:f, s:b, s:i}", "status", well ? "healthy" : "unhealthy",
                  "version", release.version, "commit", app->commit, "active_connections",
                  (json_int_t)metrics_active(app->metrics), "uptime_s",
                  rounded((double)(clock_mono_ns() - app->start_ns) / 1e9), "maintenance",
                  app_in_maintenance(app), "pid", (int)getpid());
    if (well)
        return ERR_OK;
    json_object_set_new(reply->json, "error", log_text(err->msg));
    reply->status = MHD_HTTP_SERVICE_UNAVAILABLE;
    return ERR_OK;
}

static enum err_code page_health_db(const struct app *app, const struct http_request *rq,
                                    struct http_reply *reply, struct err *err)
{
    int64_t version = 0;
    double took_ms = 0;

    (void)rq;
    if (probe_database(app, &version, &took_ms, err) == ERR_OK) {
        reply->json =
            json_pack("{s:s, s:s, s:I, s:f}", "status", "healthy", "database", db_kind(app->db),
                      "schema_version", (json_int_t)version, "latency_ms", took_ms);
        return ERR_OK;
    }
    reply->status = MHD_HTTP_SERVICE_UNAVAILABLE;
    reply->json = json_pack("{s:s, s:s, s:o}", "status", "unhealthy", "database", db_kind(app->db),
                            "error", log_text(err->msg));
    return ERR_OK;
}

/* --- the API --- */

/* Let the release do what it has to do with what was stored, then make both durable. */
static enum err_code finish_write(const struct app *app, struct db_conn *c,
                                  const struct release_event *event, json_t *reply, struct err *err)
{
    if (release.after && release.after(app->release_state, c, event, reply, err) != ERR_OK)
        return err->code;
    return db_commit(c, err);
}

static enum err_code launch_in(const struct app *app, struct db_conn *c, const json_t *body,
                               json_t **ret, struct err *err)
{
    struct release_event event = {.source = "launch"};

    if (input_text(body, &bot_id_field, &event.bot_id, err) != ERR_OK ||
        db_begin(c, err) != ERR_OK ||
        session_launch(c, event.bot_id, body, &event.id, err) != ERR_OK)
        return err->code;
    event.text = event.bot_id;
    *ret = json_pack("{s:s, s:s, s:I}", "bot_id", event.bot_id, "state", "running", "session",
                     (json_int_t)event.id);
    return finish_write(app, c, &event, *ret, err);
}

static enum err_code chat_in(const struct app *app, struct db_conn *c, const json_t *body,
                             json_t **ret, struct err *err)
{
    struct release_event event = {.source = "chat"};

    if (input_text(body, &bot_id_field, &event.bot_id, err) != ERR_OK ||
        input_text(body, &text_field, &event.text, err) != ERR_OK || db_begin(c, err) != ERR_OK ||
        chat_add(c, event.bot_id, event.text, &event.id, err) != ERR_OK)
        return err->code;
    *ret = json_pack("{s:I}", "id", (json_int_t)event.id);
    return finish_write(app, c, &event, *ret, err);
}

typedef enum err_code (*write_fn)(const struct app *app, struct db_conn *c, const json_t *body,
                                  json_t **ret, struct err *err);

/* Parse the body and run a write on a connection; an open transaction ends with the connection. */
static enum err_code with_body(const struct app *app, const struct http_request *rq, write_fn fn,
                               struct http_reply *reply, struct err *err)
{
    CLEANUP(db_givep) struct db_conn *c = NULL;
    json_t *body;
    enum err_code rc;

    if (input_object(rq->body, rq->body_size, &body, err) != ERR_OK)
        return err->code;
    rc = db_take(app->db, &c, err);
    if (rc == ERR_OK)
        rc = fn(app, c, body, &reply->json, err);
    json_decref(body);
    return rc;
}

static enum err_code api_launch(const struct app *app, const struct http_request *rq,
                                struct http_reply *reply, struct err *err)
{
    return with_body(app, rq, launch_in, reply, err);
}

static enum err_code api_chat_post(const struct app *app, const struct http_request *rq,
                                   struct http_reply *reply, struct err *err)
{
    if (with_body(app, rq, chat_in, reply, err) != ERR_OK)
        return err->code;
    metrics_chat_message(app->metrics);
    reply->status = MHD_HTTP_CREATED;
    return ERR_OK;
}

static enum err_code api_chat_get(const struct app *app, const struct http_request *rq,
                                  struct http_reply *reply, struct err *err)
{
    CLEANUP(db_givep) struct db_conn *c = NULL;
    const char *bot_id = http_query(rq, "bot_id");
    json_t *list = json_array();
    int64_t limit = 0;

    reply->json = json_pack("{s:o}", "messages", list);
    if (input_value(bot_id, &bot_id_field, err) != ERR_OK ||
        input_number(http_query(rq, "limit"), "limit", CHAT_LIST_DEFAULT, CHAT_LIST_MAX, &limit,
                     err) != ERR_OK ||
        db_take(app->db, &c, err) != ERR_OK)
        return err->code;
    return chat_list(c, bot_id, limit, list, err);
}

static enum err_code api_bots(const struct app *app, const struct http_request *rq,
                              struct http_reply *reply, struct err *err)
{
    CLEANUP(db_givep) struct db_conn *c = NULL;
    json_t *list = json_array();

    (void)rq;
    reply->json = json_pack("{s:o}", "bots", list);
    if (db_take(app->db, &c, err) != ERR_OK)
        return err->code;
    return session_list(c, list, err);
}

/* clang-format off */
const struct http_route app_routes[] = {
    {"/",               page_index,     NULL},
    {"/health",         page_health,    NULL},
    {"/health/db",      page_health_db, NULL},
    {"/metrics",        page_metrics,   NULL},
    {"/api/bot/launch", NULL,           api_launch},
    {"/api/chat",       api_chat_get,   api_chat_post},
    {"/api/bots",       api_bots,       NULL},
};
/* clang-format on */
const size_t n_app_routes = ARRAY_LEN(app_routes);
