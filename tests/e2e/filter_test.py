#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
"""Which values go to which store: include, exclude, per_vcpu, raw, rows ahead of our clock; and
what `check` says of it beforehand."""
import collections
import gzip
import http.server
import json
import os
import re
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../support"))
from rig import Checks, Rig, fetch, free_port, wait_for  # noqa: E402

VMS, SPEED, RUN_S = 40, 10, 8
PART = re.compile(r"((?:[^,=\\ ]|\\.)+)=((?:[^,=\\ ]|\\.)+)")


def plain(text):
    return re.sub(r"\\(.)", r"\1", text)


def points(path):
    """Of a file of line protocol: {(measurement, tags, field, time)}."""
    found = set()
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            series, fields, stamp = re.fullmatch(r"((?:[^\\ ]|\\.)+) (\S+) (\d+)\n", line).groups()
            measurement = series.split(",")[0]
            tags = tuple((key, plain(value)) for key, value in PART.findall(series[len(measurement):]))
            found |= {(measurement, tags, field, int(stamp)) for field, _ in PART.findall(fields)}
    return found


def wanted(everything, cluster):
    """What is left by the selectors of main(), decided by the names of the series."""
    def unmet(measurement, tags, field):
        return (measurement.startswith("vstrata_vm_") and tags.get("layer") == "unmet" and
                not field.endswith(("_worst", "_spread")))
    return {(measurement, tags, field, stamp) for measurement, tags, field, stamp in everything
            if (unmet(measurement, dict(tags), field) or measurement.startswith("vstrata_host"))
            and dict(tags)["cluster"] != cluster}


def check_stores(checks, rig, server):
    cluster = json.loads(rig.ask("once", "--format", "json", "--config", rig.config(server["url"]))
                         .splitlines()[0])["cluster"]
    stores = [
        {"type": "file", "name": "all", "path": rig.path("all")},
        {"type": "file", "name": "few", "path": rig.path("few"),
         "include": ["layer:unmet form:total", "scope:host"], "exclude": f"'cluster:\"{cluster}\"'"},
        {"type": "file", "name": "lean", "path": rig.path("lean"), "per_vcpu": "false"},
        {"type": "file", "name": "raw", "path": rig.path("raw"), "include": "raw:*"},
        {"type": "embedded", "name": "page"},
    ]
    collect = {"interval": "2s", "lag": "200ms", "first_lookback": "20s",
               "raw": ["cpu.ready.summation", "mem.active.*"]}
    nowhere = "counters of collect.raw are asked for and go nowhere"
    checks.that("check tells of raw counters that no store takes", nowhere in rig.ask(
        "check", "--config", rig.config(server["url"], collect=collect)))
    config = rig.config(server["url"], stores=stores, collect=collect)
    report = json.loads(rig.ask("check", "--config", config, "--format", "json"))
    process = rig.vstrata("run", "--config", config)
    time.sleep(RUN_S)
    checks.equal("vstrata ends with status", rig.stop(process), 0)
    checks.that("and not where one does", nowhere not in json.dumps(report))
    got = {store["name"]: points(store["path"]) for store in stores if "path" in store}
    everything = got["all"]
    checks.that("there are VMs, vCPUs, hosts, the vCenter and raw samples of both",
                {"vstrata_vm_cpu", "vstrata_vcpu_cpu", "vstrata_host", "vstrata_vm_raw",
                 "vstrata_host_raw", "vstrata_vcenter_quality"} <= {p[0] for p in everything})
    want = {"few": wanted(everything, cluster),
            "lean": {p for p in everything if not p[0].startswith("vstrata_vcpu") and not (
                p[0] == "vstrata_vm_raw" and p[2].startswith("cpu_") and "instance" in dict(p[1]))},
            "raw": {p for p in everything if p[0].endswith("_raw")}}
    for name, expected in want.items():
        checks.that(f"{name}: there is something, and not all",
                    0 < len(expected) < len(everything), len(expected), len(everything))
        checks.none(f"{name}: none of {len(expected)} points is missing", sorted(expected - got[name]))
        checks.none(f"{name}: none is too many", sorted(got[name] - expected))
    check_estimates(checks, report, dict(got, page=everything - want["raw"]))


