/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * One row per time of a block: the resources one behind the other, in catalogue order, none of them
 * in the way of another.
 */
#include "layers/layers.h"

#include "layers/cpu_model.h"
#include "layers/disk_model.h"
#include "layers/guest_model.h"
#include "layers/host_model.h"
#include "layers/memory_model.h"
#include "layers/net_model.h"
#include "layers/raw.h"

struct scratch { /* of one block of a VM */
    struct cpu_scratch cpu;
    struct memory_index memory;
    struct disk_scratch disk;
    struct net_scratch net;
};

static bool scratch_init(struct scratch *scratch, const struct sample_block *block)
{
    if (!cpu_scratch_init(&scratch->cpu, block))
        return false;
    if (!disk_scratch_init(&scratch->disk, block))
        goto cpu;
    if (!net_scratch_init(&scratch->net, block))
        goto disk;
    memory_index_fill(&scratch->memory, block);
    return true;
disk:
    disk_scratch_free(&scratch->disk);
cpu:
    cpu_scratch_free(&scratch->cpu);
    return false;
}

static void scratch_free(struct scratch *scratch)
{
    net_scratch_free(&scratch->net);
    disk_scratch_free(&scratch->disk);
    cpu_scratch_free(&scratch->cpu);
}

static void vm_row(struct scratch *scratch, const struct sample_block *block, size_t t,
                   const struct layer_options *options, struct row_batch *out,
                   struct layer_findings *findings)
{
    struct memory_row row;
    cpu_layers(&scratch->cpu, block, t, options, out, findings);
    memory_index_load(&scratch->memory, block, t, &row);
    memory_layers(&row, &scratch->memory, out, findings);
    disk_layers(&scratch->disk, block, t, out);
    net_layers(&scratch->net, block, t, out);
    guest_layers(block, t, out);
    if (options->verdict)
        verdict_row(options->verdict, out);
}

static void vm_rows(const struct sample_block *block, const struct layer_options *options,
                    const struct raw_numbers *raw, struct row_batch *out,
                    struct layer_findings *findings)
{
    struct scratch scratch;
    if (!scratch_init(&scratch, block)) {
        out->failed = true;
        return;
    }
    for (size_t t = 0; t < block->ntimes; t++) {
        row_batch_row(out, block->entity, block->times[t], block->intervals[t]);
        vm_row(&scratch, block, t, options, out, findings);
        raw_samples(raw, block, t, out);
    }
    scratch_free(&scratch);
}

static void host_rows(const struct sample_block *block, const struct raw_numbers *raw,
                      struct row_batch *out)
{
    for (size_t t = 0; t < block->ntimes; t++) {
        row_batch_row(out, block->entity, block->times[t], block->intervals[t]);
        host_layers(block, t, out);
        raw_samples(raw, block, t, out);
    }
}

void layers_rows(const struct sample_block *block, const struct layer_options *options,
                 struct row_batch *out, struct layer_findings *findings)
{
    struct raw_numbers raw;
    if (!raw_numbers_init(&raw, block, out)) {
        out->failed = true;
        return;
    }
    if (entity_kind(block->entity) == ENTITY_VM)
        vm_rows(block, options, &raw, out, findings);
    else if (entity_kind(block->entity) == ENTITY_HOST)
        host_rows(block, &raw, out);
    raw_numbers_free(&raw);
}
