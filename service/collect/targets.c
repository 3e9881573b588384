/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "collect/targets.h"

#include <stdlib.h>
#include <string.h>

#include "base/caps.h"
#include "collect/vm_devices.h"

void targets_init(struct targets *targets, const struct targets_options *options)
{
    *targets = (struct targets){.options = *options};
    targets->desk.vcenter = options->vcenter;
    targets->desk.figures = options->figures;
    buf_init(&targets->devices, CAP_DEVICE_NAMES);
}

static void drop(struct targets *targets, struct target *target)
{
    HASH_DEL(targets->by_moid, target); /* NOLINT(clang-analyzer-unix.Malloc): lost in uthash */
    targets->count[target->kind]--;
    reports_free(target->reports, &targets->desk);
    free(target->texts);
    free(target->moid);
    free(target);
}

static void drop_all(struct targets *targets)
{
    struct target *next;
    for (struct target *target = targets->by_moid; target; target = next) {
        next = target->hh.next;
        drop(targets, target);
    }
}

void targets_free(struct targets *targets)
{
    drop_all(targets);
    buf_free(&targets->devices);
    free(targets->vcenter_uuid);
    targets->vcenter_uuid = NULL;
}

/* ---- identity ---- */

static void describe_self(struct targets *targets, const char *instance_uuid)
{
    struct entity *self = &targets->self;
    self->vcenter_uuid = targets->vcenter_uuid;
    for (int i = 0; i < LABEL_COUNT; i++)
        self->label[i] = "";
    self->label[LABEL_VCENTER] = targets->options.vcenter;
    self->label[LABEL_MOID] = "vcenter";
    self->label[LABEL_UUID] = *instance_uuid ? targets->vcenter_uuid : "";
    self->label[LABEL_KIND] = entity_kind_name(ENTITY_VCENTER);
}

int targets_identify(struct targets *targets, const char *instance_uuid)
{
    const char *uuid = *instance_uuid ? instance_uuid : targets->options.vcenter;
    if (targets->vcenter_uuid && strcmp(targets->vcenter_uuid, uuid) == 0)
        return 0;
    char *copy = strdup(uuid);
    if (!copy)
        return -1;
    drop_all(targets);
    free(targets->vcenter_uuid);
    targets->vcenter_uuid = copy;
    describe_self(targets, instance_uuid);
    return 0;
}

/* Gives the target new label texts, kept in one piece of memory. */
static int relabel(struct target *target, const char *const label[LABEL_COUNT])
{
    bool same = target->texts != NULL;
    size_t bytes = 0;
    for (int i = 0; i < LABEL_COUNT; i++) {
        bytes += strlen(label[i]) + 1;
        same = same && strcmp(label[i], target->entity.label[i]) == 0;
    }
    if (same)
        return 0;
    char *texts = malloc(bytes);
    if (!texts)
        return -1;
    char *at = texts;
    for (int i = 0; i < LABEL_COUNT; i++) {
        size_t n = strlen(label[i]) + 1;
        target->entity.label[i] = memcpy(at, label[i], n);
        at += n;
    }
    free(target->texts);
    target->texts = texts;
    return 0;
}

/* ---- following the inventory ---- */

struct sync {
    struct targets *targets;
    const struct targets_news *news;
    int failures;
};

static struct target *add(struct targets *targets, enum entity_kind kind, const char *moid)
{
    const struct sample_sink *sink = targets->options.sink;
    struct target *target = calloc(1, sizeof *target);
    if (!target || !(target->moid = strdup(moid))) {
        free(target);
        return NULL;
    }
    target->kind = kind;
    target->snapshot_bytes = -1;
    target->mark = sink->mark(sink->ctx, targets->vcenter_uuid, moid);
    HASH_ADD_KEYPTR(hh, targets->by_moid, target->moid, strlen(target->moid), target);
    targets->count[kind]++;
    return target;
}

