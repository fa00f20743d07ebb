/** What the contract tests need to know of ZainCash v2. */
import { samplePost, type Exam } from '../exam.ts';
import { signHs256 } from '../jwt.ts';

const token = signHs256(
  {
    eventType: 'STATUS_CHANGED',
    eventId: '812691e6-b433-4ffc-888c-d11e21c14994',
    timestamp: '2026-10-01T10:15:30.000+00:00',
    data: {
      transactionId: '6fc49988-c618-4ee4-880b-d5a169693296',
      orderId: 'pay_01',
      currentStatus: 'SUCCESS',
      amount: { currency: 'IQD', value: 5000, feeValue: 0 },
    },
  },
  'api-key',
);

export const exam: Exam = {
  sample: {
    credentials: { client_id: 'c', client_secret: 's', api_key: 'api-key' },
    webhook: samplePost({}, JSON.stringify({ webhook_token: token })),
    proof: 'token',
  },
  api_credentials: ['client_id', 'client_secret'],
  webhook_credential: 'api_key',
  signs_time: false,
  takes_key: ['create'],
  declined: 'failed',
  lapsed: 'expired',
  webhooks: {
    come: 'by_themselves',
    another_event: ({ payments }, id) => payments.sendWebhook(id, { status: 'FAILED' }),
  },
};
