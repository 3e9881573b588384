#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
"""The page in headless Chromium, against a running service.

    page_test.py BASE_URL [SCREENSHOT_FOLDER]

Prints a line for each check and "N passed, N failed"; exits non-zero if a check failed.
"""
import json
import os
import shutil
import sys
import tempfile
import time
import traceback
import urllib.error
import urllib.parse
import urllib.request

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

FLAGS = """--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --hide-scrollbars
--disable-background-networking --disable-component-update --disable-sync --no-proxy-server
--disable-dev-shm-usage""".split()
PATIENCE = 90  # seconds for the first samples of a service that has just been started

# The contrast of every visible text with what is painted under it, below 4.5 : 1.
CONTRAST = """
const probe = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
const rgba = (text) => {
  probe.clearRect(0, 0, 1, 1); probe.fillStyle = text; probe.fillRect(0, 0, 1, 1);
  const [r, g, b, a] = probe.getImageData(0, 0, 1, 1).data; return [r, g, b, a / 255];
};
const over = (top, under) => top.slice(0, 3).map((c, i) => c * top[3] + under[i] * (1 - top[3]));
const light = (c) => { c /= 255; return c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4; };
const luminance = ([r, g, b]) => .2126 * light(r) + .7152 * light(g) + .0722 * light(b);
const under = (node) => {
  if (!node) return [255, 255, 255];
  const own = rgba(getComputedStyle(node).backgroundColor);
  return own[3] === 1 ? own : over(own, under(node.parentElement));
};
const bad = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let text; (text = walker.nextNode());) {
  const node = text.parentElement;
  if (!text.data.trim() || !node.checkVisibility() || node.closest('.visually-hidden, :disabled')) continue;
  if (node.closest('noscript, .skip')) continue;
  const back = under(node);
  let fade = 1;
  for (let up = node; up; up = up.parentElement) fade *= +getComputedStyle(up).opacity;
  const ink = rgba(getComputedStyle(node).color);
  const front = over([...ink.slice(0, 3), ink[3] * fade], back);
  const [a, b] = [luminance(front), luminance(back)].sort((x, y) => y - x);
  const ratio = (a + .05) / (b + .05);
  if (ratio < 4.5) bad.push(`${ratio.toFixed(2)} ${node.className || node.tagName}: ${text.data.trim().slice(0, 30)}`);
}
return [...new Set(bad)].slice(0, 8);
"""

# How many points of the canvas, a grid of 4000, have about this colour.
PIXELS = """
const [canvas, variable] = arguments;
const probe = document.createElement('canvas').getContext('2d');
const span = document.createElement('span');
span.style.color = `var(${variable})`;
document.body.append(span);
probe.fillStyle = getComputedStyle(span).color;
span.remove();
probe.fillRect(0, 0, 1, 1);
const want = probe.getImageData(0, 0, 1, 1).data;
const copy = document.createElement('canvas');
copy.width = canvas.width;
copy.height = canvas.height;
const pen = copy.getContext('2d', {willReadFrequently: true});
pen.drawImage(canvas, 0, 0);
let n = 0;
for (let i = 0; i < 80; i++) for (let k = 0; k < 50; k++) {
  const got = pen.getImageData(canvas.width * (i + .5) / 80, canvas.height * (k + .5) / 50, 1, 1).data;
  n += got[3] > 200 && [0, 1, 2].every((c) => Math.abs(got[c] - want[c]) < 12);
}
return n;
"""