/* The target of an inventory object; made if it is new. NULL when out of memory. */
static struct target *target_of(struct sync *sync, const struct vim_object *object)
{
    enum entity_kind kind = object->kind == VIM_HOST ? ENTITY_HOST : ENTITY_VM;
    struct target *target = targets_find(sync->targets, object->moid);
    if (target && target->kind != kind) {
        drop(sync->targets, target);
        target = NULL;
    }
    return target ? target : add(sync->targets, kind, object->moid);
}

/* Who was off owes nothing for that time. */
static void follow_power(struct target *target, const struct vim_object *object,
                         const struct server_clock *clock)
{
    bool new = !target->texts, on = object->power == VIM_POWER_ON;
    if (!new &&on && target->power != VIM_POWER_ON)
        target->due_after = server_at(clock, mono_now());
    target->power = object->power;
}

static void follow_guest(struct sync *sync, struct target *target, const struct vim_object *vm)
{
    static const uint8_t tools[] = {[VIM_TOOLS_RUNNING] = 0,
                                    [VIM_TOOLS_EXECUTING_SCRIPTS] = 1,
                                    [VIM_TOOLS_NOT_RUNNING] = 2,
                                    [VIM_TOOLS_UNKNOWN] = 3};
    static const uint8_t heartbeat[] = {[VIM_HEARTBEAT_GREEN] = 0,
                                        [VIM_HEARTBEAT_YELLOW] = 1,
                                        [VIM_HEARTBEAT_RED] = 2,
                                        [VIM_HEARTBEAT_GRAY] = 3};
    struct report_arrival arrival = {server_at(sync->news->clock, vm->guestinfo_at),
                                     sync->news->first || !target->texts};
    if (reports_take(&target->reports, &sync->targets->desk, vm, arrival) < 0)
        sync->failures++;
    target->guest.tools = tools[vm->tools];
    target->guest.heartbeat = heartbeat[vm->heartbeat];
    target->guest.capacity = vm->guest_capacity;
    target->guest.free = vm->guest_free;
    target->guest.refused = reports_refused(target->reports);
}

static void follow_snapshot(struct targets *targets, struct target *target, bool has_snapshot)
{
    if (!has_snapshot) {
        target->snapshot_bytes = 0;
        target->snapshot_due = false;
    } else if (!target->has_snapshot) {
        target->snapshot_bytes = -1;
        target->snapshot_due = targets->snapshots_due = true;
    }
    target->has_snapshot = has_snapshot;
}

static const char *devices_of(struct sync *sync, const struct target *target,
                              const struct vim_object *vm)
{
    struct buf *out = &sync->targets->devices;
    struct guest_text text;
    bool speaks = reports_newest(target->reports, &text);
    buf_clear(out);
    vm_devices_write(out, sync->news->inventory, vm, speaks ? &text : NULL);
    if (!buf_ok(out))
        sync->failures++;
    return buf_ok(out) && out->len ? out->data : "";
}

/* Labels, and what VMs and hosts have in common. False if the target had to be dropped. */
static bool follow_common(struct sync *sync, struct target *target, const struct vim_object *object,
                          const char *devices)
{
    struct vim_place place;
    vim_inventory_place(sync->news->inventory, object, &place);
    const char *const label[LABEL_COUNT] = {
        [LABEL_VCENTER] = sync->targets->options.vcenter,
        [LABEL_DATACENTER] = place.datacenter,
        [LABEL_CLUSTER] = place.cluster,
        [LABEL_HOST] = place.host,
        [LABEL_VM] = target->kind == ENTITY_VM ? object->name : "",
        [LABEL_MOID] = target->moid,
        [LABEL_UUID] = object->instance_uuid,
        [LABEL_KIND] = entity_kind_name(target->kind),
        [LABEL_DEVICES] = devices,
    };
    follow_power(target, object, sync->news->clock);
    target->entity.vcenter_uuid = sync->targets->vcenter_uuid;
    target->host_mhz = place.host_mhz;
    target->memory_bytes = object->memory_bytes;
    target->seen = true;
    if (relabel(target, label) < 0) {
        sync->failures++;
        if (!target->texts) {
            drop(sync->targets, target);
            return false;
        }
    }
    return true;
}

