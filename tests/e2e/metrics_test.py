#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
"""The service's own figures and the newest rows, read by the strict OpenMetrics parser of the
Prometheus client library; the rows scraped by Prometheus itself, too. Health and readiness before and
after the vCenter is there."""
import json
import os
import sys
import urllib.error
import urllib.parse

from prometheus_client.openmetrics import parser

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../support"))
from rig import Checks, Rig, fetch, free_port, wait_for  # noqa: E402
from truth import Truth  # noqa: E402


def status(url):
    try:
        fetch(url)
        return 200
    except urllib.error.HTTPError as error:
        return error.code


def true_values(truth, quantities, since):
    """{(moid, part, ms): value} of some totals of VMs."""
    truth.load(since, truth.now())
    return {(sample.moid, quantity.split(".")[1], sample.time): value
            for sample in truth.samples for quantity in quantities
            for _, value in sample.values(quantity, "total")}


def check_rows(checks, base, truth, since):
    """The newest rows as text: strictly read, each value true, under the time of its sample."""
    quantities = ("cpu.ready", "cpu.guest_run", "mem.granted", "disk.latency")
    selector = urllib.parse.quote(";".join(f"{name} form:total" for name in quantities))
    text = fetch(f"{base}/metrics?match={selector}")
    families = list(parser.text_string_to_metric_families(text))
    want = true_values(truth, quantities, since)
    samples = [sample for family in families for sample in family.samples]
    checks.equal("rows: families", {family.name for family in families},
                 {"vstrata_vm_cpu_ratio", "vstrata_vm_mem_bytes", "vstrata_vm_disk_seconds"})
    checks.equal("rows: series", len(samples), 4 * 30)
    wrong = []
    for sample in samples:
        key = sample.labels["moid"], sample.labels["part"], round(float(sample.timestamp) * 1000)
        if key not in want or abs(sample.value - want[key]) > 1e-4 + abs(want[key]) * 1e-9:
            wrong.append(f"{key}: {sample.value}, truth {want.get(key)}")
    checks.none("rows: every value is true, under its own time", wrong)
    checks.equal("rows: shards are a partition",
                 sum(fetch(f"{base}/metrics?match={selector}&shard={i}/3").count("\nvstrata_")
                     for i in (1, 2, 3)), len(samples))


def check_scraped(checks, rig, base, truth, since):
    """Prometheus pulls them: its points are those of the truth."""
    scrape = f"""
scrape_configs:
  - job_name: rows
    scrape_interval: 2s
    metrics_path: /metrics
    params: {{match: ["cpu.ready form:total"]}}
    static_configs: [{{targets: ["{base.removeprefix('http://')}"]}}]
"""
    server = rig.prometheus(scrape=scrape, receiver=False)

    def points():
        query = urllib.parse.urlencode({"query": "vstrata_vm_cpu_ratio[1h]"})
        found = json.loads(fetch(f"{server.url}/api/v1/query?{query}"))["data"]["result"]
        return {(series["metric"]["moid"], "ready", round(at * 1000)): float(value)
                for series in found for at, value in series["values"]}
    wait_for("three scrapes' points", lambda: len(points()) >= 3 * 30, 60)
    got, want = points(), true_values(truth, ("cpu.ready",), since)
    checks.none("Prometheus scraped what is true",
                [f"{key}: {value}, truth {want.get(key)}" for key, value in got.items()
                 if abs(value - want.get(key, 99)) > 1e-9])
    targets = json.loads(fetch(f"{server.url}/api/v1/targets"))["data"]["activeTargets"]
    checks.equal("Prometheus' target", [(t["health"], t["lastError"]) for t in targets],
                 [("up", "")])


def main():
    checks = Checks()
    with Rig() as rig:
        port, gone = free_port(), free_port()
        base = f"http://127.0.0.1:{port}"
        nobody = rig.config(f"http://127.0.0.1:{gone}/sdk", web=f"127.0.0.1:{port}")
        process = rig.vstrata("run", "--config", nobody)
        wait_for("the page", lambda: fetch(f"{base}/healthz"), 30, process)
        checks.equal("without its vCenter it is healthy", status(f"{base}/healthz"), 200)
        checks.equal("but not ready", status(f"{base}/readyz"), 503)
        checks.equal("a stop while it tries to connect", rig.stop(process, 10), 0)

        _, sim = rig.simulator("--vms", "30", "--start", "-180s", "--speed", "4", "--user", "user",
                               "--password", "pass", "--off-percent", "0", "--scenario", "quiet")
        truth = Truth(sim["url"])
        since = truth.now() - 120000
        path = rig.config(sim["url"], name='odd "name"\\', web=f"127.0.0.1:{port}",
                          file="second.yaml", data_dir=rig.path("second"),
                          collect={"interval": "5s", "lag": "500ms"})
        process = rig.vstrata("run", "--config", path)
        wait_for("the first cycle", lambda: fetch(f"{base}/readyz"), 60, process)
        checks.equal("with its vCenter it is ready", status(f"{base}/readyz"), 200)
        text = fetch(f"{base}/metrics")
        families = {family.name: family for family in parser.text_string_to_metric_families(text)}
        checks.that("OpenMetrics, strictly read", len(families) > 30, list(families))
        checks.none("each has a help", [f.name for f in families.values() if not f.documentation])
        labels = {s.labels["vcenter"] for s in families["vstrata_vcenter_up"].samples}
        checks.equal("labels are escaped", labels, {'odd "name"\\'})
        vms = families["vstrata_vcenter_vms"].samples[0].value
        checks.equal("VMs", vms, 30.0)
        samples = families["vstrata_samples"].samples[0].value
        rows = families["vstrata_rows"].samples[0].value
        stored = json.loads(fetch(f"{base}/api/v1/status"))["stores"][0]["rows"]
        cycles = families["vstrata_collect_cycles"].samples[0].value
        checks.that("each sample became a row", samples == rows and rows >= 30, samples, rows)
        checks.that("each row was stored, and those of the data's quality",
                    rows <= stored <= rows + cycles + 1, rows, stored, cycles)
        check_rows(checks, base, truth, since)
        check_scraped(checks, rig, base, truth, since)
    checks.finish()


if __name__ == "__main__":
    main()
