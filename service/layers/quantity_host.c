/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Of an ESXi host: what is needed to understand layer D of its VMs. The same counter means
 * something else on a host than on a VM: usage of a host is not the sum of its VMs.
 */
#include "layers/quantity_rows.h"

#define HOST(part, title) VM_ONLY, "host." part, "host", part, title
#define ROW(Q) [Q_HOST_##Q - QUANTITY_HOST_FIRST] = {Q_HOST_##Q

#define OF_HOST "vSphere counter of the host as the server gives it, high confidence"
#define INVENTORY "inventory of the server, as it is now; high confidence"

const struct quantity_info
    quantity_host[QUANTITY_HOST_LAST - QUANTITY_HOST_FIRST +
                  1] = {ROW(CORE_UTILIZATION),
                        HOST("core_utilization", "Core utilization"),
                        LAYER_USAGE,
                        KIND_CHECK,
                        PERCENT,
                        "Share of time in which a core ran at least one of its threads.",
                        "cpu.coreUtilization.average",
                        OF_HOST},
                  ROW(UTILIZATION),
                  HOST("utilization", "Thread utilization"), LAYER_USAGE, KIND_CHECK, PERCENT,
                  "Share of time in which a thread ran.", "cpu.utilization.average", OF_HOST
}
, ROW(USAGE), HOST("usage", "Host CPU usage"), LAYER_USAGE, KIND_CHECK, PERCENT,
    "CPU usage of the host by frequency, of its nominal capacity.", "cpu.usage.average", OF_HOST
}
, ROW(USAGEMHZ), HOST("usagemhz", "Host CPU usage in MHz"), LAYER_USAGE, KIND_CHECK, MEGAHERTZ,
    "CPU usage of the host by frequency.", "cpu.usagemhz.average", OF_HOST
}
, ROW(READY), HOST("ready", "Ready on the host"), LAYER_UNMET, KIND_CHECK, RATIO,
    "Ready time of all VMs of the host together, limits included.",
    "cpu.ready.summation / T", OF_HOST
}
, ROW(COSTOP), HOST("costop", "Co-stop on the host"), LAYER_UNMET, KIND_CHECK, RATIO,
    "Co-stop time of all VMs of the host together.", "cpu.costop.summation / T", OF_HOST
}
, ROW(LATENCY), HOST("latency", "CPU latency on the host"), LAYER_UNMET, KIND_CHECK, PERCENT,
    "vSphere's CPU contention of the host.", "cpu.latency.average", OF_HOST
}
, ROW(THREADS), HOST("threads", "Threads"), LAYER_NONE, KIND_CHECK, COUNT,
    "Logical CPUs of the host.", "summary.hardware.numCpuThreads of the host", INVENTORY
}
, ROW(CORES), HOST("cores", "Cores"), LAYER_NONE, KIND_CHECK, COUNT, "Physical cores of the host.",
    "summary.hardware.numCpuCores of the host", INVENTORY
}
, ROW(VMS), HOST("vms", "VMs on the host"), LAYER_NONE, KIND_CHECK, COUNT,
    "Powered-on VMs of the host.", "VMs whose runtime.host it is", INVENTORY
}
, ROW(VCPUS), HOST("vcpus", "vCPUs on the host"), LAYER_NONE, KIND_CHECK, COUNT,
    "vCPUs of the powered-on VMs of the host.",
    "sum of config.hardware.numCPU of its VMs", INVENTORY
}
, ROW(VCPUS_PER_THREAD),
    HOST("vcpus_per_thread", "vCPUs for a thread"), LAYER_NONE, KIND_CHECK, PERCENT,
    "How many vCPUs share a thread; above 1 the host is overcommitted.",
    "host.vcpus / host.threads", INVENTORY
}
, ROW(POWER_POLICY), HOST("power_policy", "Power management policy"), LAYER_NONE, KIND_CHECK, CODE,
    "Power policy: 0 not known, 1 high performance, 2 balanced, 3 low power, 4 custom.",
    "hardware.cpuPowerManagementInfo.currentPolicy of the host", INVENTORY
}
, ROW(MEM_SIZE), HOST("mem_size", "Host memory"), LAYER_NONE, KIND_CHECK, KILOBYTES,
    "Physical memory of the host.", "summary.hardware.memorySize of the host", INVENTORY
}
, ROW(MEM_CONSUMED),
    HOST("mem_consumed", "Host memory consumed"), LAYER_USAGE, KIND_CHECK, KILOBYTES,
    "Memory of the host that is in use, by VMs and the hypervisor.", "mem.consumed.average", OF_HOST
}
, ROW(MEM_BALLOONED),
    HOST("mem_ballooned", "Ballooned on the host"), LAYER_UNMET, KIND_CHECK, KILOBYTES,
    "Memory that the host took from its VMs by ballooning.", "mem.vmmemctl.average", OF_HOST
}
, ROW(MEM_SWAPPED), HOST("mem_swapped", "Swapped on the host"), LAYER_UNMET, KIND_CHECK, KILOBYTES,
    "Memory of its VMs that the host has swapped out.", "mem.swapused.average", OF_HOST
}
, ROW(MEM_COMPRESSED),
    HOST("mem_compressed", "Compressed on the host"), LAYER_UNMET, KIND_CHECK, KILOBYTES,
    "Memory of its VMs that the host keeps compressed.", "mem.compressed.average", OF_HOST
}
, ROW(MEM_SWAPIN),
    HOST("mem_swapin", "Swap-in on the host"), LAYER_UNMET, KIND_CHECK, KILOBYTES_PER_SECOND,
    "Rate at which the host reads swapped memory back.", "mem.swapinRate.average", OF_HOST
}
, ROW(MEM_SWAPOUT),
    HOST("mem_swapout", "Swap-out on the host"), LAYER_UNMET, KIND_CHECK, KILOBYTES_PER_SECOND,
    "Rate at which the host swaps memory out.", "mem.swapoutRate.average", OF_HOST
}
, ROW(MEM_STATE), HOST("mem_state", "Memory state"), LAYER_NONE, KIND_CHECK, CODE,
    "Memory state of the host: 0 high (enough), 1 soft, 2 hard, 3 low.", "mem.state.latest", OF_HOST
}
, ROW(MEM_LATENCY),
    HOST("mem_latency", "Memory latency on the host"), LAYER_UNMET, KIND_CHECK, PERCENT,
    "Share of time in which VMs of the host waited for swapped or compressed memory.",
    "mem.latency.average", OF_HOST
}
, ROW(STATUS), HOST("status", "Status of the host"), LAYER_NONE, KIND_STATUS, CODE,
    "Reason code of the host's row; 0 = ok.", "from the counters that the row is made of", SEED
}
,
}
;
