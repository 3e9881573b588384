/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The options of each kind of panel, as Grafana's schema has them.
 */
#include <stdio.h>

#include "boards/panel.h"
#include "boards/style.h"

static void legend(struct json_tree *json, bool shown, bool table)
{
    json_object(json, "legend");
    json_list(json, "calcs");
    if (table) {
        json_text(json, NULL, "mean");
        json_text(json, NULL, "max");
    }
    json_list_end(json);
    json_text(json, "displayMode", table ? "table" : "list");
    json_text(json, "placement", "bottom");
    json_flag(json, "showLegend", shown);
    json_object_end(json);
}

static void tooltip(struct json_tree *json)
{
    json_object(json, "tooltip");
    json_text(json, "mode", "multi");
    json_text(json, "sort", "desc");
    json_object_end(json);
}

static void newest(struct json_tree *json)
{
    json_object(json, "reduceOptions");
    json_list(json, "calcs");
    json_text(json, NULL, "lastNotNull");
    json_list_end(json);
    json_text(json, "fields", "");
    json_flag(json, "values", false);
    json_object_end(json);
}

static void over_time(const struct drawing *d)
{
    legend(d->json, true, d->panel->by != NULL);
    tooltip(d->json);
}

static void states(const struct drawing *d)
{
    json_text(d->json, "alignValue", "left");
    json_flag(d->json, "mergeValues", true);
    json_raw(d->json, "rowHeight", "0.9");
    json_text(d->json, "showValue", "auto");
    legend(d->json, false, false);
    tooltip(d->json);
}

static void table(const struct drawing *d)
{
    json_text(d->json, "cellHeight", "sm");
    json_number(d->json, "frameIndex", 0);
    json_flag(d->json, "showHeader", true);
    json_list(d->json, "sortBy");
    json_object(d->json, NULL);
    json_flag(d->json, "desc", true);
    struct buf title;
    buf_init(&title, 200);
    query_legend(&title, &d->queries[0]);
    json_text(d->json, "displayName", text_of(&title));
    buf_free(&title);
    json_object_end(d->json);
    json_list_end(d->json);
}

static void stat(const struct drawing *d)
{
    json_text(d->json, "colorMode", "value");
    json_text(d->json, "graphMode", "none");
    json_text(d->json, "justifyMode", "auto");
    json_text(d->json, "orientation", "auto");
    json_text(d->json, "percentChangeColorMode", "standard");
    newest(d->json);
    json_flag(d->json, "showPercentChange", false);
    json_text(d->json, "textMode", d->nqueries > 1 ? "value_and_name" : "auto");
    json_flag(d->json, "wideLayout", true);
}

static void bars(const struct drawing *d)
{
    json_text(d->json, "displayMode", "basic");
    legend(d->json, false, false);
    json_number(d->json, "maxVizHeight", 300);
    json_number(d->json, "minVizHeight", 16);
    json_number(d->json, "minVizWidth", 8);
    json_text(d->json, "namePlacement", "auto");
    json_text(d->json, "orientation", "horizontal");
    newest(d->json);
    json_flag(d->json, "showUnfilled", true);
    json_text(d->json, "sizing", "auto");
    json_text(d->json, "valueMode", "color");
}

void panel_options(const struct drawing *d)
{
    static void (*const writers[])(const struct drawing *) = {
        [PANEL_STACK] = over_time, [PANEL_LINES] = over_time, [PANEL_STATES] = states,
        [PANEL_TOP] = table,       [PANEL_TABLE] = table,     [PANEL_STAT] = stat,
        [PANEL_BARS] = bars,
    };
    json_object(d->json, "options");
    writers[d->panel->kind](d);
    json_object_end(d->json);
}

/* ---- tables: time is no column, labels come first, and columns have the titles ---- */

static void renamed(const struct drawing *d)
{
    struct buf title;
    char column[] = "Value #A";
    buf_init(&title, 200);
    json_object(d->json, "renameByName");
    for (const char *const *by = d->panel->by; *by; by++)
        json_text(d->json, *by, label_title(*by));
    if (d->source == BOARD_PROMETHEUS)
        for (size_t i = 0; i < d->nqueries; i++) {
            buf_clear(&title);
            query_legend(&title, &d->queries[i]);
            snprintf(column, sizeof column, "Value #%c", (char)('A' + i));
            json_text(d->json, d->nqueries > 1 ? column : "Value", text_of(&title));
        }
    json_object_end(d->json);
    buf_free(&title);
}

/* The columns of time, whose names differ by source and version. */
static const char *const times[] = {"Time", "time"};

/* Rows of all queries become one by their labels, so their times must not stand in between. */
static void merged(const struct drawing *d)
{
    json_object(d->json, NULL);
    json_text(d->json, "id", "filterFieldsByName");
    json_object(d->json, "options");
    json_object(d->json, "exclude");
    json_list(d->json, "names");
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        json_text(d->json, NULL, times[i]);
    json_list_end(d->json);
    json_object_end(d->json);
    json_object_end(d->json);
    json_object_end(d->json);
    json_object(d->json, NULL);
    json_text(d->json, "id", "merge");
    json_object(d->json, "options");
    json_object_end(d->json);
    json_object_end(d->json);
}

static void organized(const struct drawing *d)
{
    int index = 0;
    json_object(d->json, NULL);
    json_text(d->json, "id", "organize");
    json_object(d->json, "options");
    json_object(d->json, "excludeByName");
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        json_flag(d->json, times[i], true);
    json_object_end(d->json);
    json_object(d->json, "indexByName");
    for (const char *const *by = d->panel->by; *by; by++)
        json_number(d->json, *by, index++);
    json_object_end(d->json);
    renamed(d);
    json_object_end(d->json);
    json_object_end(d->json);
}

void panel_transformations(const struct drawing *d)
{
    if ((d->panel->kind != PANEL_TABLE && d->panel->kind != PANEL_TOP) || !d->panel->by)
        return;
    json_list(d->json, "transformations");
    if (d->nqueries > 1)
        merged(d);
    organized(d);
    json_list_end(d->json);
}
