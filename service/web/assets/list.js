/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* The table of VMs. What is shown stands in the address (search, sort, page), so that it can be kept
 * and sent; the server searches, sorts and cuts, so that thousands of VMs cost no more than a page. */
import { api } from './api.js';
import { LAYERS } from './catalogue.js';
import { el, remember, remembered, segments } from './dom.js';
import { NONE, clock, count, duration, percent } from './format.js';

const PAGE = 50;
const BAR_MAX = 115; /* percent at the end of a bar: C comes on top of what B, D and idle share */

/* share: has a value as percent of the VM and as percent of one vCPU, chosen by the unit switch. */
const COLUMNS = [
  { key: 'name', text: 'VM', order: 'asc', cell: nameCell },
  { key: 'cpu_count', text: 'vCPU', number: true, cell: (vm) => vm.cpu_count ?? NONE },
  {
    key: 'vm_demand',
    text: 'Demand',
    share: true,
    wide: true,
    cell: barCell,
    title: 'VM demand = B + C + D, against all vCPUs of the VM',
  },
  { key: 'usage', letter: 'B', text: 'Usage', number: true, share: true },
  { key: 'overhead', letter: 'C', text: 'Overhead', number: true, share: true, minor: true },
  { key: 'unmet', letter: 'D', text: 'Unmet', number: true, share: true, strong: true },
  { key: 'ready', text: 'Ready', number: true, share: true, minor: true },
  { key: 'costop', text: 'Co-stop', number: true, share: true, minor: true },
  {
    key: 'ready_worst',
    text: 'Worst ready',
    number: true,
    minor: true,
    share: true,
    title: 'Ready of the worst vCPU, in percent of that vCPU',
  },
  { key: null, text: 'Layers', cell: layersCell, minor: true },
  { key: 'host', text: 'Host', order: 'asc', minor: true, cell: (vm) => vm.host || NONE },
  { key: 'time', text: 'Sample', number: true, minor: true, cell: timeCell },
];

function nameCell(vm) {
  return [
    el('a', { class: 'name', href: vmAddress(vm), tabindex: '-1', title: vm.name }, vm.name),
    el('span', { class: 'where' }, [vm.cluster || vm.host, vm.vcenter].filter(Boolean).join(' · ')),
  ];
}

function barCell(vm) {
  const bar = el('span', { class: 'stackbar', aria: { hidden: 'true' } });
  for (const layer of ['usage', 'overhead', 'unmet']) {
    const share = vm[layer]?.percent;
    if (!share) continue;
    const piece = el('i', { class: layer });
    piece.style.width = `${(Math.min(share, BAR_MAX) / BAR_MAX) * 100}%`;
    bar.append(piece);
  }
  if (vm.state === 'unavailable') bar.classList.add('hatched');
  return [bar];
}

function layersCell(vm) {
  const says = ({ letter, name }) => {
    const { status, reason } = vm.status[name];
    return `${letter} ${status === 'ok' ? status : `${status}: ${reason}`}`;
  };
  const glyphs = LAYERS.map((layer) =>
    el('i', { class: `glyph ${layer.name} ${vm.status[layer.name].status}` }),
  );
  const words = LAYERS.map(says).join('; ');
  return [
    el(
      'span',
      { class: 'glyphs', title: words },
      ...glyphs,
      el('span', { class: 'visually-hidden' }, words),
    ),
  ];
}

function timeCell(vm) {
  const at = Date.parse(vm.time);
  if (vm.state === 'stale')
    return [el('span', { class: 'late', title: clock(at) }, `${duration(vm.behind_ms)} silent`)];
  return clock(at);
}

export const vmKey = (vm) => `${vm.vcenter}/${vm.moid}`;
export const vmAddress = (vm) =>
  `#/vm/${encodeURIComponent(vm.vcenter)}/${encodeURIComponent(vm.moid)}`;

export class List {
  constructor(node, go) {
    this.node = node;
    this.go = go; /* go(params): change the address */
    this.selected = null;
    this.vms = [];
    this.unit = remembered('unit', 'vm');
    this.build();
  }

