/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Targets against a scripted inventory: this file defines the vim_inventory_* functions itself, so
 * the linker takes these instead of the library's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/caps.h"
#include "collect/snapshots.h"
#include "collect/targets.h"
#include "collect/vm_devices.h"

/* ---- an inventory ---- */

enum { MOST = 64 };

static struct vim_object *objects[MOST];
static size_t nobjects;

void vim_inventory_each(const struct vim_inventory *inventory, enum vim_kind kind,
                        bool (*visit)(void *ctx, const struct vim_object *object), void *ctx)
{
    (void)inventory;
    for (size_t i = 0; i < nobjects; i++)
        if (objects[i]->kind == kind && !visit(ctx, objects[i]))
            return;
}

const struct vim_object *vim_inventory_find(const struct vim_inventory *inventory, const char *moid)
{
    (void)inventory;
    for (size_t i = 0; i < nobjects; i++)
        if (strcmp(objects[i]->moid, moid) == 0)
            return objects[i];
    return NULL;
}

void vim_inventory_place(const struct vim_inventory *inventory, const struct vim_object *object,
                         struct vim_place *ret)
{
    const struct vim_object *host =
        object->kind == VIM_HOST ? object : vim_inventory_find(inventory, object->host);
    *ret = (struct vim_place){.host = host ? host->name : "",
                              .cluster = "cluster",
                              .datacenter = "dc",
                              .host_mhz = host ? host->cpu_mhz : 0};
}

const char *vim_inventory_backing(const struct vim_inventory *inventory,
                                  const struct vim_device *device)
{
    const struct vim_object *object = vim_inventory_find(inventory, device->datastore);
    return object ? object->name : device->backing;
}

static struct {
    size_t calls, asked, most;
    enum vim_code code;
    const char *gone; /* this one is not visited */
} layout;

enum vim_code vim_snapshot_space(struct vim_client *client, const char *const *moids, size_t n,
                                 void (*visit)(void *ctx, const char *moid, int64_t bytes),
                                 void *ctx, struct vim_error *err)
{
    (void)client;
    layout.calls++;
    layout.asked += n;
    layout.most = n > layout.most ? n : layout.most;
    if (layout.code != VIM_OK)
        return vim_fail(err, layout.code, "scripted");
    for (size_t i = 0; i < n; i++)
        if (!layout.gone || strcmp(moids[i], layout.gone) != 0)
            visit(ctx, moids[i], 1000 + atoi(moids[i] + strlen("vm-")));
    return VIM_OK;
}

static void no_objects(void)
{
    while (nobjects)
        free(objects[--nobjects]);
}

static struct vim_object *object(enum vim_kind kind, const char *moid)
{
    assert_true(nobjects < MOST);
    struct vim_object *made = malloc(sizeof *made);
    assert_non_null(made);
    objects[nobjects++] = made;
    *made = (struct vim_object){.kind = kind,
                                .type = "",
                                .moid = moid,
                                .name = moid,
                                .parent = "",
                                .host = "",
                                .instance_uuid = "",
                                .power = VIM_POWER_ON,
                                .storage_type = "",
                                .guest_capacity = -1,
                                .guest_free = -1,
                                .guestinfo = ""};
    return made;
}

/* ---- the targets ---- */

static struct targets targets;
static struct server_clock server_clock;
static struct metrics *metrics;
static struct metric_set *figures;

static struct server_time mark_of(void *ctx, const char *uuid, const char *moid)
{
    (void)ctx;
    assert_string_equal(uuid, "uuid-1");
    return (struct server_time){strcmp(moid, "host-1") == 0 ? 20000 : 0};
}

static const struct sample_sink sink = {.mark = mark_of};

