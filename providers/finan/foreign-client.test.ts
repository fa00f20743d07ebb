/**
 * There is no public client of Finan's API. What others read are its VietQR codes: here `vietnam-qr-pay` plays the
 * customer's bank app, and the signatures are made and checked with the formula of Finan's page alone.
 */
import { createHash } from 'node:crypto';
import { QRPay } from 'vietnam-qr-pay';
import { startControl } from '../../sandbox/control.ts';
import type { RunningServer } from '../../sandbox/http-server.ts';
import type { RunningSimulator } from '../../sandbox/simulator.ts';
import { control, TestMerchant, toRecord } from '../../sandbox/test-merchant.ts';
import { finanSimulator } from './sandbox.ts';

let finan: RunningSimulator;
let controls: RunningServer;
let merchant: TestMerchant;

beforeAll(async () => {
  merchant = await TestMerchant.start();
  finan = await finanSimulator.start({ seed: 'finan-foreign', webhookUrl: merchant.url('/hooks?shop=7') });
  controls = await startControl(new Map([['finan', finan]]), { port: 0, log: () => undefined });
});
afterAll(async () => {
  await controls.stop();
  await finan.stop();
  await merchant.stop();
});

const signature = (method: string, path: string, payload: string, timestamp: string): string =>
  createHash('sha256')
    .update(`${finan.credentials['secret']}_${method}_${path}_${payload}_${timestamp}`)
    .digest('hex');

async function call(method: string, path: string, body?: object): Promise<unknown> {
  const payload = body === undefined ? '' : JSON.stringify(body);
  const timestamp = String(Math.floor(Date.now() / 1000));
  const response = await fetch(finan.baseUrl + path, {
    method,
    headers: {
      'x-client-id': finan.credentials['client_id'] ?? '',
      'x-timestamp': timestamp,
      'x-signature': signature(method, path, payload, timestamp),
    },
    ...(body === undefined ? {} : { body: payload }),
  });
  return toRecord(await response.json())['data'];
}

it('is paid by a bank app that only has the code', async () => {
  const order = { payment_method: 'bank_transfer', amount: 6_000_000, reference_id: 'INV-001' };
  const created = toRecord(await call('POST', '/api/v1/payments', order));
  const id = String(created['payment_request_id']);
  const detail = toRecord(created['bank_transfer_detail']);

  const code = String(detail['qr_code']);
  const scanned = new QRPay(code);
  expect(scanned.isValid).toBe(true);
  expect(scanned.consumer).toEqual({ bankBin: '970422', bankNumber: detail['account_number'] });
  expect(scanned.additionalData.purpose).toBe(detail['remark']);
  const { bankBin = '', bankNumber = '' } = scanned.consumer;
  const own = QRPay.initVietQR({
    bankBin,
    bankNumber,
    amount: scanned.amount ?? '',
    purpose: scanned.additionalData.purpose ?? '',
  });
  expect(own.build()).toBe(code);

  await control(controls.origin, `POST /finan/payments/${id}/pay?wait=true`, {
    amount: Number(scanned.amount),
  });
  expect(await call('GET', `/api/v1/payments/${id}`)).toMatchObject({
    status: 'paid',
    paid_amount: 6_000_000,
  });
  const [webhook] = merchant.received;
  expect(toRecord(JSON.parse(webhook?.body ?? ''))).toMatchObject({
    payment_request_id: id,
    amount: 6_000_000,
  });
  const timestamp = String(webhook?.headers['x-timestamp']);
  expect(webhook?.headers['x-signature']).toBe(
    signature('POST', '/hooks?shop=7', webhook?.body ?? '', timestamp),
  );
});

it('gives accounts a code without an amount, which the customer says', async () => {
  const [account] = (await call('GET', '/api/v1/bank-accounts')) as unknown[];
  const { qr_code, account_number } = toRecord(account);
  const scanned = new QRPay(String(qr_code));
  expect(scanned).toMatchObject({
    isValid: true,
    initMethod: '11',
    consumer: { bankNumber: account_number },
  });
  expect(scanned.amount).toBeFalsy();
});
