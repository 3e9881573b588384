/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#ifndef VCENTER_GZIP_H
#define VCENTER_GZIP_H

#include <stdbool.h>

#include "base/buf.h"

/* Replaces the content by its gzip form. False, and the content untouched, if that fails. */
bool gzip(struct buf *text);

#endif
