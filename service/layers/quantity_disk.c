/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * virtualDisk sees the guest's IO on every storage and no redo IO of snapshots; datastore sees that
 * too, but no raw mappings; disk sees block devices, but no NFS. KB are 1024 bytes.
 */
#include "layers/quantity_rows.h"

#define DISK(part, title) "disk." part, "disk", part, title
#define ROW(Q) [Q_DISK_##Q - QUANTITY_DISK_FIRST] = {Q_DISK_##Q

#define PER_DISK "vSphere counter as the server gives it, per virtual disk; the VM is the sum"
#define WHOLE_IOS PER_DISK ". Whole IOs per second: 0 means less than 1. High confidence"
#define WHOLE_KB PER_DISK ". Whole KB/s: 0 means less than 1. High confidence"
#define SPOT \
    PER_DISK ". The newest value of an average, not that of the interval; medium confidence"
#define DIFFERENCE                                                                               \
    "VMware operations guide, medium confidence: the difference of two counters with clocks of " \
    "their own, so small values are noise; swap files of the VM are in it, too"
#define WEIGHTED                                                                           \
    "VMware operations guide, high confidence: weighted by IOs, never added. Counters in " \
    "microseconds where the server has them, else whole milliseconds, and the status says so"
#define BY_CHECKS SEED

