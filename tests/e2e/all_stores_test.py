#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
"""Every store at once: 200 VMs and their hosts over three minutes of the simulated vCenter's time go
to InfluxDB, VictoriaMetrics (line protocol, and remote write by two shards), Prometheus, PostgreSQL,
Kafka, an OTLP receiver, carbon and the embedded store. Each server is killed, or stops, for some
seconds, one after the other; the receiver of OTLP is not there before the middle. In the end each
has the truth, and what happened to one never made another wait.

All stores but two have everything. carbon has KEPT of VMs, and hosts: each path is a file.
Of the embedded store single disks and vNICs are not asked for: its API tells of those that the
newest row has, which may be another one by then.
Points twice: InfluxDB, Prometheus and PostgreSQL take none; VictoriaMetrics is run with
-dedup.minScrapeInterval, and whisper has one place for a time, so both would hide them, as they do
for everybody. Kafka's mock does not know a message that it is sent again after its answer was lost,
and OTLP knows no repeats: those are counted here, and must be the same."""
import collections
import concurrent.futures
import contextlib
import gc
import io
import json
import multiprocessing
import os
import re
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../support"))
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import graphite_test  # noqa: E402
import kafka_test  # noqa: E402
import otlp_test  # noqa: E402
import postgresql_test  # noqa: E402
import servers  # noqa: E402
from receiver import Receiver  # noqa: E402
from remote import from_prometheus  # noqa: E402
from rig import Checks, Rig, fetch, free_port, wait_for  # noqa: E402
from series import from_embedded, from_influx, from_victoria  # noqa: E402
from stores_test import compare, expected  # noqa: E402
from truth import Truth  # noqa: E402

VMS, SPEED, WINDOW_S, SLOT_MS, LOOKBACK_S = 200, 6, 180, 20000, 40
KEPT = ("cpu.guest_run", "cpu.ready", "cpu.costop", "cpu.unmet", "mem.granted", "mem.contention",
        "disk.iops", "disk.latency", "net.throughput")
OUTAGE_S = 3  # at least; about a slot
BEGIN_S = (3, 6, 9, 12, 15, 18, 21, 0)  # the receiver of OTLP is not there before the middle
FEW = 12  # batches: three slots of 200 VMs, which are two batches of VMs, one of hosts, one more;
#           a busy machine twice that, or three quarters of what the one has that is down for long
BACK_S = 60  # the longest back-off of one that was down so long, and what was not durable yet


class Otlp:
    """Keeps bodies; they are read when all is over."""

    def __init__(self):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/v1/metrics"
        self.bodies, self.strange = [], []
        self.receiver = Receiver(self.take, (), "application/x-protobuf", "gzip", self.port)

    def take(self, path, _headers, body, plain):
        if path != "/v1/metrics" or not body:
            self.strange.append(f"{path}, {len(body)} bytes")
        self.bodies.append(plain)
        return 200, otlp_test.HEADERS, b""

    def start(self):
        self.receiver.__enter__()

    def kill(self):
        self.receiver.__exit__()


class Postgres:
    """PostgreSQL as a server that is killed: "immediate", without a checkpoint."""

    def __init__(self, rig):
        self.server = rig.postgres()
        self.server.query(postgresql_test.read("vstrata.sql"))
        self.start = self.server.start

    def kill(self):
        self.server.process.send_signal(signal.SIGQUIT)
        self.server.process.wait(20)


class Kafka(kafka_test.Cluster):
    def kill(self):
        self.order("down", 1)
        self.order("down", 2)

    def start(self):
        self.order("up", 1)
        self.order("up", 2)


