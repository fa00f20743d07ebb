// Keeps the checkout page up to date, counts down, and sends each form once. Without it everything works by reloading.
const main = () => document.querySelector('main');
const live = document.getElementById('live');
const FORMS = ['choose', 'details', 'declined', 'lapsed', 'unavailable', 'refused', 'left'];
let source = null;
let polling = null;
let failures = 0;

const dress = () => {
  document.querySelectorAll('[data-copy], [data-print]').forEach((button) => (button.hidden = false));
  document.querySelectorAll('time[data-local]').forEach((time) => {
    const { local, style } = time.dataset;
    const format = new Intl.DateTimeFormat(local, { dateStyle: style, timeStyle: 'short', hourCycle: 'h23' });
    time.textContent = format.format(new Date(time.dateTime));
  });
  tick();
};

const tick = () => {
  const time = document.querySelector('time[data-until]');
  if (!time) return;
  const left = Math.round((new Date(time.dateTime) - Date.now()) / 1000);
  const two = (number) => String(number).padStart(2, '0');
  const rest = Math.max(0, left);
  const hours = Math.floor(rest / 3600);
  time.textContent = (hours ? hours + ':' : '') + two(Math.floor(rest / 60) % 60) + ':' + two(rest % 60);
  if (left < 0 && left % 5 === 0) void refresh();
};

// What was typed stays: a screen with fields gives way to the end of the payment only.
const refresh = async () => {
  let next;
  try {
    const answer = await fetch(location.href, { headers: { Accept: 'text/html' }, cache: 'no-store' });
    if (!answer.ok) return;
    next = new DOMParser().parseFromString(await answer.text(), 'text/html');
  } catch {
    return;
  }
  const [before, after] = [main(), next.querySelector('main[data-screen]')];
  if (!after) return;
  const same = before.dataset.screen === after.dataset.screen;
  if (before.dataset.screen === 'details' && FORMS.includes(after.dataset.screen)) {
    before.dataset.version = after.dataset.version;
    return;
  }
  if (same && before.innerHTML === after.innerHTML) {
    before.dataset.version = after.dataset.version;
    return;
  }
  const open = document.querySelector('.test-bar details')?.open;
  const focused = document.activeElement?.getAttribute('value');
  before.replaceWith(document.adoptNode(after));
  const bar = next.querySelector('.test-bar');
  if (bar) document.querySelector('.test-bar')?.replaceWith(document.adoptNode(bar));
  if (open) document.querySelector('.test-bar details')?.setAttribute('open', '');
  if (focused)
    main()
      .querySelector(`[value="${CSS.escape(focused)}"]`)
      ?.focus();
  dress();
  if (!same) {
    live.textContent = main().querySelector('h1')?.textContent ?? '';
    window.scrollTo({ top: 0 });
  }
  if (!main().dataset.live) stop();
};

const stop = () => {
  source?.close();
  clearTimeout(polling);
  source = polling = null;
};

const poll = async () => {
  clearTimeout(polling);
  let wait = 5000;
  try {
    const answer = await fetch(main().dataset.path + '/version', { cache: 'no-store' });
    const { version } = answer.ok ? await answer.json() : {};
    if (version !== undefined && String(version) !== main().dataset.version) await refresh();
    if (!answer.ok) wait = 15000;
  } catch {
    wait = 15000;
  }
  if (main().dataset.live) polling = setTimeout(poll, wait);
};

// The browser comes back by itself after a break, and says what it has seen last. When it gives up, we ask now and then.
const listen = () => {
  if (!main()?.dataset.live || source || polling) return;
  if (!window.EventSource) return void poll();
  source = new EventSource(`${main().dataset.path}/events?since=${main().dataset.version}`);
  source.addEventListener('open', () => (failures = 0));
  source.addEventListener('change', refresh);
  source.addEventListener('error', () => {
    failures += 1;
    if (source?.readyState !== EventSource.CLOSED && failures < 5) return;
    source?.close();
    source = null;
    void poll();
  });
};

document.addEventListener('submit', (event) => {
  const form = event.target;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = 'yes';
  if (!form.dataset.once) return;
  live.textContent = form.dataset.once;
  event.submitter?.setAttribute('aria-disabled', 'true');
  const words = event.submitter?.querySelector('.words span');
  if (words) words.textContent = form.dataset.once;
});
document.addEventListener('click', ({ target }) => {
  if (target.closest?.('[data-print]')) window.print();
});
// A page that comes out of the browser's memory shows how things stood then.
window.addEventListener('pageshow', ({ persisted }) => {
  document.querySelectorAll('form[data-sent]').forEach((form) => delete form.dataset.sent);
  if (persisted) void refresh();
});
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible' && main()?.dataset.live) void refresh();
});
setInterval(tick, 1000);
dress();
listen();
