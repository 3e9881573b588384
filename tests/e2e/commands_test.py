#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
"""service/run as a person calls it: from any folder, and nothing is left behind; and explain."""
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
from rig import TOP, VSTRATA, Checks, Rig, fetch, wait_for  # noqa: E402

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


def explained(arguments, config):
    done = subprocess.run([VSTRATA, "explain", *arguments, "--config", config], timeout=120,
                          capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def formulas_hold(text):
    """Of each total whose terms are all printed as percents: what does not add up."""
    wrong = []
    total = re.compile(r"^    (cpu\.\S+) [^:]+:\s+(-?[\d.]+) %.*\n      = (cpu\.\w+(?: \+ cpu\.\w+)+)\n"
                       r"      with ((?:.|\n {8})+)\n", re.M)
    found = total.findall(text)
    for name, value, formula, terms in found:
        numbers = {k: float(v) for k, v in re.findall(r"(cpu\.\w+) (-?[\d.]+) %", terms)}
        got = sum(numbers[term] for term in formula.split(" + "))
        if abs(got - float(value)) > 0.02 * len(numbers):
            wrong.append(f"{name}: {formula} is {got}, not {value}")
    return wrong if len(found) >= 2 else [f"only {len(found)} sums found"]


def check_explain(checks, rig):
    """A VM with a limit: the verdict, the numbers behind it, and the identities."""
    _, server = rig.simulator("--vms", "12", "--off-percent", "30", "--scenario", "limit",
                              "--user", "user", "--password", "pass")
    config = rig.config(server["url"])
    rows = [json.loads(line) for line in
            rig.ask("once", "--format", "json", "--raw", "--config", config).splitlines()]
    rows = [row for row in rows if "kind" not in row]
    worst = max(rows, key=lambda row: row["cpu.limit.worst"])
    status, text, error = explained([worst["moid"]], config)
    checks.that("explain by moid", status == 0 and text.startswith(f"{worst['name']}  ({worst['moid']})"),
                text[:500], error)
    checks.that("the verdict names CPU unmet and the limit",
                re.search(r"^VERDICT\n  CPU unmet \(D\) hurts, \d+ of 100, for [^:]+:(.|\n)*?"
                          r"a CPU\s+limit\s+takes", text, re.M), text[:1500])
    checks.equal("every identity holds", re.findall(r"^  (I\d+):(?:.|\n {6})*?:\s+holds$", text, re.M),
                 ["I1", "I2", "I2", "I2", "I2", "I3", "I4", "I5", "I16"])
    checks.none("no line is wider than 100", [line for line in text.splitlines() if len(line) > 100])
    checks.none("sums add up", formulas_hold(text))
    time_of = re.search(r"^the 20 seconds to (\S+),", text, re.M)[1]
    status, again, error = explained([worst["name"], "--vcenter", "vc", "--at", time_of], config)
    same = again.split("RULES")[-1] == text.split("RULES")[-1]
    checks.that("by name and time: the same text", status == 0 and same, error, again[:500])
    if worst["time"] == time_of:
        raw = worst["raw"]["cpu.ready.summation"][""]
        checks.that("the server's number is there", f"cpu.ready.summation in ms: VM {raw}" in text, raw)
    asleep = [m for m in (f"vm-{i}" for i in range(1, 25)) if m not in {row["moid"] for row in rows}]
    off = [m for m in asleep if "is not powered on" in explained([m], config)[2]]
    checks.equal("those that are off are said to be, others are not known", len(off), 12 - len(rows))
    for arguments, says in (
            (["nobody"], "no VM has the name or moid"),
            ([worst["moid"], "--vcenter", "other"], 'no vCenter is called "other"'),
            ([worst["moid"], "--at", "2020-01-01T00:00:00Z"], "the server keeps"),
            ([worst["moid"], "--at", "now"], "is not a time"),
            ([], "which VM?")):
        status, text, error = explained(arguments, config)
        checks.that(f"explain {' '.join(arguments)}: {says}",
                    status in (1, 2) and says in error and not text, status, error, text[:200])


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
        check_explain(checks, rig)
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
