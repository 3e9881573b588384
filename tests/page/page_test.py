#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
"""The page in headless Chromium, against a running service.

    page_test.py BASE_URL [SCREENSHOT_FOLDER]

Prints a line for each check and "N passed, N failed"; exits non-zero if a check failed.
"""
import os
import sys
import time
import traceback
import urllib.error
import urllib.parse

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from browser import CONTRAST, PIXELS, Page
from host_checks import HOST_CHECKS
from view_checks import TABLE_CHECKS, VIEW_CHECKS, address, find_vm, guest_says

PATIENCE = 90  # seconds for the first samples of a service that has just been started


def rows(page):
    return page.run("""
        const number = (text) => text === undefined || text === '' ? null : +text;
        return [...document.querySelectorAll('#vms tbody tr')].map((row) => ({
            key: row.dataset.key, unmet: number(row.dataset.unmet),
            ratio: number(row.dataset.unmetRatio), bytes: number(row.dataset.unmetBytes),
            contention: number(row.dataset.contention),
            state: row.className.split(' ')[0], text: row.innerText}))""")


def fresh(listed):
    return [row for row in listed if row["state"] != "stale" and row["unmet"] is not None]


# ---- checks, in order: each starts where the one before it has left the page ----

def table_sorted_by_unmet(page):
    page.browser.get(page.base + "/#/?resource=cpu")
    page.until("a VM in the table", lambda: rows(page), PATIENCE)
    page.settled()
    listed = fresh(rows(page))
    values = [row["unmet"] for row in listed]
    assert len(values) >= 2, f"{len(values)} rows with values"
    assert values == sorted(values, reverse=True), values[:10]
    assert page.one("#vms th[data-key=unmet]").get_attribute("aria-sort") == "descending"
    answer = page.api("vms", sort="unmet_percent", limit=50)
    shown = {row["key"] for row in rows(page)}
    known = {f"{vm['vcenter']}/{vm['moid']}" for vm in answer["vms"]}
    assert len(shown & known) >= 0.8 * len(known), "the table is not that of the API"
    page.shot("table-light")


def table_of_cpu_again(page):
    page.press("c")
    page.until("the table of CPU", lambda: page.all("#vms[data-resource=cpu]"))
    page.settled()


def demand_bars_are_drawn(page):
    row = page.one("#vms tbody tr")
    pieces = row.find_elements(By.CSS_SELECTOR, ".stackbar i")
    width = sum(piece.size["width"] for piece in pieces)
    assert pieces and width > 10, width


def headers_sort(page):
    for key, order in (("usage", "descending"), ("usage", "ascending"), ("name", "ascending"),
                       ("unmet", "descending")):
        page.one(f"#vms th[data-key={key}] button").click()
        page.settled()
        page.until(f"{key} {order}", lambda k=key, o=order:
                   page.one(f"#vms th[data-key={k}]").get_attribute("aria-sort") == o)
        sorted_by = page.all("#vms th[aria-sort=ascending], #vms th[aria-sort=descending]")
        assert len(sorted_by) == 1
    assert page.run("return document.activeElement.closest('th')?.dataset.key") == "unmet"


def unit_switches_and_sorts_alike(page):
    page.one(".segments button[data-value=vcpu]").click()
    page.settled()
    values = [row["ratio"] for row in fresh(rows(page))]
    assert values == sorted(values, reverse=True), values[:10]
    page.one(".segments button[data-value=vm]").click()
    page.settled()


def search_filters(page):
    name = page.run("return document.querySelector('#vms tbody tr a.name').title")
    before = int(page.one("#vms").get_attribute("data-matched"))
    page.run("document.activeElement.blur()")
    page.press("/")
    page.until("search has the focus", lambda: page.run("return document.activeElement.id") == "search")
    page.press(name)
    want = page.api("vms", search=name)["matched"]
    assert want >= 1
    page.until(f"{want} VMs", lambda: int(page.one("#vms").get_attribute("data-matched")) == want)
    words = name.lower().split()
    assert all(any(w in row["text"].lower() for w in words) for row in rows(page))
    page.press(Keys.ESCAPE)
    page.until("all VMs again",
               lambda: int(page.one("#vms").get_attribute("data-matched")) >= before)
    page.press("/", "no such vm anywhere")
    page.until("an empty table says so", lambda: page.one(".empty").is_displayed())
    page.press(Keys.ESCAPE)
    page.until("all VMs again", lambda: rows(page))
    page.settled()


