/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * One row per time of a block: the resources one behind the other, in catalogue order, none of them
 * in the way of another.
 */
#include "layers/layers.h"

#include "layers/cpu_model.h"
#include "layers/memory_model.h"

void layers_rows(const struct sample_block *block, const struct layer_options *options,
                 struct row_batch *out, struct layer_findings *findings)
{
    struct cpu_scratch cpu;
    struct memory_index memory;
    if (!cpu_scratch_init(&cpu, block)) {
        out->failed = true;
        return;
    }
    memory_index_fill(&memory, block);
    for (size_t t = 0; t < block->ntimes; t++) {
        struct memory_row row;
        row_batch_row(out, block->entity, block->times[t], block->intervals[t]);
        cpu_layers(&cpu, block, t, options, out, findings);
        memory_index_load(&memory, block, t, &row);
        memory_layers(&row, &memory, out, findings);
    }
    cpu_scratch_free(&cpu);
}