static bool sync_host(void *ctx, const struct vim_object *host)
{
    struct sync *sync = ctx;
    struct target *target = target_of(sync, host);
    if (!target)
        sync->failures++;
    else if (follow_common(sync, target, host, ""))
        target->facts = (struct host_facts){
            .threads = host->cpus, .cores = host->cores, .power_policy = (int)host->power_policy};
    return true;
}

static void count_on_host(const struct targets *targets, const struct vim_object *vm)
{
    struct target *host = vm->power == VIM_POWER_ON ? targets_find(targets, vm->host) : NULL;
    if (!host || host->kind != ENTITY_HOST)
        return;
    host->facts.vms++;
    if (vm->cpus <= CAP_VCPUS && host->facts.vms <= CAP_OBJECTS)
        host->facts.vcpus += vm->cpus;
}

static bool sync_vm(void *ctx, const struct vim_object *vm)
{
    struct sync *sync = ctx;
    struct target *target = target_of(sync, vm);
    count_on_host(sync->targets, vm);
    if (!target) {
        sync->failures++;
        return true;
    }
    follow_guest(sync, target, vm);
    if (!follow_common(sync, target, vm, devices_of(sync, target, vm)))
        return true;
    follow_snapshot(sync->targets, target, vm->has_snapshot);
    target->backing = vm_devices_backing(sync->news->inventory, vm);
    return true;
}

/* Guests speak up all the time, and that must not cost what a change of the inventory costs. */
static bool sync_guest(void *ctx, const struct vim_object *vm)
{
    struct sync *sync = ctx;
    struct target *target = targets_find(sync->targets, vm->moid);
    if (!target || target->kind != ENTITY_VM)
        return true;
    bool news = reports_news(target->reports, vm, false);
    follow_guest(sync, target, vm);
    if (news) /* its application values may have other names now */
        follow_common(sync, target, vm, devices_of(sync, target, vm));
    return true;
}

static void sync_all(struct sync *sync)
{
    struct targets *targets = sync->targets;
    struct target *next;
    for (struct target *target = targets->by_moid; target; target = target->hh.next)
        target->seen = false;
    if (targets->options.hosts)
        vim_inventory_each(sync->news->inventory, VIM_HOST, sync_host, sync);
    vim_inventory_each(sync->news->inventory, VIM_VM, sync_vm, sync);
    for (struct target *target = targets->by_moid; target; target = next) {
        next = target->hh.next;
        if (!target->seen)
            drop(targets, target);
    }
}

int targets_sync(struct targets *targets, const struct targets_news *news)
{
    struct sync sync = {targets, news, 0};
    if (news->guests_only)
        vim_inventory_each(news->inventory, VIM_VM, sync_guest, &sync);
    else
        sync_all(&sync);
    return sync.failures ? -1 : 0;
}

/* ---- asking ---- */

struct target *targets_find(const struct targets *targets, const char *moid)
{
    struct target *target;
    HASH_FIND_STR(targets->by_moid, moid, target);
    return target;
}

const struct target *targets_some_on(const struct targets *targets, enum entity_kind kind)
{
    for (const struct target *target = targets->by_moid; target; target = target->hh.next)
        if (target->kind == kind && target->power == VIM_POWER_ON)
            return target;
    return NULL;
}

int target_describe(const struct target *target, struct arena *arena, struct sample_block *ret)
{
    *ret = (struct sample_block){
        .entity = &target->entity,
        .host_mhz = target->host_mhz,
        .memory_bytes = target->memory_bytes,
        .backing = target->backing,
        .snapshot_bytes = target->snapshot_bytes,
        .guest = target->guest,
        .host = target->facts,
    };
    return reports_list(target->reports, arena, &ret->guest.reports, &ret->guest.nreports);
}

const char *target_type(enum entity_kind kind)
{
    return kind == ENTITY_HOST ? "HostSystem" : "VirtualMachine";
}