def keys_open_a_vm(page):
    page.press("j")
    first = page.run("return document.querySelector('#vms tr.selected').dataset.key")
    page.press("j", Keys.ARROW_DOWN, "k")
    chosen = page.run("return document.querySelector('#vms tr.selected').dataset.key")
    listed = [row["key"] for row in rows(page)]
    want = min(listed.index(first) + 1, len(listed) - 1)
    assert listed.index(chosen) == want, (first, chosen)
    name = page.run("return document.activeElement.textContent")
    page.press(Keys.ENTER)
    page.until("the VM's view", lambda: page.all("#vm h1") and page.one("#vm h1").text == name)
    page.settled()


def figure_has_data(page):
    figure = page.one("#vm .figure")
    points = int(figure.get_attribute("data-points"))
    series = int(figure.get_attribute("data-series"))
    assert points >= 1 and series >= 5, (points, series)
    vcenter, moid = page.run("return location.hash.split('?')[0].split('/').slice(2)")
    answer = page.api(f"vms/{vcenter}/{moid}/series")
    assert abs(len(answer["times"]) - points) <= 3, (len(answer["times"]), points)
    assert not page.all("#vm .legend .group.idle")
    assert page.all("#vm .legend .group.unmet [data-name='cpu.ready']")


def figure_is_painted(page):
    """Of the VM with the most usage, over 15 minutes, where even a young service has an area."""
    top = page.api("vms", sort="usage_percent", limit=1)["vms"][0]
    page.go(f"#/vm/{top['vcenter']}/{top['moid']}?range=15m")
    canvas = page.one("#vm .figure canvas")
    page.one("#vm .figure .check:last-of-type input").click()  # zoom to data
    usage = page.run(PIXELS, canvas, "--usage")
    assert usage > 5, f"{usage} points of 4000 in the colour of usage"
    page.one("#vm .figure .check:last-of-type input").click()
    text = canvas.get_attribute("aria-label")
    assert "Usage" in text and "Unmet" in text, text
    page.shot("vm-15m-light")


def legend_reads_and_hides(page):
    canvas = page.one("#vm .figure canvas")
    page.run("arguments[0].focus()", canvas)
    page.press(Keys.ARROW_LEFT)
    assert page.one("#vm .legend .when").text.startswith("At "), page.one("#vm .legend .when").text
    before = int(page.one("#vm .figure").get_attribute("data-series"))
    page.one("#vm .legend [data-name='cpu.ready']").click()
    assert int(page.one("#vm .figure").get_attribute("data-series")) == before - 1
    page.one("#vm .legend [data-name='cpu.ready']").click()
    assert int(page.one("#vm .figure").get_attribute("data-series")) == before


def layer_a_is_hatched_with_its_reason(page):
    before = page.run("return location.hash")
    for resource in ("cpu", "mem"):
        vm = find_vm(page, "whose guest is silent", lambda one: not guest_says(one))
        page.go(address(vm, resource=resource, range="15m"))
        layer = page.one("#vm .stratum[data-layer=A]")
        assert layer.get_attribute("data-status") == "unavailable"
        assert "no guest source" in layer.text, layer.text
        assert "repeating-linear-gradient" in layer.value_of_css_property("background-image")
        assert not page.all("#vm .legend .group.queue"), "layer A is stacked"
    page.go(before)


def box_shows_the_newest_row(page):
    assert [one.get_attribute("data-layer") for one in page.all("#vm .stratum")] == list("ADBC")
    vcenter, moid = page.run("return location.hash.split('?')[0].split('/').slice(2)")
    for _ in range(3):  # a sample may arrive between the two questions
        page.run("document.dispatchEvent(new Event('visibilitychange'))")
        time.sleep(0.2)
        page.settled()
        row = page.api(f"vms/{vcenter}/{moid}")
        share = row["cpu.guest_run"] / row["cpu.count"] * 100
        shown = page.one("#vm .stratum[data-layer=B] strong").text.split()[0].replace("\u202f%", "")
        if abs(float(shown.rstrip("%")) - share) <= max(0.06, share * 0.01):
            return
    raise AssertionError(f"shown {shown}, API {share}")


