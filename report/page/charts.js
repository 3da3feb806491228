// @ts-check
'use strict';

// The charts of a report, and what helps to read its tables. The page is complete without
// this script: then the still figures stand where the charts would.
(() => {
  /**
   * A column is one value for every second; a single number stands for a column of which
   * every value is the same.
   * @typedef {number | (number | null)[]} Column
   * @typedef {{at: number, text: string}} Mark
   * @typedef {{target: number, round: number, label: string, count: number, end: number, begins?: number[],
   *   columns: Record<string, Column>, bands?: Record<string, [number | null, number | null]>,
   *   marks?: Mark[], curve?: [number, number][], bars?: [number, number, number][]}} Leg
   * @typedef {{measure: string, targets: string[], rounds: number[], legs: Leg[]}} Run
   * @typedef {{key: string, title: string, color: string, width?: number, dash?: number[], fill?: boolean, off?: boolean}} Line
   * @typedef {{key: string, title: string, unit: 'time' | 'rate' | 'count' | 'share', lines: Line[], level?: boolean}} Kind
   * @typedef {{plot: uPlot, kind: Kind, leg: Leg, box: HTMLElement}} Chart
   */

  const source = document.getElementById('series');
  const place = document.getElementById('charts');
  if (!source || !place || typeof uPlot === 'undefined') return;
  /** @type {Run} */
  const run = JSON.parse(source.textContent || '{}');
  if (!run.legs || run.legs.length === 0) return;

  /** The kinds of charts over time, from the top of the page to its end. @type {Kind[]} */
  const kinds = [
    {key: 'times', title: run.measure, unit: 'time', lines: [
      {key: 'max', title: 'max', color: 'dim', width: 1.2, dash: [2, 3], off: true},
      {key: 'p99', title: 'p99', color: 'plum', width: 1.8, dash: [8, 3, 2, 3]},
      {key: 'p95', title: 'p95', color: 'red', width: 1.8, dash: [7, 3]},
      {key: 'p50', title: 'median', color: 'blue', width: 2.2},
    ]},
    {key: 'rates', title: 'requests per second', unit: 'rate', lines: [
      {key: 'due', title: 'due', color: 'dim', width: 1.2, dash: [2, 3]},
      {key: 'success', title: 'successes', color: 'blue', width: 1.8, fill: true},
    ]},
    {key: 'failures', title: 'failures per second', unit: 'rate', lines: [
      {key: 'http_4xx', title: 'HTTP 4xx', color: 'orange', width: 1.8, dash: [8, 3, 2, 3]},
      {key: 'http_5xx', title: 'HTTP 5xx', color: 'red', width: 1.8},
      {key: 'unexpected', title: 'unexpected answer', color: 'plum', width: 1.8, dash: [7, 3]},
      {key: 'timeout', title: 'timeout', color: 'blue', width: 1.8, dash: [2, 3]},
      {key: 'network', title: 'network error', color: 'green', width: 1.8, dash: [12, 3]},
    ]},
    {key: 'clients', title: 'clients and requests in flight', unit: 'count', level: true, lines: [
      {key: 'active', title: 'active clients', color: 'blue', width: 1.6, fill: true},
      {key: 'in_flight', title: 'in flight', color: 'plum', width: 1.4, dash: [7, 3]},
    ]},
    {key: 'generator', title: 'the generator itself', unit: 'share', lines: [
      {key: 'cpu', title: 'CPU of its machine', color: 'green', width: 1.6},
    ]},
  ];

  /** What the reader has chosen. */
  const chosen = {round: run.rounds[0], log: false, /** @type {Set<string>} */ off: new Set()};
  for (const k of kinds) for (const l of k.lines) if (l.off) chosen.off.add(l.key);

  /** @type {Chart[]} */
  let charts = [];
  /** The seconds that all charts show; null for all there are. @type {[number, number] | null} */
  let zoomed = null;
  let busy = false; // charts follow each other, and none leads while it follows

  /** @param {string} name @returns {string} the value of a colour of the style sheet */
  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim() || '#888';

  /** How every axis looks. */
  const look = () => ({
    font: '12px system-ui, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif', stroke: color('ink'),
    grid: {stroke: color('rule'), width: 1}, ticks: {stroke: color('rule'), width: 1, size: 4},
  });

  /**
   * @template {keyof HTMLElementTagNameMap} T
   * @param {T} tag @param {Record<string, string>} [attributes] @param {(Node | string)[]} children
   * @returns {HTMLElementTagNameMap[T]}
   */
  function element(tag, attributes = {}, ...children) {
    const e = document.createElement(tag);
    for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
    e.append(...children);
    return e;
  }

  // ---- values ---------------------------------------------------------------

  /** @param {Leg} leg @param {number} i @returns {number} when second i began */
  const begin = (leg, i) => (leg.begins ? leg.begins[i] : i);
  /** @param {Leg} leg @param {number} i @returns {number} when second i ended */
  const end = (leg, i) => (i === leg.count - 1 ? leg.end : begin(leg, i) + 1);

  /** @param {Leg} leg @param {string} key @param {number} i @returns {number | null} */
  function value(leg, key, i) {
    const c = leg.columns[key];
    const v = Array.isArray(c) ? c[i] : c;
    return v === undefined ? null : v;
  }

  /**
   * What a chart draws of second i. A count of the last second, which is shorter, is drawn
   * per second, and not at all where half a second would have to stand for a whole one.
   * @param {Kind} kind @param {Leg} leg @param {string} key @param {number} i @returns {number | null}
   */
  function drawn(kind, leg, key, i) {
    const v = value(leg, key, i);
    if (v === null || kind.unit !== 'rate') return v;
    const lasted = end(leg, i) - begin(leg, i);
    return lasted < 0.5 ? null : v / lasted;
  }

  const highest = Math.max(0, ...run.legs.map((l) => top(l, ['p99', 'p95', 'p50'])));
  /** The unit of every time of the page, so that no two charts differ. */
  const time = highest >= 2000 ? {unit: 's', factor: 0.001} : highest >= 2 ? {unit: 'ms', factor: 1} : {unit: 'µs', factor: 1000};

  /** @param {Leg} leg @param {string[]} keys @returns {number} */
  function top(leg, keys) {
    let most = 0;
    for (const key of keys) {
      const c = leg.columns[key];
      if (!Array.isArray(c)) most = Math.max(most, c || 0);
      else for (const v of c) if (v !== null && v > most) most = v;
    }
    return most;
  }

  /** @param {number} v @returns {string} three digits */
  function digits(v) {
    if (v === 0) return '0';
    const a = Math.abs(v);
    const s = a >= 100 ? Math.round(v).toString() : v.toPrecision(3);
    return s.replace(/\B(?=(\d{3})+(?!\d))(?<!\.\d*)/g, '\u202f');
  }

  /** @param {Kind['unit']} unit @param {number | null} v @returns {string} */
  function written(unit, v) {
    if (v === null || Number.isNaN(v)) return '–';
    if (unit === 'time') return digits(v * time.factor) + ' ' + time.unit;
    if (unit === 'share') return digits(v * 100) + ' %';
    if (unit === 'rate') return digits(v) + '/s';
    return digits(v);
  }

  /** The marks of an axis, all with as many decimals. @param {Kind} kind @param {(number | null)[]} ticks @returns {string[]} */
  function ticked(kind, ticks) {
    const factor = kind.unit === 'time' ? time.factor : kind.unit === 'share' ? 100 : 1;
    const values = ticks.map((v) => v === null ? null : Number((v * factor).toPrecision(6)));
    const decimals = Math.max(0, ...values.map((v) => v === null ? 0 : (String(v).split('.')[1] || '').length));
    return values.map((v) => v === null ? '' : v >= 1000 ? digits(v) : chosen.log && kind.unit === 'time' ? String(v) : v.toFixed(decimals));
  }

  /** @param {number} s @returns {string} an instant of the leg */
  function clock(s) {
    if (s < 60) return (Number.isInteger(s) ? s : s.toFixed(1)) + ' s';
    const h = Math.floor(s / 3600), m = Math.floor(s / 60) % 60, rest = Math.floor(s % 60);
    const two = (/** @type {number} */ n) => n.toString().padStart(2, '0');
    return h > 0 ? h + ':' + two(m) + ':' + two(rest) : m + ':' + two(rest);
  }

  // ---- charts ---------------------------------------------------------------

  const legs = () => run.legs.filter((l) => l.round === chosen.round);
  /** @param {Kind} kind @returns {Line[]} */
  const lines = (kind) => kind.lines.filter((l) => run.legs.some((leg) => top(leg, [l.key]) > 0));

  /** The range of a chart's values, the same for all targets. @param {Kind} kind @returns {[number, number]} */
  function range(kind) {
    let low = Infinity, high = 0;
    for (const leg of legs()) {
      for (const line of lines(kind)) {
        if (chosen.off.has(line.key)) continue;
        for (let i = 0; i < leg.count; i++) {
          if (zoomed && (end(leg, i) < zoomed[0] || begin(leg, i) > zoomed[1])) continue;
          const v = drawn(kind, leg, line.key, i);
          if (v === null) continue;
          if (v > high) high = v;
          if (v > 0 && v < low) low = v;
        }
      }
    }
    if (high === 0) high = 1;
    if (kind.unit === 'time' && chosen.log) return [Math.min(low, high) / 1.2, high * 1.2];
    return [0, kind.unit === 'share' ? Math.max(high, 0.1) * 1.05 : high * 1.06];
  }

  /** @param {Kind} kind @param {Leg} leg @param {HTMLElement} box */
  function draw(kind, leg, box) {
    const shown = lines(kind);
    const at = [], data = shown.map(() => /** @type {(number | null)[]} */ ([]));
    for (let i = 0; i < leg.count; i++) {
      at.push((begin(leg, i) + end(leg, i)) / 2);
      shown.forEach((line, n) => data[n].push(drawn(kind, leg, line.key, i)));
    }
    const axis = look();
    const sparse = leg.count <= 120;
    const plot = new uPlot({
      width: box.clientWidth, height: kind.key === 'times' ? 260 : 150,
      padding: [10, 10, 0, 0],
      legend: {show: false},
      cursor: {y: false, drag: {x: true, y: false, setScale: false}, points: {size: 7}},
      scales: {
        x: {time: false, range: () => zoomed || [0, Math.max(...legs().map((l) => l.end))]},
        y: {distr: kind.unit === 'time' && chosen.log ? 3 : 1, range: () => range(kind)},
      },
      axes: [
        {...axis, size: 28, values: (_, ticks) => ticks.map(clock)},
        {...axis, size: 56, values: (_, ticks) => ticked(kind, ticks)},
      ],
      series: [{}, ...shown.map((line) => ({
        label: line.title, show: !chosen.off.has(line.key), stroke: color(line.color), width: line.width, dash: line.dash,
        fill: line.fill ? color(line.color) + '22' : undefined,
        paths: kind.level && uPlot.paths.stepped && sparse ? uPlot.paths.stepped({align: 1}) : undefined,
        points: {show: sparse && kind.unit === 'time' && line.key === 'p50', size: 4},
      }))],
      hooks: {
        setCursor: [(u) => follow(u)],
        setSelect: [(u) => zoomTo(u)],
        drawAxes: [(u) => bands(u, kind, leg)],
        draw: [(u) => marks(u, leg)],
      },
    }, [at, ...data], box);
    const chart = {plot, kind, leg, box};
    charts.push(chart);
    box.addEventListener('keydown', (e) => steer(chart, e));
    plot.over.addEventListener('dblclick', () => zoom(null));
    plot.over.addEventListener('mouseleave', () => point(null));
  }

  /** Draws the 95 % interval of a leg's percentile across it. @param {uPlot} u @param {Kind} kind @param {Leg} leg */
  function bands(u, kind, leg) {
    for (const line of kind.lines) {
      const band = leg.bands && leg.bands[line.key];
      if (!band || chosen.off.has(line.key) || band[0] === null || band[1] === null) continue;
      const {left, width} = u.bbox, from = u.valToPos(band[1], 'y', true), to = u.valToPos(band[0], 'y', true);
      u.ctx.save();
      u.ctx.globalAlpha = 0.16;
      u.ctx.fillStyle = color(line.color);
      u.ctx.fillRect(left, from, width, Math.max(1, to - from));
      u.ctx.restore();
    }
  }

  /** Draws what happened to the leg. @param {uPlot} u @param {Leg} leg */
  function marks(u, leg) {
    for (const m of leg.marks || []) {
      const x = Math.round(u.valToPos(m.at, 'x', true));
      if (x < u.bbox.left || x > u.bbox.left + u.bbox.width) continue;
      u.ctx.save();
      u.ctx.strokeStyle = color('bad');
      u.ctx.lineWidth = devicePixelRatio;
      u.ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
      u.ctx.beginPath();
      u.ctx.moveTo(x, u.bbox.top);
      u.ctx.lineTo(x, u.bbox.top + u.bbox.height);
      u.ctx.stroke();
      u.ctx.restore();
    }
  }

  // ---- the cursor -----------------------------------------------------------

  /** @param {uPlot} u */
  function follow(u) {
    if (busy) return;
    const i = u.cursor.idx;
    if (i !== null && i !== undefined && (u.cursor.left || 0) >= 0) point(u.data[0][i], u);
  }

  /** Puts the cursor of every chart on an instant of its leg. @param {number | null} at @param {uPlot} [from] */
  function point(at, from) {
    busy = true;
    for (const {plot} of charts) {
      if (plot === from) continue;
      plot.setCursor({left: at === null ? -10 : plot.valToPos(at, 'x'), top: 0}, false);
    }
    busy = false;
    tell(at);
  }

  /** Writes down what the charts show at an instant, or where to point. @param {number | null} at */
  function tell(at) {
    const head = element('tr', {}, element('th', {scope: 'col'}, at === null ? 'no second chosen' : clock(Math.floor(at)) + ' – ' + clock(Math.floor(at) + 1)),
      ...legs().map((l) => element('th', {scope: 'col', class: 'right'}, run.targets[l.target])));
    const rows = [];
    for (const kind of kinds) {
      for (const line of lines(kind)) {
        if (chosen.off.has(line.key)) continue;
        rows.push(element('tr', {}, element('th', {scope: 'row'}, swatch(line), line.title),
          ...legs().map((leg) => {
            let i = at === null ? -1 : Math.floor(at);
            if (leg.begins && at !== null) i = leg.begins.findIndex((b, n) => b <= at && at < end(leg, n));
            return element('td', {class: 'right'}, i < 0 || i >= leg.count ? '–' : written(kind.unit, drawn(kind, leg, line.key, i)));
          })));
      }
    }
    reading.replaceChildren(element('thead', {}, head), element('tbody', {}, ...rows));
  }

  /** @param {Line} line @returns {HTMLElement} a sample of a line */
  function swatch(line) {
    const e = element('span', {class: 'swatch', 'aria-hidden': 'true'});
    e.style.borderTop = Math.max(2, line.width || 2) + 'px ' + (line.dash ? 'dashed' : 'solid') + ' ' + color(line.color);
    return e;
  }

  // ---- zoom -----------------------------------------------------------------

  /** Shows what the reader has dragged over. @param {uPlot} u */
  function zoomTo(u) {
    const {left, width} = u.select;
    if (width === 0) return;
    u.setSelect({left: 0, top: 0, width: 0, height: 0}, false);
    zoom([u.posToVal(left, 'x'), u.posToVal(left + width, 'x')]);
  }

  /** @param {[number, number] | null} to the seconds to show; null for all */
  function zoom(to) {
    const whole = Math.max(...legs().map((l) => l.end));
    if (to && (to[1] - to[0] >= whole || to[1] - to[0] < 1)) to = null;
    if (to) to = [Math.max(0, to[0]), Math.min(whole, to[1])];
    if (JSON.stringify(to) === JSON.stringify(zoomed)) return;
    zoomed = to;
    busy = true;
    for (const {plot} of charts) {
      const [min, max] = to || [0, whole];
      plot.setScale('x', {min, max});
    }
    busy = false;
    back.hidden = to === null;
    said.textContent = to ? 'shown: ' + clock(to[0]) + ' to ' + clock(to[1]) : 'shown: all';
  }

  /** @param {Chart} chart @param {KeyboardEvent} e */
  function steer(chart, e) {
    const {plot, leg} = chart;
    const [from, to] = zoomed || [0, Math.max(...legs().map((l) => l.end))];
    const i = plot.cursor.idx === null || plot.cursor.idx === undefined ? -1 : plot.cursor.idx;
    const step = e.shiftKey ? 10 : 1;
    /** @type {Record<string, () => void>} */
    const keys = {
      ArrowRight: () => move(i + step), ArrowLeft: () => move(i - step),
      Home: () => move(0), End: () => move(leg.count - 1),
      '+': () => zoom([from + (to - from) / 4, to - (to - from) / 4]),
      '-': () => zoom([from - (to - from) / 2, to + (to - from) / 2]),
      Escape: () => zoom(null),
    };
    if (!keys[e.key] || e.ctrlKey || e.metaKey || e.altKey) return;
    e.preventDefault();
    keys[e.key]();

    /** @param {number} to */
    function move(to) {
      to = Math.min(leg.count - 1, Math.max(0, to));
      const at = (begin(leg, to) + end(leg, to)) / 2;
      if (zoomed && (at < zoomed[0] || at > zoomed[1])) {
        const half = (zoomed[1] - zoomed[0]) / 2;
        zoom([at - half, at + half]);
      }
      point(at);
      said.textContent = leg.label + ', ' + clock(Math.floor(at)) + ': ' + lines(chart.kind)
        .filter((l) => !chosen.off.has(l.key)).map((l) => l.title + ' ' + written(chart.kind.unit, drawn(chart.kind, leg, l.key, to))).join(', ');
    }
  }

  // ---- the controls ---------------------------------------------------------

  const reading = element('table', {class: 'reading'});
  const said = element('output', {class: 'visually-hidden'});
  const back = element('button', {type: 'button', hidden: ''}, 'show all');
  back.addEventListener('click', () => zoom(null));
  const grid = element('div', {class: 'grid'});

  function controls() {
    const bar = element('div', {class: 'controls'});
    if (run.rounds.length > 1) {
      const select = element('select', {}, ...run.rounds.map((r) => element('option', {value: String(r)}, 'round ' + r)));
      select.addEventListener('change', () => { chosen.round = Number(select.value); zoomed = null; rebuild(); });
      bar.append(element('label', {}, 'Legs of ', select));
    }
    const log = element('input', {type: 'checkbox'});
    log.addEventListener('change', () => { chosen.log = log.checked; rebuild(); });
    bar.append(element('label', {}, log, ' logarithmic times'));
    for (const line of lines(kinds[0])) {
      const box = element('input', {type: 'checkbox'});
      box.checked = !chosen.off.has(line.key);
      box.addEventListener('change', () => {
        if (box.checked) chosen.off.delete(line.key); else chosen.off.add(line.key);
        rebuild();
      });
      bar.append(element('label', {}, box, ' ', swatch(line), line.title));
    }
    bar.append(back);
    return bar;
  }

  // ---- distributions ----------------------------------------------------------

  /** Colours of targets, the same in every chart. */
  const targetLines = [
    {color: 'blue', width: 2.2}, {color: 'orange', width: 2.2, dash: [9, 4]}, {color: 'plum', width: 2.2, dash: [2, 3]},
    {color: 'green', width: 2.2, dash: [12, 4, 2, 4]}, {color: 'red', width: 2, dash: [5, 3]},
  ];

  /** The axis of shares: each nine more has the same room. @param {number} x @returns {string} */
  const share = (x) => x === 0 ? '0' : digits(Number((100 * (1 - 10 ** -x)).toPrecision(6))) + ' %';

  /**
   * Draws all legs' distributions in one chart: each leg's points by x, joined on the x of all.
   * @param {HTMLElement} box
   * @param {(leg: Leg) => [number, number][]} points of x and milliseconds or counts
   * @param {{x: uPlot.Scale, y: uPlot.Scale, xValue: (v: number) => string, yValue: (v: number) => string, splits?: number[], steps: boolean}} how
   */
  function together(box, points, how) {
    const axis = look();
    const tables = legs().map((leg) => {
      const p = points(leg);
      return /** @type {uPlot.AlignedData} */ ([p.map((v) => v[0]), p.map((v) => v[1])]);
    });
    const data = tables.length === 1 ? tables[0] : uPlot.join(tables);
    const plot = new uPlot({
      width: box.clientWidth, height: 280, padding: [10, 20, 0, 0], legend: {show: false},
      cursor: {drag: {x: false, y: false}, points: {size: 7}},
      scales: {x: {time: false, ...how.x}, y: how.y},
      axes: [
        {...axis, size: 28, splits: how.splits ? () => /** @type {number[]} */ (how.splits) : undefined, values: (_, ticks) => ticks.map((v) => v === null ? '' : how.xValue(v))},
        {...axis, size: 56, values: (_, ticks) => ticks.map((v) => v === null ? '' : how.yValue(v))},
      ],
      series: [{}, ...legs().map((leg) => {
        const line = targetLines[leg.target % targetLines.length];
        return {
          label: run.targets[leg.target], stroke: color(line.color), width: line.width, dash: line.dash, spanGaps: true, points: {show: false},
          fill: how.steps ? color(line.color) + '22' : undefined,
          paths: how.steps && uPlot.paths.stepped ? uPlot.paths.stepped({align: 1}) : undefined,
        };
      })],
      hooks: {setCursor: [(u) => {
        const i = u.cursor.idx;
        const told = box.nextElementSibling;
        if (told && i !== null && i !== undefined) {
          told.textContent = how.xValue(u.data[0][i]) + ': ' + legs().map((leg, n) => {
            const v = u.data[n + 1][i];
            return run.targets[leg.target] + ' ' + (v === null || v === undefined ? '–' : how.yValue(v));
          }).join(', ');
        }
      }]},
    }, data, box);
    others.push({plot, box});
  }

  /** @type {{plot: uPlot, box: HTMLElement}[]} */
  let others = [];

  /** The distributions of all targets, in two charts. @returns {HTMLElement[]} */
  function distributions() {
    const written = (/** @type {number} */ v) => digits(v * time.factor);
    const deepest = Math.max(1, ...legs().flatMap((l) => (l.curve || []).map((p) => -Math.log10(p[0] || 1))));
    const shares = [0, 0.30103, ...Array.from({length: Math.floor(deepest)}, (_, i) => i + 1)];
    const made = [];
    if (legs().some((l) => (l.curve || []).length > 2)) {
      made.push(titled('answers by how long they took at most (' + time.unit + '; each nine more has the same room)', (box) => together(box,
        (leg) => (leg.curve || []).filter((p) => p[0] > 0 && p[1] > 0).map((p) => [-Math.log10(p[0]), p[1]]),
        {x: {range: [0, deepest]}, y: {distr: 3}, xValue: share, yValue: written, splits: shares, steps: false})));
    }
    if (legs().some((l) => (l.bars || []).length > 2)) {
      made.push(titled('how many answers took how long (' + time.unit + ', logarithmic)', (box) => together(box,
        (leg) => (leg.bars || []).map((b) => [b[0], b[2]]),
        {x: {distr: 3}, y: {range: (_, _min, max) => [0, max * 1.06]}, xValue: written, yValue: digits, steps: true})));
    }
    return made;
  }

  /** @param {string} title @param {(box: HTMLElement) => void} make @returns {HTMLElement} */
  function titled(title, make) {
    const box = element('div', {class: 'chart'});
    const names = legs().flatMap((l) => [swatch({key: '', title: '', ...targetLines[l.target % targetLines.length]}), run.targets[l.target] + ' ']);
    waiting.set(box, () => make(box));
    near.observe(box);
    return element('div', {class: 'panel'}, element('h3', {}, title), element('p', {class: 'key'}, ...names), box, element('p', {class: 'key'}, '\u00a0'));
  }

  /** Makes a chart once its place comes near the window, for a page may have many. */
  const near = new IntersectionObserver((entries) => {
    for (const e of entries) {
      if (!e.isIntersecting) continue;
      near.unobserve(e.target);
      const make = waiting.get(e.target);
      waiting.delete(e.target);
      if (make) make();
    }
  }, {rootMargin: '600px'});
  /** @type {Map<Element, () => void>} */
  const waiting = new Map();

  function rebuild() {
    for (const c of [...charts, ...others]) c.plot.destroy();
    charts = [];
    others = [];
    waiting.clear();
    near.disconnect();
    grid.replaceChildren();
    grid.style.setProperty('--columns', String(Math.min(2, legs().length)));
    for (const kind of kinds) {
      if (lines(kind).length === 0) continue;
      for (const leg of legs()) {
        const box = element('div', {class: 'chart', tabindex: '0', role: 'application',
          'aria-label': kind.title + ' of ' + leg.label + ': arrow keys move the cursor, plus and minus zoom, escape shows all'});
        const unit = kind.unit === 'time' ? ' (' + time.unit + (chosen.log ? ', logarithmic)' : ')') : kind.unit === 'share' ? ' (%)' : '';
        grid.append(element('div', {class: 'panel'}, element('h3', {}, run.targets[leg.target] + ': ' + kind.title + unit), key(kind), box));
        waiting.set(box, () => draw(kind, leg, box));
        near.observe(box);
      }
    }
    grid.append(...distributions());
    tell(null);
  }

  /** @param {Kind} kind @returns {HTMLElement} the meaning of a chart's lines */
  function key(kind) {
    const shown = lines(kind).filter((l) => !chosen.off.has(l.key));
    return element('p', {class: 'key'}, ...shown.flatMap((l) => [swatch(l), l.title + ' ']));
  }

  let width = 0;
  new ResizeObserver(() => {
    if (grid.clientWidth === width) return;
    width = grid.clientWidth;
    for (const c of [...charts, ...others]) c.plot.setSize({width: c.box.clientWidth, height: c.plot.height});
  }).observe(grid);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', rebuild);

  place.append(controls(), element('div', {class: 'beside'}, grid, element('div', {class: 'values', tabindex: '0', role: 'region', 'aria-label': 'values at the cursor'}, reading)), said);
  document.documentElement.classList.add('live');
  rebuild();
})();
