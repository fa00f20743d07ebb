/** What the doctor can say without any package: Node, npm, its policy on install scripts, the packages. */
import { packagesState } from './packages.mjs';
import { npmCommand, runQuiet } from './run.mjs';

/**
 * @typedef {object} Finding
 * @property {string} subject
 * @property {'good' | 'note' | 'bad'} status bad: `npm start` would fail
 * @property {string} text
 */

/** @returns {Promise<Finding[]>} */
export async function basicFindings() {
  const [npm, policy] = await Promise.all([
    npmOutput(['--version']),
    npmOutput(['config', 'get', 'ignore-scripts']),
  ]);
  return [
    { subject: 'Node', status: 'good', text: process.versions.node },
    npm === null
      ? { subject: 'npm', status: 'bad', text: 'not found: it comes with Node, https://nodejs.org' }
      : { subject: 'npm', status: 'good', text: npm },
    { subject: 'install scripts', status: 'good', text: scriptPolicy(npm, policy) },
    packages(),
  ];
}

/** @returns {Finding} */
function packages() {
  const { state } = packagesState();
  const subject = 'packages';
  if (state === 'current') return { subject, status: 'good', text: 'as in package-lock.json' };
  const what = state === 'missing' ? 'not installed' : 'not those of package-lock.json';
  return {
    subject,
    status: 'note',
    text: `${what}: npm start, npm run demo and npm test install them (npm ci)`,
  };
}

/** @param {string | null} npm @param {string | null} ignored */
function scriptPolicy(npm, ignored) {
  const major = Number((npm ?? '0').split('.')[0]);
  const runs =
    ignored === 'true' ? 'off by ignore-scripts' : major >= 12 ? 'off, as npm 12 has it' : 'on in npm';
  return `${runs}; Sarraf installs without them and needs none`;
}

/** @param {string[]} args @returns {Promise<string | null>} null when npm cannot be run */
async function npmOutput(args) {
  const [npm = 'npm', ...start] = npmCommand();
  const { code, output } = await runQuiet(npm, [...start, ...args, '--loglevel', 'error']);
  return code === 0 ? (output.trim().split('\n').at(-1) ?? '') : null;
}

/** @param {Finding[]} findings */
export function printFindings(findings) {
  const width = Math.max(...findings.map(({ subject }) => subject.length));
  const fancy = Boolean(process.stdout.isTTY) && !process.env.NO_COLOR;
  const marks = fancy ? { good: '✓', note: '•', bad: '✗' } : { good: 'ok  ', note: 'note', bad: 'BAD ' };
  const indent = ' '.repeat(marks.good.length + width + 3);
  for (const { subject, status, text } of findings) {
    console.log(`${marks[status]} ${subject.padEnd(width)}  ${text.replaceAll('\n', `\n${indent}`)}`);
  }
}
