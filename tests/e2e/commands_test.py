#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
"""service/run as a person calls it: from any folder, and nothing is left behind."""
import fcntl
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import termios
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../support"))
from rig import TOP, Checks, Rig, fetch, wait_for  # noqa: E402

RUN = os.path.join(TOP, "service/run")


def left_behind(folder):
    """Files in folder, and processes that still name it."""
    found = os.listdir(folder)
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                command = file.read().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if folder in command:
            found.append(command)
    return found


def check_once(checks, temporary):
    done = subprocess.run([RUN, "--once", "--vms", "30"], cwd="/", stdin=subprocess.DEVNULL,
                          env=dict(os.environ, TMPDIR=temporary), capture_output=True, text=True,
                          timeout=1200, check=False)
    checks.that("service/run --once", done.returncode == 0, done.stdout[-2000:], done.stderr[-2000:])
    checks.that("it prints a table and a summary", re.search(r"^30 VMs, \d+ rows", done.stdout, re.M)
                and len(done.stdout.splitlines()) > 30, done.stdout[-3000:])
    checks.equal("nothing is left", left_behind(temporary), [])


def own_terminal():
    """In the child: its standard input becomes the terminal that controls it."""
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def check_run(checks, temporary, how, end):
    """Until it is told to end: the page's address is printed and answers; the end is quick and
    clean. end(keyboard, process) tells it."""
    log = os.path.join(temporary, "..", "run.log")
    keyboard, terminal = os.openpty()
    with open(log, "wb") as out:
        process = subprocess.Popen([RUN, "--vms", "30", "--port", "0"], cwd="/usr", stdout=out,
                                   stdin=terminal, stderr=out, preexec_fn=own_terminal,
                                   env=dict(os.environ, TMPDIR=temporary))

    def text():
        with open(log, encoding="utf-8", errors="replace") as file:
            return file.read()

    try:
        address = wait_for("the page's address",
                           lambda: re.search(r"http://127\.0\.0\.1:[1-9]\d*", text()), 120, process)[0]
        wait_for("the page", lambda: fetch(f"{address}/readyz"), 60, process)
        vms = json.loads(fetch(f"{address}/api/v1/vms"))
        checks.that("the API has the VMs", len(json.dumps(vms)) > 1000, str(vms)[:500])
        wait_for("the table", lambda: len(re.findall(r"%|\d\.\d", text())) > 30, 60, process)
        end(keyboard, process)
        start = time.monotonic()
        status = process.wait(30)
        checks.that(f"{how} ends it", status in (0, 130, 143) and time.monotonic() - start < 15,
                    status, time.monotonic() - start, text()[-2000:])
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        os.close(keyboard)
        os.close(terminal)
    checks.equal("nothing is left", left_behind(temporary), [])


def main():
    checks = Checks()
    with Rig() as rig:
        temporary = tempfile.mkdtemp(dir=rig.folder)
        check_once(checks, temporary)
        check_run(checks, temporary, "SIGTERM", lambda _, process: process.terminate())
        check_run(checks, temporary, "Ctrl-C", lambda keyboard, _: os.write(keyboard, b"\x03"))
        for arguments in (["--nonsense"], ["--vms", "many"], ["--config", "/nowhere.yaml"]):
            done = subprocess.run([RUN, *arguments], capture_output=True, text=True, check=False)
            checks.that(f"refused: {' '.join(arguments)}", done.returncode == 2 and done.stderr,
                        done.returncode, done.stderr)
    checks.finish()


if __name__ == "__main__":
    main()
