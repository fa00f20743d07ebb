/**
 * What stands behind every `npm run …`: makes sure of Node and of the packages, then runs the command.
 *
 *   node cli/bootstrap.mjs <start|demo|bench|doctor|docs|sarraf|check|test> [arguments…]
 *
 * It runs before anything is installed, so it and `bootstrap/` are plain JavaScript with Node's own modules only.
 * Nothing newer than Node 12 understands may stand in this file: its first duty is to tell such a Node apart.
 */
const [major, minor] = process.versions.node.split('.').map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    'Sarraf needs Node 20.19 or newer, and this is ' +
      process.versions.node +
      '. Get a current one from https://nodejs.org',
  );
  process.exitCode = 1;
} else {
  void import('./bootstrap/main.mjs').then(({ main }) => main(process.argv.slice(2)));
}
