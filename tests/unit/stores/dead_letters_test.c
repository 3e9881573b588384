/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <string.h>
#include <sys/stat.h>

#include "journal/some_rows.h"
#include "stores/dead_letters.h"

enum { TEXT = 1 << 22 };

struct stage {
    struct folder folder;
    char old_file[104];
    struct dead_letters *letters;
    struct some_rows *some;
    char *text; /* of the file last read */
};

static void begin(struct stage *s, int64_t max_bytes)
{
    make_folder(&s->folder, "refused-s.jsonl");
    snprintf(s->old_file, sizeof s->old_file, "%s.1", s->folder.file);
    s->letters = dead_letters_new(s->folder.path, "s", max_bytes);
    s->some = some_rows_new(20, FIRST_TIME);
    s->text = calloc(1, TEXT);
    assert_non_null(s->letters);
    assert_non_null(s->text);
}

static void finish(struct stage *s)
{
    dead_letters_free(s->letters);
    some_rows_free(s->some);
    drop_folder(&s->folder);
    free(s->text);
}

/* Reads a file whole; the number of its lines, -1 if there is none. Each line must be a letter. */
static int lines_of(struct stage *s, const char *path)
{
    FILE *file = fopen(path, "r");
    int n = 0;
    if (!file)
        return -1;
    s->text[fread(s->text, 1, TEXT - 1, file)] = '\0';
    fclose(file);
    for (const char *at = s->text; *at; n++) {
        const char *end = strchr(at, '\n');
        assert_non_null(end);
        assert_memory_equal(at, "{\"time\":\"", 9);
        assert_true(strncmp(end - 2, "}}", 2) == 0 || strncmp(end - 2, "]}", 2) == 0);
        at = end + 1;
    }
    return n;
}

static void test_letters(void **state)
{
    (void)state;
    struct stage s;
    struct stat st;
    begin(&s, 0);
    assert_int_equal(lines_of(&s, s.folder.file), -1); /* made by the first letter */
    dead_letters_add(s.letters, &s.some->batch, 3, 3, "nothing");
    assert_int_equal(lines_of(&s, s.folder.file), -1);
    dead_letters_add(s.letters, &s.some->batch, 3, 5, "HTTP 400: \"quoted\"\nline");
    dead_letters_add(s.letters, &s.some->batch, 7, 8, "other");
    assert_int_equal(lines_of(&s, s.folder.file), 3);
    assert_non_null(strstr(s.text, "\"reason\":\"HTTP 400: \\\"quoted\\\"\\nline\",\"row\":{"));
    assert_non_null(strstr(s.text, "\"moid\":\"vm-3\""));
    assert_non_null(strstr(s.text, "\"moid\":\"vm-4\""));
    assert_non_null(strstr(s.text, "\"reason\":\"other\",\"row\":{\"vcenter\":\"vc1\",\"moid\":"
                                   "\"vm-7\",\"name\":\"web 7\""));
    assert_non_null(strstr(s.text, "\"time\":\"1970-01-01T00:16:40Z\""));
    assert_int_equal(stat(s.folder.file, &st), 0);
    assert_int_equal(st.st_mode & 0137, 0);
    dead_letters_add(NULL, &s.some->batch, 0, 1, "nowhere");
    finish(&s);
}

/* Another process goes on behind what is there. */
static void test_appends(void **state)
{
    (void)state;
    struct stage s;
    begin(&s, 0);
    dead_letters_add(s.letters, &s.some->batch, 0, 1, "one");
    dead_letters_free(s.letters);
    s.letters = dead_letters_new(s.folder.path, "s", 0);
    dead_letters_add(s.letters, &s.some->batch, 0, 1, "two");
    assert_int_equal(lines_of(&s, s.folder.file), 2);
    finish(&s);
}

