/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What a board is made of, as tables: a board has panels, a panel has queries, a query is a
 * quantity in a form. Everything else follows from the catalogue and from the kind of the panel.
 */
#ifndef BOARDS_BOARD_TABLE_H
#define BOARDS_BOARD_TABLE_H

#include <stddef.h>

#include "boards/board.h"
#include "layers/quantity.h"
#include "layers/verdict.h"

enum { PANEL_QUERIES = VERDICT_PLACES, TOP_ROWS = 10, NOW_S = 300 };

enum panel_kind {
    PANEL_ROW,    /* a heading */
    PANEL_STACK,  /* over time, one on the other */
    PANEL_LINES,  /* over time, each for itself */
    PANEL_STATES, /* over time, codes as words */
    PANEL_TOP,    /* a list: the largest means over the time shown */
    PANEL_TABLE,  /* now: a row an entity, a column a query */
    PANEL_STAT,   /* now: one large number a query */
    PANEL_BARS,   /* now: one bar a query */
};

enum merge {
    MERGE_EACH, /* those with the same `by` are one and the same, which moved: the mean */
    MERGE_SUM,
    MERGE_COUNT, /* how many there are of which `only` holds */
};

enum only { /* which values */
            ONLY_ALL,
            ONLY_POSITIVE,
            ONLY_HURTING, /* codes of a verdict that name a layer */
            ONLY_NOT_OK,  /* codes of a status that is partial or unavailable */
            ONLY_EQUAL,   /* to query.equal */
};

enum role { /* how a query looks in its panel */
            ROLE_OF_PANEL,
            ROLE_PROMISED, /* a dashed line beside a stack: what the VM was promised */
            ROLE_BESIDE,   /* a line beside a stack */
};

struct query {
    enum quantity quantity; /* Q_NONE: metric */
    enum form form;
    const char *metric; /* a figure of the service itself: "vstrata_store_up"; counters as a rate */
    const char *legend; /* NULL = the title of the catalogue; {label} is that of the series */
    const char *color;  /* NULL = that of the quantity */
    enum merge merge;
    enum only only;
    int equal;
    enum role role;
};

struct panel {
    enum panel_kind kind;
    const char *title;
    const char *about;         /* a sentence above those of the catalogue; NULL = none */
    const char *const *by;     /* labels, NULL-terminated; NULL = none */
    const struct query *query; /* up to the first that is empty */
    /* or made of them by a rule */
    size_t (*queries)(struct query *ret);
    int width, height; /* of 24; 0 = 12 and 8 */
    const char *unit;  /* of Grafana; NULL = that of the quantities */
};

struct variable {
    const char *label;  /* of the series: "vm" */
    const char *title;  /* "VM" */
    bool many;          /* several, or all; else just one */
    enum quantity from; /* which every such entity has; Q_NONE: metric */
    const char *metric;
};

struct board {
    const char *name, *title, *about;
    const struct variable *variables; /* up to the first without a label */
    const char *const *filter;        /* labels by which each query is cut down to the variables */
    const struct panel *panels;
    size_t npanels;
    unsigned sources; /* bits 1u << enum board_source */
};

extern const struct board board_fleet, board_vm, board_host, board_quality, board_vstrata;

/* The panel's queries; ret has room for PANEL_QUERIES. */
size_t panel_queries(const struct panel *panel, struct query *ret);

/* Writes the title of a query: its legend, or that of the catalogue. */
void query_legend(struct buf *out, const struct query *query);

/* The codes that ONLY_HURTING and ONLY_NOT_OK leave out: i from 0, which is code 0, until -1. */
int query_left_out(const struct query *query, int i);

/* The variable of a label; never NULL for labels of the filter. */
const struct variable *board_variable(const struct board *board, const char *label);

/* When a panel's queries are asked. */
enum asked {
    ASKED_OVER_TIME,
    ASKED_NOW,   /* the newest of the last NOW_S seconds */
    ASKED_WHOLE, /* one mean over all of the time shown */
};
enum asked panel_asked(const struct panel *panel);

/* The text of a query in the language of a source. */
void promql_write(struct buf *out, const struct board *board, const struct panel *panel,
                  const struct query *query);
void influxql_write(struct buf *out, const struct board *board, const struct panel *panel,
                    const struct query *query);

/* The text of the query that lists what a variable may be. */
void promql_variable(struct buf *out, const struct board *board, const struct variable *variable);
void influxql_variable(struct buf *out, const struct board *board, const struct variable *variable);

/* Appends the first sentence of a figure of the service: its HELP, or "" if there is none. */
void metric_help(struct buf *out, const char *metric);

#endif
