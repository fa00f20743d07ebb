/** What the contract tests need to know of Tamara. */
import { samplePost, type Exam } from '../exam.ts';
import { signHs256 } from '../jwt.ts';

const token = signHs256({ exp: 1790825690, iat: 1790824790, iss: 'Tamara' }, 'n0tification');

export const exam: Exam = {
  sample: {
    credentials: {
      api_token: 't',
      notification_token: 'n0tification',
      address_line: 'King Fahd Rd 1',
      city: 'Riyadh',
    },
    webhook: samplePost(
      { authorization: `Bearer ${token}` },
      '{"order_id":"4fdb781f","order_reference_id":"pay_01","event_type":"order_approved","data":[]}',
    ),
    proof: 'secret',
  },
  api_credentials: ['api_token'],
  webhook_credential: 'notification_token',
  signs_time: true,
  takes_key: ['refund'],
  declined: 'failed',
  lapsed: 'expired',
  webhooks: {
    come: 'by_themselves',
    another_event: ({ payments }, id) => payments.sendWebhook(id, { status: 'order_refunded' }),
  },
};
