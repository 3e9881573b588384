/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Files that are not a journal, damaged ones, full disks.
 */
#include "journal/in_folder.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static void damage(const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(folder.file, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void test_damaged_batch(void **state)
{
    (void)state;
    struct journal *journal = open_it();
    assert_int_equal(journal_register(journal, "a", &err), 0);
    assert_int_equal(journal_register(journal, "b", &err), 0);
    for (int i = 1; i <= 4; i++)
        assert_int_equal(commit(journal, 3, i), 0);
    journal_close(journal);
    damage("UPDATE batch SET bytes = X'00010203' WHERE seq = 2;"
           "UPDATE batch SET bytes = X'' WHERE seq = 3;");
    journal = open_it();
    assert_int_equal(journal_register(journal, "a", &err), 0);
    assert_int_equal(journal_register(journal, "b", &err), 0);
    int64_t seq = expect(journal, 0, 1);
    assert_int_equal(journal_advance(journal, "a", seq, &err), 0);
    assert_int_equal(expect(journal, seq, 4), 4);
    assert_int_equal(expect(journal, seq, 4), 4); /* for the other store they are gone as well */
    assert_int_equal(journal_lost(journal, "a"), 2);
    assert_int_equal(journal_lost(journal, "b"), 2);
    journal_close(journal);
    assert_int_equal(count_rows("SELECT sum(lost) FROM cursor"), 4);
}

