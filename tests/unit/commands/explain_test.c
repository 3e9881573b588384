/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The text of an explanation, over a VM on the bench of the layers.
 */
#include "layers/lab.h"

#include "base/caps.h"
#include "commands/command.h"
#include "commands/explain.h"

enum { TIMES = 5, T = 3 };

static const struct entity an_entity = {
    .vcenter_uuid = "u",
    .label = {"vc", "London", "Prod", "esx-01", "web\x1b[31m-01", "vm-7", "", "", ""}};

struct case_of { /* one explanation */
    struct lab lab;
    struct sample_block block, *kept;
    struct arena arena;
    struct server_time times[TIMES];
    int32_t intervals[TIMES];
    int64_t values[LAB_SERIES][TIMES];
    struct explained e;
    struct row_batch rows;
    struct verdict_options options;
    struct verdict *verdict;
    struct buf text;
};

static void told(void *ctx, const struct layer_refusal *refusal)
{
    struct case_of *c = ctx;
    if (refusal->time.ms == c->times[T].ms)
        c->e.told[c->e.ntold++] = *refusal;
}

/* Every time of the block has the lab's numbers; at other times than T they are 1 larger where that
 * breaks nothing, so that a wrong time shows. */
static void make_block(struct case_of *c)
{
    const size_t n = lab_block(&c->lab);
    for (size_t i = 0; i < n; i++) {
        for (int t = 0; t < TIMES; t++)
            c->values[i][t] =
                c->lab.series[i].values[0] + (t != T && c->lab.series[i].counter == MEM_ACTIVE);
        c->lab.series[i].values = c->values[i];
    }
    for (int t = 0; t < TIMES; t++) {
        c->times[t].ms = 1000000 + 20000 * t;
        c->intervals[t] = 20;
    }
    c->block = (struct sample_block){
        .entity = &an_entity,
        .memory_bytes = c->lab.memory_bytes,
        .host_mhz = c->lab.mhz,
        .snapshot_bytes = -1,
        .guest = {.capacity = -1, .free = -1},
        .ntimes = TIMES,
        .times = c->times,
        .intervals = c->intervals,
        .nseries = n,
        .series = c->lab.series,
    };
}

static void explain(struct case_of *c)
{
    struct layer_findings findings = {.explain = told, .ctx = c};
    verdict_defaults(&c->options);
    c->verdict = verdict_new(&c->options);
    const struct layer_options options = {.other_wait_is_unmet = true, .verdict = c->verdict};
    make_block(c);
    arena_init(&c->arena);
    c->kept = explain_keep(&c->arena, &c->block);
    assert_non_null(c->kept);
    memset(c->values, 0x55, sizeof c->values); /* the copy is one */
    row_batch_init(&c->rows);
    struct sample_block upto = *c->kept;
    upto.ntimes = T + 1;
    layers_rows(&upto, &options, &c->rows, &findings);
    c->e.block = c->kept;
    c->e.t = T;
    c->e.rows = &c->rows;
    c->e.row = &c->rows.rows[c->rows.nrows - 1];
    c->e.verdict = c->verdict;
    c->e.options = &c->options;
    buf_init(&c->text, CAP_PAGE_BYTES);
    explain_write(&c->text, &c->e);
    assert_true(buf_ok(&c->text));
}

static void give_back(struct case_of *c)
{
    verdict_free(c->verdict);
    row_batch_free(&c->rows);
    arena_free(&c->arena);
    buf_free(&c->text);
    lab_free(&c->lab);
}

static void contains(const struct case_of *c, const char *want)
{
    if (strstr(c->text.data, want))
        return;
    fputs(c->text.data, stderr);
    fail_msg("not found: %s", want);
}

#define has(c, ...)                                 \
    do {                                            \
        char want_[1000];                           \
        snprintf(want_, sizeof want_, __VA_ARGS__); \
        contains(c, want_);                         \
    } while (0)

static void ready(struct case_of *c, unsigned vcpu, int64_t ms)
{
    int64_t *v = c->lab.vcpu[vcpu];
    const int64_t more = ms - v[CPU_READY];
    v[CPU_READY] += more;
    v[CPU_WAIT] -= more;
    v[CPU_IDLE] -= more;
    c->lab.aggregate[CPU_READY] += more;
    c->lab.aggregate[CPU_WAIT] -= more;
    c->lab.aggregate[CPU_IDLE] -= more;
}

/* A quiet VM whose second vCPU is ready a tenth of its time. */
static void quiet(struct case_of *c, unsigned n)
{
    lab_init(&c->lab, 7, n, 20);
    memset(c->lab.aggregate, 0, sizeof c->lab.aggregate[0] * (size_t)MEM_GRANTED);
    for (unsigned i = 0; i < n; i++) {
        static const struct {
            enum counter counter;
            int64_t ms;
        } state[] = {{CPU_RUN, 4000},   {CPU_READY, 100},    {CPU_COSTOP, 0},
                     {CPU_WAIT, 15900}, {CPU_IDLE, 15900},   {CPU_OVERLAP, 10},
                     {CPU_SWAPWAIT, 0}, {CPU_MAXLIMITED, 0}, {CPU_USED, 3990}};
        for (size_t k = 0; k < sizeof state / sizeof *state; k++) {
            c->lab.vcpu[i][state[k].counter] =
                state[k].ms + (state[k].counter == CPU_USED) * (int64_t)i;
            c->lab.aggregate[state[k].counter] += c->lab.vcpu[i][state[k].counter];
        }
    }
    ready(c, 1, 2000);
    lab_memory(&c->lab);
    c->lab.aggregate[MEM_LATENCY] = 0;
    c->lab.aggregate[MEM_SWAPINRATE] = c->lab.aggregate[MEM_DECOMPRESSIONRATE] = 0;
}

