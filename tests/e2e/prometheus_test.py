#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
"""Remote write end to end: 50 VMs of the simulated vCenter go to Prometheus (four requests at a time,
killed in the middle), to VictoriaMetrics, and to a strict receiver of version 2.0; a hot spare writes
the same to a Prometheus and a VictoriaMetrics that both share. All have the truth. A VM migrates and
one is removed: their series end at once. A sample of the future that somebody else wrote makes
Prometheus answer 500 for ever: nothing stops."""
import json
import os
import sys
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../support"))
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
from remote import Receiver2, from_prometheus, query, write_1  # noqa: E402
from rig import Checks, Rig, fetch, wait_for  # noqa: E402
from series import from_victoria  # noqa: E402
from stores_test import compare, expected  # noqa: E402
from truth import Truth  # noqa: E402

VMS, SPEED, SLOT_MS = 50, 10, 20000
LABELS = "[cluster=prod, __replica__=a, site=west]"


def stores(prometheus, victoria, shared, receiver):
    """What collectors say of themselves is their own: two of them would write other values into the
    same series of the shared Prometheus."""
    def store(name, url, **more):
        return {"type": "prometheus", "name": name, "url": url, "stale_after": "60s", **more}
    return [store("prometheus", f"{prometheus.url}/api/v1/write", shards=4, labels=LABELS),
            store("strict", receiver.url),
            store("victoria", f"{victoria}/api/v1/write"),
            store("shared", f"{shared.url}/api/v1/write", version='"1.0"',
                  exclude='["scope:vcenter"]')]


def pass_time(truth, ms):
    end = truth.now() + ms
    wait_for("time", lambda: truth.now() > end, 60)


def run(truth, prometheus, moved, host, removed):
    """Some minutes of the server's time, Prometheus killed in the middle, then a VM migrated and one
    removed: the window in which everything must be there."""
    first = truth.now() // SLOT_MS * SLOT_MS
    pass_time(truth, 60000)
    prometheus.kill()
    time.sleep(1)
    prometheus.start()
    pass_time(truth, 20000)
    truth.control(op="move", moid=moved, host=host)
    truth.control(op="remove", moid=removed)
    pass_time(truth, 150000)
    return first, truth.now() - 60000


def names_at(url, selector, ms):
    return {one["metric"]["__name__"] for one in query(url, "{%s}" % selector, ms)}


def newest_sample(url, selector, now):
    """In ms; VictoriaMetrics gives out raw samples only as an export, where the marker of an end is a
    null."""
    selector = "vstrata_vm_cpu_total_ratio{%s}" % selector
    if "vm_app_version" in fetch(f"{url}/metrics"):
        lines = fetch(f"{url}/api/v1/export", urllib.parse.urlencode({"match[]": selector})).splitlines()
        samples = [zip(series["timestamps"], series["values"]) for series in map(json.loads, lines)]
        return max((time for one in samples for time, value in one if value is not None), default=0)
    return max((round(series["values"][-1][0] * 1000)
                for series in query(url, f"{selector}[20m]", now)), default=0)


def check_ends(checks, store, url, moid, old_host, removed, now):
    """Series are there with their newest sample, and not a second later, although a query looks back
    for minutes."""
    for what, selector in (("a VM that migrated", f'moid="{moid}",host="{old_host}"'),
                           ("a VM that was removed", f'moid="{removed}"')):
        at = newest_sample(url, selector, now)
        selector += ',__name__=~"vstrata_vm_.*"'
        checks.that(f"{store}: {what} had series", len(names_at(url, selector, at)) > 10)
        checks.equal(f"{store}: {what}: they have ended a second later",
                     names_at(url, selector, at + 1000), set())


def left_out(key, changed):
    """A change is noticed a moment later, and not by two collectors at once: nothing is compared of
    the VMs that change, nor how many VMs hosts have."""
    return key[-2] in changed or key[3] in ("vms", "vcpus", "vcpus_per_thread")


def leave_out(points, changed):
    """Also the markers of ends, which VictoriaMetrics exports as nulls."""
    for key in [key for key, value in points.items() if value is None or left_out(key, changed)]:
        del points[key]
    points.doubled = [text for text in points.doubled
                      if not any(f"'{moid}'" in text for moid in changed)]
    for moid in changed:
        points.labels.pop(moid, None)


def refused(rig, store):
    """The dead letters of a store."""
    letters = []
    for folder, _, files in os.walk(rig.folder):
        for file in files:
            if file.startswith(f"refused-{store}.jsonl"):
                with open(os.path.join(folder, file), encoding="utf-8") as lines:
                    letters += [json.loads(line) for line in lines]
    return letters


