#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
"""Counters that are wanted as they come: of VMs and hosts, of our simulator and of VMware's, vstrata
hands on every sample that pyvmomi reads, and no other; printed at once, and by way of journal and
store."""
import fnmatch
import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../support"))
from rig import Checks, Rig, fetch, free_port, wait_for  # noqa: E402
from witness import Witness, from_iso  # noqa: E402
from pyVmomi import vim  # noqa: E402

USER, PASSWORD, SAMPLES = "viewer@vsphere.local", "pass", 5
PATTERNS = ["cpu.ready.summation", "cpu.u*.average", "net.*", "disk.*", "mem.s*", "datastore.*",
            "virtualDisk.*.average", "power.*", "sys.*", "nothing.*"]
OPTIONS = ("-user", USER, "-password", PASSWORD)


def matching(names, patterns):
    """Names that a pattern matches; the patterns have no sign but '*'."""
    return {name for name in names if any(fnmatch.fnmatchcase(name, p) for p in patterns)}


def entities(witness):
    """VMs that are on, and hosts, by moid."""
    view = witness.content.viewManager.CreateContainerView(
        witness.content.rootFolder, [vim.VirtualMachine, vim.HostSystem], True)
    found = {o._moId: o for o in view.view if o.runtime.powerState == "poweredOn"}
    view.Destroy()
    return found


def truth(witness, names, times):
    """{(moid, ms, counter, instance): value} of these times {moid: set of ms}, -1 for what the server
    has no value for."""
    ids = {i: name for name, i in witness.counters().items() if name in names}
    found = {}
    for moid, entity in entities(witness).items():
        for stamps, series in witness.query([entity], sorted(ids), 180).values():
            for (counter, instance), numbers in series.items():
                if len(numbers) != len(stamps):
                    raise RuntimeError(f"{moid}: {ids[counter]} is cut")
                found.update({(moid, at, ids[counter], instance): number
                              for at, number in zip(stamps, numbers) if at in times.get(moid, ())})
    return found


def differences(got, want):
    for key in sorted({**got, **want}, key=str):
        if got.get(key) != want.get(key):
            yield f"{key}: vstrata {got.get(key)}, pyvmomi {want.get(key)}"


def times_of(keys):
    found = {}
    for key in keys:
        found.setdefault(key[0], set()).add(key[1])
    return found


def check_once(checks, rig, name, config, witness):
    """What `once` prints of each VM and host."""
    names = matching(witness.counters(), PATTERNS)
    checks.that(f"{name}: patterns match counters", len(names) > 10, sorted(names))
    out = rig.ask("once", "--config", config, "--format", "json", "--raw", "--samples", str(SAMPLES))
    rows = [json.loads(line) for line in out.splitlines()]
    got = {(row["moid"], from_iso(row["time"]), counter, instance): value
           for row in rows for counter, of in row["raw"].items() if counter in names
           for instance, value in of.items()}
    want = truth(witness, names, times_of(got))
    checks.equal(f"{name}: VMs and hosts", {key[0] for key in got}, set(entities(witness)))
    of_hosts = {key[3] for key in want if key[0].startswith("host")}
    checks.that(f"{name}: instances of hosts", len(of_hosts) > 1, of_hosts)
    checks.none(f"{name}: {len(want)} samples of {len(names)} counters", differences(got, want))
    return sum(value < 0 for value in want.values())


def check_survey(checks, rig, name, config, witness):
    report = json.loads(rig.ask("check", "--config", config, "--format", "json"))
    counters = witness.counters()
    told = [c["text"] for c in report["checks"] if c["check"] == "raw"]
    alarms = [c["text"] for c in report["checks"]
              if c["check"] == "raw" and c["level"] != "ok"]
    nowhere = [a for a in alarms if "go nowhere" in a]
    alarms = [a for a in alarms if a not in nowhere]
    checks.equal(f"{name}: check lists the counters", {c["name"]: c["id"] for c in report["raw"]},
                 {n: counters[n] for n in matching(counters, PATTERNS)})
    missing = [p for p in PATTERNS if not matching(counters, [p])]
    checks.that(f"{name}: check counts each pattern's", all(
        f"{p}: {len(matching(counters, [p]))} counters of the server" in told
        for p in PATTERNS if p not in missing), told)
    checks.equal(f"{name}: check warns that no store takes them", len(nowhere), 1)
    checks.that(f"{name}: check warns of patterns that match none",
                len(alarms) == len(missing) > 0 and all(
                    a.startswith(f"{p} matches none") for a, p in zip(alarms, missing)), alarms)


