/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The rules. What has none, and why: context switches and guest pages in use (no level of them is
 * bad in itself), ballooned, swapped and compressed memory (levels that stay long after the
 * pressure; what they cost shows as contention), drops on receipt and in the guest's driver (mostly
 * frames that were not meant for the VM), use of memory and network (their ceilings are not known).
 * Swap wait is time of a vCPU, but its cause is memory, so it counts there.
 */
#include "layers/verdict.h"

#define KIB 1024
#define MIB (1024 * KIB)

#define BOOK "VMware operations guide: "
#define PRACTICE "vSphere practice: "
#define OURS "Our judgement: "

static const struct verdict_rule_info rules[RULE_COUNT] = {
    [RULE_CPU_RUN_QUEUE] = {.name = "cpu.run_queue",
                            .resource = VERDICT_CPU,
                            .layer = LAYER_QUEUE,
                            .quantity = Q_CPU_RUN_QUEUE,
                            .per = Q_CPU_COUNT,
                            .measure = MEASURE_NUMBER,
                            .range = "3 to 10",
                            .words = "{} threads wait in the guest for each vCPU",
                            .source = BOOK "more than 3 for each vCPU is a queue worth acting on."},
    [RULE_CPU_USAGE] = {.name = "cpu.usage",
                        .resource = VERDICT_CPU,
                        .layer = LAYER_USAGE,
                        .quantity = Q_CPU_GUEST_RUN,
                        .per = Q_CPU_COUNT,
                        .measure = MEASURE_PERCENT,
                        .range = "90% to 110%",
                        .needed = true,
                        .words = "the guest runs {} of the time of all its vCPUs",
                        .source = OURS "the VM is too small for its work. Full beyond what is "
                                       "possible, because a VM may well use all that it has: by "
                                       "itself that is never more than half a score."},
    [RULE_CPU_SLOWED] = {.name = "cpu.slowed",
                         .resource = VERDICT_CPU,
                         .layer = LAYER_USAGE,
                         .quantity = Q_CPU_EFFICIENCY_LOSS,
                         .per = Q_CPU_GUEST_RUN,
                         .measure = MEASURE_PERCENT,
                         .range = "20% to 100%",
                         .when = {{Q_CPU_GUEST_RUN, 0.05}},
                         .words = "{} of the running time is lost to a low frequency or a busy "
                                  "hyper-thread",
                         .source =
                             BOOK "a vCPU beside a busy hyper-thread is credited 62.5 %, so up to "
                                  "37.5 % may be sharing, and beyond it is power management. It "
                                  "stands under usage: the guest runs, nothing is withheld and "
                                  "nothing added, but each second of B is worth less."},
    [RULE_CPU_OVERHEAD] = {.name = "cpu.overhead",
                           .resource = VERDICT_CPU,
                           .layer = LAYER_OVERHEAD,
                           .quantity = Q_CPU_OVERHEAD,
                           .measure = MEASURE_PERCENT,
                           .range = "50% to 200%",
                           .needed = true,
                           .words = "the hypervisor works {} of a CPU's time for the VM",
                           .source = BOOK "system time is below half a vCPU in most VMs."},
    [RULE_CPU_READY] = {.name = "cpu.ready",
                        .resource = VERDICT_CPU,
                        .layer = LAYER_UNMET,
                        .quantity = Q_CPU_READY,
                        .form = FORM_WORST,
                        .measure = MEASURE_PERCENT,
                        .range = "5% to 20%",
                        .needed = true,
                        .words = "ready takes {} of the worst vCPU's time",
                        .source = PRACTICE "5 % of a vCPU is felt, 10 % is trouble. The worst "
                                           "vCPU, because the average hides it."},
    [RULE_CPU_LIMIT] = {.name = "cpu.limit",
                        .resource = VERDICT_CPU,
                        .layer = LAYER_UNMET,
                        .quantity = Q_CPU_LIMIT,
                        .form = FORM_WORST,
                        .measure = MEASURE_PERCENT,
                        .range = "5% to 20%",
                        .words = "a CPU limit takes {} of the worst vCPU's time",
                        .source = PRACTICE "it is felt as ready is."},
    [RULE_CPU_COSTOP] = {.name = "cpu.costop",
                         .resource = VERDICT_CPU,
                         .layer = LAYER_UNMET,
                         .quantity = Q_CPU_COSTOP,
                         .form = FORM_WORST,
                         .measure = MEASURE_PERCENT,
                         .range = "3% to 10%",
                         .needed = true,
                         .words = "co-stop takes {} of the worst vCPU's time",
                         .source = BOOK "below 0.5 % is normal. " PRACTICE "3 % is too much."},
    [RULE_CPU_OVERLAP] = {.name = "cpu.overlap",
                          .resource = VERDICT_CPU,
                          .layer = LAYER_UNMET,
                          .quantity = Q_CPU_OVERLAP,
                          .form = FORM_WORST,
                          .measure = MEASURE_PERCENT,
                          .range = "3% to 10%",
                          .words = "interruptions take {} of the worst vCPU's time",
                          .source = OURS "as co-stop; well above what healthy hosts show."},
    [RULE_CPU_OTHERWAIT] = {.name = "cpu.otherwait",
                            .resource = VERDICT_CPU,
                            .layer = LAYER_UNMET,
                            .quantity = Q_CPU_OTHERWAIT,
                            .form = FORM_WORST,
                            .measure = MEASURE_PERCENT,
                            .range = "20% to 100%",
                            .words = "other wait takes {} of the worst vCPU's time",
                            .source = BOOK "three VMs of four are below 1 to 2 %, but it is only "
                                           "potential demand, and inflated by snapshots and "
                                           "vMotion: so only what cannot be overlooked."},
    [RULE_MEM_PAGING] = {.name = "mem.paging",
                         .resource = VERDICT_MEM,
                         .layer = LAYER_QUEUE,
                         .quantity = Q_MEM_PAGE_OUT,
                         .measure = MEASURE_BYTES_PER_SECOND,
                         .range = "1MiB/s to 20MiB/s",
                         .when = {{Q_MEM_GUEST_SWAP_USED, 64 * MIB}, {Q_MEM_PAGE_IN, 256 * KIB}},
                         .words = "the guest pages out {}, and in again",
                         .source = OURS "Linux counts all IO of block devices as paging, so it "
                                        "only tells of paging while swap space is in use and "
                                        "pages come and go at once."},
    [RULE_MEM_CONTENTION] = {.name = "mem.contention",
                             .resource = VERDICT_MEM,
                             .layer = LAYER_UNMET,
                             .quantity = Q_MEM_CONTENTION,
                             .measure = MEASURE_PERCENT,
                             .range = "1% to 10%",
                             .needed = true,
                             .words = "the VM waits for memory {} of the time",
                             .source = BOOK "the one direct measure of contention for memory; a "
                                            "VM with all its memory has none."},
    [RULE_MEM_SWAPWAIT] = {.name = "mem.swapwait",
                           .resource = VERDICT_MEM,
                           .layer = LAYER_UNMET,
                           .quantity = Q_CPU_SWAPWAIT,
                           .form = FORM_WORST,
                           .measure = MEASURE_PERCENT,
                           .range = "1% to 10%",
                           .words = "the worst vCPU waits for swapped memory {} of the time",
                           .source = BOOK "three VMs of four are below 1 to 2 %. Time of a vCPU, "
                                          "but caused by memory."},
    [RULE_MEM_SWAPIN] = {.name = "mem.swapin",
                         .resource = VERDICT_MEM,
                         .layer = LAYER_UNMET,
                         .quantity = Q_MEM_SWAPIN,
                         .measure = MEASURE_BYTES_PER_SECOND,
                         .range = "256KiB/s to 16MiB/s",
                         .words = "the host swaps in {}",
                         .source = OURS "each page of 4 KiB is a wait for storage: 64 of them a "
                                        "second and more."},
    [RULE_MEM_DECOMPRESSION] = {.name = "mem.decompression",
                                .resource = VERDICT_MEM,
                                .layer = LAYER_UNMET,
                                .quantity = Q_MEM_DECOMPRESSION,
                                .measure = MEASURE_BYTES_PER_SECOND,
                                .range = "4MiB/s to 256MiB/s",
                                .words = "the host decompresses {}",
                                .source = OURS "some twenty times faster than swap-in from "
                                               "storage, so that much more of it."},
    [RULE_DISK_QUEUE] = {.name = "disk.queue",
                         .resource = VERDICT_DISK,
                         .layer = LAYER_QUEUE,
                         .quantity = Q_DISK_QUEUE,
                         .per = Q_DISK_COUNT,
                         .measure = MEASURE_NUMBER,
                         .range = "8 to 64",
                         .words = "{} IOs queue in the guest for each disk",
                         .source = OURS "a guest counts IOs under way, too, so a short queue is "
                                        "work and no wait."},
    [RULE_DISK_SNAPSHOT_READS] = {.name = "disk.snapshot_reads",
                                  .resource = VERDICT_DISK,
                                  .layer = LAYER_OVERHEAD,
                                  .quantity = Q_DISK_SNAPSHOT_READS,
                                  .per = Q_DISK_READS,
                                  .measure = MEASURE_PERCENT,
                                  .range = "50% to 400%",
                                  .blind = REASON_SWAP_IO,
                                  .when = {{Q_DISK_SNAPSHOT_READS, 20}},
                                  .words = "snapshots cost {} of the guest's reads on top",
                                  .source =
                                      BOOK "snapshots multiply reads up to 8 times. Few IOs are "
                                           "noise of two counters, and host swapping is in them."},
    [RULE_DISK_SNAPSHOT_READ_RATE] =
        {.name = "disk.snapshot_read_rate",
         .resource = VERDICT_DISK,
         .layer = LAYER_OVERHEAD,
         .quantity = Q_DISK_SNAPSHOT_READ_RATE,
         .per = Q_DISK_READ_RATE,
         .measure = MEASURE_PERCENT,
         .range = "50% to 400%",
         .blind = REASON_SWAP_IO,
         .when = {{Q_DISK_SNAPSHOT_READ_RATE, 2 * MIB}},
         .words = "snapshots cost {} of the guest's read throughput on top",
         .source = OURS "as disk.snapshot_reads, for VMs whose IO counts are not seen."},
    [RULE_DISK_SNAPSHOT_SPACE] = {.name = "disk.snapshot_space",
                                  .resource = VERDICT_DISK,
                                  .layer = LAYER_OVERHEAD,
                                  .quantity = Q_DISK_SNAPSHOT_SPACE,
                                  .measure = MEASURE_BYTES,
                                  .range = "50GiB to 500GiB",
                                  .words = "snapshot files take {}",
                                  .source = PRACTICE "a snapshot is no backup; one of this size "
                                                     "was forgotten, fills the datastore and "
                                                     "takes hours to remove."},
    [RULE_DISK_LATENCY] = {.name = "disk.latency",
                           .resource = VERDICT_DISK,
                           .layer = LAYER_UNMET,
                           .quantity = Q_DISK_LATENCY,
                           .measure = MEASURE_SECONDS,
                           .range = "20ms to 60ms",
                           .needed = true,
                           .when = {{Q_DISK_IOPS, 10}},
                           .words = "an IO takes {}",
                           .source = PRACTICE "20 ms is felt by databases. The mean over reads, "
                                              "writes and disks, weighted by IOs; below 10 IOs a "
                                              "second it says little."},
    [RULE_DISK_OUTSTANDING] = {.name = "disk.outstanding",
                               .resource = VERDICT_DISK,
                               .layer = LAYER_UNMET,
                               .quantity = Q_DISK_OUTSTANDING,
                               .form = FORM_WORST,
                               .measure = MEASURE_NUMBER,
                               .range = "32 to 128",
                               .when = {{Q_DISK_LATENCY, 0.01}},
                               .words = "{} IOs are outstanding on the worst disk",
                               .source = PRACTICE "32 fill the queue of a device. Only while IOs "
                                                  "take 10 ms or more: many IOs under way that "
                                                  "end quickly are good use of a disk."},
    [RULE_NET_RING_DROPS] = {.name = "net.ring_drops",
                             .resource = VERDICT_NET,
                             .layer = LAYER_QUEUE,
                             .quantity = Q_NET_RING_DROPS,
                             .measure = MEASURE_PER_SECOND,
                             .range = "0/s to 50/s",
                             .words = "the guest loses packets for want of ring buffers, {}",
                             .source = PRACTICE "a ring of sufficient size loses none."},
    [RULE_NET_DROPS] = {.name = "net.drops",
                        .resource = VERDICT_NET,
                        .layer = LAYER_UNMET,
                        .quantity = Q_NET_DROP_RATIO_TRANSMIT,
                        .form = FORM_WORST,
                        .measure = MEASURE_PERCENT,
                        .range = "0.1% to 2%",
                        .needed = true,
                        .words = "{} of the packets sent by the worst vNIC are dropped",
                        .source = BOOK "transmit drops are real unmet demand. " PRACTICE
                                       "TCP slows down from 0.1 % loss on."},
};

