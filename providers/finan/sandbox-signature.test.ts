import { compactJson, finanSignature, isFreshTimestamp } from './sandbox-signature.ts';

const secret = 's3r3c_k3y';
const timestamp = '1724986946';

describe('finanSignature', () => {
  it("signs the documentation's sample POST", () => {
    const payload = '{"id":"7fc5e181-aae3-4021-8ce0-6a53aa71990d","pass_code":"1828288371923881984"}';
    const path = '/api/v1/transfer/verify-otp';
    expect(finanSignature(secret, { method: 'POST', path, payload, timestamp })).toBe(
      '10366e5abe3a5ce0a012745a3549128e7a7fb76cc36c15def43c9073715a9466',
    );
  });

  it('signs a GET with its query and an empty payload', () => {
    const path = '/api/v1/payments?reference_type=invoice&reference_id=INV-001';
    expect(finanSignature(secret, { method: 'GET', path, payload: '', timestamp })).toBe(
      'a1efa4bad3f39c64b68bb8fc11cc91fd84fe04f9f1c435b6e95c10492253352e',
    );
  });
});

describe('compactJson', () => {
  it('takes out white space between tokens and keeps it inside strings, keys in order', () => {
    const text = '{ "b" : "a \\" b\\\\",\n\t"a": [1, 2 ] }';
    expect(compactJson(text)).toBe('{"b":"a \\" b\\\\","a":[1,2]}');
  });
});

describe('isFreshTimestamp', () => {
  const now = 1_724_986_946_000;

  it.each(['1724986946', '1724986916', '1724986976'])('takes %s, at most 30 s away', (text) => {
    expect(isFreshTimestamp(text, now)).toBe(true);
  });

  it.each([
    '1724986915',
    '1724986977',
    '1724986946.0',
    '+1724986946',
    ' 1724986946',
    '0x66d1',
    '',
    '17249869460000',
  ])('refuses "%s"', (text) => {
    expect(isFreshTimestamp(text, now)).toBe(false);
  });
});
