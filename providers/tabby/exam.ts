/** What the contract tests need to know of Tabby. */
import { samplePost, type Exam } from '../exam.ts';

export const exam: Exam = {
  sample: {
    credentials: {
      secret_key: 'sk_test_1',
      merchant_code: 'shop',
      webhook_header: 'X-Tabby-Token',
      webhook_secret: 's3cret-of-the-registration',
    },
    webhook: samplePost(
      { 'x-tabby-token': 's3cret-of-the-registration' },
      '{"id":"payment-uuid","status":"authorized","order":{"reference_id":"pay_01"},"captures":[],"refunds":[]}',
    ),
    proof: 'secret',
  },
  api_credentials: ['secret_key'],
  webhook_credential: 'webhook_secret',
  signs_time: false,
  takes_key: ['capture', 'refund'],
  // A phone and an address that the testing guide approves.
  order: { customer: { name: 'Sara', email: 'otp.success@tabby.ai', phone: '+96590000001' } },
  // Lists have no payment that is merely created.
  found_when: 'paid',
  declined: 'failed',
  lapsed: 'expired',
  webhooks: {
    come: 'by_themselves',
    another_event: ({ payments }, id) => payments.sendWebhook(id, { status: 'expired' }),
  },
};
