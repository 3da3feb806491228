// @ts-check
'use strict';

// The page of a run that waits or goes on. Without this script it shows what was known when it was loaded.
(() => {
  const page = /** @type {HTMLElement | null} */ (document.querySelector('[data-events]'));
  if (!page) return;
  const place = page.querySelector('.charts');
  /** What the charts draw, and what tells them of more. @type {HTMLScriptElement} */
  let source;
  /** @param {string} id @param {string} text */
  const put = (id, text) => { const e = document.getElementById(id); if (e) e.textContent = text; };

  /** @param {string} tag @param {string} text @param {string} [name] of its class */
  const element = (tag, text, name) => {
    const e = document.createElement(tag);
    e.textContent = text;
    if (name) e.className = name;
    return e;
  };

  const events = new EventSource(page.dataset.events || '');
  /** @param {string} kind @param {(data: any, text: string) => void} take */
  const on = (kind, take) => events.addEventListener(kind, (e) => take(JSON.parse(e.data), e.data));
  on('all', (_, text) => {
    if (!place) { // it waited, and has begun
      location.reload();
      return;
    }
    source = document.createElement('script');
    source.type = 'application/json';
    source.textContent = text;
    place.replaceChildren();
    chartsOf(source, place);
  });
  on('second', (more) => source.dispatchEvent(new CustomEvent('second', {detail: more})));
  on('now', (now) => {
    if (!place) {
      location.reload();
      return;
    }
    put('phase', now.phase);
    put('left', now.left);
    for (const [i, row] of now.rows.entries()) {
      put('value-' + i, row.value);
      put('about-' + i, row.about);
    }
    const served = document.getElementById('served-by');
    if (served) {
      served.hidden = now.served.length === 0;
      served.querySelector('ul')?.replaceChildren(...now.served.map((/** @type {{name: string, value: string, about: string}} */ host) => {
        const item = element('li', host.name + ' ');
        item.append(element('b', host.value), ' ', element('span', host.about, 'sub'));
        return item;
      }));
    }
  });
  on('over', () => {
    events.close();
    location.reload();
  });
})();
