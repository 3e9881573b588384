#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
"""A vCenter that misbehaves: sessions end, connections are cut, answers are cut short, are errors or
come late. Afterwards each sample of each VM is in the store, once, and equals the truth."""
import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../support"))
from rig import Checks, Rig, fetch, free_port, wait_for  # noqa: E402
from series import in_unit  # noqa: E402
from truth import Truth  # noqa: E402

VMS, SPEED, SLOT_MS = 40, 10, 20000
QUANTITIES = ["cpu.guest_run", "cpu.ready", "cpu.costop", "cpu.overhead", "cpu.unmet",
              "mem.granted", "mem.untouched", "mem.unmet_space", "mem.unmet_rate", "mem.contention"]

FAULTS = [
    ("the session ends", {"expire_sessions": True}),
    ("every third connection is cut", {"drop": 0.34}),
    ("half answers", {"truncate": True, "match": "QueryPerf", "count": 3}),
    ("status 503", {"status": 503, "count": 4}),
    ("slow answers", {"latency_ms": 1500, "match": "QueryPerf", "count": 4}),
    ("an inventory that breaks off", {"drop": 1.0, "match": "WaitForUpdatesEx", "count": 2}),
]


class Service:
    def __init__(self, rig, url):
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        path = rig.config(url, web=f"127.0.0.1:{self.port}",
                          collect={"interval": "2s", "lag": "200ms", "call_timeout": "5s"})
        self.process = rig.vstrata("run", "--config", path)
        wait_for("the first cycle", lambda: fetch(f"{self.base}/readyz"), 60, self.process)

    def get(self, path):
        return json.loads(fetch(self.base + path))

    def vcenter(self):
        return self.get("/api/v1/status")["vcenters"][0]

    def cycles(self):
        return self.vcenter()["cycles"]

    def series(self, moid, first, last):
        """{quantity: {time: value}}, first < time <= last"""
        names = ",".join(QUANTITIES)
        path = f"/api/v1/vms/vc/{moid}/series?quantities={names}&from={first}&to={last}"
        reply = self.get(path)
        return {row["quantity"]: {t: v for t, v in zip(reply["times"], row["values"])
                                  if v is not None} for row in reply["series"]}


def recover(checks, service, truth, name, fault):
    """The fault happens, goes on for a while, ends; collection goes on."""
    truth.control(op="fault", **fault)
    time.sleep(5)
    truth.control(op="fault")
    before = service.cycles()
    try:
        wait_for("cycles", lambda: service.cycles() >= before + 2, 90, service.process)
        good = True
    except RuntimeError:
        good = False
    checks.that(f"{name}: collection goes on", good and service.process.poll() is None)


def compare(checks, service, truth, catalogue, first, last):
    truth.load(first, last)
    wanted = {}
    for sample in truth.samples:
        wanted.setdefault(sample.moid, {})[sample.time] = sample
    missing, wrong, extra = [], [], []
    for moid, samples in wanted.items():
        got = service.series(moid, first, last)
        for quantity in QUANTITIES:
            values = got.get(quantity, {})
            missing += [f"{moid} {quantity} {t}" for t in samples if t not in values]
            extra += [f"{moid} {quantity} {t}" for t in values if t not in samples]
            for t, value in values.items():
                true = samples[t].quantities[quantity]["total"] if t in samples else value
                if abs(true - value) > 1.01 * in_unit(catalogue[quantity], true):
                    wrong.append(f"{moid} {quantity} {t}: {value} is not {true}")
    points = sum(map(len, wanted.values())) * len(QUANTITIES)
    checks.none(f"no sample is lost of {points}", missing)
    checks.none("no sample is invented", extra)
    checks.none("each value is true", wrong)


def once(rig, url, *arguments):
    out = rig.ask("once", "--config", rig.config(url, file="hidden.yaml"), "--format", "json",
                  *arguments)
    rows = [json.loads(line) for line in out.splitlines()]
    return [row for row in rows if "kind" not in row]  # VMs, not hosts


def words(row, resource):
    """{layer: "ok", "partial" or "unavailable"} of a resource, A left out."""
    return {layer: word["status"] for layer, word in row["status"][resource].items()
            if layer != "queue"}


