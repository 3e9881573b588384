/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "formats/copy_text.h"
#include "formats/schema.h"

static const struct entity web = {
    .vcenter_uuid = "u-1",
    .label = {"vc1", "Paris", "blue", "esx1", "web", "vm-42", "50-a", "", ""},
};
static const struct entity esx = {
    .vcenter_uuid = "u-1",
    .label = {"vc1", "Paris", "blue", "esx1", "", "host-7", "50-b", "host", ""},
};

static bool knows_none(void *ctx, const unsigned char key[SERIES_KEY])
{
    (void)ctx, (void)key;
    return false;
}

static bool knows_one(void *ctx, const unsigned char key[SERIES_KEY])
{
    return memcmp(ctx, key, SERIES_KEY) == 0;
}

static void row(struct row_batch *batch, const struct entity *entity, int64_t ms)
{
    row_batch_row(batch, entity, (struct server_time){ms}, 20);
}

static void write_all(const struct row_batch *batch, const char *labels, struct copy_text *text)
{
    struct series_walk *walk = series_walk_new(&schema_vstrata, labels);
    copy_text_init(text, knows_none, NULL, labels);
    assert_true(copy_text_write(walk, batch, 0, batch->nrows, text));
    series_walk_free(walk);
}

/* Keys computed by another program from the rule in the header. */
#define READY "6cffc2b5a5f55978f5d9ee46fae4dd19"
#define DISK "7588589eda597b4cc65d0fcadf13fc06"
#define HOST "46377a605c960e0f504cf5c8ec9bdcfc"

static void test_golden(void **state)
{
    (void)state;
    struct row_batch batch;
    struct copy_text text;
    row_batch_init(&batch);
    for (int i = 0; i < 2; i++) {
        row(&batch, &web, INT64_C(1623683210000) + INT64_C(20500) * i);
        row_batch_value(&batch, Q_CPU_READY, FORM_WORST, 0, 1500 + i);
        row_batch_value(&batch, Q_DISK_READS, FORM_INSTANCE, 3, 12);
    }
    row(&batch, &esx, 1623683210000);
    row_batch_value(&batch, Q_HOST_STATUS, FORM_TOTAL, 0, 3);
    write_all(&batch, "site=b\ncluster=prod", &text);
    assert_string_equal(text.points.data, READY "\t2021-06-14T15:06:50Z\t0.075\n" READY
                                                "\t2021-06-14T15:07:10.500Z\t0.07505\n" DISK
                                                "\t2021-06-14T15:06:50Z\t12\n" DISK
                                                "\t2021-06-14T15:07:10.500Z\t12\n" HOST
                                                "\t2021-06-14T15:06:50Z\t3\n");
    assert_string_equal(
        text.series.data,
        READY "\tvstrata_vm_cpu\tratio_worst\tvm\tvc1\tParis\tblue\tesx1\tweb\tvm-42\tunmet\tready"
              "\t\t{\"cluster\": \"prod\", \"datacenter\": \"Paris\", "
              "\"exported_cluster\": \"blue\", \"host\": \"esx1\", \"layer\": \"unmet\", "
              "\"moid\": \"vm-42\", \"part\": \"ready\", \"site\": \"b\", \"uuid\": \"50-a\", "
              "\"vcenter\": \"vc1\", \"vm\": \"web\"}\n" DISK
              "\tvstrata_vdisk_disk\toperations_per_second\tvm\tvc1\tParis\tblue\tesx1\tweb\tvm-42"
              "\tusage\treads\tscsi0:3\t{\"cluster\": \"prod\", \"datacenter\": \"Paris\", "
              "\"exported_cluster\": \"blue\", \"host\": \"esx1\", \"layer\": \"usage\", "
              "\"moid\": \"vm-42\", \"part\": \"reads\", \"site\": \"b\", \"uuid\": \"50-a\", "
              "\"vcenter\": \"vc1\", \"vdisk\": \"scsi0:3\", \"vm\": \"web\"}\n" HOST
              "\tvstrata_host_status\tcode\thost\tvc1\tParis\tblue\tesx1\t\thost-7\t\tstatus\t\t"
              "{\"cluster\": \"prod\", \"datacenter\": \"Paris\", "
              "\"exported_cluster\": \"blue\", \"host\": \"esx1\", \"moid\": \"host-7\", "
              "\"part\": \"status\", \"site\": \"b\", \"uuid\": \"50-b\", \"vcenter\": \"vc1\"}\n");
    assert_int_equal(text.npoints, 5);
    assert_int_equal(text.keys.len, 3 * SERIES_KEY);
    copy_text_free(&text);
    row_batch_free(&batch);
}

