/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* Which properties are read of each kind of object, when, and into which field each one goes. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "inventory_private.h"
#include "text.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

enum how {
    AS_NAME,
    AS_TEXT,
    AS_WORD, /* one of words */
    AS_INT32,
    AS_BYTES,
    AS_MEGABYTES,
    AS_PRESENT, /* is it set? */
    AS_DEVICES,
    AS_GUEST_DISKS,
    AS_GUESTINFO
};
enum when { ALWAYS, WITH_DEVICES, WITH_GUEST, WITH_GUESTINFO };

struct property {
    const char *path;
    size_t at;          /* in struct vim_object */
    enum vim_kind kind; /* VIM_KINDS = all */
    enum how how;
    enum when when;
};

#define AT(field) offsetof(struct vim_object, field)
static const struct property properties[] = {
    {"name", AT(name), VIM_KINDS, AS_NAME, ALWAYS},
    {"parent", AT(parent), VIM_KINDS, AS_TEXT, ALWAYS},
    {"runtime.powerState", AT(power), VIM_VM, AS_WORD, ALWAYS},
    {"runtime.host", AT(host), VIM_VM, AS_TEXT, ALWAYS},
    {"config.instanceUuid", AT(instance_uuid), VIM_VM, AS_TEXT, ALWAYS},
    {"config.hardware.numCPU", AT(cpus), VIM_VM, AS_INT32, ALWAYS},
    {"config.hardware.memoryMB", AT(memory_bytes), VIM_VM, AS_MEGABYTES, ALWAYS},
    {"snapshot.currentSnapshot", AT(has_snapshot), VIM_VM, AS_PRESENT, ALWAYS},
    {"config.hardware.device", AT(devices), VIM_VM, AS_DEVICES, WITH_DEVICES},
    {"guest.toolsRunningStatus", AT(tools), VIM_VM, AS_WORD, WITH_GUEST},
    {"guestHeartbeatStatus", AT(heartbeat), VIM_VM, AS_WORD, WITH_GUEST},
    {"guest.disk", AT(guest_capacity), VIM_VM, AS_GUEST_DISKS, WITH_GUEST},
    {GUESTINFO_PATH, AT(guestinfo), VIM_VM, AS_GUESTINFO, WITH_GUESTINFO},
    {"runtime.powerState", AT(power), VIM_HOST, AS_WORD, ALWAYS},
    {"summary.hardware.numCpuThreads", AT(cpus), VIM_HOST, AS_INT32, ALWAYS},
    {"summary.hardware.numCpuCores", AT(cores), VIM_HOST, AS_INT32, ALWAYS},
    {"summary.hardware.memorySize", AT(memory_bytes), VIM_HOST, AS_BYTES, ALWAYS},
    {"summary.hardware.cpuMhz", AT(cpu_mhz), VIM_HOST, AS_INT32, ALWAYS},
    {"summary.hardware.uuid", AT(instance_uuid), VIM_HOST, AS_TEXT, ALWAYS},
    {"hardware.cpuPowerManagementInfo.currentPolicy", AT(power_policy), VIM_HOST, AS_WORD, ALWAYS},
    {"summary.type", AT(storage_type), VIM_DATASTORE, AS_TEXT, ALWAYS},
};

/* Words of the server, and what they mean in their field; a word not listed means 0. The power
 * policies have a name, which may differ in case, and a short name. */
static const struct {
    size_t at;
    const char *word;
    unsigned means;
} words[] = {
    {AT(power), "poweredOn", VIM_POWER_ON},
    {AT(power), "poweredOff", VIM_POWER_OFF},
    {AT(power), "suspended", VIM_POWER_SUSPENDED},
    {AT(power), "standBy", VIM_POWER_OFF}, /* a host that is down to save power */
    {AT(power_policy), "High performance", VIM_POLICY_HIGH_PERFORMANCE},
    {AT(power_policy), "Static", VIM_POLICY_HIGH_PERFORMANCE},
    {AT(power_policy), "Balanced", VIM_POLICY_BALANCED},
    {AT(power_policy), "Dynamic", VIM_POLICY_BALANCED},
    {AT(power_policy), "Low power", VIM_POLICY_LOW_POWER},
    {AT(power_policy), "Low", VIM_POLICY_LOW_POWER},
    {AT(power_policy), "Custom", VIM_POLICY_CUSTOM},
    {AT(tools), "guestToolsRunning", VIM_TOOLS_RUNNING},
    {AT(tools), "guestToolsExecutingScripts", VIM_TOOLS_EXECUTING_SCRIPTS},
    {AT(tools), "guestToolsNotRunning", VIM_TOOLS_NOT_RUNNING},
    {AT(heartbeat), "green", VIM_HEARTBEAT_GREEN},
    {AT(heartbeat), "yellow", VIM_HEARTBEAT_YELLOW},
    {AT(heartbeat), "red", VIM_HEARTBEAT_RED},
};

/* ---- what is read ---- */

static const char *const types[VIM_KINDS] = {
    [VIM_VM] = "VirtualMachine",     [VIM_HOST] = "HostSystem", [VIM_CLUSTER] = "ComputeResource",
    [VIM_DATACENTER] = "Datacenter", [VIM_FOLDER] = "Folder",   [VIM_DATASTORE] = "Datastore",
    [VIM_NETWORK] = "Network",
};

const char *inventory_type(enum vim_kind kind)
{
    return types[kind];
}

static bool is_of(const struct property *property, enum vim_kind kind)
{
    return property->kind == kind || property->kind == VIM_KINDS;
}

