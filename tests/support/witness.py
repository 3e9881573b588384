# SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
"""pyvmomi as a second client of a vCenter: what it reads is what vstrata has to read."""
import contextlib
import datetime
import ssl
import warnings
from urllib.parse import urlparse

warnings.simplefilter("ignore")  # pyvmomi's own
with contextlib.suppress(SyntaxWarning):
    from pyVim import connect
    from pyVmomi import SoapStubAdapter, vim

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
MILLISECOND = datetime.timedelta(milliseconds=1)


def milliseconds(stamp):
    """A datetime as milliseconds since 1970, cut as vstrata cuts them."""
    return (stamp.astimezone(datetime.timezone.utc) - EPOCH) // MILLISECOND


def from_iso(text):
    """vstrata's "2021-06-14T15:06:50Z" or "...50.123Z" as milliseconds since 1970."""
    form = "%Y-%m-%dT%H:%M:%S.%f%z" if "." in text else "%Y-%m-%dT%H:%M:%S%z"
    return milliseconds(datetime.datetime.strptime(text.replace("Z", "+0000"), form))


def plain(name):
    """A name without the escapes that a vCenter puts for three characters."""
    for escape, character in (("%2f", "/"), ("%5c", "\\"), ("%25", "%")):
        name = name.replace(escape, character)
    return name


class Witness:
    def __init__(self, url, user, password):
        where = urlparse(url)
        secure = where.scheme == "https"
        stub = SoapStubAdapter(
            where.hostname, where.port if secure else -where.port, path=where.path,
            sslContext=ssl._create_unverified_context() if secure else None,
            version="vim.version.version11")
        self.instance = vim.ServiceInstance("ServiceInstance", stub)
        self.content = self.instance.RetrieveContent()
        self.content.sessionManager.Login(user, password, None)
        self.perf = self.content.perfManager

    def close(self):
        connect.Disconnect(self.instance)

    def vms(self):
        """moid -> VirtualMachine"""
        view = self.content.viewManager.CreateContainerView(
            self.content.rootFolder, [vim.VirtualMachine], True)
        found = {vm._moId: vm for vm in view.view}
        view.Destroy()
        return found

    def devices(self):
        """{(moid, "vdisk", "scsi0:0"): (label, datastore), (moid, "vnic", "4000"): (label, network)}"""
        buses = {"VirtualIDEController": "ide", "VirtualAHCIController": "sata",
                 "VirtualNVMEController": "nvme"}
        found = {}
        for moid, vm in self.vms().items():
            devices = vm.config.hardware.device
            by_key = {device.key: device for device in devices}
            for device in devices:
                label, backing = device.deviceInfo and device.deviceInfo.label, device.backing
                if isinstance(device, vim.vm.device.VirtualDisk):
                    bus = by_key[device.controllerKey]
                    word = buses.get(type(bus).__name__.rsplit(".", 1)[-1], "scsi")
                    datastore = backing.fileName.partition("]")[0].lstrip("[")
                    found[moid, "vdisk", f"{word}{bus.busNumber}:{device.unitNumber}"] = \
                        label, datastore
                elif isinstance(device, vim.vm.device.VirtualEthernetCard):
                    found[moid, "vnic", str(device.key)] = label, backing.deviceName
        return found

    def inventory(self):
        """moid -> what vstrata says of a VM's place"""
        return {moid: self.place(vm) for moid, vm in self.vms().items()}

    @staticmethod
    def place(vm):
        host = vm.runtime.host
        above = host.parent
        cluster = plain(above.name) if isinstance(above, vim.ClusterComputeResource) else ""
        while above is not None and not isinstance(above, vim.Datacenter):
            above = above.parent
        return {"name": plain(vm.name), "host": plain(host.name), "cluster": cluster,
                "datacenter": plain(above.name) if above is not None else "",
                "uuid": vm.config.instanceUuid or ""}

    def counters(self):
        """"cpu.run.summation" -> id"""
        return {f"{c.groupInfo.key}.{c.nameInfo.key}.{c.rollupType}": c.key
                for c in self.perf.perfCounter}

    def refresh(self, vm):
        return self.perf.QueryPerfProviderSummary(vm).refreshRate

    def query(self, vms, ids, samples, instance="*", form="normal", interval=20, start=None):
        """QueryPerf: moid -> (time stamps in ms, {(counter id, instance): values}), as sent."""
        spec = vim.PerformanceManager.QuerySpec
        metric = [vim.PerformanceManager.MetricId(counterId=i, instance=instance) for i in ids]
        answer = self.perf.QueryPerf([
            spec(entity=vm, metricId=metric, intervalId=interval, maxSample=samples, format=form,
                 startTime=start) for vm in vms])
        return {entity.entity._moId: read(entity) for entity in answer}


def read(entity):
    """One entity's samples of either format."""
    if isinstance(entity, vim.PerformanceManager.EntityMetricCSV):
        info = entity.sampleInfoCSV.split(",") if entity.sampleInfoCSV else []
        times = [from_iso(text) for text in info[1::2]]
        series = {(s.id.counterId, s.id.instance): [int(v) for v in s.value.split(",") if v != ""]
                  for s in entity.value}
    else:
        times = [milliseconds(s.timestamp) for s in entity.sampleInfo]
        series = {(s.id.counterId, s.id.instance): list(s.value) for s in entity.value}
    return times, series
