/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The way down: what a collector hands to the sink stands in the journal, of VMs, of hosts and of
 * the vCenter, and what the layers refused is told once.
 */
#include "journal/in_folder.h"
#include "pipeline.h"

#include <signal.h>
#include <sys/resource.h>

static const struct entity vcenter = {"uuid",
                                      {"vc1", "", "", "", "", "vcenter", "uuid", "vcenter", ""}};
static const struct entity host = {"uuid",
                                   {"vc1", "dc", "blue", "esx1", "", "host-1", "hw", "host", ""}};
static const struct entity vm = {
    "uuid", {"vc1", "dc", "blue", "esx1", "web", "vm-1", "5000", "", "4000\tNIC\tVM Network"}};

static const struct server_time now = {1732330000000};
static const int32_t interval_s = 20;

static struct journal *journal;
static struct metrics *metrics;
static struct pipeline pipeline;
static struct sample_sink sink;

static int begin(void **state)
{
    set_up(state);
    journal = open_it();
    if (journal_register(journal, "a", &err) != 0)
        return -1;
    metrics = metrics_new();
    pipeline_init(&pipeline, "vc1", journal, &(struct layer_options){.other_wait_is_unmet = true},
                  metrics_set(metrics, METRIC_OF_VCENTER, "vc1"));
    sink = pipeline_sink(&pipeline);
    return 0;
}

static int end(void **state)
{
    metrics_free(metrics);
    journal_close(journal);
    return tear_down(state);
}

/* One sample of a VM with so much run time of its 20 s; the other states are 0. -1 = no sample. */
static int take_vm(int64_t run_ms)
{
    const int64_t none = 0;
    const struct sample_series series[] = {{CPU_RUN, "0", &run_ms},
                                           {CPU_READY, "0", &none},
                                           {CPU_COSTOP, "0", &none},
                                           {CPU_WAIT, "0", &none}};
    const struct sample_block block = {.entity = &vm,
                                       .snapshot_bytes = -1,
                                       .ntimes = 1,
                                       .times = &now,
                                       .intervals = &interval_s,
                                       .nseries = sizeof series / sizeof *series,
                                       .series = series};
    return sink.take(sink.ctx, &block, 1, &(struct mark){&vm, now}, 1);
}

static int tell_quality(int64_t received)
{
    return sink.quality(sink.ctx, &(struct cycle_quality){.entity = &vcenter,
                                                          .time = now,
                                                          .interval_s = interval_s,
                                                          .expected = 5,
                                                          .received = received,
                                                          .lag_ms = 1234,
                                                          .clock_ms = -7});
}

static int64_t value(const struct row_batch *batch, size_t row, enum quantity quantity)
{
    int64_t ticks = INT64_MIN;
    if (!row_find(batch, &batch->rows[row], quantity, FORM_TOTAL, 0, &ticks))
        fail_msg("no %s", quantity_info(quantity)->name);
    return ticks;
}

static void same_entity(const struct entity *got, const struct entity *want)
{
    assert_string_equal(got->vcenter_uuid, want->vcenter_uuid);
    for (int k = 0; k < LABEL_COUNT; k++)
        assert_string_equal(got->label[k], want->label[k]);
    assert_int_equal(entity_kind(got), entity_kind(want));
}

/* The next batch is the row of a collection, with what was refused until then. */
static int64_t expect_quality(int64_t after, int64_t received, int64_t refused, int64_t incomplete)
{
    struct journal_entry entry;
    assert_int_equal(journal_next(journal, after, 0, &entry, &err), JOURNAL_ENTRY);
    assert_int_equal(entry.batch.nrows, 1);
    same_entity(entry.batch.rows[0].entity, &vcenter);
    assert_int_equal(entry.batch.rows[0].time.ms, now.ms);
    assert_int_equal(entry.batch.rows[0].interval_s, interval_s);
    assert_int_equal(value(&entry.batch, 0, Q_QUALITY_EXPECTED), 5);
    assert_int_equal(value(&entry.batch, 0, Q_QUALITY_RECEIVED), received);
    assert_int_equal(value(&entry.batch, 0, Q_QUALITY_LAG), 1234);
    assert_int_equal(value(&entry.batch, 0, Q_QUALITY_CLOCK), -7);
    assert_int_equal(value(&entry.batch, 0, Q_QUALITY_REFUSED_IDENTITY), refused);
    assert_int_equal(value(&entry.batch, 0, Q_QUALITY_INCOMPLETE), incomplete);
    int64_t seq = entry.seq;
    journal_entry_free(&entry);
    return seq;
}

