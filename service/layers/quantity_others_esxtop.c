/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Columns of esxtop, by its screens: c CPU, m memory, v virtual disks, n network. All of them are
 * of esxtop's own refresh (5 s by default) and of the host on which it runs.
 */
#include "layers/quantity_others_rows.h"

#define ROW(Q, name, differs)              \
    {                                      \
        Q_##Q, OTHER_ESXTOP, name, differs \
    }

/* A row of the CPU screen is a group: a VM's worlds, all of them. */
#define WORLDS "percent of one CPU, the VM's worlds VMX and MKS counted, too"
#define MB "the same, in MB"
#define MBPS "the same, in MB/s"
#define PER_DISK "the same, of each disk"
#define DISK_MS "milliseconds, of each disk"
#define PORT "the same, of each port"
#define MBIT "megabits per second, of each port"
#define PORT_PERCENT "percent, of each port"

const struct other_name other_esxtop[] = {
    ROW(CPU_GUEST_RUN, "%RUN", WORLDS "; overlap is still inside"),
    ROW(CPU_SYSTEM, "%SYS", WORLDS),
    ROW(CPU_WORLDS, "%USED",
        "no column of its own: the rows of the VMX and MKS worlds, once the VM is expanded"),
    ROW(CPU_READY, "%RDY", WORLDS "; the time held back by a limit is inside"),
    ROW(CPU_LIMIT, "%MLMTD", WORLDS),
    ROW(CPU_COSTOP, "%CSTP", WORLDS),
    ROW(CPU_OVERLAP, "%OVRLP", WORLDS),
    ROW(CPU_SWAPWAIT, "%SWPWT", WORLDS),
    ROW(CPU_OTHERWAIT, "%VMWAIT", "percent of one CPU; swap wait is inside"),
    ROW(CPU_IDLE, "%IDLE", "percent of one CPU; %WAIT holds it, too"),
    ROW(CPU_UNMET_WAIT, "%VMWAIT", "percent of one CPU; the same sum of swap wait and other wait"),
    ROW(CPU_VM_USAGE, "%USED",
        "percent of one CPU at nominal frequency: turbo and hyper-threading weigh"),
    ROW(MEM_CONFIGURED, "MEMSZ", MB),
    ROW(MEM_GRANTED, "GRANT", MB),
    ROW(MEM_OVERHEAD, "OVHD", MB),
    ROW(MEM_BALLOONED, "MCTLSZ", MB),
    ROW(MEM_SWAPPED, "SWCUR", MB),
    ROW(MEM_COMPRESSED, "CACHEUSD",
        "MB of the compression cache in use: the size after compression, not before"),
    ROW(MEM_ACTIVE, "TCHD", "MB: an estimate of its own from the same sampled pages"),
    ROW(MEM_SHARED, "SHRD", MB),
    ROW(MEM_SWAPIN, "SWR/s", MBPS),
    ROW(MEM_DECOMPRESSION, "UNZIP/s", MBPS),
    ROW(MEM_HOST_CACHE_IN, "LLSWR/s", MBPS),
    ROW(MEM_SWAPOUT, "SWW/s", MBPS),
    ROW(MEM_COMPRESSION, "ZIP/s", MBPS),
    ROW(MEM_CONTENTION, "%LAT_M", "percent; on the CPU screen. Medium confidence"),
    ROW(DISK_READS, "READS/s", PER_DISK),
    ROW(DISK_WRITES, "WRITES/s", PER_DISK),
    ROW(DISK_IOPS, "CMDS/s", PER_DISK),
    ROW(DISK_READ_RATE, "MBREAD/s", "MB/s, of each disk"),
    ROW(DISK_WRITE_RATE, "MBWRTN/s", "MB/s, of each disk"),
    ROW(DISK_LATENCY, "LAT/rd, LAT/wr", "reads and writes apart, in " DISK_MS),
    ROW(DISK_READ_LATENCY, "LAT/rd", DISK_MS),
    ROW(DISK_WRITE_LATENCY, "LAT/wr", DISK_MS),
    ROW(NET_RECEIVED, "MbRX/s", MBIT),
    ROW(NET_TRANSMITTED, "MbTX/s", MBIT),
    ROW(NET_PACKETS_RECEIVED, "PKTRX/s", PORT),
    ROW(NET_PACKETS_TRANSMITTED, "PKTTX/s", PORT),
    ROW(NET_DROP_RATIO_TRANSMIT, "%DRPTX", PORT_PERCENT),
    ROW(NET_DROP_RATIO_RECEIVE, "%DRPRX", PORT_PERCENT),
    ROW(HOST_CORE_UTILIZATION, "CORE UTIL(%)", "percent, of each core and their mean"),
    ROW(HOST_UTILIZATION, "PCPU UTIL(%)", "percent, of each thread and their mean"),
    ROW(HOST_USAGE, "PCPU USED(%)", "percent, of each thread and their mean"),
    ROW(HOST_MEM_SIZE, "PMEM /MB", MB ", in the head of the memory screen"),
    ROW(HOST_MEM_BALLOONED, "MEMCTL /MB", MB ", in the head of the memory screen"),
    ROW(HOST_MEM_SWAPPED, "SWAP /MB", MB ", in the head of the memory screen"),
    ROW(HOST_MEM_COMPRESSED, "ZIP /MB", MB ", in the head of the memory screen"),
    {Q_NONE, OTHER_ESXTOP, NULL, NULL},
};
