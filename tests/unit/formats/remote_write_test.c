/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Messages are decoded by code that protobuf-c made of the specification (tests/proto), and every
 * label and sample is compared with what went in. Both versions go through the same cases.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "formats/remote_write.h"
#include "prometheus_remote.pb-c.h"
#include "prometheus_write_v2.pb-c.h"

enum { MOST = 4096, GAUGE = 2 };

static const struct entity web = {
    .vcenter_uuid = "u-1",
    .label = {"vc1", "Paris", "blue", "esx1", "web", "vm-42", "5000-a", "",
              "4000\tNetwork adapter 1\tVM Network\nscsi0:0\tHard disk 1\tds1\n7\tjvm.heap"},
};
static const struct entity db = {
    .vcenter_uuid = "u-1",
    .label = {"vc1", "Paris", "blue", "esx2", "db", "vm-43", "", "",
              "4000\tNetwork adapter 1\tDMZ\nscsi0:0\tHard disk 1\tds2"},
};
static const struct entity esx = {
    .vcenter_uuid = "u-1",
    .label = {"vc1", "Paris", "blue", "esx1", "", "host-7", "5000-b", "host", ""},
};

/* ---- what came out, as lines "name{key=value,...} milliseconds bits" ---- */

struct lines {
    char *line[MOST];
    size_t n;
};

