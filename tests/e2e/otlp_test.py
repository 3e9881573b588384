#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
"""OTLP/HTTP into a receiver that is strict, sheds load, takes things partly and cuts connections: in
the end it has each point of the truth, and none that is wrong. What it did not take is in the dead
letters, and was not sent again, as the protocol demands, unless its batch was for another failure."""
import collections
import importlib
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../support"))
from receiver import Fault, Receiver  # noqa: E402
from rig import TOP, Checks, Rig, free_port, wait_for  # noqa: E402
from series import UNITS, Points, name  # noqa: E402
from stores_test import apart, expected  # noqa: E402
from truth import Truth  # noqa: E402

VMS, SPEED, WINDOW_S, SLOT_MS, PARTLY_EVERY, RETRY_AFTER_S = 60, 20, 360, 20000, 11, 1
UCUM = {"ratio": "1", "hertz": "Hz", "count": "{count}", "code": "{code}", "bytes": "By",
        "bytes_per_second": "By/s", "seconds": "s", "operations": "{operation}",
        "operations_per_second": "{operation}/s", "packets_per_second": "{packet}/s"}
RESOURCE = {"service.name", "service.instance.id", "vcenter", "datacenter", "cluster", "host", "vm",
            "moid", "uuid", "site"}
HEADERS = {"Content-Type": "application/x-protobuf"}
SCRIPT = [
    Fault("too many requests", 429, "", {"Retry-After": str(RETRY_AFTER_S)}, gap=6),
    Fault("not now", 503, "overloaded", gap=6),
    Fault("cut in the middle", cut="middle", gap=6),
    Fault("cut after it was stored", cut="after", keep=True, gap=6),
    Fault("a sick gateway", 502, "<html>Bad Gateway</html>", gap=6),
    Fault("cut before it was read", cut="before", gap=6),
    Fault("a slow gateway", 504, "", gap=6),
]


def messages(rig):
    """The module that protoc makes of tests/proto/otlp.proto."""
    subprocess.run(["protoc", f"--proto_path={TOP}/tests/proto", f"--python_out={rig.folder}",
                    f"{TOP}/tests/proto/otlp.proto"], check=True)
    sys.path.insert(0, rig.folder)
    return importlib.import_module("otlp_pb2")


