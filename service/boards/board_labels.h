/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Words that the tables of boards share. Each board uses some of them.
 */
#ifndef BOARDS_BOARD_LABELS_H
#define BOARDS_BOARD_LABELS_H

#include "boards/board_table.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))
#define BY(...) ((const char *const[]){__VA_ARGS__, NULL})
#define ROW(words)                          \
    {                                       \
        .kind = PANEL_ROW, .title = (words) \
    }
#define ASK(...) ((const struct query[]){__VA_ARGS__, {0}})
#define TOTAL(id)                            \
    {                                        \
        .quantity = (id), .form = FORM_TOTAL \
    }
#define WORST(id)                            \
    {                                        \
        .quantity = (id), .form = FORM_WORST \
    }
#define BOTH_SOURCES (1u << BOARD_PROMETHEUS | 1u << BOARD_INFLUXDB)

/* What each VM has, and each host, and each vCenter. */
#define OF_VMS Q_CPU_COUNT
#define OF_HOSTS Q_HOST_THREADS
#define OF_VCENTERS Q_QUALITY_EXPECTED

#endif