static void write_file(const char *bytes, size_t n)
{
    FILE *f = fopen(folder.file, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    fclose(f);
}

static char *read_file(size_t *n)
{
    char *bytes = calloc(1, 1 << 20);
    FILE *f = fopen(folder.file, "r");
    assert_non_null(f);
    *n = fread(bytes, 1, 1 << 20, f);
    fclose(f);
    return bytes;
}

static void assert_refused_untouched(const char *why)
{
    struct journal_options options = {folder.file, 0};
    struct journal *journal = NULL;
    char wal[128];
    size_t n, m;
    char *before = read_file(&n);
    assert_int_equal(journal_open(&options, &journal, &err), -1);
    assert_null(journal);
    assert_non_null(strstr(err.message, folder.file));
    if (!strstr(err.message, why))
        fail_msg("%s", err.message);
    char *after = read_file(&m);
    assert_int_equal(n, m);
    assert_memory_equal(before, after, n);
    snprintf(wal, sizeof wal, "%s-wal", folder.file);
    assert_int_equal(access(wal, F_OK), -1);
    free(before);
    free(after);
}

static void test_foreign_files(void **state)
{
    (void)state;
    write_file("hello", 5);
    assert_refused_untouched("not a journal");
    static char zeros[5000];
    write_file(zeros, sizeof zeros);
    assert_refused_untouched("not a journal");
    unlink(folder.file);
    damage("CREATE TABLE precious(x); INSERT INTO precious VALUES(1);");
    assert_refused_untouched("not a journal");
    unlink(folder.file);
    journal_close(open_it());
    damage("PRAGMA journal_mode = DELETE; PRAGMA user_version = 2;");
    assert_refused_untouched("newer");
}

/* A newer version's number that is still in the log beside the file. */
static void test_newer_in_the_log(void **state)
{
    (void)state;
    struct journal_options options = {folder.file, 0};
    struct journal *journal = NULL;
    journal_close(open_it());
    pid_t child = fork();
    if (child == 0) { /* killed, so that nobody moves the log into the file */
        sqlite3 *db;
        sqlite3_open(folder.file, &db);
        sqlite3_exec(db, "PRAGMA user_version = 2", NULL, NULL, NULL);
        kill(getpid(), SIGKILL);
    }
    waitpid(child, NULL, 0);
    assert_int_equal(journal_open(&options, &journal, &err), -1);
    assert_non_null(strstr(err.message, "version"));
}

static void test_no_folder(void **state)
{
    (void)state;
    struct journal_options options = {"/nonexistent/folder/journal.db", 0};
    struct journal *journal = NULL;
    assert_int_equal(journal_open(&options, &journal, &err), -1);
    assert_non_null(strstr(err.message, "/nonexistent/folder/journal.db"));
    assert_non_null(strstr(err.message, "folder"));
    options.path = "/tmp";
    assert_int_equal(journal_open(&options, &journal, &err), -1);
    assert_null(journal);
}

/* A journal whose inside is garbage: errors, no crash. */
static void test_corrupt_file(void **state)
{
    (void)state;
    struct journal *journal = open_it();
    for (int i = 1; i <= 30; i++)
        assert_int_equal(commit(journal, 50, i), 0);
    journal_close(journal);
    size_t n;
    char *bytes = read_file(&n);
    memset(bytes + 100, 0x5a, n - 100); /* the identity stays at 60 and 68 */
    write_file(bytes, n);
    free(bytes);
    struct journal_options options = {folder.file, 0};
    journal = NULL;
    assert_int_equal(journal_open(&options, &journal, &err), -1);
    assert_non_null(strstr(err.message, "damaged"));
}

static void test_second_program(void **state)
{
    (void)state;
    struct journal *journal = open_it();
    assert_int_equal(commit(journal, 1, 1), 0);
    pid_t child = fork();
    if (child == 0) { /* its own process: locks are per process */
        struct journal_options options = {folder.file, 0};
        struct journal *second = NULL;
        if (journal_open(&options, &second, &err) == 0 || !strstr(err.message, "another program"))
            _exit(1);
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    assert_int_equal(commit(journal, 1, 2), 0);
    journal_close(journal);
}

/* No room on the disk: the commit keeps nothing, and works again when there is room. */
static void test_disk_full(void **state)
{
    (void)state;
    struct journal *journal = open_it();
    struct rlimit limit, before;
    assert_int_equal(commit(journal, 100, 1), 0);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    limit = (struct rlimit){100000, before.rlim_max};
    int rc = 0, committed = 1;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    for (int i = 2; i <= 100 && rc == 0; i++) {
        rc = commit(journal, 100, i);
        committed += rc == 0;
    }
    assert_int_equal(commit(journal, 150, 500), -1);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(rc, -1);
    assert_non_null(strstr(err.message, folder.file));
    int64_t batches, bytes;
    journal_size(journal, &batches, &bytes);
    assert_int_equal(batches, committed);
    assert_int_equal(journal_mark(journal, "2f0c-uuid", "vm-0").ms, committed);
    assert_int_equal(journal_mark(journal, "2f0c-uuid", "vm-149").ms, 0);

    assert_int_equal(commit(journal, 150, 1000), 0); /* also the entities new in the failed one */
    assert_int_equal(journal_mark(journal, "2f0c-uuid", "vm-149").ms, 1000);
    journal_close(journal);
    journal = open_it();
    int64_t seq = 0;
    for (int i = 1; i <= committed; i++)
        seq = expect(journal, seq, i);
    expect_none(journal, expect(journal, seq, 1000));
    assert_int_equal(journal_mark(journal, "2f0c-uuid", "vm-149").ms, 1000);
    journal_close(journal);
}

static void test_batch_not_whole(void **state)
{
    (void)state;
    struct journal *journal = open_it();
    struct some_rows *some = some_rows_new(2, 1);
    struct mark mark = {&some->entities[0], {1}};
    some->batch.failed = true;
    assert_int_equal(journal_commit(journal, &some->batch, &mark, 1, &err), -1);
    assert_int_equal(journal_mark(journal, "2f0c-uuid", "vm-0").ms, 0);
    expect_none(journal, 0);
    some_rows_free(some);
    journal_close(journal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_damaged_batch),    IN_FOLDER(test_foreign_files),
        IN_FOLDER(test_newer_in_the_log), IN_FOLDER(test_no_folder),
        IN_FOLDER(test_corrupt_file),     IN_FOLDER(test_second_program),
        IN_FOLDER(test_disk_full),        IN_FOLDER(test_batch_not_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
