/** The fields of webhook endpoints: which URLs and which types of events they may have. */
import { z } from 'zod';
import type { Mode } from '../db/merchants.ts';
import { API_VERSIONS } from '../domain/api-version.ts';
import { OUTGOING_TYPES } from '../domain/outgoing.ts';
import type { Reach } from '../providers/reach.ts';
import { isAllowedHost, isInside } from './account-host.ts';
import { checked, type Refusal } from './field-errors.ts';
import { flag, oneOf, text } from './fields.ts';

const URL_MAX = 2048;
const PATTERNS_MAX = 100;

/** `*`, each group with `.*`, and each type. */
const PATTERNS: readonly string[] = [
  '*',
  ...new Set(OUTGOING_TYPES.map((type) => `${type.split('.', 1)[0]}.*`)),
  ...OUTGOING_TYPES,
];

/** Where webhooks of this mode may be sent. What a name resolves to is judged again with each attempt. */
export const endpointUrl = (mode: Mode, reach: Reach) =>
  checked<string>((value) => urlRefusal(value, mode, reach), {
    type: 'string',
    format: 'uri',
    maxLength: URL_MAX,
    description: 'An https URL on the internet; in the sandbox also what this installation allows.',
  });

function urlRefusal(value: unknown, mode: Mode, reach: Reach): Refusal | null {
  const expected =
    mode === 'live'
      ? 'an https URL with a public host, without user name and fragment'
      : 'an https URL (http for hosts that this installation allows besides public ones), without user name and fragment';
  const no = (code: string, detail: string): Refusal => ({ code, detail, expected });
  if (value === undefined) return no('required', 'is missing');
  if (typeof value !== 'string') return no('invalid_type', 'must be a string');
  if (value.length > URL_MAX) return no('too_long', `must have at most ${URL_MAX} characters`);
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || /\s/.test(value))
    return no('invalid_format', `must be ${expected}`);
  if (url.username !== '' || url.password !== '' || value.includes('#'))
    return no('invalid_format', 'must have no user name, password or fragment');
  // A live endpoint is on the internet, whatever the installation allows.
  const allowed = mode === 'live' ? 'public' : reach;
  if (!isAllowedHost(url.hostname, allowed))
    return no(
      'address_not_allowed',
      'leads into a private network, to this machine, or to a reserved address',
    );
  return url.protocol === 'http:' && !isInside(url.hostname, allowed)
    ? no('https_required', 'must begin with https://, because webhooks carry customers’ data')
    : null;
}

export const eventTypes = () =>
  z
    .array(oneOf(PATTERNS, 'unknown_type', 'a type of event, a group such as invoice.*, or *'))
    .min(1)
    .max(PATTERNS_MAX)
    .transform((types) => [...new Set(types)]);

/** What an endpoint is made of; `url` alone is needed for a new one. */
export const endpointFields = (mode: Mode, reach: Reach) => ({
  url: endpointUrl(mode, reach),
  description: text(255).nullable().optional(),
  event_types: eventTypes().optional(),
  api_version: oneOf(API_VERSIONS, 'unknown_version', 'a version of the API').optional(),
  alias: oneOf(['furatpay'], 'unknown_alias', 'an alias').nullable().optional(),
  enabled: flag().optional(),
});
