/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* The physics of disks, snapshots and guests over many VMs: shares, laws, and what moves with what.
 */
#include "cmocka_all.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "noise.h"
#include "physics.h"

static bool is_nfs(const struct disk_place *place)
{
    return !strcmp(datastores[place->datastore].type, "NFS");
}

/* Who sees what of which disk. */

enum { BODIES = 2000, SLOTS = 540 };

static const int64_t START = INT64_C(1700000000000) / SLOT_MS * SLOT_MS;

static struct vm_body body(const char *scenario, int i)
{
    return (struct vm_body){.key = noise_key(77, (uint64_t)i),
                            .host_key = noise_key(5, (uint64_t)(i % 8)),
                            .scenario = scenario_find(scenario),
                            .cpus = 2,
                            .memory_mb = 8192};
}

/* Shares as told: raw mappings, NFS, numbers of devices; and every place is another. */
static void devices_are_as_drawn(void **state)
{
    (void)state;
    int disks[DISKS_MAX + 1] = {0}, nics[NICS_MAX + 1] = {0}, raw = 0, files = 0, mixed = 0;
    for (int i = 0; i < BODIES; i++) {
        struct vm_body vm = body("quiet", i);
        struct disk_place places[DISKS_MAX];
        int n = disk_places(&vm, places), on_files = 0;
        assert_in_range(n, 1, DISKS_MAX);
        disks[n]++;
        for (int j = 0; j < n; j++) {
            raw += places[j].rdm;
            assert_false(places[j].rdm && is_nfs(&places[j]));
            on_files += is_nfs(&places[j]);
            for (int k = 0; k < j; k++)
                assert_true(places[j].controller != places[k].controller ||
                            places[j].unit != places[k].unit);
        }
        files += on_files > 0;
        mixed += on_files > 0 && on_files < n;
        int cards = nic_count(&vm);
        assert_in_range(cards, 1, NICS_MAX);
        nics[cards]++;
        for (int j = 0; j < cards; j++)
            assert_in_range(nic_network(&vm, j), 0, NETWORKS - 1);
    }
    assert_in_range(raw, BODIES / 60, BODIES / 24);
    assert_in_range(files, BODIES / 13, BODIES / 8);
    assert_int_equal(mixed, 0);
    assert_true((disks[1] + disks[2] + disks[3]) * 10 > BODIES * 8);
    assert_true(disks[4] + disks[5] + disks[6] + disks[7] + disks[8] > 0 && disks[DISKS_MAX] > 0);
    assert_true(nics[1] * 10 > BODIES * 8 && nics[2] && nics[3] && nics[NICS_MAX]);
}

/* I21: what is under way at the ends of intervals is in the mean IOs per second x seconds. */
static void littles_law(void **state)
{
    (void)state;
    static const char *const scenarios[] = {"quiet", "storage-slow", "guest-queue"};
    for (size_t n = 0; n < sizeof scenarios / sizeof *scenarios; n++) {
        double outstanding = 0, in_flight = 0;
        for (int i = 0; i < 40; i++) {
            struct vm_body vm = body(scenarios[n], i);
            struct memory_sample none = {0};
            for (int slot = 0; slot < SLOTS; slot++) {
                struct disk_set s;
                int64_t t = START + (int64_t)slot * SLOT_MS;
                disk_set_sample(&vm, physics_activity(&vm, t), &none, t, &s);
                for (int d = 0; d < s.n; d++) {
                    const struct disk_sample *o = &s.of[d];
                    outstanding += o->outstanding_reads + o->outstanding_writes;
                    in_flight +=
                        (double)o->reads * o->read_us / 1e6 + (double)o->writes * o->write_us / 1e6;
                }
            }
        }
        assert_true(in_flight > 0);
        if (fabs(outstanding - in_flight) > 0.02 * in_flight + 3 * sqrt(in_flight))
            fail_msg("%s: %.0f outstanding, %.0f in flight", scenarios[n], outstanding, in_flight);
    }
}

