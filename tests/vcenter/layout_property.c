/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The files of a VM and its snapshot. Of each disk there are a descriptor and an extent; with a
 * snapshot both twice, and a file with the snapshot's configuration:
 *
 *     chain of a disk:  [web-01.vmdk, web-01-flat.vmdk] <-- [web-01-000001.vmdk, ...-delta.vmdk]
 *
 * All that belongs to the snapshot adds up to snapshot_kb().
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "disk.h"
#include "property.h"
#include "xml.h"

enum {
    PATH_TEXT = 2 * NAME_MAX_BYTES + 64,
    DESCRIPTOR_BYTES = 512,
    STATE_BYTES = 28 * 1024, /* of the .vmsn file */
    FILES_PER_DISK = 4,      /* descriptor and extent, of the base and of the delta */
    FIRST_DISK_FILE = 10,    /* smaller keys are the VM's other files */
};

struct layout { /* being written */
    const struct value *value;
    const char *folder; /* name of the VM's files */
    int ndisks;
    int64_t delta_bytes; /* of all deltas and the state; 0 = no snapshot */
    struct disk_place disks[DISKS_MAX];
};

static void write_file(const struct layout *l, int key, const struct disk_place *p,
                       const char *suffix, const char *type, int64_t bytes)
{
    struct buf *out = l->value->out;
    char path[PATH_TEXT];
    snprintf(path, sizeof path, "[%s] %s/%s%s", datastores[p->datastore].name, l->folder, l->folder,
             suffix);
    buf_str(out, "<file>");
    xml_element_int(out, "key", key);
    xml_element(out, "name", path);
    xml_element(out, "type", type);
    xml_element_int(out, "size", bytes);
    xml_element_int(out, "uniqueSize", bytes);
    xml_element(out, "accessible", "true");
    buf_str(out, "</file>");
}

/* The first file of a disk; the others follow. */
static int file_key(int disk)
{
    return FIRST_DISK_FILE + FILES_PER_DISK * disk;
}

static bool has_delta(const struct layout *l, int disk)
{
    return l->delta_bytes && !l->disks[disk].rdm;
}

/* The larger a disk, the more of the delta is its; the last one takes what is left. */
static int64_t delta_extent(const struct layout *l, int disk)
{
    int64_t all_kb = 0, own = l->disks[disk].size_kb, before_kb = 0;
    int n = 0, last = 0;
    for (int i = 0; i < l->ndisks; i++) {
        if (l->disks[i].rdm)
            continue;
        n++;
        last = i;
        all_kb += l->disks[i].size_kb;
        before_kb += i < disk ? l->disks[i].size_kb : 0;
    }
    int64_t bytes = l->delta_bytes - STATE_BYTES - (int64_t)n * DESCRIPTOR_BYTES;
    double per_kb = (double)bytes / (double)all_kb;
    int64_t from = (int64_t)(per_kb * (double)before_kb);
    return (disk == last ? bytes : (int64_t)(per_kb * (double)(before_kb + own))) - from;
}

static void write_disk_files(const struct layout *l, int i)
{
    const struct disk_place *p = &l->disks[i];
    char number[16] = "", suffix[64];
    int key = file_key(i);
    if (i)
        snprintf(number, sizeof number, "_%d", i);
    snprintf(suffix, sizeof suffix, "%s.vmdk", number);
    write_file(l, key, p, suffix, "diskDescriptor", DESCRIPTOR_BYTES);
    snprintf(suffix, sizeof suffix, "%s-%s.vmdk", number, p->rdm ? "rdmp" : "flat");
    write_file(l, key + 1, p, suffix, "diskExtent", p->size_kb * 1024);
    if (!has_delta(l, i))
        return;
    snprintf(suffix, sizeof suffix, "%s-000001.vmdk", number);
    write_file(l, key + 2, p, suffix, "diskDescriptor", DESCRIPTOR_BYTES);
    snprintf(suffix, sizeof suffix, "%s-000001-delta.vmdk", number);
    write_file(l, key + 3, p, suffix, "diskExtent", delta_extent(l, i));
}

