#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
"""End to end: 120 VMs and their hosts over some minutes of the simulated vCenter's time, with a
kill -9 in the middle. What VictoriaMetrics and InfluxDB give back equals the truth: each quantity of
each VM, vCPU, disk, vNIC and host, each time once, nothing more and nothing less. Verdicts are
judgements, and what the collector says of itself is no truth of the simulator: both are looked for,
and compared elsewhere."""
import collections
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../support"))
from rig import Checks, Rig, free_port, wait_for  # noqa: E402
from series import from_influx, from_victoria, in_unit, name  # noqa: E402
from truth import GUEST, PRESENT, Truth  # noqa: E402
from witness import Witness  # noqa: E402

VMS, SPEED, WINDOW_S, SLOT_MS = 120, 10, 160, 20000


def is_compared(row):
    return row["kind"] != "verdict" and row["scope"] != "vcenter" and \
        row["name"] not in GUEST | PRESENT


def expected(truth, catalogue):
    """{key: (value, tolerance of one tick)} of every quantity in every form the catalogue has."""
    want = {}
    rows = [row for row in catalogue.values() if is_compared(row)]
    for sample in truth.samples + truth.hosts:
        for row in rows:
            if row["scope"] != sample.scope:
                continue
            for form in row["forms"]:
                measurement, field, layer, part = name(row, form)
                for instance, value in sample.values(row["name"], form):
                    key = (measurement, field, layer, part, instance, sample.moid, sample.time)
                    want[key] = value, in_unit(row, value)
    return want


def unknown(catalogue, want):
    """Quantities that no sample of the truth has in some form of the catalogue."""
    known = {(key[0], key[1], key[3]) for key in want}
    names = ((row["name"], form, name(row, form)) for row in catalogue.values()
             if is_compared(row) for form in row["forms"])
    return [f"{quantity} {form}" for quantity, form, (measurement, field, _, part) in names
            if (measurement, field, part) not in known]


def apart(points, catalogue):
    """Takes the points that are not compared away; how many of each measurement there were."""
    rows = [row for row in catalogue.values() if not is_compared(row)]
    names = {(m, f, p) for m, f, _, p in (name(row, form) for row in rows for form in row["forms"])}
    taken = [key for key in points if (key[0], key[1], key[3]) in names]
    for key in taken:
        del points[key]
    return collections.Counter(key[0] for key in taken)


def still(want):
    """Kinds of series that are 0 all the time; codes may be, and vCPUs may well be alike."""
    def kinds(points):
        return {(key[0], key[1], key[3]) for key in points
                if key[1] != "code" and not key[1].endswith("_spread")}
    alive = kinds(key for key, (value, _) in want.items() if value)
    return sorted(map(str, kinds(want) - alive))


def unread(key, got):
    """The space of a snapshot is read some seconds after a start: until then C is partial."""
    return key[3] == "status_overhead" and key[0] == "vstrata_vm_disk_status" and got == 6


def compare(checks, store, points, catalogue, want, first, last, quality=True):
    """One store's points against the truth; quality: it has what the collector says of itself.
    Outside of the window (the look-back before, what came after) points need not be, but those that
    are must be true."""
    others = apart(points, catalogue)
    for measurement in ("vstrata_vcenter_quality", "vstrata_vm_all_verdict",
                        "vstrata_vm_cpu_verdict", "vstrata_vm_disk_verdict"):
        wanted = quality or measurement != "vstrata_vcenter_quality"
        checks.equal(f"{store}: there are points of {measurement}",
                     others[measurement] > 0, wanted)
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
        if abs(got - value) > allowed and not unread(key, got):
            wrong.append(f"{key}: {got}, truth {value}")
    checks.none(f"{store}: every value is true", wrong)
    checks.none(f"{store}: one set of labels for each VM",
                [f"{moid}: {seen}" for moid, seen in points.labels.items() if len(seen) != 1])


def compare_devices(checks, store, points, devices):
    """Every disk and vNIC in the store has the names that a second client reads of it."""
    seen = {key: sorted(map(str, names)) for key, names in points.devices.items()}
    checks.equal(f"{store}: names of {len(devices)} disks and vNICs",
                 seen, {key: [str(names)] for key, names in devices.items()})


def run(rig, checks, truth, config, page):
    """Some minutes of the server's time with a kill in the middle: (first, last) of the window."""
    process = rig.vstrata("run", "--config", config)
    first = truth.now() // SLOT_MS * SLOT_MS
    time.sleep(WINDOW_S / SPEED / 2)
    rig.kill(process)
    time.sleep(2)
    process = rig.vstrata("run", "--config", config)
    last = first + WINDOW_S * 1000
    wait_for("the window", lambda: truth.now() > last + 30000, WINDOW_S, process)
    rig.caught_up(f"http://{page}", process)
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
        page = f"127.0.0.1:{free_port()}"
        config = rig.config(
            server["url"], web=page, thumbprint=server["thumbprint"],
            collect={"interval": "2s", "lag": "200ms", "first_lookback": "60s"},
            stores=[{"type": "influxdb", "name": "victoria", "url": victoria, "api": "v1",
                     "database": "vs"},
                    {"type": "influxdb", "name": "influx", "url": influx, "api": "v1",
                     "database": "vs"}])
        first, last = run(rig, checks, truth, config, page)
        truth.load(first - 120 * 1000, truth.now())
        checks.equal("VMs in truth", len({sample.moid for sample in truth.samples}), VMS)
        catalogue = rig.catalogue()
        want = expected(truth, catalogue)
        checks.none("the truth knows each quantity of the catalogue", unknown(catalogue, want))
        checks.none("each series is other than 0 somewhere, so that comparing it tells something",
                    still(want))
        time.sleep(2)  # VictoriaMetrics shows what it was given a second later
        witness = Witness(server["url"], "user", "pass")
        devices = witness.devices()
        witness.close()
        for store, points in (("VictoriaMetrics", from_victoria(victoria)),
                              ("InfluxDB", from_influx(influx, "vs"))):
            compare(checks, store, points, catalogue, want, first, last)
            compare_devices(checks, store, points, devices)
    checks.finish()


if __name__ == "__main__":
    main()
