/* bundle: the evidence of a run as one file (docs/formats/bundle.md). */
#include "report/bundle.h"

#include <sys/resource.h>

#include "base/fd.h"
#include "report/libarchive.h"
#include "report_bench.h"

static const char document[] = "# Shop\n\n## Deployment\n" SH("pg_dump shop > backup.sql")
    SH("git pull") "## Rollback\n" SH("git reset --hard HEAD~1");
static const char binding[] =
    "environment: staging\noperator: ana\nvariables: {tag: v4}\nenv: {A_TOKEN: canary-4711}\n";

/* A finished run with outputs, a further blob and a backup. */
static void bench_finished(struct bench *b)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF(0), data = STRBUF(0);
    struct hash h;

    bench_of(b, document, binding);
    add(b, EVENT_VALUE_BOUND, "", 0, "{\"from\":\"binding\",\"name\":\"tag\",\"value\":\"v4\"}");
    add(b, EVENT_STEP_INTENT, "deployment/1", 1, "{}");
    add(b, EVENT_STEP_OUTCOME, "deployment/1", 1, "{\"state\":\"done\"}");
    add(b, EVENT_STEP_INTENT, "deployment/2", 1, "{}");
    for (int i = 0; i < 200; i++)
        strbuf_addf(&out, "fetched %d\n", i);
    add_output(b, "deployment/2", strbuf_sv(&out), ",\"state\":\"done\"");
    h = journal_blob(b->journal, SV("a further text"));
    strbuf_addf(&data,
                "{\"name\":\"T+5m\",\"rules\":[{\"samples_blob\":\"%s\"}],\"verdict\":\"OK\"}",
                hash_hex(&h).s);
    add(b, EVENT_CHECKPOINT, "", 0, strbuf_str(&data));
    add(b, EVENT_ANSWER, "", 0, "{\"note\": \"not as prusik writes it\" }");
    add(b, EVENT_RUN_FINISHED, "", 0, "{\"exit\":0,\"outcome\":\"done\"}");
    bench_view(b);
}

static void archive(struct bench *b, const char *path, const char *const *files, size_t n)
{
    struct bundle_wish wish = {.path = path, .files = files, .n_files = n};
    bool is_signed = false;

    T_OK(bundle_write(b->store, &b->view, &wish, &is_signed, &b->err), b->err);
    T_CHECK(is_signed);
}

