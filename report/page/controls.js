// @ts-check

// What the reader has chosen to see, and the controls for it.

const chosen = {
  /** 0 shows all rounds, over each other. */ round: held.rounds[0], log: false, together: held.overlaid,
  /** The lines that are switched off. */ off: new Set(['max']),
  /** The targets that are switched off. @type {Set<number>} */ hidden: new Set(),
  /** The seconds that all charts show; null for all there are. @type {[number, number] | null} */ zoomed: null,
};

/** @returns {Leg[]} those to show: each target on the side that it has in every round */
const legs = () => held.legs.filter((leg) => (chosen.round === 0 || leg.round === chosen.round) && !chosen.hidden.has(leg.target));
/** @param {Kind} kind @returns {Line[]} */
const lines = (kind) => kind.lines.filter((line) => !chosen.off.has(line.key));
/** When the longest leg to show ended. */
const whole = () => Math.max(1, ...legs().map((leg) => leg.end));

/** The legs that share a chart: one each, or all; of two runs and of all rounds those of a target. @returns {Leg[][]} */
function groups() {
  const all = legs();
  if (chosen.round === 0 || held.overlaid && chosen.together) return held.targets.map((_, target) => all.filter((leg) => leg.target === target)).filter((some) => some.length > 0);
  return chosen.together && all.length > 0 ? [all] : all.map((leg) => [leg]);
}

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag @param {Record<string, string>} [attributes] @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[T]}
 */
function element(tag, attributes = {}, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) e.setAttribute(name, value);
  e.append(...children);
  return e;
}

/** @param {string} name @returns {string} the value of a colour of the style sheet */
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();

/** @param {{width: number, dash?: number[]}} line @param {string} name of its colour @returns {HTMLElement} a sample of a line */
function swatch(line, name) {
  const e = element('span', {class: 'swatch', 'aria-hidden': 'true'});
  e.style.borderTop = Math.max(2, line.width) + 'px ' + (!line.dash ? 'solid' : line.dash[0] > 4 ? 'dashed' : 'dotted') + ' ' + color(name);
  return e;
}

/** A box to tick. @param {boolean} checked @param {(checked: boolean) => void} change @param {(Node | string)[]} label */
function tick(checked, change, ...label) {
  const box = element('input', {type: 'checkbox'});
  box.checked = checked;
  box.addEventListener('change', () => { change(box.checked); rebuild(); });
  return element('label', {}, box, ' ', ...label);
}

/** @template T @param {Set<T>} off @param {T} what @returns {(on: boolean) => void} */
const switching = (off, what) => (on) => { if (on) off.delete(what); else off.add(what); };

/** Takes back the zoom; hidden where there is none. */
const back = element('button', {type: 'button', hidden: ''}, 'show all');
back.addEventListener('click', () => zoom(null));

/** @returns {HTMLElement} */
function controls() {
  const bar = element('div', {class: 'controls'});
  if (held.rounds.length > 1) {
    const select = element('select', {}, ...[...held.rounds, 0].map((r) => element('option', {value: String(r)}, r ? 'round ' + r : 'all rounds, over each other')));
    select.addEventListener('change', () => { chosen.round = Number(select.value); chosen.zoomed = null; rebuild(); });
    bar.append(element('label', {}, 'Legs of ', select));
  }
  for (const line of kinds.find((kind) => kind.tall)?.lines || []) bar.append(tick(!chosen.off.has(line.key), switching(chosen.off, line.key), swatch(line, 'ink'), line.title));
  bar.append(tick(false, (on) => { chosen.log = on; }, 'logarithmic times'));
  if (held.targets.length > 1) {
    held.targets.forEach((name, target) => bar.append(tick(true, switching(chosen.hidden, target), swatch({width: 4}, held.legs.find((leg) => leg.target === target)?.color || 'ink'), name)));
  }
  if (held.targets.length > 1 || held.overlaid) bar.append(tick(chosen.together, (on) => { chosen.together = on; }, held.overlaid ? 'one chart for both runs' : 'one chart for all targets'));
  bar.append(back);
  return bar;
}