  build() {
    this.search = el('input', {
      id: 'search',
      type: 'search',
      placeholder: 'Search VM, host, cluster …',
      autocomplete: 'off',
      spellcheck: 'false',
      maxlength: '200',
      aria: { label: 'Search VMs', keyshortcuts: '/' },
      oninput: () => this.typed(),
    });
    this.states = segments(
      'State',
      [
        ['', 'All'],
        ['partial', 'Partial'],
        ['unavailable', 'No layers'],
        ['stale', 'Silent'],
      ],
      '',
      (state) => this.go({ ...this.params, state, page: undefined }),
    );
    this.units = segments(
      'Unit',
      [
        ['vm', '% of VM', 'All vCPUs of the VM are 100 %'],
        ['vcpu', '% of a vCPU', 'One vCPU is 100 %; a VM has nCPU × 100 %'],
      ],
      this.unit,
      (unit) => this.setUnit(unit),
    );
    this.found = el('span', { class: 'found', role: 'status' });
    this.head = el('tr');
    this.body = el('tbody');
    this.table = el(
      'table',
      { id: 'vms', class: 'vms' },
      el('caption', { class: 'visually-hidden' }, 'VMs with their CPU layers'),
      el('thead', {}, this.head),
      this.body,
    );
    this.pager = el('nav', { class: 'pager', aria: { label: 'Pages' } });
    this.empty = el('p', { class: 'empty', hidden: true });
    this.body.addEventListener('click', (event) => {
      const row = event.target.closest('tr');
      if (row && !event.target.closest('a') && !getSelection().toString())
        location.hash = row.querySelector('a').hash;
    });
    this.body.addEventListener('focusin', (event) =>
      this.select(event.target.closest('tr')?.dataset.key, false),
    );
    this.node.append(
      el(
        'div',
        { class: 'toolbar' },
        el(
          'label',
          { class: 'searchbox' },
          this.search,
          el('kbd', { aria: { hidden: 'true' } }, '/'),
        ),
        this.found,
        el('span', { class: 'grow' }),
        this.states,
        this.units,
      ),
      el('div', { class: 'scroll card' }, this.table, this.empty),
      this.pager,
    );
  }

  setUnit(unit) {
    this.unit = unit;
    remember('unit', unit);
    const column = COLUMNS.find((one) => one.key === this.sort().key);
    if (column?.share) this.go({ ...this.params, sort: this.sortName(column), page: undefined });
    else this.render();
  }

  /* How the server calls the column under the present unit. */
  sortName(column) {
    return column.share && this.unit === 'vm' && column.key !== 'ready_worst'
      ? `${column.key}_percent`
      : column.key;
  }

  sort() {
    const name = this.params.sort ?? (this.unit === 'vm' ? 'unmet_percent' : 'unmet');
    const key = name.replace(/_percent$/, '');
    const column = COLUMNS.find((one) => one.key === key);
    return { name, key, order: this.params.order ?? column?.order ?? 'desc' };
  }

