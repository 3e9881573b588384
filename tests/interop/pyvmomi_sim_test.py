#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
"""pyvmomi as a second client of our own simulated vCenter: it logs in, reads the inventory, follows
updates, and computes from the counters it reads what the simulator says is the truth."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../support"))
from rig import Checks, Rig  # noqa: E402
from truth import GUEST, PRESENT, Truth  # noqa: E402
from witness import Witness, milliseconds  # noqa: E402
from pyVmomi import vim, vmodl  # noqa: E402
import devices  # noqa: E402

INTERVAL_MS, SAMPLES = 20000, 30
LABELS = ("name", "host", "cluster", "datacenter", "uuid")
TIMES = ("run", "ready", "costop", "wait", "idle", "overlap", "swapwait", "maxlimited", "used")
COUNTERS = [f"cpu.{name}.summation" for name in TIMES + ("system",)] + \
    [f"cpu.{name}.average" for name in ("usagemhz", "usage", "latency", "readiness", "demand")] + \
    ["cpu.entitlement.latest"] + \
    [f"mem.{name}.average" for name in (
        "granted", "active", "consumed", "shared", "overhead", "vmmemctl", "swapped", "compressed",
        "llSwapUsed", "swapinRate", "swapoutRate", "decompressionRate", "compressionRate",
        "llSwapInRate", "latency", "usage")] + devices.COUNTERS
# The rest of the truth is no counter's: what a guest publishes, and the inventory.
NO_COUNTER = GUEST | PRESENT | {"disk.guest_capacity"}


def of_vcpu(c):
    """Quantities of a vCPU in ms, from its counters."""
    return {
        "cpu.guest_run": c["run"] - c["overlap"], "cpu.ready": c["ready"] - c["maxlimited"],
        "cpu.limit": c["maxlimited"], "cpu.costop": c["costop"], "cpu.overlap": c["overlap"],
        "cpu.swapwait": c["swapwait"], "cpu.idle": c["idle"],
        "cpu.otherwait": c["wait"] - c["idle"] - c["swapwait"],
        "cpu.unmet_sched": c["ready"] + c["costop"] + c["overlap"],
        "cpu.unmet_wait": c["wait"] - c["idle"],
        "cpu.unmet": c["ready"] + c["costop"] + c["overlap"] + c["wait"] - c["idle"],
        "cpu.efficiency_loss": c["run"] - c["overlap"] - c["used"],
    }


def of_vm(whole, vcpus, mhz):
    """Quantities that only a VM has, in their units."""
    worlds = (whole["used"] - sum(c["used"] for c in vcpus)) / INTERVAL_MS
    parts = of_vcpu(whole)
    run = parts["cpu.guest_run"] / INTERVAL_MS
    return {
        "cpu.count": len(vcpus), "cpu.system": whole["system"] / INTERVAL_MS,
        "cpu.worlds_used": worlds, "cpu.overhead": worlds,
        "cpu.worlds": worlds - whole["system"] / INTERVAL_MS,
        "cpu.vm_usage": run + worlds,
        "cpu.vm_demand": run + worlds + parts["cpu.unmet"] / INTERVAL_MS,
        "cpu.worlds_mhz": (whole["usagemhz"] - sum(c["usagemhz"] for c in vcpus)) / mhz,
        "cpu.kernel_gap": whole["usagemhz"] / mhz - whole["used"] / INTERVAL_MS,
        "cpu.counter_usage": whole["usage"] / 1e4, "cpu.counter_latency": whole["latency"] / 1e4,
        "cpu.counter_readiness": whole["readiness"] / 1e4,
        "cpu.counter_usagemhz": whole["usagemhz"] * 1e6,
        "cpu.counter_demand": whole["demand"] * 1e6,
        "cpu.counter_entitlement": whole["entitlement"] * 1e6,
    }


def of_memory(m, configured):
    """Quantities of memory, in bytes, bytes/s and ratios; counters are in KB, KB/s and 1/100 %."""
    unmet = m["vmmemctl"] + m["swapped"] + m["compressed"]
    kib = {
        "mem.granted": m["granted"], "mem.overhead": m["overhead"], "mem.ballooned": m["vmmemctl"],
        "mem.swapped": m["swapped"], "mem.compressed": m["compressed"],
        "mem.untouched": configured // 1024 - m["granted"] - unmet, "mem.unmet_space": unmet,
        "mem.footprint": m["consumed"] + m["overhead"], "mem.active": m["active"],
        "mem.consumed": m["consumed"], "mem.shared": m["shared"],
        "mem.host_cache": m["llSwapUsed"], "mem.swapin": m["swapinRate"],
        "mem.decompression": m["decompressionRate"],
        "mem.unmet_rate": m["swapinRate"] + m["decompressionRate"],
        "mem.host_cache_in": m["llSwapInRate"], "mem.swapout": m["swapoutRate"],
        "mem.compression": m["compressionRate"],
    }
    return {"mem.configured": configured, "mem.contention": m["latency"] / 1e4,
            "mem.counter_usage": m["usage"] / 1e4, **{k: v * 1024 for k, v in kib.items()}}


def short(name):
    return name.split(".")[1]


def differs(got, want):
    return abs(got - want) > 1e-6 + abs(want) * 1e-8


def untrue(sample, names, series, at, mhz, memory):
    """What of one sample the counters contradict."""
    cpus = sample.vm["vcpus"]

    def counters(group, wanted):
        return {short(names[i]): values[at] for (i, instance), values in series.items()
                if instance == wanted and names[i].startswith(group)}
    whole, vcpus = counters("cpu.", ""), [counters("cpu.", str(n)) for n in range(cpus)]
    totals = {**of_vm(whole, vcpus, mhz), **of_memory(counters("mem.", ""), memory)}
    where = f"{sample.moid} at {sample.time}"
    for c, n in [(whole, cpus)] + [(c, 1) for c in vcpus]:
        if c["run"] + c["ready"] + c["costop"] + c["wait"] != n * INTERVAL_MS:
            yield f"{where}: states do not add up: {c}"
    for name, value in totals.items():
        if differs(value, sample.quantities[name]["total"]):
            yield f"{where}: {name} {value}, truth {sample.quantities[name]}"
    per_vcpu = [of_vcpu(c) for c in vcpus]
    for name, value in of_vcpu(whole).items():
        values = [c[name] / INTERVAL_MS for c in per_vcpu]
        want = sample.quantities[name]
        if name == "cpu.efficiency_loss":  # the aggregate counts more than vCPUs as used
            value = sum(c[name] for c in per_vcpu)
        got = {"total": value / INTERVAL_MS, "worst": max(values),
               "spread": max(values) - min(values)}
        if any(differs(got[form], want[form]) for form in got) or \
                any(differs(a, b) for a, b in zip(values, want["vcpu"])):
            yield f"{where}: {name} {got} {values}, truth {want}"
    wrong, of_devices = devices.untrue(
        sample.quantities, {(names[i], instance): values[at]
                            for (i, instance), values in series.items()})
    yield from (f"{where}: {text}" for text in wrong)
    known = set(totals) | set(of_vcpu(whole)) | of_devices | NO_COUNTER
    for name in set(sample.quantities) - known:
        yield f"{where}: nothing here computes {name}"


def check_inventory(checks, witness, vms):
    checks.equal("inventory", witness.inventory(),
                 {vm["moid"]: {label: vm[label] for label in LABELS} for vm in vms})
    state = {moid: (vm.config.hardware.numCPU, vm.runtime.powerState == "poweredOn")
             for moid, vm in witness.vms().items()}
    checks.equal("vCPUs and power", state, {vm["moid"]: (vm["vcpus"], vm["on"]) for vm in vms})


def check_samples(checks, witness, truth):
    """Values and time stamps of all VMs, in both formats."""
    now = milliseconds(witness.instance.CurrentTime())
    vms = truth.load(now - 40 * INTERVAL_MS, now + INTERVAL_MS)
    names = {i: name for name, i in witness.counters().items() if name in COUNTERS}
    checks.equal("counters", sorted(names.values()), sorted(COUNTERS))
    on = {moid: vm for moid, vm in witness.vms().items() if vm.runtime.powerState == "poweredOn"}
    checks.equal("refresh rate", {witness.refresh(vm) for vm in list(on.values())[:3]}, {20})
    normal = witness.query(on.values(), names, SAMPLES)
    csv = witness.query(on.values(), names, SAMPLES, form="csv")
    checks.none("csv is as normal", [moid for moid in normal if normal[moid] != csv.get(moid)])
    mhz = {moid: vm.runtime.host.summary.hardware.cpuMhz for moid, vm in on.items()}
    memory = {moid: vm.config.hardware.memoryMB << 20 for moid, vm in on.items()}
    truth.load(now - 40 * INTERVAL_MS, now + 10 * INTERVAL_MS)  # what came while we asked, too
    by_key = {(s.moid, s.time): s for s in truth.samples}
    found, missing, values = [], [], 0
    for moid, (times, series) in normal.items():
        for at, time in enumerate(times):
            sample = by_key.get((moid, time))
            if sample is None:
                missing.append(f"{moid}: {time}")
                continue
            found += untrue(sample, names, series, at, mhz[moid], memory[moid])
            values += len(series)
    checks.none("every time stamp is one of the truth's", missing)
    checks.none(f"{values} values imply the truth", found)
    checks.that("the comparison compares", values > 10000, values)
    checks.equal("samples of each VM", {len(times) for times, _ in normal.values()}, {SAMPLES})
    check_asking(checks, witness, next(iter(on.values())), names, normal)
    off = [moid for vm in vms if not vm["on"] for moid in [vm["moid"]]]
    checks.that("some VMs are off", off)
    answers = witness.query([vim.VirtualMachine(moid, witness.instance._stub) for moid in off],
                            names, SAMPLES)
    checks.equal("a VM that is off has no samples", {len(t) for t, _ in answers.values()} - {0},
                 set())


def check_asking(checks, witness, vm, names, normal):
    """Parts of the question: start, maxSample, instance."""
    times = sorted(normal[vm._moId][0])
    stamps = witness.perf.QueryPerf([vim.PerformanceManager.QuerySpec(
        entity=vm, intervalId=20, maxSample=SAMPLES,
        metricId=[vim.PerformanceManager.MetricId(counterId=next(iter(names)), instance="")])])
    later = [s.timestamp for s in stamps[0].sampleInfo if milliseconds(s.timestamp) == times[-5]]
    after, _ = witness.query([vm], names, SAMPLES, start=later[0])[vm._moId]
    checks.equal("startTime is exclusive", sorted(after)[:4], times[-4:])
    few, series = witness.query([vm], names, 3, instance="0")[vm._moId]
    checks.equal("maxSample", len(few), 3)
    checks.equal("instance 0", {instance for _, instance in series}, {"0"})


def check_updates(checks, witness, truth):
    """PropertyCollector: pages of objects, and updates with versions."""
    collector = witness.content.propertyCollector
    kinds = vmodl.query.PropertyCollector
    view = witness.content.viewManager.CreateContainerView(
        witness.content.rootFolder, [vim.VirtualMachine], True)
    spec = kinds.FilterSpec(
        objectSet=[kinds.ObjectSpec(obj=view, skip=True, selectSet=[kinds.TraversalSpec(
            type=vim.view.ContainerView, path="view", skip=False)])],
        propSet=[kinds.PropertySpec(type=vim.VirtualMachine, pathSet=["name", "runtime.powerState"])])
    names, pages = {}, 0
    page = collector.RetrievePropertiesEx([spec], kinds.RetrieveOptions(maxObjects=7))
    while page:
        pages += 1
        names.update((o.obj._moId, p.val) for o in page.objects for p in o.propSet
                     if p.name == "name")
        page = collector.ContinueRetrievePropertiesEx(page.token) if page.token else None
    checks.equal("names in pages of 7", (len(names), pages), (40, 6))

    watch = collector.CreateFilter(spec, True)
    options = kinds.WaitOptions(maxWaitSeconds=5)
    first = collector.WaitForUpdatesEx("", options)
    checks.equal("full state", len([o for s in first.filterSet for o in s.objectSet]), 40)
    moid = sorted(names)[0]
    truth.control(op="rename", moid=moid, name="renamed ü & co")
    second = collector.WaitForUpdatesEx(first.version, options)
    checks.equal("rename", [(o.obj._moId, o.kind, c.name, c.val) for s in second.filterSet
                            for o in s.objectSet for c in o.changeSet],
                 [(moid, "modify", "name", "renamed ü & co")])
    again = collector.WaitForUpdatesEx(first.version, options)
    checks.equal("a lost answer can be asked for again",
                 [o.obj._moId for s in again.filterSet for o in s.objectSet], [moid])
    truth.control(op="remove", moid=moid)
    third = collector.WaitForUpdatesEx(second.version, options)
    checks.equal("removal", [(o.obj._moId, o.kind) for s in third.filterSet for o in s.objectSet],
                 [(moid, "leave")])
    watch.Destroy()
    view.Destroy()
    try:
        witness.query([vim.VirtualMachine(moid, witness.instance._stub)],
                      [witness.counters()["cpu.run.summation"]], 1)
        checks.that("a removed VM is a fault", False, "no fault")
    except vmodl.fault.ManagedObjectNotFound as fault:
        checks.equal("a removed VM is a fault", fault.obj._moId, moid)


def main():
    checks = Checks()
    with Rig() as rig:
        _, server = rig.simulator("--vms", "40", "--off-percent", "10", "--vcpus-max", "8", "--user",
                                  "user", "--password", "pass", "--start", "-30s",
                                  "--self-signed", rig.path("certificate"))
        truth = Truth(server["url"])
        witness = Witness(server["url"], "user", "pass")
        checks.equal("instance UUID", witness.content.about.instanceUuid, server["instance_uuid"])
        now = milliseconds(witness.instance.CurrentTime())
        check_inventory(checks, witness, truth.load(now - 1, now))
        check_samples(checks, witness, truth)
        check_updates(checks, witness, truth)
        witness.close()
        try:
            Witness(server["url"], "user", "wrong")
            checks.that("a wrong password is refused", False, "logged in")
        except vim.fault.InvalidLogin:
            checks.that("a wrong password is refused", True)
    checks.finish()


if __name__ == "__main__":
    main()
