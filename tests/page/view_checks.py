# SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
"""Checks of the page's views of verdicts, disks, the network, guests, explanations and hosts. Each
asks the API for a VM or host that has what it looks for, and compares with what the page shows."""
import time
import urllib.parse

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from browser import PIXELS

UNITS = {"ms": 1e-3, "s": 1.0, "kB/s": 1e3, "MB/s": 1e6}


def address(vm, **params):
    place = "/".join(urllib.parse.quote(vm[key], safe="") for key in ("vcenter", "moid"))
    return f"#/vm/{place}?{urllib.parse.urlencode(params)}"


def find_vm(page, what, chosen, **params):
    """The first VM of the table that is not silent and of which chosen(vm) is true."""
    for vm in page.api("vms", limit=1000, **params)["vms"]:
        if vm["state"] != "stale" and chosen(vm):
            return vm
    raise AssertionError(f"no VM {what}")


def guest_says(vm):
    return vm["status"]["cpu"]["queue"]["status"] == "ok"


def measured(text):
    """12.3 ms, 0.42 MB/s: as seconds or bytes a second, and half a digit of it."""
    number, unit = text.replace("\u202f", " ").split()
    number = number.lstrip("<")
    return float(number) * UNITS[unit], 0.51 * 10 ** -len(number.partition(".")[2]) * UNITS[unit]


def shown_as(page, read, patience=4):
    """Calls read() with the page and the API renewed until it finds nothing wrong: a sample may
    arrive between the two questions."""
    wrong = None
    for _ in range(patience):
        page.run("document.dispatchEvent(new Event('visibilitychange'))")
        time.sleep(0.2)
        page.settled()
        wrong = read()
        if not wrong:
            return
    raise AssertionError(wrong)


# ---- tables ----

def verdict_is_the_first_table(page):
    page.browser.get("about:blank")
    page.browser.get(page.base + "/")
    page.until("a VM in the table", lambda: page.all("#vms tbody tr"))
    page.settled()
    assert page.all("#vms[data-resource=verdict]")
    rows = page.run("""return [...document.querySelectorAll('#vms tbody tr:not(.stale)')].map((row) =>
        [row.dataset.score === '' ? null : +row.dataset.score, row.innerText,
         row.querySelectorAll('.marks').length, row.querySelectorAll('.mark').length])""")
    scores = [row[0] for row in rows if row[0] is not None]
    assert len(scores) >= 2 and scores == sorted(scores, reverse=True), scores[:10]
    assert all(row[2:] == [4, 16] for row in rows), rows[0]
    for score, text, *_ in rows:
        hurts = any(f"({letter})" in text for letter in "ABCD")
        assert hurts == bool(score), (score, text)
    assert scores[0] > 0, "nothing hurts anywhere"
    page.shot("verdict-light")


def marks_do_not_hang_on_colour(page):
    """A score is the height of a mark's filling, a mark that is not known is hatched, and words say
    both."""
    vm = find_vm(page, "that hurts", lambda one: (one["verdict"]["score"] or 0) > 0,
                 resource="verdict")
    row = page.one(f"#vms tr[data-key='{vm['vcenter']}/{vm['moid']}']")
    place = ["cpu", "mem", "disk", "net"].index(vm["verdict"]["resource"])
    mark = row.find_elements(By.CSS_SELECTOR, ".marks")[place].find_element(
        By.CSS_SELECTOR, f".mark[data-layer={vm['verdict']['layer']}]")
    assert mark.find_element(By.CSS_SELECTOR, "i").size["height"] > 0
    words = page.run("return arguments[0].querySelector('.marks .visually-hidden').textContent", row)
    assert words.count(";") == 3, words
    unknown = page.all("#vms .mark.unknown")
    if unknown:
        assert "repeating-linear-gradient" in unknown[0].value_of_css_property("background-image")
    none = page.run("return document.querySelectorAll('#vms tbody tr:first-child .mark.none').length")
    judged = page.api("quantities")["judged"]
    assert none == 16 - sum(len(layers) for layers in judged.values()), none


def verdict_opens_what_hurts(page):
    vm = find_vm(page, "whose disk hurts", lambda one: one["verdict"].get("resource") == "disk",
                 resource="verdict")
    link = page.one(f"#vms tr[data-key='{vm['vcenter']}/{vm['moid']}'] a.name")
    assert link.get_attribute("href").endswith("resource=disk"), link.get_attribute("href")


