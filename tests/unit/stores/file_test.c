/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "journal/some_rows.h"
#include "stores/file.h"

static struct folder folder;
static struct store_error err;
static void *store;

static int set_up(void **state)
{
    (void)state;
    make_folder(&folder, "lines.txt");
    memset(&err, 0, sizeof err);
    struct store_options options = {.type = "file", .name = "f", .path = folder.file};
    return store_file.open(&options, &store, &err);
}

static int tear_down(void **state)
{
    (void)state;
    store_file.close(store);
    drop_folder(&folder);
    return 0;
}

static enum store_outcome write_vms(void *to, int nvms, int64_t seq)
{
    struct some_rows *some = some_rows_new(nvms, 1600000000000 + seq);
    int64_t durable = -1;
    uint64_t bytes = 0;
    enum store_outcome outcome = store_file.write(to, seq, &some->batch, &durable, &bytes, &err);
    if (outcome == STORE_DONE) {
        assert_int_equal(durable, seq);
        assert_true(bytes > 100 * (uint64_t)nvms);
    }
    some_rows_free(some);
    return outcome;
}

static size_t count(const char *path, const char *word)
{
    static char text[4 << 20];
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t n = fread(text, 1, sizeof text - 1, f), found = 0;
    text[n] = '\0';
    fclose(f);
    assert_true(n == 0 || text[n - 1] == '\n');
    for (const char *at = text; (at = strstr(at, word)); at++)
        found++;
    return found;
}

static void test_appends(void **state)
{
    (void)state;
    assert_int_equal(write_vms(store, 3, 1), STORE_DONE);
    size_t lines = count(folder.file, "\n");
    assert_true(lines > 3);
    assert_int_equal(count(folder.file, " 1600000000001000000\n"), lines); /* nanoseconds */
    assert_int_equal(write_vms(store, 3, 2), STORE_DONE);
    assert_int_equal(count(folder.file, "\n"), 2 * lines);
    assert_int_equal(store_file.probe(store, &err), 0);
    struct stat st;
    assert_int_equal(stat(folder.file, &st), 0);
    assert_int_equal(st.st_mode & 07, 0); /* names of an inventory: not for everybody */
}

static void test_rotated(void **state)
{
    (void)state;
    char old[128];
    snprintf(old, sizeof old, "%s.1", folder.file);
    assert_int_equal(write_vms(store, 2, 1), STORE_DONE);
    assert_int_equal(rename(folder.file, old), 0);
    assert_int_equal(store_file.probe(store, &err), -1);
    assert_int_equal(write_vms(store, 2, 2), STORE_DONE);
    assert_true(count(old, "1600000000001000000") > 0);
    assert_int_equal(count(old, "1600000000002000000"), 0);
    assert_true(count(folder.file, "1600000000002000000") > 0);
}

/* A service that was killed while it wrote: what it left of a line goes, all else stays. */
static void test_half_line(void **state)
{
    (void)state;
    void *second;
    struct store_options options = {.path = folder.file};
    assert_int_equal(write_vms(store, 3, 1), STORE_DONE);
    size_t lines = count(folder.file, "\n");
    FILE *f = fopen(folder.file, "a");
    assert_non_null(f);
    fputs("vstrata_vm_cpu,half=line ratio=0.1", f);
    fclose(f);
    assert_int_equal(store_file.open(&options, &second, &err), 0);
    assert_int_equal(store_file.probe(second, &err), 0);
    f = fopen(folder.file, "r"); /* it is left to who writes */
    fseek(f, -4, SEEK_END);
    assert_int_equal(fgetc(f), '=');
    fclose(f);
    assert_int_equal(write_vms(second, 3, 2), STORE_DONE);
    assert_int_equal(count(folder.file, "\n"), 2 * lines);
    assert_int_equal(count(folder.file, "half=line"), 0);
    store_file.close(second);
}

