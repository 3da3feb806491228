// @ts-check

// What the page holds of each second, and how its values are written.

/**
 * A column is a value for each second, null for none. As the page holds it, [n, value] stands
 * for n seconds of the same value.
 * @typedef {(number | null)[]} Column
 * @typedef {(number | null | [number, number | null])[]} Packed
 * @typedef {{run: number, target: number, round: number, label: string, seconds: number, end: number,
 *   columns: Record<string, Column>, bands: Record<string, [number | null, number | null]>,
 *   marks: {at: number, text: string}[], curve: [number, number][], bars: [number, number, number][]}} Leg
 * @typedef {{measure: string, targets: string[], requests: string[], rounds: number[], overlaid: boolean, legs: Leg[]}} Held
 * @typedef {{key: string, title: string, width: number, dash?: number[], color?: string, fill?: boolean}} Line
 * @typedef {{sign: string, factor: number}} Scale
 * @typedef {{title: string, unit: 'time' | 'rate' | 'count' | 'share', lines: Line[], tall?: boolean, scale: Scale}} Kind
 */

/** @type {Held} */
const held = JSON.parse(source.textContent || '');
for (const leg of held.legs) {
  for (const [key, packed] of Object.entries(/** @type {Record<string, any>} */ (leg.columns))) leg.columns[key] = unpacked(packed);
}

/** @param {Packed} packed @returns {Column} */
function unpacked(packed) {
  /** @type {Column} */
  const column = [];
  for (const v of packed) {
    if (Array.isArray(v)) for (let n = v[0]; n > 0; n--) column.push(v[1]);
    else column.push(v);
  }
  return column;
}

/** Colours in the order in which lines take them; targets have those of their own place. */
const colors = ['blue', 'orange', 'plum', 'green', 'red'];
const dashes = [undefined, [9, 4], [2, 3], [12, 4, 2, 4], [5, 3], [16, 4], [3, 6], [8, 3, 2, 3, 2, 3]];
const percentiles = [
  {key: 'p50', title: 'median', width: 2.6}, {key: 'p95', title: 'p95', width: 1.3},
  {key: 'p99', title: 'p99', width: 1.3, dash: [6, 3]}, {key: 'max', title: 'max', width: 1, dash: [2, 2]},
];

/** Lines that tell each other apart by colour and dash. @param {[string, string][]} named @returns {Line[]} */
const apart = (named) => named.map(([key, title], i) => ({key, title, width: 1.6, color: colors[i % colors.length], dash: dashes[i % dashes.length]}));
/** @param {string} percentile @returns {Line[]} */
const ofRequests = (percentile) => apart(held.requests.map((name, i) => ['request ' + i + ' ' + percentile, name]));

/** The kinds of charts over time, from the first to the last: those that have anything to show. */
const kinds = /** @type {Kind[]} */ ([
  {title: held.measure, unit: 'time', tall: true, lines: percentiles},
  {title: 'requests per second', unit: 'rate', lines: [
    {key: 'due', title: 'due', width: 1.2, dash: [2, 3], color: 'ink'}, {key: 'sent', title: 'sent', width: 1.2, dash: [7, 3], color: 'dim'},
    {key: 'success', title: 'successes', width: 1.8, fill: true}]},
  {title: 'failures per second', unit: 'rate', lines: apart([['http_4xx', 'HTTP 4xx'], ['http_5xx', 'HTTP 5xx'],
    ['unexpected', 'unexpected answer'], ['timeout', 'timeout'], ['network', 'network error']])},
  {title: 'median of each request', unit: 'time', lines: ofRequests('p50')},
  {title: 'p95 of each request', unit: 'time', lines: ofRequests('p95')},
  {title: 'clients and requests in flight', unit: 'count', lines: [
    {key: 'active', title: 'active clients', width: 1.6, fill: true}, {key: 'in_flight', title: 'in flight', width: 1.3, dash: [6, 3], color: 'ink'}]},
  {title: 'lag of the generator', unit: 'time', lines: [{key: 'lag', title: 'lag, p99', width: 1.3}]},
  {title: 'processors of the generator', unit: 'share', lines: [
    {key: 'cpu', title: 'own use', width: 1.6}, {key: 'steal', title: 'steal, taken by others', width: 1.3, dash: [6, 3], color: 'ink'}]},
]).map((kind) => ({...kind, lines: kind.lines.filter((line) => held.legs.some((leg) => leg.columns[line.key]?.some(Boolean)))}))
  .filter((kind) => kind.lines.length > 0);

