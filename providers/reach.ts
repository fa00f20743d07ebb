/**
 * Which addresses a provider may have. Merchants choose the base URLs of their accounts, so without this guard anybody
 * with an API key could have us call our own network: databases, metadata services, neighbours.
 */
import { lookup, type LookupAddress } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { Interruption } from './network-failure.ts';

/** `public`: the internet only. `loopback`: this machine, too, for simulators. `any`: private networks as well. */
export type Reach = 'public' | 'loopback' | 'any';

const loopback = listOf('127.0.0.0/8', '::1/128');

/** What the registries of special-purpose addresses list (RFC 6890 and its successors), and one address of a cloud. */
const special = listOf(
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  // The wire server of Azure, with the secrets of its machine, has an address that looks public.
  '168.63.129.16/32',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '2001::/23',
  '2001:db8::/32',
  // 6to4: an IPv4 address, possibly a private one, in disguise.
  '2002::/16',
  '3fff::/20',
);
/** Everything else of IPv6 is local, reserved, or IPv4 in disguise (`::ffff:127.0.0.1`, `64:ff9b::7f00:1`). */
const global6 = listOf('2000::/3');

function listOf(...subnets: readonly string[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [address = '', bits] = subnet.split('/');
    list.addSubnet(address, Number(bits), isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}

/** True when an IP address may be called. What is no IP address may not. */
export function isReachable(address: string, reach: Reach): boolean {
  const version = isIP(address);
  if (version === 0) return false;
  const family = version === 6 ? 'ipv6' : 'ipv4';
  if (reach === 'any') return true;
  // With a zone (`fe80::1%eth0`) it is link-local whatever its digits say.
  if (address.includes('%')) return false;
  if (reach === 'loopback' && loopback.check(address, family)) return true;
  return !special.check(address, family) && (version === 4 || global6.check(address, family));
}

/** The IP address that a host of a URL is, or null for a name. `URL` has already undone odd spellings (`0x7f.1`). */
export function literalAddress(hostname: string): string | null {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1');
  return isIP(bare) === 0 ? null : bare;
}

const LOCAL_NAME = /^[^.]*$|\.(localhost|local|internal|intranet|lan|home|corp|home\.arpa)$/;

/** True for names that mean this machine or this network wherever they are asked: `localhost`, `db`, `x.internal`. */
export function isLocalName(hostname: string): boolean {
  return LOCAL_NAME.test(hostname.toLowerCase().replace(/\.$/, ''));
}

/**
 * Resolves names for connections and leaves out what may not be called. The connection is then made to just these
 * addresses: a name that resolves differently a moment later changes nothing.
 */
export function guardedLookup(reach: Reach): LookupFunction {
  return (hostname, options, done) => {
    lookup(hostname, { ...options, all: true }, (error, found: readonly LookupAddress[] | undefined) => {
      if (error) return done(error, []);
      const allowed = (found ?? []).filter(({ address }) => isReachable(address, reach));
      const [first] = allowed;
      if (!first) return done(new Interruption('address_not_allowed'), []);
      return options.all ? done(null, allowed) : done(null, first.address, first.family);
    });
  };
}