/* The busier a disk is the slower it gets, and more than in proportion: M/M/1. */
static void latency_grows_with_load(void **state)
{
    (void)state;
    const double at[] = {1, 2.5, 4};
    double us[3] = {0};
    for (int i = 0; i < 200; i++) {
        struct vm_body vm = body("guest-queue", i);
        struct memory_sample none = {0};
        for (int n = 0; n < 3; n++) {
            struct disk_set s;
            disk_set_sample(&vm, at[n], &none, START, &s);
            us[n] += s.of[0].read_us;
        }
    }
    assert_true(us[1] > us[0] * 1.3 && us[2] - us[1] > (us[1] - us[0]) * 1.5);
}

/* It grows until it is taken anew, by steps, and is there all the time; others have none. */
static void snapshots_grow(void **state)
{
    (void)state;
    const int64_t day = INT64_C(86400000);
    struct vm_body other = body("quiet", 1);
    assert_int_equal(snapshot_kb(&other, START), 0);
    for (int i = 0; i < 20; i++) {
        struct vm_body vm = body("snapshot", i);
        int falls = 0, rises = 0;
        int64_t was = snapshot_kb(&vm, START);
        for (int64_t t = START; t < START + day; t += SLOT_MS) {
            int64_t is = snapshot_kb(&vm, t);
            assert_true(is > 1 << 20);
            assert_true(is == was || t % SNAPSHOT_STEP_MS < SLOT_MS);
            falls += is < was;
            rises += is > was;
            was = is;
        }
        assert_int_equal(falls, 2);
        assert_true(rises > 250);
    }
}

/* Of either sign where nothing is held back, and by no more than sampling makes; a guest that is
 * held thinks that it works. */
static void guest_clock(void **state)
{
    (void)state;
    struct vcpu_times vcpus[4];
    struct host_load host = physics_host(2600, 100, 500000);
    int more = 0, less = 0, all = 0;
    double held = 0;
    for (int i = 0; i < 40; i++)
        for (int slot = 0; slot < SLOTS; slot += 10) {
            struct vm_sample s = {.vcpu = vcpus};
            struct vm_body vm = body("quiet", i);
            physics_sample(&vm, &host, START + (int64_t)slot * SLOT_MS, &s);
            double by_guest = s.guest.busy_milli / 1e3, run = s.sum.net_run / 20000.0;
            more += by_guest > run;
            less += by_guest < run;
            all++;
            assert_true(fabs(by_guest - run) < 0.03 * run + 0.01);
            vm = body("cpu-contention", i);
            physics_sample(&vm, &host, START + (int64_t)slot * SLOT_MS, &s);
            held += s.guest.busy_milli / 1e3 - s.sum.net_run / 20000.0;
        }
    assert_true(more * 4 > all && less * 4 > all);
    assert_true(held / all > 0.05);
}

/* Volumes add up to what the sample tells. */
static void volumes_are_the_guests(void **state)
{
    (void)state;
    struct vcpu_times vcpus[4];
    struct host_load host = physics_host(2600, 100, 500000);
    for (int i = 0; i < 50; i++) {
        struct vm_body vm = body("quiet", i);
        struct guest_volume volumes[DISKS_MAX];
        struct vm_sample s = {.vcpu = vcpus};
        physics_sample(&vm, &host, START, &s);
        int n = guest_volumes(&vm, volumes);
        assert_int_equal(n, s.disks.n);
        for (int v = 0; v < n; v++) {
            s.guest.capacity -= volumes[v].capacity;
            s.guest.free -= volumes[v].free;
        }
        assert_int_equal(s.guest.capacity, 0);
        assert_int_equal(s.guest.free, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(devices_are_as_drawn),
        cmocka_unit_test(littles_law),
        cmocka_unit_test(latency_grows_with_load),
        cmocka_unit_test(snapshots_grow),
        cmocka_unit_test(guest_clock),
        cmocka_unit_test(volumes_are_the_guests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