def seen_by_two(letter):
    """Counters are the same for two collectors; what the inventory says (the VMs of a host, the space
    of a snapshot) and verdicts are as of their own time. Where they differ Prometheus keeps the
    first, and the other's row is refused; that nothing of it is missing is compared elsewhere."""
    return "duplicate sample" in letter["reason"]


def poisoned(rig, checks, server, shared, options):
    """Somebody's sample of the future moves the time of Prometheus: it answers 500 to us for ever."""
    future = (time.time() + 3 * 3600) * 1000
    checks.equal("the future is taken", write_1(shared.url, rig.folder, [
        ({"__name__": "of_the_future"}, [(round(future), 1)])])[0], 204)
    other = Receiver2(rig.folder)
    config = rig.config(server["url"], **options, data_dir=rig.path("late"), file="late.yaml", stores=[
        {"type": "prometheus", "name": "late", "url": f"{shared.url}/api/v1/write"},
        {"type": "prometheus", "name": "other", "url": other.url}])
    process = rig.vstrata("run", "--config", config, name="late")
    wait_for("rows are refused, and on it goes",
             lambda: len({letter["row"]["time"] for letter in refused(rig, "late")}) > 4, 30, process)
    letters = refused(rig, "late")
    checks.that("the reason is told", all("too old" in letter["reason"] for letter in letters),
                *{letter["reason"] for letter in letters})
    checks.that("the other store has them", len(other.points) > 1000)
    checks.none("no rule of 2.0 was broken there", other.broken)
    checks.equal("vstrata ends with status", rig.stop(process), 0)


def main():
    checks = Checks()
    with Rig() as rig:
        _, server = rig.simulator(
            "--vms", str(VMS), "--hosts", "4", "--off-percent", "0", "--user", "user", "--password",
            "pass", "--start", "-900s", "--speed", str(SPEED), "--self-signed",
            rig.path("certificate"))
        truth = Truth(server["url"])
        prometheus, victoria = rig.prometheus(), rig.victoria()
        shared = rig.prometheus(out_of_order="30m", name="shared")
        receiver = Receiver2(rig.folder)
        options = {"thumbprint": server["thumbprint"],
                   "collect": {"interval": "2s", "lag": "200ms", "first_lookback": "60s"}}
        now = truth.now()
        vms = truth.load(now - 60000, now)
        moved, removed = vms[3], vms[7]
        host = next(vm["host"] for vm in vms if vm["host"] != moved["host"])
        all_stores = stores(prometheus, victoria, shared, receiver)
        config = rig.config(server["url"], **options, stores=all_stores)
        spare = rig.config(server["url"], **options, data_dir=rig.path("spare"), file="spare.yaml",
                           stores=all_stores[2:])
        process = rig.vstrata("run", "--config", config)
        second = rig.vstrata("run", "--config", spare, name="spare")
        host_moid = {sample.vm["name"]: sample.moid for sample in truth.hosts}[host]
        first, last = run(truth, prometheus, moved["moid"], host_moid, removed["moid"])
        checks.equal("vstrata ends with status", rig.stop(process), 0)
        checks.equal("the spare ends with status", rig.stop(second), 0)
        now = truth.now()
        truth.load(first - 240 * 1000, now)
        catalogue = rig.catalogue()
        want = expected(truth, catalogue)
        changed = {moved["moid"], removed["moid"]}
        want = {key: value for key, value in want.items() if not left_out(key, changed)}
        time.sleep(1)  # VictoriaMetrics shows what it was given a second later
        for store, url, points in (
                ("Prometheus", prometheus.url, from_prometheus(prometheus.url, now)),
                ("the shared Prometheus", shared.url, from_prometheus(shared.url, now)),
                ("VictoriaMetrics", victoria, from_victoria(victoria)),
                ("2.0", None, receiver.points)):
            if url:
                check_ends(checks, store, url, moved["moid"], moved["host"], removed["moid"], now)
            leave_out(points, changed)
            compare(checks, store, points, catalogue, want, first, last,
                    quality=store != "the shared Prometheus")
        checks.none("the receiver of 2.0 found no rule broken", receiver.broken)
        checks.that("metadata came with 2.0", len(receiver.metadata) > 20)
        found = query(prometheus.url, "count(vstrata_vm_cpu_ratio) by (cluster, __replica__, site)",
                      last)
        checks.equal("labels of the configuration", [one["metric"] for one in found],
                     [{"cluster": "prod", "__replica__": "a", "site": "west"}])
        for store in all_stores:
            checks.none(f"{store['name']}: no row was refused", map(str, (
                letter for letter in refused(rig, store["name"])
                if not (store["name"] == "shared" and seen_by_two(letter)))))
        poisoned(rig, checks, server, shared, options)
    checks.finish()


if __name__ == "__main__":
    main()
