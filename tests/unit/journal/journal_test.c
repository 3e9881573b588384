/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "journal/in_folder.h"

#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/caps.h"

static void test_commit_next_advance(void **state)
{
    (void)state;
    int64_t batches, age, bytes;
    struct journal *journal = open_it();
    assert_int_equal(journal_register(journal, "a", &err), 0);
    expect_none(journal, journal_cursor(journal, "a"));
    for (int i = 1; i <= 3; i++)
        assert_int_equal(commit(journal, 5, INT64_C(1000) * i), 0);
    journal_backlog(journal, "a", &batches, &age);
    assert_int_equal(batches, 3);
    journal_size(journal, &batches, &bytes);
    assert_int_equal(batches, 3);
    assert_true(bytes > 300);
    int64_t seq = journal_cursor(journal, "a");
    for (int i = 1; i <= 3; i++)
        seq = expect(journal, seq, INT64_C(1000) * i);
    expect_none(journal, seq);
    assert_int_equal(journal_advance(journal, "a", seq - 1, &err), 0);
    assert_int_equal(journal_cursor(journal, "a"), seq - 1);
    assert_int_equal(journal_advance(journal, "a", 1, &err), 0); /* never back */
    assert_int_equal(journal_cursor(journal, "a"), seq - 1);
    journal_backlog(journal, "a", &batches, &age);
    assert_int_equal(batches, 1);
    journal_waiting(journal, seq, &batches, &age);
    assert_int_equal(batches, 0);
    assert_int_equal(age, 0);
    assert_int_equal(journal_advance(journal, "a", seq + 100, &err), 0); /* not past the end */
    assert_int_equal(journal_cursor(journal, "a"), seq);
    journal_size(journal, &batches, &bytes);
    assert_int_equal(batches, 0);
    assert_int_equal(bytes, 0);
    assert_int_equal(journal_advance(journal, "unknown", seq, &err), -1);
    assert_non_null(strstr(err.message, "unknown"));
    journal_close(journal);
}

static void test_marks(void **state)
{
    (void)state;
    struct journal *journal = open_it();
    assert_int_equal(journal_mark(journal, "2f0c-uuid", "vm-1").ms, 0);
    assert_int_equal(commit(journal, 400, 1000), 0); /* more than the table's first room */
    assert_int_equal(journal_mark(journal, "2f0c-uuid", "vm-399").ms, 1000);
    assert_int_equal(journal_mark(journal, "2f0c-uuid", "vm-400").ms, 0);
    assert_int_equal(journal_mark(journal, "other", "vm-1").ms, 0);

    struct entity entity = {"other", {"", "", "", "", "", "vm-1", "", "", ""}};
    struct mark marks[] = {{&entity, {5000}}, {&entity, {6000}}}; /* twice in one commit */
    assert_int_equal(journal_commit(journal, NULL, marks, 2, &err), 0);
    assert_int_equal(journal_mark(journal, "other", "vm-1").ms, 6000);
    assert_int_equal(commit(journal, 2, 2000), 0);
    journal_close(journal);

    journal = open_it();
    assert_int_equal(journal_mark(journal, "2f0c-uuid", "vm-0").ms, 2000);
    assert_int_equal(journal_mark(journal, "2f0c-uuid", "vm-2").ms, 1000);
    assert_int_equal(journal_mark(journal, "other", "vm-1").ms, 6000);
    assert_int_equal(commit(journal, 3, 3000), 0); /* ids go on where they stopped */
    assert_int_equal(journal_mark(journal, "2f0c-uuid", "vm-2").ms, 3000);
    journal_close(journal);
}

/* Marks only: no batch. */
static void test_marks_without_rows(void **state)
{
    (void)state;
    struct journal *journal = open_it();
    struct row_batch none;
    struct entity entity = {"u", {"", "", "", "", "", "m", "", "", ""}};
    struct mark mark = {&entity, {5}};
    int64_t batches, bytes;
    row_batch_init(&none);
    assert_int_equal(journal_commit(journal, &none, &mark, 1, &err), 0);
    journal_size(journal, &batches, &bytes);
    assert_int_equal(batches, 0);
    assert_int_equal(journal_mark(journal, "u", "m").ms, 5);
    journal_close(journal);
}

