/** What the contract tests need to know of Fapshi. */
import { samplePost, type Exam } from '../exam.ts';

export const exam: Exam = {
  sample: {
    credentials: { apiuser: 'u', apikey: 'k', webhook_secret: 's3cret-of-the-dashboard' },
    webhook: samplePost(
      { 'x-wh-secret': 's3cret-of-the-dashboard' },
      '{"transId":"Ab12Cd34","status":"SUCCESSFUL"}',
    ),
    proof: 'secret',
  },
  api_credentials: ['apiuser', 'apikey'],
  webhook_credential: 'webhook_secret',
  signs_time: false,
  takes_key: [],
  // None of the numbers that the sandbox decides by itself.
  order: { customer: { name: 'Sara', email: 'sara@example.com', phone: '+237 677 12 34 56' } },
  // A link can be tried again until it runs out; a request on the phone is one attempt, and never runs out.
  declined: { payment_link: 'pending', direct_pay: 'failed' },
  lapsed: { payment_link: 'expired', direct_pay: 'pending' },
  never_ended: ['direct_pay'],
  webhooks: {
    come: 'by_themselves',
    another_event: ({ payments }, id) => payments.sendWebhook(id, { status: 'PENDING' }),
  },
};
