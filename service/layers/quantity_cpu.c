/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "layers/quantity_rows.h"

#define CPU(part, title) "cpu." part, "cpu", part, title

enum { FIRST = QUANTITY_CPU_FIRST };

const struct quantity_info quantity_cpu[QUANTITY_CPU_LAST - FIRST + 1] = {
    [Q_CPU_COUNT -
     FIRST] = {Q_CPU_COUNT, VM_ONLY, CPU("count", "vCPUs"), LAYER_NONE, KIND_CHECK, UNIT_COUNT, 1,
               "Number of vCPUs in this sample.", "number of vCPU instances of cpu.run.summation",
               "instances in the same answer, so that a hot-added vCPU counts from its first "
               "sample; high confidence"},
    [Q_CPU_GUEST_RUN -
        FIRST] = {Q_CPU_GUEST_RUN, ALL_FORMS, CPU("guest_run", "Guest run"), LAYER_USAGE, KIND_PART,
                  RATIO, "Time in which guest code really ran.",
                  "(cpu.run.summation - cpu.overlap.summation) / T; where overlap is not "
                  "known, cpu.run.summation / T, and the layer usage is partial",
                  BOOK},
    [Q_CPU_SYSTEM -
        FIRST] = {Q_CPU_SYSTEM, VM_ONLY, CPU("system", "System"), LAYER_OVERHEAD, KIND_PART, RATIO,
                  "Time the hypervisor's kernel worked for the VM.",
                  "cpu.system.summation / T; the sum over vCPUs where the server gives them", BOOK},
    [Q_CPU_WORLDS -
        FIRST] = {Q_CPU_WORLDS, VM_ONLY, CPU("worlds", "Other worlds"), LAYER_OVERHEAD, KIND_PART,
                  RATIO, "Time of the VM's worlds that are no vCPU (VMX, MKS) beyond system time.",
                  "max(0, E - cpu.system), E = cpu.worlds_used, or cpu.worlds_mhz where that is "
                  "not known (E contains system time)",
                  "formula of the VMware operations guide, not verified on public data; medium "
                  "to low confidence"},
    [Q_CPU_READY -
        FIRST] = {Q_CPU_READY, ALL_FORMS, CPU("ready", "Ready"), LAYER_UNMET, KIND_PART, RATIO,
                  "Time in which a vCPU could run and found no physical CPU, limits left out.",
                  "(cpu.ready.summation - cpu.maxlimited.summation) / T", STATES},
    [Q_CPU_LIMIT -
        FIRST] = {Q_CPU_LIMIT, ALL_FORMS, CPU("limit", "Limit"), LAYER_UNMET, KIND_PART, RATIO,
                  "Time in which a vCPU was held back by a CPU limit of the VM or of a pool.",
                  "cpu.maxlimited.summation / T", STATES},
    [Q_CPU_COSTOP -
        FIRST] = {Q_CPU_COSTOP, ALL_FORMS, CPU("costop", "Co-stop"), LAYER_UNMET, KIND_PART, RATIO,
                  "Time in which a vCPU was stopped to let the other vCPUs of the VM catch up.",
                  "cpu.costop.summation / T", MEASURED},
    [Q_CPU_OVERLAP -
        FIRST] = {Q_CPU_OVERLAP, ALL_FORMS, CPU("overlap", "Overlap"), LAYER_UNMET, KIND_PART,
                  RATIO, "Time in which a running vCPU was interrupted for work of the hypervisor.",
                  "cpu.overlap.summation / T", MEASURED},
    [Q_CPU_SWAPWAIT -
        FIRST] = {Q_CPU_SWAPWAIT, ALL_FORMS, CPU("swapwait", "Swap wait"), LAYER_UNMET, KIND_PART,
                  RATIO, "Time in which a vCPU waited for memory that the host had swapped out.",
                  "cpu.swapwait.summation / T", BOOK},
    [Q_CPU_OTHERWAIT -
        FIRST] = {Q_CPU_OTHERWAIT, ALL_FORMS, CPU("otherwait", "Other wait"), LAYER_UNMET,
                  KIND_PART, RATIO,
                  "Time in which a vCPU was blocked by the hypervisor for any other cause "
                  "(snapshot, vMotion, blocking IO).",
                  "max(0, cpu.wait.summation - cpu.idle.summation - cpu.swapwait.summation) "
                  "/ T",
                  BOOK},
    [Q_CPU_IDLE - FIRST] = {Q_CPU_IDLE, ALL_FORMS, CPU("idle", "Idle"), LAYER_IDLE, KIND_PART,
                            RATIO,
                            "Time in which the guest asked for nothing, or waited for its own IO.",
                            "cpu.idle.summation / T", MEASURED},
    [Q_CPU_OVERHEAD -
        FIRST] = {Q_CPU_OVERHEAD, VM_ONLY, CPU("overhead", "Overhead"), LAYER_OVERHEAD, KIND_TOTAL,
                  RATIO, "C: what the hypervisor adds to the guest's own work.",
                  "max(cpu.system, E), E as in cpu.worlds: equals cpu.system + cpu.worlds",
                  "formula of the VMware operations guide, not verified on public data; "
                  "medium to low confidence"},
    [Q_CPU_UNMET_SCHED -
        FIRST] = {Q_CPU_UNMET_SCHED, ALL_FORMS, CPU("unmet_sched", "Unmet: scheduling"),
                  LAYER_UNMET, KIND_TOTAL, RATIO,
                  "D_sched: CPU time asked for and not given by the scheduler.",
                  "(cpu.ready.summation + cpu.costop.summation + cpu.overlap.summation) / "
                  "T: equals cpu.ready + cpu.limit + cpu.costop + cpu.overlap",
                  STATES},
    [Q_CPU_UNMET_WAIT -
        FIRST] = {Q_CPU_UNMET_WAIT, ALL_FORMS, CPU("unmet_wait", "Unmet: waiting"), LAYER_UNMET,
                  KIND_TOTAL, RATIO,
                  "D_wait: CPU time that might have been asked for, lost in waiting.",
                  "cpu.swapwait + cpu.otherwait (other wait left out if so configured); "
                  "where swap wait is not known, (cpu.wait.summation - "
                  "cpu.idle.summation) / T, which is the same sum",
                  BOOK},
    [Q_CPU_UNMET - FIRST] = {Q_CPU_UNMET, ALL_FORMS, CPU("unmet", "Unmet"), LAYER_UNMET, KIND_TOTAL,
                             RATIO, "D: CPU time that the guest asked for and did not get.",
                             "cpu.unmet_sched + cpu.unmet_wait", SEED},
    [Q_CPU_VM_USAGE - FIRST] = {Q_CPU_VM_USAGE, VM_ONLY, CPU("vm_usage", "VM usage"), LAYER_NONE,
                                KIND_TOTAL, RATIO, "B + C: physical CPU time spent for the VM.",
                                "cpu.guest_run + cpu.overhead", SEED},
    [Q_CPU_VM_DEMAND -
        FIRST] = {Q_CPU_VM_DEMAND, VM_ONLY, CPU("vm_demand", "VM demand"), LAYER_NONE, KIND_TOTAL,
                  RATIO,
                  "B + C + D: physical CPU time that the VM would have used if it had got "
                  "it.",
                  "cpu.guest_run + cpu.overhead + cpu.unmet; where overlap is not known, "
                  "(cpu.run.summation + cpu.ready.summation + cpu.costop.summation) / T + "
                  "cpu.unmet_wait + cpu.overhead, which is the same sum",
                  SEED},
    [Q_CPU_EFFICIENCY_LOSS -
        FIRST] = {Q_CPU_EFFICIENCY_LOSS, ALL_FORMS, CPU("efficiency_loss", "Efficiency loss"),
                  LAYER_NONE, KIND_CHECK, RATIO,
                  "Work lost to hyper-threading and power management while running; "
                  "negative is a gain by turbo. Never part of B, C or D.",
                  "(cpu.run.summation - cpu.overlap.summation - cpu.used.summation) / "
                  "T, of vCPUs only",
                  BOOK},
    [Q_CPU_WORLDS_USED -
        FIRST] = {Q_CPU_WORLDS_USED, VM_ONLY, CPU("worlds_used", "Other worlds by used time"),
                  LAYER_NONE, KIND_CHECK, RATIO,
                  "Estimate 1 of system and non-vCPU worlds, from used time.",
                  "max(0, cpu.used.summation of the VM - sum of cpu.used.summation of its "
                  "vCPUs) / T",
                  "formula of the VMware operations guide, not verified on public data; "
                  "medium to low confidence"},
    [Q_CPU_WORLDS_MHZ -
        FIRST] = {Q_CPU_WORLDS_MHZ, VM_ONLY, CPU("worlds_mhz", "Other worlds by frequency"),
                  LAYER_NONE, KIND_CHECK, RATIO,
                  "Estimate 2 of system and non-vCPU worlds, from MHz.",
                  "max(0, cpu.usagemhz.average of the VM - sum of cpu.usagemhz.average of "
                  "its vCPUs) / f",
                  BOOK},
    [Q_CPU_KERNEL_GAP -
        FIRST] = {Q_CPU_KERNEL_GAP, VM_ONLY, CPU("kernel_gap", "Kernel gap"), LAYER_NONE,
                  KIND_CHECK, RATIO,
                  "Usage by frequency beyond used time: kernel work for the VM, follows "
                  "packet and IO rates.",
                  "cpu.usagemhz.average / f - cpu.used.summation / T, of the VM",
                  "measured on recorded series (0.6 % of a core on average); medium "
                  "confidence"},
    [Q_CPU_COUNTER_USAGE -
        FIRST] = {Q_CPU_COUNTER_USAGE, VM_ONLY, CPU("counter_usage", "vSphere usage"), LAYER_NONE,
                  KIND_CHECK, PERCENT,
                  "vSphere's cpu usage: of all vCPUs at nominal frequency, capped at 1.",
                  "cpu.usage.average", COUNTER},
    [Q_CPU_COUNTER_LATENCY -
        FIRST] = {Q_CPU_COUNTER_LATENCY, VM_ONLY, CPU("counter_latency", "vSphere latency"),
                  LAYER_NONE, KIND_CHECK, PERCENT,
                  "vSphere's cpu latency (contention): mixes D with efficiency loss.",
                  "cpu.latency.average", COUNTER},
    [Q_CPU_COUNTER_READINESS -
        FIRST] = {Q_CPU_COUNTER_READINESS, VM_ONLY, CPU("counter_readiness", "vSphere readiness"),
                  LAYER_NONE, KIND_CHECK, PERCENT,
                  "vSphere's readiness: ready and limit of all vCPUs over n * T.",
                  "cpu.readiness.average", COUNTER},
    [Q_CPU_COUNTER_USAGEMHZ -
        FIRST] = {Q_CPU_COUNTER_USAGEMHZ, VM_ONLY, CPU("counter_usagemhz", "vSphere usage MHz"),
                  LAYER_NONE, KIND_CHECK, MEGAHERTZ, "vSphere's usage as a frequency, not capped.",
                  "cpu.usagemhz.average of the VM", COUNTER},
    [Q_CPU_COUNTER_DEMAND -
        FIRST] = {Q_CPU_COUNTER_DEMAND, VM_ONLY, CPU("counter_demand", "vSphere demand"),
                  LAYER_NONE, KIND_CHECK, MEGAHERTZ,
                  "vSphere's cpu demand, a moving average; not the demand of the "
                  "layers.",
                  "cpu.demand.average", COUNTER},
    [Q_CPU_COUNTER_ENTITLEMENT -
        FIRST] = {Q_CPU_COUNTER_ENTITLEMENT, VM_ONLY,
                  CPU("counter_entitlement", "vSphere entitlement"), LAYER_NONE, KIND_CHECK,
                  MEGAHERTZ,
                  "CPU frequency that shares, reservation and limit entitle the VM "
                  "to.",
                  "cpu.entitlement.latest", COUNTER},
    [Q_CPU_STATUS_QUEUE - FIRST] = {Q_CPU_STATUS_QUEUE, VM_ONLY,
                                    CPU("status_queue", "Status of queue"), LAYER_QUEUE,
                                    KIND_STATUS, CODE,
                                    "Reason code of layer A, work queued inside the guest; 0 = ok.",
                                    "no public counter: 1 (no guest source)",
                                    "absent from every public counter list read; high confidence"},
    [Q_CPU_STATUS_USAGE -
        FIRST] = {Q_CPU_STATUS_USAGE, VM_ONLY, CPU("status_usage", "Status of usage"), LAYER_USAGE,
                  KIND_STATUS, CODE, "Reason code of layer B; 0 = ok.",
                  "from the checks of the row (identities I1, I2, I5; missing values)", SEED},
    [Q_CPU_STATUS_OVERHEAD -
        FIRST] = {Q_CPU_STATUS_OVERHEAD, VM_ONLY, CPU("status_overhead", "Status of overhead"),
                  LAYER_OVERHEAD, KIND_STATUS, CODE, "Reason code of layer C; 0 = ok.",
                  "from the checks of the row (I1; which estimate was possible)", SEED},
    [Q_CPU_STATUS_UNMET -
        FIRST] = {Q_CPU_STATUS_UNMET, VM_ONLY, CPU("status_unmet", "Status of unmet"), LAYER_UNMET,
                  KIND_STATUS, CODE, "Reason code of layer D; 0 = ok.",
                  "from the checks of the row (identities I1 to I5; missing values)", SEED},
};