def vcpus_on_demand(page):
    cpus = int(page.run("return document.querySelector('#vm .fact').textContent").split()[0])
    assert not page.one("#vm .vcpus").is_displayed()
    page.one("#vm .segments button[data-value=vcpu]").click()
    page.settled()
    assert len(page.all("#vm .vcpus canvas")) == min(cpus, 16), cpus
    page.shot("vm-vcpus-light")
    page.one("#vm .segments button[data-value='']").click()
    page.settled()


def ranges_tell_how_they_are_made(page):
    for key, words in (("6h", "as it was measured"), ("7d", "mean over"), ("24h", "mean over"),
                       ("1h", "as it was measured")):
        page.one(f"#vm .segments button[data-value='{key}']").click()
        page.settled()
        assert f"range={key}" in page.run("return location.hash")
        assert words in page.one("#vm .figure .hint").text, (key, page.one("#vm .figure .hint").text)
    page.press("]")
    page.settled()
    assert "range=6h" in page.run("return location.hash")
    page.shot("vm-6h-light")


def values_and_checks_are_listed(page):
    listed = page.all("#vm .checks tbody tr")
    checks = [q for q in page.api("quantities")["quantities"]
              if q["kind"] == "check" and q["resource"] == "cpu"]
    assert len(listed) == len(checks), (len(listed), len(checks))
    assert len(page.all("#vm .parts .part")) >= 9


def size_in_bytes(text):
    """What a person reads, 15.2 GiB, as bytes; and half a digit of it."""
    number, unit = text.replace("\u202f", " ").split()
    one = 1024 ** (["KiB", "MiB", "GiB", "TiB"].index(unit) + 1)
    digits = len(number.partition(".")[2]) or max(0, 3 - len(number))
    return float(number) * one, 0.5 * 10 ** -digits * one


def memory_table_by_contention(page):
    page.go("#/")
    page.one("#list .segments button[data-value=mem]").click()
    page.settled()
    assert "resource=mem" in page.run("return location.hash")
    listed = [(row["contention"], row["unmet"]) for row in fresh(rows(page))
              if row["contention"] is not None]
    assert len(listed) >= 2, f"{len(listed)} rows with memory"
    assert listed == sorted(listed, reverse=True), listed[:10]
    assert page.one("#vms th[data-key=mem_contention]").get_attribute("aria-sort") == "descending"
    bars = page.all("#vms tbody .stackbar .usage")
    assert bars and all(bar.size["width"] > 0 for bar in bars[:5])
    assert page.run("return document.querySelector('#list .scroll').scrollWidth <= "
                    "document.querySelector('#list .scroll').clientWidth"), "the table is too wide"
    page.shot("table-memory-light")


def memory_table_sorts_and_shows_sizes(page):
    page.one("#vms th[data-key=mem_unmet_space] button").click()
    page.settled()
    unmet = [row["unmet"] for row in fresh(rows(page))]
    assert unmet == sorted(unmet, reverse=True), unmet[:10]
    page.one("#list .segments button[data-value=bytes]").click()
    page.settled()
    assert "sort=mem_unmet_space" in page.run("return location.hash")
    sizes = [row["bytes"] for row in fresh(rows(page))]
    assert sizes == sorted(sizes, reverse=True), sizes[:10]
    known = {f"{vm['vcenter']}/{vm['moid']}": vm["mem"]["configured"]
             for vm in page.api("vms", limit=1000)["vms"]}
    for row in page.all("#vms tbody tr")[:5]:
        shown = row.find_element(By.CSS_SELECTOR, "td[data-label=Memory]").text
        value, half = size_in_bytes(shown)
        assert abs(value - known[row.get_attribute("data-key")]) <= half, shown
    page.one("#list .segments button[data-value=vm]:not([hidden] *)").click()
    page.settled()


