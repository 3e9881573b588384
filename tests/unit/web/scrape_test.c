/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * /metrics?match=: the newest rows, filtered, in shards, or an error that says what to do.
 */
#include "client.h"

/* By memchr: with strict_string_checks each strchr would look at all that follows. */
static size_t lines_with(const struct answer *answer, const char *begin)
{
    const size_t wanted = strlen(begin);
    const char *end = answer->body + answer->nbody;
    size_t found = 0;
    for (const char *line = answer->body, *next; line < end; line = next) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        next = newline ? newline + 1 : end;
        found += (size_t)(next - line) >= wanted && memcmp(line, begin, wanted) == 0;
    }
    return found;
}

static struct answer scrape(const struct house *house, const char *query)
{
    char path[300];
    snprintf(path, sizeof path, "/metrics?%s", query);
    struct answer answer = get(house, path);
    if (answer.status != 200)
        fail_msg("%s: %d %s", path, answer.status, answer.body);
    assert_non_null(strstr(answer.all, "application/openmetrics-text"));
    assert_true(answer.nbody >= 6 && strcmp(answer.body + answer.nbody - 6, "# EOF\n") == 0);
    return answer;
}

static void test_one_quantity(void **state)
{
    struct answer answer = scrape(*state, "match=cpu.unmet%20form:total%20vcenter:prod");
    const size_t vms = lines_with(&answer, "vstrata_vm_cpu_total_ratio{");
    assert_true(vms > VMS / 4 && vms < VMS);
    assert_int_equal(lines_with(&answer, "vstrata_"), vms); /* and nothing else */
    assert_int_equal(lines_with(&answer, "# TYPE "), 1);
    assert_int_equal(lines_with(&answer, "# UNIT vstrata_vm_cpu_total_ratio ratio"), 1);
    assert_int_equal(lines_with(&answer, "# HELP vstrata_vm_cpu_total_ratio Totals of CPU"), 1);
    assert_non_null(strstr(answer.body, " 1700000000\n")); /* the sample's own time */
    free(answer.all);
}

static void test_several_selectors(void **state)
{
    struct answer answer = scrape(*state, "match=cpu.ready%20form:total;mem.granted;scope:host");
    assert_true(lines_with(&answer, "vstrata_vm_cpu_ratio{") > 100);
    assert_true(lines_with(&answer, "vstrata_vm_mem_bytes{") > 100);
    assert_true(lines_with(&answer, "vstrata_host_ratio{") > 1);
    assert_int_equal(lines_with(&answer, "vstrata_vcpu_cpu_ratio{"), 0);
    free(answer.all);
}

/* Without its time nobody could tell that a row is of yesterday. */
static void test_without_timestamps(void **state)
{
    struct house *house = *state;
    struct answer none = scrape(*state, "match=cpu.unmet&timestamps=off");
    assert_int_equal(lines_with(&none, "vstrata_"), 0);
    free(none.all);
    metric_put(house->vcenter, METRIC_UP, 1);
    struct answer answer = scrape(*state, "match=cpu.unmet&timestamps=off");
    assert_null(strstr(answer.body, "vcenter=\"lab\""));
    assert_true(lines_with(&answer, "vstrata_vm_cpu_total_ratio{") > 100);
    assert_null(strstr(answer.body, " 1700000000\n"));
    free(answer.all);
}

static void test_shards_are_a_partition(void **state)
{
    struct answer whole = scrape(*state, "match=*");
    size_t lines = 0, smallest = SIZE_MAX;
    for (int i = 1; i <= 3; i++) {
        char query[60];
        snprintf(query, sizeof query, "match=*&shard=%d/3", i);
        struct answer part = scrape(*state, query);
        const size_t n = lines_with(&part, "vstrata_");
        smallest = n < smallest ? n : smallest;
        lines += n;
        free(part.all);
    }
    assert_int_equal(lines, lines_with(&whole, "vstrata_"));
    assert_true(smallest > lines / 6);
    free(whole.all);
}

static void test_errors(void **state)
{
    assert_error(*state, "/metrics?match=cpu.nothing", 400, "cpu.nothing");
    assert_error(*state, "/metrics?match=colour:red", 400, "colour");
    assert_error(*state, "/metrics?match=*&shard=0/3", 400, "2/8");
    assert_error(*state, "/metrics?match=*&shard=4/3", 400, "2/8");
    assert_error(*state, "/metrics?match=*&shard=1/3x", 400, "2/8");
    assert_error(*state, "/metrics?match=*&shard=-1/3", 400, "2/8");
    assert_error(*state, "/metrics?match=*&timestamps=maybe", 400, "on, off");
    assert_error(*state, "/metrics?mach=*", 400, "match");
    ((struct house *)*state)->store.failing = "disk on fire";
    assert_error(*state, "/metrics?match=*", 503, "disk on fire");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        OVER(test_one_quantity),
        OVER(test_several_selectors),
        OVER(test_without_timestamps),
        OVER(test_shards_are_a_partition),
        OVER(test_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
