/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What counters tell of a sample, for the catalogue's table: made of the physics, apart from the
 * truth. `instance` is AGGREGATE or as told in catalogue.h.
 */
#ifndef VCENTER_CATALOGUE_VALUES_H
#define VCENTER_CATALOGUE_VALUES_H

#include "catalogue.h"

/* virtualDisk, datastore, disk */
counter_fn value_disk_reads, value_disk_writes, value_disk_read, value_disk_write,
    value_disk_read_ms, value_disk_write_ms, value_disk_read_us, value_disk_write_us,
    value_disk_read_oio, value_disk_write_oio, value_disk_aborted, value_disk_resets;
counter_fn value_datastore_reads, value_datastore_writes, value_datastore_read,
    value_datastore_write, value_datastore_read_ms, value_datastore_write_ms,
    value_datastore_latency;
counter_fn value_device_read, value_device_write, value_device_usage, value_device_latency;

/* net */
counter_fn value_net_received, value_net_transmitted, value_net_usage, value_net_packets_received,
    value_net_packets_transmitted, value_net_dropped_received, value_net_dropped_transmitted,
    value_net_outside_received, value_net_outside_transmitted;

/* guest */
counter_fn value_guest_run_queue, value_guest_context_switches, value_guest_page_in,
    value_guest_page_out, value_guest_needed, value_guest_disk_queue;

/* of hosts */
host_counter_fn value_host_ready, value_host_costop, value_host_usagemhz, value_host_usage,
    value_host_latency, value_host_core_utilization, value_host_utilization, value_host_consumed,
    value_host_ballooned, value_host_compressed, value_host_swapped, value_host_swapin,
    value_host_swapout, value_host_mem_state, value_host_mem_latency, value_host_mem_usage,
    value_host_mem_total, value_host_active, value_host_granted, value_host_overhead,
    value_host_shared, value_host_uptime, value_host_power;
host_counter_fn value_host_net_received, value_host_net_transmitted, value_host_net_usage,
    value_host_net_packets_received, value_host_net_packets_transmitted, value_host_net_lost;
host_counter_fn value_host_store_reads, value_host_store_writes, value_host_store_read,
    value_host_store_write, value_host_store_read_ms, value_host_store_write_ms,
    value_host_store_latency;
host_counter_fn value_host_device_read, value_host_device_write, value_host_device_usage,
    value_host_device_reads, value_host_device_writes, value_host_device_latency;
counter_fn value_power, value_net_lost, value_disk_throughput;

#endif
