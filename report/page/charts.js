// @ts-check

// The charts over time. The page is complete without them: then the still figures stand where
// they would.

/** What is drawn; those over time read a second's values, and tell all. @type {{plot: uPlot, box: HTMLElement, read?: (second: number | null) => void, data?: () => uPlot.AlignedData}[]} */
let charts = [];

const grid = element('div', {class: 'grid'});

/** How every axis looks. */
const look = () => ({
  font: '12px system-ui, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif', stroke: color('ink'),
  grid: {stroke: color('rule'), width: 1}, ticks: {stroke: color('rule'), width: 1, size: 4},
});

/** The marks of an axis on which each power of ten has the same room, 0 among them. @type {uPlot.Axis} */
const spread = {splits: (_u, _i, _low, high) => [0, ...decades(1, Math.max(1, high)).filter((v) => /^[15]/.test(String(v)))], filter: (_, marks) => marks};
/** The marks of a logarithmic axis. @type {uPlot.Axis} */
const logarithmic = {splits: (_u, _i, low, high) => decades(low, high), filter: (_, marks) => marks};
/** The distances of marks in time, in seconds. */
const instants = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400];

/** The range of a chart's values, the same for all targets. @param {Kind} kind @returns {[number, number]} */
function range(kind) {
  const [from, to] = chosen.zoomed || [0, Infinity];
  let low = Infinity, high = 0;
  for (const leg of legs()) for (const {key} of lines(kind)) for (const v of (leg.columns[key] || []).slice(Math.floor(from), to)) {
    if (v === null || v <= 0) continue;
    if (v > high) high = v;
    if (v < low) low = v;
  }
  if (high === 0) low = high = 1;
  if (kind.unit === 'time' && chosen.log) return [low / 1.2, high * 1.2];
  if (kind.wide) return [0, high * 1.2];
  return [0, kind.unit === 'share' ? Math.max(high, 10) * 1.05 : high * 1.06];
}

/**
 * The lines of a chart. Where legs share it, colours tell targets or runs apart and dashes the
 * lines; rounds of a target have one colour, so dashes tell them apart and widths the lines.
 * @param {Kind} kind @param {Leg[]} legs
 */
const drawn = (kind, legs) => legs.flatMap((leg) => lines(kind).map((line) => ({
  leg, line, column: leg.columns[line.key] || [],
  stroke: legs.length === 1 && line.color || leg.color, dash: chosen.round === 0 ? dashOf(held.rounds.indexOf(leg.round)) : line.dash,
})));

/** @param {Kind} kind @param {Leg[]} legs @param {HTMLElement} box @param {(second: number | null) => void} read */
function draw(kind, legs, box, read) {
  const axis = look(), log = kind.unit === 'time' && chosen.log;
  const seconds = () => Math.max(...legs.map((leg) => leg.seconds));
  const shown = drawn(kind, legs), data = () => /** @type {uPlot.AlignedData} */ ([Array.from({length: seconds()}, (_, i) => i + 0.5), ...shown.map(({column}) => column)]);
  const plot = new uPlot({
    width: box.clientWidth, height: kind.tall ? 260 : 150,
    padding: [10, 24, 0, 0],
    legend: {show: false},
    cursor: {y: false, drag: {x: true, y: false, setScale: false}, points: {size: 7}},
    scales: {
      x: {time: false, range: () => chosen.zoomed || [0, whole()]},
      y: {distr: log ? 3 : kind.wide ? 4 : 1, range: () => range(kind)},
    },
    axes: [
      {...axis, size: 28, incrs: instants, values: (_, marks) => marks.map(clock)},
      {...axis, size: 56, ...log ? logarithmic : kind.wide && spread, values: (_, marks) => ticked(kind.scale, marks)},
    ],
    series: [{}, ...shown.map(({leg, line, stroke, dash}) => ({
      stroke: color(stroke), width: line.width, dash,
      fill: line.fill && legs.length === 1 ? color(leg.color) + '33' : undefined,
      points: {show: () => seconds() === 1 || seconds() <= 120 && kind.tall === true && line === kind.lines[0], size: 5},
    }))],
    hooks: {
      setCursor: [follow], setSelect: [zoomTo],
      drawAxes: [(u) => legs.forEach((leg) => bands(u, kind, leg))],
      draw: [(u) => legs.forEach((leg) => marks(u, leg))],
    },
  }, data(), box);
  charts.push({plot, box, read, data});
  box.addEventListener('keydown', (e) => steer(plot, kind, legs, e));
  plot.over.addEventListener('dblclick', () => zoom(null));
  plot.over.addEventListener('mouseleave', () => point(null));
}

/**
 * Draws the 95 % interval of a leg's percentile across the chart. An end beyond the chart, or
 * one that is not bounded, is an arrow.
 * @param {uPlot} u @param {Kind} kind @param {Leg} leg
 */
