/* main() for a fuzz target without libFuzzer: run every file of a folder. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/limits.h"
#include "fuzz.h"

int main(int argc, char **argv)
{
    struct dirent *d;
    int n = 0;
    DIR *dir;

    if (argc != 2 || !(dir = opendir(argv[1])))
        return 2;
    while ((d = readdir(dir)) != NULL) {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF(0), path = STRBUF(4096);
        struct err err;

        if (d->d_name[0] == '.')
            continue;
        strbuf_addf(&path, "%s/%s", argv[1], d->d_name);
        if (file_read(strbuf_str(&path), LIMIT_DOCUMENT_BYTES, &text, &err) != ERR_OK) {
            fprintf(stderr, "%s\n", err.msg);
            return 2;
        }
        LLVMFuzzerTestOneInput((const uint8_t *)strbuf_str(&text), text.n);
        n++;
    }
    closedir(dir);
    return n > 0 ? 0 : 2; /* an empty corpus proves nothing */
}
