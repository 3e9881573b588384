/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The parts of an inventory: what is read of each kind (inventory_kinds.c), the objects
 * (inventory_table.c), and how the server keeps them true (inventory.c, inventory_updates.c).
 */
#ifndef VIM_INVENTORY_PRIVATE_H
#define VIM_INVENTORY_PRIVATE_H

#include "base/arena.h"
#include "properties.h"
#include "vim/inventory.h"

/* ---- inventory_kinds.c ---- */

/* What is read of each kind. */
extern const struct property_set inventory_sets[VIM_KINDS];

/* An object of a kind with nothing known of it. */
void inventory_object_init(struct vim_object *object, enum vim_kind kind);
void inventory_object_free(struct vim_object *object);

enum assigned { ASSIGNED_SAME, ASSIGNED_CHANGED, ASSIGNED_NOMEM };

/* Sets the property of a path; value NULL clears it, and with it all below it. A path that nobody
 * reads is ASSIGNED_SAME. */
enum assigned inventory_assign(struct vim_object *object, const char *path,
                               const struct _vim__value *value);

/* ---- inventory_table.c ---- */

struct record;

struct table {
    struct record *by_moid; /* uthash */
    size_t counts[VIM_KINDS];
    unsigned generation; /* of the newest re-read */
};

void table_free(struct table *table);

/* One property of an object as a server says it; value NULL = not set. */
struct said {
    const char *path;
    const struct _vim__value *value;
};

/* The object exists, with all that is set of it in said. Counts what that changes. */
enum vim_code table_enter(struct table *table, enum vim_kind kind, const struct _vim__moref *ref,
                          const struct said *said, size_t n, struct vim_changes *changes,
                          struct vim_error *err);

/* Only said has changed. An object that is not known is entered. */
enum vim_code table_modify(struct table *table, enum vim_kind kind, const struct _vim__moref *ref,
                           const struct said *said, size_t n, struct vim_changes *changes,
                           struct vim_error *err);

/* The object is gone. One that is not known changes nothing. */
void table_leave(struct table *table, const struct _vim__moref *ref, struct vim_changes *changes);

/* Drops the objects of a kind that were not entered since the generation was raised. */
void table_sweep(struct table *table, enum vim_kind kind, struct vim_changes *changes);

/* ---- inventory.c, inventory_updates.c ---- */

struct vim_inventory {
    struct vim_client *client;
    struct table table;
    unsigned epoch;     /* of the session that views and filters belong to */
    struct arena arena; /* of the references */
    struct _vim__moref views[VIM_KINDS], filters[VIM_KINDS]; /* __item NULL = none */
    char *version;     /* of the newest update; "" = everything is asked */
    struct call *poll; /* under way or done; NULL = none */
};

/* Reads what WaitForUpdatesEx has to say now, page by page, until a page is not truncated. */
enum vim_code updates_read(struct vim_inventory *inventory, struct vim_changes *changes,
                           struct vim_error *err);

/* Takes one page of updates, as gSOAP has read it, into the table. */
enum vim_code updates_apply(struct vim_inventory *inventory, const struct _vim__UpdateSet *page,
                            struct vim_changes *changes, struct vim_error *err);

/* Takes the done poll's answer into the table. ret_more: it was truncated. */
enum vim_code updates_take(struct vim_inventory *inventory, struct vim_changes *changes,
                           bool *ret_more, struct vim_error *err);

/* Begins a long poll. */
enum vim_code updates_start(struct vim_inventory *inventory, int wait_s, struct vim_error *err);

/* Ends the poll under way, on the server too if that is of use. */
void updates_cancel(struct vim_inventory *inventory, bool tell_server);

#endif
