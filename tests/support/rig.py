# SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
"""What the end-to-end and interop tests share: a temporary folder with servers on loopback in it,
vstrata itself, and checks that count. Everything started here is ended when the rig is left."""
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
BUILD = os.environ.get("VSTRATA_BUILD", os.path.join(TOP, "build/debug"))
VSTRATA = os.path.join(BUILD, "service/vstrata")
SIMULATOR = os.path.join(BUILD, "tests/vcenter/vcenter-sim")
VCSIM = os.environ.get("VSTRATA_VCSIM", os.path.join(TOP, "build/interop/vcsim"))
SHOWN = 20  # differences of one check that are printed


def free_port():
    with contextlib.closing(socket.socket()) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def fetch(url, data=None, timeout=30, method=None, headers=None):
    """The body of a reply as text; an HTTP status other than 2xx raises."""
    if isinstance(data, str):
        data = data.encode()
    request = urllib.request.Request(url, data=data, method=method, headers=headers or {})
    with urllib.request.urlopen(request, timeout=timeout) as reply:
        return reply.read().decode()


def wait_for(what, ready, limit_s=30.0, process=None):
    """Calls ready() until it returns something true, and returns that."""
    end = time.monotonic() + limit_s
    while True:
        with contextlib.suppress(OSError, ValueError, KeyError):
            value = ready()
            if value:
                return value
        if process is not None and process.poll() is not None:
            raise RuntimeError(f"{what}: {process.args[0]} ended with status {process.returncode}")
        if time.monotonic() > end:
            raise RuntimeError(f"{what}: not within {limit_s:g} s")
        time.sleep(0.1)


class Checks:
    """Counts, and tells what differs."""

    def __init__(self):
        self.passed = self.failed = 0

    def that(self, name, good, *findings):
        """One check: good, or what is wrong in the words of findings."""
        good = bool(good)
        self.passed += good
        self.failed += not good
        print("ok    " if good else "FAILED", name, flush=True)
        if not good:
            for finding in findings[:SHOWN]:
                print("       ", finding, flush=True)
            if len(findings) > SHOWN:
                print(f"        ... {len(findings)} in all", flush=True)
        return good

    def none(self, name, findings):
        """One check: there are no findings."""
        findings = list(findings)
        return self.that(name, not findings, *findings)

    def equal(self, name, got, want):
        if isinstance(got, dict) and isinstance(want, dict):
            return self.none(name, [f"{key}: got {got.get(key)}, want {want.get(key)}"
                                    for key in sorted({**got, **want}, key=str)
                                    if key not in got or key not in want or got[key] != want[key]])
        return self.that(f"{name}: {want}" if len(str(want)) < 60 else name, got == want,
                         f"got  {got}", f"want {want}")

    def finish(self):
        print(f"{self.passed} passed, {self.failed} failed")
        sys.exit(0 if self.failed == 0 and self.passed > 0 else 1)


