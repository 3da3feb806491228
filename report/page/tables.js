// @ts-check
'use strict';

// Tables sort by any column, and are copied whole or figure by figure. Without this script
// they stand as they are, and what opens opens all the same.
(() => {
  /** What one of a unit is in the smallest of its kind. @type {Record<string, number>} */
  const units = {'µs': 1e-6, ms: 1e-3, s: 1, min: 60, h: 3600, kB: 1e3, MB: 1e6, GB: 1e9};

  /** @param {string} text @returns {string} with the blanks that a spreadsheet takes for text left out of its numbers */
  const bare = (text) => text.replace(/(?<=\d)[\u202f\u00a0](?=\d{3})/g, '').replace(/[\u202f\u00a0]/g, ' ').trim();

  /**
   * The number at the head of a figure, in the smallest unit of its kind: of "1 204 ms" 1.204.
   * @param {string} text @returns {number} NaN where it is no figure
   */
  function number(text) {
    const m = /^([+−-]?\d*\.?\d+(?:e[+-]?\d+)?) *(\S*)/.exec(bare(text));
    return m ? Number(m[1].replace('−', '-')) * (units[m[2]] || 1) : NaN;
  }

  /** @param {HTMLElement} cell @param {string} without @returns {string[]} its texts, without what has no place among them */
  function texts(cell, without) {
    const copied = cell.cloneNode(true);
    if (copied instanceof Element) for (const e of copied.querySelectorAll(without)) e.remove();
    return [...copied.childNodes].map((n) => bare(n.textContent || '')).filter(Boolean);
  }

  /** @param {HTMLTableRowElement} row @param {number} column @returns {string} the figure without what stands below it */
  const figure = (row, column) => texts(row.cells[column], '[popover], .mark, .sub').join(' ');

  /** @param {HTMLTableElement} table @param {number} column @param {number} direction 1 upwards, −1 downwards */
  function sort(table, column, direction) {
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const numeric = rows.every((r) => /^(–|no data|not known)?$/.test(figure(r, column)) || !Number.isNaN(number(figure(r, column))));
    rows.sort((a, b) => {
      const [x, y] = [figure(a, column), figure(b, column)];
      if (!numeric) return direction * x.localeCompare(y, 'en', {numeric: true});
      const [m, n] = [number(x), number(y)];
      if (Number.isNaN(m) || Number.isNaN(n)) return Number(Number.isNaN(m)) - Number(Number.isNaN(n)); // what is missing comes last
      return direction * (m - n);
    });
    body.append(...rows);
  }

  /** @param {string} kind @param {string} text @param {() => void} act @returns {HTMLButtonElement} */
  function button(kind, text, act) {
    const b = document.createElement('button');
    [b.type, b.className, b.textContent] = ['button', kind, text];
    b.addEventListener('click', act);
    return b;
  }

  /** @param {HTMLTableElement} table */
  function sortable(table) {
    table.classList.add('sortable');
    const heads = [...(table.tHead?.rows[0]?.cells || [])];
    heads.forEach((head, column) => {
      const title = (head.textContent || '').trim();
      if (!title) return;
      const b = button('sort', '', () => {
        const up = head.getAttribute('aria-sort') !== 'ascending';
        for (const h of heads) h.removeAttribute('aria-sort');
        head.setAttribute('aria-sort', up ? 'ascending' : 'descending');
        sort(table, column, up ? 1 : -1);
      });
      b.setAttribute('aria-label', 'sort by ' + title);
      head.append(' ', b);
    });
  }

  /** @param {HTMLElement} cell @returns {string} what it shows, without what it opens */
  const shown = (cell) => texts(cell, '[popover], .mark, .sort').join(' ');

  /** @param {HTMLTableElement} table @returns {string} its cells for a spreadsheet: tabs between columns, a line for each row */
  const text = (table) => [...table.rows].map((r) => [...r.cells].map(shown).join('\t')).join('\n');

  const said = document.createElement('p'); // what was copied, for every reader
  said.className = 'said';
  said.setAttribute('role', 'status');
  document.body.append(said);

  /** @param {string} what @param {string} name @returns {Promise<void>} puts it on the clipboard, and says so */
  async function copy(what, name) {
    let done = true;
    try {
      await navigator.clipboard.writeText(what);
    } catch {
      const area = document.createElement('textarea'); // where a browser trusts no file
      area.value = what;
      document.body.append(area);
      area.select();
      done = document.execCommand('copy');
      area.remove();
    }
    said.textContent = done ? 'copied ' + name : 'cannot copy here';
    setTimeout(() => { said.textContent = ''; }, 2000);
  }

  for (const table of document.querySelectorAll('table')) {
    if (table.classList.contains('reading')) continue;
    if (table.tHead && table.tBodies[0]?.rows.length > 2) sortable(table);
    table.parentElement?.append(button('copy', 'copy table', () => copy(text(table), 'the table')));
    table.addEventListener('click', (e) => { // a figure that opens is copied from what it opens
      const cell = e.target instanceof Element && !e.target.closest('button, a, [popover]') ? e.target.closest('td') : null;
      if (cell?.matches('.right') && getSelection()?.isCollapsed !== false) copy(shown(cell), shown(cell));
    });
  }
  for (const open of document.querySelectorAll('[popover]')) {
    const cell = open.closest('td');
    if (cell) open.append(button('copy', 'copy', () => copy(shown(cell), shown(cell))));
  }
})();