const struct verdict_rule_info *verdict_rule(enum verdict_rule rule)
{
    return &rules[rule];
}

const char *verdict_resource_name(enum verdict_resource resource)
{
    static const char *const names[VERDICT_RESOURCES] = {"cpu", "mem", "disk", "net"};
    return names[resource];
}

const char *verdict_resource_title(enum verdict_resource resource)
{
    static const char *const titles[VERDICT_RESOURCES] = {"CPU", "memory", "disk", "network"};
    return titles[resource];
}

void verdict_defaults(struct verdict_options *ret)
{
    *ret = (struct verdict_options){.intervals = 5, .needed = 3};
    for (enum verdict_rule rule = 0; rule < RULE_COUNT; rule++)
        verdict_range_read(rules[rule].measure, rules[rule].range, &ret->ranges[rule]);
}

enum quantity verdict_score_quantity(int place)
{
    return (enum quantity)(Q_CPU_VERDICT_QUEUE + place);
}

enum quantity verdict_status_quantity(int place)
{
    static const enum quantity first[VERDICT_RESOURCES] = {Q_CPU_STATUS_QUEUE, Q_MEM_STATUS_QUEUE,
                                                           Q_DISK_STATUS_QUEUE, Q_NET_STATUS_QUEUE};
    return (enum quantity)(first[place / VERDICT_LAYERS] + (enum quantity)(place % VERDICT_LAYERS));
}