/* A mark a day behind its vCenter's newest goes when the journal is opened. */
static void test_old_marks_go(void **state)
{
    (void)state;
    const int64_t day = 86400000;
    struct journal *journal = open_it();
    struct entity entities[] = {{"u", {"", "", "", "", "", "old", "", "", ""}},
                                {"u", {"", "", "", "", "", "new", "", "", ""}},
                                {"v", {"", "", "", "", "", "alone", "", "", ""}}};
    struct mark marks[] = {
        {&entities[0], {1000}}, {&entities[1], {day + 1001}}, {&entities[2], {1000}}};
    assert_int_equal(journal_commit(journal, NULL, marks, 3, &err), 0);
    assert_int_equal(journal_mark(journal, "u", "old").ms, 1000);
    journal_close(journal);
    journal = open_it();
    assert_int_equal(journal_mark(journal, "u", "old").ms, 0);
    assert_int_equal(journal_mark(journal, "u", "new").ms, day + 1001);
    assert_int_equal(journal_mark(journal, "v", "alone").ms, 1000);
    assert_int_equal(journal_commit(journal, NULL, marks, 3, &err), 0);
    assert_int_equal(journal_mark(journal, "u", "old").ms, 1000);
    journal_close(journal);
}

static void test_restart(void **state)
{
    (void)state;
    struct journal *journal = open_it();
    assert_int_equal(journal_register(journal, "a", &err), 0);
    for (int i = 1; i <= 4; i++)
        assert_int_equal(commit(journal, 2, i), 0);
    int64_t first = expect(journal, 0, 1);
    assert_int_equal(journal_advance(journal, "a", first, &err), 0);
    journal_close(journal);

    journal = open_it();
    assert_int_equal(journal_register(journal, "a", &err), 0);
    assert_int_equal(journal_register(journal, "a", &err), 0); /* again is fine */
    assert_int_equal(journal_cursor(journal, "a"), first);
    int64_t seq = expect(journal, first, 2);
    assert_int_equal(journal_register(journal, "b", &err), 0); /* new: from the oldest held */
    expect(journal, journal_cursor(journal, "b"), 2);
    seq = expect(journal, expect(journal, seq, 3), 4);
    assert_int_equal(journal_advance(journal, "a", seq, &err), 0);
    assert_int_equal(journal_advance(journal, "b", seq, &err), 0);
    journal_close(journal);

    journal = open_it(); /* all passed: numbers still grow */
    assert_int_equal(journal_register(journal, "a", &err), 0);
    assert_int_equal(journal_register(journal, "c", &err), 0);
    expect_none(journal, 0);
    assert_int_equal(commit(journal, 2, 5), 0);
    assert_true(expect(journal, journal_cursor(journal, "a"), 5) > seq);
    expect(journal, journal_cursor(journal, "c"), 5);
    journal_close(journal);
}

/* Killed without journal_close. */
static void test_killed(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        struct journal *journal = open_it();
        for (int i = 1; i <= 50; i++)
            if (commit(journal, 20, i) != 0)
                _exit(1);
        kill(getpid(), SIGKILL);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    struct journal *journal = open_it();
    int64_t seq = 0;
    for (int i = 1; i <= 50; i++)
        seq = expect(journal, seq, i);
    expect_none(journal, seq);
    assert_int_equal(journal_mark(journal, "2f0c-uuid", "vm-19").ms, 50);
    journal_close(journal);
}

static int64_t file_bytes(void)
{
    struct stat st;
    assert_int_equal(stat(folder.file, &st), 0);
    return st.st_size;
}

/* The slower of two stores holds batches back; what both have passed leaves the file. */
static void test_two_speeds(void **state)
{
    (void)state;
    int64_t batches, bytes, age;
    struct journal *journal = open_it();
    assert_int_equal(journal_register(journal, "fast", &err), 0);
    assert_int_equal(journal_register(journal, "slow", &err), 0);
    int64_t fast = 0, slow = 0;
    for (int i = 1; i <= 100; i++) {
        assert_int_equal(commit(journal, 3, i), 0);
        fast = expect(journal, fast, i);
        assert_int_equal(journal_advance(journal, "fast", fast, &err), 0);
    }
    journal_size(journal, &batches, &bytes);
    assert_int_equal(batches, 100);
    journal_backlog(journal, "fast", &batches, &age);
    assert_int_equal(batches, 0);
    for (int i = 1; i <= 60; i++) {
        slow = expect(journal, slow, i);
        assert_int_equal(journal_advance(journal, "slow", slow, &err), 0);
    }
    journal_backlog(journal, "slow", &batches, &age);
    assert_int_equal(batches, 40);
    journal_size(journal, &batches, &bytes);
    assert_int_equal(batches, 40);
    assert_int_equal(journal_lost(journal, "fast") + journal_lost(journal, "slow"), 0);
    journal_close(journal);
    assert_int_equal(count_rows("SELECT count(*) FROM batch"), 40);
}

