#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
"""Graphite: the simulated vCenter's time into carbon-cache, which is killed with -9 and started again
in the middle, and into a receiver over TLS that hangs up once. What whisper's files hold, and what
the receiver got, equals the truth under the paths that config and formats promise."""
import collections
import os
import socket
import ssl
import subprocess
import sys
import threading
import time

import whisper

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../support"))
from rig import Checks, Rig, wait_for  # noqa: E402
from series import in_unit, name  # noqa: E402
from stores_test import is_compared, unread  # noqa: E402
from truth import Truth  # noqa: E402

VMS, SPEED, WINDOW_S, AFTER_S, SLOT_S = 40, 10, 240, 100, 20
KEPT = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-:+@#")


def node(text):
    return "".join(c if c in KEPT else "_" for c in text) or "_"


def tail(row, form, instance):
    """The nodes of a path behind those of the entity; the rule is that of formats/graphite.h."""
    measurement, field, layer, part = name(row, form)
    group = measurement.removeprefix("vstrata_")
    for word in ("vm_", "host_", "vcenter_"):
        if group.startswith(word):
            group = group.removeprefix(word)
            break
    return ".".join([group, layer or "_", part] + ([node(instance)] if instance else []) + [field])


def head(of):
    """Those of a VM or a host."""
    nodes = ["vstrata", "vc", of["datacenter"], of["cluster"]]
    nodes += ["vm", of["name"], of["moid"]] if of["moid"].startswith("vm-") else ["host", of["name"]]
    return ".".join(map(node, nodes))


def expected(truth, catalogue):
    """{(path, second): (value, tolerance)}; vCPUs are switched off."""
    want = {}
    rows = [row for row in catalogue.values() if is_compared(row)]
    for sample in truth.samples + truth.hosts:
        front = head(sample.vm)
        for row in rows:
            if row["scope"] != sample.scope:
                continue
            for form in row["forms"]:
                if form == "vcpu":
                    continue
                for instance, value in sample.values(row["name"], form):
                    path = f"{front}.{tail(row, form, instance)}"
                    want[path, sample.time // 1000] = value, in_unit(row, value)
    return want


class Receiver(threading.Thread):
    """Takes lines over TLS, and hangs up when told to."""

    def __init__(self, rig):
        super().__init__(daemon=True)
        certificate, key = rig.path("receiver.pem"), rig.path("receiver.key")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                        "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
                        "-keyout", key, "-out", certificate], check=True, capture_output=True)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.certificate = certificate
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.points, self.differ, self.bad = {}, [], []
        self.connections, self.lines, self.hang_up = 0, 0, False
        self.start()

    def run(self):
        while True:
            plain, _ = self.listener.accept()
            try:
                with self.context.wrap_socket(plain, server_side=True) as peer:
                    self.connections += 1
                    self.read(peer)
            except OSError:
                continue

    def read(self, peer):
        rest = b""
        while True:
            got = peer.recv(65536)
            if not got:
                return
            if self.hang_up:  # what was just read is lost
                self.hang_up = False
                return
            *lines, rest = (rest + got).split(b"\n")
            for line in lines:
                self.take(line.decode())

    def take(self, line):
        self.lines += 1
        words = line.split(" ")
        if len(words) != 3:
            self.bad.append(line)
            return
        key, value = (words[0], int(words[2])), float(words[1])
        if self.points.setdefault(key, value) != value:
            self.differ.append(f"{key}: {self.points[key]} and {value}")


def files_of(folder):
    return [os.path.join(path, file) for path, _, files in os.walk(folder) for file in files
            if file.endswith(".wsp")]


def points_of(folder, first, last):
    """{(path, second): value} of whisper's files; first, last in seconds."""
    points = {}
    for file in files_of(folder):
        path = os.path.relpath(file, folder)[:-len(".wsp")].replace("/", ".")
        if not path.startswith("vstrata."):
            continue  # carbon's own
        (start, _, step), values = whisper.fetch(file, first - SLOT_S, last)
        for number, value in enumerate(values):
            if value is not None:
                points[path, start + number * step] = value
    return points


def differences(points, want):
    """What is wrong with points: too many, or not true."""
    many, wrong = [], []
    for key, got in points.items():
        if key not in want:
            many.append(f"{key}: {got}")
        elif abs(got - want[key][0]) > want[key][1] and not (
                key[0].endswith("disk_status.overhead.status_overhead.code") and
                unread(("vstrata_vm_disk_status", "", "", "status_overhead"), got)):
            wrong.append(f"{key}: {got}, truth {want[key][0]}")
    return many, wrong


