#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
"""End to end: 50 VMs under the names of other collectors, in InfluxDB, in VictoriaMetrics (by line
protocol and by remote write) and in carbon.
Queries of the kinds that public dashboards use are run against the servers, and every figure equals
the one reckoned from raw samples that pyvmomi reads of the same vCenter."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../support"))
from panels import (InfluxQL, PromQL, Raw, Whisper, differences, mean, newest,  # noqa: E402
                    sexigraf_path, top)
from rig import Checks, Rig, fetch, free_port, wait_for  # noqa: E402
from truth import Truth  # noqa: E402

VMS, SPEED, WINDOW_S, SLOT_MS = 50, 10, 200, 20000
COUNTERS = {
    "cpu.ready.summation", "cpu.usage.average", "cpu.usagemhz.average", "cpu.latency.average",
    "cpu.demand.average", "cpu.idle.summation", "cpu.wait.summation",
    "mem.usage.average", "mem.consumed.average", "mem.active.average", "mem.vmmemctl.average",
    "mem.swapinRate.average", "net.usage.average", "net.bytesRx.average", "net.bytesTx.average",
    "net.received.average", "virtualDisk.totalReadLatency.average", "virtualDisk.read.average",
    "disk.maxTotalLatency.latest", "disk.usage.average", "sys.uptime.latest",
    "power.power.average"}


def influxql(checks, store, raw):
    """Telegraf's dashboards on InfluxDB."""
    vms, hosts = raw.vms, raw.hosts
    cluster = sorted({vm.cluster for vm in vms.values() if vm.cluster})[0]
    some = next(vm for vm in vms.values() if vm.vcpus > 1)
    total = "\"cpu\" = 'instance-total'"
    panels = [
        ("ready of each VM in percent",
         f'SELECT mean("ready_summation") / 200 FROM "vsphere_vm_cpu" WHERE {total} AND '
         '$timeFilter GROUP BY "vmname"', ["vmname"], {},
         raw.folded(vms, "cpu.ready.summation", mean, 200)),
        ("usage of clusters over time",
         'SELECT mean("usage_average") FROM "vsphere_vm_cpu" WHERE "clustername" =~ /.+/ AND '
         f'{total} AND $timeFilter GROUP BY time(60s), "clustername" fill(none)',
         ["clustername"], {"slots": True},
         raw.over_time(vms, "cpu.usage.average", "cluster", mean, 60, 100)),
        ("ten VMs with the highest read latency",
         'SELECT top("highest", "vmname", 10) FROM (SELECT max("totalReadLatency_average") AS '
         '"highest" FROM "vsphere_vm_virtualDisk" WHERE $timeFilter GROUP BY "vmname", "disk")',
         [], {"ranks": True},
         top(largest(raw.by_instance(vms, "virtualDisk.totalReadLatency.average", max)), 10)),
        ("memory of hosts",
         'SELECT last("usage_average") FROM "vsphere_host_mem" WHERE $timeFilter GROUP BY '
         '"esxhostname"', ["esxhostname"], {},
         raw.folded(hosts, "mem.usage.average", newest, 100)),
        ("network of hosts by interface",
         'SELECT mean("bytesRx_average") FROM "vsphere_host_net" WHERE "interface" != '
         "'instance-total' AND $timeFilter GROUP BY \"source\", \"interface\"",
         ["source", "interface"], {}, raw.by_instance(hosts, "net.bytesRx.average", mean)),
        ("network of VMs by vNIC",
         'SELECT max("bytesTx_average") FROM "vsphere_vm_net" WHERE "interface" =~ /^40/ AND '
         '$timeFilter GROUP BY "vmname", "interface"', ["vmname", "interface"], {},
         {key: value for key, value in raw.by_instance(vms, "net.bytesTx.average", max).items()
          if key[1].startswith("40")}),
        ("ready of one VM's vCPUs",
         'SELECT max("ready_summation") FROM "vsphere_vm_cpu" WHERE '
         f"\"vmname\" = '{some.name}' AND "
         '"cpu" =~ /^[0-9]+$/ AND $timeFilter GROUP BY "vmname", "cpu"', ["vmname", "cpu"], {},
         raw.by_instance({some.moid: some}, "cpu.ready.summation", max)),
        ("memory in use of one cluster's VMs in GB",
         f"SELECT mean(\"active_average\") / 1048576 FROM \"vsphere_vm_mem\" WHERE "
         f"\"clustername\" = '{cluster}' AND $timeFilter GROUP BY \"vmname\"", ["vmname"], {},
         raw.folded({moid: vm for moid, vm in vms.items() if vm.cluster == cluster},
                    "mem.active.average", mean, 2 ** 20)),
        ("power of hosts",
         'SELECT mean("power_average") FROM "vsphere_host_power" WHERE $timeFilter GROUP BY '
         '"esxhostname"', ["esxhostname"], {}, raw.folded(hosts, "power.power.average", mean)),
        ("disk reads of VMs by disk",
         'SELECT mean("read_average") FROM "vsphere_vm_virtualDisk" WHERE "disk" != '
         "'instance-total' AND $timeFilter GROUP BY \"vmname\", \"disk\"", ["vmname", "disk"], {},
         raw.by_instance(vms, "virtualDisk.read.average", mean)),
    ]
    for title, query, tags, how, want in panels:
        compare(checks, f"telegraf, InfluxQL: {title}", store.ask(query, tags, **how), want)
    checks.equal("telegraf, InfluxQL: the variable vmname",
                 store.words('SHOW TAG VALUES FROM "vsphere_vm_cpu" WITH KEY = "vmname" WHERE '
                             f"\"clustername\" = '{cluster}'"),
                 sorted(vm.name for vm in vms.values() if vm.cluster == cluster))
    checks.equal("telegraf, InfluxQL: the variable esxhostname",
                 store.words('SHOW TAG VALUES FROM "vsphere_host_cpu" WITH KEY = "esxhostname"'),
                 sorted(host.name for host in hosts.values()))
    # Other than these, and a database that Telegraf has filled would refuse our points.
    types = store.types("vsphere_vm_cpu")
    checks.equal("telegraf: types of fields",
                 {name: types.get(name) for name in ("ready_summation", "usage_average")},
                 {"ready_summation": "integer", "usage_average": "float"})


