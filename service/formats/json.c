/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "formats/json.h"

#include <string.h>

#include "base/caps.h"
#include "formats/utf8.h"
#include "layers/reason.h"

static void control(struct buf *out, unsigned char c)
{
    static const char short_forms[] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r',
    };
    static const char hex[] = "0123456789abcdef";
    if (c < sizeof short_forms && short_forms[c]) {
        char text[2] = {'\\', short_forms[c]};
        buf_add(out, text, sizeof text);
    } else {
        char text[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
        buf_add(out, text, sizeof text);
    }
}

/* Bytes at the front of text that need no escape. */
static size_t plain(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t n = 0;
    while (s[n] >= 0x20 && s[n] < 0x7f && s[n] != '"' && s[n] != '\\')
        n++;
    return n;
}

void json_string(struct buf *out, const char *text)
{
    buf_char(out, '"');
    for (size_t n; *text; text += n) {
        n = plain(text);
        if (n) {
            buf_add(out, text, n);
            continue;
        }
        unsigned char c = (unsigned char)*text;
        n = utf8_length(text);
        if (n == 0) {
            n = 1;
            buf_str(out, "\xEF\xBF\xBD"); /* U+FFFD */
        } else if (n > 1) {
            buf_add(out, text, n);
        } else if (c == '"' || c == '\\') {
            buf_char(out, '\\');
            buf_char(out, (char)c);
        } else {
            control(out, c);
        }
    }
    buf_char(out, '"');
}

/* The entity's labels under the names that programs read; the VM's is "name". */
static void labels(struct buf *out, const struct entity *entity)
{
    static const enum entity_label order[] = {LABEL_VCENTER,    LABEL_MOID,    LABEL_VM,
                                              LABEL_DATACENTER, LABEL_CLUSTER, LABEL_HOST,
                                              LABEL_UUID};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        enum entity_label label = order[i];
        buf_char(out, i ? ',' : '{');
        json_string(out, label == LABEL_VM ? "name" : entity_label_name(label));
        buf_char(out, ':');
        json_string(out, entity->label[label]);
    }
    if (*entity->label[LABEL_KIND]) {
        buf_str(out, ",\"kind\":");
        json_string(out, entity->label[LABEL_KIND]);
    }
}

/* ,"cpu.ready.worst": */
static void key(struct buf *out, const struct quantity_info *info, enum form form)
{
    buf_str(out, ",\"");
    buf_str(out, info->name);
    if (form != FORM_TOTAL) {
        buf_char(out, '.');
        buf_str(out, form_name(info, form));
    }
    buf_str(out, "\":");
}

/* The vCPUs of one quantity from values[i] on, as an array; a vCPU without a value is null.
 * Returns the index behind them. */
static uint32_t vcpus(struct buf *out, const struct layer_value *values, uint32_t i, uint32_t n)
{
    const unsigned quantity = values[i].quantity;
    const struct quantity_info *info = quantity_info((enum quantity)quantity);
    const char *comma = "";
    key(out, info, FORM_INSTANCE);
    buf_char(out, '[');
    for (unsigned next = 0; i < n && values[i].quantity == quantity; next++) {
        if (values[i].form != FORM_INSTANCE || values[i].instance < next)
            break;
        buf_str(out, comma);
        comma = ",";
        if (values[i].instance == next)
            quantity_write(out, info, values[i++].ticks);
        else
            buf_str(out, "null");
    }
    buf_char(out, ']');
    return i;
}

/* The instances of one quantity from values[i] on, as an object by their names. Returns the index
 * behind them. */
static uint32_t instances(struct buf *out, const struct entity *entity,
                          const struct layer_value *values, uint32_t i, uint32_t n)
{
    const unsigned quantity = values[i].quantity;
    const struct quantity_info *info = quantity_info((enum quantity)quantity);
    const enum instance_kind kind = quantity_instances(info);
    char open = '{';
    key(out, info, FORM_INSTANCE);
    for (; i < n && values[i].quantity == quantity && values[i].form == FORM_INSTANCE; i++) {
        buf_char(out, open);
        open = ',';
        buf_char(out, '"'); /* instance names are of letters, digits, ':', '.', '_' and '-' */
        instance_write(out, kind, values[i].instance, entity);
        buf_str(out, "\":");
        quantity_write(out, info, values[i].ticks);
    }
    buf_char(out, '}');
    return i;
}

