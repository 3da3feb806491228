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

  /** Fills a section with what is known, and hides it where that is nothing. @param {string} id @param {HTMLElement[]} items */
  const list = (id, items) => {
    const section = document.getElementById(id);
    if (!section) return;
    section.hidden = items.length === 0;
    section.querySelector('ul')?.replaceChildren(...items);
  };

  const events = new EventSource(page.dataset.events || '');
  // The server says no, and a browser does not ask again: somebody logged out, or too many watch.
  events.addEventListener('error', () => { if (events.readyState === EventSource.CLOSED) put('phase', 'no news come any more: load this page again'); });
  // A browser has six connections to a server: a page that nobody sees must not hold one.
  document.addEventListener('visibilitychange', () => { document.hidden ? events.close() : location.reload(); });
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
  on('mark', (more) => source.dispatchEvent(new CustomEvent('mark', {detail: more})));
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
    const share = (/** @type {{name: string, value: string, about: string}} */ of) => {
      const item = element('li', of.name + ' ');
      item.append(element('b', of.value), ' ', element('span', of.about, 'sub'));
      return item;
    };
    list('served-by', now.served.map(share));
    list('codes', now.codes.map(share));
    list('generators', now.generators.map(share));
    list('happened', now.happened.map((/** @type {{leg?: string, at: string, text: string}} */ of) => element('li', (of.leg ? of.leg + ', ' : '') + of.at + ': ' + of.text)));
  });
  on('over', () => {
    events.close();
    location.reload();
  });
})();