function bands(u, kind, leg) {
  const {left, top, width, height} = u.bbox, size = 5 * devicePixelRatio;
  for (const line of lines(kind)) {
    if (!leg.bands[line.key]) continue;
    const [from, to] = leg.bands[line.key].map((v, i) => v === null ? [Infinity, -Infinity][i] : u.valToPos(v, 'y', true));
    const low = Math.min(from, top + height), high = Math.max(to, top);
    if (high >= top + height || low <= top) continue;
    u.ctx.save();
    u.ctx.fillStyle = color(leg.color);
    u.ctx.globalAlpha = 0.16;
    u.ctx.fillRect(left, high, width, Math.max(1, low - high));
    u.ctx.globalAlpha = 0.7;
    const arrow = (/** @type {number} */ tip, /** @type {number} */ shaft) => u.ctx.fill(new Path2D(`M${left + width - 2 * size} ${tip}l${-size} ${shaft}h${2 * size}z`));
    if (from > low) arrow(low, -1.6 * size);
    if (to < high) arrow(high, 1.6 * size);
    u.ctx.restore();
  }
}

/** Draws what happened to the leg as lines with the numbers of the list. @param {uPlot} u @param {Leg} leg */
function marks(u, leg) {
  const {left, top, width, height} = u.bbox, ratio = devicePixelRatio;
  leg.marks.forEach((mark, i) => {
    const x = Math.round(u.valToPos(mark.at, 'x', true));
    if (x < left || x > left + width) return;
    u.ctx.save();
    u.ctx.strokeStyle = u.ctx.fillStyle = color('bad');
    u.ctx.lineWidth = ratio;
    u.ctx.setLineDash([4 * ratio, 3 * ratio]);
    u.ctx.stroke(new Path2D(`M${x} ${top}v${height}`));
    u.ctx.font = 'bold ' + 11 * ratio + 'px sans-serif';
    u.ctx.textAlign = x > left + width / 2 ? 'right' : 'left';
    u.ctx.fillText(' ' + (i + 1) + ' ', x, top + (10 + i % 3 * 12) * ratio); // events of one instant beside each other
    u.ctx.restore();
  });
}

/** The key of a chart, which is also where it writes the values of a second. @param {Kind} kind @param {Leg[]} legs */
function keyOf(kind, legs) {
  const key = element('p', {class: 'key'});
  const entries = drawn(kind, legs).map(({leg, line, column, stroke, dash}) => {
    const text = element('b'), who = legs.length > 1 ? (partOf(leg) || nameOf(leg)) + ' ' : '';
    key.append(element('span', {}, swatch({width: line.width, dash}, stroke), who + line.title, ' ', text));
    return {text, column};
  });
  /** @param {number | null} i */
  const read = (i) => { for (const {text, column} of entries) text.textContent = i === null ? '' : written(kind.scale, column[i]); };
  return {key, read};
}

/** A chart with its title, drawn once it comes near the window: a page may have many. @param {string} title @param {HTMLElement} key @param {HTMLElement} box @param {() => void} make */
function panel(title, key, box, make) {
  new IntersectionObserver((entries, near) => {
    if (!entries.some((e) => e.isIntersecting)) return;
    near.disconnect();
    make();
  }, {rootMargin: '600px'}).observe(box);
  return element('div', {class: 'panel'}, element('h3', {}, title), key, box);
}

/** Makes all charts anew, by what is chosen. */
function rebuild() {
  for (const {plot} of charts) plot.destroy();
  charts = [];
  back.hidden = chosen.zoomed === null;
  const all = groups();
  grid.style.setProperty('--columns', String(Math.min(2, all.length)));
  grid.parentElement?.classList.toggle('many', legs().length > 2);
  grid.replaceChildren(...kinds.filter((kind) => lines(kind).length > 0).flatMap((kind) => all.map((legs) => {
    const who = legs.length === 1 ? nameOf(legs[0]) : partOf(legs[0]) ? held.targets[legs[0].target] : 'all targets';
    const box = element('div', {class: 'chart', tabindex: '0', role: 'application',
      'aria-label': kind.title + ' of ' + who + ': arrow keys move the cursor, plus and minus zoom, escape shows all'});
    const {key, read} = keyOf(kind, legs);
    const unit = [kind.scale.sign === '/s' ? '' : kind.scale.sign, kind.unit === 'time' && chosen.log || kind.wide ? 'logarithmic' : ''].filter(Boolean).join(', ');
    return panel(who + ': ' + kind.title + (unit && ' (' + unit + ')'), key, box, () => draw(kind, legs, box, read));
  })), ...distributions(), happened());
  tell(null);
}