static int set_up(void **state)
{
    (void)state;
    log_set_level(LOG_ERROR + 1);
    no_objects();
    memset(&layout, 0, sizeof layout);
    server_clock = (struct server_clock){{1000000}, mono_now()};
    metrics = metrics_new();
    figures = metrics_set(metrics, METRIC_OF_VCENTER, "vc");
    const struct targets_options options = {
        .vcenter = "vc", .sink = &sink, .figures = figures, .hosts = true};
    targets_init(&targets, &options);
    assert_int_equal(targets_identify(&targets, "uuid-1"), 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    targets_free(&targets);
    metrics_free(metrics);
    no_objects();
    return 0;
}

static void sync_as(bool first, bool guests_only)
{
    const struct targets_news news = {
        .clock = &server_clock, .first = first, .guests_only = guests_only};
    assert_int_equal(targets_sync(&targets, &news), 0);
}

static struct target *find(const char *moid)
{
    struct target *found = targets_find(&targets, moid);
    assert_non_null(found);
    return found;
}

static void expect_labels(const struct entity *entity, const char *const want[LABEL_COUNT])
{
    for (enum entity_label i = 0; i < LABEL_COUNT; i++)
        if (strcmp(entity->label[i], want[i] ? want[i] : "") != 0)
            fail_msg("%s is \"%s\"", entity_label_name(i), entity->label[i]);
    assert_string_equal(entity->vcenter_uuid, "uuid-1");
}

/* ---- labels and facts ---- */

static void a_host_has_its_own_labels(void **state)
{
    (void)state;
    struct vim_object *host = object(VIM_HOST, "host-1");
    host->name = "esx1";
    host->instance_uuid = "hw-1";
    sync_as(true, false);
    const struct target *target = find("host-1");
    expect_labels(&target->entity, (const char *const[LABEL_COUNT]){[LABEL_VCENTER] = "vc",
                                                                    [LABEL_DATACENTER] = "dc",
                                                                    [LABEL_CLUSTER] = "cluster",
                                                                    [LABEL_HOST] = "esx1",
                                                                    [LABEL_MOID] = "host-1",
                                                                    [LABEL_UUID] = "hw-1",
                                                                    [LABEL_KIND] = "host"});
    assert_int_equal(entity_kind(&target->entity), ENTITY_HOST);
    assert_int_equal(target->mark.ms, 20000);
    assert_string_equal(target_type(target->kind), "HostSystem");
    expect_labels(&targets.self, (const char *const[LABEL_COUNT]){[LABEL_VCENTER] = "vc",
                                                                  [LABEL_MOID] = "vcenter",
                                                                  [LABEL_UUID] = "uuid-1",
                                                                  [LABEL_KIND] = "vcenter"});
}

static void hosts_know_their_vms(void **state)
{
    (void)state;
    static const struct {
        const char *moid, *host;
        int32_t cpus;
        enum vim_power power;
    } vms[] = {{"vm-1", "host-1", 2, VIM_POWER_ON},  {"vm-2", "host-1", 4, VIM_POWER_OFF},
               {"vm-3", "host-1", 8, VIM_POWER_ON},  {"vm-4", "host-2", 1, VIM_POWER_ON},
               {"vm-5", "host-9", 16, VIM_POWER_ON}, {"vm-6", "vm-1", 32, VIM_POWER_ON}};
    struct vim_object *host = object(VIM_HOST, "host-1");
    host->cpus = 64;
    host->cores = 32;
    host->cpu_mhz = 2400;
    host->memory_bytes = 1 << 30;
    host->power_policy = VIM_POLICY_LOW_POWER;
    object(VIM_HOST, "host-2")->power = VIM_POWER_UNKNOWN;
    for (size_t i = 0; i < sizeof vms / sizeof *vms; i++) {
        struct vim_object *vm = object(VIM_VM, vms[i].moid);
        vm->host = vms[i].host;
        vm->cpus = vms[i].cpus;
        vm->power = vms[i].power;
    }
    for (int i = 0; i < 2; i++) { /* counted anew each time */
        sync_as(i == 0, false);
        struct arena arena;
        struct sample_block block;
        arena_init(&arena);
        assert_int_equal(target_describe(find("host-1"), &arena, &block), 0);
        assert_int_equal(block.host.threads, 64);
        assert_int_equal(block.host.cores, 32);
        assert_int_equal(block.host.vms, 2);
        assert_int_equal(block.host.vcpus, 10);
        assert_int_equal(block.host.power_policy, 3);
        assert_int_equal(block.host_mhz, 2400);
        assert_int_equal(block.memory_bytes, 1 << 30);
        arena_free(&arena);
    }
    assert_int_equal(find("host-2")->facts.vcpus, 1);
    assert_int_equal(targets.count[ENTITY_VM], 6);
    assert_int_equal(targets.count[ENTITY_HOST], 2);
    assert_string_equal(targets_some_on(&targets, ENTITY_HOST)->moid, "host-1");
    objects[0]->power = VIM_POWER_UNKNOWN;
    sync_as(false, false);
    assert_null(targets_some_on(&targets, ENTITY_HOST));
}

static void hosts_are_followed_only_if_wanted(void **state)
{
    (void)state;
    targets.options.hosts = false;
    object(VIM_HOST, "host-1");
    object(VIM_VM, "vm-1")->host = "host-1";
    sync_as(true, false);
    assert_null(targets_find(&targets, "host-1"));
    assert_int_equal(targets.count[ENTITY_HOST], 0);
    assert_string_equal(find("vm-1")->entity.label[LABEL_HOST], "host-1");
}

static void a_power_on_is_noticed(void **state)
{
    (void)state;
    struct vim_object *vm = object(VIM_VM, "vm-1");
    sync_as(true, false);
    assert_int_equal(find("vm-1")->due_after.ms, 0); /* it was on before we came */
    vm->power = VIM_POWER_OFF;
    sync_as(false, false);
    assert_int_equal(find("vm-1")->due_after.ms, 0);
    vm->power = VIM_POWER_ON;
    sync_as(false, false);
    assert_in_range(find("vm-1")->due_after.ms, 1000000, 1010000);
    no_objects();
    sync_as(false, false);
    assert_null(targets_find(&targets, "vm-1"));
    assert_int_equal(targets.count[ENTITY_VM], 0);
}

/* ---- devices ---- */

static void devices_are_named_in_order(void **state)
{
    (void)state;
    static const struct vim_device devices[] = {
        {"Network adapter 2", "", "net-2", VIM_NIC, false, "4001"},
        {"Hard disk 3", "ds1", "", VIM_DISK, false, "scsi0:10"},
        {"Hard\tdisk\n2", "d\x01s1", "", VIM_DISK, false, "scsi0:2"},
        {"Network adapter 1", "VM Network", "", VIM_NIC, false, "4000"},
        {"Hard disk 1", "old name", "datastore-1", VIM_DISK, false, "scsi0:0"}};
    object(VIM_DATASTORE, "datastore-1")->name = "ds1";
    struct vim_object *vm = object(VIM_VM, "vm-1");
    vm->devices = devices;
    vm->ndevices = sizeof devices / sizeof *devices;
    vm->guestinfo = "vstrata1 t=900 i=20 app.jvm.b=2 app.jvm.a=1";
    vm->guestinfo_serial = 1;
    sync_as(true, false);
    char want[400];
    struct guest_text text;
    assert_int_equal(guest_text_read(vm->guestinfo, strlen(vm->guestinfo), &text), GUEST_OK);
    bool swap = text.apps[0].number > text.apps[1].number;
    const struct guest_app *low = &text.apps[swap], *high = &text.apps[!swap];
    snprintf(want, sizeof want,
             "scsi0:0\tHard disk 1\tds1\n"
             "scsi0:2\tHard disk 2\td s1\n"
             "scsi0:10\tHard disk 3\tds1\n"
             "4000\tNetwork adapter 1\tVM Network\n"
             "4001\tNetwork adapter 2\t\n"
             "%d\t%s\n%d\t%s\n",
             low->number, low->name, high->number, high->name);
    assert_string_equal(find("vm-1")->entity.label[LABEL_DEVICES], want);
    vm->ndevices = 0; /* not read, or gone */
    vm->devices = NULL;
    vm->guestinfo = "vstrata1 t=901 i=20";
    vm->guestinfo_serial = 2;
    sync_as(false, true); /* a change of what the guest says is enough for the names */
    assert_string_equal(find("vm-1")->entity.label[LABEL_DEVICES], "");
}

static void many_devices_leave_room_for_applications(void **state)
{
    (void)state;
    static struct vim_device devices[CAP_DEVICES];
    char label[101];
    memset(label, 'x', 100);
    label[100] = '\0';
    for (int i = 0; i < CAP_DEVICES; i++) {
        devices[i] = (struct vim_device){label, label, "", VIM_DISK, false, ""};
        snprintf(devices[i].instance, sizeof devices[i].instance, "scsi%d:%d", i / 256, i % 256);
    }
    struct vim_object *vm = object(VIM_VM, "vm-1");
    vm->devices = devices;
    vm->ndevices = CAP_DEVICES;
    vm->guestinfo = "vstrata1 t=1 i=1 app.12345678901234567890123456789012.x=1";
    vm->guestinfo_serial = 1;
    sync_as(true, false);
    const char *text = find("vm-1")->entity.label[LABEL_DEVICES];
    assert_in_range(strlen(text), CAP_DEVICE_NAMES / 2, CAP_DEVICE_NAMES);
    assert_non_null(strstr(text, "\t12345678901234567890123456789012.x\n"));
    assert_int_equal(text[strlen(text) - 1], '\n');
}

static void what_is_behind_disks(void **state)
{
    (void)state;
    static const struct {
        const char *datastores; /* "" = a device without a datastore */
        bool rdm;
        unsigned want;
    } cases[] = {{"ds-vmfs", false, BACKING_KNOWN},
                 {"ds-vvol", false, BACKING_KNOWN},
                 {"ds-nfs", false, BACKING_KNOWN | BACKING_FILE},
                 {"ds-nfs41", false, BACKING_KNOWN | BACKING_FILE},
                 {"ds-vsan", false, BACKING_KNOWN | BACKING_FILE},
                 {"ds-odd", false, 0},
                 {"ds-gone", false, 0},
                 {"ds-vmfs", true, BACKING_KNOWN | BACKING_RDM},
                 {"ds-nfs", true, BACKING_KNOWN | BACKING_RDM | BACKING_FILE},
                 {"ds-odd", true, 0}};
    object(VIM_DATASTORE, "ds-vmfs")->storage_type = "VMFS";
    object(VIM_DATASTORE, "ds-vvol")->storage_type = "VVOL";
    object(VIM_DATASTORE, "ds-nfs")->storage_type = "NFS";
    object(VIM_DATASTORE, "ds-nfs41")->storage_type = "NFS41";
    object(VIM_DATASTORE, "ds-vsan")->storage_type = "vsan";
    object(VIM_DATASTORE, "ds-odd")->storage_type = "PMEM";
    struct vim_object *vm = object(VIM_VM, "vm-1");
    assert_int_equal(vm_devices_backing(NULL, vm), 0); /* devices were not read */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct vim_device devices[] = {
            {"", "", cases[i].datastores, VIM_DISK, false, "scsi0:0"},
            {"", "", "network-1", VIM_NIC, false, "4000"},
            {"", "", "ds-gone", VIM_DISK, true, "scsi0:1"}};
        vm->devices = devices;
        vm->ndevices = cases[i].rdm ? 3 : 2;
        assert_int_equal(vm_devices_backing(NULL, vm), cases[i].want);
    }
}

