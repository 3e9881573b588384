/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The folder of the embedded store: which days it has, a few of their files held open, and their
 * end. Nothing else knows how a day file is named.
 */
#ifndef STORES_EMBEDDED_FILES_H
#define STORES_EMBEDDED_FILES_H

#include "stores/embedded_day.h"

enum { DAY_SLOTS = 4 }; /* day files that one thread holds open */

struct days { /* days since 1970, ascending */
    int64_t *at;
    size_t n, room;
};

/* The days of which the folder has a file; none if there is no such folder yet. */
enum store_outcome days_scan(const char *folder, struct days *ret, struct store_error *err);
bool days_add(struct days *days, int64_t day); /* false: out of memory */
void days_remove_first(struct days *days);
bool days_copy(const struct days *days, struct days *ret);
void days_free(struct days *days);

struct day_slot {
    int64_t day;
    uint64_t used; /* turn of its last use; 0 = empty */
    struct day_file *file;
};

struct day_cache { /* of one thread */
    const char *folder;
    enum day_mode mode;
    uint64_t turn;
    struct day_slot slots[DAY_SLOTS];
};

/* The opened file of a day, borrowed until the next call; as day_open. DAY_WRITE makes the folder
 * if need be. */
enum store_outcome day_cache_get(struct day_cache *cache, int64_t day, struct day_file **ret,
                                 struct store_error *err);

/* Closes the file of a day, if open: after a failure, so that the next use begins anew. */
void day_cache_forget(struct day_cache *cache, int64_t day);
void day_cache_close(struct day_cache *cache);

/* Deletes the file of a day, and adds its bytes on disk to *ret. */
enum store_outcome day_delete(const char *folder, int64_t day, struct store_error *err);
void day_bytes(const char *folder, int64_t day, uint64_t *ret);

#endif
