/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "journal/held_list.h"

#include <stdlib.h>
#include <string.h>

void held_list_free(struct held_list *list)
{
    free(list->items);
    *list = (struct held_list){0};
}

bool held_list_reserve(struct held_list *list)
{
    if (list->first > list->count / 2 && list->first > 1024) { /* mostly forgotten: move down */
        list->count -= list->first;
        memmove(list->items, list->items + list->first, list->count * sizeof *list->items);
        list->first = 0;
    }
    if (list->count < list->room)
        return true;
    size_t room = list->room ? 2 * list->room : 256;
    struct held *items = realloc(list->items, room * sizeof *items);
    if (!items)
        return false;
    list->items = items;
    list->room = room;
    return true;
}

void held_list_add(struct held_list *list, struct held item)
{
    list->items[list->count++] = item;
    list->bytes += item.bytes;
}

const struct held *held_list_at(const struct held_list *list, size_t i)
{
    return &list->items[list->first + i];
}

size_t held_list_count(const struct held_list *list)
{
    return list->count - list->first;
}

size_t held_list_after(const struct held_list *list, int64_t seq)
{
    size_t low = list->first, high = list->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list->items[middle].seq > seq)
            high = middle;
        else
            low = middle + 1;
    }
    return low - list->first;
}

void held_list_drop(struct held_list *list, int64_t seq)
{
    while (list->first < list->count && list->items[list->first].seq <= seq)
        list->bytes -= list->items[list->first++].bytes;
}

void held_list_remove(struct held_list *list, int64_t seq)
{
    size_t at = list->first + held_list_after(list, seq - 1);
    if (at == list->count || list->items[at].seq != seq)
        return;
    list->bytes -= list->items[at].bytes;
    list->count--;
    memmove(list->items + at, list->items + at + 1, (list->count - at) * sizeof *list->items);
}