class Store:
    """Reads requests as a strict receiver does."""

    def __init__(self, otlp):
        self.otlp, self.wrong, self.requests = otlp, [], 0
        self.happened = []  # faults; a batch is sent again as a whole after one
        self.points, self.untaken, self.resources = Points(), {}, collections.defaultdict(set)
        self.again = 0

    def __call__(self, path, _headers, body, plain):
        if path != "/v1/metrics":
            return 404, {}, "not here"
        request = self.otlp.Request()
        request.ParseFromString(plain)
        known = self.otlp.Request()
        known.CopyFrom(request)
        known.DiscardUnknownFields()
        if known.ByteSize() != len(plain):
            self.wrong.append(f"{len(plain)} bytes hold {known.ByteSize()} that are known")
        points = self.read(request)
        answer = self.otlp.Answer()
        self.requests += bool(body)
        lost = set()
        if body and self.requests % PARTLY_EVERY == 0:
            lost = {key for key in sorted(points)[:7]} - set(self.points)
            answer.partial_success.rejected_data_points = len(lost)
            answer.partial_success.error_message = "too old"
        self.take(points, lost)
        return 200, HEADERS, answer.SerializeToString()

    def take(self, points, lost):
        for key, (tags, value) in points.items():
            if key in lost:
                self.untaken[key] = len(self.happened)
            elif key in self.points:
                self.again += 1
                if self.points[key] != value:
                    self.wrong.append(f"{key}: {value} after {self.points[key]}")
            else:
                measurement, field, _, _, _, _, stamp = key
                self.points.put(measurement, field, tags, stamp, value)
            if key not in lost and self.untaken.pop(key, None) == len(self.happened):
                self.wrong.append(f"{key}: sent again after it was not taken")

    def attributes(self, pairs):
        found = {pair.key: pair.value.string_value for pair in pairs}
        if len(found) != len(pairs):
            self.wrong.append(f"a key comes twice: {pairs}")
        if not all(pair.value.WhichOneof("value") == "string_value" and pair.value.string_value
                   for pair in pairs):
            self.wrong.append(f"an attribute is no text: {pairs}")
        return found

    def read(self, request):
        """{key: (tags, value)} of a request, each once."""
        found = {}
        for of in request.resource_metrics:
            resource = self.attributes(of.resource.attributes)
            self.resources[resource["service.instance.id"]].add(json.dumps(resource, sort_keys=True))
            if set(resource) - RESOURCE or resource["service.name"] != "vstrata":
                self.wrong.append(f"a resource is {resource}")
            for scope in of.scope_metrics:
                if scope.scope.name != "vstrata" or not scope.scope.version:
                    self.wrong.append(f"a scope is {scope.scope}")
                for metric in scope.metrics:
                    self.read_metric(metric, resource, found)
        return found

    def read_metric(self, metric, resource, found):
        at = max(metric.name.rfind(f"_{unit}") for unit in UNITS)
        measurement, field = metric.name[:at], metric.name[at + 1:]
        base = field.removesuffix("_worst").removesuffix("_spread")
        if UCUM[base] != metric.unit or not metric.description or \
                metric.WhichOneof("data") != "gauge" or not metric.gauge.data_points:
            self.wrong.append(f"a metric is {metric.name} [{metric.unit}] {metric.description}")
        # The vCenter's own are not bound to slots of samples.
        grid = (1 if measurement.startswith("vstrata_vcenter") else SLOT_MS) * 10 ** 6
        for point in metric.gauge.data_points:
            own = self.attributes(point.attributes)
            if set(own) & set(resource):
                self.wrong.append(f"{own} of a point is the resource's")
            if point.WhichOneof("value") != "as_double" or point.flags or \
                    point.start_time_unix_nano or point.time_unix_nano % grid:
                self.wrong.append(f"a point is {point}")
            tags = {**resource, **own}
            key = key_of(measurement, field, tags, point.time_unix_nano // 10 ** 6)
            if key in found:
                self.wrong.append(f"{key} twice in a request")
            found[key] = tags, point.as_double


def key_of(measurement, field, tags, stamp):
    one = Points()
    one.put(measurement, field, tags, stamp, 0)
    return next(iter(one))


def compare(checks, store, catalogue, want, first, last):
    names = {name(row, form)[:2] for row in catalogue.values() for form in row["forms"]}
    checks.none("each metric is one of the catalogue",
                {str(key) for key in store.points if key[:2] not in names})
    apart(store.points, catalogue)
    wanted = {key for key in want if first < key[-1] <= last}
    checks.none(f"no point is too many, {len(store.points)} in all",
                sorted(map(str, set(store.points) - set(want))))
    checks.none(f"no point is missing of {len(wanted)}, but {len(store.untaken)} that the receiver "
                "did not take", sorted(map(str, wanted - set(store.points) - set(store.untaken))))
    checks.none("every value is true", [
        f"{key}: {got}, truth {want[key][0]}" for key, got in store.points.items()
        if key in want and abs(got - want[key][0]) > want[key][1] and key[3] != "status_overhead"])
    checks.none("none is doubled otherwise than by a repeat", store.points.doubled)
    checks.none("one resource for each entity",
                [f"{one}: {seen}" for one, seen in store.resources.items() if len(seen) != 1])
    checks.that(f"resources of {VMS} VMs", len(store.resources) > VMS, len(store.resources))


def letters(checks, rig, store):
    with open(rig.path("data", "refused-otel.jsonl"), encoding="utf-8") as file:
        found = [json.loads(line) for line in file]
    checks.that(f"{len(found)} dead letters, each with the receiver's reason",
                found and all("too old" in letter["reason"] for letter in found),
                *[letter["reason"] for letter in found])
    moids = {letter["row"]["moid"] for letter in found}
    checks.none("who lost a point has a letter", {key[-2] for key in store.untaken} - moids)


def main():
    checks = Checks()
    with Rig() as rig:
        store = Store(messages(rig))
        _, server = rig.simulator(
            "--vms", str(VMS), "--off-percent", "0", "--user", "user", "--password", "pass",
            "--start", "-600s", "--speed", str(SPEED))
        truth = Truth(server["url"])
        with Receiver(store, SCRIPT, "application/x-protobuf", "gzip") as receiver:
            store.happened = receiver.happened
            page = f"127.0.0.1:{free_port()}"
            config = rig.config(
                server["url"], web=page,
                collect={"interval": "1s", "lag": "200ms", "first_lookback": "60s"},
                stores=[{"type": "otlp", "name": "otel", "url": f"{receiver.url}/v1/metrics",
                         "labels": "[site=berlin]"}])
            checks.that("check finds the receiver", "otel" in rig.ask("check", "--config", config))
            process = rig.vstrata("run", "--config", config)
            first = truth.now() // SLOT_MS * SLOT_MS
            last = first + WINDOW_S * 1000
            wait_for("the script and six minutes", lambda: not receiver.script and
                     truth.now() > last + 30000, 60, process)
            rig.caught_up(f"http://{page}", process)
            checks.equal("vstrata ends with status", rig.stop(process), 0)
            checks.none("requests are as they should be", receiver.wrong + store.wrong)
            checks.equal("faults that happened", len(receiver.happened), len(SCRIPT))
            checks.that("Retry-After was heeded",
                        all(s >= RETRY_AFTER_S for s in receiver.after("too many requests")))
        truth.load(first - 120 * 1000, truth.now())
        catalogue = rig.catalogue()
        checks.that("some points came twice, after a cut", store.again)
        checks.that("and some were not taken", store.untaken)
        compare(checks, store, catalogue, expected(truth, catalogue), first, last)
        letters(checks, rig, store)
    checks.finish()


if __name__ == "__main__":
    main()
