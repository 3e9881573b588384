/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* Runs before the first paint, so that a chosen theme does not flash the other one. */
'use strict';
try {
  const theme = localStorage.getItem('vstrata.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  /* storage may be forbidden: the system's theme it is */
}
