#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
"""Changes of the inventory are seen within seconds: rename, vMotion, power, creation, removal,
hot-add. Series go on under the same identity."""
import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../support"))
from rig import Checks, Rig, fetch, free_port, wait_for  # noqa: E402
from truth import Truth  # noqa: E402

SECONDS = 15  # real ones; a cycle is 2 s here


def within(checks, name, ready):
    try:
        wait_for(name, ready, SECONDS)
        checks.that(f"{name}, within {SECONDS} s", True)
    except RuntimeError as failure:
        checks.that(name, False, failure)


def main():
    checks = Checks()
    with Rig() as rig:
        _, sim = rig.simulator("--vms", "12", "--hosts", "4", "--speed", "10", "--start", "-900s",
                               "--user", "user", "--password", "pass", "--off-percent", "0")
        truth = Truth(sim["url"])
        port = free_port()
        path = rig.config(sim["url"], web=f"127.0.0.1:{port}",
                          collect={"interval": "2s", "lag": "200ms"})
        process = rig.vstrata("run", "--config", path)

        def get(what):
            return json.loads(fetch(f"http://127.0.0.1:{port}{what}"))

        def vm(moid):
            return next((v for v in get("/api/v1/vms?limit=1000")["vms"] if v["moid"] == moid), {})

        def vcenter():
            return get("/api/v1/status")["vcenters"][0]

        wait_for("the first cycle", lambda: fetch(f"http://127.0.0.1:{port}/readyz"), 60, process)
        wait_for("rows", lambda: len(get("/api/v1/vms")["vms"]) == 12, 30, process)
        vms = get("/api/v1/vms?limit=1000")["vms"]
        checks.equal("all VMs are there", vcenter()["vms"], 12)
        moid = vms[0]["moid"]

        truth.control(op="rename", moid=moid, name="Grüße, 世界 <b>")
        within(checks, "a new name is seen", lambda: vm(moid)["name"] == "Grüße, 世界 <b>")

        other = next(v for v in vms if v["host"] != vms[0]["host"])["host"]
        host = next(v.runtime.host for v in truth.witness.vms().values()
                    if v.runtime.host.name == other)
        truth.control(op="move", moid=moid, host=host._moId)
        within(checks, "a vMotion is seen", lambda: vm(moid)["host"] == other)

        truth.control(op="power", moid=moid, state="off")
        within(checks, "a VM that is off is not asked", lambda: vcenter()["vms_asked"] == 11)
        truth.control(op="power", moid=moid, state="on")
        within(checks, "and asked again when on", lambda: vcenter()["vms_asked"] == 12)

        cpus = vm(moid)["cpu_count"]
        truth.control(op="cpus", moid=moid, cpus=cpus + 2)
        within(checks, "a hot-added vCPU is seen", lambda: vm(moid)["cpu_count"] == cpus + 2)

        made = truth.control(op="create", name="new-01", cpus=3)["moid"]
        within(checks, "a new VM has rows", lambda: vm(made)["cpu_count"] == 3)

        truth.control(op="remove", moid=made)
        within(checks, "a removed VM is gone", lambda: vcenter()["vms"] == 12)
        failures = vcenter()["call_failures"]

        time.sleep(3)
        points = get(f"/api/v1/vms/vc/{moid}/series?quantities=cpu.guest_run")
        times = points["times"]
        gaps = [b - a for a, b in zip(times, times[1:])]
        checks.that("the series goes on under its identity over rename and vMotion",
                    len(times) > 15 and min(gaps) == 20000, times[-30:])
        checks.that("no call failed over it", failures <= 1, failures)
        checks.equal("a stop is quick and clean", rig.stop(process, 15), 0)
    checks.finish()


if __name__ == "__main__":
    main()