/* A store of an earlier configuration holds nothing back. */
static void test_forgotten_store(void **state)
{
    (void)state;
    int64_t batches, bytes;
    struct journal *journal = open_it();
    assert_int_equal(journal_register(journal, "old", &err), 0);
    assert_int_equal(commit(journal, 1, 1), 0);
    journal_close(journal);
    journal = open_it();
    assert_int_equal(journal_register(journal, "new", &err), 0);
    assert_int_equal(journal_advance(journal, "new", expect(journal, 0, 1), &err), 0);
    journal_size(journal, &batches, &bytes);
    assert_int_equal(batches, 0);
    journal_close(journal);
}

static void test_too_many_stores(void **state)
{
    (void)state;
    struct journal *journal = open_it();
    char name[16];
    for (int i = 0; i < CAP_STORES; i++) {
        snprintf(name, sizeof name, "s%d", i);
        assert_int_equal(journal_register(journal, name, &err), 0);
    }
    assert_int_equal(journal_register(journal, "one more", &err), -1);
    journal_close(journal);
}

static void test_cap(void **state)
{
    (void)state;
    int64_t batches, bytes, one;
    struct journal *journal = open_with(100000);
    assert_int_equal(journal_register(journal, "dead", &err), 0);
    assert_int_equal(journal_register(journal, "half", &err), 0);
    assert_int_equal(commit(journal, 10, 1), 0);
    journal_size(journal, &batches, &one);
    int64_t fit = 100000 / one - 1; /* sizes differ by a few bytes */
    for (int64_t i = 2; i <= fit; i++)
        assert_int_equal(commit(journal, 10, i), 0);
    assert_int_equal(journal_advance(journal, "half", fit / 2, &err), 0);
    assert_int_equal(journal_lost(journal, "dead"), 0);
    for (int64_t i = fit + 1; i <= 3 * fit; i++)
        assert_int_equal(commit(journal, 10, i), 0);
    journal_size(journal, &batches, &bytes);
    assert_true(bytes <= 100000);
    assert_true(batches >= fit - 1 && batches <= fit + 2);
    assert_int_equal(journal_lost(journal, "dead"), 3 * fit - batches);
    assert_int_equal(journal_lost(journal, "half"), 3 * fit - batches - fit / 2);
    expect(journal, 0, 3 * fit - batches + 1);
    int64_t lost = journal_lost(journal, "dead");
    journal_close(journal);

    journal = open_with(100000); /* the counts are kept */
    assert_int_equal(journal_register(journal, "dead", &err), 0);
    assert_int_equal(journal_lost(journal, "dead"), lost);
    journal_close(journal);
}

/* One batch larger than the cap is still handed over. */
static void test_batch_over_the_cap(void **state)
{
    (void)state;
    struct journal *journal = open_with(100);
    assert_int_equal(commit(journal, 10, 1), 0);
    assert_int_equal(commit(journal, 10, 2), 0);
    expect_none(journal, expect(journal, 0, 2));
    journal_close(journal);
}

/* What an outage made grow is given back. */
static void test_file_shrinks(void **state)
{
    (void)state;
    enum { BATCHES = 1000 };
    struct journal *journal = open_it();
    struct some_rows *some = some_rows_new(MOST_VMS, 7);
    int64_t seq = 0, batches, bytes;
    assert_int_equal(journal_register(journal, "a", &err), 0);
    for (int i = 0; i < BATCHES; i++)
        assert_int_equal(journal_commit(journal, &some->batch, NULL, 0, &err), 0);
    some_rows_free(some);
    journal_size(journal, &batches, &bytes);
    assert_true(bytes > 20 << 20);
    seq = expect(journal, 0, 7);
    for (int i = 1; i <= BATCHES / 20; i++)
        assert_int_equal(journal_advance(journal, "a", seq - 1 + 20 * (int64_t)i, &err), 0);
    journal_size(journal, &batches, &bytes);
    assert_int_equal(batches, 0);
    journal_close(journal);
    assert_true(file_bytes() < 18 << 20);
}

