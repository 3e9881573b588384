/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "collect/targets.h"

#include <stdlib.h>
#include <string.h>

void targets_init(struct targets *targets, const char *vcenter, const struct sample_sink *sink)
{
    *targets = (struct targets){.vcenter = vcenter, .sink = sink};
}

static void drop(struct targets *targets, struct target *target)
{
    HASH_DEL(targets->by_moid, target); /* NOLINT(clang-analyzer-unix.Malloc): lost in uthash */
    targets->count--;
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
    free(targets->vcenter_uuid);
    targets->vcenter_uuid = NULL;
}

int targets_identify(struct targets *targets, const char *instance_uuid)
{
    const char *uuid = *instance_uuid ? instance_uuid : targets->vcenter;
    if (targets->vcenter_uuid && strcmp(targets->vcenter_uuid, uuid) == 0)
        return 0;
    char *copy = strdup(uuid);
    if (!copy)
        return -1;
    drop_all(targets);
    free(targets->vcenter_uuid);
    targets->vcenter_uuid = copy;
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

static struct target *add(struct targets *targets, const char *moid)
{
    struct target *target = calloc(1, sizeof *target);
    if (!target || !(target->moid = strdup(moid))) {
        free(target);
        return NULL;
    }
    target->mark = targets->sink->mark(targets->sink->ctx, targets->vcenter_uuid, moid);
    HASH_ADD_KEYPTR(hh, targets->by_moid, target->moid, strlen(target->moid), target);
    targets->count++;
    return target;
}

struct sync {
    struct targets *targets;
    const struct vim_inventory *inventory;
    int failures;
};

static bool sync_one(void *ctx, const struct vim_object *vm)
{
    struct sync *sync = ctx;
    struct target *target = targets_find(sync->targets, vm->moid);
    if (!target)
        target = add(sync->targets, vm->moid);
    if (!target) {
        sync->failures++;
        return true;
    }
    struct vim_place place;
    vim_inventory_place(sync->inventory, vm, &place);
    const char *const label[LABEL_COUNT] = {
        [LABEL_VCENTER] = sync->targets->vcenter,
        [LABEL_DATACENTER] = place.datacenter,
        [LABEL_CLUSTER] = place.cluster,
        [LABEL_HOST] = place.host,
        [LABEL_VM] = vm->name,
        [LABEL_MOID] = target->moid,
        [LABEL_UUID] = vm->instance_uuid,
    };
    target->entity.vcenter_uuid = sync->targets->vcenter_uuid;
    target->power = vm->power;
    target->host_mhz = place.host_mhz;
    target->memory_bytes = vm->memory_bytes;
    target->seen = true;
    if (relabel(target, label) < 0) {
        sync->failures++;
        if (!target->texts)
            drop(sync->targets, target);
    }
    return true;
}

int targets_sync(struct targets *targets, const struct vim_inventory *inventory)
{
    struct sync sync = {targets, inventory, 0};
    struct target *next;
    for (struct target *target = targets->by_moid; target; target = target->hh.next)
        target->seen = false;
    vim_inventory_each(inventory, VIM_VM, sync_one, &sync);
    for (struct target *target = targets->by_moid; target; target = next) {
        next = target->hh.next;
        if (!target->seen)
            drop(targets, target);
    }
    return sync.failures ? -1 : 0;
}

struct target *targets_find(const struct targets *targets, const char *moid)
{
    struct target *target;
    HASH_FIND_STR(targets->by_moid, moid, target);
    return target;
}
