import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { connectors } from '../../providers/index.ts';
import { openApiText } from '../../docs/openapi.ts';
import { OUTGOING_TYPES } from '../../domain/outgoing.ts';
import { createKeyCache } from '../auth.ts';
import { routeTable } from '../app.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { errorCatalogue } from '../error-catalogue.ts';
import { apiDescription, apiOperations } from './document.ts';
import { errorsOf } from './errors.ts';
import { examples } from './examples.ts';

const publicUrl = 'https://pay.example.com';
const document = apiDescription({ connectors, publicUrl });
const operations = apiOperations({ connectors });

/** Pages for people: what they answer is for browsers. */
const PAGES = /^\/(?:return|docs|pay|style|llms\.txt|ops)(?:[/:{]|$)/;

/** The routes are only made, never called: nothing that they need is there. */
const nothing = new Proxy({}, { get: () => () => undefined });
const dependencies = {
  connectors,
  publicUrl,
  apiKeyPepper: new Uint8Array(32),
  sandboxControlUrl: null,
  pool: nothing,
  sealer: nothing,
  operatorKeys: nothing,
  limits: nothing,
  trustedProxies: nothing,
  keyUses: nothing,
  providerHttp: nothing,
  reach: nothing,
  invoices: nothing,
  deliveries: nothing,
  reconciliations: nothing,
  fastForward: nothing,
  probes: nothing,
  logger: nothing,
  now: nothing,
  closing: nothing,
  background: nothing,
  refusals: nothing,
  operations: nothing,
} as unknown as ApiDependencies;

const VALIDATE = fileURLToPath(new URL('../../test/setup/validate-openapi.mjs', import.meta.url));

function verdictOn(value: object): unknown {
  const { stdout, stderr } = spawnSync(process.execPath, [VALIDATE], {
    input: JSON.stringify(value),
    encoding: 'utf8',
  });
  return stdout === '' ? stderr : JSON.parse(stdout);
}

describe('the description of the API', () => {
  it('is valid OpenAPI 3.1', () => {
    expect(verdictOn(document)).toEqual({ valid: true, errors: [] });
    const { info: _info, ...broken } = document;
    expect(verdictOn(broken)).toMatchObject({ valid: false });
  });

  it('is what stands in docs/openapi.json (npm run docs writes it)', async () => {
    const text = await readFile(new URL('../../docs/openapi.json', import.meta.url), 'utf8');
    expect(text).toBe(openApiText());
  });

  it('has every route of the API with the same access, and no other', () => {
    const routes = routeTable(dependencies, createKeyCache(Date.now))
      .filter(({ path }) => !PAGES.test(path))
      .map(({ method, path, access }) => `${method} ${path} ${access}`);
    const described = operations.map(({ method, path, access }) => `${method} ${path} ${access}`);
    expect(described.toSorted()).toEqual(routes.toSorted());
  });

  it('has an id of its own for each operation', () => {
    const ids = operations.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('tells of every error that the catalogue has', () => {
    const told = new Set(operations.flatMap(errorsOf));
    // Of requests that are none, of addresses that are none, and of pages for people.
    const elsewhere = [
      'request_timeout',
      'headers_too_large',
      'unknown_route',
      'method_not_allowed',
      'sign_in_refused',
      'sign_in_blocked',
      'role_missing',
      'webhook_not_waiting',
      'form_not_ours',
    ];
    expect(
      Object.keys(errorCatalogue).filter((code) => !told.has(code as never) && !elsewhere.includes(code)),
    ).toEqual([]);
  });

  it('has a webhook for every type of event', () => {
    expect(Object.keys(document['webhooks'] as object)).toEqual(OUTGOING_TYPES);
  });

  it('describes every field of a request that a schema of ours checks', () => {
    const bare: string[] = [];
    const visit = (value: unknown, at: string): void => {
      if (typeof value !== 'object' || value === null) return;
      const { properties } = value as { properties?: Record<string, object> };
      for (const [name, field] of Object.entries(properties ?? {}))
        if (Object.keys(field).length === 0) bare.push(`${at}/${name}`);
      for (const [name, inner] of Object.entries(value)) visit(inner, `${at}/${name}`);
    };
    visit(document['paths'], '');
    expect(bare).toEqual([]);
  });
});

describe('the examples', () => {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  formats.default(ajv);
  ajv.addSchema(document, 'api');
  const at = (...steps: string[]) =>
    ajv.compile({
      $ref: `api#/${steps.map((step) => encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`,
    });
  const known = new Map(operations.map((operation) => [operation.id, operation]));

  it.each(Object.keys(examples))('of %s are as described', (id) => {
    const operation = known.get(id);
    if (!operation) throw new Error(`there is no operation ${id}`);
    const { request, answer } = examples[id] ?? {};
    const { method, path, answers } = operation;
    const place = ['paths', path.replaceAll(/\{[^}]*\}/g, '').replaceAll(/:(\w+)/g, '{$1}'), method];
    if (request !== undefined) {
      const validate = at(...place, 'requestBody', 'content', 'application/json', 'schema');
      expect(validate(request) || validate.errors).toBe(true);
    }
    if (answer === undefined) return;
    const validate = at(
      ...place,
      'responses',
      String(answers[0]?.status),
      'content',
      'application/json',
      'schema',
    );
    expect(validate(answer) || validate.errors).toBe(true);
  });
});