def disk_table_shows_latency(page):
    page.press("d")
    page.until("the table of disks", lambda: page.all("#vms[data-resource=disk]"))
    page.settled()
    assert page.one("#vms th[data-key=disk_latency]").get_attribute("aria-sort") == "descending"

    def wrong():
        known = {f"{vm['vcenter']}/{vm['moid']}": vm for vm in page.api("vms", limit=1000)["vms"]}
        rows = page.run("""return [...document.querySelectorAll('#vms tbody tr:not(.stale)')].map(
            (row) => [row.dataset.key, row.querySelector('td[data-label=Latency]').textContent])""")
        shown = [(key, text) for key, text in rows if text != "–"][:20]
        values = [measured(text)[0] for _, text in shown]
        if len(values) < 5 or any(a < b * 0.98 for a, b in zip(values, values[1:])):
            return values
        return [(key, text, known[key]["disk"]["latency"]) for key, text in shown
                if abs(measured(text)[0] - known[key]["disk"]["latency"]) > measured(text)[1]]
    shown_as(page, wrong)
    page.shot("table-disk-light")


def network_table_tells_drops_apart(page):
    page.press("n")
    page.until("the table of the network", lambda: page.all("#vms[data-resource=net]"))
    page.settled()
    labels = [one.text.split("\n")[-1] for one in page.all("#vms th")]
    for wanted in ("Transmit drops", "Drop ratio", "Receive drops", "Ring drops"):
        assert any(wanted in label for label in labels), (wanted, labels)
    assert not page.all("#vms th[data-key=net_dropped_receive] .letter"), "receive drops are not D"
    assert page.all("#vms th[data-key=net_dropped_transmit] .letter.unmet")
    ratios = page.run("""return [...document.querySelectorAll('#vms tbody tr:not(.stale)')]
        .map((row) => row.dataset.drops).filter((one) => one !== '').map(Number)""")
    assert len(ratios) >= 5 and ratios == sorted(ratios, reverse=True), ratios[:10]
    assert page.run("return document.querySelector('#list .scroll').scrollWidth <= "
                    "document.querySelector('#list .scroll').clientWidth"), "the table is too wide"
    page.shot("table-network-light")
    page.press("v")
    page.until("the verdicts", lambda: page.all("#vms[data-resource=verdict]"))
    page.settled()
    assert "resource" not in page.run("return location.hash")


# ---- a VM's disks and vNICs ----

def disk_figures_have_data(page):
    vm = find_vm(page, "with some disks that work", lambda one: (one["disk"]["iops"] or 0) > 5 and
                 (one["disk"]["count"] or 0) > 1, sort="disk_iops")
    page.go(address(vm, resource="disk", range="15m"))
    figures = page.all("#vm .figure")
    assert len(figures) == 2
    for figure in figures:
        assert int(figure.get_attribute("data-points")) >= 1
        assert int(figure.get_attribute("data-series")) == 4  # B and C, reads and writes
    painted = page.run(PIXELS, page.one("#vm .iops canvas"), "--part-reads")
    assert painted > 5, f"{painted} points of 4000 in the colour of reads"
    assert not page.all("#vm .legend .group.queue"), "layer A is stacked"
    for name in ("latency", "outstanding"):
        assert int(page.one(f"#vm .{name}").get_attribute("data-points")) >= 1, name
    assert int(page.one("#vm .latency").get_attribute("data-points")) >= 1
    row = page.api(f"vms/{vm['vcenter']}/{vm['moid']}")
    assert "worst disk" in page.one("#vm .latency").text and row["disk.latency.worst"] >= 0
    page.shot("vm-disk-light")


def snapshot_stands_on_top_in_the_colour_of_overhead(page):
    vm = find_vm(page, "with IO of snapshots", lambda one: (one["disk"]["snapshot_iops"] or 0) >
                 (one["disk"]["iops"] or 0) / 2 > 1, sort="disk_snapshot_iops")
    page.go(address(vm, resource="disk", range="15m"))
    painted = page.run(PIXELS, page.one("#vm .iops canvas"), "--part-snapshot_reads")
    assert painted > 5, f"{painted} points of 4000 in the colour of snapshot reads"
    layer = page.one("#vm .stratum[data-layer=C] .value").text
    assert "of snapshots" in layer, layer


def disks_one_by_one(page):
    vm = find_vm(page, "with some disks", lambda one: (one["disk"]["count"] or 0) > 1,
                 sort="disk_count")
    page.go(address(vm, resource="disk", range="15m"))
    page.one("#vm .segments button[data-value=vdisk]").click()
    page.settled()
    disks = int(vm["disk"]["count"])
    assert int(page.one("#vm .disks").get_attribute("data-devices")) == disks
    assert len(page.all("#vm .disks canvas")) == 2 * min(disks, 16)
    row = page.api(f"vms/{vm['vcenter']}/{vm['moid']}")
    captions = " ".join(one.text for one in page.all("#vm .disks figcaption"))
    for key, (name, backing) in ((k, v) for k, v in row["devices"].items()
                                 if k in row["disk.reads.vdisk"]):
        assert name in captions and key in captions and backing in captions, (captions, name)
    page.shot("vm-disks-light")