static void test_raw_samples(void **state)
{
    (void)state;
    struct stage s;
    begin(&s, 0);
    struct row_batch *batch = &s.some->batch;
    unsigned ready = row_batch_raw_counter(batch, "cpu.ready.summation", "millisecond");
    row_batch_raw(batch, ready, row_batch_raw_instance(batch, ""), 1500);
    row_batch_raw(batch, ready, row_batch_raw_instance(batch, "0"), -7);
    dead_letters_add(s.letters, batch, 19, 20, "no");
    assert_int_equal(lines_of(&s, s.folder.file), 1);
    assert_non_null(strstr(s.text, "},\"raw\":[[\"cpu.ready.summation\",\"\",1500],"
                                   "[\"cpu.ready.summation\",\"0\",-7]]}\n"));
    finish(&s);
}

static off_t size_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? st.st_size : -1;
}

/* Never larger than it may be; the newest letters are in the file or in the one before. */
static void test_rotation(void **state)
{
    (void)state;
    struct stage s;
    char why[32];
    begin(&s, 20000);
    for (int i = 0; i < 200; i++) {
        snprintf(why, sizeof why, "letter %d.", i);
        dead_letters_add(s.letters, &s.some->batch, 0, 1, why);
        assert_true(size_of(s.folder.file) <= 20000 && size_of(s.old_file) <= 20000);
        lines_of(&s, s.folder.file);
        assert_non_null(strstr(s.text, why));
    }
    int newest = lines_of(&s, s.folder.file), older = lines_of(&s, s.old_file);
    assert_true(older > 10);
    snprintf(why, sizeof why, "letter %d.", 200 - newest - older);
    assert_non_null(strstr(s.text, why));
    assert_true(size_of(s.old_file) > 15000);
    finish(&s);
}

/* Taken away by somebody; a folder that cannot be written and comes back; a link in its place. */
static void test_troubles(void **state)
{
    (void)state;
    struct stage s;
    char elsewhere[104];
    begin(&s, 0);
    dead_letters_add(s.letters, &s.some->batch, 0, 1, "one");
    assert_int_equal(unlink(s.folder.file), 0);
    dead_letters_add(s.letters, &s.some->batch, 0, 1, "two");
    assert_int_equal(lines_of(&s, s.folder.file), 1);
    assert_non_null(strstr(s.text, "two"));

    assert_int_equal(unlink(s.folder.file), 0);
    assert_int_equal(rmdir(s.folder.path), 0);
    dead_letters_add(s.letters, &s.some->batch, 0, 1, "lost");
    assert_int_equal(mkdir(s.folder.path, 0700), 0);
    dead_letters_add(s.letters, &s.some->batch, 0, 1, "three");
    assert_int_equal(lines_of(&s, s.folder.file), 1);

    assert_int_equal(unlink(s.folder.file), 0);
    snprintf(elsewhere, sizeof elsewhere, "%s-wal", s.folder.file);
    assert_int_equal(symlink(elsewhere, s.folder.file), 0);
    dead_letters_add(s.letters, &s.some->batch, 0, 1, "lost");
    assert_int_equal(size_of(elsewhere), -1);
    finish(&s);
}

/* A store's name is free text and must not lead out of the folder. */
static void test_names(void **state)
{
    (void)state;
    struct stage s;
    char path[128];
    begin(&s, 0);
    struct dead_letters *letters = dead_letters_new(s.folder.path, "../a b", 0);
    dead_letters_add(letters, &s.some->batch, 0, 1, "no");
    snprintf(path, sizeof path, "%s/refused-..%%2Fa%%20b.jsonl", s.folder.path);
    assert_int_equal(lines_of(&s, path), 1);
    unlink(path);
    dead_letters_free(letters);
    finish(&s);
}

static void *add_many(void *ctx)
{
    struct stage *s = ctx;
    for (int i = 0; i < 50; i++)
        dead_letters_add(s->letters, &s->some->batch, 0, 3, "no");
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    enum { THREADS = 4 };
    struct stage s;
    pthread_t threads[THREADS];
    begin(&s, 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add_many, &s), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(lines_of(&s, s.folder.file), THREADS * 50 * 3);
    finish(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_letters),     cmocka_unit_test(test_appends),
        cmocka_unit_test(test_raw_samples), cmocka_unit_test(test_rotation),
        cmocka_unit_test(test_troubles),    cmocka_unit_test(test_names),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