/* Of a series that the database has only points go out. */
static void test_known_series(void **state)
{
    (void)state;
    struct series_walk *walk = series_walk_new(&schema_vstrata, NULL);
    struct row_batch batch;
    struct copy_text text;
    unsigned char key[SERIES_KEY];
    row_batch_init(&batch);
    row(&batch, &web, 1623683210000);
    row_batch_value(&batch, Q_CPU_READY, FORM_TOTAL, 0, 1500);
    row_batch_value(&batch, Q_CPU_COUNT, FORM_TOTAL, 0, 2);
    copy_text_init(&text, knows_none, NULL, NULL);
    assert_true(copy_text_write(walk, &batch, 0, 1, &text));
    memcpy(key, text.keys.data, SERIES_KEY);
    copy_text_free(&text);
    copy_text_init(&text, knows_one, key, NULL);
    for (int again = 0; again < 2; again++) { /* what was there is replaced */
        assert_true(copy_text_write(walk, &batch, 0, 1, &text));
        assert_int_equal(text.npoints, 2);
        assert_null(strstr(text.series.data, "\tready\t"));
        assert_non_null(strstr(text.series.data, "\tcount\t"));
        assert_ptr_equal(strchr(text.series.data, '\n'),
                         text.series.data + text.series.len - 1); /* one line */
        assert_int_equal(text.keys.len, SERIES_KEY);
    }
    copy_text_free(&text);
    row_batch_free(&batch);
    series_walk_free(walk);
}

