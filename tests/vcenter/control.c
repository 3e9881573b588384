/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 *     {"op":"power","moid":"vm-5","state":"off"|"on"}
 *     {"op":"rename","moid":"vm-5","name":"new"}            any object of the inventory
 *     {"op":"move","moid":"vm-5","host":"host-2"}
 *     {"op":"cpus","moid":"vm-5","cpus":4}
 *     {"op":"create","name":"new","host":"host-1","cpus":2,"scenario":"quiet"}   -> "moid"
 *     {"op":"remove","moid":"vm-5"}
 *     {"op":"scenario","moid":"vm-5","scenario":"snapshot"}  from now on; any but noisy-neighbour
 *     {"op":"disk_add","moid":"vm-5"}                        a virtual disk, at most 8
 *     {"op":"tools","moid":"vm-5","status":"guestToolsNotRunning"}
 *     {"op":"guestinfo","moid":"vm-5","text":"vstrata1 ..."}  guestinfo.vstrata; null: it is unset;
 *                                                no "text": as the VM does it by itself (--guest)
 *     {"op":"fault","latency_ms":N,"drop":0.1,"status":503,"truncate":true,"match":"text",
 *      "count":N,"expire_sessions":true,"missing_permille":N,"hide_counter":"cpu.used.summation"}
 *
 * A fault replaces the one before; {"op":"fault"} alone puts everything right again.
 */
#include "control.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "disk.h"
#include "publish.h"
#include "truth.h"

struct order {
    struct server *server;
    const json_t *json;
    struct buf *out; /* members of the answer, each after a comma */
    const char *error;
};

static bool refuse(struct order *o, const char *why)
{
    o->error = why;
    return false;
}

static const char *text_of(const struct order *o, const char *name)
{
    const char *text = json_string_value(json_object_get(o->json, name));
    return text ? text : "";
}

static int64_t int_of(const struct order *o, const char *name, int64_t missing)
{
    const json_t *value = json_object_get(o->json, name);
    return json_is_integer(value) ? json_integer_value(value) : missing;
}

static struct object *object_of(struct order *o, const char *name)
{
    return world_find(&o->server->world, text_of(o, name));
}

static struct object *vm_of(struct order *o)
{
    struct object *vm = object_of(o, "moid");
    return vm && vm->kind == KIND_VM ? vm : NULL;
}

static bool changed(struct order *o, struct object *vm, struct epoch to)
{
    return world_change(&o->server->world, vm, to) || refuse(o, "out of memory");
}

static bool power(struct order *o)
{
    struct object *vm = vm_of(o);
    const char *state = text_of(o, "state");
    if (!vm)
        return refuse(o, "moid: no such VM");
    if (strcmp(state, "on") != 0 && strcmp(state, "off") != 0)
        return refuse(o, "state: on or off");
    struct epoch to = *world_present(vm);
    to.on = !strcmp(state, "on");
    return changed(o, vm, to);
}

static bool rename_object(struct order *o)
{
    struct object *object = object_of(o, "moid");
    if (!object)
        return refuse(o, "moid: no such object");
    return world_rename(&o->server->world, object, text_of(o, "name")) ||
           refuse(o, "name: empty or too long");
}

static bool move(struct order *o)
{
    struct object *vm = vm_of(o);
    const struct object *host = object_of(o, "host");
    if (!vm)
        return refuse(o, "moid: no such VM");
    if (!host || host->kind != KIND_HOST)
        return refuse(o, "host: no such host");
    struct epoch to = *world_present(vm);
    to.host = world_index(&o->server->world, host);
    return changed(o, vm, to);
}

static bool cpus(struct order *o)
{
    struct object *vm = vm_of(o);
    int64_t n = int_of(o, "cpus", 0);
    if (!vm)
        return refuse(o, "moid: no such VM");
    if (n < 1 || n > VCPUS_MAX)
        return refuse(o, "cpus: 1 to 128");
    struct epoch to = *world_present(vm);
    to.cpus = (uint16_t)n;
    return changed(o, vm, to);
}

static bool create(struct order *o)
{
    struct world *w = &o->server->world;
    const struct object *host = object_of(o, "host");
    const char *name = text_of(o, "scenario");
    const struct scenario *scenario = *name ? scenario_find(name) : scenario_at(0);
    int64_t n = int_of(o, "cpus", 2);
    if (!*text_of(o, "host"))
        host = &w->objects[w->first[KIND_HOST]];
    if (!host || host->kind != KIND_HOST)
        return refuse(o, "host: no such host");
    if (!scenario)
        return refuse(o, "scenario: no such scenario");
    if (n < 1 || n > VCPUS_MAX)
        return refuse(o, "cpus: 1 to 128");
    struct object *vm;
    if (!world_create(w, text_of(o, "name"), world_index(w, host), (int)n, scenario, &vm))
        return refuse(o, "name: empty or too long, or there is no room for more VMs");
    char moid[MOID_TEXT];
    buf_printf(o->out, ",\"moid\":\"%s\"", world_moid(w, world_index(w, vm), moid));
    return true;
}

