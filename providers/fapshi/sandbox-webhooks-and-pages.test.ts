import { startSandbox } from '../../sandbox/index.ts';
import { control, toRecord } from '../../sandbox/test-merchant.ts';
import { useFapshi } from './sandbox-merchant.ts';

const shop = useFapshi();
const { call, initiate, status, act, advance, webhookStatuses, created, direct, order } = shop;

describe('webhooks', () => {
  it('carry the status answer and the secret in x-wh-secret', async () => {
    const transId = await created();
    await act(transId, 'pay');
    const [webhook] = shop.merchant.received;
    expect(webhook?.headers['x-wh-secret']).toBe(shop.fapshi.credentials['webhook_secret']);
    expect(toRecord(JSON.parse(webhook?.body ?? ''))).toEqual(await status(transId));
  });

  it('come exactly once, whatever the answer', async () => {
    shop.merchant.answer = 500;
    await act(await created(), 'pay');
    shop.merchant.answer = 'silence';
    await act(await created(), 'pay');
    await advance(7 * 24 * 3600);
    expect(shop.merchant.received).toHaveLength(2);
  });

  it('do not come for CREATED and PENDING', async () => {
    await created();
    await direct('677123456');
    expect(shop.merchant.received).toHaveLength(0);
  });

  it('come with any status, and forged, when the control API asks', async () => {
    const transId = await created();
    await act(transId, 'webhooks', { status: 'PENDING' });
    await act(transId, 'webhooks', { status: 'SUCCESSFUL', forge: true });
    await act(transId, 'webhooks');
    expect(webhookStatuses()).toEqual(['PENDING', 'SUCCESSFUL', 'CREATED']);
    expect(
      shop.merchant.received.map(
        (webhook) => webhook.headers['x-wh-secret'] === shop.fapshi.credentials['webhook_secret'],
      ),
    ).toEqual([true, false, true]);
    expect(await status(transId)).toMatchObject({ status: 'CREATED' });
    expect((await act(transId, 'webhooks', { status: 'PAID' })).body['allowed']).toContain('SUCCESSFUL');
  });

  it('come without the header when no secret is set', async () => {
    const own = await startSandbox({
      credentials: { fapshi: { webhook_secret: '' } },
      webhookUrls: { fapshi: shop.merchant.url() },
    });
    const provider = own.providers['fapshi'];
    const response = await fetch(`${provider?.base_url}/initiate-pay`, {
      method: 'POST',
      headers: {
        apiuser: provider?.credentials['apiuser'] ?? '',
        apikey: provider?.credentials['apikey'] ?? '',
      },
      body: '{"amount":100}',
    });
    const { transId } = toRecord(await response.json());
    await control(own.controlUrl, `POST /fapshi/payments/${String(transId)}/pay?wait=true`);
    expect(shop.merchant.received[0]?.headers).not.toHaveProperty('x-wh-secret');
    await own.stop();
  });
});

describe('the checkout page', () => {
  const post = (url: string, form: Record<string, string>): Promise<Response> =>
    fetch(url, { method: 'POST', body: new URLSearchParams(form), redirect: 'manual' });

  async function page(change: object = {}): Promise<{ transId: string; link: string }> {
    const { body } = await initiate({ ...order, ...change });
    return { transId: String(body['transId']), link: String(body['link']) };
  }

  it('is a form that works without scripts and escapes what the merchant sent', async () => {
    const { link } = await page({ message: '<i>Order</i>' });
    const html = await (await fetch(link)).text();
    expect(html).toContain('5,000 XAF');
    expect(html).toContain('&lt;i&gt;Order');
    expect(html).not.toContain('<script');
    expect((await fetch(link.slice(0, -1))).status).toBe(404);
  });

  it('goes back to the shop with transId and status after a number that succeeds', async () => {
    const { transId, link } = await page();
    const response = await post(link, { phone: '+237 670 000 000', name: 'Jean' });
    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toBe(
      `https://shop.example.com/return?o=1&transId=${transId}&status=SUCCESSFUL`,
    );
    expect(await status(transId)).toMatchObject({ status: 'SUCCESSFUL', payerName: 'Jean' });
  });

  it('keeps a transId that the merchant put into redirectUrl', async () => {
    const { link } = await page({ redirectUrl: 'https://shop.example.com/r?transId=mine' });
    const location = (await post(link, { phone: '690000000' })).headers.get('location');
    expect(location).toBe('https://shop.example.com/r?transId=mine&status=SUCCESSFUL');
  });

  it('offers another try after a number that fails', async () => {
    const { transId, link } = await page();
    await post(link, { phone: '670000001' });
    expect(await status(transId)).toMatchObject({ status: 'FAILED' });
    const html = await (await fetch(link)).text();
    expect(html).toContain('The payment failed');
    expect(html).toContain('name="phone"');
    await post(link, { phone: '670000000' });
    expect(await status(transId)).toMatchObject({ status: 'SUCCESSFUL' });
  });

  it.each([
    ['approve', 'SUCCESSFUL'],
    ['decline', 'FAILED'],
  ])('asks on the phone for any other number: %s means %s', async (decision, expected) => {
    const { transId, link } = await page();
    await post(link, { phone: '677123456' });
    expect(await status(transId)).toMatchObject({ status: 'PENDING', medium: 'mobile money' });
    expect(await (await fetch(link)).text()).toContain('Phone 677123456');
    await post(`${link}/confirm`, { decision });
    expect(await status(transId)).toMatchObject({ status: expected });
  });

  it('refuses numbers that are none', async () => {
    const { transId, link } = await page();
    expect(await (await post(link, { phone: '12345' })).text()).toContain('6XXXXXXXX');
    expect(await (await post(link, { phone: '620000000' })).text()).toContain('Choose the operator');
    expect(await status(transId)).toMatchObject({ status: 'CREATED' });
  });

  it('takes nothing once paid or expired', async () => {
    const { transId, link } = await page();
    await act(transId, 'expire');
    await post(link, { phone: '670000000' });
    expect(await status(transId)).toMatchObject({ status: 'EXPIRED' });
    const html = await (await fetch(link)).text();
    expect(html).toContain('Link expired');
    expect(html).toContain('status=EXPIRED');
  });

  it('does not pay when the link expires while the phone asks', async () => {
    const { transId, link } = await page();
    await post(link, { phone: '677123456' });
    await call('POST', '/expire-pay', { transId });
    await post(`${link}/confirm`, { decision: 'approve' });
    expect(await status(transId)).toMatchObject({ status: 'EXPIRED' });
  });

  it('plays the phone for direct payments too', async () => {
    const transId = await direct('677123456');
    const { body } = await control(shop.controlUrl, `GET /fapshi/payments/${transId}`);
    await post(`${String(body['page_url'])}/confirm`, { decision: 'approve' });
    expect(await status(transId)).toMatchObject({ status: 'SUCCESSFUL' });
  });
});