static int64_t pass_over(int64_t after)
{
    struct journal_entry entry;
    assert_int_equal(journal_next(journal, after, 0, &entry, &err), JOURNAL_ENTRY);
    int64_t seq = entry.seq;
    journal_entry_free(&entry);
    return seq;
}

static void test_quality(void **state)
{
    (void)state;
    int64_t seq = journal_cursor(journal, "a");
    assert_int_equal(tell_quality(1), 0);
    seq = expect_quality(seq, 1, 0, 0);
    assert_int_equal(take_vm(20000), 0);
    assert_int_equal(take_vm(15000), 0);
    assert_int_equal(take_vm(5000), 0);
    assert_int_equal(take_vm(SAMPLE_MISSING), 0);
    assert_int_equal(tell_quality(2), 0);
    for (int i = 0; i < 4; i++)
        seq = pass_over(seq);
    seq = expect_quality(seq, 2, 2, 1);
    assert_int_equal(tell_quality(3), 0); /* told once */
    expect_none(journal, expect_quality(seq, 3, 0, 0));
    assert_int_equal(journal_mark(journal, "uuid", "vcenter").ms, 0);
    assert_int_equal(journal_mark(journal, "uuid", "vm-1").ms, now.ms);
}

/* What could not be kept is told by the next row. */
static void test_quality_not_kept(void **state)
{
    struct rlimit before, nothing;
    (void)state;
    int64_t seq = journal_cursor(journal, "a");
    assert_int_equal(take_vm(15000), 0);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    nothing = (struct rlimit){0, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &nothing), 0);
    int quality = tell_quality(1), rows = take_vm(15000);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(quality, -1);
    assert_int_equal(rows, -1); /* comes again, so it does not count */
    assert_int_equal(tell_quality(2), 0);
    expect_none(journal, expect_quality(pass_over(seq), 2, 1, 0));
}

/* VMs and hosts in one answer, each with its own kind of row. */
static void test_kinds(void **state)
{
    const int64_t states[] = {19000, 0, 0, 1000}, usage[] = {4711};
    const struct sample_series of_vm[] = {{CPU_RUN, "0", &states[0]},
                                          {CPU_READY, "0", &states[1]},
                                          {CPU_COSTOP, "0", &states[2]},
                                          {CPU_WAIT, "0", &states[3]}};
    const struct sample_series of_host[] = {{CPU_USAGE, "", usage}};
    const struct sample_block blocks[] = {{.entity = &host,
                                           .snapshot_bytes = -1,
                                           .host = {.threads = 8, .vcpus = 12},
                                           .ntimes = 1,
                                           .times = &now,
                                           .intervals = &interval_s,
                                           .nseries = 1,
                                           .series = of_host},
                                          {.entity = &vm,
                                           .snapshot_bytes = -1,
                                           .ntimes = 1,
                                           .times = &now,
                                           .intervals = &interval_s,
                                           .nseries = 4,
                                           .series = of_vm}};
    const struct mark marks[] = {{&host, now}, {&vm, now}};
    struct journal_entry entry;
    int64_t ticks;
    (void)state;
    assert_int_equal(sink.take(sink.ctx, blocks, 2, marks, 2), 0);
    assert_int_equal(journal_next(journal, 0, 0, &entry, &err), JOURNAL_ENTRY);
    assert_int_equal(entry.batch.nrows, 2);
    same_entity(entry.batch.rows[0].entity, &host);
    same_entity(entry.batch.rows[1].entity, &vm);
    assert_int_equal(value(&entry.batch, 0, Q_HOST_USAGE), 4711);
    assert_int_equal(value(&entry.batch, 0, Q_HOST_VCPUS_PER_THREAD), 15000);
    assert_int_equal(value(&entry.batch, 0, Q_HOST_STATUS), REASON_PART_MISSING);
    assert_int_equal(value(&entry.batch, 1, Q_CPU_GUEST_RUN), 19000);
    for (size_t i = 0; i < entry.batch.nvalues; i++) {
        const struct layer_value *one = &entry.batch.values[i];
        assert_int_equal(quantity_scope(quantity_info((enum quantity)one->quantity)),
                         i < entry.batch.rows[0].count ? SCOPE_HOST : SCOPE_VM);
    }
    assert_false(
        row_find(&entry.batch, &entry.batch.rows[1], Q_HOST_STATUS, FORM_TOTAL, 0, &ticks));
    journal_entry_free(&entry);
    assert_int_equal(sink.mark(sink.ctx, "uuid", "host-1").ms, now.ms);
    assert_int_equal(metric_get(pipeline.figures, METRIC_ROWS), 2); /* of the VM and of the host */
    assert_int_equal(tell_quality(1), 0);
    expect_quality(pass_over(0), 1, 0, 0); /* a host is not incomplete for want of vCPUs */
}

