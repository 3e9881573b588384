#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
"""From inside a guest to its row: what config/guest/vstrata-guest.sh really publishes on this Linux
stands in guestinfo.vstrata of a VM, and the service's row of it says the same. Texts of hostile
guests are refused and counted, and harm nobody else."""
import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../support"))
from guest_test import Guest, parse  # noqa: E402
from rig import Checks, Rig, fetch, free_port, wait_for  # noqa: E402
from truth import Truth, from_iso  # noqa: E402

# Of the text: the quantity it becomes, and how many of its units one of the text's is.
BECOMES = {"rq": ("cpu.run_queue", 1), "cs": ("cpu.context_switches", 1),
           "pgin": ("mem.page_in", 1024), "pgout": ("mem.page_out", 1024),
           "swap": ("mem.guest_swap_used", 1024), "need": ("mem.guest_needed", 1024),
           "avail": ("mem.guest_available", 1024), "dq": ("disk.queue", 1),
           "ring": ("net.ring_drops", 1), "drv": ("net.driver_drops", 1),
           "cpu": ("cpu.guest_cpu", 1)}
HOSTILE = {"vm-2": "vstrata1 t=1 i=20 rq=lots", "vm-3": "vstrata1 t=1 i=20 rq=1 " + "x" * 5000,
           "vm-4": "vstrata1 t=1 i=20\n<b>rq=1\x7f", "vm-5": "vstrata9 t=1 i=20 rq=1"}
REFUSED = "the guest's report was refused"


def queue(row):
    return {resource: row["status"][resource]["queue"]["reason"]
            for resource in ("cpu", "mem", "disk", "net")}


def check_row(checks, row, text):
    said = parse(text)
    for key, (quantity, unit) in BECOMES.items():
        if key in said:
            checks.that(f"{quantity} is {key} of the text",
                        abs(row[quantity] - said[key] * unit) < (1 if unit > 1 else 1e-6),
                        row[quantity], said[key] * unit)
        else:
            checks.that(f"{quantity} is not there, as {key} is not", quantity not in row)
    apps = {key[4:]: value for key, value in said.items() if key.startswith("app.")}
    checks.equal("application values", row["guest.app.app"], apps)
    checks.that("they are three", len(apps) == 3, apps)
    checks.that("CPU: hypervisor less guest", abs(
        row["cpu.guest_run"] - row["cpu.guest_cpu"] - row["cpu.guest_difference"]) < 1e-4, row)
    checks.equal("memory: granted less needed", row["mem.guest_difference"],
                 row["mem.granted"] - row["mem.guest_needed"])
    checks.that("the report is not old", 0 <= row["guest.age"] <= 60, row["guest.age"])
    reasons = queue(row)
    checks.equal("the source is named", {reasons[name] for name in ("cpu", "mem", "disk")},
                 {"ok, from guestinfo.vstrata"})


def check_counters(checks):
    """Counters of the group guest, where a server has them, come before anything else."""
    with Rig() as rig:
        _, sim = rig.simulator("--vms", "2", "--off-percent", "0", "--scenario", "guest-queue",
                               "--guest-counters", "yes", "--user", "user", "--password", "pass")
        text = rig.ask("once", "--config", rig.config(sim["url"]), "--format", "json")
        rows = [row for row in map(json.loads, text.splitlines()) if "kind" not in row]
        truth = Truth(sim["url"])
        truth.load(truth.now() - 120000, truth.now())
        wrong = []
        for row in rows:
            for quantity in ("cpu.run_queue", "cpu.context_switches", "mem.page_in",
                             "mem.page_out", "mem.guest_needed", "disk.queue"):
                want = [value for sample in truth.samples
                        if (sample.moid, sample.time) == (row["moid"], from_iso(row["time"]))
                        for _, value in sample.values(quantity, "total")]
                if len(want) != 1 or abs(row.get(quantity, -1) - want[0]) > 1e-3 + want[0] * 1e-3:
                    wrong.append(f"{row['moid']} {quantity}: {row.get(quantity)}, truth {want}")
        checks.none("by counters: what the guests say", wrong)
        checks.equal("by counters: of so many VMs", len(rows), 2)
        checks.equal("by counters: where A comes from",
                     {queue(row)[resource] for row in rows for resource in ("cpu", "mem", "disk")},
                     {"ok, from counters of the guest"})


def main():
    checks = Checks()
    check_counters(checks)
    with Rig() as rig:
        guest = Guest(rig.path("guest"))
        guest.app("jvm", "#!/bin/sh\necho heap_used 123456789\necho queue 2.5\n")
        guest.app("db", "#!/bin/sh\necho waiting 7\n")
        checks.equal("the publisher", guest.run(), (0, "", ""))
        text = guest.text()
        _, sim = rig.simulator("--vms", "6", "--off-percent", "0", "--scenario", "quiet",
                               "--user", "user", "--password", "pass")
        truth = Truth(sim["url"])
        port = free_port()
        base = f"http://127.0.0.1:{port}"
        process = rig.vstrata("run", "--config", rig.config(
            sim["url"], web=f"127.0.0.1:{port}", collect={"lag": "500ms"}))
        wait_for("the first cycle", lambda: fetch(f"{base}/readyz"), 60, process)

        def row(moid):
            return json.loads(fetch(f"{base}/api/v1/vms/vc/{moid}"))
        checks.equal("before: no source", set(queue(row("vm-1")).values()), {"no guest source"})
        truth.control(op="guestinfo", moid="vm-1", text=text)
        for moid, bad in HOSTILE.items():
            truth.control(op="guestinfo", moid=moid, text=bad)
        wait_for("the guest's row", lambda: row("vm-1")["guest.source"] == 2, 90, process)
        check_row(checks, row("vm-1"), text)
        for moid in HOSTILE:
            wait_for(f"{moid} refused", lambda m=moid: queue(row(m))["cpu"] == REFUSED, 60, process)
            one = row(moid)
            checks.equal(f"{moid}: refused, and the layers below are as they were",
                         (queue(one)["mem"], one["status"]["cpu"]["unmet"]["reason"],
                          "cpu.run_queue" in one), (REFUSED, "ok", False))
        checks.equal("a silent one has no source", set(queue(row("vm-6")).values()),
                     {"no guest source"})
        metrics = fetch(f"{base}/metrics")
        refused = re.search(r"^vstrata_guest_texts_refused_total\S* (\d+)", metrics, re.M)
        checks.that("refused texts are counted", refused and int(refused[1]) >= len(HOSTILE),
                    re.findall(r".*guest_texts.*", metrics))
        checks.equal("vstrata ends with status", rig.stop(process), 0)
        with open(rig.path("vstrata.log"), encoding="utf-8") as log:
            told = [line for line in log if "guest" in line and "refused" in line]
        checks.that("refusals are told, in clean lines, and do not fill the log",
                    1 <= len(told) <= len(HOSTILE) and all(line.isprintable() for line in
                                                           map(str.rstrip, told)), *told)
    checks.finish()


if __name__ == "__main__":
    main()