def network_figures_have_data(page):
    vm = find_vm(page, "that sends", lambda one: (one["net"]["throughput"] or 0) > 0,
                 sort="net_throughput")
    page.go(address(vm, resource="net", range="15m"))
    throughput, packets = page.all("#vm .figure")
    assert int(throughput.get_attribute("data-series")) == 2
    assert int(packets.get_attribute("data-series")) == 3  # transmit drops on top
    painted = page.run(PIXELS, page.one("#vm .throughput canvas"), "--part-received")
    painted += page.run(PIXELS, page.one("#vm .throughput canvas"), "--part-transmitted")
    assert painted > 5, f"{painted} points of 4000 in the colours of traffic"
    layer = page.one("#vm .stratum[data-layer=C]")
    assert "no counter" in layer.text, layer.text
    assert "repeating-linear-gradient" in layer.value_of_css_property("background-image")
    page.one("#vm .segments button[data-value=vnic]").click()
    page.settled()
    assert int(page.one("#vm .nics").get_attribute("data-devices")) == int(vm["net"]["count"])
    assert "Network adapter 1" in page.one("#vm .nics figcaption").text
    page.shot("vm-network-light")


# ---- guest, explanation ----

def guest_stands_beside_the_vm(page):
    vm = find_vm(page, "whose guest speaks", guest_says)
    page.go(address(vm, range="15m"))
    page.run("document.activeElement.blur()")
    page.press("g")
    page.until("the guest", lambda: page.all("#vm .panes[data-resource=guest] .pairs"))
    page.settled()

    def wrong():
        row = page.api(f"vms/{vm['vcenter']}/{vm['moid']}")
        shown = [float(cell.text.replace("\u202f%", "").replace("−", "-").lstrip("<>"))
                 for cell in page.all("#vm .pairs tbody tr:first-child td.number")]
        want = [row[f"cpu.{part}"] * 100 for part in ("guest_cpu", "guest_run", "guest_difference")]
        near = [abs(a - b) <= max(0.06, abs(b) * 0.01) for a, b in zip(shown, want)]
        return None if len(shown) == 3 and all(near) else (shown, want)
    shown_as(page, wrong)
    assert int(page.one("#vm .guestcpu").get_attribute("data-points")) >= 1
    assert "either sign" in page.one("#vm .guestcpu .hint").text
    assert "No guest source" not in page.one("#vm .pairs").text
    assert "guestinfo.vstrata" in page.one("#vm .facts-card").text
    page.shot("vm-guest-light")


def silent_guest_is_told(page):
    vm = find_vm(page, "whose guest is silent", lambda one: not guest_says(one))
    page.go(address(vm, resource="guest", range="15m"))
    assert "No guest source" in page.one("#vm .pairs .hint").text
    assert "config/guest" in page.one("#vm .pairs .hint").text
    assert page.one("#vm .runqueue .none").is_displayed()
    assert not page.one("#vm .runqueue canvas").is_displayed()
    page.go(address(vm, resource="disk", range="15m"))
    assert page.one("#vm .diskqueue .none").is_displayed()
    layer = page.one("#vm .stratum[data-layer=A]")
    assert "no guest source" in layer.text, layer.text


def explanation_is_that_of_the_service(page):
    vm = find_vm(page, "that hurts", lambda one: (one["verdict"]["score"] or 0) > 0.2,
                 resource="verdict")
    page.go(address(vm, range="15m"))
    page.run("document.activeElement.blur()")
    page.press("e")
    page.until("the explanation", lambda: page.all("#vm .rules tbody tr"))
    page.settled()

    def wrong():
        told = page.api(f"vms/{vm['vcenter']}/{vm['moid']}/explain")
        shown = [one.text for one in page.all("#vm .sentences li")]
        fired = sum(1 for rule in told["rules"] if (rule["score"] or 0) > 0)
        rules = page.all("#vm .rules tbody tr")
        return [one for one in (
            shown != told["verdict"]["words"] and (shown, told["verdict"]["words"]),
            len(rules) != len(told["rules"]) and (len(rules), len(told["rules"])),
            int(page.one("#vm .rules").get_attribute("data-fired")) != fired and fired,
        ) if one]
    shown_as(page, wrong)
    assert len(page.all("#vm .matrix tbody tr")) == 4
    assert len(page.all("#vm .statuses tbody .state")) == 16
    rule = page.one("#vm .rules tbody tr.fired details")
    rule.find_element(By.CSS_SELECTOR, "summary").click()
    assert rule.find_element(By.CSS_SELECTOR, ".what").is_displayed()
    shown_as(page, wrong)
    assert page.all("#vm .rules tbody tr details[open]"), "a renewal closes what was opened"
    page.shot("vm-explain-light")