/* ---- threads ---- */

enum { THREAD_BATCHES = 200 };

struct reader {
    struct journal *journal;
    const char *name;
    int64_t sum;
    int read;
    enum journal_next end;
};

static void *read_all(void *ctx)
{
    struct reader *r = ctx;
    struct journal_entry entry;
    struct journal_error why;
    int64_t after = journal_cursor(r->journal, r->name);
    while ((r->end = journal_next(r->journal, after, 10000, &entry, &why)) == JOURNAL_ENTRY) {
        after = entry.seq;
        r->sum += entry.batch.rows[0].time.ms;
        r->read++;
        journal_entry_free(&entry);
        if (journal_advance(r->journal, r->name, after, &why) != 0)
            break;
    }
    return NULL;
}

static void *commit_many(void *ctx)
{
    for (int i = 1; i <= THREAD_BATCHES; i++)
        if (commit(ctx, 4, i) != 0)
            return ctx;
    return NULL;
}

/* Two collectors, three stores; stop ends the readers when everything has been read. */
static void test_threads(void **state)
{
    (void)state;
    struct journal *journal = open_it();
    struct reader readers[] = {{.name = "a"}, {.name = "b"}, {.name = "c"}};
    pthread_t reading[3], writing[2];
    for (int i = 0; i < 3; i++) {
        readers[i].journal = journal;
        assert_int_equal(journal_register(journal, readers[i].name, &err), 0);
    }
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&reading[i], NULL, read_all, &readers[i]), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&writing[i], NULL, commit_many, journal), 0);
    for (int i = 0; i < 2; i++) {
        void *failed;
        pthread_join(writing[i], &failed);
        assert_null(failed);
    }
    journal_stop(journal);
    for (int i = 0; i < 3; i++) {
        pthread_join(reading[i], NULL);
        assert_int_equal(readers[i].end, JOURNAL_CLOSED);
        assert_int_equal(readers[i].read, 2 * THREAD_BATCHES);
        assert_int_equal(readers[i].sum, THREAD_BATCHES * (THREAD_BATCHES + 1));
    }
    journal_close(journal);
    assert_int_equal(count_rows("SELECT count(*) FROM batch"), 0);
}

static int64_t now_ms(void)
{
    return mono_now().ms;
}

static void *commit_soon(void *ctx)
{
    usleep(50000);
    commit(ctx, 1, 7);
    return NULL;
}

/* A waiting reader is woken by a commit long before its time is up. */
static void test_woken(void **state)
{
    (void)state;
    struct journal *journal = open_it();
    struct journal_entry entry;
    pthread_t thread;
    int64_t start = now_ms();
    assert_int_equal(journal_next(journal, 0, 30, &entry, &err), JOURNAL_EMPTY);
    assert_true(now_ms() - start >= 29);
    assert_int_equal(pthread_create(&thread, NULL, commit_soon, journal), 0);
    start = now_ms();
    assert_int_equal(journal_next(journal, 0, 20000, &entry, &err), JOURNAL_ENTRY);
    assert_true(now_ms() - start < 10000);
    journal_entry_free(&entry);
    pthread_join(thread, NULL);
    journal_stop(journal);
    assert_int_equal(journal_next(journal, 0, 20000, &entry, &err), JOURNAL_ENTRY);
    journal_entry_free(&entry);
    assert_int_equal(journal_next(journal, 1, 20000, &entry, &err), JOURNAL_CLOSED);
    journal_close(journal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_commit_next_advance),
        IN_FOLDER(test_marks),
        IN_FOLDER(test_marks_without_rows),
        IN_FOLDER(test_old_marks_go),
        IN_FOLDER(test_restart),
        IN_FOLDER(test_killed),
        IN_FOLDER(test_two_speeds),
        IN_FOLDER(test_forgotten_store),
        IN_FOLDER(test_too_many_stores),
        IN_FOLDER(test_cap),
        IN_FOLDER(test_batch_over_the_cap),
        IN_FOLDER(test_file_shrinks),
        IN_FOLDER(test_threads),
        IN_FOLDER(test_woken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