static void test_explained(void **state)
{
    static struct case_of cases;
    struct case_of *c = &cases;
    (void)state;
    quiet(c, 4);
    explain(c);
    has(c, "web?[31m-01  (vm-7)\nvCenter vc, datacenter London, cluster Prod, host esx-01\n");
    has(c, "the 20 seconds to 1970-01-01T00:17:40Z, after 3 intervals from 1970-01-01T00:16:40Z\n");
    has(c, "VERDICT\n  CPU unmet (D) hurts, 34 of 100, for 40 s: ready takes 10 %% of the worst");
    has(c, "\n  D cpu.ready                       10 %%              5 %% to 20 %%  0.33 0.33 0.33 "
           "0.33    ?\n      vSphere practice: 5 %% of a vCPU is felt");
    has(c, "\n  It may be longer: of the time before the server has no samples.\n");
    has(c, "\n  I1: run + ready + co-stop + wait = T: VM 80000 against 80000, vCPU 0 20000 against "
           "20000, vCPU 1\n      20000 against 20000, vCPU 2 20000 against 20000, vCPU 3 20000 "
           "against 20000 ms: holds\n");
    has(c, "cpu.ready.summation: VM 2300 against 2300 ms: holds\n");
    has(c, "\n    cpu.ready Ready: 11.50 %%, worst 10.00 %%, spread 9.50 %%\n"
           "      = (cpu.ready.summation - cpu.maxlimited.summation) / T\n"
           "      by vcpu: 0 0.50 %%, 1 10.00 %%, 2 0.50 %%, 3 0.50 %%\n"
           "        cpu.ready.summation in ms: VM 2300; [0] 100, [1] 2000, [2] 100, [3] 100\n");
    has(c, "\n      with cpu.unmet_sched 11.70 %%, cpu.unmet_wait 0.00 %%\n");
    has(c, "\n  A queue: unavailable, no guest source\n");
    has(c, "mem.active.average in KB: VM %lld\n", (long long)c->lab.aggregate[MEM_ACTIVE]);
    for (const char *line = c->text.data; *line; line += strspn(line, "\n")) {
        const size_t n = strcspn(line, "\n");
        assert_true(n <= EXPLAIN_WIDTH);
        line += n;
    }
    give_back(c);
}

/* Of many vCPUs the largest; a broken identity is called so; a missing number is told. */
static void test_odd(void **state)
{
    static struct case_of cases;
    struct case_of *c = &cases;
    (void)state;
    quiet(c, 12);
    c->lab.vcpu[2][CPU_MAXLIMITED] = 150; /* more than its ready */
    c->lab.aggregate[CPU_IDLE] = SAMPLE_MISSING;
    c->lab.aggregate[CPU_LATENCY] = ABSENT;
    explain(c);
    has(c, "cpu.ready.summation in ms: VM 3100; [1] 2000, [0] 100, [2] 100, [3] 100, [4] 100, [5] "
           "100,\n          [6] 100, [7] 100, and 4 more, none larger\n");
    has(c, ", and 4 more ms: DOES NOT HOLD for vCPU 2 (150 against 100)\n");
    has(c, "I3: idle + swap wait <= wait: vCPU 0 15900 against 15900");
    has(c, "cpu.idle.summation in ms: VM missing; [0] 15900");
    give_back(c);
}

static void test_nothing_known(void **state)
{
    static struct case_of cases;
    struct case_of *c = &cases;
    (void)state;
    lab_init(&c->lab, 1, 1, 20);
    for (int counter = 0; counter < COUNTER_COUNT; counter++)
        c->lab.aggregate[counter] = c->lab.vcpu[0][counter] = ABSENT;
    explain(c);
    has(c, "I1: run + ready + co-stop + wait = T: cannot be checked, a number is missing\n");
    has(c, "D unmet: unavailable, a needed counter is not offered, or switched off\n");
    give_back(c);
}

static void test_reports(void **state)
{
    (void)state;
    struct arena arena;
    const struct server_time times[] = {{1000}, {2000}};
    const struct guest_report reports[] = {{.received = {1500}}, {.received = {2500}}};
    struct sample_block block = {
        .ntimes = 2, .times = times, .guest = {.nreports = 2, .reports = reports}};
    arena_init(&arena);
    explain_date_reports(&arena, &block);
    assert_int_equal(block.guest.reports[0].received.ms, 1500);
    assert_int_equal(block.guest.reports[1].received.ms, 2000);
    assert_int_equal(reports[1].received.ms, 2500);
    arena_free(&arena);
}

static void test_usage(void **state)
{
    static char *const lines[][5] = {
        {"explain"},
        {"explain", "--config", "a.yaml"},
        {"explain", "vm", "--at", "yesterday"},
        {"explain", "vm", "other"},
        {"explain", "vm", "--config", "/nowhere.yaml"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char *argv[6] = {NULL};
        int argc = 0;
        for (; argc < 5 && lines[i][argc]; argc++)
            argv[argc] = lines[i][argc];
        assert_int_equal(command_explain.run(argc, argv), EXIT_USAGE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_explained),     cmocka_unit_test(test_odd),
        cmocka_unit_test(test_nothing_known), cmocka_unit_test(test_reports),
        cmocka_unit_test(test_usage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
