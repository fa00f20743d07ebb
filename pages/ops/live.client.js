// Keeps a page up to date: the server says that something has changed, and the parts with data-live are read again.
const main = document.getElementById('main');
const state = document.getElementById('live-state');
const topics = main?.dataset.topics ?? '';
const PAUSE_MS = 1000;
let waiting = null;
let reading = false;
let last = 0;

const show = (value, words) => {
  if (!state || state.dataset.state === value) return;
  state.dataset.state = value;
  state.textContent = words;
};

// What had the focus, so that it can have it again in the new part.
const placeOf = (region) => {
  const focused = document.activeElement;
  if (!focused || !region.contains(focused)) return null;
  const alike = [...region.querySelectorAll(focused.tagName)];
  const name = focused.id || focused.getAttribute('href') || focused.getAttribute('aria-label');
  return { tag: focused.tagName, name, index: alike.indexOf(focused) };
};
const giveBack = (region, place) => {
  if (!place) return;
  const alike = [...region.querySelectorAll(place.tag)];
  const same = alike.find(
    (one) =>
      place.name && [one.id, one.getAttribute('href'), one.getAttribute('aria-label')].includes(place.name),
  );
  (same ?? alike[Math.min(place.index, alike.length - 1)])?.focus({ preventScroll: true });
};

const replace = (region, fresh) => {
  const place = placeOf(region);
  const open = new Set([...region.querySelectorAll('details[open][id]')].map(({ id }) => id));
  const scrolls = [...region.querySelectorAll('.table')].map(({ scrollLeft }) => scrollLeft);
  region.replaceChildren(...fresh.childNodes);
  for (const id of open) document.getElementById(id)?.setAttribute('open', '');
  region.querySelectorAll('.table').forEach((table, index) => (table.scrollLeft = scrolls[index] ?? 0));
  ready(region);
  giveBack(region, place);
};

const read = async () => {
  waiting = null;
  // Nobody reads a page in the background, and nobody wants what they are marking to vanish.
  if (document.hidden || reading) return later();
  if (!document.getSelection()?.isCollapsed && main.contains(document.getSelection()?.anchorNode))
    return later();
  reading = true;
  last = Date.now();
  try {
    const answer = await fetch(location.href, { headers: { 'Sarraf-Live': '1' }, redirect: 'manual' });
    if (answer.type === 'opaqueredirect' || answer.status === 401) return location.reload();
    if (!answer.ok) throw new Error(String(answer.status));
    const text = await answer.text();
    const fresh = new DOMParser().parseFromString(text, 'text/html');
    for (const region of document.querySelectorAll('[data-live]')) {
      const next = fresh.getElementById(region.id);
      if (!next) continue;
      if (region.dataset.shown !== next.innerHTML) {
        const first = region.dataset.shown === undefined && region.innerHTML === next.innerHTML;
        region.dataset.shown = next.innerHTML;
        if (!first) replace(region, next);
      }
    }
    show('on', 'Live');
    again();
  } catch {
    show('off', 'Not live: trying again');
    later(5000);
  } finally {
    reading = false;
  }
};
const later = (after = PAUSE_MS) => {
  waiting ??= setTimeout(() => void read(), Math.max(after, last + PAUSE_MS - Date.now()));
};

// What the server is still at work on is asked for again without any news of it.
const again = () => document.querySelector('[data-again]') && setTimeout(() => later(0), 1500);

if (topics !== '') {
  again();
  const source = new EventSource(
    `/ops/live?topics=${encodeURIComponent(topics)}&since=${main.dataset.asOf ?? ''}`,
  );
  source.addEventListener('ready', () => {
    // Whatever happened while there was no connection.
    if (state?.dataset.state === 'off') later(0);
    show('on', 'Live');
  });
  source.addEventListener('changed', () => later(0));
  source.addEventListener('error', () => show('off', 'Not live: trying again'));
  document.addEventListener('visibilitychange', () => !document.hidden && waiting !== null && later(0));
  window.addEventListener('pagehide', () => source.close());
}

// On a phone the navigation is a strip, of which this page's own entry is to be seen.
document.querySelector('.ops-nav [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });

// Merchant and mode take effect when they are chosen; what is not filled in stays out of addresses.
// With the keys one goes through the choices before there is one, and the button says when.
let byKeys = false;
document.addEventListener('keydown', () => (byKeys = true));
document.addEventListener('pointerdown', () => (byKeys = false));
document.addEventListener('change', ({ target }) => {
  if (!byKeys) target.closest('[data-scope]')?.requestSubmit();
});
document.addEventListener('submit', ({ target }) => {
  if (document.body.dataset.busy !== undefined) return;
  if (target.method === 'get')
    for (const field of target.elements) if (field.name && field.value === '') field.disabled = true;
  document.body.dataset.busy = '';
  // A form is sent once, however often its button is pressed.
  if (target.method === 'post')
    setTimeout(() => target.querySelectorAll('button').forEach((one) => (one.disabled = true)));
});
window.addEventListener('pageshow', () => {
  delete document.body.dataset.busy;
  document.querySelectorAll('form :disabled').forEach((field) => (field.disabled = false));
});
