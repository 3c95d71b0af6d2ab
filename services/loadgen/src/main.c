#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "load.h"
#include "verify.h"

enum { EXIT_NOT_VERIFIED = 4 };

static void print_help(void)
{
    puts("botload --url URL [OPTION...]     send chat messages, launches and reads to botctl\n"
         "botload verify --acks FILE --database-url URL\n"
         "                                  are all acknowledged messages in the database?\n"
         "\nOptions:");
    options_help(stdout);
    puts("\nSIGUSR1 writes the report, SIGTERM and SIGINT end the run and write it.\n"
         "Exit codes: 0 done, 1 failed, 2 usage, 4 messages are missing or different");
}

static enum err_code run_verify(const struct options *o, int *exit_code, struct err *err)
{
    struct verdict v;

    if (!o->acks || !o->database_url)
        return err_set(err, ERR_USAGE, "verify needs --acks and --database-url");
    if (verify_acks(o->acks, o->database_url, &v, err) != ERR_OK)
        return err->code;
    printf("verified %" PRIu64 " acknowledged messages: %" PRIu64 " missing, %" PRIu64
           " different\n",
           v.acknowledged, v.missing, v.different);
    *exit_code = v.missing || v.different ? EXIT_NOT_VERIFIED : 0;
    return ERR_OK;
}

static enum err_code run(int argc, char **argv, int *exit_code, struct err *err)
{
    struct options o;
    int verify = argc > 1 && strcmp(argv[1], "verify") == 0;

    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        print_help();
        return ERR_OK;
    }
    if (options_parse(argc, argv, 1 + verify, &o, err) != ERR_OK)
        return err->code;
    if (verify)
        return run_verify(&o, exit_code, err);
    if (!o.url)
        return err_set(err, ERR_USAGE, "--url is missing, 'botload --help' tells what there is");
    return load_run(&o, err);
}

int main(int argc, char **argv)
{
    struct err err = {0};
    int exit_code = 0;

    if (run(argc, argv, &exit_code, &err) != ERR_OK) {
        fprintf(stderr, "botload: %s\n", err.msg);
        return err.code == ERR_USAGE ? 2 : 1;
    }
    return exit_code;
}
