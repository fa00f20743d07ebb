/** What the contract tests need to know of MyFatoorah. */
import { samplePost, type Exam } from '../exam.ts';

export const exam: Exam = {
  sample: {
    credentials: { token: 't', country: 'KWT', webhook_secret: 'testsecret' },
    webhook: samplePost(
      { 'myfatoorah-signature': '7XCLSlpmHM7FCH6n1DZR0gjHPJ7t0Qb6bhGXUOlS0ZI=' },
      '{"Event":{"Code":1},"Data":{"Invoice":{"Id":"6409988","Status":"PAID"},' +
        '"Transaction":{"Status":"SUCCESS","PaymentId":"07076409988322867173"}}}',
    ),
    proof: 'fields',
  },
  api_credentials: ['token'],
  webhook_credential: 'webhook_secret',
  signs_time: false,
  takes_key: ['refund'],
  // The account of the simulator is in Kuwait.
  currencies: ['KWD'],
  accounts: {
    SAR: { country: 'SAU' },
    AED: { country: 'ARE' },
    QAR: { country: 'QAT' },
    BHD: { country: 'BHR' },
    OMR: { country: 'OMN' },
    JOD: { country: 'JOD' },
    EGP: { country: 'EGY' },
  },
  clock: 'simulator',
  declined: 'pending',
  lapsed: 'expired',
  webhooks: {
    come: 'by_themselves',
    another_event: ({ payments }, id) => payments.sendWebhook(id, { status: 'Failed' }),
  },
};
