/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What a guest says of itself: the sizes of its disks, and the text that it publishes as
 * guestinfo.vstrata, which stands among some hundred other keys in config.extraConfig. A property
 * path may name one element of an array by its key; a server may then tell
 *
 *     config.extraConfig["guestinfo.vstrata"]          an OptionValue, or its value alone
 *     config.extraConfig["guestinfo.vstrata"].value    the text
 *     config.extraConfig                               the whole array
 */
#include <stdlib.h>
#include <string.h>

#include "base/caps.h"
#include "inventory_private.h"
#include "text.h"

/* ---- disks ---- */

enum assigned inventory_set_guest_disks(struct vim_object *object, const struct _vim__any *value)
{
    int64_t capacity = -1, unused = -1;
    int n = value ? value->__sizeGuestDiskInfo : 0;
    for (int i = 0; i < n && i < CAP_GUEST_DISKS; i++) {
        const struct _vim__GuestDiskInfo *disk = &value->GuestDiskInfo[i];
        int64_t size = text_int(disk->capacity, 0, INT64_MAX / CAP_GUEST_DISKS, -1);
        int64_t left = text_int(disk->freeSpace, 0, size, -1);
        if (size < 0 || left < 0)
            continue;
        capacity = (capacity < 0 ? 0 : capacity) + size;
        unused = (unused < 0 ? 0 : unused) + left;
    }
    bool same = object->guest_capacity == capacity && object->guest_free == unused;
    object->guest_capacity = capacity;
    object->guest_free = unused;
    return same ? ASSIGNED_SAME : ASSIGNED_CHANGED;
}

/* ---- guestinfo ---- */

bool inventory_is_guestinfo(const char *path)
{
    return !strcmp(path, GUESTINFO_PATH) || !strcmp(path, GUESTINFO_PATH ".value") ||
           !strcmp(path, "config.extraConfig");
}

/* The text in any of the forms, or NULL. */
static const char *text_in(const struct _vim__any *value)
{
    if (value->value)
        return value->value->__item;
    for (int i = 0; i < value->__sizeOptionValue; i++) {
        const struct _vim__OptionValue *option = &value->OptionValue[i];
        if (option->key && !strcmp(option->key, "guestinfo.vstrata"))
            return option->value ? option->value->__item : NULL;
    }
    return value->__sizeOptionValue ? NULL : value->__mixed;
}

enum assigned inventory_set_guestinfo(struct vim_object *object, const struct _vim__any *value,
                                      bool fresh)
{
    const char *text = value ? text_in(value) : NULL;
    bool refused = text && strlen(text) > CAP_GUEST_TEXT;
    const char *now = text && !refused ? text : "";
    bool same = object->guestinfo_refused == refused && !strcmp(object->guestinfo, now);
    if (same && !(fresh && text))
        return ASSIGNED_SAME;
    if (!same && !inventory_set_text(&object->guestinfo, now))
        return ASSIGNED_NOMEM;
    object->guestinfo_refused = refused;
    object->guestinfo_serial++;
    object->guestinfo_at = mono_now();
    return ASSIGNED_CHANGED;
}
