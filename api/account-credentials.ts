/** Credentials of provider accounts in requests: checked by the connector's schema, and named, never shown. */
import { z } from 'zod';
import type { ProviderAccountRow } from '../db/provider-accounts.ts';
import type { Sealer } from '../db/sealed.ts';
import type { Connector } from '../providers/contract.ts';
import { parseBody } from './body.ts';
import { invalidFields, Problem, type FieldError } from './problem.ts';

interface CredentialField {
  readonly name: string;
  /** For people. */
  readonly description: string;
}

/** The credentials that a provider takes, in the order of its schema. */
export function credentialFields({ credentials }: Connector<unknown>): CredentialField[] {
  if (!(credentials instanceof z.ZodObject)) return [];
  return Object.entries(credentials.shape).map(([name, field]) => ({
    name,
    description: (field as z.ZodType).description ?? name,
  }));
}

/** `parseBody` for a body with `credentials`: what is wrong with one of them says what that credential is. */
export function parseWithCredentials<Schema extends z.ZodType>(
  schema: Schema,
  body: unknown,
  connector: Connector<unknown> | undefined,
): z.output<Schema> {
  try {
    return parseBody(schema, body);
  } catch (error) {
    if (!(error instanceof Problem) || error.errors === undefined || !connector) throw error;
    throw invalidFields(described(error.errors, connector));
  }
}

function described(errors: readonly FieldError[], connector: Connector<unknown>): FieldError[] {
  const fields = new Map(credentialFields(connector).map((field) => [`/credentials/${field.name}`, field]));
  const all = `an object with ${credentialFields(connector)
    .map(({ name }) => name)
    .join(', ')}`;
  return errors.map((error) => {
    if (error.pointer === '/credentials') return { ...error, expected: all };
    const field = fields.get(error.pointer);
    return field === undefined ? error : { ...error, expected: field.description };
  });
}

/** The credentials of an account; throws when they cannot be decrypted. */
export function openCredentials(
  sealer: Sealer,
  { id, credentials }: Pick<ProviderAccountRow, 'id' | 'credentials'>,
): Readonly<Record<string, unknown>> {
  return { ...Object(sealer.open(credentials, id)) } as Record<string, unknown>;
}

/** Which credentials are set and which are not, by name; null when they cannot be decrypted. */
export function credentialNames(
  connector: Connector<unknown> | undefined,
  open: () => Readonly<Record<string, unknown>>,
): { readonly set: readonly string[]; readonly unset: readonly string[] } | null {
  let values: Readonly<Record<string, unknown>>;
  try {
    values = open();
  } catch {
    return null;
  }
  const set = Object.keys(values).filter((name) => values[name] !== undefined && values[name] !== null);
  const known = connector === undefined ? [] : credentialFields(connector).map(({ name }) => name);
  return { set, unset: known.filter((name) => !set.includes(name)) };
}

/** Shorter values are words such as a language or a country, and stand in many texts. */
const SECRET_MIN = 6;

/** A provider's words without our secrets, should it repeat one. */
export function withoutSecrets(text: string, credentials: Readonly<Record<string, unknown>>): string {
  const secrets = Object.values(credentials).filter(
    (value): value is string => typeof value === 'string' && value.length >= SECRET_MIN,
  );
  return secrets.reduce((words, secret) => words.replaceAll(secret, '[secret]'), text);
}
