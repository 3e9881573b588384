/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The files of the page, embedded in the binary by embed.cmake: plain and as gzip.
 */
#ifndef WEB_ASSETS_H
#define WEB_ASSETS_H

#include <stddef.h>

struct asset {
    const char *name; /* "style.css" */
    const char *type; /* "text/css; charset=utf-8" */
    const char *hash; /* of the plain bytes */
    const unsigned char *plain, *gzip;
    size_t nplain, ngzip;
};

/* Generated; in order of name. */
extern const struct asset assets[];
extern const size_t assets_count;

/* The asset of this name, or NULL. */
const struct asset *asset_find(const char *name);

#endif
