/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The parts of an inventory: what is read of each kind (inventory_kinds.c, and of VMs also
 * inventory_devices.c and inventory_guest.c), the objects (inventory_table.c), and how the server
 * keeps them true (inventory.c, inventory_updates.c).
 */
#ifndef VIM_INVENTORY_PRIVATE_H
#define VIM_INVENTORY_PRIVATE_H

#include "base/arena.h"
#include "properties.h"
#include "vim/inventory.h"

/* ---- inventory_kinds.c ---- */

enum { MOST_PATHS = 16 }; /* that are read of one kind */

/* What is read of a kind with these options: fills paths and *ret, and returns true, or false if
 * the kind is not read at all. guestinfo: the key of config.extraConfig too. */
bool inventory_set(enum vim_kind kind, const struct vim_inventory_options *options, bool guestinfo,
                   const char *paths[MOST_PATHS], struct property_set *ret);

/* The server's name of what a kind's view holds. */
const char *inventory_type(enum vim_kind kind);

/* An object of a kind with nothing known of it. */
void inventory_object_init(struct vim_object *object, enum vim_kind kind);
void inventory_object_free(struct vim_object *object);

/* Puts a copy of text in the place of a text of an object; false when out of memory. */
bool inventory_set_text(const char **at, const char *text);

/* From nothing to much. */
enum assigned { ASSIGNED_SAME, ASSIGNED_GUEST, ASSIGNED_CHANGED, ASSIGNED_NOMEM };

/* Sets the property of a path; value NULL clears it, and with it all below it. A path that nobody
 * reads is ASSIGNED_SAME. fresh: the server says so because it was set again, maybe to the same. */
enum assigned inventory_assign(struct vim_object *object, const char *path,
                               const struct _vim__any *value, bool fresh);

/* Clears what said does not set; paths that are said in another form count as said. */
struct said;
enum assigned inventory_clear_unsaid(struct vim_object *object, const struct said *said, size_t n);

/* ---- inventory_devices.c ---- */

/* Sets a VM's devices from value; NULL clears them. Other fields stay. */
enum assigned inventory_set_devices(struct vim_object *object, const struct _vim__any *value);

/* ---- inventory_guest.c ---- */

/* The one key of a VM's config.extraConfig that is read, as a path. */
#define GUESTINFO_PATH "config.extraConfig[\"guestinfo.vstrata\"]"

/* Sums up guest.disk. */
enum assigned inventory_set_guest_disks(struct vim_object *object, const struct _vim__any *value);

/* A path that says guestinfo.vstrata: its own, with .value behind, or the whole array. */
bool inventory_is_guestinfo(const char *path);

/* Takes the text out of any of these forms. */
enum assigned inventory_set_guestinfo(struct vim_object *object, const struct _vim__any *value,
                                      bool fresh);

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
    const struct _vim__any *value;
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
    struct vim_inventory_options options;
    bool no_guestinfo;                                       /* the server refused GUESTINFO_PATH */
    struct _vim__moref views[VIM_KINDS], filters[VIM_KINDS]; /* __item NULL = none */
    char *version;     /* of the newest update; "" = everything is asked */
    struct call *poll; /* under way or done; NULL = none */
};

/* Objects in one answer: fewer when VMs are told with all their devices, so that an answer stays
 * far below CAP_REPLY_BYTES even if many VMs have long chains of snapshots. */
int inventory_page(const struct vim_inventory *inventory, int most);

/* Notes that the server does not know GUESTINFO_PATH, if missing says so. */
void inventory_note_missing(struct vim_inventory *inventory,
                            const struct _vim__MissingProperty *missing, int n);

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