/** @param {Leg} leg @returns {number[] | undefined} */
const dashOf = (leg) => dashes[leg.target % dashes.length];
/** The colour of a leg's target; of two runs the baseline is what the other is held against. @param {Leg} leg */
const colorOf = (leg) => held.overlaid && leg.run === 0 ? 'dim' : colors[leg.target % colors.length];
/** The colour of a line: where legs share a chart, colours tell these apart and dashes the lines. @param {Line} line @param {Leg} leg @param {boolean} shared */
const strokeOf = (line, leg, shared) => !shared && line.color || colorOf(leg);
/** @param {Leg} leg @returns {string} which of two runs it is of */
const runOf = (leg) => ['baseline', 'candidate'][leg.run];
/** @param {Leg} leg */
const nameOf = (leg) => held.targets[leg.target] + (held.overlaid ? ', ' + runOf(leg) : '');

/** The unit of a chart's times: one for all targets and rounds. @param {number} most milliseconds @returns {Scale} */
const timeScale = (most) => most >= 2000 ? {sign: 's', factor: 0.001} : most >= 2 ? {sign: 'ms', factor: 1} : {sign: 'µs', factor: 1000};

for (const kind of kinds) {
  let most = 0;
  for (const leg of held.legs) for (const {key} of kind.lines) if (key !== 'max') for (const v of leg.columns[key] || []) most = Math.max(most, v || 0);
  kind.scale = {time: timeScale(most), rate: {sign: '/s', factor: 1}, count: {sign: '', factor: 1}, share: {sign: '%', factor: 1}}[kind.unit];
}

/** @param {number} v @returns {string} three digits, and all before the point */
function digits(v) {
  const text = Number.isInteger(v) || Math.abs(v) >= 100 ? Math.round(v).toString() : v.toPrecision(3);
  return text.replace(/\B(?=(\d{3})+(?!\d))(?<!\.\d*)/g, '\u202f');
}

/** @param {Scale} scale @param {number | null | undefined} v @returns {string} */
const written = ({sign, factor}, v) => v === null || v === undefined ? '–' : digits(v * factor) + (sign && sign !== '/s' ? '\u202f' : '') + sign;

/** The marks of an axis, all with as many decimals. @param {Scale} scale @param {(number | null)[]} marks @returns {string[]} */
function ticked({factor}, marks) {
  const values = marks.map((v) => v === null ? null : Number((v * factor).toPrecision(6)));
  const decimals = Math.max(0, ...values.map((v) => v === null || v < 1 && chosen.log ? 0 : (String(v).split('.')[1] || '').length));
  return values.map((v) => v === null ? '' : v >= 1000 ? digits(v) : v < 1 && chosen.log ? String(v) : v.toFixed(decimals));
}

/** The marks of a logarithmic axis: 1, 2 and 5 times the powers of ten, over less than a decade more. @param {number} low @param {number} high */
function decades(low, high) {
  const steps = high > 8 * low ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9];
  const marks = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) marks.push(...steps.map((s) => Number((s * 10 ** power).toPrecision(3))));
  return marks.filter((v) => v >= low && v <= high);
}

/** @param {number} s @returns {string} an instant of a leg */
function clock(s) {
  if (s < 60) return (Number.isInteger(s) ? s : s.toFixed(1)) + '\u202fs';
  const h = Math.floor(s / 3600), m = Math.floor(s / 60) % 60, rest = Math.floor(s % 60);
  const two = (/** @type {number} */ n) => n.toString().padStart(2, '0');
  return h > 0 ? h + ':' + two(m) + ':' + two(rest) : m + ':' + two(rest);
}