def check_estimates(checks, report, got):
    checks.equal("check tells of each store", [e["store"] for e in report["estimates"]], list(got))
    for estimate in report["estimates"]:
        store = estimate["store"]
        series = {p[:3] for p in got[store] if not p[0].startswith("vstrata_vcenter")}
        checks.that(f"{store}: {estimate['series']} series were told, {len(series)} are there",
                    abs(estimate["series"] - len(series)) <= 0.03 * len(series))
        fullest = max(collections.Counter(p[3] for p in got[store]
                                          if not p[0].startswith("vstrata_vcenter")).values())
        checks.that(f"{store}: {estimate['values_per_second']} values a second, "
                    f"{fullest} came at one time",
                    abs(estimate["values_per_second"] - fullest / 20) < 0.05 * fullest / 20)
    checks.equal("VMs that are on", report["estimates"][0]["vms"], VMS)


class Receiver(http.server.BaseHTTPRequestHandler):
    """A server that takes everything, and counts."""
    bodies = []

    def do_POST(self):
        Receiver.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def start_ahead(rig, servers, port, receiver, folder):
    """The service over simulators that are on time or ahead; {name: address}."""
    config = rig.config(
        servers["ahead"], name="ahead", web=f"127.0.0.1:{port}", data_dir=rig.path(folder),
        stores=[{"type": "embedded"}, {"type": "file", "path": rig.path(f"{folder}.txt")},
                {"type": "influxdb", "url": f"http://127.0.0.1:{receiver.server_port}"}])
    if "here" in servers:
        with open(config, encoding="utf-8") as file:
            text = file.read()
        other = text[text.index("  - name"):text.index("data_dir")].replace(
            '"ahead"', '"here"').replace(servers["ahead"], servers["here"])
        with open(config, "w", encoding="utf-8") as file:
            file.write(text.replace("vcenters:\n", "vcenters:\n" + other))
    return rig.vstrata("run", "--config", config, name=folder)


def check_future(checks, rig):
    """A vCenter whose clock is an hour ahead: alone its rows wait, beside one that is on time they
    are put aside."""
    options = ("--vms", "5", "--user", "user", "--password", "pass", "--off-percent", "0")
    _, ahead = rig.simulator("--start", "3600s", *options, name="ahead")
    _, here = rig.simulator("--start", "-60s", *options, name="here")
    receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    port = free_port()

    def figures(name):
        text = fetch(f"http://127.0.0.1:{port}/metrics")
        return {store: float(n) for store, n in
                re.findall(rf'^{name}{{store="(\w+)"}} (\S+)$', text, re.M)}

    def told(log, event):
        with open(rig.path(log), encoding="utf-8") as file:
            return [line for line in file if f"event={event}" in line]

    process = start_ahead(rig, {"ahead": ahead["url"]}, port, receiver, "alone")
    wait_for("rows that wait", lambda: figures("vstrata_store_backlog_batches")["influxdb"] >= 2 and
             figures("vstrata_store_rows_total")["file"] >= 5, 30, process)
    checks.equal("alone: nothing was sent", len(Receiver.bodies), 0)
    checks.equal("nor put aside", figures("vstrata_store_rows_held_back_total")["influxdb"], 0.0)
    checks.that("stores of our own have it", len(points(rig.path("alone.txt"))) > 500)
    rig.stop(process)
    lines = told("alone.log", "rows_wait")
    checks.that("one log line names the vCenter and by how much", len(lines) == 1 and
                'vcenter="ahead"' in lines[0] and re.search(r"ahead_s=3[56]\d\d ", lines[0]), *lines)

    process = start_ahead(rig, {"ahead": ahead["url"], "here": here["url"]}, port, receiver, "both")
    held = wait_for("rows put aside",
                    lambda: figures("vstrata_store_rows_held_back_total")["influxdb"], 60, process)
    wait_for("the neighbour's rows", lambda: figures("vstrata_store_rows_total")["influxdb"] >= 5, 30,
             process)
    checks.that("the neighbour's rows were sent, and no others", Receiver.bodies and not any(
        b"vcenter=ahead" in gzip.decompress(body) for body in Receiver.bodies))
    rig.stop(process)
    receiver.shutdown()
    with open(rig.path("both", "refused-influxdb.jsonl"), encoding="utf-8") as file:
        letters = [json.loads(line) for line in file]
    checks.that("the rows are among the dead letters", len(letters) >= held and
                all("ahead of our clock" in letter["reason"] for letter in letters), letters[:1], held)
    checks.that("with their values", all(len(letter["row"]) > 10 for letter in letters), letters[:1])
    checks.equal("told once", len(told("both.log", "rows_ahead")), 1)


def main():
    checks = Checks()
    with Rig() as rig:
        _, server = rig.simulator("--vms", str(VMS), "--off-percent", "0", "--user", "user",
                                  "--password", "pass", "--start", "-300s", "--speed", str(SPEED))
        check_stores(checks, rig, server)
        check_future(checks, rig)
    checks.finish()


if __name__ == "__main__":
    main()
