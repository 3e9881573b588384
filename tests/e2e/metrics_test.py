#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
"""The service's own figures, read by the strict OpenMetrics parser of the Prometheus client
library. Health and readiness before and after the vCenter is there."""
import json
import os
import sys
import urllib.error

from prometheus_client.openmetrics import parser

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../support"))
from rig import Checks, Rig, fetch, free_port, wait_for  # noqa: E402


def status(url):
    try:
        fetch(url)
        return 200
    except urllib.error.HTTPError as error:
        return error.code


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

        _, sim = rig.simulator("--vms", "30", "--start", "0s", "--user", "user", "--password",
                               "pass", "--off-percent", "0")
        path = rig.config(sim["url"], name='odd "name"\\', web=f"127.0.0.1:{port}",
                          file="second.yaml", data_dir=rig.path("second"))
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
    checks.finish()


if __name__ == "__main__":
    main()