static void test_escapes(void **state)
{
    (void)state;
    static const struct {
        const char *name, *column, *label;
    } cases[] = {
        {"plain", "plain", "plain"},
        {"a\tb\nc\rd\\e", "a\\tb\\nc\\rd\\\\e", "a\\\\tb\\\\nc\\\\rd\\\\\\\\e"},
        {"\\.", "\\\\.", "\\\\\\\\."},
        {"say \"hi\"", "say \"hi\"", "say \\\\\"hi\\\\\""},
        {"M\xC3\xBCnchen", "M\xC3\xBCnchen", "M\xC3\xBCnchen"},
        {"cut\xE2\x82", "cut\xEF\xBF\xBD\xEF\xBF\xBD", "cut\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"bell\x07", "bell\x07", "bell\\\\u0007"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct entity entity = web;
        struct row_batch batch;
        struct copy_text text;
        char column[100], label[100];
        entity.label[LABEL_VM] = cases[i].name;
        row_batch_init(&batch);
        row(&batch, &entity, 1623683210000);
        row_batch_value(&batch, Q_CPU_COUNT, FORM_TOTAL, 0, 2);
        write_all(&batch, "", &text);
        snprintf(column, sizeof column, "\tesx1\t%s\tvm-42\t", cases[i].column);
        snprintf(label, sizeof label, ", \"vm\": \"%s\"}\n", cases[i].label);
        assert_non_null(strstr(text.series.data, column));
        assert_non_null(strstr(text.series.data, label));
        copy_text_free(&text);
        row_batch_free(&batch);
    }
}

static void keys_of(const struct entity *entity, enum quantity quantity, enum form form,
                    unsigned instance, const char *labels, unsigned char key[SERIES_KEY])
{
    struct row_batch batch;
    struct copy_text text;
    row_batch_init(&batch);
    row(&batch, entity, 1623683210000);
    row_batch_value(&batch, quantity, form, instance, 2);
    write_all(&batch, labels, &text);
    assert_int_equal(text.keys.len, SERIES_KEY);
    memcpy(key, text.keys.data, SERIES_KEY);
    copy_text_free(&text);
    row_batch_free(&batch);
}

/* Whatever is different about a series makes another key; its values do not. */
static void test_keys_tell_series_apart(void **state)
{
    (void)state;
    struct entity moved = web, renamed = web;
    moved.label[LABEL_HOST] = "esx2";
    renamed.label[LABEL_VM] = "web\xFF";
    unsigned char keys[8][SERIES_KEY];
    keys_of(&web, Q_CPU_READY, FORM_TOTAL, 0, "", keys[0]);
    keys_of(&web, Q_CPU_READY, FORM_WORST, 0, "", keys[1]);
    keys_of(&web, Q_CPU_READY, FORM_INSTANCE, 0, "", keys[2]);
    keys_of(&web, Q_CPU_READY, FORM_INSTANCE, 1, "", keys[3]);
    keys_of(&web, Q_CPU_COSTOP, FORM_TOTAL, 0, "", keys[4]);
    keys_of(&moved, Q_CPU_READY, FORM_TOTAL, 0, "", keys[5]);
    keys_of(&renamed, Q_CPU_READY, FORM_TOTAL, 0, "", keys[6]);
    keys_of(&web, Q_CPU_READY, FORM_TOTAL, 0, "a=b", keys[7]);
    for (int i = 0; i < 8; i++)
        for (int k = i + 1; k < 8; k++)
            assert_memory_not_equal(keys[i], keys[k], SERIES_KEY);
    keys_of(&web, Q_CPU_READY, FORM_TOTAL, 0, "", keys[1]);
    assert_memory_equal(keys[0], keys[1], SERIES_KEY);
}

/* Labels of the configuration are no layer, part or instance. */
static void test_labels_are_not_columns(void **state)
{
    (void)state;
    struct row_batch batch;
    struct copy_text text;
    row_batch_init(&batch);
    row(&batch, &web, 1623683210000);
    row_batch_value(&batch, Q_CPU_READY, FORM_TOTAL, 0, 1);
    row_batch_value(&batch, Q_CPU_READY, FORM_INSTANCE, 1, 1);
    write_all(&batch, "app=shop\ninstance=i\nlayer=l\npart=p\nvcpu=v\nxpart=q", &text);
    const char *second = strchr(text.series.data, '\n');
    assert_non_null(strstr(text.series.data, "\tvm-42\tunmet\tready\t\t{\"app\": \"shop\""));
    assert_true(strstr(text.series.data, "\tready\t\t{") < second);
    assert_non_null(strstr(second, "\tvm-42\tunmet\tready\t1\t{\"app\": \"shop\""));
    copy_text_free(&text);
    row_batch_free(&batch);
}

static void test_the_end_of_a_series_is_silent(void **state)
{
    (void)state;
    struct row_batch batch;
    struct copy_text text;
    row_batch_init(&batch);
    row(&batch, &web, 1623683210000);
    row_batch_value(&batch, Q_CPU_COUNT, FORM_TOTAL, 0, SERIES_STALE);
    write_all(&batch, "", &text);
    assert_int_equal(text.npoints, 0);
    assert_int_equal(text.points.len, 0);
    copy_text_free(&text);
    row_batch_free(&batch);
}

/* More than one body may hold is an error, not a part. */
static void test_too_much(void **state)
{
    (void)state;
    struct series_walk *walk = series_walk_new(&schema_vstrata, NULL);
    struct row_batch batch;
    struct copy_text text;
    row_batch_init(&batch);
    row(&batch, &web, 1623683210000);
    for (unsigned i = 0; i < 30000; i++)
        row_batch_value(&batch, Q_CPU_READY, FORM_INSTANCE, i, 1);
    row(&batch, &web, 1623683230000);
    row_batch_value(&batch, Q_CPU_COUNT, FORM_TOTAL, 0, 2);
    copy_text_init(&text, knows_none, NULL, NULL);
    assert_false(copy_text_write(walk, &batch, 0, 2, &text));
    assert_true(copy_text_write(walk, &batch, 1, 2, &text));
    assert_int_equal(text.npoints, 1);
    copy_text_free(&text);
    row_batch_free(&batch);
    series_walk_free(walk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_known_series),
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_keys_tell_series_apart),
        cmocka_unit_test(test_labels_are_not_columns),
        cmocka_unit_test(test_the_end_of_a_series_is_silent),
        cmocka_unit_test(test_too_much),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
