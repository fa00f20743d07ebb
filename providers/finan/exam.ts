/** What the contract tests need to know of Finan. */
import { createHash } from 'node:crypto';
import { SAMPLE_PATH, samplePost, type Exam } from '../exam.ts';

const BODY =
  '{"id":"PAY-001","reference_id":"pay_01","payment_method":"bank_transfer",' +
  '"payment_request_id":"PR-1","amount":6000000,"created_at":"2024-01-20T14:30:00Z"}';
const signature = createHash('sha256')
  .update(`s3r3c_k3y_POST_${SAMPLE_PATH}_${BODY}_1790824800`)
  .digest('hex');

export const exam: Exam = {
  sample: {
    credentials: { client_id: 'client-1', secret: 's3r3c_k3y' },
    webhook: samplePost(
      { 'x-client-id': 'client-1', 'x-timestamp': '1790824800', 'x-signature': signature },
      BODY,
    ),
    proof: 'body',
  },
  api_credentials: ['client_id', 'secret'],
  webhook_credential: 'secret',
  signs_time: true,
  takes_key: [],
  // A transfer that fails never reaches Finan; its pages can be tried again, and nothing is ever called expired.
  declined: { bank_transfer: null, card: 'pending', momo: 'pending' },
  lapsed: 'pending',
  webhooks: {
    come: 'by_themselves',
    another_event: ({ payments }, id) => payments.pay(id, { amount: 1_000 }),
  },
};