class Rig:
    """with Rig() as rig: ... The folder and all processes are gone afterwards; after an exception
    the ends of the logs are printed first."""

    def __enter__(self):
        signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # cleans up
        self.folder = tempfile.mkdtemp(prefix="vstrata-test-")
        self.processes = []
        self.logs = []
        return self

    def __exit__(self, kind, value, trace):
        for process in reversed(self.processes):
            self.stop(process)
        if kind is not None and kind is not SystemExit:
            self.show_logs()
        shutil.rmtree(self.folder, ignore_errors=True)

    def show_logs(self):
        for path in self.logs:
            with open(path, encoding="utf-8", errors="replace") as log:
                tail = log.read()[-3000:]
            print(f"--- {os.path.basename(path)}\n{tail}", flush=True)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def start(self, name, *command, stdout=None, env=None):
        """A process whose output goes to name.log of the folder (stdout elsewhere if given)."""
        path = self.path(f"{name}.log")
        if path not in self.logs:
            self.logs.append(path)
        with open(path, "ab") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stdout or log,
                                       stderr=log, cwd=self.folder, env=env)
        self.processes.append(process)
        return process

    def stop(self, process, limit_s=20):
        """Asks it to end; its exit status, or None if it had to be killed."""
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            status = process.wait(limit_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            status = None
        if process in self.processes:
            self.processes.remove(process)
        return status

    def kill(self, process):
        """kill -9"""
        process.kill()
        process.wait()
        self.processes.remove(process)

    # --- servers ---

    def json_line(self, name, process):
        """The first line of a server's output, which is JSON, once it is ready."""
        def ready():
            with open(self.path(name), encoding="utf-8") as out:
                line = out.readline()
            return json.loads(line) if line.endswith("\n") else None
        return wait_for(name, ready, 120, process)

    def server(self, name, *command, env=None):
        """Starts a server that tells its address in one JSON line: (process, that object)."""
        with open(self.path(f"{name}.out"), "wb") as out:
            process = self.start(name, *command, stdout=out, env=env)
        return process, self.json_line(f"{name}.out", process)

    def simulator(self, *options, name="simulator"):
        """Our simulated vCenter: (process, {"url": ...})."""
        return self.server(name, SIMULATOR, "--listen", "127.0.0.1:0", *options)

    def vcsim(self, *options):
        """VMware's simulator: (process, {"url": ...})."""
        # Its datastores are folders under TMPDIR.
        env = dict(os.environ, TMPDIR=self.folder, GOGC="400")
        return self.server("vcsim", VCSIM, *options, env=env)

    def victoria(self):
        """VictoriaMetrics on an empty folder; its base URL."""
        return servers.victoria(self).url

    def influx(self, database):
        """InfluxDB 1 with an empty database; its base URL."""
        return servers.influx(self, database).url

    # Servers that tests stop, kill and start again: see servers.py.

    def prometheus(self, *options, **wishes):
        return servers.prometheus(self, *options, **wishes)

    def carbon(self, **wishes):
        return servers.carbon(self, **wishes)

    def postgres(self, **wishes):
        return servers.postgres(self, **wishes)

    # --- vstrata ---

    def config(self, url, user="user", password="pass", name="vc", stores=(), collect=None,
               web=None, thumbprint=None, data_dir=None, file="vstrata.yaml"):
        """Writes a configuration file; its path. stores: a list of dicts, collect: a dict."""
        secret = self.path("password")
        with open(secret, "w", encoding="utf-8") as out:
            out.write(password + "\n")
        os.chmod(secret, 0o600)
        lines = ["vcenters:", f"  - name: {json.dumps(name)}", f"    url: {url}", f"    user: {user}",
                 f"    password_file: {secret}"]
        if thumbprint:
            lines.append(f'    thumbprint: "{thumbprint}"')
        if collect:
            lines += ["collect:"] + [f"  {key}: {value}" for key, value in collect.items()]
        lines.append(f"data_dir: {data_dir or self.path('data')}")
        if stores:
            lines.append("stores:")
        for store in stores:
            pairs = [f"{key}: {value}" for key, value in store.items()]
            lines += ["  - " + pairs[0]] + ["    " + pair for pair in pairs[1:]]
        lines.append("web:")
        lines.append(f"  listen: {web}" if web else "  enabled: false")
        os.makedirs(data_dir or self.path("data"), exist_ok=True)
        path = self.path(file)
        with open(path, "w", encoding="utf-8") as out:
            out.write("\n".join(lines) + "\n")
        return path

    def vstrata(self, *arguments, name="vstrata"):
        """Starts it; the process."""
        return self.start(name, VSTRATA, *arguments)

    def caught_up(self, base, process, limit_s=60):
        """Waits until every store has what the journal holds; base: the service's own address."""
        def ready():
            stores = json.loads(fetch(f"{base}/api/v1/status"))["stores"]
            return stores and all(store["backlog"] == 0 for store in stores)
        wait_for("every store to catch up", ready, limit_s, process)

    def ask(self, *arguments, limit_s=120, status=0):
        """Runs it to its end; its standard output."""
        done = subprocess.run([VSTRATA, *arguments], stdin=subprocess.DEVNULL, cwd=self.folder,
                              capture_output=True, text=True, timeout=limit_s, check=False)
        if done.returncode != status:
            print(done.stdout[-3000:], done.stderr[-3000:], flush=True)
            raise RuntimeError(f"vstrata {' '.join(arguments)}: status {done.returncode}, not {status}")
        return done.stdout

    def catalogue(self):
        """vstrata quantities --format json: quantity name -> its row."""
        return {row["name"]: row for row in json.loads(self.ask("quantities", "--format", "json"))}


import servers  # noqa: E402  it builds on what is above
