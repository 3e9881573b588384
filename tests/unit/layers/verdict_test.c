/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The judge: what lasts, which layer, what is not known, whom it remembers, and its words.
 */
#include "layers/verdict_bench.h"

enum { U = SCORE_UNKNOWN, F = SCORE_FULL, H = SCORE_FULL / 2 };

/* ---- persistence ---- */

static const struct given hurting[] = {{Q_CPU_READY, FORM_WORST, 2500}, {0}};
static const struct given hurting_more[] = {{Q_CPU_READY, FORM_WORST, 4000}, {0}};
static const struct given missing[] = {{Q_CPU_READY, FORM_WORST, INT64_MIN},
                                       {Q_CPU_STATUS_UNMET, FORM_TOTAL, REASON_MISSING_SAMPLE},
                                       {0}};

/* h healthy, x half a score, f a full one, - not known, . no row at all; the score and the code
 * after the last, with 3 of 5. */
static void test_persistence(void **state)
{
    static const struct {
        const char *rows;
        int64_t score, code, seconds;
    } cases[] = {
        {"h", NONE, CODE_UNKNOWN, NONE},
        {"hh", NONE, CODE_UNKNOWN, NONE},
        {"hhh", 0, CODE_NOTHING, 0},
        {"x", NONE, CODE_UNKNOWN, NONE},
        {"xx", NONE, CODE_UNKNOWN, NONE},
        {"xxx", 5000, 1 + PLACE_CPU_D, 20},
        {"hhhhhxx", 0, CODE_NOTHING, 0},
        {"hhhhhxxx", 5000, 1 + PLACE_CPU_D, 20},
        {"hhhhhxhxhx", 5000, 1 + PLACE_CPU_D, 20},
        {"hhhhhxhhxhx", 0, CODE_NOTHING, 0},
        {"xff", 5000, 1 + PLACE_CPU_D, 20},
        {"fff", 10000, 1 + PLACE_CPU_D, 20},
        {"ffxxx", 5000, 1 + PLACE_CPU_D, 60},
        {"xxxxxh", 5000, 1 + PLACE_CPU_D, 80},
        {"xxxxxhh", 5000, 1 + PLACE_CPU_D, 100},
        {"xxxxxhhh", 0, CODE_NOTHING, 0},
        {"xxxxxhhhxxx", 5000, 1 + PLACE_CPU_D, 20},
        {"hhhhh-", 0, CODE_NOTHING, 0},
        {"hhhhh--", 0, CODE_NOTHING, 0},
        {"hhhhh---", NONE, CODE_UNKNOWN, NONE},
        {"hhhhhx-", 0, CODE_NOTHING, 0},
        {"hhhhhx--", NONE, CODE_UNKNOWN, NONE},
        {"hhhhhxx-", NONE, CODE_UNKNOWN, NONE},
        {"xxx--", 5000, 1 + PLACE_CPU_D, 60},
        {"xxx---", NONE, CODE_UNKNOWN, NONE},
        {"hhhhh.h", 0, CODE_NOTHING, 0},
        {"hhhhh...h", NONE, CODE_UNKNOWN, NONE},
        {"xxxxx.x", 5000, 1 + PLACE_CPU_D, 100},
        {"xxxxx..x", 5000, 1 + PLACE_CPU_D, 120},
        {"xxxxx...x", NONE, CODE_UNKNOWN, NONE},
        {"xxxxx....................x", NONE, CODE_UNKNOWN, NONE},
        {"xxxxx...xxx", 5000, 1 + PLACE_CPU_D, 20},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bench *bench;
        set_up(state);
        bench = *state;
        int steps = 1;
        for (const char *row = cases[i].rows; *row; row++) {
            if (*row == '.') {
                steps++;
                continue;
            }
            judge(bench,
                  *row == 'x'   ? hurting
                  : *row == 'f' ? hurting_more
                  : *row == '-' ? missing
                                : NULL,
                  steps);
            steps = 1;
        }
        int64_t seconds = get(bench, Q_ALL_VERDICT_FOR);
        if (get(bench, Q_ALL_VERDICT_SCORE) != cases[i].score ||
            get(bench, Q_CPU_VERDICT_UNMET) != cases[i].score ||
            get(bench, Q_ALL_VERDICT_CODE) != cases[i].code ||
            seconds != (cases[i].seconds < 0 ? cases[i].seconds : cases[i].seconds * 1000))
            fail_msg("%s: score %lld, code %lld, for %lld ms", cases[i].rows,
                     (long long)get(bench, Q_ALL_VERDICT_SCORE),
                     (long long)get(bench, Q_ALL_VERDICT_CODE), (long long)seconds);
        tear_down(state);
    }
    set_up(state);
}

