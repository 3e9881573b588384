/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* Building elements. Text only ever becomes text nodes: names of VMs are hostile. */

/* el('a', {href: '#/', class: 'x', onclick: f, dataset: {k: v}, aria: {label: 'x'}}, 'text', node) */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === 'class') node.className = value;
    else if (name === 'dataset') Object.assign(node.dataset, value);
    else if (name === 'aria') {
      for (const [k, v] of Object.entries(value)) node.setAttribute(`aria-${k}`, v);
    } else if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.filter((c) => c !== undefined && c !== null && c !== false));
  return node;
}

export const byId = (id) => document.getElementById(id);

/* A value that theme, storage rules or an old browser may forbid. */
export function remembered(key, fallback) {
  try {
    return localStorage.getItem(`vstrata.${key}`) ?? fallback;
  } catch {
    return fallback;
  }
}

export function remember(key, value) {
  try {
    localStorage.setItem(`vstrata.${key}`, value);
  } catch {
    /* then it is forgotten with the page */
  }
}

/* One of several buttons is pressed: choices = [[value, text, title]]. */
export function segments(label, choices, chosen, choose) {
  const group = el('div', { class: 'segments', role: 'group', aria: { label } });
  const show = (value) => {
    for (const button of group.children) {
      button.setAttribute('aria-pressed', String(button.dataset.value === value));
    }
  };
  for (const [value, text, title] of choices) {
    group.append(
      el(
        'button',
        {
          type: 'button',
          dataset: { value },
          title,
          onclick: () => {
            show(value);
            choose(value);
          },
        },
        text,
      ),
    );
  }
  show(chosen);
  group.show = show;
  return group;
}

/* The colour a CSS variable stands for under the present theme, as canvas needs it. */
export function colour(variable) {
  const probe = el('span', { hidden: true });
  probe.style.color = `var(${variable})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}
