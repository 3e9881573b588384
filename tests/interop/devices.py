# SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
"""Quantities of disks and vNICs as their counters imply them, written a second time."""

DISK = {f"virtualDisk.{name}": short for name, short in {
    "numberReadAveraged.average": "reads", "numberWriteAveraged.average": "writes",
    "read.average": "read_kb", "write.average": "write_kb",
    "readLatencyUS.latest": "read_us", "writeLatencyUS.latest": "write_us",
    "readOIO.latest": "read_oio", "writeOIO.latest": "write_oio",
    "commandsAborted.summation": "aborted", "busResets.summation": "resets"}.items()}
BELOW = ["datastore.numberReadAveraged.average", "datastore.numberWriteAveraged.average",
         "disk.read.average", "disk.write.average",
         "disk.maxTotalLatency.latest", "datastore.maxTotalLatency.latest"]
NET = {f"net.{name}": short for name, short in {
    "received.average": "rx_kb", "transmitted.average": "tx_kb",
    "packetsRx.summation": "rx", "packetsTx.summation": "tx",
    "droppedRx.summation": "rx_dropped", "droppedTx.summation": "tx_dropped",
    "pnicBytesRx.average": "rx_out", "pnicBytesTx.average": "tx_out"}.items()}
COUNTERS = list(DISK) + BELOW + list(NET)
SECONDS = 20
# Whole bytes, whole microseconds, thousandths, and what is made of them.
ROUNDED = {"disk.io_size": 1, "disk.in_flight": 1e-3, "disk.latency": 1.01e-6,
           "disk.read_latency": 1.01e-6, "disk.write_latency": 1.01e-6}


def mean(parts):
    """Weighted by IOs: [(IOs, latency)]."""
    ios = sum(n for n, _ in parts)
    return sum(n * us for n, us in parts) / ios / 1e6 if ios else 0


def of_disks(disks, whole=True):
    """Quantities of a VM by its disks, or of one disk alone (not the whole)."""
    def total(name):
        return sum(d[name] for d in disks)
    latency = mean([(d["reads"], d["read_us"]) for d in disks] +
                   [(d["writes"], d["write_us"]) for d in disks])
    iops, kb = total("reads") + total("writes"), total("read_kb") + total("write_kb")
    found = {
        "disk.reads": total("reads"), "disk.writes": total("writes"), "disk.iops": iops,
        "disk.read_rate": total("read_kb") * 1024, "disk.write_rate": total("write_kb") * 1024,
        "disk.throughput": kb * 1024,
        "disk.outstanding_reads": total("read_oio"), "disk.outstanding_writes": total("write_oio"),
        "disk.outstanding": total("read_oio") + total("write_oio"),
        "disk.aborted": total("aborted") + total("resets"), "disk.latency": latency,
        "disk.in_flight": iops * latency}
    if iops:
        found["disk.io_size"] = kb * 1024 / iops
    if whole or disks[0]["reads"]:  # of one disk the server's own, also without IOs
        found["disk.read_latency"] = mean([(d["reads"], d["read_us"]) for d in disks])
    if whole or disks[0]["writes"]:
        found["disk.write_latency"] = mean([(d["writes"], d["write_us"]) for d in disks])
    return found


def below(values, disks):
    """What only the VM has: the difference to what lies below its disks."""
    def datastores(name):
        return sum(v for (counter, instance), v in values.items() if counter == name and instance)
    reads, writes = (max(0, datastores(f"datastore.number{way}Averaged.average") -
                         sum(d[short] for d in disks))
                     for way, short in (("Read", "reads"), ("Write", "writes")))
    read_kb, write_kb = (max(0, values[f"disk.{way}.average", ""] -
                             values[f"virtualDisk.{way}.average", ""]) for way in ("read", "write"))
    return {"disk.snapshot_reads": reads, "disk.snapshot_writes": writes,
            "disk.snapshot_iops": reads + writes, "disk.snapshot_read_rate": read_kb * 1024,
            "disk.snapshot_write_rate": write_kb * 1024, "disk.count": len(disks),
            "disk.counter_latency": max(values["disk.maxTotalLatency.latest", ""],
                                        values["datastore.maxTotalLatency.latest", ""]) / 1e3}


def ratio(dropped, delivered):
    return dropped / (dropped + delivered) if dropped + delivered else 0


def of_nics(nics, _whole=True):
    def total(name):
        return sum(n[name] for n in nics)
    return {
        "net.received": total("rx_kb") * 1024, "net.transmitted": total("tx_kb") * 1024,
        "net.throughput": (total("rx_kb") + total("tx_kb")) * 1024,
        "net.packets_received": total("rx") / SECONDS,
        "net.packets_transmitted": total("tx") / SECONDS,
        "net.packets": (total("rx") + total("tx")) / SECONDS,
        "net.dropped_receive": total("rx_dropped") / SECONDS,
        "net.dropped_transmit": total("tx_dropped") / SECONDS,
        "net.drop_ratio_receive": ratio(total("rx_dropped"), total("rx")),
        "net.drop_ratio_transmit": ratio(total("tx_dropped"), total("tx"))}


def inside(nics):
    """The share of traffic that no physical NIC saw; nothing without traffic."""
    all_kb = sum(n["rx_kb"] + n["tx_kb"] for n in nics)
    out = sum(n["rx_out"] + n["tx_out"] for n in nics)
    return {"net.host_internal": min(1, max(0, 1 - out / all_kb))} if all_kb else {}


def instances(values, table, is_one):
    """{instance: {short name: value}}"""
    found = {}
    for (counter, instance), value in values.items():
        if counter in table and is_one(instance):
            found.setdefault(instance, {})[table[counter]] = value
    return found


def differs(name, got, want):
    tick = 5e-5 if name.startswith("net.") and "ratio" in name or name == "net.host_internal" else 0
    return abs(got - want) > max(ROUNDED.get(name, 1e-6), tick) + abs(want) * 1e-8


def untrue(quantities, values):
    """What the counters {(counter, instance): value} of one sample contradict, and the names of the
    quantities that were looked at."""
    disks = instances(values, DISK, lambda name: ":" in name)
    nics = instances(values, NET, str.isdigit)
    totals = {**of_disks(list(disks.values())), **below(values, list(disks.values())),
              **of_nics(list(nics.values())), **inside(list(nics.values())),
              "net.count": len(nics)}
    found, known = [], set(totals)
    for name, value in totals.items():
        if name in quantities and differs(name, value, quantities[name]["total"]):
            found.append(f"{name} {value}, truth {quantities[name]}")
        if name not in quantities and not name.startswith("disk.snapshot_"):
            found.append(f"{name} {value}, truth has none")
    for form, every, one in (("vdisk", disks, of_disks), ("vnic", nics, of_nics)):
        for instance, counters in every.items():
            for name, value in one([counters], False).items():
                want = quantities[name][form][instance] if form in quantities[name] else value
                if differs(name, value, want):
                    found.append(f"{name} of {instance} {value}, truth {want}")
    return found, known