LINE = re.compile(r"^vsphere_(vm|host)_(\w+),(\S+(?:\\ \S*)*) (\S+) (\d+)$")


def stored(path):
    """Telegraf's lines: {(moid, ms, "net.usage.average", instance): value}."""
    found = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            match = LINE.match(line.rstrip("\n"))
            if not match:
                raise ValueError(f"no line of Telegraf's: {line}")
            tags = dict(re.split(r"(?<!\\)=", tag, maxsplit=1)
                        for tag in re.split(r"(?<!\\),", match[3]))
            instance = next((tags[key] for key in ("cpu", "disk", "interface", "lun", "instance")
                             if key in tags), "instance-total")
            for field in match[4].split(","):
                key, value = field.split("=")
                counter = f"{match[2]}.{'.'.join(key.rsplit('_', 1))}"
                key = (tags["moid"], int(match[5]) // 10**6, counter,
                       "" if instance == "instance-total" else instance)
                if key in found:
                    raise ValueError(f"twice: {key}")
                found[key] = float(value.rstrip("i"))
    return found


def check_stored(checks, rig, url, witness):
    """Through pipeline and journal into a store that is made of counters."""
    address, path = f"127.0.0.1:{free_port()}", rig.path("telegraf.lines")
    config = rig.config(url, USER, PASSWORD, web=address, file="run.yaml",
                        data_dir=rig.path("running"),
                        stores=[{"type": "file", "path": path, "schema": "telegraf"}])
    process = rig.vstrata("run", "--config", config)

    everybody = set(entities(witness))

    def collected():
        text = fetch(f"http://{address}/metrics")
        left = re.search(r"^vstrata_store_backlog\w*\{[^}]*\} (\S+)$", text, re.M)
        return left and float(left[1]) == 0 and {key[0] for key in stored(path)} == everybody
    wait_for("samples of all in the file", collected, 60, process)
    checks.equal("run ends with status", rig.stop(process), 0)
    got = stored(path)
    counters, percent = witness.counters(), set()
    for c in witness.perf.perfCounter:
        if c.unitInfo.key == "percent":
            percent.add(f"{c.groupInfo.key}.{c.nameInfo.key}.{c.rollupType}")
    flat = {name.replace(".", "_"): name for name in counters}  # virtualDisk.throughput.usage
    got = {(moid, at, flat[counter.replace(".", "_")], instance): value
           for (moid, at, counter, instance), value in got.items()}
    names = {key[2] for key in got}
    checks.that("the store has counters of every group", {n.split(".")[0] for n in names} >= {
        "cpu", "datastore", "disk", "mem", "net", "power", "sys", "virtualDisk"}, sorted(names))
    want = {key: value / 100 if key[2] in percent else value
            for key, value in truth(witness, names, times_of(got)).items() if value >= 0}
    checks.none(f"{len(want)} samples of {len(names)} counters in the store", (
        f"{key}: stored {got.get(key)}, pyvmomi {want.get(key)}"
        for key in sorted({**got, **want}) if abs(got.get(key, -9) - want.get(key, -9)) > 1e-9))


def main():
    checks = Checks()
    wanted = {"raw": json.dumps(PATTERNS)}
    with Rig() as rig:
        _, own = rig.simulator("--vms", "40", "--hosts", "3", "--user", USER, "--password", PASSWORD)
        _, other = rig.vcsim("-whole", *OPTIONS)
        for name, server in (("simulator", own), ("vcsim", other)):
            config = rig.config(server["url"], USER, PASSWORD, collect=wanted, file=f"{name}.yaml")
            witness = Witness(server["url"], USER, PASSWORD)
            check_survey(checks, rig, name, config, witness)
            check_once(checks, rig, name, config, witness)
            if server is own:
                fetch(server["url"].rsplit("/", 1)[0] + "/control",
                      json.dumps({"op": "fault", "missing_permille": 40}))
                gaps = check_once(checks, rig, "with gaps", config, witness)
                checks.that(f"{gaps} samples are missing", gaps > 100)
                check_stored(checks, rig, server["url"], witness)
            witness.close()
    checks.finish()


main()
