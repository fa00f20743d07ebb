#!/usr/bin/env node
/** What `npx sarraf` runs: the command line behind the same checks as `npm run sarraf`. */
process.argv.splice(2, 0, 'sarraf');
await import('./bootstrap.mjs');
