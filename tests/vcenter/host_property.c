/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <inttypes.h>
#include <stdio.h>

#include "disk.h"
#include "host.h"
#include "noise.h"
#include "property.h"
#include "xml.h"

static int64_t memory_of(const struct object *host)
{
    return host->memory_mb * 1024 * 1024;
}

void host_power(const struct value *v)
{
    value_text(v, "HostSystemPowerState", "poweredOn");
}

void host_connection(const struct value *v)
{
    value_text(v, "HostSystemConnectionState", "connected");
}

void host_runtime(const struct value *v)
{
    value_open(v, "HostRuntimeInfo");
    xml_element(v->out, "connectionState", "connected");
    xml_element(v->out, "powerState", "poweredOn");
    xml_element(v->out, "inMaintenanceMode", "false");
    value_close(v);
}

void host_mhz(const struct value *v)
{
    value_int(v, "xsd:int", v->object->mhz);
}

void host_threads(const struct value *v)
{
    value_int(v, "xsd:short", v->object->threads);
}

void host_cores(const struct value *v)
{
    value_int(v, "xsd:short", v->object->threads / 2);
}

void host_memory_size(const struct value *v)
{
    value_int(v, "xsd:long", memory_of(v->object));
}

/* Of the machine, as its firmware tells. */
static const char *uuid_of(const struct value *v, char text[UUID_TEXT])
{
    const struct world *w = &v->server->world;
    uint64_t high = noise_key(noise_text(w->instance_uuid) + 1, v->object->number);
    uint64_t low = noise_key(high, 3);
    snprintf(text, UUID_TEXT, "3%07x-%04x-4%03x-8%03x-%012" PRIx64, (unsigned)(high & 0xfffffff),
             (unsigned)(high >> 28 & 0xffff), (unsigned)(high >> 44 & 0xfff),
             (unsigned)(high >> 52 & 0xfff), low & 0xffffffffffff);
    return text;
}

void host_uuid(const struct value *v)
{
    char uuid[UUID_TEXT];
    value_text(v, "xsd:string", uuid_of(v, uuid));
}

static void summary_hardware_members(const struct value *v)
{
    char uuid[UUID_TEXT];
    xml_element(v->out, "vendor", "vstrata");
    xml_element(v->out, "model", "simulated");
    xml_element(v->out, "uuid", uuid_of(v, uuid));
    xml_element_int(v->out, "memorySize", memory_of(v->object));
    xml_element(v->out, "cpuModel", "simulated");
    xml_element_int(v->out, "cpuMhz", v->object->mhz);
    xml_element_int(v->out, "numCpuPkgs", 2);
    xml_element_int(v->out, "numCpuCores", v->object->threads / 2);
    xml_element_int(v->out, "numCpuThreads", v->object->threads);
}

void host_summary_hardware(const struct value *v)
{
    value_open(v, "HostHardwareSummary");
    summary_hardware_members(v);
    value_close(v);
}

void host_summary(const struct value *v)
{
    value_open(v, "HostListSummary");
    buf_str(v->out, "<hardware>");
    summary_hardware_members(v);
    buf_str(v->out, "</hardware>");
    value_close(v);
}

static const char *policy_name(const struct value *v)
{
    static const char *const names[] = {
        [POLICY_HIGH] = "High performance",
        [POLICY_BALANCED] = "Balanced",
        [POLICY_LOW] = "Low power",
    };
    return names[host_policy(&v->server->world, v->ref.index)];
}

static void power_management_members(const struct value *v)
{
    xml_element(v->out, "currentPolicy", policy_name(v));
    xml_element(v->out, "hardwareSupport", "ACPI P-states, ACPI C-states");
}

void host_power_policy(const struct value *v)
{
    value_text(v, "xsd:string", policy_name(v));
}

void host_power_management(const struct value *v)
{
    value_open(v, "HostCpuPowerManagementInfo");
    power_management_members(v);
    value_close(v);
}

void host_hardware(const struct value *v)
{
    char uuid[UUID_TEXT];
    value_open(v, "HostHardwareInfo");
    buf_str(v->out, "<systemInfo>");
    xml_element(v->out, "vendor", "vstrata");
    xml_element(v->out, "model", "simulated");
    xml_element(v->out, "uuid", uuid_of(v, uuid));
    buf_str(v->out, "</systemInfo><cpuPowerManagementInfo>");
    power_management_members(v);
    buf_str(v->out, "</cpuPowerManagementInfo><cpuInfo>");
    xml_element_int(v->out, "numCpuPackages", 2);
    xml_element_int(v->out, "numCpuCores", v->object->threads / 2);
    xml_element_int(v->out, "numCpuThreads", v->object->threads);
    xml_element_int(v->out, "hz", v->object->mhz * INT64_C(1000000));
    buf_str(v->out, "</cpuInfo>");
    xml_element_int(v->out, "memorySize", memory_of(v->object));
    value_close(v);
}

/* ---- datastores ---- */

static const struct datastore *store_of(const struct value *v)
{
    return &datastores[(v->object->number - 1) % DATASTORES];
}

static void url_text(const struct value *v, char text[96])
{
    snprintf(text, 96, "ds:///vmfs/volumes/%s/", store_of(v)->uuid);
}

void datastore_url(const struct value *v)
{
    char url[96];
    url_text(v, url);
    value_text(v, "xsd:string", url);
}

void datastore_type(const struct value *v)
{
    value_text(v, "xsd:string", store_of(v)->type);
}

void datastore_summary(const struct value *v)
{
    enum { TIB_BITS = 40 };
    char url[96];
    url_text(v, url);
    value_open(v, "DatastoreSummary");
    value_ref(v, "datastore", v->ref.index);
    buf_str(v->out, "<name>");
    value_name(v->out, v->object->name);
    buf_str(v->out, "</name>");
    xml_element(v->out, "url", url);
    xml_element_int(v->out, "capacity", INT64_C(64) << TIB_BITS);
    xml_element_int(v->out, "freeSpace", INT64_C(19) << TIB_BITS);
    xml_element(v->out, "accessible", "true");
    xml_element(v->out, "multipleHostAccess", "true");
    xml_element(v->out, "type", store_of(v)->type);
    xml_element(v->out, "maintenanceMode", "normal");
    value_close(v);
}
