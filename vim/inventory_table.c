/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* The objects of an inventory, found by moid. */
#include <stdlib.h>
#include <string.h>

#include "base/caps.h"
#include "inventory_private.h"
#include "text.h"

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct record {
    struct vim_object object;
    unsigned generation; /* in which the object was last entered */
    UT_hash_handle hh;
};

static void record_free(struct record *record)
{
    inventory_object_free(&record->object);
    free(record);
}

static void drop(struct table *table, struct record *record)
{
    table->counts[record->object.kind]--;
    HASH_DEL(table->by_moid, record); /* NOLINT: the analyzer loses track of the chain */
    record_free(record);
}

void table_free(struct table *table)
{
    struct record *record = table->by_moid, *next;
    HASH_CLEAR(hh, table->by_moid); /* frees the buckets, and leaves the records chained */
    for (; record; record = next) {
        next = record->hh.next;
        record_free(record);
    }
}

static struct record *find(const struct table *table, const char *moid)
{
    struct record *record;
    HASH_FIND_STR(table->by_moid, moid, record);
    return record;
}

static struct record *record_new(enum vim_kind kind, const struct _vim__moref *ref)
{
    struct record *record = calloc(1, sizeof *record);
    if (!record)
        return NULL;
    struct vim_object *object = &record->object;
    inventory_object_init(object, kind);
    char *moid = strdup(ref->__item);
    char *type = strdup(ref->type ? ref->type : inventory_type(kind));
    if (moid)
        object->moid = moid;
    if (type)
        object->type = type;
    object->is_cluster = kind == VIM_CLUSTER && type && !strcmp(type, "ClusterComputeResource");
    if (moid && type)
        return record;
    record_free(record);
    return NULL;
}

static struct record *add(struct table *table, enum vim_kind kind, const struct _vim__moref *ref)
{
    struct record *record = record_new(kind, ref);
    if (!record)
        return NULL;
    HASH_ADD_KEYPTR(hh, table->by_moid, record->object.moid, strlen(record->object.moid), record);
    if (!record->hh.tbl) { /* out of memory */
        record_free(record);
        return NULL;
    }
    table->counts[kind]++;
    return record;
}

/* A reference that cannot be kept as it is (no id, too long, not UTF-8) is passed over: a label
 * made out of it might be another object's. */
static bool usable(const struct _vim__moref *ref)
{
    return ref && ref->__item && *ref->__item && strlen(ref->__item) <= CAP_NAME &&
           text_clean(ref->__item) &&
           (!ref->type || (strlen(ref->type) <= CAP_NAME && text_clean(ref->type)));
}

static enum assigned assign_all(struct vim_object *object, const struct said *said, size_t n,
                                bool whole)
{
    enum assigned result = ASSIGNED_SAME;
    for (size_t i = 0; i < n && result != ASSIGNED_NOMEM; i++) {
        enum assigned one = inventory_assign(object, said[i].path, said[i].value, !whole);
        result = one > result ? one : result;
    }
    return result;
}

static enum vim_code put(struct table *table, enum vim_kind kind, const struct _vim__moref *ref,
                         const struct said *said, size_t n, bool whole, struct vim_changes *changes,
                         struct vim_error *err)
{
    if (!usable(ref))
        return VIM_OK;
    struct record *record = find(table, ref->__item);
    bool known = record && record->object.kind == kind;
    if (record && !known)
        drop(table, record);
    if (!known && HASH_COUNT(table->by_moid) >= CAP_OBJECTS)
        return vim_fail(err, VIM_TOO_LARGE, "the inventory has more than %d objects", CAP_OBJECTS);
    if (!known)
        record = add(table, kind, ref);
    enum assigned result = record ? assign_all(&record->object, said, n, whole) : ASSIGNED_NOMEM;
    if (result == ASSIGNED_NOMEM)
        return vim_fail(err, VIM_NOMEM, "inventory: out of memory");
    enum assigned cleared =
        whole ? inventory_clear_unsaid(&record->object, said, n) : ASSIGNED_SAME;
    result = cleared > result ? cleared : result;
    record->generation = table->generation;
    changes->entered += !known;
    changes->modified += known && result == ASSIGNED_CHANGED;
    changes->guest += known && result == ASSIGNED_GUEST;
    return VIM_OK;
}

