/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "disk.h"
#include "noise.h"

static const char *const types[KINDS] = {
    [KIND_FOLDER] = "Folder",
    [KIND_DATACENTER] = "Datacenter",
    [KIND_CLUSTER] = "ClusterComputeResource",
    [KIND_HOST] = "HostSystem",
    [KIND_DATASTORE] = "Datastore",
    [KIND_VM] = "VirtualMachine",
};

const char *world_type(enum kind kind)
{
    return types[kind];
}

int64_t world_now(const struct world *w)
{
    double gone = (double)mono_between(w->launched, mono_now());
    return w->options.start_ms + (int64_t)(gone * w->options.speed);
}

/* The root, then a host folder and a VM folder for each datacenter, then their datastore folders.
 */
static const char *prefix(const struct world *w, const struct object *o)
{
    static const char *const prefixes[KINDS] = {NULL,    "datacenter-", "domain-c",
                                                "host-", "datastore-",  "vm-"};
    uint32_t datacenters = w->first[KIND_CLUSTER] - w->first[KIND_DATACENTER];
    if (o->kind != KIND_FOLDER)
        return prefixes[o->kind];
    if (o->number > 1 + 2 * datacenters)
        return "group-s";
    return o->number == 1 ? "group-d" : o->number % 2 ? "group-v" : "group-h";
}

uint32_t world_folder(const struct world *w, const struct object *datacenter, enum kind of)
{
    uint32_t datacenters = w->first[KIND_CLUSTER] - w->first[KIND_DATACENTER];
    if (of == KIND_DATASTORE)
        return 2 * datacenters + datacenter->number;
    return 2 * datacenter->number - (of == KIND_HOST);
}

uint32_t world_datastore(const struct world *w, uint32_t vm, int row)
{
    const struct object *datacenter = world_above(w, vm, KIND_DATACENTER);
    return w->first[KIND_DATASTORE] + (datacenter->number - 1) * DATASTORES + (uint32_t)row;
}

char *world_moid(const struct world *w, uint32_t object, char text[MOID_TEXT])
{
    const struct object *o = &w->objects[object];
    snprintf(text, MOID_TEXT, "%s%" PRIu32, prefix(w, o), o->number);
    return text;
}

uint32_t world_index(const struct world *w, const struct object *object)
{
    return (uint32_t)(object - w->objects);
}

static struct object *find_of_kind(const struct world *w, enum kind kind, unsigned long number,
                                   const char *moid)
{
    uint32_t end = kind + 1 < KINDS ? w->first[kind + 1] : w->nobjects;
    if (number < 1 || number > end - w->first[kind])
        return NULL;
    uint32_t i = w->first[kind] + (uint32_t)number - 1;
    char own[MOID_TEXT];
    bool same = !strcmp(world_moid(w, i, own), moid);
    return same && !w->objects[i].gone ? &w->objects[i] : NULL;
}

struct object *world_find(const struct world *w, const char *moid)
{
    size_t n = strlen(moid), digits = 0;
    while (digits < n && moid[n - digits - 1] >= '0' && moid[n - digits - 1] <= '9')
        digits++;
    unsigned long number = digits ? strtoul(moid + n - digits, NULL, 10) : 0;
    for (enum kind kind = 0; kind < KINDS; kind++) {
        struct object *found = find_of_kind(w, kind, number, moid);
        if (found)
            return found;
    }
    return NULL;
}

static const struct epoch *epochs(const struct object *vm)
{
    return vm->epochs ? vm->epochs : &vm->first;
}

const struct epoch *world_present(const struct object *vm)
{
    return &epochs(vm)[vm->nepochs - 1];
}

const struct epoch *world_epoch(const struct object *vm, int64_t time_ms)
{
    const struct epoch *e = epochs(vm);
    for (int i = vm->nepochs - 1; i >= 0; i--) {
        if (e[i].from_ms <= time_ms - SLOT_MS)
            return e[i].on ? &e[i] : NULL;
        if (e[i].from_ms < time_ms && !e[i].on)
            return NULL; /* off for a part of the interval */
    }
    return NULL;
}