def promql_telegraf(checks, store, raw):
    """The same names in a store of PromQL."""
    vms, hosts = raw.vms, raw.hosts
    panels = [
        ("ready of each VM in percent",
         'avg_over_time(vsphere_vm_cpu_ready_summation{cpu="instance-total"}[$__range]) / 200',
         ["vmname"], raw.folded(vms, "cpu.ready.summation", mean, 200)),
        ("usage of clusters",
         'avg by (clustername) (avg_over_time(vsphere_vm_cpu_usage_average{cpu="instance-total",'
         'clustername!=""}[$__range]))', ["clustername"],
         raw.grouped(vms, "cpu.usage.average", "cluster", mean, mean, 100)),
        ("ten VMs with the highest CPU latency",
         'topk(10, max_over_time(vsphere_vm_cpu_latency_average[$__range]))', None,
         top(raw.folded(vms, "cpu.latency.average", max, 100), 10)),
        ("memory of hosts", 'last_over_time(vsphere_host_mem_usage_average[$__range])',
         ["esxhostname"], raw.folded(hosts, "mem.usage.average", newest, 100)),
        ("network of VMs by vNIC",
         'avg_over_time(vsphere_vm_net_bytesRx_average{interface!="instance-total"}[$__range])',
         ["vmname", "interface"], raw.by_instance(vms, "net.bytesRx.average", mean)),
        ("MHz of the VMs of each host",
         'sum by (esxhostname) (avg_over_time(vsphere_vm_cpu_usagemhz_average{cpu="instance-total"}'
         '[$__range]))', ["esxhostname"],
         raw.grouped(vms, "cpu.usagemhz.average", "host", mean, sum)),
        ("read latency of disks",
         'max_over_time(vsphere_vm_virtualDisk_totalReadLatency_average[$__range])',
         ["vmname", "disk"], raw.by_instance(vms, "virtualDisk.totalReadLatency.average", max)),
        ("days since the start of hosts",
         'max_over_time(vsphere_host_sys_uptime_latest[$__range]) / 86400', ["source"],
         raw.folded(hosts, "sys.uptime.latest", max, 86400)),
    ]
    show(checks, "telegraf, PromQL", store, panels)
    checks.equal("telegraf, PromQL: the variable vmname",
                 store.words("vmname", "vsphere_vm_mem_usage_average"),
                 sorted(vm.name for vm in vms.values()))