/* What is wanted as it came stands in the journal behind the layers, also of a row without them. */
static void test_raw(void **state)
{
    static const struct raw_info usage = {"net.usage.average", "kiloBytesPerSecond"},
                                 ready = {"cpu.ready.summation", "millisecond"};
    const int64_t values[] = {25000, 7, SAMPLE_MISSING};
    const struct sample_series series[] = {{CPU_READY, "0", &values[0]},
                                           {COUNTER_COUNT, "4000", &values[1]},
                                           {COUNTER_COUNT, "", &values[2]}};
    const struct raw_info *const raw[] = {&ready, &usage, &usage};
    const struct sample_block block = {.entity = &vm,
                                       .snapshot_bytes = -1,
                                       .ntimes = 1,
                                       .times = &now,
                                       .intervals = &interval_s,
                                       .nseries = 3,
                                       .series = series,
                                       .raw = raw};
    struct journal_entry entry;
    (void)state;
    assert_int_equal(sink.take(sink.ctx, &block, 1, &(struct mark){&vm, now}, 1), 0);
    assert_int_equal(journal_next(journal, 0, 0, &entry, &err), JOURNAL_ENTRY);
    const struct row_batch *batch = &entry.batch;
    const struct layer_row *row = &batch->rows[0];
    const uint32_t first = row_quantities(batch, row);
    assert_int_equal(row->count - first, 2);
    for (uint32_t i = 0; i < 2; i++) {
        const struct layer_value *sample = &batch->values[row->first + first + i];
        const struct raw_counter *counter = row_raw(batch, sample);
        assert_string_equal(counter->name, raw[i]->name);
        assert_string_equal(counter->unit, raw[i]->unit);
        assert_string_equal(batch->raw_instances[sample->instance], series[i].instance);
        assert_int_equal(sample->ticks, values[i]);
    }
    assert_int_equal(value(batch, 0, Q_CPU_STATUS_UNMET), REASON_COUNTER_NOT_OFFERED);
    journal_entry_free(&entry);
}

/* An answer with more instances than a batch can name is kept, but for the samples of some. */
static void test_raw_without_room(void **state)
{
    enum { MANY = RAW_NONE + 10, NAME = 16 };
    static const struct raw_info path = {"storagePath.read.average", "kiloBytesPerSecond"};
    static const int64_t one = 1;
    struct sample_series *series = calloc(MANY, sizeof *series);
    const struct raw_info **raw = calloc(MANY, sizeof(struct raw_info *));
    char *names = calloc(MANY, NAME);
    struct journal_entry entry;
    (void)state;
    assert_true(series && raw && names);
    for (int i = 0; i < MANY; i++) {
        snprintf(names + (size_t)i * NAME, NAME, "vmhba%d", i);
        series[i] = (struct sample_series){COUNTER_COUNT, names + (size_t)i * NAME, &one};
        raw[i] = &path;
    }
    const struct sample_block block = {.entity = &host,
                                       .snapshot_bytes = -1,
                                       .ntimes = 1,
                                       .times = &now,
                                       .intervals = &interval_s,
                                       .nseries = MANY,
                                       .series = series,
                                       .raw = raw};
    assert_int_equal(sink.take(sink.ctx, &block, 1, &(struct mark){&host, now}, 1), 0);
    assert_int_equal(journal_next(journal, 0, 0, &entry, &err), JOURNAL_ENTRY);
    const struct layer_row *row = &entry.batch.rows[0];
    assert_int_equal(row->count - row_quantities(&entry.batch, row), RAW_NONE);
    assert_int_equal(entry.batch.nraw_instances, RAW_NONE);
    journal_entry_free(&entry);
    free(series);
    free(raw);
    free(names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_quality, begin, end),
        cmocka_unit_test_setup_teardown(test_quality_not_kept, begin, end),
        cmocka_unit_test_setup_teardown(test_kinds, begin, end),
        cmocka_unit_test_setup_teardown(test_raw, begin, end),
        cmocka_unit_test_setup_teardown(test_raw_without_room, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