static void test_k_of_n(void **state)
{
    struct bench *bench = *state;
    bench->options.intervals = 1;
    bench->options.needed = 1;
    judge(bench, NULL, 1);
    assert_int_equal(get(bench, Q_ALL_VERDICT_CODE), CODE_NOTHING);
    judge(bench, hurting, 1);
    assert_int_equal(get(bench, Q_ALL_VERDICT_SCORE), 5000);
    tear_down(state);
    set_up(state);
    bench->options.intervals = VERDICT_INTERVALS_MAX;
    bench->options.needed = VERDICT_INTERVALS_MAX;
    judge_times(bench, hurting, VERDICT_INTERVALS_MAX - 1);
    assert_int_equal(get(bench, Q_ALL_VERDICT_CODE), CODE_UNKNOWN);
    judge(bench, hurting, 1);
    assert_int_equal(get(bench, Q_ALL_VERDICT_SCORE), 5000);
    judge(bench, NULL, 1);
    assert_int_equal(get(bench, Q_ALL_VERDICT_CODE), CODE_NOTHING);
}

/* A sample some seconds early or late is no gap. */
static void test_jitter(void **state)
{
    struct bench *bench = *state;
    judge_times(bench, hurting, 3);
    bench->now += 9000;
    judge(bench, hurting, 1);
    bench->now -= 9000;
    judge(bench, hurting, 1);
    uint8_t scores[VERDICT_INTERVALS_MAX];
    assert_int_equal(verdict_history(bench->verdict, &vm, RULE_CPU_READY, scores), 5);
    for (int i = 0; i < 5; i++)
        assert_int_equal(scores[i], H);
}

static void test_history(void **state)
{
    struct bench *bench = *state;
    uint8_t scores[VERDICT_INTERVALS_MAX];
    judge(bench, hurting_more, 1);
    judge(bench, hurting, 1);
    judge(bench, NULL, 2);
    static const uint8_t want[] = {0, U, H, F, U};
    assert_int_equal(verdict_history(bench->verdict, &vm, RULE_CPU_READY, scores), 5);
    assert_memory_equal(scores, want, sizeof want);
}

/* ---- which layer ---- */

static void test_worst_layer(void **state)
{
    struct bench *bench = *state;
    static const struct given both[] = {{Q_CPU_READY, FORM_WORST, 2500},
                                        {Q_DISK_LATENCY, FORM_TOTAL, 50000},
                                        {Q_CPU_RUN_QUEUE, FORM_TOTAL, 13000},
                                        {0}};
    judge_times(bench, both, 3);
    assert_int_equal(get(bench, Q_CPU_VERDICT_UNMET), 5000);
    assert_int_equal(get(bench, Q_CPU_VERDICT_QUEUE), 5000);
    assert_int_equal(get(bench, Q_CPU_VERDICT_USAGE), 0);
    assert_int_equal(get(bench, Q_CPU_VERDICT_OVERHEAD), 0);
    assert_int_equal(get(bench, Q_DISK_VERDICT_UNMET), 7520);
    assert_int_equal(get(bench, Q_ALL_VERDICT_SCORE), 7520);
    assert_int_equal(get(bench, Q_ALL_VERDICT_CODE), 1 + 4 * VERDICT_DISK + 3);
    /* No rule is of these layers, and no guest speaks of those. */
    assert_int_equal(get(bench, Q_MEM_VERDICT_USAGE), NONE);
    assert_int_equal(get(bench, Q_NET_VERDICT_OVERHEAD), NONE);
    assert_int_equal(get(bench, Q_MEM_VERDICT_QUEUE), NONE);
    assert_int_equal(get(bench, Q_NET_VERDICT_UNMET), 0);
}

