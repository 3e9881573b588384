/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "boards/board.h"

#include <stdio.h>
#include <string.h>

#include "boards/board_table.h"
#include "boards/panel.h"

enum { SCHEMA_VERSION = 39, COLUMNS = 24, WIDTH = 12, HEIGHT = 8, NAME = 64, QUERY_TEXT = 1024 };

static const struct board *const boards[] = {&board_fleet, &board_vm, &board_host, &board_quality,
                                             &board_vstrata};

static const struct source {
    const char *name, *title, *input, *suffix; /* suffix of the boards' uid */
} sources[BOARD_SOURCES] = {
    [BOARD_PROMETHEUS] = {"prometheus", "Prometheus", "DS_PROMETHEUS", ""},
    [BOARD_INFLUXDB] = {"influxdb", "InfluxDB", "DS_INFLUXDB", "-influxdb"},
};

const char *board_source_name(enum board_source source)
{
    return sources[source].name;
}

const struct board *board_at(unsigned i)
{
    return i < sizeof boards / sizeof *boards ? boards[i] : NULL;
}

const char *board_name(const struct board *board)
{
    return board->name;
}

bool board_offered(const struct board *board, enum board_source source)
{
    return board->sources & 1u << source;
}

const struct variable *board_variable(const struct board *board, const char *label)
{
    const struct variable *variable = board->variables;
    while (variable->label && strcmp(variable->label, label) != 0)
        variable++;
    return variable;
}

/* ---- what an import asks for ---- */

static void needs(struct json_tree *json, const char *type, const char *id, const char *name,
                  const char *version)
{
    json_object(json, NULL);
    json_text(json, "id", id);
    json_text(json, "name", name);
    json_text(json, "type", type);
    json_text(json, "version", version);
    json_object_end(json);
}

static void inputs(struct json_tree *json, const struct source *source)
{
    json_list(json, "__inputs");
    json_object(json, NULL);
    json_text(json, "description", "Where vstrata writes to");
    json_text(json, "label", source->title);
    json_text(json, "name", source->input);
    json_text(json, "pluginId", source->name);
    json_text(json, "pluginName", source->title);
    json_text(json, "type", "datasource");
    json_object_end(json);
    json_list_end(json);
    json_list(json, "__requires");
    needs(json, "grafana", "grafana", "Grafana", "11.0.0");
    needs(json, "datasource", source->name, source->title, "1.0.0");
    needs(json, "panel", "bargauge", "Bar gauge", "");
    needs(json, "panel", "stat", "Stat", "");
    needs(json, "panel", "state-timeline", "State timeline", "");
    needs(json, "panel", "table", "Table", "");
    needs(json, "panel", "timeseries", "Time series", "");
    json_list_end(json);
}

/* ---- variables ---- */

/* An import puts the chosen source in; a board that is provisioned takes the default one. */
static void datasource(struct json_tree *json, const struct source *source)
{
    char input[NAME];
    snprintf(input, sizeof input, "${%s}", source->input);
    json_object(json, NULL);
    json_text(json, "name", "datasource");
    json_text(json, "label", "Data source");
    json_text(json, "type", "datasource");
    json_text(json, "query", source->name);
    json_object(json, "current");
    json_text(json, "text", input);
    json_text(json, "value", input);
    json_object_end(json);
    json_number(json, "hide", 0);
    json_flag(json, "includeAll", false);
    json_flag(json, "multi", false);
    json_number(json, "refresh", 1);
    json_text(json, "regex", "");
    json_object_end(json);
}

static void query(struct json_tree *json, const struct board *board, enum board_source source,
                  const struct variable *variable)
{
    struct buf text;
    buf_init(&text, QUERY_TEXT);
    (source == BOARD_PROMETHEUS ? promql_variable : influxql_variable)(&text, board, variable);
    if (source == BOARD_PROMETHEUS) {
        json_object(json, "query");
        json_text(json, "query", text_of(&text));
        json_text(json, "refId", variable->label);
        json_object_end(json);
    } else {
        json_text(json, "query", text_of(&text));
    }
    buf_free(&text);
}