enum vim_code table_enter(struct table *table, enum vim_kind kind, const struct _vim__moref *ref,
                          const struct said *said, size_t n, struct vim_changes *changes,
                          struct vim_error *err)
{
    return put(table, kind, ref, said, n, true, changes, err);
}

enum vim_code table_modify(struct table *table, enum vim_kind kind, const struct _vim__moref *ref,
                           const struct said *said, size_t n, struct vim_changes *changes,
                           struct vim_error *err)
{
    return put(table, kind, ref, said, n, false, changes, err);
}

void table_leave(struct table *table, const struct _vim__moref *ref, struct vim_changes *changes)
{
    struct record *record = usable(ref) ? find(table, ref->__item) : NULL;
    if (!record)
        return;
    drop(table, record);
    changes->left++;
}

void table_sweep(struct table *table, enum vim_kind kind, struct vim_changes *changes)
{
    struct record *next;
    for (struct record *record = table->by_moid; record; record = next) {
        next = record->hh.next;
        if (record->object.kind != kind || record->generation == table->generation)
            continue;
        drop(table, record);
        changes->left++;
    }
}

/* ---- asking ---- */

size_t vim_inventory_count(const struct vim_inventory *inventory, enum vim_kind kind)
{
    return inventory->table.counts[kind];
}

void vim_inventory_each(const struct vim_inventory *inventory, enum vim_kind kind,
                        bool (*visit)(void *ctx, const struct vim_object *object), void *ctx)
{
    const struct record *record = inventory->table.by_moid;
    for (; record; record = record->hh.next)
        if (record->object.kind == kind && !visit(ctx, &record->object))
            return;
}

const struct vim_object *vim_inventory_find(const struct vim_inventory *inventory, const char *moid)
{
    const struct record *record = find(&inventory->table, moid);
    return record ? &record->object : NULL;
}

/* The nearest ancestor of a kind, the object itself included, or NULL. */
static const struct vim_object *ancestor(const struct vim_inventory *inventory,
                                         const struct vim_object *object, enum vim_kind kind)
{
    for (int depth = 0; object && depth < CAP_XML_DEPTH; depth++) { /* a server may send a ring */
        if (object->kind == kind)
            return object;
        object = vim_inventory_find(inventory, object->parent);
    }
    return NULL;
}

void vim_inventory_place(const struct vim_inventory *inventory, const struct vim_object *object,
                         struct vim_place *ret)
{
    const struct vim_object *host =
        object->kind == VIM_HOST ? object : vim_inventory_find(inventory, object->host);
    const struct vim_object *cluster = ancestor(inventory, host, VIM_CLUSTER);
    const struct vim_object *datacenter = ancestor(inventory, object, VIM_DATACENTER);
    if (!datacenter) /* a VM in a vApp has no parent folder */
        datacenter = ancestor(inventory, host, VIM_DATACENTER);
    *ret = (struct vim_place){.host = host ? host->name : "",
                              .cluster = cluster && cluster->is_cluster ? cluster->name : "",
                              .datacenter = datacenter ? datacenter->name : "",
                              .host_mhz = host ? host->cpu_mhz : 0};
}

const char *vim_inventory_backing(const struct vim_inventory *inventory,
                                  const struct vim_device *device)
{
    const struct vim_object *object = vim_inventory_find(inventory, device->datastore);
    enum vim_kind kind = device->kind == VIM_DISK ? VIM_DATASTORE : VIM_NETWORK;
    return object && object->kind == kind && *object->name ? object->name : device->backing;
}
