# SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
"""Prometheus as a store, and a receiver of remote write 2.0 that takes nothing for granted."""
import http.server
import json
import math
import os
import re
import subprocess
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request

from rig import TOP, fetch
from series import UNITS, Points

PROTO = os.path.join(TOP, "tests/proto")
VERSION_2 = "application/x-protobuf;proto=io.prometheus.write.v2.Request"


def query(url, expression, time_ms=None):
    """The result of an instant query."""
    parameters = {"query": expression}
    if time_ms:
        parameters["time"] = f"{time_ms / 1000:.3f}"
    reply = json.loads(fetch(f"{url}/api/v1/query", urllib.parse.urlencode(parameters), 120))
    return reply["data"]["result"]


def put(points, tags, samples):
    full = tags["__name__"]
    at = max(full.rfind(f"_{unit}") for unit in UNITS)
    for time, value in samples:
        points.put(full[:at], full[at + 1:], tags, time, value)


def from_prometheus(url, time_ms, minutes=30):
    """Everything of ours that Prometheus has of the minutes before."""
    points = Points()
    names = json.loads(fetch(f"{url}/api/v1/label/__name__/values"))["data"]
    for name in names:
        if not name.startswith("vstrata_"):
            continue
        for series in query(url, f"{name}[{minutes}m]", time_ms):
            put(points, series["metric"],
                [(round(time * 1000), float(value)) for time, value in series["values"]])
    return points


def generated(folder, name):
    """The Python module that protoc makes of a file of tests/proto."""
    subprocess.run(["protoc", f"--proto_path={PROTO}", f"--python_out={folder}", f"{name}.proto"],
                   check=True)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    return __import__(f"{name}_pb2")


def write_1(url, folder, series):
    """Sends [(labels, [(ms, value)])] as remote write 1.0; the status and what the server said."""
    import snappy
    message = generated(folder, "prometheus_remote").WriteRequest()
    for labels, samples in series:
        one = message.timeseries.add()
        for key, value in sorted(labels.items()):
            one.labels.add(name=key, value=value)
        for time, value in samples:
            one.samples.add(timestamp=time, value=value)
    request = urllib.request.Request(
        f"{url}/api/v1/write", snappy.compress(message.SerializeToString()),
        {"Content-Encoding": "snappy", "Content-Type": "application/x-protobuf",
         "X-Prometheus-Remote-Write-Version": "0.1.0"})
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


class Receiver2:
    """Takes 2.0 and nothing else, checks every rule of the specification that a sender has to keep,
    and tells how many samples it wrote."""

    def __init__(self, folder):
        self.messages = generated(folder, "prometheus_write_v2")
        self.broken = []  # rules
        self.points = Points()
        self.newest = {}  # series -> ms
        self.ended = []  # (tags, ms)
        self.metadata = {}
        self.requests = 0
        self.lock = threading.Lock()
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with owner.lock:
                    status, samples = owner.take(self.headers, body)
                self.send_response(status)
                self.send_header("X-Prometheus-Remote-Write-Samples-Written", str(samples))
                self.send_header("X-Prometheus-Remote-Write-Histograms-Written", "0")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format, *args):  # pylint: disable=redefined-builtin
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/write"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def rule(self, good, what):
        if not good:
            self.broken.append(what)

    def take(self, headers, body):
        """(status, samples)"""
        import snappy
        self.requests += 1
        if headers["Content-Type"] != VERSION_2:
            return 415, 0
        self.rule(headers["Content-Encoding"] == "snappy", "Content-Encoding")
        self.rule(headers["X-Prometheus-Remote-Write-Version"] == "2.0.0", "version")
        self.rule(headers["User-Agent"], "User-Agent")
        message = self.messages.Request()
        message.ParseFromString(snappy.decompress(body))
        symbols = list(message.symbols)
        self.rule(symbols and symbols[0] == "", "the first symbol is empty")
        self.rule(len(symbols) == len(set(symbols)), "symbols are unique")
        return 204, sum(self.take_series(symbols, one) for one in message.timeseries)

    def take_series(self, symbols, series):
        refs = [symbols[i] for i in series.labels_refs]
        keys, values = refs[0::2], refs[1::2]
        tags = dict(zip(keys, values))
        self.rule(len(keys) == len(values) and keys == sorted(set(keys)), f"labels {keys}")
        self.rule(all(re.fullmatch("[a-zA-Z_][a-zA-Z0-9_]*", key) for key in keys), f"keys {keys}")
        self.rule(all(values), f"an empty value: {tags}")
        self.rule(re.fullmatch("[a-zA-Z_:][a-zA-Z0-9_:]*", tags["__name__"]), tags["__name__"])
        self.rule(series.metadata.type == 2 and symbols[series.metadata.help_ref], "metadata")
        self.rule(symbols[series.metadata.unit_ref] in tags["__name__"], "unit")
        self.metadata[tags["__name__"]] = symbols[series.metadata.help_ref]
        self.rule(series.samples, "a series without samples")
        identity = tuple(refs)
        for sample in series.samples:
            self.rule(sample.timestamp > self.newest.get(identity, 0),
                      f"{tags} {sample.timestamp}: not newer")
            self.newest[identity] = sample.timestamp
            if math.isnan(sample.value):
                self.ended.append((tags, sample.timestamp))
            else:
                put(self.points, tags, [(sample.timestamp, sample.value)])
        return len(series.samples)