static void add_line(struct lines *lines, const char *series, int64_t ms, double value)
{
    uint64_t bits;
    char text[4096];
    memcpy(&bits, &value, sizeof bits);
    snprintf(text, sizeof text, "%s %lld %016llx", series, (long long)ms, (unsigned long long)bits);
    assert_true(lines->n < MOST);
    lines->line[lines->n++] = strdup(text);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void free_lines(struct lines *lines)
{
    for (size_t i = 0; i < lines->n; i++)
        free(lines->line[i]);
    *lines = (struct lines){0};
}

static void same_lines(struct lines *got, struct lines *want)
{
    qsort(got->line, got->n, sizeof *got->line, by_text);
    qsort(want->line, want->n, sizeof *want->line, by_text);
    for (size_t i = 0; i < got->n && i < want->n; i++)
        assert_string_equal(got->line[i], want->line[i]);
    assert_int_equal(got->n, want->n);
    free_lines(got);
    free_lines(want);
}

/* Appends a label; they are sorted, none twice, none empty. */
static void add_label(char text[4096], char before[256], const char *key, const char *value)
{
    const size_t n = strlen(text);
    assert_true(strcmp(before, key) < 0);
    assert_true(*key && *value);
    snprintf(before, 256, "%s", key);
    snprintf(text + n, 4096 - n, ",%s=%s", key, value);
}

static void decode_1(const struct buf *message, struct lines *ret)
{
    Prometheus__WriteRequest *r =
        prometheus__write_request__unpack(NULL, message->len, (const uint8_t *)message->data);
    assert_non_null(r);
    for (size_t s = 0; s < r->n_timeseries; s++) {
        const Prometheus__TimeSeries *series = r->timeseries[s];
        char text[4096] = "", before[256] = "";
        int64_t newest = INT64_MIN;
        for (size_t i = 0; i < series->n_labels; i++)
            add_label(text, before, series->labels[i]->name, series->labels[i]->value);
        for (size_t i = 0; i < series->n_samples; i++) {
            assert_true(series->samples[i]->timestamp > newest);
            newest = series->samples[i]->timestamp;
            add_line(ret, text, newest, series->samples[i]->value);
        }
    }
    uint8_t *again = malloc(prometheus__write_request__get_packed_size(r) + 1);
    assert_int_equal(prometheus__write_request__pack(r, again), message->len);
    assert_memory_equal(again, message->data, message->len);
    free(again);
    prometheus__write_request__free_unpacked(r, NULL);
}

#define V2(name) io__prometheus__write__v2__##name

static const char *symbol(const Io__Prometheus__Write__V2__Request *r, uint32_t ref)
{
    assert_true(ref < r->n_symbols);
    return r->symbols[ref];
}

static void decode_2(const struct buf *message, struct lines *ret)
{
    Io__Prometheus__Write__V2__Request *r =
        V2(request__unpack)(NULL, message->len, (const uint8_t *)message->data);
    assert_non_null(r);
    assert_string_equal(symbol(r, 0), "");
    for (size_t i = 0; i < r->n_symbols; i++)
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(r->symbols[i], r->symbols[k]);
    for (size_t s = 0; s < r->n_timeseries; s++) {
        const Io__Prometheus__Write__V2__TimeSeries *series = r->timeseries[s];
        char text[4096] = "", before[256] = "";
        assert_int_equal(series->n_labels_refs % 2, 0);
        for (size_t i = 0; i < series->n_labels_refs; i += 2)
            add_label(text, before, symbol(r, series->labels_refs[i]),
                      symbol(r, series->labels_refs[i + 1]));
        for (size_t i = 0; i < series->n_samples; i++)
            add_line(ret, text, series->samples[i]->timestamp, series->samples[i]->value);
        assert_non_null(series->metadata);
        assert_int_equal(series->metadata->type, GAUGE);
        assert_true(strlen(symbol(r, series->metadata->help_ref)) > 10);
        assert_true(*symbol(r, series->metadata->unit_ref));
    }
    uint8_t *again = malloc(V2(request__get_packed_size)(r) + 1);
    assert_int_equal(V2(request__pack)(r, again), message->len);
    assert_memory_equal(again, message->data, message->len);
    free(again);
    V2(request__free_unpacked)(r, NULL);
}

/* ---- what should come out: value by value, in a way of its own ---- */

struct want {
    struct lines *lines;
    const char *first, *last; /* labels that the configuration adds at either end, ",key=value" */
};

static bool want_series(void *ctx, const struct series *s)
{
    const struct want *want = ctx;
    char text[4096] = "";
    size_t n = (size_t)snprintf(text, sizeof text, "%s,__name__=%s_%s", want->first, s->measurement,
                                s->field);
    for (size_t i = 0; i < s->ntags; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, ",%.*s=%.*s", (int)s->tags[i].key_n,
                              s->tags[i].key, (int)s->tags[i].value_n, s->tags[i].value);
    snprintf(text + n, sizeof text - n, "%s", want->last);
    for (size_t i = 0; i < s->nsamples; i++)
        add_line(want->lines, text, s->samples[i].time.ms, series_value(s, s->samples[i].ticks));
    return true;
}

static void want_rows(const struct row_batch *batch, struct lines *ret)
{
    struct want want = {ret, "", ""};
    struct series_walk *walk = series_walk_new(&schema_vstrata, "");
    assert_true(series_walk_rows(walk, batch, 0, batch->nrows, SERIES_BY_ROW, want_series, &want));
    series_walk_free(walk);
}

static void decode(enum remote_write_version version, const struct buf *message, struct lines *ret)
{
    if (version == REMOTE_WRITE_1)
        decode_1(message, ret);
    else
        decode_2(message, ret);
}

/* ---- rows ---- */

static void add_row(struct row_batch *batch, const struct entity *entity, int64_t ms, int shift)
{
    row_batch_row(batch, entity, (struct server_time){ms}, 20);
    for (size_t i = 0; i < quantity_count(); i++) {
        const struct quantity_info *info = quantity_at(i);
        const enum instance_kind kind = quantity_instances(info);
        const bool host = quantity_scope(info) == SCOPE_HOST;
        if (quantity_scope(info) == SCOPE_VCENTER || host != (entity_kind(entity) == ENTITY_HOST))
            continue;
        for (enum form form = FORM_TOTAL; form < FORM_INSTANCE; form++)
            if (info->forms & 1u << form)
                row_batch_value(batch, info->id, form, 0, (int64_t)i * 11 + shift);
        if (!(info->forms & 1u << FORM_INSTANCE))
            continue;
        const unsigned first = kind == INSTANCE_NIC ? 4000 : kind == INSTANCE_APP ? 7 : 0;
        for (unsigned k = 0; k < 3; k++)
            row_batch_value(batch, info->id, FORM_INSTANCE, first + k, -shift - (int64_t)k);
    }
}

static void encode(struct remote_write *w, enum remote_write_version version,
                   const struct row_batch *batch, struct buf *out, size_t samples)
{
    buf_clear(out);
    remote_write_begin(w, version, out);
    remote_write_rows(w, batch, 0, batch->nrows);
    assert_int_equal(remote_write_end(w), samples);
    assert_true(buf_ok(out));
}

/* ---- tests ---- */

/* Every quantity in every form, entities in turn and several rows of one, again and again through
 * the same encoder. */
static void test_everything_comes_out(void **state)
{
    (void)state;
    static const struct entity *const entities[] = {&web, &db, &esx, &web, &web, &db};
    struct remote_write *w = remote_write_new(&schema_vstrata, "");
    struct buf out;
    buf_init(&out, 4 << 20);
    for (int round = 0; round < 4; round++) {
        const enum remote_write_version version = round % 2 ? REMOTE_WRITE_2 : REMOTE_WRITE_1;
        struct lines got = {0}, want = {0};
        struct row_batch batch;
        row_batch_init(&batch);
        for (int i = 0; i < 6; i++)
            add_row(&batch, entities[i], INT64_C(1600000000000) + INT64_C(20000) * i, round + i);
        row_batch_value(&batch, QUANTITY_END, FORM_TOTAL, 0, 7); /* of a newer journal */
        want_rows(&batch, &want);
        assert_true(want.n > 500);
        encode(w, version, &batch, &out, want.n);
        decode(version, &out, &got);
        same_lines(&got, &want);
        row_batch_free(&batch);
    }
    buf_free(&out);
    remote_write_free(w);
}

static void expect_one(const struct entity *entity, const char *labels, const char *want)
{
    for (int i = 0; i < 2; i++) {
        const enum remote_write_version version = i ? REMOTE_WRITE_2 : REMOTE_WRITE_1;
        struct remote_write *w = remote_write_new(&schema_vstrata, labels);
        struct lines got = {0}, wanted = {0};
        struct row_batch batch;
        struct buf out;
        buf_init(&out, 1 << 20);
        row_batch_init(&batch);
        row_batch_row(&batch, entity, (struct server_time){1600000000000}, 20);
        row_batch_value(&batch, Q_CPU_READY, FORM_WORST, 0, 1500);
        encode(w, version, &batch, &out, 1);
        decode(version, &out, &got);
        add_line(&wanted, want, 1600000000000, 0.075);
        same_lines(&got, &wanted);
        buf_free(&out);
        row_batch_free(&batch);
        remote_write_free(w);
    }
}

#define REST ",layer=unmet,moid=vm-42,part=ready,uuid=5000-a,vcenter=vc1,vm=web"

static void test_labels(void **state)
{
    (void)state;
    static const struct {
        const char *labels, *want;
    } cases[] = {
        {"", ",__name__=vstrata_vm_cpu_ratio_worst,cluster=blue,datacenter=Paris,host=esx1" REST},
        /* the pair of Mimir; our own cluster gives way, and stays sorted */
        {"cluster=prod\n__replica__=b",
         ",__name__=vstrata_vm_cpu_ratio_worst,__replica__=b,cluster=prod,datacenter=Paris,"
         "exported_cluster=blue,host=esx1" REST},
        {"Zone=1\nzone=2", ",Zone=1,__name__=vstrata_vm_cpu_ratio_worst,cluster=blue,"
                           "datacenter=Paris,host=esx1" REST ",zone=2"},
        /* a series has one name */
        {"__name__=x", ",__name__=vstrata_vm_cpu_ratio_worst,cluster=blue,datacenter=Paris,"
                       "host=esx1" REST},
        /* names that Prometheus does not take: mended, sorted again, one of two that become one */
        {"z-1=a\nz.1=b\n9=c\nA=d",
         ",A=d,_9=c,__name__=vstrata_vm_cpu_ratio_worst,cluster=blue,datacenter=Paris,"
         "host=esx1" REST ",z_1=a"},
        {"e=a\xc3\xa9\tb\xff", ",__name__=vstrata_vm_cpu_ratio_worst,cluster=blue,datacenter=Paris,"
                               "e=a\xc3\xa9_b_,host=esx1" REST},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_one(&web, cases[i].labels, cases[i].want);
}

static void test_texts(void **state)
{
    (void)state;
    char longest[301] = "", want[600];
    memset(longest, 'x', 300);
    struct entity odd = {.vcenter_uuid = "u", .label = {"", "", "", "", "", "m", "", "", ""}};
    expect_one(&odd, "", ",__name__=vstrata_vm_cpu_ratio_worst,layer=unmet,moid=m,part=ready");
    odd.label[LABEL_VM] = "\xe6\x97\xa5\xe6\x9c\xac \"q\" \\ {}\x7f\xc3(\xe6\x97";
    expect_one(&odd, "",
               ",__name__=vstrata_vm_cpu_ratio_worst,layer=unmet,moid=m,part=ready,"
               "vm=\xe6\x97\xa5\xe6\x9c\xac \"q\" \\ {}__(__");
    odd.label[LABEL_VM] = longest;
    snprintf(want, sizeof want,
             ",__name__=vstrata_vm_cpu_ratio_worst,layer=unmet,moid=m,part=ready,vm=%s", longest);
    expect_one(&odd, "", want);
}

/* What is remembered of an entity must not outlive it, although its texts are at the same place. */
static void test_texts_that_change_in_place(void **state)
{
    (void)state;
    for (int v = 0; v < 2; v++) {
        const enum remote_write_version version = v ? REMOTE_WRITE_2 : REMOTE_WRITE_1;
        struct remote_write *w = remote_write_new(&schema_vstrata, "a=b");
        char name[] = "aaa", devices[] = "scsi0:0\tdisk-a\tds-a";
        struct entity entity = {.vcenter_uuid = "u",
                                .label = {"", "", "", "", name, "m", "", "", devices}};
        struct buf out;
        buf_init(&out, 1 << 20);
        for (int c = 'a'; c < 'd'; c++) {
            struct lines got = {0}, wanted = {0};
            struct row_batch batch;
            char want[300];
            name[1] = (char)c;
            devices[strlen("scsi0:0\tdisk-")] = (char)c;
            row_batch_init(&batch);
            row_batch_row(&batch, &entity, (struct server_time){1}, 20);
            row_batch_value(&batch, Q_DISK_READS, FORM_INSTANCE, 0, 1);
            encode(w, version, &batch, &out, 1);
            decode(version, &out, &got);
            snprintf(want, sizeof want,
                     ",__name__=vstrata_vdisk_disk_operations_per_second,a=b,layer=usage,moid=m,"
                     "part=reads,vdisk=scsi0:0,vdisk_backing=ds-a,vdisk_name=disk-%c,vm=a%ca",
                     c, c);
            add_line(&wanted, want, 1, 1);
            same_lines(&got, &wanted);
            row_batch_free(&batch);
        }
        buf_free(&out);
        remote_write_free(w);
    }
}

/* Zeros are not on the wire, and the marker is one NaN of many. */
static void test_values(void **state)
{
    (void)state;
    static const struct {
        int64_t ms, ticks;
        uint64_t bits;
    } cases[] = {
        {0, 0, 0},
        {1, SERIES_STALE, UINT64_C(0x7ff0000000000002)},
        {2, -20000, UINT64_C(0xbff0000000000000)},
        {INT64_C(4102444800000), 20000, UINT64_C(0x3ff0000000000000)},
    };
    for (int v = 0; v < 2; v++) {
        const enum remote_write_version version = v ? REMOTE_WRITE_2 : REMOTE_WRITE_1;
        struct remote_write *w = remote_write_new(&schema_vstrata, "");
        struct lines got = {0};
        struct row_batch batch;
        struct buf out;
        buf_init(&out, 1 << 20);
        row_batch_init(&batch);
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            row_batch_row(&batch, &web, (struct server_time){cases[i].ms}, 20);
            row_batch_value(&batch, Q_CPU_READY, FORM_TOTAL, 0, cases[i].ticks);
        }
        encode(w, version, &batch, &out, 4);
        decode(version, &out, &got);
        assert_int_equal(got.n, 4);
        for (size_t i = 0; i < got.n; i++) {
            char end[64];
            snprintf(end, sizeof end, " %lld %016llx", (long long)cases[i].ms,
                     (unsigned long long)cases[i].bits);
            assert_string_equal(strrchr(got.line[i], '=') + strlen("=web"), end);
        }
        free_lines(&got);
        buf_free(&out);
        row_batch_free(&batch);
        remote_write_free(w);
    }
}

static size_t families(struct remote_write *w, const struct row_batch *batch)
{
    struct buf out;
    buf_init(&out, 4 << 20);
    remote_write_begin(w, REMOTE_WRITE_1, &out);
    remote_write_rows(w, batch, 0, batch->nrows);
    remote_write_end(w);
    Prometheus__WriteRequest *r =
        prometheus__write_request__unpack(NULL, out.len, (const uint8_t *)out.data);
    assert_non_null(r);
    const size_t n = r->n_metadata;
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(r->metadata[i]->type, PROMETHEUS__METRIC_METADATA__METRIC_TYPE__GAUGE);
        assert_true(strncmp(r->metadata[i]->metric_family_name, "vstrata_", 8) == 0);
        assert_true(strlen(r->metadata[i]->help) > 10);
        assert_non_null(strstr(r->metadata[i]->metric_family_name, r->metadata[i]->unit));
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(r->metadata[i]->metric_family_name,
                                    r->metadata[k]->metric_family_name);
    }
    prometheus__write_request__free_unpacked(r, NULL);
    buf_free(&out);
    return n;
}