bool inventory_set(enum vim_kind kind, const struct vim_inventory_options *options, bool guestinfo,
                   const char *paths[MOST_PATHS], struct property_set *ret)
{
    const bool asked[] = {[ALWAYS] = true,
                          [WITH_DEVICES] = options->devices,
                          [WITH_GUEST] = options->guest,
                          [WITH_GUESTINFO] = options->guest && guestinfo};
    size_t n = 0;
    for (size_t i = 0; i < COUNT(properties) && n < MOST_PATHS; i++)
        if (is_of(&properties[i], kind) && asked[properties[i].when])
            paths[n++] = properties[i].path;
    *ret = (struct property_set){.type = types[kind], .paths = paths, .npaths = n};
    return kind != VIM_NETWORK || options->devices;
}

/* ---- the texts of an object: each malloc'ed, or this one ---- */

static const char none[] = "";

static const size_t texts[] = {AT(type), AT(moid),          AT(name),         AT(parent),
                               AT(host), AT(instance_uuid), AT(storage_type), AT(guestinfo)};
#undef AT

static const char **text_at(struct vim_object *object, size_t at)
{
    return (const char **)(void *)((char *)object + at);
}

void inventory_object_init(struct vim_object *object, enum vim_kind kind)
{
    *object = (struct vim_object){.kind = kind, .guest_capacity = -1, .guest_free = -1};
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
    free((void *)object->devices);
    object->devices = NULL;
    object->ndevices = 0;
}

bool inventory_set_text(const char **at, const char *text)
{
    char *copy = *text ? strdup(text) : NULL;
    if (*text && !copy)
        return false;
    drop(at);
    if (copy)
        *at = copy;
    return true;
}

static enum assigned set_text(const char **at, const char *text, bool unescape)
{
    char label[CAP_NAME + 1];
    if (!strcmp(text_label(text, unescape, label), *at))
        return ASSIGNED_SAME;
    return inventory_set_text(at, label) ? ASSIGNED_CHANGED : ASSIGNED_NOMEM;
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

static enum assigned set_bool(bool *at, bool value)
{
    bool same = *at == value;
    *at = value;
    return same ? ASSIGNED_SAME : ASSIGNED_CHANGED;
}

/* at is an enumeration, which is as large as an unsigned. */
static enum assigned set_word(void *at, size_t offset, const char *word)
{
    unsigned old, now = 0;
    for (size_t i = 0; word && i < COUNT(words); i++)
        if (words[i].at == offset && !strcasecmp(words[i].word, word))
            now = words[i].means;
    memcpy(&old, at, sizeof old);
    memcpy(at, &now, sizeof now);
    return old == now ? ASSIGNED_SAME : ASSIGNED_CHANGED;
}

static enum assigned set(struct vim_object *object, const struct property *property,
                         const struct _vim__any *value, bool fresh)
{
    void *at = (char *)object + property->at;
    const char *text = value ? value->__mixed : NULL;
    switch (property->how) {
    case AS_NAME:
        return set_text(at, text, true);
    case AS_TEXT:
        return set_text(at, text, false);
    case AS_WORD:
        return set_word(at, property->at, text);
    case AS_INT32:
        return set_int32(at, text_int(text, 0, INT32_MAX, 0));
    case AS_BYTES:
        return set_int64(at, text_int(text, 0, INT64_MAX, 0));
    case AS_MEGABYTES:
        return set_int64(at, text_int(text, 0, INT64_MAX >> 20, 0) * (1 << 20));
    case AS_PRESENT:
        return set_bool(at, text && *text);
    case AS_DEVICES:
        return inventory_set_devices(object, value);
    case AS_GUEST_DISKS:
        return inventory_set_guest_disks(object, value);
    case AS_GUESTINFO:
        return inventory_set_guestinfo(object, value, fresh);
    }
    return ASSIGNED_SAME;
}

/* path says what ancestor holds: below it, or one of its elements. */
static bool is_below(const char *path, const char *ancestor)
{
    size_t n = strlen(ancestor);
    return !strncmp(path, ancestor, n) && (path[n] == '.' || path[n] == '[');
}

/* Does path say this property? */
static bool is_said_by(const struct property *property, const char *path)
{
    return !strcmp(property->path, path) ||
           (property->how == AS_GUESTINFO && inventory_is_guestinfo(path));
}

enum assigned inventory_assign(struct vim_object *object, const char *path,
                               const struct _vim__any *value, bool fresh)
{
    enum assigned result = ASSIGNED_SAME;
    for (size_t i = 0; i < COUNT(properties) && result != ASSIGNED_NOMEM; i++) {
        const struct property *property = &properties[i];
        bool hit = is_said_by(property, path) || (!value && is_below(property->path, path));
        if (!hit || !is_of(property, object->kind))
            continue;
        enum assigned one = set(object, property, value, fresh);
        if (one == ASSIGNED_CHANGED && property->when >= WITH_GUEST)
            one = ASSIGNED_GUEST;
        result = one > result ? one : result;
    }
    return result;
}

enum assigned inventory_clear_unsaid(struct vim_object *object, const struct said *said, size_t n)
{
    enum assigned result = ASSIGNED_SAME;
    for (size_t p = 0; p < COUNT(properties); p++) {
        bool is_said = false;
        for (size_t i = 0; i < n && !is_said; i++)
            is_said = is_said_by(&properties[p], said[i].path);
        if (is_said || !is_of(&properties[p], object->kind))
            continue;
        enum assigned one = inventory_assign(object, properties[p].path, NULL, false);
        result = one > result ? one : result;
    }
    return result;
}
