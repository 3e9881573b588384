#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
"""A store that misbehaves in every way that servers do, beside one that never does, behind 200 VMs.
In the end the first has accepted each point of the truth at least once and nothing else; what it
refused for good is in the dead letters, with the reason; and the second was never late."""
import collections
import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../support"))
from receiver import Fault, Receiver, read_lines  # noqa: E402
from rig import Checks, Rig, fetch, free_port, wait_for  # noqa: E402
from series import INSTANCES, in_unit, name  # noqa: E402
from truth import Truth  # noqa: E402

VMS, SPEED, SLOT_MS, LONGEST_S = 200, 20, 20000, 40
LARGEST = 30000  # bytes of a body, once the store has become small
RETRY_AFTER_S = 2
GAP = 16  # requests: a batch has about as many
QUANTITIES = ("cpu.guest_run", "cpu.ready", "cpu.unmet", "mem.granted", "mem.unmet_rate",
              "disk.iops", "net.throughput", "cpu.status_unmet")

SCRIPT = [
    # A server that keeps what it got in memory for a while, and is killed.
    Fault("says yes and forgets", 204, times=3, gap=GAP),
    Fault("is killed", cut="before", gap=0),
    Fault("not now", 503, "overloaded", gap=GAP),
    Fault("too many requests", 429, "slow down", {"Retry-After": str(RETRY_AFTER_S)}, gap=GAP),
    Fault("cut before it was read", cut="before", gap=GAP),
    Fault("cut in the middle", cut="middle", gap=GAP),
    Fault("cut after it was stored", cut="after", keep=True, gap=GAP),
    Fault("cut after it was read, and lost", cut="after", gap=GAP),
    Fault("an answer that comes late", keep=True, delay=0.7, gap=GAP),
    Fault("an answer that comes too late", keep=True, delay=2.5, gap=GAP),
    Fault("a sick gateway", 502, "<html>Bad Gateway</html>", gap=GAP),
]


class Store:
    """Takes line protocol as servers do: with VMs whose rows it does not like."""

    def __init__(self, refused, partly):
        self.refused, self.partly = tag(refused), tag(partly)
        self.sick = None  # (tag, end of its lines): a 500 for ever for this one row
        self.small = False
        self.bodies = []  # what was accepted, as it came
        self.told = collections.Counter()

    def __call__(self, path, _headers, body, plain):
        if not path.startswith("/write?db=vs&precision=ms"):
            return 404, {}, "not here"
        if not body:
            return 204, {}, ""
        if self.small and len(plain) > LARGEST:
            return self.tell(413, "request entity too large")
        if self.sick and any(self.sick[0] in line and line.endswith(self.sick[1])
                             for line in plain.splitlines()):
            return self.tell(500, "panic: index out of range")
        if self.refused in plain:
            return self.tell(422 if self.told[400] > self.told[422] else 400,
                             '{"error":"unable to parse this request"}')
        if self.partly in plain:
            lines = plain.splitlines(keepends=True)
            good = [line for line in lines if self.partly not in line]
            self.bodies.append(b"".join(good))
            return self.tell(400, '{"error":"partial write: field type conflict '
                                  f'dropped={len(lines) - len(good)}"}}', "partly")
        self.bodies.append(plain)
        return 204, {}, ""

    def tell(self, status, text, as_=None):
        self.told[as_ or status] += 1
        return status, {}, text


class Always:
    """Takes everything."""

    def __init__(self):
        self.bodies = []

    def __call__(self, path, _headers, body, plain):
        if body:
            self.bodies.append(plain)
        return 204, {}, ""


def tag(moid):
    return f",moid={moid},".encode()


def figure(base, metric, store):
    """One of the service's figures of a store."""
    text = fetch(f"{base}/metrics")
    return next(float(line.split()[-1]) for line in text.splitlines()
                if line.startswith(f'{metric}{{') and f'store="{store}"' in line)