def promql_exporter(checks, store, raw):
    """Dashboards and rules of vmware_exporter."""
    vms, hosts = raw.vms, raw.hosts
    vcpus = {vm.name: vm.vcpus for vm in vms.values()}
    memory = {one.name: one.memory_mb for one in [*vms.values(), *hosts.values()]}
    panels = [
        ("ready of a vCPU in percent",
         'avg_over_time(vmware_vm_cpu_ready_summation[$__range]) / 200 / '
         'last_over_time(vmware_vm_num_cpu[$__range])', ["vm_name"],
         {key: value / vcpus[key[0]] for key, value in
          raw.folded(vms, "cpu.ready.summation", mean, 200).items()}),
        ("usage of VMs",
         'avg_over_time(vmware_vm_cpu_usage_average[$__range]) / 100', ["vm_name"],
         raw.folded(vms, "cpu.usage.average", mean, 100)),
        ("consumed memory of VMs in percent",
         'last_over_time(vmware_vm_mem_consumed_average[$__range]) / 1024 / '
         'last_over_time(vmware_vm_memory_max[$__range]) * 100', ["vm_name"],
         {key: value / memory[key[0]] * 100 for key, value in
          raw.folded(vms, "mem.consumed.average", newest, 1024).items()}),
        ("ten VMs with the highest latency",
         'topk(10, max_over_time(vmware_vm_disk_maxTotalLatency_latest[$__range]))', None,
         top(raw.folded(vms, "disk.maxTotalLatency.latest", max), 10)),
        ("memory of hosts in percent",
         'avg_over_time(vmware_host_memory_usage[$__range]) / '
         'last_over_time(vmware_host_memory_max[$__range]) * 100', ["host_name"],
         {key: value / memory[key[0]] * 100 for key, value in
          raw.folded(hosts, "mem.consumed.average", mean, 1024).items()}),
        ("MHz of clusters",
         'sum by (cluster_name) (avg_over_time(vmware_host_cpu_usage{cluster_name!=""}[$__range]))',
         ["cluster_name"], raw.grouped(hosts, "cpu.usagemhz.average", "cluster", mean, sum)),
        ("received by the VMs of each host in bytes",
         'sum by (host_name) (avg_over_time(vmware_vm_net_received_average[$__range])) * 1024',
         ["host_name"],
         raw.grouped(vms, "net.received.average", "host", mean, sum, 1 / 1024)),
        ("received by hosts", 'max_over_time(vmware_host_net_bytesRx_average[$__range])',
         ["host_name"], raw.folded(hosts, "net.bytesRx.average", max)),
        ("disk usage by datastore",
         'sum by (ds_name) (avg_over_time(vmware_vm_disk_usage_average[$__range]))', ["ds_name"],
         raw.grouped(vms, "disk.usage.average", "datastore", mean, sum)),
        ("VMs that balloon", 'count(max_over_time(vmware_vm_mem_vmmemctl_average[$__range]) > 0)',
         [], {(): sum(value > 0 for value in
                      raw.folded(vms, "mem.vmmemctl.average", max).values())}),
        ("cores of hosts", 'last_over_time(vmware_host_num_cpu[$__range])', ["host_name"],
         {(host.name,): host.cores for host in hosts.values()}),
    ]
    show(checks, "vmware_exporter", store, panels)
    checks.equal("vmware_exporter: the variable vm_name",
                 store.words("vm_name", "vmware_vm_num_cpu"),
                 sorted(vm.name for vm in vms.values()))


