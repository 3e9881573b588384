#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
"""vstrata and pyvmomi read the same from VMware's own simulator: inventory, counters, time stamps,
values; and what that simulator garbles is refused and explained."""
import hashlib
import json
import os
import re
import ssl
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../support"))
from rig import Checks, Rig, fetch, free_port, wait_for  # noqa: E402
from witness import Witness, from_iso  # noqa: E402

USER, PASSWORD, UUID = "viewer@vsphere.local", "p<a>s&s \"w\" 'ü", "5f0c0a4e-0000-4000-8000-0123456789ab"
SAMPLES = 15
LABELS = ("name", "datacenter", "cluster", "host", "uuid")
ADD_UP = "vCPU states do not add up to the interval"
STATES = ("cpu.run.summation", "cpu.ready.summation", "cpu.costop.summation", "cpu.wait.summation")


def once(rig, config):
    """Each row of `vstrata once`, by (moid, time)."""
    out = rig.ask("once", "--config", config, "--format", "json", "--raw", "--samples", str(SAMPLES))
    rows = [row for row in map(json.loads, out.splitlines()) if "kind" not in row]  # VMs
    return {(row["moid"], from_iso(row["time"])): row for row in rows}, len(rows)


def truth(witness, names):
    """What pyvmomi reads of every powered-on VM: ({(moid, ms)}, {(moid, ms, counter, instance):
    value}, number of whole series, number of cut ones)."""
    ids = {i: name for name, i in witness.counters().items()}
    vms = [vm for vm in witness.vms().values() if vm.runtime.powerState == "poweredOn"]
    wanted = [i for i, name in ids.items() if name in names]
    stamps, values, whole, cut = set(), {}, 0, 0
    for moid, (times, series) in witness.query(vms, wanted, SAMPLES).items():
        stamps.update((moid, time) for time in times)
        for (counter, instance), numbers in series.items():
            if len(numbers) != len(times):
                cut += 1
                continue
            whole += 1
            for time, number in zip(times, numbers):
                values[moid, time, ids[counter], instance] = number
    return stamps, values, whole, cut


def raw(rows):
    return {(moid, time, counter, instance): value for (moid, time), row in rows.items()
            for counter, of in row["raw"].items() for instance, value in of.items()}


def differences(got, want):
    for key in sorted(set(got) | set(want), key=str):
        if got.get(key) != want.get(key):
            yield f"{key}: vstrata {got.get(key)}, pyvmomi {want.get(key)}"


def unexplained(rows):
    """Rows must say why they are not whole; and no layers come of states that do not add up."""
    for key, row in rows.items():
        for resource, layers in row["status"].items():
            for layer, word in layers.items():
                if word["status"] != "ok" and not word.get("reason"):
                    yield f"{key}: {resource} {layer} is {word['status']} without a reason"
        status = row["status"]["cpu"]
        states = [row["raw"].get(name, {}) for name in STATES]
        if not all("" in of for of in states):
            if status["usage"]["status"] == "ok" and status["unmet"]["status"] == "ok":
                yield f"{key}: layers are ok though a state is missing: {status}"
            continue
        total = sum(of[""] for of in states)
        cpus = len([i for i in states[0] if i != ""])
        want = cpus * row["interval"] * 1000
        if cpus and abs(total - want) > want // 1000 and status["unmet"]["status"] != "unavailable":
            yield f"{key}: states add up to {total} of {want} ms, but unmet is {status['unmet']}"


def check_counters(checks, rig, config, witness):
    """The catalogue: the names we need, and the ids that this server has for them."""
    report = json.loads(rig.ask("check", "--config", config, "--format", "json"))
    mine = {c["name"]: c["id"] for c in report["counters"]}
    theirs = witness.counters()
    checks.that("check lists counters", len(mine) >= 16, sorted(mine))
    checks.equal("counter ids", mine, {name: theirs.get(name) for name in mine})
    return set(mine)


def check_figures(checks, rig, url, pin, samples, cut):
    """The service's own figures count what was read and refused."""
    address = f"127.0.0.1:{free_port()}"
    config = rig.config(url, USER, PASSWORD, thumbprint=pin, web=address, file="run.yaml",
                        collect={"first_lookback": "300s", "hosts": "false"})
    process = rig.vstrata("run", "--config", config)

    def figures():
        text = fetch(f"http://{address}/metrics")
        found = {m[1]: float(m[2]) for m in re.finditer(r"^(\w+)\{[^}]*\} (\S+)$", text, re.M)}
        return found if found.get("vstrata_samples_total", 0) > 0 else None

    found = wait_for("first collection", figures, 60, process)
    checks.equal("run counts the samples", found["vstrata_samples_total"], samples)
    # Its mark is in ms and VMware's stamps in ns: the newest sample may come, cut, a second time.
    checks.that(f"run counts the {cut} series that VMware cut",
                found["vstrata_series_refused_total"] >= cut, found)
    checks.equal("run counts each row once", samples, sum(
        found[f"vstrata_rows{kind}_total"] for kind in ("", "_refused", "_incomplete")))
    checks.equal("run ends with status", rig.stop(process), 0)


