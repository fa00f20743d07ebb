/** What the contract tests need to know of ZainCash v1. */
import type { IncomingWebhook } from '../contract.ts';
import { samplePost, type Exam } from '../exam.ts';
import { signHs256 } from '../jwt.ts';
import type { RunningSimulator } from '../../sandbox/simulator.ts';

const token = signHs256(
  { status: 'success', orderid: 'pay_01', id: '652f6d1e', iat: 1790824790, exp: 1790839190 },
  '$2y$10$secret',
);

/** The token of the link back to the shop, as the merchant's return page passes it on. */
async function returnOf({ payments }: RunningSimulator, id: string): Promise<IncomingWebhook> {
  const page = await fetch(payments.find(id)?.page_url ?? '');
  const [, given] = /[?&]token=([\w.-]+)/.exec(await page.text()) ?? [];
  return { ...samplePost({}, JSON.stringify({ token: given })), received_at: Date.now() };
}

export const exam: Exam = {
  sample: {
    credentials: { msisdn: '9647800000001', merchant_id: '5ffa00', secret: '$2y$10$secret' },
    webhook: samplePost({}, JSON.stringify({ token })),
    proof: 'token',
  },
  api_credentials: ['merchant_id', 'secret'],
  webhook_credential: 'secret',
  signs_time: true,
  takes_key: [],
  declined: 'failed',
  // An open transaction fails after four hours.
  lapsed: 'failed',
  webhooks: { come: 'from_merchant', of: returnOf },
};