def keys_switch_the_resource(page):
    page.run("document.activeElement.blur()")
    page.press("c")
    page.until("the table of CPU", lambda: page.all("#vms[data-resource=cpu]"))
    page.settled()
    assert "resource=cpu" in page.run("return location.hash")
    assert page.all("#vms th[data-key=ready]")
    page.press("m")
    page.until("the table of memory", lambda: page.all("#vms[data-resource=mem]"))
    page.settled()
    page.press("j", Keys.ENTER)  # a row of the memory's table opens the VM's memory
    page.until("the VM's memory", lambda: page.all("#vm .panes[data-resource=mem]"))
    page.settled()
    page.press("c")
    page.until("the VM's CPU", lambda: page.all("#vm .panes[data-resource=cpu] .efficiency"))
    page.settled()
    page.one("#vm .segments button[data-value=mem]").click()
    page.until("the VM's memory", lambda: page.all("#vm .panes[data-resource=mem] .contention"))
    page.settled()
    assert page.run("return document.activeElement.dataset.value") == "mem", "the focus is lost"
    assert "resource=mem" in page.run("return location.hash")


def memory_link_opens_memory(page):
    """Of the VM with the most unmet memory that is not silent, as whoever is sent the link."""
    listed = page.api("vms", resource="mem", sort="mem_unmet_space_percent", limit=100)["vms"]
    top = next(vm for vm in listed if vm["state"] != "stale")
    page.browser.get("about:blank")
    page.browser.get(f"{page.base}/#/vm/{top['vcenter']}/{top['moid']}?range=15m&resource=mem")
    page.settled()
    pressed = page.all("#vm .segments button[aria-pressed=true]:not([hidden] *)")
    assert [one.get_attribute("data-value") for one in pressed] == ["mem", "15m"]
    assert not page.all("#vm .segments button[data-value=vcpu]"), "memory has no vCPUs"


def memory_figures_have_data(page):
    figure = page.one("#vm .figure")
    assert int(figure.get_attribute("data-points")) >= 1
    assert int(figure.get_attribute("data-series")) == 7  # 4 spaces, untouched, 2 lines
    canvas = page.one("#vm .figure canvas")
    for variable, least in (("--part-granted", 5), ("--part-untouched", 1)):
        painted = page.run(PIXELS, canvas, variable)
        assert painted >= least, f"{painted} points of 4000 in the colour {variable}"
    vcenter, moid = page.run("return location.hash.split('?')[0].split('/').slice(2)")
    if page.api(f"vms/{vcenter}/{moid}")["mem.unmet_space"] > 0:
        page.one("#vm .figure .check:first-of-type input").click()  # without untouched
        page.one("#vm .figure .check:last-of-type input").click()  # zoom to data
        assert sum(page.run(PIXELS, canvas, f"--part-{part}")
                   for part in ("ballooned", "swapped", "compressed")) > 0
        page.one("#vm .figure .check:first-of-type input").click()
        page.one("#vm .figure .check:last-of-type input").click()
    text = canvas.get_attribute("aria-label")
    assert "Usage" in text and "Unmet" in text and "iB" in text, text
    for name in ("contention", "rates"):
        assert int(page.one(f"#vm .{name}").get_attribute("data-points")) >= 1, name
        assert page.one(f"#vm .{name} canvas").size["height"] > 50
    page.shot("vm-memory-light")


def memory_box_shows_the_newest_row(page):
    assert [one.get_attribute("data-layer") for one in page.all("#vm .stratum")] == list("ADBC")
    vcenter, moid = page.run("return location.hash.split('?')[0].split('/').slice(2)")
    wrong = []
    for _ in range(3):  # a sample may arrive between the two questions
        page.run("document.dispatchEvent(new Event('visibilitychange'))")
        time.sleep(0.2)
        page.settled()
        row = page.api(f"vms/{vcenter}/{moid}")
        wrong = []
        for name, letter in (("mem.granted", "B"), ("mem.overhead", "C"), ("mem.unmet_space", "D")):
            text = page.one(f"#vm .stratum[data-layer={letter}] .value").text
            share = float(text.split("%")[0])
            want = row[name] / row["mem.configured"] * 100
            if abs(share - want) > max(0.06, want * 0.01):
                wrong.append((name, text, want))
        for name, q in (("mem.consumed", "B"), ("mem.active", "B")):
            words = name.partition(".")[2]
            text = page.run("""return [...document.querySelectorAll(arguments[0])]
                .find((one) => one.textContent.includes(arguments[1])).querySelector('b').textContent""",
                            f"#vm .stratum[data-layer={q}] .more", words)
            value, half = size_in_bytes(text)
            if abs(value - row[name]) > half:
                wrong.append((name, text, row[name]))
        if not wrong:
            return
    raise AssertionError(wrong)


