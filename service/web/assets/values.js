/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* Tables of the newest row: the layers' quantities, and the check values beside them. */
import { disclose, layerOf } from './catalogue.js';
import { el } from './dom.js';
import { ratio, value } from './format.js';

const head = (...names) =>
  el(
    'thead',
    {},
    el(
      'tr',
      {},
      ...names.map((name, i) => el('th', { scope: 'col', class: i ? 'number' : '' }, name)),
    ),
  );

const ofForm = (form) => (row, q) =>
  q.forms.includes(form) ? value(q, row[`${q.name}.${form}`]) : '';
const whole = (row, q) => value(q, row[q.name]);

/* The columns beside the name, and the words for what is of no layer. */
const TABLES = {
  cpu: {
    columns: [
      ['Sum', whole],
      [
        'of VM',
        (row, q) =>
          q.unit === 'ratio' ? ratio(row['cpu.count'] ? row[q.name] / row['cpu.count'] : NaN) : '',
      ],
      ['Worst vCPU', ofForm('worst')],
      ['Spread', ofForm('spread')],
    ],
    idle: 'Neither used nor asked for',
  },
  mem: {
    columns: [
      ['Value', whole],
      [
        'of VM',
        (row, q) =>
          q.unit === 'bytes' ? ratio(row[q.name] / (row['mem.configured'] ?? NaN)) : '',
      ],
    ],
    idle: 'Never touched by the guest, or given back',
  },
  disk: {
    columns: [
      ['VM', whole],
      ['Worst disk', ofForm('worst')],
    ],
  },
  net: {
    columns: [
      ['VM', whole],
      ['Worst vNIC', ofForm('worst')],
    ],
  },
};

/* The names whose details are open stay so when a table is built anew. */
const opened = (node) =>
  new Set([...node.querySelectorAll('details[open]')].map((one) => one.dataset.name));

function partsRow(row, q, columns, open) {
  const swatch = el('i', { class: 'swatch' });
  const about = disclose(q, open.has(q.name));
  if (q.kind === 'part') {
    swatch.style.background = `var(${q.colour})`;
    about.firstChild.prepend(swatch);
  }
  return el(
    'tr',
    { class: q.kind, dataset: { name: q.name } },
    el('th', { scope: 'row' }, about),
    ...columns.map(([, text]) => el('td', { class: 'number' }, text(row, q))),
  );
}

/* Parts and totals, layer by layer. */
export function showParts(node, catalogue, row) {
  const { columns, idle } = TABLES[catalogue.resource.key];
  const open = opened(node);
  const table = el(
    'table',
    { class: 'values' },
    head('Quantity', ...columns.map(([title]) => title)),
  );
  for (const name of ['queue', 'usage', 'overhead', 'unmet', 'idle', '']) {
    const list = catalogue.all.filter(
      (q) => q.layer === name && (q.kind === 'part' || q.kind === 'total'),
    );
    if (!list.length) continue;
    const layer = layerOf(name);
    const words = layer
      ? [el('span', { class: `letter ${name}` }, layer.letter), ` ${layer.title}: ${layer.what}`]
      : [name ? idle : 'Together'];
    const title = el('th', { scope: 'rowgroup', colspan: columns.length + 1 }, ...words);
    table.append(
      el(
        'tbody',
        {},
        el('tr', { class: 'group' }, title),
        ...list.map((q) => partsRow(row, q, columns, open)),
      ),
    );
  }
  node.replaceChildren(el('h2', {}, 'Newest sample'), el('div', { class: 'scroll' }, table));
}

/* Values beside the layers: vSphere's own, and the estimates behind some. */
export function showChecks(node, catalogue, row) {
  const open = opened(node);
  const table = el('table', { class: 'values checks' }, head('Check value', 'Value'));
  const body = el('tbody');
  for (const q of catalogue.of('check')) {
    body.append(
      el(
        'tr',
        {},
        el('th', { scope: 'row' }, disclose(q, open.has(q.name))),
        el('td', { class: 'number' }, value(q, row[q.name])),
      ),
    );
  }
  table.append(body);
  node.replaceChildren(
    el('h2', {}, 'Check values'),
    el('p', { class: 'hint' }, 'Beside the layers, never added to them. Open one for its formula.'),
    el('div', { class: 'scroll' }, table),
  );
}
