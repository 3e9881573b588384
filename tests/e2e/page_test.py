#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
"""The page in a real browser, over a running service that collects from the simulated vCenter."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../support"))
from rig import TOP, Rig, fetch, free_port, wait_for  # noqa: E402


def main():
    screenshots = os.environ.get("VSTRATA_SCREENSHOTS", os.path.join(TOP, "build/screenshots"))
    os.makedirs(screenshots, exist_ok=True)
    with Rig() as rig:
        _, server = rig.simulator("--vms", "200", "--guest", "50", "--user", "user",
                                  "--password", "pass")
        address = f"127.0.0.1:{free_port()}"
        config = rig.config(server["url"], web=address,
                            stores=[{"type": "embedded", "name": "embedded"}],
                            collect={"first_lookback": "900s"})
        process = rig.vstrata("run", "--config", config)
        wait_for("the service to be ready", lambda: fetch(f"http://{address}/readyz"), 90, process)
        status = subprocess.run([os.path.join(TOP, "tests/page/page_test.py"), f"http://{address}",
                                 screenshots], cwd=rig.folder, check=False).returncode
        if rig.stop(process) != 0:
            print("the service did not end well")
            status = 1
        if status:
            rig.show_logs()
    sys.exit(status)


if __name__ == "__main__":
    main()
