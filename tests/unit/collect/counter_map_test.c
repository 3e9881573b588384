/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "collect/counter_map.h"

#define BIT(group) (1u << COUNTER_GROUP_##group)

enum { everything = BIT(CPU) | BIT(MEM) | BIT(DISK) | BIT(NET) | BIT(GUEST) | BIT(HOST) };

/* A server that has all but one. */
static struct counter_map a_map(enum counter without)
{
    struct counter_map map = {0};
    for (enum counter c = 0; c < COUNTER_COUNT; c++)
        map.id[c] = c == without ? 0 : 100 + (int32_t)c;
    return map;
}

static bool asks(enum entity_kind kind, unsigned groups, enum counter counter)
{
    const struct counter_map map = a_map(CPU_SYSTEM);
    int32_t ids[COUNTER_COUNT];
    size_t n = counter_map_ids(&map, kind, groups, ids);
    for (size_t i = 0; i < n; i++)
        if (ids[i] == 100 + (int32_t)counter)
            return true;
    return false;
}

static void each_kind_is_asked_for_its_own(void **state)
{
    (void)state;
    assert_true(asks(ENTITY_VM, everything, CPU_RUN));
    assert_false(asks(ENTITY_HOST, everything, CPU_RUN));
    assert_true(asks(ENTITY_VM, everything, CPU_READY));
    assert_true(asks(ENTITY_HOST, everything, CPU_READY));
    assert_true(asks(ENTITY_HOST, everything, MEM_CONSUMED));
    assert_true(asks(ENTITY_HOST, everything, HOST_MEM_STATE));
    assert_false(asks(ENTITY_VM, everything, HOST_MEM_STATE));
    assert_false(asks(ENTITY_VM, everything, CPU_SYSTEM)); /* the server has it not */
    assert_false(asks(ENTITY_VCENTER, everything, CPU_READY));
}

static void what_is_off_is_not_asked(void **state)
{
    (void)state;
    static const struct {
        unsigned off;
        enum counter counter;
    } cases[] = {{BIT(DISK), DISK_READS},
                 {BIT(DISK), DISK_DATASTORE_LATENCY},
                 {BIT(NET), NET_RECEIVED},
                 {BIT(NET), NET_PNIC_TX},
                 {BIT(GUEST), GUEST_COUNTER_RUN_QUEUE},
                 {BIT(GUEST), GUEST_COUNTER_DISK_QUEUE}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned groups = everything & ~cases[i].off;
        assert_true(asks(ENTITY_VM, everything, cases[i].counter));
        assert_false(asks(ENTITY_VM, groups, cases[i].counter));
        assert_false(counter_is_asked(cases[i].counter, groups));
        assert_true(asks(ENTITY_VM, groups, CPU_RUN));
        assert_true(asks(ENTITY_VM, groups, MEM_USAGE));
    }
}

static void without_hosts_no_host_is_asked(void **state)
{
    (void)state;
    const struct counter_map map = a_map(COUNTER_COUNT);
    int32_t ids[COUNTER_COUNT];
    unsigned groups = everything & ~BIT(HOST);
    assert_int_equal(counter_map_ids(&map, ENTITY_HOST, groups, ids), 0);
    assert_true(asks(ENTITY_VM, groups, CPU_READY));
    assert_true(counter_is_asked(CPU_READY, groups));
    assert_false(counter_is_asked(HOST_UTILIZATION, groups));
}

static void what_is_lost_is_counted_but_for_extras(void **state)
{
    (void)state;
    static const struct {
        enum counter without;
        unsigned groups;
        size_t lost;
    } cases[] = {{COUNTER_COUNT, everything, 0},
                 {CPU_SYSTEM, everything, 1},
                 {GUEST_COUNTER_RUN_QUEUE, everything, 0},
                 {DISK_READS, everything, 1},
                 {DISK_READS, everything & ~BIT(DISK), 0}};
    size_t all, guests = GUEST_COUNTER_DISK_QUEUE - GUEST_COUNTER_RUN_QUEUE + 1;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct counter_map map = a_map(cases[i].without);
        size_t asked, lost;
        counter_map_count(&map, cases[i].groups, &asked, &lost);
        assert_int_equal(lost, cases[i].lost);
        all = asked;
        if (cases[i].groups == everything)
            assert_int_equal(all, COUNTER_COUNT - guests);
    }
    assert_true(all < COUNTER_COUNT - guests); /* the last one: without disks */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_is_asked_for_its_own),
        cmocka_unit_test(what_is_off_is_not_asked),
        cmocka_unit_test(without_hosts_no_host_is_asked),
        cmocka_unit_test(what_is_lost_is_counted_but_for_extras),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