class Page:
    def __init__(self, base, folder):
        self.base = base.rstrip("/")
        self.folder = folder
        self.profile = tempfile.mkdtemp(prefix="page_test.")
        options = Options()
        for flag in FLAGS:
            options.add_argument(flag)
        options.add_argument("--user-data-dir=" + self.profile)
        options.add_argument("--window-size=1440,1000")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.browser = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        self.browser.set_page_load_timeout(30)
        self.requests, self.console = [], []
        self.browser.get("about:blank")
        self.gather()  # what the browser's own first tab asked for
        self.requests, self.console = [], []

    def close(self):
        self.browser.quit()
        shutil.rmtree(self.profile, ignore_errors=True)

    def api(self, path, **params):
        query = "?" + urllib.parse.urlencode(params) if params else ""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(self.base + "/api/v1/" + path + query, timeout=20) as answer:
            return json.load(answer)

    def run(self, script, *arguments):
        return self.browser.execute_script(script, *arguments)

    def one(self, selector):
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector):
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def press(self, *keys):
        for key in keys:
            webdriver.ActionChains(self.browser).send_keys(key).perform()

    def until(self, what, condition, patience=10):
        end = time.monotonic() + patience
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > end:
                raise AssertionError(f"not within {patience} s: {what}")
            time.sleep(0.1)

    def settled(self):
        """The address that is in the bar is the one that is shown."""
        script = """const main = document.getElementById('main');
            return !main.hasAttribute('aria-busy') && main.dataset.shown === location.hash"""
        self.until("the page has loaded", lambda: self.run(script), 20)

    def go(self, hash_):
        self.run("location.hash = arguments[0]", hash_)
        self.settled()

    def shot(self, name):
        if self.folder:
            self.browser.save_screenshot(os.path.join(self.folder, name + ".png"))

    def gather(self):
        """Moves what the browser logged since the last call into requests and console."""
        for entry in self.browser.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                self.requests.append(message["params"]["request"]["url"])
        self.console += self.browser.get_log("browser")


def rows(page):
    return page.run("""return [...document.querySelectorAll('#vms tbody tr')].map((row) => ({
        key: row.dataset.key, unmet: row.dataset.unmet === '' ? null : +row.dataset.unmet,
        ratio: row.dataset.unmetRatio === '' ? null : +row.dataset.unmetRatio,
        state: row.className.split(' ')[0], text: row.innerText}))""")


def fresh(listed):
    return [row for row in listed if row["state"] != "stale" and row["unmet"] is not None]


# ---- checks, in order: each starts where the one before it has left the page ----

def table_sorted_by_unmet(page):
    page.browser.get(page.base + "/")
    page.until("a VM in the table", lambda: rows(page), PATIENCE)
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
    layer = page.one("#vm .stratum[data-layer=A]")
    assert layer.get_attribute("data-status") == "unavailable"
    assert "no guest source" in layer.text, layer.text
    assert "repeating-linear-gradient" in layer.value_of_css_property("background-image")


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
    checks = [q for q in page.api("quantities")["quantities"] if q["kind"] == "check"]
    assert len(listed) == len(checks), (len(listed), len(checks))
    assert len(page.all("#vm .parts .part")) >= 9


def contrast_is_enough(page):
    for theme in ("light", "dark"):
        page.run("document.documentElement.dataset.theme = arguments[0]", theme)
        for hash_ in (page.run("return location.hash"), "#/"):
            page.go(hash_)
            page.browser.implicitly_wait(0)
            time.sleep(0.3)  # transitions of colours
            bad = page.run(CONTRAST)
            assert not bad, f"{theme} {hash_}: {bad}"
        page.browser.back()
        page.settled()
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
        for hash_, name in (("#/", "table"), (f"#/vm/{top['vcenter']}/{top['moid']}", "vm")):
            page.go(hash_)
            wide = page.run("return document.documentElement.scrollWidth")
            assert wide <= width, f"{hash_} is {wide} wide on {width}"
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


CHECKS = [table_sorted_by_unmet, demand_bars_are_drawn, headers_sort, unit_switches_and_sorts_alike,
          search_filters, keys_open_a_vm, figure_has_data, figure_is_painted,
          legend_reads_and_hides, layer_a_is_hatched_with_its_reason, box_shows_the_newest_row,
          vcpus_on_demand, ranges_tell_how_they_are_made, values_and_checks_are_listed,
          contrast_is_enough, escape_goes_back, dark_toggles_and_stays, strip_tells_health,
          renews_itself, fits_a_phone, unknown_vm_is_told, names_stay_text, nothing_from_elsewhere,
          console_is_silent]


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
