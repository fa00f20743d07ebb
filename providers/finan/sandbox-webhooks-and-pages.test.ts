import { control, toRecord } from '../../sandbox/test-merchant.ts';
import { finanSignature } from './sandbox-signature.ts';
import { useFinan } from './sandbox-merchant.ts';

const shop = useFinan();
const { secret, create, created, pay, read, advance, order } = shop;

describe('webhooks', () => {
  it('sends one for each transfer, with its own id, signed over path and query of the URL', async () => {
    const id = await created();
    await pay(id, { amount: 1_000_000 });
    await pay(id, { amount: 5_000_000 });
    expect(shop.merchant.bodies()).toEqual(
      [1_000_000, 5_000_000].map((amount) => ({
        id: expect.any(String),
        reference_id: 'ord-1',
        reference_type: 'order',
        payment_method: 'bank_transfer',
        payment_request_id: id,
        amount,
        created_at: expect.any(String),
      })),
    );
    expect(new Set(shop.merchant.bodies().map(({ id: transfer }) => transfer)).size).toBe(2);
    for (const { path, headers, body } of shop.merchant.received) {
      const timestamp = String(headers['x-timestamp']);
      expect(Math.abs(Number(timestamp) - Date.now() / 1000)).toBeLessThan(5);
      expect(headers['x-client-id']).toBe(shop.finan.credentials['client_id']);
      expect(headers['x-signature']).toBe(
        finanSignature(secret(), { method: 'POST', path, payload: body, timestamp }),
      );
      expect(path).toBe('/hooks/finan?shop=7');
    }
  });

  it('tries again after 5, 10 and 15 minutes when the answer is not 200', async () => {
    shop.merchant.answer = 500;
    await pay(await created());
    await advance(5 * 60 - 5);
    expect(shop.merchant.received).toHaveLength(1);
    await advance(5);
    expect(shop.merchant.received).toHaveLength(2);
    await advance(10 * 60);
    expect(shop.merchant.received).toHaveLength(3);
    await advance(24 * 3600);
    expect(shop.merchant.received).toHaveLength(4);
    expect(new Set(shop.merchant.received.map(({ body }) => body)).size).toBe(1);
  });

  it('makes all repetitions when the clock jumps over them at once', async () => {
    shop.merchant.answer = 503;
    await pay(await created());
    await advance(3600);
    expect(shop.merchant.received).toHaveLength(4);
  });

  it('stops trying once the merchant has answered 200', async () => {
    shop.merchant.answer = 201;
    await pay(await created());
    shop.merchant.answer = 200;
    await advance(3600);
    expect(shop.merchant.received).toHaveLength(2);
  });

  it('does not try again after a time-out, nor when no URL was set', async () => {
    shop.merchant.answer = 'silence';
    await pay(await created());
    await control(shop.controlUrl, 'PUT /finan/webhook_url', { url: null });
    await pay(await created());
    await control(shop.controlUrl, 'PUT /finan/webhook_url', { url: shop.merchant.url() });
    shop.merchant.answer = 200;
    await advance(3600);
    expect(shop.merchant.received).toHaveLength(1);
  });

  it('repeats a webhook on demand, and forges one for money that never came', async () => {
    const id = await created();
    const extra = (body: object) =>
      control(shop.controlUrl, `POST /finan/payments/${id}/webhooks?wait=true`, body);
    expect((await extra({})).status).toBe(409);
    await extra({ forge: true });
    expect(await read(id)).toMatchObject({ status: 'unpaid' });
    await pay(id);
    await extra({});
    const [forged, first, repeated] = shop.merchant.received;
    expect(repeated?.body).toBe(first?.body);
    const timestamp = String(forged?.headers['x-timestamp']);
    const payload = forged?.body ?? '';
    expect(toRecord(JSON.parse(payload))).toMatchObject({ payment_request_id: id, amount: 6_000_000 });
    expect(forged?.headers['x-signature']).toMatch(/^[0-9a-f]{64}$/);
    expect(forged?.headers['x-signature']).not.toBe(
      finanSignature(secret(), { method: 'POST', path: forged?.path ?? '', payload, timestamp }),
    );
  });
});