def tails_of(path):
    """What tail() may have made of it, without and with an instance."""
    nodes = path.split(".")
    return {".".join(nodes[-4:]), ".".join(nodes[-5:-2] + nodes[-1:])}


def apart(points, catalogue):
    """Takes away what is not compared; how many of each group there were."""
    tails = {tail(row, form, "") for row in catalogue.values() if not is_compared(row)
             for form in row["forms"]}
    groups = collections.Counter()
    for key in list(points):
        for found in tails & tails_of(key[0]):
            del points[key]
            groups[found.split(".")[0]] += 1
    return groups


def compare(checks, store, points, catalogue, want, window):
    first, last = window
    others = apart(points, catalogue)
    for group in ("quality", "all_verdict", "cpu_verdict", "disk_verdict"):
        checks.that(f"{store}: there are points of {group}", others[group], others)
    wanted = {key for key in want if first < key[1] <= last}
    paths = {path for path, _ in wanted}
    checks.none(f"{store}: no point is missing of {len(wanted)} at {len(paths)} paths",
                sorted(map(str, wanted - set(points))))
    many, wrong = differences(points, want)
    checks.none(f"{store}: no point is too many, {len(points)} in all", sorted(many))
    checks.none(f"{store}: every value is true", wrong)


def run(rig, checks, truth, config, carbon, receiver):
    process = rig.vstrata("run", "--config", config)
    first = truth.now() // 1000 // SLOT_S * SLOT_S

    def settled():
        """All files are made: a file that is killed while it is made stays broken."""
        before = len(files_of(carbon.folder))
        time.sleep(1)
        return before > 1000 and len(files_of(carbon.folder)) == before
    wait_for("carbon's files", settled, 60, process)
    carbon.kill()
    receiver.hang_up = True
    time.sleep(1)
    carbon.start()
    last = max(first + WINDOW_S, truth.now() // 1000 + AFTER_S)
    wait_for("the window's end", lambda: truth.now() / 1000 > last + SLOT_S, WINDOW_S, process)
    wait_for("the last lines", lambda: any(key[1] > last for key in list(receiver.points)), 20, process)
    time.sleep(1)
    checks.equal("vstrata ends with status", rig.stop(process), 0)
    return first, last


def main():
    checks = Checks()
    with Rig() as rig:
        _, server = rig.simulator(
            "--vms", str(VMS), "--off-percent", "0", "--user", "user", "--password", "pass",
            "--start", "-900s", "--speed", str(SPEED), "--self-signed", rig.path("certificate"))
        truth, carbon, receiver = Truth(server["url"]), rig.carbon(retentions="20s:1h"), Receiver(rig)
        config = rig.config(
            server["url"], thumbprint=server["thumbprint"],
            collect={"interval": "2s", "lag": "200ms", "first_lookback": "60s"},
            stores=[{"type": "graphite", "name": "carbon", "per_vcpu": "false",
                     "address": f"127.0.0.1:{carbon.line_port}"},
                    {"type": "graphite", "name": "secure", "per_vcpu": "false",
                     "address": receiver.address, "tls": "true", "ca_file": receiver.certificate}])
        window = run(rig, checks, truth, config, carbon, receiver)
        checks.that("the receiver hung up, and was called again", receiver.connections == 2,
                    f"{receiver.connections} connections")
        checks.none("every line is whole", receiver.bad)
        checks.none("what came again is the same", receiver.differ)
        truth.load((window[0] - 120) * 1000, truth.now())
        catalogue = rig.catalogue()
        want = expected(truth, catalogue)
        checks.equal("VMs in truth", len({sample.moid for sample in truth.samples}), VMS)
        newest = max(second for _, second in receiver.points)

        def written():
            """carbon writes what it has in its cache."""
            points = points_of(carbon.folder, window[0] - 120, newest)
            return points if max(second for _, second in points) >= newest and \
                {key for key in receiver.points if key[1] == newest} <= set(points) else None
        try:
            points = wait_for("carbon's cache", written, 20)
        except RuntimeError:
            points = points_of(carbon.folder, window[0] - 120, newest)
        compare(checks, "carbon", points, catalogue, want, window)
        compare(checks, "TLS", dict(receiver.points), catalogue, want, window)
    checks.finish()


if __name__ == "__main__":
    main()
