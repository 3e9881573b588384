# SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
"""The truth of our simulated vCenter: what really happened, from its physics."""
import datetime
import json
import ssl
import urllib.request

from witness import Witness, from_iso, milliseconds

# Of a whole row: what a guest says when it publishes nothing, and reason codes, see
# service/layers/reason.h: A has no source, network no counter of C, all else is ok. C of disks
# depends on what is behind them.
ALWAYS = {"guest.tools": 0.0, "guest.heartbeat": 0.0, "guest.source": 0.0, "host.status": 0.0}
ALWAYS.update({f"{resource}.status_{layer}": code
               for resource in ("cpu", "mem", "disk", "net") for layer, code in
               {"queue": 1.0, "usage": 0.0, "overhead": 0.0, "unmet": 0.0}.items()})
ALWAYS["net.status_overhead"] = 11.0

# What only a publishing guest says, and what the inventory says as it is now, not as it was.
GUEST = {"cpu.run_queue", "cpu.context_switches", "cpu.guest_cpu", "cpu.guest_difference",
         "mem.page_in", "mem.page_out", "mem.guest_swap_used", "mem.guest_needed",
         "mem.guest_available", "mem.guest_difference", "disk.queue", "net.ring_drops",
         "net.driver_drops", "guest.app", "guest.age"}
PRESENT = {"disk.guest_free", "disk.snapshot_space"}


class Sample:
    """One VM, or one host, at one time."""

    def __init__(self, vm, quantities):
        self.vm = vm
        self.moid = vm["moid"]
        self.scope = "host" if self.moid.startswith("host-") else "vm"
        self.time = from_iso(quantities.pop("time"))
        self.quantities = quantities

    def disk_overhead(self):
        """The reason code of C of disks: which of its counters see all of the VM's IO."""
        counts = "disk.snapshot_reads" in self.quantities
        rates = "disk.snapshot_read_rate" in self.quantities
        swaps = any(self.quantities[name]["total"] for name in ("mem.swapin", "mem.swapout"))
        if not counts and not rates:
            return 14.0
        if swaps:
            return 15.0
        if not counts or not rates:
            return 13.0 if counts else 12.0
        return 0.0

    def values(self, quantity, form):
        """[(instance or "", value)]; none where the truth has none."""
        if quantity == "disk.status_overhead":
            return [("", self.disk_overhead())]
        if quantity in ALWAYS:
            return [("", ALWAYS[quantity])]
        value = self.quantities.get(quantity, {}).get(form)
        if value is None:
            return []
        if isinstance(value, list):
            return [(str(i), v) for i, v in enumerate(value)]
        if isinstance(value, dict):
            return list(value.items())
        return [("", value)]


class Truth:
    def __init__(self, url, user="user", password="pass"):
        self.base = url.removesuffix("/sdk")
        self.witness = Witness(url, user, password)
        self.trust_all = ssl._create_unverified_context()
        self.samples = []
        self.hosts = []

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
        """Samples of VMs, and those of hosts, with first < time <= last (ms); the VMs, with what
        the inventory says of them."""
        def iso(ms):
            stamp = datetime.datetime.fromtimestamp(ms / 1000, datetime.timezone.utc)
            return stamp.strftime("%Y-%m-%dT%H:%M:%SZ")
        only = f"&moid={moid}" if moid else ""
        reply = self.fetch(f"/truth?from={iso(first)}&to={iso(last)}{only}")
        def samples(of):
            return [Sample(one, dict(sample)) for one in reply.get(of, [])
                    for sample in one["samples"]]
        self.samples = samples("vms")
        self.hosts = samples("hosts")
        return reply["vms"]