/* Equal scores: what is not given makes the guest's queue. */
static void test_tie(void **state)
{
    struct bench *bench = *state;
    static const struct given both[] = {
        {Q_CPU_READY, FORM_WORST, 4000}, {Q_CPU_RUN_QUEUE, FORM_TOTAL, 40000}, {0}};
    judge_times(bench, both, 3);
    assert_int_equal(get(bench, Q_CPU_VERDICT_QUEUE), 10000);
    assert_int_equal(get(bench, Q_ALL_VERDICT_CODE), 1 + PLACE_CPU_D);
}

/* For how long is told of the layer that hurts most, from its own beginning. */
static void test_for(void **state)
{
    struct bench *bench = *state;
    static const struct given disk[] = {{Q_DISK_LATENCY, FORM_TOTAL, 30000}, {0}};
    static const struct given both[] = {
        {Q_DISK_LATENCY, FORM_TOTAL, 30000}, {Q_CPU_READY, FORM_WORST, 4000}, {0}};
    judge_times(bench, disk, 10);
    assert_int_equal(get(bench, Q_ALL_VERDICT_FOR), 8 * INTERVAL * 1000);
    judge_times(bench, both, 3);
    assert_int_equal(get(bench, Q_ALL_VERDICT_CODE), 1 + PLACE_CPU_D);
    assert_int_equal(get(bench, Q_ALL_VERDICT_FOR), INTERVAL * 1000);
    judge_times(bench, disk, 3);
    assert_int_equal(get(bench, Q_ALL_VERDICT_CODE), 1 + 4 * VERDICT_DISK + 3);
    assert_int_equal(get(bench, Q_ALL_VERDICT_FOR), 14 * INTERVAL * 1000);
}

/* ---- what is not known ---- */

/* What the server never offers is told by its missing score, and nothing else. */
static void test_not_offered(void **state)
{
    static const struct given no_disk[] = {
        {Q_DISK_COUNT, FORM_TOTAL, INT64_MIN},
        {Q_DISK_LATENCY, FORM_TOTAL, INT64_MIN},
        {Q_DISK_IOPS, FORM_TOTAL, INT64_MIN},
        {Q_DISK_OUTSTANDING, FORM_WORST, INT64_MIN},
        {Q_DISK_SNAPSHOT_READS, FORM_TOTAL, INT64_MIN},
        {Q_DISK_SNAPSHOT_READ_RATE, FORM_TOTAL, INT64_MIN},
        {Q_DISK_SNAPSHOT_SPACE, FORM_TOTAL, INT64_MIN},
        {Q_DISK_STATUS_UNMET, FORM_TOTAL, REASON_COUNTER_NOT_OFFERED},
        {Q_DISK_STATUS_OVERHEAD, FORM_TOTAL, REASON_BACKING},
        {0},
    };
    struct bench *bench = *state;
    judge_times(bench, no_disk, 5);
    assert_int_equal(get(bench, Q_DISK_VERDICT_UNMET), NONE);
    assert_int_equal(get(bench, Q_DISK_VERDICT_OVERHEAD), NONE);
    assert_int_equal(get(bench, Q_ALL_VERDICT_CODE), CODE_NOTHING);
    assert_int_equal(get(bench, Q_ALL_VERDICT_SCORE), 0);
}

/* An optional part that is missing leaves the score of the rest. */
static void test_optional(void **state)
{
    static const struct given no_overlap[] = {
        {Q_CPU_OVERLAP, FORM_WORST, INT64_MIN}, {Q_MEM_SWAPIN, FORM_TOTAL, INT64_MIN}, {0}};
    struct bench *bench = *state;
    judge_times(bench, no_overlap, 5);
    assert_int_equal(get(bench, Q_CPU_VERDICT_UNMET), 0);
    assert_int_equal(get(bench, Q_MEM_VERDICT_UNMET), 0);
    assert_int_equal(get(bench, Q_ALL_VERDICT_CODE), CODE_NOTHING);
}