def graphite(checks, store, raw):
    """SexiGraf's paths."""
    vms, hosts = raw.vms, raw.hosts

    def paths(entities, counter, end, fold, divisor=lambda one: 1):
        return {sexigraf_path("vc", one, end): fold(values) / divisor(one)
                for one, values in raw.of(entities, counter)}

    def per_vcpu(vm):
        return 200 * vm.vcpus

    def waiting(vm, values):
        idle = dict(raw.values["cpu.idle.summation", vm.moid, ""])
        return mean([value - idle[time] for time, value in values if time in idle])

    vm_panels = [
        ("cpu.ready.summation", "fatstats.cpu_ready_summation", mean, per_vcpu),
        ("cpu.latency.average", "fatstats.cpu_latency_average", max, lambda one: 1),
        ("disk.maxTotalLatency.latest", "fatstats.maxTotalLatency", max, lambda one: 1),
        ("net.usage.average", "fatstats.netUsage", mean, lambda one: 1),
        ("cpu.demand.average", "quickstats.overallCpuDemand", mean, lambda one: 1),
        ("mem.consumed.average", "quickstats.HostMemoryUsage", newest, lambda one: 1024),
        ("mem.active.average", "quickstats.GuestMemoryUsage", mean, lambda one: 1024),
        ("mem.vmmemctl.average", "quickstats.BalloonedMemory", max, lambda one: 1024),
        ("cpu.usage.average", "runtime.CpuUtilization", mean, lambda one: 100),
        ("mem.usage.average", "runtime.MemUtilization", mean, lambda one: 100),
    ]
    host_panels = [
        ("power.power.average", "fatstats.power", mean, lambda one: 1),
        ("mem.consumed.average", "quickstats.overallMemoryUsage", newest, lambda one: 1024),
        ("sys.uptime.latest", "quickstats.Uptime", max, lambda one: 1),
        ("mem.usage.average", "fatstats.overallmemUtilization", mean, lambda one: 100),
    ]
    for entities, panels in ((vms, vm_panels), (hosts, host_panels)):
        for counter, end, fold, divisor in panels:
            compare(checks, f"sexigraf: {end}", store.ask(end, fold),
                    paths(entities, counter, end, fold, divisor))
    compare(checks, "sexigraf: fatstats.cpu_wait_no_idle",
            store.ask("fatstats.cpu_wait_no_idle", mean),
            {sexigraf_path("vc", vm, "fatstats.cpu_wait_no_idle"):
             waiting(vm, raw.values["cpu.wait.summation", vm.moid, ""]) / per_vcpu(vm)
             for vm in vms.values() if ("cpu.wait.summation", vm.moid, "") in raw.values})
    compare(checks, "sexigraf: quickstats.overallCpuUsage of VMs and hosts",
            store.ask("quickstats.overallCpuUsage", mean),
            {**paths(vms, "cpu.usagemhz.average", "quickstats.overallCpuUsage", mean),
             **paths(hosts, "cpu.usagemhz.average", "quickstats.overallCpuUsage", mean)})
    compare(checks, "sexigraf: network of hosts by NIC", store.ask("bytesRx", max),
            {sexigraf_path("vc", host, f"net.{nic}.bytesRx"): max(values)
             for host, nic, values in raw.instances(hosts, "net.bytesRx.average")})