/* ---- guests ---- */

static void codes_of_tools_and_heartbeat(void **state)
{
    (void)state;
    static const struct {
        enum vim_tools tools;
        enum vim_heartbeat heartbeat;
        int want_tools, want_heartbeat;
    } cases[] = {{VIM_TOOLS_RUNNING, VIM_HEARTBEAT_GREEN, 0, 0},
                 {VIM_TOOLS_EXECUTING_SCRIPTS, VIM_HEARTBEAT_YELLOW, 1, 1},
                 {VIM_TOOLS_NOT_RUNNING, VIM_HEARTBEAT_RED, 2, 2},
                 {VIM_TOOLS_UNKNOWN, VIM_HEARTBEAT_GRAY, 3, 3}};
    struct vim_object *vm = object(VIM_VM, "vm-1");
    sync_as(true, false);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        vm->tools = cases[i].tools;
        vm->heartbeat = cases[i].heartbeat;
        vm->guest_capacity = 100 + (int64_t)i;
        vm->guest_free = 50 + (int64_t)i;
        sync_as(false, i % 2 == 0);
        const struct guest_facts *guest = &find("vm-1")->guest;
        assert_int_equal(guest->tools, cases[i].want_tools);
        assert_int_equal(guest->heartbeat, cases[i].want_heartbeat);
        assert_int_equal(guest->capacity, 100 + i);
        assert_int_equal(guest->free, 50 + i);
        assert_int_equal(guest->nreports, 0);
        assert_false(guest->refused);
    }
}