/* Pain elsewhere is pain, whatever is not known. */
static void test_hurts_beside_unknown(void **state)
{
    static const struct given values[] = {
        {Q_CPU_READY, FORM_WORST, INT64_MIN},
        {Q_CPU_STATUS_UNMET, FORM_TOTAL, REASON_STATES_DO_NOT_ADD_UP},
        {Q_DISK_LATENCY, FORM_TOTAL, 40000},
        {0}};
    struct bench *bench = *state;
    judge_times(bench, values, 5);
    assert_int_equal(get(bench, Q_CPU_VERDICT_UNMET), NONE);
    assert_int_equal(get(bench, Q_ALL_VERDICT_CODE), 1 + 4 * VERDICT_DISK + 3);
}

static void test_off(void **state)
{
    struct bench *bench = *state;
    bench->options.ranges[RULE_CPU_READY].off = true;
    bench->options.ranges[RULE_NET_DROPS].off = true;
    judge_times(bench, hurting, 5);
    assert_int_equal(get(bench, Q_CPU_VERDICT_UNMET), 0);
    assert_int_equal(get(bench, Q_NET_VERDICT_UNMET), NONE); /* nobody judges it */
    assert_int_equal(get(bench, Q_ALL_VERDICT_CODE), CODE_NOTHING);
    tear_down(state);
    set_up(state);
    judge_times(bench, missing, 5);
    assert_int_equal(get(bench, Q_ALL_VERDICT_CODE), CODE_UNKNOWN);
}

/* ---- whom it remembers ---- */

static void judge_entity(struct bench *bench, const char *moid, int64_t ms)
{
    struct entity entity = vm;
    entity.label[LABEL_MOID] = moid;
    row_batch_row(&bench->rows, &entity, (struct server_time){ms}, INTERVAL);
    fill(&bench->rows, NULL);
    verdict_row(bench->verdict, &bench->rows);
    bench->rows.rows[bench->rows.nrows - 1].entity = &vm;
}

static void test_memory(void **state)
{
    enum { HOUR = 3600 * 1000 };
    struct bench *bench = *state;
    bench->verdict = verdict_new(&bench->options);
    judge_entity(bench, "vm-1", HOUR);
    judge_entity(bench, "vm-2", HOUR + 20000);
    assert_int_equal(verdict_count(bench->verdict), 2);
    judge_entity(bench, "vm-3", 2 * HOUR + 10000); /* vm-1 was there more than an hour ago */
    assert_int_equal(verdict_count(bench->verdict), 2);
    assert_int_equal(get(bench, Q_ALL_VERDICT_CODE), CODE_UNKNOWN);
    struct entity second = vm;
    second.label[LABEL_MOID] = "vm-2";
    verdict_forget(bench->verdict, &second);
    verdict_forget(bench->verdict, &second);
    assert_int_equal(verdict_count(bench->verdict), 1);
    uint8_t scores[VERDICT_INTERVALS_MAX];
    assert_int_equal(verdict_history(bench->verdict, &second, RULE_CPU_READY, scores), 0);
}

static void test_time_goes_back(void **state)
{
    struct bench *bench = *state;
    judge_times(bench, hurting, 5);
    assert_int_equal(get(bench, Q_ALL_VERDICT_SCORE), 5000);
    judge(bench, hurting, 0);
    assert_int_equal(get(bench, Q_ALL_VERDICT_CODE), CODE_UNKNOWN);
    judge(bench, hurting, -3);
    assert_int_equal(get(bench, Q_ALL_VERDICT_CODE), CODE_UNKNOWN);
    judge_times(bench, hurting, 2);
    assert_int_equal(get(bench, Q_ALL_VERDICT_SCORE), 5000);
}

/* ---- words ---- */

static void expect_words(const struct bench *bench, const char *want)
{
    struct buf text;
    buf_init(&text, 1 << 16);
    verdict_words(&text, &bench->rows, &bench->rows.rows[bench->rows.nrows - 1], &bench->options);
    assert_true(buf_ok(&text));
    assert_string_equal(text.data, want);
    buf_free(&text);
}

