/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The devices of a VM: the controllers that its disks hang on, disks, NICs, and a few of those that
 * every VM has and nobody measures.
 *
 *     ParaVirtualSCSIController 1000, bus 0 <-- VirtualDisk 2000, unit 0
 *                                           <-- VirtualDisk 2001, unit 1
 *     VirtualPCIController 100              <-- VirtualVmxnet3 4000
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "disk.h"
#include "network.h"
#include "noise.h"
#include "property.h"
#include "xml.h"

enum {
    PATH_TEXT = 2 * NAME_MAX_BYTES + 64,
    LABEL_TEXT = 48,
    PCI_KEY = 100,
    NOISE_DISK = 500,
    NOISE_NIC = 600
};

static const struct bus {
    const char *type, *label, *summary;
    int controller_key, disk_key, units; /* keys count from these */
    bool scsi;
} buses[] = {
    [BUS_SCSI] = {"ParaVirtualSCSIController", "SCSI controller", "VMware paravirtual SCSI", 1000,
                  2000, 16, true},
    [BUS_SATA] = {"VirtualAHCIController", "SATA controller", "AHCI", 15000, 16000, 30, false},
    [BUS_NVME] = {"VirtualNVMEController", "NVME controller", "NVME Controller", 31000, 32000, 15,
                  false},
};

/* Of every VM, and of no interest here: those who read devices have to pass over them. */
static const struct {
    const char *type, *label, *summary;
    int key, bus; /* bus < 0: no controller */
    int controller, unit;
} fixed[] = {
    {"VirtualIDEController", "IDE 0", "IDE 0", 200, 0, 0, -1},
    {"VirtualIDEController", "IDE 1", "IDE 1", 201, 1, 0, -1},
    {"VirtualPS2Controller", "PS2 controller 0", "PS2 controller 0", 300, 0, 0, -1},
    {"VirtualPCIController", "PCI controller 0", "PCI controller 0", PCI_KEY, 0, 0, -1},
    {"VirtualSIOController", "SIO controller 0", "SIO controller 0", 400, 0, 0, -1},
    {"VirtualKeyboard", "Keyboard", "Keyboard", 600, -1, 300, 0},
    {"VirtualPointingDevice", "Pointing device", "Pointing device; Device", 700, -1, 300, 1},
    {"VirtualMachineVideoCard", "Video card", "Video card", 500, -1, PCI_KEY, 0},
    {"VirtualMachineVMCIDevice", "VMCI device", "Device on the virtual machine PCI bus", 12000, -1,
     PCI_KEY, 17},
};

struct devices { /* being written */
    const struct value *value;
    const char *element;
    struct vm_body body;
    int ndisks;
    bool snapshot;
    struct disk_place disks[DISKS_MAX];
};

static void open_device(const struct devices *d, const char *type, int key, const char *label,
                        const char *summary)
{
    struct buf *out = d->value->out;
    buf_printf(out, "<%s xsi:type=\"%s\">", d->element, type);
    xml_element_int(out, "key", key);
    buf_str(out, "<deviceInfo>");
    xml_element(out, "label", label);
    xml_element(out, "summary", summary);
    buf_str(out, "</deviceInfo>");
}

static void close_device(const struct devices *d)
{
    buf_printf(d->value->out, "</%s>", d->element);
}

static void place(const struct devices *d, int controller, int unit)
{
    xml_element_int(d->value->out, "controllerKey", controller);
    xml_element_int(d->value->out, "unitNumber", unit);
}

static void write_fixed(const struct devices *d)
{
    struct buf *out = d->value->out;
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
        open_device(d, fixed[i].type, fixed[i].key, fixed[i].label, fixed[i].summary);
        if (fixed[i].unit >= 0)
            place(d, fixed[i].controller, fixed[i].unit);
        if (fixed[i].bus >= 0)
            xml_element_int(out, "busNumber", fixed[i].bus);
        if (fixed[i].key == PCI_KEY)
            for (int nic = 0; nic < nic_count(&d->body); nic++)
                xml_element_int(out, "device", NIC_KEY + nic);
        close_device(d);
    }
}

static int controller_key(const struct disk_place *p)
{
    return buses[p->bus].controller_key + p->controller;
}

int device_disk_key(const struct disk_place *p)
{
    return buses[p->bus].disk_key + p->controller * buses[p->bus].units + p->unit;
}

/* One controller, with all disks that hang on it. */
static void write_controller(const struct devices *d, const struct disk_place *first)
{
    const struct bus *bus = &buses[first->bus];
    struct buf *out = d->value->out;
    char label[LABEL_TEXT];
    snprintf(label, sizeof label, "%s %d", bus->label, first->controller);
    open_device(d, bus->type, controller_key(first), label, bus->summary);
    place(d, PCI_KEY, 3 + first->controller);
    xml_element_int(out, "busNumber", first->controller);
    for (int i = 0; i < d->ndisks; i++)
        if (controller_key(&d->disks[i]) == controller_key(first))
            xml_element_int(out, "device", device_disk_key(&d->disks[i]));
    if (bus->scsi) {
        xml_element(out, "hotAddRemove", "true");
        xml_element(out, "sharedBus", "noSharing");
        xml_element_int(out, "scsiCtlrUnitNumber", 7);
    }
    close_device(d);
}

static void write_controllers(const struct devices *d)
{
    for (int i = 0; i < d->ndisks; i++) {
        int before = 0;
        while (before < i && controller_key(&d->disks[before]) != controller_key(&d->disks[i]))
            before++;
        if (before == i)
            write_controller(d, &d->disks[i]);
    }
}

