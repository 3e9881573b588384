/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <stdio.h>

#include "disk.h"
#include "property.h"
#include "xml.h"

static const char *power_word(const struct object *vm)
{
    return world_present(vm)->on ? "poweredOn" : "poweredOff";
}

void vm_power(const struct value *v)
{
    value_text(v, "VirtualMachinePowerState", power_word(v->object));
}

void vm_connection(const struct value *v)
{
    value_text(v, "VirtualMachineConnectionState", "connected");
}

void vm_host(const struct value *v)
{
    value_ref(v, "val", world_present(v->object)->host);
}

static void runtime_members(const struct value *v)
{
    value_ref(v, "host", world_present(v->object)->host);
    xml_element(v->out, "connectionState", "connected");
    xml_element(v->out, "powerState", power_word(v->object));
}

void vm_runtime(const struct value *v)
{
    value_open(v, "VirtualMachineRuntimeInfo");
    runtime_members(v);
    value_close(v);
}

void vm_cpus(const struct value *v)
{
    value_int(v, "xsd:int", world_present(v->object)->cpus);
}

void vm_memory(const struct value *v)
{
    value_int(v, "xsd:int", v->object->memory_mb);
}

static void hardware_members(const struct value *v)
{
    xml_element_int(v->out, "numCPU", world_present(v->object)->cpus);
    xml_element_int(v->out, "numCoresPerSocket", 1);
    xml_element_int(v->out, "memoryMB", v->object->memory_mb);
    device_members(v, "device");
}

void vm_hardware(const struct value *v)
{
    value_open(v, "VirtualHardware");
    hardware_members(v);
    value_close(v);
}

void vm_uuid(const struct value *v)
{
    char uuid[UUID_TEXT];
    value_text(v, "xsd:string", world_uuid(&v->server->world, v->object, uuid));
}

void vm_template(const struct value *v)
{
    value_text(v, "xsd:boolean", "false");
}

static void name_element(const struct value *v)
{
    buf_str(v->out, "<name>");
    value_name(v->out, v->object->name);
    buf_str(v->out, "</name>");
}

void vm_config(const struct value *v)
{
    char uuid[UUID_TEXT];
    value_open(v, "VirtualMachineConfigInfo");
    name_element(v);
    xml_element(v->out, "instanceUuid", world_uuid(&v->server->world, v->object, uuid));
    xml_element(v->out, "template", "false");
    buf_str(v->out, "<hardware>");
    hardware_members(v);
    buf_str(v->out, "</hardware>");
    extra_config_members(v, "extraConfig");
    value_close(v);
}

/* What a server remembers of the last sample; off, there is nothing to remember. */
static void quick_members(const struct value *v)
{
    struct vcpu_times vcpus[VCPUS_MAX];
    struct vm_sample s;
    struct buf *out = v->out;
    bool sampled = value_sample(v, vcpus, &s);
    if (sampled)
        xml_element_int(out, "overallCpuUsage", (int64_t)s.sum.used * s.mhz / SLOT_MS);
    if (sampled)
        xml_element_int(out, "guestMemoryUsage", s.memory.active_kb / 1024);
    xml_element(out, "guestHeartbeatStatus", heartbeat_word(v->object));
    if (!sampled)
        return;
    const struct memory_sample *m = &s.memory;
    xml_element_int(out, "privateMemory", (m->granted_kb - m->shared_kb) / 1024);
    xml_element_int(out, "sharedMemory", m->shared_kb / 1024);
    xml_element_int(out, "swappedMemory", m->swapped_kb / 1024);
    xml_element_int(out, "balloonedMemory", m->ballooned_kb / 1024);
    xml_element_int(out, "consumedOverheadMemory", m->overhead_kb / 1024);
    xml_element_int(out, "compressedMemory", m->compressed_kb);
}

void vm_quick_stats(const struct value *v)
{
    value_open(v, "VirtualMachineQuickStats");
    quick_members(v);
    value_close(v);
}

void vm_summary(const struct value *v)
{
    char uuid[UUID_TEXT];
    struct buf *out = v->out;
    value_open(v, "VirtualMachineSummary");
    value_ref(v, "vm", v->ref.index);
    buf_str(out, "<runtime>");
    runtime_members(v);
    buf_str(out, "</runtime><config>");
    name_element(v);
    xml_element(out, "template", "false");
    xml_element_int(out, "memorySizeMB", v->object->memory_mb);
    xml_element_int(out, "numCpu", world_present(v->object)->cpus);
    xml_element(out, "instanceUuid", world_uuid(&v->server->world, v->object, uuid));
    buf_str(out, "</config><quickStats>");
    quick_members(v);
    buf_str(out, "</quickStats>");
    xml_element(out, "overallStatus", "green");
    value_close(v);
}