def points_of(bodies):
    """{(measurement, field, layer, part, instance, moid, ms): {values}}, and what is wrong."""
    found, wrong = collections.defaultdict(set), []
    for body in {hash(body): body for body in bodies}.values():
        lines, bad = read_lines(body)
        wrong += bad
        for measurement, tags, fields, stamp in lines:
            instance = next((tags[word] for word in INSTANCES if word in tags), "")
            for field, value in fields.items():
                found[(measurement, field, tags.get("layer", ""), tags["part"], instance,
                       tags["moid"], stamp)].add(value)
    return found, wrong


def expected(truth, catalogue):
    """{key: (value, tolerance)} of some quantities of each resource in every form."""
    want = {}
    for sample in truth.samples:
        for row in (catalogue[quantity] for quantity in QUANTITIES):
            for form in row["forms"]:
                measurement, field, layer, part = name(row, form)
                for instance, value in sample.values(row["name"], form):
                    want[(measurement, field, layer, part, instance, sample.moid, sample.time)] = \
                        value, in_unit(row, value)
    return want


def vms_of(points):
    """Points of VMs: what is said of the vCenter is no truth of the simulator."""
    return {key for key in points if key[0].startswith(("vstrata_vm_", "vstrata_vcpu_",
                                                        "vstrata_vdisk_", "vstrata_vnic_"))}


def compare(checks, store, bodies, want, first, last, but=()):
    """but: (moid, time or None = any) of rows that were refused."""
    points, wrong = points_of(bodies)
    checks.none(f"{store}: bodies are line protocol, whole, no point twice in one", wrong)
    checks.none(f"{store}: no point is too many", sorted(map(str, vms_of(points) - set(want))))
    wanted = {key for key in want if first < key[-1] <= last}
    lost = wanted - set(points)
    refused = {key for key in wanted if (key[-2], None) in but or (key[-2], key[-1]) in but}
    checks.none(f"{store}: no point is missing of {len(wanted)}",
                sorted(map(str, lost - refused)))
    checks.none(f"{store}: none of what it refused is there", map(str, refused - lost))
    checks.none(f"{store}: every value is true, however often it came",
                [f"{key}: {values}, truth {want[key]}" for key, values in points.items()
                 if key in want and any(abs(v - want[key][0]) > want[key][1] for v in values)])


def letters(checks, rig, always, sick, want, first, last, counted):
    """The dead letters: each refused row of the window, with the reason, and no others."""
    with open(rig.path("data", "refused-sick.jsonl"), encoding="utf-8") as file:
        found = [json.loads(line) for line in file]
    reasons, times = collections.defaultdict(set), collections.defaultdict(set)
    for letter in found:
        reasons[letter["row"]["moid"]].add(letter["reason"])
        times[letter["row"]["moid"]].add(letter["row"]["time"])
    checks.equal("refused rows are of these VMs", sorted(reasons), sorted({*always, sick[0]}))
    words = dict(zip((*always, sick[0]), ("unable to parse", "partial write", "HTTP 500: panic")))
    checks.that("the reason is what the server said",
                all(words[moid] in why for moid, said in reasons.items() for why in said),
                dict(reasons))
    for moid in always:
        checks.none(f"each row of {moid} has its letter",
                    {iso(key[-1]) for key in want if key[-2] == moid and first < key[-1] <= last} -
                    times[moid])
    checks.equal(f"the one row of {sick[0]} that gave a 500", times[sick[0]], {iso(sick[1])})
    checks.that("letters have values", all("cpu.ready" in letter["row"] for letter in found))
    checks.equal("as many letters as rows are counted", len(found), int(counted))


def iso(ms):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(ms / 1000))


