// @ts-check

// The series of a run under way grow by a second at a time, and by what happens.

source.addEventListener('second', (e) => {
  /** @type {{leg: number, second: number, end: number, values: Record<string, number | null>, kinds?: Kind[]}} */
  const more = /** @type {CustomEvent} */ (e).detail;
  const leg = held.legs[more.leg];
  for (const [key, value] of Object.entries(more.values)) {
    const column = leg.columns[key] ??= []; // a code that was not seen before
    while (column.length < more.second) column.push(null); // seconds that nobody told of
    column.push(value);
  }
  leg.seconds = more.second + 1;
  leg.end = more.end;
  if (more.kinds) { // something is there that no chart shows
    kinds.splice(0, kinds.length, ...more.kinds);
    rebuild();
    return;
  }
  for (const {plot, data} of charts) if (data) plot.setData(data());
});

source.addEventListener('mark', (e) => {
  /** @type {{leg: number, mark: {at: number, text: string}}} */
  const more = /** @type {CustomEvent} */ (e).detail;
  held.legs[more.leg].marks.push(more.mark);
  grid.querySelector('.happened')?.replaceWith(happened());
  for (const {plot, data} of charts) if (data) plot.redraw();
});