static void variable(struct json_tree *json, const struct board *board, enum board_source source,
                     const struct variable *variable)
{
    json_object(json, NULL);
    json_text(json, "name", variable->label);
    json_text(json, "label", variable->title);
    json_text(json, "type", "query");
    panel_datasource(json, source);
    query(json, board, source, variable);
    if (variable->many) {
        json_text(json, "allValue", ".*"); /* those without the label, too */
        json_object(json, "current");
        json_text(json, "text", "All");
        json_text(json, "value", "$__all");
        json_object_end(json);
    }
    json_number(json, "hide", 0);
    json_flag(json, "includeAll", variable->many);
    json_flag(json, "multi", variable->many);
    json_number(json, "refresh", 2);
    json_text(json, "regex", "");
    json_number(json, "sort", 1);
    json_object_end(json);
}

static void templating(struct json_tree *json, const struct board *board, enum board_source source)
{
    json_object(json, "templating");
    json_list(json, "list");
    datasource(json, &sources[source]);
    for (const struct variable *v = board->variables; v->label; v++)
        variable(json, board, source, v);
    json_list_end(json);
    json_object_end(json);
}

/* ---- panels ---- */

static void row(struct json_tree *json, const struct panel *panel, const struct place *place)
{
    json_object(json, NULL);
    json_number(json, "id", place->id);
    json_text(json, "type", "row");
    json_text(json, "title", panel->title);
    json_flag(json, "collapsed", false);
    panel_place(json, place);
    json_list(json, "panels");
    json_list_end(json);
    json_object_end(json);
}

/* From left to right, and below the highest of a line where there is no room. */
static void panels(struct json_tree *json, const struct board *board, enum board_source source)
{
    struct place at = {0};
    int line = 0; /* height of the line that is begun */
    json_list(json, "panels");
    for (size_t i = 0; i < board->npanels; i++) {
        const struct panel *panel = &board->panels[i];
        const bool heading = panel->kind == PANEL_ROW;
        const int width = heading ? COLUMNS : panel->width ? panel->width : WIDTH;
        if (at.x + width > COLUMNS) {
            at.x = 0;
            at.y += line;
            line = 0;
        }
        at.id = (int)i + 1;
        at.width = width;
        at.height = heading ? 1 : panel->height ? panel->height : HEIGHT;
        if (heading)
            row(json, panel, &at);
        else
            panel_write(json, board, source, panel, &at);
        at.x += width;
        if (line < at.height)
            line = at.height;
    }
    json_list_end(json);
}

/* ---- the board ---- */

/* The other boards of the same source. */
static void links(struct json_tree *json, const char *tag)
{
    json_list(json, "links");
    json_object(json, NULL);
    json_flag(json, "asDropdown", true);
    json_text(json, "icon", "external link");
    json_flag(json, "includeVars", true);
    json_flag(json, "keepTime", true);
    json_list(json, "tags");
    json_text(json, NULL, tag);
    json_list_end(json);
    json_flag(json, "targetBlank", false);
    json_text(json, "title", "vstrata");
    json_text(json, "tooltip", "The other boards");
    json_text(json, "type", "dashboards");
    json_text(json, "url", "");
    json_object_end(json);
    json_list_end(json);
}

static void times(struct json_tree *json)
{
    json_text(json, "refresh", "1m");
    json_number(json, "schemaVersion", SCHEMA_VERSION);
    json_object(json, "time");
    json_text(json, "from", "now-1h");
    json_text(json, "to", "now");
    json_object_end(json);
    json_object(json, "timepicker");
    json_object_end(json);
    json_text(json, "timezone", "browser");
}

void board_write(struct buf *out, const struct board *board, enum board_source source)
{
    char tag[NAME], uid[NAME];
    struct json_tree json;
    snprintf(tag, sizeof tag, "vstrata%s", sources[source].suffix);
    snprintf(uid, sizeof uid, "vstrata-%s%s", board->name, sources[source].suffix);
    json_tree_init(&json, out);
    json_object(&json, NULL);
    inputs(&json, &sources[source]);
    json_text(&json, "title", board->title);
    json_text(&json, "uid", uid);
    json_text(&json, "description", board->about);
    json_list(&json, "tags");
    json_text(&json, NULL, tag);
    json_list_end(&json);
    json_flag(&json, "editable", true);
    json_number(&json, "graphTooltip", 1);
    links(&json, tag);
    times(&json);
    templating(&json, board, source);
    panels(&json, board, source);
    json_object_end(&json);
    buf_char(out, '\n');
}
