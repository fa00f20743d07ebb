/** Reads the files for Docker and checks what can be checked without it. Nothing here can run Docker. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { isVariable } from '../config/schema.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

interface Service {
  readonly image: string;
  readonly build?: string;
  readonly restart?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
}

const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8');
const compose = parse(read('docker-compose.yml'), { merge: true }) as {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
};
const services = Object.entries(compose.services);
const ours = services.filter(([, { build }]) => build !== undefined);

/** The project's files that a command names. */
const filesIn = (words: readonly string[]): string[] => words.filter((word) => /^[\w/-]+\.ts$/.test(word));

describe('docker-compose.yml', () => {
  it('has the services of the architecture', () => {
    expect(Object.keys(compose.services).sort()).toEqual([
      'api',
      'migrate',
      'postgres',
      'temporal',
      'temporal-namespace',
      'temporal-schema',
      'temporal-ui',
      'worker',
    ]);
  });

  it.each(services)('%s has an image of a fixed version', (_name, { image }) => {
    expect(image).toMatch(/^[\w./-]+:\d+(\.\d+)+$/);
  });

  it.each(services)(
    '%s waits only for services that exist and can become what it waits for',
    (_name, service) => {
      for (const [name, { condition }] of Object.entries(service.depends_on ?? {})) {
        const awaited = compose.services[name];
        expect(awaited).toBeDefined();
        if (condition === 'service_healthy') expect(awaited?.healthcheck).toBeDefined();
        // Something that ends well must not be started again for ever.
        else
          expect([condition, awaited?.restart]).toEqual(['service_completed_successfully', 'on-failure:6']);
      }
    },
  );

  it.each(services)('%s stays up only with a health check', (name, { restart, healthcheck }) => {
    if (restart !== 'unless-stopped' || name === 'temporal-ui') return;
    expect(healthcheck?.test.length).toBeGreaterThan(1);
  });

  it.each(services)(
    '%s gets its secrets from the environment, without a default',
    (_name, { environment }) => {
      const secrets = Object.entries(environment ?? {}).flatMap(([name, value]) => {
        if (/PASSWORD|_PWD|KEY|PEPPER/.test(name)) return [value];
        return /\/\/[^:]*:(.*)@/.exec(value)?.slice(1) ?? [];
      });
      expect(secrets.filter((secret) => !/^\$\{[A-Z0-9_]+:\?[^}]+\}$/.test(secret))).toEqual([]);
    },
  );

  it.each(services)('%s is published on loopback or not at all', (name, { ports = [] }) => {
    if (ports.length > 0) expect(['api', 'temporal-ui']).toContain(name);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  });

  it.each(services)('%s mounts only what exists', (_name, { volumes = [] }) => {
    for (const [source = ''] of volumes.map((volume) => volume.split(':'))) {
      if (source.startsWith('./')) expect(existsSync(join(ROOT, source))).toBe(true);
      else expect(Object.keys(compose.volumes)).toContain(source);
    }
  });

  it.each(ours)('%s sets only variables that the configuration knows', (_name, { environment = {} }) => {
    expect(Object.keys(environment).filter((name) => !isVariable(name))).toEqual([]);
  });

  it.each(ours)('%s runs files that exist', (_name, { command = [], healthcheck }) => {
    const files = filesIn([...command, ...(healthcheck?.test ?? [])]);
    expect(filesIn(command)).toHaveLength(1);
    expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  });

  it('uses the same Temporal version for the server and its schema', () => {
    const version = (name: string): string | undefined => compose.services[name]?.image.split(':')[1];
    expect(version('temporal-schema')).toBe(version('temporal'));
    expect(version('temporal-namespace')).toBe(version('temporal'));
  });

  it('gives scripts that can be executed', () => {
    for (const name of ['postgres-init.sh', 'temporal-schema.sh', 'temporal-namespace.sh']) {
      expect(statSync(join(ROOT, 'docker', name)).mode & 0o111).not.toBe(0);
    }
  });

  it('leaves time skipping off on the server', () => {
    expect(parse(read('docker/temporal-dynamic-config.yaml'))).not.toHaveProperty([
      'frontend.WorkflowTimeSkippingEnabled',
    ]);
  });
});

describe('Dockerfile', () => {
  const lines = read('Dockerfile').split('\n');

  it('copies every folder that its processes import from', () => {
    const copied = lines.flatMap((line) => /^COPY (\w+) \.\//.exec(line)?.[1] ?? []);
    const imported = new Set(copied.flatMap(foldersImportedBy));
    expect(copied).toEqual(expect.arrayContaining([...imported]));
    expect(copied).toEqual(expect.arrayContaining(['api', 'worker', 'cli']));
  });

  it('runs as an ordinary user, from an image of a fixed version, without development packages', () => {
    expect(lines.filter((line) => line.startsWith('FROM '))).toEqual([
      'FROM node:24-slim AS packages',
      'FROM node:24-slim',
    ]);
    expect(lines.findLast((line) => line.startsWith('USER '))).toBe('USER node');
    expect(read('Dockerfile')).toContain('npm ci --omit=dev');
  });
});

/** The folders that the entry files of a folder (or all its files, for a library folder) import values from. */
function foldersImportedBy(folder: string): string[] {
  const entries: Record<string, string[]> = { cli: ['migrate.ts', 'worker-health.ts'] };
  const files = entries[folder] ?? ['main.ts', 'index.ts', 'run.ts', 'app.ts'];
  return files
    .map((file) => join(folder, file))
    .filter((file) => existsSync(join(ROOT, file)))
    .flatMap((file) => [...read(file).matchAll(/^import (?!type)[^;]*?from '\.\.\/(\w+)\//gm)])
    .flatMap(([, name]) => name ?? []);
}
