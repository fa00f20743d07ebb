/**
 * Sets up what api and worker expect: brings the database up to this version, and registers the search attributes
 * in the Temporal namespace. Harmless to repeat, and from several processes at once.
 */
import { loadSetupConfig } from '../config/index.ts';
import { messageOf } from '../config/system-error.ts';
import { migrate } from '../db/migrate.ts';
import { prepareTemporal } from '../engines/index.ts';
import { SEARCH_ATTRIBUTES } from '../workflows/contract.ts';

async function main(): Promise<void> {
  const { database, temporal } = loadSetupConfig();
  const applied = await migrate(database.url);
  console.log(applied.length > 0 ? `applied ${applied.join(', ')}` : 'the database is up to date');
  const version = await prepareTemporal(temporal, SEARCH_ATTRIBUTES);
  console.log(`Temporal server ${version}: namespace ${temporal.namespace} has the search attributes`);
}

main().catch((error: unknown) => {
  console.error(messageOf(error));
  process.exitCode = 1;
});
