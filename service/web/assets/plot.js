/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* What all figures share: a Chart.js line chart over time, in percent or in what else it is told, with
 * its gaps hatched, a line for what there is at most, and a cursor. */
import { colour } from './dom.js';
import { tickText, ticks } from './time.js';

const FONT = { family: 'system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif', size: 11 };

function hatch(ctx, ink) {
  const tile = document.createElement('canvas');
  tile.width = tile.height = 8;
  const pen = tile.getContext('2d');
  pen.strokeStyle = ink;
  pen.lineWidth = 1;
  for (const shift of [-8, 0, 8]) {
    pen.moveTo(shift, 8);
    pen.lineTo(shift + 8, 0);
  }
  pen.stroke();
  return ctx.createPattern(tile, 'repeat');
}

/* The time before there was anything is no gap: it stays empty, with a word. */
function beforeFirst(ctx, area, left, right, ink) {
  const words = 'before the first sample';
  ctx.save();
  ctx.font = `${FONT.size}px ${FONT.family}`;
  ctx.fillStyle = ink;
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  if (ctx.measureText(words).width < right - left - 12) {
    ctx.fillText(words, (left + right) / 2, (area.top + area.bottom) / 2);
  }
  ctx.restore();
}

/* Behind the data: gaps as hatched bands, up to the sample at which the line goes on, and at least
 * some pixels wide, so that none is silent. */
const gapBands = {
  id: 'gapBands',
  beforeDatasetsDraw(chart, _args, { gaps, pace, ink, text }) {
    const {
      ctx,
      chartArea: area,
      scales: { x },
    } = chart;
    if (!gaps?.length) return;
    ctx.save();
    ctx.fillStyle = hatch(ctx, ink);
    for (const gap of gaps) {
      const left = Math.max(area.left, x.getPixelForValue(gap.from));
      const right = Math.min(area.right, x.getPixelForValue(gap.to + pace));
      if (gap.before) beforeFirst(ctx, area, left, right, text);
      else ctx.fillRect(left, area.top, Math.max(right - left, 3), area.bottom - area.top);
    }
    ctx.restore();
  },
};

/* The line that demand is measured against: [[time, value], ...]; it has a step where vCPUs or memory
 * were added. */
const capacityLine = {
  id: 'capacityLine',
  afterDatasetsDraw(chart, _args, { points, ink, text }) {
    const {
      ctx,
      chartArea: area,
      scales: { x, y },
    } = chart;
    if (!points?.length) return;
    ctx.save();
    ctx.strokeStyle = ctx.fillStyle = ink;
    ctx.lineWidth = 1.5;
    ctx.setLineDash([6, 4]);
    ctx.font = `600 ${FONT.size}px ${FONT.family}`;
    const at = y.getPixelForValue(points.at(-1)[1]);
    const inside = at >= area.top - 1;
    if (inside) {
      ctx.beginPath();
      points.forEach(([t, value], i) => {
        const px = Math.min(Math.max(x.getPixelForValue(t), area.left), area.right);
        const py = y.getPixelForValue(value);
        if (i) ctx.lineTo(px, y.getPixelForValue(points[i - 1][1]));
        else ctx.moveTo(area.left, py);
        ctx.lineTo(px, py);
      });
      ctx.lineTo(area.right, at);
      ctx.stroke();
    }
    ctx.textBaseline = 'bottom';
    ctx.fillText(inside ? text : `↑ ${text}`, area.left + 6, (inside ? at : area.top + 16) - 3);
    ctx.restore();
  },
};

const cursorLine = {
  id: 'cursorLine',
  afterDatasetsDraw(chart, _args, { index, ink }) {
    const point = index >= 0 && chart.getDatasetMeta(0).data[index];
    if (!point) return;
    const { ctx, chartArea: area } = chart;
    ctx.save();
    ctx.strokeStyle = ink;
    ctx.beginPath();
    ctx.moveTo(point.x, area.top);
    ctx.lineTo(point.x, area.bottom);
    ctx.stroke();
    ctx.restore();
  },
};

/* A sample between two gaps has no neighbour to draw a line to: it gets a dot. */
function lonely(context) {
  const { data } = context.dataset;
  const i = context.dataIndex;
  const there = (k) => Number.isFinite(data[k]?.y);
  return there(i) && !there(i - 1) && !there(i + 1) ? 1.5 : 0;
}

