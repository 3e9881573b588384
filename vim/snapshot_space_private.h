/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* One layout of snapshot_space.c, apart from how it is read. */
#ifndef VIM_SNAPSHOT_SPACE_PRIVATE_H
#define VIM_SNAPSHOT_SPACE_PRIVATE_H

#include <stdint.h>

#include "soapH.h"

enum { LAYOUT_NOMEM = -1, LAYOUT_TOO_LARGE = -2 /* more than CAP_LAYOUT_FILES of snapshots */ };

/* The bytes of the files of a layout that belong to snapshots, or one of the above. */
int64_t layout_snapshot_bytes(const struct _vim__layout *layout);

#endif
