/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What batches the file holds, oldest first: number, time, size. Lets readers wait, the cap be kept
 * and backlogs be counted without SQL. Not thread-safe.
 */
#ifndef JOURNAL_HELD_LIST_H
#define JOURNAL_HELD_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct held {
    int64_t seq;
    int64_t at_ms; /* wall clock */
    int64_t bytes;
};

struct held_list {
    struct held *items; /* those from first on count; seq ascending */
    size_t first, count, room;
    int64_t bytes; /* of those that count */
};

void held_list_free(struct held_list *list);

/* Makes sure that the next held_list_add cannot fail. False: out of memory. */
bool held_list_reserve(struct held_list *list);
void held_list_add(struct held_list *list, struct held item);

/* The i-th, 0 = oldest, i < held_list_count. */
const struct held *held_list_at(const struct held_list *list, size_t i);
size_t held_list_count(const struct held_list *list);

/* Index of the first one after seq; held_list_count if there is none. */
size_t held_list_after(const struct held_list *list, int64_t seq);

/* Forgets all up to seq; forgets one in the middle. */
void held_list_drop(struct held_list *list, int64_t seq);
void held_list_remove(struct held_list *list, int64_t seq);

#endif
