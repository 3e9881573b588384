/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* The page: address, refresh, keys, theme.
 *   #/?search=web&page=2                       the table of verdicts
 *   #/?resource=cpu&sort=ready                the table of CPU
 *   #/?resource=hosts                         the table of hosts
 *   #/vm/VCENTER/MOID?range=6h&view=vcpu      one VM
 *   #/vm/VCENTER/MOID?range=6h&resource=mem   its memory; disk, net, guest, explain
 *   #/host/VCENTER/NAME?range=6h              one host */
import { api } from './api.js';
import { byId, remember } from './dom.js';
import { clock } from './format.js';
import { HostView } from './host.js';
import { List } from './list.js';
import { showQuality } from './quality.js';
import { showStrip } from './strip.js';
import { VmView } from './vm.js';

const REFRESH_MS = 20e3;

const main = byId('main');
const list = new List(byId('list'), (params, typing) => goList(params, typing));
const vm = new VmView(byId('vm'), (params) => (params ? goVm(params) : back()));
const host = new HostView(byId('host'), (params) => (params ? goHost(params) : back()));
const PAGES = ['list', 'vm', 'host'];
let shown = 'list';
let listScroll = 0; /* where the table was left */
let listParams = {};
let timer = null;
let aborter = null;

/* ---- address ---- */

function query(params) {
  const text = new URLSearchParams(Object.entries(params).filter(([, v]) => v)).toString();
  return text ? `?${text}` : '';
}

