/**
 * One line per step: what was done, and how long it took. In a terminal a line below shows what is under way,
 * with a bar for downloads; elsewhere there are plain lines only, without colour.
 */

/**
 * @typedef {object} Step one piece of work; ends with `done` or `failed`
 * @property {(done: number, total: number | null) => void} progress bytes so far, bytes in all
 * @property {(detail?: string) => void} done
 * @property {(detail?: string) => void} failed
 *
 * @typedef {object} Steps
 * @property {(title: string) => Step} step
 */

const BAR_WIDTH = 24;
const REDRAW_MS = 100;
const CLEAR_LINE = '\r\u001B[2K';

/** @param {NodeJS.WriteStream} stream @returns {Steps} */
export function createSteps(stream) {
  const fancy = Boolean(stream.isTTY) && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
  /** @type {{ title: string, startedAt: number, bytes: string }[]} */
  const active = [];
  /** @type {NodeJS.Timeout | undefined} */
  let timer;

  const draw = () => {
    const line = active
      .map(
        ({ title, startedAt, bytes }) => `${title} ${bytes}${Math.floor((Date.now() - startedAt) / 1000)} s`,
      )
      .join('   ');
    stream.write(
      CLEAR_LINE + (line ? `\u001B[2m… ${line.slice(0, (stream.columns || 80) - 3)}\u001B[0m` : ''),
    );
  };

  /** @param {typeof active[number]} entry @param {boolean} ok @param {string | undefined} detail */
  const end = (entry, ok, detail) => {
    active.splice(active.indexOf(entry), 1);
    const took = `${((Date.now() - entry.startedAt) / 1000).toFixed(1)} s`;
    const text = `${entry.title}  (${detail ? `${detail}, ` : ''}${took})`;
    if (!fancy) {
      stream.write(`${ok ? 'ok    ' : 'FAILED'} ${text}\n`);
      return;
    }
    stream.write(`${CLEAR_LINE}${ok ? '\u001B[32m✓' : '\u001B[31m✗'}\u001B[0m ${text}\n`);
    if (active.length > 0) return draw();
    clearInterval(timer);
    timer = undefined;
  };

  return {
    step(title) {
      const entry = { title, startedAt: Date.now(), bytes: '' };
      active.push(entry);
      if (fancy) timer ??= setInterval(draw, REDRAW_MS).unref();
      return {
        progress: (done, total) => {
          entry.bytes = bar(done, total);
        },
        done: (detail) => end(entry, true, detail),
        failed: (detail) => end(entry, false, detail),
      };
    },
  };
}

/** @param {number} done @param {number | null} total */
function bar(done, total) {
  const size = `${(done / 1e6).toFixed(0)}${total ? `/${(total / 1e6).toFixed(0)}` : ''} MB `;
  if (!total) return done > 0 ? size : '';
  const filled = Math.round((Math.min(done, total) / total) * BAR_WIDTH);
  return `[${'='.repeat(filled)}${' '.repeat(BAR_WIDTH - filled)}] ${size}`;
}
