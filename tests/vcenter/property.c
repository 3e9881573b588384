/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The properties: one row each. A row's function writes the <val> element or, for something that is
 * not set, nothing.
 */
#include <string.h>

#include "perf_info.h"
#include "property.h"
#include "server.h"
#include "subject.h"
#include "xml.h"

void value_open(const struct value *v, const char *type)
{
    buf_printf(v->out, "<val xsi:type=\"%s\">", type);
}

void value_close(const struct value *v)
{
    buf_str(v->out, "</val>");
}

void value_text(const struct value *v, const char *type, const char *text)
{
    value_open(v, type);
    xml_escape(v->out, text);
    value_close(v);
}

void value_int(const struct value *v, const char *type, int64_t number)
{
    value_open(v, type);
    buf_int(v->out, number);
    value_close(v);
}

void value_ref(const struct value *v, const char *element, uint32_t object)
{
    char moid[MOID_TEXT];
    const struct world *w = &v->server->world;
    const char *type = world_type(w->objects[object].kind);
    buf_printf(v->out, "<%s type=\"%s\"%s>%s</%s>", element, type,
               strcmp(element, "val") ? "" : " xsi:type=\"ManagedObjectReference\"",
               world_moid(w, object, moid), element);
}

void value_name(struct buf *out, const char *name)
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

bool value_sample(const struct value *v, struct vcpu_times vcpus[VCPUS_MAX], struct vm_sample *ret)
{
    struct world *w = &v->server->world;
    int64_t now = world_now(w);
    return world_sample(w, v->object, now - now % SLOT_MS, vcpus, ret);
}

static void name(const struct value *v)
{
    value_open(v, "xsd:string");
    value_name(v->out, v->object->name);
    value_close(v);
}

static void parent(const struct value *v)
{
    if (v->ref.index != ROOT_FOLDER)
        value_ref(v, "val", v->object->parent);
}

