#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
"""Kafka, by librdkafka's mock cluster over TCP (see support/kafka_mock.c), with errors and a broker
that is down for a while: the topic holds each point of the truth once, a VM's in one partition and
in order, as lines and as JSON."""
import collections
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../support"))
from receiver import read_lines  # noqa: E402
from rig import BUILD, Checks, Rig, free_port, wait_for  # noqa: E402
from series import Points, in_unit  # noqa: E402
from stores_test import apart, expected  # noqa: E402
from truth import Truth  # noqa: E402
from witness import from_iso  # noqa: E402

MOCK = os.path.join(BUILD, "tests/kafka-mock")
VMS, SPEED, WINDOW_S, SLOT_MS, PARTITIONS, DOWN_S = 60, 20, 300, 20000, 32, 4
# Errors of brokers that pass: no leader, not enough replicas, timeouts
ERRORS = (5, 6, 7, 19, 20)


class Cluster:
    def __init__(self, rig, topic):
        self.fifo, self.topic = rig.path(f"{topic}.fifo"), topic
        _, self.address = rig.server(f"kafka-{topic}", MOCK, "serve", topic, str(PARTITIONS),
                                     self.fifo)
        self.brokers = self.address["brokers"]

    def order(self, *words):
        with open(self.fifo, "w", encoding="utf-8") as fifo:
            fifo.write(" ".join(map(str, words)) + "\n")

    def dump(self):
        done = subprocess.run([MOCK, "dump", self.brokers, self.topic], capture_output=True,
                              text=True, timeout=60, check=True)
        return [json.loads(line) for line in done.stdout.splitlines()]


def places(checks, topic, messages):
    """Each key in one partition; offsets without holes from 0 on: nothing was dropped by the mock."""
    where, offsets = collections.defaultdict(set), collections.defaultdict(list)
    for message in messages:
        where[message["key"]].add(message["partition"])
        offsets[message["partition"]].append(message["offset"])
    checks.none(f"{topic}: an entity has one partition",
                [f"{key}: {seen}" for key, seen in where.items() if len(seen) != 1])
    checks.none(f"{topic}: offsets go from 0 without a hole",
                [partition for partition, seen in offsets.items() if seen != list(range(len(seen)))])
    checks.that(f"{topic}: {len(messages)} messages of {len(where)} entities in "
                f"{len(offsets)} partitions", len(where) > VMS and len(offsets) > PARTITIONS / 2)


def ordered(checks, topic, stamps):
    """stamps: {key: [time of each message, in the order of offsets]}."""
    checks.none(f"{topic}: the times of an entity go up",
                [key for key, seen in stamps.items() if seen != sorted(seen)])


def same_twice(checks, topic, messages):
    """Whole messages that are there twice. A real broker knows them by their sequence numbers."""
    seen = collections.Counter((message["key"], message["payload"]) for message in messages)
    doubled = [key for (key, _), n in seen.items() if n > 1]
    checks.that(f"{topic}: messages that are there twice: {len(doubled)}", not doubled, *doubled)