def memory_values_and_checks_are_listed(page):
    own = [q for q in page.api("quantities")["quantities"] if q["resource"] == "mem"]
    checks = [q for q in own if q["kind"] == "check"]
    parts = [q for q in own if q["kind"] == "part"]
    assert len(page.all("#vm .checks tbody tr")) == len(checks) >= 9
    assert len(page.all("#vm .parts .part")) == len(parts) >= 8
    text = page.one("#vm .parts").text
    assert "MB/s" in text and "iB" in text, text


def contrast_is_enough(page):
    for theme in ("light", "dark"):
        page.run("document.documentElement.dataset.theme = arguments[0]", theme)
        vm = page.run("return location.hash")
        views = [vm.replace("resource=mem", f"resource={key}")
                 for key in ("mem", "", "disk", "net", "guest", "explain")]
        tables = ["#/", *(f"#/?resource={key}" for key in ("cpu", "mem", "disk", "net", "hosts"))]
        host = page.api("hosts")["hosts"][0]
        for hash_ in (*views, *tables, f"#/host/{host['vcenter']}/{host['name']}"):
            page.go(hash_)
            page.browser.implicitly_wait(0)
            time.sleep(0.3)  # transitions of colours
            bad = page.run(CONTRAST)
            assert not bad, f"{theme} {hash_}: {bad}"
        page.go(vm)
    page.run("delete document.documentElement.dataset.theme")


def escape_goes_back(page):
    page.browser.get(page.base + "/")
    page.settled()
    page.press("j", Keys.ENTER)
    page.until("the VM's view", lambda: page.all("#vm h1"))
    page.settled()
    key = page.run("return decodeURIComponent(location.hash.split('?')[0].slice(5))")
    page.press(Keys.ESCAPE)
    page.until("the table", lambda: page.one("#list").is_displayed())
    page.settled()
    page.until("the row has the focus again", lambda: page.run(
        "return document.activeElement.closest('tr')?.dataset.key") == key)


def dark_toggles_and_stays(page):
    colour = "return getComputedStyle(document.body).backgroundColor"
    before = page.run(colour)
    page.one("#theme").click()
    after = page.run(colour)
    assert before != after, before
    page.browser.refresh()
    page.settled()
    assert page.run(colour) == after
    page.shot("table-dark")
    page.press("j", Keys.ENTER)
    page.until("the VM's view", lambda: page.all("#vm h1"))
    page.settled()
    page.shot("vm-dark")
    page.press("m")
    page.until("the VM's memory", lambda: page.all("#vm .panes[data-resource=mem] .contention"))
    page.settled()
    page.shot("vm-memory-dark")
    page.one("#theme").click()
    assert page.run(colour) == before
    page.press(Keys.ESCAPE)
    page.settled()


def strip_tells_health(page):
    status = page.api("status")
    text = page.one("#strip").text
    for subject in status["vcenters"] + status["stores"]:
        assert subject["name"] in text, (subject["name"], text)
    refused = sum(vc["rows_refused"] for vc in status["vcenters"])
    assert ("refused" in text) == (refused > 0), (refused, text)
    page.one("#strip summary").click()
    assert page.one("#strip .pop").is_displayed()
    page.press(Keys.ESCAPE)
    assert not page.one("#strip .pop").is_displayed()


def renews_itself(page):
    stamp = "return document.getElementById('updated').textContent"
    before = page.run(stamp)
    assert before.startswith("Updated "), before
    page.until("a refresh by itself", lambda: page.run(stamp) != before, 30)


