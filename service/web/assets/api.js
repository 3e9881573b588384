/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* The HTTP API under /api/v1/. An error carries the server's own words. */

export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status; /* 0: the service does not answer */
  }
}

async function get(path, params = {}, signal = undefined) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value !== undefined && value !== null && value !== '') query.set(name, value);
  }
  const url = `/api/v1/${path}${query.size ? `?${query}` : ''}`;
  let response;
  try {
    response = await fetch(url, { signal, headers: { Accept: 'application/json' } });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new ApiError(0, 'The service does not answer');
  }
  const body = await response.json().catch(() => null);
  if (!response.ok) throw new ApiError(response.status, body?.error ?? `HTTP ${response.status}`);
  return body;
}

const vmPath = (vcenter, moid) => `vms/${encodeURIComponent(vcenter)}/${encodeURIComponent(moid)}`;

export const api = {
  status: (signal) => get('status', {}, signal),
  quantities: (signal) => get('quantities', {}, signal),
  vms: (params, signal) => get('vms', params, signal),
  hosts: (params, signal) => get('hosts', params, signal),
  vm: (vcenter, moid, signal) => get(vmPath(vcenter, moid), {}, signal),
  explain: (vcenter, moid, signal) => get(`${vmPath(vcenter, moid)}/explain`, {}, signal),
  series: (vcenter, moid, params, signal) => get(`${vmPath(vcenter, moid)}/series`, params, signal),
};