def quantities_open_to_what_they_are(page):
    """Help, formula, source, and the names of others where the catalogue has them."""
    vm = find_vm(page, "at all", lambda one: True)
    page.go(address(vm, range="15m"))
    row = page.one("#vm .parts tr[data-name='cpu.ready']")
    row.find_element(By.CSS_SELECTOR, "summary").click()
    info = next(q for q in page.api("quantities")["quantities"] if q["name"] == "cpu.ready")
    for words in (info["help"], info["formula"], info["source"]):
        assert words in row.text, (words, row.text)
    for other in info.get("others", []):
        assert other["product"] in row.text and other["name"] in row.text, other
    title = row.find_element(By.CSS_SELECTOR, "summary").get_attribute("title")
    assert info["formula"] in title and info["source"] in title


# ---- hosts ----

def host_tells_who_shares_it(page):
    vm = find_vm(page, "on a host", lambda one: one["host"])
    page.go(address(vm, range="15m"))
    page.run("document.activeElement.blur()")
    page.press("h")
    page.until("the host", lambda: page.all("#host .host-vms"))
    page.settled()
    where = {"vcenter": vm["vcenter"], "host": vm["host"]}
    shared = page.api("vms", limit=1000, **where)
    assert int(page.one("#host .host-vms").get_attribute("data-vms")) == shared["matched"]
    assert any(row.text.startswith(vm["name"]) for row in page.all("#host .sharing tbody tr"))
    words = ["not known", "high performance", "balanced", "low power", "custom"]

    def wrong():
        host = page.api("hosts", vcenter=vm["vcenter"], name=vm["host"])["hosts"][0]
        rows = page.run("""return Object.fromEntries([...document.querySelectorAll(
            '#host .host-values tr[data-name]')].map((row) => [row.dataset.name,
            row.lastElementChild.textContent]))""")
        want = {"host.power_policy": words[host["host.power_policy"]],
                "host.threads": str(host["host.threads"]), "host.vms": str(host["host.vms"])}
        return [(name, rows.get(name), text) for name, text in want.items()
                if rows.get(name) != text]
    shown_as(page, wrong)
    charts = page.all("#host .host-chart")
    assert len(charts) == 4
    assert int(charts[0].get_attribute("data-points")) >= 1
    page.shot("host-light")
    page.one("#host .sharing tbody a").click()
    page.until("a VM of it", lambda: page.all("#vm h1"))
    page.settled()
    page.browser.back()
    page.until("the host again", lambda: page.one("#host").is_displayed())
    page.settled()
    page.press(Keys.ESCAPE)
    page.until("the table", lambda: page.one("#list").is_displayed())
    page.settled()


def unknown_host_breaks_nothing(page):
    page.go("#/host/nowhere/none")
    assert "No rows" in page.one("#host .facts").text
    page.go("#/")


# ---- the quality of the data ----

def quality_of_the_data_is_told(page):
    def wrong():
        status = page.api("status")
        told = [vc for vc in status["vcenters"] if "quality" in vc]
        if not told:
            return "no vCenter tells the quality of its data"
        text = page.one("#quality").text
        for vc in told:
            quality = vc["quality"]
            for name in ("missing", "late", "silent", "left_out", "refused_shape"):
                if quality[name] and str(quality[name]) not in text.replace("\u202f", ""):
                    return f"{name}={quality[name]} is not in: {text}"
            if (abs(quality["clock"]) > 5) != (f"{vc['name']}" in text and "clock" in text):
                return f"clock={quality['clock']}: {text}"
        return None
    shown_as(page, wrong)
    box = page.one("#quality")
    assert box.is_displayed() and box.location["y"] < page.one("#main").location["y"]


TABLE_CHECKS = [verdict_is_the_first_table, marks_do_not_hang_on_colour, verdict_opens_what_hurts,
                disk_table_shows_latency, network_table_tells_drops_apart]
VIEW_CHECKS = [disk_figures_have_data, snapshot_stands_on_top_in_the_colour_of_overhead,
               disks_one_by_one, network_figures_have_data, guest_stands_beside_the_vm,
               silent_guest_is_told, explanation_is_that_of_the_service,
               quantities_open_to_what_they_are, host_tells_who_shares_it,
               unknown_host_breaks_nothing, quality_of_the_data_is_told]
