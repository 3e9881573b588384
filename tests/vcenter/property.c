/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The properties: one row each. A row's function writes the <val> element or, for something that is
 * not set, nothing.
 */
#include <string.h>

#include "perf_info.h"
#include "server.h"
#include "subject.h"
#include "xml.h"

struct value { /* what a row's function needs */
    struct server *server;
    struct session *session;
    struct subject_ref ref;
    const struct object *object; /* NULL for views and managers */
    struct buf *out;
};

static void val(const struct value *v, const char *type, const char *text)
{
    buf_printf(v->out, "<val xsi:type=\"%s\">", type);
    xml_escape(v->out, text);
    buf_str(v->out, "</val>");
}

static void val_int(const struct value *v, const char *type, int64_t number)
{
    buf_printf(v->out, "<val xsi:type=\"%s\">", type);
    buf_int(v->out, number);
    buf_str(v->out, "</val>");
}

static void ref_text(const struct value *v, const char *element, uint32_t object)
{
    char moid[MOID_TEXT];
    const struct world *w = &v->server->world;
    const char *type = world_type(w->objects[object].kind);
    buf_printf(v->out, "<%s type=\"%s\"%s>%s</%s>", element, type,
               strcmp(element, "val") ? "" : " xsi:type=\"ManagedObjectReference\"",
               world_moid(w, object, moid), element);
}

/* A vCenter writes %, / and \ of a name as %25, %2f and %5c. */
static void name_text(struct buf *out, const char *name)
{
    char plain[2] = "";
    for (; *name; name++) {
        plain[0] = *name;
        if (strchr("%/\\", *name))
            buf_printf(out, "%%%02x", (unsigned)*name);
        else if ((unsigned char)*name < 0x80)
            xml_escape(out, plain);
        else
            buf_char(out, *name);
    }
}

static void name(const struct value *v)
{
    buf_str(v->out, "<val xsi:type=\"xsd:string\">");
    name_text(v->out, v->object->name);
    buf_str(v->out, "</val>");
}

static void parent(const struct value *v)
{
    if (v->ref.index != ROOT_FOLDER)
        ref_text(v, "val", v->object->parent);
}

/* An array of what a traversal of the same name finds. */
static void refs(const struct value *v, const char *path)
{
    struct subject_list list = {0};
    subject_follow(v->server, v->session, v->ref, path, &list);
    buf_str(v->out, "<val xsi:type=\"ArrayOfManagedObjectReference\">");
    for (size_t i = 0; i < list.n; i++)
        ref_text(v, "ManagedObjectReference", list.items[i].index);
    buf_str(v->out, "</val>");
    subject_list_free(&list);
}

static void child_entity(const struct value *v)
{
    refs(v, "childEntity");
}

static void cluster_hosts(const struct value *v)
{
    refs(v, "host");
}

static void host_vms(const struct value *v)
{
    refs(v, "vm");
}

static void view_members(const struct value *v)
{
    refs(v, "view");
}

static void vm_folder(const struct value *v)
{
    ref_text(v, "val", 2 * v->object->number);
}

static void host_folder(const struct value *v)
{
    ref_text(v, "val", 2 * v->object->number - 1);
}

/* ---- hosts ---- */

static int64_t host_memory(const struct object *host)
{
    return host->memory_mb * 1024 * 1024;
}

static void host_power(const struct value *v)
{
    val(v, "HostSystemPowerState", "poweredOn");
}

static void host_connection(const struct value *v)
{
    val(v, "HostSystemConnectionState", "connected");
}

static void host_runtime(const struct value *v)
{
    buf_str(v->out, "<val xsi:type=\"HostRuntimeInfo\"><connectionState>connected</connectionState>"
                    "<powerState>poweredOn</powerState>"
                    "<inMaintenanceMode>false</inMaintenanceMode></val>");
}

static void host_mhz(const struct value *v)
{
    val_int(v, "xsd:int", v->object->mhz);
}

static void host_threads(const struct value *v)
{
    val_int(v, "xsd:short", v->object->threads);
}

static void host_cores(const struct value *v)
{
    val_int(v, "xsd:short", v->object->threads / 2);
}

static void host_memory_size(const struct value *v)
{
    val_int(v, "xsd:long", host_memory(v->object));
}

static void host_hardware_members(const struct value *v)
{
    xml_element(v->out, "vendor", "vstrata");
    xml_element(v->out, "model", "simulated");
    xml_element_int(v->out, "memorySize", host_memory(v->object));
    xml_element(v->out, "cpuModel", "simulated");
    xml_element_int(v->out, "cpuMhz", v->object->mhz);
    xml_element_int(v->out, "numCpuPkgs", 2);
    xml_element_int(v->out, "numCpuCores", v->object->threads / 2);
    xml_element_int(v->out, "numCpuThreads", v->object->threads);
}

static void host_hardware(const struct value *v)
{
    buf_str(v->out, "<val xsi:type=\"HostHardwareSummary\">");
    host_hardware_members(v);
    buf_str(v->out, "</val>");
}

