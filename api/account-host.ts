/** Where a provider account leads: the provider's own hosts by environment and region, or a base URL of the merchant's. */
import type { Mode } from '../db/merchants.ts';
import type { Manifest } from '../providers/contract.ts';
import { isLocalName, isReachable, literalAddress, type Reach } from '../providers/reach.ts';
import type { Refusal } from './field-errors.ts';
import type { FieldError } from './problem.ts';

/** What a request says of the host; the base URL alone, or at most the other two. */
export interface WantedHost {
  readonly base_url?: string | undefined;
  readonly environment?: 'live' | 'sandbox' | undefined;
  readonly region?: string | undefined;
}

export type ChosenHost = { readonly base_url: string } | { readonly errors: readonly FieldError[] };

/** The base URL of a new account, or every reason why there is none. `credentials` may name the region. */
export function chooseHost(
  manifest: Manifest,
  mode: Mode,
  wanted: WantedHost,
  credentials: unknown,
  reach: Reach,
): ChosenHost {
  if (wanted.base_url !== undefined) {
    const refusal = baseUrlRefusal(manifest, mode, wanted.base_url, reach);
    const errors = [
      ...(refusal === null ? [] : [{ pointer: '/base_url', ...refusal }]),
      ...(['environment', 'region'] as const)
        .filter((name) => wanted[name] !== undefined)
        .map((name) => ({ pointer: `/${name}`, ...EITHER_OR })),
    ];
    return errors.length > 0 ? { errors } : { base_url: canonical(wanted.base_url) };
  }
  if (wanted.environment !== undefined && wanted.environment !== mode)
    return { errors: [{ pointer: '/environment', ...otherMode(mode) }] };
  const hosts = regionalHosts(manifest, wanted.region, credentials);
  if ('errors' in hosts) return hosts;
  const base_url = hosts[mode];
  return base_url === null ? { errors: [{ pointer: '/base_url', ...noSandbox(manifest) }] } : { base_url };
}

const EITHER_OR: Refusal = {
  code: 'conflict',
  detail: 'cannot be combined with a base_url, which says all there is to say',
  expected: 'a base_url, or an environment and a region',
};

const otherMode = (mode: Mode): Refusal => ({
  code: 'wrong_mode',
  detail: `must be ${mode}: the API key is a ${mode} key, and live and play money never meet`,
  expected: `${mode}, or an API key of the other mode`,
});

const noSandbox = ({ title }: Manifest): Refusal => ({
  code: 'required',
  detail: `is needed: ${title} has no host for play money that is known here`,
  expected: 'the base URL of a test system or a simulator',
});

type Hosts = { readonly live: string; readonly sandbox: string | null };

function regionalHosts(
  { title, hosts }: Manifest,
  region: string | undefined,
  credentials: unknown,
): Hosts | { readonly errors: readonly FieldError[] } {
  const { regions, region_credential } = hosts;
  const wrong = (code: string, detail: string, expected: string) => ({
    errors: [{ pointer: '/region', code, detail, expected }],
  });
  if (regions === undefined) {
    if (region === undefined) return hosts;
    return wrong('not_supported', `is not used by ${title}, which has the same host everywhere`, 'no region');
  }
  const named: unknown =
    region_credential === undefined ? undefined : Reflect.get(Object(credentials), region_credential);
  const implied = typeof named === 'string' ? named : undefined;
  const expected = `one of ${Object.keys(regions).join(', ')}`;
  const chosen = region?.toUpperCase() ?? implied;
  if (chosen === undefined)
    return wrong('required', `is needed: the host of ${title} depends on it`, expected);
  const found = Object.hasOwn(regions, chosen) ? regions[chosen] : undefined;
  if (found === undefined) return wrong('unknown_region', `is not a region of ${title}`, expected);
  return implied === undefined || implied === chosen
    ? found
    : wrong(
        'conflict',
        `is not what the credential ${region_credential} says`,
        `${implied}, or nothing: the credentials say it`,
      );
}

const MAX_LENGTH = 2048;

/** Why an account of this mode may not have this base URL, or null. */
export function baseUrlRefusal(manifest: Manifest, mode: Mode, text: string, reach: Reach): Refusal | null {
  const expected =
    mode === 'live'
      ? 'an https URL with a public host, without user name, query and fragment'
      : 'an https URL (http for hosts that this installation allows besides public ones), without user name, query and fragment';
  const no = (code: string, detail: string): Refusal => ({ code, detail, expected });
  const url = text.length <= MAX_LENGTH && URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) return no('invalid_format', `must be ${expected}`);
  if (url.username !== '' || url.password !== '' || /[?#]/.test(text))
    return no('invalid_format', 'must have no user name, password, query or fragment');
  // A live account never leaves the internet, whatever the installation allows.
  const allowed = mode === 'live' ? 'public' : reach;
  if (!isAllowedHost(url.hostname, allowed))
    return no(
      'address_not_allowed',
      'leads into a private network, to this machine, or to a reserved address',
    );
  if (url.protocol === 'http:' && !isInside(url.hostname, allowed))
    return no('https_required', 'must begin with https://, because credentials travel with every call');
  return isOtherModes(manifest, mode, url.hostname)
    ? no('wrong_mode', `is the host for ${mode === 'live' ? 'play' : 'live'} money of ${manifest.title}`)
    : null;
}

/**
 * Why stored credentials may not be taken along to this host, or null. They are write-only: whoever has an API key could otherwise
 * read them by sending the account's next call to a host of its own. Play credentials may go where their owner wants.
 */
export function moveRefusal(manifest: Manifest, mode: Mode, from: string, to: string): Refusal | null {
  const host = (url: string): string => new URL(url).host;
  const own = [manifest.hosts, ...Object.values(manifest.hosts.regions ?? {})].map(({ live }) => host(live));
  if (mode !== 'live' || host(from) === host(to) || own.includes(host(to))) return null;
  return {
    code: 'credentials_needed',
    detail: 'is another host, and stored credentials are not taken along to it',
    expected: `the same host, or one of ${manifest.title}'s own; else a new account with its credentials`,
  };
}

/** What the address shows by itself; names are judged again by what they resolve to, with each call. */
export function isAllowedHost(hostname: string, reach: Reach): boolean {
  const address = literalAddress(hostname);
  if (address !== null) return isReachable(address, reach);
  return !isLocalName(hostname) || isInside(hostname, reach);
}

/** True for hosts that only the installation's own setting lets in, and where plain http is no risk it does not know of. */
export function isInside(hostname: string, reach: Reach): boolean {
  if (reach === 'any') return true;
  if (reach === 'public') return false;
  const address = literalAddress(hostname);
  if (address !== null) return isReachable(address, 'loopback') && !isReachable(address, 'public');
  return /^(.*\.)?localhost\.?$/.test(hostname);
}

function isOtherModes({ hosts }: Manifest, mode: Mode, hostname: string): boolean {
  const all = [hosts, ...Object.values(hosts.regions ?? {})];
  const namesOf = (which: Mode): string[] =>
    all.flatMap((host) => {
      const url = host[which];
      return url === null ? [] : [new URL(url).hostname];
    });
  const other = mode === 'live' ? 'sandbox' : 'live';
  // Where there is no host of its own for play money, the live one may well take test credentials.
  const name = hostname.replace(/\.$/, '');
  return hosts.sandbox !== null && namesOf(other).includes(name) && !namesOf(mode).includes(name);
}

/** The base URL as it is stored: host in lower case, no slash at the end. */
export function canonical(base_url: string): string {
  const { origin, pathname } = new URL(base_url);
  return origin + pathname.replace(/\/+$/, '');
}
