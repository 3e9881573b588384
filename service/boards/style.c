/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "boards/style.h"

#include <stdio.h>
#include <string.h>

#include "layers/reason.h"
#include "layers/verdict.h"

enum { KEY = 12 };

#define AMBER "#f7b84a"
#define MAGENTA "#c262a5"
#define PALE_BLUE "#a3cbf0"
#define PALE_GREEN "#8adccc"

static const char *const layers[LAYER_COUNT] = {
    [LAYER_NONE] = COLOR_LINE,    [LAYER_QUEUE] = "#dcb8f0", [LAYER_USAGE] = "#4b93d6",
    [LAYER_OVERHEAD] = "#1f8271", [LAYER_UNMET] = "#ee6a35", [LAYER_IDLE] = COLOR_NONE};

/* Parts that stand beside others of their layer. */
static const struct {
    enum quantity quantity;
    const char *color;
} parts[] = {
    {Q_CPU_WORLDS, PALE_GREEN},
    {Q_CPU_LIMIT, AMBER},
    {Q_CPU_COSTOP, MAGENTA},
    {Q_CPU_OVERLAP, "#f4e38a"},
    {Q_CPU_SWAPWAIT, "#a03a48"},
    {Q_CPU_OTHERWAIT, "#b795a6"},
    {Q_CPU_GUEST_CPU, "#f4e38a"},
    {Q_MEM_BALLOONED, AMBER},
    {Q_MEM_COMPRESSED, MAGENTA},
    {Q_MEM_DECOMPRESSION, MAGENTA},
    {Q_MEM_HOST_CACHE_IN, AMBER},
    {Q_MEM_CONTENTION, COLOR_BAD},
    {Q_MEM_CONSUMED, PALE_BLUE},
    {Q_MEM_GUEST_NEEDED, "#f4e38a"},
    {Q_MEM_PAGE_OUT, "#93a7d8"},
    {Q_DISK_WRITES, PALE_BLUE},
    {Q_DISK_WRITE_RATE, PALE_BLUE},
    {Q_DISK_SNAPSHOT_WRITES, PALE_GREEN},
    {Q_DISK_SNAPSHOT_WRITE_RATE, PALE_GREEN},
    {Q_DISK_OUTSTANDING_WRITES, AMBER},
    {Q_NET_TRANSMITTED, PALE_BLUE},
    {Q_NET_DRIVER_DROPS, "#93a7d8"},
    {Q_HOST_CORE_UTILIZATION, PALE_BLUE},
    {Q_HOST_UTILIZATION, "#93a7d8"},
    {Q_HOST_COSTOP, MAGENTA},
    {Q_HOST_LATENCY, "#a03a48"},
    {Q_HOST_MEM_BALLOONED, AMBER},
    {Q_HOST_MEM_COMPRESSED, MAGENTA},
    {Q_HOST_MEM_SWAPOUT, AMBER},
    {Q_QUALITY_EXPECTED, COLOR_NONE},
    {Q_QUALITY_RECEIVED, "#4b93d6"},
    {Q_QUALITY_MISSING, AMBER},
    {Q_QUALITY_LATE, MAGENTA},
    {Q_QUALITY_REFUSED_IDENTITY, "#ee6a35"},
    {Q_QUALITY_REFUSED_SHAPE, "#a03a48"},
    {Q_QUALITY_INCOMPLETE, "#f4e38a"},
    {Q_QUALITY_SILENT, "#ee6a35"},
    {Q_QUALITY_LEFT_OUT, "#a03a48"},
};

const char *style_unit(const struct quantity_info *info)
{
    static const char *const units[] = {
        [UNIT_RATIO] = "percentunit",
        [UNIT_HERTZ] = "hertz",
        [UNIT_COUNT] = "short",
        [UNIT_CODE] = "none",
        [UNIT_BYTES] = "bytes",
        [UNIT_BYTES_PER_SECOND] = "Bps",
        [UNIT_SECONDS] = "s",
        [UNIT_OPERATIONS] = "short",
        [UNIT_OPERATIONS_PER_SECOND] = "ops",
        [UNIT_PACKETS_PER_SECOND] = "pps",
    };
    if (info->unit == UNIT_OPERATIONS_PER_SECOND && strcmp(info->resource, "disk") == 0)
        return "iops";
    return units[info->unit];
}

const char *style_layer(enum layer layer)
{
    return layers[layer];
}

const char *style_color(const struct quantity_info *info)
{
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i].quantity == info->id)
            return parts[i].color;
    return layers[info->layer];
}

/* ---- codes ---- */

bool style_has_words(const struct quantity_info *info)
{
    return info->kind == KIND_STATUS || info->id == Q_ALL_VERDICT_CODE;
}

bool style_place_judged(int place)
{
    for (enum verdict_rule rule = 0; rule < RULE_COUNT; rule++) {
        const struct verdict_rule_info *info = verdict_rule(rule);
        if ((int)info->resource * VERDICT_LAYERS + (int)(info->layer - LAYER_QUEUE) == place)
            return true;
    }
    return false;
}

static enum layer layer_of(int place)
{
    return (enum layer)(LAYER_QUEUE + place % VERDICT_LAYERS);
}

const char *style_place_color(int place)
{
    return layers[layer_of(place)];
}

const char *style_place_words(int place)
{
    static const char *const words[VERDICT_PLACES] = {
        "CPU queue (A)",     "CPU usage (B)",     "CPU overhead (C)",     "CPU unmet (D)",
        "Memory queue (A)",  "Memory usage (B)",  "Memory overhead (C)",  "Memory unmet (D)",
        "Disk queue (A)",    "Disk usage (B)",    "Disk overhead (C)",    "Disk unmet (D)",
        "Network queue (A)", "Network usage (B)", "Network overhead (C)", "Network unmet (D)"};
    return words[place];
}

static void mapping(struct json_tree *json, int code, const char *text, const char *color)
{
    char key[KEY];
    snprintf(key, sizeof key, "%d", code);
    json_object(json, key);
    json_text(json, "color", color);
    json_number(json, "index", code);
    json_text(json, "text", text);
    json_object_end(json);
}

static void places(struct json_tree *json)
{
    mapping(json, CODE_NOTHING, "nothing hurts", COLOR_GOOD);
    for (int place = 0; place < VERDICT_PLACES; place++)
        mapping(json, place + 1, style_place_words(place), style_place_color(place));
    mapping(json, CODE_UNKNOWN, "not known", COLOR_NONE);
}

static void reasons(struct json_tree *json)
{
    static const char *const colors[] = {
        [STATUS_OK] = COLOR_GOOD, [STATUS_PARTIAL] = COLOR_WARN, [STATUS_UNAVAILABLE] = COLOR_NONE};
    for (int code = 0; code < REASON_COUNT; code++) {
        const struct reason_info *info = reason_info(code);
        mapping(json, code, info->text, colors[info->status]);
    }
}

void style_mappings(struct json_tree *json, const char *key, const struct quantity_info *info)
{
    json_list(json, key);
    if (style_has_words(info)) {
        json_object(json, NULL);
        json_text(json, "type", "value");
        json_object(json, "options");
        if (info->kind == KIND_STATUS)
            reasons(json);
        else
            places(json);
        json_object_end(json);
        json_object_end(json);
    }
    json_list_end(json);
}
