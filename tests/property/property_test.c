/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What is put into the simulated vCenter comes out of the model: every quantity of every VM and
 * host, over hours, scenarios and seeds; and the verdict is the scenario.
 *
 *     property_test [--seed N]... [--vms N] [--scenario NAME] [--rows-only] [--quiet]
 *                   [--told N]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "confusion.h"

enum { SEEDS_MAX = 64, TOLD = 20, HOSTS = 4, VMS = 24, VMS_OF_MIX = 64 };

struct arguments {
    size_t nseeds;
    uint64_t seeds[SEEDS_MAX];
    int vms;              /* of each world; 0 = as many as usual */
    const char *scenario; /* NULL = each */
    bool rows_only, quiet;
    uint64_t told; /* differences that are printed */
};

struct test {
    struct compare compare;
    struct confusion confusion;
    struct verdict_options verdict;
    unsigned worlds;
    uint64_t vms, hosts, refused, incomplete;
};

static int usage(void)
{
    fprintf(stderr, "usage: property_test [--seed N]... [--vms N] [--scenario NAME] [--rows-only] "
                    "[--quiet] [--told N]\n");
    return 2;
}

static bool read_arguments(int argc, char **argv, struct arguments *ret)
{
    for (int i = 1; i < argc; i++) {
        const bool more = i + 1 < argc;
        if (strcmp(argv[i], "--rows-only") == 0)
            ret->rows_only = true;
        else if (strcmp(argv[i], "--quiet") == 0)
            ret->quiet = true;
        else if (strcmp(argv[i], "--seed") == 0 && more && ret->nseeds < SEEDS_MAX)
            ret->seeds[ret->nseeds++] = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--vms") == 0 && more)
            ret->vms = atoi(argv[++i]);
        else if (strcmp(argv[i], "--told") == 0 && more)
            ret->told = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--scenario") == 0 && more)
            ret->scenario = argv[++i];
        else
            return false;
    }
    return ret->vms >= 0 && ret->vms <= 10000;
}

/* Those that every run has, and one that none had before. */
static void default_seeds(struct arguments *arguments)
{
    static const uint64_t fixed[] = {1, 2, 3, 20241123};
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        arguments->seeds[arguments->nseeds++] = fixed[i];
    arguments->seeds[arguments->nseeds++] = (uint64_t)time(NULL);
}

static void name(char about[128], const struct sim_options *options, const struct feed *feed)
{
    snprintf(about, 128, "seed %" PRIu64 " %s%s %s", options->seed,
             options->scenario ? options->scenario : "mix",
             options->guest_counters ? " with guest counters" : "", feed->facts.moid);
}

static bool test_vms(struct test *test, const struct sim_options *options, struct sim *sim,
                     struct rows_setup *setup, const struct feed_counters *counters)
{
    static struct feed feed;
    static struct judgement judgements[SIM_SAMPLES_MAX];
    char about[128];
    for (size_t i = 0; i < sim_vms(sim); i++) {
        struct sim_hour *hour = sim_vm_hour(sim, i);
        if (!hour)
            return false;
        if (feed_vm(&feed, counters, hour, (int)i)) {
            name(about, options, &feed);
            setup->about = about;
            rows_of_vm(setup, &feed, judgements);
            confusion_add(&test->confusion, about, &feed, judgements);
            test->vms++;
        }
        sim_hour_free(hour);
    }
    return true;
}

static bool test_hosts(struct test *test, const struct sim_options *options, struct sim *sim,
                       struct rows_setup *setup, const struct feed_counters *counters)
{
    static struct feed feed;
    char about[128];
    for (size_t i = 0; i < sim_hosts(sim); i++) {
        struct sim_hour *hour = sim_host_hour(sim, i);
        if (!hour)
            return false;
        if (feed_host(&feed, counters, hour)) {
            name(about, options, &feed);
            setup->about = about;
            rows_of_host(setup, &feed);
            test->hosts++;
        }
        sim_hour_free(hour);
    }
    return true;
}

static void test_world(struct test *test, const struct sim_options *options)
{
    struct feed_counters counters;
    struct sim *sim = sim_new(options);
    struct rows_setup setup = {
        .compare = &test->compare,
        .options = {.other_wait_is_unmet = true, .verdict = verdict_new(&test->verdict)}};
    bool ok = sim && setup.options.verdict;
    if (ok) {
        feed_counters(sim, &counters);
        ok = test_vms(test, options, sim, &setup, &counters) &&
             test_hosts(test, options, sim, &setup, &counters);
    }
    if (!ok) {
        fprintf(stderr, "property_test: no world of scenario %s\n",
                options->scenario ? options->scenario : "mix");
        exit(2);
    }
    verdict_free(setup.options.verdict);
    sim_free(sim);
    test->worlds++;
    test->refused += setup.refused;
    test->incomplete += setup.incomplete;
}

/* A world of each scenario, and two of all of them: with and without counters of guests. */
static void test_seed(struct test *test, const struct arguments *arguments, uint64_t seed)
{
    struct sim_options options = {.seed = seed, .hosts = HOSTS};
    const char *scenario;
    for (size_t i = 0; (scenario = sim_scenario(i)); i++) {
        options.scenario = scenario;
        options.vms = arguments->vms ? arguments->vms : VMS;
        if (!arguments->scenario || strcmp(arguments->scenario, scenario) == 0)
            test_world(test, &options);
    }
    options.scenario = NULL;
    options.vms = arguments->vms ? arguments->vms : VMS_OF_MIX;
    for (int guest = 0; guest < 2 && !arguments->scenario; guest++) {
        options.guest_counters = guest;
        test_world(test, &options);
    }
}

static void print_sums(const struct test *test)
{
    const struct compare *c = &test->compare;
    printf("%u worlds, %" PRIu64 " VM-hours, %" PRIu64 " host-hours, %" PRIu64 " rows, %" PRIu64
           " values compared\n",
           test->worlds, test->vms, test->hosts, c->rows, c->values);
    printf("rows of which the CPU layers were not given for want of samples: %" PRIu64
           ", for a broken identity: %" PRIu64 "\n",
           test->incomplete, test->refused);
    printf("sums not compared because a device of the VM had no sample at all: %" PRIu64 "\n",
           c->unsure_values);
    printf("%" PRIu64 " differences\n", c->differences);
}

int main(int argc, char **argv)
{
    static struct test test;
    struct arguments arguments = {.told = TOLD};
    unsigned good = 0, bad = 0;
    if (!read_arguments(argc, argv, &arguments))
        return usage();
    if (!arguments.nseeds)
        default_seeds(&arguments);
    verdict_defaults(&test.verdict);
    test.compare.told = arguments.told;
    for (size_t i = 0; i < arguments.nseeds; i++) {
        printf("seed %" PRIu64 "\n", arguments.seeds[i]);
        test_seed(&test, &arguments, arguments.seeds[i]);
    }
    if (!arguments.quiet)
        compare_print(&test.compare);
    print_sums(&test);
    bad += test.compare.differences > 0 || !test.compare.values;
    good += !bad;
    if (!arguments.rows_only)
        bad += confusion_print(&test.confusion, &good);
    printf("%u passed, %u failed\n", good, bad);
    return bad ? 1 : 0;
}
