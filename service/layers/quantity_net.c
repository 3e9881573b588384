/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Instances are vNICs, by their device key; a server's list may have physical NICs beside them,
 * which are no part of the VM. KB are 1024 bytes.
 */
#include "layers/quantity_rows.h"

#define NET(part, title) "net." part, "net", part, title
#define ROW(Q) [Q_NET_##Q - QUANTITY_NET_FIRST] = {Q_NET_##Q

#define PER_NIC "vSphere counter as the server gives it, per vNIC; the VM is the sum"
#define WHOLE_KB PER_NIC ". Whole KB/s: 0 means less than 1. High confidence"
#define EVERY_PACKET PER_NIC ". Broadcast and multicast are in it. High confidence"
#define FALSE_POSITIVES                                                                     \
    "VMware operations guide: filtered multicast and frames not meant for the VM count as " \
    "dropped, "                                                                             \
    "so it is kept apart from D; low confidence as a sign of trouble"

const struct quantity_info
    quantity_net[QUANTITY_NET_LAST - QUANTITY_NET_FIRST + 1] = {ROW(RECEIVED),
                                                                AND_INSTANCES,
                                                                NET("received", "Network received"),
                                                                LAYER_USAGE,
                                                                KIND_PART,
                                                                KILOBYTES_PER_SECOND,
                                                                "Bytes that the VM received.",
                                                                "net.received.average",
                                                                WHOLE_KB},
                                                          ROW(TRANSMITTED), AND_INSTANCES,
                                                          NET("transmitted", "Network transmitted"),
                                                          LAYER_USAGE, KIND_PART,
                                                          KILOBYTES_PER_SECOND,
                                                          "Bytes that the VM transmitted.",
                                                          "net.transmitted.average", WHOLE_KB
}
, ROW(THROUGHPUT), AND_INSTANCES,
    NET("throughput", "Network throughput"), LAYER_USAGE, KIND_TOTAL, KILOBYTES_PER_SECOND,
    "B: bytes received and transmitted together.", "net.received + net.transmitted", SEED
}
, ROW(PACKETS_RECEIVED), AND_INSTANCES,
    NET("packets_received", "Packets received"), LAYER_USAGE, KIND_PART, PACKETS_PER_SECOND,
    "Packets that the VM received.", "net.packetsRx.summation / T", EVERY_PACKET
}
, ROW(PACKETS_TRANSMITTED), AND_INSTANCES,
    NET("packets_transmitted", "Packets transmitted"), LAYER_USAGE, KIND_PART, PACKETS_PER_SECOND,
    "Packets that the VM transmitted.", "net.packetsTx.summation / T", EVERY_PACKET
}
, ROW(PACKETS), AND_INSTANCES,
    NET("packets", "Packets"), LAYER_USAGE, KIND_TOTAL, PACKETS_PER_SECOND,
    "B: packets received and transmitted together.",
    "net.packets_received + net.packets_transmitted", SEED
}
, ROW(DROPPED_TRANSMIT), AND_INSTANCES,
    NET("dropped_transmit", "Transmit drops"), LAYER_UNMET, KIND_PART, PACKETS_PER_SECOND,
    "D: packets that the VM wanted to send and the hypervisor dropped.",
    "net.droppedTx.summation / T", "VMware operations guide, high confidence: real unmet demand"
}
, ROW(DROPPED_RECEIVE), AND_INSTANCES,
    NET("dropped_receive", "Receive drops"), LAYER_UNMET, KIND_CHECK, PACKETS_PER_SECOND,
    "Packets for the VM that were dropped.", "net.droppedRx.summation / T", FALSE_POSITIVES
}
, ROW(DROP_RATIO_TRANSMIT), AND_WORST,
    NET("drop_ratio_transmit", "Transmit drop ratio"), LAYER_UNMET, KIND_PART, RATIO,
    "D as a share: transmit drops of all packets sent; without packets 0.",
    "net.dropped_transmit / (net.dropped_transmit + net.packets_transmitted)",
    "VMware operations guide, high confidence"
}
, ROW(DROP_RATIO_RECEIVE), AND_WORST,
    NET("drop_ratio_receive", "Receive drop ratio"), LAYER_UNMET, KIND_CHECK, RATIO,
    "Share of received packets that were dropped; without packets 0.",
    "net.dropped_receive / (net.dropped_receive + net.packets_received)", FALSE_POSITIVES
}
, ROW(HOST_INTERNAL), VM_ONLY,
    NET("host_internal", "Traffic inside the host"), LAYER_USAGE, KIND_CHECK, RATIO,
    "Share of the VM's bytes that no physical NIC saw; not given without traffic.",
    "1 - (net.pnicBytesRx.average + net.pnicBytesTx.average) / (net.received.average + "
    "net.transmitted.average), within 0 and 1",
    "vSphere's own catalogue text; medium to low confidence"
}
, ROW(COUNT), VM_ONLY, NET("count", "vNICs"), LAYER_NONE, KIND_CHECK, COUNT,
    "vNICs with values in this sample.", "number of vNIC instances of net.received.average",
    "instances in the same answer"
}
, ROW(RING_DROPS), VM_ONLY, NET("ring_drops", "NIC ring drops"), LAYER_QUEUE, KIND_PART,
    UNIT_PACKETS_PER_SECOND, THOUSANDTHS,
    "A: packets lost in the guest because the ring of its NIC was full.",
    "ring of guestinfo.vstrata",
    "reported by the guest (Linux: missed and FIFO errors of its interfaces). Medium confidence"
}
, ROW(DRIVER_DROPS), VM_ONLY, NET("driver_drops", "NIC driver drops"), LAYER_QUEUE, KIND_PART,
    UNIT_PACKETS_PER_SECOND, THOUSANDTHS, "A: packets that the guest's network stack dropped.",
    "drv of guestinfo.vstrata",
    "reported by the guest (Linux: dropped packets of its interfaces, among them those of no known "
    "protocol). Medium to low confidence"
}
, ROW(STATUS_QUEUE), VM_ONLY,
    NET("status_queue", "Status of network queue"), LAYER_QUEUE, KIND_STATUS, CODE,
    "Reason code of layer A of the network; 0 = ok.",
    "from the source of net.ring_drops and net.driver_drops", SEED
}
, ROW(STATUS_USAGE), VM_ONLY,
    NET("status_usage", "Status of network usage"), LAYER_USAGE, KIND_STATUS, CODE,
    "Reason code of layer B of the network; 0 = ok.",
    "from the checks of the row (bytes and packets)", SEED
}
, ROW(STATUS_OVERHEAD), VM_ONLY,
    NET("status_overhead", "Status of network overhead"), LAYER_OVERHEAD, KIND_STATUS, CODE,
    "Reason code of layer C of the network; 0 = ok.",
    "always 11: no counter; what packets cost the hypervisor shows in cpu.kernel_gap", SEED
}
, ROW(STATUS_UNMET), VM_ONLY,
    NET("status_unmet", "Status of network unmet"), LAYER_UNMET, KIND_STATUS, CODE,
    "Reason code of layer D of the network; 0 = ok.",
    "from the checks of the row (transmit drops)", SEED
}
,
}
;