static void host_summary(const struct value *v)
{
    buf_str(v->out, "<val xsi:type=\"HostListSummary\"><hardware>");
    host_hardware_members(v);
    buf_str(v->out, "</hardware></val>");
}

/* ---- VMs ---- */

static const char *power_word(const struct object *vm)
{
    return world_present(vm)->on ? "poweredOn" : "poweredOff";
}

static void vm_power(const struct value *v)
{
    val(v, "VirtualMachinePowerState", power_word(v->object));
}

static void vm_connection(const struct value *v)
{
    val(v, "VirtualMachineConnectionState", "connected");
}

static void vm_host(const struct value *v)
{
    ref_text(v, "val", world_present(v->object)->host);
}

static void vm_runtime(const struct value *v)
{
    buf_str(v->out, "<val xsi:type=\"VirtualMachineRuntimeInfo\">");
    ref_text(v, "host", world_present(v->object)->host);
    xml_element(v->out, "connectionState", "connected");
    xml_element(v->out, "powerState", power_word(v->object));
    buf_str(v->out, "</val>");
}

static void vm_cpus(const struct value *v)
{
    val_int(v, "xsd:int", world_present(v->object)->cpus);
}

static void vm_memory(const struct value *v)
{
    val_int(v, "xsd:int", v->object->memory_mb);
}

static void vm_hardware_members(const struct value *v)
{
    xml_element_int(v->out, "numCPU", world_present(v->object)->cpus);
    xml_element_int(v->out, "numCoresPerSocket", 1);
    xml_element_int(v->out, "memoryMB", v->object->memory_mb);
}

static void vm_hardware(const struct value *v)
{
    buf_str(v->out, "<val xsi:type=\"VirtualHardware\">");
    vm_hardware_members(v);
    buf_str(v->out, "</val>");
}

static void vm_uuid(const struct value *v)
{
    char uuid[UUID_TEXT];
    val(v, "xsd:string", world_uuid(&v->server->world, v->object, uuid));
}

static void vm_template(const struct value *v)
{
    val(v, "xsd:boolean", "false");
}

static void vm_config(const struct value *v)
{
    char uuid[UUID_TEXT];
    buf_str(v->out, "<val xsi:type=\"VirtualMachineConfigInfo\"><name>");
    name_text(v->out, v->object->name);
    buf_str(v->out, "</name>");
    xml_element(v->out, "instanceUuid", world_uuid(&v->server->world, v->object, uuid));
    xml_element(v->out, "template", "false");
    buf_str(v->out, "<hardware>");
    vm_hardware_members(v);
    buf_str(v->out, "</hardware></val>");
}

/* ---- views and managers ---- */

static void view_container(const struct value *v)
{
    ref_text(v, "val", v->session->views[v->ref.index].container);
}

static void view_recursive(const struct value *v)
{
    val(v, "xsd:boolean", v->session->views[v->ref.index].deep ? "true" : "false");
}

static void service_content(const struct value *v)
{
    buf_str(v->out, "<val xsi:type=\"ServiceContent\">");
    subject_service_content(v->server, v->out);
    buf_str(v->out, "</val>");
}

static void server_clock(const struct value *v)
{
    char iso[ISO_TEXT];
    struct server_time now = {world_now(&v->server->world)};
    val(v, "xsd:dateTime", clock_iso(now, iso));
}

static void current_session(const struct value *v)
{
    buf_str(v->out, "<val xsi:type=\"UserSession\">");
    subject_user_session(v->server, v->session, v->out);
    buf_str(v->out, "</val>");
}

static void perf_counters(const struct value *v)
{
    buf_str(v->out, "<val xsi:type=\"ArrayOfPerfCounterInfo\">");
    perf_info_counters(&v->server->world.catalogue, "PerfCounterInfo", v->out);
    buf_str(v->out, "</val>");
}

static void perf_intervals(const struct value *v)
{
    buf_str(v->out, "<val xsi:type=\"ArrayOfPerfInterval\">");
    perf_info_intervals(v->out);
    buf_str(v->out, "</val>");
}

/* ---- the table ---- */

enum { FIXED = 0 }; /* no aspect changes it */

struct row {
    unsigned subjects;
    unsigned aspects; /* bits 1u << enum aspect: a change of one changes the value */
    const char *path;
    void (*write)(const struct value *value);
};

#define ON(subject) (1u << (unsigned)(subject))
#define ENTITIES (ON(KINDS) - 1)

