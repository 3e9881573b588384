/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* Cells that tables of VMs share: the name, bars, statuses, the time of the sample. */
import { LAYERS, statusOf } from './catalogue.js';
import { el } from './dom.js';
import { clock, duration } from './format.js';

export const vmKey = (vm) => `${vm.vcenter}/${vm.moid}`;

/* The VM's page, at the resource of the table; from the verdict at the one that hurts. */
export function vmAddress(vm, table) {
  const resource = table === 'verdict' ? (vm.verdict?.resource ?? 'cpu') : table;
  return (
    `#/vm/${encodeURIComponent(vm.vcenter)}/${encodeURIComponent(vm.moid)}` +
    (resource === 'cpu' ? '' : `?resource=${resource}`)
  );
}

export const hostAddress = (vcenter, name) =>
  `#/host/${encodeURIComponent(vcenter)}/${encodeURIComponent(name)}`;

export function nameCell(vm, table) {
  const href = vmAddress(vm, table);
  return [
    el('a', { class: 'name', href, tabindex: '-1', title: vm.name }, vm.name),
    el('span', { class: 'where' }, [vm.cluster || vm.host, vm.vcenter].filter(Boolean).join(' · ')),
  ];
}

export function bar(vm, shares, most) {
  const node = el('span', {
    class: `stackbar ${most > 100 ? 'beyond' : ''}`,
    aria: { hidden: 'true' },
  });
  for (const [layer, share] of shares) {
    if (!share?.percent) continue;
    const piece = el('i', { class: layer });
    piece.style.width = `${(Math.min(share.percent, most) / most) * 100}%`;
    node.append(piece);
  }
  if (vm.state === 'unavailable') node.classList.add('hatched');
  return [node];
}

export function layersCell(vm, resource) {
  const says = ({ letter, name }) => {
    const { status, reason } = statusOf(vm, resource, name);
    return `${letter} ${status === 'ok' ? status : `${status}: ${reason}`}`;
  };
  const glyphs = LAYERS.map((layer) =>
    el('i', { class: `glyph ${layer.name} ${statusOf(vm, resource, layer.name).status}` }),
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

export function timeCell(vm) {
  const at = Date.parse(vm.time);
  if (vm.state === 'stale')
    return [el('span', { class: 'late', title: clock(at) }, `${duration(vm.behind_ms)} silent`)];
  return clock(at);
}
