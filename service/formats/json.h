/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * JSON texts, appended to a buffer: escaping and numbers, and rows as objects.
 */
#ifndef FORMATS_JSON_H
#define FORMATS_JSON_H

#include "base/buf.h"
#include "layers/row.h"

/* A quoted, escaped string. Invalid UTF-8 becomes U+FFFD. */
void json_string(struct buf *out, const char *text);

/* One object for a row:
 * {"vcenter":...,"moid":...,"name":...,"datacenter":..,"cluster":..,"host":..,
 * "uuid":..,"time":"2021-06-14T15:06:40Z","interval":20,"cpu.ready":0.075,"cpu.ready.worst":0.1,
 * "cpu.ready.spread":..,"cpu.ready.vcpu":[0.05,0.1],...,"disk.reads.vdisk":{"scsi0:0":12},...,
 * "devices":{"scsi0:0":["Hard disk 1","datastore1"]},"status":{"queue":{"status":"unavailable",
 * "reason":"no guest source"},...}} */
void json_row(struct buf *out, const struct row_batch *batch, const struct layer_row *row);

#endif
