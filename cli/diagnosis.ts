/** What the doctor looks at beyond Node and the packages: configuration, engines, ports, disk. */
import { mkdir, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Config } from '../config/index.ts';
import { loadConfig, withStartPorts } from '../config/index.ts';
import { messageOf } from '../config/system-error.ts';
import { hostOf, postgresVersion, temporalVersion } from '../engines/index.ts';
import { isPortFree } from '../engines/ports.ts';
import { postgresBinaries } from '../engines/postgres-binaries.ts';
import { postgresUser } from '../engines/postgres-user.ts';
import { POSTGRES_MAJOR } from '../engines/postgres.ts';
import {
  cacheDirectory,
  findTemporalCli,
  isAtLeast,
  TEMPORAL_CLI_VERSION,
  TEMPORAL_SERVER_MINIMUM,
} from '../engines/temporal-cli.ts';
import type { Attempt } from '../engines/temporal-cli.ts';
import type { Finding } from './bootstrap/findings.mjs';

/** Data directory: cluster, Temporal's file, logs. Cache directory: the Temporal CLI, unpacked and on its way. */
const DATA_BYTES = 500e6;
const CACHE_BYTES = 400e6;
const POSTGRES_MINIMUM = '15.0';

/** The findings for this environment, in the order they are shown. Throws never. */
export async function diagnose(env: NodeJS.ProcessEnv): Promise<Finding[]> {
  let config: Config;
  try {
    config = withStartPorts(loadConfig(env));
  } catch (error) {
    return [{ subject: 'configuration', status: 'bad', text: messageOf(error) }];
  }
  const groups = await Promise.all([
    postgres(config),
    temporal(config),
    ports(config),
    disk('data directory', config.dataDir, DATA_BYTES),
    disk('cache directory', cacheDirectory(env), CACHE_BYTES),
  ]);
  const text = `${config.environment}, nothing wrong with it`;
  return [{ subject: 'configuration', status: 'good', text }, ...groups.flat()];
}

async function postgres({ database: { url } }: Config): Promise<Finding[]> {
  const subject = 'Postgres';
  try {
    if (url === null) {
      await postgresBinaries();
      await postgresUser();
      return [{ subject, status: 'good', text: `${POSTGRES_MAJOR}, embedded` }];
    }
    const version = await postgresVersion(url);
    const text = `${version} at ${hostOf(url)}, from DATABASE_URL`;
    if (isAtLeast(version, POSTGRES_MINIMUM)) return [{ subject, status: 'good', text }];
    return [{ subject, status: 'bad', text: `${text}: too old, needed is ${POSTGRES_MINIMUM}` }];
  } catch (error) {
    return [{ subject, status: 'bad', text: messageOf(error) }];
  }
}

async function temporal(config: Config): Promise<Finding[]> {
  const subject = 'Temporal';
  const { address } = config.temporal;
  if (address !== null) {
    try {
      const version = await temporalVersion({ ...config.temporal, address });
      const text = `server ${version} at ${address}, from TEMPORAL_ADDRESS`;
      if (isAtLeast(version, TEMPORAL_SERVER_MINIMUM)) return [{ subject, status: 'good', text }];
      return [
        {
          subject,
          status: 'note',
          text: `${text}: the test clock needs ${TEMPORAL_SERVER_MINIMUM} or newer`,
        },
      ];
    } catch (error) {
      return [{ subject, status: 'bad', text: messageOf(error) }];
    }
  }
  const attempts: Attempt[] = [];
  const cli = await findTemporalCli(attempts);
  if (cli) {
    return [
      {
        subject,
        status: 'good',
        text: `server ${cli.version}, embedded, from the ${cli.source} (${cli.path})`,
      },
    ];
  }
  const why = attempts.map(({ way, failure }) => `${way}: ${failure}`).join('\n');
  return [
    {
      subject,
      status: 'note',
      text: `the first start fetches the Temporal CLI ${TEMPORAL_CLI_VERSION}\n${why}`,
    },
  ];
}

/** A server given from outside needs no port of ours. */
async function ports(config: Config): Promise<Finding[]> {
  const wanted: [string, number | null, string][] = [
    ['API', config.api.port, 'API_PORT'],
    ['sandbox control', config.ports.sandboxControl, 'SANDBOX_CONTROL_PORT'],
    ...Object.entries(config.ports.simulators).map(([name, port]): [string, number, string] => {
      return [`sandbox ${name}`, port, `SANDBOX_${name.toUpperCase()}_PORT`];
    }),
  ];
  if (config.database.url === null) wanted.push(['Postgres', config.ports.postgres, 'POSTGRES_PORT']);
  if (config.temporal.address === null) {
    wanted.push(['Temporal', config.ports.temporal, 'TEMPORAL_PORT']);
    wanted.push(['Temporal UI', config.ports.temporalUi, 'TEMPORAL_UI_PORT']);
  }
  return Promise.all(
    wanted.map(async ([purpose, port, variable]): Promise<Finding> => {
      const subject = `port of ${purpose}`;
      if (!port) return { subject, status: 'good', text: 'any free one' };
      if (await isPortFree(port)) return { subject, status: 'good', text: `${port} is free` };
      const text = `${port} is taken: stop what listens there (an \`npm start\`?), or set ${variable}`;
      return { subject, status: 'bad', text };
    }),
  );
}

async function disk(subject: string, directory: string, needed: number): Promise<Finding[]> {
  try {
    await mkdir(directory, { recursive: true });
    const { bavail, bsize } = await statfs(directory);
    const free = bavail * bsize;
    const text = `${directory}, ${(free / 1e9).toFixed(1)} GB free`;
    if (free >= needed) return [{ subject, status: 'good', text }];
    return [{ subject, status: 'bad', text: `${text}: needed are ${(needed / 1e9).toFixed(1)} GB` }];
  } catch (error) {
    return [{ subject, status: 'bad', text: `${dirname(directory)} cannot be used: ${messageOf(error)}` }];
  }
}
