/** What the contract tests need to know of Rehive. */
import { samplePost, type Exam } from '../exam.ts';

export const exam: Exam = {
  sample: {
    credentials: { token: 't', business_id: 'b', webhook_secret: 's3cret-of-the-dashboard' },
    webhook: samplePost(
      { authorization: 'Secret s3cret-of-the-dashboard' },
      '{"data":{"id":"e7d7a5a2","request_reference":"pay_01","status":"paid","updated":1790824800000}}',
    ),
    proof: 'secret',
  },
  api_credentials: ['token'],
  webhook_credential: 'webhook_secret',
  signs_time: false,
  takes_key: ['create', 'refund'],
  // A business has one currency.
  currencies: ['USD'],
  wire_amounts: 'minor',
  declined: 'failed',
  lapsed: 'expired',
  webhooks: {
    come: 'by_themselves',
    another_event: ({ payments }, id) => payments.sendWebhook(id, { status: 'overpaid' }),
  },
};