static void test_metadata_once(void **state)
{
    (void)state;
    struct remote_write *w = remote_write_new(&schema_vstrata, "");
    struct row_batch vms, hosts;
    row_batch_init(&vms);
    row_batch_init(&hosts);
    add_row(&vms, &web, 1, 1);
    add_row(&vms, &db, 1, 1);
    add_row(&hosts, &esx, 1, 1);
    const size_t of_vms = families(w, &vms);
    assert_true(of_vms > 20);
    assert_int_equal(families(w, &vms), 0);
    const size_t of_hosts = families(w, &hosts);
    assert_true(of_hosts > 3);
    assert_int_equal(families(w, &hosts), 0);
    remote_write_tell_again(w);
    assert_int_equal(families(w, &vms), of_vms);
    assert_int_equal(families(w, &hosts), of_hosts);
    row_batch_free(&vms);
    row_batch_free(&hosts);
    remote_write_free(w);
}

static void test_nothing_and_too_much(void **state)
{
    (void)state;
    for (int v = 0; v < 2; v++) {
        const enum remote_write_version version = v ? REMOTE_WRITE_2 : REMOTE_WRITE_1;
        struct remote_write *w = remote_write_new(&schema_vstrata, "");
        struct row_batch batch;
        struct buf out;
        row_batch_init(&batch);
        buf_init(&out, 2000);
        encode(w, version, &batch, &out, 0);
        assert_int_equal(out.len, 0);
        add_row(&batch, &web, 1, 1);
        remote_write_begin(w, version, &out);
        remote_write_rows(w, &batch, 0, 1);
        remote_write_end(w);
        assert_false(buf_ok(&out)); /* a part of a message is none */
        assert_int_equal(out.len, 0);
        row_batch_free(&batch);
        buf_free(&out);
        remote_write_free(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everything_comes_out),
        cmocka_unit_test(test_labels),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_texts_that_change_in_place),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_metadata_once),
        cmocka_unit_test(test_nothing_and_too_much),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
