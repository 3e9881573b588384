# SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
"""The truth of our simulated vCenter: what really happened, from its physics."""
import datetime
import json
import ssl
import urllib.request

from witness import Witness, from_iso, milliseconds

# Reason codes of a whole row, see service/layers/reason.h: A has no source, all else is ok.
STATUS = {f"{resource}.status_{layer}": code for resource in ("cpu", "mem") for layer, code in
          {"queue": 1.0, "usage": 0.0, "overhead": 0.0, "unmet": 0.0}.items()}


class Sample:
    """One VM at one time."""

    def __init__(self, vm, quantities):
        self.vm = vm
        self.moid = vm["moid"]
        self.time = from_iso(quantities.pop("time"))
        self.quantities = quantities

    def values(self, quantity, form):
        """[(vcpu as text or "", value)]; a quantity that truth does not know raises."""
        if quantity in STATUS:
            return [("", STATUS[quantity])]
        value = self.quantities[quantity][form]
        if form == "vcpu":
            return [(str(i), v) for i, v in enumerate(value)]
        return [("", value)]


class Truth:
    def __init__(self, url, user="user", password="pass"):
        self.base = url.removesuffix("/sdk")
        self.witness = Witness(url, user, password)
        self.trust_all = ssl._create_unverified_context()
        self.samples = []

    def fetch(self, path, data=None):
        request = urllib.request.Request(self.base + path, data=data)
        with urllib.request.urlopen(request, timeout=300, context=self.trust_all) as reply:
            return json.loads(reply.read())

    def control(self, **order):
        """POST /control, see tests/vcenter/control.c."""
        return self.fetch("/control", json.dumps(order).encode())

    def stats(self):
        return self.fetch("/stats")

    def now(self):
        """The server's clock in ms."""
        return milliseconds(self.witness.instance.CurrentTime())

    def load(self, first, last, moid=None):
        """Samples with first < time <= last (ms); the VMs, with what the inventory says of them."""
        def iso(ms):
            stamp = datetime.datetime.fromtimestamp(ms / 1000, datetime.timezone.utc)
            return stamp.strftime("%Y-%m-%dT%H:%M:%SZ")
        only = f"&moid={moid}" if moid else ""
        reply = self.fetch(f"/truth?from={iso(first)}&to={iso(last)}{only}")
        self.samples = [Sample(vm, dict(sample)) for vm in reply["vms"] for sample in vm["samples"]]
        return reply["vms"]