describe('the payment page for card and MoMo', () => {
  const urls = {
    success_redirect_url: 'https://shop.example/ok?o=1',
    failure_redirect_url: 'https://shop.example/no',
  };

  async function page(change: object = {}): Promise<{ id: string; url: string }> {
    const { data } = await create({ ...order, payment_method: 'ewallet_momo', ...urls, ...change });
    return { id: String(data['payment_request_id']), url: String(data['payment_url']) };
  }

  const decide = (url: string, decision: string): Promise<Response> =>
    fetch(url, { method: 'POST', body: new URLSearchParams({ decision }), redirect: 'manual' });

  it('is a form that works without scripts', async () => {
    const { url } = await page({ merchant: { name: '<b>Shop</b>' } });
    const html = await (await fetch(url)).text();
    expect(html).toContain('6,000,000 VND');
    expect(html).toContain('<form method="post">');
    expect(html).not.toContain('<script');
    expect(html).toContain('&lt;b&gt;Shop');
  });

  it('pays, tells the merchant and sends the browser to the success URL', async () => {
    const { id, url } = await page();
    const response = await decide(url, 'pay');
    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toBe(urls.success_redirect_url);
    expect(await read(id)).toMatchObject({ status: 'paid', payments: [{ method: 'ewallet_momo' }] });
    await shop.merchant.waitFor(1);
    expect(shop.merchant.bodies()).toEqual([expect.objectContaining({ payment_method: 'ewallet_momo' })]);
  });

  it('pays once although the form is sent twice', async () => {
    const { id, url } = await page();
    await decide(url, 'pay');
    await decide(url, 'pay');
    expect(await read(id)).toMatchObject({ status: 'paid', paid_amount: 6_000_000 });
  });

  it.each(['decline', 'leave'])(
    'sends the browser to the failure URL on %s and stays payable',
    async (decision) => {
      const { id, url } = await page();
      expect((await decide(url, decision)).headers.get('location')).toBe(urls.failure_redirect_url);
      expect(await read(id)).toMatchObject({ status: 'unpaid' });
      expect((await decide(url, 'pay')).headers.get('location')).toBe(urls.success_redirect_url);
    },
  );

  it('shows the result itself when there is nowhere to go back to', async () => {
    const { url } = await page({
      success_redirect_url: 'javascript:alert(1)',
      failure_redirect_url: undefined,
    });
    const response = await decide(url, 'pay');
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('Paid');
  });

  it('takes nothing after 30 minutes, unless the control API pushes it', async () => {
    const { id, url } = await page();
    await advance(30 * 60);
    expect(await (await decide(url, 'pay')).text()).toContain('expired');
    expect(await read(id)).toMatchObject({ status: 'unpaid' });
    expect((await pay(id)).status).toBe(409);
    expect((await pay(id, { after_expiry: true })).status).toBe(200);
    expect(await read(id)).toMatchObject({ status: 'paid' });
  });

  it('ends at once when the control API says so', async () => {
    const { id } = await page();
    await control(shop.controlUrl, `POST /finan/payments/${id}/expire`);
    expect((await pay(id)).status).toBe(409);
  });
});

describe("the customer's bank", () => {
  it('transfers the amount that is typed', async () => {
    const id = await created();
    const { body } = await control(shop.controlUrl, `GET /finan/payments/${id}`);
    const url = String(body['page_url']);
    expect(await (await fetch(url)).text()).toContain('value="6000000"');
    const transfer = (amount: string) =>
      fetch(url, { method: 'POST', body: new URLSearchParams({ amount }) });
    expect(await (await transfer('12.5')).text()).toContain('whole dong');
    expect(await (await transfer('2000000')).text()).toContain('partial_paid');
    expect(await read(id)).toMatchObject({ paid_amount: 2_000_000 });
  });
});
