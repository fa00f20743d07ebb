import { currency } from '../../domain/currency.ts';
import { money } from '../../domain/money.ts';
import { returnAddresses } from '../../domain/return-address.ts';
import { failureOf } from '../../test/setup/failure-of.ts';
import { useScriptedProvider } from '../../test/setup/scripted-provider.ts';
import type { CreatePayment, PaymentReading } from '../contract.ts';
import { answering } from '../scripted-server.ts';
import { myfatoorah } from './connector.ts';
import { answers, AT_MYFATOORAH, bad, good, invoice, KNOWN, KWD, SENT } from './documented.ts';

const scripted = useScriptedProvider(myfatoorah, AT_MYFATOORAH);
const { context } = scripted;

const order = (over: Partial<CreatePayment> = {}): CreatePayment => ({
  reference: 'pay_01',
  idempotency_key: 'inv_01:create:pay_01',
  method: 'payment_link',
  money: money(12_500, KWD),
  description: 'Order 1001',
  customer: { name: 'Sara' },
  items: [],
  webhook_url: 'https://sarraf.example/webhooks/myfatoorah/acc_1',
  return_urls: returnAddresses('https://sarraf.example/return/t1'),
  ...over,
});

const reading = (data: unknown): Promise<PaymentReading> => {
  scripted.server.script = answers({
    GetPaymentStatus: [[200, good(data)]],
    GetRefundStatus: [[200, good({ RefundStatusResult: [] })]],
  });
  return myfatoorah.readPayment(context(), KNOWN);
};
const bodies = (): unknown[] => scripted.server.requests.map(({ body }) => JSON.parse(body) as unknown);