static void test_words(void **state)
{
    static const char no_guest[] =
        "Not known: CPU queue (A), memory queue (A), disk queue (A), network queue (A): no guest "
        "source.\n";
    static const struct given two[] = {{Q_CPU_READY, FORM_WORST, 2460},
                                       {Q_CPU_COSTOP, FORM_WORST, 660},
                                       {Q_DISK_LATENCY, FORM_TOTAL, 25400},
                                       {0}};
    struct bench *bench = *state;
    char want[1000];
    judge_times(bench, NULL, 5);
    snprintf(want, sizeof want, "Nothing hurts, as far as is known.\n%s", no_guest);
    expect_words(bench, want);
    judge_times(bench, two, 15);
    snprintf(want, sizeof want,
             "CPU unmet (D) hurts, 49 of 100, for 4 min 20 s: ready takes 12.3 %% of the worst "
             "vCPU's time (from 5 %%, full at 20 %%); co-stop takes 3.3 %% of the worst vCPU's "
             "time (from 3 %%, full at 10 %%).\n"
             "disk unmet (D) hurts, 14 of 100: an IO takes 25.4 ms (from 20 ms, full at 60 ms).\n"
             "%s",
             no_guest);
    expect_words(bench, want);
    judge(bench, NULL, 1);
    snprintf(want, sizeof want,
             "CPU unmet (D) hurts, 49 of 100, for 4 min 40 s: in the last intervals, though not "
             "in this one.\n"
             "disk unmet (D) hurts, 14 of 100: in the last intervals, though not in this one.\n"
             "%s",
             no_guest);
    expect_words(bench, want);
}

static void test_words_unknown(void **state)
{
    struct bench *bench = *state;
    static const struct given gone[] = {{Q_CPU_READY, FORM_WORST, INT64_MIN},
                                        {Q_CPU_STATUS_UNMET, FORM_TOTAL, REASON_MISSING_SAMPLE},
                                        {Q_DISK_SNAPSHOT_READS, FORM_TOTAL, INT64_MIN},
                                        {0}};
    judge(bench, NULL, 1);
    judge_times(bench, gone, 5);
    expect_words(bench,
                 "Whether anything hurts is not known.\n"
                 "Not known: CPU queue (A), memory queue (A), disk queue (A), network queue (A): "
                 "no guest source.\n"
                 "Not known: CPU unmet (D): a needed sample is missing.\n");
    row_batch_row(&bench->rows, &vm, (struct server_time){bench->now + 1}, INTERVAL);
    expect_words(bench, "There is no verdict of this interval.\n");
}

/* Everything known; and a pain that has not lasted yet. */
static void test_words_of_guest(void **state)
{
    struct bench *bench = *state;
    static const struct given guest[] = {{Q_CPU_RUN_QUEUE, FORM_TOTAL, 2000},
                                         {Q_MEM_PAGE_OUT, FORM_TOTAL, 0},
                                         {Q_DISK_QUEUE, FORM_TOTAL, 0},
                                         {Q_NET_RING_DROPS, FORM_TOTAL, 0},
                                         {0}};
    static const struct given queue[] = {{Q_CPU_RUN_QUEUE, FORM_TOTAL, 14000},
                                         {Q_CPU_STATUS_QUEUE, FORM_TOTAL, REASON_GUEST_VARIABLE},
                                         {0}};
    judge_times(bench, guest, 3);
    expect_words(bench, "Nothing hurts.\n");
    judge_times(bench, NULL, 5);
    judge(bench, queue, 1);
    expect_words(bench,
                 "Nothing hurts, as far as is known.\n"
                 "CPU queue (A), in this interval alone: 7 threads wait in the guest for each vCPU "
                 "(from 3, full at 10).\n"
                 "Not known: CPU queue (A): too little of the last intervals.\n"
                 "Not known: memory queue (A), disk queue (A), network queue (A): no guest "
                 "source.\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_persistence, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_k_of_n, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_jitter, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_history, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_worst_layer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_tie, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_not_offered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_optional, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hurts_beside_unknown, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_off, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_time_goes_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_words, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_words_unknown, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_words_of_guest, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
