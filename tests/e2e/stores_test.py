#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
"""End to end: 200 VMs over five minutes of the simulated vCenter's time, with a kill -9 in the
middle. What VictoriaMetrics and InfluxDB give back equals the truth: each quantity of each VM and
vCPU, each time once, nothing more and nothing less."""
import collections
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../support"))
from rig import Checks, Rig, wait_for  # noqa: E402
from series import from_influx, from_victoria, in_unit, name  # noqa: E402
from truth import Truth  # noqa: E402

VMS, SPEED, WINDOW_S, SLOT_MS = 200, 10, 300, 20000


def expected(truth, catalogue):
    """{key: (value, tolerance of one tick)} of every quantity in every form the catalogue has."""
    want = {}
    for sample in truth.samples:
        for quantity, row in catalogue.items():
            for form in row["forms"]:
                measurement, field, layer, part = name(row, form)
                for vcpu, value in sample.values(quantity, form):
                    key = (measurement, field, layer, part, vcpu, sample.moid, sample.time)
                    want[key] = value, in_unit(row, value)
    return want


def still(want):
    """Kinds of series that are 0 all the time; statuses are, and vCPUs may well be alike."""
    def kinds(points):
        return {(key[0], key[1], key[3]) for key in points
                if not key[0].endswith("_status") and not key[1].endswith("_spread")}
    alive = kinds(key for key, (value, _) in want.items() if value)
    return sorted(map(str, kinds(want) - alive))


def compare(checks, store, points, want, first, last):
    """One store's points against the truth. Outside of the window (the look-back before, what came
    after) points need not be, but those that are must be true."""
    inside = {key for key in points if first < key[-1] <= last}
    wanted = {key for key in want if first < key[-1] <= last}
    per_name = collections.Counter(key[:2] for key in wanted)
    checks.none(f"{store}: no point is missing of {len(wanted)} in {len(per_name)} kinds of series",
                sorted(map(str, wanted - inside)))
    checks.none(f"{store}: no point is too many, {len(points)} in all",
                sorted(map(str, set(points) - set(want))))
    checks.none(f"{store}: none is doubled", points.doubled)
    wrong = []
    for key, got in points.items():
        value, allowed = want.get(key, (got, 0))
        if abs(got - value) > allowed:
            wrong.append(f"{key}: {got}, truth {value}")
    checks.none(f"{store}: every value is true", wrong)
    checks.none(f"{store}: one set of labels for each VM",
                [f"{moid}: {seen}" for moid, seen in points.labels.items() if len(seen) != 1])


def run(rig, checks, truth, config):
    """Five minutes of the server's time with a kill in the middle: (first, last) of the window."""
    process = rig.vstrata("run", "--config", config)
    first = truth.now() // SLOT_MS * SLOT_MS
    time.sleep(WINDOW_S / SPEED / 2)
    rig.kill(process)
    time.sleep(2)
    process = rig.vstrata("run", "--config", config)
    last = first + WINDOW_S * 1000
    wait_for("five minutes", lambda: truth.now() > last + 30000, WINDOW_S, process)
    time.sleep(4)
    checks.equal("vstrata ends with status", rig.stop(process), 0)
    return first, last


def main():
    checks = Checks()
    with Rig() as rig:
        _, server = rig.simulator(
            "--vms", str(VMS), "--off-percent", "0", "--user", "user", "--password", "pass",
            "--start", "-600s", "--speed", str(SPEED), "--self-signed", rig.path("certificate"))
        truth = Truth(server["url"])
        victoria, influx = rig.victoria(), rig.influx("vs")
        config = rig.config(
            server["url"], thumbprint=server["thumbprint"],
            collect={"interval": "2s", "lag": "200ms", "first_lookback": "60s"},
            stores=[{"type": "influxdb", "name": "victoria", "url": victoria, "api": "v1",
                     "database": "vs"},
                    {"type": "influxdb", "name": "influx", "url": influx, "api": "v1",
                     "database": "vs"}])
        first, last = run(rig, checks, truth, config)
        truth.load(first - 120 * 1000, truth.now())
        checks.equal("VMs in truth", len({sample.moid for sample in truth.samples}), VMS)
        want = expected(truth, rig.catalogue())
        checks.none("each series is other than 0 somewhere, so that comparing it tells something",
                    still(want))
        time.sleep(2)  # VictoriaMetrics shows what it was given a second later
        compare(checks, "VictoriaMetrics", from_victoria(victoria), want, first, last)
        compare(checks, "InfluxDB", from_influx(influx, "vs"), want, first, last)
    checks.finish()


if __name__ == "__main__":
    main()
