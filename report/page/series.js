// @ts-check

// What the page holds of each second, and how its values are written.

/**
 * A column is a value for each second, null for none. As the page holds it, [n, value] stands
 * for n seconds of the same value.
 * @typedef {(number | null)[]} Column
 * @typedef {{run: number, target: number, color: string, round: number, seconds: number, end: number,
 *   columns: Record<string, Column>, bands: Record<string, [number | null, number | null]>,
 *   marks: {at: number, text: string}[], curve: [number, number][], bars: [number, number][]}} Leg
 * @typedef {{key: string, title: string, width: number, dash?: number[], color?: string, fill?: boolean}} Line
 * @typedef {{sign: string, factor: number}} Scale
 * @typedef {{title: string, unit: 'time' | 'rate' | 'count' | 'share', lines: Line[], tall?: boolean, wide?: boolean, scale: Scale}} Kind
 * @typedef {{targets: string[], rounds: number[], overlaid: boolean, dashes: (number[] | null)[], legs: Leg[], kinds: Kind[], times: Scale}} Held
 */

/** @type {Held} */
const held = JSON.parse(source.textContent || '');
const kinds = held.kinds;
for (const leg of held.legs) {
  for (const [key, packed] of Object.entries(/** @type {Record<string, any>} */ (leg.columns))) leg.columns[key] = unpacked(packed);
}

/** @param {(number | null | [number, number | null])[]} packed @returns {Column} */
function unpacked(packed) { return packed.flatMap((v) => Array.isArray(v) ? Array(v[0]).fill(v[1]) : [v]); }

/** The dash of what is told apart by it: targets, or rounds over each other. @param {number} i @returns {number[] | undefined} */
const dashOf = (i) => held.dashes[i % held.dashes.length] || undefined;
/** What tells a leg from those of its target: the run, the round. @param {Leg} leg */
const partOf = (leg) => [held.overlaid && ['baseline', 'candidate'][leg.run], chosen.round === 0 && 'round ' + leg.round].filter(Boolean).join(', ');
/** @param {Leg} leg */
const nameOf = (leg) => [held.targets[leg.target], partOf(leg)].filter(Boolean).join(', ');

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