function readAddress() {
  const [path, search = ''] = location.hash.replace(/^#/, '').split('?');
  const params = Object.fromEntries(new URLSearchParams(search));
  const [, page, vcenter, id] = path.split('/');
  if (!['vm', 'host'].includes(page) || !vcenter || !id) return { page: 'list', params };
  const of = { vcenter: decodeURIComponent(vcenter) };
  of[page === 'vm' ? 'moid' : 'name'] = decodeURIComponent(id);
  return { page, params: { ...params, ...of } };
}

function goList(params, typing) {
  const address = `#/${query(params)}`;
  if (typing) {
    /* no step back for each letter */
    history.replaceState(null, '', address);
    route();
  } else location.hash = address;
}

function goPlace(page, vcenter, id, rest) {
  const place = `${encodeURIComponent(vcenter)}/${encodeURIComponent(id)}`;
  history.replaceState(null, '', `#/${page}/${place}${query(rest)}`);
  route();
}

const goVm = ({ vcenter, moid, ...rest }) => goPlace('vm', vcenter, moid, rest);
const goHost = ({ vcenter, name, ...rest }) => goPlace('host', vcenter, name, rest);

function back() {
  location.hash = `#/${query(listParams)}`;
}

/* ---- refresh ---- */

function banner(text) {
  byId('banner').hidden = !text;
  byId('banner').textContent = text ?? '';
}

async function refresh() {
  clearTimeout(timer);
  aborter?.abort();
  aborter = new AbortController();
  const { signal } = aborter;
  const { page, params } = readAddress();
  main.setAttribute('aria-busy', 'true');
  try {
    const status = await api.status(signal);
    showStrip(byId('strip'), status);
    showQuality(byId('quality'), status);
    byId('version').textContent = `vstrata ${status.version}`;
    const newest = status.vcenters.find((vc) => vc.name === params.vcenter)?.newest;
    if (page === 'list') await list.show(params, signal);
    else await { vm, host }[page].show(params, newest, signal);
    banner(status.store_error ? `The embedded store fails: ${status.store_error}` : null);
    byId('updated').textContent = `Updated ${clock(Date.now())}, again every 20 s`;
  } catch (error) {
    if (error.name === 'AbortError') return;
    banner(
      error.status === 0
        ? `${error.message} since ${clock(Date.now())}. What is shown is older.`
        : error.message,
    );
  }
  main.removeAttribute('aria-busy');
  main.dataset.shown = location.hash;
  plan();
}

function plan() {
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(refresh, REFRESH_MS);
}

async function route() {
  const { page, params } = readAddress();
  const changed = page !== shown;
  if (changed && shown === 'list') listScroll = scrollY;
  for (const one of PAGES) byId(one).hidden = one !== page;
  if (page === 'list') {
    listParams = params;
    document.title = 'vstrata';
  }
  if (changed && shown !== 'list') ({ vm, host })[shown].close();
  shown = page;
  await refresh();
  if (!changed) return;
  if (page === 'list') {
    scrollTo(0, listScroll);
    list.select(list.selected, true);
  } else {
    scrollTo(0, 0);
    ({ vm, host })[page].title?.focus({ preventScroll: true });
  }
}

/* ---- keys ---- */

/* Keys of the tables and of the views of a VM. */
const VIEWS = { c: 'cpu', m: 'mem', d: 'disk', n: 'net' };
const keysOf = (views, set) =>
  Object.fromEntries(Object.entries(views).map(([key, view]) => [key, () => set(view)]));
const ranges = (view) => ({
  '[': () => view.changeRange(-1),
  ']': () => view.changeRange(1),
});

const listKeys = {
  ...keysOf({ v: 'verdict', ...VIEWS, h: 'hosts' }, (view) => list.setResource(view)),
  j: () => list.move(1),
  ArrowDown: () => list.move(1),
  k: () => list.move(-1),
  ArrowUp: () => list.move(-1),
  '[': () => list.toPage(list.page - 1),
  ']': () => list.toPage(list.page + 1),
};
const vmKeys = {
  ...keysOf({ ...VIEWS, g: 'guest', e: 'explain' }, (view) => vm.setResource(view)),
  h: () => vm.openHost(),
  ...ranges(vm),
};
const pageKeys = { list: listKeys, vm: vmKeys, host: ranges(host) };

function escape() {
  const open = document.querySelector('.strip details[open]');
  if (open) open.open = false;
  else if (shown !== 'list') back();
  else if (document.activeElement === list.search || list.params?.search) {
    list.search.value = '';
    list.search.blur();
    goList({ ...list.params, search: undefined, page: undefined });
  }
}

/* At once where it can be, so that what is typed behind the key is no key itself. */
function search() {
  list.search.focus();
  list.search.select();
}

function onKey(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || byId('keys').open) return;
  const typing = event.target.matches('input[type=search]');
  if (event.key === 'Escape') return escape();
  if (typing && !['ArrowDown', 'Enter'].includes(event.key)) return;
  if (typing && event.key === 'Enter') listKeys.j();
  const arrow = event.key.startsWith('Arrow');
  if (arrow && event.target.matches('canvas, summary, select')) return;
  const act =
    pageKeys[shown][event.key] ??
    {
      '?': () => byId('keys').showModal(),
      '/': () => {
        if (shown === 'list') return search();
        back();
        setTimeout(search); /* when the table is there again */
      },
    }[event.key];
  if (!act) return;
  event.preventDefault();
  act();
}

/* ---- theme ---- */

const dark = matchMedia('(prefers-color-scheme: dark)');

function theme() {
  return document.documentElement.dataset.theme ?? (dark.matches ? 'dark' : 'light');
}

function showTheme() {
  byId('theme').setAttribute(
    'aria-label',
    `Switch to the ${theme() === 'dark' ? 'light' : 'dark'} theme`,
  );
  vm.repaint();
  host.repaint();
}

byId('theme').addEventListener('click', () => {
  document.documentElement.dataset.theme = theme() === 'dark' ? 'light' : 'dark';
  remember('theme', document.documentElement.dataset.theme);
  showTheme();
});
dark.addEventListener('change', showTheme);
byId('keys-open').addEventListener('click', () => byId('keys').showModal());
document.addEventListener('keydown', onKey);
document.addEventListener('visibilitychange', () =>
  document.hidden ? clearTimeout(timer) : refresh(),
);
addEventListener('hashchange', route);
showTheme();
route();
