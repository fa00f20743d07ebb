import { isLocalName, isReachable, literalAddress } from './reach.ts';

const PRIVATE = [
  '0.0.0.0',
  '10.1.2.3',
  '100.64.0.1',
  '100.100.100.200',
  '168.63.129.16',
  '169.254.169.254',
  '172.31.255.255',
  '192.168.0.1',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::7f00:1',
  '::ffff:10.0.0.1',
  '::ffff:8.8.8.8',
  '64:ff9b::7f00:1',
  '64:ff9b:1::1',
  '100::1',
  '2001::1',
  '2001:db8::1',
  '2002:7f00:1::',
  'fc00::1',
  'fd00:ec2::254',
  'fe80::1',
  'fe80::1%eth0',
  'fec0::1',
  'ff02::1',
];
const LOOPBACK = ['127.0.0.1', '127.255.255.254', '::1', '::ffff:127.0.0.1'];
const PUBLIC = ['1.1.1.1', '8.8.8.8', '100.128.0.1', '172.32.0.1', '2606:4700::1111', '2a00:1450:4001::1'];

describe('the reach of provider calls', () => {
  it.each(PUBLIC)('%s is public', (address) => {
    expect(isReachable(address, 'public')).toBe(true);
  });

  it.each(PRIVATE)('%s takes a deployment that allows any address', (address) => {
    expect(isReachable(address, 'public')).toBe(false);
    expect(isReachable(address, 'loopback')).toBe(false);
    expect(isReachable(address, 'any')).toBe(true);
  });

  it.each(LOOPBACK)('%s takes a deployment that allows its own machine', (address) => {
    expect(isReachable(address, 'public')).toBe(false);
    expect(isReachable(address, 'loopback')).toBe(true);
  });

  it.each(['', 'localhost', '8.8.8.8.8', 'example.com', '08.8.8.8'])('takes no name: %j', (text) => {
    expect(isReachable(text, 'any')).toBe(false);
  });
});

it.each([
  ['http://0x7f.1/', '127.0.0.1'],
  ['http://2130706433/', '127.0.0.1'],
  ['http://0177.0.0.1/', '127.0.0.1'],
  ['http://127.1/', '127.0.0.1'],
  ['http://127.0.0.1./', '127.0.0.1'],
  ['http://①②⑦.0.0.1/', '127.0.0.1'],
  ['http://%31%32%37.0.0.1/', '127.0.0.1'],
  ['http://[::FFFF:7f00:1]/', '::ffff:7f00:1'],
  ['http://[0:0:0:0:0:0:0:1]/', '::1'],
  ['https://api.example.com/', null],
])('reads the address in %s', (url, address) => {
  expect(literalAddress(new URL(url).hostname)).toBe(address);
});

it.each([
  'localhost',
  'LOCALHOST.',
  'db',
  'x.localhost',
  'metadata.google.internal',
  'nas.local',
  'a.home.arpa',
])('knows %s for a local name', (name) => {
  expect(isLocalName(name)).toBe(true);
});

it.each(['api.tabby.ai', 'localhost.example.com', 'internal.example.com'])('lets %s pass', (name) => {
  expect(isLocalName(name)).toBe(false);
});
