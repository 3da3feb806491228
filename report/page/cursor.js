// @ts-check

// One cursor and one zoom for all charts, by mouse and by keys.

const reading = element('table', {class: 'reading'});
/** Says to who does not see the charts what they show. */
const said = element('output', {class: 'visually-hidden'});
let busy = false; // charts follow each other, and none leads while it follows

/** @param {uPlot} u */
function follow(u) {
  const i = u.cursor.idx;
  if (!busy && i !== null && i !== undefined && (u.cursor.left || 0) >= 0) point(i, u);
}

/** Puts the cursor of every chart on a second of its leg. @param {number | null} second @param {uPlot} [from] */
function point(second, from) {
  busy = true;
  for (const {plot, read} of charts) {
    if (!read) continue;
    if (plot !== from) plot.setCursor({left: second === null ? -10 : plot.valToPos(second + 0.5, 'x'), top: 0}, false);
    read(second);
  }
  busy = false;
  tell(second);
}

/** Writes down what the charts show of a second. @param {number | null} second */
function tell(second) {
  const shown = legs(), wide = String(shown.length + 1);
  const bodies = kinds.filter((kind) => lines(kind).length > 0).map((kind) => element('tbody', {},
    element('tr', {}, element('th', {scope: 'rowgroup', colspan: wide}, kind.title)),
    ...lines(kind).map((line) => element('tr', {},
      element('th', {scope: 'row'}, swatch(line, line.color || 'ink'), line.title),
      ...shown.map((leg) => element('td', {class: 'right'}, second === null ? '–' : written(kind.scale, leg.columns[line.key]?.[second])))))));
  reading.replaceChildren(
    element('thead', {}, element('tr', {}, element('th', {scope: 'col'}, second === null ? 'no second chosen' : clock(second) + ' – ' + clock(second + 1)),
      ...shown.map((leg) => element('th', {scope: 'col', class: 'right'}, nameOf(leg))))), ...bodies);
}

/** Lists what happened to the legs, by the numbers of the marks; a click goes there. @returns {HTMLElement} */
function happened() {
  return element('div', {class: 'happened'}, ...legs().filter((leg) => leg.marks.length > 0).map((leg) => {
    const list = element('ol', {}, ...leg.marks.map((mark) => {
      const at = element('button', {type: 'button'}, clock(Math.round(mark.at * 10) / 10));
      at.addEventListener('click', () => point(Math.min(leg.seconds - 1, Math.floor(mark.at))));
      return element('li', {}, at, ' ', mark.text);
    }));
    return element('div', {}, element('h3', {}, nameOf(leg) + ': what happened'), list);
  }));
}

/** Shows what the reader has dragged over. @param {uPlot} u */
function zoomTo(u) {
  const {left, width} = u.select;
  if (width === 0) return;
  u.setSelect({left: 0, top: 0, width: 0, height: 0}, false);
  zoom([u.posToVal(left, 'x'), u.posToVal(left + width, 'x')]);
}

/** @param {[number, number] | null} to the seconds to show; null for all */
function zoom(to) {
  if (to && (to[1] - to[0] >= whole() || to[1] - to[0] < 1)) to = null;
  if (to) to = [Math.max(0, to[0]), Math.min(whole(), to[1])];
  chosen.zoomed = to;
  busy = true;
  for (const {plot, read} of charts) if (read) plot.setScale('x', {min: to ? to[0] : 0, max: to ? to[1] : whole()});
  busy = false;
  back.hidden = to === null;
  said.textContent = to ? 'shown: ' + clock(to[0]) + ' to ' + clock(to[1]) : 'shown: all';
}

/** Moves cursor and zoom by keys. @param {uPlot} plot @param {Kind} kind @param {Leg[]} legs @param {KeyboardEvent} e */
function steer(plot, kind, legs, e) {
  const [from, to] = chosen.zoomed || [0, whole()], quarter = (to - from) / 4;
  const last = Math.max(...legs.map((leg) => leg.seconds)) - 1;
  const i = plot.cursor.idx ?? -1, step = e.shiftKey ? 10 : 1;
  /** @param {number} second */
  const move = (second) => {
    second = Math.min(last, Math.max(0, second));
    if (second < from || second >= to) zoom([second + 0.5 - 2 * quarter, second + 0.5 + 2 * quarter]);
    point(second);
    said.textContent = clock(second) + ': ' + legs.map((leg) => nameOf(leg) + ' ' +
      lines(kind).map((line) => line.title + ' ' + written(kind.scale, leg.columns[line.key]?.[second])).join(', ')).join('; ');
  };
  /** @type {Record<string, () => void>} */
  const keys = {
    ArrowRight: () => move(i + step), ArrowLeft: () => move(i - step), Home: () => move(0), End: () => move(last),
    '+': () => zoom([from + quarter, to - quarter]), '-': () => zoom([from - 2 * quarter, to + 2 * quarter]), Escape: () => zoom(null),
  };
  if (!keys[e.key] || e.ctrlKey || e.metaKey || e.altKey) return;
  e.preventDefault();
  keys[e.key]();
}