static void write_files(const struct layout *l)
{
    const struct disk_place *home = &l->disks[0];
    const struct object *vm = l->value->object;
    write_file(l, 0, home, ".vmx", "config", 3200);
    write_file(l, 1, home, ".vmxf", "extendedConfig", 260);
    write_file(l, 2, home, ".nvram", "nvram", 8684);
    write_file(l, 3, home, ".vmsd", "snapshotList", 0);
    write_file(l, 4, home, ".log", "log", 240000);
    if (world_present(vm)->on)
        write_file(l, 5, home, ".vswp", "swap", vm->memory_mb * 1024 * 1024);
    if (l->delta_bytes)
        write_file(l, 6, home, "-Snapshot1.vmsn", "snapshotData", STATE_BYTES);
    for (int i = 0; i < l->ndisks; i++)
        write_disk_files(l, i);
}

static void write_unit(struct buf *out, int key)
{
    buf_str(out, "<chain>");
    xml_element_int(out, "fileKey", key);
    xml_element_int(out, "fileKey", key + 1);
    buf_str(out, "</chain>");
}

/* As the VM has it, or as it was when the snapshot was taken. */
static void write_chains(const struct layout *l, bool present)
{
    struct buf *out = l->value->out;
    for (int i = 0; i < l->ndisks; i++) {
        buf_str(out, "<disk>");
        xml_element_int(out, "key", device_disk_key(&l->disks[i]));
        write_unit(out, file_key(i));
        if (present && has_delta(l, i))
            write_unit(out, file_key(i) + 2);
        buf_str(out, "</disk>");
    }
}

static void snapshot_ref(const struct value *v, const char *element, bool typed)
{
    buf_printf(v->out, "<%s type=\"VirtualMachineSnapshot\"%s>snapshot-%" PRIu32 "</%s>", element,
               typed ? " xsi:type=\"ManagedObjectReference\"" : "", v->object->number, element);
}

static struct layout layout_of(const struct value *v)
{
    const struct world *w = &v->server->world;
    struct layout l = {.value = v, .folder = v->object->born ? v->object->born : v->object->name};
    struct vm_body body = world_body(w, v->object, world_present(v->object));
    int64_t now = world_now(w);
    l.ndisks = disk_places(&body, l.disks);
    l.delta_bytes = snapshot_kb(&body, now - now % SLOT_MS) * 1024;
    return l;
}

void vm_layout(const struct value *v)
{
    struct layout l = layout_of(v);
    char iso[ISO_TEXT];
    value_open(v, "VirtualMachineFileLayoutEx");
    write_files(&l);
    write_chains(&l, true);
    if (l.delta_bytes) {
        buf_str(v->out, "<snapshot>");
        snapshot_ref(v, "key", false);
        xml_element_int(v->out, "dataKey", 6);
        xml_element_int(v->out, "memoryKey", -1);
        write_chains(&l, false);
        buf_str(v->out, "</snapshot>");
    }
    struct server_time now = {world_now(&v->server->world)};
    xml_element(v->out, "timestamp", clock_iso(now, iso));
    value_close(v);
}

void vm_current_snapshot(const struct value *v)
{
    if (layout_of(v).delta_bytes)
        snapshot_ref(v, "val", true);
}

void vm_snapshot(const struct value *v)
{
    char iso[ISO_TEXT];
    if (!layout_of(v).delta_bytes)
        return;
    value_open(v, "VirtualMachineSnapshotInfo");
    snapshot_ref(v, "currentSnapshot", false);
    buf_str(v->out, "<rootSnapshotList>");
    snapshot_ref(v, "snapshot", false);
    value_ref(v, "vm", v->ref.index);
    xml_element(v->out, "name", "before backup");
    xml_element(v->out, "description", "");
    xml_element_int(v->out, "id", 1);
    struct server_time launch = {v->server->world.options.start_ms};
    xml_element(v->out, "createTime", clock_iso(launch, iso));
    xml_element(v->out, "state", "poweredOn");
    xml_element(v->out, "quiesced", "true");
    xml_element(v->out, "replaySupported", "false");
    buf_str(v->out, "</rootSnapshotList>");
    value_close(v);
}