static void what_a_guest_publishes_goes_with_its_samples(void **state)
{
    (void)state;
    struct vim_object *vm = object(VIM_VM, "vm-1");
    sync_as(true, false);
    vm->guestinfo = "vstrata1 t=1001 i=20 rq=3";
    vm->guestinfo_serial = 1;
    vm->guestinfo_at = mono_after(server_clock.here, 2000);
    sync_as(false, true);
    vm->guestinfo = "vstrata1 t=1021 i=20 rq=-3";
    vm->guestinfo_serial = 2;
    sync_as(false, true);
    struct arena arena;
    struct sample_block block;
    arena_init(&arena);
    assert_int_equal(target_describe(find("vm-1"), &arena, &block), 0);
    assert_true(block.guest.refused);
    assert_int_equal(block.guest.nreports, 1);
    assert_int_equal(block.guest.reports[0].received.ms, 1002000);
    assert_int_equal(block.guest.reports[0].text.milli[GUEST_RUN_QUEUE], 3000);
    arena_free(&arena);
    assert_int_equal(targets.desk.refused, 1);
    no_objects(); /* the VM is gone, and with it the complaint */
    sync_as(false, false);
    assert_int_equal(targets.desk.refused, 0);
}

/* ---- snapshots ---- */

static char moids[MOST][16];