/* With a snapshot there are two. */
static char *file_of(const struct object *vm, const struct disk_place *p, int disk, bool delta,
                     char text[PATH_TEXT])
{
    const char *name = vm->born ? vm->born : vm->name;
    char number[16] = "";
    if (disk)
        snprintf(number, sizeof number, "_%d", disk);
    snprintf(text, PATH_TEXT, "[%s] %s/%s%s%s.vmdk", datastores[p->datastore].name, name, name,
             number, delta ? "-000001" : "");
    return text;
}

/* Members of a file backing; with a snapshot the disk stands on the delta file, and that on the
 * file from before. */
static void write_backing(const struct devices *d, int i, bool delta)
{
    const struct disk_place *p = &d->disks[i];
    const struct value *v = d->value;
    char path[PATH_TEXT], uuid[UUID_TEXT];
    uint64_t key = noise_key(d->body.key, NOISE_DISK + (uint64_t)i);
    xml_element(v->out, "fileName", file_of(v->object, p, i, delta, path));
    value_ref(v, "datastore", world_datastore(&v->server->world, v->ref.index, p->datastore));
    if (p->rdm) {
        char lun[64];
        snprintf(lun, sizeof lun, "naa.6006016%09" PRIx64 "%016" PRIx64, key >> 28, key);
        xml_element(v->out, "lunUuid", lun);
        xml_element(v->out, "deviceName", lun);
        xml_element(v->out, "compatibilityMode", "physicalMode");
        xml_element(v->out, "diskMode", "independent_persistent");
    } else {
        xml_element(v->out, "diskMode", "persistent");
        xml_element(v->out, "thinProvisioned", "true");
    }
    snprintf(uuid, sizeof uuid, "6000C29%x-%04x-%04x-%04x-%012" PRIx64, (unsigned)(key & 15),
             (unsigned)(key >> 4 & 0xffff), (unsigned)(key >> 20 & 0xffff),
             (unsigned)(key >> 36 & 0xffff), key & 0xffffffffffff);
    xml_element(v->out, "uuid", uuid);
    if (delta) {
        buf_str(v->out, "<parent>");
        write_backing(d, i, false);
        buf_str(v->out, "</parent>");
    }
}

static void write_disk(const struct devices *d, int i)
{
    const struct disk_place *p = &d->disks[i];
    struct buf *out = d->value->out;
    char label[LABEL_TEXT], summary[LABEL_TEXT];
    snprintf(label, sizeof label, "Hard disk %d", i + 1);
    snprintf(summary, sizeof summary, "%" PRId64 " KB", p->size_kb);
    open_device(d, "VirtualDisk", device_disk_key(p), label, summary);
    buf_printf(out, "<backing xsi:type=\"%s\">",
               p->rdm ? "VirtualDiskRawDiskMappingVer1BackingInfo"
                      : "VirtualDiskFlatVer2BackingInfo");
    write_backing(d, i, d->snapshot && !p->rdm);
    buf_str(out, "</backing>");
    place(d, controller_key(p), p->unit);
    xml_element_int(out, "capacityInKB", p->size_kb);
    xml_element_int(out, "capacityInBytes", p->size_kb * 1024);
    close_device(d);
}

static void write_nic(const struct devices *d, int i)
{
    struct buf *out = d->value->out;
    const char *network = networks[nic_network(&d->body, i)];
    char label[LABEL_TEXT], mac[LABEL_TEXT];
    uint64_t key = noise_key(d->body.key, NOISE_NIC + (uint64_t)i);
    snprintf(label, sizeof label, "Network adapter %d", i + 1);
    snprintf(mac, sizeof mac, "00:50:56:%02x:%02x:%02x", (unsigned)(key & 0x3f),
             (unsigned)(key >> 8 & 0xff), (unsigned)(key >> 16 & 0xff));
    open_device(d, "VirtualVmxnet3", NIC_KEY + i, label, network);
    buf_str(out, "<backing xsi:type=\"VirtualEthernetCardNetworkBackingInfo\">");
    xml_element(out, "deviceName", network);
    xml_element(out, "useAutoDetect", "false");
    buf_str(out, "</backing><connectable>");
    xml_element(out, "startConnected", "true");
    xml_element(out, "allowGuestControl", "true");
    xml_element(out, "connected", "true");
    xml_element(out, "status", "ok");
    buf_str(out, "</connectable>");
    place(d, PCI_KEY, 7 + i);
    xml_element(out, "addressType", "assigned");
    xml_element(out, "macAddress", mac);
    xml_element(out, "wakeOnLanEnabled", "true");
    close_device(d);
}

void device_members(const struct value *v, const char *element)
{
    const struct world *w = &v->server->world;
    struct devices d = {.value = v, .element = element};
    d.body = world_body(w, v->object, world_present(v->object));
    d.ndisks = disk_places(&d.body, d.disks);
    d.snapshot = snapshot_kb(&d.body, world_now(w)) > 0;
    write_fixed(&d);
    write_controllers(&d);
    for (int i = 0; i < d.ndisks; i++)
        write_disk(&d, i);
    for (int i = 0; i < nic_count(&d.body); i++)
        write_nic(&d, i);
}

void vm_devices(const struct value *v)
{
    value_open(v, "ArrayOfVirtualDevice");
    device_members(v, "VirtualDevice");
    value_close(v);
}
