/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* The page: address, refresh, keys, theme.
 *   #/?search=web&sort=ready&page=2           the table
 *   #/?resource=mem                           the table of memory
 *   #/vm/VCENTER/MOID?range=6h&view=vcpu      one VM
 *   #/vm/VCENTER/MOID?range=6h&resource=mem   its memory */
import { api } from './api.js';
import { byId, remember } from './dom.js';
import { clock } from './format.js';
import { List } from './list.js';
import { showStrip } from './strip.js';
import { VmView } from './vm.js';

const REFRESH_MS = 20e3;

const main = byId('main');
const list = new List(byId('list'), (params, typing) => goList(params, typing));
const vm = new VmView(byId('vm'), (params) => (params ? goVm(params) : back()));
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
  const [, page, vcenter, moid] = path.split('/');
  if (page !== 'vm' || !vcenter || !moid) return { page: 'list', params };
  return {
    page: 'vm',
    params: { ...params, vcenter: decodeURIComponent(vcenter), moid: decodeURIComponent(moid) },
  };
}

function goList(params, typing) {
  const address = `#/${query(params)}`;
  if (typing) {
    /* no step back for each letter */
    history.replaceState(null, '', address);
    route();
  } else location.hash = address;
}

function goVm({ vcenter, moid, ...rest }) {
  history.replaceState(
    null,
    '',
    `#/vm/${encodeURIComponent(vcenter)}/${encodeURIComponent(moid)}${query(rest)}`,
  );
  route();
}

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
    byId('version').textContent = `vstrata ${status.version}`;
    if (page === 'vm') {
      await vm.show(
        params,
        status.vcenters.find((vc) => vc.name === params.vcenter)?.newest,
        signal,
      );
    } else await list.show(params, signal);
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
  const changed = byId('vm').hidden === (page === 'vm');
  byId('vm').hidden = page !== 'vm';
  byId('list').hidden = page === 'vm';
  if (page === 'list') {
    listParams = params;
    document.title = 'vstrata';
    if (changed) vm.close();
  }
  await refresh();
  if (!changed) return;
  if (page === 'vm') {
    scrollTo(0, 0);
    vm.title?.focus({ preventScroll: true });
  } else list.select(list.selected, true);
}

/* ---- keys ---- */

const listKeys = {
  c: () => list.setResource('cpu'),
  m: () => list.setResource('mem'),
  j: () => list.move(1),
  ArrowDown: () => list.move(1),
  k: () => list.move(-1),
  ArrowUp: () => list.move(-1),
  '[': () => list.toPage(list.page - 1),
  ']': () => list.toPage(list.page + 1),
};
const vmKeys = {
  c: () => vm.setResource('cpu'),
  m: () => vm.setResource('mem'),
  '[': () => vm.changeRange(-1),
  ']': () => vm.changeRange(1),
};

function escape(onVm) {
  const open = document.querySelector('.strip details[open]');
  if (open) open.open = false;
  else if (onVm) back();
  else if (document.activeElement === list.search || list.params?.search) {
    list.search.value = '';
    list.search.blur();
    goList({ ...list.params, search: undefined, page: undefined });
  }
}

function onKey(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || byId('keys').open) return;
  const onVm = !byId('vm').hidden;
  const typing = event.target.matches('input[type=search]');
  if (event.key === 'Escape') return escape(onVm);
  if (typing && !['ArrowDown', 'Enter'].includes(event.key)) return;
  if (typing && event.key === 'Enter') listKeys.j();
  const arrow = event.key.startsWith('Arrow');
  if (arrow && event.target.matches('canvas, summary, select')) return;
  const act =
    (onVm ? vmKeys : listKeys)[event.key] ??
    {
      '?': () => byId('keys').showModal(),
      '/': () => {
        if (onVm) back();
        setTimeout(() => {
          list.search.focus();
          list.search.select();
        });
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