class Watch:
    """Looks at the service while it works; keeps what it sees of the backlogs."""

    def __init__(self, base, process):
        self.base, self.process = base, process
        self.backlogs = {"sick": [], "well": []}

    def until(self, what, ready):
        def look():
            for store, seen in self.backlogs.items():
                seen.append(figure(self.base, "vstrata_store_backlog_batches", store))
            return ready()
        wait_for(what, look, LONGEST_S, self.process)

    def caught_up(self):
        return self.backlogs["sick"][-1] == 0

    def compare(self, checks):
        """A cycle brings two batches; of a store that keeps up one hardly ever sees them. A busy
        machine may show some, but nothing like those of the sick one."""
        sick, well = self.backlogs["sick"], self.backlogs["well"]
        checks.that(f"the other store was never late, looked at {len(well)} times",
                    max(well) <= max(2, max(sick) / 2) and sum(well) < max(len(well), sum(sick)) / 3,
                    max(well), sum(well), max(sick), sum(sick))
        checks.that("the sick one was", max(sick) > 3, sick)


def run(rig, checks, truth, config, base, receiver, store, sick):
    """Goes through all faults; (last time that must be there, time of the row that is a 500)."""
    process = rig.vstrata("run", "--config", config)
    wait_for("the first cycle", lambda: fetch(f"{base}/readyz"), 60, process)
    watch = Watch(base, process)
    watch.until("the script is over", lambda: not receiver.script)
    row = truth.now() // SLOT_MS * SLOT_MS + 2 * SLOT_MS
    with receiver.lock:
        store.sick, store.small = (tag(sick), f" {row}".encode()), True
    watch.until("five 500s", lambda: store.told[500] >= 5)
    last = truth.now() // SLOT_MS * SLOT_MS - SLOT_MS
    watch.until("the store catches up", lambda: truth.now() > last + 3 * SLOT_MS and
                watch.caught_up())
    refused = figure(base, "vstrata_store_rows_refused_total", "sick")
    checks.equal("the other store refused", figure(base, "vstrata_store_rows_refused_total", "well"),
                 0.0)
    watch.compare(checks)
    checks.equal("vstrata ends with status", rig.stop(process), 0)
    return last, row, refused


def main():
    checks = Checks()
    with Rig() as rig:
        _, sim = rig.simulator("--vms", str(VMS), "--speed", str(SPEED), "--start", "-600s",
                               "--user", "user", "--password", "pass", "--off-percent", "0")
        truth = Truth(sim["url"])
        first = truth.now() // SLOT_MS * SLOT_MS
        vms = sorted(vm["moid"] for vm in truth.load(first - SLOT_MS, first))
        refused, partly, sick = vms[17], vms[91], vms[150]
        store, always = Store(refused, partly), Always()
        port = free_port()
        base = f"http://127.0.0.1:{port}"
        strict = {"content_type": "text/plain; charset=utf-8", "encoding": "gzip"}
        with Receiver(store, SCRIPT, **strict) as ill, Receiver(always, **strict) as well:
            options = {"type": "influxdb", "api": "v1", "database": "vs", "timeout": "2s",
                       "include": json.dumps(QUANTITIES), "batch_values": 500}
            config = rig.config(
                sim["url"], web=f"127.0.0.1:{port}",
                collect={"interval": "1s", "lag": "100ms", "first_lookback": "20s"},
                stores=[{"name": "sick", "url": ill.url, **options},
                        {"name": "well", "url": well.url, **options}])
            last, row, counted = run(rig, checks, truth, config, base, ill, store, sick)
        truth.load(first - 120 * 1000, truth.now())
        want = expected(truth, rig.catalogue())
        checks.equal("all faults happened", ill.happened,
                     [f.name for f in SCRIPT for _ in range(3 if "forgets" in f.name else 1)])
        checks.that("and the refusals", all(store.told[s] for s in (400, 413, 422, 500, "partly")),
                    store.told)
        checks.none("requests are as they should be", ill.wrong + well.wrong)
        waits = ill.after("too many requests")
        checks.that("Retry-After is heeded", waits and waits[0] >= RETRY_AFTER_S, waits)
        but = {(refused, None), (partly, None), (sick, row)}
        compare(checks, "the sick store", store.bodies, want, first, last, but)
        compare(checks, "the other", always.bodies, want, first, last)
        letters(checks, rig, (refused, partly), (sick, row), want, first, last, counted)
    checks.finish()


if __name__ == "__main__":
    main()