  typed() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(
      () => this.go({ ...this.params, search: this.search.value.trim(), page: undefined }, true),
      180,
    );
  }

  async show(params, signal) {
    this.params = params;
    const page = Math.max(1, Number.parseInt(params.page ?? '1', 10) || 1);
    const { name, order } = this.sort();
    if (document.activeElement !== this.search) this.search.value = params.search ?? '';
    this.states.show(params.state ?? '');
    const answer = await api.vms(
      {
        search: params.search,
        state: params.state,
        sort: name,
        order,
        limit: PAGE,
        offset: (page - 1) * PAGE,
      },
      signal,
    );
    this.answer = answer;
    this.page = page;
    this.vms = answer.vms;
    this.render();
  }

  render() {
    const focused = this.body.contains(document.activeElement);
    this.renderHead();
    if (!this.vms.some((vm) => vmKey(vm) === this.selected))
      this.selected = this.vms.length ? vmKey(this.vms[0]) : null;
    this.body.replaceChildren(...this.vms.map((vm) => this.row(vm)));
    this.select(this.selected, focused);
    this.renderFoot();
  }

  renderHead() {
    const { key, order } = this.sort();
    const holder = document.activeElement?.closest?.('th')?.dataset.key;
    this.head.replaceChildren(
      ...COLUMNS.map((column) => {
        const th = el('th', {
          scope: 'col',
          class: classes(column),
          dataset: { key: column.key ?? '' },
          title: column.title,
        });
        if (!column.key) return (th.append(column.text), th);
        const sorted = key === column.key;
        th.setAttribute(
          'aria-sort',
          sorted ? (order === 'asc' ? 'ascending' : 'descending') : 'none',
        );
        const letter = column.letter
          ? el('span', { class: `letter ${column.key}` }, column.letter)
          : '';
        const arrow = el(
          'span',
          { class: 'arrow', aria: { hidden: 'true' } },
          sorted ? (order === 'asc' ? '▲' : '▼') : '',
        );
        th.append(
          el(
            'button',
            { type: 'button', onclick: () => this.sortBy(column, sorted ? order : null) },
            ...(column.number ? [arrow, letter, column.text] : [letter, column.text, arrow]),
          ),
        );
        return th;
      }),
    );
    if (holder) this.head.querySelector(`th[data-key="${holder}"] button`)?.focus();
  }

  sortBy(column, order) {
    const first = column.order ?? 'desc';
    const next = order === null ? first : order === 'asc' ? 'desc' : 'asc';
    this.go({
      ...this.params,
      sort: this.sortName(column),
      order: next === first ? undefined : next,
      page: undefined,
    });
  }

  row(vm) {
    const row = el('tr', {
      dataset: {
        key: vmKey(vm),
        unmet: vm.unmet?.percent ?? '',
        unmetRatio: vm.unmet?.ratio ?? '',
      },
      class: vm.state,
    });
    for (const column of COLUMNS) {
      const td = el('td', { class: classes(column), dataset: { label: column.text } });
      if (column.cell) td.append(...[column.cell(vm)].flat());
      else td.append(this.share(vm, column));
      row.append(td);
    }
    return row;
  }

  share(vm, column) {
    const value = vm[column.key];
    if (!value) return NONE;
    return percent(this.unit === 'vm' ? value.percent : value.ratio * 100);
  }

  renderFoot() {
    const { matched, total } = this.answer;
    const pages = Math.max(1, Math.ceil(matched / PAGE));
    const filtered = this.params.search || this.params.state;
    this.found.textContent = filtered
      ? `${count(matched)} of ${count(total)}`
      : `${count(total)} VMs`;
    this.empty.hidden = this.vms.length > 0;
    this.empty.textContent =
      total === 0
        ? 'No samples yet. The first VMs appear here within a collection cycle.'
        : this.page > pages
          ? 'There is no such page.'
          : 'No VM matches.';
    this.table.dataset.matched = matched;
    if (pages === 1) return this.pager.replaceChildren();
    const first = (this.page - 1) * PAGE + 1;
    const last = Math.min(this.page * PAGE, matched);
    const button = (text, label, page, off) =>
      el(
        'button',
        {
          type: 'button',
          class: 'button',
          disabled: off,
          aria: { label },
          onclick: () => this.toPage(page),
        },
        text,
      );
    this.pager.replaceChildren(
      button('←', 'Previous page', this.page - 1, this.page <= 1),
      el('span', {}, `${count(first)} – ${count(last)} of ${count(matched)}`),
      button('→', 'Next page', this.page + 1, this.page >= pages),
    );
  }

  toPage(page) {
    const pages = Math.max(1, Math.ceil((this.answer?.matched ?? 0) / PAGE));
    if (page < 1 || page > pages || page === this.page) return;
    this.selected = null;
    this.go({ ...this.params, page: page === 1 ? undefined : String(page) });
  }

  /* One link of the table can be reached by Tab; the keys move it. */
  select(key, focus) {
    this.selected = key ?? null;
    for (const row of this.body.rows) {
      const mine = row.dataset.key === this.selected;
      const link = row.querySelector('a.name');
      row.classList.toggle('selected', mine);
      link.tabIndex = mine ? 0 : -1;
      if (mine && focus && document.activeElement !== link) link.focus({ preventScroll: false });
    }
  }

  move(by) {
    if (!this.vms.length) return;
    const at = this.vms.findIndex((vm) => vmKey(vm) === this.selected);
    const inside = this.body.contains(document.activeElement);
    const next = inside ? Math.min(Math.max(at + by, 0), this.vms.length - 1) : Math.max(at, 0);
    this.select(vmKey(this.vms[next]), true);
  }
}

function classes(column) {
  return [
    column.number && 'number',
    column.minor && 'minor',
    column.strong && 'strong',
    column.wide && 'wide',
    column.key === 'name' && 'named',
  ]
    .filter(Boolean)
    .join(' ');
}