def hidden_counter(checks, rig, truth, url):
    """A server without an optional counter: layers are partial with a reason; without a needed one
    there are none, and check says which. The other resource is as it was."""
    whole = {"usage": "ok", "overhead": "ok", "unmet": "ok"}
    truth.control(op="fault", hide_counter="cpu.overlap.summation")
    rows = once(rig, url)
    checks.that("without overlap layer D is partial",
                rows and all(words(r, "cpu")["unmet"] == "partial" for r in rows),
                *[r["status"] for r in rows])
    checks.that("and overlap is not zero but absent", all("cpu.overlap" not in r for r in rows))
    truth.control(op="fault", hide_counter="cpu.ready.summation")
    text = rig.ask("check", "--config", rig.config(url, file="hidden.yaml"), status=1)
    checks.that("check names a needed counter that is missing",
                "cpu.ready.summation is not offered" in text, text)
    rows = once(rig, url)
    checks.that("without ready there are no layers",
                rows and all(words(r, "cpu")["unmet"] == "unavailable" and
                             "cpu.guest_run" not in r for r in rows), *[r["status"] for r in rows])
    checks.that("but memory is whole", all(words(r, "mem") == whole and r["mem.granted"] > 0
                                           for r in rows), *[r["status"] for r in rows])
    truth.control(op="fault", hide_counter="mem.swapped.average")
    rows = once(rig, url)
    checks.that("without swapped memory its layer D is partial, and all else whole",
                rows and all(words(r, "mem") == {**whole, "unmet": "partial"} and
                             words(r, "cpu") == whole for r in rows), *[r["status"] for r in rows])
    checks.that("and what swapped is part of is not less but absent",
                all("mem.ballooned" in r and not {"mem.swapped", "mem.unmet_space", "mem.untouched"}
                    & set(r) for r in rows))
    truth.control(op="fault", hide_counter="mem.granted.average")
    rows = once(rig, url)
    checks.that("without granted memory its layer B is unavailable, and all else whole",
                rows and all(words(r, "mem") == {**whole, "usage": "unavailable"} and
                             words(r, "cpu") == whole for r in rows), *[r["status"] for r in rows])
    truth.control(op="fault")


CPU_NEEDED = ["cpu.run.summation", "cpu.ready.summation", "cpu.costop.summation",
              "cpu.wait.summation"]


def missing_values(checks, rig, truth, url):
    truth.control(op="fault", missing_permille=20)
    rows = once(rig, url, "--samples", "30", "--raw")
    truth.control(op="fault")
    wrong, holes, memory_holes = [], 0, 0
    for row in rows:
        hole = any(value < 0 for name in CPU_NEEDED for instance, value in row["raw"][name].items()
                   if instance != "")
        memory_hole = row["raw"]["mem.granted.average"][""] < 0
        holes += hole
        memory_holes += memory_hole
        if hole != ("cpu.guest_run" not in row):
            wrong.append(f"{row['name']} {row['time']}: hole {hole}, {row['status']['cpu']}")
        if (memory_hole != ("mem.granted" not in row) or
                memory_hole != (words(row, "mem")["usage"] == "unavailable")):
            wrong.append(f"{row['name']} {row['time']}: hole {memory_hole}, {row['status']['mem']}")
    checks.that(f"holes were made ({holes} and {memory_holes} of {len(rows)} rows)",
                0 < holes < len(rows) and 0 < memory_holes < len(rows))
    checks.none("rows with a hole, and only they, have no layers of that resource", wrong)


def main():
    checks = Checks()
    with Rig() as rig:
        _, sim = rig.simulator("--vms", str(VMS), "--speed", str(SPEED), "--start", "-900s",
                               "--user", "user", "--password", "pass", "--off-percent", "0")
        truth = Truth(sim["url"])
        service = Service(rig, sim["url"])
        first = truth.now() // SLOT_MS * SLOT_MS
        for name, fault in FAULTS:
            recover(checks, service, truth, name, fault)
        truth = Truth(sim["url"])  # the session of the witness ended, too
        last = truth.now() // SLOT_MS * SLOT_MS
        before = service.cycles()
        wait_for("a cycle after the end", lambda: service.cycles() >= before + 2, 60)
        compare(checks, service, truth, rig.catalogue(), first, last)
        checks.equal("a stop is quick and clean", rig.stop(service.process, 15), 0)
        hidden_counter(checks, rig, truth, sim["url"])
        missing_values(checks, rig, truth, sim["url"])
    checks.finish()


if __name__ == "__main__":
    main()