/* An array of what a traversal of the same name finds. */
static void refs(const struct value *v, const char *path)
{
    struct subject_list list = {0};
    subject_follow(v->server, v->session, v->ref, path, &list);
    buf_str(v->out, "<val xsi:type=\"ArrayOfManagedObjectReference\">");
    for (size_t i = 0; i < list.n; i++)
        value_ref(v, "ManagedObjectReference", list.items[i].index);
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

static void folder(const struct value *v, enum kind of)
{
    value_ref(v, "val", world_folder(&v->server->world, v->object, of));
}

static void vm_folder(const struct value *v)
{
    folder(v, KIND_VM);
}

static void host_folder(const struct value *v)
{
    folder(v, KIND_HOST);
}

static void datastore_folder(const struct value *v)
{
    folder(v, KIND_DATASTORE);
}

static void datastores_of(const struct value *v)
{
    refs(v, "datastore");
}

/* ---- views and managers ---- */

static void view_container(const struct value *v)
{
    value_ref(v, "val", v->session->views[v->ref.index].container);
}

static void view_recursive(const struct value *v)
{
    value_text(v, "xsd:boolean", v->session->views[v->ref.index].deep ? "true" : "false");
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
    value_text(v, "xsd:dateTime", clock_iso(now, iso));
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
    {ON(KIND_DATACENTER), FIXED, "datastoreFolder", datastore_folder},
    {ON(KIND_DATACENTER) | ON(KIND_HOST) | ON(KIND_VM), FIXED, "datastore", datastores_of},
    {ON(KIND_DATASTORE), ON(ASPECT_NAME), "summary", datastore_summary},
    {ON(KIND_DATASTORE), FIXED, "summary.type", datastore_type},
    {ON(KIND_DATASTORE), FIXED, "summary.url", datastore_url},
    {ON(KIND_CLUSTER), FIXED, "host", cluster_hosts},
    {ON(KIND_HOST), FIXED, "vm", host_vms},
    {ON(KIND_HOST), FIXED, "runtime", host_runtime},
    {ON(KIND_HOST), FIXED, "runtime.powerState", host_power},
    {ON(KIND_HOST), FIXED, "runtime.connectionState", host_connection},
    {ON(KIND_HOST), FIXED, "summary", host_summary},
    {ON(KIND_HOST), FIXED, "summary.hardware", host_summary_hardware},
    {ON(KIND_HOST), FIXED, "summary.hardware.uuid", host_uuid},
    {ON(KIND_HOST), FIXED, "summary.hardware.cpuMhz", host_mhz},
    {ON(KIND_HOST), FIXED, "summary.hardware.numCpuCores", host_cores},
    {ON(KIND_HOST), FIXED, "summary.hardware.numCpuThreads", host_threads},
    {ON(KIND_HOST), FIXED, "summary.hardware.memorySize", host_memory_size},
    {ON(KIND_HOST), FIXED, "hardware", host_hardware},
    {ON(KIND_HOST), FIXED, "hardware.memorySize", host_memory_size},
    {ON(KIND_HOST), FIXED, "hardware.systemInfo.uuid", host_uuid},
    {ON(KIND_HOST), FIXED, "hardware.cpuPowerManagementInfo", host_power_management},
    {ON(KIND_HOST), FIXED, "hardware.cpuPowerManagementInfo.currentPolicy", host_power_policy},
    {ON(KIND_VM), ON(ASPECT_POWER) | ON(ASPECT_PLACE), "runtime", vm_runtime},
    {ON(KIND_VM), ON(ASPECT_POWER), "runtime.powerState", vm_power},
    {ON(KIND_VM), FIXED, "runtime.connectionState", vm_connection},
    {ON(KIND_VM), ON(ASPECT_PLACE), "runtime.host", vm_host},
    {ON(KIND_VM), ON(ASPECT_CPUS) | ON(ASPECT_NAME) | ON(ASPECT_DEVICES) | ON(ASPECT_GUESTINFO),
     "config", vm_config},
    {ON(KIND_VM), ON(ASPECT_NAME), "config.name", name},
    {ON(KIND_VM), FIXED, "config.template", vm_template},
    {ON(KIND_VM), FIXED, "config.instanceUuid", vm_uuid},
    {ON(KIND_VM), ON(ASPECT_CPUS) | ON(ASPECT_DEVICES), "config.hardware", vm_hardware},
    {ON(KIND_VM), ON(ASPECT_CPUS), "config.hardware.numCPU", vm_cpus},
    {ON(KIND_VM), FIXED, "config.hardware.memoryMB", vm_memory},
    {ON(KIND_VM), ON(ASPECT_DEVICES), "config.hardware.device", vm_devices},
    {ON(KIND_VM), ON(ASPECT_GUESTINFO), "config.extraConfig", vm_extra_config},
    {ON(KIND_VM), ON(ASPECT_GUESTINFO), "config.extraConfig[\"guestinfo.vstrata\"]", vm_guestinfo},
    {ON(KIND_VM), ON(ASPECT_TOOLS) | ON(ASPECT_DEVICES) | ON(ASPECT_POWER), "guest", vm_guest},
    {ON(KIND_VM), ON(ASPECT_TOOLS) | ON(ASPECT_DEVICES) | ON(ASPECT_POWER), "guest.disk",
     vm_guest_disks},
    {ON(KIND_VM), ON(ASPECT_TOOLS) | ON(ASPECT_POWER), "guest.toolsRunningStatus",
     vm_tools_running},
    {ON(KIND_VM), FIXED, "guest.toolsVersionStatus2", vm_tools_version},
    {ON(KIND_VM), ON(ASPECT_TOOLS) | ON(ASPECT_POWER), "guestHeartbeatStatus", vm_heartbeat},
    {ON(KIND_VM), ON(ASPECT_SNAPSHOT), "layoutEx", vm_layout},
    {ON(KIND_VM), ON(ASPECT_SNAPSHOT), "snapshot", vm_snapshot},
    {ON(KIND_VM), ON(ASPECT_SNAPSHOT), "snapshot.currentSnapshot", vm_current_snapshot},
    {ON(KIND_VM), ON(ASPECT_NAME) | ON(ASPECT_CPUS) | ON(ASPECT_POWER), "summary", vm_summary},
    {ON(KIND_VM), FIXED, "summary.quickStats", vm_quick_stats},
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

unsigned properties_aspects(const struct properties *properties)
{
    unsigned aspects = 0;
    for (size_t i = 0; i < ROWS; i++)
        if (properties->rows >> i & 1)
            aspects |= rows[i].aspects;
    return aspects;
}

/* How it is told that a property is not set any more. An element of an array is gone; what was
 * inside something is gone with it; else the property itself has become empty. */
static const char *unset_word(const char *path)
{
    if (strchr(path, '['))
        return "remove";
    return strncmp(path, "snapshot.", 9) != 0 ? "assign" : "indirectRemove";
}

static void cut_back(struct buf *out, size_t len)
{
    if (!buf_ok(out))
        return;
    out->len = len;
    out->data[len] = '\0';
}

static void write_row(const struct value *v, const struct row *row, enum properties_for purpose)
{
    const char *element = purpose == PROPERTIES_OF_OBJECT ? "propSet" : "changeSet";
    size_t start = v->out->len;
    buf_printf(v->out, "<%s><name>", element);
    xml_escape(v->out, row->path);
    buf_str(v->out, "</name>");
    size_t op = v->out->len;
    buf_str(v->out, purpose == PROPERTIES_OF_OBJECT ? "" : "<op>assign</op>");
    size_t before = v->out->len;
    row->write(v);
    if (v->out->len == before && purpose != PROPERTIES_CHANGED) {
        cut_back(v->out, start);
        return;
    }
    if (v->out->len == before) {
        cut_back(v->out, op);
        xml_element(v->out, "op", unset_word(row->path));
    }
    buf_printf(v->out, "</%s>", element);
}

void properties_write(struct server *server, struct session *session, struct subject_ref ref,
                      uint64_t asked, enum properties_for purpose, struct buf *out)
{
    struct value v = {server, session, ref, NULL, out};
    if (ref.subject < SUBJECT_VIEW)
        v.object = &server->world.objects[ref.index];
    for (size_t i = 0; i < ROWS; i++)
        if ((asked >> i & 1) && (rows[i].subjects & ON(ref.subject)))
            write_row(&v, &rows[i], purpose);
}