/* A pipe that nobody reads holds nobody up, neither at the start nor at the end. */
static void test_pipe(void **state)
{
    (void)state;
    char text[65536];
    struct store_options options = {.path = folder.file};
    void *pipe_store;
    unlink(folder.file);
    assert_int_equal(mkfifo(folder.file, 0600), 0);
    assert_int_equal(store_file.open(&options, &pipe_store, &err), 0);
    assert_int_equal(store_file.probe(pipe_store, &err), -1);
    assert_non_null(strstr(err.message, "nobody reads"));
    assert_int_equal(write_vms(pipe_store, 2, 1), STORE_BAD_SETUP);
    const int reader = open(folder.file, O_RDONLY | O_NONBLOCK);
    assert_int_equal(store_file.probe(pipe_store, &err), 0);
    assert_int_equal(write_vms(pipe_store, 2, 2), STORE_DONE);
    assert_true(read(reader, text, sizeof text) > 0);
    store_file.cancel(pipe_store); /* while it is full */
    assert_int_equal(write_vms(pipe_store, 500, 3), STORE_AGAIN);
    close(reader);
    store_file.close(pipe_store);
}

/* A batch that does not fit leaves no half of itself, and goes in when there is room. */
static void test_disk_full(void **state)
{
    (void)state;
    struct rlimit limit, before;
    assert_int_equal(write_vms(store, 10, 1), STORE_DONE);
    size_t lines = count(folder.file, "\n");
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    limit = (struct rlimit){60000, before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
    enum store_outcome outcome = write_vms(store, 500, 2);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(outcome, STORE_AGAIN);
    assert_non_null(strstr(err.message, folder.file));
    assert_int_equal(count(folder.file, "\n"), lines);
    assert_int_equal(write_vms(store, 500, 2), STORE_DONE);
    assert_int_equal(count(folder.file, "\n"), 51 * lines);
}

static void test_standard_output(void **state)
{
    (void)state;
    struct store_options options = {.type = "file", .name = "f", .path = "-"};
    int ends[2], saved = dup(STDOUT_FILENO);
    void *out;
    char text[65536];
    assert_int_equal(pipe(ends), 0);
    fflush(stdout);
    dup2(ends[1], STDOUT_FILENO);
    int opened = store_file.open(&options, &out, &err);
    dup2(saved, STDOUT_FILENO);
    close(ends[1]);
    close(saved);
    assert_int_equal(opened, 0);
    assert_int_equal(store_file.probe(out, &err), 0);
    assert_int_equal(write_vms(out, 2, 1), STORE_DONE);
    ssize_t n = read(ends[0], text, sizeof text - 1);
    assert_true(n > 0);
    text[n] = '\0';
    assert_non_null(strstr(text, "vm=web\\ 1 "));
    signal(SIGPIPE, SIG_IGN);
    close(ends[0]); /* the reader has gone */
    assert_int_equal(write_vms(out, 2, 2), STORE_AGAIN);
    store_file.close(out);
}

/* Labels of the configuration make it a matter of series. */
static void test_labels(void **state)
{
    (void)state;
    struct store_options options = {
        .path = folder.file, .schema = "vstrata", .labels = "site=berlin\ncluster=mine"};
    void *labelled;
    assert_int_equal(store_file.open(&options, &labelled, &err), 0);
    assert_int_equal(write_vms(labelled, 2, 1), STORE_DONE);
    size_t lines = count(folder.file, "\n");
    assert_true(lines > 2);
    assert_int_equal(count(folder.file, ",site=berlin,"), lines);
    assert_int_equal(count(folder.file, ",cluster=mine,"), lines);
    assert_int_equal(count(folder.file, " 1600000000001000000\n"), lines);
    store_file.close(labelled);
    options.schema = "no such";
    assert_int_equal(store_file.open(&options, &labelled, &err), -1);
    assert_non_null(strstr(err.message, "no such"));
}

static void test_cannot_open(void **state)
{
    (void)state;
    struct store_options options = {.path = "/nonexistent/folder/lines"};
    void *none = NULL;
    assert_int_equal(store_file.open(&options, &none, &err), -1);
    assert_null(none);
    assert_non_null(strstr(err.message, "/nonexistent/folder/lines"));
    options.path = NULL;
    assert_int_equal(store_file.open(&options, &none, &err), -1);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_appends),   IN_FOLDER(test_rotated),
        IN_FOLDER(test_disk_full), cmocka_unit_test(test_standard_output),
        IN_FOLDER(test_labels),    cmocka_unit_test(test_cannot_open),
        IN_FOLDER(test_half_line), IN_FOLDER(test_pipe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