/* A file of the archive; false: there is none.  NULL: the names of all, one a line. */
static bool get(const char *path, const char *name, struct strbuf *ret)
{
    CLEANUP(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct archive *a;
    struct archive_entry *e;
    struct err err;
    char chunk[4096];
    la_ssize_t n;
    bool found = false;

    T_OK(libarchive_open(&err), err);
    a = libarchive.read_new();
    (void)libarchive.read_support_filter_zstd(a);
    (void)libarchive.read_support_format_tar(a);
    T_EQ(libarchive.read_open_fd(a, fd, 4096), ARCHIVE_OK);
    while (libarchive.read_next_header(a, &e) == ARCHIVE_OK) {
        if (!name)
            strbuf_addf(ret, "%s\n", libarchive.entry_pathname(e));
        if (!name || strcmp(libarchive.entry_pathname(e), name) != 0)
            continue;
        found = true;
        while ((n = libarchive.read_data(a, chunk, sizeof(chunk))) > 0)
            strbuf_add(ret, chunk, (size_t)n);
    }
    (void)libarchive.read_free(a);
    return found;
}

static void want_in(const char *name, const char *text)
{
    CLEANUP(strbuf_release) struct strbuf b = STRBUF(0);

    if (!get("a.tar.zst", name, &b))
        T_FAIL("there is no %s", name);
    if (!strstr(strbuf_str(&b), text))
        T_FAIL("%s has no '%s':\n%s", name, text, strbuf_str(&b));
}

static void want_refused(const char *path, const char *message)
{
    struct bundle_check c;
    struct err err = {0};

    if (bundle_verify(path, &c, &err) == ERR_OK)
        T_FAIL("it holds, and should not: %s", message);
    want_message(&err, message);
    want_message(&err, path);
}

/* --- writing --- */

T(all_evidence_of_a_run_is_in_it)
{
    CLEANUP(strbuf_release) struct strbuf names = STRBUF(0);
    static const char *const files[] = {"sub/snapshot.json"};
    struct bundle_check c;
    struct bench b;

    bench_finished(&b);
    T_EQ(mkdir("sub", 0700), 0);
    put_file("sub/snapshot.json", "{}");
    archive(&b, "a.tar.zst", files, 1);
    (void)get("a.tar.zst", NULL, &names);
    t_say("%s", strbuf_str(&names));
    want_in("r-0001/document.md", "pg_dump shop > backup.sql");
    want_in("r-0001/plan.json", "\"document_hash\"");
    want_in("r-0001/binding.json", "\"A_TOKEN\"");
    want_in("r-0001/binding.json", "\"value\": \"v4\"");
    want_in("r-0001/outputs/000006-out.txt", "fetched 199\n");
    want_in("r-0001/backups.txt", "  local  deployment/1  pg_dump shop > backup.sql\n");
    want_in("r-0001/journal.jsonl", "\"event\":\"run-finished\"");
    want_in("r-0001/journal.jsonl",
            "\"data_text\":\"{\\\"note\\\": \\\"not as prusik writes it\\\" }\"");
    want_in("r-0001/report.html", "<!doctype html>");
    want_in("r-0001/report.md", "<!-- r-0001 begin -->");
    want_in("r-0001/report.json", "\"outcome\": \"done\"");
    want_in("r-0001/report.xml", "<testsuites");
    want_in("r-0001/files/snapshot.json", "{}");
    want_in("r-0001/seal.json", "\"sealed\": true");
    want_in("r-0001/MANIFEST", "  outputs/000006-out.txt\n");
    want_in("r-0001/MANIFEST.sig", "\"signature\"");
    T_CHECK(strstr(strbuf_str(&names), "r-0001/blobs/"));
    T_OK(bundle_verify("a.tar.zst", &c, &b.err), b.err);
    T_EQ(c.chain.seq, 9);
    T_EQ(c.chain.run, 1);
    T_EQ(c.files, 15);
    T_EQ(c.blobs, 4);
    T_CHECK(c.sealed && c.is_signed && c.chain.finished);
    bench_end(&b);
}

T(no_secret_is_in_it)
{
    CLEANUP(strbuf_release) struct strbuf names = STRBUF(0), text = STRBUF(0);
    struct sv rest, name;
    struct bench b;

    bench_finished(&b);
    archive(&b, "a.tar.zst", NULL, 0);
    (void)get("a.tar.zst", NULL, &names);
    rest = strbuf_sv(&names);
    while (sv_next_line(&rest, &name)) {
        char *path = xstrdup_sv(name);

        T_CHECK(get("a.tar.zst", path, &text));
        free(path);
    }
    T_CHECK(text.n > 10000 && !strstr(strbuf_str(&text), "canary"));
    bench_end(&b);
}

T(the_same_run_gives_the_same_bytes)
{
    CLEANUP(strbuf_release) struct strbuf one = STRBUF(0), two = STRBUF(0);
    struct bench b;

    bench_finished(&b);
    archive(&b, "a.tar.zst", NULL, 0);
    (void)setenv("TZ", "Asia/Tokyo", 1);
    (void)umask(0);
    archive(&b, "b.tar.zst", NULL, 0);
    T_OK(file_read("a.tar.zst", SIZE_MAX, &one, &b.err), b.err);
    T_OK(file_read("b.tar.zst", SIZE_MAX, &two, &b.err), b.err);
    T_CHECK(sv_eq(strbuf_sv(&one), strbuf_sv(&two)));
    archive(&b, "a.tar.zst", NULL, 0); /* over the one that is there */
    bench_end(&b);
}

T(a_run_that_is_not_finished_is_archived_as_it_stands)
{
    struct bundle_wish wish = {.path = "a.tar.zst"};
    struct bundle_check c;
    struct bench b;
    bool is_signed = true;

    bench_of(&b, document, binding);
    bench_view(&b);
    T_OK(bundle_write(b.store, &b.view, &wish, &is_signed, &b.err), b.err);
    T_CHECK(!is_signed); /* the key is made with the first seal */
    T_OK(bundle_verify("a.tar.zst", &c, &b.err), b.err);
    T_CHECK(!c.sealed && !c.is_signed && !c.chain.finished);
    T_EQ(c.chain.seq, 1);
    bench_end(&b);
}

T(another_run_of_the_store_may_have_made_the_key)
{
    struct bundle_check c;
    struct seal ignored;
    struct bench b;

    bench_finished(&b);
    sql_run("DELETE FROM seal");
    archive(&b, "a.tar.zst", NULL, 0);
    T_OK(bundle_verify("a.tar.zst", &c, &b.err), b.err);
    T_CHECK(c.chain.finished && !c.sealed && c.is_signed);
    T_OK(journal_sign_text(b.store, SV("x"), &ignored, &b.err), b.err);
    T_EQ(memcmp(c.seal.key, ignored.key, sizeof(ignored.key)), 0);
    put_file("s/seal.key", "short");
    T_EQ(journal_sign_text(b.store, SV("x"), &ignored, &b.err), ERR_CORRUPT);
    bench_end(&b);
}

T(a_run_without_its_document_has_no_markdown)
{
    CLEANUP(strbuf_release) struct strbuf names = STRBUF(0);
    struct bench b;

    bench_finished(&b);
    (void)json_object_del(b.view.events.v[0].data, "document_blob"); /* as if it had none */
    archive(&b, "a.tar.zst", NULL, 0);
    (void)get("a.tar.zst", NULL, &names);
    T_CHECK(!strstr(strbuf_str(&names), ".md"));
    want_refused("a.tar.zst", "is missing"); /* the journal names it, after all */
    bench_end(&b);
}

static size_t count_files(void)
{
    DIR *d = opendir(".");
    struct dirent *e;
    size_t n = 0;

    T_CHECK(d);
    while ((e = readdir(d)) != NULL)
        n += e->d_name[0] != '.' && strcmp(e->d_name, "taken") != 0;
    (void)closedir(d);
    return n;
}

T(what_cannot_be_archived_leaves_nothing_behind)
{
    static const char *const twice[] = {"x/f", "y/f"}, *const none[] = {"none"};
    struct bundle_wish wish = {.path = "a.tar.zst", .files = twice, .n_files = 2};
    struct bench b;
    bool is_signed;

    bench_finished(&b);
    T_EQ(mkdir("x", 0700) | mkdir("y", 0700), 0);
    put_file("x/f", "1");
    put_file("y/f", "2");
    T_EQ(bundle_write(b.store, &b.view, &wish, &is_signed, &b.err), ERR_INVALID);
    want_message(&b.err, "two files of the bundle are called 'files/f'");
    wish.files = none;
    wish.n_files = 1;
    T_EQ(bundle_write(b.store, &b.view, &wish, &is_signed, &b.err), ERR_IO);
    wish = (struct bundle_wish){.path = "no/such/a.tar.zst"};
    T_EQ(bundle_write(b.store, &b.view, &wish, &is_signed, &b.err), ERR_IO);
    want_message(&b.err, "create a file beside 'no/such/a.tar.zst'");
    T_EQ(mkdir("taken", 0700), 0);
    wish.path = "taken";
    T_EQ(bundle_write(b.store, &b.view, &wish, &is_signed, &b.err), ERR_IO);
    wish.path = "a.tar.zst";
    sql_run("UPDATE blob SET data = x'00' WHERE size = 14");
    T_EQ(bundle_write(b.store, &b.view, &wish, &is_signed, &b.err), ERR_CORRUPT);
    sql_run("UPDATE event SET at_us = at_us + 1 WHERE seq = 2");
    T_CHECK(bundle_write(b.store, &b.view, &wish, &is_signed, &b.err) != ERR_OK);
    T_EQ(count_files(), 5); /* the document, the binding, the store, x and y */
    bench_end(&b);
}

T(a_full_disk_leaves_nothing_behind)
{
    struct bundle_wish wish = {.path = "a.tar.zst"};
    struct bench b;
    bool is_signed;

    bench_finished(&b);
    T_EQ(sigaction(SIGXFSZ, &(struct sigaction){.sa_handler = SIG_IGN}, NULL), 0);
    T_EQ(setrlimit(RLIMIT_FSIZE, &(struct rlimit){512, 512}), 0);
    T_EQ(bundle_write(b.store, &b.view, &wish, &is_signed, &b.err), ERR_IO);
    want_message(&b.err, "write the archive: ");
    T_EQ(count_files(), 3); /* the document, the binding, the store */
    bench_end(&b);
}

/* --- checking --- */

T(a_changed_byte_is_found_or_changes_nothing)
{
    CLEANUP(strbuf_release) struct strbuf bytes = STRBUF(0);
    size_t found = 0, same = 0;
    struct bundle_check want, got;
    struct bench b;
    int fd;

    bench_finished(&b);
    archive(&b, "a.tar.zst", NULL, 0);
    T_OK(bundle_verify("a.tar.zst", &want, &b.err), b.err);
    T_OK(file_read("a.tar.zst", SIZE_MAX, &bytes, &b.err), b.err);
    fd = open("a.tar.zst", O_WRONLY | O_CLOEXEC);
    for (size_t at = 0; at < bytes.n; at++) {
        unsigned char was = (unsigned char)bytes.p[at],
                      now = was ^ (unsigned char)(1 + t_below(255));

        if (at > 100 && at + 100 < bytes.n && t_below(bytes.n) > 2500)
            continue;
        T_EQ(pwrite(fd, &now, 1, (off_t)at), 1);
        if (bundle_verify("a.tar.zst", &got, &b.err) != ERR_OK || !got.sealed || !got.is_signed)
            found++;
        else if (memcmp(got.seal.key, want.seal.key, sizeof(want.seal.key)) == 0 &&
                 got.files == want.files)
            same++; /* the key signed the list of what was read: it is what it was */
        else
            T_FAIL("byte %zu of %zu: %02x became %02x, which verify does not see", at, bytes.n, was,
                   now);
        T_EQ(pwrite(fd, &was, 1, (off_t)at), 1);
    }
    (void)close(fd);
    printf("# %zu bytes, %zu changed: %zu found, %zu without a consequence\n", bytes.n,
           found + same, found, same);
    T_CHECK(found + same > 2000 && found > 1900);
    for (size_t n = 0; n < bytes.n; n += 1 + t_below(bytes.n / 50)) { /* and what is cut off */
        T_EQ(truncate("a.tar.zst", (off_t)(bytes.n - 1 - n)), 0);
        T_CHECK(bundle_verify("a.tar.zst", &got, &b.err) != ERR_OK);
    }
    bench_end(&b);
}

struct entry {
    const char *name;
    struct sv bytes;
    bool link;
};

/* An archive as somebody else makes it. */
static void forge(const struct entry *e, size_t n)
{
    CLEANUP(fd_closep) int fd = open("f.tar.zst", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    struct archive_entry *entry;
    struct archive *a;
    struct err err;

    T_OK(libarchive_open(&err), err);
    a = libarchive.write_new();
    entry = libarchive.entry_new();
    (void)libarchive.write_add_filter_zstd(a);
    (void)libarchive.write_set_format_pax_restricted(a);
    T_EQ(libarchive.write_open_fd(a, fd), ARCHIVE_OK);
    for (size_t i = 0; i < n; i++) {
        libarchive.entry_clear(entry);
        libarchive.entry_set_pathname(entry, e[i].name);
        libarchive.entry_set_filetype(entry, e[i].link ? AE_IFDIR : AE_IFREG);
        libarchive.entry_set_perm(entry, 0755);
        libarchive.entry_set_size(entry, e[i].link ? 0 : (la_int64_t)e[i].bytes.n);
        T_EQ(libarchive.write_header(a, entry), ARCHIVE_OK);
        if (!e[i].link)
            T_EQ(libarchive.write_data(a, e[i].bytes.p, e[i].bytes.n), e[i].bytes.n);
    }
    T_EQ(libarchive.write_close(a), ARCHIVE_OK);
    libarchive.entry_free(entry);
    (void)libarchive.write_free(a);
}

T(an_archive_of_something_else_is_refused)
{
    static const struct {
        struct entry e[3];
        size_t n;
        const char *message;
    } rows[] = {
        {{{"r-0001/x", SV("x"), false}}, 1, "'x' is not in MANIFEST"},
        {{{"x", SV("x"), false}}, 1, "no file of a bundle"},
        {{{"r-0001/", SV(""), true}}, 1, "no file of a bundle"},
        {{{"a/x", SV("x"), false}, {"b/x", SV("x"), false}}, 2, "files of two folders"},
        {{{"a/x", SV("x"), false}, {"a/x", SV("x"), false}}, 2, "two files 'x'"},
        {{{"a/MANIFEST", SV("nonsense\n"), false}}, 1, "a line that is no hash and name"},
        {{{"a/MANIFEST",
           SV("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  x\n"), false}},
         1,
         "'x' is missing"},
        {{{"a/x", SV("x"), false},
          {"a/MANIFEST",
           SV("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  x\n"), false}},
         2,
         "'x' was changed"},
        {{{"a/MANIFEST", SV(""), false}}, 1, "seal.json: "},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        forge(rows[i].e, rows[i].n);
        want_refused("f.tar.zst", rows[i].message);
    }
    put_file("f.tar.zst", "no archive at all");
    want_refused("f.tar.zst", "");
    want_refused("none.tar.zst", "open 'none.tar.zst'");
}

/* A bundle with one file another, and a list that fits: whoever changes it makes the list anew. */
static const char *forged_folder = "r-0001";

static void forge_bundle(const char *name, const char *from, const char *to)
{
    static const char *const names[] = {"document.md", "plan.json", "journal.jsonl", "seal.json",
                                        "MANIFEST.sig"};
    CLEANUP(strbuf_release) struct strbuf list = STRBUF(0);
    struct strbuf texts[ARRAY_LEN(names)] = {{0}};
    struct entry e[ARRAY_LEN(names) + 1] = {{0}};
    char paths[ARRAY_LEN(names)][64];
    char manifest[64];
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char *at;

        (void)snprintf(paths[i], sizeof(paths[i]), "r-0001/%s", names[i]);
        if (!get("a.tar.zst", paths[i], &texts[i]))
            continue;
        (void)snprintf(paths[i], sizeof(paths[i]), "%s/%s", forged_folder, names[i]);
        if (strcmp(names[i], name) == 0 && (at = strstr(texts[i].p, from)) != NULL) {
            CLEANUP(strbuf_release) struct strbuf now = STRBUF(0);

            strbuf_add(&now, texts[i].p, (size_t)(at - texts[i].p));
            strbuf_add_str(&now, to);
            strbuf_add_str(&now, at + strlen(from));
            strbuf_release(&texts[i]);
            texts[i] = strbuf_steal(&now);
        }
        e[n++] = (struct entry){paths[i], strbuf_sv(&texts[i]), false};
        if (i + 1 < ARRAY_LEN(names)) {
            struct hash h = hash_of(strbuf_sv(&texts[i]));

            strbuf_addf(&list, "%s  %s\n", hash_hex(&h).s, names[i]);
        }
    }
    (void)snprintf(manifest, sizeof(manifest), "%s/MANIFEST", forged_folder);
    e[n++] = (struct entry){manifest, strbuf_sv(&list), false};
    forge(e, n);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        strbuf_release(&texts[i]);
}

T(whoever_makes_the_list_anew_still_meets_the_chain_and_the_seal)
{
    static const struct {
        const char *file, *from, *to, *message;
    } rows[] = {
        {"none", "", "", "the signature of MANIFEST is wrong"},
        {"document.md", "Shop", "Shed", "the text "},
        {"journal.jsonl", "\"operator\":\"ana", "\"operator\":\"bob",
         "event 1 (run-started) was changed"},
        {"journal.jsonl", "run-finished", "run-waiting", "event 2 was changed"},
        {"journal.jsonl", "02:01:00.000Z", "02:01:01.000Z", "event 1 was changed"},
        {"journal.jsonl", "\"hash\":\"", "\"hash\":\"x", "event 1 has no hash"},
        {"journal.jsonl", "\"seq\":2", "\"seq\":3", "event 2 is missing"},
        {"journal.jsonl", "{", "[", "journal.jsonl: "},
        {"seal.json", "\"run\": 1", "\"run\": 2", "event 1 (run-started) was changed"},
        {"seal.json", "\"events\": 2", "\"events\": 3", "seal.json belongs to another journal"},
        {"seal.json", "\"finished\": true", "\"finished\": false",
         "seal.json belongs to another journal"},
        {"seal.json", "\"key\": \"", "\"key\": \"0", "the seal is damaged"},
        {"seal.json", "\"at_us\": 1", "\"at_us\": 2", "the seal's signature is wrong"},
        {"seal.json", "\"format\": 1", "\"format\": 2", "written by a newer version"},
        {"MANIFEST.sig", "\"signature\": \"", "\"signature\": \"zz", "MANIFEST.sig is damaged"},
        {"MANIFEST.sig", "\"key\": \"", "\"yek\": \"", "MANIFEST.sig is damaged"},
    };
    struct bench b;

    bench_of(&b, document, binding);
    add(&b, EVENT_RUN_FINISHED, "", 0, "{\"exit\":0,\"outcome\":\"done\"}");
    bench_view(&b);
    archive(&b, "a.tar.zst", NULL, 0);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        forge_bundle(rows[i].file, rows[i].from, rows[i].to);
        want_refused("f.tar.zst", rows[i].message);
    }
    bench_end(&b);
}

