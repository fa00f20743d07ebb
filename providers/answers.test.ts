import { z } from 'zod';
import { ProviderError, type ProviderErrorKind } from '../domain/provider-error.ts';
import {
  failureFromStatus,
  readJson,
  readRefusal,
  readWebhook,
  retryAfter,
  sayable,
  unexpectedAnswer,
} from './answers.ts';
import type { ProviderRequest, ProviderResponse } from './http.ts';

const answer = (status: number, text = '', headers: Record<string, string> = {}): ProviderResponse => ({
  status,
  headers,
  text,
});
const request = (mutates: boolean): ProviderRequest => ({
  operation: 'create_payment',
  method: 'POST',
  url: 'https://provider.example/payments',
  mutates,
});

function failureOf(act: () => unknown): ProviderError['failure'] {
  try {
    act();
  } catch (error) {
    if (error instanceof ProviderError) return error.failure;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('failureFromStatus', () => {
  it.each<[number, ProviderErrorKind, ProviderErrorKind]>([
    [200, 'unknown_outcome', 'unavailable'],
    [302, 'unknown_outcome', 'unavailable'],
    [400, 'invalid_request', 'invalid_request'],
    [401, 'bad_credentials', 'bad_credentials'],
    [402, 'declined', 'declined'],
    [403, 'bad_credentials', 'bad_credentials'],
    [404, 'not_found', 'not_found'],
    [408, 'unknown_outcome', 'unavailable'],
    [409, 'invalid_request', 'invalid_request'],
    [422, 'invalid_request', 'invalid_request'],
    [429, 'rate_limited', 'rate_limited'],
    [500, 'unknown_outcome', 'unavailable'],
    [502, 'unknown_outcome', 'unavailable'],
    [503, 'unavailable', 'unavailable'],
    [504, 'unknown_outcome', 'unavailable'],
  ])('takes %i of a mutation as %s and of a read as %s', (status, ofMutation, ofRead) => {
    expect(failureFromStatus(answer(status), request(true)).kind).toBe(ofMutation);
    expect(failureFromStatus(answer(status), request(false)).kind).toBe(ofRead);
  });

  it('names status and call, and keeps how long to wait', () => {
    expect(failureFromStatus(answer(429, 'x', { 'retry-after': '2' }), request(true))).toEqual({
      kind: 'rate_limited',
      code: 'http_429',
      message: 'the provider answered 429 to create_payment',
      retry_after_ms: 2000,
    });
  });
});

describe('retryAfter', () => {
  it.each([
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': ' 30 ' }, 30_000],
    [{ 'retry-after': '99999999999999999999' }, 86_400_000],
    [{ 'retry-after': 'Wed, 21 Oct 2026 07:28:10 GMT', date: 'Wed, 21 Oct 2026 07:28:00 GMT' }, 10_000],
    [{ 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' }, 0],
    [{ 'retry-after': 'soon' }, null],
    [{ 'retry-after': '-5' }, 0],
    [{}, null],
  ])('reads %j as %s ms', (headers: Record<string, string>, expected) => {
    expect(retryAfter(answer(429, '', headers))).toBe(expected);
  });
});

describe('readJson', () => {
  const schema = z.object({ id: z.string(), amount: z.int() });

  it('gives what the schema says and drops the rest', () => {
    expect(readJson(answer(200, '{"id":"a","amount":1,"more":true}'), schema, request(true))).toEqual({
      id: 'a',
      amount: 1,
    });
  });

  it.each([
    ['no JSON', '<html>'],
    ['an empty body', ''],
    ['a missing field', '{"id":"a"}'],
    ['a number beyond the safe integers', '{"id":"a","amount":9007199254740993}'],
    ['infinity', '{"id":"a","amount":1e400}'],
    ['null', 'null'],
  ])('leaves the outcome of a mutation unknown when the body is or has %s', (_, text) => {
    const failure = failureOf(() => readJson(answer(200, text), schema, request(true)));
    expect(failure).toMatchObject({ kind: 'unknown_outcome', code: 'unexpected_answer' });
    expect(failureOf(() => readJson(answer(200, text), schema, request(false))).kind).toBe('unavailable');
  });

  it('names fields but never values', () => {
    const { message } = failureOf(() =>
      readJson(answer(200, '{"id":{"canary":1},"amount":"canary"}'), schema, request(false)),
    );
    expect(message).toBe('the answer to create_payment has unexpected fields: id, amount');
  });
});

it('reads a refusal only when it is what was expected, and never throws', () => {
  const schema = z.object({ message: z.string() });
  expect(readRefusal(answer(400, '{"message":"no"}'), schema)).toEqual({ message: 'no' });
  expect(readRefusal(answer(400, '{"message":1}'), schema)).toBeNull();
  expect(readRefusal(answer(502, '<html>'), schema)).toBeNull();
});

it('refuses a webhook that is not UTF-8 JSON of the right shape as an invalid request', () => {
  const schema = z.object({ id: z.string() });
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  expect(readWebhook(bytes('{"id":"é"}'), schema)).toEqual({ id: 'é' });
  for (const body of [bytes('{'), bytes('[]'), bytes(''), new Uint8Array([0x22, 0xff, 0x22])]) {
    expect(failureOf(() => readWebhook(body, schema))).toMatchObject({
      kind: 'invalid_request',
      code: 'unreadable_webhook',
    });
  }
});

it('keeps words of a provider on one line, without NUL bytes and short', () => {
  expect(sayable(' no\u0000\r\n money\u0085 ')).toBe('no money');
  expect(sayable('x'.repeat(1000))).toHaveLength(300);
});

it('takes an answer that contradicts itself as lost', () => {
  expect(unexpectedAnswer(request(true), 'is odd').failure.kind).toBe('unknown_outcome');
});