const struct quantity_info
    quantity_disk[QUANTITY_DISK_LAST - QUANTITY_DISK_FIRST +
                  1] = {ROW(READS),
                        AND_INSTANCES,
                        DISK("reads", "Disk reads"),
                        LAYER_USAGE,
                        KIND_PART,
                        OPERATIONS_PER_SECOND,
                        "Reads of the guest that its virtual disks completed.",
                        "virtualDisk.numberReadAveraged.average",
                        WHOLE_IOS},
                  ROW(WRITES), AND_INSTANCES,
                  DISK("writes", "Disk writes"), LAYER_USAGE, KIND_PART, OPERATIONS_PER_SECOND,
                  "Writes of the guest that its virtual disks completed.",
                  "virtualDisk.numberWriteAveraged.average", WHOLE_IOS
}
, ROW(IOPS), AND_INSTANCES,
    DISK("iops", "Disk IOPS"), LAYER_USAGE, KIND_TOTAL, OPERATIONS_PER_SECOND,
    "B: reads and writes together.", "disk.reads + disk.writes", SEED
}
, ROW(READ_RATE), AND_INSTANCES,
    DISK("read_rate", "Disk read throughput"), LAYER_USAGE, KIND_PART, KILOBYTES_PER_SECOND,
    "Bytes that the guest read.", "virtualDisk.read.average", WHOLE_KB
}
, ROW(WRITE_RATE), AND_INSTANCES,
    DISK("write_rate", "Disk write throughput"), LAYER_USAGE, KIND_PART, KILOBYTES_PER_SECOND,
    "Bytes that the guest wrote.", "virtualDisk.write.average", WHOLE_KB
}
, ROW(THROUGHPUT), AND_INSTANCES,
    DISK("throughput", "Disk throughput"), LAYER_USAGE, KIND_TOTAL, KILOBYTES_PER_SECOND,
    "B: bytes read and written together.", "disk.read_rate + disk.write_rate", SEED
}
, ROW(IO_SIZE), AND_INSTANCES, DISK("io_size", "Disk IO size"), LAYER_USAGE, KIND_CHECK, BYTES,
    "Mean size of the guest's IOs; not given without IOs.", "disk.throughput / disk.iops",
    "quotient of two whole numbers: rough where they are small"
}
, ROW(SNAPSHOT_READS), VM_ONLY,
    DISK("snapshot_reads", "Snapshot reads"), LAYER_OVERHEAD, KIND_PART, OPERATIONS_PER_SECOND,
    "Reads that snapshots cost beyond those of the guest.",
    "max(0, sum of datastore.numberReadAveraged.average - disk.reads)",
    DIFFERENCE ". Not with raw device mappings"
}
, ROW(SNAPSHOT_WRITES), VM_ONLY,
    DISK("snapshot_writes", "Snapshot writes"), LAYER_OVERHEAD, KIND_PART, OPERATIONS_PER_SECOND,
    "Writes that snapshots cost beyond those of the guest.",
    "max(0, sum of datastore.numberWriteAveraged.average - disk.writes)",
    DIFFERENCE ". Not with raw device mappings"
}
, ROW(SNAPSHOT_IOPS), VM_ONLY,
    DISK("snapshot_iops", "Snapshot IOPS"), LAYER_OVERHEAD, KIND_TOTAL, OPERATIONS_PER_SECOND,
    "C: IOs that snapshots cost beyond those of the guest.",
    "disk.snapshot_reads + disk.snapshot_writes", DIFFERENCE
}
, ROW(SNAPSHOT_READ_RATE), VM_ONLY, DISK("snapshot_read_rate", "Snapshot read throughput"),
    LAYER_OVERHEAD, KIND_PART, KILOBYTES_PER_SECOND,
    "Bytes that snapshots read beyond the guest's reads.",
    "max(0, disk.read.average - disk.read_rate)", DIFFERENCE ". Not on NFS and vSAN"
}
, ROW(SNAPSHOT_WRITE_RATE), VM_ONLY, DISK("snapshot_write_rate", "Snapshot write throughput"),
    LAYER_OVERHEAD, KIND_PART, KILOBYTES_PER_SECOND,
    "Bytes that snapshots wrote beyond the guest's writes.",
    "max(0, disk.write.average - disk.write_rate)", DIFFERENCE ". Not on NFS and vSAN"
}
, ROW(SNAPSHOT_SPACE), VM_ONLY,
    DISK("snapshot_space", "Snapshot space"), LAYER_OVERHEAD, KIND_PART, BYTES,
    "C in space: what the VM's snapshot files take.",
    "sum of the sizes of snapshot files in layoutEx of the VM",
    "inventory of the server, read again from time to time; medium confidence: a server renews the "
    "sizes in its own time"
}
, ROW(OUTSTANDING_READS), AND_INSTANCES,
    DISK("outstanding_reads", "Outstanding reads"), LAYER_UNMET, KIND_PART, OPERATIONS,
    "Reads on their way to the disk and back.", "virtualDisk.readOIO.latest", SPOT
}
, ROW(OUTSTANDING_WRITES), AND_INSTANCES,
    DISK("outstanding_writes", "Outstanding writes"), LAYER_UNMET, KIND_PART, OPERATIONS,
    "Writes on their way to the disk and back.", "virtualDisk.writeOIO.latest", SPOT
}
, ROW(OUTSTANDING), AND_WORST,
    DISK("outstanding", "Outstanding IO"), LAYER_UNMET, KIND_TOTAL, OPERATIONS,
    "D: IOs asked for and not yet given.", "disk.outstanding_reads + disk.outstanding_writes",
    "layer model of this project; IOs that are served as fast as the disk can are in it, too"
}
, ROW(LATENCY), AND_WORST, DISK("latency", "Disk latency"), LAYER_UNMET, KIND_PART, MICROSECONDS,
    "D in time: mean time from asking for an IO to its end.",
    "sum of latency x IOs / sum of IOs, over reads, writes and disks; without IOs 0", WEIGHTED
}
, ROW(READ_LATENCY), AND_WORST,
    DISK("read_latency", "Disk read latency"), LAYER_UNMET, KIND_CHECK, MICROSECONDS,
    "Mean time of a read.",
    "virtualDisk.readLatencyUS.latest, or virtualDisk.totalReadLatency.average; of the VM weighted "
    "by disk.reads",
    WEIGHTED
}
, ROW(WRITE_LATENCY), AND_WORST,
    DISK("write_latency", "Disk write latency"), LAYER_UNMET, KIND_CHECK, MICROSECONDS,
    "Mean time of a write.",
    "virtualDisk.writeLatencyUS.latest, or virtualDisk.totalWriteLatency.average; of the VM "
    "weighted by disk.writes",
    WEIGHTED
}
, ROW(IN_FLIGHT), AND_INSTANCES, DISK("in_flight", "IOs in flight by Little's law"), LAYER_UNMET,
    KIND_CHECK, UNIT_OPERATIONS, THOUSANDTHS,
    "How many IOs must have been under way on average; to be set against outstanding IO.",
    "disk.iops x disk.latency",
    "Little's law; a check on averages only, outstanding IO is a spot value"
}
, ROW(COUNTER_LATENCY), VM_ONLY,
    DISK("counter_latency", "vSphere highest latency"), LAYER_NONE, KIND_CHECK, MILLISECONDS,
    "Highest latency of any device or datastore of the VM.",
    "larger of disk.maxTotalLatency.latest and datastore.maxTotalLatency.latest",
    COUNTER ": a maximum, no mean"
}
, ROW(ABORTED), AND_INSTANCES,
    DISK("aborted", "Aborted disk commands"), LAYER_NONE, KIND_CHECK, COUNT,
    "Commands that were aborted, and bus resets, in the interval.",
    "virtualDisk.commandsAborted.summation + virtualDisk.busResets.summation", COUNTER
}
, ROW(COUNT), VM_ONLY, DISK("count", "Virtual disks"), LAYER_NONE, KIND_CHECK, COUNT,
    "Virtual disks with values in this sample.",
    "number of disk instances of virtualDisk.numberReadAveraged.average",
    "instances in the same answer"
}
, ROW(QUEUE), VM_ONLY,
    DISK("queue", "Guest disk queue"), LAYER_QUEUE, KIND_PART, UNIT_OPERATIONS, THOUSANDTHS,
    "A: IOs that queue inside the guest, not yet sent to the hypervisor, on average.",
    "dq of guestinfo.vstrata, or guest.disk.requestQueueAvg.latest / 100",
    "reported by the guest (Linux: weighted IO time of its block devices); independent of "
    "outstanding IO. Medium confidence"
}
, ROW(STATUS_QUEUE), VM_ONLY,
    DISK("status_queue", "Status of disk queue"), LAYER_QUEUE, KIND_STATUS, CODE,
    "Reason code of layer A of disks; 0 = ok.", "from the source of disk.queue", BY_CHECKS
}
, ROW(STATUS_USAGE), VM_ONLY,
    DISK("status_usage", "Status of disk usage"), LAYER_USAGE, KIND_STATUS, CODE,
    "Reason code of layer B of disks; 0 = ok.",
    "from the checks of the row (reads, writes and their throughput)", BY_CHECKS
}
, ROW(STATUS_OVERHEAD), VM_ONLY,
    DISK("status_overhead", "Status of disk overhead"), LAYER_OVERHEAD, KIND_STATUS, CODE,
    "Reason code of layer C of disks; 0 = ok.",
    "from the checks of the row, and what is behind the disks", BY_CHECKS
}
, ROW(STATUS_UNMET), VM_ONLY,
    DISK("status_unmet", "Status of disk unmet"), LAYER_UNMET, KIND_STATUS, CODE,
    "Reason code of layer D of disks; 0 = ok.",
    "from the checks of the row (outstanding IO, latency)", BY_CHECKS
}
,
}
;