class World:
    """The servers, by the names of their stores."""

    def __init__(self, rig):
        self.rig, self.end, self.embedded = rig, 0, None
        self.servers = {
            "influxdb": servers.influx(rig, "vs"), "victoria": servers.victoria(rig),
            "prometheus": rig.prometheus(), "shards": servers.victoria(rig, name="shards"),
            "postgresql": Postgres(rig), "kafka": Kafka(rig, "all"),
            "graphite": rig.carbon(retentions="20s:1h"), "otlp": Otlp()}
        self.down = {name: [None, None] for name in self.servers}  # from, to

    def __getitem__(self, name):
        return self.servers[name]

    def stores(self):
        def store(kind, name, **more):
            return {"type": kind, "name": name, **more}
        include = [f"{name} form:total" for name in KEPT] + ["scope:host"]
        return [
            store("influxdb", "influxdb", url=self["influxdb"].url, api="v1", database="vs"),
            store("influxdb", "victoria", url=self["victoria"].url, api="v1", database="vs"),
            store("prometheus", "prometheus", url=f"{self['prometheus'].url}/api/v1/write"),
            store("prometheus", "shards", url=f"{self['shards'].url}/api/v1/write", shards=2),
            store("postgresql", "postgresql", connection=self["postgresql"].server.connection),
            store("kafka", "kafka", brokers=json.dumps(self["kafka"].brokers), topic="all",
                  properties="[reconnect.backoff.max.ms=500]"),
            store("otlp", "otlp", url=self["otlp"].url),
            store("graphite", "graphite", include=json.dumps(include),
                  address=f"127.0.0.1:{self['graphite'].line_port}"),
            store("embedded", "embedded", path=self.rig.path("embedded"))]

    def outages(self, watch, began):
        """Threads in which servers go and come."""
        def outage(name, at):
            if name != "otlp":
                time.sleep(max(0, began + at - time.monotonic()))
                self.down[name][0] = time.monotonic()
                self.servers[name].kill()
                time.sleep(OUTAGE_S)
            else:  # it is not there yet
                self.down[name][0] = began
                time.sleep(WINDOW_S / SPEED / 2)
            wait_for(f"{name} is missed", lambda: watch.misses(name))
            self.servers[name].start()
            self.down[name][1] = time.monotonic()
        pool = concurrent.futures.ThreadPoolExecutor(len(self.servers))
        return [pool.submit(outage, *one) for one in zip(self.servers, BEGIN_S)]


Seen = collections.namedtuple("Seen", "time backlog up")  # {store: value}


class Watch(threading.Thread):
    """Looks at the stores' metrics all the time."""

    def __init__(self, base):
        super().__init__(daemon=True)
        self.base, self.seen, self.over = base, [], threading.Event()
        self.start()

    def now(self, *metrics):
        """[{store: value}] of each"""
        found = {metric: {} for metric in metrics}
        for metric, store, value in re.findall(r'^vstrata_store_(\w+){store="(\w+)"} ([\d.]+)$',
                                               fetch(f"{self.base}/metrics"), re.M):
            if metric in found:
                found[metric][store] = float(value)
        return list(found.values())

    def cycles(self):
        return float(re.search(r"^vstrata_collect_cycles_total{.*} (\d+)$",
                               fetch(f"{self.base}/metrics"), re.M)[1])

    def run(self):
        while not self.over.wait(0.1):
            with contextlib.suppress(OSError):
                self.seen.append(Seen(time.monotonic(), *self.now("backlog_batches", "up")))

    def misses(self, store):
        """Does the store know that its server is down? Of Kafka librdkafka knows, and waits."""
        seen = self.seen[-1]
        return seen.backlog[store] if store == "kafka" else not seen.up[store]

    def idle(self):
        return len(self.seen) > 3 and not any(
            n for seen in self.seen[-3:] for n in seen.backlog.values())

    def recovered(self, store, end):
        """When the store had everything again, but what is under way."""
        return next((seen.time for seen in self.seen if seen.time > end and seen.up[store] and
                     seen.backlog[store] <= 1), end + 1000)

    def check(self, checks, down):
        """A store waits while its server is down, and for what has to be sent again; not for
        others."""
        self.over.set()
        self.join()
        checks.that(f"metrics were looked at, {len(self.seen)} times", len(self.seen) > 50)
        back = {name: self.recovered(name, end) for name, (_, end) in down.items()}
        late = {name: back[name] - end for name, (_, end) in down.items()}
        checks.none(f"each has caught up {max(late.values()):.1f} s after its server is back",
                    [f"{name}: {s:.1f} s" for name, s in late.items() if s > BACK_S])
        batches = collections.Counter()
        for seen in self.seen:
            for store, n in seen.backlog.items():
                if store not in down or not down[store][0] <= seen.time < back[store]:
                    batches[store] = max(batches[store], n)
        waited = max(seen.backlog["otlp"] for seen in self.seen)
        checks.that(f"one that was down waited with {waited:g} batches", waited > 1.5 * FEW)
        checks.none(f"nobody waited for it or another: at most {max(batches.values()):g} batches",
                    [f"{store}: {n:g}" for store, n in batches.items() if n > max(2 * FEW, 0.75 * waited)])


