/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 64 << 10 };

struct arena_block {
    struct arena_block *older;
    size_t used, room;
    alignas(max_align_t) unsigned char bytes[];
};

void arena_init(struct arena *a)
{
    a->newest = NULL;
}

void *arena_take_raw(struct arena *a, size_t n)
{
    const size_t align = alignof(max_align_t);
    if (n > SIZE_MAX / 2)
        return NULL;
    n = (n + align - 1) & ~(align - 1);
    struct arena_block *block = a->newest;
    if (!block || block->room - block->used < n) {
        size_t room = n > BLOCK_BYTES ? n : BLOCK_BYTES;
        block = malloc(sizeof *block + room);
        if (!block)
            return NULL;
        *block = (struct arena_block){.older = a->newest, .room = room};
        a->newest = block;
    }
    void *bytes = block->bytes + block->used;
    block->used += n;
    return bytes;
}

void *arena_take(struct arena *a, size_t n)
{
    void *bytes = arena_take_raw(a, n);
    return bytes ? memset(bytes, 0, n) : NULL;
}

char *arena_text(struct arena *a, const char *text, size_t n)
{
    char *copy = arena_take(a, n + 1);
    if (copy && n)
        memcpy(copy, text, n);
    return copy;
}

void arena_free(struct arena *a)
{
    struct arena_block *older;
    for (struct arena_block *block = a->newest; block; block = older) {
        older = block->older;
        free(block);
    }
    a->newest = NULL;
}