def fits_a_phone(page):
    page.browser.set_window_size(500, 900)  # Chromium's least; the frame below is narrower
    for width in (500, 390):
        page.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": 844, "deviceScaleFactor": 2, "mobile": True})
        top = page.api("vms", limit=1)["vms"][0]
        vm = f"#/vm/{top['vcenter']}/{top['moid']}"
        for hash_, name in (("#/", "verdict"), ("#/?resource=cpu", "table"),
                            ("#/?resource=mem", "table-memory"), ("#/?resource=disk", "table-disk"),
                            ("#/?resource=net", "table-network"),
                            ("#/?resource=hosts", "table-hosts"), (vm, "vm"),
                            (vm + "?resource=mem", "vm-memory"), (vm + "?resource=disk", "vm-disk"),
                            (vm + "?resource=net", "vm-network"), (vm + "?resource=guest", "vm-guest"),
                            (vm + "?resource=explain", "vm-explain"),
                            (f"#/host/{top['vcenter']}/{top['host']}", "host")):
            page.go(hash_)
            wide = page.run("return document.documentElement.scrollWidth")
            assert wide <= width, f"{hash_} is {wide} wide on {width}"
            if name == "table-memory":
                right = page.run("return document.querySelector('#vms th[data-key=mem_contention]')"
                                 ".getBoundingClientRect().right")
                assert right <= width, f"contention ends at {right} on {width}"
            if name == "table-hosts":
                ends = page.run("return [...document.querySelectorAll('#vms tr > *')].filter((one) =>"
                                " one.checkVisibility()).map((one) => one.getBoundingClientRect().right)")
                assert max(ends) <= width, f"the hosts end at {max(ends)} on {width}"
                last = page.run("const tab = document.querySelector('#list button[data-value=hosts]');"
                                "return [tab, tab.parentElement].map((one) =>"
                                " one.getBoundingClientRect().right)")
                assert last[0] <= last[1] <= width, f"the tab of hosts is cut off on {width}: {last}"
            if name == "verdict":
                right = page.run("return Math.max(...[...document.querySelectorAll('#vms .marks')]"
                                 ".map((one) => one.getBoundingClientRect().right))")
                assert right <= width, f"the marks end at {right} on {width}"
            page.shot(f"phone-{name}-{width}")
    page.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    page.browser.set_window_size(1440, 1000)


def unknown_vm_is_told(page):
    page.go("#/vm/nowhere/vm-0")
    page.until("the server's words", lambda: "no rows" in page.one("#banner").text)
    page.go("#/")
    page.until("the words are gone", lambda: not page.one("#banner").is_displayed())
    page.gather()  # the 404 asked for here is the one console message that is wanted
    page.console = [e for e in page.console if "/vms/nowhere/vm-0" not in e["message"]]


def names_stay_text(page):
    assert page.run("return document.images.length") == 0
    assert page.run("return document.querySelectorAll('script:not([src]), style').length") == 0


def nothing_from_elsewhere(page):
    page.gather()
    own = urllib.parse.urlsplit(page.base).netloc
    assert len(page.requests) > 10, "the log of requests is empty"
    other = [url for url in page.requests
             if not url.startswith("data:") and urllib.parse.urlsplit(url).netloc != own]
    assert not other, other[:5]


def console_is_silent(page):
    page.gather()
    bad = [entry["message"] for entry in page.console if entry["level"] in ("SEVERE", "WARNING")]
    assert not bad, bad[:5]


CHECKS = [table_sorted_by_unmet, *TABLE_CHECKS, *HOST_CHECKS, table_of_cpu_again, demand_bars_are_drawn, headers_sort,
          unit_switches_and_sorts_alike, search_filters, keys_open_a_vm, figure_has_data,
          figure_is_painted, legend_reads_and_hides, layer_a_is_hatched_with_its_reason,
          box_shows_the_newest_row, vcpus_on_demand, ranges_tell_how_they_are_made,
          values_and_checks_are_listed, memory_table_by_contention,
          memory_table_sorts_and_shows_sizes, keys_switch_the_resource,
          memory_link_opens_memory, memory_figures_have_data, memory_box_shows_the_newest_row,
          memory_values_and_checks_are_listed, contrast_is_enough, *VIEW_CHECKS, escape_goes_back,
          dark_toggles_and_stays, strip_tells_health, renews_itself, fits_a_phone,
          unknown_vm_is_told, names_stay_text, nothing_from_elsewhere, console_is_silent]


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: page_test.py BASE_URL [SCREENSHOT_FOLDER]")
    folder = sys.argv[2] if len(sys.argv) == 3 else None
    if folder:
        os.makedirs(folder, exist_ok=True)
    page = Page(sys.argv[1], folder)
    failed = 0
    try:
        for check in CHECKS:
            name = check.__name__.replace("_", " ")
            try:
                check(page)
                print(f"ok      {name}", flush=True)
            except Exception:  # a browser's failure is a failed check like any other
                failed += 1
                print(f"FAILED  {name}\n{traceback.format_exc()}", flush=True)
                page.shot("failed-" + check.__name__)
    finally:
        page.close()
    print(f"{len(CHECKS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
