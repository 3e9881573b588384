/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * KB of the server are 1024 bytes. All memory counters are of the VM as a whole.
 */
#include "layers/quantity_rows.h"

#define MEM(part, title) VM_ONLY, "mem." part, "mem", part, title

#define SPACE "vSphere counters; space model of the VMware operations guide, medium confidence"

enum { FIRST = QUANTITY_MEMORY_FIRST };

const struct quantity_info quantity_memory[QUANTITY_MEMORY_LAST - FIRST + 1] = {
    [Q_MEM_CONFIGURED - FIRST] = {Q_MEM_CONFIGURED, MEM("configured", "Configured memory"),
                                  LAYER_NONE, KIND_CHECK, KILOBYTES,
                                  "Memory that the VM is configured with.",
                                  "config.hardware.memoryMB of the VM, as it is now",
                                  "inventory of the server; high confidence. A hot-added memory is "
                                  "seen with the next change of the inventory, so the samples of "
                                  "one cycle may still be set against the size before"},
    [Q_MEM_GRANTED - FIRST] = {Q_MEM_GRANTED, MEM("granted", "Granted memory"), LAYER_USAGE,
                               KIND_PART, KILOBYTES,
                               "Memory of the guest that has machine pages behind it, shared pages "
                               "counted in full.",
                               "mem.granted.average",
                               SPACE ". Grows as the guest touches pages and shrinks only under "
                                     "pressure: it is not what the guest uses now"},
    [Q_MEM_OVERHEAD - FIRST] = {Q_MEM_OVERHEAD, MEM("overhead", "Memory overhead"), LAYER_OVERHEAD,
                                KIND_PART, KILOBYTES,
                                "C: memory of the hypervisor for the VM, on top of what is "
                                "configured.",
                                "mem.overhead.average",
                                "vSphere counter as the server gives it, high confidence; seen to "
                                "move only every third sample"},
    [Q_MEM_BALLOONED -
        FIRST] = {Q_MEM_BALLOONED, MEM("ballooned", "Ballooned memory"), LAYER_UNMET, KIND_PART,
                  KILOBYTES, "Memory that the balloon driver took from the guest for the host.",
                  "mem.vmmemctl.average",
                  SPACE
                  ". A level, potential and not actual loss: the guest gave up what it could best "
                  "spare, and the balloon deflates lazily, long after the pressure"},
    [Q_MEM_SWAPPED -
        FIRST] = {Q_MEM_SWAPPED, MEM("swapped", "Swapped memory"), LAYER_UNMET, KIND_PART,
                  KILOBYTES,
                  "Memory of the guest that the host has swapped out, its cache included.",
                  "mem.swapped.average",
                  SPACE
                  ". A level, no proof of a present problem: pages stay swapped after the pressure "
                  "until the guest touches them"},
    [Q_MEM_COMPRESSED - FIRST] =
        {Q_MEM_COMPRESSED, MEM("compressed", "Compressed memory"), LAYER_UNMET, KIND_PART,
         KILOBYTES, "Memory of the guest that the host keeps compressed, by its size before.",
         "mem.compressed.average",
         SPACE ". A level, as swapped memory; that it is the size before compression follows from "
               "the sum of spaces, not from the counter's own text"},
    [Q_MEM_UNTOUCHED - FIRST] =
        {Q_MEM_UNTOUCHED, MEM("untouched", "Untouched memory"), LAYER_IDLE, KIND_PART, KILOBYTES,
         "Configured memory that the guest never touched, or that has no machine page for "
         "another cause.",
         "max(0, mem.configured - mem.granted - mem.ballooned - mem.swapped - mem.compressed)",
         "identity I16, space model of the VMware operations guide, medium confidence; the "
         "remainder takes up "
         "the errors of all its terms"},
    [Q_MEM_UNMET_SPACE - FIRST] =
        {Q_MEM_UNMET_SPACE, MEM("unmet_space", "Unmet: memory space"), LAYER_UNMET, KIND_TOTAL,
         KILOBYTES,
         "D in space: memory taken from the guest, which hurts only when the guest asks for it.",
         "mem.ballooned + mem.swapped + mem.compressed",
         "VMware operations guide, medium confidence; potential loss, the actual one is "
         "mem.unmet_rate and mem.contention"},
    [Q_MEM_FOOTPRINT - FIRST] = {Q_MEM_FOOTPRINT, MEM("footprint", "Footprint on the host"),
                                 LAYER_NONE, KIND_TOTAL, KILOBYTES,
                                 "Machine memory that the VM costs its host.",
                                 "mem.consumed + mem.overhead", BOOK},
    [Q_MEM_ACTIVE - FIRST] = {Q_MEM_ACTIVE, MEM("active", "Active memory"), LAYER_USAGE, KIND_CHECK,
                              KILOBYTES, "Memory that the guest touched recently.",
                              "mem.active.average",
                              "vSphere counter as the server gives it: a statistical estimate from "
                              "sampled pages, which understates what the guest caches; seen to "
                              "move only every third sample. Medium to low confidence"},
    [Q_MEM_CONSUMED - FIRST] =
        {Q_MEM_CONSUMED, MEM("consumed", "Consumed memory"), LAYER_USAGE, KIND_CHECK, KILOBYTES,
         "Machine memory behind the guest's memory, each shared page counted in part.",
         "mem.consumed.average",
         "VMware operations guide, medium confidence: granted less what sharing saves, without "
         "overhead and swapped memory. Yet it can exceed granted (reported of a booting guest "
         "that zeroes its pages), so it is not checked against it"},
    [Q_MEM_SHARED -
        FIRST] = {Q_MEM_SHARED, MEM("shared", "Shared memory"), LAYER_USAGE, KIND_CHECK, KILOBYTES,
                  "Memory of the guest that shares its machine pages, within the VM or "
                  "with others.",
                  "mem.shared.average",
                  BOOK ". Counted in full in every VM: never add it up over VMs"},
    [Q_MEM_HOST_CACHE - FIRST] =
        {Q_MEM_HOST_CACHE, MEM("host_cache", "Swapped to host cache"), LAYER_UNMET, KIND_CHECK,
         KILOBYTES, "The part of swapped memory that lies in the host's cache on a fast disk.",
         "mem.llSwapUsed.average",
         "vSphere's own catalogue text, medium confidence; a part of mem.swapped, so never add the "
         "two"},
    [Q_MEM_SWAPIN - FIRST] = {Q_MEM_SWAPIN, MEM("swapin", "Swap-in"), LAYER_UNMET, KIND_PART,
                              KILOBYTES_PER_SECOND,
                              "Rate at which the guest waits for memory to be read back from swap.",
                              "mem.swapinRate.average", BOOK ". Whole KB/s: 0 means less than 1"},
    [Q_MEM_DECOMPRESSION - FIRST] = {Q_MEM_DECOMPRESSION, MEM("decompression", "Decompression"),
                                     LAYER_UNMET, KIND_PART, KILOBYTES_PER_SECOND,
                                     "Rate at which the guest waits for memory to be decompressed.",
                                     "mem.decompressionRate.average",
                                     BOOK ". Whole KB/s: 0 means less than 1"},
    [Q_MEM_UNMET_RATE - FIRST] = {Q_MEM_UNMET_RATE, MEM("unmet_rate", "Unmet: memory rate"),
                                  LAYER_UNMET, KIND_TOTAL, KILOBYTES_PER_SECOND,
                                  "D as a rate: memory that the guest asked for and had to wait "
                                  "for.",
                                  "mem.swapin + mem.decompression", BOOK},
    [Q_MEM_HOST_CACHE_IN - FIRST] =
        {Q_MEM_HOST_CACHE_IN, MEM("host_cache_in", "Swap-in from host cache"), LAYER_UNMET,
         KIND_CHECK, KILOBYTES_PER_SECOND,
         "Rate at which swapped memory is read back from the host's cache.",
         "mem.llSwapInRate.average",
         "vSphere's own catalogue text; that swap-in holds it is likely and not confirmed: low "
         "confidence, never add the two"},
    [Q_MEM_SWAPOUT - FIRST] = {Q_MEM_SWAPOUT, MEM("swapout", "Swap-out"), LAYER_NONE, KIND_CHECK,
                               KILOBYTES_PER_SECOND,
                               "Rate at which the host swaps the guest's memory out, which the "
                               "guest does not feel.",
                               "mem.swapoutRate.average", BOOK},
    [Q_MEM_COMPRESSION - FIRST] = {Q_MEM_COMPRESSION, MEM("compression", "Compression"), LAYER_NONE,
                                   KIND_CHECK, KILOBYTES_PER_SECOND,
                                   "Rate at which the host compresses the guest's memory, which "
                                   "the guest does not feel.",
                                   "mem.compressionRate.average", BOOK},
    [Q_MEM_CONTENTION - FIRST] =
        {Q_MEM_CONTENTION, MEM("contention", "Memory contention"), LAYER_UNMET, KIND_PART, PERCENT,
         "D in time: share of time in which the guest waited for swapped or compressed memory.",
         "mem.latency.average",
         "VMware operations guide, medium confidence: the one direct measure of contention; "
         "ballooning is not in it, the swap wait of the vCPUs is"},
    [Q_MEM_COUNTER_USAGE - FIRST] = {Q_MEM_COUNTER_USAGE,
                                     MEM("counter_usage", "vSphere memory usage"), LAYER_NONE,
                                     KIND_CHECK, PERCENT,
                                     "vSphere's memory usage: of a VM, active over configured "
                                     "memory, not what is consumed.",
                                     "mem.usage.average",
                                     "vSphere counter as the server gives it; active / configured "
                                     "is exact on recorded series, high confidence"},
    [Q_MEM_STATUS_QUEUE - FIRST] = {Q_MEM_STATUS_QUEUE,
                                    MEM("status_queue", "Status of memory queue"), LAYER_QUEUE,
                                    KIND_STATUS, CODE,
                                    "Reason code of layer A of memory, paging inside the guest; 0 "
                                    "= ok.",
                                    "no public counter: 1 (no guest source), or 4 where no memory "
                                    "counter is offered at all",
                                    "absent from every public counter list read; high confidence"},
    [Q_MEM_STATUS_USAGE - FIRST] = {Q_MEM_STATUS_USAGE,
                                    MEM("status_usage", "Status of memory usage"), LAYER_USAGE,
                                    KIND_STATUS, CODE, "Reason code of layer B of memory; 0 = ok.",
                                    "from the checks of the row (mem.granted; identity I16)", SEED},
    [Q_MEM_STATUS_OVERHEAD -
        FIRST] = {Q_MEM_STATUS_OVERHEAD, MEM("status_overhead", "Status of memory overhead"),
                  LAYER_OVERHEAD, KIND_STATUS, CODE, "Reason code of layer C of memory; 0 = ok.",
                  "from the checks of the row (mem.overhead)", SEED},
    [Q_MEM_STATUS_UNMET -
        FIRST] = {Q_MEM_STATUS_UNMET, MEM("status_unmet", "Status of memory unmet"), LAYER_UNMET,
                  KIND_STATUS, CODE, "Reason code of layer D of memory; 0 = ok.",
                  "from the checks of the row (the six parts of D; identity I16)", SEED},
};