def run(rig, checks, truth, world, catalogue):
    """(first, last) of the window."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    config = rig.config(
        truth.base + "/sdk", web=f"127.0.0.1:{port}", stores=world.stores(),
        collect={"interval": "2s", "lag": "200ms", "first_lookback": f"{LOOKBACK_S}s"})
    process = rig.vstrata("run", "--config", config)
    began = time.monotonic()
    first = truth.now() // SLOT_MS * SLOT_MS
    last = first + WINDOW_S * 1000
    wait_for("the page", lambda: fetch(f"{base}/healthz"), 30, process)
    watch = Watch(base)
    outages = world.outages(watch, began)
    wait_for("three minutes", lambda: truth.now() > last + SLOT_MS, WINDOW_S, process)
    cycles = watch.cycles() + 2  # one of them began after the window
    wait_for("all samples", lambda: watch.cycles() >= cycles, 60, process)
    world.end = truth.now()
    truth.control(op="fault", status=503)  # nothing new comes
    for one in outages:
        one.result()
    wait_for("everybody has everything", watch.idle, BACK_S + 30, process)
    watch.check(checks, world.down)
    refused, lost, held, retries = watch.now(
        "rows_refused_total", "batches_lost_total", "rows_held_back_total", "retries_total")
    checks.equal("rows refused, batches lost, rows held back",
                 [sum(one.values()) for one in (refused, lost, held)], [0, 0, 0])
    checks.none("each outage was one: something had to be sent again",
                [name for name in world.down if not retries[name] and name != "kafka"])
    truth.load(first, last)
    scopes = {sample.moid: sample.scope for sample in truth.samples + truth.hosts}
    world.embedded = from_embedded(base, catalogue, "vc", scopes,
                                   first - LOOKBACK_S * 1000, world.end)
    checks.equal("vstrata ends with status", rig.stop(process), 0)
    world["otlp"].kill()
    truth.control(op="fault")
    return first, last


# --- reading: each gives Points, after checks of its own ---

def read_kafka(checks, world):
    """Messages that came again after their answer was lost are taken away."""
    messages = world["kafka"].dump()
    kafka_test.places(checks, "kafka", messages)
    once = {(message["key"], message["payload"]): message for message in reversed(messages)}
    print(f"       messages that are there twice: {len(messages) - len(once)} of {len(messages)}")
    once = sorted(once.values(), key=lambda message: (message["partition"], message["offset"]))
    return kafka_test.lines_of(checks, once)


def read_otlp(checks, world):
    otlp = world["otlp"]
    store = otlp_test.Store(otlp_test.messages(world.rig))
    for body in otlp.bodies:
        request = store.otlp.Request()
        request.ParseFromString(body)
        store.take(store.read(request), ())
    print(f"       points that came twice: {store.again} of {len(store.points)}")
    checks.none("otlp: requests are as they should be",
                otlp.strange + otlp.receiver.wrong + store.wrong)
    checks.none("otlp: one resource for each entity",
                [f"{one}: {seen}" for one, seen in store.resources.items() if len(seen) != 1])
    return store.points


def read_postgres(_checks, world):
    server = world["postgresql"].server
    return postgresql_test.points_of(server, postgresql_test.series_of(server))


READERS = {  # what takes long first
    "kafka": read_kafka,
    "otlp": read_otlp,
    "influxdb": lambda checks, world: from_influx(world["influxdb"].url, "vs"),
    "victoria": lambda checks, world: from_victoria(world["victoria"].url),
    "prometheus": lambda checks, world: from_prometheus(world["prometheus"].url, world.end),
    "shards": lambda checks, world: from_victoria(world["shards"].url),
    "postgresql": read_postgres,
    "embedded": lambda checks, world: world.embedded,
}


def compare_graphite(checks, world, truth, catalogue, first, last):
    """Its own paths; carbon writes what it has in its cache."""
    rows = {name: {**row, "forms": ["total"] if row["scope"] == "vm" else row["forms"]}
            for name, row in catalogue.items() if name in KEPT or row["scope"] == "host"}
    want = graphite_test.expected(truth, rows)
    wanted = {key for key in want if first < key[1] * 1000 <= last}
    points = {}

    def written():
        points.update(graphite_test.points_of(world["graphite"].folder, first // 1000 - LOOKBACK_S,
                                              max(second for _, second in want)))
        return wanted <= set(points)
    with contextlib.suppress(RuntimeError):
        wait_for("carbon's cache", written, 20)
    checks.none(f"graphite: no point is missing of {len(wanted)} at "
                f"{len({path for path, _ in wanted})} paths", sorted(map(str, wanted - set(points))))
    many, wrong = graphite_test.differences(points, want)
    checks.none(f"graphite: no point is too many, {len(points)} in all", sorted(many))
    checks.none("graphite: every value is true", wrong)


def compare_one(store, world, truth, catalogue, want, first, last):
    """In a process of its own: (passed, failed, what it printed)."""
    checks, text, began = Checks(), io.StringIO(), time.monotonic()
    with contextlib.redirect_stdout(text):
        if store == "graphite":
            compare_graphite(checks, world, truth, catalogue, first, last)
        else:
            points = READERS[store](checks, world)
            for key in [key for key, value in points.items() if value is None]:
                del points[key]  # VictoriaMetrics exports the marker of an end so
            if store == "embedded":
                want = {key: value for key, value in want.items()
                        if not key[0].startswith(("vstrata_vdisk", "vstrata_vnic"))}
            compare(checks, store, points, catalogue, want, first, last, store != "embedded")
        print(f"       {store}: {time.monotonic() - began:.1f} s")
    return checks.passed, checks.failed, text.getvalue()


inherited = []  # what children know, without that it goes through a pipe


def in_child(store):
    gc.disable()  # millions of tuples, and no rings of them
    return compare_one(store, *inherited)


def compare_all(checks, stores, *known):
    """Two at a time; what they know is inherited."""
    inherited.extend(known)
    gc.freeze()
    with multiprocessing.get_context("fork").Pool(2, maxtasksperchild=1) as pool:
        for passed, failed, text in pool.imap(in_child, stores, 1):
            print(text, end="", flush=True)
            checks.passed += passed
            checks.failed += failed


def main():
    checks = Checks()
    with Rig() as rig:
        _, server = rig.simulator("--vms", str(VMS), "--off-percent", "0", "--user", "user",
                                  "--password", "pass", "--start", "-900s", "--speed", str(SPEED))
        truth, world = Truth(server["url"]), World(rig)
        catalogue = rig.catalogue()
        first, last = run(rig, checks, truth, world, catalogue)
        truth.load(first - LOOKBACK_S * 1000 - SLOT_MS, world.end)
        checks.equal("VMs in truth", len({sample.moid for sample in truth.samples}), VMS)
        want = expected(truth, catalogue)
        compare_all(checks, [*READERS, "graphite"], world, truth, catalogue, want, first, last)
    checks.finish()


if __name__ == "__main__":
    main()
