/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What the guest tells: by Tools, and in the extra configuration, whose one entry that matters here
 * has an entry of its own in the table of properties.
 */
#include <stdio.h>
#include <string.h>

#include "guest.h"
#include "noise.h"
#include "property.h"
#include "publish.h"
#include "xml.h"

/* Without Tools, or off, most of GuestInfo is not set. */
static bool tools_talk(const struct object *vm)
{
    return world_present(vm)->on && vm->tools != TOOLS_NOT_RUNNING;
}

static const char *running_word(const struct object *vm)
{
    static const char *const words[] = {
        [TOOLS_RUNNING] = "guestToolsRunning",
        [TOOLS_EXECUTING_SCRIPTS] = "guestToolsExecutingScripts",
        [TOOLS_NOT_RUNNING] = "guestToolsNotRunning",
    };
    return words[tools_talk(vm) ? vm->tools : TOOLS_NOT_RUNNING];
}

/* Many Linux guests have the distribution's own. */
static const char *version_word(const struct value *v)
{
    uint64_t key = noise_key(v->server->world.options.seed, v->object->number);
    return noise_unit(key) < 0.4 ? "guestToolsUnmanaged" : "guestToolsCurrent";
}

const char *heartbeat_word(const struct object *vm)
{
    return tools_talk(vm) ? "green" : "gray";
}

void vm_tools_running(const struct value *v)
{
    value_text(v, "xsd:string", running_word(v->object));
}

void vm_tools_version(const struct value *v)
{
    value_text(v, "xsd:string", version_word(v));
}

void vm_heartbeat(const struct value *v)
{
    value_text(v, "ManagedEntityStatus", heartbeat_word(v->object));
}

static void disk_elements(const struct value *v, const char *element)
{
    struct guest_volume volumes[DISKS_MAX];
    struct vm_body body = world_body(&v->server->world, v->object, world_present(v->object));
    int n = tools_talk(v->object) ? guest_volumes(&body, volumes) : 0;
    for (int i = 0; i < n; i++) {
        char path[32] = "/";
        if (i)
            snprintf(path, sizeof path, "/data%d", i);
        buf_printf(v->out, "<%s>", element);
        xml_element(v->out, "diskPath", path);
        xml_element_int(v->out, "capacity", volumes[i].capacity);
        xml_element_int(v->out, "freeSpace", volumes[i].free);
        buf_printf(v->out, "</%s>", element);
    }
}

void vm_guest_disks(const struct value *v)
{
    if (!tools_talk(v->object))
        return;
    value_open(v, "ArrayOfGuestDiskInfo");
    disk_elements(v, "GuestDiskInfo");
    value_close(v);
}

void vm_guest(const struct value *v)
{
    bool on = world_present(v->object)->on;
    value_open(v, "GuestInfo");
    xml_element(v->out, "toolsStatus", tools_talk(v->object) ? "toolsOk" : "toolsNotRunning");
    xml_element(v->out, "toolsVersionStatus2", version_word(v));
    xml_element(v->out, "toolsRunningStatus", running_word(v->object));
    if (tools_talk(v->object)) {
        buf_str(v->out, "<hostName>");
        value_name(v->out, v->object->name);
        buf_str(v->out, "</hostName>");
    }
    disk_elements(v, "disk");
    xml_element(v->out, "guestState", on ? "running" : "notRunning");
    value_close(v);
}

/* ---- extra configuration ---- */

static void option_value(const struct value *v, const char *element, const char *key,
                         const char *text)
{
    if (element)
        buf_printf(v->out, "<%s xsi:type=\"OptionValue\">", element);
    xml_element(v->out, "key", key);
    buf_str(v->out, "<value xsi:type=\"xsd:string\">");
    xml_escape(v->out, text);
    buf_str(v->out, "</value>");
    if (element)
        buf_printf(v->out, "</%s>", element);
}

/* The text that is published; it may hold any bytes that XML can carry. */
static const char *published(const struct value *v, struct buf *text)
{
    buf_init(text, 16 * (size_t)GUEST_TEXT_MAX);
    bool any = publish_text(&v->server->world, v->object, text);
    return any && buf_ok(text) ? text->len ? text->data : "" : NULL;
}

void extra_config_members(const struct value *v, const char *element)
{
    static const struct {
        const char *key, *value;
    } usual[] = {
        {"nvram", "vm.nvram"},
        {"pciBridge0.present", "TRUE"},
        {"svga.present", "TRUE"},
        {"hpet0.present", "TRUE"},
        {"viv.moid", "simulated"},
        {"disk.EnableUUID", "TRUE"},
        {"vmware.tools.internalversion", "12389"},
        {"vmware.tools.requiredversion", "12389"},
        {"migrate.hostLogState", "none"},
        {"migrate.migrationId", "0"},
        {"scsi0.pciSlotNumber", "160"},
        {"ethernet0.pciSlotNumber", "192"},
        {"monitor.phys_bits_used", "45"},
        {"softPowerOff", "FALSE"},
        {"tools.guest.desktop.autolock", "FALSE"},
        {"guestinfo.hostname", "guest <&> host"},
    };
    struct buf text;
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        option_value(v, element, usual[i].key, usual[i].value);
    const char *told = published(v, &text);
    if (told)
        option_value(v, element, GUESTINFO_KEY, told);
    buf_free(&text);
}

void vm_extra_config(const struct value *v)
{
    value_open(v, "ArrayOfOptionValue");
    extra_config_members(v, "OptionValue");
    value_close(v);
}

void vm_guestinfo(const struct value *v)
{
    struct buf text;
    const char *told = published(v, &text);
    if (told) {
        value_open(v, "OptionValue");
        option_value(v, NULL, GUESTINFO_KEY, told);
        value_close(v);
    }
    buf_free(&text);
}