def lines_of(checks, messages):
    """The points of line protocol."""
    points, stamps, wrong = Points(), collections.defaultdict(list), []
    for message in messages:
        lines, bad = read_lines(message["payload"].encode())
        wrong += bad
        if message["headers"] != {"content-type": "text/plain; charset=utf-8", "schema": "vstrata",
                                  "vstrata-version": message["headers"].get("vstrata-version")}:
            wrong.append(f"headers are {message['headers']}")
        for measurement, tags, fields, stamp in lines:
            if not message["key"].endswith("/" + tags["moid"]) or stamp % 1000000:
                wrong.append(f"{message['key']}: {measurement} {tags} {stamp}")
            stamps[message["key"]].append(stamp)
            for field, value in fields.items():
                points.put(measurement, field, tags, stamp // 1000000, value)
    checks.none("line: messages are whole, and under the right key", wrong)
    ordered(checks, "line", stamps)
    return points


def compare_lines(checks, points, catalogue, want, first, last):
    apart(points, catalogue)
    checks.none(f"line: no point is too many, {len(points)} in all",
                sorted(map(str, set(points) - set(want))))
    wanted = {key for key in want if first < key[-1] <= last}
    checks.none(f"line: no point is missing of {len(wanted)}",
                sorted(map(str, wanted - set(points))))
    checks.none("line: none is doubled", points.doubled)
    checks.none("line: every value is true", [
        f"{key}: {got}, truth {want[key][0]}" for key, got in points.items()
        if key in want and abs(got - want[key][0]) > want[key][1] and key[3] != "status_overhead"])


QUANTITIES = ("cpu.guest_run", "cpu.ready", "mem.granted", "disk.iops", "net.throughput")


def compare_json(checks, messages, truth, catalogue, first, last):
    rows, stamps, wrong, doubled = {}, collections.defaultdict(list), [], []
    for message in messages:
        row = json.loads(message["payload"])
        stamp = from_iso(row["time"])
        if not message["key"].endswith("/" + row["moid"]) or \
                message["headers"].get("content-type") != "application/json":
            wrong.append(f"{message['key']}: {row['moid']}, {message['headers']}")
        if (row["moid"], stamp) in rows:
            doubled.append(f"{row['moid']} {stamp}")
        rows[row["moid"], stamp] = row
        stamps[message["key"]].append(stamp)
    ordered(checks, "json", stamps)
    checks.none("json: messages are rows, under the right key", wrong)
    checks.none("json: none is doubled", doubled)
    samples = [sample for sample in truth.samples if first < sample.time <= last]
    checks.none(f"json: no row is missing of {len(samples)}",
                [f"{one.moid} {one.time}" for one in samples if (one.moid, one.time) not in rows])
    for one in samples:
        row = rows.get((one.moid, one.time), {})
        for quantity in QUANTITIES:
            true = one.quantities[quantity]["total"]
            if abs(row.get(quantity, true + 1e9) - true) > in_unit(catalogue[quantity], true):
                wrong.append(f"{one.moid} {one.time} {quantity}: {row.get(quantity)}, truth {true}")
    checks.none("json: every value is true", wrong)


def trouble(clusters, truth, last):
    """Errors that pass every second until nearly the end; in the middle a broker is down."""
    down = time.monotonic() + 4
    while truth.now() < last - 60000:
        for cluster in clusters:
            for error in ERRORS:
                cluster.order("errors", 1, error)
        time.sleep(1)
        if down and time.monotonic() > down:
            for cluster in clusters:
                cluster.order("down", 1)
            time.sleep(DOWN_S)
            for cluster in clusters:
                cluster.order("up", 1)
            down = None


def main():
    checks = Checks()
    with Rig() as rig:
        _, server = rig.simulator(
            "--vms", str(VMS), "--off-percent", "0", "--user", "user", "--password", "pass",
            "--start", "-600s", "--speed", str(SPEED))
        truth = Truth(server["url"])
        clusters = [Cluster(rig, topic) for topic in ("line", "json")]
        page = f"127.0.0.1:{free_port()}"
        config = rig.config(
            server["url"], web=page,
            collect={"interval": "1s", "lag": "200ms", "first_lookback": "60s"},
            stores=[{"type": "kafka", "name": one.topic, "brokers": json.dumps(one.brokers),
                     "topic": one.topic, "format": one.topic, "timeout": "2s",
                     "properties": "[reconnect.backoff.max.ms=500]"} for one in clusters])
        rig.ask("check", "--config", config)
        process = rig.vstrata("run", "--config", config)
        first = truth.now() // SLOT_MS * SLOT_MS
        last = first + WINDOW_S * 1000
        trouble(clusters, truth, last)
        wait_for("five minutes", lambda: truth.now() > last + 30000, 60, process)
        rig.caught_up(f"http://{page}", process)
        checks.equal("vstrata ends with status", rig.stop(process), 0)
        truth.load(first - 120 * 1000, truth.now())
        catalogue = rig.catalogue()
        for cluster in clusters:
            messages = cluster.dump()
            places(checks, cluster.topic, messages)
            same_twice(checks, cluster.topic, messages)
            if cluster.topic == "line":
                compare_lines(checks, lines_of(checks, messages), catalogue,
                              expected(truth, catalogue), first, last)
            else:
                compare_json(checks, messages, truth, catalogue, first, last)
    checks.finish()


if __name__ == "__main__":
    main()
