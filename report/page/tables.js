// @ts-check
'use strict';

// Tables sort by any column, and are copied whole. Without this script they stand as they
// are.
(() => {
  /** What one of a unit is in the smallest of its kind. @type {Record<string, number>} */
  const units = {'µs': 1e-6, ms: 1e-3, s: 1, min: 60, h: 3600, kB: 1e3, MB: 1e6, GB: 1e9};

  /**
   * The number at the head of a figure, in the smallest unit of its kind: of "1 204 ms" 1.204.
   * @param {string} text @returns {number} NaN where it is no figure
   */
  function number(text) {
    const m = /^([+−-]?[\d\u202f\u00a0 ]*\.?\d+(?:e[+-]?\d+)?)[\u202f\u00a0 ]*(\S*)/.exec(text.trim());
    if (!m) return NaN;
    return Number(m[1].replace(/[\u202f\u00a0 ]/g, '').replace('−', '-')) * (units[m[2]] || 1);
  }

  /** @param {HTMLTableRowElement} row @param {number} column @returns {string} the figure without what stands below it */
  const figure = (row, column) => (row.cells[column]?.childNodes[0]?.textContent || '').trim();

  /** @param {HTMLTableElement} table @param {number} column @param {number} direction 1 upwards, −1 downwards */
  function sort(table, column, direction) {
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const numeric = rows.every((r) => /^[–]?$/.test(figure(r, column)) || !Number.isNaN(number(figure(r, column))));
    rows.sort((a, b) => {
      const [x, y] = [figure(a, column), figure(b, column)];
      if (!numeric) return direction * x.localeCompare(y, 'en', {numeric: true});
      const [m, n] = [number(x), number(y)];
      if (Number.isNaN(m) || Number.isNaN(n)) return Number(Number.isNaN(m)) - Number(Number.isNaN(n)); // what is missing comes last
      return direction * (m - n);
    });
    body.append(...rows);
  }

  /** @param {HTMLTableElement} table */
  function sortable(table) {
    const heads = [...(table.tHead?.rows[0]?.cells || [])];
    heads.forEach((head, column) => {
      if (!head.textContent) return;
      const button = document.createElement('button');
      button.type = 'button';
      button.className = 'sort';
      button.append(...head.childNodes);
      button.addEventListener('click', () => {
        const up = head.getAttribute('aria-sort') !== 'ascending';
        for (const h of heads) h.removeAttribute('aria-sort');
        head.setAttribute('aria-sort', up ? 'ascending' : 'descending');
        sort(table, column, up ? 1 : -1);
      });
      head.append(button);
    });
  }

  /** @param {HTMLTableElement} table @returns {string} its cells for a spreadsheet: tabs between columns, a line for each row */
  function text(table) {
    const cell = (/** @type {HTMLElement} */ c) => [...c.childNodes].map((n) => (n.textContent || '').trim()).filter(Boolean).join(' ');
    return [...table.rows].map((r) => [...r.cells].map(cell).join('\t')).join('\n');
  }

  /** @param {string} what @returns {Promise<boolean>} whether it is on the clipboard */
  async function copy(what) {
    try {
      await navigator.clipboard.writeText(what);
      return true;
    } catch {
      const area = document.createElement('textarea'); // where a browser trusts no file
      area.value = what;
      document.body.append(area);
      area.select();
      const done = document.execCommand('copy');
      area.remove();
      return done;
    }
  }

  /** @param {HTMLTableElement} table */
  function copyable(table) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'copy';
    button.textContent = 'copy table';
    button.addEventListener('click', async () => {
      button.textContent = (await copy(text(table))) ? 'copied' : 'cannot copy here';
      setTimeout(() => { button.textContent = 'copy table'; }, 2000);
    });
    table.parentElement?.append(button);
  }

  for (const table of document.querySelectorAll('table')) {
    if (table.classList.contains('reading')) continue;
    if (table.tHead && table.tBodies[0]?.rows.length > 2) sortable(table);
    copyable(table);
  }
})();
