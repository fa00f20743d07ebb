/** What the contract tests need to know of FIB. */
import { createHmac } from 'node:crypto';
import { SAMPLE_PATH, samplePost, type Exam } from '../exam.ts';

const proof = createHmac('sha256', 's3cret').update('fib webhook url:acc_1:pay_01').digest('base64url');

export const exam: Exam = {
  sample: {
    credentials: { client_id: 'shop-1', client_secret: 's3cret' },
    webhook: {
      ...samplePost({}, '{"id":"0f0a5d0e-1c58-4a86-8d61-1b2f0f2b7c11","status":"PAID"}'),
      path: `${SAMPLE_PATH}/pay_01/${proof}`,
    },
    proof: 'path',
  },
  api_credentials: ['client_id', 'client_secret'],
  webhook_credential: 'client_secret',
  signs_time: false,
  takes_key: [],
  repeats_reference: false,
  declined: 'failed',
  lapsed: 'expired',
  webhooks: {
    come: 'by_themselves',
    another_event: ({ payments }, id) => payments.sendWebhook(id, { status: 'REFUNDED' }),
  },
};