char *world_uuid(const struct world *w, const struct object *vm, char text[UUID_TEXT])
{
    uint64_t high = noise_key(noise_text(w->instance_uuid), vm->number), low = noise_key(high, 2);
    snprintf(text, UUID_TEXT, "50%06x-%04x-%04x-%04x-%012" PRIx64, (unsigned)(high & 0xffffff),
             (unsigned)(high >> 24 & 0xffff), (unsigned)(high >> 40 & 0xffff),
             (unsigned)(high >> 48), low & 0xffffffffffff);
    return text;
}

/* Up the tree until container or the root; VMs by their folder or by their host. */
static bool below(const struct world *w, uint32_t container, uint32_t object)
{
    while (object != ROOT_FOLDER) {
        object = w->objects[object].parent;
        if (object == container)
            return true;
    }
    return false;
}

bool world_contains(const struct world *w, uint32_t container, uint32_t object, bool deep)
{
    const struct object *o = &w->objects[object];
    if (object == container || object == ROOT_FOLDER)
        return false;
    uint32_t host = o->kind == KIND_VM ? world_present(o)->host : object;
    if (!deep)
        return o->parent == container || (host != object && host == container);
    return below(w, container, object) ||
           (host != object && (host == container || below(w, container, host)));
}

const struct object *world_above(const struct world *w, uint32_t object, enum kind kind)
{
    const struct object *o = &w->objects[object];
    if (o->kind == KIND_VM && kind != KIND_VM)
        o = &w->objects[world_present(o)->host];
    while (o->kind != kind) {
        if (world_index(w, o) == ROOT_FOLDER)
            return NULL;
        o = &w->objects[o->parent];
    }
    return o;
}

struct vm_body world_body(const struct world *w, const struct object *vm, const struct epoch *epoch)
{
    return (struct vm_body){
        .key = noise_key(noise_key(w->options.seed, 11), vm->number),
        .host_key = noise_key(noise_key(w->options.seed, 12), w->objects[epoch->host].number),
        .scenario = epoch->scenario,
        .cpus = epoch->cpus,
        .disks_added = epoch->disks_added,
        .memory_mb = (int)vm->memory_mb,
        .bully = vm->bully,
    };
}

/* One pass over all VMs: each host's sum is asked for soon after the first. */
static void fill(struct world *w, struct load_slot *slot, int64_t time_ms)
{
    memset(slot->wanted, 0, w->nhosts * sizeof *slot->wanted);
    for (uint32_t i = w->first[KIND_VM]; i < w->nobjects; i++) {
        const struct object *vm = &w->objects[i];
        const struct epoch *epoch = world_epoch(vm, time_ms);
        if (!epoch)
            continue;
        struct vm_body body = world_body(w, vm, epoch);
        slot->wanted[epoch->host - w->first[KIND_HOST]] += physics_wanted(&body, time_ms);
    }
    slot->time_ms = time_ms;
}

/* A slot is remembered only once it is past: until then a change may still move it. */
struct host_load world_load(struct world *w, uint32_t host, int64_t time_ms)
{
    size_t n = sizeof w->slots / sizeof *w->slots;
    struct load_slot *slot = &w->slots[(uint64_t)(time_ms / SLOT_MS) % n];
    if (slot->time_ms != time_ms || time_ms > world_now(w))
        fill(w, slot, time_ms);
    const struct object *o = &w->objects[host];
    return physics_host(o->mhz, o->threads, slot->wanted[host - w->first[KIND_HOST]]);
}

bool world_sample(struct world *w, const struct object *vm, int64_t time_ms,
                  struct vcpu_times vcpus[VCPUS_MAX], struct vm_sample *ret)
{
    const struct epoch *epoch = world_epoch(vm, time_ms);
    if (!epoch)
        return false;
    struct vm_body body = world_body(w, vm, epoch);
    struct host_load load = world_load(w, epoch->host, time_ms);
    ret->vcpu = vcpus;
    physics_sample(&body, &load, time_ms, ret);
    return true;
}
