/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "truth.h"

#include <stdio.h>
#include <string.h>

#include "history.h"
#include "truth_host.h"
#include "truth_parts.h"

void truth_json_text(struct buf *out, const char *text)
{
    buf_char(out, '"');
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            buf_printf(out, "\\%c", c);
        else if (c < 0x20)
            buf_printf(out, "\\u%04x", c);
        else
            buf_char(out, (char)c);
    }
    buf_char(out, '"');
}

static void member(struct buf *out, const char *name, const char *text)
{
    buf_printf(out, ",\"%s\":", name);
    truth_json_text(out, text);
}

/* A quantity is an object of its forms; vCPUs are a list, other instances an object by name. */
static void close_form(struct truth_json *json)
{
    if (!*json->form || !json->listed)
        return;
    buf_char(json->out, strcmp(json->form, "vcpu") ? '}' : ']');
    json->listed = false;
}

static void open_form(struct truth_json *json, const char *form, bool listed)
{
    close_form(json);
    buf_printf(json->out, "%s\"%s\":", *json->form ? "," : "", form);
    if (listed)
        buf_char(json->out, strcmp(form, "vcpu") ? '{' : '[');
    snprintf(json->form, sizeof json->form, "%s", form);
    json->listed = listed;
}

static void open_quantity(struct truth_json *json, const char *quantity)
{
    bool first = !*json->quantity;
    truth_json_end(json);
    buf_printf(json->out, "%s\"%s\":{", first ? "" : ",", quantity);
    snprintf(json->quantity, sizeof json->quantity, "%s", quantity);
}

void truth_json_value(void *ctx, const char *quantity, const char *form, const char *instance,
                      double value)
{
    struct truth_json *json = ctx;
    if (strcmp(quantity, json->quantity) != 0)
        open_quantity(json, quantity);
    if (strcmp(form, json->form) != 0)
        open_form(json, form, instance);
    else
        buf_char(json->out, ',');
    if (instance && strcmp(form, "vcpu") != 0) {
        truth_json_text(json->out, instance);
        buf_char(json->out, ':');
    }
    buf_printf(json->out, "%.15g", value);
}

void truth_json_end(struct truth_json *json)
{
    close_form(json);
    if (*json->quantity)
        buf_char(json->out, '}');
    *json->quantity = *json->form = '\0';
}

void truth_each(const struct vm_sample *sample, truth_fn *tell, void *ctx)
{
    truth_cpu(sample, tell, ctx);
    truth_memory(sample, tell, ctx);
    truth_disk(sample, tell, ctx);
    truth_network(sample, tell, ctx);
    truth_guest(sample, tell, ctx);
}

void truth_sample(const struct vm_sample *sample, struct buf *out)
{
    struct truth_json json = {.out = out};
    truth_each(sample, truth_json_value, &json);
    truth_json_end(&json);
}

static const char *name_above(const struct world *w, uint32_t vm, enum kind kind)
{
    const struct object *o = world_above(w, vm, kind);
    return o ? o->name : "";
}

static void write_labels(struct world *w, uint32_t vm, struct buf *out)
{
    char moid[MOID_TEXT], uuid[UUID_TEXT];
    const struct object *o = &w->objects[vm];
    buf_printf(out, "\"moid\":\"%s\"", world_moid(w, vm, moid));
    member(out, "name", o->name);
    member(out, "host", name_above(w, vm, KIND_HOST));
    member(out, "cluster", name_above(w, vm, KIND_CLUSTER));
    member(out, "datacenter", name_above(w, vm, KIND_DATACENTER));
    member(out, "uuid", world_uuid(w, o, uuid));
    member(out, "scenario", o->scenario->name);
    buf_printf(out, ",\"vcpus\":%d,\"on\":%s", world_present(o)->cpus,
               world_present(o)->on ? "true" : "false");
}

static int write_vm(struct world *w, uint32_t vm, int64_t from_ms, int64_t to_ms, struct buf *out)
{
    struct history history;
    int rc = history_load(w, vm, from_ms, to_ms, SIZE_MAX, &history);
    buf_char(out, '{');
    pthread_mutex_lock(&w->lock);
    write_labels(w, vm, out);
    pthread_mutex_unlock(&w->lock);
    buf_str(out, ",\"samples\":[");
    for (size_t i = 0; i < history.n && !rc; i++) {
        char iso[ISO_TEXT];
        struct server_time time = {history.samples[i].time_ms};
        buf_printf(out, "%s{\"time\":\"%s\",", i ? "," : "", clock_iso(time, iso));
        truth_sample(&history.samples[i], out);
        buf_char(out, '}');
    }
    buf_str(out, "]}");
    history_free(&history);
    return rc;
}

int truth_write(struct world *w, int64_t from_ms, int64_t to_ms, const char *moid, struct buf *out)
{
    pthread_mutex_lock(&w->lock);
    uint32_t first = w->first[KIND_VM], end = w->nobjects;
    const struct object *only = moid ? world_find(w, moid) : NULL;
    bool host = only && only->kind == KIND_HOST, vm = only && only->kind == KIND_VM;
    if (only) {
        first = world_index(w, only);
        end = first + vm;
    }
    pthread_mutex_unlock(&w->lock);
    if (moid && !host && !vm)
        return -1;
    int rc = 0;
    bool comma = false;
    buf_printf(out, "{\"interval\":%d,\"vms\":[", SLOT_MS / 1000);
    for (uint32_t i = first; i < end && !rc; i++) {
        pthread_mutex_lock(&w->lock);
        bool gone = w->objects[i].gone;
        pthread_mutex_unlock(&w->lock);
        if (gone)
            continue;
        if (comma)
            buf_char(out, ',');
        comma = true;
        rc = write_vm(w, i, from_ms, to_ms, out);
    }
    buf_str(out, "],\"hosts\":");
    rc = rc ? rc : truth_hosts_write(w, from_ms, to_ms, moid, out);
    buf_str(out, "}\n");
    return rc || !buf_ok(out) ? -1 : 0;
}
