/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The lines of the tables in JSON.
 */
#ifndef WEB_VM_JSON_H
#define WEB_VM_JSON_H

#include "base/buf.h"
#include "web/snapshot.h"

/* "stale", or the status of the table's layers: "ok", "partial", "unavailable". */
const char *vm_state(const struct vm_line *line, enum table table);

/* Appends the members that all rows have: the labels, time, interval, behind_ms. `name` is the
 * label that is the name of the entity itself: LABEL_VM, LABEL_HOST. */
void row_json(struct buf *out, const struct snapshot *seen, const struct seen_row *row,
              enum entity_label name);

/* Appends a VM as an object; its state is that of the table. See api_vms.c. */
void vm_json(struct buf *out, const struct snapshot *seen, const struct vm_line *line,
             enum table table);

#endif