def own_raw(checks, store, raw):
    """Raw samples that are asked for by name, under our own names."""
    show(checks, "vstrata", store, [
        ("ready of VMs", 'avg_over_time(vstrata_vm_raw_cpu_ready_summation{instance=""}[$__range])',
         ["vm"], raw.folded(raw.vms, "cpu.ready.summation", mean)),
        ("ready of vCPUs", 'max_over_time(vstrata_vm_raw_cpu_ready_summation{instance!=""}'
         '[$__range])', ["vm", "instance"],
         raw.by_instance(raw.vms, "cpu.ready.summation", max)),
        ("network of hosts", 'max_over_time(vstrata_host_raw_net_bytesRx_average{instance!=""}'
         '[$__range])', ["host", "instance"],
         raw.by_instance(raw.hosts, "net.bytesRx.average", max))])


def largest(figures):
    """{(name, instance): figure} -> {(name,): the largest of its instances}"""
    found = {}
    for (name, _), value in figures.items():
        found[name,] = max(value, found.get((name,), value))
    return found


def show(checks, schema, store, panels):
    for title, query, labels, want in panels:
        got = store.ask(query, labels or [], ranks=labels is None)
        compare(checks, f"{schema}: {title}", got, want)


def compare(checks, name, got, want):
    """A panel of zeros would tell nothing."""
    checks.none(f"{name}: {len(want)} figures", differences(got, want) +
                ([] if any(want.values()) else ["all of them are 0"]))


def main():
    checks = Checks()
    with Rig() as rig:
        _, server = rig.simulator(
            "--vms", str(VMS), "--off-percent", "0", "--user", "user", "--password", "pass",
            "--start", "-900s", "--speed", str(SPEED))
        truth = Truth(server["url"])
        victoria, influx = rig.victoria(), rig.influx("telegraf")
        carbon = rig.carbon()
        # As Telegraf would have left it: from now on the types of these fields are fixed.
        fetch(f"{influx}/write?db=telegraf&precision=s",
              "vsphere_vm_cpu,vmname=old ready_summation=1i,usage_average=1.5 1500000000\n")
        page = f"127.0.0.1:{free_port()}"
        config = rig.config(
            server["url"], web=page,
            collect={"interval": "2s", "lag": "200ms", "first_lookback": "60s",
                     "raw": '["cpu.ready.*", "net.bytes*"]'},
            stores=[{"type": "influxdb", "name": "influx", "url": influx, "api": "v1",
                     "database": "telegraf", "schema": "telegraf"},
                    {"type": "influxdb", "name": "victoria", "url": victoria, "api": "v1",
                     "database": "vs", "schema": "telegraf"},
                    {"type": "prometheus", "name": "exporter", "url": f"{victoria}/api/v1/write",
                     "schema": "vmware_exporter"},
                    {"type": "influxdb", "name": "own", "url": victoria, "api": "v1",
                     "database": "vs"},
                    {"type": "graphite", "name": "graphite",
                     "address": f"127.0.0.1:{carbon.line_port}", "schema": "sexigraf"}])
        process = rig.vstrata("run", "--config", config)
        first = truth.now() // SLOT_MS * SLOT_MS
        last = first + WINDOW_S * 1000
        wait_for("the window", lambda: truth.now() > last + 30000, WINDOW_S, process)
        rig.caught_up(f"http://{page}", process)
        checks.equal("vstrata ends with status", rig.stop(process), 0)
        raw = Raw(truth.witness, COUNTERS, first, last)
        checks.equal("VMs", len(raw.vms), VMS)
        time.sleep(1)  # VictoriaMetrics shows what it was given a second later
        influxql(checks, InfluxQL(influx, "telegraf", first, last), raw)
        promql_telegraf(checks, PromQL(victoria, first, last), raw)
        promql_exporter(checks, PromQL(victoria, first, last), raw)
        own_raw(checks, PromQL(victoria, first, last), raw)
        graphite(checks, Whisper(carbon.folder, first, last), raw)
    checks.finish()


if __name__ == "__main__":
    main()