def check_whole(checks, rig, pin_of):
    """The same simulator with no zeros to drop: every series is whole and every value compares.
    VMware's noise on each counter makes no states that add up, which has to be said."""
    _, server = rig.vcsim("-tls", "-whole", "-user", USER, "-password", PASSWORD)
    config = rig.config(server["url"], USER, PASSWORD, thumbprint=pin_of(server["url"]),
                        file="whole.yaml")
    witness = Witness(server["url"], USER, PASSWORD)
    rows, _ = once(rig, config)
    names = {name for row in rows.values() for name in row["raw"]}
    checks.that("all counters have samples", len(names) >= 16, names)
    stamps, values, whole, cut = truth(witness, names)
    witness.close()
    checks.equal("time stamps of whole series", sorted(rows), sorted(stamps))
    checks.none(f"values: {len(values)} of {whole} whole series", differences(raw(rows), values))
    checks.equal("cut series", cut, 0)
    checks.none("rows are refused", unexplained(rows))
    reasons = {row["status"]["cpu"]["unmet"].get("reason") for row in rows.values()}
    checks.equal("the reason", reasons, {ADD_UP})


def check_changes(checks, rig, config, witness, names):
    """A rename, and a VM that is off: it stays in the inventory and is not asked."""
    vms = list(witness.vms().values())
    before = set(witness.vms())
    vms[0].Rename_Task("renamed / \u00fc")
    vms[1].PowerOffVM_Task()
    again, _ = once(rig, config)
    checks.equal("VMs when one is off", {moid for moid, _ in again}, before - {vms[1]._moId})
    checks.equal("new name", {row["name"] for (moid, _), row in again.items()
                              if moid == vms[0]._moId}, {vms[0].name})
    checks.none("values, asked again", differences(raw(again), truth(witness, names)[1]))


def fingerprint(url):
    """SHA-256 of a server's certificate."""
    host, port = url.split("//")[1].split("/")[0].split(":")
    pem = ssl.get_server_certificate((host, int(port)))
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()


def main():
    checks = Checks()
    with Rig() as rig:
        _, server = rig.vcsim("-tls", "-user", USER, "-password", PASSWORD, "-uuid", UUID)
        pin = fingerprint(server["url"])
        config = rig.config(server["url"], USER, PASSWORD, thumbprint=pin)
        witness = Witness(server["url"], USER, PASSWORD)

        names = check_counters(checks, rig, config, witness)
        rows, lines = once(rig, config)
        checks.equal("one row for each VM and time", lines, len(rows))
        checks.equal("VMs", len({moid for moid, _ in rows}), 50)
        checks.equal("inventory", {moid: {label: row[label] for label in LABELS}
                                   for (moid, _), row in rows.items()}, witness.inventory())
        stamps, values, whole, cut = truth(witness, names)
        checks.equal("time stamps", sorted(rows), sorted(stamps))
        checks.none(f"values: {len(values)} of {whole} whole series; none of {cut} cut ones",
                    differences(raw(rows), values))
        checks.that("the comparison compares", whole > 1000 and cut > 0, whole, cut)
        checks.none("what is refused is explained", unexplained(rows))
        check_figures(checks, rig, server["url"], pin, len(stamps), cut)
        check_changes(checks, rig, config, witness, names)
        witness.close()

        secret = "not-the-secret"
        wrong = rig.config(server["url"], USER, secret, thumbprint=pin, file="wrong.yaml")
        said = rig.ask("check", "--config", wrong, status=1)
        checks.that("a wrong password fails the check, and is not told",
                    "InvalidLogin" in said and secret not in said, said)
        untrusted = rig.config(server["url"], USER, PASSWORD, thumbprint="00" * 32,
                               file="untrusted.yaml")
        said = rig.ask("check", "--config", untrusted, status=1)
        checks.that("another certificate fails the check, and is told", pin in said.replace(
            ":", "").lower(), said)
        check_whole(checks, rig, fingerprint)
    checks.finish()


if __name__ == "__main__":
    main()