/* The points of a series, with a hole wherever samples are missing. */
export function pointsOf(data, values, factor = 100) {
  const pace = data.step || data.interval * 1000;
  const points = [];
  data.times.forEach((t, i) => {
    if (i && t - data.times[i - 1] > pace * 1.5)
      points.push({ x: (t + data.times[i - 1]) / 2, y: NaN });
    points.push({ x: t, y: values[i] === null ? NaN : values[i] * factor });
  });
  return points;
}

export function area(label, points, variable, below) {
  const ink = colour(variable);
  return {
    label,
    data: points,
    borderColor: ink,
    backgroundColor: ink,
    borderWidth: 1,
    fill: below ? '-1' : 'origin',
    stack: 'layers',
  };
}

/* A line is drawn over the areas and stacks on none of them. */
export function line(label, points, variable, dash) {
  return {
    label,
    data: points,
    borderColor: colour(variable),
    borderWidth: 1.5,
    borderDash: dash,
    fill: false,
    stack: label,
    order: -1,
  };
}

const percentTick = (value) => `${Number(value.toFixed(2))}\u202f%`.replace('-', '−');

function options(plot) {
  const text = colour('--muted');
  const rule = colour('--rule');
  const size = { font: FONT, color: text };
  return {
    animation: false,
    responsive: true,
    maintainAspectRatio: false,
    parsing: false,
    normalized: true,
    spanGaps: false,
    interaction: { mode: 'index', intersect: false },
    layout: { padding: { top: plot.small ? 2 : 6, right: 4 } },
    elements: { point: { radius: lonely, hitRadius: 0, hoverRadius: 0 }, line: { tension: 0 } },
    onHover: (_event, found) => plot.onCursor?.(found.length ? found[0].index : -1),
    scales: {
      x: {
        type: 'linear',
        min: plot.from,
        max: plot.to,
        grid: { color: rule, drawTicks: false, borderColor: rule },
        ticks: {
          ...size,
          padding: 6,
          maxRotation: 0,
          autoSkip: false,
          callback: (value) => tickText(value, plot.to - plot.from),
        },
        afterBuildTicks: (axis) => {
          const most = Math.max(2, Math.floor((axis.width || 600) / 76));
          axis.ticks = ticks(plot.from, plot.to, most).map((value) => ({ value }));
        },
      },
      y: {
        stacked: plot.stacked,
        min: plot.min,
        max: plot.max,
        suggestedMin: plot.suggestedMin,
        suggestedMax: plot.suggestedMax,
        afterFit: (axis) => {
          axis.width = plot.axis ?? (plot.mini ? 44 : 52);
        },
        grid: { color: rule, drawTicks: false, borderColor: rule },
        ticks: {
          ...size,
          padding: 6,
          includeBounds: false,
          maxTicksLimit: plot.small ? 3 : 7,
          callback: plot.tick ?? percentTick,
        },
      },
    },
    plugins: {
      legend: { display: false },
      tooltip: { enabled: false },
      gapBands: { gaps: plot.gaps, pace: plot.pace ?? 0, ink: colour('--gap'), text },
      capacityLine: { points: plot.capacity, text: plot.capacityText, ink: colour('--ink') },
      cursorLine: { index: plot.cursor ?? -1, ink: colour('--ink') },
    },
  };
}

/* Draws a plot on a canvas; again on the same canvas to renew it.
 *   plot: {datasets, from, to, stacked, min, max, suggestedMax, gaps, capacity, capacityText,
 *          pace, cursor, onCursor(index), small, mini, tick(value), axis: width in pixels} */
export function draw(canvas, plot) {
  const chart = window.Chart.getChart(canvas);
  const data = { datasets: plot.datasets };
  if (!chart) {
    return new window.Chart(canvas, {
      type: 'line',
      data,
      options: options(plot),
      plugins: [gapBands, capacityLine, cursorLine],
    });
  }
  chart.data = data;
  chart.options = options(plot);
  chart.update('none');
  return chart;
}

export function moveCursor(canvas, index) {
  const chart = window.Chart.getChart(canvas);
  if (!chart || chart.options.plugins.cursorLine.index === index) return;
  chart.options.plugins.cursorLine.index = index;
  chart.draw();
}

export function erase(canvas) {
  window.Chart.getChart(canvas)?.destroy();
}
