/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* The verdict: which layer hurts, in words, and a small mark for each layer of each resource. A mark
 * is filled from below by its score, so that it does not hang on the colour; one that is not known is
 * hatched, and one without a rule is a dot. */
import { LAYERS, RESOURCES, layerOf } from './catalogue.js';
import { el } from './dom.js';

export const NOT_KNOWN = 255;

const known = (score) => score !== null && score !== undefined;

/* "CPU unmet (D)" */
export function placeWords({ resource, layer }) {
  const of = layerOf(layer);
  return `${RESOURCES[resource]?.text ?? resource} ${of.title.toLowerCase()} (${of.letter})`;
}

/* What a verdict says: [class, words]. */
export function verdictWords(verdict) {
  if (verdict?.resource && verdict.layer) return ['hurts', placeWords(verdict)];
  const code = verdict?.code;
  return code === 0 ? ['well', 'nothing hurts'] : ['unknown', 'not known'];
}

/* Rounded up, so that what hurts a little is not 0. */
export const scoreText = (score) =>
  known(score) ? String(Math.ceil(score * 100 - 1e-6)) : '?';

function scoreWords(score, judged) {
  if (known(score)) return score > 0 ? `${scoreText(score)} of 100` : 'does not hurt';
  return judged ? 'not known' : 'has no rule';
}

function mark(layer, score, judged) {
  const kind = known(score) ? 'known' : judged ? 'unknown' : 'none';
  const fill = el('i', { class: layer });
  fill.style.height = known(score) ? `${Math.ceil(score * 100)}%` : '0';
  return el('span', { class: `mark ${kind}`, dataset: { layer } }, fill);
}

/* The marks A to D of one resource; judged(resource, layer): there is a rule. */
export function marks(verdict, resource, judged) {
  const scores = verdict?.scores?.[resource] ?? {};
  const words = LAYERS.map(
    ({ letter, name, title }) =>
      `${letter} ${title.toLowerCase()}: ${scoreWords(scores[name], judged(resource, name))}`,
  ).join('; ');
  return el(
    'span',
    { class: 'marks', title: `${RESOURCES[resource].text}: ${words}` },
    ...LAYERS.map(({ name }) => mark(name, scores[name], judged(resource, name))),
    el('span', { class: 'visually-hidden' }, words),
  );
}

/* The same, large, with numbers: a table of resources and layers. */
export function matrix(scores, judged) {
  const cell = (resource, { name }) => {
    const score = scores[resource]?.[name];
    const rule = judged(resource, name);
    const text = known(score) ? scoreText(score) : rule ? '?' : '·';
    const says = scoreWords(score, rule);
    const td = el(
      'td',
      { class: `cell ${known(score) ? 'known' : rule ? 'unknown' : 'none'}`, title: says },
      mark(name, score, rule),
      el('b', { aria: { hidden: 'true' } }, text),
      el('span', { class: 'visually-hidden' }, says),
    );
    return td;
  };
  return el(
    'table',
    { class: 'matrix' },
    el('caption', { class: 'visually-hidden' }, 'Scores of the layers, 0 to 100'),
    el(
      'thead',
      {},
      el(
        'tr',
        {},
        el('td'),
        ...LAYERS.map(({ letter, name, title }) =>
          el('th', { scope: 'col' }, el('span', { class: `letter ${name}` }, letter), title),
        ),
      ),
    ),
    el(
      'tbody',
      {},
      ...Object.values(RESOURCES).map(({ key, text }) =>
        el('tr', {}, el('th', { scope: 'row' }, text), ...LAYERS.map((l) => cell(key, l))),
      ),
    ),
  );
}
