import { randomBytes } from 'node:crypto';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { failureConverter } from '../workflows/encoded-failures.ts';
import { createPayloadCodec } from './payload-codec.ts';

const newKey = { id: 'k2', key: randomBytes(32) };
const oldKey = { id: 'k1', key: randomBytes(32) };
const codec = createPayloadCodec({ keys: [newKey, oldKey], acceptPlaintext: false });
const before = createPayloadCodec({ keys: [oldKey], acceptPlaintext: false });

const plain = (value: unknown): Payload => defaultPayloadConverter.toPayload(value);
const valueOf = (payload: Payload | undefined): unknown =>
  payload && defaultPayloadConverter.fromPayload(payload);
const one = ([payload]: Payload[]): Payload => {
  if (payload === undefined) throw new Error('no payload');
  return payload;
};

describe('the payload codec', () => {
  const secret = { reference: 'order-1001', amount: 6_000_000 };

  it('gives back what it was given, of every kind', async () => {
    const values = [secret, 'text', null, undefined, 0, [], randomBytes(5)];
    const decoded = await codec.decode(await codec.encode(values.map(plain)));
    expect(decoded.map(valueOf)).toEqual(values.map((value) => valueOf(plain(value))));
  });

  it('shows nothing of it, nor its kind, nor that two are equal', async () => {
    const [first, second] = await codec.encode([plain(secret), plain(secret)]);
    const seen = Buffer.concat([first?.data ?? Buffer.alloc(0), ...Object.values(first?.metadata ?? {})]);
    expect(seen.toString('latin1')).not.toMatch(/order-1001|6000000|json/);
    expect(first?.data).not.toEqual(second?.data);
  });

  it('still reads what an older key has encrypted', async () => {
    const old = await before.encode([plain(secret)]);
    expect(valueOf(one(await codec.decode(old)))).toEqual(secret);
  });

  it('refuses what a key has encrypted that it does not have', async () => {
    const sealed = await codec.encode([plain(secret)]);
    await expect(before.decode(sealed)).rejects.toThrow(/key that is not configured/);
  });

  it('refuses what was changed on the way', async () => {
    const { metadata, data } = one(await codec.encode([plain(secret)]));
    const changed = Buffer.from(data ?? []);
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
    await expect(codec.decode([{ metadata: metadata ?? null, data: changed }])).rejects.toThrow();
  });

  it('refuses what is not encrypted, and says which setting reads it', async () => {
    await expect(codec.decode([plain(secret)])).rejects.toThrow(/TEMPORAL_PAYLOAD_PLAINTEXT/);
    const lenient = createPayloadCodec({ keys: [newKey], acceptPlaintext: true });
    expect(valueOf(one(await lenient.decode([plain(secret)])))).toEqual(secret);
  });
});

describe('a failure', () => {
  it('has its message and its stack in a payload, where the codec reaches them', () => {
    const failure = failureConverter.errorToFailure(new Error('canary'), defaultPayloadConverter);
    expect([failure.message, failure.stackTrace]).toEqual(['Encoded failure', '']);
    const attributes = failure.encodedAttributes;
    expect(attributes && JSON.stringify(defaultPayloadConverter.fromPayload(attributes))).toContain('canary');
  });
});
