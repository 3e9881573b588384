/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * One panel as JSON: what it asks, how it shows it, and what it says of itself.
 */
#ifndef BOARDS_PANEL_H
#define BOARDS_PANEL_H

#include "boards/board_table.h"
#include "boards/json_tree.h"

struct drawing { /* what the parts of a panel are written from */
    struct json_tree *json;
    const struct board *board;
    enum board_source source;
    const struct panel *panel;
    const struct query *queries;
    size_t nqueries;
};

struct place {
    int id, x, y, width, height;
};

/* Writes a panel, not a row, into the list that is open. */
void panel_write(struct json_tree *json, const struct board *board, enum board_source source,
                 const struct panel *panel, const struct place *place);

/* Writes the member gridPos. */
void panel_place(struct json_tree *json, const struct place *place);

/* Writes the reference to the data source that the board's variable names. */
void panel_datasource(struct json_tree *json, enum board_source source);

/* The parts: members `options`, `fieldConfig` and `transformations`. */
void panel_options(const struct drawing *drawing);
void panel_fields(const struct drawing *drawing);
void panel_transformations(const struct drawing *drawing);

/* What people call a label: "VM" for "vm". */
const char *label_title(const char *label);

/* Appends the legend of a query with {label} in the words of the source. */
void legend_write(struct buf *out, const struct drawing *drawing, const struct query *query);

/* The text of a buffer, "" after a failure; the buffer is cleared at the next use. */
const char *text_of(const struct buf *text);

#endif
