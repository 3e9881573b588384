/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Changes at run time: POST /control with a JSON object {"op": ...}, see control.c for each op.
 */
#ifndef VCENTER_CONTROL_H
#define VCENTER_CONTROL_H

#include <stddef.h>

#include "base/buf.h"
#include "server.h"

/* Does what the n bytes of text say and appends a JSON answer. Returns the HTTP status: 200, or 400
 * with {"error": ...}. Locks the world. */
int control_answer(struct server *server, const char *text, size_t n, struct buf *out);

#endif