describe('createPayment by link', () => {
  it('sends amounts as they are written, our reference twice and the end of the link on the account’s clock', async () => {
    scripted.server.script = answering(200, SENT);
    const created = await myfatoorah.createPayment(
      context(),
      order({
        customer: { name: 'Sara', email: 'sara@example.com', phone: '+965 5000 0000' },
        items: [
          { name: 'T-shirt', quantity: 2, unit_amount: 5_001 },
          { name: 'Socks', quantity: 1, unit_amount: 2_498 },
        ],
      }),
    );
    expect(created).toEqual({
      provider_payment_id: '6409988',
      expires_at: '2026-10-02T07:15:00.000Z',
      next_action: { type: 'redirect', redirect_url: 'https://demo.myfatoorah.com/KWT/ie/01072640998841' },
    });
    expect(scripted.server.requests).toMatchObject([
      {
        method: 'POST',
        path: '/v2/SendPayment',
        headers: { authorization: 'Bearer tok_1', 'content-type': 'application/json' },
        body:
          '{"NotificationOption":"LNK","InvoiceValue":12.5,"DisplayCurrencyIso":"KWD","CustomerName":"Sara",' +
          '"CustomerEmail":"sara@example.com","MobileCountryCode":"+965","CustomerMobile":"50000000",' +
          '"CallBackUrl":"https://sarraf.example/return/t1","ErrorUrl":"https://sarraf.example/return/t1/failure","Language":"en",' +
          '"CustomerReference":"pay_01","ExternalIdentifier":"pay_01","ExpiryDate":"2026-10-02T10:15:00",' +
          '"InvoiceItems":[{"ItemName":"T-shirt","Quantity":2,"UnitPrice":5.001},{"ItemName":"Socks","Quantity":1,"UnitPrice":2.498}]}',
      },
    ]);
  });

  it.each([
    ['KWT', 'KWD', 1, '0.001'],
    ['KWT', 'KWD', 1_234_567_891, '1234567.891'],
    ['SAU', 'SAR', 10, '0.1'],
    ['EGY', 'EGP', 123_456_789, '1234567.89'],
    ['ARE', 'AED', 1_050, '10.5'],
  ] as const)(
    'writes an amount of %s exactly, and its end by the clock of Kuwait',
    async (country, code, amount, written) => {
      scripted.server.script = answering(200, SENT);
      await myfatoorah.createPayment(context({ country }), order({ money: money(amount, currency(code)) }));
      expect(scripted.server.requests[0]?.body).toContain(`"InvoiceValue":${written},`);
      expect(bodies()).toMatchObject([{ ExpiryDate: '2026-10-02T10:15:00' }]);
    },
  );

  it('makes one line of items that do not add up, because the sum must be the invoice’s', async () => {
    scripted.server.script = answering(200, SENT);
    const items = [{ name: 'T-shirt', quantity: 1, unit_amount: 13_000 }];
    await myfatoorah.createPayment(context(), order({ items }));
    expect(bodies()).toMatchObject([
      { InvoiceItems: [{ ItemName: 'Order 1001', Quantity: 1, UnitPrice: 12.5 }] },
    ]);
  });

  it('refuses another currency than the account’s, a long URL and a customer without a name before sending', async () => {
    const long = returnAddresses(`https://sarraf.example/${'x'.repeat(230)}`);
    for (const [over, code] of [
      [{ money: money(1_000, currency('SAR')) }, 'unsupported_currency'],
      [{ return_urls: long }, 'url_too_long'],
      [{ customer: {} }, 'missing_customer'],
    ] as const) {
      const failure = await failureOf(myfatoorah.createPayment(context(), order(over)));
      expect(failure).toMatchObject({ kind: 'invalid_request', code });
    }
    expect(scripted.server.requests).toEqual([]);
  });

  it.each([
    [400, bad('Invalid data', [{ Name: 'InvoiceValue', Error: 'must be > 0' }]), 'invalid_request'],
    [200, bad('Invalid data'), 'invalid_request'],
    [401, bad('Authorization has been denied'), 'bad_credentials'],
    [404, 'Not Found', 'invalid_request'],
    [429, bad('Too many requests'), 'rate_limited'],
    [503, '', 'unavailable'],
    [500, bad('Oops'), 'unknown_outcome'],
    [200, '{"IsSuccess":true,"Data":{"InvoiceId":64', 'unknown_outcome'],
    [200, good({ InvoiceId: 1 }), 'unknown_outcome'],
    [200, good({ ...(SENT.Data as object), CustomerReference: 'pay_99' }), 'unknown_outcome'],
  ])('reads HTTP %s %j as %s', async (status, body, kind) => {
    scripted.server.script = answering(status, body);
    expect(await failureOf(myfatoorah.createPayment(context(), order()))).toMatchObject({ kind });
  });

  it('keeps MyFatoorah’s own words, field by field', async () => {
    scripted.server.script = answering(
      400,
      bad('Invalid data', [{ Name: 'InvoiceValue', Error: 'must be > 0' }]),
    );
    expect((await failureOf(myfatoorah.createPayment(context(), order()))).message).toBe(
      'Invalid data; InvoiceValue: must be > 0',
    );
  });
});

describe('createPayment by card authorization', () => {
  it('finds the card gateway of the account and leaves the capture open', async () => {
    const methods = [
      { PaymentMethodId: 1, PaymentMethodEn: 'KNET', PaymentMethodCode: 'kn', CurrencyIso: 'KWD' },
      { PaymentMethodId: 20, PaymentMethodEn: 'VISA/MASTER', PaymentMethodCode: 'vm', CurrencyIso: 'KWD' },
    ];
    const url = 'https://demo.myfatoorah.com/KWT/ia/01072640998841';
    scripted.server.script = answers({
      InitiatePayment: [[200, good({ PaymentMethods: methods })]],
      ExecutePayment: [[200, good({ InvoiceId: 6409988, IsDirectPayment: false, PaymentURL: url })]],
    });
    const request = order({ method: 'card_authorization', customer: {} });
    const { next_action } = await myfatoorah.createPayment(context(), request);
    expect(next_action).toEqual({ type: 'redirect', redirect_url: url });
    expect(bodies()).toMatchObject([
      { InvoiceAmount: 12.5, CurrencyIso: 'KWD' },
      { PaymentMethodId: 20, InvoiceValue: 12.5, ProcessingDetails: { AutoCapture: false } },
    ]);
  });

  it('refuses when the account has no card gateway', async () => {
    scripted.server.script = answers({ InitiatePayment: [[200, good({ PaymentMethods: [] })]] });
    const request = order({ method: 'card_authorization' });
    expect(await failureOf(myfatoorah.createPayment(context(), request))).toMatchObject({
      kind: 'invalid_request',
      code: 'no_card_gateway',
    });
  });
});