static void quantities(struct buf *out, const struct entity *entity,
                       const struct layer_value *values, uint32_t n)
{
    for (uint32_t i = 0; i < n;) {
        const struct quantity_info *info = quantity_info((enum quantity)values[i].quantity);
        if (!info || info->kind == KIND_STATUS || values[i].form >= FORM_COUNT) {
            i++;
        } else if (values[i].form != FORM_INSTANCE) {
            key(out, info, (enum form)values[i].form);
            quantity_write(out, info, values[i].ticks);
            i++;
        } else if (quantity_instances(info) == INSTANCE_VCPU) {
            i = vcpus(out, values, i, n);
        } else {
            i = instances(out, entity, values, i, n);
        }
    }
}

/* Up to the next tab or the end of the line. */
static void device_text(struct buf *out, struct buf *scratch, const char **at)
{
    size_t n = strcspn(*at, "\t\n");
    buf_clear(scratch);
    buf_add(scratch, *at, n);
    buf_char(scratch, '\0');
    json_string(out, buf_ok(scratch) ? scratch->data : "");
    *at += n;
    *at += **at == '\t';
}

/* ,"devices":{"scsi0:0":["Hard disk 1","datastore1"],"12345":["jvm.heap_used"]} */
static void devices(struct buf *out, const char *at)
{
    struct buf scratch;
    buf_init(&scratch, CAP_DEVICE_NAMES);
    buf_str(out, ",\"devices\":{");
    for (const char *comma = ""; *at; comma = ",") {
        buf_str(out, comma);
        device_text(out, &scratch, &at);
        buf_str(out, ":[");
        for (const char *next = ""; *at && *at != '\n'; next = ",") {
            buf_str(out, next);
            device_text(out, &scratch, &at);
        }
        buf_char(out, ']');
        at += *at == '\n';
    }
    buf_char(out, '}');
    buf_free(&scratch);
}

/* "queue":{"status":"unavailable","reason":"no guest source"} */
static void status(struct buf *out, const struct quantity_info *info, int64_t code)
{
    const struct reason_info *reason = reason_info(code);
    json_string(out, info->layer == LAYER_NONE ? "all" : layer_name(info->layer));
    buf_str(out, ":{\"status\":");
    json_string(out, status_name(reason->status));
    buf_str(out, ",\"reason\":");
    json_string(out, reason->text);
    buf_char(out, '}');
}

/* ,"status":{"cpu":{"queue":{...},"usage":{...}},"mem":{...}}: values come in catalogue order, so
 * the statuses of a resource are neighbours. That of a host has no layer: {"host":{"all":{...}}}.
 */
static void statuses(struct buf *out, const struct layer_value *values, uint32_t n)
{
    const char *resource = NULL;
    buf_str(out, ",\"status\":{");
    for (uint32_t i = 0; i < n; i++) {
        const struct quantity_info *info = quantity_info((enum quantity)values[i].quantity);
        if (!info || info->kind != KIND_STATUS)
            continue;
        if (resource && strcmp(resource, info->resource) == 0) {
            buf_char(out, ',');
        } else {
            buf_str(out, resource ? "},\"" : "\"");
            buf_str(out, info->resource);
            buf_str(out, "\":{");
            resource = info->resource;
        }
        status(out, info, values[i].ticks);
    }
    buf_str(out, resource ? "}}" : "}");
}

void json_row(struct buf *out, const struct row_batch *batch, const struct layer_row *row)
{
    char iso[ISO_TEXT];
    const struct layer_value *values = row->count ? batch->values + row->first : NULL;
    labels(out, row->entity);
    buf_str(out, ",\"time\":");
    json_string(out, clock_iso(row->time, iso));
    buf_str(out, ",\"interval\":");
    buf_int(out, row->interval_s);
    quantities(out, row->entity, values, row->count);
    if (*row->entity->label[LABEL_DEVICES])
        devices(out, row->entity->label[LABEL_DEVICES]);
    statuses(out, values, row->count);
    buf_char(out, '}');
}
