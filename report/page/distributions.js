// @ts-check

// All answers of a leg together: by percentile, and as a histogram.

/**
 * A chart of all legs, each with its points.
 * @typedef {{title: string, of: 'curve' | 'bars', x: uPlot.Scale, y: uPlot.Scale, steps?: boolean,
 *   marks: (low: number, high: number) => number[], xText: (v: number) => string, yText: (v: number) => string}} Distribution
 */

/** @returns {HTMLElement[]} */
function distributions() {
  const scale = held.times;
  const time = (/** @type {number} */ ms) => String(Number((ms * scale.factor).toPrecision(3)));
  const deepest = Math.max(1, ...legs().flatMap((leg) => leg.curve.map(([nines]) => nines)));
  const nines = Array.from({length: Math.floor(deepest)}, (_, i) => i + 1);
  /** The share of the answers up to x nines. @param {number} x */
  const share = (x) => Number((100 * (1 - 10 ** -x)).toFixed(Math.ceil(x))) + '\u202f%';
  return [
    ...together({title: 'answers by how long they took at most (' + scale.sign + ', logarithmic; each nine more has the same room)', of: 'curve',
      x: {range: [0, deepest * 1.02]}, y: {distr: 3}, marks: () => [Math.log10(2), ...nines], xText: share, yText: time}),
    ...together({title: 'how many answers took how long (' + scale.sign + ', logarithmic)', of: 'bars', steps: true,
      x: {distr: 3}, y: {range: (_u, _min, max) => [0, max * 1.06]}, marks: decades, xText: time, yText: digits}),
  ];
}

/** @param {Leg} leg */
const dash = (leg) => dashOf(chosen.round === 0 ? held.rounds.indexOf(leg.round) : leg.target);

/** @param {Distribution} d @returns {HTMLElement[]} one, or none where there is nothing to draw */
function together(d) {
  const all = legs().filter((leg) => leg[d.of].length > 2);
  if (all.length === 0) return [];
  const box = element('div', {class: 'chart'}), key = element('p', {class: 'key'}, element('b', {}, '\u00a0'), ...all.map((leg) =>
    element('span', {}, swatch({width: 2.2, dash: dash(leg)}, leg.color), nameOf(leg), ' ', element('b'))));
  return [panel(d.title, key, box, () => drawTogether(d, all, box, [...key.querySelectorAll('b')]))];
}

/** @param {Distribution} d @param {Leg[]} all @param {HTMLElement} box @param {HTMLElement[]} values where those at the cursor go, x first */
function drawTogether(d, all, box, values) {
  const axis = look();
  const tables = all.map((leg) => /** @type {uPlot.AlignedData} */ ([leg[d.of].map(([x]) => x), leg[d.of].map(([, y]) => y)]));
  const plot = new uPlot({
    width: box.clientWidth, height: 280, padding: [10, 20, 0, 0], legend: {show: false},
    cursor: {drag: {x: false, y: false}, points: {size: 7}},
    scales: {x: {time: false, ...d.x}, y: d.y},
    axes: [
      {...axis, size: 28, splits: (_u, _i, low, high) => d.marks(low, high), filter: (_, marks) => marks, values: (_, marks) => marks.map(d.xText)},
      {...axis, size: 56, ...d.y.distr === 3 && logarithmic, values: (_, marks) => marks.map(d.yText)},
    ],
    series: [{}, ...all.map((leg) => ({
      stroke: color(leg.color), width: 2.2, dash: dash(leg), spanGaps: true, points: {show: false},
      fill: d.steps ? color(leg.color) + '22' : undefined, paths: d.steps ? uPlot.paths.stepped?.({align: 1}) : undefined,
    }))],
    hooks: {setCursor: [(u) => {
      const i = u.cursor.idx;
      if (i === null || i === undefined) return;
      u.data.forEach((column, n) => { const v = column[i]; values[n].textContent = v === null || v === undefined ? '–' : (n === 0 ? d.xText : d.yText)(v); });
    }]},
  }, uPlot.join(tables), box);
  charts.push({plot, box});
}

/** Begins: the last of the scripts. */
(() => {
  if (!place || held.legs.length === 0) return;
  place.append(controls(), element('div', {class: 'beside'}, grid,
    element('div', {class: 'values', tabindex: '0', role: 'region', 'aria-label': 'values at the cursor'}, reading)), said);
  document.documentElement.classList.add('live');
  let width = 0;
  new ResizeObserver(() => {
    if (grid.clientWidth === width) return;
    width = grid.clientWidth;
    for (const {plot, box} of charts) plot.setSize({width: box.clientWidth, height: plot.height});
  }).observe(grid);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', rebuild);
  rebuild();
})();