describe('readPayment', () => {
  it('reads the documentation’s paid invoice', async () => {
    expect(await reading(invoice({ InvoiceStatus: 'Paid' }, {}))).toEqual({
      provider_payment_id: '6409988',
      reference: 'pay_01',
      currency: 'KWD',
      status: 'paid',
      receipts: [
        { key: '07076409988322867173', amount: 12_500, paid_at: '2026-10-01T07:20:03.000Z', fee: 100 },
      ],
      refunds: [],
      provider_status: 'Paid (Succss)',
      failure: null,
      next_action: null,
      expires_at: '2026-10-02T07:15:00.000Z',
    });
    expect(bodies()).toEqual([
      { Key: '6409988', KeyType: 'InvoiceId' },
      { Key: '6409988', KeyType: 'InvoiceId' },
    ]);
  });

  it('reads thousands separators', async () => {
    const paid = invoice(
      { InvoiceStatus: 'Paid', InvoiceValue: 1234567.891 },
      { TransationValue: '1,234,567.891' },
    );
    expect((await reading(paid)).receipts).toMatchObject([{ amount: 1_234_567_891 }]);
  });

  it('takes the invoice’s own amount when the gateway settled in another currency', async () => {
    const paid = invoice({ InvoiceStatus: 'Paid' }, { TransationValue: '153.000', Currency: 'SR' });
    expect((await reading(paid)).receipts).toMatchObject([{ amount: 12_500, fee: null }]);
  });

  it('counts a success that is listed twice once', async () => {
    const paid = await reading(invoice({ InvoiceStatus: 'Paid' }, {}, {}));
    expect(paid.receipts).toHaveLength(1);
  });

  it.each([
    ['no attempt', invoice(), 'pending', 'Pending'],
    [
      'an attempt under way',
      invoice({}, { TransactionStatus: 'InProgress' }),
      'pending',
      'Pending (InProgress)',
    ],
    [
      'a failed attempt',
      invoice({}, { TransactionStatus: 'Failed', ErrorCode: 'MF002', Error: 'Declined' }),
      'pending',
      'Pending (Failed MF002)',
    ],
    [
      'an attempt that the customer left',
      invoice({}, { TransactionStatus: 'Canceled', Error: 'Canceled by user' }),
      'pending',
      'Pending (Canceled)',
    ],
    [
      'a released authorization',
      invoice({}, { TransactionStatus: 'Canceled', Error: 'The transaction has been released' }),
      'canceled',
      'Pending (Canceled)',
    ],
    // A word of the official library: paid more than once.
    [
      'an invoice that was paid twice',
      invoice({ InvoiceStatus: 'DuplicatePayment' }, {}, { PaymentId: 'b' }),
      'paid',
      'DuplicatePayment (Succss)',
    ],
    ['a word that is not known', invoice({ InvoiceStatus: 'OnReview' }), 'pending', 'OnReview'],
    ['a canceled invoice', invoice({ InvoiceStatus: 'Canceled' }), 'canceled', 'Canceled'],
    [
      'a success after a failure',
      invoice(
        {},
        { PaymentId: 'a', TransactionStatus: 'Failed' },
        { TransactionDate: '2026-10-01T10:30:00' },
      ),
      'paid',
      'Pending (Succss)',
    ],
    ['a link that ran out', invoice({ ExpiryDate: 'October 1, 2026' }), 'expired', 'Pending'],
    [
      'a link that ran out during an attempt',
      invoice({ ExpiryDate: 'October 1, 2026' }, { TransactionStatus: 'InProgress' }),
      'pending',
      'Pending (InProgress)',
    ],
    ['a date it cannot read', invoice({ ExpiryDate: '01/10/2026' }), 'pending', 'Pending'],
  ])('reads %s', async (_, data, status, provider_status) => {
    expect(await reading(data)).toMatchObject({ status, provider_status });
  });

  it('tells what is held, and keeps it beside the capture', async () => {
    const held = { PaymentId: 'p1', TransactionStatus: 'Authorize' };
    expect(await reading(invoice({}, held))).toMatchObject({
      status: 'authorized',
      authorized: 12_500,
      receipts: [],
    });
    const captured = { PaymentId: 'p2', TransationValue: '5.000' };
    expect(await reading(invoice({ InvoiceStatus: 'Paid', InvoiceValue: 5 }, held, captured))).toMatchObject({
      status: 'paid',
      authorized: 12_500,
      receipts: [{ key: 'p2', amount: 5_000 }],
    });
  });

  it.each([
    ['another invoice', invoice({ InvoiceId: 1 })],
    ['a paid invoice without a success', invoice({ InvoiceStatus: 'Paid' })],
    ['one PaymentId with two amounts', invoice({ InvoiceStatus: 'Paid' }, {}, { TransationValue: '13.000' })],
    ['half a fils', invoice({ InvoiceStatus: 'Paid' }, { TransationValue: '12.5005' })],
    ['separators in odd places', invoice({ InvoiceStatus: 'Paid' }, { TransationValue: '12,50.000' })],
  ])('refuses %s', async (_, data) => {
    expect(await failureOf(reading(data))).toMatchObject({ kind: 'unavailable', code: 'unexpected_answer' });
  });

  it.each([
    ['an empty body', 200, ''],
    ['no content', 204, ''],
    ['a page', 200, '<html>'],
    ['a redirect', 301, ''],
    ['null', 200, 'null'],
    ['no data', 200, { IsSuccess: true, Message: null, ValidationErrors: null, Data: null }],
    ['an error of the gateway', 502, '<html>'],
  ])('knows nothing after %s', async (_, status, body) => {
    scripted.server.script = answering(status, body);
    expect(await failureOf(myfatoorah.readPayment(context(), KNOWN))).toMatchObject({ kind: 'unavailable' });
  });

  it('still tells of the money when refunds cannot be read', async () => {
    scripted.server.script = answers({
      GetPaymentStatus: [[200, good(invoice({ InvoiceStatus: 'Paid' }, {}))]],
      GetRefundStatus: [[500, 'oops']],
    });
    const paid = await myfatoorah.readPayment(context(), KNOWN);
    expect(paid).toMatchObject({ status: 'paid', receipts: [{ amount: 12_500 }] });
    expect(paid.refunds).toBeUndefined();
  });
});

describe('findPayment', () => {
  it('asks by our reference', async () => {
    scripted.server.script = answers({ GetPaymentStatus: [[200, good(invoice())]] });
    const found = await myfatoorah.findPayment?.(context(), { reference: 'pay_01', method: 'payment_link' });
    expect(found).toMatchObject({ provider_payment_id: '6409988', status: 'pending' });
    expect(bodies()).toEqual([{ Key: 'pay_01', KeyType: 'CustomerReference' }]);
  });

  it('says that there is none only when MyFatoorah says so', async () => {
    const find = () => myfatoorah.findPayment?.(context(), { reference: 'pay_01', method: 'payment_link' });
    scripted.server.script = answering(400, bad('No data match the provided values'));
    expect(await find()).toBeNull();
    scripted.server.script = answering(404, '<h1>Not Found</h1>');
    expect(await failureOf(find())).toMatchObject({ kind: 'invalid_request' });
    scripted.server.script = answering(200, good(invoice({ CustomerReference: 'pay_02' })));
    expect(await failureOf(find())).toMatchObject({ code: 'unexpected_answer' });
  });
});