static bool remove_vm(struct order *o)
{
    struct object *vm = vm_of(o);
    if (!vm)
        return refuse(o, "moid: no such VM");
    return world_remove(&o->server->world, vm) || refuse(o, "out of memory");
}

static bool change_scenario(struct order *o)
{
    struct object *vm = vm_of(o);
    const struct scenario *scenario = scenario_find(text_of(o, "scenario"));
    if (!vm)
        return refuse(o, "moid: no such VM");
    if (!scenario || scenario == scenario_noisy || vm->bully)
        return refuse(o, "scenario: no such scenario, or it needs a whole host");
    struct epoch to = *world_present(vm);
    to.scenario = scenario;
    return changed(o, vm, to);
}

static bool disk_add(struct order *o)
{
    struct object *vm = vm_of(o);
    struct disk_place places[DISKS_MAX];
    if (!vm)
        return refuse(o, "moid: no such VM");
    struct epoch to = *world_present(vm);
    struct vm_body body = world_body(&o->server->world, vm, &to);
    if (disk_places(&body, places) == DISKS_MAX)
        return refuse(o, "moid: it has as many disks as it can");
    to.disks_added++;
    return changed(o, vm, to);
}

static bool tools(struct order *o)
{
    static const char *const words[] = {
        [TOOLS_RUNNING] = "guestToolsRunning",
        [TOOLS_EXECUTING_SCRIPTS] = "guestToolsExecutingScripts",
        [TOOLS_NOT_RUNNING] = "guestToolsNotRunning",
    };
    struct object *vm = vm_of(o);
    if (!vm)
        return refuse(o, "moid: no such VM");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strcmp(words[i], text_of(o, "status"))) {
            world_set_tools(&o->server->world, vm, (enum tools)i);
            return true;
        }
    return refuse(o, "status: guestToolsRunning, -ExecutingScripts or -NotRunning");
}

static bool guestinfo(struct order *o)
{
    struct world *w = &o->server->world;
    struct object *vm = vm_of(o);
    const json_t *text = json_object_get(o->json, "text");
    if (!vm)
        return refuse(o, "moid: no such VM");
    if (!text) {
        publish_untell(w, vm);
        return true;
    }
    if (!json_is_string(text) && !json_is_null(text))
        return refuse(o, "text: a text or null");
    return publish_tell(w, vm, json_string_value(text)) ||
           refuse(o, "text: too long, or it has control characters");
}

static bool fault(struct order *o)
{
    struct server *server = o->server;
    struct catalogue *catalogue = &server->world.catalogue;
    const char *hide = text_of(o, "hide_counter"), *match = text_of(o, "match");
    int row = *hide ? catalogue_find_name(hide) : -1;
    if (*hide && row < 0)
        return refuse(o, "hide_counter: no such counter");
    if (strlen(match) >= MATCH_TEXT)
        return refuse(o, "match: too long");
    struct server_faults faults = {.latency_ms = (int)int_of(o, "latency_ms", 0),
                                   .drop = json_number_value(json_object_get(o->json, "drop")),
                                   .status = (int)int_of(o, "status", 0),
                                   .truncate = json_is_true(json_object_get(o->json, "truncate")),
                                   .count = int_of(o, "count", -1)};
    if (faults.status && (faults.status < 200 || faults.status > 599))
        return refuse(o, "status: 200 to 599");
    snprintf(faults.match, sizeof faults.match, "%s", match);
    server->faults = faults;
    server->world.missing_permille = (int)int_of(o, "missing_permille", 0);
    memset(catalogue->hidden, 0, sizeof catalogue->hidden);
    if (row >= 0)
        catalogue->hidden[row] = true;
    if (json_is_true(json_object_get(o->json, "expire_sessions")))
        session_close_all(server);
    return true;
}

static bool obey(struct order *o)
{
    static const struct {
        const char *op;
        bool (*run)(struct order *order);
    } ops[] = {{"power", power},        {"rename", rename_object},
               {"move", move},          {"cpus", cpus},
               {"create", create},      {"remove", remove_vm},
               {"fault", fault},        {"scenario", change_scenario},
               {"disk_add", disk_add},  {"tools", tools},
               {"guestinfo", guestinfo}};
    const char *op = text_of(o, "op");
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
        if (!strcmp(ops[i].op, op))
            return ops[i].run(o);
    return refuse(
        o, "op: power, rename, move, cpus, create, remove, scenario, disk_add, tools, guestinfo or "
           "fault");
}

int control_answer(struct server *server, const char *text, size_t n, struct buf *out)
{
    json_error_t error;
    json_t *json = json_loadb(text, n, JSON_REJECT_DUPLICATES, &error);
    struct order order = {.server = server, .json = json, .out = out};
    bool ok = false;
    buf_str(out, "{\"ok\":true");
    if (json_is_object(json)) {
        pthread_mutex_lock(&server->world.lock);
        ok = obey(&order);
        pthread_mutex_unlock(&server->world.lock);
    } else
        order.error = "not a JSON object";
    json_decref(json);
    if (ok) {
        buf_str(out, "}\n");
        return 200;
    }
    buf_clear(out);
    buf_str(out, "{\"error\":");
    truth_json_text(out, order.error);
    buf_str(out, "}\n");
    return 400;
}
