#include "net/http_wait.h"

static void http_wait_done(struct http_request *r, enum err_code rc)
{
    *(enum err_code *)r->data = rc;
}

enum err_code http_wait(struct http_request *r, struct err *err)
{
    enum err_code rc = ERR_INTERNAL;
    struct http_client *client;
    uv_loop_t loop;
    int failed = uv_loop_init(&loop);

    if (failed)
        return err_sys(err, -failed, "make an event loop"); /* uncovered: no descriptors left */
    client = http_client_new(&loop);
    r->data = &rc;
    r->done = http_wait_done;
    http_start(client, r);
    (void)uv_run(&loop, UV_RUN_DEFAULT); /* until nothing is left to do */
    http_client_free(client);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&loop); /* it is empty */
    if (rc != ERR_OK)
        *err = r->err;
    return rc;
}