T(a_list_signed_by_another_key_or_of_another_run_is_refused)
{
    CLEANUP(strbuf_release) struct strbuf sig = STRBUF(0);
    char from[64], to[64];
    struct bench b;

    bench_of(&b, document, binding);
    add(&b, EVENT_RUN_FINISHED, "", 0, "{\"exit\":0,\"outcome\":\"done\"}");
    bench_view(&b);
    archive(&b, "a.tar.zst", NULL, 0);
    T_CHECK(get("a.tar.zst", "r-0001/MANIFEST.sig", &sig));
    (void)snprintf(from, sizeof(from), "%.12s", strstr(sig.p, "\"key\": \""));
    (void)snprintf(to, sizeof(to), "%s", from);
    to[11] = to[11] == '0' ? '1' : '0';
    forge_bundle("MANIFEST.sig", from, to);
    want_refused("f.tar.zst", "MANIFEST.sig is by another key than the seal");
    forge_bundle("none", "", "");
    want_refused("f.tar.zst", "the signature of MANIFEST is wrong");
    bench_end(&b);
}

T(a_bundle_in_the_folder_of_another_run_is_refused)
{
    struct bench b;

    bench_of(&b, document, binding);
    bench_view(&b);
    T_OK(bundle_write(b.store, &b.view, &(struct bundle_wish){.path = "a.tar.zst"}, &(bool){false},
                      &b.err),
         b.err);
    forge_bundle("none", "", ""); /* it is not signed: the list may be made anew */
    T_OK(bundle_verify("f.tar.zst", &(struct bundle_check){.files = 0}, &b.err), b.err);
    forged_folder = "r-0002";
    forge_bundle("none", "", "");
    want_refused("f.tar.zst", "it is not of run r-0001");
    bench_end(&b);
}

T_MAIN(T_CASE(all_evidence_of_a_run_is_in_it), T_CASE(no_secret_is_in_it),
       T_CASE(the_same_run_gives_the_same_bytes),
       T_CASE(a_run_that_is_not_finished_is_archived_as_it_stands),
       T_CASE(another_run_of_the_store_may_have_made_the_key),
       T_CASE(a_run_without_its_document_has_no_markdown),
       T_CASE(what_cannot_be_archived_leaves_nothing_behind),
       T_CASE(a_full_disk_leaves_nothing_behind),
       T_CASE(a_changed_byte_is_found_or_changes_nothing),
       T_CASE(an_archive_of_something_else_is_refused),
       T_CASE(a_list_signed_by_another_key_or_of_another_run_is_refused),
       T_CASE(a_bundle_in_the_folder_of_another_run_is_refused),
       T_CASE(whoever_makes_the_list_anew_still_meets_the_chain_and_the_seal))
