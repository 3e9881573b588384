/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The values behind the table of properties, by whose they are. Each function writes the <val>
 * element of a property or, for something that is not set, nothing.
 */
#ifndef VCENTER_PROPERTY_H
#define VCENTER_PROPERTY_H

#include <stdint.h>

#include "base/buf.h"
#include "disk.h"
#include "server.h"

struct value { /* what a row's function needs */
    struct server *server;
    struct session *session;
    struct subject_ref ref;
    const struct object *object; /* NULL for views and managers */
    struct buf *out;
};

#define GUESTINFO_KEY "guestinfo.vstrata"

/* The whole element, of a text or a number; and its parts, for values with members. */
void value_text(const struct value *value, const char *type, const char *text);
void value_int(const struct value *value, const char *type, int64_t number);
void value_open(const struct value *value, const char *type);
void value_close(const struct value *value);

/* A reference to an object of the inventory; element "val" gets its type. */
void value_ref(const struct value *value, const char *element, uint32_t object);

/* A name as a vCenter writes it: %, / and \ as %25, %2f and %5c. */
void value_name(struct buf *out, const char *name);

/* The last whole interval of a VM, as far as there is one. vcpus is the room for its vCPUs. */
bool value_sample(const struct value *value, struct vcpu_times vcpus[VCPUS_MAX],
                  struct vm_sample *ret);

/* host_property.c: hosts and datastores */
void host_power(const struct value *value);
void host_connection(const struct value *value);
void host_runtime(const struct value *value);
void host_mhz(const struct value *value);
void host_threads(const struct value *value);
void host_cores(const struct value *value);
void host_memory_size(const struct value *value);
void host_uuid(const struct value *value);
void host_summary(const struct value *value);
void host_summary_hardware(const struct value *value);
void host_hardware(const struct value *value);
void host_power_management(const struct value *value);
void host_power_policy(const struct value *value);
void datastore_summary(const struct value *value);
void datastore_type(const struct value *value);
void datastore_url(const struct value *value);

/* vm_property.c */
void vm_power(const struct value *value);
void vm_connection(const struct value *value);
void vm_host(const struct value *value);
void vm_runtime(const struct value *value);
void vm_cpus(const struct value *value);
void vm_memory(const struct value *value);
void vm_hardware(const struct value *value);
void vm_uuid(const struct value *value);
void vm_template(const struct value *value);
void vm_config(const struct value *value);
void vm_summary(const struct value *value);
void vm_quick_stats(const struct value *value);

/* device_property.c; the members are those of an array, each an element of this name */
void vm_devices(const struct value *value);
void device_members(const struct value *value, const char *element);
/* The key of a disk. */
int device_disk_key(const struct disk_place *place);

/* layout_property.c: files and snapshots */
void vm_layout(const struct value *value);
void vm_snapshot(const struct value *value);
void vm_current_snapshot(const struct value *value);

/* guest_property.c: what the guest and Tools tell */
void vm_extra_config(const struct value *value);
void vm_guestinfo(const struct value *value);
void vm_guest(const struct value *value);
void vm_guest_disks(const struct value *value);
void vm_tools_running(const struct value *value);
void vm_tools_version(const struct value *value);
void vm_heartbeat(const struct value *value);
const char *heartbeat_word(const struct object *vm);
void extra_config_members(const struct value *value, const char *element);

#endif
