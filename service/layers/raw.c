/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "layers/raw.h"

#include <stdlib.h>

static size_t count_wanted(const struct sample_block *block)
{
    size_t n = 0;
    for (size_t i = 0; block->raw && i < block->nseries; i++)
        n += block->raw[i] != NULL;
    return n;
}

bool raw_numbers_init(struct raw_numbers *numbers, const struct sample_block *block,
                      struct row_batch *out)
{
    *numbers = (struct raw_numbers){0};
    const size_t wanted = count_wanted(block);
    if (!wanted)
        return true;
    numbers->of = malloc(wanted * sizeof *numbers->of);
    if (!numbers->of)
        return false;
    const struct raw_info *before = NULL; /* series of a counter mostly stand together */
    unsigned counter = RAW_NONE;
    for (size_t i = 0; i < block->nseries; i++) {
        const struct raw_info *info = block->raw[i];
        if (!info)
            continue;
        if (info != before)
            counter = row_batch_raw_counter(out, info->name, info->unit);
        before = info;
        unsigned instance = row_batch_raw_instance(out, block->series[i].instance);
        if (counter != RAW_NONE && instance != RAW_NONE)
            numbers->of[numbers->n++] =
                (struct raw_number){(uint32_t)i, (uint16_t)counter, (uint16_t)instance};
    }
    return true;
}

void raw_numbers_free(struct raw_numbers *numbers)
{
    free(numbers->of);
}

void raw_samples(const struct raw_numbers *numbers, const struct sample_block *block, size_t t,
                 struct row_batch *out)
{
    for (size_t i = 0; i < numbers->n; i++) {
        const struct raw_number *number = &numbers->of[i];
        const int64_t value = block->series[number->series].values[t];
        if (value >= 0)
            row_batch_raw(out, number->counter, number->instance, value);
    }
}