static void vms_with_snapshots(int n)
{
    for (int i = 0; i < n; i++) {
        snprintf(moids[i], sizeof moids[i], "vm-%d", i);
        object(VIM_VM, moids[i])->has_snapshot = true;
    }
}

static bool move(struct snapshots *snapshots, enum vim_code want)
{
    bool more;
    struct vim_error err;
    assert_int_equal(snapshots_move(snapshots, &targets, NULL, &more, &err), want);
    return more;
}

static void snapshot_space_comes_a_few_a_call(void **state)
{
    (void)state;
    struct snapshots snapshots = {.interval_ms = 3600000};
    vms_with_snapshots(45);
    object(VIM_VM, "vm-100");
    sync_as(true, false);
    assert_int_equal(find("vm-7")->snapshot_bytes, -1);
    assert_int_equal(find("vm-100")->snapshot_bytes, 0);
    layout.gone = "vm-3";
    assert_true(move(&snapshots, VIM_OK));
    assert_true(move(&snapshots, VIM_OK));
    move(&snapshots, VIM_OK);
    assert_false(move(&snapshots, VIM_OK));
    assert_int_equal(layout.most, SNAPSHOTS_A_CALL);
    assert_int_equal(find("vm-7")->snapshot_bytes, 1007);
    assert_int_equal(find("vm-44")->snapshot_bytes, 1044);
    assert_int_equal(find("vm-3")->snapshot_bytes, -1);
    assert_int_equal(find("vm-100")->snapshot_bytes, 0);
}

static void a_round_comes_by_itself_and_new_snapshots_at_once(void **state)
{
    (void)state;
    struct snapshots snapshots = {.interval_ms = 3600000};
    vms_with_snapshots(2);
    sync_as(true, false);
    while (move(&snapshots, VIM_OK))
        ;
    snapshots.next = mono_after(mono_now(), -1); /* the next round is due */
    layout.asked = 0;
    move(&snapshots, VIM_OK);
    assert_int_equal(layout.asked, 2);
    layout.asked = 0;
    move(&snapshots, VIM_OK);
    assert_int_equal(layout.asked, 0);
    struct vim_object *vm = object(VIM_VM, "vm-50");
    vm->has_snapshot = true;
    sync_as(false, false);
    move(&snapshots, VIM_OK);
    assert_int_equal(layout.asked, 1);
    assert_int_equal(find("vm-50")->snapshot_bytes, 1050);
    sync_as(false, false); /* what is known stays */
    assert_int_equal(find("vm-50")->snapshot_bytes, 1050);
    vm->has_snapshot = false;
    sync_as(false, false);
    assert_int_equal(find("vm-50")->snapshot_bytes, 0);
}

static void a_failure_ends_the_round(void **state)
{
    (void)state;
    struct snapshots snapshots = {.interval_ms = 3600000}, never = {0};
    vms_with_snapshots(45);
    sync_as(true, false);
    move(&never, VIM_OK);
    assert_int_equal(layout.calls, 0); /* switched off */
    layout.code = VIM_UNREACHABLE;
    assert_false(move(&snapshots, VIM_UNREACHABLE));
    assert_int_equal(find("vm-0")->snapshot_bytes, -1);
    move(&snapshots, VIM_OK);
    assert_int_equal(layout.calls, 1);
    layout.code = VIM_OK;
    snapshots.next = mono_after(mono_now(), -1);
    while (move(&snapshots, VIM_OK))
        ;
    assert_int_equal(find("vm-0")->snapshot_bytes, 1000);
    assert_int_equal(find("vm-44")->snapshot_bytes, 1044);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_host_has_its_own_labels, set_up, tear_down),
        cmocka_unit_test_setup_teardown(hosts_know_their_vms, set_up, tear_down),
        cmocka_unit_test_setup_teardown(hosts_are_followed_only_if_wanted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_power_on_is_noticed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(devices_are_named_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_devices_leave_room_for_applications, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_behind_disks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(codes_of_tools_and_heartbeat, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_a_guest_publishes_goes_with_its_samples, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(snapshot_space_comes_a_few_a_call, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_round_comes_by_itself_and_new_snapshots_at_once, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_failure_ends_the_round, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
