/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* Which properties are read of each kind of object, and into which field each one goes. */
#include <stdlib.h>
#include <string.h>

#include "inventory_private.h"
#include "text.h"

enum how { AS_NAME, AS_TEXT, AS_POWER, AS_INT32, AS_BYTES, AS_MEGABYTES };

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

struct property {
    const char *path;
    enum how how;
    size_t at; /* in struct vim_object */
};

#define AT(field) offsetof(struct vim_object, field)
static const struct property properties[] = {
    {"name", AS_NAME, AT(name)},
    {"parent", AS_TEXT, AT(parent)},
    {"runtime.powerState", AS_POWER, AT(power)},
    {"runtime.host", AS_TEXT, AT(host)},
    {"config.instanceUuid", AS_TEXT, AT(instance_uuid)},
    {"config.hardware.numCPU", AS_INT32, AT(cpus)},
    {"config.hardware.memoryMB", AS_MEGABYTES, AT(memory_bytes)},
    {"summary.hardware.numCpuThreads", AS_INT32, AT(cpus)},
    {"summary.hardware.memorySize", AS_BYTES, AT(memory_bytes)},
    {"summary.hardware.cpuMhz", AS_INT32, AT(cpu_mhz)},
};

static const char *const vm_paths[] = {"name",
                                       "parent",
                                       "runtime.powerState",
                                       "runtime.host",
                                       "config.instanceUuid",
                                       "config.hardware.numCPU",
                                       "config.hardware.memoryMB"};
static const char *const host_paths[] = {"name",
                                         "parent",
                                         "runtime.powerState",
                                         "summary.hardware.numCpuThreads",
                                         "summary.hardware.memorySize",
                                         "summary.hardware.cpuMhz"};
static const char *const place_paths[] = {"name", "parent"};

const struct property_set inventory_sets[VIM_KINDS] = {
    [VIM_VM] = {"VirtualMachine", vm_paths, COUNT(vm_paths)},
    [VIM_HOST] = {"HostSystem", host_paths, COUNT(host_paths)},
    [VIM_CLUSTER] = {"ComputeResource", place_paths, COUNT(place_paths)},
    [VIM_DATACENTER] = {"Datacenter", place_paths, COUNT(place_paths)},
    [VIM_FOLDER] = {"Folder", place_paths, COUNT(place_paths)},
};

static const struct {
    const char *word;
    enum vim_power power;
} powers[] = {
    {"poweredOn", VIM_POWER_ON},
    {"poweredOff", VIM_POWER_OFF},
    {"suspended", VIM_POWER_SUSPENDED},
    {"standBy", VIM_POWER_OFF}, /* a host that is down to save power */
};

/* ---- the texts of an object: each malloc'ed, or this one ---- */

static const char none[] = "";

static const size_t texts[] = {AT(type),   AT(moid), AT(name),
                               AT(parent), AT(host), AT(instance_uuid)};
#undef AT

static const char **text_at(struct vim_object *object, size_t at)
{
    return (const char **)(void *)((char *)object + at);
}

void inventory_object_init(struct vim_object *object, enum vim_kind kind)
{
    *object = (struct vim_object){.kind = kind};
    for (size_t i = 0; i < COUNT(texts); i++)
        *text_at(object, texts[i]) = none;
}

static void drop(const char **text)
{
    if (*text != none)
        free((char *)*text);
    *text = none;
}

void inventory_object_free(struct vim_object *object)
{
    for (size_t i = 0; i < COUNT(texts); i++)
        drop(text_at(object, texts[i]));
}

static enum assigned set_text(const char **at, const char *text, bool unescape)
{
    char label[CAP_NAME + 1];
    if (!strcmp(text_label(text, unescape, label), *at))
        return ASSIGNED_SAME;
    char *copy = *label ? strdup(label) : NULL;
    if (*label && !copy)
        return ASSIGNED_NOMEM;
    drop(at);
    if (copy)
        *at = copy;
    return ASSIGNED_CHANGED;
}

/* ---- values ---- */

static enum assigned set_int64(int64_t *at, int64_t value)
{
    bool same = *at == value;
    *at = value;
    return same ? ASSIGNED_SAME : ASSIGNED_CHANGED;
}

static enum assigned set_int32(int32_t *at, int64_t value)
{
    bool same = *at == value;
    *at = (int32_t)value;
    return same ? ASSIGNED_SAME : ASSIGNED_CHANGED;
}

static enum assigned set_power(enum vim_power *at, const char *word)
{
    enum vim_power power = VIM_POWER_UNKNOWN;
    for (size_t i = 0; word && i < COUNT(powers); i++)
        if (!strcmp(powers[i].word, word))
            power = powers[i].power;
    bool same = *at == power;
    *at = power;
    return same ? ASSIGNED_SAME : ASSIGNED_CHANGED;
}

static enum assigned set(struct vim_object *object, const struct property *property,
                         const char *text)
{
    void *at = (char *)object + property->at;
    switch (property->how) {
    case AS_NAME:
        return set_text(at, text, true);
    case AS_TEXT:
        return set_text(at, text, false);
    case AS_POWER:
        return set_power(at, text);
    case AS_INT32:
        return set_int32(at, text_int(text, 0, INT32_MAX, 0));
    case AS_BYTES:
        return set_int64(at, text_int(text, 0, INT64_MAX, 0));
    case AS_MEGABYTES:
        return set_int64(at, text_int(text, 0, INT64_MAX >> 20, 0) * (1 << 20));
    }
    return ASSIGNED_SAME;
}

static bool is_below(const char *path, const char *ancestor)
{
    size_t n = strlen(ancestor);
    return !strncmp(path, ancestor, n) && path[n] == '.';
}

/* Two paths may go into one field (numCPU, numCpuThreads), so a path counts only for the kind that
 * reads it. */
static bool is_read(enum vim_kind kind, const char *path)
{
    for (size_t i = 0; i < inventory_sets[kind].npaths; i++)
        if (!strcmp(inventory_sets[kind].paths[i], path))
            return true;
    return false;
}

enum assigned inventory_assign(struct vim_object *object, const char *path,
                               const struct _vim__value *value)
{
    enum assigned result = ASSIGNED_SAME;
    const char *text = value ? value->__item : NULL;
    for (size_t i = 0; i < COUNT(properties) && result != ASSIGNED_NOMEM; i++) {
        const struct property *property = &properties[i];
        bool hit = !strcmp(property->path, path) || (!value && is_below(property->path, path));
        if (!hit || !is_read(object->kind, property->path))
            continue;
        enum assigned one = set(object, property, text);
        result = one == ASSIGNED_SAME ? result : one;
    }
    return result;
}
