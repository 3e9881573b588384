/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Queries in PromQL, as Prometheus 2 and VictoriaMetrics understand them. A value counts for its
 * own interval alone: *_over_time, not the look-back of minutes, so that a gap stays a gap.
 */
#include <string.h>

#include "boards/board_table.h"

static bool is_counter(const struct query *query)
{
    const size_t n = query->metric ? strlen(query->metric) : 0;
    return n > 6 && strcmp(query->metric + n - 6, "_total") == 0;
}

/* ,label=~"$label" of each label before `until`, NULL = all */
static void filter(struct buf *out, const struct board *board, const char *until, const char *comma)
{
    for (const char *const *label = board->filter; *label; label++) {
        if (until && strcmp(*label, until) == 0)
            return;
        const bool many = board_variable(board, *label)->many;
        buf_printf(out, "%s%s%s\"$%s\"", comma, *label, many ? "=~" : "=", *label);
        comma = ",";
    }
}

static void measurement(struct buf *out, const struct quantity_info *info, enum form form)
{
    quantity_measurement(out, info, form);
    buf_char(out, '_');
    quantity_field(out, info, form);
}

/* vstrata_vm_cpu_ratio{layer="unmet",part="ready",vm="$vm"} */
static void selector(struct buf *out, const struct board *board, const struct query *query)
{
    const struct quantity_info *info = quantity_info(query->quantity);
    if (!info) {
        buf_printf(out, "%s{", query->metric);
        filter(out, board, NULL, "");
        buf_char(out, '}');
        return;
    }
    measurement(out, info, query->form);
    buf_char(out, '{');
    if (info->layer != LAYER_NONE)
        buf_printf(out, "layer=\"%s\",", layer_name(info->layer));
    buf_printf(out, "part=\"%s\"", info->part);
    filter(out, board, NULL, ",");
    buf_char(out, '}');
}

/* The function that makes one value of those of an interval. */
static const char *of_interval(const struct panel *panel, const struct query *query)
{
    const struct quantity_info *info = quantity_info(query->quantity);
    if (panel_asked(panel) == ASKED_WHOLE)
        return "avg_over_time";
    if (info->unit == UNIT_CODE || panel->kind == PANEL_STATES)
        return "last_over_time";
    if (query->form == FORM_WORST || query->merge == MERGE_COUNT)
        return "max_over_time";
    return "avg_over_time";
}

static void values(struct buf *out, const struct board *board, const struct panel *panel,
                   const struct query *query)
{
    const enum asked asked = panel_asked(panel);
    const char *function = NULL, *range = asked == ASKED_WHOLE ? "$__range" : "$__interval";
    if (is_counter(query)) {
        function = "rate";
        range = "$__rate_interval";
    } else if (!query->metric && asked != ASKED_NOW) {
        function = of_interval(panel, query);
    }
    if (function)
        buf_printf(out, "%s(", function);
    selector(out, board, query);
    if (function)
        buf_printf(out, "[%s])", range);
}

static void labels(struct buf *out, const char *const *by, const char *comma)
{
    for (; by && *by; by++) {
        buf_printf(out, "%s%s", comma, *by);
        comma = ", ";
    }
}

/* "avg by (vm) (" */
static void open_merge(struct buf *out, const char *function, const struct panel *panel)
{
    buf_str(out, function);
    if (panel->by) {
        buf_str(out, " by (");
        labels(out, panel->by, "");
        buf_str(out, ") ");
    }
    buf_char(out, '(');
}

/* Each VM, host or vCenter once, though a move has left two series of it. */
static void each_once(struct buf *out, const struct board *board, const struct panel *panel,
                      const struct query *query)
{
    buf_str(out, "max by (vcenter, moid");
    labels(out, panel->by, ", ");
    buf_str(out, ") (");
    values(out, board, panel, query);
    buf_char(out, ')');
}

static void count(struct buf *out, const struct board *board, const struct panel *panel,
                  const struct query *query)
{
    int code;
    open_merge(out, query->only == ONLY_ALL ? "count" : "sum", panel);
    each_once(out, board, panel, query);
    if (query->only == ONLY_POSITIVE)
        buf_str(out, " > bool 0");
    if (query->only == ONLY_EQUAL)
        buf_printf(out, " == bool %d", query->equal);
    if (query->only != ONLY_HURTING && query->only != ONLY_NOT_OK) {
        buf_char(out, ')');
        return;
    }
    buf_printf(out, " != bool %d)", query_left_out(query, 0));
    for (int i = 1; (code = query_left_out(query, i)) >= 0; i++) {
        buf_str(out, " - ");
        open_merge(out, "sum", panel);
        each_once(out, board, panel, query);
        buf_printf(out, " == bool %d)", code);
    }
}

static bool takes_largest(const struct panel *panel, const struct query *query)
{
    const struct quantity_info *info = quantity_info(query->quantity);
    if (panel_asked(panel) == ASKED_WHOLE)
        return false;
    return query->form == FORM_WORST || (info && info->unit == UNIT_CODE);
}

static void each(struct buf *out, const struct board *board, const struct panel *panel,
                 const struct query *query)
{
    const char *function = takes_largest(panel, query) ? "max" : "avg";
    if (panel->kind == PANEL_TOP)
        buf_printf(out, "topk(%d, ", TOP_ROWS);
    open_merge(out, query->merge == MERGE_SUM ? "sum" : function, panel);
    values(out, board, panel, query);
    buf_str(out, panel->kind == PANEL_TOP ? "))" : ")");
    if (query->only == ONLY_POSITIVE || query->only == ONLY_HURTING)
        buf_str(out, " > 0");
    if (query->only == ONLY_HURTING)
        buf_printf(out, " < %d", CODE_UNKNOWN);
}

void promql_write(struct buf *out, const struct board *board, const struct panel *panel,
                  const struct query *query)
{
    if (query->merge == MERGE_COUNT)
        count(out, board, panel, query);
    else
        each(out, board, panel, query);
}

void promql_variable(struct buf *out, const struct board *board, const struct variable *variable)
{
    buf_str(out, "label_values(");
    if (variable->from)
        measurement(out, quantity_info(variable->from), FORM_TOTAL);
    else
        buf_str(out, variable->metric);
    /* cut down by the variables before it */
    const char *brace = "{";
    for (const struct variable *v = board->variables; v != variable; v++) {
        buf_printf(out, "%s%s%s\"$%s\"", brace, v->label, v->many ? "=~" : "=", v->label);
        brace = ",";
    }
    buf_printf(out, "%s, %s)", variable == board->variables ? "" : "}", variable->label);
}
