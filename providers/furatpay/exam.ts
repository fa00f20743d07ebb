/** What the contract tests need to know of FuratPay. */
import { createHmac } from 'node:crypto';
import { samplePost, type Exam } from '../exam.ts';

export const exam: Exam = {
  sample: {
    credentials: { api_key: 'k', customer_id: 'c', webhook_secret: 's3cret' },
    webhook: samplePost(
      {
        'x-timestamp': '1790824800',
        'x-signature': createHmac('sha256', 's3cret').update('inv-1CODE110011790824800').digest('hex'),
      },
      '{"type":"INVOICE_PAID","data":{"id":"inv-1","code":"CODE1","order_number":"1001","status":"paid"}}',
    ),
    // Three ids and the time are signed; its own tests forge the body.
    proof: 'secret',
  },
  api_credentials: ['api_key'],
  webhook_credential: 'webhook_secret',
  signs_time: true,
  takes_key: [],
  declined: 'failed',
  lapsed: 'expired',
  webhooks: {
    come: 'by_themselves',
    another_event: ({ payments }, id) => payments.sendWebhook(id, { status: 'failed' }),
  },
};
