/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Changes of the inventory at run time. Each takes the next number of the world's sequence and
 * wakes those who wait for updates.
 */
#include "world.h"

#include <stdlib.h>
#include <string.h>

#include "publish.h"

static void announce(struct world *w)
{
    pthread_cond_broadcast(&w->changed);
}

static void touch(struct world *w, struct object *o, enum aspect aspect)
{
    o->changed[aspect] = w->newest[aspect] = ++w->sequence;
}

void world_touch(struct world *w, struct object *o, enum aspect aspect)
{
    touch(w, o, aspect);
    announce(w);
}

void world_set_tools(struct world *w, struct object *vm, enum tools tools)
{
    if (vm->tools == tools)
        return;
    vm->tools = tools;
    touch(w, vm, ASPECT_TOOLS);
    announce(w);
}

bool object_list_add(struct object_list *list, uint32_t index)
{
    if (list->n == list->room) {
        uint32_t room = list->room ? list->room * 2 : 8;
        uint32_t *items = realloc(list->items, room * sizeof *items);
        if (!items)
            return false;
        list->items = items;
        list->room = room;
    }
    list->items[list->n++] = index;
    return true;
}

/* Remembers that a VM is on a host, unless it was there before. */
static bool add_resident(struct world *w, uint32_t host, uint32_t vm)
{
    struct object_list *list = &w->residents[host - w->first[KIND_HOST]];
    for (uint32_t i = 0; i < list->n; i++)
        if (list->items[i] == vm)
            return true;
    return object_list_add(list, vm);
}

bool world_rename(struct world *w, struct object *o, const char *name)
{
    if (!*name || strlen(name) > NAME_MAX_BYTES)
        return false;
    char *copy = strdup(name);
    if (!copy)
        return false;
    if (o->born)
        free(o->name);
    else
        o->born = o->name;
    o->name = copy;
    touch(w, o, ASPECT_NAME);
    announce(w);
    return true;
}

/* Room for one more epoch; drops the oldest at the cap. */
static bool add_epoch(struct object *vm, struct epoch epoch)
{
    if (!vm->epochs) {
        vm->epochs = malloc(EPOCHS_MAX * sizeof *vm->epochs);
        if (!vm->epochs)
            return false;
        vm->epochs[0] = vm->first;
    }
    if (vm->nepochs == EPOCHS_MAX) {
        memmove(vm->epochs, vm->epochs + 1, (EPOCHS_MAX - 1) * sizeof *vm->epochs);
        vm->nepochs--;
    }
    vm->epochs[vm->nepochs++] = epoch;
    return true;
}

bool world_change(struct world *w, struct object *vm, struct epoch to)
{
    struct epoch was = *world_present(vm);
    to.from_ms = world_now(w);
    if (!add_resident(w, to.host, world_index(w, vm)) || !add_epoch(vm, to))
        return false;
    if (was.on != to.on) {
        touch(w, vm, ASPECT_POWER);
        if (vm->published_ms) /* what a guest says is forgotten with its power */
            touch(w, vm, ASPECT_GUESTINFO);
        vm->published_ms = 0;
    }
    if (was.cpus != to.cpus)
        touch(w, vm, ASPECT_CPUS);
    if ((was.scenario->snapshot > 0) != (to.scenario->snapshot > 0)) {
        touch(w, vm, ASPECT_SNAPSHOT);
        touch(w, vm, ASPECT_DEVICES); /* disks stand on other files now */
    }
    if (was.disks_added != to.disks_added)
        touch(w, vm, ASPECT_DEVICES);
    vm->scenario = to.scenario;
    if (was.host != to.host) {
        touch(w, vm, ASPECT_PLACE);
        vm->parent = world_folder(w, world_above(w, to.host, KIND_DATACENTER), KIND_VM);
    }
    announce(w);
    return true;
}

/* Doubles the table. Pointers into it are void afterwards. */
static bool grow(struct world *w)
{
    if (w->nobjects < w->room)
        return true;
    if (w->room >= OBJECTS_MAX)
        return false;
    uint32_t room = w->room * 2 + 16;
    struct object *objects = realloc(w->objects, room * sizeof *objects);
    if (!objects)
        return false;
    w->objects = objects;
    w->room = room;
    return true;
}

bool world_create(struct world *w, const char *name, uint32_t host, int cpus,
                  const struct scenario *scenario, struct object **ret)
{
    if (!*name || strlen(name) > NAME_MAX_BYTES || !grow(w))
        return false;
    char *copy = strdup(name);
    if (!copy || !add_resident(w, host, w->nobjects)) {
        free(copy);
        return false;
    }
    uint32_t i = w->nobjects++;
    struct object *vm = &w->objects[i];
    *vm = (struct object){
        .kind = KIND_VM,
        .number = i - w->first[KIND_VM] + 1,
        .parent = world_folder(w, world_above(w, host, KIND_DATACENTER), KIND_VM),
        .name = copy,
        .entered = w->population = ++w->sequence,
        .scenario = scenario,
        .nepochs = 1,
        .first = {.from_ms = world_now(w),
                  .host = host,
                  .cpus = (uint16_t)cpus,
                  .on = true,
                  .scenario = scenario},
    };
    vm->memory_mb = memory_size_mb(world_body(w, vm, &vm->first).key, cpus);
    (void)publish_enlist(w, vm); /* without memory it stays silent */
    announce(w);
    *ret = vm;
    return true;
}

bool world_remove(struct world *w, struct object *vm)
{
    struct epoch last = *world_present(vm);
    last.from_ms = world_now(w);
    last.on = false;
    if (!add_epoch(vm, last))
        return false;
    vm->gone = true;
    vm->left = w->population = ++w->sequence;
    announce(w);
    return true;
}