static const struct row rows[] = {
    {ENTITIES, ON(ASPECT_NAME), "name", name},
    {ENTITIES, ON(ASPECT_PLACE), "parent", parent},
    {ON(KIND_FOLDER), FIXED, "childEntity", child_entity},
    {ON(KIND_DATACENTER), FIXED, "hostFolder", host_folder},
    {ON(KIND_DATACENTER), FIXED, "vmFolder", vm_folder},
    {ON(KIND_CLUSTER), FIXED, "host", cluster_hosts},
    {ON(KIND_HOST), FIXED, "vm", host_vms},
    {ON(KIND_HOST), FIXED, "runtime", host_runtime},
    {ON(KIND_HOST), FIXED, "runtime.powerState", host_power},
    {ON(KIND_HOST), FIXED, "runtime.connectionState", host_connection},
    {ON(KIND_HOST), FIXED, "summary", host_summary},
    {ON(KIND_HOST), FIXED, "summary.hardware", host_hardware},
    {ON(KIND_HOST), FIXED, "summary.hardware.cpuMhz", host_mhz},
    {ON(KIND_HOST), FIXED, "summary.hardware.numCpuCores", host_cores},
    {ON(KIND_HOST), FIXED, "summary.hardware.numCpuThreads", host_threads},
    {ON(KIND_HOST), FIXED, "summary.hardware.memorySize", host_memory_size},
    {ON(KIND_HOST), FIXED, "hardware.memorySize", host_memory_size},
    {ON(KIND_VM), ON(ASPECT_POWER) | ON(ASPECT_PLACE), "runtime", vm_runtime},
    {ON(KIND_VM), ON(ASPECT_POWER), "runtime.powerState", vm_power},
    {ON(KIND_VM), FIXED, "runtime.connectionState", vm_connection},
    {ON(KIND_VM), ON(ASPECT_PLACE), "runtime.host", vm_host},
    {ON(KIND_VM), ON(ASPECT_CPUS) | ON(ASPECT_NAME), "config", vm_config},
    {ON(KIND_VM), ON(ASPECT_NAME), "config.name", name},
    {ON(KIND_VM), FIXED, "config.template", vm_template},
    {ON(KIND_VM), FIXED, "config.instanceUuid", vm_uuid},
    {ON(KIND_VM), ON(ASPECT_CPUS), "config.hardware", vm_hardware},
    {ON(KIND_VM), ON(ASPECT_CPUS), "config.hardware.numCPU", vm_cpus},
    {ON(KIND_VM), FIXED, "config.hardware.memoryMB", vm_memory},
    {ON(SUBJECT_VIEW), FIXED, "view", view_members},
    {ON(SUBJECT_VIEW), FIXED, "container", view_container},
    {ON(SUBJECT_VIEW), FIXED, "recursive", view_recursive},
    {ON(SUBJECT_SERVICE), FIXED, "content", service_content},
    {ON(SUBJECT_SERVICE), FIXED, "serverClock", server_clock},
    {ON(SUBJECT_SESSIONS), FIXED, "currentSession", current_session},
    {ON(SUBJECT_PERF), FIXED, "perfCounter", perf_counters},
    {ON(SUBJECT_PERF), FIXED, "historicalInterval", perf_intervals},
};

enum { ROWS = sizeof rows / sizeof *rows };
_Static_assert(ROWS <= 64, "a row is a bit of struct properties");

bool properties_add(struct properties *properties, const char *type, const char *path)
{
    unsigned wanted = subjects_of_type(type);
    bool found = false;
    properties->subjects |= wanted;
    for (size_t i = 0; i < ROWS; i++)
        if ((rows[i].subjects & wanted) && (!path || !strcmp(rows[i].path, path))) {
            properties->rows |= UINT64_C(1) << i;
            found = true;
        }
    return found || !path || !wanted;
}

uint64_t properties_of(const struct properties *properties, enum subject subject)
{
    uint64_t mine = 0;
    if (!(properties->subjects & ON(subject)))
        return 0;
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].subjects & ON(subject))
            mine |= UINT64_C(1) << i;
    return mine & properties->rows;
}

uint64_t properties_changed(uint64_t rows_asked, const struct object *object, uint32_t after)
{
    uint64_t changed = 0;
    unsigned aspects = 0;
    for (unsigned a = 0; a < ASPECTS; a++)
        aspects |= object->changed[a] > after ? ON(a) : 0;
    for (size_t i = 0; i < ROWS && aspects; i++)
        changed |= rows[i].aspects & aspects ? UINT64_C(1) << i : 0;
    return changed & rows_asked;
}

void properties_write(struct server *server, struct session *session, struct subject_ref ref,
                      uint64_t asked, const char *element, struct buf *out)
{
    bool inventory = ref.subject < SUBJECT_VIEW, update = !strcmp(element, "changeSet");
    struct value v = {server, session, ref, NULL, out};
    if (inventory)
        v.object = &server->world.objects[ref.index];
    for (size_t i = 0; i < ROWS; i++) {
        if (!(asked >> i & 1) || !(rows[i].subjects & ON(ref.subject)))
            continue;
        if (rows[i].write == parent && ref.index == ROOT_FOLDER)
            continue; /* the one property that may be unset */
        buf_printf(out, "<%s><name>%s</name>%s", element, rows[i].path,
                   update ? "<op>assign</op>" : "");
        rows[i].write(&v);
        buf_printf(out, "</%s>", element);
    }
}
